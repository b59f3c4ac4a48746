// Several hosts on one machine: each a network namespace with an address of its own, joined by a bridge. Real processes talk over it, with
// keys; what travels there is looked at as somebody on the wire would, and links are cut. Where namespaces cannot be made, a host is one
// more address of this machine, to which the same keys are owed: only 127.0.0.1 is asked for none.

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <map>
#include <mutex>
#include <set>
#include <sstream>
#include <thread>

#include <gtest/gtest.h>

#include "messages/envelope.values.hpp"
#include "runtime/bus_client.hpp"
#include "runtime/curve.hpp"
#include "support/files.hpp"
#include "support/http.hpp"
#include "support/redis_server.hpp"

namespace bridgework::functional {
namespace {

using namespace std::chrono_literals;
using runtime::CurveKeys;

constexpr char kAdminKey[] = "an-admin-key-of-this-test";
constexpr int kFetchPort = 18500;
constexpr int kCommandPort = 18510;
constexpr int kHttpPort = 18520;
constexpr char kUnmistakable[] = "Zephyrine-Unmistakable";

int run(const std::string& command) { return std::system((command + " >/dev/null 2>&1").c_str()); }

bool eventually(const std::function<bool()>& done, std::chrono::seconds limit = 30s) {
  const auto until = std::chrono::steady_clock::now() + limit;
  while (!done()) {
    if (std::chrono::steady_clock::now() > until) return false;
    runtime::wait({}, 20ms);
  }
  return true;
}

/// A bridge, and hosts on it. The bridge hears all they say to each other. Everything of it goes with it.
class Network {
 public:
  explicit Network(const std::vector<std::string>& hosts)
      : name_("bw" + std::to_string(::getpid() % 100000)),
        base_("10." + std::to_string(200 + ::getpid() % 50) + "." + std::to_string(::getpid() / 50 % 250) + ".") {
    for (const auto& host : hosts) hosts_[host] = static_cast<int>(hosts_.size()) + 2;
    separate_ = run("ip link add " + name_ + " type bridge") == 0 && run("ip addr add " + base_ + "1/24 dev " + name_) == 0 &&
                run("ip link set " + name_ + " promisc on up") == 0;
    for (const auto& [host, number] : hosts_) separate_ = separate_ && make_space(host, number);
    if (separate_) return;
    remove();
    base_ = "127.0.1.";
  }
  ~Network() {
    if (separate_) remove();
  }
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  /// Whether each host is a network namespace of its own.
  bool separate() const { return separate_; }
  const std::string& bridge() const { return name_; }
  std::string address(const std::string& host) const { return base_ + std::to_string(hosts_.at(host)); }

  /// Moves the calling thread, and all threads it starts, to that host.
  bool enter(const std::string& host) const {
    if (!separate_) return true;
    const int file = ::open(("/run/netns/" + space(host)).c_str(), O_RDONLY | O_CLOEXEC);
    const bool entered = file >= 0 && ::setns(file, CLONE_NEWNET) == 0;
    if (file >= 0) ::close(file);
    return entered;
  }
  /// Pulls the cable of a host out, or puts it back.
  bool cut(const std::string& host) const { return run("ip link set " + cable(hosts_.at(host)) + " down") == 0; }
  bool mend(const std::string& host) const { return run("ip link set " + cable(hosts_.at(host)) + " up") == 0; }

 private:
  std::string space(const std::string& host) const { return name_ + "-" + host; }
  std::string cable(int number) const { return name_ + "v" + std::to_string(number); }
  bool make_space(const std::string& host, int number) const {
    const std::string ours = cable(number), theirs = name_ + "e" + std::to_string(number), in = "ip -n " + space(host);
    return run("ip netns add " + space(host)) == 0 && run("ip link add " + ours + " type veth peer name " + theirs) == 0 &&
           run("ip link set " + theirs + " netns " + space(host)) == 0 && run("ip link set " + ours + " master " + name_ + " up") == 0 &&
           run(in + " addr add " + address(host) + "/24 dev " + theirs) == 0 && run(in + " link set " + theirs + " up") == 0 &&
           run(in + " link set lo up") == 0;
  }
  void remove() const {
    for (const auto& [host, number] : hosts_) run("ip netns del " + space(host));
    run("ip link del " + name_);
  }

