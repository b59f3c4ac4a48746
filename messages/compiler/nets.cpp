#include "messages/compiler/nets.hpp"

#include <capnp/message.h>
#include <capnp/schema-loader.h>
#include <capnp/serialize-packed.h>
#include <kj/io.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <limits>
#include <set>
#include <sstream>

#include "messages/compiler/model.hpp"
#include "messages/compiler/names.hpp"
#include "messages/compiler/request.hpp"
#include "messages/compiler/sample.hpp"

namespace bridgework::message_compiler {
namespace {

namespace schema = capnp::schema;

constexpr const char* kSchemasFile = "/schemas.packed";
constexpr const char* kNamesFile = "/names.txt";
constexpr const char* kGoldenFile = "/golden.txt";

std::vector<std::string> lines_in_order(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::set<std::string> lines_of(const std::string& text) {
  const std::vector<std::string> lines = lines_in_order(text);
  return {lines.begin(), lines.end()};
}

/// Annotations as the nets compare them: retiring something is the one mark that may come later.
std::string lasting(const std::string& annotations) {
  std::string kept;
  std::istringstream in(annotations);
  for (std::string word; std::getline(in, word, '$');) {
    if (word.empty() || word.starts_with("retired=")) continue;
    while (word.ends_with(' ')) word.pop_back();
    kept += cat(" $", word);
  }
  return kept;
}

std::string type_text(const Model& model, const Field& field) {
  static constexpr const char* kNames[] = {"Bool",   "Int8",   "Int16",   "Int32",   "Int64", "UInt8", "UInt16",
                                           "UInt32", "UInt64", "Float32", "Float64", "Text",  "Data"};
  const std::string type = field.type.node == 0 ? kNames[static_cast<std::size_t>(field.type.shape)]
                                                : cat(model.file_of(field.type.node).stem, ":", model.name_of(field.type.node));
  return field.is_list ? cat("List(", type, ")") : type;
}

std::string names_of(const Model& model) {
  std::vector<std::string> lines;
  for (const Requested& requested : model.requested) {
    const File& file = model.file(requested.file);
    lines.push_back(cat("file ", file.stem, " ", hex(file.id), " owner ", file.owner));
    for (const std::uint64_t id : file.structs) {
      const Struct& structure = model.structure(id);
      const std::string name = cat(file.stem, ":", structure.name);
      lines.push_back(cat("struct ", name, " ", hex(id), lasting(structure.annotations)));
      for (const Field& field : structure.fields) {
        const std::string fallback = field.has_default ? cat(" = ", quoted(field.default_text)) : "";
        // Ordinals are padded so that lines sort as fields do.
        const std::string ordinal = cat(field.ordinal < 10 ? "0" : "", std::to_string(field.ordinal));
        lines.push_back(
            cat("struct ", name, " @", ordinal, " ", field.camel, " :", type_text(model, field), fallback, lasting(field.annotations)));
      }
    }
    for (const std::uint64_t id : file.enums) {
      const Enum& enumeration = model.enumeration(id);
      const std::string name = cat(file.stem, ":", enumeration.name);
      lines.push_back(cat("enum ", name, " ", hex(id), enumeration.refusals ? " $refusals" : ""));
      unsigned value = 0;
      for (const Enumerant& enumerant : enumeration.enumerants) {
        const std::string ordinal = cat(value < 10 ? "0" : "", std::to_string(value));
        lines.push_back(cat("enum ", name, " @", ordinal, " ", enumerant.camel, lasting(enumerant.annotations)));
        ++value;
      }
    }
  }
  std::ranges::sort(lines);
  std::string text;
  for (const std::string& line : lines) text += cat(line, "\n");
  return text;
}

/// Without documentation, which may change, and without which file was asked for.
std::string schemas_of(schema::CodeGeneratorRequest::Reader request) {
  capnp::MallocMessageBuilder message;
  message.initRoot<schema::CodeGeneratorRequest>().setNodes(request.getNodes());
  kj::VectorOutputStream out;
  capnp::writePackedMessage(out, message);
  const auto bytes = out.getArray();
  return {reinterpret_cast<const char*>(bytes.begin()), bytes.size()};
}

/// One message of an earlier release: who it was, its bytes and what they said.
struct Golden {
  std::string name;
  std::string hex;
  std::string text;

  bool operator==(const Golden&) const = default;
};

constexpr std::string_view kHexDigits = "0123456789abcdef";

std::string to_hex(std::string_view bytes) {
  std::string hex;
  for (const char c : bytes) {
    const unsigned char byte = static_cast<unsigned char>(c);
    hex += kHexDigits[byte >> 4];
    hex += kHexDigits[byte & 0xF];
  }
  return hex;
}

std::string from_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    const std::size_t value = kHexDigits.find(hex[i]) * 16 + kHexDigits.find(hex[i + 1]);
    bytes += static_cast<char>(static_cast<unsigned char>(value));
  }
  return bytes;
}

// A block is `message <file>:<name>`, lines `bytes <hex>` and indented lines of text; blocks are parted by blank lines.
std::string write_golden(const std::vector<Golden>& all) {
  std::string text;
  for (const Golden& golden : all) {
    text += cat("message ", golden.name, "\n");
    constexpr std::size_t kLine = 128;
    for (std::size_t i = 0; i < golden.hex.size(); i += kLine) text += cat("bytes ", golden.hex.substr(i, kLine), "\n");
    for (const std::string& line : lines_in_order(golden.text)) text += cat("  ", line, "\n");
    text += "\n";
  }
  return text;
}

std::vector<Golden> read_golden(const std::string& text) {
  std::vector<Golden> all;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("message ")) {
      all.push_back({line.substr(8), "", ""});
    } else if (line.starts_with("bytes ") && !all.empty()) {
      all.back().hex += line.substr(6);
    } else if (line.starts_with("  ") && !all.empty()) {
      all.back().text += cat(line.substr(2), "\n");
    }
  }
  return all;
}

