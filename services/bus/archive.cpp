#include "bus/archive.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>
#include <boost/crc.hpp>

#include "messages/codec.hpp"
#include "messages/envelope.codec.hpp"

namespace bridgework::bus {

using runtime::Fault;
using runtime::FaultKind;

namespace {

constexpr std::string_view kHead = "BWSEG001", kTail = "BWSEGEND";
constexpr std::size_t kHeadBytes = 8 + 8 + 32, kFrameHeadBytes = 8 + 4 * 4, kTailBytes = 4 + 4 + 8;
// Small enough that a consumer in the middle of a segment does not unpack much in vain, large enough to compress.
constexpr std::size_t kFrameBytes = 256 * 1024;
constexpr std::size_t kFrameEvents = 1024;
// What a broken file may make us allocate: a frame is closed by the event that fills it, and an event is at most 64 KiB.
constexpr std::size_t kFrameBytesMax = 1024 * 1024;
constexpr std::size_t kFooterBytesMax = 16 * 1024 * 1024;
constexpr int kLevel = 3;

class File {
 public:
  File(const std::filesystem::path& path, int flags) : descriptor_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  bool open() const { return descriptor_ >= 0; }
  /// What tells this file from any other of the same name.
  std::uint64_t number() const {
    struct stat found {};
    return ::fstat(descriptor_, &found) == 0 ? found.st_ino : 0;
  }
  std::uint64_t size() const {
    struct stat found {};
    return ::fstat(descriptor_, &found) == 0 ? static_cast<std::uint64_t>(found.st_size) : 0;
  }
  bool read(std::uint64_t offset, std::string& into) const {
    std::size_t done = 0;
    while (done < into.size()) {
      const ssize_t n = ::pread(descriptor_, into.data() + done, into.size() - done, static_cast<off_t>(offset + done));
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return false;
      done += static_cast<std::size_t>(n);
    }
    return true;
  }
  bool write(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t n = ::write(descriptor_, bytes.data(), bytes.size());
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }
  bool sync() const { return ::fsync(descriptor_) == 0; }

 private:
  int descriptor_;
};

template <class Number>
void put(std::string& out, Number number) {
  for (std::size_t i = 0; i < sizeof(Number); ++i) out.push_back(static_cast<char>(static_cast<std::uint64_t>(number) >> (8 * i) & 0xff));
}

/// Reads numbers one after the other and never beyond the end.
class Bytes {
 public:
  explicit Bytes(std::string_view bytes) : bytes_(bytes) {}
  template <class Number>
  Number number() {
    std::uint64_t value = 0;
    const std::string_view taken = text(sizeof(Number));
    for (std::size_t i = 0; i < taken.size(); ++i) value |= std::uint64_t{static_cast<unsigned char>(taken[i])} << (8 * i);
    return static_cast<Number>(value);
  }
  std::string_view text(std::size_t n) {
    if (n > bytes_.size()) {
      short_ = true;
      n = 0;
    }
    const std::string_view out = bytes_.substr(0, n);
    bytes_.remove_prefix(n);
    return out;
  }
  bool empty() const { return bytes_.empty(); }
  bool was_short() const { return short_; }
  std::size_t left() const { return bytes_.size(); }

