#pragma once
// What an operator may set, where it may come from, and what happens when a name is wrong.

#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <limits>
#include <ratio>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <tl/expected.hpp>

namespace bridgework::runtime {

/// What every process of the suite has to know before it can do anything.
struct ProcessSettings {
  std::string group = "group";
  std::string instance;
  std::string run_dir;
  std::string data_dir;
  std::string redis_socket;
  std::string redis_user;
  std::string redis_password;
  std::string log_level = "info";
  std::string log_file;
  int http_port = 0;
  std::chrono::seconds stuck_after{60};
  std::string endpoint;
  std::string curve_key;
  std::string principals;
  std::string buses;

  template <class Visit>
  void settings(Visit&& visit) {
    visit("group", group, "the dental group this suite serves; part of every key in Redis");
    visit("instance", instance, "name of this process among those of its service; empty: made from host and process id");
    visit("run_dir", run_dir, "directory of the suite's sockets");
    visit("data_dir", data_dir, "directory of the suite's keys, archive and outbox");
    visit("redis_socket", redis_socket, "unix socket of Redis; empty: RUN_DIR/redis.sock");
    visit("redis_user", redis_user, "this process among Redis' users; empty: the name of its service, when there is a password");
    visit("redis_password", redis_password, "file with that user's password; empty: Redis lets everybody in who reaches its socket");
    visit("log_level", log_level, "debug, info, warning or error");
    visit("log_file", log_file, "file the log is appended to; empty: standard error");
    visit("http_port", http_port, "port of /healthz, /readyz and /metrics (of the whole API in the gateway); 0: any free one");
    visit("stuck_after_seconds", stuck_after, "a process whose loop stands still for so long ends itself, to be started anew; 0: never");
    visit("endpoint", endpoint, "where other machines reach this process, tcp://ADDRESS or tcp://ADDRESS:PORT; empty: sockets in run_dir");
    visit("curve_key", curve_key, "file with this process's key pair, made by bin/curve_key; no link leaves this machine without one");
    visit("principals", principals,
          "file that says whose keys may do what on tcp:// endpoints of this process; read again when it changes");
    visit("buses", buses, "where the bus serves Fetch, the first until it fails, tcp://ADDRESS:PORT#PUBLIC_KEY,...; empty: in run_dir");
  }
};

/// One setting as the loader sees it: a name, a reference to where it lives, and words for the operator.
struct Setting {
  struct Whole {
    std::function<void(std::int64_t)> set;
    std::int64_t value, min, max;
    std::string unit;  ///< "ms" for a duration; empty for a plain number
  };
  std::string name;
  std::string doc;
  std::variant<std::string*, double*, Whole> target;
};

/// Where settings come from, as plain values.
struct SettingSources {
  std::vector<std::string> arguments;    ///< without the program's name
  std::vector<std::string> environment;  ///< "NAME=value"
};

/// The text for --help, wanted instead of a start.
struct HelpWanted {
  std::string text;
};

/// Applies defaults, TOML file, environment and flags, in rising order. A name nobody declared, or a value of the wrong type, is an
/// error that names it, its source and the nearest name that would have been right: a misspelt limit that is silently ignored is found
/// only on the day it was meant for.
///
/// TOML: tables [process] and [<service>]; other tables belong to other processes and are left alone. Environment:
/// BRIDGEWORK_<SERVICE>_<NAME> for everything, BRIDGEWORK_<NAME> for what every process has. A duration is a whole number of its unit.
tl::expected<std::monostate, std::variant<HelpWanted, std::string>> apply_settings(const SettingSources& sources, std::string_view service,
                                                                                   std::vector<Setting> process, std::vector<Setting> own);

/// The sources of this process.
SettingSources sources_of(int argc, char** argv);

/// Prints to standard output and ends the process with success.
[[noreturn]] void print_help_and_exit(const HelpWanted& help);

namespace settings_detail {

template <class T>
inline constexpr bool kIsDuration = false;
template <class Rep, class Period>
inline constexpr bool kIsDuration<std::chrono::duration<Rep, Period>> = true;

template <class Period>
std::string unit_name() {
  if constexpr (std::is_same_v<Period, std::micro>) return "us";
  else if constexpr (std::is_same_v<Period, std::milli>) return "ms";
  else if constexpr (std::is_same_v<Period, std::ratio<1>>) return "s";
  else if constexpr (std::is_same_v<Period, std::ratio<60>>) return "min";
  else if constexpr (std::is_same_v<Period, std::ratio<3600>>) return "h";
  else if constexpr (std::is_same_v<Period, std::ratio<86400>>) return "days";
  else static_assert(!sizeof(Period), "settings know us, ms, s, min, h and days");
}

template <class Whole>
constexpr std::int64_t max_of() {
  if constexpr (std::cmp_greater(std::numeric_limits<Whole>::max(), std::numeric_limits<std::int64_t>::max())) {
    return std::numeric_limits<std::int64_t>::max();
  } else {
    return static_cast<std::int64_t>(std::numeric_limits<Whole>::max());
  }
}

struct Collector {
  std::vector<Setting>& settings;

  template <class T>
  void operator()(std::string_view name, T& reference, std::string_view doc) const {
    Setting setting{std::string(name), std::string(doc), static_cast<std::string*>(nullptr)};
    if constexpr (std::is_same_v<T, std::string>) {
      setting.target = &reference;
    } else if constexpr (std::floating_point<T>) {
      static_assert(std::is_same_v<T, double>, "fractions are double");
      setting.target = &reference;
    } else if constexpr (kIsDuration<T>) {
      // The bounds leave room for a conversion to microseconds.
      using Period = typename T::period;
      setting.target = Setting::Whole{[&reference](std::int64_t value) { reference = T(static_cast<typename T::rep>(value)); },
                                      static_cast<std::int64_t>(reference.count()), 0,
                                      std::int64_t{1'000'000'000'000} * Period::den / Period::num, unit_name<Period>()};
    } else {
      static_assert(std::integral<T> && !std::is_same_v<T, bool>, "a setting is text, a number or a duration; a choice is text");
      setting.target =
          Setting::Whole{[&reference](std::int64_t value) { reference = static_cast<T>(value); }, static_cast<std::int64_t>(reference),
                         static_cast<std::int64_t>(std::numeric_limits<T>::min()), max_of<T>(), ""};
    }
    settings.push_back(std::move(setting));
  }
};

}  // namespace settings_detail

/// The settings a struct declares by `template <class Visit> void settings(Visit&& visit)`.
template <class Config>
std::vector<Setting> settings_of(Config& config) {
  std::vector<Setting> settings;
  config.settings(settings_detail::Collector{settings});
  return settings;
}

/// Reads what this process was told, into both structs. On --help it prints every setting with its default, and ends the process.
template <class Config>
tl::expected<void, std::string> load_settings(int argc, char** argv, std::string_view service, ProcessSettings& process, Config& config) {
  auto applied = apply_settings(sources_of(argc, argv), service, settings_of(process), settings_of(config));
  if (applied) return {};
  if (const auto* help = std::get_if<HelpWanted>(&applied.error())) print_help_and_exit(*help);
  return tl::unexpected(std::get<std::string>(std::move(applied.error())));
}

}  // namespace bridgework::runtime
