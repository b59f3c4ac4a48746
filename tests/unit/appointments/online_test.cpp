// What patients book by themselves: only visit types that are online, whoever asks in whatever way.

#include <gtest/gtest.h>

#include "tests/unit/appointments/clinic.hpp"

namespace bridgework::appointments {
namespace {

const LocalTime kTen = local(2026, 1, 6, 10);

/// The clinic's exam is online, its crown is not.
class OnlineClinic : public Clinic {
 public:
  OnlineClinic() {
    handle(messages::DefineVisitType{.visit_type = "exam",
                                     .site = SiteId("main"),
                                     .name = "Exam",
                                     .duration_minutes = 30,
                                     .buffer_minutes = 10,
                                     .purpose = messages::Purpose::kExam,
                                     .online = true});
    forget_events();
  }
  messages::BookOnline wish(std::string id, LocalTime start, std::string type = "exam") const {
    return {.site = SiteId("main"),
            .appointment = AppointmentId(std::move(id)),
            .person = PersonId("p-1"),
            .visit_type = std::move(type),
            .provider = ProviderId("dr-a"),
            .local_start = start};
  }
};

TEST(AppointmentsOnline, IsBookedAtOnceWithoutAHold) {
  OnlineClinic clinic;
  const auto view = clinic.handle(clinic.wish("main.v-1", kTen)).reply<messages::AppointmentView>();
  EXPECT_EQ(view.state, VisitState::kBooked);
  EXPECT_FALSE(view.hold_ends);
  EXPECT_EQ(view.visit.chair, ChairId("c-1"));
  ASSERT_NE(clinic.last_event<messages::AppointmentBooked>(), nullptr);
  EXPECT_EQ(clinic.last_event<messages::AppointmentHeld>(), nullptr);
  EXPECT_EQ(clinic.busy_on(day(2026, 1, 6)), 1U);
}

TEST(AppointmentsOnline, ATypeThatIsNotOnlineIsRefused) {
  OnlineClinic clinic;
  EXPECT_EQ(clinic.handle(clinic.wish("main.v-1", kTen, "crown")).refusal(), No::kNotOnline);
  EXPECT_EQ(clinic.busy_on(day(2026, 1, 6)), 0U);
  EXPECT_EQ(clinic.last_event<messages::AppointmentBooked>(), nullptr);
}

TEST(AppointmentsOnline, AHoldFromOutsideObeysTheSameRuleAndTheDeskDoesNot) {
  OnlineClinic clinic;
  auto crown = clinic.exam("main.v-1", kTen);
  crown.visit_type = "crown";
  crown.asker = messages::Asker::kOnline;
  EXPECT_EQ(clinic.handle(crown).refusal(), No::kNotOnline);
  crown.asker = messages::Asker::kDesk;
  EXPECT_EQ(clinic.handle(crown).refusal(), std::nullopt);
  auto exam = clinic.exam("main.v-2", local(2026, 1, 6, 13));
  exam.asker = messages::Asker::kOnline;
  EXPECT_EQ(clinic.handle(exam).refusal(), std::nullopt);
}

TEST(AppointmentsOnline, ATypeTakenOfflineIsRefusedFromThenOn) {
  OnlineClinic clinic;
  EXPECT_EQ(clinic.handle(clinic.wish("main.v-1", kTen)).refusal(), std::nullopt);
  clinic.handle(messages::DefineVisitType{
      .visit_type = "exam", .site = SiteId("main"), .name = "Exam", .duration_minutes = 30, .purpose = messages::Purpose::kExam});
  EXPECT_EQ(clinic.handle(clinic.wish("main.v-2", local(2026, 1, 6, 13))).refusal(), No::kNotOnline);
  EXPECT_EQ(clinic.state_of("main.v-1"), VisitState::kBooked) << "what was agreed stays";
}

TEST(AppointmentsOnline, OfTwoWhoWantOneTimeOneHasIt) {
  OnlineClinic clinic;
  EXPECT_EQ(clinic.handle(clinic.wish("main.v-1", kTen)).refusal(), std::nullopt);
  auto second = clinic.wish("main.v-2", kTen);
  second.person = PersonId("p-2");
  EXPECT_EQ(clinic.handle(second).refusal(), No::kSlotTaken);
}

TEST(AppointmentsOnline, AnIdIsUsedOnce) {
  OnlineClinic clinic;
  EXPECT_EQ(clinic.handle(clinic.wish("main.v-1", kTen)).refusal(), std::nullopt);
  EXPECT_EQ(clinic.handle(clinic.wish("main.v-1", local(2026, 1, 6, 13))).refusal(), No::kAlreadyExists);
  clinic.handle(messages::PlanAppointment{
      .site = SiteId("main"), .appointment = AppointmentId("main.v-3"), .person = PersonId("p-1"), .visit_type = "exam", .provider = {}});
  EXPECT_EQ(clinic.handle(clinic.wish("main.v-3", local(2026, 1, 6, 13))).refusal(), No::kAlreadyExists)
      << "what was planned, the desk agrees on";
}

TEST(AppointmentsOnline, AllRulesOfTheDeskHold) {
  OnlineClinic clinic;
  auto command = clinic.wish("main.v-1", local(2026, 1, 6, 8));
  EXPECT_EQ(clinic.handle(command).refusal(), No::kOutsideHours);
  command.local_start = local(2026, 1, 2, 10);
  EXPECT_EQ(clinic.handle(command).refusal(), No::kInThePast);
  command = clinic.wish("main.v-1", kTen, "dream");
  EXPECT_EQ(clinic.handle(command).refusal(), No::kUnknownVisitType);
  command = clinic.wish("other.v-1", kTen);
  EXPECT_EQ(clinic.handle(command).refusal(), No::kInvalidId);
  command.site = SiteId("other");
  EXPECT_EQ(clinic.handle(command).refusal(), No::kUnknownSite);
}

}  // namespace
}  // namespace bridgework::appointments