 private:
  std::string_view bytes_;
  bool short_ = false;
};

std::uint32_t crc32c(std::string_view bytes) {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
  crc.process_bytes(bytes.data(), bytes.size());
  return crc.checksum();
}

class Hash {
 public:
  Hash() { crypto_hash_sha256_init(&state_); }
  void add(std::string_view bytes) {
    crypto_hash_sha256_update(&state_, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  }
  void add(const Chain& chain) { crypto_hash_sha256_update(&state_, chain.data(), chain.size()); }
  Chain done() {
    Chain out{};
    crypto_hash_sha256_final(&state_, out.data());
    return out;
  }

 private:
  crypto_hash_sha256_state state_;
};

void put(std::string& out, const Chain& chain) { out.append(reinterpret_cast<const char*>(chain.data()), chain.size()); }
void take(Bytes& bytes, Chain& chain) {
  const std::string_view text = bytes.text(chain.size());
  if (!text.empty()) std::memcpy(chain.data(), text.data(), text.size());
}

tl::unexpected<Fault> broken(const std::filesystem::path& path, std::string_view why) {
  return tl::unexpected(Fault{FaultKind::kInternal, "archive segment " + path.string() + ": " + std::string(why)});
}
tl::unexpected<Fault> failed(const std::filesystem::path& path, std::string_view doing) {
  return tl::unexpected(Fault{FaultKind::kDisconnected, std::string(doing) + " " + path.string() + ": " + std::strerror(errno)});
}

std::string name_of(std::uint64_t first, std::uint64_t last) {
  char name[64];
  std::snprintf(name, sizeof name, "%020llu-%020llu.bwseg", static_cast<unsigned long long>(first), static_cast<unsigned long long>(last));
  return name;
}

tl::expected<Segment, Fault> open_segment(const std::filesystem::path& path) {
  const File file(path, O_RDONLY);
  if (!file.open()) return failed(path, "opening");
  const std::uint64_t size = file.size();
  if (size < kHeadBytes + kTailBytes) return broken(path, "too short");
  std::string head(kHeadBytes, '\0'), tail(kTailBytes, '\0');
  if (!file.read(0, head) || !file.read(size - kTailBytes, tail)) return failed(path, "reading");
  Segment segment;
  segment.path = path;
  segment.file = file.number();
  Bytes begin(head);
  if (begin.text(8) != kHead) return broken(path, "does not begin like one");
  segment.first = begin.number<std::uint64_t>();
  take(begin, segment.before);
  Bytes end(tail);
  const auto footer_crc = end.number<std::uint32_t>();
  const auto footer_bytes = end.number<std::uint32_t>();
  if (end.text(8) != kTail) return broken(path, "does not end like one");
  if (footer_bytes > kFooterBytesMax || footer_bytes > size - kHeadBytes - kTailBytes)
    return broken(path, "says its footer is larger than it");
  std::string footer(footer_bytes, '\0');
  if (!file.read(size - kTailBytes - footer_bytes, footer)) return failed(path, "reading");
  if (crc32c(footer) != footer_crc) return broken(path, "its footer was changed");
  Bytes rest(footer);
  segment.last = rest.number<std::uint64_t>();
  segment.last_recorded = rest.number<std::int64_t>();
  take(rest, segment.chain);
  segment.incarnation = rest.text(rest.number<std::uint16_t>());
  const auto frames = rest.number<std::uint32_t>();
  if (rest.left() != std::size_t{frames} * 16 || rest.was_short()) return broken(path, "its footer is cut");
  for (std::uint32_t i = 0; i < frames; ++i) {
    const auto first = rest.number<std::uint64_t>();
    segment.frames.push_back({first, rest.number<std::uint64_t>()});
  }
  const bool in_order =
      !segment.frames.empty() && segment.frames.front().first == segment.first && segment.last >= segment.frames.back().first;
  if (!in_order || path.filename() != name_of(segment.first, segment.last)) return broken(path, "its name and its content disagree");
  return segment;
}

bool sync_directory(const std::filesystem::path& directory) {
  const File file(directory, O_RDONLY | O_DIRECTORY);
  return file.open() && file.sync();
}

}  // namespace

tl::expected<std::shared_ptr<const std::vector<Segment>>, Fault> Archive::list() {
  const std::scoped_lock lock(mutex_);
  std::error_code error;
  const auto changed = std::filesystem::last_write_time(directory_, error);
  if (error == std::errc::no_such_file_or_directory) return std::make_shared<const std::vector<Segment>>();
  if (error) return tl::unexpected(Fault{FaultKind::kDisconnected, "the archive " + directory_.string() + ": " + error.message()});
  if (read_at_ == changed) return segments_;
  std::vector<std::filesystem::path> paths;
  for (auto it = std::filesystem::directory_iterator(directory_, error); !error && it != std::filesystem::directory_iterator();
       it.increment(error)) {
    if (it->path().extension() == ".bwseg") paths.push_back(it->path());
  }
  if (error) return tl::unexpected(Fault{FaultKind::kDisconnected, "the archive " + directory_.string() + ": " + error.message()});
  std::sort(paths.begin(), paths.end());
  std::vector<Segment> found;
  for (const auto& path : paths) {
    // Sealed segments never change, so those known are not opened again.
    const std::uint64_t file = File(path, O_RDONLY).number();
    const auto known =
        std::find_if(segments_->begin(), segments_->end(), [&](const Segment& s) { return s.path == path && s.file == file; });
    if (known != segments_->end()) {
      found.push_back(*known);
    } else {
      auto segment = open_segment(path);
      if (!segment) return tl::unexpected(std::move(segment.error()));
      found.push_back(std::move(*segment));
    }
    if (found.size() < 2) continue;
    const Segment &one = found[found.size() - 2], &next = found.back();
    if (next.first != one.last + 1) return broken(next.path, "does not follow " + one.path.filename().string());
    if (next.before != one.chain) return broken(next.path, "was not sealed after " + one.path.filename().string());
  }
  segments_ = std::make_shared<const std::vector<Segment>>(std::move(found));
  // A file may still appear within the tick of the clock that the directory's time is told in.
  const bool settled = std::filesystem::file_time_type::clock::now() - changed > std::chrono::seconds(1);
  read_at_ = settled ? std::optional(changed) : std::nullopt;
  return segments_;
}

tl::expected<std::vector<LogEntry>, Fault> Archive::frame(const Segment& segment, std::size_t index, Chain* chain) {
  const File file(segment.path, O_RDONLY);
  if (!file.open()) return failed(segment.path, "opening");
  // Set aside and sealed again since the list was read: the caller reads the list again.
  if (file.number() != segment.file) return tl::unexpected(Fault{FaultKind::kOverloaded, segment.path.string() + " was sealed again"});
  std::string head(kFrameHeadBytes, '\0');
  if (!file.read(segment.frames[index].offset, head)) return broken(segment.path, "a frame is cut");
  Bytes numbers(head);
  const auto first = numbers.number<std::uint64_t>();
  const auto events = numbers.number<std::uint32_t>();
  const auto inside = numbers.number<std::uint32_t>();
  const auto packed_bytes = numbers.number<std::uint32_t>();
  const auto crc = numbers.number<std::uint32_t>();
  if (first != segment.frames[index].first || inside > kFrameBytesMax || packed_bytes > ZSTD_compressBound(kFrameBytesMax) ||
      events > kFrameEvents) {
    return broken(segment.path, "a frame's head was changed");
  }
  std::string packed(packed_bytes, '\0'), bytes(inside, '\0');
  if (!file.read(segment.frames[index].offset + kFrameHeadBytes, packed)) return broken(segment.path, "a frame is cut");
  if (crc32c(packed) != crc) return broken(segment.path, "a frame was changed");
  const std::size_t unpacked = ZSTD_decompress(bytes.data(), bytes.size(), packed.data(), packed.size());
  if (ZSTD_isError(unpacked) != 0 || unpacked != inside) return broken(segment.path, "a frame does not unpack");
  if (chain != nullptr) {
    Hash hash;
    hash.add(*chain);
    hash.add(bytes);
    *chain = hash.done();
  }
  std::vector<LogEntry> entries;
  entries.reserve(events);
  Bytes rest(bytes);
  for (std::uint32_t i = 0; i < events; ++i) {
    LogEntry entry;
    entry.sequence = first + i;
    entry.type_id = rest.number<std::uint64_t>();
    entry.record = rest.text(rest.number<std::uint32_t>());
    entries.push_back(std::move(entry));
  }
  if (rest.was_short() || !rest.empty()) return broken(segment.path, "a frame holds something else than it says");
  return entries;
}

namespace {

/// The frame that holds an event, as far as the list of frames can tell.
std::size_t frame_of(const Segment& segment, std::uint64_t sequence) {
  const auto after = std::upper_bound(segment.frames.begin(), segment.frames.end(), sequence,
                                      [](std::uint64_t wanted, const Segment::Frame& frame) { return wanted < frame.first; });
  return after == segment.frames.begin() ? 0 : static_cast<std::size_t>(after - segment.frames.begin()) - 1;
}

/// The segment that holds an event; the end when none does.
std::vector<Segment>::const_iterator segment_of(const std::vector<Segment>& all, std::uint64_t sequence) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const Segment& s) { return s.last >= sequence; });
  return found == all.end() || found->first > sequence ? all.end() : found;
}

}  // namespace

