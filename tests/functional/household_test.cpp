// A mother and her child through the real suite: one message for both visits, one link that confirms them, and reasons for each.

#include <string>

#include <gtest/gtest.h>

#include "support/harbour.hpp"
#include "support/outbox.hpp"

namespace bridgework::functional {
namespace {

std::string reasons(support::Harbour& harbour, const std::string& person) {
  std::string words;
  const auto list = harbour.suite.api().get("/v1/messages?person=" + person);
  for (const auto& message : list.json.at("messages").as_array()) words += std::string(message.at("words").as_string()) + "\n";
  return words;
}

TEST(Household, IsRemindedByOneMessageAndConfirmsWithOneAnswer) {
  support::Harbour harbour;
  const std::string mother = harbour.person("Ana", {{"phone", "+12125550143"}});
  const std::string child = harbour.person("Ben", {});
  harbour.done("/v1/persons/" + child + "/household", {{"household", mother}, {"guarantor", mother}});
  ASSERT_TRUE(harbour.suite.settle());
  const std::string first = harbour.book(child, "2026-11-25T10:00:00"), second = harbour.book(mother, "2026-11-25T11:00:00");
  const std::string other_day = harbour.book(child, "2026-11-27T10:00:00");
  ASSERT_TRUE(harbour.suite.settle());
  EXPECT_NE(reasons(harbour, child).find("waits: whoever answers for the household is to be reminded"), std::string::npos);

  harbour.suite.clock().advance(std::chrono::hours(27));
  ASSERT_TRUE(harbour.suite.eventually([&] { return support::outbox_of(harbour.suite.outbox()).size() == 1; }));
  ASSERT_TRUE(harbour.suite.settle());
  const auto messages = support::outbox_of(harbour.suite.outbox());
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_NE(messages.front().find("visits of your household on 25 Nov: 10:00, 11:00."), std::string::npos) << messages.front();
  EXPECT_NE(reasons(harbour, child).find("25 November 10:00 was not sent because whoever answers for the household was reminded of it"),
            std::string::npos)
      << reasons(harbour, child);
  EXPECT_NE(reasons(harbour, mother).find("of one who lives in the same household was sent by SMS"), std::string::npos)
      << reasons(harbour, mother);

  harbour.writes("+12125550143", "yes");
  ASSERT_TRUE(harbour.suite.settle());
  EXPECT_EQ(harbour.state_of(first), "confirmed");
  EXPECT_EQ(harbour.state_of(second), "confirmed");
  EXPECT_EQ(harbour.state_of(other_day), "booked") << "that is another question";
}

}  // namespace
}  // namespace bridgework::functional
