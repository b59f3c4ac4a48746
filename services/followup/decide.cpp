#include "followup/decide.hpp"

namespace bridgework::followup {

Decision decide(const State& state, const Message& message, Instant now) {
  return std::visit([&](const auto& m) { return on(state, m, now); }, message);
}

}  // namespace bridgework::followup
