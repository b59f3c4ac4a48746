#pragma once
// A model of the store: the same contract as RedisStore in a few maps, with the faults a real one has.

#include <deque>
#include <functional>
#include <map>
#include <set>
#include <unordered_map>

#include "runtime/store.hpp"

namespace bridgework::sim {

using runtime::Fault;
using runtime::Lane;
using runtime::Unit;

/// What one service keeps.
struct ServiceState {
  struct LaneState {
    std::uint64_t fence = 0;
    std::string owner;
    Instant lease_ends{};
    std::uint64_t checkpoint = 0;
    std::map<std::string, std::string> records;
    std::map<std::string, std::pair<Instant, std::string>> timers;
    std::map<std::string, std::string> effects;
    std::map<std::string, std::string> parked;
    std::uint64_t attempts_at = 0, attempts = 0;
    std::string attempts_by;
  };
  std::array<LaneState, runtime::kLaneCount> lanes;
  std::map<std::string, std::map<std::string, double>> indexes;
  std::map<std::string, runtime::StoredReplyRecord> replies;
  std::map<std::string, Instant> instances;
};

/// All that Redis holds: one log and everybody's state. Copyable, which is what a backup is.
struct GroupState {
  std::string incarnation = "1.00000000";
  std::uint64_t incarnations = 1;
  std::uint64_t incarnation_start = 1;
  std::map<std::string, std::uint64_t> starts{{"1.00000000", 1}};  ///< every incarnation there has been, with its first sequence
  std::uint64_t opened_by = 0;                                     ///< the run of the server in which the present one was opened
  std::vector<std::string> log;                                    ///< sequence 1 is the first. Whole: what was trimmed is only not read
  std::uint64_t first = 1;                                         ///< of the events that are kept
  std::map<std::string, ServiceState> services;

  std::uint64_t head() const { return log.size(); }
};

/// The process that holds the state. It may go away and come back with less than it had.
struct Server {
  std::uint64_t run = 0;  ///< another one after every start, as Redis' run_id
  bool away = false;
  std::chrono::minutes skew{0};  ///< how far its clock is ahead of everybody else's
  /// How to take the last transactions back, the newest at the back. A real one has its append-only file, whose tail may be torn.
  std::deque<std::vector<std::function<void()>>> undo;

  /// How many transactions can be taken back.
  static constexpr std::size_t kRemembered = 400;
  /// Loses the last so many transactions. The caller lets it start again.
  void tear(std::size_t transactions);
};

/// Guards that a mutation check takes away one at a time, to show that the simulator would notice.
struct Guards {
  bool fence = true;
  bool incarnation = true;  ///< compared in the commit
  bool checkpoint = true;
  bool idempotency = true;
  bool absent = true;     ///< what a writer took for absent must be
  bool timer = true;      ///< what fired must be what is set
  bool raise = true;      ///< fences rise after an unknown outcome
  bool ahead = true;      ///< a lease from a clock that was put back is over
  bool attempts = true;   ///< tries at a message are counted durably
  bool held = true;       ///< trimming stays below every checkpoint
  bool archived = true;   ///< segments of a log that was rolled back are not served
  bool diverged = true;   ///< the bus says so to whoever saw events that are gone
  bool truncated = true;  ///< and to whoever needs events that are gone
  bool beacon = true;     ///< Live says where the log ends
  bool recheck = true;    ///< a channel looks again at the moment of sending
};

/// Thrown by a call in whose middle the process dies. Caught where the simulator runs processes, nowhere else.
struct ProcessDied {};

/// One unit that passed the store's checks, a moment before it is applied.
struct Applied {
  const std::string& service;
  const std::string& instance;
  const Unit& unit;
  const std::vector<std::uint64_t>& read;  ///< beside unit.records: the version its writer had read, 0 for one it never looked at
};

/// Sees every unit in the order in which the store applies them, and keeps the version of each record.
class Witness {
 public:
  virtual ~Witness() = default;
  virtual std::uint64_t version(const std::string& service, Lane lane, const std::string& key) const = 0;
  virtual void about_to_apply(const Applied& applied) = 0;
  /// The store calls this timer due.
  virtual void due(const std::string& service, Lane lane, const std::string& name, const std::string& body) = 0;
};

class MemoryStore final : public runtime::Store {
 public:
  /// Asked before each call: what goes wrong this time.
  enum class Mishap {
    kNone,
    kLostBefore,  ///< the link breaks before the call had its effect
    kLostAfter,   ///< or after it
    kLate,        ///< the caller hears nothing, and a commit arrives all the same, some time later
    kDiesAfter,   ///< the caller dies with the effect done and unheard of
  };
  using Fate = std::function<Mishap()>;
  using Clock = std::function<Instant()>;

