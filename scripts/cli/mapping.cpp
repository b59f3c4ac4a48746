#include "scripts/cli/mapping.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <functional>
#include <initializer_list>

#include "runtime/toml.hpp"
#include "runtime/zone.hpp"

namespace bridgework::cli {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::array<std::string_view, 3> kOutcomes = {"completed", "no_show", "cancelled"};
constexpr std::array<std::string_view, 9> kPurposes = {"other", "exam",    "hygiene", "restorative", "endo",
                                                       "perio", "prostho", "surgery", "ortho"};
constexpr std::array<std::string_view, 12> kLeadSources = {"web",    "search_ad",     "social", "direct_mail", "radio",   "tv",
                                                           "insert", "business_card", "event",  "referral",    "walk_in", "phone"};
constexpr std::size_t kTextBytesMax = 256;
constexpr std::size_t kMessageBytesMax = 4096;
/// Fewer are an extension, or a slip.
constexpr std::size_t kPhoneDigitsMin = 7;

template <std::size_t N>
bool is_one_of(std::string_view word, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

template <std::size_t N>
std::string listed(const std::array<std::string_view, N>& words) {
  std::string text;
  for (const std::string_view word : words) text += (text.empty() ? "" : ", ") + std::string(word);
  return text;
}

std::optional<int> digits(std::string_view text, std::size_t from, std::size_t count) {
  if (from + count > text.size()) return std::nullopt;
  int value = 0;
  for (std::size_t i = from; i < from + count; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

std::optional<LocalDay> parse_day(std::string_view text) {
  const auto year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
  if (!year || !month || !day || text[4] != '-' || text[7] != '-') return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{*year}, std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok()) return std::nullopt;
  return LocalDay{date};
}

/// `HH:MM` or `HH:MM:SS` at the start of the text, and how much of it that is.
std::optional<std::pair<seconds, std::size_t>> parse_clock(std::string_view text) {
  const auto hour = digits(text, 0, 2), minute = digits(text, 3, 2);
  if (!hour || !minute || text[2] != ':' || *hour > 23 || *minute > 59) return std::nullopt;
  seconds clock = hours{*hour} + minutes{*minute};
  std::size_t used = 5;
  if (text.size() > 5 && text[5] == ':') {
    const auto second = digits(text, 6, 2);
    if (!second || *second > 59) return std::nullopt;
    clock += seconds{*second};
    used = 8;
    if (used < text.size() && text[used] == '.') {
      ++used;
      while (used < text.size() && text[used] >= '0' && text[used] <= '9') ++used;
    }
  }
  return std::pair{clock, used};
}

/// What stands behind the clock: nothing, `Z` or an offset.
std::optional<std::optional<seconds>> parse_offset(std::string_view text) {
  if (text.empty()) return std::optional<seconds>{};
  if (text == "Z" || text == "z") return std::optional<seconds>{seconds{0}};
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return std::nullopt;
  const auto hour = digits(text, 1, 2), minute = digits(text, 4, 2);
  if (!hour || !minute || *hour > 23 || *minute > 59) return std::nullopt;
  const seconds offset = hours{*hour} + minutes{*minute};
  return std::optional<seconds>{text[0] == '-' ? -offset : offset};
}

/// A column's time, before any zone is applied to it.
struct ReadTime {
  LocalTime local;
  std::optional<seconds> offset;
};

std::optional<ReadTime> parse_time(std::string_view text) {
  const auto day = parse_day(text);
  if (!day || text.size() < 16 || (text[10] != 'T' && text[10] != 't' && text[10] != ' ')) return std::nullopt;
  const auto clock = parse_clock(text.substr(11));
  if (!clock) return std::nullopt;
  const auto offset = parse_offset(text.substr(11 + clock->second));
  if (!offset) return std::nullopt;
  return ReadTime{LocalTime{*day} + clock->first, *offset};
}

/// Wall clock and instant of a column, or what is wrong with it.
tl::expected<std::pair<LocalTime, Instant>, std::string> time_of(std::string_view text, TimeFormat format, seconds default_clock,
                                                                 const std::string& zone) {
  const auto on_the_wall = [&](LocalTime local) -> tl::expected<std::pair<LocalTime, Instant>, std::string> {
    const auto instant = runtime::to_instant(local, zone);
    if (!instant) return tl::unexpected("no clock of " + zone + " ever showed this time");
    return std::pair{local, *instant};
  };
  switch (format) {
    case TimeFormat::kDay: {
      const auto day = parse_day(text);
      if (!day) return tl::unexpected(std::string("is no day like 2016-04-29"));
      return on_the_wall(LocalTime{*day} + default_clock);
    }
    case TimeFormat::kLocal: {
      const auto time = parse_time(text);
      if (!time) return tl::unexpected(std::string("is no time like 2016-04-29T18:38:08"));
      return on_the_wall(time->local);
    }
    case TimeFormat::kInstant: {
      const auto time = parse_time(text);
      if (!time || !time->offset) return tl::unexpected(std::string("is no time with its offset like 2016-04-29T18:38:08Z"));
      const Instant instant{time->local.time_since_epoch() - *time->offset};
      return std::pair{runtime::to_local(instant, zone), instant};
    }
  }
  return tl::unexpected(std::string("has no format"));
}

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// In lower case as far as ASCII goes, with single spaces: how people spell one word.
std::string folded(std::string_view text) {
  std::string word;
  for (const char c : trimmed(text)) {
    const bool is_space = c == ' ' || c == '\t' || c == '_' || c == '-';
    if (is_space && (word.empty() || word.back() == ' ')) continue;
    word += is_space ? ' ' : c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return word;
}

std::string digits_of(std::string_view text) {
  std::string found;
  for (const char c : text)
    if (c >= '0' && c <= '9') found += c;
  return found;
}

/// Whether every byte belongs to a code point, in its shortest form and none of the surrogates.
bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80 ? 1 : (lead & 0xE0U) == 0xC0 ? 2 : (lead & 0xF0U) == 0xE0 ? 3 : (lead & 0xF8U) == 0xF0 ? 4 : 0;
    if (length == 0 || i + length > text.size()) return false;
    std::uint32_t point = length == 1 ? lead : lead & (0x7FU >> length);
    for (std::size_t j = 1; j < length; ++j) {
      const auto byte = static_cast<unsigned char>(text[i + j]);
      if ((byte & 0xC0U) != 0x80) return false;
      point = (point << 6) | (byte & 0x3FU);
    }
    constexpr std::array<std::uint32_t, 5> kSmallest = {0, 0, 0x80, 0x800, 0x10000};
    if (point < kSmallest[length] || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) return false;
    i += length;
  }
  return true;
}

constexpr const char* kNotUtf8 = "is not UTF-8: convert the file first (iconv -f LATIN1 -t UTF-8)";

std::optional<TimeFormat> format_named(std::string_view name) {
  if (name == "day") return TimeFormat::kDay;
  if (name == "local") return TimeFormat::kLocal;
  if (name == "instant") return TimeFormat::kInstant;
  return std::nullopt;
}

/// Reads one table; the first thing wrong with it ends the reading.
class TableReader {
 public:
  TableReader(const toml::table* table, std::string name) : table_(table), name_(std::move(name)) {}

  void text(std::string_view key, std::string& target) {
    const toml::node* node = take(key);
    if (node == nullptr) return;
    if (const auto* value = node->as_string()) target = value->get();
    else complain(key, "must be text in quotes");
  }
  void whole(std::string_view key, std::int64_t& target, std::int64_t min, std::int64_t max) {
    const toml::node* node = take(key);
    if (node == nullptr) return;
    const auto* value = node->as_integer();
    if (value != nullptr && value->get() >= min && value->get() <= max) target = value->get();
    else complain(key, "must be a whole number from " + std::to_string(min) + " to " + std::to_string(max));
  }
  void truth(std::string_view key, bool& target) {
    const toml::node* node = take(key);
    if (node == nullptr) return;
    if (const auto* value = node->as_boolean()) target = value->get();
    else complain(key, "must be true or false");
  }
  void format(std::string_view key, TimeFormat& target) {
    std::string name;
    text(key, name);
    if (name.empty()) return;
    if (const auto found = format_named(name)) target = *found;
    else complain(key, "must be day, local or instant");
  }
  template <std::size_t N>
  void words(std::map<std::string, std::string>& target, const std::array<std::string_view, N>& ours) {
    if (table_ == nullptr) return;
    for (const auto& [key, node] : *table_) {
      const auto* value = node.as_string();
      if (value != nullptr && is_one_of(value->get(), ours)) target.emplace(std::string_view{key}, value->get());
      else complain(std::string_view{key}, "must be one of " + listed(ours));
      known_.emplace_back(std::string_view{key});
    }
  }
  /// Their words, however they are spelt, and what each stands for.
  void spelt(std::map<std::string, std::string>& target) {
    if (table_ == nullptr) return;
    for (const auto& [key, node] : *table_) {
      const auto* value = node.as_string();
      if (value != nullptr && !value->get().empty()) target.emplace(folded(std::string_view{key}), value->get());
      else complain(std::string_view{key}, "must be text in quotes");
      known_.emplace_back(std::string_view{key});
    }
  }
  TableReader table(std::string_view key) {
    const toml::node* node = take(key);
    if (node != nullptr && !node->is_table()) complain(key, "must be a table");
    return {node == nullptr ? nullptr : node->as_table(), name_ + std::string(key) + "."};
  }

  /// The first complaint, a key nobody asked for included.
  std::optional<std::string> complaint() {
    if (table_ == nullptr || complaint_) return complaint_;
    for (const auto& [key, node] : *table_) {
      const std::string_view name{key};
      if (std::find(known_.begin(), known_.end(), name) == known_.end()) complain(name, "is not known here");
    }
    return complaint_;
  }

 private:
  const toml::node* take(std::string_view key) {
    known_.emplace_back(key);
    return table_ == nullptr ? nullptr : table_->get(key);
  }
  void complain(std::string_view key, std::string_view what) {
    if (!complaint_) complaint_ = "mapping: " + name_ + std::string(key) + " " + std::string(what);
  }

  const toml::table* table_;
  std::string name_;
  std::vector<std::string> known_;
  std::optional<std::string> complaint_;
};

std::optional<std::string> first_missing(const Mapping& mapping) {
  const std::initializer_list<std::pair<const char*, const std::string*>> needed = {
      {"source", &mapping.source},
      {"zone", &mapping.zone},
      {"columns.person", &mapping.columns.person},
      {"columns.appointment", &mapping.columns.appointment},
      {"columns.site", &mapping.columns.site},
      {"columns.start", &mapping.columns.start},
      {"columns.outcome", &mapping.columns.outcome},
  };
  for (const auto& [name, value] : needed) {
    if (value->empty()) return "mapping: " + std::string(name) + " is missing";
  }
  if (mapping.outcomes.empty()) return "mapping: outcomes is missing: say which word means completed, no_show or cancelled";
  if (!runtime::zone_exists(mapping.zone)) return "mapping: zone is no IANA time zone like America/Sao_Paulo";
  if (!is_one_of(mapping.purpose, kPurposes)) return "mapping: purpose must be one of " + listed(kPurposes);
  const auto clock = parse_clock(mapping.default_time);
  if (!clock || clock->second != mapping.default_time.size()) return "mapping: default_time must be like 12:00";
  return std::nullopt;
}

std::string padded(std::int64_t value, int width) {
  std::array<char, 24> text{};
  std::snprintf(text.data(), text.size(), "%0*lld", width, static_cast<long long>(value));
  return text.data();
}

}  // namespace

tl::expected<Mapping, std::string> parse_mapping(std::string_view toml_text) {
  const auto file = runtime::parse_toml(toml_text);
  if (!file) return tl::unexpected("mapping, " + file.error());
  Mapping mapping;
  TableReader all(&*file, "");
  all.text("source", mapping.source);
  all.text("zone", mapping.zone);
  all.text("language", mapping.language);
  all.whole("default_duration_minutes", mapping.default_duration_minutes, 5, 720);
  all.text("default_time", mapping.default_time);
  all.text("purpose", mapping.purpose);

  TableReader columns = all.table("columns");
  columns.text("person", mapping.columns.person);
  columns.text("appointment", mapping.columns.appointment);
  columns.text("site", mapping.columns.site);
  columns.text("start", mapping.columns.start);
  columns.text("outcome", mapping.columns.outcome);
  columns.text("booked_at", mapping.columns.booked_at);
  columns.text("duration_minutes", mapping.columns.duration_minutes);
  columns.text("purpose", mapping.columns.purpose);
  columns.text("age", mapping.columns.age);
  columns.text("birth_date", mapping.columns.birth_date);
  columns.text("given_name", mapping.columns.given_name);
  columns.text("family_name", mapping.columns.family_name);
  columns.text("phone", mapping.columns.phone);
  columns.text("email", mapping.columns.email);

  TableReader formats = all.table("formats");
  formats.format("start", mapping.start_format);
  formats.format("booked_at", mapping.booked_at_format);

  TableReader outcomes = all.table("outcomes");
  outcomes.words(mapping.outcomes, kOutcomes);
  TableReader purposes = all.table("purposes");
  purposes.words(mapping.purposes, kPurposes);

  TableReader rules = all.table("rules");
  rules.whole("age_min", mapping.age_min, 0, 200);
  rules.whole("age_max", mapping.age_max, 0, 200);
  rules.truth("start_not_before_booking_day", mapping.start_not_before_booking_day);

  for (TableReader* table : {&all, &columns, &formats, &outcomes, &purposes, &rules}) {
    if (auto complaint = table->complaint()) return tl::unexpected(std::move(*complaint));
  }
  if (auto missing = first_missing(mapping)) return tl::unexpected(std::move(*missing));
  return mapping;
}

namespace {

/// Where the columns that a mapping names stand in a file.
class HeaderColumns {
 public:
  explicit HeaderColumns(const std::vector<std::string>& header) : header_(header) {}

