// A visit confirmed by a link; and everything that looks like it and is not.

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "gateway/confirm_page.hpp"
#include "gateway/gateway.hpp"
#include "gateway/times.hpp"
#include "messages/appointments.codec.hpp"
#include "messages/followup.codec.hpp"
#include "messages/lead_intake.codec.hpp"
#include "messages/outreach.codec.hpp"
#include "runtime/clock.hpp"
#include "tests/unit/gateway/ask.hpp"
#include "tests/unit/gateway/fake_backend.hpp"

namespace bridgework::gateway {
namespace {

using messages::VisitState;
using namespace std::chrono_literals;

class GatewayConfirm : public testing::Test {
 protected:
  GatewayConfirm() {
    ApiKeys keys;
    keys.add("admin", "admin-key-0123456789");
    backend_.on_call = [this](const runtime::Call& call) { return reply_to(call); };
    gateway_.emplace(config_, "g", forms_, std::move(keys), backend_, metrics_);
  }
  messages::Reply reply_to(const runtime::Call& call) {
    messages::Reply reply;
    const auto answer = [&](const auto& value) {
      reply.type_id = std::decay_t<decltype(value)>::kTypeId;
      reply.body = encode(value);
    };
    switch (call.request.type_id) {
      case messages::GetLinkedVisit::kTypeId: {
        const auto query = messages::decode_as<messages::GetLinkedVisit>(call.request.body);
        if (query->token.reveal() == "right") {
          answer(messages::LinkedVisit{AppointmentId("harbour.v-1"), SiteId("harbour"), {}});
        } else if (query->token.reveal() == "both") {
          answer(messages::LinkedVisit{AppointmentId("harbour.v-1"), SiteId("harbour"), {AppointmentId("harbour.v-2")}});
        } else {
          reply.outcome = messages::Outcome::kRefused;
          reply.code = "wrong_token";
        }
        break;
      }
      case messages::GetSite::kTypeId: {
        messages::SiteView site;
        site.name = "Harbour <Dental>";
        answer(site);
        break;
      }
      case messages::GetAppointment::kTypeId: {
        messages::AppointmentView view;
        view.appointment = messages::decode_as<messages::GetAppointment>(call.request.body)->appointment;
        view.person = PersonId("p-secret");
        view.visit.visit_type = "root-canal";
        const bool second = view.appointment == AppointmentId("harbour.v-2");
        view.state = second ? second_state_ : state_;
        view.visit.start = start_;
        view.visit.local_start = *parse_local(second ? "2026-11-24T10:30:00" : "2026-11-24T09:00:00");
        answer(view);
        break;
      }
      case messages::ConfirmAppointment::kTypeId:
        if (refuses_) {
          reply.outcome = messages::Outcome::kRefused;
          reply.code = "illegal_transition";
          state_ = VisitState::kMoved;
        } else {
          reply.outcome = confirm_outcome_;
          answer(messages::AppointmentView{});
        }
        break;
      default: answer(messages::Done{"x"}); break;
    }
    return reply;
  }
  HttpResponse ask(http::verb method, const std::string& target, const std::string& body = {}) {
    HttpRequest request{method, target, 11};
    request.set(http::field::authorization, "Bearer admin-key-0123456789");
    request.set(http::field::content_type, "application/json");
    request.set("Idempotency-Key", "sid-1");
    request.body() = body;
    return answer_of(*gateway_, request);
  }
  std::vector<runtime::Call> sent(std::uint64_t type) const {
    std::vector<runtime::Call> calls;
    for (const auto& call : backend_.calls)
      if (call.request.type_id == type) calls.push_back(call);
    return calls;
  }

