#pragma once
// What a person means who answers a text message.

#include <string_view>

#include "outreach/state.hpp"

namespace bridgework::outreach {

/// Reads an answer the way a reasonable person would (47 CFR 64.1200(a)(10)).
///
/// An opt-out wins over everything else in the text: the listed words (stop, end, quit, cancel, revoke, opt out, unsubscribe, stopall)
/// alone or with a courtesy, and plain words such as "stop texting me". A bare CANCEL is an opt-out too, because the rule lists it;
/// "cancel my appointment" is not, and is left unclear for a human being. YES is an answer, never an opt-in: only START and UNSTOP are.
InboundMeaning meaning_of(std::string_view text);

/// Whether a word of the text speaks of cancelling, whatever else it says: STOP or not, a visit to come is then in question.
bool speaks_of_cancelling(std::string_view text);

/// `+` and eight to fifteen digits.
bool is_e164(std::string_view text);

}  // namespace bridgework::outreach
