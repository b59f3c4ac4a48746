#include "lead_intake/decide_enquiry.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "lead_intake/contact.hpp"
#include "lead_intake/decide_campaign.hpp"
#include "lead_intake/decide_care.hpp"
#include "lead_intake/decide_person.hpp"
#include "lead_intake/nurture.hpp"
#include "runtime/business_time.hpp"
#include "runtime/lane.hpp"

namespace bridgework::lead_intake {
namespace {

Decision no_such_enquiry(const EnquiryId& enquiry) { return Decision::refuse(Refusal::kUnknownEnquiry, "no enquiry " + enquiry.text()); }

Decision illegal(LeadState state) {
  return Decision::refuse(Refusal::kIllegalTransition, "it is " + std::string(to_string(state)) + "; a new enquiry can be made");
}

std::uint32_t seconds_of(std::chrono::seconds waited) { return static_cast<std::uint32_t>(std::max<std::int64_t>(0, waited.count())); }

std::uint32_t waited_seconds(Instant since, Instant now) { return seconds_of(std::chrono::floor<std::chrono::seconds>(now - since)); }

std::uint32_t waited_business_seconds(const State& state, const EnquiryRecord& record, Instant now) {
  return seconds_of(runtime::business_time_between(state.find<SiteRecord>(record.site.text()), record.received_at, now));
}

std::string acknowledgement_timer(const EnquiryId& enquiry) { return enquiry.text() + "/acknowledgement"; }
std::string contact_timer(const EnquiryId& enquiry) { return enquiry.text() + "/contact"; }
std::string nurture_timer(const EnquiryId& enquiry) { return enquiry.text() + "/nurture"; }

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
  const EnquiryRecord* before;
  EnquiryRecord record;
};

/// What a person's record holds at most, so that it stays readable whatever a web form is fed with. The enquiries themselves stay.
constexpr std::size_t kEnquiriesMax = 500;
/// As many as a profile may carry on the wire.
constexpr std::size_t kContactPointsMax = 16;
constexpr std::size_t kMatchesMax = 50;

/// The person has asked once more. First and last touch are of the enquiries, in the order in which we heard of them.
void remember(PersonRecord& person, const EnquiryId& enquiry, const CampaignId& campaign) {
  if (person.enquiries.empty()) person.first_touch = campaign;
  if (!campaign.empty()) person.last_touch = campaign;
  person.enquiries.push_back(enquiry);
  if (person.enquiries.size() > kEnquiriesMax) person.enquiries.erase(person.enquiries.begin());
}

/// The person's enquiries, newest first. All are read before any is judged, so that they are loaded in one go.
std::vector<Found> enquiries_of(const State& state, const PersonRecord& person) {
  std::vector<Found> found;
  for (auto it = person.enquiries.rbegin(); it != person.enquiries.rend(); ++it)
    if (const EnquiryRecord* record = state.find<EnquiryRecord>(it->text())) found.push_back({*it, record, *record});
  return found;
}

/// Moves an enquiry on and tells it. Does not store it.
void advance(Decision& decision, const State& state, const EnquiryId& enquiry, EnquiryRecord& record, LeadState to, std::string reason) {
  const PersonRecord* person = state.find<PersonRecord>(record.person.text());
  decision.emit(messages::EnquiryAdvanced{.person = record.person,
                                          .enquiry = enquiry,
                                          .site = record.site,
                                          .campaign = record.campaign,
                                          .from = record.state,
                                          .to = to,
                                          .appointment = record.appointment,
                                          .reason = std::move(reason),
                                          .first_touch = person == nullptr ? record.campaign : person->first_touch,
                                          .last_touch = person == nullptr ? record.campaign : person->last_touch});
  record.state = to;
}

/// Stores the enquiry and shows it to the caller.
void keep(Decision& decision, const State& state, const EnquiryId& enquiry, const EnquiryRecord* before, EnquiryRecord record) {
  decision.reply(view_of(enquiry, record, state.find<PersonRecord>(record.person.text())));
  store(decision, enquiry, before, std::move(record));
}

/// The person wants no more messages: what nurtures them stops.
void stop_nurture(Decision& decision, const State& state, const PersonId& id) {
  const PersonRecord* person = state.find<PersonRecord>(id.text());
  if (person == nullptr) return;
  for (Found& found : enquiries_of(state, *person)) {
    if (found.record.state != LeadState::kNurturing) continue;
    advance(decision, state, found.enquiry, found.record, LeadState::kNeedsReview, "opted out");
    store(decision, found.enquiry, found.before, std::move(found.record));
  }
}

/// Tells that a clock ran out.
messages::SpeedToLeadBreached breach(const EnquiryId& enquiry, const EnquiryRecord& record, messages::SpeedClock clock,
                                     std::chrono::seconds limit) {
  return {.person = record.person,
          .enquiry = enquiry,
          .site = record.site,
          .campaign = record.campaign,
          .clock = clock,
          .received_at = record.received_at,
          .limit_seconds = seconds_of(limit),
          .agent = record.assigned_to};
}

bool is_id_of(const EnquiryId& enquiry, const PersonId& person) {
  return owner_key(enquiry.text()) == person.text() && enquiry.text().size() > person.text().size() + 1;
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
                          .received_at = record.received_at,
                          .assigned_to = record.assigned_to,
                          .acknowledged_at = record.acknowledged_at,
                          .contacted_at = record.contacted_at,
                          .acknowledgement_breached = record.acknowledgement_breached,
                          .contact_breached = record.contact_breached,
                          .source = record.source,
                          .channel = record.channel,
                          .text = record.text,
                          .referrer = record.referrer,
                          .appointment = record.appointment,
                          .value_minor = record.value_minor,
                          .not_booked_at = record.not_booked_at};
  if (person != nullptr) view.profile = person->profile;
  return view;
}

