#include "runtime/engine.hpp"

#include <algorithm>
#include <cassert>
#include <cstdlib>
#include <tuple>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "messages/envelope.codec.hpp"
#include "runtime/keys.hpp"
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

// Reference data goes to every lane and belongs to nobody in particular.
constexpr std::string_view kEveryEntity = "*";

std::string effect_name(Lane lane, const std::string& id) { return std::to_string(lane) + "/" + id; }

void sort_out(std::vector<RecordKey>& keys) {
  std::sort(keys.begin(), keys.end(),
            [](const RecordKey& a, const RecordKey& b) { return std::tie(a.lane, a.key) < std::tie(b.lane, b.key); });
  keys.erase(
      std::unique(keys.begin(), keys.end(), [](const RecordKey& a, const RecordKey& b) { return a.lane == b.lane && a.key == b.key; }),
      keys.end());
}

constexpr auto kBackOffFirst = std::chrono::milliseconds(50);
constexpr auto kBackOffMost = std::chrono::milliseconds(2'000);
constexpr std::size_t kTimersPerLane = 64;
constexpr int kLoadsMax = 32;  // each loads at least one record; a decision that wants more is a defect
// When one message waits for its records, those behind it are asked what they will want, so that all come in one round trip.
constexpr std::size_t kLookAhead = 64;
// As many as can have been in flight in one turn when a process died.
constexpr std::size_t kCautiousEvents = 512;

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

namespace {

/// What is forgotten has to be loaded again, and that is nobody's fault.
template <class Run>
void forget_records(Run& run) {
  run.records->clear();
  for (auto& item : run.queue) item.loads = 0;
}

}  // namespace

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
  run.checkpoint = owned.checkpoint;
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

/// Asks what each new command was answered before, what it will want, and what was missed while a commit was under way, in one round trip.
/// During a commit it is asked behind it. False: touch with the store was lost.
bool Engine::ask() {
  if (question_) return true;
  Question question;
  std::vector<RecordKey> records = std::exchange(wanted_, {});
  std::erase_if(records, [this](const RecordKey& key) {
    const auto it = lanes_.find(key.lane);
    return it == lanes_.end() || it->second.stale;
  });
  for (auto& [lane, run] : lanes_) {
    run.wants = false;
    if (run.stale) continue;
    for (auto& item : run.queue) {
      if (item.checked) continue;
      question.keys.push_back(item.idempotency_key);
      item.asked = true;
      if (item.retries_parked) continue;
      for (auto& key : handler_.missing(*run.records, item.work)) records.push_back({lane, std::move(key)});
    }
  }
  if (question.keys.empty() && records.empty()) return true;
  sort_out(records);
  question.records = std::move(records);
  const auto begun = store_.begin_look_up(question.keys, question.records);
  // Until it is answered nothing is decided there: what is read might be laid over what was decided meanwhile.
  for (const auto& key : question.records) lanes_.at(key.lane).wants = true;
  question_ = std::move(question);
  if (begun) return true;
  forget_question();
  if (flight_) lose_commit(begun.error());  // its answer would have come on the same connection
  else lost_touch(begun.error());
  return false;
}

void Engine::forget_question() {
  question_.reset();
  wanted_.clear();
  for (auto& [lane, run] : lanes_) {
    run.wants = false;
    for (auto& item : run.queue) item.asked = false;
  }
}

bool Engine::look_up() {
  if (!ask()) return false;
  if (!question_) return true;
  const auto looked = store_.end_look_up();
  if (!looked) {
    forget_question();
    lost_touch(looked.error());
    return false;
  }
  take_answers(*looked);
  return true;
}

void Engine::take_answers(const LookedUp& looked) {
  const Question question = *std::exchange(question_, std::nullopt);
  std::unordered_map<std::string_view, std::size_t> places;
  for (std::size_t i = 0; i < question.keys.size(); ++i) places.emplace(question.keys[i], i);
  // Only those: others may have begun to want something since.
  for (const auto& key : question.records) {
    if (const auto it = lanes_.find(key.lane); it != lanes_.end()) it->second.wants = false;
  }
  remember(question.records, looked.records);
  for (auto& entry : lanes_) {
    // Not a structured binding: Clang 14 captures none.
    LaneRun& run = entry.second;
    bool settled_any = false;
    for (auto& item : run.queue) {
      if (!std::exchange(item.asked, false)) continue;
      item.checked = true;
      const auto& earlier = looked.replies[places.at(item.idempotency_key)];
      if (!earlier) continue;
      if (earlier->request_hash != item.request_hash) {
        key_reused_.add();
        answer(item, Outcome::kKeyReused, "idempotency_key_reused", "this idempotency key was used before with another request");
      } else {
        duplicates_.add();
        const auto reply = messages::decode_as<messages::StoredReply>(earlier->reply);
        if (reply && !item.to.identity.empty()) {
          messages::Reply out;
          out.correlation = item.to.correlation;
          out.outcome = reply->outcome;
          out.code = reply->code;
          out.detail = reply->detail;
          out.type_id = reply->type_id;
          out.body = reply->body;
          out.sequence = earlier->sequence;
          outbox_.reply(item.to, out);
        }
      }
      item.work.type_id = 0;  // settled; taken out below
      item.idempotency_key.clear();
      settled_any = true;
    }
    if (!settled_any) continue;
    std::erase_if(run.queue, [&run](const Item& item) {
      const bool settled = item.work.kind == Work::Kind::kCommand && item.work.type_id == 0;
      if (settled) --run.commands;
      return settled;
    });
  }
}

void Engine::park(LaneRun& run, Item item, const std::string& reason) {
  Staged& staged = run.staged;
  messages::Parked parked;
  parked.service = std::string(handler_.name());
  parked.lane = staged.unit.lane;
  parked.entity = item.entity;
  parked.sequence = item.sequence;
  parked.type_id = item.work.type_id;
  parked.reason = reason.substr(0, 512);
  parked.attempts = static_cast<std::uint32_t>(options_.attempts_max);
  parked.parked_at = clock_();
  messages::EventRecord record;
  record.type_id = item.work.type_id;
  record.recorded_at = item.work.now;
  record.principal = item.work.principal;
  record.traceparent = item.work.traceparent;
  record.body = item.work.body;
  parked.record = item.work.type_id == 0 ? item.work.body : encode(record);
  const std::string key = item.entity + "\n" + std::to_string(item.sequence);
  staged.unit.parked.push_back({key, encode(parked)});
  staged.newly_parked.push_back(item.entity);
  ++run.parked[item.entity];
  log_event(Level::kError, "message_parked",
            {{"service", handler_.name()}, {"lane", staged.unit.lane}, {"sequence", item.sequence}, {"reason", reason}});
}

bool Engine::concerns(Lane lane, const messages::EventRecord& record) const {
  const auto route = routes_.find(record.type_id);
  if (route == routes_.end()) return false;
  return route->second == RouteBy::kEveryLane || lane_of(route->second == RouteBy::kPerson ? record.person : record.site) == lane;
}

Engine::Step Engine::unpark(Lane lane, LaneRun& run) {
  Item command = std::move(run.queue.front());
  auto entries = store_.parked(lane, command.entity);
  if (!entries) {
    run.queue.front() = std::move(command);
    lost_touch(entries.error());
    return Step::kStop;
  }
  const auto sequence_of = [](const std::string& key) { return std::strtoull(key.c_str() + key.rfind('\n') + 1, nullptr, 10); };
  std::sort(entries->begin(), entries->end(), [&](const auto& a, const auto& b) { return sequence_of(a.first) < sequence_of(b.first); });
  std::vector<Item> items;
  for (auto& [key, body] : *entries) {
    const auto parked = messages::decode_as<messages::Parked>(body);
    const auto record = parked ? messages::decode_as<messages::EventRecord>(parked->record) : tl::unexpected(parked.error());
    if (!record) {
      // It stays where it is, and so do those behind it.
      log_event(Level::kError, "parked_message_unreadable", {{"lane", lane}, {"sequence", sequence_of(key)}});
      break;
    }
    Item item;
    item.work = {Work::Kind::kEvent, record->type_id,     record->body,    record->recorded_at,
                 record->principal,  record->traceparent, parked->sequence};
    // What could not be read lies in every lane, and now says whom it concerns.
    if (command.entity == kEveryEntity && !concerns(lane, *record)) item.work.type_id = 0;
    item.sequence = parked->sequence;
    item.entity = command.entity;
    item.parked_key = key;
    item.checked = true;
    items.push_back(std::move(item));
  }
  run.queue.pop_front();
  --run.commands;
  messages::Reply reply;
  reply.correlation = command.to.correlation;
  messages::ParkedRetried body;
  body.handled = static_cast<std::uint32_t>(items.size());
  reply.type_id = messages::ParkedRetried::kTypeId;
  reply.body = encode(body);
  // Answered when they are queued: what becomes of each is seen by listing what is still parked.
  if (!command.to.identity.empty()) outbox_.reply(command.to, reply);
  for (auto it = items.rbegin(); it != items.rend(); ++it) run.queue.push_front(std::move(*it));
  return Step::kTaken;
}

Engine::Step Engine::stage_item(Lane lane, LaneRun& run, std::vector<RecordKey>& missing) {
  Staged& staged = run.staged;
  const auto ask_first = [this] {
    ask_first_ = true;
    return Step::kLater;
  };
  if (run.queue.front().retries_parked) {
    if (flight_) return ask_first();
    // The store says what is parked, and does not know yet what this turn has set aside or taken back.
    if (!staged.items.empty()) return Step::kStop;
    return unpark(lane, run);
  }
  Item& item = run.queue.front();
  const auto take = [&](messages::Reply reply) {
    const bool is_event = item.work.kind == Work::Kind::kEvent && item.parked_key.empty();
    if (is_event) {
      --run.event_items;
      --event_items_;
      staged.unit.checkpoint = Unit::Checkpoint{run.checkpoint, item.sequence};
    } else if (item.work.kind == Work::Kind::kCommand) {
      --run.commands;
    }
    staged.hurry = staged.hurry || !is_event || staged.items.size() + 1 >= options_.items_per_commit_max;
    staged.items.push_back(std::move(item));
    staged.replies.push_back(std::move(reply));
    run.queue.pop_front();
    return Step::kTaken;
  };

  if (!item.timer_name.empty()) {
    if (staged.timers_set.contains(item.timer_name)) {
      // Set anew or cancelled by a message of this very turn: what was due is due no more.
      run.timers_queued.erase(item.timer_name);
      run.queue.pop_front();
      return Step::kTaken;
    }
    if (staged.unit.fired.size() >= 64) return Step::kStop;
    if (item.work.type_id == 0) {
      staged.unit.fired.push_back({item.timer_name, item.timer_body});
      return take({});
    }
  }
  if (item.deadline != Instant{} && item.deadline < clock_()) {
    expired_.add();
    answer(item, Outcome::kExpired, "expired", "the deadline passed while the command waited");
    --run.commands;
    run.queue.pop_front();
    return Step::kTaken;
  }
  if (!item.idempotency_key.empty() && staged.keys.contains(item.idempotency_key)) {
    item.checked = false;  // the same command twice in one turn: the second finds the first's record
    return Step::kStop;
  }
  const bool again = !item.parked_key.empty();
  const bool is_event = item.work.kind == Work::Kind::kEvent && !again;
  if (is_event && !run.parked.empty() && run.parked.contains(item.entity)) {
    park(run, item, "follows a parked message of the same entity");
    return take({});
  }
  if (is_event && item.work.type_id == 0) {
    park(run, item, "its envelope cannot be read");
    return take({});
  }
  const auto take_back = [&] {
    staged.unit.parked.push_back({item.parked_key, std::nullopt});
    staged.unparked.push_back(item.entity);
    if (--run.parked[item.entity] == 0) run.parked.erase(item.entity);
  };
  if (again && item.work.type_id == 0) {
    take_back();
    return take({});
  }
  if (is_event && run.counted_at != run.checkpoint) {
    if (flight_) return ask_first();
    // What was committed before this event must not count as a try of it: the checkpoint goes first.
    const auto tries = store_.count_attempt(self_, lane, run.checkpoint);
    if (!tries) {
      lost_touch(tries.error());
      return Step::kStop;
    }
    run.counted_at = run.checkpoint;
    if (*tries > 1) run.cautious = kCautiousEvents;
    if (*tries > options_.attempts_max) {
      park(run, item, "the process died " + std::to_string(*tries - 1) + " times while handling it");
      return take({});
    }
  }

  auto decided = handler_.decide(*run.records, item.work);
  if (!decided) {
    if (!decided.error().missing.empty()) {
      if (flight_) {
        run.wants = true;
      } else {
        assert(item.loads < kLoadsMax);
        ++item.loads;
      }
      for (auto& key : decided.error().missing) missing.push_back({lane, std::move(key)});
      // Careful, only the one in front is looked at: looking ahead runs the same rules and can die of them.
      for (std::size_t i = 1; run.cautious == 0 && i < std::min(run.queue.size(), kLookAhead); ++i) {
        const Item& next = run.queue[i];
        if (next.work.type_id == 0 || next.retries_parked) continue;
        for (auto& key : handler_.missing(*run.records, next.work)) missing.push_back({lane, std::move(key)});
      }
      return flight_ ? Step::kLater : Step::kWait;
    }
    malformed_.add();
    if (again) {
      // It stays where it is, and so do those behind it.
      const std::string entity = item.entity;
      std::erase_if(run.queue, [&](const Item& other) { return !other.parked_key.empty() && other.entity == entity; });
      return Step::kTaken;
    }
    if (is_event) {
      park(run, item, decided.error().reason);
      return take({});
    }
    if (!item.timer_name.empty()) {
      log_event(Level::kError, "timer_message_unreadable",
                {{"lane", lane}, {"timer", item.timer_name}, {"reason", decided.error().reason}});
      staged.unit.fired.push_back({item.timer_name, item.timer_body});
      return take({});
    }
    answer(item, Outcome::kMalformed, "malformed", decided.error().reason);
    --run.commands;
    run.queue.pop_front();
    return Step::kTaken;
  }

  Unit& unit = staged.unit;
  messages::Reply reply;
  reply.correlation = item.to.correlation;
  reply.outcome = decided->refused ? Outcome::kRefused : Outcome::kDone;
  reply.code = decided->code;
  reply.detail = decided->detail.substr(0, 1024);
  reply.type_id = decided->reply_type;
  reply.body = decided->reply;
  if (!item.idempotency_key.empty()) {
    messages::StoredReply stored{reply.outcome, reply.code, reply.detail, reply.type_id, reply.body};
    const auto& key = item.idempotency_key;
    staged.keys.insert(key);
    unit.idempotency.push_back({key, item.request_hash, encode(stored)});
    staged.bytes += reply.body.size() + 64;
  }
  if (!item.timer_name.empty()) unit.fired.push_back({item.timer_name, item.timer_body});
  if (again) take_back();
  if (!item.effect_id.empty()) unit.effects.push_back({item.effect_id, std::nullopt});
  for (auto& record : decided->records) {
    staged.bytes += record.key.size() + (record.bytes ? record.bytes->size() : 0);
    unit.records.push_back(std::move(record));
  }
  for (auto& index : decided->indexes) unit.indexes.push_back(std::move(index));
  for (auto& timer : decided->timers) {
    Unit::TimerWrite write{timer.name, timer.due, std::nullopt};
    if (timer.type_id != 0) {
      messages::StoredTimer stored;
      stored.generation = (run.fence << 24) + ++run.generation;
      stored.type_id = timer.type_id;
      stored.entity = item.entity;
      stored.name = timer.name;
      stored.due = timer.due;
      stored.skip_if_older_than_seconds = static_cast<std::uint32_t>(timer.skip_if_older_than.count());
      stored.body = std::move(timer.body);
      write.body = encode(stored);
    }
    staged.timers_set.insert(timer.name);
    unit.timers.push_back(std::move(write));
  }
  for (auto& effect : decided->effects) {
    staged.new_effects.emplace_back(effect.id, *effect.body);
    unit.effects.push_back({effect.id, "p" + *effect.body});
  }
  for (auto& event : decided->events) {
    staged.bytes += event.size();
    ++staged.events;
    unit.events.push_back(std::move(event));
  }
  return take(std::move(reply));
}

void Engine::remember(const std::vector<RecordKey>& keys, const std::vector<std::optional<std::string>>& records) {
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto it = lanes_.find(keys[i].lane);
    if (it == lanes_.end() || it->second.stale) continue;  // gone since it was asked
    LaneRun& run = it->second;
    if (const auto ok = run.records->set(keys[i].key, records[i]); !ok) {
      run.halted = ok.error();
      log_event(Level::kError, "record_unreadable", {{"lane", keys[i].lane}, {"record", keys[i].key}});
    }
  }
}

