#include "sim/world.hpp"

#include <algorithm>
#include <map>

#include "messages/appointments.codec.hpp"
#include "messages/envelope.codec.hpp"
#include "messages/feedback.codec.hpp"
#include "messages/followup.codec.hpp"
#include "messages/journey.codec.hpp"
#include "messages/lead_intake.codec.hpp"
#include "messages/outreach.codec.hpp"
#include "outreach/state.codec.hpp"
#include "runtime/zone.hpp"
#include "sim/handlers.hpp"

namespace bridgework::sim {
namespace {

using namespace std::chrono_literals;
using messages::Outcome;
using runtime::Engine;

constexpr const char* kZone = "America/New_York";
constexpr std::size_t kInstances = 2;
constexpr int kSites = 2, kPersons = 6;

/// A service's committed state, for queries.
class MemoryReader final : public runtime::RecordReader {
 public:
  explicit MemoryReader(const ServiceState& state) : state_(state) {}
  std::vector<std::optional<std::string>> records(const std::vector<runtime::RecordKey>& keys) override {
    std::vector<std::optional<std::string>> out;
    for (const auto& key : keys) {
      const auto& all = state_.lanes[key.lane].records;
      const auto it = all.find(key.key);
      out.push_back(it == all.end() ? std::nullopt : std::optional(it->second));
    }
    return out;
  }
  void scan(std::string_view prefix, const std::function<void(std::string_view, std::string_view)>& visit) override {
    for (const auto& lane : state_.lanes) {
      for (const auto& [key, bytes] : lane.records) {
        if (key.starts_with(prefix)) visit(key, bytes);
      }
    }
  }
  std::vector<runtime::IndexEntry> index(std::string_view name, double from, double to, std::size_t limit) override {
    std::vector<runtime::IndexEntry> out;
    const auto it = state_.indexes.find(std::string(name));
    if (it == state_.indexes.end()) return out;
    for (const auto& [member, score] : it->second) {
      if (score >= from && score <= to) out.push_back({member, score});
    }
    std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.score < b.score; });
    if (out.size() > limit) out.resize(limit);
    return out;
  }
  std::size_t index_size(std::string_view name) override {
    const auto it = state_.indexes.find(std::string(name));
    return it == state_.indexes.end() ? 0 : it->second.size();
  }
  bool index_has(std::string_view name, std::string_view member) override {
    const auto it = state_.indexes.find(std::string(name));
    return it != state_.indexes.end() && it->second.contains(std::string(member));
  }

 private:
  const ServiceState& state_;
};

class World;

/// One instance of one service, alive, paused or dead.
struct Process final : runtime::Outbox {
  World& world;
  std::size_t service;
  std::string name;
  std::unique_ptr<MemoryStore> store;
  std::unique_ptr<runtime::Metrics> metrics;
  std::unique_ptr<Engine> engine;
  int paused_for = 0;
  struct Effect {
    Lane lane;
    std::string id, body;
  };
  std::deque<Effect> effects;
  struct Late {
    std::uint64_t after;
    messages::FetchReply reply;
  };
  std::deque<Late> late;

  Process(World& w, std::size_t s) : world(w), service(s) {}
  void reply(const runtime::ReplyTo& to, const messages::Reply& reply) override;
  void perform(Lane lane, const std::string& id, const std::string& effect) override { effects.push_back({lane, id, effect}); }
};

/// A command on its way: sent until it is answered.
struct Call {
  std::size_t service;
  messages::Request request;
  std::function<void(const messages::Reply&)> then;
  std::optional<messages::Reply> first;
  int wait = 0;
};

class World {
 public:
  World(std::uint64_t seed, const Faults& faults, const Guards& guards) : random_(seed), faults_(faults), guards_(guards) {
    handlers_.push_back(lead_intake_handler());
    handlers_.push_back(appointments_handler());
    handlers_.push_back(followup_handler());
    handlers_.push_back(outreach_handler());
    handlers_.push_back(feedback_handler());
    handlers_.push_back(journey_handler());
    handlers_.push_back(analytics_handler());
    const LocalDay monday{std::chrono::local_days{std::chrono::year{2026} / 10 / 26}};  // the clocks go back on the Sunday that follows
    now_ = *runtime::to_instant(LocalTime(monday) + 9h, kZone);
    for (std::size_t s = 0; s < handlers_.size(); ++s) {
      for (std::size_t i = 0; i < kInstances; ++i) start(processes_.emplace_back(std::make_unique<Process>(*this, s)).get());
    }
  }

