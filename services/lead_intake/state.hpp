#pragma once
// The words of lead_intake, and what an enquiry may become.

#include <string>
#include <string_view>
#include <variant>

#include "lead_intake/config.hpp"
#include "lead_intake/state.values.hpp"
#include "messages/appointments.values.hpp"
#include "messages/lead_intake.values.hpp"
#include "messages/outreach.values.hpp"
#include "runtime/decision.hpp"
#include "runtime/read_view.hpp"

namespace bridgework::lead_intake {

using messages::LeadState;

struct Vocabulary {
  using Record = lead_intake::Record;
  using Timer = std::variant<std::monostate>;
  using Effect = std::variant<std::monostate>;
  using Event = messages::LeadIntakeEvent;
  using Reply = std::variant<messages::Done, messages::LeadView, messages::ImportDone, messages::PersonView, messages::PersonList>;
  using Refusal = messages::LeadIntakeRefusal;
  using Config = lead_intake::Config;
};
using State = runtime::State<Vocabulary>;
using Decision = runtime::Decision<Vocabulary>;
using View = runtime::ReadView<Record>;
using Refusal = messages::LeadIntakeRefusal;

/// The programme of the automatic answer to an enquiry, as outreach names it.
inline constexpr std::string_view kAcknowledgementProgramme = "acknowledgement";

/// The index of persons by a normalised contact point.
inline std::string contact_index(std::string_view value) { return "contact/" + std::string(value); }

/// The persons of a household.
inline std::string household_index(const HouseholdId& household) { return "household/" + household.text(); }

/// Whom a person was linked to, and who was linked to them. A link lies in the lane of the person it was made from, so each side has an
/// index of its own, and of two links between the same two either can be taken back without touching the other.
inline std::string linked_to_index(std::string_view person) { return "linked_to/" + std::string(person); }
inline std::string linked_by_index(std::string_view person) { return "linked_by/" + std::string(person); }

/// Whether somebody still has to win this person: nothing is agreed and nothing is given up.
constexpr bool is_open(LeadState state) {
  switch (state) {
    case LeadState::kFresh:
    case LeadState::kAcknowledged:
    case LeadState::kContacted:
    case LeadState::kNurturing:
    case LeadState::kNeedsReview: return true;
    case LeadState::kBooked:
    case LeadState::kKept:
    case LeadState::kProduced:
    case LeadState::kLost: return false;
  }
  return false;
}

/// Whether there is anything left to do for the enquiry: claim it, call, close it.
constexpr bool is_workable(LeadState state) { return is_open(state) || state == LeadState::kBooked; }

/// Whether nobody may be contacted under this status.
constexpr bool ends_contact(messages::PersonStatus status) {
  switch (status) {
    case messages::PersonStatus::kProspect:
    case messages::PersonStatus::kPatient:
    case messages::PersonStatus::kInactive: return false;
    case messages::PersonStatus::kDeceased:
    case messages::PersonStatus::kMoved: return true;
  }
  return false;
}

/// Whether two people talked. A voicemail is not a conversation.
constexpr bool is_conversation(messages::CallOutcome outcome) {
  switch (outcome) {
    case messages::CallOutcome::kBooked:
    case messages::CallOutcome::kNotBooked: return true;
    case messages::CallOutcome::kNotConnected:
    case messages::CallOutcome::kVoicemail:
    case messages::CallOutcome::kMissed:
    case messages::CallOutcome::kAbandoned: return false;
  }
  return false;
}

}  // namespace bridgework::lead_intake
