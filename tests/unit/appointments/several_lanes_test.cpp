// Providers at several sites, whose lanes hear of each other late: random rosters and visits, against a recount from what each lane has
// been told, in steps of five minutes, that shares no code with the calendar.

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <deque>
#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "runtime/zone.hpp"
#include "tests/unit/appointments/clinic.hpp"

namespace bridgework::appointments {
namespace {

constexpr std::size_t kSiteCount = 3;
const std::array<std::string, kSiteCount> kSiteNames = {"east", "mid", "far"};
const std::array<std::string, 2> kDoctors = {"dr-a", "dr-b"};

/// Three sites around a day on which some clock changes, or none. Two of them may share a lane, as sites do.
struct Scene {
  std::array<const char*, kSiteCount> zones;
  std::array<std::size_t, kSiteCount> lanes;
  LocalDay day;
};
const std::vector<Scene> kScenes = {
    {{"America/New_York", "America/New_York", "America/New_York"}, {0, 1, 2}, day(2026, 1, 6)},
    {{"America/New_York", "America/Chicago", "America/Phoenix"}, {0, 1, 1}, day(2026, 3, 7)},
    {{"Europe/Berlin", "Asia/Kolkata", "America/New_York"}, {0, 1, 2}, day(2026, 10, 24)},
    {{"Australia/Lord_Howe", "Africa/Casablanca", "Europe/Berlin"}, {0, 0, 1}, day(2026, 4, 4)},
};

struct Procedure {
  std::string name;
  int before, length, after;
};
const std::array<Procedure, 2> kProcedures = {Procedure{"exam", 0, 30, 0}, Procedure{"scan", 5, 60, 10}};

/// What somebody does at one site, or the bus; what the numbers mean depends on what it is.
struct Deed {
  unsigned what, site, a, b, c;
};

/// What happened over all cases, so that none of it is missing unnoticed.
struct Seen {
  std::size_t overlaps, refused_holds, refused_bookings, refused_rosters;
};

using Word = messages::ProviderScheduled;

bool works_at(const Word& word, Instant at) {
  const LocalTime local = runtime::to_local(at, word.zone);
  const LocalDay today = std::chrono::floor<std::chrono::days>(local);
  const auto minute = (local - LocalTime(today)) / std::chrono::minutes(1);
  for (auto dated = word.dated.rbegin(); dated != word.dated.rend(); ++dated)
    if (dated->first_day <= today && today <= dated->last_day)
      return std::ranges::any_of(dated->windows,
                                 [&](const auto& each) { return each.from_minute <= minute && minute < each.until_minute; });
  return std::ranges::any_of(word.shifts, [&](const auto& each) {
    return each.weekday == runtime::weekday(today) && each.from_minute <= minute && minute < each.until_minute;
  });
}

struct Agreed {
  std::string appointment;
  std::size_t site;
  std::string provider;
  std::set<std::string> resources;  ///< of its site
  Instant start, until;             ///< the visit
  Instant busy_from, busy_until;    ///< with what is set up and cleaned up
};

class SeveralLanes {
 public:
  explicit SeveralLanes(const Scene& scene, Seen& seen) : scene_(scene), seen_(seen) {
    const Instant begins = runtime::day_start(scene.day - std::chrono::days(1), "UTC");
    lanes_.resize(*std::ranges::max_element(scene.lanes) + 1);
    for (auto& lane : lanes_) lane.service = std::make_unique<testing::Harness<Model>>(begins);
    for (std::size_t site = 0; site < kSiteCount; ++site) {
      const SiteId id(kSiteNames[site]);
      say(site, messages::DefineSite{.site = id, .name = "S", .zone = scene.zones[site], .hours = hours(1, 7, 0, clock(24))});
      for (const char* chair : {"1", "2"}) say(site, messages::DefineChair{.chair = ChairId(chair), .site = id, .name = chair});
      say(site, messages::DefineEquipment{.equipment = EquipmentId("s-1"), .site = id, .kind = "scanner", .name = "S"});
      for (const Procedure& each : kProcedures)
        say(site, messages::DefineVisitType{.visit_type = each.name,
                                            .site = id,
                                            .name = each.name,
                                            .duration_minutes = static_cast<std::uint16_t>(each.length),
                                            .buffer_minutes = static_cast<std::uint16_t>(each.after),
                                            .equipment = each.before > 0 ? std::vector<std::string>{"scanner"} : std::vector<std::string>{},
                                            .minutes_before = static_cast<std::uint16_t>(each.before)});
      for (const std::string& doctor : kDoctors) shifts(site, doctor, {});
    }
    deliver_all();
  }

