#include "followup/audit.hpp"

#include <algorithm>
#include <utility>

#include "runtime/zone.hpp"

namespace bridgework::followup {
namespace {

using messages::CloseReason;
using messages::Cover;
using messages::GapKind;

class Check {
 public:
  Check(const Dossier& dossier, const Config& config, Instant now) : dossier_(dossier), config_(config), now_(now) {}

  std::vector<messages::Leak> run() {
    for (const auto& gap : dossier_.care.gaps) check_gap(gap);
    check_duplicates();
    for (const auto& plan : dossier_.plans) {
      for (const auto& item : plan.items) check_item(plan, item);
    }
    for (const auto& plan : dossier_.care.plans) {
      const bool exists = std::any_of(dossier_.plans.begin(), dossier_.plans.end(), [&](const PlanRecord& p) { return p.plan == plan; });
      if (!exists) leak({}, "the person's plan " + plan.text() + " is not stored");
    }
    for (const auto& task : dossier_.open_tasks) check_task(task);
    for (const auto& question : dossier_.care.questioned_visits) check_question(question);
    for (const auto& question : dossier_.care.questioned_offers) check_listed("offer " + question.offer.text(), question.task);
    for (const auto& planned : dossier_.care.planned_visits) check_planned(planned);
    return std::move(leaks_);
  }

 private:
  void leak(const GapId& gap, std::string why) {
    messages::Leak found;
    found.person = dossier_.care.person;
    found.gap = gap;
    found.why = std::move(why);
    leaks_.push_back(std::move(found));
  }

  const FutureVisit* visit_of(const AppointmentId& appointment) const {
    const auto& visits = dossier_.care.future_visits;
    const auto it = std::find_if(visits.begin(), visits.end(), [&](const FutureVisit& v) { return v.appointment == appointment; });
    return it == visits.end() ? nullptr : &*it;
  }
  const TaskRecord* open_task(const TaskId& task) const {
    const auto& tasks = dossier_.open_tasks;
    const auto it = std::find_if(tasks.begin(), tasks.end(), [&](const TaskRecord& t) { return t.task == task; });
    return it == tasks.end() ? nullptr : &*it;
  }
  bool is_long_past(Instant due) const { return due + config_.audit_slack < now_; }

  void check_gap(const Gap& gap) {
    const bool claims_to_move = gap.next_step_at || gap.waiting_until || !gap.task.empty();
    if (gap.cover != Cover::kActive && claims_to_move) leak(gap.gap, "in two states: it is followed up although it is not active");
    if (gap.cover != Cover::kCovered && !gap.appointment.empty()) leak(gap.gap, "in two states: it names a covering visit");
    if (gap.cover != Cover::kOnHold && gap.review_on) leak(gap.gap, "in two states: it has a review date");
    if (gap.cover != Cover::kClosed && gap.close_reason != CloseReason::kNone)
      leak(gap.gap, "in two states: open with a reason for closing");
    if (is_open(gap) && is_gone(dossier_.care)) leak(gap.gap, "open although the person died or moved away");
    if (is_open(gap) && gap.cover != Cover::kCovered && covering_visit(dossier_.care, gap.purpose) != nullptr) {
      leak(gap.gap, "a visit of its purpose is booked and it is not covered by it");
    }
    switch (gap.cover) {
      case Cover::kActive: check_active(gap); break;
      case Cover::kCovered: check_covered(gap); break;
      case Cover::kOnHold: check_on_hold(gap); break;
      case Cover::kClosed:
        if (gap.close_reason == CloseReason::kNone) leak(gap.gap, "closed without a reason");
        break;
    }
    if (is_open(gap) && !gap.item.empty()) check_gap_has_item(gap);
    if (is_open(gap) && !gap.planned.empty()) check_gap_has_planned(gap);
  }

  void check_gap_has_planned(const Gap& gap) {
    const auto& planned = dossier_.care.planned_visits;
    const bool exists = std::any_of(planned.begin(), planned.end(), [&](const PlannedVisit& p) { return p.appointment == gap.planned; });
    if (!exists) leak(gap.gap, "open for a visit without a time that nobody has planned: " + gap.planned.text());
  }

  void check_planned(const PlannedVisit& planned) {
    std::size_t own = 0, others = 0;
    for (const auto& gap : dossier_.care.gaps) {
      if (is_open(gap) && gap.planned == planned.appointment) ++own;
      if (is_open(gap) && gap.planned.empty() && gap.purpose == planned.purpose) ++others;
    }
    const bool wanted = !is_gone(dossier_.care) && planned.let_go == CloseReason::kNone;
    const std::string name = "planned visit " + planned.appointment.text();
    if (wanted && own + others == 0) leak({}, name + " has no time and nobody follows it up");
    if (own > 1 || (own == 1 && others > 0)) leak({}, name + " is followed up twice");
  }

