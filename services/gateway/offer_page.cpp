#include "gateway/offer_page.hpp"

#include <array>
#include <chrono>
#include <cstdio>
#include <string_view>

#include "gateway/survey_page.hpp"

namespace bridgework::gateway {
namespace {

/// `Tuesday, 6 January, 10:00`.
std::string words_of(LocalTime local) {
  static constexpr std::array<std::string_view, 7> kDays = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
  static constexpr std::array<std::string_view, 12> kMonths = {"January", "February", "March",     "April",   "May",      "June",
                                                               "July",    "August",   "September", "October", "November", "December"};
  const auto day = std::chrono::floor<std::chrono::days>(local);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{local - day};
  char clock[16];
  std::snprintf(clock, sizeof clock, "%02d:%02d", static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()));
  std::string words(kDays[std::chrono::weekday{day}.c_encoding()]);
  words.append(", ").append(std::to_string(static_cast<unsigned>(date.day()))).append(" ");
  words.append(kMonths[static_cast<unsigned>(date.month()) - 1]).append(", ").append(clock);
  return words;
}

std::string what(const messages::OfferView& offer) {
  return "<p><strong>" + escaped(words_of(offer.local_start)) + "</strong>, " + std::to_string(offer.duration_minutes) + " minutes, " +
         escaped(offer.site_name) + "</p>";
}

std::string button(std::string_view answer, std::string_view words) {
  std::string html = "<p><button type=\"submit\" name=\"answer\" value=\"";
  html.append(answer).append("\">").append(words).append("</button></p>");
  return html;
}

}  // namespace

std::string offer_page(const messages::OfferView& offer) {
  switch (offer.state) {
    case messages::OfferState::kOpen:
      return page("A time is free", "<h1>A time is free</h1>" + what(offer) +
                                             "<p>The first to take it has it.</p><form method=\"post\">" +
                                             button("accept", "Yes, I will come") + button("decline", "No, not this one") +
                                             button("mute", "No, and do not ask me again") + "</form>");
    case messages::OfferState::kAccepted:
      return page("It is yours", "<h1>It is yours</h1>" + what(offer) + "<p>We look forward to seeing you.</p>");
    case messages::OfferState::kDeclined:
      return page("Thank you", "<h1>Thank you</h1><p>You told us that you cannot come. The time goes to somebody else.</p>");
    case messages::OfferState::kRevoked: break;
  }
  std::string content = "<h1>Somebody was faster</h1><p>Thank you for your answer. That time is not free any more.</p>";
  if (!offer.alternatives.empty()) {
    content += "<p>These are the next ones; please call us to take one of them:</p><ul>";
    for (const messages::Slot& slot : offer.alternatives) content += "<li>" + escaped(words_of(slot.local_start)) + "</li>";
    content += "</ul>";
  }
  return page("Somebody was faster", content);
}

}  // namespace bridgework::gateway
