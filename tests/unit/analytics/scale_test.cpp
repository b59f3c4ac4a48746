#include <gtest/gtest.h>

#include "tests/unit/analytics/events.hpp"

namespace bridgework::analytics::testing {
namespace {

/// A history of the shape of the largest public one, 81 sites over 27 days, with a tenth of its visits. What a question reads is
/// site-days, not visits, and a test can count those.
TEST(Scale, AQuestionOverImportedVisitsReadsOnlySiteDays) {
  constexpr int kVisits = 11'052;
  constexpr int kMissed = 2'231;
  constexpr int kSites = 81;
  constexpr int kDays = 27;
  Analytics h(utc(2026, 1, 1));
  for (int n = 0; n < kVisits; ++n) {
    // Missed ones spread evenly: exactly kMissed of kVisits.
    const bool missed = static_cast<std::int64_t>(n + 1) * kMissed / kVisits != static_cast<std::int64_t>(n) * kMissed / kVisits;
    const LocalTime start = LocalTime(day(2016, 4, 29) + std::chrono::days(n / kSites % kDays)) + std::chrono::hours(9);
    h.handle(imported(SiteId("s-" + std::to_string(n % kSites)), n / 2, start,
                      missed ? messages::ImportedOutcome::kNoShow : messages::ImportedOutcome::kCompleted));
  }
  EXPECT_EQ(h.index("days/visits").size(), static_cast<std::size_t>(kSites * kDays));
  const auto* one_day = h.record<DayRecord>(day_id(SiteId("s-0"), FactTable::kVisits, day(2016, 4, 29)));
  ASSERT_NE(one_day, nullptr);
  EXPECT_EQ(one_day->cells.size(), 2u) << "completed and missed, however many";
  EXPECT_TRUE(one_day->open_visits.empty());
  EXPECT_EQ(fraction(ask(h, "no_show_rate")), "2231/11052");
  for (const char* by : {"site", "day", "month", "purpose"}) {
    std::int64_t numerator = 0;
    std::int64_t denominator = 0;
    const auto view = ask(h, "no_show_rate", by);
    for (const auto& row : view.rows) {
      numerator += row.numerator;
      denominator += row.denominator;
    }
    EXPECT_EQ(numerator, kMissed) << by;
    EXPECT_EQ(denominator, kVisits) << by;
  }
  EXPECT_EQ(ask(h, "no_show_rate", "site").rows.size(), static_cast<std::size_t>(kSites));
  EXPECT_EQ(ask(h, "no_show_rate", "day").rows.size(), static_cast<std::size_t>(kDays));
}

}  // namespace
}  // namespace bridgework::analytics::testing
