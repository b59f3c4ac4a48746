#include "outreach/state.hpp"

#include <algorithm>

#include "runtime/zone.hpp"

namespace bridgework::outreach {
namespace {

std::string first_contact(const PersonRecord& person, ContactKind kind) {
  const auto usable = [&](const messages::ContactPoint& point) { return point.kind == kind && !point.value.reveal().empty(); };
  const auto found = std::ranges::find_if(person.contact_points, usable);
  return found == person.contact_points.end() ? std::string() : found->value.reveal();
}

}  // namespace

Reach reach_of(const PersonRecord& person) {
  const std::string phone = first_contact(person, ContactKind::kPhone);
  const std::string email = first_contact(person, ContactKind::kEmail);
  const bool sms = !phone.empty() && (person.preferred_channel == Channel::kSms || email.empty());
  return sms ? Reach{Channel::kSms, phone} : Reach{Channel::kEmail, email};
}

Reach reach_of(const PersonRecord& person, std::string_view programme) {
  const std::string phone = programme == kMissedCall ? first_contact(person, ContactKind::kPhone) : std::string();
  return phone.empty() ? reach_of(person) : Reach{Channel::kSms, phone};
}

Reach reach_of(const PersonRecord& person, const MessageRecord& message) {
  return message.programme == kBookingLink ? reach_at(person, message.contact.reveal()) : reach_of(person, message.programme);
}

Reach reach_at(const PersonRecord& person, std::string_view contact) {
  const auto is_it = [&](const messages::ContactPoint& point) { return !contact.empty() && point.value.reveal() == contact; };
  const auto found = std::ranges::find_if(person.contact_points, is_it);
  if (found == person.contact_points.end()) return {};
  return {found->kind == ContactKind::kPhone ? Channel::kSms : Channel::kEmail, found->value.reveal()};
}

std::vector<std::string> zones_of(const PersonRecord& person, const SiteRecord* home_site, const SiteRecord* site, const Config& config) {
  if (runtime::zone_exists(person.zone)) return {person.zone};
  if (home_site != nullptr && runtime::zone_exists(home_site->zone)) return {home_site->zone};
  if (site != nullptr && runtime::zone_exists(site->zone)) return {site->zone};
  std::vector<std::string> zones;
  std::string_view rest = config.uncertain_zones;
  while (!rest.empty()) {
    const std::string_view zone = rest.substr(0, rest.find(','));
    if (runtime::zone_exists(zone)) zones.emplace_back(zone);
    rest.remove_prefix(std::min(rest.size(), zone.size() + 1));
  }
  return zones;
}

}  // namespace bridgework::outreach