  RunReport run(std::size_t steps) {
    calm_ = true;
    set_up();
    settle();
    calm_ = false;
    for (std::size_t i = 0; i < steps; ++i) step();
    calm_ = true;
    settle();
    // What was planned for later is still to come: let days pass, a few hours at a time.
    for (int i = 0; i < 40; ++i) {
      now_ += 5h;
      settle();
    }
    judge();
    report_.events = group_.head();
    return report_;
  }

  void replied(std::uint64_t correlation, const messages::Reply& reply) {
    const auto it = calls_.find(correlation);
    if (it == calls_.end()) return;
    Call& call = it->second;
    switch (reply.outcome) {
      case Outcome::kNotOwner:
      case Outcome::kOverloaded:
      case Outcome::kUnavailable:
      case Outcome::kExpired:
        call.wait = 2;  // asked again
        return;
      case Outcome::kDone:
      case Outcome::kRefused:
      case Outcome::kMalformed:
      case Outcome::kKeyReused:
      case Outcome::kInternal: break;
    }
    if (chance(faults_.reply_lost)) {
      call.wait = 3;
      return;
    }
    if (reply.outcome == Outcome::kMalformed || reply.outcome == Outcome::kKeyReused || reply.outcome == Outcome::kInternal) {
      violation("a command of the simulator came back as " + std::string(to_string(reply.outcome)) + ": " + reply.detail);
    }
    if (reply.outcome == Outcome::kDone && reply.sequence > group_.head()) violation("I3: an answered command is not in the log");
    if (call.first) {
      if (call.first->outcome != reply.outcome || call.first->body != reply.body || call.first->code != reply.code) {
        violation("I13: one idempotency key got two answers: " + call.first->code + " and " + reply.code);
      }
      calls_.erase(it);
      return;
    }
    (reply.outcome == Outcome::kDone ? report_.commands_done : report_.commands_refused) += 1;
    if (call.then) call.then(reply);
    if (chance(faults_.duplicate)) {
      call.first = reply;
      call.wait = 1 + static_cast<int>(below(20));
      return;
    }
    calls_.erase(it);
  }

  Instant now() const { return now_; }

 private:
  // ---- chance

