#include "messages/compiler/model.hpp"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <limits>
#include <set>

#include <capnp/any.h>

#include "messages/compiler/names.hpp"

namespace bridgework::message_compiler {
namespace {

namespace schema = capnp::schema;
using Annotations = capnp::List<schema::Annotation>::Reader;

constexpr std::uint64_t kCxxNamespace = 0xb9c6f99ebf805f2c;
constexpr std::uint64_t kAnnotationBase = 0xb1d6e0c0a7a10000;

// The last four digits of the ids in catalogue.capnp.
enum Annotation : std::uint64_t {
  kOwner = 0x0101,
  kValues = 0x0102,
  kEvent = 0x0201,
  kCommand = 0x0202,
  kQuery = 0x0203,
  kReply = 0x0204,
  kRecord = 0x0205,
  kTimer = 0x0206,
  kEffect = 0x0207,
  kAnswers = 0x0301,
  kHttp = 0x0302,
  kSince = 0x0303,
  kRetired = 0x0304,
  kRefusals = 0x0305,
  kKey = 0x0401,
  kId = 0x0402,
  kPhi = 0x0403,
  kPseudonym = 0x0404,
  kInstant = 0x0405,
  kDay = 0x0406,
  kLocal = 0x0407,
  kOptional = 0x0408,
  kRequired = 0x0409,
  kMaxBytes = 0x040a,
  kMaxItems = 0x040b,
  kNewId = 0x040c,
  kPrincipal = 0x040d,
  kRange = 0x040e,
};

std::string text_of(capnp::Text::Reader text) { return {text.begin(), text.size()}; }

std::uint64_t mark_of(schema::Annotation::Reader annotation) {
  const std::uint64_t id = annotation.getId();
  return (id & ~std::uint64_t{0xFFFF}) == kAnnotationBase ? id & 0xFFFF : 0;
}

std::int64_t int64_at(capnp::AnyStruct::Reader data, std::size_t offset) {
  const capnp::Data::Reader bytes = data.getDataSection();
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 8 && offset + i < bytes.size(); ++i) value |= static_cast<std::uint64_t>(bytes[offset + i]) << (8 * i);
  return static_cast<std::int64_t>(value);
}

Range range_of(schema::Value::Reader value) {
  const capnp::AnyStruct::Reader data = value.getStruct().getAs<capnp::AnyStruct>();
  return {int64_at(data, 0), int64_at(data, 8)};
}

/// The value of an annotation as the nets keep it; nothing for Void.
std::string value_text(schema::Value::Reader value) {
  if (value.isText()) return cat("=", quoted(text_of(value.getText())));
  if (value.isUint16()) return cat("=", std::to_string(value.getUint16()));
  if (value.isUint32()) return cat("=", std::to_string(value.getUint32()));
  if (value.isStruct()) {
    const Range range = range_of(value);
    return cat("=", std::to_string(range.min), "..", std::to_string(range.max));
  }
  return "";
}

class Builder {
 public:
  explicit Builder(schema::CodeGeneratorRequest::Reader request) : request_(request) {
    for (auto node : request.getNodes()) nodes_.emplace(node.getId(), node);
    for (auto info : request.getSourceInfo()) docs_.emplace(info.getId(), info);
  }

  Model build() {
    for (auto node : request_.getNodes()) {
      if (node.isFile()) read_file(node);
    }
    // Declared order of the file, then what the request holds without its file's list.
    for (auto& [id, file] : model_.files) {
      for (auto nested : nodes_.at(id).getNestedNodes()) read_declaration(file, nested.getId());
    }
    for (auto requested : request_.getRequestedFiles()) {
      std::string output = text_of(requested.getFilename());
      constexpr std::string_view kExtension = ".capnp";
      if (!output.ends_with(kExtension)) fail(output, "is not named *.capnp");
      output.resize(output.size() - kExtension.size());
      model_.requested.push_back({requested.getId(), std::move(output)});
    }
    for (auto& [id, structure] : model_.structs) read_fields(structure);
    for (const Requested& requested : model_.requested) check(model_.file(requested.file));
    return std::move(model_);
  }

