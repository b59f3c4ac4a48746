#pragma once
// What a site is made of: hours, providers, chairs, equipment, visit types.

#include "appointments/state.hpp"

namespace bridgework::appointments {

/// Makes or replaces a site; its providers, chairs and visit types stay.
///
/// Visits already agreed keep what was said to the patient, the local wall time: nothing of them is recomputed when the zone changes,
/// so a zone that was wrong has to be put right before visits are booked, or the visits moved.
Decision on(const State& state, const messages::DefineSite& command, Instant now);
Decision on(const State& state, const messages::DefineProvider& command, Instant now);
Decision on(const State& state, const messages::DefineChair& command, Instant now);
Decision on(const State& state, const messages::DefineEquipment& command, Instant now);
/// Refused when it needs equipment that the site does not have: nobody could ever hold such a visit.
Decision on(const State& state, const messages::DefineVisitType& command, Instant now);

}  // namespace bridgework::appointments
