#pragma once
// What people hear who do not want to come now. Data with a version: whoever began under one version ends under it.

#include <array>
#include <chrono>
#include <cstdint>
#include <span>
#include <string_view>

namespace bridgework::lead_intake {

struct NurtureStep {
  std::chrono::hours after;  ///< the step before, or the beginning
  std::string_view template_name;
};

struct NurtureSequence {
  std::uint16_t version;
  std::span<const NurtureStep> steps;
  std::chrono::hours ends_after;  ///< the last step: then the enquiry is lost
};

inline constexpr std::array kNurtureSteps1 = {
    NurtureStep{std::chrono::hours(24 * 3), "nurture_1"},
    NurtureStep{std::chrono::hours(24 * 11), "nurture_2"},
    NurtureStep{std::chrono::hours(24 * 28), "nurture_3"},
};

/// A change is a new version at the end; none is ever edited.
inline constexpr std::array kNurtureSequences = {
    NurtureSequence{1, kNurtureSteps1, std::chrono::hours(24 * 28)},
};

inline const NurtureSequence& nurture_sequence(std::uint16_t version) {
  for (const NurtureSequence& sequence : kNurtureSequences)
    if (sequence.version == version) return sequence;
  return kNurtureSequences.back();
}

}  // namespace bridgework::lead_intake
