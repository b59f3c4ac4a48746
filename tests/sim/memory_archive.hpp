#pragma once
// A model of the archive and of the log that is read across it: the rules of bus/archiver.cpp and bus/log_store.cpp, without files.

#include <cstdint>
#include <string>
#include <vector>

#include "bus/fetch_desk.hpp"
#include "sim/memory_store.hpp"

namespace bridgework::sim {

class MemoryArchive {
 public:
  explicit MemoryArchive(const Guards& guards) : guards_(guards) {}

  /// One round of the archiver: what the log has lost is set aside, what waits is sealed in segments of so many events, and the store
  /// forgets what is sealed and behind every checkpoint. How many events it forgot.
  std::uint64_t round(GroupState& group, Server& server, std::uint64_t segment_events);

  /// The bounds of the log and up to `events_max` events after `after`, from wherever they lie.
  bus::FetchDesk::Found read(const GroupState& group, std::uint64_t after, std::size_t events_max) const;

  /// The disk with all segments is gone, until somebody brings them back.
  void lose();
  void restore();
  bool is_lost() const { return !lost_.empty(); }
  /// The last sealed event.
  std::uint64_t last() const { return segments_.empty() ? 0 : segments_.back().last; }

 private:
  struct Segment {
    std::uint64_t first, last;
    std::string incarnation;  ///< of the log when it was sealed
    std::vector<std::string> events;
  };
  /// How many segments, from the first on, hold nothing that the log has lost.
  std::size_t valid(const bus::LogBounds& log) const;

  const Guards& guards_;
  std::vector<Segment> segments_, lost_;
};

}  // namespace bridgework::sim
