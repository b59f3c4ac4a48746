// A visit that is agreed and has no time yet is unfinished care, counted once.

#include "tests/unit/followup/clinic.hpp"

namespace bridgework::followup {
namespace {

class FollowupPlannedVisit : public Clinic {
 protected:
  messages::AppointmentPlanned planned(Purpose purpose = Purpose::kHygiene, std::string id = "main.v-1") const {
    messages::AppointmentPlanned event;
    event.person = PersonId(ana);
    event.site = SiteId("main");
    event.appointment = AppointmentId(std::move(id));
    event.purpose = purpose;
    return event;
  }
  messages::AppointmentPlanDropped dropped(messages::CancelledBy by = messages::CancelledBy::kPatient) const {
    messages::AppointmentPlanDropped event;
    event.person = PersonId(ana);
    event.site = SiteId("main");
    event.appointment = AppointmentId("main.v-1");
    event.by = by;
    return event;
  }
  const Instant next_week = utc(2026, 3, 9, 9);
};

TEST_F(FollowupPlannedVisit, IsFollowedUpAsNotScheduled) {
  handle(planned());
  const auto gap = only_gap();
  EXPECT_EQ(gap.kind, GapKind::kNotScheduled);
  EXPECT_EQ(gap.purpose, Purpose::kHygiene);
  EXPECT_EQ(gap.cover, Cover::kActive);
  EXPECT_EQ(gap.site, SiteId("main"));
  EXPECT_EQ(gap.planned, AppointmentId("main.v-1"));
  advance(24h);
  EXPECT_EQ(messages_asked_for(), 1u);
}

TEST_F(FollowupPlannedVisit, ToldAgainIsStillOne) {
  handle(planned());
  handle(planned());
  EXPECT_EQ(open_gaps().size(), 1u);
  EXPECT_EQ(world.count<messages::GapOpened>(), 1u);
}

TEST_F(FollowupPlannedVisit, IsDoneWithWhenItHasItsTime) {
  handle(planned());
  handle(booked("main.v-1", Purpose::kHygiene, next_week));
  EXPECT_TRUE(open_gaps().empty());
  EXPECT_EQ(gap("p-1.g-1").reason, CloseReason::kDone);
}

TEST_F(FollowupPlannedVisit, IsDoneWithWhenItIsDropped) {
  handle(planned());
  handle(dropped());
  EXPECT_TRUE(open_gaps().empty());
  EXPECT_EQ(gap("p-1.g-1").reason, CloseReason::kDeclined);
  handle(dropped());
  handle(planned());
  handle(dropped(messages::CancelledBy::kPractice));
  EXPECT_EQ(gap("p-1.g-2").reason, CloseReason::kStaff);
}

TEST_F(FollowupPlannedVisit, StandsBesideNoPlanGapOfItsPurpose) {
  accept_one(Purpose::kHygiene);
  ASSERT_EQ(open_gaps().size(), 1u);
  handle(planned());
  EXPECT_TRUE(only_gap().planned.empty()) << "the item's gap accounts for it";
}

TEST_F(FollowupPlannedVisit, GivesWayToAPlanGapThatComesLater) {
  handle(planned());
  accept_one(Purpose::kHygiene);
  EXPECT_TRUE(only_gap().planned.empty());
  EXPECT_EQ(gap("p-1.g-1").reason, CloseReason::kSuperseded);
}

TEST_F(FollowupPlannedVisit, IsItsOwnAgainWhenThatGapIsDeclined) {
  accept_one(Purpose::kHygiene);
  handle(planned());
  auto declined = about<messages::DeclineItem>("i-1");
  handle(declined);
  EXPECT_EQ(only_gap().planned, AppointmentId("main.v-1")) << "nobody has dropped the visit";
}

TEST_F(FollowupPlannedVisit, OfAnotherPurposeIsAGapOfItsOwn) {
  accept_one(Purpose::kProstho);
  handle(planned(Purpose::kHygiene));
  EXPECT_EQ(open_gaps().size(), 2u);
}

TEST_F(FollowupPlannedVisit, AfterACancellationIsCountedOnce) {
  handle(booked("main.v-0", Purpose::kHygiene, next_week));
  auto event = cancelled("main.v-0", Purpose::kHygiene, next_week);
  event.planned = AppointmentId("main.v-1");
  handle(event);
  handle(planned());
  EXPECT_EQ(only_gap().kind, GapKind::kNotKept);
  handle(booked("main.v-1", Purpose::kHygiene, next_week));
  EXPECT_EQ(only_gap().cover, Cover::kCovered);
  handle(completed("main.v-1", Purpose::kHygiene, next_week));
  EXPECT_TRUE(open_gaps().empty());
}

TEST_F(FollowupPlannedVisit, ThatStaffLetGoStaysClosedUntilItIsPlannedAgain) {
  handle(planned());
  handle(close("p-1.g-1", CloseReason::kStaff));
  EXPECT_TRUE(open_gaps().empty());
  advance(kWeek);
  EXPECT_TRUE(open_gaps().empty());
  handle(planned());
  EXPECT_EQ(only_gap().planned, AppointmentId("main.v-1"));
}

TEST_F(FollowupPlannedVisit, OfWhoHasMovedAwayIsOwedAgainWhenTheyReturn) {
  handle(planned());
  handle(person_is(messages::PersonStatus::kMoved));
  EXPECT_TRUE(open_gaps().empty());
  handle(person_is(messages::PersonStatus::kPatient));
  EXPECT_EQ(only_gap().planned, AppointmentId("main.v-1"));
}

}  // namespace
}  // namespace bridgework::followup
