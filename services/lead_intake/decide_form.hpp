#pragma once
// The public form of a site: who may fill it in, and how often a day.

#include "lead_intake/state.hpp"

namespace bridgework::lead_intake {

Decision on(const State& state, const messages::SetWebForm& command, Instant now);
/// The new key is valid at once; the others for as long as the pages take to be changed.
Decision on(const State& state, const messages::IssueFormKey& command, Instant now);
Decision on(const State& state, const messages::DisableFormKey& command, Instant now);
/// Counts first, and only then looks at what was sent: whoever floods a form reaches the cap, not the desk. What is refused changes
/// nothing, so a flood beyond the cap costs no disk.
Decision on(const State& state, const messages::SubmitWebForm& command, Instant now);
/// The same for who says that they are known: counted, and told of when somebody answers at that contact point.
Decision on(const State& state, const messages::AskForBookingLink& command, Instant now);

}  // namespace bridgework::lead_intake
