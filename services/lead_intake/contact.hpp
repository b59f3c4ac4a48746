#pragma once
// How a phone number or an e-mail address is written once and for all. Pure: same text, same answer.

#include <string>
#include <string_view>
#include <vector>

#include "messages/lead_intake.values.hpp"

namespace bridgework::lead_intake {

/// The number as E.164, or empty when it cannot be one. `region` (ISO 3166) is where a number without a country code is dialled.
///
/// A number is taken when its length is possible for its country, not only when its prefix is assigned today: prefixes are opened faster
/// than the tables that list them. An extension is not part of it.
std::string normalise_phone(std::string_view raw, std::string_view region);

/// The address in lower case, or empty when nothing could be delivered to it: ASCII, one `@`, a domain with a dot.
std::string normalise_email(std::string_view raw);

std::string normalise(messages::ContactKind kind, std::string_view raw, std::string_view region);

/// Each point with `value` normalised and `raw` as it was given; those without any text, and the second of two equal ones, left out.
std::vector<messages::ContactPoint> normalised(const std::vector<messages::ContactPoint>& points, std::string_view region);

}  // namespace bridgework::lead_intake
