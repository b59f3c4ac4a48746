#include "outreach/links.hpp"

#include <array>

#include <sodium.h>

namespace bridgework::outreach {
namespace {

/// Keep the signatures apart from each other and from any other that is made with the same secret.
constexpr std::string_view kUnsubscribe = "bridgework unsubscribe 1";
constexpr std::string_view kVisit = "bridgework visit 1";
constexpr std::string_view kBooking = "bridgework booking 1";
constexpr std::size_t kSignatureBytes = 16;

const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::string link(std::string_view room, std::string_view id, std::string_view token, const Config& config) {
  if (token.empty()) return {};
  std::string url = config.public_url;
  while (!url.empty() && url.back() == '/') url.pop_back();
  return url.append(room).append(id).append(".").append(token);
}

std::string token_for(std::string_view domain, const MessageId& message, const Config& config) {
  if (config.token_secret.empty()) return {};
  // A secret of any length becomes a key of the right one.
  std::array<unsigned char, crypto_generichash_KEYBYTES> key{};
  crypto_generichash(key.data(), key.size(), bytes(config.token_secret), config.token_secret.size(), nullptr, 0);
  const std::string signed_text = std::string(domain) + "\n" + message.text();
  std::array<unsigned char, kSignatureBytes> signature{};
  crypto_generichash(signature.data(), signature.size(), bytes(signed_text), signed_text.size(), key.data(), key.size());
  std::array<char, kSignatureBytes * 2 + 1> hex{};
  sodium_bin2hex(hex.data(), hex.size(), signature.data(), signature.size());
  return hex.data();
}

bool is_token(std::string_view right, std::string_view token) {
  return !right.empty() && right.size() == token.size() && sodium_memcmp(right.data(), token.data(), right.size()) == 0;
}

}  // namespace

std::string unsubscribe_token(const MessageId& message, const Config& config) { return token_for(kUnsubscribe, message, config); }

bool is_unsubscribe_token(const MessageId& message, std::string_view token, const Config& config) {
  return is_token(unsubscribe_token(message, config), token);
}

std::string visit_token(const MessageId& message, const Config& config) { return token_for(kVisit, message, config); }

bool is_visit_token(const MessageId& message, std::string_view token, const Config& config) {
  return is_token(visit_token(message, config), token);
}

std::string booking_token(const MessageId& message, const Config& config) { return token_for(kBooking, message, config); }

bool is_booking_token(const MessageId& message, std::string_view token, const Config& config) {
  return is_token(booking_token(message, config), token);
}

std::string unsubscribe_link(const MessageId& message, std::string_view token, const Config& config) {
  return link("/c/", message.text(), token, config);
}

std::string visit_link(const MessageId& message, std::string_view token, const Config& config) {
  return link("/v/", message.text(), token, config);
}

std::string booking_link(const MessageId& message, std::string_view token, const Config& config) {
  return link("/b/", message.text(), token, config);
}

std::string survey_link(std::string_view survey, std::string_view token, const Config& config) {
  return link("/s/", survey, token, config);
}

std::string offer_link(std::string_view offer, std::string_view token, const Config& config) { return link("/o/", offer, token, config); }

}  // namespace bridgework::outreach
