#include "gateway/book_page.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <set>
#include <span>

#include "gateway/confirm_page.hpp"
#include "gateway/survey_page.hpp"
#include "gateway/times.hpp"
#include "runtime/clock.hpp"

namespace bridgework::gateway {
namespace {

constexpr std::size_t kTokenBytes = 16;
constexpr std::size_t kIdBytesMax = 64;
constexpr std::size_t kNameBytesMax = 100;
constexpr std::size_t kPhoneBytesMax = 40;
constexpr std::size_t kEmailBytesMax = 254;
constexpr std::size_t kOriginBytesMax = 100;
constexpr std::size_t kAgainBytesMax = 8;
constexpr std::size_t kDaysShown = 5;
constexpr std::size_t kAlternatives = 6;
constexpr std::array<std::string_view, 4> kOrigins = {"utm_source", "utm_medium", "utm_term", "utm_content"};

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
    if (plain) {
      encoded += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded += '%';
    encoded += kHex[byte >> 4U];
    encoded += kHex[byte & 15U];
  }
  return encoded;
}

/// At most so many bytes, and no half character at the end.
std::string cut(std::string_view text, std::size_t bytes_max) {
  std::size_t end = std::min(text.size(), bytes_max);
  while (end > 0 && end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return std::string(text.substr(0, end));
}

bool has_control(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

/// Where the visitor comes from, as every link and form carries it on.
Parameters origin_of(const BookWish& wish) {
  Parameters origin;
  if (!wish.campaign.empty()) origin.emplace_back("campaign", wish.campaign);
  origin.insert(origin.end(), wish.origin.begin(), wish.origin.end());
  return origin;
}

/// `?type=exam&slot=…`, escaped for an attribute.
std::string link(const Parameters& parameters) {
  std::string query;
  for (const auto& [name, value] : parameters) query += (query.empty() ? "?" : "&") + name + "=" + percent_encoded(value);
  return escaped(query);
}

std::string to_types(const BookWish& wish) {
  Parameters parameters = origin_of(wish);
  if (parameters.empty()) parameters.emplace_back("type", "");
  return link(parameters);
}

std::string to_times(const BookWish& wish, std::string from) {
  Parameters parameters{{"type", wish.type}};
  if (!wish.provider.empty()) parameters.emplace_back("provider", wish.provider);
  if (!from.empty()) parameters.emplace_back("from", std::move(from));
  const Parameters origin = origin_of(wish);
  parameters.insert(parameters.end(), origin.begin(), origin.end());
  return link(parameters);
}

std::string hidden(std::string_view name, std::string_view value) {
  return "<input type=\"hidden\" name=\"" + std::string(name) + "\" value=\"" + escaped(value) + "\">";
}

std::string text_of(LocalTime at) {
  std::string text;
  append_local(text, at);
  return text;
}
std::string slot_text(const messages::Slot& slot) { return text_of(slot.local_start) + "/" + slot.provider.text(); }

/// `09:00`.
std::string clock_of(LocalTime at) { return text_of(at).substr(11, 5); }
/// `Tuesday 24 November 2026`.
std::string day_words(LocalTime at) {
  const std::string words = time_in_words(at);
  return words.substr(0, words.find(','));
}
LocalDay day_of(LocalTime at) { return std::chrono::floor<std::chrono::days>(at); }

/// Of several providers who are free at one time the first.
std::vector<messages::Slot> each_time_once(const std::vector<messages::Slot>& openings) {
  std::set<LocalTime> seen;
  std::vector<messages::Slot> times;
  for (const messages::Slot& slot : openings)
    if (seen.insert(slot.local_start).second) times.push_back(slot);
  return times;
}

/// `Exam, 30 minutes`.
std::string words_of(const messages::VisitTypeView& type) {
  return escaped(type.name) + ", " + std::to_string(type.duration_minutes) + " minutes";
}

std::string when_and_where(const messages::SiteView& site, LocalTime at) {
  return "<strong>" + escaped(time_in_words(at)) + "</strong> (" + escaped(site.zone) + " time)<br>" + escaped(site.name);
}

std::string call_us(const messages::SiteView& site, std::string_view what_for) {
  std::string words = "<p>" + std::string(what_for) + ", please call us";
  if (!site.phone.empty()) words += ": <a href=\"tel:" + escaped(site.phone) + "\">" + escaped(site.phone) + "</a>";
  return words + ".</p>";
}

std::string next_try(const std::string& again) {
  unsigned tries = 0;
  std::from_chars(again.data(), again.data() + again.size(), tries);
  return std::to_string(tries % 1'000'000 + 1);
}

std::string hex(std::span<const unsigned char, kTokenBytes> bytes) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : bytes) {
    text += kHex[byte >> 4U];
    text += kHex[byte & 15U];
  }
  return text;
}

std::string told(const std::vector<std::string>& objections) {
  if (objections.empty()) return {};
  std::string html = "<div role=\"alert\"><p>This could not be sent yet:</p><ul>";
  for (const std::string& objection : objections) html += "<li>" + escaped(objection) + "</li>";
  return html + "</ul></div>";
}

constexpr std::string_view kHoneypot =
    "<p hidden><label for=\"website\">Leave this empty</label>"
    "<input id=\"website\" name=\"website\" tabindex=\"-1\" autocomplete=\"off\"></p>";

struct Field {
  std::string_view name, label, type, autocomplete, value;
  std::size_t bytes_max;
  std::string_view more;
};
std::string field(const Field& f) {
  std::string html = "<p><label class=\"label\" for=\"";
  html.append(f.name).append("\">").append(f.label).append("</label><input class=\"text\" id=\"").append(f.name);
  html.append("\" name=\"").append(f.name).append("\" type=\"").append(f.type).append("\" autocomplete=\"").append(f.autocomplete);
  html.append("\" maxlength=\"").append(std::to_string(f.bytes_max)).append("\" value=\"").append(escaped(f.value)).append("\"");
  return html.append(f.more).append("></p>");
}

/// With whom, where there is a choice.
std::string choice_of_provider(const messages::SiteView& site, const BookWish& wish) {
  std::vector<std::pair<std::string, std::string>> choices{{"", "anyone"}};
  for (const messages::ProviderView& one : site.providers_in_full)
    if (!one.shifts.empty()) choices.emplace_back(one.provider.text(), one.name);
  if (choices.size() < 3) return {};
  std::string html = "<p>With:";
  BookWish other = wish;
  for (const auto& [provider, name] : choices) {
    other.provider = provider;
    html += provider == wish.provider ? " <strong>" + escaped(name) + "</strong>"
                                      : " <a href=\"" + to_times(other, wish.from) + "\">" + escaped(name) + "</a>";
  }
  return html + "</p>";
}

/// For who has been here before, or brings a child.
std::string known_form(const messages::SiteView& site) {
  std::string html =
      "<h2>Have you been here before?</h2><p>We send you a link with which you book for yourself and for those you answer for.</p>"
      "<form method=\"post\" action=\"/book/" +
      percent_encoded(site.site.text()) + "/known\">";
  html += field({"contact", "Phone or e-mail, as we know it", "text", "email", {}, kEmailBytesMax, " required"});
  return html.append(kHoneypot) + "<button type=\"submit\">Send me a link</button></form>";
}

}  // namespace

