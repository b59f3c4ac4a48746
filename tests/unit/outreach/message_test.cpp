// The life of a message, as timelines: planned, due, deferred, sent, withheld, revoked, uncertain.

#include <gtest/gtest.h>

#include "outreach/explain.hpp"
#include "tests/unit/outreach/practice.hpp"

namespace bridgework::outreach {
namespace {

using messages::Cover;
using messages::OutreachRefusal;

// ---- acknowledgement

TEST(OutreachAcknowledgement, LeavesAtOnce) {
  Practice practice;
  practice.enquires();
  ASSERT_EQ(practice.sends().size(), 1u) << practice.timeline();
  const auto planned = *practice.last_event<messages::MessagePlanned>();
  EXPECT_EQ(planned.programme, "acknowledgement");
  EXPECT_EQ(planned.step, 1);
  EXPECT_EQ(planned.subject, kEnquiry.text());
  EXPECT_EQ(planned.purpose, MessagePurpose::kTransactional);
  EXPECT_EQ(planned.channel, Channel::kSms);
  const auto sent = *practice.last_event<messages::MessageSent>();
  EXPECT_EQ(sent.message, practice.message());
  EXPECT_EQ(sent.programme, "acknowledgement");
  EXPECT_EQ(sent.subject, kEnquiry.text());
  EXPECT_EQ(practice.state_of(), MessageState::kSent);
}

TEST(OutreachAcknowledgement, WaitsForTheMorning) {
  Practice practice(Practice::Start::kKnownPerson, new_york(2026, 3, 3, 23, 30));
  practice.enquires();
  EXPECT_TRUE(practice.sends().empty());
  const auto deferred = *practice.last_event<messages::MessageDeferred>();
  EXPECT_EQ(deferred.reason, MessageReason::kQuietHours);
  EXPECT_EQ(deferred.due, new_york(2026, 3, 4, 8));
  EXPECT_EQ(practice.why(), "The acknowledgement of the enquiry was put off to 4 March 08:00 because it was night where the person lives.");
  practice.pass_to(new_york(2026, 3, 4, 8));
  EXPECT_EQ(practice.sends().size(), 1u);
}

TEST(OutreachAcknowledgement, IsWithheldWithoutAContactPoint) {
  Practice practice;
  auto profile = ana();
  profile.contact_points = {{ContactKind::kPhone, Phi<std::string>(), Phi<std::string>("call my mum")}};
  practice.person_is(profile);
  practice.enquires();
  EXPECT_EQ(practice.reason_of(), MessageReason::kNoContact);
  EXPECT_TRUE(practice.sends().empty());
}

TEST(OutreachAcknowledgement, GoesToWhereThePersonIsReachableByThen) {
  Practice practice(Practice::Start::kKnownPerson, new_york(2026, 3, 3, 23, 30));
  practice.enquires();
  auto profile = ana();
  profile.contact_points = {mail("new@example.org")};
  practice.person_is(profile);
  practice.pass_to(new_york(2026, 3, 4, 8));
  ASSERT_EQ(practice.sends().size(), 1u);
  EXPECT_EQ(practice.sends().front().to.reveal(), "new@example.org");
  EXPECT_EQ(practice.planned().channel, Channel::kEmail);
}

// ---- channel

TEST(OutreachChannel, IsSmsForThoseWhoPreferIt) {
  EXPECT_EQ(reach_of({.contact_points = {mail(), phone()}, .preferred_channel = Channel::kSms}).channel, Channel::kSms);
}
TEST(OutreachChannel, IsEmailOtherwise) {
  EXPECT_EQ(reach_of({.contact_points = {phone(), mail()}, .preferred_channel = Channel::kEmail}).contact, kMail);
}
TEST(OutreachChannel, IsEmailForThoseWhoPreferSmsButGaveNoPhone) {
  EXPECT_EQ(reach_of({.contact_points = {mail()}, .preferred_channel = Channel::kSms}).channel, Channel::kEmail);
}
TEST(OutreachChannel, IsSmsForThoseWhoGaveNoAddress) {
  EXPECT_EQ(reach_of({.contact_points = {phone()}, .preferred_channel = Channel::kEmail}).contact, kPhone);
}
TEST(OutreachChannel, IsSmsOrEmailForThoseWhoPreferACall) {
  EXPECT_EQ(reach_of({.contact_points = {phone(), mail()}, .preferred_channel = Channel::kPhone}).contact, kMail);
}
TEST(OutreachChannel, SkipsWhatDidNotParse) {
  EXPECT_EQ(reach_of({.contact_points = {{ContactKind::kPhone, Phi<std::string>(), Phi<std::string>("?")}, phone("+4915112345678")},
                      .preferred_channel = Channel::kSms})
                .contact,
            "+4915112345678");
}

// ---- reminder

TEST(OutreachReminder, IsDueADayBefore) {
  Practice practice;
  practice.books(local(2026, 3, 12, 9));
  EXPECT_EQ(practice.last_event<messages::MessagePlanned>()->due, new_york(2026, 3, 11, 9));
  practice.pass_to(new_york(2026, 3, 11, 9) - 1s);
  EXPECT_TRUE(practice.sends().empty());
  practice.pass_to(new_york(2026, 3, 11, 9));
  ASSERT_EQ(practice.sends().size(), 1u) << practice.timeline();
  EXPECT_EQ(practice.sends().front().body.reveal(),
            "Main Street Dental: your visit is on 12 Mar at 09:00. Questions? +12125550100. Reply YES to confirm, STOP to opt out.");
  EXPECT_EQ(practice.why(), "The reminder for the visit on 12 March 09:00 was sent by SMS on 11 March 09:00.");
}

TEST(OutreachReminder, IsDueADayBeforeAcrossTheSpringGap) {
  Practice practice;
  practice.books(local(2026, 3, 8, 12));  // clocks go forward in the night before: 24 hours earlier is 11:00
  practice.pass_to(new_york(2026, 3, 7, 11) - 1s);
  EXPECT_TRUE(practice.sends().empty());
  practice.pass_to(new_york(2026, 3, 7, 11));
  EXPECT_EQ(practice.sends().size(), 1u);
}

TEST(OutreachReminder, LeavesAtOnceForAVisitBookedLate) {
  Practice practice;
  practice.books(local(2026, 3, 3, 16));
  EXPECT_EQ(practice.sends().size(), 1u);
}

TEST(OutreachReminder, IsWithheldForAVisitInLessThanTwoHours) {
  Practice practice;
  practice.books(local(2026, 3, 3, 11, 59));
  EXPECT_TRUE(practice.sends().empty());
  EXPECT_EQ(practice.reason_of(), MessageReason::kTooLate);
}

TEST(OutreachReminder, IsWithheldWhenTheNightWouldMakeItUseless) {
  Practice practice(Practice::Start::kKnownPerson, new_york(2026, 3, 3, 22));
  practice.books(local(2026, 3, 4, 9, 30));  // the window opens at 08:00, an hour and a half before
  EXPECT_EQ(practice.reason_of(), MessageReason::kTooLate) << practice.timeline();
  EXPECT_EQ(practice.count<messages::MessageDeferred>(), 0u);
  EXPECT_EQ(practice.why(),
            "The reminder for the visit on 4 March 09:30 was not sent because by then it would have been too late to be of use.");
}

TEST(OutreachReminder, NeverLeavesAfterTheVisitHoweverLongTheOutage) {
  for (const Instant back : {new_york(2026, 3, 12, 7, 1), new_york(2026, 3, 12, 10), new_york(2026, 3, 20, 10)}) {
    Practice practice;
    practice.books(local(2026, 3, 12, 9));
    practice.sleep_until(back);
    EXPECT_TRUE(practice.sends().empty());
    EXPECT_EQ(practice.reason_of(), MessageReason::kTooLate);
  }
}

TEST(OutreachReminder, IsRevokedWhenTheVisitIsMoved) {
  Practice practice;
  practice.books(local(2026, 3, 12, 9));
  practice.visit<messages::AppointmentMoved>(local(2026, 3, 12, 9));
  practice.books(local(2026, 3, 20, 14), AppointmentId("main.v-2"));
  const auto withheld = practice.events<messages::MessageWithheld>().front();
  EXPECT_EQ(withheld.message, practice.message(1));
  EXPECT_EQ(withheld.state, MessageState::kRevoked);
  EXPECT_EQ(withheld.reason, MessageReason::kReasonGone);
  EXPECT_EQ(practice.why(1), "The reminder for the visit on 12 March 09:00 was not sent because the visit was moved before it was due.");
  practice.pass_to(new_york(2026, 3, 25, 9));
  ASSERT_EQ(practice.sends().size(), 1u) << practice.timeline();
  EXPECT_EQ(practice.sends().front().message, practice.message(2));
}

template <class Event>
class ReminderOfAVisitThatEnded : public ::testing::Test {};
using Endings = ::testing::Types<messages::AppointmentMoved, messages::AppointmentCancelled, messages::AppointmentNoShow,
                                 messages::AppointmentCompleted>;
TYPED_TEST_SUITE(ReminderOfAVisitThatEnded, Endings);

TYPED_TEST(ReminderOfAVisitThatEnded, IsRevoked) {
  Practice practice;
  practice.books(local(2026, 3, 12, 9));
  practice.template visit<TypeParam>(local(2026, 3, 12, 9));
  EXPECT_EQ(practice.state_of(), MessageState::kRevoked);
  EXPECT_EQ(practice.reason_of(), MessageReason::kReasonGone);
  EXPECT_TRUE(practice.timers().empty());
  practice.pass_to(new_york(2026, 3, 13, 9));
  EXPECT_TRUE(practice.sends().empty());
  EXPECT_EQ(practice.template count<messages::MessageWithheld>(), 1u);
}

TEST(OutreachReminder, ThatHasLeftIsNotRevoked) {
  Practice practice;
  practice.books(local(2026, 3, 12, 9));
  practice.pass_to(new_york(2026, 3, 11, 10));
  practice.visit<messages::AppointmentCancelled>(local(2026, 3, 12, 9));
  EXPECT_EQ(practice.state_of(), MessageState::kSent);
  EXPECT_EQ(practice.count<messages::MessageWithheld>(), 0u);
}

TEST(OutreachReminder, OfAVisitCancelledBeforeWeHeardOfItsBookingIsWithheld) {
  Practice practice;
  practice.visit<messages::AppointmentCancelled>(local(2026, 3, 4, 9));
  practice.books(local(2026, 3, 4, 9));
  EXPECT_EQ(practice.reason_of(), MessageReason::kReasonGone);
  EXPECT_TRUE(practice.sends().empty());
}

// ---- follow-up

TEST(OutreachFollowUp, LeavesWithinTheDay) {
  Practice practice;
  practice.gap_opens();
  practice.step_due();
  ASSERT_EQ(practice.sends().size(), 1u);
  const auto sent = *practice.last_event<messages::MessageSent>();
  EXPECT_EQ(sent.programme, "follow_up");
  EXPECT_EQ(sent.subject, kGap.text());
  EXPECT_EQ(sent.purpose, MessagePurpose::kCare);
}

class FollowUpOfAGapAtRest : public ::testing::TestWithParam<Cover> {};

TEST_P(FollowUpOfAGapAtRest, IsRevoked) {
  Practice practice(Practice::Start::kKnownPerson, new_york(2026, 3, 3, 20, 30));
  practice.gap_opens();
  practice.step_due();
  practice.gap_goes(Cover::kActive, GetParam());
  EXPECT_EQ(practice.state_of(), MessageState::kRevoked);
  EXPECT_EQ(practice.reason_of(), MessageReason::kReasonGone);
  practice.pass_to(new_york(2026, 3, 5, 12));
  EXPECT_TRUE(practice.sends().empty());
}

TEST_P(FollowUpOfAGapAtRest, IsWithheldWhenItsStepComesAfterwards) {
  Practice practice;
  practice.gap_opens();
  practice.gap_goes(Cover::kActive, GetParam());
  practice.step_due();
  EXPECT_EQ(practice.state_of(), MessageState::kWithheld);
  EXPECT_EQ(practice.reason_of(), MessageReason::kReasonGone);
}

TEST_P(FollowUpOfAGapAtRest, LeavesAgainOnceTheGapIsActive) {
  Practice practice;
  practice.gap_goes(Cover::kActive, GetParam());
  practice.gap_goes(GetParam(), Cover::kActive);
  practice.step_due();
  EXPECT_EQ(practice.sends().size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(Every, FollowUpOfAGapAtRest, ::testing::Values(Cover::kCovered, Cover::kOnHold, Cover::kClosed),
                         [](const auto& cover) { return std::string(to_string(cover.param)); });

TEST(OutreachFollowUp, GivesWayToALaterStepOfTheSameGap) {
  Practice practice(Practice::Start::kKnownPerson, new_york(2026, 3, 3, 20, 30));
  practice.gap_opens();
  practice.step_due(1);
  practice.step_due(2);
  practice.pass_to(new_york(2026, 3, 6, 12));
  EXPECT_EQ(practice.reason_of(1), MessageReason::kReasonGone);
  EXPECT_EQ(practice.state_of(2), MessageState::kSent);
  EXPECT_EQ(practice.why(1), "Step 1 of the follow-up was not sent because a later step of the same follow-up took its place.");
}

TEST(OutreachFollowUp, AboutImportedHistoryIsWithheld) {
  Practice practice;
  practice.gap_opens(Provenance::kImported);
  practice.step_due();
  EXPECT_EQ(practice.reason_of(), MessageReason::kImported);
  EXPECT_TRUE(practice.sends().empty());
}

TEST(OutreachFollowUp, LeavesOnceStaffHaveReleasedTheImportedGap) {
  Practice practice;
  practice.gap_opens(Provenance::kImported);
  practice.gap_goes(Cover::kActive, Cover::kActive);
  practice.step_due();
  EXPECT_EQ(practice.sends().size(), 1u);
}

TEST(OutreachFollowUp, StaysWithheldForAnImportedGapThatMerelyLostItsVisit) {
  Practice practice;
  practice.gap_opens(Provenance::kImported);
  practice.gap_goes(Cover::kActive, Cover::kCovered);
  practice.gap_goes(Cover::kCovered, Cover::kActive);
  practice.step_due();
  EXPECT_EQ(practice.reason_of(), MessageReason::kImported);
}

// ---- survey

TEST(OutreachSurvey, CarriesTheSignedLink) {
  Practice practice;
  practice.survey_asked();
  ASSERT_EQ(practice.sends().size(), 1u);
  EXPECT_NE(practice.sends().front().body.reveal().find("https://care.example/s/p-ana.s-1.abc"), std::string::npos);
  EXPECT_EQ(practice.last_event<messages::MessageSent>()->purpose, MessagePurpose::kSurvey);
}

TEST(OutreachSurvey, IsRevokedOnceAnswered) {
  Practice practice(Practice::Start::kKnownPerson, new_york(2026, 3, 3, 20, 30));
  practice.survey_asked();
  practice.survey_answered();
  EXPECT_EQ(practice.state_of(), MessageState::kRevoked);
  EXPECT_EQ(practice.why(), "The survey was not sent because the survey was answered before it was due.");
}

// ---- once, ever

TEST(OutreachPlan, IsMadeOnceForOneReason) {
  Practice practice;
  practice.gap_opens();
  practice.step_due();
  practice.step_due();
  EXPECT_EQ(practice.count<messages::MessagePlanned>(), 1u);
  EXPECT_EQ(practice.sends().size(), 1u);
  const auto duplicate = *practice.last_event<messages::MessageWithheld>();
  EXPECT_EQ(duplicate.reason, MessageReason::kDuplicate);
  EXPECT_EQ(duplicate.message, practice.message(1)) << "names the first";
  EXPECT_EQ(practice.state_of(1), MessageState::kSent) << "and leaves it as it is";
}

TEST(OutreachPlan, DiffersByStepAndSubject) {
  Practice practice;
  practice.step_due(1);
  practice.step_due(2);
  practice.step_due(1, GapId("p-ana.g-2"));
  practice.enquires(EnquiryId("p-ana.e-1"));
  practice.enquires(EnquiryId("p-ana.e-2"));
  EXPECT_EQ(practice.count<messages::MessagePlanned>(), 5u);
}

// ---- caps

TEST(OutreachCap, LetsOneCareMessageADayLeave) {
  Practice practice;
  practice.step_due(1);
  practice.survey_asked();
  EXPECT_EQ(practice.sends().size(), 1u);
  const auto deferred = *practice.last_event<messages::MessageDeferred>();
  EXPECT_EQ(deferred.reason, MessageReason::kCapDay);
  EXPECT_EQ(deferred.due, new_york(2026, 3, 4, 9));
  practice.pass_to(new_york(2026, 3, 4, 9));
  EXPECT_EQ(practice.sends().size(), 2u);
}

TEST(OutreachCap, LetsThreeMessagesInSevenDaysLeave) {
  Practice practice;
  for (unsigned gap = 1; gap <= 4; ++gap) practice.step_due(1, GapId("p-ana.g-" + std::to_string(gap)));
  practice.pass_to(new_york(2026, 3, 10, 9, 59));
  EXPECT_EQ(practice.sends().size(), 3u) << practice.timeline();
  EXPECT_EQ(practice.reason_of(4), MessageReason::kCapWeek);
  practice.pass_to(new_york(2026, 3, 10, 10) + 1h);  // the clocks went forward on Sunday
  EXPECT_EQ(practice.sends().size(), 4u) << practice.timeline();
}

TEST(OutreachCap, CountsRemindersAndTransactionalMessagesWithoutHoldingThemBack) {
  Practice practice;
  practice.enquires();
  practice.books(local(2026, 3, 3, 16));
  practice.step_due();
  EXPECT_EQ(practice.sends().size(), 2u);
  EXPECT_EQ(practice.reason_of(3), MessageReason::kCapDay);
  practice.books(local(2026, 3, 3, 17), AppointmentId("main.v-2"));
  EXPECT_EQ(practice.sends().size(), 3u);
}

TEST(OutreachCap, DoesNotCountWhatHasCertainlyNotLeft) {
  for (const MessageState state : {MessageState::kFailed, MessageState::kWithheld}) {
    Practice practice;
    practice.reports_sends = false;
    practice.enquires();
    practice.reports(practice.message(1), state, MessageReason::kSuppressed);
    practice.step_due();
    EXPECT_EQ(practice.sends().size(), 2u) << to_string(state);
  }
}

TEST(OutreachCap, CountsWhatMayHaveLeft) {
  Practice practice;
  practice.reports_sends = false;
  practice.enquires();
  practice.reports(practice.message(1), MessageState::kUncertain, MessageReason::kProcessDied);
  practice.step_due();
  EXPECT_EQ(practice.reason_of(2), MessageReason::kCapDay);
}

TEST(OutreachCap, OfZeroWithholdsForGood) {
  Practice day;
  day.config().cap_per_day = 0;
  day.step_due();
  EXPECT_EQ(day.reason_of(), MessageReason::kCapDay);
  EXPECT_EQ(day.state_of(), MessageState::kWithheld);
  Practice week;
  week.config().cap_per_week = 0;
  week.step_due();
  EXPECT_EQ(week.reason_of(), MessageReason::kCapWeek);
  EXPECT_EQ(week.state_of(), MessageState::kWithheld);
}

// ---- persons

TEST(OutreachPerson, WhoHasDiedOrMovedGetsNothing) {
  for (const auto status : {messages::PersonStatus::kDeceased, messages::PersonStatus::kMoved}) {
    Practice practice;
    practice.books(local(2026, 3, 12, 9));
    auto profile = ana();
    profile.status = status;
    practice.person_is(profile);
    practice.pass_to(new_york(2026, 3, 12, 9));
    EXPECT_TRUE(practice.sends().empty());
    EXPECT_EQ(practice.reason_of(), MessageReason::kPersonGone);
    EXPECT_EQ(practice.why(), "The reminder for the visit on 12 March 09:00 was not sent because the person has died or moved away.");
  }
}

TEST(OutreachPerson, WhoNobodyHasRegisteredGetsNothing) {
  Practice practice(Practice::Start::kEmpty);
  practice.enquires();
  EXPECT_EQ(practice.reason_of(), MessageReason::kNoContact);
}

TEST(OutreachPerson, IsReachableFromRegistrationOn) {
  Practice practice(Practice::Start::kEmpty);
  messages::PersonRegistered event;
  event.person = kAna;
  event.profile = ana();
  practice.handle(event);
  practice.enquires();
  EXPECT_EQ(practice.sends().size(), 1u);
}

TEST(OutreachPerson, WhoWasImportedIsStillRemindedOfANewVisit) {
  Practice practice;
  auto profile = ana();
  profile.provenance = Provenance::kImported;
  practice.person_is(profile);
  practice.books(local(2026, 3, 3, 16));
  EXPECT_EQ(practice.sends().size(), 1u);
}

// ---- zones

TEST(OutreachZone, IsThePersonsElseTheHomeSitesElseTheMessagesSites) {
  const SiteRecord lisbon{"Lisboa", "Europe/Lisbon", ""};
  const SiteRecord berlin{"Berlin", "Europe/Berlin", ""};
  const Config config;
  EXPECT_EQ(zones_of({.zone = "Asia/Kathmandu"}, &lisbon, &berlin, config), std::vector<std::string>{"Asia/Kathmandu"});
  EXPECT_EQ(zones_of({.zone = "Nowhere/Land"}, &lisbon, &berlin, config), std::vector<std::string>{"Europe/Lisbon"});
  EXPECT_EQ(zones_of({}, nullptr, &berlin, config), std::vector<std::string>{"Europe/Berlin"});
  EXPECT_EQ(zones_of({}, nullptr, nullptr, config), (std::vector<std::string>{"America/New_York", "America/Los_Angeles"}));
}

TEST(OutreachZone, UnknownMeansThatEveryUncertainZoneMustBeAwake) {
  Practice practice(Practice::Start::kKnownPerson, new_york(2026, 3, 3, 8, 30));
  auto profile = ana();
  profile.zone.clear();
  profile.home_site = {};
  practice.person_is(profile);
  messages::EnquiryReceived event;
  event.person = kAna;
  event.enquiry = kEnquiry;
  practice.handle(event);
  practice.settle();
  EXPECT_EQ(practice.last_event<messages::MessageDeferred>()->due, new_york(2026, 3, 3, 11)) << "08:00 in Los Angeles";
}

TEST(OutreachZone, UnknownWithoutAnyUncertainZoneMeansNever) {
  Practice practice;
  practice.config().uncertain_zones = "Nowhere/Land,";
  auto profile = ana();
  profile.zone.clear();
  profile.home_site = {};
  practice.person_is(profile);
  messages::EnquiryReceived event;
  event.person = kAna;
  event.enquiry = kEnquiry;
  practice.handle(event);
  practice.settle();
  EXPECT_EQ(practice.reason_of(), MessageReason::kQuietHours);
  EXPECT_EQ(practice.state_of(), MessageState::kWithheld);
}

// ---- what became of it outside

TEST(OutreachSend, IsClaimedBeforeItIsReported) {
  Practice practice;
  practice.reports_sends = false;
  practice.enquires();
  EXPECT_EQ(practice.state_of(), MessageState::kClaimed);
  EXPECT_EQ(practice.count<messages::MessageSent>(), 0u);
  EXPECT_EQ(practice.why(), "The acknowledgement of the enquiry is being sent by SMS.");
}

TEST(OutreachSend, ThatFailedIsTold) {
  Practice practice;
  practice.reports_sends = false;
  practice.enquires();
  practice.reports(practice.message(), MessageState::kFailed, MessageReason::kChannelFailed);
  const auto failed = *practice.last_event<messages::MessageWithheld>();
  EXPECT_EQ(failed.state, MessageState::kFailed);
  EXPECT_EQ(failed.reason, MessageReason::kChannelFailed);
  EXPECT_EQ(practice.why(), "The acknowledgement of the enquiry could not be sent because the channel could not deliver it.");
}

TEST(OutreachSend, ThatWasSuppressedAtTheLastMomentIsTold) {
  Practice practice;
  practice.reports_sends = false;
  practice.enquires();
  practice.reports(practice.message(), MessageState::kWithheld, MessageReason::kSuppressed);
  EXPECT_EQ(practice.last_event<messages::MessageWithheld>()->reason, MessageReason::kSuppressed);
}

TEST(OutreachSend, ThatMayHaveLeftIsNeverSentAgain) {
  Practice practice;
  practice.reports_sends = false;
  practice.enquires();
  const auto report = std::get<messages::RecordSend>(Model::uncertain(practice.effects().front().effect));
  practice.handle(report);
  EXPECT_EQ(practice.state_of(), MessageState::kUncertain);
  EXPECT_EQ(practice.reason_of(), MessageReason::kProcessDied);
  practice.enquires();
  practice.pass_to(new_york(2026, 4, 3, 9));
  EXPECT_EQ(practice.sends().size(), 1u) << practice.timeline();
}

TEST(OutreachSend, ThatCameTooLateForTheEveningWaitsForTheMorning) {
  Practice practice(Practice::Start::kKnownPerson, new_york(2026, 3, 3, 20, 59));
  practice.reports_sends = false;
  practice.enquires();
  EXPECT_EQ(practice.sends().front().not_after, new_york(2026, 3, 3, 21));
  practice.pass_to(new_york(2026, 3, 3, 21, 5));
  practice.reports(practice.message(), MessageState::kPlanned, MessageReason::kQuietHours);
  practice.settle();
  EXPECT_EQ(practice.state_of(), MessageState::kPlanned);
  EXPECT_EQ(practice.sends().size(), 1u);
  practice.reports_sends = true;
  practice.pass_to(new_york(2026, 3, 4, 8));
  ASSERT_EQ(practice.effects().size(), 2u);
  EXPECT_NE(practice.effects()[0].id, practice.effects()[1].id) << "each claim is an effect of its own";
  EXPECT_EQ(practice.count<messages::MessageSent>(), 1u);
}

TEST(OutreachSend, HeldBackIsToldOnceAndTriedAgainUntilTheHoldEnds) {
  Practice practice(Practice::Start::kKnownPerson, new_york(2026, 3, 3, 12));
  practice.reports_sends = false;
  practice.enquires();
  for (int i = 1; i <= 3; ++i) {
    practice.reports(practice.message(), MessageState::kPlanned, MessageReason::kHeld);
    EXPECT_EQ(practice.state_of(), MessageState::kPlanned);
    EXPECT_EQ(practice.reason_of(), MessageReason::kHeld);
    if (i == 3) practice.reports_sends = true;
    practice.pass_to(new_york(2026, 3, 3, 12, 10 * i));
    EXPECT_EQ(practice.effects().size(), static_cast<std::size_t>(i + 1)) << "each try is an effect of its own";
  }
  EXPECT_EQ(practice.count<messages::MessageDeferred>(), 1u);
  EXPECT_EQ(practice.count<messages::MessageSent>(), 1u);
}

TEST(OutreachSend, GivenBackIsAskedOfTheGateAgain) {
  Practice practice;
  practice.reports_sends = false;
  practice.books(local(2026, 3, 3, 16));
  practice.visit<messages::AppointmentCancelled>(local(2026, 3, 3, 16));  // too late to revoke: it is claimed
  EXPECT_EQ(practice.state_of(), MessageState::kClaimed);
  practice.reports(practice.message(), MessageState::kPlanned, MessageReason::kQuietHours);
  practice.settle();
  EXPECT_EQ(practice.reason_of(), MessageReason::kReasonGone);
  EXPECT_EQ(practice.sends().size(), 1u);
}

TEST(OutreachSend, ReportOfAnUnknownMessageIsRefused) {
  EXPECT_EQ(Practice().reports(MessageId("p-ana.m-9"), MessageState::kSent).refusal(), OutreachRefusal::kUnknownMessage);
}

TEST(OutreachSend, ReportOfAMessageNobodyClaimedIsRefused) {
  Practice practice;
  practice.books(local(2026, 3, 12, 9));
  EXPECT_EQ(practice.reports(practice.message(), MessageState::kSent).refusal(), OutreachRefusal::kNotClaimed);
  practice.pass_to(new_york(2026, 3, 11, 9));
  EXPECT_EQ(practice.reports(practice.message(), MessageState::kUncertain).refusal(), OutreachRefusal::kNotClaimed) << "sent is sent";
}

TEST(OutreachSend, ReportThatIsNoOutcomeIsRefused) {
  Practice practice;
  practice.reports_sends = false;
  practice.enquires();
  for (const MessageState state : {MessageState::kClaimed, MessageState::kRevoked}) {
    EXPECT_EQ(practice.reports(practice.message(), state).refusal(), OutreachRefusal::kNotClaimed);
  }
}

TEST(OutreachSend, TimerOfAMessageThatIsGoneDoesNothing) {
  Practice practice;
  practice.handle(SendDue{MessageId("p-ana.m-9")});
  practice.enquires();
  practice.handle(SendDue{practice.message()});
  EXPECT_EQ(practice.sends().size(), 1u);
}

// ---- why

TEST(OutreachWhy, IsRefusedForAnUnknownPerson) {
  const auto answered = Practice().ask(messages::GetMessages{PersonId("p-nobody")});
  ASSERT_FALSE(answered.has_value());
  EXPECT_EQ(answered.error().code, OutreachRefusal::kUnknownPerson);
}

TEST(OutreachWhy, ListsEveryMessageInTheOrderOfPlanning) {
  Practice practice;
  practice.books(local(2026, 3, 12, 9));
  practice.enquires();
  for (unsigned step = 1; step <= 10; ++step) practice.step_due(static_cast<std::uint16_t>(step));
  const auto list = practice.get<messages::MessageList>(messages::GetMessages{kAna});
  ASSERT_EQ(list.messages.size(), 12u);
  for (unsigned i = 0; i < 12; ++i) EXPECT_EQ(list.messages[i].message, practice.message(i + 1));
  EXPECT_EQ(list.messages[0].words, "The reminder for the visit on 12 March 09:00 is due on 11 March 09:00.");
}

TEST(OutreachWhy, HasASentenceForEveryStateAndReason) {
  for (const MessageState state : messages::kAllMessageState) {
    std::vector<std::string> sentences;
    for (const MessageReason reason : messages::kAllMessageReason) {
      MessageRecord message;
      message.programme = "reminder";
      message.state = state;
      message.reason = reason;
      const std::string words = explain(message, kNewYork);
      EXPECT_TRUE(words.starts_with("The reminder") && words.ends_with(".")) << words;
      sentences.push_back(words);
    }
    const bool gives_reasons = state != MessageState::kClaimed && state != MessageState::kSent;
    std::ranges::sort(sentences);
    const bool all_differ = std::ranges::adjacent_find(sentences) == sentences.end();
    EXPECT_EQ(all_differ, gives_reasons) << to_string(state);
  }
}

}  // namespace
}  // namespace bridgework::outreach
