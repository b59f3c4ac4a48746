#pragma once
// The store on Redis: versioned Lua scripts over the keys of keys.hpp.

#include <memory>

#include "runtime/keys.hpp"
#include "runtime/read_view.hpp"
#include "runtime/store.hpp"

namespace bridgework::runtime {

/// Must be the first call on every new connection: compares Redis' run id with the one on record and opens a new incarnation when it
/// changed (restart, restore, promotion).
tl::expected<Incarnation, Fault> open_log(Redis& redis, const Keys& keys);

/// Refuses a server on which the promises do not hold: appendfsync weaker than always, an eviction policy, a version below 7.
tl::expected<void, Fault> check_server(Redis& redis);

class RedisStore final : public Store {
 public:
  RedisStore(Redis redis, Keys keys, std::chrono::seconds idempotency_ttl = std::chrono::hours(24 * 7));

  tl::expected<LaneTick, Fault> tick(const InstanceInfo& self, std::chrono::milliseconds ttl, Fences fences) override;
  tl::expected<void, Fault> release(const InstanceInfo& self, const std::vector<OwnedLane>& lanes, bool leaving) override;
  tl::expected<std::vector<std::optional<std::string>>, Fault> load(const std::vector<RecordKey>& keys) override;
  tl::expected<void, Fault> begin_look_up(const std::vector<std::string>& idempotency_keys, const std::vector<RecordKey>& records) override;
  tl::expected<LookedUp, Fault> end_look_up() override;
  tl::expected<std::vector<LaneExtras>, Fault> extras(const std::vector<Lane>& lanes) override;
  tl::expected<std::vector<std::pair<std::string, std::string>>, Fault> parked(Lane lane, const std::string& entity) override;
  tl::expected<void, Fault> begin_commit(const std::string& incarnation, const std::vector<Unit>& units) override;
  bool commit_answered() override;
  tl::expected<std::vector<UnitResult>, Fault> end_commit() override;
  /// Readable when the answer to a commit has come; -1 without a connection.
  int descriptor() const { return redis_.descriptor(); }
  tl::expected<DueTimers, Fault> due(const std::vector<Lane>& lanes, std::size_t limit, std::chrono::microseconds offset) override;
  tl::expected<std::uint64_t, Fault> count_attempt(const InstanceInfo& self, Lane lane, std::uint64_t checkpoint) override;
  tl::expected<bool, Fault> count_first_attempts(const InstanceInfo& self, const std::vector<Attempt>& attempts) override;

 private:
  tl::expected<void, Fault> opened();

  Redis redis_;
  Keys keys_;
  std::chrono::seconds idempotency_ttl_;
  std::uint64_t opened_connection_ = 0;
  std::size_t units_begun_ = 0;
  struct Asked {
    std::size_t keys = 0, records = 0;
    std::vector<std::vector<std::size_t>> places;  ///< of the records, by lane
  } asked_;
};

}  // namespace bridgework::runtime
