#include "appointments/booking.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <utility>

#include "appointments/decide_short_notice.hpp"
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

Plan plan_of(const VisitRecord& record) {
  return {.visit_type = record.visit.visit_type, .purpose = record.visit.purpose, .provider = record.visit.provider};
}

/// `main.v-1` → `main.v-1.p1` → `main.v-1.p2`: short however often somebody puts it off.
AppointmentId planned_in_stead_of(const AppointmentId& appointment) {
  const std::string& text = appointment.text();
  const std::size_t dot = text.rfind(".p");
  int times = 0;
  if (dot != std::string::npos) {
    const auto [end, error] = std::from_chars(text.data() + dot + 2, text.data() + text.size(), times);
    if (error != std::errc() || end != text.data() + text.size() || times < 1 || times > 999'999) times = 0;
  }
  return AppointmentId((times == 0 ? text : text.substr(0, dot)) + ".p" + std::to_string(times + 1));
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

bool Books::note_imported(const AppointmentId& appointment, const messages::Visit& visit) {
  if (visit.provider.empty() && visit.chair.empty()) return false;
  DayRecord& book = day(day_of(visit.local_start));
  const Taken mine{.appointment = appointment,
                   .chair = visit.chair,
                   .provider = visit.provider,
                   .start = visit.start,
                   .until = visit.start + std::chrono::minutes(visit.duration_minutes)};
  const auto contradicts = [&](const Taken& other) {
    const bool shared = (!mine.chair.empty() && mine.chair == other.chair) || (!mine.provider.empty() && mine.provider == other.provider);
    return shared && mine.start < other.until && other.start < mine.until;
  };
  const bool overlapping = std::ranges::any_of(book.taken, contradicts) || std::ranges::any_of(book.imported, contradicts);
  book.imported.push_back(mine);
  return overlapping;
}

void Books::write(Decision& decision) {
  for (auto& [day, record] : days_) {
    if (record.taken.empty() && record.imported.empty()) {
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
  if (!is_bookable_day(day) || day > runtime::local_day(now, site.zone) + std::chrono::days(kDaysAheadMax))
    return no(Refusal::kTimeDoesNotExist, "no calendar reaches that far");
  const auto start = runtime::to_instant(wish.local_start, site.zone);
  if (!start) return no(Refusal::kTimeDoesNotExist, "no clock in " + site.zone + " shows that time: it is skipped in spring");
  if (*start < now) return no(Refusal::kInThePast, "that time has passed");

  const Span visit = visit_span(*type, *start);
  const Span busy = busy_span(*type, *start);
  if (!inside(open_spans(site, day), visit)) return no(Refusal::kOutsideHours, "the site is not open for all of it");
  const HoursAtSite* elsewhere = elsewhere_during(provider->elsewhere, books.site(), visit);
  if (elsewhere != nullptr) return no(Refusal::kWorksElsewhere, wish.provider.text() + " works at " + elsewhere->site.text() + " then");
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
  if (!wish.chair.empty() && !is_usable(site, messages::ExceptionSubject::kChair, wish.chair.text(), busy))
    return no(Refusal::kOutsideHours, "chair " + wish.chair.text() + " is out of order then");
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
                     .group = holder.group,
                     .planned = holder.plan};
  if (holder.plan) decision.remove_from_index(planned_index(books.site()), holder.appointment.text());
  on_taken(decision, books.state(), holder.appointment, record, books.day(day_of(record.visit.local_start)), now);
  decision.add_to_index(day_index(books.site(), day_of(record.visit.local_start)), holder.appointment.text(), index_score(record.visit))
      .put(holder.appointment.text(), record);
  if (hold_ends) {
    decision.emit(messages::AppointmentHeld{
        .person = record.person, .site = record.site, .appointment = holder.appointment, .visit = record.visit, .hold_ends = *hold_ends});
  } else {
    decision.emit(messages::AppointmentBooked{.person = record.person,
                                              .site = record.site,
                                              .appointment = holder.appointment,
                                              .visit = record.visit,
                                              .moved_from = {},
                                              .online = holder.asker == messages::Asker::kOnline});
  }
  return record;
}

void plan_visit(Decision& decision, const AppointmentId& appointment, VisitRecord& record, const Plan& plan) {
  record.state = VisitState::kPlanned;
  record.visit = {.visit_type = plan.visit_type, .purpose = plan.purpose, .provider = plan.provider};
  record.planned = plan;
  decision.add_to_index(planned_index(record.site), appointment.text(), static_cast<double>(plan.planned_at.time_since_epoch().count()))
      .emit(messages::AppointmentPlanned{.person = record.person,
                                         .site = record.site,
                                         .appointment = appointment,
                                         .visit_type = plan.visit_type,
                                         .purpose = plan.purpose,
                                         .provider = plan.provider})
      .put(appointment.text(), record);
}

VisitRecord lapse(Decision& decision, const AppointmentId& appointment, VisitRecord record) {
  decision.remove_from_index(day_index(record.site, day_of(record.visit.local_start)), appointment.text())
      .cancel_timer(hold_timer(appointment))
      .emit(messages::AppointmentHoldLapsed{.person = record.person, .site = record.site, .appointment = appointment});
  record.hold_ends.reset();
  if (record.planned) {
    const Plan plan = *record.planned;
    plan_visit(decision, appointment, record, plan);
    return record;
  }
  record.state = VisitState::kLapsed;
  decision.put(appointment.text(), record);
  return record;
}

bool is_held(const VisitRecord& record, Instant now) {
  return record.state == VisitState::kHeld && !(record.hold_ends && *record.hold_ends <= now);
}

std::optional<Refused> promised_elsewhere(const State& state, const AppointmentId& appointment, const VisitRecord& record) {
  // Not as the site keeps it: who works there no more is kept up to date there no more.
  const ProviderSitesRecord* places = state.find<ProviderSitesRecord>(record.visit.provider.text());
  if (places == nullptr) return std::nullopt;
  const Span visit{record.visit.start, record.visit.start + std::chrono::minutes(record.visit.duration_minutes)};
  const HoursAtSite* there = elsewhere_during(places->sites, record.site, visit);
  if (there == nullptr) return std::nullopt;
  return Refused{Refusal::kWorksElsewhere, record.visit.provider.text() + " works at " + there->site.text() + " at the time of " +
                                               appointment.text() + " now; find a new time"};
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
  const bool again = cancelling.destination == messages::CancelDestination::kPlanned;
  if (record.state == VisitState::kPlanned) {
    record.state = VisitState::kCancelled;
    decision.remove_from_index(planned_index(record.site), appointment.text())
        .emit(messages::AppointmentPlanDropped{
            .person = record.person, .site = record.site, .appointment = appointment, .by = cancelling.by, .reason = cancelling.reason})
        .put(appointment.text(), record);
    return record;
  }
  books.release(appointment, record);
  Plan plan = record.planned ? *record.planned : plan_of(record);
  if (!record.planned) plan.planned_at = now;
  if (record.state == VisitState::kHeld) {
    if (again) record.planned = plan;
    return lapse(decision, appointment, std::move(record));
  }
  record.state = VisitState::kCancelled;
  if (again) record.planned_again = planned_in_stead_of(appointment);
  decision
      .emit(messages::AppointmentCancelled{.person = record.person,
                                           .site = record.site,
                                           .appointment = appointment,
                                           .visit = record.visit,
                                           .by = cancelling.by,
                                           .reason = cancelling.reason,
                                           .notice_minutes = whole_minutes(record.visit.start - now),
                                           .planned = record.planned_again})
      .put(appointment.text(), record);
  if (again) {
    VisitRecord in_stead{.person = record.person, .site = record.site};
    plan_visit(decision, record.planned_again, in_stead, plan);
  }
  return record;
}

}  // namespace bridgework::appointments
