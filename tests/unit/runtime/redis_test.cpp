#include "runtime/redis.hpp"

#include <cstdio>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>
#include <unistd.h>

#include "runtime/settings.hpp"
#include "tests/support/redis_server.hpp"

namespace bridgework::runtime {
namespace {

using namespace std::chrono_literals;
using support::RedisServer;

constexpr std::string_view kAppend = "redis.call('APPEND', KEYS[1], ARGV[1]) return redis.call('GET', KEYS[1])";

TEST(Redis, KeepsEveryByteOfKeysAndValues) {
  RedisServer server;
  Redis redis(server.options());
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  ASSERT_TRUE(redis.run({"SET", all, all + all}));
  const auto got = redis.run({"GET", all});
  ASSERT_TRUE(got);
  EXPECT_EQ(got->text, all + all);
}

TEST(Redis, TellsNothingFromEmptyText) {
  RedisServer server;
  Redis redis(server.options());
  ASSERT_TRUE(redis.run({"SET", "empty", ""}));
  EXPECT_TRUE(redis.run({"GET", "absent"})->is_nil());
  const auto empty = redis.run({"GET", "empty"});
  EXPECT_FALSE(empty->is_nil());
  EXPECT_EQ(empty->text, "");
}

TEST(Redis, ReadsNestedLists) {
  RedisServer server;
  Redis redis(server.options());
  ASSERT_TRUE(redis.run({"XADD", "log", "0-1", "e", std::string("\0\xff", 2)}));
  const auto read = redis.run({"XREAD", "COUNT", "10", "STREAMS", "log", "0-0"});
  ASSERT_TRUE(read);
  const RedisValue& entry = read->items.at(0).items.at(1).items.at(0);
  EXPECT_EQ(entry.items.at(0).text, "0-1");
  EXPECT_EQ(entry.items.at(1).items.at(1).text, std::string("\0\xff", 2));
}

constexpr std::pair<std::string_view, FaultKind> kErrors[] = {
    {"LOADING Redis is loading the dataset in memory", FaultKind::kOverloaded},
    {"MISCONF Errors writing to the AOF file", FaultKind::kOverloaded},
    {"OOM command not allowed when used memory > 'maxmemory'.", FaultKind::kOverloaded},
    {"BUSY Redis is busy running a script.", FaultKind::kOverloaded},
    {"READONLY You can't write against a read only replica.", FaultKind::kOverloaded},
    {"MASTERDOWN Link with MASTER is down", FaultKind::kOverloaded},
    {"WRONGTYPE Operation against a key", FaultKind::kInternal},
    {"NOPERM this user has no permissions", FaultKind::kInternal},
};
constexpr std::string_view kFail = "return redis.error_reply(ARGV[1])";

TEST(Redis, NamesAnErrorByWhatToDoAboutIt) {
  RedisServer server;
  Redis redis(server.options());
  for (const auto& [text, kind] : kErrors) {
    const auto answer = redis.script(kFail, {}, {std::string(text)});
    ASSERT_FALSE(answer) << text;
    EXPECT_EQ(answer.error().kind, kind) << text;
    EXPECT_EQ(answer.error().what.substr(0, 6), text.substr(0, 6));
  }
  EXPECT_EQ(redis.connection_number(), 1u);
}

TEST(Redis, NeverQuotesTheArgumentsOfAnUnknownCommand) {
  RedisServer server;
  Redis redis(server.options());
  const auto answer = redis.run({"NOSUCHCOMMAND", "Quentin Example"});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().what.find("Quentin"), std::string::npos);
}

TEST(RedisScript, IsLoadedWhenRedisHasForgottenIt) {
  RedisServer server;
  Redis redis(server.options());
  EXPECT_EQ(redis.script(kAppend, {"k"}, {"a"})->text, "a");
  ASSERT_TRUE(redis.run({"SCRIPT", "FLUSH"}));
  EXPECT_EQ(redis.script(kAppend, {"k"}, {"b"})->text, "ab");
  // The source went over once more, and not again: from here the SHA is enough.
  const auto before = redis.run({"INFO", "commandstats"});
  EXPECT_EQ(redis.script(kAppend, {"k"}, {"c"})->text, "abc");
  const auto after = redis.run({"INFO", "commandstats"});
  const auto evals = [](const std::string& info) {
    const std::size_t at = info.find("cmdstat_eval:");
    return info.substr(at, info.find(',', at) - at);
  };
  EXPECT_EQ(evals(before->text), evals(after->text));
}

TEST(RedisScript, WritesNothingWhenItsFirstCommandFails) {
  RedisServer server;
  Redis redis(server.options());
  ASSERT_TRUE(redis.run({"LPUSH", "list", "x"}));
  const auto answer = redis.script(kAppend, {"list"}, {"a"});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, FaultKind::kInternal);
}

