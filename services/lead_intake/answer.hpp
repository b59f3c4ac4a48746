#pragma once

#include "lead_intake/state.hpp"
#include "runtime/model.hpp"

namespace bridgework::lead_intake {

using Query = messages::LeadIntakeQuery;

/// A question about a lead or a person. Likely matches are found here, by contact points all over the group, and named; nothing is ever
/// merged by itself.
runtime::Answer<Vocabulary::Reply, Refusal> answer(const View& view, const Query& query, const Config& config, Instant now);

}  // namespace bridgework::lead_intake
