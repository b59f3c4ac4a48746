#pragma once
// The last events of the log, in memory.

#include <cstddef>
#include <cstdint>
#include <deque>

#include "bus/log_bounds.hpp"

namespace bridgework::bus {

/// Dense: what it holds is every event from `first()` to `last()`. Bounded by number and bytes; the oldest go first, but the newest stays
/// whatever its size.
class Ring {
 public:
  Ring(std::size_t events_max, std::size_t bytes_max) : events_max_(events_max), bytes_max_(bytes_max) {}

  /// Empty, about to take the event after `last`.
  void restart(std::uint64_t last);

  enum class Appended { kNext, kSeenBefore, kAfterGap };
  /// After a gap everything older is forgotten: it would not be dense.
  Appended append(LogEntry entry);

  /// Whether it holds everything after `after` that it has been given.
  bool covers(std::uint64_t after) const { return after >= first_ - 1; }
  std::uint64_t last() const { return first_ + entries_.size() - 1; }
  std::size_t size() const { return entries_.size(); }
  std::size_t bytes() const { return bytes_; }

  /// The entry with this sequence, which must be held.
  const LogEntry& at(std::uint64_t sequence) const { return entries_[sequence - first_]; }

 private:
  std::size_t events_max_, bytes_max_;
  std::uint64_t first_ = 1;  // sequence of the front; of the next one when empty
  std::size_t bytes_ = 0;
  std::deque<LogEntry> entries_;
};

}  // namespace bridgework::bus
