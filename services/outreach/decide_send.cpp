// The moment a message is due, and what became of it outside.

#include <algorithm>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "outreach/decide.hpp"
#include "outreach/gate.hpp"
#include "outreach/links.hpp"
#include "outreach/templates.hpp"
#include "runtime/zone.hpp"

namespace bridgework::outreach {
namespace {

/// Longer than the longest cap looks back.
constexpr auto kSendsKept = std::chrono::days{8};

std::string_view language_of(const PersonRecord& person, const Config& config) {
  return person.language.empty() ? std::string_view(config.default_language) : std::string_view(person.language);
}

/// As it is read: "10:00, 14:30".
std::string times_words(const std::vector<LocalTime>& times) {
  std::string words;
  for (const LocalTime time : times) words += (words.empty() ? "" : ", ") + time_words(time);
  return words;
}

/// The first of `messages` is the one that leaves; the others leave with it.
SendMessage written(std::span<const MessageRecord> messages, const PersonRecord& person, const SubjectRecord& about, const SiteRecord* site,
                    const Question& question) {
  const MessageRecord& message = messages.front();
  const Config& config = question.config;
  const std::string_view language = language_of(person, config);
  const bool of_others = std::ranges::any_of(messages, [](const MessageRecord& each) { return !each.of.empty(); });
  const Template& text = find_template(of_others ? kHouseholdReminder : std::string_view(message.template_name), message.programme,
                                       language, config.default_language, question.reach.channel);
  const bool carries_unsubscribe = question.reach.channel == Channel::kEmail && message.purpose != MessagePurpose::kTransactional;

  Words words;
  words.first_name = person.given_name.reveal();
  if (site != nullptr) words.practice = site->name;
  if (site != nullptr) words.phone = site->phone;
  if (message.visit_local) words.date = date_words(*message.visit_local, text.language);
  if (message.visit_local) words.time = times_words(times_of({messages.begin(), messages.end()}));
  if (about.kind == SubjectKind::kOffer) {
    words.link = offer_link(message.subject, about.token.reveal(), config);
  } else if (message.programme == kReminder || message.programme == kBookedOnline) {
    // One segment of SMS has no room for a link beside what a reminder says: there, YES confirms.
    words.link = visit_link(message.message, visit_token(message.message, config), config);
  } else if (message.programme == kBookingLink || message.programme == kFollowUp) {
    words.link = booking_link(message.message, booking_token(message.message, config), config);
  } else {
    words.link = survey_link(message.subject, about.token.reveal(), config);
  }
  if (carries_unsubscribe) words.unsubscribe = unsubscribe_link(message.message, unsubscribe_token(message.message, config), config);

  Rendered rendered = render(text, words);
  const Instant closes = closes_at(question.now, question.zones, quiet_rule(message.purpose, config));

  SendMessage effect;
  effect.message = message.message;
  effect.channel = question.reach.channel;
  effect.purpose = message.purpose;
  effect.to = Phi<std::string>(question.reach.contact);
  effect.from_name = words.practice;
  effect.subject_line = Phi<std::string>(std::move(rendered.subject_line));
  effect.body = Phi<std::string>(std::move(rendered.body));
  effect.unsubscribe_link = Phi<std::string>(words.unsubscribe);
  effect.date = question.now;
  effect.not_after = closes;
  for (const MessageRecord& each : messages)
    if (each.useful_until) effect.not_after = std::min(effect.not_after, *each.useful_until);
  return effect;
}

/// The first of `messages` leaves and takes the others along.
Decision claim(std::vector<MessageRecord> messages, PersonRecord person, const SubjectRecord& about, const SiteRecord* site,
               const Question& question) {
  Decision decision;
  MessageRecord& message = messages.front();
  for (MessageRecord& each : messages) {
    each.state = MessageState::kClaimed;
    each.channel = question.reach.channel;
    each.contact = Phi<std::string>(question.reach.contact);
    each.changed_at = question.now;
    std::erase(person.reminders_ahead, each.message);
    if (each.message == message.message) continue;
    each.reason = MessageReason::kTogether;
    message.together.push_back(each.message);
    decision.cancel_timer(each.message.text()).put(each.message.text(), each);
  }
  SendMessage effect = written(messages, person, about, site, question);
  ++message.claims;
  std::erase_if(person.sends, [&](const SendMark& mark) { return mark.at < question.now - kSendsKept; });
  person.sends.push_back({message.message, question.now});

  const std::string id = message.message.text();
  // A claim that was given back (the window had closed) makes room for another; each has an effect of its own.
  const std::string effect_id = message.claims == 1 ? id : id + ".c-" + std::to_string(message.claims);
  decision.perform(effect_id, std::move(effect)).put(message.person.text(), std::move(person)).put(id, std::move(message));
  return decision;
}

/// Told once for one reason: a hold that lasts is asked about again and again.
Decision put_off(MessageRecord message, MessageReason reason, Instant until, Instant now) {
  const bool told = reason == MessageReason::kHeld && message.reason == reason;
  message.state = MessageState::kPlanned;
  message.reason = reason;
  message.due = until;
  message.changed_at = now;
  Decision decision;
  if (!told) {
    messages::MessageDeferred event;
    event.person = message.person;
    event.site = message.site;
    event.message = message.message;
    event.reason = reason;
    event.due = until;
    decision.emit(std::move(event));
  }
  const std::string id = message.message.text();
  decision.set_timer(id, until, SendDue{message.message}).put(id, std::move(message));
  return decision;
}

Decision end(MessageRecord message, MessageState state, MessageReason reason, Gone gone, Instant now) {
  message.state = state;
  message.reason = reason;
  message.gone = gone;
  message.changed_at = now;
  const std::string id = message.message.text();
  Decision decision;
  decision.emit(withheld_event(message));
  if (!message.of.empty()) decision.emit(settled_event(message));
  decision.put(id, std::move(message));
  return decision;
}

/// Takes the mark of a claim back, when it is certain that nothing has left.
PersonRecord without_mark(PersonRecord person, const MessageId& message) {
  std::erase_if(person.sends, [&](const SendMark& mark) { return mark.message == message; });
  return person;
}

Decision sent(MessageRecord message, Instant now) {
  message.state = MessageState::kSent;
  message.reason = MessageReason::kNone;
  message.changed_at = now;

  messages::MessageSent event;
  event.person = message.person;
  event.site = message.site;
  event.message = message.message;
  event.programme = message.programme;
  event.step = message.step;
  event.subject = message.subject;
  event.purpose = message.purpose;
  event.channel = message.channel;

  const std::string id = message.message.text();
  Decision decision;
  decision.emit(std::move(event));
  if (!message.of.empty()) decision.emit(settled_event(message));
  decision.put(id, std::move(message));
  return decision;
}

/// The claim is given back: nothing has left, and the gate is asked again at once.
Decision back_to_planned(MessageRecord message, MessageReason reason, Instant now) {
  message.state = MessageState::kPlanned;
  message.reason = reason;
  message.due = now;
  message.changed_at = now;
  const std::string id = message.message.text();
  Decision decision;
  decision.set_timer(id, now, SendDue{message.message}).put(id, std::move(message));
  return decision;
}

/// The claim of a message, or of one that was taken along, ends as the sender reports.
Decision recorded(const State& state, MessageRecord message, const messages::RecordSend& report, Instant now) {
  switch (report.state) {
    case MessageState::kSent: return sent(std::move(message), now);
    // It may have left, and is never tried again.
    case MessageState::kUncertain: return end(std::move(message), MessageState::kUncertain, MessageReason::kProcessDied, Gone::kNot, now);
    case MessageState::kWithheld: return end(std::move(message), MessageState::kWithheld, report.reason, Gone::kNot, now);
    case MessageState::kFailed: return end(std::move(message), MessageState::kFailed, MessageReason::kChannelFailed, Gone::kNot, now);
    case MessageState::kPlanned:
      message.together.clear();
      return report.reason == MessageReason::kHeld ? put_off(std::move(message), report.reason, now + state.config().hold_retry, now)
                                                   : back_to_planned(std::move(message), report.reason, now);
    case MessageState::kClaimed:
    case MessageState::kRevoked: break;
  }
  return {};
}

/// What was taken along is told, but is no message of its own.
Decision taken_along_by(const State& state, const MessageRecord& along, const messages::RecordSend& report, Instant now) {
  if (report.state == MessageState::kSent) return end(along, MessageState::kWithheld, MessageReason::kTogether, Gone::kNot, now);
  return recorded(state, along, report, now);
}

/// What follows a reminder that has left, or never will. One that is given back to whose visit it is is followed there.
Decision after(const State& state, PersonRecord& person, const MessageRecord& ended, Instant now) {
  if (!ended.of.empty() && settled_event(ended).outcome == messages::EntrustedOutcome::kReturned) return {};
  const bool told =
      ended.state == MessageState::kSent || ended.state == MessageState::kUncertain || ended.reason == MessageReason::kTogether;
  return plan_next_reminder(state, person, ended, told ? Before::kTold : Before::kDidNotTell, now);
}

void remember_again(PersonRecord& person, const MessageRecord& message) {
  person.reminders_ahead.insert(person.reminders_ahead.end(), message.together.begin(), message.together.end());
  if (message.programme == kReminder) person.reminders_ahead.push_back(message.message);
}

}  // namespace

Decision on(const State& state, const SendDue& due, Instant now) {
  const auto* message = state.find<MessageRecord>(due.message.text());
  if (message == nullptr || message->state != MessageState::kPlanned) return {};
  const auto* known = state.find<PersonRecord>(message->person.text());
  const PersonRecord person = person_of(state, message->person);
  const auto* about = state.find<SubjectRecord>(subject_id(message->person, message->subject));
  const auto* home_site = person.home_site.empty() ? nullptr : state.find<SiteRecord>(person.home_site.text());
  const auto* site = message->site.empty() ? nullptr : state.find<SiteRecord>(message->site.text());
  const Reach reach = reach_of(person, *message);
  const bool suppressed = !reach.contact.empty() && state.find<SuppressionRecord>(reach.contact) != nullptr;

  const Question question{*message,       known, about, reach, suppressed, zones_of(person, home_site, site, state.config()),
                          state.config(), now};
  const Verdict verdict = gate(question);
  switch (verdict.outcome) {
    case Verdict::Outcome::kSend: {
      std::vector<MessageRecord> together = taken_along(state, person, question);
      together.insert(together.begin(), *message);
      Decision claimed = claim(together, person, *about, site != nullptr ? site : home_site, question);
      tell_question(claimed, state, together, reach);
      return claimed;
    }
    case Verdict::Outcome::kDefer: return put_off(*message, verdict.reason, verdict.until, now);
    case Verdict::Outcome::kWithhold: {
      MessageRecord ended = *message;
      ended.state = MessageState::kWithheld;
      ended.reason = verdict.reason;
      PersonRecord next_to = person;
      return end(*message, ended.state, ended.reason, verdict.gone, now).append(after(state, next_to, ended, now));
    }
  }
  return {};
}

Decision on(const State& state, const messages::RecordSend& command, Instant now) {
  const auto* message = state.find<MessageRecord>(command.message.text());
  if (message == nullptr) return Decision::refuse(messages::OutreachRefusal::kUnknownMessage, "no such message");
  if (message->state != MessageState::kClaimed) {
    return Decision::refuse(messages::OutreachRefusal::kNotClaimed, "the message is " + std::string(to_string(message->state)));
  }
  if (command.state == MessageState::kClaimed || command.state == MessageState::kRevoked) {
    return Decision::refuse(messages::OutreachRefusal::kNotClaimed,
                            "a claimed message cannot become " + std::string(to_string(command.state)));
  }
  // It may have left, or has: the mark stays.
  const bool left = command.state == MessageState::kSent || command.state == MessageState::kUncertain;
  PersonRecord person = person_of(state, message->person);
  if (!left) person = without_mark(std::move(person), message->message);
  if (command.state == MessageState::kPlanned) remember_again(person, *message);
  Decision decision = recorded(state, *message, command, now);
  if (!left) decision.put(message->person.text(), person);
  std::vector<MessageRecord> ended{*message};
  for (const MessageId& id : message->together) {
    const auto* along = state.find<MessageRecord>(id.text());
    if (along == nullptr) continue;
    decision.append(taken_along_by(state, *along, command, now));
    ended.push_back(*along);
  }
  if (command.state == MessageState::kPlanned) return decision.reply(messages::Done{command.message.text()});
  for (MessageRecord& each : ended) {
    each.state = command.state;
    each.reason = command.reason;
    decision.append(after(state, person, each, now));
  }
  return decision.reply(messages::Done{command.message.text()});
}

}  // namespace bridgework::outreach
