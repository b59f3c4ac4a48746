#include "lead_intake/decide_enquiry.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <optional>
#include <utility>

#include "lead_intake/contact.hpp"
#include "lead_intake/decide_person.hpp"

namespace bridgework::lead_intake {
namespace {

Decision no_such_enquiry(const EnquiryId& enquiry) { return Decision::refuse(Refusal::kUnknownEnquiry, "no enquiry " + enquiry.text()); }

Decision illegal(LeadState state) {
  return Decision::refuse(Refusal::kIllegalTransition, "it is " + std::string(to_string(state)) + "; a new enquiry can be made");
}

std::uint32_t waited_seconds(Instant since, Instant now) {
  return static_cast<std::uint32_t>(std::max<std::int64_t>(0, std::chrono::floor<std::chrono::seconds>(now - since).count()));
}

/// `2026-03-08T09:30:00Z`.
std::string utc_text(Instant instant) {
  const auto days = std::chrono::floor<std::chrono::days>(instant);
  const std::chrono::year_month_day date{days};
  const std::chrono::hh_mm_ss time{std::chrono::floor<std::chrono::seconds>(instant - days)};
  char text[48];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                static_cast<int>(time.seconds().count()));
  return text;
}

struct Found {
  EnquiryId enquiry;
  EnquiryRecord record;
};

/// What a person's record holds at most, so that it stays readable whatever a web form is fed with. The enquiries themselves stay.
constexpr std::size_t kEnquiriesMax = 500;
/// As many as a profile may carry on the wire.
constexpr std::size_t kContactPointsMax = 16;

void remember(PersonRecord& person, const EnquiryId& enquiry) {
  person.enquiries.push_back(enquiry);
  if (person.enquiries.size() > kEnquiriesMax) person.enquiries.erase(person.enquiries.begin());
}

/// The person's enquiries, newest first. All are read before any is judged, so that they are loaded in one go.
std::vector<Found> enquiries_of(const State& state, const PersonRecord& person) {
  std::vector<Found> found;
  for (auto it = person.enquiries.rbegin(); it != person.enquiries.rend(); ++it)
    if (const EnquiryRecord* record = state.find<EnquiryRecord>(it->text())) found.push_back({*it, *record});
  return found;
}

/// Moves an enquiry on and tells it. Does not store it.
void advance(Decision& decision, const EnquiryId& enquiry, EnquiryRecord& record, LeadState to, std::string reason) {
  decision.emit(messages::EnquiryAdvanced{.person = record.person,
                                          .enquiry = enquiry,
                                          .site = record.site,
                                          .campaign = record.campaign,
                                          .from = record.state,
                                          .to = to,
                                          .appointment = record.appointment,
                                          .reason = std::move(reason)});
  record.state = to;
}

/// Stores the enquiry and shows it to the caller.
void keep(Decision& decision, const State& state, const EnquiryId& enquiry, EnquiryRecord record) {
  decision.reply(view_of(enquiry, record, state.find<PersonRecord>(record.person.text())));
  decision.put(enquiry.text(), std::move(record));
}

}  // namespace

messages::LeadView view_of(const EnquiryId& enquiry, const EnquiryRecord& record, const PersonRecord* person) {
  messages::LeadView view{.enquiry = enquiry,
                          .person = record.person,
                          .site = record.site,
                          .state = record.state,
                          .campaign = record.campaign,
                          .claimed_by = record.claimed_by,
                          .claimed_until = record.claimed_until,
                          .received_at = record.received_at};
  if (person != nullptr) view.profile = person->profile;
  return view;
}

void lose_open_enquiries(Decision& decision, const State& state, const PersonRecord& person, std::string_view reason, Instant) {
  for (Found& found : enquiries_of(state, person)) {
    if (!is_open(found.record.state)) continue;
    advance(decision, found.enquiry, found.record, LeadState::kLost, std::string(reason));
    decision.put(found.enquiry.text(), std::move(found.record));
  }
}

