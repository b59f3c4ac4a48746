#pragma once
// What each message means for the people we may write to.

#include "outreach/state.hpp"
#include "runtime/model.hpp"

namespace bridgework::outreach {

using Consumed = runtime::Consumes<
    runtime::ByPerson<messages::PersonRegistered, messages::PersonChanged, messages::EnquiryReceived, messages::EnquiryAdvanced,
                      messages::CallMissed, messages::NurtureStepDue, messages::ReferralKept, messages::AppointmentBooked,
                      messages::AppointmentMoved, messages::AppointmentCancelled, messages::AppointmentNoShow,
                      messages::AppointmentCompleted, messages::GapOpened, messages::GapChanged, messages::FollowUpStepDue,
                      messages::SurveyAsked, messages::SurveyAnswered, messages::SlotOffered, messages::OfferRevoked,
                      messages::OfferDeclined, messages::OfferAccepted, messages::OfferMissed>,
    runtime::EveryLane<messages::SiteDefined, messages::ContactSuppressed, messages::ContactReleased, messages::InboundMessageReceived>>;
using Message = runtime::MessageOf<messages::OutreachCommand, Consumed, Timer>;

/// Decides what one message means.
///
/// A message to a person goes planned → claimed → sent; from planned it may be withheld or revoked, from claimed it may turn out withheld,
/// failed or uncertain, and nothing ever leads back from those: whoever wants to write again needs a new reason.
Decision decide(const State& state, const Message& message, Instant now);

// ---- for the files of decide only

/// A reason to write, as it is planned.
struct Plan {
  PersonId person;
  SiteId site;
  std::string_view programme;
  std::uint16_t step = 1;
  std::string subject;
  MessagePurpose purpose = MessagePurpose::kTransactional;
  std::string template_name;
  Instant due{};
  std::optional<Instant> useful_until;
  SubjectRecord about;
};

/// Plans a message, stores `about` with it, and asks the gate at `due`. The same programme and step about the same subject is planned once,
/// ever: the second time the plan is withheld as a duplicate of the first.
Decision plan(const State& state, const Plan& wanted, Instant now);

/// Stores that there is no reason any more, and revokes what was planned for it and has not left.
Decision end_subject(const State& state, const PersonId& person, std::string_view subject, SubjectRecord about, Gone gone, Instant now);

/// What is remembered about a subject; a new record of that kind when nothing is.
SubjectRecord subject_of(const State& state, const PersonId& person, std::string_view subject, SubjectKind kind);

PersonRecord person_of(const State& state, const PersonId& person);

/// The fact that a message will not leave, for good: in the state and for the reason that the record shows.
messages::MessageWithheld withheld_event(const MessageRecord& record);

Decision on(const State& state, const messages::SlotOffered& event, Instant now);
Decision on(const State& state, const messages::OfferRevoked& event, Instant now);
Decision on(const State& state, const messages::OfferDeclined& event, Instant now);
Decision on(const State& state, const messages::OfferAccepted& event, Instant now);
Decision on(const State& state, const messages::OfferMissed& event, Instant now);
/// Every lane hears what was answered; the one where that number was last sent an offer knows what a yes or no is about, and those of the
/// persons behind it know which of their visits it puts in question.
Decision on(const State& state, const messages::InboundMessageReceived& event, Instant now);
/// An offer leaves by text message: what is answered from that number is about it, until a reminder asks something newer.
void remember_offer(Decision& decision, const MessageRecord& message, const SubjectRecord& about, const Reach& reach, Instant now);

// decide_visit.cpp: what an answer means for a visit to come

/// A reminder leaves by text message: what is answered from that number is about its visit, too.
void remember_question(Decision& decision, const State& state, const MessageRecord& message, const Reach& reach, Instant now);
/// Those numbers may speak for the person from now on.
void remember_phones(Decision& decision, const State& state, const PersonRecord& person);
/// Tells of the visits that an answer puts in question.
Decision question_visits(const State& state, const messages::InboundMessageReceived& event, Instant now);

Decision on(const State& state, const SendDue& due, Instant now);
Decision on(const State& state, const messages::RecordSend& command, Instant now);
Decision on(const State& state, const messages::ReceiveInboundMessage& command, Instant now);
Decision on(const State& state, const messages::Unsubscribe& command, Instant now);
Decision on(const State& state, const messages::SetConsent& command, Instant now);

}  // namespace bridgework::outreach
