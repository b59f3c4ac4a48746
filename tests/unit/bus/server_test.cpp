// The whole bus in this process, over a real Redis and real sockets.

#include "bus/server.hpp"

#include <gtest/gtest.h>

#include "messages/codec.hpp"
#include "messages/envelope.codec.hpp"
#include "messages/lead_intake.codec.hpp"
#include "runtime/bus_client.hpp"
#include "runtime/redis_store.hpp"
#include "tests/support/raw_peer.hpp"
#include "tests/support/redis_server.hpp"
#include "tests/unit/bus/bus_answer.hpp"
#include "tests/unit/bus/log_writer.hpp"

namespace bridgework::bus {
namespace {

using namespace std::chrono_literals;
using messages::FetchOutcome;
using messages::FetchReply;
using runtime::BusClient;

class BusOverRedis : public ::testing::Test {
 protected:
  BusOverRedis() : writer_(redis_.options()) { place_.redis = redis_.options(2s); }
  ~BusOverRedis() override { stop_bus(); }

  void start_bus(Config config = {}) {
    config.pseudonym_key = "a secret of this group, long enough";
    config.beacon_every = 100ms;
    place_.group = "g";
    place_.fetch_endpoint = "ipc://" + redis_.directory() + "/fetch.sock";
    place_.live_endpoint = "ipc://" + redis_.directory() + "/live.sock";
    thread_ = std::thread([this, config] {
      auto server = Server::start(context_, place_, config, metrics_);
      ASSERT_TRUE(server) << server.error();
      (*server)->run(stop_.descriptor());
    });
  }
  void stop_bus() {
    if (!thread_.joinable()) return;
    stop_.wake();
    thread_.join();
    stop_.clear();
  }

  BusClient client() {
    BusClient::Options options;
    options.endpoints = {place_.fetch_endpoint};
    return BusClient(context_, options);
  }
  std::optional<FetchReply> fetch(BusClient& client, const runtime::LogPosition& position, std::chrono::milliseconds wait = 5s,
                                  std::uint32_t max_events = 512) {
    client.want(position, {}, max_events, wait);
    return next_answer(client);
  }
  /// Reads until nothing is left; the records in order.
  std::vector<std::string> read_all(BusClient& client, runtime::LogPosition& position, std::size_t wanted) {
    std::vector<std::string> records;
    while (records.size() < wanted) {
      const auto reply = fetch(client, position);
      if (!reply || reply->outcome != FetchOutcome::kEvents) break;
      for (const auto& event : reply->events) {
        EXPECT_EQ(event.sequence, position.after + 1);
        position.after = event.sequence;
        records.push_back(event.record);
      }
      position.incarnation = reply->incarnation;
    }
    return records;
  }

  support::RedisServer redis_;
  LogWriter writer_;
  runtime::Context context_;
  runtime::Metrics metrics_{"bus"};
  Server::Place place_;
  runtime::Wakeup stop_;
  std::thread thread_;
};

TEST_F(BusOverRedis, HandsOutWhatWasThereBeforeAndWhatComesLaterByteForByte) {
  std::vector<std::string> all = writer_.append(700);
  start_bus();
  BusClient it = client();
  runtime::LogPosition position;
  EXPECT_EQ(read_all(it, position, 700), all);
  it.want(position, {}, 512, 10s);
  EXPECT_FALSE(it.poll());
  const auto more = writer_.append(3);
  EXPECT_EQ(read_all(it, position, 3), more);
  EXPECT_EQ(position.after, 703u);
}

TEST_F(BusOverRedis, TellsTheOneWhoSawWhatARestoredLogDoesNotHave) {
  writer_.append(90);
  const auto before = std::filesystem::path(redis_.directory()) / "appendonlydir";
  const auto copy = std::filesystem::path(redis_.directory()) / "copy";
  start_bus();
  BusClient it = client();
  runtime::LogPosition position;
  ASSERT_EQ(read_all(it, position, 90).size(), 90u);
  std::filesystem::copy(before, copy, std::filesystem::copy_options::recursive);
  writer_.append(10);
  ASSERT_EQ(read_all(it, position, 10).size(), 10u);
  ASSERT_EQ(position.after, 100u);

  redis_.kill();
  std::filesystem::remove_all(before);
  std::filesystem::rename(copy, before);
  redis_.start();
  // Grown beyond where the reader was, so that the numbers alone look right.
  EXPECT_EQ(writer_.append(12).size(), 12u);
  const auto reply = fetch(it, position);
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->outcome, FetchOutcome::kDiverged);
  EXPECT_EQ(reply->first_of_incarnation, 91u);
  EXPECT_NE(reply->incarnation, position.incarnation);

