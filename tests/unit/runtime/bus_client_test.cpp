#include "runtime/bus_client.hpp"

#include <cstdlib>

#include <filesystem>

#include <gtest/gtest.h>

#include "messages/codec.hpp"
#include "messages/envelope.codec.hpp"

namespace bridgework::runtime {
namespace {

using namespace std::chrono_literals;
using messages::Fetch;
using messages::FetchOutcome;
using messages::FetchReply;

/// Buses that do as they are told, and a client driven by hand.
class BusClientTest : public ::testing::Test {
 protected:
  BusClientTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "bw-busc-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
  }
  ~BusClientTest() override { std::filesystem::remove_all(directory_); }

  std::string ipc(const std::string& name) const { return "ipc://" + directory_ + "/" + name; }
  Router bus(const std::string& name) { return std::move(*Router::bind(context_, ipc(name))); }
  BusClient client(std::vector<std::string> names) {
    BusClient::Options options;
    for (std::string& name : names) options.endpoints.push_back(ipc(name));
    return BusClient(context_, options);
  }

  struct Question {
    std::string identity;
    Fetch fetch;
  };
  /// Drives the client until `bus` is asked something.
  std::optional<Question> asked(BusClient& client, Router& bus, std::chrono::seconds within = 10s) {
    const auto limit = std::chrono::steady_clock::now() + within;
    while (std::chrono::steady_clock::now() < limit) {
      EXPECT_FALSE(client.poll());
      if (auto received = bus.receive()) {
        auto fetch = messages::decode_as<Fetch>(received->bytes);
        EXPECT_TRUE(fetch);
        if (!fetch) return std::nullopt;
        return Question{received->identity, *fetch};
      }
      Watch watches[] = {client.watch(), {&bus, -1, false, false}};
      wait(watches, std::min(client.idle_for(), 50ms));
    }
    return std::nullopt;
  }
  std::optional<FetchReply> answered(BusClient& client) {
    const auto limit = std::chrono::steady_clock::now() + 10s;
    while (std::chrono::steady_clock::now() < limit) {
      if (auto reply = client.poll()) return reply;
      Watch watch = client.watch();
      wait({&watch, 1}, std::min(client.idle_for(), 50ms));
    }
    return std::nullopt;
  }
  static void answer(Router& bus, const Question& question, FetchOutcome outcome, std::uint64_t next = 0) {
    FetchReply reply;
    reply.correlation = question.fetch.correlation;
    reply.outcome = outcome;
    reply.next = next;
    ASSERT_EQ(bus.send(question.identity, encode(reply)), SendOutcome::kSent);
  }

  std::string directory_;
  Context context_;
};

TEST_F(BusClientTest, AsksForWhatIsWantedAndHandsTheAnswerOn) {
  Router bus1 = bus("1");
  BusClient it = client({"1"});
  it.want({"1.a", 41}, {7, 8}, 100, 2s);
  const auto question = asked(it, bus1);
  ASSERT_TRUE(question);
  EXPECT_EQ(question->fetch.incarnation, "1.a");
  EXPECT_EQ(question->fetch.after, 41u);
  EXPECT_EQ(question->fetch.types, (std::vector<std::uint64_t>{7, 8}));
  EXPECT_EQ(question->fetch.max_events, 100u);
  EXPECT_EQ(question->fetch.wait_ms, 2000u);
  answer(bus1, *question, FetchOutcome::kEvents, 45);
  const auto reply = answered(it);
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->next, 45u);
  EXPECT_GE(it.idle_for(), 1s) << "nothing more to do";
}

TEST_F(BusClientTest, HandsTruncatedAndDivergedOnUnchanged) {
  Router bus1 = bus("1");
  BusClient it = client({"1"});
  for (const FetchOutcome outcome : {FetchOutcome::kTruncated, FetchOutcome::kDiverged, FetchOutcome::kMalformed}) {
    it.want({"1.a", 41}, {}, 100, 2s);
    const auto question = asked(it, bus1);
    ASSERT_TRUE(question);
    answer(bus1, *question, outcome);
    EXPECT_EQ(answered(it)->outcome, outcome);
  }
}

TEST_F(BusClientTest, WantingTheSameAgainAsksOnce) {
  Router bus1 = bus("1");
  BusClient it = client({"1"});
  it.want({"1.a", 41}, {7}, 100, 2s);
  const auto question = asked(it, bus1);
  ASSERT_TRUE(question);
  for (int i = 0; i < 100; ++i) {
    it.want({"1.a", 41}, {7}, 100, 2s);
    EXPECT_FALSE(it.poll());
  }
  EXPECT_EQ(it.counts().sent, 1u);
  answer(bus1, *question, FetchOutcome::kEvents, 42);
  EXPECT_EQ(answered(it)->next, 42u);
}

