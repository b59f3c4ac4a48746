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

/// Keeps the newest word on one purpose and channel, and tells it. Stores nothing: the record is the caller's.
void keep_consent(Decision& decision, PersonRecord& person, const PersonId& id, Consent said) {
  decision.emit(messages::ConsentChanged{.person = id,
                                         .site = person.home_site,
                                         .purpose = said.purpose,
                                         .channel = said.channel,
                                         .state = said.state,
                                         .by = said.by,
                                         .wording = said.wording,
                                         .source = said.source});
  std::erase_if(person.consents,
                [&](const Consent& consent) { return consent.purpose == said.purpose && consent.channel == said.channel; });
  person.consents.push_back(std::move(said));
}

}  // namespace

Decision take_consents(PersonRecord& person, const messages::EnquiryReceived& event, Instant now) {
  Decision decision;
  const auto agree = [&](MessagePurpose purpose, const std::string& wording) {
    for (const ContactKind kind : {ContactKind::kPhone, ContactKind::kEmail}) {
      const bool reached =
          std::ranges::any_of(event.contact_points, [&](const auto& point) { return point.kind == kind && !point.value.reveal().empty(); });
      if (wording.empty() || !reached) continue;
      keep_consent(decision, person, event.person,
                   {.purpose = purpose,
                    .channel = kind == ContactKind::kPhone ? Channel::kSms : Channel::kEmail,
                    .state = ConsentState::kGranted,
                    .by = "patient",
                    .wording = wording,
                    .source = std::string(to_string(event.channel)) + " " + event.enquiry.text(),
                    .changed_at = now});
    }
  };
  agree(MessagePurpose::kTransactional, event.contact_consent);
  agree(MessagePurpose::kReminder, event.contact_consent);
  agree(MessagePurpose::kMarketing, event.marketing_consent);
  if (!decision.changes_nothing()) decision.put(event.person.text(), person);
  return decision;
}

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

Decision on(const State& state, const messages::SetConsent& command, Instant now) {
  const auto* known = state.find<PersonRecord>(command.person.text());
  if (known == nullptr || !known->known) return Decision::refuse(messages::OutreachRefusal::kUnknownPerson, "no such person");
  PersonRecord person = *known;
  Decision decision;
  keep_consent(decision, person, command.person,
               {.purpose = command.purpose,
                .channel = command.channel,
                .state = command.state,
                .by = command.by,
                .wording = command.wording,
                .source = command.source,
                .changed_at = now});
  decision.put(command.person.text(), std::move(person)).reply(messages::Done{command.person.text()});
  return decision;
}

}  // namespace bridgework::outreach
