#pragma once
// Small files that operators write.

#include <string>

#include <tl/expected.hpp>

namespace bridgework::runtime {

tl::expected<std::string, std::string> read_text(const std::string& path);

/// Changes whenever the file does: by writing into it, or by putting another in its place. "none" when there is none.
std::string state_of_file(const std::string& path);

}  // namespace bridgework::runtime
