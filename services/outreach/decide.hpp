#pragma once
// What each message means for the people we may write to.

#include <span>
#include <vector>

#include "outreach/gate.hpp"
#include "outreach/state.hpp"
#include "runtime/model.hpp"

namespace bridgework::outreach {

using Consumed = runtime::Consumes<
    runtime::ByPerson<messages::PersonRegistered, messages::PersonChanged, messages::EnquiryReceived, messages::EnquiryAdvanced,
                      messages::CallMissed, messages::NurtureStepDue, messages::ReferralKept, messages::AppointmentBooked,
                      messages::AppointmentConfirmed, messages::AppointmentMoved, messages::AppointmentCancelled,
                      messages::AppointmentNoShow, messages::AppointmentCompleted, messages::GapOpened, messages::GapChanged,
                      messages::FollowUpStepDue, messages::SurveyAsked, messages::SurveyAnswered, messages::SlotOffered,
                      messages::OfferRevoked, messages::OfferDeclined, messages::OfferAccepted, messages::OfferMissed,
                      messages::PersonJoinedHousehold, messages::PersonLeftHousehold, messages::VisitEntrusted,
                      messages::EntrustedVisitEnded, messages::EntrustedVisitSettled, messages::BookingLinkAsked>,
    runtime::EveryLane<messages::SiteDefined, messages::ContactSuppressed, messages::ContactReleased, messages::QuestionAsked,
                       messages::InboundMessageReceived, messages::RemindersSet>>;
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
  PersonId of;                   ///< whose visit it is, when it is not the recipient's own
  PersonId told_to;              ///< the guarantor who is asked to be reminded instead; then nothing is due here until that comes back
  std::chrono::minutes lead{0};  ///< of a reminder: how long before the visit
  bool another_follows = false;  ///< a reminder closer to the visit
  std::string to;                ///< the one contact point it may go to; empty: wherever the person is best reached
};

/// The first reminder of a visit that can leave on time; for a visit booked later than all of them, the closest at once. Each is useful
/// until the next is due. The gate withholds it when it has become useless, so that there is an explanation where a timer that is skipped
/// would leave none.
Plan reminder(const State& state, const PersonId& person, const SiteId& site, const AppointmentId& appointment, SubjectRecord about,
              Instant now);

/// Whether the reminder before has told of the visit.
enum class Before { kTold, kDidNotTell };
/// The next reminder of the visit that `ended`, a reminder, was about: closer to it, and not due yet. When nothing has told of the visit
/// and nothing is to come, the closest, at once. Nothing when there is no such reminder, or no reason for one any more.
Decision plan_next_reminder(const State& state, PersonRecord& person, const MessageRecord& ended, Before before, Instant now);

/// How long before a visit at that site it is reminded of, longest first, and whether that is the site's own word.
struct ReminderTimes {
  std::vector<std::chrono::minutes> leads;
  enum class Of { kSite, kGroup } of;
};
ReminderTimes reminder_times(const SiteRecord* site, const Config& config);

Decision on(const State& state, const messages::SetReminders& command, Instant now);
Decision on(const State& state, const messages::RemindersSet& event, Instant now);

/// Plans a message, stores `about` with it, and asks the gate at `due`. The same programme and step about the same subject is planned once,
/// ever: the second time the plan is withheld as a duplicate of the first.
Decision plan(const State& state, const Plan& wanted, Instant now);

/// The same of a person and a subject as this decision has made them so far, and makes them what they become.
Decision plan(const State& state, PersonRecord& person, SubjectRecord& about, const Plan& wanted, Instant now);

/// Stores that there is no reason any more, and revokes what was planned for it and has not left.
Decision end_subject(const State& state, const PersonId& person, std::string_view subject, SubjectRecord about, Gone gone, Instant now);

/// The same for a visit, which nobody is asked about any more, and nobody is to be reminded of by way of somebody else.
Decision end_visit(const State& state, const PersonId& person, const SiteId& site, const AppointmentId& appointment, SubjectRecord about,
                   Gone gone, Instant now);

