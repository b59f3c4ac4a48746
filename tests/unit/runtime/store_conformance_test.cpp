// The simulator proves things about a model of the store. Here the model is held to the store: the same calls in the same order, on a real
// Redis and on the model, give the same answers and leave the same behind.

#include <random>
#include <sstream>

#include <gtest/gtest.h>

#include "runtime/redis_store.hpp"
#include "sim/memory_store.hpp"
#include "support/log_in_redis.hpp"
#include "support/redis_server.hpp"

namespace bridgework::runtime {
namespace {

using namespace std::chrono_literals;

const Keys kKeys{"g", "svc"};
constexpr std::size_t kStores = 2;
constexpr Lane kLanesUsed = 3;
constexpr auto kLongLease = 1h;
constexpr auto kFar = std::chrono::hours(24 * 365 * 10);

Instant real_now() { return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now()); }

/// What one of the two sides said, as text; the names of incarnations differ, their order does not.
class Spoken {
 public:
  std::string incarnation(const std::string& id) {
    const auto [it, fresh] = seen_.try_emplace(id, seen_.size());
    return "i" + std::to_string(it->second);
  }
  std::string of(const Fault& fault) { return std::string("fault ") + std::string(to_string(fault.kind)); }
  std::string of(const LaneTick& tick) {
    std::ostringstream out;
    out << incarnation(tick.incarnation) << " head " << tick.head << " surplus " << tick.surplus;
    for (const auto& lane : tick.owned) out << " " << lane.lane << ":" << lane.fence << ":" << lane.checkpoint;
    return out.str();
  }
  std::string of(const LookedUp& looked) {
    std::ostringstream out;
    for (const auto& reply : looked.replies)
      out << (reply ? reply->request_hash + "@" + std::to_string(reply->sequence) + "=" + reply->reply : "none") << ";";
    for (const auto& record : looked.records) out << record.value_or("none") << ";";
    return out.str();
  }
  std::string of(LaneExtras extras) {
    std::sort(extras.effects.begin(), extras.effects.end());
    std::sort(extras.parked.begin(), extras.parked.end());
    std::ostringstream out;
    for (const auto& [id, body] : extras.effects) out << id << "=" << body << ";";
    for (const auto& key : extras.parked) out << key << ";";
    return out.str();
  }
  std::string of(const std::vector<LaneExtras>& lanes) {
    std::string out;
    for (const auto& extras : lanes) out += of(extras) + "|";
    return out;
  }
  std::string of(std::vector<std::pair<std::string, std::string>> parked) {
    std::sort(parked.begin(), parked.end());
    std::ostringstream out;
    for (const auto& [key, body] : parked) out << key << "=" << body << ";";
    return out.str();
  }
  std::string of(const std::vector<UnitResult>& results) {
    std::ostringstream out;
    for (const auto& result : results) out << static_cast<int>(result.outcome) << "@" << result.last_sequence << ";";
    return out.str();
  }
  std::string of(const DueTimers& due) {
    std::ostringstream out;
    for (const auto& timer : due.due) out << timer.lane << ":" << timer.name << "=" << timer.body << ";";
    out << (due.next ? std::to_string(due.next->time_since_epoch().count()) : "none");
    return out.str();
  }
  std::string of(bool yes) { return yes ? "yes" : "no"; }
  std::string of(std::uint64_t number) { return std::to_string(number); }
  template <class T>
  std::string of(const tl::expected<T, Fault>& answer) {
    if (!answer) return of(answer.error());
    if constexpr (std::is_void_v<T>) return "done";
    else return of(*answer);
  }
  template <class One, class Other>
  std::string of(const std::pair<One, Other>& answers) {
    return of(answers.first) + " and " + of(answers.second);
  }

