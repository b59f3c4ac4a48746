#include "sim/memory_store.hpp"

#include <algorithm>
#include <cstdio>

namespace bridgework::sim {
namespace {

using runtime::UnitOutcome;

tl::unexpected<Fault> lost() { return tl::unexpected(Fault{runtime::FaultKind::kDisconnected, "the simulated link broke"}); }

}  // namespace

void GroupState::reopen(std::uint32_t nonce) {
  char text[48];
  std::snprintf(text, sizeof text, "%llu.%08x", static_cast<unsigned long long>(++incarnations), nonce);
  incarnation = text;
  incarnation_start = head() + 1;
}

tl::expected<runtime::LaneTick, Fault> MemoryStore::tick(const runtime::InstanceInfo& self, std::chrono::milliseconds ttl, Fences fences) {
  const Mishap mishap = fate_();
  if (mishap == Mishap::kLostBefore) return lost();
  ServiceState& state = mine();
  const Instant now = clock_(), ends = now + ttl;
  state.instances[self.instance] = ends;
  std::size_t alive = 0;
  for (const auto& [name, until] : state.instances) alive += until > now ? 1 : 0;
  const std::size_t share = (runtime::kLaneCount + alive - 1) / alive;
  runtime::LaneTick out{group_.incarnation, group_.head(), {}, 0};
  for (Lane lane = 0; lane < runtime::kLaneCount; ++lane) {
    auto& l = state.lanes[lane];
    if (l.owner == self.instance) {
      if (fences == Fences::kRaise) ++l.fence;
      l.lease_ends = ends;
      out.owned.push_back({lane, l.fence, l.checkpoint});
    }
  }
  for (Lane lane = 0; lane < runtime::kLaneCount && out.owned.size() < share; ++lane) {
    auto& l = state.lanes[lane];
    if (l.owner == self.instance || (!l.owner.empty() && l.lease_ends > now)) continue;
    ++l.fence;
    l.owner = self.instance;
    l.lease_ends = ends;
    out.owned.push_back({lane, l.fence, l.checkpoint});
  }
  if (out.owned.size() > share) out.surplus = out.owned.size() - share;
  if (mishap != Mishap::kNone) return lost();
  return out;
}

tl::expected<void, Fault> MemoryStore::release(const runtime::InstanceInfo& self, const std::vector<runtime::OwnedLane>& lanes,
                                               bool leaving) {
  const Mishap mishap = fate_();
  if (mishap == Mishap::kLostBefore) return lost();
  for (const auto& lane : lanes) {
    auto& l = mine().lanes[lane.lane];
    if (l.owner == self.instance && l.fence == lane.fence) l.owner.clear();
  }
  if (leaving) mine().instances.erase(self.instance);
  if (mishap != Mishap::kNone) return lost();
  return {};
}

tl::expected<std::vector<std::optional<std::string>>, Fault> MemoryStore::load(const std::vector<runtime::RecordKey>& keys) {
  if (fate_() != Mishap::kNone) return lost();
  std::vector<std::optional<std::string>> out;
  for (const auto& key : keys) {
    const auto& records = mine().lanes[key.lane].records;
    const auto it = records.find(key.key);
    out.push_back(it == records.end() ? std::nullopt : std::optional(it->second));
  }
  return out;
}

tl::expected<runtime::LookedUp, Fault> MemoryStore::look_up(const std::vector<std::string>& idempotency_keys,
                                                            const std::vector<runtime::RecordKey>& records) {
  auto loaded = load(records);
  if (!loaded) return tl::unexpected(loaded.error());
  runtime::LookedUp out;
  out.records = std::move(*loaded);
  for (const auto& key : idempotency_keys) {
    const auto it = mine().replies.find(key);
    out.replies.push_back(!guards_.idempotency || it == mine().replies.end() ? std::nullopt : std::optional(it->second));
  }
  return out;
}

tl::expected<runtime::LaneExtras, Fault> MemoryStore::extras(Lane lane) {
  if (fate_() != Mishap::kNone) return lost();
  runtime::LaneExtras out;
  for (const auto& [id, body] : mine().lanes[lane].effects) out.effects.emplace_back(id, body);
  for (const auto& [key, body] : mine().lanes[lane].parked) out.parked.push_back(key);
  return out;
}

tl::expected<std::vector<std::pair<std::string, std::string>>, Fault> MemoryStore::parked(Lane lane, const std::string& entity) {
  if (fate_() != Mishap::kNone) return lost();
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& [key, body] : mine().lanes[lane].parked) {
    if (key.starts_with(entity + "\n")) out.emplace_back(key, body);
  }
  return out;
}

