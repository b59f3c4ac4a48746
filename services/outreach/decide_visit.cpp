// What an answer means for a visit to come: when it is not a plain yes, a person must read it.

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "outreach/decide.hpp"
#include "outreach/inbound.hpp"

namespace bridgework::outreach {
namespace {

using messages::VisitDoubt;

constexpr std::size_t kPersonsMax = 200, kAskedMax = 64;

PhoneRecord phone_of(const State& state, const std::string& contact) {
  const auto* known = state.find<PhoneRecord>(contact);
  return known == nullptr ? PhoneRecord{} : *known;
}

bool has_phone(const PersonRecord& person, const std::string& contact) {
  return std::ranges::any_of(person.contact_points,
                             [&](const auto& point) { return point.kind == ContactKind::kPhone && point.value.reveal() == contact; });
}

/// The visit stands and is still to come.
const SubjectRecord* standing(const State& state, const AskedVisit& asked, Instant now) {
  const auto* about = state.find<SubjectRecord>(subject_id(asked.person, asked.appointment.text()));
  return about != nullptr && about->gone == Gone::kNot && about->visit_local && about->visit_start.value_or(now) > now ? about : nullptr;
}

LocalDay day_of(const SubjectRecord& about) { return std::chrono::floor<std::chrono::days>(*about.visit_local); }

/// The visits an answer is about: those of the day that the newest question was about, as a yes is (decision 0015).
std::vector<AskedVisit*> in_question(const State& state, PhoneRecord& phone, Instant now) {
  std::vector<AskedVisit*> found;
  std::optional<LocalDay> day;
  for (auto asked = phone.asked.rbegin(); asked != phone.asked.rend(); ++asked) {
    const SubjectRecord* about = standing(state, *asked, now);
    if (about == nullptr) continue;
    if (!day) day = day_of(*about);
    if (*day == day_of(*about)) found.insert(found.begin(), &*asked);
  }
  return found;
}

messages::VisitQuestioned questioned(const PersonId& person, const SiteId& site, const AppointmentId& appointment, VisitDoubt doubt,
                                     const Phi<std::string>& words) {
  return {.person = person, .site = site, .appointment = appointment, .doubt = doubt, .words = words};
}

}  // namespace

void remember_phones(Decision& decision, const State& state, const PersonRecord& person) {
  for (const auto& point : person.contact_points) {
    const std::string& contact = point.value.reveal();
    if (point.kind != ContactKind::kPhone || contact.empty()) continue;
    PhoneRecord phone = phone_of(state, contact);
    if (std::ranges::find(phone.persons, person.person) != phone.persons.end()) continue;
    if (phone.persons.size() == kPersonsMax) phone.persons.erase(phone.persons.begin());
    phone.persons.push_back(person.person);
    decision.put(contact, std::move(phone));
  }
}

void remember_question(Decision& decision, const State& state, std::span<const MessageRecord> asked, const Reach& reach, Instant now) {
  if (asked.empty() || asked.front().programme != kReminder || reach.channel != Channel::kSms) return;
  PhoneRecord phone = phone_of(state, reach.contact);
  std::erase_if(phone.asked, [&](const AskedVisit& earlier) { return standing(state, earlier, now) == nullptr; });
  for (const MessageRecord& message : asked) {
    const AppointmentId appointment(message.subject);
    std::erase_if(phone.asked,
                  [&](const AskedVisit& earlier) { return earlier.person == message.person && earlier.appointment == appointment; });
    if (phone.asked.size() == kAskedMax) phone.asked.erase(phone.asked.begin());
    phone.asked.push_back(
        {.person = message.person, .site = message.site, .appointment = appointment, .said_yes = false, .of = message.of});
  }
  decision.put(reach.contact, std::move(phone));
}

/// A no and CANCEL put in question even what was confirmed before; words that nobody understands do so only while the question is open
/// ("see you then" after a yes is no question), or when they speak of cancelling.
///
/// CANCEL, and words about cancelling, need no question: without one they are about the next visit of everybody who has that number.
Decision question_visits(const State& state, const messages::InboundMessageReceived& event, Instant now) {
  const std::string& contact = event.contact.reveal();
  const auto* known = state.find<PhoneRecord>(contact);
  if (known == nullptr) return {};
  PhoneRecord phone = *known;
  const auto asked = in_question(state, phone, now);
  const bool cancelling = speaks_of_cancelling(event.body.reveal());

  Decision decision;
  const auto question_all = [&](VisitDoubt doubt) {
    for (AskedVisit* visit : asked) {
      visit->said_yes = false;
      decision.emit(questioned(visit->of.empty() ? visit->person : visit->of, visit->site, visit->appointment, doubt, event.body));
    }
  };
  const auto question_next_visits = [&](VisitDoubt doubt) {
    for (const auto& id : phone.persons) {
      const auto* person = state.find<PersonRecord>(id.text());
      if (person == nullptr || !has_phone(*person, contact)) continue;
      decision.emit(questioned(id, person->home_site, {}, doubt, event.body));
    }
  };
  switch (event.meaning) {
    case InboundMeaning::kYes:
      for (AskedVisit* visit : asked) visit->said_yes = true;
      break;
    case InboundMeaning::kNo: question_all(VisitDoubt::kNo); break;
    case InboundMeaning::kUnclear: {
      const bool open = std::ranges::any_of(asked, [](const AskedVisit* visit) { return !visit->said_yes; });
      if (open || cancelling) question_all(VisitDoubt::kUnclear);
      if (cancelling && asked.empty()) question_next_visits(VisitDoubt::kUnclear);
      break;
    }
    case InboundMeaning::kStop:
      if (!cancelling) return {};
      question_all(VisitDoubt::kCancel);
      if (asked.empty()) question_next_visits(VisitDoubt::kCancel);
      break;
    case InboundMeaning::kStart:
    case InboundMeaning::kHelp: return {};
  }
  if (phone != *known) decision.put(contact, std::move(phone));
  return decision;
}

}  // namespace bridgework::outreach
