#include "gateway/times.hpp"

#include <gtest/gtest.h>

namespace bridgework::gateway {
namespace {

std::string written(Instant at) {
  std::string out;
  append_instant(out, at);
  return out;
}

TEST(GatewayTimes, AnInstantIsReadWithAnyOffsetAndWrittenInUtc) {
  const struct {
    const char* given;
    const char* written;
  } kCases[] = {
      {"2026-11-22T09:00:00Z", "2026-11-22T09:00:00Z"},          {"2026-11-22t09:00:00z", "2026-11-22T09:00:00Z"},
      {"2026-11-22T09:00:00.5Z", "2026-11-22T09:00:00.500000Z"}, {"2026-11-22T09:00:00.000001Z", "2026-11-22T09:00:00.000001Z"},
      {"2026-11-22T09:00:00+01:00", "2026-11-22T08:00:00Z"},     {"2026-11-22T00:30:00+10:30", "2026-11-21T14:00:00Z"},
      {"2026-12-31T23:59:59-05:00", "2027-01-01T04:59:59Z"},     {"1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z"},
      {"2024-02-29T12:00:00-00:00", "2024-02-29T12:00:00Z"},     {"1900-01-01T00:00:00Z", "1900-01-01T00:00:00Z"},
  };
  for (const auto& c : kCases) {
    const auto at = parse_instant(c.given);
    ASSERT_TRUE(at) << c.given;
    EXPECT_EQ(written(*at), c.written) << c.given;
  }
}

TEST(GatewayTimes, WhatIsNoInstantIsRefused) {
  for (const char* given :
       {"", "2026-11-22", "2026-11-22T09:00:00", "2026-11-22 09:00:00Z", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z",
        "2026-11-22T24:00:00Z", "2026-11-22T23:60:00Z", "2016-12-31T23:59:60Z", "2026-11-22T09:00:00.Z", "2026-11-22T09:00:00.1234567Z",
        "2026-11-22T09:00:00+0100", "2026-11-22T09:00:00+24:00", "2026-11-22T09:00:00ZZ", "1899-12-31T23:59:59Z", "2401-01-01T00:00:00Z",
        "+2026-11-22T09:00:00Z", "2026-11-22T9:00:00Z", "2026-11-22T09:00Z"}) {
    EXPECT_FALSE(parse_instant(given)) << given;
  }
}

TEST(GatewayTimes, DaysAndLocalTimesHaveNoZone) {
  std::string out;
  append_day(out, parse_day("2024-02-29").value());
  EXPECT_EQ(out, "2024-02-29");
  out.clear();
  append_local(out, parse_local("2026-03-08T02:30:00").value());
  EXPECT_EQ(out, "2026-03-08T02:30:00");
  EXPECT_EQ(parse_local("2026-03-08T02:30"), parse_local("2026-03-08T02:30:00"));
  EXPECT_FALSE(parse_local("2026-03-08T02:30:00Z"));
  EXPECT_FALSE(parse_local("2026-03-08T02:30:00+01:00"));
  EXPECT_FALSE(parse_day("2023-02-29"));
  EXPECT_FALSE(parse_day("2024-02-29T00:00:00"));
}

}  // namespace
}  // namespace bridgework::gateway