  void step(const Deed& deed) {
    const std::size_t site = deed.site % kSiteCount;
    switch (deed.what % 16) {
      case 0: return shifts(site, any_doctor(deed.c), any_shifts(deed));
      case 1:
      case 2: return except(site, deed);
      case 3:
      case 4:
      case 5: return hold(site, deed);
      case 6: return hold_group(site, deed);
      case 7: return hold_what_is_offered(site, deed);
      case 8:
      case 9: return book(deed);
      case 10: return book_group(deed);
      case 11: return move(deed);
      case 12: return cancel(deed);
      case 13:
      case 14: return deliver_one(deed);
      case 15:
        for (auto& lane : lanes_) lane.service->advance(std::chrono::minutes(deed.a % 4));
        return;
    }
  }

  /// Within a site nothing is ever taken twice, whatever its lane knows of the others.
  void check_sites() const {
    const auto all = agreed();
    for (std::size_t i = 0; i < all.size(); ++i)
      for (std::size_t j = i + 1; j < all.size(); ++j)
        if (all[i].site == all[j].site && all[i].busy_from < all[j].busy_until && all[j].busy_from < all[i].busy_until)
          for (const auto& resource : all[i].resources)
            if (all[j].resources.contains(resource)) RC_FAIL(all[i].appointment + " and " + all[j].appointment + " share " + resource);
  }

  /// Each word has come everywhere: whoever is in two places is on a list of at least one of them.
  void check_desks() {
    deliver_all();
    for (const Lane& lane : lanes_) RC_ASSERT(lane.told == lanes_.front().told);
    const std::set<std::string> listed = outside();
    const auto all = agreed();
    for (const Agreed& one : all) {
      const bool fits = !is_elsewhere(one.site, one.provider, one.start, one.until) && works_for_all(one);
      if (fits == listed.contains(one.appointment))
        RC_FAIL(one.appointment + (fits ? " is listed as outside" : " is not listed as outside"));
    }
    for (std::size_t i = 0; i < all.size(); ++i) {
      for (std::size_t j = i + 1; j < all.size(); ++j) {
        if (all[i].site == all[j].site || all[i].provider != all[j].provider) continue;
        if (all[i].until <= all[j].start || all[j].until <= all[i].start) continue;
        ++seen_.overlaps;
        if (!listed.contains(all[i].appointment) && !listed.contains(all[j].appointment))
          RC_FAIL(all[i].provider + " is at " + all[i].appointment + " and " + all[j].appointment + ", and no desk sees it");
      }
    }
  }

 private:
  struct Lane {
    std::unique_ptr<testing::Harness<Model>> service;
    std::map<std::pair<std::string, std::string>, Word> told;  ///< by provider and site, the last word that has arrived
    std::map<std::size_t, std::deque<Word>> coming;            ///< from each other lane, in its order
  };
  using Outcome = testing::Harness<Model>::Outcome;

  Lane& lane_of(std::size_t site) { return lanes_[scene_.lanes[site]]; }
  const Lane& lane_of(std::size_t site) const { return lanes_[scene_.lanes[site]]; }
  static std::size_t site_of(const std::string& id) {
    return static_cast<std::size_t>(std::ranges::find(kSiteNames, std::string(owner_key(id))) - kSiteNames.begin());
  }

