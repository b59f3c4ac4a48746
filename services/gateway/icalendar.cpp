#include "gateway/icalendar.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <set>

#include "gateway/ids.hpp"
#include "gateway/times.hpp"

namespace bridgework::gateway {
namespace {

using messages::VisitState;

constexpr std::size_t kLineOctetsMax = 75;
/// More than any visit has steps, so that every move outranks all steps before it.
constexpr std::uint32_t kStepsOfAVisit = 16;

/// How far a visit has come; rises with every step that may be taken. Nothing when it is on nobody's calendar.
std::optional<std::uint32_t> step_of(VisitState state) {
  switch (state) {
    case VisitState::kHeld:
    case VisitState::kLapsed:
    case VisitState::kPlanned: return std::nullopt;
    case VisitState::kBooked: return 0;
    case VisitState::kConfirmed: return 1;
    case VisitState::kArrived: return 2;
    case VisitState::kSeated: return 3;
    case VisitState::kCompleted: return 4;
    case VisitState::kCheckedOut: return 5;
    case VisitState::kCancelled:
    case VisitState::kNoShow:
    case VisitState::kMoved: return 6;
  }
  return std::nullopt;
}

std::string utc(Instant at) {
  std::string text;
  append_instant(text, std::chrono::floor<std::chrono::seconds>(at));
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text;
}

bool begins_a_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

}  // namespace

std::optional<CalendarEntry> calendar_entry(const messages::AppointmentView& view, std::string_view site_name, std::string_view domain) {
  const auto step = step_of(view.state);
  if (!step) return std::nullopt;
  const MoveChain chain = move_chain_of(view.appointment.text());
  CalendarEntry entry;
  entry.uid = fmt::format("{}@{}", chain.first, domain);
  entry.sequence = chain.moves * kStepsOfAVisit + *step;
  entry.start = view.visit.start;
  entry.end = view.visit.start + std::chrono::minutes(view.visit.duration_minutes);
  entry.cancelled = view.state == VisitState::kCancelled || view.state == VisitState::kNoShow || view.state == VisitState::kMoved;
  entry.location = site_name;
  if (!view.visit.chair.empty()) entry.location += ", " + view.visit.chair.text();
  return entry;
}

std::vector<CalendarEntry> calendar_entries(const std::vector<messages::AppointmentView>& views, std::string_view site_name,
                                            std::string_view domain) {
  std::vector<CalendarEntry> entries;
  for (const auto& view : views) {
    if (auto entry = calendar_entry(view, site_name, domain)) entries.push_back(std::move(*entry));
  }
  std::ranges::sort(
      entries, [](const CalendarEntry& a, const CalendarEntry& b) { return a.uid != b.uid ? a.uid < b.uid : a.sequence > b.sequence; });
  const auto older = std::ranges::unique(entries, {}, &CalendarEntry::uid);
  entries.erase(older.begin(), older.end());
  std::ranges::stable_sort(entries, {}, &CalendarEntry::start);
  return entries;
}

std::string calendar_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == ';' || c == ',') out.append(1, '\\').append(1, c);
    else if (c == '\n') out += "\\n";
    else if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) out += c;
  }
  return out;
}

void append_content_line(std::string& out, std::string_view line) {
  std::size_t room = kLineOctetsMax;
  while (line.size() > room) {
    std::size_t cut = room;
    while (cut > 0 && !begins_a_character(line[cut])) --cut;
    // Bytes that are no UTF-8 may hold no beginning at all; they are cut like any others.
    if (cut == 0) cut = room;
    out.append(line.substr(0, cut)).append("\r\n ");
    line.remove_prefix(cut);
    room = kLineOctetsMax - 1;
  }
  out.append(line).append("\r\n");
}

std::string icalendar(std::string_view name, const std::vector<CalendarEntry>& entries, Instant written) {
  std::string out;
  const auto line = [&](std::string_view text) { append_content_line(out, text); };
  line("BEGIN:VCALENDAR");
  line("VERSION:2.0");
  line("PRODID:-//Bridgework//Visits//EN");
  line("CALSCALE:GREGORIAN");
  if (!name.empty()) {
    line("NAME:" + calendar_text(name));
    line("X-WR-CALNAME:" + calendar_text(name));
    line("REFRESH-INTERVAL;VALUE=DURATION:PT1H");
    line("X-PUBLISHED-TTL:PT1H");
  }
  for (const CalendarEntry& entry : entries) {
    line("BEGIN:VEVENT");
    line("UID:" + calendar_text(entry.uid));
    line("DTSTAMP:" + utc(written));
    line(fmt::format("SEQUENCE:{}", entry.sequence));
    line("DTSTART:" + utc(entry.start));
    line("DTEND:" + utc(entry.end));
    line("SUMMARY:Appointment");
    if (!entry.location.empty()) line("LOCATION:" + calendar_text(entry.location));
    line("CLASS:PRIVATE");
    line(entry.cancelled ? "STATUS:CANCELLED" : "STATUS:CONFIRMED");
    line(entry.cancelled ? "TRANSP:TRANSPARENT" : "TRANSP:OPAQUE");
    line("END:VEVENT");
  }
  line("END:VCALENDAR");
  return out;
}

std::string calendar_tag(std::string_view name, const std::vector<CalendarEntry>& entries) {
  return "W/\"" + id_suffix("calendar", name, icalendar(name, entries, Instant{})) + "\"";
}

bool names_tag(std::string_view if_none_match, std::string_view tag) {
  const auto strong = [](std::string_view one) { return one.starts_with("W/") ? one.substr(2) : one; };
  while (!if_none_match.empty()) {
    const std::size_t comma = std::min(if_none_match.find(','), if_none_match.size());
    std::string_view one = if_none_match.substr(0, comma);
    while (one.starts_with(' ')) one.remove_prefix(1);
    while (one.ends_with(' ')) one.remove_suffix(1);
    if (one == "*" || strong(one) == strong(tag)) return true;
    if_none_match.remove_prefix(std::min(comma + 1, if_none_match.size()));
  }
  return false;
}

}  // namespace bridgework::gateway
