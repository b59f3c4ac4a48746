#include "appointments/decide_site.hpp"

#include <algorithm>
#include <utility>

#include "appointments/calendar.hpp"
#include "runtime/zone.hpp"

namespace bridgework::appointments {
namespace {

constexpr std::string_view kHoursRule = "weekday 1 to 7, from before until, until at most 1440";

/// Replaces the entry with the same id, else appends: what is defined first is preferred when any chair will do.
template <class Entry, class Field>
void replace_or_add(std::vector<Entry>& entries, Entry entry, Field field) {
  const auto it = std::ranges::find(entries, entry.*field, field);
  if (it == entries.end()) {
    entries.push_back(std::move(entry));
  } else {
    *it = std::move(entry);
  }
}

Decision stored(const SiteId& site, SiteRecord record, std::string id) {
  Decision decision;
  decision.put(site.text(), std::move(record)).reply(messages::Done{std::move(id)});
  return decision;
}

Decision no_such_site(const SiteId& site) { return Decision::refuse(Refusal::kUnknownSite, "no site " + site.text()); }

}  // namespace

Decision on(const State& state, const messages::DefineSite& command, Instant) {
  // a dot would put the site's visits into another lane than the site
  if (command.site.empty() || command.site.text().find('.') != std::string::npos)
    return Decision::refuse(Refusal::kInvalidId, "a site's id has no dot");
  if (!runtime::zone_exists(command.zone)) return Decision::refuse(Refusal::kInvalidZone, "no time zone " + command.zone);
  if (!hours_are_valid(command.hours)) return Decision::refuse(Refusal::kInvalidHours, std::string(kHoursRule));

  const SiteRecord* known = state.find<SiteRecord>(command.site.text());
  SiteRecord record = known == nullptr ? SiteRecord{} : *known;
  record.name = command.name;
  record.zone = command.zone;
  record.phone = command.phone;
  record.hours = command.hours;
  record.wait_limit_minutes = command.wait_limit_minutes;

  Decision decision = stored(command.site, std::move(record), command.site.text());
  decision.add_to_index(std::string(kSitesIndex), command.site.text())
      .emit(messages::SiteDefined{.site = command.site,
                                  .name = command.name,
                                  .zone = command.zone,
                                  .phone = command.phone,
                                  .hours = command.hours,
                                  .wait_limit_minutes = command.wait_limit_minutes});
  return decision;
}

Decision on(const State& state, const messages::DefineProvider& command, Instant) {
  const SiteRecord* site = state.find<SiteRecord>(command.site.text());
  if (site == nullptr) return no_such_site(command.site);
  if (command.provider.empty()) return Decision::refuse(Refusal::kInvalidId, "a provider needs an id");
  if (!hours_are_valid(command.shifts)) return Decision::refuse(Refusal::kInvalidHours, std::string(kHoursRule));
  SiteRecord record = *site;
  replace_or_add(record.providers, ProviderCalendar{command.provider, command.name, command.shifts}, &ProviderCalendar::provider);
  return stored(command.site, std::move(record), command.provider.text());
}

Decision on(const State& state, const messages::DefineChair& command, Instant) {
  const SiteRecord* site = state.find<SiteRecord>(command.site.text());
  if (site == nullptr) return no_such_site(command.site);
  if (command.chair.empty()) return Decision::refuse(Refusal::kInvalidId, "a chair needs an id");
  SiteRecord record = *site;
  replace_or_add(record.chairs, ChairEntry{command.chair, command.name}, &ChairEntry::chair);
  return stored(command.site, std::move(record), command.chair.text());
}

Decision on(const State& state, const messages::DefineEquipment& command, Instant) {
  const SiteRecord* site = state.find<SiteRecord>(command.site.text());
  if (site == nullptr) return no_such_site(command.site);
  if (command.equipment.empty()) return Decision::refuse(Refusal::kInvalidId, "a device needs an id");
  SiteRecord record = *site;
  replace_or_add(record.equipment, EquipmentEntry{command.equipment, command.kind, command.name}, &EquipmentEntry::equipment);
  return stored(command.site, std::move(record), command.equipment.text());
}

Decision on(const State& state, const messages::DefineVisitType& command, Instant) {
  const SiteRecord* site = state.find<SiteRecord>(command.site.text());
  if (site == nullptr) return no_such_site(command.site);
  if (command.visit_type.empty()) return Decision::refuse(Refusal::kInvalidId, "a visit type needs an id");
  for (const std::string& kind : command.equipment)
    if (std::ranges::count(site->equipment, kind, &EquipmentEntry::kind) < std::ranges::count(command.equipment, kind))
      return Decision::refuse(Refusal::kUnknownEquipment, "the site has too little equipment of the kind " + kind);
  SiteRecord record = *site;
  replace_or_add(record.visit_types,
                 VisitTypeEntry{.visit_type = command.visit_type,
                                .name = command.name,
                                .duration_minutes = command.duration_minutes,
                                .buffer_minutes = command.buffer_minutes,
                                .purpose = command.purpose,
                                .equipment = command.equipment,
                                .minutes_before = command.minutes_before,
                                .online = command.online},
                 &VisitTypeEntry::visit_type);
  return stored(command.site, std::move(record), command.visit_type);
}

}  // namespace bridgework::appointments
