#include "gateway/fhir_resource.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>

#include "gateway/ids.hpp"
#include "gateway/json_text.hpp"
#include "gateway/times.hpp"

namespace bridgework::gateway {
namespace {

namespace json = boost::json;
using messages::VisitState;

json::string text(std::string_view from) { return json::string(from.data(), from.size()); }

// ---- ids

constexpr std::string_view kHex = "0123456789abcdef";

constexpr std::string_view kShort = "s-";
constexpr std::size_t kShortLength = 15;
/// What a site's letters, a dot and what stands for moves leave to the visit's own part.
constexpr std::size_t kOwnPartMax = kFhirIdMax - (kShortLength + 1) - (kShortLength + 1);

enum class Dot { kStays, kIsWritten };

bool stays(char c, Dot dot) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c == '.' && dot == Dot::kStays);
}

std::string escaped(std::string_view id, Dot dot) {
  std::string out;
  for (std::size_t i = 0; i < id.size(); ++i) {
    // A hyphen stands for itself only where no escape can seem to begin.
    const bool plain = id[i] == '-' ? i + 1 == id.size() || stays(id[i + 1], dot) : stays(id[i], dot);
    if (plain) {
      out += id[i];
      continue;
    }
    const auto byte = static_cast<unsigned char>(id[i]);
    out.append("--").append(1, kHex[byte >> 4]).append(1, kHex[byte & 15]);
  }
  return out;
}

std::optional<std::string> unescaped(std::string_view given) {
  std::string out;
  for (std::size_t i = 0; i < given.size(); ++i) {
    if (given[i] != '-' || i + 1 == given.size() || given[i + 1] != '-') {
      if (given[i] != '-' && !stays(given[i], Dot::kStays)) return std::nullopt;
      out += given[i];
      continue;
    }
    if (i + 3 >= given.size()) return std::nullopt;
    const std::size_t high = kHex.find(given[i + 2]), low = kHex.find(given[i + 3]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 3;
  }
  return is_utf8(out) ? std::optional(out) : std::nullopt;
}

/// The parts of an id that was joined by dots, each unescaped; nothing unless there are exactly so many, none of them empty.
std::optional<std::vector<std::string>> parts_of(std::string_view given, std::size_t count) {
  std::vector<std::string> parts;
  for (;;) {
    const std::size_t dot = given.find('.');
    auto part = unescaped(given.substr(0, dot));
    if (!part || part->empty()) return std::nullopt;
    parts.push_back(std::move(*part));
    if (dot == std::string_view::npos) break;
    given.remove_prefix(dot + 1);
  }
  return parts.size() == count ? std::optional(parts) : std::nullopt;
}

// ---- parts of resources

json::array identifiers(std::string_view system, std::string_view value) {
  return json::array{json::object{{"system", text(system)}, {"value", text(value)}}};
}

json::object reference(std::string_view type, std::string_view id, std::string_view system) {
  return {{"reference", text(std::string(type) + "/" + (type == "Appointment" ? visit_fhir_id(id) : fhir_id(id)))},
          {"type", text(type)},
          {"identifier", {{"system", text(system)}, {"value", text(id)}}}};
}

json::object concept_of(std::string_view system, std::string_view code) {
  return {{"coding", json::array{json::object{{"system", text(system)}, {"code", text(code)}}}}};
}

json::string instant_text(Instant at) {
  std::string out;
  append_instant(out, at);
  return text(out);
}

struct Status {
  VisitState state;
  std::string_view appointment;
  std::string_view patient;  ///< of the patient's participation
};
/// Every state that is an appointment.
constexpr std::array kStatuses = {
    Status{VisitState::kHeld, "pending", "tentative"},        Status{VisitState::kBooked, "booked", "needs-action"},
    Status{VisitState::kConfirmed, "booked", "accepted"},     Status{VisitState::kArrived, "arrived", "accepted"},
    Status{VisitState::kSeated, "checked-in", "accepted"},    Status{VisitState::kCompleted, "fulfilled", "accepted"},
    Status{VisitState::kCheckedOut, "fulfilled", "accepted"}, Status{VisitState::kCancelled, "cancelled", "declined"},
    Status{VisitState::kNoShow, "noshow", "accepted"},        Status{VisitState::kMoved, "cancelled", "declined"},
    Status{VisitState::kPlanned, "proposed", "needs-action"}};

std::string_view issue_code(const Problem& problem) {
  switch (problem.status) {
    case 400: return "invalid";
    case 401: return "login";
    case 403: return "forbidden";
    case 404: return "not-found";
    case 405:
    case 406:
    case 415: return "not-supported";
    case 409: return "business-rule";
    case 410: return "deleted";
    case 413: return "too-costly";
    case 422: return "processing";
    case 429: return "throttled";
    case 503: return "transient";
    case 504: return "timeout";
    default: return "exception";
  }
}

}  // namespace

