#include "lead_intake/decide_desk.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "lead_intake/contact.hpp"
#include "lead_intake/decide_campaign.hpp"
#include "lead_intake/decide_care.hpp"
#include "lead_intake/decide_enquiry.hpp"
#include "runtime/zone.hpp"

namespace bridgework::lead_intake {
namespace {

constexpr std::size_t kAgentsMax = 32;
constexpr std::size_t kLeadsMax = 3000;

/// Nobody took it, and nothing was said: the caller should hear from us.
bool wants_text_back(messages::CallOutcome outcome) {
  switch (outcome) {
    case messages::CallOutcome::kMissed:
    case messages::CallOutcome::kAbandoned: return true;
    case messages::CallOutcome::kBooked:
    case messages::CallOutcome::kNotBooked:
    case messages::CallOutcome::kNotConnected:
    case messages::CallOutcome::kVoicemail: return false;
  }
  return false;
}

/// The next agent of the round who has room, or nobody.
std::optional<std::string> next_agent(SiteDeskRecord& desk) {
  for (std::size_t i = 0; i < desk.agents.size(); ++i) {
    const std::size_t at = (desk.next + i) % desk.agents.size();
    const Agent& agent = desk.agents[at];
    if (std::ranges::count(desk.leads, agent.agent, &OpenLead::agent) >= agent.capacity) continue;
    desk.next = static_cast<std::uint16_t>((at + 1) % desk.agents.size());
    return agent.agent;
  }
  return std::nullopt;
}

/// Gives what waits to those who have room, oldest first.
void assign_waiting(Decision& decision, const SiteId& site, SiteDeskRecord& desk) {
  for (OpenLead& lead : desk.leads) {
    if (!lead.agent.empty()) continue;
    const auto agent = next_agent(desk);
    if (!agent) return;
    lead.agent = *agent;
    decision.emit(messages::LeadAssigned{
        .person = PersonId(std::string(owner_key(lead.enquiry.text()))), .enquiry = lead.enquiry, .site = site, .agent = *agent});
  }
}

void note_matches(Decision& decision, const State& state, const messages::EnquiryReceived& event, Instant now) {
  std::set<std::string> sharers;
  for (const auto& point : event.contact_points) {
    if (point.value.reveal().empty()) continue;
    const ContactRecord* contact = state.find<ContactRecord>(point.value.reveal());
    if (contact == nullptr) continue;
    for (const PersonId& person : contact->persons) sharers.insert(person.text());
  }
  sharers.erase(event.person.text());
  for (const std::string& sharer : sharers) {
    const PersonRecord* known = state.find<PersonRecord>(sharer);
    if (known == nullptr || !is_patient(known->profile.status)) continue;
    PersonRecord person = *known;
    note_match(decision, state, PersonId(sharer), person, event.enquiry, event.site, event.campaign, now);
    decision.put(sharer, std::move(person));
  }
}

}  // namespace

Decision on(const State& state, const messages::ReceiveCall& command, Instant now) {
  const std::string& number = command.caller.reveal();
  if (number.empty() || normalise_phone(number, state.config().default_region) != number)
    return Decision::refuse(Refusal::kInvalidContact, "a caller's number is written as E.164, +12025550143");
  const std::string& enquiry = command.enquiry.text();
  if (command.person.empty() || command.person.text().find('.') != std::string::npos || owner_key(enquiry) != command.person.text() ||
      enquiry.size() <= command.person.text().size() + 1 || command.known_person.text().find('.') != std::string::npos)
    return Decision::refuse(Refusal::kInvalidId, "an enquiry's id starts with its person and a dot");

  const CallerRecord* known = state.find<CallerRecord>(number);
  CallerRecord caller = known == nullptr ? CallerRecord{} : *known;
  if (!command.known_person.empty()) caller.person = command.known_person;
  if (caller.person.empty()) caller.person = command.person;
  const EnquiryId id(caller.person.text() + enquiry.substr(command.person.text().size()));
  const CampaignId campaign = campaign_of_number(state, command.dialled);

  Decision decision;
  messages::CallTaken taken{.person = caller.person, .campaign = campaign, .text_back = false};
  messages::CallReceived received{.person = caller.person,
                                  .enquiry = id,
                                  .site = command.site,
                                  .campaign = campaign,
                                  .caller = command.caller,
                                  .outcome = command.outcome,
                                  .reason = command.reason,
                                  .by = command.by,
                                  .missed_on = {},
                                  .text_useful_until = {},
                                  .value_minor = command.value_minor};
  const SiteRecord* site = state.find<SiteRecord>(command.site.text());
  const std::string zone = site != nullptr && runtime::zone_exists(site->zone) ? site->zone : "UTC";
  const LocalDay today = runtime::local_day(now, zone);
  // two sites may be a day apart; a caller of both has one text back
  const bool was_texted = caller.texted_on && *caller.texted_on >= today;
  if (wants_text_back(command.outcome) && !was_texted) {
    caller.texted_on = today;
    taken.text_back = true;
    received.missed_on = today;
    received.text_useful_until = runtime::day_start(today + std::chrono::days(1), zone);
  }
  decision.emit(std::move(received)).put(number, std::move(caller)).reply(std::move(taken));
  return decision;
}

namespace {

/// Told from the person's lane, behind everything that says who it is: whoever texts back knows where to.
void ask_for_text_back(Decision& decision, const messages::CallReceived& event) {
  if (!event.missed_on || !event.text_useful_until) return;
  decision.emit(messages::CallMissed{.person = event.person,
                                     .enquiry = event.enquiry,
                                     .site = event.site,
                                     .day = *event.missed_on,
                                     .useful_until = *event.text_useful_until});
}

}  // namespace

Decision on(const State& state, const messages::CallReceived& event, Instant now) {
  const messages::RecordCall call{
      .enquiry = {}, .outcome = event.outcome, .reason = event.reason, .by = event.by, .dialled = {}, .value_minor = event.value_minor};
  if (const auto open = open_enquiry_about(state, event.person, event.campaign)) {
    Decision decision;
    const EnquiryRecord* before = state.find<EnquiryRecord>(open->text());
    EnquiryRecord record = *before;
    note_call(decision, state, *open, record, call, now);
    store(decision, *open, before, std::move(record));
    ask_for_text_back(decision, event);
    return decision;
  }
  if (state.find<EnquiryRecord>(event.enquiry.text()) != nullptr) {
    Decision decision;
    ask_for_text_back(decision, event);
    return decision;
  }
  const KnownCampaignRecord* campaign = state.find<KnownCampaignRecord>(event.campaign.text());
  NewEnquiry asked{.person = event.person,
                   .enquiry = event.enquiry,
                   .site = event.site,
                   .campaign = event.campaign,
                   .source = campaign == nullptr ? messages::LeadSource::kPhone : campaign->source,
                   .channel = messages::EnquiryChannel::kPhoneCall,
                   .profile = {},
                   .text = {},
                   .referrer = {}};
  asked.profile.contact_points.push_back({.kind = messages::ContactKind::kPhone, .value = event.caller, .raw = event.caller});
  Decision decision;
  EnquiryRecord record = receive(decision, state, asked, now).record;
  note_call(decision, state, event.enquiry, record, call, now);
  start_clocks(decision, state, event.enquiry, record);
  store(decision, event.enquiry, nullptr, std::move(record));
  ask_for_text_back(decision, event);
  return decision;
}

Decision on(const State& state, const messages::DefineAgent& command, Instant) {
  const SiteDeskRecord* known = state.find<SiteDeskRecord>(command.site.text());
  SiteDeskRecord desk = known == nullptr ? SiteDeskRecord{} : *known;
  const auto at = std::ranges::find(desk.agents, command.agent, &Agent::agent);
  if (at != desk.agents.end()) {
    at->capacity = command.capacity;
  } else if (desk.agents.size() >= kAgentsMax) {
    return Decision::refuse(Refusal::kTooMany, "a site has " + std::to_string(kAgentsMax) + " agents at most");
  } else {
    desk.agents.push_back({.agent = command.agent, .capacity = command.capacity});
  }
  Decision decision;
  decision.emit(messages::AgentDefined{.site = command.site, .agent = command.agent, .capacity = command.capacity});
  assign_waiting(decision, command.site, desk);
  decision.put(command.site.text(), std::move(desk)).reply(messages::Done{command.agent});
  return decision;
}

Decision on(const State& state, const messages::EnquiryReceived& event, Instant now) {
  Decision decision;
  note_matches(decision, state, event, now);
  if (const SiteDeskRecord* known = state.find<SiteDeskRecord>(event.site.text());
      known != nullptr && known->leads.size() < kLeadsMax &&
      std::ranges::find(known->leads, event.enquiry, &OpenLead::enquiry) == known->leads.end()) {
    SiteDeskRecord desk = *known;
    desk.leads.push_back({.enquiry = event.enquiry, .agent = {}});
    assign_waiting(decision, event.site, desk);
    decision.put(event.site.text(), std::move(desk));
  }
  return decision;
}

Decision on(const State& state, const messages::EnquiryAdvanced& event, Instant) {
  const SiteDeskRecord* known = state.find<SiteDeskRecord>(event.site.text());
  if (known == nullptr || is_for_the_desk(event.to)) return {};
  SiteDeskRecord desk = *known;
  if (std::erase_if(desk.leads, [&](const OpenLead& lead) { return lead.enquiry == event.enquiry; }) == 0) return {};
  Decision decision;
  assign_waiting(decision, event.site, desk);
  decision.put(event.site.text(), std::move(desk));
  return decision;
}

}  // namespace bridgework::lead_intake
