// A visit confirmed through the real suite: by the link of its reminder, and by an answer to one.

#include <signal.h>

#include <chrono>
#include <string>

#include <gtest/gtest.h>

#include "support/harbour.hpp"
#include "support/outbox.hpp"

namespace bridgework::functional {
namespace {

const std::string kWhoAnswers = "+12125550143";

/// The path of the link in a mail, whatever its lines were folded into; empty when there is none.
std::string link_in(std::string mail) {
  for (const std::string soft : {"=\r\n", "=\n"}) {
    for (std::size_t at = mail.find(soft); at != std::string::npos; at = mail.find(soft)) mail.erase(at, soft.size());
  }
  const std::size_t at = mail.find("/v/");
  return at == std::string::npos ? std::string() : mail.substr(at, mail.find_first_of("\r\n ", at) - at);
}

TEST(Confirm, ByTheLinkOfAReminderAndByAnAnswerToOne) {
  support::Harbour practice;
  support::Suite& suite = practice.suite;
  auto& api = suite.api();
  const std::string by_mail = practice.book(practice.person("Ana", {{"email", "ana@example.org"}}), "2026-11-25T10:00:00");
  const std::string by_text = practice.book(practice.person("Eva", {{"phone", kWhoAnswers}}), "2026-11-25T11:00:00");
  ASSERT_TRUE(suite.settle());
  suite.clock().advance(std::chrono::hours(27));
  std::string link;
  ASSERT_TRUE(suite.eventually([&] {
    const auto messages = support::outbox_of(suite.outbox());
    for (const auto& message : messages)
      if (link.empty()) link = link_in(message);
    return messages.size() == 2 && !link.empty();
  }));
  ASSERT_TRUE(suite.settle());

  for (int look = 0; look < 2; ++look) EXPECT_EQ(api.get(link).status, 200) << link;
  EXPECT_NE(api.get(link).text.find("Wednesday 25 November 2026, 10:00"), std::string::npos);
  EXPECT_EQ(practice.state_of(by_mail), "booked") << "looking changes nothing";
  EXPECT_EQ(api.send("POST", link, {}, {}).status, 200);
  EXPECT_EQ(practice.state_of(by_mail), "confirmed");

  practice.writes(kWhoAnswers, "no");
  practice.writes(kWhoAnswers, "cancel my visit");
  ASSERT_TRUE(suite.settle());
  EXPECT_EQ(practice.state_of(by_text), "booked") << "that is for a person to read";
  practice.writes(kWhoAnswers, "ja 👍");
  ASSERT_TRUE(suite.settle());
  EXPECT_EQ(practice.state_of(by_text), "confirmed");
}

TEST(Confirm, ByAnAnswerThoughTheGatewayIsKilledBeforeAnybodyHasConfirmed) {
  support::Harbour practice;
  support::Suite& suite = practice.suite;
  const std::string visit = practice.book(practice.person("Eva", {{"phone", kWhoAnswers}}), "2026-11-25T11:00:00");
  ASSERT_TRUE(suite.settle());
  suite.clock().advance(std::chrono::hours(27));
  ASSERT_TRUE(suite.eventually([&] { return support::outbox_of(suite.outbox()).size() == 1; }));
  ASSERT_TRUE(suite.settle());

  // Nobody can confirm anything while the message is taken.
  const int appointments = suite.pid_of("appointments-1"), gateway = suite.pid_of("gateway-1");
  ASSERT_GT(appointments, 0);
  ASSERT_GT(gateway, 0);
  ASSERT_EQ(::kill(appointments, SIGSTOP), 0);
  practice.writes(kWhoAnswers, "yes");
  EXPECT_EQ(::kill(gateway, SIGKILL), 0);
  ASSERT_EQ(::kill(appointments, SIGCONT), 0);
  ASSERT_TRUE(suite.eventually([&] { return suite.pid_of("gateway-1") > 0 && suite.pid_of("gateway-1") != gateway; }));
  EXPECT_TRUE(suite.eventually([&] { return practice.state_of(visit) == "confirmed"; })) << practice.state_of(visit);
}

}  // namespace
}  // namespace bridgework::functional