  std::string name_, base_;
  std::map<std::string, int> hosts_;
  bool separate_ = false;
};

/// A process on a host, ended with its object.
class Running {
 public:
  Running(const Network& network, const std::string& host, std::vector<std::string> words, const std::string& log) {
    pid_ = ::fork();
    if (pid_ != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(out, STDOUT_FILENO);
    ::dup2(out, STDERR_FILENO);
    if (!network.enter(host)) ::_exit(126);
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
  }
  ~Running() { end(); }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  /// Its exit status once it has ended by itself or by our asking.
  int end() {
    if (pid_ <= 0) return status_;
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, &status_, 0);
    pid_ = -1;
    return status_;
  }
  bool lives() { return pid_ > 0 && ::waitpid(pid_, &status_, WNOHANG) == 0; }

 private:
  pid_t pid_ = -1;
  int status_ = 0;
};

/// Hears every frame on the bridge, as anybody could who has a cable in it.
class Listener {
 public:
  explicit Listener(const std::string& interface) : socket_(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL))) {
    sockaddr_ll place{};
    place.sll_family = AF_PACKET;
    place.sll_protocol = htons(ETH_P_ALL);
    place.sll_ifindex = static_cast<int>(::if_nametoindex(interface.c_str()));
    works_ = socket_ >= 0 && ::setsockopt(socket_, SOL_PACKET, PACKET_IGNORE_OUTGOING, "\1\0\0\0", 4) == 0 &&
             ::bind(socket_, reinterpret_cast<sockaddr*>(&place), sizeof place) == 0;
    thread_ = std::jthread([this](const std::stop_token& stop) {
      std::vector<char> frame(65536);
      while (!stop.stop_requested()) {
        pollfd ready{socket_, POLLIN, 0};
        if (::poll(&ready, 1, 50) <= 0) continue;
        const ssize_t size = ::recv(socket_, frame.data(), frame.size(), 0);
        if (size > 0) keep({frame.data(), static_cast<std::size_t>(size)});
      }
    });
  }
  ~Listener() {
    thread_.request_stop();
    thread_.join();
    ::close(socket_);
  }
  bool works() const { return works_; }
  /// All that was said to or from this TCP port so far.
  std::string heard(int port) {
    const std::scoped_lock lock(mutex_);
    return heard_[port];
  }

 private:
  void keep(std::string_view frame) {
    // Ethernet, IPv4 without options, TCP.
    if (frame.size() < 54 || frame.substr(12, 2) != std::string_view("\x08\x00", 2) || frame[23] != 6) return;
    const auto port_at = [&](std::size_t at) {
      return (static_cast<unsigned char>(frame[at]) << 8) | static_cast<unsigned char>(frame[at + 1]);
    };
    const std::scoped_lock lock(mutex_);
    for (const int port : {port_at(34), port_at(36)}) heard_[port] += frame.substr(54);
  }

  int socket_;
  bool works_ = false;
  std::mutex mutex_;
  std::map<int, std::string> heard_;
  std::jthread thread_;
};

