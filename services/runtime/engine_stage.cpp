// Asking and deciding: what becomes part of the next commit.

#include <algorithm>
#include <cassert>
#include <cstdlib>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "messages/envelope.codec.hpp"
#include "runtime/engine.hpp"
#include "runtime/log.hpp"

namespace bridgework::runtime {
namespace {

using messages::Outcome;

constexpr int kLoadsMax = 32;  // each loads at least one record; a decision that wants more is a defect
// When one message waits for its records, those behind it are asked what they will want, so that all come in one round trip.
constexpr std::size_t kLookAhead = 64;
// As many as can have been in flight in one turn when a process died.
constexpr std::size_t kCautiousEvents = 512;

void sort_out(std::vector<RecordKey>& keys) {
  std::sort(keys.begin(), keys.end(),
            [](const RecordKey& a, const RecordKey& b) { return std::tie(a.lane, a.key) < std::tie(b.lane, b.key); });
  keys.erase(
      std::unique(keys.begin(), keys.end(), [](const RecordKey& a, const RecordKey& b) { return a.lane == b.lane && a.key == b.key; }),
      keys.end());
}
}  // namespace

/// Asks what each command that is not taken for new was answered before, what it will want, and what was missed while a commit was under
/// way, in one round trip.
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
      if (item.checked || item.taken_for_new) continue;
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
  const bool again = !item.parked_key.empty();
  const bool is_event = item.work.kind == Work::Kind::kEvent && !again;
  // No event that must be counted first is decided on top of a commit that is under way.
  if (run.committing && (again || (is_event && (run.cautious > 0 || run.counted_at != run.checkpoint)))) return Step::kLater;
  const auto take = [&](messages::Reply reply) {
    if (is_event) {
      --run.event_items;
      --event_items_;
      staged.unit.checkpoint = Unit::Checkpoint{run.decided, item.sequence};
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
    item.checked = item.taken_for_new = false;  // the same command twice in one turn: the second finds the first's record
    return Step::kStop;
  }
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
  for (auto& key : decided->presumed) unit.absent.push_back(std::move(key));
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
  std::size_t cached = 0, events = 0, bytes = 0, commands = 0;
  for (auto& [lane, run] : lanes_) {
    cached += run.records->recent();
    events += run.staged.events;
    bytes += run.staged.bytes;
    if (!run.queue.empty() && !run.stale && run.halted.empty() && !run.wants) {
      open.push_back(lane);
      commands += run.commands;
    }
  }
  // With nothing under way the store would stand still while all of them are decided: it gets the first half.
  std::size_t before_commit = flight_ ? SIZE_MAX : std::max<std::size_t>(4, (commands + 1) / 2);
  if (cached > options_.records_cached_max / 2) {
    for (auto& [lane, run] : lanes_) {
      if (run.unsettled > 0) continue;
      run.records->age();
      run.unsettled = (run.committing ? 1 : 0) + (run.staged.items.empty() ? 0 : 1);
      for (auto& item : run.queue) item.loads = 0;
    }
  }
  // While a commit is under way the store is not asked for anything: what would need it waits.
  if (!flight_ && !count_first_attempts(open)) return;
  // Where there was no room the last time it begins now, or those behind would wait for ever.
  std::rotate(open.begin(), std::lower_bound(open.begin(), open.end(), stage_from_), open.end());
  bool done = false, full = false, enough = false;
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
        if (!full && !enough && before_commit == 0) {
          enough = true;
          stage_from_ = lane;
        }
        if (full || enough) break;
        if (!run.queue.front().checked && !run.queue.front().taken_for_new) break;
        const std::size_t events_before = mine.events, bytes_before = mine.bytes;
        const bool event = run.queue.front().work.kind == Work::Kind::kEvent, command = run.queue.front().work.kind == Work::Kind::kCommand;
        const Step step = stage_item(lane, run, flight_ ? wanted_ : missing);
        if (run.stale) break;  // touch with the store was lost
        events += mine.events - events_before;
        bytes += mine.bytes - bytes_before;
        if (step == Step::kTaken && command) --before_commit;
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
      item.taken_for_new = false;
      ++run.commands;
    }
    if (item.work.kind == Work::Kind::kEvent && item.parked_key.empty()) {
      ++run.event_items;
      ++event_items_;
    }
    run.queue.push_front(std::move(item));
  }
}

}  // namespace bridgework::runtime
