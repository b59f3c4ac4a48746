#pragma once
// Who calls back: calls as the telephone knows them, the agents of a site, and patients whom an enquiry may be from.

#include "lead_intake/state.hpp"

namespace bridgework::lead_intake {

/// Decided where the caller's number lies, so that one caller is texted back once a day however many records they have.
Decision on(const State& state, const messages::ReceiveCall& command, Instant now);
/// The enquiry that the call makes, or the open one about the same campaign that it belongs to.
Decision on(const State& state, const messages::CallReceived& event, Instant now);

Decision on(const State& state, const messages::DefineAgent& command, Instant now);
/// Every lane looks whether it knows a patient by one of the contact points: a note on that patient, never a merge. The site's own lane
/// gives the lead to the next agent who has room; while nobody has, it waits and is the desk's.
Decision on(const State& state, const messages::EnquiryReceived& event, Instant now);
/// Whoever has no more to do with a lead has room for another one.
Decision on(const State& state, const messages::EnquiryAdvanced& event, Instant now);

}  // namespace bridgework::lead_intake
