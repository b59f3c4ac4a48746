#include <gtest/gtest.h>

#include <set>
#include <string>

#include "tests/unit/analytics/events.hpp"

namespace bridgework::analytics::testing {
namespace {

using messages::AnalyticsRefusal;

TEST(KpiDefinitions, EachHasItsOwnIdASentenceAndNoDimensionTwice) {
  std::set<std::string> ids;
  for (const Definition& definition : definitions()) {
    EXPECT_TRUE(ids.insert(definition.id()).second) << definition.id();
    EXPECT_GE(definition.version, 1u) << definition.id();
    EXPECT_FALSE(definition.title.empty()) << definition.id();
    EXPECT_FALSE(definition.unit.empty()) << definition.id();
    EXPECT_EQ(definition.sentence.back(), '.') << definition.id();
    EXPECT_LE(definition.sentence.size(), 1024u) << definition.id();
    EXPECT_FALSE(definition.numerator.empty()) << definition.id();
    const std::set<std::string_view> dimensions(definition.dimensions.begin(), definition.dimensions.end());
    EXPECT_EQ(dimensions.size(), definition.dimensions.size()) << definition.id();
  }
  for (const char* id :
       {"no_show_rate@1", "enquiries@1", "lead_conversion_booked@1", "lead_conversion_kept@1", "cost_per_kept_new_patient@1",
        "late_cancel_rate@1", "waiting_over_limit_rate@1", "reappointment_rate@1", "case_acceptance_patients@1", "case_acceptance_money@1",
        "unfinished_treatment_money@1", "nps@1", "promise_kept@1", "survey_response_rate@1", "active_patients@1"}) {
    EXPECT_TRUE(ids.contains(id)) << id;
  }
}

TEST(KpiDefinitions, AreFoundByNameAndByVersion) {
  ASSERT_NE(find_definition("no_show_rate"), nullptr);
  EXPECT_EQ(find_definition("no_show_rate"), find_definition("no_show_rate@1"));
  EXPECT_EQ(find_definition("no_show_rate@2"), nullptr);
  EXPECT_EQ(find_definition("no_show_rate@"), nullptr);
  EXPECT_EQ(find_definition(""), nullptr);
}

TEST(KpiQuery, ForAnUnknownFigureIsRefused) {
  const auto answer = Analytics().ask(kpi("no_show_rate@9"));
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, AnalyticsRefusal::kUnknownKpi);
}

TEST(KpiQuery, ByAnUnknownDimensionIsRefused) {
  const Analytics h;
  for (const char* by : {"tooth", "campaign"}) {
    const auto answer = h.ask(kpi("no_show_rate", by));
    ASSERT_FALSE(answer.has_value()) << by;
    EXPECT_EQ(answer.error().code, AnalyticsRefusal::kUnknownDimension);
    EXPECT_EQ(answer.error().detail, "no_show_rate@1 goes by site, day, month, purpose");
  }
}

TEST(KpiQuery, OfOneSiteIsRefusedWhereSitesCannotBeToldApart) {
  auto query = kpi("cost_per_kept_new_patient");
  query.site = kMain;
  const auto answer = Analytics().ask(query);
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, AnalyticsRefusal::kUnknownDimension);
}

TEST(KpiQuery, WithNothingToDivideByHasNoValue) {
  const Analytics h;
  for (const Definition& definition : definitions()) {
    const auto view = ask(h, definition.id());
    EXPECT_EQ(view.id, definition.id());
    EXPECT_EQ(view.numerator, 0) << view.id;
    EXPECT_EQ(view.value, 0) << view.id;
    EXPECT_EQ(view.has_value, definition.denominator.empty()) << view.id << ": only a plain number of nothing is a number, 0";
    EXPECT_TRUE(view.rows.empty());
  }
}

TEST(KpiCatalogue, ListsEveryDefinitionWithItsDimensions) {
  const auto list = Analytics().get<messages::KpiCatalogue>(messages::ListKpis{});
  ASSERT_EQ(list.kpis.size(), definitions().size());
  EXPECT_EQ(list.kpis[0].id, "no_show_rate@1");
  EXPECT_EQ(list.kpis[0].dimensions, (std::vector<std::string>{"site", "day", "month", "purpose"}));
  EXPECT_EQ(list.kpis[0].definition, definitions()[0].sentence);
}

TEST(CareHorizon, IsEighteenMonthsToTheDayOrToTheEndOfAShorterMonth) {
  EXPECT_EQ(care_since(day(2026, 11, 22)), day(2025, 5, 22));
  EXPECT_EQ(care_since(day(2026, 8, 31)), day(2025, 2, 28));
  EXPECT_EQ(care_since(day(2025, 8, 31)), day(2024, 2, 29));
}

}  // namespace
}  // namespace bridgework::analytics::testing
