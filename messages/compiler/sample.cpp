#include "messages/compiler/sample.hpp"

#include <capnp/message.h>
#include <capnp/serialize.h>

#include <algorithm>
#include <cstring>

#include "messages/compiler/names.hpp"

namespace bridgework::message_compiler {
namespace {

// Deep enough to show every part once inside a message; what holds itself by a list ends here.
constexpr int kDepthMax = 6;
constexpr unsigned kItems = 2;

capnp::DynamicValue::Reader number(std::int64_t value) { return {value}; }

class Filler {
 public:
  Filler(const Model& model) : model_(model) {}

  void fill(const Struct& structure, capnp::DynamicStruct::Builder out, int depth) {
    for (const Field& field : structure.fields) {
      if (field.is_list) {
        fill_list(field, out, depth);
      } else if (field.type.shape == Shape::kStruct) {
        if (depth < kDepthMax) fill(model_.structure(field.type.node), out.init(field.camel.c_str()).as<capnp::DynamicStruct>(), depth + 1);
      } else {
        set(
            field, 0, [&](const capnp::DynamicValue::Reader& value) { out.set(field.camel.c_str(), value); },
            out.getSchema().getFieldByName(field.camel.c_str()).getType());
      }
    }
  }

 private:
  void fill_list(const Field& field, capnp::DynamicStruct::Builder out, int depth) {
    if (field.type.shape == Shape::kStruct && depth >= kDepthMax) return;
    const unsigned items = std::min(kItems, field.max_items);
    capnp::DynamicList::Builder list = out.init(field.camel.c_str(), items).as<capnp::DynamicList>();
    for (unsigned i = 0; i < items; ++i) {
      if (field.type.shape == Shape::kStruct) {
        fill(model_.structure(field.type.node), list[i].as<capnp::DynamicStruct>(), depth + 1);
      } else {
        set(
            field, i, [&](const capnp::DynamicValue::Reader& value) { list.set(i, value); }, list.getSchema().getElementType());
      }
    }
  }

  template <class Set>
  void set(const Field& field, unsigned item, Set&& set, capnp::Type type) {
    switch (field.type.shape) {
      case Shape::kBool: return set(capnp::DynamicValue::Reader(field.default_text != "true"));
      case Shape::kText: {
        const std::string text = sample_text(field, item);
        return set(capnp::Text::Reader(text.c_str(), text.size()));
      }
      case Shape::kData: {
        const std::string text = sample_text(field, item);
        return set(capnp::Data::Reader(reinterpret_cast<const kj::byte*>(text.data()), text.size()));
      }
      case Shape::kEnum: {
        const std::size_t known = model_.enumeration(field.type.node).enumerants.size();
        return set(capnp::DynamicEnum(type.asEnum(), static_cast<std::uint16_t>((known - 1 + known - item % known) % known)));
      }
      case Shape::kStruct: return;
      case Shape::kInt8:
      case Shape::kInt16:
      case Shape::kInt32:
      case Shape::kInt64:
      case Shape::kUInt8:
      case Shape::kUInt16:
      case Shape::kUInt32:
      case Shape::kUInt64:
      case Shape::kFloat32:
      case Shape::kFloat64: return set(number(sample_number(field, item)));
    }
  }

  static std::string sample_text(const Field& field, unsigned item) {
    // The suffix first, so that it survives the limit: short texts of one struct must differ too.
    std::string text = cat(std::to_string(field.ordinal), "-", std::to_string(item), "-", field.camel);
    if (field.id.empty()) text += " \xC3\xA9";
    if (text.size() > field.max_bytes) text = text.substr(0, field.max_bytes);
    while (!text.empty() && static_cast<unsigned char>(text.back()) == 0xC3) text.pop_back();
    return text;
  }

  static std::int64_t sample_number(const Field& field, unsigned item) {
    const std::int64_t step = static_cast<std::int64_t>(field.ordinal) + item + 1;
    if (field.instant) return 1'700'000'000'000'000 + step;
    if (field.local) return 1'700'000'000 + step;
    if (field.day) return 19'000 + step;
    std::int64_t value = step;
    if (field.range) value = std::clamp(value, field.range->min, field.range->max);
    if (std::to_string(value) == field.default_text) value += field.range && value == field.range->max ? -1 : 1;
    return value;
  }