TEST_F(BusClientTest, AnAnswerToWhatIsNoLongerWantedIsDropped) {
  Router bus1 = bus("1");
  BusClient it = client({"1"});
  it.want({"1.a", 41}, {}, 100, 2s);
  const auto old_question = asked(it, bus1);
  ASSERT_TRUE(old_question);
  it.want({"1.a", 77}, {}, 100, 2s);
  const auto question = asked(it, bus1);
  ASSERT_TRUE(question);
  EXPECT_EQ(question->fetch.after, 77u);
  answer(bus1, *old_question, FetchOutcome::kEvents, 42);
  answer(bus1, *question, FetchOutcome::kEvents, 78);
  EXPECT_EQ(answered(it)->next, 78u);
  EXPECT_EQ(it.counts().late, 1u);
}

TEST_F(BusClientTest, BytesThatAreNoAnswerAreCountedAndTheAnswerStillTaken) {
  Router bus1 = bus("1");
  BusClient it = client({"1"});
  it.want({"1.a", 41}, {}, 100, 2s);
  const auto question = asked(it, bus1);
  ASSERT_TRUE(question);
  ASSERT_EQ(bus1.send(question->identity, "not a FetchReply"), SendOutcome::kSent);
  answer(bus1, *question, FetchOutcome::kEvents, 42);
  EXPECT_EQ(answered(it)->next, 42u);
  EXPECT_EQ(it.counts().malformed, 1u);
}

TEST_F(BusClientTest, TurnsToTheNextBusWhenTheFirstIsNotThere) {
  Router bus2 = bus("2");
  BusClient it = client({"absent", "2"});
  it.want({"1.a", 41}, {}, 100, 2s);
  const auto question = asked(it, bus2);
  ASSERT_TRUE(question);
  EXPECT_EQ(question->fetch.after, 41u);
}

TEST_F(BusClientTest, TurnsToTheNextBusWhenTheLinkBreaksLongBeforeTheWaitIsOver) {
  std::optional<Router> bus1 = bus("1");
  Router bus2 = bus("2");
  BusClient it = client({"1", "2"});
  it.want({"1.a", 41}, {}, 100, 60s);
  ASSERT_TRUE(asked(it, *bus1));
  bus1.reset();
  const auto question = asked(it, bus2);
  ASSERT_TRUE(question);
  EXPECT_EQ(question->fetch.after, 41u);
  EXPECT_EQ(it.counts().link_lost, 1u);
}

TEST_F(BusClientTest, TurnsToTheNextBusWhenNothingComesInTime) {
  Router bus1 = bus("1");
  Router bus2 = bus("2");
  BusClient it = client({"1", "2"});
  it.want({"1.a", 41}, {}, 100, 2s);
  const auto sent = BusClient::Clock::now();
  const auto old_question = asked(it, bus1);
  ASSERT_TRUE(old_question);
  EXPECT_FALSE(it.poll(sent + 2900ms));
  EXPECT_EQ(it.counts().timed_out, 0u) << "the wait asked for, and a second";
  EXPECT_FALSE(it.poll(sent + 20s));
  EXPECT_EQ(it.counts().timed_out, 1u);
  EXPECT_EQ(it.endpoint(), ipc("2"));
  // The silent one has no link any more, so its answer reaches nobody.
  FetchReply late;
  late.correlation = old_question->fetch.correlation;
  (void)bus1.send(old_question->identity, encode(late));
  EXPECT_FALSE(it.poll(sent + 20s));
}

TEST_F(BusClientTest, TurnsToTheNextBusWhenOneCannotReadTheLog) {
  Router bus1 = bus("1");
  Router bus2 = bus("2");
  BusClient it = client({"1", "2"});
  it.want({"1.a", 41}, {}, 100, 2s);
  const auto question = asked(it, bus1);
  ASSERT_TRUE(question);
  answer(bus1, *question, FetchOutcome::kUnavailable);
  ASSERT_TRUE(asked(it, bus2));
  EXPECT_EQ(it.counts().unavailable, 1u);
}

TEST_F(BusClientTest, ComesBackToTheOnlyBusThereIsWhenThatIsRestarted) {
  std::optional<Router> bus1 = bus("1");
  BusClient it = client({"1"});
  it.want({"1.a", 41}, {}, 100, 60s);
  ASSERT_TRUE(asked(it, *bus1));
  bus1.reset();
  for (int turn = 0; turn < 100; ++turn) EXPECT_FALSE(it.poll());
  bus1 = bus("1");
  const auto question = asked(it, *bus1);
  ASSERT_TRUE(question);
  answer(*bus1, *question, FetchOutcome::kEvents, 42);
  EXPECT_EQ(answered(it)->next, 42u);
}

TEST_F(BusClientTest, ForgettingAsksNothing) {
  Router bus1 = bus("1");
  BusClient it = client({"1"});
  it.want({"1.a", 41}, {}, 100, 2s);
  it.forget();
  EXPECT_FALSE(it.poll());
  EXPECT_EQ(it.watch().socket, nullptr);
  EXPECT_FALSE(bus1.receive());
}

}  // namespace
}  // namespace bridgework::runtime
