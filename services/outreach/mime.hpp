#pragma once
// An e-mail as text on the wire (RFC 5322), and nothing of sending it.

#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "outreach/state.hpp"

namespace bridgework::outreach {

/// Why no e-mail was made. Names the header, never what was in it.
struct HeaderRefused {
  std::string_view header;

  bool operator==(const HeaderRefused&) const = default;
};

/// The whole e-mail, lines ended by CR LF.
///
/// A CR, LF or NUL in a value that reaches a header is refused, not cleaned: whoever put it there wanted another header. Addresses are
/// ASCII without spaces, commas and angle brackets. Names and subject are encoded by RFC 2047, the body as quoted-printable unless it is
/// short-lined ASCII. Everything but a transactional message carries the one-click headers of RFC 8058, if there is a link.
tl::expected<std::string, HeaderRefused> write_email(const SendMessage& message, std::string_view mail_from);

/// `Tue, 03 Mar 2026 09:00:00 +0000`.
std::string rfc5322_date(Instant instant);

/// An id as a file name: letters, digits, `-` and `_` as they are, a dot inside, and everything else as %XX, so that two ids never share
/// a name and none leaves the directory.
std::string file_name_of(std::string_view id);

}  // namespace bridgework::outreach
