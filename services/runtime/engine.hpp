#pragma once
// The loop every service runs: takes messages, lets the model decide, commits, answers. No sockets, no threads, no sleeping: the
// process drives it with real ones, the simulator with its own.

#include <deque>
#include <functional>
#include <map>
#include <unordered_map>
#include <unordered_set>

#include "messages/envelope.values.hpp"
#include "runtime/handler.hpp"
#include "runtime/metrics.hpp"
#include "runtime/store.hpp"

namespace bridgework::runtime {

/// Whom a reply goes to.
struct ReplyTo {
  std::string identity;  ///< empty: nobody waits (an effect's outcome)
  std::uint64_t correlation = 0;
};

/// What the engine asks the world to do. Called from within `turn` and `submit`, after the commit that made it true.
class Outbox {
 public:
  virtual ~Outbox() = default;
  virtual void reply(const ReplyTo& to, const messages::Reply& reply) = 0;
  /// What one commit settled.
  virtual void reply(const std::vector<std::pair<ReplyTo, messages::Reply>>& replies) {
    for (const auto& [to, one] : replies) reply(to, one);
  }
  /// Perform a claimed effect and hand its outcome to `Engine::effect_done`.
  virtual void perform(Lane lane, const std::string& id, const std::string& effect) = 0;
};

struct EngineOptions {
  std::chrono::milliseconds lease{10'000};  ///< after it another instance may take the lane; safety is the fence, not this
  std::chrono::milliseconds tick_every{1'000};
  std::size_t commands_per_lane_max = 256;  ///< waiting; more are refused as overloaded before any work is done
  std::size_t event_items_max = 4'096;      ///< routed and not yet committed; above it nothing more is fetched
  std::size_t events_per_commit_max = 256;  ///< one long transaction stalls every client of the store
  std::size_t bytes_per_commit_max = 256 * 1024;
  std::size_t records_cached_max = 100'000;  ///< per instance; above it what was not used lately is forgotten
  /// Events are decided when they arrive, but at most one commit in this time is made for events alone: nobody waits for it, and each
  /// commit costs the store a write to disk that others wait for. Whatever has somebody waiting is committed at once.
  std::chrono::milliseconds event_commit_every{10};
  std::size_t items_per_commit_max = 512;
  /// Claimed and not reported. They are performed one after the other, and a death makes each of them uncertain, tried or not.
  std::size_t effects_out_max = 64;
  std::uint64_t attempts_max = 5;         ///< deaths at one event before it is parked untried
  std::size_t parks_per_minute_max = 64;  ///< above it the fault is ours, not the messages': stop rather than drain the log
};

/// One instance's part of one service.
class Engine {
 public:
  using Clock = std::function<Instant()>;  ///< wall clock with the test's offset
  using Steady = std::function<std::chrono::steady_clock::time_point()>;
  using Offset = std::function<std::chrono::microseconds()>;

  Engine(const Handler& handler, Store& store, Outbox& outbox, Metrics& metrics, InstanceInfo self, EngineOptions options, Clock clock,
         Steady steady, Offset clock_offset);

  /// A command from outside. Refused at once when it cannot be taken; otherwise answered after the commit that settled it.
  void submit(ReplyTo to, messages::Request request);
  /// What became of an effect.
  void effect_done(Lane lane, const std::string& id, const Handler::Command& outcome);
  /// Nobody will ever say: its bytes are no effect. It stays claimed, for a person to look at.
  void effect_given_up(Lane lane, const std::string& id);
  /// Fetched events: the answer to a Fetch after that position.
  void deliver(std::uint64_t after, const messages::FetchReply& reply);

  struct Want {
    std::uint64_t after;
    std::string incarnation;
  };
  /// What to fetch next, if anything may be fetched now.
  std::optional<Want> want() const;
  const std::vector<std::uint64_t>& wanted_types() const { return wanted_types_; }

  /// Does what can be done now; true when it did something, so that there may be more.
  bool turn();
  /// Whether a commit is under way: `turn` is to be called when the store has answered it, and may be called before.
  bool committing() const { return flight_.has_value(); }
  /// How long the world may wait before the next `turn` when nothing arrives.
  std::chrono::milliseconds idle_for() const;

  /// Gives all lanes back; commands still queued are answered notOwner. Call `turn` until it is false first.
  void leave();

  /// Nothing when ready, else why not.
  std::optional<std::string> not_ready() const;
  std::size_t lanes_owned() const { return lanes_.size(); }
  /// Effects handed out whose outcome has not come back.
  std::size_t effects_out() const { return effects_out_.size(); }

 private:
  struct Item {
    Work work;
    ReplyTo to;
    std::string idempotency_key;  ///< the store's name for it; empty for events and timers
    std::string request_hash;
    int loads = 0;               ///< how often records had to be loaded for it
    bool checked = false;        ///< the store has said whether it was answered before
    bool asked = false;          ///< it is being asked
    bool taken_for_new = false;  ///< it is not asked first: the commit makes sure
    Instant deadline{};          ///< zero: none
    std::uint64_t sequence = 0;  ///< of an event
    std::string entity;          ///< routing text: what is parked when this cannot be handled
    std::string timer_name, timer_body;
    std::string effect_id;             ///< an effect's outcome: its entry goes with the commit
    std::string claim_id, claim_body;  ///< an effect to be claimed: no message at all, and in no queue
    std::string parked_key;            ///< a parked message that is tried again: its entry goes with the commit
    bool retries_parked = false;       ///< the command that asks for it
  };
  /// Decided and not yet committed.
  struct Staged {
    Unit unit;
    std::vector<Item> items;
    std::vector<messages::Reply> replies;  ///< beside items
    std::size_t events = 0, bytes = 0;
    std::vector<std::pair<std::string, std::string>> claims;
    std::vector<std::pair<std::string, std::string>> new_effects;
    std::vector<std::string> newly_parked, unparked;  ///< entities
    std::unordered_set<std::string> keys;
    std::unordered_set<std::string> timers_set;
    bool hurry = false;  ///< somebody waits for it, or nothing can be added
  };
  struct LaneRun {
    std::uint64_t fence = 0;
    std::uint64_t checkpoint = 0;  ///< durable
    std::uint64_t decided = 0;     ///< where it will be after the commit that is under way; else where it is
    std::uint64_t seen = 0;        ///< every event up to here has been routed
    std::unique_ptr<LaneRecords> records;
    int unsettled = 0;  ///< commits to be settled before records may be forgotten: what is decided lies nowhere else until then
    std::deque<Item> queue;
    std::deque<Item> claims;  ///< effects that wait until fewer are out; apart, so that they hold up nothing
    std::size_t commands = 0, event_items = 0;
    std::unordered_set<std::string> timers_queued;
    std::unordered_map<std::string, std::size_t> parked;  ///< entity -> how many of its messages
    std::uint64_t generation = 0;
    std::optional<std::uint64_t> counted_at;  ///< checkpoint at which this process has counted its try
    std::size_t cautious = 0;                 ///< an earlier try died: so many events are still taken one at a time
    Staged staged;
    bool committing = false;  ///< a commit of this lane is under way; what is decided meanwhile stands on it, and falls with it
    bool wants = false;       ///< what its next message needs is among `wanted_`
    bool stale = false;       ///< checkpoint and caches must be read again
    std::string halted;       ///< why nothing moves here any more
  };

  /// Reference data goes to every lane and belongs to nobody in particular.
  static constexpr std::string_view kEveryEntity = "*";
  static std::string effect_name(Lane lane, const std::string& id);

  // engine.cpp: what comes in, and which lanes are ours.
  void answer(const Item& item, messages::Outcome outcome, std::string code, std::string detail);
  void tick();
  void adopt(const std::vector<OwnedLane>& lanes);
  void adopt(const OwnedLane& owned, const LaneExtras* extras);
  void drop_lane(Lane lane, messages::Outcome outcome);
  void lost_touch(const Fault& fault);
  void unstage(LaneRun& run);
  /// What is forgotten has to be loaded again, and that is nobody's fault.
  static void forget_records(LaneRun& run);
  void forget_volatile(LaneRun& run);
  void take_due_timers();
  Instant recheck_timers_at(std::optional<Instant> next) const;
  bool decide_meanwhile();

  // engine_stage.cpp: asking and deciding.
  enum class Step { kTaken, kWait, kStop, kLater };
  bool ask();
  void forget_question();
  bool look_up();
  void take_answers(const LookedUp& looked);
  void remember(const std::vector<RecordKey>& keys, const std::vector<std::optional<std::string>>& records);
  bool concerns(Lane lane, const messages::EventRecord& record) const;
  void park(LaneRun& run, Item item, const std::string& reason);
  Step unpark(Lane lane, LaneRun& run);
  Step stage_item(Lane lane, LaneRun& run, std::vector<RecordKey>& missing);
  bool count_first_attempts(const std::vector<Lane>& open);
  void open_unit(Lane lane, LaneRun& run);
  void stage_claims();
  void stage();
  void requeue(LaneRun& run, std::vector<Item>& items, bool commands_only);

  // engine_commit.cpp: committing, and what becomes of it.
  /// What is on its way to the store, by lane.
  struct Flight {
    std::vector<Unit> units;
    std::vector<Lane> lanes;
    std::map<Lane, Staged> staged;
    std::chrono::steady_clock::time_point begun;
  };
  bool commit_is_due() const;
  void begin_commit();
  void lose_commit(const Fault& fault);
  /// Whether the next commit may be sent before anybody is told of this one.
  enum class AndThen { kNothing, kNextCommit };
  void end_commit(AndThen then = AndThen::kNothing);
  void decide_again(LaneRun& run, Staged& lost);
  void settle(Flight& flight, const std::vector<UnitResult>& results);
  bool too_many_parked() const;
  void flush_checkpoints();

  const Handler& handler_;
  Store& store_;
  Outbox& outbox_;
  InstanceInfo self_;
  EngineOptions options_;
  Clock clock_;
  Steady steady_;
  Offset clock_offset_;

  std::vector<std::uint64_t> wanted_types_;
  std::unordered_map<std::uint64_t, RouteBy> routes_;
  std::map<Lane, LaneRun> lanes_;
  std::string incarnation_;
  std::chrono::steady_clock::time_point next_tick_{}, next_flush_{}, retry_at_{}, next_event_commit_{};
  std::chrono::milliseconds back_off_{0};
  std::optional<Instant> next_due_;
  bool timers_dirty_ = true;
  std::optional<Flight> flight_;
  /// What is being looked up.
  struct Question {
    std::vector<std::string> keys;
    std::vector<RecordKey> records;
  };
  std::optional<Question> question_;
  std::vector<std::pair<ReplyTo, messages::Reply>> replies_out_;  ///< committed, and to be told
  Lane claim_after_ = 0;                                          ///< the last lane that claimed an effect
  Lane stage_from_ = 0;            ///< the first lane for which there was no room in the last commit that was full
  bool outcome_unknown_ = false;   ///< a call failed since the last tick: what it asked for may still happen
  std::vector<RecordKey> wanted_;  ///< missed while a commit was under way; loaded after it
  bool ask_first_ = false;         ///< somebody has to ask the store before the next commit begins
  std::size_t event_items_ = 0;
  std::unordered_set<std::string> effects_out_;     ///< "lane/id" handed out to be performed
  std::unordered_set<std::string> claims_unknown_;  ///< claimed in a commit whose outcome is unknown, never handed out
  std::deque<std::chrono::steady_clock::time_point> recent_parks_;
  std::string trouble_;    ///< why the whole instance is not ready
  std::string suspended_;  ///< why no event is handled any more

  Counter commands_done_, commands_refused_, overloaded_, expired_, not_owner_, duplicates_, key_reused_, events_handled_, timers_fired_,
      timers_skipped_, parked_, fenced_, conflicts_, store_faults_, commits_, malformed_, diverged_, truncated_, uncertain_;
  Histogram commit_time_;
  Gauge lanes_gauge_, queue_gauge_;
};

}  // namespace bridgework::runtime