/// What is at the front of a lane is about to be tried. One call for all lanes: each is a write to disk of its own, and after a start
/// there are as many as lanes. False: touch with the store was lost.
bool Engine::count_first_attempts(const std::vector<Lane>& open) {
  std::vector<Store::Attempt> attempts;
  for (const Lane lane : open) {
    const LaneRun& run = lanes_.at(lane);
    const Item& item = run.queue.front();
    if (item.work.kind != Work::Kind::kEvent || !item.parked_key.empty()) continue;
    if (run.counted_at != run.checkpoint && run.staged.items.empty()) attempts.push_back({lane, run.checkpoint});
  }
  if (attempts.size() < 2) return true;
  const auto counted = store_.count_first_attempts(self_, attempts);
  if (!counted) {
    lost_touch(counted.error());
    return false;
  }
  if (*counted) {
    for (const auto& attempt : attempts) lanes_.at(attempt.lane).counted_at = attempt.checkpoint;
  }
  return true;
}

void Engine::open_unit(Lane lane, LaneRun& run) {
  if (!run.staged.items.empty()) return;
  run.staged.unit.lane = lane;
  run.staged.unit.fence = run.fence;
}

/// As many as may be out, the lanes taking turns. The others are pending in the store, where a death costs them nothing.
void Engine::stage_claims() {
  std::size_t out = effects_out_.size();
  std::vector<Lane> waiting;
  for (const auto& [lane, run] : lanes_) {
    out += run.staged.claims.size();
    if (!run.claims.empty() && !run.stale && run.halted.empty() && !run.committing) waiting.push_back(lane);
  }
  if (waiting.empty()) return;
  if (flight_) {
    for (const auto& [lane, staged] : flight_->staged) out += staged.claims.size();
  }
  std::rotate(waiting.begin(), std::upper_bound(waiting.begin(), waiting.end(), claim_after_), waiting.end());
  for (std::size_t turn = 0; out < options_.effects_out_max && !waiting.empty(); ++out) {
    turn %= waiting.size();
    const Lane lane = waiting[turn];
    LaneRun& run = lanes_.at(lane);
    open_unit(lane, run);
    Item& item = run.claims.front();
    run.staged.unit.effects.push_back({item.claim_id, "c" + self_.instance + "\n" + item.claim_body});
    run.staged.claims.emplace_back(item.claim_id, item.claim_body);
    run.staged.items.push_back(std::move(item));
    run.staged.replies.emplace_back();
    run.staged.hurry = true;
    run.claims.pop_front();
    claim_after_ = lane;
    if (run.claims.empty()) waiting.erase(waiting.begin() + static_cast<std::ptrdiff_t>(turn));
    else ++turn;
  }
}

