#include "runtime/wire.hpp"

#include <csignal>
#include <cstdlib>

#include <deque>
#include <filesystem>
#include <set>
#include <thread>

#include <gtest/gtest.h>
#include <pthread.h>
#include <zmq.h>

#include "support/raw_peer.hpp"

namespace bridgework::runtime {
namespace {

using namespace std::chrono_literals;

class Wire : public ::testing::Test {
 protected:
  Wire() {
    std::string pattern = (std::filesystem::temp_directory_path() / "bw-wire-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
  }
  ~Wire() override { std::filesystem::remove_all(directory_); }

  std::string ipc(const std::string& name) const { return "ipc://" + directory_ + "/" + name; }

  /// Waits for one socket; false when nothing came in ten seconds.
  static bool await(const Socket& socket, bool for_space = false) {
    Watch watch{&socket, -1, for_space, false};
    return wait({&watch, 1}, 10s);
  }
  static std::optional<Received> take(Router& router) {
    for (;;) {
      if (auto received = router.receive()) return received;
      if (!await(router)) return std::nullopt;
    }
  }
  static std::optional<std::string> take(Dealer& dealer) {
    for (;;) {
      if (auto received = dealer.receive()) return received;
      if (!await(dealer)) return std::nullopt;
    }
  }
  static bool await_connected(const Dealer& dealer) { return await(dealer, true) && dealer.writable(); }

  std::string directory_;
  Context context_;
};

TEST_F(Wire, CarriesEveryByteThereAndBack) {
  auto router = Router::bind(context_, ipc("a"));
  auto dealer = Dealer::connect(context_, ipc("a"));
  ASSERT_TRUE(router && dealer);
  ASSERT_TRUE(await_connected(*dealer));
  const std::string question("\0\xff question", 11);
  ASSERT_EQ(dealer->send(question), SendOutcome::kSent);
  const auto received = take(*router);
  ASSERT_TRUE(received);
  EXPECT_EQ(received->bytes, question);
  EXPECT_TRUE(received->user.empty());
  ASSERT_EQ(router->send(received->identity, ""), SendOutcome::kSent);
  EXPECT_EQ(take(*dealer), "");
}

TEST_F(Wire, WhatGoesAsOneMessageIsHandedOutOneByOne) {
  auto router = Router::bind(context_, ipc("a"));
  auto dealer = Dealer::connect(context_, ipc("a"));
  ASSERT_TRUE(await_connected(*dealer));
  std::vector<std::string> questions;
  for (std::size_t i = 0; i < kFramesMax; ++i) questions.push_back("question " + std::to_string(i));
  const std::vector<std::string_view> frames(questions.begin(), questions.end());
  ASSERT_EQ(dealer->send(frames), SendOutcome::kSent);
  ASSERT_EQ(dealer->send("and one"), SendOutcome::kSent);
  std::string identity;
  for (const auto& question : questions) {
    // What is still to be handed out wakes, though the library has nothing more.
    ASSERT_TRUE(await(*router));
    const auto received = router->receive();
    ASSERT_TRUE(received);
    EXPECT_EQ(received->bytes, question);
    identity = received->identity;
  }
  EXPECT_EQ(take(*router)->bytes, "and one");
  ASSERT_EQ(router->send(identity, frames), SendOutcome::kSent);
  for (const auto& question : questions) EXPECT_EQ(take(*dealer), question);
  EXPECT_FALSE(dealer->receive());
  EXPECT_EQ(router->malformed_count() + dealer->malformed_count(), 0u);

  for (std::size_t i = 0; i < kFramesMax; ++i) ASSERT_GE(zmq_send(dealer->handle(), "x", 1, ZMQ_SNDMORE), 0);
  ASSERT_GE(zmq_send(dealer->handle(), "one too many", 12, 0), 0);
  ASSERT_EQ(dealer->send("fits"), SendOutcome::kSent);
  EXPECT_EQ(take(*router)->bytes, "fits");
  EXPECT_EQ(router->malformed_count(), 1u);
}

TEST_F(Wire, OfAMessageThatIsRefusedNoPartIsSent) {
  SocketOptions small;
  small.queue_messages_max = 2;
  auto router = Router::bind(context_, ipc("a"), small);
  auto dealer = Dealer::connect(context_, ipc("a"), small);
  ASSERT_TRUE(await_connected(*dealer));
  ASSERT_EQ(dealer->send("hello"), SendOutcome::kSent);
  const std::string identity = take(*router)->identity, big(100'000, 'x');
  const std::vector<std::string_view> three(3, big);
  std::size_t sent = 0;
  while (router->send(identity, three) == SendOutcome::kSent) ++sent;
  std::size_t got = 0;
  for (; got < 3 * sent; ++got) ASSERT_EQ(take(*dealer), big);
  // Room again, as soon as the library has noticed, and what was refused left nothing behind.
  const auto limit = std::chrono::steady_clock::now() + 10s;
  while (router->send(identity, "after it") != SendOutcome::kSent) ASSERT_LT(std::chrono::steady_clock::now(), limit);
  EXPECT_EQ(take(*dealer), "after it");
}

TEST_F(Wire, ReceiveHasNothingToSayWhenThereIsNothing) {
  auto router = Router::bind(context_, ipc("a"));
  auto dealer = Dealer::connect(context_, ipc("a"));
  EXPECT_FALSE(router->receive());
  EXPECT_FALSE(dealer->receive());
}

// libzmq's own default is to say "sent" and drop.
TEST_F(Wire, ARouterSaysWhenThePeerIsUnknown) {
  auto router = Router::bind(context_, ipc("a"));
  EXPECT_EQ(router->send("nobody", "answer"), SendOutcome::kGone);
}

TEST_F(Wire, ARouterSaysWhenThePeerDoesNotRead) {
  SocketOptions small;
  small.queue_messages_max = 2;
  auto router = Router::bind(context_, ipc("a"), small);
  auto dealer = Dealer::connect(context_, ipc("a"), small);
  ASSERT_TRUE(await_connected(*dealer));
  ASSERT_EQ(dealer->send("hello"), SendOutcome::kSent);
  const auto received = take(*router);
  ASSERT_TRUE(received);
  const std::string answer(100'000, 'x');
  SendOutcome outcome = SendOutcome::kSent;
  for (int i = 0; i < 10'000 && outcome == SendOutcome::kSent; ++i) outcome = router->send(received->identity, answer);
  EXPECT_EQ(outcome, SendOutcome::kFull);
}

// libzmq's own default is to queue and deliver when the server comes up, long after the deadline.
TEST_F(Wire, ADealerQueuesNothingForAServerThatIsAway) {
  auto dealer = Dealer::connect(context_, ipc("late"));
  EXPECT_EQ(dealer->send("stale command"), SendOutcome::kFull);
  EXPECT_FALSE(dealer->writable());
  auto router = Router::bind(context_, ipc("late"));
  ASSERT_TRUE(await_connected(*dealer));
  ASSERT_EQ(dealer->send("fresh command"), SendOutcome::kSent);
  EXPECT_EQ(take(*router)->bytes, "fresh command");
}

TEST_F(Wire, ADealerNoticesThatItsServerHasGone) {
  auto router = Router::bind(context_, ipc("a"));
  auto dealer = Dealer::connect(context_, ipc("a"));
  ASSERT_TRUE(await_connected(*dealer));
  { const Router gone = std::move(*router); }
  const auto limit = std::chrono::steady_clock::now() + 10s;
  while (dealer->writable() && std::chrono::steady_clock::now() < limit) std::this_thread::yield();
  EXPECT_FALSE(dealer->writable());
}

TEST_F(Wire, AMessageOfTheWrongShapeIsCountedAndTheNextOneRead) {
  auto router = Router::bind(context_, ipc("a"));
  auto dealer = Dealer::connect(context_, ipc("a"));
  ASSERT_TRUE(await_connected(*dealer));
  for (int i = 0; i < 999; ++i) ASSERT_GE(zmq_send(dealer->handle(), "x", 1, ZMQ_SNDMORE), 0);
  ASSERT_GE(zmq_send(dealer->handle(), "x", 1, 0), 0);
  ASSERT_EQ(dealer->send("well formed"), SendOutcome::kSent);
  EXPECT_EQ(take(*router)->bytes, "well formed");
  EXPECT_EQ(router->malformed_count(), 1u);
}

TEST_F(Wire, AMessageAboveTheLimitNeverArrives) {
  SocketOptions small;
  small.message_bytes_max = 1000;
  auto router = Router::bind(context_, ipc("a"), small);
  auto dealer = Dealer::connect(context_, ipc("a"));
  ASSERT_TRUE(await_connected(*dealer));
  ASSERT_EQ(dealer->send(std::string(1001, 'x')), SendOutcome::kSent);
  // The link is cut for it. Whatever arrives first afterwards came over a new one.
  SendOutcome outcome = SendOutcome::kFull;
  std::optional<Received> received;
  const auto limit = std::chrono::steady_clock::now() + 10s;
  while (!received && std::chrono::steady_clock::now() < limit) {
    if (await_connected(*dealer)) outcome = dealer->send("small");
    Watch watch{&*router, -1, false, false};
    wait({&watch, 1}, 20ms);
    received = router->receive();
  }
  EXPECT_EQ(outcome, SendOutcome::kSent);
  ASSERT_TRUE(received);
  EXPECT_EQ(received->bytes, "small");
}

// Bytes that no library of ours has written. Whoever is not a peer is hung up on or left waiting; memory is not taken on its word, and
// the others are served.
TEST_F(Wire, RawBytesCostNobodyButTheirSender) {
  auto router = Router::bind(context_, ipc("a"));
  auto dealer = Dealer::connect(context_, ipc("a"));
  ASSERT_TRUE(router && dealer);
  ASSERT_TRUE(await_connected(*dealer));
  const std::string path = directory_ + "/a", hello = support::zmtp_hello();
  const std::size_t before = support::memory_asked_for_bytes();
  int served = 0;
  const auto serves = [&] {
    const std::string question = "question " + std::to_string(++served);
    if (dealer->send(question) != SendOutcome::kSent) return false;
    for (auto received = take(*router); received; received = take(*router)) {
      if (received->bytes == question) return router->send(received->identity, "answer") == SendOutcome::kSent && take(*dealer) == "answer";
    }
    return false;
  };

  // So that those refused below are refused for what they say, and not for how it is said here.
  support::RawPeer proper(path);
  ASSERT_TRUE(proper.shake_hands());
  ASSERT_TRUE(proper.send(support::zmtp_frame(5, 0) + "hello"));
  const auto heard = take(*router);
  ASSERT_TRUE(heard);
  EXPECT_EQ(heard->bytes, "hello");

  std::deque<support::RawPeer> silent;
  for (int i = 0; i < 50; ++i) silent.emplace_back(path);
  constexpr std::uint64_t kTwoGib = std::uint64_t{2} << 30;
  for (const std::string& announced :
       {support::zmtp_frame(kTwoGib), support::zmtp_frame(kTwoGib, 3), support::zmtp_frame(~std::uint64_t{0}),
        support::zmtp_frame(8 * 1024 * 1024 + 1), support::zmtp_frame(kTwoGib, 6)}) {
    support::RawPeer peer(path);
    ASSERT_TRUE(peer.shake_hands());
    ASSERT_TRUE(peer.send(announced));
    EXPECT_TRUE(peer.is_hung_up_on());
    EXPECT_TRUE(serves());
  }
  // The first version of the protocol has neither greeting nor kinds of peers.
  {
    support::RawPeer peer(path);
    peer.send(std::string("\x01\0\xff", 3) + support::zmtp_frame(kTwoGib).substr(1) + std::string(1, '\0'));
    EXPECT_TRUE(peer.is_hung_up_on());
    EXPECT_TRUE(serves());
  }
  std::string wrong_magic = hello, wrong_mechanism = hello;
  wrong_magic[9] = 'x';
  wrong_mechanism.replace(12, 4, "NONE");
  for (const std::string& bytes :
       {wrong_mechanism, std::string("GET / HTTP/1.1\r\nHost: bus\r\n\r\n"), hello.substr(0, 64) + "\x04\x05READY",
        hello + std::string(64, '\xff'), wrong_magic, std::string(100'000, '\0'), std::string(100'000, '\xff')}) {
    support::RawPeer peer(path);
    peer.send(bytes);
    EXPECT_TRUE(serves());
  }
  for (std::uint32_t seed = 0; seed < 200; ++seed) {
    support::RawPeer peer(path);
    ASSERT_TRUE(seed % 2 != 0 || peer.shake_hands());
    peer.send(support::random_bytes(seed, 1 + seed * 97));
    EXPECT_TRUE(serves()) << seed;
  }
  EXPECT_LT(support::memory_asked_for_bytes() - before, std::size_t{1} << 30);
}

TEST_F(Wire, ReceivedBytesAreAlignedForCapnProto) {
  auto router = Router::bind(context_, ipc("a"));
  auto dealer = Dealer::connect(context_, ipc("a"));
  ASSERT_TRUE(await_connected(*dealer));
  for (std::size_t size = 8; size <= 4096; size += 8) {
    ASSERT_EQ(dealer->send(std::string(size, 'x')), SendOutcome::kSent);
    const auto received = take(*router);
    ASSERT_TRUE(received);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(received->bytes.data()) % 8, 0u) << size;
  }
}

TEST_F(Wire, NothingLeavesThisMachineWithoutKeys) {
  EXPECT_FALSE(Router::bind(context_, "tcp://0.0.0.0:*"));
  EXPECT_FALSE(Router::bind(context_, "tcp://*:*"));
  EXPECT_FALSE(Dealer::connect(context_, "tcp://192.0.2.7:5555"));
  const auto router = Router::bind(context_, "tcp://127.0.0.1:*");
  ASSERT_TRUE(router);
  EXPECT_EQ(router->endpoint().find('*'), std::string::npos);
}

TEST_F(Wire, AnEndpointThatCannotBeHadIsAFault) {
  const auto router = Router::bind(context_, "ipc://" + directory_ + "/no/such/directory");
  ASSERT_FALSE(router);
  EXPECT_EQ(router.error().kind, FaultKind::kInternal);
}

TEST_F(Wire, ClosingDoesNotWaitForAPeerThatNeverReads) {
  auto router = Router::bind(context_, ipc("a"));
  const auto begin = std::chrono::steady_clock::now();
  {
    auto dealer = Dealer::connect(context_, ipc("a"));
    ASSERT_TRUE(await_connected(*dealer));
    for (int i = 0; i < 100; ++i) ASSERT_EQ(dealer->send(std::string(10'000, 'x')), SendOutcome::kSent);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
}

TEST_F(Wire, ATopicIsShortEnoughForTheLibrary) {
  EXPECT_TRUE(Topic::of(std::string(240, 't')));
  EXPECT_FALSE(Topic::of(std::string(241, 't')));
}

// libzmq 4.3.4 writes topics of 246 to 255 bytes so that the other side cannot read them.
TEST_F(Wire, TopicsOfEveryAllowedLengthArriveUnharmed) {
  auto publisher = Publisher::bind(context_, ipc("live"));
  const std::string long_one(Topic::kBytesMax, 't');
  const std::string prefixes[] = {long_one, "a"};
  auto subscriber = Subscriber::connect(context_, ipc("live"), prefixes);
  ASSERT_TRUE(publisher && subscriber);
  for (std::size_t heard = 0; heard < std::size(prefixes);) {
    ASSERT_TRUE(await(*publisher));
    while (const auto change = publisher->receive()) heard += change->prefix == long_one || change->prefix == "a" ? 1 : 0;
  }
  ASSERT_EQ(publisher->send(*Topic::of(long_one), "h", "long"), SendOutcome::kSent);
  for (std::size_t size = 1; size <= Topic::kBytesMax; ++size) {
    ASSERT_EQ(publisher->send(*Topic::of(std::string(size, 'a')), "h", std::to_string(size)), SendOutcome::kSent);
  }
  std::size_t next = 0;
  while (next <= Topic::kBytesMax) {
    ASSERT_TRUE(await(*subscriber)) << next;
    while (const auto message = subscriber->receive()) {
      EXPECT_EQ(message->topic, next == 0 ? long_one : std::string(next, 'a'));
      ++next;
    }
  }
}

// Subscriptions count against the bound of a queue, and those beyond it are dropped without a word.
TEST_F(Wire, AsManySubscriptionsAsAreAllowedAllArrive) {
  auto publisher = Publisher::bind(context_, ipc("live"));
  std::vector<std::string> prefixes;
  for (std::size_t i = 0; i < Subscriber::kPrefixesMax; ++i) prefixes.push_back("p" + std::to_string(i) + ".");
  auto subscriber = Subscriber::connect(context_, ipc("live"), prefixes);
  ASSERT_TRUE(publisher && subscriber);
  std::set<std::string> arrived;
  while (arrived.size() < prefixes.size() && await(*publisher)) {
    while (const auto change = publisher->receive()) arrived.insert(change->prefix);
  }
  EXPECT_EQ(arrived.size(), prefixes.size());
}

// Their defaults wait for ever, queue without end, or are counted in a way that wraps round.
TEST_F(Wire, EverySocketIsMadeWithOptionsThatTheLibraryCanKeep) {
  auto router = Router::bind(context_, ipc("a"));
  auto dealer = Dealer::connect(context_, ipc("a"));
  auto publisher = Publisher::bind(context_, ipc("live"));
  const std::string everything[] = {""};
  auto subscriber = Subscriber::connect(context_, ipc("live"), everything);
  ASSERT_TRUE(router && dealer && publisher && subscriber);
  const Socket* sockets[] = {&*router, &*dealer, &*publisher, &*subscriber};
  const auto option = [](const Socket* socket, int name) {
    int value = -1;
    std::size_t size = sizeof value;
    EXPECT_EQ(zmq_getsockopt(socket->handle(), name, &value, &size), 0);
    return value;
  };
  for (const Socket* socket : sockets) {
    EXPECT_GE(option(socket, ZMQ_LINGER), 0);
    EXPECT_LE(option(socket, ZMQ_LINGER), 500);
    EXPECT_GT(option(socket, ZMQ_HEARTBEAT_IVL), 0);
    // Sent as tenths of a second in sixteen bits.
    EXPECT_GT(option(socket, ZMQ_HEARTBEAT_TTL), option(socket, ZMQ_HEARTBEAT_IVL));
    EXPECT_LT(option(socket, ZMQ_HEARTBEAT_TTL), 65'500);
    EXPECT_GT(option(socket, ZMQ_HANDSHAKE_IVL), 0);
    for (const int bound : {ZMQ_SNDHWM, ZMQ_RCVHWM}) {
      EXPECT_GT(option(socket, bound), 0) << "0 is without bound";
      EXPECT_GT(option(socket, bound), static_cast<int>(Subscriber::kPrefixesMax));
    }
    std::int64_t bytes_max = -1;
    std::size_t size = sizeof bytes_max;
    EXPECT_EQ(zmq_getsockopt(socket->handle(), ZMQ_MAXMSGSIZE, &bytes_max, &size), 0);
    EXPECT_GT(bytes_max, 0) << "-1 is without bound";
  }
  EXPECT_EQ(option(&*dealer, ZMQ_IMMEDIATE), 1);
}

// ZMQ_FD reports a change once; who took one message and sleeps on the descriptor sleeps on the others.
TEST_F(Wire, WhatIsQueuedAlreadyIsNotSleptOn) {
  auto router = Router::bind(context_, ipc("a"));
  auto dealer = Dealer::connect(context_, ipc("a"));
  ASSERT_TRUE(await_connected(*dealer));
  for (const char* bytes : {"1", "2", "3"}) ASSERT_EQ(dealer->send(bytes), SendOutcome::kSent);
  EXPECT_EQ(take(*router)->bytes, "1");
  for (const char* bytes : {"2", "3"}) {
    ASSERT_TRUE(await(*router));
    EXPECT_EQ(router->receive()->bytes, bytes);
  }
  Watch watch{&*router, -1, false, false};
  EXPECT_FALSE(wait({&watch, 1}, 0ms));
}

TEST_F(Wire, ASubscriberHearsItsPrefixesOnly) {
  auto publisher = Publisher::bind(context_, ipc("live"));
  const std::string prefixes[] = {std::string("Booked\0", 7)};
  auto subscriber = Subscriber::connect(context_, ipc("live"), prefixes);
  ASSERT_TRUE(publisher && subscriber);
  ASSERT_TRUE(await(*publisher));
  const auto change = publisher->receive();
  ASSERT_TRUE(change);
  EXPECT_EQ(change->kind, Publisher::Change::Kind::kSubscribed);
  EXPECT_EQ(change->prefix, prefixes[0]);
  ASSERT_EQ(publisher->send(*Topic::of(std::string("Moved\0site\0", 11)), "h", "no"), SendOutcome::kSent);
  ASSERT_EQ(publisher->send(*Topic::of(std::string("Booked\0site\0", 12)), "h", "yes"), SendOutcome::kSent);
  ASSERT_TRUE(await(*subscriber));
  const auto message = subscriber->receive();
  ASSERT_TRUE(message);
  EXPECT_EQ(message->payload, "yes");
  EXPECT_FALSE(subscriber->receive());
}

TEST_F(Wire, MoreSubscriptionsThanAQueueHoldsAreRefusedAloud) {
  const std::vector<std::string> prefixes(Subscriber::kPrefixesMax + 1, "p");
  EXPECT_FALSE(Subscriber::connect(context_, ipc("live"), prefixes));
}

// With XPUB_NODROP the healthy one would stop too.
TEST_F(Wire, AStalledSubscriberStopsNobodyElse) {
  SocketOptions small;
  small.queue_messages_max = 10;
  auto publisher = Publisher::bind(context_, ipc("live"), small);
  const std::string everything[] = {""};
  auto stalled = Subscriber::connect(context_, ipc("live"), everything, small);
  ASSERT_TRUE(await(*publisher));
  ASSERT_TRUE(publisher->receive());
  const std::string mine[] = {"m"};
  auto healthy = Subscriber::connect(context_, ipc("live"), mine, small);
  ASSERT_TRUE(await(*publisher));
  ASSERT_TRUE(publisher->receive());
  // The healthy one may lose some of a burst too; what it must not do is stop.
  int heard = 0;
  const auto limit = std::chrono::steady_clock::now() + 10s;
  while (heard < 500 && std::chrono::steady_clock::now() < limit) {
    ASSERT_EQ(publisher->send(*Topic::of("m"), "h", std::string(10'000, 'x')), SendOutcome::kSent);
    Watch watch{&*healthy, -1, false, false};
    wait({&watch, 1}, 1ms);
    while (healthy->receive()) ++heard;
  }
  EXPECT_GE(heard, 500);
}

TEST_F(Wire, WaitIsWokenFromAnotherThread) {
  Wakeup wakeup;
  Watch watch;
  watch.descriptor = wakeup.descriptor();
  std::thread other([&] { wakeup.wake(); });
  EXPECT_TRUE(wait({&watch, 1}, 10s));
  EXPECT_TRUE(watch.ready);
  other.join();
  wakeup.clear();
  EXPECT_FALSE(wait({&watch, 1}, 0ms));
}

TEST_F(Wire, ASignalEndsAWaitAndThrowsNothing) {
  struct sigaction action {};
  action.sa_handler = [](int) {};
  struct sigaction before {};
  ASSERT_EQ(sigaction(SIGUSR1, &action, &before), 0);
  auto router = Router::bind(context_, ipc("a"));
  const pthread_t waiting = pthread_self();
  std::atomic<bool> done{false};
  // Signalled again and again, so that one arrives while it waits.
  std::thread other([&] {
    while (!done) {
      pthread_kill(waiting, SIGUSR1);
      std::this_thread::yield();
    }
  });
  Watch watch{&*router, -1, false, false};
  EXPECT_FALSE(wait({&watch, 1}, 60s));
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(router->receive());
  done = true;
  other.join();
  sigaction(SIGUSR1, &before, nullptr);
}

TEST(WireContext, ASecondOneAtTheSameTimeIsABug) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  const Context first;
  EXPECT_DEATH({ Context second; }, "second ZeroMQ context");
}

}  // namespace
}  // namespace bridgework::runtime
