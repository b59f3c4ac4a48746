#include <array>
#include <vector>

#include <gtest/gtest.h>

#include "runtime/business_time.hpp"
#include "runtime/zone.hpp"
#include "tests/unit/lead_intake/desk.hpp"

namespace bridgework::lead_intake {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

/// Open on every weekday named, from and until these minutes.
SiteRecord site(const char* zone, std::vector<std::array<int, 3>> windows) {
  SiteRecord record{.zone = zone, .hours = {}};
  for (const auto& [weekday, from, until] : windows) {
    record.hours.push_back({.weekday = static_cast<std::uint8_t>(weekday),
                            .from_minute = static_cast<std::uint16_t>(from),
                            .until_minute = static_cast<std::uint16_t>(until)});
  }
  return record;
}
/// Monday to Friday, 9 to 12 and 13 to 17.
SiteRecord weekdays(const char* zone) {
  std::vector<std::array<int, 3>> windows;
  for (int day = 1; day <= 5; ++day) {
    windows.push_back({day, 9 * 60, 12 * 60});
    windows.push_back({day, 13 * 60, 17 * 60});
  }
  return site(zone, windows);
}
/// Around the clock, every day.
SiteRecord always(const char* zone) {
  std::vector<std::array<int, 3>> windows;
  for (int day = 1; day <= 7; ++day) windows.push_back({day, 0, 24 * 60});
  return site(zone, windows);
}

TEST(LeadIntakeBusinessTime, RunsWhileOpenAndRestsOverLunchNightAndWeekend) {
  const SiteRecord open = weekdays("UTC");
  const auto at = [](int day, int hour, int minute = 0) { return utc(2026, 1, static_cast<unsigned>(day), hour, minute); };
  // Monday is the 5th
  EXPECT_EQ(runtime::add_business_time(&open, at(5, 10), minutes(15)), at(5, 10, 15));
  EXPECT_EQ(runtime::add_business_time(&open, at(5, 11, 50), minutes(15)), at(5, 13, 5)) << "over lunch";
  EXPECT_EQ(runtime::add_business_time(&open, at(5, 16, 50), minutes(15)), at(6, 9, 5)) << "over night";
  EXPECT_EQ(runtime::add_business_time(&open, at(9, 16, 50), minutes(15)), at(12, 9, 5)) << "over the weekend";
  EXPECT_EQ(runtime::add_business_time(&open, at(10, 3), seconds(60)), at(12, 9, 1)) << "asked on a Saturday night";
  EXPECT_EQ(runtime::add_business_time(&open, at(5, 11, 45), minutes(15)), at(5, 12)) << "up to the last minute";
  EXPECT_EQ(runtime::add_business_time(&open, at(5, 8), seconds(0)), at(5, 9)) << "the first open moment";
  EXPECT_EQ(runtime::business_time_between(&open, at(5, 11), at(5, 14)), hours(2));
  EXPECT_EQ(runtime::business_time_between(&open, at(5, 0), at(12, 0)), hours(35)) << "a week";
  EXPECT_EQ(runtime::business_time_between(&open, at(6, 0), at(5, 0)), seconds(0));
}

TEST(LeadIntakeBusinessTime, WithoutHoursOrZoneAlwaysRuns) {
  const Instant now = utc(2026, 1, 4, 3);
  const SiteRecord none = site("UTC", {}), nowhere = site("Mars/Olympus", {{1, 0, 60}});
  for (const SiteRecord* record : {static_cast<const SiteRecord*>(nullptr), &none, &nowhere}) {
    EXPECT_EQ(runtime::add_business_time(record, now, minutes(5)), now + minutes(5));
    EXPECT_EQ(runtime::business_time_between(record, now, now + hours(30)), hours(30));
  }
}

TEST(LeadIntakeBusinessTime, OverlappingHoursCountOnce) {
  const SiteRecord open = site("UTC", {{1, 540, 720}, {1, 660, 780}});
  EXPECT_EQ(runtime::business_time_between(&open, utc(2026, 1, 5), utc(2026, 1, 6)), hours(4));
}

TEST(LeadIntakeBusinessTime, ADayOfAChangeOfClocksIsAsLongAsItIs) {
  struct Change {
    const char* zone;
    int year;
    unsigned month, day;
    minutes length;
  };
  for (const Change& c :
       {Change{"America/New_York", 2026, 3, 8, hours(23)}, Change{"America/New_York", 2026, 11, 1, hours(25)},
        Change{"Europe/Berlin", 2026, 3, 29, hours(23)}, Change{"Europe/Berlin", 2026, 10, 25, hours(25)},
        Change{"America/Sao_Paulo", 2018, 11, 4, hours(23)}, Change{"America/Sao_Paulo", 2018, 2, 17, hours(25)},
        Change{"Australia/Lord_Howe", 2026, 4, 5, minutes(24 * 60 + 30)}, Change{"Australia/Lord_Howe", 2026, 10, 4, minutes(23 * 60 + 30)},
        Change{"Asia/Kolkata", 2026, 3, 29, hours(24)}}) {
    const SiteRecord open = always(c.zone);
    const LocalDay day = testing::day(c.year, c.month, c.day);
    const Instant begin = runtime::day_start(day, c.zone), end = runtime::day_start(day + std::chrono::days(1), c.zone);
    EXPECT_EQ(end - begin, c.length) << c.zone << " " << c.month;
    EXPECT_EQ(runtime::business_time_between(&open, begin, end), c.length) << c.zone << " " << c.month;
    EXPECT_EQ(runtime::add_business_time(&open, begin, c.length + minutes(10)), end + minutes(10)) << c.zone << " " << c.month;
  }
}

TEST(LeadIntakeBusinessTime, AnOpeningThatNoClockShowsIsTheNextMinuteThatOneDoes) {
  // 02:00 to 03:00 does not exist on this Sunday
  const SiteRecord open = site("America/New_York", {{7, 150, 240}});
  EXPECT_EQ(runtime::add_business_time(&open, utc(2026, 3, 8, 5), minutes(5)), utc(2026, 3, 8, 7, 5));
  EXPECT_EQ(runtime::business_time_between(&open, utc(2026, 3, 8, 5), utc(2026, 3, 8, 12)), hours(1)) << "03:00 to 04:00";
}

TEST(LeadIntakeBusinessTime, WhatIsAddedIsWhatHasPassed) {
  for (const char* zone : {"America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Africa/Casablanca"}) {
    const SiteRecord open = weekdays(zone);
    Instant from = utc(2026, 2, 27);
    for (int i = 0; i < 700; ++i, from += minutes(797)) {
      const seconds amount = minutes(1 + i * 7 % 900);
      const Instant due = runtime::add_business_time(&open, from, amount);
      EXPECT_EQ(runtime::business_time_between(&open, from, due), amount) << zone << " " << testing::text_of(from);
    }
  }
}

}  // namespace
}  // namespace bridgework::lead_intake
