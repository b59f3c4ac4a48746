// What is free can be found over all sites, and each change is seen by the next search, whichever process is asked.

#include <algorithm>
#include <chrono>
#include <iostream>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "support/suite.hpp"

namespace bridgework::functional {
namespace {

namespace json = boost::json;
using std::chrono::steady_clock;

constexpr int kSitesSearched = 12;
/// So many searches go to both processes that answer them; that each of them was asked, the test sees itself.
constexpr int kSearches = 6;

class Searched {
 public:
  Searched()
      : suite_({.start = Instant(std::chrono::sys_days{std::chrono::year{2026} / 10 / 5} + std::chrono::hours(9)),  // a Monday
                .environment = {},
                .instances = "appointments=2"}) {
    for (int i = 0; i < kSitesSearched; ++i) {
      must("/v1/sites", {{"site", site(i)}, {"name", site(i)}, {"zone", "Europe/Berlin"}, {"hours", hours(540, 720)}});
      must("/v1/providers", {{"site", site(i)}, {"provider", "dr-" + site(i)}, {"name", "Dr"}, {"shifts", hours(540, 720)}});
      must("/v1/chairs", {{"site", site(i)}, {"chair", "1"}, {"name", "1"}});
      must("/v1/visit-types", {{"site", site(i)}, {"visit_type", "crown"}, {"name", "Crown"}, {"duration_minutes", 180}});
    }
  }
  support::Suite& suite() { return suite_; }

  static std::string site(int i) { return (i < 10 ? "site-0" : "site-") + std::to_string(i); }

  support::Answer must(const std::string& path, const json::value& body) {
    auto answer = suite_.api().post(path, body);
    EXPECT_TRUE(answer.status == 200 || answer.status == 201) << path << " " << answer.status << " " << answer.text;
    changed_ = steady_clock::now();
    return answer;
  }
  /// A hold of that site's whole morning.
  std::string hold(const std::string& site, const std::string& day) {
    return must(
               "/v1/appointments",
               {{"site", site}, {"person", "p-1"}, {"visit_type", "crown"}, {"provider", "dr-" + site}, {"local_start", day + "T09:00:00"}})
        .string_at("/appointment");
  }
  /// Whether each of some searches right after the last change finds a place on that day at that site, or none does. Anything between
  /// would be a process that has not seen the change.
  bool is_open(const std::string& site, const std::string& day) {
    std::set<bool> seen;
    for (int i = 0; i < kSearches; ++i) {
      const auto answer = suite_.api().get("/v1/openings?type=crown&limit=500&days=14&from=2026-10-06");
      EXPECT_EQ(answer.status, 200) << answer.text;
      if (i == 0) {
        const auto took = steady_clock::now() - changed_;
        slowest_ = std::max(slowest_, std::chrono::duration<double, std::milli>(took).count());
        EXPECT_LT(took, std::chrono::seconds(1)) << "from the answer to the change to the answer to the search";
      }
      bool found = false;
      for (const auto& slot : answer.at("/slots").as_array())
        found = found || (slot.at("site").as_string() == site && slot.at("local_start").as_string() == day + "T09:00:00");
      seen.insert(found);
    }
    EXPECT_EQ(seen.size(), 1u) << "one process says so, another not";
    return seen.contains(true);
  }
  double slowest_ms() const { return slowest_; }
  static json::array hours(int from, int until) {
    json::array all;
    for (int weekday = 1; weekday <= 5; ++weekday) all.push_back({{"weekday", weekday}, {"from_minute", from}, {"until_minute", until}});
    return all;
  }

 private:
  support::Suite suite_;
  steady_clock::time_point changed_;
  double slowest_ = 0;
};

TEST(Search, SeesEachChangeAtOnceThroughEveryProcess) {
  Searched group;
  for (int i = 0; i < kSitesSearched; ++i) {
    SCOPED_TRACE(Searched::site(i));
    const std::string site = Searched::site(i), day = i % 2 == 0 ? "2026-10-06" : "2026-10-08";
    EXPECT_TRUE(group.is_open(site, day));
    const std::string visit = group.hold(site, day);
    EXPECT_FALSE(group.is_open(site, day)) << "held";
    group.must("/v1/appointments/" + visit + "/book", json::object{});
    EXPECT_FALSE(group.is_open(site, day)) << "booked";
    switch (i % 3) {
      case 0:
        group.must("/v1/appointments/" + visit + "/cancel", {{"by", "patient"}});
        EXPECT_TRUE(group.is_open(site, day)) << "cancelled";
        break;
      case 1:
        group.must("/v1/appointments/" + visit + "/move", {{"local_start", "2026-10-07T09:00:00"}});
        EXPECT_TRUE(group.is_open(site, day)) << "moved away";
        EXPECT_FALSE(group.is_open(site, "2026-10-07")) << "moved to";
        break;
      case 2:
        group.must("/v1/providers", {{"site", site}, {"provider", "two-" + site}, {"name", "Two"}, {"shifts", Searched::hours(540, 720)}});
        EXPECT_FALSE(group.is_open(site, day)) << "the only chair is taken";
        group.must("/v1/chairs", {{"site", site}, {"chair", "2"}, {"name", "2"}});
        EXPECT_TRUE(group.is_open(site, day)) << "a new shift in a new chair";
        break;
    }
  }
  std::cout << "slowest from a change to the search that shows it: " << group.slowest_ms() << " ms\n";

  // Both processes have answered, or nothing above was said about two.
  std::size_t asked = 0;
  for (const auto& [name, port] : group.suite().processes()) {
    if (!name.starts_with("appointments-")) continue;
    support::Api health("http://127.0.0.1:" + std::to_string(port), "");
    const std::string metrics = health.get("/metrics").text;
    const auto line = metrics.find("bridgework_queries_total{outcome=\"done\"");
    const auto value = line == std::string::npos ? line : metrics.find("} ", line);
    if (value != std::string::npos && std::stod(metrics.substr(value + 2)) > 0) ++asked;
  }
  EXPECT_EQ(asked, 2u) << "processes that answered searches";
}

}  // namespace
}  // namespace bridgework::functional
