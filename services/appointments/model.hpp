#pragma once

#include <string_view>

#include "appointments/answer.hpp"
#include "appointments/decide.hpp"

namespace bridgework::appointments {

/// Sites, calendars and visits. The lane is the site: everything that must not be booked twice is decided in one place.
struct Model {
  static constexpr std::string_view kName = "appointments";
  using Vocabulary = appointments::Vocabulary;
  using Command = messages::AppointmentsCommand;
  using Query = appointments::Query;
  using Consumed = appointments::Consumed;
  using Message = appointments::Message;

  static Decision decide(const State& state, const Message& message, Instant now) { return appointments::decide(state, message, now); }
  static runtime::Answer<Vocabulary::Reply, Refusal> answer(const View& view, const Query& query, const Config& config, Instant now) {
    return appointments::answer(view, query, config, now);
  }
};
static_assert(runtime::Model<Model>);

}  // namespace bridgework::appointments
