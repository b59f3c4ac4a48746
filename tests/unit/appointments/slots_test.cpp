#include <gtest/gtest.h>

#include "tests/unit/appointments/clinic.hpp"

namespace bridgework::appointments {
namespace {

messages::FindSlots search(std::string type, LocalDay from, std::uint16_t days = 1, std::uint16_t limit = 500, std::string provider = {}) {
  return {.site = SiteId("main"),
          .type = std::move(type),
          .from = from,
          .days = days,
          .limit = limit,
          .provider = ProviderId(std::move(provider))};
}
std::vector<messages::Slot> found(const Clinic& clinic, messages::FindSlots query) {
  return clinic.get<messages::SlotList>(std::move(query)).slots;
}
/// `01-06 09:00 dr-a c-1`.
std::vector<std::string> lines(const std::vector<messages::Slot>& slots) {
  std::vector<std::string> out;
  for (const auto& slot : slots)
    out.push_back(testing::text_of(Instant{slot.local_start.time_since_epoch()}).substr(5, 11) + " " + slot.provider.text() + " " +
                  slot.chair.text());
  return out;
}

TEST(AppointmentsSlots, StandSideBySideFromTheStartOfTheShift) {
  Clinic clinic;
  EXPECT_EQ(lines(found(clinic, search("crown", day(2026, 1, 6), 1, 500, "dr-a"))),
            (std::vector<std::string>{"01-06 09:00 dr-a c-1", "01-06 10:00 dr-a c-1", "01-06 11:00 dr-a c-1", "01-06 12:00 dr-a c-1",
                                      "01-06 13:00 dr-a c-1", "01-06 14:00 dr-a c-1", "01-06 15:00 dr-a c-1"}));
  EXPECT_EQ(lines(found(clinic, search("exam", day(2026, 1, 6), 1, 3, "dr-a"))),
            (std::vector<std::string>{"01-06 09:00 dr-a c-1", "01-06 09:40 dr-a c-1", "01-06 10:20 dr-a c-1"}));
}

TEST(AppointmentsSlots, GoRoundWhatIsBusyOnAGridOfFiveMinutes) {
  Clinic clinic;
  clinic.booked("main.v-1", local(2026, 1, 6, 9, 20));  // busy to 10:00
  EXPECT_EQ(lines(found(clinic, search("crown", day(2026, 1, 6), 1, 2, "dr-a"))),
            (std::vector<std::string>{"01-06 10:00 dr-a c-1", "01-06 11:00 dr-a c-1"}));
  clinic.booked("main.v-2", local(2026, 1, 6, 10, 3));  // busy to 10:43
  EXPECT_EQ(lines(found(clinic, search("crown", day(2026, 1, 6), 1, 1, "dr-a"))), std::vector<std::string>{"01-06 10:45 dr-a c-1"});
}

TEST(AppointmentsSlots, NameAChairThatIsFree) {
  Clinic clinic;
  clinic.booked("main.v-1", local(2026, 1, 6, 9), "dr-b", "c-1");
  EXPECT_EQ(lines(found(clinic, search("exam", day(2026, 1, 6), 1, 1, "dr-a"))), std::vector<std::string>{"01-06 09:00 dr-a c-2"});
}

TEST(AppointmentsSlots, AreNotOfferedWhenEveryChairIsTaken) {
  Clinic clinic;
  clinic.handle(messages::DefineProvider{
      .provider = ProviderId("dr-c"), .site = SiteId("main"), .name = "C", .shifts = hours(2, 2, clock(9), clock(10))});
  clinic.booked("main.v-1", local(2026, 1, 6, 9), "dr-a");
  clinic.booked("main.v-2", local(2026, 1, 6, 9), "dr-b");
  EXPECT_TRUE(found(clinic, search("exam", day(2026, 1, 6), 1, 10, "dr-c")).empty());
}

TEST(AppointmentsSlots, OfAllProvidersComeByTime) {
  Clinic clinic;
  clinic.booked("main.v-1", local(2026, 1, 6, 9), "dr-a");
  EXPECT_EQ(lines(found(clinic, search("crown", day(2026, 1, 6), 1, 3))),
            (std::vector<std::string>{"01-06 09:00 dr-b c-2", "01-06 09:40 dr-a c-1", "01-06 10:00 dr-b c-1"}));
}

TEST(AppointmentsSlots, RespectTheLimitAndTheDays) {
  Clinic clinic;
  EXPECT_EQ(found(clinic, search("crown", day(2026, 1, 6), 1)).size(), 14u);
  EXPECT_EQ(found(clinic, search("crown", day(2026, 1, 6), 2)).size(), 28u);
  EXPECT_EQ(found(clinic, search("crown", day(2026, 1, 6), 120, 15)).size(), 15u);
  EXPECT_EQ(found(clinic, search("crown", day(2026, 1, 6), 120, 500)).size(), 500u);
  EXPECT_TRUE(found(clinic, search("crown", day(2026, 1, 10), 2)).empty()) << "a weekend";
  EXPECT_EQ(lines(found(clinic, search("crown", day(2026, 1, 10), 30, 1))), std::vector<std::string>{"01-12 09:00 dr-a c-1"});
}

TEST(AppointmentsSlots, AreNeverInThePast) {
  Clinic clinic;
  clinic.advance_to(utc(2026, 1, 6, 15, 2));  // 10:02 at the site
  EXPECT_EQ(lines(found(clinic, search("crown", day(2020, 1, 1), 30, 1, "dr-a"))), std::vector<std::string>{"01-06 10:05 dr-a c-1"});
}

TEST(AppointmentsSlots, KeepToOpeningHoursAndShiftsWithALunchBreak) {
  Clinic clinic;
  clinic.handle(messages::DefineProvider{.provider = ProviderId("dr-a"),
                                         .site = SiteId("main"),
                                         .name = "A",
                                         .shifts = {{2, clock(7), clock(9, 30)}, {2, clock(9, 30), clock(10)}, {2, clock(13), clock(14)}}});
  EXPECT_EQ(lines(found(clinic, search("crown", day(2026, 1, 6), 1, 10, "dr-a"))),
            (std::vector<std::string>{"01-06 08:00 dr-a c-1", "01-06 09:00 dr-a c-1", "01-06 13:00 dr-a c-1"}))
      << "open from 8; two shifts that touch are one";
}

TEST(AppointmentsSlots, ShowAHeldTimeAgainWhenTheHoldIsOver) {
  Clinic clinic;
  clinic.handle(clinic.exam("main.v-1", local(2026, 1, 6, 9), "dr-a"));
  EXPECT_EQ(lines(found(clinic, search("exam", day(2026, 1, 6), 1, 1, "dr-a"))), std::vector<std::string>{"01-06 09:40 dr-a c-1"});
  clinic.advance_without_timers(utc(2026, 1, 5, 9, 10));
  EXPECT_EQ(lines(found(clinic, search("exam", day(2026, 1, 6), 1, 1, "dr-a"))), std::vector<std::string>{"01-06 09:00 dr-a c-1"});
}

TEST(AppointmentsSlots, EachOneThatIsOfferedCanBeHeld) {
  Clinic clinic;
  clinic.booked("main.v-1", local(2026, 1, 6, 9, 20));
  clinic.booked("main.v-2", local(2026, 1, 6, 11, 5), "dr-b");
  clinic.booked("main.v-3", local(2026, 1, 7, 15, 30), "dr-b");
  const auto slots = found(clinic, search("exam", day(2026, 1, 5), 4));
  ASSERT_GT(slots.size(), 50u);
  for (const auto& slot : slots) {
    Clinic copy = clinic;
    EXPECT_TRUE(copy.handle(copy.exam("main.t-1", slot.local_start, slot.provider.text(), slot.chair.text())).accepted())
        << copy.timeline();
  }
}

TEST(AppointmentsSlots, DoNotReachIntoTheNextDayWithTheirBuffer) {
  Clinic clinic;
  clinic.handle(messages::DefineVisitType{
      .visit_type = "pain", .site = SiteId("night"), .name = "Pain", .duration_minutes = 60, .buffer_minutes = 25});
  const auto slots = found(clinic, {.site = SiteId("night"), .type = "pain", .from = day(2026, 1, 7), .days = 1, .limit = 500});
  ASSERT_FALSE(slots.empty());
  EXPECT_EQ(slots.back().local_start, local(2026, 1, 7, 21, 15)) << "22:40 would end in time, but not its buffer";
  for (const auto& slot : slots) {
    Clinic copy = clinic;
    EXPECT_TRUE(copy.handle(copy.pain("night.t-1", slot.local_start)).accepted()) << copy.timeline();
  }
}

}  // namespace
}  // namespace bridgework::appointments
