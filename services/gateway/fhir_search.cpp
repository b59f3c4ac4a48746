#include "gateway/fhir_search.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include "gateway/fhir_resource.hpp"
#include "gateway/times.hpp"

namespace bridgework::gateway {
namespace {

using std::chrono::days;

struct Searchable {
  std::string_view type;
  std::vector<std::string_view> names;
};

const std::vector<Searchable>& searchable() {
  static const std::vector<Searchable> kSearchable = {{"Patient", {"_id", "telecom", "phone", "email"}},
                                                      {"Appointment", {"_id", "actor", "date", "patient", "practitioner", "status"}},
                                                      {"Schedule", {"_id", "actor"}},
                                                      {"Slot", {"_id", "schedule", "start", "service-type", "status"}}};
  return kSearchable;
}

Problem bad(std::string code, std::string detail) { return {400, std::move(code), std::move(detail)}; }

std::optional<std::size_t> number_of(const std::string& value) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || end != value.data() + value.size() || number > 100'000) return std::nullopt;
  return number;
}

void append_encoded(std::string& out, std::string_view value) {
  for (const char c : value) {
    const bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~/:").find(c) != std::string_view::npos;
    if (plain) out += c;
    else out += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
  }
}

}  // namespace

std::variant<FhirDates, Problem> FhirDates::read(std::string_view name, const std::vector<std::string>& values) {
  const std::string said(name);
  std::optional<LocalDay> day_from, day_until, from, until;
  FhirDates dates;
  const auto narrow_from = [](std::optional<LocalDay>& bound, LocalDay day) { bound = bound ? std::max(*bound, day) : day; };
  const auto narrow_until = [](std::optional<LocalDay>& bound, LocalDay day) { bound = bound ? std::min(*bound, day) : day; };
  for (std::string_view value : values) {
    Bound bound = Bound::kAt;
    constexpr std::array<std::pair<std::string_view, Bound>, 5> kPrefixes = {
        std::pair{"eq", Bound::kAt}, {"ge", Bound::kFrom}, {"gt", Bound::kAfter}, {"le", Bound::kUntil}, {"lt", Bound::kBefore}};
    for (const auto& [prefix, meant] : kPrefixes) {
      if (!value.starts_with(prefix)) continue;
      bound = meant;
      value.remove_prefix(prefix.size());
      break;
    }
    if (const auto day = parse_day(value)) {
      if (bound == Bound::kAt || bound == Bound::kFrom) narrow_from(day_from, *day);
      if (bound == Bound::kAfter) narrow_from(day_from, *day + days(1));
      if (bound == Bound::kAt || bound == Bound::kUntil) narrow_until(day_until, *day);
      if (bound == Bound::kBefore) narrow_until(day_until, *day - days(1));
    } else if (const auto moment = parse_instant(value)) {
      // A day on either side: which local day it is depends on the zone.
      const LocalDay utc_day{std::chrono::floor<days>(*moment).time_since_epoch()};
      if (bound == Bound::kAt || bound == Bound::kFrom || bound == Bound::kAfter) narrow_from(from, utc_day - days(1));
      if (bound == Bound::kAt || bound == Bound::kUntil || bound == Bound::kBefore) narrow_until(until, utc_day + days(1));
      dates.moments_.emplace_back(bound, *moment);
    } else {
      return bad("invalid_date", said + " takes eq, ge, gt, le or lt, then a day, or a moment with seconds and an offset or Z");
    }
  }
  if (day_from) narrow_from(from, *day_from);
  if (day_until) narrow_until(until, *day_until);
  if (!from && !until) return bad("date_required", "say which days, as " + said + "=2026-11-22 or with ge and lt");
  dates.first_ = from.value_or(until.value_or(LocalDay{}) - days(kDaysMax - 1));
  dates.last_ = until.value_or(dates.first_ + days(kDaysMax - 1));
  dates.day_first_ = day_from.value_or(dates.first_);
  dates.day_last_ = day_until.value_or(dates.last_);
  if (dates.last_ < dates.first_) return bad("empty_range", said + " names no day: its beginning lies after its end");
  if (dates.last_ - dates.first_ > days(kDaysMax + 1)) return bad("too_many_days", fmt::format("at most {} days at once", kDaysMax));
  return dates;
}

bool FhirDates::contains(Instant at, LocalDay day) const {
  if (day < day_first_ || day > day_last_) return false;
  return std::ranges::all_of(moments_, [&](const auto& moment) {
    switch (moment.first) {
      case Bound::kFrom: return at >= moment.second;
      case Bound::kAfter: return at > moment.second;
      case Bound::kUntil: return at <= moment.second;
      case Bound::kBefore: return at < moment.second;
      case Bound::kAt: return at == moment.second;
    }
    return false;
  });
}

std::optional<std::string> id_of_reference(std::string_view reference, std::string_view type) {
  if (const std::size_t version = reference.find("/_history/"); version != std::string_view::npos) reference = reference.substr(0, version);
  const std::size_t slash = reference.rfind('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string_view before = reference.substr(0, slash);
  if (before != type && !before.ends_with("/" + std::string(type))) return std::nullopt;
  return id_of_fhir(reference.substr(slash + 1));
}

std::string_view fhir_type_of(std::string_view pattern) {
  constexpr std::string_view kRoot = "/fhir/R4/";
  if (!pattern.starts_with(kRoot)) return {};
  pattern.remove_prefix(kRoot.size());
  return pattern.substr(0, pattern.find('/'));
}

std::vector<std::string_view> fhir_search_names(std::string_view type) {
  const auto known = std::ranges::find(searchable(), type, &Searchable::type);
  return known == searchable().end() ? std::vector<std::string_view>{} : known->names;
}

std::vector<std::string> FhirSearch::all(std::string_view name) const {
  std::vector<std::string> values;
  for (const auto& [known, value] : parameters)
    if (known == name) values.push_back(value);
  return values;
}

std::string FhirSearch::one(std::string_view name) const {
  const std::string* value = find_parameter(parameters, name);
  return value == nullptr ? std::string() : *value;
}

std::variant<FhirSearch, Problem> read_fhir_search(std::string_view type, std::string_view query) {
  const auto given = parse_form(query);
  if (!given) return bad("malformed_query", "the query string is not percent-encoded UTF-8");
  const auto known = std::ranges::find(searchable(), type, &Searchable::type);
  FhirSearch search;
  for (const auto& [name, value] : *given) {
    if (name == "_format") {
      if (value.find("json") == std::string::npos) return Problem{406, "json_only", "resources are given as JSON only"};
    } else if (name == "_count" || name == "_offset") {
      const auto number = number_of(value);
      if (!number) return bad("invalid_page", name + " is a whole number");
      if (name == "_count") search.count = *number;
      else search.offset = *number;
    } else if (known == searchable().end() || std::ranges::find(known->names, name) == known->names.end()) {
      return bad("unknown_parameter", fmt::format("{} is searched by {}", type, fmt::join(known->names, ", ")));
    } else {
      const bool may_repeat = name == "date" || name == "start" || name == "actor";
      if (!may_repeat && find_parameter(search.parameters, name) != nullptr)
        return bad("repeated_parameter", name + " must stand only once");
      search.parameters.emplace_back(name, value);
      if (!search.query.empty()) search.query += '&';
      append_encoded(search.query, name);
      search.query += '=';
      append_encoded(search.query, value);
    }
  }
  return search;
}

}  // namespace bridgework::gateway
