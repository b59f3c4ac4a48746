#include "appointments/decide_group.hpp"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "appointments/booking.hpp"

namespace bridgework::appointments {
namespace {

/// Decided in one go and committed at once: a larger group would make others wait.
constexpr std::size_t kVisitsMax = 64;

std::string group_timer(const GroupId& group) { return group.text() + "/hold"; }

struct Member {
  AppointmentId appointment;
  const VisitRecord* record;
};

std::vector<Member> members_of(const State& state, const GroupRecord& group) {
  std::vector<Member> members;
  for (const AppointmentId& appointment : group.appointments)
    if (const VisitRecord* record = state.find<VisitRecord>(appointment.text())) members.push_back({appointment, record});
  return members;
}

Decision no_such_group(const GroupId& group) { return Decision::refuse(Refusal::kUnknownGroup, "no group " + group.text()); }

}  // namespace

Decision on(const State& state, const messages::HoldGroup& command, Instant now) {
  const SiteRecord* site = state.find<SiteRecord>(command.site.text());
  if (site == nullptr) return Decision::refuse(Refusal::kUnknownSite, "no site " + command.site.text());
  if (!belongs_to(command.group.text(), command.site))
    return Decision::refuse(Refusal::kInvalidId, "a group's id starts with its site and a dot");
  if (state.find<GroupRecord>(command.group.text()) != nullptr)
    return Decision::refuse(Refusal::kAlreadyExists, "there is a group " + command.group.text());
  const std::size_t count = command.items.size() * command.times;
  if (count == 0 || count > kVisitsMax)
    return Decision::refuse(Refusal::kGroupSize,
                            "a group has 1 to " + std::to_string(kVisitsMax) + " visits, this one " + std::to_string(count));

  Decision decision;
  Books books(state, command.site);
  const Instant hold_ends = now + state.config().hold;
  const auto every = std::chrono::days(command.every * (command.unit == messages::RepeatUnit::kWeeks ? 7 : 1));
  messages::GroupView view{.group = command.group};
  GroupRecord group;
  for (int time = 0; time < command.times; ++time) {
    for (const messages::GroupItem& item : command.items) {
      const std::string number = std::to_string(group.appointments.size() + 1);
      const LocalTime local_start = item.local_start + time * every;
      const auto no = [&](Refusal code, const std::string& why) {
        return Decision::refuse(code, "visit " + number + " of " + std::to_string(count) + " (" + text_of(local_start) + "): " + why);
      };
      const AppointmentId appointment(command.group.text() + "." + number);
      if (item.person.empty()) return no(Refusal::kInvalidId, "a visit needs a person");
      if (state.find<VisitRecord>(appointment.text()) != nullptr)
        return no(Refusal::kAlreadyExists, "there is an appointment " + appointment.text());
      auto place = find_place(*site,
                              {.visit_type = item.visit_type,
                               .provider = item.provider,
                               .chair = item.chair,
                               .preferred_chair = {},
                               .local_start = local_start},
                              books, now);
      if (!place) return no(place.error().code, place.error().detail);
      const VisitRecord record = take_for(decision, books, {.appointment = appointment, .person = item.person, .group = command.group},
                                          std::move(*place), hold_ends, now);
      view.appointments.push_back(view_of(appointment, record));
      group.appointments.push_back(appointment);
    }
  }
  books.write(decision);
  decision.set_timer(group_timer(command.group), hold_ends, GroupHoldLapsed{command.group})
      .put(command.group.text(), std::move(group))
      .reply(std::move(view));
  return decision;
}

Decision on(const State& state, const messages::BookGroup& command, Instant now) {
  const GroupRecord* group = state.find<GroupRecord>(command.group.text());
  if (group == nullptr) return no_such_group(command.group);
  const std::vector<Member> members = members_of(state, *group);
  if (std::ranges::none_of(members, [&](const Member& member) { return is_held(*member.record, now); })) {
    const bool over = std::ranges::any_of(members, [](const Member& member) {
      return member.record->state == VisitState::kHeld || member.record->state == VisitState::kLapsed;
    });
    if (over) return Decision::refuse(Refusal::kHoldLapsed, "the hold is over; find a new time");
    return Decision::refuse(Refusal::kIllegalTransition, "nothing of the group is held");
  }
  for (const Member& member : members)
    if (is_held(*member.record, now))
      if (auto elsewhere = promised_elsewhere(state, member.appointment, *member.record)) return refuse(std::move(*elsewhere));

  Decision decision;
  Books books(state, members.front().record->site);
  messages::GroupView view{.group = command.group};
  for (const Member& member : members) {
    VisitRecord record = *member.record;
    if (is_held(record, now)) record = book_hold(decision, books, member.appointment, std::move(record));
    view.appointments.push_back(view_of(member.appointment, record));
  }
  books.write(decision);
  decision.cancel_timer(group_timer(command.group)).reply(std::move(view));
  return decision;
}

Decision on(const State& state, const messages::CancelGroup& command, Instant now) {
  const GroupRecord* group = state.find<GroupRecord>(command.group.text());
  if (group == nullptr) return no_such_group(command.group);
  const std::vector<Member> members = members_of(state, *group);
  const auto cancellable = [](const Member& member) { return after(member.record->state, Step::kCancel).has_value(); };
  if (std::ranges::none_of(members, cancellable))
    return Decision::refuse(Refusal::kIllegalTransition, "nothing of the group is left to cancel");

  Decision decision;
  Books books(state, members.front().record->site);
  messages::GroupView view{.group = command.group};
  for (const Member& member : members) {
    VisitRecord record = *member.record;
    if (cancellable(member))
      record = cancel_visit(decision, books, member.appointment, std::move(record), {.by = command.by, .reason = command.reason}, now);
    view.appointments.push_back(view_of(member.appointment, record));
  }
  books.write(decision);
  decision.cancel_timer(group_timer(command.group)).reply(std::move(view));
  return decision;
}

Decision on(const State& state, const GroupHoldLapsed& timer, Instant now) {
  const GroupRecord* group = state.find<GroupRecord>(timer.group.text());
  if (group == nullptr) return {};
  const std::vector<Member> members = members_of(state, *group);
  const auto is_over = [&](const Member& member) { return member.record->state == VisitState::kHeld && !is_held(*member.record, now); };
  if (std::ranges::none_of(members, is_over)) return {};
  Decision decision;
  Books books(state, members.front().record->site);
  for (const Member& member : members) {
    if (!is_over(member)) continue;
    books.release(member.appointment, *member.record);
    lapse(decision, member.appointment, *member.record);
  }
  books.write(decision);
  return decision;
}

}  // namespace bridgework::appointments