std::string fhir_id(std::string_view id) { return escaped(id, Dot::kStays); }

std::optional<std::string> id_of_fhir(std::string_view given) {
  auto id = unescaped(given);
  if (!id || id->empty() || fhir_id(*id) != given) return std::nullopt;
  return id;
}

std::string short_fhir_id(std::string_view id) { return std::string(kShort) + id_suffix("fhir", "id", id); }

bool is_short_fhir_id(std::string_view text) {
  return text.size() == kShortLength && text.starts_with(kShort) &&
         std::ranges::all_of(text.substr(kShort.size()), [](char c) { return (c >= 'a' && c <= 'z') || (c >= '2' && c <= '7'); });
}

std::string unfit_for_fhir(std::string_view id_type, std::string_view id) {
  if (id_type == "PersonId" || id_type == "SiteId" || id_type == "ProviderId") {
    if (fhir_id(id).size() > kFhirIdMax)
      return fmt::format("must have at most {} letters as FHIR writes it, where each of _ + @ takes four", kFhirIdMax);
  } else if (id_type == "AppointmentId") {
    const std::string_view first = move_chain_of(id).first;
    const std::size_t dot = first.find('.');
    if (dot != std::string_view::npos && fhir_id(first.substr(dot + 1)).size() > kOwnPartMax)
      return fmt::format("must have at most {} letters behind the site as FHIR writes it, where each of _ + @ takes four", kOwnPartMax);
  }
  return {};
}

std::string visit_fhir_id(std::string_view id) {
  std::string whole = fhir_id(id);
  if (whole.size() <= kFhirIdMax) return whole;
  const MoveChain chain = move_chain_of(id);
  const std::string moves = chain.moves == 0 ? std::string() : "." + short_fhir_id(id);
  std::string first = fhir_id(chain.first) + moves;
  if (first.size() <= kFhirIdMax) return first;
  const std::size_t dot = std::min(chain.first.find('.'), chain.first.size());
  return short_fhir_id(chain.first.substr(0, dot)) + fhir_id(chain.first.substr(dot)) + moves;
}

std::optional<std::string> unmoved_id_of(std::string_view id) {
  const std::size_t dot = id.rfind('.');
  if (dot == std::string_view::npos || !is_short_fhir_id(id.substr(dot + 1))) return std::nullopt;
  return std::string(id.substr(0, dot));
}

std::string schedule_fhir_id(const ScheduleKey& key) {
  std::string whole = escaped(key.site, Dot::kIsWritten) + "." + escaped(key.provider, Dot::kIsWritten);
  return whole.size() <= kFhirIdMax ? whole : short_fhir_id(key.site) + "." + short_fhir_id(key.provider);
}

std::optional<ScheduleKey> schedule_of_fhir_id(std::string_view given) {
  const auto parts = parts_of(given, 2);
  if (!parts) return std::nullopt;
  return ScheduleKey{(*parts)[0], (*parts)[1]};
}

std::string slot_fhir_id(const SlotKey& key) {
  std::string at;
  append_local(at, key.local_start);
  std::erase_if(at, [](char c) { return c == '-' || c == ':'; });
  at.resize(13);
  const auto& [site, provider] = key.schedule;
  std::string whole =
      escaped(site, Dot::kIsWritten) + "." + escaped(provider, Dot::kIsWritten) + "." + escaped(key.visit_type, Dot::kIsWritten);
  if (whole.size() + 1 + at.size() > kFhirIdMax)
    whole = short_fhir_id(site) + "." + short_fhir_id(provider) + "." + short_fhir_id(key.visit_type);
  return whole + "." + at;
}

std::optional<SlotKey> slot_of_fhir_id(std::string_view given) {
  const auto parts = parts_of(given, 4);
  if (!parts || (*parts)[3].size() != 13) return std::nullopt;
  const std::string& at = (*parts)[3];
  const auto local =
      parse_local(fmt::format("{}-{}-{}T{}:{}", at.substr(0, 4), at.substr(4, 2), at.substr(6, 2), at.substr(9, 2), at.substr(11)));
  if (!local || at[8] != 'T') return std::nullopt;
  return SlotKey{{(*parts)[0], (*parts)[1]}, (*parts)[2], *local};
}

