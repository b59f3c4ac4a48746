#include "sim/memory_store.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

namespace bridgework::sim {
namespace {

using runtime::UnitOutcome;
using namespace std::chrono_literals;

constexpr auto kLivesKept = 60s;  ///< after their end

/// One transaction: everything it changes can be taken back together.
class Transaction {
 public:
  explicit Transaction(Server* server) : server_(server) {
    if (server_ == nullptr) return;
    server_->undo.emplace_back();
    if (server_->undo.size() > Server::kRemembered) server_->undo.pop_front();
  }

  /// Remembers how `place` is now. It must stay where it is, as members and the values of a map do.
  template <class T>
  void keep(T& place) {
    if (server_ != nullptr) server_->undo.back().push_back([&place, before = place] { place = before; });
  }
  template <class Map>
  void write(Map& map, const std::string& key, std::optional<typename Map::mapped_type> value) {
    const auto it = map.find(key);
    if (server_ != nullptr) {
      if (it == map.end()) server_->undo.back().push_back([&map, key] { map.erase(key); });
      else server_->undo.back().push_back([&map, key, before = it->second] { map.insert_or_assign(key, before); });
    }
    if (value && it != map.end()) it->second = std::move(*value);
    else if (value) map.emplace(key, std::move(*value));
    else if (it != map.end()) map.erase(it);
  }
  void append(std::vector<std::string>& log, const std::string& event) {
    if (server_ != nullptr) server_->undo.back().push_back([&log] { log.pop_back(); });
    log.push_back(event);
  }

