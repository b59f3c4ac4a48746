// Who gets in over TCP, and who does not: CURVE, the list of principals, and what happens when one of them is missing.

#include "runtime/zap.hpp"

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <zmq.h>

#include "messages/catalogue.hpp"

namespace bridgework::runtime {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class Directory {
 public:
  Directory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "bw-zap-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~Directory() { std::filesystem::remove_all(path_); }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

void write(const std::string& path, const std::string& text) {
  std::ofstream(path + ".new") << text;
  std::filesystem::rename(path + ".new", path);
}

std::string entry(const std::string& name, const std::vector<std::string>& keys, const std::string& may) {
  std::string text = "[" + name + "]\nkeys = [";
  for (const std::string& key : keys) text += "\"" + key + "\", ";
  return text + "]\nmay = [" + may + "]\n";
}

// ---- key files

TEST(CurveKeyFile, IsForItsOwnerAloneAndIsNeverReplaced) {
  const Directory directory;
  const std::string path = directory.file("key");
  const CurveKeys keys = make_curve_keys();
  ASSERT_TRUE(write_curve_keys(path, keys));
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777u, 0600u);
  const auto read = read_curve_keys(path);
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->public_key, keys.public_key);
  EXPECT_EQ(read->secret_key, keys.secret_key);
  EXPECT_FALSE(write_curve_keys(path, make_curve_keys()));
  EXPECT_EQ(read_curve_keys(path)->public_key, keys.public_key);
}

TEST(CurveKeyFile, ThatOthersMayReadIsRefused) {
  const Directory directory;
  const std::string path = directory.file("key");
  ASSERT_TRUE(write_curve_keys(path, make_curve_keys()));
  ASSERT_EQ(::chmod(path.c_str(), 0640), 0);
  const auto read = read_curve_keys(path);
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error(), HasSubstr("chmod 600"));
}

TEST(CurveKeyFile, ThatHoldsNoPairIsRefusedAndNotRepeated) {
  const Directory directory;
  const CurveKeys one = make_curve_keys(), other = make_curve_keys();
  for (const std::string& text : {std::string(), one.public_key, one.public_key + "\n", one.public_key + "\n" + other.secret_key + "\n",
                                  one.secret_key + "\n" + one.public_key + "\n", one.public_key + "\n" + one.secret_key + "\nmore",
                                  one.public_key + " " + one.secret_key, std::string(200, 'x')}) {
    const std::string path = directory.file("key");
    write(path, text);
    ASSERT_EQ(::chmod(path.c_str(), 0600), 0);
    const auto read = read_curve_keys(path);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().find(one.secret_key), std::string::npos);
  }
  EXPECT_FALSE(read_curve_keys(directory.file("none")));
}

// ---- the list

TEST(Principals, MayDoWhatTheListSaysAndNothingElse) {
  const std::string gateway = make_curve_keys().public_key, next = make_curve_keys().public_key, tableau = make_curve_keys().public_key;
  const auto list = Principals::parse(entry("gateway", {gateway, next}, R"("command", "query", "fetch")") +
                                      entry("tableau", {tableau}, R"("live")") + entry("gone", {}, R"("live")"));
  ASSERT_TRUE(list) << list.error();
  EXPECT_EQ(list->admitted(gateway, Grant::kCommand), "gateway");
  EXPECT_EQ(list->admitted(next, Grant::kQuery), "gateway");
  EXPECT_EQ(list->admitted(gateway, Grant::kFetch), "gateway");
  EXPECT_EQ(list->admitted(gateway, Grant::kLive), std::nullopt);
  EXPECT_EQ(list->admitted(tableau, Grant::kLive), "tableau");
  for (const Grant grant : {Grant::kCommand, Grant::kQuery, Grant::kFetch, Grant::kSelfTest})
    EXPECT_EQ(list->admitted(tableau, grant), std::nullopt);
  EXPECT_EQ(list->admitted(make_curve_keys().public_key, Grant::kLive), std::nullopt);
  EXPECT_EQ(list->admitted("", Grant::kLive), std::nullopt);
  EXPECT_EQ(list->keys(), 3u);
}

