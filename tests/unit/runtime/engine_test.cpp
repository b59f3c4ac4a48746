// The loop of every service, on the simulator's store and a service of four words.

#include "runtime/engine.hpp"

#include <algorithm>
#include <stdexcept>

#include <gtest/gtest.h>

#include "messages/envelope.codec.hpp"
#include "runtime/redis_store.hpp"
#include "sim/memory_store.hpp"
#include "support/log_in_redis.hpp"
#include "support/redis_server.hpp"

namespace bridgework::runtime {
namespace {

using namespace std::chrono_literals;
using messages::Outcome;

constexpr std::uint64_t kAdd = 1, kAdded = 2, kReplyType = 3, kLater = 4, kRule = 5, kTold = 6;

/// Bodies read "<entity> <word>". A record per entity holds all its words. The word "poison" cannot be handled while `cured` is false,
/// "later" sets a timer of an hour, "now" cancels it, "send" has an effect outside, "deadly" throws as only a defect does.
class WordsHandler final : public Handler {
 public:
  bool cured = false;
  mutable int decisions = 0;

  std::string_view name() const override { return "words"; }
  std::vector<ConsumedType> consumed() const override { return {{kAdded, RouteBy::kPerson}, {kRule, RouteBy::kEveryLane}}; }
  bool is_command(std::uint64_t type) const override { return type == kAdd; }
  bool is_query(std::uint64_t) const override { return false; }
  std::string command_key(std::uint64_t, std::string_view body) const override { return std::string(body.substr(0, body.find(' '))); }

  struct Lane final : LaneRecords {
    Records<std::string> known;
    tl::expected<void, std::string> set(const std::string& key, const std::optional<std::string>& bytes) override {
      known.set(key, bytes);
      return {};
    }
    std::size_t recent() const override { return known.recent(); }
    void clear() override { known.clear(); }
    void age() override { known.age(); }
  };
  std::unique_ptr<LaneRecords> new_lane() const override { return std::make_unique<Lane>(); }

  tl::expected<Decided, Undecided> decide(LaneRecords& records, const Work& work) const override {
    ++decisions;
    const auto space = work.body.find(' ');
    const std::string entity = work.body.substr(0, space), word = work.body.substr(space + 1);
    if (word == "deadly") throw std::runtime_error("a defect of this program");
    if (word == "poison" && !cured) return tl::unexpected(Undecided{{}, "poison"});
    auto& known = static_cast<Lane&>(records).known;
    const auto* it = known.look(entity);
    if (it == nullptr && word != "born") return tl::unexpected(Undecided{{entity}, {}});
    Decided out;
    if (it == nullptr) out.presumed.push_back(entity);
    if (word == "no") {
      out.refused = true;
      out.code = "said_no";
      return out;
    }
    const std::string words = (it == nullptr ? "" : it->value_or("")) + word + ";";
    known.set(entity, words);
    out.records.push_back({entity, words});
    out.reply_type = kReplyType;
    out.reply = words;
    if (word == "later") out.timers.push_back({entity, work.now + 1h, kLater, entity + " fired", 0s});
    if (word == "stale") out.timers.push_back({entity, work.now + 1h, kLater, entity + " fired", 60s});
    if (word == "send") out.effects.push_back({entity + std::to_string(words.size()), entity});
    if (word == "now") out.timers.push_back({entity, {}, 0, {}, 0s});
    if (work.kind == Work::Kind::kCommand) {
      messages::EventRecord record;
      record.type_id = kTold;
      record.recorded_at = work.now;
      record.person = entity;
      record.body = word;
      out.events.push_back(encode(record));
    }
    return out;
  }
  std::vector<std::string> missing(const LaneRecords& records, const Work& work) const override {
    const std::string entity = work.body.substr(0, work.body.find(' '));
    return static_cast<const Lane&>(records).known.look(entity) != nullptr ? std::vector<std::string>{} : std::vector<std::string>{entity};
  }
  tl::expected<Answered, std::string> answer(RecordReader&, std::uint64_t, std::string_view, Instant) const override { return Answered{}; }
  bool performs_effects() const override { return false; }
  tl::expected<Command, std::string> perform(RecordReader&, std::string_view) const override { return tl::unexpected(std::string("none")); }
  tl::expected<Command, std::string> uncertain(std::string_view effect) const override {
    return Command{kAdd, std::string(effect) + " unsure"};
  }
};

class EngineTest : public ::testing::Test, public Outbox {
 protected:
  EngineTest() { restart(); }

  void restart() {
    engine.reset();
    metrics = std::make_unique<Metrics>("words");
    engine = std::make_unique<Engine>(
        handler, store, *this, *metrics, InstanceInfo{"one-" + std::to_string(++starts), "", "", 0, 0}, options, [this] { return now; },
        [this] { return std::chrono::steady_clock::time_point(now.time_since_epoch()); }, [] { return 0us; });
    now += 11s;  // the lease of the one before has ended
    run();
  }
  void run() {
    for (int i = 0; i < 100 && engine->turn(); ++i) {
    }
  }
  void reply(const ReplyTo& to, const messages::Reply& r) override {
    (void)to;
    replies.push_back(r);
    next_was_under_way.push_back(engine->committing());
  }
  void perform(Lane lane, const std::string& id, const std::string&) override { performed.emplace_back(lane, id); }

