#include <algorithm>
#include <random>

#include "tests/unit/followup/clinic.hpp"

namespace bridgework::followup {
namespace {

using FollowupImport = Clinic;
using messages::ImportedOutcome;

TEST_F(FollowupImport, AMissedVisitGoesToTheWorkListAndNoMessageLeavesBeforeTheRelease) {
  handle(imported(day(2025, 5, 3), ImportedOutcome::kNoShow));
  EXPECT_EQ(only_gap().kind, GapKind::kNotKept);
  EXPECT_EQ(only_gap().provenance, Provenance::kImported);
  EXPECT_EQ(only_gap().cover, Cover::kActive);
  EXPECT_EQ(only_task().kind, TaskKind::kReview);
  EXPECT_TRUE(world.timers().empty());
  advance(400 * kDay);
  EXPECT_EQ(messages_asked_for(), 0u);
  handle(release("p-1.g-1"));
  EXPECT_TRUE(tasks().empty());
  advance(24h);
  EXPECT_EQ(messages_asked_for(), 1u);
  EXPECT_EQ(refusal_of(release("p-1.g-1")), FollowupRefusal::kIllegalTransition);
}

TEST_F(FollowupImport, SeveralMissedVisitsAreOneGapUntilTheLatestIsAnsweredFor) {
  handle(imported(day(2025, 5, 3), ImportedOutcome::kNoShow));
  handle(imported(day(2025, 5, 9), ImportedOutcome::kNoShow));
  handle(imported(day(2025, 5, 1), ImportedOutcome::kNoShow));
  EXPECT_EQ(world.count<messages::GapOpened>(), 1u);
  handle(imported(day(2025, 5, 8), ImportedOutcome::kCompleted));
  EXPECT_EQ(open_gaps().size(), 1u);
  handle(imported(day(2025, 5, 9), ImportedOutcome::kCompleted));
  EXPECT_TRUE(open_gaps().empty()) << "the same day counts";
  EXPECT_EQ(gap("p-1.g-1").reason, CloseReason::kKeptLater);
  EXPECT_TRUE(tasks().empty());
}

TEST_F(FollowupImport, AMissedVisitBeforeACompletedOneOpensNothing) {
  handle(imported(day(2025, 5, 9), ImportedOutcome::kCompleted));
  handle(imported(day(2025, 5, 9), ImportedOutcome::kNoShow));
  handle(imported(day(2025, 5, 3), ImportedOutcome::kNoShow));
  EXPECT_EQ(world.count<messages::GapOpened>(), 0u);
}

TEST_F(FollowupImport, ACompletedVisitOfAnyPurposeAnswersForImportedHistory) {
  handle(imported(day(2025, 5, 3), ImportedOutcome::kNoShow, Purpose::kHygiene));
  handle(completed("main.v-1", Purpose::kEndo, utc(2026, 3, 3, 9)));
  EXPECT_TRUE(open_gaps().empty());
}

TEST_F(FollowupImport, CancelledVisitsOfThePastOpenNothing) {
  EXPECT_TRUE(handle(imported(day(2025, 5, 3), ImportedOutcome::kCancelled)).events.empty());
  EXPECT_TRUE(gaps().empty());
}

TEST_F(FollowupImport, WhatStaffClosedIsNotReopenedByAnOlderMiss) {
  handle(imported(day(2025, 5, 9), ImportedOutcome::kNoShow));
  handle(close("p-1.g-1", CloseReason::kStaff));
  handle(imported(day(2025, 5, 3), ImportedOutcome::kNoShow));
  EXPECT_TRUE(open_gaps().empty());
  handle(imported(day(2025, 5, 20), ImportedOutcome::kNoShow));
  EXPECT_EQ(open_gaps().size(), 1u);
}

TEST_F(FollowupImport, AVisitThatTellsNothingNewWritesNothing) {
  handle(imported(day(2025, 5, 9), ImportedOutcome::kCompleted));
  const auto before = world.records();
  const auto& outcome = handle(imported(day(2025, 5, 3), ImportedOutcome::kCompleted));
  EXPECT_TRUE(outcome.events.empty());
  EXPECT_EQ(world.records(), before);
}

TEST_F(FollowupImport, ABookedVisitOfThePurposeCoversAndItsCancellationGoesBackToReview) {
  handle(imported(day(2025, 5, 9), ImportedOutcome::kNoShow));
  handle(booked("main.v-1", Purpose::kOther, utc(2026, 3, 20, 9)));
  EXPECT_EQ(only_gap().cover, Cover::kCovered);
  EXPECT_TRUE(tasks().empty());
  handle(cancelled("main.v-1", Purpose::kOther, utc(2026, 3, 20, 9)));
  EXPECT_EQ(open_gaps().size(), 2u) << "what was seen to be cancelled is followed up, the past still waits for its release";
  EXPECT_EQ(only_task().kind, TaskKind::kReview);
}

TEST_F(FollowupImport, AReviewIsNotDoneByACallNobodyAnswered) {
  handle(imported(day(2025, 5, 9), ImportedOutcome::kNoShow));
  const auto task = only_task().task.text();
  for (int i = 0; i < 20; ++i) handle(outcome(task, TaskOutcome::kNoAnswer));
  EXPECT_EQ(only_task().task.text(), task);
  EXPECT_EQ(only_task().attempts, 20);
  handle(outcome(task, TaskOutcome::kSpokeBooked));
  advance(48h);
  EXPECT_EQ(only_task().kind, TaskKind::kReview) << "no visit showed up, and still nothing was released";
  EXPECT_EQ(messages_asked_for(), 0u);
}

// Whatever the order of the rows: open for exactly those with a missed day after their last completed day.
TEST_F(FollowupImport, TheOrderOfTheRowsDoesNotMatter) {
  for (unsigned seed = 1; seed <= 300; ++seed) {
    std::mt19937 random(seed);
    world = testing::Harness<Model>(utc(2026, 3, 2, 9));
    int last_missed = -1;
    int last_completed = -1;
    const int rows = 1 + static_cast<int>(random() % 9);
    for (int row = 0; row < rows; ++row) {
      const int offset = static_cast<int>(random() % 12);
      const bool came = random() % 2 == 0;
      (came ? last_completed : last_missed) = std::max(came ? last_completed : last_missed, offset);
      const auto purpose = random() % 2 == 0 ? Purpose::kOther : Purpose::kExam;
      world.handle(
          imported(day(2025, 5, 1) + std::chrono::days(offset), came ? ImportedOutcome::kCompleted : ImportedOutcome::kNoShow, purpose));
    }
    EXPECT_EQ(open_gaps().size(), last_missed > last_completed ? 1u : 0u) << "seed " << seed << "\n" << world.timeline();
    EXPECT_EQ(tasks().size(), open_gaps().size());
    EXPECT_EQ(messages_asked_for(), 0u);
    expect_no_leaks();
  }
}

}  // namespace
}  // namespace bridgework::followup
