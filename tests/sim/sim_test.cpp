#include <cstdlib>
#include <iostream>

#include <gtest/gtest.h>

#include "sim/world.hpp"

namespace bridgework::sim {
namespace {

std::string joined(const std::vector<std::string>& lines) {
  std::string out;
  for (const auto& line : lines) out += "  " + line + "\n";
  return out;
}

/// BRIDGEWORK_SIM_SEED replays one seed, BRIDGEWORK_SIM_SEEDS plays so many.
std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

TEST(Sim, WithoutFaultsEveryInvariantHolds) {
  Faults none{0, 0, 0, 0, 0, 0, 0};
  const RunReport report = run_world(1, 400, none, {});
  EXPECT_TRUE(report.violations.empty()) << joined(report.violations);
  EXPECT_GT(report.commands_done, 50u);
  EXPECT_GT(report.messages_sent, 5u);
}

TEST(Sim, UnderFaultsEveryInvariantHolds) {
  const std::uint64_t one = from_environment("BRIDGEWORK_SIM_SEED", 0);
  const std::uint64_t first = one != 0 ? one : 100, count = one != 0 ? 1 : from_environment("BRIDGEWORK_SIM_SEEDS", 60);
  RunReport all;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    const RunReport report = run_world(seed, 300, {}, {});
    ASSERT_TRUE(report.violations.empty()) << "seed " << seed << "\n" << joined(report.violations);
    all.events += report.events;
    all.commands_done += report.commands_done;
    all.crashes += report.crashes;
    all.unknown_outcomes += report.unknown_outcomes;
    all.messages_sent += report.messages_sent;
  }
  std::cout << count << " seeds: " << all.events << " events, " << all.commands_done << " commands, " << all.crashes << " crashes, "
            << all.unknown_outcomes << " unknown outcomes, " << all.messages_sent << " messages\n";
  EXPECT_GT(all.crashes, 0u);
  EXPECT_GT(all.unknown_outcomes, 0u);
}

/// A simulator that finds nothing proves nothing: take one guard away, and it must find it.
struct Mutation {
  const char* name;
  Guards guards;
};
class SimMutation : public ::testing::TestWithParam<Mutation> {};

TEST_P(SimMutation, IsCaught) {
  for (std::uint64_t seed = 100; seed < 160; ++seed) {
    const RunReport report = run_world(seed, 300, {}, GetParam().guards);
    if (!report.violations.empty()) {
      std::cout << GetParam().name << " caught by seed " << seed << ": " << report.violations.front() << "\n";
      return;
    }
  }
  FAIL() << "sixty seeds did not notice that " << GetParam().name << " is gone";
}

INSTANTIATE_TEST_SUITE_P(Guards, SimMutation,
                         ::testing::Values(Mutation{"fence", {.fence = false}}, Mutation{"idempotency", {.idempotency = false}}),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace bridgework::sim
