#include "messages/codec_support.hpp"

#include <cstring>

namespace bridgework::messages::wire_codec {
namespace {

using std::chrono::local_days;
using std::chrono::sys_days;
using namespace std::chrono_literals;

// What lies outside is a unit mistaken for another (seconds for microseconds), and would overflow what is computed from it.
constexpr auto kFirstYear = 1900y;
constexpr auto kEndYear = 2400y;
constexpr sys_days kFirstDay{kFirstYear / std::chrono::January / 1};
constexpr sys_days kEndDay{kEndYear / std::chrono::January / 1};
constexpr const char* kOutsideYears = "is outside the years 1900 to 2399";

bool is_continuation(unsigned char byte) { return (byte & 0xC0) == 0x80; }

/// Whether the bytes are UTF-8 without NUL, overlong forms and surrogates (Unicode 15, table 3-7).
bool is_utf8(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  std::size_t i = 0;
  while (i < text.size()) {
    const unsigned char lead = at(i);
    if (lead == 0) return false;
    if (lead < 0x80) {
      ++i;
      continue;
    }
    const std::size_t length = lead >= 0xC2 && lead <= 0xDF ? 2 : lead >= 0xE0 && lead <= 0xEF ? 3 : lead >= 0xF0 && lead <= 0xF4 ? 4 : 0;
    if (length == 0 || text.size() - i < length) return false;
    for (std::size_t k = 1; k < length; ++k) {
      if (!is_continuation(at(i + k))) return false;
    }
    const unsigned char second = at(i + 1);
    if (lead == 0xE0 && second < 0xA0) return false;
    if (lead == 0xED && second > 0x9F) return false;
    if (lead == 0xF0 && second < 0x90) return false;
    if (lead == 0xF4 && second > 0x8F) return false;
    i += length;
  }
  return true;
}

bool is_id_character(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '+' || c == '.' || c == '@' ||
         c == '-';
}

template <class Duration>
bool inside_years(Duration since_epoch) {
  return since_epoch >= kFirstDay.time_since_epoch() && since_epoch < kEndDay.time_since_epoch();
}

Malformed frame_error(const char* reason) { return {"", reason}; }

std::uint32_t little_endian(std::string_view bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  return value;
}

}  // namespace

bool Reading::refuse(std::string reason) {
  reason_ = std::move(reason);
  return false;
}

bool Reading::text(capnp::Text::Reader in, TextRule rule, std::string& out) {
  const std::string_view text(in.begin(), in.size());
  if (text.empty() && rule.required) return refuse("is required");
  if (text.size() > rule.bytes_max) return refuse("is longer than " + std::to_string(rule.bytes_max) + " bytes");
  if (rule.is_id) {
    if (text.size() > kIdBytesMax) return refuse("is longer than " + std::to_string(kIdBytesMax) + " bytes");
    for (const char c : text) {
      if (!is_id_character(c)) return refuse("holds a character that no id has");
    }
  } else if (!is_utf8(text)) {
    return refuse("is not UTF-8 text");
  }
  out.assign(text);
  return true;
}

bool Reading::data(capnp::Data::Reader in, TextRule rule, std::string& out) {
  if (in.size() == 0 && rule.required) return refuse("is required");
  if (in.size() > rule.bytes_max) return refuse("is longer than " + std::to_string(rule.bytes_max) + " bytes");
  out.assign(reinterpret_cast<const char*>(in.begin()), in.size());
  return true;
}

bool Reading::count(std::size_t items, std::size_t items_max, bool required) {
  if (items == 0 && required) return refuse("is required");
  if (items > items_max) return refuse("has more than " + std::to_string(items_max) + " items");
  return true;
}

bool Reading::instant(std::int64_t in, Instant& out) {
  const std::chrono::microseconds since_epoch{in};
  if (!inside_years(since_epoch)) return refuse(kOutsideYears);
  out = Instant{since_epoch};
  return true;
}

bool Reading::instant(std::int64_t in, std::optional<Instant>& out) {
  if (in == kAbsentInstant) {
    out.reset();
    return true;
  }
  return instant(in, out.emplace());
}

bool Reading::day(std::int32_t in, LocalDay& out) {
  const std::chrono::days since_epoch{in};
  if (!inside_years(since_epoch)) return refuse(kOutsideYears);
  out = LocalDay{since_epoch};
  return true;
}

bool Reading::day(std::int32_t in, std::optional<LocalDay>& out) {
  if (in == kAbsentDay) {
    out.reset();
    return true;
  }
  return day(in, out.emplace());
}

bool Reading::local(std::int64_t in, LocalTime& out) {
  const std::chrono::seconds since_epoch{in};
  if (!inside_years(since_epoch)) return refuse(kOutsideYears);
  out = LocalTime{since_epoch};
  return true;
}

bool Reading::local(std::int64_t in, std::optional<LocalTime>& out) {
  if (in == kAbsentLocal) {
    out.reset();
    return true;
  }
  return local(in, out.emplace());
}

bool Reading::out_of_range(RangeRule rule) {
  return refuse("is not within " + std::to_string(rule.min) + " to " + std::to_string(rule.max));
}

Malformed Reading::malformed() const {
  std::string path;
  for (std::size_t i = 1; i <= depth_; ++i) {
    if (steps_[i].name == nullptr) break;
    if (!path.empty()) path += '.';
    path += steps_[i].name;
    if (steps_[i].index != kNoIndex) path += '[' + std::to_string(steps_[i].index) + ']';
  }
  return {std::move(path), reason_};
}

tl::expected<Frame, Malformed> Frame::open(std::string_view bytes) {
  constexpr std::size_t kHeaderBytes = sizeof(capnp::word);
  if (bytes.size() > kMessageBytesMax) return tl::unexpected(frame_error("is larger than 4 MiB"));
  if (bytes.size() < kHeaderBytes) return tl::unexpected(frame_error("is shorter than a frame header"));
  if (little_endian(bytes) != 0) return tl::unexpected(frame_error("has more than one segment"));
  const std::string_view body = bytes.substr(kHeaderBytes);
  const std::size_t words = little_endian(bytes.substr(4));
  if (body.size() != words * sizeof(capnp::word)) return tl::unexpected(frame_error("is not as long as its header says"));
  if (words == 0) return tl::unexpected(frame_error("is empty"));
  Frame frame;
  if (reinterpret_cast<std::uintptr_t>(body.data()) % alignof(std::uint64_t) == 0) {
    frame.words_ = kj::arrayPtr(reinterpret_cast<const capnp::word*>(body.data()), words);
  } else {
    frame.copy_ = kj::heapArray<capnp::word>(words);
    std::memcpy(frame.copy_.begin(), body.data(), body.size());
    frame.words_ = frame.copy_;
  }
  return frame;
}

capnp::ReaderOptions Frame::options() const {
  capnp::ReaderOptions options;
  // Pointers may overlap, so one word can be read many times; eight times is more than any honest message needs.
  options.traversalLimitInWords = words_.size() * 8 + 1024;
  options.nestingLimit = kNestingMax;
  return options;
}

}  // namespace bridgework::messages::wire_codec
