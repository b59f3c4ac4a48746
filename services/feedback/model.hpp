#pragma once
// feedback, as the runtime sees it.

#include <string_view>

#include "feedback/answer.hpp"
#include "feedback/decide.hpp"
#include "feedback/state.hpp"
#include "runtime/model.hpp"

namespace bridgework::feedback {

struct Model {
  static constexpr std::string_view kName = "feedback";
  using Vocabulary = feedback::Vocabulary;
  using Command = messages::FeedbackCommand;
  using Query = messages::FeedbackQuery;
  using Consumed = feedback::Consumed;
  using Message = feedback::Message;

  static Decision decide(const State& state, const Message& message, Instant now) { return feedback::decide(state, message, now); }
  static runtime::Answer<Vocabulary::Reply, Vocabulary::Refusal> answer(const View& view, const Query& query, const Config& config,
                                                                        Instant now) {
    return feedback::answer(view, query, config, now);
  }
};
static_assert(runtime::Model<Model>);

}  // namespace bridgework::feedback