void store(Decision& decision, const EnquiryId& enquiry, const EnquiryRecord* before, EnquiryRecord after) {
  const bool waited = before != nullptr && waits_at_the_desk(*before);
  if (waits_at_the_desk(after) && !waited) {
    const auto score = static_cast<double>(std::chrono::floor<std::chrono::seconds>(after.received_at).time_since_epoch().count());
    decision.add_to_index(std::string(kDeskIndex), enquiry.text(), score).add_to_index(desk_index(after.site), enquiry.text(), score);
  } else if (waited && !waits_at_the_desk(after)) {
    decision.remove_from_index(std::string(kDeskIndex), enquiry.text()).remove_from_index(desk_index(after.site), enquiry.text());
  }
  const bool called_before = before != nullptr && waits_for_another_call(*before);
  if (waits_for_another_call(after) && (!called_before || before->value_minor != after.value_minor)) {
    const auto score = -static_cast<double>(after.value_minor);
    decision.add_to_index(std::string(kNotBookedIndex), enquiry.text(), score)
        .add_to_index(not_booked_index(after.site), enquiry.text(), score);
  } else if (called_before && !waits_for_another_call(after)) {
    decision.remove_from_index(std::string(kNotBookedIndex), enquiry.text())
        .remove_from_index(not_booked_index(after.site), enquiry.text());
  }
  if (before != nullptr) {
    if (is_acknowledgement_awaited(*before) && !is_acknowledgement_awaited(after)) decision.cancel_timer(acknowledgement_timer(enquiry));
    if (is_contact_awaited(*before) && !is_contact_awaited(after)) decision.cancel_timer(contact_timer(enquiry));
    if (before->state == LeadState::kNurturing && after.state != LeadState::kNurturing) decision.cancel_timer(nurture_timer(enquiry));
  }
  decision.put(enquiry.text(), std::move(after));
}

void start_clocks(Decision& decision, const State& state, const EnquiryId& enquiry, const EnquiryRecord& record) {
  const SiteRecord* site = state.find<SiteRecord>(record.site.text());
  if (is_acknowledgement_awaited(record)) {
    decision.set_timer(acknowledgement_timer(enquiry),
                       runtime::add_business_time(site, record.received_at, state.config().acknowledge_within),
                       AcknowledgementDue{enquiry});
  }
  if (is_contact_awaited(record)) {
    decision.set_timer(contact_timer(enquiry), runtime::add_business_time(site, record.received_at, state.config().contact_within),
                       ContactDue{enquiry});
  }
}

