// When a site reminds, and which of several reminders leaves.

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "tests/unit/outreach/practice.hpp"

namespace bridgework::outreach {
namespace {

using messages::OutreachRefusal;

constexpr std::uint32_t kDay = 24 * 60;
/// Thursday 23 April 2026, 14:00.
const auto kAfternoon = local(2026, 4, 23, 14);

struct Reminding : Practice {
  explicit Reminding(std::vector<std::uint32_t> minutes_before = {7 * kDay, 2 * kDay, kDay}) { sets(std::move(minutes_before)); }
  const Outcome& sets(std::vector<std::uint32_t> minutes_before, SiteId site = kMain) {
    return handle(messages::SetReminders{std::move(site), std::move(minutes_before)});
  }
  messages::ReminderTimes times() const { return get<messages::ReminderTimes>(messages::GetReminders{kMain}); }
  /// When each message left, on the site's clock.
  std::vector<LocalTime> left() const {
    std::vector<LocalTime> found;
    for (const SendMessage& effect : sends()) found.push_back(runtime::to_local(effect.date, kNewYork));
    return found;
  }
  void confirms() { visit<messages::AppointmentConfirmed>(kAfternoon); }
  void after_the_visit() { pass_to(new_york(2026, 4, 24, 9)); }
};

using Times = std::vector<LocalTime>;

TEST(ReminderTimes, AreTheGroupsUntilTheSiteHasItsOwn) {
  Reminding practice{std::vector<std::uint32_t>()};
  EXPECT_EQ(practice.times().minutes_before, std::vector<std::uint32_t>{kDay});
  EXPECT_TRUE(practice.times().of_the_group);
  practice.sets({kDay, 7 * kDay});
  EXPECT_EQ(practice.times().minutes_before, (std::vector<std::uint32_t>{7 * kDay, kDay})) << "longest first";
  EXPECT_FALSE(practice.times().of_the_group);
  practice.site_is("Main Street Dental", std::string(kNewYork), "+12125550199");
  EXPECT_FALSE(practice.times().of_the_group) << "a new telephone number changes no reminders";
  practice.sets({});
  EXPECT_TRUE(practice.times().of_the_group);
}

TEST(ReminderTimes, AreRefusedWhenTheyMakeNoSense) {
  Reminding practice;
  EXPECT_EQ(practice.sets({kDay}, SiteId("nowhere")).refusal(), OutreachRefusal::kUnknownSite);
  EXPECT_EQ(practice.sets({kDay, kDay}).refusal(), OutreachRefusal::kInvalidReminders);
  EXPECT_EQ(practice.sets({120}).refusal(), OutreachRefusal::kInvalidReminders) << "it would be withheld as too late";
  EXPECT_EQ(practice.last().detail(),
            "a reminder leaves more than 120 minutes before its visit, when the last one would be withheld as too late, and at most 86400, "
            "which is 60 days");
  EXPECT_TRUE(practice.sets({121}).accepted());
  EXPECT_EQ(practice.sets({60 * kDay + 1}).refusal(), OutreachRefusal::kInvalidReminders);
  EXPECT_TRUE(practice.sets({60 * kDay}).accepted());
}

TEST(Reminders, LeaveAtEachTimeOfTheSite) {
  Reminding practice;
  practice.books(kAfternoon);
  practice.after_the_visit();
  EXPECT_EQ(practice.left(), (Times{local(2026, 4, 16, 14), local(2026, 4, 21, 14), local(2026, 4, 22, 14)}));
  for (const unsigned n : {1U, 2U, 3U}) {
    EXPECT_EQ(practice.state_of(n), MessageState::kSent);
    EXPECT_EQ(practice.planned(n).step, n);
  }
}

TEST(Reminders, OfAVisitBookedLateAreThoseStillToCome) {
  Reminding practice;
  practice.pass_to(new_york(2026, 4, 22, 8));
  practice.books(kAfternoon);
  EXPECT_TRUE(practice.sends().empty()) << "two days before is past, one day before is to come";
  practice.after_the_visit();
  EXPECT_EQ(practice.left(), Times{local(2026, 4, 22, 14)});
}

TEST(Reminders, OfAVisitBookedAtTheLastMomentAreOneAtOnce) {
  Reminding practice;
  practice.pass_to(new_york(2026, 4, 23, 9));
  practice.books(kAfternoon);
  EXPECT_EQ(practice.sends().size(), 1U);
  practice.after_the_visit();
  EXPECT_EQ(practice.sends().size(), 1U);
}

TEST(Reminders, ThatCouldLeaveTogetherAreOnlyTheClosest) {
  // Both are due at night: the window opens after the second.
  Reminding practice({10 * 60, 8 * 60});
  practice.books(kAfternoon);
  practice.after_the_visit();
  ASSERT_EQ(practice.sends().size(), 1U);
  EXPECT_EQ(practice.state_of(1), MessageState::kWithheld);
  EXPECT_EQ(practice.reason_of(1), MessageReason::kTooLate);
  EXPECT_EQ(practice.state_of(2), MessageState::kSent);
}

TEST(Reminders, AfterALongSilenceAreOnlyTheClosest) {
  Reminding practice({7 * kDay, 2 * kDay, kDay});
  practice.books(kAfternoon);
  // Nothing ran for ten days: the first timer fires when all three are past.
  practice.sleep_until(new_york(2026, 4, 23, 9));
  practice.settle();
  ASSERT_EQ(practice.sends().size(), 1U);
  EXPECT_EQ(practice.reason_of(1), MessageReason::kTooLate);
  EXPECT_EQ(practice.state_of(2), MessageState::kSent);
  EXPECT_EQ(practice.planned(2).lead_minutes, kDay);
}

TEST(Reminders, OfAVisitThatIsCancelledBetweenThemEnd) {
  Reminding practice;
  practice.books(kAfternoon);
  practice.pass_to(new_york(2026, 4, 21, 13, 59));
  practice.visit<messages::AppointmentCancelled>(kAfternoon);
  practice.after_the_visit();
  EXPECT_EQ(practice.left(), Times{local(2026, 4, 16, 14)});
  EXPECT_EQ(practice.state_of(2), MessageState::kRevoked);
}

TEST(Reminders, ThatHaveLeftLeadToNoneForAVisitThatHasMovedMeanwhile) {
  Reminding practice;
  practice.reports_sends = false;
  practice.books(kAfternoon);
  practice.pass_to(new_york(2026, 4, 16, 14));
  ASSERT_EQ(practice.state_of(1), MessageState::kClaimed);
  practice.visit<messages::AppointmentMoved>(kAfternoon);
  practice.reports(practice.message(1), MessageState::kSent);
  EXPECT_EQ(practice.events<messages::MessagePlanned>().size(), 1U);
}

TEST(Reminders, AskNobodyAgainWhoHasSaidYesButForTheClosest) {
  Reminding practice;
  practice.books(kAfternoon);
  practice.pass_to(new_york(2026, 4, 17, 9));
  practice.confirms();
  practice.after_the_visit();
  EXPECT_EQ(practice.left(), (Times{local(2026, 4, 16, 14), local(2026, 4, 22, 14)}));
  EXPECT_EQ(
      practice.why(2),
      "The reminder for the visit on 23 April 14:00 was not sent because the visit was confirmed already, and a reminder closer to it "
      "follows.");
}

TEST(Reminders, AskedAgainKeepTheYes) {
  Reminding practice;
  practice.books(kAfternoon);
  practice.pass_to(new_york(2026, 4, 17, 9));
  practice.texts("yes");
  practice.confirms();
  practice.pass_to(new_york(2026, 4, 22, 15));
  ASSERT_EQ(practice.sends().size(), 2U);
  practice.forget_events();
  practice.texts("see you then");
  EXPECT_EQ(practice.count<messages::VisitQuestioned>(), 0U) << "the visit was confirmed, and words are no doubt of it";
  practice.texts("no");
  EXPECT_EQ(practice.count<messages::VisitQuestioned>(), 1U);
}

TEST(Reminders, FollowOneThatCouldNotLeave) {
  Reminding practice;
  practice.consents(MessagePurpose::kReminder, Channel::kSms, ConsentState::kDenied);
  practice.books(kAfternoon);
  practice.pass_to(new_york(2026, 4, 20, 9));
  EXPECT_EQ(practice.reason_of(1), MessageReason::kNoConsent);
  practice.consents(MessagePurpose::kReminder, Channel::kSms, ConsentState::kGranted);
  practice.after_the_visit();
  EXPECT_EQ(practice.left(), (Times{local(2026, 4, 21, 14), local(2026, 4, 22, 14)}));
}

TEST(Reminders, OfTheDeadAreNotPlanned) {
  Reminding practice;
  practice.books(kAfternoon);
  practice.pass_to(new_york(2026, 4, 15, 9));
  auto dead = ana();
  dead.status = messages::PersonStatus::kDeceased;
  practice.person_is(dead);
  practice.after_the_visit();
  EXPECT_EQ(practice.events<messages::MessagePlanned>().size(), 1U);
  EXPECT_TRUE(practice.sends().empty());
}

TEST(Reminders, AreNotTriedAgainWhenOneMayHaveLeft) {
  Reminding practice({2 * kDay, kDay});
  practice.reports_sends = false;
  practice.books(kAfternoon);
  practice.pass_to(new_york(2026, 4, 21, 14));
  practice.reports(practice.message(1), MessageState::kPlanned, MessageReason::kQuietHours);
  EXPECT_EQ(practice.events<messages::MessagePlanned>().size(), 1U) << "given back, it is still the one that is planned";
  practice.settle();
  practice.reports(practice.message(1), MessageState::kUncertain);
  practice.settle();
  EXPECT_EQ(practice.sends().size(), 2U);
  practice.reports_sends = true;
  practice.after_the_visit();
  EXPECT_EQ(practice.left().back(), local(2026, 4, 22, 14)) << "the next one leaves at its own time, not at once";
}

TEST(Reminders, ThatAreOverdueWhenOneMayHaveLeftDoNotFollowIt) {
  Reminding practice({2 * kDay, kDay});
  practice.reports_sends = false;
  practice.books(kAfternoon);
  practice.pass_to(new_york(2026, 4, 22, 15));
  practice.reports(practice.message(1), MessageState::kUncertain);
  practice.after_the_visit();
  EXPECT_EQ(practice.sends().size(), 1U) << "whoever was perhaps told a moment ago is not told now";
}

TEST(Reminders, OfOneDayAreTogetherEachTime) {
  Reminding practice({2 * kDay, kDay});
  practice.books(kAfternoon, AppointmentId("main.v-1"));
  practice.books(local(2026, 4, 23, 15), AppointmentId("main.v-2"));
  practice.books(local(2026, 4, 23, 16), AppointmentId("main.v-3"));
  practice.after_the_visit();
  EXPECT_EQ(practice.left(), (Times{local(2026, 4, 21, 14), local(2026, 4, 22, 14)}));
  for (const SendMessage& effect : practice.sends())
    EXPECT_NE(effect.body.reveal().find("14:00, 15:00, 16:00."), std::string::npos) << effect.body.reveal();
}

TEST(Reminders, TakeAlongOnlyThoseOfTheSameTimeBefore) {
  Reminding practice({7 * kDay, kDay});
  practice.books(local(2026, 4, 23, 15), AppointmentId("main.v-1"));
  practice.pass_to(new_york(2026, 4, 16, 14, 30));
  practice.books(kAfternoon, AppointmentId("main.v-2"));
  practice.after_the_visit();
  EXPECT_EQ(practice.left(), (Times{local(2026, 4, 16, 15), local(2026, 4, 22, 14)}));
  EXPECT_EQ(practice.sends()[0].body.reveal().find("14:00"), std::string::npos) << "that visit is reminded of a day before, as it is to be";
  EXPECT_NE(practice.sends()[1].body.reveal().find("14:00, 15:00."), std::string::npos) << practice.sends()[1].body.reveal();
}

TEST(Reminders, FollowTheNewTimesOfTheSiteFromTheNextOneOn) {
  Reminding practice;
  practice.books(kAfternoon);
  practice.pass_to(new_york(2026, 4, 17, 9));
  practice.sets({3 * kDay});
  practice.after_the_visit();
  EXPECT_EQ(practice.left(), (Times{local(2026, 4, 16, 14), local(2026, 4, 21, 14)}))
      << "what was planned stays, and nothing closer follows it";
}

}  // namespace
}  // namespace bridgework::outreach
