#include "lead_intake/answer_bookers.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lead_intake/answer.hpp"
#include "lead_intake/contact.hpp"
#include "runtime/zone.hpp"

namespace bridgework::lead_intake {
namespace {

constexpr std::size_t kPersonsMax = 200;
constexpr std::size_t kBookersMax = 16;
constexpr std::chrono::years kAdult{18};

/// Somebody who can still come.
struct Known {
  PersonId id;
  PersonRecord record;
};

std::vector<Known> known(const View& view, const std::vector<std::string>& ids) {
  auto records = view.find_all<PersonRecord>(ids);
  std::vector<Known> found;
  for (std::size_t i = 0; i < ids.size(); ++i)
    if (records[i] && !ends_contact(records[i]->profile.status)) found.push_back({PersonId(ids[i]), std::move(*records[i])});
  return found;
}

std::vector<std::string> members(const View& view, const std::string& index) {
  constexpr double kAny = std::numeric_limits<double>::infinity();
  std::vector<std::string> ids;
  for (auto& entry : view.index(index, -kAny, kAny, kPersonsMax)) ids.push_back(std::move(entry.member));
  return ids;
}

/// By birth date; whose is not known counts as grown up.
bool is_minor(const PersonRecord& record, LocalDay today) {
  const std::optional<LocalDay>& birth = record.profile.birth_day.reveal();
  return birth && LocalDay(std::chrono::year_month_day(*birth) + kAdult) > today;
}

bool has_contact(const PersonRecord& record, std::string_view contact) {
  return std::ranges::any_of(record.profile.contact_points, [&](const auto& point) { return point.value.reveal() == contact; });
}

/// Whether what reaches the one reaches the other.
bool is_reached_by(const PersonRecord& one, const PersonRecord& other) {
  return std::ranges::all_of(one.profile.contact_points,
                             [&](const auto& point) { return point.value.reveal().empty() || has_contact(other, point.value.reveal()); });
}

/// The one who answers at a contact point that these share. Nobody's form makes a stranger of a patient: while one of them is a patient, or
/// answers for one, the others do not count.
const Known* who_answers(const View& view, const std::vector<Known>& sharers, LocalDay today) {
  std::map<PersonId, bool> answering;  // whether for a patient
  const auto find = [&](const PersonId& id) { return std::ranges::find(sharers, id, &Known::id); };
  for (const Known& one : sharers) {
    const auto guarantor = find(one.record.guarantor);
    const bool is_answered_for = guarantor != sharers.end() && !is_minor(guarantor->record, today);
    if (!is_answered_for && is_minor(one.record, today)) continue;
    answering[is_answered_for ? guarantor->id : one.id] |= is_patient(one.record.profile.status);
  }
  if (std::ranges::any_of(answering, [](const auto& one) { return one.second; }))
    std::erase_if(answering, [](const auto& one) { return !one.second; });
  if (answering.empty()) return nullptr;
  const auto& first = answering.begin()->first;
  const std::vector<PersonId> same = linked_with(view, first.text());
  for (const auto& [other, for_a_patient] : answering)
    if (other != first && std::ranges::find(same, other) == same.end()) return nullptr;
  return &*find(first);
}

/// Those for whom this person answers: children, and who can be reached in no other way.
std::vector<Known> dependants(const View& view, const Known& holder, const std::vector<std::string>& sharers, LocalDay today) {
  std::set<std::string> ids(sharers.begin(), sharers.end());
  // Many a household is called after its guarantor, who is not in it.
  for (const HouseholdId& household : {holder.record.household, HouseholdId(holder.id.text())})
    if (!household.empty())
      for (std::string& id : members(view, household_index(household))) ids.insert(std::move(id));
  std::vector<Known> found = known(view, {ids.begin(), ids.end()});
  std::erase_if(found, [&](const Known& one) {
    return one.id == holder.id || one.record.guarantor != holder.id ||
           !(is_minor(one.record, today) || is_reached_by(one.record, holder.record));
  });
  return found;
}

}  // namespace

runtime::Answer<Vocabulary::Reply, Refusal> on(const View& view, const messages::GetBookers& query, const Config& config, Instant now) {
  const std::string& given = query.contact.reveal();
  std::string contact = normalise_email(given);
  if (contact.empty()) contact = normalise_phone(given, config.default_region);
  if (contact.empty()) return messages::Bookers{};
  const auto site = view.find<SiteRecord>(query.site.text());
  const LocalDay today = runtime::local_day(now, site && runtime::zone_exists(site->zone) ? site->zone : "UTC");

  std::vector<std::string> ids = members(view, contact_index(contact));
  std::vector<Known> sharers = known(view, ids);
  const Known* first = nullptr;
  if (query.person.empty()) {
    first = who_answers(view, sharers, today);
  } else if (const auto found = std::ranges::find(sharers, query.person, &Known::id); found != sharers.end()) {
    first = &*found;
  }
  if (first == nullptr) return messages::Bookers{};
  const Known* holder = first;
  if (is_minor(first->record, today)) {
    const auto guarantor = std::ranges::find(sharers, first->record.guarantor, &Known::id);
    if (guarantor == sharers.end() || is_minor(guarantor->record, today)) return messages::Bookers{};
    holder = &*guarantor;
  }
  messages::Bookers bookers{.contact = Phi<std::string>(contact), .persons = {}};
  const auto add = [&](const Known& one) {
    if (bookers.persons.size() < kBookersMax &&
        std::ranges::find(bookers.persons, one.id, &messages::Booker::person) == bookers.persons.end())
      bookers.persons.push_back({.person = one.id, .given_name = one.record.profile.given_name});
  };
  add(*first);
  add(*holder);
  for (const Known& one : dependants(view, *holder, ids, today)) add(one);
  return bookers;
}

}  // namespace bridgework::lead_intake