  void check_active(const Gap& gap) {
    const int lives_by = (gap.next_step_at ? 1 : 0) + (gap.waiting_until ? 1 : 0) + (gap.task.empty() ? 0 : 1);
    if (lives_by == 0) leak(gap.gap, "active with nothing that will ever move it: no next step, no answer awaited, no task");
    if (lives_by > 1) leak(gap.gap, "active in more than one way at once");
    if (gap.next_step_at && is_long_past(*gap.next_step_at)) leak(gap.gap, "the time of its next step has passed and nothing happened");
    if (gap.waiting_until && is_long_past(*gap.waiting_until)) leak(gap.gap, "still waits for an answer of outreach whose time is over");
    if (gap.needs_release && gap.waiting_until) leak(gap.gap, "a message was asked for before the gap was released");
    if (gap.task.empty()) return;
    const TaskRecord* task = open_task(gap.task);
    if (task == nullptr) {
      leak(gap.gap, "its task " + gap.task.text() + " is not open");
    } else if (!dossier_.listed_tasks.contains(gap.task.text())) {
      leak(gap.gap, "its task " + gap.task.text() + " is on no work list");
    }
  }

  void check_covered(const Gap& gap) {
    const FutureVisit* visit = visit_of(gap.appointment);
    if (visit == nullptr) {
      leak(gap.gap, "covered by a visit that is not booked: " + gap.appointment.text());
    } else if (visit->purpose != gap.purpose) {
      leak(gap.gap, "covered by a visit of another purpose: " + gap.appointment.text());
    } else if (is_long_past(visit->outcome_due)) {
      leak(gap.gap, "covered by a visit that is long over: " + gap.appointment.text());
    }
  }

  void check_on_hold(const Gap& gap) {
    if (!gap.review_on) {
      leak(gap.gap, "on hold without a review date");
    } else if (is_long_past(work_starts_at(dossier_.care, *gap.review_on, config_))) {
      leak(gap.gap, "its review date has passed and nothing happened");
    }
  }

  void check_gap_has_item(const Gap& gap) {
    for (const auto& plan : dossier_.plans) {
      if (plan.plan != gap.plan) continue;
      const PlannedItem* item = find_item(plan, gap.item);
      if (item != nullptr && wanted_gap(*item) == gap.kind) return;
    }
    leak(gap.gap, "open as " + std::string(to_string(gap.kind)) + " although its item does not say so");
  }

  void check_item(const PlanRecord& plan, const PlannedItem& item) {
    const auto wanted = is_gone(dossier_.care) ? std::nullopt : wanted_gap(item);
    if (!wanted) return;
    const auto& gaps = dossier_.care.gaps;
    const auto count = std::count_if(gaps.begin(), gaps.end(),
                                     [&](const Gap& gap) { return is_open(gap) && gap.plan == plan.plan && gap.item == item.item.item; });
    const std::string name = plan.plan.text() + " item " + item.item.item.text();
    if (count == 0) leak({}, name + " is " + std::string(to_string(item.state)) + " and nobody follows it up");
    if (count > 1) leak({}, name + " has more than one open gap");
  }

  void check_duplicates() {
    const auto& gaps = dossier_.care.gaps;
    for (auto a = gaps.begin(); a != gaps.end(); ++a) {
      if (!is_open(*a) || a->kind != GapKind::kNotKept) continue;
      const bool has_twin = std::any_of(a + 1, gaps.end(), [&](const Gap& b) {
        if (!is_open(b) || b.kind != GapKind::kNotKept || b.provenance != a->provenance) return false;
        return b.purpose == a->purpose || a->provenance == messages::Provenance::kImported;
      });
      if (has_twin) leak(a->gap, "missed visits of one purpose are followed up twice");
    }
  }

  void check_question(const QuestionedVisit& question) {
    const std::string visit = "visit " + question.appointment.text();
    if (visit_of(question.appointment) == nullptr) leak({}, visit + " is in question although it is not booked");
    if (!question.task.empty()) check_listed(visit, question.task);
  }

  void check_listed(const std::string& what, const TaskId& task) {
    if (open_task(task) == nullptr || !dossier_.listed_tasks.contains(task.text()))
      leak({}, what + " is in question and its task " + task.text() + " is on no work list");
  }

  void check_task(const TaskRecord& task) {
    if (!task.appointment.empty()) {
      const auto& questions = dossier_.care.questioned_visits;
      const bool is_named = std::any_of(questions.begin(), questions.end(),
                                        [&](const QuestionedVisit& q) { return q.appointment == task.appointment && q.task == task.task; });
      if (!is_named) leak({}, "task " + task.task.text() + " is open for a visit that is not in question");
      return;
    }
    if (!task.offer.empty()) {
      const auto& questions = dossier_.care.questioned_offers;
      const bool is_named = std::any_of(questions.begin(), questions.end(),
                                        [&](const QuestionedOffer& q) { return q.offer == task.offer && q.task == task.task; });
      if (!is_named) leak({}, "task " + task.task.text() + " is open for an offer that is not in question");
      return;
    }
    const auto& gaps = dossier_.care.gaps;
    const bool is_named =
        std::any_of(gaps.begin(), gaps.end(), [&](const Gap& gap) { return gap.gap == task.gap && gap.task == task.task; });
    if (!is_named) leak(task.gap, "task " + task.task.text() + " is open for a gap that does not know it");
  }

  const Dossier& dossier_;
  const Config& config_;
  Instant now_;
  std::vector<messages::Leak> leaks_;
};

}  // namespace

std::vector<messages::Leak> leaks_of(const Dossier& dossier, const Config& config, Instant now) {
  return Check(dossier, config, now).run();
}

}  // namespace bridgework::followup
