#pragma once
// The page behind the link of a reminder: what visit it is, and a button that confirms it. Same looks as the survey's.

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "messages/appointments.values.hpp"
#include "runtime/types.hpp"

namespace bridgework::gateway {

/// What whoever holds the link can still do.
enum class VisitStanding {
  kOpen,       ///< may be confirmed
  kConfirmed,  ///< has been, or they have come already
  kMoved,      ///< another time was agreed on: this link does nothing any more
  kCancelled,
  kOver,
};
VisitStanding standing_of(const messages::AppointmentView& visit, Instant now);
/// Of all visits of one message: open while one of them is, else confirmed when one is, else as the first.
VisitStanding standing_of(std::span<const messages::AppointmentView> visits, Instant now);

/// The site, the times of the visits that stand, and the button while one is open, and how to call each off. No name and no treatment:
/// whoever has the phone sees it. `visits` is not empty.
std::string confirm_page(std::span<const messages::AppointmentView> visits, std::string_view site_name, Instant now);

/// Whether the visit can be cancelled by whoever it is for: until it begins. How long before is in the event, and in the figures.
bool can_be_called_off(const messages::AppointmentView& visit, Instant now);

/// The forms that cancel the visit and ask for a call about another time; they post to `action`, or where they were read from. `which` says
/// which of several visits of a page it is, counted from 0.
std::string call_off_forms(std::string_view action, std::size_t which = 0);

/// What whoever holds the link wants.
enum class VisitAnswer { kConfirm, kCancel, kAnotherTime };
/// Nothing when it says something else. Empty: the visit is confirmed, as the button of older mails has it.
std::optional<VisitAnswer> read_visit_answer(std::string_view answer);

/// `Tuesday 24 November 2026, 09:00`.
std::string time_in_words(LocalTime at);

}  // namespace bridgework::gateway
