#pragma once
// The time of those who have come: waiting, running late, and what became of what was said at check-out.

#include <string>

#include "appointments/state.hpp"

namespace bridgework::appointments {

/// Still not seated when the site's limit is over: said at once, while something can be done about it.
Decision on(const State& state, const WaitOver& timer, Instant now);
/// Still in the chair when the visit should be over: everybody after it will be seen later.
Decision on(const State& state, const VisitOverdue& timer, Instant now);

// ---- told by decide_visit

void on_arrived(Decision& decision, const State& state, const AppointmentId& appointment, const VisitRecord& record, Instant now);
void on_seated(Decision& decision, const State& state, const AppointmentId& appointment, const VisitRecord& record, Instant now);
void on_checked_out(Decision& decision, const messages::CheckOutAppointment& command, const VisitRecord& record, Instant now);
/// Within `Config::check_out_holds` of a check-out of the same person, the cancellation is laid at the door of that check-out.
void on_cancelled(Decision& decision, const State& state, const messages::AppointmentCancelled& cancelled, Instant now);

// ---- for queries

/// Who runs late at a site on a day: the id of the record.
std::string late_id(const SiteId& site, LocalDay day);
/// Cancellations attributed to a check-out, by when they were made.
std::string undone_index(const SiteId& site);

}  // namespace bridgework::appointments
