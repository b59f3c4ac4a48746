#include <gtest/gtest.h>

#include "tests/unit/appointments/clinic.hpp"

namespace bridgework::appointments {
namespace {

messages::DefineSite site(std::string id, std::string zone = "Europe/Berlin") {
  return {.site = SiteId(std::move(id)),
          .name = "New",
          .zone = std::move(zone),
          .phone = "+12025550100",
          .hours = hours(1, 5, clock(8), clock(12))};
}

TEST(AppointmentsSite, IsDefinedAndToldToEverybody) {
  Clinic clinic;
  const auto& outcome = clinic.handle(site("new"));
  EXPECT_EQ(outcome.reply<messages::Done>().id, "new");
  const auto* told = outcome.event<messages::SiteDefined>();
  ASSERT_NE(told, nullptr);
  EXPECT_EQ(told->zone, "Europe/Berlin");
  EXPECT_EQ(told->phone, "+12025550100");
  EXPECT_EQ(told->hours.size(), 5u);
  EXPECT_EQ(told->wait_limit_minutes, 15);
}

TEST(AppointmentsSite, KeepsItsChairsAndProvidersWhenDefinedAgain) {
  Clinic clinic;
  clinic.handle(site("main", "America/New_York"));
  const auto view = clinic.get<messages::SiteView>(messages::GetSite{.site = SiteId("main")});
  EXPECT_EQ(view.phone, "+12025550100");
  EXPECT_EQ(view.providers, (std::vector{ProviderId("dr-a"), ProviderId("dr-b")}));
  EXPECT_EQ(view.chairs, (std::vector{ChairId("c-1"), ChairId("c-2")}));
  EXPECT_EQ(view.visit_types, (std::vector<std::string>{"exam", "crown"}));
}

TEST(AppointmentsSite, ProviderDefinedAgainGetsTheNewShifts) {
  Clinic clinic;
  clinic.handle(messages::DefineProvider{
      .provider = ProviderId("dr-a"), .site = SiteId("main"), .name = "A", .shifts = hours(2, 2, clock(13), clock(16))});
  EXPECT_EQ(clinic.record<SiteRecord>("main")->providers.size(), 2u);
  EXPECT_EQ(clinic.handle(clinic.exam("main.v-1", local(2026, 1, 6, 10))).refusal(), No::kOutsideHours);
  EXPECT_TRUE(clinic.handle(clinic.exam("main.v-1", local(2026, 1, 6, 13))).accepted());
}

TEST(AppointmentsSite, IsRefusedWithoutARealZone) {
  Clinic clinic;
  EXPECT_EQ(clinic.handle(site("new", "Atlantis/Capital")).refusal(), No::kInvalidZone);
  EXPECT_EQ(clinic.handle(site("new", "")).refusal(), No::kInvalidZone);
}

TEST(AppointmentsSite, IsRefusedWithADotInItsId) {
  Clinic clinic;
  EXPECT_EQ(clinic.handle(site("new.york")).refusal(), No::kInvalidId);
  EXPECT_EQ(clinic.handle(site("")).refusal(), No::kInvalidId);
}

TEST(AppointmentsSite, RefusesHoursThatAreNone) {
  struct Case {
    const char* name;
    messages::OpeningHours hours;
    bool taken;
  };
  for (const Case& c :
       {Case{"opens before it closes", {1, 480, 1020}, true}, Case{"the whole day", {7, 0, 1440}, true},
        Case{"closes before it opens", {1, 1020, 480}, false}, Case{"opens and closes at once", {1, 480, 480}, false},
        Case{"weekday 0", {0, 480, 1020}, false}, Case{"weekday 8", {8, 480, 1020}, false}, Case{"past midnight", {1, 480, 1500}, false}}) {
    Clinic clinic;
    auto command = site("new");
    command.hours = {c.hours};
    EXPECT_EQ(clinic.handle(command).accepted(), c.taken) << c.name;
    EXPECT_EQ(clinic.last().refusal(), c.taken ? std::nullopt : std::optional(No::kInvalidHours)) << c.name;
    const messages::DefineProvider provider{.provider = ProviderId("dr-x"), .site = SiteId("main"), .name = "X", .shifts = {c.hours}};
    EXPECT_EQ(clinic.handle(provider).accepted(), c.taken) << c.name;
    EXPECT_EQ(clinic.last().refusal(), c.taken ? std::nullopt : std::optional(No::kInvalidHours)) << c.name;
  }
}

TEST(AppointmentsSite, ProviderChairAndVisitTypeNeedAKnownSite) {
  Clinic clinic;
  EXPECT_EQ(clinic.handle(messages::DefineProvider{.provider = ProviderId("x"), .site = SiteId("nowhere"), .name = "x"}).refusal(),
            No::kUnknownSite);
  EXPECT_EQ(clinic.handle(messages::DefineChair{.chair = ChairId("x"), .site = SiteId("nowhere"), .name = "x"}).refusal(),
            No::kUnknownSite);
  EXPECT_EQ(clinic.handle(messages::DefineVisitType{.visit_type = "x", .site = SiteId("nowhere"), .name = "x"}).refusal(),
            No::kUnknownSite);
}

TEST(AppointmentsSite, ProviderChairAndVisitTypeNeedAnId) {
  Clinic clinic;
  EXPECT_EQ(clinic.handle(messages::DefineProvider{.site = SiteId("main"), .name = "x"}).refusal(), No::kInvalidId);
  EXPECT_EQ(clinic.handle(messages::DefineChair{.site = SiteId("main"), .name = "x"}).refusal(), No::kInvalidId);
  EXPECT_EQ(clinic.handle(messages::DefineVisitType{.site = SiteId("main"), .name = "x"}).refusal(), No::kInvalidId);
}

TEST(AppointmentsSite, AllSitesAreListed) {
  Clinic clinic;
  const auto list = clinic.get<messages::SiteList>(messages::ListSites{});
  ASSERT_EQ(list.sites.size(), 2u);
  EXPECT_EQ(list.sites[0].site, SiteId("main"));
  EXPECT_EQ(list.sites[1].site, SiteId("night"));
}

TEST(AppointmentsSite, UnknownOnesAreRefusedToQueries) {
  Clinic clinic;
  const SiteId nowhere("nowhere");
  EXPECT_EQ(clinic.ask(messages::GetSite{.site = nowhere}).error().code, No::kUnknownSite);
  EXPECT_EQ(clinic.ask(messages::ListAppointments{.site = nowhere}).error().code, No::kUnknownSite);
  EXPECT_EQ(clinic.ask(messages::FindSlots{.site = nowhere, .type = "exam"}).error().code, No::kUnknownSite);
  EXPECT_EQ(clinic.ask(messages::FindSlots{.site = SiteId("main"), .type = "dream"}).error().code, No::kUnknownVisitType);
  EXPECT_EQ(clinic.ask(messages::FindSlots{.site = SiteId("main"), .type = "exam", .provider = ProviderId("dr-x")}).error().code,
            No::kUnknownProvider);
  EXPECT_EQ(clinic.ask(messages::GetAppointment{.appointment = AppointmentId("main.v-9")}).error().code, No::kUnknownAppointment);
}

}  // namespace
}  // namespace bridgework::appointments
