#pragma once
// The one place where state changes: a fenced, idempotent, all-or-nothing commit per lane. The interface is small enough that the
// simulator implements it too (tests/sim), and a conformance test holds the two side by side.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "runtime/lane.hpp"
#include "runtime/redis.hpp"
#include "runtime/types.hpp"

namespace bridgework::runtime {

/// One unbroken life of the log. After any roll-back a new one opens, so that no position ever means two events.
struct Incarnation {
  std::string id;                    ///< "<counter>.<8 random hex>"; empty: none seen yet
  std::uint64_t first_sequence = 1;  ///< of the first event that can belong to it
  std::uint64_t head = 0;
};

/// A lane this instance may write to, for as long as its fence stands.
struct OwnedLane {
  Lane lane;
  std::uint64_t fence;
  std::uint64_t checkpoint;
};

struct LaneTick {
  std::string incarnation;
  std::uint64_t head = 0;
  std::vector<OwnedLane> owned;
  std::size_t surplus = 0;  ///< how many lanes this instance holds above its fair share and should release when convenient
};

struct InstanceInfo {
  std::string instance;  ///< unique per process start, or an old lease would be taken for one's own
  std::string command_endpoint;
  std::string query_endpoint;
  int http_port = 0;
  int pid = 0;
};

/// What one lane commits in one step. Everything is checked before the first write; then all of it happens, or nothing.
struct Unit {
  Lane lane = 0;
  std::uint64_t fence = 0;

  struct Checkpoint {
    std::uint64_t expected, next;
  };
  std::optional<Checkpoint> checkpoint;

  struct Idempotency {
    std::string key, request_hash, reply;
  };
  std::vector<Idempotency> idempotency;

  /// A timer that fired: refused unless it is still there with exactly these bytes, and removed.
  struct FiredTimer {
    std::string name, body;
  };
  std::vector<FiredTimer> fired;

  std::vector<std::string> absent;  ///< records that were taken for absent without asking: refused when one of them exists

  struct RecordWrite {
    std::string key;
    std::optional<std::string> bytes;
  };
  std::vector<RecordWrite> records;

  struct IndexWrite {
    std::string index, member;
    double score;
    bool remove;
  };
  std::vector<IndexWrite> indexes;

  struct TimerWrite {
    std::string name;
    Instant due;
    std::optional<std::string> body;
  };
  std::vector<TimerWrite> timers;

  struct EffectWrite {
    std::string id;
    std::optional<std::string> body;
  };
  std::vector<EffectWrite> effects;

  struct ParkedWrite {
    std::string key;
    std::optional<std::string> body;
  };
  std::vector<ParkedWrite> parked;

  std::vector<std::string> events;  ///< EventRecord bytes; the sequence is given by the commit
};

enum class UnitOutcome {
  kDone,
  kFenced,           ///< the lane has another owner, or another incarnation: forget everything about it
  kAlreadyAnswered,  ///< an idempotency key of the unit exists: look it up
  kCheckpointMoved,
  kTimerChanged,
  kRecordExists,  ///< one of those taken for absent: load them
  kLogBroken,     ///< head and log disagree, or a key has a foreign type: a person must look
};

struct UnitResult {
  UnitOutcome outcome = UnitOutcome::kDone;
  std::uint64_t last_sequence = 0;  ///< of the unit's last event; 0 if it has none
};

struct StoredReplyRecord {
  std::string request_hash;
  std::uint64_t sequence = 0;
  std::string reply;
};

struct DueTimer {
  Lane lane;
  std::string name, body;
};
struct DueTimers {
  std::vector<DueTimer> due;
  std::optional<Instant> next;  ///< earliest that is not due yet, over the lanes asked for
};

struct RecordKey {
  Lane lane;
  std::string key;
};

struct LookedUp {
  std::vector<std::optional<StoredReplyRecord>> replies;  ///< beside the idempotency keys
  std::vector<std::optional<std::string>> records;        ///< beside the record keys
};

struct LaneExtras {                                          ///< what a new owner must know besides the checkpoint
  std::vector<std::pair<std::string, std::string>> effects;  ///< id, body
  std::vector<std::string> parked;                           ///< keys "<entity>\n<sequence>"
};

/// The store as one instance of one service uses it. Not thread-safe.
///
/// Every call may fail with kDisconnected, after which the outcome of a commit is unknown: the caller forgets what it cached and does
/// the same work again; idempotency records, checkpoints and timers tell what was done.
class Store {
 public:
  virtual ~Store() = default;

