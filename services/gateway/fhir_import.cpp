#include "gateway/fhir_import.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>

#include "gateway/fhir_resource.hpp"
#include "gateway/fhir_search.hpp"
#include "gateway/ids.hpp"
#include "gateway/times.hpp"

namespace bridgework::gateway {
namespace {

namespace json = boost::json;

constexpr std::size_t kContactPointsMax = 16;
constexpr std::string_view kAnimal = "http://hl7.org/fhir/StructureDefinition/patient-animal";

json::string text(std::string_view from) { return json::string(from.data(), from.size()); }

tl::unexpected<Problem> refuse(std::string rule, std::string sentence, std::string path = {}) {
  Problem problem{422, rule, rule + ": " + sentence};
  problem.path = std::move(path);
  problem.rule = std::move(sentence);
  return tl::unexpected(std::move(problem));
}

// ---- reading loosely typed JSON: what is of another type counts as not there, and what is required is then refused

std::string text_at(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  if (value == nullptr || !value->is_string()) return {};
  return std::string(value->get_string().data(), value->get_string().size());
}

const json::array& list_at(const json::object& object, std::string_view name) {
  static const json::array kNone;
  const json::value* value = object.if_contains(name);
  return value != nullptr && value->is_array() ? value->get_array() : kNone;
}

const json::object& object_at(const json::object& object, std::string_view name) {
  static const json::object kNone;
  const json::value* value = object.if_contains(name);
  return value != nullptr && value->is_object() ? value->get_object() : kNone;
}

const json::object& as_object(const json::value& value) {
  static const json::object kNone;
  return value.is_object() ? value.get_object() : kNone;
}

bool is_true(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value != nullptr && value->is_bool() && value->get_bool();
}

template <std::size_t N>
bool is_one_of(std::string_view word, const std::array<std::string_view, N>& words) {
  return std::ranges::find(words, word) != words.end();
}

/// The value of the identifier of that system; empty when there is none.
std::string identified(const json::array& identifiers, std::string_view system) {
  for (const json::value& one : identifiers)
    if (text_at(as_object(one), "system") == system) return text_at(as_object(one), "value");
  return {};
}

/// What a resource is known by at its source: its id, else its first identifier with a value. Empty: by nothing.
std::string name_at_source(const json::object& resource) {
  if (std::string id = text_at(resource, "id"); !id.empty()) return id;
  for (const json::value& one : list_at(resource, "identifier")) {
    const json::object& identifier = as_object(one);
    if (const std::string value = text_at(identifier, "value"); !value.empty()) return text_at(identifier, "system") + "|" + value;
  }
  return {};
}

std::string person_of_source(const FhirSource& source, std::string_view name) {
  return "f-" + id_suffix(source.principal, "Patient", name);
}

/// The id behind a reference to a Patient (urn:uuid: and the like are names at the source as they stand).
std::string person_of_reference(const FhirSource& source, const json::object& reference) {
  const json::object& identifier = object_at(reference, "identifier");
  if (text_at(identifier, "system") == kFhirPersonSystem) return text_at(identifier, "value");
  std::string_view written;
  const std::string kept = text_at(reference, "reference");
  written = kept;
  if (written.starts_with("urn:")) return person_of_source(source, written);
  if (const std::size_t version = written.find("/_history/"); version != std::string_view::npos) written = written.substr(0, version);
  const std::size_t slash = written.rfind('/');
  if (slash == std::string_view::npos || slash + 1 == written.size()) return {};
  return person_of_source(source, written.substr(slash + 1));
}

bool is_reference_to(const json::object& reference, std::string_view type) {
  if (text_at(reference, "type") == type) return true;
  const std::string written = text_at(reference, "reference");
  return written.starts_with(std::string(type) + "/") || written.find("/" + std::string(type) + "/") != std::string::npos;
}

/// A site or a provider: by our identifier, else by the id in the reference.
std::string named(const json::object& reference, std::string_view type, std::string_view system) {
  const json::object& identifier = object_at(reference, "identifier");
  if (text_at(identifier, "system") == system) return text_at(identifier, "value");
  return id_of_reference(text_at(reference, "reference"), type).value_or(std::string());
}

std::vector<std::string> codes(const json::object& object, std::string_view name, std::string_view system) {
  std::vector<std::string> ours, others;
  for (const json::value& spoken : list_at(object, name)) {
    for (const json::value& coding : list_at(as_object(spoken), "coding")) {
      const std::string code = text_at(as_object(coding), "code");
      if (!code.empty()) (text_at(as_object(coding), "system") == system ? ours : others).push_back(code);
    }
  }
  // A code of ours leaves nothing to guess.
  return ours.empty() ? others : ours;
}

// ---- Patient

tl::expected<FromFhir, Problem> read_patient(const json::object& patient, const FhirSource& source) {
  for (const json::value& extension : list_at(patient, "extension")) {
    if (text_at(as_object(extension), "url") == kAnimal)
      return refuse("person-is-human", "a person is one human being", "Patient.extension");
  }
  for (const json::value& linked : list_at(patient, "link")) {
    if (text_at(as_object(linked), "type").empty() || !as_object(linked).contains("other"))
      return refuse("link-required-elements", "a link needs other and type", "Patient.link");
    if (text_at(as_object(linked), "type") == "replaced-by")
      return refuse("replaced-record", "this record was replaced by another: send that one", "Patient.link");
  }
  PersonFromFhir person;
  person.person = identified(list_at(patient, "identifier"), kFhirPersonSystem);
  if (person.person.empty()) {
    const std::string name = name_at_source(patient);
    if (name.empty())
      return refuse("id-or-identifier", "without an id or an identifier it could not be recognised when it comes again", "Patient.id");
    person.person = person_of_source(source, name);
  }

  json::object& profile = person.profile;
  // The first that says what it is for wins, in this order.
  const json::object* chosen = nullptr;
  for (const std::string_view use : {"official", "usual", ""}) {
    for (const json::value& name : list_at(patient, "name"))
      if (chosen == nullptr && name.is_object() && text_at(name.get_object(), "use") == use) chosen = &name.get_object();
  }
  if (chosen == nullptr && !list_at(patient, "name").empty()) chosen = &as_object(list_at(patient, "name").front());
  if (chosen != nullptr) {
    std::string given;
    for (const json::value& one : list_at(*chosen, "given"))
      if (one.is_string()) given += (given.empty() ? "" : " ") + std::string(one.get_string());
    std::string family = text_at(*chosen, "family");
    if (given.empty() && family.empty()) family = text_at(*chosen, "text");
    if (!given.empty()) profile["given_name"] = text(given);
    if (!family.empty()) profile["family_name"] = text(family);
  }
  if (const std::string birth_date = text_at(patient, "birthDate"); !birth_date.empty()) {
    if (parse_day(birth_date)) profile["birth_day"] = text(birth_date);
    else person.notes.push_back("birthDate is no whole day and was left out");
  }
  json::array points;
  for (const json::value& one : list_at(patient, "telecom")) {
    const json::object& point = as_object(one);
    const std::string system = text_at(point, "system"), value = text_at(point, "value");
    if (value.empty()) continue;
    const bool is_phone = system == "phone" || system == "sms";
    if (text_at(point, "use") == "old" || (!is_phone && system != "email") || points.size() == kContactPointsMax) {
      person.notes.push_back("a contact point that is old, neither phone nor e-mail, or beyond the sixteenth was left out");
      continue;
    }
    points.push_back(json::object{{"kind", is_phone ? "phone" : "email"}, {"raw", text(value)}});
  }
  profile["contact_points"] = std::move(points);
  for (const json::value& spoken : list_at(patient, "communication")) {
    const json::array& codings = list_at(object_at(as_object(spoken), "language"), "coding");
    if (codings.empty() || (profile.contains("language") && !is_true(as_object(spoken), "preferred"))) continue;
    profile["language"] = text(text_at(as_object(codings.front()), "code"));
  }
  const json::object& home = object_at(object_at(patient, "managingOrganization"), "identifier");
  if (text_at(home, "system") == kFhirSiteSystem) profile["home_site"] = text(text_at(home, "value"));
  const json::value* active = patient.if_contains("active");
  const bool inactive = active != nullptr && active->is_bool() && !active->get_bool();
  const bool deceased = is_true(patient, "deceasedBoolean") || patient.contains("deceasedDateTime");
  profile["status"] = deceased ? "deceased" : inactive ? "inactive" : "patient";
  profile["provenance"] = "imported";
  return person;
}

// ---- Appointment

constexpr std::array<std::string_view, 10> kStatuses = {"proposed",  "pending", "booked",           "arrived",    "fulfilled",
                                                        "cancelled", "noshow",  "entered-in-error", "checked-in", "waitlist"};
constexpr std::array<std::string_view, 4> kParticipations = {"accepted", "declined", "tentative", "needs-action"};
constexpr std::array<std::string_view, 9> kPurposes = {"other", "exam",    "hygiene", "restorative", "endo",
                                                       "perio", "prostho", "surgery", "ortho"};

/// What every reader of FHIR asks of an Appointment, before it means anything here.
std::optional<Problem> objection(const json::object& appointment) {
  const auto no = [](auto... words) { return refuse(words...).value(); };
  const std::string status = text_at(appointment, "status");
  if (status.empty()) return no("status-required", "an Appointment has a status", "Appointment.status");
  if (!is_one_of(status, kStatuses)) return no("appointmentstatus", "status is one of the ten codes of R4", "Appointment.status");
  if (list_at(appointment, "participant").empty())
    return no("participant-required", "an Appointment has at least one participant", "Appointment.participant");
  for (const json::value& one : list_at(appointment, "participant")) {
    const json::object& participant = as_object(one);
    if (!is_one_of(text_at(participant, "status"), kParticipations))
      return no("participationstatus", "each participant is accepted, declined, tentative or needs-action",
                "Appointment.participant.status");
    if (!participant.contains("type") && !participant.contains("actor"))
      return no("app-1", "either the type or the actor of a participant is given", "Appointment.participant");
  }
  const bool starts = appointment.contains("start"), ends = appointment.contains("end");
  if (starts != ends) return no("app-2", "start and end are given both, or neither", "Appointment");
  if (!starts && status != "proposed" && status != "cancelled" && status != "waitlist")
    return no("app-3", "only a proposed or cancelled appointment, or one on the waitlist, may have no time", "Appointment");
  // As published, app-4 names a code that does not exist; what it means to allow is both.
  if (appointment.contains("cancelationReason") && status != "cancelled" && status != "noshow")
    return no("app-4", "a cancelationReason belongs to what was cancelled or missed", "Appointment.cancelationReason");
  return std::nullopt;
}

struct Parties {
  std::string person;
  std::string provider;
  std::string site;
};

tl::expected<Parties, Problem> parties_of(const json::object& appointment, const FhirSource& source) {
  Parties parties;
  for (const json::value& one : list_at(appointment, "participant")) {
    const json::object& actor = object_at(as_object(one), "actor");
    if (is_reference_to(actor, "Patient")) {
      if (!parties.person.empty())
        return refuse("one-patient", "a visit is one person's: send one Appointment for each", "Appointment.participant");
      parties.person = person_of_reference(source, actor);
    } else if (is_reference_to(actor, "Practitioner") && parties.provider.empty()) {
      parties.provider = named(actor, "Practitioner", kFhirProviderSystem);
    } else if (is_reference_to(actor, "Location") && parties.site.empty() &&
               text_at(object_at(actor, "identifier"), "system") != kFhirChairSystem) {
      parties.site = named(actor, "Location", kFhirSiteSystem);
    }
  }
  if (parties.person.empty())
    return refuse("patient-required", "a visit is somebody's: a participant is a Patient", "Appointment.participant");
  if (parties.site.empty())
    return refuse("location-required", "a visit takes place at a site: a participant is a Location", "Appointment.participant");
  return parties;
}

/// What became of a visit of the past; a refusal when the resource does not tell.
tl::expected<std::string, Problem> outcome_of(std::string_view status, const FhirSource& source) {
  if (status == "booked" && !source.past_booked.empty()) status = source.past_booked;
  if (status == "fulfilled" || status == "arrived" || status == "checked-in") return "completed";
  if (status == "noshow") return "no_show";
  if (status == "cancelled") return "cancelled";
  if (status == "booked") {
    return refuse(
        "past-visit-outcome",
        "its time has passed and nobody says what became of it: send fulfilled, noshow or cancelled, or say past_booked in the address",
        "Appointment.status");
  }
  return refuse("agreed-visits-only", "what was only proposed, pending or waited for was no visit", "Appointment.status");
}

tl::expected<FromFhir, Problem> read_appointment(const json::object& appointment, const FhirSource& source) {
  if (auto problem = objection(appointment)) return tl::unexpected(std::move(*problem));
  const std::string status = text_at(appointment, "status");
  if (status == "entered-in-error") return refuse("entered-in-error", "it says of itself that it never was", "Appointment.status");
  if (!appointment.contains("start"))
    return refuse("time-required", "a visit that has no time takes no place in a calendar and is no history", "Appointment.start");
  const auto start = parse_instant(text_at(appointment, "start")), end = parse_instant(text_at(appointment, "end"));
  if (!start || !end) return refuse("instant", "start and end have seconds, and an offset or Z", "Appointment.start");
  const auto minutes = std::chrono::floor<std::chrono::minutes>(*end - *start).count();
  if (minutes < 1 || minutes > 24 * 60) return refuse("duration", "a visit ends after it starts, within a day", "Appointment.end");
  auto parties = parties_of(appointment, source);
  if (!parties) return tl::unexpected(std::move(parties.error()));

  VisitFromFhir visit{};
  visit.site = std::move(parties->site);
  visit.person = std::move(parties->person);
  visit.provider = std::move(parties->provider);
  visit.start = *start;
  visit.duration_minutes = static_cast<int>(minutes);
  visit.booked_at = parse_instant(text_at(appointment, "created"));
  visit.visit_types = codes(appointment, "serviceType", kFhirVisitTypeSystem);
  visit.purpose = "other";
  for (const std::string& code : codes(appointment, "serviceCategory", kFhirPurposeSystem))
    if (is_one_of(code, kPurposes)) visit.purpose = code;
  visit.appointment = identified(list_at(appointment, "identifier"), kFhirAppointmentSystem);
  if (visit.appointment.empty()) {
    const std::string name = name_at_source(appointment);
    if (name.empty())
      return refuse("id-or-identifier", "without an id or an identifier it could not be recognised when it comes again", "Appointment.id");
    visit.appointment = visit.site + ".f-" + id_suffix(source.principal, "Appointment", name);
  }

  if (*end <= source.now) {
    auto outcome = outcome_of(status, source);
    if (!outcome) return tl::unexpected(std::move(outcome.error()));
    visit.kind = VisitFromFhir::Kind::kHistory;
    visit.outcome = std::move(*outcome);
    return visit;
  }
  if (*start <= source.now) return refuse("visit-under-way", "it is taken when it is over", "Appointment.start");
  if (status != "booked")
    return refuse("future-visit-booked", "a visit that is still to come is taken when it is booked", "Appointment.status");
  if (visit.provider.empty())
    return refuse("practitioner-required", "a visit to come takes somebody's time: a participant is a Practitioner",
                  "Appointment.participant");
  visit.kind = VisitFromFhir::Kind::kBooking;
  return visit;
}

// ---- Schedule and Slot

tl::expected<FromFhir, Problem> read_schedule(const json::object& schedule) {
  if (list_at(schedule, "actor").empty()) return refuse("actor-required", "a Schedule has at least one actor", "Schedule.actor");
  const json::value* active = schedule.if_contains("active");
  if (active != nullptr && active->is_bool() && !active->get_bool())
    return refuse("schedule-active", "a calendar that is not in use any more is not taken", "Schedule.active");
  ScheduleFromFhir calendar;
  for (const json::value& one : list_at(schedule, "actor")) {
    const json::object& actor = as_object(one);
    if (is_reference_to(actor, "Practitioner") && calendar.provider.empty()) {
      calendar.provider = named(actor, "Practitioner", kFhirProviderSystem);
      calendar.name = text_at(actor, "display");
    } else if (is_reference_to(actor, "Location") && calendar.site.empty()) {
      calendar.site = named(actor, "Location", kFhirSiteSystem);
    }
  }
  if (calendar.provider.empty() || calendar.site.empty())
    return refuse("provider-at-a-site", "a calendar is a provider's at a site: a Practitioner and a Location", "Schedule.actor");
  if (calendar.name.empty()) calendar.name = calendar.provider;
  return calendar;
}

tl::expected<FromFhir, Problem> read_slot(const json::object& slot, const FhirSource& source) {
  constexpr std::array<std::string_view, 5> kSlotStatuses = {"busy", "free", "busy-unavailable", "busy-tentative", "entered-in-error"};
  if (!slot.contains("schedule")) return refuse("schedule-required", "a Slot is of a Schedule", "Slot.schedule");
  const std::string status = text_at(slot, "status");
  if (!is_one_of(status, kSlotStatuses)) return refuse("slotstatus", "status is one of the five codes of R4", "Slot.status");
  const auto start = parse_instant(text_at(slot, "start")), end = parse_instant(text_at(slot, "end"));
  if (!start || !end) return refuse("instant", "start and end have seconds, and an offset or Z", "Slot.start");
  if (*end <= *start) return refuse("duration", "a Slot ends after it starts", "Slot.end");
  if (status == "entered-in-error") return refuse("entered-in-error", "it says of itself that it never was", "Slot.status");
  if (*end <= source.now)
    return refuse("slot-in-the-past", "a slot of the past is no visit: the history is in the Appointments", "Slot.end");
  if (status == "free") return refuse("slots-are-computed", "what is free follows from opening hours and shifts: set those", "Slot.status");
  return refuse("busy-is-a-visit", "time is taken by a visit or by the calendar: send the Appointment, or set the shifts", "Slot.status");
}

}  // namespace

tl::expected<FromFhir, Problem> read_fhir(const json::object& resource, const FhirSource& source) {
  // Both change the meaning of what stands beside them, so that to pass over them is to misread it.
  for (const char* name : {"modifierExtension", "implicitRules"}) {
    if (resource.contains(name))
      return refuse("modifiers-unknown", std::string(name) + " changes the meaning in a way that is not known here", name);
  }
  const std::string type = text_at(resource, "resourceType");
  if (type == "Patient") return read_patient(resource, source);
  if (type == "Appointment") return read_appointment(resource, source);
  if (type == "Schedule") return read_schedule(resource);
  if (type == "Slot") return read_slot(resource, source);
  return refuse("resource-type", "Patient, Appointment, Schedule and Slot are taken", "resourceType");
}

tl::expected<std::vector<FhirEntry>, Problem> read_fhir_batch(const json::object& bundle) {
  if (text_at(bundle, "resourceType") != "Bundle")
    return refuse("bundle-expected", "here a Bundle is taken; a resource goes to the address of its type");
  if (text_at(bundle, "type") != "batch")
    return refuse("batch-only", "entries are taken one by one, each for itself: send a Bundle of type batch", "Bundle.type");
  const json::array& given = list_at(bundle, "entry");
  if (given.size() > kFhirEntriesMax)
    return refuse("too-many-entries", fmt::format("at most {} entries at once", kFhirEntriesMax), "Bundle.entry");
  std::vector<FhirEntry> entries;
  for (const json::value& one : given) {
    const json::object& object = as_object(one);
    FhirEntry entry{text_at(object_at(object, "resource"), "resourceType"), object_at(object, "resource"), {}};
    const json::object& request = object_at(object, "request");
    if (text_at(request, "method") != "POST" || text_at(request, "url") != entry.type || entry.type.empty()) {
      entry.refused = refuse("entry-request", "an entry's request is POST to the type of its resource", "Bundle.entry.request").value();
    }
    if (const std::string url = text_at(object, "fullUrl"); !entry.resource.contains("id") && url.starts_with("urn:"))
      entry.resource["id"] = text(url);
    entries.push_back(std::move(entry));
  }
  return entries;
}

}  // namespace bridgework::gateway
