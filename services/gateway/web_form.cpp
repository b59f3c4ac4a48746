#include "gateway/web_form.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "gateway/json_text.hpp"
#include "gateway/survey_page.hpp"
#include "gateway/url.hpp"

namespace bridgework::gateway {
namespace {

namespace json = boost::json;

/// What a page may call a field of ours.
struct FieldName {
  std::string_view given;
  std::string_view ours;
};
constexpr std::array kFieldNames = {
    FieldName{"given_name", "given_name"},
    FieldName{"first_name", "given_name"},
    FieldName{"name", "given_name"},
    FieldName{"family_name", "family_name"},
    FieldName{"last_name", "family_name"},
    FieldName{"phone", "phone"},
    FieldName{"email", "email"},
    FieldName{"text", "text"},
    FieldName{"message", "text"},
    FieldName{"campaign", "campaign"},
    FieldName{"website", "honeypot"},
    FieldName{"contact_consent", "contact_consent"},
    FieldName{"marketing_consent", "marketing_consent"},
};

constexpr std::string_view kNobodysKey = "none.f-none";
constexpr std::string_view kUnreadable = "unreadable";

/// As ids are in every schema; a site and what stands behind its dot.
bool is_id(std::string_view text, std::size_t bytes_max) {
  return !text.empty() && text.size() <= bytes_max && std::ranges::all_of(text, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '+' || c == '-' || c == '.' ||
           c == '@';
  });
}

/// At most so many bytes, and no half character at the end.
std::string_view cut(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  std::size_t end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end);
}

std::optional<Parameters> read_body(std::string_view body) {
  if (body.size() > kFormBytesMax) return std::nullopt;
  const std::size_t first = body.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos || body[first] != '{') return parse_form(body);
  const auto parsed = parse_json(body);
  if (!parsed || parsed->duplicate || !parsed->value.is_object()) return std::nullopt;
  Parameters fields;
  for (const auto& member : parsed->value.get_object()) {
    if (!member.value().is_string()) continue;
    const json::string& text = member.value().get_string();
    fields.emplace_back(std::string(member.key()), std::string(text.data(), text.size()));
  }
  return fields;
}

}  // namespace

json::object read_web_form(std::string_view form_key, std::string_view body, const StructForm& form) {
  json::object object;
  const bool is_key = is_id(form_key, form.find("form_key")->bytes_max) && form_key.find('.') != std::string_view::npos;
  const std::string_view key = is_key ? form_key : kNobodysKey;
  object["form_key"] = json::string(key.data(), key.size());
  const auto fields = read_body(body);
  if (!fields) {
    object["honeypot"] = json::string(kUnreadable.data(), kUnreadable.size());
    return object;
  }
  for (const auto& [given, value] : *fields) {
    const auto* name = std::ranges::find(kFieldNames, given, &FieldName::given);
    if (name == kFieldNames.end()) continue;
    const json::string_view ours(name->ours.data(), name->ours.size());
    if (object.contains(ours)) continue;
    const std::size_t bytes_max = form.find(name->ours)->bytes_max;
    if (name->ours == "campaign" && !is_id(value, bytes_max)) continue;
    const std::string_view text = cut(value, bytes_max);
    object[ours] = json::string(text.data(), text.size());
  }
  return object;
}

std::string web_form_page() { return survey_message_page("Thank you", "We have your message and will get back to you."); }

}  // namespace bridgework::gateway
