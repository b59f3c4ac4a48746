#pragma once
// The links in messages.

#include <string>
#include <string_view>

#include "outreach/state.hpp"

namespace bridgework::outreach {

/// What proves that a one-click link was written by us: 128 bits of keyed BLAKE2b over the message's id, in hex, so that nobody can
/// unsubscribe somebody else. Empty when there is no secret: an unsigned link would be worse than none.
std::string unsubscribe_token(const MessageId& message, const Config& config);

/// Whether it is that message's token. Takes as long for a wrong one as for a right one; never true without a secret.
bool is_unsubscribe_token(const MessageId& message, std::string_view token, const Config& config);

/// The same for the link of a reminder that confirms its visit: one does not open what the other does.
std::string visit_token(const MessageId& message, const Config& config);
bool is_visit_token(const MessageId& message, std::string_view token, const Config& config);

/// The same for the link that opens the pages of online booking for whom it was sent to.
std::string booking_token(const MessageId& message, const Config& config);
bool is_booking_token(const MessageId& message, std::string_view token, const Config& config);

/// Pages of the edge: `/c/{message}.{token}`, `/v/{message}.{token}`, `/b/{message}.{token}`, `/s/{survey}.{token}` and
/// `/o/{offer}.{token}`; GET shows, POST acts. Empty for an empty token.
std::string unsubscribe_link(const MessageId& message, std::string_view token, const Config& config);
std::string visit_link(const MessageId& message, std::string_view token, const Config& config);
std::string booking_link(const MessageId& message, std::string_view token, const Config& config);
std::string survey_link(std::string_view survey, std::string_view token, const Config& config);
std::string offer_link(std::string_view offer, std::string_view token, const Config& config);

}  // namespace bridgework::outreach
