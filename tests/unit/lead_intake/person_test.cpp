#include <gtest/gtest.h>

#include "runtime/lane.hpp"
#include "tests/unit/lead_intake/desk.hpp"

namespace bridgework::lead_intake {
namespace {

messages::RegisterPerson registration(std::string id, messages::PersonProfile who) {
  return {.person = PersonId(std::move(id)), .profile = std::move(who)};
}

TEST(LeadIntakePerson, IsRegisteredWithContactPointsNormalised) {
  Desk desk;
  EXPECT_EQ(desk.handle(registration("p-1", profile({phone("202 555 0143"), email("Ana@Example.org")}, "main"))).reply<messages::Done>().id,
            "p-1");
  const auto* told = desk.last_event<messages::PersonRegistered>();
  ASSERT_NE(told, nullptr);
  EXPECT_EQ(told->site, SiteId("main"));
  EXPECT_EQ(told->profile.contact_points[0].value.reveal(), "+12025550143");
  EXPECT_EQ(told->profile.contact_points[1].value.reveal(), "ana@example.org");
}

TEST(LeadIntakePerson, IsToldWithTheZoneThatCounts) {
  struct Case {
    const char* name;
    const char* home_site;
    const char* zone;
    const char* told;
  };
  for (const Case& c : {Case{"their own", "main", "Europe/Berlin", "Europe/Berlin"}, Case{"the home site's", "main", "", "America/Chicago"},
                        Case{"none, for an unknown site", "nowhere", "", ""}, Case{"none, without a site", "", "", ""}}) {
    Desk desk;
    desk.handle(registration("p-1", profile({}, c.home_site, c.zone)));
    EXPECT_EQ(desk.last_event<messages::PersonRegistered>()->profile.zone, c.told) << c.name;
    desk.change("p-1", profile({}, c.home_site, c.zone));
    EXPECT_EQ(desk.last_event<messages::PersonChanged>()->profile.zone, c.told) << c.name;
    EXPECT_EQ(desk.record<PersonRecord>("p-1")->profile.zone, c.zone) << c.name << ": stored as it was given";
  }
}

TEST(LeadIntakePerson, FollowsTheHomeSiteToANewZone) {
  Desk desk;
  desk.handle(registration("p-1", profile({}, "main")));
  desk.handle(messages::SiteDefined{.site = SiteId("main"), .zone = "America/Denver"});
  desk.change("p-1", profile({}, "main"));
  EXPECT_EQ(desk.last_event<messages::PersonChanged>()->profile.zone, "America/Denver");
}

TEST(LeadIntakePerson, IsRefusedTwice) {
  Desk desk;
  desk.handle(registration("p-1", profile()));
  EXPECT_EQ(desk.handle(registration("p-1", profile())).refusal(), No::kAlreadyExists);
}

TEST(LeadIntakePerson, IsRefusedWithADotInTheId) {
  Desk desk;
  EXPECT_EQ(desk.handle(registration("p-1.x", profile())).refusal(), No::kInvalidId);
  EXPECT_EQ(desk.handle(registration("", profile())).refusal(), No::kInvalidId);
}

TEST(LeadIntakePerson, IsRefusedInAZoneThatDoesNotExist) {
  Desk desk;
  EXPECT_EQ(desk.handle(registration("p-1", profile({}, "main", "Mars/Olympus"))).refusal(), No::kInvalidZone);
  desk.handle(registration("p-1", profile()));
  EXPECT_EQ(desk.change("p-1", profile({}, "main", "Mars/Olympus")).refusal(), No::kInvalidZone);
}

TEST(LeadIntakePerson, UnknownOneCannotBeChangedOrShown) {
  Desk desk;
  EXPECT_EQ(desk.change("p-9", profile()).refusal(), No::kUnknownPerson);
  EXPECT_EQ(desk.ask(messages::GetPerson{.person = PersonId("p-9")}).error().code, No::kUnknownPerson);
}

TEST(LeadIntakePerson, WhoMovedOrDiedIsToldAndTheirOpenEnquiriesAreLost) {
  for (const auto status : {messages::PersonStatus::kDeceased, messages::PersonStatus::kMoved}) {
    Desk desk;
    desk.handle(desk.enquiry("p-1.e-1"));
    desk.close("p-1.e-1");
    desk.handle(desk.enquiry("p-1.e-2"));
    desk.handle(desk.enquiry("p-1.e-3"));
    desk.call("p-1.e-3", messages::CallOutcome::kNotBooked);
    desk.forget_events();
    auto gone = profile({}, "main");
    gone.status = status;
    desk.change("p-1", gone);
    EXPECT_EQ(desk.last_event<messages::PersonChanged>()->profile.status, status);
    EXPECT_EQ(desk.count<messages::EnquiryAdvanced>(), 2u) << desk.timeline();
    EXPECT_EQ(desk.state_of("p-1.e-2"), LeadState::kLost);
    EXPECT_EQ(desk.state_of("p-1.e-3"), LeadState::kLost);
    EXPECT_EQ(desk.last_event<messages::EnquiryAdvanced>()->reason, "person " + std::string(to_string(status)));
    desk.change("p-1", gone);
    EXPECT_EQ(desk.count<messages::EnquiryAdvanced>(), 2u) << "once";
  }
}

TEST(LeadIntakePerson, ChangeKeepsWhereTheKnowledgeCameFrom) {
  Desk desk;
  desk.handle(messages::ImportPersons{.key = "p-1", .persons = {{PersonId("p-1"), profile()}}});
  desk.change("p-1", profile());
  EXPECT_EQ(desk.record<PersonRecord>("p-1")->profile.provenance, messages::Provenance::kImported);
}

TEST(LeadIntakePerson, IsFoundByContactPointAsGivenOrNormalised) {
  Desk desk;
  desk.handle(registration("p-1", profile({phone("202 555 0143"), email("ana@example.org")})));
  desk.handle(registration("p-2", profile({phone("202 555 0143")})));
  const auto find = [&](const char* contact) {
    std::vector<std::string> ids;
    for (const auto& person : desk.get<messages::PersonList>(messages::FindPersons{.contact = Phi<std::string>(contact)}).persons)
      ids.push_back(person.person.text());
    return ids;
  };
  EXPECT_EQ(find("(202) 555-0143"), (std::vector<std::string>{"p-1", "p-2"}));
  EXPECT_EQ(find("+12025550143"), (std::vector<std::string>{"p-1", "p-2"}));
  EXPECT_EQ(find("ANA@example.org"), std::vector<std::string>{"p-1"});
  EXPECT_TRUE(find("bob@example.org").empty());
  EXPECT_TRUE(find("whoever").empty());
  desk.change("p-1", profile({email("ana@example.org")}));
  EXPECT_EQ(find("+12025550143"), std::vector<std::string>{"p-2"}) << "no longer by the number that was given up";
  EXPECT_EQ(find("ana@example.org"), std::vector<std::string>{"p-1"});
}

TEST(LeadIntakeImport, TakesNewPersonsAndLeavesTheKnownAsTheyAre) {
  Desk desk;
  desk.handle(registration("p-1", profile({email("ana@example.org")})));
  // another person of the same lane
  std::string other;
  for (int i = 2; other.empty(); ++i)
    if (const std::string id = "p-" + std::to_string(i); runtime::lane_of(id) == runtime::lane_of("p-1")) other = id;
  const auto done = desk.handle(messages::ImportPersons{.key = "p-1",
                                                        .persons = {{PersonId("p-1"), profile()},
                                                                    {PersonId(other), profile({phone("202 555 0143")}, "main")},
                                                                    {PersonId(other), profile()}}})
                        .reply<messages::ImportDone>();
  EXPECT_EQ(done.imported, 1u);
  EXPECT_EQ(done.already_known, 2u);
  EXPECT_EQ(desk.record<PersonRecord>("p-1")->profile.contact_points.size(), 1u);
  const auto* told = desk.last_event<messages::PersonRegistered>();
  EXPECT_EQ(told->person, PersonId(other));
  EXPECT_EQ(told->profile.provenance, messages::Provenance::kImported);
  EXPECT_EQ(told->profile.zone, "America/Chicago");
  EXPECT_EQ(told->profile.contact_points[0].value.reveal(), "+12025550143");
}

TEST(LeadIntakePerson, IsDeceasedForEverybodyOnceWhoeverCalledWasTold) {
  Desk desk;
  desk.handle(desk.enquiry("p-1.e-1"));
  messages::TaskClosed call{.person = PersonId("p-1"), .state = messages::TaskState::kDone, .outcome = messages::TaskOutcome::kWrongNumber};
  desk.handle(call);
  EXPECT_EQ(desk.count<messages::PersonChanged>(), 0u);
  call.outcome = messages::TaskOutcome::kDeceased;
  desk.handle(call);
  ASSERT_EQ(desk.count<messages::PersonChanged>(), 1u);
  EXPECT_EQ(desk.last_event<messages::PersonChanged>()->profile.status, messages::PersonStatus::kDeceased);
  EXPECT_EQ(desk.state_of("p-1.e-1"), LeadState::kLost) << "nobody calls about it";
  desk.handle(call);
  EXPECT_EQ(desk.count<messages::PersonChanged>(), 1u);
  desk.change("p-1", profile());
  EXPECT_EQ(desk.record<PersonRecord>("p-1")->profile.status, messages::PersonStatus::kProspect) << "a mistake is put right";
}

TEST(LeadIntakeImport, IsRefusedAsAWholeWhenAPersonIsOfAnotherLane) {
  Desk desk;
  std::string stranger;
  for (int i = 2; stranger.empty(); ++i)
    if (const std::string id = "p-" + std::to_string(i); runtime::lane_of(id) != runtime::lane_of("p-1")) stranger = id;
  EXPECT_EQ(desk.handle(messages::ImportPersons{.key = "p-1", .persons = {{PersonId("p-1"), profile()}, {PersonId(stranger), profile()}}})
                .refusal(),
            No::kLaneMismatch);
  EXPECT_EQ(desk.record<PersonRecord>("p-1"), nullptr);
}

TEST(LeadIntakeImport, SaysWhoseZoneOrIdIsWrong) {
  Desk desk;
  EXPECT_EQ(
      desk.handle(messages::ImportPersons{.key = "p-1", .persons = {{PersonId("p-1"), profile({}, "main", "Mars/Olympus")}}}).refusal(),
      No::kInvalidZone);
  EXPECT_NE(desk.last().detail().find("(p-1)"), std::string::npos);
  EXPECT_EQ(desk.handle(messages::ImportPersons{.key = "p-1", .persons = {{PersonId("p-1.x"), profile()}}}).refusal(), No::kInvalidId);
}

}  // namespace
}  // namespace bridgework::lead_intake
