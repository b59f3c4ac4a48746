#pragma once
// Ids the gateway makes up for things that are new, so that a repeated request names the same thing.

#include <cstdint>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>

#include "gateway/forms.hpp"

namespace bridgework::gateway {

/// 13 characters (65 bits) of `a-z2-7`: a function of who asks, for what, and of the Idempotency-Key. BLAKE2b, so that nobody can aim
/// at an id.
std::string id_suffix(std::string_view principal, std::string_view type, std::string_view idempotency_key);

/// With this begins what a move adds to the id of a visit.
inline constexpr std::string_view kMoveMark = ".m-";

/// A visit's id as that of a chain of moves: `main.v-1`, moved `main.v-1.m-a`, moved again `main.v-1.m-2-b`.
struct MoveChain {
  std::string_view first;   ///< before any move
  std::uint32_t moves = 0;  ///< since then
};
MoveChain move_chain_of(std::string_view appointment);

/// Whether an id was made.
enum class NewId { kMade, kNotMade };

/// Gives every absent $newId field its id and every absent $principal field the caller's name. A template names a field by
/// `{field}`; one whose field has no text yet is left for the mapper to refuse. The id of a visit that is moved again and again counts
/// its moves instead of growing with each.
NewId fill_made_fields(const StructForm& form, boost::json::object& object, std::string_view principal, std::string_view idempotency_key);

}  // namespace bridgework::gateway
