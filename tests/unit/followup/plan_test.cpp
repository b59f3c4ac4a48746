#include "tests/unit/followup/clinic.hpp"

namespace bridgework::followup {
namespace {

using FollowupPlan = Clinic;

TEST_F(FollowupPlan, EveryItemFoundOpensAGapUntilItIsPresented) {
  const auto& outcome = handle(plan({item("i-1"), item("i-2", Purpose::kEndo)}));
  EXPECT_EQ(outcome.reply<messages::TreatmentPlanView>().items.size(), 2u);
  ASSERT_NE(world.last_event<messages::TreatmentPlanCreated>(), nullptr);
  EXPECT_EQ(world.count<messages::GapOpened>(), 2u);
  for (const auto& gap : open_gaps()) {
    EXPECT_EQ(gap.kind, GapKind::kNotPresented);
    EXPECT_EQ(gap.cover, Cover::kActive);
    EXPECT_EQ(gap.fee_minor, 90000);
  }
}

TEST_F(FollowupPlan, TheGapFollowsTheItemFromFoundToCompleted) {
  handle(plan({item("i-1")}));
  EXPECT_EQ(only_gap().kind, GapKind::kNotPresented);
  handle(about<messages::PresentItem>("i-1"));
  EXPECT_EQ(only_gap().kind, GapKind::kUndecided);
  EXPECT_EQ(gap("p-1.g-1").reason, CloseReason::kSuperseded);
  handle(about<messages::AcceptItem>("i-1"));
  EXPECT_EQ(only_gap().kind, GapKind::kNotScheduled);
  handle(about<messages::StartItem>("i-1"));
  EXPECT_EQ(only_gap().kind, GapKind::kUnfinished);
  handle(about<messages::CompleteItem>("i-1"));
  EXPECT_TRUE(open_gaps().empty());
  EXPECT_EQ(gap("p-1.g-4").reason, CloseReason::kDone);
  EXPECT_TRUE(world.timers().empty()) << "nothing is left to happen";
  const auto decided = world.events<messages::ItemDecided>();
  ASSERT_EQ(decided.size(), 4u);
  EXPECT_EQ(decided[3].from, ItemState::kStarted);
  EXPECT_EQ(decided[3].to, ItemState::kCompleted);
}

TEST_F(FollowupPlan, ADeclinedItemIsAtRestAndMayBeAcceptedLater) {
  handle(plan({item("i-1")}));
  handle(about<messages::PresentItem>("i-1"));
  auto decline = about<messages::DeclineItem>("i-1");
  decline.reason = DecisionReason::kCost;
  handle(decline);
  EXPECT_TRUE(open_gaps().empty());
  EXPECT_EQ(gap("p-1.g-2").reason, CloseReason::kDeclined);
  EXPECT_EQ(item_view("i-1").reason, DecisionReason::kCost);
  EXPECT_EQ(audit().closed, 1u);
  handle(about<messages::AcceptItem>("i-1"));
  EXPECT_EQ(only_gap().kind, GapKind::kNotScheduled);
}

TEST_F(FollowupPlan, ADeferredItemIsOnHoldUntilItsDateAndThenComesBack) {
  handle(plan({item("i-1")}));
  handle(about<messages::PresentItem>("i-1"));
  auto defer = about<messages::DeferItem>("i-1");
  defer.until = day(2026, 6, 1);
  defer.reason = DecisionReason::kTime;
  handle(defer);
  EXPECT_EQ(only_gap().cover, Cover::kOnHold);
  EXPECT_EQ(only_gap().review_on, day(2026, 6, 1));
  EXPECT_EQ(audit().on_hold, 1u);
  world.advance_to(utc(2026, 5, 31, 23));
  EXPECT_EQ(messages_asked_for(), 0u);
  world.advance_to(utc(2026, 6, 1, 8));
  EXPECT_EQ(only_gap().cover, Cover::kActive);
  advance(24h);
  EXPECT_EQ(messages_asked_for(), 1u);
}

TEST_F(FollowupPlan, AnAcceptedItemThatIsDeferredIsUndecidedAgain) {
  accept_one();
  auto defer = about<messages::DeferItem>("i-1");
  defer.until = day(2026, 6, 1);
  handle(defer);
  EXPECT_EQ(only_gap().kind, GapKind::kUndecided);
  EXPECT_EQ(only_gap().cover, Cover::kOnHold);
  const auto changed = world.events<messages::GapChanged>();
  EXPECT_EQ(changed.back().to, Cover::kOnHold);
  EXPECT_EQ(changed.back().review_on, day(2026, 6, 1));
}

TEST_F(FollowupPlan, PresentingADeferredItemAgainEndsItsHold) {
  handle(plan({item("i-1")}));
  handle(about<messages::PresentItem>("i-1"));
  auto defer = about<messages::DeferItem>("i-1");
  defer.until = day(2026, 6, 1);
  handle(defer);
  handle(about<messages::PresentItem>("i-1"));
  EXPECT_EQ(only_gap().cover, Cover::kActive);
}

TEST_F(FollowupPlan, RefusesIllegalTransitions) {
  handle(plan({item("i-1")}));
  EXPECT_EQ(refusal_of(about<messages::AcceptItem>("i-1")), FollowupRefusal::kIllegalTransition);
  EXPECT_EQ(refusal_of(about<messages::DeclineItem>("i-1")), FollowupRefusal::kIllegalTransition);
  EXPECT_EQ(refusal_of(about<messages::StartItem>("i-1")), FollowupRefusal::kIllegalTransition);
  EXPECT_EQ(refusal_of(about<messages::CompleteItem>("i-1")), FollowupRefusal::kIllegalTransition);
  handle(about<messages::PresentItem>("i-1"));
  EXPECT_EQ(refusal_of(about<messages::PresentItem>("i-1")), FollowupRefusal::kIllegalTransition);
  handle(about<messages::AcceptItem>("i-1"));
  EXPECT_EQ(refusal_of(about<messages::AcceptItem>("i-1")), FollowupRefusal::kIllegalTransition);
  handle(about<messages::StartItem>("i-1"));
  EXPECT_EQ(refusal_of(about<messages::DeclineItem>("i-1")), FollowupRefusal::kIllegalTransition);
  handle(about<messages::CompleteItem>("i-1"));
  EXPECT_EQ(refusal_of(about<messages::CompleteItem>("i-1")), FollowupRefusal::kIllegalTransition);
}

TEST_F(FollowupPlan, RefusesToCompleteWhatWaitsForAnotherItem) {
  auto crown = item("crown");
  crown.depends_on = {ItemId("root")};
  handle(plan({crown, item("root", Purpose::kEndo)}));
  for (const char* name : {"crown", "root"}) {
    handle(about<messages::PresentItem>(name));
    handle(about<messages::AcceptItem>(name));
  }
  EXPECT_EQ(refusal_of(about<messages::CompleteItem>("crown")), FollowupRefusal::kDependencyOpen);
  handle(about<messages::CompleteItem>("root"));
  EXPECT_EQ(refusal_of(about<messages::CompleteItem>("crown")), std::nullopt);
}

TEST_F(FollowupPlan, RefusesADeferralThatIsNotLater) {
  handle(plan({item("i-1")}));
  handle(about<messages::PresentItem>("i-1"));
  auto defer = about<messages::DeferItem>("i-1");
  defer.until = day(2026, 3, 2);
  EXPECT_EQ(refusal_of(defer), FollowupRefusal::kInThePast);
}

TEST_F(FollowupPlan, RefusesIdsThatAreNotThePersons) {
  EXPECT_EQ(refusal_of(plan({item("i-1")}, "p-2.t-1")), FollowupRefusal::kInvalidId);
  EXPECT_EQ(refusal_of(plan({item("i-1")}, "p-1")), FollowupRefusal::kInvalidId);
  EXPECT_EQ(refusal_of(plan({item("i-1")}, "p-1.")), FollowupRefusal::kInvalidId);
  EXPECT_EQ(refusal_of(plan({item("i-1"), item("i-1")})), FollowupRefusal::kInvalidId);
}

TEST_F(FollowupPlan, RefusesDependenciesThatMakeNoSense) {
  auto a = item("a");
  a.depends_on = {ItemId("elsewhere")};
  EXPECT_EQ(refusal_of(plan({a})), FollowupRefusal::kInvalidId);
  a.depends_on = {ItemId("b")};
  auto b = item("b");
  b.depends_on = {ItemId("a")};
  EXPECT_EQ(refusal_of(plan({a, b})), FollowupRefusal::kInvalidId);
}

TEST_F(FollowupPlan, RefusesAPlanThatExists) {
  handle(plan({item("i-1")}));
  EXPECT_EQ(refusal_of(plan({item("i-2")})), FollowupRefusal::kAlreadyExists);
}

TEST_F(FollowupPlan, RefusesUnknownPlansAndItems) {
  EXPECT_EQ(refusal_of(about<messages::PresentItem>("i-1")), FollowupRefusal::kUnknownPlan);
  handle(plan({item("i-1")}));
  EXPECT_EQ(refusal_of(about<messages::PresentItem>("i-9")), FollowupRefusal::kUnknownItem);
  messages::GetTreatmentPlan query;
  query.plan = PlanId("p-1.t-9");
  const auto answered = world.ask(query);
  ASSERT_FALSE(answered);
  EXPECT_EQ(answered.error().code, FollowupRefusal::kUnknownPlan);
}

TEST_F(FollowupPlan, ClosedGapsOfAPersonDoNotPileUp) {
  handle(plan({item("i-1")}));
  handle(about<messages::PresentItem>("i-1"));
  for (int i = 0; i < 20; ++i) {
    handle(about<messages::DeclineItem>("i-1"));
    handle(about<messages::AcceptItem>("i-1"));
  }
  EXPECT_EQ(gaps().size(), 1u + static_cast<std::size_t>(world.config().closed_gaps_kept));
  EXPECT_EQ(gaps().back().gap, only_gap().gap);
}

}  // namespace
}  // namespace bridgework::followup