TEST(Principals, AGrantCanBeForSomeMessagesOnly) {
  const std::string key = make_curve_keys().public_key;
  const auto list = Principals::parse(
      entry("phones", {key}, R"("command:RecordCall", "query:GetLead", "query:GetPerson", "fetch:CallRecorded", "live")"));
  ASSERT_TRUE(list) << list.error();
  const auto type = [](std::string_view name) { return messages::find_message(name)->type_id; };
  EXPECT_TRUE(list->may(key, Grant::kCommand, type("RecordCall")));
  EXPECT_FALSE(list->may(key, Grant::kCommand, type("HoldSlot")));
  EXPECT_TRUE(list->may(key, Grant::kQuery, type("GetPerson")));
  EXPECT_FALSE(list->may(key, Grant::kQuery, type("GetConsents")));
  EXPECT_TRUE(list->may(key, Grant::kFetch, type("CallRecorded")));
  EXPECT_FALSE(list->may(key, Grant::kFetch, 0)) << "nor all of them";
  EXPECT_TRUE(list->may(key, Grant::kLive, 0));
  EXPECT_FALSE(list->may(make_curve_keys().public_key, Grant::kCommand, type("RecordCall")));
  const auto whole = Principals::parse(entry("all", {key}, R"("command")"));
  EXPECT_TRUE(whole->may(key, Grant::kCommand, type("HoldSlot")));
  EXPECT_FALSE(whole->may(key, Grant::kQuery, type("GetPerson")));
  for (const char* may : {R"("command:")", R"("command:NoSuch")", R"("command:GetPerson")", R"("fetch:RecordCall")",
                          R"("live:CallRecorded")", R"("command", "command:RecordCall")"}) {
    EXPECT_FALSE(Principals::parse(entry("a", {key}, may))) << may;
  }
}

TEST(Principals, AListThatCouldBeMisreadIsRefusedWhole) {
  const std::string key = make_curve_keys().public_key;
  const std::string good = entry("a", {key}, R"("live")");
  const std::vector<std::string> wrong = {std::string(),
                                          "[.]",
                                          "x = 1",
                                          "[A]\nkeys=[]\nmay=[]",
                                          "[a]\nkeys=[]",
                                          "[a]\nmay=[]",
                                          "[a]\nkeys=\"" + key + "\"\nmay=[]",
                                          "[a]\nkeys=[1]\nmay=[]",
                                          "[a]\nkeys=[\"short\"]\nmay=[]",
                                          "[a]\nkeys=[]\nmay=[\"everything\"]",
                                          "[a]\nkeys=[]\nmay=[\"self_test\"]",
                                          "[a]\nkeys=[]\nmay=[]\nmust=[]",
                                          good + entry("b", {key}, R"("live")"),
                                          good + good,
                                          entry("a", {key, key}, "")};
  for (const std::string& text : wrong) EXPECT_FALSE(Principals::parse(text)) << text;
  EXPECT_TRUE(Principals::parse(good));
}

TEST(Principals, KnowWhetherSomebodyLostSomething) {
  const std::string one = make_curve_keys().public_key, two = make_curve_keys().public_key;
  const auto list = [](const std::string& text) { return Principals::parse(text).value(); };
  const Principals before = list(entry("a", {one}, R"("live", "fetch")"));
  EXPECT_TRUE(list(entry("a", {one, two}, R"("live", "fetch", "query")")).keeps_all_of(before));
  EXPECT_FALSE(list(entry("a", {one}, R"("live")")).keeps_all_of(before));
  EXPECT_FALSE(list(entry("a", {two}, R"("live", "fetch")")).keeps_all_of(before));
  EXPECT_FALSE(list(entry("b", {one}, R"("live", "fetch")")).keeps_all_of(before)) << "another name is another principal";
}

