#pragma once
// Which lane a key belongs to. Fixed for ever: order, idempotency and the place of every record depend on it.

#include <cstdint>
#include <string_view>

namespace bridgework::runtime {

inline constexpr unsigned kLaneCount = 64;
using Lane = std::uint16_t;

/// xxh64 (seed 0) of the text before the first dot, modulo 64.
Lane lane_of(std::string_view key_or_id);

}  // namespace bridgework::runtime
