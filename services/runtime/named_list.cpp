#include "runtime/named_list.hpp"

#include <algorithm>

namespace bridgework::runtime {
namespace {

constexpr std::size_t kListBytesMax = 1024 * 1024;
constexpr std::size_t kNameBytesMax = 64;

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kNameBytesMax && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

}  // namespace

tl::expected<toml::table, std::string> parse_named_list(std::string_view text, std::size_t names_max) {
  const auto refuse = [](std::string why) { return tl::unexpected(std::move(why)); };
  if (text.size() > kListBytesMax) return refuse("the list is larger than a megabyte");
  auto list = parse_toml(text);
  if (!list) return list;
  if (list->size() > names_max) return refuse("there are more than " + std::to_string(names_max) + " names");
  for (const auto& [key, node] : *list) {
    const std::string name(std::string_view{key});
    if (!is_name(name)) return refuse("a name has 1 to 64 of a-z, 0-9, _ and -");
    if (!node.is_table()) return refuse(name + " must be a table");
  }
  return list;
}

std::optional<std::vector<std::string>> texts_of(const toml::node& node) {
  const toml::array* array = node.as_array();
  if (array == nullptr) return std::nullopt;
  std::vector<std::string> texts;
  for (const toml::node& item : *array) {
    const auto* text = item.as_string();
    if (text == nullptr) return std::nullopt;
    texts.push_back(text->get());
  }
  return texts;
}

}  // namespace bridgework::runtime
