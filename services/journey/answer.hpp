#pragma once
// journey's answers, from committed state.

#include "journey/state.hpp"

namespace bridgework::journey {

using Answer = runtime::Answer<Vocabulary::Reply, Vocabulary::Refusal>;

Answer answer(const View& view, const messages::JourneyQuery& query, const Config& config, Instant now);

}  // namespace bridgework::journey
