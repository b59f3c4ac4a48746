#include "appointments/decide.hpp"

#include <variant>
#include <vector>

#include "appointments/decide_group.hpp"
#include "appointments/decide_short_notice.hpp"
#include "appointments/decide_site.hpp"
#include "appointments/decide_visit.hpp"
#include "appointments/decide_waiting.hpp"
#include "appointments/pending.hpp"
#include "appointments/tight_days.hpp"

namespace bridgework::appointments {
namespace {

/// What follows for others when visits free their time, whoever decided that they do. What is taken has been heeded by then (`on_taken`),
/// so a time that is freed and taken again in one go was never free.
void offer_freed_times(Decision& decision, const State& state, Instant now) {
  const std::vector<messages::AppointmentsEvent> told = decision.events();
  const auto with_record = [&](const auto& event, auto then) {
    if (const auto record = pending<VisitRecord>(decision, state, event.appointment.text()))
      then(decision, state, event.appointment, *record, now);
  };
  for (const auto& event : told) {
    if (const auto* moved = std::get_if<messages::AppointmentMoved>(&event)) with_record(*moved, on_freed);
    if (const auto* lapsed = std::get_if<messages::AppointmentHoldLapsed>(&event)) with_record(*lapsed, on_given_back);
    if (const auto* cancelled = std::get_if<messages::AppointmentCancelled>(&event)) {
      with_record(*cancelled, on_freed);
      on_cancelled(decision, state, *cancelled, now);
    }
  }
}

}  // namespace

Decision decide(const State& state, const Message& message, Instant now) {
  Decision decision = std::visit([&](const auto& each) { return on(state, each, now); }, message);
  offer_freed_times(decision, state, now);
  keep_tight_days(decision, state, now);
  return decision;
}

}  // namespace bridgework::appointments
