#pragma once
// One person's care while one message is handled. The only place that moves a gap from one state to another.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "followup/state.hpp"
#include "messages/outreach.values.hpp"

namespace bridgework::followup {

/// Collects what becomes of a person's record, plans, tasks and timers, and turns it into one decision.
///
/// Every function that changes a gap leaves it in one of the four states with what that state claims, so that a rule cannot forget to
/// set a timer or to withdraw a task. Gaps are named by id because opening one moves the others in memory.
class Casework {
 public:
  /// Of a person that nobody has heard of, the record begins here.
  Casework(const State& state, std::string_view person, Instant now);

  PersonCareRecord& care() { return care_; }
  const PersonCareRecord& care() const { return care_; }
  Instant now() const { return now_; }
  const Config& config() const { return state_->config(); }
  LocalDay today() const;
  /// The hour of a local day from which tasks are due.
  Instant work_starts(LocalDay day) const;

  // ---- looking

  /// Open, or closed and still shown; nullptr otherwise.
  Gap* find_gap(const GapId& gap);
  std::vector<GapId> open_gaps() const;
  const Gap* gap_of_item(const PlanId& plan, const ItemId& item) const;
  /// With this message's changes; nullptr when there is none (or it has not been loaded).
  PlanRecord* find_plan(const PlanId& plan);
  TaskRecord* find_task(const TaskId& task);

  /// The reason with which a person's gaps close when nobody may follow them up.
  messages::CloseReason why_gone() const;

  // ---- gaps

  struct NewGap {
    messages::GapKind kind;
    messages::Purpose purpose;
    SiteId site;
    messages::Provenance provenance = messages::Provenance::kObserved;
    bool needs_release = false;
    messages::Urgency urgency = messages::Urgency::kRoutine;
    std::int64_t fee_minor = 0;
    PlanId plan{};
    ItemId item{};
    std::optional<LocalDay> missed_day{};
    AppointmentId last_appointment{};
    AppointmentId planned{};
  };
  /// Opens a gap: covered if there is a visit of its purpose, else active.
  GapId open(NewGap gap);
  void close(const GapId& gap, messages::CloseReason reason);
  /// As `close`, and its item, if it has one, is at rest with the same reason until something happens to the item.
  void let_go(const GapId& gap, messages::CloseReason reason);
  /// The person wants nothing done: an item that may be declined is; any other gap is let go.
  void decline(const GapId& gap, messages::DecisionReason reason);
  /// On hold until a later day, unless a visit covers it.
  void hold(const GapId& gap, LocalDay review_on);
  /// The person's visits changed: covers what can be covered, and takes up again what no longer is.
  void settle();
  /// Takes up a gap from the first step, or by a review task if it still needs a release.
  void activate(const GapId& gap);

  // ---- steps of an active gap

  /// Does what comes next in its sequence.
  void take_step(const GapId& gap);
  /// The step after the present one gets its timer.
  void schedule_next_step(const GapId& gap);
  void schedule_step_at(const GapId& gap, Instant at);
  void open_task(const GapId& gap, messages::TaskKind kind, std::string reason);
  /// Goes straight to the step that opens a task of this kind.
  void skip_to_task(const GapId& gap, messages::TaskKind kind, std::string reason);
  /// The next step will be the call, whatever was done so far.
  void rewind_to_call(const GapId& gap);
  /// Ends the gap's open task as done. The caller gives the gap something else to live by.
  void finish_task(const GapId& gap, messages::TaskOutcome outcome, std::string by);

  // ---- items

  PlanRecord& add_plan(PlanRecord plan);
  /// The item is in another state now: tells it, and opens, keeps or closes the gap it wants.
  void move_item(PlanRecord& plan, PlannedItem& item, messages::ItemState to, messages::DecisionReason reason,
                 const AppointmentId& appointment);
  /// Opens the gap an item wants, and closes the one it no longer wants.
  void fit_gap(PlanRecord& plan, PlannedItem& item);