json::object fhir_patient(const messages::PersonView& view) {
  const messages::PersonProfile& profile = view.profile;
  using messages::PersonStatus;
  json::object patient{{"resourceType", "Patient"},
                       {"id", text(fhir_id(view.person.text()))},
                       {"identifier", identifiers(kFhirPersonSystem, view.person.text())},
                       {"active", profile.status == PersonStatus::kProspect || profile.status == PersonStatus::kPatient}};
  const std::string& given = profile.given_name.reveal();
  const std::string& family = profile.family_name.reveal();
  if (!given.empty() || !family.empty()) {
    json::object name{{"use", "official"}};
    if (!family.empty()) name["family"] = text(family);
    if (!given.empty()) name["given"] = json::array{text(given)};
    patient["name"] = json::array{std::move(name)};
  }
  json::array telecom;
  for (const messages::ContactPoint& point : profile.contact_points) {
    const std::string& value = point.value.reveal().empty() ? point.raw.reveal() : point.value.reveal();
    if (value.empty()) continue;
    telecom.push_back(json::object{{"system", point.kind == messages::ContactKind::kEmail ? "email" : "phone"}, {"value", text(value)}});
  }
  if (!telecom.empty()) patient["telecom"] = std::move(telecom);
  if (const auto& day = profile.birth_day.reveal()) {
    std::string birth_date;
    append_day(birth_date, *day);
    patient["birthDate"] = text(birth_date);
  }
  patient["deceasedBoolean"] = profile.status == PersonStatus::kDeceased;
  if (!profile.language.empty()) {
    patient["communication"] =
        json::array{json::object{{"language", concept_of("urn:ietf:bcp:47", profile.language)}, {"preferred", true}}};
  }
  if (!profile.home_site.empty()) {
    patient["managingOrganization"] = json::object{
        {"type", "Organization"}, {"identifier", {{"system", text(kFhirSiteSystem)}, {"value", text(profile.home_site.text())}}}};
  }
  return patient;
}

std::optional<json::object> fhir_appointment(const messages::AppointmentView& view) {
  const auto status = std::ranges::find(kStatuses, view.state, &Status::state);
  if (status == kStatuses.end()) return std::nullopt;
  const messages::Visit& visit = view.visit;
  json::object appointment{{"resourceType", "Appointment"},
                           {"id", text(visit_fhir_id(view.appointment.text()))},
                           {"identifier", identifiers(kFhirAppointmentSystem, view.appointment.text())},
                           {"status", text(status->appointment)}};
  if (view.state == VisitState::kMoved) {
    json::object reason = concept_of("http://terminology.hl7.org/CodeSystem/appointment-cancellation-reason", "other");
    reason["text"] = "Rescheduled";
    appointment["cancelationReason"] = std::move(reason);
    if (!view.moved_to.empty()) {
      json::object to = reference("Appointment", view.moved_to.text(), kFhirAppointmentSystem);
      to["display"] = "Rescheduled to this one";
      appointment["supportingInformation"] = json::array{std::move(to)};
    }
  }
  appointment["serviceCategory"] = json::array{concept_of(kFhirPurposeSystem, to_string(visit.purpose))};
  if (!visit.visit_type.empty()) appointment["serviceType"] = json::array{concept_of(kFhirVisitTypeSystem, visit.visit_type)};
  if (view.state != VisitState::kPlanned) {
    appointment["start"] = instant_text(visit.start);
    appointment["end"] = instant_text(visit.start + std::chrono::minutes(visit.duration_minutes));
  }
  if (visit.duration_minutes > 0) appointment["minutesDuration"] = visit.duration_minutes;

  json::array participants;
  const auto add = [&](json::object actor, std::string_view said) {
    participants.push_back(json::object{{"actor", std::move(actor)}, {"required", "required"}, {"status", text(said)}});
  };
  add(reference("Patient", view.person.text(), kFhirPersonSystem), status->patient);
  if (!visit.provider.empty()) add(reference("Practitioner", visit.provider.text(), kFhirProviderSystem), "accepted");
  add(reference("Location", view.site.text(), kFhirSiteSystem), "accepted");
  if (!visit.chair.empty()) {
    // A chair is a place inside the site, known by its identifier alone.
    add({{"type", "Location"}, {"identifier", {{"system", text(kFhirChairSystem)}, {"value", text(visit.chair.text())}}}}, "accepted");
  }
  appointment["participant"] = std::move(participants);
  return appointment;
}

json::object fhir_schedule(const ScheduleKey& key) {
  return {{"resourceType", "Schedule"},
          {"id", text(schedule_fhir_id(key))},
          {"active", true},
          {"actor",
           json::array{reference("Practitioner", key.provider, kFhirProviderSystem), reference("Location", key.site, kFhirSiteSystem)}}};
}

json::object fhir_slot(const messages::Slot& slot, std::string_view visit_type) {
  const ScheduleKey schedule{slot.site.text(), slot.provider.text()};
  return {{"resourceType", "Slot"},
          {"id", text(slot_fhir_id({schedule, std::string(visit_type), slot.local_start}))},
          {"serviceType", json::array{concept_of(kFhirVisitTypeSystem, visit_type)}},
          {"schedule", {{"reference", text("Schedule/" + schedule_fhir_id(schedule))}}},
          {"status", "free"},
          {"start", instant_text(slot.start)},
          {"end", instant_text(slot.start + std::chrono::minutes(slot.duration_minutes))}};
}

