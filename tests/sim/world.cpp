#include "sim/world.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <tuple>

#include "bus/fetch_desk.hpp"
#include "messages/appointments.codec.hpp"
#include "messages/envelope.codec.hpp"
#include "messages/followup.codec.hpp"
#include "messages/lead_intake.codec.hpp"
#include "messages/outreach.codec.hpp"
#include "outreach/perform.hpp"
#include "outreach/state.codec.hpp"
#include "runtime/engine.hpp"
#include "runtime/zone.hpp"
#include "sim/handlers.hpp"
#include "sim/judge.hpp"
#include "sim/live_follower.hpp"
#include "sim/memory_archive.hpp"
#include "sim/memory_reader.hpp"
#include "sim/outbox.hpp"

namespace bridgework::sim {
namespace {

using namespace std::chrono_literals;
using messages::Outcome;
using runtime::Engine;

constexpr std::size_t kInstances = 2;
constexpr int kSites = 2, kPersons = 6;
constexpr std::uint32_t kFormsADay = 3;  // few, so that a site's form is often full
constexpr std::array<const char*, kSites> kSiteZones{"America/New_York", "America/Chicago"};
constexpr std::array<const char*, 3> kPersonZones{"", "America/Los_Angeles", "America/New_York"};  // the first: like their site
constexpr std::size_t kEffectTypeDigits = 16;
constexpr std::size_t kBackups = 3;
constexpr std::uint64_t kSegmentEvents = 24;
constexpr std::size_t kLookupEvents = 256;
constexpr std::string_view kLogBegins = "the log begins";
constexpr auto kLease = 12min;  // steps are minutes long: a lease must outlast some of them, and a pause must outlast it
constexpr auto kAskAgain = 30s;
constexpr auto kFetchGrace = 60s;

class World;

/// A handler that dies of certain messages, as a program with a defect would.
class FragileHandler final : public runtime::Handler {
 public:
  explicit FragileHandler(const runtime::Handler& inner) : inner_(inner) {}
  std::set<std::uint64_t> poison;  ///< sequences of events

  std::string_view name() const override { return inner_.name(); }
  std::vector<runtime::ConsumedType> consumed() const override { return inner_.consumed(); }
  bool is_command(std::uint64_t type_id) const override { return inner_.is_command(type_id); }
  bool is_query(std::uint64_t type_id) const override { return inner_.is_query(type_id); }
  std::string command_key(std::uint64_t type_id, std::string_view body) const override { return inner_.command_key(type_id, body); }
  std::unique_ptr<runtime::LaneRecords> new_lane() const override { return inner_.new_lane(); }
  tl::expected<runtime::Decided, runtime::Undecided> decide(runtime::LaneRecords& records, const runtime::Work& work) const override {
    taste(work);
    return inner_.decide(records, work);
  }
  std::vector<std::string> missing(const runtime::LaneRecords& records, const runtime::Work& work) const override {
    taste(work);
    return inner_.missing(records, work);
  }
  tl::expected<runtime::Answered, std::string> answer(runtime::RecordReader& reader, std::uint64_t type_id, std::string_view body,
                                                      Instant now) const override {
    return inner_.answer(reader, type_id, body, now);
  }
  bool performs_effects() const override { return inner_.performs_effects(); }
  tl::expected<Command, std::string> perform(runtime::RecordReader& reader, std::string_view effect) const override {
    return inner_.perform(reader, effect);
  }
  tl::expected<Command, std::string> uncertain(std::string_view effect) const override {
    auto outcome = inner_.uncertain(effect);
    if (outcome) ++uncertain_asked;
    return outcome;
  }
  mutable std::uint64_t uncertain_asked = 0, uncertain_counted = 0;  ///< of all instances there have been

 private:
  void taste(const runtime::Work& work) const {
    if (work.kind == runtime::Work::Kind::kEvent && poison.contains(work.causation)) throw ProcessDied{};
  }
  const runtime::Handler& inner_;
};

/// One instance of one service, alive, paused or dead.
struct Process final : runtime::Outbox {
  World& world;
  std::size_t service;
  std::string name;
  std::unique_ptr<MemoryStore> store;
  std::unique_ptr<runtime::Metrics> metrics;
  std::unique_ptr<Engine> engine;
  int paused_for = 0;
  bool inside = false;  ///< stands in the middle of a call
  struct Effect {
    Lane lane;
    std::string id, body;
    std::uint64_t epoch;
    Instant claimed, at;
  };
  std::deque<Effect> effects;
  std::deque<std::pair<runtime::ReplyTo, messages::Request>> inbox;
  struct Asked {
    Engine::Want want;
    std::uint64_t correlation;
    Instant until;
  };
  std::optional<Asked> asked;
  std::deque<std::pair<Engine::Want, messages::FetchReply>> answers;
  std::uint64_t overloaded = 0, truncated = 0, diverged = 0;

  Process(World& w, std::size_t s) : world(w), service(s) {}
  void reply(const runtime::ReplyTo& to, const messages::Reply& reply) override;
  void perform(Lane lane, const std::string& id, const std::string& effect) override;
};

/// The real desk of the bus, with a reader and a publisher that the simulator turns by hand.
struct Bus {
  bus::FetchDesk desk{bus::DeskLimits{.ring_events_max = 64, .events_max = 48}};
  std::optional<std::uint64_t> link;  ///< the run of the server it is connected to; none: it must look again
  std::string incarnation;
  std::uint64_t position = 0;
};

/// A command of a client: sent until it is answered, and remembered, because answers may come more than once.
struct Call {
  std::size_t service;
  messages::Request request;
  std::function<void(const messages::Reply&)> then;
  std::string promise;  ///< what the log must say once this is done
  std::optional<messages::Reply> first;
  bool settled = false;
  bool forgotten = false;  ///< answered, and the store has lost it since
  Instant again{};
};

class World {
 public:
  World(std::uint64_t seed, const Faults& faults, const Guards& guards) : random_(seed), faults_(faults), guards_(guards) {
    const LocalDay monday{std::chrono::local_days{std::chrono::year{2026} / 10 / 26}};  // the clocks go back on the Sunday that follows
    now_ = *runtime::to_instant(LocalTime(monday) + 9h, kSiteZones[0]);
    choose_character();
    handlers_.push_back(lead_intake_handler());
    handlers_.push_back(appointments_handler());
    handlers_.push_back(followup_handler());
    handlers_.push_back(outreach_handler());
    handlers_.push_back(feedback_handler());
    handlers_.push_back(journey_handler());
    handlers_.push_back(analytics_handler());
    for (const auto& handler : handlers_) {
      fragile_.push_back(std::make_unique<FragileHandler>(*handler));
      group_.services[std::string(handler->name())];
      if (!handler->consumed().empty()) judge_.consumes(handler->name());
    }
    for (std::size_t s = 0; s < handlers_.size(); ++s) {
      for (std::size_t i = 0; i < kInstances; ++i) start(*processes_.emplace_back(std::make_unique<Process>(*this, s)));
    }
  }

