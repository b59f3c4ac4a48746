#pragma once
// A model of the store: the same contract as RedisStore in a few maps, with the faults a real one has.

#include <functional>
#include <map>
#include <set>

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
  std::vector<std::pair<std::string, std::vector<Unit>>> late;  ///< commits still on their way
};

/// The shared part: one log and everybody's state. Copyable, which is what a backup is.
struct GroupState {
  std::string incarnation = "1.00000000";
  std::uint64_t incarnations = 1;
  std::uint64_t incarnation_start = 1;
  std::vector<std::string> log;  ///< sequence 1 is the first
  std::map<std::string, ServiceState> services;

  std::uint64_t head() const { return log.size(); }
  /// Redis came back (with whatever it came back with): nothing from before may be confused with what follows.
  void reopen(std::uint32_t nonce);
};

/// Guards that a mutation check takes away one at a time, to show that the simulator would notice.
struct Guards {
  bool fence = true;
  bool checkpoint = true;
  bool idempotency = true;
  bool timer = true;
};

class MemoryStore final : public runtime::Store {
 public:
  /// Asked before each call: what goes wrong this time.
  enum class Mishap {
    kNone,
    kLostBefore,  ///< the link breaks before the call had its effect
    kLostAfter,   ///< or after it
    kLate,        ///< the caller hears nothing, and a commit arrives all the same, some time later
  };
  using Fate = std::function<Mishap()>;
  using Clock = std::function<Instant()>;

  MemoryStore(GroupState& group, std::string service, Clock clock, Fate fate, const Guards& guards)
      : group_(group), service_(std::move(service)), clock_(std::move(clock)), fate_(std::move(fate)), guards_(guards) {}

  tl::expected<runtime::LaneTick, Fault> tick(const runtime::InstanceInfo& self, std::chrono::milliseconds ttl, Fences fences) override;
  tl::expected<void, Fault> release(const runtime::InstanceInfo& self, const std::vector<runtime::OwnedLane>& lanes, bool leaving) override;
  tl::expected<std::vector<std::optional<std::string>>, Fault> load(const std::vector<runtime::RecordKey>& keys) override;
  tl::expected<runtime::LookedUp, Fault> look_up(const std::vector<std::string>& idempotency_keys,
                                                 const std::vector<runtime::RecordKey>& records) override;
  tl::expected<runtime::LaneExtras, Fault> extras(Lane lane) override;
  tl::expected<std::vector<std::pair<std::string, std::string>>, Fault> parked(Lane lane, const std::string& entity) override;
  tl::expected<std::vector<runtime::UnitResult>, Fault> commit(const std::string& incarnation, const std::vector<Unit>& units) override;
  tl::expected<runtime::DueTimers, Fault> due(const std::vector<Lane>& lanes, std::size_t limit, std::chrono::microseconds offset) override;
  tl::expected<std::uint64_t, Fault> count_attempt(const runtime::InstanceInfo& self, Lane lane, std::uint64_t checkpoint) override;

  /// What was on its way arrives now.
  void arrive_late();

 private:
  runtime::UnitResult commit_one(const std::string& incarnation, const Unit& unit);
  ServiceState& mine() { return group_.services[service_]; }

  GroupState& group_;
  std::string service_;
  Clock clock_;
  Fate fate_;
  const Guards& guards_;
};

}  // namespace bridgework::sim
