#pragma once
// Lists that operators write and change while we run: a TOML table for each name, refused whole when it could be misread.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "runtime/toml.hpp"

namespace bridgework::runtime {

/// A table for each name, at most `names_max` of them. A name goes into logs, metrics and User-Id as it is, so it has 1 to 64 of a-z, 0-9,
/// _ and -. Refuses with a sentence that says what is wrong.
tl::expected<toml::table, std::string> parse_named_list(std::string_view text, std::size_t names_max);

/// The texts of an array; nothing when it is none, or holds anything else.
std::optional<std::vector<std::string>> texts_of(const toml::node& node);

}  // namespace bridgework::runtime
