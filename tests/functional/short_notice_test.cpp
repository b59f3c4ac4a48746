// A free time through real processes: four are asked, somebody phones, and nobody can win any more; and reminders of visits that have
// moved.

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "runtime/zone.hpp"
#include "support/outbox.hpp"
#include "support/suite.hpp"

namespace bridgework::functional {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;
using support::Answer;

constexpr const char* kZone = "America/New_York";
constexpr const char* kSite = "main-street";

/// A site on Monday 2026-10-05, 09:00 in New York; its clock is the test's.
class ShortNotice : public ::testing::Test {
 protected:
  ShortNotice() : suite({.start = at(5, 9), .environment = {}}) {}

  void SetUp() override {
    json::array weekdays;
    for (int day = 1; day <= 5; ++day) weekdays.push_back({{"weekday", day}, {"from_minute", 480}, {"until_minute", 1080}});
    post("/v1/sites", {{"site", kSite},
                       {"name", "Main Street Dental"},
                       {"zone", kZone},
                       {"phone", "+12125550100"},
                       {"hours", weekdays},
                       {"wait_limit_minutes", 15}});
    post("/v1/chairs", {{"site", kSite}, {"chair", "chair-1"}, {"name", "chair-1"}});
    post("/v1/providers", {{"site", kSite}, {"provider", "dr-ada"}, {"name", "Ada"}, {"shifts", weekdays}});
    post(
        "/v1/visit-types",
        {{"site", kSite}, {"visit_type", "exam"}, {"name", "Exam"}, {"duration_minutes", 45}, {"buffer_minutes", 15}, {"purpose", "exam"}});
  }

  static Instant at(unsigned day, int hour, int minute = 0) {
    const LocalDay date{std::chrono::local_days{std::chrono::year{2026} / 10 / static_cast<int>(day)}};
    return *runtime::to_instant(LocalTime(date) + std::chrono::hours(hour) + std::chrono::minutes(minute), kZone);
  }
  Answer post(const std::string& path, const json::value& body) {
    Answer answer = suite.api().post(path, body);
    EXPECT_TRUE(answer.status == 200 || answer.status == 201) << path << " " << answer.status << " " << answer.text;
    return answer;
  }
  void person(const std::string& id, int number) {
    post("/v1/persons", {{"person", id},
                         {"profile",
                          {{"given_name", "Person"},
                           {"home_site", kSite},
                           {"zone", kZone},
                           {"language", "en"},
                           {"preferred_channel", "sms"},
                           {"contact_points", json::array{{{"kind", "phone"}, {"raw", "+1212555020" + std::to_string(number)}}}}}}});
  }
  std::string hold(const std::string& who, const std::string& local_start) {
    return post("/v1/appointments",
                {{"site", kSite}, {"person", who}, {"visit_type", "exam"}, {"provider", "dr-ada"}, {"local_start", local_start}})
        .string_at("/appointment");
  }
  std::string book(const std::string& who, const std::string& local_start) {
    const std::string id = hold(who, local_start);
    post("/v1/appointments/" + id + "/book", json::object());
    return id;
  }
  json::array messages_to(const std::string& who, const std::string& programme) {
    json::array found;
    const Answer answer = suite.api().get("/v1/messages?person=" + who);
    if (!answer.at("/messages").is_array()) return found;
    for (const auto& message : answer.at("/messages").as_array())
      if (message.at("programme").as_string() == programme) found.push_back(message);
    return found;
  }
  std::size_t count(const std::string& who, const std::string& programme, const std::string& state) {
    const json::array all = messages_to(who, programme);
    return static_cast<std::size_t>(
        std::count_if(all.begin(), all.end(), [&](const json::value& message) { return message.at("state").as_string() == state; }));
  }
  /// The links to free times that have left, by their path.
  std::vector<std::string> offer_links() {
    std::vector<std::string> links;
    for (const std::string& text : support::outbox_of(suite.outbox())) {
      const std::size_t from = text.find("/o/");
      if (from != std::string::npos) links.push_back(text.substr(from, text.find_first_of(" \r\n", from) - from));
    }
    return links;
  }
  /// Frees a time that all four are asked about, and returns their links once all have left.
  std::vector<std::string> four_are_asked() {
    person("p-now", 0);
    const std::string visit = book("p-now", "2026-10-06T11:00:00");
    for (int i = 1; i <= 4; ++i) {
      const std::string id = "p-" + std::to_string(i);
      person(id, i);
      post("/v1/short-notice", {{"site", kSite}, {"person", id}, {"wish", {{"visit_types", json::array{"exam"}}}}});
    }
    EXPECT_TRUE(suite.settle());
    post("/v1/appointments/" + visit + "/cancel", {{"by", "patient"}});
    EXPECT_TRUE(suite.eventually([&] { return offer_links().size() == 4; })) << offer_links().size();
    EXPECT_TRUE(suite.settle());
    return offer_links();
  }
  json::array offers() {
    const Answer openings = suite.api().get(std::string("/v1/short-notice/openings?site=") + kSite);
    return openings.at("/openings/0/offers").is_array() ? openings.at("/openings/0/offers").as_array() : json::array();
  }
  Answer click(const std::string& link, const std::string& answer) {
    return suite.api().send("POST", link, "answer=" + answer, {"Content-Type: application/x-www-form-urlencoded"});
  }

