#include "lead_intake/decide_form.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

#include <tl/expected.hpp>

#include "runtime/zone.hpp"

namespace bridgework::lead_intake {
namespace {

constexpr std::size_t kKeysMax = 16;

WebFormRecord form_of(const State& state, const SiteId& site) {
  const WebFormRecord* known = state.find<WebFormRecord>(site.text());
  return known == nullptr ? WebFormRecord{} : *known;
}

bool is_valid(const FormKey& key, Instant now) { return !key.valid_until || now < *key.valid_until; }

Decision change(const SiteId& site, WebFormRecord form, std::string id, Instant now) {
  std::erase_if(form.keys, [&](const FormKey& key) { return !is_valid(key, now); });
  Decision decision;
  decision
      .emit(messages::WebFormChanged{
          .site = site, .enabled = form.enabled, .daily_cap = form.daily_cap, .keys = static_cast<std::uint16_t>(form.keys.size())})
      .put(site.text(), std::move(form))
      .reply(messages::Done{std::move(id)});
  return decision;
}

LocalDay today_at(const State& state, const SiteId& site, Instant now) {
  const SiteRecord* record = state.find<SiteRecord>(site.text());
  return runtime::local_day(now, record != nullptr && runtime::zone_exists(record->zone) ? record->zone : "UTC");
}

/// The form with one more, unless the day has had enough, it is switched off, or the key is none.
tl::expected<WebFormRecord, runtime::Refused<Refusal>> count(const State& state, const SiteId& site, const FormKeyId& form_key,
                                                             Instant now) {
  const auto refused = [](Refusal code, std::string detail) { return tl::unexpected(runtime::Refused<Refusal>{code, std::move(detail)}); };
  const WebFormRecord* known = state.find<WebFormRecord>(site.text());
  if (known == nullptr ||
      std::ranges::none_of(known->keys, [&](const FormKey& key) { return key.form_key == form_key && is_valid(key, now); }))
    return refused(Refusal::kUnknownFormKey, "no valid form key " + form_key.text());
  if (!known->enabled) return refused(Refusal::kFormClosed, "the form of " + site.text() + " is switched off");

  WebFormRecord form = *known;
  const LocalDay today = today_at(state, site, now);
  if (form.counted_on != today) {
    form.counted_on = today;
    form.counted = form.machines = 0;
  }
  if (form.counted >= form.daily_cap)
    return refused(Refusal::kFormClosed, "the form of " + site.text() + " was filled in often enough today");
  ++form.counted;
  return form;
}

}  // namespace

Decision on(const State& state, const messages::SetWebForm& command, Instant now) {
  WebFormRecord form = form_of(state, command.site);
  form.enabled = command.enabled;
  form.daily_cap = command.daily_cap;
  return change(command.site, std::move(form), command.site.text(), now);
}

Decision on(const State& state, const messages::IssueFormKey& command, Instant now) {
  const std::string& key = command.form_key.text();
  if (owner_key(key) != command.site.text() || key.size() <= command.site.text().size() + 1)
    return Decision::refuse(Refusal::kInvalidId, "a form key starts with its site and a dot");
  WebFormRecord form = form_of(state, command.site);
  std::erase_if(form.keys, [&](const FormKey& one) { return !is_valid(one, now); });
  if (std::ranges::find(form.keys, command.form_key, &FormKey::form_key) != form.keys.end())
    return Decision::refuse(Refusal::kAlreadyExists, "there is a form key " + key);
  if (form.keys.size() >= kKeysMax)
    return Decision::refuse(Refusal::kTooMany, "a site has " + std::to_string(kKeysMax) + " valid form keys at most");
  const Instant until = now + std::chrono::hours(command.overlap_hours);
  for (FormKey& old : form.keys) old.valid_until = std::min(old.valid_until.value_or(until), until);
  form.keys.push_back({.form_key = command.form_key, .valid_until = std::nullopt});
  return change(command.site, std::move(form), key, now);
}

Decision on(const State& state, const messages::DisableFormKey& command, Instant now) {
  const SiteId site{std::string(owner_key(command.form_key.text()))};
  WebFormRecord form = form_of(state, site);
  const auto is_it = [&](const FormKey& key) { return key.form_key == command.form_key && is_valid(key, now); };
  if (std::erase_if(form.keys, is_it) == 0)
    return Decision::refuse(Refusal::kUnknownFormKey, "no valid form key " + command.form_key.text());
  return change(site, std::move(form), command.form_key.text(), now);
}

Decision on(const State& state, const messages::SubmitWebForm& command, Instant now) {
  const SiteId site{std::string(owner_key(command.form_key.text()))};
  const std::string& enquiry = command.enquiry.text();
  if (command.person.empty() || command.person.text().find('.') != std::string::npos || owner_key(enquiry) != command.person.text() ||
      enquiry.size() <= command.person.text().size() + 1)
    return Decision::refuse(Refusal::kInvalidId, "an enquiry's id starts with its person and a dot");
  auto counted = count(state, site, command.form_key, now);
  if (!counted) return Decision::refuse(counted.error().code, std::move(counted.error().detail));
  WebFormRecord& form = *counted;
  Decision decision;
  if (command.honeypot.reveal().empty()) {
    decision.emit(messages::WebFormAccepted{.person = command.person,
                                            .enquiry = command.enquiry,
                                            .site = site,
                                            .campaign = command.campaign,
                                            .given_name = command.given_name,
                                            .family_name = command.family_name,
                                            .phone = command.phone,
                                            .email = command.email,
                                            .text = command.text,
                                            .channel = command.channel,
                                            .contact_consent = command.contact_consent,
                                            .marketing_consent = command.marketing_consent});
  } else {
    ++form.machines;
  }
  decision.put(site.text(), std::move(form)).reply(messages::Done{});
  return decision;
}

Decision on(const State& state, const messages::AskForBookingLink& command, Instant now) {
  const SiteId site{std::string(owner_key(command.form_key.text()))};
  if (command.person.text().find('.') != std::string::npos) return Decision::refuse(Refusal::kInvalidId, "a person's id has no dot");
  auto counted = count(state, site, command.form_key, now);
  if (!counted) return Decision::refuse(counted.error().code, std::move(counted.error().detail));
  Decision decision;
  if (!command.honeypot.reveal().empty()) {
    ++counted->machines;
  } else if (!command.person.empty()) {
    decision.emit(messages::BookingLinkAsked{.person = command.person, .site = site, .contact = command.contact});
  }
  decision.put(site.text(), std::move(*counted)).reply(messages::Done{});
  return decision;
}

}  // namespace bridgework::lead_intake
