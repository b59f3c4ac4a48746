#pragma once
// NATS JetStream as people use it: file store, default settings (it syncs every two minutes), the official C client.

#include <cstddef>
#include <string>
#include <vector>

#include "bench/measure.hpp"

namespace bridgework::bench {

/// One nats-server on a loopback port, with a stream of each measurement.
class JetStream {
 public:
  explicit JetStream(int port);

  /// Published asynchronously here, consumed in order by another process at the same time; events a second until the last has arrived.
  double deliver(std::size_t events);
  /// An ordered consumer from the first event of a full stream, in another process.
  double replay(std::size_t events);
  /// Microseconds from publishing to the other process's handler.
  std::vector<double> latency(std::size_t events, double per_second);
  /// Published here; a pull consumer writes effect and processed id in one Redis transaction per message, then acknowledges.
  double pipeline(std::size_t commands, const std::string& redis_socket, std::size_t persons);

  const std::string& url() const { return url_; }

 private:
  Directory directory_;
  std::string url_;
  int streams_ = 0;
  std::string filled_;
  std::size_t filled_events_ = 0;
  std::vector<Child> server_;
};

/// The other process of each. Null when the name is no role of this file.
using Role = int (*)(const std::vector<std::string>& arguments);
Role jetstream_role(const std::string& name);

}  // namespace bridgework::bench
