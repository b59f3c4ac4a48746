// The work list: who works on a task, and what came of it.

#include <string>
#include <utility>

#include "followup/casework.hpp"
#include "followup/decide.hpp"

namespace bridgework::followup {
namespace {

using messages::CloseReason;
using messages::FollowupRefusal;
using messages::TaskKind;
using messages::TaskOutcome;
using messages::TaskState;

/// Somebody else is on it at this moment.
bool is_claimed_by_another(const TaskRecord& task, const std::string& by, Instant now) {
  return task.state == TaskState::kClaimed && task.claimed_until && *task.claimed_until > now && task.claimed_by != by;
}

/// The task stays on the list, for another time.
void put_off(TaskRecord& task, Instant until) {
  task.state = TaskState::kOpen;
  task.claimed_by = {};
  task.claimed_until.reset();
  task.not_before = until;
}

/// Nobody answered. After a number of calls another way is taken; a review is only ever put off.
void nobody_answered(Casework& work, const GapId& gap, const TaskId& id, const messages::RecordTaskOutcome& command) {
  TaskRecord& task = *work.find_task(id);
  ++task.attempts;
  if (task.kind == TaskKind::kReview || task.attempts < work.config().call_attempts) {
    put_off(task, work.work_starts(work.today() + std::chrono::days{1}));
    return;
  }
  work.finish_task(gap, command.outcome, command.by);
  work.schedule_next_step(gap);
}

void said_booked(Casework& work, const GapId& gap, const messages::RecordTaskOutcome& command) {
  work.finish_task(gap, command.outcome, command.by);
  // if no visit shows up, somebody calls again
  work.rewind_to_call(gap);
  work.schedule_step_at(gap, work.now() + work.config().booking_grace);
}

void wrong_number(Casework& work, const GapId& gap, const TaskId& id, const messages::RecordTaskOutcome& command) {
  const TaskKind kind = work.find_task(id)->kind;
  work.finish_task(gap, command.outcome, command.by);
  if (kind == TaskKind::kLetter) {
    work.open_task(gap, TaskKind::kReview, "Neither calls nor letters reach this person");
  } else {
    work.skip_to_task(gap, TaskKind::kLetter, "The phone number is wrong");
  }
}

void is_deceased(Casework& work, const GapId& gap, const messages::RecordTaskOutcome& command) {
  work.finish_task(gap, command.outcome, command.by);
  work.care().reported_deceased = true;
  for (const auto& open : work.open_gaps()) work.close(open, CloseReason::kDeceased);
  work.settle_all_questions();
}

}  // namespace

Decision on(const State& state, const messages::ClaimTask& command, Instant now) {
  const TaskRecord* found = state.find<TaskRecord>(command.task.text());
  if (found == nullptr) return Decision::refuse(FollowupRefusal::kUnknownTask, command.task.text());
  if (!is_open(*found)) return Decision::refuse(FollowupRefusal::kIllegalTransition, "the task is " + std::string(to_string(found->state)));
  if (is_claimed_by_another(*found, command.by, now)) return Decision::refuse(FollowupRefusal::kAlreadyClaimed, found->claimed_by);
  TaskRecord task = *found;
  task.state = TaskState::kClaimed;
  task.claimed_by = command.by;
  task.claimed_until = now + std::chrono::minutes(command.minutes);
  Decision decision;
  decision.reply(view_of(task, now));
  decision.put(command.task.text(), std::move(task));
  return decision;
}

Decision on(const State& state, const messages::RecordTaskOutcome& command, Instant now) {
  Casework work(state, owner_key(command.task.text()), now);
  TaskRecord* task = work.find_task(command.task);
  if (task == nullptr) return Decision::refuse(FollowupRefusal::kUnknownTask, command.task.text());
  if (!is_open(*task)) return Decision::refuse(FollowupRefusal::kIllegalTransition, "the task is " + std::string(to_string(task->state)));
  if (is_claimed_by_another(*task, command.by, now)) return Decision::refuse(FollowupRefusal::kAlreadyClaimed, task->claimed_by);
  if (!task->appointment.empty() || !task->offer.empty()) return on_visit_task(state, command, now);
  const GapId gap = task->gap;
  const Gap* found = work.find_gap(gap);
  if (found == nullptr || found->task != command.task) return Decision::refuse(FollowupRefusal::kUnknownGap, gap.text());

  switch (command.outcome) {
    case TaskOutcome::kVoicemail:
    case TaskOutcome::kNoAnswer: nobody_answered(work, gap, command.task, command); break;
    case TaskOutcome::kSpokeBooked: said_booked(work, gap, command); break;
    case TaskOutcome::kSpokeDeclined:
      work.finish_task(gap, command.outcome, command.by);
      work.decline(gap, command.reason);
      break;
    case TaskOutcome::kSpokeDeferred:
      if (!command.until || *command.until <= work.today()) {
        return Decision::refuse(FollowupRefusal::kInThePast, "deferred until when? a later day is needed");
      }
      work.finish_task(gap, command.outcome, command.by);
      work.hold(gap, *command.until);
      break;
    case TaskOutcome::kCallBackAt:
      if (!command.call_back_at || *command.call_back_at <= now) {
        return Decision::refuse(FollowupRefusal::kInThePast, "call back when? a later time is needed");
      }
      put_off(*task, *command.call_back_at);
      break;
    case TaskOutcome::kWrongNumber: wrong_number(work, gap, command.task, command); break;
    case TaskOutcome::kDeceased: is_deceased(work, gap, command); break;
    case TaskOutcome::kPosted:
      if (task->kind != TaskKind::kLetter) return Decision::refuse(FollowupRefusal::kIllegalTransition, "only a letter is posted");
      work.finish_task(gap, command.outcome, command.by);
      work.schedule_next_step(gap);
      break;
  }
  work.reply(view_of(*work.find_task(command.task), now));
  return work.finish();
}

}  // namespace bridgework::followup