  /// Something happens at a site: its own lane has heard of it at once, the others will.
  template <class Command>
  const Outcome& say(std::size_t site, Command command) {
    const std::size_t from = scene_.lanes[site];
    const Outcome& outcome = lanes_[from].service->handle(std::move(command));
    for (const auto& event : outcome.events) {
      const Word* word = std::get_if<Word>(&event);
      if (word == nullptr) continue;
      hear(lanes_[from], *word);
      for (std::size_t to = 0; to < lanes_.size(); ++to)
        if (to != from) lanes_[to].coming[from].push_back(*word);
    }
    return outcome;
  }
  static void hear(Lane& lane, const Word& word) {
    const std::pair of(word.provider.text(), word.site.text());
    if (word.shifts.empty() && word.dated.empty()) lane.told.erase(of);
    else lane.told.insert_or_assign(of, word);
  }
  void deliver(Lane& lane, std::deque<Word>& coming) {
    const Word word = coming.front();
    coming.pop_front();
    lane.service->handle(word);
    hear(lane, word);
  }
  void deliver_one(const Deed& deed) {
    Lane& lane = lane_of(deed.site % kSiteCount);
    if (lane.coming.empty()) return;
    auto& coming = std::next(lane.coming.begin(), static_cast<std::ptrdiff_t>(deed.a % lane.coming.size()))->second;
    if (!coming.empty()) deliver(lane, coming);
  }
  void deliver_all() {
    for (Lane& lane : lanes_)
      for (auto& [from, coming] : lane.coming)
        while (!coming.empty()) deliver(lane, coming);
  }

  // ---- what a lane has been told

  /// Whether another site has told this one's lane that the provider is there during some of it.
  bool is_elsewhere(std::size_t site, const std::string& provider, Instant start, Instant until) const {
    for (const auto& [of, word] : lane_of(site).told)
      if (of.first == provider && of.second != kSiteNames[site])
        for (Instant at = start; at < until; at += std::chrono::minutes(5))
          if (works_at(word, at)) return true;
    return false;
  }
  bool works_for_all(const Agreed& one) const {
    const auto own = lane_of(one.site).told.find({one.provider, kSiteNames[one.site]});
    if (own == lane_of(one.site).told.end()) return false;
    for (Instant at = one.start; at < one.until; at += std::chrono::minutes(5))
      if (!works_at(own->second, at)) return false;
    return true;
  }
  bool is_elsewhere(const VisitRecord& record) const {
    return is_elsewhere(site_of(record.site.text()), record.visit.provider.text(), record.visit.start,
                        record.visit.start + std::chrono::minutes(record.visit.duration_minutes));
  }

  std::vector<Agreed> agreed() const {
    std::vector<Agreed> all;
    for (const Lane& lane : lanes_) {
      lane.service->view().for_each<VisitRecord>([&](std::string_view id, const VisitRecord& record) {
        if (record.state != VisitState::kBooked && !is_held_now(record)) return;
        const messages::Visit& visit = record.visit;
        std::set<std::string> resources{visit.provider.text(), visit.chair.text()};
        for (const EquipmentId& device : visit.equipment) resources.insert(device.text());
        const Instant until = visit.start + std::chrono::minutes(visit.duration_minutes);
        all.push_back({std::string(id), site_of(record.site.text()), visit.provider.text(), std::move(resources), visit.start, until,
                       visit.start - std::chrono::minutes(record.minutes_before), until + std::chrono::minutes(record.buffer_minutes)});
      });
    }
    return all;
  }
  bool is_held_now(const VisitRecord& record) const {
    return record.state == VisitState::kHeld && lanes_.front().service->now() < record.hold_ends.value();
  }
  /// As the desks see it, on their lists and on their day sheets.
  std::set<std::string> outside() const {
    std::set<std::string> listed, on_sheets;
    const LocalDay first = scene_.day - std::chrono::days(2);
    for (std::size_t site = 0; site < kSiteCount; ++site) {
      const SiteId id(kSiteNames[site]);
      const auto& service = *lane_of(site).service;
      for (const auto& line :
           service.get<messages::AppointmentList>(messages::ListOutside{.site = id, .from = first, .days = 8}).appointments)
        listed.insert(line.appointment.text());
      for (int i = 0; i < 8; ++i)
        for (const auto& line :
             service.get<messages::AppointmentList>(messages::ListAppointments{.site = id, .day = first + std::chrono::days(i)})
                 .appointments)
          if (!line.outside.empty()) on_sheets.insert(line.appointment.text());
    }
    RC_ASSERT(listed == on_sheets);
    return listed;
  }

