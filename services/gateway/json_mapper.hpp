#pragma once
// JSON to messages and back, by the schema alone.

#include <capnp/dynamic.h>

#include <cstdint>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>
#include <tl/expected.hpp>

#include "gateway/forms.hpp"

namespace bridgework::gateway {

/// Why a JSON value is no such message. Holds no value that was given, so it may be logged and answered.
struct MappingError {
  std::string path;  ///< JSON pointer, `/profile/contact_points/2/value`; empty for the whole
  std::string code;  ///< stable: unknown_field, wrong_type, required, too_long, too_many, out_of_range, invalid_value
  std::string rule;  ///< a sentence about the rule: "must be at most 64 bytes long"

  bool operator==(const MappingError&) const = default;
};

/// The message as bytes: standard framing, one segment. The same object gives the same bytes in whatever order its names stand, because
/// the idempotency of a command compares bytes.
///
/// Strict: an unknown field, a value of another type, and any value that breaks a rule of the schema are refused; the first in the
/// schema's order is named. An absent field has the schema's default; a time without $optional has none and must be given.
tl::expected<std::string, MappingError> to_message(const StructForm& form, const boost::json::object& object);

/// Appends the JSON of a message. Nothing is left out but absent optionals. Fails, with nothing appended, on bytes that are no such
/// message.
tl::expected<void, std::string> append_json(std::string& out, const StructForm& form, std::string_view bytes);

/// Text of a query parameter as the JSON value its field takes; what does not fit stays text and is refused by `to_message`.
boost::json::value typed_parameter(const FieldForm& field, std::string_view text);

}  // namespace bridgework::gateway
