#include "messages/compiler/names.hpp"

#include <algorithm>
#include <array>

namespace bridgework::message_compiler {
namespace {

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
char to_lower(char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; }
char to_upper(char c) { return is_lower(c) ? static_cast<char>(c - 'a' + 'A') : c; }

// The keywords a snake_case name without an underscore can be.
constexpr auto kKeywords = std::to_array<std::string_view>({
    "alignas",  "and",      "asm",      "auto",   "bool",    "break",     "case",     "catch",    "char",     "class",   "concept",
    "const",    "continue", "default",  "delete", "do",      "double",    "else",     "enum",     "explicit", "export",  "extern",
    "false",    "float",    "for",      "friend", "goto",    "if",        "inline",   "int",      "long",     "mutable", "namespace",
    "new",      "not",      "operator", "or",     "private", "protected", "public",   "register", "requires", "return",  "short",
    "signed",   "sizeof",   "static",   "struct", "switch",  "template",  "this",     "throw",    "true",     "try",     "typedef",
    "typename", "union",    "unsigned", "using",  "virtual", "void",      "volatile", "while",
});

}  // namespace

std::string to_snake(std::string_view name) {
  std::string snake;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool starts_word = i > 0 && is_upper(name[i]) && (!is_upper(name[i - 1]) || (i + 1 < name.size() && is_lower(name[i + 1])));
    if (starts_word) snake += '_';
    snake += to_lower(name[i]);
  }
  return snake;
}

std::string to_pascal(std::string_view name) {
  std::string pascal;
  bool starts_word = true;
  for (const char c : name) {
    if (c == '_') {
      starts_word = true;
      continue;
    }
    pascal += starts_word ? to_upper(c) : c;
    starts_word = false;
  }
  return pascal;
}

std::string member_name(std::string_view snake) {
  return std::ranges::find(kKeywords, snake) != kKeywords.end() ? cat(snake, "_") : std::string(snake);
}

std::string quoted(std::string_view text) {
  std::string literal = "\"";
  for (const char c : text) {
    if (c == '\n') {
      literal += "\\n";
      continue;
    }
    if (c == '"' || c == '\\') literal += '\\';
    literal += c;
  }
  return literal + '"';
}

std::string one_line(std::string_view text) {
  std::string line;
  for (const char c : text) {
    const bool blank = c == '\n' || c == '\r' || c == '\t' || c == ' ';
    if (!blank) line += c;
    if (blank && !line.empty() && line.back() != ' ') line += ' ';
  }
  if (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

std::string doc_lines(std::string_view text, std::string_view indent) {
  std::string lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    lines += line.empty() ? cat(indent, "///\n") : cat(indent, "/// ", line, "\n");
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

std::string hex(unsigned long long value) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string digits;
  for (int shift = 60; shift >= 0; shift -= 4) digits += kDigits[(value >> shift) & 0xF];
  return "0x" + digits;
}

}  // namespace bridgework::message_compiler
