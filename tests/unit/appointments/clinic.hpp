#pragma once
// A clinic to test with, and short ways to say what happens in it.

#include <string>
#include <vector>

#include "appointments/model.hpp"
#include "tests/support/decide_harness.hpp"

// Compiled once, in harness.cpp: it is most of what these tests are made of.
extern template class bridgework::testing::Harness<bridgework::appointments::Model>;

namespace bridgework::appointments {

using testing::day;
using testing::local;
using testing::utc;
using No = Refusal;

/// A working day, and 15:00 UTC on it.
inline const LocalDay kTuesday = day(2026, 1, 6);
inline const LocalTime kTen = local(2026, 1, 6, 10);

/// The same window on each of the weekdays `first` to `last`.
inline std::vector<messages::OpeningHours> hours(int first, int last, int from_minute, int until_minute) {
  std::vector<messages::OpeningHours> all;
  for (int weekday = first; weekday <= last; ++weekday)
    all.push_back({.weekday = static_cast<std::uint8_t>(weekday),
                   .from_minute = static_cast<std::uint16_t>(from_minute),
                   .until_minute = static_cast<std::uint16_t>(until_minute)});
  return all;
}
constexpr int clock(int hour, int minute = 0) { return hour * 60 + minute; }

/// `main` in New York, open Monday to Friday 8 to 17; dr-a and dr-b work 9 to 16; chairs c-1 and c-2; an exam takes 30 minutes and 10
/// more to clean up, a crown 60 and none. `night` is open all week around the clock, with one provider and one chair.
/// The clock starts on Monday 2026-01-05 at 04:00 local time.
class Clinic : public testing::Harness<Model> {
 public:
  explicit Clinic(std::string night_zone = "America/New_York") : Harness(utc(2026, 1, 5, 9)) {
    handle(messages::DefineSite{.site = SiteId("main"),
                                .name = "Main Street",
                                .zone = "America/New_York",
                                .hours = hours(1, 5, clock(8), clock(17)),
                                .wait_limit_minutes = 12});
    for (const char* provider : {"dr-a", "dr-b"})
      handle(messages::DefineProvider{
          .provider = ProviderId(provider), .site = SiteId("main"), .name = provider, .shifts = hours(1, 5, clock(9), clock(16))});
    for (const char* chair : {"c-1", "c-2"}) handle(messages::DefineChair{.chair = ChairId(chair), .site = SiteId("main"), .name = chair});
    handle(messages::DefineVisitType{.visit_type = "exam",
                                     .site = SiteId("main"),
                                     .name = "Exam",
                                     .duration_minutes = 30,
                                     .buffer_minutes = 10,
                                     .purpose = messages::Purpose::kExam});
    handle(messages::DefineVisitType{
        .visit_type = "crown", .site = SiteId("main"), .name = "Crown", .duration_minutes = 60, .purpose = messages::Purpose::kProstho});

    handle(messages::DefineSite{.site = SiteId("night"),
                                .name = "Night",
                                .zone = std::move(night_zone),
                                .hours = hours(1, 7, 0, clock(24)),
                                .wait_limit_minutes = 15});
    handle(messages::DefineProvider{
        .provider = ProviderId("dr-n"), .site = SiteId("night"), .name = "N", .shifts = hours(1, 7, 0, clock(24))});
    handle(messages::DefineChair{.chair = ChairId("n-1"), .site = SiteId("night"), .name = "n-1"});
    handle(messages::DefineVisitType{
        .visit_type = "pain", .site = SiteId("night"), .name = "Pain", .duration_minutes = 60, .purpose = messages::Purpose::kEndo});
    forget_events();
  }

  /// An exam at the main site on Tuesday 2026-01-06 unless told otherwise.
  messages::HoldSlot exam(std::string id, LocalTime start, std::string provider = "dr-a", std::string chair = {}) const {
    return {.site = SiteId("main"),
            .appointment = AppointmentId(std::move(id)),
            .person = PersonId("p-1"),
            .visit_type = "exam",
            .provider = ProviderId(std::move(provider)),
            .chair = ChairId(std::move(chair)),
            .local_start = start};
  }
  messages::HoldSlot pain(std::string id, LocalTime start) const {
    return {.site = SiteId("night"),
            .appointment = AppointmentId(std::move(id)),
            .person = PersonId("p-1"),
            .visit_type = "pain",
            .provider = ProviderId("dr-n"),
            .chair = {},
            .local_start = start};
  }
  template <class Command>
  const Outcome& about(const std::string& id) {
    Command command;
    command.appointment = AppointmentId(id);
    return handle(std::move(command));
  }
  const Outcome& book(const std::string& id) { return about<messages::BookAppointment>(id); }
  const Outcome& cancel(const std::string& id) { return about<messages::CancelAppointment>(id); }
  const Outcome& move(const std::string& id, const std::string& to, LocalTime start, std::string provider = {}, std::string chair = {}) {
    return handle(messages::MoveAppointment{.appointment = AppointmentId(id),
                                            .to = AppointmentId(to),
                                            .provider = ProviderId(std::move(provider)),
                                            .chair = ChairId(std::move(chair)),
                                            .local_start = start});
  }
  /// An exam that is agreed.
  void booked(const std::string& id, LocalTime start, std::string provider = "dr-a", std::string chair = {}) {
    handle(exam(id, start, std::move(provider), std::move(chair)));
    book(id);
  }
  VisitState state_of(const std::string& id) const {
    const VisitRecord* visit = record<VisitRecord>(id);
    return visit == nullptr ? VisitState::kPlanned : visit->state;
  }
  std::size_t busy_on(LocalDay date, const std::string& site = "main") const {
    const DayRecord* book = record<DayRecord>(day_key(site, date));
    return book == nullptr ? 0 : book->taken.size();
  }
  std::vector<std::string> day_sheet(LocalDay date, const std::string& site = "main") const {
    std::vector<std::string> lines;
    for (const auto& line : get<messages::AppointmentList>(messages::ListAppointments{.site = SiteId(site), .day = date}).appointments)
      lines.push_back(line.appointment.text() + " " + std::string(to_string(line.state)));
    return lines;
  }

 private:
  static std::string day_key(const std::string& site, LocalDay date) {
    const std::chrono::year_month_day ymd{date};
    char text[32];
    std::snprintf(text, sizeof text, ".d-%04d-%02u-%02u", static_cast<int>(ymd.year()), static_cast<unsigned>(ymd.month()),
                  static_cast<unsigned>(ymd.day()));
    return site + text;
  }
};

/// For failed expectations.
inline std::string text_of(std::optional<Refusal> refusal) { return refusal ? std::string(to_string(*refusal)) : "accepted"; }

}  // namespace bridgework::appointments
