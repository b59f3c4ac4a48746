#include "journey/decide.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "journey/words.hpp"
#include "runtime/zone.hpp"

namespace bridgework::journey {
namespace {

using messages::CaseState;
using messages::Cover;
using messages::DefectKind;
using messages::Provenance;
using messages::Stage;
using messages::VisitState;
using Refusal = messages::JourneyRefusal;

/// Reasons kept in a case; the log has them all.
constexpr std::size_t kReasonsMax = 64;
/// Days looked ahead for one on which the site is open.
constexpr int kOpenDaysSearched = 14;

/// A person's records while one message is decided. `decision` ends it and writes what changed.
class Life {
 public:
  Life(const State& state, const PersonId& id) : state_(state), id_(id) {
    if (const PersonRecord* known = state.find<PersonRecord>(id.text())) {
      person = *known;
      known_ = true;
    }
  }

  PersonRecord person;

  const PersonId& id() const { return id_; }
  bool known() const { return known_; }
  Decision& decision() { return decision_; }
  Decision finish() {
    for (auto& [page, record] : pages_) decision_.put(page_id(id_.text(), page), std::move(record));
    decision_.put(id_.text(), std::move(person));
    return std::move(decision_);
  }

  template <class Event>
  void tell(const Event& event, Stage stage, Instant at, Provenance provenance = Provenance::kObserved) {
    const std::uint32_t page = person.entries / kEntriesPerPage;
    if (pages_.empty() || pages_.back().first != page) {
      const TimelineRecord* stored =
          person.entries % kEntriesPerPage == 0 ? nullptr : state_.find<TimelineRecord>(page_id(id_.text(), page));
      pages_.emplace_back(page, stored == nullptr ? TimelineRecord{} : *stored);
    }
    pages_.back().second.entries.push_back({.sequence = person.entries,
                                            .at = at,
                                            .stage = stage,
                                            .type = std::string(Event::kName),
                                            .words = Phi<std::string>(words_of(event)),
                                            .provenance = provenance});
    ++person.entries;
  }
  /// Emits an event of ours and tells it.
  template <class Event>
  void emit(const Event& event, Stage stage, Instant at) {
    tell(event, stage, at);
    decision_.emit(event);
  }

