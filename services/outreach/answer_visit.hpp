#pragma once
// Which visit a link is about.

#include "outreach/state.hpp"
#include "runtime/model.hpp"

namespace bridgework::outreach {

runtime::Answer<Vocabulary::Reply, Vocabulary::Refusal> on(const View& view, const messages::GetLinkedVisit& query, const Config& config,
                                                           Instant now);

}  // namespace bridgework::outreach
