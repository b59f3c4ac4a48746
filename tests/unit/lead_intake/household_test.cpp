#include <gtest/gtest.h>

#include "tests/unit/lead_intake/desk.hpp"

namespace bridgework::lead_intake {
namespace {

const PersonId kAna("p-1"), kBob("p-2"), kCleo("p-3");

/// Three persons at home at `main`.
class Family : public Desk {
 public:
  Family() {
    for (const PersonId& person : {kAna, kBob, kCleo})
      handle(messages::RegisterPerson{.person = person, .profile = profile({phone("202 555 0143")}, "main")});
    forget_events();
  }
  const Outcome& join(const PersonId& person, const char* household, const PersonId& guarantor = {}) {
    return handle(messages::JoinHousehold{.person = person, .household = HouseholdId(household), .guarantor = guarantor});
  }
  const Outcome& leave(const PersonId& person) { return handle(messages::LeaveHousehold{.person = person}); }
  const Outcome& link(const PersonId& person, const PersonId& other) {
    return handle(messages::LinkPersons{.person = person, .other = other, .by = "desk-1"});
  }
  const Outcome& unlink(const PersonId& person, const PersonId& other) {
    return handle(messages::UnlinkPersons{.person = person, .other = other, .by = "desk-1"});
  }
  std::vector<PersonId> members(const char* household) const {
    std::vector<PersonId> found;
    for (const auto& one : get<messages::PersonList>(messages::GetHousehold{.household = HouseholdId(household)}).persons)
      found.push_back(one.person);
    return found;
  }
  messages::PersonView person(const PersonId& id) const { return get<messages::PersonView>(messages::GetPerson{.person = id}); }
};

TEST(LeadIntakeHousehold, PersonsJoinAndAreToldWithTheirGuarantor) {
  Family family;
  family.join(kAna, "h-1", kBob);
  const auto* told = family.last_event<messages::PersonJoinedHousehold>();
  ASSERT_NE(told, nullptr);
  EXPECT_EQ(told->guarantor, kBob);
  EXPECT_EQ(told->site, SiteId("main"));
  family.join(kBob, "h-1");
  EXPECT_EQ(family.members("h-1"), (std::vector{kAna, kBob}));
  EXPECT_EQ(family.person(kAna).household, HouseholdId("h-1"));
  EXPECT_EQ(family.person(kAna).guarantor, kBob);
}

TEST(LeadIntakeHousehold, WhoeverJoinsAnotherOneHasLeftTheFirst) {
  Family family;
  family.join(kAna, "h-1");
  family.join(kAna, "h-2");
  EXPECT_EQ(family.last_event<messages::PersonLeftHousehold>()->household, HouseholdId("h-1"));
  EXPECT_TRUE(family.members("h-1").empty());
  EXPECT_EQ(family.members("h-2"), std::vector{kAna});
}

TEST(LeadIntakeHousehold, LeavingGivesBackWhatWas) {
  Family family;
  const auto before = family.records();
  family.join(kAna, "h-1", kBob);
  family.leave(kAna);
  EXPECT_EQ(family.records(), before);
  EXPECT_TRUE(family.members("h-1").empty());
  EXPECT_EQ(family.count<messages::PersonLeftHousehold>(), 1u);
}

TEST(LeadIntakeHousehold, AChangeOfTheProfileLeavesItAlone) {
  Family family;
  family.join(kAna, "h-1", kBob);
  family.change("p-1", profile({phone("202 555 0199")}, "main"));
  EXPECT_EQ(family.person(kAna).household, HouseholdId("h-1"));
}

TEST(LeadIntakeHousehold, RefusalsNameTheRule) {
  Family family;
  EXPECT_EQ(family.join(PersonId("p-9"), "h-1").refusal(), No::kUnknownPerson);
  EXPECT_EQ(family.join(kAna, "h.1").refusal(), No::kInvalidId);
  EXPECT_EQ(family.leave(kAna).refusal(), No::kNotInHousehold);
  EXPECT_EQ(family.leave(PersonId("p-9")).refusal(), No::kUnknownPerson);
  family.join(kAna, "h-1");
  EXPECT_EQ(family.join(kAna, "h-1").refusal(), No::kAlreadyInHousehold);
  EXPECT_TRUE(family.join(kAna, "h-1", kBob).accepted()) << "another guarantor is news";
}

TEST(LeadIntakeLink, QuestionsAboutOneShowTheOthersWhicheverWayTheyWereLinked) {
  Family family;
  family.link(kAna, kBob);
  family.link(kCleo, kBob);
  EXPECT_EQ(family.person(kAna).linked, (std::vector{kBob, kCleo}));
  EXPECT_EQ(family.person(kBob).linked, (std::vector{kAna, kCleo}));
  EXPECT_EQ(family.last_event<messages::PersonsLinked>()->other, kBob);
  EXPECT_EQ(family.last_event<messages::PersonsLinked>()->by, "desk-1");
}

TEST(LeadIntakeLink, InACircleEndsAndNamesEachOnce) {
  Family family;
  family.link(kAna, kBob);
  family.link(kBob, kCleo);
  family.link(kCleo, kAna);
  EXPECT_EQ(family.person(kAna).linked, (std::vector{kBob, kCleo}));
}

TEST(LeadIntakeLink, TakenBackGivesExactlyWhatWas) {
  Family family;
  family.handle(family.enquiry("p-1.e-1"));
  const auto before = family.records();
  const auto ana = family.person(kAna), bob = family.person(kBob);
  family.link(kAna, kBob);
  EXPECT_NE(family.records(), before);
  family.unlink(kAna, kBob);
  EXPECT_EQ(family.records(), before);
  EXPECT_EQ(family.person(kAna), ana);
  EXPECT_EQ(family.person(kBob), bob);
  EXPECT_EQ(family.count<messages::PersonsUnlinked>(), 1u);
}

TEST(LeadIntakeLink, OfTwoLinksBetweenTheSameTwoEitherCanBeTakenBack) {
  Family family;
  family.link(kAna, kBob);
  family.link(kBob, kAna);
  family.unlink(kAna, kBob);
  EXPECT_EQ(family.person(kAna).linked, std::vector{kBob});
  family.unlink(kBob, kAna);
  EXPECT_TRUE(family.person(kAna).linked.empty());
}

TEST(LeadIntakeLink, RefusalsNameTheRule) {
  Family family;
  EXPECT_EQ(family.link(PersonId("p-9"), kBob).refusal(), No::kUnknownPerson);
  EXPECT_EQ(family.link(kAna, kAna).refusal(), No::kInvalidId);
  EXPECT_EQ(family.unlink(kAna, kBob).refusal(), No::kNotLinked);
  EXPECT_EQ(family.unlink(PersonId("p-9"), kBob).refusal(), No::kUnknownPerson);
  family.link(kAna, kBob);
  EXPECT_EQ(family.link(kAna, kBob).refusal(), No::kAlreadyLinked);
  for (int i = 10; i < 25; ++i) EXPECT_TRUE(family.link(kAna, PersonId("p-" + std::to_string(i))).accepted());
  EXPECT_EQ(family.link(kAna, PersonId("p-25")).refusal(), No::kTooMany);
}

}  // namespace
}  // namespace bridgework::lead_intake
