#pragma once

#include <variant>

#include "appointments/state.hpp"
#include "messages/followup.values.hpp"
#include "messages/outreach.values.hpp"
#include "runtime/model.hpp"

namespace bridgework::appointments {

/// Where a provider works is known in every lane, so that each site knows when its providers are at another.
using Consumed =
    runtime::Consumes<runtime::EveryLane<messages::ProviderScheduled>,
                      runtime::BySite<messages::GapOpened, messages::GapChanged, messages::OfferAnswered, messages::VisitAffirmed>>;
using Message = runtime::MessageOf<messages::AppointmentsCommand, Consumed, Timer>;

/// What one message means for a site: its calendar, or one visit in it.
///
/// A site is one lane, so no two messages about it are decided at once, and "free" cannot change between the look and the taking.
/// That is why of a thousand people who want one chair exactly one gets it. Chair and provider are taken together or not at all.
///
/// `now` is when the message was accepted: a backlog costs nobody their hold.
Decision decide(const State& state, const Message& message, Instant now);

}  // namespace bridgework::appointments
