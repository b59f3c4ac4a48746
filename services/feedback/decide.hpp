#pragma once
// What each message means for the people we ask.

#include "feedback/state.hpp"
#include "runtime/model.hpp"

namespace bridgework::feedback {

using Consumed = runtime::Consumes<runtime::ByPerson<messages::PersonRegistered, messages::PersonChanged, messages::AppointmentCheckedOut>>;
using Message = runtime::MessageOf<messages::FeedbackCommand, Consumed, Timer>;

/// Decides what one message means for one person and their surveys.
///
/// A survey waits from check-out until the impression has settled, is then asked or not asked, and is answered at most once. Whether to
/// ask is decided when it is due, not at check-out, because what counts (is the person still with us, were they asked lately) may change
/// in between. Visits imported from another system are no reason to ask.
Decision decide(const State& state, const Message& message, Instant now);

}  // namespace bridgework::feedback
