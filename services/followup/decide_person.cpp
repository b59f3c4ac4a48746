// Who the person is, and what happened to the visits: booked, moved, kept, missed, imported, or never heard of again.

#include <algorithm>
#include <chrono>
#include <optional>
#include <vector>

#include "followup/casework.hpp"
#include "followup/decide.hpp"
#include "runtime/zone.hpp"

namespace bridgework::followup {
namespace {

using messages::CloseReason;
using messages::Cover;
using messages::GapKind;
using messages::ItemState;
using messages::Provenance;

LocalDay day_of(const messages::Visit& visit) { return std::chrono::floor<std::chrono::days>(visit.local_start); }

bool says_gone(messages::PersonStatus status) {
  return status == messages::PersonStatus::kDeceased || status == messages::PersonStatus::kMoved;
}

// ---- persons

/// Missed visits that were closed only because the person was gone. Each is taken up again once: the closed gap forgets its day.
std::vector<Casework::NewGap> missed_visits_to_take_up_again(PersonCareRecord& care) {
  std::vector<Casework::NewGap> again;
  for (auto& gap : care.gaps) {
    const bool closed_as_gone = gap.close_reason == CloseReason::kDeceased || gap.close_reason == CloseReason::kMovedAway;
    if (is_open(gap) || gap.kind != GapKind::kNotKept || !closed_as_gone || !gap.missed_day) continue;
    again.push_back({.kind = gap.kind,
                     .purpose = gap.purpose,
                     .site = gap.site,
                     .provenance = gap.provenance,
                     .needs_release = gap.needs_release,
                     .missed_day = gap.missed_day});
    gap.missed_day.reset();
  }
  return again;
}

/// The profile said that the person was gone, and now says otherwise: a mistake, or a return. What was owed is owed again.
void take_up_again(Casework& work) {
  work.care().reported_deceased = false;
  for (const auto& id : std::vector<PlanId>(work.care().plans)) {
    PlanRecord* plan = work.find_plan(id);
    if (plan == nullptr) continue;
    for (auto& item : plan->items) {
      if (item.let_go == CloseReason::kDeceased || item.let_go == CloseReason::kMovedAway) item.let_go = CloseReason::kNone;
      work.fit_gap(*plan, item);
    }
  }
  for (auto& gap : missed_visits_to_take_up_again(work.care())) {
    const auto completed = gap.provenance == Provenance::kImported ? work.care().last_completed_day : work.last_completed(gap.purpose);
    if (!completed || *completed < *gap.missed_day) work.open(std::move(gap));
  }
}

template <class Event>
Decision take_profile(const State& state, const Event& event, Instant now) {
  Casework work(state, event.person.text(), now);
  PersonCareRecord& care = work.care();
  const bool was_gone = says_gone(care.status);
  care.home_site = event.profile.home_site.empty() ? event.site : event.profile.home_site;
  care.address_zone = runtime::zone_exists(event.profile.zone) ? event.profile.zone : std::string();
  care.status = event.profile.status;
  care.preferred_channel = event.profile.preferred_channel;
  if (says_gone(care.status)) {
    for (const auto& gap : work.open_gaps()) work.close(gap, work.why_gone());
    work.settle_all_questions();
  } else if (was_gone) {
    take_up_again(work);
  }
  return work.finish();
}

// ---- visits

/// A completed visit answers for every visit missed until that day: of the same purpose, or of any if the miss is imported history,
/// whose purposes are often guesses.
void close_missed_until(Casework& work, messages::Purpose purpose, LocalDay completed) {
  for (const auto& id : work.open_gaps()) {
    const Gap& gap = *work.find_gap(id);
    if (gap.kind != GapKind::kNotKept || !gap.missed_day || completed < *gap.missed_day) continue;
    if (gap.purpose == purpose || gap.provenance == Provenance::kImported) work.close(id, CloseReason::kKeptLater);
  }
}

/// Imported history waits for the group's word even when one of its visits was rebooked and missed again.
bool waits_as_import(const Gap& gap) { return gap.needs_release && gap.provenance == Provenance::kImported; }

/// A booked visit will not take place, or did not, and is out of the book: every gap that it covered is taken up again. True when there
/// is a gap, or another visit of the same purpose, in which it is accounted for.
bool take_up_missed(Casework& work, const messages::Visit& visit, const AppointmentId& appointment, LocalDay missed) {
  bool accounted_for = covering_visit(work.care(), visit.purpose) != nullptr;
  for (const auto& id : work.open_gaps()) {
    Gap& gap = *work.find_gap(id);
    const bool is_about_it = gap.last_appointment == appointment && gap.purpose == visit.purpose;
    const bool is_same_miss = gap.kind == GapKind::kNotKept && gap.purpose == visit.purpose;
    if (waits_as_import(gap) || (!is_about_it && !is_same_miss)) continue;
    accounted_for = true;
    if (gap.kind == GapKind::kNotKept) gap.missed_day = std::max(gap.missed_day.value_or(missed), missed);
    const bool waited_for_an_outcome = gap.needs_release;
    gap.needs_release = false;
    if (waited_for_an_outcome && gap.cover == Cover::kActive) work.activate(id);
  }
  work.settle();
  return accounted_for;
}

void open_missed(Casework& work, messages::Purpose purpose, const AppointmentId& appointment, const SiteId& site, LocalDay missed) {
  work.open({.kind = GapKind::kNotKept, .purpose = purpose, .site = site, .missed_day = missed, .last_appointment = appointment});
}

bool dependencies_completed(const PlanRecord& plan, const PlannedItem& item) {
  return std::all_of(item.item.depends_on.begin(), item.item.depends_on.end(), [&](const ItemId& needed) {
    const PlannedItem* found = find_item(plan, needed);
    return found == nullptr || found->state == ItemState::kCompleted;
  });
}

bool is_under_way(const PlannedItem& item) { return item.state == ItemState::kAccepted || item.state == ItemState::kStarted; }

void count_visit(Casework& work, PlanRecord& plan, PlannedItem& item, const AppointmentId& appointment) {
  if (item.counted_visit == appointment) return;
  item.counted_visit = appointment;
  ++item.visits_done;
  const bool was_the_last = item.visits_done >= std::max<unsigned>(1, item.item.visits_planned);
  if (was_the_last && dependencies_completed(plan, item)) {
    work.move_item(plan, item, ItemState::kCompleted, messages::DecisionReason::kNone, appointment);
  } else if (item.state == ItemState::kAccepted) {
    work.move_item(plan, item, ItemState::kStarted, messages::DecisionReason::kNone, appointment);
  }
}

/// Counts a completed visit for the items it was for: those that staff started in it; else for one item that it covered, the one
/// furthest along. One, because two crowns are not both done when one visit for crowns took place: what is counted too little is asked
/// about again, what is counted too much is forgotten.
void count_for_items(Casework& work, const AppointmentId& appointment, messages::Purpose purpose) {
  struct Candidate {
    PlanRecord* plan;
    PlannedItem* item;
  };
  std::optional<Candidate> best;
  bool is_attributed = false;
  const auto goes_before = [](const Candidate& a, const Candidate& b) {
    const bool a_ready = dependencies_completed(*a.plan, *a.item);
    const bool b_ready = dependencies_completed(*b.plan, *b.item);
    if (a_ready != b_ready) return a_ready;
    if (a.item->state != b.item->state) return a.item->state == ItemState::kStarted;
    return a.item->item.phase < b.item->item.phase;
  };
  for (const auto& id : std::vector<PlanId>(work.care().plans)) {
    PlanRecord* plan = work.find_plan(id);
    if (plan == nullptr) continue;
    for (auto& item : plan->items) {
      if (item.appointment == appointment || item.counted_visit == appointment) {
        is_attributed = true;
        if (is_under_way(item)) count_visit(work, *plan, item, appointment);
        continue;
      }
      const Gap* gap = work.gap_of_item(plan->plan, item.item.item);
      if (gap == nullptr || gap->last_appointment != appointment || gap->purpose != purpose || !is_under_way(item)) continue;
      const Candidate candidate{plan, &item};
      if (!best || goes_before(candidate, *best)) best = candidate;
    }
  }
  if (!is_attributed && best) count_visit(work, *best->plan, *best->item, appointment);
}

FutureVisit future_visit(const AppointmentId& appointment, const SiteId& site, const messages::Visit& visit, Instant now,
                         const Config& config) {
  FutureVisit future;
  future.appointment = appointment;
  future.purpose = visit.purpose;
  future.site = site;
  future.start = visit.start;
  future.outcome_due = std::max(visit.start, now) + std::chrono::minutes(visit.duration_minutes) + config.outcome_grace;
  future.day = day_of(visit);
  return future;
}

void know_zone(Casework& work, const messages::Visit& visit) {
  if (runtime::zone_exists(visit.zone)) work.care().site_zone = visit.zone;
}

}  // namespace

Decision on(const State& state, const messages::PersonRegistered& event, Instant now) { return take_profile(state, event, now); }
Decision on(const State& state, const messages::PersonChanged& event, Instant now) { return take_profile(state, event, now); }

/// Somebody with unfinished care has asked for something, or somebody who shares their phone: a better moment to call than any step of a
/// sequence. One task is enough; care that a visit covers, or that was put on hold, stays as it is.
Decision on(const State& state, const messages::EnquiryMatched& event, Instant now) {
  Casework work(state, event.person.text(), now);
  if (is_gone(work.care())) return {};
  const auto open = work.open_gaps();
  const auto has_task = [&](const GapId& id) { return !work.find_gap(id)->task.empty(); };
  const auto waits_for_a_step = [&](const GapId& id) {
    const Gap& gap = *work.find_gap(id);
    return gap.cover == Cover::kActive && gap.task.empty();
  };
  if (std::any_of(open.begin(), open.end(), has_task)) return {};
  const auto found = std::find_if(open.begin(), open.end(), waits_for_a_step);
  if (found == open.end()) return {};
  work.skip_to_task(*found, messages::TaskKind::kPhoneCall, "Has asked again, or somebody with the same phone or address");
  return work.finish();
}

Decision on(const State& state, const messages::AppointmentBooked& event, Instant now) {
  Casework work(state, event.person.text(), now);
  know_zone(work, event.visit);
  if (!event.moved_from.empty()) work.remove_visit(event.moved_from);
  work.settle_plan(event.appointment, CloseReason::kDone);
  work.add_visit(future_visit(event.appointment, event.site, event.visit, now, work.config()));
  work.settle();
  return work.finish();
}

Decision on(const State& state, const messages::AppointmentMoved& event, Instant now) {
  Casework work(state, event.person.text(), now);
  if (!work.remove_visit(event.appointment)) return {};
  // `to` is booked in the same commit and told next; until then it stands here at the old time, so that what it covers is not taken
  // up for the length of one event
  work.add_visit(future_visit(event.to, event.site, event.visit, now, work.config()));
  work.settle();
  return work.finish();
}

Decision on(const State& state, const messages::AppointmentCancelled& event, Instant now) {
  Casework work(state, event.person.text(), now);
  know_zone(work, event.visit);
  work.remove_visit(event.appointment);
  if (is_gone(work.care())) return work.finish();
  // missed from now on, not from the day it would have been: who comes before that day has come instead
  const LocalDay missed = std::min(day_of(event.visit), work.today());
  if (!take_up_missed(work, event.visit, event.appointment, missed)) {
    open_missed(work, event.visit.purpose, event.appointment, event.site, missed);
  }
  return work.finish();
}

Decision on(const State& state, const messages::AppointmentNoShow& event, Instant now) {
  Casework work(state, event.person.text(), now);
  know_zone(work, event.visit);
  work.remove_visit(event.appointment);
  if (is_gone(work.care())) return work.finish();
  const LocalDay missed = day_of(event.visit);
  const auto completed = work.last_completed(event.visit.purpose);
  const bool came_later = completed && *completed >= missed;
  if (!take_up_missed(work, event.visit, event.appointment, missed) && !came_later) {
    open_missed(work, event.visit.purpose, event.appointment, event.site, missed);
  }
  return work.finish();
}

Decision on(const State& state, const messages::AppointmentCompleted& event, Instant now) {
  Casework work(state, event.person.text(), now);
  know_zone(work, event.visit);
  work.remove_visit(event.appointment);
  work.note_completed_day(event.visit.purpose, day_of(event.visit));
  close_missed_until(work, event.visit.purpose, day_of(event.visit));
  count_for_items(work, event.appointment, event.visit.purpose);
  for (const auto& id : work.open_gaps()) {
    Gap& gap = *work.find_gap(id);
    // the outcome it waited for is here, and the care is still unfinished
    if (gap.last_appointment != event.appointment || !gap.needs_release || waits_as_import(gap)) continue;
    gap.needs_release = false;
    if (gap.cover == Cover::kActive) work.activate(id);
  }
  work.settle();
  return work.finish();
}

Decision on(const State& state, const messages::VisitImported& event, Instant now) {
  if (event.outcome == messages::ImportedOutcome::kCancelled) return {};
  Casework work(state, event.person.text(), now);
  PersonCareRecord& care = work.care();
  if (care.site_zone.empty()) know_zone(work, event.visit);
  const LocalDay day = day_of(event.visit);
  if (event.outcome == messages::ImportedOutcome::kCompleted) {
    work.note_completed_day(event.visit.purpose, day);
    close_missed_until(work, event.visit.purpose, day);
    return work.finish();
  }
  const bool came_later = care.last_completed_day && *care.last_completed_day >= day;
  const bool knows_a_later_miss = care.imported_missed_day && *care.imported_missed_day >= day;
  if (is_gone(care) || came_later || knows_a_later_miss) return work.finish();
  care.imported_missed_day = day;
  for (auto& gap : care.gaps) {
    if (!is_open(gap) || gap.kind != GapKind::kNotKept || gap.provenance != Provenance::kImported) continue;
    gap.missed_day = day;
    return work.finish();
  }
  work.open({.kind = GapKind::kNotKept,
             .purpose = event.visit.purpose,
             .site = event.site,
             .provenance = Provenance::kImported,
             .needs_release = true,
             .missed_day = day});
  return work.finish();
}

Decision on(const State& state, const messages::AppointmentPlanned& event, Instant now) {
  Casework work(state, event.person.text(), now);
  work.plan_visit({.appointment = event.appointment, .purpose = event.purpose, .site = event.site, .let_go = CloseReason::kNone});
  return work.finish();
}

Decision on(const State& state, const messages::AppointmentPlanDropped& event, Instant now) {
  Casework work(state, event.person.text(), now);
  const bool patient = event.by == messages::CancelledBy::kPatient;
  if (!work.settle_plan(event.appointment, patient ? CloseReason::kDeclined : CloseReason::kStaff)) return {};
  return work.finish();
}

Decision on(const State& state, const VisitOutcomeTimer& timer, Instant now) {
  Casework work(state, timer.person.text(), now);
  const auto& visits = work.care().future_visits;
  const auto found = std::find_if(visits.begin(), visits.end(), [&](const FutureVisit& v) { return v.appointment == timer.appointment; });
  if (found == visits.end() || found->outcome_due > now) return {};
  const FutureVisit visit = *found;
  work.remove_visit(timer.appointment);
  if (is_gone(work.care())) return work.finish();

  // nobody knows whether it took place, so nobody writes to the person about it: somebody looks first
  bool accounted_for = covering_visit(work.care(), visit.purpose) != nullptr;
  for (const auto& id : work.open_gaps()) {
    Gap& gap = *work.find_gap(id);
    if (gap.cover != Cover::kCovered || gap.appointment != timer.appointment || accounted_for) continue;
    gap.needs_release = true;
  }
  for (const auto& id : work.open_gaps()) accounted_for = accounted_for || work.find_gap(id)->appointment == timer.appointment;
  work.settle();
  const auto completed = work.last_completed(visit.purpose);
  if (!accounted_for && !(completed && *completed >= visit.day)) {
    work.open({.kind = GapKind::kNotKept,
               .purpose = visit.purpose,
               .site = visit.site,
               .provenance = Provenance::kInferred,
               .needs_release = true,
               .missed_day = visit.day,
               .last_appointment = timer.appointment});
  }
  return work.finish();
}

}  // namespace bridgework::followup
