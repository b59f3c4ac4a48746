#pragma once
// Where there is room: at one site, or at several at once.

#include "appointments/state.hpp"
#include "runtime/model.hpp"

namespace bridgework::appointments {

using Answered = runtime::Answer<Vocabulary::Reply, Refusal>;

/// The first openings over the sites asked for. Reads the days that may hold one of them, earliest first, and passes by those that
/// `TightDaysRecord` says are full.
Answered on(const View& view, const messages::FindOpenings& query, Instant now);

/// The same at one site, where an unknown provider is named as such.
Answered on(const View& view, const messages::FindSlots& query, Instant now);

}  // namespace bridgework::appointments
