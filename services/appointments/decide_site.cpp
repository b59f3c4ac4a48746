#include "appointments/decide_site.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "appointments/booking.hpp"
#include "runtime/zone.hpp"

namespace bridgework::appointments {
namespace {

using messages::CalendarException;
using messages::ExceptionSubject;

/// As many as a record of the site holds.
constexpr std::size_t kExceptionsMax = 400;
/// As many visits as one answer names.
constexpr std::size_t kOutsideShownMax = 200;
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

// ---- providers and their sites

ProviderSitesRecord sites_of(const State& state, const ProviderId& provider) {
  const ProviderSitesRecord* record = state.find<ProviderSitesRecord>(provider.text());
  return record == nullptr ? ProviderSitesRecord{} : *record;
}

std::vector<HoursAtSite> but_for(const ProviderSitesRecord& sites, const SiteId& site) {
  std::vector<HoursAtSite> others = sites.sites;
  std::erase_if(others, [&](const HoursAtSite& hours) { return hours.site == site; });
  return others;
}

messages::ProviderScheduled scheduled(const ProviderId& provider, const HoursAtSite& here) {
  return {.provider = provider, .site = here.site, .zone = here.zone, .shifts = here.shifts, .dated = here.dated};
}

/// Why the provider cannot work these hours, when it is for another site's.
std::optional<Refused> clash_elsewhere(const ProviderId& provider, const HoursAtSite& here, const ProviderSitesRecord& sites, Instant now) {
  for (const HoursAtSite& there : but_for(sites, here.site)) {
    const auto clash = first_clash(here, there, now);
    if (!clash) continue;
    return Refused{Refusal::kWorksElsewhere, provider.text() + " works at " + there.site.text() +
                                                 " then: " + text_of(runtime::to_local(clash->start, there.zone)) + " to " +
                                                 text_of(runtime::to_local(clash->until, there.zone)).substr(11) + " there"};
  }
  return std::nullopt;
}

// ---- exceptions

std::optional<Refused> unknown_subject(const SiteRecord& site, const messages::DefineException& command) {
  switch (command.subject) {
    case ExceptionSubject::kSite:
      if (command.of.empty()) return std::nullopt;
      return Refused{Refusal::kInvalidException, "an exception of the site names nothing else"};
    case ExceptionSubject::kProvider:
      if (find_provider(site, ProviderId(command.of)) != nullptr) return std::nullopt;
      return Refused{Refusal::kUnknownProvider, "no provider " + command.of + " at this site"};
    case ExceptionSubject::kChair:
      if (has_chair(site, ChairId(command.of))) return std::nullopt;
      return Refused{Refusal::kUnknownChair, "no chair " + command.of};
    case ExceptionSubject::kEquipment:
      if (std::ranges::find(site.equipment, EquipmentId(command.of), &EquipmentEntry::equipment) != site.equipment.end())
        return std::nullopt;
      return Refused{Refusal::kUnknownEquipment, "no equipment " + command.of};
  }
  return std::nullopt;
}

/// What is over says nothing any more. Two days are left, for the night and for whoever looks back.
void drop_past(SiteRecord& site, Instant now) {
  const LocalDay kept_from = runtime::local_day(now, site.zone) - std::chrono::days(2);
  std::erase_if(site.exceptions, [&](const CalendarException& exception) { return exception.hours.last_day < kept_from; });
}

/// The agreed visits of those days that do not fit the calendar as it is now.
messages::ExceptionView outside_of(const State& state, const SiteId& site_id, const SiteRecord& site, const ExceptionId& exception,
                                   const std::vector<messages::DatedHours>& about, Instant now) {
  messages::ExceptionView view{.exception = exception};
  std::set<LocalDay> days;
  for (const messages::DatedHours& hours : about)
    for (LocalDay day = hours.first_day; day <= hours.last_day; day += std::chrono::days(1)) days.insert(day);
  for (const LocalDay day : days) {
    const DayRecord* book = state.find<DayRecord>(day_id(site_id, day));
    if (book == nullptr) continue;
    for (const Taken& taken : book->taken) {
      const VisitRecord* record = state.find<VisitRecord>(taken.appointment.text());
      if (record == nullptr || !still_counts(taken, now) || record->visit.start < now) continue;
      std::string why = why_outside(site, *record);
      if (why.empty() || ++view.outside_count > kOutsideShownMax) continue;
      view.outside.push_back(view_of(taken.appointment, *record));
      view.outside.back().outside = std::move(why);
    }
  }
  std::ranges::stable_sort(view.outside, {}, [](const messages::AppointmentView& line) { return line.visit.start; });
  return view;
}

/// The site with other exceptions, unless that puts a provider into two places at once.
Decision with_exceptions(const State& state, const SiteId& site_id, SiteRecord record, const ExceptionId& exception,
                         const std::vector<CalendarException>& changed, Instant now) {
  Decision decision;
  std::vector<messages::DatedHours> about;
  std::set<std::string> providers;
  for (const CalendarException& each : changed) {
    about.push_back(each.hours);
    if (each.subject == ExceptionSubject::kProvider) providers.insert(each.of);
  }
  for (const std::string& of : providers) {
    const ProviderCalendar* provider = find_provider(record, ProviderId(of));
    if (provider == nullptr) continue;
    const HoursAtSite here{
        .site = site_id, .zone = record.zone, .shifts = provider->shifts, .dated = dated_hours(record, ExceptionSubject::kProvider, of)};
    if (auto clash = clash_elsewhere(provider->provider, here, sites_of(state, provider->provider), now)) return refuse(std::move(*clash));
    decision.emit(scheduled(provider->provider, here));
  }
  decision.reply(outside_of(state, site_id, record, exception, about, now)).put(site_id.text(), std::move(record));
  return decision;
}

// ---- the zone

/// What would be torn apart if the site's clock showed another time, or nothing.
std::optional<Refused> zone_in_use(const State& state, const SiteId& site_id, const SiteRecord& site, Instant now) {
  const auto no = [](std::string why) { return Refused{Refusal::kZoneInUse, "the zone cannot be changed: " + std::move(why)}; };
  const LocalDay today = runtime::local_day(now, site.zone);
  for (int ahead = -1; ahead <= kDaysAheadMax; ++ahead) {
    const DayRecord* book = state.find<DayRecord>(day_id(site_id, today + std::chrono::days(ahead)));
    if (book == nullptr) continue;
    for (const Taken& taken : book->taken)
      if (still_counts(taken, now) && taken.until > now)
        return no("visit " + taken.appointment.text() + " on " + text_of(today + std::chrono::days(ahead)) + " is agreed in it");
  }
  for (const ProviderCalendar& provider : site.providers)
    if (!provider.shifts.empty() || !dated_hours(site, ExceptionSubject::kProvider, provider.provider.text()).empty())
      return no(provider.provider.text() + " works there; define the provider without shifts first");
  return std::nullopt;
}

}  // namespace

Decision on(const State& state, const messages::DefineSite& command, Instant now) {
  // a dot would put the site's visits into another lane than the site
  if (command.site.empty() || command.site.text().find('.') != std::string::npos)
    return Decision::refuse(Refusal::kInvalidId, "a site's id has no dot");
  if (!runtime::zone_exists(command.zone)) return Decision::refuse(Refusal::kInvalidZone, "no time zone " + command.zone);
  if (!hours_are_valid(command.hours)) return Decision::refuse(Refusal::kInvalidHours, std::string(kHoursRule));

  const SiteRecord* known = state.find<SiteRecord>(command.site.text());
  if (known != nullptr && known->zone != command.zone)
    if (auto in_use = zone_in_use(state, command.site, *known, now)) return refuse(std::move(*in_use));
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

Decision on(const State& state, const messages::DefineProvider& command, Instant now) {
  const SiteRecord* site = state.find<SiteRecord>(command.site.text());
  if (site == nullptr) return no_such_site(command.site);
  if (command.provider.empty()) return Decision::refuse(Refusal::kInvalidId, "a provider needs an id");
  if (!hours_are_valid(command.shifts)) return Decision::refuse(Refusal::kInvalidHours, std::string(kHoursRule));
  const ProviderSitesRecord sites = sites_of(state, command.provider);
  const HoursAtSite here{.site = command.site,
                         .zone = site->zone,
                         .shifts = command.shifts,
                         .dated = dated_hours(*site, ExceptionSubject::kProvider, command.provider.text())};
  if (auto clash = clash_elsewhere(command.provider, here, sites, now)) return refuse(std::move(*clash));

  SiteRecord record = *site;
  replace_or_add(record.providers, ProviderCalendar{command.provider, command.name, command.shifts, but_for(sites, command.site)},
                 &ProviderCalendar::provider);
  Decision decision = stored(command.site, std::move(record), command.provider.text());
  decision.emit(scheduled(command.provider, here));
  return decision;
}

Decision on(const State& state, const messages::DefineException& command, Instant now) {
  const SiteRecord* site = state.find<SiteRecord>(command.site.text());
  if (site == nullptr) return no_such_site(command.site);
  if (!belongs_to(command.exception.text(), command.site))
    return Decision::refuse(Refusal::kInvalidId, "an exception's id starts with its site and a dot");
  if (auto unknown = unknown_subject(*site, command)) return refuse(std::move(*unknown));
  const messages::DatedHours hours{command.first_day, command.last_day, command.windows};
  if (!dated_hours_are_valid(hours))
    return Decision::refuse(Refusal::kInvalidException,
                            "the last day is not before the first and less than a year after it; windows: from before until, at most 1440");

  SiteRecord record = *site;
  drop_past(record, now);
  std::vector<CalendarException> changed;
  // defined again it is the latest: it stands at the end
  std::erase_if(record.exceptions, [&](const CalendarException& known) {
    if (known.exception != command.exception) return false;
    changed.push_back(known);
    return true;
  });
  if (record.exceptions.size() >= kExceptionsMax)
    return Decision::refuse(Refusal::kInvalidException, "the site has " + std::to_string(kExceptionsMax) + " exceptions already");
  record.exceptions.push_back(
      {.exception = command.exception, .subject = command.subject, .of = command.of, .hours = hours, .reason = command.reason});
  changed.push_back(record.exceptions.back());
  return with_exceptions(state, command.site, std::move(record), command.exception, changed, now);
}

Decision on(const State& state, const messages::RemoveException& command, Instant now) {
  const SiteId site_id{std::string(owner_key(command.exception.text()))};
  const SiteRecord* site = state.find<SiteRecord>(site_id.text());
  if (site == nullptr) return no_such_site(site_id);
  SiteRecord record = *site;
  const auto it = std::ranges::find(record.exceptions, command.exception, &CalendarException::exception);
  if (it == record.exceptions.end()) return Decision::refuse(Refusal::kUnknownException, "no exception " + command.exception.text());
  const CalendarException removed = *it;
  record.exceptions.erase(it);
  return with_exceptions(state, site_id, std::move(record), command.exception, {removed}, now);
}

Decision on(const State& state, const messages::ProviderScheduled& event, Instant) {
  ProviderSitesRecord sites = sites_of(state, event.provider);
  if (event.shifts.empty() && event.dated.empty()) {
    std::erase_if(sites.sites, [&](const HoursAtSite& hours) { return hours.site == event.site; });
  } else {
    replace_or_add(sites.sites, HoursAtSite{event.site, event.zone, event.shifts, event.dated}, &HoursAtSite::site);
  }
  Decision decision;
  const auto tell = [&](const SiteId& site_id) {
    const SiteRecord* site = state.find<SiteRecord>(site_id.text());  // only those of this lane are here
    if (site == nullptr) return;
    const ProviderCalendar* known = find_provider(*site, event.provider);
    if (known == nullptr || known->elsewhere == but_for(sites, site_id)) return;
    SiteRecord record = *site;
    std::ranges::find(record.providers, event.provider, &ProviderCalendar::provider)->elsewhere = but_for(sites, site_id);
    decision.put(site_id.text(), std::move(record));
  };
  tell(event.site);
  for (const HoursAtSite& hours : sites.sites)
    if (hours.site != event.site) tell(hours.site);
  if (sites.sites.empty()) {
    decision.erase<ProviderSitesRecord>(event.provider.text());
  } else {
    decision.put(event.provider.text(), std::move(sites));
  }
  return decision;
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
