#pragma once
// What a caller is told when something is not done: RFC 9457 problem details, one shape for everything.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace bridgework::gateway {

/// `code` is stable and for programs; `detail` is for people and never repeats what was sent.
struct Problem {
  unsigned status;
  std::string code;
  std::string detail;
  std::string path = {};  ///< JSON pointer of the field that breaks a rule
  std::string rule = {};  ///< the rule it breaks
  std::optional<std::chrono::milliseconds> retry_after = {};
  /// Further members, written as `,"name":value`.
  std::string more = {};
};

inline constexpr std::string_view kProblemContentType = "application/problem+json";

/// `{"type":"urn:bridgework:problem:slot_taken","title":"Slot
/// taken","status":409,"detail":"…","code":"slot_taken","instance":"/v1/appointments"}`
std::string problem_json(const Problem& problem, std::string_view instance);

/// Whole seconds for Retry-After, rounded up: who comes back as told is not early.
std::string retry_after_seconds(std::chrono::milliseconds delay);

}  // namespace bridgework::gateway