tl::expected<void, Fault> ArchiveReader::unpack(const Segment& segment, std::size_t index, std::uint64_t sequence) {
  // A segment set aside and sealed again has another file: what was unpacked of the first is not its content.
  if (unpacked_.file == segment.file && unpacked_.index == index && unpacked_.holds(sequence)) return {};
  auto entries = archive_->frame(segment, index);
  if (!entries) return tl::unexpected(std::move(entries.error()));
  unpacked_ = {segment.file, index, std::move(*entries), 0};
  return {};
}

tl::expected<std::vector<LogEntry>, Fault> ArchiveReader::read(std::uint64_t after, std::uint32_t events_max, std::uint32_t bytes_max) {
  auto all = archive_->list();
  if (!all) return tl::unexpected(std::move(all.error()));
  std::vector<LogEntry> out;
  std::size_t bytes = 0;
  for (std::uint64_t wanted = after + 1; out.size() < events_max && bytes < bytes_max;) {
    const auto segment = segment_of(**all, wanted);
    if (segment == (*all)->end()) break;
    if (auto ok = unpack(*segment, frame_of(*segment, wanted), wanted); !ok) return tl::unexpected(std::move(ok.error()));
    if (!unpacked_.holds(wanted)) return broken(segment->path, "a frame lacks an event that it should hold");
    unpacked_.next = static_cast<std::size_t>(wanted - unpacked_.entries.front().sequence);
    while (unpacked_.next < unpacked_.entries.size() && out.size() < events_max && bytes < bytes_max) {
      LogEntry& entry = unpacked_.entries[unpacked_.next++];
      bytes += entry.record.size();
      wanted = entry.sequence + 1;
      // The sequence stays behind, to find its neighbours by.
      out.push_back({entry.sequence, entry.type_id, std::move(entry.record)});
    }
  }
  last_ = after + out.size();
  return out;
}

