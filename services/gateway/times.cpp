#include "gateway/times.hpp"

#include <chrono>

namespace bridgework::gateway {
namespace {

using std::chrono::day;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::local_days;
using std::chrono::microseconds;
using std::chrono::minutes;
using std::chrono::month;
using std::chrono::seconds;
using std::chrono::year;
using std::chrono::year_month_day;

constexpr int kYearMin = 1900;
constexpr int kYearMax = 2400;

/// Reads from the front of a text; what does not fit makes it fail for good.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  int digits(std::size_t count) {
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (rest_.empty() || rest_.front() < '0' || rest_.front() > '9') return fail();
      value = value * 10 + (rest_.front() - '0');
      rest_.remove_prefix(1);
    }
    return value;
  }
  void literal(char wanted) {
    if (!next_is(wanted)) fail();
    else rest_.remove_prefix(1);
  }
  /// RFC 3339 allows lower-case `t` and `z`.
  bool take(char upper, char lower) {
    if (!next_is(upper) && !next_is(lower)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool next_is(char c) const { return !rest_.empty() && rest_.front() == c; }
  bool next_is_digit() const { return !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9'; }
  int fail() {
    failed_ = true;
    return 0;
  }
  bool finished() const { return !failed_ && rest_.empty(); }
  bool failed() const { return failed_; }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

local_days scan_day(Scanner& scanner) {
  const int y = scanner.digits(4);
  scanner.literal('-');
  const int m = scanner.digits(2);
  scanner.literal('-');
  const int d = scanner.digits(2);
  const year_month_day date{year{y}, month{static_cast<unsigned>(m)}, day{static_cast<unsigned>(d)}};
  if (y < kYearMin || y > kYearMax || !date.ok()) scanner.fail();
  return scanner.failed() ? local_days{} : local_days{date};
}

seconds scan_clock(Scanner& scanner, bool seconds_wanted) {
  const int h = scanner.digits(2);
  scanner.literal(':');
  const int m = scanner.digits(2);
  int s = 0;
  if (seconds_wanted || scanner.next_is(':')) {
    scanner.literal(':');
    s = scanner.digits(2);
  }
  if (h > 23 || m > 59 || s > 59) scanner.fail();
  return hours{h} + minutes{m} + seconds{s};
}

void append_number(std::string& out, long value, int width) {
  char buffer[8];
  for (int i = width - 1; i >= 0; --i) {
    buffer[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  out.append(buffer, static_cast<std::size_t>(width));
}

void append_date(std::string& out, const year_month_day& date) {
  append_number(out, static_cast<int>(date.year()), 4);
  out += '-';
  append_number(out, static_cast<unsigned>(date.month()), 2);
  out += '-';
  append_number(out, static_cast<unsigned>(date.day()), 2);
}

void append_clock(std::string& out, seconds since_midnight) {
  const long s = since_midnight.count();
  append_number(out, s / 3600, 2);
  out += ':';
  append_number(out, s / 60 % 60, 2);
  out += ':';
  append_number(out, s % 60, 2);
}

}  // namespace

std::optional<Instant> parse_instant(std::string_view text) {
  Scanner scanner(text);
  const local_days date = scan_day(scanner);
  if (!scanner.take('T', 't')) return std::nullopt;
  microseconds clock = scan_clock(scanner, true);
  if (scanner.take('.', '.')) {
    int read = 0;
    long fraction = 0;
    while (scanner.next_is_digit() && read < 6) {
      fraction = fraction * 10 + scanner.digits(1);
      ++read;
    }
    if (read == 0) return std::nullopt;
    for (; read < 6; ++read) fraction *= 10;
    clock += microseconds{fraction};
  }
  minutes offset{0};
  if (!scanner.take('Z', 'z')) {
    const bool west = scanner.next_is('-');
    if (!scanner.take('+', '-')) return std::nullopt;
    const int h = scanner.digits(2);
    scanner.literal(':');
    const int m = scanner.digits(2);
    if (h > 23 || m > 59) return std::nullopt;
    offset = hours{h} + minutes{m};
    if (west) offset = -offset;
  }
  if (!scanner.finished()) return std::nullopt;
  return Instant{date.time_since_epoch()} + clock - offset;
}

std::optional<LocalDay> parse_day(std::string_view text) {
  Scanner scanner(text);
  const local_days date = scan_day(scanner);
  if (!scanner.finished()) return std::nullopt;
  return date;
}

std::optional<LocalTime> parse_local(std::string_view text) {
  Scanner scanner(text);
  const local_days date = scan_day(scanner);
  if (!scanner.take('T', 't')) return std::nullopt;
  const seconds clock = scan_clock(scanner, false);
  if (!scanner.finished()) return std::nullopt;
  return LocalTime{date} + clock;
}

void append_instant(std::string& out, Instant at) {
  const auto date = std::chrono::floor<days>(at);
  const microseconds clock = at - date;
  append_date(out, year_month_day{date});
  out += 'T';
  append_clock(out, std::chrono::floor<seconds>(clock));
  if (const long fraction = clock.count() % 1'000'000; fraction != 0) {
    out += '.';
    append_number(out, fraction, 6);
  }
  out += 'Z';
}

void append_day(std::string& out, LocalDay day) { append_date(out, year_month_day{day}); }

void append_local(std::string& out, LocalTime at) {
  const auto date = std::chrono::floor<days>(at);
  append_date(out, year_month_day{date});
  out += 'T';
  append_clock(out, at - date);
}

}  // namespace bridgework::gateway