  /// What becomes of the fences of lanes this instance already holds.
  enum class Fences {
    kKeep,
    kRaise,  ///< after an unknown outcome: a commit that is still on its way somewhere must never arrive
  };
  /// Keeps this instance alive for `ttl`, renews its leases, takes free or lapsed lanes up to its fair share.
  virtual tl::expected<LaneTick, Fault> tick(const InstanceInfo& self, std::chrono::milliseconds ttl, Fences fences) = 0;
  /// Gives lanes back at once; `leaving` also takes the instance off the list.
  virtual tl::expected<void, Fault> release(const InstanceInfo& self, const std::vector<OwnedLane>& lanes, bool leaving) = 0;

  virtual tl::expected<std::vector<std::optional<std::string>>, Fault> load(const std::vector<RecordKey>& keys) = 0;
  /// What was answered before under each key, and records, in one round trip.
  tl::expected<LookedUp, Fault> look_up(const std::vector<std::string>& idempotency_keys, const std::vector<RecordKey>& records) {
    if (auto begun = begin_look_up(idempotency_keys, records); !begun) return tl::unexpected(std::move(begun.error()));
    return end_look_up();
  }
  /// The same in two halves. It may begin while a commit is under way: it sees what that commit does, and ends after it.
  virtual tl::expected<void, Fault> begin_look_up(const std::vector<std::string>& idempotency_keys,
                                                  const std::vector<RecordKey>& records) = 0;
  virtual tl::expected<LookedUp, Fault> end_look_up() = 0;
  /// Beside the lanes.
  virtual tl::expected<std::vector<LaneExtras>, Fault> extras(const std::vector<Lane>& lanes) = 0;

  /// The parked messages of one entity: key and Parked bytes.
  virtual tl::expected<std::vector<std::pair<std::string, std::string>>, Fault> parked(Lane lane, const std::string& entity) = 0;

  /// Commits each unit by itself; at most one unit per lane in a call.
  tl::expected<std::vector<UnitResult>, Fault> commit(const std::string& incarnation, const std::vector<Unit>& units) {
    if (auto begun = begin_commit(incarnation, units); !begun) return tl::unexpected(std::move(begun.error()));
    return end_commit();
  }
  /// The same in two halves. Between them nothing but a look-up begins; a store that is destroyed instead leaves the outcome unknown.
  virtual tl::expected<void, Fault> begin_commit(const std::string& incarnation, const std::vector<Unit>& units) = 0;
  /// Whether `end_commit` would not have to wait.
  virtual bool commit_answered() = 0;
  virtual tl::expected<std::vector<UnitResult>, Fault> end_commit() = 0;

  /// Timers due by the store's clock plus `offset` (0 but in tests), at most `limit` per lane.
  virtual tl::expected<DueTimers, Fault> due(const std::vector<Lane>& lanes, std::size_t limit, std::chrono::microseconds offset) = 0;

  /// Notes that `self` is about to try the message after `checkpoint` in this lane. Returns 1 + how many tries, since the checkpoint last
  /// moved, were made by processes that are gone. A message that kills the process is found by this number and by nothing else; a lane
  /// that only changed hands between living processes counts nothing.
  virtual tl::expected<std::uint64_t, Fault> count_attempt(const InstanceInfo& self, Lane lane, std::uint64_t checkpoint) = 0;

  struct Attempt {
    Lane lane;
    std::uint64_t checkpoint;
  };
  /// The same for many lanes in one step, provided that none of them was tried by a process that is gone: then true. Else false and
  /// nothing is counted, so that each is counted by itself, in its turn.
  virtual tl::expected<bool, Fault> count_first_attempts(const InstanceInfo& self, const std::vector<Attempt>& attempts) = 0;
};

}  // namespace bridgework::runtime
