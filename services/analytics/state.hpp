#pragma once
// analytics' words, and where facts are kept.

#include <string>
#include <string_view>
#include <variant>

#include "analytics/config.hpp"
#include "analytics/state.values.hpp"
#include "messages/analytics.values.hpp"
#include "messages/followup.values.hpp"
#include "messages/lead_intake.values.hpp"
#include "runtime/decision.hpp"
#include "runtime/model.hpp"
#include "runtime/read_view.hpp"

namespace bridgework::analytics {

struct Vocabulary {
  using Record = analytics::Record;
  using Timer = std::variant<std::monostate>;
  using Effect = std::variant<std::monostate>;
  using Event = std::variant<std::monostate>;
  using Reply = std::variant<messages::KpiView, messages::KpiCatalogue, messages::BucketView>;
  using Refusal = messages::AnalyticsRefusal;
  using Config = analytics::Config;
};
using State = runtime::State<Vocabulary>;
using Decision = runtime::Decision<Vocabulary>;
using View = runtime::ReadView<Record>;

/// Sites with any fact.
inline constexpr std::string_view kSitesIndex = "sites";
/// Campaigns of the group.
inline constexpr std::string_view kCampaignsIndex = "campaigns";

int number_of(LocalDay day);
LocalDay day_of(LocalTime local);

std::string day_id(const SiteId& site, FactTable table, LocalDay day);
std::string fact_id(const SiteId& site, std::string_view entity);

/// The day records of a fact table, scored by day: of all sites, and of one.
std::string days_index(FactTable table);
std::string days_index(FactTable table, const SiteId& site);

/// Persons of a site, scored by the last day on which they completed a visit there.
std::string patients_index(const SiteId& site);
/// Persons of a site with unfinished care of that kind.
std::string leaking_index(const SiteId& site, messages::GapKind kind);

}  // namespace bridgework::analytics
