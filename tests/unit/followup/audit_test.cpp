// The audit must find what is wrong: each test breaks the stored state in one way and reads the finding.

#include <functional>

#include "tests/unit/followup/clinic.hpp"

namespace bridgework::followup {
namespace {

struct Damage {
  std::string name;
  std::function<void(Dossier&)> break_it;
  std::string finding;
};

class FollowupAudit : public Clinic, public ::testing::WithParamInterface<Damage> {
 protected:
  /// Gap 0 is active with a task, gap 1 is covered, gap 2 is on hold; all of one plan.
  Dossier healthy() {
    handle(plan({item("a", Purpose::kEndo), item("b", Purpose::kProstho), item("c", Purpose::kSurgery)}));
    handle(booked("main.v-1", Purpose::kProstho, utc(2026, 3, 20, 9)));
    handle(hold("p-1.g-3", day(2026, 4, 1)));
    advance(24h);
    handle(withheld("p-1.g-1", 1, MessageReason::kNoConsent));
    Dossier dossier;
    dossier.care = *world.record<PersonCareRecord>("p-1");
    dossier.plans.push_back(*world.record<PlanRecord>("p-1.t-1"));
    dossier.open_tasks.push_back(*world.record<TaskRecord>("p-1.k-1"));
    dossier.listed_tasks.insert("p-1.k-1");
    return dossier;
  }
};

TEST_P(FollowupAudit, Finds) {
  Dossier dossier = healthy();
  ASSERT_TRUE(leaks_of(dossier, world.config(), world.now()).empty());
  GetParam().break_it(dossier);
  const auto leaks = leaks_of(dossier, world.config(), world.now());
  ASSERT_FALSE(leaks.empty());
  std::string all;
  for (const auto& leak : leaks) {
    EXPECT_EQ(leak.person.text(), "p-1");
    all += leak.why + "\n";
  }
  EXPECT_NE(all.find(GetParam().finding), std::string::npos) << all;
}

const Damage kDamages[] = {
    {"NothingToLiveBy", [](Dossier& d) { d.care.gaps[0].task = {}; }, "nothing that will ever move it"},
    {"TwoWaysAtOnce", [](Dossier& d) { d.care.gaps[0].next_step_at = utc(2026, 9, 1); }, "more than one way"},
    {"TaskNotOpen", [](Dossier& d) { d.open_tasks.clear(); }, "is not open"},
    {"TaskNotListed", [](Dossier& d) { d.listed_tasks.clear(); }, "on no work list"},
    {"StepTimeOver",
     [](Dossier& d) {
       d.care.gaps[0].task = {};
       d.open_tasks.clear();
       d.care.gaps[0].next_step_at = utc(2026, 3, 1);
     },
     "next step has passed"},
    {"ReplyTimeOver",
     [](Dossier& d) {
       d.care.gaps[0].task = {};
       d.open_tasks.clear();
       d.care.gaps[0].waiting_until = utc(2026, 3, 1);
     },
     "answer of outreach"},
    {"MessageBeforeRelease",
     [](Dossier& d) {
       d.care.gaps[0].needs_release = true;
       d.care.gaps[0].waiting_until = utc(2026, 9, 1);
     },
     "before the gap was released"},
    {"VisitNotBooked", [](Dossier& d) { d.care.future_visits.clear(); }, "not booked"},
    {"VisitOfAnotherPurpose", [](Dossier& d) { d.care.future_visits[0].purpose = Purpose::kHygiene; }, "another purpose"},
    {"VisitLongOver", [](Dossier& d) { d.care.future_visits[0].outcome_due = utc(2026, 3, 1); }, "long over"},
    {"NotCoveredAlthoughBooked", [](Dossier& d) { d.care.future_visits[0].purpose = Purpose::kEndo; }, "not covered by it"},
    {"NoReviewDate", [](Dossier& d) { d.care.gaps[2].review_on.reset(); }, "without a review date"},
    {"ReviewDateOver", [](Dossier& d) { d.care.gaps[2].review_on = day(2026, 2, 1); }, "review date has passed"},
    {"CoveredAndFollowedUp", [](Dossier& d) { d.care.gaps[1].next_step_at = utc(2026, 9, 1); }, "in two states"},
    {"ActiveAndCovered", [](Dossier& d) { d.care.gaps[0].appointment = AppointmentId("main.v-1"); }, "in two states"},
    {"ActiveAndOnHold", [](Dossier& d) { d.care.gaps[0].review_on = day(2026, 9, 1); }, "in two states"},
    {"OpenAndClosed", [](Dossier& d) { d.care.gaps[1].close_reason = CloseReason::kDone; }, "in two states"},
    {"ClosedWithoutReason",
     [](Dossier& d) {
       d.care.gaps[1].cover = Cover::kClosed;
       d.care.gaps[1].appointment = {};
     },
     "closed without a reason"},
    {"ItemForgotten", [](Dossier& d) { d.care.gaps.pop_back(); }, "nobody follows it up"},
    {"ItemTwice",
     [](Dossier& d) {
       auto twin = d.care.gaps[2];
       twin.gap = GapId("p-1.g-8");
       d.care.gaps.push_back(twin);
     },
     "more than one open gap"},
    {"GapOfAnotherKind", [](Dossier& d) { d.plans[0].items[2].state = ItemState::kStarted; }, "its item does not say so"},
    {"PlanMissing", [](Dossier& d) { d.plans.clear(); }, "is not stored"},
    {"StrayTask", [](Dossier& d) { d.open_tasks[0].gap = GapId("p-1.g-2"); }, "does not know it"},
    {"OpenAfterDeath", [](Dossier& d) { d.care.status = messages::PersonStatus::kDeceased; }, "died or moved"},
    {"MissedTwice",
     [](Dossier& d) {
       for (int i = 0; i < 2; ++i) {
         Gap gap;
         gap.gap = GapId("p-1.g-" + std::to_string(20 + i));
         gap.kind = GapKind::kNotKept;
         gap.next_step_at = utc(2026, 9, 1);
         d.care.gaps.push_back(gap);
       }
     },
     "followed up twice"},
};

INSTANTIATE_TEST_SUITE_P(Damage, FollowupAudit, ::testing::ValuesIn(kDamages), [](const auto& info) { return info.param.name; });

using FollowupAuditAnswer = Clinic;

TEST_F(FollowupAuditAnswer, CountsPersonsUnderWhatNeedsMostAttention) {
  accept_one();
  handle(booked("main.v-1", Purpose::kProstho, utc(2026, 3, 20, 9)));
  EXPECT_EQ(audit().covered, 1u);
  handle(missed("main.v-2", Purpose::kHygiene, utc(2026, 2, 1, 9)));
  EXPECT_EQ(audit().active, 1u);
  EXPECT_EQ(audit().covered, 0u);
  EXPECT_EQ(audit().open_gaps, 2u);
  handle(hold(open_gaps().back().gap.text(), day(2026, 4, 1)));
  EXPECT_EQ(audit().on_hold, 1u);
  ASSERT_EQ(audit().open_by_kind.size(), 2u);
  EXPECT_EQ(audit().open_by_kind[1].kind, GapKind::kNotKept);
  EXPECT_EQ(audit().open_by_kind[1].persons, 1u);
}

TEST_F(FollowupAuditAnswer, NamesThePersonTheGapAndWhy) {
  accept_one();
  auto care = *world.record<PersonCareRecord>("p-1");
  care.gaps.back().next_step_at.reset();
  world.put("p-1", care);
  const auto found = audit();
  EXPECT_EQ(found.violations, 1u);
  ASSERT_EQ(found.leaks.size(), 1u);
  EXPECT_EQ(found.leaks[0].person.text(), "p-1");
  EXPECT_EQ(found.leaks[0].gap.text(), "p-1.g-3");
  EXPECT_FALSE(found.leaks[0].why.empty());
}

}  // namespace
}  // namespace bridgework::followup
