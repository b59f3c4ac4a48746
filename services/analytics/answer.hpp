#pragma once
// analytics' answers: figures, the list of them, the bucket.

#include "analytics/state.hpp"

namespace bridgework::analytics {

using Answer = runtime::Answer<Vocabulary::Reply, Vocabulary::Refusal>;

/// Figures depend on the facts and, through visits whose time has just passed and the days that "so far" stands for, on `now`.
Answer answer(const View& view, const messages::AnalyticsQuery& query, const Config& config, Instant now);

}  // namespace bridgework::analytics
