// Instances come and go in a running suite, by request and by force: lanes move, and nobody who works with it loses or doubles anything.

#include <array>
#include <atomic>
#include <csignal>
#include <future>
#include <iostream>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <sstream>
#include <thread>

#include <gtest/gtest.h>

#include "messages/envelope.codec.hpp"
#include "messages/followup.codec.hpp"
#include "runtime/clock.hpp"
#include "runtime/metrics.hpp"
#include "runtime/service_client.hpp"
#include "runtime/text_file.hpp"
#include "support/suite.hpp"

namespace bridgework::functional {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr seconds kLease{10};
constexpr int kPersons = 64;
constexpr int kSites = 16;

/// Two clients who plan treatments and move sites' telephones, and remember under which key they were told yes.
class Work {
 public:
  Work(support::Suite& suite, const std::vector<std::string>& persons) : suite_(suite), persons_(persons) {
    for (int c = 0; c < 2; ++c) clients_.emplace_back([this, c](const std::stop_token& stop) { run(c, stop); });
  }
  void stop() { clients_.clear(); }
  std::size_t done() const { return done_; }
  std::size_t repeated() const { return repeated_; }
  const std::set<std::string>& plans() const { return plans_; }
  const std::set<std::string>& phones() const { return phones_; }

 private:
  void run(int c, const std::stop_token& stop) {
    support::Api api(suite_.url(), suite_.admin_key());
    for (int i = 0; !stop.stop_requested(); ++i) {
      const std::string key = "w" + std::to_string(c) + "-" + std::to_string(i);
      const bool plan = i % 8 != 0;
      const std::size_t which = static_cast<std::size_t>(i) % persons_.size();
      const std::string site = "site-" + std::to_string(i / 8 % kSites);
      const json::value body =
          plan ? json::value(
                     {{"person", persons_[which]}, {"site", "site-0"}, {"items", {{{"item", "filling"}, {"category", "restorative"}}}}})
               : json::value({{"site", site}, {"name", site}, {"zone", "America/New_York"}, {"phone", key}});
      for (;;) {
        const auto answer = api.post(plan ? "/v1/treatment-plans" : "/v1/sites", body, key);
        if (answer.status == 200 || answer.status == 201) {
          const std::scoped_lock lock(mutex_);
          EXPECT_TRUE((plan ? plans_ : phones_).insert(plan ? answer.string_at("/plan") : key).second) << "one id for two plans";
          ++done_;
          break;
        }
        EXPECT_TRUE(answer.status == 0 || answer.status == 503 || answer.status == 504) << answer.status << " " << answer.text;
        if (answer.status != 0 && answer.status != 503 && answer.status != 504) break;
        ++repeated_;
      }
    }
  }

  support::Suite& suite_;
  std::vector<std::string> persons_;
  std::mutex mutex_;
  std::set<std::string> plans_, phones_;
  std::atomic<std::size_t> done_{0}, repeated_{0};
  std::vector<std::jthread> clients_;
};

/// Three programs that send the same command under the same key at the same moment, each by its own table of owners: while lanes move, one
/// asks the old owner and another the new. They go on until all three have an answer.
class Thrice {
 public:
  Thrice(support::Suite& suite, std::vector<std::string> persons) : persons_(std::move(persons)) {
    runtime::ServiceClient::Options options;
    options.group = "group";
    options.redis.unix_socket = (suite.data() / "run" / "redis.sock").string();
    options.redis.user = "operator";
    options.redis.password = runtime::read_text((suite.data() / "redis-users" / "operator.password").string()).value();
    for (const char* number : {"1", "2"})
      options.bus_endpoints.push_back("ipc://" + (suite.data() / "run").string() + "/bus-" + number + "-fetch.sock");
    for (auto& client : clients_) client = std::make_unique<runtime::ServiceClient>(context_, options, metrics_);
    // So many keys under way that some of them are of lanes that move.
    for (std::size_t t = 0; t < 8; ++t) threads_.emplace_back([this, t](const std::stop_token& stop) { run(t, stop); });
  }
  void stop() {
    for (auto& thread : threads_) thread.request_stop();
    threads_.clear();
  }
  const std::set<std::string>& plans() const { return plans_; }
  double repeated() { return metrics_.counter("bridgework_client_repeats_total", "").value(); }

