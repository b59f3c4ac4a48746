#pragma once
// What one entry of the log's stream holds: the events that were committed together, one after the other. See decision 0014.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bridgework::runtime {

/// As many bytes of events go into one entry, unless a single event is larger: whoever reads a number of entries reads a bounded number
/// of bytes.
inline constexpr std::size_t kLogEntryBytesMax = 16 * 1024;

/// Adds one event's EventRecord bytes to an entry: their number (4 bytes, little-endian), then they. Entries can be joined.
void append_event(std::string& entry, std::string_view record);

/// The events of an entry, as places in it; nothing if it is not one. The entry's id is `0-<sequence of the last>`.
std::optional<std::vector<std::string_view>> events_of_entry(std::string_view entry);

}  // namespace bridgework::runtime
