#include "gateway/forms.hpp"

#include <algorithm>
#include <limits>

#include "gateway/json_text.hpp"
#include "messages/catalogue.capnp.h"
#include "messages/catalogue_schema.hpp"

namespace bridgework::gateway {
namespace {

// Ids of the annotations, from catalogue.capnp.
enum AnnotationId : std::uint64_t {
  kKey = 0xb1d6e0c0a7a10401,
  kId = 0xb1d6e0c0a7a10402,
  kPhi = 0xb1d6e0c0a7a10403,
  kInstant = 0xb1d6e0c0a7a10405,
  kDay = 0xb1d6e0c0a7a10406,
  kLocal = 0xb1d6e0c0a7a10407,
  kOptional = 0xb1d6e0c0a7a10408,
  kRequired = 0xb1d6e0c0a7a10409,
  kMaxBytes = 0xb1d6e0c0a7a1040a,
  kMaxItems = 0xb1d6e0c0a7a1040b,
  kNewId = 0xb1d6e0c0a7a1040c,
  kPrincipal = 0xb1d6e0c0a7a1040d,
  kRange = 0xb1d6e0c0a7a1040e,
};

constexpr std::size_t kIdBytesMax = 128;

template <class Number>
Range whole_range() {
  return {static_cast<std::int64_t>(std::numeric_limits<Number>::min()),
          static_cast<std::int64_t>(std::min<std::uint64_t>(std::numeric_limits<Number>::max(), std::numeric_limits<std::int64_t>::max()))};
}

void set_shape(FieldForm& form, capnp::Type type) {
  using Which = capnp::schema::Type::Which;
  const auto number = [&](Shape shape, std::optional<Range> range) {
    form.shape = shape;
    form.range = range;
  };
  switch (type.which()) {
    case Which::BOOL: form.shape = Shape::kBool; return;
    case Which::INT8: return number(Shape::kSigned, whole_range<std::int8_t>());
    case Which::INT16: return number(Shape::kSigned, whole_range<std::int16_t>());
    case Which::INT32: return number(Shape::kSigned, whole_range<std::int32_t>());
    case Which::INT64: return number(Shape::kSigned, std::nullopt);
    case Which::UINT8: return number(Shape::kUnsigned, whole_range<std::uint8_t>());
    case Which::UINT16: return number(Shape::kUnsigned, whole_range<std::uint16_t>());
    case Which::UINT32: return number(Shape::kUnsigned, whole_range<std::uint32_t>());
    case Which::UINT64: return number(Shape::kUnsigned, std::nullopt);
    case Which::FLOAT32:
    case Which::FLOAT64: return number(Shape::kFloat, std::nullopt);
    case Which::ENUM:
      form.shape = Shape::kEnum;
      for (const auto enumerant : type.asEnum().getEnumerants()) {
        form.enumerants.push_back(snake_case(enumerant.getProto().getName().cStr()));
      }
      return;
    case Which::STRUCT: form.shape = Shape::kStruct; return;
    case Which::TEXT: form.shape = Shape::kText; return;
    case Which::VOID:
    case Which::DATA:
    case Which::LIST:
    case Which::INTERFACE:
    case Which::ANY_POINTER: break;
  }
  // Only envelopes hold Data, and no envelope is JSON; the message compiler refuses the others.
  form.shape = Shape::kText;
}

void apply_annotation(FieldForm& form, capnp::schema::Annotation::Reader annotation) {
  const auto value = annotation.getValue();
  switch (annotation.getId()) {
    case kKey: form.key = form.required = true; break;
    case kId:
      form.shape = Shape::kId;
      form.id_type = value.getText().cStr();
      break;
    case kPhi: form.phi = true; break;
    case kInstant: form.shape = Shape::kInstant; break;
    case kDay: form.shape = Shape::kDay; break;
    case kLocal: form.shape = Shape::kLocal; break;
    case kOptional: form.optional = true; break;
    case kRequired: form.required = true; break;
    case kMaxBytes: form.bytes_max = value.getUint32(); break;
    case kMaxItems: form.items_max = value.getUint32(); break;
    case kNewId: form.new_id = value.getText().cStr(); break;
    case kPrincipal: form.principal = true; break;
    case kRange: {
      const auto range = value.getStruct().getAs<wire::Range>();
      form.range = Range{range.getMin(), range.getMax()};
      break;
    }
    default: break;
  }
}

}  // namespace

std::string snake_case(std::string_view camel) {
  const auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
  std::string snake;
  for (std::size_t i = 0; i < camel.size(); ++i) {
    const bool starts_word = i > 0 && is_upper(camel[i]) && (!is_upper(camel[i - 1]) || (i + 1 < camel.size() && is_lower(camel[i + 1])));
    if (starts_word) snake += '_';
    snake += is_upper(camel[i]) ? static_cast<char>(camel[i] - 'A' + 'a') : camel[i];
  }
  return snake;
}

const FieldForm* StructForm::find(std::string_view field) const {
  const auto it = std::ranges::find(fields, field, &FieldForm::name);
  return it == fields.end() ? nullptr : &*it;
}

const FieldForm* StructForm::key() const {
  const auto it = std::ranges::find_if(fields, &FieldForm::key);
  return it == fields.end() ? nullptr : &*it;
}

Forms::Forms() {
  for (const messages::MessageInfo& message : messages::all_messages()) form_of(messages::schema_of(message.type_id).asStruct());
  for (const auto& [id, form] : by_id_) by_name_.emplace(form->name, form.get());
}

const StructForm* Forms::find(std::uint64_t type_id) const {
  const auto it = by_id_.find(type_id);
  return it == by_id_.end() ? nullptr : it->second.get();
}

const StructForm* Forms::find(std::string_view name) const {
  const auto it = by_name_.find(name);
  return it == by_name_.end() ? nullptr : it->second;
}

const StructForm& Forms::form_of(capnp::StructSchema schema) {
  const std::uint64_t id = schema.getProto().getId();
  auto& slot = by_id_[id];
  if (slot) return *slot;
  slot = std::make_unique<StructForm>();
  StructForm& form = *slot;
  form.schema = schema;
  form.name = schema.getShortDisplayName().cStr();
  const messages::MessageInfo* info = messages::find_message(id);
  if (info != nullptr) form.doc = info->doc;
  for (const auto field : schema.getFields()) form.fields.push_back(field_form(field, info));
  return form;
}

FieldForm Forms::field_form(capnp::StructSchema::Field field, const messages::MessageInfo* owner) {
  FieldForm form;
  form.field = field;
  form.name = snake_case(field.getProto().getName().cStr());
  append_json_string(form.json_name, form.name);
  form.json_name += ':';
  if (owner != nullptr) {
    const auto info = std::ranges::find(owner->fields, form.name, &messages::FieldInfo::name);
    if (info != owner->fields.end()) form.doc = info->doc;
  }
  capnp::Type type = field.getType();
  if (type.isList()) {
    form.is_list = true;
    type = type.asList().getElementType();
  }
  set_shape(form, type);
  for (const auto annotation : field.getProto().getAnnotations()) apply_annotation(form, annotation);
  if (form.shape == Shape::kId) form.bytes_max = std::min(form.bytes_max, kIdBytesMax);
  if (form.shape == Shape::kStruct) form.nested = &form_of(type.asStruct());
  return form;
}

}  // namespace bridgework::gateway