 private:
  void run(std::size_t t, const std::stop_token& stop) {
    for (std::size_t i = t; !stop.stop_requested(); i += 8) {
      const std::string& person = persons_[i % persons_.size()];
      messages::CreateTreatmentPlan command;
      command.person = PersonId(person);
      command.plan = PlanId(person + ".t-thrice-" + std::to_string(i));
      command.site = SiteId("site-0");
      command.items.emplace_back().item = ItemId("filling");
      std::vector<std::future<messages::Reply>> asked;
      for (auto& client : clients_) {
        asked.push_back(std::async(std::launch::async, [&] { return ask(*client, command, "thrice-" + std::to_string(i)); }));
      }
      const messages::Reply first = asked[0].get();
      EXPECT_EQ(first.outcome, messages::Outcome::kDone) << first.code << " " << first.detail;
      for (std::size_t c = 1; c < asked.size(); ++c) {
        const messages::Reply other = asked[c].get();
        EXPECT_EQ(other.outcome, first.outcome) << other.code << " " << other.detail;
        EXPECT_EQ(other.sequence, first.sequence);
        EXPECT_TRUE(other.body == first.body) << "two answers under the key thrice-" << i;
      }
      const std::scoped_lock lock(mutex_);
      plans_.insert(command.plan.text());
    }
  }
  static messages::Reply ask(runtime::ServiceClient& client, const messages::CreateTreatmentPlan& command, const std::string& key) {
    for (;;) {
      runtime::Call call;
      call.service = "followup";
      call.key = command.person.text();
      call.request.type_id = messages::CreateTreatmentPlan::kTypeId;
      call.request.body = encode(command);
      call.request.principal = "thrice";
      call.request.idempotency_key = key;
      call.request.deadline = runtime::system_now() + seconds(5);
      std::promise<messages::Reply> answered;
      client.ask(std::move(call), [&](messages::Reply reply) { answered.set_value(std::move(reply)); });
      messages::Reply reply = answered.get_future().get();
      const bool again = reply.outcome == messages::Outcome::kUnavailable || reply.outcome == messages::Outcome::kExpired ||
                         reply.outcome == messages::Outcome::kOverloaded || reply.outcome == messages::Outcome::kNotOwner;
      if (!again) return reply;
    }
  }