  BusClient other = client();
  const auto shared = fetch(other, {position.incarnation, 90});
  ASSERT_TRUE(shared);
  EXPECT_EQ(shared->outcome, FetchOutcome::kEvents);
  EXPECT_EQ(shared->events.size(), 12u);
}

TEST_F(BusOverRedis, SaysTruncatedForWhatWasTrimmed) {
  writer_.append(50);
  ASSERT_TRUE(writer_.redis().run({"XTRIM", writer_.keys().log(), "MINID", "0-31"}));
  start_bus();
  BusClient it = client();
  const auto reply = fetch(it, {});
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->outcome, FetchOutcome::kTruncated);
  EXPECT_EQ(reply->first, 31u);
  EXPECT_EQ(fetch(it, {"", 30})->events.size(), 20u);
}

TEST_F(BusOverRedis, ReadsWhatLiesTogetherInOneEntryFromItsMiddle) {
  const auto records = writer_.append(50, 7);
  start_bus();
  BusClient it = client();
  for (const std::uint64_t after : {0u, 3u, 6u, 7u, 48u, 49u}) {
    const auto reply = fetch(it, {"", after});
    ASSERT_TRUE(reply);
    ASSERT_EQ(reply->events.size(), 50 - after);
    EXPECT_EQ(reply->events.front().sequence, after + 1);
    for (std::size_t i = 0; i < reply->events.size(); ++i) EXPECT_EQ(reply->events[i].record, records[after + i]);
  }
  // As they come, too.
  const auto more = writer_.append(5, 5);
  const auto reply = fetch(it, {"", 52});
  ASSERT_TRUE(reply);
  ASSERT_EQ(reply->events.size(), 3u);
  EXPECT_EQ(reply->events.back().record, more.back());
  EXPECT_EQ(reply->head, 55u);
  // Trimmed in the middle of an entry, it begins with the first event of that entry.
  ASSERT_TRUE(writer_.redis().run({"XTRIM", writer_.keys().log(), "MINID", "0-31"}));
  LogStore log(place_.redis, "g");
  const auto bounds = log.bounds();
  ASSERT_TRUE(bounds);
  EXPECT_EQ(bounds->first, 29u);
  // Never more than asked for.
  EXPECT_EQ(log.read(30, 3, 1'000'000)->entries.size(), 3u);
}

class BusWithArchive : public BusOverRedis {
 protected:
  BusWithArchive() {
    place_.archive = redis_.directory() + "/archive";
    place_.services = {"slow", "fast", "never_ran"};
    config_.archive_every = 10ms;
    config_.archive_keep = 0ms;
    config_.archive_segment_events = 200;
    config_.archive_segment_age = 24h * 365 * 100;
  }
  void checkpoint(const std::string& service, std::uint64_t at) {
    ASSERT_TRUE(
        writer_.redis().run({"HSET", runtime::Keys{"g", service}.lanes(), "f0", "1", "c0", std::to_string(at), "f1", "1", "c1", "100000"}));
  }
  /// First event that Redis still holds.
  std::uint64_t first_in_redis() {
    const auto entry = writer_.redis().run({"XRANGE", writer_.keys().log(), "-", "+", "COUNT", "1"});
    return std::stoull(entry->items.at(0).items.at(0).text.substr(2));
  }
  template <class Done>
  bool eventually(Done done) {
    const auto limit = std::chrono::steady_clock::now() + 20s;
    while (!done()) {
      if (std::chrono::steady_clock::now() > limit) return false;
      runtime::Watch nothing{};
      runtime::wait({&nothing, 1}, 5ms);
    }
    return true;
  }
  Config config_;
};