TEST(ZapRequestFrames, AreReadOrRefusedUnderTheirId) {
  const std::string key(32, 'k');
  const std::vector<std::string> good = {"1.0", "id", "fetch", "10.0.0.1", "", "CURVE", key};
  const auto request = read_zap_request(good);
  ASSERT_TRUE(std::holds_alternative<ZapRequest>(request));
  EXPECT_EQ(std::get<ZapRequest>(request).request_id, "id");
  EXPECT_EQ(std::get<ZapRequest>(request).domain, "fetch");
  EXPECT_TRUE(is_curve_key(std::get<ZapRequest>(request).public_key));
  const auto changed = [&](std::size_t at, const std::string& text) {
    std::vector<std::string> frames = good;
    frames[at] = text;
    return frames;
  };
  for (const auto& frames : {changed(0, "2.0"), changed(5, "NULL"), changed(5, "PLAIN"), changed(6, key + "k"), changed(6, ""),
                             std::vector<std::string>{"1.0", "id"}, std::vector<std::string>(20, "id")}) {
    ASSERT_TRUE(std::holds_alternative<std::string>(read_zap_request(frames)));
    EXPECT_EQ(std::get<std::string>(read_zap_request(frames)), "id");
  }
  EXPECT_EQ(std::get<std::string>(read_zap_request({})), "");
}

// ---- over TCP

/// What a test stands on and cannot do without is thrown, not expected: nothing goes on from a gate that is not there.
class Gated : public ::testing::Test {
 protected:
  enum class Came { kIn, kTurnedAway, kNeither };

  void start(const std::string& list) {
    write(list_, list);
    auto keeper = Gatekeeper::start(context_, server_, list_, metrics_);
    if (!keeper) throw std::runtime_error(keeper.error());
    keeper_ = std::move(*keeper);
    serve();
  }
  void serve(Grant grant = Grant::kFetch) {
    SocketOptions options;
    options.keys = server_;
    options.gate = keeper_.get();
    options.grant = grant;
    auto router = Router::bind(context_, "tcp://127.0.0.1:*", options);
    if (!router) throw std::runtime_error(router.error().what);
    watch(std::move(*router));
  }
  void watch(Router router) {
    if (events_ != nullptr) zmq_close(events_);
    router_.emplace(std::move(router));
    const std::string place = "inproc://events-" + std::to_string(++watches_);
    ASSERT_EQ(zmq_socket_monitor(router_->handle(), place.c_str(),
                                 ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                                     ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL),
              0);
    events_ = zmq_socket(context_.handle(), ZMQ_PAIR);
    const int none = 0;
    zmq_setsockopt(events_, ZMQ_LINGER, &none, sizeof none);
    ASSERT_EQ(zmq_connect(events_, place.c_str()), 0);
  }
  ~Gated() override {
    if (events_ != nullptr) zmq_close(events_);
  }
  void read_list(const std::string& list) {
    const std::uint64_t before = keeper_->lists_read();
    write(list_, list);
    ASSERT_TRUE(eventually([&] { return keeper_->lists_read() > before; }));
  }

  static bool eventually(const std::function<bool()>& done) {
    const auto limit = std::chrono::steady_clock::now() + 10s;
    while (!done()) {
      if (std::chrono::steady_clock::now() > limit) return false;
      wait({}, 2ms);
    }
    return true;
  }

  Dealer dealer(const CurveKeys& keys, std::string endpoint = {}) {
    SocketOptions options;
    options.keys = keys;
    if (endpoint.empty()) endpoint = router_->endpoint();
    auto dealer = Dealer::connect(context_, endpoint, options);
    if (!dealer) throw std::runtime_error(dealer.error().what);
    return std::move(*dealer);
  }
  /// What became of the next one who knocked, told by the server's own events: libzmq reports them, and each handshake ends in one.
  Came came() {
    Came came = Came::kNeither;
    eventually([&] {
      std::uint16_t event = 0;
      char bytes[256] = {};
      if (zmq_recv(events_, bytes, sizeof bytes, ZMQ_DONTWAIT) < 2) return false;
      std::memcpy(&event, bytes, sizeof event);
      zmq_recv(events_, bytes, sizeof bytes, ZMQ_DONTWAIT);
      came = event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED ? Came::kIn : Came::kTurnedAway;
      return true;
    });
    return came;
  }
  Came knock(const CurveKeys& keys) {
    const Dealer knocking = dealer(keys);
    return came();
  }
  static bool sends(Dealer& dealer, const std::string& bytes) {
    return eventually([&] { return dealer.send(bytes) == SendOutcome::kSent; });
  }

