#include "gateway/book_endpoint.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <optional>

#include "gateway/confirm_page.hpp"
#include "gateway/ids.hpp"
#include "gateway/survey_page.hpp"
#include "gateway/times.hpp"
#include "gateway/url.hpp"
#include "gateway/web_form.hpp"
#include "messages/appointments.codec.hpp"
#include "messages/lead_intake.codec.hpp"
#include "messages/outreach.codec.hpp"
#include "runtime/clock.hpp"

namespace bridgework::gateway {
namespace {

constexpr std::string_view kPrincipal = "online booking";
constexpr std::uint16_t kOpeningsMax = 200;
/// How often a person is looked for who is about to be known: some commits later.
constexpr std::chrono::milliseconds kLookEvery{20};

using Page = BookEndpoint::Page;

Page closed() { return {404, book_closed_page()}; }
Page later() { return {503, survey_message_page("One moment please", "That did not work right now. Please send it again in a minute.")}; }

template <class Message>
runtime::Call call_of(runtime::Call::Kind kind, std::string_view service, std::string key, const Message& message,
                      std::string idempotency_key, Instant deadline) {
  runtime::Call call;
  call.kind = kind;
  call.service = service;
  call.key = std::move(key);
  call.request.type_id = Message::kTypeId;
  call.request.body = encode(message);
  call.request.principal = kPrincipal;
  call.request.idempotency_key = std::move(idempotency_key);
  call.request.deadline = deadline;
  return call;
}
constexpr auto kQuery = runtime::Call::Kind::kQuery;
constexpr auto kCommand = runtime::Call::Kind::kCommand;

AppointmentId visit_of(const SiteId& site, std::string_view token) {
  return AppointmentId(site.text() + ".v-" + id_suffix(kPrincipal, "visit", token));
}
PersonId person_of(std::string_view token) { return PersonId("p-" + id_suffix(kPrincipal, "person", token)); }
/// What is said of the person, whatever time they want: the same words again are the same enquiry.
std::string said_in(const BookWish& wish, const messages::SiteView& site) {
  std::string said = site.site.text();
  for (const std::string* part :
       {&wish.token, &wish.type, &wish.given_name, &wish.family_name, &wish.phone, &wish.email, &wish.campaign, &wish.offers})
    said += "\n" + *part;
  for (const auto& [name, value] : wish.origin) said += "\n" + name + "=" + value;
  return said;
}
EnquiryId enquiry_of(const BookWish& wish, const messages::SiteView& site) {
  return EnquiryId(person_of(wish.token).text() + ".e-" + id_suffix(kPrincipal, "enquiry", said_in(wish, site)));
}

/// The type by its id, also one that is not online: appointments says no to that.
messages::VisitTypeView type_of(const messages::SiteView& site, const std::string& id) {
  const auto found = std::ranges::find(site.types_in_full, id, &messages::VisitTypeView::visit_type);
  return found == site.types_in_full.end() ? messages::VisitTypeView{} : *found;
}

/// What staff read at the enquiry.
std::string enquiry_text(const BookWish& wish, const messages::SiteView& site) {
  std::string text = "Online booking: " + type_of(site, wish.type).name + ".";
  for (const auto& [name, value] : wish.origin) text += "\n" + name + ": " + value;
  return text;
}

/// The suite has answered, and not with yes.
bool is_no(const messages::Reply& reply) {
  return reply.outcome == messages::Outcome::kRefused || reply.outcome == messages::Outcome::kMalformed;
}

bool is_agreed(const messages::AppointmentView& visit) {
  const VisitStanding standing = standing_of(visit, runtime::system_now());
  return standing == VisitStanding::kOpen || standing == VisitStanding::kConfirmed;
}

}  // namespace

Instant BookEndpoint::deadline() const { return runtime::system_now() + deadline_; }

asio::awaitable<std::variant<BookEndpoint::Open, Page>> BookEndpoint::open(std::string site) {
  if (!is_book_id(site)) co_return closed();
  const SiteId id(site);
  messages::GetSite get_site;
  get_site.site = id;
  messages::GetWebForm get_form;
  get_form.site = id;
  std::vector<runtime::Call> calls;
  calls.push_back(call_of(kQuery, "appointments", site, get_site, {}, deadline()));
  calls.push_back(call_of(kQuery, "lead_intake", site, get_form, {}, deadline()));
  const std::vector<messages::Reply> replies = co_await ask_all(backend_, std::move(calls));
  for (const messages::Reply& reply : replies) {
    if (is_no(reply)) co_return closed();
    if (reply.outcome != messages::Outcome::kDone) co_return later();
  }
  auto view = messages::decode_as<messages::SiteView>(replies[0].body);
  const auto form = messages::decode_as<messages::WebFormView>(replies[1].body);
  if (!view || !form) co_return later();
  Open open{std::move(*view), {}, {}, form->counted_today >= form->daily_cap};
  open.types = online_types(open.site);
  if (!form->enabled || form->keys.empty() || open.types.empty()) co_return closed();
  // The one that is not being phased out.
  open.form_key = form->keys.back().form_key;
  for (const messages::FormKeyView& key : form->keys)
    if (!key.valid_until) open.form_key = key.form_key;
  co_return open;
}

asio::awaitable<std::variant<std::vector<messages::Slot>, Page>> BookEndpoint::openings(const Open& open, BookWish wish,
                                                                                        std::optional<LocalDay> from) {
  messages::FindOpenings query;
  query.type = std::move(wish.type);
  query.provider = ProviderId(wish.provider);
  query.sites = {open.site.site};
  query.from = from;
  query.limit = kOpeningsMax;
  auto call = call_of(kQuery, "appointments", {}, query, {}, deadline());
  const messages::Reply reply = co_await backend_.ask(std::move(call));
  auto list = messages::decode_as<messages::SlotList>(reply.body);
  if (reply.outcome == messages::Outcome::kRefused || reply.outcome == messages::Outcome::kMalformed)
    co_return std::vector<messages::Slot>{};
  if (reply.outcome != messages::Outcome::kDone || !list) co_return later();
  co_return std::move(list->slots);
}

asio::awaitable<Page> BookEndpoint::show(std::string site, std::string query) {
  const auto parameters = parse_form(query);
  BookWish wish = read_book_wish(parameters ? *parameters : Parameters{});
  auto opened = co_await open(std::move(site));
  if (auto* page = std::get_if<Page>(&opened)) co_return std::move(*page);
  const Open& here = std::get<Open>(opened);
  if (here.is_full) co_return closed();
  const auto type = std::ranges::find(here.types, wish.type, &messages::VisitTypeView::visit_type);
  if (type == here.types.end()) co_return Page{200, book_types_page(here.site, here.types, wish)};
  if (read_book_slot(wish.slot)) {
    wish.token = new_book_token();
    if (wish.token.empty()) co_return later();
    co_return Page{200, book_details_page(here.site, *type, wish, {})};
  }
  co_return co_await times(here, *type, wish);
}

asio::awaitable<Page> BookEndpoint::times(const Open& open, messages::VisitTypeView type, BookWish wish) {
  auto found = co_await openings(open, wish, parse_day(wish.from));
  if (auto* page = std::get_if<Page>(&found)) co_return std::move(*page);
  const auto& slots = std::get<std::vector<messages::Slot>>(found);
  co_return Page{200,
                 book_times_page(open.site, type, slots, slots.size() < kOpeningsMax ? MoreOpenings::kNone : MoreOpenings::kLater, wish)};
}

asio::awaitable<Page> BookEndpoint::book(std::string site, std::string body) {
  const auto parameters = body.size() > kFormBytesMax ? std::nullopt : parse_form(body);
  BookWish wish = read_book_wish(parameters ? *parameters : Parameters{});
  // As the public form has it: what cannot be read was filled in by a machine.
  if (!parameters) wish.honeypot = "unreadable";
  auto opened = co_await open(site);
  if (auto* page = std::get_if<Page>(&opened)) {
    // What was booked from this page stays booked, whether anybody else can book now or not.
    if (page->status != 404 || !wish.honeypot.empty()) co_return std::move(*page);
    auto before = co_await booked(std::move(site), wish.token);
    if (auto* visit = std::get_if<Booked>(&before)) co_return Page{200, booked_page(visit->site, visit->visit, wish.token)};
    co_return std::move(*page);
  }
  const Open& here = std::get<Open>(opened);
  if (!wish.honeypot.empty()) {
    // Counted, and thanked like everybody who fills in the public form.
    const auto hour = std::chrono::floor<std::chrono::hours>(runtime::system_now()).time_since_epoch().count();
    BookWish machine;
    machine.token = id_suffix(kPrincipal, std::to_string(hour), body);
    machine.honeypot = wish.honeypot;
    auto refused = co_await enquire(here, machine);
    if (refused) co_return std::move(*refused);
    co_return Page{200, web_form_page()};
  }
  const messages::VisitTypeView type = type_of(here.site, wish.type);
  if (type.visit_type.empty() || !read_book_slot(wish.slot)) co_return Page{422, book_types_page(here.site, here.types, wish)};
  const std::vector<std::string> objections = book_objections(wish);
  if (!objections.empty() || !is_book_token(wish.token)) {
    if (!is_book_token(wish.token)) wish.token = new_book_token();
    co_return Page{422, book_details_page(here.site, type, wish, objections)};
  }
  const EnquiryId enquiry = enquiry_of(wish, here.site);
  Known known = co_await look(enquiry);
  if (known == Known::kNot) {
    auto refused = co_await enquire(here, wish);
    if (refused) co_return std::move(*refused);
    known = co_await wait_for(enquiry);
  }
  if (known != Known::kYes) co_return later();
  const PersonId person = person_of(wish.token);
  co_return co_await take(here, std::move(wish), person);
}

asio::awaitable<std::optional<Page>> BookEndpoint::enquire(const Open& open, const BookWish& wish) {
  messages::SubmitWebForm form;
  form.form_key = open.form_key;
  form.person = person_of(wish.token);
  form.enquiry = enquiry_of(wish, open.site);
  form.given_name = Phi<std::string>(wish.given_name);
  form.family_name = Phi<std::string>(wish.family_name);
  form.phone = Phi<std::string>(wish.phone);
  form.email = Phi<std::string>(wish.email);
  if (wish.honeypot.empty()) {
    form.text = Phi<std::string>(enquiry_text(wish, open.site));
    form.contact_consent = contact_wording(open.site);
    if (wish.offers == "yes") form.marketing_consent = offers_wording(open.site);
  }
  form.campaign = CampaignId(wish.campaign);
  form.channel = messages::EnquiryChannel::kOnlineBooking;
  form.honeypot = Phi<std::string>(wish.honeypot);
  // With the minute in it: a no of the day's cap or of the switch is remembered under the key, and holds for that minute only. A yes is
  // not looked up by its key but as the enquiry it has become; what a machine sends becomes none. And with the form's key: a page sent
  // again after the key was changed is another request for lead_intake.
  std::string about = said_in(wish, open.site) + "\n" + wish.honeypot;
  if (wish.honeypot.empty())
    about += std::to_string(std::chrono::floor<std::chrono::minutes>(runtime::system_now()).time_since_epoch().count());
  std::string key = "book-" + id_suffix(kPrincipal, open.form_key.text(), about);
  auto call = call_of(kCommand, "lead_intake", open.form_key.text(), form, std::move(key), deadline());
  const messages::Reply reply = co_await backend_.ask(std::move(call));
  if (reply.outcome == messages::Outcome::kDone) co_return std::nullopt;
  if (is_no(reply)) co_return closed();
  co_return later();
}

asio::awaitable<BookEndpoint::Known> BookEndpoint::look(EnquiryId enquiry) {
  messages::GetLead query;
  query.enquiry = enquiry;
  auto call = call_of(kQuery, "lead_intake", enquiry.text(), query, {}, deadline());
  const messages::Reply reply = co_await backend_.ask(std::move(call));
  if (reply.outcome == messages::Outcome::kDone) co_return Known::kYes;
  co_return reply.outcome == messages::Outcome::kRefused ? Known::kNot : Known::kNobodyCanTell;
}

asio::awaitable<BookEndpoint::Known> BookEndpoint::wait_for(EnquiryId enquiry) {
  asio::steady_timer moment(co_await asio::this_coro::executor);
  const auto until = std::chrono::steady_clock::now() + deadline_ / 2;
  for (;;) {
    const Known known = co_await look(enquiry);
    if (known != Known::kNot || std::chrono::steady_clock::now() >= until) co_return known;
    moment.expires_after(kLookEvery);
    co_await moment.async_wait(asio::use_awaitable);
  }
}

asio::awaitable<Page> BookEndpoint::take(const Open& open, BookWish wish, PersonId person) {
  const BookSlot slot = *read_book_slot(wish.slot);
  const messages::VisitTypeView type = type_of(open.site, wish.type);
  messages::BookOnline command;
  command.site = open.site.site;
  command.appointment = visit_of(open.site.site, wish.token);
  command.person = std::move(person);
  command.visit_type = wish.type;
  command.provider = ProviderId(slot.provider);
  command.local_start = slot.start;
  std::string key = "book-" + id_suffix(kPrincipal, wish.type + "\n" + wish.slot + "\n" + wish.again, wish.token);
  auto call = call_of(kCommand, "appointments", open.site.site.text(), command, std::move(key), deadline());
  const messages::Reply reply = co_await backend_.ask(std::move(call));
  if (reply.outcome == messages::Outcome::kDone) {
    const auto visit = messages::decode_as<messages::AppointmentView>(reply.body);
    if (!visit) co_return later();
    co_return Page{200, booked_page(open.site, *visit, wish.token)};
  }
  if (reply.outcome != messages::Outcome::kRefused && reply.outcome != messages::Outcome::kMalformed) co_return later();
  if (reply.code == "already_exists") {
    // This page has booked before: what, whatever is asked for now.
    auto before = co_await booked(open.site.site.text(), wish.token);
    if (auto* page = std::get_if<Page>(&before)) co_return std::move(*page);
    co_return Page{200, booked_page(open.site, std::get<Booked>(before).visit, wish.token)};
  }
  if (reply.code == "not_online" || reply.code == "unknown_visit_type") {
    co_return Page{409,
                   survey_message_page("Please call us", "This kind of visit cannot be booked online. The practice books it with you.")};
  }
  std::optional<LocalDay> day = std::chrono::floor<std::chrono::days>(slot.start);
  auto found = co_await openings(open, wish, day);
  if (auto* slots = std::get_if<0>(&found); slots != nullptr && slots->empty() && !wish.provider.empty()) {
    // Rather with somebody else than not at all.
    wish.provider.clear();
    found = co_await openings(open, wish, day);
  }
  if (auto* page = std::get_if<Page>(&found)) co_return std::move(*page);
  co_return Page{409, book_taken_page(open.site, type, std::get<std::vector<messages::Slot>>(std::move(found)), wish)};
}

// ---- those who are known

asio::awaitable<Page> BookEndpoint::ask_for_link(std::string site, std::string body) {
  const auto parameters = body.size() > kFormBytesMax ? std::nullopt : parse_form(body);
  BookWish wish = read_book_wish(parameters ? *parameters : Parameters{});
  if (!parameters) wish.honeypot = "unreadable";
  auto opened = co_await open(std::move(site));
  if (auto* page = std::get_if<Page>(&opened)) co_return std::move(*page);
  const Open& here = std::get<Open>(opened);
  if (here.is_full) co_return closed();
  messages::AskForBookingLink command;
  command.form_key = here.form_key;
  command.honeypot = Phi<std::string>(wish.honeypot);
  if (wish.honeypot.empty() && !wish.contact.empty()) {
    messages::GetBookers query;
    query.contact = Phi<std::string>(wish.contact);
    query.site = here.site.site;
    auto call = call_of(kQuery, "lead_intake", {}, query, {}, deadline());
    const messages::Reply reply = co_await backend_.ask(std::move(call));
    if (reply.outcome != messages::Outcome::kDone && !is_no(reply)) co_return later();
    const auto bookers = messages::decode_as<messages::Bookers>(reply.body);
    if (reply.outcome == messages::Outcome::kDone && bookers && !bookers->persons.empty()) {
      command.contact = bookers->contact;
      command.person = bookers->persons.front().person;
    }
  }
  // A double click is one; a minute later it is asked anew.
  const auto minute = std::chrono::floor<std::chrono::minutes>(runtime::system_now()).time_since_epoch().count();
  std::string key =
      "known-" + id_suffix(kPrincipal, here.form_key.text(),
                           std::to_string(minute) + "\n" + command.person.text() + "\n" + wish.contact + "\n" + wish.honeypot);
  auto call = call_of(kCommand, "lead_intake", here.form_key.text(), command, std::move(key), deadline());
  const messages::Reply reply = co_await backend_.ask(std::move(call));
  if (reply.outcome != messages::Outcome::kDone && !is_no(reply)) co_return later();
  co_return Page{200, book_link_asked_page(here.site)};
}

asio::awaitable<std::variant<messages::LinkedBooker, Page>> BookEndpoint::booker_of(std::string link) {
  const Page unknown{404, survey_message_page("Not found", "This link is not complete, or not from us.")};
  const auto token = read_survey_token(link);
  if (!token) co_return unknown;
  messages::GetLinkedBooker query;
  query.message = MessageId(token->survey);
  query.token = Phi<std::string>(token->secret);
  auto call = call_of(kQuery, "outreach", token->survey, query, {}, deadline());
  const messages::Reply reply = co_await backend_.ask(std::move(call));
  if (is_no(reply)) co_return unknown;
  auto booker = messages::decode_as<messages::LinkedBooker>(reply.body);
  if (reply.outcome != messages::Outcome::kDone || !booker) co_return later();
  co_return std::move(*booker);
}

asio::awaitable<std::variant<BookEndpoint::Linked, Page>> BookEndpoint::enter(messages::LinkedBooker booker, std::string link) {
  if (booker.over) co_return Page{410, book_link_over_page(booker.site)};
  // The day's cap is for those of whom nothing is known.
  auto opened = co_await open(booker.site.text());
  if (auto* page = std::get_if<Page>(&opened)) co_return std::move(*page);
  Linked linked{std::move(std::get<Open>(opened)), {}, {}};
  messages::GetBookers query;
  query.contact = booker.contact;
  query.site = booker.site;
  query.person = booker.person;
  auto call = call_of(kQuery, "lead_intake", {}, query, {}, deadline());
  const messages::Reply reply = co_await backend_.ask(std::move(call));
  const auto bookers = messages::decode_as<messages::Bookers>(reply.body);
  if (is_no(reply) || (reply.outcome == messages::Outcome::kDone && bookers && bookers->persons.empty()))
    co_return Page{409, book_call_page(linked.open.site)};
  if (reply.outcome != messages::Outcome::kDone || !bookers) co_return later();
  for (const messages::Booker& one : bookers->persons)
    linked.people.push_back({one.person, book_token_of(link, one.person), one.given_name.reveal()});
  for (const messages::VisitTypeView& type : linked.open.types)
    if (booker.purpose == messages::Purpose::kOther || type.purpose == booker.purpose) linked.types.push_back(type);
  if (linked.types.empty()) linked.types = linked.open.types;
  co_return std::move(linked);
}

asio::awaitable<Page> BookEndpoint::show_linked(std::string link, std::string query) {
  auto found = co_await booker_of(link);
  if (auto* page = std::get_if<Page>(&found)) co_return std::move(*page);
  auto entered = co_await enter(std::get<messages::LinkedBooker>(std::move(found)), std::move(link));
  if (auto* page = std::get_if<Page>(&entered)) co_return std::move(*page);
  const Linked& linked = std::get<Linked>(entered);
  const auto parameters = parse_form(query);
  const BookWish wish = read_book_wish(parameters ? *parameters : Parameters{});
  const messages::SiteView& site = linked.open.site;
  const auto type = std::ranges::find(linked.open.types, wish.type, &messages::VisitTypeView::visit_type);
  if (type == linked.open.types.end()) co_return Page{200, book_types_page(site, linked.types, wish, Visitor::kKnown)};
  if (read_book_slot(wish.slot)) co_return Page{200, book_for_whom_page(site, *type, wish, linked.people, {})};
  co_return co_await times(linked.open, *type, wish);
}

asio::awaitable<Page> BookEndpoint::book_linked(std::string link, std::string body) {
  const auto parameters = body.size() > kFormBytesMax ? std::nullopt : parse_form(body);
  BookWish wish = read_book_wish(parameters ? *parameters : Parameters{});
  auto found = co_await booker_of(link);
  if (auto* page = std::get_if<Page>(&found)) co_return std::move(*page);
  auto booker = std::get<messages::LinkedBooker>(std::move(found));
  // What was booked from this page stays booked, and is what makes many a link be over.
  auto before = co_await booked(booker.site.text(), wish.token);
  if (auto* visit = std::get_if<Booked>(&before)) co_return Page{200, booked_page(visit->site, visit->visit, wish.token)};
  auto entered = co_await enter(std::move(booker), std::move(link));
  if (auto* page = std::get_if<Page>(&entered)) co_return std::move(*page);
  const Linked& linked = std::get<Linked>(entered);
  const messages::SiteView& site = linked.open.site;
  const messages::VisitTypeView type = type_of(site, wish.type);
  if (type.visit_type.empty() || !read_book_slot(wish.slot))
    co_return Page{422, book_types_page(site, linked.types, wish, Visitor::kKnown)};
  const auto whose = std::ranges::find(linked.people, wish.token, &BookPerson::token);
  if (whose == linked.people.end()) {
    co_return Page{422, book_for_whom_page(site, type, wish, linked.people, {"Please choose who the visit is for."})};
  }
  const PersonId person = whose->person;
  co_return co_await take(linked.open, std::move(wish), person);
}

asio::awaitable<std::variant<BookEndpoint::Booked, Page>> BookEndpoint::booked(std::string site, std::string token) {
  const Page unknown{404, survey_message_page("Not found", "This link is not complete, or not from us.")};
  if (!is_book_id(site) || !is_book_token(token)) co_return unknown;
  const SiteId id(site);
  messages::GetSite get_site;
  get_site.site = id;
  messages::GetAppointment get_visit;
  get_visit.appointment = visit_of(id, token);
  std::vector<runtime::Call> calls;
  calls.push_back(call_of(kQuery, "appointments", site, get_site, {}, deadline()));
  calls.push_back(call_of(kQuery, "appointments", get_visit.appointment.text(), get_visit, {}, deadline()));
  const std::vector<messages::Reply> replies = co_await ask_all(backend_, std::move(calls));
  for (const messages::Reply& reply : replies) {
    if (is_no(reply)) co_return unknown;
    if (reply.outcome != messages::Outcome::kDone) co_return later();
  }
  auto view = messages::decode_as<messages::SiteView>(replies[0].body);
  auto visit = messages::decode_as<messages::AppointmentView>(replies[1].body);
  if (!view || !visit) co_return later();
  if (!is_agreed(*visit)) {
    co_return Page{
        410, survey_message_page("This visit has changed", "It was moved or cancelled, or is over. To book another one, begin again.")};
  }
  co_return Booked{std::move(*view), std::move(*visit)};
}

}  // namespace bridgework::gateway
