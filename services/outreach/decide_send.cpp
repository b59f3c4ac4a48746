// The moment a message is due, and what became of it outside.

#include <algorithm>

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

SendMessage written(const MessageRecord& message, const PersonRecord& person, const SubjectRecord& about, const SiteRecord* site,
                    const Question& question) {
  const Config& config = question.config;
  const std::string_view language = language_of(person, config);
  const Template& text = find_template(message.template_name, message.programme, language, config.default_language, question.reach.channel);
  const bool carries_unsubscribe = question.reach.channel == Channel::kEmail && message.purpose != MessagePurpose::kTransactional;

  Words words;
  words.first_name = person.given_name.reveal();
  if (site != nullptr) words.practice = site->name;
  if (site != nullptr) words.phone = site->phone;
  if (message.visit_local) words.date = date_words(*message.visit_local, text.language);
  if (message.visit_local) words.time = time_words(*message.visit_local);
  if (about.kind == SubjectKind::kOffer) {
    words.link = offer_link(message.subject, about.token.reveal(), config);
  } else if (message.programme == kReminder) {
    // One segment of SMS has no room for a link: there, YES confirms.
    words.link = visit_link(message.message, visit_token(message.message, config), config);
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
  effect.not_after = message.useful_until ? std::min(closes, *message.useful_until) : closes;
  return effect;
}

Decision claim(MessageRecord message, PersonRecord person, const SubjectRecord& about, const SiteRecord* site, const Question& question) {
  SendMessage effect = written(message, person, about, site, question);
  message.state = MessageState::kClaimed;
  message.channel = question.reach.channel;
  message.contact = Phi<std::string>(question.reach.contact);
  message.changed_at = question.now;
  ++message.claims;
  std::erase_if(person.sends, [&](const SendMark& mark) { return mark.at < question.now - kSendsKept; });
  person.sends.push_back({message.message, question.now});

  const std::string id = message.message.text();
  // A claim that was given back (the window had closed) makes room for another; each has an effect of its own.
  const std::string effect_id = message.claims == 1 ? id : id + ".c-" + std::to_string(message.claims);
  Decision decision;
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
  decision.emit(withheld_event(message)).put(id, std::move(message));
  return decision;
}

/// Takes the mark of a claim back, when it is certain that nothing has left.
PersonRecord without_mark(PersonRecord person, const MessageId& message) {
  std::erase_if(person.sends, [&](const SendMark& mark) { return mark.message == message; });
  return person;
}

/// A yes is about the newest question, so reminders and offers whose visit is still to come are kept where the answer will look.
Decision sent(MessageRecord message, const SubjectRecord* about, Instant now) {
  const bool still_to_come = asks(message) && about != nullptr && about->gone == Gone::kNot;
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
  if (still_to_come && message.visit_start) {
    decision.add_to_index(reminded_index(message.contact.reveal()), id,
                          static_cast<double>(message.visit_start->time_since_epoch().count()));
  }
  decision.emit(std::move(event)).put(id, std::move(message));
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

}  // namespace

Decision on(const State& state, const SendDue& due, Instant now) {
  const auto* message = state.find<MessageRecord>(due.message.text());
  if (message == nullptr || message->state != MessageState::kPlanned) return {};
  const auto* known = state.find<PersonRecord>(message->person.text());
  const PersonRecord person = person_of(state, message->person);
  const auto* about = state.find<SubjectRecord>(subject_id(message->person, message->subject));
  const auto* home_site = person.home_site.empty() ? nullptr : state.find<SiteRecord>(person.home_site.text());
  const auto* site = message->site.empty() ? nullptr : state.find<SiteRecord>(message->site.text());
  const Reach reach = reach_of(person, message->programme);
  const bool suppressed = !reach.contact.empty() && state.find<SuppressionRecord>(reach.contact) != nullptr;

  const Question question{*message,       known, about, reach, suppressed, zones_of(person, home_site, site, state.config()),
                          state.config(), now};
  const Verdict verdict = gate(question);
  switch (verdict.outcome) {
    case Verdict::Outcome::kSend: {
      Decision claimed = claim(*message, person, *about, site != nullptr ? site : home_site, question);
      remember_offer(claimed, *message, *about, reach, now);
      remember_question(claimed, state, *message, reach, now);
      return claimed;
    }
    case Verdict::Outcome::kDefer: return put_off(*message, verdict.reason, verdict.until, now);
    case Verdict::Outcome::kWithhold: return end(*message, MessageState::kWithheld, verdict.reason, verdict.gone, now);
  }
  return {};
}

Decision on(const State& state, const messages::RecordSend& command, Instant now) {
  const auto* message = state.find<MessageRecord>(command.message.text());
  if (message == nullptr) return Decision::refuse(messages::OutreachRefusal::kUnknownMessage, "no such message");
  if (message->state != MessageState::kClaimed) {
    return Decision::refuse(messages::OutreachRefusal::kNotClaimed, "the message is " + std::string(to_string(message->state)));
  }
  const std::string person_id = message->person.text();
  PersonRecord nothing_left = without_mark(person_of(state, message->person), message->message);
  const messages::Done done{command.message.text()};
  switch (command.state) {
    case MessageState::kSent: {
      const auto* about = state.find<SubjectRecord>(subject_id(message->person, message->subject));
      return sent(*message, about, now).reply(done);
    }
    // It may have left: the mark stays, and it is never tried again.
    case MessageState::kUncertain: return end(*message, MessageState::kUncertain, MessageReason::kProcessDied, Gone::kNot, now).reply(done);
    case MessageState::kWithheld:
      return end(*message, MessageState::kWithheld, command.reason, Gone::kNot, now).put(person_id, std::move(nothing_left)).reply(done);
    case MessageState::kFailed:
      return end(*message, MessageState::kFailed, MessageReason::kChannelFailed, Gone::kNot, now)
          .put(person_id, std::move(nothing_left))
          .reply(done);
    case MessageState::kPlanned: {
      Decision decision = command.reason == MessageReason::kHeld ? put_off(*message, command.reason, now + state.config().hold_retry, now)
                                                                 : back_to_planned(*message, command.reason, now);
      return decision.put(person_id, std::move(nothing_left)).reply(done);
    }
    case MessageState::kClaimed:
    case MessageState::kRevoked: break;
  }
  return Decision::refuse(messages::OutreachRefusal::kNotClaimed,
                          "a claimed message cannot become " + std::string(to_string(command.state)));
}

}  // namespace bridgework::outreach
