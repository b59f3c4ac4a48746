#pragma once

#include "lead_intake/state.hpp"
#include "runtime/model.hpp"

namespace bridgework::lead_intake {

/// The visits that a lead becomes, care that is open, what has left and what is not wanted any more; its own facts that concern another
/// person, the desk of a site, or whoever shares a contact point; and in every lane which campaigns and sites there are.
using Consumed = runtime::Consumes<
    runtime::ByPerson<messages::MessageSent, messages::ConsentChanged, messages::AppointmentBooked, messages::AppointmentMoved,
                      messages::AppointmentCancelled, messages::AppointmentNoShow, messages::AppointmentCompleted, messages::VisitImported,
                      messages::GapOpened, messages::GapChanged, messages::ItemDecided, messages::CallReceived, messages::LeadAssigned,
                      messages::WebFormAccepted, messages::TaskClosed>,
    runtime::BySite<messages::EnquiryAdvanced>,
    runtime::EveryLane<messages::SiteDefined, messages::CampaignStarted, messages::CampaignChanged, messages::CampaignStopped,
                       messages::EnquiryReceived, messages::ContactSuppressed>>;
using Message = runtime::MessageOf<messages::LeadIntakeCommand, Consumed, Vocabulary::Timer>;

/// What one message means for a person and their enquiries, or for a campaign.
///
/// A person is one lane, with all their enquiries: two people at the desk who claim one lead are decided one after the other.
Decision decide(const State& state, const Message& message, Instant now);

}  // namespace bridgework::lead_intake
