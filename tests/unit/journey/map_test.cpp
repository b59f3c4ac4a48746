#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "tests/unit/journey/events.hpp"

namespace bridgework::journey::testing {
namespace {

TEST(JourneyMap, HasEveryStageOnceInOrderAndNoEmptyOrRepeatedLine) {
  const Journey h;
  const auto map = h.get<messages::JourneyMap>(messages::GetJourneyMap{});
  EXPECT_GE(map.version, 1u);
  ASSERT_EQ(map.stages.size(), messages::kAllStage.size());
  std::set<std::string> lines;
  for (std::size_t i = 0; i < map.stages.size(); ++i) {
    const auto& stage = map.stages[i];
    EXPECT_EQ(stage.stage, messages::kAllStage[i]);
    for (const auto* list : {&stage.operational_standards, &stage.service_defects, &stage.experiential_standards, &stage.above_and_beyond,
                             &stage.service_recovery, &stage.offer_the_offer}) {
      EXPECT_FALSE(list->empty()) << to_string(stage.stage);
      for (const auto& line : *list) EXPECT_TRUE(!line.empty() && lines.insert(line).second) << line;
    }
  }
}

}  // namespace
}  // namespace bridgework::journey::testing
