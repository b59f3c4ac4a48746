#include "gateway/calendar_feed.hpp"

#include <optional>
#include <utility>
#include <vector>

#include "gateway/icalendar.hpp"
#include "gateway/imports.hpp"
#include "messages/appointments.codec.hpp"
#include "runtime/clock.hpp"
#include "runtime/zone.hpp"

namespace bridgework::gateway {
namespace {

constexpr std::chrono::days kDaysBack{14};
constexpr std::chrono::days kDaysAhead{90};

template <class Query>
runtime::Call call_of(const Query& query, const std::string& key, const Caller& caller, Instant deadline) {
  runtime::Call call;
  call.kind = runtime::Call::Kind::kQuery;
  call.service = "appointments";
  call.key = key;
  call.request.type_id = Query::kTypeId;
  call.request.body = encode(query);
  call.request.principal = caller.principal;
  call.request.deadline = deadline;
  return call;
}

HttpResponse calendar_response(std::string body) {
  HttpResponse response;
  response.content_type = kCalendarContentType;
  response.body = std::move(body);
  return response;
}

}  // namespace

asio::awaitable<std::variant<messages::SiteView, Problem>> CalendarFeed::site_of(const Caller& caller, SiteId site) {
  messages::GetSite query;
  query.site = site;
  auto call = call_of(query, site.text(), caller, runtime::system_now() + deadline_);
  const messages::Reply reply = co_await backend_.ask(std::move(call));
  if (reply.outcome != messages::Outcome::kDone) co_return problem_of_reply(reply);
  auto view = messages::decode_as<messages::SiteView>(reply.body);
  if (!view) co_return Problem{500, "internal", "the service gave an answer that cannot be read"};
  co_return std::move(*view);
}

asio::awaitable<CalendarFeed::Answer> CalendarFeed::feed(Caller caller, std::string if_none_match) {
  const SiteId site_id(*caller.sites.begin());
  auto found = co_await site_of(caller, site_id);
  if (auto* problem = std::get_if<Problem>(&found)) co_return std::move(*problem);
  const messages::SiteView& site = std::get<messages::SiteView>(found);
  const Instant now = runtime::system_now();
  const LocalDay today = runtime::local_day(now, site.zone);
  std::vector<runtime::Call> calls;
  for (LocalDay day = today - kDaysBack; day <= today + kDaysAhead; day += std::chrono::days(1)) {
    messages::ListAppointments query;
    query.site = site_id;
    query.day = day;
    calls.push_back(call_of(query, site_id.text(), caller, now + deadline_));
  }
  const std::vector<messages::Reply> replies = co_await ask_all(backend_, std::move(calls));
  std::vector<messages::AppointmentView> visits;
  for (const messages::Reply& reply : replies) {
    if (reply.outcome != messages::Outcome::kDone) co_return problem_of_reply(reply);
    auto list = messages::decode_as<messages::AppointmentList>(reply.body);
    if (!list) co_return Problem{500, "internal", "the service gave an answer that cannot be read"};
    for (auto& visit : list->appointments) {
      if (caller.provider.empty() || visit.visit.provider.text() == caller.provider) visits.push_back(std::move(visit));
    }
  }
  const std::string name = caller.provider.empty() ? site.name : site.name + ", " + caller.provider;
  const std::vector<CalendarEntry> entries = calendar_entries(visits, site.name, domain_);
  const std::string tag = calendar_tag(name, entries);
  const bool known = names_tag(if_none_match, tag);
  HttpResponse response = calendar_response(known ? std::string() : icalendar(name, entries, now));
  if (known) response.status = 304;
  response.headers.emplace_back("ETag", tag);
  response.headers.emplace_back("Cache-Control", "private, no-cache");
  co_return response;
}

asio::awaitable<CalendarFeed::Answer> CalendarFeed::visit(Caller caller, messages::AppointmentView view) {
  auto found = co_await site_of(caller, view.site);
  if (auto* problem = std::get_if<Problem>(&found)) co_return std::move(*problem);
  const auto entry = calendar_entry(view, std::get<messages::SiteView>(found).name, domain_);
  if (!entry) co_return Problem{409, "not_agreed", "only a visit that was agreed on is on a calendar"};
  std::vector<CalendarEntry> entries{*entry};
  HttpResponse response = calendar_response(icalendar({}, entries, runtime::system_now()));
  response.headers.emplace_back("Content-Disposition", "attachment; filename=\"visit.ics\"");
  co_return response;
}

}  // namespace bridgework::gateway
