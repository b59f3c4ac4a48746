#pragma once
// Questions about surveys.

#include "feedback/state.hpp"
#include "runtime/model.hpp"

namespace bridgework::feedback {

/// Shows a survey with its question and, always the same, the public-review link: who sees it never depends on a score (16 CFR 465.7).
runtime::Answer<Vocabulary::Reply, Vocabulary::Refusal> answer(const View& view, const messages::FeedbackQuery& query, const Config& config,
                                                               Instant now);

}  // namespace bridgework::feedback
