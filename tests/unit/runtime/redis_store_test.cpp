// The store on a real Redis, and beside it the model the simulator uses: the same calls, the same answers.

#include "runtime/redis_store.hpp"

#include <random>
#include <thread>

#include <gtest/gtest.h>

#include "runtime/admin.hpp"
#include "sim/memory_store.hpp"
#include "support/log_in_redis.hpp"
#include "support/redis_server.hpp"

namespace bridgework::runtime {
namespace {

using namespace std::chrono_literals;
using support::RedisServer;

const Keys kKeys{"g", "svc"};
const InstanceInfo kSelf{"one", "ipc://c", "ipc://q", 1, 2};
const InstanceInfo kOther{"two", "ipc://c2", "ipc://q2", 3, 4};

Unit unit_of(const LaneTick& tick, Lane lane) {
  Unit unit;
  unit.lane = lane;
  for (const auto& owned : tick.owned) {
    if (owned.lane == lane) unit.fence = owned.fence;
  }
  return unit;
}

class RedisStoreTest : public ::testing::Test {
 protected:
  RedisStore store() { return RedisStore(Redis(server.options()), kKeys); }
  RedisServer server;
};

TEST_F(RedisStoreTest, GivesAllLanesToTheOnlyInstance) {
  auto one = store();
  const auto tick = one.tick(kSelf, 10s, Store::Fences::kKeep);
  ASSERT_TRUE(tick) << tick.error().what;
  EXPECT_EQ(tick->owned.size(), kLaneCount);
  EXPECT_EQ(tick->head, 0u);
  EXPECT_FALSE(tick->incarnation.empty());
}

TEST_F(RedisStoreTest, CommitsEverythingTogetherAndNumbersEventsDensely) {
  auto one = store();
  const auto tick = *one.tick(kSelf, 10s, Store::Fences::kKeep);
  Unit unit = unit_of(tick, 3);
  unit.records = {{"A/1", std::string("\0\1", 2)}, {"A/2", "x"}, {"A/2", "y"}};
  unit.events = {"first", "second"};
  unit.checkpoint = Unit::Checkpoint{0, 7};
  unit.timers = {{"later", Instant(5s), "body"}};
  unit.idempotency = {{"p:t:k", "hash", "reply with spaces"}};
  const auto results = one.commit(tick.incarnation, {unit});
  ASSERT_TRUE(results) << results.error().what;
  EXPECT_EQ(results->front().outcome, UnitOutcome::kDone);
  EXPECT_EQ(results->front().last_sequence, 2u);
  const auto loaded = *one.load({{3, "A/1"}, {3, "A/2"}, {3, "A/3"}, {4, "A/1"}});
  EXPECT_EQ(loaded[0], std::string("\0\1", 2));
  EXPECT_EQ(loaded[1], "y") << "the last write of a turn wins";
  EXPECT_FALSE(loaded[2]);
  EXPECT_FALSE(loaded[3]);
  const auto looked = *one.look_up({"p:t:k", "p:t:other"}, {{3, "A/2"}, {4, "A/2"}});
  EXPECT_EQ(looked.records[0], "y");
  EXPECT_FALSE(looked.records[1]);
  const auto& replies = looked.replies;
  ASSERT_TRUE(replies[0]);
  EXPECT_EQ(replies[0]->reply, "reply with spaces");
  EXPECT_EQ(replies[0]->sequence, 2u);
  EXPECT_FALSE(replies[1]);
  const auto due = *one.due({3}, 10, 0us);
  ASSERT_EQ(due.due.size(), 1u);
  EXPECT_EQ(due.due[0].body, "body");
  Redis redis(server.options());
  const auto log = *redis.run({"XRANGE", kKeys.log(), "-", "+"});
  ASSERT_EQ(log.items.size(), 1u) << "what was committed together is one entry";
  EXPECT_EQ(support::log_in(redis, kKeys), (std::vector<std::string>{"first", "second"}));
}

TEST_F(RedisStoreTest, EventsOfOneCallShareEntriesOfBoundedSize) {
  auto one = store();
  const auto tick = *one.tick(kSelf, 10s, Store::Fences::kKeep);
  std::vector<Unit> units;
  std::vector<std::string> all;
  for (Lane lane = 0; lane < 8; ++lane) {
    Unit& unit = units.emplace_back(unit_of(tick, lane));
    for (std::size_t i = 0; i < 20; ++i) unit.events.push_back(std::string(i * 100, static_cast<char>('a' + lane)));
    if (lane == 5) unit.fence += 1;
    else all.insert(all.end(), unit.events.begin(), unit.events.end());
  }
  units[3].events.insert(units[3].events.begin(), std::string(3 * kLogEntryBytesMax, 'x'));
  all.insert(all.begin() + 60, units[3].events.front());
  const auto results = *one.commit(tick.incarnation, units);
  EXPECT_EQ(results[3].last_sequence, 81u);
  EXPECT_EQ(results[5].outcome, UnitOutcome::kFenced);
  EXPECT_EQ(results[7].last_sequence, 141u);
  Redis redis(server.options());
  EXPECT_EQ(support::log_in(redis, kKeys), all);
  const auto entries = *redis.run({"XRANGE", kKeys.log(), "-", "+"});
  EXPECT_LT(entries.items.size(), 20u);
  std::size_t large = 0;
  for (const auto& entry : entries.items) large += entry.items[1].items[1].text.size() > kLogEntryBytesMax ? 1 : 0;
  EXPECT_LE(large, 1u) << "a single event may be larger";
  units[0].events = {"next"};
  EXPECT_EQ((*one.commit(tick.incarnation, {units[0]})).front().last_sequence, 142u);
}

TEST_F(RedisStoreTest, CountsOnWhereLuaWritesNumbersAsPowers) {
  auto one = store();
  const auto tick = *one.tick(kSelf, 10s, Store::Fences::kKeep);
  Redis redis(server.options());
  ASSERT_TRUE(redis.run({"HSET", kKeys.meta(), "head", "99999999999998"}));
  ASSERT_TRUE(redis.run({"XADD", kKeys.log(), "0-99999999999998", "e", "long ago"}));
  Unit unit = unit_of(tick, 3);
  unit.events = {"a", "b", "c"};
  EXPECT_EQ((*one.commit(tick.incarnation, {unit})).front().last_sequence, 100000000000001u);
  EXPECT_EQ((*one.commit(tick.incarnation, {unit})).front().last_sequence, 100000000000004u);
  EXPECT_EQ(one.tick(kSelf, 10s, Store::Fences::kKeep)->head, 100000000000004u);
}

TEST(LogEntry, IsReadAsItWasWritten) {
  std::string entry;
  const std::vector<std::string> events{"one", "", std::string(70'000, 'y'), std::string("\0\xff", 2)};
  for (const auto& event : events) append_event(entry, event);
  const auto read = events_of_entry(entry);
  ASSERT_TRUE(read);
  EXPECT_EQ(std::vector<std::string>(read->begin(), read->end()), events);
  EXPECT_FALSE(events_of_entry(""));
  for (const std::size_t cut : {1u, 3u, 6u, 8u}) EXPECT_FALSE(events_of_entry(std::string_view(entry).substr(0, cut)));
  EXPECT_FALSE(events_of_entry("\xff\xff\xff\xff rest"));
}

TEST_F(RedisStoreTest, RefusesAnOldFenceAndChangesNothing) {
  auto one = store(), two = store();
  const auto before = *one.tick(kSelf, 1ms, Store::Fences::kKeep);
  // The lease is over when the next one asks.
  Redis redis(server.options());
  while (two.tick(kOther, 10s, Store::Fences::kKeep)->owned.size() < kLaneCount) {
  }
  Unit unit = unit_of(before, 3);
  unit.events = {"from a zombie"};
  unit.records = {{"A/1", "x"}};
  const auto results = *one.commit(before.incarnation, {unit});
  EXPECT_EQ(results.front().outcome, UnitOutcome::kFenced);
  EXPECT_FALSE((*two.load({{3, "A/1"}}))[0]);
  EXPECT_EQ(redis.run({"XLEN", kKeys.log()})->integer, 0);
}

TEST_F(RedisStoreTest, ACommitStillOnItsWayNeverArrivesOnceFencesWereRaised) {
  auto one = store();
  const auto before = *one.tick(kSelf, 10s, Store::Fences::kKeep);
  const auto after = *one.tick(kSelf, 10s, Store::Fences::kRaise);
  ASSERT_EQ(after.owned.size(), kLaneCount);
  Unit late = unit_of(before, 3), now = unit_of(after, 3);
  late.events = now.events = {"e"};
  EXPECT_EQ((*one.commit(before.incarnation, {late})).front().outcome, UnitOutcome::kFenced);
  EXPECT_EQ((*one.commit(after.incarnation, {now})).front().outcome, UnitOutcome::kDone);
}

TEST_F(RedisStoreTest, AnotherUnitOfTheSameCallGoesThrough) {
  auto one = store();
  const auto tick = *one.tick(kSelf, 10s, Store::Fences::kKeep);
  Unit good = unit_of(tick, 3), bad = unit_of(tick, 4);
  bad.fence += 1;
  good.events = bad.events = {"e"};
  const auto results = *one.commit(tick.incarnation, {bad, good});
  EXPECT_EQ(results[0].outcome, UnitOutcome::kFenced);
  EXPECT_EQ(results[1].outcome, UnitOutcome::kDone);
  EXPECT_EQ(results[1].last_sequence, 1u);
}

TEST_F(RedisStoreTest, ChecksKeyTypesBeforeItsFirstWrite) {
  auto one = store();
  const auto tick = *one.tick(kSelf, 10s, Store::Fences::kKeep);
  Redis redis(server.options());
  ASSERT_TRUE(redis.run({"SET", kKeys.index("list"), "no zset"}));
  Unit unit = unit_of(tick, 3);
  unit.events = {"e"};
  unit.records = {{"A/1", "x"}};
  unit.indexes = {{"list", "member", 1, false}};
  EXPECT_EQ((*one.commit(tick.incarnation, {unit})).front().outcome, UnitOutcome::kLogBroken);
  EXPECT_EQ(redis.run({"XLEN", kKeys.log()})->integer, 0);
  EXPECT_FALSE((*one.load({{3, "A/1"}}))[0]);
}

TEST_F(RedisStoreTest, StopsWhenTheLogAndItsHeadDisagree) {
  auto one = store();
  const auto tick = *one.tick(kSelf, 10s, Store::Fences::kKeep);
  Redis redis(server.options());
  ASSERT_TRUE(redis.run({"XADD", kKeys.log(), "0-5", "e", "by another hand"}));
  Unit unit = unit_of(tick, 3);
  unit.events = {"e"};
  EXPECT_EQ((*one.commit(tick.incarnation, {unit})).front().outcome, UnitOutcome::kLogBroken);
}

TEST_F(RedisStoreTest, WithoutMemoryRefusesACommitWholeAndStillReads) {
  auto one = store();
  const auto tick = *one.tick(kSelf, 10s, Store::Fences::kKeep);
  Unit unit = unit_of(tick, 3);
  unit.records = {{"A/1", "before"}};
  unit.timers = {{"t", Instant(1s), "body"}};
  unit.events = {"first"};
  ASSERT_EQ((*one.commit(tick.incarnation, {unit})).front().outcome, UnitOutcome::kDone);
  Redis redis(server.options());
  ASSERT_TRUE(redis.run({"CONFIG", "SET", "maxmemory", "1"}));
  unit.records = {{"A/1", "after"}};
  unit.timers.clear();
  unit.events = {"second"};
  const auto refused = one.commit(tick.incarnation, {unit});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, FaultKind::kOverloaded) << refused.error().what;
  EXPECT_EQ((*one.load({{3, "A/1"}}))[0], "before");
  EXPECT_EQ(support::log_in(redis, kKeys), std::vector<std::string>{"first"});

  // What frees memory first is let through by Redis, and then all that follows it.
  Unit fires = unit_of(tick, 4), also = unit;
  fires.lane = 3;
  fires.fired = {{"t", "body"}};
  fires.records = unit.records;
  fires.events = unit.events;
  const auto freed = one.commit(tick.incarnation, {fires});
  ASSERT_TRUE(redis.run({"CONFIG", "SET", "maxmemory", "0"}));
  const bool done = freed.has_value();
  EXPECT_EQ((*one.load({{3, "A/1"}}))[0], done ? "after" : "before");
  EXPECT_EQ((*one.due({3}, 10, 0us)).due.size(), done ? 0u : 1u);
  EXPECT_EQ(support::log_in(redis, kKeys).size(), done ? 2u : 1u);

  also.events = {"third"};
  EXPECT_EQ((*one.commit(tick.incarnation, {also})).front().outcome, UnitOutcome::kDone);
  EXPECT_EQ(support::log_in(redis, kKeys).back(), "third");
}

TEST_F(RedisStoreTest, OnAReplicaRefusesACommitUntilItIsAMasterAgain) {
  auto one = store();
  const auto tick = *one.tick(kSelf, 10s, Store::Fences::kKeep);
  Redis redis(server.options());
  ASSERT_TRUE(redis.run({"REPLICAOF", "127.0.0.1", "1"}));
  Unit unit = unit_of(tick, 3);
  unit.events = {"once"};
  const auto refused = one.commit(tick.incarnation, {unit});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, FaultKind::kOverloaded) << refused.error().what;
  ASSERT_TRUE(redis.run({"REPLICAOF", "NO", "ONE"}));
  EXPECT_EQ((*one.commit(tick.incarnation, {unit})).front().outcome, UnitOutcome::kDone);
  EXPECT_EQ(support::log_in(redis, kKeys), std::vector<std::string>{"once"});
}

TEST_F(RedisStoreTest, CommitsOnceThoughRedisForgotItsScripts) {
  auto one = store();
  const auto tick = *one.tick(kSelf, 10s, Store::Fences::kKeep);
  Unit unit = unit_of(tick, 3);
  unit.events = {"first"};
  ASSERT_EQ((*one.commit(tick.incarnation, {unit})).front().outcome, UnitOutcome::kDone);
  Redis redis(server.options());
  ASSERT_TRUE(redis.run({"SCRIPT", "FLUSH"}));
  unit.events = {"second"};
  const auto forgotten = one.commit(tick.incarnation, {unit});
  ASSERT_FALSE(forgotten);
  EXPECT_EQ(forgotten.error().kind, FaultKind::kOverloaded);
  EXPECT_EQ(redis.run({"XLEN", kKeys.log()})->integer, 1);
  EXPECT_EQ((*one.commit(tick.incarnation, {unit})).front().outcome, UnitOutcome::kDone);
  EXPECT_EQ(support::log_in(redis, kKeys), (std::vector<std::string>{"first", "second"}));
}

TEST_F(RedisStoreTest, AnAnswerOutlivesItsPeriodAndIsGoneAfterTwo) {
  RedisStore one(Redis(server.options()), kKeys, 1s);
  const auto tick = *one.tick(kSelf, 10s, Store::Fences::kKeep);
  Redis redis(server.options());
  const auto period = [&] { return std::stoll(redis.run({"TIME"})->items.at(0).text); };
  const auto commit = [&](const std::string& key) {
    Unit unit = unit_of(tick, 3);
    unit.idempotency = {{key, "h", "r"}};
    return (*one.commit(tick.incarnation, {unit})).front().outcome;
  };
  const auto found = [&](const std::string& key) { return (*one.look_up({key}, {})).replies[0].has_value(); };
  // The clock may pass a boundary within any step, so each is told from what it read before and after.
  long long given = 0;
  do {
    given = period();
    ASSERT_EQ(commit("k" + std::to_string(given)), UnitOutcome::kDone);
  } while (period() != given);
  const std::string first = "k" + std::to_string(given), second = "of the next period";
  bool next_begun = false, crossed = false, given_anew = false;
  for (;;) {
    const auto before = period();
    if (before >= given + 2) break;
    if (before == given + 1 && !next_begun) {
      next_begun = true;
      EXPECT_EQ(commit(second), UnitOutcome::kDone);
    }
    const bool there = found(first);
    const auto again = commit(first);
    given_anew = again == UnitOutcome::kDone;
    if (period() >= given + 2) break;
    crossed = crossed || before == given + 1;
    ASSERT_TRUE(there) << "in period " << before - given;
    ASSERT_EQ(again, UnitOutcome::kAlreadyAnswered) << "in period " << before - given;
    std::this_thread::sleep_for(20ms);
  }
  EXPECT_TRUE(crossed);
  const bool second_there = found(second);
  EXPECT_TRUE(second_there || period() > given + 2) << "the other hash keeps what was given later";
  // Redis lets go of it within the millisecond.
  while (!given_anew && found(first)) ASSERT_LT(period(), given + 3);
}

TEST_F(RedisStoreTest, OpensANewIncarnationWhenRedisRestarts) {
  auto one = store();
  const auto before = *one.tick(kSelf, 10s, Store::Fences::kKeep);
  Unit unit = unit_of(before, 3);
  unit.events = {"acknowledged"};
  ASSERT_EQ((*one.commit(before.incarnation, {unit})).front().outcome, UnitOutcome::kDone);
  server.kill();
  server.start();
  unit.events = {"from before"};
  auto results = one.commit(before.incarnation, {unit});
  if (!results) results = one.commit(before.incarnation, {unit});  // the first call finds the link broken
  ASSERT_TRUE(results) << results.error().what;
  EXPECT_EQ(results->front().outcome, UnitOutcome::kFenced);
  const auto after = *one.tick(kSelf, 10s, Store::Fences::kKeep);
  EXPECT_NE(after.incarnation, before.incarnation);
  EXPECT_EQ(after.head, 1u) << "what was acknowledged is there";
}

TEST_F(RedisStoreTest, FiresNoTimerThatWasReplaced) {
  auto one = store();
  const auto tick = *one.tick(kSelf, 10s, Store::Fences::kKeep);
  Unit set = unit_of(tick, 3);
  set.timers = {{"t", Instant(1s), "old"}};
  ASSERT_TRUE(one.commit(tick.incarnation, {set}));
  const auto due = *one.due({3}, 10, 0us);
  set.timers = {{"t", Instant(2s), "new"}};
  ASSERT_TRUE(one.commit(tick.incarnation, {set}));
  Unit fire = unit_of(tick, 3);
  fire.fired = {{"t", due.due.at(0).body}};
  fire.events = {"too late"};
  EXPECT_EQ((*one.commit(tick.incarnation, {fire})).front().outcome, UnitOutcome::kTimerChanged);
  fire.fired = {{"t", "new"}};
  EXPECT_EQ((*one.commit(tick.incarnation, {fire})).front().outcome, UnitOutcome::kDone);
  EXPECT_TRUE((*one.due({3}, 10, 0us)).due.empty());
}

TEST_F(RedisStoreTest, NeverFiresBeforeItsTimeByTheStoresClock) {
  auto one = store();
  const auto tick = *one.tick(kSelf, 10s, Store::Fences::kKeep);
  const Instant now = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  Unit set = unit_of(tick, 3);
  set.timers = {{"soon", now + 1h, "body"}};
  ASSERT_TRUE(one.commit(tick.incarnation, {set}));
  const auto early = *one.due({3}, 10, 0us);
  EXPECT_TRUE(early.due.empty());
  EXPECT_EQ(early.next, now + 1h);
  EXPECT_EQ((*one.due({3}, 10, 2h)).due.size(), 1u);
}

TEST_F(RedisStoreTest, RebuildingForgetsEverythingAndStartsAtTheFirstEvent) {
  auto one = store();
  const auto tick = *one.tick(kSelf, 10s, Store::Fences::kKeep);
  Unit unit = unit_of(tick, 3);
  unit.records = {{"A/1", "x"}};
  unit.indexes = {{"list", "m", 1, false}};
  unit.checkpoint = Unit::Checkpoint{0, 9};
  unit.events = {"e"};
  ASSERT_TRUE(one.commit(tick.incarnation, {unit}));
  Redis redis(server.options());
  ASSERT_TRUE(rebuild_service(redis, kKeys));
  EXPECT_EQ((*one.commit(tick.incarnation, {unit})).front().outcome, UnitOutcome::kFenced);
  const auto after = *one.tick(kSelf, 10s, Store::Fences::kKeep);
  ASSERT_EQ(after.owned.size(), kLaneCount);
  for (const auto& lane : after.owned) EXPECT_EQ(lane.checkpoint, 0u);
  EXPECT_FALSE((*one.load({{3, "A/1"}}))[0]);
  EXPECT_EQ(redis.run({"EXISTS", kKeys.index("list")})->integer, 0);
  EXPECT_EQ(redis.run({"XLEN", kKeys.log()})->integer, 1) << "the log is not touched";
}

TEST_F(RedisStoreTest, RefusesAServerThatMayLoseAnsweredCommands) {
  Redis redis(server.options());
  EXPECT_TRUE(check_server(redis));
  ASSERT_TRUE(redis.run({"CONFIG", "SET", "appendfsync", "everysec"}));
  const auto refused = check_server(redis);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().what.find("appendfsync"), std::string::npos);
}

/// The simulator proves things about its model of the store; this holds the model to the real one.
TEST_F(RedisStoreTest, AnswersAsTheSimulatorsModelDoes) {
  sim::GroupState group;
  const sim::Guards guards;
  const auto clock = [] { return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now()); };
  sim::MemoryStore model(
      group, "svc", clock, [] { return sim::MemoryStore::Mishap::kNone; }, guards);
  auto real = store();
  const auto real_tick = *real.tick(kSelf, 1h, Store::Fences::kKeep);
  const auto model_tick = *model.tick(kSelf, 1h, Store::Fences::kKeep);
  ASSERT_EQ(real_tick.owned.size(), model_tick.owned.size());

