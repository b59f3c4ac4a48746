#pragma once
// One visit, from hold to check-out.

#include "appointments/state.hpp"
#include "messages/outreach.values.hpp"

namespace bridgework::appointments {

/// Takes a provider, a chair and equipment together for the visit and what is set up and cleaned up around it, for as long as
/// `Config::hold`. Whoever asks without anybody of the practice gets only visit types that are online.
Decision on(const State& state, const messages::HoldSlot& command, Instant now);
/// The same without the ten minutes: who asks has been promised the time if it is free.
Decision book_at_once(const State& state, const messages::HoldSlot& wish, Instant now);
/// A patient books by themselves: a visit type that is online, at once, and under an id of its own.
Decision on(const State& state, const messages::BookOnline& command, Instant now);
/// A visit that is wanted and has no time. A hold under its id gives it one; when that lapses or is given back, it is planned again.
Decision on(const State& state, const messages::PlanAppointment& command, Instant now);
/// A hold whose time is over is refused even if nobody took the slot: the page has already said so.
Decision on(const State& state, const messages::BookAppointment& command, Instant now);
Decision on(const State& state, const messages::ConfirmAppointment& command, Instant now);
/// Whoever said yes has said so to a visit as it was: one that has moved, was cancelled or has begun is not confirmed by it.
Decision on(const State& state, const messages::VisitAffirmed& event, Instant now);
Decision on(const State& state, const messages::ArriveAppointment& command, Instant now);
/// Waiting is counted from arrival or from the agreed time, whichever is later.
Decision on(const State& state, const messages::SeatAppointment& command, Instant now);
Decision on(const State& state, const messages::CompleteAppointment& command, Instant now);
Decision on(const State& state, const messages::CheckOutAppointment& command, Instant now);
Decision on(const State& state, const messages::CancelAppointment& command, Instant now);
Decision on(const State& state, const messages::MarkNoShow& command, Instant now);
/// Frees the old time and takes the new one in one step, so that the patient is never without a visit and never has two. The visit's own
/// time does not stand in its way.
Decision on(const State& state, const messages::MoveAppointment& command, Instant now);
/// History of another system, taken as it is: it holds no time, and overlaps are for people to look at, not for us to refuse.
Decision on(const State& state, const messages::ImportVisits& command, Instant now);
Decision on(const State& state, const HoldLapsed& timer, Instant now);

}  // namespace bridgework::appointments
