#pragma once
// What a FHIR R4 resource of another system means here, or why it cannot be taken.

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <boost/json/object.hpp>
#include <tl/expected.hpp>

#include "gateway/problem.hpp"
#include "runtime/types.hpp"

namespace bridgework::gateway {

/// As many entries as one Bundle may bring.
inline constexpr std::size_t kFhirEntriesMax = 200;

/// Whose resources these are, and how they are to be read.
struct FhirSource {
  /// Ids of two systems may be the same text and mean two people, so each caller's ids are a world of their own.
  std::string_view principal;
  Instant now;
  /// What a visit of the past that still says `booked` was: fulfilled, noshow or cancelled. Empty: nobody knows, and it is refused.
  std::string_view past_booked;
};

/// A person to be kept under `person`, with fields of `ImportedPerson`.
struct PersonFromFhir {
  std::string person;
  boost::json::object profile;
  std::vector<std::string> notes;  ///< what was left out
};

/// A visit of the past, with its outcome, or one to come, to be held and booked.
struct VisitFromFhir {
  enum class Kind { kHistory, kBooking };
  Kind kind;
  std::string appointment;
  std::string site;
  std::string person;
  std::string provider;                  ///< a booking has one
  std::vector<std::string> visit_types;  ///< codes that may name one of the site's
  std::string purpose;
  std::string outcome;  ///< of history: completed, no_show, cancelled
  Instant start;
  int duration_minutes;
  std::optional<Instant> booked_at;
};

/// A provider's calendar at a site.
struct ScheduleFromFhir {
  std::string site;
  std::string provider;
  std::string name;
};

using FromFhir = std::variant<PersonFromFhir, VisitFromFhir, ScheduleFromFhir>;

/// Reads one resource. A refusal is a 422 whose code is the rule, and whose sentence says it.
///
/// Our own identifiers (`urn:bridgework:person`, `…:appointment`, `…:site`, `…:provider`) name what they name; any other patient or
/// appointment gets an id that is a function of the source and of the resource's id, else of its first identifier, so that the same
/// resource is the same thing however often it comes. A Location or Practitioner of another system is the site or provider of that id.
///
/// No Slot is taken: what is free follows from opening hours and shifts, and what is busy from visits.
tl::expected<FromFhir, Problem> read_fhir(const boost::json::object& resource, const FhirSource& source);

/// One entry of a batch.
struct FhirEntry {
  std::string type;
  boost::json::object resource;
  std::optional<Problem> refused;  ///< what stands in its way before it is read
};

/// The entries of a Bundle of type batch. An entry without an id is known by its fullUrl.
tl::expected<std::vector<FhirEntry>, Problem> read_fhir_batch(const boost::json::object& bundle);

}  // namespace bridgework::gateway
