#pragma once
// One enquiry, from the first word to the kept visit.

#include <string_view>

#include "lead_intake/state.hpp"

namespace bridgework::lead_intake {

/// Somebody asks for something. Whoever is known keeps their profile and gains the contact points that are new; an enquiry of somebody
/// who is not to be contacted waits for a person to look at it.
///
/// The campaign must be known in this lane, which it is a moment after it was created.
Decision on(const State& state, const messages::SubmitEnquiry& command, Instant now);
Decision on(const State& state, const messages::ClaimLead& command, Instant now);
/// The first conversation, not the first ring, stops the clock.
Decision on(const State& state, const messages::RecordCall& command, Instant now);
Decision on(const State& state, const messages::CloseLead& command, Instant now);
Decision on(const State& state, const messages::MessageSent& event, Instant now);
/// Moves the newest open enquiry on; a visit that was moved takes its enquiry along.
Decision on(const State& state, const messages::AppointmentBooked& event, Instant now);
/// The enquiry that led to this visit is kept, and a prospect is a patient from now on.
Decision on(const State& state, const messages::AppointmentCompleted& event, Instant now);

/// Gives up every enquiry of the person that is still open.
void lose_open_enquiries(Decision& decision, const State& state, const PersonRecord& person, std::string_view reason, Instant now);

messages::LeadView view_of(const EnquiryId& enquiry, const EnquiryRecord& record, const PersonRecord* person);

}  // namespace bridgework::lead_intake
