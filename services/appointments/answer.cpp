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
  if (auto late = view.find<LateRecord>(late_id(query.site, query.day))) list.late = std::move(late->late);
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
