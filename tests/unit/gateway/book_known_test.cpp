// Booking by those who are known: asking for a link tells nobody anything, and the link opens the pages for whom it was sent to.

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "gateway/book_page.hpp"
#include "gateway/gateway.hpp"
#include "gateway/times.hpp"
#include "gateway/web_form.hpp"
#include "messages/appointments.codec.hpp"
#include "messages/lead_intake.codec.hpp"
#include "messages/outreach.codec.hpp"
#include "runtime/clock.hpp"
#include "tests/unit/gateway/ask.hpp"
#include "tests/unit/gateway/fake_backend.hpp"

namespace bridgework::gateway {
namespace {

using namespace std::chrono_literals;
using messages::Outcome;
using messages::Purpose;

constexpr char kLink[] = "p-ana.m-7.0123456789abcdef0123456789abcdef";
const std::string kWhere = "type=exam&slot=2026-11-24T09%3A00%3A00%2Fdr-lee";

/// The link was sent to Ana, who answers for Ben.
class GatewayKnown : public testing::Test {
 protected:
  GatewayKnown() {
    config_.address_requests_per_second = 0;
    site_ = harbour({{.visit_type = "exam", .name = "Exam", .duration_minutes = 30, .purpose = Purpose::kExam, .online = true},
                     {.visit_type = "cleaning", .name = "Cleaning", .duration_minutes = 30, .purpose = Purpose::kHygiene, .online = true},
                     {.visit_type = "crown", .name = "Crown", .duration_minutes = 60, .purpose = Purpose::kProstho}});
    form_ = form_of_harbour();
    linked_ = {.person = PersonId("p-ana"), .site = SiteId("harbour"), .contact = Phi<std::string>("+12025550143")};
    bookers_.contact = Phi<std::string>("+12025550143");
    bookers_.persons = {{.person = PersonId("p-ana"), .given_name = Phi<std::string>("Ana")},
                        {.person = PersonId("p-ben"), .given_name = Phi<std::string>("Ben <b>")}};
    backend_.on_call = [this](const runtime::Call& call) { return reply_to(call); };
    gateway_.emplace(config_, "g", forms_, ApiKeys{}, backend_, metrics_);
  }
  messages::Reply reply_to(const runtime::Call& call) {
    messages::Reply reply;
    const auto answer = [&](const auto& value) {
      reply.type_id = std::decay_t<decltype(value)>::kTypeId;
      reply.body = encode(value);
    };
    const auto refuse = [&](const char* code) {
      reply.outcome = Outcome::kRefused;
      reply.code = code;
    };
    if (const auto refused = refusals_.find(call.request.type_id); refused != refusals_.end()) {
      reply.outcome = refused->second.empty() ? Outcome::kUnavailable : Outcome::kRefused;
      reply.code = refused->second;
      return reply;
    }
    switch (call.request.type_id) {
      case messages::GetSite::kTypeId: answer(site_); break;
      case messages::GetWebForm::kTypeId: answer(form_); break;
      case messages::GetBookers::kTypeId: answer(bookers_); break;
      case messages::GetLinkedBooker::kTypeId: {
        const auto query = messages::decode_as<messages::GetLinkedBooker>(call.request.body);
        if (query->message.text() + "." + query->token.reveal() == kLink) answer(linked_);
        else refuse("wrong_token");
        break;
      }
      case messages::FindOpenings::kTypeId: {
        messages::SlotList list;
        for (const char* start : {"2026-11-24T09:00:00", "2026-11-24T09:30:00"})
          list.slots.push_back({.site = SiteId("harbour"), .provider = ProviderId("dr-lee"), .local_start = *parse_local(start)});
        answer(list);
        break;
      }
      case messages::BookOnline::kTypeId: {
        const auto command = messages::decode_as<messages::BookOnline>(call.request.body);
        messages::AppointmentView& view = visits_[command->appointment.text()];
        view.appointment = command->appointment;
        view.person = command->person;
        view.site = command->site;
        view.state = messages::VisitState::kBooked;
        view.visit.visit_type = command->visit_type;
        view.visit.start = runtime::system_now() + 24h;
        view.visit.local_start = command->local_start;
        answer(view);
        break;
      }
      case messages::GetAppointment::kTypeId:
        if (const auto visit = visits_.find(call.key); visit != visits_.end()) answer(visit->second);
        else refuse("unknown_appointment");
        break;
      default: answer(messages::Done{"x"}); break;
    }
    return reply;
  }
  HttpResponse ask(http::verb method, const std::string& target, const std::string& body = {}) {
    return answer_to_form(*gateway_, method, target, body);
  }
  HttpResponse get(const std::string& query = {}) { return ask(http::verb::get, std::string("/b/") + kLink + query); }
  HttpResponse post(const std::string& body) { return ask(http::verb::post, std::string("/b/") + kLink, body); }
  HttpResponse asks_for_link(const std::string& body) { return ask(http::verb::post, "/book/harbour/known", body); }
  template <class Message>
  std::vector<Message> sent() const {
    std::vector<Message> found;
    for (const auto& call : backend_.calls)
      if (call.request.type_id == Message::kTypeId) found.push_back(messages::decode_as<Message>(call.request.body).value());
    return found;
  }
  std::size_t commands() const {
    return static_cast<std::size_t>(
        std::ranges::count(backend_.calls, runtime::Call::Kind::kCommand, [](const runtime::Call& call) { return call.kind; }));
  }
  static std::string token_for(const char* person) { return book_token_of(kLink, PersonId(person)); }
  static bool has(const HttpResponse& response, std::string_view text) { return response.body.find(text) != std::string::npos; }

