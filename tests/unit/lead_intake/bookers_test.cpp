// Who may book by a contact point, for whom, and what is told of those who ask for a link.

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "tests/unit/lead_intake/desk.hpp"

namespace bridgework::lead_intake {
namespace {

using messages::PersonStatus;
using testing::day;

constexpr char kFamilyPhone[] = "+12025550143";

/// Monday 5 January 2026, 9:00 in Chicago.
class Reception : public Desk {
 public:
  struct Who {
    std::vector<messages::ContactPoint> contacts = {phone(kFamilyPhone)};
    std::optional<LocalDay> born = std::nullopt;
    PersonStatus status = PersonStatus::kPatient;
    const char* guarantor = "";
  };
  Reception() {
    handle(messages::IssueFormKey{.site = SiteId("main"), .form_key = FormKeyId("main.f-1")});
    forget_events();
  }
  /// The household is called after its guarantor, as most are.
  void knows(const char* person, Who who) {
    messages::PersonProfile one = profile(std::move(who.contacts), "main");
    one.given_name = Phi<std::string>("Name of " + std::string(person));
    one.birth_day = Phi<std::optional<LocalDay>>(who.born);
    one.status = who.status;
    handle(messages::RegisterPerson{.person = PersonId(person), .profile = one});
    if (*who.guarantor != '\0')
      handle(messages::JoinHousehold{
          .person = PersonId(person), .household = HouseholdId(who.guarantor), .guarantor = PersonId(who.guarantor)});
  }
  /// Their ids, the first one first, "p-1 p-2".
  std::string bookers(const char* contact = "(202) 555-0143", const char* person = "") const {
    messages::GetBookers query{.contact = Phi<std::string>(contact), .site = SiteId("main"), .person = PersonId(person)};
    std::string ids;
    for (const auto& one : get<messages::Bookers>(query).persons) ids += (ids.empty() ? "" : " ") + one.person.text();
    return ids;
  }
  const Outcome& asks(const char* person = "p-1", const char* honeypot = "", const char* key = "main.f-1") {
    return handle(messages::AskForBookingLink{.form_key = FormKeyId(key),
                                              .contact = Phi<std::string>(kFamilyPhone),
                                              .person = PersonId(person),
                                              .honeypot = Phi<std::string>(honeypot)});
  }
  messages::WebFormView form() const { return get<messages::WebFormView>(messages::GetWebForm{.site = SiteId("main")}); }
};

TEST(LeadIntakeBookers, AreWhoeverAnswersAtThatContactPoint) {
  Reception desk;
  desk.knows("p-1", {.contacts = {phone(kFamilyPhone), email("ana@example.org")}});
  EXPECT_EQ(desk.bookers("202 555 0143"), "p-1");
  EXPECT_EQ(desk.bookers("Ana@Example.org"), "p-1");
  EXPECT_EQ(desk.bookers("202 555 0144"), "");
  EXPECT_EQ(desk.bookers("no contact point"), "");
  const auto told =
      desk.get<messages::Bookers>(messages::GetBookers{.contact = Phi<std::string>("Ana@Example.org"), .site = SiteId("main")});
  EXPECT_EQ(told.contact.reveal(), "ana@example.org");
  EXPECT_EQ(told.persons.front().given_name.reveal(), "Name of p-1");
}

TEST(LeadIntakeBookers, AreTheGuarantorFirstAndThenTheHousehold) {
  Reception desk;
  desk.knows("p-9", {});
  desk.knows("p-1", {.born = day(2016, 5, 1), .guarantor = "p-9"});
  desk.knows("p-2", {.contacts = {}, .born = day(2018, 5, 1), .guarantor = "p-9"});
  EXPECT_EQ(desk.bookers(), "p-9 p-1 p-2");
}

TEST(LeadIntakeBookers, OfAHouseholdInWhichTheGuarantorLives) {
  Reception desk;
  desk.knows("p-9", {});
  desk.handle(messages::JoinHousehold{.person = PersonId("p-9"), .household = HouseholdId("h-1")});
  desk.knows("p-1", {.contacts = {}, .born = day(2016, 5, 1)});
  desk.handle(messages::JoinHousehold{.person = PersonId("p-1"), .household = HouseholdId("h-1"), .guarantor = PersonId("p-9")});
  desk.knows("p-2", {.contacts = {}, .born = day(2016, 5, 1)});
  desk.handle(messages::JoinHousehold{.person = PersonId("p-2"), .household = HouseholdId("h-1"), .guarantor = PersonId("p-8")});
  EXPECT_EQ(desk.bookers(), "p-9 p-1") << "somebody else answers for the other child";
}

TEST(LeadIntakeBookers, AreNoChildAlone) {
  Reception desk;
  desk.knows("p-1", {.born = day(2008, 1, 6)});
  EXPECT_EQ(desk.bookers(), "");
  EXPECT_EQ(desk.bookers(kFamilyPhone, "p-1"), "") << "nor by a link";
  desk.advance_to(utc(2026, 1, 6, 5, 59));
  EXPECT_EQ(desk.bookers(), "") << "still the 5th in Chicago";
  desk.advance_to(utc(2026, 1, 6, 6));
  EXPECT_EQ(desk.bookers(), "p-1");
}

TEST(LeadIntakeBookers, BornOnALeapDayAreGrownUpOnTheFirstOfMarch) {
  Reception desk;
  desk.knows("p-1", {.born = day(2008, 2, 29)});
  desk.advance_to(utc(2026, 2, 28, 18));
  EXPECT_EQ(desk.bookers(), "");
  desk.advance_to(utc(2026, 3, 1, 18));
  EXPECT_EQ(desk.bookers(), "p-1");
}

TEST(LeadIntakeBookers, AreNoChildWithAPhoneOfItsOwnThoughSomebodyAnswersForIt) {
  Reception desk;
  desk.knows("p-9", {.contacts = {phone("+12025550199")}});
  desk.knows("p-1", {.born = day(2010, 5, 1), .guarantor = "p-9"});
  EXPECT_EQ(desk.bookers(), "");
  EXPECT_EQ(desk.bookers(kFamilyPhone, "p-1"), "");
  EXPECT_EQ(desk.bookers("+12025550199"), "p-9 p-1") << "the guarantor books for it";
}

TEST(LeadIntakeBookers, AreNoChildOfAChild) {
  Reception desk;
  desk.knows("p-9", {.born = day(2010, 5, 1)});
  desk.knows("p-1", {.born = day(2012, 5, 1), .guarantor = "p-9"});
  EXPECT_EQ(desk.bookers(), "");
  EXPECT_EQ(desk.bookers(kFamilyPhone, "p-1"), "");
}

TEST(LeadIntakeBookers, AreNobodyWhereTwoGrownUpsCouldBeMeant) {
  Reception desk;
  desk.knows("p-1", {});
  desk.knows("p-2", {});
  EXPECT_EQ(desk.bookers(), "");
  EXPECT_EQ(desk.bookers(kFamilyPhone, "p-2"), "p-2") << "a link was sent to one of them by name";
  desk.handle(messages::LinkPersons{.person = PersonId("p-2"), .other = PersonId("p-1"), .by = "desk-1"});
  EXPECT_EQ(desk.bookers(), "p-1") << "they are one human being";
}

TEST(LeadIntakeBookers, AreNotTheStrangersWhoGaveThatNumberInAForm) {
  Reception desk;
  desk.knows("p-1", {.status = PersonStatus::kProspect});
  EXPECT_EQ(desk.bookers(), "p-1") << "nobody else is known there";
  desk.knows("p-2", {});
  EXPECT_EQ(desk.bookers(), "p-2");
  desk.change("p-2", profile({phone("+12025550177")}, "main"));
  // A mother who is no patient herself counts as her child does.
  desk.knows("p-8", {.status = PersonStatus::kProspect});
  desk.knows("p-3", {.born = day(2016, 5, 1), .guarantor = "p-8"});
  EXPECT_EQ(desk.bookers(), "p-8 p-3");
}

TEST(LeadIntakeBookers, AreNobodyWhoHasDiedOrMovedAway) {
  for (const PersonStatus gone : {PersonStatus::kDeceased, PersonStatus::kMoved}) {
    Reception desk;
    desk.knows("p-1", {.status = gone});
    EXPECT_EQ(desk.bookers(), "");
    EXPECT_EQ(desk.bookers(kFamilyPhone, "p-1"), "");
    desk.knows("p-2", {});
    EXPECT_EQ(desk.bookers(), "p-2") << "the others can";
    desk.knows("p-3", {.born = day(2016, 5, 1), .status = gone, .guarantor = "p-2"});
    EXPECT_EQ(desk.bookers(), "p-2");
    desk.knows("p-4", {.contacts = {phone("+12025550155")}, .born = day(2016, 5, 1), .guarantor = "p-1"});
    EXPECT_EQ(desk.bookers("+12025550155"), "") << "nobody answers for it any more";
  }
}

TEST(LeadIntakeBookers, OfALinkAreThoseOfTheContactPointItWentTo) {
  Reception desk;
  desk.knows("p-9", {});
  desk.knows("p-1", {.born = day(2016, 5, 1), .guarantor = "p-9"});
  EXPECT_EQ(desk.bookers(kFamilyPhone, "p-1"), "p-1 p-9") << "for the child it is about, by whoever answers for it";
  EXPECT_EQ(desk.bookers(kFamilyPhone, "p-9"), "p-9 p-1");
  desk.change("p-9", profile({phone("+12025550188")}, "main"));
  EXPECT_EQ(desk.bookers(kFamilyPhone, "p-9"), "") << "the number is somebody else's by now";
  EXPECT_EQ(desk.bookers(kFamilyPhone, "p-1"), "") << "and nobody's who answers for the child";
  EXPECT_EQ(desk.bookers(kFamilyPhone, "p-404"), "");
}

TEST(LeadIntakeBookers, AreGrownUpsOfTheHouseholdOnlyWhoCanBeReachedInNoOtherWay) {
  Reception desk;
  desk.knows("p-9", {.contacts = {phone(kFamilyPhone), email("home@example.org")}});
  desk.knows("p-1", {.guarantor = "p-9"});
  desk.knows("p-2", {.contacts = {phone(kFamilyPhone), email("own@example.org")}, .guarantor = "p-9"});
  EXPECT_EQ(desk.bookers("home@example.org"), "p-9 p-1");
  EXPECT_EQ(desk.bookers("own@example.org"), "p-2") << "a grown-up whose bills somebody else pays books for themselves";
}

TEST(LeadIntakeBookers, AreSixteenAtMost) {
  Reception desk;
  desk.knows("p-9", {});
  for (int i = 0; i < 20; ++i) desk.knows(("p-c" + std::to_string(i)).c_str(), {.born = day(2016, 5, 1), .guarantor = "p-9"});
  const auto bookers = desk.get<messages::Bookers>(messages::GetBookers{.contact = Phi<std::string>(kFamilyPhone), .site = SiteId("main")});
  EXPECT_EQ(bookers.persons.size(), 16u);
}

// ---- asking for a link

TEST(LeadIntakeBookingLink, IsToldOfAndCountedAsAForm) {
  Reception desk;
  EXPECT_TRUE(desk.asks().accepted());
  const auto* told = desk.last_event<messages::BookingLinkAsked>();
  ASSERT_NE(told, nullptr);
  EXPECT_EQ(told->person, PersonId("p-1"));
  EXPECT_EQ(told->site, SiteId("main"));
  EXPECT_EQ(told->contact.reveal(), kFamilyPhone);
  EXPECT_EQ(desk.form().counted_today, 1u);
  EXPECT_EQ(desk.count<messages::EnquiryReceived>(), 0u) << "nobody asked for anything else";
}

TEST(LeadIntakeBookingLink, ThatNobodyAnswersToIsCountedAndNotToldOf) {
  Reception desk;
  EXPECT_TRUE(desk.asks("").accepted());
  EXPECT_TRUE(desk.asks("p-1", "http://spam.example").accepted());
  EXPECT_TRUE(desk.all_events().empty());
  EXPECT_EQ(desk.form().counted_today, 2u);
  EXPECT_EQ(desk.form().machines_today, 1u);
}

TEST(LeadIntakeBookingLink, IsRefusedAsAFormIs) {
  Reception desk;
  EXPECT_EQ(desk.asks("p-1.x").refusal(), No::kInvalidId);
  EXPECT_EQ(desk.asks("p-1", "", "main.f-9").refusal(), No::kUnknownFormKey);
  desk.handle(messages::SetWebForm{.site = SiteId("main"), .enabled = false, .daily_cap = 2});
  EXPECT_EQ(desk.asks().refusal(), No::kFormClosed);
  desk.handle(messages::SetWebForm{.site = SiteId("main"), .enabled = true, .daily_cap = 2});
  EXPECT_TRUE(desk.asks().accepted());
  EXPECT_TRUE(desk.asks("").accepted());
  EXPECT_EQ(desk.asks().refusal(), No::kFormClosed) << "one cap for all that is public";
  EXPECT_EQ(desk.count<messages::BookingLinkAsked>(), 1u);
}

}  // namespace
}  // namespace bridgework::lead_intake