std::optional<BookSlot> read_book_slot(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos || !is_book_id(text.substr(slash + 1))) return std::nullopt;
  const auto start = parse_local(text.substr(0, slash));
  if (!start) return std::nullopt;
  return BookSlot{*start, std::string(text.substr(slash + 1))};
}

BookWish read_book_wish(const Parameters& parameters) {
  const auto value = [&](std::string_view name) {
    const std::string* found = find_parameter(parameters, name);
    return found == nullptr ? std::string() : *found;
  };
  BookWish wish{.token = value("token"),
                .type = value("type"),
                .slot = value("slot"),
                .provider = value("provider"),
                .from = value("from"),
                .given_name = value("given_name"),
                .family_name = value("family_name"),
                .phone = value("phone"),
                .email = value("email"),
                .again = cut(value("again"), kAgainBytesMax),
                .consent = value("consent"),
                .offers = value("offers"),
                .honeypot = cut(value("website"), kEmailBytesMax),
                .contact = cut(value("contact"), kEmailBytesMax),
                .campaign = value("campaign"),
                .origin = {}};
  if (!is_book_id(wish.provider)) wish.provider.clear();
  if (!is_book_id(wish.campaign)) wish.campaign = value("utm_campaign");
  if (!is_book_id(wish.campaign)) wish.campaign.clear();
  for (const std::string_view name : kOrigins) {
    const std::string told = cut(value(name), kOriginBytesMax);
    if (!told.empty() && !has_control(told)) wish.origin.emplace_back(std::string(name), told);
  }
  return wish;
}

