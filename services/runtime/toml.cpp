#include "runtime/toml.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace bridgework::runtime {
namespace {

/// Where each line ends.
std::vector<std::size_t> ends_of_lines(std::string_view text) {
  std::vector<std::size_t> ends;
  for (std::size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1)) ends.push_back(at);
  ends.push_back(text.size());
  return ends;
}

bool believes(std::string_view text) {
  try {
    (void)toml::parse(text);
  } catch (const toml::parse_error&) {
    return true;
  } catch (const std::exception&) {
    return false;
  }
  return true;
}

/// `line` counts from 1.
std::string refusal(std::string_view text, const std::vector<std::size_t>& ends, std::size_t line, std::string_view why) {
  const std::size_t begin = line < 2 ? 0 : ends[line - 2], end = ends[line - 1];
  std::string words = "line " + std::to_string(line) + ": " + std::string(why);
  const auto bytes = text.substr(begin, end - begin);
  if (std::any_of(bytes.begin(), bytes.end(), [](char c) { return static_cast<unsigned char>(c) > 127; }))
    words += "; names and texts with anything but ASCII stand in quotes";
  return words;
}

}  // namespace

tl::expected<toml::table, std::string> parse_toml(std::string_view text) {
  const auto ends = ends_of_lines(text);
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& error) {
    const std::size_t line = std::clamp<std::size_t>(error.source().begin.line, 1, ends.size());
    return tl::unexpected(refusal(text, ends, line, error.description()));
  } catch (const std::exception& error) {
    // Does not say where: at the end of the fewest lines that it cannot believe either.
    const auto first = std::partition_point(ends.begin(), ends.end() - 1, [&](std::size_t end) { return believes(text.substr(0, end)); });
    return tl::unexpected(refusal(text, ends, static_cast<std::size_t>(first - ends.begin()) + 1, error.what()));
  }
}

}  // namespace bridgework::runtime