void lose_open_enquiries(Decision& decision, const State& state, const PersonRecord& person, std::string_view reason, Instant) {
  for (Found& found : enquiries_of(state, person)) {
    if (!is_open(found.record.state)) continue;
    advance(decision, state, found.enquiry, found.record, LeadState::kLost, std::string(reason));
    store(decision, found.enquiry, found.before, std::move(found.record));
  }
}

std::optional<EnquiryId> open_enquiry_about(const State& state, const PersonId& person, const CampaignId& campaign) {
  const PersonRecord* record = state.find<PersonRecord>(person.text());
  if (record == nullptr) return std::nullopt;
  for (const Found& found : enquiries_of(state, *record))
    if (is_open(found.record.state) && !found.record.imported && found.record.campaign == campaign) return found.enquiry;
  return std::nullopt;
}

void note_match(Decision& decision, const State& state, const PersonId& patient, PersonRecord& record, const EnquiryId& enquiry,
                const SiteId& site, const CampaignId& campaign, Instant now) {
  const PersonId enquirer{std::string(owner_key(enquiry.text()))};
  record.matches.push_back({.enquiry = enquiry, .enquirer = enquirer, .campaign = campaign, .at = now});
  if (record.matches.size() > kMatchesMax) record.matches.erase(record.matches.begin());
  decision.emit(messages::EnquiryMatched{.person = patient,
                                         .enquiry = enquiry,
                                         .site = site,
                                         .campaign = campaign,
                                         .enquirer = enquirer,
                                         .unfinished_care = has_unfinished_care(state, patient)});
}

Received receive(Decision& decision, const State& state, const NewEnquiry& asked, Instant now) {
  const PersonRecord* known = state.find<PersonRecord>(asked.person.text());
  PersonRecord person;
  if (known == nullptr) {
    person.profile = asked.profile;
    person.profile.contact_points = normalised(person.profile.contact_points, state.config().default_region);
    if (person.profile.home_site.empty()) person.profile.home_site = asked.site;
    remember(person, asked.enquiry, asked.campaign);
    add_person(decision, state, asked.person, person);
  } else {
    person = *known;
    remember(person, asked.enquiry, asked.campaign);
    auto points = person.profile.contact_points;
    points.insert(points.end(), asked.profile.contact_points.begin(), asked.profile.contact_points.end());
    points = normalised(points, state.config().default_region);
    if (points.size() > kContactPointsMax) points.resize(kContactPointsMax);  // what was known first stays
    person.profile.contact_points = std::move(points);
  }

  EnquiryRecord record{.person = asked.person,
                       .site = asked.site,
                       .campaign = asked.campaign,
                       .source = asked.source,
                       .channel = asked.channel,
                       .text = asked.text,
                       .received_at = now,
                       .state = LeadState::kFresh,
                       .referrer = asked.referrer};
  const messages::EnquiryReceived received{.person = asked.person,
                                           .enquiry = asked.enquiry,
                                           .site = asked.site,
                                           .campaign = asked.campaign,
                                           .source = asked.source,
                                           .channel = asked.channel,
                                           .text = asked.text,
                                           .received_at = now,
                                           .contact_points = person.profile.contact_points,
                                           .referrer = asked.referrer,
                                           .contact_consent = asked.contact_consent,
                                           .marketing_consent = asked.marketing_consent};
  if (known == nullptr) {
    decision.emit(received);
  } else {
    Decision noted;
    if (is_patient(known->profile.status)) note_match(noted, state, asked.person, person, asked.enquiry, asked.site, asked.campaign, now);
    if (person.profile.contact_points == known->profile.contact_points) {
      decision.put(asked.person.text(), person);
    } else {
      change_person(decision, state, asked.person, *known, person);
    }
    decision.emit(received).append(std::move(noted));
  }
  if (ends_contact(person.profile.status))
    advance(decision, state, asked.enquiry, record, LeadState::kNeedsReview, "person " + std::string(to_string(person.profile.status)));
  return {std::move(record), std::move(person)};
}

