#include "gateway/gateway.hpp"

#include <fmt/format.h>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <set>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "gateway/book_page.hpp"
#include "gateway/confirm_page.hpp"
#include "gateway/icalendar.hpp"
#include "gateway/imports.hpp"
#include "gateway/json_mapper.hpp"
#include "gateway/json_text.hpp"
#include "gateway/offer_page.hpp"
#include "gateway/openapi.hpp"
#include "gateway/scope.hpp"
#include "gateway/survey_page.hpp"
#include "gateway/times.hpp"
#include "gateway/twilio.hpp"
#include "gateway/web_form.hpp"
#include "messages/appointments.codec.hpp"
#include "messages/envelope.codec.hpp"
#include "messages/feedback.codec.hpp"
#include "messages/outreach.codec.hpp"
#include "runtime/clock.hpp"
#include "runtime/log.hpp"

namespace bridgework::gateway {
namespace {

namespace json = boost::json;

constexpr std::size_t kIdempotencyKeyBytesMax = 128;
constexpr std::string_view kJson = "application/json";
constexpr std::string_view kText = "text/plain; charset=utf-8";
constexpr std::string_view kHtml = "text/html; charset=utf-8";
constexpr std::string_view kAllMethods = "GET, HEAD, OPTIONS, POST";

std::string_view header(const HttpRequest& request, http::field name) {
  const auto value = request[name];
  return {value.data(), value.size()};
}

std::string_view header(const HttpRequest& request, const char* name) {
  const auto value = request[name];
  return {value.data(), value.size()};
}

HttpResponse response_of(unsigned status, std::string_view content_type, std::string body) {
  HttpResponse response;
  response.status = status;
  response.content_type = content_type;
  response.body = std::move(body);
  return response;
}

/// Whether a visit is asked for as a calendar's entry: by Accept, or by `.ics` after its id, which is taken off.
bool wants_calendar(const HttpRequest& request, std::vector<std::pair<std::string, std::string>>& path) {
  constexpr std::string_view kEnding = ".ics";
  for (auto& [name, value] : path) {
    if (!value.ends_with(kEnding)) continue;
    value.resize(value.size() - kEnding.size());
    return true;
  }
  return header(request, http::field::accept).find("text/calendar") != std::string_view::npos;
}

/// A page for people. Its address holds a secret, so no other site may learn it, and nothing may be loaded into it.
HttpResponse page_of(unsigned status, std::string body) {
  HttpResponse response = response_of(status, kHtml, std::move(body));
  response.headers.emplace_back(
      "Content-Security-Policy",
      "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'");
  response.headers.emplace_back("Referrer-Policy", "no-referrer");
  return response;
}

bool is_fhir(std::string_view path) { return path == "/fhir/R4" || path.starts_with("/fhir/R4/"); }

/// In the form that whoever asks at that path reads.
HttpResponse refusal_of(const Problem& problem, std::string_view path) {
  if (is_fhir(path)) return fhir_response(problem.status, fhir_outcome(problem));
  return response_of(problem.status, kProblemContentType, problem_json(problem, path));
}

Problem problem_of(const MappingError& error) {
  return {.status = 422,
          .code = error.code,
          .detail = (error.path.empty() ? std::string("the request") : error.path) + " " + error.rule,
          .path = error.path,
          .rule = error.rule};
}

/// The key of a POST, or why it cannot be one.
std::variant<std::string, Problem> read_idempotency_key(const HttpRequest& request) {
  const std::string_view key = header(request, "Idempotency-Key");
  if (key.empty()) return Problem{400, "idempotency_key_required", "a POST needs the header Idempotency-Key, so that repeating it is safe"};
  const bool printable = std::ranges::all_of(key, [](char c) { return c >= 0x21 && c <= 0x7e; });
  if (key.size() > kIdempotencyKeyBytesMax || !printable) {
    return Problem{400, "idempotency_key_invalid", "an Idempotency-Key has at most 128 printable ASCII characters without spaces"};
  }
  return std::string(key);
}

std::variant<json::object, Problem> read_body(const HttpRequest& request) {
  const std::string& body = request.body();
  // Many commands have all their fields in the path: no body and no word of one is an empty object. A document without content is none.
  if (body.empty() && header(request, http::field::content_type).empty()) return json::object{};
  if (body.find_first_not_of(" \t\r\n") == std::string::npos) {
    return Problem{400, "malformed_json", "the body is empty: it must be a JSON object, and {} will do where the path says it all"};
  }
  auto parsed = parse_json(body);
  if (!parsed) {
    return Problem{400, "malformed_json", fmt::format("the body is no JSON: {} at byte {}", parsed.error().reason, parsed.error().offset)};
  }
  if (parsed->duplicate) {
    return problem_of(MappingError{*parsed->duplicate, "duplicate_field", "must stand only once"});
  }
  if (!parsed->value.is_object()) return problem_of(MappingError{{}, "wrong_type", "must be an object"});
  return std::move(parsed->value.get_object());
}

/// W3C trace context, version 00; anything else is not passed on.
std::string_view traceparent_of(const HttpRequest& request) {
  const std::string_view given = header(request, "traceparent");
  constexpr std::string_view kShape = "hh-hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh-hhhhhhhhhhhhhhhh-hh";
  if (given.size() != kShape.size()) return {};
  for (std::size_t i = 0; i < given.size(); ++i) {
    const bool is_hex = (given[i] >= '0' && given[i] <= '9') || (given[i] >= 'a' && given[i] <= 'f');
    if (kShape[i] == 'h' ? !is_hex : given[i] != '-') return {};
  }
  return given;
}

/// An IPv6 host has a whole /64 to itself, so that much of an address is one caller.
std::string limited_address(std::string_view peer) {
  boost::system::error_code error;
  const auto address = asio::ip::make_address(std::string(peer), error);
  if (error || !address.is_v6() || address.to_v6().is_v4_mapped()) return std::string(peer);
  auto bytes = address.to_v6().to_bytes();
  std::fill(bytes.begin() + 8, bytes.end(), static_cast<unsigned char>(0));
  return asio::ip::address_v6(bytes).to_string();
}

Problem too_many(std::chrono::milliseconds wait) {
  return {.status = 429, .code = "too_many_requests", .detail = "too many requests; nothing was done", .retry_after = wait};
}

/// Whether the process itself asks, or whoever looks after it.
bool is_probe(const Route& route) {
  const auto* special = std::get_if<Special>(&route.endpoint);
  return special != nullptr && (*special == Special::kHealth || *special == Special::kReady || *special == Special::kMetrics);
}

/// Whether an answer of this route shows data of people. What changes them is in the log of events, with who did it.
bool shows_people(const Route& route) {
  if (const auto* special = std::get_if<Special>(&route.endpoint)) {
    return *special == Special::kEvents || *special == Special::kParked || *special == Special::kFhirRead ||
           *special == Special::kFhirSearch || *special == Special::kCalendar;
  }
  return std::get<MessageEndpoint>(route.endpoint).message->kind == messages::MessageKind::kQuery;
}

/// What the page of a visit sends.
struct VisitForm {
  std::optional<VisitAnswer> answer;
  std::string words;
  std::size_t visit = 0;  ///< which of those that the page shows
};
VisitForm read_visit_form(const std::string& body) {
  // What a reason may hold; the page itself takes 200 characters.
  constexpr std::size_t kWordsBytesMax = 1000;
  const auto parameters = body.size() > kFormBytesMax ? std::nullopt : parse_form(body);
  if (!parameters) return {};
  const std::string* answer = find_parameter(*parameters, "answer");
  const std::string* words = find_parameter(*parameters, "words");
  if (words != nullptr && words->size() > kWordsBytesMax) return {};
  VisitForm form{read_visit_answer(answer == nullptr ? std::string_view() : std::string_view(*answer)),
                 words == nullptr ? std::string() : *words};
  if (const std::string* visit = find_parameter(*parameters, "visit")) {
    const auto [end, error] = std::from_chars(visit->data(), visit->data() + visit->size(), form.visit);
    if (error != std::errc() || end != visit->data() + visit->size()) return {};
  }
  return form;
}
std::string answer_missing_page() {
  return survey_message_page("Your answer is missing", "Please go back and choose what you want, in a few words.");
}

/// Waits for the next moment at which forms that began then are answered.
asio::awaitable<void> moment_of_answers(std::chrono::steady_clock::time_point began) {
  const auto periods = (std::chrono::steady_clock::now() - began) / kFormAnswerEvery + 1;
  asio::steady_timer moment(co_await asio::this_coro::executor);
  moment.expires_at(began + periods * kFormAnswerEvery);
  co_await moment.async_wait(asio::use_awaitable);
}

/// Each page of booking is of one visitor: kept and shown to another, its token would book for the first.
HttpResponse book_response(BookEndpoint::Page page) {
  HttpResponse response = page_of(page.status, std::move(page.html));
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

constexpr char kTwilioAnswer[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response/>";

}  // namespace

Gateway::Gateway(const Config& config, std::string group, const Forms& forms, ApiKeys keys, Backend& backend, runtime::Metrics& metrics,
                 AccessLog access_log)
    : config_(config),
      forms_(forms),
      router_(forms),
      keys_(std::move(keys)),
      key_limit_(config.key_requests_per_second, config.key_burst),
      address_limit_(config.address_requests_per_second, config.address_burst),
      access_log_(std::move(access_log)),
      backend_(backend),
      metrics_(metrics),
      feed_(backend, forms, {group, config.heartbeat, static_cast<std::size_t>(config.event_streams_max)}),
      fhir_(backend, forms, config.request_deadline),
      calendar_(backend, group + ".bridgework", config.request_deadline),
      book_(backend, config.request_deadline),
      openapi_(openapi_json(router_, forms)) {}

asio::awaitable<HttpResponse> Gateway::answer(const HttpRequest& request, std::string_view peer) {
  const std::string_view target(request.target().data(), request.target().size());
  const std::size_t question = std::min(target.find('?'), target.size());
  Asked asked{request, target.substr(0, question), target.substr(std::min(question + 1, target.size())), peer, {}, {}, {}, {}};
  Answer answer = Problem{404, "not_found", "there is nothing here; /openapi.json lists what there is"};
  std::string_view route = "none";
  // The method's own text: one that is not known to the library is still a word to refuse.
  const std::string_view method(request.method_string().data(), request.method_string().size());
  if (target == "*" && method == "OPTIONS") {
    answer = response_of(204, {}, {});
    std::get<HttpResponse>(answer).headers.emplace_back("Allow", kAllMethods);
  } else if (asked.path.starts_with('/')) {
    auto found = router_.find(method, asked.path);
    if (auto* wrong = std::get_if<Router::WrongMethod>(&found)) {
      if (method == "OPTIONS") answer = response_of(204, {}, {});
      else answer = Problem{405, "method_not_allowed", "this path takes " + wrong->allow};
      HttpResponse* options = std::get_if<HttpResponse>(&answer);
      if (options == nullptr) {
        const Problem& problem = std::get<Problem>(answer);
        HttpResponse refusal = refusal_of(problem, asked.path);
        answer = std::move(refusal);
        options = &std::get<HttpResponse>(answer);
      }
      options->headers.emplace_back("Allow", wrong->allow);
    } else if (auto* hit = std::get_if<Router::Found>(&found)) {
      asked.found = std::move(*hit);
      route = asked.found.route->pattern;
      answer = keep_access(asked, co_await answer_route(asked));
    }
  }
  HttpResponse response;
  if (const Problem* problem = std::get_if<Problem>(&answer)) {
    response = refusal_of(*problem, asked.path);
    if (problem->retry_after) response.headers.emplace_back("Retry-After", retry_after_seconds(*problem->retry_after));
    if (problem->status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"bridgework\"");
  } else {
    response = std::get<HttpResponse>(std::move(answer));
  }
  count(route, response.status);
  co_return response;
}

asio::awaitable<Gateway::Answer> Gateway::answer_route(Asked& asked) {
  if (auto problem = refuse_caller(asked)) co_return std::move(*problem);
  const Route& route = *asked.found.route;
  if (const auto* message = std::get_if<MessageEndpoint>(&route.endpoint)) co_return co_await answer_message(asked, *message);
  co_return co_await answer_special(asked, std::get<Special>(route.endpoint));
}

std::optional<Problem> Gateway::refuse_caller(Asked& asked) {
  const Route& route = *asked.found.route;
  const auto now = std::chrono::steady_clock::now();
  if (!route.needs_key) {
    if (is_probe(route)) return std::nullopt;
    if (const auto wait = address_limit_.take(limited_address(asked.peer), now)) return too_many(*wait);
    return std::nullopt;
  }
  keys_.look(now);
  constexpr std::string_view kScheme = "Bearer ";
  const std::string_view given = header(asked.request, http::field::authorization);
  const Caller* caller = nullptr;
  if (given.size() > kScheme.size() && beast::iequals({given.data(), kScheme.size()}, {kScheme.data(), kScheme.size()})) {
    caller = keys_.find(given.substr(kScheme.size()));
  }
  if (caller == nullptr) {
    if (const auto wait = address_limit_.take(limited_address(asked.peer), now)) return too_many(*wait);
    return Problem{401, "unauthenticated", "this needs the header Authorization: Bearer KEY with a valid key"};
  }
  // A copy: the list may change while the request waits for its answer.
  asked.caller = *caller;
  asked.principal = caller->principal;
  if (caller->role != Role::kAdmin) {
    if (const auto wait = key_limit_.take(caller->principal, now)) return too_many(*wait);
  }
  if (!permits(caller->role, route)) {
    return Problem{403, "not_permitted", "the role " + std::string(to_string(caller->role)) + " has no business here"};
  }
  // The log is of all sites; what FHIR asks is looked at question by question.
  if (!caller->sites.empty() && std::holds_alternative<Special>(route.endpoint) && !is_fhir(route.pattern)) {
    return Problem{403, "other_site", "this key is for certain sites, and this is about all of them"};
  }
  return std::nullopt;
}

Gateway::Answer Gateway::keep_access(const Asked& asked, Answer answer) {
  const Route& route = *asked.found.route;
  // A calendar's key stands in its address.
  if (!route.needs_key && asked.principal.empty()) return answer;
  const Problem* problem = std::get_if<Problem>(&answer);
  const unsigned status = problem != nullptr ? problem->status : std::get<HttpResponse>(answer).status;
  // Who was turned away is worth a line whatever they wanted.
  if (!shows_people(route) && status != 401 && status != 403) return answer;
  const Access access{runtime::system_now(),
                      asked.principal,
                      asked.principal.empty() ? std::string() : std::string(to_string(asked.caller.role)),
                      std::string(asked.peer),
                      route.method + " " + route.pattern,
                      asked.ids,
                      status};
  if (access_log_.write(access)) return answer;
  runtime::log_event(runtime::Level::kError, "access_not_kept", {{"status", status}});
  if (status >= 400) return answer;
  return Problem{
      .status = 503, .code = "access_not_kept", .detail = "who looks cannot be written down now", .retry_after = std::chrono::seconds{5}};
}

// ---- commands and queries

std::variant<json::object, Problem> Gateway::read_fields(const Asked& asked, const MessageEndpoint& endpoint) const {
  json::object object;
  if (endpoint.message->kind == messages::MessageKind::kQuery) {
    const auto parameters = parse_form(asked.query);
    if (!parameters) return Problem{400, "malformed_query", "the query string is not percent-encoded UTF-8"};
    for (const auto& [name, value] : *parameters) {
      std::string path;
      append_pointer_step(path, name);
      const FieldForm* field = endpoint.form->find(name);
      if (field != nullptr && field->is_list) {
        // A list is the parameter repeated.
        json::value& items = object[name];
        if (!items.is_array()) items = json::array();
        items.get_array().push_back(typed_parameter(*field, value));
        continue;
      }
      if (object.contains(name)) return problem_of(MappingError{path, "duplicate_field", "must stand only once"});
      // Unknown names are refused by the mapper, in its words.
      object[name] = field == nullptr ? json::value(json::string(value)) : typed_parameter(*field, value);
    }
  } else {
    auto body = read_body(asked.request);
    if (auto* problem = std::get_if<Problem>(&body)) return std::move(*problem);
    object = std::get<json::object>(std::move(body));
  }
  for (const auto& [name, value] : asked.found.path) {
    const FieldForm* field = endpoint.form->find(name);
    json::value typed = field == nullptr ? json::value(json::string(value)) : typed_parameter(*field, value);
    const json::value* repeated = object.if_contains(name);
    if (repeated != nullptr && *repeated != typed) {
      std::string path;
      append_pointer_step(path, name);
      return problem_of(MappingError{path, "contradicts_path", "must be what the path says, or be left out"});
    }
    object[name] = std::move(typed);
  }
  return object;
}

std::variant<runtime::Call, Problem> Gateway::make_call(const messages::MessageInfo& message, const StructForm& form,
                                                        const json::object& object, std::string_view principal,
                                                        std::string_view idempotency_key, std::string_view traceparent) const {
  auto body = to_message(form, object);
  if (!body) return problem_of(body.error());
  runtime::Call call;
  call.kind = message.kind == messages::MessageKind::kQuery ? runtime::Call::Kind::kQuery : runtime::Call::Kind::kCommand;
  call.service = message.owner;
  if (const FieldForm* key = form.key()) call.key = text_of(object, key->name);
  call.request.type_id = message.type_id;
  call.request.body = std::move(*body);
  call.request.principal = principal;
  call.request.idempotency_key = idempotency_key;
  call.request.deadline = deadline();
  call.request.traceparent = traceparent;
  return call;
}

asio::awaitable<Gateway::Answer> Gateway::answer_message(Asked& asked, MessageEndpoint endpoint) {
  std::string idempotency_key;
  if (endpoint.message->kind == messages::MessageKind::kCommand) {
    auto key = read_idempotency_key(asked.request);
    if (auto* problem = std::get_if<Problem>(&key)) co_return std::move(*problem);
    idempotency_key = std::get<std::string>(std::move(key));
  }
  const bool as_calendar = endpoint.message->name == messages::GetAppointment::kName && wants_calendar(asked.request, asked.found.path);
  auto fields = read_fields(asked, endpoint);
  if (auto* problem = std::get_if<Problem>(&fields)) co_return std::move(*problem);
  auto& object = std::get<json::object>(fields);
  if (auto problem = out_of_scope(asked.caller, *endpoint.message, *endpoint.form, object)) co_return std::move(*problem);
  // A web form has nobody of the practice at the desk, whatever it says.
  if (asked.caller.role == Role::kIntake && endpoint.message->name == messages::HoldSlot::kName) object["asker"] = "online";
  const NewId new_id = fill_made_fields(*endpoint.form, object, asked.principal, idempotency_key);
  auto call = make_call(*endpoint.message, *endpoint.form, object, asked.principal, idempotency_key, traceparent_of(asked.request));
  if (auto* problem = std::get_if<Problem>(&call)) co_return std::move(*problem);
  // Only now: what passed every rule of its schema is an id, and may be written down.
  collect_ids(*endpoint.form, object, asked.ids);
  const messages::Reply reply = co_await backend_.ask(std::get<runtime::Call>(std::move(call)));
  if (as_calendar && reply.outcome == messages::Outcome::kDone) {
    auto view = messages::decode_as<messages::AppointmentView>(reply.body);
    if (!view) co_return Problem{500, "internal", "the service gave an answer that cannot be read"};
    co_return co_await calendar_.visit(asked.caller, std::move(*view));
  }
  co_return answer_of(reply, new_id);
}

Gateway::Answer Gateway::answer_of(const messages::Reply& reply, NewId new_id) const {
  if (reply.outcome != messages::Outcome::kDone) return problem_of_reply(reply);
  HttpResponse response = response_of(new_id == NewId::kMade ? 201 : 200, kJson, {});
  if (reply.type_id == 0 && reply.body.empty()) {
    response.body = "{}";
  } else {
    const StructForm* form = forms_.find(reply.type_id);
    if (form == nullptr || !append_json(response.body, *form, reply.body)) {
      runtime::log_event(runtime::Level::kError, "reply_unreadable", {{"type_id", reply.type_id}});
      return Problem{500, "internal", "the service gave an answer that cannot be read"};
    }
  }
  response.headers.emplace_back("Bridgework-Sequence", std::to_string(reply.sequence));
  return response;
}

std::string Gateway::public_base(const HttpRequest& request) const {
  return config_.public_url.empty() ? "http://" + std::string(header(request, http::field::host)) : config_.public_url;
}

Instant Gateway::deadline() const { return runtime::system_now() + config_.request_deadline; }

void Gateway::count(std::string_view route, unsigned status) {
  const auto key = std::tuple<std::string, unsigned>(route, status);
  auto it = answered_.find(key);
  if (it == answered_.end()) {
    it = answered_
             .emplace(key, metrics_.counter("bridgework_gateway_answers_total", "Answers by route and status.",
                                            {{"route", std::string(route)}, {"status", std::to_string(status)}}))
             .first;
  }
  it->second.add();
}

// ---- what is no message

asio::awaitable<Gateway::Answer> Gateway::answer_special(Asked& asked, Special special) {
  switch (special) {
    case Special::kHealth: co_return response_of(200, kText, "alive\n");
    case Special::kReady: {
      const std::optional<std::string> missing = co_await backend_.not_ready();
      co_return response_of(missing ? 503 : 200, kText, missing.value_or("ready") + "\n");
    }
    case Special::kMetrics: co_return response_of(200, runtime::kMetricsContentType, metrics_.text());
    case Special::kOpenApi: co_return response_of(200, kJson, openapi_);
    case Special::kStatus: {
      auto status = co_await backend_.status();
      if (!status) {
        co_return Problem{
            .status = 503, .code = "unavailable", .detail = std::move(status.error()), .retry_after = std::chrono::seconds{1}};
      }
      co_return response_of(200, kJson, std::move(*status));
    }
    case Special::kEvents: co_return co_await answer_events(asked);
    case Special::kParked: co_return co_await answer_parked();
    case Special::kParkedRetry: co_return co_await answer_parked_retry(asked);
    case Special::kRebuildAnalytics: {
      const auto rebuilt = co_await backend_.rebuild("analytics");
      if (!rebuilt)
        co_return Problem{.status = 503, .code = "unavailable", .detail = rebuilt.error(), .retry_after = std::chrono::seconds{1}};
      co_return response_of(200, kJson, "{\"rebuilding\":\"analytics\"}");
    }
    case Special::kImportPersons: co_return co_await answer_import(asked, ImportKind::kPersons);
    case Special::kImportVisits: co_return co_await answer_import(asked, ImportKind::kVisits);
    case Special::kImportLeads: co_return co_await answer_import(asked, ImportKind::kLeads);
    case Special::kWebForm: co_return co_await answer_web_form(asked);
    case Special::kTwilio: co_return co_await answer_twilio(asked);
    case Special::kSurveyPage: co_return co_await answer_survey_page(asked);
    case Special::kSurveyAnswer: co_return co_await answer_survey(asked);
    case Special::kUnsubscribePage: co_return page_of(200, unsubscribe_page());
    case Special::kUnsubscribe: co_return co_await answer_unsubscribe(asked);
    case Special::kVisitPage:
    case Special::kVisitConfirm: co_return co_await answer_visit_page(asked, special);
    case Special::kCalendar: co_return co_await answer_calendar(asked);
    case Special::kFhirMetadata:
    case Special::kFhirRead:
    case Special::kFhirSearch:
    case Special::kFhirCreate:
    case Special::kFhirBatch: co_return co_await answer_fhir(asked, special);
    case Special::kOfferPage: co_return co_await answer_offer_page(asked);
    case Special::kOfferAnswer: co_return co_await answer_offer(asked);
    case Special::kBookPage:
    case Special::kBook:
    case Special::kBookedPage:
    case Special::kBookedAnswer: co_return co_await answer_book(asked, special);
    case Special::kBookKnown:
    case Special::kLinkedBookPage:
    case Special::kLinkedBook: co_return co_await answer_known(asked, special);
  }
  co_return Problem{404, "not_found", "there is nothing here"};
}

asio::awaitable<Gateway::Answer> Gateway::answer_events(Asked& asked) {
  const auto parameters = parse_form(asked.query);
  if (!parameters) co_return Problem{400, "malformed_query", "the query string is not percent-encoded UTF-8"};
  auto query = read_feed_query(*parameters, header(asked.request, http::field::accept), header(asked.request, "Last-Event-ID"));
  if (auto* problem = std::get_if<Problem>(&query)) co_return std::move(*problem);
  if (const auto& person = std::get<FeedQuery>(query).person; !person.empty() && person.size() <= 128)
    asked.ids.emplace_back("person", person);
  co_return co_await feed_.open(std::get<FeedQuery>(std::move(query)));
}

asio::awaitable<Gateway::Answer> Gateway::answer_import(Asked& asked, ImportKind kind) {
  auto key = read_idempotency_key(asked.request);
  if (auto* problem = std::get_if<Problem>(&key)) co_return std::move(*problem);
  auto body = read_body(asked.request);
  if (auto* problem = std::get_if<Problem>(&body)) co_return std::move(*problem);
  auto split = split_import(kind, std::get<json::object>(body), forms_, asked.principal, std::get<std::string>(key));
  if (auto* problem = std::get_if<Problem>(&split)) co_return std::move(*problem);
  auto& parts = std::get<std::vector<ImportPart>>(split);
  std::vector<runtime::Call> calls;
  calls.reserve(parts.size());
  for (ImportPart& part : parts) {
    runtime::Call call;
    call.service = part.service;
    call.key = part.key;
    call.request.type_id = part.type_id;
    call.request.body = std::move(part.body);
    call.request.principal = asked.principal;
    call.request.idempotency_key = part.idempotency_key;
    call.request.deadline = deadline();
    call.request.traceparent = traceparent_of(asked.request);
    calls.push_back(std::move(call));
  }
  const std::vector<messages::Reply> replies = co_await ask_all(backend_, std::move(calls));
  auto sum = sum_import(parts, replies);
  if (auto* problem = std::get_if<Problem>(&sum)) co_return std::move(*problem);
  std::uint64_t sequence = 0;
  for (const messages::Reply& reply : replies) sequence = std::max(sequence, reply.sequence);
  HttpResponse response = response_of(200, kJson, std::get<std::string>(std::move(sum)));
  response.headers.emplace_back("Bridgework-Sequence", std::to_string(sequence));
  co_return response;
}

/// One answer for every outcome: the same bytes at the same kind of moment. Only when the suite cannot keep what was written does the
/// caller hear of it, whatever it was.
asio::awaitable<Gateway::Answer> Gateway::answer_web_form(Asked& asked) {
  const auto began = std::chrono::steady_clock::now();
  const messages::MessageInfo* message = messages::find_message("SubmitWebForm");
  const StructForm& form = *forms_.find(message->type_id);
  const std::string& body = asked.request.body();
  json::object object = read_web_form(asked.found.path.front().second, body, form);
  // A double click is one enquiry; the same words an hour later are another one.
  const auto hour = std::chrono::floor<std::chrono::hours>(runtime::system_now()).time_since_epoch().count();
  const std::string key = id_suffix("web form", asked.found.path.front().second + "/" + std::to_string(hour), body);
  fill_made_fields(form, object, "web form", key);
  auto call = make_call(*message, form, object, "web form", key, {});
  bool is_kept = std::holds_alternative<Problem>(call);  // nothing that could be kept
  if (!is_kept) {
    const messages::Reply reply = co_await backend_.ask(std::get<runtime::Call>(std::move(call)));
    is_kept = reply.outcome == messages::Outcome::kDone || reply.outcome == messages::Outcome::kRefused ||
              reply.outcome == messages::Outcome::kMalformed;
  }
  co_await moment_of_answers(began);
  if (!is_kept)
    co_return page_of(503, survey_message_page("One moment please", "That did not work right now. Please send it again in a minute."));
  co_return page_of(200, web_form_page());
}

asio::awaitable<Gateway::Answer> Gateway::answer_twilio(Asked& asked) {
  const auto parameters = parse_form(asked.request.body());
  if (!parameters) co_return Problem{400, "malformed_form", "the body is no application/x-www-form-urlencoded form"};
  if (!config_.twilio_token.empty()) {
    const std::string url = public_base(asked.request) + std::string(asked.request.target());
    if (!is_twilio_signature(header(asked.request, "X-Twilio-Signature"), config_.twilio_token, url, *parameters)) {
      co_return Problem{403, "wrong_signature", "X-Twilio-Signature does not fit this request"};
    }
  }
  const std::string* sid = find_parameter(*parameters, "MessageSid");
  const std::string* from = find_parameter(*parameters, "From");
  const std::string* words = find_parameter(*parameters, "Body");
  if (sid == nullptr || sid->empty() || sid->size() > kIdempotencyKeyBytesMax || from == nullptr || words == nullptr) {
    co_return Problem{400, "malformed_form", "MessageSid, From and Body are needed"};
  }
  const messages::MessageInfo* message = messages::find_message("ReceiveInboundMessage");
  const json::object object{{"from", json::string(*from)}, {"body", json::string(*words)}};
  auto call = make_call(*message, *forms_.find(message->type_id), object, "twilio", *sid, {});
  if (auto* problem = std::get_if<Problem>(&call)) co_return std::move(*problem);
  const messages::Reply reply = co_await backend_.ask(std::get<runtime::Call>(std::move(call)));
  if (reply.outcome != messages::Outcome::kDone) co_return problem_of_reply(reply);
  co_return response_of(200, "text/xml; charset=utf-8", kTwilioAnswer);
}

// ---- confirmations

asio::awaitable<messages::Reply> Gateway::ask(std::string_view name, json::object fields, std::string principal,
                                              std::string idempotency_key) {
  const messages::MessageInfo* message = messages::find_message(name);
  auto call = make_call(*message, *forms_.find(message->type_id), fields, principal, idempotency_key, {});
  if (std::holds_alternative<Problem>(call)) {
    messages::Reply malformed;
    malformed.outcome = messages::Outcome::kMalformed;
    co_return malformed;
  }
  co_return co_await backend_.ask(std::get<runtime::Call>(std::move(call)));
}

asio::awaitable<Gateway::Answer> Gateway::answer_visit_page(Asked& asked, Special special) {
  const HttpResponse unknown = page_of(404, survey_message_page("Not found", "This link is not complete, or not from us."));
  const HttpResponse later =
      page_of(503, survey_message_page("One moment please", "That did not work right now. Please try again in a minute."));
  const auto token = read_survey_token(asked.found.path.front().second);
  if (!token) co_return unknown;
  const VisitForm form = read_visit_form(asked.request.body());
  if (special == Special::kVisitConfirm && !form.answer) co_return page_of(422, answer_missing_page());
  json::object question{{"message", json::string(token->survey)}, {"token", json::string(token->secret)}};
  const messages::Reply linked_reply = co_await ask("GetLinkedVisit", std::move(question), "visit-link", {});
  const bool refused = linked_reply.outcome == messages::Outcome::kRefused || linked_reply.outcome == messages::Outcome::kMalformed;
  if (refused) co_return unknown;
  const auto linked = messages::decode_as<messages::LinkedVisit>(linked_reply.body);
  if (linked_reply.outcome != messages::Outcome::kDone || !linked) co_return later;
  json::object where{{"site", json::string(linked->site.text())}};
  const messages::Reply site_reply = co_await ask("GetSite", std::move(where), "visit-link", {});
  const auto site = messages::decode_as<messages::SiteView>(site_reply.body);
  if (site_reply.outcome != messages::Outcome::kDone || !site) co_return later;
  std::vector<AppointmentId> told{linked->appointment};
  told.insert(told.end(), linked->together.begin(), linked->together.end());
  // Once more after a refusal: one was moved in this very moment, and the page says so.
  for (int turn = 0; turn < 2; ++turn) {
    auto visits = co_await visits_of(told);
    if (!visits) co_return later;
    const Instant now = runtime::system_now();
    const VisitStanding standing = standing_of(*visits, now);
    if (special == Special::kVisitPage) co_return page_of(200, confirm_page(*visits, site->name, now));
    if (*form.answer != VisitAnswer::kConfirm) {
      if (form.visit < visits->size() && can_be_called_off((*visits)[form.visit], now)) {
        messages::AppointmentView wanted = (*visits)[form.visit];
        std::string words = form.words, principal = "visit-link", secret = token->survey + "." + token->secret;
        auto page = co_await call_off(std::move(wanted), *form.answer, std::move(words), std::move(principal), std::move(secret));
        if (page) co_return std::move(*page);
        continue;
      }
      co_return page_of(410, confirm_page(*visits, site->name, now));
    }
    if (standing != VisitStanding::kOpen) {
      co_return page_of(standing == VisitStanding::kConfirmed ? 200 : 410, confirm_page(*visits, site->name, now));
    }
    bool refused_one = false;
    for (auto& visit : *visits) {
      if (standing_of(visit, now) != VisitStanding::kOpen) continue;
      json::object confirm{{"appointment", json::string(visit.appointment.text())}};
      std::string key = "visit-link-" + id_suffix(visit.appointment.text(), token->survey, token->secret);
      const messages::Reply reply = co_await ask("ConfirmAppointment", std::move(confirm), "visit-link", std::move(key));
      if (reply.outcome == messages::Outcome::kDone) visit.state = messages::VisitState::kConfirmed;
      else if (reply.outcome == messages::Outcome::kRefused) refused_one = true;
      else co_return later;
    }
    if (!refused_one) co_return page_of(200, confirm_page(*visits, site->name, now));
  }
  co_return later;
}

asio::awaitable<std::optional<std::vector<messages::AppointmentView>>> Gateway::visits_of(std::vector<AppointmentId> ids) {
  std::vector<messages::AppointmentView> visits;
  for (const AppointmentId& id : ids) {
    json::object which{{"appointment", json::string(id.text())}};
    const messages::Reply reply = co_await ask("GetAppointment", std::move(which), "visit-link", {});
    auto visit = messages::decode_as<messages::AppointmentView>(reply.body);
    if (reply.outcome != messages::Outcome::kDone || !visit) co_return std::nullopt;
    visits.push_back(std::move(*visit));
  }
  co_return visits;
}

asio::awaitable<std::optional<HttpResponse>> Gateway::call_off(messages::AppointmentView visit, VisitAnswer answer, std::string words,
                                                               std::string principal, std::string secret) {
  const bool cancels = answer == VisitAnswer::kCancel;
  json::object fields{{"appointment", json::string(visit.appointment.text())}};
  if (cancels) {
    fields["by"] = "patient";
    fields["reason"] = json::string(words.empty() ? "cancelled by link" : words);
  } else {
    fields["person"] = json::string(visit.person.text());
    fields["words"] = json::string(words);
  }
  // A double click is one answer. With the minute in it: a no of the moment is remembered under the key, and holds for that minute only.
  const auto minute = std::chrono::floor<std::chrono::minutes>(runtime::system_now()).time_since_epoch().count();
  std::string key = "visit-" + id_suffix(principal, secret,
                                         (cancels ? "cancel " : "another time ") + visit.appointment.text() + "\n" + words + "\n" +
                                             std::to_string(minute));
  const messages::Reply reply =
      co_await ask(cancels ? "CancelAppointment" : "AskForAnotherTime", std::move(fields), std::move(principal), std::move(key));
  if (reply.outcome == messages::Outcome::kRefused && cancels) co_return std::nullopt;
  if (reply.outcome != messages::Outcome::kDone) {
    co_return page_of(503, survey_message_page("One moment please", "That did not work right now. Please send it again in a minute."));
  }
  if (cancels) co_return page_of(200, survey_message_page("Your visit is cancelled", "Thank you for telling us."));
  co_return page_of(200, survey_message_page("We will call you", "Until we have found another time together, your visit stays booked."));
}

// ---- calendars

asio::awaitable<Gateway::Answer> Gateway::answer_calendar(Asked& asked) {
  const Problem unknown{404, "not_found", "there is no such calendar"};
  std::string token = asked.found.path.front().second;
  constexpr std::string_view kEnding = ".ics";
  if (!token.ends_with(kEnding)) co_return unknown;
  token.resize(token.size() - kEnding.size());
  const auto now = std::chrono::steady_clock::now();
  keys_.look(now);
  const Caller* caller = keys_.find(token);
  // A key that can do more has no business in an address.
  if (caller == nullptr || caller->role != Role::kCalendar) co_return unknown;
  if (const auto wait = key_limit_.take(caller->principal, now)) co_return too_many(*wait);
  asked.caller = *caller;
  asked.principal = caller->principal;
  asked.ids.emplace_back("site", *caller->sites.begin());
  co_return co_await calendar_.feed(asked.caller, std::string(header(asked.request, http::field::if_none_match)));
}

// ---- online booking

asio::awaitable<Gateway::Answer> Gateway::answer_book(Asked& asked, Special special) {
  std::string site = asked.found.path.front().second;
  if (special == Special::kBookPage) {
    std::string query(asked.query);
    co_return book_response(co_await book_.show(std::move(site), std::move(query)));
  }
  if (special == Special::kBook) {
    std::string body = asked.request.body();
    co_return book_response(co_await book_.book(std::move(site), std::move(body)));
  }
  std::string token = asked.found.path.back().second;
  constexpr std::string_view kEnding = ".ics";
  const bool as_calendar = token.ends_with(kEnding);
  if (as_calendar) token.resize(token.size() - kEnding.size());
  auto found = co_await book_.booked(std::move(site), token);
  if (auto* page = std::get_if<BookEndpoint::Page>(&found)) co_return book_response(std::move(*page));
  auto& booked = std::get<BookEndpoint::Booked>(found);
  if (special == Special::kBookedAnswer) {
    const VisitForm form = read_visit_form(asked.request.body());
    if (!form.answer || *form.answer == VisitAnswer::kConfirm) co_return book_response(BookEndpoint::Page{422, answer_missing_page()});
    const bool too_late = !can_be_called_off(booked.visit, runtime::system_now());
    std::optional<HttpResponse> page;
    if (!too_late) {
      std::string words = form.words, principal = "online booking";
      page = co_await call_off(std::move(booked.visit), *form.answer, std::move(words), std::move(principal), std::move(token));
    }
    if (!page)
      page = page_of(410, survey_message_page("This visit has changed", "It was moved or cancelled, or has begun. Please call us."));
    page->headers.emplace_back("Cache-Control", "no-store");
    co_return std::move(*page);
  }
  if (!as_calendar) co_return book_response(BookEndpoint::Page{200, booked_page(booked.site, booked.visit, token)});
  Caller visitor;
  visitor.principal = "online booking";
  co_return co_await calendar_.visit(std::move(visitor), std::move(booked.visit));
}

/// Whether somebody is known shows neither in the bytes of the answer nor in its time.
asio::awaitable<Gateway::Answer> Gateway::answer_known(Asked& asked, Special special) {
  const auto began = std::chrono::steady_clock::now();
  std::string which = asked.found.path.front().second;
  std::string body = asked.request.body(), query(asked.query);
  if (special == Special::kLinkedBookPage) co_return book_response(co_await book_.show_linked(std::move(which), std::move(query)));
  if (special == Special::kLinkedBook) co_return book_response(co_await book_.book_linked(std::move(which), std::move(body)));
  BookEndpoint::Page page = co_await book_.ask_for_link(std::move(which), std::move(body));
  co_await moment_of_answers(began);
  co_return book_response(std::move(page));
}

// ---- FHIR

asio::awaitable<Gateway::Answer> Gateway::answer_fhir(Asked& asked, Special special) {
  FhirEndpoint::Asked fhir;
  fhir.special = special;
  fhir.type = fhir_type_of(asked.found.route->pattern);
  if (!asked.found.path.empty()) fhir.id = asked.found.path.front().second;
  fhir.query = asked.query;
  fhir.body = asked.request.body();
  fhir.media_type = header(asked.request, http::field::content_type);
  fhir.base = public_base(asked.request) + "/fhir/R4";
  fhir.caller = asked.caller;
  fhir.traceparent = traceparent_of(asked.request);
  fhir.ids = &asked.ids;
  co_return co_await fhir_.answer(std::move(fhir));
}

// ---- parked messages

asio::awaitable<Gateway::Answer> Gateway::answer_parked() {
  const auto parked = co_await backend_.parked();
  if (!parked) co_return Problem{.status = 503, .code = "unavailable", .detail = parked.error(), .retry_after = std::chrono::seconds{1}};
  json::array list;
  for (const messages::Parked& one : *parked) {
    const messages::MessageInfo* info = messages::find_message(one.type_id);
    std::string parked_at;
    append_instant(parked_at, one.parked_at);
    list.push_back(json::object{{"service", one.service},
                                {"entity", one.entity},
                                {"sequence", one.sequence},
                                {"type", info == nullptr ? std::string("unknown") : std::string(info->name)},
                                {"reason", one.reason},
                                {"attempts", one.attempts},
                                {"parked_at", parked_at}});
  }
  co_return response_of(200, kJson, json::serialize(json::object{{"parked", std::move(list)}}));
}

asio::awaitable<Gateway::Answer> Gateway::answer_parked_retry(Asked& asked) {
  auto key = read_idempotency_key(asked.request);
  if (auto* problem = std::get_if<Problem>(&key)) co_return std::move(*problem);
  auto body = read_body(asked.request);
  if (auto* problem = std::get_if<Problem>(&body)) co_return std::move(*problem);
  const auto& object = std::get<json::object>(body);
  for (const auto& member : object) {
    if ((member.key() != "service" && member.key() != "entity") || !member.value().is_string()) {
      co_return problem_of(
          MappingError{"/" + std::string(member.key()), "unknown_field", "only service and entity, as text, are known here"});
    }
  }
  const std::string service = text_of(object, "service"), entity = text_of(object, "entity");
  const auto parked = co_await backend_.parked();
  if (!parked) co_return Problem{.status = 503, .code = "unavailable", .detail = parked.error(), .retry_after = std::chrono::seconds{1}};
  std::set<std::tuple<std::string, std::string, runtime::Lane>> wanted;
  for (const messages::Parked& one : *parked) {
    if ((service.empty() || service == one.service) && (entity.empty() || entity == one.entity)) {
      wanted.emplace(one.service, one.entity, one.lane);
    }
  }
  std::vector<runtime::Call> calls;
  for (const auto& [owner, whose, lane] : wanted) {
    runtime::Call call;
    call.service = owner;
    call.key = whose;
    call.lane = lane;
    call.request.type_id = messages::RetryParked::kTypeId;
    call.request.body = encode(messages::RetryParked{.entity = whose, .lane = lane});
    call.request.principal = asked.principal;
    call.request.idempotency_key = id_suffix(asked.principal, owner + "/" + whose + "/" + std::to_string(lane), std::get<std::string>(key));
    call.request.deadline = deadline();
    calls.push_back(std::move(call));
  }
  std::uint64_t tried = 0;
  for (const messages::Reply& reply : co_await ask_all(backend_, std::move(calls))) {
    if (reply.outcome != messages::Outcome::kDone) co_return problem_of_reply(reply);
    if (const auto retried = messages::decode_as<messages::ParkedRetried>(reply.body)) tried += retried->handled;
  }
  co_return response_of(200, kJson, json::serialize(json::object{{"entities", wanted.size()}, {"messages_tried", tried}}));
}

// ---- unsubscribe

asio::awaitable<Gateway::Answer> Gateway::answer_unsubscribe(Asked& asked) {
  const HttpResponse unknown = page_of(404, survey_message_page("Not found", "This link is not complete, or not from us."));
  const auto token = read_survey_token(asked.found.path.front().second);
  if (!token) co_return unknown;
  const messages::MessageInfo* message = messages::find_message("Unsubscribe");
  const json::object object{{"message", json::string(token->survey)}, {"token", json::string(token->secret)}};
  auto call = make_call(*message, *forms_.find(message->type_id), object, "unsubscribe",
                        id_suffix("unsubscribe", token->survey, token->secret), {});
  if (std::holds_alternative<Problem>(call)) co_return unknown;
  const messages::Reply reply = co_await backend_.ask(std::get<runtime::Call>(std::move(call)));
  if (reply.outcome == messages::Outcome::kRefused) co_return unknown;
  if (reply.outcome != messages::Outcome::kDone) {
    co_return page_of(503, survey_message_page("One moment please", "That did not work right now. Please try again in a minute."));
  }
  co_return page_of(200, survey_message_page("Done", "You will get no more of these messages."));
}

// ---- a free time

asio::awaitable<Gateway::Answer> Gateway::answer_offer_page(Asked& asked) {
  const HttpResponse unknown = page_of(404, survey_message_page("Not found", "This link is not complete, or not from us."));
  const auto token = read_survey_token(asked.found.path.front().second);
  if (!token) co_return unknown;
  const messages::MessageInfo* message = messages::find_message("GetOffer");
  const json::object object{{"offer", json::string(token->survey)}, {"token", json::string(token->secret)}};
  auto call = make_call(*message, *forms_.find(message->type_id), object, "offer", {}, {});
  if (std::holds_alternative<Problem>(call)) co_return unknown;
  const messages::Reply reply = co_await backend_.ask(std::get<runtime::Call>(std::move(call)));
  if (reply.outcome == messages::Outcome::kRefused) co_return unknown;
  const auto view = messages::decode_as<messages::OfferView>(reply.body);
  if (reply.outcome != messages::Outcome::kDone || !view) {
    co_return page_of(503, survey_message_page("One moment please", "That cannot be shown right now. Please try again in a minute."));
  }
  co_return page_of(200, offer_page(*view));
}

asio::awaitable<Gateway::Answer> Gateway::answer_offer(Asked& asked) {
  const HttpResponse unknown = page_of(404, survey_message_page("Not found", "This link is not complete, or not from us."));
  const auto token = read_survey_token(asked.found.path.front().second);
  if (!token) co_return unknown;
  const auto parameters = parse_form(asked.request.body());
  const std::string* chosen = parameters ? find_parameter(*parameters, "answer") : nullptr;
  const std::string answer = chosen == nullptr ? std::string() : *chosen;
  if (answer != "accept" && answer != "decline" && answer != "mute") {
    co_return page_of(422, survey_message_page("Your answer is missing", "Please go back and choose yes or no."));
  }
  json::object object{{"offer", json::string(token->survey)}, {"token", json::string(token->secret)}};
  if (answer == "mute") object["mute"] = true;
  const messages::MessageInfo* message = messages::find_message(answer == "accept" ? "AcceptOffer" : "DeclineOffer");
  // A double click is the same answer. A forged link is another request, so that it takes no key away from the right one.
  const std::string key = id_suffix("offer", asked.found.path.front().second, answer);
  auto call = make_call(*message, *forms_.find(message->type_id), object, "offer", key, {});
  if (std::holds_alternative<Problem>(call)) co_return unknown;
  const messages::Reply reply = co_await backend_.ask(std::get<runtime::Call>(std::move(call)));
  const bool over = reply.outcome == messages::Outcome::kRefused && reply.code == "offer_over";
  if (reply.outcome == messages::Outcome::kRefused && !over) co_return unknown;
  if (reply.outcome != messages::Outcome::kDone && !over) {
    co_return page_of(503, survey_message_page("One moment please", "That did not work right now. Please try again in a minute."));
  }
  // What it has come to; when somebody was faster, with the next free times.
  Answer shown = co_await answer_offer_page(asked);
  if (auto* page = std::get_if<HttpResponse>(&shown); page != nullptr && over && page->status == 200) page->status = 409;
  co_return shown;
}

// ---- the survey

asio::awaitable<Gateway::Answer> Gateway::answer_survey_page(Asked& asked) {
  const auto token = read_survey_token(asked.found.path.front().second);
  const HttpResponse unknown = page_of(404, survey_message_page("Not found", "This link is not complete, or not from us."));
  if (!token) co_return unknown;
  const messages::MessageInfo* message = messages::find_message("GetSurvey");
  const json::object object{{"survey", json::string(token->survey)}};
  auto call = make_call(*message, *forms_.find(message->type_id), object, "survey", {}, {});
  if (std::holds_alternative<Problem>(call)) co_return unknown;
  const messages::Reply reply = co_await backend_.ask(std::get<runtime::Call>(std::move(call)));
  if (reply.outcome == messages::Outcome::kRefused) co_return unknown;
  const auto view = messages::decode_as<messages::SurveyView>(reply.body);
  if (reply.outcome != messages::Outcome::kDone || !view) {
    co_return page_of(503, survey_message_page("One moment please", "The survey cannot be shown right now. Please try again in a minute."));
  }
  // The page says nothing about the survey's state: whoever has only the id must learn nothing from it.
  co_return page_of(200, survey_form_page(view->question));
}

asio::awaitable<Gateway::Answer> Gateway::answer_survey(Asked& asked) {
  const auto token = read_survey_token(asked.found.path.front().second);
  const auto parameters = parse_form(asked.request.body());
  if (!token) co_return page_of(404, survey_message_page("Not found", "This link is not complete, or not from us."));
  const std::string* score = parameters ? find_parameter(*parameters, "score") : nullptr;
  int number = -1;
  if (score != nullptr) std::from_chars(score->data(), score->data() + score->size(), number);
  if (number < 0 || number > 10)
    co_return page_of(422, survey_message_page("Your score is missing", "Please go back and choose a number from 0 to 10."));
  json::object object{{"survey", json::string(token->survey)}, {"token", json::string(token->secret)}, {"score", number}};
  for (const char* name : {"text", "promise_kept"}) {
    if (const std::string* value = find_parameter(*parameters, name)) object[name] = json::string(*value);
  }
  const messages::MessageInfo* message = messages::find_message("AnswerSurvey");
  // A double click is the same answer; another answer is another request, and the survey decides. So is a forged link, which must not take
  // the key away from the right one.
  const std::string key = id_suffix("survey", asked.found.path.front().second, asked.request.body());
  auto call = make_call(*message, *forms_.find(message->type_id), object, "survey", key, {});
  if (std::holds_alternative<Problem>(call)) {
    co_return page_of(422, survey_message_page("That did not work", "Please go back and shorten your words."));
  }
  const messages::Reply reply = co_await backend_.ask(std::get<runtime::Call>(std::move(call)));
  if (reply.outcome == messages::Outcome::kRefused) {
    if (reply.code == "already_answered") co_return page_of(200, survey_thanks_page({}));
    co_return page_of(404, survey_message_page("Not found", "This link is not valid any more."));
  }
  if (reply.outcome != messages::Outcome::kDone) {
    co_return page_of(
        503, survey_message_page("One moment please", "Your answer could not be taken right now. Please send it again in a minute."));
  }
  const messages::MessageInfo* question = messages::find_message("GetSurvey");
  const json::object asked_survey{{"survey", json::string(token->survey)}};
  auto view_call = make_call(*question, *forms_.find(question->type_id), asked_survey, "survey", {}, {});
  std::string review_link;
  if (auto* ready_call = std::get_if<runtime::Call>(&view_call)) {
    const messages::Reply shown = co_await backend_.ask(std::move(*ready_call));
    const auto view = messages::decode_as<messages::SurveyView>(shown.body);
    if (shown.outcome == messages::Outcome::kDone && view) review_link = view->review_link;
  }
  co_return page_of(200, survey_thanks_page(review_link));
}

}  // namespace bridgework::gateway
