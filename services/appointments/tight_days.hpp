#pragma once
// Which days have little time left, kept beside the days themselves so that a search over many sites reads few of them.

#include <array>
#include <cstdint>

#include "appointments/state.hpp"

namespace bridgework::appointments {

/// From so many free minutes on a day is not worth a line: hardly a visit is longer, and a search reads that day.
inline constexpr int kTightBelowMinutes = 120;

/// By the hour of the site's clock in which it begins: the longest time in which a provider works, the site is open, and provider and some
/// chair are free; at most `kTightBelowMinutes`.
///
/// Holds count as free, because they end by themselves; so does what a visit needs beside provider and chair. The figures may thus be
/// too large, never too small: who relies on them looks at a day in vain now and then, but overlooks no opening.
using FreeByHour = std::array<std::uint8_t, 24>;
FreeByHour free_by_hour(const SiteRecord& site, LocalDay day, const DayRecord& book);

/// Whether by its line a visit of so many minutes may begin on a day, at `from_minute` or later and before `until_minute`.
bool may_begin(const TightDay& line, int minutes, int from_minute, int until_minute);

/// Adds to a decision what follows from it for the site's `TightDaysRecord`: the days it writes, and all listed days when it changes the
/// site's calendar. Whoever writes a day or a site thus keeps the list right without knowing of it.
void keep_tight_days(Decision& decision, const State& state, Instant now);

}  // namespace bridgework::appointments
