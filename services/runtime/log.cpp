#include "runtime/log.hpp"

#include <array>
#include <cstdio>
#include <memory>
#include <optional>

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <date/date.h>

namespace bridgework::runtime {
namespace {

/// The longest value written. Stops a hostile peer's error text from filling the disk.
constexpr std::size_t kValueBytesMax = 1024;

spdlog::level::level_enum to_spdlog(Level level) {
  switch (level) {
    case Level::kDebug: return spdlog::level::debug;
    case Level::kInfo: return spdlog::level::info;
    case Level::kWarning: return spdlog::level::warn;
    case Level::kError: return spdlog::level::err;
  }
  return spdlog::level::err;
}

std::optional<Level> level_named(std::string_view name) {
  if (name == "debug") return Level::kDebug;
  if (name == "info") return Level::kInfo;
  if (name == "warning") return Level::kWarning;
  if (name == "error") return Level::kError;
  return std::nullopt;
}

std::unique_ptr<spdlog::formatter> formatter_for(const std::string& process) {
  const std::string pattern = process.empty() ? "%Y-%m-%dT%H:%M:%S.%fZ %l %v" : "%Y-%m-%dT%H:%M:%S.%fZ %l " + process + " %v";
  return std::make_unique<spdlog::pattern_formatter>(pattern, spdlog::pattern_time_type::utc);
}

std::shared_ptr<spdlog::logger>& logger() {
  static std::shared_ptr<spdlog::logger> current = [] {
    auto made = std::make_shared<spdlog::logger>("bridgework", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_formatter(formatter_for(""));
    made->set_level(spdlog::level::warn);
    made->flush_on(spdlog::level::warn);
    return made;
  }();
  return current;
}

bool is_plain(char c) { return c > ' ' && c != '"' && c != '=' && c != '\\' && c != 0x7f; }

void append_value(std::string& line, std::string_view value) {
  value = value.substr(0, kValueBytesMax);
  bool plain = !value.empty();
  for (const char c : value) plain = plain && is_plain(c);
  if (plain) {
    line += value;
    return;
  }
  line += '"';
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      line += '\\';
      line += c;
    } else if (byte < ' ' || byte == 0x7f) {
      std::array<char, 8> escaped{};
      std::snprintf(escaped.data(), escaped.size(), "\\x%02x", static_cast<unsigned>(byte));
      line += escaped.data();
    } else {
      line += c;
    }
  }
  line += '"';
}

}  // namespace

LogValue::LogValue(double number) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.9g", number);
  text_ = text.data();
}

LogValue::LogValue(Instant instant)
    : text_(date::format("%FT%TZ", date::sys_time<std::chrono::microseconds>{instant.time_since_epoch()})) {}

std::string log_line(EventName name, std::initializer_list<LogField> fields) {
  std::string line(name.text());
  for (const LogField& field : fields) {
    line += ' ';
    line += field.key;
    line += '=';
    append_value(line, field.value.text());
  }
  return line;
}

tl::expected<void, std::string> open_log(std::string_view service, const ProcessSettings& settings) {
  const auto level = level_named(settings.log_level);
  if (!level) return tl::unexpected("setting log_level must be debug, info, warning or error, not " + settings.log_level);
  std::shared_ptr<spdlog::logger> made;
  try {
    spdlog::sink_ptr sink;
    if (settings.log_file.empty()) {
      sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    } else {
      sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(settings.log_file);
    }
    made = std::make_shared<spdlog::logger>("bridgework", std::move(sink));
  } catch (const spdlog::spdlog_ex& error) {
    return tl::unexpected("cannot open the log file " + settings.log_file + ": " + error.what());
  }
  made->set_formatter(formatter_for(std::string(service) + (settings.instance.empty() ? "" : "/" + settings.instance)));
  made->set_level(to_spdlog(*level));
  made->flush_on(spdlog::level::debug);
  logger() = std::move(made);
  return {};
}

void log_event(Level level, EventName name, std::initializer_list<LogField> fields) {
  spdlog::logger& current = *logger();
  const auto wanted = to_spdlog(level);
  if (!current.should_log(wanted)) return;
  const std::string line = log_line(name, fields);
  current.log(wanted, spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace bridgework::runtime
