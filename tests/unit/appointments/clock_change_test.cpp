#include <gtest/gtest.h>

#include "tests/unit/appointments/clinic.hpp"

namespace bridgework::appointments {
namespace {

std::vector<std::string> starts(const Clinic& clinic, LocalDay date, std::uint16_t limit) {
  std::vector<std::string> out;
  for (const auto& slot :
       clinic.get<messages::SlotList>(messages::FindSlots{.site = SiteId("night"), .type = "pain", .from = date, .days = 1, .limit = limit})
           .slots)
    out.push_back(testing::text_of(Instant{slot.local_start.time_since_epoch()}).substr(11, 5) + " = " +
                  testing::text_of(slot.start).substr(11, 5) + "Z");
  return out;
}

// New York: on 2026-03-08 the clock goes from 01:59:59 to 03:00:00, on 2026-11-01 from 01:59:59 back to 01:00:00.

TEST(AppointmentsSpringGap, TimeThatNoClockShowsIsRefused) {
  Clinic clinic;
  EXPECT_EQ(clinic.handle(clinic.pain("night.v-1", local(2026, 3, 8, 2))).refusal(), No::kTimeDoesNotExist);
  EXPECT_EQ(clinic.handle(clinic.pain("night.v-1", local(2026, 3, 8, 2, 59))).refusal(), No::kTimeDoesNotExist);
  EXPECT_TRUE(clinic.handle(clinic.pain("night.v-1", local(2026, 3, 8, 3))).accepted());
  EXPECT_TRUE(clinic.handle(clinic.pain("night.v-2", local(2026, 3, 9, 2, 30))).accepted()) << "the next day has it again";
}

TEST(AppointmentsSpringGap, VisitOverItKeepsItsTrueLength) {
  Clinic clinic;
  clinic.handle(clinic.pain("night.v-1", local(2026, 3, 8, 1, 30)));  // to 03:30
  EXPECT_EQ(clinic.handle(clinic.pain("night.v-2", local(2026, 3, 8, 3, 25))).refusal(), No::kSlotTaken);
  EXPECT_TRUE(clinic.handle(clinic.pain("night.v-3", local(2026, 3, 8, 3, 30))).accepted());
}

TEST(AppointmentsSpringGap, IsNeverOffered) {
  Clinic clinic;
  EXPECT_EQ(starts(clinic, day(2026, 3, 8), 4),
            (std::vector<std::string>{"00:00 = 05:00Z", "01:00 = 06:00Z", "03:00 = 07:00Z", "04:00 = 08:00Z"}));
}

TEST(AppointmentsSpringGap, VisitDoesNotMoveWithIt) {
  Clinic clinic;
  clinic.booked("main.v-1", local(2026, 3, 6, 10));
  clinic.booked("main.v-2", local(2026, 3, 9, 10));
  EXPECT_EQ(clinic.record<VisitRecord>("main.v-1")->visit.start, utc(2026, 3, 6, 15));
  EXPECT_EQ(clinic.record<VisitRecord>("main.v-2")->visit.start, utc(2026, 3, 9, 14)) << "10:00 on the wall, an hour earlier in UTC";
}

TEST(AppointmentsAutumnFold, TakesTheFirstOfTheTwo) {
  Clinic clinic;
  const auto view = clinic.handle(clinic.pain("night.v-1", local(2026, 11, 1, 1, 30))).reply<messages::AppointmentView>();
  EXPECT_EQ(view.visit.start, utc(2026, 11, 1, 5, 30));
  EXPECT_TRUE(clinic.handle(clinic.pain("night.v-2", local(2026, 11, 1, 2))).accepted()) << "an hour and a half later";
  EXPECT_EQ(clinic.record<VisitRecord>("night.v-2")->visit.start, utc(2026, 11, 1, 7));
}

TEST(AppointmentsAutumnFold, OffersEachWallTimeOnce) {
  Clinic clinic;
  EXPECT_EQ(starts(clinic, day(2026, 11, 1), 4),
            (std::vector<std::string>{"00:00 = 04:00Z", "01:00 = 05:00Z", "02:00 = 07:00Z", "03:00 = 08:00Z"}));
}

TEST(AppointmentsMidnight, DayThatBeginsAtOneHasNoHalfPastMidnight) {
  Clinic clinic("America/Santiago");  // 2026-09-06: 24:00 becomes 01:00
  EXPECT_EQ(clinic.handle(clinic.pain("night.v-1", local(2026, 9, 6, 0, 30))).refusal(), No::kTimeDoesNotExist);
  EXPECT_EQ(starts(clinic, day(2026, 9, 6), 2), (std::vector<std::string>{"01:00 = 04:00Z", "02:00 = 05:00Z"}));
}

TEST(AppointmentsMidnight, VisitMayEndWithTheDayButNotReachIntoTheNext) {
  Clinic clinic;
  EXPECT_TRUE(clinic.handle(clinic.pain("night.v-1", local(2026, 1, 6, 23))).accepted());
  EXPECT_EQ(clinic.handle(clinic.pain("night.v-2", local(2026, 1, 7, 23, 1))).refusal(), No::kOutsideHours);
  clinic.handle(messages::DefineVisitType{
      .visit_type = "pain", .site = SiteId("night"), .name = "Pain", .duration_minutes = 60, .buffer_minutes = 5});
  EXPECT_EQ(clinic.handle(clinic.pain("night.v-3", local(2026, 1, 8, 23))).refusal(), No::kOutsideHours) << "nor may its buffer";
}

TEST(AppointmentsZone, HalfHoursAndThoseWithoutSummerTimeAreRight) {
  struct Case {
    const char* zone;
    LocalTime start;
    std::optional<Instant> instant;
  };
  for (const Case& c : {Case{"Asia/Kolkata", local(2026, 3, 8, 2, 30), utc(2026, 3, 7, 21)},
                        Case{"Asia/Kathmandu", local(2026, 6, 1, 9), utc(2026, 6, 1, 3, 15)},
                        Case{"America/Phoenix", local(2026, 3, 8, 2, 30), utc(2026, 3, 8, 9, 30)},
                        Case{"Australia/Lord_Howe", local(2026, 10, 4, 2, 15), std::nullopt},
                        Case{"Australia/Lord_Howe", local(2026, 10, 4, 2, 30), utc(2026, 10, 3, 15, 30)}}) {
    Clinic clinic(c.zone);
    const auto& outcome = clinic.handle(clinic.pain("night.v-1", c.start));
    if (!c.instant) {
      EXPECT_EQ(outcome.refusal(), No::kTimeDoesNotExist) << c.zone;
    } else {
      EXPECT_EQ(outcome.reply<messages::AppointmentView>().visit.start, *c.instant) << c.zone;
    }
  }
}

}  // namespace
}  // namespace bridgework::appointments
