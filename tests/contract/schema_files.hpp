#pragma once
// Schemas on disk for tests: those of the repository, compiled, or a copy to break.

#include <capnp/schema.capnp.h>
#include <capnp/serialize.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace bridgework::contract {

/// Names of the message schemas without folder and extension, as CMake lists them.
const std::vector<std::string>& message_files();

/// What `capnp compile` makes of schemas; the reader lives as long as this.
class CompiledSchemas {
 public:
  /// The message schemas below a root. Null when they do not compile.
  static std::unique_ptr<CompiledSchemas> of(const std::filesystem::path& root);
  /// All that the repository releases: messages and the state of services.
  static std::unique_ptr<CompiledSchemas> released();

  capnp::schema::CodeGeneratorRequest::Reader request() const { return request_; }

 private:
  explicit CompiledSchemas(const std::string& bytes);
  static std::unique_ptr<CompiledSchemas> compile(const std::filesystem::path& root, const std::string& paths);

  kj::Array<capnp::word> words_;
  std::unique_ptr<capnp::FlatArrayMessageReader> reader_;
  capnp::schema::CodeGeneratorRequest::Reader request_;
};

/// A copy of messages/*.capnp in a folder of its own, gone with this object.
class SchemaCopy {
 public:
  SchemaCopy();
  ~SchemaCopy();
  SchemaCopy(const SchemaCopy&) = delete;
  SchemaCopy& operator=(const SchemaCopy&) = delete;

  const std::filesystem::path& root() const { return root_; }

  /// Replaces the first text by the second where it stands for the first time; false when it stands nowhere.
  [[nodiscard]] bool replace(const std::string& file, const std::string& from, const std::string& to);

  /// Removes from the first text to the end of the second, which follows it.
  [[nodiscard]] bool remove(const std::string& file, const std::string& from, const std::string& to);

 private:
  std::filesystem::path root_;
};

struct ToolRun {
  int status;
  std::string errors;
};

/// Runs our plugin over one schema that is written for the occasion.
ToolRun run_plugin(const std::string& schema);

/// Releases the message schemas below a root, as the target `baseline_release` does, into a folder that exists.
ToolRun run_release(const std::filesystem::path& root, const std::filesystem::path& folder);

std::string read_text(const std::filesystem::path& path);

}  // namespace bridgework::contract
