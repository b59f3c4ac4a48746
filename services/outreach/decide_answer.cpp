// What a text message is an answer to: the newest question that went to that number, whoever shares it.

#include <algorithm>
#include <chrono>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "outreach/decide.hpp"
#include "outreach/inbound.hpp"

namespace bridgework::outreach {
namespace {

using messages::VisitDoubt;

constexpr std::size_t kPersonsMax = 200, kAskedMax = 64;
/// A yes to an offer that comes later is about something else.
constexpr auto kOfferAnswersWithin = std::chrono::days{2};

bool has_phone(const PersonRecord& person, const std::string& contact) {
  return std::ranges::any_of(person.contact_points,
                             [&](const auto& point) { return point.kind == ContactKind::kPhone && point.value.reveal() == contact; });
}

bool is_offer(const AskedQuestion& asked) { return !asked.offer.empty(); }

/// Whose visit it is: of a household one person may be asked about another's.
template <class Visit>
const PersonId& owner(const Visit& visit, const PersonId& asked) {
  return visit.of.empty() ? asked : visit.of;
}
const PersonId& owner(const AskedQuestion& asked) { return owner(asked, asked.person); }

LocalDay day_of(LocalTime local) { return std::chrono::floor<std::chrono::days>(local); }

/// A text message, as the lane of some of those sees it who share its number.
class Answer {
 public:
  Answer(const State& state, const messages::InboundMessageReceived& event, PhoneRecord& phone, Instant now)
      : state_(state), event_(event), phone_(phone), now_(now) {}

  Decision decide() && {
    const bool cancelling = speaks_of_cancelling(event_.body.reveal());
    switch (event_.meaning) {
      case InboundMeaning::kYes:
      case InboundMeaning::kNo: answer_newest(); break;
      case InboundMeaning::kUnclear:
        if (const AskedQuestion* newest = newest_of(Of::kAny); newest != nullptr && is_offer(*newest) && !cancelling) {
          question_offer(*newest);
        } else {
          question(VisitDoubt::kUnclear, cancelling);
        }
        break;
      case InboundMeaning::kStop:
        if (cancelling) question(VisitDoubt::kCancel, cancelling);
        break;
      case InboundMeaning::kStart:
      case InboundMeaning::kHelp: break;
    }
    return std::move(decision_);
  }

 private:
  enum class Of { kAny, kVisits };

  bool is_of_this_lane(const AskedQuestion& asked) const { return std::ranges::find(phone_.persons, asked.person) != phone_.persons.end(); }

  /// It may still be answered. What became meanwhile of a question to somebody of another lane is known there alone.
  bool stands(const AskedQuestion& asked) const {
    if (is_offer(asked) ? now_ > asked.at + kOfferAnswersWithin : asked.start <= now_) return false;
    if (!is_of_this_lane(asked)) return true;
    const auto* about =
        state_.find<SubjectRecord>(subject_id(asked.person, is_offer(asked) ? asked.offer.text() : asked.appointment.text()));
    if (about == nullptr) return false;
    return is_offer(asked) ? about->gone != Gone::kOfferAnswered : about->gone == Gone::kNot;
  }

  AskedQuestion* newest_of(Of of) {
    for (auto asked = phone_.asked.rbegin(); asked != phone_.asked.rend(); ++asked)
      if ((of == Of::kAny || !is_offer(*asked)) && stands(*asked)) return &*asked;
    return nullptr;
  }

  /// The visits of the day that a question was about.
  std::vector<AskedQuestion*> visits_beside(const AskedQuestion& question) {
    std::vector<AskedQuestion*> found;
    for (AskedQuestion& asked : phone_.asked)
      if (!is_offer(asked) && day_of(asked.local_start) == day_of(question.local_start) && stands(asked)) found.push_back(&asked);
    return found;
  }

  void answer_newest() {
    AskedQuestion* newest = newest_of(Of::kAny);
    if (newest == nullptr) return;
    const bool yes = event_.meaning == InboundMeaning::kYes;
    if (!is_offer(*newest)) return yes ? affirm(*newest) : question(VisitDoubt::kNo, false);
    if (is_of_this_lane(*newest)) {
      decision_.emit(messages::OfferAnswered{.person = newest->person, .site = newest->site, .offer = newest->offer, .accepted = yes});
    }
    std::erase_if(phone_.asked, is_offer);
  }

  /// Yes to all visits of that day, also to those whose own reminder has not left yet: who says yes in the morning means the afternoon.
  void affirm(const AskedQuestion& newest) {
    const LocalDay day = day_of(newest.local_start);
    std::vector<PersonId> reminded;
    const auto tell = [&](const PersonId& person, const SiteId& site, const AppointmentId& appointment, const MessageId& message) {
      decision_.emit(
          messages::VisitAffirmed{.person = person, .site = site, .appointment = appointment, .message = message, .words = event_.body});
    };
    for (AskedQuestion* visit : visits_beside(newest)) {
      visit->said_yes = true;
      if (!is_of_this_lane(*visit)) continue;
      tell(owner(*visit), visit->site, visit->appointment, visit->message);
      if (std::ranges::find(reminded, visit->person) == reminded.end()) reminded.push_back(visit->person);
    }
    const auto was_asked = [&](const AppointmentId& appointment) {
      return std::ranges::any_of(phone_.asked, [&](const AskedQuestion& asked) { return asked.appointment == appointment; });
    };
    for (const PersonId& id : reminded) {
      const auto* person = state_.find<PersonRecord>(id.text());
      if (person == nullptr) continue;
      for (const VisitToCome& visit : person->visits_to_come)
        if (day_of(visit.local_start) == day && visit.start > now_ && !was_asked(visit.appointment))
          tell(owner(visit, id), visit.site, visit.appointment, {});
    }
  }

