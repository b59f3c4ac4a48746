#pragma once
// The TOML library, included here alone: one program must not hold it twice with two meanings.

#include <stdexcept>

namespace bridgework::runtime {

/// What the library believes of a text and finds untrue (`[.]` is enough) must end the reading, not the process: whoever parses catches
/// std::exception.
constexpr void toml_believes(bool holds) {
  if (!holds) throw std::invalid_argument("it is not TOML");
}

}  // namespace bridgework::runtime

#define TOML_ASSERT(expr) ::bridgework::runtime::toml_believes(static_cast<bool>(expr))
#include <toml++/toml.h>
