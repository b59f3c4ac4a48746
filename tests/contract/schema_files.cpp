#include "contract/schema_files.hpp"

#include <stdlib.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <limits>
#include <stdexcept>

namespace bridgework::contract {
namespace {

namespace fs = std::filesystem;

fs::path make_temporary_folder() {
  std::string pattern = (fs::temp_directory_path() / "bridgework-schemas-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
  return pattern;
}

int run(const std::string& command) {
  const int status = std::system(command.c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::string quoted(const fs::path& path) { return "'" + path.string() + "'"; }

void write_text(const fs::path& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << text;
  if (!out) throw std::runtime_error("cannot write " + path.string());
}

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> items;
  for (std::size_t begin = 0; begin < list.size();) {
    const std::size_t end = std::min(list.find(',', begin), list.size());
    items.push_back(list.substr(begin, end - begin));
    begin = end + 1;
  }
  return items;
}

std::string message_paths() {
  std::string paths;
  for (const std::string& file : message_files()) paths += " messages/" + file + ".capnp";
  return paths;
}

}  // namespace

const std::vector<std::string>& message_files() {
  static const std::vector<std::string> files = split(BRIDGEWORK_MESSAGE_FILES);
  return files;
}

CompiledSchemas::CompiledSchemas(const std::string& bytes) : words_(kj::heapArray<capnp::word>(bytes.size() / sizeof(capnp::word))) {
  std::memcpy(words_.begin(), bytes.data(), words_.size() * sizeof(capnp::word));
  capnp::ReaderOptions options;
  options.traversalLimitInWords = std::numeric_limits<std::uint64_t>::max();
  reader_ = std::make_unique<capnp::FlatArrayMessageReader>(words_, options);
  request_ = reader_->getRoot<capnp::schema::CodeGeneratorRequest>();
}

std::unique_ptr<CompiledSchemas> CompiledSchemas::of(const fs::path& root) { return compile(root, message_paths()); }

std::unique_ptr<CompiledSchemas> CompiledSchemas::released() {
  std::string paths = message_paths();
  for (const std::string& schema : split(BRIDGEWORK_STATE_SCHEMAS)) paths += " " + schema;
  return compile(BRIDGEWORK_SOURCE_DIR, paths);
}

std::unique_ptr<CompiledSchemas> CompiledSchemas::compile(const fs::path& root, const std::string& paths) {
  const fs::path folder = make_temporary_folder();
  const fs::path output = folder / "request";
  const std::string command = "cd " + quoted(root) + " && " BRIDGEWORK_CAPNP " compile -I. -o-" + paths;
  const int status = run(command + " > " + quoted(output) + " 2> " + quoted(folder / "errors"));
  const std::string bytes = read_text(output);
  fs::remove_all(folder);
  if (status != 0) return nullptr;
  return std::unique_ptr<CompiledSchemas>(new CompiledSchemas(bytes));
}

SchemaCopy::SchemaCopy() : root_(make_temporary_folder()) {
  fs::create_directory(root_ / "messages");
  const fs::path source = fs::path(BRIDGEWORK_SOURCE_DIR) / "messages";
  fs::copy_file(source / "catalogue.capnp", root_ / "messages" / "catalogue.capnp");
  for (const std::string& file : message_files()) fs::copy_file(source / (file + ".capnp"), root_ / "messages" / (file + ".capnp"));
}

SchemaCopy::~SchemaCopy() {
  std::error_code ignored;
  fs::remove_all(root_, ignored);
}

bool SchemaCopy::replace(const std::string& file, const std::string& from, const std::string& to) {
  const fs::path path = root_ / "messages" / file;
  std::string text = read_text(path);
  const std::size_t at = text.find(from);
  if (at == std::string::npos) return false;
  text.replace(at, from.size(), to);
  write_text(path, text);
  return true;
}

bool SchemaCopy::remove(const std::string& file, const std::string& from, const std::string& to) {
  const fs::path path = root_ / "messages" / file;
  std::string text = read_text(path);
  const std::size_t begin = text.find(from);
  const std::size_t end = begin == std::string::npos ? begin : text.find(to, begin);
  if (end == std::string::npos) return false;
  text.erase(begin, end + to.size() - begin);
  write_text(path, text);
  return true;
}

ToolRun run_plugin(const std::string& schema) {
  const fs::path folder = make_temporary_folder();
  fs::create_directory(folder / "trial");
  write_text(folder / "trial" / "schema.capnp", schema);
  const int status =
      run("cd " + quoted(folder) +
          " && " BRIDGEWORK_CAPNP " compile -I" BRIDGEWORK_SOURCE_DIR " -o" BRIDGEWORK_PLUGIN " trial/schema.capnp > output 2> errors");
  ToolRun result{status, read_text(folder / "errors")};
  fs::remove_all(folder);
  return result;
}

ToolRun run_release(const fs::path& root, const fs::path& folder) {
  const fs::path errors = root / "errors";
  const int status = run("cd " + quoted(root) + " && " BRIDGEWORK_CAPNP " compile -I. -o" BRIDGEWORK_BASELINE ":" + quoted(folder) +
                         message_paths() + " > /dev/null 2> " + quoted(errors));
  return {status, read_text(errors)};
}

std::string read_text(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace bridgework::contract
