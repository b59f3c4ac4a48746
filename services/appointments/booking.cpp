#include "appointments/booking.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "runtime/zone.hpp"

namespace bridgework::appointments {
namespace {

/// Ends the holds of a day whose time is over but whose timer is late.
void lapse_overdue(Decision& decision, const State& state, DayRecord& day, Instant now) {
  for (const Taken& taken : day.taken) {
    if (still_counts(taken, now)) continue;
    const VisitRecord* record = state.find<VisitRecord>(taken.appointment.text());
    if (record != nullptr && record->state == VisitState::kHeld) lapse(decision, taken.appointment, *record);
  }
  std::erase_if(day.taken, [&](const Taken& taken) { return !still_counts(taken, now); });
}

}  // namespace

Decision refuse(Refused refused) { return Decision::refuse(refused.code, std::move(refused.detail)); }

bool belongs_to(std::string_view id, const SiteId& site) { return id.size() > site.text().size() + 1 && owner_key(id) == site.text(); }

std::int64_t whole_minutes(Instant::duration duration) { return std::chrono::floor<std::chrono::minutes>(duration).count(); }

std::string hold_timer(const AppointmentId& appointment) { return appointment.text() + "/hold"; }

double index_score(const messages::Visit& visit) { return static_cast<double>(visit.local_start.time_since_epoch().count()); }

DayRecord& Books::day(LocalDay day) {
  const auto it = days_.find(day);
  if (it != days_.end()) return it->second;
  const DayRecord* record = state_->find<DayRecord>(day_id(site_, day));
  return days_.emplace(day, record == nullptr ? DayRecord{} : *record).first->second;
}

void Books::release(const AppointmentId& appointment, const VisitRecord& record) {
  std::erase_if(day(day_of(record.visit.local_start)).taken, [&](const Taken& taken) { return taken.appointment == appointment; });
}

void Books::write(Decision& decision) {
  for (auto& [day, record] : days_) {
    if (record.taken.empty()) {
      decision.erase<DayRecord>(day_id(site_, day));
    } else {
      decision.put(day_id(site_, day), std::move(record));
    }
  }
  days_.clear();
}

tl::expected<Place, Refused> find_place(const SiteRecord& site, const Wish& wish, Books& books, Instant now) {
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

  const Span visit = visit_span(*type, *start);
  const Span busy = busy_span(*type, *start);
  if (!inside(open_spans(site, day), visit)) return no(Refusal::kOutsideHours, "the site is not open for all of it");
  if (!inside(working_spans(site, *provider, day), visit))
    return no(Refusal::kOutsideHours, wish.provider.text() + " does not work for all of it");
  // a day's book begins and ends with the day
  if (busy.start < runtime::day_start(day, site.zone)) return no(Refusal::kOutsideHours, "it would reach into the day before");
  if (busy.until > runtime::day_start(day + std::chrono::days(1), site.zone))
    return no(Refusal::kOutsideHours, "it would reach into the next day");

  const DayRecord& book = books.day(day);
  if (!provider_is_free(book, wish.provider, busy, now)) return no(Refusal::kSlotTaken, wish.provider.text() + " is busy then");
  if (!wish.chair.empty() && !chair_is_free(book, wish.chair, busy, now))
    return no(Refusal::kSlotTaken, "chair " + wish.chair.text() + " is taken then");
  const auto chair = wish.chair.empty() ? free_chair(site, book, wish.preferred_chair, busy, now) : std::optional(wish.chair);
  if (!chair) return no(Refusal::kSlotTaken, "every chair is taken then");
  auto equipment = free_equipment(site, book, type->equipment, busy, now);
  if (!equipment) return no(Refusal::kSlotTaken, "no free equipment of the kind " + equipment.error() + " then");

  return Place{.visit = {.visit_type = type->visit_type,
                         .purpose = type->purpose,
                         .provider = wish.provider,
                         .chair = *chair,
                         .start = *start,
                         .local_start = wish.local_start,
                         .zone = site.zone,
                         .duration_minutes = type->duration_minutes,
                         .equipment = std::move(*equipment)},
               .buffer_minutes = type->buffer_minutes,
               .minutes_before = type->minutes_before,
               .span = busy};
}

void take_place(Decision& decision, Books& books, const AppointmentId& appointment, const Place& place, std::optional<Instant> hold_ends,
                Instant now) {
  DayRecord& book = books.day(day_of(place.visit.local_start));
  lapse_overdue(decision, books.state(), book, now);
  book.taken.push_back({.appointment = appointment,
                        .chair = place.visit.chair,
                        .provider = place.visit.provider,
                        .start = place.span.start,
                        .until = place.span.until,
                        .hold_ends = hold_ends,
                        .equipment = place.visit.equipment});
}

VisitRecord take_for(Decision& decision, Books& books, const Holder& holder, Place place, std::optional<Instant> hold_ends, Instant now) {
  take_place(decision, books, holder.appointment, place, hold_ends, now);
  VisitRecord record{.person = holder.person,
                     .site = books.site(),
                     .state = hold_ends ? VisitState::kHeld : VisitState::kBooked,
                     .visit = std::move(place.visit),
                     .buffer_minutes = place.buffer_minutes,
                     .hold_ends = hold_ends,
                     .minutes_before = place.minutes_before,
                     .group = holder.group};
  decision.add_to_index(day_index(books.site(), day_of(record.visit.local_start)), holder.appointment.text(), index_score(record.visit))
      .put(holder.appointment.text(), record);
  if (hold_ends) {
    decision.emit(messages::AppointmentHeld{
        .person = record.person, .site = record.site, .appointment = holder.appointment, .visit = record.visit, .hold_ends = *hold_ends});
  } else {
    decision.emit(messages::AppointmentBooked{
        .person = record.person, .site = record.site, .appointment = holder.appointment, .visit = record.visit, .moved_from = {}});
  }
  return record;
}

VisitRecord lapse(Decision& decision, const AppointmentId& appointment, VisitRecord record) {
  record.state = VisitState::kLapsed;
  record.hold_ends.reset();
  decision.remove_from_index(day_index(record.site, day_of(record.visit.local_start)), appointment.text())
      .cancel_timer(hold_timer(appointment))
      .emit(messages::AppointmentHoldLapsed{.person = record.person, .site = record.site, .appointment = appointment})
      .put(appointment.text(), record);
  return record;
}

bool is_held(const VisitRecord& record, Instant now) {
  return record.state == VisitState::kHeld && !(record.hold_ends && *record.hold_ends <= now);
}

VisitRecord book_hold(Decision& decision, Books& books, const AppointmentId& appointment, VisitRecord record) {
  record.state = VisitState::kBooked;
  record.hold_ends.reset();
  for (Taken& taken : books.day(day_of(record.visit.local_start)).taken)
    if (taken.appointment == appointment) taken.hold_ends.reset();
  decision.cancel_timer(hold_timer(appointment))
      .emit(messages::AppointmentBooked{
          .person = record.person, .site = record.site, .appointment = appointment, .visit = record.visit, .moved_from = {}})
      .put(appointment.text(), record);
  return record;
}

VisitRecord cancel_visit(Decision& decision, Books& books, const AppointmentId& appointment, VisitRecord record,
                         const Cancelling& cancelling, Instant now) {
  books.release(appointment, record);
  if (record.state == VisitState::kHeld) return lapse(decision, appointment, std::move(record));
  record.state = VisitState::kCancelled;
  decision
      .emit(messages::AppointmentCancelled{.person = record.person,
                                           .site = record.site,
                                           .appointment = appointment,
                                           .visit = record.visit,
                                           .by = cancelling.by,
                                           .reason = cancelling.reason,
                                           .notice_minutes = whole_minutes(record.visit.start - now)})
      .put(appointment.text(), record);
  return record;
}

}  // namespace bridgework::appointments