 private:
  Server* server_;
};

}  // namespace

void Server::tear(std::size_t transactions) {
  for (; transactions > 0 && !undo.empty(); --transactions) {
    for (auto it = undo.back().rbegin(); it != undo.back().rend(); ++it) (*it)();
    undo.pop_back();
  }
}

void MemoryStore::open(GroupState& group, Server& server) {
  if (group.opened_by == server.run) return;
  Transaction transaction(&server);
  transaction.keep(group.opened_by);
  transaction.keep(group.incarnation);
  transaction.keep(group.incarnations);
  transaction.keep(group.incarnation_start);
  char text[48];
  std::snprintf(text, sizeof text, "%llu.%08llx", static_cast<unsigned long long>(++group.incarnations),
                static_cast<unsigned long long>(server.run * 2'654'435'761u % 0x1'0000'0000u));
  group.opened_by = server.run;
  group.incarnation = text;
  group.incarnation_start = group.head() + 1;
  transaction.write(group.starts, group.incarnation, group.incarnation_start);
}

std::uint64_t MemoryStore::trim(GroupState& group, Server& server, std::uint64_t through, const Guards& guards) {
  through = std::min(through, group.head() - std::min<std::uint64_t>(group.head(), 1));
  for (const auto& [name, service] : group.services) {
    for (const auto& lane : service.lanes) {
      if (guards.held && lane.fence > 0) through = std::min(through, lane.checkpoint);
    }
  }
  if (through < group.first) return 0;
  Transaction transaction(&server);
  transaction.keep(group.first);
  return through + 1 - std::exchange(group.first, through + 1);
}

void MemoryStore::rebuild(GroupState& group, Server& server, const std::string& service) {
  Transaction transaction(&server);
  ServiceState& state = group.services[service];
  for (auto& lane : state.lanes) {
    // Each by itself: earlier transactions know where they lie.
    const auto clear = [&](auto& place) {
      transaction.keep(place);
      place = {};
    };
    transaction.keep(lane.fence);
    ++lane.fence;
    clear(lane.owner);
    clear(lane.checkpoint);
    clear(lane.records);
    clear(lane.timers);
    clear(lane.effects);
    clear(lane.parked);
    clear(lane.attempts);
    clear(lane.attempts_at);
    clear(lane.attempts_by);
  }
  for (auto& [name, members] : state.indexes) {
    transaction.keep(members);
    members.clear();
  }
}

tl::unexpected<Fault> MemoryStore::lost() {
  ++told_.faults;
  return tl::unexpected(Fault{runtime::FaultKind::kDisconnected, "the simulated link broke"});
}

void MemoryStore::tell(const Unit& unit, UnitOutcome outcome) {
  const bool only_moves = unit.checkpoint && unit.idempotency.empty() && unit.fired.empty() && unit.records.empty() &&
                          unit.indexes.empty() && unit.timers.empty() && unit.effects.empty() && unit.parked.empty() && unit.events.empty();
  switch (outcome) {
    case UnitOutcome::kDone:
      told_.parked +=
          static_cast<std::uint64_t>(std::ranges::count_if(unit.parked, [](const auto& write) { return write.body.has_value(); }));
      break;
    case UnitOutcome::kFenced: ++(only_moves ? told_.moves_refused : told_.fenced); break;
    case UnitOutcome::kAlreadyAnswered:
    case UnitOutcome::kRecordExists:
    case UnitOutcome::kCheckpointMoved:
    case UnitOutcome::kTimerChanged: ++(only_moves ? told_.moves_refused : told_.conflicts); break;
    case UnitOutcome::kLogBroken: break;
  }
}

tl::expected<MemoryStore::Mishap, Fault> MemoryStore::begin() {
  const Mishap mishap = fate_();
  if (around_.server != nullptr) {
    if (around_.server->away || (link_ && *link_ != around_.server->run)) {
      link_.reset();
      return lost();
    }
    if (!link_) {
      link_ = around_.server->run;
      open(group_, *around_.server);
    }
  }
  if (mishap == Mishap::kNone || mishap == Mishap::kDiesAfter) return mishap;
  link_.reset();
  if (mishap == Mishap::kLostBefore) return lost();
  return mishap;
}

tl::expected<runtime::LaneTick, Fault> MemoryStore::tick(const runtime::InstanceInfo& self, std::chrono::milliseconds ttl, Fences fences) {
  const auto mishap = begin();
  if (!mishap) return tl::unexpected(mishap.error());
  instance_ = self.instance;
  Transaction transaction(around_.server);
  ServiceState& state = mine();
  const Instant now = clock_(), ends = now + ttl, latest = now + 2 * ttl;
  const auto ahead = [&](Instant until) { return guards_.ahead && until > latest; };
  const auto over = [&](Instant until) { return until <= now || ahead(until); };
  transaction.write(state.instances, self.instance, ends);
  std::size_t alive = 0;
  std::vector<std::string> gone;
  for (const auto& [name, until] : state.instances) {
    if (!over(until)) ++alive;
    else if (ahead(until) || until + kLivesKept < now) gone.push_back(name);
  }
  for (const auto& name : gone) transaction.write(state.instances, name, std::nullopt);
  const std::size_t share = (runtime::kLaneCount + alive - 1) / alive;
  runtime::LaneTick out{group_.incarnation, group_.head(), {}, 0};
  for (Lane lane = 0; lane < runtime::kLaneCount; ++lane) {
    auto& l = state.lanes[lane];
    if (l.owner == self.instance) {
      transaction.keep(l.fence);
      transaction.keep(l.lease_ends);
      if (fences == Fences::kRaise && guards_.raise) ++l.fence;
      l.lease_ends = ends;
      out.owned.push_back({lane, l.fence, l.checkpoint});
    }
  }
  for (Lane lane = 0; lane < runtime::kLaneCount && out.owned.size() < share; ++lane) {
    auto& l = state.lanes[lane];
    if (l.owner == self.instance || (!l.owner.empty() && !over(l.lease_ends))) continue;
    transaction.keep(l.fence);
    transaction.keep(l.owner);
    transaction.keep(l.lease_ends);
    ++l.fence;
    l.owner = self.instance;
    l.lease_ends = ends;
    out.owned.push_back({lane, l.fence, l.checkpoint});
  }
  if (out.owned.size() > share) out.surplus = out.owned.size() - share;
  if (*mishap == Mishap::kDiesAfter) throw ProcessDied{};
  if (*mishap != Mishap::kNone) return lost();
  return out;
}

tl::expected<void, Fault> MemoryStore::release(const runtime::InstanceInfo& self, const std::vector<runtime::OwnedLane>& lanes,
                                               bool leaving) {
  const auto mishap = begin();
  if (!mishap) return tl::unexpected(mishap.error());
  Transaction transaction(around_.server);
  for (const auto& lane : lanes) {
    auto& l = mine().lanes[lane.lane];
    if (l.owner != self.instance || l.fence != lane.fence) continue;
    transaction.keep(l.owner);
    l.owner.clear();
  }
  if (leaving) transaction.write(mine().instances, self.instance, std::nullopt);
  if (*mishap == Mishap::kDiesAfter) throw ProcessDied{};
  if (*mishap != Mishap::kNone) return lost();
  return {};
}

tl::expected<std::vector<std::optional<std::string>>, Fault> MemoryStore::load(const std::vector<runtime::RecordKey>& keys) {
  const auto mishap = begin();
  if (!mishap) return tl::unexpected(mishap.error());
  if (*mishap == Mishap::kDiesAfter) throw ProcessDied{};
  if (*mishap != Mishap::kNone) return lost();
  std::vector<std::optional<std::string>> out;
  for (const auto& key : keys) {
    const auto& records = mine().lanes[key.lane].records;
    const auto it = records.find(key.key);
    out.push_back(it == records.end() ? std::nullopt : std::optional(it->second));
    if (around_.witness != nullptr) read_[key.lane][key.key] = around_.witness->version(service_, key.lane, key.key);
  }
  return out;
}

tl::expected<void, Fault> MemoryStore::begin_look_up(const std::vector<std::string>& idempotency_keys,
                                                     const std::vector<runtime::RecordKey>& records) {
  if (begun_.empty()) {
    commit_lost_ = false;
    told_before_ = told_;
  }
  asked_keys_ = idempotency_keys;
  asked_records_ = records;
  return {};
}

tl::expected<runtime::LookedUp, Fault> MemoryStore::end_look_up() {
  const auto keys = std::exchange(asked_keys_, {});
  // One connection: what was asked behind a commit that broke it is lost as well.
  if (std::exchange(commit_lost_, false)) return lost();
  // Who dies while waiting for this has not heard what the commit before it was told.
  const auto loaded = [&] {
    try {
      return load(std::exchange(asked_records_, {}));
    } catch (const ProcessDied&) {
      told_ = told_before_;
      throw;
    }
  }();
  if (!loaded) return tl::unexpected(loaded.error());
  runtime::LookedUp out;
  out.records = *loaded;
  for (const auto& key : keys) {
    const auto it = mine().replies.find(key);
    out.replies.push_back(!guards_.idempotency || it == mine().replies.end() ? std::nullopt : std::optional(it->second));
    if (out.replies.back()) ++told_.answered_before;
  }
  return out;
}

tl::expected<std::vector<runtime::LaneExtras>, Fault> MemoryStore::extras(const std::vector<Lane>& lanes) {
  const auto mishap = begin();
  if (!mishap) return tl::unexpected(mishap.error());
  if (*mishap == Mishap::kDiesAfter) throw ProcessDied{};
  if (*mishap != Mishap::kNone) return lost();
  std::vector<runtime::LaneExtras> out;
  for (const Lane lane : lanes) {
    read_[lane].clear();  // whoever asks begins anew with the lane
    auto& extras = out.emplace_back();
    for (const auto& [id, body] : mine().lanes[lane].effects) extras.effects.emplace_back(id, body);
    for (const auto& [key, body] : mine().lanes[lane].parked) extras.parked.push_back(key);
  }
  return out;
}

tl::expected<std::vector<std::pair<std::string, std::string>>, Fault> MemoryStore::parked(Lane lane, const std::string& entity) {
  const auto mishap = begin();
  if (!mishap) return tl::unexpected(mishap.error());
  if (*mishap == Mishap::kDiesAfter) throw ProcessDied{};
  if (*mishap != Mishap::kNone) return lost();
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& [key, body] : mine().lanes[lane].parked) {
    if (key.starts_with(entity + "\n")) out.emplace_back(key, body);
  }
  return out;
}

runtime::UnitResult MemoryStore::commit_one(const std::string& instance, const std::string& incarnation, const Unit& unit,
                                            const std::vector<std::uint64_t>& read) {
  ServiceState& state = mine();
  auto& lane = state.lanes[unit.lane];
  if (guards_.incarnation && incarnation != group_.incarnation) return {UnitOutcome::kFenced, 0};
  // A lane that nobody has ever taken has no fence, and no number is equal to none.
  if (guards_.fence && (lane.fence == 0 || lane.fence != unit.fence)) return {UnitOutcome::kFenced, 0};
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
  if (guards_.absent) {
    for (const auto& key : unit.absent) {
      if (lane.records.contains(key)) return {UnitOutcome::kRecordExists, 0};
    }
  }
  if (around_.witness != nullptr) around_.witness->about_to_apply({service_, instance, unit, read});
  Transaction transaction(around_.server);
  runtime::UnitResult result;
  for (const auto& event : unit.events) transaction.append(group_.log, event);
  if (!unit.events.empty()) result.last_sequence = group_.head();
  for (const auto& f : unit.fired) transaction.write(lane.timers, f.name, std::nullopt);
  for (const auto& w : unit.records) transaction.write(lane.records, w.key, w.bytes);
  for (const auto& w : unit.effects) transaction.write(lane.effects, w.id, w.body);
  for (const auto& w : unit.parked) transaction.write(lane.parked, w.key, w.body);
  for (const auto& w : unit.indexes) {
    transaction.write(state.indexes[w.index], w.member, w.remove ? std::nullopt : std::optional(w.score));
  }
  for (const auto& w : unit.timers) {
    transaction.write(lane.timers, w.name, w.body ? std::optional(std::pair(w.due, *w.body)) : std::nullopt);
  }
  if (unit.checkpoint) {
    transaction.keep(lane.checkpoint);
    lane.checkpoint = unit.checkpoint->next;
  }
  for (const auto& i : unit.idempotency) {
    transaction.write(state.replies, i.key, runtime::StoredReplyRecord{i.request_hash, result.last_sequence, i.reply});
  }
  return result;
}

std::vector<std::uint64_t> MemoryStore::versions_read(const Unit& unit) const {
  std::vector<std::uint64_t> out;
  if (around_.witness == nullptr) return out;
  for (const auto& write : unit.records) {
    const auto it = read_[unit.lane].find(write.key);
    out.push_back(it == read_[unit.lane].end() ? 0 : it->second);
  }
  return out;
}

tl::expected<void, Fault> MemoryStore::begin_commit(const std::string& incarnation, const std::vector<Unit>& units) {
  begun_incarnation_ = incarnation;
  begun_ = units;
  commit_lost_ = true;  // until it is answered
  return {};
}

bool MemoryStore::commit_answered() { return !around_.answered || around_.answered(); }

tl::expected<std::vector<runtime::UnitResult>, Fault> MemoryStore::end_commit() {
  const std::string incarnation = std::exchange(begun_incarnation_, {});
  const std::vector<Unit> units = std::exchange(begun_, {});
  const auto mishap = begin();
  if (!mishap) return tl::unexpected(mishap.error());
  if (*mishap == Mishap::kLate) {
    if (around_.flights != nullptr) {
      for (const auto& unit : units) around_.flights->push_back({service_, instance_, incarnation, unit, versions_read(unit)});
    }
    return lost();
  }
  std::vector<runtime::UnitResult> out;
  for (const auto& unit : units) {
    out.push_back(commit_one(instance_, incarnation, unit, versions_read(unit)));
    if (around_.witness == nullptr || out.back().outcome != UnitOutcome::kDone) continue;
    for (const auto& write : unit.records) read_[unit.lane][write.key] = around_.witness->version(service_, unit.lane, write.key);
  }
  if (*mishap == Mishap::kDiesAfter) throw ProcessDied{};
  if (*mishap == Mishap::kLostAfter) return lost();
  told_before_ = told_;
  for (std::size_t u = 0; u < units.size(); ++u) tell(units[u], out[u].outcome);
  commit_lost_ = false;
  return out;
}

void MemoryStore::abandon() {
  if (around_.flights == nullptr) return;
  for (const auto& unit : begun_) around_.flights->push_back({service_, instance_, begun_incarnation_, unit, versions_read(unit)});
  begun_.clear();
}

void MemoryStore::arrive(const Flight& flight) { commit_one(flight.instance, flight.incarnation, flight.unit, flight.read); }

tl::expected<runtime::DueTimers, Fault> MemoryStore::due(const std::vector<Lane>& lanes, std::size_t limit,
                                                         std::chrono::microseconds offset) {
  const auto mishap = begin();
  if (!mishap) return tl::unexpected(mishap.error());
  if (*mishap == Mishap::kDiesAfter) throw ProcessDied{};
  if (*mishap != Mishap::kNone) return lost();
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
    for (const auto& [at, name] : due) {
      out.due.push_back({lane, name, mine().lanes[lane].timers[name].second});
      if (around_.witness != nullptr) around_.witness->due(service_, lane, name, out.due.back().body);
    }
  }
  return out;
}

tl::expected<std::uint64_t, Fault> MemoryStore::count_attempt(const runtime::InstanceInfo& self, Lane lane, std::uint64_t checkpoint) {
  const auto mishap = begin();
  if (!mishap) return tl::unexpected(mishap.error());
  Transaction transaction(around_.server);
  auto& l = mine().lanes[lane];
  transaction.keep(l.attempts);
  transaction.keep(l.attempts_at);
  transaction.keep(l.attempts_by);
  if (l.attempts_at != checkpoint || l.attempts == 0) {
    l.attempts = 1;
  } else if (l.attempts_by != self.instance) {
    const auto other = mine().instances.find(l.attempts_by);
    if (other == mine().instances.end() || other->second <= clock_()) ++l.attempts;
  }
  l.attempts_at = checkpoint;
  l.attempts_by = self.instance;
  if (*mishap == Mishap::kDiesAfter) throw ProcessDied{};
  if (*mishap != Mishap::kNone) return lost();
  return guards_.attempts ? l.attempts : 1;
}

tl::expected<bool, Fault> MemoryStore::count_first_attempts(const runtime::InstanceInfo& self, const std::vector<Attempt>& attempts) {
  const auto mishap = begin();
  if (!mishap) return tl::unexpected(mishap.error());
  const bool all_first = !guards_.attempts || std::none_of(attempts.begin(), attempts.end(), [&](const Attempt& attempt) {
    const auto& l = mine().lanes[attempt.lane];
    if (l.attempts_at != attempt.checkpoint || l.attempts == 0) return false;
    const auto other = mine().instances.find(l.attempts_by);
    const bool by_the_dead = l.attempts_by != self.instance && (other == mine().instances.end() || other->second <= clock_());
    return l.attempts > 1 || by_the_dead;
  });
  if (all_first) {
    Transaction transaction(around_.server);
    for (const auto& [lane, checkpoint] : attempts) {
      auto& l = mine().lanes[lane];
      transaction.keep(l.attempts);
      transaction.keep(l.attempts_at);
      transaction.keep(l.attempts_by);
      l.attempts = 1;
      l.attempts_at = checkpoint;
      l.attempts_by = self.instance;
    }
  }
  if (*mishap == Mishap::kDiesAfter) throw ProcessDied{};
  if (*mishap != Mishap::kNone) return lost();
  return all_first;
}

}  // namespace bridgework::sim
