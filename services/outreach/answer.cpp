#include "outreach/answer.hpp"

#include <algorithm>
#include <array>
#include <tuple>

#include "outreach/answer_booker.hpp"
#include "outreach/answer_visit.hpp"
#include "outreach/decide.hpp"
#include "outreach/explain.hpp"
#include "runtime/zone.hpp"

namespace bridgework::outreach {
namespace {

using Answer = runtime::Answer<Vocabulary::Reply, Vocabulary::Refusal>;

Answer unknown_person() {
  return tl::unexpected(runtime::Refused<Vocabulary::Refusal>{messages::OutreachRefusal::kUnknownPerson, "no such person"});
}

/// The clock on which a manager reads the times: the recipient's, as far as it is known.
std::string zone_for_reading(const View& view, const PersonRecord& person, const SiteId& message_site, const Config& config) {
  const auto site_of = [&](const SiteId& site) {
    return site.empty() ? std::nullopt : view.find<SiteRecord>(site.text(), person.person.text());
  };
  const auto home = site_of(person.home_site);
  const auto site = site_of(message_site);
  const auto zones = zones_of(person, home ? &*home : nullptr, site ? &*site : nullptr, config);
  return zones.empty() ? "Etc/UTC" : zones.front();
}

Answer on(const View& view, const messages::GetMessages& query, const Config& config, Instant) {
  const auto person = view.find<PersonRecord>(query.person.text());
  if (!person) return unknown_person();

  std::vector<std::string> ids;
  for (auto& entry : view.index(messages_index(query.person))) ids.push_back(std::move(entry.member));
  messages::MessageList list{query.person, {}};
  std::optional<std::pair<SiteId, std::string>> read_on;
  for (const auto& found : view.find_all<MessageRecord>(ids)) {
    if (!found) continue;
    if (!read_on || read_on->first != found->site) {
      read_on = {found->site, zone_for_reading(view, *person, found->site, config)};
    }
    messages::MessageView message;
    message.message = found->message;
    message.programme = found->programme;
    message.step = found->step;
    message.subject = found->subject;
    message.purpose = found->purpose;
    message.channel = found->channel;
    message.state = found->state;
    message.reason = found->reason;
    message.due = found->due;
    message.changed_at = found->changed_at;
    message.words = explain(*found, read_on->second);
    list.messages.push_back(std::move(message));
  }
  return list;
}

Answer on(const View& view, const messages::GetConsents& query, const Config&, Instant) {
  const auto person = view.find<PersonRecord>(query.person.text());
  if (!person || !person->known) return unknown_person();

  messages::ConsentList list;
  list.person = query.person;
  for (const MessagePurpose purpose : messages::kAllMessagePurpose) {
    for (const Channel channel : {Channel::kEmail, Channel::kSms}) {
      const auto said = std::ranges::find_if(
          person->consents, [&](const Consent& consent) { return consent.purpose == purpose && consent.channel == channel; });
      messages::ConsentView view{.purpose = purpose, .channel = channel, .state = ConsentState::kUnknown};
      if (said != person->consents.end()) {
        view.state = said->state;
        view.by = said->by;
        view.wording = said->wording;
        view.source = said->source;
        // What was said before the moment was kept has none.
        if (said->changed_at != Instant{}) view.changed_at = said->changed_at;
      }
      list.consents.push_back(std::move(view));
    }
  }
  for (const auto& point : person->contact_points) {
    list.contacts.push_back({point, !point.value.reveal().empty() && view.index_has(kSuppressedIndex, point.value.reveal())});
  }
  return list;
}

Answer on(const View& view, const messages::GetReminders& query, const Config& config, Instant) {
  const auto site = view.find<SiteRecord>(query.site.text(), query.site.text());
  if (!site) return tl::unexpected(runtime::Refused<Vocabulary::Refusal>{messages::OutreachRefusal::kUnknownSite, "no such site"});
  const ReminderTimes times = reminder_times(&*site, config);
  messages::ReminderTimes answer{query.site, {}, times.of == ReminderTimes::Of::kGroup};
  for (const auto lead : times.leads) answer.minutes_before.push_back(static_cast<std::uint32_t>(lead.count()));
  return answer;
}

}  // namespace

Answer answer(const View& view, const messages::OutreachQuery& query, const Config& config, Instant now) {
  return std::visit([&](const auto& q) { return on(view, q, config, now); }, query);
}

}  // namespace bridgework::outreach
