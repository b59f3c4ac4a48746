#pragma once
// FHIR R4 over HTTP: which questions and commands of the suite a FHIR request is.

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <boost/json/object.hpp>

#include "gateway/api_keys.hpp"
#include "gateway/backend.hpp"
#include "gateway/fhir_resource.hpp"
#include "gateway/fhir_search.hpp"
#include "gateway/forms.hpp"
#include "gateway/http_server.hpp"
#include "gateway/problem.hpp"
#include "gateway/router.hpp"

namespace bridgework::gateway {

/// Serves Patient, Appointment, Schedule and Slot.
///
/// It asks and commands exactly what /v1 would, under the same rules for roles and sites, and shows nothing that /v1 would not show to the
/// same caller. Every refusal is a `Problem`, which the gateway writes as an OperationOutcome.
class FhirEndpoint {
 public:
  using Answer = std::variant<HttpResponse, Problem>;

  FhirEndpoint(Backend& backend, const Forms& forms, std::chrono::milliseconds deadline)
      : backend_(backend), forms_(forms), deadline_(deadline) {}

  /// A request, with what the gateway knows of it. `ids` takes what is looked at, for the access log.
  struct Asked {
    Special special;
    std::string type;  ///< of the resource, from the path
    std::string id;    ///< from the path
    std::string query;
    std::string body;
    std::string media_type;
    std::string base;  ///< "https://dental.example/fhir/R4"
    Caller caller;
    std::string traceparent;
    std::vector<std::pair<std::string, std::string>>* ids = nullptr;
  };
  asio::awaitable<Answer> answer(Asked asked);

 private:
  using Resources = std::vector<boost::json::object>;
  using Found = std::variant<Resources, Problem>;

  asio::awaitable<Found> read(const Asked& asked);
  asio::awaitable<Found> search(const Asked& asked, const FhirSearch& search);
  asio::awaitable<Found> find_patients(const Asked& asked, const FhirSearch& search);
  asio::awaitable<Found> find_appointments(const Asked& asked, const FhirSearch& search);
  asio::awaitable<Found> find_schedules(const Asked& asked, const FhirSearch& search);
  asio::awaitable<Found> find_slots(const Asked& asked, const FhirSearch& search);

  /// The call of a message, unless the caller may not send it.
  std::variant<runtime::Call, Problem> call_of(const Asked& asked, std::string_view message, const boost::json::object& fields,
                                               std::string_view idempotency_key) const;
  asio::awaitable<std::variant<messages::Reply, Problem>> ask(const Asked& asked, std::string_view message, boost::json::object fields,
                                                              std::string idempotency_key = {});

  Backend& backend_;
  const Forms& forms_;
  std::chrono::milliseconds deadline_;
};

HttpResponse fhir_response(unsigned status, const boost::json::object& resource);

}  // namespace bridgework::gateway