  std::optional<Received> take() {
    std::optional<Received> received;
    eventually([&] { return (received = router_->receive()).has_value(); });
    return received;
  }
  double handshakes(const char* outcome) {
    return metrics_
        .counter("bridgework_gate_handshakes_total", "Who came to a socket on TCP, by what became of it; the self-test counts too.",
                 {{"outcome", outcome}})
        .value();
  }

  Directory directory_;
  const std::string list_ = directory_.file("principals.toml");
  const CurveKeys server_ = make_curve_keys(), alice_ = make_curve_keys(), bob_ = make_curve_keys();
  Metrics metrics_{"test"};
  Context context_;
  std::unique_ptr<Gatekeeper> keeper_;
  std::optional<Router> router_;
  void* events_ = nullptr;
  int watches_ = 0;
};

TEST_F(Gated, AKnownKeyComesInUnderItsPrincipalsName) {
  start(entry("alice", {alice_.public_key}, R"("fetch")"));
  Dealer from_alice = dealer(alice_);
  ASSERT_EQ(came(), Came::kIn);
  ASSERT_TRUE(sends(from_alice, "hello"));
  const auto received = take();
  ASSERT_TRUE(received);
  EXPECT_EQ(received->bytes, "hello");
  EXPECT_EQ(received->user, "alice");
  ASSERT_EQ(router_->send(received->identity, "welcome"), SendOutcome::kSent);
  std::optional<std::string> answer;
  EXPECT_TRUE(eventually([&] { return (answer = from_alice.receive()).has_value(); }));
  EXPECT_EQ(answer, "welcome");
}

TEST_F(Gated, AnUnknownKeyIsTurnedAwayAndCounted) {
  start(entry("alice", {alice_.public_key}, R"("fetch")"));
  const double before = handshakes("refused");
  Dealer stranger = dealer(bob_);
  EXPECT_EQ(came(), Came::kTurnedAway);
  EXPECT_EQ(stranger.send("let me in"), SendOutcome::kFull);
  EXPECT_GT(handshakes("refused"), before);
}

TEST_F(Gated, AKeyKnownForSomethingElseIsTurnedAway) {
  start(entry("tableau", {alice_.public_key}, R"("live")") + entry("bob", {bob_.public_key}, R"("fetch", "query")"));
  EXPECT_EQ(knock(alice_), Came::kTurnedAway) << "hearing Live is not reading the log";
  EXPECT_EQ(knock(bob_), Came::kIn);
  serve(Grant::kCommand);
  EXPECT_EQ(knock(bob_), Came::kTurnedAway) << "who asks may not order";
}

// libzmq without its option 93 lets any key in when nobody answers.
TEST_F(Gated, WithoutAHandlerNobodyComesIn) {
  class EverybodyIsWelcome : public Gate {
   public:
    std::optional<std::string> admitted(std::string_view, Grant) const override { return "anybody"; }
  } gate;
  SocketOptions options;
  options.keys = server_;
  options.gate = &gate;
  auto router = Router::bind(context_, "tcp://127.0.0.1:*", options);
  ASSERT_TRUE(router);
  watch(std::move(*router));
  Dealer from_alice = dealer(alice_);
  EXPECT_EQ(came(), Came::kTurnedAway);
  EXPECT_EQ(from_alice.send("hello"), SendOutcome::kFull);
}

// Links outlive the handler here, as they would if its thread had died; the gate they ask must not go with it.
TEST_F(Gated, WhenTheHandlerIsGoneLaterNobodyElseComesIn) {
  class KnowsAlice : public Gate {
   public:
    std::optional<std::string> admitted(std::string_view, Grant) const override { return "alice"; }
  } gate;
  write(list_, entry("alice", {alice_.public_key}, R"("fetch")"));
  auto keeper = Gatekeeper::start(context_, server_, list_, metrics_);
  ASSERT_TRUE(keeper) << keeper.error();
  keeper_ = std::move(*keeper);
  SocketOptions options;
  options.keys = server_;
  options.gate = &gate;
  options.grant = Grant::kFetch;
  auto router = Router::bind(context_, "tcp://127.0.0.1:*", options);
  ASSERT_TRUE(router) << router.error().what;
  watch(std::move(*router));
  ASSERT_EQ(knock(alice_), Came::kIn);
  Dealer inside = dealer(alice_);
  ASSERT_EQ(came(), Came::kIn);

  keeper_.reset();
  EXPECT_NE(knock(alice_), Came::kIn);
  Dealer outside = dealer(bob_);
  EXPECT_NE(came(), Came::kIn);
  EXPECT_EQ(outside.send("let me in"), SendOutcome::kFull);
  ASSERT_TRUE(sends(inside, "still here"));
  EXPECT_EQ(take()->user, "alice");
}