  void command(const std::string& body, const std::string& key, Instant deadline = {}) {
    messages::Request request;
    request.correlation = 1;
    request.type_id = kAdd;
    request.body = body;
    request.principal = "test";
    request.idempotency_key = key;
    request.deadline = deadline;
    engine->submit({"client", 1}, request);
  }
  messages::Reply answered(const std::string& body, const std::string& key) {
    command(body, key);
    run();
    return replies.back();
  }
  /// An event about `entity` at the next position of the log, as the bus would bring it.
  void event(const std::string& entity, const std::string& word, std::uint64_t type_id = kAdded) {
    messages::EventRecord record;
    record.type_id = type_id;
    record.recorded_at = now;
    record.person = entity;
    record.body = entity + " " + word;
    group.log.push_back(encode(record));
  }
  void fetch() {
    fetch_and_hold();
    now += options.event_commit_every;
    run();
  }
  /// Decided, but with nobody waiting for it not necessarily committed.
  void fetch_and_hold() {
    deliver_new();
    run();
  }
  /// In the queues, and nothing done yet.
  void deliver_new() {
    const auto want = engine->want();
    ASSERT_TRUE(want);
    messages::FetchReply reply;
    reply.incarnation = group.incarnation;
    reply.head = reply.next = group.head();
    for (std::uint64_t s = want->after + 1; s <= group.head(); ++s) reply.events.push_back({s, group.log[s - 1]});
    engine->deliver(want->after, reply);
  }
  void retry_parked(const std::string& key) {
    messages::Request request;
    request.type_id = messages::RetryParked::kTypeId;
    request.body = encode(messages::RetryParked{.entity = "ana"});
    request.principal = "test";
    request.idempotency_key = key;
    engine->submit({"client", 1}, request);
  }
  /// What stands behind the line of the metrics page that begins so.
  double counted(const std::string& begin) const {
    const std::string page = "\n" + metrics->text();
    const auto at = page.find("\n" + begin);
    if (at == std::string::npos) ADD_FAILURE() << "nothing counts " << begin;
    const std::string line = at == std::string::npos ? " 0" : page.substr(at + 1, page.find('\n', at + 1) - at - 1);
    return std::stod(line.substr(line.rfind(' ')));
  }
  double answers(const std::string& outcome) const { return counted("bridgework_commands_total{outcome=\"" + outcome + "\""); }
  std::string words(const std::string& entity) {
    const auto& records = group.services["words"].lanes[lane_of(entity)].records;
    const auto it = records.find(entity);
    return it == records.end() ? "" : it->second;
  }
  std::size_t parked(const std::string& entity) { return group.services["words"].lanes[lane_of(entity)].parked.size(); }

