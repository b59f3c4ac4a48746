#include "analytics/state.hpp"

#include <chrono>

namespace bridgework::analytics {

int number_of(LocalDay day) { return static_cast<int>(day.time_since_epoch().count()); }

LocalDay day_of(LocalTime local) { return std::chrono::floor<std::chrono::days>(local); }

std::string day_id(const SiteId& site, FactTable table, LocalDay day) {
  return site.text() + "." + std::string(to_string(table)) + "-" + std::to_string(number_of(day));
}

std::string fact_id(const SiteId& site, std::string_view entity) { return site.text() + "." + std::string(entity); }

std::string days_index(FactTable table) { return "days/" + std::string(to_string(table)); }

std::string days_index(FactTable table, const SiteId& site) { return days_index(table) + "/" + site.text(); }

std::string patients_index(const SiteId& site) { return "patients/" + site.text(); }

std::string leaking_index(const SiteId& site, messages::GapKind kind) {
  return "leaking/" + site.text() + "/" + std::string(to_string(kind));
}

}  // namespace bridgework::analytics
