#pragma once
// The words of appointments, and what a visit may become.

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "appointments/config.hpp"
#include "appointments/state.values.hpp"
#include "messages/appointments.values.hpp"
#include "messages/lead_intake.values.hpp"
#include "runtime/decision.hpp"
#include "runtime/read_view.hpp"

namespace bridgework::appointments {

using messages::VisitState;

struct Vocabulary {
  using Record = appointments::Record;
  using Timer = appointments::Timer;
  using Effect = std::variant<std::monostate>;
  using Event = messages::AppointmentsEvent;
  using Reply = std::variant<messages::Done, messages::AppointmentView, messages::GroupView, messages::ExceptionView, messages::PlannedList,
                             messages::VisitsImported, messages::AppointmentList, messages::SlotList, messages::SiteList,
                             messages::SiteView, messages::ShortNoticeList, messages::FittingList, messages::OfferView,
                             messages::OpeningList, messages::UndoneCheckOutList>;
  using Refusal = messages::AppointmentsRefusal;
  using Config = appointments::Config;
};
using State = runtime::State<Vocabulary>;
using Decision = runtime::Decision<Vocabulary>;
using View = runtime::ReadView<Record>;
using Refusal = messages::AppointmentsRefusal;

/// What somebody at the desk does with a visit.
enum class Step { kHold, kBook, kConfirm, kArrive, kSeat, kComplete, kCheckOut, kCancel, kNoShow, kMove };

constexpr std::string_view to_string(Step step) {
  switch (step) {
    case Step::kHold: return "hold";
    case Step::kBook: return "book";
    case Step::kConfirm: return "confirm";
    case Step::kArrive: return "arrive";
    case Step::kSeat: return "seat";
    case Step::kComplete: return "complete";
    case Step::kCheckOut: return "check-out";
    case Step::kCancel: return "cancel";
    case Step::kNoShow: return "no-show";
    case Step::kMove: return "move";
  }
  return {};
}

struct Transition {
  VisitState from;
  Step step;
  VisitState to;
};

/// Everything that may happen to a visit; what is not here is refused.
///
/// Cancelling a hold gives it back: nobody was promised a visit, so it lapses and counts as no cancellation; a visit that was planned
/// before is planned again. Whoever has arrived may still leave (cancel), but is not a no-show and moves only by a new visit.
inline constexpr std::array kTransitions = {
    Transition{VisitState::kPlanned, Step::kHold, VisitState::kHeld},
    Transition{VisitState::kPlanned, Step::kCancel, VisitState::kCancelled},
    Transition{VisitState::kHeld, Step::kBook, VisitState::kBooked},
    Transition{VisitState::kHeld, Step::kCancel, VisitState::kLapsed},
    Transition{VisitState::kBooked, Step::kConfirm, VisitState::kConfirmed},
    Transition{VisitState::kBooked, Step::kArrive, VisitState::kArrived},
    Transition{VisitState::kBooked, Step::kCancel, VisitState::kCancelled},
    Transition{VisitState::kBooked, Step::kNoShow, VisitState::kNoShow},
    Transition{VisitState::kBooked, Step::kMove, VisitState::kMoved},
    Transition{VisitState::kConfirmed, Step::kArrive, VisitState::kArrived},
    Transition{VisitState::kConfirmed, Step::kCancel, VisitState::kCancelled},
    Transition{VisitState::kConfirmed, Step::kNoShow, VisitState::kNoShow},
    Transition{VisitState::kConfirmed, Step::kMove, VisitState::kMoved},
    Transition{VisitState::kArrived, Step::kSeat, VisitState::kSeated},
    Transition{VisitState::kArrived, Step::kCancel, VisitState::kCancelled},
    Transition{VisitState::kSeated, Step::kComplete, VisitState::kCompleted},
    Transition{VisitState::kCompleted, Step::kCheckOut, VisitState::kCheckedOut},
};

/// Where the step leads from there, or nothing when it is not allowed.
constexpr std::optional<VisitState> after(VisitState from, Step step) {
  for (const Transition& transition : kTransitions)
    if (transition.from == from && transition.step == step) return transition.to;
  return std::nullopt;
}

/// What the desk is told after an illegal step: `it is seated; possible: complete`.
inline std::string possible_from(VisitState state) {
  std::string text = "it is ";
  text.append(to_string(state)).append("; possible: ");
  std::size_t count = 0;
  for (const Transition& transition : kTransitions) {
    if (transition.from != state) continue;
    if (count++ > 0) text.append(", ");
    text.append(to_string(transition.step));
  }
  if (count == 0) text.append("nothing more");
  return text;
}

/// What is shown of a visit.
inline messages::AppointmentView view_of(const AppointmentId& appointment, const VisitRecord& record) {
  return {.appointment = appointment,
          .person = record.person,
          .site = record.site,
          .state = record.state,
          .visit = record.visit,
          .hold_ends = record.hold_ends,
          .waited_minutes = record.waited_minutes,
          .moved_to = record.moved_to,
          .group = record.group,
          .outside = {},
          .overlaps = {},
          .planned_again = record.planned_again};
}

}  // namespace bridgework::appointments
