#pragma once
// What a FHIR search asks for, read from its query string.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "gateway/problem.hpp"
#include "gateway/url.hpp"
#include "runtime/types.hpp"

namespace bridgework::gateway {

/// A range of days and moments, as `date=ge2026-11-22&date=lt2026-11-29` names it. Days are those of the site's own calendar.
class FhirDates {
 public:
  /// More would read a site's whole year at once.
  static constexpr int kDaysMax = 31;

  /// Each value narrows the range: eq (or nothing), ge, gt, le, lt before a day or a moment with seconds and an offset or Z.
  static std::variant<FhirDates, Problem> read(std::string_view name, const std::vector<std::string>& values);

  /// Days that may hold an answer; the first is never after the last.
  LocalDay first() const { return first_; }
  LocalDay last() const { return last_; }
  bool contains(Instant at, LocalDay day) const;

 private:
  enum class Bound { kFrom, kAfter, kUntil, kBefore, kAt };
  LocalDay first_{}, last_{};
  LocalDay day_first_{}, day_last_{};
  std::vector<std::pair<Bound, Instant>> moments_;
};

/// `Location/harbour`, also with the address of a server before it; nothing when it names no resource of that type.
std::optional<std::string> id_of_reference(std::string_view reference, std::string_view type);

/// The type in the path of a route, `Patient` of "/fhir/R4/Patient/{id}"; empty when there is none.
std::string_view fhir_type_of(std::string_view pattern);

/// The parameters by which a type is searched, beside _count, _offset and _format.
std::vector<std::string_view> fhir_search_names(std::string_view type);

/// One search: its parameters, checked against those its type knows.
struct FhirSearch {
  Parameters parameters;  ///< without paging and format
  std::string query;      ///< the same, as it was written
  std::size_t offset = 0;
  std::optional<std::size_t> count;

  std::vector<std::string> all(std::string_view name) const;
  /// The only value; empty when there is none.
  std::string one(std::string_view name) const;
};

/// An unknown parameter is refused: an answer that ignored it would be about more people than was asked for.
std::variant<FhirSearch, Problem> read_fhir_search(std::string_view type, std::string_view query);

}  // namespace bridgework::gateway
