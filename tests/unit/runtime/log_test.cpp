#include "runtime/log.hpp"

#include <chrono>
#include <string>
#include <type_traits>

#include <gtest/gtest.h>

namespace bridgework::runtime {
namespace {

// What is said about a person has no way into a log.
static_assert(!std::is_constructible_v<LogValue, Phi<std::string>>);
static_assert(!std::is_convertible_v<Phi<std::string>, LogValue>);

using PersonId = Id<struct PersonTag>;

TEST(LogLine, IsTheNameAndThenTheIds) {
  EXPECT_EQ(log_line("lane_acquired", {{"lane", 3}, {"person", PersonId("p-ana")}, {"forced", true}}),
            "lane_acquired lane=3 person=p-ana forced=true");
}

TEST(LogLine, CannotBeForgedFromOutside) {
  EXPECT_EQ(log_line("request_refused", {{"detail", "x\n2026 info bus started lane=\"1\""}}),
            "request_refused detail=\"x\\x0a2026 info bus started lane=\\\"1\\\"\"");
  EXPECT_EQ(log_line("request_refused", {{"detail", ""}}), "request_refused detail=\"\"");
}

TEST(LogLine, WritesTimesAndDurationsWithTheirUnit) {
  EXPECT_EQ(log_line("timer_fired", {{"due", Instant{std::chrono::seconds(1)}}, {"late", std::chrono::milliseconds(2)}}),
            "timer_fired due=1970-01-01T00:00:01.000000Z late=2000us");
}

TEST(LogLine, CutsALongValue) { EXPECT_LT(log_line("request_refused", {{"detail", std::string(100'000, 'x')}}).size(), 2'000u); }

TEST(Log, RefusesAnUnknownLevel) {
  ProcessSettings settings;
  settings.log_level = "verbose";
  EXPECT_FALSE(open_log("bus", settings));
}

}  // namespace
}  // namespace bridgework::runtime