TEST_F(Gated, AHandlerThatNeverAnswersLetsNobodyIn) {
  class Anybody : public Gate {
   public:
    std::optional<std::string> admitted(std::string_view, Grant) const override { return "anybody"; }
  } gate;
  const std::unique_ptr<void, int (*)(void*)> silent(zmq_socket(context_.handle(), ZMQ_REP),
                                                     [](void* socket) { return zmq_close(socket); });
  ASSERT_EQ(zmq_bind(silent.get(), "inproc://zeromq.zap.01"), 0);
  SocketOptions options;
  options.keys = server_;
  options.gate = &gate;
  auto router = Router::bind(context_, "tcp://127.0.0.1:*", options);
  ASSERT_TRUE(router);
  watch(std::move(*router));
  Dealer from_alice = dealer(alice_);
  EXPECT_EQ(came(), Came::kTurnedAway) << "after the time a handshake may take";
  EXPECT_EQ(from_alice.send("hello"), SendOutcome::kFull);
}

TEST_F(Gated, WhoHasNoKeyAtAllIsTurnedAway) {
  start(entry("alice", {alice_.public_key}, R"("fetch")"));
  const std::string plain = router_->endpoint().substr(0, router_->endpoint().find('#'));
  auto naked = Dealer::connect(context_, plain);
  ASSERT_TRUE(naked);
  EXPECT_EQ(came(), Came::kTurnedAway);
}

TEST_F(Gated, AServerThatIsNotTheOneMeantIsNotSpokenTo) {
  start(entry("alice", {alice_.public_key}, R"("fetch")"));
  const std::string elsewhere = router_->endpoint().substr(0, router_->endpoint().find('#') + 1) + make_curve_keys().public_key;
  const Dealer misled = dealer(alice_, elsewhere);
  EXPECT_EQ(came(), Came::kTurnedAway);
}

TEST_F(Gated, ARevokedKeyIsShutOutWithoutARestartThoughItsLinkStands) {
  start(entry("alice", {alice_.public_key}, R"("fetch")") + entry("bob", {bob_.public_key}, R"("fetch")"));
  Dealer from_alice = dealer(alice_), from_bob = dealer(bob_);
  ASSERT_TRUE(came() == Came::kIn && came() == Came::kIn);
  ASSERT_TRUE(sends(from_alice, "before"));
  ASSERT_EQ(take()->user, "alice");
  EXPECT_EQ(keeper_->revocations(), 0u);

  read_list(entry("bob", {bob_.public_key}, R"("fetch")"));
  EXPECT_EQ(keeper_->revocations(), 1u);
  ASSERT_TRUE(sends(from_alice, "after"));
  EXPECT_TRUE(eventually([&] {
    EXPECT_FALSE(router_->receive()) << "a revoked key still speaks";
    return router_->not_admitted_count() == 1;
  }));
  EXPECT_EQ(knock(alice_), Came::kTurnedAway);
  ASSERT_TRUE(sends(from_bob, "still here"));
  EXPECT_EQ(take()->user, "bob");
}

TEST_F(Gated, EachMessageIsAskedWhetherItsSenderMaySendIt) {
  start(entry("alice", {alice_.public_key}, R"("fetch:CallRecorded")") + entry("bob", {bob_.public_key}, R"("fetch")"));
  Dealer from_alice = dealer(alice_), from_bob = dealer(bob_);
  const std::uint64_t calls = messages::find_message("CallRecorded")->type_id,
                      visits = messages::find_message("AppointmentBooked")->type_id;
  ASSERT_TRUE(sends(from_alice, "a"));
  const auto alice = take();
  EXPECT_TRUE(router_->may(*alice, calls));
  EXPECT_FALSE(router_->may(*alice, visits));
  ASSERT_TRUE(sends(from_bob, "b"));
  const auto bob = take();
  EXPECT_TRUE(router_->may(*bob, calls) && router_->may(*bob, visits));
  read_list(entry("alice", {alice_.public_key}, R"("fetch")") + entry("bob", {bob_.public_key}, R"("fetch:AppointmentBooked")"));
  EXPECT_TRUE(router_->may(*alice, visits));
  EXPECT_FALSE(router_->may(*bob, calls)) << "the list is asked each time";
}