Decision on(const State& state, const messages::SubmitEnquiry& command, Instant now) {
  if (auto objected = objection(command.person, command.profile)) return Decision::refuse(objected->code, std::move(objected->detail));
  const std::string& enquiry = command.enquiry.text();
  if (!is_id_of(command.enquiry, command.person))
    return Decision::refuse(Refusal::kInvalidId, "an enquiry's id starts with its person and a dot");
  if (state.find<EnquiryRecord>(enquiry) != nullptr) return Decision::refuse(Refusal::kAlreadyExists, "there is an enquiry " + enquiry);
  if (!command.campaign.empty() && state.find<KnownCampaignRecord>(command.campaign.text()) == nullptr)
    return Decision::refuse(Refusal::kUnknownCampaign, "no campaign " + command.campaign.text());
  if (command.referrer == command.person || command.referrer.text().find('.') != std::string::npos)
    return Decision::refuse(Refusal::kInvalidReferrer, "a referrer is another person");

  Decision decision;
  auto [record, person] = receive(decision, state,
                                  {.person = command.person,
                                   .enquiry = command.enquiry,
                                   .site = command.site,
                                   .campaign = command.campaign,
                                   .source = command.source,
                                   .channel = command.channel,
                                   .profile = command.profile,
                                   .text = command.text,
                                   .referrer = command.referrer},
                                  now);
  start_clocks(decision, state, command.enquiry, record);
  decision.reply(view_of(command.enquiry, record, &person));
  store(decision, command.enquiry, nullptr, std::move(record));
  return decision;
}

Decision on(const State& state, const messages::WebFormAccepted& event, Instant now) {
  if (state.find<EnquiryRecord>(event.enquiry.text()) != nullptr) return {};
  const bool is_known = state.find<KnownCampaignRecord>(event.campaign.text()) != nullptr;
  NewEnquiry asked{.person = event.person,
                   .enquiry = event.enquiry,
                   .site = event.site,
                   .campaign = is_known ? event.campaign : CampaignId(),
                   .source = messages::LeadSource::kWeb,
                   .channel = event.channel,
                   .profile = {},
                   .text = event.text,
                   .referrer = {},
                   .contact_consent = event.contact_consent,
                   .marketing_consent = event.marketing_consent};
  asked.profile.given_name = event.given_name;
  asked.profile.family_name = event.family_name;
  asked.profile.contact_points = {{.kind = messages::ContactKind::kPhone, .value = event.phone, .raw = {}},
                                  {.kind = messages::ContactKind::kEmail, .value = event.email, .raw = {}}};
  if (const auto* campaign = state.find<KnownCampaignRecord>(asked.campaign.text()); is_known && campaign != nullptr)
    asked.source = campaign->source;
  Decision decision;
  EnquiryRecord record = receive(decision, state, asked, now).record;
  start_clocks(decision, state, event.enquiry, record);
  store(decision, event.enquiry, nullptr, std::move(record));
  return decision;
}

Decision on(const State& state, const messages::ImportLeads& command, Instant) {
  for (const messages::ImportedLead& lead : command.leads) {
    const auto refuse = [&](Refusal code, const std::string& detail) {
      return Decision::refuse(code, detail + " (" + lead.enquiry.text() + ")");
    };
    if (auto objected = objection(lead.person, lead.profile)) return refuse(objected->code, objected->detail);
    if (!is_id_of(lead.enquiry, lead.person)) return refuse(Refusal::kInvalidId, "an enquiry's id starts with its person and a dot");
    if (runtime::lane_of(lead.person.text()) != runtime::lane_of(command.key))
      return refuse(Refusal::kLaneMismatch, lead.person.text() + " is not of the lane of " + command.key);
    if (!lead.campaign.empty() && state.find<KnownCampaignRecord>(lead.campaign.text()) == nullptr)
      return refuse(Refusal::kUnknownCampaign, "no campaign " + lead.campaign.text());
  }
  Decision decision;
  Contacts contacts(state);
  messages::ImportDone counts;
  std::set<std::string> seen;
  std::map<std::string, PersonRecord> persons;
  for (const messages::ImportedLead& lead : command.leads) {
    if (!seen.insert(lead.enquiry.text()).second || state.find<EnquiryRecord>(lead.enquiry.text()) != nullptr) {
      ++counts.already_known;
      continue;
    }
    ++counts.imported;
    const auto [at, is_new_here] = persons.try_emplace(lead.person.text());
    PersonRecord& person = at->second;
    if (is_new_here) {
      if (const PersonRecord* known = state.find<PersonRecord>(lead.person.text())) {
        person = *known;
      } else {
        person.profile = lead.profile;
        person.profile.provenance = messages::Provenance::kImported;
        person.profile.contact_points = normalised(person.profile.contact_points, state.config().default_region);
        if (person.profile.home_site.empty()) person.profile.home_site = lead.site;
        add_person(decision, contacts, state, lead.person, person);
      }
    }
    remember(person, lead.enquiry, lead.campaign);
    decision.emit(messages::EnquiryImported{.person = lead.person,
                                            .enquiry = lead.enquiry,
                                            .site = lead.site,
                                            .campaign = lead.campaign,
                                            .source = lead.source,
                                            .channel = lead.channel,
                                            .received_at = lead.received_at});
    store(decision, lead.enquiry, nullptr,
          EnquiryRecord{.person = lead.person,
                        .site = lead.site,
                        .campaign = lead.campaign,
                        .source = lead.source,
                        .channel = lead.channel,
                        .text = lead.text,
                        .received_at = lead.received_at,
                        .state = LeadState::kFresh,
                        .imported = true});
  }
  for (auto& [id, person] : persons) decision.put(id, std::move(person));
  contacts.finish(decision);
  decision.reply(counts);
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
  keep(decision, state, command.enquiry, known, std::move(record));
  return decision;
}

