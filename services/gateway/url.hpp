#pragma once
// Request targets and forms, decoded.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bridgework::gateway {

/// In the order they were given; names may repeat.
using Parameters = std::vector<std::pair<std::string, std::string>>;

/// `%41` becomes `A`; nothing when a `%` is not followed by two hexadecimal digits.
std::optional<std::string> percent_decode(std::string_view text);

/// `a=1&b=two+words`, of a query or of an application/x-www-form-urlencoded body; nothing when it is not percent-encoded UTF-8.
std::optional<Parameters> parse_form(std::string_view text);

/// The value of the first parameter of that name, or nullptr.
const std::string* find_parameter(const Parameters& parameters, std::string_view name);

}  // namespace bridgework::gateway
