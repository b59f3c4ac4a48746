#pragma once

#include "lead_intake/state.hpp"
#include "runtime/model.hpp"

namespace bridgework::lead_intake {

/// The visits that a lead becomes, the acknowledgement that has left, and in every lane which campaigns and sites there are.
using Consumed = runtime::Consumes<runtime::ByPerson<messages::MessageSent, messages::AppointmentBooked, messages::AppointmentCompleted>,
                                   runtime::EveryLane<messages::SiteDefined, messages::CampaignStarted>>;
using Message = runtime::MessageOf<messages::LeadIntakeCommand, Consumed, Vocabulary::Timer>;

/// What one message means for a person and their enquiries, or for a campaign.
///
/// A person is one lane, with all their enquiries: two people at the desk who claim one lead are decided one after the other.
Decision decide(const State& state, const Message& message, Instant now);

}  // namespace bridgework::lead_intake
