#pragma once
// What each figure means, as data, and the one engine that computes them all from counted facts.

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "analytics/state.values.hpp"

namespace bridgework::analytics {

/// How much of something there was at one site on one local day.
struct Fact {
  Measure measure = Measure::kCompleted;
  std::string site;
  LocalDay day{};
  std::string part;    ///< the fact table's own dimension; see Cell
  std::string person;  ///< only where persons are counted
  std::int64_t amount = 1;
};

enum class Reading {
  kSum,              ///< amounts are added up; the rows of a dimension add up to the total
  kDistinctPersons,  ///< persons are counted once per row, and once in the total
};

/// Which days a figure looks at, given the days asked for.
enum class Window {
  kPeriod,       ///< from the first to the last, inclusive
  kUntil,        ///< everything up to the last: a stock, not a flow
  kCareHorizon,  ///< the 18 months that end with the last
};

struct Term {
  Measure measure;
  std::int64_t weight = 1;
};

/// One figure. A change of meaning is a new version beside the old one, never an edit.
struct Definition {
  std::string_view name;
  unsigned version;
  std::string_view title;
  std::string_view sentence;
  std::string_view unit;
  FactTable table;
  Reading reading;
  Window window;
  std::span<const Term> numerator;
  std::span<const Term> denominator;             ///< empty: 1, the figure is a plain number
  std::span<const std::string_view> dimensions;  ///< site, day, month, and the part by its name
  bool by_site = true;                           ///< false: cannot be told apart by site

  std::string id() const;  ///< "no_show_rate@1"
};

std::span<const Definition> definitions();

/// By "no_show_rate@1", or by "no_show_rate": the newest version.
const Definition* find_definition(std::string_view id);

bool allows(const Definition& definition, std::string_view dimension);
/// Whether the figure is made of that measure.
bool uses(const Definition& definition, Measure measure);

/// A fraction that is never computed when there is nothing to divide by.
struct Ratio {
  std::int64_t numerator = 0;
  std::int64_t denominator = 0;

  bool has_value() const { return denominator != 0; }
  double value() const { return has_value() ? static_cast<double>(numerator) / static_cast<double>(denominator) : 0; }
  friend bool operator==(const Ratio&, const Ratio&) = default;
};

struct Figure {
  Ratio total;
  std::map<std::string, Ratio> rows;
};

/// The figure over these facts; rows for a dimension that the definition allows, none for an empty one.
Figure evaluate(const Definition& definition, std::span<const Fact> facts, std::string_view dimension);

/// Months for which a completed visit keeps a person in care.
inline constexpr int kCareMonths = 18;
/// The first day of the care horizon that ends with `last`; the same day of the month, or the month's last.
LocalDay care_since(LocalDay last);

/// "2026-03-08" and "2026-03".
std::string day_text(LocalDay day);
std::string month_text(LocalDay day);

}  // namespace bridgework::analytics
