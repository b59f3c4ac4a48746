#pragma once
// Booking by a patient themselves, over HTTP: which questions and commands of the suite its pages are.

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "gateway/backend.hpp"
#include "gateway/book_page.hpp"
#include "messages/appointments.values.hpp"
#include "messages/outreach.values.hpp"
#include "runtime/types.hpp"

namespace bridgework::gateway {

/// Shows what may be booked, and books it.
///
/// Whether something may be booked is decided where the rule is owned: appointments says which visit types are online and what is free;
/// lead_intake counts each form against the day's cap of the site's public form, and its switch and its keys open and close these pages.
///
/// Reading changes nothing. What is sent is counted, then becomes an enquiry of a person, as the public form's does, and, once that person
/// is known, a visit, booked at once or not at all. Person and visit have ids made of the page's token: a page sent twice books once.
///
/// Who is known already says so by a link that was sent to them: outreach says whom it was sent to and whether it is good, lead_intake for
/// whom they may book. It makes no enquiry, and one visit for each of them.
class BookEndpoint {
 public:
  BookEndpoint(Backend& backend, std::chrono::milliseconds deadline) : backend_(backend), deadline_(deadline) {}

  struct Page {
    unsigned status = 200;
    std::string html;
  };
  /// What to choose from, as far as `query` has chosen.
  asio::awaitable<Page> show(std::string site, std::string query);
  /// Takes the form.
  asio::awaitable<Page> book(std::string site, std::string body);

  /// Sends a link to whoever answers at a contact point, if anybody does. The page is the same in any case.
  asio::awaitable<Page> ask_for_link(std::string site, std::string body);
  /// The same pages for whom a link was sent to, `message.token`: what to choose from, and the booking itself.
  asio::awaitable<Page> show_linked(std::string link, std::string query);
  asio::awaitable<Page> book_linked(std::string link, std::string body);

  /// What was booked from the page with that token; the visit itself for its calendar's entry.
  struct Booked {
    messages::SiteView site;
    messages::AppointmentView visit;
  };
  asio::awaitable<std::variant<Booked, Page>> booked(std::string site, std::string token);

 private:
  /// A site where something may be booked online.
  struct Open {
    messages::SiteView site;
    std::vector<messages::VisitTypeView> types;
    FormKeyId form_key;
    bool is_full;  ///< today's cap is reached
  };
  asio::awaitable<std::variant<Open, Page>> open(std::string site);
  asio::awaitable<std::variant<std::vector<messages::Slot>, Page>> openings(const Open& open, BookWish wish, std::optional<LocalDay> from);
  asio::awaitable<Page> times(const Open& open, messages::VisitTypeView type, BookWish wish);
  /// Counts the form and makes an enquiry of it; a page when that was not to be.
  asio::awaitable<std::optional<Page>> enquire(const Open& open, const BookWish& wish);
  /// Whether the enquiry, and so its person, is known.
  enum class Known { kYes, kNot, kNobodyCanTell };
  asio::awaitable<Known> look(EnquiryId enquiry);
  /// Waits until it is, so that the log tells of the person before it tells of their visit.
  asio::awaitable<Known> wait_for(EnquiryId enquiry);
  /// Takes the time for the person; what it has come to.
  asio::awaitable<Page> take(const Open& open, BookWish wish, PersonId person);
  /// Whom the link was sent to; or that it is none of ours.
  asio::awaitable<std::variant<messages::LinkedBooker, Page>> booker_of(std::string link);
  /// Where, and for whom, something may be booked by a link; or why nothing may.
  struct Linked {
    Open open;
    std::vector<messages::VisitTypeView> types;  ///< what it was sent for, or all that are online
    std::vector<BookPerson> people;
  };
  asio::awaitable<std::variant<Linked, Page>> enter(messages::LinkedBooker booker, std::string link);
  Instant deadline() const;

  Backend& backend_;
  std::chrono::milliseconds deadline_;
};

}  // namespace bridgework::gateway
