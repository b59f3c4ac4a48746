#include "appointments/decide_waiting.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "appointments/calendar.hpp"
#include "appointments/pending.hpp"

namespace bridgework::appointments {
namespace {

std::int64_t whole_minutes(Instant::duration duration) { return std::chrono::floor<std::chrono::minutes>(duration).count(); }

std::string wait_timer(const AppointmentId& appointment) { return appointment.text() + "/wait"; }
std::string overdue_timer(const AppointmentId& appointment) { return appointment.text() + "/overdue"; }
std::string check_out_id(const SiteId& site, const PersonId& person) { return site.text() + ".k-" + person.text(); }

Instant waits_from(const VisitRecord& record) { return std::max(record.arrived_at.value_or(record.visit.start), record.visit.start); }

/// Tells how late a provider is, when that is more than the limit or no longer what was told before.
void tell_late(Decision& decision, const State& state, const AppointmentId& appointment, const VisitRecord& record, std::int64_t minutes,
               Instant now) {
  const LocalDay day = day_of(record.visit.local_start);
  LateRecord late = pending<LateRecord>(decision, state, late_id(record.site, day)).value_or(LateRecord{});
  const ProviderId& provider = record.visit.provider;
  const auto told = std::ranges::find(late.late, provider, &messages::ProviderLate::provider);
  const std::uint32_t before = told == late.late.end() ? 0 : told->minutes_late;
  const bool is_late = std::chrono::minutes(minutes) > state.config().late_limit;
  const std::uint32_t minutes_late = is_late ? static_cast<std::uint32_t>(minutes) : 0;
  if (minutes_late == before) return;

  messages::ProviderRunningLate event{.site = record.site, .provider = provider, .day = day, .minutes_late = minutes_late, .visits = {}};
  const auto book = pending<DayRecord>(decision, state, day_id(record.site, day));
  std::vector<Taken> later;
  for (const Taken& taken : book.value_or(DayRecord{}).taken) {
    if (taken.provider == provider && taken.appointment != appointment && taken.start > record.visit.start && still_counts(taken, now))
      later.push_back(taken);
  }
  std::ranges::sort(later, {}, &Taken::start);
  for (const Taken& taken : later) event.visits.push_back(taken.appointment);

  if (told != late.late.end()) late.late.erase(told);
  if (is_late) late.late.push_back({provider, minutes_late});
  if (late.late.empty()) {
    decision.erase<LateRecord>(late_id(record.site, day));
  } else {
    decision.put(late_id(record.site, day), std::move(late));
  }
  decision.emit(std::move(event));
}

}  // namespace

std::string late_id(const SiteId& site, LocalDay day) { return site.text() + ".l-" + text_of(day); }
std::string undone_index(const SiteId& site) { return "undone/" + site.text(); }

void on_arrived(Decision& decision, const State& state, const AppointmentId& appointment, const VisitRecord& record, Instant) {
  const SiteRecord* site = state.find<SiteRecord>(record.site.text());
  if (site == nullptr) return;
  // waiting is counted in whole minutes, and one more than the limit is too long
  decision.set_timer(wait_timer(appointment), waits_from(record) + std::chrono::minutes(site->wait_limit_minutes + 1),
                     WaitOver{appointment});
}

Decision on(const State& state, const WaitOver& timer, Instant now) {
  const VisitRecord* record = state.find<VisitRecord>(timer.appointment.text());
  if (record == nullptr || record->state != VisitState::kArrived) return {};
  const SiteRecord* site = state.find<SiteRecord>(record->site.text());
  if (site == nullptr) return {};
  const std::int64_t waited = whole_minutes(now - waits_from(*record));
  Decision decision;
  if (waited <= site->wait_limit_minutes) {
    // the site allows more than it did
    on_arrived(decision, state, timer.appointment, *record, now);
    return decision;
  }
  decision.emit(messages::VisitWaitedTooLong{.person = record->person,
                                             .site = record->site,
                                             .appointment = timer.appointment,
                                             .visit = record->visit,
                                             .waited_minutes = static_cast<std::uint32_t>(waited),
                                             .wait_limit_minutes = site->wait_limit_minutes});
  return decision;
}

void on_seated(Decision& decision, const State& state, const AppointmentId& appointment, const VisitRecord& record, Instant now) {
  decision.cancel_timer(wait_timer(appointment));
  if (record.visit.provider.empty()) return;
  // a patient who came late is not the provider's delay
  const Instant could_start = std::max(record.visit.start, std::min(record.arrived_at.value_or(record.visit.start), now));
  const std::int64_t behind = std::max<std::int64_t>(0, whole_minutes(now - could_start));
  tell_late(decision, state, appointment, record, behind, now);
  const Instant ends = record.visit.start + std::chrono::minutes(record.visit.duration_minutes);
  decision.set_timer(overdue_timer(appointment), std::max(now, ends) + state.config().late_limit + std::chrono::minutes(1),
                     VisitOverdue{appointment});
}

Decision on(const State& state, const VisitOverdue& timer, Instant now) {
  const VisitRecord* record = state.find<VisitRecord>(timer.appointment.text());
  if (record == nullptr || record->state != VisitState::kSeated) return {};
  const Instant ends = record->visit.start + std::chrono::minutes(record->visit.duration_minutes);
  // nobody sits in a chair for half a day: whoever forgot to complete the visit is not late
  if (now - ends > state.config().late_most) return {};
  Decision decision;
  tell_late(decision, state, timer.appointment, *record, whole_minutes(now - ends), now);
  decision.set_timer(overdue_timer(timer.appointment), now + state.config().late_limit, VisitOverdue{timer.appointment});
  return decision;
}

void on_checked_out(Decision& decision, const messages::CheckOutAppointment& command, const VisitRecord& record, Instant now) {
  decision.put(check_out_id(record.site, record.person),
               CheckOutRecord{.appointment = command.appointment, .at = now, .by = command.by, .script = command.script});
}

void on_cancelled(Decision& decision, const State& state, const messages::AppointmentCancelled& cancelled, Instant now) {
  const auto* check_out = state.find<CheckOutRecord>(check_out_id(cancelled.site, cancelled.person));
  if (check_out == nullptr || now > check_out->at + state.config().check_out_holds) return;
  const messages::UndoneCheckOut undone{.appointment = cancelled.appointment,
                                        .person = cancelled.person,
                                        .cancelled_at = now,
                                        .cancelled_by = cancelled.by,
                                        .checked_out = check_out->appointment,
                                        .checked_out_at = check_out->at,
                                        .by = check_out->by,
                                        .script = check_out->script};
  decision
      .add_to_index(undone_index(cancelled.site), cancelled.appointment.text(),
                    std::chrono::duration<double>(now.time_since_epoch()).count())
      .emit(messages::CheckOutUndone{.person = cancelled.person,
                                     .site = cancelled.site,
                                     .appointment = cancelled.appointment,
                                     .cancelled_by = cancelled.by,
                                     .checked_out = check_out->appointment,
                                     .checked_out_at = check_out->at,
                                     .by = check_out->by,
                                     .script = check_out->script})
      .put(cancelled.appointment.text(), UndoneCheckOutRecord{undone});
}

}  // namespace bridgework::appointments