 private:
  const State& state_;
  PersonId id_;
  bool known_ = false;
  std::vector<std::pair<std::uint32_t, TimelineRecord>> pages_;
  Decision decision_;
};

/// Tells the event and nothing else.
template <class Event>
Decision told(const State& state, const Event& event, Stage stage, Instant at, Provenance provenance = Provenance::kObserved) {
  Life life(state, event.person);
  life.tell(event, stage, at, provenance);
  return life.finish();
}

/// The calendar day at the site, or of UTC while the site is not known.
LocalDay day_at(const State& state, const SiteId& site, Instant now) {
  const SiteRecord* record = state.find<SiteRecord>(site.text());
  const bool zoned = record != nullptr && runtime::zone_exists(record->zone);
  return runtime::local_day(now, zoned ? record->zone : "UTC");
}

/// Until when an unhappy person is called: closing time of the site's next open day.
Instant contact_by(const State& state, const SiteId& site, Instant now) {
  const Instant otherwise = now + state.config().contact_within;
  const SiteRecord* record = state.find<SiteRecord>(site.text());
  if (record == nullptr || !runtime::zone_exists(record->zone)) return otherwise;
  const LocalDay today = runtime::local_day(now, record->zone);
  for (int ahead = 1; ahead <= kOpenDaysSearched; ++ahead) {
    const LocalDay day = today + std::chrono::days(ahead);
    int closes = -1;
    for (const auto& hours : record->hours) {
      if (hours.weekday == runtime::weekday(day)) closes = std::max(closes, static_cast<int>(hours.until_minute));
    }
    if (closes < 0) continue;
    const auto closing = runtime::to_instant(LocalTime(day) + std::chrono::minutes(closes), record->zone);
    return closing ? *closing : otherwise;
  }
  return otherwise;
}

struct Defect {
  SiteId site;
  DefectKind kind = DefectKind::kOther;
  Stage stage = Stage::kLeadGeneration;
  std::int64_t measured = 0;
  std::int64_t limit = 0;
  AppointmentId appointment;
  std::string by;
};

void note_defect(Life& life, const Defect& defect, LocalDay day, Instant now) {
  ++life.person.defects;
  life.emit(messages::DefectDetected{.person = life.id(),
                                     .site = defect.site,
                                     .kind = defect.kind,
                                     .stage = defect.stage,
                                     .measured = defect.measured,
                                     .limit = defect.limit,
                                     .appointment = defect.appointment,
                                     .by = defect.by},
            defect.stage, now);
  life.decision().add_to_index(defects_index(defect.site, day), life.id().text() + ".d-" + std::to_string(life.person.defects));
}

/// Somebody will call: in a new case, or with one more reason in the one that is open.
void want_recovery(const State& state, Life& life, const Defect& defect, Instant now) {
  if (!life.person.open_case.empty()) {
    const CaseId id = life.person.open_case;
    const CaseRecord* open = state.find<CaseRecord>(id.text());
    if (open == nullptr) return;  // not loaded yet: this decision is made again
    CaseRecord changed = *open;
    if (changed.reasons.size() < kReasonsMax) changed.reasons.push_back(defect.kind);
    life.decision().put(id.text(), std::move(changed));
    life.emit(messages::RecoveryReasonAdded{.person = life.id(), .site = defect.site, .recovery_case = id, .kind = defect.kind},
              defect.stage, now);
    return;
  }
  const CaseId id = case_id(life.id().text(), ++life.person.cases);
  const CaseRecord opened{.person = life.id(),
                          .site = defect.site,
                          .state = CaseState::kOpen,
                          .reasons = {defect.kind},
                          .opened_at = now,
                          .contact_by = contact_by(state, defect.site, now),
                          .contacted_at = {},
                          .resolved_at = {},
                          .gesture = {}};
  life.person.open_case = id;
  life.decision().put(id.text(), opened);
  const double score = std::chrono::duration<double>(opened.contact_by.time_since_epoch()).count();
  life.decision().add_to_index(cases_index(opened.site), id.text(), score);
  life.decision().add_to_index(std::string(kAllCasesIndex), id.text(), score);
  life.emit(
      messages::RecoveryCaseOpened{
          .person = life.id(), .site = opened.site, .recovery_case = id, .kind = defect.kind, .contact_by = opened.contact_by},
      defect.stage, now);
}

/// Keeps the visit's line in the huddle of its day.
template <class Event>
void keep_visit(Life& life, const Event& event, VisitState state) {
  const std::string id = visit_id(event.person, event.appointment);
  life.decision().put(
      id, VisitRecord{
              .person = event.person, .appointment = event.appointment, .state = state, .visit = event.visit, .waited_too_long = false});
  life.decision().add_to_index(huddle_index(event.site, day_of(event.visit.local_start)), id,
                               runtime::minute_of_day(event.visit.local_start));
}
template <class Event>
void drop_visit(Life& life, const Event& event) {
  const std::string id = visit_id(event.person, event.appointment);
  life.decision().erase<VisitRecord>(id);
  life.decision().remove_from_index(huddle_index(event.site, day_of(event.visit.local_start)), id);
}
template <class Event>
Decision visit_is(const State& state, const Event& event, VisitState to, Stage stage, Instant now) {
  Life life(state, event.person);
  life.tell(event, stage, now);
  keep_visit(life, event, to);
  return life.finish();
}

void keep_name(Life& life, const messages::PersonProfile& profile) {
  const std::string& given = profile.given_name.reveal();
  const std::string& family = profile.family_name.reveal();
  life.person.name = Phi<std::string>(given + (given.empty() || family.empty() ? "" : " ") + family);
}

void keep_gap(Life& life, const GapId& gap, messages::GapKind kind, Cover cover) {
  auto& gaps = life.person.open_gaps;
  std::erase_if(gaps, [&](const OpenGap& open) { return open.gap == gap; });
  if (cover != Cover::kClosed) gaps.push_back({.gap = gap, .kind = kind});
}

// ---- people and enquiries

Decision on(const State& state, const messages::PersonRegistered& event, Instant now) {
  Life life(state, event.person);
  keep_name(life, event.profile);
  life.tell(event, Stage::kLeadGeneration, now, event.profile.provenance);
  return life.finish();
}
Decision on(const State& state, const messages::PersonChanged& event, Instant now) {
  Life life(state, event.person);
  keep_name(life, event.profile);
  life.tell(event, Stage::kAfterCare, now, event.profile.provenance);
  return life.finish();
}
Decision on(const State& state, const messages::EnquiryReceived& event, Instant now) {
  using enum messages::EnquiryChannel;
  Stage stage = Stage::kPhone;
  switch (event.channel) {
    case kWebForm:
    case kOnlineBooking:
    case kEmail:
    case kChat: stage = Stage::kWebsite; break;
    case kPhoneCall: stage = Stage::kPhone; break;
    case kWalkIn:
    case kReferral: stage = Stage::kLeadGeneration; break;
  }
  return told(state, event, stage, event.received_at == Instant{} ? now : event.received_at);
}
Decision on(const State& state, const messages::EnquiryAcknowledged& event, Instant now) {
  return told(state, event, Stage::kWebsite, now);
}
Decision on(const State& state, const messages::LeadClaimed& event, Instant now) { return told(state, event, Stage::kPhone, now); }
Decision on(const State& state, const messages::CallRecorded& event, Instant now) { return told(state, event, Stage::kPhone, now); }
Decision on(const State& state, const messages::EnquiryAdvanced& event, Instant now) { return told(state, event, Stage::kPhone, now); }

Decision on(const State& state, const messages::EnquiryMatched& event, Instant now) {
  return told(state, event, Stage::kLeadGeneration, now);
}

/// Nobody has called yet, and it is late already: a defect now, and not when at last somebody does.
Decision on(const State& state, const messages::SpeedToLeadBreached& event, Instant now) {
  Life life(state, event.person);
  life.tell(event, Stage::kPhone, now);
  if (event.clock == messages::SpeedClock::kFirstContact) {
    note_defect(life,
                {.site = event.site,
                 .kind = DefectKind::kAnsweredLate,
                 .stage = Stage::kPhone,
                 .measured = std::chrono::ceil<std::chrono::minutes>(now - event.received_at).count(),
                 .limit = std::chrono::ceil<std::chrono::minutes>(std::chrono::seconds(event.limit_seconds)).count(),
                 .appointment = {},
                 .by = {}},
                day_at(state, event.site, now), now);
  }
  return life.finish();
}

/// Late is late, but it is no reason to call once more: we are speaking with the person already.
Decision on(const State& state, const messages::EnquiryContacted& event, Instant now) {
  Life life(state, event.person);
  life.tell(event, Stage::kPhone, now);
  const std::chrono::seconds waited(event.waited_seconds);
  if (!event.breached && waited > state.config().answer_within) {
    note_defect(life,
                {.site = event.site,
                 .kind = DefectKind::kAnsweredLate,
                 .stage = Stage::kPhone,
                 .measured = std::chrono::ceil<std::chrono::minutes>(waited).count(),
                 .limit = state.config().answer_within.count(),
                 .appointment = {},
                 .by = {}},
                day_at(state, event.site, now), now);
  }
  return life.finish();
}

// ---- visits

Decision on(const State& state, const messages::AppointmentHeld& event, Instant now) {
  return told(state, event, Stage::kBeforeVisit, now);
}
Decision on(const State& state, const messages::AppointmentBooked& event, Instant now) {
  return visit_is(state, event, VisitState::kBooked, Stage::kBeforeVisit, now);
}
Decision on(const State& state, const messages::AppointmentConfirmed& event, Instant now) {
  return visit_is(state, event, VisitState::kConfirmed, Stage::kBeforeVisit, now);
}
Decision on(const State& state, const messages::AppointmentMoved& event, Instant now) {
  Life life(state, event.person);
  life.tell(event, Stage::kBeforeVisit, now);
  drop_visit(life, event);
  return life.finish();
}
Decision on(const State& state, const messages::AppointmentCancelled& event, Instant now) {
  Life life(state, event.person);
  life.tell(event, Stage::kBeforeVisit, now);
  drop_visit(life, event);
  return life.finish();
}
Decision on(const State& state, const messages::AppointmentNoShow& event, Instant now) {
  return visit_is(state, event, VisitState::kNoShow, Stage::kArrival, now);
}
Decision on(const State& state, const messages::AppointmentArrived& event, Instant now) {
  return visit_is(state, event, VisitState::kArrived, Stage::kArrival, now);
}
/// Whether it was told already, while the person was still waiting.
template <class Event>
bool is_told(const State& state, const Event& event) {
  const VisitRecord* visit = state.find<VisitRecord>(visit_id(event.person, event.appointment));
  return visit != nullptr && visit->waited_too_long;
}
template <class Event>
void waited_too_long(const State& state, Life& life, const Event& event, Instant now) {
  const Defect defect{.site = event.site,
                      .kind = DefectKind::kWaitedTooLong,
                      .stage = Stage::kArrival,
                      .measured = event.waited_minutes,
                      .limit = event.wait_limit_minutes,
                      .appointment = event.appointment,
                      .by = {}};
  note_defect(life, defect, day_of(event.visit.local_start), now);
  want_recovery(state, life, defect, now);
}

/// At once, while something can still be done about it.
Decision on(const State& state, const messages::VisitWaitedTooLong& event, Instant now) {
  Life life(state, event.person);
  life.tell(event, Stage::kArrival, now);
  const bool told = is_told(state, event);
  life.decision().put(visit_id(event.person, event.appointment), VisitRecord{.person = event.person,
                                                                             .appointment = event.appointment,
                                                                             .state = VisitState::kArrived,
                                                                             .visit = event.visit,
                                                                             .waited_too_long = true});
  if (!told) waited_too_long(state, life, event, now);
  return life.finish();
}
/// Counts as waiting too long only when nobody was told before: the timer that tells may be late, and then the person is seated first.
Decision on(const State& state, const messages::AppointmentSeated& event, Instant now) {
  Life life(state, event.person);
  life.tell(event, Stage::kArrival, now);
  const bool told = is_told(state, event);
  keep_visit(life, event, VisitState::kSeated);
  if (event.waited_minutes > event.wait_limit_minutes && !told) waited_too_long(state, life, event, now);
  return life.finish();
}
Decision on(const State& state, const messages::AppointmentCompleted& event, Instant now) {
  return visit_is(state, event, VisitState::kCompleted, Stage::kTreatment, now);
}
Decision on(const State& state, const messages::AppointmentCheckedOut& event, Instant now) {
  return visit_is(state, event, VisitState::kCheckedOut, Stage::kCheckOut, now);
}
Decision on(const State& state, const messages::VisitImported& event, Instant) {
  return told(state, event, Stage::kTreatment, event.visit.start, Provenance::kImported);
}

// ---- unfinished care

Decision on(const State& state, const messages::TreatmentPlanCreated& event, Instant now) {
  return told(state, event, Stage::kTreatment, now);
}
Decision on(const State& state, const messages::ItemDecided& event, Instant now) { return told(state, event, Stage::kTreatment, now); }
Decision on(const State& state, const messages::GapOpened& event, Instant now) {
  Life life(state, event.person);
  life.tell(event, Stage::kAfterCare, now, event.provenance);
  keep_gap(life, event.gap, event.kind, event.cover);
  return life.finish();
}
Decision on(const State& state, const messages::GapChanged& event, Instant now) {
  Life life(state, event.person);
  life.tell(event, Stage::kAfterCare, now);
  keep_gap(life, event.gap, event.kind, event.to);
  return life.finish();
}
Stage stage_of_follow_up(messages::GapKind kind) {
  const bool recall = kind == messages::GapKind::kHygieneOverdue || kind == messages::GapKind::kRecallDue;
  return recall ? Stage::kRecall : Stage::kAfterCare;
}
Decision on(const State& state, const messages::FollowUpStepDue& event, Instant now) {
  return told(state, event, stage_of_follow_up(event.kind), now);
}
Decision on(const State& state, const messages::TaskOpened& event, Instant now) { return told(state, event, Stage::kAfterCare, now); }
Decision on(const State& state, const messages::TaskClosed& event, Instant now) { return told(state, event, Stage::kAfterCare, now); }

// ---- messages and answers

Stage stage_of_message(messages::MessagePurpose purpose) {
  using enum messages::MessagePurpose;
  switch (purpose) {
    case kTransactional:
    case kReminder: return Stage::kBeforeVisit;
    case kCare:
    case kSurvey: return Stage::kAfterCare;
    case kMarketing: return Stage::kLeadGeneration;
  }
  return Stage::kAfterCare;
}
Decision on(const State& state, const messages::MessageSent& event, Instant now) {
  return told(state, event, stage_of_message(event.purpose), now);
}
Decision on(const State& state, const messages::MessageWithheld& event, Instant now) {
  return told(state, event, stage_of_message(event.purpose), now);
}
Decision on(const State& state, const messages::MessageDeferred& event, Instant now) { return told(state, event, Stage::kAfterCare, now); }
Decision on(const State& state, const messages::SurveyAsked& event, Instant now) { return told(state, event, Stage::kAfterCare, now); }

/// One answer is one reason to call, even when it is both negative and about a broken promise.
Decision on(const State& state, const messages::SurveyAnswered& event, Instant now) {
  constexpr std::int64_t kLowestNotNegative = 7;
  Life life(state, event.person);
  life.tell(event, Stage::kAfterCare, now);
  const bool negative = event.bucket == messages::Bucket::kNegative;
  const bool broken_promise = event.promise_kept == "no";
  if (!negative && !broken_promise) return life.finish();

  const LocalDay day = day_at(state, event.site, now);
  const Defect unhappy{.site = event.site,
                       .kind = DefectKind::kNegativeAnswer,
                       .stage = Stage::kAfterCare,
                       .measured = event.score,
                       .limit = kLowestNotNegative,
                       .appointment = event.appointment,
                       .by = {}};
  const Defect promise{.site = event.site,
                       .kind = DefectKind::kPromiseNotKept,
                       .stage = Stage::kLeadGeneration,
                       .measured = 0,
                       .limit = 0,
                       .appointment = event.appointment,
                       .by = {}};
  if (negative) note_defect(life, unhappy, day, now);
  if (broken_promise) note_defect(life, promise, day, now);
  want_recovery(state, life, negative ? unhappy : promise, now);
  return life.finish();
}

// ---- sites

Decision on(const State&, const messages::SiteDefined& event, Instant) {
  Decision decision;
  decision.put(event.site.text(), SiteRecord{.name = event.name, .zone = event.zone, .hours = event.hours});
  return decision;
}

// ---- commands

Decision on(const State& state, const messages::RecordDefect& command, Instant now) {
  Life life(state, command.person);
  if (!life.known()) return Decision::refuse(Refusal::kUnknownPerson, "no such person");
  const Defect defect{.site = command.site,
                      .kind = command.kind,
                      .stage = command.stage,
                      .measured = 0,
                      .limit = 0,
                      .appointment = command.appointment,
                      .by = command.by};
  note_defect(life, defect, day_at(state, command.site, now), now);
  want_recovery(state, life, defect, now);
  const CaseId id = life.person.open_case;
  Decision decision = life.finish();
  for (const auto& change : decision.records()) {
    if (change.key != runtime::record_key<CaseRecord>(id.text()) || !change.value) continue;
    decision.reply(view_of(id, std::get<CaseRecord>(*change.value)));
    break;
  }
  return decision;
}

Decision change_case(const State& state, const CaseId& id, const CaseRecord& before, CaseRecord after, const std::string& by, Instant now) {
  Life life(state, before.person);
  if (after.state == CaseState::kResolved) {
    life.person.open_case = {};
    life.decision().remove_from_index(cases_index(before.site), id.text());
    life.decision().remove_from_index(std::string(kAllCasesIndex), id.text());
  }
  life.emit(messages::RecoveryCaseChanged{.person = before.person,
                                          .site = before.site,
                                          .recovery_case = id,
                                          .from = before.state,
                                          .to = after.state,
                                          .by = by,
                                          .gesture = after.gesture},
            Stage::kAfterCare, now);
  life.decision().reply(view_of(id, after));
  life.decision().put(id.text(), std::move(after));
  return life.finish();
}

Decision on(const State& state, const messages::ContactCase& command, Instant now) {
  const CaseRecord* found = state.find<CaseRecord>(command.recovery_case.text());
  if (found == nullptr) return Decision::refuse(Refusal::kUnknownCase, "no such case");
  if (found->state != CaseState::kOpen) {
    return Decision::refuse(Refusal::kIllegalTransition, "the case is " + std::string(to_string(found->state)) + " already");
  }
  CaseRecord after = *found;
  after.state = CaseState::kContacted;
  after.contacted_at = now;
  return change_case(state, command.recovery_case, *found, std::move(after), command.by, now);
}

/// Who settles it in the first call has made the first contact by that.
Decision on(const State& state, const messages::ResolveCase& command, Instant now) {
  const CaseRecord* found = state.find<CaseRecord>(command.recovery_case.text());
  if (found == nullptr) return Decision::refuse(Refusal::kUnknownCase, "no such case");
  if (found->state == CaseState::kResolved) return Decision::refuse(Refusal::kIllegalTransition, "the case is resolved already");
  CaseRecord after = *found;
  after.state = CaseState::kResolved;
  if (!after.contacted_at) after.contacted_at = now;
  after.resolved_at = now;
  after.gesture = command.gesture;
  return change_case(state, command.recovery_case, *found, std::move(after), command.by, now);
}

Decision on(const State& state, const messages::TakeNote& command, Instant now) {
  Life life(state, command.person);
  if (!life.known()) return Decision::refuse(Refusal::kUnknownPerson, "no such person");
  const NotesRecord* stored = state.find<NotesRecord>(command.person.text());
  NotesRecord record = stored == nullptr ? NotesRecord{} : *stored;
  record.notes.push_back({.at = now, .text = command.note, .by = command.by});
  if (record.notes.size() > kNotesShown) record.notes.erase(record.notes.begin());
  life.decision().put(command.person.text(), std::move(record));
  life.emit(messages::NoteTaken{.person = command.person, .site = {}, .note = command.note, .by = command.by}, Stage::kBeforeVisit, now);
  life.decision().reply(messages::Done{.id = command.person.text()});
  return life.finish();
}

}  // namespace

Decision decide(const State& state, const Message& message, Instant now) {
  return std::visit([&](const auto& m) { return on(state, m, now); }, message);
}

}  // namespace bridgework::journey
