// deploy/redis/users.acl on a real Redis: each service does its work with its own user, and reaches nothing of the others.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "runtime/admin.hpp"
#include "runtime/redis_store.hpp"
#include "support/redis_server.hpp"

namespace bridgework::runtime {
namespace {

using namespace std::chrono_literals;

const std::vector<std::string> kServices = {"lead_intake", "appointments", "followup", "outreach", "feedback", "journey", "analytics"};

void replace_all(std::string& text, const std::string& what, const std::string& with) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
}

/// The users of the template, every password "secret", and a default user for the test itself.
std::string user_file() {
  std::ostringstream read;
  read << std::ifstream(BRIDGEWORK_SOURCE_DIR "/deploy/redis/users.acl").rdbuf();
  std::string text = read.str();
  replace_all(text, "user default off resetpass", "user default on nopass");
  replace_all(text, "@GROUP@", "g");
  for (const char* name :
       {"BUS", "GATEWAY", "LEAD_INTAKE", "APPOINTMENTS", "FOLLOWUP", "OUTREACH", "FEEDBACK", "JOURNEY", "ANALYTICS", "OPERATOR"}) {
    replace_all(text, "@" + std::string(name) + "@", "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b");
  }
  std::string pattern = (std::filesystem::temp_directory_path() / "bw-acl-XXXXXX").string();
  const int file = ::mkstemp(pattern.data());
  EXPECT_GE(file, 0);
  ::close(file);
  std::ofstream(pattern) << text;
  return pattern;
}

class RedisUsers : public ::testing::Test {
 protected:
  ~RedisUsers() override { std::filesystem::remove(file_); }

  Redis as(const std::string& user, const std::string& password = "secret") const {
    auto options = server_.options();
    options.user = user;
    options.password = password;
    return Redis(options);
  }
  static void expect_denied(Redis& redis, const RedisCommand& command) {
    const auto answer = redis.run(command);
    ASSERT_FALSE(answer) << command[0];
    // For what a script tries Redis has other words, and other ones again from 8 on.
    const auto says = [&](const char* words) { return answer.error().what.find(words) != std::string::npos; };
    EXPECT_TRUE(says("NOPERM") || says("can't access") || says("No permissions")) << command[0] << ": " << answer.error().what;
  }

