#pragma once
// From an HTTP request to an answer: who asks, what for, which message that is, what became of it.

#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "gateway/access_log.hpp"
#include "gateway/api_keys.hpp"
#include "gateway/backend.hpp"
#include "gateway/book_endpoint.hpp"
#include "gateway/calendar_feed.hpp"
#include "gateway/config.hpp"
#include "gateway/confirm_page.hpp"
#include "gateway/event_feed.hpp"
#include "gateway/fhir_endpoint.hpp"
#include "gateway/forms.hpp"
#include "gateway/http_server.hpp"
#include "gateway/ids.hpp"
#include "gateway/imports.hpp"
#include "gateway/problem.hpp"
#include "gateway/rate_limit.hpp"
#include "gateway/router.hpp"
#include "gateway/url.hpp"
#include "messages/appointments.values.hpp"
#include "messages/outreach.values.hpp"
#include "runtime/metrics.hpp"

namespace bridgework::gateway {

class Gateway : public HttpHandler {
 public:
  Gateway(const Config& config, std::string group, const Forms& forms, ApiKeys keys, Backend& backend, runtime::Metrics& metrics,
          AccessLog access_log = {});

  asio::awaitable<HttpResponse> answer(const HttpRequest& request, std::string_view peer) override;

  const Router& router() const { return router_; }

 private:
  using Answer = std::variant<HttpResponse, Problem>;

  /// A request taken apart.
  struct Asked {
    const HttpRequest& request;
    std::string_view path;
    std::string_view query;
    std::string_view peer;
    Router::Found found;
    std::string principal;  ///< empty where no key is needed
    Caller caller;          ///< of `principal`
    std::vector<std::pair<std::string, std::string>> ids;
  };

  asio::awaitable<Answer> answer_route(Asked& asked);
  /// Why this caller may not ask at all, or nothing.
  std::optional<Problem> refuse_caller(Asked& asked);
  /// Keeps who looked at what; a look that cannot be kept is none.
  Answer keep_access(const Asked& asked, Answer answer);
  asio::awaitable<Answer> answer_message(Asked& asked, MessageEndpoint endpoint);
  asio::awaitable<Answer> answer_special(Asked& asked, Special special);
  asio::awaitable<Answer> answer_events(Asked& asked);
  asio::awaitable<Answer> answer_import(Asked& asked, ImportKind kind);
  asio::awaitable<Answer> answer_web_form(Asked& asked);
  asio::awaitable<Answer> answer_twilio(Asked& asked);
  asio::awaitable<Answer> answer_parked();
  asio::awaitable<Answer> answer_parked_retry(Asked& asked);
  asio::awaitable<Answer> answer_unsubscribe(Asked& asked);
  asio::awaitable<Answer> answer_offer_page(Asked& asked);
  asio::awaitable<Answer> answer_offer(Asked& asked);
  asio::awaitable<Answer> answer_survey_page(Asked& asked);
  asio::awaitable<Answer> answer_survey(Asked& asked);
  asio::awaitable<Answer> answer_visit_page(Asked& asked, Special special);
  /// The visits as they are now; nothing when one of them cannot be had.
  asio::awaitable<std::optional<std::vector<messages::AppointmentView>>> visits_of(std::vector<AppointmentId> ids);
  /// What whoever holds a link to a visit wants instead of it: to have it cancelled, or to be called. The page, or nothing when the visit
  /// is not what it was a moment ago.
  asio::awaitable<std::optional<HttpResponse>> call_off(messages::AppointmentView visit, VisitAnswer answer, std::string words,
                                                        std::string principal, std::string secret);
  /// A message that the gateway itself sends, as `principal`.
  asio::awaitable<messages::Reply> ask(std::string_view message, boost::json::object fields, std::string principal,
                                       std::string idempotency_key);
  asio::awaitable<Answer> answer_calendar(Asked& asked);
  asio::awaitable<Answer> answer_book(Asked& asked, Special special);
  asio::awaitable<Answer> answer_known(Asked& asked, Special special);
  asio::awaitable<Answer> answer_fhir(Asked& asked, Special special);

  std::variant<boost::json::object, Problem> read_fields(const Asked& asked, const MessageEndpoint& endpoint) const;
  /// A call of the message that `object` describes.
  std::variant<runtime::Call, Problem> make_call(const messages::MessageInfo& message, const StructForm& form,
                                                 const boost::json::object& object, std::string_view principal,
                                                 std::string_view idempotency_key, std::string_view traceparent) const;
  Answer answer_of(const messages::Reply& reply, NewId new_id) const;
  /// How the world reaches us, as far as this request or the configuration tells.
  std::string public_base(const HttpRequest& request) const;
  Instant deadline() const;
  void count(std::string_view route, unsigned status);

  const Config& config_;
  const Forms& forms_;
  const Router router_;
  ApiKeys keys_;
  RateLimit key_limit_, address_limit_;
  AccessLog access_log_;
  Backend& backend_;
  runtime::Metrics& metrics_;
  EventFeed feed_;
  FhirEndpoint fhir_;
  CalendarFeed calendar_;
  BookEndpoint book_;
  const std::string openapi_;
  std::map<std::tuple<std::string, unsigned>, runtime::Counter, std::less<>> answered_;
};

}  // namespace bridgework::gateway
