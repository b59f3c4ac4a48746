#pragma once
// Each piece of lead generation: what it promises, what it costs, and by which number it is known.

#include "lead_intake/state.hpp"

namespace bridgework::lead_intake {

/// A tracking number names one campaign at a time. It is compared with what this lane knows, so two campaigns made in the same moment
/// can both get it; then the newest is named.
Decision on(const State& state, const messages::CreateCampaign& command, Instant now);
Decision on(const State& state, const messages::ChangeCampaign& command, Instant now);
Decision on(const State& state, const messages::StopCampaign& command, Instant now);
Decision on(const State& state, const messages::CampaignStarted& event, Instant now);
Decision on(const State& state, const messages::CampaignChanged& event, Instant now);
Decision on(const State& state, const messages::CampaignStopped& event, Instant now);

/// The campaign of the number that was dialled, as far as this lane knows; empty when it is nobody's.
CampaignId campaign_of_number(const State& state, std::string_view dialled);

messages::CampaignView view_of(const CampaignId& campaign, const CampaignRecord& record);

}  // namespace bridgework::lead_intake