TEST_F(Gated, AKeyIsRotatedWithoutARestartAndWithoutAGap) {
  const CurveKeys next = make_curve_keys();
  start(entry("alice", {alice_.public_key}, R"("fetch")"));
  EXPECT_EQ(knock(next), Came::kTurnedAway);
  read_list(entry("alice", {alice_.public_key, next.public_key}, R"("fetch")"));
  Dealer by_old = dealer(alice_), by_next = dealer(next);
  ASSERT_TRUE(came() == Came::kIn && came() == Came::kIn);
  for (Dealer* one : {&by_old, &by_next}) {
    ASSERT_TRUE(sends(*one, "hello"));
    EXPECT_EQ(take()->user, "alice");
  }
  EXPECT_EQ(keeper_->revocations(), 0u);
  read_list(entry("alice", {next.public_key}, R"("fetch")"));
  EXPECT_EQ(knock(alice_), Came::kTurnedAway);
  EXPECT_EQ(knock(next), Came::kIn);
  ASSERT_TRUE(sends(by_next, "still me"));
  EXPECT_EQ(take()->user, "alice");
}

TEST_F(Gated, CuttingLinksBringsBackOnlyWhoStillMay) {
  start(entry("alice", {alice_.public_key}, R"("fetch")") + entry("bob", {bob_.public_key}, R"("fetch")"));
  Dealer from_alice = dealer(alice_), from_bob = dealer(bob_);
  ASSERT_TRUE(came() == Came::kIn && came() == Came::kIn);
  read_list(entry("bob", {bob_.public_key}, R"("fetch")"));
  const std::string before = router_->endpoint();
  const double refused = handshakes("refused");
  ASSERT_TRUE(router_->cut());
  EXPECT_EQ(router_->endpoint(), before);
  // What is sent before the old link is seen to be gone is lost with it.
  std::optional<Received> received;
  EXPECT_TRUE(eventually([&] {
    [[maybe_unused]] const SendOutcome perhaps_lost = from_bob.send("back again");
    return (received = router_->receive()).has_value();
  }));
  EXPECT_EQ(received->user, "bob");
  EXPECT_TRUE(eventually([&] { return handshakes("refused") > refused; })) << "the one shut out was heard knocking";
  EXPECT_FALSE(from_alice.writable());
}

TEST_F(Gated, ASubscriberIsCutOffAndAnotherHearsOn) {
  write(list_, entry("alice", {alice_.public_key}, R"("live")") + entry("bob", {bob_.public_key}, R"("live")"));
  auto keeper = Gatekeeper::start(context_, server_, list_, metrics_);
  ASSERT_TRUE(keeper) << keeper.error();
  keeper_ = std::move(*keeper);
  SocketOptions options;
  options.keys = server_;
  options.gate = keeper_.get();
  options.grant = Grant::kLive;
  auto publisher = Publisher::bind(context_, "tcp://127.0.0.1:*", options);
  ASSERT_TRUE(publisher) << publisher.error().what;
  const std::string everything[] = {""};
  const auto subscriber = [&](const CurveKeys& keys) {
    SocketOptions asking;
    asking.keys = keys;
    return Subscriber::connect(context_, publisher->endpoint(), everything, asking).value();
  };
  Subscriber alice = subscriber(alice_), bob = subscriber(bob_);
  const auto hears = [&](Subscriber& one) {
    return eventually([&] {
      while (publisher->receive()) {
      }
      EXPECT_EQ(publisher->send(*Topic::of("t"), "h", "p"), SendOutcome::kSent);
      return one.receive().has_value();
    });
  };
  ASSERT_TRUE(hears(alice));
  ASSERT_TRUE(hears(bob));
  read_list(entry("bob", {bob_.public_key}, R"("live")"));
  const double refused = handshakes("refused");
  ASSERT_TRUE(publisher->cut());
  while (alice.receive()) {
  }
  EXPECT_TRUE(hears(bob));
  EXPECT_TRUE(eventually([&] { return handshakes("refused") > refused; })) << "the one shut out was heard knocking";
  EXPECT_FALSE(alice.receive());
}

