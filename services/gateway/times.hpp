#pragma once
// Times as JSON shows them: RFC 3339, days, local wall clocks.

#include <optional>
#include <string>
#include <string_view>

#include "runtime/types.hpp"

namespace bridgework::gateway {

/// `2026-11-22T09:00:00.123456Z` or with an offset (`+01:00`), at most six fractional digits, years 1900 to 2400. A leap second is
/// refused: the time line of the log has none.
std::optional<Instant> parse_instant(std::string_view text);

/// `2026-11-22`.
std::optional<LocalDay> parse_day(std::string_view text);

/// `2026-11-22T09:00:00` or `2026-11-22T09:00`, no zone.
std::optional<LocalTime> parse_local(std::string_view text);

/// Always in UTC (`Z`), with a fraction of six digits only when there is one.
void append_instant(std::string& out, Instant at);
void append_day(std::string& out, LocalDay day);
void append_local(std::string& out, LocalTime at);

}  // namespace bridgework::gateway
