// The time of those who have come, and check-outs that did not hold.

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "clinic.hpp"

namespace bridgework::appointments {
namespace {

using namespace std::chrono_literals;

/// Tuesday 2026-01-06 at the main site, which lets nobody wait for more than 12 minutes.
class AppointmentsTimeRespected : public ::testing::Test {
 protected:
  AppointmentsTimeRespected() {
    clinic.booked("main.v-1", local(2026, 1, 6, 10));
    clinic.booked("main.v-2", local(2026, 1, 6, 11));
    clinic.booked("main.v-3", local(2026, 1, 6, 14));
    clinic.booked("main.v-4", local(2026, 1, 6, 11), "dr-b");
    clinic.handle(clinic.exam("main.v-5", local(2026, 1, 6, 15)));
    clinic.forget_events();
  }
  void at(int hour, int minute) { clinic.advance_to(utc(2026, 1, 6, hour + 5, minute)); }
  void arrives(const std::string& id = "main.v-1") { clinic.about<messages::ArriveAppointment>(id); }
  void seated(const std::string& id = "main.v-1") { clinic.about<messages::SeatAppointment>(id); }
  void completed(const std::string& id = "main.v-1") { clinic.about<messages::CompleteAppointment>(id); }
  std::vector<messages::ProviderLate> late_on_day_sheet() {
    return clinic.get<messages::AppointmentList>(messages::ListAppointments{.site = SiteId("main"), .day = day(2026, 1, 6)}).late;
  }

