#pragma once
// The page behind the link of a reminder: what visit it is, and a button that confirms it. Same looks as the survey's.

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

/// Site and time of the visit, and the button while it is open. No name and no treatment: whoever has the phone sees it.
std::string confirm_page(const messages::AppointmentView& visit, std::string_view site_name, VisitStanding standing);

/// `Tuesday 24 November 2026, 09:00`.
std::string time_in_words(LocalTime at);

}  // namespace bridgework::gateway
