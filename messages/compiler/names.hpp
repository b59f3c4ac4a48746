#pragma once
// Names from one spelling to another, and text assembled.

#include <string>
#include <string_view>

namespace bridgework::message_compiler {

/// `retryAfterMs` as `retry_after_ms`, `LeadIntake` as `lead_intake`.
std::string to_snake(std::string_view name);

/// `lead_intake` and `leadIntake` as `LeadIntake`.
std::string to_pascal(std::string_view name);

/// A member's name that is no C++ keyword.
std::string member_name(std::string_view snake);

/// A C++ string literal.
std::string quoted(std::string_view text);

/// Documentation as one line.
std::string one_line(std::string_view text);

/// Documentation as `///` lines.
std::string doc_lines(std::string_view text, std::string_view indent);

std::string hex(unsigned long long value);

template <class... Parts>
std::string cat(const Parts&... parts) {
  std::string text;
  (text.append(parts), ...);
  return text;
}

}  // namespace bridgework::message_compiler
