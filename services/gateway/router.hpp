#pragma once
// Which endpoint a method and a path name.

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "gateway/forms.hpp"
#include "messages/catalogue.hpp"

namespace bridgework::gateway {

/// What the gateway answers by itself, beside the messages of the catalogue.
enum class Special {
  kHealth,
  kReady,
  kMetrics,
  kOpenApi,
  kStatus,
  kEvents,
  kParked,
  kParkedRetry,
  kRebuildAnalytics,
  kImportPersons,
  kImportVisits,
  kImportLeads,
  kTwilio,
  kSurveyPage,
  kSurveyAnswer,
  kUnsubscribePage,
  kUnsubscribe,
  kVisitPage,
  kVisitConfirm,
  kCalendar,
  kFhirMetadata,
  kFhirRead,
  kFhirSearch,
  kFhirCreate,
  kFhirBatch,
  kOfferPage,
  kOfferAnswer,
  kWebForm,
  kBookPage,
  kBook,
  kBookedPage,
  kBookedAnswer,
  kBookKnown,
  kLinkedBookPage,
  kLinkedBook,
};

/// A command or query of the catalogue.
struct MessageEndpoint {
  const messages::MessageInfo* message;
  const StructForm* form;
};

struct Route {
  std::string method;
  std::string pattern;  ///< "/v1/leads/{enquiry}/claim"
  std::variant<MessageEndpoint, Special> endpoint;
  bool needs_key = true;  ///< an API key
};

/// Every route of the catalogue by its $http annotation, and the special ones.
class Router {
 public:
  explicit Router(const Forms& forms);

  struct Found {
    const Route* route;
    std::vector<std::pair<std::string, std::string>> path;  ///< parameters, percent-decoded
  };
  struct NoSuchPath {};
  struct WrongMethod {
    std::string allow;  ///< "GET, HEAD, OPTIONS, POST"
  };

  /// HEAD finds the route of GET. A literal step wins over a parameter.
  std::variant<Found, NoSuchPath, WrongMethod> find(std::string_view method, std::string_view path) const;

  const std::vector<Route>& routes() const { return routes_; }

 private:
  struct Steps {
    std::vector<std::string> steps;  ///< a parameter keeps its braces
    std::size_t parameters;
  };

  void add(Route route);

  std::vector<Route> routes_;
  std::vector<Steps> steps_;
};

}  // namespace bridgework::gateway
