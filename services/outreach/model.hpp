#pragma once
// outreach, as the runtime sees it.

#include <string_view>

#include "outreach/answer.hpp"
#include "outreach/decide.hpp"
#include "outreach/perform.hpp"
#include "outreach/state.hpp"
#include "runtime/model.hpp"

namespace bridgework::outreach {

struct Model {
  static constexpr std::string_view kName = "outreach";
  using Vocabulary = outreach::Vocabulary;
  using Command = messages::OutreachCommand;
  using Query = messages::OutreachQuery;
  using Consumed = outreach::Consumed;
  using Message = outreach::Message;

  static Decision decide(const State& state, const Message& message, Instant now) { return outreach::decide(state, message, now); }
  static runtime::Answer<Vocabulary::Reply, Vocabulary::Refusal> answer(const View& view, const Query& query, const Config& config,
                                                                        Instant now) {
    return outreach::answer(view, query, config, now);
  }
  static Command perform(const Effect& effect, const runtime::IndexReader& indexes, const Config& config) {
    return std::visit([&](const auto& e) -> Command { return outreach::perform(e, indexes, config); }, effect);
  }
  static Command uncertain(const Effect& effect) {
    return std::visit([](const auto& e) -> Command { return outreach::uncertain(e); }, effect);
  }
};
static_assert(runtime::Model<Model>);
static_assert(runtime::PerformsEffects<Model>);

}  // namespace bridgework::outreach