  /// Commits that are still on their way, to arrive whatever has become of who sent them.
  struct Flight {
    std::string service, instance, incarnation;
    Unit unit;
    std::vector<std::uint64_t> read;
  };
  using Flights = std::deque<Flight>;

  /// What a store has told its caller, which is to count it.
  struct Told {
    std::uint64_t faults = 0;
    std::uint64_t answered_before = 0;  ///< replies found to commands
    std::uint64_t fenced = 0, conflicts = 0;
    std::uint64_t moves_refused = 0;  ///< commits of a checkpoint and nothing else
    std::uint64_t parked = 0;
  };

  /// What the simulator knows of and a unit test of the engine does without.
  struct Surroundings {
    Server* server = nullptr;
    Witness* witness = nullptr;
    Flights* flights = nullptr;  ///< none: a late commit is a lost one
    /// Whether the answer to a commit is there when it is asked for; none: always. A commit that nobody waits for any more still arrives.
    std::function<bool()> answered{};
  };

  MemoryStore(GroupState& group, std::string service, Clock clock, Fate fate, const Guards& guards, Surroundings around)
      : group_(group), service_(std::move(service)), clock_(std::move(clock)), fate_(std::move(fate)), guards_(guards), around_(around) {}
  MemoryStore(GroupState& group, std::string service, Clock clock, Fate fate, const Guards& guards)
      : MemoryStore(group, std::move(service), std::move(clock), std::move(fate), guards, Surroundings{}) {}

  tl::expected<runtime::LaneTick, Fault> tick(const runtime::InstanceInfo& self, std::chrono::milliseconds ttl, Fences fences) override;
  tl::expected<void, Fault> release(const runtime::InstanceInfo& self, const std::vector<runtime::OwnedLane>& lanes, bool leaving) override;
  tl::expected<std::vector<std::optional<std::string>>, Fault> load(const std::vector<runtime::RecordKey>& keys) override;
  tl::expected<void, Fault> begin_look_up(const std::vector<std::string>& idempotency_keys,
                                          const std::vector<runtime::RecordKey>& records) override;
  tl::expected<runtime::LookedUp, Fault> end_look_up() override;
  tl::expected<std::vector<runtime::LaneExtras>, Fault> extras(const std::vector<Lane>& lanes) override;
  tl::expected<std::vector<std::pair<std::string, std::string>>, Fault> parked(Lane lane, const std::string& entity) override;
  tl::expected<void, Fault> begin_commit(const std::string& incarnation, const std::vector<Unit>& units) override;
  bool commit_answered() override;
  tl::expected<std::vector<runtime::UnitResult>, Fault> end_commit() override;
  tl::expected<runtime::DueTimers, Fault> due(const std::vector<Lane>& lanes, std::size_t limit, std::chrono::microseconds offset) override;
  tl::expected<std::uint64_t, Fault> count_attempt(const runtime::InstanceInfo& self, Lane lane, std::uint64_t checkpoint) override;
  tl::expected<bool, Fault> count_first_attempts(const runtime::InstanceInfo& self, const std::vector<Attempt>& attempts) override;

  /// Whoever began a commit is gone: it is on its way all the same.
  void abandon();

  const Told& told() const { return told_; }

  /// A commit that was on its way arrives now, under whatever fences and incarnation there are.
  void arrive(const Flight& flight);

  /// Forgets events up to `through`, but none that a checkpoint lies below, nor the last one. How many.
  static std::uint64_t trim(GroupState& group, Server& server, std::uint64_t through, const Guards& guards);

  /// Empties a service that the log alone makes what it is, so that it reads all of it again.
  static void rebuild(GroupState& group, Server& server, const std::string& service);

  /// What the first call on every new connection does: a server that has started since opens a new incarnation.
  static void open(GroupState& group, Server& server);

 private:
  tl::expected<Mishap, Fault> begin();
  tl::unexpected<Fault> lost();
  void tell(const Unit& unit, runtime::UnitOutcome outcome);
  runtime::UnitResult commit_one(const std::string& instance, const std::string& incarnation, const Unit& unit,
                                 const std::vector<std::uint64_t>& read);
  std::vector<std::uint64_t> versions_read(const Unit& unit) const;
  ServiceState& mine() { return group_.services[service_]; }

  GroupState& group_;
  std::string service_;
  Clock clock_;
  Fate fate_;
  const Guards& guards_;
  Surroundings around_;
  std::optional<std::uint64_t> link_;  ///< the run of the server this is connected to
  Told told_;
  Told told_before_;  ///< as it was before the last commit was told
  std::string instance_;
  std::string begun_incarnation_;
  std::vector<Unit> begun_;
  bool commit_lost_ = false;
  std::vector<std::string> asked_keys_;
  std::vector<runtime::RecordKey> asked_records_;
  std::array<std::unordered_map<std::string, std::uint64_t>, runtime::kLaneCount> read_;  ///< versions, since the lane was taken
};

}  // namespace bridgework::sim