void ArchiveReader::read_ahead() {
  if (last_ == 0 || unpacked_.holds(last_ + 1)) return;
  const auto all = archive_->list();
  if (!all) return;
  const auto segment = segment_of(**all, last_ + 1);
  // Whatever is wrong with it is said to whoever asks for it.
  if (segment != (*all)->end()) (void)unpack(*segment, frame_of(*segment, last_ + 1), last_ + 1);
}

tl::expected<Segment, Fault> Archive::seal(const std::string& incarnation, const std::vector<LogEntry>& entries) {
  std::error_code error;
  std::filesystem::create_directories(directory_, error);
  const auto listed = list();
  if (!listed) return tl::unexpected(listed.error());
  const std::vector<Segment>& all = **listed;
  Segment segment;
  segment.first = entries.front().sequence;
  segment.last = entries.back().sequence;
  segment.incarnation = incarnation;
  if (!all.empty()) segment.before = all.back().chain;
  if (!all.empty() && all.back().last + 1 != segment.first) return broken(directory_, "the next segment would leave a hole");
  if (const auto record = messages::decode_as<messages::EventRecord>(entries.back().record)) {
    segment.last_recorded = record->recorded_at.time_since_epoch().count();
  }
  segment.path = directory_ / name_of(segment.first, segment.last);
  const std::filesystem::path unfinished = segment.path.string() + ".unfinished";
  {
    const File file(unfinished, O_WRONLY | O_CREAT | O_TRUNC);
    if (!file.open()) return failed(unfinished, "making");
    std::string out(kHead);
    put(out, segment.first);
    put(out, segment.before);
    std::uint64_t offset = 0;
    segment.chain = segment.before;
    for (std::size_t at = 0; at < entries.size();) {
      std::string bytes;
      const std::size_t begin = at;
      while (at < entries.size() && at - begin < kFrameEvents && bytes.size() < kFrameBytes) {
        if (entries[at].sequence != segment.first + at) return broken(segment.path, "the log has a hole");
        put(bytes, entries[at].type_id);
        put(bytes, static_cast<std::uint32_t>(entries[at].record.size()));
        bytes += entries[at].record;
        ++at;
      }
      if (bytes.size() > kFrameBytesMax) return broken(segment.path, "an event is larger than any may be");
      std::string packed(ZSTD_compressBound(bytes.size()), '\0');
      const std::size_t size = ZSTD_compress(packed.data(), packed.size(), bytes.data(), bytes.size(), kLevel);
      if (ZSTD_isError(size) != 0) return broken(segment.path, ZSTD_getErrorName(size));
      packed.resize(size);
      Hash hash;
      hash.add(segment.chain);
      hash.add(bytes);
      segment.chain = hash.done();
      segment.frames.push_back({entries[begin].sequence, offset + out.size()});
      put(out, entries[begin].sequence);
      put(out, static_cast<std::uint32_t>(at - begin));
      put(out, static_cast<std::uint32_t>(bytes.size()));
      put(out, static_cast<std::uint32_t>(packed.size()));
      put(out, crc32c(packed));
      out += packed;
      if (!file.write(out)) return failed(unfinished, "writing");
      offset += out.size();
      out.clear();
    }
    std::string footer;
    put(footer, segment.last);
    put(footer, segment.last_recorded);
    put(footer, segment.chain);
    put(footer, static_cast<std::uint16_t>(incarnation.size()));
    footer += incarnation;
    put(footer, static_cast<std::uint32_t>(segment.frames.size()));
    for (const auto& one : segment.frames) {
      put(footer, one.first);
      put(footer, one.offset);
    }
    out = footer;
    put(out, crc32c(footer));
    put(out, static_cast<std::uint32_t>(footer.size()));
    out += kTail;
    if (!file.write(out) || !file.sync()) return failed(unfinished, "writing");
  }
  std::filesystem::rename(unfinished, segment.path, error);
  if (error) return broken(segment.path, error.message());
  if (!sync_directory(directory_)) return failed(directory_, "syncing");
  return segment;
}