/// A Redis for all, and one host each for the bus, a service, the gateway, and somebody else.
class Security : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"bus", "lead_intake", "gateway", "tableau"}) {
      keys_[name] = runtime::make_curve_keys();
      ASSERT_TRUE(runtime::write_curve_keys(file(std::string(name) + ".key"), keys_[name]));
    }
    std::ofstream(file("admin.key")) << kAdminKey << "\n";
    list("bus.toml", {{"lead_intake", R"("fetch")"}, {"gateway", R"("fetch")"}, {"tableau", R"("live")"}});
    list("lead_intake.toml", {{"gateway", R"("command", "query")"}});
  }

  std::string file(const std::string& name) const { return redis_.directory() + "/" + name; }
  void list(const std::string& name, const std::map<std::string, std::string>& who) {
    std::string text;
    for (const auto& [principal, may] : who)
      text += "[" + principal + "]\nkeys = [\"" + keys_[principal].public_key + "\"]\nmay = [" + may + "]\n";
    std::ofstream(file(name + ".new")) << text;
    std::filesystem::rename(file(name + ".new"), file(name));
  }
  std::string bus_endpoint() const {
    return "tcp://" + network_.address("bus") + ":" + std::to_string(kFetchPort) + "#" + keys_.at("bus").public_key;
  }

  void start(const std::string& program, const std::string& host, std::vector<std::string> more) {
    std::vector<std::string> words = {std::string(BRIDGEWORK_TEST_BIN "/") + program,
                                      "--run-dir",
                                      redis_.directory(),
                                      "--data-dir",
                                      redis_.directory(),
                                      "--redis-socket",
                                      redis_.socket(),
                                      "--curve-key",
                                      file(program + ".key")};
    words.insert(words.end(), more.begin(), more.end());
    running_.emplace(program, std::make_unique<Running>(network_, host, words, file(program + ".log")));
  }
  void start_all() {
    start("bus", "bus",
          {"--endpoint", "tcp://" + network_.address("bus") + ":" + std::to_string(kFetchPort), "--principals", file("bus.toml"),
           "--pseudonym-key", "a secret of this test, long enough"});
    start("lead_intake", "intake",
          {"--endpoint", "tcp://" + network_.address("intake") + ":" + std::to_string(kCommandPort), "--principals",
           file("lead_intake.toml"), "--buses", bus_endpoint()});
    start("gateway", "edge",
          {"--bind-address", network_.address("edge"), "--http-port", std::to_string(kHttpPort), "--buses", bus_endpoint()});
    api_ = std::make_unique<support::Api>("http://" + network_.address("edge") + ":" + std::to_string(kHttpPort), kAdminKey);
  }
  void TearDown() override {
    for (auto& [program, running] : running_)
      EXPECT_TRUE(running->lives()) << program << " ended: " << support::bytes_of(file(program + ".log"));
    if (HasFailure()) {
      for (auto& [program, running] : running_) std::cerr << "--- " << program << "\n" << support::bytes_of(file(program + ".log"));
    }
    running_.clear();
  }

  support::Answer register_person(const std::string& key) {
    return api_->send("POST", "/v1/persons", R"({"profile":{"given_name":")" + std::string(kUnmistakable) + R"("}})",
                      {"Content-Type: application/json", "Idempotency-Key: " + key});
  }
  bool registers(const std::string& key) {
    return eventually([&] { return register_person(key).status == 201; });
  }
  std::string events() { return api_->get("/v1/events").text; }

  /// What Fetch says to somebody on the fourth host with these keys.
  struct Told {
    bool answered = false;
    std::uint64_t gave_up = 0;
  };
  Told fetch_from_elsewhere(const CurveKeys& keys, std::string endpoint) {
    Told told;
    std::thread elsewhere([&] {
      if (!network_.enter("else")) return;
      // Its threads are children of this one, so they are on that host too.
      runtime::Context context;
      runtime::BusClient::Options options;
      options.endpoints = {std::move(endpoint)};
      options.socket.keys = keys;
      runtime::BusClient client(context, options);
      client.want({}, {}, 10, 0ms);
      eventually([&] {
        told.answered = client.poll().has_value();
        told.gave_up = client.counts().timed_out + client.counts().link_lost + client.counts().connect_failed;
        return told.answered || told.gave_up >= 3;
      });
    });
    elsewhere.join();
    return told;
  }

  support::RedisServer redis_;
  Network network_{{"bus", "intake", "edge", "else"}};
  std::map<std::string, CurveKeys> keys_;
  std::map<std::string, std::unique_ptr<Running>> running_;
  std::unique_ptr<support::Api> api_;
};

