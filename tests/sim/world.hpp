#pragma once
// The whole suite in one thread: the same models and the same engine as the real processes, with a simulated clock, store, network and
// processes, driven by one seed. A run is a function of its seed, so a failure can be played again.

#include <deque>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "runtime/engine.hpp"
#include "sim/memory_store.hpp"

namespace bridgework::sim {

struct Faults {
  double store_lost = 0.02;   ///< a store call loses its link, before or after it took effect
  double crash = 0.004;       ///< a process dies with everything it remembers
  double pause = 0.004;       ///< a process stands still, sometimes for longer than its lease
  double duplicate = 0.05;    ///< a client sends its command again
  double reply_lost = 0.03;   ///< the answer never arrives; the client asks again with the same key
  double stale_fetch = 0.05;  ///< an answer of the bus arrives late, after others
  double clock_jump = 0.002;  ///< forward by up to an hour
};

struct RunReport {
  std::vector<std::string> violations;
  std::uint64_t events = 0, commands_done = 0, commands_refused = 0, messages_sent = 0, crashes = 0, unknown_outcomes = 0;
};

/// Plays `steps` random steps with faults, then lets everything come to rest, and judges.
RunReport run_world(std::uint64_t seed, std::size_t steps, const Faults& faults, const Guards& guards);

}  // namespace bridgework::sim
