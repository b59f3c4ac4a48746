#pragma once
// The words followup speaks, and what can be said of its records without deciding anything.

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "followup/config.hpp"
#include "followup/state.values.hpp"
#include "messages/followup.values.hpp"
#include "messages/outreach.values.hpp"
#include "runtime/decision.hpp"
#include "runtime/read_view.hpp"

namespace bridgework::followup {

struct Vocabulary {
  using Record = followup::Record;
  using Timer = followup::Timer;
  using Effect = std::variant<std::monostate>;  // nothing is done outside
  using Event = messages::FollowupEvent;
  using Reply = std::variant<messages::Done, messages::TreatmentPlanView, messages::TaskView, messages::TaskList, messages::GapList,
                             messages::LeakAudit>;
  using Refusal = messages::FollowupRefusal;
  using Config = followup::Config;
};
using State = runtime::State<Vocabulary>;
using Decision = runtime::Decision<Vocabulary>;
using View = runtime::ReadView<Record>;

inline bool is_open(const Gap& gap) { return gap.cover != messages::Cover::kClosed; }
inline bool is_open(const TaskRecord& task) {
  return task.state == messages::TaskState::kOpen || task.state == messages::TaskState::kClaimed;
}

/// Nobody follows up a person who died or moved away.
inline bool is_gone(const PersonCareRecord& care) {
  return care.reported_deceased || care.status == messages::PersonStatus::kDeceased || care.status == messages::PersonStatus::kMoved;
}

/// The gap an item in this state must have open, or nothing: declined and completed items are at rest, and so is one whose gap was
/// closed for a reason of its own. A deferred item is undecided, with a review date.
std::optional<messages::GapKind> wanted_gap(const PlannedItem& item);

/// The visit that covers gaps of this purpose: the earliest one booked. Another purpose does not cover.
const FutureVisit* covering_visit(const PersonCareRecord& care, messages::Purpose purpose);

const PlannedItem* find_item(const PlanRecord& plan, const ItemId& item);

/// Where the person's calendar is kept: the zone of the address, else of the last visit's site, else the group's.
std::string_view zone_of(const PersonCareRecord& care, const Config& config);

/// The hour of a local day at which a person's tasks and reviews are due.
Instant work_starts_at(const PersonCareRecord& care, LocalDay day, const Config& config);

messages::TreatmentPlanView view_of(const PlanRecord& plan);
messages::GapView view_of(const Gap& gap, const PersonId& person);
/// As it stands at `now`: a claim whose lease ran out is an open task again.
messages::TaskView view_of(const TaskRecord& task, Instant now);

/// Why somebody is to call about a visit, in words: what was written, the visit on the clock of `zone`, what to ask, and how many visits of
/// others that day were asked about at that phone.
std::string question_words(messages::VisitDoubt doubt, Instant start, std::string_view zone, unsigned also_asked = 0);
/// Why somebody is to call about an offered time.
std::string offer_words(LocalTime start);

/// Everybody's work list, and one site's part of it. Scored by when the task was opened.
inline constexpr std::string_view kWorkList = "tasks";
inline std::string work_list_of(const SiteId& site) { return "tasks/" + site.text(); }

}  // namespace bridgework::followup
