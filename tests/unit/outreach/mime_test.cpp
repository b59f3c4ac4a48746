// E-mails as text.

#include <gtest/gtest.h>

#include "outreach/mime.hpp"
#include "tests/unit/outreach/practice.hpp"

namespace bridgework::outreach {
namespace {

constexpr std::string_view kFrom = "no-reply@care.example";

SendMessage letter() {
  SendMessage message;
  message.message = MessageId("p-ana.m-1");
  message.purpose = MessagePurpose::kCare;
  message.to = Phi<std::string>(kMail);
  message.from_name = "Main Street Dental";
  message.subject_line = Phi<std::string>("We would like to hear from you");
  message.body = Phi<std::string>("Hello Ana,\n\nplease call us.\n");
  message.unsubscribe_link = Phi<std::string>("https://care.example/c/p-ana.m-1.ab");
  message.date = utc(2026, 3, 3, 9, 5, 7);
  return message;
}

std::string written(const SendMessage& message) {
  const auto mail = write_email(message, kFrom);
  EXPECT_TRUE(mail.has_value()) << mail.error().header;
  return mail.value_or("");
}

/// The value of a header, unfolded; empty when it is not there.
std::string header(const std::string& mail, std::string_view name) {
  const std::string head = "\r\n" + mail.substr(0, mail.find("\r\n\r\n")) + "\r\n";
  const std::string start = "\r\n" + std::string(name) + ": ";
  const std::size_t at = head.find(start);
  if (at == std::string::npos) return {};
  std::string value;
  for (std::size_t i = at + start.size(); i < head.size(); ++i) {
    const bool folded = head.compare(i, 3, "\r\n ") == 0;
    if (!folded && head.compare(i, 2, "\r\n") == 0) break;
    if (folded) i += 2;
    value += head[i];
  }
  return value;
}
std::string body(const std::string& mail) { return mail.substr(mail.find("\r\n\r\n") + 4); }

std::string from_base64(std::string_view text) {
  static const std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  unsigned bits = 0;
  int have = 0;
  for (const char c : text) {
    if (c == '=') break;
    bits = bits << 6 | static_cast<unsigned>(alphabet.find(c));
    have += 6;
    if (have >= 8) bytes += static_cast<char>(bits >> (have -= 8) & 0xFF);
  }
  return bytes;
}
/// Undoes RFC 2047; each word must be whole UTF-8 and at most 75 characters.
std::string decoded_words(std::string_view value) {
  std::string text;
  while (!value.empty()) {
    const std::string_view word = value.substr(0, value.find(' '));
    EXPECT_LE(word.size(), 75u);
    EXPECT_TRUE(word.starts_with("=?UTF-8?B?") && word.ends_with("?=")) << word;
    const std::string bytes = from_base64(word.substr(10, word.size() - 12));
    EXPECT_NE(static_cast<unsigned char>(bytes.front()) & 0xC0u, 0x80u) << "a torn character";
    text += bytes;
    value.remove_prefix(std::min(word.size() + 1, value.size()));
  }
  return text;
}
std::string from_quoted_printable(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '=') {
      bytes += text[i];
    } else if (text.substr(i + 1, 2) == "\r\n") {
      i += 2;
    } else {
      bytes += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    }
  }
  return bytes;
}

TEST(Email, CarriesItsHeaders) {
  const std::string mail = written(letter());
  EXPECT_EQ(header(mail, "Date"), "Tue, 03 Mar 2026 09:05:07 +0000");
  EXPECT_EQ(header(mail, "From"), "\"Main Street Dental\" <no-reply@care.example>");
  EXPECT_EQ(header(mail, "To"), kMail);
  EXPECT_EQ(header(mail, "Message-ID"), "<p-ana.m-1@care.example>");
  EXPECT_EQ(header(mail, "Subject"), "We would like to hear from you");
  EXPECT_EQ(header(mail, "MIME-Version"), "1.0");
  EXPECT_EQ(header(mail, "Content-Type"), "text/plain; charset=UTF-8");
  EXPECT_EQ(header(mail, "Content-Transfer-Encoding"), "7bit");
  EXPECT_EQ(body(mail), "Hello Ana,\r\n\r\nplease call us.\r\n");
}

TEST(Email, OffersOneClickUnlessItIsTransactional) {
  for (const MessagePurpose purpose : messages::kAllMessagePurpose) {
    SendMessage message = letter();
    message.purpose = purpose;
    const std::string mail = written(message);
    const bool offered = purpose != MessagePurpose::kTransactional;
    EXPECT_EQ(header(mail, "List-Unsubscribe"), offered ? "<https://care.example/c/p-ana.m-1.ab>" : "") << to_string(purpose);
    EXPECT_EQ(header(mail, "List-Unsubscribe-Post"), offered ? "List-Unsubscribe=One-Click" : "") << to_string(purpose);
  }
}

TEST(Email, OffersNoOneClickWithoutALink) {
  SendMessage message = letter();
  message.unsubscribe_link = {};
  EXPECT_EQ(header(written(message), "List-Unsubscribe"), "");
}

