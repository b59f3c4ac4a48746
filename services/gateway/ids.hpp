#pragma once
// Ids the gateway makes up for things that are new, so that a repeated request names the same thing.

#include <string>
#include <string_view>

#include <boost/json/object.hpp>

#include "gateway/forms.hpp"

namespace bridgework::gateway {

/// 13 characters (65 bits) of `a-z2-7`: a function of who asks, for what, and of the Idempotency-Key. BLAKE2b, so that nobody can aim
/// at an id.
std::string id_suffix(std::string_view principal, std::string_view type, std::string_view idempotency_key);

/// Whether an id was made.
enum class NewId { kMade, kNotMade };

/// Gives every absent $newId field its id and every absent $principal field the caller's name. A template names a field by
/// `{field}`; one whose field has no text yet is left for the mapper to refuse.
NewId fill_made_fields(const StructForm& form, boost::json::object& object, std::string_view principal, std::string_view idempotency_key);

}  // namespace bridgework::gateway
