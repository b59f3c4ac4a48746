// Those who are known book by a link that was sent to them, through real processes: for themselves, for a child, and because care is open.

#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "support/harbour.hpp"
#include "support/outbox.hpp"

namespace bridgework::functional {
namespace {

namespace json = boost::json;
using support::Answer;
using support::Api;

/// Books a cleaning online, and an exam.
struct OpenHarbour : support::Harbour {
  OpenHarbour() {
    for (const char* type : {"cleaning", "exam"}) {
      done("/v1/visit-types", {{"site", "harbour"},
                               {"visit_type", type},
                               {"name", type},
                               {"duration_minutes", 30},
                               {"purpose", type == std::string("exam") ? "exam" : "hygiene"},
                               {"online", true}});
    }
    done("/v1/sites/harbour/form-keys", {});
    EXPECT_TRUE(suite.settle());
  }
  void is_born(const std::string& person, const char* name, const char* day, json::array contacts) {
    done("/v1/persons/" + person,
         {{"profile", {{"given_name", name}, {"home_site", "harbour"}, {"birth_day", day}, {"contact_points", std::move(contacts)}}}});
  }
  Answer asks(const std::string& contact) { return posts("/book/harbour/known", "contact=" + support::url_encoded(contact) + "&website="); }
  Answer posts(const std::string& path, const std::string& body) {
    return visitor.send("POST", path, body, {"Content-Type: application/x-www-form-urlencoded"});
  }
  /// What stands in the outbox with a link for booking; the path of that link, whatever its lines were folded into.
  std::vector<std::string> links() {
    std::vector<std::string> found;
    for (std::string mail : support::outbox_of(suite.outbox())) {
      for (const std::string soft : {"=\r\n", "=\n"})
        for (std::size_t at = mail.find(soft); at != std::string::npos; at = mail.find(soft)) mail.erase(at, soft.size());
      const std::size_t at = mail.find("/b/");
      if (at != std::string::npos) found.push_back(mail.substr(at, mail.find_first_of("\r\n ", at) - at));
    }
    return found;
  }
  /// Who comes when, on that day.
  std::map<std::string, std::string> day_sheet(const std::string& day) {
    std::map<std::string, std::string> sheet;
    const Answer answer = suite.api().get("/v1/appointments?site=harbour&day=" + day);
    for (const auto& visit : answer.at("/appointments").as_array()) {
      if (visit.at("state").as_string() != "booked") continue;
      sheet[std::string(visit.at("visit").at("local_start").as_string())] = std::string(visit.at("person").as_string());
    }
    return sheet;
  }
  std::size_t count(const std::string& type) {
    const std::string events = suite.api().get("/v1/events?type=" + type).text;
    return static_cast<std::size_t>(std::count(events.begin(), events.end(), '\n'));
  }