bool is_book_token(std::string_view token) {
  return token.size() == 2 * kTokenBytes &&
         std::ranges::all_of(token, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::string new_book_token() {
  std::array<unsigned char, kTokenBytes> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) return {};
  return hex(bytes);
}

std::string book_token_of(std::string_view link, const PersonId& person) {
  const std::string text = "bridgework booking for\n" + std::string(link) + "\n" + person.text();
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  if (EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha256(), nullptr) != 1) return {};
  return hex(std::span(digest).first<kTokenBytes>());
}

bool is_book_id(std::string_view text) {
  return !text.empty() && text.size() <= kIdBytesMax && std::ranges::all_of(text, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '+' || c == '-' || c == '.' ||
           c == '@';
  });
}

std::vector<std::string> book_objections(const BookWish& wish) {
  std::vector<std::string> objections;
  const auto is_blank = [](const std::string& text) { return text.find_first_not_of(' ') == std::string::npos; };
  const auto fits = [](const std::string& text, std::size_t bytes_max) { return text.size() <= bytes_max && !has_control(text); };
  if (is_blank(wish.given_name)) objections.emplace_back("Please tell us your name.");
  if (!fits(wish.given_name, kNameBytesMax) || !fits(wish.family_name, kNameBytesMax))
    objections.emplace_back("Please shorten the name: at most 100 letters.");
  if (is_blank(wish.phone) && is_blank(wish.email)) objections.emplace_back("Please give us a phone number or an e-mail address.");
  const auto digits = std::ranges::count_if(wish.phone, [](char c) { return c >= '0' && c <= '9'; });
  if (!is_blank(wish.phone) && (!fits(wish.phone, kPhoneBytesMax) || digits < 6))
    objections.emplace_back("That phone number does not look complete.");
  const std::size_t at = wish.email.find('@');
  const bool is_address = at != std::string::npos && at > 0 && at + 1 < wish.email.size() && wish.email.find(' ') == std::string::npos;
  if (!is_blank(wish.email) && (!fits(wish.email, kEmailBytesMax) || !is_address))
    objections.emplace_back("That e-mail address does not look complete.");
  if (wish.consent != "yes") objections.emplace_back("Please agree that we may contact you about this visit.");
  return objections;
}

std::string contact_wording(const messages::SiteView& site) {
  return "I agree that " + site.name + " keeps what I enter here and contacts me about this visit by phone, text message or e-mail.";
}

std::string offers_wording(const messages::SiteView& site) {
  return "I would also like news and offers from " + site.name +
         " by text message or e-mail. I can book without that, and take it back at any time.";
}

std::vector<messages::VisitTypeView> online_types(const messages::SiteView& site) {
  std::vector<messages::VisitTypeView> types;
  for (const messages::VisitTypeView& type : site.types_in_full)
    if (type.online) types.push_back(type);
  return types;
}

std::string book_types_page(const messages::SiteView& site, const std::vector<messages::VisitTypeView>& types, const BookWish& wish,
                            Visitor visitor) {
  std::string content =
      "<h1>Book a visit</h1><p>" + escaped(site.name) + "</p><h2>What would you like to come for?</h2><ul class=\"list\">";
  BookWish chosen = wish;
  for (const messages::VisitTypeView& type : types) {
    chosen.type = type.visit_type;
    content += "<li><a href=\"" + to_times(chosen, {}) + "\">" + words_of(type) + "</a></li>";
  }
  content += "</ul>" + call_us(site, "For anything else");
  return page("Book a visit", visitor == Visitor::kAnybody ? content + known_form(site) : content);
}

