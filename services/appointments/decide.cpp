#include "appointments/decide.hpp"

#include "appointments/decide_group.hpp"
#include "appointments/decide_site.hpp"
#include "appointments/decide_visit.hpp"

namespace bridgework::appointments {

Decision decide(const State& state, const Message& message, Instant now) {
  return std::visit([&](const auto& each) { return on(state, each, now); }, message);
}

}  // namespace bridgework::appointments