  // ---- rosters

  static const std::string& any_doctor(unsigned n) { return kDoctors[n % kDoctors.size()]; }
  LocalDay any_day(unsigned n) const { return scene_.day + std::chrono::days(n % 4 == 0 ? 1 : 0); }
  /// Edges away from the hours that clocks skip or repeat.
  static int any_edge(unsigned n) { return clock(7) + 120 * static_cast<int>(n % 5); }
  std::vector<messages::OpeningHours> any_shifts(const Deed& deed) const {
    if (deed.a % 5 == 0) return {};
    const int from = any_edge(deed.a);
    const auto weekday = runtime::weekday(any_day(deed.b));
    return hours(weekday, weekday, from, from + 60 * static_cast<int>(2 + deed.b % 4));
  }
  void shifts(std::size_t site, const std::string& doctor, std::vector<messages::OpeningHours> windows) {
    told_of_roster(say(site,
                       messages::DefineProvider{
                           .provider = ProviderId(doctor), .site = SiteId(kSiteNames[site]), .name = doctor, .shifts = std::move(windows)}),
                   site, doctor);
  }
  void except(std::size_t site, const Deed& deed) {
    const ExceptionId id(kSiteNames[site] + ".x-" + std::to_string(deed.b % 3));
    if (deed.a % 6 == 0) return (void)say(site, messages::RemoveException{id});
    const std::string& doctor = any_doctor(deed.c);
    messages::DefineException command{.site = SiteId(kSiteNames[site]),
                                      .exception = id,
                                      .subject = messages::ExceptionSubject::kProvider,
                                      .of = doctor,
                                      .first_day = any_day(deed.b),
                                      .last_day = any_day(deed.b)};
    const int from = any_edge(deed.a);
    if (deed.a % 6 != 1)
      command.windows.push_back(
          {static_cast<std::uint16_t>(from), static_cast<std::uint16_t>(from + 60 * static_cast<int>(2 + deed.c % 4))});
    told_of_roster(say(site, std::move(command)), site, doctor);
  }
  /// Nobody says what contradicts a word that has arrived.
  void told_of_roster(const Outcome& outcome, std::size_t site, const std::string& doctor) {
    if (outcome.refusal() == No::kWorksElsewhere) ++seen_.refused_rosters;
    if (!outcome.accepted()) return;
    const auto own = lane_of(site).told.find({doctor, kSiteNames[site]});
    if (own == lane_of(site).told.end()) return;
    const Instant first = runtime::day_start(scene_.day - std::chrono::days(1), "UTC");
    for (Instant at = first; at < first + std::chrono::days(5); at += std::chrono::minutes(30))
      if (at >= lane_of(site).service->now() && works_at(own->second, at))
        RC_ASSERT(!is_elsewhere(site, doctor, at, at + std::chrono::minutes(1)));
  }

  // ---- visits