 private:
  std::map<std::string, std::size_t> seen_;
};

class BothStores : public ::testing::Test {
 protected:
  explicit BothStores(std::uint64_t seed = 1) : random(seed) {
    for (std::size_t i = 0; i < kStores; ++i) {
      selves.push_back({"instance-" + std::to_string(i), "c", "q", 1, 2});
      real.push_back(std::make_unique<RedisStore>(Redis(redis.options()), kKeys));
      model.push_back(std::make_unique<sim::MemoryStore>(
          group, "svc", real_now, [] { return sim::MemoryStore::Mishap::kNone; }, guards,
          sim::MemoryStore::Surroundings{&server, nullptr, nullptr}));
    }
    // A new group has no incarnation yet; the first connection opens one.
    group.incarnation.clear();
    group.incarnations = 0;
    group.starts.clear();
    server.run = 1;
  }

  std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random); }
  std::string one_of(const char* what, std::size_t n) { return what + std::to_string(below(n)); }
  Lane lane() { return static_cast<Lane>(below(kLanesUsed)); }

  template <class Call>
  void both(const std::string& what, Call call) {
    both(below(kStores), what, call);
  }
  /// What both said.
  template <class Call>
  std::string both(std::size_t who, const std::string& what, Call call) {
    std::string said = real_spoken.of(call(*real[who], selves[who], true));
    const std::string modelled = model_spoken.of(call(*model[who], selves[who], false));
    if (said != modelled && difference.empty()) {
      difference = "operation " + std::to_string(operations) + ": " + what + " of " + selves[who].instance + ": Redis says " + said +
                   "\nand the model " + modelled;
    }
    return said;
  }

  Unit unit(Lane in) {
    const auto& kept = group.services["svc"].lanes[in];
    Unit unit;
    unit.lane = in;
    unit.fence = kept.fence + (below(12) == 0 ? 1 : 0);
    if (below(3) == 0) unit.checkpoint = Unit::Checkpoint{kept.checkpoint + (below(6) == 0 ? 1 : 0), kept.checkpoint + 1 + below(4)};
    for (std::size_t i = below(4); i > 0; --i) unit.records.push_back({one_of("R/", 6), some(std::string("\0r", 2))});
    for (std::size_t i = below(3); i > 0; --i) unit.effects.push_back({one_of("fx", 3), some("p")});
    for (std::size_t i = below(2); i > 0; --i) unit.parked.push_back({one_of("e", 2) + "\n" + std::to_string(below(3)), some("parked")});
    for (std::size_t i = below(3); i > 0; --i)
      unit.indexes.push_back({one_of("i", 2), one_of("m", 4), static_cast<double>(below(90)) / 4, below(3) == 0});
    for (std::size_t i = below(3); i > 0; --i) {
      const Instant due = below(2) == 0 ? Instant(std::chrono::seconds(below(100))) : far + std::chrono::seconds(below(100));
      unit.timers.push_back({one_of("t", 4), due, some("body")});
    }
    if (below(4) == 0) {
      const auto it = kept.timers.find(one_of("t", 4));
      if (it != kept.timers.end()) unit.fired.push_back({it->first, below(3) == 0 ? "another body" : it->second.second});
      else if (below(3) == 0) unit.fired.push_back({"never-set", "body"});
    }
    if (below(4) == 0) unit.absent.push_back(one_of("R/", 6));
    if (below(3) == 0) unit.idempotency.push_back({one_of("k", 40) + "-" + std::to_string(in), one_of("h", 2), "reply " + one_of("", 99)});
    for (std::size_t i = below(3); i > 0; --i) unit.events.push_back("event " + std::to_string(operations) + "." + std::to_string(i));
    return unit;
  }
  std::optional<std::string> some(const std::string& text) {
    return below(4) == 0 ? std::nullopt : std::optional(text + std::to_string(operations));
  }

  void operate() {
    ++operations;
    switch (below(18)) {
      case 0:
      case 1: {
        const auto fences = below(3) == 0 ? Store::Fences::kRaise : Store::Fences::kKeep;
        return both("tick", [&](Store& store, const InstanceInfo& self, bool) { return store.tick(self, kLongLease, fences); });
      }
      case 2: {
        const bool leaving = below(3) == 0;
        std::vector<OwnedLane> lanes;
        for (std::size_t i = below(20); i > 0; --i) {
          const auto l = static_cast<Lane>(below(kLaneCount));
          lanes.push_back({l, group.services["svc"].lanes[l].fence + (below(8) == 0 ? 1 : 0), 0});
        }
        return both("release", [&](Store& store, const InstanceInfo& self, bool) { return store.release(self, lanes, leaving); });
      }
      case 3:
      case 4: {
        const auto [keys, records] = question();
        return both("look_up", [&](Store& store, const InstanceInfo&, bool) { return store.look_up(keys, records); });
      }
      case 5: {
        const Lane l = lane();
        return both("extras", [&](Store& store, const InstanceInfo&, bool) { return store.extras({l}); });
      }
      case 6: {
        const Lane l = lane();
        const std::string entity = one_of("e", 3);
        return both("parked", [&](Store& store, const InstanceInfo&, bool) { return store.parked(l, entity); });
      }
      case 7:
      case 8: {
        const std::size_t limit = 1 + below(4);
        const auto offset = below(3) == 0 ? std::chrono::microseconds(2 * kFar) : 0us;
        return both("due", [&](Store& store, const InstanceInfo&, bool) { return store.due({0, 1, 2}, limit, offset); });
      }
      case 9:
      case 10: {
        const Lane l = lane();
        const std::uint64_t checkpoint = below(3);
        return both("count_attempt",
                    [&](Store& store, const InstanceInfo& self, bool) { return store.count_attempt(self, l, checkpoint); });
      }
      case 11: {
        std::vector<Store::Attempt> attempts;
        for (Lane l = 0; l < kLanesUsed; ++l) attempts.push_back({l, below(3)});
        return both("count_first_attempts",
                    [&](Store& store, const InstanceInfo& self, bool) { return store.count_first_attempts(self, attempts); });
      }
      case 12: return put_clock_back(below(2) == 0 ? 25min : 180min);
      default: {
        std::vector<Unit> units;
        for (Lane l = 0; l < kLanesUsed; ++l) {
          if (below(2) == 0) units.push_back(unit(l));
        }
        const bool of_before = below(15) == 0;
        const auto incarnation = [&](bool is_real) { return of_before ? "0.gone" : is_real ? real_incarnation() : group.incarnation; };
        if (below(3) > 0) {
          return both("commit", [&](Store& store, const InstanceInfo&, bool is_real) { return store.commit(incarnation(is_real), units); });
        }
        // It sees what the commit before it did, and fails with it.
        const auto [keys, records] = question();
        return both("commit and look_up", [&](Store& store, const InstanceInfo&, bool is_real) {
          using Committed = tl::expected<std::vector<UnitResult>, Fault>;
          using Looked = tl::expected<LookedUp, Fault>;
          const auto begun = store.begin_commit(incarnation(is_real), units);
          if (!begun) return std::pair<Committed, Looked>(tl::unexpected(begun.error()), tl::unexpected(begun.error()));
          const auto asked = store.begin_look_up(keys, records);
          Committed committed = store.end_commit();
          return std::pair(std::move(committed), asked ? store.end_look_up() : Looked(tl::unexpected(asked.error())));
        });
      }
    }
  }

  /// Asks for something: else it would not notice a broken link.
  std::pair<std::vector<std::string>, std::vector<RecordKey>> question() {
    std::vector<std::string> keys;
    std::vector<RecordKey> records;
    for (std::size_t i = below(5); i > 0; --i) keys.push_back(one_of("k", 40) + "-" + std::to_string(below(kLanesUsed)));
    for (std::size_t i = 1 + below(4); i > 0; --i) records.push_back({lane(), one_of("R/", 7)});
    return {keys, records};
  }

  /// By a connection of its own, so that looking changes nothing for the stores.
  std::string real_incarnation() { return Redis(redis.options()).run({"HGET", kKeys.meta(), "inc"})->text; }

  void restart() {
    redis.restart();
    ++server.run;
  }

  /// As the stores see it: what was given until some moment ends so much later now.
  void put_clock_back(std::chrono::minutes by) {
    Redis other(redis.options());
    const auto later = [&](const std::string& ends) {
      return std::to_string(std::stoll(ends) + std::chrono::duration_cast<std::chrono::milliseconds>(by).count());
    };
    for (const auto& [field, ends] : pairs({"HGETALL", kKeys.lanes()})) {
      if (field[0] != 'e') continue;
      ASSERT_TRUE(other.run({"HSET", kKeys.lanes(), field, later(ends)}));
    }
    for (const auto& [name, life] : pairs({"HGETALL", kKeys.instances()})) {
      const std::size_t end = life.find(' ');
      ASSERT_TRUE(other.run({"HSET", kKeys.instances(), name, later(life.substr(0, end)) + life.substr(end)}));
    }
    for (auto& lane : group.services["svc"].lanes) lane.lease_ends += by;
    for (auto& [name, ends] : group.services["svc"].instances) ends += by;
  }

  using Hash = std::map<std::string, std::string>;
  Hash pairs(const std::vector<std::string>& command) {
    Redis look(redis.options());
    const auto answer = look.run(command);
    Hash out;
    if (!answer) return out;
    for (std::size_t i = 0; i + 1 < answer->items.size(); i += 2) out[answer->items[i].text] = answer->items[i + 1].text;
    return out;
  }

  void same_state() {
    Redis look(redis.options());
    EXPECT_EQ(support::log_in(look, kKeys), group.log);
    EXPECT_EQ(pairs({"HGETALL", kKeys.meta()})["head"], std::to_string(group.head()));
    EXPECT_EQ(pairs({"HGETALL", kKeys.meta()})["n"], std::to_string(group.incarnations));
    EXPECT_EQ(pairs({"HGETALL", kKeys.meta()})["inc_start"], std::to_string(group.incarnation_start));
    EXPECT_EQ(pairs({"HGETALL", kKeys.incarnations()}).size(), group.starts.size());

    const auto& state = group.services["svc"];
    Hash lanes;
    for (Lane l = 0; l < kLaneCount; ++l) {
      const auto& kept = state.lanes[l];
      const std::string n = std::to_string(l);
      if (kept.fence > 0) lanes["f" + n] = std::to_string(kept.fence);
      if (!kept.owner.empty()) lanes["o" + n] = kept.owner;
      if (kept.checkpoint > 0) lanes["c" + n] = std::to_string(kept.checkpoint);
    }
    Hash real_lanes = pairs({"HGETALL", kKeys.lanes()});
    std::erase_if(real_lanes, [](const auto& field) { return field.first[0] == 'e'; });  // by two clocks
    EXPECT_EQ(real_lanes, lanes);

    for (Lane l = 0; l < kLanesUsed; ++l) {
      const auto& kept = state.lanes[l];
      EXPECT_EQ(pairs({"HGETALL", kKeys.records(l)}), kept.records);
      EXPECT_EQ(pairs({"HGETALL", kKeys.effects(l)}), kept.effects);
      EXPECT_EQ(pairs({"HGETALL", kKeys.parked(l)}), kept.parked);
      Hash dues, bodies;
      for (const auto& [name, timer] : kept.timers) {
        dues[name] = std::to_string(timer.first.time_since_epoch().count());
        bodies[name] = timer.second;
      }
      EXPECT_EQ(pairs({"ZRANGE", kKeys.timers(l), "0", "-1", "WITHSCORES"}), dues);
      EXPECT_EQ(pairs({"HGETALL", kKeys.timer_bodies(l)}), bodies);
    }
    for (const auto& [name, members] : state.indexes) {
      std::map<std::string, double> stored;
      for (const auto& [member, score] : pairs({"ZRANGE", kKeys.index(name), "0", "-1", "WITHSCORES"})) stored[member] = std::stod(score);
      EXPECT_EQ(stored, members) << name;
    }
    Hash instances = pairs({"HGETALL", kKeys.instances()});
    EXPECT_EQ(instances.size(), state.instances.size());
  }

  support::RedisServer redis;
  sim::GroupState group;
  sim::Server server;
  sim::Guards guards;
  std::vector<InstanceInfo> selves;
  std::vector<std::unique_ptr<RedisStore>> real;
  std::vector<std::unique_ptr<sim::MemoryStore>> model;
  Spoken real_spoken, model_spoken;
  std::mt19937_64 random;
  const Instant far = std::chrono::floor<std::chrono::seconds>(real_now()) + kFar;
  int operations = 0;
  std::string difference;  ///< the first
};

