#include "lead_intake/decide.hpp"

#include "lead_intake/decide_enquiry.hpp"
#include "lead_intake/decide_person.hpp"

namespace bridgework::lead_intake {
namespace {

Decision on(const State& state, const messages::CreateCampaign& command, Instant) {
  if (command.campaign.empty() || command.campaign.text().find('.') != std::string::npos)
    return Decision::refuse(Refusal::kInvalidId, "a campaign's id has no dot");
  if (state.find<CampaignRecord>(command.campaign.text()) != nullptr)
    return Decision::refuse(Refusal::kAlreadyExists, "there is a campaign " + command.campaign.text());
  Decision decision;
  decision
      .put(command.campaign.text(), CampaignRecord{.name = command.name,
                                                   .source = command.source,
                                                   .promise = command.promise,
                                                   .greeting_script = command.greeting_script,
                                                   .cost_minor = command.cost_minor,
                                                   .currency = command.currency,
                                                   .from = command.from,
                                                   .until = command.until,
                                                   .sites = command.sites})
      .emit(messages::CampaignStarted{.campaign = command.campaign,
                                      .name = command.name,
                                      .source = command.source,
                                      .promise = command.promise,
                                      .greeting_script = command.greeting_script,
                                      .cost_minor = command.cost_minor,
                                      .currency = command.currency,
                                      .from = command.from,
                                      .until = command.until,
                                      .sites = command.sites})
      .reply(messages::Done{command.campaign.text()});
  return decision;
}

Decision on(const State&, const messages::SiteDefined& event, Instant) {
  Decision decision;
  decision.put(event.site.text(), SiteRecord{event.zone});
  return decision;
}

Decision on(const State&, const messages::CampaignStarted& event, Instant) {
  Decision decision;
  decision.put(event.campaign.text(), KnownCampaignRecord{event.name});
  return decision;
}

}  // namespace

Decision decide(const State& state, const Message& message, Instant now) {
  return std::visit([&](const auto& each) { return on(state, each, now); }, message);
}

}  // namespace bridgework::lead_intake
