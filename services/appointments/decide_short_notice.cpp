#include "appointments/decide_short_notice.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <ranges>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "appointments/calendar.hpp"
#include "appointments/decide_visit.hpp"
#include "appointments/pending.hpp"
#include "appointments/token.hpp"
#include "runtime/zone.hpp"

namespace bridgework::appointments {
namespace {

using messages::OfferState;
using messages::OpeningEnd;

/// A list longer than this is no list of people who are called at short notice; also what one reply holds.
constexpr std::size_t kListMax = 500;
constexpr std::size_t kGivenBackMax = 64;
constexpr int kNoon = 12 * 60, kEvening = 17 * 60;

std::string care_id(const SiteId& site, const PersonId& person) { return site.text() + ".u-" + person.text(); }
std::string wave_timer(const OpeningId& opening) { return opening.text() + "/wave"; }
SiteId site_of(const OpeningId& opening) { return SiteId(std::string(owner_key(opening.text()))); }

ShortNoticeListRecord list_of(const Decision& decision, const State& state, const SiteId& site) {
  return pending<ShortNoticeListRecord>(decision, state, site.text()).value_or(ShortNoticeListRecord{});
}

std::optional<Decision> bad_wish(const State& state, const SiteRecord& site, const messages::JoinShortNotice& command) {
  const auto no = [](Refusal code, std::string detail) { return Decision::refuse(code, std::move(detail)); };
  const messages::ShortNoticeWish& wish = command.wish;
  for (const std::string& type : wish.visit_types)
    if (find_visit_type(site, type) == nullptr) return no(Refusal::kUnknownVisitType, "no visit type " + type);
  if (!wish.provider.empty() && find_provider(site, wish.provider) == nullptr)
    return no(Refusal::kUnknownProvider, "no provider " + wish.provider.text() + " at this site");
  if (std::ranges::any_of(wish.weekdays, [](std::uint8_t weekday) { return weekday < 1 || weekday > 7; }))
    return no(Refusal::kInvalidWish, "a weekday is a number from 1 (Monday) to 7");
  if (wish.earliest && wish.latest && *wish.latest < *wish.earliest)
    return no(Refusal::kInvalidWish, "the latest day lies before the earliest");
  if (wish.moves_up.empty()) {
    if (wish.visit_types.empty() && wish.purposes.empty())
      return no(Refusal::kInvalidWish, "say what for: visit types, purposes, or the later visit that would be moved up");
    return std::nullopt;
  }
  const VisitRecord* later = state.find<VisitRecord>(wish.moves_up.text());
  if (later == nullptr || later->site != command.site || later->person != command.person)
    return no(Refusal::kUnknownAppointment, "this person has no visit " + wish.moves_up.text() + " at this site");
  if (!after(later->state, Step::kMove)) return no(Refusal::kIllegalTransition, possible_from(later->state));
  return std::nullopt;
}

bool wishes(const messages::ShortNoticeWish& wish, const ProviderId& provider, LocalTime local_start) {
  const LocalDay day = day_of(local_start);
  if (wish.earliest && day < *wish.earliest) return false;
  if (wish.latest && day > *wish.latest) return false;
  if (!wish.provider.empty() && wish.provider != provider) return false;
  if (!wish.weekdays.empty() && std::ranges::find(wish.weekdays, runtime::weekday(day)) == wish.weekdays.end()) return false;
  const int minute = runtime::minute_of_day(local_start);
  switch (wish.day_part) {
    case messages::DayPart::kAny: return true;
    case messages::DayPart::kMorning: return minute < kNoon;
    case messages::DayPart::kAfternoon: return minute >= kNoon && minute < kEvening;
    case messages::DayPart::kEvening: return minute >= kEvening;
  }
  return true;
}

/// A time on offer, or asked about.
struct Place {
  SiteId site;
  ProviderId provider;
  LocalTime local_start;
};

/// What accepting would do: move the later visit up, or book one of that type. Deciding it without committing it is how we know whether
/// it fits.
Decision come(const State& state, const Place& place, const AppointmentId& as, const PersonId& person, const std::string& visit_type,
              const AppointmentId& moves_up, Instant now) {
  if (!moves_up.empty()) {
    return on(state,
              messages::MoveAppointment{
                  .appointment = moves_up, .to = as, .provider = place.provider, .chair = {}, .local_start = place.local_start},
              now);
  }
  return book_at_once(state,
                      messages::HoldSlot{.site = place.site,
                                         .appointment = as,
                                         .person = person,
                                         .visit_type = visit_type,
                                         .provider = place.provider,
                                         .chair = {},
                                         .local_start = place.local_start},
                      now);
}

bool could_come(const State& state, const Place& place, const PersonId& person, const std::string& visit_type,
                const AppointmentId& moves_up, Instant now) {
  // an id that no visit ever gets
  const AppointmentId trial(place.site.text() + ".trial");
  return !come(state, place, trial, person, visit_type, moves_up, now).refused();
}

bool has_urgent_care(const State& state, const SiteId& site, const PersonId& person, messages::Purpose purpose) {
  const auto* care = state.find<UnfinishedCareRecord>(care_id(site, person));
  return care != nullptr && std::ranges::any_of(care->gaps, [&](const UnfinishedGap& gap) {
           return gap.purpose == purpose && gap.urgency == messages::Urgency::kUrgent;
         });
}

/// The first of what this person would come for that fits.
std::optional<messages::FittingPerson> fit(const State& state, const SiteRecord& site, const Place& place, const PersonId& person,
                                           const ShortNoticeRecord& entry, Instant now) {
  const messages::ShortNoticeWish& wish = entry.wish;
  if (entry.muted || !wishes(wish, place.provider, place.local_start)) return std::nullopt;
  const auto found = [&](const VisitTypeEntry& type) {
    return messages::FittingPerson{.person = person,
                                   .visit_type = type.visit_type,
                                   .moves_up = wish.moves_up,
                                   .urgent_care = has_urgent_care(state, place.site, person, type.purpose),
                                   .asked_at = entry.asked_at};
  };
  if (!wish.moves_up.empty()) {
    const VisitRecord* later = state.find<VisitRecord>(wish.moves_up.text());
    if (later == nullptr || later->visit.local_start <= place.local_start) return std::nullopt;
    const VisitTypeEntry* type = find_visit_type(site, later->visit.visit_type);
    if (type == nullptr || !could_come(state, place, person, {}, wish.moves_up, now)) return std::nullopt;
    return found(*type);
  }
  for (const VisitTypeEntry& type : site.visit_types) {
    const bool wanted = std::ranges::find(wish.visit_types, type.visit_type) != wish.visit_types.end() ||
                        std::ranges::find(wish.purposes, type.purpose) != wish.purposes.end();
    if (wanted && could_come(state, place, person, type.visit_type, {}, now)) return found(type);
  }
  return std::nullopt;
}

/// An opening as it is changed by one decision.
struct Opening {
  OpeningId id;
  OpeningRecord record;

