#include <gtest/gtest.h>

#include "tests/unit/appointments/clinic.hpp"

namespace bridgework::appointments {
namespace {

TEST(AppointmentsMove, FreesTheOldTimeAndBooksTheNewInOneStep) {
  Clinic clinic;
  clinic.booked("main.v-1", kTen);
  const auto& outcome = clinic.move("main.v-1", "main.v-2", local(2026, 1, 8, 11));
  const auto view = outcome.reply<messages::AppointmentView>();
  EXPECT_EQ(view.appointment, AppointmentId("main.v-2"));
  EXPECT_EQ(view.state, VisitState::kBooked);
  EXPECT_EQ(view.visit.local_start, local(2026, 1, 8, 11));
  ASSERT_EQ(outcome.events.size(), 2u);
  const auto& moved = std::get<messages::AppointmentMoved>(outcome.events[0]);
  EXPECT_EQ(moved.appointment, AppointmentId("main.v-1"));
  EXPECT_EQ(moved.to, AppointmentId("main.v-2"));
  EXPECT_EQ(moved.visit.local_start, kTen);
  const auto& booked = std::get<messages::AppointmentBooked>(outcome.events[1]);
  EXPECT_EQ(booked.moved_from, AppointmentId("main.v-1"));
  EXPECT_EQ(booked.visit.local_start, local(2026, 1, 8, 11));
  EXPECT_EQ(clinic.busy_on(day(2026, 1, 6)), 0u);
  EXPECT_EQ(clinic.busy_on(day(2026, 1, 8)), 1u);
  EXPECT_EQ(clinic.record<VisitRecord>("main.v-1")->moved_to, AppointmentId("main.v-2"));
  EXPECT_EQ(clinic.day_sheet(day(2026, 1, 6)), std::vector<std::string>{"main.v-1 moved"});
  EXPECT_EQ(clinic.day_sheet(day(2026, 1, 8)), std::vector<std::string>{"main.v-2 booked"});
}

TEST(AppointmentsMove, ItsOwnTimeDoesNotStandInItsWay) {
  Clinic clinic;
  clinic.booked("main.v-1", kTen, "dr-a", "c-1");
  ASSERT_TRUE(clinic.move("main.v-1", "main.v-2", local(2026, 1, 6, 10, 15), {}, "c-1").accepted()) << clinic.timeline();
  EXPECT_EQ(clinic.busy_on(day(2026, 1, 6)), 1u);
  ASSERT_TRUE(clinic.move("main.v-2", "main.v-3", local(2026, 1, 6, 10, 15), {}, "c-1").accepted()) << "not even the very same time";
  EXPECT_EQ(clinic.busy_on(day(2026, 1, 6)), 1u);
}

TEST(AppointmentsMove, KeepsProviderAndChairUnlessToldOtherwise) {
  Clinic clinic;
  clinic.booked("main.v-1", kTen, "dr-a", "c-2");
  EXPECT_EQ(clinic.move("main.v-1", "main.v-2", local(2026, 1, 6, 12)).reply<messages::AppointmentView>().visit.chair, ChairId("c-2"));
  const auto view = clinic.move("main.v-2", "main.v-3", local(2026, 1, 6, 13), "dr-b", "c-1").reply<messages::AppointmentView>();
  EXPECT_EQ(view.visit.provider, ProviderId("dr-b"));
  EXPECT_EQ(view.visit.chair, ChairId("c-1"));
}

TEST(AppointmentsMove, TakesAnotherChairWhenItsOwnIsTaken) {
  Clinic clinic;
  clinic.booked("main.v-1", kTen, "dr-a", "c-1");
  clinic.booked("main.v-2", local(2026, 1, 7, 10), "dr-b", "c-1");
  EXPECT_EQ(clinic.move("main.v-1", "main.v-3", local(2026, 1, 7, 10)).reply<messages::AppointmentView>().visit.chair, ChairId("c-2"));
}

TEST(AppointmentsMove, RefusedLeavesTheOldVisitAsItWas) {
  struct Case {
    const char* name;
    const char* to;
    LocalTime start;
    const char* provider;
    const char* chair;
    Refusal refusal;
  };
  const Case cases[] = {
      {"where another visit is", "main.m-1", local(2026, 1, 7, 10), "", "", No::kSlotTaken},
      {"outside of hours", "main.m-1", local(2026, 1, 7, 20), "", "", No::kOutsideHours},
      {"into the past", "main.m-1", local(2026, 1, 2, 10), "", "", No::kInThePast},
      {"to nobody", "main.m-1", local(2026, 1, 8, 10), "dr-x", "", No::kUnknownProvider},
      {"to no chair", "main.m-1", local(2026, 1, 8, 10), "", "c-9", No::kUnknownChair},
      {"to another site", "night.m-1", local(2026, 1, 8, 10), "", "", No::kInvalidId},
      {"onto itself", "main.v-1", local(2026, 1, 8, 10), "", "", No::kAlreadyExists},
      {"onto another", "main.v-2", local(2026, 1, 8, 10), "", "", No::kAlreadyExists},
      {"beyond all calendars", "main.m-1", local(2500, 1, 8, 10), "", "", No::kTimeDoesNotExist},
  };
  for (const Case& c : cases) {
    Clinic clinic;
    clinic.booked("main.v-1", kTen);
    clinic.booked("main.v-2", local(2026, 1, 7, 10));
    const auto before = clinic.records();
    EXPECT_EQ(clinic.move("main.v-1", c.to, c.start, c.provider, c.chair).refusal(), c.refusal) << c.name;
    EXPECT_EQ(clinic.records(), before) << c.name;
  }
}

TEST(AppointmentsMove, TakesTheVisitTypeAsItIsNow) {
  Clinic clinic;
  clinic.booked("main.v-1", kTen);
  clinic.handle(messages::DefineVisitType{.visit_type = "exam",
                                          .site = SiteId("main"),
                                          .name = "Exam",
                                          .duration_minutes = 45,
                                          .buffer_minutes = 0,
                                          .purpose = messages::Purpose::kExam});
  EXPECT_EQ(clinic.move("main.v-1", "main.v-2", local(2026, 1, 8, 10)).reply<messages::AppointmentView>().visit.duration_minutes, 45);
}

TEST(AppointmentsMove, ANewVisitCanBeMovedAgainAndCancelled) {
  Clinic clinic;
  clinic.booked("main.v-1", kTen);
  clinic.move("main.v-1", "main.v-2", local(2026, 1, 7, 10));
  clinic.move("main.v-2", "main.v-3", kTen);
  EXPECT_TRUE(clinic.cancel("main.v-3").accepted());
  EXPECT_EQ(clinic.busy_on(day(2026, 1, 6)), 0u);
  EXPECT_EQ(clinic.busy_on(day(2026, 1, 7)), 0u);
}

}  // namespace
}  // namespace bridgework::appointments
