#include <gtest/gtest.h>

#include <map>

#include "tests/unit/appointments/clinic.hpp"

namespace bridgework::appointments {
namespace {

/// A visit brought into that state by the shortest way.
void bring(Clinic& clinic, VisitState state) {
  using namespace messages;
  const std::string id = "main.v-1";
  if (state == VisitState::kPlanned) {
    clinic.handle(
        PlanAppointment{.site = SiteId("main"), .appointment = AppointmentId(id), .person = PersonId("p-1"), .visit_type = "exam"});
    return;
  }
  clinic.handle(clinic.exam(id, kTen));
  if (state == VisitState::kHeld) return;
  if (state == VisitState::kLapsed) return (void)clinic.cancel(id);
  clinic.book(id);
  if (state == VisitState::kCancelled) return (void)clinic.cancel(id);
  if (state == VisitState::kNoShow) return (void)clinic.about<MarkNoShow>(id);
  if (state == VisitState::kMoved) return (void)clinic.move(id, "main.v-2", local(2026, 1, 7, 10));
  if (state == VisitState::kBooked) return;
  if (state == VisitState::kConfirmed) return (void)clinic.about<ConfirmAppointment>(id);
  clinic.about<ArriveAppointment>(id);
  if (state == VisitState::kArrived) return;
  clinic.about<SeatAppointment>(id);
  if (state == VisitState::kSeated) return;
  clinic.about<CompleteAppointment>(id);
  if (state == VisitState::kCompleted) return;
  clinic.about<CheckOutAppointment>(id);
}

const Clinic::Outcome& take(Clinic& clinic, Step step) {
  using namespace messages;
  const std::string id = "main.v-1";
  switch (step) {
    case Step::kHold: return clinic.handle(clinic.exam(id, local(2026, 1, 8, 10)));
    case Step::kBook: return clinic.book(id);
    case Step::kConfirm: return clinic.about<ConfirmAppointment>(id);
    case Step::kArrive: return clinic.about<ArriveAppointment>(id);
    case Step::kSeat: return clinic.about<SeatAppointment>(id);
    case Step::kComplete: return clinic.about<CompleteAppointment>(id);
    case Step::kCheckOut: return clinic.about<CheckOutAppointment>(id);
    case Step::kCancel: return clinic.cancel(id);
    case Step::kNoShow: return clinic.about<MarkNoShow>(id);
    case Step::kMove: return clinic.move(id, "main.m-1", local(2026, 1, 8, 10));
  }
  return clinic.last();
}

constexpr Step kAllSteps[] = {Step::kHold,     Step::kBook,     Step::kConfirm, Step::kArrive, Step::kSeat,
                              Step::kComplete, Step::kCheckOut, Step::kCancel,  Step::kNoShow, Step::kMove};

TEST(AppointmentsTransition, EveryStepFromEveryStateIsAsThisTableSays) {
  using enum VisitState;
  using Row = std::map<Step, VisitState>;
  const std::map<VisitState, Row> table = {
      {kHeld, {{Step::kBook, kBooked}, {Step::kCancel, kLapsed}}},
      {kBooked,
       {{Step::kConfirm, kConfirmed},
        {Step::kArrive, kArrived},
        {Step::kCancel, kCancelled},
        {Step::kNoShow, kNoShow},
        {Step::kMove, kMoved}}},
      {kConfirmed, {{Step::kArrive, kArrived}, {Step::kCancel, kCancelled}, {Step::kNoShow, kNoShow}, {Step::kMove, kMoved}}},
      {kArrived, {{Step::kSeat, kSeated}, {Step::kCancel, kCancelled}}},
      {kSeated, {{Step::kComplete, kCompleted}}},
      {kCompleted, {{Step::kCheckOut, kCheckedOut}}},
      {kCheckedOut, {}},
      {kCancelled, {}},
      {kNoShow, {}},
      {kMoved, {}},
      {kLapsed, {}},
      {kPlanned, {{Step::kHold, kHeld}, {Step::kCancel, kCancelled}}},
  };
  ASSERT_EQ(table.size(), messages::kAllVisitState.size());
  for (const VisitState from : messages::kAllVisitState) {
    for (const Step step : kAllSteps) {
      Clinic clinic;
      bring(clinic, from);
      ASSERT_EQ(clinic.state_of("main.v-1"), from) << clinic.timeline();
      const std::size_t told = clinic.all_events().size();
      const auto& outcome = take(clinic, step);
      const auto& row = table.at(from);
      const std::string what = std::string(to_string(from)) + " " + std::string(to_string(step));
      if (const auto it = row.find(step); it != row.end()) {
        EXPECT_TRUE(outcome.accepted()) << what << "\n" << clinic.timeline();
        EXPECT_EQ(clinic.state_of("main.v-1"), it->second) << what;
        EXPECT_GT(clinic.all_events().size(), told) << what;
      } else {
        const No reason = step == Step::kHold                      ? No::kAlreadyExists
                          : from == kLapsed && step == Step::kBook ? No::kHoldLapsed
                                                                   : No::kIllegalTransition;
        EXPECT_EQ(outcome.refusal(), reason) << what;
        EXPECT_TRUE(reason == No::kHoldLapsed || outcome.detail().ends_with(possible_from(from))) << what << ": " << outcome.detail();
        EXPECT_EQ(clinic.state_of("main.v-1"), from) << what;
      }
    }
  }
}

TEST(AppointmentsTransition, RefusalSaysWhatItIsAndWhatIsPossible) {
  Clinic clinic;
  bring(clinic, VisitState::kBooked);
  take(clinic, Step::kSeat);
  EXPECT_EQ(clinic.last().detail(), "it is booked; possible: confirm, arrive, cancel, no-show, move");
  take(clinic, Step::kCancel);
  take(clinic, Step::kArrive);
  EXPECT_EQ(clinic.last().detail(), "it is cancelled; possible: nothing more");
}

TEST(AppointmentsTransition, IsRefusedForAnUnknownAppointment) {
  for (const Step step : kAllSteps) {
    if (step == Step::kHold) continue;  // makes one
    Clinic clinic;
    EXPECT_EQ(take(clinic, step).refusal(), No::kUnknownAppointment) << to_string(step);
  }
}

TEST(AppointmentsTransition, EachIsToldWithTheWholeVisit) {
  Clinic clinic;
  bring(clinic, VisitState::kCheckedOut);
  const auto visit = clinic.record<VisitRecord>("main.v-1")->visit;
  EXPECT_EQ(clinic.events<messages::AppointmentBooked>().at(0).visit, visit);
  EXPECT_EQ(clinic.events<messages::AppointmentArrived>().at(0).visit, visit);
  EXPECT_EQ(clinic.events<messages::AppointmentSeated>().at(0).visit, visit);
  EXPECT_EQ(clinic.events<messages::AppointmentCompleted>().at(0).visit, visit);
  EXPECT_EQ(clinic.events<messages::AppointmentCheckedOut>().at(0).visit, visit);
  EXPECT_EQ(clinic.events<messages::AppointmentCheckedOut>().at(0).person, PersonId("p-1"));
}

TEST(AppointmentsWaiting, CountsFromArrivalOrTheAgreedTimeWhicheverIsLater) {
  struct Case {
    const char* name;
    Instant arrives;
    Instant seated;
    std::uint32_t waited_minutes;
  };
  const Case cases[] = {
      {"early, seated on time", utc(2026, 1, 6, 14, 30), utc(2026, 1, 6, 15), 0},
      {"early, seated early", utc(2026, 1, 6, 14, 30), utc(2026, 1, 6, 14, 50), 0},
      {"early, seated late", utc(2026, 1, 6, 14, 30), utc(2026, 1, 6, 15, 20), 20},
      {"on time, seated late", utc(2026, 1, 6, 15), utc(2026, 1, 6, 15, 13), 13},
      {"late, seated later", utc(2026, 1, 6, 15, 10), utc(2026, 1, 6, 15, 25), 15},
      {"a minute not yet full", utc(2026, 1, 6, 15), utc(2026, 1, 6, 15, 7, 59), 7},
  };
  for (const Case& c : cases) {
    Clinic clinic;
    bring(clinic, VisitState::kConfirmed);
    clinic.advance_to(c.arrives);
    take(clinic, Step::kArrive);
    clinic.advance_to(c.seated);
    const auto view = take(clinic, Step::kSeat).reply<messages::AppointmentView>();
    EXPECT_EQ(view.waited_minutes, c.waited_minutes) << c.name;
    EXPECT_EQ(clinic.last_event<messages::AppointmentSeated>()->waited_minutes, c.waited_minutes) << c.name;
    EXPECT_EQ(clinic.last_event<messages::AppointmentSeated>()->wait_limit_minutes, 12) << c.name;
  }
}

TEST(AppointmentsCancel, FreesTheTimeAndTellsTheNotice) {
  Clinic clinic;
  bring(clinic, VisitState::kBooked);
  clinic.advance_to(utc(2026, 1, 6, 13, 30));
  clinic.handle(messages::CancelAppointment{
      .appointment = AppointmentId("main.v-1"), .by = messages::CancelledBy::kPractice, .reason = Phi<std::string>("ill")});
  const auto* cancelled = clinic.last_event<messages::AppointmentCancelled>();
  ASSERT_NE(cancelled, nullptr);
  EXPECT_EQ(cancelled->notice_minutes, 90);
  EXPECT_EQ(cancelled->by, messages::CancelledBy::kPractice);
  EXPECT_EQ(cancelled->reason.reveal(), "ill");
  EXPECT_EQ(clinic.busy_on(kTuesday), 0u);
  EXPECT_TRUE(clinic.handle(clinic.exam("main.v-2", kTen)).accepted());
}

TEST(AppointmentsCancel, AfterTheAgreedTimeHasNegativeNotice) {
  Clinic clinic;
  bring(clinic, VisitState::kBooked);
  clinic.advance_to(utc(2026, 1, 6, 15, 5));
  take(clinic, Step::kCancel);
  EXPECT_EQ(clinic.last_event<messages::AppointmentCancelled>()->notice_minutes, -5);
}

TEST(AppointmentsNoShow, FreesTheTime) {
  Clinic clinic;
  bring(clinic, VisitState::kConfirmed);
  take(clinic, Step::kNoShow);
  EXPECT_EQ(clinic.count<messages::AppointmentNoShow>(), 1u);
  EXPECT_EQ(clinic.busy_on(kTuesday), 0u);
}

TEST(AppointmentsCheckOut, TellsByWhomAndWhatWasAgreed) {
  Clinic clinic;
  bring(clinic, VisitState::kCompleted);
  clinic.handle(messages::CheckOutAppointment{.appointment = AppointmentId("main.v-1"),
                                              .by = "desk-1",
                                              .next_visit_agreed = true,
                                              .balance = messages::BalanceHandled::kArranged,
                                              .script = "s-3"});
  const auto* out = clinic.last_event<messages::AppointmentCheckedOut>();
  ASSERT_NE(out, nullptr);
  EXPECT_EQ(out->by, "desk-1");
  EXPECT_TRUE(out->next_visit_agreed);
  EXPECT_EQ(out->balance, messages::BalanceHandled::kArranged);
  EXPECT_EQ(out->script, "s-3");
}

TEST(AppointmentsDaySheet, ListsTheDayInOrderWithWhatBecameOfIt) {
  Clinic clinic;
  clinic.booked("main.v-3", local(2026, 1, 6, 14));
  clinic.booked("main.v-1", local(2026, 1, 6, 9));
  clinic.handle(clinic.exam("main.v-2", local(2026, 1, 6, 11)));
  clinic.booked("main.v-4", local(2026, 1, 7, 9));
  clinic.cancel("main.v-1");
  EXPECT_EQ(clinic.day_sheet(kTuesday), (std::vector<std::string>{"main.v-1 cancelled", "main.v-2 held", "main.v-3 booked"}));
  EXPECT_TRUE(clinic.day_sheet(day(2026, 1, 9)).empty());
}

}  // namespace
}  // namespace bridgework::appointments
