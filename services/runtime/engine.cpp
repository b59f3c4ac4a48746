#include "runtime/engine.hpp"

#include <algorithm>
#include <cstdio>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "messages/envelope.codec.hpp"
#include "runtime/log.hpp"

namespace bridgework::runtime {
namespace {

using messages::Outcome;

std::string hash_of(std::uint64_t type_id, std::string_view body) {
  const XXH128_hash_t h = XXH3_128bits_withSeed(body.data(), body.size(), type_id);
  char text[33];
  std::snprintf(text, sizeof text, "%016llx%016llx", static_cast<unsigned long long>(h.high64), static_cast<unsigned long long>(h.low64));
  return std::string(text, 32);
}

constexpr auto kBackOffFirst = std::chrono::milliseconds(50);
constexpr auto kBackOffMost = std::chrono::milliseconds(2'000);
constexpr std::size_t kTimersPerLane = 64;

}  // namespace

Engine::Engine(const Handler& handler, Store& store, Outbox& outbox, Metrics& metrics, InstanceInfo self, EngineOptions options,
               Clock clock, Steady steady, Offset clock_offset)
    : handler_(handler),
      store_(store),
      outbox_(outbox),
      self_(std::move(self)),
      options_(options),
      clock_(std::move(clock)),
      steady_(std::move(steady)),
      clock_offset_(std::move(clock_offset)),
      commands_done_(metrics.counter("bridgework_commands_total", "Commands answered, by outcome.", {{"outcome", "done"}})),
      commands_refused_(metrics.counter("bridgework_commands_total", "Commands answered, by outcome.", {{"outcome", "refused"}})),
      overloaded_(metrics.counter("bridgework_commands_total", "Commands answered, by outcome.", {{"outcome", "overloaded"}})),
      expired_(metrics.counter("bridgework_commands_total", "Commands answered, by outcome.", {{"outcome", "expired"}})),
      not_owner_(metrics.counter("bridgework_commands_total", "Commands answered, by outcome.", {{"outcome", "not_owner"}})),
      duplicates_(metrics.counter("bridgework_commands_total", "Commands answered, by outcome.", {{"outcome", "answered_before"}})),
      key_reused_(metrics.counter("bridgework_commands_total", "Commands answered, by outcome.", {{"outcome", "key_reused"}})),
      events_handled_(metrics.counter("bridgework_events_handled_total", "Events whose effects are committed.")),
      timers_fired_(metrics.counter("bridgework_timers_total", "Timers, by what became of them.", {{"outcome", "fired"}})),
      timers_skipped_(metrics.counter("bridgework_timers_total", "Timers, by what became of them.", {{"outcome", "too_late"}})),
      parked_(metrics.counter("bridgework_parked_total", "Messages set aside because handling them failed for good.")),
      fenced_(metrics.counter("bridgework_fence_lost_total", "Commits refused because the lane has another owner.")),
      conflicts_(metrics.counter("bridgework_commit_conflicts_total", "Commits refused because something had moved; decided again.")),
      store_faults_(metrics.counter("bridgework_store_faults_total", "Store calls that failed; a commit's outcome was then unknown.")),
      commits_(metrics.counter("bridgework_commits_total", "Commit calls.")),
      malformed_(metrics.counter("bridgework_malformed_total", "Messages that break their schema.")),
      diverged_(metrics.counter("bridgework_diverged_total", "Answers of the bus saying that this consumer saw events which are gone.")),
      truncated_(metrics.counter("bridgework_truncated_total", "Answers of the bus saying that events before the log's first are needed.")),
      uncertain_(metrics.counter("bridgework_effects_uncertain_total",
                                 "Effects claimed by a process that died before it said what became of them.")),
      commit_time_(metrics.histogram("bridgework_commit_seconds", "Time of one commit call.")),
      lanes_gauge_(metrics.gauge("bridgework_lanes_owned", "Lanes this instance may write to.")),
      queue_gauge_(metrics.gauge("bridgework_queue_length", "Messages waiting in the lanes of this instance.")) {
  for (const auto& type : handler_.consumed()) {
    routes_.emplace(type.type_id, type.by);
    wanted_types_.push_back(type.type_id);
  }
}

void Engine::answer(const Item& item, Outcome outcome, std::string code, std::string detail) {
  if (item.to.identity.empty()) return;
  messages::Reply reply;
  reply.correlation = item.to.correlation;
  reply.outcome = outcome;
  reply.code = std::move(code);
  reply.detail = std::move(detail);
  if (outcome == Outcome::kOverloaded) reply.retry_after_ms = 100;
  outbox_.reply(item.to, reply);
}

void Engine::submit(ReplyTo to, messages::Request request) {
  Item item;
  item.to = std::move(to);
  std::string key;
  std::optional<Lane> named;
  if (request.type_id == messages::RetryParked::kTypeId) {
    if (const auto retry = messages::decode_as<messages::RetryParked>(request.body)) {
      key = retry->entity;
      if (key == kEveryEntity) named = retry->lane;
    }
    item.retries_parked = true;
  } else if (handler_.is_command(request.type_id)) {
    key = handler_.command_key(request.type_id, request.body);
  }
  if (key.empty()) {
    malformed_.add();
    return answer(item, Outcome::kMalformed, "malformed",
                  "this is no command of " + std::string(handler_.name()) + " or breaks its schema");
  }
  if (request.idempotency_key.empty()) {
    return answer(item, Outcome::kMalformed, "idempotency_key_required",
                  "a command needs an idempotency key, so that a retry has one effect");
  }
  if (request.deadline != Instant{} && request.deadline < clock_()) {
    expired_.add();
    return answer(item, Outcome::kExpired, "expired", "the deadline passed before the command was read");
  }
  const Lane lane = named.value_or(lane_of(key));
  const auto it = lanes_.find(lane);
  if (it == lanes_.end() || !it->second.halted.empty()) {
    not_owner_.add();
    return answer(item, Outcome::kNotOwner, "not_owner", "");
  }
  LaneRun& run = it->second;
  if (run.commands >= options_.commands_per_lane_max) {
    overloaded_.add();
    return answer(item, Outcome::kOverloaded, "overloaded", "too many commands wait for the same lane");
  }
  item.work.kind = Work::Kind::kCommand;
  item.work.type_id = request.type_id;
  item.request_hash = hash_of(request.type_id, request.body);
  item.work.body = std::move(request.body);
  item.work.now = clock_();
  item.work.principal = request.principal;
  item.work.traceparent = std::move(request.traceparent);
  item.deadline = request.deadline;
  item.entity = key;
  char type[17];
  std::snprintf(type, sizeof type, "%016llx", static_cast<unsigned long long>(request.type_id));
  item.idempotency_key = request.principal + ":" + type + ":" + request.idempotency_key;
  item.taken_for_new = !item.retries_parked;
  ++run.commands;
  run.queue.push_back(std::move(item));
}

void Engine::effect_done(Lane lane, const std::string& id, const Handler::Command& outcome) {
  effects_out_.erase(effect_name(lane, id));
  const auto it = lanes_.find(lane);
  // A lane lost meanwhile: its new owner finds the claim and calls it uncertain.
  if (it == lanes_.end()) return;
  Item item;
  item.work = {Work::Kind::kCommand, outcome.type_id, outcome.body, clock_(), "effects", {}, 0};
  item.effect_id = id;
  item.checked = true;
  item.entity = handler_.command_key(outcome.type_id, outcome.body);
  ++it->second.commands;
  it->second.queue.push_back(std::move(item));
}

void Engine::effect_given_up(Lane lane, const std::string& id) { effects_out_.erase(effect_name(lane, id)); }

std::optional<Engine::Want> Engine::want() const {
  if (lanes_.empty() || wanted_types_.empty() || event_items_ >= options_.event_items_max || !suspended_.empty() || too_many_parked())
    return std::nullopt;
  std::optional<std::uint64_t> after;
  for (const auto& [lane, run] : lanes_) {
    if (run.halted.empty() && !run.stale && (!after || run.seen < *after)) after = run.seen;
  }
  if (!after) return std::nullopt;
  return Want{*after, incarnation_};
}

void Engine::deliver(std::uint64_t after, const messages::FetchReply& reply) {
  switch (reply.outcome) {
    case messages::FetchOutcome::kEvents: break;
    case messages::FetchOutcome::kUnavailable: return;
    case messages::FetchOutcome::kMalformed: malformed_.add(); return;
    case messages::FetchOutcome::kTruncated:
      truncated_.add();
      suspended_ = "the log begins at " + std::to_string(reply.first) + ", after events that were not handled yet: restore the archive";
      log_event(Level::kError, "log_truncated", {{"first", reply.first}});
      return;
    case messages::FetchOutcome::kDiverged:
      // The store opened a new incarnation: what this instance remembers may never have happened.
      end_commit();
      diverged_.add();
      log_event(Level::kWarning, "log_diverged", {{"incarnation", reply.incarnation}, {"first", reply.first_of_incarnation}});
      for (auto& [lane, run] : lanes_) {
        forget_volatile(run);
        run.stale = true;
      }
      next_tick_ = {};
      return;
  }
  // A lane taken over after this was asked for may need earlier events first: it waits for the next answer.
  std::vector<std::pair<Lane, LaneRun*>> ready;
  for (auto& [lane, run] : lanes_) {
    if (!run.stale && run.halted.empty() && run.seen >= after) ready.emplace_back(lane, &run);
  }
  for (const auto& fetched : reply.events) {
    auto record = messages::decode_as<messages::EventRecord>(fetched.record);
    const auto push = [&](LaneRun& run, const std::string& entity) {
      if (run.seen >= fetched.sequence) return;
      Item item;
      if (record) {
        item.work = {Work::Kind::kEvent, record->type_id,     record->body,    record->recorded_at,
                     record->principal,  record->traceparent, fetched.sequence};
      } else {
        item.work = {Work::Kind::kEvent, 0, fetched.record, {}, {}, {}, fetched.sequence};
      }
      item.sequence = fetched.sequence;
      item.entity = entity;
      item.checked = true;
      ++run.event_items;
      ++event_items_;
      run.queue.push_back(std::move(item));
      run.seen = fetched.sequence;
    };
    if (!record) {
      // Nobody can say whom it concerns. Each lane sets its bytes aside, and with them the reference data that follows: it may be some.
      malformed_.add();
      log_event(Level::kError, "event_envelope_unreadable", {{"sequence", fetched.sequence}, {"path", record.error().path}});
      for (const auto& [lane, run] : ready) push(*run, std::string(kEveryEntity));
      continue;
    }
    const auto route = routes_.find(record->type_id);
    if (route == routes_.end()) continue;
    if (route->second == RouteBy::kEveryLane) {
      for (const auto& [lane, run] : ready) push(*run, std::string(kEveryEntity));
    } else {
      const std::string& entity = route->second == RouteBy::kPerson ? record->person : record->site;
      const Lane lane = lane_of(entity);
      for (const auto& [mine, run] : ready) {
        if (mine == lane) push(*run, entity);
      }
    }
  }
  for (const auto& [lane, run] : ready) run->seen = std::max(run->seen, reply.next);
}

std::string Engine::effect_name(Lane lane, const std::string& id) { return std::to_string(lane) + "/" + id; }

void Engine::forget_records(LaneRun& run) {
  run.records->clear();
  run.unsettled = 0;
  for (auto& item : run.queue) item.loads = 0;
}

void Engine::unstage(LaneRun& run) {
  std::vector<Item> items = std::move(run.staged.items);
  run.staged = {};
  requeue(run, items, true);
}

void Engine::forget_volatile(LaneRun& run) {
  unstage(run);
  event_items_ -= run.event_items;
  std::deque<Item> kept;
  for (auto& item : run.queue) {
    // Events are fetched again from the checkpoint, timers are still in the store.
    if (item.work.kind == Work::Kind::kCommand) {
      item.checked = !item.effect_id.empty();
      kept.push_back(std::move(item));
    }
  }
  run.queue = std::move(kept);
  run.claims.clear();  // found by `extras`
  run.event_items = 0;
  run.timers_queued.clear();
  forget_records(run);
}

void Engine::drop_lane(Lane lane, Outcome outcome) {
  const auto it = lanes_.find(lane);
  if (it == lanes_.end()) return;
  unstage(it->second);
  for (const auto& item : it->second.queue) {
    if (item.work.kind == Work::Kind::kCommand) {
      not_owner_.add();
      answer(item, outcome, "not_owner", "");
    }
  }
  event_items_ -= it->second.event_items;
  lanes_.erase(it);
}

/// In one round trip: after a take-over there may be many lanes, and a busy store.
void Engine::adopt(const std::vector<OwnedLane>& lanes) {
  if (lanes.empty()) return;
  std::vector<Lane> names;
  for (const auto& lane : lanes) names.push_back(lane.lane);
  const auto extras = store_.extras(names);
  if (!extras) store_faults_.add();
  for (std::size_t i = 0; i < lanes.size(); ++i) adopt(lanes[i], extras ? &(*extras)[i] : nullptr);
}

void Engine::adopt(const OwnedLane& owned, const LaneExtras* extras) {
  auto [it, fresh] = lanes_.try_emplace(owned.lane);
  LaneRun& run = it->second;
  if (fresh) run.records = handler_.new_lane();
  else forget_volatile(run);
  if (!extras) {
    run.stale = true;
    return;
  }
  run.fence = owned.fence;
  run.checkpoint = run.decided = owned.checkpoint;
  run.seen = owned.checkpoint;
  run.generation = 0;
  run.cautious = 0;
  run.stale = false;
  run.halted.clear();
  run.parked.clear();
  for (const auto& key : extras->parked) ++run.parked[key.substr(0, key.find('\n'))];
  for (const auto& [id, body] : extras->effects) {
    if (body.empty()) continue;
    const std::string name = effect_name(owned.lane, id);
    if (effects_out_.contains(name)) continue;  // this process is at it
    const std::size_t begin = body[0] == 'p' ? 1 : std::min(body.size(), body.find('\n') + 1);
    const bool claimed_here = body.compare(1, begin - 1, self_.instance + "\n") == 0;
    // Pending, or claimed by a commit of this process whose answer never came: not tried yet, so it may be. A claim of somebody else may
    // have been, even if this process has tried to claim it too.
    if (body[0] == 'p' || (claimed_here && claims_unknown_.contains(name))) {
      Item item;
      item.claim_id = id;
      item.claim_body = body.substr(begin);
      run.claims.push_back(std::move(item));
    } else {
      const auto outcome = handler_.uncertain(std::string_view(body).substr(begin));
      if (!outcome) {
        log_event(Level::kError, "effect_unreadable", {{"lane", owned.lane}, {"effect", id}});
        continue;
      }
      uncertain_.add();
      log_event(Level::kWarning, "effect_uncertain", {{"lane", owned.lane}, {"effect", id}});
      effect_done(owned.lane, id, *outcome);
    }
  }
  timers_dirty_ = true;
  next_due_.reset();
  log_event(Level::kInfo, "lane_acquired", {{"lane", owned.lane}, {"fence", owned.fence}, {"checkpoint", owned.checkpoint}});
}

void Engine::tick() {
  const auto answer = store_.tick(self_, options_.lease, outcome_unknown_ ? Store::Fences::kRaise : Store::Fences::kKeep);
  if (!answer) return lost_touch(answer.error());
  outcome_unknown_ = false;
  back_off_ = std::chrono::milliseconds(0);
  trouble_.clear();
  next_tick_ = steady_() + options_.tick_every;
  const bool reborn = answer->incarnation != incarnation_;
  if (reborn && !incarnation_.empty()) {
    log_event(Level::kWarning, "incarnation_changed", {{"from", incarnation_}, {"to", answer->incarnation}});
  }
  incarnation_ = answer->incarnation;
  std::unordered_set<Lane> owned;
  if (wanted_types_.empty()) {
    for (auto& [lane, run] : lanes_) run.seen = std::max(run.seen, answer->head);  // it waits for nothing
  }
  std::vector<OwnedLane> fresh;
  for (const auto& lane : answer->owned) {
    owned.insert(lane.lane);
    const auto it = lanes_.find(lane.lane);
    const bool known = it != lanes_.end() && it->second.fence == lane.fence && !it->second.stale && !reborn;
    if (!known) fresh.push_back(lane);
  }
  adopt(fresh);
  for (const auto& lane : answer->owned) {
    if (LaneRun& run = lanes_.at(lane.lane); run.checkpoint > answer->head && run.halted.empty()) {
      run.halted = "the checkpoint of lane " + std::to_string(lane.lane) + " is beyond the head of the log";
      log_event(Level::kError, "checkpoint_beyond_head", {{"lane", lane.lane}, {"checkpoint", run.checkpoint}, {"head", answer->head}});
    }
  }
  std::vector<Lane> gone;
  for (const auto& [lane, run] : lanes_) {
    if (!owned.contains(lane)) gone.push_back(lane);
  }
  for (const Lane lane : gone) {
    log_event(Level::kWarning, "lane_lost", {{"lane", lane}});
    drop_lane(lane, Outcome::kNotOwner);
  }
  if (answer->surplus > 0) {
    std::vector<OwnedLane> given;
    for (const auto& [lane, run] : lanes_) {
      if (given.size() == answer->surplus) break;
      if (run.queue.empty() && run.claims.empty() && run.staged.items.empty() && !run.stale)
        given.push_back({lane, run.fence, run.checkpoint});
    }
    if (!given.empty() && effects_out_.empty()) {
      if (const auto ok = store_.release(self_, given, false); !ok) return lost_touch(ok.error());
      for (const auto& lane : given) {
        log_event(Level::kInfo, "lane_released", {{"lane", lane.lane}});
        drop_lane(lane.lane, Outcome::kNotOwner);
      }
    }
  }
  lanes_gauge_.set(static_cast<double>(lanes_.size()));
}

void Engine::lost_touch(const Fault& fault) {
  store_faults_.add();
  outcome_unknown_ = true;
  back_off_ = back_off_.count() == 0 ? kBackOffFirst : std::min(back_off_ * 2, kBackOffMost);
  retry_at_ = steady_() + back_off_;
  next_tick_ = {};
  if (trouble_.empty()) log_event(Level::kWarning, "store_unreachable", {{"fault", to_string(fault.kind)}, {"what", fault.what}});
  trouble_ = "the store does not answer: " + fault.what;
  for (auto& [lane, run] : lanes_) {
    forget_volatile(run);
    run.stale = true;
  }
}

Instant Engine::recheck_timers_at(std::optional<Instant> next) const {
  const Instant now = clock_();
  // The store's clock decides; where ours is ahead of it, ask again a little later instead of at once.
  return next ? std::max(*next, now + std::chrono::milliseconds(2)) : now + std::chrono::hours(1);
}

void Engine::take_due_timers() {
  if (lanes_.empty()) return;
  if (!timers_dirty_ && next_due_ && clock_() < *next_due_) return;
  std::vector<Lane> lanes;
  for (const auto& [lane, run] : lanes_) {
    if (!run.stale && run.halted.empty()) lanes.push_back(lane);
  }
  if (lanes.empty()) return;
  const auto answer = store_.due(lanes, kTimersPerLane, clock_offset_());
  if (!answer) return lost_touch(answer.error());
  timers_dirty_ = false;
  next_due_ = recheck_timers_at(answer->next);
  std::unordered_map<Lane, std::size_t> taken;
  for (const auto& due : answer->due) {
    LaneRun& run = lanes_.at(due.lane);
    if (++taken[due.lane] == kTimersPerLane) timers_dirty_ = true;  // there may be more
    if (!run.timers_queued.insert(due.name).second) continue;
    const auto timer = messages::decode_as<messages::StoredTimer>(due.body);
    Item item;
    item.checked = true;
    item.timer_name = due.name;
    item.timer_body = due.body;
    item.work.kind = Work::Kind::kTimer;
    item.work.now = clock_();
    item.work.principal = "timer";
    if (timer) {
      item.work.type_id = timer->type_id;
      item.work.body = timer->body;
      item.entity = timer->entity;
      const auto late = item.work.now - timer->due;
      if (timer->skip_if_older_than_seconds > 0 && late > std::chrono::seconds(timer->skip_if_older_than_seconds)) {
        timers_skipped_.add();
        item.work.type_id = 0;  // only removed
      }
    } else {
      malformed_.add();
      log_event(Level::kError, "timer_unreadable", {{"lane", due.lane}, {"timer", due.name}});
      item.work.type_id = 0;
    }
    run.queue.push_back(std::move(item));
  }
}

/// While a commit is under way. Whether there is more to do at once.
bool Engine::decide_meanwhile() {
  if (ask()) {
    stage();
    ask();  // for what that found missing
  }
  return !flight_ || store_.commit_answered();
}

bool Engine::turn() {
  if (flight_) {
    if (store_.commit_answered() || steady_() >= next_tick_) end_commit(AndThen::kNextCommit);
    if (flight_) return decide_meanwhile();
  }
  if (steady_() < retry_at_) return false;
  if (steady_() >= next_tick_) {
    tick();
    if (steady_() < retry_at_) return false;
  }
  take_due_timers();
  if (outcome_unknown_) return false;
  if (!look_up()) return false;
  flush_checkpoints();
  if (outcome_unknown_) return false;
  // What was decided while another commit was under way goes first, and what is decided next goes while it does. But one commit after the
  // other would leave no moment for those who must ask the store.
  if (!std::exchange(ask_first_, false) && commit_is_due()) begin_commit();
  stage();
  if (outcome_unknown_) {
    // Touch was lost half way: what was staged stands on memory that is gone. Commands are decided again, events are fetched again.
    for (auto& [lane, run] : lanes_) unstage(run);
    return false;
  }
  if (commit_is_due()) begin_commit();
  if (flight_) return decide_meanwhile();
  std::size_t waiting = 0;
  bool more = false;
  for (const auto& [lane, run] : lanes_) {
    waiting += run.queue.size() + run.claims.size();
    more = more || (!run.queue.empty() && !run.stale && run.halted.empty());
  }
  queue_gauge_.set(static_cast<double>(waiting));
  return more;
}

std::chrono::milliseconds Engine::idle_for() const {
  using std::chrono::milliseconds;
  const auto now = steady_();
  if (now < retry_at_) return std::chrono::ceil<milliseconds>(retry_at_ - now);
  // Somebody else tells when the store has answered.
  if (flight_) return std::clamp(std::chrono::ceil<milliseconds>(next_tick_ - now), milliseconds(0), milliseconds(1'000));
  auto wait = std::chrono::ceil<milliseconds>(next_tick_ > now ? next_tick_ - now : std::chrono::steady_clock::duration{0});
  if (!lanes_.empty()) {
    if (timers_dirty_ || !next_due_) return milliseconds(0);
    const Instant wall = clock_();
    const auto due = *next_due_ > wall ? std::chrono::ceil<milliseconds>(*next_due_ - wall) : milliseconds(0);
    wait = std::min(wait, due);
  }
  const bool staged = std::any_of(lanes_.begin(), lanes_.end(), [](const auto& lane) { return !lane.second.staged.items.empty(); });
  if (staged) wait = std::min(wait, std::chrono::ceil<milliseconds>(next_event_commit_ - now));
  return std::clamp(wait, milliseconds(0), milliseconds(1'000));
}

void Engine::leave() {
  end_commit();
  for (begin_commit(); flight_ && !outcome_unknown_; begin_commit()) end_commit();
  std::vector<OwnedLane> owned;
  for (const auto& [lane, run] : lanes_) owned.push_back({lane, run.fence, run.checkpoint});
  if (const auto ok = store_.release(self_, owned, true); !ok) {
    log_event(Level::kWarning, "lanes_not_released", {{"what", ok.error().what}});
  }
  while (!lanes_.empty()) drop_lane(lanes_.begin()->first, Outcome::kNotOwner);
}

std::optional<std::string> Engine::not_ready() const {
  if (!trouble_.empty()) return trouble_;
  if (!suspended_.empty()) return suspended_;
  if (incarnation_.empty()) return "the store has not answered yet";
  for (const auto& [lane, run] : lanes_) {
    if (!run.halted.empty()) return run.halted;
  }
  return std::nullopt;
}

}  // namespace bridgework::runtime
