// Calendars as others read them: by the rules of RFC 5545, and by libical.

#include <gtest/gtest.h>
#include <libical/ical.h>

#include <boost/json/parse.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "gateway/gateway.hpp"
#include "gateway/icalendar.hpp"
#include "gateway/json_text.hpp"
#include "gateway/times.hpp"
#include "messages/appointments.codec.hpp"
#include "runtime/clock.hpp"
#include "runtime/zone.hpp"
#include "tests/unit/gateway/ask.hpp"
#include "tests/unit/gateway/fake_backend.hpp"

namespace bridgework::gateway {
namespace {

using messages::VisitState;
using namespace std::chrono_literals;

const Instant kWritten = *parse_instant("2026-11-22T12:00:00Z");

messages::AppointmentView visit(const std::string& appointment, VisitState state, Instant start = *parse_instant("2026-11-24T14:00:00Z")) {
  messages::AppointmentView view;
  view.appointment = AppointmentId(appointment);
  view.person = PersonId("p-secret");
  view.site = SiteId("harbour");
  view.state = state;
  view.visit.visit_type = "root-canal";
  view.visit.purpose = messages::Purpose::kEndo;
  view.visit.provider = ProviderId("dr-lee");
  view.visit.chair = ChairId("c1");
  view.visit.start = start;
  view.visit.duration_minutes = 30;
  return view;
}

/// What libical makes of a text.
class Parsed {
 public:
  explicit Parsed(const std::string& text) : root_(icalparser_parse_string(text.c_str()), icalcomponent_free) {
    EXPECT_TRUE(root_ != nullptr && icalcomponent_isa(root_.get()) == ICAL_VCALENDAR_COMPONENT) << text;
    EXPECT_EQ(icalcomponent_count_errors(root_.get()), 0) << text;
    EXPECT_TRUE(icalrestriction_check(root_.get())) << "RFC 5545 asks for more, or for less";
    EXPECT_EQ(icalcomponent_count_errors(root_.get()), 0) << icalcomponent_as_ical_string(root_.get());
    for (auto* event = icalcomponent_get_first_component(root_.get(), ICAL_VEVENT_COMPONENT); event != nullptr;
         event = icalcomponent_get_next_component(root_.get(), ICAL_VEVENT_COMPONENT)) {
      events.push_back(event);
    }
  }
  std::vector<icalcomponent*> events;

 private:
  std::unique_ptr<icalcomponent, decltype(&icalcomponent_free)> root_;
};

std::int64_t seconds_of(Instant at) { return std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch()).count(); }

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find("\r\n", at);
    EXPECT_NE(end, std::string::npos) << "each line ends with CRLF";
    if (end == std::string::npos) break;
    lines.push_back(text.substr(at, end - at));
    at = end + 2;
  }
  return lines;
}

TEST(GatewayCalendar, SaysWhenAndWhereAndNothingElse) {
  const auto entry = calendar_entry(visit("harbour.v-1", VisitState::kBooked), "Harbour Dental", "g.bridgework");
  ASSERT_TRUE(entry);
  const std::string text = icalendar("Harbour Dental", {*entry}, kWritten);
  const Parsed parsed(text);
  ASSERT_EQ(parsed.events.size(), 1U);
  icalcomponent* event = parsed.events.front();
  EXPECT_STREQ(icalcomponent_get_summary(event), "Appointment");
  EXPECT_STREQ(icalcomponent_get_uid(event), "harbour.v-1@g.bridgework");
  EXPECT_STREQ(icalcomponent_get_location(event), "Harbour Dental, c1");
  EXPECT_EQ(icaltime_as_timet_with_zone(icalcomponent_get_dtstart(event), icaltimezone_get_utc_timezone()), seconds_of(entry->start));
  EXPECT_EQ(icaltime_as_timet_with_zone(icalcomponent_get_dtend(event), icaltimezone_get_utc_timezone()), seconds_of(entry->start + 30min));
  EXPECT_EQ(icalcomponent_get_status(event), ICAL_STATUS_CONFIRMED);
  EXPECT_EQ(icalcomponent_get_sequence(event), 0);
  for (const char* secret : {"p-secret", "root-canal", "endo"}) EXPECT_EQ(text.find(secret), std::string::npos) << secret;
}

