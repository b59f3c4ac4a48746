// Committing: what is sent together, and what its outcome means.

#include <algorithm>
#include <utility>

#include "runtime/engine.hpp"
#include "runtime/log.hpp"

namespace bridgework::runtime {

using messages::Outcome;

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

void Engine::begin_commit() {
  Flight flight;
  for (auto& [lane, run] : lanes_) {
    if (run.staged.items.empty()) continue;
    flight.lanes.push_back(lane);
    Staged& mine = flight.staged[lane] = std::exchange(run.staged, {});
    // With nothing left to handle the lane has everything it has seen behind it.
    if (mine.unit.checkpoint && run.event_items == 0) mine.unit.checkpoint->next = std::max(mine.unit.checkpoint->next, run.seen);
    if (mine.unit.checkpoint) run.decided = mine.unit.checkpoint->next;
    flight.units.push_back(std::move(mine.unit));
    run.committing = true;
  }
  if (flight.lanes.empty()) return;
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

/// Waits for the answer, if there is something to wait for.
void Engine::end_commit(AndThen then) {
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
    // Unless there is something else to ask the store.
    const bool timers_due = timers_dirty_ || (next_due_ && *next_due_ <= clock_());
    const bool may_begin = !ask_first_ && !timers_due && steady_() < next_tick_ && steady_() < next_flush_;
    if (then == AndThen::kNextCommit && may_begin && commit_is_due()) begin_commit();
  }
  outbox_.reply(replies_out_);
  replies_out_.clear();
}

/// Back to where it was taken from, in front of what came later.
void Engine::decide_again(LaneRun& run, Staged& lost) {
  for (const auto& entity : lost.newly_parked) {
    if (--run.parked[entity] == 0) run.parked.erase(entity);
  }
  for (const auto& entity : lost.unparked) ++run.parked[entity];
  // Timers are still in the store, if they are.
  for (const auto& item : lost.items) run.timers_queued.erase(item.timer_name);
  std::erase_if(lost.items, [](const Item& item) { return !item.timer_name.empty(); });
  timers_dirty_ = true;
  requeue(run, lost.items, false);
  run.decided = run.checkpoint;
  lost = {};
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
        unstage(run);
        requeue(run, mine.items, true);
        drop_lane(lane, Outcome::kNotOwner);
        next_tick_ = {};
        continue;
      case UnitOutcome::kAlreadyAnswered:
      case UnitOutcome::kTimerChanged:
      case UnitOutcome::kRecordExists:
        conflicts_.add();
        decide_again(run, run.staged);
        decide_again(run, mine);
        forget_records(run);
        if (result.outcome == UnitOutcome::kRecordExists) {
          for (auto& key : units[u].absent) wanted_.push_back({lane, std::move(key)});
          run.wants = true;
        }
        continue;
      case UnitOutcome::kCheckpointMoved:
        conflicts_.add();
        unstage(run);
        requeue(run, mine.items, true);
        forget_volatile(run);
        run.stale = true;
        next_tick_ = {};
        continue;
      case UnitOutcome::kLogBroken:
        run.halted = "the log and its head disagree, or a key has a foreign type";
        log_event(Level::kError, "lane_halted", {{"lane", lane}, {"why", run.halted}});
        unstage(run);
        for (const auto& item : mine.items) answer(item, Outcome::kInternal, "internal", "the log needs a person's attention");
        continue;
    }
    if (run.unsettled > 0) --run.unsettled;
    if (units[u].checkpoint) {
      run.checkpoint = units[u].checkpoint->next;  // `decided` since it was sent
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
      run.checkpoint = run.decided = units[u].checkpoint->next;
    } else {
      ((*results)[u].outcome == UnitOutcome::kFenced ? fenced_ : conflicts_).add();
      run.stale = true;
      next_tick_ = {};
    }
  }
}

}  // namespace bridgework::runtime
