#include "bus/ring.hpp"

#include <utility>

namespace bridgework::bus {

void Ring::restart(std::uint64_t last) {
  entries_.clear();
  bytes_ = 0;
  first_ = last + 1;
}

Ring::Appended Ring::append(LogEntry entry) {
  if (entry.sequence <= last()) return Appended::kSeenBefore;
  const bool gap = entry.sequence != last() + 1;
  if (gap) restart(entry.sequence - 1);
  bytes_ += entry.record.size();
  entries_.push_back(std::move(entry));
  while (entries_.size() > 1 && (entries_.size() > events_max_ || bytes_ > bytes_max_)) {
    bytes_ -= entries_.front().record.size();
    entries_.pop_front();
    ++first_;
  }
  return gap ? Appended::kAfterGap : Appended::kNext;
}

}  // namespace bridgework::bus
