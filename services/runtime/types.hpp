#pragma once
// The plain types every message and every decision is made of. No I/O, no wire format, no word of dentistry.

#include <chrono>
#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace bridgework {

/// A moment on the one time line, in microseconds since 1970-01-01T00:00Z.
using Instant = std::chrono::time_point<std::chrono::system_clock, std::chrono::microseconds>;

/// A day of a local calendar, without a zone: a birth day, a site's Tuesday.
using LocalDay = std::chrono::local_days;

/// A local wall-clock time without a zone, to the second. With a zone it may name no instant (spring gap) or two (autumn fold).
using LocalTime = std::chrono::local_seconds;

/// A name for one thing of one kind. Two kinds do not compare or convert, so a person can never be passed for a site.
///
/// Ids are opaque, case-sensitive text of `[A-Za-z0-9_+-]` with at most one meaning given to `.`: what stands before the first dot is
/// the key of the owner (see `lane_of`). An empty id is no id.
template <class Tag>
class Id {
 public:
  Id() = default;
  explicit Id(std::string text) : text_(std::move(text)) {}

  const std::string& text() const { return text_; }
  bool empty() const { return text_.empty(); }

  friend bool operator==(const Id&, const Id&) = default;
  friend auto operator<=>(const Id&, const Id&) = default;

 private:
  std::string text_;
};

/// The key of the entity that owns the thing an id names: the text before the first dot, or all of it.
inline std::string_view owner_key(std::string_view id) { return id.substr(0, id.find('.')); }

/// What is said about a person. It has no formatter and no stream operator, so logging it does not compile; `reveal` marks every
/// place that looks inside, and a reviewer can list them.
template <class T>
class Phi {
 public:
  Phi() = default;
  explicit Phi(T value) : value_(std::move(value)) {}

  const T& reveal() const { return value_; }
  T& reveal() { return value_; }

  friend bool operator==(const Phi&, const Phi&) = default;

 private:
  T value_{};
};

}  // namespace bridgework

template <class Tag>
struct std::hash<bridgework::Id<Tag>> {
  std::size_t operator()(const bridgework::Id<Tag>& id) const { return std::hash<std::string>{}(id.text()); }
};
