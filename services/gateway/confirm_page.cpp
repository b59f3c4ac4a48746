#include "gateway/confirm_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <vector>

#include "gateway/survey_page.hpp"

namespace bridgework::gateway {

using messages::VisitState;

VisitStanding standing_of(const messages::AppointmentView& visit, Instant now) {
  switch (visit.state) {
    case VisitState::kMoved: return VisitStanding::kMoved;
    case VisitState::kCancelled:
    case VisitState::kLapsed: return VisitStanding::kCancelled;
    case VisitState::kNoShow:
    case VisitState::kCompleted:
    case VisitState::kCheckedOut: return VisitStanding::kOver;
    case VisitState::kConfirmed:
    case VisitState::kArrived:
    case VisitState::kSeated: return VisitStanding::kConfirmed;
    case VisitState::kBooked: return visit.visit.start <= now ? VisitStanding::kOver : VisitStanding::kOpen;
    case VisitState::kHeld:
    case VisitState::kPlanned: return VisitStanding::kCancelled;
  }
  return VisitStanding::kOver;
}

std::string time_in_words(LocalTime at) {
  constexpr std::array kDays = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
  constexpr std::array kMonths = {"January", "February", "March",     "April",   "May",      "June",
                                  "July",    "August",   "September", "October", "November", "December"};
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{at - day};
  return fmt::format("{} {} {} {}, {:02}:{:02}", kDays[std::chrono::weekday{day}.c_encoding()], static_cast<unsigned>(date.day()),
                     kMonths[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()), clock.hours().count(),
                     clock.minutes().count());
}

bool can_be_called_off(const messages::AppointmentView& visit, Instant now) {
  return (visit.state == VisitState::kBooked || visit.state == VisitState::kConfirmed) && now < visit.visit.start;
}

std::string call_off_forms(std::string_view action, std::size_t which) {
  const std::string number = std::to_string(which);
  const std::string form = (action.empty() ? "<form method=\"post\">" : "<form method=\"post\" action=\"" + escaped(action) + "\">") +
                           "<input type=\"hidden\" name=\"visit\" value=\"" + number + "\">";
  return "<h2>You cannot come?</h2>" + form +
         "<input type=\"hidden\" name=\"answer\" value=\"another_time\">"
         "<p><label class=\"label\" for=\"words" +
         number +
         "\">When would suit you?</label>"
         "<input class=\"text\" id=\"words" +
         number +
         "\" name=\"words\" maxlength=\"200\"></p>"
         "<button type=\"submit\">Please call me to find another time</button></form>" +
         form +
         "<input type=\"hidden\" name=\"answer\" value=\"cancel\">"
         "<p><label class=\"label\" for=\"reason" +
         number +
         "\">Why do you cancel? You need not say.</label>"
         "<input class=\"text\" id=\"reason" +
         number +
         "\" name=\"words\" maxlength=\"200\"></p>"
         "<button type=\"submit\">Cancel this visit</button></form>";
}

std::optional<VisitAnswer> read_visit_answer(std::string_view answer) {
  if (answer.empty() || answer == "confirm") return VisitAnswer::kConfirm;
  if (answer == "cancel") return VisitAnswer::kCancel;
  if (answer == "another_time") return VisitAnswer::kAnotherTime;
  return std::nullopt;
}

VisitStanding standing_of(std::span<const messages::AppointmentView> visits, Instant now) {
  const auto any = [&](VisitStanding wanted) {
    return std::ranges::any_of(visits, [&](const auto& visit) { return standing_of(visit, now) == wanted; });
  };
  if (any(VisitStanding::kOpen)) return VisitStanding::kOpen;
  return any(VisitStanding::kConfirmed) ? VisitStanding::kConfirmed : standing_of(visits.front(), now);
}

std::string confirm_page(std::span<const messages::AppointmentView> visits, std::string_view site_name, Instant now) {
  std::vector<LocalTime> times;
  for (const auto& visit : visits) {
    const VisitStanding standing = standing_of(visit, now);
    if (standing == VisitStanding::kOpen || standing == VisitStanding::kConfirmed) times.push_back(visit.visit.local_start);
  }
  std::ranges::sort(times);
  std::string when = "<p>";
  for (const LocalTime time : times) when += "<strong>" + escaped(time_in_words(time)) + "</strong><br>";
  when += escaped(site_name) + "</p>";
  const bool several = times.size() > 1;
  std::string call_off;
  for (std::size_t i = 0; i < visits.size(); ++i) {
    if (!can_be_called_off(visits[i], now)) continue;
    if (several) call_off += "<p><strong>" + escaped(time_in_words(visits[i].visit.local_start)) + "</strong></p>";
    call_off += call_off_forms({}, i);
  }
  switch (standing_of(visits, now)) {
    case VisitStanding::kOpen:
      return page("Your visit", (several ? "<h1>Will you all come?</h1>" : "<h1>Will you come?</h1>") + when +
                                    "<form method=\"post\"><button type=\"submit\">" +
                                    (several ? "Yes, we will be there" : "Yes, I will be there") + "</button></form>" + call_off);
    case VisitStanding::kConfirmed:
      return page("Your visit", std::string("<h1>Thank you</h1>") +
                                    (several ? "<p>Your visits are confirmed.</p>" : "<p>Your visit is confirmed.</p>") + when + call_off);
    case VisitStanding::kMoved:
      return page("Your visit", "<h1>This visit was moved</h1><p>Another time was agreed on, so this link does nothing any more.</p>");
    case VisitStanding::kCancelled:
      return page("Your visit", "<h1>This visit will not take place</h1><p>It was cancelled, so this link does nothing any more.</p>");
    case VisitStanding::kOver: return page("Your visit", "<h1>This visit is over</h1><p>This link does nothing any more.</p>");
  }
  return {};
}

}  // namespace bridgework::gateway
