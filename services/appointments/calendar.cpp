#include "appointments/calendar.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "runtime/zone.hpp"

namespace bridgework::appointments {
namespace {

constexpr int kMinutesPerDay = 1440;

}  // namespace

std::string text_of(LocalDay day) {
  const std::chrono::year_month_day date{day};
  char text[32];
  std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()));
  return text;
}

std::string day_id(const SiteId& site, LocalDay day) { return site.text() + ".d-" + text_of(day); }

std::string day_index(const SiteId& site, LocalDay day) { return "day/" + site.text() + "/" + text_of(day); }

LocalDay day_of(LocalTime local) { return std::chrono::floor<std::chrono::days>(local); }

bool is_bookable_day(LocalDay day) {
  using namespace std::chrono_literals;
  return day >= LocalDay{1900y / 1 / 1} && day < LocalDay{2400y / 1 / 1};
}

bool hours_are_valid(const std::vector<messages::OpeningHours>& hours) {
  return std::ranges::all_of(hours, [](const messages::OpeningHours& entry) {
    return entry.weekday >= 1 && entry.weekday <= 7 && entry.from_minute < entry.until_minute && entry.until_minute <= kMinutesPerDay;
  });
}

std::vector<MinuteWindow> windows_on(const std::vector<messages::OpeningHours>& hours, int weekday) {
  std::vector<MinuteWindow> sorted;
  for (const auto& entry : hours)
    if (entry.weekday == weekday) sorted.push_back({entry.from_minute, entry.until_minute});
  std::ranges::sort(sorted, {}, &MinuteWindow::from);
  std::vector<MinuteWindow> merged;
  for (const MinuteWindow& window : sorted) {
    if (!merged.empty() && window.from <= merged.back().until) {
      merged.back().until = std::max(merged.back().until, window.until);
    } else {
      merged.push_back(window);
    }
  }
  return merged;
}

Instant minute_instant(LocalDay day, int minute, std::string_view zone) {
  if (minute >= kMinutesPerDay) return runtime::day_start(day + std::chrono::days(1), zone);
  for (int tried = minute; tried < kMinutesPerDay; ++tried) {
    const LocalTime local{day.time_since_epoch() + std::chrono::minutes(tried)};
    if (const auto instant = runtime::to_instant(local, zone)) return *instant;
  }
  return runtime::day_start(day + std::chrono::days(1), zone);
}

std::vector<Span> spans_on(const std::vector<messages::OpeningHours>& hours, LocalDay day, std::string_view zone) {
  std::vector<Span> spans;
  for (const MinuteWindow& window : windows_on(hours, runtime::weekday(day)))
    spans.push_back({minute_instant(day, window.from, zone), minute_instant(day, window.until, zone)});
  return spans;
}

std::vector<MinuteWindow> shift_windows(const SiteRecord&, const ProviderCalendar& provider, LocalDay day) {
  return windows_on(provider.shifts, runtime::weekday(day));
}

bool inside(const std::vector<Span>& windows, Span span) {
  return std::ranges::any_of(windows, [&](const Span& window) { return window.start <= span.start && span.until <= window.until; });
}

const ProviderCalendar* find_provider(const SiteRecord& site, const ProviderId& provider) {
  const auto it = std::ranges::find(site.providers, provider, &ProviderCalendar::provider);
  return it == site.providers.end() ? nullptr : &*it;
}

const VisitTypeEntry* find_visit_type(const SiteRecord& site, std::string_view visit_type) {
  const auto it = std::ranges::find(site.visit_types, visit_type, &VisitTypeEntry::visit_type);
  return it == site.visit_types.end() ? nullptr : &*it;
}

bool has_chair(const SiteRecord& site, const ChairId& chair) {
  return std::ranges::find(site.chairs, chair, &ChairEntry::chair) != site.chairs.end();
}

std::vector<Span> open_spans(const SiteRecord& site, LocalDay day) { return spans_on(site.hours, day, site.zone); }

std::vector<Span> working_spans(const SiteRecord& site, const ProviderCalendar& provider, LocalDay day) {
  return spans_on(provider.shifts, day, site.zone);
}

Span visit_span(const VisitTypeEntry& type, Instant start) { return {start, start + std::chrono::minutes(type.duration_minutes)}; }

Span busy_span(const VisitTypeEntry& type, Instant start) {
  return {start - std::chrono::minutes(type.minutes_before), start + std::chrono::minutes(type.duration_minutes + type.buffer_minutes)};
}

bool overlap(const Taken& taken, Span span) { return taken.start < span.until && span.start < taken.until; }

bool still_counts(const Taken& taken, Instant now) { return !taken.hold_ends || now < *taken.hold_ends; }

bool provider_is_free(const DayRecord& day, const ProviderId& provider, Span span, Instant now) {
  return std::ranges::none_of(
      day.taken, [&](const Taken& taken) { return taken.provider == provider && overlap(taken, span) && still_counts(taken, now); });
}

bool chair_is_free(const DayRecord& day, const ChairId& chair, Span span, Instant now) {
  return std::ranges::none_of(day.taken,
                              [&](const Taken& taken) { return taken.chair == chair && overlap(taken, span) && still_counts(taken, now); });
}

std::optional<ChairId> free_chair(const SiteRecord& site, const DayRecord& day, const ChairId& preferred, Span span, Instant now) {
  if (!preferred.empty() && has_chair(site, preferred) && chair_is_free(day, preferred, span, now)) return preferred;
  for (const ChairEntry& entry : site.chairs)
    if (chair_is_free(day, entry.chair, span, now)) return entry.chair;
  return std::nullopt;
}

tl::expected<std::vector<EquipmentId>, std::string> free_equipment(const SiteRecord& site, const DayRecord& day,
                                                                   const std::vector<std::string>& kinds, Span span, Instant now) {
  std::vector<EquipmentId> devices;
  const auto is_free = [&](const EquipmentEntry& entry) {
    return std::ranges::find(devices, entry.equipment) == devices.end() && std::ranges::none_of(day.taken, [&](const Taken& taken) {
             return overlap(taken, span) && std::ranges::find(taken.equipment, entry.equipment) != taken.equipment.end() &&
                    still_counts(taken, now);
           });
  };
  for (const std::string& kind : kinds) {
    const auto device =
        std::ranges::find_if(site.equipment, [&](const EquipmentEntry& entry) { return entry.kind == kind && is_free(entry); });
    if (device == site.equipment.end()) return tl::unexpected(kind);
    devices.push_back(device->equipment);
  }
  return devices;
}

}  // namespace bridgework::appointments
