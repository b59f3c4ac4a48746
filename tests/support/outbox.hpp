#pragma once
// The messages that left through the `file` channel.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace bridgework::support {

/// Their texts, oldest first.
inline std::vector<std::string> outbox_of(const std::filesystem::path& folder) {
  std::vector<std::pair<std::filesystem::file_time_type, std::string>> found;
  std::error_code none;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder, none)) {
    if (entry.path().extension() != ".eml" && entry.path().extension() != ".txt") continue;
    std::ostringstream text;
    text << std::ifstream(entry.path()).rdbuf();
    found.emplace_back(entry.last_write_time(), text.str());
  }
  std::sort(found.begin(), found.end());
  std::vector<std::string> out;
  for (auto& [time, text] : found) out.push_back(std::move(text));
  return out;
}

}  // namespace bridgework::support
