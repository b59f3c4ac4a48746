// Any process may be killed at any moment: what was answered is there, once, and everything comes back by itself.

#include <atomic>
#include <csignal>
#include <iostream>
#include <mutex>
#include <set>
#include <sstream>
#include <thread>

#include <gtest/gtest.h>

#include "support/suite.hpp"

namespace bridgework::chaos {
namespace {

namespace json = boost::json;

constexpr int kClients = 3;

TEST(Kill, LosesNothingThatWasAnsweredAndDoublesNothing) {
  support::Suite suite({});
  std::atomic<bool> stop{false};
  std::mutex mutex;
  std::set<std::string> answered;
  std::atomic<int> asked{0};
  std::vector<std::jthread> clients;
  for (int c = 0; c < kClients; ++c) {
    clients.emplace_back([&, c] {
      support::Api api(suite.url(), suite.admin_key());
      for (int i = 0; !stop; ++i) {
        const std::string key = "c" + std::to_string(c) + "-" + std::to_string(i);
        const json::value body = {{"profile", {{"given_name", key}, {"provenance", "observed"}}}};
        // Asked again with the same key until there is an answer, as a client does.
        for (;;) {
          const auto answer = api.post("/v1/persons", body, key);
          ++asked;
          if (answer.status == 201) {
            const std::scoped_lock lock(mutex);
            EXPECT_TRUE(answered.insert(answer.string_at("/id")).second) << "one id for two requests";
            break;
          }
          EXPECT_TRUE(answer.status == 0 || answer.status == 500 + 3 || answer.status == 504) << answer.status << " " << answer.text;
          std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
      }
    });
  }

  const std::vector<std::string> victims{"lead_intake-1", "redis",         "journey-1",   "bus-1",
                                         "gateway-1",     "lead_intake-1", "analytics-1", "redis"};
  for (const auto& victim : victims) {
    std::size_t before = 0;
    {
      const std::scoped_lock lock(mutex);
      before = answered.size();
    }
    const int pid = suite.pid_of(victim);
    ASSERT_GT(pid, 0) << victim;
    ASSERT_EQ(::kill(pid, SIGKILL), 0);
    // Service comes back: clients get answers again, from processes of which one is new.
    EXPECT_TRUE(suite.eventually([&] { return suite.pid_of(victim) > 0 && suite.pid_of(victim) != pid; }, std::chrono::seconds(60)))
        << victim;
    EXPECT_TRUE(suite.eventually(
        [&] {
          const std::scoped_lock lock(mutex);
          return answered.size() > before + 20;
        },
        std::chrono::seconds(60)))
        << "no answers after " << victim << " was killed";
  }
  stop = true;
  clients.clear();
  ASSERT_TRUE(suite.settle(std::chrono::seconds(60)));

  for (const auto& person : answered)
    ASSERT_EQ(suite.api().get("/v1/persons/" + person).status, 200) << person << " was answered and is gone";
  // Each registration is in the log once, and nothing else is.
  std::set<std::string> logged;
  std::size_t registrations = 0;
  std::uint64_t next = 1;
  std::istringstream lines(suite.cli("tail --json").out);
  for (std::string line; std::getline(lines, line);) {
    const json::value event = json::parse(line);
    EXPECT_EQ(event.at("sequence").to_number<std::uint64_t>(), next++) << "the log is dense";
    if (event.at("type").as_string() != "PersonRegistered") continue;
    ++registrations;
    logged.insert(std::string(event.at("subject").as_string()));
  }
  EXPECT_EQ(logged.size(), registrations) << "registered twice";
  for (const auto& person : answered) EXPECT_TRUE(logged.contains(person)) << person;
  EXPECT_EQ(suite.api().get("/v1/audit/leaks").int_at("/persons"), static_cast<std::int64_t>(logged.size()))
      << "followup knows each of them";
  std::cout << answered.size() << " persons answered in " << asked << " requests around " << victims.size() << " kills\n";
}

}  // namespace
}  // namespace bridgework::chaos
