#pragma once
// Who a person is and how they can be reached.

#include <map>
#include <optional>
#include <string>

#include "lead_intake/state.hpp"

namespace bridgework::lead_intake {

Decision on(const State& state, const messages::RegisterPerson& command, Instant now);
/// Replaces what is known of a person; where the knowledge came from stays. Somebody who died or moved away is called by nobody: their
/// open enquiries are lost with that reason.
Decision on(const State& state, const messages::ChangePerson& command, Instant now);
Decision on(const State& state, const messages::TaskClosed& event, Instant now);
/// Persons of another system. Whoever is known already is left as they are.
Decision on(const State& state, const messages::ImportPersons& command, Instant now);

/// Households are a word about living and paying together, nothing more: contact points stay each person's own.
Decision on(const State& state, const messages::JoinHousehold& command, Instant now);
Decision on(const State& state, const messages::LeaveHousehold& command, Instant now);
/// A link is a word of staff that two records are one human being. It changes neither record beyond itself: questions follow it, rules do
/// not, and taking it back leaves everything as it was. See decisions/0018.
Decision on(const State& state, const messages::LinkPersons& command, Instant now);
Decision on(const State& state, const messages::UnlinkPersons& command, Instant now);

/// Why an id or a profile cannot be taken, or nothing.
std::optional<runtime::Refused<Refusal>> objection(const PersonId& person, const messages::PersonProfile& profile);

/// The profile as others are told it: with the home site's zone when it names none. Still empty when that site is not known.
messages::PersonProfile told(const State& state, messages::PersonProfile profile);

/// Who of this lane can be reached where, while one message is decided.
class Contacts {
 public:
  explicit Contacts(const State& state) : state_(&state) {}
  void add(const std::string& value, const PersonId& person);
  void remove(const std::string& value, const PersonId& person);
  /// Stores what has changed.
  void finish(Decision& decision);

 private:
  ContactRecord& record(const std::string& value);

  const State* state_;
  std::map<std::string, ContactRecord> changed_;
};

/// Stores a new person, makes them findable by their contact points, and tells everybody.
void add_person(Decision& decision, const State& state, const PersonId& person, PersonRecord record);
/// One of many persons in one decision: who shares a contact point with whom is stored at the end.
void add_person(Decision& decision, Contacts& contacts, const State& state, const PersonId& person, PersonRecord record);
/// Stores a changed person, `before` being what is stored now, and tells everybody.
void change_person(Decision& decision, const State& state, const PersonId& person, const PersonRecord& before, PersonRecord after);

}  // namespace bridgework::lead_intake
