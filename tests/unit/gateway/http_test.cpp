// The gateway over a loopback connection, with a suite that answers what the test says.

#include <gtest/gtest.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <future>
#include <thread>

#include "gateway/gateway.hpp"
#include "gateway/twilio.hpp"
#include "messages/appointments.codec.hpp"
#include "messages/feedback.codec.hpp"
#include "messages/lead_intake.codec.hpp"
#include "messages/outreach.codec.hpp"
#include "runtime/clock.hpp"
#include "tests/unit/gateway/fake_backend.hpp"

namespace bridgework::gateway {
namespace {

namespace json = boost::json;
using asio::ip::tcp;

constexpr std::string_view kKey = "test-key-0123456789";

/// One connection, spoken by hand.
class Caller {
 public:
  explicit Caller(std::uint16_t port) : socket_(context_) { socket_.connect({asio::ip::address_v4::loopback(), port}); }

  void send(std::string_view bytes) {
    boost::system::error_code error;
    asio::write(socket_, asio::buffer(bytes.data(), bytes.size()), error);
  }

  struct Answer {
    unsigned status = 0;
    http::fields headers;
    std::string body;

    std::string header(std::string_view name) const {
      const auto value = headers[beast::string_view(name.data(), name.size())];
      return std::string(value.data(), value.size());
    }
    json::value json() const { return boost::json::parse(body); }
    std::string code() const { return std::string(json().at("code").as_string()); }
  };

  /// Status 0: the connection was closed instead.
  Answer receive(bool head = false) {
    http::response_parser<http::string_body> parser;
    parser.body_limit(boost::none);
    parser.skip(head);
    beast::error_code error;
    http::read(socket_, buffer_, parser, error);
    if (error) return {};
    return {parser.get().result_int(), parser.get(), parser.get().body()};
  }

  Answer ask(std::string_view method, std::string_view target, std::string_view body = {}, std::string_view headers = {}) {
    std::string request = std::string(method) + " " + std::string(target) + " HTTP/1.1\r\nHost: gw.example.test\r\nAuthorization: Bearer " +
                          std::string(kKey) + "\r\n" + std::string(headers);
    if (method == "POST") request += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    send(request + "\r\n" + std::string(body));
    return receive(method == "HEAD");
  }

  bool closed() {
    char byte = 0;
    boost::system::error_code error;
    asio::read(socket_, asio::buffer(&byte, 1), error);
    return static_cast<bool>(error);
  }

 private:
  asio::io_context context_;
  tcp::socket socket_;
  beast::flat_buffer buffer_;
};

class GatewayHttp : public testing::Test {
 protected:
  void start() {
    static const Forms kForms;
    ApiKeys keys;
    keys.add("admin", kKey);
    gateway_.emplace(config_, "demo", kForms, std::move(keys), backend_, metrics_);
    context_.emplace(1);
    auto listening = HttpServer::listen(*context_, "127.0.0.1", 0, config_.limits(), *gateway_, metrics_);
    ASSERT_TRUE(listening) << listening.error();
    server_ = std::move(*listening);
    port_ = server_->port();
    thread_ = std::thread([this] { context_->run(); });
  }

  void TearDown() override {
    if (!thread_.joinable()) return;
    context_->stop();
    thread_.join();
    server_.reset();
    context_.reset();
  }

  Caller::Answer ask(std::string_view method, std::string_view target, std::string_view body = {}, std::string_view headers = {}) {
    return Caller(port_).ask(method, target, body, headers);
  }
  Caller::Answer post(std::string_view target, std::string_view body) { return ask("POST", target, body, "Idempotency-Key: key-1\r\n"); }

  static messages::Reply done(std::string id, std::uint64_t sequence = 0) {
    messages::Reply reply;
    reply.type_id = messages::Done::kTypeId;
    reply.body = encode(messages::Done{std::move(id)});
    reply.sequence = sequence;
    return reply;
  }

