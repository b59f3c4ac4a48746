// Figures against a second count of the events they come from, made in another way.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tests/unit/analytics/events.hpp"

namespace bridgework::analytics::testing {
namespace {

using messages::OpeningEnd;

std::string over(std::int64_t numerator, std::int64_t denominator) { return std::to_string(numerator) + "/" + std::to_string(denominator); }

TEST(SpeedToLead, Version2CountsWhileTheSiteIsOpenAndVersion1ThatAsWellAsTheNight) {
  Analytics h(utc(2026, 3, 3));
  for (int n = 1; n <= 3; ++n) h.handle(enquiry<messages::EnquiryReceived>(n));
  h.handle(contacted(1, 12 * 3600, 61));  // overnight, a minute and a second after the door opened
  h.handle(contacted(2, 3600, 3600));
  EXPECT_EQ(fraction(ask(h, "speed_to_lead_in_time@1")), "0/3") << h.timeline();
  EXPECT_EQ(fraction(ask(h, "speed_to_lead_in_time@2")), "1/3");
  EXPECT_EQ(fraction(ask(h, "speed_to_lead_mean@1")), "780/2");
  EXPECT_EQ(fraction(ask(h, "speed_to_lead_mean@2")), "62/2");
  EXPECT_EQ(ask(h, "speed_to_lead_mean").id, "speed_to_lead_mean@2") << "the newest, where none is named";
  EXPECT_EQ(ask(h, "speed_to_lead_in_time").id, "speed_to_lead_in_time@2");
}

TEST(Opportunity, IsWhatWasAskedForAndNotBooked) {
  using enum messages::CallOutcome;
  Analytics h(utc(2026, 3, 3));
  for (int n = 1; n <= 5; ++n) h.handle(enquiry<messages::EnquiryReceived>(n));
  h.handle(called(1, kNotBooked, 100'00));
  h.handle(called(1, kNotBooked, 250'00));  // the newest estimate counts
  h.handle(called(2, kNotBooked, 400'00));
  h.handle(called(3, kBooked, 50'00));
  h.handle(called(4, kNotBooked));
  h.handle(called(5, kVoicemail));
  EXPECT_EQ(fraction(ask(h, "booked_after_no")), "0/3") << h.timeline();
  EXPECT_EQ(fraction(ask(h, "opportunity_open")), "70000/1");
  h.handle(advanced(1, messages::LeadState::kBooked));
  h.handle(advanced(1, messages::LeadState::kKept));
  h.handle(advanced(3, messages::LeadState::kBooked));
  h.handle(called(3, kNotBooked, 60'00));  // about the visit they have: more is known of its worth, and it is no no
  EXPECT_EQ(fraction(ask(h, "booked_after_no")), "1/3") << "the third had booked before anybody could say no";
  EXPECT_EQ(fraction(ask(h, "lead_conversion_value")), "31000/71000");
  EXPECT_EQ(fraction(ask(h, "opportunity_open")), "40000/1");
  EXPECT_EQ(rows(ask(h, "booked_after_no", "campaign")), "c-1=1/3");
}

TEST(SpeedToLead, OfBothVersionsIsWhatASecondCountOfTheEventsGives) {
  std::mt19937 random(4711);
  Analytics h(utc(2026, 3, 3));
  std::vector<messages::EnquiryContacted> log;
  const int enquiries = 400;
  for (int n = 1; n <= enquiries; ++n) {
    h.handle(enquiry<messages::EnquiryReceived>(n));
    if (random() % 4 == 0) continue;
    const auto waited = static_cast<std::uint32_t>(random() % 7200);
    log.push_back(contacted(n, waited, random() % 2 == 0 ? waited : waited / 7));
    h.handle(log.back());
    if (random() % 5 == 0) h.handle(contacted(n, 1, 1));  // the second conversation is none of the first
  }
  std::int64_t in_time = 0, in_business_time = 0, minutes = 0, business_minutes = 0;
  const std::int64_t within_seconds = std::chrono::duration_cast<std::chrono::seconds>(h.config().contact_within).count();
  for (const auto& event : log) {
    in_time += event.waited_seconds <= within_seconds ? 1 : 0;
    in_business_time += event.waited_business_seconds <= within_seconds ? 1 : 0;
    minutes += (event.waited_seconds + 59) / 60;
    business_minutes += (event.waited_business_seconds + 59) / 60;
  }
  ASSERT_LT(in_time, in_business_time);
  const auto contacts = static_cast<std::int64_t>(log.size());
  EXPECT_EQ(fraction(ask(h, "speed_to_lead_in_time@1")), over(in_time, enquiries));
  EXPECT_EQ(fraction(ask(h, "speed_to_lead_in_time@2")), over(in_business_time, enquiries));
  EXPECT_EQ(fraction(ask(h, "speed_to_lead_mean@1")), over(minutes, contacts));
  EXPECT_EQ(fraction(ask(h, "speed_to_lead_mean@2")), over(business_minutes, contacts));
}

TEST(RefillRate, CountsTimesThatWereTakenAgainHoweverTheyWereTaken) {
  Analytics h(utc(2026, 3, 3));
  const LocalTime nine = local(2026, 3, 5, 9);
  for (int n = 1; n <= 6; ++n) h.handle(opening_found(kMain, n, nine));
  h.handle(opening_ended(kMain, 1, OpeningEnd::kWon));
  h.handle(opening_ended(kMain, 2, OpeningEnd::kTakenOtherwise));
  h.handle(opening_ended(kMain, 3, OpeningEnd::kPassed));
  h.handle(opening_ended(kMain, 4, OpeningEnd::kNobodyFits));
  h.handle(opening_ended(kMain, 5, OpeningEnd::kNotYet));
  EXPECT_EQ(fraction(ask(h, "refill_rate")), "2/6") << "the sixth is still open, and in the denominator";
  EXPECT_EQ(rows(ask(h, "refill_rate", "day")), "2026-03-05=2/6");
  EXPECT_EQ(rows(ask(h, "refill_rate", "purpose")), "exam=2/6");
}

TEST(RefillRate, IsWhatASecondCountOfTheEventsGives) {
  std::mt19937 random(815);
  Analytics h(utc(2026, 3, 3));
  std::set<std::string> found, refilled;
  std::map<std::string, std::pair<int, int>> by_day;
  for (int n = 1; n <= 300; ++n) {
    const SiteId& site = random() % 3 == 0 ? kEast : kMain;
    const auto start = local(2026, 3, 1 + static_cast<unsigned>(random() % 28), 9);
    const auto opening = opening_found(site, n, start);
    h.handle(opening);
    const std::string on = day_text(std::chrono::floor<std::chrono::days>(start));
    found.insert(opening.opening.text());
    ++by_day[on].second;
    if (random() % 5 == 0) continue;
    const OpeningEnd end = messages::kAllOpeningEnd[1 + random() % (messages::kAllOpeningEnd.size() - 1)];
    h.handle(opening_ended(site, n, end));
    if (random() % 6 == 0) h.handle(opening_ended(site, n, OpeningEnd::kWon));  // it has ended, and ends no more
    if (end != OpeningEnd::kWon && end != OpeningEnd::kTakenOtherwise) continue;
    refilled.insert(opening.opening.text());
    ++by_day[on].first;
  }
  std::string expected;
  for (const auto& [on, counts] : by_day) expected += (expected.empty() ? "" : " ") + on + "=" + over(counts.first, counts.second);
  EXPECT_EQ(fraction(ask(h, "refill_rate")), over(static_cast<std::int64_t>(refilled.size()), static_cast<std::int64_t>(found.size())));
  EXPECT_EQ(rows(ask(h, "refill_rate", "day")), expected);
  h.handle(opening_ended(kMain, 999, OpeningEnd::kWon));
  EXPECT_EQ(ask(h, "refill_rate").denominator, 300) << "what was never found is none";
}

}  // namespace
}  // namespace bridgework::analytics::testing
