#pragma once
// Which visits a link or an answer is about.

#include "outreach/state.hpp"
#include "runtime/model.hpp"

namespace bridgework::outreach {

runtime::Answer<Vocabulary::Reply, Vocabulary::Refusal> on(const View& view, const messages::GetLinkedVisit& query, const Config& config,
                                                           Instant now);
runtime::Answer<Vocabulary::Reply, Vocabulary::Refusal> on(const View& view, const messages::GetRepliedVisits& query, const Config& config,
                                                           Instant now);

}  // namespace bridgework::outreach
