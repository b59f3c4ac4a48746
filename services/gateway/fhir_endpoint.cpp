#include "gateway/fhir_endpoint.hpp"

#include <algorithm>
#include <iterator>
#include <optional>

#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>

#include "gateway/ids.hpp"
#include "gateway/imports.hpp"
#include "gateway/json_mapper.hpp"
#include "gateway/json_text.hpp"
#include "gateway/scope.hpp"
#include "gateway/times.hpp"
#include "messages/appointments.codec.hpp"
#include "messages/catalogue.hpp"
#include "messages/lead_intake.codec.hpp"
#include "runtime/clock.hpp"
#include "runtime/zone.hpp"

namespace bridgework::gateway {
namespace {

namespace json = boost::json;

/// As many openings of one visit type as one question may bring.
constexpr std::int64_t kSlotsMax = 500;
/// So many moves are followed from a shortened id. A visit moved more often is read by the id it has now.
constexpr int kMovesMax = 32;

json::string text(std::string_view from) { return json::string(from.data(), from.size()); }

json::string day_text(LocalDay day) {
  std::string out;
  append_day(out, day);
  return text(out);
}

Problem nothing_here(std::string_view type) { return {404, "not_found", "there is no such " + std::string(type)}; }

Problem unreadable() { return {500, "internal", "the service gave an answer that cannot be read"}; }

/// The reply as what it should be, or why it is not.
template <class Value>
std::variant<Value, Problem> reply_as(const std::variant<messages::Reply, Problem>& asked) {
  if (const auto* problem = std::get_if<Problem>(&asked)) return *problem;
  auto value = messages::decode_as<Value>(std::get<messages::Reply>(asked).body);
  if (!value) return unreadable();
  return std::move(*value);
}

LocalDay day_of(LocalTime local) { return std::chrono::floor<std::chrono::days>(local); }

/// `system|code` or `code`: the code.
std::string code_of_token(const std::string& token) { return token.substr(token.find('|') == std::string::npos ? 0 : token.find('|') + 1); }

/// What a reference names and is not known is a fault of the resource, not of the address.
Problem of_the_resource(Problem problem) {
  if (problem.status == 404) problem.status = 422;
  problem.detail = problem.code + ": " + problem.detail;
  return problem;
}

std::variant<json::object, Problem> read_resource(std::string_view body, std::string_view media_type) {
  if (!media_type.empty() && media_type.find("json") == std::string_view::npos)
    return Problem{415, "json_only", "resources are taken as JSON only"};
  auto parsed = parse_json(body);
  if (!parsed)
    return Problem{400, "malformed_json",
                   "the body is no JSON: " + parsed.error().reason + " at byte " + std::to_string(parsed.error().offset)};
  if (parsed->duplicate) return Problem{422, "duplicate_field", "a name stands twice in its object", *parsed->duplicate};
  if (!parsed->value.is_object()) return Problem{422, "wrong_type", "a resource is an object"};
  return std::move(parsed->value.get_object());
}

std::variant<std::string, Problem> read_past_booked(const std::string& query) {
  const auto parameters = parse_form(query);
  if (!parameters) return Problem{400, "malformed_query", "the query string is not percent-encoded UTF-8"};
  std::string meant;
  for (const auto& [name, value] : *parameters) {
    if (name == "_format") continue;
    if (name != "past_booked") return Problem{400, "unknown_parameter", "past_booked is the only parameter here"};
    if (value != "fulfilled" && value != "noshow" && value != "cancelled")
      return Problem{400, "invalid_value", "past_booked is fulfilled, noshow or cancelled"};
    meant = value;
  }
  return meant;
}

bool is_patient(const json::object& appointment, const std::string& person) {
  for (const json::value& participant : appointment.at("participant").as_array()) {
    const json::value& value = participant.at("actor").at("identifier").at("value");
    const json::value& system = participant.at("actor").at("identifier").at("system");
    if (system == text(kFhirPersonSystem) && value == text(person)) return true;
  }
  return false;
}

}  // namespace

HttpResponse fhir_response(unsigned status, const json::object& resource) {
  HttpResponse response;
  response.status = status;
  response.content_type = kFhirContentType;
  response.body = json::serialize(resource);
  return response;
}

std::variant<runtime::Call, Problem> FhirEndpoint::call_of(const Asked& asked, std::string_view name, const json::object& fields,
                                                           std::string_view idempotency_key) const {
  const messages::MessageInfo* message = messages::find_message(name);
  const StructForm& form = *forms_.find(message->type_id);
  if (auto problem = out_of_scope(asked.caller, *message, form, fields)) return std::move(*problem);
  auto body = to_message(form, fields);
  // What breaks a rule of the schema was no id of ours, in the path or in a resource.
  if (!body) return Problem{422, body.error().code, body.error().path + " " + body.error().rule, body.error().path, body.error().rule};
  collect_ids(form, fields, *asked.ids);
  runtime::Call call;
  call.kind = message->kind == messages::MessageKind::kQuery ? runtime::Call::Kind::kQuery : runtime::Call::Kind::kCommand;
  call.service = message->owner;
  if (const FieldForm* key = form.key()) call.key = text_of(fields, key->name);
  call.request.type_id = message->type_id;
  call.request.body = std::move(*body);
  call.request.principal = asked.caller.principal;
  call.request.idempotency_key = idempotency_key;
  call.request.deadline = runtime::system_now() + deadline_;
  call.request.traceparent = asked.traceparent;
  return call;
}

asio::awaitable<std::variant<messages::Reply, Problem>> FhirEndpoint::ask(const Asked& asked, std::string_view message, json::object fields,
                                                                          std::string idempotency_key) {
  auto call = call_of(asked, message, fields, idempotency_key);
  if (auto* problem = std::get_if<Problem>(&call)) co_return std::move(*problem);
  messages::Reply reply = co_await backend_.ask(std::get<runtime::Call>(std::move(call)));
  if (reply.outcome != messages::Outcome::kDone) co_return problem_of_reply(reply);
  co_return reply;
}

asio::awaitable<FhirEndpoint::Answer> FhirEndpoint::answer(Asked asked) {
  if (asked.special == Special::kFhirMetadata) co_return fhir_response(200, fhir_capabilities(asked.base));
  if (asked.special == Special::kFhirRead) {
    Found found = co_await read(asked);
    if (auto* problem = std::get_if<Problem>(&found)) co_return std::move(*problem);
    co_return fhir_response(200, std::get<Resources>(found).front());
  }
  if (asked.special == Special::kFhirCreate) co_return co_await create(asked);
  if (asked.special == Special::kFhirBatch) co_return co_await batch(asked);
  auto asked_for = read_fhir_search(asked.type, asked.query);
  if (auto* problem = std::get_if<Problem>(&asked_for)) co_return std::move(*problem);
  const FhirSearch& wanted = std::get<FhirSearch>(asked_for);
  Found found = co_await search(asked, wanted);
  if (auto* problem = std::get_if<Problem>(&found)) co_return std::move(*problem);
  const FhirPage page{asked.base, asked.type, wanted.query, wanted.offset, wanted.count};
  co_return fhir_response(200, fhir_searchset(page, std::get<Resources>(std::move(found))));
}

asio::awaitable<FhirEndpoint::Found> FhirEndpoint::read(const Asked& asked) {
  Resources found;
  if (asked.type == "Patient" || asked.type == "Appointment") {
    const auto id = id_of_fhir(asked.id);
    if (!id) co_return nothing_here(asked.type);
    if (asked.type == "Patient") {
      json::object fields{{"person", text(*id)}};
      const auto reply = co_await ask(asked, "GetPerson", std::move(fields));
      const auto view = reply_as<messages::PersonView>(reply);
      if (const auto* problem = std::get_if<Problem>(&view)) co_return *problem;
      found.push_back(fhir_patient(std::get<messages::PersonView>(view)));
      co_return found;
    }
    const auto view = co_await visit_shown_as(asked, *id);
    if (const auto* problem = std::get_if<Problem>(&view)) co_return *problem;
    auto appointment = fhir_appointment(std::get<messages::AppointmentView>(view));
    if (!appointment) co_return Problem{410, "hold_lapsed", "the hold has lapsed: it never became an appointment"};
    found.push_back(std::move(*appointment));
    co_return found;
  }
  if (asked.type == "Schedule") {
    const auto given = schedule_of_fhir_id(asked.id);
    if (!given) co_return nothing_here(asked.type);
    SlotKey named{*given, {}, {}};
    const SlotKey shown = co_await slot_shown_as(asked, std::move(named));
    const ScheduleKey& key = shown.schedule;
    json::object fields{{"site", text(key.site)}};
    const auto reply = co_await ask(asked, "GetSite", std::move(fields));
    const auto view = reply_as<messages::SiteView>(reply);
    if (const auto* problem = std::get_if<Problem>(&view)) co_return *problem;
    const auto& providers = std::get<messages::SiteView>(view).providers;
    const bool works_there = std::ranges::any_of(providers, [&](const auto& provider) { return provider.text() == key.provider; });
    if (!works_there) co_return nothing_here(asked.type);
    found.push_back(fhir_schedule(key));
    co_return found;
  }
  const auto given = slot_of_fhir_id(asked.id);
  if (!given) co_return nothing_here(asked.type);
  const SlotKey key = co_await slot_shown_as(asked, *given);
  json::object fields{{"site", text(key.schedule.site)},
                      {"type", text(key.visit_type)},
                      {"from", day_text(day_of(key.local_start))},
                      {"provider", text(key.schedule.provider)},
                      {"days", 1},
                      {"limit", kSlotsMax}};
  const auto reply = co_await ask(asked, "FindSlots", std::move(fields));
  const auto list = reply_as<messages::SlotList>(reply);
  if (const auto* problem = std::get_if<Problem>(&list)) co_return *problem;
  for (const messages::Slot& slot : std::get<messages::SlotList>(list).slots) {
    if (slot.local_start != key.local_start) continue;
    found.push_back(fhir_slot(slot, key.visit_type));
    co_return found;
  }
  co_return Problem{404, "not_offered", "that opening is not offered now: search again"};
}

asio::awaitable<std::optional<messages::SiteView>> FhirEndpoint::site_shown_as(const Asked& asked, std::string_view id) {
  if (!is_short_fhir_id(id)) co_return std::nullopt;
  const auto reply = co_await ask(asked, "ListSites", {});
  auto list = reply_as<messages::SiteList>(reply);
  if (std::holds_alternative<Problem>(list)) co_return std::nullopt;
  for (messages::SiteView& site : std::get<messages::SiteList>(list).sites) {
    const bool may_see = asked.caller.sites.empty() || asked.caller.sites.contains(site.site.text());
    if (may_see && short_fhir_id(site.site.text()) == id) co_return std::move(site);
  }
  co_return std::nullopt;
}

asio::awaitable<SlotKey> FhirEndpoint::slot_shown_as(const Asked& asked, SlotKey key) {
  const auto site = co_await site_shown_as(asked, key.schedule.site);
  if (!site) co_return key;
  key.schedule.site = site->site.text();
  for (const auto& provider : site->providers) {
    if (short_fhir_id(provider.text()) == key.schedule.provider) key.schedule.provider = provider.text();
  }
  for (const std::string& type : site->visit_types) {
    if (short_fhir_id(type) == key.visit_type) key.visit_type = type;
  }
  co_return key;
}

asio::awaitable<std::variant<messages::AppointmentView, Problem>> FhirEndpoint::visit_shown_as(const Asked& asked, std::string id) {
  const std::size_t dot = std::min(id.find('.'), id.size());
  const auto site = co_await site_shown_as(asked, std::string_view(id).substr(0, dot));
  if (site) id.replace(0, dot, site->site.text());
  const auto unmoved = unmoved_id_of(id);
  for (int moves = -1; moves < kMovesMax; ++moves) {
    json::object fields{{"appointment", text(id)}};
    const auto reply = co_await ask(asked, "GetAppointment", std::move(fields));
    auto view = reply_as<messages::AppointmentView>(reply);
    if (const auto* problem = std::get_if<Problem>(&view)) {
      // Not there, or too long for an id of ours.
      if (moves >= 0 || (problem->status != 404 && problem->status != 422) || !unmoved) co_return view;
      id = *unmoved;
      continue;
    }
    const auto& found = std::get<messages::AppointmentView>(view);
    if (moves < 0 || visit_fhir_id(found.appointment.text()) == asked.id) co_return view;
    if (found.moved_to.empty()) break;
    id = found.moved_to.text();
  }
  co_return nothing_here(asked.type);
}

asio::awaitable<FhirEndpoint::Found> FhirEndpoint::search(const Asked& asked, const FhirSearch& search) {
  if (const std::string id = search.one("_id"); !id.empty()) {
    if (search.parameters.size() > 1) co_return Problem{400, "id_alone", "_id stands alone"};
    Asked one = asked;
    one.id = id;
    Found found = co_await read(one);
    const auto* problem = std::get_if<Problem>(&found);
    // A search that finds nothing is a search that was answered.
    if (problem != nullptr && (problem->status == 404 || problem->status == 410)) co_return Resources{};
    co_return found;
  }
  if (asked.type == "Patient") co_return co_await find_patients(asked, search);
  if (asked.type == "Appointment") co_return co_await find_appointments(asked, search);
  if (asked.type == "Schedule") co_return co_await find_schedules(asked, search);
  co_return co_await find_slots(asked, search);
}

asio::awaitable<FhirEndpoint::Found> FhirEndpoint::find_patients(const Asked& asked, const FhirSearch& search) {
  std::string contact;
  for (const char* name : {"telecom", "phone", "email"}) {
    const std::string value = code_of_token(search.one(name));
    if (value.empty()) continue;
    if (!contact.empty()) co_return Problem{400, "one_contact", "one of telecom, phone and email at a time"};
    contact = value;
  }
  if (contact.empty()) co_return Problem{400, "contact_required", "people are found by telecom, phone, email or _id"};
  json::object fields{{"contact", text(contact)}};
  const auto reply = co_await ask(asked, "FindPersons", std::move(fields));
  const auto list = reply_as<messages::PersonList>(reply);
  if (const auto* problem = std::get_if<Problem>(&list)) co_return *problem;
  Resources found;
  for (const messages::PersonView& person : std::get<messages::PersonList>(list).persons) {
    asked.ids->emplace_back("person", person.person.text());
    found.push_back(fhir_patient(person));
  }
  co_return found;
}

asio::awaitable<FhirEndpoint::Found> FhirEndpoint::find_appointments(const Asked& asked, const FhirSearch& search) {
  std::optional<std::string> site, provider, patient;
  for (const std::string& actor : search.all("actor")) {
    if (auto location = id_of_reference(actor, "Location")) site = std::move(location);
    else if (auto practitioner = id_of_reference(actor, "Practitioner")) provider = std::move(practitioner);
    else if (auto person = id_of_reference(actor, "Patient")) patient = std::move(person);
    else co_return Problem{400, "invalid_reference", "actor is a Location (a site), a Practitioner or a Patient, as Location/harbour"};
  }
  for (const auto& [name, type, wanted] :
       {std::tuple{"patient", "Patient", &patient}, std::tuple{"practitioner", "Practitioner", &provider}}) {
    const std::string value = search.one(name);
    if (value.empty()) continue;
    // With its type or, since the parameter says it, without.
    *wanted = value.find('/') == std::string::npos ? id_of_fhir(value) : id_of_reference(value, type);
    if (!*wanted) co_return Problem{400, "invalid_reference", std::string(name) + " is a " + type};
  }
  if (!site) co_return Problem{400, "site_required", "visits are found by site: actor=Location/{site}, with date"};
  auto dates = FhirDates::read("date", search.all("date"));
  if (auto* problem = std::get_if<Problem>(&dates)) co_return std::move(*problem);
  const FhirDates& range = std::get<FhirDates>(dates);
  const std::string status = code_of_token(search.one("status"));

  std::vector<runtime::Call> calls;
  for (LocalDay day = range.first(); day <= range.last(); day += std::chrono::days(1)) {
    const json::object fields{{"site", text(*site)}, {"day", day_text(day)}};
    auto call = call_of(asked, "ListAppointments", fields, {});
    if (auto* problem = std::get_if<Problem>(&call)) co_return std::move(*problem);
    calls.push_back(std::get<runtime::Call>(std::move(call)));
  }
  const std::vector<messages::Reply> replies = co_await ask_all(backend_, std::move(calls));
  Resources found;
  for (const messages::Reply& reply : replies) {
    if (reply.outcome != messages::Outcome::kDone) co_return problem_of_reply(reply);
    const auto list = messages::decode_as<messages::AppointmentList>(reply.body);
    if (!list) co_return unreadable();
    for (const messages::AppointmentView& view : list->appointments) {
      if (!range.contains(view.visit.start, day_of(view.visit.local_start))) continue;
      if (provider && view.visit.provider.text() != *provider) continue;
      auto appointment = fhir_appointment(view);
      if (!appointment) continue;
      if (!status.empty() && appointment->at("status") != text(status)) continue;
      if (patient && !is_patient(*appointment, *patient)) continue;
      asked.ids->emplace_back("appointment", view.appointment.text());
      found.push_back(std::move(*appointment));
    }
  }
  co_return found;
}

asio::awaitable<FhirEndpoint::Found> FhirEndpoint::find_schedules(const Asked& asked, const FhirSearch& search) {
  std::optional<std::string> site, provider;
  for (const std::string& actor : search.all("actor")) {
    if (auto location = id_of_reference(actor, "Location")) site = std::move(location);
    else if (auto practitioner = id_of_reference(actor, "Practitioner")) provider = std::move(practitioner);
    else co_return Problem{400, "invalid_reference", "actor is a Location (a site) or a Practitioner, as Location/harbour"};
  }
  if (!site && !provider)
    co_return Problem{400, "actor_required", "calendars are found by actor: Location/{site} or Practitioner/{provider}"};
  std::vector<messages::SiteView> sites;
  if (site) {
    json::object fields{{"site", text(*site)}};
    const auto reply = co_await ask(asked, "GetSite", std::move(fields));
    auto view = reply_as<messages::SiteView>(reply);
    if (auto* problem = std::get_if<Problem>(&view)) {
      if (problem->status == 404) co_return Resources{};
      co_return std::move(*problem);
    }
    sites.push_back(std::get<messages::SiteView>(std::move(view)));
  } else {
    const auto reply = co_await ask(asked, "ListSites", {});
    auto list = reply_as<messages::SiteList>(reply);
    if (auto* problem = std::get_if<Problem>(&list)) co_return std::move(*problem);
    sites = std::move(std::get<messages::SiteList>(list).sites);
  }
  Resources found;
  for (const messages::SiteView& one : sites) {
    if (!asked.caller.sites.empty() && !asked.caller.sites.contains(one.site.text())) continue;
    for (const auto& works : one.providers) {
      if (!provider || works.text() == *provider) found.push_back(fhir_schedule({one.site.text(), works.text()}));
    }
  }
  co_return found;
}

asio::awaitable<FhirEndpoint::Found> FhirEndpoint::find_slots(const Asked& asked, const FhirSearch& search) {
  const std::string schedule = search.one("schedule");
  const std::string_view bare = std::string_view(schedule).substr(schedule.rfind('/') == std::string::npos ? 0 : schedule.rfind('/') + 1);
  const auto given = schedule_of_fhir_id(bare);
  if (!given) co_return Problem{400, "schedule_required", "openings are found by schedule=Schedule/{id}, with start"};
  if (const std::string status = search.one("status"); !status.empty() && code_of_token(status) != "free") co_return Resources{};
  auto dates = FhirDates::read("start", search.all("start"));
  if (auto* problem = std::get_if<Problem>(&dates)) co_return std::move(*problem);
  const FhirDates& range = std::get<FhirDates>(dates);
  SlotKey named{*given, {}, {}};
  const SlotKey shown = co_await slot_shown_as(asked, std::move(named));
  const ScheduleKey& key = shown.schedule;

  std::vector<std::string> types{code_of_token(search.one("service-type"))};
  if (types.front().empty()) {
    json::object fields{{"site", text(key.site)}};
    const auto reply = co_await ask(asked, "GetSite", std::move(fields));
    auto view = reply_as<messages::SiteView>(reply);
    if (auto* problem = std::get_if<Problem>(&view)) co_return std::move(*problem);
    types = std::move(std::get<messages::SiteView>(view).visit_types);
  }
  const std::int64_t days = (range.last() - range.first()).count() + 1;
  std::vector<runtime::Call> calls;
  for (const std::string& type : types) {
    const json::object fields{{"site", text(key.site)},         {"type", text(type)}, {"from", day_text(range.first())},
                              {"provider", text(key.provider)}, {"days", days},       {"limit", kSlotsMax}};
    auto call = call_of(asked, "FindSlots", fields, {});
    if (auto* problem = std::get_if<Problem>(&call)) co_return std::move(*problem);
    calls.push_back(std::get<runtime::Call>(std::move(call)));
  }
  const std::vector<messages::Reply> replies = co_await ask_all(backend_, std::move(calls));
  Resources found;
  for (std::size_t i = 0; i < replies.size(); ++i) {
    if (replies[i].outcome != messages::Outcome::kDone) co_return problem_of_reply(replies[i]);
    const auto list = messages::decode_as<messages::SlotList>(replies[i].body);
    if (!list) co_return unreadable();
    for (const messages::Slot& slot : list->slots) {
      // FindSlots begins with today when it is asked about the past, and then goes on for as many days.
      if (range.contains(slot.start, day_of(slot.local_start))) found.push_back(fhir_slot(slot, types[i]));
    }
  }
  std::ranges::stable_sort(found, [](const json::object& a, const json::object& b) {
    return std::string_view(a.at("start").as_string()) < std::string_view(b.at("start").as_string());
  });
  co_return found;
}

// ---- in

asio::awaitable<FhirEndpoint::Answer> FhirEndpoint::create(const Asked& asked) {
  auto resource = read_resource(asked.body, asked.media_type);
  if (auto* problem = std::get_if<Problem>(&resource)) co_return std::move(*problem);
  auto past_booked = read_past_booked(asked.query);
  if (auto* problem = std::get_if<Problem>(&past_booked)) co_return std::move(*problem);
  const json::object& given = std::get<json::object>(resource);
  if (text_of(given, "resourceType") != asked.type) co_return Problem{422, "resource_type", "here a " + asked.type + " is taken"};
  Took took = co_await take(asked, given, std::get<std::string>(past_booked));
  if (auto* problem = std::get_if<Problem>(&took)) co_return std::move(*problem);
  const Taken& taken = std::get<Taken>(took);
  HttpResponse response = fhir_response(taken.is_new ? 201 : 200, fhir_information(taken.notes));
  response.headers.emplace_back("Location", asked.base + "/" + taken.location);
  co_return response;
}

asio::awaitable<FhirEndpoint::Answer> FhirEndpoint::batch(const Asked& asked) {
  auto resource = read_resource(asked.body, asked.media_type);
  if (auto* problem = std::get_if<Problem>(&resource)) co_return std::move(*problem);
  auto past_booked = read_past_booked(asked.query);
  if (auto* problem = std::get_if<Problem>(&past_booked)) co_return std::move(*problem);
  auto entries = read_fhir_batch(std::get<json::object>(resource));
  if (!entries) co_return std::move(entries.error());
  // In whatever order they stand: visits are of people, and at a provider's calendar.
  std::vector<json::object> answers(entries->size());
  for (const std::string_view turn : {"Patient", "Schedule", ""}) {
    for (std::size_t i = 0; i < entries->size(); ++i) {
      const FhirEntry& entry = (*entries)[i];
      const bool early = entry.type == "Patient" || entry.type == "Schedule";
      if (turn.empty() ? early : entry.type != turn) continue;
      Took took = Problem{};
      if (entry.refused) took = *entry.refused;
      else took = co_await take(asked, entry.resource, std::get<std::string>(past_booked));
      json::object response;
      if (const auto* problem = std::get_if<Problem>(&took)) {
        response["status"] = text(std::to_string(problem->status));
        response["outcome"] = fhir_outcome(*problem);
      } else {
        const Taken& taken = std::get<Taken>(took);
        response["status"] = taken.is_new ? "201" : "200";
        response["location"] = text(asked.base + "/" + taken.location);
        response["outcome"] = fhir_information(taken.notes);
      }
      answers[i] = json::object{{"response", std::move(response)}};
    }
  }
  json::object bundle{{"resourceType", "Bundle"}, {"type", "batch-response"}};
  if (!answers.empty()) bundle["entry"] = json::array(answers.begin(), answers.end());
  co_return fhir_response(200, bundle);
}

asio::awaitable<FhirEndpoint::Took> FhirEndpoint::take(const Asked& asked, const json::object& resource, std::string past_booked) {
  const FhirSource source{asked.caller.principal, runtime::system_now(), past_booked};
  auto meant = read_fhir(resource, source);
  if (!meant) co_return std::move(meant.error());
  if (const auto* person = std::get_if<PersonFromFhir>(&*meant)) co_return co_await take_person(asked, *person);
  if (const auto* schedule = std::get_if<ScheduleFromFhir>(&*meant)) co_return co_await take_schedule(asked, *schedule);
  co_return co_await take_visit(asked, std::get<VisitFromFhir>(*meant));
}

asio::awaitable<FhirEndpoint::Took> FhirEndpoint::take_person(const Asked& asked, const PersonFromFhir& person) {
  json::object row{{"person", text(person.person)}, {"profile", person.profile}};
  json::object fields{{"key", text(person.person)}, {"persons", json::array{std::move(row)}}};
  // Other bytes are another request: who is known already is left as they are.
  std::string key = "fhir-" + id_suffix(asked.caller.principal, "ImportPersons", json::serialize(fields));
  const auto reply = co_await ask(asked, "ImportPersons", std::move(fields), std::move(key));
  const auto done = reply_as<messages::ImportDone>(reply);
  if (const auto* problem = std::get_if<Problem>(&done)) co_return of_the_resource(*problem);
  asked.ids->emplace_back("person", person.person);
  const bool is_new = std::get<messages::ImportDone>(done).imported == 1;
  Taken taken{is_new, "Patient/" + fhir_id(person.person), {is_new ? "taken as imported" : "known already, and left as it is"}};
  taken.notes.insert(taken.notes.end(), person.notes.begin(), person.notes.end());
  co_return taken;
}

asio::awaitable<FhirEndpoint::Took> FhirEndpoint::take_schedule(const Asked& asked, const ScheduleFromFhir& schedule) {
  json::object question{{"site", text(schedule.site)}};
  const auto reply = co_await ask(asked, "GetSite", std::move(question));
  const auto view = reply_as<messages::SiteView>(reply);
  if (const auto* problem = std::get_if<Problem>(&view)) co_return of_the_resource(*problem);
  const std::string location = "Schedule/" + schedule_fhir_id({schedule.site, schedule.provider});
  const auto& providers = std::get<messages::SiteView>(view).providers;
  // To define a provider anew would take their shifts away.
  if (std::ranges::any_of(providers, [&](const auto& known) { return known.text() == schedule.provider; }))
    co_return Taken{false, location, {"known already, and left as it is"}};
  json::object fields{{"site", text(schedule.site)}, {"provider", text(schedule.provider)}, {"name", text(schedule.name)}};
  std::string key = "fhir-" + id_suffix(asked.caller.principal, "DefineProvider", json::serialize(fields));
  const auto defined = co_await ask(asked, "DefineProvider", std::move(fields), std::move(key));
  if (const auto* problem = std::get_if<Problem>(&defined)) co_return of_the_resource(*problem);
  co_return Taken{true, location, {"taken without working hours: set the shifts, and openings follow"}};
}

asio::awaitable<FhirEndpoint::Took> FhirEndpoint::take_visit(const Asked& asked, const VisitFromFhir& visit) {
  json::object who{{"person", text(visit.person)}};
  const auto person = co_await ask(asked, "GetPerson", std::move(who));
  if (const auto* problem = std::get_if<Problem>(&person)) co_return of_the_resource(*problem);
  json::object where{{"site", text(visit.site)}};
  const auto reply = co_await ask(asked, "GetSite", std::move(where));
  const auto view = reply_as<messages::SiteView>(reply);
  if (const auto* problem = std::get_if<Problem>(&view)) co_return of_the_resource(*problem);
  const messages::SiteView& site = std::get<messages::SiteView>(view);
  const LocalTime local_start = runtime::to_local(visit.start, site.zone);
  if (visit.kind == VisitFromFhir::Kind::kHistory) co_return co_await take_history(asked, visit, local_start);
  co_return co_await take_booking(asked, visit, site, local_start);
}

asio::awaitable<FhirEndpoint::Took> FhirEndpoint::take_history(const Asked& asked, const VisitFromFhir& visit, LocalTime local_start) {
  std::string local;
  append_local(local, local_start);
  json::object row{{"appointment", text(visit.appointment)},     {"person", text(visit.person)},   {"local_start", text(local)},
                   {"duration_minutes", visit.duration_minutes}, {"purpose", text(visit.purpose)}, {"outcome", text(visit.outcome)}};
  if (visit.booked_at) {
    std::string booked_at;
    append_instant(booked_at, *visit.booked_at);
    row["booked_at"] = text(booked_at);
  }
  json::object fields{{"site", text(visit.site)}, {"visits", json::array{std::move(row)}}};
  std::string key = "fhir-" + id_suffix(asked.caller.principal, "ImportVisits", json::serialize(fields));
  const auto reply = co_await ask(asked, "ImportVisits", std::move(fields), std::move(key));
  const auto done = reply_as<messages::VisitsImported>(reply);
  if (const auto* problem = std::get_if<Problem>(&done)) co_return of_the_resource(*problem);
  const bool is_new = std::get<messages::VisitsImported>(done).imported == 1;
  co_return Taken{is_new,
                  "Appointment/" + visit_fhir_id(visit.appointment),
                  {is_new ? "taken as history: nobody is contacted about it" : "known already, and left as it is"}};
}

asio::awaitable<FhirEndpoint::Took> FhirEndpoint::take_booking(const Asked& asked, const VisitFromFhir& visit,
                                                               const messages::SiteView& site, LocalTime local_start) {
  Taken taken{true, "Appointment/" + visit_fhir_id(visit.appointment), {"held and booked"}};
  json::object appointment{{"appointment", text(visit.appointment)}};
  const auto known_reply = co_await ask(asked, "GetAppointment", appointment);
  const auto known = reply_as<messages::AppointmentView>(known_reply);
  if (const auto* problem = std::get_if<Problem>(&known); problem != nullptr && problem->status != 404) co_return of_the_resource(*problem);
  const auto* view = std::get_if<messages::AppointmentView>(&known);
  if (view != nullptr && view->state == messages::VisitState::kLapsed)
    co_return Problem{422, "hold_lapsed", "hold_lapsed: it was held once and not booked in time: send it with another id"};
  if (view != nullptr && (view->visit.start != visit.start || view->person.text() != visit.person))
    co_return Problem{422, "known_otherwise", "known_otherwise: that visit is known with another time or person: move or cancel it there"};
  if (view != nullptr && view->state != messages::VisitState::kHeld)
    co_return Taken{false, taken.location, {"known already, and left as it is"}};

  int duration_minutes = view == nullptr ? 0 : view->visit.duration_minutes;
  if (view == nullptr) {
    const auto type = std::ranges::find_first_of(visit.visit_types, site.visit_types);
    if (type == visit.visit_types.end())
      co_return Problem{422, "visit_type_required", "visit_type_required: serviceType names one of the site's visit types"};
    std::string local;
    append_local(local, local_start);
    json::object fields{{"site", text(visit.site)},  {"appointment", text(visit.appointment)}, {"person", text(visit.person)},
                        {"visit_type", text(*type)}, {"provider", text(visit.provider)},       {"local_start", text(local)}};
    std::string key = "fhir-" + id_suffix(asked.caller.principal, "HoldSlot", json::serialize(fields));
    const auto held_reply = co_await ask(asked, "HoldSlot", std::move(fields), std::move(key));
    const auto held = reply_as<messages::AppointmentView>(held_reply);
    if (const auto* problem = std::get_if<Problem>(&held)) co_return of_the_resource(*problem);
    duration_minutes = std::get<messages::AppointmentView>(held).visit.duration_minutes;
  }
  std::string key = "fhir-" + id_suffix(asked.caller.principal, "BookAppointment", visit.appointment);
  const auto booked = co_await ask(asked, "BookAppointment", std::move(appointment), std::move(key));
  if (const auto* problem = std::get_if<Problem>(&booked)) co_return of_the_resource(*problem);
  if (duration_minutes != visit.duration_minutes)
    taken.notes.push_back("it takes " + std::to_string(duration_minutes) + " minutes here, as its visit type says");
  co_return taken;
}

}  // namespace bridgework::gateway
