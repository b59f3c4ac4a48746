#include "gateway/ids.hpp"

#include <openssl/evp.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>

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

/// Where a pattern goes on from an id that was made by it before, as that of a visit moved again does: how often, instead of all of it.
std::string counted(std::string text) {
  if (!text.ends_with(kMoveMark)) return text;
  const MoveChain chain = move_chain_of(std::string_view(text).substr(0, text.size() - kMoveMark.size()));
  if (chain.moves == 0) return text;
  return std::string(chain.first).append(kMoveMark).append(std::to_string(chain.moves + 1)).append("-");
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

MoveChain move_chain_of(std::string_view appointment) {
  // What stands before the first dot is the site's id.
  const std::size_t own = appointment.find('.') == std::string_view::npos ? 0 : appointment.find('.') + 1;
  std::size_t mark = appointment.find(kMoveMark, own);
  MoveChain chain{appointment.substr(0, mark), 0};
  for (; mark != std::string_view::npos; mark = appointment.find(kMoveMark, mark + 1)) {
    const char* begin = appointment.data() + mark + kMoveMark.size();
    const char* end = appointment.data() + appointment.size();
    std::uint32_t counted = 0;
    const auto [at, error] = std::from_chars(begin, end, counted);
    const bool says_how_often = error == std::errc() && at != end && *at == '-' && counted < 1'000'000;
    chain.moves += says_how_often ? counted : 1;
  }
  return chain;
}

NewId fill_made_fields(const StructForm& form, boost::json::object& object, std::string_view principal, std::string_view idempotency_key) {
  NewId result = NewId::kNotMade;
  for (const FieldForm& field : form.fields) {
    if (field.principal && is_absent(object, field.name)) object[field.name] = boost::json::string(principal.data(), principal.size());
    if (field.new_id.empty() || !is_absent(object, field.name)) continue;
    auto id = expand(field.new_id, object);
    if (!id) continue;
    *id = counted(std::move(*id)) + id_suffix(principal, form.name, idempotency_key);
    object[field.name] = boost::json::string(*id);
    result = NewId::kMade;
  }
  return result;
}

}  // namespace bridgework::gateway
