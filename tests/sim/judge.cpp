#include "sim/judge.hpp"

#include <algorithm>
#include <charconv>
#include <memory>

#include "messages/appointments.codec.hpp"
#include "messages/envelope.codec.hpp"
#include "messages/feedback.codec.hpp"
#include "messages/followup.codec.hpp"
#include "messages/journey.codec.hpp"
#include "messages/lead_intake.codec.hpp"
#include "messages/outreach.codec.hpp"
#include "outreach/state.codec.hpp"
#include "runtime/engine.hpp"
#include "runtime/zone.hpp"
#include "sim/memory_reader.hpp"

namespace bridgework::sim {
namespace {

using namespace std::chrono_literals;
using messages::MessagePurpose;

constexpr std::size_t kViolationsKept = 20;
constexpr std::size_t kEffectTypeDigits = 16;
constexpr std::string_view kSuppressedIndex = "suppressed";

std::string record_name(const std::string& service, Lane lane, const std::string& key) {
  return service + "|" + std::to_string(lane) + "|" + key;
}

std::uint64_t counter_of(const std::string& incarnation) {
  std::uint64_t counter = 0;
  std::from_chars(incarnation.data(), incarnation.data() + incarnation.size(), counter);
  return counter;
}

/// An effect is named after its message; a second claim of one that was given back has a number too.
std::string message_in(const std::string& effect) { return effect.substr(0, effect.find(".c-")); }

/// The message of a pending effect as stored: a letter for its state, the type in hexadecimal, the bytes.
std::optional<outreach::SendMessage> message_of(std::string_view stored) {
  if (stored.size() < 1 + kEffectTypeDigits) return std::nullopt;
  auto message = messages::decode_as<outreach::SendMessage>(stored.substr(1 + kEffectTypeDigits));
  return message ? std::optional(std::move(*message)) : std::nullopt;
}

std::string consent_of(const std::string& person, MessagePurpose purpose, messages::Channel channel) {
  return person + "|" + std::string(to_string(purpose)) + "|" + std::string(to_string(channel));
}

/// The law's table once more, by hand: the judge does not ask the gate whether the gate is right.
bool is_decent(MessagePurpose purpose, int hour, int weekday) {
  switch (purpose) {
    case MessagePurpose::kTransactional:
    case MessagePurpose::kReminder: return hour >= 8 && hour < 21;
    case MessagePurpose::kCare:
    case MessagePurpose::kSurvey: return hour >= 9 && hour < 20;
    case MessagePurpose::kMarketing: return hour >= (weekday == 7 ? 12 : 9) && hour < 20;
  }
  return false;
}

bool is_capped(MessagePurpose purpose) { return purpose != MessagePurpose::kTransactional && purpose != MessagePurpose::kReminder; }

}  // namespace

void Judge::violation(std::string what) {
  if (violations_.size() < kViolationsKept) violations_.push_back(std::move(what));
}

// ---- what the store applies

std::uint64_t Judge::version(const std::string& service, Lane lane, const std::string& key) const {
  const auto it = versions_.find(record_name(service, lane, key));
  return it == versions_.end() ? versions_from_ : it->second;
}

void Judge::about_to_apply(const Applied& applied) {
  const Unit& unit = applied.unit;
  const std::string place = applied.service + " lane " + std::to_string(unit.lane);
  const auto& lane = group_.services.at(applied.service).lanes[unit.lane];

  Owner& owner = owners_[place];
  if (unit.fence < owner.fence) {
    violation("I7: " + place + " took a commit with fence " + std::to_string(unit.fence) + " after " + std::to_string(owner.fence));
  } else if (unit.fence == owner.fence && owner.instance != applied.instance) {
    violation("I7: " + place + " took commits of " + owner.instance + " and " + applied.instance + " with one fence");
  }
  owner = {unit.fence, applied.instance};

  if (unit.checkpoint) {
    if (unit.checkpoint->next > group_.head()) violation("I8: the checkpoint of " + place + " passes the head");
    if (unit.checkpoint->next < lane.checkpoint) violation("I8: the checkpoint of " + place + " goes back");
    if (consumers_.contains(applied.service) && unit.checkpoint->next > unit.checkpoint->expected) {
      const auto& given = delivered_[applied.instance];
      const auto stretch = given.upper_bound(unit.checkpoint->expected);
      if (stretch == given.begin() || std::prev(stretch)->second < unit.checkpoint->next) {
        violation("I10: the checkpoint of " + place + " passes from " + std::to_string(unit.checkpoint->expected) + " to " +
                  std::to_string(unit.checkpoint->next) + ", and " + applied.instance + " was not given all of that");
      }
    }
  }

  for (std::size_t i = 0; i < unit.records.size(); ++i) {
    const std::string& key = unit.records[i].key;
    const std::uint64_t now = version(applied.service, unit.lane, key);
    if (applied.read[i] != 0 && applied.read[i] != now) {
      violation("I2: " + applied.instance + " overwrites " + place + " " + key + ", which has changed since it was read");
    }
  }
  for (const auto& write : unit.records) versions_[record_name(applied.service, unit.lane, write.key)] = ++version_;

  for (const auto& fired : unit.fired) {
    const auto timer = messages::decode_as<messages::StoredTimer>(fired.body);
    if (!timer) continue;
    const auto set = lane.timers.find(fired.name);
    if (set == lane.timers.end()) violation("I14: " + place + " timer " + fired.name + " fired and was not set");
    else if (set->second.second != fired.body)
      violation("I14: " + place + " timer " + fired.name + " fired as it was before it was set anew");
    // Not by what the clock says now: it may have been put back.
    if (!due_.contains(place + "|" + fired.name + "|" + fired.body)) violation("I14: " + place + " timer " + fired.name + " fired early");
    if (!fired_.insert(place + "|" + fired.name + "|" + std::to_string(timer->generation)).second) {
      violation("I14: " + place + " timer " + fired.name + " fired twice in one generation");
    }
  }

  if (applied.service != "outreach") return;
  for (const auto& effect : unit.effects) {
    if (effect.body && effect.body->front() == 'c') claims_[message_in(effect.id)] = epoch_;
    const auto message = effect.body && effect.body->front() == 'p' ? message_of(*effect.body) : std::nullopt;
    if (!message) continue;
    const std::string id = message->message.text();
    follow();
    const std::string consent = consent_of(std::string(owner_key(id)), message->purpose, message->channel);
    // Given in the very commit that claims the message: decided before it, and not in the log yet.
    const bool given = std::any_of(unit.events.begin(), unit.events.end(), [&](const std::string& bytes) {
      const auto record = messages::decode_as<messages::EventRecord>(bytes);
      if (!record || record->type_id != messages::ConsentChanged::kTypeId) return false;
      const auto changed = messages::decode_as<messages::ConsentChanged>(record->body);
      return changed && changed->state == messages::ConsentState::kGranted &&
             consent == consent_of(changed->person.text(), changed->purpose, changed->channel);
    });
    if (!given && read_.denied.contains(consent)) {
      violation("contacted against consent: " + id);
    }
  }
}

void Judge::due(const std::string& service, Lane lane, const std::string& name, const std::string& body) {
  const std::string place = service + " lane " + std::to_string(lane);
  const auto timer = messages::decode_as<messages::StoredTimer>(body);
  if (timer && timer->due > stores_clock_()) violation("I14: " + place + " timer " + name + " is called due early");
  due_.insert(place + "|" + name + "|" + body);
}

// ---- what the log says

const std::string& Judge::incarnation_at(std::uint64_t sequence) const {
  const std::string* found = &group_.incarnation;
  std::uint64_t newest = 0;
  for (const auto& [incarnation, first] : group_.starts) {
    if (first > sequence || counter_of(incarnation) < newest) continue;
    newest = counter_of(incarnation);
    found = &incarnation;
  }
  return *found;
}

void Judge::follow() {
  for (; read_.events < group_.log.size(); ++read_.events) {
    const std::uint64_t sequence = read_.events + 1;
    const std::string& bytes = group_.log[read_.events];
    const auto [it, fresh] = payloads_.emplace(std::pair(incarnation_at(sequence), sequence), bytes);
    if (!fresh && it->second != bytes) violation("I1: " + it->first.first + "/" + std::to_string(sequence) + " has had two payloads");
    read(sequence, bytes);
  }
}

void Judge::once(const std::string& fact, const char* rule) {
  if (!read_.facts.insert(fact).second) violation(std::string(rule) + ": twice in the log: " + fact);
}

void Judge::occupy(const AppointmentId& id, const messages::Visit& visit, std::uint64_t sequence) {
  const auto end = [](const messages::Visit& v) { return v.start + std::chrono::minutes(v.duration_minutes); };
  for (const auto& [other, taken] : read_.taken) {
    if (other == id.text() || owner_key(other) != owner_key(id.text())) continue;
    const bool overlap = visit.start < end(taken) && taken.start < end(visit);
    if (overlap && (visit.chair == taken.chair || visit.provider == taken.provider)) {
      violation("booked twice: " + id.text() + " and " + other + " at event " + std::to_string(sequence));
    }
  }
  read_.taken[id.text()] = visit;
}

void Judge::check_not_online(const AppointmentId& id, std::uint64_t sequence) {
  if (not_online_.contains(id.text()))
    violation("taken online, though only the practice books it: " + id.text() + " at event " + std::to_string(sequence));
}

void Judge::check_offers(const AppointmentId& id, const messages::Visit& visit, std::uint64_t sequence) {
  for (const auto& [offer, offered] : read_.open_offers) {
    if (owner_key(offer) != owner_key(id.text()) || offered.visit.provider != visit.provider) continue;
    const bool overlap = visit.start < offered.visit.start + std::chrono::minutes(offered.visit.duration_minutes) &&
                         offered.visit.start < visit.start + std::chrono::minutes(visit.duration_minutes);
    if (overlap) violation("offer " + offer + " is open over the time of " + id.text() + " at event " + std::to_string(sequence));
  }
}

void Judge::count_form(const std::string& site, Instant at) {
  if (read_.closed.contains(site)) violation("the form of " + site + " is taken in although it is switched off");
  const auto day = runtime::local_day(at, read_.site_zones[site]);
  if (++read_.forms[{site, day}] > read_.form_caps[site]) violation("the form of " + site + " is taken in more often than its cap");
}

void Judge::read(std::uint64_t sequence, const std::string& bytes) {
  const auto record = messages::decode_as<messages::EventRecord>(bytes);
  read_.types.push_back(record ? record->type_id : 0);
  if (!record) return violation("I2: an unreadable event is in the log");
  const std::string& body = record->body;
  const auto is = [&]<class E>(E) { return record->type_id == E::kTypeId; };
  const auto as = [&]<class E>(E) { return *messages::decode_as<E>(body); };
  const auto reason = [](const auto& e) { return e.person.text() + "|" + e.programme + "|" + std::to_string(e.step) + "|" + e.subject; };
  if (is(messages::AppointmentBooked{})) {
    const auto e = as(messages::AppointmentBooked{});
    once("booked|" + e.appointment.text(), "I5");
    check_not_online(e.appointment, sequence);
    check_offers(e.appointment, e.visit, sequence);
    occupy(e.appointment, e.visit, sequence);
  } else if (is(messages::AppointmentMoved{})) {
    read_.taken.erase(as(messages::AppointmentMoved{}).appointment.text());
  } else if (is(messages::AppointmentCancelled{})) {
    read_.taken.erase(as(messages::AppointmentCancelled{}).appointment.text());
  } else if (is(messages::AppointmentNoShow{})) {
    read_.taken.erase(as(messages::AppointmentNoShow{}).appointment.text());
  } else if (is(messages::MessageSent{})) {
    const auto e = as(messages::MessageSent{});
    once("sent|" + reason(e), "contacted twice for one reason");
    if (!ever_left_.contains(e.message.text())) violation("the log says that " + e.message.text() + " was sent, and it was not");
  } else if (is(messages::MessagePlanned{})) {
    once("planned|" + reason(as(messages::MessagePlanned{})), "planned twice for one reason");
  } else if (is(messages::ContactSuppressed{})) {
    read_.suppressed.insert(as(messages::ContactSuppressed{}).contact.reveal());
  } else if (is(messages::ContactReleased{})) {
    read_.suppressed.erase(as(messages::ContactReleased{}).contact.reveal());
  } else if (is(messages::ConsentChanged{})) {
    const auto e = as(messages::ConsentChanged{});
    const std::string consent = consent_of(e.person.text(), e.purpose, e.channel);
    if (e.state == messages::ConsentState::kDenied) read_.denied.insert(consent);
    else read_.denied.erase(consent);
  } else if (is(messages::EnquiryReceived{})) {
    once("enquiry|" + as(messages::EnquiryReceived{}).enquiry.text(), "I5");
  } else if (is(messages::EnquiryAdvanced{})) {
    const auto e = as(messages::EnquiryAdvanced{});
    if (e.to == messages::LeadState::kNurturing) read_.nurtured.insert(e.enquiry.text());
    else read_.nurtured.erase(e.enquiry.text());
  } else if (is(messages::NurtureStepDue{})) {
    const auto e = as(messages::NurtureStepDue{});
    if (!read_.nurtured.contains(e.enquiry.text())) violation("a nurture step of " + e.enquiry.text() + ", which is nurtured no more");
  } else if (is(messages::CallMissed{})) {
    const auto e = as(messages::CallMissed{});
    once("text back|" + e.person.text() + "|" + std::to_string(e.day.time_since_epoch().count()), "a caller texted back twice a day");
  } else if (is(messages::SpeedToLeadBreached{})) {
    const auto e = as(messages::SpeedToLeadBreached{});
    once("breach|" + e.enquiry.text() + "|" + std::string(to_string(e.clock)), "a clock ran out twice");
  } else if (is(messages::TreatmentPlanCreated{})) {
    once("plan|" + as(messages::TreatmentPlanCreated{}).plan.text(), "I5");
  } else if (is(messages::AppointmentHeld{})) {
    const auto e = as(messages::AppointmentHeld{});
    once("held|" + e.appointment.text(), "I5");
    check_not_online(e.appointment, sequence);
    check_offers(e.appointment, e.visit, sequence);
  } else if (is(messages::SlotOffered{})) {
    const auto e = as(messages::SlotOffered{});
    once("offered|" + e.offer.text(), "I5");
    read_.offers.push_back(e.offer.text());
    read_.open_offers.emplace(e.offer.text(), e);
  } else if (is(messages::OfferRevoked{})) {
    const auto e = as(messages::OfferRevoked{});
    if (read_.open_offers.erase(e.offer.text()) == 0) violation("an offer that was not open is taken back: " + e.offer.text());
  } else if (is(messages::OfferDeclined{})) {
    const auto e = as(messages::OfferDeclined{});
    if (read_.open_offers.erase(e.offer.text()) == 0) violation("an offer that was not open is declined: " + e.offer.text());
  } else if (is(messages::OfferAccepted{})) {
    const auto e = as(messages::OfferAccepted{});
    once("won|" + e.opening.text(), "an opening won twice");
    if (read_.open_offers.erase(e.offer.text()) == 0) violation("an offer that was not open wins: " + e.offer.text());
  } else if (is(messages::SiteDefined{})) {
    const auto e = as(messages::SiteDefined{});
    read_.site_zones[e.site.text()] = e.zone;
  } else if (is(messages::WebFormChanged{})) {
    const auto e = as(messages::WebFormChanged{});
    read_.form_caps[e.site.text()] = e.daily_cap;
    if (e.enabled) read_.closed.erase(e.site.text());
    else read_.closed.insert(e.site.text());
  } else if (is(messages::WebFormAccepted{})) {
    count_form(as(messages::WebFormAccepted{}).site.text(), record->recorded_at);
  } else if (is(messages::BookingLinkAsked{})) {
    count_form(as(messages::BookingLinkAsked{}).site.text(), record->recorded_at);
  } else if (is(messages::GapOpened{})) {
    once("gap|" + as(messages::GapOpened{}).gap.text(), "I5");
  } else if (is(messages::RecoveryCaseOpened{})) {
    once("case|" + as(messages::RecoveryCaseOpened{}).recovery_case.text(), "I5");
  } else if (is(messages::SurveyAsked{})) {
    once("survey|" + as(messages::SurveyAsked{}).survey.text(), "I5");
  }
}

void Judge::rolled_back() {
  ++epoch_;
  read_ = {};
  promises_.clear();
  owners_.clear();
  fired_.clear();
  versions_.clear();
  versions_from_ = ++version_;
  for (auto& [instance, given] : delivered_) {
    std::erase_if(given, [this](const auto& stretch) { return stretch.first >= group_.head(); });
    for (auto& [after, next] : given) next = std::min(next, group_.head());
  }
  // A claim counts for as long as the store knows of it.
  std::set<std::string> claimed;
  const auto outreach = group_.services.find("outreach");
  if (outreach != group_.services.end()) {
    for (const auto& lane : outreach->second.lanes) {
      std::set<std::string> pending;
      for (const auto& [id, body] : lane.effects) {
        if (body.front() == 'p') pending.insert(message_in(id));
      }
      for (const auto& [key, bytes] : lane.records) {
        if (!key.starts_with("MessageRecord/")) continue;
        const auto message = messages::decode_as<outreach::MessageRecord>(bytes);
        const bool open = !message || message->state == messages::MessageState::kPlanned || pending.contains(message->message.text());
        if (!open) claimed.insert(message->message.text());
      }
    }
  }
  std::erase_if(claims_, [&](const auto& claim) { return !claimed.contains(claim.first); });
  std::erase_if(left_, [&](const Left& left) { return !claimed.contains(left.message); });
}

// ---- what others are told

void Judge::answered(const messages::Reply& reply) {
  if (reply.outcome == messages::Outcome::kDone && reply.sequence > group_.head()) violation("I3: an answered command is not in the log");
}

void Judge::leaves(const outreach::SendMessage& message, std::uint64_t epoch) {
  follow();
  const std::string id = message.message.text();
  ever_left_.insert(id);
  const auto claim = claims_.find(id);
  if (claim == claims_.end() || claim->second != epoch) {
    if (epoch == epoch_) violation("I9: message " + id + " left without a claim in the store");
    return;  // its claim went with a roll-back
  }
  if (std::ranges::find(left_, id, &Left::message) != left_.end()) violation("message " + id + " left twice");
  const std::string person(owner_key(id));
  left_.push_back({id, person, message.purpose, message.date});
  if (is_suppressed(message.to.reveal())) violation("message " + id + " left after STOP");
  const LocalTime clock = runtime::to_local(clock_(), zones_.at(person));
  const int hour = runtime::minute_of_day(clock) / 60;
  if (!is_decent(message.purpose, hour, runtime::weekday(std::chrono::floor<std::chrono::days>(clock)))) {
    violation("message " + id + " left at " + std::to_string(hour) + " o'clock where its reader lives");
  }
}

void Judge::check_caps() {
  for (const auto& left : left_) {
    if (!is_capped(left.purpose)) continue;
    const std::string& zone = zones_.at(left.person);
    int day = 0, week = 0;
    for (const auto& other : left_) {
      if (other.person != left.person || other.date >= left.date) continue;
      if (runtime::local_day(other.date, zone) == runtime::local_day(left.date, zone)) ++day;
      if (other.date > left.date - std::chrono::days{7}) ++week;
    }
    if (day >= 1) violation("message " + left.message + " left over the cap of the day");
    if (week >= 3) violation("message " + left.message + " left over the cap of the week");
  }
}

void Judge::follower(const LiveFollower& follower) {
  if (follower.incarnation() != group_.incarnation) return;
  const auto& copy = follower.events();
  if (copy.size() > group_.log.size() || !std::equal(copy.begin(), copy.end(), group_.log.begin())) {
    violation("I10: a follower of " + follower.incarnation() + " has other events than the log");
  }
}

void Judge::fetched(std::uint64_t after, const std::vector<std::uint64_t>& types, const messages::FetchReply& reply) {
  if (reply.outcome != messages::FetchOutcome::kEvents || reply.incarnation != group_.incarnation) return;
  follow();
  auto event = reply.events.begin();
  for (std::uint64_t s = after + 1; s <= reply.next; ++s) {
    if (s > group_.head()) return violation("I10: an answer goes on to " + std::to_string(reply.next) + ", beyond the head of the log");
    if (!types.empty() && std::ranges::find(types, read_.types[s - 1]) == types.end()) continue;
    if (event == reply.events.end() || event->sequence != s) return violation("I10: an answer lacks event " + std::to_string(s));
    if (event->record != group_.log[s - 1]) return violation("I10: an answer has another event " + std::to_string(s) + " than the log");
    ++event;
  }
  if (event != reply.events.end()) violation("I10: an answer holds events beyond where it says it ends");
}

void Judge::delivered(const std::string& instance, std::uint64_t after, std::uint64_t next) {
  if (next <= after) return;
  auto& given = delivered_[instance];
  auto it = given.upper_bound(after);
  if (it != given.begin() && std::prev(it)->second >= after) it = std::prev(it);
  else it = given.emplace_hint(it, after, next);
  it->second = std::max(it->second, next);
  for (auto later = std::next(it); later != given.end() && later->first <= it->second; later = given.erase(later)) {
    it->second = std::max(it->second, later->second);
  }
}

void Judge::trimmed(std::uint64_t archived) {
  if (archived + 1 < group_.first) violation("I11: events before " + std::to_string(group_.first) + " are trimmed and not archived");
  for (const auto& [name, service] : group_.services) {
    for (std::size_t lane = 0; lane < service.lanes.size(); ++lane) {
      if (service.lanes[lane].fence == 0 || service.lanes[lane].checkpoint + 1 >= group_.first) continue;
      return violation("I11: events before " + std::to_string(group_.first) + " are trimmed, and " + name + " lane " +
                       std::to_string(lane) + " stands at " + std::to_string(service.lanes[lane].checkpoint));
    }
  }
}

// ---- at rest

void Judge::at_rest(const std::vector<std::unique_ptr<runtime::Handler>>& handlers) {
  follow();
  for (std::size_t i = 0; i < group_.log.size(); ++i) {
    const auto it = payloads_.find({incarnation_at(i + 1), i + 1});
    if (it == payloads_.end() || it->second != group_.log[i]) violation("I1: event " + std::to_string(i + 1) + " has changed in the log");
  }
  for (const auto& promise : promises_) {
    if (!read_.facts.contains(promise)) violation("I3: answered as done and not in the log: " + promise);
  }
  check_caps();
  for (const auto& handler : handlers) {
    const std::string name(handler->name());
    const ServiceState& state = group_.services.at(name);
    for (const auto& lane : state.lanes) {
      if (lane.checkpoint > group_.head()) violation("I8: a checkpoint of " + name + " is beyond the head");
      for (const auto& [key, body] : lane.parked) violation("I15: " + name + " still keeps a parked message: " + key);
      for (const auto& [id, body] : lane.effects) violation("an effect of " + name + " is left over: " + id);
    }
    if (name == "outreach") {
      const auto index = state.indexes.find(std::string(kSuppressedIndex));
      std::set<std::string> suppressed;
      if (index != state.indexes.end()) {
        for (const auto& [contact, score] : index->second) suppressed.insert(contact);
      }
      if (suppressed != read_.suppressed) violation("I2: the suppressions in the index are not those of the log");
    }
    if (name == "followup") {
      MemoryReader reader(state);
      const auto answer = handler->answer(reader, messages::AuditLeaks::kTypeId, encode(messages::AuditLeaks{}), clock_());
      const auto audit =
          answer && !answer->refused ? messages::decode_as<messages::LeakAudit>(answer->reply) : tl::unexpected(messages::Malformed{});
      if (!audit) violation("the leak audit does not answer");
      else if (audit->violations != 0) {
        violation("nobody slips through: " + std::to_string(audit->violations) + " do, first " +
                  (audit->leaks.empty() ? "" : audit->leaks.front().gap.text() + " " + audit->leaks.front().why));
      }
    }
    // These two take no commands: the log alone makes them what they are.
    if (name == "journey" || name == "analytics") replay(*handler);
  }
}

void Judge::replay(const runtime::Handler& handler) {
  const std::string name(handler.name());
  GroupState fresh;
  fresh.log = group_.log;
  const std::uint64_t head = fresh.head();
  const Guards guards;
  MemoryStore store(
      fresh, name, clock_, [] { return MemoryStore::Mishap::kNone; }, guards);
  runtime::Metrics metrics("sim");
  struct Nobody final : runtime::Outbox {
    void reply(const runtime::ReplyTo&, const messages::Reply&) override {}
    void perform(Lane, const std::string&, const std::string&) override {}
  } nobody;
  // Events alone are committed when some time has passed, so here it passes with every look.
  Instant now = clock_();
  runtime::Engine engine(
      handler, store, nobody, metrics, runtime::InstanceInfo{"replay", "", "", 0, 0}, runtime::EngineOptions{}, clock_,
      [&now] { return std::chrono::steady_clock::time_point((now += 1ms).time_since_epoch()); }, [] { return 0us; });
  while (engine.turn()) {
  }
  while (const auto want = engine.want()) {
    if (want->after >= head) break;
    messages::FetchReply reply;
    reply.incarnation = want->incarnation;
    reply.head = reply.next = head;
    for (std::uint64_t sequence = want->after + 1; sequence <= head; ++sequence)
      reply.events.push_back({sequence, group_.log[sequence - 1]});
    engine.deliver(want->after, reply);
    while (engine.turn()) {
    }
  }
  engine.leave();
  const auto& live = group_.services.at(name);
  const auto& again = fresh.services[name];
  for (std::size_t lane = 0; lane < runtime::kLaneCount; ++lane) {
    if (live.lanes[lane].records == again.lanes[lane].records) continue;
    std::string which;
    for (const auto& [key, bytes] : live.lanes[lane].records) {
      const auto it = again.lanes[lane].records.find(key);
      if (it == again.lanes[lane].records.end() || it->second != bytes) which = key;
    }
    return violation("I12: a replay of the log gives " + name + " other records in lane " + std::to_string(lane) + ", such as " + which);
  }
  const auto filled = [](const auto& indexes) {
    auto out = indexes;
    std::erase_if(out, [](const auto& index) { return index.second.empty(); });
    return out;
  };
  if (filled(live.indexes) != filled(again.indexes)) violation("I12: a replay of the log gives " + name + " other indexes");
}

}  // namespace bridgework::sim
