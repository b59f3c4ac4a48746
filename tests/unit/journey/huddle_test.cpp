#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/journey/events.hpp"

namespace bridgework::journey::testing {
namespace {

using messages::Cover;
using messages::GapKind;
using messages::VisitState;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const PersonId kBen{"p-ben"};

messages::Huddle huddle_of(const Journey& h, LocalDay on = day(2026, 3, 4)) {
  return h.get<messages::Huddle>(messages::GetHuddle{.site = kMain, .day = on});
}
messages::GapOpened gap(const PersonId& person, const std::string& id, GapKind kind, Cover cover) {
  messages::GapOpened event;
  event.person = person;
  event.site = kMain;
  event.gap = GapId(id);
  event.kind = kind;
  event.cover = cover;
  return event;
}

TEST(JourneyHuddle, ShowsTheDaysVisitsByTimeWithWhatMattersOfEachPerson) {
  Journey h(utc(2026, 3, 3, 8));
  h.handle(registered(kAna, "Ana", "Example"));
  h.handle(registered(kBen, "Ben", "Example"));
  h.handle(about_visit<messages::AppointmentBooked>(kBen, "main.v-2", local(2026, 3, 4, 14)));
  h.handle(about_visit<messages::AppointmentBooked>(kAna, "main.v-1", local(2026, 3, 4, 9, 30)));
  h.handle(about_visit<messages::AppointmentConfirmed>(kAna, "main.v-1", local(2026, 3, 4, 9, 30)));
  h.handle(about_visit<messages::AppointmentBooked>(kAna, "main.v-3", local(2026, 3, 5, 9, 30)));
  h.handle(gap(kAna, "p-ana.g-1", GapKind::kUnfinished, Cover::kActive));
  h.handle(gap(kAna, "p-ana.g-2", GapKind::kUndecided, Cover::kOnHold));
  h.handle(gap(kAna, "p-ana.g-3", GapKind::kUndecided, Cover::kActive));
  for (const char* text : {"one", "two", "three", "four"}) {
    h.handle(messages::TakeNote{.person = kAna, .note = Phi<std::string>(text), .by = "rosa"});
  }
  h.handle(seated(kAna, "main.v-0", local(2026, 3, 3, 9), 22, 15));  // yesterday's defect, and its case

  const auto huddle = huddle_of(h);
  ASSERT_EQ(huddle.visits.size(), 2u) << h.timeline();
  const auto& ana = huddle.visits[0];
  EXPECT_EQ(ana.appointment, AppointmentId("main.v-1"));
  EXPECT_EQ(ana.name.reveal(), "Ana Example");
  EXPECT_EQ(ana.visit_type, "exam-30");
  EXPECT_EQ(ana.provider, ProviderId("dr-lee"));
  EXPECT_EQ(ana.state, VisitState::kConfirmed);
  EXPECT_TRUE(ana.confirmed);
  EXPECT_THAT(ana.unfinished_care, ElementsAre(GapKind::kUndecided, GapKind::kUnfinished));
  EXPECT_THAT(ana.open_cases, ElementsAre(CaseId("p-ana.c-1")));
  EXPECT_THAT(ana.notes.reveal(), ElementsAre("two", "three", "four"));
  EXPECT_EQ(huddle.visits[1].name.reveal(), "Ben Example");
  EXPECT_FALSE(huddle.visits[1].confirmed);
  EXPECT_EQ(huddle.unconfirmed, 1u);
  EXPECT_EQ(huddle.with_unfinished_care, 1u);
  EXPECT_EQ(huddle.defects_yesterday, 1u);
}

TEST(JourneyHuddle, ForgetsCancelledAndMovedVisits) {
  Journey h(utc(2026, 3, 3, 8));
  h.handle(about_visit<messages::AppointmentBooked>(kAna, "main.v-1", local(2026, 3, 4, 9)));
  h.handle(about_visit<messages::AppointmentBooked>(kBen, "main.v-2", local(2026, 3, 4, 10)));
  h.handle(about_visit<messages::AppointmentCancelled>(kAna, "main.v-1", local(2026, 3, 4, 9)));
  h.handle(about_visit<messages::AppointmentMoved>(kBen, "main.v-2", local(2026, 3, 4, 10)));
  auto instead = about_visit<messages::AppointmentBooked>(kBen, "main.v-2.m-1", local(2026, 3, 6, 10));
  instead.moved_from = AppointmentId("main.v-2");
  h.handle(instead);
  EXPECT_THAT(huddle_of(h).visits, IsEmpty());
  EXPECT_EQ(huddle_of(h, day(2026, 3, 6)).visits.size(), 1u);
  EXPECT_EQ(h.record<VisitRecord>("p-ana.main.v-1"), nullptr);
}

TEST(JourneyHuddle, FollowsTheVisitThroughTheDay) {
  Journey h(utc(2026, 3, 4, 8));
  const LocalTime start = local(2026, 3, 4, 9);
  h.handle(about_visit<messages::AppointmentBooked>(kAna, "main.v-1", start));
  h.handle(about_visit<messages::AppointmentArrived>(kAna, "main.v-1", start));
  EXPECT_EQ(huddle_of(h).visits.at(0).state, VisitState::kArrived);
  EXPECT_EQ(huddle_of(h).unconfirmed, 0u);
  h.handle(about_visit<messages::AppointmentCompleted>(kAna, "main.v-1", start));
  h.handle(about_visit<messages::AppointmentCheckedOut>(kAna, "main.v-1", start));
  EXPECT_EQ(huddle_of(h).visits.at(0).state, VisitState::kCheckedOut);
}

TEST(JourneyHuddle, DropsClosedGapsAndResolvedCases) {
  Journey h(utc(2026, 3, 3, 8));
  h.handle(registered(kAna, "Ana", "Example"));
  h.handle(about_visit<messages::AppointmentBooked>(kAna, "main.v-1", local(2026, 3, 4, 9)));
  h.handle(gap(kAna, "p-ana.g-1", GapKind::kNotScheduled, Cover::kActive));
  h.handle(recorded(kAna, messages::DefectKind::kBillLate));
  messages::GapChanged closed;
  closed.person = kAna;
  closed.site = kMain;
  closed.gap = GapId("p-ana.g-1");
  closed.kind = GapKind::kNotScheduled;
  closed.to = Cover::kClosed;
  h.handle(closed);
  h.handle(messages::ResolveCase{.recovery_case = CaseId("p-ana.c-1"), .by = "rosa", .gesture = {}});
  const auto huddle = huddle_of(h);
  EXPECT_THAT(huddle.visits.at(0).unfinished_care, IsEmpty());
  EXPECT_THAT(huddle.visits.at(0).open_cases, IsEmpty());
  EXPECT_EQ(huddle.with_unfinished_care, 0u);
}

TEST(JourneyHuddle, CountsAPersonWithTwoVisitsOnce) {
  Journey h(utc(2026, 3, 3, 8));
  h.handle(gap(kAna, "p-ana.g-1", GapKind::kUnfinished, Cover::kActive));
  h.handle(about_visit<messages::AppointmentBooked>(kAna, "main.v-1", local(2026, 3, 4, 9)));
  h.handle(about_visit<messages::AppointmentBooked>(kAna, "main.v-2", local(2026, 3, 4, 15)));
  EXPECT_EQ(huddle_of(h).with_unfinished_care, 1u);
  EXPECT_EQ(huddle_of(h).unconfirmed, 2u);
}

TEST(JourneyHuddle, PutsADefectOnTheSitesOwnDay) {
  Journey h(utc(2026, 3, 4, 3));  // still the evening of the third in New York
  messages::SiteDefined site;
  site.site = kMain;
  site.zone = "America/New_York";
  h.handle(site);
  h.handle(answered(2, messages::Bucket::kNegative));
  EXPECT_EQ(huddle_of(h, day(2026, 3, 4)).defects_yesterday, 1u);
  EXPECT_EQ(huddle_of(h, day(2026, 3, 5)).defects_yesterday, 0u);
}

}  // namespace
}  // namespace bridgework::journey::testing
