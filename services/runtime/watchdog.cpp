#include "runtime/watchdog.hpp"

#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <stop_token>

#include "runtime/log.hpp"

namespace bridgework::runtime {

Watchdog::Watchdog(std::chrono::seconds limit) {
  if (limit.count() == 0) return;
  thread_ = std::jthread([this, limit](const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any stopped;
    std::unique_lock lock(mutex);
    std::uint64_t seen = 0;
    for (std::chrono::seconds same{0}; !stop.stop_requested();) {
      stopped.wait_for(lock, stop, std::chrono::seconds(1), [] { return false; });
      const std::uint64_t turn = turn_.load(std::memory_order_relaxed);
      same = turn == seen && turn % 2 == 1 ? same + std::chrono::seconds(1) : std::chrono::seconds(0);
      seen = turn;
      if (same < limit) continue;
      log_event(Level::kError, "process_stuck", {{"seconds", same.count()}});
      std::abort();
    }
  });
}

}  // namespace bridgework::runtime
