#pragma once
// A site's or a provider's visits as a calendar that others subscribe to.

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <string>
#include <string_view>
#include <variant>

#include "gateway/api_keys.hpp"
#include "gateway/backend.hpp"
#include "gateway/http_server.hpp"
#include "gateway/problem.hpp"
#include "messages/appointments.values.hpp"

namespace bridgework::gateway {

/// Asks appointments for the days of a feed and writes them down. What was two weeks ago and what comes within ninety days is in it.
class CalendarFeed {
 public:
  using Answer = std::variant<HttpResponse, Problem>;

  /// `domain` ends each uid.
  CalendarFeed(Backend& backend, std::string domain, std::chrono::milliseconds deadline)
      : backend_(backend), domain_(std::move(domain)), deadline_(deadline) {}

  /// The feed of a caller of role calendar: their one site, and their provider's visits only when they have one. 304 when
  /// `if_none_match` names what it would say.
  asio::awaitable<Answer> feed(Caller caller, std::string if_none_match);

  /// One visit, for the person's own calendar.
  asio::awaitable<Answer> visit(Caller caller, messages::AppointmentView view);

 private:
  asio::awaitable<std::variant<messages::SiteView, Problem>> site_of(const Caller& caller, SiteId site);

  Backend& backend_;
  std::string domain_;
  std::chrono::milliseconds deadline_;
};

}  // namespace bridgework::gateway