class StoreConformance : public BothStores, public ::testing::WithParamInterface<std::uint64_t> {
 protected:
  StoreConformance() : BothStores(GetParam()) {}
};

TEST_P(StoreConformance, TheModelAnswersAsRedisDoes) {
  constexpr int kOperations = 600;
  while (operations < kOperations && difference.empty() && !HasFatalFailure()) {
    operate();
    if (operations % 250 == 0) restart();
  }
  EXPECT_EQ(difference, "");
  same_state();
}

INSTANTIATE_TEST_SUITE_P(Seeds, StoreConformance, ::testing::Range<std::uint64_t>(1, 6));

/// A check of the store that the model does without: if Redis did without it too, nobody would see a difference.
struct Check {
  const char* name;
  sim::Guards guards;
};

class StoreCheck : public BothStores, public ::testing::WithParamInterface<Check> {};

TEST_P(StoreCheck, IsMissedInAModelWithoutIt) {
  constexpr int kOperationsMost = 5'000;
  guards = GetParam().guards;
  while (operations < kOperationsMost && difference.empty() && !HasFatalFailure()) operate();
  EXPECT_NE(difference, "");
}

INSTANTIATE_TEST_SUITE_P(Each, StoreCheck,
                         ::testing::Values(Check{"fence", {.fence = false}}, Check{"incarnation", {.incarnation = false}},
                                           Check{"checkpoint", {.checkpoint = false}}, Check{"idempotency", {.idempotency = false}},
                                           Check{"timer", {.timer = false}}, Check{"fence_raise", {.raise = false}},
                                           Check{"lease_ahead", {.ahead = false}}, Check{"attempts", {.attempts = false}}),
                         [](const auto& info) { return std::string(info.param.name); });