  Instant now = Instant(std::chrono::hours(24 * 365 * 50));
  sim::GroupState group;
  sim::Guards guards;
  sim::MemoryStore::Mishap mishap = sim::MemoryStore::Mishap::kNone;
  int store_calls = 0;
  bool store_answers = true;  ///< while it is false, a commit is under way
  sim::MemoryStore store{group,
                         "words",
                         [this] { return now; },
                         [this] {
                           ++store_calls;
                           return std::exchange(mishap, sim::MemoryStore::Mishap::kNone);
                         },
                         guards,
                         {.answered = [this] { return store_answers; }}};
  WordsHandler handler;
  EngineOptions options;
  std::unique_ptr<Metrics> metrics;
  std::unique_ptr<Engine> engine;
  std::vector<messages::Reply> replies;
  std::vector<bool> next_was_under_way;  ///< when each of the replies was told
  std::vector<std::pair<Lane, std::string>> performed;
  int starts = 0;
};

TEST_F(EngineTest, AnswersACommandAfterItsCommit) {
  const auto reply = answered("ana hello", "k1");
  EXPECT_EQ(reply.outcome, Outcome::kDone);
  EXPECT_EQ(reply.body, "hello;");
  EXPECT_EQ(reply.sequence, 1u);
  EXPECT_EQ(words("ana"), "hello;");
}

TEST_F(EngineTest, GivesTheSameAnswerToTheSameKeyAndRefusesOtherBytes) {
  const auto first = answered("ana hello", "k1");
  const auto again = answered("ana hello", "k1");
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(again.sequence, first.sequence);
  EXPECT_EQ(answered("ana other", "k1").outcome, Outcome::kKeyReused);
  EXPECT_EQ(words("ana"), "hello;");
  EXPECT_EQ(answers("done"), 1);
  EXPECT_EQ(answers("answered_before"), 1);
  EXPECT_EQ(answers("key_reused"), 1);
}

TEST_F(EngineTest, DecidesACommandThatCameTwiceInOneTurnOnce) {
  command("ana hello", "k1");
  command("ana hello", "k1");
  run();
  ASSERT_EQ(replies.size(), 2u);
  EXPECT_EQ(replies[0].body, replies[1].body);
  EXPECT_EQ(words("ana"), "hello;");
}

TEST_F(EngineTest, RemembersARefusalLikeAnyAnswer) {
  EXPECT_EQ(answered("ana no", "k1").code, "said_no");
  EXPECT_EQ(answered("ana no", "k1").outcome, Outcome::kRefused);
  EXPECT_EQ(group.head(), 0u);
}

TEST_F(EngineTest, RefusesWhatItCannotTakeBeforeDoingAnything) {
  command("ana hello", "");
  EXPECT_EQ(replies.back().code, "idempotency_key_required");
  command("ana hello", "k", now - 1s);
  EXPECT_EQ(replies.back().outcome, Outcome::kExpired);
  for (std::size_t i = 0; i <= options.commands_per_lane_max; ++i) command("ana hello", "many" + std::to_string(i));
  EXPECT_EQ(replies.back().outcome, Outcome::kOverloaded);
  EXPECT_GT(replies.back().retry_after_ms, 0u);
  EXPECT_EQ(answers("expired"), 1);
  EXPECT_EQ(answers("overloaded"), 1);
  EXPECT_EQ(handler.decisions, 0);
}

TEST_F(EngineTest, ACommandWhoseDeadlinePassesInTheQueueIsNotDecided) {
  command("ana late", "k1", now + 1s);
  command("ana in_time", "k2", now + 1min);
  now += 2s;
  run();
  ASSERT_EQ(replies.size(), 2u);
  EXPECT_EQ(replies[0].outcome, Outcome::kExpired);
  EXPECT_EQ(words("ana"), "in_time;");
  EXPECT_EQ(answers("expired"), 1);
}

TEST_F(EngineTest, ADeadlineThatPassesAfterTheCommitDoesNotHideWhatWasDone) {
  answered("ana seen", "k0");
  store_answers = false;
  command("ana once", "k1", now + 100ms);
  run();
  mishap = sim::MemoryStore::Mishap::kLostAfter;
  store_answers = true;
  now += 5s;
  run();
  now += 5s;
  run();
  EXPECT_EQ(words("ana"), "seen;once;");
  EXPECT_EQ(replies.back().outcome, Outcome::kDone);
}

TEST_F(EngineTest, SettlesAnUnknownOutcomeByWhatTheStoreKnows) {
  for (const auto kind : {sim::MemoryStore::Mishap::kLostBefore, sim::MemoryStore::Mishap::kLostAfter}) {
    const std::string key = std::to_string(static_cast<int>(kind));
    ASSERT_EQ(answered("ana warm", key + "w").outcome, Outcome::kDone);
    const std::size_t before = group.head();
    command("ana once", key);
    engine->turn();  // looks the key up, which is one call; then the commit
    run();
    mishap = kind;
    command("ana twice", key + "x");
    run();
    now += 5s;
    run();
    EXPECT_EQ(replies.back().outcome, Outcome::kDone);
    EXPECT_EQ(group.head(), before + 2);
  }
  EXPECT_EQ(counted("bridgework_store_faults_total{"), 2);
}

/// Names of entities in lanes of their own.
std::vector<std::string> entities_of_lanes(std::size_t count) {
  std::vector<std::string> out;
  std::set<Lane> taken;
  for (int i = 0; out.size() < count; ++i) {
    if (taken.insert(lane_of("e" + std::to_string(i))).second) out.push_back("e" + std::to_string(i));
  }
  return out;
}

/// While the commit of "ana first" is under way, after both have been seen once.
class EngineInFlightTest : public EngineTest {
 protected:
  EngineInFlightTest() {
    answered("ana seen", "a0");
    answered("bob seen", "b0");
    store_answers = false;
    command("ana first", "a1");
    run();
    decided_before = handler.decisions;
    EXPECT_TRUE(engine->committing());
    EXPECT_EQ(replies.size(), 2u);
  }
  void arrives() {
    store_answers = true;
    run();
    EXPECT_FALSE(engine->committing());
  }
  int decided_before = 0;
};

TEST_F(EngineInFlightTest, OtherLanesAreDecidedAndAnsweredAfterTheirOwnCommit) {
  event("bob", "told");
  command("bob first", "b1");
  fetch_and_hold();
  EXPECT_EQ(handler.decisions, decided_before + 1) << "an event is counted first, and the store is busy";
  arrives();
  EXPECT_EQ(words("ana"), "seen;first;");
  EXPECT_EQ(words("bob"), "seen;first;told;");
  EXPECT_EQ(replies.size(), 4u);

  // While the first half is committed the second is decided.
  const auto many = entities_of_lanes(60);
  for (const auto& entity : many) answered(entity + " seen", entity + "0");
  const std::size_t answered_before = replies.size();
  const int decided = handler.decisions;
  store_answers = false;
  for (const auto& entity : many) command(entity + " first", entity + "1");
  run();
  EXPECT_TRUE(engine->committing());
  EXPECT_EQ(handler.decisions, decided + 60);
  EXPECT_EQ(replies.size(), answered_before);
  // The answer of the first half, and the commit of the second.
  store_answers = true;
  engine->turn();
  EXPECT_EQ(replies.size(), answered_before + 30);
  for (std::size_t i = answered_before; i < replies.size(); ++i) EXPECT_TRUE(next_was_under_way[i]) << i;
  run();
  EXPECT_EQ(replies.size(), answered_before + 60);
  for (const auto& entity : many) EXPECT_EQ(words(entity), "seen;first;");
}

TEST_F(EngineInFlightTest, RecordsAreAskedForBehindItAndTheRestIsDecided) {
  group.services["words"].lanes[lane_of("cleo")].records["cleo"] = "before;";
  command("bob first", "b1");
  command("cleo first", "c1");
  command("ana second", "a2");
  run();
  EXPECT_EQ(handler.decisions, decided_before + 3) << "one of them without its record";
  const int calls = store_calls;
  store_answers = true;
  engine->turn();
  EXPECT_EQ(store_calls, calls + 2) << "the end of the commit, and of the question behind it";
  EXPECT_EQ(handler.decisions, decided_before + 4);
  EXPECT_TRUE(engine->committing());
  run();
  EXPECT_EQ(words("ana"), "seen;first;second;");
  EXPECT_EQ(words("bob"), "seen;first;");
  EXPECT_EQ(words("cleo"), "before;first;");
}

TEST_F(EngineInFlightTest, WhatIsAskedBehindItIsLostWithItAndAskedAgain) {
  command("bob first", "b1");
  command("ana first", "a1");  // again, by a client that gave up waiting
  run();
  mishap = sim::MemoryStore::Mishap::kLostAfter;
  arrives();
  EXPECT_EQ(replies.size(), 2u) << "nobody knows what became of it";
  now += 5s;
  run();
  EXPECT_EQ(words("ana"), "seen;first;");
  EXPECT_EQ(words("bob"), "seen;first;");
  EXPECT_EQ(replies.size(), 5u);
  EXPECT_EQ(answers("answered_before"), 2);
}

TEST_F(EngineInFlightTest, TheLaneItselfIsDecidedOnTopOfIt) {
  command("ana second", "a2");
  for (int i = 0; i < 10; ++i) engine->turn();
  EXPECT_EQ(handler.decisions, decided_before + 1);
  EXPECT_EQ(words("ana"), "seen;");
  arrives();
  EXPECT_EQ(words("ana"), "seen;first;second;");
  EXPECT_EQ(handler.decisions, decided_before + 1);
}

TEST_F(EngineInFlightTest, WhatStandsOnItFallsWithIt) {
  command("ana second", "a2");
  run();
  ASSERT_EQ(handler.decisions, decided_before + 1);
  group.services["words"].replies["test:0000000000000001:a1"] = {"other", 9, ""};
  arrives();
  ASSERT_EQ(replies.size(), 4u);
  EXPECT_EQ(replies[2].outcome, Outcome::kKeyReused);
  EXPECT_EQ(words("ana"), "seen;second;");
  EXPECT_EQ(replies[3].body, "seen;second;");
}

TEST_F(EngineInFlightTest, EventsAreDecidedOnTopOfItOnceTheLaneIsCounted) {
  arrives();
  event("ana", "one");
  fetch();
  for (const auto kind : {sim::MemoryStore::Mishap::kNone, sim::MemoryStore::Mishap::kLostBefore, sim::MemoryStore::Mishap::kLostAfter}) {
    store_answers = false;
    event("ana", "two");
    deliver_new();
    now += options.event_commit_every;
    run();
    ASSERT_TRUE(engine->committing());
    const int decided = handler.decisions;
    event("ana", "three");
    deliver_new();
    run();
    EXPECT_EQ(handler.decisions, decided + 1);
    mishap = kind;
    store_answers = true;
    now += 5s;
    run();
    if (kind == sim::MemoryStore::Mishap::kNone) continue;
    now += 5s;
    run();
    fetch();
  }
  EXPECT_EQ(words("ana"), "seen;first;one;two;three;two;three;two;three;");
  EXPECT_EQ(group.services["words"].lanes[lane_of("ana")].checkpoint, group.head());
}

TEST_F(EngineInFlightTest, ATimerOnTopOfItFiresOnceThoughItFails) {
  arrives();
  answered("ana later", "a2");
  now += 1h;
  for (int i = 0; i < 9; ++i) command("ana x", "x" + std::to_string(i));
  store_answers = false;
  const int decided = handler.decisions;
  run();
  ASSERT_TRUE(engine->committing());
  ASSERT_EQ(handler.decisions, decided + 10) << "nine commands and the timer behind them";
  group.services["words"].replies["test:0000000000000001:x0"] = {"other", 9, ""};
  arrives();
  EXPECT_EQ(words("ana"), "seen;first;later;x;x;x;x;x;x;x;x;fired;");
  now += 1h;
  run();
  EXPECT_EQ(words("ana"), "seen;first;later;x;x;x;x;x;x;x;x;fired;");
}

TEST_F(EngineInFlightTest, WhatIsTakenForNewAndIsNotIsFoundByTheCommit) {
  arrives();
  const double conflicts = counted("bridgework_commit_conflicts_total{");
  const auto again = answered("ana first", "a1");
  EXPECT_EQ(again.outcome, Outcome::kDone);
  EXPECT_EQ(again.body, "seen;first;") << "the answer it was given then";
  EXPECT_EQ(words("ana"), "seen;first;");
  EXPECT_EQ(counted("bridgework_commit_conflicts_total{"), conflicts + 1);
  EXPECT_EQ(answers("answered_before"), 1);
}

TEST_F(EngineInFlightTest, ARecordTakenForAbsentIsLoadedWhenItIsThere) {
  arrives();
  group.services["words"].lanes[lane_of("eve")].records["eve"] = "before;";
  const auto told = answered("eve born", "e1");
  EXPECT_EQ(told.body, "before;born;") << "and not as if it had been the first";
  EXPECT_EQ(words("eve"), "before;born;");
  EXPECT_EQ(counted("bridgework_commit_conflicts_total{"), 1);
  answered("fay born", "f1");
  EXPECT_EQ(words("fay"), "born;");
  EXPECT_EQ(counted("bridgework_commit_conflicts_total{"), 1) << "new ones cost nothing";
}

TEST_F(EngineInFlightTest, ADeadlineThatPassesMeanwhileIsHeeded) {
  command("cleo late", "c1", now + 100ms);  // whose record must be asked for
  command("dan late", "d1", now + 100ms);
  run();
  const int decided = handler.decisions;
  now += 200ms;
  arrives();
  ASSERT_EQ(replies.size(), 5u);
  EXPECT_EQ(replies[2].outcome, Outcome::kDone);
  EXPECT_EQ(replies[3].outcome, Outcome::kExpired);
  EXPECT_EQ(replies[4].outcome, Outcome::kExpired);
  EXPECT_EQ(handler.decisions, decided);
  EXPECT_EQ(words("cleo"), "");
  EXPECT_EQ(words("dan"), "");
}

TEST_F(EngineInFlightTest, WhatMovedMeanwhileIsDecidedAgain) {
  // The same key through another owner, as after a fence that came back.
  group.services["words"].replies["test:0000000000000001:a1"] = {"other", 9, ""};
  arrives();
  EXPECT_EQ(replies.back().outcome, Outcome::kKeyReused);
  EXPECT_EQ(words("ana"), "seen;");
  EXPECT_EQ(counted("bridgework_commit_conflicts_total{"), 1);
  EXPECT_EQ(answers("key_reused"), 1);

  event("bob", "told");
  store_answers = false;
  fetch();
  ASSERT_TRUE(engine->committing());
  auto& lane = group.services["words"].lanes[lane_of("bob")];
  lane.checkpoint = group.head();
  arrives();
  EXPECT_EQ(words("bob"), "seen;") << "somebody else has handled it";
  EXPECT_EQ(counted("bridgework_commit_conflicts_total{"), 2);
  EXPECT_EQ(engine->not_ready(), std::nullopt);
}

TEST_F(EngineInFlightTest, AnUnknownOutcomeIsSettledOnce) {
  for (const auto kind : {sim::MemoryStore::Mishap::kLostBefore, sim::MemoryStore::Mishap::kLostAfter}) {
    const std::string name = std::to_string(static_cast<int>(kind));
    store_answers = false;
    command("ana " + name, name);
    run();
    command("bob " + name, name + "b");
    run();
    mishap = kind;
    arrives();
    now += 5s;
    run();
  }
  EXPECT_EQ(words("ana"), "seen;first;1;2;");
  EXPECT_EQ(words("bob"), "seen;1;2;");
  EXPECT_EQ(replies.size(), 7u);
}

TEST_F(EngineInFlightTest, ALostFenceIsSaidAndNothingWritten) {
  command("ana second", "a2");
  ++group.services["words"].lanes[lane_of("ana")].fence;
  store_answers = true;
  engine->turn();
  ASSERT_EQ(replies.size(), 4u);
  EXPECT_EQ(replies[2].outcome, Outcome::kNotOwner);
  EXPECT_EQ(replies[3].outcome, Outcome::kNotOwner);
  EXPECT_EQ(words("ana"), "seen;");
  EXPECT_EQ(counted("bridgework_fence_lost_total{"), 1);
  EXPECT_EQ(answers("not_owner"), 2);
}

TEST_F(EngineInFlightTest, WhoLeavesWaitsForItAndForWhatCameAfter) {
  engine->leave();
  EXPECT_EQ(words("ana"), "seen;first;");
  EXPECT_EQ(replies.back().outcome, Outcome::kDone);
}

TEST_F(EngineTest, StopsWhereTheLogNoLongerHasWhatItNeeds) {
  event("ana", "one");
  fetch();
  const auto checkpoint = group.services["words"].lanes[lane_of("ana")].checkpoint;
  messages::FetchReply reply;
  reply.outcome = messages::FetchOutcome::kTruncated;
  reply.incarnation = group.incarnation;
  reply.first = 50;
  reply.head = reply.next = 60;
  engine->deliver(engine->want()->after, reply);
  now += 5s;
  run();
  ASSERT_TRUE(engine->not_ready());
  EXPECT_NE(engine->not_ready()->find("the log begins at 50"), std::string::npos) << *engine->not_ready();
  EXPECT_FALSE(engine->want());
  for (const auto& lane : group.services["words"].lanes) EXPECT_LE(lane.checkpoint, checkpoint);
  EXPECT_EQ(counted("bridgework_truncated_total{"), 1);
  EXPECT_EQ(answered("bob hello", "k1").outcome, Outcome::kDone) << "commands need nothing of it";
}

TEST_F(EngineTest, ForgetsWhatANewIncarnationMayNotHaveAndGoesOnFromItsCheckpoint) {
  event("ana", "one");
  fetch();
  now += 2s;
  run();  // every lane has it behind it
  const auto diverge = [&] {
    messages::FetchReply reply;
    reply.outcome = messages::FetchOutcome::kDiverged;
    reply.incarnation = group.incarnation;
    reply.first_of_incarnation = group.incarnation_start;
    reply.next = 99;
    engine->deliver(engine->want()->after, reply);
  };
  // Two were seen that the log has lost, and one of them stands there anew.
  event("ana", "lost");
  event("ana", "lost");
  deliver_new();
  group.log.resize(1);
  group.incarnation = "2.00000000";
  group.incarnation_start = 2;
  diverge();
  EXPECT_FALSE(engine->want()) << "nothing before the lanes are read anew";
  now += 1s;
  run();
  EXPECT_EQ(words("ana"), "one;");
  ASSERT_TRUE(engine->want());
  EXPECT_EQ(engine->want()->after, 1u);
  EXPECT_EQ(engine->want()->incarnation, "2.00000000");
  EXPECT_EQ(counted("bridgework_diverged_total{"), 1);
  event("ana", "two");
  fetch();
  EXPECT_EQ(words("ana"), "one;two;");

  // What is committed cannot be forgotten.
  group.log.resize(1);
  diverge();
  now += 1s;
  run();
  ASSERT_TRUE(engine->not_ready());
  EXPECT_NE(engine->not_ready()->find("beyond the head"), std::string::npos) << *engine->not_ready();
  EXPECT_EQ(words("ana"), "one;two;");
}

TEST_F(EngineInFlightTest, ALogThatLostItsEndIsHeededAfterIt) {
  messages::FetchReply reply;
  reply.outcome = messages::FetchOutcome::kDiverged;
  reply.incarnation = "2.00000000";
  reply.first_of_incarnation = 1;
  ASSERT_TRUE(engine->want());
  engine->deliver(engine->want()->after, reply);
  EXPECT_FALSE(engine->committing());
  EXPECT_EQ(words("ana"), "seen;first;");
}

TEST_F(EngineTest, NoLaneWaitsForEverBehindOthersThatFillEachCommit) {
  options.events_per_commit_max = 4;
  restart();
  auto entities = entities_of_lanes(16);
  std::sort(entities.begin(), entities.end(), [](const auto& a, const auto& b) { return lane_of(a) < lane_of(b); });
  for (const auto& entity : entities) answered(entity + " seen", entity);
  // All but the last lane always have more than there is room for.
  command(entities.back() + " at-last", "last");
  std::size_t turns = 0;
  for (; words(entities.back()) == "seen;" && turns < 50; ++turns) {
    for (std::size_t i = 0; i + 1 < entities.size(); ++i) {
      command(entities[i] + " more", std::to_string(turns) + "-" + std::to_string(i));
    }
    engine->turn();
  }
  EXPECT_LT(turns, entities.size()) << "every lane before it may have had its turn, and none two";
}

TEST_F(EngineTest, AppliesEachEventOnceAcrossARestart) {
  event("ana", "one");
  event("ana", "two");
  fetch();
  restart();
  fetch();
  EXPECT_EQ(words("ana"), "one;two;");
}

TEST_F(EngineTest, EventsAloneShareACommitAndACommandTakesThemAlong) {
  event("ana", "one");
  fetch_and_hold();
  EXPECT_EQ(words("ana"), "one;") << "after a silence the first is committed at once";
  event("ana", "two");
  fetch_and_hold();
  event("ana", "three");
  event("bob", "one");
  fetch_and_hold();
  EXPECT_EQ(words("ana"), "one;");
  EXPECT_LE(engine->idle_for(), options.event_commit_every);
  now += options.event_commit_every;
  run();
  EXPECT_EQ(words("ana"), "one;two;three;");
  EXPECT_EQ(words("bob"), "one;");
  event("ana", "four");
  fetch_and_hold();
  EXPECT_EQ(words("ana"), "one;two;three;");
  EXPECT_EQ(answered("ana five", "k").body, "one;two;three;four;five;");
  EXPECT_EQ(words("ana"), "one;two;three;four;five;");
}

TEST_F(EngineTest, WhatIsHeldBackIsCommittedWhenTheProcessLeaves) {
  event("ana", "one");
  fetch_and_hold();
  event("ana", "two");
  fetch_and_hold();
  engine->leave();
  EXPECT_EQ(words("ana"), "one;two;");
}

TEST_F(EngineTest, WhatIsHeldBackWhenTouchIsLostIsDecidedAgainOnce) {
  event("ana", "one");
  fetch_and_hold();
  event("ana", "two");
  fetch_and_hold();
  mishap = sim::MemoryStore::Mishap::kLostBefore;
  command("bob hello", "k");
  run();
  now += 5s;
  run();
  EXPECT_EQ(words("ana"), "one;");
  EXPECT_EQ(words("bob"), "hello;");
  fetch();
  EXPECT_EQ(words("ana"), "one;two;");
}

TEST_F(EngineTest, AFullCacheKeepsWhatIsDecidedAndNotCommitted) {
  options.records_cached_max = 2;
  restart();
  event("ana", "one");
  fetch_and_hold();
  for (const char* word : {"two", "three"}) {
    for (const char* who : {"ana", "bob", "cyd", "dan"}) event(who, word);
    fetch_and_hold();
  }
  // Out of use for long, and still nowhere else.
  for (int i = 0; i < 4; ++i) {
    event("bob", "on");
    event("cyd", "on");
    fetch_and_hold();
  }
  event("ana", "four");
  fetch_and_hold();
  now += 1s;
  run();
  EXPECT_EQ(words("ana"), "one;two;three;four;");
  EXPECT_EQ(words("dan"), "two;three;");
}

TEST_F(EngineTest, ParksWhatCannotBeHandledAndWhatFollowsItInOrderWhileOthersFlow) {
  event("ana", "one");
  event("ana", "poison");
  event("ana", "three");
  event("bob", "one");
  fetch();
  EXPECT_EQ(words("ana"), "one;");
  EXPECT_EQ(words("bob"), "one;");
  EXPECT_EQ(parked("ana"), 2u);
  EXPECT_EQ(counted("bridgework_parked_total{"), 2);
  EXPECT_EQ(counted("bridgework_malformed_total{"), 1);
  // A restart forgets nothing of it.
  restart();
  event("ana", "four");
  fetch();
  EXPECT_EQ(parked("ana"), 3u);
  EXPECT_EQ(words("ana"), "one;");
}

TEST_F(EngineTest, RetriesParkedMessagesInTheirOrder) {
  event("ana", "poison");
  event("ana", "two");
  fetch();
  retry_parked("r1");
  run();
  EXPECT_EQ(parked("ana"), 2u) << "still poison: both stay";
  handler.cured = true;
  retry_parked("r2");
  run();
  EXPECT_EQ(parked("ana"), 0u);
  EXPECT_EQ(words("ana"), "poison;two;");
  event("ana", "three");
  fetch();
  EXPECT_EQ(words("ana"), "poison;two;three;");
}

TEST_F(EngineTest, WhatArrivesWhileParkedMessagesAreRetriedKeepsItsPlace) {
  event("ana", "poison");
  event("ana", "two");
  fetch();
  retry_parked("r1");
  event("ana", "three");
  deliver_new();
  run();
  EXPECT_EQ(parked("ana"), 3u) << "still poison: what is new follows it";
  EXPECT_EQ(words("ana"), "");
  handler.cured = true;
  retry_parked("r2");
  event("ana", "four");
  deliver_new();
  run();
  EXPECT_EQ(parked("ana"), 0u);
  EXPECT_EQ(words("ana"), "poison;two;three;four;");
}

TEST_F(EngineTest, WhatIsParkedInTheTurnOfARetryIsRetriedToo) {
  event("ana", "poison");
  fetch();
  handler.cured = true;
  event("ana", "two");
  deliver_new();
  retry_parked("r1");
  run();
  EXPECT_EQ(parked("ana"), 0u);
  EXPECT_EQ(words("ana"), "poison;two;");
}

TEST_F(EngineTest, TwoRetriesInOneTurnHandleAParkedMessageOnce) {
  event("ana", "poison");
  fetch();
  handler.cured = true;
  retry_parked("r1");
  retry_parked("r2");
  run();
  EXPECT_EQ(words("ana"), "poison;");
  event("ana", "two");
  fetch();
  EXPECT_EQ(words("ana"), "poison;two;") << "nothing is thought to be parked any more";
}

TEST_F(EngineTest, WhatGoesToEveryLaneIsParkedAndRetriedInEachOfThem) {
  const auto parked_in = [&](Lane lane) { return group.services["words"].lanes[lane].parked.size(); };
  options.parks_per_minute_max = 2 * kLaneCount;
  restart();
  event("rules", "poison", kRule);
  fetch();
  for (Lane lane = 0; lane < kLaneCount; ++lane) EXPECT_EQ(parked_in(lane), 1u) << lane;
  handler.cured = true;
  for (Lane lane = 0; lane < kLaneCount; ++lane) {
    messages::Request request;
    request.type_id = messages::RetryParked::kTypeId;
    request.body = encode(messages::RetryParked{.entity = "*", .lane = lane});
    request.principal = "test";
    request.idempotency_key = "retry-" + std::to_string(lane);
    engine->submit({"client", 1}, request);
    run();
    EXPECT_EQ(parked_in(lane), 0u) << lane;
    EXPECT_EQ(group.services["words"].lanes[lane].records["rules"], "poison;");
  }
}

TEST_F(EngineTest, SetsWhatNobodyCanReadAsideInEveryLaneWhileOthersFlow) {
  auto& lanes = group.services["words"].lanes;
  const auto retry_all = [&](const std::string& key) {
    for (Lane lane = 0; lane < kLaneCount; ++lane) {
      messages::Request request;
      request.type_id = messages::RetryParked::kTypeId;
      request.body = encode(messages::RetryParked{.entity = "*", .lane = lane});
      request.principal = "test";
      request.idempotency_key = key + std::to_string(lane);
      engine->submit({"client", 1}, request);
    }
    run();
  };
  options.parks_per_minute_max = 4 * kLaneCount;
  restart();
  event("ana", "one");
  group.log.push_back("no envelope");
  event("ana", "two");
  event("rules", "open", kRule);
  fetch();
  EXPECT_EQ(engine->not_ready(), std::nullopt);
  EXPECT_EQ(words("ana"), "one;two;");
  for (const auto& lane : lanes) {
    ASSERT_EQ(lane.parked.size(), 2u) << "what follows may depend on it";
    EXPECT_EQ(messages::decode_as<messages::Parked>(lane.parked.at("*\n2"))->record, "no envelope");
  }
  EXPECT_EQ(counted("bridgework_parked_total{"), 2 * kLaneCount);
  EXPECT_EQ(counted("bridgework_malformed_total{"), 1);
  restart();
  retry_all("r1");
  for (const auto& lane : lanes) EXPECT_EQ(lane.parked.size(), 2u) << "it still cannot be read, and what follows it waits";

  // As when a program that can read it has taken over.
  messages::EventRecord record;
  record.type_id = kAdded;
  record.person = "ana";
  record.body = "ana late";
  for (auto& lane : lanes) {
    auto& bytes = lane.parked.at("*\n2");
    auto mended = *messages::decode_as<messages::Parked>(bytes);
    mended.record = encode(record);
    bytes = encode(mended);
  }
  retry_all("r2");
  EXPECT_EQ(words("ana"), "one;two;late;");
  for (Lane lane = 0; lane < kLaneCount; ++lane) {
    EXPECT_TRUE(lanes[lane].parked.empty()) << lane;
    EXPECT_EQ(lanes[lane].records.at("rules"), "open;");
    EXPECT_EQ(lanes[lane].records.contains("ana"), lane == lane_of("ana")) << "only there has it an effect";
  }
}

TEST_F(EngineTest, ParksAnEventUntriedAfterItKilledTheProcessFiveTimes) {
  event("ana", "deadly");
  // Each life counts its try and dies before it can commit.
  for (int life = 0; life < 6; ++life) {
    const auto want = engine->want();
    ASSERT_TRUE(want);
    if (life < 5) {
      ASSERT_TRUE(store.count_attempt(InstanceInfo{"one-" + std::to_string(starts), "", "", 0, 0}, lane_of("ana"), want->after));
      restart();
    }
  }
  const int before = handler.decisions;
  fetch();
  EXPECT_EQ(parked("ana"), 1u);
  EXPECT_EQ(handler.decisions, before) << "it is not tried again";
  EXPECT_EQ(words("ana"), "");
}

TEST_F(EngineTest, AnExceptionOutOfAHandlerEndsTheProcessAndCostsOneMessageNotTheService) {
  event("ana", "one");
  event("ana", "deadly");
  event("ana", "three");
  event("bob", "one");
  std::uint64_t lives = 0;
  for (bool dies = true; dies; ++lives) {
    ASSERT_LE(lives, options.attempts_max + 1);
    dies = false;
    try {
      for (int i = 0; i < 10; ++i) {
        deliver_new();
        run();
        now += options.event_commit_every;
      }
    } catch (const std::runtime_error&) {
      dies = true;
      restart();
    }
  }
  EXPECT_EQ(lives, options.attempts_max + 2) << "the first death is put down to all that was taken together";
  EXPECT_EQ(parked("ana"), 2u);
  EXPECT_EQ(words("ana"), "one;");
  EXPECT_EQ(words("bob"), "one;") << "others flow";
}

TEST_F(EngineTest, CountsNothingAgainstAnEventWhenALaneOnlyChangesHands) {
  event("ana", "slow");
  const auto want = engine->want();
  for (int i = 0; i < 20; ++i) {
    // The other process lives on.
    ASSERT_TRUE(store.tick(InstanceInfo{"other", "", "", 0, 0}, 1h, Store::Fences::kKeep));
    ASSERT_TRUE(store.count_attempt(InstanceInfo{"other", "", "", 0, 0}, lane_of("ana"), want->after));
    ASSERT_TRUE(store.count_attempt(InstanceInfo{"one-" + std::to_string(starts), "", "", 0, 0}, lane_of("ana"), want->after));
  }
  EXPECT_EQ(*store.count_attempt(InstanceInfo{"one-" + std::to_string(starts), "", "", 0, 0}, lane_of("ana"), want->after), 1u);
}

TEST_F(EngineTest, StopsInsteadOfDrainingTheLogIntoTheParkingLot) {
  for (std::size_t i = 0; i < options.parks_per_minute_max + 2; ++i) event("p" + std::to_string(i), "poison");
  fetch();
  EXPECT_TRUE(engine->not_ready());
  EXPECT_FALSE(engine->want()) << "nothing more is fetched";
}

TEST_F(EngineInFlightTest, FetchesNoMoreWhileTooManyMessagesAreBeingParked) {
  store_answers = true;
  run();
  for (int i = 0; i <= static_cast<int>(options.parks_per_minute_max); ++i) event("e" + std::to_string(i), "poison");
  store_answers = false;
  fetch();
  EXPECT_TRUE(engine->committing());
  EXPECT_FALSE(engine->want());
  // Had the commit failed, they would be fetched again.
  mishap = sim::MemoryStore::Mishap::kLostBefore;
  arrives();
  now += 5s;
  run();
  EXPECT_TRUE(engine->want());
}

TEST_F(EngineTest, FiresATimerAtItsTimeAndOnce) {
  answered("ana later", "k1");
  now += 59min;
  run();
  EXPECT_EQ(words("ana"), "later;");
  now += 2min;
  run();
  EXPECT_EQ(words("ana"), "later;fired;");
  now += 2h;
  run();
  EXPECT_EQ(words("ana"), "later;fired;");
}

TEST_F(EngineTest, ATimerCancelledInTheTurnInWhichItIsDueHasNoEffect) {
  answered("ana later", "k1");
  now += 2h;
  command("ana now", "k2");
  run();
  EXPECT_EQ(words("ana"), "later;now;");
}

TEST_F(EngineTest, LeavesATimerOutThatWouldBeHarmWhenLate) {
  answered("ana stale", "k1");
  now += 2h;
  run();
  EXPECT_EQ(words("ana"), "stale;");
  EXPECT_EQ(counted("bridgework_timers_total{outcome=\"too_late\""), 1);
  EXPECT_EQ(counted("bridgework_timers_total{outcome=\"fired\""), 0);
  EXPECT_TRUE(group.services["words"].lanes[lane_of("ana")].timers.empty());
}

TEST_F(EngineTest, PacesOverdueTimersAndLetsACommandThrough) {
  constexpr std::size_t kTimers = 100'000, kPerLaneAndTurn = 64;
  auto& lanes = group.services["words"].lanes;
  for (std::size_t i = 0; i < kTimers; ++i) {
    const bool harm_when_late = i / kLaneCount % 2 == 0;
    const std::string entity = (harm_when_late ? "stale" : "t") + std::to_string(i);
    messages::StoredTimer timer;
    timer.generation = 1;
    timer.type_id = kLater;
    timer.entity = timer.name = entity;
    timer.due = now + 30min;
    timer.skip_if_older_than_seconds = harm_when_late ? 60 : 0;
    timer.body = entity + " fired";
    lanes[i % kLaneCount].timers[entity] = {timer.due, encode(timer)};
  }
  now += 2h;
  std::size_t turns = 0, left = kTimers;
  const auto turn = [&] {
    std::array<std::size_t, kLaneCount> before{};
    for (std::size_t lane = 0; lane < kLaneCount; ++lane) before[lane] = lanes[lane].timers.size();
    engine->turn();
    ++turns;
    left = 0;
    for (std::size_t lane = 0; lane < kLaneCount; ++lane) {
      ASSERT_LE(before[lane], lanes[lane].timers.size() + kPerLaneAndTurn);
      left += lanes[lane].timers.size();
    }
  };
  for (int i = 0; i < 3; ++i) turn();
  EXPECT_LT(left, kTimers);
  const std::size_t asked_in = turns;
  command("ana hello", "k1");
  while (replies.empty() && turns < asked_in + 40) turn();
  ASSERT_EQ(replies.size(), 1u);
  EXPECT_LE(turns, asked_in + 5) << "it waits for what was taken before it, not for what is overdue";
  EXPECT_GT(left, kTimers / 2);
  while (left > 0 && turns < 200) turn();
  EXPECT_EQ(left, 0u);
  const auto fired = [&](const char* begin) {
    std::size_t n = 0;
    for (const auto& lane : lanes) {
      n += static_cast<std::size_t>(std::count_if(lane.records.begin(), lane.records.end(), [&](const auto& record) {
        return record.first.starts_with(begin) && record.second == "fired;";
      }));
    }
    return n;
  };
  EXPECT_EQ(fired("t"), static_cast<std::size_t>(counted("bridgework_timers_total{outcome=\"fired\"")));
  EXPECT_EQ(fired("stale"), 0u);
  EXPECT_EQ(fired("t") + static_cast<std::size_t>(counted("bridgework_timers_total{outcome=\"too_late\"")), kTimers);
}

TEST_F(EngineTest, ClaimsFewEffectsAtATimeAndHoldsUpNothingMeanwhile) {
  options.effects_out_max = 4;
  restart();
  for (int i = 0; i < 10; ++i) command("e" + std::to_string(i % 5) + " send", "k" + std::to_string(i));
  run();
  EXPECT_EQ(replies.size(), 10u);
  ASSERT_EQ(performed.size(), 4u);
  EXPECT_EQ(engine->effects_out(), 4u);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(answered("e" + std::to_string(i) + " hello", "h" + std::to_string(i)).outcome, Outcome::kDone);
  engine->effect_done(performed[0].first, performed[0].second, {kAdd, "e0 sent"});
  run();
  EXPECT_EQ(performed.size(), 5u);
  engine->effect_given_up(performed[1].first, performed[1].second);
  run();
  EXPECT_EQ(performed.size(), 6u);

  // Only what was claimed is uncertain after a death; what waited is performed.
  restart();
  EXPECT_EQ(counted("bridgework_effects_uncertain_total{"), 5);
  for (std::size_t next = 6; next < performed.size(); ++next) {
    engine->effect_done(performed[next].first, performed[next].second, {kAdd, "e0 sent"});
    run();
  }
  EXPECT_EQ(performed.size(), 10u);
  EXPECT_EQ((std::set<std::pair<Lane, std::string>>(performed.begin(), performed.end()).size()), 10u);
  EXPECT_EQ(engine->effects_out(), 0u);
}

TEST_F(EngineTest, FetchesNothingMoreWhileEnoughEventsWait) {
  options.event_items_max = 3;
  restart();
  for (const char* who : {"ana", "bob", "cyd"}) event(who, "one");
  deliver_new();
  EXPECT_FALSE(engine->want());
  run();
  EXPECT_TRUE(engine->want());
}

TEST_F(EngineTest, HaltsALaneWhoseCheckpointIsBeyondTheLog) {
  group.services["words"].lanes[lane_of("ana")].checkpoint = 99;
  restart();
  ASSERT_TRUE(engine->not_ready());
  EXPECT_NE(engine->not_ready()->find("beyond the head"), std::string::npos);
}

/// The same loop on a real Redis.
class EngineOnRedisTest : public EngineTest {
 protected:
  EngineOnRedisTest() {
    engine = std::make_unique<Engine>(
        handler, redis_store, *this, *metrics, InstanceInfo{"on-redis", "", "", 0, 0}, options, [this] { return now; },
        [this] { return std::chrono::steady_clock::time_point(now.time_since_epoch()); }, [] { return 0us; });
    turns_until([this] { return engine->lanes_owned() == kLaneCount; });
  }
  ~EngineOnRedisTest() override { engine.reset(); }

