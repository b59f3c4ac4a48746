#pragma once
// Wall clocks and instants, by the system's IANA time-zone data.

#include <string_view>

#include <tl/expected.hpp>

#include "runtime/types.hpp"

namespace bridgework::runtime {

enum class ZoneError {
  kNoSuchZone,
  kDoesNotExist,  ///< in a spring gap: no clock of that zone ever shows it
};

bool zone_exists(std::string_view zone);

/// The instant at which a clock in `zone` shows `local`. In an autumn fold the first of the two.
tl::expected<Instant, ZoneError> to_instant(LocalTime local, std::string_view zone);

/// What a clock in `zone` shows at `instant`. Asserts that the zone exists: names are checked where they enter.
LocalTime to_local(Instant instant, std::string_view zone);

/// The local calendar day at `instant`.
LocalDay local_day(Instant instant, std::string_view zone);

/// The first instant of a local day (which is not always midnight).
Instant day_start(LocalDay day, std::string_view zone);

/// Minutes after local midnight, 0–1439.
int minute_of_day(LocalTime local);

/// ISO weekday of a local day, 1 (Monday) to 7.
int weekday(LocalDay day);

}  // namespace bridgework::runtime
