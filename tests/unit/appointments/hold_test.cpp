#include <gtest/gtest.h>

#include "tests/unit/appointments/clinic.hpp"

namespace bridgework::appointments {
namespace {

TEST(AppointmentsHold, TakesProviderAndChairTogether) {
  Clinic clinic;
  const auto view = clinic.handle(clinic.exam("main.v-1", kTen)).reply<messages::AppointmentView>();
  EXPECT_EQ(view.state, VisitState::kHeld);
  EXPECT_EQ(view.visit.provider, ProviderId("dr-a"));
  EXPECT_EQ(view.visit.chair, ChairId("c-1"));
  EXPECT_EQ(view.visit.start, utc(2026, 1, 6, 15));
  EXPECT_EQ(view.visit.zone, "America/New_York");
  EXPECT_EQ(view.visit.purpose, messages::Purpose::kExam);
  EXPECT_EQ(view.hold_ends, utc(2026, 1, 5, 9, 10));
  const auto* held = clinic.last_event<messages::AppointmentHeld>();
  ASSERT_NE(held, nullptr);
  EXPECT_EQ(held->visit, view.visit);
  EXPECT_EQ(held->hold_ends, utc(2026, 1, 5, 9, 10));
  ASSERT_EQ(clinic.busy_on(kTuesday), 1u);
  EXPECT_EQ(clinic.record<DayRecord>("main.d-2026-01-06")->taken[0].until, utc(2026, 1, 6, 15, 40)) << "the buffer is busy too";
}

TEST(AppointmentsHold, TakesTheChairThatIsAskedFor) {
  Clinic clinic;
  clinic.handle(clinic.exam("main.v-1", kTen, "dr-a", "c-2"));
  EXPECT_EQ(clinic.record<VisitRecord>("main.v-1")->visit.chair, ChairId("c-2"));
}

TEST(AppointmentsHold, IsDecidedByPlaceAndTime) {
  struct Case {
    const char* name;
    LocalTime start;
    const char* type;
    const char* provider;
    const char* chair;
    std::optional<Refusal> refusal;
  };
  const auto at = [](int hour, int minute = 0) { return local(2026, 1, 6, hour, minute); };
  const Case cases[] = {
      {"as the shift starts", at(9), "exam", "dr-a", "", {}},
      {"a minute before the shift", at(8, 59), "exam", "dr-a", "", No::kOutsideHours},
      {"ends with the shift, the buffer after it", at(15, 30), "exam", "dr-a", "", {}},
      {"ends a minute after the shift", at(15, 31), "exam", "dr-a", "", No::kOutsideHours},
      {"before the site opens", at(7), "exam", "dr-a", "", No::kOutsideHours},
      {"on a day nobody works", local(2026, 1, 10, 10), "exam", "dr-a", "", No::kOutsideHours},
      {"across midnight", at(23, 45), "exam", "dr-a", "", No::kOutsideHours},
      {"yesterday", local(2026, 1, 2, 10), "exam", "dr-a", "", No::kInThePast},
      {"no such type", at(10), "dream", "dr-a", "", No::kUnknownVisitType},
      {"no such provider", at(10), "exam", "dr-x", "", No::kUnknownProvider},
      {"the provider of another site", at(10), "exam", "dr-n", "", No::kUnknownProvider},
      {"no such chair", at(10), "exam", "dr-a", "c-9", No::kUnknownChair},
      {"a year no calendar reaches", local(2400, 1, 4, 10), "exam", "dr-a", "", No::kTimeDoesNotExist},
  };
  for (const Case& c : cases) {
    Clinic clinic;
    auto command = clinic.exam("main.v-1", c.start, c.provider, c.chair);
    command.visit_type = c.type;
    EXPECT_EQ(clinic.handle(command).refusal(), c.refusal) << c.name << ": " << text_of(clinic.last().refusal());
  }
}

TEST(AppointmentsHold, IsRefusedAtAnUnknownSite) {
  Clinic clinic;
  auto command = clinic.exam("nowhere.v-1", kTen);
  command.site = SiteId("nowhere");
  EXPECT_EQ(clinic.handle(command).refusal(), No::kUnknownSite);
}

TEST(AppointmentsHold, IsRefusedWhereThereIsNoChair) {
  Clinic clinic;
  clinic.handle(messages::DefineSite{.site = SiteId("bare"), .name = "Bare", .zone = "UTC", .hours = hours(1, 7, 0, 1440)});
  clinic.handle(
      messages::DefineProvider{.provider = ProviderId("dr-e"), .site = SiteId("bare"), .name = "E", .shifts = hours(1, 7, 0, 1440)});
  clinic.handle(messages::DefineVisitType{.visit_type = "exam", .site = SiteId("bare"), .name = "Exam", .duration_minutes = 30});
  auto command = clinic.exam("bare.v-1", kTen, "dr-e");
  command.site = SiteId("bare");
  EXPECT_EQ(clinic.handle(command).refusal(), No::kUnknownChair);
}

TEST(AppointmentsHold, IsRefusedWhenTheIdIsNotOfTheSite) {
  Clinic clinic;
  for (const char* id : {"night.v-1", "main", "main.", "v-1", ""})
    EXPECT_EQ(clinic.handle(clinic.exam(id, kTen)).refusal(), No::kInvalidId) << id;
  auto nobody = clinic.exam("main.v-1", kTen);
  nobody.person = PersonId();
  EXPECT_EQ(clinic.handle(nobody).refusal(), No::kInvalidId);
}

TEST(AppointmentsHold, IsRefusedWhenTheAppointmentExists) {
  Clinic clinic;
  clinic.handle(clinic.exam("main.v-1", kTen));
  EXPECT_EQ(clinic.handle(clinic.exam("main.v-1", local(2026, 1, 6, 14))).refusal(), No::kAlreadyExists);
}

TEST(AppointmentsHold, LooksAtProviderChairAndBuffer) {
  struct Case {
    const char* name;
    LocalTime start;
    const char* provider;
    const char* chair;
    std::optional<Refusal> refusal;
  };
  const auto at = [](int hour, int minute) { return local(2026, 1, 6, hour, minute); };
  // 10:00 to 10:40 with its buffer: dr-a in c-1
  const Case cases[] = {
      {"the same time, the same provider", at(10, 0), "dr-a", "", No::kSlotTaken},
      {"the same time, another provider, any chair", at(10, 0), "dr-b", "", {}},
      {"the same time, another provider, the same chair", at(10, 0), "dr-b", "c-1", No::kSlotTaken},
      {"into the buffer", at(10, 39), "dr-a", "", No::kSlotTaken},
      {"after the buffer", at(10, 40), "dr-a", "c-1", {}},
      {"whose own buffer reaches in", at(9, 21), "dr-a", "", No::kSlotTaken},
      {"whose own buffer just ends", at(9, 20), "dr-a", "c-1", {}},
  };
  for (const Case& c : cases) {
    Clinic clinic;
    clinic.handle(clinic.exam("main.v-1", at(10, 0), "dr-a", "c-1"));
    EXPECT_EQ(clinic.handle(clinic.exam("main.v-2", c.start, c.provider, c.chair)).refusal(), c.refusal) << c.name << "\n"
                                                                                                         << clinic.timeline();
  }
}

TEST(AppointmentsHold, IsRefusedWhenEveryChairIsTaken) {
  Clinic clinic;
  clinic.handle(messages::DefineProvider{
      .provider = ProviderId("dr-c"), .site = SiteId("main"), .name = "C", .shifts = hours(1, 5, clock(9), clock(16))});
  EXPECT_TRUE(clinic.handle(clinic.exam("main.v-1", kTen, "dr-a")).accepted());
  EXPECT_TRUE(clinic.handle(clinic.exam("main.v-2", kTen, "dr-b")).accepted());
  EXPECT_EQ(clinic.handle(clinic.exam("main.v-3", kTen, "dr-c")).refusal(), No::kSlotTaken);
}

TEST(AppointmentsHold, OneOfAThousandGetsTheSlotAndNothingIsLeftOfTheOthers) {
  Clinic clinic;
  std::size_t taken = 0;
  std::size_t refused = 0;
  for (int i = 0; i < 1000; ++i) {
    const auto& outcome = clinic.handle(clinic.exam("main.v-" + std::to_string(i), kTen));
    if (outcome.accepted()) ++taken;
    if (outcome.refusal() == No::kSlotTaken) ++refused;
  }
  EXPECT_EQ(taken, 1u);
  EXPECT_EQ(refused, 999u);
  EXPECT_EQ(clinic.count<messages::AppointmentHeld>(), 1u);
  EXPECT_EQ(clinic.busy_on(kTuesday), 1u);
  EXPECT_EQ(clinic.timers().size(), 1u);
}

TEST(AppointmentsHold, LapsesByItsTimerAndFreesTheTime) {
  Clinic clinic;
  clinic.handle(clinic.exam("main.v-1", kTen));
  clinic.advance_to(utc(2026, 1, 5, 9, 9, 59));
  EXPECT_EQ(clinic.state_of("main.v-1"), VisitState::kHeld);
  clinic.advance_to(utc(2026, 1, 5, 9, 10));
  EXPECT_EQ(clinic.state_of("main.v-1"), VisitState::kLapsed);
  EXPECT_EQ(clinic.count<messages::AppointmentHoldLapsed>(), 1u);
  EXPECT_EQ(clinic.busy_on(kTuesday), 0u);
  EXPECT_TRUE(clinic.timers().empty());
  EXPECT_TRUE(clinic.day_sheet(kTuesday).empty());
  EXPECT_TRUE(clinic.handle(clinic.exam("main.v-2", kTen)).accepted());
}

TEST(AppointmentsHold, IsRefusedAfterItLapsed) {
  Clinic clinic;
  clinic.handle(clinic.exam("main.v-1", kTen));
  clinic.advance_to(utc(2026, 1, 5, 9, 10));
  EXPECT_EQ(clinic.book("main.v-1").refusal(), No::kHoldLapsed);
}

TEST(AppointmentsHold, IsRefusedAfterItsEndEvenWhenTheTimerIsLate) {
  Clinic clinic;
  clinic.handle(clinic.exam("main.v-1", kTen));
  clinic.advance_without_timers(utc(2026, 1, 5, 9, 10));
  EXPECT_EQ(clinic.book("main.v-1").refusal(), No::kHoldLapsed);
  EXPECT_EQ(clinic.get<messages::AppointmentView>(messages::GetAppointment{.appointment = AppointmentId("main.v-1")}).state,
            VisitState::kLapsed);
  EXPECT_TRUE(clinic.day_sheet(kTuesday).empty());
}

TEST(AppointmentsHold, CanBeBookedInItsLastMicrosecond) {
  Clinic clinic;
  clinic.handle(clinic.exam("main.v-1", kTen));
  clinic.advance_without_timers(utc(2026, 1, 5, 9, 10) - std::chrono::microseconds(1));
  EXPECT_TRUE(clinic.book("main.v-1").accepted());
}

TEST(AppointmentsHold, WhoseTimerIsLateLapsesBeforeItsTimeIsTakenAgain) {
  Clinic clinic;
  clinic.handle(clinic.exam("main.v-1", kTen));
  clinic.advance_without_timers(utc(2026, 1, 5, 9, 30));
  const auto& outcome = clinic.handle(clinic.exam("main.v-2", kTen));
  ASSERT_TRUE(outcome.accepted()) << clinic.timeline();
  ASSERT_EQ(outcome.events.size(), 2u);
  EXPECT_TRUE(std::holds_alternative<messages::AppointmentHoldLapsed>(outcome.events[0])) << "the log never shows one time taken twice";
  EXPECT_TRUE(std::holds_alternative<messages::AppointmentHeld>(outcome.events[1]));
  EXPECT_EQ(clinic.state_of("main.v-1"), VisitState::kLapsed);
  clinic.sleep_until(utc(2026, 1, 5, 9, 31));
  EXPECT_EQ(clinic.count<messages::AppointmentHoldLapsed>(), 1u);
  EXPECT_EQ(clinic.busy_on(kTuesday), 1u);
}

TEST(AppointmentsHold, LapsedTimerFindsNothingToDoAfterBooking) {
  Clinic clinic;
  clinic.handle(clinic.exam("main.v-1", kTen));
  clinic.book("main.v-1");
  EXPECT_TRUE(clinic.timers().empty()) << "booking ends the hold's timer";
  clinic.handle(HoldLapsed{AppointmentId("main.v-1")});
  clinic.handle(HoldLapsed{AppointmentId("main.v-9")});
  EXPECT_EQ(clinic.state_of("main.v-1"), VisitState::kBooked);
  EXPECT_EQ(clinic.count<messages::AppointmentHoldLapsed>(), 0u);
}

TEST(AppointmentsHold, LapsedTimerThatComesTooEarlyChangesNothing) {
  Clinic clinic;
  clinic.handle(clinic.exam("main.v-1", kTen));
  clinic.handle(HoldLapsed{AppointmentId("main.v-1")});
  EXPECT_EQ(clinic.state_of("main.v-1"), VisitState::kHeld);
}

TEST(AppointmentsHold, GivenBackLapsesAtOnceAndIsNoCancellation) {
  Clinic clinic;
  clinic.handle(clinic.exam("main.v-1", kTen));
  EXPECT_EQ(clinic.cancel("main.v-1").reply<messages::AppointmentView>().state, VisitState::kLapsed);
  EXPECT_EQ(clinic.count<messages::AppointmentHoldLapsed>(), 1u);
  EXPECT_EQ(clinic.count<messages::AppointmentCancelled>(), 0u);
  EXPECT_EQ(clinic.busy_on(kTuesday), 0u);
  EXPECT_TRUE(clinic.timers().empty());
}

TEST(AppointmentsHold, LastsAsLongAsItIsConfigured) {
  Clinic clinic;
  clinic.config().hold = std::chrono::minutes(3);
  EXPECT_EQ(clinic.handle(clinic.exam("main.v-1", kTen)).reply<messages::AppointmentView>().hold_ends, utc(2026, 1, 5, 9, 3));
}

}  // namespace
}  // namespace bridgework::appointments
