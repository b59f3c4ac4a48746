#include "journey/state.hpp"

#include <chrono>

namespace bridgework::journey {
namespace {

std::string day_key(std::string_view list, const SiteId& site, LocalDay day) {
  return std::string(list) + "/" + site.text() + "/" + std::to_string(day.time_since_epoch().count());
}

}  // namespace

std::string page_id(std::string_view person, std::uint32_t page) { return std::string(person) + ".l-" + std::to_string(page); }

CaseId case_id(std::string_view person, std::uint32_t number) { return CaseId(std::string(person) + ".c-" + std::to_string(number)); }

std::string visit_id(const PersonId& person, const AppointmentId& appointment) { return person.text() + "." + appointment.text(); }

std::string huddle_index(const SiteId& site, LocalDay day) { return day_key("huddle", site, day); }

std::string defects_index(const SiteId& site, LocalDay day) { return day_key("defects", site, day); }

std::string cases_index(const SiteId& site) { return "cases/" + site.text(); }

LocalDay day_of(LocalTime local) { return std::chrono::floor<std::chrono::days>(local); }

messages::CaseView view_of(const CaseId& id, const CaseRecord& record) {
  return {.recovery_case = id,
          .person = record.person,
          .site = record.site,
          .state = record.state,
          .reasons = record.reasons,
          .opened_at = record.opened_at,
          .contact_by = record.contact_by,
          .contacted_at = record.contacted_at,
          .resolved_at = record.resolved_at,
          .gesture = record.gesture};
}

}  // namespace bridgework::journey
