#include <cstdlib>
#include <iostream>

#include <gtest/gtest.h>

#include "runtime/log.hpp"
#include "sim/mutations.hpp"

namespace bridgework::sim {
namespace {

constexpr std::uint64_t kFirstSeed = 1;

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

/// What the services say of accidents staged by the thousand is of no use to anybody.
class Sim : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { be_quiet(); }
  static void be_quiet() {
    runtime::ProcessSettings settings;
    settings.log_level = "error";
    settings.log_file = "/dev/null";
    ASSERT_TRUE(runtime::open_log("sim", settings));
  }
};

TEST_F(Sim, WithoutFaultsEveryInvariantHolds) {
  const RunReport report = run_world(1, 400, kNoFaults, {});
  EXPECT_TRUE(report.violations.empty()) << joined(report.violations);
  EXPECT_GT(report.commands_done, 50u);
  EXPECT_GT(report.messages_sent, 5u);
}

TEST_F(Sim, ASeedIsPlayedTheSameWayTwice) {
  const RunReport once = run_world(3, kSteps, {}, {}), again = run_world(3, kSteps, {}, {});
  EXPECT_EQ(once.text(), again.text());
}

TEST_F(Sim, UnderFaultsEveryInvariantHolds) {
  const std::uint64_t one = from_environment("BRIDGEWORK_SIM_SEED", 0);
  const std::uint64_t first = one != 0 ? one : kFirstSeed, count = one != 0 ? 1 : from_environment("BRIDGEWORK_SIM_SEEDS", kSeeds);
  RunReport all;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    const RunReport report = run_world(seed, kSteps, {}, {});
    EXPECT_TRUE(report.violations.empty()) << "seed " << seed << "\n" << joined(report.violations);
    all.add(report);
  }
  std::cout << count << " seeds: " << all.text() << "\n";
  if (one != 0) return;
  // A world in which nothing goes wrong proves nothing.
  EXPECT_GT(all.crashes, count);
  EXPECT_GT(all.pauses, count);
  EXPECT_GT(all.unknown_outcomes, count);
  EXPECT_GT(all.roll_backs, count / 4);
  EXPECT_GT(all.poisoned, 0u);
  EXPECT_GT(all.parked, 0u);
  EXPECT_GT(all.server_jumps, count / 4);
  EXPECT_GT(all.trimmed, count);
  EXPECT_GT(all.rebuilds, count / 4);
  EXPECT_GT(all.truncated, 0u);
  EXPECT_GT(all.booked_online, count / 4);
  EXPECT_GT(all.refused_online, count / 4);
}

TEST_F(Sim, InAStormEveryInvariantHolds) {
  RunReport all;
  for (std::uint64_t seed = kFirstSeed; seed < kFirstSeed + kStormSeeds; ++seed) {
    const RunReport report = run_world(seed, kSteps, kStorm, {});
    EXPECT_TRUE(report.violations.empty()) << "seed " << seed << "\n" << joined(report.violations);
    all.add(report);
  }
  std::cout << kStormSeeds << " seeds: " << all.text() << "\n";
}

class SimMutation : public Sim, public ::testing::WithParamInterface<Mutation> {};

TEST_P(SimMutation, IsCaught) {
  const auto caught = catch_mutation(GetParam(), kFirstSeed, kSeedsPerMutation, kSteps);
  ASSERT_TRUE(caught) << kSeedsPerMutation << " seeds did not notice that it is gone: " << GetParam().name;
  std::cout << GetParam().name << " caught by seed " << caught->seed << ": " << caught->violation << "\n";
}

INSTANTIATE_TEST_SUITE_P(Guards, SimMutation, ::testing::ValuesIn(kMutations),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace bridgework::sim
