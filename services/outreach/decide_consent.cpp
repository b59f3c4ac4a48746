// What people tell us about being contacted.

#include <algorithm>

#include "outreach/decide.hpp"
#include "outreach/inbound.hpp"
#include "outreach/links.hpp"

namespace bridgework::outreach {
namespace {

/// The contact point falls silent in the very commit that hears of it: the index stops what is already on its way out of some other
/// lane, the record what comes due in this one, and the event reaches all other lanes.
Decision suppress(const std::string& contact, ContactKind kind, std::string words, Instant now) {
  Decision decision;
  decision.put(contact, SuppressionRecord{kind, now})
      .add_to_index(std::string(kSuppressedIndex), contact)
      .emit(messages::ContactSuppressed{Phi<std::string>(contact), kind, Phi<std::string>(std::move(words))});
  return decision;
}

Decision release(const std::string& contact, ContactKind kind) {
  Decision decision;
  decision.erase<SuppressionRecord>(contact)
      .remove_from_index(std::string(kSuppressedIndex), contact)
      .emit(messages::ContactReleased{Phi<std::string>(contact), kind});
  return decision;
}

}  // namespace

/// STOP and START are told on every time, even if they seem to change nothing: our own events come back to this lane behind newer
/// commands, so the record here may be of yesterday, while the last word in the log is right in every lane.
Decision on(const State&, const messages::ReceiveInboundMessage& command, Instant now) {
  const std::string& contact = command.from.reveal();
  if (!is_e164(contact)) return Decision::refuse(messages::OutreachRefusal::kInvalidContact, "from must be an E.164 phone number");
  const InboundMeaning meaning = meaning_of(command.body.reveal());

  Decision decision;
  decision.emit(messages::InboundMessageReceived{command.from, meaning, command.body}).reply(messages::Done{});
  switch (meaning) {
    case InboundMeaning::kStop: decision.append(suppress(contact, ContactKind::kPhone, command.body.reveal(), now)); return decision;
    case InboundMeaning::kStart: decision.append(release(contact, ContactKind::kPhone)); return decision;
    case InboundMeaning::kUnclear:
    case InboundMeaning::kHelp:
    case InboundMeaning::kYes:
    case InboundMeaning::kNo: return decision;
  }
  return decision;
}

Decision on(const State& state, const messages::Unsubscribe& command, Instant now) {
  const auto* message = state.find<MessageRecord>(command.message.text());
  // An unknown message and a wrong signature look the same from outside.
  if (message == nullptr || !is_unsubscribe_token(command.message, command.token.reveal(), state.config())) {
    return Decision::refuse(messages::OutreachRefusal::kWrongToken, "this link is not one of ours");
  }
  const messages::Done done{command.message.text()};
  const std::string contact = message->contact.reveal();
  if (contact.empty() || state.find<SuppressionRecord>(contact) != nullptr) return Decision().reply(done);
  const ContactKind kind = message->channel == Channel::kEmail ? ContactKind::kEmail : ContactKind::kPhone;
  return suppress(contact, kind, "one click", now).reply(done);
}

Decision on(const State& state, const messages::SetConsent& command, Instant) {
  const auto* known = state.find<PersonRecord>(command.person.text());
  if (known == nullptr || !known->known) return Decision::refuse(messages::OutreachRefusal::kUnknownPerson, "no such person");
  PersonRecord person = *known;
  std::erase_if(person.consents,
                [&](const Consent& consent) { return consent.purpose == command.purpose && consent.channel == command.channel; });
  person.consents.push_back({command.purpose, command.channel, command.state});

  messages::ConsentChanged event;
  event.person = command.person;
  event.site = person.home_site;
  event.purpose = command.purpose;
  event.channel = command.channel;
  event.state = command.state;
  event.by = command.by;

  Decision decision;
  decision.emit(std::move(event)).put(command.person.text(), std::move(person)).reply(messages::Done{command.person.text()});
  return decision;
}

}  // namespace bridgework::outreach
