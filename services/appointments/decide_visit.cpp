#include "appointments/decide_visit.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <set>
#include <utility>

#include <tl/expected.hpp>

#include "appointments/booking.hpp"
#include "appointments/decide_short_notice.hpp"
#include "appointments/decide_waiting.hpp"
#include "runtime/zone.hpp"

namespace bridgework::appointments {
namespace {

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

/// Takes a time for a person: held for a while, or booked at once.
Decision take(const State& state, const messages::HoldSlot& command, VisitState as, Instant now) {
  const SiteRecord* site = state.find<SiteRecord>(command.site.text());
  if (site == nullptr) return Decision::refuse(Refusal::kUnknownSite, "no site " + command.site.text());
  if (!belongs_to(command.appointment.text(), command.site))
    return Decision::refuse(Refusal::kInvalidId, "an appointment's id starts with its site and a dot");
  if (command.person.empty()) return Decision::refuse(Refusal::kInvalidId, "a visit needs a person");
  const VisitRecord* known = state.find_new<VisitRecord>(command.appointment.text());
  if (known != nullptr && !after(known->state, Step::kHold))
    return Decision::refuse(Refusal::kAlreadyExists,
                            "there is an appointment " + command.appointment.text() + ": " + possible_from(known->state));
  if (known != nullptr && (known->person != command.person || known->visit.visit_type != command.visit_type))
    return Decision::refuse(Refusal::kNotAsPlanned, "it is planned as " + known->visit.visit_type + " or for another person");

  const VisitTypeEntry* type = find_visit_type(*site, command.visit_type);
  if (command.asker == messages::Asker::kOnline && type != nullptr && !type->online)
    return Decision::refuse(Refusal::kNotOnline, type->visit_type + " is booked by the practice, not online");

  Books books(state, command.site);
  auto place = find_place(*site,
                          {.visit_type = command.visit_type,
                           .provider = command.provider,
                           .chair = command.chair,
                           .preferred_chair = {},
                           .local_start = command.local_start},
                          books, now);
  if (!place) return refuse(std::move(place.error()));

  Decision decision;
  const auto hold_ends = as == VisitState::kHeld ? std::optional(now + state.config().hold) : std::nullopt;
  const VisitRecord record = take_for(decision, books,
                                      {.appointment = command.appointment,
                                       .person = command.person,
                                       .group = {},
                                       .plan = known == nullptr ? std::nullopt : known->planned,
                                       .asker = command.asker},
                                      std::move(*place), hold_ends, now);
  books.write(decision);
  if (hold_ends) decision.set_timer(hold_timer(command.appointment), *hold_ends, HoldLapsed{command.appointment});
  decision.reply(view_of(command.appointment, record));
  return decision;
}

}  // namespace

Decision on(const State& state, const messages::HoldSlot& command, Instant now) { return take(state, command, VisitState::kHeld, now); }

Decision book_at_once(const State& state, const messages::HoldSlot& wish, Instant now) {
  return take(state, wish, VisitState::kBooked, now);
}

Decision on(const State& state, const messages::BookOnline& command, Instant now) {
  // An id of the outside gives no planned visit its time: what was planned, the desk agrees on.
  if (state.find<VisitRecord>(command.appointment.text()) != nullptr)
    return Decision::refuse(Refusal::kAlreadyExists, "there is an appointment " + command.appointment.text());
  return book_at_once(state,
                      {.site = command.site,
                       .appointment = command.appointment,
                       .person = command.person,
                       .visit_type = command.visit_type,
                       .provider = command.provider,
                       .chair = {},
                       .local_start = command.local_start,
                       .asker = messages::Asker::kOnline},
                      now);
}

Decision on(const State& state, const messages::PlanAppointment& command, Instant now) {
  const SiteRecord* site = state.find<SiteRecord>(command.site.text());
  if (site == nullptr) return Decision::refuse(Refusal::kUnknownSite, "no site " + command.site.text());
  if (!belongs_to(command.appointment.text(), command.site))
    return Decision::refuse(Refusal::kInvalidId, "an appointment's id starts with its site and a dot");
  if (command.person.empty()) return Decision::refuse(Refusal::kInvalidId, "a visit needs a person");
  if (state.find<VisitRecord>(command.appointment.text()) != nullptr)
    return Decision::refuse(Refusal::kAlreadyExists, "there is an appointment " + command.appointment.text());
  const VisitTypeEntry* type = find_visit_type(*site, command.visit_type);
  if (type == nullptr) return Decision::refuse(Refusal::kUnknownVisitType, "no visit type " + command.visit_type);
  if (!command.provider.empty() && find_provider(*site, command.provider) == nullptr)
    return Decision::refuse(Refusal::kUnknownProvider, "no provider " + command.provider.text() + " at this site");

  Decision decision;
  VisitRecord record{.person = command.person, .site = command.site};
  plan_visit(decision, command.appointment, record,
             {.visit_type = type->visit_type, .purpose = type->purpose, .provider = command.provider, .planned_at = now});
  decision.reply(view_of(command.appointment, record));
  return decision;
}

Decision on(const State& state, const messages::BookAppointment& command, Instant now) {
  const VisitRecord* known = state.find<VisitRecord>(command.appointment.text());
  if (known != nullptr && known->state == VisitState::kLapsed)
    return Decision::refuse(Refusal::kHoldLapsed, "the hold is over; find a new time");
  if (known != nullptr && known->state == VisitState::kHeld && !is_held(*known, now))
    return Decision::refuse(Refusal::kHoldLapsed, "the hold is over; find a new time");
  auto found = take_step(state, command.appointment, Step::kBook);
  if (!found) return refuse(std::move(found.error()));
  if (auto elsewhere = promised_elsewhere(state, command.appointment, *known)) return refuse(std::move(*elsewhere));
  Decision decision;
  Books books(state, known->site);
  const VisitRecord record = book_hold(decision, books, command.appointment, *known);
  books.write(decision);
  decision.reply(view_of(command.appointment, record));
  return decision;
}

Decision on(const State& state, const messages::ConfirmAppointment& command, Instant) {
  return plain_step<messages::AppointmentConfirmed>(state, command.appointment, Step::kConfirm);
}

Decision on(const State& state, const messages::VisitAffirmed& event, Instant now) {
  const VisitRecord* record = state.find<VisitRecord>(event.appointment.text());
  if (record == nullptr || record->person != event.person || record->visit.start <= now) return {};
  if (!after(record->state, Step::kConfirm)) return {};
  return plain_step<messages::AppointmentConfirmed>(state, event.appointment, Step::kConfirm);
}

Decision on(const State& state, const messages::ArriveAppointment& command, Instant now) {
  auto found = take_step(state, command.appointment, Step::kArrive);
  if (!found) return refuse(std::move(found.error()));
  VisitRecord& record = found->record;
  record.arrived_at = now;
  Decision decision;
  decision.emit(messages::AppointmentArrived{
      .person = record.person, .site = record.site, .appointment = command.appointment, .visit = record.visit});
  on_arrived(decision, state, command.appointment, record, now);
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
  on_seated(decision, state, command.appointment, record, now);
  keep(decision, command.appointment, std::move(record));
  return decision;
}

Decision on(const State& state, const messages::CompleteAppointment& command, Instant) {
  return plain_step<messages::AppointmentCompleted>(state, command.appointment, Step::kComplete);
}

Decision on(const State& state, const messages::CheckOutAppointment& command, Instant now) {
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
  on_checked_out(decision, command, record, now);
  keep(decision, command.appointment, std::move(record));
  return decision;
}

Decision on(const State& state, const messages::CancelAppointment& command, Instant now) {
  auto found = take_step(state, command.appointment, Step::kCancel);
  if (!found) return refuse(std::move(found.error()));
  Decision decision;
  if (found->before == VisitState::kPlanned && command.destination == messages::CancelDestination::kPlanned)
    return Decision::refuse(Refusal::kIllegalTransition, possible_from(found->before));
  VisitRecord before = found->record;
  before.state = found->before;
  Books books(state, before.site);
  const VisitRecord record = cancel_visit(decision, books, command.appointment, std::move(before),
                                          {.by = command.by, .reason = command.reason, .destination = command.destination}, now);
  books.write(decision);
  decision.reply(view_of(command.appointment, record));
  return decision;
}

Decision on(const State& state, const messages::MarkNoShow& command, Instant) {
  auto found = take_step(state, command.appointment, Step::kNoShow);
  if (!found) return refuse(std::move(found.error()));
  VisitRecord& record = found->record;
  Decision decision;
  Books books(state, record.site);
  books.release(command.appointment, record);
  books.write(decision);
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
  if (!belongs_to(command.to.text(), old.site))
    return Decision::refuse(Refusal::kInvalidId, "the new appointment's id starts with the site of the old one and a dot");
  if (command.to == command.appointment || state.find<VisitRecord>(command.to.text()) != nullptr)
    return Decision::refuse(Refusal::kAlreadyExists, "there is an appointment " + command.to.text());

  Books books(state, old.site);
  books.release(command.appointment, old);
  auto place = find_place(*site,
                          {.visit_type = old.visit.visit_type,
                           .provider = command.provider.empty() ? old.visit.provider : command.provider,
                           .chair = command.chair,
                           .preferred_chair = old.visit.chair,
                           .local_start = command.local_start},
                          books, now);
  if (!place) return refuse(std::move(place.error()));

  Decision decision;
  take_place(decision, books, command.to, *place, std::nullopt, now);
  VisitRecord fresh{.person = old.person,
                    .site = old.site,
                    .state = VisitState::kBooked,
                    .visit = place->visit,
                    .buffer_minutes = place->buffer_minutes,
                    .moved_from = command.appointment,
                    .minutes_before = place->minutes_before};
  on_taken(decision, state, command.to, fresh, books.day(day_of(fresh.visit.local_start)), now);
  books.write(decision);
  old.moved_to = command.to;
  decision.add_to_index(day_index(old.site, day_of(fresh.visit.local_start)), command.to.text(), index_score(fresh.visit))
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
    if (!belongs_to(visit.appointment.text(), command.site) || visit.person.empty())
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
  Books books(state, command.site);
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
                                 .provider = visit.provider,
                                 .chair = visit.chair,
                                 // what another system wrote into a spring gap is read as the moment the gap ends
                                 .start = runtime::to_instant(visit.local_start, site->zone)
                                              .value_or(minute_instant(day, runtime::minute_of_day(visit.local_start), site->zone)),
                                 .local_start = visit.local_start,
                                 .zone = site->zone,
                                 .duration_minutes = visit.duration_minutes},
                       .imported = true};
    if (visit.outcome == messages::ImportedOutcome::kCompleted && books.note_imported(visit.appointment, record.visit))
      ++counts.overlapping;
    decision.add_to_index(day_index(command.site, day), visit.appointment.text(), index_score(record.visit))
        .emit(messages::VisitImported{.person = visit.person,
                                      .site = command.site,
                                      .appointment = visit.appointment,
                                      .visit = record.visit,
                                      .outcome = visit.outcome,
                                      .booked_at = visit.booked_at})
        .put(visit.appointment.text(), std::move(record));
  }
  books.write(decision);
  decision.reply(counts);
  return decision;
}

Decision on(const State& state, const HoldLapsed& timer, Instant now) {
  const VisitRecord* record = state.find<VisitRecord>(timer.appointment.text());
  if (record == nullptr || record->state != VisitState::kHeld) return {};
  if (record->hold_ends && now < *record->hold_ends) return {};
  Decision decision;
  Books books(state, record->site);
  books.release(timer.appointment, *record);
  books.write(decision);
  lapse(decision, timer.appointment, *record);
  return decision;
}

}  // namespace bridgework::appointments
