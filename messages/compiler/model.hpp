#pragma once
// The schemas as the generators see them: the request of `capnp compile`, judged and in plain values.

#include <capnp/schema.capnp.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bridgework::message_compiler {

/// Ends the compiler with a message on stderr; `where` names the file, struct or field, `LeadView.claimedUntil`.
[[noreturn]] void fail(std::string_view where, std::string_view problem);

enum class Shape {
  kBool,
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kUInt8,
  kUInt16,
  kUInt32,
  kUInt64,
  kFloat32,
  kFloat64,
  kText,
  kData,
  kEnum,
  kStruct
};

/// A type of a field, or of the items of a list.
struct Type {
  Shape shape = Shape::kBool;
  /// Of an enum or a struct.
  std::uint64_t node = 0;
};

struct Range {
  std::int64_t min = 0;
  std::int64_t max = 0;
};

struct Field {
  std::string camel;
  std::string snake;
  /// Struct and field, for messages: `LeadView.claimedUntil`.
  std::string where;
  std::string doc;
  unsigned ordinal = 0;
  Type type;
  bool is_list = false;
  /// C++ literal of the schema's default, bare: `15`, `true`, `abc` for Text; of an enum its enumerant's number.
  std::string default_text;
  bool has_default = false;

  bool key = false, phi = false, pseudonym = false, instant = false, day = false, local = false, optional = false, required = false,
       principal = false;
  std::string id;
  std::string new_id;
  std::uint32_t max_bytes = 1024;
  std::uint32_t max_items = 4096;
  std::optional<Range> range;
  unsigned since = 1;
  unsigned retired = 0;
  /// Every annotation as the nets keep it, sorted: `$key $maxBytes=64`.
  std::string annotations;
};

struct Enumerant {
  std::string camel;
  std::string snake;
  std::string doc;
  std::string annotations;
};

struct Enum {
  std::uint64_t id = 0;
  std::uint64_t file = 0;
  std::string name;
  std::string doc;
  bool refusals = false;
  std::vector<Enumerant> enumerants;
};

enum class Kind { kPart, kEvent, kCommand, kQuery, kReply, kRecord, kTimer, kEffect };

struct Struct {
  std::uint64_t id = 0;
  std::uint64_t file = 0;
  std::string name;
  std::string doc;
  Kind kind = Kind::kPart;
  std::string answers;
  std::string http;
  unsigned since = 1;
  unsigned retired = 0;
  unsigned data_words = 0;
  unsigned pointer_words = 0;
  std::string annotations;
  /// By ordinal, so that appending a field never moves another.
  std::vector<Field> fields;

  const Field* key() const;
  const Field* field(std::string_view camel) const;
};

struct File {
  std::uint64_t id = 0;
  /// Folder and name without extension, `messages/lead_intake`: names every generated file and include.
  std::string stem;
  std::string owner;
  /// C++ namespace of the values; empty for a file that has none (catalogue.capnp).
  std::string values;
  /// C++ namespace of the official capnp output.
  std::string wire;
  std::vector<std::uint64_t> structs;
  std::vector<std::uint64_t> enums;
};

struct Requested {
  std::uint64_t file = 0;
  /// As given on the command line, without `.capnp`: where the output goes.
  std::string output;
};

struct Model {
  std::map<std::uint64_t, File> files;
  std::map<std::uint64_t, Struct> structs;
  std::map<std::uint64_t, Enum> enums;
  std::vector<Requested> requested;

  const File& file(std::uint64_t id) const { return files.at(id); }
  const Struct& structure(std::uint64_t id) const { return structs.at(id); }
  const Enum& enumeration(std::uint64_t id) const { return enums.at(id); }

  /// The file that declares a struct or enum.
  const File& file_of(std::uint64_t node) const;
  const std::string& name_of(std::uint64_t node) const;
  const Struct* find_struct(std::string_view name) const;
};

/// Refuses, by `fail`, whatever a value type cannot express: unions, groups, interfaces, AnyPointer, nested declarations, lists of
/// lists, and marks on types they do not fit.
Model read_model(capnp::schema::CodeGeneratorRequest::Reader request);

std::string_view kind_name(Kind kind);

}  // namespace bridgework::message_compiler