void Engine::stage() {
  stage_claims();
  std::vector<Lane> open;
  std::size_t cached = 0, events = 0, bytes = 0;
  for (auto& [lane, run] : lanes_) {
    cached += run.records->size();
    events += run.staged.events;
    bytes += run.staged.bytes;
    if (!run.queue.empty() && !run.stale && run.halted.empty() && !run.committing && !run.wants) open.push_back(lane);
  }
  if (cached > options_.records_cached_max) {
    for (auto& [lane, run] : lanes_) {
      // What is decided and not committed exists nowhere but in the cache.
      if (run.committing) continue;
      if (run.staged.items.empty()) forget_records(run);
      else run.staged.hurry = true;
    }
  }
  // While a commit is under way the store is not asked for anything: what would need it waits.
  if (!flight_ && !count_first_attempts(open)) return;
  // Where there was no room the last time it begins now, or those behind would wait for ever.
  std::rotate(open.begin(), std::lower_bound(open.begin(), open.end(), stage_from_), open.end());
  bool done = false, full = false;
  while (!open.empty() && !done) {
    bool alone = false;
    std::vector<RecordKey> missing;
    std::vector<Lane> waiting;
    for (const Lane lane : open) {
      LaneRun& run = lanes_.at(lane);
      Staged& mine = run.staged;
      open_unit(lane, run);
      while (!run.queue.empty()) {
        if (!full && (events >= options_.events_per_commit_max || bytes >= options_.bytes_per_commit_max)) {
          full = true;
          stage_from_ = lane;
        }
        if (full) break;
        if (!run.queue.front().checked) break;
        const std::size_t events_before = mine.events, bytes_before = mine.bytes;
        const bool event = run.queue.front().work.kind == Work::Kind::kEvent;
        const Step step = stage_item(lane, run, flight_ ? wanted_ : missing);
        if (run.stale) break;  // touch with the store was lost
        events += mine.events - events_before;
        bytes += mine.bytes - bytes_before;
        if (step == Step::kWait) {
          waiting.push_back(lane);
          alone = run.cautious > 0;
          break;
        }
        if (step == Step::kLater) break;
        if (step == Step::kStop) {
          mine.hurry = true;
          break;
        }
        if (event && run.cautious > 0) {
          --run.cautious;
          mine.hurry = alone = done = true;
          break;
        }
      }
      // An earlier try died: nothing else is tried before this one is committed, or the next death would be put down to both.
      if (alone) break;
    }
    if (outcome_unknown_ || missing.empty()) break;
    sort_out(missing);
    const auto loaded = store_.load(missing);
    if (!loaded) {
      lost_touch(loaded.error());
      break;
    }
    remember(missing, *loaded);
    std::erase_if(waiting, [this](Lane lane) { return !lanes_.at(lane).halted.empty(); });
    open = std::move(waiting);
  }
  for (auto& [lane, run] : lanes_) run.staged.hurry = run.staged.hurry || (full && !run.staged.items.empty());
}

