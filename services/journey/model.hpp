#pragma once

#include <string_view>

#include "journey/answer.hpp"
#include "journey/decide.hpp"

namespace bridgework::journey {

/// The lane is the person's, whatever an event is about; a huddle, which is across persons, is an index and a join when asked for.
struct Model {
  static constexpr std::string_view kName = "journey";
  using Vocabulary = journey::Vocabulary;
  using Command = messages::JourneyCommand;
  using Query = messages::JourneyQuery;
  using Consumed = journey::Consumed;
  using Message = journey::Message;

  static Decision decide(const State& state, const Message& message, Instant now) { return journey::decide(state, message, now); }
  static Answer answer(const View& view, const Query& query, const Config& config, Instant now) {
    return journey::answer(view, query, config, now);
  }
};
static_assert(runtime::Model<Model>);

}  // namespace bridgework::journey