TEST_F(Security, ASuiteOfThreeHostsWorks) {
  start_all();
  ASSERT_TRUE(registers("k-1")) << support::bytes_of(file("gateway.log"));
  EXPECT_TRUE(eventually([&] { return events().find("PersonRegistered") != std::string::npos; }));
  // The service has read its own event back from the bus.
  EXPECT_TRUE(eventually([&] {
    const support::Answer status = api_->get("/v1/status");
    if (status.status != 200) return false;
    for (const auto& service : status.at("/services").as_array()) {
      if (service.at("service").as_string() == "lead_intake")
        return service.at("lag").to_number<std::int64_t>() == 0 && service.at("lanes_owned") == 64;
    }
    return false;
  }));
}

constexpr char kNoNamespaces[] = "network namespaces cannot be made here: this needs root and iproute2";

TEST_F(Security, TheWireTellsNothing) {
  if (!network_.separate()) GTEST_SKIP() << kNoNamespaces;
  Listener listener(network_.bridge());
  ASSERT_TRUE(listener.works());
  start_all();
  ASSERT_TRUE(registers("k-1")) << support::bytes_of(file("gateway.log"));
  EXPECT_TRUE(eventually([&] { return events().find("PersonRegistered") != std::string::npos; }));
  // It hears in a thread of its own, which may lag behind what has long been answered.
  EXPECT_TRUE(eventually([&] { return listener.heard(kHttpPort).find(kUnmistakable) != std::string::npos; }))
      << "the listener hears nothing at all";
  for (const int port : {kCommandPort, kFetchPort}) {
    EXPECT_TRUE(eventually([&] { return listener.heard(port).size() > 1000; })) << port;
    const std::string heard = listener.heard(port);
    EXPECT_NE(heard.find("CURVE"), std::string::npos) << port;
    EXPECT_EQ(heard.find(kUnmistakable), std::string::npos) << port;
    EXPECT_EQ(heard.find("lead_intake"), std::string::npos) << port;
  }
}

TEST_F(Security, ACutLinkLosesNothingAndDoublesNothing) {
  if (!network_.separate()) GTEST_SKIP() << kNoNamespaces;
  start_all();
  ASSERT_TRUE(registers("k-1")) << support::bytes_of(file("gateway.log"));
  std::mutex mutex;
  std::set<std::string> answered;
  std::atomic<int> repeated{0};
  const auto count = [&] {
    const std::scoped_lock lock(mutex);
    return answered.size();
  };
  std::vector<std::jthread> clients;
  for (int c = 0; c < 3; ++c) {
    clients.emplace_back([&, c](const std::stop_token& stop) {
      support::Api api("http://" + network_.address("edge") + ":" + std::to_string(kHttpPort), kAdminKey);
      for (int i = 0; !stop.stop_requested(); ++i) {
        const std::string key = "c" + std::to_string(c) + "-" + std::to_string(i);
        // Asked again with the same key until there is an answer, as a client does.
        for (;;) {
          const auto answer = api.post("/v1/persons", {{"profile", {{"given_name", key}}}}, key);
          if (answer.status == 201) {
            const std::scoped_lock lock(mutex);
            EXPECT_TRUE(answered.insert(answer.string_at("/id")).second) << "one id for two requests";
            break;
          }
          EXPECT_TRUE(answer.status == 503 || answer.status == 504) << answer.status << " " << answer.text;
          ++repeated;
        }
      }
    });
  }
  // The service's: to the gateway, which commands it, and to the bus, which tells it what happened. Then that of the bus alone.
  for (const char* host : {"intake", "bus"}) {
    EXPECT_TRUE(eventually([&, before = count()] { return count() > before + 50; }));
    ASSERT_TRUE(network_.cut(host));
    const std::size_t at_cut = count();
    eventually([] { return false; }, 3s);
    const std::size_t before = count();
    if (host == std::string_view("intake")) EXPECT_LE(before, at_cut + clients.size()) << "the link was not cut";
    else EXPECT_GT(before, at_cut + 50) << "commands need no bus";
    ASSERT_TRUE(network_.mend(host));
    const auto mended = std::chrono::steady_clock::now();
    EXPECT_TRUE(eventually([&] { return count() > before + 50; })) << "no answers after the link of " << host << " was mended";
    EXPECT_TRUE(eventually([&] { return api_->get("/v1/events?limit=1").status == 200; }));
    const auto whole = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - mended);
    std::cout << "the link of " << host << " was down for 3 s: answers and events " << whole.count() << " ms after it was mended\n";
    EXPECT_LT(whole, 12s);
  }
  clients.clear();
  std::map<std::string, int> registered;
  EXPECT_TRUE(eventually([&] {
    registered.clear();
    std::istringstream lines(events());
    for (std::string line; std::getline(lines, line);) {
      const auto event = boost::json::parse(line);
      if (event.at("type").as_string() == "PersonRegistered") ++registered[std::string(event.at("subject").as_string())];
    }
    return registered.size() == answered.size() + 1;
  })) << registered.size()
      << " registered, " << answered.size() << " answered, and one before";
  for (const auto& person : answered) EXPECT_EQ(registered[person], 1) << person;
  std::cout << answered.size() << " commands, each once; " << repeated << " repeated by the clients\n";
}

