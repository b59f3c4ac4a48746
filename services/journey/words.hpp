#pragma once
// An event in the words of a practice manager. Pure text; nothing is decided here.

#include <string>
#include <string_view>

#include "messages/appointments.values.hpp"
#include "messages/feedback.values.hpp"
#include "messages/followup.values.hpp"
#include "messages/journey.values.hpp"
#include "messages/lead_intake.values.hpp"
#include "messages/outreach.values.hpp"

namespace bridgework::journey {

/// What happened, in a sentence of at most 1,024 bytes.
std::string words_of(const messages::PersonRegistered& event);
std::string words_of(const messages::PersonChanged& event);
std::string words_of(const messages::EnquiryReceived& event);
std::string words_of(const messages::EnquiryAcknowledged& event);
std::string words_of(const messages::LeadClaimed& event);
std::string words_of(const messages::CallRecorded& event);
std::string words_of(const messages::EnquiryContacted& event);
std::string words_of(const messages::EnquiryAdvanced& event);
std::string words_of(const messages::EnquiryMatched& event);
std::string words_of(const messages::SpeedToLeadBreached& event);
std::string words_of(const messages::AppointmentHeld& event);
std::string words_of(const messages::AppointmentBooked& event);
std::string words_of(const messages::AppointmentConfirmed& event);
std::string words_of(const messages::AppointmentMoved& event);
std::string words_of(const messages::AppointmentCancelled& event);
std::string words_of(const messages::AppointmentNoShow& event);
std::string words_of(const messages::AppointmentArrived& event);
std::string words_of(const messages::AppointmentSeated& event);
std::string words_of(const messages::VisitWaitedTooLong& event);
std::string words_of(const messages::AppointmentCompleted& event);
std::string words_of(const messages::AppointmentCheckedOut& event);
std::string words_of(const messages::VisitImported& event);
std::string words_of(const messages::TreatmentPlanCreated& event);
std::string words_of(const messages::ItemDecided& event);
std::string words_of(const messages::GapOpened& event);
std::string words_of(const messages::GapChanged& event);
std::string words_of(const messages::FollowUpStepDue& event);
std::string words_of(const messages::TaskOpened& event);
std::string words_of(const messages::TaskClosed& event);
std::string words_of(const messages::MessageSent& event);
std::string words_of(const messages::MessageWithheld& event);
std::string words_of(const messages::MessageDeferred& event);
std::string words_of(const messages::SurveyAsked& event);
std::string words_of(const messages::SurveyAnswered& event);
std::string words_of(const messages::DefectDetected& event);
std::string words_of(const messages::RecoveryCaseOpened& event);
std::string words_of(const messages::RecoveryReasonAdded& event);
std::string words_of(const messages::RecoveryCaseChanged& event);
std::string words_of(const messages::NoteTaken& event);

/// At most `bytes` of it, never half a character.
std::string cut(std::string text, std::size_t bytes);

/// An enumerator as words: `called_late` becomes `called late`.
std::string spoken(std::string_view snake_case);

}  // namespace bridgework::journey
