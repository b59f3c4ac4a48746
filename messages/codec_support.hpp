#pragma once
// What generated codecs share. Only they and their tests include it: it brings capnp.

#include <capnp/list.h>
#include <capnp/message.h>
#include <kj/exception.h>

#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "messages/codec.hpp"
#include "runtime/types.hpp"

namespace bridgework::messages::wire_codec {

/// The largest message read: what the envelope allows a reply to carry. Stops a length from becoming an allocation.
inline constexpr std::size_t kMessageBytesMax = 4 * 1024 * 1024;

/// The deepest nesting read. Stops pointer loops and stack exhaustion.
inline constexpr int kNestingMax = 32;

inline constexpr std::size_t kIdBytesMax = 128;

/// Absent encodings of `$optional` fields; stated in catalogue.capnp.
inline constexpr std::int64_t kAbsentInstant = 0;
inline constexpr std::int32_t kAbsentDay = std::numeric_limits<std::int32_t>::min();
inline constexpr std::int64_t kAbsentLocal = std::numeric_limits<std::int64_t>::min();

/// What a schema demands of a text.
struct TextRule {
  std::size_t bytes_max;
  bool is_id;
  bool required;
};

/// Inclusive limits of a number.
struct RangeRule {
  std::int64_t min;
  std::int64_t max;
};

/// Where a decoder stands and why it stopped.
///
/// The path is a stack that only success unwinds, so that it still points at the field when a capnp getter throws.
class Reading {
 public:
  void enter() { steps_[++depth_] = {}; }
  void leave() { --depth_; }
  void field(const char* name) { here() = {name, kNoIndex}; }
  void item(std::size_t index) { here().index = index; }

  /// Remembers the reason; always false, so that a reader can `return reading.refuse(...)`.
  bool refuse(std::string reason);

  bool text(capnp::Text::Reader in, TextRule rule, std::string& out);
  bool data(capnp::Data::Reader in, TextRule rule, std::string& out);
  bool count(std::size_t items, std::size_t items_max, bool required);

  template <class Tag>
  bool text(capnp::Text::Reader in, TextRule rule, Id<Tag>& out) {
    std::string read;
    if (!text(in, rule, read)) return false;
    out = Id<Tag>(std::move(read));
    return true;
  }

  template <class Enum>
  bool enumerant(std::uint16_t raw, std::uint16_t known, Enum& out) {
    if (raw >= known) return refuse("is no known value");
    out = static_cast<Enum>(raw);
    return true;
  }

  template <class Number>
  bool number(Number in, Number& out) {
    if constexpr (std::is_floating_point_v<Number>) {
      if (!std::isfinite(in)) return refuse("is not finite");
    }
    out = in;
    return true;
  }

  template <class Number>
  bool number(Number in, RangeRule rule, Number& out) {
    if constexpr (std::is_floating_point_v<Number>) {
      // Written so that NaN, which compares with nothing, is outside too.
      if (!(in >= static_cast<Number>(rule.min) && in <= static_cast<Number>(rule.max))) return out_of_range(rule);
    } else {
      if (std::cmp_less(in, rule.min) || std::cmp_greater(in, rule.max)) return out_of_range(rule);
    }
    out = in;
    return true;
  }

  bool instant(std::int64_t in, Instant& out);
  bool instant(std::int64_t in, std::optional<Instant>& out);
  bool day(std::int32_t in, LocalDay& out);
  bool day(std::int32_t in, std::optional<LocalDay>& out);
  bool local(std::int64_t in, LocalTime& out);
  bool local(std::int64_t in, std::optional<LocalTime>& out);

  Malformed malformed() const;

 private:
  static constexpr std::size_t kNoIndex = static_cast<std::size_t>(-1);
  struct Step {
    const char* name = nullptr;
    std::size_t index = kNoIndex;
  };

  Step& here() { return steps_[depth_]; }
  bool out_of_range(RangeRule rule);

  // capnp refuses what nests deeper than kNestingMax before a reader enters it.
  std::array<Step, kNestingMax + 2> steps_;
  std::size_t depth_ = 0;
  std::string reason_;
};

/// The words of one message, aligned. Borrows the bytes where they are aligned already and copies them where not: most frames of a
/// multi-part ZeroMQ message are not, and capnp throws at those.
class Frame {
 public:
  /// Takes standard stream framing with exactly one segment that fills the bytes.
  static tl::expected<Frame, Malformed> open(std::string_view bytes);

  kj::ArrayPtr<const capnp::word> words() const { return words_; }
  capnp::ReaderOptions options() const;

 private:
  kj::Array<capnp::word> copy_;
  kj::ArrayPtr<const capnp::word> words_;
};

template <class Wire, class T, class Read>
tl::expected<T, Malformed> decode_with(std::string_view bytes, Read&& read) {
  auto frame = Frame::open(bytes);
  if (!frame) return tl::unexpected(std::move(frame.error()));
  Reading reading;
  try {
    const kj::ArrayPtr<const capnp::word> segment = frame->words();
    capnp::SegmentArrayMessageReader message(kj::arrayPtr(&segment, 1), frame->options());
    T value;
    if (read(message.getRoot<Wire>(), value, reading)) return value;
  } catch (const kj::Exception& exception) {
    reading.refuse(exception.getDescription().cStr());
  }
  return tl::unexpected(reading.malformed());
}

/// Builds a message of exactly `words` words (root pointer included) inside the string that is returned.
template <class Wire, class T, class Write>
std::string encode_with(const T& value, std::size_t words, Write&& write) {
  constexpr std::size_t kHeaderBytes = sizeof(capnp::word);
  // At least 16 bytes, hence on the heap and aligned for words.
  std::string bytes(kHeaderBytes + words * sizeof(capnp::word), '\0');
  for (std::size_t i = 0; i < 4; ++i) bytes[4 + i] = static_cast<char>((words >> (8 * i)) & 0xFF);
  capnp::FlatMessageBuilder message(kj::arrayPtr(reinterpret_cast<capnp::word*>(bytes.data() + kHeaderBytes), words));
  write(value, message.initRoot<Wire>());
  // A wrong size would be a defect of the compiler, not of the value.
  message.requireFilled();
  return bytes;
}

// Words of the parts of a message, as the wire format counts them.
inline std::size_t words_of_bytes(std::size_t bytes) { return (bytes + 7) / 8; }
inline std::size_t words_of_text(std::string_view text) { return words_of_bytes(text.size() + 1); }
inline std::size_t words_of_bits(std::size_t bits) { return (bits + 63) / 64; }

inline capnp::Text::Reader to_text(const std::string& text) { return {text.c_str(), text.size()}; }
inline capnp::Data::Reader to_data(const std::string& data) { return {reinterpret_cast<const kj::byte*>(data.data()), data.size()}; }

inline std::int64_t to_wire(Instant at) { return at.time_since_epoch().count(); }
inline std::int64_t to_wire(LocalTime at) { return at.time_since_epoch().count(); }
inline std::int32_t to_wire(LocalDay day) { return static_cast<std::int32_t>(day.time_since_epoch().count()); }
inline std::int64_t to_wire(const std::optional<Instant>& at) { return at ? to_wire(*at) : kAbsentInstant; }
inline std::int64_t to_wire(const std::optional<LocalTime>& at) { return at ? to_wire(*at) : kAbsentLocal; }
inline std::int32_t to_wire(const std::optional<LocalDay>& day) { return day ? to_wire(*day) : kAbsentDay; }

}  // namespace bridgework::messages::wire_codec
