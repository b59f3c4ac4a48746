// Two instances and one message to the outside: whoever cannot know whether another has sent it must not send it.

#include <gtest/gtest.h>

#include "messages/envelope.codec.hpp"
#include "runtime/engine.hpp"
#include "sim/memory_store.hpp"

namespace bridgework::sim {
namespace {

using namespace std::chrono_literals;
using runtime::Engine;

constexpr std::uint64_t kAsk = 1, kOutcome = 2;
constexpr const char* kUncertain = "entity uncertain";

/// One kind of command, and what it decides is to send one message.
class SendingHandler final : public runtime::Handler {
 public:
  std::string_view name() const override { return "sending"; }
  std::vector<runtime::ConsumedType> consumed() const override { return {}; }
  bool is_command(std::uint64_t) const override { return true; }
  bool is_query(std::uint64_t) const override { return false; }
  std::string command_key(std::uint64_t, std::string_view body) const override { return std::string(body.substr(0, body.find(' '))); }
  struct Nothing final : runtime::LaneRecords {
    tl::expected<void, std::string> set(const std::string&, const std::optional<std::string>&) override { return {}; }
    std::size_t recent() const override { return 0; }
    void clear() override {}
    void age() override {}
  };
  std::unique_ptr<runtime::LaneRecords> new_lane() const override { return std::make_unique<Nothing>(); }
  tl::expected<runtime::Decided, runtime::Undecided> decide(runtime::LaneRecords&, const runtime::Work& work) const override {
    runtime::Decided out;
    if (work.type_id == kAsk) out.effects.push_back({"message", "body"});
    if (work.body == kUncertain) ++uncertain_recorded;
    return out;
  }
  std::vector<std::string> missing(const runtime::LaneRecords&, const runtime::Work&) const override { return {}; }
  tl::expected<runtime::Answered, std::string> answer(runtime::RecordReader&, std::uint64_t, std::string_view, Instant) const override {
    return runtime::Answered{};
  }
  bool performs_effects() const override { return true; }
  tl::expected<Command, std::string> perform(runtime::RecordReader&, std::string_view) const override {
    return Command{kOutcome, "entity sent"};
  }
  tl::expected<Command, std::string> uncertain(std::string_view) const override { return Command{kOutcome, kUncertain}; }

  mutable int uncertain_recorded = 0;
};

class Claim : public ::testing::Test, public runtime::Outbox {
 protected:
  struct Instance {
    std::optional<MemoryStore::Mishap> next_call;
    std::unique_ptr<MemoryStore> store;
    std::unique_ptr<Engine> engine;
  };
  Instance& start(const std::string& name) {
    Instance& instance = instances.emplace_back();
    instance.store = std::make_unique<MemoryStore>(
        group, "sending", [this] { return now; },
        [&instance] { return std::exchange(instance.next_call, std::nullopt).value_or(MemoryStore::Mishap::kNone); }, guards);
    instance.engine = std::make_unique<Engine>(
        handler, *instance.store, *this, metrics, runtime::InstanceInfo{name, "", "", 0, 0}, options, [this] { return now; },
        [this] { return std::chrono::steady_clock::time_point(now.time_since_epoch()); }, [] { return 0us; });
    return instance;
  }
  void run(Instance& instance) {
    for (int i = 0; i < 30; ++i) {
      now += 100ms;
      instance.engine->turn();
    }
  }
  void reply(const runtime::ReplyTo&, const messages::Reply&) override {}
  void perform(Lane, const std::string&, const std::string&) override { ++left; }

  Instant now{std::chrono::hours(24 * 365 * 50)};
  GroupState group;
  Guards guards;
  SendingHandler handler;
  runtime::Metrics metrics{"sending"};
  runtime::EngineOptions options;
  std::deque<Instance> instances;
  int left = 0;

  /// Decided and committed; of the claim that follows, the first instance hears nothing.
  Instance& asked_and_claim_lost(MemoryStore::Mishap mishap) {
    Instance& first = start("first");
    run(first);
    messages::Request request;
    request.type_id = kAsk;
    request.body = "entity ask";
    request.principal = "test";
    request.idempotency_key = "key";
    first.engine->submit({"client", 1}, request);
    first.engine->turn();  // begins its commit
    first.engine->turn();  // hears of it, and begins the claim's
    first.next_call = mishap;
    first.engine->turn();
    EXPECT_EQ(left, 0);
    return first;
  }
};

TEST_F(Claim, OfOnesOwnWithoutAnAnswerIsMadeAgain) {
  for (const auto mishap : {MemoryStore::Mishap::kLostBefore, MemoryStore::Mishap::kLostAfter}) {
    group = {};
    left = 0;
    run(asked_and_claim_lost(mishap));
    EXPECT_EQ(left, 1);
    EXPECT_EQ(handler.uncertain_recorded, 0);
  }
}

TEST_F(Claim, OfSomebodyElseIsUncertainEvenToWhoTriedTheSame) {
  Instance& first = asked_and_claim_lost(MemoryStore::Mishap::kLostBefore);
  now += options.lease + 1s;  // the first stands still, and another takes the lane, sends and dies
  run(start("second"));
  EXPECT_EQ(left, 1);
  now += options.lease + 1s;
  run(first);
  EXPECT_EQ(left, 1) << "the second may have sent it, and has";
  EXPECT_EQ(handler.uncertain_recorded, 1);
}

}  // namespace
}  // namespace bridgework::sim
