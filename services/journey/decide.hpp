#pragma once
// What journey does about each message.

#include "journey/state.hpp"
#include "messages/appointments.values.hpp"
#include "messages/feedback.values.hpp"
#include "messages/followup.values.hpp"
#include "messages/lead_intake.values.hpp"
#include "messages/outreach.values.hpp"

namespace bridgework::journey {

using Consumed = runtime::Consumes<
    runtime::ByPerson<messages::PersonRegistered, messages::PersonChanged, messages::EnquiryReceived, messages::EnquiryAcknowledged,
                      messages::LeadClaimed, messages::CallRecorded, messages::EnquiryContacted, messages::EnquiryAdvanced,
                      messages::EnquiryMatched, messages::SpeedToLeadBreached, messages::AppointmentHeld, messages::AppointmentBooked,
                      messages::AppointmentConfirmed, messages::AppointmentMoved, messages::AppointmentCancelled,
                      messages::AppointmentNoShow, messages::AppointmentArrived, messages::AppointmentSeated,
                      messages::AppointmentCompleted, messages::AppointmentCheckedOut, messages::VisitImported,
                      messages::TreatmentPlanCreated, messages::ItemDecided, messages::GapOpened, messages::GapChanged,
                      messages::FollowUpStepDue, messages::TaskOpened, messages::TaskClosed, messages::MessageSent,
                      messages::MessageWithheld, messages::MessageDeferred, messages::SurveyAsked, messages::SurveyAnswered,
                      messages::VisitWaitedTooLong>,
    runtime::EveryLane<messages::SiteDefined>>;
using Message = runtime::MessageOf<messages::JourneyCommand, Consumed, Vocabulary::Timer>;

/// Decides what one message means for the person it is about.
///
/// Every message leaves one entry in the person's timeline. Some fall short of a standard: a person who waited past the site's limit or
/// whose answer is negative gets a call, so a recovery case is opened, or the open one gets another reason: a person with two reasons
/// to be unhappy gets one call, not two. Imported history is told and judged by no standard.
Decision decide(const State& state, const Message& message, Instant now);

}  // namespace bridgework::journey
