// The runbook of deploy/README.md, "Promotion": what a replica has when the primary dies, and what is said to those who had seen more.

#include <cstdlib>
#include <fstream>
#include <thread>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include "bus/server.hpp"
#include "messages/codec.hpp"
#include "messages/envelope.codec.hpp"
#include "messages/lead_intake.codec.hpp"
#include "runtime/bus_client.hpp"
#include "runtime/redis_store.hpp"
#include "tests/support/log_in_redis.hpp"
#include "tests/support/redis_server.hpp"
#include "tests/unit/bus/bus_answer.hpp"

namespace bridgework::bus {
namespace {

using namespace std::chrono_literals;
using messages::FetchOutcome;
using messages::FetchReply;
using runtime::Redis;
using runtime::RedisStore;
using runtime::Unit;
using runtime::UnitOutcome;
using support::RedisServer;

/// The users as scripts/redis_users makes them, with one for a replica.
class Users {
 public:
  Users() {
    std::string pattern = (std::filesystem::temp_directory_path() / "bw-users-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary directory");
    directory_ = pattern;
    if (std::system((BRIDGEWORK_SOURCE_DIR "/scripts/redis_users --replica " + directory_ + " g").c_str()) != 0)
      throw std::runtime_error("no users");
  }
  ~Users() { std::filesystem::remove_all(directory_); }
  Users(const Users&) = delete;
  Users& operator=(const Users&) = delete;

  std::string file() const { return directory_ + "/users.acl"; }
  std::string password(const std::string& user) const {
    std::string text;
    std::ifstream(directory_ + "/" + user + ".password") >> text;
    return text;
  }
  Redis::Options as(const std::string& user, const RedisServer& server) const {
    auto options = server.options();
    options.user = user;
    options.password = password(user);
    return options;
  }