void Engine::requeue(LaneRun& run, std::vector<Item>& items, bool commands_only) {
  for (auto it = items.rbegin(); it != items.rend(); ++it) {
    Item& item = *it;
    item.loads = 0;
    const bool claim = !item.claim_id.empty(), command = item.work.kind == Work::Kind::kCommand && !claim;
    if (commands_only && !command) continue;
    if (claim) {
      run.claims.push_front(std::move(item));
      continue;
    }
    if (command) {
      item.checked = item.idempotency_key.empty();
      ++run.commands;
    }
    if (item.work.kind == Work::Kind::kEvent && item.parked_key.empty()) {
      ++run.event_items;
      ++event_items_;
    }
    run.queue.push_front(std::move(item));
  }
}

bool Engine::commit_is_due() const {
  if (flight_) return false;
  bool any = false;
  for (const auto& [lane, run] : lanes_) {
    if (run.staged.items.empty()) continue;
    if (run.staged.hurry) return true;
    any = true;
  }
  return any && steady_() >= next_event_commit_;
}

/// All that have something, unless that is more than half of the lanes and somebody waits: then the half whose turn it is, so that the
/// others' messages are decided while these are committed.
std::vector<Lane> Engine::lanes_to_commit() {
  std::vector<Lane> lanes;
  bool hurry = false;
  for (const auto& [lane, run] : lanes_) {
    if (run.staged.items.empty()) continue;
    lanes.push_back(lane);
    hurry = hurry || run.staged.hurry;
  }
  const std::size_t half = (lanes_.size() + 1) / 2;
  if (!hurry || lanes.size() <= half) return lanes;
  const auto next = std::upper_bound(lanes.begin(), lanes.end(), commit_after_);
  std::rotate(lanes.begin(), next, lanes.end());
  lanes.resize(half);
  commit_after_ = lanes.back();
  return lanes;
}

