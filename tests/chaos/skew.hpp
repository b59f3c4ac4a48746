#pragma once
// Two versions of the suite side by side, as during a rolling upgrade and on the way back.

#include "chaos/world.hpp"

namespace bridgework::chaos {

struct SkewOptions {
  std::filesystem::path old;  ///< directory of the other version's programs; empty: none
  bool by_service = false;    ///< all processes of a service together, instead of both versions of it side by side for a while
  bool forward_only = false;
};

/// Under load replaces every process of a suite of the old programs by those of this build, service by service; then goes back the same
/// way; then forward again. How many violations there were.
std::size_t judge_skew(World::Options options, const SkewOptions& skew);

}  // namespace bridgework::chaos
