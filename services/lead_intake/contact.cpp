#include "lead_intake/contact.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include <phonenumbers/phonenumberutil.h>

namespace bridgework::lead_intake {
namespace {

constexpr std::size_t kEmailBytesMax = 254;      // RFC 5321
constexpr std::size_t kEmailLocalBytesMax = 64;  // RFC 5321
constexpr std::size_t kLabelBytesMax = 63;       // RFC 1035

/// Numbering plans that changed after the tables of the oldest library we run with were made.
struct NewerPlan {
  int country_code;
  std::size_t digits;  ///< of a national number
};
constexpr std::array kNewerPlans = {
    NewerPlan{229, 10},  // Benin: ten digits instead of eight since 30 November 2024 (ITU Operational Bulletin)
};

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view space = " \t\r\n";
  const auto first = text.find_first_not_of(space);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(space) - first + 1);
}

bool is_alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

/// An unquoted local part: atoms joined by single dots.
bool is_local_part(std::string_view text) {
  constexpr std::string_view others = "!#$%&'*+-/=?^_`{|}~";
  if (text.empty() || text.size() > kEmailLocalBytesMax || text.front() == '.' || text.back() == '.') return false;
  if (text.find("..") != std::string_view::npos) return false;
  return std::ranges::all_of(text, [&](char c) { return is_alphanumeric(c) || c == '.' || others.find(c) != std::string_view::npos; });
}

bool is_label(std::string_view label) {
  if (label.empty() || label.size() > kLabelBytesMax || label.front() == '-' || label.back() == '-') return false;
  return std::ranges::all_of(label, [](char c) { return is_alphanumeric(c) || c == '-'; });
}

bool is_domain(std::string_view text) {
  std::size_t labels = 0;
  while (true) {
    const auto dot = text.find('.');
    if (!is_label(text.substr(0, dot))) return false;
    ++labels;
    if (dot == std::string_view::npos) return labels >= 2;
    text.remove_prefix(dot + 1);
  }
}

}  // namespace

std::string normalise_phone(std::string_view raw, std::string_view region) {
  using i18n::phonenumbers::PhoneNumber;
  using i18n::phonenumbers::PhoneNumberUtil;
  const PhoneNumberUtil& util = *PhoneNumberUtil::GetInstance();
  PhoneNumber number;
  if (util.Parse(std::string(raw), std::string(region), &number) != PhoneNumberUtil::NO_PARSING_ERROR) return {};
  std::string national;
  util.GetNationalSignificantNumber(number, &national);
  const bool is_newer = std::ranges::any_of(
      kNewerPlans, [&](const NewerPlan& plan) { return plan.country_code == number.country_code() && plan.digits == national.size(); });
  if (!util.IsPossibleNumber(number) && !is_newer) return {};
  std::string text;
  util.Format(number, PhoneNumberUtil::E164, &text);
  return text;
}

std::string normalise_email(std::string_view raw) {
  std::string text(trimmed(raw));
  std::ranges::transform(text, text.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  const auto at = text.find('@');
  if (text.size() > kEmailBytesMax || at == std::string::npos) return {};
  if (!is_local_part(std::string_view(text).substr(0, at)) || !is_domain(std::string_view(text).substr(at + 1))) return {};
  return text;
}

std::string normalise(messages::ContactKind kind, std::string_view raw, std::string_view region) {
  switch (kind) {
    case messages::ContactKind::kPhone: return normalise_phone(raw, region);
    case messages::ContactKind::kEmail: return normalise_email(raw);
  }
  return {};
}

std::vector<messages::ContactPoint> normalised(const std::vector<messages::ContactPoint>& points, std::string_view region) {
  std::vector<messages::ContactPoint> out;
  for (const messages::ContactPoint& point : points) {
    const std::string& given = point.value.reveal().empty() ? point.raw.reveal() : point.value.reveal();
    const std::string& raw = point.raw.reveal().empty() ? point.value.reveal() : point.raw.reveal();
    if (trimmed(given).empty()) continue;
    messages::ContactPoint clean{
        .kind = point.kind, .value = Phi<std::string>(normalise(point.kind, given, region)), .raw = Phi<std::string>(raw)};
    const bool known = std::ranges::any_of(out, [&](const messages::ContactPoint& other) {
      if (other.kind != clean.kind) return false;
      return clean.value.reveal().empty() ? other.raw == clean.raw : other.value == clean.value;
    });
    if (!known) out.push_back(std::move(clean));
  }
  return out;
}

}  // namespace bridgework::lead_intake
