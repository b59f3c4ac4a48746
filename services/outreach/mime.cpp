#include "outreach/mime.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "runtime/zone.hpp"

namespace bridgework::outreach {
namespace {

constexpr std::string_view kHex = "0123456789ABCDEF";

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool breaks_header(std::string_view value) { return value.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos; }

bool is_address(std::string_view address) {
  const std::size_t at = address.find('@');
  return at != std::string_view::npos && at > 0 && at + 1 < address.size() && address.find('@', at + 1) == std::string_view::npos &&
         std::ranges::all_of(
             address, [](char c) { return c > ' ' && c < 0x7f && std::string_view("<>,;:\\\"()[]").find(c) == std::string_view::npos; });
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto byte = [&](std::size_t k) { return i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0u; };
    const unsigned group = byte(0) << 16 | byte(1) << 8 | byte(2);
    text += kAlphabet[group >> 18 & 63];
    text += kAlphabet[group >> 12 & 63];
    text += i + 1 < bytes.size() ? kAlphabet[group >> 6 & 63] : '=';
    text += i + 2 < bytes.size() ? kAlphabet[group & 63] : '=';
  }
  return text;
}

/// Header text, as encoded words of at most 75 characters (RFC 2047) that never tear a character apart, when it is not plain and short.
std::string header_text(std::string_view text) {
  constexpr std::size_t kPlainLongest = 60;
  constexpr std::size_t kBytesAWord = 45;
  // "=?" is encoded too: it would read as the start of an encoded word.
  const bool plain = is_ascii(text) && text.size() <= kPlainLongest && text.find("=?") == std::string_view::npos;
  if (plain) return std::string(text);
  std::string encoded;
  while (!text.empty()) {
    std::size_t length = std::min(kBytesAWord, text.size());
    while (length < text.size() && length > 1 && (static_cast<unsigned char>(text[length]) & 0xC0u) == 0x80u) --length;
    encoded.append(encoded.empty() ? "" : "\r\n ").append("=?UTF-8?B?").append(base64(text.substr(0, length))).append("?=");
    text.remove_prefix(length);
  }
  return encoded;
}

/// A display name; quoted when it is ASCII.
std::string display_name(std::string_view name) {
  const std::string text = header_text(name);
  if (text != name) return text;
  std::string quoted = "\"";
  for (const char c : name) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

/// Calls `take` with each line, without its end; LF and CR LF both end one.
template <class Take>
void for_each_line(std::string_view text, Take&& take) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    take(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

bool fits_seven_bit(std::string_view body) {
  constexpr std::size_t kLineLongest = 998;
  bool fits = is_ascii(body);
  for_each_line(body, [&](std::string_view line) {
    fits = fits && line.size() <= kLineLongest && line.find_first_of(std::string_view("\r\0", 2)) == std::string_view::npos;
  });
  return fits;
}

std::string quoted_printable(std::string_view body) {
  constexpr std::size_t kLineLongest = 75;
  std::string text;
  for_each_line(body, [&](std::string_view line) {
    std::size_t column = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
      const auto byte = static_cast<unsigned char>(line[i]);
      const bool last = i + 1 == line.size();
      const bool as_it_is = (byte > ' ' && byte < 0x7f && byte != '=') || (byte == ' ' && !last);
      const std::string piece = as_it_is ? std::string(1, line[i]) : std::string{'=', kHex[byte >> 4], kHex[byte & 15]};
      if (column + piece.size() > kLineLongest) {
        text.append("=\r\n");
        column = 0;
      }
      text.append(piece);
      column += piece.size();
    }
    text.append("\r\n");
  });
  return text;
}

std::string seven_bit(std::string_view body) {
  std::string text;
  for_each_line(body, [&](std::string_view line) { text.append(line).append("\r\n"); });
  return text;
}

}  // namespace

tl::expected<std::string, HeaderRefused> write_email(const SendMessage& message, std::string_view mail_from) {
  const std::string& to = message.to.reveal();
  const std::string& subject = message.subject_line.reveal();
  const std::string& unsubscribe = message.unsubscribe_link.reveal();
  if (!is_address(mail_from) || breaks_header(message.from_name)) return tl::unexpected(HeaderRefused{"From"});
  if (!is_address(to)) return tl::unexpected(HeaderRefused{"To"});
  if (breaks_header(subject)) return tl::unexpected(HeaderRefused{"Subject"});
  if (message.message.empty() || breaks_header(message.message.text())) return tl::unexpected(HeaderRefused{"Message-ID"});
  if (breaks_header(unsubscribe) || unsubscribe.find_first_of("<> ,") != std::string::npos) {
    return tl::unexpected(HeaderRefused{"List-Unsubscribe"});
  }

  const std::string_view domain = mail_from.substr(mail_from.find('@') + 1);
  const std::string from =
      message.from_name.empty() ? std::string(mail_from) : display_name(message.from_name) + " <" + std::string(mail_from) + ">";
  // An id may hold an @ of its own; as a file name it does not.
  const std::string local_part = file_name_of(message.message.text());

  std::string mail;
  const auto header = [&](std::string_view name, std::string_view value) { mail.append(name).append(": ").append(value).append("\r\n"); };
  header("Date", rfc5322_date(message.date));
  header("From", from);
  header("To", to);
  header("Message-ID", "<" + local_part + "@" + std::string(domain) + ">");
  header("Subject", header_text(subject));
  if (message.purpose != MessagePurpose::kTransactional && !unsubscribe.empty()) {
    header("List-Unsubscribe", "<" + unsubscribe + ">");
    header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click");
  }
  header("MIME-Version", "1.0");
  header("Content-Type", "text/plain; charset=UTF-8");
  const std::string& body = message.body.reveal();
  const bool plain = fits_seven_bit(body);
  header("Content-Transfer-Encoding", plain ? "7bit" : "quoted-printable");
  mail.append("\r\n").append(plain ? seven_bit(body) : quoted_printable(body));
  return mail;
}

std::string rfc5322_date(Instant instant) {
  static constexpr std::array kWeekdays = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
  static constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto days = std::chrono::floor<std::chrono::days>(instant);
  const std::chrono::year_month_day date{days};
  const auto second = std::chrono::duration_cast<std::chrono::seconds>(instant - days).count();
  const int weekday = runtime::weekday(LocalDay{days.time_since_epoch()});
  char text[64];
  std::snprintf(text, sizeof text, "%s, %02u %s %04d %02d:%02d:%02d +0000", kWeekdays[static_cast<std::size_t>(weekday - 1)],
                static_cast<unsigned>(date.day()), kMonths[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                static_cast<int>(second / 3600), static_cast<int>(second / 60 % 60), static_cast<int>(second % 60));
  return text;
}

std::string file_name_of(std::string_view id) {
  std::string name;
  for (const char c : id) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    if (letter || (c == '.' && !name.empty())) {
      name += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      name += '%';
      name += kHex[byte >> 4];
      name += kHex[byte & 15];
    }
  }
  return name;
}

}  // namespace bridgework::outreach
