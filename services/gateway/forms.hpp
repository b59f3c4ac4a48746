#pragma once
// What a schema says about the JSON form of its messages, read once so that no request walks annotations.

#include <capnp/schema.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "messages/catalogue.hpp"

namespace bridgework::gateway {

struct StructForm;

/// How a value looks in JSON.
enum class Shape { kBool, kSigned, kUnsigned, kFloat, kText, kId, kEnum, kInstant, kDay, kLocal, kStruct };

struct Range {
  std::int64_t min;
  std::int64_t max;
};

/// One field, with every rule that a value must keep.
struct FieldForm {
  capnp::StructSchema::Field field;
  std::string name;       ///< snake_case
  std::string json_name;  ///< `"name":`, ready to be written
  std::string_view doc;
  Shape shape = Shape::kText;
  bool is_list = false;   ///< then `shape` is that of an item
  bool optional = false;  ///< may be absent; everything else has a default or is required
  bool required = false;  ///< absent or empty is refused
  bool key = false;
  bool principal = false;
  bool phi = false;
  std::string new_id;   ///< template, empty when the field is no new id
  std::string id_type;  ///< "PersonId"
  std::size_t bytes_max = 1024;
  std::size_t items_max = 4096;
  std::optional<Range> range;           ///< as annotated, else what the type holds
  std::vector<std::string> enumerants;  ///< snake_case, by number
  const StructForm* nested = nullptr;
};

struct StructForm {
  capnp::StructSchema schema;
  std::string name;
  std::string_view doc;
  std::vector<FieldForm> fields;

  const FieldForm* find(std::string_view field) const;
  const FieldForm* key() const;
};

/// The forms of all messages of the catalogue. Made once; afterwards only read, from any thread.
class Forms {
 public:
  Forms();

  const StructForm* find(std::uint64_t type_id) const;
  const StructForm* find(std::string_view name) const;

 private:
  const StructForm& form_of(capnp::StructSchema schema);
  FieldForm field_form(capnp::StructSchema::Field field, const messages::MessageInfo* owner);

  std::unordered_map<std::uint64_t, std::unique_ptr<StructForm>> by_id_;
  std::unordered_map<std::string_view, const StructForm*> by_name_;
};

/// "contactPoints" -> "contact_points", as the message compiler does.
std::string snake_case(std::string_view camel);

}  // namespace bridgework::gateway
