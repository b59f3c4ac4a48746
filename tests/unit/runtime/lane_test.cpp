#include "runtime/lane.hpp"

#include <set>
#include <string>

#include <gtest/gtest.h>

namespace bridgework::runtime {
namespace {

// Where every record lies depends on these for ever. Computed with xxhsum -H1 (xxh64, seed 0), modulo 64.
TEST(Lane, IsTheSameForEver) {
  EXPECT_EQ(lane_of(""), 0xef46db3751d8e999ULL % 64);
  EXPECT_EQ(lane_of("a"), 0xd24ec4f1a98c6e5bULL % 64);
  EXPECT_EQ(lane_of("abc"), 0x44bc2cf5ad770999ULL % 64);
}

TEST(Lane, OfAnOwnedThingIsItsOwners) {
  EXPECT_EQ(lane_of("p-7.e-2"), lane_of("p-7"));
  EXPECT_EQ(lane_of("main-street.v-81.m-2"), lane_of("main-street"));
}

TEST(Lane, SpreadsKeysOverAll) {
  std::set<Lane> lanes;
  for (int i = 0; i < 2000; ++i) lanes.insert(lane_of("p-" + std::to_string(i)));
  EXPECT_EQ(lanes.size(), kLaneCount);
}

}  // namespace
}  // namespace bridgework::runtime