using Lease = BothStores;

TEST_F(Lease, OfAClockThatWasPutBackIsOver) {
  const auto tick = [this](std::size_t who) {
    return both(who, "tick",
                [](Store& store, const InstanceInfo& self, bool) { return store.tick(self, kLongLease, Store::Fences::kKeep); });
  };
  const std::size_t dead = 0, alive = 1;
  EXPECT_NE(tick(dead).find(" 63:1:0"), std::string::npos);
  put_clock_back(30min);
  EXPECT_EQ(tick(alive), "i0 head 0 surplus 0") << "within two leases from now anybody may have been given it";
  put_clock_back(120min);
  EXPECT_NE(tick(alive).find(" 63:2:0"), std::string::npos) << "all lanes are its own, under a higher fence";
  EXPECT_EQ(group.services["svc"].instances.size(), 1u) << "a life that is over does not begin again when the clock comes there";
  Unit unit;
  unit.fence = 1;
  unit.events = {"event"};
  EXPECT_EQ(both(dead, "commit",
                 [&](Store& store, const InstanceInfo&, bool is_real) {
                   return store.commit(is_real ? real_incarnation() : group.incarnation, {unit});
                 }),
            "1@0;")
      << "whoever was not dead writes nothing either";
  EXPECT_EQ(difference, "");
  same_state();
}

}  // namespace
}  // namespace bridgework::runtime