TEST_F(Gated, AListThatCannotBeReadStopsTheStartButNotWhatRuns) {
  write(list_, "[alice]\nkeys = 1");
  EXPECT_FALSE(Gatekeeper::start(context_, server_, list_, metrics_));
  EXPECT_FALSE(Gatekeeper::start(context_, server_, directory_.file("none"), metrics_));
  start(entry("alice", {alice_.public_key}, R"("fetch")"));
  write(list_, "[.]");
  EXPECT_TRUE(eventually([&] { return keeper_->lists_refused() == 1; }));
  EXPECT_EQ(knock(alice_), Came::kIn);
  EXPECT_EQ(keeper_->revocations(), 0u);
  read_list(entry("bob", {bob_.public_key}, R"("fetch")"));
  EXPECT_EQ(knock(alice_), Came::kTurnedAway);
}

TEST_F(Gated, TheSelfTestRefusesAStartWithoutAHandler) {
  class KnowsAlice : public Gate {
   public:
    std::optional<std::string> admitted(std::string_view, Grant) const override { return "alice"; }
  } gate;
  const auto tried = try_gate(context_, server_, gate, alice_, "alice", 300ms);
  ASSERT_FALSE(tried);
  EXPECT_THAT(tried.error(), HasSubstr("self-test"));
}

TEST_F(Gated, TheSelfTestRefusesAHandlerThatLetsStrangersIn) {
  void* const handler = zmq_socket(context_.handle(), ZMQ_REP);
  ASSERT_EQ(zmq_bind(handler, "inproc://zeromq.zap.01"), 0);
  std::atomic<bool> done{false};
  std::thread careless([&] {
    while (!done) {
      zmq_pollitem_t item{handler, 0, ZMQ_POLLIN, 0};
      if (zmq_poll(&item, 1, 5) <= 0) continue;
      std::vector<std::string> frames;
      int more = 1;
      while (more != 0) {
        char bytes[256];
        const int size = zmq_recv(handler, bytes, sizeof bytes, 0);
        frames.emplace_back(bytes, static_cast<std::size_t>(std::max(size, 0)));
        std::size_t width = sizeof more;
        zmq_getsockopt(handler, ZMQ_RCVMORE, &more, &width);
      }
      for (const std::string& part : {std::string("1.0"), frames[1], std::string("200"), std::string("OK"), std::string("anybody")})
        zmq_send(handler, part.data(), part.size(), ZMQ_SNDMORE);
      zmq_send(handler, "", 0, 0);
    }
  });
  class Anybody : public Gate {
   public:
    std::optional<std::string> admitted(std::string_view, Grant) const override { return "anybody"; }
  } gate;
  const auto tried = try_gate(context_, server_, gate, alice_, "anybody", 5s);
  done = true;
  careless.join();
  zmq_close(handler);
  ASSERT_FALSE(tried);
  EXPECT_THAT(tried.error(), HasSubstr("nobody knows was let in"));
}

TEST_F(Gated, AHandlerThatIsTakenAlreadyIsNoStart) {
  start(entry("alice", {alice_.public_key}, R"("fetch")"));
  const auto second = Gatekeeper::start(context_, server_, list_, metrics_);
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error(), HasSubstr("zeromq.zap.01"));
}

TEST_F(Gated, LinksOfThisMachineAskNobody) {
  start(entry("alice", {alice_.public_key}, R"("fetch")"));
  SocketOptions options;
  options.keys = server_;
  options.gate = keeper_.get();
  const std::string endpoint = "ipc://" + directory_.file("s");
  auto router = Router::bind(context_, endpoint, options);
  ASSERT_TRUE(router);
  auto local = Dealer::connect(context_, endpoint, options);
  ASSERT_TRUE(local);
  EXPECT_TRUE(eventually([&] { return local->send("hello") == SendOutcome::kSent; }));
  std::optional<Received> received;
  EXPECT_TRUE(eventually([&] { return (received = router->receive()).has_value(); }));
  EXPECT_EQ(received->user, "");
}

