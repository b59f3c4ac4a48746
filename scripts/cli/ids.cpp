#include "scripts/cli/ids.hpp"

#include <algorithm>
#include <cstdint>
#include <span>

#include <sodium.h>

namespace bridgework::cli {
namespace {

constexpr std::size_t kSlugBytesMax = 40;

std::string base32(std::span<const unsigned char> bytes, std::size_t characters) {
  constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz234567";
  std::string text;
  std::uint32_t bits = 0;
  int held = 0;
  for (const unsigned char byte : bytes) {
    bits = (bits << 8) | byte;
    held += 8;
    while (held >= 5) {
      held -= 5;
      text += kAlphabet[(bits >> held) & 31U];
      if (text.size() == characters) return text;
    }
  }
  return text;
}

/// The letter under the accents for U+00C0–U+017F; '-' where there is none.
constexpr std::string_view kFolded =
    "aaaaaaaceeeeiiiidnooooo-ouuuuypsaaaaaaaceeeeiiiidnooooo-ouuuuypy"
    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkklllllll"
    "lllnnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";
static_assert(kFolded.size() == 0x180 - 0xC0);

}  // namespace

std::string imported_name(std::string_view source, std::string_view external_id) {
  std::array<unsigned char, 16> hash{};
  crypto_generichash_state state;
  crypto_generichash_init(&state, nullptr, 0, hash.size());
  const auto add = [&](std::string_view text) {
    crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  };
  add(source);
  add("\n");
  add(external_id);
  crypto_generichash_final(&state, hash.data(), hash.size());
  return base32(hash, 16);
}

std::string content_name(std::string_view content) {
  std::array<unsigned char, 32> hash{};
  crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(content.data()), content.size(), nullptr, 0);
  return base32(hash, 32);
}

std::string slug(std::string_view name) {
  std::string text;
  const auto add = [&](char c) {
    if (c != '-') text += c;
    else if (!text.empty() && text.back() != '-') text += '-';
  };
  for (std::size_t i = 0; i < name.size(); ++i) {
    const auto byte = static_cast<unsigned char>(name[i]);
    if (byte >= 'A' && byte <= 'Z') add(static_cast<char>(byte - 'A' + 'a'));
    else if ((byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9')) add(static_cast<char>(byte));
    else if (byte >= 0xC3 && byte <= 0xC5 && i + 1 < name.size() && (static_cast<unsigned char>(name[i + 1]) & 0xC0U) == 0x80U) {
      const unsigned point = ((byte & 0x1FU) << 6) | (static_cast<unsigned char>(name[++i]) & 0x3FU);
      add(kFolded[point - 0xC0]);
    } else {
      add('-');
    }
  }
  if (text.size() > kSlugBytesMax) text.resize(kSlugBytesMax);
  while (!text.empty() && text.back() == '-') text.pop_back();
  return text.empty() ? "site" : text;
}

void SiteIds::known(std::string_view name, std::string_view id) {
  by_name_.emplace(name, id);
  by_id_.emplace(id, name);
}

const std::string& SiteIds::id_of(std::string_view name) {
  if (const auto it = by_name_.find(name); it != by_name_.end()) return it->second;
  const std::string first = slug(name);
  std::string id = first;
  for (int number = 2; by_id_.contains(id); ++number) id = first + "-" + std::to_string(number);
  by_id_.emplace(id, name);
  return by_name_.emplace(name, id).first->second;
}

}  // namespace bridgework::cli
