#include "followup/business_time.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "runtime/zone.hpp"

namespace bridgework::followup {
namespace {

constexpr int kDaysSearched = 366;
/// Longer than any clock change.
constexpr int kGapMinutesMax = 24 * 60;

bool has_hours(const SiteRecord* site) { return site != nullptr && !site->hours.empty() && runtime::zone_exists(site->zone); }

/// When the clocks of the zone show that minute of the day, or the first minute after it that they show at all.
Instant at_minute(LocalDay day, int minute, const std::string& zone) {
  for (int later = 0; later <= kGapMinutesMax; ++later) {
    if (const auto instant = runtime::to_instant(LocalTime(day) + std::chrono::minutes(minute + later), zone)) return *instant;
  }
  return runtime::day_start(day + std::chrono::days(1), zone);
}

/// Opening and closing on that day, in order and apart.
std::vector<std::pair<Instant, Instant>> windows_of(const SiteRecord& site, LocalDay day) {
  std::vector<std::pair<Instant, Instant>> windows;
  for (const auto& hours : site.hours) {
    if (hours.weekday != runtime::weekday(day)) continue;
    windows.emplace_back(at_minute(day, hours.from_minute, site.zone), at_minute(day, hours.until_minute, site.zone));
  }
  std::ranges::sort(windows);
  for (std::size_t i = 1; i < windows.size(); ++i) windows[i].first = std::max(windows[i].first, windows[i - 1].second);
  return windows;
}

}  // namespace

Instant add_business_time(const SiteRecord* site, Instant from, std::chrono::minutes amount) {
  if (!has_hours(site)) return from + amount;
  std::chrono::microseconds left = amount;
  const LocalDay first = runtime::local_day(from, site->zone);
  for (int ahead = 0; ahead < kDaysSearched; ++ahead) {
    for (const auto& [opens, closes] : windows_of(*site, first + std::chrono::days(ahead))) {
      const Instant start = std::max(opens, from);
      if (start >= closes) continue;
      if (left <= closes - start) return start + left;
      left -= closes - start;
    }
  }
  return from + amount;
}

}  // namespace bridgework::followup
