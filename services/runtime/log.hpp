#pragma once
// One log line is one event: a constant name, then ids. Payloads never; what is said about a person does not compile.

#include <chrono>
#include <concepts>
#include <initializer_list>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "runtime/settings.hpp"
#include "runtime/types.hpp"

namespace bridgework::runtime {

/// `kError` means that a person must act; a functional test fails on any it does not expect.
enum class Level { kDebug, kInfo, kWarning, kError };

/// The name of a log event: a literal in snake_case, checked by the compiler, so that every line can be found in the source.
class EventName {
 public:
  consteval EventName(const char* literal) : text_(literal) {  // NOLINT(google-explicit-constructor): written as a literal
    if (text_.empty()) throw "a log event needs a name";
    for (const char c : text_) {
      if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '_') throw "a log event is named in snake_case";
    }
  }
  constexpr std::string_view text() const { return text_; }

 private:
  std::string_view text_;
};

/// A value that may stand in a log. Text is meant for ids, names of things in the code and messages of libraries.
class LogValue {
 public:
  LogValue(std::string_view text) : text_(text) {}    // NOLINT(google-explicit-constructor)
  LogValue(const std::string& text) : text_(text) {}  // NOLINT(google-explicit-constructor)
  LogValue(const char* text) : text_(text) {}         // NOLINT(google-explicit-constructor)
  template <class Number>
  requires(std::integral<Number> && !std::same_as<Number, char>) LogValue(Number number)
      : text_(written(number)) {}  // NOLINT(google-explicit-constructor)
  LogValue(double number);         // NOLINT(google-explicit-constructor)
  LogValue(Instant instant);       // NOLINT(google-explicit-constructor)
  template <class Rep, class Period>
  LogValue(std::chrono::duration<Rep, Period> duration)  // NOLINT(google-explicit-constructor)
      : text_(std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(duration).count()) + "us") {}
  template <class Tag>
  LogValue(const Id<Tag>& id) : text_(id.text()) {}  // NOLINT(google-explicit-constructor)
  template <class T>
  LogValue(const Phi<T>&) = delete;

  const std::string& text() const { return text_; }

 private:
  template <class Number>
  static std::string written(Number number) {
    if constexpr (std::same_as<Number, bool>) return number ? "true" : "false";
    else return std::to_string(number);
  }

  std::string text_;
};

struct LogField {
  std::string_view key;
  LogValue value;
};

/// Opens the log of this process. Until then, and in tests, lines go to standard error from `kWarning` up.
tl::expected<void, std::string> open_log(std::string_view service, const ProcessSettings& settings);

/// `2026-11-22T05:05:09.123456Z info orders/a1 lane_acquired lane=3 fence=12`
void log_event(Level level, EventName name, std::initializer_list<LogField> fields = {});

/// The line as written, without time, level and process. Values with spaces, quotes, '=' or control characters are quoted and escaped,
/// so that nothing from outside can forge a line.
std::string log_line(EventName name, std::initializer_list<LogField> fields);

}  // namespace bridgework::runtime
