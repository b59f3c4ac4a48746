#include "tests/unit/followup/clinic.hpp"

namespace bridgework::followup {
namespace {

using FollowupCover = Clinic;
using FollowupMissedVisit = Clinic;
using FollowupCompletedVisit = Clinic;
using FollowupPerson = Clinic;

const Instant kVisit = utc(2026, 3, 20, 9);

TEST_F(FollowupCover, AVisitOfThePurposeCoversAndStopsTheSequence) {
  accept_one();
  handle(booked("main.v-1", Purpose::kProstho, kVisit));
  EXPECT_EQ(only_gap().cover, Cover::kCovered);
  EXPECT_EQ(only_gap().appointment.text(), "main.v-1");
  EXPECT_EQ(audit().covered, 1u);
  advance(10 * kDay);
  EXPECT_EQ(messages_asked_for(), 0u);
}

TEST_F(FollowupCover, AVisitOfAnotherPurposeDoesNotCover) {
  accept_one();
  handle(booked("main.v-1", Purpose::kHygiene, kVisit));
  EXPECT_EQ(only_gap().cover, Cover::kActive);
  advance(24h);
  EXPECT_EQ(messages_asked_for(), 1u);
}

TEST_F(FollowupCover, AGapThatOpensWhileItsVisitIsBookedIsCoveredFromTheStart) {
  handle(booked("main.v-1", Purpose::kProstho, kVisit));
  handle(plan({item("i-1")}));
  EXPECT_EQ(world.last_event<messages::GapOpened>()->cover, Cover::kCovered);
  EXPECT_EQ(only_gap().cover, Cover::kCovered);
}

TEST_F(FollowupCover, ACancelledVisitReopensAndTheSequenceStartsAgain) {
  accept_one();
  advance(24h);
  handle(booked("main.v-1", Purpose::kProstho, kVisit));
  handle(sent("p-1.g-3", 1));
  EXPECT_EQ(only_gap().cover, Cover::kCovered) << "a report that comes late starts nothing";
  handle(cancelled("main.v-1", Purpose::kProstho, kVisit));
  EXPECT_EQ(only_gap().kind, GapKind::kNotScheduled) << "no second gap for the same care";
  EXPECT_EQ(only_gap().cover, Cover::kActive);
  advance(24h);
  EXPECT_EQ(world.last_event<messages::FollowUpStepDue>()->step, 2);
  EXPECT_EQ(world.last_event<messages::FollowUpStepDue>()->template_name, "follow_up_treatment_1");
}

TEST_F(FollowupCover, AMissedVisitReopens) {
  accept_one();
  handle(booked("main.v-1", Purpose::kProstho, kVisit));
  world.advance_to(kVisit + 30min);
  handle(missed("main.v-1", Purpose::kProstho, kVisit));
  EXPECT_EQ(only_gap().cover, Cover::kActive);
}

TEST_F(FollowupCover, AnotherVisitOfThePurposeTakesOver) {
  accept_one();
  handle(booked("main.v-1", Purpose::kProstho, kVisit));
  handle(booked("main.v-2", Purpose::kProstho, kVisit + kWeek));
  handle(cancelled("main.v-1", Purpose::kProstho, kVisit));
  EXPECT_EQ(only_gap().cover, Cover::kCovered);
  EXPECT_EQ(only_gap().appointment.text(), "main.v-2");
}

TEST_F(FollowupCover, AMovedVisitCoversWithoutAMomentInBetween) {
  accept_one();
  handle(booked("main.v-1", Purpose::kProstho, kVisit));
  auto moved = visit_event<messages::AppointmentMoved>("main.v-1", Purpose::kProstho, kVisit);
  moved.to = AppointmentId("main.v-2");
  handle(moved);
  EXPECT_EQ(only_gap().cover, Cover::kCovered);
  auto rebooked = booked("main.v-2", Purpose::kProstho, kVisit + kWeek);
  rebooked.moved_from = AppointmentId("main.v-1");
  handle(rebooked);
  EXPECT_EQ(only_gap().cover, Cover::kCovered);
  EXPECT_EQ(only_gap().appointment.text(), "main.v-2");
  for (const auto& changed : world.events<messages::GapChanged>()) {
    EXPECT_FALSE(changed.from == Cover::kCovered && changed.to == Cover::kActive);
  }
  world.advance_to(kVisit + 3 * kDay);
  EXPECT_EQ(only_gap().cover, Cover::kCovered) << "the old time means nothing any more";
}

TEST_F(FollowupCover, BookingWithdrawsTheTask) {
  accept_one();
  advance_to_call("p-1.g-3");
  const auto task = only_task().task;
  handle(booked("main.v-1", Purpose::kProstho, world.now() + kWeek));
  EXPECT_TRUE(tasks().empty());
  EXPECT_EQ(world.last_event<messages::TaskClosed>()->state, TaskState::kWithdrawn);
  EXPECT_EQ(refusal_of(outcome(task.text(), TaskOutcome::kNoAnswer)), FollowupRefusal::kIllegalTransition);
}

TEST_F(FollowupCover, AGapOnHoldIsCoveredByAVisitAndTakenUpWhenItIsCancelled) {
  accept_one();
  handle(hold("p-1.g-3", day(2026, 6, 1)));
  handle(booked("main.v-1", Purpose::kProstho, kVisit));
  EXPECT_EQ(only_gap().cover, Cover::kCovered);
  EXPECT_FALSE(only_gap().review_on);
  handle(cancelled("main.v-1", Purpose::kProstho, kVisit));
  EXPECT_EQ(only_gap().cover, Cover::kActive);
}

TEST_F(FollowupCover, TheVisitOutcomeTimerSendsAVisitNobodySpokeOfToReview) {
  accept_one();
  handle(booked("main.v-1", Purpose::kProstho, kVisit));
  world.advance_to(kVisit + 1h + 24h - 1s);
  EXPECT_EQ(only_gap().cover, Cover::kCovered);
  advance(1s);
  EXPECT_EQ(only_gap().cover, Cover::kActive);
  EXPECT_EQ(only_task().kind, TaskKind::kReview);
  advance(30 * kDay);
  EXPECT_EQ(messages_asked_for(), 0u) << "perhaps they came: nobody writes before somebody looked";
  handle(completed("main.v-1", Purpose::kProstho, kVisit));
  EXPECT_EQ(item_view("i-1").state, ItemState::kCompleted);
  EXPECT_TRUE(open_gaps().empty());
  EXPECT_TRUE(tasks().empty());
}

TEST_F(FollowupCover, TheVisitOutcomeTimerOpensAGapForAVisitThatCoveredNothing) {
  handle(booked("main.v-1", Purpose::kHygiene, kVisit));
  world.advance_to(kVisit + 2 * kDay);
  EXPECT_EQ(only_gap().kind, GapKind::kNotKept);
  EXPECT_EQ(only_gap().provenance, Provenance::kInferred);
  EXPECT_EQ(only_task().kind, TaskKind::kReview);
  handle(missed("main.v-1", Purpose::kHygiene, kVisit));
  EXPECT_TRUE(tasks().empty()) << "now it is known: followed up like any missed visit";
  EXPECT_TRUE(only_gap().next_step_at);
}

TEST_F(FollowupMissedVisit, OpensAGapOfItsPurpose) {
  handle(booked("main.v-1", Purpose::kHygiene, kVisit));
  world.advance_to(kVisit + 1h);
  handle(missed("main.v-1", Purpose::kHygiene, kVisit));
  EXPECT_EQ(only_gap().kind, GapKind::kNotKept);
  EXPECT_EQ(only_gap().purpose, Purpose::kHygiene);
  EXPECT_EQ(only_gap().provenance, Provenance::kObserved);
  advance(24h);
  EXPECT_EQ(world.last_event<messages::FollowUpStepDue>()->template_name, "follow_up_missed_visit_1");
}

TEST_F(FollowupMissedVisit, TwoOfOnePurposeAreOneGapAndTwoPurposesAreTwo) {
  handle(missed("main.v-1", Purpose::kHygiene, kVisit));
  handle(missed("main.v-2", Purpose::kHygiene, kVisit + kWeek));
  EXPECT_EQ(open_gaps().size(), 1u);
  handle(missed("main.v-3", Purpose::kEndo, kVisit));
  EXPECT_EQ(open_gaps().size(), 2u);
}

TEST_F(FollowupMissedVisit, IsClosedByALaterCompletedVisitOfThePurposeOnly) {
  handle(missed("main.v-1", Purpose::kHygiene, kVisit));
  handle(completed("main.v-2", Purpose::kEndo, kVisit + kDay));
  EXPECT_EQ(open_gaps().size(), 1u);
  handle(completed("main.v-3", Purpose::kHygiene, kVisit - kDay));
  EXPECT_EQ(open_gaps().size(), 1u) << "before it was missed";
  handle(completed("main.v-4", Purpose::kHygiene, kVisit + kDay));
  EXPECT_TRUE(open_gaps().empty());
  EXPECT_EQ(gap("p-1.g-1").reason, CloseReason::kKeptLater);
}

TEST_F(FollowupMissedVisit, OpensNothingWhenThePersonCameLater) {
  handle(completed("main.v-2", Purpose::kHygiene, kVisit + kDay));
  handle(missed("main.v-1", Purpose::kHygiene, kVisit));
  EXPECT_TRUE(open_gaps().empty());
}

TEST_F(FollowupMissedVisit, OpensNothingWhenAnotherVisitOfThePurposeIsBooked) {
  handle(booked("main.v-2", Purpose::kHygiene, kVisit + kWeek));
  handle(cancelled("main.v-1", Purpose::kHygiene, kVisit));
  EXPECT_TRUE(open_gaps().empty());
  handle(cancelled("main.v-2", Purpose::kHygiene, kVisit + kWeek));
  EXPECT_EQ(only_gap().kind, GapKind::kNotKept);
}

TEST_F(FollowupMissedVisit, IsCoveredByANewVisitAndReopensWithIt) {
  handle(missed("main.v-1", Purpose::kHygiene, kVisit));
  handle(booked("main.v-2", Purpose::kHygiene, kVisit + kWeek));
  EXPECT_EQ(only_gap().cover, Cover::kCovered);
  handle(cancelled("main.v-2", Purpose::kHygiene, kVisit + kWeek));
  EXPECT_EQ(only_gap().cover, Cover::kActive);
  handle(booked("main.v-3", Purpose::kHygiene, kVisit + 2 * kWeek));
  handle(completed("main.v-3", Purpose::kHygiene, kVisit + 2 * kWeek));
  EXPECT_TRUE(open_gaps().empty());
}

TEST_F(FollowupMissedVisit, ACancelledRecallIsFollowedUpAlthoughThePersonWasHereToday) {
  const Instant in_half_a_year = utc(2026, 9, 1, 9);
  handle(completed("main.v-1", Purpose::kHygiene, world.now()));
  handle(booked("main.v-2", Purpose::kHygiene, in_half_a_year));
  handle(cancelled("main.v-2", Purpose::kHygiene, in_half_a_year));
  EXPECT_EQ(only_gap().kind, GapKind::kNotKept);
}

TEST_F(FollowupCompletedVisit, CompletesTheItemItCovered) {
  accept_one();
  handle(booked("main.v-1", Purpose::kProstho, kVisit));
  handle(completed("main.v-1", Purpose::kProstho, kVisit));
  EXPECT_EQ(item_view("i-1").state, ItemState::kCompleted);
  EXPECT_EQ(gap("p-1.g-3").reason, CloseReason::kDone);
  EXPECT_EQ(world.last_event<messages::ItemDecided>()->appointment.text(), "main.v-1");
  EXPECT_EQ(audit().closed, 1u);
}

TEST_F(FollowupCompletedVisit, ASeriesIsUnfinishedUntilEachVisitTookPlace) {
  accept_one(Purpose::kPerio, 3);
  for (int visit = 1; visit <= 3; ++visit) {
    const std::string id = "main.v-" + std::to_string(visit);
    handle(booked(id, Purpose::kPerio, kVisit + visit * kWeek));
    EXPECT_EQ(only_gap().cover, Cover::kCovered);
    handle(completed(id, Purpose::kPerio, kVisit + visit * kWeek));
    EXPECT_EQ(item_view("i-1").visits_done, visit);
    if (visit == 3) break;
    EXPECT_EQ(only_gap().kind, GapKind::kUnfinished);
    EXPECT_EQ(only_gap().cover, Cover::kActive) << "the next visit of the series is not booked";
  }
  EXPECT_TRUE(open_gaps().empty());
  EXPECT_EQ(item_view("i-1").state, ItemState::kCompleted);
}

TEST_F(FollowupCompletedVisit, CountsForOneItemAndTheOtherIsTakenUpAgain) {
  auto second = item("i-2");
  second.phase = 2;
  auto first = item("i-1");
  first.phase = 1;
  handle(plan({second, first}));
  for (const char* name : {"i-1", "i-2"}) {
    handle(about<messages::PresentItem>(name));
    handle(about<messages::AcceptItem>(name));
  }
  handle(booked("main.v-1", Purpose::kProstho, kVisit));
  EXPECT_EQ(audit().covered, 1u);
  handle(completed("main.v-1", Purpose::kProstho, kVisit));
  EXPECT_EQ(item_view("i-1").state, ItemState::kCompleted) << "the earlier phase";
  EXPECT_EQ(item_view("i-2").state, ItemState::kAccepted);
  EXPECT_EQ(only_gap().cover, Cover::kActive);
}

TEST_F(FollowupCompletedVisit, CountsForTheItemThatStaffStartedInIt) {
  auto one = item("i-1");
  auto two = item("i-2");
  two.phase = 2;
  handle(plan({one, two}));
  for (const char* name : {"i-1", "i-2"}) {
    handle(about<messages::PresentItem>(name));
    handle(about<messages::AcceptItem>(name));
  }
  handle(booked("main.v-1", Purpose::kProstho, kVisit));
  auto start = about<messages::StartItem>("i-2");
  start.appointment = AppointmentId("main.v-1");
  handle(start);
  handle(completed("main.v-1", Purpose::kProstho, kVisit));
  EXPECT_EQ(item_view("i-2").state, ItemState::kCompleted);
  EXPECT_EQ(item_view("i-1").state, ItemState::kAccepted);
}

TEST_F(FollowupCompletedVisit, CountsForNoOtherItemWhenStaffCompletedOneInIt) {
  handle(plan({item("i-1"), item("i-2")}));
  for (const char* name : {"i-1", "i-2"}) {
    handle(about<messages::PresentItem>(name));
    handle(about<messages::AcceptItem>(name));
  }
  handle(booked("main.v-1", Purpose::kProstho, kVisit));
  auto complete = about<messages::CompleteItem>("i-2");
  complete.appointment = AppointmentId("main.v-1");
  handle(complete);
  handle(completed("main.v-1", Purpose::kProstho, kVisit));
  EXPECT_EQ(item_view("i-1").state, ItemState::kAccepted);
}

TEST_F(FollowupCompletedVisit, DoesNotCompleteAnItemThatWasOnlyFound) {
  handle(plan({item("i-1")}));
  handle(booked("main.v-1", Purpose::kProstho, kVisit));
  handle(completed("main.v-1", Purpose::kProstho, kVisit));
  EXPECT_EQ(only_gap().kind, GapKind::kNotPresented);
  EXPECT_EQ(only_gap().cover, Cover::kActive);
}

TEST_F(FollowupCompletedVisit, AnItemWhoseDependencyIsOpenStaysUnfinished) {
  auto crown = item("crown");
  crown.depends_on = {ItemId("root")};
  handle(plan({crown, item("root", Purpose::kEndo)}));
  handle(about<messages::PresentItem>("crown"));
  handle(about<messages::AcceptItem>("crown"));
  handle(booked("main.v-1", Purpose::kProstho, kVisit));
  handle(completed("main.v-1", Purpose::kProstho, kVisit));
  EXPECT_EQ(item_view("crown").state, ItemState::kStarted);
}

TEST_F(FollowupPerson, DeathAndMovingAwayCloseEverythingAndWithdrawTasks) {
  for (const auto status : {messages::PersonStatus::kDeceased, messages::PersonStatus::kMoved}) {
    world = testing::Harness<Model>(utc(2026, 3, 2, 9));
    accept_one();
    handle(missed("main.v-1", Purpose::kHygiene, utc(2026, 2, 1, 9)));
    advance(24h);
    handle(withheld("p-1.g-3", 1, MessageReason::kNoConsent));
    EXPECT_EQ(tasks().size(), 1u);
    handle(person_is(status));
    EXPECT_TRUE(open_gaps().empty());
    EXPECT_TRUE(tasks().empty());
    const auto reason = status == messages::PersonStatus::kDeceased ? CloseReason::kDeceased : CloseReason::kMovedAway;
    EXPECT_EQ(gap("p-1.g-3").reason, reason);
    handle(missed("main.v-2", Purpose::kEndo, kVisit));
    handle(plan({item("i-1")}, "p-1.t-2"));
    EXPECT_TRUE(open_gaps().empty()) << "and nothing opens any more";
    EXPECT_TRUE(world.timers().empty());
  }
}

TEST_F(FollowupPerson, AMistakenDeathIsTakenBackWithAllThatWasOwed) {
  accept_one();
  handle(missed("main.v-1", Purpose::kHygiene, utc(2026, 2, 1, 9)));
  handle(person_is(messages::PersonStatus::kDeceased));
  handle(person_is(messages::PersonStatus::kPatient));
  ASSERT_EQ(open_gaps().size(), 2u);
  handle(person_is(messages::PersonStatus::kDeceased));
  handle(person_is(messages::PersonStatus::kPatient));
  EXPECT_EQ(open_gaps().size(), 2u);
}

TEST_F(FollowupPerson, RegistrationIsRememberedAndCounted) {
  messages::PersonRegistered event;
  event.person = PersonId(ana);
  event.profile.preferred_channel = messages::Channel::kSms;
  handle(event);
  EXPECT_EQ(audit().persons, 1u);
  EXPECT_EQ(audit().with_unfinished_care, 0u);
  accept_one();
  advance(24h);
  EXPECT_EQ(world.last_event<messages::FollowUpStepDue>()->channel, messages::Channel::kSms);
}

}  // namespace
}  // namespace bridgework::followup
