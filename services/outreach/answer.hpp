#pragma once
// Questions about what was sent and what may be.

#include "outreach/state.hpp"
#include "runtime/model.hpp"

namespace bridgework::outreach {

/// Every message to a person, oldest plan first, each with the reason why it was or was not sent; and what a person allows.
runtime::Answer<Vocabulary::Reply, Vocabulary::Refusal> answer(const View& view, const messages::OutreachQuery& query, const Config& config,
                                                               Instant now);

}  // namespace bridgework::outreach
