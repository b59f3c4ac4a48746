#pragma once
// followup, as the runtime sees it.

#include <string_view>

#include "followup/answer.hpp"
#include "followup/decide.hpp"

namespace bridgework::followup {

struct Model {
  static constexpr std::string_view kName = "followup";
  using Vocabulary = followup::Vocabulary;
  using Command = messages::FollowupCommand;
  using Query = messages::FollowupQuery;
  using Consumed = followup::Consumed;
  using Message = followup::Message;

  static Decision decide(const State& state, const Message& message, Instant now) { return followup::decide(state, message, now); }
  static Answer answer(const View& view, const Query& query, const Config& config, Instant now) {
    return followup::answer(view, query, config, now);
  }
};
static_assert(runtime::Model<Model>);

}  // namespace bridgework::followup
