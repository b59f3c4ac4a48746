#include "followup/state.hpp"

#include <array>
#include <chrono>
#include <cstdio>

#include "runtime/zone.hpp"

namespace bridgework::followup {

using messages::GapKind;
using messages::ItemState;

std::optional<GapKind> wanted_gap(const PlannedItem& item) {
  if (item.let_go != messages::CloseReason::kNone) return std::nullopt;
  switch (item.state) {
    case ItemState::kFound: return GapKind::kNotPresented;
    case ItemState::kPresented:
    case ItemState::kDeferred: return GapKind::kUndecided;
    case ItemState::kAccepted: return GapKind::kNotScheduled;
    case ItemState::kStarted: return GapKind::kUnfinished;
    case ItemState::kDeclined:
    case ItemState::kCompleted: return std::nullopt;
  }
  return std::nullopt;
}

const FutureVisit* covering_visit(const PersonCareRecord& care, messages::Purpose purpose) {
  const FutureVisit* earliest = nullptr;
  for (const auto& visit : care.future_visits) {
    if (visit.purpose == purpose && (earliest == nullptr || visit.start < earliest->start)) earliest = &visit;
  }
  return earliest;
}

const PlannedItem* find_item(const PlanRecord& plan, const ItemId& item) {
  for (const auto& planned : plan.items) {
    if (planned.item.item == item) return &planned;
  }
  return nullptr;
}

std::string_view zone_of(const PersonCareRecord& care, const Config& config) {
  if (runtime::zone_exists(care.address_zone)) return care.address_zone;
  if (runtime::zone_exists(care.site_zone)) return care.site_zone;
  return runtime::zone_exists(config.zone) ? std::string_view(config.zone) : std::string_view("UTC");
}

Instant work_starts_at(const PersonCareRecord& care, LocalDay day, const Config& config) {
  const std::string_view zone = zone_of(care, config);
  const auto at = runtime::to_instant(LocalTime{day.time_since_epoch() + config.task_hour}, zone);
  return at ? *at : runtime::day_start(day, zone) + config.task_hour;
}

messages::TreatmentPlanView view_of(const PlanRecord& plan) {
  messages::TreatmentPlanView view;
  view.plan = plan.plan;
  view.person = plan.person;
  view.site = plan.site;
  view.currency = plan.currency;
  for (const auto& item : plan.items) {
    messages::ItemView shown;
    shown.item = item.item;
    shown.state = item.state;
    shown.reason = item.reason;
    shown.visits_done = item.visits_done;
    view.items.push_back(std::move(shown));
  }
  return view;
}

messages::GapView view_of(const Gap& gap, const PersonId& person) {
  messages::GapView view;
  view.gap = gap.gap;
  view.person = person;
  view.site = gap.site;
  view.kind = gap.kind;
  view.purpose = gap.purpose;
  view.cover = gap.cover;
  view.reason = gap.close_reason;
  view.step = gap.step;
  view.next_step_at = gap.next_step_at;
  view.review_on = gap.review_on;
  view.appointment = gap.appointment;
  view.fee_minor = gap.fee_minor;
  view.provenance = gap.provenance;
  view.opened_at = gap.opened_at;
  view.plan = gap.plan;
  view.item = gap.item;
  view.planned = gap.planned;
  return view;
}

messages::TaskView view_of(const TaskRecord& task, Instant now) {
  const bool lease_over = task.state == messages::TaskState::kClaimed && (!task.claimed_until || *task.claimed_until <= now);
  messages::TaskView view;
  view.task = task.task;
  view.person = task.person;
  view.site = task.site;
  view.gap = task.gap;
  view.kind = task.kind;
  view.state = lease_over ? messages::TaskState::kOpen : task.state;
  view.reason = task.reason;
  if (!lease_over) {
    view.claimed_by = task.claimed_by;
    view.claimed_until = task.claimed_until;
  }
  view.attempts = task.attempts;
  view.not_before = task.not_before;
  view.appointment = task.appointment;
  view.due_at = task.due_at;
  view.words = task.words;
  view.offer = task.offer;
  return view;
}

namespace {

/// "5 March at 09:00".
std::string spoken(LocalTime local) {
  static constexpr std::array<std::string_view, 12> kMonths = {"January", "February", "March",     "April",   "May",      "June",
                                                               "July",    "August",   "September", "October", "November", "December"};
  const std::chrono::year_month_day date{std::chrono::floor<std::chrono::days>(local)};
  const int minute = runtime::minute_of_day(local);
  char clock[8];
  std::snprintf(clock, sizeof clock, "%02d:%02d", minute / 60 % 24, minute % 60);
  return std::to_string(static_cast<unsigned>(date.day())) + " " + std::string(kMonths[static_cast<unsigned>(date.month()) - 1]) + " at " +
         clock;
}

std::string about_one_visit(messages::VisitDoubt doubt, const std::string& visit) {
  switch (doubt) {
    case messages::VisitDoubt::kNo: return "Answered no when asked about " + visit + ": call and ask whether it stands";
    case messages::VisitDoubt::kUnclear:
      return "Wrote something about " + visit + " that only a person understands: read it, and call if need be";
    case messages::VisitDoubt::kCancel: return "Wrote CANCEL, which has ended all text messages: call and ask whether " + visit + " stands";
    case messages::VisitDoubt::kAnotherTime: return "Would like another time than that of " + visit + ": call and find one";
  }
  return "Call and ask whether " + visit + " stands";
}

}  // namespace

std::string question_words(messages::VisitDoubt doubt, Instant start, std::string_view zone, unsigned also_asked) {
  const std::string words = about_one_visit(doubt, "the visit on " + spoken(runtime::to_local(start, zone)));
  if (also_asked == 0) return words;
  return words + "; that phone was asked about " + std::to_string(also_asked) + (also_asked == 1 ? " visit" : " visits") +
         " of others that day, too";
}

std::string offer_words(LocalTime start) {
  return "Was offered a free time on " + spoken(start) +
         " and wrote something that only a person understands: read it, and call if need be";
}

}  // namespace bridgework::followup
