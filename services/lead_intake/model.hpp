#pragma once

#include <string_view>

#include "lead_intake/answer.hpp"
#include "lead_intake/decide.hpp"

namespace bridgework::lead_intake {

/// People, campaigns and enquiries. The lane is the person, or the campaign.
struct Model {
  static constexpr std::string_view kName = "lead_intake";
  using Vocabulary = lead_intake::Vocabulary;
  using Command = messages::LeadIntakeCommand;
  using Query = lead_intake::Query;
  using Consumed = lead_intake::Consumed;
  using Message = lead_intake::Message;

  static Decision decide(const State& state, const Message& message, Instant now) { return lead_intake::decide(state, message, now); }
  static runtime::Answer<Vocabulary::Reply, Refusal> answer(const View& view, const Query& query, const Config& config, Instant now) {
    return lead_intake::answer(view, query, config, now);
  }
};
static_assert(runtime::Model<Model>);

}  // namespace bridgework::lead_intake
