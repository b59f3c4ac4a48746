#pragma once
// The steps of a follow-up, as versioned data.

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "messages/followup.values.hpp"

namespace bridgework::followup {

struct Step {
  enum class Means { kMessage, kTask };
  enum class For { kEveryGap, kUrgentGaps };

  Means means;
  std::chrono::hours after;        ///< since the step before; the first step waits for `Config::first_step` instead
  std::string_view template_name;  ///< of a message
  messages::TaskKind task;         ///< of a task
  For whom = For::kEveryGap;
};

/// A gap keeps the version it was opened with, so changing the steps means adding a version, never editing one.
inline constexpr std::uint16_t kSequenceVersion = 1;

/// Message, message, call, letter, and for what is urgent a clinician calls. A gap that outlives its steps goes back to a call.
std::span<const Step> sequence_of(messages::GapKind kind, std::uint16_t version);

/// The position (1 is the first) of the next step after `position` that is meant for this urgency, or nothing after the last.
std::optional<std::uint16_t> next_position(messages::GapKind kind, std::uint16_t version, messages::Urgency urgency,
                                           std::uint16_t position);

/// The position of the first step that opens a task of this kind, or nothing.
std::optional<std::uint16_t> position_of(messages::GapKind kind, std::uint16_t version, messages::TaskKind task);

}  // namespace bridgework::followup
