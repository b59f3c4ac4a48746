#pragma once
// What becomes of a process whose loop stands still.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>

namespace bridgework::runtime {

/// Ends the process when one turn of its loop takes longer than `limit` of seconds in which the process ran. A message that keeps its
/// handler busy for ever is then one that kills, is counted as such, and is set aside; the lanes go to somebody else meanwhile anyway.
///
/// Seconds are counted by the watchdog's own waking, so a process that was stopped (SIGSTOP, a sleeping machine) is not taken for stuck.
class Watchdog {
 public:
  /// `limit` 0: watches nothing.
  explicit Watchdog(std::chrono::seconds limit);

  /// The loop begins to work, or to wait. Waiting takes as long as it takes.
  void works() { turn_.fetch_add(turn_.load(std::memory_order_relaxed) % 2 == 0 ? 1 : 2, std::memory_order_relaxed); }
  void waits() { turn_.fetch_add(turn_.load(std::memory_order_relaxed) % 2 == 0 ? 2 : 1, std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> turn_{0};  ///< odd while the loop works; written by the loop alone
  std::jthread thread_;
};

}  // namespace bridgework::runtime
