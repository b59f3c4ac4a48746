#pragma once
// The words of lead_intake, and what an enquiry may become.

#include <string>
#include <string_view>
#include <variant>

#include "lead_intake/config.hpp"
#include "lead_intake/state.values.hpp"
#include "messages/appointments.values.hpp"
#include "messages/followup.values.hpp"
#include "messages/lead_intake.values.hpp"
#include "messages/outreach.values.hpp"
#include "runtime/decision.hpp"
#include "runtime/read_view.hpp"

namespace bridgework::lead_intake {

using messages::LeadState;

struct Vocabulary {
  using Record = lead_intake::Record;
  using Timer = lead_intake::Timer;
  using Effect = std::variant<std::monostate>;
  using Event = messages::LeadIntakeEvent;
  using Reply = std::variant<messages::Done, messages::LeadView, messages::ImportDone, messages::PersonView, messages::PersonList,
                             messages::CallTaken, messages::CampaignView, messages::CampaignList, messages::LeadList, messages::DeskView,
                             messages::WebFormView, messages::Bookers>;
  using Refusal = messages::LeadIntakeRefusal;
  using Config = lead_intake::Config;
};
using State = runtime::State<Vocabulary>;
using Decision = runtime::Decision<Vocabulary>;
using View = runtime::ReadView<Record>;
using Refusal = messages::LeadIntakeRefusal;

/// The programmes that answer an enquiry by themselves, as outreach names them: a missed call is answered by a text back.
inline constexpr std::string_view kAcknowledgementProgramme = "acknowledgement";
inline constexpr std::string_view kMissedCallProgramme = "missed_call";

/// All campaigns, and those of one tracking number.
inline constexpr std::string_view kCampaignsIndex = "campaigns";
inline std::string tracking_index(std::string_view number) { return "tracking/" + std::string(number); }

/// Enquiries that wait for somebody to call, scored by when they came: of the group, and of one site.
inline constexpr std::string_view kDeskIndex = "desk";
inline std::string desk_index(const SiteId& site) { return "desk/" + site.text(); }
/// Those of them with whom a conversation ended without a visit, the most valuable first.
inline constexpr std::string_view kNotBookedIndex = "not_booked";
inline std::string not_booked_index(const SiteId& site) { return "not_booked/" + site.text(); }

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

/// Whether it is somebody's turn at the desk.
constexpr bool is_for_the_desk(LeadState state) { return is_open(state) && state != LeadState::kNurturing; }
inline bool waits_at_the_desk(const EnquiryRecord& record) { return !record.imported && is_for_the_desk(record.state); }
/// Somebody should call once more: they were spoken with and did not book.
inline bool waits_for_another_call(const EnquiryRecord& record) { return waits_at_the_desk(record) && record.not_booked_at.has_value(); }

/// Whether the two clocks of an enquiry run. Whoever must be looked at first, and whoever was asked to come later, waits for no clock;
/// a conversation is more than any acknowledgement.
inline bool is_contact_awaited(const EnquiryRecord& record) {
  return waits_at_the_desk(record) && record.state != LeadState::kNeedsReview && !record.contacted_at && !record.contact_breached;
}
inline bool is_acknowledgement_awaited(const EnquiryRecord& record) {
  return waits_at_the_desk(record) && record.state != LeadState::kNeedsReview && !record.contacted_at && !record.acknowledged_at &&
         !record.acknowledgement_breached;
}

/// Whether we know this person as a patient: an enquiry of theirs is more than a lead.
constexpr bool is_patient(messages::PersonStatus status) {
  return status == messages::PersonStatus::kPatient || status == messages::PersonStatus::kInactive;
}

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
