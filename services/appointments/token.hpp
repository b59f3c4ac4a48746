#pragma once
// What proves that whoever accepts an offer is the one who was asked.

#include <string>
#include <string_view>

#include "messages/appointments.values.hpp"

namespace bridgework::appointments {

/// A signature of the offer's id: 128 bits of keyed BLAKE2b, in hex. Empty without a secret: then there is no link, and the desk accepts.
std::string offer_token(const OfferId& offer, std::string_view secret);

/// Takes as long for a nearly right token as for a wrong one; false without a secret.
bool is_offer_token(const OfferId& offer, std::string_view token, std::string_view secret);

}  // namespace bridgework::appointments
