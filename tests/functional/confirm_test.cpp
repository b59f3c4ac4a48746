// A visit confirmed through the real suite: by the link of its reminder, and by an answer to one.

#include <signal.h>

#include <chrono>
#include <string>

#include <gtest/gtest.h>

#include "runtime/zone.hpp"
#include "support/outbox.hpp"
#include "support/suite.hpp"

namespace bridgework::functional {
namespace {

namespace json = boost::json;

/// The path of the link in a mail, whatever its lines were folded into; empty when there is none.
std::string link_in(std::string mail) {
  for (const std::string soft : {"=\r\n", "=\n"}) {
    for (std::size_t at = mail.find(soft); at != std::string::npos; at = mail.find(soft)) mail.erase(at, soft.size());
  }
  const std::size_t at = mail.find("/v/");
  return at == std::string::npos ? std::string() : mail.substr(at, mail.find_first_of("\r\n ", at) - at);
}

/// A practice in New York on Monday 23 November 2026, 09:00, and visits on Wednesday.
class ConfirmSuite {
 public:
  ConfirmSuite() : suite({.start = *runtime::to_instant(kMonday, "America/New_York")}) {
    json::array days;
    for (int day = 1; day <= 7; ++day) days.push_back(json::object{{"weekday", day}, {"from_minute", 480}, {"until_minute", 1080}});
    done("/v1/sites", {{"site", "harbour"}, {"name", "Harbour Dental"}, {"zone", "America/New_York"}, {"hours", days}});
    done("/v1/chairs", {{"site", "harbour"}, {"chair", "c1"}, {"name", "c1"}});
    done("/v1/providers", {{"site", "harbour"}, {"provider", "dr-lee"}, {"name", "Dr. Lee"}, {"shifts", days}});
    done("/v1/visit-types",
         {{"site", "harbour"}, {"visit_type", "hygiene"}, {"name", "Hygiene"}, {"duration_minutes", 30}, {"purpose", "hygiene"}});
  }
  support::Answer done(const std::string& path, const json::value& body) {
    support::Answer answer = suite.api().post(path, body);
    EXPECT_TRUE(answer.status == 200 || answer.status == 201) << answer.status << " " << answer.text;
    return answer;
  }
  std::string book(const char* kind, const char* channel, const char* contact, const char* start) {
    const std::string person = done("/v1/persons", {{"profile",
                                                     {{"given_name", "Ana"},
                                                      {"home_site", "harbour"},
                                                      {"preferred_channel", channel},
                                                      {"contact_points", json::array{json::object{{"kind", kind}, {"raw", contact}}}}}}})
                                   .string_at("/id");
    // Contact points are copied to outreach before the visit is booked, so that the reminder finds them.
    EXPECT_TRUE(suite.settle());
    const auto held =
        done("/v1/appointments",
             {{"site", "harbour"}, {"person", person}, {"visit_type", "hygiene"}, {"provider", "dr-lee"}, {"local_start", start}});
    std::string visit = held.string_at("/appointment");
    done("/v1/appointments/" + visit + "/book", json::object());
    return visit;
  }
  void answers(const char* words) { done("/v1/messages/inbound", {{"from", "+12125550143"}, {"body", words}}); }
  std::string state(const std::string& visit) { return suite.api().get("/v1/appointments/" + visit).string_at("/state"); }

  support::Suite suite;

 private:
  static constexpr LocalTime kMonday = LocalTime(std::chrono::local_days(std::chrono::year(2026) / 11 / 23)) + std::chrono::hours(9);
};

TEST(Confirm, ByTheLinkOfAReminderAndByAnAnswerToOne) {
  ConfirmSuite practice;
  support::Suite& suite = practice.suite;
  auto& api = suite.api();
  const std::string by_mail = practice.book("email", "email", "ana@example.org", "2026-11-25T10:00:00");
  const std::string by_text = practice.book("phone", "sms", "+12125550143", "2026-11-25T11:00:00");
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
  EXPECT_EQ(practice.state(by_mail), "booked") << "looking changes nothing";
  EXPECT_EQ(api.send("POST", link, {}, {}).status, 200);
  EXPECT_EQ(practice.state(by_mail), "confirmed");

  practice.answers("no");
  practice.answers("cancel my visit");
  ASSERT_TRUE(suite.settle());
  EXPECT_EQ(practice.state(by_text), "booked") << "that is for a person to read";
  practice.answers("ja 👍");
  ASSERT_TRUE(suite.settle());
  EXPECT_EQ(practice.state(by_text), "confirmed");
}

TEST(Confirm, ByAnAnswerThoughTheGatewayIsKilledBeforeAnybodyHasConfirmed) {
  ConfirmSuite practice;
  support::Suite& suite = practice.suite;
  const std::string visit = practice.book("phone", "sms", "+12125550143", "2026-11-25T11:00:00");
  ASSERT_TRUE(suite.settle());
  suite.clock().advance(std::chrono::hours(27));
  ASSERT_TRUE(suite.eventually([&] { return support::outbox_of(suite.outbox()).size() == 1; }));
  ASSERT_TRUE(suite.settle());

  // Nobody can confirm anything while the message is taken.
  const int appointments = suite.pid_of("appointments-1"), gateway = suite.pid_of("gateway-1");
  ASSERT_GT(appointments, 0);
  ASSERT_GT(gateway, 0);
  ASSERT_EQ(::kill(appointments, SIGSTOP), 0);
  practice.answers("yes");
  EXPECT_EQ(::kill(gateway, SIGKILL), 0);
  ASSERT_EQ(::kill(appointments, SIGCONT), 0);
  ASSERT_TRUE(suite.eventually([&] { return suite.pid_of("gateway-1") > 0 && suite.pid_of("gateway-1") != gateway; }));
  EXPECT_TRUE(suite.eventually([&] { return practice.state(visit) == "confirmed"; })) << practice.state(visit);
}

}  // namespace
}  // namespace bridgework::functional
