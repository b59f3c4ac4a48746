#include "messages/compiler/request.hpp"

#include <capnp/serialize.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>

namespace bridgework::message_compiler {

void with_request(const std::function<void(capnp::schema::CodeGeneratorRequest::Reader)>& use) {
  capnp::ReaderOptions options;
  options.traversalLimitInWords = std::numeric_limits<std::uint64_t>::max();
  capnp::StreamFdMessageReader reader(STDIN_FILENO, options);
  use(reader.getRoot<capnp::schema::CodeGeneratorRequest>());
}

void write_file(const std::string& path, const std::string& text) {
  {
    std::ifstream old(path, std::ios::binary);
    if (old && std::string(std::istreambuf_iterator<char>(old), {}) == text) return;
  }
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  if (!folder.empty()) std::filesystem::create_directories(folder);
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  if (!out) fail(path, "cannot be written");
}

}  // namespace bridgework::message_compiler
