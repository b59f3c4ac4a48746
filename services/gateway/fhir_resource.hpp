#pragma once
// What the suite knows, as FHIR R4 (4.0.1) resources: Patient, Appointment, Schedule, Slot, and what goes around them.

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

#include "gateway/problem.hpp"
#include "messages/appointments.values.hpp"
#include "messages/lead_intake.values.hpp"

namespace bridgework::gateway {

inline constexpr std::string_view kFhirContentType = "application/fhir+json; charset=utf-8";

/// Systems of identifiers and codes that are ours: they carry our own ids through FHIR unchanged, so that what was exported is recognised
/// when it comes back.
inline constexpr std::string_view kFhirPersonSystem = "urn:bridgework:person";
inline constexpr std::string_view kFhirAppointmentSystem = "urn:bridgework:appointment";
inline constexpr std::string_view kFhirSiteSystem = "urn:bridgework:site";
inline constexpr std::string_view kFhirProviderSystem = "urn:bridgework:provider";
inline constexpr std::string_view kFhirChairSystem = "urn:bridgework:chair";
inline constexpr std::string_view kFhirVisitTypeSystem = "urn:bridgework:visit-type";
inline constexpr std::string_view kFhirPurposeSystem = "urn:bridgework:purpose";

/// What FHIR allows an id.
inline constexpr std::size_t kFhirIdMax = 64;

/// An id as FHIR writes it, `[A-Za-z0-9.-]`: any other byte becomes `--` and two hexadecimal digits, and so does a hyphen that would read
/// as the beginning of one. Of a person, a site and a provider never longer than FHIR allows, because others are refused
/// (`unfit_for_fhir`).
std::string fhir_id(std::string_view id);
/// Back; nothing when no id of ours is written like that.
std::optional<std::string> id_of_fhir(std::string_view text);

/// Stands for an id, or a part of one, where the whole would be too long: `s-` and 13 characters made of it, always the same. What it
/// stands for is found among those there are: the sites, the providers and visit types of one, the moves of a visit.
std::string short_fhir_id(std::string_view id);
bool is_short_fhir_id(std::string_view text);

/// Why no such id may be given to anything, because FHIR could not name it, even shortened; empty when it may. For ids of persons, sites,
/// providers and visits; of the last only what stands behind the site counts, and not what moves have added.
std::string unfit_for_fhir(std::string_view id_type, std::string_view id);

/// A visit's id as FHIR writes it, always the same and never longer than FHIR allows.
///
/// Where the whole would be too long, what moves have added is shortened (`harbour.v-abc.s-q2…`), and where that is not enough the site
/// before it too (`s-x7….v-abc`).
std::string visit_fhir_id(std::string_view id);
/// The id before the first move, from where a visit whose moves were shortened is found by following them; nothing when they were not.
std::optional<std::string> unmoved_id_of(std::string_view id);

/// `harbour.dr-lee`: a provider's calendar at a site. Where that would be too long both are shortened, in an opening the visit type too.
struct ScheduleKey {
  std::string site;
  std::string provider;
};
std::string schedule_fhir_id(const ScheduleKey& key);
std::optional<ScheduleKey> schedule_of_fhir_id(std::string_view text);

/// `harbour.dr-lee.hygiene.20261122T0900`: an opening for a visit type.
struct SlotKey {
  ScheduleKey schedule;
  std::string visit_type;
  LocalTime local_start;
};
std::string slot_fhir_id(const SlotKey& key);
std::optional<SlotKey> slot_of_fhir_id(std::string_view text);

boost::json::object fhir_patient(const messages::PersonView& view);

/// A visit as FHIR tells it. Nothing for a hold that has lapsed: nobody was promised a visit, so there is no appointment.
///
/// booked and confirmed are `booked` (the patient's participation says which), seated is `checked-in`, completed and checked out are
/// `fulfilled`, a hold is `pending`. R4 knows no "rescheduled": a moved visit is `cancelled`, says so in words, and names the one that took
/// its place. No reason stands on a `noshow`, because a strict reader of app-4 refuses it there. A planned visit has no time (app-3).
std::optional<boost::json::object> fhir_appointment(const messages::AppointmentView& view);

boost::json::object fhir_schedule(const ScheduleKey& key);

/// An opening that can be held now; what is taken is shown as Appointment.
boost::json::object fhir_slot(const messages::Slot& slot, std::string_view visit_type);

/// A page of what was found: `count` resources from `offset` on, all without `count`; with links to itself and to the next page.
struct FhirPage {
  std::string base;  ///< "https://dental.example/fhir/R4"
  std::string type;
  std::string query;  ///< as asked, without paging
  std::size_t offset = 0;
  std::optional<std::size_t> count;
};
boost::json::object fhir_searchset(const FhirPage& page, std::vector<boost::json::object> resources);

/// Why something was not done. The text names the rule; nothing that was sent is repeated.
boost::json::object fhir_outcome(const Problem& problem);
/// What was done, in sentences.
boost::json::object fhir_information(const std::vector<std::string>& sentences);

/// What this server can do.
boost::json::object fhir_capabilities(std::string_view base);

}  // namespace bridgework::gateway
