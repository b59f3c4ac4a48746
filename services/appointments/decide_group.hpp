#pragma once
// Visits that are wanted together or not at all: a household that comes at once, a series.

#include "appointments/state.hpp"

namespace bridgework::appointments {

/// Holds every visit of the group, or none. The refusal names the first that cannot be and why, in the words a single hold would get.
///
/// Each visit finds the ones before it in its way, so a group that clashes with itself is refused like any other.
Decision on(const State& state, const messages::HoldGroup& command, Instant now);
/// Books what is held of it, all at once. What was given back or cancelled by itself stays so.
Decision on(const State& state, const messages::BookGroup& command, Instant now);
/// What has begun or is over is left as it is.
Decision on(const State& state, const messages::CancelGroup& command, Instant now);
/// A group's holds end together: one commit frees everything.
Decision on(const State& state, const GroupHoldLapsed& timer, Instant now);

}  // namespace bridgework::appointments