  Forms forms_;
  Config config_;
  runtime::Metrics metrics_{"gateway"};
  FakeBackend backend_;
  VisitState state_ = VisitState::kBooked, second_state_ = VisitState::kBooked;
  Instant start_ = runtime::system_now() + 24h;
  bool refuses_ = false;
  messages::Outcome confirm_outcome_ = messages::Outcome::kDone;
  std::optional<Gateway> gateway_;
};

TEST_F(GatewayConfirm, LookingAtTheLinkChangesNothing) {
  for (const http::verb method : {http::verb::get, http::verb::head, http::verb::get}) {
    const HttpResponse page = ask(method, "/v/p-1.m-1.right");
    EXPECT_EQ(page.status, 200U);
    EXPECT_NE(page.body.find("Tuesday 24 November 2026, 09:00"), std::string::npos) << page.body;
    EXPECT_NE(page.body.find("Harbour &lt;Dental&gt;"), std::string::npos);
    for (const char* secret : {"p-secret", "root-canal"}) EXPECT_EQ(page.body.find(secret), std::string::npos);
  }
  for (const runtime::Call& call : backend_.calls) EXPECT_EQ(call.kind, runtime::Call::Kind::kQuery);
}

TEST_F(GatewayConfirm, SendingThePageConfirmsAndAgainIsTheSame) {
  EXPECT_EQ(ask(http::verb::post, "/v/p-1.m-1.right").status, 200U);
  EXPECT_EQ(ask(http::verb::post, "/v/p-1.m-1.right").status, 200U);
  const auto confirmed = sent(messages::ConfirmAppointment::kTypeId);
  ASSERT_EQ(confirmed.size(), 2U);
  EXPECT_EQ(confirmed[0].request.idempotency_key, confirmed[1].request.idempotency_key);
  EXPECT_EQ(confirmed[0].key, "harbour.v-1");
  state_ = VisitState::kConfirmed;
  EXPECT_EQ(ask(http::verb::post, "/v/p-1.m-1.right").status, 200U);
  EXPECT_EQ(sent(messages::ConfirmAppointment::kTypeId).size(), 2U);
}

TEST_F(GatewayConfirm, ALinkToAVisitThatWasMovedCancelledOrIsOverSaysSoAndDoesNothing) {
  const struct {
    VisitState state;
    const char* words;
  } kCases[] = {{VisitState::kMoved, "was moved"},
                {VisitState::kCancelled, "will not take place"},
                {VisitState::kLapsed, "will not take place"},
                {VisitState::kNoShow, "is over"},
                {VisitState::kCheckedOut, "is over"}};
  for (const auto& one : kCases) {
    state_ = one.state;
    EXPECT_NE(ask(http::verb::get, "/v/p-1.m-1.right").body.find(one.words), std::string::npos) << one.words;
    const HttpResponse told = ask(http::verb::post, "/v/p-1.m-1.right");
    EXPECT_EQ(told.status, 410U);
    EXPECT_NE(told.body.find(one.words), std::string::npos);
  }
  state_ = VisitState::kBooked;
  start_ = runtime::system_now() - 1s;
  EXPECT_EQ(ask(http::verb::post, "/v/p-1.m-1.right").status, 410U);
  EXPECT_TRUE(sent(messages::ConfirmAppointment::kTypeId).empty());
}

TEST_F(GatewayConfirm, TheLinkCancelsTheVisitOrAsksForACallUntilItBegins) {
  const HttpResponse page = ask(http::verb::get, "/v/p-1.m-1.right");
  for (const char* shown : {"Yes, I will be there", "Cancel this visit", "Please call me"})
    EXPECT_NE(page.body.find(shown), std::string::npos) << shown;
  for (const VisitState state : {VisitState::kBooked, VisitState::kConfirmed}) {
    state_ = state;
    for (int click = 0; click < 2; ++click) EXPECT_EQ(ask(http::verb::post, "/v/p-1.m-1.right", "answer=cancel&words=ill").status, 200U);
    EXPECT_EQ(ask(http::verb::post, "/v/p-1.m-1.right", "answer=another_time&words=mornings").status, 200U);
  }
  const auto cancelled = sent(messages::CancelAppointment::kTypeId);
  ASSERT_EQ(cancelled.size(), 4U);
  const auto command = messages::decode_as<messages::CancelAppointment>(cancelled[0].request.body);
  EXPECT_EQ(command->by, messages::CancelledBy::kPatient);
  EXPECT_EQ(command->reason.reveal(), "ill");
  EXPECT_EQ(sent(messages::AskForAnotherTime::kTypeId).size(), 2U);
  EXPECT_TRUE(sent(messages::ConfirmAppointment::kTypeId).empty());
  EXPECT_EQ(ask(http::verb::post, "/v/p-1.m-1.right", "answer=dance").status, 422U);
  EXPECT_EQ(ask(http::verb::post, "/v/p-1.m-1.wrong", "answer=cancel").status, 404U);
  // Who has come, or should have, cancels nothing.
  state_ = VisitState::kSeated;
  EXPECT_EQ(ask(http::verb::post, "/v/p-1.m-1.right", "answer=cancel").status, 410U);
  state_ = VisitState::kBooked;
  start_ = runtime::system_now() - 1s;
  EXPECT_EQ(ask(http::verb::post, "/v/p-1.m-1.right", "answer=cancel").status, 410U);
  EXPECT_EQ(ask(http::verb::get, "/v/p-1.m-1.right").body.find("Cancel this visit"), std::string::npos);
  EXPECT_EQ(sent(messages::CancelAppointment::kTypeId).size(), 4U);
}

TEST_F(GatewayConfirm, AVisitMovedInThatVeryMomentIsNotSaidToBeConfirmed) {
  refuses_ = true;
  const HttpResponse told = ask(http::verb::post, "/v/p-1.m-1.right");
  EXPECT_EQ(told.status, 410U);
  EXPECT_NE(told.body.find("was moved"), std::string::npos);
}

TEST_F(GatewayConfirm, OneLinkConfirmsAllVisitsThatItsMessageToldOf) {
  const HttpResponse page = ask(http::verb::get, "/v/p-1.m-1.both");
  for (const char* words : {"Will you all come?", "09:00", "10:30"}) EXPECT_NE(page.body.find(words), std::string::npos) << words;
  const HttpResponse told = ask(http::verb::post, "/v/p-1.m-1.both");
  EXPECT_EQ(told.status, 200U);
  EXPECT_NE(told.body.find("Your visits are confirmed"), std::string::npos) << told.body;
  const auto confirmed = sent(messages::ConfirmAppointment::kTypeId);
  ASSERT_EQ(confirmed.size(), 2U);
  EXPECT_EQ(confirmed[0].key, "harbour.v-1");
  EXPECT_EQ(confirmed[1].key, "harbour.v-2");
  EXPECT_NE(confirmed[0].request.idempotency_key, confirmed[1].request.idempotency_key);
}

TEST_F(GatewayConfirm, OneOfSeveralVisitsCanBeCalledOff) {
  EXPECT_NE(ask(http::verb::get, "/v/p-1.m-1.both").body.find("name=\"visit\" value=\"1\""), std::string::npos);
  EXPECT_EQ(ask(http::verb::post, "/v/p-1.m-1.both", "answer=cancel&visit=1").status, 200U);
  ASSERT_EQ(sent(messages::CancelAppointment::kTypeId).size(), 1U);
  EXPECT_EQ(sent(messages::CancelAppointment::kTypeId)[0].key, "harbour.v-2");
  EXPECT_EQ(ask(http::verb::post, "/v/p-1.m-1.both", "answer=cancel&visit=2").status, 410U) << "there is no third";
  EXPECT_EQ(ask(http::verb::post, "/v/p-1.m-1.both", "answer=cancel&visit=x").status, 422U);
  EXPECT_EQ(sent(messages::CancelAppointment::kTypeId).size(), 1U);
  EXPECT_EQ(ask(http::verb::post, "/v/p-1.m-1.both", "answer=cancel&visit=0").status, 200U);
  const auto cancelled = sent(messages::CancelAppointment::kTypeId);
  ASSERT_EQ(cancelled.size(), 2U);
  EXPECT_NE(cancelled[0].request.idempotency_key, cancelled[1].request.idempotency_key)
      << "another visit is another request, in one minute too";
}

TEST_F(GatewayConfirm, ALinkToSeveralVisitsIsAboutThoseThatStillStand) {
  state_ = VisitState::kMoved;
  const HttpResponse page = ask(http::verb::get, "/v/p-1.m-1.both");
  EXPECT_NE(page.body.find("Will you come?"), std::string::npos);
  EXPECT_EQ(page.body.find("09:00"), std::string::npos) << "that one was moved";
  EXPECT_EQ(ask(http::verb::post, "/v/p-1.m-1.both").status, 200U);
  ASSERT_EQ(sent(messages::ConfirmAppointment::kTypeId).size(), 1U);
  EXPECT_EQ(sent(messages::ConfirmAppointment::kTypeId)[0].key, "harbour.v-2");
  second_state_ = VisitState::kCancelled;
  EXPECT_EQ(ask(http::verb::post, "/v/p-1.m-1.both").status, 410U);
}

TEST_F(GatewayConfirm, AWrongLinkIsNotFound) {
  for (const char* link : {"/v/p-1.m-1.wrong", "/v/nothing", "/v/a%20b.right"}) {
    EXPECT_EQ(ask(http::verb::get, link).status, 404U) << link;
    EXPECT_EQ(ask(http::verb::post, link).status, 404U) << link;
  }
  EXPECT_TRUE(sent(messages::ConfirmAppointment::kTypeId).empty());
}

TEST_F(GatewayConfirm, AnAnswerByTextMessageIsHandedOnAndThatIsAll) {
  for (const char* words : {"yes", "no", "cancel my visit", "what?"}) {
    EXPECT_EQ(ask(http::verb::post, "/v1/messages/inbound", std::string(R"({"from":"+12025550143","body":")") + words + "\"}").status,
              200U);
  }
  EXPECT_EQ(ask(http::verb::post, "/hooks/twilio", "MessageSid=SM1&From=%2B12025550143&Body=yes").status, 200U);
  EXPECT_EQ(sent(messages::ReceiveInboundMessage::kTypeId).size(), 5U);
  EXPECT_EQ(backend_.calls.size(), 5U) << "what it means is decided where it is kept";
}

}  // namespace
}  // namespace bridgework::gateway