Decision on(const State& state, const messages::SubmitEnquiry& command, Instant now) {
  if (auto objected = objection(command.person, command.profile)) return Decision::refuse(objected->code, std::move(objected->detail));
  const std::string& enquiry = command.enquiry.text();
  if (owner_key(enquiry) != command.person.text() || enquiry.size() <= command.person.text().size() + 1)
    return Decision::refuse(Refusal::kInvalidId, "an enquiry's id starts with its person and a dot");
  if (state.find<EnquiryRecord>(enquiry) != nullptr) return Decision::refuse(Refusal::kAlreadyExists, "there is an enquiry " + enquiry);
  if (!command.campaign.empty() && state.find<KnownCampaignRecord>(command.campaign.text()) == nullptr)
    return Decision::refuse(Refusal::kUnknownCampaign, "no campaign " + command.campaign.text());

  Decision decision;
  const PersonRecord* known = state.find<PersonRecord>(command.person.text());
  PersonRecord person;
  if (known == nullptr) {
    person.profile = command.profile;
    person.profile.contact_points = normalised(person.profile.contact_points, state.config().default_region);
    if (person.profile.home_site.empty()) person.profile.home_site = command.site;
    remember(person, command.enquiry);
    add_person(decision, state, command.person, person);
  } else {
    person = *known;
    remember(person, command.enquiry);
    auto points = person.profile.contact_points;
    points.insert(points.end(), command.profile.contact_points.begin(), command.profile.contact_points.end());
    points = normalised(points, state.config().default_region);
    if (points.size() > kContactPointsMax) points.resize(kContactPointsMax);  // what was known first stays
    if (points == known->profile.contact_points) {
      decision.put(command.person.text(), person);
    } else {
      person.profile.contact_points = std::move(points);
      change_person(decision, state, command.person, *known, person);
    }
  }

  EnquiryRecord record{.person = command.person,
                       .site = command.site,
                       .campaign = command.campaign,
                       .source = command.source,
                       .channel = command.channel,
                       .text = command.text,
                       .received_at = now,
                       .state = LeadState::kFresh};
  decision.emit(messages::EnquiryReceived{.person = command.person,
                                          .enquiry = command.enquiry,
                                          .site = command.site,
                                          .campaign = command.campaign,
                                          .source = command.source,
                                          .channel = command.channel,
                                          .text = command.text,
                                          .received_at = now});
  if (ends_contact(person.profile.status))
    advance(decision, command.enquiry, record, LeadState::kNeedsReview, "person " + std::string(to_string(person.profile.status)));
  decision.reply(view_of(command.enquiry, record, &person));
  decision.put(enquiry, std::move(record));
  return decision;
}

Decision on(const State& state, const messages::ClaimLead& command, Instant now) {
  const EnquiryRecord* known = state.find<EnquiryRecord>(command.enquiry.text());
  if (known == nullptr) return no_such_enquiry(command.enquiry);
  if (!is_workable(known->state)) return illegal(known->state);
  const bool claimed = known->claimed_until && now < *known->claimed_until;
  if (claimed && known->claimed_by != command.by)
    return Decision::refuse(Refusal::kAlreadyClaimed, "claimed by " + known->claimed_by + " until " + utc_text(*known->claimed_until));
  EnquiryRecord record = *known;
  const Instant until = now + std::chrono::minutes(command.minutes);
  record.claimed_by = command.by;
  record.claimed_until = claimed ? std::max(until, *known->claimed_until) : until;
  Decision decision;
  decision.emit(messages::LeadClaimed{
      .person = record.person, .enquiry = command.enquiry, .site = record.site, .by = command.by, .until = *record.claimed_until});
  keep(decision, state, command.enquiry, std::move(record));
  return decision;
}

