#pragma once
// What holding, moving, booking and giving back share: finding a place, taking it and freeing it.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "appointments/calendar.hpp"
#include "appointments/state.hpp"

namespace bridgework::appointments {

using Refused = runtime::Refused<Refusal>;

Decision refuse(Refused refused);

/// Whether an appointment's or a group's id lives in that site's lane.
bool belongs_to(std::string_view id, const SiteId& site);

/// Down to the minute, also before zero.
std::int64_t whole_minutes(Instant::duration duration);

/// The days of one site that a decision works on: each is read once and written once, however many visits it is about.
class Books {
 public:
  Books(const State& state, SiteId site) : state_(&state), site_(std::move(site)) {}

  const State& state() const { return *state_; }
  const SiteId& site() const { return site_; }
  DayRecord& day(LocalDay day);
  /// The visit's time is free again.
  void release(const AppointmentId& appointment, const VisitRecord& record);
  /// Keeps when a provider or chair was busy by another system's word, and says whether that contradicts what is known of the day. It
  /// holds no time.
  bool note_imported(const AppointmentId& appointment, const messages::Visit& visit);
  /// Every day that was looked at is written; one with nothing in it is erased.
  void write(Decision& decision);

 private:
  const State* state_;
  SiteId site_;
  std::map<LocalDay, DayRecord> days_;
};

/// What somebody wants.
struct Wish {
  std::string_view visit_type;
  ProviderId provider;
  ChairId chair;            ///< must be this one; empty: any
  ChairId preferred_chair;  ///< if any will do
  LocalTime local_start;
};
/// What is free for it: provider, chair, equipment and time, all of it.
struct Place {
  messages::Visit visit;
  std::uint16_t buffer_minutes;
  std::uint16_t minutes_before;
  Span span;  ///< with what is set up and cleaned up
};

/// All that must hold for a time to be taken, in the order in which it is explained to the person at the desk.
tl::expected<Place, Refused> find_place(const SiteRecord& site, const Wish& wish, Books& books, Instant now);

/// From now on the place is the visit's: for good, or as long as the hold. Overdue holds of that day are ended first, so that the log
/// never shows one time taken twice.
void take_place(Decision& decision, Books& books, const AppointmentId& appointment, const Place& place, std::optional<Instant> hold_ends,
                Instant now);

/// Who is to have the place.
struct Holder {
  AppointmentId appointment;
  PersonId person;
  GroupId group{};             ///< empty: alone
  std::optional<Plan> plan{};  ///< of a visit that was planned, and is again if they decide against it
  messages::Asker asker = messages::Asker::kDesk;
};
/// The visit, held, or without `hold_ends` booked at once: record, day sheet and event. A hold's timer is the caller's.
VisitRecord take_for(Decision& decision, Books& books, const Holder& holder, Place place, std::optional<Instant> hold_ends, Instant now);

std::string hold_timer(const AppointmentId& appointment);

/// The visit has no time (any more): its record, the list of such visits and the event.
void plan_visit(Decision& decision, const AppointmentId& appointment, VisitRecord& record, const Plan& plan);

/// Ends one hold: the visit, its timer and its line on the day sheet. What was planned before is planned again. The day's occupancy is
/// the caller's.
VisitRecord lapse(Decision& decision, const AppointmentId& appointment, VisitRecord record);

/// Whether it is held and not overdue.
bool is_held(const VisitRecord& record, Instant now);

/// Why a hold cannot become an agreed visit: after it was granted, another site has said that the provider is there then. Nothing when it
/// can. A calendar of the site's own that has changed since is no reason: what was held was promised.
std::optional<Refused> promised_elsewhere(const State& state, const AppointmentId& appointment, const VisitRecord& record);

/// A hold becomes an agreed visit.
VisitRecord book_hold(Decision& decision, Books& books, const AppointmentId& appointment, VisitRecord record);

struct Cancelling {
  messages::CancelledBy by;
  Phi<std::string> reason;
  messages::CancelDestination destination = messages::CancelDestination::kNone;
};
/// A hold is given back, an agreed visit cancelled; its time is free. The step must be allowed.
///
/// With the destination planned the same work goes on without a time: a hold becomes a planned visit, and an agreed one, which stays
/// cancelled for ever because others have been told so, gets a planned one in its stead, under the id of the old with `.p1` (`.p2`, …).
VisitRecord cancel_visit(Decision& decision, Books& books, const AppointmentId& appointment, VisitRecord record,
                         const Cancelling& cancelling, Instant now);

double index_score(const messages::Visit& visit);

}  // namespace bridgework::appointments
