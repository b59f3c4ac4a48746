// One provider, several sites: never in two places.

#include <gtest/gtest.h>

#include "tests/unit/appointments/clinic.hpp"

namespace bridgework::appointments {
namespace {

/// dr-a of the main site in New York, Monday to Friday 9 to 16, and the night site in the zone given.
class Roster : public Clinic {
 public:
  explicit Roster(std::string zone = "America/New_York") : Clinic(std::move(zone)) {}
  const Outcome& works(const std::string& site, std::vector<messages::OpeningHours> shifts) {
    return handle(messages::DefineProvider{.provider = ProviderId("dr-a"), .site = SiteId(site), .name = "A", .shifts = std::move(shifts)});
  }
  const Outcome& on_day(const std::string& site, LocalDay date, std::vector<messages::DayWindow> windows) {
    return handle(messages::DefineException{.site = SiteId(site),
                                            .exception = ExceptionId(site + ".x-1"),
                                            .subject = messages::ExceptionSubject::kProvider,
                                            .of = "dr-a",
                                            .first_day = date,
                                            .last_day = date,
                                            .windows = std::move(windows)});
  }
  const Outcome& hold_at_night_site(const std::string& id, LocalTime start) {
    auto command = pain(id, start);
    command.provider = ProviderId("dr-a");
    return handle(command);
  }
};
std::vector<messages::DayWindow> window(int from, int until) {
  return {{static_cast<std::uint16_t>(from), static_cast<std::uint16_t>(until)}};
}

TEST(AppointmentsTwoSites, ShiftThatOverlapsOneElsewhereIsRefusedAndSaysWhereAndWhen) {
  Roster roster;
  const auto& refused = roster.works("night", hours(2, 2, clock(15), clock(20)));
  EXPECT_EQ(refused.refusal(), No::kWorksElsewhere);
  EXPECT_EQ(refused.detail(), "dr-a works at main then: 2026-01-06 15:00 to 16:00 there");
  EXPECT_TRUE(roster.works("night", hours(2, 2, clock(16), clock(20))).accepted()) << "ends there as it begins here";
  EXPECT_EQ(roster.works("main", hours(1, 5, clock(9), clock(17))).refusal(), No::kWorksElsewhere) << "nor the other way round";
}

TEST(AppointmentsTwoSites, ZonesAreConsidered) {
  Roster kolkata("Asia/Kolkata");  // 9 to 16 in New York is 19:30 to 02:30 there
  EXPECT_EQ(kolkata.works("night", hours(2, 2, clock(18), clock(20))).refusal(), No::kWorksElsewhere);
  EXPECT_EQ(kolkata.works("night", hours(3, 3, clock(2), clock(3))).refusal(), No::kWorksElsewhere)
      << "Tuesday's shift, on Wednesday there";
  EXPECT_TRUE(kolkata.works("night", hours(2, 2, clock(9), clock(16))).accepted());
}

TEST(AppointmentsTwoSites, ClockChangesAreConsidered) {
  Roster phoenix("America/Phoenix");  // two hours behind New York in winter, three in summer
  EXPECT_EQ(phoenix.works("night", hours(2, 2, clock(13, 30), clock(20))).refusal(), No::kWorksElsewhere) << "free in summer only";
  EXPECT_TRUE(phoenix.works("night", hours(2, 2, clock(14), clock(20))).accepted());
}

TEST(AppointmentsTwoSites, ShiftMovesWhenTheFirstSiteLetsGo) {
  Roster roster;
  roster.booked("main.v-1", local(2026, 1, 6, 10));
  EXPECT_EQ(roster.works("night", hours(2, 2, clock(9), clock(12))).refusal(), No::kWorksElsewhere);
  roster.works("main", hours(3, 5, clock(9), clock(16)));
  EXPECT_TRUE(roster.works("night", hours(2, 2, clock(9), clock(12))).accepted());
  const auto sheet =
      roster.get<messages::AppointmentList>(messages::ListAppointments{.site = SiteId("main"), .day = day(2026, 1, 6)}).appointments;
  EXPECT_EQ(sheet.at(0).outside, "dr-a does not work for all of it") << "what was agreed stays agreed, and is to be moved";
  EXPECT_TRUE(roster.hold_at_night_site("night.v-1", local(2026, 1, 6, 11)).accepted());
}

TEST(AppointmentsTwoSites, DayIsSwappedByTwoExceptions) {
  Roster roster;
  roster.works("night", hours(6, 6, clock(9), clock(12)));
  EXPECT_EQ(roster.on_day("night", day(2026, 1, 6), window(clock(9), clock(12))).refusal(), No::kWorksElsewhere);
  roster.on_day("main", day(2026, 1, 6), {});
  EXPECT_TRUE(roster.on_day("night", day(2026, 1, 6), window(clock(9), clock(12))).accepted());
  EXPECT_TRUE(roster.hold_at_night_site("night.v-1", local(2026, 1, 6, 10)).accepted());
  EXPECT_EQ(roster.handle(messages::RemoveException{ExceptionId("main.x-1")}).refusal(), No::kWorksElsewhere)
      << "not back at main while the other site counts on it";
  roster.handle(messages::RemoveException{ExceptionId("night.x-1")});
  EXPECT_TRUE(roster.handle(messages::RemoveException{ExceptionId("main.x-1")}).accepted());
}

TEST(AppointmentsTwoSites, DefinedAtOnceAtBothTheTimeCanBeHeldAtNeither) {
  Roster roster;
  // the main site's definition was on its way when the night site decided: it hears of it afterwards
  roster.put("dr-a", ProviderSitesRecord{});
  ASSERT_TRUE(roster.works("night", hours(1, 5, clock(15), clock(20))).accepted());
  roster.handle(messages::ProviderScheduled{
      .provider = ProviderId("dr-a"), .site = SiteId("main"), .zone = "America/New_York", .shifts = hours(1, 5, clock(9), clock(16))});
  EXPECT_EQ(roster.hold_at_night_site("night.v-1", local(2026, 1, 6, 15)).refusal(), No::kWorksElsewhere);
  EXPECT_EQ(roster.last().detail(), "dr-a works at main then");
  EXPECT_EQ(roster.handle(roster.exam("main.v-1", local(2026, 1, 6, 15, 15))).refusal(), No::kWorksElsewhere);
  EXPECT_TRUE(roster.hold_at_night_site("night.v-1", local(2026, 1, 6, 16)).accepted());
  EXPECT_TRUE(roster.handle(roster.exam("main.v-1", local(2026, 1, 6, 14, 30))).accepted());
  const auto offered =
      roster
          .get<messages::SlotList>(messages::FindSlots{
              .site = SiteId("night"), .type = "pain", .from = day(2026, 1, 7), .days = 1, .limit = 1, .provider = ProviderId("dr-a")})
          .slots;
  ASSERT_EQ(offered.size(), 1u);
  EXPECT_EQ(offered[0].local_start, local(2026, 1, 7, 16)) << "nor is it offered";
}

/// dr-a works on at the main site, whose word comes late to the night site's lane: everything is as if it had just been said.
const std::vector<messages::OpeningHours> kLate = hours(1, 5, clock(9), clock(16));
void hear_of_main_late(Roster& roster) {
  roster.handle(messages::ProviderScheduled{
      .provider = ProviderId("dr-a"), .site = SiteId("main"), .zone = "America/New_York", .shifts = kLate, .dated = {}});
}

TEST(AppointmentsTwoSites, HoldIsNotBookedOnceAnotherSiteHasSaidThatTheProviderIsThere) {
  Roster roster;
  roster.put("dr-a", ProviderSitesRecord{});
  roster.works("night", hours(1, 5, clock(9), clock(20)));
  roster.hold_at_night_site("night.v-1", local(2026, 1, 6, 10));
  roster.hold_at_night_site("night.v-2", local(2026, 1, 6, 12));
  roster.hold_at_night_site("night.v-3", local(2026, 1, 6, 17));
  ASSERT_TRUE(roster.book("night.v-1").accepted());
  hear_of_main_late(roster);
  EXPECT_EQ(roster.book("night.v-2").refusal(), No::kWorksElsewhere);
  EXPECT_EQ(roster.last().detail(), "dr-a works at main at the time of night.v-2 now; find a new time");
  EXPECT_EQ(roster.state_of("night.v-2"), VisitState::kHeld) << "and ends as every hold does";
  EXPECT_TRUE(roster.book("night.v-3").accepted());
  const auto outside =
      roster.get<messages::AppointmentList>(messages::ListOutside{.site = SiteId("night"), .from = kTuesday, .days = 1}).appointments;
  ASSERT_EQ(outside.size(), 2u);
  EXPECT_EQ(outside[0].appointment, AppointmentId("night.v-1")) << "agreed before that was heard: it stays, for a desk to move";
  EXPECT_EQ(outside[1].appointment, AppointmentId("night.v-2"));
}

TEST(AppointmentsTwoSites, HoldIsNotBookedElsewhereEvenWhereTheProviderHasNoHoursLeft) {
  Roster roster;
  roster.works("main", {});
  roster.works("night", hours(1, 5, clock(9), clock(20)));
  roster.hold_at_night_site("night.v-1", local(2026, 1, 6, 10));
  roster.hold_at_night_site("night.v-2", local(2026, 1, 6, 17));
  roster.works("night", {});
  roster.works("main", kLate);
  EXPECT_EQ(roster.book("night.v-1").refusal(), No::kWorksElsewhere);
  EXPECT_TRUE(roster.book("night.v-2").accepted()) << "nobody else has claimed that time: what was held was promised";
}

TEST(AppointmentsTwoSites, GroupOfWhichOneIsElsewhereByNowIsNotBookedAtAll) {
  Roster roster;
  roster.put("dr-a", ProviderSitesRecord{});
  roster.works("night", hours(1, 5, clock(9), clock(20)));
  messages::HoldGroup group{.site = SiteId("night"), .group = GroupId("night.g-1"), .times = 1, .every = 1};
  for (const int hour : {17, 15})
    group.items.push_back({.person = PersonId("p-1"),
                           .visit_type = "pain",
                           .provider = ProviderId("dr-a"),
                           .chair = {},
                           .local_start = local(2026, 1, 6, hour)});
  ASSERT_TRUE(roster.handle(group).accepted());
  hear_of_main_late(roster);
  EXPECT_EQ(roster.handle(messages::BookGroup{GroupId("night.g-1")}).refusal(), No::kWorksElsewhere);
  EXPECT_EQ(roster.last().detail(), "dr-a works at main at the time of night.g-1.2 now; find a new time");
  EXPECT_EQ(roster.state_of("night.g-1.1"), VisitState::kHeld);
  roster.cancel("night.g-1.2");
  EXPECT_TRUE(roster.handle(messages::BookGroup{GroupId("night.g-1")}).accepted()) << "the rest of it";
}

TEST(AppointmentsTwoSites, WhoIsSaidToBeInThreePlacesAtOnceIsOfferedInNone) {
  Roster roster;
  roster.handle(messages::DefineSite{
      .site = SiteId("third"), .name = "T", .zone = "America/New_York", .hours = hours(1, 7, 0, clock(24)), .wait_limit_minutes = 5});
  for (const char* site : {"night", "third"}) {
    roster.put("dr-a", ProviderSitesRecord{});
    ASSERT_TRUE(roster.works(site, hours(1, 5, clock(8), clock(18))).accepted());
  }
  roster.put("dr-a", ProviderSitesRecord{});
  for (const char* site : {"main", "night", "third"})
    roster.handle(messages::ProviderScheduled{.provider = ProviderId("dr-a"),
                                              .site = SiteId(site),
                                              .zone = "America/New_York",
                                              .shifts = hours(1, 5, clock(8), clock(18)),
                                              .dated = {}});
  const auto offered =
      roster
          .get<messages::SlotList>(messages::FindSlots{
              .site = SiteId("night"), .type = "pain", .from = kTuesday, .days = 2, .limit = 5, .provider = ProviderId("dr-a")})
          .slots;
  EXPECT_TRUE(offered.empty());
  EXPECT_EQ(roster.hold_at_night_site("night.v-1", kTen).refusal(), No::kWorksElsewhere);
}

TEST(AppointmentsTwoSites, WhoLeavesASiteIsForgottenThere) {
  Roster roster;
  roster.works("main", {});
  EXPECT_EQ(roster.record<ProviderSitesRecord>("dr-a"), nullptr);
  EXPECT_TRUE(roster.works("night", hours(1, 7, 0, clock(24))).accepted());
}

}  // namespace
}  // namespace bridgework::appointments
