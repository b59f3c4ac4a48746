#include "gateway/twilio.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>

namespace bridgework::gateway {

std::string twilio_signature(std::string_view token, std::string_view url, Parameters parameters) {
  std::ranges::sort(parameters);
  parameters.erase(std::unique(parameters.begin(), parameters.end()), parameters.end());
  std::string signed_text(url);
  for (const auto& [name, value] : parameters) signed_text += name + value;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  HMAC(EVP_sha1(), token.data(), static_cast<int>(token.size()), reinterpret_cast<const unsigned char*>(signed_text.data()),
       signed_text.size(), digest.data(), &length);
  std::array<unsigned char, 2 * EVP_MAX_MD_SIZE> encoded{};
  const int encoded_length = EVP_EncodeBlock(encoded.data(), digest.data(), static_cast<int>(length));
  return {reinterpret_cast<const char*>(encoded.data()), static_cast<std::size_t>(encoded_length)};
}

bool is_twilio_signature(std::string_view given, std::string_view token, std::string_view url, const Parameters& parameters) {
  const std::string right = twilio_signature(token, url, parameters);
  return given.size() == right.size() && CRYPTO_memcmp(given.data(), right.data(), right.size()) == 0;
}

}  // namespace bridgework::gateway