  /// `kAbsent` for a column that is not named, and for one that is missing.
  std::size_t of(const std::string& column) {
    if (column.empty()) return kAbsent;
    const auto it = std::find_if(header_.begin(), header_.end(), [&](const std::string& name) { return trimmed(name) == column; });
    if (it != header_.end()) return static_cast<std::size_t>(it - header_.begin());
    missing_ += (missing_.empty() ? "" : ", ") + column;
    return kAbsent;
  }
  /// Those that were asked for and are not there.
  const std::string& missing() const { return missing_; }

 private:
  const std::vector<std::string>& header_;
  std::string missing_;
};

}  // namespace

tl::expected<RowReader, std::string> RowReader::fit(Mapping mapping, const std::vector<std::string>& header, Instant now) {
  RowReader reader;
  HeaderColumns found(header);
  const auto place = [&](const std::string& column) { return found.of(column); };
  const Mapping::Columns& columns = mapping.columns;
  reader.places_ = {.person = place(columns.person),
                    .appointment = place(columns.appointment),
                    .site = place(columns.site),
                    .start = place(columns.start),
                    .outcome = place(columns.outcome),
                    .booked_at = place(columns.booked_at),
                    .duration_minutes = place(columns.duration_minutes),
                    .purpose = place(columns.purpose),
                    .age = place(columns.age),
                    .birth_date = place(columns.birth_date),
                    .given_name = place(columns.given_name),
                    .family_name = place(columns.family_name),
                    .phone = place(columns.phone),
                    .email = place(columns.email)};
  if (!found.missing().empty()) return tl::unexpected("the file has no column " + found.missing() + ", which the mapping names");
  reader.columns_ = header.size();
  reader.default_time_ = std::chrono::duration_cast<minutes>(parse_clock(mapping.default_time)->first);
  reader.mapping_ = std::move(mapping);
  reader.now_ = now;
  return reader;
}

std::optional<Reject> RowReader::check_person(const std::vector<std::string>& row, PastVisit& visit) const {
  const auto optional_text = [&](std::size_t place, std::string_view& target, const std::string& column) -> std::optional<Reject> {
    if (place == kAbsent) return std::nullopt;
    target = trimmed(row[place]);
    if (target.size() > kTextBytesMax) return Reject{column, "is longer than 256 bytes"};
    if (!is_utf8(target)) return Reject{column, kNotUtf8};
    return std::nullopt;
  };
  const Mapping::Columns& columns = mapping_.columns;
  if (auto reject = optional_text(places_.given_name, visit.given_name, columns.given_name)) return reject;
  if (auto reject = optional_text(places_.family_name, visit.family_name, columns.family_name)) return reject;
  if (auto reject = optional_text(places_.phone, visit.phone, columns.phone)) return reject;
  if (auto reject = optional_text(places_.email, visit.email, columns.email)) return reject;
  if (places_.age != kAbsent) {
    const auto age = whole_number(trimmed(row[places_.age]));
    if (!age) return Reject{columns.age, "is no whole number"};
    if (*age < mapping_.age_min) return Reject{columns.age, "is less than " + std::to_string(mapping_.age_min)};
    if (*age > mapping_.age_max) return Reject{columns.age, "is more than " + std::to_string(mapping_.age_max)};
  }
  if (places_.birth_date != kAbsent) {
    const std::string_view text = trimmed(row[places_.birth_date]);
    if (text.empty()) return std::nullopt;
    visit.birth_day = parse_day(text);
    if (!visit.birth_day) return Reject{columns.birth_date, "is no day like 2016-04-29"};
    if (*visit.birth_day > std::chrono::floor<days>(visit.start)) return Reject{columns.birth_date, "is after the visit"};
  }
  return std::nullopt;
}

tl::expected<PastVisit, Reject> RowReader::read(const std::vector<std::string>& row) const& {
  const Mapping::Columns& columns = mapping_.columns;
  const auto reject = [](const std::string& field, std::string reason) { return tl::unexpected(Reject{field, std::move(reason)}); };
  if (row.size() != columns_) {
    return reject("", "has " + std::to_string(row.size()) + " fields where the header has " + std::to_string(columns_));
  }

  PastVisit visit;
  const std::initializer_list<std::pair<std::string_view*, std::pair<std::size_t, const std::string*>>> needed = {
      {&visit.person, {places_.person, &columns.person}},
      {&visit.appointment, {places_.appointment, &columns.appointment}},
      {&visit.site, {places_.site, &columns.site}},
  };
  for (const auto& [target, from] : needed) {
    *target = trimmed(row[from.first]);
    if (target->empty()) return reject(*from.second, "is empty");
    if (target->size() > kTextBytesMax) return reject(*from.second, "is longer than 256 bytes");
    if (!is_utf8(*target)) return reject(*from.second, kNotUtf8);
  }

  const auto start = time_of(trimmed(row[places_.start]), mapping_.start_format, default_time_, mapping_.zone);
  if (!start) return reject(columns.start, start.error());
  if (start->second > now_) return reject(columns.start, "is in the future: only visits of the past are imported");
  visit.start = start->first;

  if (places_.booked_at != kAbsent && !trimmed(row[places_.booked_at]).empty()) {
    const auto booked = time_of(trimmed(row[places_.booked_at]), mapping_.booked_at_format, seconds{0}, mapping_.zone);
    if (!booked) return reject(columns.booked_at, booked.error());
    if (mapping_.start_not_before_booking_day && std::chrono::floor<days>(visit.start) < std::chrono::floor<days>(booked->first)) {
      return reject(columns.start, "is before the day it was booked");
    }
    visit.booked_at = booked->second;
  }

  if (auto wrong = check_person(row, visit)) return tl::unexpected(std::move(*wrong));

  visit.duration_minutes = mapping_.default_duration_minutes;
  if (places_.duration_minutes != kAbsent && !trimmed(row[places_.duration_minutes]).empty()) {
    const auto duration = whole_number(trimmed(row[places_.duration_minutes]));
    if (!duration || *duration < 1 || *duration > 1440) return reject(columns.duration_minutes, "is no number of minutes from 1 to 1440");
    visit.duration_minutes = *duration;
  }

  visit.purpose = mapping_.purpose;
  if (places_.purpose != kAbsent) {
    const auto purpose = mapping_.purposes.find(std::string(trimmed(row[places_.purpose])));
    if (purpose != mapping_.purposes.end()) visit.purpose = purpose->second;
  }
  const auto outcome = mapping_.outcomes.find(std::string(trimmed(row[places_.outcome])));
  if (outcome == mapping_.outcomes.end()) return reject(columns.outcome, "is a word the mapping does not know");
  visit.outcome = outcome->second;
  return visit;
}

tl::expected<LeadMapping, std::string> parse_lead_mapping(std::string_view toml_text) {
  const auto file = runtime::parse_toml(toml_text);
  if (!file) return tl::unexpected("mapping, " + file.error());
  LeadMapping mapping;
  TableReader all(&*file, "");
  all.text("source", mapping.source);
  all.text("zone", mapping.zone);
  all.text("language", mapping.language);
  all.whole("phone_digits", mapping.phone_digits, 7, 15);
  TableReader columns = all.table("columns");
  LeadMapping::Columns& names = mapping.columns;
  const std::initializer_list<std::pair<const char*, std::string*>> known = {{"lead", &names.lead},
                                                                             {"site", &names.site},
                                                                             {"received_at", &names.received_at},
                                                                             {"source", &names.lead_source},
                                                                             {"given_name", &names.given_name},
                                                                             {"family_name", &names.family_name},
                                                                             {"phone", &names.phone},
                                                                             {"email", &names.email},
                                                                             {"campaign", &names.campaign},
                                                                             {"message", &names.message}};
  for (const auto& [name, target] : known) columns.text(name, *target);
  TableReader formats = all.table("formats");
  formats.format("received_at", mapping.received_at_format);
  TableReader sources = all.table("sources");
  sources.spelt(mapping.sources);
  TableReader campaigns = all.table("campaigns");
  campaigns.spelt(mapping.campaigns);
  for (TableReader* table : {&all, &columns, &formats, &sources, &campaigns}) {
    if (auto complaint = table->complaint()) return tl::unexpected(std::move(*complaint));
  }
  for (const auto& [name, value] :
       {std::pair{"source", &mapping.source}, std::pair{"zone", &mapping.zone}, std::pair{"columns.site", &names.site},
        std::pair{"columns.received_at", &names.received_at}, std::pair{"columns.source", &names.lead_source}}) {
    if (value->empty()) return tl::unexpected("mapping: " + std::string(name) + " is missing");
  }
  if (names.phone.empty() && names.email.empty()) return tl::unexpected(std::string("mapping: columns.phone or columns.email is missing"));
  if (!runtime::zone_exists(mapping.zone)) return tl::unexpected(std::string("mapping: zone is no IANA time zone like America/Sao_Paulo"));
  for (const std::string_view ours : kLeadSources) mapping.sources.emplace(folded(ours), ours);
  for (const auto& [word, ours] : mapping.sources) {
    if (!is_one_of(ours, kLeadSources)) return tl::unexpected("mapping: sources." + word + " must be one of " + listed(kLeadSources));
  }
  return mapping;
}

tl::expected<LeadReader, std::string> LeadReader::fit(LeadMapping mapping, const std::vector<std::string>& header, Instant now) {
  LeadReader reader;
  HeaderColumns found(header);
  const auto place = [&](const std::string& column) { return found.of(column); };
  const LeadMapping::Columns& columns = mapping.columns;
  reader.places_ = {.site = place(columns.site),
                    .received_at = place(columns.received_at),
                    .lead_source = place(columns.lead_source),
                    .lead = place(columns.lead),
                    .given_name = place(columns.given_name),
                    .family_name = place(columns.family_name),
                    .phone = place(columns.phone),
                    .email = place(columns.email),
                    .campaign = place(columns.campaign),
                    .message = place(columns.message)};
  if (!found.missing().empty()) return tl::unexpected("the file has no column " + found.missing() + ", which the mapping names");
  reader.columns_ = header.size();
  reader.mapping_ = std::move(mapping);
  reader.now_ = now;
  return reader;
}

tl::expected<PastLead, Reject> LeadReader::read(const std::vector<std::string>& row) const& {
  const LeadMapping::Columns& columns = mapping_.columns;
  const auto reject = [](const std::string& field, std::string reason) { return tl::unexpected(Reject{field, std::move(reason)}); };
  if (row.size() != columns_) {
    return reject("", "has " + std::to_string(row.size()) + " fields where the header has " + std::to_string(columns_));
  }
  PastLead lead;
  std::string_view lead_name, their_source, their_campaign;
  struct Text {
    std::string_view* target;
    std::size_t place;
    const std::string* column;
    std::size_t bytes_max;
  };
  for (const Text& text : {Text{&lead.site, places_.site, &columns.site, kTextBytesMax},
                           Text{&their_source, places_.lead_source, &columns.lead_source, kTextBytesMax},
                           Text{&lead_name, places_.lead, &columns.lead, kTextBytesMax},
                           Text{&lead.given_name, places_.given_name, &columns.given_name, kTextBytesMax},
                           Text{&lead.family_name, places_.family_name, &columns.family_name, kTextBytesMax},
                           Text{&lead.phone, places_.phone, &columns.phone, kTextBytesMax - 2},
                           Text{&lead.email, places_.email, &columns.email, kTextBytesMax - 2},
                           Text{&their_campaign, places_.campaign, &columns.campaign, kTextBytesMax},
                           Text{&lead.message, places_.message, &columns.message, kMessageBytesMax}}) {
    if (text.place == kAbsent) continue;
    *text.target = trimmed(row[text.place]);
    if (text.target->size() > text.bytes_max) return reject(*text.column, "is longer than " + std::to_string(text.bytes_max) + " bytes");
    if (!is_utf8(*text.target)) return reject(*text.column, kNotUtf8);
  }
  if (lead.site.empty()) return reject(columns.site, "is empty");
  const bool has_names = places_.given_name != kAbsent || places_.family_name != kAbsent;
  if (has_names && lead.given_name.empty() && lead.family_name.empty())
    return reject(places_.given_name != kAbsent ? columns.given_name : columns.family_name, "is empty: nobody knows who asked");

  const auto received = time_of(trimmed(row[places_.received_at]), mapping_.received_at_format, hours{12}, mapping_.zone);
  if (!received) return reject(columns.received_at, received.error());
  if (received->second > now_) return reject(columns.received_at, "is in the future: only leads of the past are imported");
  lead.received_at = received->second;

  const auto source = mapping_.sources.find(folded(their_source));
  if (source == mapping_.sources.end()) return reject(columns.lead_source, "is a word the mapping does not know");
  lead.lead_source = source->second;
  if (!their_campaign.empty()) {
    const auto campaign = mapping_.campaigns.find(folded(their_campaign));
    if (campaign == mapping_.campaigns.end()) return reject(columns.campaign, "is a word the mapping does not know");
    lead.campaign = campaign->second;
  }

  std::string number = digits_of(lead.phone);
  if (lead.phone.empty() && lead.email.empty())
    return reject(places_.phone != kAbsent ? columns.phone : columns.email, "is empty, and there is nothing else to reach anybody by");
  if (!lead.phone.empty() && number.size() < kPhoneDigitsMin) return reject(columns.phone, "has fewer digits than a phone number");
  const auto kept = static_cast<std::size_t>(mapping_.phone_digits);
  if (number.size() > kept) number.erase(0, number.size() - kept);
  // A household shares a phone: only with the name it is one person's. Whoever is spelt otherwise is a candidate, never merged.
  const std::string name = folded(std::string(lead.given_name) + " " + std::string(lead.family_name));
  lead.person = (number.empty() ? folded(lead.email) : number) + "|" + name;
  lead.lead =
      lead_name.empty() ? lead.person + "|" + written(lead.received_at) + "|" + std::string(lead.lead_source) : std::string(lead_name);
  return lead;
}

std::string written(LocalDay day) {
  const std::chrono::year_month_day date{day};
  return padded(static_cast<int>(date.year()), 4) + "-" + padded(static_cast<unsigned>(date.month()), 2) + "-" +
         padded(static_cast<unsigned>(date.day()), 2);
}

std::string written(LocalTime time) {
  const auto day = std::chrono::floor<days>(time);
  const std::int64_t second = (time - day).count();
  return written(day) + "T" + padded(second / 3600, 2) + ":" + padded(second / 60 % 60, 2) + ":" + padded(second % 60, 2);
}

std::string written(Instant instant) {
  const auto whole = std::chrono::floor<seconds>(instant);
  const std::int64_t micros = (instant - whole).count();
  const std::string text = written(LocalTime{whole.time_since_epoch()});
  return micros == 0 ? text + "Z" : text + "." + padded(micros, 6) + "Z";
}

}  // namespace bridgework::cli