  LocalTime any_start(unsigned n) const {
    return LocalTime(any_day(n)) + std::chrono::minutes(clock(7) + 30 * static_cast<int>(n / 4 % 24));
  }
  /// One of the last, because those are still held.
  static std::string any_of(const std::vector<std::string>& all, unsigned n, const char* none) {
    return all.empty() ? none : all[all.size() - 1 - n % std::min<std::size_t>(all.size(), 5)];
  }
  std::string any_visit(unsigned n) const { return any_of(visits_, n, "east.v-none"); }

  /// Held unless the lane knows better; and never where it does.
  const Outcome& check_taken(const Outcome& outcome, std::size_t site, const std::string& doctor, LocalTime start, int length) {
    const Instant begins = *runtime::to_instant(start, scene_.zones[site]);
    const bool elsewhere = is_elsewhere(site, doctor, begins, begins + std::chrono::minutes(length));
    // where they have no hours at all it is they who are missing, not the time
    const bool has_hours = lane_of(site).told.contains({doctor, kSiteNames[site]});
    if (has_hours ? (outcome.refusal() == No::kWorksElsewhere) != elsewhere : outcome.accepted())
      RC_FAIL(doctor + (elsewhere ? " is elsewhere, yet: " : " is not elsewhere, yet: ") + text_of(outcome.refusal()) + "\n" +
              lane_of(site).service->timeline());
    if (elsewhere) ++seen_.refused_holds;
    return outcome;
  }
  bool hold_at(std::size_t site, const Procedure& type, const std::string& doctor, LocalTime start) {
    const std::string id = kSiteNames[site] + ".v-" + std::to_string(++made_);
    const bool held = check_taken(say(site, messages::HoldSlot{.site = SiteId(kSiteNames[site]),
                                                               .appointment = AppointmentId(id),
                                                               .person = PersonId("p-1"),
                                                               .visit_type = type.name,
                                                               .provider = ProviderId(doctor),
                                                               .chair = {},
                                                               .local_start = start}),
                                  site, doctor, start, type.length)
                          .accepted();
    if (held) visits_.push_back(id);
    return held;
  }
  void hold(std::size_t site, const Deed& deed) {
    hold_at(site, kProcedures[deed.b % kProcedures.size()], any_doctor(deed.c), any_start(deed.a));
  }
  void hold_what_is_offered(std::size_t site, const Deed& deed) {
    const Procedure& type = kProcedures[deed.b % kProcedures.size()];
    const auto offers = lane_of(site)
                            .service
                            ->get<messages::SlotList>(messages::FindSlots{
                                .site = SiteId(kSiteNames[site]), .type = type.name, .from = scene_.day, .days = 2, .limit = 100})
                            .slots;
    if (offers.empty()) return;
    const auto& chosen = offers[deed.a % offers.size()];
    RC_ASSERT(hold_at(site, type, chosen.provider.text(), chosen.local_start));
  }
  void hold_group(std::size_t site, const Deed& deed) {
    messages::HoldGroup command{.site = SiteId(kSiteNames[site]),
                                .group = GroupId(kSiteNames[site] + ".g-" + std::to_string(++made_)),
                                .times = 1,
                                .every = 1,
                                .unit = messages::RepeatUnit::kDays};
    const std::string& doctor = any_doctor(deed.c);
    for (const int after : {0, 30})
      command.items.push_back({.person = PersonId("p-" + std::to_string(after)),
                               .visit_type = "exam",
                               .provider = ProviderId(doctor),
                               .chair = {},
                               .local_start = any_start(deed.a) + std::chrono::minutes(after)});
    const auto& outcome = say(site, command);
    if (!outcome.accepted()) return;
    groups_.push_back(command.group.text());
    for (const auto& visit : outcome.reply<messages::GroupView>().appointments) {
      RC_ASSERT(!is_elsewhere(site, visit.visit.provider.text(), visit.visit.start, visit.visit.start + std::chrono::minutes(30)));
      visits_.push_back(visit.appointment.text());
    }
  }
  /// Nobody agrees on a time for which another site has said meanwhile that it has the provider.
  void book(const Deed& deed) {
    const std::string id = any_visit(deed.a);
    const std::size_t site = site_of(id);
    const VisitRecord* known = lane_of(site).service->record<VisitRecord>(id);
    if (known == nullptr || !is_held_now(*known)) return;
    const bool elsewhere = is_elsewhere(*known);
    const auto& outcome = say(site, messages::BookAppointment{AppointmentId(id)});
    RC_ASSERT(outcome.accepted() == !elsewhere);
    RC_ASSERT((outcome.refusal() == No::kWorksElsewhere) == elsewhere);
    if (elsewhere) ++seen_.refused_bookings;
  }
  void book_group(const Deed& deed) {
    const std::string id = any_of(groups_, deed.a, "east.g-none");
    const std::size_t site = site_of(id);
    bool any_held = false, any_elsewhere = false;
    for (const char* number : {".1", ".2"}) {
      const VisitRecord* known = lane_of(site).service->record<VisitRecord>(id + number);
      if (known == nullptr || !is_held_now(*known)) continue;
      any_held = true;
      any_elsewhere = any_elsewhere || is_elsewhere(*known);
    }
    const auto& outcome = say(site, messages::BookGroup{GroupId(id)});
    RC_ASSERT(outcome.accepted() == (any_held && !any_elsewhere));
    RC_ASSERT((outcome.refusal() == No::kWorksElsewhere) == any_elsewhere);
    if (any_elsewhere) ++seen_.refused_bookings;
  }
  void move(const Deed& deed) {
    const std::string id = any_visit(deed.a);
    const std::size_t site = site_of(id);
    const VisitRecord* known = lane_of(site).service->record<VisitRecord>(id);
    if (known == nullptr || known->state != VisitState::kBooked) return;
    const int length = known->visit.duration_minutes;
    const std::string& doctor = any_doctor(deed.c);
    const std::string to = kSiteNames[site] + ".m-" + std::to_string(++made_);
    const auto& outcome = say(site, messages::MoveAppointment{.appointment = AppointmentId(id),
                                                              .to = AppointmentId(to),
                                                              .provider = ProviderId(doctor),
                                                              .chair = {},
                                                              .local_start = any_start(deed.b)});
    if (check_taken(outcome, site, doctor, any_start(deed.b), length).accepted()) visits_.push_back(to);
  }
  void cancel(const Deed& deed) {
    const std::string id = any_visit(deed.a);
    say(site_of(id), messages::CancelAppointment{.appointment = AppointmentId(id)});
  }

