#include "appointments/calendar.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "runtime/zone.hpp"

namespace bridgework::appointments {
namespace {

constexpr int kMinutesPerDay = 1440;

bool overlap(Span a, Span b) { return a.start < b.until && b.start < a.until; }

/// Ascending, those that touch or overlap made one.
std::vector<MinuteWindow> merged(std::vector<MinuteWindow> windows) {
  std::ranges::sort(windows, {}, &MinuteWindow::from);
  std::vector<MinuteWindow> out;
  for (const MinuteWindow& window : windows) {
    if (!out.empty() && window.from <= out.back().until) {
      out.back().until = std::max(out.back().until, window.until);
    } else {
      out.push_back(window);
    }
  }
  return out;
}

std::vector<MinuteWindow> windows_of(const messages::DatedHours& hours) {
  std::vector<MinuteWindow> windows;
  for (const messages::DayWindow& window : hours.windows) windows.push_back({window.from_minute, window.until_minute});
  return merged(std::move(windows));
}

bool speaks_of(const messages::DatedHours& hours, LocalDay day) { return hours.first_day <= day && day <= hours.last_day; }

/// The last exception that speaks of the day, or nullptr.
const messages::DatedHours* exception_on(const SiteRecord& site, messages::ExceptionSubject subject, std::string_view of, LocalDay day) {
  const messages::DatedHours* last = nullptr;
  for (const messages::CalendarException& exception : site.exceptions)
    if (exception.subject == subject && exception.of == of && speaks_of(exception.hours, day)) last = &exception.hours;
  return last;
}

std::vector<Span> spans_of(const std::vector<MinuteWindow>& windows, LocalDay day, std::string_view zone) {
  std::vector<Span> spans;
  for (const MinuteWindow& window : windows)
    spans.push_back({minute_instant(day, window.from, zone), minute_instant(day, window.until, zone)});
  return spans;
}

/// When a provider is to be at a site, exceptions and all.
std::vector<MinuteWindow> windows_at(const HoursAtSite& hours, LocalDay day) {
  for (auto dated = hours.dated.rbegin(); dated != hours.dated.rend(); ++dated)
    if (speaks_of(*dated, day)) return windows_of(*dated);
  return windows_on(hours.shifts, runtime::weekday(day));
}
std::vector<Span> spans_at(const HoursAtSite& hours, LocalDay day) { return spans_of(windows_at(hours, day), day, hours.zone); }

/// What a span meets of the hours at another site, which may count another day there.
std::vector<Span> met_by(const HoursAtSite& hours, Span span) {
  std::vector<Span> met;
  const LocalDay last = runtime::local_day(span.until, hours.zone);
  for (LocalDay day = runtime::local_day(span.start, hours.zone); day <= last; day += std::chrono::days(1))
    for (const Span& there : spans_at(hours, day))
      if (overlap(there, span)) met.push_back(there);
  return met;
}

/// What is left of the spans where nothing of the others lies.
std::vector<Span> without(std::vector<Span> spans, const std::vector<Span>& others) {
  for (const Span& other : others) {
    std::vector<Span> left;
    for (const Span& span : spans) {
      if (!overlap(span, other)) {
        left.push_back(span);
        continue;
      }
      if (span.start < other.start) left.push_back({span.start, other.start});
      if (other.until < span.until) left.push_back({other.until, span.until});
    }
    spans = std::move(left);
  }
  return spans;
}

}  // namespace

std::string text_of(LocalDay day) {
  const std::chrono::year_month_day date{day};
  char text[32];
  std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()));
  return text;
}

std::string text_of(LocalTime local) {
  const int minute = runtime::minute_of_day(local);
  char text[16];
  std::snprintf(text, sizeof text, " %02d:%02d", minute / 60, minute % 60);
  return text_of(day_of(local)) + text;
}

std::string day_id(const SiteId& site, LocalDay day) { return site.text() + ".d-" + text_of(day); }

std::string day_index(const SiteId& site, LocalDay day) { return "day/" + site.text() + "/" + text_of(day); }

std::string planned_index(const SiteId& site) { return "planned/" + site.text(); }

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

bool dated_hours_are_valid(const messages::DatedHours& hours) {
  return is_bookable_day(hours.first_day) && is_bookable_day(hours.last_day) && hours.first_day <= hours.last_day &&
         hours.last_day - hours.first_day < std::chrono::days(366) &&
         std::ranges::all_of(hours.windows, [](const messages::DayWindow& window) {
           return window.from_minute < window.until_minute && window.until_minute <= kMinutesPerDay;
         });
}

