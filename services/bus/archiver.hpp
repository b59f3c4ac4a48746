#pragma once
// Moves what is old from Redis into the archive, and lets Redis forget it when nobody needs it there any more.

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "bus/archive.hpp"
#include "bus/log_store.hpp"
#include "runtime/types.hpp"

namespace bridgework::bus {

struct ArchiveLimits {
  std::uint64_t segment_events = 65'536;                           ///< a segment is sealed when so many wait
  std::uint64_t segment_bytes = 32 * 1024 * 1024;                  ///< or so many bytes
  std::chrono::milliseconds segment_age = std::chrono::hours(24);  ///< or the oldest is older than this
  std::chrono::milliseconds keep = std::chrono::hours(24 * 7);     ///< younger events stay in Redis
};

/// What one round did.
struct ArchiveRound {
  std::uint64_t sealed = 0;   ///< events
  std::uint64_t trimmed = 0;  ///< entries of the stream that Redis no longer holds
  std::size_t set_aside = 0;  ///< segments that hold events the log has lost
  std::uint64_t last = 0;     ///< last archived event
  std::uint64_t held_at = 0;  ///< lowest checkpoint: nothing above it is trimmed
};

/// One round of archiving. Safe beside anything; two at once on one directory are not, so `Archiver` holds a lock.
tl::expected<ArchiveRound, runtime::Fault> archive_once(LogStore& store, Archive& archive, const std::vector<std::string>& services,
                                                        const ArchiveLimits& limits, Instant now);

/// Archives every few seconds on a thread of its own, if no other process does so in the same directory.
class Archiver {
 public:
  using Report = std::function<void(const ArchiveRound&)>;
  Archiver(LogStore store, std::shared_ptr<Archive> archive, std::vector<std::string> services, const ArchiveLimits& limits,
           std::chrono::milliseconds every, Report report);
  ~Archiver();
  Archiver(const Archiver&) = delete;
  Archiver& operator=(const Archiver&) = delete;

 private:
  void run(const std::stop_token& stop);

  LogStore store_;
  std::shared_ptr<Archive> archive_;
  std::vector<std::string> services_;
  ArchiveLimits limits_;
  std::chrono::milliseconds every_;
  Report report_;
  std::jthread thread_;
};

}  // namespace bridgework::bus