 private:
  const schema::Node::Reader* node(std::uint64_t id) const {
    const auto found = nodes_.find(id);
    return found == nodes_.end() ? nullptr : &found->second;
  }

  std::string doc(std::uint64_t id) const {
    const auto found = docs_.find(id);
    return found == docs_.end() ? "" : text_of(found->second.getDocComment());
  }

  std::string member_doc(std::uint64_t id, unsigned index) const {
    const auto found = docs_.find(id);
    if (found == docs_.end() || index >= found->second.getMembers().size()) return "";
    return text_of(found->second.getMembers()[index].getDocComment());
  }

  std::string annotation_text(Annotations annotations) const {
    std::vector<std::string> texts;
    for (auto annotation : annotations) {
      const auto* declared = node(annotation.getId());
      const std::string name = declared == nullptr ? hex(annotation.getId())
                                                   : text_of(declared->getDisplayName()).substr(declared->getDisplayNamePrefixLength());
      texts.push_back(cat("$", name, value_text(annotation.getValue())));
    }
    std::ranges::sort(texts);
    std::string all;
    for (const std::string& text : texts) all += all.empty() ? text : cat(" ", text);
    return all;
  }

  void read_file(schema::Node::Reader node) {
    File file;
    file.id = node.getId();
    // The last folder and the name: the same whether the file was named on the command line, imported relatively or absolutely.
    std::string path = text_of(node.getDisplayName());
    if (path.ends_with(".capnp")) path.resize(path.size() - 6);
    const std::size_t name = path.rfind('/');
    const std::size_t folder = name == std::string::npos || name == 0 ? std::string::npos : path.rfind('/', name - 1);
    file.stem = folder == std::string::npos ? path : path.substr(folder + 1);
    if (file.stem.starts_with('/')) file.stem.erase(0, 1);
    for (auto annotation : node.getAnnotations()) {
      if (annotation.getId() == kCxxNamespace) file.wire = text_of(annotation.getValue().getText());
      const std::uint64_t mark = mark_of(annotation);
      if (mark == kOwner) file.owner = text_of(annotation.getValue().getText());
      if (mark == kValues) file.values = text_of(annotation.getValue().getText());
    }
    model_.files.emplace(file.id, std::move(file));
  }

  void read_declaration(File& file, std::uint64_t id) {
    const auto* found = node(id);
    if (found == nullptr) return;
    const std::string name = text_of(found->getDisplayName()).substr(found->getDisplayNamePrefixLength());
    if (found->getNestedNodes().size() > 0 && !file.values.empty()) fail(name, "declares types inside; declare them beside it");
    if (found->isStruct()) {
      Struct structure;
      structure.id = id;
      structure.file = file.id;
      structure.name = name;
      structure.doc = doc(id);
      structure.data_words = found->getStruct().getDataWordCount();
      structure.pointer_words = found->getStruct().getPointerCount();
      structure.annotations = annotation_text(found->getAnnotations());
      for (auto annotation : found->getAnnotations()) read_struct_mark(structure, annotation);
      file.structs.push_back(id);
      model_.structs.emplace(id, std::move(structure));
    } else if (found->isEnum()) {
      Enum enumeration;
      enumeration.id = id;
      enumeration.file = file.id;
      enumeration.name = name;
      enumeration.doc = doc(id);
      for (auto annotation : found->getAnnotations()) enumeration.refusals |= mark_of(annotation) == kRefusals;
      unsigned index = 0;
      for (auto enumerant : found->getEnum().getEnumerants()) {
        const std::string camel = text_of(enumerant.getName());
        enumeration.enumerants.push_back({camel, to_snake(camel), member_doc(id, index), annotation_text(enumerant.getAnnotations())});
        ++index;
      }
      if (enumeration.enumerants.empty()) fail(name, "has no enumerant");
      file.enums.push_back(id);
      model_.enums.emplace(id, std::move(enumeration));
    } else if (found->isInterface()) {
      fail(name, "is an interface; messages are data");
    } else if (found->isConst() && !file.values.empty()) {
      fail(name, "is a constant; constants live in C++");
    }
  }

