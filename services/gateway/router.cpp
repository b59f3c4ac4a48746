#include "gateway/router.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include "gateway/url.hpp"

namespace bridgework::gateway {
namespace {

std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> steps;
  if (path.starts_with('/')) path.remove_prefix(1);
  for (;;) {
    const std::size_t slash = path.find('/');
    steps.emplace_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return steps;
    path.remove_prefix(slash + 1);
  }
}

bool is_parameter(std::string_view step) { return step.starts_with('{'); }

using PathParameters = std::vector<std::pair<std::string, std::string>>;

std::optional<PathParameters> match(const std::vector<std::string>& pattern, const std::vector<std::string>& path) {
  if (pattern.size() != path.size()) return std::nullopt;
  PathParameters parameters;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (!is_parameter(pattern[i])) {
      if (pattern[i] != path[i]) return std::nullopt;
      continue;
    }
    auto value = percent_decode(path[i]);
    if (!value || value->empty()) return std::nullopt;
    parameters.emplace_back(pattern[i].substr(1, pattern[i].size() - 2), std::move(*value));
  }
  return parameters;
}

}  // namespace

Router::Router(const Forms& forms) {
  for (const messages::MessageInfo& message : messages::all_messages()) {
    if (message.http.empty()) continue;
    const std::size_t space = message.http.find(' ');
    const StructForm* form = forms.find(message.type_id);
    add({std::string(message.http.substr(0, space)), std::string(message.http.substr(space + 1)), MessageEndpoint{&message, form}});
  }
  add({"GET", "/healthz", Special::kHealth, false});
  add({"GET", "/readyz", Special::kReady, false});
  add({"GET", "/metrics", Special::kMetrics, false});
  add({"GET", "/openapi.json", Special::kOpenApi, false});
  add({"GET", "/v1/status", Special::kStatus});
  add({"GET", "/v1/events", Special::kEvents});
  add({"GET", "/v1/parked", Special::kParked});
  add({"POST", "/v1/parked/retry", Special::kParkedRetry});
  add({"POST", "/v1/rebuild/analytics", Special::kRebuildAnalytics});
  add({"POST", "/v1/imports/persons", Special::kImportPersons});
  add({"POST", "/v1/imports/visits", Special::kImportVisits});
  add({"POST", "/v1/imports/leads", Special::kImportLeads});
  add({"POST", "/forms/{form_key}", Special::kWebForm, false});
  add({"POST", "/hooks/twilio", Special::kTwilio, false});
  add({"GET", "/s/{token}", Special::kSurveyPage, false});
  add({"POST", "/s/{token}", Special::kSurveyAnswer, false});
  add({"GET", "/c/{token}", Special::kUnsubscribePage, false});
  add({"POST", "/c/{token}", Special::kUnsubscribe, false});
  add({"GET", "/v/{token}", Special::kVisitPage, false});
  add({"POST", "/v/{token}", Special::kVisitConfirm, false});
  add({"GET", "/calendar/{token}", Special::kCalendar, false});
  add({"GET", "/fhir/R4/metadata", Special::kFhirMetadata, false});
  for (const char* type : {"Patient", "Appointment", "Schedule", "Slot"}) {
    const std::string path = "/fhir/R4/" + std::string(type);
    add({"GET", path, Special::kFhirSearch});
    add({"GET", path + "/{id}", Special::kFhirRead});
    add({"POST", path, Special::kFhirCreate});
  }
  add({"POST", "/fhir/R4", Special::kFhirBatch});
  add({"GET", "/o/{token}", Special::kOfferPage, false});
  add({"POST", "/o/{token}", Special::kOfferAnswer, false});
  add({"GET", "/book/{site}", Special::kBookPage, false});
  add({"POST", "/book/{site}", Special::kBook, false});
  add({"GET", "/book/{site}/{token}", Special::kBookedPage, false});
  add({"POST", "/book/{site}/{token}", Special::kBookedAnswer, false});
  add({"POST", "/book/{site}/known", Special::kBookKnown, false});
  add({"GET", "/b/{token}", Special::kLinkedBookPage, false});
  add({"POST", "/b/{token}", Special::kLinkedBook, false});
}

void Router::add(Route route) {
  Steps steps{split_path(route.pattern), 0};
  steps.parameters = static_cast<std::size_t>(std::ranges::count_if(steps.steps, is_parameter));
  routes_.push_back(std::move(route));
  steps_.push_back(std::move(steps));
}

std::variant<Router::Found, Router::NoSuchPath, Router::WrongMethod> Router::find(std::string_view method, std::string_view path) const {
  const std::vector<std::string> asked = split_path(path);
  const std::string_view wanted = method == "HEAD" ? "GET" : method;
  std::optional<Found> best;
  std::size_t best_parameters = 0;
  std::set<std::string> methods;
  for (std::size_t i = 0; i < routes_.size(); ++i) {
    auto parameters = match(steps_[i].steps, asked);
    if (!parameters) continue;
    methods.insert(routes_[i].method);
    if (routes_[i].method != wanted || (best && best_parameters <= steps_[i].parameters)) continue;
    best = Found{&routes_[i], std::move(*parameters)};
    best_parameters = steps_[i].parameters;
  }
  if (best) return std::move(*best);
  if (methods.empty()) return NoSuchPath{};
  if (methods.contains("GET")) methods.insert("HEAD");
  methods.insert("OPTIONS");
  std::string allow;
  for (const std::string& one : methods) allow += (allow.empty() ? "" : ", ") + one;
  return WrongMethod{std::move(allow)};
}

}  // namespace bridgework::gateway
