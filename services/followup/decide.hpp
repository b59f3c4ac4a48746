#pragma once
// Who is owed care and what is done about it: pure, total, one overload per message.

#include "followup/state.hpp"
#include "messages/appointments.values.hpp"
#include "messages/lead_intake.values.hpp"
#include "messages/outreach.values.hpp"
#include "runtime/model.hpp"

namespace bridgework::followup {

using Consumed = runtime::Consumes<
    runtime::ByPerson<messages::PersonRegistered, messages::PersonChanged, messages::EnquiryMatched, messages::AppointmentBooked,
                      messages::AppointmentMoved, messages::AppointmentCancelled, messages::AppointmentNoShow,
                      messages::AppointmentCompleted, messages::VisitImported, messages::MessageSent, messages::MessageWithheld,
                      messages::AppointmentConfirmed, messages::AppointmentArrived, messages::VisitQuestioned, messages::VisitAffirmed,
                      messages::OfferQuestioned, messages::OfferAccepted, messages::OfferDeclined, messages::AppointmentPlanned,
                      messages::AppointmentPlanDropped>,
    runtime::EveryLane<messages::SiteDefined>>;
using Message = runtime::MessageOf<messages::FollowupCommand, Consumed, Timer>;

/// Decides what one message means for one person's care.
///
/// After every decision each gap of care that is open is in exactly one of three states, and has what the state claims: covered by a
/// booked visit of the same purpose; active, with a timer that will fire, an answer that outreach owes (itself under a timer) or a task
/// on the work list; on hold, with a review date. Everything else is closed with a reason. `audit.hpp` says the same as a check.
Decision decide(const State& state, const Message& message, Instant now);

// decide_plan.cpp: what becomes of treatment that somebody was told to need
Decision on(const State& state, const messages::CreateTreatmentPlan& command, Instant now);
Decision on(const State& state, const messages::PresentItem& command, Instant now);
Decision on(const State& state, const messages::AcceptItem& command, Instant now);
Decision on(const State& state, const messages::DeclineItem& command, Instant now);
Decision on(const State& state, const messages::DeferItem& command, Instant now);
Decision on(const State& state, const messages::StartItem& command, Instant now);
Decision on(const State& state, const messages::CompleteItem& command, Instant now);

// decide_gap.cpp: what people decide about a follow-up, and what its timers and outreach say
Decision on(const State& state, const messages::HoldGap& command, Instant now);
Decision on(const State& state, const messages::CloseGap& command, Instant now);
Decision on(const State& state, const messages::ReleaseGap& command, Instant now);
Decision on(const State& state, const messages::MessageSent& event, Instant now);
Decision on(const State& state, const messages::MessageWithheld& event, Instant now);
Decision on(const State& state, const StepTimer& timer, Instant now);
Decision on(const State& state, const ReplyGuardTimer& timer, Instant now);
Decision on(const State& state, const ReviewTimer& timer, Instant now);

// decide_task.cpp: the work list
Decision on(const State& state, const messages::ClaimTask& command, Instant now);
Decision on(const State& state, const messages::RecordTaskOutcome& command, Instant now);

// decide_visit_task.cpp: visits to come that somebody must ask about, and words about an offered time that somebody must read
Decision on(const State& state, const messages::SiteDefined& event, Instant now);
Decision on(const State& state, const messages::VisitQuestioned& event, Instant now);
Decision on(const State& state, const messages::VisitAffirmed& event, Instant now);
Decision on(const State& state, const messages::OfferQuestioned& event, Instant now);
Decision on(const State& state, const messages::OfferAccepted& event, Instant now);
Decision on(const State& state, const messages::OfferDeclined& event, Instant now);
Decision on(const State& state, const messages::AskForAnotherTime& command, Instant now);
Decision on(const State& state, const messages::AppointmentConfirmed& event, Instant now);
Decision on(const State& state, const messages::AppointmentArrived& event, Instant now);
Decision on_visit_task(const State& state, const messages::RecordTaskOutcome& command, Instant now);

// decide_person.cpp: who it is, and which visits were booked, kept and missed
Decision on(const State& state, const messages::PersonRegistered& event, Instant now);
Decision on(const State& state, const messages::PersonChanged& event, Instant now);
Decision on(const State& state, const messages::EnquiryMatched& event, Instant now);
Decision on(const State& state, const messages::AppointmentBooked& event, Instant now);
Decision on(const State& state, const messages::AppointmentMoved& event, Instant now);
Decision on(const State& state, const messages::AppointmentCancelled& event, Instant now);
Decision on(const State& state, const messages::AppointmentNoShow& event, Instant now);
Decision on(const State& state, const messages::AppointmentCompleted& event, Instant now);
Decision on(const State& state, const messages::VisitImported& event, Instant now);
Decision on(const State& state, const messages::AppointmentPlanned& event, Instant now);
Decision on(const State& state, const messages::AppointmentPlanDropped& event, Instant now);
Decision on(const State& state, const VisitOutcomeTimer& timer, Instant now);

}  // namespace bridgework::followup