  SiteId site() const { return site_of(id); }
  Place place() const { return {site(), record.provider, record.local_start}; }
};

void revoke(Decision& decision, const Opening& opening, OfferEntry& offer) {
  offer.state = OfferState::kRevoked;
  decision.emit(messages::OfferRevoked{
      .person = offer.person, .site = opening.site(), .offer = offer_id(opening.id, offer.number), .opening = opening.id});
}

void keep(Decision& decision, Opening opening) { decision.put(opening.id.text(), std::move(opening.record)); }

/// Nothing of it is on offer any more. The list is the caller's.
void end(Decision& decision, Opening opening, ShortNoticeListRecord& list, OpeningEnd why) {
  for (OfferEntry& offer : opening.record.offers)
    if (offer.state == OfferState::kOpen) revoke(decision, opening, offer);
  opening.record.end = why;
  std::erase_if(list.open, [&](const OpenOpening& open) { return open.opening == opening.id; });
  decision.cancel_timer(wave_timer(opening.id))
      .emit(messages::OpeningEnded{
          .site = opening.site(), .opening = opening.id, .end = why, .offers = static_cast<std::uint32_t>(opening.record.offers.size())});
  keep(decision, std::move(opening));
}

/// Whether the provider and some chair are free for that long.
bool is_free(const SiteRecord& site, const DayRecord& book, const ProviderId& provider, Span span, Instant now) {
  return provider_is_free(book, provider, span, now) && free_chair(site, book, {}, span, now).has_value();
}

/// Whether all that the offered visit takes is free, but for a visit that would give its own time back.
bool is_possible(const SiteRecord& site, DayRecord book, const OpeningRecord& opening, const OfferEntry& offer, Instant now) {
  const VisitTypeEntry* type = find_visit_type(site, offer.visit_type);
  if (type == nullptr) return false;
  if (!offer.moves_up.empty()) std::erase_if(book.taken, [&](const Taken& taken) { return taken.appointment == offer.moves_up; });
  const Span span = busy_span(*type, opening.start);
  return is_free(site, book, opening.provider, span, now) && free_equipment(site, book, type->equipment, span, now).has_value();
}

void find_opening(Decision& decision, const State& state, const Place& place, Instant start, const AppointmentId& freed_by,
                  const messages::Visit& visit, Instant now) {
  const Config& config = state.config();
  if (start < now + config.short_notice_lead || start > now + config.short_notice_horizon) return;
  ShortNoticeListRecord list = list_of(decision, state, place.site);
  if (list.persons.empty() || list.open.size() >= kListMax) return;
  const bool known = std::ranges::any_of(
      list.open, [&](const OpenOpening& open) { return open.provider == place.provider && open.local_start == place.local_start; });
  if (known) return;
  const SiteRecord* site = state.find<SiteRecord>(place.site.text());
  if (site == nullptr) return;

  const OpeningId id(place.site.text() + ".f-" + std::to_string(++list.openings_found));
  list.open.push_back({id, place.provider, place.local_start});
  // asked in a commit of its own, when the book shows the time as free
  decision.set_timer(wave_timer(id), next_asking(now, site->zone, config), OfferWave{id})
      .add_to_index(openings_index(place.site), id.text(), list.openings_found)
      .emit(messages::OpeningFound{.site = place.site, .opening = id, .freed_by = freed_by, .visit = visit})
      .put(id.text(), OpeningRecord{.provider = place.provider,
                                    .start = start,
                                    .local_start = place.local_start,
                                    .closes = start - config.short_notice_lead,
                                    .end = OpeningEnd::kNotYet,
                                    .offers = {}});
  decision.put(place.site.text(), std::move(list));
}

/// Somebody is asked, now.
void ask(Decision& decision, const State& state, const SiteRecord& site, Opening& opening, const messages::FittingPerson& person,
         Instant now) {
  const VisitTypeEntry* type = find_visit_type(site, person.visit_type);
  OfferEntry offer{.number = static_cast<std::uint32_t>(opening.record.offers.size() + 1),
                   .person = person.person,
                   .visit_type = person.visit_type,
                   .moves_up = person.moves_up,
                   .state = OfferState::kOpen,
                   .offered_at = now,
                   .duration_minutes = type->duration_minutes};
  const OfferId id = offer_id(opening.id, offer.number);
  if (const auto* entry = state.find<ShortNoticeRecord>(list_entry_id(opening.site(), person.person))) {
    ShortNoticeRecord asked = *entry;
    asked.asked_at = now;
    decision.put(list_entry_id(opening.site(), person.person), std::move(asked));
  }
  decision.emit(messages::SlotOffered{.person = person.person,
                                      .site = opening.site(),
                                      .offer = id,
                                      .opening = opening.id,
                                      .visit = {.visit_type = person.visit_type,
                                                .purpose = type->purpose,
                                                .provider = opening.record.provider,
                                                .chair = {},
                                                .start = opening.record.start,
                                                .local_start = opening.record.local_start,
                                                .zone = site.zone,
                                                .duration_minutes = type->duration_minutes},
                                      .moves_up = person.moves_up,
                                      .expires = opening.record.closes,
                                      .token = Phi<std::string>(offer_token(id, state.config().token_secret))});
  opening.record.offers.push_back(std::move(offer));
}

/// People whom another opening of the site is waiting for: nobody has two offers at once, so nobody wins two visits for one wish.
std::vector<PersonId> asked_elsewhere(const State& state, const ShortNoticeListRecord& list, const OpeningId& but) {
  std::vector<PersonId> persons;
  for (const OpenOpening& open : list.open) {
    const auto* other = open.opening == but ? nullptr : state.find<OpeningRecord>(open.opening.text());
    if (other == nullptr) continue;
    for (const OfferEntry& offer : other->offers)
      if (offer.state == OfferState::kOpen) persons.push_back(offer.person);
  }
  return persons;
}

/// Off the list. Any offer of theirs is the caller's.
void strike(Decision& decision, const State& state, const SiteId& site, const PersonId& person) {
  ShortNoticeListRecord list = list_of(decision, state, site);
  if (std::erase(list.persons, person) == 0) return;
  decision.put(site.text(), std::move(list));
  decision.erase<ShortNoticeRecord>(list_entry_id(site, person)).emit(messages::ShortNoticeLeft{.person = person, .site = site});
}

// ---- one offer

struct Found {
  Opening opening;
  std::size_t offer;

