#include "lead_intake/decide_care.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace bridgework::lead_intake {
namespace {

constexpr std::size_t kVisitsMax = 50;
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

}  // namespace

void note_visit(Decision& decision, const State& state, const PersonId& person, const AppointmentId& appointment, const SiteId& site,
                const messages::Visit& visit, messages::KnownVisitState became) {
  CareRecord record = care_of(state, person);
  const auto at = std::ranges::find(record.visits, appointment, &messages::KnownVisit::appointment);
  if (at != record.visits.end()) {
    at->state = became;
  } else {
    record.visits.push_back({.appointment = appointment,
                             .site = site,
                             .start = visit.start,
                             .purpose = std::string(to_string(visit.purpose)),
                             .state = became});
    if (record.visits.size() > kVisitsMax) record.visits.erase(record.visits.begin());
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