  static void read_struct_mark(Struct& structure, schema::Annotation::Reader annotation) {
    const auto be = [&](Kind kind) {
      if (structure.kind != Kind::kPart) fail(structure.name, "is marked as two kinds of message");
      structure.kind = kind;
    };
    switch (mark_of(annotation)) {
      case kEvent: return be(Kind::kEvent);
      case kCommand: return be(Kind::kCommand);
      case kQuery: return be(Kind::kQuery);
      case kReply: return be(Kind::kReply);
      case kRecord: return be(Kind::kRecord);
      case kTimer: return be(Kind::kTimer);
      case kEffect: return be(Kind::kEffect);
      case kAnswers: structure.answers = text_of(annotation.getValue().getText()); return;
      case kHttp: structure.http = text_of(annotation.getValue().getText()); return;
      case kSince: structure.since = annotation.getValue().getUint16(); return;
      case kRetired: structure.retired = annotation.getValue().getUint16(); return;
      default: return;
    }
  }

  void read_fields(Struct& structure) {
    if (model_.file(structure.file).values.empty()) return;
    const schema::Node::Reader declared = nodes_.at(structure.id);
    unsigned index = 0;
    for (auto field : declared.getStruct().getFields()) {
      structure.fields.push_back(read_field(structure, field, index));
      ++index;
    }
    std::ranges::sort(structure.fields, {}, &Field::ordinal);
    if (std::ranges::count_if(structure.fields, &Field::key) > 1) fail(structure.name, "has two $key fields");
  }

  Field read_field(const Struct& structure, schema::Field::Reader in, unsigned index) {
    Field field;
    field.camel = text_of(in.getName());
    field.snake = to_snake(field.camel);
    field.where = cat(structure.name, ".", field.camel);
    field.doc = member_doc(structure.id, index);
    if (in.getDiscriminantValue() != schema::Field::NO_DISCRIMINANT) fail(field.where, "is part of a union");
    if (in.isGroup()) fail(field.where, "is a group");
    field.ordinal = in.getOrdinal().isExplicit() ? in.getOrdinal().getExplicit() : index;
    schema::Type::Reader type = in.getSlot().getType();
    if (type.isList()) {
      field.is_list = true;
      type = type.getList().getElementType();
      if (type.isList()) fail(field.where, "is a list of lists");
    }
    field.type = read_type(field.where, type);
    field.annotations = annotation_text(in.getAnnotations());
    for (auto annotation : in.getAnnotations()) read_field_mark(field, annotation);
    read_default(field, in.getSlot());
    check_marks(field);
    return field;
  }

  Type read_type(const std::string& where, schema::Type::Reader type) {
    switch (type.which()) {
      case schema::Type::BOOL: return {Shape::kBool};
      case schema::Type::INT8: return {Shape::kInt8};
      case schema::Type::INT16: return {Shape::kInt16};
      case schema::Type::INT32: return {Shape::kInt32};
      case schema::Type::INT64: return {Shape::kInt64};
      case schema::Type::UINT8: return {Shape::kUInt8};
      case schema::Type::UINT16: return {Shape::kUInt16};
      case schema::Type::UINT32: return {Shape::kUInt32};
      case schema::Type::UINT64: return {Shape::kUInt64};
      case schema::Type::FLOAT32: return {Shape::kFloat32};
      case schema::Type::FLOAT64: return {Shape::kFloat64};
      case schema::Type::TEXT: return {Shape::kText};
      case schema::Type::DATA: return {Shape::kData};
      case schema::Type::ENUM: return {Shape::kEnum, type.getEnum().getTypeId()};
      case schema::Type::STRUCT: return {Shape::kStruct, type.getStruct().getTypeId()};
      case schema::Type::VOID: fail(where, "is Void, which holds nothing");
      case schema::Type::LIST: fail(where, "is a list of lists");
      case schema::Type::INTERFACE: fail(where, "is an interface");
      case schema::Type::ANY_POINTER: fail(where, "is an AnyPointer");
    }
    fail(where, "has a type this compiler does not know");
  }

