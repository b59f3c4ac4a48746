#pragma once
// Questions about the short-notice list, offers, and check-outs that did not hold.

#include "appointments/state.hpp"
#include "runtime/model.hpp"

namespace bridgework::appointments {

using Answered = runtime::Answer<Vocabulary::Reply, Refusal>;

Answered on(const View& view, const messages::ListShortNotice& query, const Config& config, Instant now);
/// Decides, without committing anything, what would happen: so it names exactly those whom the next wave would ask.
Answered on(const View& view, const messages::WhoFits& query, const Config& config, Instant now);
/// An offer that is over comes with the next openings of its visit type.
Answered on(const View& view, const messages::GetOffer& query, const Config& config, Instant now);
Answered on(const View& view, const messages::ListOpenings& query, const Config& config, Instant now);
Answered on(const View& view, const messages::ListUndoneCheckOuts& query, const Config& config, Instant now);

}  // namespace bridgework::appointments
