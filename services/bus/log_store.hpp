#pragma once
// The log as it lies in Redis.

#include <cstdint>
#include <string>
#include <vector>

#include "bus/log_bounds.hpp"
#include "runtime/keys.hpp"
#include "runtime/redis.hpp"

namespace bridgework::bus {

/// What one look at the log found, all of the same moment.
struct LogView {
  LogBounds bounds;
  std::vector<LogEntry> entries;
};

/// The log over one connection, for one thread. Reads only, but that the first call on a new connection opens a new incarnation when the
/// server's run id has changed.
class LogStore {
 public:
  LogStore(runtime::Redis::Options redis, std::string group);

  /// The bounds and up to `events_max` events after `after`, about `bytes_max` of them (over by 64 events at most). A connection found
  /// broken is made anew once.
  tl::expected<LogView, runtime::Fault> read(std::uint64_t after, std::uint32_t events_max, std::uint32_t bytes_max);
  tl::expected<LogBounds, runtime::Fault> bounds();

  /// Waits up to `timeout` for events after `after`; the only blocked reader of the stream. Their replies leave Redis after its fsync.
  /// Answers only on the connection on which the log was last looked at: on another, `after` may mean another event.
  tl::expected<std::vector<LogEntry>, runtime::Fault> next(std::uint64_t after, std::uint32_t events_max,
                                                           std::chrono::milliseconds timeout);

  /// Whether the connection has been opened, and is still the same one.
  bool open() const { return opened_connection_ != 0 && redis_.connection_number() == opened_connection_; }

 private:
  tl::expected<void, runtime::Fault> open_once();
  tl::expected<LogView, runtime::Fault> read_once(std::uint64_t after, std::uint32_t events_max, std::uint32_t bytes_max);

  runtime::Redis redis_;
  runtime::Keys keys_;
  std::uint64_t opened_connection_ = 0;
};

}  // namespace bridgework::bus
