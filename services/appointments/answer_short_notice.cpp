#include "appointments/answer_short_notice.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "appointments/answer.hpp"
#include "appointments/decide_short_notice.hpp"
#include "appointments/decide_waiting.hpp"
#include "appointments/token.hpp"
#include "runtime/zone.hpp"

namespace bridgework::appointments {
namespace {

constexpr std::size_t kOpeningsShown = 200;
constexpr std::size_t kUndoneShown = 1000;
constexpr std::uint16_t kAlternatives = 3;
constexpr std::uint16_t kAlternativeDays = 60;

Answered no(Refusal code, std::string detail) { return tl::unexpected(runtime::Refused<Refusal>{code, std::move(detail)}); }
Answered no_such_site(const SiteId& site) { return no(Refusal::kUnknownSite, "no site " + site.text()); }

/// Loads a record of whatever type the key names.
template <class... R>
void load(std::variant<R...>*, const View& view, const std::string& key, runtime::Records<Record>& records) {
  const auto one = [&]<class One>(One*) {
    const std::string prefix = runtime::record_key<One>("");
    if (!key.starts_with(prefix)) return false;
    auto found = view.find<One>(key.substr(prefix.size()));
    records.set(key, found ? std::optional<Record>(std::move(*found)) : std::nullopt);
    return true;
  };
  (one(static_cast<R*>(nullptr)) || ...);
}

/// Asks a rule about committed state: what it finds missing is read, until nothing is.
template <class Rule>
auto ask_rule(const View& view, const Config& config, const Rule& rule) {
  runtime::Records<Record> records;
  while (true) {
    const State state(records, config);
    auto result = rule(state);
    if (state.missing().empty()) return result;
    for (const std::string& key : state.missing()) load(static_cast<Record*>(nullptr), view, key, records);
  }
}

}  // namespace

Answered on(const View& view, const messages::ListShortNotice& query, const Config&, Instant) {
  if (!view.find<SiteRecord>(query.site.text())) return no_such_site(query.site);
  messages::ShortNoticeList shown;
  const auto list = view.find<ShortNoticeListRecord>(query.site.text());
  if (!list) return shown;
  std::vector<std::string> ids;
  for (const PersonId& person : list->persons) ids.push_back(list_entry_id(query.site, person));
  const auto entries = view.find_all<ShortNoticeRecord>(ids);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (!entries[i]) continue;
    shown.persons.push_back({.person = list->persons[i],
                             .wish = entries[i]->wish,
                             .muted = entries[i]->muted,
                             .joined_at = entries[i]->joined_at,
                             .asked_at = entries[i]->asked_at});
  }
  return shown;
}

Answered on(const View& view, const messages::WhoFits& query, const Config& config, Instant now) {
  const auto site = view.find<SiteRecord>(query.site.text());
  if (!site) return no_such_site(query.site);
  if (std::ranges::find(site->providers, query.provider, &ProviderCalendar::provider) == site->providers.end())
    return no(Refusal::kUnknownProvider, "no provider " + query.provider.text() + " at this site");
  return messages::FittingList{
      ask_rule(view, config, [&](const State& state) { return fitting(state, query.site, query.provider, query.local_start, now); })};
}

Answered on(const View& view, const messages::GetOffer& query, const Config& config, Instant now) {
  const std::string& token = query.token.reveal();
  const bool may = token.empty() || is_offer_token(query.offer, token, config.token_secret);
  const OpeningId opening_id = opening_of(query.offer);
  const auto opening = may && !opening_id.empty() ? view.find<OpeningRecord>(opening_id.text()) : std::nullopt;
  if (!opening) return no(Refusal::kUnknownOffer, "no such offer");
  const auto offer =
      std::ranges::find_if(opening->offers, [&](const OfferEntry& entry) { return offer_id(opening_id, entry.number) == query.offer; });
  const SiteId site_id{std::string(owner_key(query.offer.text()))};
  const auto site = view.find<SiteRecord>(site_id.text());
  if (offer == opening->offers.end() || !site) return no(Refusal::kUnknownOffer, "no such offer");

  const bool over_by_time = offer->state == messages::OfferState::kOpen && now >= opening->closes;
  messages::OfferView shown{.offer = query.offer,
                            .site = site_id,
                            .site_name = site->name,
                            .state = over_by_time ? messages::OfferState::kRevoked : offer->state,
                            .local_start = opening->local_start,
                            .duration_minutes = offer->duration_minutes,
                            .expires = opening->closes,
                            .alternatives = {}};
  if (shown.state == messages::OfferState::kRevoked) {
    const messages::FindSlots next{.site = site_id,
                                   .type = offer->visit_type,
                                   .from = runtime::local_day(now, site->zone),
                                   .days = kAlternativeDays,
                                   .limit = kAlternatives,
                                   .provider = {}};
    auto found = answer(view, Query(next), config, now);
    if (found) shown.alternatives = std::move(std::get<messages::SlotList>(*found).slots);
  }
  return shown;
}

Answered on(const View& view, const messages::ListOpenings& query, const Config&, Instant) {
  if (!view.find<SiteRecord>(query.site.text())) return no_such_site(query.site);
  messages::OpeningList shown;
  const std::string index = openings_index(query.site);
  const auto total = view.index_size(index);
  const double from = total > kOpeningsShown ? static_cast<double>(total - kOpeningsShown) + 1 : 0;
  std::vector<std::string> ids;
  for (auto& entry : view.index(index, from)) ids.push_back(std::move(entry.member));
  std::ranges::reverse(ids);
  if (ids.size() > kOpeningsShown) ids.resize(kOpeningsShown);
  const auto records = view.find_all<OpeningRecord>(ids);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (!records[i]) continue;
    messages::OpeningView line{.opening = OpeningId(ids[i]),
                               .provider = records[i]->provider,
                               .local_start = records[i]->local_start,
                               .end = records[i]->end,
                               .closes = records[i]->closes,
                               .offers = {}};
    for (const OfferEntry& offer : records[i]->offers)
      line.offers.push_back({offer_id(line.opening, offer.number), offer.person, offer.state, offer.offered_at});
    shown.openings.push_back(std::move(line));
  }
  return shown;
}

Answered on(const View& view, const messages::ListUndoneCheckOuts& query, const Config&, Instant) {
  if (!view.find<SiteRecord>(query.site.text())) return no_such_site(query.site);
  std::vector<std::string> ids;
  for (auto& entry : view.index(undone_index(query.site))) ids.push_back(std::move(entry.member));
  std::ranges::reverse(ids);
  if (ids.size() > kUndoneShown) ids.resize(kUndoneShown);
  messages::UndoneCheckOutList list;
  for (auto& record : view.find_all<UndoneCheckOutRecord>(ids))
    if (record) list.check_outs.push_back(std::move(record->undone));
  return list;
}

}  // namespace bridgework::appointments
