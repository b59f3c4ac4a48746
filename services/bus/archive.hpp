#pragma once
// Events that need not stay in Redis: sealed files, each never changed again, that continue each other.
//
// A segment holds a dense stretch of the log and is named `<first>-<last>.bwseg`, both in 20 digits. Numbers are little-endian.
//
//   "BWSEG001"  u64 first  32 bytes: chain of the segment before (zeros: none)
//   frames, one after the other:
//     u64 first  u32 events  u32 bytes inside  u32 bytes compressed  u32 CRC-32C of the compressed bytes
//     zstd of: per event  u64 type id  u32 length  EventRecord bytes
//   footer:
//     u64 last  i64 when the last event was recorded (microseconds since 1970)  32 bytes: chain of this segment
//     u16 length and text of the incarnation in which it was sealed  u32 frames, per frame: u64 first  u64 offset
//   u32 CRC-32C of the footer  u32 length of the footer  "BWSEGEND"
//
// The chain is SHA-256 over the chain before and every frame's inner bytes: nobody can change, drop or swap a segment unnoticed.

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "bus/log_bounds.hpp"
#include "runtime/redis.hpp"

namespace bridgework::bus {

using Chain = std::array<std::uint8_t, 32>;

struct Segment {
  std::filesystem::path path;
  std::uint64_t file = 0;  ///< the file's number: after a roll-back another one may bear the name
  std::uint64_t first = 0, last = 0;
  std::string incarnation;         ///< of the log when this was sealed: all of it was part of that log
  std::int64_t last_recorded = 0;  ///< microseconds since 1970
  Chain before{}, chain{};
  struct Frame {
    std::uint64_t first, offset;
  };
  std::vector<Frame> frames;
};

/// The archive in one directory, for any number of threads and processes that read and one that seals.
class Archive {
 public:
  explicit Archive(std::filesystem::path directory) : directory_(std::move(directory)) {}

  /// The sealed segments in their order, from the first on as far as they are dense; read anew when the directory has changed. One that
  /// cannot be read, or does not continue the one before, is a fault: what it holds may exist nowhere else.
  tl::expected<std::shared_ptr<const std::vector<Segment>>, runtime::Fault> list();

  /// The events of one frame of a segment.
  tl::expected<std::vector<LogEntry>, runtime::Fault> frame(const Segment& segment, std::size_t index) {
    return frame(segment, index, nullptr);
  }

  /// Writes the next segment: on disk, under its name, before this returns. `entries` continue what is archived.
  tl::expected<Segment, runtime::Fault> seal(const std::string& incarnation, const std::vector<LogEntry>& entries);

  /// Renames every segment from `segment` on, so that none of their events is served: the log no longer has them. Nothing is deleted.
  tl::expected<std::size_t, runtime::Fault> set_aside(const Segment& segment);

  /// Reads every byte of every segment; the number of events.
  tl::expected<std::uint64_t, runtime::Fault> verify();

  const std::filesystem::path& directory() const { return directory_; }

 private:
  tl::expected<std::vector<LogEntry>, runtime::Fault> frame(const Segment& segment, std::size_t index, Chain* chain);

  std::filesystem::path directory_;
  std::mutex mutex_;
  std::optional<std::filesystem::file_time_type> read_at_;
  std::shared_ptr<const std::vector<Segment>> segments_ = std::make_shared<const std::vector<Segment>>();
};

/// One thread's way through an archive. Whoever reads on where it stopped finds the next events unpacked already.
class ArchiveReader {
 public:
  explicit ArchiveReader(std::shared_ptr<Archive> archive) : archive_(std::move(archive)) {}

  /// Events after `after`, dense: as many as fit. Empty when `after` is not followed by an archived event.
  tl::expected<std::vector<LogEntry>, runtime::Fault> read(std::uint64_t after, std::uint32_t events_max, std::uint32_t bytes_max);

  /// Unpacks what the next read will want if it goes on where the last one stopped. Nothing when that is there already, or not archived.
  void read_ahead();

 private:
  /// A frame of which the events before `next` have been handed out.
  struct Unpacked {
    std::uint64_t file = 0;  ///< of its segment
    std::size_t index = 0;
    std::vector<LogEntry> entries;
    std::size_t next = 0;

    bool holds(std::uint64_t sequence) const {
      return next < entries.size() && entries[next].sequence <= sequence && sequence <= entries.back().sequence;
    }
  };
  tl::expected<void, runtime::Fault> unpack(const Segment& segment, std::size_t index, std::uint64_t sequence);

  std::shared_ptr<Archive> archive_;
  Unpacked unpacked_;
  std::uint64_t last_ = 0;  ///< handed out
};

}  // namespace bridgework::bus
