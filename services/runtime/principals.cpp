#include "runtime/principals.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "messages/catalogue.hpp"
#include "runtime/curve.hpp"
#include "runtime/named_list.hpp"
#include "runtime/text_file.hpp"

namespace bridgework::runtime {
namespace {

unsigned bit_of(Grant grant) { return 1u << static_cast<unsigned>(grant); }

std::optional<messages::MessageKind> kind_under(Grant grant) {
  switch (grant) {
    case Grant::kCommand: return messages::MessageKind::kCommand;
    case Grant::kQuery: return messages::MessageKind::kQuery;
    case Grant::kFetch: return messages::MessageKind::kEvent;
    case Grant::kLive:
    case Grant::kSelfTest: break;
  }
  return std::nullopt;
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

std::optional<Principals::Entry> Principals::entry_of(const std::string& name, const std::vector<std::string>& words) {
  Entry entry{name, 0, {}};
  unsigned whole = 0;
  for (const std::string& word : words) {
    const std::size_t colon = word.find(':');
    const auto grant = std::find_if(std::begin(kGrantsOfLists), std::end(kGrantsOfLists),
                                    [&](Grant one) { return to_string(one) == std::string_view(word).substr(0, colon); });
    if (grant == std::end(kGrantsOfLists)) return std::nullopt;
    entry.grants |= bit_of(*grant);
    if (colon == std::string::npos) {
      whole |= bit_of(*grant);
      continue;
    }
    const messages::MessageInfo* message = messages::find_message(std::string_view(word).substr(colon + 1));
    if (message == nullptr || message->kind != kind_under(*grant)) return std::nullopt;
    entry.only[*grant].insert(message->type_id);
  }
  // Both "command" and "command:X": whoever wrote that meant one of them, and we do not know which.
  for (const auto& [grant, types] : entry.only) {
    if ((whole & bit_of(grant)) != 0) return std::nullopt;
  }
  return entry;
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
    const auto grants = words ? entry_of(name, *words) : std::nullopt;
    if (!grants) {
      return refuse(name +
                    ".may must be a list of command, query, fetch, live; the first three whole or each as command:Message and the like");
    }
    for (const std::string& one : *keys) {
      if (!is_curve_key(one)) return refuse(name + ".keys holds something that is no public key of 40 characters");
      if (!principals.by_key_.emplace(one, *grants).second) return refuse("a key of " + name + " stands twice in the list");
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

bool Principals::may(std::string_view public_key, Grant grant, std::uint64_t type_id) const {
  const auto entry = by_key_.find(std::string(public_key));
  if (entry == by_key_.end() || (entry->second.grants & bit_of(grant)) == 0) return false;
  const auto only = entry->second.only.find(grant);
  return only == entry->second.only.end() || only->second.contains(type_id);
}

bool Principals::keeps_all_of(const Principals& earlier) const {
  return std::all_of(earlier.by_key_.begin(), earlier.by_key_.end(), [&](const auto& before) {
    const auto now = by_key_.find(before.first);
    const unsigned grants = now == by_key_.end() || now->second.name != before.second.name ? 0 : now->second.grants;
    return (before.second.grants & ~grants) == 0;
  });
}

}  // namespace bridgework::runtime
