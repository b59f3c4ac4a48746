// Follow-ups of single gaps: what people decide, what the timers bring, what outreach reports.

#include <string>

#include "followup/casework.hpp"
#include "followup/decide.hpp"

namespace bridgework::followup {
namespace {

using messages::CloseReason;
using messages::Cover;
using messages::FollowupRefusal;
using messages::MessageReason;
using messages::TaskKind;

/// The programme name under which outreach sends what followup asks for.
constexpr std::string_view kProgramme = "follow_up";

messages::Done done(const GapId& gap) {
  messages::Done reply;
  reply.id = gap.text();
  return reply;
}

/// The gap that waits for this report, or nothing: reports of other programmes, and of messages the follow-up has gone on without.
template <class Report>
const Gap* gap_waiting_for(Casework& work, const Report& report) {
  if (report.programme != kProgramme) return nullptr;
  const Gap* gap = work.find_gap(GapId(report.subject));
  if (gap == nullptr || !gap->waiting_until || gap->messages != report.step) return nullptr;
  return gap;
}

}  // namespace

Decision on(const State& state, const messages::HoldGap& command, Instant now) {
  Casework work(state, owner_key(command.gap.text()), now);
  const Gap* gap = work.find_gap(command.gap);
  if (gap == nullptr) return Decision::refuse(FollowupRefusal::kUnknownGap, command.gap.text());
  if (gap->cover == Cover::kClosed || gap->cover == Cover::kCovered) {
    return Decision::refuse(FollowupRefusal::kIllegalTransition, "the gap is " + std::string(to_string(gap->cover)));
  }
  if (command.until <= work.today()) return Decision::refuse(FollowupRefusal::kInThePast, "a hold needs a later day");
  work.hold(command.gap, command.until);
  work.reply(done(command.gap));
  return work.finish();
}

Decision on(const State& state, const messages::CloseGap& command, Instant now) {
  Casework work(state, owner_key(command.gap.text()), now);
  const Gap* gap = work.find_gap(command.gap);
  if (gap == nullptr) return Decision::refuse(FollowupRefusal::kUnknownGap, command.gap.text());
  if (!is_open(*gap)) return Decision::refuse(FollowupRefusal::kIllegalTransition, "the gap is closed");
  const CloseReason reason = command.reason == CloseReason::kNone ? CloseReason::kStaff : command.reason;
  if (reason == CloseReason::kDeclined) {
    work.decline(command.gap, messages::DecisionReason::kOther);
  } else {
    work.let_go(command.gap, reason);
  }
  work.reply(done(command.gap));
  return work.finish();
}

Decision on(const State& state, const messages::ReleaseGap& command, Instant now) {
  Casework work(state, owner_key(command.gap.text()), now);
  Gap* gap = work.find_gap(command.gap);
  if (gap == nullptr) return Decision::refuse(FollowupRefusal::kUnknownGap, command.gap.text());
  if (!is_open(*gap) || !gap->needs_release) {
    return Decision::refuse(FollowupRefusal::kIllegalTransition, "there is nothing to release");
  }
  gap->needs_release = false;
  if (gap->cover == Cover::kActive) work.activate(command.gap);
  work.reply(done(command.gap));
  return work.finish();
}

Decision on(const State& state, const messages::MessageSent& event, Instant now) {
  Casework work(state, event.person.text(), now);
  const Gap* waiting = gap_waiting_for(work, event);
  if (waiting == nullptr) return {};
  const GapId gap = waiting->gap;
  work.find_gap(gap)->retries = 0;
  work.schedule_next_step(gap);
  return work.finish();
}

Decision on(const State& state, const messages::MessageWithheld& event, Instant now) {
  Casework work(state, event.person.text(), now);
  const Gap* waiting = gap_waiting_for(work, event);
  if (waiting == nullptr) return {};
  const GapId id = waiting->gap;
  Gap& gap = *work.find_gap(id);

  switch (event.reason) {
    case MessageReason::kPersonGone: work.let_go(id, work.why_gone()); return work.finish();

    case MessageReason::kCapDay:
    case MessageReason::kCapWeek:
    case MessageReason::kTooLate:
    case MessageReason::kQuietHours:
    case MessageReason::kHeld:
    case MessageReason::kReasonGone:
      // outreach saw no reason although the gap is open: it heard of something later than it happened, so ask again
      if (++gap.retries > work.config().retries) break;
      --gap.step;
      work.schedule_step_at(id, now + work.config().retry);
      return work.finish();

    case MessageReason::kDuplicate:
    case MessageReason::kProcessDied:
    // these three of reminders only
    case MessageReason::kHousehold:
    case MessageReason::kTogether:
    case MessageReason::kConfirmed:
      // it may have arrived: never send it again, go on as if it had
      gap.retries = 0;
      work.schedule_next_step(id);
      return work.finish();

    case MessageReason::kImported:
      gap.needs_release = true;
      work.activate(id);
      return work.finish();

    case MessageReason::kNone:
    case MessageReason::kNoConsent:
    case MessageReason::kSuppressed:
    case MessageReason::kNoContact:
    case MessageReason::kChannelFailed: break;
  }
  gap.retries = 0;
  work.skip_to_task(id, TaskKind::kPhoneCall, "No message can be sent: " + std::string(to_string(event.reason)));
  return work.finish();
}

Decision on(const State& state, const StepTimer& timer, Instant now) {
  Casework work(state, owner_key(timer.gap.text()), now);
  const Gap* gap = work.find_gap(timer.gap);
  if (gap == nullptr || gap->cover != Cover::kActive || !gap->next_step_at || *gap->next_step_at > now) return {};
  work.take_step(timer.gap);
  return work.finish();
}

Decision on(const State& state, const ReplyGuardTimer& timer, Instant now) {
  Casework work(state, owner_key(timer.gap.text()), now);
  const Gap* gap = work.find_gap(timer.gap);
  if (gap == nullptr || gap->cover != Cover::kActive || !gap->waiting_until || *gap->waiting_until > now) return {};
  work.schedule_next_step(timer.gap);
  return work.finish();
}

Decision on(const State& state, const ReviewTimer& timer, Instant now) {
  Casework work(state, owner_key(timer.gap.text()), now);
  const Gap* gap = work.find_gap(timer.gap);
  if (gap == nullptr || gap->cover != Cover::kOnHold || !gap->review_on || work.work_starts(*gap->review_on) > now) {
    return {};
  }
  work.activate(timer.gap);
  return work.finish();
}

}  // namespace bridgework::followup