void note_call(Decision& decision, const State& state, const EnquiryId& enquiry, EnquiryRecord& record, const messages::RecordCall& call,
               Instant now) {
  if (record.campaign.empty()) record.campaign = campaign_of_number(state, call.dialled);
  decision.emit(messages::CallRecorded{.person = record.person,
                                       .enquiry = enquiry,
                                       .site = record.site,
                                       .outcome = call.outcome,
                                       .reason = call.reason,
                                       .by = call.by,
                                       .campaign = record.campaign,
                                       .value_minor = call.value_minor});
  if (call.value_minor > 0) record.value_minor = call.value_minor;
  if (call.outcome == messages::CallOutcome::kNotBooked) record.not_booked_at = now;
  if (!is_conversation(call.outcome)) return;
  if (record.state == LeadState::kNurturing) advance(decision, state, enquiry, record, LeadState::kContacted, "spoken with");
  if (record.contacted_at) return;
  record.contacted_at = now;
  if (is_open(record.state) && record.state != LeadState::kNeedsReview) record.state = LeadState::kContacted;
  decision.emit(messages::EnquiryContacted{.person = record.person,
                                           .enquiry = enquiry,
                                           .site = record.site,
                                           .campaign = record.campaign,
                                           .waited_seconds = waited_seconds(record.received_at, now),
                                           .by = call.by,
                                           .waited_business_seconds = waited_business_seconds(state, record, now),
                                           .breached = record.contact_breached});
}

Decision on(const State& state, const messages::RecordCall& command, Instant now) {
  const EnquiryRecord* known = state.find<EnquiryRecord>(command.enquiry.text());
  if (known == nullptr) return no_such_enquiry(command.enquiry);
  if (!is_workable(known->state)) return illegal(known->state);
  EnquiryRecord record = *known;
  Decision decision;
  note_call(decision, state, command.enquiry, record, command, now);
  keep(decision, state, command.enquiry, known, std::move(record));
  return decision;
}

Decision on(const State& state, const messages::CloseLead& command, Instant) {
  const EnquiryRecord* known = state.find<EnquiryRecord>(command.enquiry.text());
  if (known == nullptr) return no_such_enquiry(command.enquiry);
  if (!is_workable(known->state)) return illegal(known->state);
  EnquiryRecord record = *known;
  Decision decision;
  advance(decision, state, command.enquiry, record, LeadState::kLost, command.reason);
  keep(decision, state, command.enquiry, known, std::move(record));
  return decision;
}

Decision on(const State& state, const messages::NurtureLead& command, Instant now) {
  const EnquiryRecord* known = state.find<EnquiryRecord>(command.enquiry.text());
  if (known == nullptr) return no_such_enquiry(command.enquiry);
  if (!is_for_the_desk(known->state) || known->state == LeadState::kNeedsReview) return illegal(known->state);
  const NurtureSequence& sequence = kNurtureSequences.back();
  EnquiryRecord record = *known;
  record.nurture_version = sequence.version;
  record.nurture_step = 0;
  Decision decision;
  advance(decision, state, command.enquiry, record, LeadState::kNurturing, {});
  decision.set_timer(nurture_timer(command.enquiry), now + sequence.steps.front().after, NurtureDue{command.enquiry, 1});
  keep(decision, state, command.enquiry, known, std::move(record));
  return decision;
}