TEST_F(BusWithArchive, ServesMemoryRedisAndArchiveAsOneSequence) {
  auto all = writer_.append(1000);
  checkpoint("slow", 900);
  checkpoint("fast", 1000);
  config_.ring_events = 50;
  start_bus(config_);
  ASSERT_TRUE(eventually([&] { return first_in_redis() > 600; }));
  const auto more = writer_.append(70);
  all.insert(all.end(), more.begin(), more.end());
  BusClient it = client();
  runtime::LogPosition position;
  EXPECT_EQ(read_all(it, position, 1070), all);
  for (const std::uint64_t after : {1u, 199u, 200u, 601u, 899u, 1019u}) {
    const auto reply = fetch(it, {position.incarnation, after}, 0ms, 1);
    ASSERT_TRUE(reply && reply->events.size() == 1) << after;
    EXPECT_EQ(reply->events[0].record, all[after]);
    EXPECT_EQ(reply->first, 1u);
  }
}

TEST_F(BusWithArchive, LetsRedisForgetNothingThatAServiceHasNotHandled) {
  writer_.append(1000);
  checkpoint("slow", 350);
  checkpoint("fast", 1000);
  start_bus(config_);
  ASSERT_TRUE(eventually([&] { return first_in_redis() > 200; }));
  Archive archive(place_.archive);
  ASSERT_TRUE(eventually([&] { return archive.list().value()->size() == 5; }));
  EXPECT_LE(first_in_redis(), 351u);
  checkpoint("slow", 1000);
  ASSERT_TRUE(eventually([&] { return first_in_redis() > 900; }));
  EXPECT_LE(first_in_redis(), 1000u) << "the last event always stays";
  EXPECT_EQ(archive.verify().value(), 1000u);
}

TEST_F(BusWithArchive, KeepsYoungEventsInRedis) {
  writer_.append(600);
  checkpoint("slow", 600);
  config_.archive_keep = 24h * 365 * 100;
  start_bus(config_);
  Archive archive(place_.archive);
  ASSERT_TRUE(eventually([&] { return archive.list().value()->size() == 3; }));
  stop_bus();
  EXPECT_EQ(first_in_redis(), 1u);
}

TEST_F(BusWithArchive, ArchivesALittleWhenItIsOld) {
  writer_.append(7);
  config_.archive_segment_age = 24h;
  start_bus(config_);
  Archive archive(place_.archive);
  ASSERT_TRUE(eventually([&] { return archive.list().value()->size() == 1; }));
  EXPECT_EQ(archive.verify().value(), 7u);
}

TEST_F(BusWithArchive, ServesNothingOfALostLifeThoughItIsNotSetAsideYet) {
  const auto read_all = [&](LogStore& store) {
    std::vector<LogEntry> all;
    for (;;) {
      auto view = store.read(all.size(), 1000, 1 << 20);
      if (!view || view->entries.empty()) return all;
      all.insert(all.end(), view->entries.begin(), view->entries.end());
    }
  };
  auto archive = std::make_shared<Archive>(place_.archive);
  auto expected = writer_.append(100);
  LogStore first_life(place_.redis, "g");
  auto events = read_all(first_life);
  ASSERT_EQ(events.size(), 100u);
  events.resize(60);
  ASSERT_TRUE(archive->seal(first_life.bounds()->incarnation, events));
  ASSERT_TRUE(writer_.redis().run({"XTRIM", writer_.keys().log(), "MINID", "=", "0-51"}));
  const auto data = std::filesystem::path(redis_.directory()) / "appendonlydir", copy = std::filesystem::path(redis_.directory()) / "copy";
  redis_.kill();
  std::filesystem::copy(data, copy, std::filesystem::copy_options::recursive);
  redis_.start();
  // A second life goes on to 140 and is archived; then the copy is put back, and a third one begins at 101.
  writer_.append(40);
  LogStore second_life(place_.redis, "g", archive);
  events = read_all(second_life);
  ASSERT_EQ(events.size(), 140u);
  events.erase(events.begin(), events.begin() + 60);
  ASSERT_TRUE(archive->seal(second_life.bounds()->incarnation, events));
  redis_.kill();
  std::filesystem::remove_all(data);
  std::filesystem::copy(copy, data, std::filesystem::copy_options::recursive);
  redis_.start();
  const auto instead = writer_.append(20);
  expected.insert(expected.end(), instead.begin(), instead.end());
  LogStore third_life(place_.redis, "g", archive);
  events = read_all(third_life);
  ASSERT_EQ(events.size(), 120u);
  for (std::size_t i = 0; i < events.size(); ++i) EXPECT_EQ(events[i].record, expected[i]) << "event " << i + 1;
}

