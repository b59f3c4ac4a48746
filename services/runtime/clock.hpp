#pragma once
// The time of this process. Real binaries have the machine's; the same binaries linked for tests can be moved forward.

#include <chrono>
#include <optional>
#include <string>

#include "runtime/types.hpp"

namespace bridgework::runtime {

/// How far a test has moved the clock. Zero in real binaries, always.
std::chrono::microseconds clock_offset();

/// Whether a test drives the clock. Loops then look at it every 20 ms instead of sleeping until the next timer.
bool clock_is_driven();

/// Why this process must not start, if so: a real binary told to follow a test clock would keep promises at the wrong time, and a test
/// binary whose clock cannot be read would prove nothing. Without the variable a test binary follows the machine's clock.
std::optional<std::string> clock_refusal();

/// Now, on the wall clock plus the test's offset.
inline Instant system_now() { return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now()) + clock_offset(); }

}  // namespace bridgework::runtime
