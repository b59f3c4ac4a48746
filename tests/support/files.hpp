#pragma once

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace bridgework::support {

/// All that is in a file; nothing when there is none.
inline std::string bytes_of(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

}  // namespace bridgework::support
