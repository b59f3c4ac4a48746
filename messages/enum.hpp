#pragma once
// The way from a JSON name back to an enumerator. The way there is the generated `to_string`.

#include <optional>
#include <string_view>

namespace bridgework {

/// The enumerator with this snake_case name, or nothing. Specialised by the message compiler for every enum of a schema; another
/// type does not link.
template <class Enum>
std::optional<Enum> from_string(std::string_view name);

namespace messages {
using bridgework::from_string;
}

}  // namespace bridgework
