#include "gateway/problem.hpp"

#include <algorithm>

#include "gateway/json_text.hpp"

namespace bridgework::gateway {
namespace {

std::string title_of(std::string_view code) {
  std::string title(code);
  std::ranges::replace(title, '_', ' ');
  if (!title.empty() && title.front() >= 'a' && title.front() <= 'z') title.front() = static_cast<char>(title.front() - 'a' + 'A');
  return title;
}

}  // namespace

std::string problem_json(const Problem& problem, std::string_view instance) {
  std::string out = "{\"type\":";
  append_json_string(out, "urn:bridgework:problem:" + problem.code);
  out += ",\"title\":";
  append_json_string(out, title_of(problem.code));
  out += ",\"status\":" + std::to_string(problem.status) + ",\"detail\":";
  append_json_string(
      out, is_utf8(problem.detail) ? std::string_view(problem.detail) : std::string_view("the request holds bytes that are no UTF-8"));
  out += ",\"code\":";
  append_json_string(out, problem.code);
  out += ",\"instance\":";
  append_json_string(out, is_utf8(instance) ? instance : std::string_view{"/"});
  if (!problem.rule.empty()) {
    out += ",\"path\":";
    append_json_string(out, problem.path);
    out += ",\"rule\":";
    append_json_string(out, problem.rule);
  }
  out += problem.more;
  out += '}';
  return out;
}

std::string retry_after_seconds(std::chrono::milliseconds delay) {
  return std::to_string(std::max<long>(1, std::chrono::ceil<std::chrono::seconds>(delay).count()));
}

}  // namespace bridgework::gateway