TEST(Email, RefusesEveryWayOfAddingAHeader) {
  using namespace std::string_literals;
  for (const std::string& bad : {"a\r\nBcc: x@y.z"s, "a\nBcc: x@y.z"s, "a\rb"s, "a\0b"s}) {
    SendMessage message = letter();
    message.subject_line = Phi<std::string>(bad);
    EXPECT_EQ(write_email(message, kFrom).error().header, "Subject");
    message = letter();
    message.to = Phi<std::string>(bad + "@example.org");
    EXPECT_EQ(write_email(message, kFrom).error().header, "To");
    message = letter();
    message.from_name = bad;
    EXPECT_EQ(write_email(message, kFrom).error().header, "From");
    message = letter();
    message.unsubscribe_link = Phi<std::string>(bad);
    EXPECT_EQ(write_email(message, kFrom).error().header, "List-Unsubscribe");
    message = letter();
    message.message = MessageId(bad);
    EXPECT_EQ(write_email(message, kFrom).error().header, "Message-ID");
    EXPECT_EQ(write_email(letter(), bad + "@care.example").error().header, "From");
  }
}

TEST(Email, RefusesWhatIsNoOneAddress) {
  for (const auto bad : {"", "ana", "@example.org", "ana@", "a@b@c", "ana@example.org,eve@example.org", "<ana@example.org>",
                         "ana @example.org", "ana@ex\xC3\xA4mple.org", "ana@example.org;", "\"ana\"@example.org"}) {
    SendMessage message = letter();
    message.to = Phi<std::string>(bad);
    EXPECT_EQ(write_email(message, kFrom).error().header, "To") << bad;
  }
}

TEST(Email, EncodesNamesAndSubjectsOfEveryLengthWithoutTearingCharacters) {
  std::string text;
  for (int i = 0; i < 60; ++i) {
    text += i % 3 == 0 ? "ã" : i % 3 == 1 ? "🦷" : "x";
    SendMessage message = letter();
    message.subject_line = Phi<std::string>(text);
    message.from_name = text;
    const std::string mail = written(message);
    EXPECT_EQ(decoded_words(header(mail, "Subject")), text);
    const std::string from = header(mail, "From");
    EXPECT_EQ(decoded_words(std::string_view(from).substr(0, from.rfind(' '))), text);
  }
}

TEST(Email, EncodesWhatWouldReadAsEncoded) {
  SendMessage message = letter();
  message.subject_line = Phi<std::string>("=?UTF-8?B?aGk=?=");
  EXPECT_EQ(decoded_words(header(written(message), "Subject")), "=?UTF-8?B?aGk=?=");
}

TEST(Email, QuotesNamesAndOmitsEmptyOnes) {
  SendMessage message = letter();
  message.from_name = "Smith, \"Main\" \\ Dental";
  EXPECT_EQ(header(written(message), "From"), "\"Smith, \\\"Main\\\" \\\\ Dental\" <no-reply@care.example>");
  message.from_name.clear();
  EXPECT_EQ(header(written(message), "From"), "no-reply@care.example");
}

TEST(Email, WritesOtherThanAsciiAsQuotedPrintable) {
  SendMessage message = letter();
  const std::string text = "Olá João = 100 % \n.\nend with space \n" + std::string(200, 'y') + "ção\nhttps://care.example/s/a=b\n";
  message.body = Phi<std::string>(text);
  const std::string mail = written(message);
  EXPECT_EQ(header(mail, "Content-Transfer-Encoding"), "quoted-printable");
  std::string expected;
  for (const char c : text) expected += c == '\n' ? "\r\n" : std::string(1, c);
  EXPECT_EQ(from_quoted_printable(body(mail)), expected);
  std::string_view rest = mail;
  while (!rest.empty()) {
    const std::size_t end = rest.find("\r\n");
    ASSERT_NE(end, std::string_view::npos);
    EXPECT_LE(end, 78u);
    EXPECT_FALSE(end > 0 && rest[end - 1] == ' ') << "a blank that relays may strip";
    rest.remove_prefix(end + 2);
  }
}

TEST(Email, BreaksLinesThatAreTooLong) {
  SendMessage message = letter();
  message.body = Phi<std::string>(std::string(999, 'a'));
  EXPECT_EQ(header(written(message), "Content-Transfer-Encoding"), "quoted-printable");
  message.body = Phi<std::string>(std::string(998, 'a'));
  EXPECT_EQ(header(written(message), "Content-Transfer-Encoding"), "7bit");
}

TEST(Email, CannotEndItsHeadersFromTheBody) {
  SendMessage message = letter();
  message.body = Phi<std::string>("a\rb\r\nBcc: x");
  EXPECT_EQ(body(written(message)), "a=0Db\r\nBcc: x\r\n");
}

TEST(EmailDate, IsRightAcrossYearsAndBeforeTheEpoch) {
  EXPECT_EQ(rfc5322_date(utc(2024, 2, 29, 23, 59, 59)), "Thu, 29 Feb 2024 23:59:59 +0000");
  EXPECT_EQ(rfc5322_date(utc(1969, 12, 31, 23, 0, 1)), "Wed, 31 Dec 1969 23:00:01 +0000");
}

TEST(FileName, IsDifferentForDifferentIdsAndStaysInItsDirectory) {
  EXPECT_EQ(file_name_of("p-ana.m-1"), "p-ana.m-1");
  EXPECT_EQ(file_name_of("p+ana.m-1"), "p%2Bana.m-1");
  EXPECT_EQ(file_name_of("p_ana.m-1"), "p_ana.m-1");
  EXPECT_EQ(file_name_of("../../etc/x"), "%2E.%2F..%2Fetc%2Fx");
  EXPECT_EQ(file_name_of("a%2Bb"), "a%252Bb");
  EXPECT_EQ(file_name_of(std::string("a\0b", 3)), "a%00b");
}

}  // namespace
}  // namespace bridgework::outreach
