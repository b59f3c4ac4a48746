#include "appointments/token.hpp"

#include <array>

#include <sodium.h>

namespace bridgework::appointments {
namespace {

/// Keeps this signature apart from any other that is made with the same secret.
constexpr std::string_view kDomain = "bridgework offer 1";
constexpr std::size_t kSignatureBytes = 16;

const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

}  // namespace

std::string offer_token(const OfferId& offer, std::string_view secret) {
  if (secret.empty()) return {};
  // A secret of any length becomes a key of the right one.
  std::array<unsigned char, crypto_generichash_KEYBYTES> key{};
  crypto_generichash(key.data(), key.size(), bytes(secret), secret.size(), nullptr, 0);
  const std::string signed_text = std::string(kDomain) + "\n" + offer.text();
  std::array<unsigned char, kSignatureBytes> signature{};
  crypto_generichash(signature.data(), signature.size(), bytes(signed_text), signed_text.size(), key.data(), key.size());
  std::array<char, kSignatureBytes * 2 + 1> hex{};
  sodium_bin2hex(hex.data(), hex.size(), signature.data(), signature.size());
  return hex.data();
}

bool is_offer_token(const OfferId& offer, std::string_view token, std::string_view secret) {
  const std::string right = offer_token(offer, secret);
  return !right.empty() && right.size() == token.size() && sodium_memcmp(right.data(), token.data(), right.size()) == 0;
}

}  // namespace bridgework::appointments
