#include "lead_intake/answer.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lead_intake/answer_bookers.hpp"
#include "lead_intake/contact.hpp"
#include "lead_intake/decide_campaign.hpp"
#include "lead_intake/decide_enquiry.hpp"
#include "runtime/zone.hpp"

namespace bridgework::lead_intake {
namespace {

using Answered = runtime::Answer<Vocabulary::Reply, Refusal>;

/// A contact point that more people share than this (a nursing home's front desk) says nothing about who somebody is.
constexpr std::size_t kSharersMax = 200;

Answered no(Refusal code, std::string detail) { return tl::unexpected(runtime::Refused<Refusal>{code, std::move(detail)}); }

void add_sharers(const View& view, std::string_view value, std::set<std::string>& persons) {
  if (value.empty()) return;
  for (auto& entry :
       view.index(contact_index(value), -std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity(), kSharersMax))
    persons.insert(std::move(entry.member));
}

/// More records of one human being than a reply shows are not followed.
constexpr std::size_t kLinkedMax = 64;

}  // namespace

std::vector<PersonId> linked_with(const View& view, const std::string& person) {
  std::vector<std::string> found{person};
  for (std::size_t next = 0; next < found.size(); ++next) {
    for (const std::string& index : {linked_to_index(found[next]), linked_by_index(found[next])}) {
      for (auto& entry : view.index(index)) {
        if (found.size() > kLinkedMax) break;
        if (std::ranges::find(found, entry.member) == found.end()) found.push_back(std::move(entry.member));
      }
    }
  }
  std::vector<PersonId> others;
  for (std::size_t i = 1; i < found.size() && i <= kLinkedMax; ++i) others.emplace_back(std::move(found[i]));
  return others;
}

namespace {

messages::PersonView shown(const View& view, const PersonId& person, PersonRecord record) {
  return {.person = person,
          .profile = std::move(record.profile),
          .enquiries = std::move(record.enquiries),
          .household = record.household,
          .guarantor = record.guarantor,
          .linked = linked_with(view, person.text()),
          .first_touch = record.first_touch,
          .last_touch = record.last_touch};
}

messages::PersonList shown_all(const View& view, const std::vector<std::string>& ids) {
  auto records = view.find_all<PersonRecord>(ids);
  messages::PersonList list;
  for (std::size_t i = 0; i < ids.size(); ++i)
    if (records[i]) list.persons.push_back(shown(view, PersonId(ids[i]), std::move(*records[i])));
  return list;
}

std::optional<CampaignRecord> campaign_of(const View& view, const CampaignId& campaign) {
  return campaign.empty() ? std::nullopt : view.find<CampaignRecord>(campaign.text());
}

/// What whoever opens an enquiry must see of its campaign.
void show_campaign(messages::LeadView& lead, std::optional<CampaignRecord> campaign) {
  if (!campaign) return;
  lead.campaign_name = std::move(campaign->name);
  lead.promise = std::move(campaign->promise);
  lead.greeting_script = std::move(campaign->greeting_script);
  lead.offer = std::move(campaign->offer);
}

constexpr std::size_t kCampaignsMax = 1000;
constexpr std::size_t kDeskPersonsMax = 10;
constexpr std::size_t kDeskEnquiriesMax = 20;

constexpr double kAny = std::numeric_limits<double>::infinity();

std::vector<std::string> members_of(const View& view, std::string_view index, std::size_t limit) {
  std::vector<std::string> members;
  for (auto& entry : view.index(index, -kAny, kAny, limit)) members.push_back(std::move(entry.member));
  return members;
}

messages::CampaignList campaigns_of(const View& view, const std::vector<std::string>& ids) {
  auto records = view.find_all<CampaignRecord>(ids);
  messages::CampaignList list;
  for (std::size_t i = 0; i < ids.size(); ++i)
    if (records[i]) list.campaigns.push_back(view_of(CampaignId(ids[i]), *records[i]));
  return list;
}

/// The campaign of a number: the one that runs, else one that did.
messages::CampaignView campaign_of_number(const View& view, std::string_view dialled, const Config& config) {
  const std::string number = normalise_phone(dialled, config.default_region);
  if (number.empty()) return {};
  messages::CampaignList list = campaigns_of(view, members_of(view, tracking_index(number), kCampaignsMax));
  const auto running = std::ranges::find(list.campaigns, false, &messages::CampaignView::stopped);
  if (running != list.campaigns.end()) return *running;
  return list.campaigns.empty() ? messages::CampaignView{} : list.campaigns.front();
}

Answered on(const View& view, const messages::GetLead& query, const Config&, Instant) {
  const auto record = view.find<EnquiryRecord>(query.enquiry.text());
  if (!record) return no(Refusal::kUnknownEnquiry, "no enquiry " + query.enquiry.text());
  const auto person = view.find<PersonRecord>(record->person.text());
  messages::LeadView lead = view_of(query.enquiry, *record, person ? &*person : nullptr);
  show_campaign(lead, campaign_of(view, record->campaign));
  std::set<std::string> sharers;
  for (const auto& point : lead.profile.contact_points) add_sharers(view, point.value.reveal(), sharers);
  sharers.erase(record->person.text());
  for (const std::string& sharer : sharers) lead.candidates.push_back(PersonId(sharer));
  return lead;
}

Answered on(const View& view, const messages::GetCampaign& query, const Config&, Instant) {
  const auto record = view.find<CampaignRecord>(query.campaign.text());
  if (!record) return no(Refusal::kUnknownCampaign, "no campaign " + query.campaign.text());
  return view_of(query.campaign, *record);
}

Answered on(const View& view, const messages::ListCampaigns& query, const Config& config, Instant) {
  std::vector<std::string> ids;
  if (query.tracking_number.empty()) {
    ids = members_of(view, kCampaignsIndex, kCampaignsMax);
  } else if (const std::string number = normalise_phone(query.tracking_number, config.default_region); !number.empty()) {
    ids = members_of(view, tracking_index(number), kCampaignsMax);
  }
  messages::CampaignList list = campaigns_of(view, ids);
  std::erase_if(list.campaigns, [&](const messages::CampaignView& campaign) {
    if (query.running && campaign.stopped) return true;
    return !query.site.empty() && !campaign.sites.empty() && std::ranges::find(campaign.sites, query.site) == campaign.sites.end();
  });
  return list;
}

Answered on(const View& view, const messages::ListLeads& query, const Config&, Instant now) {
  const std::string waiting = query.site.empty() ? std::string(kDeskIndex) : desk_index(query.site);
  const std::string not_booked = query.site.empty() ? std::string(kNotBookedIndex) : not_booked_index(query.site);
  const std::string& index = query.not_booked ? not_booked : waiting;
  const std::vector<std::string> ids = members_of(view, index, std::numeric_limits<std::size_t>::max() / 2);
  messages::LeadList list;
  list.open = ids.size();
  constexpr std::size_t kAtOnce = 200;
  for (std::size_t begin = 0; begin < ids.size() && list.leads.size() < query.limit; begin += kAtOnce) {
    const std::span<const std::string> some = std::span(ids).subspan(begin, std::min(kAtOnce, ids.size() - begin));
    const auto records = view.find_all<EnquiryRecord>(some);
    for (std::size_t i = 0; i < some.size() && list.leads.size() < query.limit; ++i) {
      if (!records[i] || !waits_at_the_desk(*records[i])) continue;
      if (query.not_booked && !waits_for_another_call(*records[i])) continue;
      const bool is_claimed = records[i]->claimed_until && now < *records[i]->claimed_until;
      if (is_claimed || (!query.agent.empty() && records[i]->assigned_to != query.agent)) continue;
      const auto person = view.find<PersonRecord>(records[i]->person.text());
      messages::LeadView lead = view_of(EnquiryId(some[i]), *records[i], person ? &*person : nullptr);
      show_campaign(lead, campaign_of(view, records[i]->campaign));
      list.leads.push_back(std::move(lead));
    }
  }
  return list;
}

/// Everything about one record of a person: their enquiries newest first, visits, open care, and who may have asked for them.
messages::DeskPerson desk_person(const View& view, const PersonId& person, PersonRecord record) {
  messages::DeskPerson shown_person{.person = {}, .enquiries = {}, .visits = {}, .open_care = {}, .matches = std::move(record.matches)};
  std::vector<std::string> ids;
  for (auto it = record.enquiries.rbegin(); it != record.enquiries.rend() && ids.size() < kDeskEnquiriesMax; ++it)
    ids.push_back(it->text());
  auto enquiries = view.find_all<EnquiryRecord>(ids);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (!enquiries[i]) continue;
    messages::LeadView lead = view_of(EnquiryId(ids[i]), *enquiries[i], nullptr);
    show_campaign(lead, campaign_of(view, enquiries[i]->campaign));
    shown_person.enquiries.push_back(std::move(lead));
  }
  if (auto care = view.find<CareRecord>(person.text())) {
    shown_person.visits = std::move(care->visits);
    shown_person.open_care = std::move(care->open_care);
  }
  shown_person.person = shown(view, person, std::move(record));
  return shown_person;
}

Answered on(const View& view, const messages::GetDesk& query, const Config& config, Instant) {
  std::set<std::string> found;
  if (!query.person.empty()) found.insert(query.person.text());
  add_sharers(view, normalise_phone(query.phone.reveal(), config.default_region), found);
  std::vector<std::string> ids(found.begin(), found.end());
  for (const std::string& person : found)
    for (const PersonId& other : linked_with(view, person))
      if (std::ranges::find(ids, other.text()) == ids.end()) ids.push_back(other.text());
  if (ids.size() > kDeskPersonsMax) ids.resize(kDeskPersonsMax);
  messages::DeskView desk;
  desk.campaign = campaign_of_number(view, query.dialled, config);
  auto records = view.find_all<PersonRecord>(ids);
  for (std::size_t i = 0; i < ids.size(); ++i)
    if (records[i]) desk.persons.push_back(desk_person(view, PersonId(ids[i]), std::move(*records[i])));
  if (!query.person.empty() && desk.persons.empty()) return no(Refusal::kUnknownPerson, "no person " + query.person.text());
  if (!desk.campaign.campaign.empty()) return desk;
  const messages::LeadView* newest = nullptr;
  for (const auto& person : desk.persons)
    for (const auto& lead : person.enquiries)
      if (!lead.campaign.empty() && (newest == nullptr || newest->received_at < lead.received_at)) newest = &lead;
  if (newest == nullptr) return desk;
  if (const auto campaign = campaign_of(view, newest->campaign)) desk.campaign = view_of(newest->campaign, *campaign);
  return desk;
}

Answered on(const View& view, const messages::GetWebForm& query, const Config&, Instant now) {
  const WebFormRecord form = view.find<WebFormRecord>(query.site.text()).value_or(WebFormRecord{});
  messages::WebFormView shown_form{.site = query.site, .enabled = form.enabled, .daily_cap = form.daily_cap, .keys = {}};
  for (const FormKey& key : form.keys)
    if (!key.valid_until || now < *key.valid_until) shown_form.keys.push_back({.form_key = key.form_key, .valid_until = key.valid_until});
  const auto site = view.find<SiteRecord>(query.site.text());
  const LocalDay today = runtime::local_day(now, site && runtime::zone_exists(site->zone) ? site->zone : "UTC");
  if (form.counted_on == today) {
    shown_form.counted_today = form.counted;
    shown_form.machines_today = form.machines;
  }
  return shown_form;
}

Answered on(const View& view, const messages::GetPerson& query, const Config&, Instant) {
  auto record = view.find<PersonRecord>(query.person.text());
  if (!record) return no(Refusal::kUnknownPerson, "no person " + query.person.text());
  return shown(view, query.person, std::move(*record));
}

Answered on(const View& view, const messages::FindPersons& query, const Config& config, Instant) {
  const std::string& contact = query.contact.reveal();
  std::set<std::string> persons;
  add_sharers(view, normalise_email(contact), persons);
  add_sharers(view, normalise_phone(contact, config.default_region), persons);
  return shown_all(view, {persons.begin(), persons.end()});
}

Answered on(const View& view, const messages::GetHousehold& query, const Config&, Instant) {
  std::vector<std::string> ids;
  for (auto& entry : view.index(household_index(query.household), -std::numeric_limits<double>::infinity(),
                                std::numeric_limits<double>::infinity(), kSharersMax))
    ids.push_back(std::move(entry.member));
  return shown_all(view, ids);
}

}  // namespace

runtime::Answer<Vocabulary::Reply, Refusal> answer(const View& view, const Query& query, const Config& config, Instant now) {
  return std::visit([&](const auto& each) { return on(view, each, config, now); }, query);
}

}  // namespace bridgework::lead_intake
