#pragma once
// The log as one sequence: its end lies in Redis, what was trimmed there lies in the archive.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bus/archive.hpp"
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
  /// `archive`: none, or where events lie that Redis no longer keeps.
  LogStore(runtime::Redis::Options redis, std::string group, std::shared_ptr<Archive> archive = nullptr);

  /// The bounds and up to `events_max` events after `after`, and about `bytes_max` bytes of them if they are as large as the last ones
  /// read, in any case those of 1,024 commits at most. A connection found broken is made anew once.
  tl::expected<LogView, runtime::Fault> read(std::uint64_t after, std::uint32_t events_max, std::uint32_t bytes_max);
  tl::expected<LogBounds, runtime::Fault> bounds();

  /// Waits up to `timeout` for events after `after`, of `entries_max` entries of the stream at most; the only blocked reader of it. Their
  /// replies leave Redis after its fsync.
  /// Answers only on the connection on which the log was last looked at: on another, `after` may mean another event.
  tl::expected<std::vector<LogEntry>, runtime::Fault> next(std::uint64_t after, std::uint32_t entries_max,
                                                           std::chrono::milliseconds timeout);

  /// Removes events up to `through` from Redis, a bounded number of them in one call, unless a checkpoint of one of `services` lies below:
  /// how many entries of the stream went.
  tl::expected<std::uint64_t, runtime::Fault> trim(std::uint64_t through, const std::vector<std::string>& services);
  /// The lowest checkpoint of any lane of `services` that has ever run; nothing when none has.
  tl::expected<std::optional<std::uint64_t>, runtime::Fault> lowest_checkpoint(const std::vector<std::string>& services);

  /// While nobody asks: prepares the archived events that follow the last ones read.
  void read_ahead() {
    if (reader_) reader_->read_ahead();
  }

  /// Whether the connection has been opened, and is still the same one.
  bool open() const { return opened_connection_ != 0 && redis_.connection_number() == opened_connection_; }

 private:
  tl::expected<void, runtime::Fault> open_once();
  tl::expected<runtime::RedisValue, runtime::Fault> run_trim(const std::string& through, std::uint64_t entries,
                                                             const std::vector<std::string>& services);
  tl::expected<LogView, runtime::Fault> read_once(std::uint64_t after, std::uint32_t events_max, std::uint32_t bytes_max);

  runtime::Redis redis_;
  runtime::Keys keys_;
  std::shared_ptr<Archive> archive_;
  std::optional<ArchiveReader> reader_;
  std::uint64_t first_seen_ = 0;  ///< where the log in Redis began at the last look: below it there is no use in asking Redis for events
  // Of the last entries of the stream that were read, on average.
  std::uint32_t entry_bytes_ = 0, entry_events_ = 1;
  std::uint64_t opened_connection_ = 0;
};

}  // namespace bridgework::bus
