#pragma once
// Visits as iCalendar (RFC 5545, 7986). Nothing in it says whose visit it is, or what for.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "messages/appointments.values.hpp"
#include "runtime/types.hpp"

namespace bridgework::gateway {

inline constexpr std::string_view kCalendarContentType = "text/calendar; charset=utf-8";

/// A visit as a calendar shows it.
///
/// The uid is that of the first visit of a chain of moves, and the sequence rises with every move and every step: a calendar that has seen
/// an older version replaces it. Both follow from the visit alone, so that any gateway writes the same.
struct CalendarEntry {
  std::string uid;
  std::uint32_t sequence = 0;
  Instant start{};
  Instant end{};
  bool cancelled = false;
  std::string location;  ///< the site's name, and the chair
};

/// Nothing for a visit nobody has agreed to: held, lapsed, planned. `domain` makes the uid unique in the world.
std::optional<CalendarEntry> calendar_entry(const messages::AppointmentView& view, std::string_view site_name, std::string_view domain);

/// Of a chain of moves the last visit that is in the list; by start.
std::vector<CalendarEntry> calendar_entries(const std::vector<messages::AppointmentView>& views, std::string_view site_name,
                                            std::string_view domain);

/// The whole calendar, CRLF line ends, folded. `written` stands as DTSTAMP in every entry.
std::string icalendar(std::string_view name, const std::vector<CalendarEntry>& entries, Instant written);

/// Names what the calendar says, whenever it was written: a weak entity tag.
std::string calendar_tag(std::string_view name, const std::vector<CalendarEntry>& entries);

/// Whether an If-None-Match header names that tag.
bool names_tag(std::string_view if_none_match, std::string_view tag);

/// Appends a content line: folded so that no line is longer than 75 octets and none ends within a UTF-8 sequence.
void append_content_line(std::string& out, std::string_view line);
/// TEXT as RFC 5545 writes it: `\`, `;`, `,` and line ends escaped, other control characters left out.
std::string calendar_text(std::string_view text);

}  // namespace bridgework::gateway
