#include "support/fhir_rules.hpp"

#include <regex>
#include <set>
#include <string_view>

#include <boost/json.hpp>

namespace bridgework::support {
namespace {

namespace json = boost::json;

const std::set<std::string> kAppointmentStatus = {"proposed",  "pending", "booked",           "arrived",    "fulfilled",
                                                  "cancelled", "noshow",  "entered-in-error", "checked-in", "waitlist"};
const std::set<std::string> kParticipation = {"accepted", "declined", "tentative", "needs-action"};
const std::set<std::string> kRequired = {"required", "optional", "information-only"};
const std::set<std::string> kSlotStatus = {"busy", "free", "busy-unavailable", "busy-tentative", "entered-in-error"};
const std::set<std::string> kBundleType = {"searchset", "batch", "batch-response", "transaction", "transaction-response", "collection"};
const std::set<std::string> kSeverity = {"fatal", "error", "warning", "information"};
const std::set<std::string> kIssue = {
    "invalid",       "structure",  "required",   "value",      "invariant", "security",      "login",           "unknown",
    "expired",       "forbidden",  "suppressed", "processing", "not-found", "not-supported", "duplicate",       "deleted",
    "business-rule", "conflict",   "transient",  "throttled",  "timeout",   "exception",     "too-long",        "too-costly",
    "informational", "lock-error", "no-store",   "incomplete", "extension", "code-invalid",  "multiple-matches"};

class Reader {
 public:
  explicit Reader(std::vector<std::string>& faults) : faults_(faults) {}

  void resource(const json::value& value, const std::string& at) {
    const json::object* object = value.if_object();
    if (object == nullptr) return fault(at, "a resource is an object");
    no_empty(value, at);
    const std::string type = text(*object, "resourceType");
    if (object->contains("id") && !std::regex_match(text(*object, "id"), std::regex("[A-Za-z0-9.-]{1,64}")))
      fault(at, "id: [A-Za-z0-9.-]{1,64}");
    if (type == "Patient") patient(*object, at);
    else if (type == "Appointment") appointment(*object, at);
    else if (type == "Schedule") schedule(*object, at);
    else if (type == "Slot") slot(*object, at);
    else if (type == "Bundle") bundle(*object, at);
    else if (type == "OperationOutcome") outcome(*object, at);
    else if (type == "CapabilityStatement") capabilities(*object, at);
    else fault(at, "resourceType: not one that is exported");
  }

 private:
  void fault(const std::string& at, const std::string& rule) { faults_.push_back(at + ": " + rule); }

  static std::string text(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
  }
  static const json::array& list(const json::object& object, std::string_view name) {
    static const json::array kNone;
    const json::value* value = object.if_contains(name);
    return value != nullptr && value->is_array() ? value->get_array() : kNone;
  }
  void code(const json::object& object, std::string_view name, const std::set<std::string>& codes, const std::string& at) {
    if (!codes.contains(text(object, name))) fault(at + "." + std::string(name), "required, and one of its codes");
  }
  void instant(const json::object& object, std::string_view name, const std::string& at) {
    static const std::regex kInstant(R"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2}))");
    if (!std::regex_match(text(object, name), kInstant)) fault(at + "." + std::string(name), "an instant has seconds and an offset or Z");
  }

  /// Nothing in JSON FHIR is empty: no text, no array, no object, no null outside of primitive arrays.
  void no_empty(const json::value& value, const std::string& at) {
    if (value.is_null()) fault(at, "no null");
    if (value.is_string() && value.get_string().empty()) fault(at, "no empty text");
    if (const json::array* items = value.if_array()) {
      if (items->empty()) fault(at, "no empty array");
      for (std::size_t i = 0; i < items->size(); ++i) no_empty((*items)[i], at + "[" + std::to_string(i) + "]");
    }
    if (const json::object* members = value.if_object()) {
      if (members->empty()) fault(at, "ele-1: no empty object");
      for (const auto& member : *members) no_empty(member.value(), at + "." + std::string(member.key()));
    }
  }

  void reference(const json::object& object, const std::string& at) {
    if (!object.contains("reference") && !object.contains("identifier") && !object.contains("display")) fault(at, "ref: names nothing");
    static const std::regex kReference(R"(([A-Za-z]+)/[A-Za-z0-9.-]{1,64})");
    const std::string written = text(object, "reference");
    std::smatch parts;
    if (!written.empty() && !std::regex_match(written, parts, kReference)) fault(at, "reference: Type/id");
    else if (!written.empty() && object.contains("type") && text(object, "type") != parts[1].str())
      fault(at, "type: that of the reference");
  }

  void patient(const json::object& patient, const std::string& at) {
    if (patient.contains("active") && !patient.at("active").is_bool()) fault(at, "active: boolean");
    if (patient.contains("deceasedBoolean") && !patient.at("deceasedBoolean").is_bool()) fault(at, "deceased[x]: boolean");
    if (patient.contains("deceasedBoolean") && patient.contains("deceasedDateTime")) fault(at, "deceased[x]: one of them");
    static const std::regex kDate(R"(\d{4}(-\d{2}(-\d{2})?)?)");
    if (patient.contains("birthDate") && !std::regex_match(text(patient, "birthDate"), kDate)) fault(at, "birthDate: a date");
    for (const json::value& point : list(patient, "telecom")) {
      static const std::set<std::string> kSystems = {"phone", "fax", "email", "pager", "url", "sms", "other"};
      if (!kSystems.contains(text(point.as_object(), "system"))) fault(at + ".telecom", "cpt-2: a value needs a system");
    }
    for (const json::value& spoken : list(patient, "communication"))
      if (!spoken.as_object().contains("language")) fault(at + ".communication", "language is required");
    for (const json::value& linked : list(patient, "link")) {
      if (!linked.as_object().contains("other") || !linked.as_object().contains("type")) fault(at + ".link", "other and type are required");
    }
    if (const json::value* organization = patient.if_contains("managingOrganization"))
      reference(organization->as_object(), at + ".managingOrganization");
  }