  Api visitor{suite.url(), ""};
};

/// The token beside a name on the page that asks for whom a visit is.
std::string token_of(const Answer& page, const std::string& name) {
  const std::size_t end = page.text.find("> " + name + "<");
  const std::string value = "value=\"";
  const std::size_t at = page.text.rfind(value, std::min(end, page.text.size()));
  return end == std::string::npos || at == std::string::npos ? std::string() : page.text.substr(at + value.size(), 32);
}

TEST(KnownBooking, IsByALinkForThemselvesAndAChildAndNobodyLearnsWhoIsKnown) {
  OpenHarbour practice;
  const std::string mother = practice.person("Ana", {{"phone", "+12125550143"}, {"email", "ana@example.org"}});
  const std::string child = practice.person("Ben", {});
  practice.is_born(child, "Ben", "2016-05-01", {});
  practice.done("/v1/persons/" + child + "/household", {{"household", mother}, {"guarantor", mother}});
  const std::string alone = practice.person("Cleo", {{"email", "cleo@example.org"}});
  practice.is_born(alone, "Cleo", "2010-05-01", {json::object{{"kind", "email"}, {"raw", "cleo@example.org"}}});
  const std::string dead = practice.person("Dan", {{"email", "dan@example.org"}});
  practice.done("/v1/persons/" + dead, {{"profile",
                                         {{"given_name", "Dan"},
                                          {"home_site", "harbour"},
                                          {"status", "deceased"},
                                          {"contact_points", json::array{json::object{{"kind", "email"}, {"raw", "dan@example.org"}}}}}}});
  ASSERT_TRUE(practice.suite.settle());

  // One page for all of them, and one message.
  const Answer known = practice.asks("(212) 555-0143");
  EXPECT_EQ(known.status, 200) << known.text;
  for (const char* contact : {"+12125550199", "cleo@example.org", "dan@example.org", "nonsense"}) {
    const Answer other = practice.asks(contact);
    EXPECT_EQ(other.status, 200) << contact;
    EXPECT_EQ(other.text, known.text) << contact;
  }
  ASSERT_TRUE(practice.suite.eventually([&] { return !practice.links().empty(); }));
  ASSERT_TRUE(practice.suite.settle());
  EXPECT_EQ(practice.count("BookingLinkAsked"), 1U);
  ASSERT_EQ(practice.links().size(), 1U);
  EXPECT_EQ(support::outbox_of(practice.suite.outbox()).size(), 1U);
  EXPECT_EQ(support::outbox_of(practice.suite.outbox()).front().find("To: +12125550143"), 0U) << "though she has a mail address, too";
  EXPECT_EQ(practice.suite.api().get("/v1/sites/harbour/web-form").int_at("/counted_today"), 5);

  // Looking books nothing; who it is for is said by first names.
  const std::string link = practice.links().front();
  EXPECT_EQ(practice.visitor.get(link).status, 200);
  EXPECT_EQ(practice.visitor.get(link + "?type=cleaning").status, 200);
  const Answer whom = practice.visitor.get(link + "?type=cleaning&slot=2026-11-25T09:00:00/dr-lee");
  EXPECT_EQ(whom.status, 200) << whom.text;
  const std::string for_ana = token_of(whom, "Ana"), for_ben = token_of(whom, "Ben");
  ASSERT_FALSE(for_ana.empty()) << whom.text;
  ASSERT_FALSE(for_ben.empty()) << whom.text;
  EXPECT_TRUE(practice.day_sheet("2026-11-25").empty());

  const auto books = [&](const std::string& token, const std::string& time) {
    return practice.posts(link, "type=cleaning&slot=2026-11-25T" + support::url_encoded(time + ":00/dr-lee") + "&token=" + token);
  };
  const Answer anas = books(for_ana, "09:00"), bens = books(for_ben, "09:30");
  EXPECT_EQ(anas.status, 200) << anas.text;
  EXPECT_EQ(bens.status, 200) << bens.text;
  EXPECT_EQ(books(for_ana, "09:00").text, anas.text);
  EXPECT_EQ(books(for_ben, "11:00").text, bens.text) << "one link, one visit for each";
  const std::map<std::string, std::string> both{{"2026-11-25T09:00:00", mother}, {"2026-11-25T09:30:00", child}};
  EXPECT_EQ(practice.day_sheet("2026-11-25"), both);
  EXPECT_EQ(practice.suite.api().get("/v1/leads").int_at("/open"), 0) << "nobody new has asked for anything";

  // What was agreed is told.
  ASSERT_TRUE(practice.suite.eventually([&] {
    const auto sent = support::outbox_of(practice.suite.outbox());
    return std::ranges::any_of(sent, [](const std::string& message) { return message.find("/v/") != std::string::npos; });
  }));
  practice.suite.clock().advance(std::chrono::hours(1));
  EXPECT_EQ(practice.visitor.get(link).status, 410) << "its hour is over";
  EXPECT_EQ(books(for_ana, "09:00").text, anas.text) << "what was booked stays booked";
  practice.asks("212 555 0143");
  ASSERT_TRUE(practice.suite.eventually([&] { return practice.links().size() == 2; }));
  EXPECT_NE(practice.links()[1], link);
}

TEST(KnownBooking, ByTheLinkOfAFollowUpCoversTheGap) {
  OpenHarbour practice;
  const std::string ana = practice.person("Ana", {{"email", "ana@example.org"}});
  const std::string missed = practice.book(ana, "2026-11-23T10:00:00");
  practice.suite.clock().advance(std::chrono::minutes(90));
  practice.done("/v1/appointments/" + missed + "/no-show", {});
  ASSERT_TRUE(practice.suite.settle());
  practice.suite.clock().advance(std::chrono::hours(48));
  ASSERT_TRUE(practice.suite.eventually([&] { return !practice.links().empty(); }));
  ASSERT_TRUE(practice.suite.settle());
  const auto cover = [&] { return practice.suite.api().get("/v1/follow-ups?person=" + ana).string_at("/gaps/0/cover"); };
  EXPECT_EQ(cover(), "active");

  const std::string link = practice.links().front();
  const Answer types = practice.visitor.get(link);
  EXPECT_NE(types.text.find("?type=cleaning"), std::string::npos) << types.text;
  EXPECT_EQ(types.text.find("?type=exam"), std::string::npos) << "what is missing is hygiene";
  const std::string slot = "2026-11-27T09:00:00/dr-lee";
  const std::string token = token_of(practice.visitor.get(link + "?type=cleaning&slot=" + slot), "Ana");
  ASSERT_FALSE(token.empty());
  const std::string page = "type=cleaning&slot=" + support::url_encoded(slot) + "&token=" + token;
  const Answer booked = practice.posts(link, page);
  EXPECT_EQ(booked.status, 200) << booked.text;
  ASSERT_TRUE(practice.suite.settle());
  EXPECT_EQ(cover(), "covered");
  EXPECT_EQ(practice.day_sheet("2026-11-27").size(), 1U);
  EXPECT_EQ(practice.visitor.get(link).status, 410) << "there is no reason any more";
  EXPECT_EQ(practice.posts(link, page).text, booked.text);
  EXPECT_EQ(practice.day_sheet("2026-11-27").size(), 1U);
}

}  // namespace
}  // namespace bridgework::functional
