// Booking by a patient themselves: what the pages show, what they never do, and each way in which nothing comes of it.

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
#include "messages/followup.codec.hpp"
#include "messages/lead_intake.codec.hpp"
#include "runtime/clock.hpp"
#include "tests/unit/gateway/ask.hpp"
#include "tests/unit/gateway/fake_backend.hpp"

namespace bridgework::gateway {
namespace {

using namespace std::chrono_literals;
using messages::Outcome;
using messages::VisitState;

constexpr char kToken[] = "0123456789abcdef0123456789abcdef";
const std::string kForm = std::string("token=") + kToken +
                          "&type=exam&slot=2026-11-24T09%3A00%3A00%2Fdr-lee&given_name=Ana&family_name=Lopez&phone=202+555+0143"
                          "&consent=yes&website=";

class GatewayBook : public testing::Test {
 protected:
  GatewayBook() {
    config_.address_requests_per_second = 0;
    site_ = harbour({{.visit_type = "exam", .name = "Exam & <talk>", .duration_minutes = 30, .online = true},
                     {.visit_type = "crown", .name = "Crown", .duration_minutes = 60}});
    form_ = form_of_harbour();
    backend_.on_call = [this](const runtime::Call& call) { return reply_to(call); };
    start();
  }
  void start() { gateway_.emplace(config_, "g", forms_, ApiKeys{}, backend_, metrics_); }

  messages::Reply reply_to(const runtime::Call& call) {
    messages::Reply reply;
    const auto answer = [&](const auto& value) {
      reply.type_id = std::decay_t<decltype(value)>::kTypeId;
      reply.body = encode(value);
    };
    if (const auto refused = refusals_.find(call.request.type_id); refused != refusals_.end()) {
      reply.outcome = refused->second.empty() ? Outcome::kUnavailable : Outcome::kRefused;
      reply.code = refused->second;
      return reply;
    }
    switch (call.request.type_id) {
      case messages::GetSite::kTypeId: answer(site_); break;
      case messages::GetWebForm::kTypeId: answer(form_); break;
      case messages::FindOpenings::kTypeId: {
        messages::SlotList list;
        list.slots = openings_;
        const ProviderId wanted = messages::decode_as<messages::FindOpenings>(call.request.body)->provider;
        if (!wanted.empty()) std::erase_if(list.slots, [&](const messages::Slot& slot) { return slot.provider != wanted; });
        answer(list);
        break;
      }
      case messages::SubmitWebForm::kTypeId:
        known_.insert(messages::decode_as<messages::SubmitWebForm>(call.request.body)->enquiry.text());
        answer(messages::Done{"x"});
        break;
      case messages::GetLead::kTypeId:
        if (!known_.contains(call.key)) {
          reply.outcome = Outcome::kRefused;
          reply.code = "unknown_enquiry";
        } else if (lead_after_ > 0) {
          --lead_after_;
          reply.outcome = Outcome::kRefused;
          reply.code = "unknown_enquiry";
        } else {
          answer(messages::LeadView{});
        }
        break;
      case messages::BookOnline::kTypeId: {
        const auto command = messages::decode_as<messages::BookOnline>(call.request.body);
        answer(visit(command->local_start));
        break;
      }
      case messages::GetAppointment::kTypeId: answer(visit(*parse_local("2026-11-24T09:00:00"))); break;
      default: answer(messages::Done{"x"}); break;
    }
    return reply;
  }
  messages::AppointmentView visit(LocalTime start) const {
    messages::AppointmentView view;
    view.appointment = AppointmentId("harbour.v-x");
    view.person = PersonId("p-secret");
    view.site = SiteId("harbour");
    view.state = visit_state_;
    view.visit.visit_type = "exam";
    view.visit.start = runtime::system_now() + 24h;
    view.visit.local_start = start;
    view.visit.duration_minutes = 30;
    view.visit.zone = site_.zone;
    return view;
  }
  void opens(const std::string& start, const std::string& provider = "dr-lee") {
    openings_.push_back({.site = SiteId("harbour"), .provider = ProviderId(provider), .local_start = *parse_local(start)});
  }
  HttpResponse ask(http::verb method, const std::string& target, const std::string& body = {}) {
    return answer_to_form(*gateway_, method, target, body);
  }
  HttpResponse get(const std::string& target) { return ask(http::verb::get, target); }
  HttpResponse post(const std::string& body, const std::string& site = "harbour") { return ask(http::verb::post, "/book/" + site, body); }
  std::vector<runtime::Call> commands() const {
    std::vector<runtime::Call> calls;
    for (const auto& call : backend_.calls)
      if (call.kind == runtime::Call::Kind::kCommand) calls.push_back(call);
    return calls;
  }
  template <class Message>
  std::optional<Message> sent() const {
    for (const auto& call : backend_.calls)
      if (call.request.type_id == Message::kTypeId) return messages::decode_as<Message>(call.request.body).value();
    return std::nullopt;
  }
  static bool has(const HttpResponse& response, std::string_view text) { return response.body.find(text) != std::string::npos; }
  static std::string header(const HttpResponse& response, std::string_view name) {
    for (const auto& [key, value] : response.headers)
      if (key == name) return value;
    return {};
  }

