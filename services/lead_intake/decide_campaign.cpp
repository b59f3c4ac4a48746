#include "lead_intake/decide_campaign.hpp"

#include <optional>
#include <string>
#include <utility>

#include "lead_intake/contact.hpp"

namespace bridgework::lead_intake {
namespace {

/// The command or event of a campaign as it is stored, and the other way round: they carry the same fields.
template <class Told>
CampaignRecord record_of(const Told& told) {
  return {.name = told.name,
          .source = told.source,
          .promise = told.promise,
          .greeting_script = told.greeting_script,
          .cost_minor = told.cost_minor,
          .currency = told.currency,
          .from = told.from,
          .until = told.until,
          .sites = told.sites,
          .tracking_number = told.tracking_number,
          .landing_page = told.landing_page,
          .offer = told.offer,
          .stopped = false};
}
template <class Told>
Told told_as(const CampaignId& campaign, const CampaignRecord& record) {
  return {.campaign = campaign,
          .name = record.name,
          .source = record.source,
          .promise = record.promise,
          .greeting_script = record.greeting_script,
          .cost_minor = record.cost_minor,
          .currency = record.currency,
          .from = record.from,
          .until = record.until,
          .sites = record.sites,
          .tracking_number = record.tracking_number,
          .landing_page = record.landing_page,
          .offer = record.offer};
}

/// Brings the tracking number into the one form in which it is looked up, or says why it cannot be this campaign's.
std::optional<Decision> take_number(const State& state, const CampaignId& campaign, std::string& number) {
  if (number.empty()) return std::nullopt;
  const std::string given = std::exchange(number, normalise_phone(number, state.config().default_region));
  if (number.empty()) return Decision::refuse(Refusal::kInvalidContact, given + " is no phone number");
  const TrackingRecord* taken = state.find<TrackingRecord>(number);
  if (taken == nullptr || taken->campaign == campaign) return std::nullopt;
  const KnownCampaignRecord* other = state.find<KnownCampaignRecord>(taken->campaign.text());
  if (other == nullptr || other->stopped) return std::nullopt;
  return Decision::refuse(Refusal::kTrackingNumberTaken, "it is the number of " + taken->campaign.text());
}

/// What every lane keeps of a campaign.
template <class Event>
Decision know(const State& state, const Event& event) {
  const std::string& id = event.campaign.text();
  Decision decision;
  if (const KnownCampaignRecord* before = state.find<KnownCampaignRecord>(id);
      before != nullptr && !before->tracking_number.empty() && before->tracking_number != event.tracking_number) {
    const TrackingRecord* tracking = state.find<TrackingRecord>(before->tracking_number);
    if (tracking != nullptr && tracking->campaign == event.campaign) decision.erase<TrackingRecord>(before->tracking_number);
  }
  if (!event.tracking_number.empty()) decision.put(event.tracking_number, TrackingRecord{.campaign = event.campaign});
  const KnownCampaignRecord* known = state.find<KnownCampaignRecord>(id);
  decision.put(id, KnownCampaignRecord{.name = event.name,
                                       .source = event.source,
                                       .tracking_number = event.tracking_number,
                                       .stopped = known != nullptr && known->stopped});
  return decision;
}

}  // namespace

Decision on(const State& state, const messages::CreateCampaign& command, Instant) {
  if (command.campaign.empty() || command.campaign.text().find('.') != std::string::npos)
    return Decision::refuse(Refusal::kInvalidId, "a campaign's id has no dot");
  if (state.find<CampaignRecord>(command.campaign.text()) != nullptr)
    return Decision::refuse(Refusal::kAlreadyExists, "there is a campaign " + command.campaign.text());
  CampaignRecord record = record_of(command);
  if (auto refused = take_number(state, command.campaign, record.tracking_number)) return std::move(*refused);
  Decision decision;
  decision.add_to_index(std::string(kCampaignsIndex), command.campaign.text());
  if (!record.tracking_number.empty()) decision.add_to_index(tracking_index(record.tracking_number), command.campaign.text());
  decision.emit(told_as<messages::CampaignStarted>(command.campaign, record))
      .put(command.campaign.text(), std::move(record))
      .reply(messages::Done{command.campaign.text()});
  return decision;
}

Decision on(const State& state, const messages::ChangeCampaign& command, Instant) {
  const CampaignRecord* known = state.find<CampaignRecord>(command.campaign.text());
  if (known == nullptr) return Decision::refuse(Refusal::kUnknownCampaign, "no campaign " + command.campaign.text());
  CampaignRecord record = record_of(command);
  record.stopped = known->stopped;
  if (auto refused = take_number(state, command.campaign, record.tracking_number)) return std::move(*refused);
  Decision decision;
  if (known->tracking_number != record.tracking_number) {
    if (!known->tracking_number.empty()) decision.remove_from_index(tracking_index(known->tracking_number), command.campaign.text());
    if (!record.tracking_number.empty()) decision.add_to_index(tracking_index(record.tracking_number), command.campaign.text());
  }
  decision.emit(told_as<messages::CampaignChanged>(command.campaign, record))
      .put(command.campaign.text(), std::move(record))
      .reply(messages::Done{command.campaign.text()});
  return decision;
}

Decision on(const State& state, const messages::StopCampaign& command, Instant) {
  const CampaignRecord* known = state.find<CampaignRecord>(command.campaign.text());
  if (known == nullptr) return Decision::refuse(Refusal::kUnknownCampaign, "no campaign " + command.campaign.text());
  if (known->stopped) return Decision::refuse(Refusal::kAlreadyStopped, command.campaign.text() + " was stopped before");
  CampaignRecord record = *known;
  record.stopped = true;
  Decision decision;
  decision.emit(messages::CampaignStopped{.campaign = command.campaign})
      .put(command.campaign.text(), std::move(record))
      .reply(messages::Done{command.campaign.text()});
  return decision;
}

Decision on(const State& state, const messages::CampaignStarted& event, Instant) { return know(state, event); }
Decision on(const State& state, const messages::CampaignChanged& event, Instant) { return know(state, event); }

Decision on(const State& state, const messages::CampaignStopped& event, Instant) {
  const KnownCampaignRecord* known = state.find<KnownCampaignRecord>(event.campaign.text());
  if (known == nullptr) return {};
  KnownCampaignRecord record = *known;
  record.stopped = true;
  Decision decision;
  decision.put(event.campaign.text(), std::move(record));
  return decision;
}

CampaignId campaign_of_number(const State& state, std::string_view dialled) {
  const std::string number = normalise_phone(dialled, state.config().default_region);
  const TrackingRecord* tracking = number.empty() ? nullptr : state.find<TrackingRecord>(number);
  return tracking == nullptr ? CampaignId() : tracking->campaign;
}

messages::CampaignView view_of(const CampaignId& campaign, const CampaignRecord& record) {
  auto view = told_as<messages::CampaignView>(campaign, record);
  view.stopped = record.stopped;
  return view;
}

}  // namespace bridgework::lead_intake