void Engine::begin_commit() {
  Flight flight;
  flight.lanes = lanes_to_commit();
  if (flight.lanes.empty()) return;
  for (const Lane lane : flight.lanes) {
    LaneRun& run = lanes_.at(lane);
    Staged& mine = flight.staged[lane] = std::exchange(run.staged, {});
    // With nothing left to handle the lane has everything it has seen behind it.
    if (mine.unit.checkpoint && run.event_items == 0) mine.unit.checkpoint->next = std::max(mine.unit.checkpoint->next, run.seen);
    flight.units.push_back(std::move(mine.unit));
    run.committing = true;
  }
  flight.begun = steady_();
  const auto begun = store_.begin_commit(incarnation_, flight.units);
  flight_ = std::move(flight);
  if (begun) return;
  // The first half failed: perhaps all of it was sent. As with an answer that never comes.
  lose_commit(begun.error());
}

/// Unknown outcome: the same messages are decided again, and the store's records say what was already done.
void Engine::lose_commit(const Fault& fault) {
  Flight flight = *std::exchange(flight_, std::nullopt);
  for (const Lane lane : flight.lanes) lanes_.at(lane).committing = false;
  lost_touch(fault);
  for (const Lane lane : flight.lanes) {
    for (const auto& [id, body] : flight.staged.at(lane).claims) claims_unknown_.insert(effect_name(lane, id));
    requeue(lanes_.at(lane), flight.staged.at(lane).items, true);
  }
}

