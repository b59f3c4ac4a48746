#pragma once
// How analytics counts each event.

#include "analytics/state.hpp"
#include "messages/appointments.values.hpp"
#include "messages/feedback.values.hpp"
#include "messages/followup.values.hpp"
#include "messages/lead_intake.values.hpp"

namespace bridgework::analytics {

using Consumed = runtime::Consumes<
    runtime::BySite<messages::EnquiryReceived, messages::EnquiryImported, messages::EnquiryContacted, messages::CallRecorded,
                    messages::EnquiryAdvanced, messages::EnquiryProduced, messages::AppointmentBooked, messages::AppointmentConfirmed,
                    messages::AppointmentMoved, messages::AppointmentCancelled, messages::AppointmentNoShow, messages::AppointmentArrived,
                    messages::AppointmentSeated, messages::AppointmentCompleted, messages::AppointmentCheckedOut, messages::VisitImported,
                    messages::ItemDecided, messages::GapOpened, messages::GapChanged, messages::SurveyAsked, messages::SurveyAnswered,
                    messages::OpeningFound, messages::OpeningEnded>,
    runtime::EveryLane<messages::SiteDefined, messages::CampaignStarted, messages::CampaignChanged>>;
using Message = runtime::MessageOf<std::variant<>, Consumed, Vocabulary::Timer>;

/// Counts one event into the facts of its site and local day.
///
/// A visit counts on the local day of its agreed time; an enquiry, a presented item and an asked survey count on the day on which they
/// began, so that of each period's beginnings so many ended well, and no rate passes one. Nothing but the event, its recording time and
/// what was counted before is looked at: the same log gives the same records again, byte for byte, in any order that keeps the order
/// of each entity.
Decision decide(const State& state, const Message& message, Instant now);

}  // namespace bridgework::analytics
