// From a reason to write to a planned message, and back.

#include <algorithm>
#include <chrono>
#include <functional>
#include <limits>
#include <optional>
#include <utility>

#include "outreach/decide.hpp"

namespace bridgework::outreach {
namespace {

constexpr std::size_t kVisitsToComeMax = 64;

void remember_visit(PersonRecord& person, const Plan& wanted, Instant now) {
  if (!wanted.about.visit_start || !wanted.about.visit_local) return;
  auto& visits = person.visits_to_come;
  std::erase_if(visits, [&](const VisitToCome& visit) { return visit.start <= now || visit.appointment.text() == wanted.subject; });
  if (visits.size() == kVisitsToComeMax) visits.erase(visits.begin());
  visits.push_back({AppointmentId(wanted.subject), wanted.site, *wanted.about.visit_start, *wanted.about.visit_local, wanted.of});
}

/// The longest a reminder may be planned ahead, in minutes.
constexpr std::uint32_t kLongestLead = 60 * 24 * 60;

using Leads = std::vector<std::chrono::minutes>;

Leads leads_at(const State& state, const SiteId& site) { return reminder_times(state.find<SiteRecord>(site.text()), state.config()).leads; }

Leads::const_iterator first_on_time(const Leads& leads, Instant start, Instant now) {
  return std::ranges::find_if(leads, [&](std::chrono::minutes lead) { return start - lead >= now; });
}

/// The reminder of one of the leads, longest first.
Plan reminder(const State& state, const PersonId& person, const SiteId& site, const AppointmentId& appointment, SubjectRecord about,
              const Leads& leads, Leads::const_iterator lead, Instant now) {
  const Instant start = about.visit_start.value_or(now);
  const auto closer = std::next(lead);
  Plan wanted;
  wanted.person = person;
  wanted.site = site;
  wanted.programme = kReminder;
  wanted.subject = appointment.text();
  wanted.purpose = MessagePurpose::kReminder;
  wanted.template_name = kReminder;
  wanted.due = std::max(now, start - *lead);
  wanted.useful_until = start - (closer == leads.end() ? state.config().reminder_latest : *closer);
  wanted.about = std::move(about);
  wanted.lead = *lead;
  wanted.another_follows = closer != leads.end();
  return wanted;
}

}  // namespace

PersonRecord person_of(const State& state, const PersonId& person) {
  if (const auto* found = state.find<PersonRecord>(person.text())) return *found;
  PersonRecord unknown;
  unknown.person = person;
  return unknown;
}

SubjectRecord subject_of(const State& state, const PersonId& person, std::string_view subject, SubjectKind kind) {
  if (const auto* found = state.find<SubjectRecord>(subject_id(person, subject))) return *found;
  SubjectRecord fresh;
  fresh.kind = kind;
  return fresh;
}

ReminderTimes reminder_times(const SiteRecord* site, const Config& config) {
  if (site == nullptr || site->minutes_before.empty()) return {{config.reminder_before}, ReminderTimes::Of::kGroup};
  ReminderTimes times{{}, ReminderTimes::Of::kSite};
  for (const std::uint32_t minutes : site->minutes_before) times.leads.emplace_back(minutes);
  return times;
}

Plan reminder(const State& state, const PersonId& person, const SiteId& site, const AppointmentId& appointment, SubjectRecord about,
              Instant now) {
  const std::vector<std::chrono::minutes> leads = leads_at(state, site);
  const Instant start = about.visit_start.value_or(now);
  const auto lead = first_on_time(leads, start, now);
  return reminder(state, person, site, appointment, std::move(about), leads, lead == leads.end() ? std::prev(lead) : lead, now);
}

Decision plan_next_reminder(const State& state, PersonRecord& person, const MessageRecord& ended, Before before, Instant now) {
  const auto* known = state.find<SubjectRecord>(subject_id(ended.person, ended.subject));
  if (ended.programme != kReminder || known == nullptr || known->gone != Gone::kNot || !known->visit_start || is_gone(person)) return {};
  std::vector<std::chrono::minutes> leads = leads_at(state, ended.site);
  std::erase_if(leads, [&](std::chrono::minutes lead) { return lead >= std::chrono::minutes(ended.lead_minutes); });
  auto lead = first_on_time(leads, *known->visit_start, now);
  if (lead == leads.end() && (leads.empty() || before == Before::kTold)) return {};
  if (lead == leads.end()) --lead;
  SubjectRecord about = *known;
  Plan wanted = reminder(state, ended.person, ended.site, AppointmentId(ended.subject), about, leads, lead, now);
  wanted.of = ended.of;
  for (const PlannedOnce& once : about.planned)
    if (once.programme == kReminder) wanted.step = std::max<std::uint16_t>(wanted.step, once.step + 1);
  return plan(state, person, about, wanted, now);
}

Decision on(const State& state, const messages::SetReminders& command, Instant) {
  if (state.find<SiteRecord>(command.site.text()) == nullptr)
    return Decision::refuse(messages::OutreachRefusal::kUnknownSite, "no such site: define it first");
  messages::RemindersSet event{command.site, command.minutes_before};
  auto& leads = event.minutes_before;
  std::ranges::sort(leads, std::ranges::greater());
  const auto latest = static_cast<std::uint32_t>(state.config().reminder_latest.count());
  if (std::ranges::adjacent_find(leads) != leads.end())
    return Decision::refuse(messages::OutreachRefusal::kInvalidReminders, "each time stands there once");
  if (std::ranges::any_of(leads, [&](std::uint32_t lead) { return lead <= latest || lead > kLongestLead; })) {
    return Decision::refuse(messages::OutreachRefusal::kInvalidReminders,
                            "a reminder leaves more than " + std::to_string(latest) +
                                " minutes before its visit, when the last one would be withheld " + "as too late, and at most " +
                                std::to_string(kLongestLead) + ", which is 60 days");
  }
  messages::ReminderTimes answer{command.site, leads, leads.empty()};
  if (leads.empty()) answer.minutes_before = {static_cast<std::uint32_t>(state.config().reminder_before.count())};
  Decision decision;
  return decision.emit(std::move(event)).reply(std::move(answer));
}

Decision on(const State& state, const messages::RemindersSet& event, Instant) {
  const auto* known = state.find<SiteRecord>(event.site.text());
  if (known == nullptr) return {};
  SiteRecord site = *known;
  site.minutes_before = event.minutes_before;
  Decision decision;
  decision.put(event.site.text(), std::move(site));
  return decision;
}

messages::MessageWithheld withheld_event(const MessageRecord& record) {
  messages::MessageWithheld event;
  event.person = record.person;
  event.site = record.site;
  event.message = record.message;
  event.programme = record.programme;
  event.step = record.step;
  event.subject = record.subject;
  event.purpose = record.purpose;
  event.channel = record.channel;
  event.state = record.state;
  event.reason = record.reason;
  return event;
}

Decision plan(const State& state, const Plan& wanted, Instant now) {
  PersonRecord person = person_of(state, wanted.person);
  SubjectRecord about = wanted.about;
  return plan(state, person, about, wanted, now);
}

Decision plan(const State& state, PersonRecord& person, SubjectRecord& about, const Plan& wanted, Instant now) {
  const Reach reach = wanted.to.empty() ? reach_of(person, wanted.programme) : reach_at(person, wanted.to);
  MessageRecord message;
  message.person = wanted.person;
  message.site = wanted.site;
  message.programme = std::string(wanted.programme);
  message.step = wanted.step;
  message.subject = wanted.subject;
  message.purpose = wanted.purpose;
  message.template_name = wanted.template_name;
  message.channel = reach.channel;
  message.state = MessageState::kPlanned;
  message.due = wanted.due;
  message.changed_at = now;
  message.useful_until = wanted.useful_until;
  message.visit_start = about.visit_start;
  message.visit_local = about.visit_local;
  message.of = wanted.of;
  message.lead_minutes = static_cast<std::uint32_t>(wanted.lead.count());
  message.another_follows = wanted.another_follows;
  message.contact = Phi<std::string>(wanted.to);

  Decision decision;
  const auto first = std::ranges::find_if(
      about.planned, [&](const PlannedOnce& once) { return once.programme == wanted.programme && once.step == wanted.step; });
  if (first != about.planned.end()) {
    message.message = first->message;
    message.state = MessageState::kWithheld;
    message.reason = MessageReason::kDuplicate;
    decision.emit(withheld_event(message));
    return decision;
  }

  if (about.kind == SubjectKind::kVisit) remember_visit(person, wanted, now);
  ++person.messages_planned;
  message.message = MessageId(wanted.person.text() + ".m-" + std::to_string(person.messages_planned));
  about.planned.push_back({message.programme, message.step, message.message});
  if (!wanted.told_to.empty()) about.told_to = wanted.told_to;
  if (message.programme == kReminder) remember_ahead(state, person, message.message);

  messages::MessagePlanned planned;
  planned.person = message.person;
  planned.site = message.site;
  planned.message = message.message;
  planned.programme = message.programme;
  planned.step = message.step;
  planned.subject = message.subject;
  planned.purpose = message.purpose;
  planned.channel = message.channel;
  planned.due = message.due;

  const std::string id = message.message.text();
  decision.emit(std::move(planned));
  if (wanted.told_to.empty()) {
    decision.set_timer(id, message.due, SendDue{message.message});
  } else {
    message.reason = MessageReason::kHousehold;
    decision.emit(entrusted_event(message, about, reach));
  }
  decision.add_to_index(messages_index(message.person), id, person.messages_planned)
      .put(subject_id(wanted.person, wanted.subject), about)
      .put(wanted.person.text(), person)
      .put(id, std::move(message));
  return decision;
}

Decision end_visit(const State& state, const PersonId& id, const SiteId& site, const AppointmentId& appointment, SubjectRecord about,
                   Gone gone, Instant now) {
  Decision decision;
  if (!about.told_to.empty()) decision.emit(ended_event(id, site, appointment, about, gone));
  decision.append(end_subject(state, id, appointment.text(), std::move(about), gone, now));
  PersonRecord person = person_of(state, id);
  const auto is_over = [&](const VisitToCome& visit) { return visit.appointment == appointment; };
  if (std::erase_if(person.visits_to_come, is_over) > 0) decision.put(id.text(), std::move(person));
  return decision;
}

Decision end_subject(const State& state, const PersonId& person, std::string_view subject, SubjectRecord about, Gone gone, Instant now) {
  Decision decision;
  about.gone = gone;
  for (const auto& once : about.planned) {
    const auto* found = state.find<MessageRecord>(once.message.text());
    if (found == nullptr || found->state != MessageState::kPlanned) continue;
    MessageRecord message = *found;
    message.state = MessageState::kRevoked;
    message.reason = MessageReason::kReasonGone;
    message.gone = gone;
    message.changed_at = now;
    const std::string id = message.message.text();
    decision.cancel_timer(id).emit(withheld_event(message)).put(id, std::move(message));
  }
  decision.put(subject_id(person, subject), std::move(about));
  return decision;
}

}  // namespace bridgework::outreach