TEST(GatewayCalendar, EveryStepRaisesTheSequenceAndWhatDoesNotTakePlaceIsCancelled) {
  std::uint32_t last = 0;
  for (const VisitState state :
       {VisitState::kConfirmed, VisitState::kArrived, VisitState::kSeated, VisitState::kCompleted, VisitState::kCheckedOut}) {
    const auto entry = calendar_entry(visit("harbour.v-1", state), "", "g");
    EXPECT_GT(entry->sequence, last);
    EXPECT_FALSE(entry->cancelled);
    last = entry->sequence;
  }
  for (const VisitState state : {VisitState::kCancelled, VisitState::kNoShow, VisitState::kMoved}) {
    const auto entry = calendar_entry(visit("harbour.v-1", state), "", "g");
    EXPECT_GT(entry->sequence, 1U);
    const Parsed parsed(icalendar("", {*entry}, kWritten));
    EXPECT_EQ(icalcomponent_get_status(parsed.events.front()), ICAL_STATUS_CANCELLED);
  }
  for (const VisitState state : {VisitState::kHeld, VisitState::kLapsed, VisitState::kPlanned})
    EXPECT_FALSE(calendar_entry(visit("harbour.v-1", state), "", "g")) << "nobody has agreed to it";
}

TEST(GatewayCalendar, AMovedVisitKeepsItsUidAndRisesInSequence) {
  const auto before = calendar_entries({visit("harbour.v-1", VisitState::kConfirmed)}, "", "g");
  const auto old_one = visit("harbour.v-1", VisitState::kMoved);
  const auto new_one = visit("harbour.v-1.m-a.m-b", VisitState::kBooked, *parse_instant("2026-11-25T15:00:00Z"));
  const auto after = calendar_entries({old_one, visit("harbour.v-1.m-a", VisitState::kMoved), new_one}, "", "g");
  ASSERT_EQ(after.size(), 1U);
  EXPECT_EQ(after[0].uid, before[0].uid);
  EXPECT_GT(after[0].sequence, before[0].sequence);
  EXPECT_EQ(after[0].start, new_one.visit.start);
  EXPECT_FALSE(after[0].cancelled);
  const auto again = calendar_entries({visit("harbour.v-1.m-12-c", VisitState::kBooked)}, "", "g");
  EXPECT_EQ(again[0].uid, before[0].uid);
  EXPECT_GT(again[0].sequence, after[0].sequence);
  // Moved beyond the days of the feed: gone from here, under the uid by which it was known.
  const auto away = calendar_entries({old_one}, "", "g");
  EXPECT_EQ(away[0].uid, before[0].uid);
  EXPECT_TRUE(away[0].cancelled);
  EXPECT_LT(away[0].sequence, after[0].sequence);
  EXPECT_EQ(calendar_entry(visit("harbour.m-1", VisitState::kBooked), "", "g")->uid, "harbour.m-1@g") << "not every such id is of a move";
}

TEST(GatewayCalendar, LinesAreFoldedAtSeventyFiveOctetsAndNeverWithinACharacter) {
  for (std::size_t lead = 0; lead < 8; ++lead) {
    std::string value(lead, 'x');
    for (int i = 0; i < 60; ++i) value += i % 3 == 0 ? "ü" : i % 3 == 1 ? "齒" : "🦷";
    std::string text;
    append_content_line(text, "LOCATION:" + value);
    std::string unfolded;
    for (const std::string& line : lines_of(text)) {
      EXPECT_LE(line.size(), 75U);
      EXPECT_TRUE(is_utf8(line)) << "a character was torn";
      EXPECT_TRUE(unfolded.empty() || line.front() == ' ');
      unfolded += unfolded.empty() ? line : line.substr(1);
    }
    EXPECT_EQ(unfolded, "LOCATION:" + value);
  }
  std::string whole;
  append_content_line(whole, std::string(75, 'a'));
  EXPECT_EQ(lines_of(whole).size(), 1U);
  whole.clear();
  append_content_line(whole, std::string(76, 'a'));
  EXPECT_EQ(lines_of(whole).size(), 2U);
  whole.clear();
  append_content_line(whole, std::string(200, '\x80'));
  EXPECT_EQ(lines_of(whole).size(), 3U) << "no text, and still no line too long";
}

