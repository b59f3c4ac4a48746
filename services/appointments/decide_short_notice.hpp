#pragma once
// A time that became free, and those who would rather come earlier.

#include <string>
#include <vector>

#include "appointments/state.hpp"
#include "messages/followup.values.hpp"
#include "messages/outreach.values.hpp"

namespace bridgework::appointments {

/// Puts somebody on the site's list, or replaces their wish. They say what they would come for: a visit type, a purpose, or a later visit
/// of theirs that would be moved up.
Decision on(const State& state, const messages::JoinShortNotice& command, Instant now);
/// Also takes back what the person is being offered.
Decision on(const State& state, const messages::LeaveShortNotice& command, Instant now);
Decision on(const State& state, const messages::MuteShortNotice& command, Instant now);
/// The first to accept has the time: booked, or the later visit moved up, and every other offer revoked in this very commit. Asked again
/// by the winner, the answer is the visit once more.
Decision on(const State& state, const messages::AcceptOffer& command, Instant now);
Decision on(const State& state, const messages::DeclineOffer& command, Instant now);
/// A yes or no by text message. Whoever says yes too late is told so, in an event, since nobody waits for a reply.
Decision on(const State& state, const messages::OfferAnswered& event, Instant now);

/// What followup says of unfinished care is kept per site and person while it is not closed, for the order of asking alone.
Decision on(const State& state, const messages::GapOpened& event, Instant now);
Decision on(const State& state, const messages::GapChanged& event, Instant now);

/// Takes back what no longer fits, asks the next ones, or gives the opening up.
Decision on(const State& state, const OfferWave& timer, Instant now);

// ---- told by the rest of appointments

/// A visit, or a hold, has taken a time, and the day's book says so: whatever is on offer and no longer possible is revoked before anybody
/// hears of the visit.
void on_taken(Decision& decision, const State& state, const AppointmentId& by, const VisitRecord& record, const DayRecord& book,
              Instant now);
/// An agreed visit will not take place: if its time lies far enough ahead and not too far, it is offered.
void on_freed(Decision& decision, const State& state, const AppointmentId& appointment, const VisitRecord& record, Instant now);
/// A hold has lapsed. It promised nobody anything, so its time is offered only when it had been on offer before.
void on_given_back(Decision& decision, const State& state, const AppointmentId& appointment, const VisitRecord& record, Instant now);

// ---- for queries and tests

std::string list_entry_id(const SiteId& site, const PersonId& person);
OfferId offer_id(const OpeningId& opening, std::uint32_t number);
/// The opening an offer belongs to; empty when it is no offer's id.
OpeningId opening_of(const OfferId& offer);
/// The visit that accepting the offer makes.
AppointmentId visit_of(const OfferId& offer);
/// Openings of a site, by number.
std::string openings_index(const SiteId& site);

/// Whom a time fits, in the order in which they are asked: those with urgent unfinished care of that purpose first, then who was never
/// asked, then who was asked longest ago, then who joined first. Fits means that holding it for them, or moving them up, would be accepted
/// now; so the rules of the calendar decide, and no copy of them.
std::vector<messages::FittingPerson> fitting(const State& state, const SiteId& site, const ProviderId& provider, LocalTime local_start,
                                             Instant now);

/// When asking may go on, from `at` on: not at night, when nobody could answer and the next wave would leave before anyone has read the
/// first.
Instant next_asking(Instant at, std::string_view zone, const Config& config);

}  // namespace bridgework::appointments
