#include <cstdlib>

#include "runtime/clock.hpp"

namespace bridgework::runtime {

std::chrono::microseconds clock_offset() { return std::chrono::microseconds{0}; }

bool clock_is_driven() { return false; }

std::optional<std::string> clock_refusal() {
  if (std::getenv("BRIDGEWORK_TEST_CLOCK") == nullptr) return std::nullopt;
  return "BRIDGEWORK_TEST_CLOCK is set, and this program follows the machine's clock only: unset it, or use the programs in test-bin/";
}

}  // namespace bridgework::runtime