TEST(GatewayCalendar, WhatANameHoldsIsReadBackAsItIs) {
  const std::string name =
      "Müller, Söhne; \\ \"Zahnärzte\" & Partner für Zahnheilkunde und Kieferorthopädie, Hafenstraße 12;\n2. Stock 🦷";
  auto one = *calendar_entry(visit("harbour.v-1", VisitState::kBooked), "", "g");
  one.location = name;
  const std::string text = icalendar("N\rame", {one}, kWritten);
  for (const std::string& line : lines_of(text)) EXPECT_LE(line.size(), 75U);
  const Parsed parsed(text);
  EXPECT_EQ(icalcomponent_get_location(parsed.events.front()), name);
  EXPECT_EQ(text.find("N\rame"), std::string::npos) << "a bare CR could end a line";
}

TEST(GatewayCalendar, ATagNamesWhatIsSaidAndNotWhen) {
  const auto entries = calendar_entries({visit("harbour.v-1", VisitState::kBooked)}, "", "g");
  const auto confirmed = calendar_entries({visit("harbour.v-1", VisitState::kConfirmed)}, "", "g");
  const std::string tag = calendar_tag("n", entries);
  EXPECT_EQ(tag, calendar_tag("n", entries));
  EXPECT_NE(tag, calendar_tag("n", confirmed));
  EXPECT_TRUE(names_tag(tag, tag));
  EXPECT_TRUE(names_tag("\"other\", " + tag, tag));
  EXPECT_TRUE(names_tag(tag.substr(2), tag)) << "compared weakly";
  EXPECT_TRUE(names_tag("*", tag));
  EXPECT_FALSE(names_tag("", tag));
  EXPECT_FALSE(names_tag("\"other\"", tag));
}

// ---- over HTTP

// SHA-256 of "calendar-key-0123456789" and "provider-key-0123456789".
constexpr char kCalendarHash[] = "8d886977981177a586425b449f0b2503338358591fcfe5b19ec75763dbf4c0d5";
constexpr char kProviderHash[] = "4d818cf78dbcba09707a1c3c206e2a4fc8d536eb0b3fb61adc12ff5c5f4556dc";

