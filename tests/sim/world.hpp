#pragma once
// The whole suite in one thread: the same models and the same engine as the real processes, with a simulated clock, store, bus, network
// and processes, driven by one seed. A run is a function of its seed, so a failure can be played again.

#include <cstdint>
#include <string>
#include <vector>

#include "sim/memory_store.hpp"

namespace bridgework::sim {

/// How often things go wrong. Each run takes some of them more seriously than others, so that rare combinations get their turn.
struct Faults {
  double store_lost = 0.01;     ///< a call to the store loses its link, before or after it took effect, or arrives late
  double crash = 0.004;         ///< a process dies with everything it remembers, between two steps of the world
  double crash_inside = 0.001;  ///< or within a step, before or after a call to the store
  double pause = 0.004;         ///< a process stands still, sometimes for longer than its lease
  double pause_inside = 0.001;  ///< or right before a call to the store, with everything decided
  double packet_lost = 0.03;    ///< a command or a reply
  double packet_doubled = 0.05;
  double packet_late = 0.1;  ///< so late that others overtake it
  double stale_fetch = 0.05;
  double bus_crash = 0.004;
  double live_lost = 0.1;      ///< Live drops it and tells nobody. Goes on when the other faults have stopped
  double clock_jump = 0.002;   ///< all clocks go on by up to an hour
  double server_jump = 0.004;  ///< the store's clock alone is put on or back by an hour, or put right
  double restart = 0.006;      ///< Redis stops and comes back
  double torn = 0.4;           ///< then it has lost its last transactions
  double stale_copy = 0.2;     ///< or is an older copy of itself
  double poison = 0.01;        ///< an event kills every process that handles it
  double slow_send = 0.2;      ///< a claimed message leaves some time later
  double archive = 0.1;        ///< no fault: old events go to the archive, and the store forgets them
  double archive_lost = 0.002;
  double rebuild = 0.003;  ///< a read model is made anew from the first event on
};
inline constexpr Faults kNoFaults{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};

/// Everything but the store's own losses, and far more often: processes hardly come to anything between two accidents.
inline constexpr Faults kStorm{.store_lost = 0.04,
                               .crash = 0.01,
                               .pause = 0.02,
                               .pause_inside = 0.004,
                               .clock_jump = 0,
                               .server_jump = 0,
                               .restart = 0,
                               .poison = 0.02,
                               .slow_send = 0.3};

inline constexpr std::size_t kSteps = 300;
inline constexpr std::uint64_t kSeeds = 200, kStormSeeds = 30;
inline constexpr std::uint64_t kSeedsPerMutation = 400;

struct RunReport {
  std::vector<std::string> violations;
  std::uint64_t events = 0, commands_done = 0, commands_refused = 0, messages_sent = 0;
  std::uint64_t crashes = 0, pauses = 0, unknown_outcomes = 0, restarts = 0, roll_backs = 0, server_jumps = 0, poisoned = 0, parked = 0,
                diverged = 0;
  std::uint64_t booked_online = 0, refused_online = 0;
  std::uint64_t trimmed = 0, rebuilds = 0, truncated = 0;

  void add(const RunReport& other);
  std::string text() const;
};

/// Plays `steps` random steps with faults, then lets everything come to rest, and judges.
RunReport run_world(std::uint64_t seed, std::size_t steps, const Faults& faults, const Guards& guards);

}  // namespace bridgework::sim