/// Requests and replies live for seconds; everything else is kept and read again by later releases.
bool is_stored(const Struct& structure) {
  return structure.kind != Kind::kCommand && structure.kind != Kind::kQuery && structure.kind != Kind::kReply;
}

std::string full_name(const Model& model, const Struct& structure) { return cat(model.file(structure.file).stem, ":", structure.name); }

void check_loader(const Baseline& baseline, schema::CodeGeneratorRequest::Reader request, std::vector<std::string>& breaks) {
  kj::ArrayInputStream in(kj::arrayPtr(reinterpret_cast<const kj::byte*>(baseline.schemas.data()), baseline.schemas.size()));
  capnp::ReaderOptions options;
  options.traversalLimitInWords = std::numeric_limits<std::uint64_t>::max();
  capnp::PackedMessageReader old(in, options);
  capnp::SchemaLoader loader;
  for (auto node : old.getRoot<schema::CodeGeneratorRequest>().getNodes()) loader.load(node);
  for (auto node : request.getNodes()) {
    try {
      loader.load(node);
    } catch (const kj::Exception& exception) {
      breaks.push_back(cat("loader: ", node.getDisplayName().cStr(), ": ", exception.getDescription().cStr()));
    }
  }
}

void check_names(const Baseline& baseline, const Model& model, std::vector<std::string>& breaks) {
  const std::set<std::string> now = lines_of(names_of(model));
  for (const std::string& line : lines_of(baseline.names)) {
    if (!now.contains(line)) breaks.push_back(cat("names: gone or changed: ", line));
  }
}

void check_golden(const Baseline& baseline, const Model& model, const capnp::SchemaLoader& loader, std::vector<std::string>& breaks) {
  std::map<std::string, const Struct*> by_name;
  for (const auto& [id, structure] : model.structs) by_name.emplace(full_name(model, structure), &structure);
  for (const Golden& golden : read_golden(baseline.golden)) {
    const auto found = by_name.find(golden.name);
    if (found == by_name.end()) {
      breaks.push_back(cat("golden: nothing reads ", golden.name, " any more"));
      continue;
    }
    try {
      if (text_of_bytes(model, loader, *found->second, from_hex(golden.hex)) != golden.text) {
        breaks.push_back(cat("golden: ", golden.name, " of an earlier release reads as something else"));
      }
    } catch (const kj::Exception& exception) {
      breaks.push_back(cat("golden: ", golden.name, " of an earlier release cannot be read: ", exception.getDescription().cStr()));
    }
  }
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

Baseline make_baseline(schema::CodeGeneratorRequest::Reader request, const Baseline& previous) {
  const Model model = read_model(request);
  capnp::SchemaLoader loader;
  load_schemas(loader, request);
  std::vector<Golden> golden = read_golden(previous.golden);
  for (const Requested& requested : model.requested) {
    for (const std::uint64_t id : model.file(requested.file).structs) {
      const Struct& structure = model.structure(id);
      if (!is_stored(structure)) continue;
      const std::string bytes = sample_bytes(model, loader, structure);
      const Golden fresh{full_name(model, structure), to_hex(bytes), text_of_bytes(model, loader, structure, bytes)};
      if (std::ranges::find(golden, fresh) == golden.end()) golden.push_back(fresh);
    }
  }
  return {schemas_of(request), names_of(model), write_golden(golden)};
}

std::vector<std::string> find_breaks(const Baseline& baseline, schema::CodeGeneratorRequest::Reader request) {
  std::vector<std::string> breaks;
  const Model model = read_model(request);
  check_loader(baseline, request, breaks);
  check_names(baseline, model, breaks);
  capnp::SchemaLoader loader;
  load_schemas(loader, request);
  check_golden(baseline, model, loader, breaks);
  return breaks;
}

Baseline read_baseline(const std::string& folder) {
  return {read_file(folder + kSchemasFile), read_file(folder + kNamesFile), read_file(folder + kGoldenFile)};
}

void write_baseline(const std::string& folder, const Baseline& baseline) {
  write_file(folder + kSchemasFile, baseline.schemas);
  write_file(folder + kNamesFile, baseline.names);
  write_file(folder + kGoldenFile, baseline.golden);
}

}  // namespace bridgework::message_compiler
