// Patients who book by themselves, through real processes: from the page to the visit, and everything from outside that books nothing.

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "runtime/zone.hpp"
#include "support/outbox.hpp"
#include "support/suite.hpp"

namespace bridgework::functional {
namespace {

namespace json = boost::json;
using support::Answer;
using support::Api;
using support::Suite;

/// Monday 23 November 2026, 09:00 in New York.
Instant first_monday() {
  return *runtime::to_instant(LocalTime(std::chrono::local_days(std::chrono::year(2026) / 11 / 23)) + std::chrono::hours(9),
                              "America/New_York");
}

Answer done(Answer answer) {
  EXPECT_TRUE(answer.status == 200 || answer.status == 201) << answer.status << " " << answer.text;
  return answer;
}

/// `harbour` has one provider and one chair; its exam is online, its crown is not. `bare` offers nothing online.
void open_practice(Suite& suite) {
  Api& api = suite.api();
  json::array days;
  for (int day = 1; day <= 7; ++day) days.push_back(json::object{{"weekday", day}, {"from_minute", 540}, {"until_minute", 720}});
  for (const char* site : {"harbour", "bare"}) {
    done(api.post("/v1/sites",
                  {{"site", site}, {"name", "Harbour Dental"}, {"zone", "America/New_York"}, {"phone", "+12025550100"}, {"hours", days}}));
    done(api.post("/v1/visit-types", {{"site", site}, {"visit_type", "crown"}, {"name", "Crown"}, {"duration_minutes", 60}}));
  }
  done(api.post("/v1/chairs", {{"site", "harbour"}, {"chair", "c1"}, {"name", "c1"}}));
  done(api.post("/v1/providers", {{"site", "harbour"}, {"provider", "dr-lee"}, {"name", "Dr. Lee"}, {"shifts", days}}));
  done(api.post("/v1/visit-types", {{"site", "harbour"},
                                    {"visit_type", "exam"},
                                    {"name", "First exam"},
                                    {"duration_minutes", 30},
                                    {"purpose", "exam"},
                                    {"online", true}}));
  done(api.post("/v1/sites/harbour/form-keys", json::object()));
  done(api.post("/v1/sites/bare/form-keys", json::object()));
  ASSERT_TRUE(suite.settle());
}

/// What stands between two texts, unescaped as far as our pages escape in addresses; empty when it is not there.
std::string between(const std::string& text, const std::string& before, const std::string& after) {
  const std::size_t begin = text.find(before);
  if (begin == std::string::npos) return {};
  const std::size_t end = text.find(after, begin + before.size());
  std::string found = text.substr(begin + before.size(), end - begin - before.size());
  for (std::size_t at = found.find("&amp;"); at != std::string::npos; at = found.find("&amp;", at + 1)) found.erase(at + 1, 4);
  return found;
}

Answer post_form(Api& api, const std::string& path, const std::string& body) {
  return api.send("POST", path, body, {"Content-Type: application/x-www-form-urlencoded"});
}

std::string filled_in(const std::string& token, const std::string& type, const std::string& slot, const std::string& name,
                      const std::string& contact) {
  return "token=" + token + "&type=" + type + "&slot=" + support::url_encoded(slot) + "&given_name=" + name +
         (contact.find('@') == std::string::npos ? "&phone=" : "&email=") + support::url_encoded(contact) + "&consent=yes&website=";
}

json::array day_sheet(Suite& suite, const std::string& day) {
  return suite.api().get("/v1/appointments?site=harbour&day=" + day).at("/appointments").as_array();
}

TEST(OnlineBooking, FromThePageToTheVisitAndOneTimeIsOnePersons) {
  Suite suite({.start = first_monday()});
  open_practice(suite);
  done(suite.api().post("/v1/campaigns", {{"campaign", "c-spring"}, {"name", "Spring"}, {"source", "search_ad"}}));
  ASSERT_TRUE(suite.settle());
  Api ana(suite.url(), ""), ben(suite.url(), "");

  // Both follow the links to the same time and fill in a page of their own.
  const auto choose = [](Api& visitor) {
    const Answer types = visitor.get("/book/harbour?utm_campaign=c-spring&utm_source=mail");
    EXPECT_EQ(types.status, 200) << types.text;
    const Answer times = visitor.get("/book/harbour" + between(types.text, "<ul class=\"list\"><li><a href=\"", "\""));
    EXPECT_NE(times.text.find("Wednesday 25 November 2026"), std::string::npos) << times.text;
    const std::size_t wednesday = times.text.find("Wednesday 25 November 2026");
    return visitor.get("/book/harbour" + between(times.text.substr(std::min(wednesday, times.text.size())), "<a href=\"", "\""));
  };
  const auto fill = [](const Answer& page, const std::string& name, const std::string& contact) {
    return filled_in(between(page.text, "name=\"token\" value=\"", "\""), "exam", between(page.text, "name=\"slot\" value=\"", "\""), name,
                     contact) +
           "&campaign=" + between(page.text, "name=\"campaign\" value=\"", "\"");
  };
  const std::string anas = fill(choose(ana), "Ana", "ana@example.org"), bens = fill(choose(ben), "Ben", "ben@example.org");
  ASSERT_NE(anas.find("slot=2026-11-25T09%3A00%3A00%2Fdr-lee"), std::string::npos) << anas;
  ASSERT_NE(anas, bens);
  EXPECT_TRUE(day_sheet(suite, "2026-11-25").empty()) << "reading books nothing";

  Answer first, second;
  std::thread at_once([&] { first = post_form(ana, "/book/harbour", anas); });
  second = post_form(ben, "/book/harbour", bens);
  at_once.join();
  EXPECT_EQ((std::multiset<int>{first.status, second.status}), (std::multiset<int>{200, 409})) << first.text << second.text;
  const bool ana_won = first.status == 200;
  const Answer& won = ana_won ? first : second;
  const Answer& lost = ana_won ? second : first;
  for (const char* told :
       {"Your visit is booked", "First exam", "Wednesday 25 November 2026, 09:00", "America/New_York", "Harbour Dental", "+12025550100"})
    EXPECT_NE(won.text.find(told), std::string::npos) << told << won.text;
  EXPECT_EQ(day_sheet(suite, "2026-11-25").size(), 1U);

  // Sent again and again it is the same visit.
  Api& winner = ana_won ? ana : ben;
  for (int again = 0; again < 3; ++again) EXPECT_EQ(post_form(winner, "/book/harbour", ana_won ? anas : bens).text, won.text);
  EXPECT_EQ(day_sheet(suite, "2026-11-25").size(), 1U);

  // The other takes the next time from the page that says so.
  const std::string next = between(lost.text, "name=\"slot\" required value=\"", "\"");
  EXPECT_EQ(next, "2026-11-25T09:30:00/dr-lee") << lost.text;
  std::string retry = ana_won ? bens : anas;
  retry.replace(retry.find("T09%3A00"), 8, "T09%3A30");
  const Answer later = post_form(ana_won ? ben : ana, "/book/harbour", retry);
  EXPECT_EQ(later.status, 200) << later.text;
  EXPECT_NE(later.text.find("Wednesday 25 November 2026, 09:30"), std::string::npos) << later.text;
  // A page that has booked books no other time.
  retry.replace(retry.find("T09%3A30"), 8, "T10%3A30");
  EXPECT_EQ(post_form(ana_won ? ben : ana, "/book/harbour", retry).text, later.text);
  ASSERT_TRUE(suite.settle());

  const json::array visits = day_sheet(suite, "2026-11-25");
  ASSERT_EQ(visits.size(), 2U);
  std::set<std::string> people;
  for (const auto& visit : visits) {
    EXPECT_EQ(visit.at("state").as_string(), "booked");
    const std::string person(visit.at("person").as_string());
    people.insert(person);
    const Answer known = suite.api().get("/v1/persons/" + person);
    ASSERT_EQ(known.at("/enquiries").as_array().size(), 1U) << "one enquiry, however often it was sent: " << known.text;
    const Answer lead = suite.api().get("/v1/leads/" + known.string_at("/enquiries/0"));
    EXPECT_EQ(lead.string_at("/state"), "booked") << lead.text;
    EXPECT_EQ(lead.string_at("/campaign"), "c-spring");
    EXPECT_EQ(lead.string_at("/source"), "search_ad");
    EXPECT_EQ(lead.string_at("/channel"), "online_booking");
    EXPECT_NE(lead.string_at("/text").find("Online booking: First exam"), std::string::npos) << lead.text;
    const std::string timeline = suite.api().get("/v1/persons/" + person + "/timeline").text;
    const std::size_t asked = timeline.find("EnquiryReceived"), booked = timeline.find("AppointmentBooked");
    EXPECT_NE(asked, std::string::npos) << timeline;
    EXPECT_NE(booked, std::string::npos) << timeline;
  }
  EXPECT_EQ(people.size(), 2U);

  const std::string entry = between(won.text, "href=\"/book/harbour/", "\"");
  const Answer calendar = winner.get("/book/harbour/" + entry);
  EXPECT_EQ(calendar.status, 200) << calendar.text;
  EXPECT_NE(calendar.text.find("DTSTART:20261125T140000Z"), std::string::npos) << calendar.text;

  // Both are reminded like anybody else, which needs that they were known when their visit was.
  suite.clock().advance(std::chrono::hours(27));
  const auto reminders = [&] {
    const auto sent = support::outbox_of(suite.outbox());
    return std::ranges::count_if(sent, [](const std::string& message) { return message.find("/v/") != std::string::npos; });
  };
  EXPECT_TRUE(suite.eventually([&] { return reminders() == 2; })) << reminders();
}

TEST(OnlineBooking, WhatIsNotOnlineOrNoVisitorsBooksNothing) {
  Suite suite({.start = first_monday()});
  open_practice(suite);
  Api visitor(suite.url(), "");
  const std::string slot = "2026-11-24T09:00:00/dr-lee";
  auto token = [n = 0]() mutable { return std::string(31, 'a') + std::to_string(n++); };
  const auto leads = [&] { return suite.api().get("/v1/leads").int_at("/open"); };

  // By hand, past the page: appointments says no, and a hold from outside fares no better.
  const Answer crown = post_form(visitor, "/book/harbour", filled_in(token(), "crown", slot, "Eve", "202 555 0150"));
  EXPECT_EQ(crown.status, 409);
  EXPECT_NE(crown.text.find("cannot be booked online"), std::string::npos) << crown.text;
  json::object hold{
      {"site", "harbour"}, {"person", "p-eve"}, {"visit_type", "crown"}, {"provider", "dr-lee"}, {"local_start", "2026-11-24T09:00:00"},
      {"asker", "online"}};
  const Answer refused = suite.api().post("/v1/appointments", hold);
  EXPECT_EQ(refused.status, 409) << refused.text;
  EXPECT_EQ(refused.string_at("/code"), "not_online");
  EXPECT_TRUE(day_sheet(suite, "2026-11-24").empty());
  ASSERT_TRUE(suite.settle());
  EXPECT_EQ(leads(), 1) << "somebody asked for it, so somebody calls back";

  // Machines: counted, thanked, and nothing else.
  for (const std::string& body : {filled_in(token(), "exam", slot, "Bot", "202 555 0151") + "http%3A%2F%2Fspam.example", std::string("%zz"),
                                  std::string(100'000, 'a')}) {
    const Answer thanked = post_form(visitor, "/book/harbour", body);
    EXPECT_EQ(thanked.status, 200);
    EXPECT_NE(thanked.text.find("We have your message"), std::string::npos) << thanked.text;
  }
  // What a person has forgotten comes back to them and is not even counted.
  EXPECT_EQ(post_form(visitor, "/book/harbour", filled_in(token(), "exam", slot, "", "202 555 0152")).status, 422);
  ASSERT_TRUE(suite.settle());
  const Answer form = suite.api().get("/v1/sites/harbour/web-form");
  EXPECT_EQ(form.int_at("/counted_today"), 4) << form.text;
  EXPECT_EQ(form.int_at("/machines_today"), 3) << form.text;
  EXPECT_EQ(leads(), 1);
  EXPECT_TRUE(day_sheet(suite, "2026-11-24").empty());

  // Over the cap, switched off, with nothing online, unknown: one page.
  const std::string exam = filled_in(token(), "exam", slot, "Dan", "202 555 0153");
  const Answer unknown = visitor.get("/book/nowhere");
  EXPECT_EQ(unknown.status, 404);
  const auto closed = [&](const std::string& site, const char* why) {
    for (const Answer& answer : {visitor.get("/book/" + site), post_form(visitor, "/book/" + site, exam)}) {
      EXPECT_EQ(answer.status, 404) << why;
      EXPECT_EQ(answer.text, unknown.text) << why;
    }
  };
  closed("nowhere", "unknown");
  closed("bare", "nothing online");
  done(suite.api().post("/v1/sites/harbour/web-form", {{"enabled", true}, {"daily_cap", 4}}));
  closed("harbour", "over the cap");
  done(suite.api().post("/v1/sites/harbour/web-form", {{"enabled", false}, {"daily_cap", 200}}));
  closed("harbour", "switched off");
  EXPECT_TRUE(day_sheet(suite, "2026-11-24").empty());
  done(suite.api().post("/v1/sites/harbour/web-form", {{"enabled", true}, {"daily_cap", 200}}));
  suite.clock().advance(std::chrono::minutes(1));
  const Answer booked = post_form(visitor, "/book/harbour", exam);
  EXPECT_EQ(booked.status, 200) << "no was the answer of the moment: " << booked.text;
  suite.clock().advance(std::chrono::minutes(1));
  EXPECT_EQ(post_form(visitor, "/book/harbour", exam).text, booked.text) << "yes is the answer for good";
  done(suite.api().post("/v1/sites/harbour/web-form", {{"enabled", false}, {"daily_cap", 200}}));
  EXPECT_EQ(post_form(visitor, "/book/harbour", exam).text, booked.text) << "though nobody else can book now";
  EXPECT_EQ(day_sheet(suite, "2026-11-24").size(), 1U);
  ASSERT_TRUE(suite.settle());
  EXPECT_EQ(suite.api().get("/v1/sites/harbour/web-form").int_at("/counted_today"), 5) << "counted once";
}

/// The path of the link in a mail about a visit, whatever its lines were folded into.
std::string visit_link_of(std::string mail) {
  for (const std::string soft : {"=\r\n", "=\n"})
    for (std::size_t at = mail.find(soft); at != std::string::npos; at = mail.find(soft)) mail.erase(at, soft.size());
  const std::size_t at = mail.find("/v/");
  return at == std::string::npos ? std::string() : mail.substr(at, mail.find_first_of("\r\n ", at) - at);
}

TEST(OnlineBooking, WhatWasAgreedToIsKeptAndTheVisitCanBeSeenCancelledAndAskedToBeMoved) {
  Suite suite({.start = first_monday()});
  open_practice(suite);
  Api visitor(suite.url(), "");
  const std::string anas_token(32, 'a'), bens_token(32, 'b');
  ASSERT_EQ(
      post_form(visitor, "/book/harbour", filled_in(anas_token, "exam", "2026-11-25T09:00:00/dr-lee", "Ana", "ana@example.org")).status,
      200);
  const Answer bens = post_form(visitor, "/book/harbour",
                                filled_in(bens_token, "exam", "2026-11-25T09:30:00/dr-lee", "Ben", "+12125550143") + "&offers=yes");
  ASSERT_EQ(bens.status, 200) << bens.text;
  ASSERT_TRUE(suite.settle());
  std::map<std::string, json::value> visits;  // by time
  for (const auto& visit : day_sheet(suite, "2026-11-25")) visits[std::string(visit.at("visit").at("local_start").as_string())] = visit;
  ASSERT_EQ(visits.size(), 2U);
  const json::value &anas_visit = visits.begin()->second, &bens_visit = visits.rbegin()->second;

  // What each agreed to, word by word, and nothing else.
  const auto consents = [&](const json::value& visit) {
    const Answer told = suite.api().get("/v1/consents?person=" + std::string(visit.at("person").as_string()));
    std::set<std::string> granted;
    for (const auto& one : told.at("/consents").as_array()) {
      if (one.at("state").as_string() == "unknown") continue;
      EXPECT_EQ(one.at("state").as_string(), "granted");
      EXPECT_EQ(one.at("source").as_string().find("online_booking p-"), 0U) << told.text;
      EXPECT_EQ(one.at("changed_at").as_string().find("2026-11-23T14:00"), 0U) << told.text;
      const std::string wording(one.at("wording").as_string());
      const bool is_marketing = one.at("purpose").as_string() == "marketing";
      EXPECT_NE(wording.find(is_marketing ? "news and offers from Harbour Dental" : "contacts me about this visit"), std::string::npos);
      granted.insert(std::string(one.at("purpose").as_string()) + " " + std::string(one.at("channel").as_string()));
    }
    return granted;
  };
  EXPECT_EQ(consents(anas_visit), (std::set<std::string>{"transactional email", "reminder email"}));
  EXPECT_EQ(consents(bens_visit), (std::set<std::string>{"transactional sms", "reminder sms", "marketing sms"}));

  // Ana is written to at once, with a link: looking changes nothing.
  std::string link;
  ASSERT_TRUE(suite.eventually([&] {
    for (const auto& message : support::outbox_of(suite.outbox()))
      if (link.empty()) link = visit_link_of(message);
    return !link.empty();
  }));
  // And not told besides that her wish has arrived.
  const Answer why = suite.api().get("/v1/messages?person=" + std::string(anas_visit.at("person").as_string()));
  EXPECT_NE(why.text.find("The acknowledgement of the enquiry was not sent because the enquiry was booked"), std::string::npos) << why.text;
  for (int look = 0; look < 2; ++look) {
    const Answer page = visitor.get(link);
    EXPECT_EQ(page.status, 200) << page.text;
    EXPECT_NE(page.text.find("Wednesday 25 November 2026, 09:00"), std::string::npos);
    EXPECT_NE(page.text.find("Cancel this visit"), std::string::npos);
  }
  const auto state = [&](const json::value& visit) {
    return suite.api().get("/v1/appointments/" + std::string(visit.at("appointment").as_string())).string_at("/state");
  };
  EXPECT_EQ(state(anas_visit), "booked");
  EXPECT_EQ(post_form(visitor, link, "answer=dance").status, 422);

  // To be called, once however often it is asked for; the visit stands.
  for (int again = 0; again < 2; ++again) {
    const Answer asked = post_form(visitor, link, "answer=another_time&words=mornings+only");
    EXPECT_EQ(asked.status, 200) << asked.text;
    EXPECT_NE(asked.text.find("We will call you"), std::string::npos);
  }
  ASSERT_TRUE(suite.settle());
  const auto tasks = [&] { return suite.api().get("/v1/tasks?site=harbour").at("/tasks").as_array(); };
  ASSERT_EQ(tasks().size(), 1U);
  EXPECT_EQ(tasks()[0].at("words").as_string(), "mornings only");
  EXPECT_EQ(tasks()[0].at("reason").as_string().find("Would like another time"), 0U);
  EXPECT_EQ(state(anas_visit), "booked");

  // Cancelled, with the reason; the time is free, and nothing is left to do.
  const Answer cancelled = post_form(visitor, link, "answer=cancel&words=I+am+ill");
  EXPECT_EQ(cancelled.status, 200) << cancelled.text;
  EXPECT_NE(cancelled.text.find("is cancelled"), std::string::npos);
  EXPECT_EQ(state(anas_visit), "cancelled");
  const std::string events = suite.api().get("/v1/events?type=AppointmentCancelled").text;
  EXPECT_NE(events.find("I am ill"), std::string::npos) << events;
  EXPECT_NE(events.find("\"patient\""), std::string::npos) << events;
  EXPECT_NE(visitor.get("/book/harbour?type=exam&from=2026-11-25").text.find("2026-11-25T09%3A00"), std::string::npos);
  EXPECT_EQ(post_form(visitor, link, "answer=cancel").status, 410);
  EXPECT_EQ(visitor.get("/book/harbour/" + anas_token).status, 410);
  ASSERT_TRUE(suite.settle());
  EXPECT_TRUE(tasks().empty());

  // Ben does it from the page he was shown.
  const std::string page = "/book/harbour/" + bens_token;
  EXPECT_NE(bens.text.find("action=\"" + page + "\""), std::string::npos) << bens.text;
  EXPECT_EQ(post_form(visitor, page, "answer=confirm").status, 422);
  EXPECT_EQ(post_form(visitor, page, "answer=cancel").status, 200);
  EXPECT_EQ(state(bens_visit), "cancelled");
  EXPECT_EQ(post_form(visitor, page, "answer=another_time").status, 410);
}

}  // namespace
}  // namespace bridgework::functional
