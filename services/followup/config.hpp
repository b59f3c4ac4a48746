#pragma once
// What a group may set about followup. The steps themselves are in sequence.hpp: they change by version, not by setting.

#include <chrono>
#include <cstdint>
#include <string>

namespace bridgework::followup {

struct Config {
  std::chrono::hours first_step{24};
  std::chrono::hours reply_guard{48};
  std::chrono::hours retry{24};
  std::int64_t retries = 7;
  std::chrono::hours booking_grace{48};
  std::chrono::hours outcome_grace{24};
  std::chrono::hours task_hour{8};
  std::int64_t call_attempts = 5;
  std::chrono::hours call_again{28 * 24};
  std::int64_t closed_gaps_kept = 8;
  std::chrono::hours audit_slack{24};
  std::chrono::minutes visit_question{60};
  std::string zone = "UTC";

  template <class Visit>
  void settings(Visit&& visit) {
    visit("first_step_hours", first_step, "From the opening of a care gap to the first message about it.");
    visit("reply_guard_hours", reply_guard, "How long outreach may take to say what became of a message before the follow-up goes on.");
    visit("retry_hours", retry, "When to ask again after a cap or the clock stopped a message.");
    visit("retries", retries, "How often in a row a stopped message is tried again before somebody calls instead.");
    visit("booking_grace_hours", booking_grace, "How long after \"I have booked\" the visit may take to show up.");
    visit("outcome_grace_hours", outcome_grace, "How long after its end a visit may be without an outcome.");
    visit("task_hour_hours", task_hour, "Local hour from which a task put off to another day is due.");
    visit("call_attempts", call_attempts, "Calls without an answer before the next step is taken.");
    visit("call_again_hours", call_again, "After the last step: when somebody calls again. There is no giving up.");
    visit("closed_gaps_kept", closed_gaps_kept, "Closed gaps a person's record still shows; the log keeps all.");
    visit("audit_slack_hours", audit_slack, "How late a timer may be before the audit reports the gap as lost.");
    visit("visit_question_minutes", visit_question, "How long a site may be open before somebody has asked about a visit in question.");
    visit("default_zone", zone, "Time zone of a person of whom neither address nor visit gives one.");
  }
};

}  // namespace bridgework::followup
