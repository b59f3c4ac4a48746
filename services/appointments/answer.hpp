#pragma once

#include "appointments/state.hpp"
#include "runtime/model.hpp"

namespace bridgework::appointments {

using Query = messages::AppointmentsQuery;

/// A question about the calendar. Reads committed state only; an opening that is shown may be gone a moment later, and holding it tells.
runtime::Answer<Vocabulary::Reply, Refusal> answer(const View& view, const Query& query, const Config& config, Instant now);

}  // namespace bridgework::appointments