TEST_F(Security, FetchAnswersTheRightKeyAndNoOther) {
  start_all();
  ASSERT_TRUE(registers("k-1"));
  EXPECT_TRUE(fetch_from_elsewhere(keys_["lead_intake"], bus_endpoint()).answered);
  const auto refused = [&] {
    const std::string log = support::bytes_of(file("bus.log"));
    std::size_t count = 0;
    for (std::size_t at = log.find("key_not_admitted"); at != std::string::npos; at = log.find("key_not_admitted", at + 1)) ++count;
    return count;
  };
  for (const CurveKeys& keys : {runtime::make_curve_keys(), keys_["tableau"], keys_["bus"]}) {
    const std::size_t before = refused();
    const Told told = fetch_from_elsewhere(keys, bus_endpoint());
    EXPECT_FALSE(told.answered);
    EXPECT_GT(told.gave_up, 0u);
    EXPECT_GT(refused(), before);
  }
  const std::string impostor = bus_endpoint().substr(0, bus_endpoint().find('#') + 1) + runtime::make_curve_keys().public_key;
  EXPECT_FALSE(fetch_from_elsewhere(keys_["lead_intake"], impostor).answered) << "the server is not the one that was meant";
  EXPECT_FALSE(fetch_from_elsewhere(keys_["lead_intake"], bus_endpoint().substr(0, bus_endpoint().find('#'))).answered);
}

TEST_F(Security, APrincipalMayBeLetInForSomeMessagesOnly) {
  start_all();
  list("lead_intake.toml", {{"gateway", R"("command:RegisterPerson", "query")"}});
  list("bus.toml", {{"lead_intake", R"("fetch")"}, {"gateway", R"("fetch:PersonRegistered")"}});
  EXPECT_TRUE(registers("k-1"));
  const auto campaign = [&] { return api_->post("/v1/campaigns", {{"name", "Letters"}, {"source", "direct_mail"}}); };
  EXPECT_TRUE(eventually([&] { return campaign().string_at("/code") == "not_permitted"; }));
  EXPECT_TRUE(registers("k-2"));
  EXPECT_TRUE(eventually([&] { return api_->get("/v1/events").status == 403; })) << "all events are more than it may read";
  EXPECT_EQ(api_->get("/v1/events?type=CallRecorded").string_at("/code"), "log_not_permitted");
  EXPECT_EQ(api_->get("/v1/events?type=PersonRegistered").status, 200);
  list("lead_intake.toml", {{"gateway", R"("command", "query")"}});
  EXPECT_TRUE(eventually([&] { return campaign().string_at("/code") != "not_permitted"; }));
}