/// What is remembered about a subject; a new record of that kind when nothing is.
SubjectRecord subject_of(const State& state, const PersonId& person, std::string_view subject, SubjectKind kind);

PersonRecord person_of(const State& state, const PersonId& person);

/// The fact that a message will not leave, for good: in the state and for the reason that the record shows.
messages::MessageWithheld withheld_event(const MessageRecord& record);

// decide_household.cpp: those who live together are reminded together

Decision on(const State& state, const messages::PersonJoinedHousehold& event, Instant now);
Decision on(const State& state, const messages::PersonLeftHousehold& event, Instant now);
Decision on(const State& state, const messages::VisitEntrusted& event, Instant now);
Decision on(const State& state, const messages::EntrustedVisitEnded& event, Instant now);
Decision on(const State& state, const messages::EntrustedVisitSettled& event, Instant now);
/// Asks the guarantor of the person to be reminded of a visit.
messages::VisitEntrusted entrusted_event(const MessageRecord& reminder, const SubjectRecord& about, const Reach& reach);
/// Tells the guarantor that an entrusted visit needs no reminder any more.
messages::EntrustedVisitEnded ended_event(const PersonId& person, const SiteId& site, const AppointmentId& appointment,
                                          const SubjectRecord& about, Gone gone);
/// Tells whose visit it is what became of its reminder.
messages::EntrustedVisitSettled settled_event(const MessageRecord& reminder);
/// Every visit to come of the person that was entrusted is theirs again.
void take_back(Decision& decision, const State& state, PersonRecord& person, Instant now);
/// The reminder may leave together with others; those that are not planned any more are forgotten.
void remember_ahead(const State& state, PersonRecord& person, const MessageId& reminder);
/// The planned reminders that leave with the one in question, by the start of their visits: of the same site and day, and nothing speaks
/// against any of them; as many as have room in one message.
std::vector<MessageRecord> taken_along(const State& state, const PersonRecord& person, const Question& question);
/// The times at which somebody has to be there; visits less than half an hour apart are one.
std::vector<LocalTime> times_of(std::vector<MessageRecord> reminders);

Decision on(const State& state, const messages::SlotOffered& event, Instant now);
Decision on(const State& state, const messages::OfferRevoked& event, Instant now);
Decision on(const State& state, const messages::OfferDeclined& event, Instant now);
Decision on(const State& state, const messages::OfferAccepted& event, Instant now);
Decision on(const State& state, const messages::OfferMissed& event, Instant now);

// decide_answer.cpp: what a text message is an answer to

/// Tells of each reminder or offer that leaves in one text message: what is answered from that number is about them, until newer ones
/// leave.
void tell_question(Decision& decision, const State& state, std::span<const MessageRecord> told, const Reach& reach);
/// Those numbers may speak for the person from now on.
void remember_phones(Decision& decision, const State& state, const PersonRecord& person);
/// Every lane hears what was asked, and those that have somebody with that number keep it, so that all of them agree on what is the newest.
Decision on(const State& state, const messages::QuestionAsked& event, Instant now);
/// Every lane hears what was answered, and the one where the newest question is at home says what it comes to: a yes or no to an offer, a
/// visit that is affirmed or in question. To affirm each lane tells of its own persons' visits of that day.
Decision on(const State& state, const messages::InboundMessageReceived& event, Instant now);

Decision on(const State& state, const SendDue& due, Instant now);
Decision on(const State& state, const messages::RecordSend& command, Instant now);
Decision on(const State& state, const messages::ReceiveInboundMessage& command, Instant now);
Decision on(const State& state, const messages::Unsubscribe& command, Instant now);
Decision on(const State& state, const messages::SetConsent& command, Instant now);

// decide_booking_link.cpp
Decision on(const State& state, const messages::BookingLinkAsked& event, Instant now);

// decide_consent.cpp

/// What was agreed to in the form of an enquiry, for each channel on which it says how they can be reached: about the matter itself, its
/// confirmations and reminders; about news and offers only when that was agreed to by itself. Empty when nothing was.
Decision take_consents(PersonRecord& person, const messages::EnquiryReceived& event, Instant now);

}  // namespace bridgework::outreach
