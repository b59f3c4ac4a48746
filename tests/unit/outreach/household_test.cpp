// Visits of one day, and of those who live together, are told in one message.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "outreach/links.hpp"
#include "tests/unit/outreach/practice.hpp"

namespace bridgework::outreach {
namespace {

using messages::EntrustedOutcome;
using messages::EntrustedVisitSettled;

const PersonId kBen{"p-ben"};
const AppointmentId kBensVisit{"main.v-9"};

messages::PersonProfile ben() {
  messages::PersonProfile profile = ana();
  profile.given_name = Phi<std::string>("Ben");
  profile.contact_points = {};
  return profile;
}

/// Ben lives with Ana, who answers for the household.
struct Home : Practice {
  explicit Home(messages::PersonProfile profile = ben()) {
    ben_is(std::move(profile));
    joins(kAna);
  }
  void ben_is(messages::PersonProfile profile) {
    messages::PersonChanged event;
    event.person = kBen;
    event.profile = std::move(profile);
    handle(event);
  }
  void joins(const PersonId& guarantor) {
    messages::PersonJoinedHousehold event;
    event.person = kBen;
    event.household = HouseholdId("h-1");
    event.guarantor = guarantor;
    handle(event);
  }
  void leaves() {
    messages::PersonLeftHousehold event;
    event.person = kBen;
    event.household = HouseholdId("h-1");
    handle(event);
  }
  template <class Event>
  void bens_visit(LocalTime at) {
    Event event;
    event.person = kBen;
    event.site = kMain;
    event.appointment = kBensVisit;
    event.visit.local_start = at;
    event.visit.start = *runtime::to_instant(at, kNewYork);
    event.visit.zone = std::string(kNewYork);
    handle(event);
    settle();
  }
  void ben_books(LocalTime at) { bens_visit<messages::AppointmentBooked>(at); }
  /// The site reminds two days and one day before Ben's visit on 12 March, 14:00.
  void first_of_two_reminders_leaves() {
    handle(messages::SetReminders{kMain, {2880, 1440}});
    ben_books(local(2026, 3, 12, 14));
    pass_to(new_york(2026, 3, 10, 20));
  }
  const MessageRecord& bens_message() const { return *record<MessageRecord>("p-ben.m-1"); }
  std::string why_ben() const { return get<messages::MessageList>(messages::GetMessages{kBen}).messages.at(0).words; }
  std::vector<std::string> bodies() const {
    std::vector<std::string> found;
    for (const auto& effect : sends()) found.push_back(effect.to.reveal() + " " + effect.body.reveal());
    return found;
  }
};

const auto kMorning = local(2026, 3, 5, 9);
const Instant kDayBefore = new_york(2026, 3, 4, 9, 30);

TEST(OneDay, IsOneMessageThatNamesEachTime) {
  Home home;
  home.books(kMorning, AppointmentId("main.v-1"));
  home.books(local(2026, 3, 5, 15), AppointmentId("main.v-2"));
  home.pass_to(new_york(2026, 3, 4, 20));
  ASSERT_EQ(home.sends().size(), 1U);
  EXPECT_NE(home.sends()[0].body.reveal().find("your visit is on 5 Mar at 09:00, 15:00."), std::string::npos) << home.bodies()[0];
  EXPECT_EQ(home.state_of(1), MessageState::kSent);
  EXPECT_EQ(home.state_of(2), MessageState::kWithheld);
  EXPECT_EQ(home.why(2),
            "The reminder for the visit on 5 March 15:00 was not sent because another message told of it, together with a visit of the "
            "same day.");
}

TEST(OneDay, CountsVisitsLessThanHalfAnHourApartAsOne) {
  Home home;
  home.books(kMorning, AppointmentId("main.v-1"));
  home.books(local(2026, 3, 5, 9, 29), AppointmentId("main.v-2"));
  home.books(local(2026, 3, 5, 9, 59), AppointmentId("main.v-3"));
  home.pass_to(new_york(2026, 3, 4, 20));
  ASSERT_EQ(home.sends().size(), 1U);
  EXPECT_NE(home.sends()[0].body.reveal().find(" 09:00, 09:59."), std::string::npos) << home.bodies()[0];
}

TEST(OneDay, HasNoMoreTimesThanOneSegmentHolds) {
  Home home;
  for (unsigned n = 0; n < 6; ++n) home.books(local(2026, 3, 5, 9 + static_cast<int>(n)), AppointmentId("main.v-" + std::to_string(n)));
  home.pass_to(new_york(2026, 3, 4, 20));
  ASSERT_EQ(home.sends().size(), 2U);
  EXPECT_NE(home.sends()[0].body.reveal().find("09:00, 10:00, 11:00, 12:00."), std::string::npos) << home.bodies()[0];
  EXPECT_NE(home.sends()[1].body.reveal().find("13:00, 14:00."), std::string::npos) << home.bodies()[1];
}

TEST(OneDay, DoesNotIncludeTheNextNorAnotherSite) {
  Home home;
  home.books(kMorning, AppointmentId("main.v-1"));
  home.books(local(2026, 3, 6, 9), AppointmentId("main.v-2"));
  messages::AppointmentBooked elsewhere;
  elsewhere.person = kAna;
  elsewhere.site = SiteId("north");
  elsewhere.appointment = AppointmentId("north.v-1");
  elsewhere.visit.local_start = local(2026, 3, 5, 15);
  elsewhere.visit.start = new_york(2026, 3, 5, 15);
  elsewhere.visit.zone = std::string(kNewYork);
  home.handle(elsewhere);
  home.pass_to(new_york(2026, 3, 5, 20));
  EXPECT_EQ(home.sends().size(), 3U);
}

TEST(OneDay, LeavesOutWhatWasCancelled) {
  Home home;
  home.books(kMorning, AppointmentId("main.v-1"));
  home.books(local(2026, 3, 5, 15), AppointmentId("main.v-2"));
  home.visit<messages::AppointmentCancelled>(local(2026, 3, 5, 15), AppointmentId("main.v-2"));
  home.pass_to(new_york(2026, 3, 4, 20));
  ASSERT_EQ(home.sends().size(), 1U);
  EXPECT_EQ(home.sends()[0].body.reveal().find("15:00"), std::string::npos);
}

TEST(OneDay, EndsAsItsOneMessageEnds) {
  for (const MessageState state : {MessageState::kUncertain, MessageState::kFailed, MessageState::kWithheld}) {
    Home home;
    home.reports_sends = false;
    home.books(kMorning, AppointmentId("main.v-1"));
    home.books(local(2026, 3, 5, 15), AppointmentId("main.v-2"));
    home.pass_to(kDayBefore);
    ASSERT_EQ(home.state_of(2), MessageState::kClaimed);
    home.reports(home.message(1), state, MessageReason::kSuppressed);
    EXPECT_EQ(home.state_of(1), state);
    EXPECT_EQ(home.state_of(2), state);
    home.pass_to(new_york(2026, 3, 4, 20));
    EXPECT_EQ(home.sends().size(), 1U) << "nothing is tried again";
  }
}

TEST(OneDay, IsAskedAboutAgainWhenTheClaimIsGivenBack) {
  Home home;
  home.reports_sends = false;
  home.books(kMorning, AppointmentId("main.v-1"));
  home.books(local(2026, 3, 5, 15), AppointmentId("main.v-2"));
  home.pass_to(kDayBefore);
  home.reports(home.message(1), MessageState::kPlanned, MessageReason::kQuietHours);
  EXPECT_EQ(home.state_of(2), MessageState::kPlanned);
  home.visit<messages::AppointmentCancelled>(kMorning, AppointmentId("main.v-1"));
  home.reports_sends = true;
  home.pass_to(new_york(2026, 3, 4, 20));
  ASSERT_EQ(home.sends().size(), 2U) << "the one that is left is told by itself";
  EXPECT_NE(home.sends()[1].body.reveal().find("at 15:00."), std::string::npos) << home.bodies()[1];
}

TEST(Household, IsRemindedThroughWhoeverAnswersForIt) {
  Home home;
  home.ben_books(kMorning);
  EXPECT_EQ(home.why_ben(),
            "The reminder for the visit on 5 March 09:00 waits: whoever answers for the household is to be reminded of it.");
  home.books(local(2026, 3, 5, 10), AppointmentId("main.v-1"));
  home.pass_to(new_york(2026, 3, 4, 20));
  ASSERT_EQ(home.sends().size(), 1U);
  EXPECT_EQ(home.sends()[0].to.reveal(), kPhone);
  EXPECT_NE(home.sends()[0].body.reveal().find("visits of your household on 5 Mar: 09:00, 10:00."), std::string::npos) << home.bodies()[0];
  EXPECT_EQ(home.bens_message().state, MessageState::kWithheld);
  EXPECT_EQ(home.why_ben(),
            "The reminder for the visit on 5 March 09:00 was not sent because whoever answers for the household was reminded of it.");
  EXPECT_EQ(home.why(1),
            "The reminder for the visit on 5 March 09:00 of one who lives in the same household was sent by SMS on 4 March 09:00.");
}

TEST(Household, IsToldOnlyWhereBothWouldBeWrittenTo) {
  auto adult = ben();
  adult.contact_points = {phone("+12125550177")};
  Home home(adult);
  home.ben_books(kMorning);
  ASSERT_EQ(home.events<EntrustedVisitSettled>().size(), 1U);
  EXPECT_EQ(home.events<EntrustedVisitSettled>()[0].outcome, EntrustedOutcome::kReturned);
  home.pass_to(kDayBefore);
  ASSERT_EQ(home.sends().size(), 1U);
  EXPECT_EQ(home.sends()[0].to.reveal(), "+12125550177") << "who shares a bill does not share letters";
  EXPECT_EQ(home.bens_message().state, MessageState::kSent);
}

TEST(Household, SharesAMessageWhereItSharesAPhone) {
  auto sharing = ben();
  sharing.contact_points = {phone()};
  Home home(sharing);
  home.ben_books(kMorning);
  home.books(local(2026, 3, 5, 10), AppointmentId("main.v-1"));
  home.pass_to(new_york(2026, 3, 4, 20));
  EXPECT_EQ(home.sends().size(), 1U);
}

TEST(Household, HearsNothingOfAVisitThatMovedASecondBefore) {
  Home home;
  home.ben_books(kMorning);
  home.pass_to(new_york(2026, 3, 4, 8, 59) + 59s);
  home.bens_visit<messages::AppointmentMoved>(kMorning);
  home.pass_to(new_york(2026, 3, 4, 20));
  EXPECT_TRUE(home.sends().empty());
  EXPECT_EQ(home.bens_message().state, MessageState::kRevoked);
  EXPECT_EQ(home.why(1),
            "The reminder for the visit on 5 March 09:00 of one who lives in the same household was not sent because the visit was moved "
            "before it was due.");
}

TEST(Household, ThatCannotBeToldLeavesItToWhoseVisitItIs) {
  auto sharing = ben();
  sharing.contact_points = {phone(), mail("ben@example.org")};
  sharing.preferred_channel = Channel::kSms;
  Home home(sharing);
  home.ben_books(kMorning);
  auto gone = ana();
  gone.status = messages::PersonStatus::kMoved;
  home.person_is(gone);
  home.pass_to(kDayBefore);
  ASSERT_EQ(home.sends().size(), 1U);
  EXPECT_EQ(home.sends()[0].message, MessageId("p-ben.m-1")) << "it is Ben's own reminder, at the number they shared";
}

TEST(Household, ThatOptedOutIsNotToldByAnotherWay) {
  Home home;
  home.ben_books(kMorning);
  home.texts("STOP");
  home.pass_to(new_york(2026, 3, 4, 20));
  EXPECT_TRUE(home.sends().empty());
  EXPECT_EQ(home.bens_message().state, MessageState::kWithheld);
  EXPECT_EQ(home.bens_message().reason, MessageReason::kNoContact) << "Ben has no contact point of his own";
}

TEST(Household, ThatIsLeftHearsNoMoreOfTheVisit) {
  auto later = ben();
  Home home;
  home.ben_books(kMorning);
  home.leaves();
  later.contact_points = {phone("+12125550177")};
  home.ben_is(later);
  home.pass_to(new_york(2026, 3, 4, 20));
  ASSERT_EQ(home.sends().size(), 1U);
  EXPECT_EQ(home.sends()[0].to.reveal(), "+12125550177");
  EXPECT_EQ(home.state_of(1), MessageState::kRevoked);
  EXPECT_EQ(home.planned(1).gone, Gone::kTakenBack);
}

TEST(Household, IsNotRemindedOfTheDead) {
  Home home;
  home.ben_books(kMorning);
  auto dead = ben();
  dead.status = messages::PersonStatus::kDeceased;
  home.ben_is(dead);
  home.pass_to(new_york(2026, 3, 4, 20));
  EXPECT_TRUE(home.sends().empty());
  EXPECT_EQ(home.bens_message().reason, MessageReason::kPersonGone);
}

TEST(Household, IsAskedByOneMessageAndAnswersForEachVisit) {
  Home home;
  home.ben_books(kMorning);
  home.books(local(2026, 3, 5, 10), AppointmentId("main.v-1"));
  home.pass_to(kDayBefore);
  home.forget_events();
  home.texts("no");
  ASSERT_EQ(home.count<messages::VisitQuestioned>(), 1U) << "one call, and whoever makes it knows that it may be about both";
  EXPECT_EQ(home.last_event<messages::VisitQuestioned>()->also_asked, 1U);
  home.forget_events();
  home.texts("yes");
  std::vector<std::string> found;
  for (const auto& told : home.events<messages::VisitAffirmed>()) found.push_back(told.person.text() + " " + told.appointment.text());
  EXPECT_EQ(found, (std::vector<std::string>{"p-ben main.v-9", "p-ana main.v-1"}));
}

TEST(Household, IsConfirmedByOneLink) {
  Home home;
  home.ben_books(kMorning);
  home.books(local(2026, 3, 5, 10), AppointmentId("main.v-1"));
  home.pass_to(kDayBefore);
  const auto linked = home.get<messages::LinkedVisit>(
      messages::GetLinkedVisit{home.message(1), Phi<std::string>(visit_token(home.message(1), Practice::settings()))});
  EXPECT_EQ(linked.appointment, kBensVisit);
  EXPECT_EQ(linked.together, std::vector{AppointmentId("main.v-1")});
}

TEST(Household, IsRemindedAsOftenAsItsSiteReminds) {
  Home home;
  home.first_of_two_reminders_leaves();
  home.pass_to(new_york(2026, 3, 12, 20));
  ASSERT_EQ(home.sends().size(), 2U);
  EXPECT_EQ(home.sends()[1].message, home.message(2)) << "Ana's again, not Ben's";
  EXPECT_EQ(home.record<MessageRecord>("p-ben.m-2"), nullptr);
}

TEST(Household, ThatIsLeftBetweenTwoRemindersLeavesTheSecondToWhoseVisitItIs) {
  Home home;
  home.first_of_two_reminders_leaves();
  ASSERT_EQ(home.sends().size(), 1U);
  home.leaves();
  auto later = ben();
  later.contact_points = {phone("+12125550177")};
  home.ben_is(later);
  home.pass_to(new_york(2026, 3, 12, 20));
  ASSERT_EQ(home.sends().size(), 2U);
  EXPECT_EQ(home.sends()[1].to.reveal(), "+12125550177");
  EXPECT_EQ(home.planned(2).gone, Gone::kTakenBack);
}

TEST(Household, ThatCannotBeToldTheSecondTimeLeavesItToWhoseVisitItIs) {
  auto sharing = ben();
  sharing.contact_points = {phone(), mail("ben@example.org")};
  sharing.preferred_channel = Channel::kSms;
  Home home(sharing);
  home.first_of_two_reminders_leaves();
  ASSERT_EQ(home.sends().size(), 1U);
  auto gone = ana();
  gone.status = messages::PersonStatus::kMoved;
  home.person_is(gone);
  home.pass_to(new_york(2026, 3, 12, 20));
  ASSERT_EQ(home.sends().size(), 2U);
  EXPECT_EQ(home.sends()[1].message, MessageId("p-ben.m-2"));
}

TEST(Household, ThatCannotBeToldAnyMoreLeavesAllFurtherRemindersToWhoseVisitItIs) {
  auto sharing = ben();
  sharing.contact_points = {phone()};
  Home home(sharing);
  home.handle(messages::SetReminders{kMain, {3 * 1440, 2880, 1440}});
  home.ben_books(local(2026, 3, 12, 14));
  home.pass_to(new_york(2026, 3, 9, 20));
  ASSERT_EQ(home.sends().size(), 1U);
  home.reports_sends = false;
  home.pass_to(new_york(2026, 3, 10, 14));
  ASSERT_EQ(home.state_of(2), MessageState::kClaimed);
  home.pass_to(new_york(2026, 3, 11, 15));
  home.reports(home.message(2), MessageState::kWithheld, MessageReason::kNoConsent);
  home.reports_sends = true;
  home.settle();
  EXPECT_EQ(home.record<MessageRecord>("p-ana.m-3"), nullptr) << "Ana is asked no more";
  ASSERT_EQ(home.sends().size(), 3U);
  EXPECT_EQ(home.sends()[2].message, MessageId("p-ben.m-2")) << "nobody has told of it, so the closest leaves at once";
}

TEST(Household, OfOneselfIsNoOneElses) {
  Home home;
  home.joins(kBen);
  auto alone = ben();
  alone.contact_points = {phone("+12125550177")};
  home.ben_is(alone);
  home.ben_books(kMorning);
  EXPECT_TRUE(home.events<messages::VisitEntrusted>().empty());
  home.pass_to(kDayBefore);
  EXPECT_EQ(home.bens_message().state, MessageState::kSent);
}

}  // namespace
}  // namespace bridgework::outreach