/// Waits for the answer, if there is something to wait for. `next`: begins the next commit, if it is due and nothing else is.
void Engine::end_commit(bool next) {
  if (!flight_) return;
  const auto results = store_.end_commit();
  next_event_commit_ = steady_() + options_.event_commit_every;
  commits_.add();
  commit_time_.observe(steady_() - flight_->begun);
  // Asked behind it, so it is answered behind it, whatever became of the commit.
  std::optional<tl::expected<LookedUp, Fault>> looked;
  if (question_) looked = store_.end_look_up();
  if (!results || (looked && !*looked)) forget_question();
  if (!results) {
    if (looked && !*looked) store_faults_.add();
    return lose_commit(results.error());
  }
  Flight flight = *std::exchange(flight_, std::nullopt);
  for (const Lane lane : flight.lanes) lanes_.at(lane).committing = false;
  if (looked && *looked) take_answers(**looked);
  settle(flight, *results);
  if (looked && !*looked) {
    lost_touch(looked->error());
  } else {
    // The store has the next commit before anybody is told of this one, unless there is something else to ask it.
    const bool timers_due = timers_dirty_ || (next_due_ && *next_due_ <= clock_());
    if (next && !ask_first_ && !timers_due && steady_() < next_tick_ && steady_() < next_flush_ && commit_is_due()) begin_commit();
  }
  for (const auto& [to, reply] : replies_out_) outbox_.reply(to, reply);
  replies_out_.clear();
}

