#pragma once
// The proof that nobody slips through, as a check of what is stored. Pure: the answer, the tests and a simulator use the same one.

#include <set>
#include <string>
#include <vector>

#include "followup/state.hpp"

namespace bridgework::followup {

/// All that is stored about one person.
struct Dossier {
  PersonCareRecord care;
  std::vector<PlanRecord> plans;
  std::vector<TaskRecord> open_tasks;
  std::set<std::string> listed_tasks;  ///< those of the open tasks that stand on the work list people look at
};

/// Every way in which this person's unfinished care is in none of the four states, in two of them, or in one that is not true.
///
/// - covered: the visit it names is booked, is of the same purpose, and is not long over
/// - active: exactly one of a step with a time, an answer owed by outreach with a time, an open task on the work list; and no visit of
///   its purpose is booked
/// - on hold: a review date, and no visit of its purpose is booked
/// - closed: a reason
/// - every item of a plan that wants a gap has exactly that one open, and no gap is open without such an item
/// - every planned visit without a time has one open gap of its own, unless another gap of its purpose is open or it was let go
/// - every open task belongs to the gap that names it, or to a booked visit that is in question
/// - nothing is open for a person who died or moved away
/// A time that passed longer ago than the slack is a timer that did not fire.
std::vector<messages::Leak> leaks_of(const Dossier& dossier, const Config& config, Instant now);

}  // namespace bridgework::followup
