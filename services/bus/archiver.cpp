#include "bus/archiver.hpp"

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "messages/codec.hpp"
#include "messages/envelope.codec.hpp"
#include "runtime/clock.hpp"
#include "runtime/log.hpp"

namespace bridgework::bus {

using runtime::Fault;
using runtime::log_event;

namespace {

constexpr std::uint32_t kEventsPerRead = 4'096;
constexpr std::uint32_t kBytesPerRead = 4 * 1024 * 1024;
// So that one round does not hold the archive's thread for ever when a large log is archived for the first time.
constexpr int kSegmentsPerRound = 64;
constexpr int kTrimsPerRound = 64;

Instant recorded_at(const LogEntry& entry) {
  const auto record = messages::decode_as<messages::EventRecord>(entry.record);
  // Unreadable: as if it were old, because it must not keep what follows it out of the archive.
  return record ? record->recorded_at : Instant{};
}

/// Holds the directory's lock while it lives, or not at all.
class DirectoryLock {
 public:
  explicit DirectoryLock(const std::filesystem::path& directory) {
    std::error_code ignored;
    std::filesystem::create_directories(directory, ignored);
    descriptor_ = ::open((directory / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor_ >= 0 && ::flock(descriptor_, LOCK_EX | LOCK_NB) == 0) held_ = true;
  }
  ~DirectoryLock() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  DirectoryLock(const DirectoryLock&) = delete;
  DirectoryLock& operator=(const DirectoryLock&) = delete;
  bool held() const { return held_; }

 private:
  int descriptor_ = -1;
  bool held_ = false;
};

/// The next segment's events, if it is time for one.
tl::expected<std::vector<LogEntry>, Fault> ripe(LogStore& store, std::uint64_t after, const LogBounds& bounds, const ArchiveLimits& limits,
                                                Instant now) {
  std::vector<LogEntry> entries;
  if (after >= bounds.head) return entries;
  std::uint64_t bytes = 0;
  const auto full = [&] { return entries.size() >= limits.segment_events || bytes >= limits.segment_bytes; };
  // Fewer than a segment, and the first of them young: nothing to read.
  if (bounds.head - after < limits.segment_events && bytes < limits.segment_bytes) {
    auto first = store.read(after, 1, 1);
    if (!first) return tl::unexpected(std::move(first.error()));
    if (first->bounds.incarnation != bounds.incarnation || first->entries.empty()) return entries;
    const bool large = (bounds.head - after) * first->entries.front().record.size() >= limits.segment_bytes;
    if (!large && recorded_at(first->entries.front()) + limits.segment_age > now) return entries;
  }
  while (!full() && after + entries.size() < bounds.head) {
    const std::uint64_t wanted = std::min<std::uint64_t>(kEventsPerRead, limits.segment_events - entries.size());
    auto view = store.read(after + entries.size(), static_cast<std::uint32_t>(wanted), kBytesPerRead);
    if (!view) return tl::unexpected(std::move(view.error()));
    // The log changed under the reading: another round.
    if (view->bounds.incarnation != bounds.incarnation) return std::vector<LogEntry>{};
    if (view->entries.empty() || view->entries.front().sequence != after + entries.size() + 1) {
      return tl::unexpected(Fault{runtime::FaultKind::kInternal,
                                  "event " + std::to_string(after + entries.size() + 1) + " is neither archived nor in Redis"});
    }
    for (LogEntry& entry : view->entries) {
      bytes += entry.record.size();
      entries.push_back(std::move(entry));
    }
  }
  return entries;
}

}  // namespace

tl::expected<ArchiveRound, Fault> archive_once(LogStore& store, Archive& archive, const std::vector<std::string>& services,
                                               const ArchiveLimits& limits, Instant now) {
  ArchiveRound round;
  const auto bounds = store.bounds();
  if (!bounds) return tl::unexpected(bounds.error());
  const auto listed = archive.list();
  if (!listed) return tl::unexpected(listed.error());
  std::vector<Segment> segments = **listed;
  // A log that was rolled back gives the numbers of what it lost to other events. A segment with such events was sealed after the moment
  // the log went back to, and Redis had trimmed none of it then: all that is still true of it is there, and is sealed again.
  const auto lost = std::find_if(segments.begin(), segments.end(),
                                 [&](const Segment& s) { return judge(*bounds, s.incarnation, s.last) == Verdict::kDiverged; });
  if (lost != segments.end()) {
    const auto moved = archive.set_aside(*lost);
    if (!moved) return tl::unexpected(moved.error());
    round.set_aside = *moved;
    log_event(runtime::Level::kError, "archive_diverged", {{"first", lost->first}, {"segments", *moved}, {"head", bounds->head}});
    segments.erase(lost, segments.end());
  }
  for (int i = 0; i < kSegmentsPerRound; ++i) {
    auto entries = ripe(store, segments.empty() ? 0 : segments.back().last, *bounds, limits, now);
    if (!entries) return tl::unexpected(std::move(entries.error()));
    if (entries->empty()) break;
    auto sealed = archive.seal(bounds->incarnation, *entries);
    if (!sealed) return tl::unexpected(std::move(sealed.error()));
    round.sealed += entries->size();
    log_event(runtime::Level::kInfo, "segment_sealed", {{"first", sealed->first}, {"last", sealed->last}});
    segments.push_back(std::move(*sealed));
  }
  if (!segments.empty()) round.last = segments.back().last;
  std::uint64_t through = 0;
  for (const Segment& segment : segments) {
    if (Instant{std::chrono::microseconds(segment.last_recorded)} + limits.keep <= now) through = std::max(through, segment.last);
  }
  const auto lowest = store.lowest_checkpoint(services);
  if (!lowest) return tl::unexpected(lowest.error());
  round.held_at = lowest->value_or(0);
  for (int i = 0; through > 0 && i < kTrimsPerRound; ++i) {
    const auto gone = store.trim(through, services);
    if (!gone) return tl::unexpected(gone.error());
    round.trimmed += *gone;
    if (*gone == 0) break;
  }
  return round;
}

Archiver::Archiver(LogStore store, std::shared_ptr<Archive> archive, std::vector<std::string> services, const ArchiveLimits& limits,
                   std::chrono::milliseconds every, Report report)
    : store_(std::move(store)),
      archive_(std::move(archive)),
      services_(std::move(services)),
      limits_(limits),
      every_(every),
      report_(std::move(report)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

Archiver::~Archiver() { thread_.request_stop(); }

void Archiver::run(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any changed;
  std::string said;
  while (!stop.stop_requested()) {
    if (const DirectoryLock lock(archive_->directory()); lock.held()) {
      const auto round = archive_once(store_, *archive_, services_, limits_, runtime::system_now());
      if (round) {
        report_(*round);
        said.clear();
      } else if (round.error().what != said) {
        // Redis away is Redis' own alarm; a broken archive needs a person.
        const bool broken = round.error().kind == runtime::FaultKind::kInternal;
        log_event(broken ? runtime::Level::kError : runtime::Level::kWarning, "archiving_failed", {{"why", round.error().what}});
        said = round.error().what;
      }
    }
    std::unique_lock lock(mutex);
    changed.wait_for(lock, stop, every_, [] { return false; });
  }
}

}  // namespace bridgework::bus