json::object fhir_searchset(const FhirPage& page, std::vector<json::object> resources) {
  const std::size_t total = resources.size();
  const std::size_t from = std::min(page.offset, total);
  const std::size_t until = page.count ? std::min(total, from + *page.count) : total;
  const auto link = [&](std::string_view relation, std::size_t offset) {
    std::string url = page.base + "/" + page.type;
    std::string query = page.query;
    if (page.count) query += fmt::format("{}_count={}&_offset={}", query.empty() ? "" : "&", *page.count, offset);
    if (!query.empty()) url += "?" + query;
    return json::object{{"relation", text(relation)}, {"url", text(url)}};
  };
  json::array links{link("self", from)};
  if (until<total&& * page.count> 0) links.push_back(link("next", until));
  json::array entries;
  for (std::size_t i = from; i < until; ++i) {
    const json::string& id = resources[i].at("id").as_string();
    entries.push_back(json::object{{"fullUrl", text(page.base + "/" + page.type + "/" + std::string(id.data(), id.size()))},
                                   {"resource", std::move(resources[i])},
                                   {"search", {{"mode", "match"}}}});
  }
  json::object bundle{{"resourceType", "Bundle"}, {"type", "searchset"}, {"total", total}, {"link", std::move(links)}};
  // FHIR knows no empty array.
  if (!entries.empty()) bundle["entry"] = std::move(entries);
  return bundle;
}

json::object fhir_outcome(const Problem& problem) {
  json::object issue{{"severity", "error"},
                     {"code", text(issue_code(problem))},
                     {"details",
                      {{"coding", json::array{json::object{{"system", "urn:bridgework:problem"}, {"code", text(problem.code)}}}},
                       {"text", text(is_utf8(problem.detail) ? problem.detail : "the request holds bytes that are no UTF-8")}}}};
  if (!problem.path.empty() && is_utf8(problem.path)) issue["expression"] = json::array{text(problem.path)};
  return {{"resourceType", "OperationOutcome"}, {"issue", json::array{std::move(issue)}}};
}

json::object fhir_information(const std::vector<std::string>& sentences) {
  json::array issues;
  for (const std::string& sentence : sentences) {
    issues.push_back(json::object{{"severity", "information"}, {"code", "informational"}, {"details", {{"text", text(sentence)}}}});
  }
  return {{"resourceType", "OperationOutcome"}, {"issue", std::move(issues)}};
}

json::object fhir_capabilities(std::string_view base) {
  const auto parameters = [](std::initializer_list<std::pair<std::string_view, std::string_view>> list) {
    json::array out;
    for (const auto& [name, type] : list) out.push_back(json::object{{"name", text(name)}, {"type", text(type)}});
    return out;
  };
  const auto resource = [](std::string_view type, json::array searched) {
    json::array interactions;
    for (const char* code : {"read", "search-type", "create"}) interactions.push_back(json::object{{"code", code}});
    return json::object{
        {"type", text(type)}, {"interaction", std::move(interactions)}, {"versioning", "no-version"}, {"searchParam", std::move(searched)}};
  };
  return {
      {"resourceType", "CapabilityStatement"},
      {"status", "active"},
      {"date", "2026-11-22"},
      {"kind", "instance"},
      {"software", {{"name", "Bridgework"}}},
      {"implementation", {{"description", "Patients, visits and openings of a dental group"}, {"url", text(base)}}},
      {"fhirVersion", "4.0.1"},
      {"format", json::array{"application/fhir+json", "json"}},
      {"rest",
       json::array{json::object{
           {"mode", "server"},
           {"security", {{"description", "Authorization: Bearer KEY, with the roles and sites of /v1"}}},
           {"resource",
            json::array{resource("Patient", parameters({{"_id", "token"}, {"telecom", "token"}, {"phone", "token"}, {"email", "token"}})),
                        resource("Appointment", parameters({{"_id", "token"},
                                                            {"actor", "reference"},
                                                            {"date", "date"},
                                                            {"patient", "reference"},
                                                            {"practitioner", "reference"},
                                                            {"status", "token"}})),
                        resource("Schedule", parameters({{"_id", "token"}, {"actor", "reference"}})),
                        resource("Slot", parameters({{"_id", "token"},
                                                     {"schedule", "reference"},
                                                     {"start", "date"},
                                                     {"service-type", "token"},
                                                     {"status", "token"}}))}},
           {"interaction", json::array{json::object{{"code", "batch"}}}}}}}};
}

}  // namespace bridgework::gateway