  Clinic clinic;
};

TEST_F(AppointmentsTimeRespected, WhoWaitsPastTheLimitIsToldOfAtOnceAndNotWhenSeated) {
  at(9, 50);
  arrives();
  at(10, 12);
  EXPECT_EQ(clinic.count<messages::VisitWaitedTooLong>(), 0u) << "twelve minutes are allowed, and coming early is not waiting";
  at(10, 13);
  const auto* waited = clinic.last_event<messages::VisitWaitedTooLong>();
  ASSERT_NE(waited, nullptr) << clinic.timeline();
  EXPECT_EQ(waited->waited_minutes, 13u);
  EXPECT_EQ(waited->wait_limit_minutes, 12);
  EXPECT_EQ(clinic.state_of("main.v-1"), VisitState::kArrived);
  at(10, 40);
  seated();
  EXPECT_EQ(clinic.count<messages::VisitWaitedTooLong>(), 1u) << "once";
}

TEST_F(AppointmentsTimeRespected, WhoComesLateWaitsFromThenOn) {
  at(10, 20);
  arrives();
  at(10, 32);
  EXPECT_EQ(clinic.count<messages::VisitWaitedTooLong>(), 0u);
  at(10, 33);
  EXPECT_EQ(clinic.count<messages::VisitWaitedTooLong>(), 1u);
}

TEST_F(AppointmentsTimeRespected, WhoIsSeatedInTimeOrLeavesDidNotWaitTooLong) {
  at(10, 0);
  arrives("main.v-1");
  arrives("main.v-2");
  at(10, 11);
  seated("main.v-1");
  clinic.cancel("main.v-2");
  at(12, 0);
  EXPECT_EQ(clinic.count<messages::VisitWaitedTooLong>(), 0u);
}

TEST_F(AppointmentsTimeRespected, TheEventAndTheSeatingAgreeOnWhatIsTooLong) {
  at(10, 0);
  arrives();
  clinic.advance_to(utc(2026, 1, 6, 15, 12) + 59s);
  seated();
  EXPECT_EQ(clinic.last_event<messages::AppointmentSeated>()->waited_minutes, 12u);
  EXPECT_EQ(clinic.count<messages::VisitWaitedTooLong>(), 0u);
}

TEST_F(AppointmentsTimeRespected, ALimitThatIsRaisedMeanwhileHolds) {
  at(10, 0);
  arrives();
  clinic.handle(messages::DefineSite{.site = SiteId("main"),
                                     .name = "Main Street",
                                     .zone = "America/New_York",
                                     .hours = hours(1, 5, clock(8), clock(17)),
                                     .wait_limit_minutes = 30});
  at(10, 30);
  EXPECT_EQ(clinic.count<messages::VisitWaitedTooLong>(), 0u);
  at(10, 31);
  EXPECT_EQ(clinic.count<messages::VisitWaitedTooLong>(), 1u);
}

TEST_F(AppointmentsTimeRespected, AProviderWhoStartsLateIsToldOfWithTheVisitsStillToCome) {
  at(9, 55);
  arrives();
  at(10, 10);
  EXPECT_EQ(clinic.count<messages::ProviderRunningLate>(), 0u);
  at(10, 11);
  seated();
  const auto* late = clinic.last_event<messages::ProviderRunningLate>();
  ASSERT_NE(late, nullptr) << clinic.timeline();
  EXPECT_EQ(late->provider.text(), "dr-a");
  EXPECT_EQ(late->minutes_late, 11u);
  EXPECT_EQ(late->visits, (std::vector<AppointmentId>{AppointmentId("main.v-2"), AppointmentId("main.v-3")}))
      << "those of the same provider; a hold that has lapsed is none";
  ASSERT_EQ(late_on_day_sheet().size(), 1u);
  EXPECT_EQ(late_on_day_sheet()[0].minutes_late, 11u);

  completed();
  at(11, 0);
  arrives("main.v-2");
  seated("main.v-2");
  EXPECT_EQ(clinic.last_event<messages::ProviderRunningLate>()->minutes_late, 0u) << "on time again";
  EXPECT_TRUE(late_on_day_sheet().empty());
}

TEST_F(AppointmentsTimeRespected, WithinTheLimitNobodyIsLate) {
  at(10, 0);
  arrives();
  at(10, 10);
  seated();
  completed();
  at(11, 0);
  EXPECT_EQ(clinic.count<messages::ProviderRunningLate>(), 0u);
}

TEST_F(AppointmentsTimeRespected, APatientWhoComesLateIsNotTheProvidersDelay) {
  at(10, 25);
  arrives();
  at(10, 26);
  seated();
  EXPECT_EQ(clinic.count<messages::ProviderRunningLate>(), 0u);
}

TEST_F(AppointmentsTimeRespected, AVisitThatDoesNotEndMakesItsProviderLateAsTimeGoesOn) {
  at(10, 0);
  arrives();
  seated();
  at(10, 40);
  EXPECT_EQ(clinic.count<messages::ProviderRunningLate>(), 0u) << "ten minutes over";
  at(10, 41);
  ASSERT_EQ(clinic.count<messages::ProviderRunningLate>(), 1u) << clinic.timeline();
  EXPECT_EQ(clinic.last_event<messages::ProviderRunningLate>()->minutes_late, 11u);
  at(10, 51);
  EXPECT_EQ(clinic.last_event<messages::ProviderRunningLate>()->minutes_late, 21u);
  completed();
  at(12, 0);
  EXPECT_EQ(clinic.count<messages::ProviderRunningLate>(), 2u);
}

TEST_F(AppointmentsTimeRespected, AVisitThatWasForgottenDelaysNobodyForEver) {
  at(10, 0);
  arrives();
  seated();
  clinic.advance_to(utc(2026, 1, 9, 0));
  EXPECT_LE(clinic.last_event<messages::ProviderRunningLate>()->minutes_late, 6u * 60);
  EXPECT_FALSE(clinic.timers().contains("main.v-1/overdue"));
}

// ---- check-outs

class AppointmentsCheckOutUndone : public AppointmentsTimeRespected {
 protected:
  void check_out() {
    at(10, 0);
    arrives();
    seated();
    at(10, 30);
    completed();
    clinic.handle(
        messages::CheckOutAppointment{.appointment = AppointmentId("main.v-1"), .by = "front-desk-1", .script = "see-you-soon@2"});
  }
  std::vector<messages::UndoneCheckOut> undone() {
    return clinic.get<messages::UndoneCheckOutList>(messages::ListUndoneCheckOuts{.site = SiteId("main")}).check_outs;
  }
};

TEST_F(AppointmentsCheckOutUndone, ACancellationWithinFourteenDaysIsAttributedToIt) {
  check_out();
  clinic.booked("main.v-9", local(2026, 1, 28, 10));
  clinic.advance_to(utc(2026, 1, 20, 15, 30));
  clinic.handle(messages::CancelAppointment{.appointment = AppointmentId("main.v-9"), .by = messages::CancelledBy::kPatient, .reason = {}});
  const auto* event = clinic.last_event<messages::CheckOutUndone>();
  ASSERT_NE(event, nullptr) << clinic.timeline();
  EXPECT_EQ(event->by, "front-desk-1");
  EXPECT_EQ(event->script, "see-you-soon@2");
  EXPECT_EQ(event->checked_out.text(), "main.v-1");
  ASSERT_EQ(undone().size(), 1u);
  EXPECT_EQ(undone()[0].appointment.text(), "main.v-9");
  EXPECT_EQ(undone()[0].checked_out_at, utc(2026, 1, 6, 15, 30));
}

TEST_F(AppointmentsCheckOutUndone, ALaterCancellationOrOneOfSomebodyElseIsNot) {
  check_out();
  clinic.booked("main.v-9", local(2026, 1, 28, 10));
  auto other = clinic.exam("main.v-8", local(2026, 1, 28, 11));
  other.person = PersonId("p-2");
  clinic.handle(other);
  clinic.book("main.v-8");
  clinic.cancel("main.v-8");
  clinic.advance_to(utc(2026, 1, 20, 15, 31));
  clinic.cancel("main.v-9");
  EXPECT_EQ(clinic.count<messages::AppointmentCancelled>(), 2u);
  EXPECT_EQ(clinic.count<messages::CheckOutUndone>(), 0u);
  EXPECT_TRUE(undone().empty());
}

TEST_F(AppointmentsCheckOutUndone, GivingAHoldBackUndoesNothing) {
  check_out();
  clinic.handle(clinic.exam("main.v-9", local(2026, 1, 28, 10)));
  clinic.cancel("main.v-9");
  EXPECT_EQ(clinic.count<messages::CheckOutUndone>(), 0u);
}

TEST_F(AppointmentsCheckOutUndone, OfAnUnknownSiteNothingIsTold) {
  EXPECT_EQ(clinic.ask(messages::ListUndoneCheckOuts{SiteId("nowhere")}).error().code, No::kUnknownSite);
}

}  // namespace
}  // namespace bridgework::appointments
