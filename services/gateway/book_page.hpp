#pragma once
// Booking by a patient themselves, as pages: what kind of visit, when, who, and what was agreed. Same looks as the survey's; no script.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/url.hpp"
#include "messages/appointments.values.hpp"
#include "runtime/types.hpp"

namespace bridgework::gateway {

/// A time with one provider, as pages name it: `2026-11-24T09:00:00/dr-lee`.
struct BookSlot {
  LocalTime start;
  std::string provider;
};
std::optional<BookSlot> read_book_slot(std::string_view text);

/// What a visitor has said so far; carried from page to page in links and hidden fields, since nothing of it is kept here.
struct BookWish {
  std::string token;  ///< of the page with the form: who sends it twice books once
  std::string type;
  std::string slot;
  std::string provider;  ///< only times with this one; empty: with anyone
  std::string from;      ///< first day to look at, "2026-11-24"; empty: today
  std::string given_name, family_name, phone, email;
  std::string again;     ///< how many times were taken before: a time that is free again is asked for anew
  std::string consent;   ///< "yes"
  std::string offers;    ///< "yes": news and offers, too; nobody has to
  std::string honeypot;  ///< a field that no human being sees
  std::string contact;   ///< phone or e-mail of whoever says that they are known
  std::string campaign;  ///< of `campaign`, else of `utm_campaign`; only what can be an id
  Parameters origin;     ///< the other utm_ parameters, each once and cut to 100 bytes
};
/// Unknown names are passed by; of a repeated name the first counts.
BookWish read_book_wish(const Parameters& parameters);

/// 32 lower-case hexadecimal digits.
bool is_book_token(std::string_view token);
/// A new one, 128 bits that nobody can guess.
std::string new_book_token();

/// The token of the page on which whoever has the link books for that person: one link, one person, one visit.
std::string book_token_of(std::string_view link, const PersonId& person);

/// As ids of sites and visit types are in every schema.
bool is_book_id(std::string_view text);

/// What keeps a form from being sent, in sentences for whoever filled it in; none: it may be sent.
std::vector<std::string> book_objections(const BookWish& wish);

/// What is agreed to by ticking, in the words of the page: that we contact them about the visit, and that we send news and offers.
std::string contact_wording(const messages::SiteView& site);
std::string offers_wording(const messages::SiteView& site);

/// What a patient may choose from.
std::vector<messages::VisitTypeView> online_types(const messages::SiteView& site);

/// First page: the kinds of visit; for who comes without a link also the form that asks for one.
enum class Visitor { kAnybody, kKnown };
std::string book_types_page(const messages::SiteView& site, const std::vector<messages::VisitTypeView>& types, const BookWish& wish,
                            Visitor visitor = Visitor::kAnybody);
/// Second page: at most the first five days of `openings`, each time once. `more`: there may be later ones than `openings`.
enum class MoreOpenings { kNone, kLater };
std::string book_times_page(const messages::SiteView& site, const messages::VisitTypeView& type,
                            const std::vector<messages::Slot>& openings, MoreOpenings more, const BookWish& wish);
/// Third page: who they are. With objections after a form that could not be taken; what was typed stays.
std::string book_details_page(const messages::SiteView& site, const messages::VisitTypeView& type, const BookWish& wish,
                              const std::vector<std::string>& objections);
/// Third page for who is known: for whom it is, by first names only. With objections as above.
struct BookPerson {
  PersonId person;
  std::string token;  ///< of their visit
  std::string first_name;
};
std::string book_for_whom_page(const messages::SiteView& site, const messages::VisitTypeView& type, const BookWish& wish,
                               const std::vector<BookPerson>& people, const std::vector<std::string>& objections);
/// After a link was asked for: one page, whoever asked.
std::string book_link_asked_page(const messages::SiteView& site);
/// The link books nothing any more.
std::string book_link_over_page(const SiteId& site);
/// A child books with somebody grown up; and whose number or address has changed is asked who they are.
std::string book_call_page(const messages::SiteView& site);

/// The time is not free any more: the six openings nearest to it, one click away, with everything else as it was said.
std::string book_taken_page(const messages::SiteView& site, const messages::VisitTypeView& type, std::vector<messages::Slot> openings,
                            const BookWish& wish);
/// What was agreed: what, when, where, the calendar's entry, and how to change it. No name: whoever has the phone sees it.
std::string booked_page(const messages::SiteView& site, const messages::AppointmentView& visit, std::string_view token);

/// Wherever nothing can be booked online: an unknown site, one that is switched off, has had enough for the day, or offers nothing. One
/// page, so that nobody learns which.
std::string book_closed_page();

}  // namespace bridgework::gateway
