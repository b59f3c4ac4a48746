#include "runtime/business_time.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "runtime/zone.hpp"

namespace bridgework::runtime {
namespace {

constexpr int kDaysSearched = 366;
/// Longer than any clock change.
constexpr int kGapMinutesMax = 24 * 60;

bool has_hours(const OpenHours& open) { return !open.hours.empty() && zone_exists(open.zone); }

/// When the clocks of the zone show that minute of the day, or the first minute after it that they show at all.
Instant at_minute(LocalDay day, int minute, const std::string& zone) {
  for (int later = 0; later <= kGapMinutesMax; ++later) {
    if (const auto instant = to_instant(LocalTime(day) + std::chrono::minutes(minute + later), zone)) return *instant;
  }
  return day_start(day + std::chrono::days(1), zone);
}

/// Opening and closing on that day, in order and apart.
std::vector<std::pair<Instant, Instant>> windows_of(const OpenHours& site, LocalDay day) {
  std::vector<std::pair<Instant, Instant>> windows;
  for (const auto& hours : site.hours) {
    if (hours.weekday != weekday(day)) continue;
    windows.emplace_back(at_minute(day, hours.from_minute, site.zone), at_minute(day, hours.until_minute, site.zone));
  }
  std::ranges::sort(windows);
  for (std::size_t i = 1; i < windows.size(); ++i) windows[i].first = std::max(windows[i].first, windows[i - 1].second);
  return windows;
}

}  // namespace

Instant add_business_time(const OpenHours& site, Instant from, std::chrono::seconds amount) {
  if (!has_hours(site)) return from + amount;
  std::chrono::microseconds left = amount;
  const LocalDay first = local_day(from, site.zone);
  for (int ahead = 0; ahead < kDaysSearched; ++ahead) {
    for (const auto& [opens, closes] : windows_of(site, first + std::chrono::days(ahead))) {
      const Instant start = std::max(opens, from);
      if (start >= closes) continue;
      if (left <= closes - start) return start + left;
      left -= closes - start;
    }
  }
  return from + amount;
}

std::chrono::seconds business_time_between(const OpenHours& site, Instant from, Instant to) {
  if (to <= from) return std::chrono::seconds{0};
  if (!has_hours(site)) return std::chrono::floor<std::chrono::seconds>(to - from);
  std::chrono::microseconds open{0};
  const LocalDay last = local_day(to, site.zone);
  for (LocalDay day = local_day(from, site.zone); day <= last; day += std::chrono::days(1)) {
    for (const auto& [opens, closes] : windows_of(site, day)) {
      const Instant start = std::max(opens, from), end = std::min(closes, to);
      if (start < end) open += end - start;
    }
  }
  return std::chrono::floor<std::chrono::seconds>(open);
}

}  // namespace bridgework::runtime
