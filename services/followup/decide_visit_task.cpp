// What a text message leaves to a person: a visit to come that is in question, unless the visit or a yes settles it first, and words about
// an offered time.

#include <string>

#include "followup/casework.hpp"
#include "followup/decide.hpp"

namespace bridgework::followup {

using messages::FollowupRefusal;
using messages::TaskOutcome;

Decision on(const State&, const messages::SiteDefined& event, Instant) {
  Decision decision;
  decision.put(event.site.text(), SiteRecord{.zone = event.zone, .hours = event.hours});
  return decision;
}

/// A visit that is moved, cancelled or over by now is in nobody's book, and in no question.
Decision on(const State& state, const messages::VisitQuestioned& event, Instant now) {
  Casework work(state, event.person.text(), now);
  const FutureVisit* visit = work.find_visit(event.appointment);
  if (is_gone(work.care()) || visit == nullptr || visit->start <= now) return {};
  work.question_visit(*visit, event);
  return work.finish();
}

Decision on(const State& state, const messages::VisitAffirmed& event, Instant now) {
  Casework work(state, event.person.text(), now);
  work.affirm_visit(event.appointment, event.words);
  return work.finish();
}

/// Asked again while the task is open it is the same task.
Decision on(const State& state, const messages::AskForAnotherTime& command, Instant now) {
  Casework work(state, command.person.text(), now);
  const FutureVisit* visit = work.find_visit(command.appointment);
  if (is_gone(work.care()) || visit == nullptr || visit->start <= now)
    return Decision::refuse(FollowupRefusal::kUnknownVisit, "no visit to come " + command.appointment.text());
  work.question_visit(*visit, {.person = command.person,
                               .site = visit->site,
                               .appointment = command.appointment,
                               .doubt = messages::VisitDoubt::kAnotherTime,
                               .words = command.words});
  return work.finish().reply(messages::Done{command.appointment.text()});
}

Decision on(const State& state, const messages::AppointmentConfirmed& event, Instant now) {
  Casework work(state, event.person.text(), now);
  if (work.is_left_to_its_claimer(event.appointment)) return {};
  work.settle_question(event.appointment, "the visit is confirmed");
  return work.finish();
}

Decision on(const State& state, const messages::AppointmentArrived& event, Instant now) {
  Casework work(state, event.person.text(), now);
  work.settle_question(event.appointment, "they have arrived");
  return work.finish();
}

/// The offer stays what it is. Whoever calls may take it, or offer other times when it is gone.
Decision on(const State& state, const messages::OfferQuestioned& event, Instant now) {
  Casework work(state, event.person.text(), now);
  if (is_gone(work.care())) return {};
  work.question_offer(event);
  return work.finish();
}

Decision on(const State& state, const messages::OfferAccepted& event, Instant now) {
  Casework work(state, event.person.text(), now);
  work.settle_offer(event.offer, "they have taken the offered time");
  return work.finish();
}

Decision on(const State& state, const messages::OfferDeclined& event, Instant now) {
  Casework work(state, event.person.text(), now);
  work.settle_offer(event.offer, "they do not want the offered time");
  return work.finish();
}

/// Whoever was not reached is tried again until the visit settles it; whatever was said, the answer belongs into the calendar.
Decision on_visit_task(const State& state, const messages::RecordTaskOutcome& command, Instant now) {
  Casework work(state, owner_key(command.task.text()), now);
  TaskRecord& task = *work.find_task(command.task);
  const auto try_again = [&](Instant at) {
    task.state = messages::TaskState::kOpen;
    task.claimed_by = {};
    task.claimed_until.reset();
    task.not_before = at;
  };
  switch (command.outcome) {
    case TaskOutcome::kVoicemail:
    case TaskOutcome::kNoAnswer:
      ++task.attempts;
      try_again(work.question_due(task.site));
      break;
    case TaskOutcome::kCallBackAt:
      if (!command.call_back_at || *command.call_back_at <= now) {
        return Decision::refuse(FollowupRefusal::kInThePast, "call back when? a later time is needed");
      }
      try_again(*command.call_back_at);
      break;
    case TaskOutcome::kSpokeBooked:
    case TaskOutcome::kSpokeDeclined:
    case TaskOutcome::kSpokeDeferred:
    case TaskOutcome::kWrongNumber: work.finish_question(command.task, command.outcome, command.by); break;
    case TaskOutcome::kDeceased:
      work.finish_question(command.task, command.outcome, command.by);
      work.care().reported_deceased = true;
      for (const auto& gap : work.open_gaps()) work.close(gap, messages::CloseReason::kDeceased);
      work.settle_all_questions();
      break;
    case TaskOutcome::kPosted: return Decision::refuse(FollowupRefusal::kIllegalTransition, "only a letter is posted");
  }
  work.reply(view_of(*work.find_task(command.task), now));
  return work.finish();
}

}  // namespace bridgework::followup
