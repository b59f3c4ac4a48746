#include "appointments/answer.hpp"

#include <algorithm>
#include <chrono>
#include <tuple>
#include <utility>

#include "appointments/calendar.hpp"
#include "runtime/zone.hpp"

namespace bridgework::appointments {
namespace {

using Answered = runtime::Answer<Vocabulary::Reply, Refusal>;

constexpr int kGridMinutes = 5;
/// How many days are read at once: most searches end within the first week or two.
constexpr int kDaysPerRead = 14;
/// As many as one reply holds.
constexpr std::size_t kDaySheetMax = 2000;

Answered no(Refusal code, std::string detail) { return tl::unexpected(runtime::Refused<Refusal>{code, std::move(detail)}); }

/// What is shown; a hold that is over is shown as over even if its timer is late.
messages::AppointmentView shown(const AppointmentId& appointment, const VisitRecord& record, Instant now) {
  messages::AppointmentView view = view_of(appointment, record);
  if (view.state == VisitState::kHeld && view.hold_ends && *view.hold_ends <= now) {
    view.state = VisitState::kLapsed;
    view.hold_ends.reset();
  }
  return view;
}

messages::SiteView shown(const SiteId& site, const SiteRecord& record) {
  messages::SiteView view{.site = site,
                          .name = record.name,
                          .zone = record.zone,
                          .phone = record.phone,
                          .hours = record.hours,
                          .wait_limit_minutes = record.wait_limit_minutes};
  for (const auto& provider : record.providers) view.providers.push_back(provider.provider);
  for (const auto& chair : record.chairs) view.chairs.push_back(chair.chair);
  for (const auto& type : record.visit_types) view.visit_types.push_back(type.visit_type);
  return view;
}

/// Rounded up to the grid.
int on_grid(int minutes) { return (minutes + kGridMinutes - 1) / kGridMinutes * kGridMinutes; }

/// One provider's openings of one day, side by side: after an offered time the next starts when that visit and its buffer are over.
void offer_day(const SiteId& site_id, const SiteRecord& site, const ProviderCalendar& provider, const VisitTypeEntry& type, LocalDay day,
               const DayRecord& book, Instant now, std::size_t limit, std::vector<messages::Slot>& offers) {
  const int step = on_grid(type.minutes_before + type.duration_minutes + type.buffer_minutes);
  const Span whole_day{runtime::day_start(day, site.zone), runtime::day_start(day + std::chrono::days(1), site.zone)};
  const std::vector<Span> open = open_spans(site, day);
  const std::vector<Span> works = working_spans(site, provider, day);
  std::size_t offered = 0;
  for (const MinuteWindow& shift : windows_on(provider.shifts, runtime::weekday(day))) {
    for (int minute = shift.from; minute < shift.until && offered < limit; minute += kGridMinutes) {
      const LocalTime local_start{day.time_since_epoch() + std::chrono::minutes(minute)};
      const auto start = runtime::to_instant(local_start, site.zone);
      if (!start || *start < now) continue;
      const Span busy = busy_span(type, *start);
      if (!inside({whole_day}, busy) || !inside(open, visit_span(type, *start)) || !inside(works, visit_span(type, *start))) continue;
      if (!provider_is_free(book, provider.provider, busy, now)) continue;
      const auto chair = free_chair(site, book, {}, busy, now);
      if (!chair) continue;
      auto equipment = free_equipment(site, book, type.equipment, busy, now);
      if (!equipment) continue;
      offers.push_back({.site = site_id,
                        .provider = provider.provider,
                        .chair = *chair,
                        .local_start = local_start,
                        .start = *start,
                        .duration_minutes = type.duration_minutes,
                        .equipment = std::move(*equipment)});
      ++offered;
      minute += std::max(0, step - kGridMinutes);
    }
  }
}

Answered on(const View& view, const messages::GetAppointment& query, Instant now) {
  const auto record = view.find<VisitRecord>(query.appointment.text());
  if (!record) return no(Refusal::kUnknownAppointment, "no appointment " + query.appointment.text());
  return shown(query.appointment, *record, now);
}

Answered on(const View& view, const messages::GetGroup& query, Instant now) {
  const auto group = view.find<GroupRecord>(query.group.text());
  if (!group) return no(Refusal::kUnknownGroup, "no group " + query.group.text());
  std::vector<std::string> ids;
  for (const AppointmentId& appointment : group->appointments) ids.push_back(appointment.text());
  const auto records = view.find_all<VisitRecord>(ids);
  messages::GroupView shown_group{.group = query.group};
  for (std::size_t i = 0; i < ids.size(); ++i)
    if (records[i]) shown_group.appointments.push_back(shown(AppointmentId(ids[i]), *records[i], now));
  return shown_group;
}

Answered on(const View& view, const messages::ListAppointments& query, Instant now) {
  if (!view.find<SiteRecord>(query.site.text())) return no(Refusal::kUnknownSite, "no site " + query.site.text());
  messages::AppointmentList list;
  if (!is_bookable_day(query.day)) return list;
  std::vector<std::string> ids;
  for (auto& entry : view.index(day_index(query.site, query.day), -std::numeric_limits<double>::infinity(),
                                std::numeric_limits<double>::infinity(), kDaySheetMax))
    ids.push_back(std::move(entry.member));
  const auto records = view.find_all<VisitRecord>(ids);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (!records[i]) continue;
    auto line = shown(AppointmentId(ids[i]), *records[i], now);
    if (line.state != VisitState::kLapsed) list.appointments.push_back(std::move(line));
  }
  return list;
}

Answered on(const View& view, const messages::FindSlots& query, Instant now) {
  const auto site = view.find<SiteRecord>(query.site.text());
  if (!site) return no(Refusal::kUnknownSite, "no site " + query.site.text());
  const VisitTypeEntry* type = find_visit_type(*site, query.type);
  if (type == nullptr) return no(Refusal::kUnknownVisitType, "no visit type " + query.type);
  if (!query.provider.empty() && find_provider(*site, query.provider) == nullptr)
    return no(Refusal::kUnknownProvider, "no provider " + query.provider.text() + " at this site");

  messages::SlotList found;
  const LocalDay first = std::max(query.from, runtime::local_day(now, site->zone));
  const std::size_t limit = query.limit;
  for (int offset = 0; offset < query.days && found.slots.size() < limit; offset += kDaysPerRead) {
    std::vector<LocalDay> days;
    std::vector<std::string> ids;
    for (int i = offset; i < std::min<int>(offset + kDaysPerRead, query.days); ++i) {
      const LocalDay day = first + std::chrono::days(i);
      if (!is_bookable_day(day)) return found;
      days.push_back(day);
      ids.push_back(day_id(query.site, day));
    }
    const auto books = view.find_all<DayRecord>(ids);
    for (std::size_t i = 0; i < days.size() && found.slots.size() < limit; ++i) {
      const DayRecord book = books[i].value_or(DayRecord{});
      std::vector<messages::Slot> offers;
      for (const auto& provider : site->providers) {
        if (!query.provider.empty() && provider.provider != query.provider) continue;
        offer_day(query.site, *site, provider, *type, days[i], book, now, limit, offers);
      }
      std::ranges::sort(offers, [](const messages::Slot& a, const messages::Slot& b) {
        return std::tie(a.start, a.provider) < std::tie(b.start, b.provider);
      });
      for (auto& offer : offers) {
        if (found.slots.size() == limit) break;
        found.slots.push_back(std::move(offer));
      }
    }
  }
  return found;
}

Answered on(const View& view, const messages::ListSites&, Instant) {
  std::vector<std::string> ids;
  for (auto& entry : view.index(kSitesIndex)) ids.push_back(std::move(entry.member));
  messages::SiteList list;
  const auto records = view.find_all<SiteRecord>(ids);
  for (std::size_t i = 0; i < ids.size(); ++i)
    if (records[i]) list.sites.push_back(shown(SiteId(ids[i]), *records[i]));
  return list;
}

Answered on(const View& view, const messages::GetSite& query, Instant) {
  const auto record = view.find<SiteRecord>(query.site.text());
  if (!record) return no(Refusal::kUnknownSite, "no site " + query.site.text());
  messages::SiteView view_of_site = shown(query.site, *record);
  for (const auto& entry : record->equipment) view_of_site.equipment.push_back({entry.equipment, entry.kind, entry.name});
  for (const auto& type : record->visit_types)
    view_of_site.types_in_full.push_back({.visit_type = type.visit_type,
                                          .name = type.name,
                                          .duration_minutes = type.duration_minutes,
                                          .buffer_minutes = type.buffer_minutes,
                                          .purpose = type.purpose,
                                          .equipment = type.equipment,
                                          .minutes_before = type.minutes_before,
                                          .online = type.online});
  return view_of_site;
}

}  // namespace

runtime::Answer<Vocabulary::Reply, Refusal> answer(const View& view, const Query& query, const Config&, Instant now) {
  return std::visit([&](const auto& each) { return on(view, each, now); }, query);
}

}  // namespace bridgework::appointments
