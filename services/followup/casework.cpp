#include "followup/casework.hpp"

#include <algorithm>
#include <cassert>
#include <cstddef>

#include "followup/sequence.hpp"
#include "runtime/business_time.hpp"
#include "runtime/zone.hpp"

namespace bridgework::followup {

using messages::CloseReason;
using messages::Cover;
using messages::GapKind;
using messages::ItemState;
using messages::Provenance;
using messages::TaskKind;
using messages::TaskOutcome;
using messages::TaskState;

namespace {

double score_of(Instant instant) { return static_cast<double>(instant.time_since_epoch().count()); }

std::string visit_alarm(const PersonId& person, const AppointmentId& appointment) { return person.text() + "/visit/" + appointment.text(); }

/// What happened to an item, seen from the gap that it no longer wants.
CloseReason reason_of(ItemState state) {
  switch (state) {
    case ItemState::kCompleted: return CloseReason::kDone;
    case ItemState::kDeclined: return CloseReason::kDeclined;
    case ItemState::kFound:
    case ItemState::kPresented:
    case ItemState::kAccepted:
    case ItemState::kDeferred:
    case ItemState::kStarted: return CloseReason::kSuperseded;
  }
  return CloseReason::kSuperseded;
}

}  // namespace

Casework::Casework(const State& state, std::string_view person, Instant now) : state_(&state), now_(now) {
  if (const auto* found = state.find<PersonCareRecord>(person)) {
    loaded_ = *found;
    care_ = *found;
  } else {
    care_.person = PersonId(std::string(person));
  }
}

LocalDay Casework::today() const { return runtime::local_day(now_, zone_of(care_, config())); }

Instant Casework::work_starts(LocalDay day) const { return work_starts_at(care_, day, config()); }

// ---- looking

Gap* Casework::find_gap(const GapId& gap) {
  const auto it = std::find_if(care_.gaps.begin(), care_.gaps.end(), [&](const Gap& g) { return g.gap == gap; });
  return it == care_.gaps.end() ? nullptr : &*it;
}

Gap& Casework::gap_at(const GapId& gap) {
  Gap* found = find_gap(gap);
  assert(found != nullptr);
  return *found;
}

std::vector<GapId> Casework::open_gaps() const {
  std::vector<GapId> ids;
  for (const auto& gap : care_.gaps) {
    if (is_open(gap)) ids.push_back(gap.gap);
  }
  return ids;
}

const Gap* Casework::gap_of_item(const PlanId& plan, const ItemId& item) const {
  for (const auto& gap : care_.gaps) {
    if (is_open(gap) && gap.plan == plan && gap.item == item && !item.empty()) return &gap;
  }
  return nullptr;
}

PlanRecord* Casework::find_plan(const PlanId& plan) {
  if (const auto it = plans_.find(plan.text()); it != plans_.end()) return &it->second;
  const auto* found = state_->find<PlanRecord>(plan.text());
  return found == nullptr ? nullptr : &plans_.emplace(plan.text(), *found).first->second;
}

TaskRecord* Casework::find_task(const TaskId& task) {
  if (const auto it = tasks_.find(task.text()); it != tasks_.end()) return &it->second;
  const auto* found = state_->find<TaskRecord>(task.text());
  return found == nullptr ? nullptr : &tasks_.emplace(task.text(), *found).first->second;
}

CloseReason Casework::why_gone() const {
  const bool deceased = care_.reported_deceased || care_.status == messages::PersonStatus::kDeceased;
  return deceased ? CloseReason::kDeceased : CloseReason::kMovedAway;
}

// ---- gaps

GapId Casework::open(NewGap wanted) {
  Gap gap;
  gap.gap = GapId(care_.person.text() + ".g-" + std::to_string(++care_.gaps_opened));
  gap.site = wanted.site;
  gap.kind = wanted.kind;
  gap.purpose = wanted.purpose;
  gap.urgency = wanted.urgency;
  gap.plan = wanted.plan;
  gap.item = wanted.item;
  gap.fee_minor = wanted.fee_minor;
  gap.provenance = wanted.provenance;
  gap.opened_at = now_;
  gap.sequence_version = kSequenceVersion;
  gap.needs_release = wanted.needs_release;
  gap.last_appointment = wanted.last_appointment;
  gap.missed_day = wanted.missed_day;
  gap.planned = wanted.planned;
  const FutureVisit* visit = covering_visit(care_, gap.purpose);
  gap.cover = visit == nullptr ? Cover::kActive : Cover::kCovered;
  if (visit != nullptr) gap.appointment = gap.last_appointment = visit->appointment;

  messages::GapOpened opened;
  opened.person = care_.person;
  opened.site = gap.site;
  opened.gap = gap.gap;
  opened.kind = gap.kind;
  opened.purpose = gap.purpose;
  opened.urgency = gap.urgency;
  opened.plan = gap.plan;
  opened.item = gap.item;
  opened.fee_minor = gap.fee_minor;
  opened.provenance = gap.provenance;
  opened.cover = gap.cover;
  tell(std::move(opened));

  const GapId id = gap.gap;
  care_.gaps.push_back(std::move(gap));
  if (visit == nullptr) start_living(id);
  return id;
}

void Casework::close(const GapId& id, CloseReason reason) {
  Gap& gap = gap_at(id);
  const Cover from = gap.cover;
  if (from == Cover::kClosed) return;
  rest(gap);
  gap.cover = Cover::kClosed;
  gap.close_reason = reason;
  gap.closed_at = now_;
  ++care_.gaps_closed;
  tell_changed(gap, from);
}

void Casework::let_go(const GapId& id, CloseReason reason) {
  const Gap& gap = gap_at(id);
  if (PlanRecord* plan = gap.plan.empty() ? nullptr : find_plan(gap.plan)) {
    for (auto& item : plan->items) {
      if (item.item.item == gap.item) item.let_go = reason;
    }
  }
  for (auto& planned : care_.planned_visits) {
    if (!gap.planned.empty() && planned.appointment == gap.planned) planned.let_go = reason;
  }
  close(id, reason);
}

void Casework::decline(const GapId& id, messages::DecisionReason reason) {
  const Gap& gap = gap_at(id);
  PlanRecord* plan = gap.plan.empty() ? nullptr : find_plan(gap.plan);
  if (plan != nullptr) {
    for (auto& item : plan->items) {
      const bool may_be_declined =
          item.state == ItemState::kPresented || item.state == ItemState::kAccepted || item.state == ItemState::kDeferred;
      if (item.item.item == gap.item && may_be_declined) return move_item(*plan, item, ItemState::kDeclined, reason, {});
    }
  }
  let_go(id, CloseReason::kDeclined);
}

void Casework::hold(const GapId& id, LocalDay review_on) {
  Gap& gap = gap_at(id);
  if (const FutureVisit* visit = covering_visit(care_, gap.purpose)) return cover(id, *visit);
  const Cover from = gap.cover;
  rest(gap);
  gap.cover = Cover::kOnHold;
  gap.review_on = review_on;
  set_alarm(id.text(), work_starts(review_on), ReviewTimer{id});
  tell_changed(gap, from);
}

void Casework::settle() {
  for (const auto& id : open_gaps()) {
    const Gap& gap = gap_at(id);
    const bool still_covered =
        gap.cover == Cover::kCovered && std::any_of(care_.future_visits.begin(), care_.future_visits.end(), [&](const FutureVisit& v) {
          return v.appointment == gap.appointment && v.purpose == gap.purpose;
        });
    if (still_covered) continue;
    if (const FutureVisit* visit = covering_visit(care_, gap.purpose)) {
      cover(id, *visit);
    } else if (gap.cover == Cover::kCovered) {
      activate(id);
    }
  }
}

void Casework::activate(const GapId& id) {
  Gap& gap = gap_at(id);
  const Cover from = gap.cover;
  rest(gap);
  gap.cover = Cover::kActive;
  tell_changed(gap, from);
  start_living(id);
}

void Casework::cover(const GapId& id, const FutureVisit& visit) {
  Gap& gap = gap_at(id);
  const Cover from = gap.cover;
  if (from == Cover::kCovered && gap.appointment == visit.appointment) return;
  rest(gap);
  gap.cover = Cover::kCovered;
  gap.appointment = gap.last_appointment = visit.appointment;
  tell_changed(gap, from);
}

void Casework::start_living(const GapId& id) {
  Gap& gap = gap_at(id);
  gap.step = 0;
  gap.retries = 0;
  if (!gap.needs_release) return schedule_next_step(id);
  open_task(id, TaskKind::kReview,
            gap.provenance == Provenance::kImported ? "Imported history: a missed visit without a later one"
                                                    : "Nobody has said whether the visit took place");
}

void Casework::rest(Gap& gap) {
  withdraw_task(gap);
  stop_alarm(gap);
  gap.appointment = {};
  gap.review_on.reset();
}

void Casework::stop_alarm(Gap& gap) {
  if (gap.next_step_at || gap.waiting_until || gap.review_on) alarms_.insert_or_assign(gap.gap.text(), Alarm{Instant{}, std::nullopt});
  gap.next_step_at.reset();
  gap.waiting_until.reset();
}

void Casework::set_alarm(std::string name, Instant due, Timer timer) {
  alarms_.insert_or_assign(std::move(name), Alarm{due, std::move(timer)});
}

void Casework::tell_changed(const Gap& gap, Cover from) {
  messages::GapChanged changed;
  changed.person = care_.person;
  changed.site = gap.site;
  changed.gap = gap.gap;
  changed.kind = gap.kind;
  changed.from = from;
  changed.to = gap.cover;
  changed.reason = gap.close_reason;
  changed.appointment = gap.appointment;
  changed.review_on = gap.review_on;
  changed.fee_minor = gap.fee_minor;
  tell(std::move(changed));
}

// ---- steps

void Casework::take_step(const GapId& id) {
  Gap& gap = gap_at(id);
  assert(gap.cover == Cover::kActive && gap.task.empty());
  if (gap.needs_release) return open_task(id, TaskKind::kReview, "Still waiting for a decision on imported or unclear history");
  const auto position = next_position(gap.kind, gap.sequence_version, gap.urgency, gap.step);
  if (!position) return skip_to_task(id, TaskKind::kPhoneCall, "Every step was taken and the care is still unfinished");
  gap.step = *position;
  const Step& step = sequence_of(gap.kind, gap.sequence_version)[*position - 1u];
  if (step.means == Step::Means::kTask) {
    return open_task(id, step.task, "Step " + std::to_string(gap.step) + ", no visit so far: " + std::string(to_string(gap.kind)));
  }
  ++gap.messages;
  messages::FollowUpStepDue due;
  due.person = care_.person;
  due.site = gap.site;
  due.gap = gap.gap;
  due.kind = gap.kind;
  due.step = gap.messages;
  due.channel = care_.preferred_channel == messages::Channel::kSms ? messages::Channel::kSms : messages::Channel::kEmail;
  due.template_name = std::string(step.template_name);
  tell(std::move(due));
  stop_alarm(gap);
  gap.waiting_until = now_ + config().reply_guard;
  set_alarm(id.text(), *gap.waiting_until, ReplyGuardTimer{id});
}

void Casework::schedule_next_step(const GapId& id) {
  const Gap& gap = gap_at(id);
  const auto position = next_position(gap.kind, gap.sequence_version, gap.urgency, gap.step);
  if (!position) return schedule_step_at(id, now_ + config().call_again);
  const auto after = *position == 1 ? config().first_step : sequence_of(gap.kind, gap.sequence_version)[*position - 1u].after;
  schedule_step_at(id, now_ + after);
}

void Casework::schedule_step_at(const GapId& id, Instant at) {
  Gap& gap = gap_at(id);
  assert(gap.cover == Cover::kActive && gap.task.empty());
  stop_alarm(gap);
  gap.next_step_at = at;
  set_alarm(id.text(), at, StepTimer{id});
}

void Casework::open_task(const GapId& id, TaskKind kind, std::string reason) {
  Gap& gap = gap_at(id);
  assert(gap.cover == Cover::kActive && gap.task.empty());
  stop_alarm(gap);
  TaskRecord task;
  task.task = TaskId(care_.person.text() + ".k-" + std::to_string(++care_.tasks_opened));
  task.site = gap.site;
  task.gap = id;
  task.kind = kind;
  task.reason = std::move(reason);
  gap.task = task.task;
  list_task(std::move(task));
}

void Casework::list_task(TaskRecord task) {
  task.person = care_.person;
  task.opened_at = now_;

  messages::TaskOpened opened;
  opened.person = care_.person;
  opened.site = task.site;
  opened.task = task.task;
  opened.gap = task.gap;
  opened.kind = task.kind;
  opened.reason = task.reason;
  opened.appointment = task.appointment;
  opened.due_at = task.due_at;
  opened.offer = task.offer;
  tell(std::move(opened));
  decision_.add_to_index(std::string(kWorkList), task.task.text(), score_of(now_));
  if (!task.site.empty()) decision_.add_to_index(work_list_of(task.site), task.task.text(), score_of(now_));
  std::string key = task.task.text();
  tasks_.insert_or_assign(std::move(key), std::move(task));
}

void Casework::skip_to_task(const GapId& id, TaskKind kind, std::string reason) {
  Gap& gap = gap_at(id);
  if (const auto position = position_of(gap.kind, gap.sequence_version, kind)) gap.step = *position;
  open_task(id, kind, std::move(reason));
}

void Casework::rewind_to_call(const GapId& id) {
  Gap& gap = gap_at(id);
  const auto call = position_of(gap.kind, gap.sequence_version, TaskKind::kPhoneCall);
  gap.step = call ? static_cast<std::uint16_t>(*call - 1) : gap.step;
}

void Casework::finish_task(const GapId& id, TaskOutcome outcome, std::string by) {
  Gap& gap = gap_at(id);
  end_task(gap.task, TaskState::kDone, outcome, std::move(by));
  gap.task = {};
}

void Casework::withdraw_task(Gap& gap) {
  if (gap.task.empty()) return;
  end_task(gap.task, TaskState::kWithdrawn, TaskOutcome{}, {});
  gap.task = {};
}

void Casework::end_task(const TaskId& id, TaskState state, TaskOutcome outcome, std::string by, std::string why) {
  TaskRecord* task = find_task(id);
  if (task == nullptr) return;  // not loaded yet: this decision is thrown away
  task->state = state;
  task->claimed_by = {};
  task->claimed_until.reset();
  messages::TaskClosed closed;
  closed.person = care_.person;
  closed.site = task->site;
  closed.task = id;
  closed.gap = task->gap;
  closed.appointment = task->appointment;
  closed.state = state;
  closed.outcome = outcome;
  closed.by = std::move(by);
  closed.offer = task->offer;
  closed.reason = std::move(why);
  tell(std::move(closed));
  decision_.remove_from_index(std::string(kWorkList), id.text());
  if (!task->site.empty()) decision_.remove_from_index(work_list_of(task->site), id.text());
}

// ---- items

PlanRecord& Casework::add_plan(PlanRecord plan) {
  care_.plans.push_back(plan.plan);
  std::string key = plan.plan.text();
  return plans_.insert_or_assign(std::move(key), std::move(plan)).first->second;
}

void Casework::move_item(PlanRecord& plan, PlannedItem& item, ItemState to, messages::DecisionReason reason,
                         const AppointmentId& appointment) {
  messages::ItemDecided decided;
  decided.person = plan.person;
  decided.site = plan.site;
  decided.plan = plan.plan;
  decided.item = item.item.item;
  decided.category = item.item.category;
  decided.fee_minor = item.item.fee_minor;
  decided.from = item.state;
  decided.to = to;
  decided.reason = reason;
  decided.appointment = appointment;
  tell(std::move(decided));
  item.state = to;
  item.reason = reason;
  item.let_go = CloseReason::kNone;
  if (!appointment.empty()) item.appointment = appointment;
  fit_gap(plan, item);
}

void Casework::fit_gap(PlanRecord& plan, PlannedItem& item) {
  const auto wanted = is_gone(care_) ? std::nullopt : wanted_gap(item);
  AppointmentId last_appointment;
  if (const Gap* gap = gap_of_item(plan.plan, item.item.item)) {
    if (wanted == gap->kind) return;
    last_appointment = gap->last_appointment;
    close(gap->gap, reason_of(item.state));
  }
  if (!wanted) return;
  open({.kind = *wanted,
        .purpose = item.item.category,
        .site = plan.site,
        .urgency = item.item.urgency,
        .fee_minor = item.item.fee_minor,
        .plan = plan.plan,
        .item = item.item.item,
        .last_appointment = last_appointment});
}

// ---- visits

void Casework::add_visit(const FutureVisit& visit) {
  std::erase_if(care_.future_visits, [&](const FutureVisit& v) { return v.appointment == visit.appointment; });
  care_.future_visits.push_back(visit);
  set_alarm(visit_alarm(care_.person, visit.appointment), visit.outcome_due, VisitOutcomeTimer{care_.person, visit.appointment});
}

bool Casework::remove_visit(const AppointmentId& appointment) {
  const auto erased = std::erase_if(care_.future_visits, [&](const FutureVisit& v) { return v.appointment == appointment; });
  if (erased > 0) alarms_.insert_or_assign(visit_alarm(care_.person, appointment), Alarm{Instant{}, std::nullopt});
  settle_question(appointment, "the visit has moved, was cancelled or is over");
  return erased > 0;
}

const FutureVisit* Casework::find_visit(const AppointmentId& appointment) const {
  const FutureVisit* found = nullptr;
  for (const auto& visit : care_.future_visits) {
    if (appointment.empty() ? visit.start <= now_ : visit.appointment != appointment) continue;
    if (found == nullptr || visit.start < found->start) found = &visit;
  }
  return found;
}

// ---- visits without a time

void Casework::plan_visit(PlannedVisit visit) {
  std::erase_if(care_.planned_visits, [&](const PlannedVisit& planned) { return planned.appointment == visit.appointment; });
  care_.planned_visits.push_back(std::move(visit));
}

bool Casework::settle_plan(const AppointmentId& appointment, CloseReason reason) {
  const auto erased = std::erase_if(care_.planned_visits, [&](const PlannedVisit& planned) { return planned.appointment == appointment; });
  for (const auto& id : open_gaps()) {
    if (gap_at(id).planned == appointment && !appointment.empty()) close(id, reason);
  }
  return erased > 0;
}

void Casework::fit_plans() {
  for (const auto& planned : std::vector<PlannedVisit>(care_.planned_visits)) {
    std::optional<GapId> own;
    bool accounted_for = false;
    for (const auto& gap : care_.gaps) {
      if (!is_open(gap)) continue;
      if (gap.planned == planned.appointment) own = gap.gap;
      accounted_for = accounted_for || (gap.planned.empty() && gap.purpose == planned.purpose);
    }
    const bool wanted = !is_gone(care_) && planned.let_go == CloseReason::kNone && !accounted_for;
    if (own && !wanted) close(*own, CloseReason::kSuperseded);
    if (own || !wanted) continue;
    open({.kind = GapKind::kNotScheduled, .purpose = planned.purpose, .site = planned.site, .planned = planned.appointment});
  }
}

// ---- visits in question

Instant Casework::question_due(const SiteId& site) const {
  return runtime::add_business_time(site.empty() ? nullptr : state_->find<SiteRecord>(site.text()), now_, config().visit_question);
}

QuestionedVisit* Casework::find_question(const AppointmentId& appointment) {
  const auto known = std::ranges::find(care_.questioned_visits, appointment, &QuestionedVisit::appointment);
  return known == care_.questioned_visits.end() ? nullptr : &*known;
}

bool Casework::is_claimed(const TaskId& id) {
  const TaskRecord* task = find_task(id);
  return task != nullptr && task->state == TaskState::kClaimed && task->claimed_until && *task->claimed_until > now_;
}

std::string Casework::question_reason(const FutureVisit& visit, const messages::VisitQuestioned& event) const {
  const SiteRecord* site = visit.site.empty() ? nullptr : state_->find<SiteRecord>(visit.site.text());
  const bool known = site != nullptr && runtime::zone_exists(site->zone);
  return question_words(event.doubt, visit.start, known ? std::string_view(site->zone) : zone_of(care_, config()), event.also_asked);
}

void Casework::question_visit(const FutureVisit& visit, const messages::VisitQuestioned& event) {
  QuestionedVisit* known = find_question(visit.appointment);
  if (known == nullptr) {
    known = &care_.questioned_visits.emplace_back();
    known->appointment = visit.appointment;
  }
  if (known->affirmed) {
    // whoever is at it has read a yes
    known->affirmed = false;
    if (TaskRecord* task = find_task(known->task)) {
      task->reason = question_reason(visit, event);
      task->words = event.words;
    }
  }
  bool& had_its_task = event.doubt == messages::VisitDoubt::kCancel ? known->cancelled : known->answered;
  // What somebody asks for in so many words is no answer that has been dealt with.
  if (!known->task.empty() || (had_its_task && event.doubt != messages::VisitDoubt::kAnotherTime)) return;
  had_its_task = true;

  const SiteRecord* site = visit.site.empty() ? nullptr : state_->find<SiteRecord>(visit.site.text());
  TaskRecord task;
  task.task = TaskId(care_.person.text() + ".k-" + std::to_string(++care_.tasks_opened));
  task.site = visit.site;
  task.kind = TaskKind::kPhoneCall;
  task.appointment = visit.appointment;
  task.reason = question_reason(visit, event);
  task.words = event.words;
  // while somebody is at the site, and not after the visit has begun if that can be
  task.due_at = std::min(question_due(visit.site), std::max(visit.start, runtime::add_business_time(site, now_, std::chrono::minutes{0})));
  known->task = task.task;
  list_task(std::move(task));
}

void Casework::affirm_visit(const AppointmentId& appointment, const Phi<std::string>& words) {
  QuestionedVisit* known = find_question(appointment);
  if (known == nullptr) return;
  if (known->task.empty() || !is_claimed(known->task)) return settle_question(appointment, "they have answered yes since");
  TaskRecord* task = find_task(known->task);
  task->words = words;
  if (!known->affirmed) task->reason += "; since then they have answered yes";
  known->affirmed = true;
}

bool Casework::is_left_to_its_claimer(const AppointmentId& appointment) {
  const QuestionedVisit* known = find_question(appointment);
  return known != nullptr && known->affirmed && is_claimed(known->task);
}

void Casework::settle_question(const AppointmentId& appointment, std::string why) {
  const QuestionedVisit* known = find_question(appointment);
  if (known == nullptr) return;
  if (!known->task.empty()) end_task(known->task, TaskState::kWithdrawn, TaskOutcome{}, {}, std::move(why));
  std::erase_if(care_.questioned_visits, [&](const QuestionedVisit& q) { return q.appointment == appointment; });
}

void Casework::question_offer(const messages::OfferQuestioned& event) {
  constexpr std::size_t kOffersMax = 64;
  auto& offers = care_.questioned_offers;
  if (offers.size() == kOffersMax || std::ranges::find(offers, event.offer, &QuestionedOffer::offer) != offers.end()) return;
  TaskRecord task;
  task.task = TaskId(care_.person.text() + ".k-" + std::to_string(++care_.tasks_opened));
  task.site = event.site;
  task.kind = TaskKind::kPhoneCall;
  task.offer = event.offer;
  task.reason = offer_words(event.local_start);
  task.words = event.words;
  task.due_at = question_due(event.site);
  offers.push_back({event.offer, task.task});
  list_task(std::move(task));
}

void Casework::settle_offer(const OfferId& offer, std::string why) {
  auto& offers = care_.questioned_offers;
  const auto known = std::ranges::find(offers, offer, &QuestionedOffer::offer);
  if (known == offers.end()) return;
  end_task(known->task, TaskState::kWithdrawn, TaskOutcome{}, {}, std::move(why));
  offers.erase(known);
}

void Casework::settle_all_questions() {
  const std::string why = "nobody follows this person up any more";
  while (!care_.questioned_visits.empty()) settle_question(AppointmentId(care_.questioned_visits.front().appointment), why);
  while (!care_.questioned_offers.empty()) settle_offer(OfferId(care_.questioned_offers.front().offer), why);
}

void Casework::finish_question(const TaskId& task, TaskOutcome outcome, std::string by) {
  end_task(task, TaskState::kDone, outcome, std::move(by));
  std::erase_if(care_.questioned_offers, [&](const QuestionedOffer& q) { return q.task == task; });
  for (auto& known : care_.questioned_visits) {
    if (known.task != task) continue;
    known.task = {};
    known.affirmed = false;
  }
}

void Casework::note_completed_day(messages::Purpose purpose, LocalDay day) {
  if (!care_.last_completed_day || *care_.last_completed_day < day) care_.last_completed_day = day;
  for (auto& known : care_.last_completed_by_purpose) {
    if (known.purpose == purpose) {
      known.day = std::max(known.day, day);
      return;
    }
  }
  care_.last_completed_by_purpose.push_back({purpose, day});
}

std::optional<LocalDay> Casework::last_completed(messages::Purpose purpose) const {
  for (const auto& known : care_.last_completed_by_purpose) {
    if (known.purpose == purpose) return known.day;
  }
  return std::nullopt;
}

Decision Casework::finish() {
  fit_plans();
  const auto kept = static_cast<std::ptrdiff_t>(std::max<std::int64_t>(config().closed_gaps_kept, 0));
  auto too_many = std::count_if(care_.gaps.begin(), care_.gaps.end(), [](const Gap& gap) { return !is_open(gap); }) - kept;
  while (too_many-- > 0) {
    const auto oldest = std::min_element(care_.gaps.begin(), care_.gaps.end(), [](const Gap& a, const Gap& b) {
      if (is_open(a) != is_open(b)) return is_open(b);
      return a.closed_at < b.closed_at;
    });
    care_.gaps.erase(oldest);
  }
  if (!loaded_ || *loaded_ != care_) decision_.put(care_.person.text(), care_);
  for (const auto& [id, plan] : plans_) {
    const auto* before = state_->find<PlanRecord>(id);
    if (before == nullptr || *before != plan) decision_.put(id, plan);
  }
  for (const auto& [id, task] : tasks_) {
    const auto* before = state_->find<TaskRecord>(id);
    if (before == nullptr || *before != task) decision_.put(id, task);
  }
  for (auto& event : events_) std::visit([&](auto& e) { decision_.emit(std::move(e)); }, event);
  for (auto& [name, alarm] : alarms_) {
    if (!alarm.timer) {
      decision_.cancel_timer(name);
      continue;
    }
    std::visit([&](auto& timer) { decision_.set_timer(name, alarm.due, std::move(timer)); }, *alarm.timer);
  }
  return std::move(decision_);
}

}  // namespace bridgework::followup