  void appointment(const json::object& appointment, const std::string& at) {
    code(appointment, "status", kAppointmentStatus, at);
    const std::string status = text(appointment, "status");
    if (list(appointment, "participant").empty()) fault(at, "participant: at least one");
    for (const json::value& one : list(appointment, "participant")) {
      const json::object& participant = one.as_object();
      code(participant, "status", kParticipation, at + ".participant");
      if (participant.contains("required")) code(participant, "required", kRequired, at + ".participant");
      if (!participant.contains("type") && !participant.contains("actor")) fault(at + ".participant", "app-1: type or actor");
      if (const json::value* actor = participant.if_contains("actor")) reference(actor->as_object(), at + ".participant.actor");
    }
    const bool starts = appointment.contains("start"), ends = appointment.contains("end");
    if (starts != ends) fault(at, "app-2: start and end, both or neither");
    if (!starts && status != "proposed" && status != "cancelled" && status != "waitlist")
      fault(at, "app-3: no time only when proposed, cancelled, waitlist");
    if (starts) instant(appointment, "start", at);
    if (ends) instant(appointment, "end", at);
    if (starts && ends && text(appointment, "end") < text(appointment, "start")) fault(at, "end: not before start");
    // As published, app-4 compares with 'no-show', which is no code: so a strict reader allows the reason on `cancelled` alone.
    if (appointment.contains("cancelationReason") && status != "cancelled") fault(at, "app-4: cancelationReason only when cancelled");
    if (appointment.contains("cancellationReason")) fault(at, "R4 writes cancelationReason");
    if (const json::value* minutes = appointment.if_contains("minutesDuration");
        minutes != nullptr && (!minutes->is_number() || minutes->to_number<double>() < 1))
      fault(at, "minutesDuration: positive");
    for (const json::value& about : list(appointment, "supportingInformation")) reference(about.as_object(), at + ".supportingInformation");
  }

  void schedule(const json::object& schedule, const std::string& at) {
    if (list(schedule, "actor").empty()) fault(at, "actor: at least one");
    for (const json::value& actor : list(schedule, "actor")) reference(actor.as_object(), at + ".actor");
    if (schedule.contains("active") && !schedule.at("active").is_bool()) fault(at, "active: boolean");
  }

  void slot(const json::object& slot, const std::string& at) {
    if (!slot.contains("schedule")) fault(at, "schedule is required");
    else reference(slot.at("schedule").as_object(), at + ".schedule");
    code(slot, "status", kSlotStatus, at);
    instant(slot, "start", at);
    instant(slot, "end", at);
    if (text(slot, "end") <= text(slot, "start")) fault(at, "end: after start");
  }

  void bundle(const json::object& bundle, const std::string& at) {
    code(bundle, "type", kBundleType, at);
    const std::string type = text(bundle, "type");
    if (bundle.contains("total") && type != "searchset") fault(at, "bdl-1: total only of a search");
    std::set<std::string> urls;
    std::size_t i = 0;
    for (const json::value& one : list(bundle, "entry")) {
      const std::string where = at + ".entry[" + std::to_string(i++) + "]";
      const json::object& entry = one.as_object();
      if (entry.contains("search") && type != "searchset") fault(where, "bdl-2: search only of a search");
      if ((entry.contains("response")) != (type == "batch-response" || type == "transaction-response")) fault(where, "bdl-4: response");
      if (entry.contains("response") && !std::regex_search(text(entry.at("response").as_object(), "status"), std::regex("^[0-9]{3}")))
        fault(where, "response.status is required");
      if (!entry.contains("resource") && !entry.contains("request") && !entry.contains("response"))
        fault(where, "bdl-5: a resource, a request or a response");
      if (const std::string url = text(entry, "fullUrl"); !url.empty() && !urls.insert(url).second)
        fault(where, "bdl-7: fullUrl is unique");
      if (const json::value* inside = entry.if_contains("resource")) resource(*inside, where);
      if (const json::value* response = entry.if_contains("response")) {
        if (const json::value* told = response->as_object().if_contains("outcome")) resource(*told, where + ".response.outcome");
      }
    }
  }

  void outcome(const json::object& outcome, const std::string& at) {
    if (list(outcome, "issue").empty()) fault(at, "issue: at least one");
    for (const json::value& issue : list(outcome, "issue")) {
      code(issue.as_object(), "severity", kSeverity, at + ".issue");
      code(issue.as_object(), "code", kIssue, at + ".issue");
    }
  }

  void capabilities(const json::object& statement, const std::string& at) {
    for (const char* name : {"status", "date", "kind", "fhirVersion", "format"})
      if (!statement.contains(name)) fault(at, std::string(name) + " is required");
    if (text(statement, "kind") == "instance" && !statement.contains("implementation"))
      fault(at, "cpb-15: an instance has an implementation");
    for (const json::value& rest : list(statement, "rest")) {
      if (text(rest.as_object(), "mode") != "server") fault(at, "rest.mode is required");
      std::set<std::string> types;
      for (const json::value& resource : list(rest.as_object(), "resource"))
        if (!types.insert(text(resource.as_object(), "type")).second) fault(at, "cpb-9: a resource stands once");
    }
  }

  std::vector<std::string>& faults_;
};

}  // namespace

std::vector<std::string> fhir_faults(const json::value& resource) {
  std::vector<std::string> faults;
  Reader(faults).resource(resource, "$");
  return faults;
}

}  // namespace bridgework::support
