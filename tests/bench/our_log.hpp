#pragma once
// Our side of deliver, latency, replay and due work: the real store, the real bus process, its client in another process.

#include <memory>
#include <string>
#include <vector>

#include "bench/jetstream.hpp"
#include "runtime/redis_store.hpp"
#include "runtime/service_client.hpp"

namespace bridgework::bench {

/// The bus of one group as a process, up and reading.
class Bus {
 public:
  /// `more`: settings beside where things are.
  Bus(const Plan& plan, const std::string& directory, const std::string& redis_socket, const std::string& group,
      const std::vector<std::string>& more = {});
  const std::string& endpoint() const { return endpoint_; }
  double cpu_seconds() const { return process_.cpu_seconds(); }

 private:
  std::string endpoint_;
  Child process_;
};

/// Commits events as an instance of a service that owns all lanes.
class Appender {
 public:
  Appender(const std::string& redis_socket, const std::string& group, const std::string& service);
  /// A commit of `events` events over as many lanes, each of 256 bytes; the number of the next event.
  void commit(std::size_t events);
  /// A commit of one event that carries the time.
  void commit_one_timed();

 private:
  void commit(std::vector<runtime::Unit> units);
  std::string record(const std::string& body) const;

  runtime::RedisStore store_;
  runtime::LaneTick lanes_;
  std::size_t next_ = 0;
};

struct Delivered {
  double per_second = 0, bytes_per_event = 0;
};
/// Committed by `writers` instances, as many a commit as the engine takes, and fetched in order by another process.
Delivered our_deliver(const Plan& plan, const std::string& directory, const std::string& redis_socket, std::size_t events,
                      std::size_t writers);
/// Microseconds from before the commit to the handler's process.
std::vector<double> our_latency(const Plan& plan, const std::string& directory, const std::string& redis_socket, std::size_t events,
                                double per_second);
/// Events a second, by Fetch through a bus that has just started and remembers nothing: from Redis; from the archive, when Redis has let go
/// of them; and from the memory of a bus that has read them.
struct Replayed {
  double from_redis = 0, from_archive = 0, from_ring = 0;
};
Replayed our_replay(const Plan& plan, const std::string& directory, const std::string& redis_socket, std::size_t events);

/// Timers of that many persons, a thousand and a few of them due now.
struct Due {
  double milliseconds = 0;            ///< the next 1,024 due, 16 of each lane
  double timer_bytes_per_person = 0;  ///< the timer and what it carries
  double bytes_per_person = 0;        ///< with a record of 256 bytes
};
Due our_due(const std::string& redis_socket, std::size_t persons, int repetitions);

std::string new_group();
/// Whom to ask in that group.
runtime::ServiceClient::Options suite_of(const std::string& group, const std::string& redis_socket);
double memory_used(runtime::Redis& redis);
Role our_log_role(const std::string& name);

}  // namespace bridgework::bench
