#include "chaos/history.hpp"

#include <optional>
#include <set>

namespace bridgework::chaos {

namespace json = boost::json;

const char* name_of(Operation::Kind kind) {
  switch (kind) {
    case Operation::Kind::kPerson: return "person";
    case Operation::Kind::kLead: return "enquiry";
    case Operation::Kind::kCall: return "call";
    case Operation::Kind::kHold: return "hold";
    case Operation::Kind::kBook: return "booking";
    case Operation::Kind::kCancel: return "cancellation";
  }
  return "";
}

void History::add(Operation operation) {
  const std::scoped_lock lock(mutex_);
  operation.life = life_;
  operations_.push_back(std::move(operation));
}
std::vector<Operation> History::operations() const {
  const std::scoped_lock lock(mutex_);
  return operations_;
}
std::size_t History::life() const {
  const std::scoped_lock lock(mutex_);
  return life_;
}
void History::end_life() {
  const std::scoped_lock lock(mutex_);
  ++life_;
}
void History::lost_from(std::size_t life, std::uint64_t sequence) {
  const std::scoped_lock lock(mutex_);
  lost_from_[life] = sequence;
}
bool History::may_be_lost(const Operation& operation) const {
  const std::scoped_lock lock(mutex_);
  for (const auto& [life, first] : lost_from_) {
    if (operation.life <= life && operation.sequence >= first) return true;
  }
  return false;
}

namespace {

std::string text_at(const Event& event, const char* name) {
  const auto* value = event.data.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}
std::string text_at(const json::object& object, const char* name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}
const json::object& object_at(const json::object& object, const char* name) {
  static const json::object kNone;
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_object() ? value->as_object() : kNone;
}

/// Kind and the key its events are counted under.
using Deed = std::pair<Operation::Kind, std::string>;

std::optional<Deed> deed_of(const Event& event) {
  if (event.type == "PersonRegistered") return Deed{Operation::Kind::kPerson, text_at(object_at(event.data, "profile"), "given_name")};
  if (event.type == "EnquiryReceived") return Deed{Operation::Kind::kLead, text_at(event, "text")};
  if (event.type == "CallRecorded") return Deed{Operation::Kind::kCall, text_at(event, "reason")};
  if (event.type == "AppointmentHeld") return Deed{Operation::Kind::kHold, text_at(event, "person")};
  if (event.type == "AppointmentBooked") return Deed{Operation::Kind::kBook, text_at(event, "appointment")};
  if (event.type == "AppointmentCancelled") return Deed{Operation::Kind::kCancel, text_at(event, "appointment")};
  return std::nullopt;
}

Deed deed_of(const Operation& operation) {
  switch (operation.kind) {
    case Operation::Kind::kPerson:
    case Operation::Kind::kLead:
    case Operation::Kind::kCall: return {operation.kind, operation.key};
    case Operation::Kind::kHold:
    case Operation::Kind::kBook:
    case Operation::Kind::kCancel: break;
  }
  return {operation.kind, operation.subject};
}

/// Follows who has which chair and which provider when.
class Calendar {
 public:
  explicit Calendar(std::vector<std::string>& violations) : violations_(violations) {}

  void see(const Event& event) {
    const std::string appointment = text_at(event, "appointment");
    if (event.type == "AppointmentHeld" || event.type == "AppointmentBooked") {
      const auto& visit = object_at(event.data, "visit");
      // A lapsed hold is nobody's from its end on, whenever its timer says so. RFC 3339 in one zone compares as text.
      const bool held = event.type == "AppointmentHeld";
      const Taken taken{appointment, held ? text_at(event, "hold_ends") : std::string()};
      for (const char* what : {"provider", "chair"}) {
        const std::string thing = text_at(visit, what);
        if (thing.empty()) continue;
        const std::string slot = thing + " at " + text_at(visit, "start");
        auto [it, fresh] = taken_.try_emplace(slot, taken);
        if (!fresh && it->second.appointment != appointment && (it->second.until.empty() || it->second.until > event.time)) {
          violations_.push_back(slot + " is promised to " + it->second.appointment + " and to " + appointment);
        }
        it->second = taken;
        slots_of_[appointment].insert(slot);
      }
    } else if (event.type == "AppointmentCancelled" || event.type == "AppointmentHoldLapsed") {
      for (const auto& slot : slots_of_[appointment]) {
        const auto it = taken_.find(slot);
        if (it != taken_.end() && it->second.appointment == appointment) taken_.erase(it);
      }
    }
  }

 private:
  struct Taken {
    std::string appointment, until;
  };
  std::vector<std::string>& violations_;
  std::map<std::string, Taken> taken_;
  std::map<std::string, std::set<std::string>> slots_of_;
};

}  // namespace

Judgement judge(const History& history, const std::vector<Event>& events) {
  Judgement out;
  const auto violated = [&](std::string what) { out.violations.push_back(std::move(what)); };
  std::map<Deed, std::size_t> logged;
  std::set<std::string> ids, persons, mentioned, lapsed;
  Calendar calendar(out.violations);
  for (std::size_t i = 0; i < events.size(); ++i) {
    const Event& event = events[i];
    if (event.sequence != i + 1) violated("the log has " + std::to_string(event.sequence) + " in place " + std::to_string(i + 1));
    if (!ids.insert(event.id).second) violated("event " + event.id + " is in the log twice");
    if (const auto deed = deed_of(event)) ++logged[*deed];
    if (event.type == "PersonRegistered") {
      ++out.persons;
      if (!persons.insert(event.subject).second) violated("person " + event.subject + " was registered twice");
    }
    if (!event.subject.empty()) mentioned.insert(event.subject);
    if (event.type == "AppointmentHoldLapsed") lapsed.insert(text_at(event, "appointment"));
    calendar.see(event);
  }
  out.persons_mentioned = mentioned.size();
  std::set<Deed> asked;
  for (const auto& operation : history.operations()) {
    const Deed deed = deed_of(operation);
    asked.insert(deed);
    const auto it = logged.find(deed);
    std::size_t times = it == logged.end() ? 0 : it->second;
    // Who cancels what is only held, its booking being lost, ends the hold.
    const bool cancels_done = operation.kind == Operation::Kind::kCancel && operation.outcome == Operation::Outcome::kDone;
    if (cancels_done && times == 0 && lapsed.contains(operation.subject)) times = 1;
    const std::string what = std::string(name_of(operation.kind)) + " " + operation.key;
    if (times > 1) violated(what + " is in the log " + std::to_string(times) + " times");
    switch (operation.outcome) {
      case Operation::Outcome::kUnknown: ++out.unknown; break;
      case Operation::Outcome::kRefused:
        ++out.refused;
        if (times > 0) violated(what + " was refused and is in the log");
        break;
      case Operation::Outcome::kDone:
        ++out.done;
        if (times == 1) break;
        if (times == 0 && history.may_be_lost(operation)) ++out.lost;
        else if (times == 0) violated(what + " was answered with position " + std::to_string(operation.sequence) + " and is gone");
        break;
    }
  }
  for (const auto& [deed, times] : logged) {
    // An enquiry registers its person too.
    if (asked.contains(deed)) continue;
    if (deed.first == Operation::Kind::kPerson && asked.contains({Operation::Kind::kLead, deed.second})) continue;
    violated(std::string(name_of(deed.first)) + " " + deed.second + " is in the log and nobody asked for it");
  }
  return out;
}

}  // namespace bridgework::chaos
