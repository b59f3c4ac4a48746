// Whoever listens to Live and minds the beacon ends with the whole log, over real sockets: faults F9, F10 and F12.

#include <algorithm>
#include <thread>

#include <gtest/gtest.h>

#include "bus/server.hpp"
#include "messages/codec.hpp"
#include "messages/envelope.codec.hpp"
#include "runtime/bus_client.hpp"
#include "tests/sim/live_follower.hpp"
#include "tests/support/redis_server.hpp"
#include "tests/unit/bus/log_writer.hpp"

namespace bridgework::bus {
namespace {

using namespace std::chrono_literals;

constexpr char kKey[] = "a secret of this group, long enough";
constexpr std::size_t kTogether = 20;  // of one entry
const std::string kEverything = "PersonRegistered";
const std::string kBeacon(Live::kBeaconTopic);

/// What Live shows of an event: all that a copy made of Live and of Fetch alike can hold.
std::string shown(const std::string& record) {
  static const Pseudonyms pseudonyms(kKey, "g");
  const auto message = live_message(pseudonyms, "1.a", {1, messages::PersonRegistered::kTypeId, record});
  return message ? message->payload : "not shown";
}

class LiveFollowing : public ::testing::Test {
 protected:
  LiveFollowing() : writer_(redis_.options()) {
    place_.redis = redis_.options(2s);
    place_.group = "g";
    place_.fetch_endpoint = "ipc://" + redis_.directory() + "/fetch.sock";
    place_.live_endpoint = "ipc://" + redis_.directory() + "/live.sock";
    config_.pseudonym_key = kKey;
    config_.beacon_every = 100ms;
    config_.live_queue_messages = 10;
  }
  ~LiveFollowing() override {
    if (!thread_.joinable()) return;
    stop_.wake();
    thread_.join();
  }

  void start_bus() {
    thread_ = std::thread([this] {
      auto server = Server::start(context_, place_, config_, metrics_);
      ASSERT_TRUE(server) << server.error();
      (*server)->run(stop_.descriptor());
    });
  }
  void append(std::size_t count) {
    for (std::size_t done = 0; done < count; done += 1000) {
      for (const std::string& record : writer_.append(std::min<std::size_t>(count - done, 1000), kTogether)) log_.push_back(shown(record));
    }
  }
  double published() { return metrics_.counter("bridgework_bus_live_published_total", "Events sent on Live").value(); }
  double prefixes() { return metrics_.gauge("bridgework_bus_live_prefixes", "Topic prefixes somebody listens to").value(); }

  template <class Done>
  static bool eventually(Done done) {
    const auto limit = std::chrono::steady_clock::now() + 60s;
    while (!done()) {
      if (std::chrono::steady_clock::now() > limit) return false;
      runtime::wait({}, 5ms);
    }
    return true;
  }

  support::RedisServer redis_;
  LogWriter writer_;
  std::vector<std::string> log_;  ///< what the events in it show
  runtime::Context context_;
  runtime::Metrics metrics_{"bus"};
  Server::Place place_;
  Config config_;
  runtime::Wakeup stop_;
  std::thread thread_;
};

/// A partner's program: a subscription, a follower, and a client for what the subscription has lost.
class Partner {
 public:
  Partner(runtime::Context& context, const Server::Place& place) : context_(context), place_(place) {
    runtime::BusClient::Options options;
    options.endpoints = {place.fetch_endpoint};
    client_.emplace(context, options);
  }

  void subscribe(std::span<const std::string> prefixes) {
    runtime::SocketOptions options;
    options.queue_messages_max = 1000;
    subscriber_.emplace(runtime::Subscriber::connect(context_, place_.live_endpoint, prefixes, options).value());
  }
  void hang_up() { subscriber_.reset(); }

  /// Reads and asks until it has that many events; false if it does not get there.
  bool reach(std::size_t events) {
    const auto limit = std::chrono::steady_clock::now() + 60s;
    while (follower_.head() < events) {
      if (std::chrono::steady_clock::now() > limit) return false;
      listen();
      ask();
      runtime::Watch watches[] = {{.socket = &*subscriber_}, client_->watch()};
      runtime::wait(watches, std::min(client_->idle_for(), 50ms));
    }
    return true;
  }

