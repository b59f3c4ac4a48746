#pragma once
// What others tell of a person's visits and care, kept for whoever picks up the phone.

#include "lead_intake/state.hpp"

namespace bridgework::lead_intake {

Decision on(const State& state, const messages::AppointmentMoved& event, Instant now);
Decision on(const State& state, const messages::AppointmentCancelled& event, Instant now);
Decision on(const State& state, const messages::AppointmentNoShow& event, Instant now);
Decision on(const State& state, const messages::VisitImported& event, Instant now);
Decision on(const State& state, const messages::GapOpened& event, Instant now);
Decision on(const State& state, const messages::GapChanged& event, Instant now);

/// Stores what became of a visit: the newest 50 of a person are kept.
void note_visit(Decision& decision, const State& state, const PersonId& person, const AppointmentId& appointment, const SiteId& site,
                const messages::Visit& visit, messages::KnownVisitState became);

/// Whether somebody has told us of care that this person needs and nobody has finished.
bool has_unfinished_care(const State& state, const PersonId& person);

}  // namespace bridgework::lead_intake