TEST(RedisScriptInTwoHalves, NamesAnErrorByWhatToDoAboutIt) {
  RedisServer server;
  Redis redis(server.options());
  for (const auto& [text, kind] : kErrors) {
    ASSERT_TRUE(redis.begin_script(kFail, {}, {text})) << text;
    const auto answer = redis.end_script();
    ASSERT_FALSE(answer) << text;
    EXPECT_EQ(answer.error().kind, kind) << text;
    EXPECT_EQ(answer.error().what.substr(0, 6), text.substr(0, 6));
  }
  EXPECT_EQ(redis.connection_number(), 1u);
}

TEST(RedisScriptInTwoHalves, IsLoadedAgainAfterRedisForgotIt) {
  RedisServer server;
  Redis redis(server.options());
  const auto append = [&](std::string_view text) -> tl::expected<RedisValue, Fault> {
    if (const auto begun = redis.begin_script(kAppend, {"k"}, {text}); !begun) return tl::unexpected(begun.error());
    return redis.end_script();
  };
  EXPECT_EQ(append("a")->text, "a");
  ASSERT_TRUE(redis.run({"SCRIPT", "FLUSH"}));
  const auto forgotten = append("b");
  ASSERT_FALSE(forgotten);
  EXPECT_EQ(forgotten.error().kind, FaultKind::kOverloaded);
  EXPECT_EQ(append("c")->text, "ac") << "what was refused was not run";
}

TEST(RedisScriptInTwoHalves, CannotBeginWhileAnotherScriptKeepsRedisBusy) {
  RedisServer server({"--lua-time-limit", "1"});
  Redis busy(server.options()), redis(server.options());
  ASSERT_TRUE(busy.begin_script("while true do end", {}, {}));
  const auto begun = redis.begin_script(kAppend, {"k"}, {"a"});
  ASSERT_FALSE(begun);
  EXPECT_EQ(begun.error().kind, FaultKind::kOverloaded) << begun.error().what;
  ASSERT_TRUE(redis.run({"SCRIPT", "KILL"}));
  EXPECT_FALSE(busy.end_script());
  ASSERT_TRUE(redis.begin_script(kAppend, {"k"}, {"a"}));
  EXPECT_EQ(redis.end_script()->text, "a");
}

TEST(RedisPipeline, AnErrorStandsInItsPlaceAndFailsNoOther) {
  RedisServer server;
  Redis redis(server.options());
  const auto answers = redis.pipeline({{"SET", "k", "text"}, {"LPUSH", "k", "x"}, {"GET", "k"}});
  ASSERT_TRUE(answers);
  ASSERT_EQ(answers->size(), 3u);
  EXPECT_EQ((*answers)[1].type, RedisValue::Type::kError);
  EXPECT_EQ((*answers)[2].text, "text");
}

TEST(RedisPipeline, OfNothingIsNothing) {
  RedisServer server;
  Redis redis(server.options());
  EXPECT_TRUE(redis.pipeline({})->empty());
  EXPECT_EQ(redis.pipeline({{"PING"}, {}}).error().kind, FaultKind::kInternal);
  EXPECT_EQ(redis.run({}).error().kind, FaultKind::kInternal);
  EXPECT_EQ(redis.run({"PING"})->text, "PONG");
}

TEST(RedisConnection, ALateAnswerIsNeverTakenForTheNextCommands) {
  RedisServer server;
  Redis redis(server.options(100ms));
  ASSERT_TRUE(redis.run({"SET", "k", "late"}));
  server.suspend();
  const auto lost = redis.run({"GET", "k"});
  server.resume();
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().kind, FaultKind::kDisconnected);
  EXPECT_EQ(redis.run({"ECHO", "next"})->text, "next");
  EXPECT_EQ(redis.connection_number(), 2u);
}

TEST(RedisConnection, ComesBackAfterTheServerDiedUnderIt) {
  RedisServer server;
  Redis redis(server.options());
  ASSERT_TRUE(redis.run({"SET", "k", "kept"}));
  server.kill();
  EXPECT_EQ(redis.run({"GET", "k"}).error().kind, FaultKind::kDisconnected);
  EXPECT_EQ(redis.run({"GET", "k"}).error().kind, FaultKind::kDisconnected);
  server.start();
  EXPECT_EQ(redis.run({"GET", "k"})->text, "kept");
}

