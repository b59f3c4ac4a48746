#include "runtime/settings.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <optional>
#include <set>

#include <CLI/CLI.hpp>

#include "runtime/text_file.hpp"
#include "runtime/toml.hpp"

namespace bridgework::runtime {
namespace {

using Error = std::variant<HelpWanted, std::string>;

/// Read by scripts, the command line or the test clock; never a setting.
constexpr std::string_view kOtherVariables[] = {"BRIDGEWORK_CONFIG", "BRIDGEWORK_URL", "BRIDGEWORK_DATA", "BRIDGEWORK_TEST_CLOCK"};

std::string upper(std::string_view name) {
  std::string text(name);
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if (c == '-') c = '_';
  }
  return text;
}

std::string flag_name(std::string_view name) {
  std::string text = "--" + std::string(name);
  std::replace(text.begin(), text.end(), '_', '-');
  return text;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

std::string nearest(std::string_view wrong, const std::vector<std::string>& known) {
  const auto best = std::min_element(known.begin(), known.end(), [&](const std::string& a, const std::string& b) {
    return edit_distance(wrong, a) < edit_distance(wrong, b);
  });
  return best == known.end() ? std::string("there is none") : "the nearest is " + *best;
}

std::string unknown(std::string_view name, std::string_view source, const std::vector<std::string>& known) {
  return "unknown setting " + std::string(name) + " in " + std::string(source) + "; " + nearest(name, known);
}

std::string whole_words(const Setting::Whole& whole) {
  std::string words = "a whole number";
  if (!whole.unit.empty()) words += " of " + whole.unit;
  return words + " from " + std::to_string(whole.min) + " to " + std::to_string(whole.max);
}

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::string> set_whole(const Setting::Whole& whole, std::optional<std::int64_t> value) {
  if (!value || *value < whole.min || *value > whole.max) return "must be " + whole_words(whole);
  whole.set(*value);
  return std::nullopt;
}

/// What is wrong with the text, or nothing.
std::optional<std::string> set_from_text(const Setting& setting, const std::string& text) {
  if (auto* const* target = std::get_if<std::string*>(&setting.target)) {
    **target = text;
    return std::nullopt;
  }
  if (auto* const* target = std::get_if<double*>(&setting.target)) {
    const auto value = parse_number<double>(text);
    if (!value || !std::isfinite(*value)) return "must be a number";
    **target = *value;
    return std::nullopt;
  }
  return set_whole(std::get<Setting::Whole>(setting.target), parse_number<std::int64_t>(text));
}

std::optional<std::string> set_from_toml(const Setting& setting, const toml::node& node) {
  if (auto* const* target = std::get_if<std::string*>(&setting.target)) {
    const auto* value = node.as_string();
    if (value == nullptr) return "must be text in quotes";
    **target = value->get();
    return std::nullopt;
  }
  if (auto* const* target = std::get_if<double*>(&setting.target)) {
    if (const auto* value = node.as_floating_point(); value != nullptr && std::isfinite(value->get())) {
      **target = value->get();
    } else if (const auto* whole = node.as_integer()) {
      **target = static_cast<double>(whole->get());
    } else {
      return "must be a number";
    }
    return std::nullopt;
  }
  const auto* value = node.as_integer();
  return set_whole(std::get<Setting::Whole>(setting.target), value == nullptr ? std::nullopt : std::optional(value->get()));
}

const Setting* find(const std::vector<Setting>& settings, std::string_view name) {
  const auto it = std::find_if(settings.begin(), settings.end(), [&](const Setting& setting) { return setting.name == name; });
  return it == settings.end() ? nullptr : &*it;
}

std::string default_text(const Setting& setting) {
  if (auto* const* target = std::get_if<std::string*>(&setting.target)) return "\"" + **target + "\"";
  if (auto* const* target = std::get_if<double*>(&setting.target)) {
    char text[32];
    std::snprintf(text, sizeof text, "%g", **target);
    return text;
  }
  const auto& whole = std::get<Setting::Whole>(setting.target);
  return std::to_string(whole.value) + (whole.unit.empty() ? "" : " " + whole.unit);
}

std::string help_text(std::string_view service, const std::vector<Setting>& process, const std::vector<Setting>& own) {
  std::string text =
      "bridgework " + std::string(service) + "\n\nEach setting as flag, as environment variable and in the TOML file given by --config.\n";
  const auto list = [&](std::string_view table, std::string_view prefix, const std::vector<Setting>& settings) {
    text += "\n[" + std::string(table) + "]\n";
    for (const Setting& setting : settings) {
      text += "  " + flag_name(setting.name) + "  " + std::string(prefix) + upper(setting.name) + "\n      " + setting.doc + " (default " +
              default_text(setting) + ")\n";
    }
  };
  list("process", "BRIDGEWORK_", process);
  list(service, "BRIDGEWORK_" + upper(service) + "_", own);
  text += "\n  --config FILE  BRIDGEWORK_CONFIG\n  --help\n";
  return text;
}

/// One table of the file against the settings it may hold.
std::optional<std::string> apply_table(const toml::table& file, std::string_view table_name, const std::string& path,
                                       const std::vector<Setting>& settings) {
  const toml::node* node = file.get(table_name);
  if (node == nullptr) return std::nullopt;
  const std::string source = "[" + std::string(table_name) + "] of " + path;
  const toml::table* table = node->as_table();
  if (table == nullptr) return source + " must be a table";
  std::vector<std::string> known;
  for (const Setting& setting : settings) known.push_back(setting.name);
  for (const auto& [key, value] : *table) {
    const std::string name(std::string_view{key});
    const Setting* setting = find(settings, name);
    if (setting == nullptr) return unknown(name, source, known);
    if (const auto wrong = set_from_toml(*setting, value)) return "setting " + name + " in " + source + " " + *wrong;
  }
  return std::nullopt;
}

std::optional<std::string> apply_file(const std::string& path, std::string_view service, const std::vector<Setting>& process,
                                      const std::vector<Setting>& own) {
  const auto text = read_text(path);
  if (!text) return text.error();
  const auto file = parse_toml(*text);
  if (!file) return "cannot read settings from " + path + ", " + file.error();
  if (auto wrong = apply_table(*file, "process", path, process)) return wrong;
  return apply_table(*file, service, path, own);
}

using Variable = std::pair<std::string_view, std::string>;

std::vector<Variable> variables_of(const std::vector<std::string>& environment) {
  std::vector<Variable> variables;
  for (const std::string& entry : environment) {
    const std::size_t equals = entry.find('=');
    if (equals != std::string::npos) variables.emplace_back(std::string_view(entry).substr(0, equals), entry.substr(equals + 1));
  }
  return variables;
}

std::optional<std::string> apply_environment(const std::vector<Variable>& variables, std::string_view service,
                                             const std::vector<Setting>& process, const std::vector<Setting>& own) {
  const std::string prefix = "BRIDGEWORK_" + upper(service) + "_";
  std::vector<std::string> known;
  for (const auto* settings : {&process, &own}) {
    for (const Setting& setting : *settings) known.push_back(prefix + upper(setting.name));
  }
  const auto set = [](const Setting& setting, const Variable& variable) -> std::optional<std::string> {
    const auto wrong = set_from_text(setting, variable.second);
    if (!wrong) return std::nullopt;
    return "setting " + std::string(variable.first) + " in the environment " + *wrong;
  };
  // What is meant for every process first, so that the variable naming this service wins.
  for (const Setting& setting : process) {
    for (const Variable& variable : variables) {
      if (variable.first != "BRIDGEWORK_" + upper(setting.name)) continue;
      if (auto wrong = set(setting, variable)) return wrong;
    }
  }
  for (const Variable& variable : variables) {
    if (!variable.first.starts_with(prefix)) continue;
    const auto is_this = [&](const Setting& setting) { return prefix + upper(setting.name) == variable.first; };
    const Setting* setting = nullptr;
    for (const auto* settings : {&process, &own}) {
      const auto it = std::find_if(settings->begin(), settings->end(), is_this);
      if (it != settings->end()) setting = &*it;
    }
    if (setting == nullptr) {
      if (std::find(std::begin(kOtherVariables), std::end(kOtherVariables), variable.first) != std::end(kOtherVariables)) continue;
      return unknown(variable.first, "the environment", known);
    }
    if (auto wrong = set(*setting, variable)) return wrong;
  }
  return std::nullopt;
}

struct Flags {
  std::vector<std::pair<const Setting*, std::string>> values;
  std::string config;
  bool help = false;
};

tl::expected<Flags, std::string> parse_flags(std::vector<std::string> arguments, const std::vector<Setting>& process,
                                             const std::vector<Setting>& own) {
  Flags flags;
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  app.add_flag("--help", flags.help);
  app.add_option("--config", flags.config);
  std::vector<std::string> known = {"--config", "--help"};
  for (const auto* settings : {&process, &own}) {
    for (const Setting& setting : *settings) {
      known.push_back(flag_name(setting.name));
      app.add_option_function<std::string>(known.back(),
                                           [&flags, &setting](const std::string& value) { flags.values.emplace_back(&setting, value); })
          ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    }
  }
  try {
    std::reverse(arguments.begin(), arguments.end());  // the library takes them from the back
    app.parse(arguments);
  } catch (const CLI::ParseError& error) {
    return tl::unexpected("wrong flags: " + std::string(error.what()));
  }
  if (!flags.help && !app.remaining().empty()) {
    const std::string name = app.remaining().front();
    return tl::unexpected(unknown(name.substr(0, name.find('=')), "the flags", known));
  }
  return flags;
}

std::optional<std::string> declared_twice(const std::vector<Setting>& process, const std::vector<Setting>& own) {
  std::set<std::string> names;
  for (const auto* settings : {&process, &own}) {
    for (const Setting& setting : *settings) {
      if (!names.insert(setting.name).second) return "setting " + setting.name + " is declared twice in this program";
    }
  }
  return std::nullopt;
}

}  // namespace

tl::expected<std::monostate, Error> apply_settings(const SettingSources& sources, std::string_view service, std::vector<Setting> process,
                                                   std::vector<Setting> own) {
  const auto fail = [](std::string what) { return tl::unexpected(Error(std::move(what))); };
  if (auto twice = declared_twice(process, own)) return fail(std::move(*twice));
  auto flags = parse_flags(sources.arguments, process, own);
  if (!flags) return fail(std::move(flags.error()));
  if (flags->help) return tl::unexpected(Error(HelpWanted{help_text(service, process, own)}));

  const std::vector<Variable> variables = variables_of(sources.environment);
  std::string path = flags->config;
  if (path.empty()) {
    for (const Variable& variable : variables) {
      if (variable.first == "BRIDGEWORK_CONFIG") path = variable.second;
    }
  }
  if (!path.empty()) {
    if (auto wrong = apply_file(path, service, process, own)) return fail(std::move(*wrong));
  }
  if (auto wrong = apply_environment(variables, service, process, own)) return fail(std::move(*wrong));
  for (const auto& [setting, value] : flags->values) {
    if (const auto wrong = set_from_text(*setting, value)) return fail("setting " + flag_name(setting->name) + " in the flags " + *wrong);
  }
  return std::monostate{};
}

SettingSources sources_of(int argc, char** argv) {
  SettingSources sources;
  for (int i = 1; i < argc; ++i) sources.arguments.emplace_back(argv[i]);
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) sources.environment.emplace_back(*entry);
  return sources;
}

void print_help_and_exit(const HelpWanted& help) {
  std::fputs(help.text.c_str(), stdout);
  std::exit(EXIT_SUCCESS);
}

}  // namespace bridgework::runtime
