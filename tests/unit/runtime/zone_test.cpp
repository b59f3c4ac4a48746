#include "runtime/zone.hpp"

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include <gtest/gtest.h>

namespace bridgework::runtime {
namespace {

using namespace std::chrono_literals;
using std::chrono::local_days;
using std::chrono::year;

LocalTime local(int y, unsigned m, unsigned d, std::chrono::seconds time) {
  return LocalTime(local_days{year{y} / static_cast<int>(m) / static_cast<int>(d)}) + time;
}

TEST(Zone, HasNoInstantInASpringGap) {
  EXPECT_EQ(to_instant(local(2026, 3, 8, 2h + 30min), "America/New_York").error(), ZoneError::kDoesNotExist);
  EXPECT_TRUE(to_instant(local(2026, 3, 8, 3h), "America/New_York"));
  // Lord Howe moves by half an hour.
  EXPECT_EQ(to_instant(local(2026, 10, 4, 2h + 15min), "Australia/Lord_Howe").error(), ZoneError::kDoesNotExist);
  EXPECT_TRUE(to_instant(local(2026, 10, 4, 2h + 30min), "Australia/Lord_Howe"));
}

TEST(Zone, TakesTheFirstOfAnAutumnFold) {
  const auto first = to_instant(local(2026, 11, 1, 1h + 30min), "America/New_York");
  ASSERT_TRUE(first);
  EXPECT_EQ(to_local(*first, "America/New_York"), local(2026, 11, 1, 1h + 30min));
  EXPECT_EQ(to_local(*first + 1h, "America/New_York"), local(2026, 11, 1, 1h + 30min)) << "an hour later the clock shows it again";
}

TEST(Zone, KnowsTheZonesOfTheSystemAndNoOther) {
  EXPECT_TRUE(zone_exists("Asia/Kolkata"));
  EXPECT_FALSE(zone_exists("Mars/Olympus"));
  EXPECT_FALSE(zone_exists(""));
  EXPECT_FALSE(zone_exists("../../etc/passwd"));
  EXPECT_EQ(to_instant(local(2026, 1, 1, 0s), "Mars/Olympus").error(), ZoneError::kNoSuchZone);
}

TEST(Zone, DayBeginsWhenItBegins) {
  // Sao Paulo used to begin summer time at midnight: 4 November 2018 began at one o'clock.
  const LocalDay day{local_days{year{2018} / 11 / 4}};
  EXPECT_EQ(to_local(day_start(day, "America/Sao_Paulo"), "America/Sao_Paulo"), LocalTime(day) + 1h);
  EXPECT_EQ(local_day(day_start(day, "America/Sao_Paulo"), "America/Sao_Paulo"), day);
}

TEST(Zone, CountsMinutesAndWeekdays) {
  EXPECT_EQ(minute_of_day(local(2026, 11, 22, 23h + 59min + 59s)), 1439);
  EXPECT_EQ(weekday(LocalDay{local_days{year{2026} / 11 / 22}}), 7);
  EXPECT_EQ(weekday(LocalDay{local_days{year{2026} / 11 / 23}}), 1);
}

}  // namespace
}  // namespace bridgework::runtime
