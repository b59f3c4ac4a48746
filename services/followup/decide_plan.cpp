// Treatment plans: found, presented, decided, started, completed. Each state of an item is owed something else, see `wanted_gap`.

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <set>
#include <string>

#include "followup/casework.hpp"
#include "followup/decide.hpp"

namespace bridgework::followup {
namespace {

using messages::DecisionReason;
using messages::FollowupRefusal;
using messages::ItemState;

/// Every dependency names another item of the plan, and no item waits for itself, however far round.
bool dependencies_make_sense(const std::vector<messages::PlanItem>& items) {
  std::set<std::string> placed;
  for (std::size_t round = 0; round < items.size(); ++round) {
    for (const auto& item : items) {
      const bool ready =
          std::all_of(item.depends_on.begin(), item.depends_on.end(), [&](const ItemId& needed) { return placed.contains(needed.text()); });
      if (ready) placed.insert(item.item.text());
    }
  }
  return placed.size() == items.size();
}

bool dependencies_completed(const PlanRecord& plan, const PlannedItem& item) {
  return std::all_of(item.item.depends_on.begin(), item.item.depends_on.end(), [&](const ItemId& needed) {
    const PlannedItem* found = find_item(plan, needed);
    return found == nullptr || found->state == ItemState::kCompleted;
  });
}

/// What all item commands share: the plan and the item exist, and the item is in a state from which it may go there.
struct Change {
  PlanId plan;
  ItemId item;
  ItemState to;
  DecisionReason reason = DecisionReason::kNone;
  AppointmentId appointment{};
};

/// `after` runs when the item has moved, before the decision is closed; `refuse_if` may refuse with the item as it was.
template <class RefuseIf, class After>
Decision change_item(const State& state, const Change& change, std::initializer_list<ItemState> from, Instant now, RefuseIf&& refuse_if,
                     After&& after) {
  Casework work(state, owner_key(change.plan.text()), now);
  PlanRecord* plan = work.find_plan(change.plan);
  if (plan == nullptr) return Decision::refuse(FollowupRefusal::kUnknownPlan, change.plan.text());
  const auto item = std::find_if(plan->items.begin(), plan->items.end(), [&](const PlannedItem& i) { return i.item.item == change.item; });
  if (item == plan->items.end()) return Decision::refuse(FollowupRefusal::kUnknownItem, change.item.text());
  if (std::find(from.begin(), from.end(), item->state) == from.end()) {
    return Decision::refuse(FollowupRefusal::kIllegalTransition,
                            "from " + std::string(to_string(item->state)) + " to " + std::string(to_string(change.to)));
  }
  if (auto refused = refuse_if(work, *plan, *item)) return Decision::refuse(refused->code, refused->detail);
  work.move_item(*plan, *item, change.to, change.reason, change.appointment);
  after(work, *plan, *item);
  work.reply(view_of(*plan));
  return work.finish();
}

using Refusal = std::optional<runtime::Refused<FollowupRefusal>>;
constexpr auto kNoMoreRules = [](const Casework&, const PlanRecord&, const PlannedItem&) -> Refusal { return std::nullopt; };
constexpr auto kNothingMore = [](Casework&, PlanRecord&, PlannedItem&) {};

}  // namespace

Decision on(const State& state, const messages::CreateTreatmentPlan& command, Instant now) {
  const std::string& plan_id = command.plan.text();
  if (plan_id.size() <= command.person.text().size() + 1 || !plan_id.starts_with(command.person.text() + ".")) {
    return Decision::refuse(FollowupRefusal::kInvalidId, "a plan's id starts with its person's and a dot");
  }
  std::set<std::string> names;
  for (const auto& item : command.items) {
    if (!names.insert(item.item.text()).second)
      return Decision::refuse(FollowupRefusal::kInvalidId, "twice in the plan: " + item.item.text());
  }
  if (!dependencies_make_sense(command.items)) {
    return Decision::refuse(FollowupRefusal::kInvalidId, "an item depends on one that is not in the plan, or on itself");
  }
  Casework work(state, command.person.text(), now);
  if (work.find_plan(command.plan) != nullptr) return Decision::refuse(FollowupRefusal::kAlreadyExists, plan_id);

  PlanRecord record;
  record.plan = command.plan;
  record.person = command.person;
  record.site = command.site;
  record.currency = command.currency;
  for (const auto& item : command.items) {
    PlannedItem planned;
    planned.item = item;
    record.items.push_back(std::move(planned));
  }
  PlanRecord& plan = work.add_plan(std::move(record));

  messages::TreatmentPlanCreated created;
  created.person = command.person;
  created.site = command.site;
  created.plan = command.plan;
  created.currency = command.currency;
  created.items = command.items;
  work.tell(std::move(created));
  for (auto& item : plan.items) work.fit_gap(plan, item);
  work.reply(view_of(plan));
  return work.finish();
}

Decision on(const State& state, const messages::PresentItem& command, Instant now) {
  return change_item(state, {.plan = command.plan, .item = command.item, .to = ItemState::kPresented},
                     {ItemState::kFound, ItemState::kDeclined, ItemState::kDeferred}, now, kNoMoreRules,
                     [](Casework& work, PlanRecord& plan, PlannedItem& item) {
                       // shown again before its review date: no reason to wait for that date any more
                       const Gap* gap = work.gap_of_item(plan.plan, item.item.item);
                       if (gap != nullptr && gap->cover == messages::Cover::kOnHold) work.activate(GapId(gap->gap));
                     });
}

Decision on(const State& state, const messages::AcceptItem& command, Instant now) {
  return change_item(state, {.plan = command.plan, .item = command.item, .to = ItemState::kAccepted},
                     {ItemState::kPresented, ItemState::kDeclined, ItemState::kDeferred}, now, kNoMoreRules, kNothingMore);
}

Decision on(const State& state, const messages::DeclineItem& command, Instant now) {
  return change_item(state, {.plan = command.plan, .item = command.item, .to = ItemState::kDeclined, .reason = command.reason},
                     {ItemState::kPresented, ItemState::kAccepted, ItemState::kDeferred}, now, kNoMoreRules, kNothingMore);
}

Decision on(const State& state, const messages::DeferItem& command, Instant now) {
  return change_item(
      state, {.plan = command.plan, .item = command.item, .to = ItemState::kDeferred, .reason = command.reason},
      {ItemState::kPresented, ItemState::kAccepted, ItemState::kDeferred}, now,
      [&](const Casework& work, const PlanRecord&, const PlannedItem&) -> Refusal {
        if (command.until > work.today()) return std::nullopt;
        return runtime::Refused<FollowupRefusal>{FollowupRefusal::kInThePast, "a deferred item needs a later day"};
      },
      [&](Casework& work, PlanRecord& plan, PlannedItem& item) {
        if (const Gap* gap = work.gap_of_item(plan.plan, item.item.item)) work.hold(GapId(gap->gap), command.until);
      });
}

Decision on(const State& state, const messages::StartItem& command, Instant now) {
  return change_item(state, {.plan = command.plan, .item = command.item, .to = ItemState::kStarted, .appointment = command.appointment},
                     {ItemState::kAccepted}, now, kNoMoreRules, kNothingMore);
}

Decision on(const State& state, const messages::CompleteItem& command, Instant now) {
  return change_item(
      state, {.plan = command.plan, .item = command.item, .to = ItemState::kCompleted, .appointment = command.appointment},
      {ItemState::kAccepted, ItemState::kStarted}, now,
      [](const Casework&, const PlanRecord& plan, const PlannedItem& item) -> Refusal {
        if (dependencies_completed(plan, item)) return std::nullopt;
        return runtime::Refused<FollowupRefusal>{FollowupRefusal::kDependencyOpen, "what it depends on is not completed"};
      },
      kNothingMore);
}

}  // namespace bridgework::followup
