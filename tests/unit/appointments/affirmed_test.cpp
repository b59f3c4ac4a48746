// A yes by text message, as outreach tells it: it confirms the visit it was said to, as it was.

#include <gtest/gtest.h>

#include "tests/unit/appointments/clinic.hpp"

namespace bridgework::appointments {
namespace {

messages::VisitAffirmed said_yes_to(const char* appointment, const char* person = "p-1") {
  messages::VisitAffirmed event;
  event.person = PersonId(person);
  event.site = SiteId("main");
  event.appointment = AppointmentId(appointment);
  return event;
}

TEST(AppointmentsAffirmed, IsConfirmedOnce) {
  Clinic clinic;
  clinic.booked("main.v-1", kTen);
  const auto& told = clinic.handle(said_yes_to("main.v-1"));
  ASSERT_NE(told.event<messages::AppointmentConfirmed>(), nullptr);
  EXPECT_EQ(told.event<messages::AppointmentConfirmed>()->person, PersonId("p-1"));
  EXPECT_EQ(clinic.state_of("main.v-1"), VisitState::kConfirmed);
  EXPECT_TRUE(clinic.handle(said_yes_to("main.v-1")).events.empty()) << "a second yes changes nothing";
}

TEST(AppointmentsAffirmed, IsNoVisitThatHasMovedWasCancelledHasBegunOrIsAnothersOrUnknown) {
  Clinic clinic;
  clinic.booked("main.v-1", kTen);
  EXPECT_TRUE(clinic.handle(said_yes_to("main.v-1", "p-2")).events.empty());
  EXPECT_TRUE(clinic.handle(said_yes_to("main.v-9")).events.empty());
  clinic.move("main.v-1", "main.v-2", local(2026, 1, 6, 11));
  EXPECT_TRUE(clinic.handle(said_yes_to("main.v-1")).events.empty());
  EXPECT_EQ(clinic.state_of("main.v-2"), VisitState::kBooked) << "nobody asked about the new time";
  clinic.booked("main.v-3", local(2026, 1, 6, 14));
  clinic.cancel("main.v-3");
  EXPECT_TRUE(clinic.handle(said_yes_to("main.v-3")).events.empty());
  clinic.advance_to(utc(2026, 1, 6, 16));
  EXPECT_TRUE(clinic.handle(said_yes_to("main.v-2")).events.empty()) << "it has begun";
  EXPECT_EQ(clinic.state_of("main.v-2"), VisitState::kBooked);
}

}  // namespace
}  // namespace bridgework::appointments