  static void read_field_mark(Field& field, schema::Annotation::Reader annotation) {
    const schema::Value::Reader value = annotation.getValue();
    switch (mark_of(annotation)) {
      case kKey: field.key = field.required = true; return;
      case kId: field.id = text_of(value.getText()); return;
      case kPhi: field.phi = true; return;
      case kPseudonym: field.pseudonym = true; return;
      case kInstant: field.instant = true; return;
      case kDay: field.day = true; return;
      case kLocal: field.local = true; return;
      case kOptional: field.optional = true; return;
      case kRequired: field.required = true; return;
      case kMaxBytes: field.max_bytes = value.getUint32(); return;
      case kMaxItems: field.max_items = value.getUint32(); return;
      case kNewId: field.new_id = text_of(value.getText()); return;
      case kPrincipal: field.principal = true; return;
      case kRange: field.range = range_of(value); return;
      case kSince: field.since = value.getUint16(); return;
      case kRetired: field.retired = value.getUint16(); return;
      default: return;
    }
  }

  static void read_default(Field& field, schema::Field::Slot::Reader slot) {
    const schema::Value::Reader value = slot.getDefaultValue();
    const auto number = [&](auto n) {
      field.has_default = n != 0;
      field.default_text = std::to_string(n);
    };
    switch (value.which()) {
      case schema::Value::BOOL:
        field.has_default = value.getBool();
        field.default_text = value.getBool() ? "true" : "false";
        return;
      case schema::Value::INT8: return number(value.getInt8());
      case schema::Value::INT16: return number(value.getInt16());
      case schema::Value::INT32: return number(value.getInt32());
      case schema::Value::INT64: return number(value.getInt64());
      case schema::Value::UINT8: return number(value.getUint8());
      case schema::Value::UINT16: return number(value.getUint16());
      case schema::Value::UINT32: return number(value.getUint32());
      case schema::Value::UINT64: return number(value.getUint64());
      case schema::Value::ENUM: return number(value.getEnum());
      case schema::Value::FLOAT32:
      case schema::Value::FLOAT64: {
        const double n = value.isFloat32() ? static_cast<double>(value.getFloat32()) : value.getFloat64();
        if (n != static_cast<double>(static_cast<std::int64_t>(n))) fail(field.where, "has a default that is no whole number");
        field.has_default = n != 0;
        field.default_text = cat(std::to_string(static_cast<std::int64_t>(n)), ".0");
        return;
      }
      case schema::Value::TEXT:
        field.default_text = text_of(value.getText());
        field.has_default = !field.default_text.empty();
        return;
      case schema::Value::VOID:
      case schema::Value::DATA:
      case schema::Value::LIST:
      case schema::Value::STRUCT:
      case schema::Value::INTERFACE:
      case schema::Value::ANY_POINTER:
        if (slot.getHadExplicitDefault()) fail(field.where, "has a default of a kind that value types do not take");
    }
  }

