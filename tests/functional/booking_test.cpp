// Many want one time at one moment: one gets it, the others are told that it is gone, whatever dies meanwhile.

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <latch>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "support/suite.hpp"

namespace bridgework::functional {
namespace {

namespace json = boost::json;
using std::chrono::steady_clock;

constexpr int kClients = 1000;
/// When the owner is killed: so many know their answer, most do not.
constexpr int kAnsweredBeforeTheKill = 100;

json::array around_the_clock() {
  json::array hours;
  for (int weekday = 1; weekday <= 7; ++weekday) hours.push_back({{"weekday", weekday}, {"from_minute", 0}, {"until_minute", 1440}});
  return hours;
}

/// One site with one provider, two chairs and one scanner: a race for one time can have one winner only.
void build(support::Suite& suite) {
  const auto done = [&](const char* path, const json::value& body) {
    const auto answer = suite.api().post(path, body);
    ASSERT_TRUE(answer.status == 200 || answer.status == 201) << path << ": " << answer.text;
  };
  done("/v1/sites", {{"site", "race"}, {"name", "Race"}, {"zone", "America/New_York"}, {"hours", around_the_clock()}});
  done("/v1/providers", {{"provider", "dr-r"}, {"site", "race"}, {"name", "R"}, {"shifts", around_the_clock()}});
  done("/v1/chairs", {{"chair", "r-1"}, {"site", "race"}, {"name", "One"}});
  done("/v1/chairs", {{"chair", "r-2"}, {"site", "race"}, {"name", "Two"}});
  done("/v1/equipment", {{"equipment", "s-1"}, {"site", "race"}, {"kind", "scanner"}, {"name", "Scanner"}});
  done("/v1/visit-types",
       {{"visit_type", "exam"}, {"site", "race"}, {"name", "Exam"}, {"duration_minutes", 30}, {"buffer_minutes", 10}, {"purpose", "exam"}});
  done("/v1/visit-types", {{"visit_type", "scan"},
                           {"site", "race"},
                           {"name", "Scan"},
                           {"duration_minutes", 30},
                           {"buffer_minutes", 5},
                           {"minutes_before", 5},
                           {"purpose", "exam"},
                           {"equipment", {"scanner"}}});
}

/// `2027-05-03T10:00:00`: far enough ahead that no test of ours runs after it, near enough for any calendar.
std::string at_ten(int days_ahead) {
  const auto day = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now()) + std::chrono::days(days_ahead);
  const std::chrono::year_month_day date{day};
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT10:00:00", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()));
  return text.data();
}

struct Want {
  std::string path;
  json::object body;  ///< but for the person
};
Want single(const char* type, int days_ahead) {
  return {"/v1/appointments", {{"site", "race"}, {"visit_type", type}, {"provider", "dr-r"}, {"local_start", at_ten(days_ahead)}}};
}
/// Four visits, a week apart.
Want series(int days_ahead) {
  return {"/v1/appointment-groups",
          {{"site", "race"},
           {"times", 4},
           {"every", 1},
           {"unit", "weeks"},
           {"items", {{{"visit_type", "exam"}, {"provider", "dr-r"}, {"local_start", at_ten(days_ahead)}}}}}};
}
json::value body_of(const Want& want, int client) {
  const std::string person = "p-" + std::to_string(client);
  json::object body = want.body;
  if (body.contains("items")) body["items"].as_array()[0].as_object()["person"] = person;
  else body["person"] = person;
  return body;
}

/// Every client on a connection and a thread of its own, let go at one moment. Who is told that the outcome is unknown asks again under
/// the same key, as a client does.
class Race {
 public:
  Race(support::Suite& suite, std::string name, std::vector<Want> wants)
      : suite_(suite), name_(std::move(name)), wants_(std::move(wants)), answers_(kClients), start_(kClients + 1) {
    for (int client = 0; client < kClients; ++client) {
      threads_.emplace_back([this, client] {
        support::Api api(suite_.url(), suite_.admin_key());
        start_.arrive_and_wait();
        answers_[static_cast<std::size_t>(client)] = ask(api, client);
        ++answered_;
      });
    }
  }
  void go() { start_.arrive_and_wait(); }
  void finish() { threads_.clear(); }
  int answered() const { return answered_; }
  int repeated() const { return repeated_; }