Decision on(const State& state, const messages::RecordCall& command, Instant now) {
  const EnquiryRecord* known = state.find<EnquiryRecord>(command.enquiry.text());
  if (known == nullptr) return no_such_enquiry(command.enquiry);
  if (!is_workable(known->state)) return illegal(known->state);
  EnquiryRecord record = *known;
  Decision decision;
  decision.emit(messages::CallRecorded{.person = record.person,
                                       .enquiry = command.enquiry,
                                       .site = record.site,
                                       .outcome = command.outcome,
                                       .reason = command.reason,
                                       .by = command.by});
  if (is_conversation(command.outcome) && !record.contacted_at) {
    record.contacted_at = now;
    if (is_open(record.state) && record.state != LeadState::kNeedsReview) record.state = LeadState::kContacted;
    decision.emit(messages::EnquiryContacted{.person = record.person,
                                             .enquiry = command.enquiry,
                                             .site = record.site,
                                             .campaign = record.campaign,
                                             .waited_seconds = waited_seconds(record.received_at, now),
                                             .by = command.by});
  }
  keep(decision, state, command.enquiry, std::move(record));
  return decision;
}

Decision on(const State& state, const messages::CloseLead& command, Instant) {
  const EnquiryRecord* known = state.find<EnquiryRecord>(command.enquiry.text());
  if (known == nullptr) return no_such_enquiry(command.enquiry);
  if (!is_workable(known->state)) return illegal(known->state);
  EnquiryRecord record = *known;
  Decision decision;
  advance(decision, command.enquiry, record, LeadState::kLost, command.reason);
  keep(decision, state, command.enquiry, std::move(record));
  return decision;
}

Decision on(const State& state, const messages::MessageSent& event, Instant now) {
  if (event.programme != kAcknowledgementProgramme) return {};
  const EnquiryRecord* known = state.find<EnquiryRecord>(event.subject);
  if (known == nullptr || known->person != event.person || known->acknowledged_at) return {};
  EnquiryRecord record = *known;
  record.acknowledged_at = now;
  if (record.state == LeadState::kFresh) record.state = LeadState::kAcknowledged;
  Decision decision;
  decision
      .emit(messages::EnquiryAcknowledged{.person = record.person,
                                          .enquiry = EnquiryId(event.subject),
                                          .site = record.site,
                                          .waited_seconds = waited_seconds(record.received_at, now)})
      .put(event.subject, std::move(record));
  return decision;
}

Decision on(const State& state, const messages::AppointmentBooked& event, Instant) {
  const PersonRecord* person = state.find<PersonRecord>(event.person.text());
  if (person == nullptr) return {};
  std::vector<Found> all = enquiries_of(state, *person);
  Decision decision;
  if (!event.moved_from.empty()) {
    for (Found& found : all) {
      if (found.record.appointment != event.moved_from) continue;
      found.record.appointment = event.appointment;
      decision.put(found.enquiry.text(), std::move(found.record));
    }
    return decision;
  }
  const auto newest = std::ranges::find_if(all, [](const Found& found) { return is_open(found.record.state); });
  if (newest == all.end()) return {};
  newest->record.appointment = event.appointment;
  advance(decision, newest->enquiry, newest->record, LeadState::kBooked, {});
  decision.put(newest->enquiry.text(), std::move(newest->record));
  return decision;
}

Decision on(const State& state, const messages::AppointmentCompleted& event, Instant) {
  const PersonRecord* person = state.find<PersonRecord>(event.person.text());
  if (person == nullptr) return {};
  std::vector<Found> all = enquiries_of(state, *person);
  Decision decision;
  const auto booked = [](const Found& found) { return found.record.state == LeadState::kBooked; };
  auto kept = std::ranges::find_if(all, [&](const Found& found) { return booked(found) && found.record.appointment == event.appointment; });
  // the visit it was booked for may have been cancelled and another one made
  if (kept == all.end()) kept = std::ranges::find_if(all, booked);
  if (kept != all.end()) {
    kept->record.appointment = event.appointment;
    advance(decision, kept->enquiry, kept->record, LeadState::kKept, {});
    decision.put(kept->enquiry.text(), std::move(kept->record));
  }
  if (person->profile.status == messages::PersonStatus::kProspect) {
    PersonRecord patient = *person;
    patient.profile.status = messages::PersonStatus::kPatient;
    change_person(decision, state, event.person, *person, std::move(patient));
  }
  return decision;
}

}  // namespace bridgework::lead_intake