runtime::UnitResult MemoryStore::commit_one(const std::string& incarnation, const Unit& unit) {
  ServiceState& state = mine();
  auto& lane = state.lanes[unit.lane];
  if (guards_.fence && (incarnation != group_.incarnation || lane.fence != unit.fence)) return {UnitOutcome::kFenced, 0};
  if (guards_.idempotency) {
    for (const auto& i : unit.idempotency) {
      if (state.replies.contains(i.key)) return {UnitOutcome::kAlreadyAnswered, 0};
    }
  }
  if (guards_.checkpoint && unit.checkpoint && lane.checkpoint != unit.checkpoint->expected) return {UnitOutcome::kCheckpointMoved, 0};
  if (guards_.timer) {
    for (const auto& f : unit.fired) {
      const auto it = lane.timers.find(f.name);
      if (it == lane.timers.end() || it->second.second != f.body) return {UnitOutcome::kTimerChanged, 0};
    }
  }
  runtime::UnitResult result;
  for (const auto& event : unit.events) group_.log.push_back(event);
  if (!unit.events.empty()) result.last_sequence = group_.head();
  for (const auto& f : unit.fired) lane.timers.erase(f.name);
  const auto write = [](auto& map, const std::string& key, const std::optional<std::string>& value) {
    if (value) map[key] = *value;
    else map.erase(key);
  };
  for (const auto& w : unit.records) write(lane.records, w.key, w.bytes);
  for (const auto& w : unit.effects) write(lane.effects, w.id, w.body);
  for (const auto& w : unit.parked) write(lane.parked, w.key, w.body);
  for (const auto& w : unit.indexes) {
    if (w.remove) state.indexes[w.index].erase(w.member);
    else state.indexes[w.index][w.member] = w.score;
  }
  for (const auto& w : unit.timers) {
    if (w.body) lane.timers[w.name] = {w.due, *w.body};
    else lane.timers.erase(w.name);
  }
  if (unit.checkpoint) lane.checkpoint = unit.checkpoint->next;
  for (const auto& i : unit.idempotency) state.replies[i.key] = {i.request_hash, result.last_sequence, i.reply};
  return result;
}

tl::expected<std::vector<runtime::UnitResult>, Fault> MemoryStore::commit(const std::string& incarnation, const std::vector<Unit>& units) {
  const Mishap mishap = fate_();
  if (mishap == Mishap::kLostBefore) return lost();
  if (mishap == Mishap::kLate) {
    mine().late.emplace_back(incarnation, units);
    return lost();
  }
  std::vector<runtime::UnitResult> out;
  for (const auto& unit : units) out.push_back(commit_one(incarnation, unit));
  if (mishap == Mishap::kLostAfter) return lost();
  return out;
}

void MemoryStore::arrive_late() {
  auto late = std::move(mine().late);
  mine().late.clear();
  for (const auto& [incarnation, units] : late) {
    for (const auto& unit : units) commit_one(incarnation, unit);
  }
}

tl::expected<runtime::DueTimers, Fault> MemoryStore::due(const std::vector<Lane>& lanes, std::size_t limit,
                                                         std::chrono::microseconds offset) {
  if (fate_() != Mishap::kNone) return lost();
  const Instant now = clock_() + offset;
  runtime::DueTimers out;
  for (const Lane lane : lanes) {
    std::vector<std::pair<Instant, std::string>> due;
    for (const auto& [name, timer] : mine().lanes[lane].timers) {
      if (timer.first <= now) due.emplace_back(timer.first, name);
      else if (!out.next || timer.first < *out.next) out.next = timer.first;
    }
    std::sort(due.begin(), due.end());
    if (due.size() > limit) due.resize(limit);
    for (const auto& [at, name] : due) out.due.push_back({lane, name, mine().lanes[lane].timers[name].second});
  }
  return out;
}

tl::expected<std::uint64_t, Fault> MemoryStore::count_attempt(const runtime::InstanceInfo& self, Lane lane, std::uint64_t checkpoint) {
  if (fate_() != Mishap::kNone) return lost();
  auto& l = mine().lanes[lane];
  if (l.attempts_at != checkpoint || l.attempts == 0) {
    l.attempts = 1;
  } else if (l.attempts_by != self.instance) {
    const auto other = mine().instances.find(l.attempts_by);
    if (other == mine().instances.end() || other->second <= clock_()) ++l.attempts;
  }
  l.attempts_at = checkpoint;
  l.attempts_by = self.instance;
  return l.attempts;
}

}  // namespace bridgework::sim