  /// Somebody must ask about the visits of the person of the newest question. Of a household it is one task, where that person is known.
  ///
  /// A no and CANCEL do so even for what was confirmed before; words that nobody understands only while the question is open ("see you
  /// then" after a yes is no question), or when they speak of cancelling. Those need no question: without one they are about the next
  /// visit of everybody who has that number.
  void question(VisitDoubt doubt, bool cancelling) {
    const AskedQuestion* newest = newest_of(Of::kVisits);
    if (newest == nullptr) return cancelling ? question_next_visits(doubt) : void();
    const auto visits = visits_beside(*newest);
    const bool open = std::ranges::any_of(visits, [](const AskedQuestion* visit) { return !visit->said_yes; });
    if (doubt == VisitDoubt::kUnclear && !open && !cancelling) return;
    const auto others = std::ranges::count_if(visits, [&](const AskedQuestion* visit) { return owner(*visit) != owner(*newest); });
    for (AskedQuestion* visit : visits) {
      visit->said_yes = false;
      if (owner(*visit) == owner(*newest) && is_of_this_lane(*visit))
        tell_questioned(owner(*visit), visit->site, visit->appointment, doubt, static_cast<std::uint16_t>(others));
    }
  }

  void question_next_visits(VisitDoubt doubt) {
    for (const auto& id : phone_.persons) {
      const auto* person = state_.find<PersonRecord>(id.text());
      if (person != nullptr && has_phone(*person, event_.contact.reveal())) tell_questioned(id, person->home_site, {}, doubt, 0);
    }
  }

  void question_offer(const AskedQuestion& asked) {
    if (!is_of_this_lane(asked)) return;
    decision_.emit(messages::OfferQuestioned{
        .person = asked.person, .site = asked.site, .offer = asked.offer, .local_start = asked.local_start, .words = event_.body});
  }

  void tell_questioned(const PersonId& person, const SiteId& site, const AppointmentId& appointment, VisitDoubt doubt,
                       std::uint16_t also_asked) {
    decision_.emit(messages::VisitQuestioned{
        .person = person, .site = site, .appointment = appointment, .doubt = doubt, .words = event_.body, .also_asked = also_asked});
  }

  const State& state_;
  const messages::InboundMessageReceived& event_;
  PhoneRecord& phone_;
  Instant now_;
  Decision decision_;
};

void remember_phone(Decision& decision, const State& state, const PersonId& person, const std::string& contact) {
  const auto* known = state.find<PhoneRecord>(contact);
  PhoneRecord phone = known == nullptr ? PhoneRecord{} : *known;
  if (std::ranges::find(phone.persons, person) != phone.persons.end()) return;
  if (phone.persons.size() == kPersonsMax) phone.persons.erase(phone.persons.begin());
  phone.persons.push_back(person);
  decision.put(contact, std::move(phone));
}

}  // namespace

void remember_phones(Decision& decision, const State& state, const PersonRecord& person) {
  for (const auto& point : person.contact_points) {
    const std::string& contact = point.value.reveal();
    if (point.kind == ContactKind::kPhone && !contact.empty()) remember_phone(decision, state, person.person, contact);
  }
}

void tell_question(Decision& decision, const State& state, std::span<const MessageRecord> told, const Reach& reach) {
  if (told.empty() || !asks(told.front()) || reach.channel != Channel::kSms) return;
  remember_phone(decision, state, told.front().person, reach.contact);
  for (const MessageRecord& message : told) {
    if (!message.visit_start || !message.visit_local) continue;
    const bool offers = message.programme == kShortNotice;
    decision.emit(messages::QuestionAsked{.contact = Phi<std::string>(reach.contact),
                                          .person = message.person,
                                          .site = message.site,
                                          .message = message.message,
                                          .appointment = AppointmentId(offers ? std::string() : message.subject),
                                          .offer = OfferId(offers ? message.subject : std::string()),
                                          .start = *message.visit_start,
                                          .local_start = *message.visit_local,
                                          .of = message.of});
  }
}

/// An offer is forgotten when anything newer is asked; a visit when it begins. A yes stands when the same is asked again.
Decision on(const State& state, const messages::QuestionAsked& event, Instant now) {
  const std::string& contact = event.contact.reveal();
  const auto* known = state.find<PhoneRecord>(contact);
  if (known == nullptr) return {};
  PhoneRecord phone = *known;
  const auto is_same = [&](const AskedQuestion& asked) { return asked.person == event.person && asked.appointment == event.appointment; };
  const bool said_yes = std::ranges::any_of(phone.asked, [&](const AskedQuestion& asked) { return is_same(asked) && asked.said_yes; });
  std::erase_if(phone.asked, [&](const AskedQuestion& asked) { return is_offer(asked) || asked.start <= now || is_same(asked); });
  if (phone.asked.size() == kAskedMax) phone.asked.erase(phone.asked.begin());
  phone.asked.push_back({.person = event.person,
                         .site = event.site,
                         .appointment = event.appointment,
                         .said_yes = said_yes,
                         .offer = event.offer,
                         .message = event.message,
                         .at = now,
                         .start = event.start,
                         .local_start = event.local_start,
                         .of = event.of});
  Decision decision;
  decision.put(contact, std::move(phone));
  return decision;
}

Decision on(const State& state, const messages::InboundMessageReceived& event, Instant now) {
  const auto* known = state.find<PhoneRecord>(event.contact.reveal());
  if (known == nullptr) return {};
  PhoneRecord phone = *known;
  Decision decision = Answer(state, event, phone, now).decide();
  if (phone != *known) decision.put(event.contact.reveal(), std::move(phone));
  return decision;
}

}  // namespace bridgework::outreach