  std::mt19937 random(7);
  const auto below = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  std::map<Lane, std::uint64_t> checkpoint;
  for (int round = 0; round < 600; ++round) {
    std::vector<Unit> units;
    const int lanes = 1 + below(3);
    for (int l = 0; l < lanes; ++l) {
      Unit unit = unit_of(real_tick, static_cast<Lane>(l));
      if (below(20) == 0) unit.fence += 1;
      if (below(3) == 0) unit.checkpoint = Unit::Checkpoint{below(5) == 0 ? 99999u : checkpoint[unit.lane], checkpoint[unit.lane] + 1};
      for (int i = below(3); i > 0; --i)
        unit.records.push_back({"R/" + std::to_string(below(6)), below(4) == 0 ? std::nullopt : std::optional(std::to_string(round))});
      for (int i = below(3); i > 0; --i)
        unit.indexes.push_back(
            {"i" + std::to_string(below(2)), "m" + std::to_string(below(4)), static_cast<double>(below(9)) / 2, below(3) == 0});
      for (int i = below(2); i > 0; --i)
        unit.timers.push_back({"t" + std::to_string(below(4)), Instant(std::chrono::seconds(below(100))),
                               below(4) == 0 ? std::nullopt : std::optional("b" + std::to_string(below(3)))});
      if (below(4) == 0) unit.fired.push_back({"t" + std::to_string(below(4)), "b" + std::to_string(below(3))});
      if (below(3) == 0)
        unit.idempotency.push_back({"k" + std::to_string(below(60)) + "-" + std::to_string(l), "h", "r" + std::to_string(round)});
      for (int i = below(3); i > 0; --i) unit.events.push_back("e" + std::to_string(round) + "." + std::to_string(i));
      units.push_back(std::move(unit));
    }
    const auto r = *real.commit(real_tick.incarnation, units);
    const auto m = *model.commit(model_tick.incarnation, units);
    for (std::size_t u = 0; u < units.size(); ++u) {
      ASSERT_EQ(static_cast<int>(r[u].outcome), static_cast<int>(m[u].outcome)) << "round " << round << " unit " << u;
      ASSERT_EQ(r[u].last_sequence, m[u].last_sequence) << "round " << round << " unit " << u;
      if (r[u].outcome == UnitOutcome::kDone && units[u].checkpoint) checkpoint[units[u].lane] = units[u].checkpoint->next;
    }
  }
  std::vector<RecordKey> keys;
  for (Lane lane = 0; lane < 3; ++lane) {
    for (int i = 0; i < 6; ++i) keys.push_back({lane, "R/" + std::to_string(i)});
  }
  EXPECT_EQ(*real.load(keys), *model.load(keys));
  const auto real_due = *real.due({0, 1, 2}, 100, 0us), model_due = *model.due({0, 1, 2}, 100, 0us);
  ASSERT_EQ(real_due.due.size(), model_due.due.size());
  Redis redis(server.options());
  EXPECT_EQ(support::log_in(redis, kKeys), group.log);
  for (const char* index : {"i0", "i1"}) {
    EXPECT_EQ(static_cast<std::size_t>(redis.run({"ZCARD", kKeys.index(index)})->integer), group.services["svc"].indexes[index].size());
  }
}

}  // namespace
}  // namespace bridgework::runtime
