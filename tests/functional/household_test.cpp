// A mother and her child through the real suite: one message for both visits, one link that confirms them, and reasons for each.

#include <string>

#include <gtest/gtest.h>

#include "support/harbour.hpp"
#include "support/outbox.hpp"

namespace bridgework::functional {
namespace {

TEST(Household, IsRemindedByOneMessageAndConfirmsWithOneAnswer) {
  support::Harbour harbour;
  const std::string mother = harbour.person("Ana", {{"phone", "+12125550143"}});
  const std::string child = harbour.person("Ben", {});
  harbour.done("/v1/persons/" + child + "/household", {{"household", mother}, {"guarantor", mother}});
  ASSERT_TRUE(harbour.suite.settle());
  const std::string first = harbour.book(child, "2026-11-25T10:00:00"), second = harbour.book(mother, "2026-11-25T11:00:00");
  const std::string other_day = harbour.book(child, "2026-11-27T10:00:00");
  ASSERT_TRUE(harbour.suite.settle());
  EXPECT_NE(harbour.reasons(child).find("waits: whoever answers for the household is to be reminded"), std::string::npos);

  harbour.suite.clock().advance(std::chrono::hours(27));
  ASSERT_TRUE(harbour.suite.eventually([&] { return support::outbox_of(harbour.suite.outbox()).size() == 1; }));
  ASSERT_TRUE(harbour.suite.settle());
  const auto messages = support::outbox_of(harbour.suite.outbox());
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_NE(messages.front().find("visits of your household on 25 Nov: 10:00, 11:00."), std::string::npos) << messages.front();
  EXPECT_NE(harbour.reasons(child).find("25 November 10:00 was not sent because whoever answers for the household was reminded of it"),
            std::string::npos)
      << harbour.reasons(child);
  EXPECT_NE(harbour.reasons(mother).find("of one who lives in the same household was sent by SMS"), std::string::npos)
      << harbour.reasons(mother);

  harbour.writes("+12125550143", "yes");
  ASSERT_TRUE(harbour.suite.settle());
  EXPECT_EQ(harbour.state_of(first), "confirmed");
  EXPECT_EQ(harbour.state_of(second), "confirmed");
  EXPECT_EQ(harbour.state_of(other_day), "booked") << "that is another question";
}

}  // namespace
}  // namespace bridgework::functional
