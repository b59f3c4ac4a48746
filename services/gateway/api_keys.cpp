#include "gateway/api_keys.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <fstream>

namespace bridgework::gateway {
namespace {

constexpr std::size_t kKeyBytesMin = 16;

}  // namespace

tl::expected<void, std::string> ApiKeys::add_from_file(std::string principal, const std::string& path) {
  std::ifstream file(path);
  std::string key;
  if (!file || !std::getline(file, key)) return tl::unexpected("cannot read an API key from " + path);
  while (!key.empty() && (key.back() == '\r' || key.back() == ' ')) key.pop_back();
  if (key.size() < kKeyBytesMin) return tl::unexpected("the API key in " + path + " is shorter than 16 characters");
  add(std::move(principal), key);
  return {};
}

void ApiKeys::add(std::string principal, std::string_view key) { entries_.push_back({hash(key), std::move(principal)}); }

std::optional<std::string> ApiKeys::principal_of(std::string_view key) const {
  const Hash given = hash(key);
  const Entry* found = nullptr;
  for (const Entry& entry : entries_) {
    if (CRYPTO_memcmp(entry.hash.data(), given.data(), given.size()) == 0) found = &entry;
  }
  if (found == nullptr) return std::nullopt;
  return found->principal;
}

ApiKeys::Hash ApiKeys::hash(std::string_view key) {
  Hash digest{};
  unsigned length = 0;
  EVP_Digest(key.data(), key.size(), digest.data(), &length, EVP_sha256(), nullptr);
  return digest;
}

}  // namespace bridgework::gateway