TEST_F(Security, APrincipalIsShutOutAndLetInAgainWhileAllRun) {
  start_all();
  ASSERT_TRUE(registers("k-1"));
  ASSERT_TRUE(eventually([&] { return events().find("PersonRegistered") != std::string::npos; }));
  list("bus.toml", {{"lead_intake", R"("fetch")"}});
  EXPECT_TRUE(eventually([&] { return api_->get("/v1/events").status == 503; }));
  EXPECT_TRUE(registers("k-2")) << "only reading the log was taken away";
  list("bus.toml", {{"lead_intake", R"("fetch")"}, {"gateway", R"("fetch")"}});
  EXPECT_TRUE(eventually([&] { return api_->get("/v1/events").status == 200; }));
  list("lead_intake.toml", {{"gateway", R"("query")"}});
  EXPECT_TRUE(eventually([&] { return register_person("k-3").status == 503 || register_person("k-3").status == 504; }));
  EXPECT_EQ(api_->get("/v1/events").status, 200);
  list("lead_intake.toml", {{"gateway", R"("command", "query")"}});
  EXPECT_TRUE(registers("k-3"));
}

TEST_F(Security, AKeyWithARoleIsTakenAndTakenBackAndItsLooksAreWrittenDown) {
  // SHA-256 of the key below, as the list holds it.
  constexpr char kDeskHash[] = "164daeccb1344009dc4f31f1f4f5eccd14bc061cc6255dac0ccffc81bba6fb2b";
  start_all();
  ASSERT_TRUE(registers("k-1"));
  const std::string person = register_person("k-1").string_at("/id");
  ASSERT_FALSE(person.empty());
  support::Api desk("http://" + network_.address("edge") + ":" + std::to_string(kHttpPort), "desk-key-0123456789");
  EXPECT_EQ(desk.get("/v1/persons/" + person).status, 401);
  const auto list_keys = [&](const std::string& keys) {
    std::ofstream(file("keys.new")) << "[front_desk]\nrole = \"desk\"\nkeys = [" << keys << "]\n";
    std::filesystem::rename(file("keys.new"), file("api_keys.toml"));
  };
  list_keys("\"" + std::string(kDeskHash) + "\"");
  EXPECT_TRUE(eventually([&] { return desk.get("/v1/persons/" + person).status == 200; }));
  EXPECT_EQ(desk.get("/v1/events").status, 403);
  list_keys("");
  EXPECT_TRUE(eventually([&] { return desk.get("/v1/persons/" + person).status == 401; }));
  const std::string looks = support::bytes_of(file("access.ndjson"));
  EXPECT_NE(looks.find(R"("principal":"front_desk","role":"desk")"), std::string::npos) << looks;
  EXPECT_NE(looks.find(R"("ids":{"person":")" + person + R"("},"status":200)"), std::string::npos) << looks;
  EXPECT_NE(looks.find(R"("what":"GET /v1/events","ids":{},"status":403)"), std::string::npos) << looks;
  EXPECT_EQ(looks.find(kUnmistakable), std::string::npos);
}

TEST_F(Security, AProcessWithoutItsListOrItsKeyDoesNotStart) {
  const auto fails = [&](std::vector<std::string> more, const std::string& words) {
    std::vector<std::string> all = {BRIDGEWORK_TEST_BIN "/bus", "--run-dir", redis_.directory(), "--redis-socket", redis_.socket()};
    all.insert(all.end(), more.begin(), more.end());
    const std::string log = file("refused.log");
    std::filesystem::remove(log);
    Running process(network_, "bus", all, log);
    EXPECT_TRUE(eventually([&] { return !process.lives(); }, 15s));
    EXPECT_NE(support::bytes_of(log).find(words), std::string::npos) << support::bytes_of(log);
  };
  const std::string endpoint = "tcp://" + network_.address("bus") + ":" + std::to_string(kFetchPort);
  fails({"--endpoint", endpoint}, "without keys and a gate");
  fails({"--endpoint", endpoint, "--curve-key", file("bus.key")}, "without keys and a gate");
  fails({"--endpoint", endpoint, "--principals", file("bus.toml")}, "needs curve_key");
  fails({"--endpoint", endpoint, "--curve-key", file("bus.key"), "--principals", file("none.toml")}, "none.toml");
  ASSERT_EQ(::chmod(file("bus.key").c_str(), 0644), 0);
  fails({"--endpoint", endpoint, "--curve-key", file("bus.key"), "--principals", file("bus.toml")}, "chmod 600");
}

}  // namespace
}  // namespace bridgework::functional
