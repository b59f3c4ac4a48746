#pragma once
// What a site is made of: hours, providers, chairs, equipment, visit types.

#include "appointments/state.hpp"

namespace bridgework::appointments {

/// Makes or replaces a site; its providers, chairs and visit types stay.
///
/// The zone is part of every promise: it changes only while no visit lies ahead and no provider is to work there.
Decision on(const State& state, const messages::DefineSite& command, Instant now);
/// Nobody is in two places: shifts that overlap those at another site are refused, by the true instants of both zones.
Decision on(const State& state, const messages::DefineProvider& command, Instant now);
/// A day's other hours, for the site, a provider, a chair or a device. The answer lists the agreed visits of those days that do not fit
/// any more; they stay agreed until somebody moves them, and are marked on the day sheet.
Decision on(const State& state, const messages::DefineException& command, Instant now);
Decision on(const State& state, const messages::RemoveException& command, Instant now);
/// When a provider works at one site, told to all. Two definitions that did not know of each other may overlap; then that time can be held
/// at neither site.
Decision on(const State& state, const messages::ProviderScheduled& event, Instant now);
Decision on(const State& state, const messages::DefineChair& command, Instant now);
Decision on(const State& state, const messages::DefineEquipment& command, Instant now);
/// Refused when it needs equipment that the site does not have: nobody could ever hold such a visit.
Decision on(const State& state, const messages::DefineVisitType& command, Instant now);

}  // namespace bridgework::appointments
