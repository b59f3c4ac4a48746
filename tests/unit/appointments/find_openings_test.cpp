#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "appointments/calendar.hpp"
#include "appointments/tight_days.hpp"
#include "runtime/zone.hpp"
#include "tests/unit/appointments/clinic.hpp"

namespace bridgework::appointments {
namespace {

/// Beside `main` in New York and `night` two more sites where an exam can be had: `west` in Los Angeles and `far` in Kolkata, each with
/// one provider from 9 to 12 and one chair.
class Group : public Clinic {
 public:
  Group() {
    for (const auto& [site, zone] : {std::pair{"west", "America/Los_Angeles"}, std::pair{"far", "Asia/Kolkata"}}) {
      handle(messages::DefineSite{.site = SiteId(site), .name = site, .zone = zone, .hours = hours(1, 6, clock(9), clock(12))});
      handle(messages::DefineProvider{.provider = ProviderId(std::string("dr-") + site),
                                      .site = SiteId(site),
                                      .name = site,
                                      .shifts = hours(1, 6, clock(9), clock(12))});
      handle(messages::DefineChair{.chair = ChairId("1"), .site = SiteId(site), .name = "1"});
      handle(messages::DefineVisitType{
          .visit_type = "exam", .site = SiteId(site), .name = "Exam", .duration_minutes = 60, .purpose = messages::Purpose::kExam});
    }
  }
  std::vector<messages::Slot> found(messages::FindOpenings query) const { return get<messages::SlotList>(std::move(query)).slots; }
  /// `01-06 09:00 main dr-a`, as the clock at the site shows it.
  std::vector<std::string> lines(messages::FindOpenings query) const { return lines_of(found(std::move(query))); }
  static std::vector<std::string> lines_of(const std::vector<messages::Slot>& slots) {
    std::vector<std::string> out;
    for (const auto& slot : slots)
      out.push_back(testing::text_of(Instant{slot.local_start.time_since_epoch()}).substr(5, 11) + " " + slot.site.text() + " " +
                    slot.provider.text());
    return out;
  }
  const TightDaysRecord* tight(const std::string& site) const { return record<TightDaysRecord>(site); }
  /// Minutes that the list shows for a day, or -1.
  int longest(const std::string& site, LocalDay date) const {
    const TightDaysRecord* list = tight(site);
    if (list == nullptr) return -1;
    const auto line = std::ranges::find(list->days, date, &TightDay::day);
    return line == list->days.end() ? -1 : line->longest_minutes;
  }
  /// All of a day at a one-hour site is agreed, from 9 to 12.
  void fill(const std::string& site, LocalDay date) {
    for (int hour = 9; hour < 12; ++hour) {
      const std::string id = site + ".f-" + testing::text_of(Instant{date.time_since_epoch()}).substr(5, 5) + "-" + std::to_string(hour);
      handle(messages::HoldSlot{.site = SiteId(site),
                                .appointment = AppointmentId(id),
                                .person = PersonId("p-1"),
                                .visit_type = "exam",
                                .provider = ProviderId("dr-" + site),
                                .local_start = LocalTime{date.time_since_epoch() + std::chrono::hours(hour)}});
      book(id);
    }
  }
};

messages::FindOpenings exams(LocalDay from, std::uint16_t limit = 20) {
  messages::FindOpenings query;
  query.type = "exam";
  query.from = from;
  query.limit = limit;
  return query;
}

TEST(AppointmentsOpenings, ComeByTimeFromAllSitesInTheirOwnZones) {
  Group group;
  EXPECT_EQ(group.lines(exams(day(2026, 1, 6), 7)),
            (std::vector<std::string>{"01-06 09:00 far dr-far", "01-06 10:00 far dr-far", "01-06 11:00 far dr-far", "01-06 09:00 main dr-a",
                                      "01-06 09:00 main dr-b", "01-06 09:40 main dr-a", "01-06 09:40 main dr-b"}));
  auto query = exams(day(2026, 1, 6), 2);
  query.sites = {SiteId("west")};
  EXPECT_EQ(group.lines(query), (std::vector<std::string>{"01-06 09:00 west dr-west", "01-06 10:00 west dr-west"}));
  query.sites = {SiteId("west"), SiteId("far"), SiteId("west")};
  query.limit = 4;
  EXPECT_EQ(group.lines(query), (std::vector<std::string>{"01-06 09:00 far dr-far", "01-06 10:00 far dr-far", "01-06 11:00 far dr-far",
                                                          "01-06 09:00 west dr-west"}));
}

TEST(AppointmentsOpenings, BeginTodayWhenNoDayIsNamed) {
  Group group;
  auto query = exams(day(2026, 1, 6), 1);
  query.from.reset();
  EXPECT_EQ(group.lines(query), std::vector<std::string>{"01-05 09:00 main dr-a"}) << "in Kolkata it is half past two in the afternoon";
  query.from = day(2020, 1, 1);
  EXPECT_EQ(group.lines(query), std::vector<std::string>{"01-05 09:00 main dr-a"});
}

TEST(AppointmentsOpenings, KeepToProviderWeekdaysAndPartOfTheDay) {
  Group group;
  auto query = exams(day(2026, 1, 6), 2);
  query.provider = ProviderId("dr-b");
  EXPECT_EQ(group.lines(query), (std::vector<std::string>{"01-06 09:00 main dr-b", "01-06 09:40 main dr-b"}));
  query = exams(day(2026, 1, 6), 2);
  query.weekdays = {6};
  EXPECT_EQ(group.lines(query), (std::vector<std::string>{"01-10 09:00 far dr-far", "01-10 10:00 far dr-far"}));
  query.weekdays = {3, 6};
  query.sites = {SiteId("main")};
  query.from_minute = clock(13, 2);
  query.until_minute = clock(14);
  query.limit = 4;
  EXPECT_EQ(group.lines(query),
            (std::vector<std::string>{"01-07 13:05 main dr-a", "01-07 13:05 main dr-b", "01-14 13:05 main dr-a", "01-14 13:05 main dr-b"}))
      << "half an hour that ends by two";
}

TEST(AppointmentsOpenings, OfAllPagesAreThoseOfOneLongPage) {
  Group group;
  group.booked("main.v-1", local(2026, 1, 6, 9, 20));
  const auto all = group.found(exams(day(2026, 1, 6), 100));
  ASSERT_EQ(all.size(), 100u);
  std::vector<messages::Slot> pages;
  auto query = exams(day(2026, 1, 6), 7);
  while (pages.size() < all.size()) {
    const auto page = group.found(query);
    ASSERT_EQ(page.size(), 7u);
    pages.insert(pages.end(), page.begin(), page.end());
    query.after = page.back().start;
    query.after_site = page.back().site.text();
    query.after_provider = page.back().provider.text();
  }
  pages.resize(all.size());
  EXPECT_EQ(pages, all);
}

TEST(AppointmentsOpenings, EndWithTheDaysAskedFor) {
  Group group;
  auto query = exams(day(2026, 1, 6), 500);
  query.sites = {SiteId("west")};
  query.days = 2;
  EXPECT_EQ(group.found(query).size(), 6u);
  query.days = 120;
  EXPECT_EQ(group.found(query).size(), 309u) << "of 120 days 17 are Sundays";
}

TEST(AppointmentsOpenings, AreRefusedWithAReason) {
  Group group;
  const auto refusal = [&](const messages::FindOpenings& query) { return group.ask(query).error().code; };
  auto query = exams(day(2026, 1, 6));
  query.sites = {SiteId("main"), SiteId("nowhere")};
  EXPECT_EQ(refusal(query), No::kUnknownSite);
  query = exams(day(2026, 1, 6));
  query.type = "dream";
  EXPECT_EQ(refusal(query), No::kUnknownVisitType);
  query = exams(day(2026, 1, 6));
  query.provider = ProviderId("dr-x");
  EXPECT_EQ(refusal(query), No::kUnknownProvider);
  query = exams(day(2026, 1, 6));
  query.weekdays = {8};
  EXPECT_EQ(refusal(query), No::kInvalidHours);
  query = exams(day(2026, 1, 6));
  query.from_minute = query.until_minute = 600;
  EXPECT_EQ(refusal(query), No::kInvalidHours);
}

TEST(AppointmentsOpenings, AreSeenAgainAfterACancelAndAfterAHoldIsOver) {
  Group group;
  group.fill("west", day(2026, 1, 6));
  auto query = exams(day(2026, 1, 6), 1);
  query.sites = {SiteId("west")};
  EXPECT_EQ(group.lines(query), std::vector<std::string>{"01-07 09:00 west dr-west"});
  group.cancel("west.f-01-06-10");
  EXPECT_EQ(group.lines(query), std::vector<std::string>{"01-06 10:00 west dr-west"});
  group.handle(messages::HoldSlot{.site = SiteId("west"),
                                  .appointment = AppointmentId("west.h-1"),
                                  .person = PersonId("p-1"),
                                  .visit_type = "exam",
                                  .provider = ProviderId("dr-west"),
                                  .local_start = local(2026, 1, 6, 10)});
  EXPECT_EQ(group.lines(query), std::vector<std::string>{"01-07 09:00 west dr-west"});
  group.advance_without_timers(group.now() + std::chrono::minutes(10));
  EXPECT_EQ(group.lines(query), std::vector<std::string>{"01-06 10:00 west dr-west"}) << "its timer is late, and no commit has told";
}

TEST(AppointmentsTightDays, ListWhatIsAgreedAndNoHolds) {
  Group group;
  EXPECT_EQ(group.tight("west"), nullptr);
  group.handle(messages::HoldSlot{.site = SiteId("west"),
                                  .appointment = AppointmentId("west.h-1"),
                                  .person = PersonId("p-1"),
                                  .visit_type = "exam",
                                  .provider = ProviderId("dr-west"),
                                  .local_start = local(2026, 1, 6, 10)});
  EXPECT_EQ(group.tight("west"), nullptr) << "a hold";
  group.book("west.h-1");
  EXPECT_EQ(group.longest("west", day(2026, 1, 6)), 60);
  group.fill("west", day(2026, 1, 7));
  EXPECT_EQ(group.longest("west", day(2026, 1, 7)), 0);
  group.move("west.h-1", "west.m-1", local(2026, 1, 8, 9));
  EXPECT_EQ(group.longest("west", day(2026, 1, 6)), -1);
  EXPECT_EQ(group.longest("west", day(2026, 1, 8)), 1440) << "two hours are left, but none of the first";
  group.about<messages::MarkNoShow>("west.f-01-07-11");
  EXPECT_EQ(group.longest("west", day(2026, 1, 7)), 60);
}

TEST(AppointmentsTightDays, FollowTheCalendarOfTheSite) {
  Group group;
  group.fill("west", day(2026, 1, 7));
  group.fill("west", day(2026, 1, 8));
  auto query = exams(day(2026, 1, 7), 1);
  query.sites = {SiteId("west")};
  EXPECT_EQ(group.lines(query), std::vector<std::string>{"01-09 09:00 west dr-west"});
  // another shift on Thursdays alone, in opening hours that reach so far
  auto shifts = hours(1, 6, clock(9), clock(12));
  shifts.push_back({.weekday = 4, .from_minute = clock(13), .until_minute = clock(14, 30)});
  group.handle(messages::DefineProvider{.provider = ProviderId("dr-west"), .site = SiteId("west"), .name = "W", .shifts = shifts});
  EXPECT_EQ(group.lines(query), std::vector<std::string>{"01-09 09:00 west dr-west"}) << "the site is closed then";
  group.handle(messages::DefineSite{
      .site = SiteId("west"), .name = "west", .zone = "America/Los_Angeles", .hours = hours(1, 6, clock(9), clock(15))});
  EXPECT_EQ(group.longest("west", day(2026, 1, 7)), 0);
  EXPECT_EQ(group.longest("west", day(2026, 1, 8)), 90);
  EXPECT_EQ(group.lines(query), std::vector<std::string>{"01-08 13:00 west dr-west"});
  // a second chair alone helps nobody; a second provider does
  group.handle(messages::DefineChair{.chair = ChairId("2"), .site = SiteId("west"), .name = "2"});
  EXPECT_EQ(group.lines(query), std::vector<std::string>{"01-08 13:00 west dr-west"});
  group.handle(messages::DefineProvider{
      .provider = ProviderId("dr-two"), .site = SiteId("west"), .name = "2", .shifts = hours(1, 6, clock(9), clock(10))});
  EXPECT_EQ(group.lines(query), std::vector<std::string>{"01-07 09:00 west dr-two"});
}

TEST(AppointmentsTightDays, ForgetWhatIsPast) {
  Group group;
  group.fill("west", day(2026, 1, 6));
  group.fill("west", day(2026, 1, 9));
  group.advance_to(utc(2026, 1, 8, 12));
  EXPECT_EQ(group.longest("west", day(2026, 1, 6)), 0) << "nothing has changed since";
  group.cancel("west.f-01-09-9");
  EXPECT_EQ(group.longest("west", day(2026, 1, 6)), -1);
  EXPECT_EQ(group.longest("west", day(2026, 1, 9)), 60);
}

/// What a search reads of the group, counted.
class Counting final : public View {
 public:
  explicit Counting(const Group& group) : group_(&group) {}
  bool index_has(std::string_view index, std::string_view member) const override { return group_->view().index_has(index, member); }
  std::vector<runtime::IndexEntry> index(std::string_view index, double from, double to, std::size_t limit) const override {
    return group_->view().index(index, from, to, limit);
  }
  std::size_t index_size(std::string_view index) const override { return group_->view().index_size(index); }
  std::vector<std::string> lines(messages::FindOpenings query) const {
    days_ = 0;
    auto answered = answer(*this, Query(std::move(query)), {}, group_->now());
    return Group::lines_of(std::get<messages::SlotList>(answered.value()).slots);
  }
  std::size_t days() const { return days_; }