  const Scene scene_;
  Seen& seen_;
  std::vector<Lane> lanes_;
  std::vector<std::string> visits_, groups_;
  int made_ = 0;
};

TEST(AppointmentsSeveralLanes, ProviderInTwoPlacesIsAgreedOnlyUnheardAndAlwaysListed) {
  Seen seen{};
  EXPECT_TRUE(rc::check("a provider at several sites", [&seen] {
    SeveralLanes group(*rc::gen::elementOf(kScenes), seen);
    const auto number = rc::gen::noShrink(rc::gen::inRange(0U, 10'000U));
    const auto deeds =
        *rc::gen::scale(8.0, rc::gen::container<std::vector<Deed>>(rc::gen::build<Deed>(
                                 rc::gen::set(&Deed::what, number), rc::gen::set(&Deed::site, number), rc::gen::set(&Deed::a, number),
                                 rc::gen::set(&Deed::b, number), rc::gen::set(&Deed::c, number))));
    for (const Deed& deed : deeds) {
      group.step(deed);
      group.check_sites();
    }
    group.check_desks();
  }));
  EXPECT_GT(seen.overlaps, 0U);
  EXPECT_GT(seen.refused_holds, 0U);
  EXPECT_GT(seen.refused_bookings, 0U);
  EXPECT_GT(seen.refused_rosters, 0U);
}

}  // namespace
}  // namespace bridgework::appointments
