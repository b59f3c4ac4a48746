#pragma once
// Where the simulated messages leave: the directory into which the real channel writes, in memory.

#include <filesystem>
#include <stdexcept>
#include <string>

#include <unistd.h>

namespace bridgework::sim {

/// A directory of this process, gone with it. What lies in it is collected after each message, as a channel takes it away: the real one
/// never writes over a file that is there, so a message that left twice would else not show.
class Outbox {
 public:
  Outbox() {
    std::error_code none;
    const std::filesystem::path memory = "/dev/shm";
    const auto parent = std::filesystem::is_directory(memory, none) ? memory : std::filesystem::temp_directory_path();
    std::string pattern = (parent / "bw-sim-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary directory");
    directory_ = pattern;
  }
  ~Outbox() {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  const std::filesystem::path& directory() const { return directory_; }
  /// How many messages have left since the last time.
  std::size_t collect() const {
    std::size_t files = 0;
    for (const auto& file : std::filesystem::directory_iterator(directory_)) files += std::filesystem::remove(file.path()) ? 1 : 0;
    return files;
  }

 private:
  std::filesystem::path directory_;
};

}  // namespace bridgework::sim
