#include "runtime/lane.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "runtime/types.hpp"

namespace bridgework::runtime {

Lane lane_of(std::string_view key_or_id) {
  const std::string_view key = owner_key(key_or_id);
  return static_cast<Lane>(XXH64(key.data(), key.size(), 0) % kLaneCount);
}

}  // namespace bridgework::runtime