  RunReport run(std::size_t steps) {
    calm_ = true;
    set_up();
    settle();
    calm_ = false;
    for (std::size_t i = 0; i < steps; ++i) step();
    calm_ = true;
    check_owners();
    settle();
    restore_archive();
    cure();
    if (server_.skew != 0min) {
      set_server_clock(0min);
      check_owners();
    }
    // What was planned for later is still to come: let days pass, a few hours at a time.
    for (int i = 0; i < 40; ++i) {
      now_ += 5h;
      settle();
    }
    for (const auto& p : processes_) check_counts(*p);
    for (const auto& handler : fragile_) {
      if (handler->uncertain_asked == handler->uncertain_counted) continue;
      judge_.violation("I20: " + std::string(handler->name()) + " called " + std::to_string(handler->uncertain_asked) +
                       " effects uncertain and counted " + std::to_string(handler->uncertain_counted));
    }
    judge_.at_rest(handlers_);
    if (follower_.incarnation() != group_.incarnation || follower_.head() != group_.head()) {
      judge_.violation("I10: a follower of Live stands at " + std::to_string(follower_.head()) + ", the log at " +
                       std::to_string(group_.head()));
    }
    report_.events = group_.head();
    report_.violations = judge_.violations();
    return report_;
  }

  void replied(Process& process, std::uint64_t correlation, const messages::Reply& reply) {
    judge_.answered(reply);
    if (reply.outcome == Outcome::kOverloaded) ++process.overloaded;
    post([this, correlation, reply, epoch = judge_.epoch()] { hear(correlation, reply, epoch); });
  }
  void perform(Process& process, Lane lane, const std::string& id, const std::string& effect) {
    const auto delay = chance(faults_.slow_send) ? std::chrono::seconds(below(3600)) : 0s;
    process.effects.push_back({lane, id, effect, judge_.epoch(), now_, now_ + delay});
  }

 private:
  ServiceState& state_of(std::size_t service) { return group_.services[std::string(handlers_[service]->name())]; }

  // ---- chance

  bool chance(double p) { return !calm_ && p > 0 && std::uniform_real_distribution<double>(0, 1)(random_) < p; }
  std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }

