#include "lead_intake/decide_care.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

namespace bridgework::lead_intake {
namespace {

constexpr std::size_t kVisitsMax = 50;
/// What whoever answers the phone can take in; all of it is in the timeline. Decades of a practice are imported at once, and each of them
/// would cost memory for as long as the person is known.
constexpr std::ptrdiff_t kImportedVisitsMax = 10;
constexpr std::size_t kOpenCareMax = 100;

CareRecord care_of(const State& state, const PersonId& person) {
  const CareRecord* known = state.find<CareRecord>(person.text());
  return known == nullptr ? CareRecord{} : *known;
}

template <class Event>
Decision visit_became(const State& state, const Event& event, messages::KnownVisitState became) {
  Decision decision;
  note_visit(decision, state, event.person, event.appointment, event.site, event.visit, became);
  return decision;
}

Decision care_is(const State& state, const PersonId& person, messages::OpenCare care, messages::Cover cover) {
  CareRecord record = care_of(state, person);
  auto& open = record.open_care;
  const auto at = std::ranges::find(open, care.gap, &messages::OpenCare::gap);
  if (cover == messages::Cover::kClosed) {
    if (at == open.end()) return {};
    open.erase(at);
  } else if (at != open.end()) {
    if (care.purpose.empty()) care.purpose = at->purpose;
    *at = std::move(care);
  } else if (open.size() < kOpenCareMax) {
    open.push_back(std::move(care));
  }
  Decision decision;
  decision.put(person.text(), std::move(record));
  return decision;
}

/// By its start, so that history which is imported late stands where it belongs.
void add_visit(CareRecord& record, messages::KnownVisit visit) {
  auto& visits = record.visits;
  visits.insert(std::ranges::upper_bound(visits, visit.start, {}, &messages::KnownVisit::start), std::move(visit));
  if (std::ranges::count(visits, true, &messages::KnownVisit::imported) > kImportedVisitsMax)
    visits.erase(std::ranges::find(visits, true, &messages::KnownVisit::imported));
  if (visits.size() > kVisitsMax) visits.erase(visits.begin());
}

messages::KnownVisitState state_of(messages::ImportedOutcome outcome) {
  switch (outcome) {
    case messages::ImportedOutcome::kCompleted: return messages::KnownVisitState::kCompleted;
    case messages::ImportedOutcome::kNoShow: return messages::KnownVisitState::kNoShow;
    case messages::ImportedOutcome::kCancelled: return messages::KnownVisitState::kCancelled;
  }
  return messages::KnownVisitState::kCompleted;
}

}  // namespace

void note_visit(Decision& decision, const State& state, const PersonId& person, const AppointmentId& appointment, const SiteId& site,
                const messages::Visit& visit, messages::KnownVisitState became) {
  CareRecord record = care_of(state, person);
  const auto at = std::ranges::find(record.visits, appointment, &messages::KnownVisit::appointment);
  if (at != record.visits.end()) {
    at->state = became;
  } else {
    add_visit(record, {.appointment = appointment,
                       .site = site,
                       .start = visit.start,
                       .purpose = std::string(to_string(visit.purpose)),
                       .state = became,
                       .imported = false});
  }
  decision.put(person.text(), std::move(record));
}

bool has_unfinished_care(const State& state, const PersonId& person) {
  const CareRecord* care = state.find<CareRecord>(person.text());
  return care != nullptr && !care->open_care.empty();
}

Decision on(const State& state, const messages::AppointmentMoved& event, Instant) {
  return visit_became(state, event, messages::KnownVisitState::kMoved);
}
Decision on(const State& state, const messages::AppointmentCancelled& event, Instant) {
  return visit_became(state, event, messages::KnownVisitState::kCancelled);
}
Decision on(const State& state, const messages::AppointmentNoShow& event, Instant) {
  return visit_became(state, event, messages::KnownVisitState::kNoShow);
}

Decision on(const State& state, const messages::VisitImported& event, Instant) {
  CareRecord record = care_of(state, event.person);
  if (std::ranges::find(record.visits, event.appointment, &messages::KnownVisit::appointment) != record.visits.end()) return {};
  const CareRecord before = record;
  add_visit(record, {.appointment = event.appointment,
                     .site = event.site,
                     .start = event.visit.start,
                     .purpose = std::string(to_string(event.visit.purpose)),
                     .state = state_of(event.outcome),
                     .imported = true});
  Decision decision;
  if (record != before) decision.put(event.person.text(), std::move(record));
  return decision;
}

Decision on(const State& state, const messages::GapOpened& event, Instant) {
  return care_is(state, event.person,
                 {.gap = event.gap,
                  .kind = std::string(to_string(event.kind)),
                  .purpose = std::string(to_string(event.purpose)),
                  .cover = std::string(to_string(event.cover))},
                 event.cover);
}
Decision on(const State& state, const messages::GapChanged& event, Instant) {
  return care_is(state, event.person,
                 {.gap = event.gap, .kind = std::string(to_string(event.kind)), .purpose = {}, .cover = std::string(to_string(event.to))},
                 event.to);
}

}  // namespace bridgework::lead_intake
