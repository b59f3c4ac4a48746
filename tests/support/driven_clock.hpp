#pragma once
// The time of a suite of test binaries, moved by whoever tells the story.

#include <chrono>
#include <cstdint>
#include <filesystem>

#include "runtime/types.hpp"

namespace bridgework::support {

/// The clock of the processes of one suite: a file they all look at.
class DrivenClock {
 public:
  explicit DrivenClock(const std::filesystem::path& file);
  ~DrivenClock();
  DrivenClock(const DrivenClock&) = delete;
  DrivenClock& operator=(const DrivenClock&) = delete;

  Instant now() const;
  /// Never backwards: time does not do that to the processes either.
  void set(Instant instant);
  /// Back to the machine's own time, which must not be earlier.
  void to_present();
  void advance(std::chrono::microseconds by) { set(now() + by); }

 private:
  std::int64_t* offset_;
};

}  // namespace bridgework::support
