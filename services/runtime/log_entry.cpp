#include "runtime/log_entry.hpp"

#include <cassert>
#include <cstdint>
#include <limits>

namespace bridgework::runtime {

namespace {
constexpr std::size_t kLengthBytes = 4;
}

void append_event(std::string& entry, std::string_view record) {
  assert(record.size() <= std::numeric_limits<std::uint32_t>::max());
  for (std::size_t i = 0; i < kLengthBytes; ++i) entry += static_cast<char>(record.size() >> (8 * i) & 0xff);
  entry += record;
}

std::optional<std::vector<std::string_view>> events_of_entry(std::string_view entry) {
  std::vector<std::string_view> events;
  do {
    if (entry.size() < kLengthBytes) return std::nullopt;
    std::size_t length = 0;
    for (std::size_t i = 0; i < kLengthBytes; ++i) length |= std::size_t{static_cast<unsigned char>(entry[i])} << (8 * i);
    entry.remove_prefix(kLengthBytes);
    if (entry.size() < length) return std::nullopt;
    events.push_back(entry.substr(0, length));
    entry.remove_prefix(length);
  } while (!entry.empty());
  return events;
}

}  // namespace bridgework::runtime
