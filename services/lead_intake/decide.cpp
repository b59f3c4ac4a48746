#include "lead_intake/decide.hpp"

#include "lead_intake/decide_campaign.hpp"
#include "lead_intake/decide_care.hpp"
#include "lead_intake/decide_desk.hpp"
#include "lead_intake/decide_enquiry.hpp"
#include "lead_intake/decide_form.hpp"
#include "lead_intake/decide_person.hpp"

namespace bridgework::lead_intake {
namespace {

Decision on(const State&, const messages::SiteDefined& event, Instant) {
  Decision decision;
  decision.put(event.site.text(), SiteRecord{.zone = event.zone, .hours = event.hours});
  return decision;
}

}  // namespace

Decision decide(const State& state, const Message& message, Instant now) {
  return std::visit([&](const auto& each) { return on(state, each, now); }, message);
}

}  // namespace bridgework::lead_intake