std::vector<MinuteWindow> windows_on(const std::vector<messages::OpeningHours>& hours, int weekday) {
  std::vector<MinuteWindow> sorted;
  for (const auto& entry : hours)
    if (entry.weekday == weekday) sorted.push_back({entry.from_minute, entry.until_minute});
  return merged(std::move(sorted));
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
  return spans_of(windows_on(hours, runtime::weekday(day)), day, zone);
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

std::vector<messages::DatedHours> dated_hours(const SiteRecord& site, messages::ExceptionSubject subject, std::string_view of) {
  std::vector<messages::DatedHours> dated;
  for (const messages::CalendarException& exception : site.exceptions)
    if (exception.subject == subject && exception.of == of) dated.push_back(exception.hours);
  return dated;
}

std::vector<Span> open_spans(const SiteRecord& site, LocalDay day) {
  const messages::DatedHours* exception = exception_on(site, messages::ExceptionSubject::kSite, {}, day);
  return exception == nullptr ? spans_on(site.hours, day, site.zone) : spans_of(windows_of(*exception), day, site.zone);
}

std::vector<MinuteWindow> shift_windows(const SiteRecord& site, const ProviderCalendar& provider, LocalDay day) {
  const messages::DatedHours* exception = exception_on(site, messages::ExceptionSubject::kProvider, provider.provider.text(), day);
  return exception == nullptr ? windows_on(provider.shifts, runtime::weekday(day)) : windows_of(*exception);
}

std::vector<Span> working_spans(const SiteRecord& site, const ProviderCalendar& provider, LocalDay day) {
  std::vector<Span> spans = spans_of(shift_windows(site, provider, day), day, site.zone);
  for (const HoursAtSite& there : provider.elsewhere) {
    if (spans.empty()) break;
    spans = without(spans, met_by(there, {spans.front().start, spans.back().until}));
  }
  return spans;
}

const HoursAtSite* elsewhere_during(const std::vector<HoursAtSite>& places, const SiteId& here, Span span) {
  for (const HoursAtSite& there : places)
    if (there.site != here && !met_by(there, span).empty()) return &there;
  return nullptr;
}

std::optional<Span> first_clash(const HoursAtSite& here, const HoursAtSite& there, Instant from) {
  const LocalDay today = runtime::local_day(from, here.zone);
  for (int ahead = -1; ahead <= kDaysAheadMax; ++ahead) {
    const LocalDay day = today + std::chrono::days(ahead);
    for (const Span& span : spans_at(here, day)) {
      for (const Span& other : met_by(there, span)) {
        const Span both{std::max(span.start, other.start), std::min(span.until, other.until)};
        if (both.until > from) return both;
      }
    }
  }
  return std::nullopt;
}

std::string why_outside(const SiteRecord& site, const VisitRecord& record) {
  using messages::ExceptionSubject;
  const bool ahead = record.state == VisitState::kHeld || record.state == VisitState::kBooked || record.state == VisitState::kConfirmed;
  if (!ahead || record.imported) return {};
  const messages::Visit& visit = record.visit;
  const LocalDay day = day_of(visit.local_start);
  const Span span{visit.start, visit.start + std::chrono::minutes(visit.duration_minutes)};
  const Span busy{span.start - std::chrono::minutes(record.minutes_before), span.until + std::chrono::minutes(record.buffer_minutes)};
  if (!inside(open_spans(site, day), span)) return "the site is not open for all of it";
  const ProviderCalendar* provider = find_provider(site, visit.provider);
  if (provider == nullptr || !inside(working_spans(site, *provider, day), span))
    return visit.provider.text() + " does not work for all of it";
  if (!is_usable(site, ExceptionSubject::kChair, visit.chair.text(), busy)) return "chair " + visit.chair.text() + " is out of order";
  for (const EquipmentId& device : visit.equipment)
    if (!is_usable(site, ExceptionSubject::kEquipment, device.text(), busy)) return device.text() + " is out of order";
  return {};
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

bool is_usable(const SiteRecord& site, messages::ExceptionSubject subject, std::string_view of, Span span) {
  const bool never_out =
      std::ranges::none_of(site.exceptions, [&](const auto& exception) { return exception.subject == subject && exception.of == of; });
  if (never_out) return true;
  // nothing taken reaches into another day
  const LocalDay day = runtime::local_day(span.start, site.zone);
  const messages::DatedHours* exception = exception_on(site, subject, of, day);
  return exception == nullptr || inside(spans_of(windows_of(*exception), day, site.zone), span);
}

std::optional<ChairId> free_chair(const SiteRecord& site, const DayRecord& day, const ChairId& preferred, Span span, Instant now) {
  const auto can_have = [&](const ChairId& chair) {
    return chair_is_free(day, chair, span, now) && is_usable(site, messages::ExceptionSubject::kChair, chair.text(), span);
  };
  if (!preferred.empty() && has_chair(site, preferred) && can_have(preferred)) return preferred;
  for (const ChairEntry& entry : site.chairs)
    if (can_have(entry.chair)) return entry.chair;
  return std::nullopt;
}

tl::expected<std::vector<EquipmentId>, std::string> free_equipment(const SiteRecord& site, const DayRecord& day,
                                                                   const std::vector<std::string>& kinds, Span span, Instant now) {
  std::vector<EquipmentId> devices;
  const auto is_free = [&](const EquipmentEntry& entry) {
    return std::ranges::find(devices, entry.equipment) == devices.end() &&
           is_usable(site, messages::ExceptionSubject::kEquipment, entry.equipment.text(), span) &&
           std::ranges::none_of(day.taken, [&](const Taken& taken) {
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
