#include "gateway/ids.hpp"

#include <openssl/evp.h>

#include <array>
#include <cstdint>
#include <optional>

namespace bridgework::gateway {
namespace {

constexpr std::size_t kSuffixLength = 13;

std::string base32(const unsigned char* bytes, std::size_t length) {
  constexpr char kAlphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
  std::string text;
  std::uint32_t bits = 0;
  int count = 0;
  while (text.size() < length) {
    if (count < 5) {
      bits = (bits << 8) | *bytes++;
      count += 8;
    }
    count -= 5;
    text += kAlphabet[(bits >> count) & 31];
  }
  return text;
}

/// Nothing when the template needs a field that is not there.
std::optional<std::string> expand(std::string_view pattern, const boost::json::object& object) {
  std::string text;
  while (!pattern.empty()) {
    const std::size_t open = pattern.find('{');
    text += pattern.substr(0, open);
    if (open == std::string_view::npos) break;
    const std::size_t close = pattern.find('}', open);
    if (close == std::string_view::npos) return std::nullopt;
    // Templates name fields as the schema does.
    const boost::json::value* value = object.if_contains(snake_case(pattern.substr(open + 1, close - open - 1)));
    if (value == nullptr || !value->is_string() || value->get_string().empty()) return std::nullopt;
    text.append(value->get_string().data(), value->get_string().size());
    pattern.remove_prefix(close + 1);
  }
  return text;
}

/// Not given, or given as the empty id that is no id.
bool is_absent(const boost::json::object& object, const std::string& name) {
  const boost::json::value* value = object.if_contains(name);
  return value == nullptr || (value->is_string() && value->get_string().empty());
}

}  // namespace

std::string id_suffix(std::string_view principal, std::string_view type, std::string_view idempotency_key) {
  std::string input;
  for (const std::string_view part : {principal, type, idempotency_key}) {
    // Lengths first, so that no two triples run together into the same text.
    input += std::to_string(part.size()) + ':';
    input += part;
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  EVP_Digest(input.data(), input.size(), digest.data(), &length, EVP_blake2b512(), nullptr);
  return base32(digest.data(), kSuffixLength);
}

NewId fill_made_fields(const StructForm& form, boost::json::object& object, std::string_view principal, std::string_view idempotency_key) {
  NewId result = NewId::kNotMade;
  for (const FieldForm& field : form.fields) {
    if (field.principal && is_absent(object, field.name)) object[field.name] = boost::json::string(principal.data(), principal.size());
    if (field.new_id.empty() || !is_absent(object, field.name)) continue;
    auto id = expand(field.new_id, object);
    if (!id) continue;
    *id += id_suffix(principal, form.name, idempotency_key);
    object[field.name] = boost::json::string(*id);
    result = NewId::kMade;
  }
  return result;
}

}  // namespace bridgework::gateway