  Forms forms_;
  Config config_;
  runtime::Metrics metrics_{"gateway"};
  FakeBackend backend_;
  messages::SiteView site_;
  messages::WebFormView form_;
  messages::LinkedBooker linked_;
  messages::Bookers bookers_;
  std::map<std::string, messages::AppointmentView> visits_;
  std::map<std::uint64_t, std::string> refusals_;  ///< by message; an empty code: unavailable
  std::optional<Gateway> gateway_;
};

// ---- asking for a link

TEST_F(GatewayKnown, TheFirstPageAsksWhetherTheyHaveBeenHereBefore) {
  const HttpResponse page = ask(http::verb::get, "/book/harbour");
  EXPECT_TRUE(has(page, "Have you been here before?")) << page.body;
  EXPECT_TRUE(has(page, "action=\"/book/harbour/known\""));
  EXPECT_TRUE(has(page, "name=\"website\""));
  EXPECT_FALSE(has(get(), "Have you been here before?")) << "they have a link already";
}

TEST_F(GatewayKnown, WhoeverAsksGetsTheSameBytes) {
  const HttpResponse known = asks_for_link("contact=202+555+0143&website=");
  EXPECT_EQ(known.status, 200U);
  EXPECT_TRUE(has(known, "If we know this number or address")) << known.body;
  const auto same = [&](const std::string& body, const char* why) {
    const HttpResponse page = asks_for_link(body);
    EXPECT_EQ(page.status, known.status) << why;
    EXPECT_EQ(page.body, known.body) << why;
    EXPECT_EQ(page.headers, known.headers) << why;
  };
  const auto ask = sent<messages::AskForBookingLink>();
  ASSERT_EQ(ask.size(), 1U);
  EXPECT_EQ(ask[0].form_key, FormKeyId("harbour.f-1"));
  EXPECT_EQ(ask[0].contact.reveal(), "+12025550143") << "as it is known, not as it was typed";
  EXPECT_EQ(ask[0].person, PersonId("p-ana"));
  EXPECT_EQ(sent<messages::GetBookers>()[0].contact.reveal(), "202 555 0143");
  EXPECT_EQ(sent<messages::GetBookers>()[0].person, PersonId());

  bookers_.persons.clear();
  same("contact=202+555+0199&website=", "unknown");
  EXPECT_EQ(sent<messages::AskForBookingLink>()[1].person, PersonId()) << "counted all the same";
  same("", "nothing said");
  same("contact=%00%ff&website=", "not readable");
  refusals_[messages::GetBookers::kTypeId] = "required";
  same("contact=x&website=", "refused");
  refusals_.clear();
  refusals_[messages::AskForBookingLink::kTypeId] = "form_closed";
  same("contact=202+555+0143&website=", "the cap was reached in that moment");
}

TEST_F(GatewayKnown, AMachineIsCountedAndNobodyIsLookedFor) {
  const HttpResponse page = asks_for_link("contact=202+555+0143&website=spam");
  const HttpResponse flood = asks_for_link(std::string(kFormBytesMax + 1, 'a'));
  EXPECT_EQ(page.body, flood.body);
  EXPECT_TRUE(has(page, "If we know this number or address"));
  EXPECT_TRUE(sent<messages::GetBookers>().empty());
  ASSERT_EQ(sent<messages::AskForBookingLink>().size(), 2U);
  for (const auto& ask : sent<messages::AskForBookingLink>()) {
    EXPECT_FALSE(ask.honeypot.reveal().empty());
    EXPECT_TRUE(ask.person.empty());
  }
}

TEST_F(GatewayKnown, NobodyIsToldByTheTimeItTakes) {
  for (const bool is_known : {true, false}) {
    if (!is_known) bookers_.persons.clear();
    const auto began = std::chrono::steady_clock::now();
    asks_for_link("contact=202+555+0143&website=");
    EXPECT_GE(std::chrono::steady_clock::now() - began, kFormAnswerEvery);
  }
}

TEST_F(GatewayKnown, WhereNothingCanBeBookedNoLinkIsSent) {
  form_.counted_today = 10;
  EXPECT_EQ(asks_for_link("contact=202+555+0143&website=").body, book_closed_page());
  form_.counted_today = 0;
  form_.enabled = false;
  EXPECT_EQ(asks_for_link("contact=202+555+0143&website=").body, book_closed_page());
  refusals_[messages::GetSite::kTypeId] = "unknown_site";
  EXPECT_EQ(asks_for_link("contact=202+555+0143&website=").status, 404U);
  EXPECT_EQ(commands(), 0U);
}

TEST_F(GatewayKnown, ADoubleClickIsOneRequest) {
  const auto minute = [] { return std::chrono::floor<std::chrono::minutes>(runtime::system_now()); };
  const auto key = [&] { return backend_.calls.back().request.idempotency_key; };
  const auto began = minute();
  asks_for_link("contact=202+555+0143&website=");
  const std::string first = key();
  asks_for_link("contact=202+555+0143&website=");
  if (minute() == began) {
    EXPECT_EQ(key(), first);
  }
  asks_for_link("contact=202+555+0144&website=");
  EXPECT_NE(key(), first);
}

TEST_F(GatewayKnown, ASuiteThatIsAwayAsksForPatience) {
  for (const std::uint64_t away : {messages::GetSite::kTypeId, messages::GetBookers::kTypeId, messages::AskForBookingLink::kTypeId}) {
    refusals_ = {{away, ""}};
    EXPECT_EQ(asks_for_link("contact=202+555+0143&website=").status, 503U) << away;
  }
  for (const std::uint64_t away : {messages::GetLinkedBooker::kTypeId, messages::GetSite::kTypeId, messages::GetBookers::kTypeId}) {
    refusals_ = {{away, ""}};
    EXPECT_EQ(get().status, 503U) << away;
    EXPECT_EQ(post(kWhere + "&token=" + token_for("p-ana")).status, 503U) << away;
  }
  refusals_ = {{messages::BookOnline::kTypeId, ""}};
  EXPECT_EQ(post(kWhere + "&token=" + token_for("p-ana")).status, 503U);
}

// ---- the pages of a link

TEST_F(GatewayKnown, ReadingALinkChangesNothing) {
  for (const char* query : {"", "?type=exam", "?type=exam&slot=2026-11-24T09:00:00/dr-lee"})
    for (const http::verb method : {http::verb::get, http::verb::head})
      EXPECT_EQ(ask(method, std::string("/b/") + kLink + query, kWhere + "&token=" + token_for("p-ana")).status, 200U) << query;
  EXPECT_EQ(commands(), 0U);
}

TEST_F(GatewayKnown, ALinkGoesFromTheKindOfVisitToForWhomItIs) {
  const HttpResponse types = get();
  EXPECT_TRUE(has(types, "href=\"?type=exam\"")) << types.body;
  EXPECT_TRUE(has(types, "href=\"?type=cleaning\""));
  EXPECT_FALSE(has(types, "Crown"));
  EXPECT_TRUE(has(get("?type=exam"), "?type=exam&amp;slot=2026-11-24T09%3A00%3A00%2Fdr-lee"));
  const HttpResponse whom = get("?type=exam&slot=2026-11-24T09:00:00/dr-lee");
  EXPECT_TRUE(has(whom, "value=\"" + token_for("p-ana") + "\"> Ana<")) << whom.body;
  EXPECT_TRUE(has(whom, "value=\"" + token_for("p-ben") + "\"> Ben &lt;b&gt;<"));
  EXPECT_TRUE(has(whom, "Tuesday 24 November 2026, 09:00"));
  for (const char* hidden : {"p-ana", "p-ben", "+12025550143", "consent", "given_name"}) EXPECT_FALSE(has(whom, hidden)) << hidden;
  const auto asked = sent<messages::GetBookers>().back();
  EXPECT_EQ(asked.person, PersonId("p-ana"));
  EXPECT_EQ(asked.contact.reveal(), "+12025550143");
  EXPECT_EQ(asked.site, SiteId("harbour"));
}

TEST_F(GatewayKnown, WhatItWasSentForIsOffered) {
  linked_.purpose = Purpose::kHygiene;
  const HttpResponse page = get();
  EXPECT_TRUE(has(page, "?type=cleaning")) << page.body;
  EXPECT_FALSE(has(page, "?type=exam"));
  linked_.purpose = Purpose::kProstho;
  EXPECT_TRUE(has(get(), "?type=exam")) << "no crown is online: whatever is";
}

TEST_F(GatewayKnown, ALinkThatIsNoneOfOursOrOverOpensNothing) {
  for (const char* link : {"p-ana.m-7.ffffffffffffffffffffffffffffffff", "p-ana.m-8.0123456789abcdef0123456789abcdef", "nothing"}) {
    EXPECT_EQ(ask(http::verb::get, std::string("/b/") + link).status, 404U) << link;
    EXPECT_EQ(ask(http::verb::post, std::string("/b/") + link, kWhere + "&token=" + token_for("p-ana")).status, 404U) << link;
  }
  linked_.over = true;
  const HttpResponse over = get();
  EXPECT_EQ(over.status, 410U);
  EXPECT_TRUE(has(over, "href=\"/book/harbour\"")) << over.body;
  EXPECT_EQ(post(kWhere + "&token=" + token_for("p-ana")).status, 410U);
  EXPECT_EQ(commands(), 0U);
}

TEST_F(GatewayKnown, WhoMayNotBookAloneIsAskedToCall) {
  bookers_.persons.clear();
  for (const HttpResponse& page : {get(), post(kWhere + "&token=" + token_for("p-ana"))}) {
    EXPECT_EQ(page.status, 409U);
    EXPECT_TRUE(has(page, "Please call us")) << page.body;
    EXPECT_TRUE(has(page, "tel:+12025550100"));
  }
  EXPECT_EQ(commands(), 0U);
}

TEST_F(GatewayKnown, AClosedSiteSaysToCallAndAFullOneTakesWhoIsKnown) {
  form_.counted_today = 10;
  EXPECT_EQ(get().status, 200U);
  EXPECT_EQ(post(kWhere + "&token=" + token_for("p-ana")).status, 200U);
  form_.enabled = false;
  EXPECT_EQ(get().body, book_closed_page());
  EXPECT_EQ(post(kWhere + "&token=" + token_for("p-ben")).body, book_closed_page());
  EXPECT_EQ(commands(), 1U);
}

// ---- booking by a link

TEST_F(GatewayKnown, BooksForTheOneWhoWasChosenAndMakesNoEnquiry) {
  const HttpResponse page = post(kWhere + "&token=" + token_for("p-ben"));
  EXPECT_EQ(page.status, 200U) << page.body;
  EXPECT_TRUE(has(page, "Your visit is booked"));
  EXPECT_TRUE(has(page, "/book/harbour/" + token_for("p-ben") + ".ics"));
  EXPECT_FALSE(has(page, "Ben"));
  const auto booked = sent<messages::BookOnline>();
  ASSERT_EQ(booked.size(), 1U);
  EXPECT_EQ(booked[0].person, PersonId("p-ben"));
  EXPECT_EQ(booked[0].visit_type, "exam");
  EXPECT_EQ(booked[0].local_start, *parse_local("2026-11-24T09:00:00"));
  EXPECT_EQ(commands(), 1U);
}

TEST_F(GatewayKnown, ALinkIsOneVisitForEachOfThem) {
  const HttpResponse first = post(kWhere + "&token=" + token_for("p-ana"));
  // Once more, at another time, and when the link is over since that visit covers what it was for.
  EXPECT_EQ(post(kWhere + "&token=" + token_for("p-ana")).body, first.body);
  EXPECT_EQ(post("type=exam&slot=2026-11-24T09%3A30%3A00%2Fdr-lee&token=" + token_for("p-ana")).body, first.body);
  linked_.over = true;
  EXPECT_EQ(post(kWhere + "&token=" + token_for("p-ana")).body, first.body);
  EXPECT_EQ(post(kWhere + "&token=" + token_for("p-ben")).status, 410U);
  linked_.over = false;
  EXPECT_EQ(post("type=exam&slot=2026-11-24T09%3A30%3A00%2Fdr-lee&token=" + token_for("p-ben")).status, 200U);
  const auto booked = sent<messages::BookOnline>();
  ASSERT_EQ(booked.size(), 2U);
  EXPECT_NE(booked[0].appointment, booked[1].appointment);
}

TEST_F(GatewayKnown, NobodyElseIsBookedFor) {
  for (const std::string& token : {std::string(), std::string("0123456789abcdef0123456789abcdef"), token_for("p-eve"),
                                   book_token_of("p-ana.m-8.0123456789abcdef0123456789abcdef", PersonId("p-ana"))}) {
    const HttpResponse page = post(kWhere + "&token=" + token);
    EXPECT_EQ(page.status, 422U) << token;
    EXPECT_TRUE(has(page, "Please choose who the visit is for.")) << page.body;
  }
  EXPECT_EQ(post("type=exam&slot=x&token=" + token_for("p-ana")).status, 422U);
  EXPECT_EQ(post("type=none&slot=2026-11-24T09%3A00%3A00%2Fdr-lee&token=" + token_for("p-ana")).status, 422U);
  EXPECT_EQ(post(std::string(kFormBytesMax + 1, 'a')).status, 422U);
  EXPECT_EQ(commands(), 0U);
  bookers_.persons.resize(1);
  EXPECT_TRUE(has(get("?type=exam&slot=2026-11-24T09:00:00/dr-lee"), "checked> Ana")) << "there is no choice";
}

TEST_F(GatewayKnown, ATakenTimeGivesOthersForTheSamePerson) {
  refusals_[messages::BookOnline::kTypeId] = "slot_taken";
  const HttpResponse page = post(kWhere + "&token=" + token_for("p-ben"));
  EXPECT_EQ(page.status, 409U);
  EXPECT_TRUE(has(page, "name=\"token\" value=\"" + token_for("p-ben") + "\"")) << page.body;
  EXPECT_TRUE(has(page, "value=\"2026-11-24T09:30:00/dr-lee\""));
  refusals_[messages::BookOnline::kTypeId] = "not_online";
  EXPECT_TRUE(has(post(kWhere + "&token=" + token_for("p-ben")), "cannot be booked online"));
}

}  // namespace
}  // namespace bridgework::gateway
