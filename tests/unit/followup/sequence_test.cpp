#include "followup/sequence.hpp"
#include "tests/unit/followup/clinic.hpp"

namespace bridgework::followup {
namespace {

using FollowupSequence = Clinic;

TEST_F(FollowupSequence, TheStepTimerAsksForAMessageADayAfterTheGapOpened) {
  accept_one();
  EXPECT_EQ(only_gap().next_step_at, world.now() + 24h);
  advance(24h - 1s);
  EXPECT_EQ(messages_asked_for(), 0u);
  advance(1s);
  ASSERT_EQ(messages_asked_for(), 1u);
  const auto* due = world.last_event<messages::FollowUpStepDue>();
  EXPECT_EQ(due->gap.text(), "p-1.g-3");
  EXPECT_EQ(due->step, 1);
  EXPECT_EQ(due->kind, GapKind::kNotScheduled);
  EXPECT_EQ(due->template_name, "follow_up_treatment_1");
  EXPECT_FALSE(only_gap().next_step_at) << "now it waits for what outreach says";
}

TEST_F(FollowupSequence, MessageMessageCallLetterAndThenACallAgain) {
  accept_one();
  advance_to_call("p-1.g-3");
  EXPECT_EQ(messages_asked_for(), 2u);
  EXPECT_EQ(only_task().kind, TaskKind::kPhoneCall);
  const auto call = only_task().task.text();
  for (int i = 0; i < 5; ++i) handle(outcome(call, TaskOutcome::kNoAnswer));
  EXPECT_TRUE(tasks().empty());
  advance(kWeek);
  EXPECT_EQ(only_task().kind, TaskKind::kLetter);
  handle(outcome(only_task().task.text(), TaskOutcome::kPosted));
  EXPECT_TRUE(tasks().empty());
  advance(28 * kDay);
  EXPECT_EQ(only_task().kind, TaskKind::kPhoneCall) << "never forgotten";
  advance(300 * kDay);
  EXPECT_EQ(tasks().size(), 1u) << "an open task stays on the list for ever";
}

TEST_F(FollowupSequence, AClinicianCallsAboutWhatIsUrgent) {
  accept_one(Purpose::kProstho, 1, Urgency::kUrgent);
  advance_to_call("p-1.g-3");
  handle(outcome(only_task().task.text(), TaskOutcome::kWrongNumber));
  EXPECT_EQ(only_task().kind, TaskKind::kLetter);
  handle(outcome(only_task().task.text(), TaskOutcome::kPosted));
  advance(kWeek);
  EXPECT_EQ(only_task().kind, TaskKind::kClinicianCall);
}

TEST_F(FollowupSequence, TheReplyGuardTimerGoesOnWhenOutreachIsSilent) {
  accept_one();
  advance(24h);
  advance(48h - 1s);
  EXPECT_FALSE(only_gap().next_step_at);
  advance(1s);
  EXPECT_EQ(only_gap().next_step_at, world.now() + kWeek);
  handle(sent("p-1.g-3", 1));
  EXPECT_EQ(only_gap().next_step_at, world.now() + kWeek) << "a late report changes nothing";
}

TEST_F(FollowupSequence, ReportsAboutOtherMessagesChangeNothing) {
  accept_one();
  advance(24h);
  auto other_programme = sent("p-1.g-3", 1);
  other_programme.programme = "reminder";
  EXPECT_TRUE(handle(other_programme).events.empty());
  handle(sent("p-1.g-3", 2));
  handle(sent("p-1.g-99", 1));
  EXPECT_FALSE(only_gap().next_step_at) << "still waiting for message 1";
  handle(sent("p-1.g-3", 1));
  EXPECT_TRUE(only_gap().next_step_at);
}

class FollowupWithheldForGood : public Clinic, public ::testing::WithParamInterface<MessageReason> {};

TEST_P(FollowupWithheldForGood, SomebodyCallsInstead) {
  accept_one();
  advance(24h);
  handle(withheld("p-1.g-3", 1, GetParam()));
  EXPECT_EQ(only_task().kind, TaskKind::kPhoneCall);
  advance(60 * kDay);
  EXPECT_EQ(messages_asked_for(), 1u) << "no more messages are tried";
}

INSTANTIATE_TEST_SUITE_P(Reasons, FollowupWithheldForGood,
                         ::testing::Values(MessageReason::kSuppressed, MessageReason::kNoConsent, MessageReason::kNoContact,
                                           MessageReason::kChannelFailed, MessageReason::kNone),
                         [](const auto& info) { return std::string(to_string(info.param)); });

class FollowupWithheldForNow : public Clinic, public ::testing::WithParamInterface<MessageReason> {};

TEST_P(FollowupWithheldForNow, TheSameStepIsTriedAgainNextDayAsANewMessage) {
  accept_one();
  advance(24h);
  handle(withheld("p-1.g-3", 1, GetParam()));
  EXPECT_EQ(only_gap().next_step_at, world.now() + 24h);
  advance(24h);
  const auto due = world.events<messages::FollowUpStepDue>();
  ASSERT_EQ(due.size(), 2u);
  EXPECT_EQ(due[1].template_name, due[0].template_name);
  EXPECT_EQ(due[1].step, 2) << "a number of its own, or outreach takes it for the one it has already refused";
}

TEST_P(FollowupWithheldForNow, ButNotForEver) {
  accept_one();
  for (std::uint16_t message = 1; message <= 8; ++message) {
    EXPECT_TRUE(tasks().empty());
    advance(24h);
    handle(withheld("p-1.g-3", message, GetParam()));
  }
  EXPECT_EQ(only_task().kind, TaskKind::kPhoneCall);
}

INSTANTIATE_TEST_SUITE_P(Reasons, FollowupWithheldForNow,
                         ::testing::Values(MessageReason::kCapDay, MessageReason::kCapWeek, MessageReason::kTooLate,
                                           MessageReason::kQuietHours, MessageReason::kReasonGone),
                         [](const auto& info) { return std::string(to_string(info.param)); });

class FollowupWithheldInDoubt : public Clinic, public ::testing::WithParamInterface<MessageReason> {};

TEST_P(FollowupWithheldInDoubt, WhatMayHaveArrivedIsNeverSentAgain) {
  accept_one();
  advance(24h);
  handle(withheld("p-1.g-3", 1, GetParam()));
  EXPECT_EQ(only_gap().next_step_at, world.now() + kWeek);
}

INSTANTIATE_TEST_SUITE_P(Reasons, FollowupWithheldInDoubt, ::testing::Values(MessageReason::kDuplicate, MessageReason::kProcessDied),
                         [](const auto& info) { return std::string(to_string(info.param)); });

TEST_F(FollowupSequence, AMessageWithheldBecauseThePersonIsGoneClosesTheGap) {
  accept_one();
  advance(24h);
  handle(withheld("p-1.g-3", 1, MessageReason::kPersonGone));
  EXPECT_TRUE(open_gaps().empty());
  EXPECT_EQ(gap("p-1.g-3").reason, CloseReason::kMovedAway);
}

TEST_F(FollowupSequence, AMessageWithheldAsImportedSendsTheGapToReview) {
  accept_one();
  advance(24h);
  handle(withheld("p-1.g-3", 1, MessageReason::kImported));
  EXPECT_EQ(only_task().kind, TaskKind::kReview);
}

TEST_F(FollowupSequence, TheReviewTimerBringsBackAGapOnHoldInTheMorningOfThePersonsZone) {
  auto profile = person_is(messages::PersonStatus::kPatient);
  profile.profile.zone = "America/New_York";
  handle(profile);
  accept_one();
  handle(hold("p-1.g-3", day(2026, 4, 1)));
  EXPECT_EQ(only_gap().cover, Cover::kOnHold);
  world.advance_to(utc(2026, 4, 1, 11, 59));
  EXPECT_EQ(only_gap().cover, Cover::kOnHold);
  world.advance_to(utc(2026, 4, 1, 12));
  EXPECT_EQ(only_gap().cover, Cover::kActive);
  expect_no_leaks();
}

TEST_F(FollowupSequence, HoldingAgainMovesTheReviewDate) {
  accept_one();
  handle(hold("p-1.g-3", day(2026, 4, 1)));
  handle(hold("p-1.g-3", day(2026, 5, 1)));
  world.advance_to(utc(2026, 4, 30, 23));
  EXPECT_EQ(only_gap().cover, Cover::kOnHold);
  world.advance_to(utc(2026, 5, 1, 8));
  EXPECT_EQ(only_gap().cover, Cover::kActive);
}

TEST_F(FollowupSequence, HoldRefusesUnknownClosedCoveredAndPast) {
  EXPECT_EQ(refusal_of(hold("p-1.g-1", day(2026, 4, 1))), FollowupRefusal::kUnknownGap);
  accept_one();
  EXPECT_EQ(refusal_of(hold("p-1.g-3", day(2026, 3, 2))), FollowupRefusal::kInThePast);
  EXPECT_EQ(refusal_of(hold("p-1.g-1", day(2026, 4, 1))), FollowupRefusal::kIllegalTransition) << "closed";
  handle(booked("main.v-1", Purpose::kProstho, utc(2026, 3, 20, 9)));
  EXPECT_EQ(refusal_of(hold("p-1.g-3", day(2026, 4, 1))), FollowupRefusal::kIllegalTransition) << "covered";
}

TEST_F(FollowupSequence, StaffMayCloseAGapWithAReasonAndTheItemIsAtRest) {
  accept_one();
  handle(close("p-1.g-3", CloseReason::kNone));
  EXPECT_EQ(gap("p-1.g-3").reason, CloseReason::kStaff);
  EXPECT_TRUE(open_gaps().empty());
  EXPECT_EQ(refusal_of(close("p-1.g-3", CloseReason::kStaff)), FollowupRefusal::kIllegalTransition);
  EXPECT_EQ(refusal_of(close("p-1.g-77", CloseReason::kStaff)), FollowupRefusal::kUnknownGap);
  handle(about<messages::StartItem>("i-1"));
  EXPECT_EQ(only_gap().kind, GapKind::kUnfinished) << "when something happens to the item it counts again";
}

TEST_F(FollowupSequence, ClosingAGapAsDeclinedDeclinesItsItem) {
  accept_one();
  handle(close("p-1.g-3", CloseReason::kDeclined));
  EXPECT_EQ(item_view("i-1").state, ItemState::kDeclined);
  EXPECT_EQ(gap("p-1.g-3").reason, CloseReason::kDeclined);
}

TEST_F(FollowupSequence, ReleaseRefusesWhatNeedsNone) {
  EXPECT_EQ(refusal_of(release("p-1.g-1")), FollowupRefusal::kUnknownGap);
  accept_one();
  EXPECT_EQ(refusal_of(release("p-1.g-3")), FollowupRefusal::kIllegalTransition);
}

TEST(FollowupSequenceTable, EveryKindStartsWithMessagesAndHasACallAndALetter) {
  for (const auto kind : messages::kAllGapKind) {
    const auto steps = sequence_of(kind, kSequenceVersion);
    ASSERT_GE(steps.size(), 2u);
    for (const auto& step : steps) EXPECT_EQ(step.means == Step::Means::kMessage, !step.template_name.empty());
    EXPECT_EQ(steps.front().means, Step::Means::kMessage);
    EXPECT_TRUE(position_of(kind, kSequenceVersion, TaskKind::kPhoneCall));
    EXPECT_TRUE(position_of(kind, kSequenceVersion, TaskKind::kLetter));
    EXPECT_EQ(next_position(kind, kSequenceVersion, Urgency::kSoon, 4), std::nullopt);
    EXPECT_EQ(next_position(kind, kSequenceVersion, Urgency::kUrgent, 4), 5);
  }
}

}  // namespace
}  // namespace bridgework::followup
