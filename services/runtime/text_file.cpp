#include "runtime/text_file.hpp"

#include <sys/stat.h>

#include <fstream>

namespace bridgework::runtime {

tl::expected<std::string, std::string> read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text;
  // A directory is opened like a file, and throws only where it is read past the stream.
  char piece[4096];
  while (file.read(piece, sizeof piece), file.gcount() > 0) text.append(piece, static_cast<std::size_t>(file.gcount()));
  if (!file.eof()) return tl::unexpected("cannot read " + path);
  return text;
}

std::string state_of_file(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return "none";
  const auto number = [](auto value) { return std::to_string(value) + " "; };
  return number(status.st_dev) + number(status.st_ino) + number(status.st_size) + number(status.st_mtim.tv_sec) +
         number(status.st_mtim.tv_nsec);
}

}  // namespace bridgework::runtime