void Engine::settle(Flight& flight, const std::vector<UnitResult>& results) {
  auto& [units, lanes, staged, begun] = flight;
  for (std::size_t u = 0; u < lanes.size(); ++u) {
    const Lane lane = lanes[u];
    Staged& mine = staged.at(lane);
    LaneRun& run = lanes_.at(lane);
    const UnitResult& result = results[u];
    switch (result.outcome) {
      case UnitOutcome::kDone: break;
      case UnitOutcome::kFenced:
        fenced_.add();
        log_event(Level::kWarning, "fence_lost", {{"lane", lane}, {"fence", run.fence}});
        requeue(run, mine.items, true);
        drop_lane(lane, Outcome::kNotOwner);
        next_tick_ = {};
        continue;
      case UnitOutcome::kAlreadyAnswered:
      case UnitOutcome::kTimerChanged:
        conflicts_.add();
        for (auto& item : mine.items) run.timers_queued.erase(item.timer_name);
        std::erase_if(mine.items, [](const Item& item) { return !item.timer_name.empty(); });
        timers_dirty_ = true;
        for (const auto& entity : mine.newly_parked) {
          if (--run.parked[entity] == 0) run.parked.erase(entity);
        }
        for (const auto& entity : mine.unparked) ++run.parked[entity];
        requeue(run, mine.items, false);
        forget_records(run);
        continue;
      case UnitOutcome::kCheckpointMoved:
        conflicts_.add();
        requeue(run, mine.items, true);
        forget_volatile(run);
        run.stale = true;
        next_tick_ = {};
        continue;
      case UnitOutcome::kLogBroken:
        run.halted = "the log and its head disagree, or a key has a foreign type";
        log_event(Level::kError, "lane_halted", {{"lane", lane}, {"why", run.halted}});
        for (const auto& item : mine.items) answer(item, Outcome::kInternal, "internal", "the log needs a person's attention");
        continue;
    }
    if (units[u].checkpoint) {
      run.checkpoint = units[u].checkpoint->next;
      // Careful, each event is counted by itself; else one count per life of the process is enough.
      if (run.cautious == 0) run.counted_at = run.checkpoint;
    }
    for (const auto& timer : units[u].timers) {
      if (timer.body && (!next_due_ || timer.due < *next_due_)) next_due_ = timer.due;
    }
    for (std::size_t i = 0; i < mine.items.size(); ++i) {
      const Item& item = mine.items[i];
      if (item.work.kind == Work::Kind::kEvent) events_handled_.add();
      if (!item.timer_name.empty()) {
        run.timers_queued.erase(item.timer_name);
        if (item.work.type_id != 0) timers_fired_.add();
      }
      if (item.to.identity.empty()) continue;
      messages::Reply& reply = mine.replies[i];
      reply.sequence = result.last_sequence;
      if (reply.outcome == Outcome::kDone) commands_done_.add();
      else commands_refused_.add();
      replies_out_.emplace_back(item.to, std::move(reply));
    }
    for (auto& [id, body] : mine.new_effects) {
      Item item;
      item.claim_id = id;
      item.claim_body = body;
      run.claims.push_back(std::move(item));
    }
    for (const auto& [id, body] : mine.claims) {
      claims_unknown_.erase(effect_name(lane, id));
      effects_out_.insert(effect_name(lane, id));
      outbox_.perform(lane, id, body);
    }
    for (std::size_t i = 0; i < mine.newly_parked.size(); ++i) {
      parked_.add();
      recent_parks_.push_back(steady_());
    }
  }
  while (!recent_parks_.empty() && recent_parks_.front() + std::chrono::minutes(1) < steady_()) recent_parks_.pop_front();
  if (too_many_parked() && suspended_.empty()) {
    suspended_ = std::to_string(recent_parks_.size()) +
                 " messages were parked within a minute: this looks like a fault of the program, not of the messages";
    log_event(Level::kError, "events_suspended", {{"parked", recent_parks_.size()}});
  }
}

