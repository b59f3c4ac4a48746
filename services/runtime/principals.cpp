#include "runtime/principals.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "runtime/curve.hpp"
#include "runtime/named_list.hpp"

namespace bridgework::runtime {
namespace {

unsigned bit_of(Grant grant) { return 1u << static_cast<unsigned>(grant); }

std::optional<unsigned> grants_of(const std::vector<std::string>& words) {
  unsigned grants = 0;
  for (const std::string& word : words) {
    const auto grant =
        std::find_if(std::begin(kGrantsOfLists), std::end(kGrantsOfLists), [&](Grant one) { return to_string(one) == word; });
    if (grant == std::end(kGrantsOfLists)) return std::nullopt;
    grants |= bit_of(*grant);
  }
  return grants;
}

}  // namespace

std::string_view to_string(Grant grant) {
  switch (grant) {
    case Grant::kCommand: return "command";
    case Grant::kQuery: return "query";
    case Grant::kFetch: return "fetch";
    case Grant::kLive: return "live";
    case Grant::kSelfTest: return "self_test";
  }
  return "";
}

tl::expected<Principals, std::string> Principals::parse(std::string_view text) {
  const auto refuse = [](std::string why) { return tl::unexpected(std::move(why)); };
  const auto list = parse_named_list(text, kPrincipalsMax);
  if (!list) return refuse(list.error());
  // What a writer leaves that truncates the file first; nobody serves nobody on purpose.
  if (list->empty()) return refuse("there are no principals");
  Principals principals;
  for (const auto& [key, node] : *list) {
    const std::string name(std::string_view{key});
    const toml::table& entry = *node.as_table();
    for (const auto& [word, value] : entry) {
      if (std::string_view{word} != "keys" && std::string_view{word} != "may") return refuse(name + " has only keys and may");
    }
    if (!entry.contains("keys") || !entry.contains("may")) return refuse(name + " must have keys and may");
    const auto keys = texts_of(*entry.get("keys"));
    const auto words = texts_of(*entry.get("may"));
    if (!keys || keys->size() > kKeysMax) return refuse(name + ".keys must be a list of at most " + std::to_string(kKeysMax) + " texts");
    const auto grants = words ? grants_of(*words) : std::nullopt;
    if (!grants) return refuse(name + ".may must be a list of command, query, fetch, live");
    for (const std::string& one : *keys) {
      if (!is_curve_key(one)) return refuse(name + ".keys holds something that is no public key of 40 characters");
      if (!principals.by_key_.emplace(one, Entry{name, *grants}).second) return refuse("a key of " + name + " stands twice in the list");
    }
  }
  return principals;
}

tl::expected<Principals, std::string> Principals::read(const std::string& path) {
  const auto text = read_text(path);
  if (!text) return tl::unexpected(text.error());
  auto principals = parse(*text);
  if (!principals) return tl::unexpected(path + ": " + principals.error());
  return principals;
}

std::optional<std::string> Principals::admitted(std::string_view public_key, Grant grant) const {
  const auto entry = by_key_.find(std::string(public_key));
  if (entry == by_key_.end() || (entry->second.grants & bit_of(grant)) == 0) return std::nullopt;
  return entry->second.name;
}

bool Principals::keeps_all_of(const Principals& earlier) const {
  return std::all_of(earlier.by_key_.begin(), earlier.by_key_.end(), [&](const auto& before) {
    const auto now = by_key_.find(before.first);
    const unsigned grants = now == by_key_.end() || now->second.name != before.second.name ? 0 : now->second.grants;
    return (before.second.grants & ~grants) == 0;
  });
}

}  // namespace bridgework::runtime
