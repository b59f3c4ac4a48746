#pragma once

#include <string_view>

#include "analytics/answer.hpp"
#include "analytics/decide.hpp"

namespace bridgework::analytics {

/// The lane is the site's: every fact belongs to one, and a figure over all sites is a sum made when asked for.
struct Model {
  static constexpr std::string_view kName = "analytics";
  using Vocabulary = analytics::Vocabulary;
  using Command = std::variant<std::monostate>;
  using Query = messages::AnalyticsQuery;
  using Consumed = analytics::Consumed;
  using Message = analytics::Message;

  static Decision decide(const State& state, const Message& message, Instant now) { return analytics::decide(state, message, now); }
  static Answer answer(const View& view, const Query& query, const Config& config, Instant now) {
    return analytics::answer(view, query, config, now);
  }
};
static_assert(runtime::Model<Model>);

}  // namespace bridgework::analytics