  bool chance(double p) { return !calm_ && std::uniform_real_distribution<double>(0, 1)(random_) < p; }
  std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }

  void violation(std::string what) {
    if (report_.violations.size() < 20) report_.violations.push_back(std::move(what));
  }

  // ---- processes

  void start(Process* p) {
    p->name = std::string(handlers_[p->service]->name()) + "-" + std::to_string(++started_);
    p->effects.clear();
    p->late.clear();
    p->paused_for = 0;
    p->store = std::make_unique<MemoryStore>(
        group_, std::string(handlers_[p->service]->name()), [this] { return now_; },
        [this] {
          if (!chance(faults_.store_lost)) return MemoryStore::Mishap::kNone;
          ++report_.unknown_outcomes;
          switch (below(3)) {
            case 0: return MemoryStore::Mishap::kLostBefore;
            case 1: return MemoryStore::Mishap::kLostAfter;
            default: return MemoryStore::Mishap::kLate;
          }
        },
        guards_);
    p->metrics = std::make_unique<runtime::Metrics>("sim");
    runtime::EngineOptions options;
    options.lease = std::chrono::minutes(12);  // steps are minutes long: a lease must outlast some of them, and a pause must outlast it
    p->engine = std::make_unique<Engine>(
        *handlers_[p->service], *p->store, *p, *p->metrics, runtime::InstanceInfo{p->name, "", "", 0, 0}, options, [this] { return now_; },
        [this] { return std::chrono::steady_clock::time_point(now_.time_since_epoch()); }, [] { return 0us; });
  }

  void run_process(Process& p) {
    if (chance(faults_.crash)) {
      ++report_.crashes;
      start(&p);
      return;
    }
    if (chance(faults_.pause)) p.paused_for = 1 + static_cast<int>(below(60));
    if (p.paused_for > 0) {
      --p.paused_for;
      return;
    }
    if (const auto want = p.engine->want()) {
      auto reply = fetch(*want, p.engine->wanted_types());
      if (chance(faults_.stale_fetch)) p.late.push_back({want->after, std::move(reply)});
      else p.engine->deliver(want->after, reply);
    }
    if (!p.late.empty() && below(4) == 0) {
      p.engine->deliver(p.late.front().after, p.late.front().reply);
      p.late.pop_front();
    }
    for (int i = 0; i < 50 && p.engine->turn(); ++i) {
    }
    while (!p.effects.empty()) {
      if (chance(faults_.crash)) {  // in the middle of sending
        ++report_.crashes;
        if (below(2) == 0) send(p.effects.front());
        start(&p);
        return;
      }
      auto effect = p.effects.front();
      p.effects.pop_front();
      p.engine->effect_done(effect.lane, effect.id, send(effect));
    }
    p.engine->turn();
  }

  messages::FetchReply fetch(const Engine::Want& want, const std::vector<std::uint64_t>& types) {
    messages::FetchReply reply;
    reply.incarnation = group_.incarnation;
    reply.first_of_incarnation = group_.incarnation_start;
    reply.first = 1;
    reply.head = group_.head();
    reply.next = want.after;
    for (std::uint64_t sequence = want.after + 1; sequence <= group_.head() && reply.events.size() < 64; ++sequence) {
      const std::string& bytes = group_.log[sequence - 1];
      reply.next = sequence;
      if (std::find(types.begin(), types.end(), messages::decode_as<messages::EventRecord>(bytes)->type_id) != types.end()) {
        reply.events.push_back({sequence, bytes});
      }
    }
    return reply;
  }

  // ---- the outside: messages that leave

  runtime::Handler::Command send(const Process::Effect& effect) {
    const auto message = messages::decode_as<outreach::SendMessage>(std::string_view(effect.body).substr(16));
    messages::RecordSend outcome;
    if (!message) {
      violation("an effect cannot be read: " + message.error().path + " " + message.error().reason);
      return {};
    }
    outcome.message = message->message;
    outcome.state = messages::MessageState::kSent;
    const std::string id = message->message.text();
    MemoryReader outreach(group_.services["outreach"]);
    if (outreach.index_has("suppressed", message->to.reveal())) {
      // what the real channel finds at its last look
      outcome.state = messages::MessageState::kWithheld;
      outcome.reason = messages::MessageReason::kSuppressed;
    } else if (now_ > message->not_after) {
      outcome.state = messages::MessageState::kPlanned;  // the window has closed meanwhile: for the gate to decide again
      outcome.reason = messages::MessageReason::kQuietHours;
    } else {
      if (!sent_.insert(id).second) violation("message " + id + " left twice");
      ++report_.messages_sent;
      const int hour = runtime::minute_of_day(runtime::to_local(now_, kZone)) / 60;
      if (hour < 8 || hour >= 21) violation("message " + id + " left at " + std::to_string(hour) + " o'clock");
      if (stopped_.contains(message->to.reveal())) violation("message " + id + " left after STOP was answered");
    }
    return {messages::RecordSend::kTypeId, encode(outcome)};
  }

  // ---- clients

  template <class C>
  void call(std::size_t service, const C& command, std::function<void(const messages::Reply&)> then = {}) {
    Call c;
    c.service = service;
    c.request.correlation = ++correlation_;
    c.request.type_id = C::kTypeId;
    c.request.body = encode(command);
    c.request.principal = "sim";
    c.request.idempotency_key = std::to_string(correlation_);
    c.then = std::move(then);
    calls_.emplace(correlation_, std::move(c));
  }

  void send_calls() {
    std::vector<std::uint64_t> due;
    for (auto& [correlation, c] : calls_) {
      if (c.wait-- <= 0) due.push_back(correlation);
    }
    for (const auto correlation : due) {
      const auto it = calls_.find(correlation);
      if (it == calls_.end()) continue;
      it->second.wait = 8;  // and again, if nothing comes
      // Copied: an answer may come at once and take the call away.
      const messages::Request request = it->second.request;
      const std::size_t service = it->second.service;
      Process& p = *processes_[service * kInstances + below(kInstances)];
      if (p.paused_for == 0) p.engine->submit({"client", correlation}, request);
    }
  }

  static constexpr std::size_t kLeadIntake = 0, kAppointments = 1, kFollowup = 2, kOutreach = 3, kFeedback = 4, kJourney = 5;

  SiteId site(std::size_t i) const { return SiteId("site-" + std::to_string(i)); }
  PersonId person(std::size_t i) const { return PersonId("p-" + std::to_string(i)); }
  std::string phone(std::size_t i) const { return "+1212555010" + std::to_string(i / 2); }  // households share

  void set_up() {
    std::vector<messages::OpeningHours> hours;
    for (std::uint8_t day = 1; day <= 7; ++day) hours.push_back({day, 480, 1080});
    for (std::size_t s = 0; s < kSites; ++s) {
      call(kAppointments,
           messages::DefineSite{
               .site = site(s), .name = "Site", .zone = kZone, .phone = "+12125550100", .hours = hours, .wait_limit_minutes = 15});
      settle();
      call(kAppointments, messages::DefineChair{.chair = ChairId("chair"), .site = site(s), .name = "Chair"});
      for (const char* p : {"a", "b"})
        call(kAppointments, messages::DefineProvider{.provider = ProviderId(p), .site = site(s), .name = p, .shifts = hours});
      call(kAppointments, messages::DefineVisitType{.visit_type = "filling",
                                                    .site = site(s),
                                                    .name = "Filling",
                                                    .duration_minutes = 60,
                                                    .buffer_minutes = 0,
                                                    .purpose = messages::Purpose::kRestorative});
      call(kAppointments, messages::DefineVisitType{.visit_type = "cleaning",
                                                    .site = site(s),
                                                    .name = "Cleaning",
                                                    .duration_minutes = 45,
                                                    .buffer_minutes = 0,
                                                    .purpose = messages::Purpose::kHygiene});
    }
    settle();
    for (std::size_t i = 0; i < kPersons; ++i) {
      messages::RegisterPerson command;
      command.person = person(i);
      command.profile.given_name = Phi<std::string>("Person");
      command.profile.home_site = site(i % kSites);
      command.profile.zone = kZone;
      command.profile.language = "en";
      command.profile.preferred_channel = i % 3 == 0 ? messages::Channel::kEmail : messages::Channel::kSms;
      messages::ContactPoint by_phone;
      by_phone.raw = Phi<std::string>(phone(i));
      messages::ContactPoint by_mail;
      by_mail.kind = messages::ContactKind::kEmail;
      by_mail.raw = Phi<std::string>("person" + std::to_string(i) + "@example.org");
      command.profile.contact_points = {by_phone, by_mail};
      call(kLeadIntake, command);
    }
    settle();
  }

  void random_command() {
    const std::size_t who = below(kPersons), where = below(kSites);
    switch (below(14)) {
      case 0:
      case 1: {
        messages::HoldSlot c;
        c.site = site(where);
        c.appointment = AppointmentId(c.site.text() + ".v-" + std::to_string(++named_));
        c.person = person(who);
        c.visit_type = below(2) == 0 ? "filling" : "cleaning";
        c.provider = ProviderId(below(2) == 0 ? "a" : "b");
        c.local_start = std::chrono::floor<std::chrono::days>(runtime::to_local(now_, kZone)) + std::chrono::days(below(5)) + 8h +
                        std::chrono::minutes(30 * below(18));
        const AppointmentId id = c.appointment;
        call(kAppointments, c, [this, id](const messages::Reply& reply) {
          if (reply.outcome == Outcome::kDone) visits_.push_back(id.text());
        });
        break;
      }
      case 2:
      case 3: on_visit<messages::BookAppointment>(); break;
      case 4: on_visit<messages::CancelAppointment>(); break;
      case 5: {
        if (visits_.empty()) break;
        messages::MoveAppointment c;
        c.appointment = AppointmentId(visits_[below(visits_.size())]);
        c.to = AppointmentId(std::string(owner_key(c.appointment.text())) + ".v-" + std::to_string(++named_));
        c.local_start = std::chrono::floor<std::chrono::days>(runtime::to_local(now_, kZone)) + std::chrono::days(below(5)) + 8h +
                        std::chrono::minutes(30 * below(18));
        const AppointmentId to = c.to;
        call(kAppointments, c, [this, to](const messages::Reply& reply) {
          if (reply.outcome == Outcome::kDone) visits_.push_back(to.text());
        });
        break;
      }
      case 6: on_visit<messages::ArriveAppointment>(); break;
      case 7: on_visit<messages::SeatAppointment>(); break;
      case 8: on_visit<messages::CompleteAppointment>(); break;
      case 9: on_visit<messages::CheckOutAppointment>(); break;
      case 10: {
        messages::CreateTreatmentPlan c;
        c.person = person(who);
        c.plan = PlanId(c.person.text() + ".t-" + std::to_string(++named_));
        c.site = site(where);
        messages::PlanItem item;
        item.item = ItemId("one");
        item.category = messages::Purpose::kRestorative;
        c.items = {item};
        const PlanId plan = c.plan;
        call(kFollowup, c, [this, plan](const messages::Reply& reply) {
          if (reply.outcome == Outcome::kDone) plans_.push_back(plan.text());
        });
        break;
      }
      case 11: on_item(); break;
      case 12: {
        if (below(4) != 0) break;
        messages::ReceiveInboundMessage c;
        c.from = Phi<std::string>(phone(who));
        const bool stop = below(2) == 0;
        c.body = Phi<std::string>(stop ? "STOP" : "START");
        const std::string contact = phone(who);
        // Between two answers nobody can say which holds; only what was answered last is claimed.
        if (!stop) stopped_.erase(contact);
        call(kOutreach, c, [this, contact, stop](const messages::Reply&) {
          const bool others = std::any_of(calls_.begin(), calls_.end(), [](const auto& other) {
            return other.second.request.type_id == messages::ReceiveInboundMessage::kTypeId && !other.second.first;
          });
          if (stop && !others) stopped_.insert(contact);
          else stopped_.erase(contact);
        });
        break;
      }
      default: {
        messages::SubmitEnquiry c;
        c.person = person(who);
        c.enquiry = EnquiryId(c.person.text() + ".e-" + std::to_string(++named_));
        c.site = site(where);
        c.profile.home_site = c.site;
        call(kLeadIntake, c);
        break;
      }
    }
  }

  template <class C>
  void on_visit() {
    if (visits_.empty()) return;
    C c;
    // Mostly the newest ones, so that visits get somewhere.
    const std::size_t back = below(std::min<std::size_t>(visits_.size(), 8));
    c.appointment = AppointmentId(visits_[visits_.size() - 1 - back]);
    call(kAppointments, c);
  }
  void on_item() {
    if (plans_.empty()) return;
    const PlanId plan(plans_[plans_.size() - 1 - below(std::min<std::size_t>(plans_.size(), 6))]);
    const ItemId item("one");
    switch (below(5)) {
      case 0: call(kFollowup, messages::PresentItem{.plan = plan, .item = item}); break;
      case 1: call(kFollowup, messages::AcceptItem{.plan = plan, .item = item}); break;
      case 2: call(kFollowup, messages::DeclineItem{.plan = plan, .item = item, .reason = messages::DecisionReason::kCost}); break;
      case 3: call(kFollowup, messages::StartItem{.plan = plan, .item = item, .appointment = {}}); break;
      default: call(kFollowup, messages::CompleteItem{.plan = plan, .item = item, .appointment = {}}); break;
    }
  }

  // ---- time

  void step() {
    if (below(2) == 0) random_command();
    now_ += std::chrono::milliseconds(below(4) == 0 ? below(600'000) : below(400));
    if (chance(faults_.clock_jump)) now_ += std::chrono::minutes(below(60));
    send_calls();
    for (const auto& p : processes_) run_process(*p);
    for (const auto& p : processes_) {
      if (below(6) == 0) p->store->arrive_late();
    }
    check_log();
  }

  /// Everything comes to rest: no faults, calls answered, every consumer at the head.
  void settle() {
    for (auto& p : processes_) {
      p->paused_for = 0;
      p->store->arrive_late();
    }
    std::size_t quiet = 0;
    std::uint64_t head = group_.head();
    for (int i = 0; i < 5000 && quiet < 12; ++i) {
      now_ += 300ms;
      send_calls();
      for (const auto& p : processes_) run_process(*p);
      quiet = calls_.empty() && group_.head() == head && at_head() ? quiet + 1 : 0;
      head = group_.head();
    }
    check_log();
    if (quiet < 12) {
      violation("I18: without faults the suite does not come to rest: " + std::to_string(calls_.size()) + " calls open, head " +
                std::to_string(head));
    }
  }
  bool at_head() {
    for (std::size_t s = 0; s < handlers_.size(); ++s) {
      if (handlers_[s]->consumed().empty()) continue;
      for (const auto& lane : group_.services[std::string(handlers_[s]->name())].lanes) {
        if (lane.checkpoint != group_.head()) return false;
      }
    }
    return true;
  }

  // ---- checkers

  /// Follows the log and keeps what must hold at every position of it.
  void check_log() {
    for (; checked_ < group_.log.size(); ++checked_) {
      const auto record = messages::decode_as<messages::EventRecord>(group_.log[checked_]);
      if (!record) {
        violation("I2: an unreadable event is in the log");
        continue;
      }
      const auto occupy = [&](const AppointmentId& id, const messages::Visit& visit) {
        for (const auto& [other, taken] : taken_) {
          if (other == id.text() || owner_key(other) != owner_key(id.text())) continue;
          const bool overlap = visit.start < taken.start + std::chrono::minutes(taken.duration_minutes) &&
                               taken.start < visit.start + std::chrono::minutes(visit.duration_minutes);
          if (overlap && (visit.chair == taken.chair || visit.provider == taken.provider)) {
            violation("booked twice: " + id.text() + " and " + other + " at event " + std::to_string(checked_ + 1));
          }
        }
        taken_[id.text()] = visit;
      };
      const std::string& body = record->body;
      switch (record->type_id) {
        case messages::AppointmentBooked::kTypeId: {
          const auto e = *messages::decode_as<messages::AppointmentBooked>(body);
          occupy(e.appointment, e.visit);
          break;
        }
        case messages::AppointmentMoved::kTypeId:
          taken_.erase(messages::decode_as<messages::AppointmentMoved>(body)->appointment.text());
          break;
        case messages::AppointmentCancelled::kTypeId:
          taken_.erase(messages::decode_as<messages::AppointmentCancelled>(body)->appointment.text());
          break;
        case messages::AppointmentNoShow::kTypeId:
          taken_.erase(messages::decode_as<messages::AppointmentNoShow>(body)->appointment.text());
          break;
        case messages::MessageSent::kTypeId: {
          const auto e = *messages::decode_as<messages::MessageSent>(body);
          const std::string reason = e.person.text() + "|" + e.programme + "|" + std::to_string(e.step) + "|" + e.subject;
          if (!reasons_.insert(reason).second) violation("sent twice for one reason: " + reason);
          if (!sent_.contains(e.message.text())) violation("the log says that " + e.message.text() + " was sent, and it was not");
          break;
        }
        case messages::MessagePlanned::kTypeId: {
          const auto e = *messages::decode_as<messages::MessagePlanned>(body);
          const std::string reason = "planned|" + e.person.text() + "|" + e.programme + "|" + std::to_string(e.step) + "|" + e.subject;
          if (!reasons_.insert(reason).second) violation("planned twice for one reason: " + reason);
          break;
        }
        case messages::EnquiryReceived::kTypeId:
          count_once("EnquiryReceived", messages::decode_as<messages::EnquiryReceived>(body)->enquiry.text());
          break;
        case messages::TreatmentPlanCreated::kTypeId:
          count_once("TreatmentPlanCreated", messages::decode_as<messages::TreatmentPlanCreated>(body)->plan.text());
          break;
        case messages::AppointmentHeld::kTypeId:
          count_once("AppointmentHeld", messages::decode_as<messages::AppointmentHeld>(body)->appointment.text());
          break;
        case messages::GapOpened::kTypeId: count_once("GapOpened", messages::decode_as<messages::GapOpened>(body)->gap.text()); break;
        case messages::RecoveryCaseOpened::kTypeId:
          count_once("RecoveryCaseOpened", messages::decode_as<messages::RecoveryCaseOpened>(body)->recovery_case.text());
          break;
        case messages::SurveyAsked::kTypeId:
          count_once("SurveyAsked", messages::decode_as<messages::SurveyAsked>(body)->survey.text());
          break;
        default: break;
      }
    }
  }
  void count_once(const char* type, const std::string& id) {
    if (!reasons_.insert(std::string(type) + "|" + id).second) violation("I5: " + std::string(type) + " twice for " + id);
  }

  template <class Reply, class Query>
  std::optional<Reply> ask(std::size_t service, const Query& query) {
    MemoryReader reader(group_.services[std::string(handlers_[service]->name())]);
    const auto answer = handlers_[service]->answer(reader, Query::kTypeId, encode(query), now_);
    if (!answer || answer->refused) return std::nullopt;
    auto reply = messages::decode_as<Reply>(answer->reply);
    if (!reply) return std::nullopt;
    return std::move(*reply);
  }

  void judge() {
    const auto audit = ask<messages::LeakAudit>(kFollowup, messages::AuditLeaks{});
    if (!audit) violation("the leak audit does not answer");
    else if (audit->violations != 0) {
      violation("nobody slips through: " + std::to_string(audit->violations) + " do, first " +
                (audit->leaks.empty() ? "" : audit->leaks.front().gap.text() + " " + audit->leaks.front().why));
    }
    for (const auto& [name, state] : group_.services) {
      for (const auto& lane : state.lanes) {
        if (!lane.parked.empty()) violation("I15: " + name + " parked a message without a reason: " + lane.parked.begin()->first);
        if (lane.checkpoint > group_.head()) violation("I8: a checkpoint of " + name + " is beyond the head");
        for (const auto& [id, body] : lane.effects) violation("an effect of " + name + " is left over: " + id);
      }
    }
    replay("journey", 5);
    replay("analytics", 6);
  }

  /// I12: a service that only consumes has, after one quiet pass over the log, the very bytes it has after all that went wrong.
  void replay(const std::string& name, std::size_t service) {
    GroupState fresh;
    fresh.log = group_.log;
    fresh.incarnation = group_.incarnation;
    const std::uint64_t head = fresh.head();
    MemoryStore store(
        fresh, name, [this] { return now_; }, [] { return MemoryStore::Mishap::kNone; }, quiet_guards_);
    runtime::Metrics metrics("sim");
    struct Nobody final : runtime::Outbox {
      void reply(const runtime::ReplyTo&, const messages::Reply&) override {}
      void perform(Lane, const std::string&, const std::string&) override {}
    } nobody;
    Engine engine(
        *handlers_[service], store, nobody, metrics, runtime::InstanceInfo{"replay", "", "", 0, 0}, runtime::EngineOptions{},
        [this] { return now_; }, [this] { return std::chrono::steady_clock::time_point(now_.time_since_epoch()); }, [] { return 0us; });
    // Own events come out again while it consumes; they go to a log of their own.
    const std::vector<std::string> log = fresh.log;
    for (int i = 0; i < 100'000; ++i) {
      engine.turn();
      const auto want = engine.want();
      if (!want || want->after >= head) break;
      engine.deliver(want->after, fetch(*want, engine.wanted_types()));
      while (engine.turn()) {
      }
    }
    engine.leave();
    const auto& live = group_.services[name];
    const auto& again = fresh.services[name];
    for (std::size_t lane = 0; lane < runtime::kLaneCount; ++lane) {
      if (live.lanes[lane].records != again.lanes[lane].records) {
        std::string which;
        for (const auto& [key, bytes] : live.lanes[lane].records) {
          const auto it = again.lanes[lane].records.find(key);
          if (it == again.lanes[lane].records.end() || it->second != bytes) which = key;
        }
        if (name == "journey") continue;  // takes commands and timers too, which a pass over the log does not repeat
        violation("I12: a replay of the log gives " + name + " other records in lane " + std::to_string(lane) + ", such as " + which);
        return;
      }
    }
    if (name == "analytics" && live.indexes != again.indexes) violation("I12: a replay of the log gives " + name + " other indexes");
  }

  std::mt19937_64 random_;
  Faults faults_;
  Guards guards_;
  const Guards quiet_guards_{};
  RunReport report_;
  bool calm_ = true;
  Instant now_;
  GroupState group_;
  std::vector<std::unique_ptr<runtime::Handler>> handlers_;
  std::vector<std::unique_ptr<Process>> processes_;
  std::map<std::uint64_t, Call> calls_;
  std::uint64_t correlation_ = 0, started_ = 0, named_ = 0;
  std::vector<std::string> visits_, plans_;
  std::set<std::string> sent_, reasons_, stopped_;
  std::map<std::string, messages::Visit> taken_;
  std::size_t checked_ = 0;
};

void Process::reply(const runtime::ReplyTo& to, const messages::Reply& reply) { world.replied(to.correlation, reply); }

}  // namespace

RunReport run_world(std::uint64_t seed, std::size_t steps, const Faults& faults, const Guards& guards) {
  return World(seed, faults, guards).run(steps);
}

}  // namespace bridgework::sim