std::string book_times_page(const messages::SiteView& site, const messages::VisitTypeView& type,
                            const std::vector<messages::Slot>& openings, MoreOpenings more, const BookWish& wish) {
  std::string content = "<h1>When would you like to come?</h1><p>" + words_of(type) + "<br>" + escaped(site.name) + ", times are " +
                        escaped(site.zone) + " time</p>" + choice_of_provider(site, wish);
  std::vector<messages::Slot> times = each_time_once(openings);
  // The last day of a list that was cut short may have more times than the list.
  if (more == MoreOpenings::kLater && !times.empty() && day_of(times.front().local_start) != day_of(times.back().local_start))
    std::erase_if(times,
                  [last = day_of(times.back().local_start)](const messages::Slot& slot) { return day_of(slot.local_start) == last; });
  std::optional<LocalDay> day;
  std::size_t days = 0;
  std::string later;
  for (const messages::Slot& slot : times) {
    const LocalDay its_day = day_of(slot.local_start);
    if (day != its_day) {
      if (days++ == kDaysShown) {
        append_day(later, its_day);
        break;
      }
      content += (day ? "</ul>" : "") + ("<h2>" + escaped(day_words(slot.local_start)) + "</h2><ul class=\"times\">");
      day = its_day;
    }
    Parameters parameters{{"type", wish.type}, {"slot", slot_text(slot)}};
    if (!wish.provider.empty()) parameters.emplace_back("provider", wish.provider);
    const Parameters origin = origin_of(wish);
    parameters.insert(parameters.end(), origin.begin(), origin.end());
    content += "<li><a href=\"" + link(parameters) + "\">" + clock_of(slot.local_start) + "</a></li>";
  }
  if (day) content += "</ul>";
  if (later.empty() && day && more == MoreOpenings::kLater) append_day(later, *day + std::chrono::days(1));
  if (times.empty()) content += call_us(site, "There is no free time to choose from at the moment. To find one with us");
  if (!later.empty()) content += "<p><a href=\"" + to_times(wish, later) + "\">Later days</a></p>";
  return page("When would you like to come?", content + "<p><a href=\"" + to_types(wish) + "\">Another kind of visit</a></p>");
}

std::string book_details_page(const messages::SiteView& site, const messages::VisitTypeView& type, const BookWish& wish,
                              const std::vector<std::string>& objections) {
  const auto slot = read_book_slot(wish.slot);
  std::string content =
      "<h1>Your details</h1><p>" + words_of(type) + "<br>" + (slot ? when_and_where(site, slot->start) : std::string()) + "</p>";
  content +=
      told(objections) + "<form method=\"post\">" + hidden("token", wish.token) + hidden("type", wish.type) + hidden("slot", wish.slot);
  if (!wish.provider.empty()) content += hidden("provider", wish.provider);
  for (const auto& [name, value] : origin_of(wish)) content += hidden(name, value);
  content += field({"given_name", "First name", "text", "given-name", wish.given_name, kNameBytesMax, " required"});
  content += field({"family_name", "Last name", "text", "family-name", wish.family_name, kNameBytesMax, ""});
  content += "<p>Is it for a child? Then we need the name and number of whoever answers for it.</p>";
  content += "<fieldset><legend>How can we reach you? One of them is enough.</legend>";
  content += field({"phone", "Phone", "tel", "tel", wish.phone, kPhoneBytesMax, ""});
  content += field({"email", "E-mail", "email", "email", wish.email, kEmailBytesMax, ""});
  content += "</fieldset>" + std::string(kHoneypot);
  content += "<p><label><input type=\"checkbox\" name=\"consent\" value=\"yes\" required" +
             std::string(wish.consent == "yes" ? " checked" : "") + "> " + escaped(contact_wording(site)) +
             "</label></p><p><label><input type=\"checkbox\" name=\"offers\" value=\"yes\"" +
             std::string(wish.offers == "yes" ? " checked" : "") + "> " + escaped(offers_wording(site)) +
             "</label></p><button type=\"submit\">Book this visit</button></form>";
  return page("Your details", content + "<p><a href=\"" + to_times(wish, {}) + "\">Another time</a></p>");
}

std::string book_for_whom_page(const messages::SiteView& site, const messages::VisitTypeView& type, const BookWish& wish,
                               const std::vector<BookPerson>& people, const std::vector<std::string>& objections) {
  const auto slot = read_book_slot(wish.slot);
  std::string content = "<h1>Who is it for?</h1><p>" + words_of(type) + "<br>" +
                        (slot ? when_and_where(site, slot->start) : std::string()) + "</p>" + told(objections);
  content += "<form method=\"post\">" + hidden("type", wish.type) + hidden("slot", wish.slot) +
             (wish.provider.empty() ? "" : hidden("provider", wish.provider)) + "<fieldset><legend>The visit is for</legend>";
  for (const BookPerson& one : people) {
    const bool chosen = people.size() == 1 || one.token == wish.token;
    content += "<p><label><input type=\"radio\" name=\"token\" required value=\"" + one.token + "\"" + (chosen ? " checked> " : "> ") +
               escaped(one.first_name.empty() ? "Whoever has this link" : one.first_name) + "</label></p>";
  }
  content += "</fieldset><button type=\"submit\">Book this visit</button></form>";
  return page("Who is it for?", content + "<p><a href=\"" + to_times(wish, {}) + "\">Another time</a></p>");
}

