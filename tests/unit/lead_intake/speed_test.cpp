// The two clocks of an enquiry.

#include <gtest/gtest.h>

#include "tests/unit/lead_intake/desk.hpp"

namespace bridgework::lead_intake {
namespace {

using messages::CallOutcome;
using messages::SpeedClock;
using std::chrono::minutes;
using std::chrono::seconds;

std::vector<SpeedClock> breaches(const Desk& desk) {
  std::vector<SpeedClock> clocks;
  for (const auto& breach : desk.events<messages::SpeedToLeadBreached>()) clocks.push_back(breach.clock);
  return clocks;
}

TEST(LeadIntakeSpeed, BothClocksRunOutAndAreToldOnce) {
  Desk desk;
  desk.handle(desk.enquiry("p-1.e-1"));
  desk.advance(seconds(59));
  EXPECT_TRUE(breaches(desk).empty());
  desk.advance(seconds(1));
  EXPECT_EQ(breaches(desk), std::vector{SpeedClock::kAcknowledgement});
  desk.advance(minutes(14));
  EXPECT_EQ(breaches(desk), (std::vector{SpeedClock::kAcknowledgement, SpeedClock::kFirstContact}));
  const auto* told = desk.last_event<messages::SpeedToLeadBreached>();
  EXPECT_EQ(told->limit_seconds, 900u);
  EXPECT_EQ(told->campaign, CampaignId("c-1"));
  EXPECT_TRUE(desk.lead("p-1.e-1").contact_breached);
  EXPECT_TRUE(desk.lead("p-1.e-1").acknowledgement_breached);
  desk.advance(std::chrono::hours(100));
  EXPECT_EQ(breaches(desk).size(), 2u);
}

TEST(LeadIntakeSpeed, TheAcknowledgementStopsItsClockAndNotTheOther) {
  Desk desk;
  desk.handle(desk.enquiry("p-1.e-1"));
  desk.advance(seconds(30));
  desk.sent("p-1.e-1");
  desk.advance(minutes(60));
  EXPECT_EQ(breaches(desk), std::vector{SpeedClock::kFirstContact});
}

TEST(LeadIntakeSpeed, AConversationStopsBothAndAVoicemailNone) {
  Desk desk;
  desk.handle(desk.enquiry("p-1.e-1"));
  desk.handle(desk.enquiry("p-2.e-1"));
  desk.call("p-1.e-1", CallOutcome::kNotBooked);
  desk.call("p-2.e-1", CallOutcome::kVoicemail);
  desk.advance(minutes(60));
  for (const auto& breach : desk.events<messages::SpeedToLeadBreached>()) EXPECT_EQ(breach.person, PersonId("p-2"));
  EXPECT_EQ(breaches(desk).size(), 2u);
  EXPECT_TRUE(desk.timers().empty());
}

TEST(LeadIntakeSpeed, ConversationAfterTheBreachSaysSo) {
  Desk desk;
  desk.handle(desk.enquiry("p-1.e-1"));
  desk.advance(minutes(20));
  desk.call("p-1.e-1", CallOutcome::kNotBooked);
  EXPECT_TRUE(desk.last_event<messages::EnquiryContacted>()->breached);
  EXPECT_EQ(desk.last_event<messages::EnquiryContacted>()->waited_business_seconds, 1200u);
}

TEST(LeadIntakeSpeed, BookedLostAndNurturedStopTheClocks) {
  Desk desk;
  for (const char* id : {"p-1.e-1", "p-2.e-1", "p-3.e-1"}) desk.handle(desk.enquiry(id));
  desk.visit_booked("p-1", "main.v-1");
  desk.close("p-2.e-1");
  desk.handle(messages::NurtureLead{.enquiry = EnquiryId("p-3.e-1")});
  desk.advance(minutes(60));
  EXPECT_TRUE(breaches(desk).empty());
}

TEST(LeadIntakeSpeed, RunsInTheBusinessHoursOfTheSite) {
  Desk desk;
  std::vector<messages::OpeningHours> hours;
  for (std::uint8_t day = 1; day <= 5; ++day) hours.push_back({.weekday = day, .from_minute = 540, .until_minute = 1020});
  desk.handle(messages::SiteDefined{.site = SiteId("main"), .name = "Main", .zone = "America/Chicago", .hours = hours});
  desk.advance_to(utc(2026, 1, 9, 22, 55));  // Friday 16:55
  desk.handle(desk.enquiry("p-1.e-1"));
  desk.sent("p-1.e-1");
  desk.advance_to(utc(2026, 1, 12, 15, 9));  // Monday 09:09
  EXPECT_TRUE(breaches(desk).empty()) << desk.timeline();
  desk.advance_to(utc(2026, 1, 12, 15, 10));
  EXPECT_EQ(breaches(desk), std::vector{SpeedClock::kFirstContact});
  desk.call("p-1.e-1", CallOutcome::kNotBooked);
  EXPECT_EQ(desk.last_event<messages::EnquiryContacted>()->waited_business_seconds, 900u);
}

TEST(LeadIntakeSpeed, LimitsAreConfigurable) {
  Desk desk;
  desk.config().contact_within = minutes(5);
  desk.config().acknowledge_within = seconds(10);
  desk.handle(desk.enquiry("p-1.e-1"));
  desk.advance(minutes(5));
  EXPECT_EQ(breaches(desk).size(), 2u);
}

TEST(LeadIntakeSpeed, WhoeverIsToBeReviewedFirstWaitsForNoClock) {
  Desk desk;
  auto gone = profile();
  gone.status = messages::PersonStatus::kMoved;
  desk.handle(messages::RegisterPerson{.person = PersonId("p-1"), .profile = gone});
  desk.handle(desk.enquiry("p-1.e-1"));
  desk.advance(minutes(60));
  EXPECT_TRUE(breaches(desk).empty());
}

}  // namespace
}  // namespace bridgework::lead_intake
