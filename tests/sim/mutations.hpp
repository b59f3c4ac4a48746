#pragma once
// A simulator that finds nothing proves nothing: take one guard away, and it must find it.

#include <array>
#include <optional>
#include <string>

#include "sim/world.hpp"

namespace bridgework::sim {

struct Mutation {
  const char* name;
  Guards guards;
  Faults faults{};  ///< the usual ones, or with more of what leads to that guard, so that few seeds are enough
};

/// One guard each, but for one: since fences rise after an unknown outcome, a commit of one's own that comes late is refused by its fence
/// before its checkpoint is compared, and a commit of somebody else's always was. So the compare of checkpoints is a second line, and only
/// without the first can it be seen at work.
inline constexpr std::array kMutations{
    Mutation{"fence_compare", {.fence = false}},
    Mutation{"checkpoint_compare_and_fence_raise", {.checkpoint = false, .raise = false}},
    Mutation{"idempotency_record", {.idempotency = false}},
    Mutation{"incarnation_compare", {.incarnation = false}, {.store_lost = 0.04, .restart = 0.05, .torn = 1}},
    Mutation{"diverged_answer", {.diverged = false}, {.restart = 0.03, .torn = 1}},
    Mutation{"beacon", {.beacon = false}},
    Mutation{"lease_ahead", {.ahead = false}, {.crash = 0.01, .clock_jump = 0, .server_jump = 0.02}},
    Mutation{"attempt_counter", {.attempts = false}, {.poison = 0.1}},
    Mutation{"send_recheck", {.recheck = false}, {.slow_send = 0.8}},
    Mutation{"timer_generation", {.timer = false}},
    Mutation{"fence_raise", {.raise = false}},
};

struct Caught {
  std::uint64_t seed;
  std::string violation;
};

/// The first seed from `first` on that notices, among so many. One that is violated with every guard in place shows a defect and proves
/// nothing about the guard: it does not count.
inline std::optional<Caught> catch_mutation(const Mutation& mutation, std::uint64_t first, std::uint64_t seeds, std::size_t steps) {
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
    const RunReport report = run_world(seed, steps, mutation.faults, mutation.guards);
    if (report.violations.empty() || !run_world(seed, steps, mutation.faults, {}).violations.empty()) continue;
    return Caught{seed, report.violations.front()};
  }
  return std::nullopt;
}

}  // namespace bridgework::sim