TEST_F(Gated, AnEndpointWithAKeyNeedsKeysOfOnesOwn) {
  EXPECT_FALSE(Dealer::connect(context_, "tcp://127.0.0.1:9#" + server_.public_key));
  SocketOptions with_keys;
  with_keys.keys = alice_;
  EXPECT_FALSE(Dealer::connect(context_, "tcp://192.0.2.7:5555", with_keys)) << "nobody proves there who they are";
  EXPECT_FALSE(Dealer::connect(context_, "tcp://192.0.2.7:5555#short", with_keys));
  EXPECT_TRUE(Dealer::connect(context_, "tcp://192.0.2.7:5555#" + server_.public_key, with_keys));
  EXPECT_FALSE(Router::bind(context_, "tcp://0.0.0.0:*", with_keys)) << "keys without a gate let anybody in";
}

// ---- what a process is told

TEST_F(Gated, AProcessWithoutKeysHasNothingToShowAndAsksNobody) {
  const auto none = Credentials::open(context_, {}, metrics_);
  ASSERT_TRUE(none);
  EXPECT_FALSE(none->asking().keys);
  EXPECT_EQ(none->serving(Grant::kFetch).gate, nullptr);
  ProcessSettings settings;
  settings.principals = list_;
  EXPECT_FALSE(Credentials::open(context_, settings, metrics_));
}

TEST_F(Gated, AProcessWithKeysAndAListServes) {
  ASSERT_TRUE(write_curve_keys(directory_.file("key"), server_));
  write(list_, entry("alice", {alice_.public_key}, R"("command")"));
  ProcessSettings settings;
  settings.curve_key = directory_.file("key");
  settings.principals = list_;
  const auto credentials = Credentials::open(context_, settings, metrics_);
  ASSERT_TRUE(credentials) << credentials.error();
  {
    auto router = Router::bind(context_, "tcp://127.0.0.1:*", credentials->serving(Grant::kCommand));
    ASSERT_TRUE(router) << router.error().what;
    watch(std::move(*router));
    EXPECT_EQ(knock(alice_), Came::kIn);
    EXPECT_EQ(knock(bob_), Came::kTurnedAway);
    router_.reset();
  }
  settings.curve_key = directory_.file("none");
  EXPECT_FALSE(Credentials::open(context_, settings, metrics_));
}

TEST(Endpoints, OfAProcessArePortsSideBySideOrAnyFreeOnes) {
  using Pair = std::pair<std::string, std::string>;
  EXPECT_EQ(endpoint_pair("tcp://10.0.0.5"), (Pair{"tcp://10.0.0.5:*", "tcp://10.0.0.5:*"}));
  EXPECT_EQ(endpoint_pair("tcp://10.0.0.5:7001"), (Pair{"tcp://10.0.0.5:7001", "tcp://10.0.0.5:7002"}));
  EXPECT_EQ(endpoint_pair("tcp://[fd00::5]:7001"), (Pair{"tcp://[fd00::5]:7001", "tcp://[fd00::5]:7002"}));
  EXPECT_EQ(endpoint_pair("tcp://[fd00::5]"), (Pair{"tcp://[fd00::5]:*", "tcp://[fd00::5]:*"}));
  for (const char* wrong : {"", "10.0.0.5", "ipc:///tmp/x", "tcp://", "tcp://:7001", "tcp://*:7001", "tcp://0.0.0.0", "tcp://a:0",
                            "tcp://a:65535", "tcp://a:x", "tcp://a:7001#key", "tcp://[fd00::5"})
    EXPECT_FALSE(endpoint_pair(wrong)) << wrong;
}

TEST(Endpoints, OfTheBusesAreAList) {
  EXPECT_EQ(endpoint_list("tcp://a:1#k, tcp://b:2#k,,"), (std::vector<std::string>{"tcp://a:1#k", "tcp://b:2#k"}));
  EXPECT_TRUE(endpoint_list("").empty());
}

}  // namespace
}  // namespace bridgework::runtime
