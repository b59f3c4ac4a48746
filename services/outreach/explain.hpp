#pragma once
// Why a message was sent, or not, in words a practice manager can read.

#include <string>
#include <string_view>

#include "outreach/state.hpp"

namespace bridgework::outreach {

/// "The reminder for the visit on 3 March 09:00 was not sent because the visit was moved before it was due." Times are shown on the
/// clock of `zone`.
std::string explain(const MessageRecord& message, std::string_view zone);

}  // namespace bridgework::outreach
