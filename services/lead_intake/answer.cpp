#include "lead_intake/answer.hpp"

#include <algorithm>
#include <limits>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "lead_intake/contact.hpp"
#include "lead_intake/decide_enquiry.hpp"

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

/// The other records of the same human being: whoever can be reached by links, whichever way they were made.
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

messages::PersonView shown(const View& view, const PersonId& person, PersonRecord record) {
  return {.person = person,
          .profile = std::move(record.profile),
          .enquiries = std::move(record.enquiries),
          .household = record.household,
          .guarantor = record.guarantor,
          .linked = linked_with(view, person.text())};
}

messages::PersonList shown_all(const View& view, const std::vector<std::string>& ids) {
  auto records = view.find_all<PersonRecord>(ids);
  messages::PersonList list;
  for (std::size_t i = 0; i < ids.size(); ++i)
    if (records[i]) list.persons.push_back(shown(view, PersonId(ids[i]), std::move(*records[i])));
  return list;
}

Answered on(const View& view, const messages::GetLead& query, const Config&) {
  const auto record = view.find<EnquiryRecord>(query.enquiry.text());
  if (!record) return no(Refusal::kUnknownEnquiry, "no enquiry " + query.enquiry.text());
  const auto person = view.find<PersonRecord>(record->person.text());
  messages::LeadView lead = view_of(query.enquiry, *record, person ? &*person : nullptr);
  if (!record->campaign.empty()) {
    if (auto campaign = view.find<CampaignRecord>(record->campaign.text())) {
      lead.campaign_name = std::move(campaign->name);
      lead.promise = std::move(campaign->promise);
      lead.greeting_script = std::move(campaign->greeting_script);
    }
  }
  std::set<std::string> sharers;
  for (const auto& point : lead.profile.contact_points) add_sharers(view, point.value.reveal(), sharers);
  sharers.erase(record->person.text());
  for (const std::string& sharer : sharers) lead.candidates.push_back(PersonId(sharer));
  return lead;
}

Answered on(const View& view, const messages::GetPerson& query, const Config&) {
  auto record = view.find<PersonRecord>(query.person.text());
  if (!record) return no(Refusal::kUnknownPerson, "no person " + query.person.text());
  return shown(view, query.person, std::move(*record));
}

Answered on(const View& view, const messages::FindPersons& query, const Config& config) {
  const std::string& contact = query.contact.reveal();
  std::set<std::string> persons;
  add_sharers(view, normalise_email(contact), persons);
  add_sharers(view, normalise_phone(contact, config.default_region), persons);
  return shown_all(view, {persons.begin(), persons.end()});
}

Answered on(const View& view, const messages::GetHousehold& query, const Config&) {
  std::vector<std::string> ids;
  for (auto& entry : view.index(household_index(query.household), -std::numeric_limits<double>::infinity(),
                                std::numeric_limits<double>::infinity(), kSharersMax))
    ids.push_back(std::move(entry.member));
  return shown_all(view, ids);
}

}  // namespace

runtime::Answer<Vocabulary::Reply, Refusal> answer(const View& view, const Query& query, const Config& config, Instant) {
  return std::visit([&](const auto& each) { return on(view, each, config); }, query);
}

}  // namespace bridgework::lead_intake
