#include "gateway/json_mapper.hpp"

#include <capnp/message.h>
#include <capnp/serialize.h>
#include <fmt/compile.h>
#include <fmt/format.h>
#include <kj/exception.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <iterator>
#include <limits>
#include <memory>

#include "gateway/fhir_resource.hpp"
#include "gateway/json_text.hpp"
#include "gateway/times.hpp"

namespace bridgework::gateway {
namespace {

namespace json = boost::json;

constexpr std::int32_t kAbsentDay = std::numeric_limits<std::int32_t>::min();
constexpr std::int64_t kAbsentLocal = std::numeric_limits<std::int64_t>::min();
constexpr int kNestingMax = 32;

/// Where the mapper stands: a list through its own stack, turned into text only for a refusal.
struct Place {
  const Place* parent = nullptr;
  std::string_view name;
  std::size_t index = 0;

  std::string pointer() const {
    if (parent == nullptr) return {};
    std::string text = parent->pointer();
    append_pointer_step(text, name.empty() ? std::to_string(index) : std::string(name));
    return text;
  }
};

using Mapped = tl::expected<void, MappingError>;

tl::unexpected<MappingError> refused(const Place& place, std::string_view code, std::string rule) {
  return tl::unexpected(MappingError{place.pointer(), std::string(code), std::move(rule)});
}

bool is_id_char(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '+' || c == '.' || c == '@' ||
         c == '-';
}

// ---- JSON to message. A setter puts one value where it belongs: a field, or an item of a list.

struct FieldTarget {
  capnp::DynamicStruct::Builder& owner;
  capnp::StructSchema::Field field;
  void set(const capnp::DynamicValue::Reader& value) const { owner.set(field, value); }
  capnp::DynamicStruct::Builder nested() const { return owner.init(field).as<capnp::DynamicStruct>(); }
};

struct ItemTarget {
  capnp::DynamicList::Builder& list;
  unsigned index;
  void set(const capnp::DynamicValue::Reader& value) const { list.set(index, value); }
  capnp::DynamicStruct::Builder nested() const { return list[index].as<capnp::DynamicStruct>(); }
};

Mapped fill_struct(const StructForm& form, const json::object& object, capnp::DynamicStruct::Builder out, const Place& place);

template <class Target>
Mapped set_text(const FieldForm& form, const json::value& value, const Target& target, const Place& place) {
  const json::string* text = value.if_string();
  if (text == nullptr) return refused(place, "wrong_type", "must be a string");
  const std::string_view view(text->data(), text->size());
  if (form.required && view.empty()) return refused(place, "required", "must not be empty");
  if (view.size() > form.bytes_max) return refused(place, "too_long", fmt::format("must be at most {} bytes long", form.bytes_max));
  if (form.shape == Shape::kId) {
    if (!std::ranges::all_of(view, is_id_char)) return refused(place, "invalid_value", "must hold only A-Z a-z 0-9 _ + . @ -");
    if (std::string rule = unfit_for_fhir(form.id_type, view); !rule.empty()) return refused(place, "too_long", std::move(rule));
  } else {
    if (view.find('\0') != std::string_view::npos) return refused(place, "invalid_value", "must not hold U+0000");
    if (!is_utf8(view)) return refused(place, "invalid_value", "must be UTF-8");
  }
  // An empty text is no pointer, here as in the codecs: one value, one form.
  if (!view.empty()) target.set(capnp::Text::Reader(text->c_str(), view.size()));
  return {};
}

Mapped out_of_range(const Place& place, std::int64_t min, std::uint64_t max) {
  return refused(place, "out_of_range", fmt::format("must be between {} and {}", min, max));
}

template <class Target>
Mapped set_whole(const FieldForm& form, const json::value& value, const Target& target, const Place& place) {
  if (!value.is_int64() && !value.is_uint64()) return refused(place, "wrong_type", "must be a whole number");
  const bool is_signed = form.shape == Shape::kSigned;
  const std::int64_t min = form.range ? form.range->min : is_signed ? std::numeric_limits<std::int64_t>::min() : 0;
  const std::uint64_t max = form.range  ? static_cast<std::uint64_t>(std::max<std::int64_t>(form.range->max, 0))
                            : is_signed ? static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())
                                        : std::numeric_limits<std::uint64_t>::max();
  if (const std::int64_t* number = value.if_int64()) {
    const bool above = form.range ? *number > form.range->max : *number > 0 && static_cast<std::uint64_t>(*number) > max;
    if (*number < min || above) return out_of_range(place, min, max);
    if (is_signed) target.set(*number);
    else target.set(static_cast<std::uint64_t>(*number));
  } else {
    const std::uint64_t number_above = value.get_uint64();
    if (number_above > max) return out_of_range(place, min, max);
    target.set(number_above);
  }
  return {};
}

template <class Target>
Mapped set_float(const FieldForm& form, const json::value& value, const Target& target, const Place& place) {
  if (!value.is_number()) return refused(place, "wrong_type", "must be a number");
  const double number = value.to_number<double>();
  if (!std::isfinite(number)) return refused(place, "out_of_range", "must be finite");
  if (form.range && (number < static_cast<double>(form.range->min) || number > static_cast<double>(form.range->max))) {
    return refused(place, "out_of_range", fmt::format("must be between {} and {}", form.range->min, form.range->max));
  }
  target.set(number);
  return {};
}

template <class Target>
Mapped set_time(const FieldForm& form, const json::value& value, const Target& target, const Place& place) {
  const json::string* text = value.if_string();
  if (text == nullptr) return refused(place, "wrong_type", "must be a string");
  const std::string_view view(text->data(), text->size());
  if (form.shape == Shape::kInstant) {
    const auto at = parse_instant(view);
    if (!at) return refused(place, "invalid_value", "must be an RFC 3339 time such as 2026-11-22T09:00:00Z, 1900 to 2400");
    target.set(at->time_since_epoch().count());
  } else if (form.shape == Shape::kDay) {
    const auto day = parse_day(view);
    if (!day) return refused(place, "invalid_value", "must be a day such as 2026-11-22, 1900 to 2400");
    target.set(static_cast<std::int32_t>(day->time_since_epoch().count()));
  } else {
    const auto at = parse_local(view);
    if (!at) return refused(place, "invalid_value", "must be a local time without a zone such as 2026-11-22T09:00:00, 1900 to 2400");
    target.set(at->time_since_epoch().count());
  }
  return {};
}

template <class Target>
Mapped set_enum(const FieldForm& form, const json::value& value, const Target& target, const Place& place) {
  const json::string* text = value.if_string();
  if (text == nullptr) return refused(place, "wrong_type", "must be a string");
  const auto it = std::ranges::find(form.enumerants, std::string_view(text->data(), text->size()));
  if (it == form.enumerants.end())
    return refused(place, "invalid_value", fmt::format("must be one of {}", fmt::join(form.enumerants, ", ")));
  const auto number = static_cast<std::uint16_t>(it - form.enumerants.begin());
  capnp::Type type = form.field.getType();
  if (form.is_list) type = type.asList().getElementType();
  target.set(capnp::DynamicEnum(type.asEnum(), number));
  return {};
}

template <class Target>
Mapped set_value(const FieldForm& form, const json::value& value, const Target& target, const Place& place) {
  switch (form.shape) {
    case Shape::kBool:
      if (!value.is_bool()) return refused(place, "wrong_type", "must be true or false");
      target.set(value.get_bool());
      return {};
    case Shape::kSigned:
    case Shape::kUnsigned: return set_whole(form, value, target, place);
    case Shape::kFloat: return set_float(form, value, target, place);
    case Shape::kText:
    case Shape::kId: return set_text(form, value, target, place);
    case Shape::kEnum: return set_enum(form, value, target, place);
    case Shape::kInstant:
    case Shape::kDay:
    case Shape::kLocal: return set_time(form, value, target, place);
    case Shape::kStruct:
      if (!value.is_object()) return refused(place, "wrong_type", "must be an object");
      return fill_struct(*form.nested, value.get_object(), target.nested(), place);
  }
  return {};
}

/// Stands in for a field that was not given. A nested struct is still walked, so that what it requires is asked for.
Mapped set_absent(const FieldForm& form, capnp::DynamicStruct::Builder& out, const Place& place) {
  if (form.optional) {
    if (form.shape == Shape::kDay) out.set(form.field, kAbsentDay);
    if (form.shape == Shape::kLocal) out.set(form.field, kAbsentLocal);
    if (form.shape == Shape::kInstant) out.set(form.field, std::int64_t{0});
    return {};
  }
  if (form.required) return refused(place, "required", "must be given");
  if (form.is_list) return {};
  if (form.shape == Shape::kInstant || form.shape == Shape::kDay || form.shape == Shape::kLocal) {
    return refused(place, "required", "must be given");
  }
  if (form.range && (form.shape == Shape::kSigned || form.shape == Shape::kUnsigned)) {
    const auto read = static_cast<const capnp::DynamicStruct::Builder&>(out).asReader().get(form.field);
    const std::int64_t number =
        form.shape == Shape::kSigned ? read.as<std::int64_t>() : static_cast<std::int64_t>(read.as<std::uint64_t>());
    if (number < form.range->min || number > form.range->max) return refused(place, "required", "must be given");
  }
  if (form.shape == Shape::kStruct) return fill_struct(*form.nested, {}, out.init(form.field).as<capnp::DynamicStruct>(), place);
  return {};
}

Mapped fill_list(const FieldForm& form, const json::value& value, capnp::DynamicStruct::Builder& out, const Place& place) {
  const json::array* items = value.if_array();
  if (items == nullptr) return refused(place, "wrong_type", "must be an array");
  if (form.required && items->empty()) return refused(place, "required", "must not be empty");
  if (items->size() > form.items_max) return refused(place, "too_many", fmt::format("must have at most {} items", form.items_max));
  if (items->empty()) return {};
  auto list = out.init(form.field, static_cast<unsigned>(items->size())).as<capnp::DynamicList>();
  for (unsigned i = 0; i < items->size(); ++i) {
    const Place at{&place, {}, i};
    if (auto set = set_value(form, (*items)[i], ItemTarget{list, i}, at); !set) return set;
  }
  return {};
}

Mapped fill_struct(const StructForm& form, const json::object& object, capnp::DynamicStruct::Builder out, const Place& place) {
  for (const auto& member : object) {
    const std::string_view name(member.key().data(), member.key().size());
    // A name of the caller's is told back to the caller only; the rule sentence never repeats a value.
    if (form.find(name) == nullptr) {
      // An empty name is a step of its own in a pointer; Place uses emptiness for items.
      std::string path = place.pointer();
      append_pointer_step(path, name);
      return tl::unexpected(MappingError{std::move(path), "unknown_field", fmt::format("is no field of {}", form.name)});
    }
  }
  for (const FieldForm& field : form.fields) {
    const Place at{&place, field.name, 0};
    const json::value* value = object.if_contains(field.name);
    Mapped set;
    if (value == nullptr || (field.optional && value->is_null())) set = set_absent(field, out, at);
    else if (field.is_list) set = fill_list(field, *value, out, at);
    else set = set_value(field, *value, FieldTarget{out, field.field}, at);
    if (!set) return set;
  }
  return {};
}

std::string framed(capnp::MessageBuilder& message) {
  const auto flatten = [](capnp::MessageBuilder& from) {
    const auto words = capnp::messageToFlatArray(from);
    const auto bytes = words.asBytes();
    return std::string(reinterpret_cast<const char*>(bytes.begin()), bytes.size());
  };
  if (message.getSegmentsForOutput().size() == 1) return flatten(message);
  // Too large for its first segment: copied once into a segment that holds it all.
  const auto root = message.getRoot<capnp::AnyPointer>().asReader();
  capnp::MallocMessageBuilder whole(static_cast<unsigned>(root.targetSize().wordCount + 1), capnp::AllocationStrategy::FIXED_SIZE);
  whole.setRoot(root);
  return flatten(whole);
}

// ---- message to JSON

void append_value(std::string& out, const FieldForm& form, const capnp::DynamicValue::Reader& value);

void append_struct(std::string& out, const StructForm& form, const capnp::DynamicStruct::Reader& value) {
  out += '{';
  bool first = true;
  for (const FieldForm& field : form.fields) {
    if (field.optional && field.shape == Shape::kStruct && !value.has(field.field)) continue;
    const auto read = value.get(field.field);
    if (field.optional) {
      if (field.shape == Shape::kInstant && read.as<std::int64_t>() == 0) continue;
      if (field.shape == Shape::kDay && read.as<std::int32_t>() == kAbsentDay) continue;
      if (field.shape == Shape::kLocal && read.as<std::int64_t>() == kAbsentLocal) continue;
    }
    if (!first) out += ',';
    first = false;
    out += field.json_name;
    if (!field.is_list) {
      append_value(out, field, read);
      continue;
    }
    out += '[';
    bool first_item = true;
    for (const auto item : read.as<capnp::DynamicList>()) {
      if (!first_item) out += ',';
      first_item = false;
      append_value(out, field, item);
    }
    out += ']';
  }
  out += '}';
}

void append_value(std::string& out, const FieldForm& form, const capnp::DynamicValue::Reader& value) {
  switch (form.shape) {
    case Shape::kBool: out += value.as<bool>() ? "true" : "false"; return;
    case Shape::kSigned: fmt::format_to(std::back_inserter(out), FMT_COMPILE("{}"), value.as<std::int64_t>()); return;
    case Shape::kUnsigned: fmt::format_to(std::back_inserter(out), FMT_COMPILE("{}"), value.as<std::uint64_t>()); return;
    case Shape::kFloat: {
      const double number = value.as<double>();
      // JSON has no word for these, and a service never stores them.
      if (!std::isfinite(number)) out += "null";
      else fmt::format_to(std::back_inserter(out), FMT_COMPILE("{}"), number);
      return;
    }
    case Shape::kText:
    case Shape::kId: {
      const auto text = value.as<capnp::Text>();
      append_json_string(out, {text.begin(), text.size()});
      return;
    }
    case Shape::kEnum: {
      const std::uint16_t number = value.as<capnp::DynamicEnum>().getRaw();
      // A value of a newer release than this gateway.
      append_json_string(out, number < form.enumerants.size() ? std::string_view(form.enumerants[number]) : "unknown");
      return;
    }
    case Shape::kInstant:
      out += '"';
      append_instant(out, Instant{std::chrono::microseconds{value.as<std::int64_t>()}});
      out += '"';
      return;
    case Shape::kDay:
      out += '"';
      append_day(out, LocalDay{std::chrono::days{value.as<std::int32_t>()}});
      out += '"';
      return;
    case Shape::kLocal:
      out += '"';
      append_local(out, LocalTime{std::chrono::seconds{value.as<std::int64_t>()}});
      out += '"';
      return;
    case Shape::kStruct: append_struct(out, *form.nested, value.as<capnp::DynamicStruct>()); return;
  }
}

}  // namespace

