// A message that kills whoever handles it, and one that never lets go: set aside after five lives, while everybody else is served.

#include <gtest/gtest.h>

#include "support/suite.hpp"

namespace bridgework::functional {
namespace {

namespace json = boost::json;

using support::Suite;

std::string add_person(Suite& suite, const std::string& name) {
  const auto answer = suite.api().post("/v1/persons", {{"profile", {{"given_name", name}, {"provenance", "observed"}}}});
  EXPECT_EQ(answer.status, 201) << answer.text;
  return answer.string_at("/id");
}

/// What a service has set aside of one person: how often it was tried.
std::int64_t attempts_before_parking(Suite& suite, const std::string& service, const std::string& person) {
  const auto answer = suite.api().get("/v1/parked");
  if (answer.status != 200 || !answer.at("/parked").is_array()) return 0;
  for (const auto& one : answer.at("/parked").as_array()) {
    if (one.at("service").as_string() == service && one.at("entity").as_string() == person) {
      return one.at("attempts").to_number<std::int64_t>();
    }
  }
  return 0;
}

std::size_t timeline_length(Suite& suite, const std::string& person) {
  const auto answer = suite.api().get("/v1/persons/" + person + "/timeline");
  return answer.status == 200 && answer.at("/entries").is_array() ? answer.at("/entries").as_array().size() : 0;
}

TEST(Poison, ThatKillsOrLoopsIsSetAsideAndEverybodyElseIsServed) {
  Suite::Options options;
  options.environment = {"BRIDGEWORK_TEST_POISON=journey:abort:deadly,followup:loop:endless", "BRIDGEWORK_STUCK_AFTER_SECONDS=2"};
  Suite suite(std::move(options));
  const std::string before = add_person(suite, "before");
  const std::string deadly = add_person(suite, "deadly"), endless = add_person(suite, "endless");
  const std::string after = add_person(suite, "after");
  EXPECT_TRUE(suite.eventually([&] { return attempts_before_parking(suite, "journey", deadly) >= 5; }, std::chrono::seconds(120)));
  EXPECT_TRUE(suite.eventually([&] { return attempts_before_parking(suite, "followup", endless) >= 5; }, std::chrono::seconds(120)));
  // The one is poison for the one service, and for no other.
  EXPECT_EQ(attempts_before_parking(suite, "followup", deadly), 0);
  EXPECT_EQ(attempts_before_parking(suite, "journey", endless), 0);
  ASSERT_TRUE(suite.settle(std::chrono::seconds(60)));
  EXPECT_GT(timeline_length(suite, before), 0u);
  EXPECT_GT(timeline_length(suite, after), 0u);
  EXPECT_EQ(timeline_length(suite, deadly), 0u) << "its events wait behind the one that was set aside";
  EXPECT_EQ(suite.api().get("/v1/parked").at("/parked").as_array().size(), 2u) << "nobody innocent was set aside with them";
}

}  // namespace
}  // namespace bridgework::functional