TEST(RedisConnection, SeesANewRunIdAfterARestart) {
  RedisServer server;
  Redis redis(server.options());
  const auto first = redis.run_id();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->size(), 40u);
  EXPECT_EQ(redis.run_id().value(), *first);
  server.restart();
  EXPECT_FALSE(redis.run({"PING"}));
  const auto second = redis.run_id();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->size(), 40u);
  EXPECT_NE(*first, *second);
}

TEST(RedisConnection, ABlockingReadMayOutlastTheTimeLimit) {
  RedisServer server;
  // An idle server ends blocking calls at its next tick, up to 100 ms late.
  Redis redis(server.options(250ms));
  const auto answer = redis.run_blocking({"XREAD", "BLOCK", "300", "STREAMS", "log", "0-0"}, 300ms);
  ASSERT_TRUE(answer) << answer.error().what;
  EXPECT_TRUE(answer->is_nil());
  server.suspend();
  EXPECT_EQ(redis.run({"PING"}).error().kind, FaultKind::kDisconnected) << "the usual limit holds again";
  server.resume();
}

TEST(RedisConnection, LogsInWithNameAndPassword) {
  RedisServer server({"--user", "clerk", "on", ">opensesame", "~*", "+@all", "--user", "default", "off"});
  Redis stranger(server.options());
  EXPECT_EQ(stranger.run({"PING"}).error().kind, FaultKind::kInternal);
  Redis::Options options = server.options();
  options.user = "clerk";
  options.password = "opensesame";
  Redis clerk(options);
  EXPECT_EQ(clerk.run({"ACL", "WHOAMI"})->text, "clerk");
  options.password = "wrong";
  Redis impostor(options);
  EXPECT_EQ(impostor.run({"PING"}).error().kind, FaultKind::kInternal);
}

TEST(RedisConnection, IsTheServicesOwnWhenThereIsAPassword) {
  ProcessSettings settings;
  settings.run_dir = "/run/here";
  EXPECT_EQ(redis_options(settings, "followup")->unix_socket, "/run/here/redis.sock");
  EXPECT_EQ(redis_options(settings, "followup")->user, "");
  settings.redis_user = "somebody";
  EXPECT_FALSE(redis_options(settings, "followup")) << "a user without a password would come in as anybody";
  settings.redis_user.clear();
  const std::string file = ::testing::TempDir() + "bw-redis-password-" + std::to_string(::getpid());
  settings.redis_password = file;
  EXPECT_FALSE(redis_options(settings, "followup")) << "there is no file";
  std::ofstream(file) << "\n";
  EXPECT_FALSE(redis_options(settings, "followup")) << "it is empty";
  std::ofstream(file) << "opensesame\n";
  const auto options = redis_options(settings, "followup");
  std::remove(file.c_str());
  ASSERT_TRUE(options) << options.error();
  EXPECT_EQ(options->user, "followup");
  EXPECT_EQ(options->password, "opensesame");
}

TEST(RedisConnection, StaysWithTheThreadThatUsedItFirst) {
  RedisServer server;
  Redis made_here(server.options());
  std::thread([&] { EXPECT_EQ(made_here.run({"PING"})->text, "PONG"); }).join();
  EXPECT_DEATH(static_cast<void>(made_here.run({"PING"})), "one thread");
  EXPECT_DEATH(static_cast<void>(made_here.pipeline({{"PING"}})), "one thread");
  EXPECT_DEATH(static_cast<void>(made_here.script(kAppend, {"k"}, {"a"})), "one thread");
  EXPECT_DEATH(static_cast<void>(made_here.begin_script(kAppend, {"k"}, {"a"})), "one thread");
  EXPECT_DEATH(static_cast<void>(made_here.end_script()), "one thread");
  EXPECT_DEATH(static_cast<void>(made_here.run_blocking({"PING"}, 1ms)), "one thread");
}

TEST(RedisConnection, TooManyClientsIsNoDefectAndIsTriedAgain) {
  RedisServer server;
  auto holder = std::make_unique<Redis>(server.options());
  ASSERT_TRUE(holder->run({"CONFIG", "SET", "maxclients", "1"}));
  Redis waiting(server.options());
  const auto refused = waiting.run({"PING"});
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().kind == FaultKind::kOverloaded || refused.error().kind == FaultKind::kDisconnected);
  holder.reset();
  auto answer = waiting.run({"PING"});
  for (int attempt = 0; attempt < 1000 && !answer; ++attempt) answer = waiting.run({"PING"});
  EXPECT_TRUE(answer);
}

}  // namespace
}  // namespace bridgework::runtime
