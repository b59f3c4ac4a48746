#include "sim/memory_archive.hpp"

#include <algorithm>
#include <utility>

#include "messages/envelope.codec.hpp"

namespace bridgework::sim {
namespace {

bus::LogBounds bounds_of(const GroupState& group) {
  return {group.incarnation, group.incarnation_start, group.first, group.head(), group.starts};
}

bus::LogEntry entry_of(std::uint64_t sequence, const std::string& bytes) {
  const auto record = messages::decode_as<messages::EventRecord>(bytes);
  return {sequence, record ? record->type_id : 0, bytes};
}

}  // namespace

std::size_t MemoryArchive::valid(const bus::LogBounds& log) const {
  const auto lost =
      std::ranges::find_if(segments_, [&](const Segment& s) { return bus::judge(log, s.incarnation, s.last) == bus::Verdict::kDiverged; });
  return static_cast<std::size_t>(lost - segments_.begin());
}

std::uint64_t MemoryArchive::round(GroupState& group, Server& server, std::uint64_t segment_events) {
  segments_.resize(valid(bounds_of(group)));
  while (group.head() - last() >= segment_events) {
    const std::uint64_t first = last() + 1;
    if (first < group.first) return 0;  // neither archived nor in the store: a person must look
    Segment segment{first, last() + segment_events, group.incarnation, {}};
    for (std::uint64_t s = segment.first; s <= segment.last; ++s) segment.events.push_back(group.log[s - 1]);
    segments_.push_back(std::move(segment));
  }
  return MemoryStore::trim(group, server, last(), guards_);
}

bus::FetchDesk::Found MemoryArchive::read(const GroupState& group, std::uint64_t after, std::size_t events_max) const {
  bus::FetchDesk::Found found{bounds_of(group), {}};
  const std::uint64_t kept_from = found.bounds.first;
  // After a roll-back and before the next round there are segments of a life that never happened.
  const std::size_t served = guards_.archived ? valid(found.bounds) : segments_.size();
  if (kept_from > 1 && served > 0 && segments_[served - 1].last + 1 >= kept_from) {
    found.bounds.first = segments_.front().first;
    if (after < kept_from - 1) {
      for (std::size_t i = 0; i < served; ++i) {
        const Segment& segment = segments_[i];
        for (std::uint64_t s = std::max(after + 1, segment.first); s <= segment.last && found.entries.size() < events_max; ++s) {
          found.entries.push_back(entry_of(s, segment.events[s - segment.first]));
        }
      }
      return found;
    }
  }
  for (std::uint64_t s = std::max(after + 1, kept_from); s <= group.head() && found.entries.size() < events_max; ++s) {
    found.entries.push_back(entry_of(s, group.log[s - 1]));
  }
  return found;
}

void MemoryArchive::lose() {
  if (!is_lost()) std::swap(segments_, lost_);
}

void MemoryArchive::restore() {
  if (segments_.empty()) std::swap(segments_, lost_);
  lost_.clear();
}

}  // namespace bridgework::sim
