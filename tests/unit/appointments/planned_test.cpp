#include <gtest/gtest.h>

#include "tests/unit/appointments/clinic.hpp"

namespace bridgework::appointments {
namespace {

using messages::CancelDestination;

using Lines = std::vector<std::string>;

messages::PlanAppointment plan(std::string id, std::string provider = {}) {
  return {.site = SiteId("main"),
          .appointment = AppointmentId(std::move(id)),
          .person = PersonId("p-1"),
          .visit_type = "exam",
          .provider = ProviderId(std::move(provider))};
}
Lines planned(const Clinic& clinic) {
  Lines lines;
  for (const auto& line : clinic.get<messages::PlannedList>(messages::ListPlanned{SiteId("main")}).planned)
    lines.push_back(line.appointment.text() + " " + line.visit_type + " " + line.provider.text());
  return lines;
}
const Clinic::Outcome& cancel_to_planned(Clinic& clinic, const std::string& id) {
  return clinic.handle(messages::CancelAppointment{.appointment = AppointmentId(id), .destination = CancelDestination::kPlanned});
}

TEST(AppointmentsPlanned, IsAVisitWithoutATimeAndListedForTheSite) {
  Clinic clinic;
  clinic.handle(plan("main.v-2", "dr-b"));
  clinic.advance(std::chrono::seconds(1));
  clinic.handle(plan("main.v-1"));
  EXPECT_EQ(planned(clinic), (Lines{"main.v-2 exam dr-b", "main.v-1 exam "})) << "the longest planned first";
  EXPECT_TRUE(clinic.day_sheet(kTuesday).empty());
  const auto* told = clinic.last_event<messages::AppointmentPlanned>();
  EXPECT_EQ(told->purpose, messages::Purpose::kExam);
  EXPECT_EQ(told->person, PersonId("p-1"));
}

TEST(AppointmentsPlanned, IsGivenATimeByAHoldUnderItsId) {
  Clinic clinic;
  clinic.handle(plan("main.v-1"));
  clinic.handle(clinic.exam("main.v-1", kTen));
  EXPECT_EQ(clinic.state_of("main.v-1"), VisitState::kHeld);
  EXPECT_TRUE(planned(clinic).empty());
  clinic.book("main.v-1");
  clinic.advance(std::chrono::minutes(11));
  EXPECT_EQ(clinic.day_sheet(kTuesday), (Lines{"main.v-1 booked"}));
}

TEST(AppointmentsPlanned, IsPlannedAgainWhenItsHoldRunsOut) {
  Clinic clinic;
  clinic.handle(plan("main.v-1", "dr-b"));
  clinic.handle(clinic.exam("main.v-1", kTen, "dr-a"));
  clinic.forget_events();
  clinic.advance(std::chrono::minutes(10));
  EXPECT_EQ(clinic.state_of("main.v-1"), VisitState::kPlanned);
  EXPECT_EQ(planned(clinic), (Lines{"main.v-1 exam dr-b"})) << "as it was planned, not as it was held";
  ASSERT_EQ(clinic.all_events().size(), 2u);
  EXPECT_TRUE(std::holds_alternative<messages::AppointmentHoldLapsed>(clinic.all_events()[0]));
  EXPECT_TRUE(std::holds_alternative<messages::AppointmentPlanned>(clinic.all_events()[1]));
  EXPECT_EQ(clinic.busy_on(kTuesday), 0u);
  EXPECT_TRUE(clinic.handle(clinic.exam("main.v-1", kTen)).accepted());
}

TEST(AppointmentsPlanned, IsShownAsPlannedWhenItsHoldIsOverAndTheTimerLate) {
  Clinic clinic;
  clinic.handle(plan("main.v-1"));
  clinic.handle(clinic.exam("main.v-1", kTen));
  clinic.advance_without_timers(clinic.now() + std::chrono::minutes(10));
  EXPECT_EQ(clinic.get<messages::AppointmentView>(messages::GetAppointment{AppointmentId("main.v-1")}).state, VisitState::kPlanned);
  EXPECT_TRUE(clinic.day_sheet(kTuesday).empty());
  EXPECT_EQ(clinic.book("main.v-1").refusal(), No::kHoldLapsed);
}

TEST(AppointmentsPlanned, IsPlannedAgainWhenItsHoldIsGivenBack) {
  Clinic clinic;
  clinic.handle(plan("main.v-1"));
  clinic.handle(clinic.exam("main.v-1", kTen));
  EXPECT_EQ(clinic.cancel("main.v-1").reply<messages::AppointmentView>().state, VisitState::kPlanned);
  EXPECT_EQ(planned(clinic).size(), 1u);
}

TEST(AppointmentsPlanned, StandsInPlaceOfAVisitThatIsPutOff) {
  Clinic clinic;
  clinic.booked("main.v-1", kTen);
  const auto answer = cancel_to_planned(clinic, "main.v-1").reply<messages::AppointmentView>();
  EXPECT_EQ(answer.state, VisitState::kCancelled) << "whoever was told of the visit hears that it is cancelled";
  EXPECT_EQ(answer.planned_again, AppointmentId("main.v-1.p1"));
  EXPECT_EQ(clinic.last_event<messages::AppointmentCancelled>()->planned, AppointmentId("main.v-1.p1"));
  EXPECT_EQ(planned(clinic), (Lines{"main.v-1.p1 exam dr-a"}));
  EXPECT_EQ(clinic.busy_on(kTuesday), 0u);
  clinic.booked("main.v-1.p1", kTen);
  EXPECT_EQ(cancel_to_planned(clinic, "main.v-1.p1").reply<messages::AppointmentView>().planned_again, AppointmentId("main.v-1.p2"))
      << "ids stay short";
}

TEST(AppointmentsPlanned, IsPlannedFromTheMomentItIsPutOffOrGivenBack) {
  Clinic clinic;
  clinic.booked("main.v-1", kTen);
  clinic.handle(clinic.exam("main.v-2", kTen, "dr-b"));
  clinic.handle(plan("main.v-3"));
  clinic.advance(std::chrono::minutes(1));
  cancel_to_planned(clinic, "main.v-1");
  clinic.advance(std::chrono::minutes(1));
  cancel_to_planned(clinic, "main.v-2");
  EXPECT_EQ(planned(clinic), (Lines{"main.v-3 exam ", "main.v-1.p1 exam dr-a", "main.v-2 exam dr-b"}));
}

TEST(AppointmentsPlanned, ComesOfAHoldThatIsGivenBackToBePlanned) {
  Clinic clinic;
  clinic.handle(clinic.exam("main.v-1", kTen));
  EXPECT_EQ(cancel_to_planned(clinic, "main.v-1").reply<messages::AppointmentView>().state, VisitState::kPlanned);
  EXPECT_EQ(planned(clinic), (Lines{"main.v-1 exam dr-a"}));
}

TEST(AppointmentsPlanned, CanBeDroppedAndIsNoCancellation) {
  Clinic clinic;
  clinic.handle(plan("main.v-1"));
  EXPECT_EQ(cancel_to_planned(clinic, "main.v-1").refusal(), No::kIllegalTransition) << "it is planned already";
  EXPECT_EQ(clinic.cancel("main.v-1").reply<messages::AppointmentView>().state, VisitState::kCancelled);
  EXPECT_TRUE(planned(clinic).empty());
  EXPECT_EQ(clinic.count<messages::AppointmentCancelled>(), 0u);
  EXPECT_EQ(clinic.count<messages::AppointmentPlanDropped>(), 1u);
  EXPECT_EQ(clinic.handle(clinic.exam("main.v-1", kTen)).refusal(), No::kAlreadyExists);
}

TEST(AppointmentsPlanned, IsHeldOnlyAsPlanned) {
  Clinic clinic;
  clinic.handle(plan("main.v-1"));
  auto other = clinic.exam("main.v-1", kTen);
  other.visit_type = "crown";
  EXPECT_EQ(clinic.handle(other).refusal(), No::kNotAsPlanned);
  other = clinic.exam("main.v-1", kTen);
  other.person = PersonId("p-2");
  EXPECT_EQ(clinic.handle(other).refusal(), No::kNotAsPlanned);
  EXPECT_EQ(clinic.state_of("main.v-1"), VisitState::kPlanned);
}

TEST(AppointmentsPlanned, NamesWhatTheSiteHas) {
  Clinic clinic;
  const auto with = [&](auto change) {
    auto command = plan("main.v-1");
    change(command);
    return clinic.handle(command).refusal();
  };
  EXPECT_EQ(with([](auto& c) { c.site = SiteId("nowhere"); }), No::kUnknownSite);
  EXPECT_EQ(with([](auto& c) { c.appointment = AppointmentId("night.v-1"); }), No::kInvalidId);
  EXPECT_EQ(with([](auto& c) { c.person = {}; }), No::kInvalidId);
  EXPECT_EQ(with([](auto& c) { c.visit_type = "x"; }), No::kUnknownVisitType);
  EXPECT_EQ(with([](auto& c) { c.provider = ProviderId("x"); }), No::kUnknownProvider);
  clinic.handle(plan("main.v-1"));
  EXPECT_EQ(with([](auto&) {}), No::kAlreadyExists);
}

}  // namespace
}  // namespace bridgework::appointments
