// Those who live together are reminded together, where one contact point serves them all.

#include <algorithm>
#include <chrono>
#include <utility>

#include "outreach/decide.hpp"

namespace bridgework::outreach {
namespace {

using messages::EntrustedEnd;
using messages::EntrustedOutcome;
using namespace std::chrono_literals;

constexpr std::size_t kAheadMax = 64, kTogetherMax = 16;
/// As many as fit into one segment of SMS.
constexpr std::size_t kTimesMax = 4;
constexpr auto kOneVisit = 30min;

EntrustedEnd end_of(Gone gone) {
  switch (gone) {
    case Gone::kVisitMoved: return EntrustedEnd::kMoved;
    case Gone::kVisitCancelled: return EntrustedEnd::kCancelled;
    case Gone::kVisitMissed: return EntrustedEnd::kMissed;
    case Gone::kVisitTookPlace: return EntrustedEnd::kTookPlace;
    case Gone::kNot:
    case Gone::kGapCovered:
    case Gone::kGapClosed:
    case Gone::kGapOnHold:
    case Gone::kSurveyAnswered:
    case Gone::kLaterStep:
    case Gone::kNeverHeard:
    case Gone::kOfferRevoked:
    case Gone::kOfferAnswered:
    case Gone::kEnquiryOver:
    case Gone::kTakenBack: break;
  }
  return EntrustedEnd::kTakenBack;
}

Gone gone_of(EntrustedEnd end) {
  switch (end) {
    case EntrustedEnd::kMoved: return Gone::kVisitMoved;
    case EntrustedEnd::kCancelled: return Gone::kVisitCancelled;
    case EntrustedEnd::kMissed: return Gone::kVisitMissed;
    case EntrustedEnd::kTookPlace: return Gone::kVisitTookPlace;
    case EntrustedEnd::kTakenBack: break;
  }
  return Gone::kTakenBack;
}

/// The one whose visit it is can still be asked in another way: the objection is about the guarantor, not about the visit.
bool comes_back(MessageReason reason) {
  switch (reason) {
    case MessageReason::kNoConsent:
    case MessageReason::kSuppressed:
    case MessageReason::kNoContact:
    case MessageReason::kPersonGone: return true;
    case MessageReason::kNone:
    case MessageReason::kCapDay:
    case MessageReason::kCapWeek:
    case MessageReason::kDuplicate:
    case MessageReason::kReasonGone:
    case MessageReason::kImported:
    case MessageReason::kTooLate:
    case MessageReason::kChannelFailed:
    case MessageReason::kQuietHours:
    case MessageReason::kProcessDied:
    case MessageReason::kHeld:
    case MessageReason::kHousehold:
    case MessageReason::kTogether:
    case MessageReason::kConfirmed: return false;
  }
  return false;
}

/// The reminder waits for what the guarantor's lane says.
bool is_entrusted(const MessageRecord& message) {
  return message.state == MessageState::kPlanned && message.reason == MessageReason::kHousehold;
}

Decision remind_oneself(MessageRecord message, SubjectRecord about, Instant now) {
  about.told_to = {};
  message.reason = MessageReason::kNone;
  message.changed_at = now;
  const std::string id = message.message.text(), subject = subject_id(message.person, message.subject);
  Decision decision;
  decision.set_timer(id, message.due, SendDue{message.message}).put(subject, std::move(about)).put(id, std::move(message));
  return decision;
}

/// The visit was entrusted and is its person's own again, who is reminded as far as nobody else has been.
Decision come_back(const State& state, PersonRecord& person, SubjectRecord about, Before before, Instant now) {
  const MessageRecord* newest = nullptr;
  for (const PlannedOnce& once : about.planned) {
    const auto* message = state.find<MessageRecord>(once.message.text());
    if (message == nullptr || message->programme != kReminder) continue;
    if (is_entrusted(*message)) return remind_oneself(*message, std::move(about), now);
    newest = message;
  }
  if (newest == nullptr) return {};
  about.told_to = {};
  Decision decision;
  decision.put(subject_id(person.person, newest->subject), std::move(about));
  return decision.append(plan_next_reminder(state, person, *newest, before, now));
}

Decision set_guarantor(const State& state, const PersonId& id, const PersonId& guarantor, Instant now) {
  PersonRecord person = person_of(state, id);
  Decision decision;
  take_back(decision, state, person, now);
  person.guarantor = guarantor == id ? PersonId{} : guarantor;
  decision.put(id.text(), std::move(person));
  return decision;
}

}  // namespace

messages::VisitEntrusted entrusted_event(const MessageRecord& reminder, const SubjectRecord& about, const Reach& reach) {
  messages::VisitEntrusted event;
  event.person = about.told_to;
  event.of = reminder.person;
  event.site = reminder.site;
  event.appointment = AppointmentId(reminder.subject);
  event.contact = Phi<std::string>(reach.contact);
  event.start = about.visit_start.value_or(Instant{});
  event.local_start = about.visit_local.value_or(LocalTime{});
  event.zone = about.visit_zone;
  return event;
}

messages::EntrustedVisitEnded ended_event(const PersonId& person, const SiteId& site, const AppointmentId& appointment,
                                          const SubjectRecord& about, Gone gone) {
  return {.person = about.told_to, .of = person, .site = site, .appointment = appointment, .end = end_of(gone)};
}

messages::EntrustedVisitSettled settled_event(const MessageRecord& reminder) {
  messages::EntrustedVisitSettled event;
  event.person = reminder.of;
  event.guarantor = reminder.person;
  event.site = reminder.site;
  event.appointment = AppointmentId(reminder.subject);
  event.reason = reminder.reason;
  const bool reminded = reminder.state == MessageState::kSent || reminder.reason == MessageReason::kTogether;
  event.outcome = reminded                      ? EntrustedOutcome::kReminded
                  : comes_back(reminder.reason) ? EntrustedOutcome::kReturned
                                                : EntrustedOutcome::kWithheld;
  return event;
}

void take_back(Decision& decision, const State& state, PersonRecord& person, Instant now) {
  const std::vector<VisitToCome> visits = person.visits_to_come;
  for (const VisitToCome& visit : visits) {
    const auto* about = state.find<SubjectRecord>(subject_id(person.person, visit.appointment.text()));
    if (visit.start <= now || about == nullptr || about->told_to.empty()) continue;
    decision.emit(ended_event(person.person, visit.site, visit.appointment, *about, Gone::kTakenBack));
    decision.append(come_back(state, person, *about, Before::kTold, now));
  }
}

void remember_ahead(const State& state, PersonRecord& person, const MessageId& reminder) {
  std::erase_if(person.reminders_ahead, [&](const MessageId& id) {
    const auto* message = state.find<MessageRecord>(id.text());
    return message != nullptr && message->state != MessageState::kPlanned;
  });
  if (person.reminders_ahead.size() == kAheadMax) person.reminders_ahead.erase(person.reminders_ahead.begin());
  person.reminders_ahead.push_back(reminder);
}

std::vector<LocalTime> times_of(std::vector<MessageRecord> reminders) {
  std::erase_if(reminders, [](const MessageRecord& reminder) { return !reminder.visit_local; });
  std::ranges::sort(reminders, {}, &MessageRecord::visit_local);
  std::vector<LocalTime> times;
  std::optional<LocalTime> before;
  for (const MessageRecord& reminder : reminders) {
    if (!before || *reminder.visit_local - *before >= kOneVisit) times.push_back(*reminder.visit_local);
    before = reminder.visit_local;
  }
  return times;
}

std::vector<MessageRecord> taken_along(const State& state, const PersonRecord& person, const Question& question) {
  const MessageRecord& first = question.message;
  if (first.programme != kReminder || !first.visit_local) return {};
  const auto day_of = [](const MessageRecord& reminder) { return std::chrono::floor<std::chrono::days>(*reminder.visit_local); };
  std::vector<MessageRecord> candidates;
  for (const MessageId& id : person.reminders_ahead) {
    if (id == first.message) continue;
    const auto* other = state.find<MessageRecord>(id.text());
    if (other == nullptr || other->state != MessageState::kPlanned || is_entrusted(*other) || other->site != first.site) continue;
    if (!other->visit_local || day_of(*other) != day_of(first) || other->lead_minutes != first.lead_minutes) continue;
    const auto* about = state.find<SubjectRecord>(subject_id(person.person, other->subject));
    const Question asked{*other,         question.person, about,       question.reach, question.suppressed,
                         question.zones, question.config, question.now};
    if (gate(asked) == Verdict{}) candidates.push_back(*other);
  }
  std::ranges::sort(candidates, {}, &MessageRecord::visit_start);
  std::vector<MessageRecord> together{first};
  for (MessageRecord& candidate : candidates) {
    together.push_back(std::move(candidate));
    if (together.size() > kTogetherMax || times_of(together).size() > kTimesMax) together.pop_back();
  }
  together.erase(together.begin());
  return together;
}

Decision on(const State& state, const messages::PersonJoinedHousehold& event, Instant now) {
  return set_guarantor(state, event.person, event.guarantor, now);
}

Decision on(const State& state, const messages::PersonLeftHousehold& event, Instant now) {
  return set_guarantor(state, event.person, {}, now);
}

/// Two adults who share a bill do not share their letters: only where both would be written to in one place, or there is no other.
Decision on(const State& state, const messages::VisitEntrusted& event, Instant now) {
  const PersonRecord guarantor = person_of(state, event.person);
  const Reach reach = reach_of(guarantor);
  SubjectRecord about = subject_of(state, event.person, event.appointment.text(), SubjectKind::kVisit);
  const bool one_place = !reach.contact.empty() && (event.contact.reveal().empty() || event.contact.reveal() == reach.contact);
  if (is_gone(guarantor) || !one_place || !about.planned.empty()) {
    Decision decision;
    return decision.emit(messages::EntrustedVisitSettled{.person = event.of,
                                                         .guarantor = event.person,
                                                         .site = event.site,
                                                         .appointment = event.appointment,
                                                         .outcome = EntrustedOutcome::kReturned,
                                                         .reason = MessageReason::kNoContact});
  }
  about.visit_start = event.start;
  about.visit_local = event.local_start;
  about.visit_zone = event.zone;
  Plan wanted = reminder(state, event.person, event.site, event.appointment, std::move(about), now);
  wanted.of = event.of;
  Decision decision = plan(state, wanted, now);
  remember_phones(decision, state, guarantor);
  return decision;
}

Decision on(const State& state, const messages::EntrustedVisitEnded& event, Instant now) {
  SubjectRecord about = subject_of(state, event.person, event.appointment.text(), SubjectKind::kVisit);
  return end_visit(state, event.person, event.site, event.appointment, std::move(about), gone_of(event.end), now);
}

Decision on(const State& state, const messages::EntrustedVisitSettled& event, Instant now) {
  const auto* about = state.find<SubjectRecord>(subject_id(event.person, event.appointment.text()));
  if (about == nullptr || about->told_to != event.guarantor) return {};
  PersonRecord person = person_of(state, event.person);
  if (event.outcome == EntrustedOutcome::kReturned) return come_back(state, person, *about, Before::kDidNotTell, now);
  for (const PlannedOnce& once : about->planned) {
    const auto* found = state.find<MessageRecord>(once.message.text());
    if (found == nullptr || !is_entrusted(*found)) continue;
    MessageRecord message = *found;
    message.state = MessageState::kWithheld;
    message.reason = event.outcome == EntrustedOutcome::kReminded ? MessageReason::kHousehold : event.reason;
    message.changed_at = now;
    Decision decision;
    decision.emit(withheld_event(message)).put(once.message.text(), std::move(message));
    return decision;
  }
  return {};
}

}  // namespace bridgework::outreach
