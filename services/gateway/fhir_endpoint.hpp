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
#include "gateway/fhir_import.hpp"
#include "gateway/fhir_resource.hpp"
#include "gateway/fhir_search.hpp"
#include "gateway/forms.hpp"
#include "gateway/http_server.hpp"
#include "gateway/problem.hpp"
#include "gateway/router.hpp"
#include "messages/appointments.values.hpp"
#include "runtime/types.hpp"

namespace bridgework::gateway {

/// Serves Patient, Appointment, Schedule and Slot.
///
/// What is sent becomes the commands of an import (people, visits of the past, which never contact anybody) or of the desk (a visit to come
/// is held and booked, and reminded of like any other). The same resource sent again is recognised, and left as it is.
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
  /// The visit that is shown under the id that was asked for; `id` is what that says when it is not shortened.
  asio::awaitable<std::variant<messages::AppointmentView, Problem>> visit_shown_as(const Asked& asked, std::string id);
  /// The site that a shortened id stands for, of those the caller may see; nothing when it is none of them, or no shortened id.
  asio::awaitable<std::optional<messages::SiteView>> site_shown_as(const Asked& asked, std::string_view id);
  /// The calendar, and with it the visit type, that is shown under a name whose parts may be shortened.
  asio::awaitable<SlotKey> slot_shown_as(const Asked& asked, SlotKey key);
  asio::awaitable<Found> search(const Asked& asked, const FhirSearch& search);
  asio::awaitable<Found> find_patients(const Asked& asked, const FhirSearch& search);
  asio::awaitable<Found> find_appointments(const Asked& asked, const FhirSearch& search);
  asio::awaitable<Found> find_schedules(const Asked& asked, const FhirSearch& search);
  asio::awaitable<Found> find_slots(const Asked& asked, const FhirSearch& search);

  /// What became of one resource that was sent.
  struct Taken {
    bool is_new;
    std::string location;  ///< "Patient/f-…"
    std::vector<std::string> notes;
  };
  using Took = std::variant<Taken, Problem>;

  asio::awaitable<Answer> create(const Asked& asked);
  asio::awaitable<Answer> batch(const Asked& asked);
  asio::awaitable<Took> take(const Asked& asked, const boost::json::object& resource, std::string past_booked);
  asio::awaitable<Took> take_person(const Asked& asked, const PersonFromFhir& person);
  asio::awaitable<Took> take_schedule(const Asked& asked, const ScheduleFromFhir& schedule);
  asio::awaitable<Took> take_visit(const Asked& asked, const VisitFromFhir& visit);
  asio::awaitable<Took> take_history(const Asked& asked, const VisitFromFhir& visit, LocalTime local_start);
  asio::awaitable<Took> take_booking(const Asked& asked, const VisitFromFhir& visit, const messages::SiteView& site, LocalTime local_start);

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
