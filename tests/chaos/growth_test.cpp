// The rule by which a soak calls a process one that grows, on lives that are made up.

#include "chaos/growth.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace bridgework::chaos {
namespace {

constexpr long kSlack = 8 * 1024;

std::vector<Sample> life(const std::function<long(int minute)>& memory_kb) {
  std::vector<Sample> out;
  for (int minute = 0; minute < 30; ++minute) out.push_back({std::chrono::minutes(minute), memory_kb(minute), 40});
  return out;
}
bool is_called_growing(const std::function<long(int minute)>& memory_kb) {
  return grows(thirds_of(life(memory_kb), &Sample::memory_kb), kSlack);
}

TEST(ChaosGrowth, OfAMegabyteAMinuteIsOne) {
  EXPECT_TRUE(is_called_growing([](int minute) { return 20'000 + 1'024 * minute; }));
  EXPECT_TRUE(is_called_growing([](int minute) { return 20'000 + 100 * minute * minute; })) << "and more so when it is ever faster";
}

TEST(ChaosGrowth, OfWhatFillsUpIsNone) {
  EXPECT_FALSE(is_called_growing([](int minute) { return 20'000 + static_cast<long>(100'000 * (1 - std::exp(-minute / 4.0))); }));
  EXPECT_FALSE(is_called_growing([](int minute) { return 20'000 + static_cast<long>(400'000 * (1 - std::exp(-minute / 8.0))); }))
      << "though it still fills up";
  EXPECT_FALSE(is_called_growing([](int) { return 20'000L; }));
  EXPECT_FALSE(is_called_growing([](int minute) { return 20'000 + 200 * minute; })) << "less than an allocator keeps of a busy minute";
}

TEST(ChaosGrowth, OfWhatIsGivenBackIsNone) {
  EXPECT_FALSE(is_called_growing([](int minute) { return minute % 5 == 0 ? 20'000L : 200'000L; }));
  EXPECT_FALSE(is_called_growing([](int minute) { return minute == 29 ? 200'000L : 20'000L; })) << "a peak at the end";
}

TEST(ChaosGrowth, IsSeenInOpenFilesToo) {
  std::vector<Sample> leaking = life([](int) { return 20'000L; });
  for (std::size_t i = 0; i < leaking.size(); ++i) leaking[i].files = 40 + 2 * static_cast<long>(i);
  EXPECT_TRUE(grows(thirds_of(leaking, &Sample::files), 16));
}

TEST(ChaosGrowth, ALifeWithoutThirdsSaysNothing) { EXPECT_FALSE(grows(thirds_of({{}, {}}, &Sample::files), 0)); }

}  // namespace
}  // namespace bridgework::chaos