std::string book_link_asked_page(const messages::SiteView& site) {
  return page(
      "A link is on its way",
      "<h1>A link is on its way</h1><p>If we know this number or address, we have sent a message with a link to it. It is good for one "
      "hour. At night we send nothing.</p><p>Nothing has come? Then it is known to us for several people, or not at all.</p>" +
          call_us(site, "To book with us") + "<p><a href=\"/book/" + percent_encoded(site.site.text()) + "\">Book as somebody new</a></p>");
}

std::string book_link_over_page(const SiteId& site) {
  return page("This link is over",
              "<h1>This link is over</h1><p>It was good for a while, or for a visit that is booked by now.</p><p><a href=\"/book/" +
                  percent_encoded(site.text()) + "\">Book a visit, or ask for a new link</a></p>");
}

std::string book_call_page(const messages::SiteView& site) {
  return page("Please call us",
              "<h1>Please call us</h1><p>This visit cannot be booked by this link. A child books with whoever answers for "
              "it.</p>" +
                  call_us(site, "To find a time with us"));
}

std::string book_taken_page(const messages::SiteView& site, const messages::VisitTypeView& type, std::vector<messages::Slot> openings,
                            const BookWish& wish) {
  const auto slot = read_book_slot(wish.slot);
  std::string content = "<h1>That time is not free any more</h1><p>" + words_of(type) + "<br>" + escaped(site.name) + ", times are " +
                        escaped(site.zone) + " time</p>";
  openings = each_time_once(openings);
  if (slot) {
    std::ranges::stable_sort(openings, {}, [&](const messages::Slot& other) {
      return other.local_start < slot->start ? slot->start - other.local_start : other.local_start - slot->start;
    });
  }
  if (openings.size() > kAlternatives) openings.resize(kAlternatives);
  std::ranges::sort(openings, {}, &messages::Slot::local_start);
  if (openings.empty()) {
    // Only who is new has left their name.
    content += wish.given_name.empty() ? "" : "<p>We have your message.</p>";
    content += call_us(site, "There is no other free time to choose from at the moment. To find one with us");
    return page("That time is not free any more", content);
  }
  content += "<form method=\"post\">" + hidden("token", wish.token) + hidden("type", wish.type) + hidden("again", next_try(wish.again));
  if (!wish.provider.empty()) content += hidden("provider", wish.provider);
  for (const auto& [name, value] : origin_of(wish)) content += hidden(name, value);
  content += hidden("given_name", wish.given_name) + hidden("family_name", wish.family_name) + hidden("phone", wish.phone) +
             hidden("email", wish.email) + hidden("consent", wish.consent) + hidden("offers", wish.offers) +
             "<fieldset><legend>Would one of these suit you?</legend>";
  for (const messages::Slot& other : openings) {
    content += "<p><label><input type=\"radio\" name=\"slot\" required value=\"" + escaped(slot_text(other)) + "\"> " +
               escaped(time_in_words(other.local_start)) + "</label></p>";
  }
  content += "</fieldset><button type=\"submit\">Book this visit</button></form>";
  return page("That time is not free any more", content + "<p><a href=\"" + to_times(wish, {}) + "\">All times</a></p>");
}

std::string booked_page(const messages::SiteView& site, const messages::AppointmentView& visit, std::string_view token) {
  const auto type = std::ranges::find(site.types_in_full, visit.visit.visit_type, &messages::VisitTypeView::visit_type);
  std::string content = "<h1>Your visit is booked</h1><p>";
  if (type != site.types_in_full.end()) content += words_of(*type) + "<br>";
  const std::string address = "/book/" + percent_encoded(site.site.text()) + "/" + std::string(token);
  content += when_and_where(site, visit.visit.local_start) + "</p><p><a href=\"" + escaped(address) +
             ".ics\">Put it into your calendar</a></p><p><a href=\"" + escaped(address) +
             "\">The address of this page</a>: keep it to see, "
             "cancel or move the visit.</p>" +
             call_us(site, "If anything is unclear");
  return page("Your visit is booked", can_be_called_off(visit, runtime::system_now()) ? content + call_off_forms(address) : content);
}

std::string book_closed_page() {
  return survey_message_page("No booking online", "Nothing can be booked online here at the moment. Please call the practice.");
}

}  // namespace bridgework::gateway