class GatewayCalendarFeed : public testing::Test {
 protected:
  GatewayCalendarFeed() {
    std::string pattern = (std::filesystem::temp_directory_path() / "bw-ics-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
    list(true);
    ApiKeys keys;
    keys.add("admin", "admin-key-0123456789");
    const auto followed = keys.follow(directory_ + "/keys.toml");
    EXPECT_TRUE(followed) << followed.error();
    auto log = AccessLog::open(directory_ + "/access.ndjson");
    EXPECT_TRUE(log);
    backend_.on_call = [this](const runtime::Call& call) { return reply_to(call); };
    config_.address_requests_per_second = 0;
    config_.key_requests_per_second = 0;
    gateway_.emplace(config_, "group", forms_, std::move(keys), backend_, metrics_, std::move(*log));
  }
  ~GatewayCalendarFeed() override { std::filesystem::remove_all(directory_); }

  void list(bool with_calendar) const {
    std::ofstream file(directory_ + "/new");
    file << "[desk]\nrole = \"desk\"\nsites = [\"elsewhere\"]\nkeys = [\"" << kDeskHash
         << "\"]\n[dr_wu]\nrole = \"calendar\"\nsites = [\"harbour\"]\n"
         << "provider = \"dr-wu\"\nkeys = [\"" << kProviderHash << "\"]\n";
    if (with_calendar) file << "[harbour_calendar]\nrole = \"calendar\"\nsites = [\"harbour\"]\nkeys = [\"" << kCalendarHash << "\"]\n";
    file.close();
    std::filesystem::rename(directory_ + "/new", directory_ + "/keys.toml");
  }
  messages::Reply reply_to(const runtime::Call& call) {
    messages::Reply reply;
    const auto answer = [&](const auto& value) {
      reply.type_id = std::decay_t<decltype(value)>::kTypeId;
      reply.body = encode(value);
    };
    if (call.request.type_id == messages::GetSite::kTypeId) {
      messages::SiteView site;
      site.site = SiteId("harbour");
      site.name = "Harbour Dental";
      site.zone = "America/New_York";
      answer(site);
    } else if (call.request.type_id == messages::GetAppointment::kTypeId) {
      answer(visit("harbour.v-1", state_));
    } else {
      messages::AppointmentList day;
      const auto query = messages::decode_as<messages::ListAppointments>(call.request.body);
      const Instant start = runtime::day_start(query->day, "America/New_York") + 9h;
      if (query->day == runtime::local_day(runtime::system_now(), "America/New_York") + std::chrono::days(2))
        day.appointments = {visit("harbour.v-1", state_, start)};
      answer(day);
    }
    return reply;
  }
  HttpResponse get(const std::string& target, std::string_view who = {}, std::string_view if_none_match = {},
                   std::string_view accept = {}) {
    HttpRequest request{http::verb::get, target, 11};
    if (!who.empty()) request.set(http::field::authorization, "Bearer " + std::string(who) + "-key-0123456789");
    if (!if_none_match.empty()) request.set(http::field::if_none_match, std::string(if_none_match));
    if (!accept.empty()) request.set(http::field::accept, std::string(accept));
    return answer_of(*gateway_, request);
  }
  static std::string tag_of(const HttpResponse& response) {
    for (const auto& [name, value] : response.headers)
      if (name == "ETag") return value;
    return {};
  }

  std::string directory_;
  Forms forms_;
  Config config_;
  runtime::Metrics metrics_{"gateway"};
  FakeBackend backend_;
  VisitState state_ = VisitState::kBooked;
  std::optional<Gateway> gateway_;
};

TEST_F(GatewayCalendarFeed, IsReadByItsAddressAndAskedForAgainCostsNothing) {
  const HttpResponse first = get("/calendar/calendar-key-0123456789.ics");
  EXPECT_EQ(first.status, 200U);
  EXPECT_EQ(first.content_type, kCalendarContentType);
  EXPECT_EQ(Parsed(first.body).events.size(), 1U);
  ASSERT_FALSE(tag_of(first).empty());
  const HttpResponse again = get("/calendar/calendar-key-0123456789.ics", {}, tag_of(first));
  EXPECT_EQ(again.status, 304U);
  EXPECT_TRUE(again.body.empty());
  state_ = VisitState::kCancelled;
  const HttpResponse changed = get("/calendar/calendar-key-0123456789.ics", {}, tag_of(first));
  EXPECT_EQ(changed.status, 200U);
  EXPECT_EQ(icalcomponent_get_status(Parsed(changed.body).events.front()), ICAL_STATUS_CANCELLED);
}

TEST_F(GatewayCalendarFeed, OfAProviderHoldsTheirVisitsOnly) {
  const HttpResponse feed = get("/calendar/provider-key-0123456789.ics");
  EXPECT_EQ(feed.status, 200U);
  EXPECT_TRUE(Parsed(feed.body).events.empty());
}

TEST_F(GatewayCalendarFeed, IsThereForItsOwnKeysOnlyAndTheyAreForNothingElse) {
  for (const char* target : {"/calendar/nobody-key-0123456789.ics", "/calendar/admin-key-0123456789.ics",
                             "/calendar/desk-key-0123456789.ics", "/calendar/calendar-key-0123456789", "/calendar/.ics"}) {
    EXPECT_EQ(get(target).status, 404U) << target;
  }
  for (const char* target :
       {"/v1/appointments?site=harbour&day=2026-11-24", "/v1/sites", "/fhir/R4/Slot?schedule=harbour.dr-lee&start=2026-11-24"}) {
    EXPECT_EQ(get(target, "calendar").status, 403U) << target;
  }
}

TEST_F(GatewayCalendarFeed, IsTakenBackByLeavingItsKeyOut) {
  ASSERT_EQ(get("/calendar/calendar-key-0123456789.ics").status, 200U);
  list(false);
  const auto until = std::chrono::steady_clock::now() + 5s;
  while (get("/calendar/calendar-key-0123456789.ics").status != 404 && std::chrono::steady_clock::now() < until) {
  }
  EXPECT_EQ(get("/calendar/calendar-key-0123456789.ics").status, 404U);
}

TEST_F(GatewayCalendarFeed, EachLookIsWrittenDownWithoutItsKey) {
  get("/calendar/calendar-key-0123456789.ics");
  std::ifstream file(directory_ + "/access.ndjson");
  const std::string looks{std::istreambuf_iterator<char>(file), {}};
  EXPECT_NE(looks.find(R"("principal":"harbour_calendar","role":"calendar")"), std::string::npos) << looks;
  EXPECT_NE(looks.find(R"("what":"GET /calendar/{token}","ids":{"site":"harbour"})"), std::string::npos) << looks;
  EXPECT_EQ(looks.find("key-0123456789"), std::string::npos);
}

TEST_F(GatewayCalendarFeed, AListWithACalendarThatCouldBeMisreadIsRefused) {
  const auto refused = [&](const std::string& lines) {
    std::ofstream(directory_ + "/bad.toml") << "[one]\nkeys = []\n" << lines;
    return !ApiKeys().follow(directory_ + "/bad.toml");
  };
  EXPECT_TRUE(refused("role = \"calendar\"\n")) << "of which site?";
  EXPECT_TRUE(refused("role = \"calendar\"\nsites = [\"a\", \"b\"]\n"));
  EXPECT_TRUE(refused("role = \"desk\"\nprovider = \"dr-lee\"\n"));
  EXPECT_TRUE(refused("role = \"calendar\"\nsites = [\"a\"]\nprovider = 7\n"));
  EXPECT_FALSE(refused("role = \"calendar\"\nsites = [\"a\"]\nprovider = \"dr-lee\"\n"));
}

TEST_F(GatewayCalendarFeed, OneVisitIsGivenAsAFileUnderTheRulesOfTheVisit) {
  for (const auto& [target, accept] :
       {std::pair{"/v1/appointments/harbour.v-1.ics", ""}, std::pair{"/v1/appointments/harbour.v-1", "text/calendar"}}) {
    const HttpResponse file = get(target, "admin", {}, accept);
    EXPECT_EQ(file.status, 200U) << target;
    EXPECT_EQ(file.content_type, kCalendarContentType);
    const Parsed parsed(file.body);
    ASSERT_EQ(parsed.events.size(), 1U);
    EXPECT_STREQ(icalcomponent_get_uid(parsed.events.front()), "harbour.v-1@group.bridgework");
  }
  EXPECT_EQ(get("/v1/appointments/harbour.v-1.ics").status, 401U);
  EXPECT_EQ(get("/v1/appointments/harbour.v-1.ics", "desk").status, 403U) << "that key is for another site";
  EXPECT_EQ(get("/v1/appointments/harbour.v-1", "admin").content_type, "application/json");
  state_ = VisitState::kHeld;
  const HttpResponse held = get("/v1/appointments/harbour.v-1.ics", "admin");
  EXPECT_EQ(held.status, 409U);
  EXPECT_EQ(boost::json::parse(held.body).at("code").as_string(), "not_agreed");
}

}  // namespace
}  // namespace bridgework::gateway