  Forms forms_;
  Config config_;
  runtime::Metrics metrics_{"gateway"};
  FakeBackend backend_;
  messages::SiteView site_;
  messages::WebFormView form_;
  std::vector<messages::Slot> openings_;
  VisitState visit_state_ = VisitState::kBooked;
  std::map<std::uint64_t, std::string> refusals_;  ///< by message; an empty code: unavailable
  std::set<std::string> known_;                    ///< the enquiries that were sent
  int lead_after_ = 0;                             ///< how often they are looked for in vain before that shows
  std::optional<Gateway> gateway_;
};

// ---- what is shown

TEST_F(GatewayBook, ShowsTheKindsOfVisitThatAreOnline) {
  const HttpResponse page = get("/book/harbour?utm_campaign=c-1&utm_source=a%26b");
  EXPECT_EQ(page.status, 200U);
  EXPECT_TRUE(has(page, "Exam &amp; &lt;talk&gt;, 30 minutes")) << page.body;
  EXPECT_TRUE(has(page, "Harbour &lt;Dental&gt;"));
  EXPECT_FALSE(has(page, "Crown"));
  EXPECT_TRUE(has(page, "href=\"?type=exam&amp;campaign=c-1&amp;utm_source=a%26b\"")) << page.body;
  EXPECT_TRUE(has(page, "href=\"tel:+12025550100\""));
}

TEST_F(GatewayBook, ShowsEachFreeTimeOnceByDay) {
  opens("2026-11-24T09:00:00", "dr-lee");
  opens("2026-11-24T09:00:00", "dr-moe");
  opens("2026-11-25T14:30:00", "dr-moe");
  const HttpResponse page = get("/book/harbour?type=exam&campaign=c-1");
  EXPECT_TRUE(has(page, "Tuesday 24 November 2026")) << page.body;
  EXPECT_TRUE(has(page, "Wednesday 25 November 2026"));
  EXPECT_TRUE(has(page, "slot=2026-11-24T09%3A00%3A00%2Fdr-lee&amp;campaign=c-1"));
  EXPECT_FALSE(has(page, "2026-11-24T09%3A00%3A00%2Fdr-moe"));
  EXPECT_TRUE(has(page, "America/New_York time"));
  EXPECT_FALSE(has(page, "Later days"));
}

TEST_F(GatewayBook, LaterDaysAreAPageFurther) {
  for (int day = 10; day < 17; ++day) opens("2026-12-" + std::to_string(day) + "T09:00:00");
  const HttpResponse page = get("/book/harbour?type=exam&from=2026-12-01");
  EXPECT_EQ(sent<messages::FindOpenings>()->from, parse_day("2026-12-01"));
  EXPECT_TRUE(has(page, "14 December")) << page.body;
  EXPECT_FALSE(has(page, "15 December"));
  EXPECT_TRUE(has(page, "?type=exam&amp;from=2026-12-15")) << page.body;
}

TEST_F(GatewayBook, TheFormHasATokenOfItsOwnEachTime) {
  const std::string target = "/book/harbour?type=exam&slot=2026-11-24T09:00:00/dr-lee&utm_medium=%22%3E%3Cb%3E";
  std::set<std::string> tokens;
  for (int look = 0; look < 3; ++look) {
    const HttpResponse page = get(target);
    EXPECT_EQ(page.status, 200U);
    EXPECT_TRUE(has(page, "Tuesday 24 November 2026, 09:00")) << page.body;
    EXPECT_TRUE(has(page, "name=\"utm_medium\" value=\"&quot;&gt;&lt;b&gt;\""));
    const std::string name = "name=\"token\" value=\"";
    const std::string token = page.body.substr(page.body.find(name) + name.size(), 32);
    EXPECT_TRUE(is_book_token(token)) << token;
    tokens.insert(token);
    for (const char* label : {"for=\"given_name\"", "for=\"phone\"", "for=\"email\"", "I agree that"}) EXPECT_TRUE(has(page, label));
    EXPECT_EQ(header(page, "Cache-Control"), "no-store") << "a page kept for another visitor would book for the first";
    EXPECT_NE(header(page, "Content-Security-Policy").find("default-src 'none'"), std::string::npos);
    EXPECT_EQ(header(page, "Referrer-Policy"), "no-referrer");
    EXPECT_FALSE(has(page, "<script"));
  }
  EXPECT_EQ(tokens.size(), 3U);
}

TEST_F(GatewayBook, ReadingChangesNothing) {
  opens("2026-11-24T09:00:00");
  for (const std::string target : {"/book/harbour", "/book/harbour?type=exam", "/book/harbour?type=exam&slot=2026-11-24T09:00:00/dr-lee",
                                   "/book/harbour/0123456789abcdef0123456789abcdef"})
    for (const http::verb method : {http::verb::get, http::verb::head}) EXPECT_EQ(ask(method, target, kForm).status, 200U) << target;
  EXPECT_TRUE(commands().empty());
}

// ---- where nothing can be booked

TEST_F(GatewayBook, EveryClosedSiteAnswersAlike) {
  const auto pages = [&](const std::string& site = "harbour") {
    const HttpResponse shown = get("/book/" + site), sent = post(kForm, site);
    EXPECT_EQ(shown.status, 404U) << shown.body;
    EXPECT_EQ(sent.status, 404U) << sent.body;
    EXPECT_EQ(shown.body, book_closed_page());
    EXPECT_EQ(sent.body, book_closed_page());
  };
  refusals_[messages::GetSite::kTypeId] = "unknown_site";
  pages();
  pages("no%20id%3C");
  refusals_ = {{messages::GetAppointment::kTypeId, "unknown_appointment"}};
  form_.enabled = false;
  pages();
  form_.enabled = true;
  form_.keys.clear();
  pages();
  form_.keys = {{.form_key = FormKeyId("harbour.f-1")}};
  site_.types_in_full.front().online = false;
  pages();
  EXPECT_TRUE(commands().empty());
}

TEST_F(GatewayBook, AfterTheDaysCapTheSiteIsClosed) {
  form_.counted_today = 10;
  EXPECT_EQ(get("/book/harbour").body, book_closed_page());
  refusals_[messages::SubmitWebForm::kTypeId] = "form_closed";
  const HttpResponse page = post(kForm);
  EXPECT_EQ(page.status, 404U);
  EXPECT_EQ(page.body, book_closed_page());
  EXPECT_FALSE(sent<messages::BookOnline>()) << "counted before anything else is done";
}

TEST_F(GatewayBook, ADoubleClickOnAClosedFormIsOneRequest) {
  refusals_[messages::SubmitWebForm::kTypeId] = "form_closed";
  ASSERT_EQ(post(kForm).status, 404U);
  const auto key = [&] { return commands().back().request.idempotency_key; };
  const std::string first = key();
  const auto minute = std::chrono::floor<std::chrono::minutes>(runtime::system_now());
  ASSERT_EQ(post(kForm).status, 404U);
  if (std::chrono::floor<std::chrono::minutes>(runtime::system_now()) == minute) {
    EXPECT_EQ(key(), first) << "a double click is one";
  }
}

TEST_F(GatewayBook, WhatWasBookedIsShownThoughTheSiteIsClosedNow) {
  form_.enabled = false;
  EXPECT_EQ(post(kForm).status, 200U) << "by whoever has the page's token";
  EXPECT_TRUE(commands().empty());
  std::string other = kForm;
  other.replace(other.find(kToken), 32, "short");
  EXPECT_EQ(post(other).body, book_closed_page());
}

TEST_F(GatewayBook, ConsentIsKeptInTheWordsOfThePageAndOffersOnlyWhenTheyWereTicked) {
  ASSERT_EQ(post(kForm).status, 200U);
  const auto form = sent<messages::SubmitWebForm>();
  EXPECT_EQ(form->contact_consent,
            "I agree that Harbour <Dental> keeps what I enter here and contacts me about this visit by phone, text message or e-mail.");
  EXPECT_EQ(form->marketing_consent, "");
  const HttpResponse page = get("/book/harbour?type=exam&slot=2026-11-24T09:00:00/dr-lee");
  EXPECT_TRUE(has(page, "I agree that Harbour &lt;Dental&gt; keeps")) << page.body;
  EXPECT_TRUE(has(page, "name=\"offers\" value=\"yes\"> I would also like news")) << "nobody has ticked it for them: " << page.body;
  backend_.calls.clear();
  ASSERT_EQ(post(kForm + "&offers=yes").status, 200U);
  EXPECT_NE(sent<messages::SubmitWebForm>()->marketing_consent.find("news and offers from Harbour <Dental>"), std::string::npos);
}

TEST_F(GatewayBook, ASuiteThatIsAwayAsksForPatience) {
  for (const std::uint64_t away : {messages::GetSite::kTypeId, messages::GetWebForm::kTypeId, messages::SubmitWebForm::kTypeId,
                                   messages::GetLead::kTypeId, messages::BookOnline::kTypeId}) {
    refusals_ = {{away, ""}};
    known_.clear();
    EXPECT_EQ(post(kForm).status, 503U) << away;
  }
}

TEST_F(GatewayBook, OneAddressHasItsRate) {
  config_.address_requests_per_second = 0.001;
  config_.address_burst = 2;
  start();
  EXPECT_EQ(get("/book/harbour").status, 200U);
  EXPECT_EQ(post(kForm).status, 200U);
  EXPECT_EQ(post(kForm).status, 429U);
}

// ---- booking

TEST_F(GatewayBook, BooksForAPersonWhoIsKnownByThen) {
  lead_after_ = 2;
  const HttpResponse page = post(kForm + "&campaign=c-1&utm_source=mail");
  ASSERT_EQ(page.status, 200U) << page.body;
  for (const char* shown : {"Your visit is booked", "Exam &amp; &lt;talk&gt;", "Tuesday 24 November 2026, 09:00", "America/New_York",
                            "Harbour &lt;Dental&gt;", "/book/harbour/0123456789abcdef0123456789abcdef.ics", "Cancel this visit"})
    EXPECT_TRUE(has(page, shown)) << shown << "\n" << page.body;
  EXPECT_FALSE(has(page, "Ana"));
  EXPECT_FALSE(has(page, "p-secret"));

  const auto form = sent<messages::SubmitWebForm>();
  ASSERT_TRUE(form);
  EXPECT_EQ(form->form_key, FormKeyId("harbour.f-1"));
  EXPECT_EQ(form->given_name.reveal(), "Ana");
  EXPECT_EQ(form->phone.reveal(), "202 555 0143");
  EXPECT_EQ(form->campaign, CampaignId("c-1"));
  EXPECT_EQ(form->channel, messages::EnquiryChannel::kOnlineBooking);
  EXPECT_NE(form->text.reveal().find("Online booking: Exam & <talk>"), std::string::npos);
  EXPECT_NE(form->text.reveal().find("utm_source: mail"), std::string::npos);
  const auto booking = sent<messages::BookOnline>();
  ASSERT_TRUE(booking);
  EXPECT_EQ(booking->person, form->person);
  EXPECT_EQ(booking->visit_type, "exam");
  EXPECT_EQ(booking->provider, ProviderId("dr-lee"));
  EXPECT_EQ(booking->local_start, *parse_local("2026-11-24T09:00:00"));
  EXPECT_EQ(booking->appointment.text().substr(0, 10), "harbour.v-");
  EXPECT_EQ(backend_.calls.back().request.type_id, messages::BookOnline::kTypeId);
}

TEST_F(GatewayBook, APageSentTwiceIsOneRequest) {
  ASSERT_EQ(post(kForm).status, 200U);
  ASSERT_EQ(post(kForm).status, 200U);
  const auto calls = commands();
  // What it has said is known by then, and is not said again.
  ASSERT_EQ(calls.size(), 3U);
  EXPECT_EQ(calls[0].request.type_id, messages::SubmitWebForm::kTypeId);
  EXPECT_FALSE(calls[0].request.idempotency_key.empty());
  EXPECT_FALSE(calls[1].request.idempotency_key.empty());
  EXPECT_EQ(calls[1].request.idempotency_key, calls[2].request.idempotency_key);
  EXPECT_EQ(calls[1].request.body, calls[2].request.body);
  std::string other = kForm;
  other.replace(other.find("0123"), 4, "ffff");
  ASSERT_EQ(post(other).status, 200U);
  const auto more = commands();
  EXPECT_NE(more[4].request.idempotency_key, calls[1].request.idempotency_key) << "another page is another visit";
  EXPECT_NE(more[4].request.body, calls[1].request.body);
}

TEST_F(GatewayBook, APageThatHasBookedShowsWhatItBooked) {
  refusals_[messages::BookOnline::kTypeId] = "already_exists";
  std::string other_time = kForm;
  other_time.replace(other_time.find("T09"), 3, "T15");
  const HttpResponse page = post(other_time);
  EXPECT_EQ(page.status, 200U);
  EXPECT_TRUE(has(page, "Tuesday 24 November 2026, 09:00")) << page.body;
  visit_state_ = VisitState::kCancelled;
  EXPECT_EQ(post(other_time).status, 410U);
}

TEST_F(GatewayBook, ATakenTimeGivesTheNearestOthersWithEverythingAsItWasSaid) {
  refusals_[messages::BookOnline::kTypeId] = "slot_taken";
  for (const char* start : {"2026-11-24T09:30:00", "2026-11-24T10:00:00", "2026-11-24T10:30:00", "2026-11-24T11:00:00",
                            "2026-11-24T11:30:00", "2026-11-24T12:00:00", "2026-11-24T12:30:00"})
    opens(start);
  std::string form = kForm;
  form.replace(form.find("Ana"), 3, "%22%3E%3Ci%3E");
  const HttpResponse page = post(form + "&campaign=c-1&offers=yes");
  EXPECT_EQ(page.status, 409U);
  EXPECT_TRUE(has(page, "not free any more"));
  EXPECT_TRUE(has(page, "value=\"2026-11-24T09:30:00/dr-lee\"")) << page.body;
  EXPECT_TRUE(has(page, "2026-11-24T12:00:00/dr-lee"));
  EXPECT_FALSE(has(page, "2026-11-24T12:30:00/dr-lee")) << "six will do";
  for (const std::string& kept :
       {std::string("name=\"token\" value=\"") + kToken, std::string("name=\"given_name\" value=\"&quot;&gt;&lt;i&gt;\""),
        std::string("name=\"phone\" value=\"202 555 0143\""), std::string("name=\"consent\" value=\"yes\""),
        std::string("name=\"offers\" value=\"yes\""), std::string("name=\"campaign\" value=\"c-1\""),
        std::string("name=\"again\" value=\"1\"")})
    EXPECT_TRUE(has(page, kept)) << kept;
  // The other time is the same enquiry and another try to book.
  refusals_.clear();
  std::string again = form;
  again.replace(again.find("T09%3A00"), 8, "T09%3A30");
  ASSERT_EQ(post(again + "&campaign=c-1&offers=yes").status, 200U);
  const auto calls = commands();
  ASSERT_EQ(calls.size(), 3U) << "said once";
  EXPECT_NE(calls[1].request.idempotency_key, calls[2].request.idempotency_key);
  // The first time, free again, is not answered with what was said of it before.
  ASSERT_EQ(post(form + "&campaign=c-1&offers=yes&again=2").status, 200U);
  EXPECT_NE(commands()[3].request.idempotency_key, calls[1].request.idempotency_key);
}

TEST_F(GatewayBook, AVisitorChoosesWithWhom) {
  const std::vector<messages::OpeningHours> shifts{{1, 480, 1080}};
  site_.providers_in_full = {{ProviderId("dr-lee"), "Dr. <Lee>", shifts}, {ProviderId("dr-gone"), "Dr. Gone", {}}};
  opens("2026-11-24T09:00:00");
  opens("2026-11-24T09:00:00", "dr-wu");
  opens("2026-11-24T09:30:00", "dr-wu");
  EXPECT_FALSE(has(get("/book/harbour?type=exam"), "With:")) << "where only one works there is no choice";
  site_.providers_in_full.push_back({ProviderId("dr-wu"), "Dr. Wu", shifts});

  const HttpResponse anyone = get("/book/harbour?type=exam&utm_source=flyer");
  EXPECT_TRUE(has(anyone, "<strong>anyone</strong>")) << anyone.body;
  EXPECT_TRUE(has(anyone, "?type=exam&amp;provider=dr-lee&amp;utm_source=flyer\">Dr. &lt;Lee&gt;</a>")) << anyone.body;
  EXPECT_FALSE(has(anyone, "Dr. Gone"));
  EXPECT_TRUE(has(anyone, "dr-wu&amp;utm_source=flyer\">09:30"));

  const HttpResponse lee = get("/book/harbour?type=exam&provider=dr-lee");
  EXPECT_TRUE(has(lee, "<strong>Dr. &lt;Lee&gt;</strong>")) << lee.body;
  EXPECT_TRUE(has(lee, "provider=dr-lee\">09:00")) << lee.body;
  EXPECT_FALSE(has(lee, "09:30"));
  EXPECT_TRUE(has(get("/book/harbour?type=exam&provider=dr-lee&slot=2026-11-24T09:00:00/dr-lee"), "name=\"provider\" value=\"dr-lee\""));
  EXPECT_FALSE(has(get("/book/harbour?type=exam&provider=%3Cb%3E"), "<b>"));
}

TEST_F(GatewayBook, ATakenTimeGivesOthersWithTheSameProviderFirst) {
  refusals_[messages::BookOnline::kTypeId] = "slot_taken";
  opens("2026-11-24T10:00:00", "dr-wu");
  const HttpResponse with_others = post(kForm + "&provider=dr-lee");
  EXPECT_TRUE(has(with_others, "2026-11-24T10:00:00/dr-wu")) << "rather with somebody else than not at all";
  EXPECT_FALSE(has(with_others, "name=\"provider\"")) << with_others.body;
  opens("2026-11-24T11:00:00");
  const HttpResponse page = post(kForm + "&provider=dr-lee&again=1");
  EXPECT_TRUE(has(page, "2026-11-24T11:00:00/dr-lee")) << page.body;
  EXPECT_FALSE(has(page, "dr-wu"));
  EXPECT_TRUE(has(page, "name=\"provider\" value=\"dr-lee\""));
}

TEST_F(GatewayBook, WithoutAnotherTimeTheyAreAskedToCall) {
  refusals_[messages::BookOnline::kTypeId] = "slot_taken";
  const HttpResponse page = post(kForm);
  EXPECT_EQ(page.status, 409U);
  EXPECT_TRUE(has(page, "We have your message")) << page.body;
}

TEST_F(GatewayBook, WhatIsNotOnlineIsForAppointmentsToRefuse) {
  refusals_[messages::BookOnline::kTypeId] = "not_online";
  std::string form = kForm;
  form.replace(form.find("type=exam"), 9, "type=crown");
  const HttpResponse page = post(form);
  EXPECT_EQ(page.status, 409U);
  EXPECT_TRUE(has(page, "cannot be booked online")) << page.body;
  EXPECT_EQ(sent<messages::BookOnline>()->visit_type, "crown") << "asked, not guessed";
}

TEST_F(GatewayBook, SomebodyWhoDoesNotBecomeKnownIsNotBookedFor) {
  config_.request_deadline = 100ms;
  start();
  lead_after_ = 1'000'000;
  EXPECT_EQ(post(kForm).status, 503U);
  EXPECT_FALSE(sent<messages::BookOnline>());
}

// ---- what is not taken

TEST_F(GatewayBook, AFormThatLacksSomethingComesBackWithWhatWasTyped) {
  struct Row {
    std::string from, to;
    std::string_view objection;
  };
  const Row rows[] = {{"given_name=Ana", "given_name=+", "your name"},
                      {"given_name=Ana", "given_name=" + std::string(101, 'a'), "shorten the name"},
                      {"phone=202+555+0143", "phone=", "a phone number or an e-mail address"},
                      {"phone=202+555+0143", "phone=12", "phone number does not look complete"},
                      {"phone=202+555+0143", "email=ana", "e-mail address does not look complete"},
                      {"consent=yes", "consent=no", "agree that we may contact you"}};
  for (const Row& row : rows) {
    std::string form = kForm;
    form.replace(form.find(row.from), row.from.size(), row.to);
    const HttpResponse page = post(form);
    EXPECT_EQ(page.status, 422U) << row.to;
    EXPECT_TRUE(has(page, row.objection)) << row.objection << "\n" << page.body;
    EXPECT_TRUE(has(page, "role=\"alert\""));
    EXPECT_TRUE(has(page, "value=\"Lopez\""));
    EXPECT_TRUE(has(page, kToken));
  }
  EXPECT_TRUE(commands().empty());
}

TEST_F(GatewayBook, AFormWithoutATokenOrATimeBooksNothing) {
  std::string form = kForm;
  form.replace(form.find(kToken), 32, "short");
  const HttpResponse page = post(form);
  EXPECT_EQ(page.status, 422U);
  EXPECT_FALSE(has(page, "\"short\"")) << "a new one is given";
  form = kForm;
  form.replace(form.find("2026"), 4, "abcd");
  EXPECT_EQ(post(form).status, 422U);
  EXPECT_TRUE(commands().empty());
}

TEST_F(GatewayBook, AMachineIsCountedAndThankedAndBooksNothing) {
  const std::string bodies[] = {kForm + "http%3A%2F%2Fspam.example", "%zz", kForm + std::string(kFormBytesMax, 'a')};
  for (const std::string& body : bodies) {
    backend_.calls.clear();
    const HttpResponse page = post(body);
    EXPECT_EQ(page.status, 200U);
    EXPECT_EQ(page.body, web_form_page());
    ASSERT_EQ(commands().size(), 1U);
    const auto form = sent<messages::SubmitWebForm>();
    ASSERT_TRUE(form);
    EXPECT_FALSE(form->honeypot.reveal().empty());
    EXPECT_TRUE(form->given_name.reveal().empty());
  }
}

// ---- afterwards

TEST_F(GatewayBook, ThePagesTokenShowsTheVisitAndItsCalendarEntry) {
  const std::string target = std::string("/book/harbour/") + kToken;
  EXPECT_TRUE(has(get(target), "Your visit is booked"));
  const HttpResponse entry = get(target + ".ics");
  EXPECT_EQ(entry.status, 200U);
  EXPECT_EQ(entry.content_type.substr(0, 13), "text/calendar");
  EXPECT_TRUE(has(entry, "BEGIN:VEVENT")) << entry.body;
  EXPECT_FALSE(has(entry, "Exam"));
  EXPECT_EQ(get("/book/harbour/0123").status, 404U);
  refusals_[messages::GetAppointment::kTypeId] = "unknown_appointment";
  EXPECT_EQ(get(target).status, 404U);
  refusals_.clear();
  visit_state_ = VisitState::kCancelled;
  EXPECT_EQ(get(target).status, 410U);
}

TEST_F(GatewayBook, ThePagesTokenCancelsTheVisitOrAsksForACall) {
  const std::string target = std::string("/book/harbour/") + kToken;
  EXPECT_TRUE(has(get(target), "action=\"" + target + "\""));
  EXPECT_EQ(ask(http::verb::post, target, "answer=cancel&words=ill").status, 200U);
  EXPECT_EQ(ask(http::verb::post, target, "answer=cancel&words=ill").status, 200U);
  const auto cancel = sent<messages::CancelAppointment>();
  ASSERT_TRUE(cancel);
  EXPECT_EQ(cancel->appointment.text(), "harbour.v-x");
  EXPECT_EQ(cancel->by, messages::CancelledBy::kPatient);
  EXPECT_EQ(cancel->reason.reveal(), "ill");
  EXPECT_EQ(ask(http::verb::post, target, "answer=another_time&words=mornings").status, 200U);
  const auto asked = sent<messages::AskForAnotherTime>();
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->person.text(), "p-secret");
  EXPECT_EQ(asked->appointment.text(), "harbour.v-x");
  EXPECT_EQ(asked->words.reveal(), "mornings");
  backend_.calls.clear();
  for (const std::string& nothing : {std::string(), std::string("answer=confirm"), std::string("answer=dance"),
                                     "answer=cancel&words=" + std::string(1001, 'a'), std::string("%zz")})
    EXPECT_EQ(ask(http::verb::post, target, nothing).status, 422U) << nothing;
  EXPECT_EQ(ask(http::verb::post, "/book/harbour/0123", "answer=cancel").status, 404U);
  refusals_[messages::CancelAppointment::kTypeId] = "illegal_transition";
  EXPECT_EQ(ask(http::verb::post, target, "answer=cancel").status, 410U) << "it was moved in this very moment";
  refusals_ = {{messages::AskForAnotherTime::kTypeId, "unknown_visit"}};
  EXPECT_EQ(ask(http::verb::post, target, "answer=another_time").status, 503U) << "not heard of yet";
  refusals_.clear();
  backend_.calls.clear();
  visit_state_ = VisitState::kArrived;
  EXPECT_EQ(ask(http::verb::post, target, "answer=cancel").status, 410U);
  EXPECT_TRUE(commands().empty()) << "who has come does not cancel";
}

TEST(GatewayBookWish, TakesTheCampaignAndItsPartsAsTheFormDoes) {
  const auto read = [](std::string_view query) { return read_book_wish(*parse_form(query)); };
  EXPECT_EQ(read("campaign=c-1&utm_campaign=c-2").campaign, "c-1");
  EXPECT_EQ(read("utm_campaign=c-2").campaign, "c-2");
  EXPECT_EQ(read("campaign=a%20b").campaign, "") << "no id, so no reason to refuse the rest";
  const BookWish wish = read("utm_source=" + std::string(99, 'a') + "%C3%A9&utm_medium=&utm_other=x&utm_term=a%0Ab&utm_source=twice");
  ASSERT_EQ(wish.origin.size(), 1U);
  EXPECT_EQ(wish.origin[0].second, std::string(99, 'a')) << "cut between characters";
}

}  // namespace
}  // namespace bridgework::gateway
