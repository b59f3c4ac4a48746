#include "gateway/json_text.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/detail/value.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_stack.hpp>
#include <limits>
#include <unordered_set>
#include <vector>

namespace bridgework::gateway {
namespace {

namespace json = boost::json;

/// Builds a value and watches the names of each open object.
class Builder {
 public:
  static constexpr std::size_t max_object_size = std::numeric_limits<std::int32_t>::max();
  static constexpr std::size_t max_array_size = std::numeric_limits<std::int32_t>::max();
  static constexpr std::size_t max_key_size = 1024 * 1024;
  static constexpr std::size_t max_string_size = 16 * 1024 * 1024;

  Builder() { stack_.reset(); }

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }

  bool on_object_begin(json::error_code&) {
    open_.emplace_back();
    open_.back().is_object = true;
    return true;
  }
  bool on_object_end(std::size_t count, json::error_code&) {
    stack_.push_object(count);
    close();
    return true;
  }
  bool on_array_begin(json::error_code&) {
    open_.emplace_back();
    return true;
  }
  bool on_array_end(std::size_t count, json::error_code&) {
    stack_.push_array(count);
    close();
    return true;
  }

  bool on_key_part(json::string_view part, std::size_t, json::error_code&) {
    key_.append(part.data(), part.size());
    stack_.push_chars(part);
    return true;
  }
  bool on_key(json::string_view part, std::size_t, json::error_code&) {
    key_.append(part.data(), part.size());
    stack_.push_key(part);
    Level& level = open_.back();
    level.key = std::move(key_);
    key_.clear();
    if (!level.keys.insert(level.key).second && !duplicate_) duplicate_ = pointer();
    return true;
  }
  bool on_string_part(json::string_view part, std::size_t, json::error_code&) {
    stack_.push_chars(part);
    return true;
  }
  bool on_string(json::string_view part, std::size_t, json::error_code&) {
    stack_.push_string(part);
    return done();
  }
  bool on_number_part(json::string_view, json::error_code&) { return true; }
  bool on_int64(std::int64_t number, json::string_view, json::error_code&) {
    stack_.push_int64(number);
    return done();
  }
  bool on_uint64(std::uint64_t number, json::string_view, json::error_code&) {
    stack_.push_uint64(number);
    return done();
  }
  bool on_double(double number, json::string_view, json::error_code&) {
    stack_.push_double(number);
    return done();
  }
  bool on_bool(bool value, json::error_code&) {
    stack_.push_bool(value);
    return done();
  }
  bool on_null(json::error_code&) {
    stack_.push_null();
    return done();
  }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }

  JsonText release() { return {stack_.release(), std::move(duplicate_)}; }

 private:
  struct Level {
    bool is_object = false;
    std::size_t index = 0;  ///< of an array
    std::string key;        ///< of an object
    std::unordered_set<std::string> keys;
  };

  bool done() {
    if (!open_.empty()) ++open_.back().index;
    return true;
  }
  void close() {
    open_.pop_back();
    done();
  }
  std::string pointer() const {
    std::string path;
    for (const Level& level : open_) append_pointer_step(path, level.is_object ? level.key : std::to_string(level.index));
    return path;
  }

  json::value_stack stack_;
  std::vector<Level> open_;
  std::string key_;
  std::optional<std::string> duplicate_;
};

}  // namespace

tl::expected<JsonText, JsonSyntaxError> parse_json(std::string_view text) {
  json::parse_options options;
  options.max_depth = kJsonDepthMax;
  json::basic_parser<Builder> parser(options);
  json::error_code error;
  const std::size_t read = parser.write_some(false, text.data(), text.size(), error);
  if (!error && read < text.size()) error = json::error::extra_data;
  if (error) return tl::unexpected(JsonSyntaxError{error.message(), read});
  return parser.handler().release();
}

void append_pointer_step(std::string& out, std::string_view name) {
  out += '/';
  for (const char c : name) {
    if (c == '~') out += "~0";
    else if (c == '/') out += "~1";
    else out += c;
  }
}

void append_json_string(std::string& out, std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  std::size_t clean_from = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text, clean_from, i - clean_from);
    clean_from = i + 1;
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      case '\b': out += "\\b"; break;
      case '\f': out += "\\f"; break;
      default:
        out += "\\u00";
        out += kHex[c >> 4];
        out += kHex[c & 0xF];
    }
  }
  out.append(text, clean_from, text.size() - clean_from);
  out += '"';
}

bool is_utf8(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    const auto lead = static_cast<unsigned char>(text[i]);
    if (lead < 0x80) {
      ++i;
      continue;
    }
    std::size_t more = 0;
    unsigned long point = 0;
    unsigned long smallest = 0;
    if ((lead & 0xE0) == 0xC0) {
      more = 1;
      point = lead & 0x1FU;
      smallest = 0x80;
    } else if ((lead & 0xF0) == 0xE0) {
      more = 2;
      point = lead & 0x0FU;
      smallest = 0x800;
    } else if ((lead & 0xF8) == 0xF0) {
      more = 3;
      point = lead & 0x07U;
      smallest = 0x10000;
    } else {
      return false;
    }
    if (text.size() - i <= more) return false;
    for (std::size_t k = 1; k <= more; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if ((next & 0xC0) != 0x80) return false;
      point = (point << 6) | (next & 0x3FU);
    }
    if (point < smallest || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) return false;
    i += more + 1;
  }
  return true;
}

}  // namespace bridgework::gateway
