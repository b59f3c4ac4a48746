#pragma once
// Whom a link for booking is for.

#include "outreach/state.hpp"
#include "runtime/model.hpp"

namespace bridgework::outreach {

runtime::Answer<Vocabulary::Reply, Vocabulary::Refusal> on(const View& view, const messages::GetLinkedBooker& query, const Config& config,
                                                           Instant now);

}  // namespace bridgework::outreach