  std::string file_ = user_file();
  support::RedisServer server_{{"--aclfile", file_}};
};

TEST_F(RedisUsers, EachServiceDoesItsWorkAsItself) {
  std::uint64_t events = 0;
  for (const std::string& service : kServices) {
    Redis checking = as(service);
    EXPECT_TRUE(check_server(checking));
    RedisStore store(as(service), Keys{"g", service});
    const InstanceInfo self{"one", "ipc://c", "ipc://q", 1, 2};
    const auto tick = store.tick(self, 10s, Store::Fences::kKeep);
    ASSERT_TRUE(tick) << service << ": " << tick.error().what;
    ASSERT_EQ(tick->owned.size(), kLaneCount);
    Unit unit;
    unit.lane = tick->owned.front().lane;
    unit.fence = tick->owned.front().fence;
    unit.records = {{"A/1", "x"}};
    unit.events = {"an event"};
    unit.timers = {{"later", Instant(5s), "body"}};
    unit.idempotency = {{"p:t:k", "hash", "reply"}};
    const auto done = store.commit(tick->incarnation, {unit});
    ASSERT_TRUE(done) << service << ": " << done.error().what;
    EXPECT_EQ(done->front().outcome, UnitOutcome::kDone);
    EXPECT_EQ(done->front().last_sequence, ++events);
    EXPECT_EQ(store.load({{unit.lane, "A/1"}})->front(), "x");
    EXPECT_TRUE(store.due({unit.lane}, 10, 0us));
    EXPECT_TRUE(store.extras({unit.lane}));
    EXPECT_TRUE(store.release(self, tick->owned, true));
  }
}

// Redis reads its append-only file as the default user: one that may do nothing would lose every transaction at the next start.
TEST_F(RedisUsers, WhatWasCommittedIsThereAfterARestartThoughNobodyMayComeInAsDefault) {
  RedisStore store(as("followup"), Keys{"g", "followup"});
  const auto tick = store.tick({"one", "ipc://c", "ipc://q", 1, 2}, 10s, Store::Fences::kKeep);
  ASSERT_TRUE(tick);
  Unit unit;
  unit.lane = tick->owned.front().lane;
  unit.fence = tick->owned.front().fence;
  unit.records = {{"A/1", "x"}};
  unit.events = {"an event"};
  ASSERT_EQ(store.commit(tick->incarnation, {unit})->front().outcome, UnitOutcome::kDone);
  std::ostringstream read;
  read << std::ifstream(file_).rdbuf();
  std::string text = read.str();
  replace_all(text, "user default on nopass", "user default off resetpass");
  std::ofstream(file_) << text;
  server_.restart();
  EXPECT_FALSE(as("", "").run({"PING"})) << "somebody came in without a password";
  Redis reading = as("followup");
  // A stranger is turned away even while the file is being read, so the server seemed to be there.
  for (auto loaded = reading.run({"PING"}); !loaded && loaded.error().kind == FaultKind::kOverloaded;) loaded = reading.run({"PING"});
  EXPECT_EQ(reading.run({"HGET", Keys{"g", "followup"}.records(unit.lane), "A/1"})->text, "x");
  EXPECT_EQ(reading.run({"XLEN", (Keys{"g", {}}.log())})->integer, 1);
}

TEST_F(RedisUsers, NoServiceTouchesAnothersKeysOrTheServer) {
  for (const std::string& service : kServices) {
    Redis redis = as(service);
    for (const std::string& other : kServices) {
      if (other == service) continue;
      const Keys keys{"g", other};
      expect_denied(redis, {"HGETALL", keys.records(3)});
      expect_denied(redis, {"HGETALL", keys.lanes()});
      expect_denied(redis, {"HSET", keys.lanes(), "f3", "9"});
      expect_denied(redis, {"UNLINK", keys.records(3)});
      expect_denied(redis, {"EVAL", "return redis.call('HGETALL', KEYS[1])", "1", keys.records(3)});
      expect_denied(redis, {"EVAL", "return redis.call('HGETALL', '" + keys.records(3) + "')", "0"});
    }
    expect_denied(redis, {"HGETALL", Keys{"another_group", service}.records(3)});
    for (const RedisCommand& command : std::vector<RedisCommand>{{"KEYS", "*"},
                                                                 {"SCAN", "0"},
                                                                 {"FLUSHALL"},
                                                                 {"FLUSHDB"},
                                                                 {"SHUTDOWN"},
                                                                 {"CONFIG", "SET", "appendfsync", "no"},
                                                                 {"ACL", "LIST"},
                                                                 {"REPLICAOF", "NO", "ONE"},
                                                                 {"SCRIPT", "FLUSH"},
                                                                 {"MONITOR"},
                                                                 {"RANDOMKEY"}}) {
      expect_denied(redis, command);
    }
  }
}

TEST_F(RedisUsers, TheBusReadsTheLogAndNobodysState) {
  Redis redis = as("bus");
  const Keys group{"g", {}}, intake{"g", "lead_intake"};
  EXPECT_TRUE(open_log(redis, group));
  EXPECT_TRUE(redis.run({"XRANGE", group.log(), "-", "+", "COUNT", "1"}));
  EXPECT_TRUE(redis.run({"XTRIM", group.log(), "MINID", "~", "0-1"}));
  EXPECT_TRUE(redis.run({"HGETALL", intake.lanes()}));
  EXPECT_TRUE(redis.run({"EVAL", "return redis.call('HGETALL', ARGV[1])", "1", group.log(), intake.lanes()})) << "as its trimming does";
  expect_denied(redis, {"HSET", intake.lanes(), "c3", "9"});
  expect_denied(redis, {"HGETALL", intake.records(3)});
  expect_denied(redis, {"SCAN", "0"});
  expect_denied(redis, {"FLUSHALL"});
}

TEST_F(RedisUsers, TheGatewayFindsOwnersAndRebuildsAnalyticsAlone) {
  Redis redis = as("gateway");
  const Keys intake{"g", "lead_intake"};
  EXPECT_TRUE(redis.run({"HGETALL", intake.lanes()}));
  EXPECT_TRUE(redis.run({"HGETALL", intake.instances()}));
  EXPECT_TRUE(list_parked(redis, intake));
  expect_denied(redis, {"HGETALL", intake.records(3)});
  expect_denied(redis, {"HSET", intake.lanes(), "f3", "9"});
  expect_denied(redis, {"XADD", intake.log(), "0-9", "e", "forged"});
  for (const RedisCommand& command : std::vector<RedisCommand>{{"KEYS", "*"}, {"RANDOMKEY"}, {"FLUSHALL"}}) expect_denied(redis, command);
  EXPECT_TRUE(redis.run({"SCAN", "0"})) << "names of keys, not what lies behind them";
  const auto rebuilt = rebuild_service(redis, Keys{"g", "analytics"});
  EXPECT_TRUE(rebuilt) << rebuilt.error().what;
  const auto refused = rebuild_service(redis, intake);
  ASSERT_FALSE(refused);
}

TEST_F(RedisUsers, NobodyComesInWithAnotherPassword) {
  Redis redis = as("lead_intake", "guess");
  EXPECT_FALSE(redis.run({"PING"}));
}

}  // namespace
}  // namespace bridgework::runtime
