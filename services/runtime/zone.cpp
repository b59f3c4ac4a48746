#include "runtime/zone.hpp"

#include <cstdlib>
#include <mutex>
#include <string>
#include <unordered_map>

#include <date/tz.h>

namespace bridgework::runtime {
namespace {

/// nullptr when there is no such zone. The library's look-up throws and searches a list; groups use a handful of zones.
const date::time_zone* find_zone(std::string_view name) {
  static std::mutex mutex;
  static std::unordered_map<std::string, const date::time_zone*> known;
  const std::scoped_lock lock(mutex);
  const std::string key(name);
  if (const auto it = known.find(key); it != known.end()) return it->second;
  const date::time_zone* zone = nullptr;
  try {
    if (!name.empty()) zone = date::locate_zone(key);
  } catch (const std::exception&) {
    return nullptr;  // not remembered: callers hand in outside text
  }
  if (zone != nullptr) known.emplace(key, zone);
  return zone;
}

const date::time_zone& must_find(std::string_view name) {
  const date::time_zone* zone = find_zone(name);
  if (zone == nullptr) std::abort();
  return *zone;
}

date::local_seconds wall(LocalTime local) { return date::local_seconds{local.time_since_epoch()}; }

}  // namespace

bool zone_exists(std::string_view zone) { return find_zone(zone) != nullptr; }

tl::expected<Instant, ZoneError> to_instant(LocalTime local, std::string_view zone) {
  const date::time_zone* found = find_zone(zone);
  if (found == nullptr) return tl::unexpected(ZoneError::kNoSuchZone);
  const date::local_info info = found->get_info(wall(local));
  if (info.result == date::local_info::nonexistent) return tl::unexpected(ZoneError::kDoesNotExist);
  return Instant{local.time_since_epoch() - info.first.offset};
}

LocalTime to_local(Instant instant, std::string_view zone) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(instant.time_since_epoch());
  const date::sys_info info = must_find(zone).get_info(date::sys_seconds{seconds});
  return LocalTime{seconds + info.offset};
}

LocalDay local_day(Instant instant, std::string_view zone) { return std::chrono::floor<std::chrono::days>(to_local(instant, zone)); }

Instant day_start(LocalDay day, std::string_view zone) {
  const date::time_zone& found = must_find(zone);
  const date::local_seconds midnight{std::chrono::seconds(day.time_since_epoch())};
  const date::local_info info = found.get_info(midnight);
  if (info.result == date::local_info::nonexistent) return Instant{info.second.begin.time_since_epoch()};
  return Instant{midnight.time_since_epoch() - info.first.offset};
}

int minute_of_day(LocalTime local) {
  const auto midnight = std::chrono::floor<std::chrono::days>(local);
  return static_cast<int>(std::chrono::duration_cast<std::chrono::minutes>(local - midnight).count());
}

int weekday(LocalDay day) { return static_cast<int>(std::chrono::weekday{day}.iso_encoding()); }

}  // namespace bridgework::runtime
