#include "appointments/decide.hpp"

#include "appointments/decide_group.hpp"
#include "appointments/decide_site.hpp"
#include "appointments/decide_visit.hpp"
#include "appointments/tight_days.hpp"

namespace bridgework::appointments {

Decision decide(const State& state, const Message& message, Instant now) {
  Decision decision = std::visit([&](const auto& each) { return on(state, each, now); }, message);
  keep_tight_days(decision, state, now);
  return decision;
}

}  // namespace bridgework::appointments