  // ---- visits

  void add_visit(const FutureVisit& visit);
  /// Takes a visit out of the book. False when it was not there.
  bool remove_visit(const AppointmentId& appointment);
  void note_completed_day(messages::Purpose purpose, LocalDay day);
  std::optional<LocalDay> last_completed(messages::Purpose purpose) const;
  /// The visit to come that has this id; without an id, the person's next one. nullptr when there is none.
  const FutureVisit* find_visit(const AppointmentId& appointment) const;

  // ---- visits without a time

  /// Agreed, and no time yet. Told again, it is owed again.
  void plan_visit(PlannedVisit visit);
  /// It has a time now, or will not take place: its gap, if it has one, closes. False when it was not known.
  bool settle_plan(const AppointmentId& appointment, messages::CloseReason reason);

  // ---- visits in question

  /// Somebody must ask whether the visit still stands: a task at its site. One is open for a visit at a time, and each kind of doubt has
  /// one only, until the visit is confirmed.
  void question_visit(const FutureVisit& visit, const messages::VisitQuestioned& event);
  /// They have said yes: nobody needs to ask any more. Whoever is at it at this moment keeps the task, and reads the new answer.
  void affirm_visit(const AppointmentId& appointment, const Phi<std::string>& words);
  /// Somebody is at the task of this visit who has read that they have said yes since.
  bool is_left_to_its_claimer(const AppointmentId& appointment);
  /// The visit is out of doubt, or out of the book: nobody needs to ask any more, and why.
  void settle_question(const AppointmentId& appointment, std::string why);
  /// Somebody must read what was written about an offered time: a task at its site, one at a time.
  void question_offer(const messages::OfferQuestioned& event);
  void settle_offer(const OfferId& offer, std::string why);
  void settle_all_questions();
  /// Somebody has asked.
  void finish_question(const TaskId& task, messages::TaskOutcome outcome, std::string by);
  /// When something that comes up now is due at a site that must be asked about a visit.
  Instant question_due(const SiteId& site) const;

  template <class E>
  void tell(E event) {
    events_.push_back(messages::FollowupEvent(std::move(event)));
  }
  /// What the caller of a command gets.
  template <class R>
  void reply(R reply) {
    decision_.reply(std::move(reply));
  }
  /// Everything as one decision: only records that differ from what was loaded are written.
  Decision finish();

 private:
  struct Alarm {
    Instant due;
    std::optional<Timer> timer;
  };

  Gap& gap_at(const GapId& gap);
  /// Takes from the gap whatever it lives by: timer, task, cover, review date.
  void rest(Gap& gap);
  void stop_alarm(Gap& gap);
  /// Opens the gaps that visits without a time want, and closes those that another gap of the same purpose makes needless.
  void fit_plans();
  void cover(const GapId& gap, const FutureVisit& visit);
  void tell_changed(const Gap& gap, messages::Cover from);
  void withdraw_task(Gap& gap);
  /// Puts it on the work list, and tells it.
  void list_task(TaskRecord task);
  void end_task(const TaskId& task, messages::TaskState state, messages::TaskOutcome outcome, std::string by, std::string why = {});
  QuestionedVisit* find_question(const AppointmentId& appointment);
  bool is_claimed(const TaskId& task);
  std::string question_reason(const FutureVisit& visit, const messages::VisitQuestioned& event) const;
  void set_alarm(std::string name, Instant due, Timer timer);
  void start_living(const GapId& gap);

  const State* state_;
  Instant now_;
  std::optional<PersonCareRecord> loaded_;
  PersonCareRecord care_;
  std::map<std::string, PlanRecord> plans_;
  std::map<std::string, TaskRecord> tasks_;
  std::map<std::string, Alarm> alarms_;
  std::vector<messages::FollowupEvent> events_;
  Decision decision_;
};

}  // namespace bridgework::followup