TEST_F(BusWithArchive, SetsAsideWhatTheLogHasLostAndArchivesWhatItHasInstead) {
  config_.archive_segment_events = 20;
  auto all = writer_.append(90);
  checkpoint("slow", 90);
  const auto before = std::filesystem::path(redis_.directory()) / "appendonlydir";
  const auto copy = std::filesystem::path(redis_.directory()) / "copy";
  std::filesystem::copy(before, copy, std::filesystem::copy_options::recursive);
  writer_.append(60);
  start_bus(config_);
  Archive archive(place_.archive);
  ASSERT_TRUE(eventually([&] { return archive.list().value()->size() == 7; }));
  const std::string lost = archive.list().value()->back().incarnation;

  redis_.kill();
  std::filesystem::remove_all(before);
  std::filesystem::rename(copy, before);
  redis_.start();
  const auto instead = writer_.append(12);
  all.insert(all.end(), instead.begin(), instead.end());
  ASSERT_TRUE(eventually([&] {
    const auto listed = archive.list();
    if (!listed) return false;
    const std::vector<Segment>& segments = **listed;
    return segments.size() == 5 && segments.back().last == 100 && segments.back().incarnation != lost;
  }));
  EXPECT_EQ(archive.verify().value(), 100u);
  BusClient it = client();
  runtime::LogPosition position;
  EXPECT_EQ(read_all(it, position, 102), all);
}

TEST_F(BusOverRedis, GoesOnAfterRedisWasKilledUnderIt) {
  writer_.append(5);
  start_bus();
  BusClient it = client();
  runtime::LogPosition position;
  ASSERT_EQ(read_all(it, position, 5).size(), 5u);
  redis_.restart();
  const auto more = writer_.append(5);
  EXPECT_EQ(read_all(it, position, 5), more);
}

TEST_F(BusOverRedis, CanBeReplacedAtAnyTimeBecauseItHoldsNothing) {
  const auto all = writer_.append(20);
  start_bus();
  BusClient it = client();
  runtime::LogPosition position;
  ASSERT_EQ(read_all(it, position, 20), all);
  stop_bus();
  const auto more = writer_.append(20);
  start_bus();
  EXPECT_EQ(read_all(it, position, 20), more);
}

TEST_F(BusOverRedis, AnswersMalformedFramesAndServesOn) {
  writer_.append(1);
  start_bus();
  auto dealer = runtime::Dealer::connect(context_, place_.fetch_endpoint);
  ASSERT_TRUE(dealer);
  const auto ready = [&](bool for_space) {
    runtime::Watch watch{&*dealer, -1, for_space, false};
    return runtime::wait({&watch, 1}, 10s);
  };
  while (!dealer->writable()) ASSERT_TRUE(ready(true));
  for (const std::string& bytes : {std::string(), std::string("garbage"), std::string(4096, '\xff'), std::string(64, '\0')}) {
    ASSERT_EQ(dealer->send(bytes), runtime::SendOutcome::kSent);
    std::optional<std::string> answer;
    while (!(answer = dealer->receive())) ASSERT_TRUE(ready(false));
    const auto reply = messages::decode_as<FetchReply>(*answer);
    ASSERT_TRUE(reply);
    // Zeros are a message with nothing in it, and so a Fetch for nothing.
    EXPECT_TRUE(reply->outcome == FetchOutcome::kMalformed || (bytes.size() == 64 && reply->outcome != FetchOutcome::kDiverged));
  }
  BusClient it = client();
  EXPECT_EQ(fetch(it, {})->events.size(), 1u);
}