  void choose_character() {
    for (double* fault :
         {&faults_.store_lost, &faults_.crash, &faults_.crash_inside, &faults_.pause, &faults_.pause_inside, &faults_.packet_lost,
          &faults_.packet_doubled, &faults_.packet_late, &faults_.stale_fetch, &faults_.bus_crash, &faults_.clock_jump,
          &faults_.server_jump, &faults_.restart, &faults_.slow_send, &faults_.archive, &faults_.archive_lost, &faults_.rebuild}) {
      constexpr std::array<double, 4> kWeights{0, 0.5, 1, 3};
      *fault *= kWeights[below(kWeights.size())];
    }
    if (below(5) != 0) faults_.poison = 0;
    options_.lease = kLease;
    const auto pick = [this](auto usual, auto other) { return below(2) == 0 ? usual : other; };
    options_.events_per_commit_max = pick(options_.events_per_commit_max, std::size_t{1 + below(6)});
    options_.items_per_commit_max = pick(options_.items_per_commit_max, std::size_t{1 + below(6)});
    options_.commands_per_lane_max = pick(options_.commands_per_lane_max, std::size_t{2});
    options_.event_items_max = pick(options_.event_items_max, std::size_t{16});
    options_.records_cached_max = pick(options_.records_cached_max, std::size_t{16});
    options_.event_commit_every = pick(options_.event_commit_every, 90'000ms);
  }

  // ---- the network

  /// On its way to somewhere, unless it gets lost; perhaps twice, perhaps after what was sent later.
  void post(std::function<void()> arrive) {
    if (chance(faults_.packet_lost)) return;
    if (chance(faults_.packet_doubled)) travel(arrive);
    travel(std::move(arrive));
  }
  void travel(std::function<void()> arrive) {
    const auto late = chance(faults_.packet_late) ? std::chrono::milliseconds(below(1'800'000)) : std::chrono::milliseconds(below(100));
    network_.emplace(calm_ ? now_ : now_ + late, std::move(arrive));
  }
  void deliver_packets() {
    while (!network_.empty() && (calm_ || network_.begin()->first <= now_)) {
      auto packet = network_.extract(network_.begin());
      packet.mapped()();
    }
  }

  // ---- processes

  void start(Process& p) {
    if (p.engine) check_counts(p);
    p.name = std::string(handlers_[p.service]->name()) + "-" + std::to_string(++started_);
    p.effects.clear();
    p.inbox.clear();
    p.answers.clear();
    p.asked.reset();
    p.paused_for = 0;
    p.overloaded = p.truncated = p.diverged = 0;
    p.engine.reset();
    if (p.store) p.store->abandon();
    p.store = std::make_unique<MemoryStore>(
        group_, std::string(handlers_[p.service]->name()), [this] { return stores_now(); }, [this, &p] { return fate_of(p); }, guards_,
        MemoryStore::Surroundings{&server_, &judge_, &flights_, [this] { return calm_ || below(2) == 0; }});
    p.metrics = std::make_unique<runtime::Metrics>("sim");
    p.engine = std::make_unique<Engine>(
        *fragile_[p.service], *p.store, p, *p.metrics, runtime::InstanceInfo{p.name, "", "", 0, 0}, options_, [this] { return now_; },
        [this] { return std::chrono::steady_clock::time_point(now_.time_since_epoch()); }, [] { return 0us; });
  }

  /// What happens to a process that is about to call the store: everything it decided stands in its memory and nowhere else.
  MemoryStore::Mishap fate_of(Process& p) {
    if (chance(faults_.pause_inside) && !anybody_inside_) {
      ++report_.pauses;
      anybody_inside_ = p.inside = true;
      for (std::size_t steps = 1 + below(30); steps > 0; --steps) step();
      anybody_inside_ = p.inside = false;
    }
    if (chance(faults_.crash_inside)) {
      if (below(2) == 0) throw ProcessDied{};
      return MemoryStore::Mishap::kDiesAfter;
    }
    if (!chance(faults_.store_lost)) return MemoryStore::Mishap::kNone;
    ++report_.unknown_outcomes;
    switch (below(3)) {
      case 0: return MemoryStore::Mishap::kLostBefore;
      case 1: return MemoryStore::Mishap::kLostAfter;
      default: return MemoryStore::Mishap::kLate;
    }
  }

  bool run_process(Process& p) {
    if (p.inside) return false;
    try {
      if (chance(faults_.crash)) throw ProcessDied{};
      if (chance(faults_.pause)) {
        ++report_.pauses;
        p.paused_for = 1 + static_cast<int>(below(60));
      }
      if (p.paused_for > 0) {
        --p.paused_for;
        return false;
      }
      return turn(p);
    } catch (const ProcessDied&) {
      ++report_.crashes;
      start(p);
      return true;
    }
  }

  void deliver(Process& p, const Engine::Want& want, const messages::FetchReply& reply) {
    if (reply.outcome == messages::FetchOutcome::kEvents && reply.incarnation == group_.incarnation) {
      judge_.delivered(p.name, want.after, reply.next);
    }
    p.engine->deliver(want.after, reply);
    if (reply.outcome == messages::FetchOutcome::kDiverged) ++p.diverged;
    if (reply.outcome != messages::FetchOutcome::kTruncated) return;
    ++p.truncated;
    ++report_.truncated;
  }
  /// Whoever was told that events are gone wants no more of them, and says why.
  void check_halted(const Process& p) {
    if (p.truncated == 0) return;
    const auto why = p.engine->not_ready();
    if (p.engine->want() || !why) judge_.violation("I10: " + p.name + " goes on over events that are gone");
  }
  bool is_halted(std::size_t service) const {
    return std::ranges::any_of(processes_, [&](const auto& p) { return p->service == service && p->truncated > 0; });
  }

  bool turn(Process& p) {
    bool busy = std::ranges::any_of(p.answers, [](const auto& answer) { return !answer.second.events.empty(); });
    for (; !p.inbox.empty(); p.inbox.pop_front()) p.engine->submit(p.inbox.front().first, std::move(p.inbox.front().second));
    for (; !p.answers.empty(); p.answers.pop_front()) {
      // The client of the bus has forgotten what it asked for a log that is no more.
      const auto want = p.engine->want();
      if (want && want->incarnation == p.answers.front().first.incarnation) deliver(p, p.answers.front().first, p.answers.front().second);
    }
    check_halted(p);
    ask_bus(p);
    for (int i = 0; i < 50 && p.engine->turn(); ++i) busy = true;
    for (std::size_t i = 0; i < p.effects.size();) {
      if (p.effects[i].at > now_ && !calm_) {
        ++i;
        continue;
      }
      if (server_.away) break;  // it cannot look whether the message may leave
      const bool dies = chance(faults_.crash);
      if (dies && below(2) == 0) throw ProcessDied{};
      const auto effect = p.effects[i];
      p.effects.erase(p.effects.begin() + static_cast<std::ptrdiff_t>(i));
      const auto outcome = send(effect);
      if (dies) throw ProcessDied{};
      p.engine->effect_done(effect.lane, effect.id, outcome);
      busy = true;
    }
    return p.engine->turn() || busy || p.engine->committing();
  }

  void ask_bus(Process& p) {
    const auto want = p.engine->want();
    if (!want) {
      p.asked.reset();
      return;
    }
    const bool same = p.asked && p.asked->want.after == want->after && p.asked->want.incarnation == want->incarnation;
    if (same && now_ < p.asked->until) return;
    p.asked = {*want, ++correlation_, now_ + kFetchGrace};
    messages::Fetch fetch;
    fetch.correlation = correlation_;
    fetch.incarnation = want->incarnation;
    fetch.after = want->after;
    fetch.max_events = 1 + static_cast<std::uint32_t>(below(64));
    fetch.wait_ms = calm_ ? 0 : static_cast<std::uint32_t>(below(3) * 5000);
    fetch.types = p.engine->wanted_types();
    post([this, fetch, name = p.name] { ask_desk(name, fetch); });
  }

  /// The client of the bus takes the answer to what it asks now, and drops others. The engine has to bear more: an answer to an earlier
  /// question of the same incarnation.
  void answer(const std::string& name, const messages::FetchReply& reply) {
    const auto it = std::ranges::find_if(processes_, [&](const auto& p) { return p->name == name; });
    if (it == processes_.end() || !(*it)->asked) return;
    Process& p = **it;
    if (reply.outcome == messages::FetchOutcome::kDiverged) ++report_.diverged;
    if (p.asked->correlation != reply.correlation) return;
    p.answers.emplace_back(p.asked->want, reply);
    if (chance(faults_.stale_fetch)) {
      post([this, name, want = p.asked->want, reply] {
        const auto later = std::ranges::find_if(processes_, [&](const auto& other) { return other->name == name; });
        if (later == processes_.end()) return;
        const auto now = (*later)->engine->want();
        if (now && now->incarnation == want.incarnation) (*later)->answers.emplace_back(want, reply);
      });
    }
    p.asked.reset();
  }

  /// What one instance has counted in its life is what it was told and what it told others.
  void check_counts(const Process& p) {
    const auto counted = [&](const char* name, const runtime::Metrics::Labels& labels = {}) {
      return static_cast<std::uint64_t>(p.metrics->counter(name, "", labels).value());
    };
    const auto check = [&](const char* what, std::uint64_t number, std::uint64_t at_least, std::uint64_t at_most) {
      if (number >= at_least && number <= at_most) return;
      judge_.violation("I20: " + p.name + " counted " + std::to_string(number) + " " + what + " of " + std::to_string(at_least));
    };
    const auto exactly = [&](const char* what, std::uint64_t number, std::uint64_t right) { check(what, number, right, right); };
    const auto commands = [&](const char* outcome) { return counted("bridgework_commands_total", {{"outcome", outcome}}); };
    const MemoryStore::Told& told = p.store->told();
    exactly("overloaded", commands("overloaded"), p.overloaded);
    exactly("answered before", commands("answered_before"), told.answered_before);
    exactly("keys reused", commands("key_reused"), 0);
    exactly("expired", commands("expired"), 0);
    exactly("malformed", counted("bridgework_malformed_total"), 0);
    exactly("store faults", counted("bridgework_store_faults_total"), told.faults);
    exactly("parked", counted("bridgework_parked_total"), told.parked);
    exactly("diverged", counted("bridgework_diverged_total"), p.diverged);
    exactly("truncated", counted("bridgework_truncated_total"), p.truncated);
    // A refused commit that only moves a checkpoint is counted when events led to it, and not when the engine tidies up.
    check("fences lost", counted("bridgework_fence_lost_total"), told.fenced, told.fenced + told.moves_refused);
    check("conflicts", counted("bridgework_commit_conflicts_total"), told.conflicts, told.conflicts + told.moves_refused);
    fragile_[p.service]->uncertain_counted += counted("bridgework_effects_uncertain_total");
  }

  // ---- the bus

  std::chrono::steady_clock::time_point steady() const { return std::chrono::steady_clock::time_point(now_.time_since_epoch()); }

  bus::LogBounds bounds() const { return archive_.read(group_, 0, 0).bounds; }

  void ask_desk(const std::string& name, messages::Fetch fetch) {
    asked_.insert_or_assign(fetch.correlation, fetch);
    // As if whoever asks had seen what is gone.
    if (!guards_.truncated) fetch.after = std::max(fetch.after, bounds().first - 1);
    if (!guards_.diverged) {
      // As if positions were numbers and nothing else.
      fetch.incarnation.clear();
      fetch.after = std::min(fetch.after, group_.head());
    }
    bus_->desk.asked(name, std::move(fetch), steady());
    serve_desk();
  }
  void serve_desk() {
    for (auto& lookup : bus_->desk.take_lookups()) {
      std::optional<bus::FetchDesk::Found> found;
      if (!server_.away && !chance(faults_.store_lost)) {
        MemoryStore::open(group_, server_);
        found = archive_.read(group_, lookup.fetch.after, kLookupEvents);
      }
      bus_->desk.looked_up(std::move(lookup), found, steady());
    }
    for (auto& told : bus_->desk.take_answers()) {
      // A log that has just come back and that nobody has opened yet says nothing about what was true of it.
      if (const auto asked = asked_.extract(told.reply.correlation); asked && group_.opened_by == server_.run) {
        judge_.fetched(asked.mapped().after, asked.mapped().types, told.reply);
      }
      if (told.reply.outcome == messages::FetchOutcome::kTruncated && !archive_.is_lost()) {
        judge_.violation("I10: " + told.identity + " is told that events are gone, and they are in the archive");
      }
      if (told.identity == kFollower) {
        follower_.fetched(*follower_asked_, told.reply);
        follower_asked_.reset();
      } else {
        post([this, told = std::move(told)] { answer(told.identity, told.reply); });
      }
    }
  }

  bool run_bus() {
    if (chance(faults_.bus_crash)) {
      bus_ = std::make_unique<Bus>();
      follower_asked_.reset();
    }
    Bus& b = *bus_;
    if (server_.away || (b.link && *b.link != server_.run)) {
      b.link.reset();
      b.desk.lost();
      if (server_.away) return false;
    }
    if (!b.link) {
      b.link = server_.run;
      MemoryStore::open(group_, server_);
      if (b.incarnation != group_.incarnation || b.position > group_.head()) {
        b.incarnation = group_.incarnation;
        b.position = group_.head();
      }
      b.desk.opened(bounds(), steady());
    }
    // A blocked read begins where the log begins now, whatever has been trimmed since the last one.
    b.position = std::max(b.position, group_.first - 1);
    auto entries = archive_.read(group_, b.position, calm_ ? kLookupEvents : below(40)).entries;
    b.position += entries.size();
    const bool busy = !entries.empty();
    for (const auto& e : entries) {
      const bool dropped = faults_.live_lost > 0 && std::uniform_real_distribution<double>(0, 1)(random_) < faults_.live_lost;
      if (!dropped) follower_.heard(b.desk.bounds().incarnation, e.sequence, e.record);
    }
    if (busy) b.desk.appended(std::move(entries));
    b.desk.expire(steady());
    // As the real server does when its reader is at the head (Server::publish, Live::publish_beacon). That code is not here: it owns the
    // socket it writes to, and what it writes is the two bounds below. The other half of the guard is the subscriber's, and there is none
    // of ours beside LiveFollower.
    if (guards_.beacon && b.position == group_.head()) follower_.beacon({b.desk.bounds().incarnation, b.desk.bounds().head});
    if (const auto wants = follower_.wants(); wants && !follower_asked_) {
      messages::Fetch fetch;
      fetch.correlation = ++correlation_;
      fetch.incarnation = wants->incarnation;
      fetch.after = wants->after;
      fetch.max_events = 64;
      follower_asked_ = wants;
      ask_desk(kFollower, std::move(fetch));
    }
    serve_desk();
    judge_.follower(follower_);
    return busy;
  }

  // ---- the archive

  void run_archiver() {
    if (server_.away) return;
    MemoryStore::open(group_, server_);
    const std::uint64_t forgotten = archive_.round(group_, server_, kSegmentEvents);
    if (forgotten > 0) judge_.trimmed(archive_.last());
    report_.trimmed += forgotten;
  }
  void rebuild() {
    if (server_.away) return;
    MemoryStore::rebuild(group_, server_, std::string(handlers_[kAnalytics]->name()));
    ++report_.rebuilds;
  }
  /// A person brings the archive back and starts anew what halted without it.
  void restore_archive() {
    archive_.restore();
    for (const auto& p : processes_) {
      if (p->truncated == 0) continue;
      if (const auto why = p->engine->not_ready(); !why || !why->starts_with(kLogBegins)) {
        judge_.violation("I10: " + p->name + " has halted and does not say so");
      }
      start(*p);
    }
    settle();
  }

  // ---- the store

  void run_server() {
    if (server_.away) {
      if (--away_for_ <= 0) come_back();
      return;
    }
    if (chance(0.02)) {
      backups_.push_back(group_);
      if (backups_.size() > kBackups) backups_.pop_front();
    }
    if (chance(faults_.restart)) {
      server_.away = true;
      flights_.clear();  // they die with the connections they came by
      away_for_ = static_cast<int>(below(6));
      ++report_.restarts;
      loss_ = chance(faults_.torn) ? Loss::kTail : chance(faults_.stale_copy) && !backups_.empty() ? Loss::kCopy : Loss::kNothing;
    }
    for (std::size_t arriving = flights_.empty() ? 0 : below(3); arriving > 0 && !flights_.empty(); --arriving)
      land(below(flights_.size()));
  }
  void land(std::size_t which) {
    const auto flight = flights_[which];
    flights_.erase(flights_.begin() + static_cast<std::ptrdiff_t>(which));
    const auto it = std::ranges::find_if(processes_, [&](const auto& p) { return handlers_[p->service]->name() == flight.service; });
    (*it)->store->arrive(flight);
  }

  void come_back() {
    server_.away = false;
    server_.run = ++server_runs_;
    switch (std::exchange(loss_, Loss::kNothing)) {
      case Loss::kNothing: return;
      case Loss::kTail: server_.tear(1 + below(30)); break;
      case Loss::kCopy:
        group_ = backups_[below(backups_.size())];
        server_.undo.clear();
        break;
    }
    ++report_.roll_backs;
    // A copy made after what is lost now was of a life that never happened.
    std::erase_if(backups_, [this](const GroupState& backup) {
      return backup.incarnations > group_.incarnations || backup.head() > group_.head() || backup.first > group_.first;
    });
    judge_.rolled_back();
    for (auto& [correlation, call] : calls_) call.forgotten = call.settled;
    for (const auto& handler : fragile_) handler->poison.clear();
  }

  // ---- the outside: messages that leave

  /// By the real channel. What it looks at again before a message leaves is its own code: without that guard it is shown the moment of the
  /// claim, when nobody had opted out and the window was open.
  runtime::Handler::Command send(const Process::Effect& effect) {
    const auto message = messages::decode_as<outreach::SendMessage>(std::string_view(effect.body).substr(kEffectTypeDigits));
    if (!message) {
      judge_.violation("an effect cannot be read: " + message.error().path + " " + message.error().reason);
      return {};
    }
    static const Outbox outbox;
    static const ServiceState nothing;
    outreach::Config config;
    config.outbox = outbox.directory();
    const MemoryIndexes indexes(guards_.recheck ? group_.services["outreach"] : nothing);
    const auto outcome = outreach::perform_at(*message, indexes, config, guards_.recheck ? now_ : effect.claimed);
    const std::size_t left = outbox.collect();
    if ((outcome.state == messages::MessageState::kSent) != (left == 1)) {
      judge_.violation("message " + message->message.text() + " is called " + std::string(to_string(outcome.state)) + " and left " +
                       std::to_string(left) + " times");
    }
    if (left > 0) {
      judge_.leaves(*message, effect.epoch);
      ++report_.messages_sent;
    }
    return {messages::RecordSend::kTypeId, encode(outcome)};
  }

  // ---- clients

  template <class C>
  void call(std::size_t service, const C& command, std::function<void(const messages::Reply&)> then = {}, std::string promise = {}) {
    Call c;
    c.service = service;
    c.request.correlation = ++correlation_;
    c.request.type_id = C::kTypeId;
    c.request.body = encode(command);
    c.request.principal = "sim";
    c.request.idempotency_key = std::to_string(correlation_);
    c.then = std::move(then);
    c.promise = std::move(promise);
    c.again = now_;
    calls_.emplace(correlation_, std::move(c));
    open_calls_.insert(correlation_);
  }

  bool send_calls() {
    bool any = false;
    for (const auto correlation : std::vector<std::uint64_t>(open_calls_.begin(), open_calls_.end())) {
      Call& call = calls_.at(correlation);
      if (call.again > now_) continue;
      call.again = now_ + kAskAgain;
      any = true;
      transmit(correlation, call);
    }
    return any;
  }
  void transmit(std::uint64_t correlation, const Call& call) {
    // Mostly to whoever the lane table names; it may be old.
    const auto& lanes = state_of(call.service).lanes;
    const runtime::Lane lane = call.request.type_id == messages::RetryParked::kTypeId
                                   ? messages::decode_as<messages::RetryParked>(call.request.body)->lane
                                   : runtime::lane_of(handlers_[call.service]->command_key(call.request.type_id, call.request.body));
    const std::string& owner = lanes[lane].owner;
    std::size_t instance = below(kInstances);
    for (std::size_t i = 0; i < kInstances && below(5) != 0; ++i) {
      if (processes_[call.service * kInstances + i]->name == owner) instance = i;
    }
    Process* p = processes_[call.service * kInstances + instance].get();
    post([p, correlation, request = call.request] { p->inbox.emplace_back(runtime::ReplyTo{"client", correlation}, request); });
  }

  void hear(std::uint64_t correlation, const messages::Reply& reply, std::uint64_t epoch) {
    Call& call = calls_.at(correlation);
    switch (reply.outcome) {
      case Outcome::kNotOwner:
      case Outcome::kOverloaded:
      case Outcome::kUnavailable:
      case Outcome::kExpired:
        if (!call.settled) call.again = std::min(call.again, now_ + 1s);
        return;
      case Outcome::kDone:
      case Outcome::kRefused:
      case Outcome::kMalformed:
      case Outcome::kKeyReused:
      case Outcome::kInternal: break;
    }
    if (reply.outcome == Outcome::kMalformed || reply.outcome == Outcome::kKeyReused || reply.outcome == Outcome::kInternal) {
      judge_.violation("a command of the simulator came back as " + std::string(to_string(reply.outcome)) + ": " + reply.detail);
    }
    if (call.settled) {
      const bool same = call.first->outcome == reply.outcome && call.first->body == reply.body && call.first->code == reply.code;
      if (!same && !call.forgotten && epoch == judge_.epoch() && call.request.type_id != messages::RetryParked::kTypeId) {
        judge_.violation("I13: one idempotency key got two answers: " + call.first->code + " and " + reply.code);
      }
      return;
    }
    call.first = reply;
    call.settled = true;
    call.forgotten = epoch != judge_.epoch();
    open_calls_.erase(correlation);
    (reply.outcome == Outcome::kDone ? report_.commands_done : report_.commands_refused) += 1;
    if (reply.outcome == Outcome::kDone && !call.promise.empty() && epoch == judge_.epoch()) judge_.promise(call.promise);
    if (call.then) call.then(reply);
    // A client that did not believe it, or a network that kept a copy: the same once more, much later.
    if (chance(faults_.packet_doubled)) {
      network_.emplace(now_ + std::chrono::minutes(below(240)), [this, correlation] { transmit(correlation, calls_.at(correlation)); });
    }
  }

  static constexpr std::size_t kLeadIntake = 0, kAppointments = 1, kFollowup = 2, kOutreach = 3, kAnalytics = 6;
  static constexpr const char* kFollower = "follower";

  SiteId site(std::size_t i) const { return SiteId("site-" + std::to_string(i)); }
  /// Each site has its own, as nobody is in two places.
  ProviderId provider(const char* name, const SiteId& at) const { return ProviderId(std::string(name) + "-" + at.text()); }
  FormKeyId form_key(const SiteId& at) const { return FormKeyId(at.text() + ".f-1"); }
  PersonId person(std::size_t i) const { return PersonId("p-" + std::to_string(i)); }
  std::string phone(std::size_t i) const { return "+1212555010" + std::to_string(i / 2); }  // households share

  void set_up() {
    std::vector<messages::OpeningHours> hours;
    for (std::uint8_t day = 1; day <= 7; ++day) hours.push_back({day, 480, 1080});
    for (std::size_t s = 0; s < kSites; ++s) {
      call(kAppointments,
           messages::DefineSite{
               .site = site(s), .name = "Site", .zone = kSiteZones[s], .phone = "+12125550100", .hours = hours, .wait_limit_minutes = 15});
      settle();
      // At one site twice before each visit; at the others as everywhere.
      if (s == 0) call(kOutreach, messages::SetReminders{.site = site(s), .minutes_before = {3 * 24 * 60, 24 * 60}});
      call(kAppointments, messages::DefineChair{.chair = ChairId("chair"), .site = site(s), .name = "Chair"});
      for (const char* p : {"a", "b"})
        call(kAppointments, messages::DefineProvider{.provider = provider(p, site(s)), .site = site(s), .name = p, .shifts = hours});
      const auto visit_type = [&](const char* id, const char* name, std::uint16_t minutes, messages::Purpose purpose, bool online) {
        call(kAppointments, messages::DefineVisitType{.visit_type = id,
                                                      .site = site(s),
                                                      .name = name,
                                                      .duration_minutes = minutes,
                                                      .buffer_minutes = 0,
                                                      .purpose = purpose,
                                                      .online = online});
      };
      visit_type("filling", "Filling", 60, messages::Purpose::kRestorative, false);
      visit_type("cleaning", "Cleaning", 45, messages::Purpose::kHygiene, true);
      call(kLeadIntake, messages::SetWebForm{.site = site(s), .enabled = true, .daily_cap = kFormsADay});
      call(kLeadIntake, messages::IssueFormKey{.site = site(s), .form_key = form_key(site(s)), .overlap_hours = 0});
    }
    settle();
    for (std::size_t i = 0; i < kPersons; ++i) {
      messages::RegisterPerson command;
      command.person = person(i);
      command.profile.given_name = Phi<std::string>("Person");
      command.profile.home_site = site(i % kSites);
      command.profile.zone = kPersonZones[i % kPersonZones.size()];
      judge_.lives_in(person(i), command.profile.zone.empty() ? kSiteZones[i % kSites] : command.profile.zone);
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
    call(kLeadIntake, messages::DefineAgent{.site = site(0), .agent = "desk", .capacity = 3});
    settle();
    for (std::size_t i = 0; i < kPersons; ++i) {
      messages::JoinShortNotice wish;
      wish.site = site(i % kSites);
      wish.person = person(i);
      wish.wish.visit_types = {"filling", "cleaning"};
      call(kAppointments, wish);
    }
    settle();
    backups_.push_back(group_);
  }

  LocalTime some_time(std::size_t where) {
    return std::chrono::floor<std::chrono::days>(runtime::to_local(now_, kSiteZones[where])) + std::chrono::days(below(5)) + 8h +
           std::chrono::minutes(30 * below(18));
  }

  void random_command() {
    const std::size_t who = below(kPersons), where = below(kSites);
    switch (below(23)) {
      case 16: {
        messages::JoinShortNotice c;
        c.site = site(where);
        c.person = person(who);
        c.wish.visit_types = {below(2) == 0 ? "filling" : "cleaning"};
        if (below(3) == 0) c.wish.purposes = {messages::Purpose::kRestorative, messages::Purpose::kHygiene};
        if (!visits_.empty() && below(4) == 0) {
          // mostly somebody else's visit, or one of another site: refused
          c.wish.moves_up = AppointmentId(visits_[below(visits_.size())]);
          c.site = SiteId(std::string(owner_key(c.wish.moves_up.text())));
        }
        call(kAppointments, c);
        break;
      }
      case 17:
      case 18: {
        const auto& offers = judge_.offers();
        if (offers.empty()) break;
        const OfferId offer(offers[offers.size() - 1 - below(std::min<std::size_t>(offers.size(), 5))]);
        if (below(6) == 0) {
          call(kAppointments, messages::DeclineOffer{.offer = offer, .token = {}, .mute = below(2) == 0});
        } else {
          call(kAppointments, messages::AcceptOffer{.offer = offer, .token = {}});
        }
        break;
      }
      case 19: {
        if (below(6) == 0) call(kAppointments, messages::LeaveShortNotice{.site = site(where), .person = person(who)});
        if (const auto& open = judge_.open_offers(); !open.empty()) {
          // somebody phones, and gets the time that others are thinking about
          const auto& offered = std::next(open.begin(), static_cast<std::ptrdiff_t>(below(open.size())))->second;
          messages::HoldSlot phoned;
          phoned.site = offered.site;
          phoned.appointment = AppointmentId(offered.site.text() + ".v-" + std::to_string(++named_));
          phoned.person = person(who);
          phoned.visit_type = offered.visit.visit_type;
          phoned.provider = offered.visit.provider;
          phoned.local_start = offered.visit.local_start;
          call(kAppointments, phoned);
        }
        messages::ReceiveInboundMessage c;
        c.from = Phi<std::string>(phone(who));
        c.body = Phi<std::string>(below(4) == 0 ? "No thanks" : "YES");
        call(kOutreach, c);
        break;
      }
      case 20: on_call(who, where); break;
      case 21: on_enquiry(); break;
      case 22: below(2) == 0 ? on_link(who) : on_booking_page(who, where); break;
      case 0:
      case 1: {
        messages::HoldSlot c;
        c.site = site(where);
        c.appointment = AppointmentId(c.site.text() + ".v-" + std::to_string(++named_));
        if (!visits_.empty() && below(8) == 0) {  // somebody makes up an id that there is already
          c.appointment = AppointmentId(visits_[below(visits_.size())]);
          c.site = SiteId(c.appointment.text().substr(0, c.appointment.text().find('.')));
        }
        c.person = person(who);
        c.visit_type = below(2) == 0 ? "filling" : "cleaning";
        c.provider = provider(below(2) == 0 ? "a" : "b", c.site);
        c.local_start = some_time(where);
        const AppointmentId id = c.appointment;
        call(
            kAppointments, c,
            [this, id](const messages::Reply& reply) {
              if (reply.outcome == Outcome::kDone) visits_.push_back(id.text());
            },
            "held|" + id.text());
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
        c.local_start = some_time(where);
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
        call(
            kFollowup, c,
            [this, plan](const messages::Reply& reply) {
              if (reply.outcome == Outcome::kDone) plans_.push_back(plan.text());
            },
            "plan|" + plan.text());
        break;
      }
      case 11: on_item(); break;
      case 12: {
        messages::ReceiveInboundMessage c;
        c.from = Phi<std::string>(phone(who));
        c.body = Phi<std::string>(below(3) == 0 ? "STOP" : "START");
        call(kOutreach, c);
        break;
      }
      case 13: {
        messages::SetConsent c;
        c.person = person(who);
        c.purpose = std::array{messages::MessagePurpose::kReminder, messages::MessagePurpose::kCare,
                               messages::MessagePurpose::kTransactional}[below(3)];
        c.channel = below(2) == 0 ? messages::Channel::kSms : messages::Channel::kEmail;
        c.state = below(3) == 0 ? messages::ConsentState::kDenied : messages::ConsentState::kGranted;
        call(kOutreach, c);
        break;
      }
      default: {
        messages::SubmitEnquiry c;
        c.person = person(who);
        c.enquiry = EnquiryId(c.person.text() + ".e-" + std::to_string(++named_));
        c.site = site(where);
        c.profile.home_site = c.site;
        const EnquiryId enquiry = c.enquiry;
        call(
            kLeadIntake, c,
            [this, enquiry](const messages::Reply& reply) {
              if (reply.outcome == Outcome::kDone) enquiries_.push_back(enquiry);
            },
            "enquiry|" + enquiry.text());
        break;
      }
    }
  }

  /// Somebody rings, and mostly nobody answers.
  void on_call(std::size_t who, std::size_t where) {
    messages::ReceiveCall c;
    c.caller = Phi<std::string>(phone(who));
    c.person = PersonId("p-caller-" + std::to_string(++named_));
    judge_.lives_in(c.person, kSiteZones[where]);  // if it becomes their home site
    c.enquiry = EnquiryId(c.person.text() + ".e-1");
    c.site = site(where);
    c.outcome = std::array{messages::CallOutcome::kMissed, messages::CallOutcome::kAbandoned, messages::CallOutcome::kNotBooked}[below(3)];
    call(kLeadIntake, c);
  }
  /// Somebody, or something, fills in the booking page or asks for a link, or the practice switches it off or on.
  void on_booking_page(std::size_t who, std::size_t where) {
    if (below(4) == 0) {
      call(kLeadIntake, messages::SetWebForm{.site = site(where), .enabled = below(3) != 0, .daily_cap = kFormsADay});
      return;
    }
    if (below(6) == 0) {
      messages::AskForBookingLink asked;
      asked.form_key = form_key(site(where));
      asked.contact = Phi<std::string>(phone(who));
      asked.person = person(who);
      call(kLeadIntake, asked);
      return;
    }
    messages::SubmitWebForm c;
    c.form_key = form_key(site(where));
    c.person = PersonId("p-visitor-" + std::to_string(++named_));
    judge_.lives_in(c.person, kSiteZones[where]);  // it becomes their home site
    c.enquiry = EnquiryId(c.person.text() + ".e-1");
    c.given_name = Phi<std::string>("Visitor");
    c.phone = Phi<std::string>(phone(who));
    if (below(6) == 0) c.honeypot = Phi<std::string>("cheap watches");
    c.channel = messages::EnquiryChannel::kOnlineBooking;
    const Visitor visitor{where, c.person, c.enquiry};
    call(kLeadIntake, c, [this, visitor](const messages::Reply& reply) {
      if (reply.outcome == Outcome::kDone) visitors_.push_back(visitor);
    });
  }
  /// Those whose enquiry has arrived take a time, as the page does; machines have none. Somebody else may want it in the same moment.
  void book_online() {
    const auto arrived = [&](const Visitor& visitor) { return judge_.knows("enquiry|" + visitor.enquiry.text()); };
    const auto next = std::ranges::find_if(visitors_, arrived);
    if (next == visitors_.end()) return;
    const Visitor visitor = *next;
    visitors_.erase(next);
    messages::BookOnline c;
    c.site = site(visitor.where);
    c.appointment = AppointmentId(c.site.text() + ".v-" + std::to_string(++named_));
    c.person = visitor.person;
    c.visit_type = "cleaning";
    c.provider = provider(below(2) == 0 ? "a" : "b", c.site);
    c.local_start = some_time(visitor.where);
    if (below(4) == 0) {
      c.visit_type = "filling";
      judge_.not_online(c.appointment);
    }
    if (below(2) == 0) {
      messages::HoldSlot phoned;
      phoned.site = c.site;
      phoned.appointment = AppointmentId(c.site.text() + ".v-" + std::to_string(++named_));
      phoned.person = person(below(kPersons));
      phoned.visit_type = below(2) == 0 ? "filling" : "cleaning";
      phoned.provider = c.provider;
      phoned.local_start = c.local_start;
      const AppointmentId id = phoned.appointment;
      call(
          kAppointments, phoned,
          [this, id](const messages::Reply& reply) {
            if (reply.outcome == Outcome::kDone) visits_.push_back(id.text());
          },
          "held|" + id.text());
    }
    const AppointmentId id = c.appointment;
    call(
        kAppointments, c,
        [this, id](const messages::Reply& reply) {
          (reply.outcome == Outcome::kDone ? report_.booked_online : report_.refused_online) += 1;
          if (reply.outcome == Outcome::kDone) visits_.push_back(id.text());
        },
        "booked|" + id.text());
  }
  void on_enquiry() {
    if (enquiries_.empty()) return;
    const EnquiryId enquiry = enquiries_[enquiries_.size() - 1 - below(std::min<std::size_t>(enquiries_.size(), 6))];
    switch (below(4)) {
      case 0: call(kLeadIntake, messages::ClaimLead{.enquiry = enquiry, .by = "desk", .minutes = 15}); break;
      case 1:
        call(kLeadIntake, messages::RecordCall{
                              .enquiry = enquiry, .outcome = messages::CallOutcome::kNotBooked, .reason = {}, .by = "desk", .dialled = {}});
        break;
      default: call(kLeadIntake, messages::NurtureLead{.enquiry = enquiry}); break;
    }
  }
  void on_link(std::size_t who) {
    const PersonId one = person(who), other = person((who + 1) % kPersons);
    switch (below(4)) {
      case 0: call(kLeadIntake, messages::LinkPersons{.person = one, .other = other, .by = "desk"}); break;
      case 1: call(kLeadIntake, messages::UnlinkPersons{.person = one, .other = other, .by = "desk"}); break;
      case 2: call(kLeadIntake, messages::JoinHousehold{.person = one, .household = HouseholdId("h-1"), .guarantor = other}); break;
      default: call(kLeadIntake, messages::LeaveHousehold{.person = one}); break;
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

  // ---- poison

  /// One of the newest events kills the next process of one service that handles it, and the next one.
  void poison_something() {
    const std::size_t s = below(handlers_.size());
    const std::uint64_t sequence = group_.head() - below(std::min<std::uint64_t>(group_.head(), 4));
    const auto record = messages::decode_as<messages::EventRecord>(group_.log[sequence - 1]);
    for (const auto& type : handlers_[s]->consumed()) {
      if (type.type_id != record->type_id || type.by == runtime::RouteBy::kEveryLane) continue;
      const std::string entity = type.by == runtime::RouteBy::kPerson ? record->person : record->site;
      const auto& lane = state_of(s).lanes[runtime::lane_of(entity)];
      if (lane.checkpoint >= sequence) return;
      fragile_[s]->poison.insert(sequence);
      guilty_.insert({s, entity});
      ++report_.poisoned;
      return;
    }
  }

  /// The defect is found and mended: what was set aside is handled after all, in order.
  void cure() {
    std::set<std::tuple<std::size_t, std::string, runtime::Lane>> entities;
    for (std::size_t s = 0; s < handlers_.size(); ++s) {
      const auto& lanes = state_of(s).lanes;
      for (std::size_t lane = 0; lane < lanes.size(); ++lane) {
        for (const auto& [key, body] : lanes[lane].parked) {
          const std::string entity = key.substr(0, key.find('\n'));
          ++report_.parked;
          entities.insert({s, entity, static_cast<runtime::Lane>(lane)});
          if (!guilty_.contains({s, entity})) {
            judge_.violation("I15: " + std::string(handlers_[s]->name()) + " parked " + entity + ", which nothing is wrong with");
          }
        }
      }
    }
    for (const auto& handler : fragile_) handler->poison.clear();
    if (entities.empty()) return;
    for (const auto& [s, entity, lane] : entities) call(s, messages::RetryParked{entity, lane});
    settle();
  }

  // ---- time

  Instant stores_now() const { return now_ + server_.skew; }
  void set_server_clock(std::chrono::minutes skew) {
    server_put_back_ = server_put_back_ || skew < server_.skew;
    server_.skew = skew;
  }

  void step() {
    if (below(2) == 0) random_command();
    book_online();
    now_ += std::chrono::milliseconds(below(4) == 0 ? below(600'000) : below(400));
    if (chance(faults_.clock_jump)) now_ += std::chrono::minutes(below(60));
    if (chance(faults_.server_jump)) {
      constexpr std::array kSkews{-60min, 0min, 60min};
      set_server_clock(kSkews[below(kSkews.size())]);
      ++report_.server_jumps;
    }
    if (chance(faults_.poison)) poison_something();
    if (chance(faults_.archive)) run_archiver();
    if (chance(faults_.archive_lost) && group_.first > 1) archive_.lose();
    if (chance(faults_.rebuild)) rebuild();
    send_calls();
    deliver_packets();
    run_server();
    for (const auto& p : processes_) run_process(*p);
    run_bus();
    judge_.follow();
  }

  void end_faults() {
    for (auto& p : processes_) p->paused_for = 0;
    if (server_.away) come_back();
    while (!flights_.empty()) land(0);
  }

  /// Whatever became of clocks and processes: after one lease without faults, and a moment, every lane is in the hands of the living. After
  /// two, when the store's clock was put back: a lease from before then is believed if it ends within two.
  void check_owners() {
    end_faults();
    const auto all_turn = [this](std::chrono::seconds later) {
      now_ += later;
      for (const auto& p : processes_) run_process(*p);
    };
    const auto wait = kLease * (std::exchange(server_put_back_, false) ? 2 : 1);
    for (auto passed = 0min; passed < wait; passed += 1min) {
      const auto crashes = report_.crashes;
      all_turn(1min);
      if (report_.crashes != crashes) passed = -1min;  // there are still events that kill whoever handles them
    }
    all_turn(1s);
    all_turn(1s);
    for (std::size_t s = 0; s < handlers_.size(); ++s) {
      std::size_t without = 0;
      for (const auto& lane : state_of(s).lanes) {
        const bool lives = std::ranges::any_of(processes_, [&](const auto& p) { return p->service == s && p->name == lane.owner; });
        if (!lives || lane.lease_ends <= stores_now()) ++without;
      }
      if (without == 0) continue;
      judge_.violation("I18: " + std::to_string(without) + " lanes of " + std::string(handlers_[s]->name()) +
                       " have no owner, and leases have gone by without faults");
    }
  }

  /// Everything comes to rest: no faults, calls answered, every consumer at the head.
  void settle() {
    end_faults();
    std::size_t quiet = 0, idle = 0;
    std::uint64_t head = 0;
    for (int i = 0; i < 3000 && quiet < 2; ++i) {
      now_ += idle > 3 ? 60s : 1100ms;
      bool busy = send_calls();
      deliver_packets();
      for (const auto& p : processes_) busy = run_process(*p) || busy;
      busy = run_bus() || busy || group_.head() != head;
      deliver_packets();
      head = group_.head();
      idle = busy ? 0 : idle + 1;
      quiet = !busy && open_calls_.empty() && at_head() ? quiet + 1 : 0;
    }
    judge_.follow();
    if (quiet < 2) {
      judge_.violation("I18: without faults the suite does not come to rest: " + std::to_string(open_calls_.size()) + " calls open, head " +
                       std::to_string(head));
    }
  }
  bool at_head() {
    for (const auto& p : processes_) {
      if (!p->effects.empty()) return false;
    }
    for (std::size_t s = 0; s < handlers_.size(); ++s) {
      const bool consumes = !handlers_[s]->consumed().empty() && !is_halted(s);
      for (const auto& lane : state_of(s).lanes) {
        if (consumes && lane.checkpoint != group_.head()) return false;
        if (!lane.effects.empty()) return false;
      }
    }
    return true;
  }

  std::mt19937_64 random_;
  Faults faults_;
  const Guards guards_;
  runtime::EngineOptions options_;
  RunReport report_;
  bool calm_ = true;
  bool anybody_inside_ = false;
  Instant now_;

  GroupState group_;
  Server server_;
  std::uint64_t server_runs_ = 0;
  int away_for_ = 0;
  bool server_put_back_ = false;
  enum class Loss { kNothing, kTail, kCopy };
  Loss loss_ = Loss::kNothing;
  std::deque<GroupState> backups_;
  MemoryStore::Flights flights_;
  MemoryArchive archive_{guards_};

  Judge judge_{group_, [this] { return now_; }, [this] { return stores_now(); }};
  std::vector<std::unique_ptr<runtime::Handler>> handlers_;
  std::vector<std::unique_ptr<FragileHandler>> fragile_;
  std::set<std::pair<std::size_t, std::string>> guilty_;
  std::vector<std::unique_ptr<Process>> processes_;
  std::unique_ptr<Bus> bus_ = std::make_unique<Bus>();
  LiveFollower follower_;
  std::optional<LiveFollower::Position> follower_asked_;
  std::map<std::uint64_t, messages::Fetch> asked_;  ///< of the bus, by correlation

  std::multimap<Instant, std::function<void()>> network_;
  std::map<std::uint64_t, Call> calls_;
  std::set<std::uint64_t> open_calls_;
  std::uint64_t correlation_ = 0, started_ = 0, named_ = 0;
  std::vector<std::string> visits_, plans_;
  std::vector<EnquiryId> enquiries_;
  struct Visitor {
    std::size_t where;
    PersonId person;
    EnquiryId enquiry;
  };
  std::vector<Visitor> visitors_;  ///< who sent the booking page, and has not booked
};

void Process::reply(const runtime::ReplyTo& to, const messages::Reply& reply) { world.replied(*this, to.correlation, reply); }
void Process::perform(Lane lane, const std::string& id, const std::string& effect) { world.perform(*this, lane, id, effect); }

}  // namespace

void RunReport::add(const RunReport& other) {
  violations.insert(violations.end(), other.violations.begin(), other.violations.end());
  events += other.events;
  commands_done += other.commands_done;
  commands_refused += other.commands_refused;
  booked_online += other.booked_online;
  refused_online += other.refused_online;
  messages_sent += other.messages_sent;
  crashes += other.crashes;
  pauses += other.pauses;
  unknown_outcomes += other.unknown_outcomes;
  restarts += other.restarts;
  roll_backs += other.roll_backs;
  server_jumps += other.server_jumps;
  poisoned += other.poisoned;
  parked += other.parked;
  diverged += other.diverged;
  trimmed += other.trimmed;
  rebuilds += other.rebuilds;
  truncated += other.truncated;
}

std::string RunReport::text() const {
  const auto part = [](std::uint64_t number, const char* what) { return std::to_string(number) + " " + what; };
  return part(events, "events, ") + part(commands_done, "commands, ") + part(messages_sent, "messages, ") +
         part(booked_online, "booked online, ") + part(refused_online, "refused online, ") + part(crashes, "crashes, ") +
         part(pauses, "pauses, ") + part(unknown_outcomes, "unknown outcomes, ") + part(restarts, "restarts of Redis, ") +
         part(roll_backs, "roll-backs, ") + part(server_jumps, "jumps of its clock, ") + part(poisoned, "poisoned events, ") +
         part(parked, "parked, ") + part(diverged, "diverged, ") + part(trimmed, "trimmed, ") + part(rebuilds, "rebuilds, ") +
         part(truncated, "truncated");
}

RunReport run_world(std::uint64_t seed, std::size_t steps, const Faults& faults, const Guards& guards) {
  return World(seed, faults, guards).run(steps);
}

}  // namespace bridgework::sim
