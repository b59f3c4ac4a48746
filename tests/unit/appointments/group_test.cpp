#include <gtest/gtest.h>

#include "tests/unit/appointments/clinic.hpp"

namespace bridgework::appointments {
namespace {

using messages::GroupView;
using messages::RepeatUnit;

const GroupId kGroup("main.g-1");

messages::GroupItem item(LocalTime start, std::string provider = "dr-a", std::string person = "p-1", std::string chair = {}) {
  return {.person = PersonId(std::move(person)),
          .visit_type = "exam",
          .provider = ProviderId(std::move(provider)),
          .chair = ChairId(std::move(chair)),
          .local_start = start};
}
messages::HoldGroup household(std::vector<messages::GroupItem> items) {
  return {.site = SiteId("main"), .group = kGroup, .items = std::move(items), .times = 1, .every = 1, .unit = RepeatUnit::kWeeks};
}
messages::HoldGroup series(LocalTime first, std::uint16_t times, std::uint16_t every, RepeatUnit unit) {
  return {.site = SiteId("main"), .group = kGroup, .items = {item(first)}, .times = times, .every = every, .unit = unit};
}
std::vector<VisitState> states(const GroupView& view) {
  std::vector<VisitState> out;
  for (const auto& visit : view.appointments) out.push_back(visit.state);
  return out;
}
GroupView shown(const Clinic& clinic) { return clinic.get<GroupView>(messages::GetGroup{.group = kGroup}); }

TEST(AppointmentsGroup, OfAHouseholdIsHeldAndBookedAtOnce) {
  Clinic clinic;
  const auto held =
      clinic.handle(household({item(kTen), item(kTen, "dr-b", "p-2"), item(local(2026, 1, 6, 10, 40), "dr-a", "p-3")})).reply<GroupView>();
  ASSERT_EQ(held.appointments.size(), 3u);
  EXPECT_EQ(held.appointments[1].appointment, AppointmentId("main.g-1.2"));
  EXPECT_EQ(held.appointments[1].person, PersonId("p-2"));
  EXPECT_EQ(held.appointments[2].group, kGroup);
  EXPECT_EQ(clinic.last().events.size(), 3u);
  EXPECT_EQ(states(clinic.handle(messages::BookGroup{kGroup}).reply<GroupView>()), std::vector(3, VisitState::kBooked));
  EXPECT_EQ(clinic.count<messages::AppointmentBooked>(), 3u);
  EXPECT_TRUE(clinic.timers().empty());
  clinic.advance(std::chrono::minutes(11));
  EXPECT_EQ(clinic.busy_on(day(2026, 1, 6)), 3u);
  EXPECT_EQ(states(shown(clinic)), std::vector(3, VisitState::kBooked));
}

TEST(AppointmentsGroup, ThatClashesAnywhereIsRefusedAsAWholeAndSaysWhere) {
  Clinic clinic;
  clinic.booked("main.v-1", local(2026, 1, 20, 10));
  clinic.forget_events();
  const auto& refused = clinic.handle(series(kTen, 4, 1, RepeatUnit::kWeeks));
  EXPECT_EQ(refused.refusal(), No::kSlotTaken);
  EXPECT_EQ(refused.detail(), "visit 3 of 4 (2026-01-20 10:00): dr-a is busy then");
  EXPECT_TRUE(clinic.all_events().empty());
  EXPECT_EQ(clinic.busy_on(day(2026, 1, 6)), 0u);
  EXPECT_TRUE(clinic.timers().empty());
  EXPECT_FALSE(clinic.ask(messages::GetGroup{kGroup}));
}

TEST(AppointmentsGroup, ThatClashesWithItselfIsRefused) {
  Clinic clinic;
  const auto& refused = clinic.handle(household({item(kTen), item(local(2026, 1, 6, 10, 30), "dr-a", "p-2")}));
  EXPECT_EQ(refused.refusal(), No::kSlotTaken);
  EXPECT_EQ(refused.detail(), "visit 2 of 2 (2026-01-06 10:30): dr-a is busy then");
}

TEST(AppointmentsGroup, NamesWhatASingleHoldWouldBeRefusedFor) {
  Clinic clinic;
  const auto with = [](auto change) {
    auto wrong = item(kTen);
    change(wrong);
    return household({item(local(2026, 1, 6, 9)), wrong});
  };
  EXPECT_EQ(clinic.handle(with([](auto& i) { i.person = {}; })).refusal(), No::kInvalidId);
  EXPECT_EQ(clinic.handle(with([](auto& i) { i.visit_type = "x"; })).refusal(), No::kUnknownVisitType);
  EXPECT_EQ(clinic.handle(with([](auto& i) { i.provider = ProviderId("x"); })).refusal(), No::kUnknownProvider);
  EXPECT_EQ(clinic.handle(with([](auto& i) { i.chair = ChairId("x"); })).refusal(), No::kUnknownChair);
  EXPECT_EQ(clinic.handle(with([](auto& i) { i.local_start = local(2026, 1, 10, 10); })).refusal(), No::kOutsideHours);
  EXPECT_EQ(clinic.handle(with([](auto& i) { i.local_start = local(2026, 1, 1, 10); })).refusal(), No::kInThePast);
  EXPECT_TRUE(clinic.all_events().empty());
}

TEST(AppointmentsGroup, NeedsASiteAnIdOfItAndOneTo64Visits) {
  Clinic clinic;
  auto elsewhere = household({item(kTen)});
  elsewhere.site = SiteId("nowhere");
  EXPECT_EQ(clinic.handle(elsewhere).refusal(), No::kUnknownSite);
  auto stray = household({item(kTen)});
  stray.group = GroupId("night.g-1");
  EXPECT_EQ(clinic.handle(stray).refusal(), No::kInvalidId);
  EXPECT_EQ(clinic.handle(household({})).refusal(), No::kGroupSize);
  auto many = household({item(kTen), item(kTen, "dr-b")});
  many.times = 33;
  EXPECT_EQ(clinic.handle(many).refusal(), No::kGroupSize);
  many.times = 32;
  EXPECT_TRUE(clinic.handle(many).accepted()) << clinic.last().detail();
  EXPECT_EQ(clinic.handle(household({item(kTen)})).refusal(), No::kAlreadyExists);
  EXPECT_EQ(clinic.last().detail(), "there is a group main.g-1");
}

TEST(AppointmentsGroup, DoesNotTakeTheIdOfAnotherVisit) {
  Clinic clinic;
  clinic.handle(clinic.exam("main.g-1.2", local(2026, 1, 8, 10)));
  EXPECT_EQ(clinic.handle(series(kTen, 2, 1, RepeatUnit::kDays)).refusal(), No::kAlreadyExists);
}

TEST(AppointmentsGroup, RunsOutTogetherAndFreesEverything) {
  Clinic clinic;
  clinic.handle(series(kTen, 3, 2, RepeatUnit::kDays));  // Tuesday, Thursday, then Saturday: closed
  EXPECT_EQ(clinic.last().refusal(), No::kOutsideHours);
  clinic.handle(series(kTen, 3, 1, RepeatUnit::kDays));
  ASSERT_TRUE(clinic.last().accepted());
  clinic.advance(std::chrono::minutes(9));
  EXPECT_EQ(states(shown(clinic)), std::vector(3, VisitState::kHeld));
  clinic.advance(std::chrono::minutes(1));
  EXPECT_EQ(states(shown(clinic)), std::vector(3, VisitState::kLapsed));
  EXPECT_EQ(clinic.count<messages::AppointmentHoldLapsed>(), 3u);
  for (unsigned date : {6u, 7u, 8u}) EXPECT_EQ(clinic.busy_on(day(2026, 1, date)), 0u);
  EXPECT_EQ(clinic.handle(messages::BookGroup{kGroup}).refusal(), No::kHoldLapsed);
}

TEST(AppointmentsGroup, IsRefusedAfterItsEndEvenWhenTheTimerIsLate) {
  Clinic clinic;
  clinic.handle(series(kTen, 2, 1, RepeatUnit::kWeeks));
  clinic.advance_without_timers(clinic.now() + std::chrono::minutes(10));
  EXPECT_EQ(clinic.handle(messages::BookGroup{kGroup}).refusal(), No::kHoldLapsed);
  EXPECT_EQ(states(shown(clinic)), std::vector(2, VisitState::kLapsed));
  EXPECT_TRUE(clinic.handle(clinic.exam("main.v-1", kTen)).accepted()) << "and its time is free";
  clinic.sleep_until(clinic.now());
  EXPECT_EQ(clinic.count<messages::AppointmentHoldLapsed>(), 2u);
  EXPECT_EQ(clinic.state_of("main.v-1"), VisitState::kHeld);
}

TEST(AppointmentsGroup, TimerThatComesTooEarlyOrForNobodyChangesNothing) {
  Clinic clinic;
  clinic.handle(series(kTen, 2, 1, RepeatUnit::kWeeks));
  clinic.handle(GroupHoldLapsed{kGroup});
  clinic.handle(GroupHoldLapsed{GroupId("main.g-9")});
  EXPECT_EQ(states(shown(clinic)), std::vector(2, VisitState::kHeld));
}

TEST(AppointmentsGroup, LeavesOutWhatWasGivenBackAlone) {
  Clinic clinic;
  clinic.handle(series(kTen, 3, 1, RepeatUnit::kWeeks));
  clinic.cancel("main.g-1.2");
  EXPECT_EQ(states(clinic.handle(messages::BookGroup{kGroup}).reply<GroupView>()),
            (std::vector{VisitState::kBooked, VisitState::kLapsed, VisitState::kBooked}));
  EXPECT_EQ(clinic.handle(messages::BookGroup{kGroup}).refusal(), No::kHoldLapsed);
}

TEST(AppointmentsGroup, CancelsWhatIsLeftOfIt) {
  Clinic clinic;
  clinic.handle(series(kTen, 4, 1, RepeatUnit::kWeeks));
  clinic.book("main.g-1.1");
  clinic.book("main.g-1.3");
  clinic.about<messages::ArriveAppointment>("main.g-1.1");
  clinic.about<messages::SeatAppointment>("main.g-1.1");
  clinic.cancel("main.g-1.4");
  const auto left = clinic.handle(messages::CancelGroup{.group = kGroup, .by = messages::CancelledBy::kPatient}).reply<GroupView>();
  EXPECT_EQ(states(left), (std::vector{VisitState::kSeated, VisitState::kLapsed, VisitState::kCancelled, VisitState::kLapsed}));
  EXPECT_EQ(clinic.count<messages::AppointmentCancelled>(), 1u);
  EXPECT_EQ(clinic.busy_on(day(2026, 1, 6)), 1u);
  EXPECT_EQ(clinic.busy_on(day(2026, 1, 13)), 0u);
  EXPECT_EQ(clinic.timers().size(), 1u) << "whether the seated visit takes too long";
  EXPECT_EQ(clinic.handle(messages::CancelGroup{.group = kGroup}).refusal(), No::kIllegalTransition);
}

TEST(AppointmentsGroup, ThatIsBookedAlreadyIsNotBookedAgain) {
  Clinic clinic;
  clinic.handle(series(kTen, 2, 1, RepeatUnit::kWeeks));
  clinic.handle(messages::BookGroup{kGroup});
  EXPECT_EQ(clinic.handle(messages::BookGroup{kGroup}).refusal(), No::kIllegalTransition);
}

TEST(AppointmentsGroup, ThatNobodyKnowsIsRefused) {
  Clinic clinic;
  EXPECT_EQ(clinic.handle(messages::BookGroup{kGroup}).refusal(), No::kUnknownGroup);
  EXPECT_EQ(clinic.handle(messages::CancelGroup{.group = kGroup}).refusal(), No::kUnknownGroup);
  EXPECT_EQ(clinic.ask(messages::GetGroup{kGroup}).error().code, No::kUnknownGroup);
}

TEST(AppointmentsSeries, KeepsItsWallTimeOverAClockChange) {
  Clinic clinic;
  clinic.handle(series(local(2026, 3, 3, 10), 2, 1, RepeatUnit::kWeeks));  // summer time begins on 8 March
  EXPECT_EQ(clinic.record<VisitRecord>("main.g-1.1")->visit.start, utc(2026, 3, 3, 15));
  EXPECT_EQ(clinic.record<VisitRecord>("main.g-1.2")->visit.start, utc(2026, 3, 10, 14));
}

TEST(AppointmentsSeries, IsRefusedWhenOneOfItsTimesDoesNotExist) {
  Clinic clinic;
  const auto& refused = clinic.handle(messages::HoldGroup{
      .site = SiteId("night"),
      .group = GroupId("night.g-1"),
      .items = {{.person = PersonId("p-1"), .visit_type = "pain", .provider = ProviderId("dr-n"), .local_start = local(2026, 3, 6, 2, 30)}},
      .times = 4,
      .every = 1,
      .unit = RepeatUnit::kDays});
  EXPECT_EQ(refused.refusal(), No::kTimeDoesNotExist);
  EXPECT_TRUE(refused.detail().starts_with("visit 3 of 4 (2026-03-08 02:30): ")) << refused.detail();
}

}  // namespace
}  // namespace bridgework::appointments
