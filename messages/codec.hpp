#pragma once
// From values to bytes and back, without a word of the wire format.
//
// `encode(value)` and `decode(Tag<T>{}, bytes)` are generated beside each value type and found by argument-dependent lookup.

#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace bridgework::messages {

/// Why bytes are no message. Never holds a value that was read, so it may be logged and answered.
struct Malformed {
  /// The field in snake_case, `profile.contact_points[2].value`; empty when the frame itself is wrong.
  std::string path;
  std::string reason;

  bool operator==(const Malformed&) const = default;
};

/// Chooses an overload of `decode`.
template <class T>
struct Tag {};

/// Reads the whole message at once and checks every rule of its schema: who holds a T holds a valid one.
///
/// Total: any bytes, at any alignment, give a value or a reason, in time and memory proportional to their number.
template <class T>
[[nodiscard]] tl::expected<T, Malformed> decode_as(std::string_view bytes) {
  return decode(Tag<T>{}, bytes);
}

}  // namespace bridgework::messages
