#include "appointments/answer.hpp"

#include <algorithm>
#include <chrono>
#include <tuple>
#include <utility>

#include "appointments/answer_short_notice.hpp"
#include "appointments/calendar.hpp"
#include "appointments/decide_waiting.hpp"
#include "appointments/find_openings.hpp"
#include "runtime/zone.hpp"

namespace bridgework::appointments {
namespace {

/// As many as one reply holds.
constexpr std::size_t kDaySheetMax = 2000;

Answered no(Refusal code, std::string detail) { return tl::unexpected(runtime::Refused<Refusal>{code, std::move(detail)}); }

/// What is shown; a hold that is over is shown as over even if its timer is late.
messages::AppointmentView shown(const AppointmentId& appointment, const VisitRecord& record, Instant now) {
  messages::AppointmentView view = view_of(appointment, record);
  if (view.state == VisitState::kHeld && view.hold_ends && *view.hold_ends <= now) {
    view.state = record.planned ? VisitState::kPlanned : VisitState::kLapsed;
    view.hold_ends.reset();
  }
  return view;
}

/// With why it does not fit the calendar, when it does not.
messages::AppointmentView shown(const AppointmentId& appointment, const VisitRecord& record, const SiteRecord& site, Instant now) {
  messages::AppointmentView view = shown(appointment, record, now);
  if (view.state == record.state) view.outside = why_outside(site, record);
  return view;
}

bool took_place(const VisitRecord& record) {
  return record.state == VisitState::kArrived || record.state == VisitState::kSeated || record.state == VisitState::kCompleted ||
         record.state == VisitState::kCheckedOut;
}
/// Whether two visits took one provider or chair at one time, which only imported ones can.
bool contradict(const VisitRecord& a, const VisitRecord& b) {
  if (!(a.imported || b.imported) || !took_place(a) || !took_place(b)) return false;
  const auto until = [](const VisitRecord& record) { return record.visit.start + std::chrono::minutes(record.visit.duration_minutes); };
  const bool shared =
      (!a.visit.chair.empty() && a.visit.chair == b.visit.chair) || (!a.visit.provider.empty() && a.visit.provider == b.visit.provider);
  return shared && a.visit.start < until(b) && b.visit.start < until(a);
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

Answered on(const View& view, const messages::GetAppointment& query, Instant now) {
  const auto record = view.find<VisitRecord>(query.appointment.text());
  if (!record) return no(Refusal::kUnknownAppointment, "no appointment " + query.appointment.text());
  const auto site = view.find<SiteRecord>(record->site.text());
  return site ? shown(query.appointment, *record, *site, now) : shown(query.appointment, *record, now);
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
  const auto site = view.find<SiteRecord>(query.site.text());
  if (!site) return no(Refusal::kUnknownSite, "no site " + query.site.text());
  messages::AppointmentList list;
  if (!is_bookable_day(query.day)) return list;
  std::vector<std::string> ids;
  for (auto& entry : view.index(day_index(query.site, query.day), -std::numeric_limits<double>::infinity(),
                                std::numeric_limits<double>::infinity(), kDaySheetMax))
    ids.push_back(std::move(entry.member));
  const auto records = view.find_all<VisitRecord>(ids);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (!records[i]) continue;
    auto line = shown(AppointmentId(ids[i]), *records[i], *site, now);
    for (std::size_t j = 0; j < ids.size() && line.overlaps.empty(); ++j)
      if (j != i && records[j] && contradict(*records[i], *records[j])) line.overlaps = AppointmentId(ids[j]);
    if (line.state != VisitState::kLapsed && line.state != VisitState::kPlanned) list.appointments.push_back(std::move(line));
  }
  if (auto late = view.find<LateRecord>(late_id(query.site, query.day))) list.late = std::move(late->late);
  return list;
}

Answered on(const View& view, const messages::ListOutside& query, Instant now) {
  const auto site = view.find<SiteRecord>(query.site.text());
  if (!site) return no(Refusal::kUnknownSite, "no site " + query.site.text());
  messages::AppointmentList list;
  std::vector<std::string> days;
  for (int i = 0; i < query.days && is_bookable_day(query.from + std::chrono::days(i)); ++i)
    days.push_back(day_id(query.site, query.from + std::chrono::days(i)));
  std::vector<std::string> ids;
  for (const auto& book : view.find_all<DayRecord>(days)) {
    if (!book) continue;
    for (const Taken& taken : book->taken) ids.push_back(taken.appointment.text());
  }
  const auto records = view.find_all<VisitRecord>(ids);
  for (std::size_t i = 0; i < ids.size() && list.appointments.size() < kDaySheetMax; ++i) {
    if (!records[i]) continue;
    auto line = shown(AppointmentId(ids[i]), *records[i], *site, now);
    if (!line.outside.empty()) list.appointments.push_back(std::move(line));
  }
  std::ranges::stable_sort(list.appointments, {}, [](const messages::AppointmentView& line) { return line.visit.start; });
  return list;
}

Answered on(const View& view, const messages::ListPlanned& query, Instant) {
  if (!view.find<SiteRecord>(query.site.text())) return no(Refusal::kUnknownSite, "no site " + query.site.text());
  std::vector<std::string> ids;
  for (auto& entry : view.index(planned_index(query.site), -std::numeric_limits<double>::infinity(),
                                std::numeric_limits<double>::infinity(), kDaySheetMax))
    ids.push_back(std::move(entry.member));
  messages::PlannedList list;
  const auto records = view.find_all<VisitRecord>(ids);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (!records[i] || !records[i]->planned) continue;
    const Plan& plan = *records[i]->planned;
    list.planned.push_back({.appointment = AppointmentId(ids[i]),
                            .person = records[i]->person,
                            .visit_type = plan.visit_type,
                            .purpose = plan.purpose,
                            .provider = plan.provider,
                            .planned_at = plan.planned_at});
  }
  return list;
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
  view_of_site.exceptions = record->exceptions;
  for (const auto& entry : record->equipment) view_of_site.equipment.push_back({entry.equipment, entry.kind, entry.name});
  for (const auto& one : record->providers) view_of_site.providers_in_full.push_back({one.provider, one.name, one.shifts});
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

runtime::Answer<Vocabulary::Reply, Refusal> answer(const View& view, const Query& query, const Config& config, Instant now) {
  const auto one = [&](const auto& each) {
    if constexpr (requires { on(view, each, now); }) {
      return on(view, each, now);
    } else {
      return on(view, each, config, now);
    }
  };
  return std::visit(one, query);
}

}  // namespace bridgework::appointments