  support::Suite suite;
};

TEST_F(ShortNotice, ATimeFilledByPhoneIsTakenBackFromAllFourAndALateYesFindsAlternatives) {
  const auto links = four_are_asked();
  ASSERT_EQ(links.size(), 4u);
  ASSERT_EQ(offers().size(), 4u);
  for (const auto& offer : offers()) EXPECT_EQ(offer.at("state").as_string(), "open");
  const Answer page = suite.api().get(links[0]);
  EXPECT_EQ(page.status, 200);
  EXPECT_NE(page.text.find("Tuesday, 6 October, 11:00"), std::string::npos) << page.text;
  for (const auto& offer : offers()) EXPECT_EQ(offer.at("state").as_string(), "open") << "looking changes nothing";

  person("p-phone", 9);
  hold("p-phone", "2026-10-06T11:00:00");
  for (const auto& offer : offers()) EXPECT_EQ(offer.at("state").as_string(), "revoked");
  for (const std::string& link : links) {
    const Answer late = click(link, "accept");
    EXPECT_EQ(late.status, 409);
    EXPECT_NE(late.text.find("Somebody was faster"), std::string::npos) << late.text;
    EXPECT_NE(late.text.find("<li>Monday, 5 October"), std::string::npos) << "the next openings: " << late.text;
  }
  // the desk gets the same as data
  const std::string id(offers().front().at("offer").as_string());
  const Answer refused = suite.api().post("/v1/offers/" + id + "/accept", json::object());
  EXPECT_EQ(refused.status, 409);
  EXPECT_EQ(refused.string_at("/code"), "offer_over");
  EXPECT_EQ(suite.api().get("/v1/offers/" + id).at("/alternatives").as_array().size(), 3u);

  // and a yes by text message is answered by one
  post("/v1/messages/inbound", {{"from", "+12125550202"}, {"body", "YES"}});
  EXPECT_TRUE(suite.eventually([&] { return count("p-2", "short_notice", "sent") == 2; })) << "the offer, and that it is gone";
}

TEST_F(ShortNotice, OfTwoWhoClickAndOneWhoWritesOneWins) {
  const auto links = four_are_asked();
  ASSERT_EQ(links.size(), 4u);
  const Answer forged = click(links[0] + "0", "accept");
  EXPECT_EQ(forged.status, 404);
  // words that nobody understands change nothing, and are on the work list
  post("/v1/messages/inbound", {{"from", "+12125550203"}, {"body", "could I come later?"}});
  ASSERT_TRUE(suite.settle());
  for (const auto& offer : offers()) EXPECT_EQ(offer.at("state").as_string(), "open");
  const auto tasks = [&] { return suite.api().get("/v1/tasks?person=p-3"); };
  ASSERT_EQ(tasks().at("/tasks").as_array().size(), 1u) << tasks().text;
  EXPECT_EQ(tasks().string_at("/tasks/0/words"), "could I come later?");
  EXPECT_EQ(tasks().string_at("/tasks/0/reason"),
            "Was offered a free time on 6 October at 11:00 and wrote something that only a person understands: read it, and call if need be");

  EXPECT_EQ(click(links[3], "decline").status, 200);
  const Answer won = click(links[1], "accept");
  EXPECT_EQ(won.status, 200);
  EXPECT_NE(won.text.find("It is yours"), std::string::npos) << won.text;
  EXPECT_EQ(click(links[1], "accept").status, 200) << "a double click is the same answer";
  EXPECT_EQ(click(links[0], "accept").status, 409);
  post("/v1/messages/inbound", {{"from", "+12125550203"}, {"body", "YES"}});
  EXPECT_TRUE(suite.settle());
  EXPECT_EQ(tasks().at("/tasks").as_array().size(), 1u) << "whoever calls has other times; " << tasks().text;
  std::size_t accepted = 0;
  for (const auto& offer : offers()) accepted += offer.at("state").as_string() == "accepted";
  EXPECT_EQ(accepted, 1u);
  const Answer day = suite.api().get(std::string("/v1/appointments?day=2026-10-06&site=") + kSite);
  std::size_t booked = 0;
  for (const auto& visit : day.at("/appointments").as_array()) booked += visit.at("state").as_string() == "booked";
  EXPECT_EQ(booked, 1u) << day.text;
}

/// Waits until outreach has planned the reminder, then lets the clock stand one second before it is due.
class Reminder : public ShortNotice {
 protected:
  std::string visit_with_reminder() {
    person("p-ana", 1);
    const std::string visit = book("p-ana", "2026-10-07T15:00:00");
    EXPECT_TRUE(suite.settle());
    EXPECT_TRUE(suite.eventually([&] { return count("p-ana", "reminder", "planned") == 1; }));
    return visit;
  }
  void one_second_before_it_is_due(const std::function<void()>& act) {
    suite.clock().set(at(6, 15) - 1s);
    act();
    EXPECT_TRUE(suite.settle());
    suite.clock().set(at(6, 15) + 10min);
    EXPECT_TRUE(suite.settle());
  }
  std::size_t reminders_left() {
    const auto left = support::outbox_of(suite.outbox());
    return static_cast<std::size_t>(std::count_if(
        left.begin(), left.end(), [](const std::string& text) { return text.find("your visit is on") != std::string::npos; }));
  }
};

TEST_F(Reminder, OfAVisitThatMovesInTheLastSecondNeverLeavesAndTheNewOneIsPlanned) {
  const std::string visit = visit_with_reminder();
  // what moving takes may be longer than the second that is left; what counts is what the log says first
  one_second_before_it_is_due([&] { post("/v1/appointments/" + visit + "/move", {{"local_start", "2026-10-08T10:00:00"}}); });
  EXPECT_EQ(count("p-ana", "reminder", "revoked"), 1u) << json::serialize(messages_to("p-ana", "reminder"));
  EXPECT_EQ(count("p-ana", "reminder", "planned"), 1u);
  EXPECT_EQ(reminders_left(), 0u);
  suite.clock().set(at(7, 10) + 1min);
  EXPECT_TRUE(suite.eventually([&] { return reminders_left() == 1; }));
  const auto left = support::outbox_of(suite.outbox());
  EXPECT_NE(left.back().find("8 Oct at 10:00"), std::string::npos) << left.back();
}

TEST_F(Reminder, OfAVisitThatIsCancelledInTheLastSecondNeverLeaves) {
  const std::string visit = visit_with_reminder();
  one_second_before_it_is_due([&] { post("/v1/appointments/" + visit + "/cancel", {{"by", "patient"}}); });
  EXPECT_EQ(count("p-ana", "reminder", "revoked"), 1u) << json::serialize(messages_to("p-ana", "reminder"));
  EXPECT_EQ(reminders_left(), 0u);
  suite.clock().set(at(8, 10));
  EXPECT_TRUE(suite.settle());
  EXPECT_EQ(reminders_left(), 0u);
}

}  // namespace
}  // namespace bridgework::functional
