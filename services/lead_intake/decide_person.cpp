#include "lead_intake/decide_person.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "lead_intake/contact.hpp"
#include "lead_intake/decide_enquiry.hpp"
#include "runtime/lane.hpp"
#include "runtime/zone.hpp"

namespace bridgework::lead_intake {
namespace {

constexpr std::size_t kSharersMax = 200;
/// More records of one human being than this are a mistake of whoever links them.
constexpr std::size_t kLinksMax = 16;

Decision no_such_person(const PersonId& person) { return Decision::refuse(Refusal::kUnknownPerson, "no person " + person.text()); }

Decision refuse(runtime::Refused<Refusal> refused) { return Decision::refuse(refused.code, std::move(refused.detail)); }

std::set<std::string> values_of(const messages::PersonProfile& profile) {
  std::set<std::string> values;
  for (const auto& point : profile.contact_points)
    if (!point.value.reveal().empty()) values.insert(point.value.reveal());
  return values;
}

}  // namespace

std::optional<runtime::Refused<Refusal>> objection(const PersonId& person, const messages::PersonProfile& profile) {
  // a dot would make somebody else the owner of the person
  if (person.empty() || person.text().find('.') != std::string::npos)
    return runtime::Refused<Refusal>{Refusal::kInvalidId, "a person's id has no dot"};
  if (!profile.zone.empty() && !runtime::zone_exists(profile.zone))
    return runtime::Refused<Refusal>{Refusal::kInvalidZone, "no time zone " + profile.zone};
  return std::nullopt;
}

messages::PersonProfile told(const State& state, messages::PersonProfile profile) {
  if (!profile.zone.empty() || profile.home_site.empty()) return profile;
  if (const SiteRecord* site = state.find<SiteRecord>(profile.home_site.text())) profile.zone = site->zone;
  return profile;
}

ContactRecord& Contacts::record(const std::string& value) {
  const auto [at, fresh] = changed_.try_emplace(value);
  const ContactRecord* known = fresh ? state_->find<ContactRecord>(value) : nullptr;
  if (known != nullptr) at->second = *known;
  return at->second;
}

void Contacts::add(const std::string& value, const PersonId& person) {
  auto& persons = record(value).persons;
  // a contact point that more people share (a nursing home's front desk) says nothing about who somebody is
  if (persons.size() < kSharersMax && std::ranges::find(persons, person) == persons.end()) persons.push_back(person);
}

void Contacts::remove(const std::string& value, const PersonId& person) { std::erase(record(value).persons, person); }

void Contacts::finish(Decision& decision) {
  for (auto& [value, record] : changed_) {
    if (record.persons.empty()) {
      decision.erase<ContactRecord>(value);
    } else {
      decision.put(value, std::move(record));
    }
  }
  changed_.clear();
}

void add_person(Decision& decision, Contacts& contacts, const State& state, const PersonId& person, PersonRecord record) {
  for (const std::string& value : values_of(record.profile)) {
    decision.add_to_index(contact_index(value), person.text());
    contacts.add(value, person);
  }
  decision.emit(messages::PersonRegistered{.person = person, .site = record.profile.home_site, .profile = told(state, record.profile)});
  decision.put(person.text(), std::move(record));
}

void add_person(Decision& decision, const State& state, const PersonId& person, PersonRecord record) {
  Contacts contacts(state);
  add_person(decision, contacts, state, person, std::move(record));
  contacts.finish(decision);
}

void change_person(Decision& decision, const State& state, const PersonId& person, const PersonRecord& before, PersonRecord after) {
  const std::set<std::string> old_values = values_of(before.profile);
  const std::set<std::string> new_values = values_of(after.profile);
  Contacts contacts(state);
  for (const std::string& value : old_values) {
    if (new_values.contains(value)) continue;
    decision.remove_from_index(contact_index(value), person.text());
    contacts.remove(value, person);
  }
  for (const std::string& value : new_values) {
    if (old_values.contains(value)) continue;
    decision.add_to_index(contact_index(value), person.text());
    contacts.add(value, person);
  }
  contacts.finish(decision);
  decision.emit(messages::PersonChanged{.person = person, .site = after.profile.home_site, .profile = told(state, after.profile)});
  decision.put(person.text(), std::move(after));
}

Decision on(const State& state, const messages::RegisterPerson& command, Instant) {
  if (auto objected = objection(command.person, command.profile)) return refuse(std::move(*objected));
  if (state.find<PersonRecord>(command.person.text()) != nullptr)
    return Decision::refuse(Refusal::kAlreadyExists, "there is a person " + command.person.text());
  PersonRecord record{.profile = command.profile};
  record.profile.contact_points = normalised(record.profile.contact_points, state.config().default_region);
  Decision decision;
  add_person(decision, state, command.person, std::move(record));
  decision.reply(messages::Done{command.person.text()});
  return decision;
}

namespace {

/// The profile as it is from now on. Who has died or moved away asks for nothing any more.
Decision changed(const State& state, const PersonId& person, const PersonRecord& before, PersonRecord after, Instant now) {
  Decision decision;
  if (ends_contact(after.profile.status) && !ends_contact(before.profile.status))
    lose_open_enquiries(decision, state, after, "person " + std::string(to_string(after.profile.status)), now);
  change_person(decision, state, person, before, std::move(after));
  return decision;
}

}  // namespace

Decision on(const State& state, const messages::ChangePerson& command, Instant now) {
  const PersonRecord* before = state.find<PersonRecord>(command.person.text());
  if (before == nullptr) return Decision::refuse(Refusal::kUnknownPerson, "no person " + command.person.text());
  if (auto objected = objection(command.person, command.profile)) return refuse(std::move(*objected));
  PersonRecord after = *before;
  after.profile = command.profile;
  after.profile.provenance = before->profile.provenance;
  after.profile.contact_points = normalised(after.profile.contact_points, state.config().default_region);
  Decision decision = changed(state, command.person, *before, std::move(after), now);
  decision.reply(messages::Done{command.person.text()});
  return decision;
}

/// Whoever called on behalf of followup was told so. From now on nothing is sent by anybody; a mistake is put right by `ChangePerson`.
Decision on(const State& state, const messages::TaskClosed& event, Instant now) {
  const PersonRecord* before = state.find<PersonRecord>(event.person.text());
  const bool died = event.state == messages::TaskState::kDone && event.outcome == messages::TaskOutcome::kDeceased;
  if (!died || before == nullptr || before->profile.status == messages::PersonStatus::kDeceased) return {};
  PersonRecord after = *before;
  after.profile.status = messages::PersonStatus::kDeceased;
  return changed(state, event.person, *before, std::move(after), now);
}

Decision on(const State& state, const messages::ImportPersons& command, Instant) {
  for (const messages::ImportedPerson& imported : command.persons) {
    if (auto objected = objection(imported.person, imported.profile)) {
      objected->detail.append(" (").append(imported.person.text()).append(")");
      return refuse(std::move(*objected));
    }
    if (runtime::lane_of(imported.person.text()) != runtime::lane_of(command.key))
      return Decision::refuse(Refusal::kLaneMismatch, imported.person.text() + " is not of the lane of " + command.key);
  }
  Decision decision;
  Contacts contacts(state);
  messages::ImportDone counts;
  std::set<std::string> seen;
  for (const messages::ImportedPerson& imported : command.persons) {
    if (!seen.insert(imported.person.text()).second || state.find<PersonRecord>(imported.person.text()) != nullptr) {
      ++counts.already_known;
      continue;
    }
    ++counts.imported;
    PersonRecord record{.profile = imported.profile};
    record.profile.provenance = messages::Provenance::kImported;
    record.profile.contact_points = normalised(record.profile.contact_points, state.config().default_region);
    add_person(decision, contacts, state, imported.person, std::move(record));
  }
  contacts.finish(decision);
  decision.reply(counts);
  return decision;
}

Decision on(const State& state, const messages::JoinHousehold& command, Instant) {
  const PersonRecord* known = state.find<PersonRecord>(command.person.text());
  if (known == nullptr) return no_such_person(command.person);
  if (command.household.text().find('.') != std::string::npos) return Decision::refuse(Refusal::kInvalidId, "a household's id has no dot");
  if (known->household == command.household && known->guarantor == command.guarantor)
    return Decision::refuse(Refusal::kAlreadyInHousehold, "already in household " + command.household.text());
  Decision decision;
  if (!known->household.empty() && known->household != command.household) {
    decision.remove_from_index(household_index(known->household), command.person.text());
    decision.emit(messages::PersonLeftHousehold{.person = command.person, .site = known->profile.home_site, .household = known->household});
  }
  PersonRecord person = *known;
  person.household = command.household;
  person.guarantor = command.guarantor;
  decision.add_to_index(household_index(command.household), command.person.text())
      .emit(messages::PersonJoinedHousehold{
          .person = command.person, .site = known->profile.home_site, .household = command.household, .guarantor = command.guarantor})
      .put(command.person.text(), std::move(person))
      .reply(messages::Done{command.household.text()});
  return decision;
}

Decision on(const State& state, const messages::LeaveHousehold& command, Instant) {
  const PersonRecord* known = state.find<PersonRecord>(command.person.text());
  if (known == nullptr) return no_such_person(command.person);
  if (known->household.empty()) return Decision::refuse(Refusal::kNotInHousehold, command.person.text() + " is in no household");
  PersonRecord person = *known;
  person.household = {};
  person.guarantor = {};
  Decision decision;
  decision.remove_from_index(household_index(known->household), command.person.text())
      .emit(messages::PersonLeftHousehold{.person = command.person, .site = known->profile.home_site, .household = known->household})
      .put(command.person.text(), std::move(person))
      .reply(messages::Done{command.person.text()});
  return decision;
}

Decision on(const State& state, const messages::LinkPersons& command, Instant) {
  const PersonRecord* known = state.find<PersonRecord>(command.person.text());
  if (known == nullptr) return no_such_person(command.person);
  if (command.other == command.person || command.other.text().find('.') != std::string::npos)
    return Decision::refuse(Refusal::kInvalidId, "two persons are linked, and a person's id has no dot");
  if (std::ranges::find(known->linked, command.other) != known->linked.end())
    return Decision::refuse(Refusal::kAlreadyLinked, command.person.text() + " is linked to " + command.other.text());
  if (known->linked.size() >= kLinksMax)
    return Decision::refuse(Refusal::kTooMany, "a person is linked to " + std::to_string(kLinksMax) + " others at most");
  PersonRecord person = *known;
  person.linked.push_back(command.other);
  Decision decision;
  decision.add_to_index(linked_to_index(command.person.text()), command.other.text())
      .add_to_index(linked_by_index(command.other.text()), command.person.text())
      .emit(messages::PersonsLinked{.person = command.person, .site = known->profile.home_site, .other = command.other, .by = command.by})
      .put(command.person.text(), std::move(person))
      .reply(messages::Done{command.person.text()});
  return decision;
}

Decision on(const State& state, const messages::UnlinkPersons& command, Instant) {
  const PersonRecord* known = state.find<PersonRecord>(command.person.text());
  if (known == nullptr) return no_such_person(command.person);
  PersonRecord person = *known;
  if (std::erase(person.linked, command.other) == 0)
    return Decision::refuse(Refusal::kNotLinked, "no link leads from " + command.person.text() + " to " + command.other.text());
  Decision decision;
  decision.remove_from_index(linked_to_index(command.person.text()), command.other.text())
      .remove_from_index(linked_by_index(command.other.text()), command.person.text())
      .emit(messages::PersonsUnlinked{.person = command.person, .site = known->profile.home_site, .other = command.other, .by = command.by})
      .put(command.person.text(), std::move(person))
      .reply(messages::Done{command.person.text()});
  return decision;
}

}  // namespace bridgework::lead_intake