  Config config_;
  FakeBackend backend_;
  runtime::Metrics metrics_{"gateway"};
  std::optional<Gateway> gateway_;
  std::optional<asio::io_context> context_;
  std::unique_ptr<HttpServer> server_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

// ---- commands and queries

TEST_F(GatewayHttp, ACommandReachesItsOwnerWithEverythingItNeeds) {
  backend_.on_call = [](const runtime::Call& call) {
    return done(messages::decode_as<messages::RegisterPerson>(call.request.body)->person.text(), 42);
  };
  start();
  const auto answer = ask("POST", "/v1/persons", R"({"profile":{"given_name":"Ana"}})",
                          "Idempotency-Key: key-1\r\ntraceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n");
  EXPECT_EQ(answer.status, 201U);
  EXPECT_EQ(answer.header("Content-Type"), "application/json");
  EXPECT_EQ(answer.header("Bridgework-Sequence"), "42");
  ASSERT_EQ(backend_.calls.size(), 1U);
  const runtime::Call& call = backend_.calls[0];
  EXPECT_EQ(call.service, "lead_intake");
  EXPECT_EQ(call.kind, runtime::Call::Kind::kCommand);
  EXPECT_EQ(call.request.type_id, messages::RegisterPerson::kTypeId);
  EXPECT_EQ(call.request.principal, "admin");
  EXPECT_EQ(call.request.idempotency_key, "key-1");
  EXPECT_EQ(call.request.traceparent, "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  EXPECT_GT(call.request.deadline, runtime::system_now());
  EXPECT_LE(call.request.deadline, runtime::system_now() + config_.request_deadline);
  EXPECT_EQ(call.key, std::string(answer.json().at("id").as_string()));
  EXPECT_EQ(call.key, "p-" + id_suffix("admin", "RegisterPerson", "key-1"));
}

TEST_F(GatewayHttp, ARepeatedCommandIsTheSameBytes) {
  backend_.on_call = [](const runtime::Call&) { return done("x"); };
  start();
  post("/v1/leads", R"({"site":"s-1","text":"hello"})");
  post("/v1/leads", R"({"text":"hello","site":"s-1"})");
  ASSERT_EQ(backend_.calls.size(), 2U);
  EXPECT_EQ(backend_.calls[0].request.body, backend_.calls[1].request.body);
  EXPECT_EQ(backend_.calls[0].key, backend_.calls[1].key);
}

TEST_F(GatewayHttp, APostWithoutABodyTakesItsFieldsFromThePath) {
  backend_.on_call = [](const runtime::Call&) { return done("x"); };
  start();
  EXPECT_EQ(post("/v1/leads/p-1.e-1/claim", "").status, 200U);
  const auto claim = messages::decode_as<messages::ClaimLead>(backend_.calls.at(0).request.body);
  EXPECT_EQ(claim->enquiry, EnquiryId("p-1.e-1"));
  EXPECT_EQ(claim->by, "admin");
  EXPECT_EQ(claim->minutes, 15);
  EXPECT_EQ(backend_.calls[0].key, "p-1.e-1");
}

TEST_F(GatewayHttp, ABodyMayRepeatThePathButNotContradictIt) {
  backend_.on_call = [](const runtime::Call&) { return done("x"); };
  start();
  EXPECT_EQ(post("/v1/leads/p-1.e-1/claim", R"({"enquiry":"p-1.e-1"})").status, 200U);
  const auto answer = post("/v1/leads/p-1.e-1/claim", R"({"enquiry":"p-1.e-2"})");
  EXPECT_EQ(answer.status, 422U);
  EXPECT_EQ(answer.code(), "contradicts_path");
}

TEST_F(GatewayHttp, AQueryIsTypedByItsSchema) {
  backend_.on_call = [](const runtime::Call&) {
    messages::Reply reply;
    reply.type_id = messages::SlotList::kTypeId;
    reply.body = encode(messages::SlotList{});
    return reply;
  };
  start();
  EXPECT_EQ(ask("GET", "/v1/slots?site=s-1&type=exam&from=2026-11-22&limit=3").body, R"({"slots":[]})");
  EXPECT_EQ(backend_.calls.at(0).kind, runtime::Call::Kind::kQuery);
  EXPECT_EQ(messages::decode_as<messages::FindSlots>(backend_.calls[0].request.body)->limit, 3);
  EXPECT_EQ(ask("GET", "/v1/openings?type=exam&sites=s-1&weekdays=3&sites=s-2&weekdays=5").body, R"({"slots":[]})");
  const auto openings = messages::decode_as<messages::FindOpenings>(backend_.calls.at(1).request.body);
  ASSERT_TRUE(openings);
  EXPECT_EQ(openings->sites, (std::vector{SiteId("s-1"), SiteId("s-2")})) << "a list is its parameter repeated";
  EXPECT_EQ(openings->weekdays, (std::vector<std::uint8_t>{3, 5}));
  EXPECT_EQ(ask("GET", "/v1/openings?type=exam&weekdays=Monday").json().at("path").as_string(), "/weekdays/0");
  const auto head = ask("HEAD", "/v1/slots?site=s-1&type=exam&from=2026-11-22");
  EXPECT_EQ(head.status, 200U);
  EXPECT_EQ(head.header("Content-Length"), "12");
  const struct {
    const char* query;
    const char* path;
  } kRefused[] = {{"site=s&type=t&from=2026-11-22&limit=many", "/limit"},
                  {"site=s&type=t&from=2026-11-22&colour=red", "/colour"},
                  {"site=s&type=t&from=2026-11-22&site=s", "/site"},
                  {"site=s&type=t", "/from"}};
  for (const auto& c : kRefused) {
    const auto answer = ask("GET", std::string("/v1/slots?") + c.query);
    EXPECT_EQ(answer.status, 422U) << c.query;
    EXPECT_EQ(answer.json().at("path").as_string(), c.path);
  }
  EXPECT_EQ(ask("GET", "/v1/slots?site=%zz").status, 400U);
}

TEST_F(GatewayHttp, WhatTheSuiteSaysBecomesAStatusAndAProblem) {
  messages::Reply reply;
  backend_.on_call = [&](const runtime::Call&) { return reply; };
  start();
  const struct {
    messages::Outcome outcome;
    const char* code;
    unsigned status;
  } kCases[] = {{messages::Outcome::kRefused, "already_claimed", 409}, {messages::Outcome::kRefused, "unknown_enquiry", 404},
                {messages::Outcome::kMalformed, "malformed", 422},     {messages::Outcome::kOverloaded, "overloaded", 503},
                {messages::Outcome::kExpired, "expired", 504},         {messages::Outcome::kUnavailable, "unavailable", 503},
                {messages::Outcome::kInternal, "internal", 500}};
  for (const auto& c : kCases) {
    reply.outcome = c.outcome;
    reply.code = c.code;
    const auto answer = post("/v1/leads/p-1.e-1/claim", "{}");
    EXPECT_EQ(answer.status, c.status);
    EXPECT_EQ(answer.code(), c.code);
    EXPECT_EQ(answer.header("Content-Type"), kProblemContentType);
    EXPECT_EQ(answer.json().at("instance").as_string(), "/v1/leads/p-1.e-1/claim");
    EXPECT_EQ(answer.header("Retry-After").empty(), c.status != 503);
  }
  reply.outcome = messages::Outcome::kKeyReused;
  EXPECT_EQ(post("/v1/leads/p-1.e-1/claim", "{}").code(), "idempotency_key_reused");
}

// Found by fuzzing: the name went back to the caller, in an answer that was no JSON any more.
TEST_F(GatewayHttp, AParameterThatIsNoUtf8IsRefusedInJson) {
  start();
  for (const char* target : {"/v1/events?limit%ad=5", "/v1/slots?%ff=1", "/v1/slots?site=%c3%28"}) {
    const auto answer = ask("GET", target);
    EXPECT_EQ(answer.status, 400U) << target;
    EXPECT_EQ(answer.code(), "malformed_query");
  }
}

TEST_F(GatewayHttp, OnlyWhoHasAKeyIsServed) {
  start();
  for (const char* authorization :
       {"", "Authorization: Bearer wrong-key-0123456789\r\n", "Authorization: Basic dGVzdA==\r\n", "Authorization: Bearer\r\n"}) {
    Caller caller(port_);
    caller.send("GET /v1/persons/p-1 HTTP/1.1\r\nHost: x\r\n" + std::string(authorization) + "\r\n");
    const auto answer = caller.receive();
    EXPECT_EQ(answer.status, 401U) << authorization;
    EXPECT_EQ(answer.code(), "unauthenticated");
    EXPECT_TRUE(answer.header("WWW-Authenticate").starts_with("Bearer"));
  }
  EXPECT_TRUE(backend_.calls.empty());
}

TEST_F(GatewayHttp, APostNeedsAnIdempotencyKey) {
  start();
  const auto missing = ask("POST", "/v1/persons", "{}");
  EXPECT_EQ(missing.status, 400U);
  EXPECT_EQ(missing.code(), "idempotency_key_required");
  EXPECT_EQ(ask("POST", "/v1/persons", "{}", "Idempotency-Key: " + std::string(129, 'k') + "\r\n").code(), "idempotency_key_invalid");
  EXPECT_EQ(ask("POST", "/v1/persons", "{}", "Idempotency-Key: a b\r\n").code(), "idempotency_key_invalid");
}

TEST_F(GatewayHttp, ABodyThatIsNoJsonIsMalformedAndOneThatBreaksARuleIsNot) {
  start();
  EXPECT_EQ(post("/v1/persons", "{").status, 400U);
  EXPECT_EQ(post("/v1/persons", "{").code(), "malformed_json");
  EXPECT_EQ(post("/v1/persons", "{\"a\":\"\xff\"}").status, 400U);
  EXPECT_EQ(post("/v1/persons", "[]").status, 422U);
  const auto twice = post("/v1/persons", R"({"profile":{"zone":"a","zone":"b"}})");
  EXPECT_EQ(twice.status, 422U);
  EXPECT_EQ(twice.code(), "duplicate_field");
  EXPECT_EQ(twice.json().at("path").as_string(), "/profile/zone");
}

TEST_F(GatewayHttp, AnUnknownPathAndAWrongMethodAreToldApart) {
  start();
  EXPECT_EQ(ask("GET", "/nothing").code(), "not_found");
  const auto wrong = ask("DELETE", "/v1/persons/p-1");
  EXPECT_EQ(wrong.status, 405U);
  EXPECT_EQ(wrong.header("Allow"), "GET, HEAD, OPTIONS, POST");
  EXPECT_EQ(wrong.code(), "method_not_allowed");
  const auto options = ask("OPTIONS", "/v1/persons/p-1");
  EXPECT_EQ(options.status, 204U);
  EXPECT_EQ(options.header("Allow"), "GET, HEAD, OPTIONS, POST");
  EXPECT_EQ(ask("OPTIONS", "*").status, 204U);
  EXPECT_EQ(ask("BREW", "/v1/persons/p-1").status, 405U);
}

TEST_F(GatewayHttp, HealthReadinessMetricsAndTheDescriptionNeedNoKey) {
  backend_.missing = "Redis cannot be reached";
  start();
  const auto open = [&](std::string_view path) {
    Caller caller(port_);
    caller.send("GET " + std::string(path) + " HTTP/1.1\r\nHost: x\r\n\r\n");
    return caller.receive();
  };
  EXPECT_EQ(open("/healthz").body, "alive\n");
  EXPECT_EQ(open("/readyz").status, 503U);
  EXPECT_EQ(open("/readyz").body, "Redis cannot be reached\n");
  EXPECT_EQ(open("/openapi.json").json().at("openapi").as_string(), "3.1.0");
  EXPECT_NE(open("/metrics").body.find("bridgework_gateway_answers_total{route=\"/healthz\",service=\"gateway\",status=\"200\"} 1"),
            std::string::npos);
  EXPECT_EQ(ask("GET", "/v1/status").body, "{\"head\":7}");
}

// ---- the protocol

TEST_F(GatewayHttp, PipelinedRequestsAreAnsweredInOrder) {
  backend_.on_call = [](const runtime::Call& call) { return done(call.key); };
  start();
  Caller caller(port_);
  std::string requests;
  for (int i = 0; i < 50; ++i) {
    requests += "POST /v1/leads/p-" + std::to_string(i) + "/claim HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + std::string(kKey) +
                "\r\nIdempotency-Key: k\r\nContent-Length: 2\r\n\r\n{}";
  }
  caller.send(requests);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(caller.receive().json().at("id").as_string(), "p-" + std::to_string(i));
}

TEST_F(GatewayHttp, AChunkedBodyIsReadLikeAnyOther) {
  backend_.on_call = [](const runtime::Call&) { return done("x"); };
  start();
  Caller caller(port_);
  caller.send("POST /v1/leads/p-1.e-1/claim HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + std::string(kKey) +
              "\r\nIdempotency-Key: k\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(caller.receive().status, 100U);
  caller.send("8\r\n{\"minute\r\n7\r\ns\":30} \r\n0\r\n\r\n");
  EXPECT_EQ(caller.receive().status, 200U);
  EXPECT_EQ(messages::decode_as<messages::ClaimLead>(backend_.calls.at(0).request.body)->minutes, 30);
}

TEST_F(GatewayHttp, ABodyThatIsTooLargeIsRefusedBeforeItIsRead) {
  start();
  Caller caller(port_);
  caller.send("POST /v1/persons HTTP/1.1\r\nHost: x\r\nContent-Length: 1048577\r\n\r\n");
  const auto answer = caller.receive();
  EXPECT_EQ(answer.status, 413U);
  EXPECT_EQ(answer.code(), "body_too_large");
}

TEST_F(GatewayHttp, AFloodOfHeadersIsRefused) {
  start();
  Caller caller(port_);
  std::string request = "GET /healthz HTTP/1.1\r\nHost: x\r\n";
  for (int i = 0; i < 2000; ++i) request += "X-Flood-" + std::to_string(i) + ": 0123456789\r\n";
  caller.send(request + "\r\n");
  const auto answer = caller.receive();
  EXPECT_EQ(answer.status, 431U);
  EXPECT_EQ(answer.code(), "header_too_large");
}

TEST_F(GatewayHttp, WhatIsNotHttpIsRefused) {
  start();
  for (const char* bytes :
       {"\x16\x03\x01 hello\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET /healthz HTTP/1.1\r\nBad Name: x\r\n\r\n",
        "POST /v1/persons HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        "POST /v1/persons HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        "POST /v1/persons HTTP/1.1\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"}) {
    Caller caller(port_);
    caller.send(bytes);
    const auto answer = caller.receive();
    EXPECT_EQ(answer.status, 400U) << bytes;
    if (answer.status == 400) {
      EXPECT_EQ(answer.code(), "malformed_request");
    }
  }
}

TEST_F(GatewayHttp, WhoSendsTooSlowlyIsTold) {
  config_.header_timeout = std::chrono::seconds{0};
  config_.body_timeout = std::chrono::seconds{0};
  start();
  Caller slow_head(port_);
  slow_head.send("GET /healthz HT");
  EXPECT_EQ(slow_head.receive().status, 408U);
}

TEST_F(GatewayHttp, WhoSendsItsBodyTooSlowlyIsTold) {
  config_.body_timeout = std::chrono::seconds{0};
  start();
  Caller slow_body(port_);
  slow_body.send("POST /v1/persons HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{");
  EXPECT_EQ(slow_body.receive().code(), "request_timeout");
}

TEST_F(GatewayHttp, OneConnectionTooManyIsTurnedAway) {
  config_.connections_max = 2;
  start();
  Caller first(port_);
  Caller second(port_);
  EXPECT_EQ(first.ask("GET", "/healthz").status, 200U);
  EXPECT_EQ(second.ask("GET", "/healthz").status, 200U);
  Caller third(port_);
  const auto answer = third.receive();
  EXPECT_EQ(answer.status, 503U);
  EXPECT_EQ(answer.code(), "too_many_connections");
  EXPECT_EQ(answer.header("Retry-After"), "1");
  EXPECT_EQ(first.ask("GET", "/healthz").status, 200U);
}

TEST_F(GatewayHttp, AHandlerThatThrowsCostsOneRequest) {
  backend_.on_call = [](const runtime::Call&) -> messages::Reply { throw std::runtime_error("library trouble"); };
  start();
  Caller caller(port_);
  const auto answer = caller.ask("GET", "/v1/persons/p-1");
  EXPECT_EQ(answer.status, 500U);
  EXPECT_EQ(answer.body.find("trouble"), std::string::npos);
  EXPECT_EQ(caller.ask("GET", "/healthz").status, 200U);
}

TEST_F(GatewayHttp, DrainingFinishesWhatIsAskedAndTakesNothingNew) {
  start();
  Caller caller(port_);
  EXPECT_EQ(caller.ask("GET", "/healthz").status, 200U);
  std::promise<void> drained;
  asio::post(*context_, [&] { server_->drain(std::chrono::seconds{5}, [&] { drained.set_value(); }); });
  drained.get_future().wait();
  const auto last = caller.ask("GET", "/healthz");
  EXPECT_EQ(last.status, 200U);
  EXPECT_EQ(last.header("Connection"), "close");
  EXPECT_TRUE(caller.closed());
  EXPECT_THROW(Caller{port_}, boost::system::system_error);
}

// ---- hooks and pages

TEST_F(GatewayHttp, AnInboundMessageFromTwilioIsSignedAndBecomesACommand) {
  config_.twilio_token = "12345";
  config_.public_url = "https://gw.example.test";
  start();
  const std::string form = "MessageSid=SM1&From=%2B12025550143&Body=S%C3%AD+gracias&To=%2B12025550199";
  const std::string signature =
      twilio_signature("12345", "https://gw.example.test/hooks/twilio?site=7",
                       {{"MessageSid", "SM1"}, {"From", "+12025550143"}, {"Body", "Sí gracias"}, {"To", "+12025550199"}});
  const auto answer = ask("POST", "/hooks/twilio?site=7", form, "X-Twilio-Signature: " + signature + "\r\n");
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.header("Content-Type"), "text/xml; charset=utf-8");
  ASSERT_EQ(backend_.calls.size(), 1U);
  const auto inbound = messages::decode_as<messages::ReceiveInboundMessage>(backend_.calls[0].request.body);
  EXPECT_EQ(inbound->from.reveal(), "+12025550143");
  EXPECT_EQ(inbound->body.reveal(), "Sí gracias");
  EXPECT_EQ(backend_.calls[0].request.idempotency_key, "SM1");
  EXPECT_EQ(backend_.calls[0].request.principal, "twilio");
  EXPECT_EQ(ask("POST", "/hooks/twilio?site=8", form, "X-Twilio-Signature: " + signature + "\r\n").status, 403U);
  EXPECT_EQ(ask("POST", "/hooks/twilio", form).code(), "wrong_signature");
  EXPECT_EQ(backend_.calls.size(), 1U);
}

TEST_F(GatewayHttp, ReadingASurveyChangesNothingAndSendingItDoes) {
  backend_.on_call = [](const runtime::Call& call) {
    if (call.request.type_id == messages::AnswerSurvey::kTypeId) return done("p-1.s-1");
    messages::SurveyView view;
    view.question = "How was it?";
    view.review_link = "https://reviews.example/us";
    messages::Reply reply;
    reply.type_id = messages::SurveyView::kTypeId;
    reply.body = encode(view);
    return reply;
  };
  start();
  const auto page = ask("GET", "/s/p-1.s-1.secret");
  EXPECT_EQ(page.status, 200U);
  EXPECT_NE(page.body.find("How was it?"), std::string::npos);
  EXPECT_EQ(page.header("Referrer-Policy"), "no-referrer");
  EXPECT_NE(page.header("Content-Security-Policy").find("default-src 'none'"), std::string::npos);
  for (const runtime::Call& call : backend_.calls) EXPECT_EQ(call.kind, runtime::Call::Kind::kQuery);
  const auto thanks = ask("POST", "/s/p-1.s-1.secret", "score=3&text=so+so&promise_kept=no");
  EXPECT_EQ(thanks.status, 200U);
  EXPECT_NE(thanks.body.find("https://reviews.example/us"), std::string::npos);
  const auto answered = messages::decode_as<messages::AnswerSurvey>(backend_.calls.at(1).request.body);
  ASSERT_TRUE(answered);
  EXPECT_EQ(answered->survey, SurveyId("p-1.s-1"));
  EXPECT_EQ(answered->token.reveal(), "secret");
  EXPECT_EQ(answered->score, 3);
  EXPECT_EQ(answered->text.reveal(), "so so");
  const std::string key = backend_.calls.at(1).request.idempotency_key;
  backend_.calls.clear();
  ask("POST", "/s/p-1.s-1.forged", "score=3&text=so+so&promise_kept=no");
  EXPECT_NE(backend_.calls.at(0).request.idempotency_key, key) << "a forged link takes no key away from the right one";
  EXPECT_EQ(ask("POST", "/s/p-1.s-1.secret", "text=hello").status, 422U);
  EXPECT_EQ(ask("GET", "/s/nothing").status, 404U);
}

TEST_F(GatewayHttp, AnImportIsSplitAndSummed) {
  backend_.on_call = [](const runtime::Call& call) {
    const auto command = messages::decode_as<messages::ImportPersons>(call.request.body);
    messages::Reply reply;
    reply.type_id = messages::ImportDone::kTypeId;
    reply.body = encode(messages::ImportDone{.imported = static_cast<std::uint32_t>(command->persons.size()), .already_known = 0});
    reply.sequence = 5;
    return reply;
  };
  start();
  json::array rows;
  for (int i = 0; i < 200; ++i) rows.push_back(json::object{{"person", "p-" + std::to_string(i)}});
  const auto answer = post("/v1/imports/persons", json::serialize(json::object{{"rows", rows}}));
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.body, R"({"imported":200,"already_known":0,"overlapping":0})");
  EXPECT_EQ(answer.header("Bridgework-Sequence"), "5");
  EXPECT_GT(backend_.calls.size(), 30U);
}

}  // namespace
}  // namespace bridgework::gateway