TEST_F(BusOverRedis, TakesNoMemoryOnTheWordOfAStranger) {
  writer_.append(1);
  start_bus();
  BusClient it = client();
  ASSERT_TRUE(fetch(it, {}));
  const std::size_t before = support::memory_asked_for_bytes();
  for (std::uint32_t seed = 0; seed < 20; ++seed) {
    for (const auto& [socket, type] : {std::pair("/fetch.sock", "DEALER"), std::pair("/live.sock", "SUB")}) {
      support::RawPeer liar(redis_.directory() + socket), babbler(redis_.directory() + socket);
      ASSERT_TRUE(liar.shake_hands(type));
      ASSERT_TRUE(liar.send(support::zmtp_frame(std::uint64_t{2} << 30)));
      babbler.send(support::random_bytes(seed, 1000));
      EXPECT_TRUE(liar.is_hung_up_on());
    }
    ASSERT_EQ(fetch(it, {})->events.size(), 1u);
  }
  EXPECT_LT(support::memory_asked_for_bytes() - before, std::size_t{1} << 30);
}

TEST_F(BusOverRedis, PublishesEventsAndBeaconsOnLive) {
  start_bus();
  const std::string prefixes[] = {std::string("PersonRegistered\0", 17), "!beacon"};
  auto subscriber = runtime::Subscriber::connect(context_, place_.live_endpoint, prefixes);
  ASSERT_TRUE(subscriber);
  const auto next = [&]() -> std::optional<runtime::Subscriber::Message> {
    const auto limit = std::chrono::steady_clock::now() + 10s;
    while (std::chrono::steady_clock::now() < limit) {
      if (auto message = subscriber->receive()) return message;
      runtime::Watch watch{&*subscriber, -1, false, false};
      runtime::wait({&watch, 1}, 1s);
    }
    return std::nullopt;
  };
  // The first beacon shows that the subscription has arrived.
  auto message = next();
  ASSERT_TRUE(message);
  ASSERT_EQ(message->topic, "!beacon");
  EXPECT_EQ(messages::decode_as<messages::Beacon>(message->header)->head, 0u);
  writer_.append(1);
  bool event_seen = false, beacon_seen = false;
  while (!event_seen || !beacon_seen) {
    message = next();
    ASSERT_TRUE(message);
    if (message->topic == "!beacon") {
      beacon_seen = beacon_seen || messages::decode_as<messages::Beacon>(message->header)->head == 1;
      continue;
    }
    event_seen = true;
    EXPECT_EQ(message->topic, std::string("PersonRegistered\0north\0", 23));
    EXPECT_EQ(messages::decode_as<messages::LiveHeader>(message->header)->sequence, 1u);
    EXPECT_EQ(message->payload.find("Quentin"), std::string::npos);
  }
}

TEST(BusStart, RefusesAShortPseudonymKeyAndAnEndpointItCannotHave) {
  runtime::Context context;
  runtime::Metrics metrics("bus");
  Server::Place place;
  place.group = "g";
  place.redis.unix_socket = "/nonexistent";
  place.fetch_endpoint = "inproc://fetch";
  place.live_endpoint = "inproc://live";
  Config config;
  config.pseudonym_key = "short";
  EXPECT_FALSE(Server::start(context, place, config, metrics));
  place.fetch_endpoint = "ipc:///no/such/directory/fetch.sock";
  EXPECT_FALSE(Server::start(context, place, {}, metrics));
}

}  // namespace
}  // namespace bridgework::bus