/// Those of the last minute, and those of commits whose outcome is not known yet: by then more would have been fetched.
bool Engine::too_many_parked() const {
  std::size_t parks = recent_parks_.size();
  for (const auto& [lane, run] : lanes_) parks += run.staged.newly_parked.size();
  if (flight_) {
    for (const auto& [lane, staged] : flight_->staged) parks += staged.newly_parked.size();
  }
  return parks > options_.parks_per_minute_max;
}

void Engine::flush_checkpoints() {
  if (steady_() < next_flush_) return;
  next_flush_ = steady_() + std::chrono::seconds(1);
  std::vector<Unit> units;
  for (const auto& [lane, run] : lanes_) {
    if (run.event_items != 0 || !run.staged.items.empty() || run.stale || !run.halted.empty() || run.checkpoint >= run.seen) continue;
    Unit unit;
    unit.lane = lane;
    unit.fence = run.fence;
    unit.checkpoint = Unit::Checkpoint{run.checkpoint, run.seen};
    units.push_back(std::move(unit));
  }
  if (units.empty()) return;
  const auto results = store_.commit(incarnation_, units);
  if (!results) {
    lost_touch(results.error());
    return;
  }
  for (std::size_t u = 0; u < units.size(); ++u) {
    LaneRun& run = lanes_.at(units[u].lane);
    if ((*results)[u].outcome == UnitOutcome::kDone) {
      if (run.counted_at == run.checkpoint) run.counted_at = units[u].checkpoint->next;
      run.checkpoint = units[u].checkpoint->next;
    } else {
      ((*results)[u].outcome == UnitOutcome::kFenced ? fenced_ : conflicts_).add();
      run.stale = true;
      next_tick_ = {};
    }
  }
}

/// While a commit is under way. Whether there is more to do at once.
bool Engine::decide_meanwhile() {
  if (ask()) stage();
  return !flight_ || store_.commit_answered();
}

bool Engine::turn() {
  if (flight_) {
    if (store_.commit_answered() || steady_() >= next_tick_) end_commit(true);
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
  while (!outcome_unknown_ && !lanes_to_commit().empty()) {
    begin_commit();
    end_commit();
  }
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
