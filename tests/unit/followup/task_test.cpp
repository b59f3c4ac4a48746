#include "tests/unit/followup/clinic.hpp"

namespace bridgework::followup {
namespace {

class FollowupTask : public Clinic {
 protected:
  /// A phone task about an accepted item: gap p-1.g-3.
  std::string call() {
    accept_one();
    advance_to_call("p-1.g-3");
    return only_task().task.text();
  }
};

TEST_F(FollowupTask, IsClaimedByOneAtATimeUntilTheLeaseRunsOut) {
  const auto task = call();
  EXPECT_EQ(handle(claim(task, "mia")).reply<messages::TaskView>().state, TaskState::kClaimed);
  EXPECT_EQ(refusal_of(claim(task, "tom")), FollowupRefusal::kAlreadyClaimed);
  EXPECT_EQ(refusal_of(outcome(task, TaskOutcome::kNoAnswer, "tom")), FollowupRefusal::kAlreadyClaimed);
  EXPECT_EQ(refusal_of(claim(task, "mia")), std::nullopt) << "one's own is extended";
  advance(15min);
  EXPECT_EQ(only_task().state, TaskState::kOpen);
  EXPECT_EQ(refusal_of(claim(task, "tom")), std::nullopt);
}

TEST_F(FollowupTask, UnknownAndFinishedOnesAreRefused) {
  EXPECT_EQ(refusal_of(claim("p-1.k-1", "mia")), FollowupRefusal::kUnknownTask);
  EXPECT_EQ(refusal_of(outcome("p-1.k-1", TaskOutcome::kNoAnswer)), FollowupRefusal::kUnknownTask);
  const auto task = call();
  handle(outcome(task, TaskOutcome::kSpokeBooked));
  EXPECT_EQ(refusal_of(claim(task, "mia")), FollowupRefusal::kIllegalTransition);
  EXPECT_EQ(refusal_of(outcome(task, TaskOutcome::kNoAnswer)), FollowupRefusal::kIllegalTransition);
}

TEST_F(FollowupTask, ATaskWhoseGapDoesNotKnowItIsRefused) {
  TaskRecord stray;
  stray.task = TaskId("p-1.k-9");
  stray.person = PersonId(ana);
  stray.gap = GapId("p-1.g-9");
  world.put("p-1.k-9", stray);
  EXPECT_EQ(world.handle(outcome("p-1.k-9", TaskOutcome::kNoAnswer)).refusal(), FollowupRefusal::kUnknownGap);
}

TEST_F(FollowupTask, NoAnswerAndVoicemailPutItOffToTomorrow) {
  const auto task = call();
  handle(claim(task, "mia"));
  handle(outcome(task, TaskOutcome::kVoicemail));
  EXPECT_EQ(only_task().attempts, 1);
  EXPECT_EQ(only_task().state, TaskState::kOpen);
  EXPECT_EQ(only_task().not_before, std::chrono::floor<std::chrono::days>(world.now()) + kDay + 8h);
  handle(outcome(task, TaskOutcome::kNoAnswer));
  EXPECT_EQ(only_task().attempts, 2);
}

TEST_F(FollowupTask, BookedKeepsTheGapActiveUntilTheVisitShowsUp) {
  const auto task = call();
  handle(outcome(task, TaskOutcome::kSpokeBooked));
  EXPECT_EQ(only_gap().cover, Cover::kActive);
  EXPECT_EQ(only_gap().next_step_at, world.now() + 48h);
  advance(48h);
  EXPECT_EQ(only_task().kind, TaskKind::kPhoneCall) << "nothing was booked: somebody calls again";
  handle(outcome(only_task().task.text(), TaskOutcome::kSpokeBooked));
  handle(booked("main.v-1", Purpose::kProstho, world.now() + kWeek));
  advance(3 * kDay);
  EXPECT_EQ(only_gap().cover, Cover::kCovered);
  EXPECT_TRUE(tasks().empty());
}

TEST_F(FollowupTask, DeclinedClosesTheGapAndDeclinesTheItemWithItsReason) {
  const auto task = call();
  auto declined = outcome(task, TaskOutcome::kSpokeDeclined);
  declined.reason = DecisionReason::kFear;
  handle(declined);
  EXPECT_TRUE(open_gaps().empty());
  EXPECT_EQ(gap("p-1.g-3").reason, CloseReason::kDeclined);
  EXPECT_EQ(item_view("i-1").state, ItemState::kDeclined);
  EXPECT_EQ(item_view("i-1").reason, DecisionReason::kFear);
  const auto* closed = world.last_event<messages::TaskClosed>();
  EXPECT_EQ(closed->state, TaskState::kDone);
  EXPECT_EQ(closed->outcome, TaskOutcome::kSpokeDeclined);
  EXPECT_EQ(closed->by, "mia");
}

TEST_F(FollowupTask, DecliningTheRestOfAStartedItemLetsItGoWithAReason) {
  handle(plan({item("i-1")}));
  handle(about<messages::PresentItem>("i-1"));
  handle(about<messages::AcceptItem>("i-1"));
  handle(about<messages::StartItem>("i-1"));
  advance_to_call("p-1.g-4");
  handle(outcome(only_task().task.text(), TaskOutcome::kSpokeDeclined));
  EXPECT_EQ(item_view("i-1").state, ItemState::kStarted);
  EXPECT_EQ(gap("p-1.g-4").reason, CloseReason::kDeclined);
}

TEST_F(FollowupTask, DeferredGoesOnHoldUntilTheDay) {
  const auto task = call();
  EXPECT_EQ(refusal_of(outcome(task, TaskOutcome::kSpokeDeferred)), FollowupRefusal::kInThePast);
  auto deferred = outcome(task, TaskOutcome::kSpokeDeferred);
  deferred.until = day(2026, 5, 1);
  handle(deferred);
  EXPECT_EQ(only_gap().cover, Cover::kOnHold);
  EXPECT_EQ(only_gap().review_on, day(2026, 5, 1));
  EXPECT_TRUE(tasks().empty());
}

TEST_F(FollowupTask, CallBackKeepsItOpenForThatTime) {
  const auto task = call();
  EXPECT_EQ(refusal_of(outcome(task, TaskOutcome::kCallBackAt)), FollowupRefusal::kInThePast);
  auto later = outcome(task, TaskOutcome::kCallBackAt);
  later.call_back_at = world.now() + 5h;
  handle(later);
  EXPECT_EQ(only_task().not_before, world.now() + 5h);
  EXPECT_EQ(only_task().attempts, 0);
}

TEST_F(FollowupTask, AWrongNumberLeadsToALetterAndAWrongAddressToAReview) {
  handle(outcome(call(), TaskOutcome::kWrongNumber));
  EXPECT_EQ(only_task().kind, TaskKind::kLetter);
  handle(outcome(only_task().task.text(), TaskOutcome::kWrongNumber));
  EXPECT_EQ(only_task().kind, TaskKind::kReview);
}

TEST_F(FollowupTask, OnlyALetterIsPosted) {
  EXPECT_EQ(refusal_of(outcome(call(), TaskOutcome::kPosted)), FollowupRefusal::kIllegalTransition);
}

TEST_F(FollowupTask, DeceasedClosesEverythingAndAChangedAddressDoesNotUndoIt) {
  const auto task = call();
  handle(missed("main.v-1", Purpose::kHygiene, utc(2026, 3, 3, 9)));
  handle(outcome(task, TaskOutcome::kDeceased));
  EXPECT_TRUE(open_gaps().empty());
  EXPECT_EQ(gap("p-1.g-3").reason, CloseReason::kDeceased);
  handle(person_is(messages::PersonStatus::kPatient));
  EXPECT_TRUE(open_gaps().empty());
  handle(person_is(messages::PersonStatus::kDeceased));
  handle(person_is(messages::PersonStatus::kPatient));
  EXPECT_EQ(open_gaps().size(), 2u) << "the profile took it back";
}

TEST_F(FollowupTask, TheWorkListIsOldestFirstBySiteAndForAllAndCountsTheWhole) {
  for (int person = 1; person <= 3; ++person) {
    auto event = imported(day(2025, 5, 3), messages::ImportedOutcome::kNoShow);
    event.person = PersonId("p-" + std::to_string(person));
    event.site = SiteId(person == 2 ? "north" : "main");
    handle(event);
    advance(1min);
  }
  messages::ListTasks query;
  query.limit = 2;
  auto list = world.get<messages::TaskList>(query);
  EXPECT_EQ(list.total, 3u);
  ASSERT_EQ(list.tasks.size(), 2u);
  EXPECT_EQ(list.tasks[0].person.text(), "p-1");
  query.site = SiteId("north");
  list = world.get<messages::TaskList>(query);
  EXPECT_EQ(list.total, 1u);
  EXPECT_EQ(list.tasks.at(0).person.text(), "p-2");
  query.site = {};
  query.person = PersonId("p-3");
  list = world.get<messages::TaskList>(query);
  EXPECT_EQ(list.total, 1u);
  EXPECT_EQ(list.tasks.at(0).task.text(), "p-3.k-1");
}

}  // namespace
}  // namespace bridgework::followup