Decision on(const State& state, const NurtureDue& due, Instant now) {
  const EnquiryRecord* known = state.find<EnquiryRecord>(due.enquiry.text());
  if (known == nullptr || known->state != LeadState::kNurturing || known->nurture_step + 1 != due.step) return {};
  const NurtureSequence& sequence = nurture_sequence(known->nurture_version);
  EnquiryRecord record = *known;
  Decision decision;
  if (due.step > sequence.steps.size()) {
    advance(decision, state, due.enquiry, record, LeadState::kLost, "no answer to the nurture sequence");
    store(decision, due.enquiry, known, std::move(record));
    return decision;
  }
  record.nurture_step = due.step;
  decision.emit(messages::NurtureStepDue{.person = record.person,
                                         .enquiry = due.enquiry,
                                         .site = record.site,
                                         .version = record.nurture_version,
                                         .step = due.step,
                                         .template_name = std::string(sequence.steps[due.step - 1U].template_name)});
  const auto after = due.step < sequence.steps.size() ? sequence.steps[due.step].after : sequence.ends_after;
  decision.set_timer(nurture_timer(due.enquiry), now + after, NurtureDue{due.enquiry, static_cast<std::uint16_t>(due.step + 1)});
  store(decision, due.enquiry, known, std::move(record));
  return decision;
}

Decision on(const State& state, const messages::ConsentChanged& event, Instant) {
  Decision decision;
  if (event.purpose == messages::MessagePurpose::kMarketing && event.state == messages::ConsentState::kDenied)
    stop_nurture(decision, state, event.person);
  return decision;
}

Decision on(const State& state, const messages::ContactSuppressed& event, Instant) {
  Decision decision;
  const ContactRecord* contact = state.find<ContactRecord>(event.contact.reveal());
  if (contact == nullptr) return decision;
  for (const PersonId& person : contact->persons) stop_nurture(decision, state, person);
  return decision;
}

Decision on(const State& state, const messages::LeadAssigned& event, Instant) {
  const EnquiryRecord* known = state.find<EnquiryRecord>(event.enquiry.text());
  if (known == nullptr) return {};
  EnquiryRecord record = *known;
  record.assigned_to = event.agent;
  Decision decision;
  store(decision, event.enquiry, known, std::move(record));
  return decision;
}

Decision on(const State& state, const AcknowledgementDue& due, Instant) {
  const EnquiryRecord* known = state.find<EnquiryRecord>(due.enquiry.text());
  if (known == nullptr || !is_acknowledgement_awaited(*known)) return {};
  EnquiryRecord record = *known;
  record.acknowledgement_breached = true;
  Decision decision;
  decision.emit(breach(due.enquiry, record, messages::SpeedClock::kAcknowledgement, state.config().acknowledge_within))
      .put(due.enquiry.text(), std::move(record));
  return decision;
}

Decision on(const State& state, const ContactDue& due, Instant) {
  const EnquiryRecord* known = state.find<EnquiryRecord>(due.enquiry.text());
  if (known == nullptr || !is_contact_awaited(*known)) return {};
  EnquiryRecord record = *known;
  record.contact_breached = true;
  Decision decision;
  decision.emit(breach(due.enquiry, record, messages::SpeedClock::kFirstContact, state.config().contact_within))
      .put(due.enquiry.text(), std::move(record));
  return decision;
}

Decision on(const State& state, const messages::MessageSent& event, Instant now) {
  if (event.programme != kAcknowledgementProgramme && event.programme != kMissedCallProgramme) return {};
  const EnquiryRecord* known = state.find<EnquiryRecord>(event.subject);
  if (known == nullptr || known->person != event.person || known->acknowledged_at) return {};
  EnquiryRecord record = *known;
  record.acknowledged_at = now;
  if (record.state == LeadState::kFresh) record.state = LeadState::kAcknowledged;
  Decision decision;
  decision.emit(messages::EnquiryAcknowledged{.person = record.person,
                                              .enquiry = EnquiryId(event.subject),
                                              .site = record.site,
                                              .waited_seconds = waited_seconds(record.received_at, now),
                                              .waited_business_seconds = waited_business_seconds(state, record, now)});
  store(decision, EnquiryId(event.subject), known, std::move(record));
  return decision;
}

