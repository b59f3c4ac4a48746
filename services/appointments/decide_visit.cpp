#include "appointments/decide_visit.hpp"

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

#include <tl/expected.hpp>

#include "appointments/calendar.hpp"
#include "runtime/zone.hpp"

namespace bridgework::appointments {
namespace {

using Refused = runtime::Refused<Refusal>;

Decision refuse(Refused refused) { return Decision::refuse(refused.code, std::move(refused.detail)); }

std::string hold_timer(const AppointmentId& appointment) { return appointment.text() + "/hold"; }

double index_score(const messages::Visit& visit) { return static_cast<double>(visit.local_start.time_since_epoch().count()); }

/// Whether an appointment's id lives in that site's lane.
bool belongs_to(const AppointmentId& appointment, const SiteId& site) {
  const std::string& text = appointment.text();
  return text.size() > site.text().size() + 1 && owner_key(text) == site.text();
}

std::int64_t whole_minutes(Instant::duration duration) { return std::chrono::floor<std::chrono::minutes>(duration).count(); }

// ---- a day's occupancy

DayRecord read_day(const State& state, const SiteId& site, LocalDay day) {
  const DayRecord* record = state.find<DayRecord>(day_id(site, day));
  return record == nullptr ? DayRecord{} : *record;
}

void release(DayRecord& day, const AppointmentId& appointment) {
  std::erase_if(day.taken, [&](const Taken& taken) { return taken.appointment == appointment; });
}

void write_day(Decision& decision, const SiteId& site, LocalDay day, DayRecord record) {
  if (record.taken.empty()) {
    decision.erase<DayRecord>(day_id(site, day));
  } else {
    decision.put(day_id(site, day), std::move(record));
  }
}

/// The visit's entry leaves the day, and the day alone is written.
void free_time(Decision& decision, const State& state, const AppointmentId& appointment, const VisitRecord& record) {
  const LocalDay day = day_of(record.visit.local_start);
  DayRecord book = read_day(state, record.site, day);
  release(book, appointment);
  write_day(decision, record.site, day, std::move(book));
}

/// Ends one hold: the visit, its timer and its line on the day sheet. The day's occupancy is the caller's.
void lapse(Decision& decision, const AppointmentId& appointment, VisitRecord record) {
  record.state = VisitState::kLapsed;
  record.hold_ends.reset();
  decision.remove_from_index(day_index(record.site, day_of(record.visit.local_start)), appointment.text())
      .cancel_timer(hold_timer(appointment))
      .emit(messages::AppointmentHoldLapsed{.person = record.person, .site = record.site, .appointment = appointment});
  decision.put(appointment.text(), std::move(record));
}

/// Ends the holds of a day whose time is over but whose timer is late, so that the log never shows one time taken twice.
void lapse_overdue(Decision& decision, const State& state, DayRecord& day, Instant now) {
  for (const Taken& taken : day.taken) {
    if (still_counts(taken, now)) continue;
    const VisitRecord* record = state.find<VisitRecord>(taken.appointment.text());
    if (record != nullptr && record->state == VisitState::kHeld) lapse(decision, taken.appointment, *record);
  }
  std::erase_if(day.taken, [&](const Taken& taken) { return !still_counts(taken, now); });
}

// ---- finding a place

struct Wish {
  std::string_view visit_type;
  ProviderId provider;
  ChairId chair;            ///< must be this one; empty: any
  ChairId preferred_chair;  ///< if any will do
  LocalTime local_start;
};
struct Place {
  messages::Visit visit;
  std::uint16_t buffer_minutes;
  Span span;  ///< with the buffer
};

/// All that must hold for a time to be taken, in the order in which it is explained to the person at the desk.
tl::expected<Place, Refused> find_place(const SiteRecord& site, const Wish& wish, const DayRecord& book, Instant now) {
  const auto no = [](Refusal code, std::string detail) { return tl::unexpected(Refused{code, std::move(detail)}); };

  const VisitTypeEntry* type = find_visit_type(site, wish.visit_type);
  if (type == nullptr) return no(Refusal::kUnknownVisitType, "no visit type " + std::string(wish.visit_type));
  const ProviderCalendar* provider = find_provider(site, wish.provider);
  if (provider == nullptr) return no(Refusal::kUnknownProvider, "no provider " + wish.provider.text() + " at this site");
  if (!wish.chair.empty() && !has_chair(site, wish.chair)) return no(Refusal::kUnknownChair, "no chair " + wish.chair.text());
  if (site.chairs.empty()) return no(Refusal::kUnknownChair, "the site has no chair");

  const LocalDay day = day_of(wish.local_start);
  if (!is_bookable_day(day)) return no(Refusal::kTimeDoesNotExist, "no calendar reaches that far");
  const auto start = runtime::to_instant(wish.local_start, site.zone);
  if (!start) return no(Refusal::kTimeDoesNotExist, "no clock in " + site.zone + " shows that time: it is skipped in spring");
  if (*start < now) return no(Refusal::kInThePast, "that time has passed");

  const Instant ends = *start + std::chrono::minutes(type->duration_minutes);
  const Span visit{*start, ends};
  const Span busy{*start, ends + std::chrono::minutes(type->buffer_minutes)};
  if (!inside(spans_on(site.hours, day, site.zone), visit)) return no(Refusal::kOutsideHours, "the site is not open for all of it");
  if (!inside(spans_on(provider->shifts, day, site.zone), visit))
    return no(Refusal::kOutsideHours, wish.provider.text() + " does not work for all of it");
  // the buffer may outlast the opening hours, but a day's book ends with the day
  if (busy.until > runtime::day_start(day + std::chrono::days(1), site.zone))
    return no(Refusal::kOutsideHours, "it would reach into the next day");

  if (!provider_is_free(book, wish.provider, busy, now)) return no(Refusal::kSlotTaken, wish.provider.text() + " is busy then");
  if (!wish.chair.empty() && !chair_is_free(book, wish.chair, busy, now))
    return no(Refusal::kSlotTaken, "chair " + wish.chair.text() + " is taken then");
  const auto chair = wish.chair.empty() ? free_chair(site, book, wish.preferred_chair, busy, now) : std::optional(wish.chair);
  if (!chair) return no(Refusal::kSlotTaken, "every chair is taken then");

  return Place{.visit = {.visit_type = type->visit_type,
                         .purpose = type->purpose,
                         .provider = wish.provider,
                         .chair = *chair,
                         .start = *start,
                         .local_start = wish.local_start,
                         .zone = site.zone,
                         .duration_minutes = type->duration_minutes},
               .buffer_minutes = type->buffer_minutes,
               .span = busy};
}

Taken taken_by(const AppointmentId& appointment, const Place& place, std::optional<Instant> hold_ends) {
  return {.appointment = appointment,
          .chair = place.visit.chair,
          .provider = place.visit.provider,
          .start = place.span.start,
          .until = place.span.until,
          .hold_ends = hold_ends};
}

// ---- taking a step

/// The visit a command is about, with the state the step leads to.
struct Found {
  VisitRecord record;  ///< its state is already the new one
  VisitState before;
};

tl::expected<Found, Refused> take_step(const State& state, const AppointmentId& appointment, Step step) {
  const VisitRecord* known = state.find<VisitRecord>(appointment.text());
  if (known == nullptr) return tl::unexpected(Refused{Refusal::kUnknownAppointment, "no appointment " + appointment.text()});
  const auto next = after(known->state, step);
  if (!next) return tl::unexpected(Refused{Refusal::kIllegalTransition, possible_from(known->state)});
  Found found{*known, known->state};
  found.record.state = *next;
  return found;
}

/// Stores the visit and shows it to the caller.
void keep(Decision& decision, const AppointmentId& appointment, VisitRecord record) {
  decision.reply(view_of(appointment, record));
  decision.put(appointment.text(), std::move(record));
}

/// A step that changes nothing but the state, and is told in an event with the visit.
template <class Event>
Decision plain_step(const State& state, const AppointmentId& appointment, Step step) {
  auto found = take_step(state, appointment, step);
  if (!found) return refuse(std::move(found.error()));
  Decision decision;
  decision.emit(
      Event{.person = found->record.person, .site = found->record.site, .appointment = appointment, .visit = found->record.visit});
  keep(decision, appointment, std::move(found->record));
  return decision;
}

}  // namespace

Decision on(const State& state, const messages::HoldSlot& command, Instant now) {
  const SiteRecord* site = state.find<SiteRecord>(command.site.text());
  if (site == nullptr) return Decision::refuse(Refusal::kUnknownSite, "no site " + command.site.text());
  if (!belongs_to(command.appointment, command.site))
    return Decision::refuse(Refusal::kInvalidId, "an appointment's id starts with its site and a dot");
  if (command.person.empty()) return Decision::refuse(Refusal::kInvalidId, "a visit needs a person");
  if (state.find<VisitRecord>(command.appointment.text()) != nullptr)
    return Decision::refuse(Refusal::kAlreadyExists, "there is an appointment " + command.appointment.text());

  const LocalDay day = day_of(command.local_start);
  if (!is_bookable_day(day)) return Decision::refuse(Refusal::kTimeDoesNotExist, "no calendar reaches that far");
  DayRecord book = read_day(state, command.site, day);
  auto place = find_place(*site,
                          {.visit_type = command.visit_type,
                           .provider = command.provider,
                           .chair = command.chair,
                           .preferred_chair = {},
                           .local_start = command.local_start},
                          book, now);
  if (!place) return refuse(std::move(place.error()));

  Decision decision;
  lapse_overdue(decision, state, book, now);
  const Instant hold_ends = now + state.config().hold;
  book.taken.push_back(taken_by(command.appointment, *place, hold_ends));
  write_day(decision, command.site, day, std::move(book));
  VisitRecord record{.person = command.person,
                     .site = command.site,
                     .state = VisitState::kHeld,
                     .visit = place->visit,
                     .buffer_minutes = place->buffer_minutes,
                     .hold_ends = hold_ends};
  decision.add_to_index(day_index(command.site, day), command.appointment.text(), index_score(record.visit))
      .set_timer(hold_timer(command.appointment), hold_ends, HoldLapsed{command.appointment})
      .emit(messages::AppointmentHeld{.person = command.person,
                                      .site = command.site,
                                      .appointment = command.appointment,
                                      .visit = record.visit,
                                      .hold_ends = hold_ends});
  keep(decision, command.appointment, std::move(record));
  return decision;
}

Decision on(const State& state, const messages::BookAppointment& command, Instant now) {
  const VisitRecord* known = state.find<VisitRecord>(command.appointment.text());
  if (known != nullptr && known->state == VisitState::kLapsed)
    return Decision::refuse(Refusal::kHoldLapsed, "the hold is over; find a new time");
  if (known != nullptr && known->state == VisitState::kHeld && known->hold_ends && *known->hold_ends <= now)
    return Decision::refuse(Refusal::kHoldLapsed, "the hold is over; find a new time");
  auto found = take_step(state, command.appointment, Step::kBook);
  if (!found) return refuse(std::move(found.error()));

  VisitRecord& record = found->record;
  record.hold_ends.reset();
  const LocalDay day = day_of(record.visit.local_start);
  DayRecord book = read_day(state, record.site, day);
  for (Taken& taken : book.taken)
    if (taken.appointment == command.appointment) taken.hold_ends.reset();

  Decision decision;
  write_day(decision, record.site, day, std::move(book));
  decision.cancel_timer(hold_timer(command.appointment))
      .emit(messages::AppointmentBooked{
          .person = record.person, .site = record.site, .appointment = command.appointment, .visit = record.visit, .moved_from = {}});
  keep(decision, command.appointment, std::move(record));
  return decision;
}

Decision on(const State& state, const messages::ConfirmAppointment& command, Instant) {
  return plain_step<messages::AppointmentConfirmed>(state, command.appointment, Step::kConfirm);
}

Decision on(const State& state, const messages::ArriveAppointment& command, Instant now) {
  auto found = take_step(state, command.appointment, Step::kArrive);
  if (!found) return refuse(std::move(found.error()));
  VisitRecord& record = found->record;
  record.arrived_at = now;
  Decision decision;
  decision.emit(messages::AppointmentArrived{
      .person = record.person, .site = record.site, .appointment = command.appointment, .visit = record.visit});
  keep(decision, command.appointment, std::move(record));
  return decision;
}

Decision on(const State& state, const messages::SeatAppointment& command, Instant now) {
  auto found = take_step(state, command.appointment, Step::kSeat);
  if (!found) return refuse(std::move(found.error()));
  VisitRecord& record = found->record;
  const SiteRecord* site = state.find<SiteRecord>(record.site.text());
  const Instant waits_from = std::max(record.arrived_at.value_or(record.visit.start), record.visit.start);
  record.waited_minutes = static_cast<std::uint32_t>(std::max<std::int64_t>(0, whole_minutes(now - waits_from)));
  Decision decision;
  decision.emit(messages::AppointmentSeated{.person = record.person,
                                            .site = record.site,
                                            .appointment = command.appointment,
                                            .visit = record.visit,
                                            .waited_minutes = record.waited_minutes,
                                            .wait_limit_minutes = site == nullptr ? std::uint16_t{0} : site->wait_limit_minutes});
  keep(decision, command.appointment, std::move(record));
  return decision;
}

Decision on(const State& state, const messages::CompleteAppointment& command, Instant) {
  return plain_step<messages::AppointmentCompleted>(state, command.appointment, Step::kComplete);
}

Decision on(const State& state, const messages::CheckOutAppointment& command, Instant) {
  auto found = take_step(state, command.appointment, Step::kCheckOut);
  if (!found) return refuse(std::move(found.error()));
  VisitRecord& record = found->record;
  Decision decision;
  decision.emit(messages::AppointmentCheckedOut{.person = record.person,
                                                .site = record.site,
                                                .appointment = command.appointment,
                                                .visit = record.visit,
                                                .by = command.by,
                                                .next_visit_agreed = command.next_visit_agreed,
                                                .balance = command.balance,
                                                .script = command.script});
  keep(decision, command.appointment, std::move(record));
  return decision;
}

Decision on(const State& state, const messages::CancelAppointment& command, Instant now) {
  auto found = take_step(state, command.appointment, Step::kCancel);
  if (!found) return refuse(std::move(found.error()));
  VisitRecord& record = found->record;
  Decision decision;
  free_time(decision, state, command.appointment, record);
  if (record.state == VisitState::kLapsed) {
    record.hold_ends.reset();
    decision.reply(view_of(command.appointment, record));
    lapse(decision, command.appointment, std::move(record));
    return decision;
  }
  decision.emit(messages::AppointmentCancelled{.person = record.person,
                                               .site = record.site,
                                               .appointment = command.appointment,
                                               .visit = record.visit,
                                               .by = command.by,
                                               .reason = command.reason,
                                               .notice_minutes = whole_minutes(record.visit.start - now)});
  keep(decision, command.appointment, std::move(record));
  return decision;
}

Decision on(const State& state, const messages::MarkNoShow& command, Instant) {
  auto found = take_step(state, command.appointment, Step::kNoShow);
  if (!found) return refuse(std::move(found.error()));
  VisitRecord& record = found->record;
  Decision decision;
  free_time(decision, state, command.appointment, record);
  decision.emit(
      messages::AppointmentNoShow{.person = record.person, .site = record.site, .appointment = command.appointment, .visit = record.visit});
  keep(decision, command.appointment, std::move(record));
  return decision;
}

Decision on(const State& state, const messages::MoveAppointment& command, Instant now) {
  auto found = take_step(state, command.appointment, Step::kMove);
  if (!found) return refuse(std::move(found.error()));
  VisitRecord& old = found->record;
  const SiteRecord* site = state.find<SiteRecord>(old.site.text());
  if (site == nullptr) return Decision::refuse(Refusal::kUnknownSite, "no site " + old.site.text());
  if (!belongs_to(command.to, old.site))
    return Decision::refuse(Refusal::kInvalidId, "the new appointment's id starts with the site of the old one and a dot");
  if (command.to == command.appointment || state.find<VisitRecord>(command.to.text()) != nullptr)
    return Decision::refuse(Refusal::kAlreadyExists, "there is an appointment " + command.to.text());

  const LocalDay old_day = day_of(old.visit.local_start);
  const LocalDay new_day = day_of(command.local_start);
  if (!is_bookable_day(new_day)) return Decision::refuse(Refusal::kTimeDoesNotExist, "no calendar reaches that far");
  DayRecord book = read_day(state, old.site, new_day);
  release(book, command.appointment);
  auto place = find_place(*site,
                          {.visit_type = old.visit.visit_type,
                           .provider = command.provider.empty() ? old.visit.provider : command.provider,
                           .chair = command.chair,
                           .preferred_chair = old.visit.chair,
                           .local_start = command.local_start},
                          book, now);
  if (!place) return refuse(std::move(place.error()));

  Decision decision;
  if (old_day != new_day) free_time(decision, state, command.appointment, old);
  lapse_overdue(decision, state, book, now);
  book.taken.push_back(taken_by(command.to, *place, std::nullopt));
  write_day(decision, old.site, new_day, std::move(book));

  VisitRecord fresh{.person = old.person,
                    .site = old.site,
                    .state = VisitState::kBooked,
                    .visit = place->visit,
                    .buffer_minutes = place->buffer_minutes,
                    .moved_from = command.appointment};
  old.moved_to = command.to;
  decision.add_to_index(day_index(old.site, new_day), command.to.text(), index_score(fresh.visit))
      .emit(messages::AppointmentMoved{
          .person = old.person, .site = old.site, .appointment = command.appointment, .visit = old.visit, .to = command.to})
      .emit(messages::AppointmentBooked{
          .person = fresh.person, .site = fresh.site, .appointment = command.to, .visit = fresh.visit, .moved_from = command.appointment})
      .put(command.appointment.text(), std::move(old));
  keep(decision, command.to, std::move(fresh));
  return decision;
}

Decision on(const State& state, const messages::ImportVisits& command, Instant) {
  const SiteRecord* site = state.find<SiteRecord>(command.site.text());
  if (site == nullptr) return Decision::refuse(Refusal::kUnknownSite, "no site " + command.site.text());
  for (const messages::ImportedVisit& visit : command.visits) {
    if (!belongs_to(visit.appointment, command.site) || visit.person.empty())
      return Decision::refuse(Refusal::kInvalidId, "not a visit of this site: " + visit.appointment.text());
    if (!is_bookable_day(day_of(visit.local_start)))
      return Decision::refuse(Refusal::kTimeDoesNotExist, "no calendar reaches the day of " + visit.appointment.text());
  }

  const auto state_of = [](messages::ImportedOutcome outcome) {
    switch (outcome) {
      case messages::ImportedOutcome::kCompleted: return VisitState::kCompleted;
      case messages::ImportedOutcome::kNoShow: return VisitState::kNoShow;
      case messages::ImportedOutcome::kCancelled: return VisitState::kCancelled;
    }
    return VisitState::kCompleted;
  };

  Decision decision;
  messages::VisitsImported counts;
  std::set<std::string> seen;
  for (const messages::ImportedVisit& visit : command.visits) {
    if (!seen.insert(visit.appointment.text()).second || state.find<VisitRecord>(visit.appointment.text()) != nullptr) {
      ++counts.already_known;
      continue;
    }
    ++counts.imported;
    const LocalDay day = day_of(visit.local_start);
    VisitRecord record{.person = visit.person,
                       .site = command.site,
                       .state = state_of(visit.outcome),
                       .visit = {.visit_type = {},
                                 .purpose = visit.purpose,
                                 .provider = {},
                                 .chair = {},
                                 // what another system wrote into a spring gap is read as the moment the gap ends
                                 .start = runtime::to_instant(visit.local_start, site->zone)
                                              .value_or(minute_instant(day, runtime::minute_of_day(visit.local_start), site->zone)),
                                 .local_start = visit.local_start,
                                 .zone = site->zone,
                                 .duration_minutes = visit.duration_minutes},
                       .imported = true};
    decision.add_to_index(day_index(command.site, day), visit.appointment.text(), index_score(record.visit))
        .emit(messages::VisitImported{.person = visit.person,
                                      .site = command.site,
                                      .appointment = visit.appointment,
                                      .visit = record.visit,
                                      .outcome = visit.outcome,
                                      .booked_at = visit.booked_at})
        .put(visit.appointment.text(), std::move(record));
  }
  decision.reply(counts);
  return decision;
}

Decision on(const State& state, const HoldLapsed& timer, Instant now) {
  const VisitRecord* record = state.find<VisitRecord>(timer.appointment.text());
  if (record == nullptr || record->state != VisitState::kHeld) return {};
  if (record->hold_ends && now < *record->hold_ends) return {};
  Decision decision;
  free_time(decision, state, timer.appointment, *record);
  lapse(decision, timer.appointment, *record);
  return decision;
}

}  // namespace bridgework::appointments
