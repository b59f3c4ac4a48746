#include "followup/sequence.hpp"

#include <array>

namespace bridgework::followup {
namespace {

using messages::GapKind;
using messages::TaskKind;
using std::chrono::hours;

constexpr hours kWeek{7 * 24};

constexpr std::array kTreatment1 = {
    Step{Step::Means::kMessage, hours{24}, "follow_up_treatment_1", TaskKind::kPhoneCall},
    Step{Step::Means::kMessage, kWeek, "follow_up_treatment_2", TaskKind::kPhoneCall},
    Step{Step::Means::kTask, kWeek, {}, TaskKind::kPhoneCall},
    Step{Step::Means::kTask, kWeek, {}, TaskKind::kLetter},
    Step{Step::Means::kTask, kWeek, {}, TaskKind::kClinicianCall, Step::For::kUrgentGaps},
};
constexpr std::array kMissedVisit1 = {
    Step{Step::Means::kMessage, hours{24}, "follow_up_missed_visit_1", TaskKind::kPhoneCall},
    Step{Step::Means::kMessage, kWeek, "follow_up_missed_visit_2", TaskKind::kPhoneCall},
    Step{Step::Means::kTask, kWeek, {}, TaskKind::kPhoneCall},
    Step{Step::Means::kTask, kWeek, {}, TaskKind::kLetter},
    Step{Step::Means::kTask, kWeek, {}, TaskKind::kClinicianCall, Step::For::kUrgentGaps},
};
constexpr std::array kRecall1 = {
    Step{Step::Means::kMessage, hours{24}, "follow_up_recall_1", TaskKind::kPhoneCall},
    Step{Step::Means::kMessage, kWeek, "follow_up_recall_2", TaskKind::kPhoneCall},
    Step{Step::Means::kTask, kWeek, {}, TaskKind::kPhoneCall},
    Step{Step::Means::kTask, kWeek, {}, TaskKind::kLetter},
    Step{Step::Means::kTask, kWeek, {}, TaskKind::kClinicianCall, Step::For::kUrgentGaps},
};

}  // namespace

std::span<const Step> sequence_of(GapKind kind, std::uint16_t /*version: there is one so far*/) {
  switch (kind) {
    case GapKind::kNotDiagnosed:
    case GapKind::kNotPresented:
    case GapKind::kUndecided:
    case GapKind::kNotScheduled:
    case GapKind::kUnfinished: return kTreatment1;
    case GapKind::kNotKept: return kMissedVisit1;
    case GapKind::kHygieneOverdue:
    case GapKind::kRecallDue: return kRecall1;
  }
  return {};
}

std::optional<std::uint16_t> next_position(GapKind kind, std::uint16_t version, messages::Urgency urgency, std::uint16_t position) {
  const auto steps = sequence_of(kind, version);
  for (std::size_t i = position; i < steps.size(); ++i) {
    if (steps[i].whom == Step::For::kEveryGap || urgency == messages::Urgency::kUrgent) return static_cast<std::uint16_t>(i + 1);
  }
  return std::nullopt;
}

std::optional<std::uint16_t> position_of(GapKind kind, std::uint16_t version, TaskKind task) {
  const auto steps = sequence_of(kind, version);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (steps[i].means == Step::Means::kTask && steps[i].task == task) return static_cast<std::uint16_t>(i + 1);
  }
  return std::nullopt;
}

}  // namespace bridgework::followup