 protected:
  std::vector<std::optional<Record>> load(std::span<const Key> keys) const override {
    std::vector<std::optional<Record>> found;
    for (const auto& key : keys) {
      if (key.record.find(".d-") != std::string::npos) ++days_;
      const auto it = group_->records().find(key.record);
      found.push_back(it == group_->records().end() ? std::nullopt : std::optional(it->second));
    }
    return found;
  }
  void scan(std::string_view, const std::function<void(std::string_view, const Record&)>&) const override {}

 private:
  const Group* group_;
  mutable std::size_t days_ = 0;
};

/// Mornings of the west site are full for eight days, Thursday the 15th is free; from one to six all of them are free.
class FullMornings : public Group {
 public:
  FullMornings() {
    auto open = hours(1, 6, clock(9), clock(12));
    for (const auto& after_lunch : hours(1, 6, clock(13), clock(18))) open.push_back(after_lunch);
    handle(messages::DefineSite{.site = SiteId("west"), .name = "west", .zone = "America/Los_Angeles", .hours = open});
    handle(messages::DefineProvider{.provider = ProviderId("dr-west"), .site = SiteId("west"), .name = "west", .shifts = open});
    for (const unsigned date : {6U, 7U, 8U, 9U, 10U, 12U, 13U, 14U}) fill("west", day(2026, 1, date));
  }
  static messages::FindOpenings between(int from_minute, int until_minute) {
    auto query = exams(day(2026, 1, 6), 1);
    query.sites = {SiteId("west")};
    query.from_minute = static_cast<std::uint16_t>(from_minute);
    query.until_minute = static_cast<std::uint16_t>(until_minute);
    return query;
  }
};

TEST(AppointmentsTightDays, SpareASearchForMorningsTheDaysWhoseMorningsAreFull) {
  FullMornings group;
  const Counting reader(group);
  EXPECT_EQ(reader.lines(FullMornings::between(clock(8), clock(12))), std::vector<std::string>{"01-15 09:00 west dr-west"});
  const std::size_t with_free_mornings = reader.days();
  EXPECT_EQ(reader.lines(FullMornings::between(0, clock(24))), std::vector<std::string>{"01-06 13:00 west dr-west"});
  EXPECT_GT(reader.days(), 8u) << "a day with a free afternoon may be the one";
  EXPECT_LE(with_free_mornings, 14u) << "as many as are read at once, from the 15th on";
  auto first_days = FullMornings::between(clock(8), clock(12));
  first_days.days = 9;
  EXPECT_TRUE(reader.lines(first_days).empty());
  EXPECT_EQ(reader.days(), 0u);
  first_days = FullMornings::between(clock(13), clock(18));
  first_days.days = 9;
  EXPECT_EQ(reader.lines(first_days), std::vector<std::string>{"01-06 13:00 west dr-west"});
}

TEST(AppointmentsTightDays, SayByTheHourHowLongAVisitMayBe) {
  FullMornings group;
  const auto line = [&](LocalDay date) {
    const auto& days = group.tight("west")->days;
    return *std::ranges::find(days, date, &TightDay::day);
  };
  EXPECT_EQ(group.longest("west", kTuesday), 1440) << "listed for its morning alone";
  EXPECT_FALSE(may_begin(line(kTuesday), 5, clock(9), clock(12)));
  EXPECT_TRUE(may_begin(line(kTuesday), 60, clock(9), clock(13, 1)));
  EXPECT_TRUE(may_begin(line(kTuesday), 300, clock(9), clock(18))) << "two hours are as far as a line measures";
  group.cancel("west.f-01-06-10");
  EXPECT_FALSE(may_begin(line(kTuesday), 5, clock(9), clock(10)));
  EXPECT_TRUE(may_begin(line(kTuesday), 60, clock(9), clock(11)));
  EXPECT_FALSE(may_begin(line(kTuesday), 65, clock(9), clock(12)));
  group.cancel("west.f-01-06-9");
  group.cancel("west.f-01-06-11");
  EXPECT_EQ(group.longest("west", kTuesday), -1);
}

TEST(AppointmentsTightDays, FindAVisitOfHoursInAFreeAfternoon) {
  FullMornings group;
  group.handle(messages::DefineVisitType{
      .visit_type = "implant", .site = SiteId("west"), .name = "I", .duration_minutes = 240, .purpose = messages::Purpose::kExam});
  auto query = FullMornings::between(0, clock(24));
  query.type = "implant";
  EXPECT_EQ(group.lines(query), std::vector<std::string>{"01-06 13:00 west dr-west"});
}

TEST(AppointmentsTightDays, AsTheyWereWrittenOnceSayNothingOfHours) {
  const TightDay line{.day = kTuesday, .longest_minutes = 50};
  EXPECT_TRUE(may_begin(line, 50, 0, 1));
  EXPECT_TRUE(may_begin(line, 50, clock(23), clock(24)));
  EXPECT_FALSE(may_begin(line, 55, 0, clock(24)));
}

/// Every grid minute of every provider asked by itself, from the day's book alone.
std::vector<messages::Slot> asked_one_by_one(const Group& group, const messages::FindOpenings& query) {
  std::vector<messages::Slot> all;
  group.view().for_each<SiteRecord>([&](std::string_view id, const SiteRecord& site) {
    const VisitTypeEntry* type = find_visit_type(site, query.type);
    if (type == nullptr) return;
    const SiteId site_id{std::string(id)};
    const LocalDay first = std::max(*query.from, runtime::local_day(group.now(), site.zone));
    for (LocalDay date = first; date < first + std::chrono::days(query.days); date += std::chrono::days(1)) {
      if (!query.weekdays.empty() && std::ranges::find(query.weekdays, runtime::weekday(date)) == query.weekdays.end()) continue;
      const DayRecord* known = group.record<DayRecord>(day_id(site_id, date));
      const DayRecord book = known == nullptr ? DayRecord{} : *known;
      const Instant part_ends = minute_instant(date, query.until_minute, site.zone);
      const Instant day_ends = runtime::day_start(date + std::chrono::days(1), site.zone);
      for (const ProviderCalendar& provider : site.providers) {
        for (const MinuteWindow& shift : shift_windows(site, provider, date)) {
          Instant free_from = Instant::min();
          for (int minute = shift.from; minute < shift.until; minute += 5) {
            const LocalTime local_start{date.time_since_epoch() + std::chrono::minutes(minute)};
            const auto start = runtime::to_instant(local_start, site.zone);
            if (!start || *start < group.now() || minute < query.from_minute || minute >= query.until_minute) continue;
            const Span visit = visit_span(*type, *start), busy = busy_span(*type, *start);
            if (busy.start < free_from || visit.until > part_ends || busy.until > day_ends) continue;
            if (!inside(open_spans(site, date), visit) || !inside(working_spans(site, provider, date), visit)) continue;
            if (!provider_is_free(book, provider.provider, busy, group.now())) continue;
            const auto chair = free_chair(site, book, {}, busy, group.now());
            if (!chair) continue;
            all.push_back({site_id, provider.provider, *chair, local_start, *start, type->duration_minutes});
            free_from = busy.until;
          }
        }
      }
    }
  });
  std::ranges::sort(
      all, [](const auto& a, const auto& b) { return std::tie(a.start, a.site, a.provider) < std::tie(b.start, b.site, b.provider); });
  if (all.size() > query.limit) all.resize(query.limit);
  return all;
}

class Openings : public ::testing::TestWithParam<unsigned> {};

/// Thousands of changes of visits and calendars around the spring clock change: after each, what is found is what asking every minute of
/// every day finds. A list of tight days that is too strict once would hide an opening.
TEST_P(Openings, AreThoseThatAskingEveryMinuteFinds) {
  std::mt19937 random(GetParam());
  const auto pick = [&](std::size_t below) { return static_cast<std::size_t>(random() % below); };
  Group group;
  group.advance_to(utc(2026, 3, 6, 12));
  const char* zones[] = {"America/New_York", "America/Los_Angeles", "Australia/Lord_Howe"};
  group.handle(
      messages::DefineSite{.site = SiteId("west"), .name = "w", .zone = zones[GetParam() % 3], .hours = hours(1, 7, 0, clock(24))});
  std::vector<std::string> ids;
  const auto recent = [&] {
    return ids.empty() ? std::string("west.v-none") : ids[ids.size() - 1 - pick(std::min<std::size_t>(ids.size(), 30))];
  };
  std::size_t held = 0, offered = 0, tight = 0, by_the_hour = 0;
  std::vector<messages::Slot> found;
  for (int step = 0; step < 400; ++step) {
    const std::string site = pick(3) == 0 ? "west" : "main";
    const char* main_providers[] = {"dr-a", "dr-b"};
    const auto start = local(2026, 3, static_cast<unsigned>(7 + pick(3)), 0) + std::chrono::minutes(5 * pick(288));
    switch (pick(40)) {
      default: {
        if (found.empty()) break;
        // what was found a moment ago can be held
        const messages::Slot& slot = found[pick(found.size())];
        const std::string id = slot.site.text() + ".v-" + std::to_string(step);
        ASSERT_TRUE(group
                        .handle(messages::HoldSlot{.site = slot.site,
                                                   .appointment = AppointmentId(id),
                                                   .person = PersonId("p-1"),
                                                   .visit_type = "exam",
                                                   .provider = slot.provider,
                                                   .chair = slot.chair,
                                                   .local_start = slot.local_start})
                        .accepted())
            << "seed " << GetParam() << " step " << step << "\n"
            << group.timeline();
        ids.push_back(id);
        ++held;
        if (pick(5) != 0) group.book(id);
        break;
      }
      case 4:
      case 5: group.book(recent()); break;
      case 6: group.cancel(recent()); break;
      case 7: {
        const std::string from = recent(), to = std::string(owner_key(from)) + ".m-" + std::to_string(step);
        if (group.move(from, to, start).accepted()) ids.push_back(to);
        break;
      }
      case 8: group.about<messages::MarkNoShow>(recent()); break;
      case 13:
      case 9: group.advance_without_timers(group.now() + std::chrono::seconds(pick(600))); break;
      case 10:
        group.handle(messages::DefineProvider{
            .provider = ProviderId(site == "main" ? main_providers[pick(2)] : "dr-west"),
            .site = SiteId(site),
            .name = "other hours",
            .shifts = hours(1 + static_cast<int>(pick(3)), 7, static_cast<int>(pick(200)), clock(9) + static_cast<int>(pick(600)))});
        break;
      case 11: {
        const int opens = static_cast<int>(pick(500));
        group.handle(messages::DefineSite{.site = SiteId(site),
                                          .name = site,
                                          .zone = site == "main" ? zones[0] : zones[GetParam() % 3],
                                          .hours = hours(1, 7, opens, opens + 60 + static_cast<int>(pick(600)))});
        break;
      }
    }
    auto query = exams(day(2026, 3, static_cast<unsigned>(5 + pick(5))), static_cast<std::uint16_t>(1 + pick(40)));
    query.days = static_cast<std::uint16_t>(1 + pick(5));
    if (pick(4) == 0) query.weekdays = {1, 6, 7};
    if (pick(2) == 0) {
      query.from_minute = static_cast<std::uint16_t>(pick(700));
      query.until_minute = static_cast<std::uint16_t>(query.from_minute + 1 + pick(700));
    }
    found = group.found(query);
    const auto expected = asked_one_by_one(group, query);
    ASSERT_EQ(Group::lines_of(found), Group::lines_of(expected)) << "seed " << GetParam() << " step " << step;
    ASSERT_TRUE(found == expected) << "a chair or an instant, seed " << GetParam() << " step " << step;
    offered += found.size();
    if (group.tight("main") != nullptr) {
      tight += group.tight("main")->days.size();
      by_the_hour += static_cast<std::size_t>(std::ranges::count(group.tight("main")->days, 1440, &TightDay::longest_minutes));
    }
  }
  EXPECT_GT(held, 80u);
  EXPECT_GT(offered, 1000u);
  EXPECT_GT(tight, 300u) << "lists of tight days were in use";
  EXPECT_GT(by_the_hour, 30u) << "of days, too, that only some hours of are tight";
}

INSTANTIATE_TEST_SUITE_P(AppointmentsSeeds, Openings, ::testing::Values(1u, 2u, 3u, 4u, 5u, 6u));

}  // namespace
}  // namespace bridgework::appointments
