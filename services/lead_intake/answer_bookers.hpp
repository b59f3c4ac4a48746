#pragma once
// Whom somebody may book for who holds a contact point.

#include "lead_intake/state.hpp"
#include "runtime/model.hpp"

namespace bridgework::lead_intake {

/// Nobody who has died or moved away, and no child but with whoever answers for it at that very contact point. When two adults could be
/// meant who have nothing to do with each other, nobody is.
runtime::Answer<Vocabulary::Reply, Refusal> on(const View& view, const messages::GetBookers& query, const Config& config, Instant now);

}  // namespace bridgework::lead_intake