  const sim::LiveFollower& follower() const { return follower_; }
  std::uint64_t heard() const { return heard_; }      ///< events on Live
  std::uint64_t fetched() const { return fetched_; }  ///< events by Fetch

 private:
  void listen() {
    while (const auto message = subscriber_->receive()) {
      if (message->topic == kBeacon) {
        follower_.beacon(messages::decode_as<messages::Beacon>(message->header).value());
        continue;
      }
      const auto header = messages::decode_as<messages::LiveHeader>(message->header).value();
      follower_.heard(header.incarnation, header.sequence, message->payload);
      ++heard_;
    }
  }
  void ask() {
    if (const auto wants = follower_.wants(); wants && !asked_) {
      asked_ = wants;
      client_->want({wants->incarnation, wants->after}, {}, 512, 0ms);
    }
    auto reply = client_->poll();
    if (!reply || !asked_) return;
    fetched_ += reply->events.size();
    for (auto& event : reply->events) event.record = shown(event.record);
    follower_.fetched(*asked_, *reply);
    asked_.reset();
  }

  runtime::Context& context_;
  const Server::Place& place_;
  std::optional<runtime::BusClient> client_;
  std::optional<runtime::Subscriber> subscriber_;
  sim::LiveFollower follower_;
  std::optional<sim::LiveFollower::Position> asked_;
  std::uint64_t heard_ = 0, fetched_ = 0;
};

// F9: Live keeps ten messages for a subscriber, who reads nothing while 20,000 events pass.
TEST_F(LiveFollowing, ASubscriberWhoSleptThroughTwentyThousandEventsHasThemAllInTheEnd) {
  start_bus();
  Partner partner(context_, place_);
  const std::string everything[] = {kEverything, kBeacon};
  partner.subscribe(everything);
  append(100);
  ASSERT_TRUE(partner.reach(100));
  ASSERT_TRUE(eventually([&] { return prefixes() == 2; }));
  const double published_before = published();
  const auto heard_before = partner.heard(), fetched_before = partner.fetched();
  append(20'000);
  ASSERT_TRUE(eventually([&] { return published() - published_before >= 20'000; }));
  ASSERT_TRUE(partner.reach(20'100));
  EXPECT_EQ(partner.follower().events(), log_);
  EXPECT_LT(partner.heard() - heard_before, 20'000u) << "nothing was lost, so this shows nothing";
  EXPECT_GT(partner.fetched(), fetched_before);
  // Awake, it goes on by Live and Fetch as they come.
  append(3'000);
  ASSERT_TRUE(partner.reach(log_.size()));
  EXPECT_EQ(partner.follower().events(), log_);
}

// F10, F12: no event follows those that passed while it was away, so nothing but the beacon tells of them.
TEST_F(LiveFollowing, ASubscriberWhoComesBackGoesOnWhereItWas) {
  start_bus();
  append(500);
  Partner partner(context_, place_);
  const std::string everything[] = {kEverything, kBeacon};
  for (std::size_t times = 0; times < 5; ++times) {
    partner.subscribe(everything);
    ASSERT_TRUE(partner.reach(log_.size()));
    append(100);
    ASSERT_TRUE(partner.reach(log_.size()));
    partner.hang_up();
    append(700);
  }
  partner.subscribe(everything);
  ASSERT_TRUE(partner.reach(log_.size()));
  EXPECT_EQ(partner.follower().events(), log_);
}

// F12: libzmq drops subscriptions beyond a queue's bound, and says so to nobody.
TEST_F(LiveFollowing, ASubscriptionThatWasLostCostsOnlyTime) {
  start_bus();
  Partner partner(context_, place_);
  const std::string beacons_only[] = {kBeacon};
  partner.subscribe(beacons_only);
  append(2'000);
  ASSERT_TRUE(partner.reach(2'000));
  EXPECT_EQ(partner.follower().events(), log_);
  EXPECT_EQ(partner.heard(), 0u);
}

}  // namespace
}  // namespace bridgework::bus