tl::expected<std::size_t, Fault> Archive::set_aside(const Segment& segment) {
  const auto listed = list();
  if (!listed) return tl::unexpected(listed.error());
  const std::vector<Segment>& all = **listed;
  std::size_t moved = 0;
  // The last first: cut short, what is left is dense and is found again.
  for (auto it = all.rbegin(); it != all.rend() && it->first >= segment.first; ++it) {
    std::error_code error;
    std::filesystem::path to = it->path.string() + "." + it->incarnation + ".diverged";
    std::filesystem::rename(it->path, to, error);
    if (error) return broken(it->path, error.message());
    ++moved;
  }
  if (!sync_directory(directory_)) return failed(directory_, "syncing");
  return moved;
}

tl::expected<std::uint64_t, Fault> Archive::verify() {
  const auto listed = list();
  if (!listed) return tl::unexpected(listed.error());
  const std::vector<Segment>& all = **listed;
  std::uint64_t events = 0;
  for (const Segment& segment : all) {
    Chain chain = segment.before;
    std::uint64_t next = segment.first;
    for (std::size_t i = 0; i < segment.frames.size(); ++i) {
      auto entries = frame(segment, i, &chain);
      if (!entries) return tl::unexpected(std::move(entries.error()));
      if (segment.frames[i].first != next) return broken(segment.path, "a frame is missing");
      next += entries->size();
    }
    if (next != segment.last + 1) return broken(segment.path, "events are missing");
    if (chain != segment.chain) return broken(segment.path, "its events are not those it was sealed with");
    events += next - segment.first;
  }
  return events;
}

}  // namespace bridgework::bus
