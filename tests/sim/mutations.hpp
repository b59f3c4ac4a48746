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

/// One guard each, but for one. No fault reaches the compare of checkpoints while the others stand, because whoever presents a fence that
/// is compared and found right knows the checkpoint that goes with it:
///  - a fence is given to one life of one process, and the checkpoint is told in the same step of the store;
///  - under that fence nobody else moves the checkpoint, and the owner itself has one commit of a lane under way at a time, each of which
///    begins where the answer to the one before said;
///  - after a commit without an answer the fence rises before anything else is committed, in a step that tells the checkpoint again: by
///    then the commit has moved it, or it comes late and is refused by its fence;
///  - a store that has come back with less, where fence and checkpoint may be those of another life, has another incarnation, and nobody
///    hears of that but by a tick, which tells the checkpoints too;
///  - a rebuild puts the checkpoints to nought and raises the fences in one step.
/// So it is a second line behind fence_raise, and only without that can it be seen at work. That Redis compares at all is shown by
/// tests/unit/runtime/store_conformance_test.cpp, where it is taken away alone.
inline constexpr std::array kMutations{
    Mutation{"fence_compare", {.fence = false}},
    Mutation{"checkpoint_compare_and_fence_raise", {.checkpoint = false, .raise = false}},
    Mutation{"idempotency_record", {.idempotency = false}},
    Mutation{"taken_for_absent", {.absent = false}},
    Mutation{"incarnation_compare", {.incarnation = false}, {.store_lost = 0.04, .restart = 0.05, .torn = 1}},
    Mutation{"diverged_answer", {.diverged = false}, {.restart = 0.03, .torn = 1}},
    Mutation{"truncated_answer", {.truncated = false}, {.archive_lost = 0.02, .rebuild = 0.02}},
    Mutation{"trim_below_checkpoints", {.held = false}},
    Mutation{"archive_of_another_life", {.archived = false}, {.restart = 0.03, .torn = 0.5, .stale_copy = 1, .archive = 0.3}},
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
