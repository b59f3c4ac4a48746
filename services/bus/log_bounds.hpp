#pragma once
// Where a log begins and ends, and whether what somebody has seen is part of it.

#include <cstdint>
#include <map>
#include <string>

namespace bridgework::bus {

/// One event as it lies in the log.
struct LogEntry {
  std::uint64_t sequence = 0;
  std::uint64_t type_id =
      0;               ///< 0: the record cannot be read. It passes every filter, so that whoever gets it parks it and nobody skips it
  std::string record;  ///< EventRecord bytes, never changed here
};

struct LogBounds {
  std::string incarnation;  ///< "<counter>.<random>"
  std::uint64_t first_of_incarnation = 1;
  std::uint64_t first = 1;  ///< of the events still kept; head + 1 when there are none
  std::uint64_t head = 0;
  std::map<std::string, std::uint64_t> incarnations;  ///< all there have been, with their first sequences
};

enum class Verdict {
  kServe,
  kTruncated,  ///< what comes next is not kept any more
  kDiverged,   ///< what was seen last is not, or need not be, in this log
};

/// Whether somebody who has seen everything up to `after` in `incarnation` (empty: does not say) can go on with this log.
///
/// A roll-back takes the tail away and gives its sequence numbers to other events, in a new incarnation. So a position is shared with
/// this log exactly if it lies below the first sequence of every incarnation that came after the one it was seen in. An incarnation this
/// log has never heard of may share nothing.
Verdict judge(const LogBounds& log, const std::string& incarnation, std::uint64_t after);

/// The last sequence up to which a log seen in `incarnation` (empty: does not say) is surely this one. Several incarnations may have begun
/// since, and the one that took most away is not always the last.
std::uint64_t shared_up_to(const LogBounds& log, const std::string& incarnation);

}  // namespace bridgework::bus
