#pragma once
// A free time, as a page for whoever was asked: what is on offer, yes or no, and what else there is when somebody was faster.

#include <string>

#include "messages/appointments.values.hpp"

namespace bridgework::gateway {

/// What stands behind the link now. An open offer can be answered; its form posts to the URL it was read from.
std::string offer_page(const messages::OfferView& offer);

}  // namespace bridgework::gateway