  /// By want: who won, and that everybody else was refused for the one reason there is.
  std::map<std::size_t, std::vector<int>> winners() const {
    std::map<std::size_t, std::vector<int>> won;
    std::map<std::string, int> reasons;
    for (int client = 0; client < kClients; ++client) {
      const auto& answer = answers_[static_cast<std::size_t>(client)];
      if (answer.status == 201) won[want_of(client)].push_back(client);
      else ++reasons[std::to_string(answer.status) + " " + answer.string_at("/code")];
    }
    EXPECT_EQ(reasons.size(), 1u);
    for (const auto& [reason, count] : reasons) {
      EXPECT_EQ(reason, "409 slot_taken") << count << " times";
      EXPECT_EQ(count, kClients - static_cast<int>(wants_.size()));
    }
    return won;
  }
  /// Asked again under their keys, all get the answer they had.
  void all_are_told_the_same_again() {
    int differ = 0;
    for (int client = 0; client < kClients; ++client) {
      const auto again = ask(suite_.api(), client);
      const auto& first = answers_[static_cast<std::size_t>(client)];
      if (again.status == 409 ? again.status != first.status || again.string_at("/code") != first.string_at("/code")
                              : again.text != first.text)
        ++differ;
    }
    EXPECT_EQ(differ, 0);
  }

 private:
  std::size_t want_of(int client) const { return static_cast<std::size_t>(client) % wants_.size(); }
  support::Answer ask(support::Api& api, int client) {
    const Want& want = wants_[want_of(client)];
    const json::value body = body_of(want, client);
    for (;;) {
      auto answer = api.post(want.path, body, name_ + "-" + std::to_string(client));
      if (answer.status != 0 && answer.status != 503 && answer.status != 504) return answer;
      ++repeated_;
    }
  }

  support::Suite& suite_;
  std::string name_;
  std::vector<Want> wants_;
  std::vector<support::Answer> answers_;
  std::latch start_;
  std::atomic<int> answered_{0}, repeated_{0};
  std::vector<std::jthread> threads_;
};

/// Holds in the log, by the time they are for.
std::map<std::string, int> holds_by_time(support::Suite& suite) {
  std::map<std::string, int> holds;
  std::istringstream lines(suite.api().get("/v1/events?type=AppointmentHeld").text);
  for (std::string line; std::getline(lines, line);) {
    const json::value event = json::parse(line);
    ++holds[std::string(event.at("data").at("visit").at("local_start").as_string())];
  }
  return holds;
}

TEST(Booking, AThousandAtOnceAndOneGetsTheTime) {
  support::Suite suite({});
  build(suite);
  ASSERT_FALSE(::testing::Test::HasFailure());
  const std::vector<std::pair<std::string, Want>> races = {
      {"single", single("exam", 30)}, {"three-resources", single("scan", 31)}, {"series", series(32)}};
  for (const auto& [name, want] : races) {
    Race race(suite, name, {want});
    race.go();
    const auto since = steady_clock::now();
    race.finish();
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - since);
    EXPECT_EQ(race.winners()[0].size(), 1u) << name;
    std::cout << name << ": " << kClients << " answered in " << took.count() << " ms, " << race.repeated() << " asked again\n";
  }
  ASSERT_TRUE(suite.settle());
  const std::map<std::string, int> once = {{at_ten(30), 1}, {at_ten(31), 1}, {at_ten(32), 1},
                                           {at_ten(39), 1}, {at_ten(46), 1}, {at_ten(53), 1}};
  EXPECT_EQ(holds_by_time(suite), once);
  EXPECT_EQ(suite.api().get("/v1/appointments?site=race&day=" + at_ten(53).substr(0, 10)).at("/appointments").as_array().size(), 1u);
}

TEST(Booking, OneGetsTheTimeThoughTheOwnerOfTheLaneIsKilledMeanwhile) {
  support::Suite suite({});
  build(suite);
  ASSERT_FALSE(::testing::Test::HasFailure());
  Race race(suite, "kill", {single("exam", 30), single("scan", 31), series(32)});
  const int owner = suite.pid_of("appointments-1");  // the only one, so all lanes are its own
  ASSERT_GT(owner, 0);
  race.go();
  ASSERT_TRUE(suite.eventually([&] { return race.answered() >= kAnsweredBeforeTheKill; }));
  ASSERT_EQ(::kill(owner, SIGKILL), 0);
  const int known = race.answered();
  const auto since = steady_clock::now();
  race.finish();
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - since);
  EXPECT_LT(known, kClients) << "the kill came too late to show anything";
  EXPECT_GT(race.repeated(), 0);
  auto winners = race.winners();
  for (std::size_t want = 0; want < 3; ++want) EXPECT_EQ(winners[want].size(), 1u) << want;
  race.all_are_told_the_same_again();
  ASSERT_TRUE(suite.settle());
  const std::map<std::string, int> once = {{at_ten(30), 1}, {at_ten(31), 1}, {at_ten(32), 1},
                                           {at_ten(39), 1}, {at_ten(46), 1}, {at_ten(53), 1}};
  EXPECT_EQ(holds_by_time(suite), once);
  std::cout << known << " of " << kClients << " knew their answer when the owner was killed; all did " << took.count()
            << " ms later, after " << race.repeated() << " repetitions\n";
}

}  // namespace
}  // namespace bridgework::functional
