#include "analytics/answer.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "analytics/kpi.hpp"

namespace bridgework::analytics {
namespace {

using Refusal = messages::AnalyticsRefusal;

constexpr double kAny = std::numeric_limits<double>::infinity();
/// More than any index holds, and a limit all the same.
constexpr std::size_t kIndexMax = 10'000'000;
/// What a reply may hold; see the schema.
constexpr std::size_t kRowsMax = 4096;
constexpr std::size_t kDaysAtOnce = 20'000;

Answer refuse(Refusal code, std::string detail) { return tl::unexpected(runtime::Refused<Refusal>{code, std::move(detail)}); }

/// Days from the first to the last, inclusive; an open end is any day.
struct Period {
  std::optional<LocalDay> from;
  std::optional<LocalDay> to;
};

LocalDay today(Instant now) { return LocalDay{std::chrono::floor<std::chrono::days>(now).time_since_epoch()}; }

std::vector<std::string> members_of(const View& view, std::string_view index, double from = -kAny, double to = kAny) {
  std::vector<std::string> members;
  for (auto& entry : view.index(index, from, to, kIndexMax)) members.push_back(std::move(entry.member));
  return members;
}

std::vector<SiteId> sites_asked(const View& view, const SiteId& site) {
  if (!site.empty()) return {site};
  std::vector<SiteId> sites;
  for (auto& member : members_of(view, kSitesIndex)) sites.emplace_back(std::move(member));
  return sites;
}

void add_facts(std::vector<Fact>& facts, const DayRecord& day, Instant now) {
  for (const Cell& cell : day.cells) {
    facts.push_back(
        {.measure = cell.measure, .site = day.site.text(), .day = day.day, .part = cell.part, .person = {}, .amount = cell.amount});
  }
  for (const OpenVisit& visit : day.open_visits) {
    if (visit.start > now) continue;
    facts.push_back({.measure = Measure::kAwaitingOutcome,
                     .site = day.site.text(),
                     .day = day.day,
                     .part = std::string(to_string(visit.purpose)),
                     .person = {},
                     .amount = 1});
  }
  for (const PersonCount& person : day.persons) {
    const auto add = [&](Measure measure) {
      facts.push_back(
          {.measure = measure, .site = day.site.text(), .day = day.day, .part = {}, .person = person.person.text(), .amount = 1});
    };
    if (person.presented > 0) add(Measure::kPresentedPerson);
    if (person.accepted > 0) add(Measure::kAcceptedPerson);
  }
}

/// The counted facts of a table: the ids from one index, the records in a few round trips.
std::vector<Fact> facts_of(const View& view, FactTable table, const SiteId& site, const Period& period, Instant now) {
  const auto ids = members_of(view, site.empty() ? days_index(table) : days_index(table, site),
                              period.from ? number_of(*period.from) : -kAny, period.to ? number_of(*period.to) : kAny);
  std::vector<Fact> facts;
  for (std::size_t begin = 0; begin < ids.size(); begin += kDaysAtOnce) {
    const std::span<const std::string> some = std::span(ids).subspan(begin, std::min(kDaysAtOnce, ids.size() - begin));
    for (const auto& day : view.find_all<DayRecord>(some)) {
      if (day) add_facts(facts, *day, now);
    }
  }
  return facts;
}

void add_campaign_costs(const View& view, std::vector<Fact>& facts, const Period& period) {
  const auto ids =
      members_of(view, kCampaignsIndex, period.from ? number_of(*period.from) : -kAny, period.to ? number_of(*period.to) : kAny);
  const auto campaigns = view.find_all<CampaignRecord>(ids);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (!campaigns[i]) continue;
    facts.push_back({.measure = Measure::kCampaignCost,
                     .site = {},
                     .day = campaigns[i]->started_on,
                     .part = ids[i],
                     .person = {},
                     .amount = campaigns[i]->cost_minor});
  }
}

/// Who completed a visit in the care horizon that ends with `last`. Up to today the index knows; for a day of the past each patient's
/// own days are read, since a later visit must neither hide nor make an earlier one.
std::vector<Fact> patient_facts(const View& view, const SiteId& site, LocalDay last, Instant now) {
  std::vector<Fact> facts;
  const auto add = [&](std::string_view at, std::string_view person) {
    facts.push_back(
        {.measure = Measure::kActivePatient, .site = std::string(at), .day = last, .part = {}, .person = std::string(person), .amount = 1});
  };
  const int since = number_of(care_since(last)) + 1;
  if (last >= today(now)) {
    for (const SiteId& each : sites_asked(view, site)) {
      for (const auto& person : members_of(view, patients_index(each), since, number_of(last))) add(each.text(), person);
    }
    return facts;
  }
  view.for_each<PatientRecord>([&](std::string_view id, const PatientRecord& patient) {
    const std::string_view at = owner_key(id);
    if (!site.empty() && at != site.text()) return;
    const auto& days = patient.completed_on;
    const auto first = std::ranges::lower_bound(days, since);
    if (first != days.end() && *first <= number_of(last)) add(at, id.substr(at.size() + 1));
  });
  return facts;
}

std::vector<Fact> facts_for(const View& view, const Definition& definition, const SiteId& site, const Period& asked, Instant now) {
  Period period = asked;
  switch (definition.window) {
    case Window::kPeriod: break;
    case Window::kUntil: period.from.reset(); break;
    case Window::kCareHorizon: return patient_facts(view, site, asked.to.value_or(today(now)), now);
  }
  auto facts = facts_of(view, definition.table, site, period, now);
  if (uses(definition, Measure::kCampaignCost)) add_campaign_costs(view, facts, period);
  return facts;
}

std::vector<std::string> dimensions_of(const Definition& definition) {
  return {definition.dimensions.begin(), definition.dimensions.end()};
}

std::string listed(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

Answer on(const View& view, const messages::GetKpi& query, const Config&, Instant now) {
  const Definition* definition = find_definition(query.kpi);
  if (definition == nullptr) return refuse(Refusal::kUnknownKpi, "no figure is called " + query.kpi);
  if (!query.by.empty() && !allows(*definition, query.by)) {
    return refuse(Refusal::kUnknownDimension, definition->id() + " goes by " + listed(dimensions_of(*definition)));
  }
  if (!query.site.empty() && !definition->by_site) {
    return refuse(Refusal::kUnknownDimension, definition->id() + " is not known for one site");
  }
  const auto facts = facts_for(view, *definition, query.site, {query.from, query.to}, now);
  const Figure figure = evaluate(*definition, facts, query.by);

  messages::KpiView reply{.id = definition->id(),
                          .numerator = figure.total.numerator,
                          .denominator = figure.total.denominator,
                          .value = figure.total.value(),
                          .has_value = figure.total.has_value(),
                          .title = std::string(definition->title),
                          .definition = std::string(definition->sentence),
                          .unit = std::string(definition->unit),
                          .rows = {}};
  for (const auto& [key, ratio] : figure.rows) {
    if (reply.rows.size() == kRowsMax) break;
    reply.rows.push_back({.key = key,
                          .numerator = ratio.numerator,
                          .denominator = ratio.denominator,
                          .value = ratio.value(),
                          .has_value = ratio.has_value()});
  }
  return reply;
}

Answer on(const View&, const messages::ListKpis&, const Config&, Instant) {
  messages::KpiCatalogue catalogue;
  for (const Definition& definition : definitions()) {
    catalogue.kpis.push_back({.id = definition.id(),
                              .title = std::string(definition.title),
                              .definition = std::string(definition.sentence),
                              .dimensions = dimensions_of(definition)});
  }
  return catalogue;
}

bool within(const Period& period, LocalDay day) { return (!period.from || *period.from <= day) && (!period.to || day <= *period.to); }

std::int64_t total(const std::vector<Fact>& facts, Measure measure) {
  std::int64_t sum = 0;
  for (const Fact& fact : facts)
    if (fact.measure == measure) sum += fact.amount;
  return sum;
}

/// A hole as it is now, with its people and their money, and what went in and out of it in the period.
messages::BucketHole hole_of(messages::GapKind kind, const std::vector<Fact>& gaps, const Period& period, std::size_t people) {
  messages::BucketHole hole{
      .hole = std::string(to_string(kind)), .people = people, .money_minor = 0, .opened_in_period = 0, .closed_in_period = 0};
  for (const Fact& fact : gaps) {
    if (fact.part != hole.hole) continue;
    if (fact.measure == Measure::kGapOpenedMoney) hole.money_minor += fact.amount;
    if (fact.measure == Measure::kGapClosedMoney) hole.money_minor -= fact.amount;
    if (!within(period, fact.day)) continue;
    if (fact.measure == Measure::kGapOpened) hole.opened_in_period += static_cast<std::uint64_t>(fact.amount);
    if (fact.measure == Measure::kGapClosed) hole.closed_in_period += static_cast<std::uint64_t>(fact.amount);
  }
  return hole;
}

Answer on(const View& view, const messages::GetBucket& query, const Config&, Instant now) {
  const Period period{query.from, query.to};
  const auto enquiries = facts_of(view, FactTable::kEnquiries, query.site, period, now);
  const auto visits = facts_of(view, FactTable::kVisits, query.site, period, now);
  const auto gaps = facts_of(view, FactTable::kGaps, query.site, {}, now);
  const auto sites = sites_asked(view, query.site);

  messages::BucketView bucket{.site = query.site,
                              .from = query.from,
                              .to = query.to,
                              .enquiries = static_cast<std::uint64_t>(total(enquiries, Measure::kReceived)),
                              .booked = static_cast<std::uint64_t>(total(enquiries, Measure::kBooked)),
                              .kept = static_cast<std::uint64_t>(total(enquiries, Measure::kKept)),
                              .visits_completed = static_cast<std::uint64_t>(total(visits, Measure::kCompleted)),
                              .people_in_care = 0,
                              .people_leaking = 0,
                              .holes = {}};
  std::set<std::string> in_care;
  for (Fact& fact : patient_facts(view, query.site, query.to.value_or(today(now)), now)) in_care.insert(std::move(fact.person));
  bucket.people_in_care = in_care.size();

  std::set<std::string> leaking;
  for (const messages::GapKind kind : messages::kAllGapKind) {
    std::set<std::string> people;
    for (const SiteId& site : sites) {
      for (auto& person : members_of(view, leaking_index(site, kind))) people.insert(std::move(person));
    }
    bucket.holes.push_back(hole_of(kind, gaps, period, people.size()));
    leaking.merge(people);
  }
  bucket.people_leaking = leaking.size();
  return bucket;
}

}  // namespace

Answer answer(const View& view, const messages::AnalyticsQuery& query, const Config& config, Instant now) {
  return std::visit([&](const auto& q) { return on(view, q, config, now); }, query);
}

}  // namespace bridgework::analytics