  const Model& model_;
};

class Text {
 public:
  explicit Text(const Model& model) : model_(model) {}

  std::string take() { return std::move(text_); }

  void show(const Struct& structure, capnp::DynamicStruct::Reader in, const std::string& path) {
    for (const Field& field : structure.fields) {
      if (!in.has(field.camel.c_str(), capnp::HasMode::NON_DEFAULT)) continue;
      const std::string here = cat(path, path.empty() ? "" : ".", field.snake);
      const capnp::DynamicValue::Reader value = in.get(field.camel.c_str());
      if (!field.is_list) {
        show(field, value, here);
        continue;
      }
      unsigned index = 0;
      for (const capnp::DynamicValue::Reader& item : value.as<capnp::DynamicList>()) {
        show(field, item, cat(here, "[", std::to_string(index), "]"));
        ++index;
      }
    }
  }

 private:
  void show(const Field& field, const capnp::DynamicValue::Reader& value, const std::string& here) {
    const auto line = [&](const std::string& shown) { text_ += cat(here, " = ", shown, "\n"); };
    switch (field.type.shape) {
      case Shape::kStruct: return show(model_.structure(field.type.node), value.as<capnp::DynamicStruct>(), here);
      case Shape::kBool: return line(value.as<bool>() ? "true" : "false");
      case Shape::kText: {
        const capnp::Text::Reader text = value.as<capnp::Text>();
        return line(quoted(std::string_view(text.begin(), text.size())));
      }
      case Shape::kData: {
        const capnp::Data::Reader data = value.as<capnp::Data>();
        return line(quoted(std::string_view(reinterpret_cast<const char*>(data.begin()), data.size())));
      }
      case Shape::kEnum: {
        const std::uint16_t raw = value.as<capnp::DynamicEnum>().getRaw();
        const Enum& enumeration = model_.enumeration(field.type.node);
        return line(raw < enumeration.enumerants.size() ? enumeration.enumerants[raw].snake : cat("unknown ", std::to_string(raw)));
      }
      case Shape::kUInt64: return line(std::to_string(value.as<std::uint64_t>()));
      case Shape::kFloat32:
      case Shape::kFloat64: return line(std::to_string(value.as<double>()));
      case Shape::kInt8:
      case Shape::kInt16:
      case Shape::kInt32:
      case Shape::kInt64:
      case Shape::kUInt8:
      case Shape::kUInt16:
      case Shape::kUInt32: return line(std::to_string(value.as<std::int64_t>()));
    }
  }

  const Model& model_;
  std::string text_;
};

}  // namespace

void load_schemas(capnp::SchemaLoader& loader, capnp::schema::CodeGeneratorRequest::Reader request) {
  for (auto node : request.getNodes()) loader.load(node);
}

std::string sample_bytes(const Model& model, const capnp::SchemaLoader& loader, const Struct& structure) {
  // One segment holds every sample: framing with more is refused by the codecs.
  constexpr unsigned kFirstSegmentWords = 1 << 20;
  capnp::MallocMessageBuilder message(kFirstSegmentWords);
  Filler(model).fill(structure, message.initRoot<capnp::DynamicStruct>(loader.get(structure.id).asStruct()), 0);
  const kj::Array<capnp::word> words = capnp::messageToFlatArray(message);
  const kj::ArrayPtr<const kj::byte> bytes = words.asBytes();
  return {reinterpret_cast<const char*>(bytes.begin()), bytes.size()};
}

std::string text_of_bytes(const Model& model, const capnp::SchemaLoader& loader, const Struct& structure, std::string_view bytes) {
  kj::Array<capnp::word> words = kj::heapArray<capnp::word>(bytes.size() / sizeof(capnp::word));
  std::memcpy(words.begin(), bytes.data(), words.size() * sizeof(capnp::word));
  capnp::FlatArrayMessageReader message(words);
  Text text(model);
  text.show(structure, message.getRoot<capnp::DynamicStruct>(loader.get(structure.id).asStruct()), "");
  return text.take();
}

}  // namespace bridgework::message_compiler
