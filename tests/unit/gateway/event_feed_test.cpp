#include "gateway/event_feed.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>
#include <sstream>

#include "messages/appointments.codec.hpp"
#include "messages/envelope.codec.hpp"
#include "tests/unit/gateway/fake_backend.hpp"

namespace bridgework::gateway {
namespace {

namespace json = boost::json;

messages::FetchedEvent event(std::uint64_t sequence, std::string person = "p-1") {
  messages::AppointmentHoldLapsed lapsed;
  lapsed.person = PersonId(person);
  lapsed.site = SiteId("s-1");
  lapsed.appointment = AppointmentId("s-1.v-" + std::to_string(sequence));
  messages::EventRecord record;
  record.type_id = messages::AppointmentHoldLapsed::kTypeId;
  record.recorded_at = Instant{std::chrono::seconds{1'800'000'000}};
  record.service = "appointments";
  record.person = std::move(person);
  record.site = "s-1";
  record.body = encode(lapsed);
  return {sequence, encode(record)};
}

/// A log of `length` events, served as the bus does.
messages::FetchReply serve(const messages::Fetch& fetch, std::uint64_t length) {
  messages::FetchReply reply;
  reply.incarnation = "1-abc";
  reply.first = 1;
  reply.head = length;
  for (std::uint64_t sequence = fetch.after + 1; sequence <= length && reply.events.size() < fetch.max_events; ++sequence) {
    reply.events.push_back(event(sequence, sequence % 2 == 0 ? "p-2" : "p-1"));
  }
  reply.next = reply.events.empty() ? std::max(fetch.after, length) : reply.events.back().sequence;
  return reply;
}

class TextWriter : public BodyWriter {
 public:
  asio::awaitable<bool> write(std::string_view piece) override {
    largest = std::max(largest, piece.size());
    text += piece;
    co_return ++pieces != pieces_until_gone;
  }
  std::string text;
  std::size_t largest = 0;
  std::size_t pieces = 0;
  std::size_t pieces_until_gone = 0;  ///< 0: the caller stays
};

class GatewayEvents : public testing::Test {
 protected:
  std::variant<HttpResponse, Problem> open(FeedQuery query) {
    std::optional<std::variant<HttpResponse, Problem>> result;
    asio::co_spawn(
        context_, [&]() -> asio::awaitable<void> { result = co_await feed_.open(query); }, asio::detached);
    run();
    return std::move(*result);
  }
  BodyEnd read(FeedQuery query, TextWriter& writer) {
    auto opened = open(std::move(query));
    EXPECT_TRUE(std::holds_alternative<HttpResponse>(opened));
    BodyEnd end = BodyEnd::kBroken;
    asio::co_spawn(
        context_, [&]() -> asio::awaitable<void> { end = co_await std::get<HttpResponse>(opened).stream(writer); }, asio::detached);
    run();
    return end;
  }
  void run() {
    context_.restart();
    context_.run();
  }

  FakeBackend backend_;
  asio::io_context context_;
  EventFeed feed_{backend_, forms(), {"demo", std::chrono::seconds{15}, 2}};
};

TEST_F(GatewayEvents, AnEventIsACloudEvent) {
  EventWriter writer(forms(), "demo");
  std::string out;
  ASSERT_TRUE(writer.append(out, "1-abc", event(7), {}));
  EXPECT_EQ(json::parse(out), json::parse(R"({"specversion":"1.0","id":"1-abc/7","sequence":7,"source":"/bridgework/demo/appointments",
    "type":"AppointmentHoldLapsed","time":"2027-01-15T08:00:00Z","subject":"p-1","site":"s-1","datacontenttype":"application/json",
    "data":{"person":"p-1","site":"s-1","appointment":"s-1.v-7"}})"));
  EXPECT_FALSE(writer.append(out, "1-abc", event(8), "p-9"));
}

TEST_F(GatewayEvents, ARecordThatCannotBeReadKeepsItsPlace) {
  EventWriter writer(forms(), "demo");
  std::string out;
  ASSERT_TRUE(writer.append(out, "1-abc", {9, "garbage"}, "p-1"));
  EXPECT_EQ(json::parse(out), json::parse(R"({"specversion":"1.0","id":"1-abc/9","sequence":9,"source":"/bridgework/demo/unknown",
    "type":"unreadable","unreadable":true})"));
}

// Found by fuzzing: the name of the service was written as it stood.
TEST_F(GatewayEvents, AnOddNameOfAServiceBreaksNoLine) {
  messages::EventRecord record;
  record.type_id = 0x1234;
  record.recorded_at = Instant{std::chrono::seconds{1'800'000'000}};
  record.service = "a\"\n\x01";
  EventWriter writer(forms(), "demo");
  std::string out;
  ASSERT_TRUE(writer.append(out, "1-\"abc", {7, encode(record)}, {}));
  EXPECT_EQ(out.find('\n'), std::string::npos);
  EXPECT_EQ(json::parse(out).at("source").as_string(), "/bridgework/demo/a\"\n\x01");
}

TEST_F(GatewayEvents, AnEventOfALaterReleaseIsShownWithoutData) {
  messages::EventRecord record;
  record.type_id = 0x1234;
  record.service = "appointments";
  EventWriter writer(forms(), "demo");
  std::string out;
  ASSERT_TRUE(writer.append(out, "1-abc", {1, encode(record)}, {}));
  EXPECT_EQ(json::parse(out).at("type").as_string(), "unknown:0000000000001234");
  EXPECT_FALSE(json::parse(out).as_object().contains("data"));
}

TEST_F(GatewayEvents, LinesEndAtTheHeadAndNothingPilesUp) {
  constexpr std::uint64_t kLength = 20'000;
  backend_.on_fetch = [&](const messages::Fetch& fetch) { return serve(fetch, kLength); };
  TextWriter writer;
  ASSERT_EQ(read({}, writer), BodyEnd::kComplete);
  std::istringstream lines(writer.text);
  std::uint64_t expected = 0;
  for (std::string line; std::getline(lines, line);) {
    if (++expected % 1000 == 1) {
      EXPECT_EQ(json::parse(line).at("sequence").to_number<std::uint64_t>(), expected);
    }
  }
  EXPECT_EQ(expected, kLength);
  EXPECT_LT(writer.largest, 100'000U);
}

TEST_F(GatewayEvents, PositionLimitTypeAndPersonChooseWhatIsShown) {
  backend_.on_fetch = [&](const messages::Fetch& fetch) { return serve(fetch, 100); };
  FeedQuery query;
  query.after = 90;
  query.person = "p-2";
  query.limit = 3;
  query.types = {messages::AppointmentHoldLapsed::kTypeId};
  TextWriter writer;
  ASSERT_EQ(read(query, writer), BodyEnd::kComplete);
  std::istringstream lines(writer.text);
  std::vector<std::uint64_t> sequences;
  for (std::string line; std::getline(lines, line);) sequences.push_back(json::parse(line).at("sequence").to_number<std::uint64_t>());
  EXPECT_EQ(sequences, (std::vector<std::uint64_t>{92, 94, 96}));
  EXPECT_EQ(backend_.fetches.at(0).types, query.types);
}

TEST_F(GatewayEvents, AnEmptyLogIsAnEmptyAnswer) {
  TextWriter writer;
  EXPECT_EQ(read({}, writer), BodyEnd::kComplete);
  EXPECT_EQ(writer.text, "");
}

TEST_F(GatewayEvents, ServerSentEventsStayOpenAndBeatUntilTheCallerIsGone) {
  backend_.on_fetch = [&](const messages::Fetch& fetch) { return serve(fetch, 3); };
  FeedQuery query;
  query.format = FeedQuery::Format::kServerSent;
  query.follow = FeedQuery::Follow::kFollow;
  query.after = 1;
  TextWriter writer;
  writer.pieces_until_gone = 3;
  ASSERT_EQ(read(query, writer), BodyEnd::kBroken);
  EXPECT_TRUE(writer.text.starts_with(":\n\nid: 1-abc/2\ndata: {")) << writer.text;
  EXPECT_NE(writer.text.find("\n\nid: 1-abc/3\ndata: {"), std::string::npos);
  EXPECT_TRUE(writer.text.ends_with("}\n\n:\n\n:\n\n")) << writer.text;
  EXPECT_EQ(backend_.fetches.front().wait_ms, 0U);
  EXPECT_EQ(backend_.fetches.back().wait_ms, 15'000U);
}

TEST_F(GatewayEvents, ALogThatWasCutOrIsAwayIsAnHonestStatus) {
  const struct {
    messages::FetchOutcome outcome;
    unsigned status;
  } kCases[] = {
      {messages::FetchOutcome::kTruncated, 410}, {messages::FetchOutcome::kDiverged, 409}, {messages::FetchOutcome::kUnavailable, 503}};
  for (const auto& c : kCases) {
    backend_.on_fetch = [&](const messages::Fetch&) {
      messages::FetchReply reply;
      reply.outcome = c.outcome;
      return reply;
    };
    EXPECT_EQ(std::get<Problem>(open({})).status, c.status);
  }
  backend_.on_fetch = [](const messages::Fetch&) { return tl::unexpected(std::string("the bus does not answer")); };
  EXPECT_EQ(std::get<Problem>(open({})).status, 503U);
}

TEST_F(GatewayEvents, WhatTheGatewayMayNotReadIsForbiddenAndSaysWhoCanChangeIt) {
  backend_.on_fetch = [&](const messages::Fetch&) {
    messages::FetchReply reply;
    reply.outcome = messages::FetchOutcome::kMalformed;
    return reply;
  };
  const auto refused = std::get<Problem>(open({}));
  EXPECT_EQ(refused.status, 403U);
  EXPECT_EQ(refused.code, "log_not_permitted");
  EXPECT_NE(refused.detail.find("?type="), std::string::npos) << refused.detail;
  EXPECT_NE(refused.detail.find("principals"), std::string::npos) << refused.detail;
}

TEST_F(GatewayEvents, WhoSawALogThatWasRolledBackIsToldWhereToReadOn) {
  backend_.on_fetch = [&](const messages::Fetch&) {
    messages::FetchReply reply;
    reply.outcome = messages::FetchOutcome::kDiverged;
    reply.incarnation = "3.cccccccc";
    reply.first_of_incarnation = 91;
    return reply;
  };
  const auto diverged = std::get<Problem>(open({}));
  const auto told = json::parse(problem_json(diverged, "/v1/events"));
  EXPECT_EQ(told.at("code").as_string(), "log_diverged");
  const auto again = read_feed_query({{"after", std::string(told.at("after").as_string())}}, "", "");
  EXPECT_EQ(std::get<FeedQuery>(again).after, 90U);
  EXPECT_EQ(std::get<FeedQuery>(again).incarnation, "3.cccccccc");
}

TEST_F(GatewayEvents, ALogThatIsCutWhileItIsReadBreaksTheAnswer) {
  backend_.on_fetch = [&](const messages::Fetch& fetch) {
    if (fetch.after == 0) return serve(fetch, 5'000);
    messages::FetchReply reply;
    reply.outcome = messages::FetchOutcome::kTruncated;
    return reply;
  };
  TextWriter writer;
  EXPECT_EQ(read({}, writer), BodyEnd::kBroken);
}

TEST_F(GatewayEvents, OneStreamTooManyIsRefused) {
  backend_.on_fetch = [&](const messages::Fetch& fetch) { return serve(fetch, 1); };
  auto first = open({});
  auto second = open({});
  const auto third = open({});
  ASSERT_TRUE(std::holds_alternative<Problem>(third));
  EXPECT_EQ(std::get<Problem>(third).code, "too_many_streams");
  first = Problem{500, "gone", "gone"};
  EXPECT_TRUE(std::holds_alternative<HttpResponse>(open({})));
}

TEST(GatewayFeedQuery, IsReadFromParametersAndHeaders) {
  const auto lines = read_feed_query({{"after", "1-abc/17"}, {"type", "AppointmentBooked"}, {"follow", "true"}}, "*/*", "99");
  ASSERT_TRUE(std::holds_alternative<FeedQuery>(lines));
  EXPECT_EQ(std::get<FeedQuery>(lines).after, 17U);
  EXPECT_EQ(std::get<FeedQuery>(lines).types, (std::vector<std::uint64_t>{messages::AppointmentBooked::kTypeId}));
  EXPECT_EQ(std::get<FeedQuery>(lines).follow, FeedQuery::Follow::kFollow);
  EXPECT_EQ(std::get<FeedQuery>(lines).format, FeedQuery::Format::kLines);
  const auto sent = read_feed_query({{"after", "3"}}, "text/event-stream", "99");
  EXPECT_EQ(std::get<FeedQuery>(sent).after, 99U);
  EXPECT_EQ(std::get<FeedQuery>(sent).follow, FeedQuery::Follow::kFollow);
  for (const auto& [name, value] :
       Parameters{{"after", "x"}, {"after", ""}, {"type", "Done"}, {"limit", "-1"}, {"follow", "yes"}, {"colour", "red"}}) {
    const auto refused = read_feed_query({{name, value}}, "", "");
    ASSERT_TRUE(std::holds_alternative<Problem>(refused)) << name;
    EXPECT_EQ(std::get<Problem>(refused).status, 422U);
    EXPECT_EQ(std::get<Problem>(refused).path, "/" + name);
  }
}

}  // namespace
}  // namespace bridgework::gateway