  OfferEntry& entry() { return opening.record.offers[offer]; }
};

std::optional<Found> find_offer(const State& state, const OfferId& id) {
  const OpeningId opening = opening_of(id);
  const auto* record = opening.empty() ? nullptr : state.find<OpeningRecord>(opening.text());
  if (record == nullptr) return std::nullopt;
  const auto it = std::ranges::find_if(record->offers, [&](const OfferEntry& offer) { return offer_id(opening, offer.number) == id; });
  if (it == record->offers.end()) return std::nullopt;
  return Found{{opening, *record}, static_cast<std::size_t>(it - record->offers.begin())};
}

/// From a link the token has to be right; without one the desk asks, who showed a key at the door.
std::optional<Found> find_offer(const State& state, const OfferId& id, const std::string& token) {
  if (!token.empty() && !is_offer_token(id, token, state.config().token_secret)) return std::nullopt;
  return find_offer(state, id);
}

Decision no_such_offer() { return Decision::refuse(Refusal::kUnknownOffer, "no such offer"); }

Decision too_late() {
  return Decision::refuse(Refusal::kOfferOver,
                          "somebody else was faster, or it is too close to the visit; the offer shows the next openings");
}

Decision accept(const State& state, Found found, Instant now) {
  const OfferEntry& offer = found.entry();
  const OfferId id = offer_id(found.opening.id, offer.number);
  switch (offer.state) {
    case OfferState::kOpen: break;
    case OfferState::kAccepted: {
      const VisitRecord* visit = state.find<VisitRecord>(visit_of(id).text());
      if (visit == nullptr) return no_such_offer();
      return std::move(Decision().reply(view_of(visit_of(id), *visit)));
    }
    case OfferState::kRevoked:
    case OfferState::kDeclined: return too_late();
  }
  if (now >= found.opening.record.closes) return too_late();
  // the rest follows from taking the time under the id of this offer: see on_taken()
  Decision decision = come(state, found.opening.place(), visit_of(id), offer.person, offer.visit_type, offer.moves_up, now);
  if (decision.refused()) return too_late();
  strike(decision, state, found.opening.site(), offer.person);
  return decision;
}

Decision decline(const State& state, Found found, bool mute) {
  Decision decision;
  const PersonId person = found.entry().person;
  const SiteId site = found.opening.site();
  const OfferId id = offer_id(found.opening.id, found.entry().number);
  decision.reply(messages::Done{id.text()});
  if (found.entry().state == OfferState::kOpen) {
    found.entry().state = OfferState::kDeclined;
    decision.emit(messages::OfferDeclined{.person = person, .site = site, .offer = id, .opening = found.opening.id});
    keep(decision, std::move(found.opening));
  }
  const auto* entry = mute ? state.find<ShortNoticeRecord>(list_entry_id(site, person)) : nullptr;
  if (entry != nullptr && !entry->muted) {
    ShortNoticeRecord muted = *entry;
    muted.muted = true;
    decision.emit(messages::ShortNoticeMuted{.person = person, .site = site, .muted = true})
        .put(list_entry_id(site, person), std::move(muted));
  }
  return decision;
}

}  // namespace

std::string list_entry_id(const SiteId& site, const PersonId& person) { return site.text() + ".n-" + person.text(); }
OfferId offer_id(const OpeningId& opening, std::uint32_t number) { return OfferId(opening.text() + ".o-" + std::to_string(number)); }
OpeningId opening_of(const OfferId& offer) {
  const std::size_t dot = offer.text().rfind(".o-");
  return dot == std::string::npos ? OpeningId() : OpeningId(offer.text().substr(0, dot));
}
AppointmentId visit_of(const OfferId& offer) { return AppointmentId(offer.text() + ".v"); }
std::string openings_index(const SiteId& site) { return "openings/" + site.text(); }

std::vector<messages::FittingPerson> fitting(const State& state, const SiteId& site_id, const ProviderId& provider, LocalTime local_start,
                                             Instant now) {
  std::vector<messages::FittingPerson> persons;
  const SiteRecord* site = state.find<SiteRecord>(site_id.text());
  const auto* list = state.find<ShortNoticeListRecord>(site_id.text());
  if (site == nullptr || list == nullptr || !is_bookable_day(day_of(local_start))) return persons;
  struct Ranked {
    messages::FittingPerson person;
    Instant joined_at;
  };
  std::vector<Ranked> ranked;
  for (const PersonId& person : list->persons) {
    const auto* entry = state.find<ShortNoticeRecord>(list_entry_id(site_id, person));
    if (entry == nullptr) continue;
    if (auto found = fit(state, *site, {site_id, provider, local_start}, person, *entry, now))
      ranked.push_back({std::move(*found), entry->joined_at});
  }
  std::ranges::sort(ranked, {}, [](const Ranked& r) {
    return std::tuple(!r.person.urgent_care, r.person.asked_at.value_or(Instant::min()), r.joined_at, r.person.person);
  });
  for (Ranked& each : ranked) persons.push_back(std::move(each.person));
  return persons;
}

Instant next_asking(Instant at, std::string_view zone, const Config& config) {
  const LocalTime clock = runtime::to_local(at, zone);
  const LocalDay day = day_of(clock);
  const int minute = runtime::minute_of_day(clock);
  const int from = static_cast<int>(std::clamp<std::int64_t>(config.offers_from_hour, 0, 23)) * 60;
  const int until = static_cast<int>(std::clamp<std::int64_t>(config.offers_until_hour, 1, 24)) * 60;
  if (minute >= from && minute < until) return at;
  return std::max(at, minute_instant(minute < from ? day : day + std::chrono::days(1), from, zone));
}

// ---- the list

Decision on(const State& state, const messages::JoinShortNotice& command, Instant now) {
  const SiteRecord* site = state.find<SiteRecord>(command.site.text());
  if (site == nullptr) return Decision::refuse(Refusal::kUnknownSite, "no site " + command.site.text());
  if (command.person.empty()) return Decision::refuse(Refusal::kInvalidId, "a wish needs a person");
  if (auto refused = bad_wish(state, *site, command)) return std::move(*refused);

  Decision decision;
  ShortNoticeListRecord list = list_of(decision, state, command.site);
  const std::string id = list_entry_id(command.site, command.person);
  const auto* known = state.find<ShortNoticeRecord>(id);
  if (known == nullptr) {
    if (list.persons.size() >= kListMax)
      return Decision::refuse(Refusal::kListFull, "the list of this site is full; take off who no longer waits");
    list.persons.push_back(command.person);
    decision.put(command.site.text(), list);
  }
  ShortNoticeRecord entry = known == nullptr ? ShortNoticeRecord{.wish = {}, .muted = false, .joined_at = now, .asked_at = {}} : *known;
  entry.wish = command.wish;
  entry.muted = false;
  decision.put(id, std::move(entry));
  // what is on offer already may be just the thing
  for (const OpenOpening& open : list.open)
    decision.set_timer(wave_timer(open.opening), next_asking(now, site->zone, state.config()), OfferWave{open.opening});
  decision.emit(messages::ShortNoticeJoined{.person = command.person, .site = command.site, .wish = command.wish})
      .reply(messages::Done{command.person.text()});
  return decision;
}

Decision on(const State& state, const messages::LeaveShortNotice& command, Instant) {
  if (state.find<SiteRecord>(command.site.text()) == nullptr)
    return Decision::refuse(Refusal::kUnknownSite, "no site " + command.site.text());
  if (state.find<ShortNoticeRecord>(list_entry_id(command.site, command.person)) == nullptr)
    return Decision::refuse(Refusal::kNotOnList, command.person.text() + " is not on the list of this site");
  Decision decision;
  for (const OpenOpening& open : list_of(decision, state, command.site).open) {
    const auto* record = state.find<OpeningRecord>(open.opening.text());
    if (record == nullptr) continue;
    Opening opening{open.opening, *record};
    bool changed = false;
    for (OfferEntry& offer : opening.record.offers) {
      if (offer.person != command.person || offer.state != OfferState::kOpen) continue;
      revoke(decision, opening, offer);
      changed = true;
    }
    if (changed) keep(decision, std::move(opening));
  }
  strike(decision, state, command.site, command.person);
  decision.reply(messages::Done{command.person.text()});
  return decision;
}

Decision on(const State& state, const messages::MuteShortNotice& command, Instant) {
  const std::string id = list_entry_id(command.site, command.person);
  const auto* known = state.find<ShortNoticeRecord>(id);
  if (known == nullptr) return Decision::refuse(Refusal::kNotOnList, command.person.text() + " is not on the list of this site");
  Decision decision;
  decision.reply(messages::Done{command.person.text()});
  if (known->muted == command.muted) return decision;
  ShortNoticeRecord entry = *known;
  entry.muted = command.muted;
  decision.emit(messages::ShortNoticeMuted{.person = command.person, .site = command.site, .muted = command.muted})
      .put(id, std::move(entry));
  return decision;
}

// ---- answers

Decision on(const State& state, const messages::AcceptOffer& command, Instant now) {
  auto found = find_offer(state, command.offer, command.token.reveal());
  return found ? accept(state, std::move(*found), now) : no_such_offer();
}

Decision on(const State& state, const messages::DeclineOffer& command, Instant) {
  auto found = find_offer(state, command.offer, command.token.reveal());
  return found ? decline(state, std::move(*found), command.mute) : no_such_offer();
}

Decision on(const State& state, const messages::OfferAnswered& event, Instant now) {
  auto found = find_offer(state, event.offer);
  if (!found || found->entry().person != event.person) return {};
  if (!event.accepted) return decline(state, std::move(*found), false);
  Decision decision = accept(state, std::move(*found), now);
  if (!decision.refused()) return decision;
  Decision missed;
  missed.emit(messages::OfferMissed{.person = event.person,
                                    .site = event.site,
                                    .offer = event.offer,
                                    .token = Phi<std::string>(offer_token(event.offer, state.config().token_secret))});
  return missed;
}

// ---- unfinished care

Decision on(const State& state, const messages::GapOpened& event, Instant) {
  if (event.site.empty() || event.cover == messages::Cover::kClosed) return {};
  const std::string id = care_id(event.site, event.person);
  const auto* known = state.find<UnfinishedCareRecord>(id);
  UnfinishedCareRecord record = known == nullptr ? UnfinishedCareRecord{} : *known;
  std::erase_if(record.gaps, [&](const UnfinishedGap& gap) { return gap.gap == event.gap; });
  record.gaps.push_back({event.gap, event.purpose, event.urgency});
  Decision decision;
  decision.put(id, std::move(record));
  return decision;
}

Decision on(const State& state, const messages::GapChanged& event, Instant) {
  if (event.to != messages::Cover::kClosed) return {};
  const std::string id = care_id(event.site, event.person);
  const auto* known = state.find<UnfinishedCareRecord>(id);
  if (known == nullptr) return {};
  UnfinishedCareRecord record = *known;
  if (std::erase_if(record.gaps, [&](const UnfinishedGap& gap) { return gap.gap == event.gap; }) == 0) return {};
  Decision decision;
  if (record.gaps.empty()) {
    decision.erase<UnfinishedCareRecord>(id);
  } else {
    decision.put(id, std::move(record));
  }
  return decision;
}

// ---- waves

Decision on(const State& state, const OfferWave& timer, Instant now) {
  const auto* known = state.find<OpeningRecord>(timer.opening.text());
  if (known == nullptr || known->end != OpeningEnd::kNotYet) return {};
  Opening opening{timer.opening, *known};
  const SiteId site_id = opening.site();
  const SiteRecord* site = state.find<SiteRecord>(site_id.text());
  if (site == nullptr) return {};
  Decision decision;
  ShortNoticeListRecord list = list_of(decision, state, site_id);
  if (now >= opening.record.closes) {
    end(decision, std::move(opening), list, OpeningEnd::kPassed);
    decision.put(site_id.text(), std::move(list));
    return decision;
  }

  for (OfferEntry& offer : opening.record.offers) {
    if (offer.state != OfferState::kOpen) continue;
    if (!could_come(state, opening.place(), offer.person, offer.visit_type, offer.moves_up, now)) revoke(decision, opening, offer);
  }
  const Config& config = state.config();
  const Instant may_ask = next_asking(now, site->zone, config);
  auto due = std::min(may_ask, opening.record.closes);
  if (may_ask == now) {
    std::vector<messages::FittingPerson> next = fitting(state, site_id, opening.record.provider, opening.record.local_start, now);
    const std::vector<PersonId> elsewhere = asked_elsewhere(state, list, opening.id);
    std::erase_if(next, [&](const messages::FittingPerson& person) {
      return std::ranges::find(elsewhere, person.person) != elsewhere.end() ||
             std::ranges::find(opening.record.offers, person.person, &OfferEntry::person) != opening.record.offers.end();
    });
    const auto wave = static_cast<std::size_t>(std::max<std::int64_t>(1, config.wave_size));
    for (const auto& person : next | std::views::take(wave)) ask(decision, state, *site, opening, person, now);
    const bool waiting = std::ranges::any_of(opening.record.offers, [](const OfferEntry& o) { return o.state == OfferState::kOpen; });
    if (!waiting && elsewhere.empty()) {
      end(decision, std::move(opening), list, OpeningEnd::kNobodyFits);
      decision.put(site_id.text(), std::move(list));
      return decision;
    }
    due = std::min(now + config.wave_every, opening.record.closes);
  }
  decision.set_timer(wave_timer(opening.id), due, OfferWave{opening.id});
  keep(decision, std::move(opening));
  return decision;
}

// ---- what happens in the calendar

void on_taken(Decision& decision, const State& state, const AppointmentId& by, const VisitRecord& record, const DayRecord& book,
              Instant now) {
  ShortNoticeListRecord list = list_of(decision, state, record.site);
  const SiteRecord* site = state.find<SiteRecord>(record.site.text());
  if (list.open.empty() || site == nullptr) return;
  const LocalDay day = day_of(record.visit.local_start);
  bool ended = false;
  for (const OpenOpening& open : std::vector(list.open)) {
    if (day_of(open.local_start) != day) continue;
    auto known = pending<OpeningRecord>(decision, state, open.opening.text());
    if (!known) continue;
    Opening opening{open.opening, std::move(*known)};
    const Instant start = opening.record.start;
    const auto winner = std::ranges::find_if(opening.record.offers,
                                             [&](const OfferEntry& offer) { return visit_of(offer_id(opening.id, offer.number)) == by; });
    if (winner != opening.record.offers.end()) {
      winner->state = OfferState::kAccepted;
      const OfferId id = offer_id(opening.id, winner->number);
      const PersonId person = winner->person;
      end(decision, opening, list, OpeningEnd::kWon);
      decision.emit(messages::OfferAccepted{
          .person = person, .site = record.site, .offer = id, .opening = opening.id, .appointment = by, .visit = record.visit});
      ended = true;
      continue;
    }
    const Span first_minute{start, start + std::chrono::minutes(1)};
    if (!is_free(*site, book, open.provider, first_minute, now)) {
      end(decision, opening, list, OpeningEnd::kTakenOtherwise);
      if (record.state == VisitState::kHeld) {
        if (list.given_back.size() >= kGivenBackMax) list.given_back.erase(list.given_back.begin());
        list.given_back.push_back({by, opening.id});
      }
      ended = true;
      continue;
    }
    // a part of it is left: long enough for some, perhaps
    bool changed = false;
    for (OfferEntry& offer : opening.record.offers) {
      if (offer.state != OfferState::kOpen || is_possible(*site, book, opening.record, offer, now)) continue;
      revoke(decision, opening, offer);
      changed = true;
    }
    if (changed) keep(decision, std::move(opening));
  }
  if (ended) decision.put(record.site.text(), std::move(list));
}

void on_freed(Decision& decision, const State& state, const AppointmentId& appointment, const VisitRecord& record, Instant now) {
  if (record.imported || record.visit.provider.empty()) return;
  find_opening(decision, state, {record.site, record.visit.provider, record.visit.local_start}, record.visit.start, appointment,
               record.visit, now);
}

void on_given_back(Decision& decision, const State& state, const AppointmentId& appointment, const VisitRecord& record, Instant now) {
  ShortNoticeListRecord list = list_of(decision, state, record.site);
  const auto it = std::ranges::find(list.given_back, appointment, &GivenBack::hold);
  if (it == list.given_back.end()) return;
  const auto* opening = state.find<OpeningRecord>(it->opening.text());
  list.given_back.erase(it);
  decision.put(record.site.text(), std::move(list));
  if (opening == nullptr) return;
  find_opening(decision, state, {record.site, opening->provider, opening->local_start}, opening->start, appointment, record.visit, now);
}

}  // namespace bridgework::appointments