  static void check_marks(const Field& field) {
    const auto need = [&](bool marked, bool fits, const char* problem) {
      if (marked && !fits) fail(field.where, problem);
    };
    const Shape shape = field.type.shape;
    const bool scalar = !field.is_list;
    const bool is_text = shape == Shape::kText;
    const bool is_bytes = is_text || shape == Shape::kData;
    const bool is_number = shape != Shape::kBool && shape != Shape::kEnum && shape != Shape::kStruct && !is_bytes;
    const bool is_time = field.instant || field.day || field.local;
    need(field.instant, shape == Shape::kInt64 && scalar, "has $instant and is no Int64");
    need(field.day, shape == Shape::kInt32 && scalar, "has $day and is no Int32");
    need(field.local, shape == Shape::kInt64 && scalar, "has $local and is no Int64");
    need(is_time, field.instant + field.day + field.local == 1, "has two of $instant, $day and $local");
    need(!field.id.empty(), is_text, "has $id and is no Text or List(Text)");
    need(field.key, is_text && scalar, "has $key and is no Text");
    need(field.required, is_bytes || field.is_list, "has $required and is no Text, Data or List");
    need(field.optional, scalar && (is_time || shape == Shape::kStruct), "has $optional and is no $instant, $day, $local or struct");
    need(field.range.has_value(), is_number && scalar && !is_time, "has $range and is no number");
    need(!field.new_id.empty() || field.principal, is_text && scalar, "has $newId or $principal and is no Text");
    // Bytes written before the field existed hold its default, so the default must say "absent".
    const std::string absent =
        field.day ? std::to_string(std::numeric_limits<std::int32_t>::min()) : std::to_string(std::numeric_limits<std::int64_t>::min());
    need(field.optional && (field.day || field.local) && (field.since > 1 || field.has_default), field.default_text == absent,
         cat("is $optional: its default must be the absent value ", absent).c_str());
    need(field.optional && field.instant, !field.has_default, "is an $optional $instant: its default must be 0");
  }

  void check(const File& file) const {
    if (file.values.empty()) fail(file.stem, "has no $values: the namespace of its value types");
    if (file.wire.empty()) fail(file.stem, "has no $Cxx.namespace");
    if (file.stem.find('/') == std::string::npos) fail(file.stem, "stands in no folder; run from the repository root");
    for (const std::uint64_t id : file.structs) {
      const Struct& structure = model_.structure(id);
      const bool asks = structure.kind == Kind::kCommand || structure.kind == Kind::kQuery;
      if (!asks && !(structure.answers.empty() && structure.http.empty()))
        fail(structure.name, "is no command or query, but has $answers or $http");
      const bool routed = asks || structure.kind == Kind::kEvent;
      if (routed && file.owner.empty()) fail(file.stem, "has messages and no $owner");
      for (const Field& field : structure.fields) {
        if (field.type.node == 0) continue;
        const bool known =
            field.type.shape == Shape::kStruct ? model_.structs.contains(field.type.node) : model_.enums.contains(field.type.node);
        if (!known || model_.file_of(field.type.node).values.empty()) fail(field.where, "has a type of a file without $values");
      }
    }
  }

  schema::CodeGeneratorRequest::Reader request_;
  std::map<std::uint64_t, schema::Node::Reader> nodes_;
  std::map<std::uint64_t, schema::Node::SourceInfo::Reader> docs_;
  Model model_;
};

}  // namespace

void fail(std::string_view where, std::string_view problem) {
  std::cerr << "message compiler: " << where << ' ' << problem << '\n';
  std::exit(1);
}

const Field* Struct::key() const {
  const auto found = std::ranges::find_if(fields, &Field::key);
  return found == fields.end() ? nullptr : &*found;
}

const Field* Struct::field(std::string_view camel) const {
  const auto found = std::ranges::find(fields, camel, &Field::camel);
  return found == fields.end() ? nullptr : &*found;
}

const File& Model::file_of(std::uint64_t node) const {
  const auto found = structs.find(node);
  return file(found == structs.end() ? enums.at(node).file : found->second.file);
}

const std::string& Model::name_of(std::uint64_t node) const {
  const auto found = structs.find(node);
  return found == structs.end() ? enums.at(node).name : found->second.name;
}

const Struct* Model::find_struct(std::string_view name) const {
  for (const auto& [id, structure] : structs) {
    if (structure.name == name) return &structure;
  }
  return nullptr;
}

Model read_model(schema::CodeGeneratorRequest::Reader request) { return Builder(request).build(); }

std::string_view kind_name(Kind kind) {
  switch (kind) {
    case Kind::kPart: return "part";
    case Kind::kEvent: return "event";
    case Kind::kCommand: return "command";
    case Kind::kQuery: return "query";
    case Kind::kReply: return "reply";
    case Kind::kRecord: return "record";
    case Kind::kTimer: return "timer";
    case Kind::kEffect: return "effect";
  }
  return "";
}

}  // namespace bridgework::message_compiler
