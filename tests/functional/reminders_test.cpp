// Several reminders of one visit, at the times of its site, through the real suite.

#include <chrono>
#include <string>

#include <gtest/gtest.h>

#include "support/harbour.hpp"
#include "support/outbox.hpp"

namespace bridgework::functional {
namespace {

TEST(Reminders, LeaveWhenTheSiteSaysAndAskNobodyAgainWhoHasSaidYes) {
  support::Harbour harbour;
  EXPECT_TRUE(harbour.suite.api().get("/v1/sites/harbour/reminders").at("/of_the_group").as_bool());
  const auto set = harbour.done("/v1/sites/harbour/reminders", {{"minutes_before", {1440, 4320, 2880}}});
  EXPECT_EQ(set.at("/minutes_before"), (boost::json::array{4320, 2880, 1440}));
  ASSERT_TRUE(harbour.suite.settle());
  EXPECT_FALSE(harbour.suite.api().get("/v1/sites/harbour/reminders").at("/of_the_group").as_bool());

  const std::string person = harbour.person("Ana", {{"phone", "+12125550143"}});
  const std::string visit = harbour.book(person, "2026-11-27T10:00:00");
  ASSERT_TRUE(harbour.suite.settle());
  const auto left = [&] { return support::outbox_of(harbour.suite.outbox()).size(); };
  harbour.suite.clock().advance(std::chrono::hours(26));
  ASSERT_TRUE(harbour.suite.eventually([&] { return left() == 1; }));
  harbour.writes("+12125550143", "yes");
  ASSERT_TRUE(harbour.suite.settle());
  EXPECT_EQ(harbour.state_of(visit), "confirmed");

  harbour.suite.clock().advance(std::chrono::hours(24));
  ASSERT_TRUE(harbour.suite.eventually([&] {
    return harbour.reasons(person).find("the visit was confirmed already, and a reminder closer to it follows") != std::string::npos;
  })) << harbour.reasons(person);
  harbour.suite.clock().advance(std::chrono::hours(24));
  ASSERT_TRUE(harbour.suite.eventually([&] { return left() == 2; })) << harbour.reasons(person);
}
}  // namespace
}  // namespace bridgework::functional