 private:
  std::string directory_;
};

std::string free_port() {
  const int link = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool bound = ::bind(link, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
                     ::getsockname(link, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  ::close(link);
  if (!bound) throw std::runtime_error("no free port");
  return std::to_string(::ntohs(address.sin_port));
}

std::string record(int number) {
  messages::PersonRegistered event;
  event.person = PersonId("p-" + std::to_string(number));
  messages::EventRecord record;
  record.type_id = messages::PersonRegistered::kTypeId;
  record.recorded_at = Instant(std::chrono::seconds(1'700'000'000));
  record.service = "lead_intake";
  record.body = encode(event);
  return encode(record);
}

class Promotion : public ::testing::Test {
 protected:
  /// One of lead_intake's commits, of `count` events.
  static Unit unit_of(const runtime::LaneTick& tick, int first, int count) {
    Unit unit;
    unit.lane = tick.owned.front().lane;
    unit.fence = tick.owned.front().fence;
    unit.records = {{"A/1", "as of " + std::to_string(first)}};
    for (int i = 0; i < count; ++i) unit.events.push_back(record(first + i));
    return unit;
  }
  /// What the operator does by hand: waits until a replica has what this connection knows of.
  static bool replicated(Redis& redis) {
    const auto limit = std::chrono::steady_clock::now() + 30s;
    while (std::chrono::steady_clock::now() < limit) {
      const auto known = redis.run({"PING"});
      const auto replicas = redis.run({"WAIT", "1", "1000"});
      if (known && replicas && replicas->integer == 1) return true;
    }
    return false;
  }
  std::optional<FetchReply> fetch(const std::string& endpoint, const runtime::LogPosition& position) {
    runtime::BusClient::Options options;
    options.endpoints = {endpoint};
    runtime::BusClient client(context_, options);
    client.want(position, {}, 512, 0ms);
    return next_answer(client);
  }

  const runtime::Keys keys_{"g", "lead_intake"};
  const runtime::InstanceInfo self_{"one", "ipc://c", "ipc://q", 1, 2};
  const Users users_;
  const std::string port_ = free_port();
  RedisServer primary_{{"--aclfile", users_.file(), "--bind", "127.0.0.1", "--port", port_, "--repl-diskless-sync-delay", "0"}};
  RedisServer replica_{{"--aclfile", users_.file(), "--replicaof", "127.0.0.1", port_, "--masteruser", "replica", "--masterauth",
                        users_.password("replica")}};
  runtime::Context context_;
};

TEST_F(Promotion, BeginsANewIncarnationOfWhatTheReplicaHas) {
  RedisStore store(Redis(users_.as("lead_intake", primary_)), keys_);
  const auto tick = store.tick(self_, 10s, runtime::Store::Fences::kKeep);
  ASSERT_TRUE(tick) << tick.error().what;
  ASSERT_EQ(store.commit(tick->incarnation, {unit_of(*tick, 1, 7)})->front().last_sequence, 7u);
  Redis operating(users_.as("operator", primary_));
  ASSERT_TRUE(replicated(operating));
  // Nobody writes to a replica, whatever his fence.
  EXPECT_FALSE(Redis(users_.as("lead_intake", replica_)).run({"HSET", keys_.lanes(), "f3", "9"}));

  // The link breaks, and what is acknowledged from now on is the primary's alone.
  replica_.suspend();
  ASSERT_TRUE(operating.run({"CLIENT", "KILL", "TYPE", "replica"}));
  ASSERT_EQ(store.commit(tick->incarnation, {unit_of(*tick, 8, 3)})->front().last_sequence, 10u);
  primary_.kill();
  replica_.resume();
  Redis promoting(users_.as("operator", replica_));
  ASSERT_TRUE(promoting.run({"REPLICAOF", "NO", "ONE"}));

  RedisStore promoted(Redis(users_.as("lead_intake", replica_)), keys_);
  // A commit that was decided before, and arrives now.
  const auto late = promoted.commit(tick->incarnation, {unit_of(*tick, 11, 1)});
  ASSERT_TRUE(late) << late.error().what;
  EXPECT_EQ(late->front().outcome, UnitOutcome::kFenced);
  const auto after = promoted.tick(self_, 10s, runtime::Store::Fences::kKeep);
  ASSERT_TRUE(after) << after.error().what;
  EXPECT_NE(after->incarnation, tick->incarnation);
  EXPECT_EQ(after->head, 7u);
  ASSERT_FALSE(after->owned.empty());
  EXPECT_EQ((*promoted.load({{after->owned.front().lane, "A/1"}})).front(), "as of 1") << "state and log are of one moment";
  // Beyond what was lost, so that the numbers alone look right.
  ASSERT_EQ(promoted.commit(after->incarnation, {unit_of(*after, 20, 5)})->front().last_sequence, 12u);
  std::vector<std::string> expected;
  for (const int number : {1, 2, 3, 4, 5, 6, 7, 20, 21, 22, 23, 24}) expected.push_back(record(number));
  EXPECT_EQ(support::log_in(promoting, keys_), expected);

  Server::Place place;
  place.group = "g";
  place.redis = users_.as("bus", replica_);
  place.fetch_endpoint = "ipc://" + replica_.directory() + "/fetch.sock";
  runtime::Metrics metrics("bus");
  runtime::Wakeup stop;
  std::jthread bus([&] {
    auto server = Server::start(context_, place, {}, metrics);
    ASSERT_TRUE(server) << server.error();
    (*server)->run(stop.descriptor());
  });
  const auto ahead = fetch(place.fetch_endpoint, {tick->incarnation, 10});
  const auto level = fetch(place.fetch_endpoint, {tick->incarnation, 7});
  const auto behind = fetch(place.fetch_endpoint, {tick->incarnation, 4});
  stop.wake();
  bus.join();
  ASSERT_TRUE(ahead && level && behind);
  EXPECT_EQ(ahead->outcome, FetchOutcome::kDiverged);
  EXPECT_EQ(ahead->first_of_incarnation, 8u);
  EXPECT_EQ(level->outcome, FetchOutcome::kEvents);
  EXPECT_EQ(level->incarnation, after->incarnation);
  EXPECT_EQ(level->events.size(), 5u);
  EXPECT_EQ(behind->outcome, FetchOutcome::kEvents);
  EXPECT_EQ(behind->events.size(), 8u);
}

TEST_F(Promotion, TheReplicasUserIsSentEverythingAndCanAskForNothing) {
  Redis operating(users_.as("operator", primary_));
  ASSERT_TRUE(replicated(operating));
  for (const runtime::RedisCommand& command : std::vector<runtime::RedisCommand>{{"XRANGE", keys_.log(), "-", "+"},
                                                                                 {"HGETALL", keys_.lanes()},
                                                                                 {"SET", "a", "b"},
                                                                                 {"CONFIG", "GET", "dir"},
                                                                                 {"REPLICAOF", "NO", "ONE"},
                                                                                 {"ACL", "LIST"},
                                                                                 {"INFO"}}) {
    const auto answer = Redis(users_.as("replica", primary_)).run(command);
    ASSERT_FALSE(answer) << command[0];
    EXPECT_NE(answer.error().what.find("NOPERM"), std::string::npos) << command[0] << ": " << answer.error().what;
  }
}

}  // namespace
}  // namespace bridgework::bus