  bool turns_until(const std::function<bool()>& done) {
    for (int i = 0; i < 2'000 && !done(); ++i) {
      engine->turn();
      now += 10ms;
    }
    return done();
  }
  bool answers_come(std::size_t count) {
    return turns_until([&] { return replies.size() >= count; });
  }

  const Keys keys{"g", "words"};
  support::RedisServer server;
  Redis redis{server.options()};
  RedisStore redis_store{Redis(server.options()), keys};
};

TEST_F(EngineOnRedisTest, WhatRedisWillNotTakeForAWhileIsDoneOnceAndNeverParked) {
  command("ana one", "k1");
  ASSERT_TRUE(answers_come(1));
  ASSERT_TRUE(redis.run({"SCRIPT", "FLUSH"}));
  command("ana two", "k2");
  ASSERT_TRUE(answers_come(2));
  EXPECT_EQ(replies.back().body, "one;two;");
  EXPECT_EQ(counted("bridgework_store_faults_total{"), 1);

  ASSERT_TRUE(redis.run({"CONFIG", "SET", "maxmemory", "1"}));
  command("ana three", "k3");
  event("bob", "one");
  ASSERT_TRUE(engine->want());
  deliver_new();
  EXPECT_FALSE(turns_until([this] { return replies.size() > 2; }));
  EXPECT_NE(engine->not_ready().value_or("").find("OOM"), std::string::npos);
  ASSERT_TRUE(redis.run({"CONFIG", "SET", "maxmemory", "0"}));
  ASSERT_TRUE(answers_come(3));
  EXPECT_EQ(replies.back().body, "one;two;three;");
  EXPECT_EQ(engine->not_ready(), std::nullopt);
  EXPECT_EQ(support::log_in(redis, keys).size(), 3u);
  EXPECT_EQ(counted("bridgework_parked_total{"), 0);
}

TEST_F(EngineTest, GivesItsLanesBackWhenItLeaves) {
  engine->leave();
  EXPECT_EQ(engine->lanes_owned(), 0u);
  const auto other = store.tick(InstanceInfo{"other", "", "", 0, 0}, 10s, Store::Fences::kKeep);
  EXPECT_EQ(other->owned.size(), kLaneCount) << "at once, without waiting for a lease to end";
}

}  // namespace
}  // namespace bridgework::runtime