tl::expected<std::string, MappingError> to_message(const StructForm& form, const json::object& object) {
  // Most messages fit; the scratch is zeroed again by the builder, which only pays for what was used.
  constexpr std::size_t kScratchWords = 8 * 1024;
  thread_local const auto scratch = std::make_unique<capnp::word[]>(kScratchWords);
  try {
    capnp::MallocMessageBuilder message(kj::arrayPtr(scratch.get(), kScratchWords));
    auto root = message.initRoot<capnp::DynamicStruct>(form.schema);
    if (auto filled = fill_struct(form, object, root, {}); !filled) return tl::unexpected(std::move(filled.error()));
    return framed(message);
  } catch (const kj::Exception& exception) {
    return tl::unexpected(MappingError{{}, "invalid_value", exception.getDescription().cStr()});
  }
}

tl::expected<void, std::string> append_json(std::string& out, const StructForm& form, std::string_view bytes) {
  const std::size_t size_before = out.size();
  if (bytes.size() % sizeof(capnp::word) != 0) return tl::unexpected(std::string("is not made of whole words"));
  const std::size_t count = bytes.size() / sizeof(capnp::word);
  try {
    kj::Array<capnp::word> copy;
    kj::ArrayPtr<const capnp::word> words(reinterpret_cast<const capnp::word*>(bytes.data()), count);
    if (reinterpret_cast<std::uintptr_t>(bytes.data()) % alignof(capnp::word) != 0) {
      copy = kj::heapArray<capnp::word>(count);
      std::memcpy(copy.begin(), bytes.data(), bytes.size());
      words = copy;
    }
    capnp::ReaderOptions options;
    options.traversalLimitInWords = 8 * count + 1024;
    options.nestingLimit = kNestingMax;
    capnp::FlatArrayMessageReader reader(words, options);
    append_struct(out, form, reader.getRoot<capnp::DynamicStruct>(form.schema));
    return {};
  } catch (const kj::Exception& exception) {
    out.resize(size_before);
    return tl::unexpected(std::string(exception.getDescription().cStr()));
  }
}

json::value typed_parameter(const FieldForm& field, std::string_view text) {
  const char* const end = text.data() + text.size();
  switch (field.shape) {
    case Shape::kBool:
      if (text == "true") return true;
      if (text == "false") return false;
      break;
    case Shape::kSigned:
    case Shape::kUnsigned: {
      std::int64_t number = 0;
      if (const auto read = std::from_chars(text.data(), end, number); read.ec == std::errc{} && read.ptr == end) return number;
      std::uint64_t large = 0;
      if (const auto read = std::from_chars(text.data(), end, large); read.ec == std::errc{} && read.ptr == end) return large;
      break;
    }
    case Shape::kFloat: {
      double number = 0;
      if (const auto read = std::from_chars(text.data(), end, number); read.ec == std::errc{} && read.ptr == end) return number;
      break;
    }
    case Shape::kText:
    case Shape::kId:
    case Shape::kEnum:
    case Shape::kInstant:
    case Shape::kDay:
    case Shape::kLocal:
    case Shape::kStruct: break;
  }
  return json::string(text.data(), text.size());
}

}  // namespace bridgework::gateway