Decision on(const State& state, const messages::AppointmentBooked& event, Instant) {
  Decision decision;
  note_visit(decision, state, event.person, event.appointment, event.site, event.visit, messages::KnownVisitState::kBooked);
  const PersonRecord* person = state.find<PersonRecord>(event.person.text());
  if (person == nullptr) return decision;
  std::vector<Found> all = enquiries_of(state, *person);
  if (!event.moved_from.empty()) {
    for (Found& found : all) {
      if (found.record.appointment != event.moved_from) continue;
      found.record.appointment = event.appointment;
      store(decision, found.enquiry, found.before, std::move(found.record));
    }
    return decision;
  }
  const auto newest = std::ranges::find_if(all, [](const Found& found) { return is_open(found.record.state); });
  if (newest == all.end()) return decision;
  newest->record.appointment = event.appointment;
  advance(decision, state, newest->enquiry, newest->record, LeadState::kBooked, {});
  store(decision, newest->enquiry, newest->before, std::move(newest->record));
  // whoever books is nurtured no more, about whichever enquiry it was
  for (Found& found : all) {
    if (&found == &*newest || found.record.state != LeadState::kNurturing) continue;
    advance(decision, state, found.enquiry, found.record, LeadState::kLost, "booked through another enquiry");
    store(decision, found.enquiry, found.before, std::move(found.record));
  }
  return decision;
}

Decision on(const State& state, const messages::AppointmentCompleted& event, Instant) {
  Decision decision;
  note_visit(decision, state, event.person, event.appointment, event.site, event.visit, messages::KnownVisitState::kCompleted);
  const PersonRecord* person = state.find<PersonRecord>(event.person.text());
  if (person == nullptr) return decision;
  std::vector<Found> all = enquiries_of(state, *person);
  const auto booked = [](const Found& found) { return found.record.state == LeadState::kBooked; };
  auto kept = std::ranges::find_if(all, [&](const Found& found) { return booked(found) && found.record.appointment == event.appointment; });
  // the visit it was booked for may have been cancelled and another one made
  if (kept == all.end()) kept = std::ranges::find_if(all, booked);
  if (kept != all.end()) {
    kept->record.appointment = event.appointment;
    advance(decision, state, kept->enquiry, kept->record, LeadState::kKept, {});
    if (!kept->record.referrer.empty()) {
      decision.emit(messages::ReferralKept{
          .person = kept->record.referrer, .enquiry = kept->enquiry, .site = kept->record.site, .referred = event.person});
    }
    store(decision, kept->enquiry, kept->before, std::move(kept->record));
  }
  if (person->profile.status == messages::PersonStatus::kProspect) {
    PersonRecord patient = *person;
    patient.profile.status = messages::PersonStatus::kPatient;
    change_person(decision, state, event.person, *person, std::move(patient));
  }
  return decision;
}

Decision on(const State& state, const messages::ItemDecided& event, Instant) {
  if (event.to != messages::ItemState::kCompleted) return {};
  const PersonRecord* person = state.find<PersonRecord>(event.person.text());
  if (person == nullptr) return {};
  std::vector<Found> all = enquiries_of(state, *person);
  const auto won = std::ranges::find_if(
      all, [](const Found& found) { return found.record.state == LeadState::kKept || found.record.state == LeadState::kProduced; });
  if (won == all.end()) return {};
  Decision decision;
  decision.emit(messages::EnquiryProduced{.person = event.person,
                                          .enquiry = won->enquiry,
                                          .site = won->record.site,
                                          .campaign = won->record.campaign,
                                          .fee_minor = event.fee_minor});
  if (won->record.state == LeadState::kKept) {
    advance(decision, state, won->enquiry, won->record, LeadState::kProduced, {});
    store(decision, won->enquiry, won->before, std::move(won->record));
  }
  return decision;
}

}  // namespace bridgework::lead_intake