  std::vector<std::string> persons_;
  runtime::Context context_;
  runtime::Metrics metrics_{"thrice"};
  std::array<std::unique_ptr<runtime::ServiceClient>, 3> clients_;
  std::mutex mutex_;
  std::set<std::string> plans_;
  std::vector<std::jthread> threads_;
};

/// Lanes of each living instance of a service, by process id.
std::map<int, int> lanes_of(support::Suite& suite, const std::string& service) {
  std::map<int, int> out;
  const auto status = suite.api().get("/v1/status");
  if (status.status != 200) return out;
  for (const auto& one : status.at("/services").as_array()) {
    if (one.at("service").as_string() != service) continue;
    for (const auto& instance : one.at("instances").as_array()) {
      if (instance.at("alive").as_bool()) out[instance.at("pid").to_number<int>()] = instance.at("lanes").to_number<int>();
    }
  }
  return out;
}

/// So many processes, and none has more than its share.
bool spread(support::Suite& suite, const std::string& service, std::size_t processes) {
  const auto lanes = lanes_of(suite, service);
  const int share = (64 + static_cast<int>(processes) - 1) / static_cast<int>(processes);
  int sum = 0;
  for (const auto& [pid, n] : lanes) {
    if (n > share) return false;
    sum += n;
  }
  return lanes.size() == processes && sum == 64;
}

/// Until all lanes have an owner other than that process.
std::optional<milliseconds> until_others_own_all(support::Suite& suite, const std::string& service, int pid,
                                                 steady_clock::time_point since) {
  const bool done = suite.eventually(
      [&] {
        int sum = 0;
        for (const auto& [owner, n] : lanes_of(suite, service)) sum += owner == pid ? 0 : n;
        return sum == 64;
      },
      seconds(40));
  if (!done) return std::nullopt;
  return std::chrono::duration_cast<milliseconds>(steady_clock::now() - since);
}

TEST(Scale, LanesSpreadMoveAndComeBackUnderLoad) {
  support::Suite::Options options;
  options.instances = "followup=3,appointments=2,bus=2";
  support::Suite suite(options);
  EXPECT_TRUE(suite.eventually([&] { return spread(suite, "followup", 3) && spread(suite, "appointments", 2); }));

  std::vector<std::string> persons;
  for (int i = 0; i < kPersons; ++i) {
    const auto answer = suite.api().post("/v1/persons", {{"profile", {{"given_name", "Person " + std::to_string(i)}}}});
    ASSERT_EQ(answer.status, 201) << answer.text;
    persons.push_back(answer.string_at("/id"));
  }
  ASSERT_TRUE(suite.eventually([&] { return suite.api().get("/v1/audit/leaks").int_at("/persons") == kPersons; }));
  Work work(suite, persons);
  Thrice thrice(suite, persons);
  const auto works_on = [&] {
    const std::size_t before = work.done();
    EXPECT_TRUE(suite.eventually([&] { return work.done() > before + 20; }, seconds(30))) << "nobody answers";
  };
  works_on();

  for (const std::string service : {"followup", "appointments"}) {
    const std::size_t processes = service == "followup" ? 3 : 2;
    const std::string name = service + "-2";
    // By request.
    int pid = suite.pid_of(name);
    auto since = steady_clock::now();
    std::jthread down([&] { EXPECT_TRUE(suite.end_process(name)); });
    const auto graceful = until_others_own_all(suite, service, pid, since);
    down.join();
    ASSERT_TRUE(graceful.has_value()) << name << " was ended, and its lanes have no owner";
    EXPECT_LE(*graceful, seconds(2)) << name;
    std::cout << name << " ended: all its lanes had an owner after " << graceful->count() << " ms\n";
    EXPECT_TRUE(suite.eventually([&] { return spread(suite, service, processes - 1); })) << service;
    works_on();

    // And back.
    since = steady_clock::now();
    EXPECT_EQ(suite.add_process(service), name);
    EXPECT_TRUE(suite.eventually([&] { return spread(suite, service, processes); }, seconds(30))) << service;
    std::cout << name << " started: lanes were spread after "
              << std::chrono::duration_cast<milliseconds>(steady_clock::now() - since).count() << " ms\n";
    works_on();

    // By force.
    pid = suite.pid_of(name);
    ASSERT_GT(pid, 0);
    since = steady_clock::now();
    ASSERT_EQ(::kill(pid, SIGKILL), 0);
    const auto killed = until_others_own_all(suite, service, pid, since);
    ASSERT_TRUE(killed.has_value()) << name << " was killed, and its lanes have no owner";
    EXPECT_LE(*killed, kLease + seconds(2)) << name;
    std::cout << name << " killed: all its lanes had an owner after " << killed->count() << " ms\n";
    EXPECT_TRUE(suite.eventually([&] { return spread(suite, service, processes); }, seconds(30))) << service;
    works_on();
  }

  // Consumers go on with either bus alone.
  for (const std::string bus : {"bus-1", "bus-2"}) {
    ASSERT_TRUE(suite.end_process(bus));
    const auto known = suite.api().get("/v1/audit/leaks").int_at("/persons");
    ASSERT_EQ(suite.api().post("/v1/persons", {{"profile", {{"given_name", "Without " + bus}}}}).status, 201);
    const auto since = steady_clock::now();
    EXPECT_TRUE(suite.eventually([&] { return suite.api().get("/v1/audit/leaks").int_at("/persons") == known + 1; })) << "without " << bus;
    std::cout << "without " << bus << ": a new person was known after "
              << std::chrono::duration_cast<milliseconds>(steady_clock::now() - since).count() << " ms\n";
    EXPECT_EQ(suite.add_process("bus"), bus);
  }

  work.stop();
  thrice.stop();
  ASSERT_TRUE(suite.settle(seconds(60)));
  std::map<std::string, int> plans, phones;
  std::istringstream lines(suite.api().get("/v1/events?type=TreatmentPlanCreated&type=SiteDefined").text);
  for (std::string line; std::getline(lines, line);) {
    const json::value event = json::parse(line);
    const auto& data = event.at("data").as_object();
    if (event.at("type").as_string() == "SiteDefined") ++phones[std::string(data.at("phone").as_string())];
    else ++plans[std::string(data.at("plan").as_string())];
  }
  for (const auto& plan : work.plans()) EXPECT_EQ(plans[plan], 1) << plan;
  for (const auto& phone : work.phones()) EXPECT_EQ(phones[phone], 1) << phone;
  // A client leaves after an answer only, so nothing else may be there.
  for (const auto& plan : thrice.plans()) EXPECT_EQ(plans[plan], 1) << plan;
  EXPECT_EQ(plans.size(), work.plans().size() + thrice.plans().size());
  EXPECT_EQ(phones.size(), work.phones().size());
  EXPECT_EQ(suite.api().get("/v1/audit/leaks").int_at("/violations"), 0);
  std::cout << work.done() << " commands, each once; " << work.repeated() << " repeated by the clients\n"
            << thrice.plans().size() << " commands sent by three at once, each once; " << thrice.repeated() << " sent again\n";
}

}  // namespace
}  // namespace bridgework::functional
