#pragma once
// JSON text: strictly in, quickly out.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json/value.hpp>
#include <tl/expected.hpp>

namespace bridgework::gateway {

/// The deepest nesting read. Stops a few bytes of brackets from exhausting the stack of whoever walks the value.
inline constexpr std::size_t kJsonDepthMax = 32;

/// Why a text is no JSON, and where.
struct JsonSyntaxError {
  std::string reason;
  std::size_t offset;
};

/// A JSON text. RFC 8259 allows a name twice in an object but leaves its meaning open, so that is told apart from bad syntax.
struct JsonText {
  boost::json::value value;
  /// JSON pointer of the first name that stands twice in its object.
  std::optional<std::string> duplicate;
};

/// RFC 8259 without extensions: UTF-8 only, no byte order mark, no comments, no trailing commas, at most `kJsonDepthMax` levels.
tl::expected<JsonText, JsonSyntaxError> parse_json(std::string_view text);

/// Appends a JSON string with its quotes. `text` is valid UTF-8.
void append_json_string(std::string& out, std::string_view text);

/// Appends a JSON pointer step (RFC 6901), `/` included.
void append_pointer_step(std::string& out, std::string_view name);

/// Whether the bytes are UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text);

}  // namespace bridgework::gateway
