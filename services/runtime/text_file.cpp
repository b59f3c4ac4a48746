#include "runtime/text_file.hpp"

#include <sys/stat.h>

#include <fstream>
#include <iterator>

namespace bridgework::runtime {

tl::expected<std::string, std::string> read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file) return tl::unexpected("cannot read " + path);
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
