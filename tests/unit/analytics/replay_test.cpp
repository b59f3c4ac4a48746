#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "tests/unit/analytics/events.hpp"

namespace bridgework::analytics::testing {
namespace {

using messages::Cover;
using messages::ItemState;
using messages::LeadState;

struct Recorded {
  Instant at;
  Message message;
};

/// Several entities, each with a history of its own in order.
std::vector<std::vector<Recorded>> histories() {
  std::vector<std::vector<Recorded>> all;
  for (int n = 1; n <= 12; ++n) {
    const SiteId& site = n % 3 == 0 ? kEast : kMain;
    const LocalTime start = local(2026, 3, static_cast<unsigned>(1 + n % 4), 9);
    const Instant at = utc(2026, 2, 1) + std::chrono::days(n % 2);
    std::vector<Recorded> visits{{at, visit<messages::AppointmentBooked>(site, n, start)},
                                 {at, visit<messages::AppointmentConfirmed>(site, n, start)}};
    if (n % 4 == 0) {
      visits.push_back({at, visit<messages::AppointmentNoShow>(site, n, start)});
    } else if (n % 4 == 1) {
      visits.push_back({at, visit<messages::AppointmentMoved>(site, n, start)});
    } else if (n % 4 == 2) {
      visits.push_back({at, visit<messages::AppointmentCompleted>(site, n, start)});
      visits.push_back({at, visit<messages::AppointmentCheckedOut>(site, n, start)});
    }
    all.push_back(std::move(visits));
    all.push_back({{at, enquiry<messages::EnquiryReceived>(n)},
                   {at, contacted(n, static_cast<std::uint32_t>(n) * 100, static_cast<std::uint32_t>(n) * 50)},
                   {at, advanced(n, LeadState::kBooked)},
                   {at, advanced(n, n % 2 == 0 ? LeadState::kKept : LeadState::kLost)}});
    all.push_back({{at, item(n, 1, ItemState::kPresented, n * 100)},
                   {at, item(n, 1, n % 2 == 0 ? ItemState::kAccepted : ItemState::kDeclined, n * 100)}});
    all.push_back({{at, gap_opened(site, n, 1, messages::GapKind::kUnfinished, n * 10)},
                   {at, gap_changed(site, n, 1, messages::GapKind::kUnfinished, n % 2 == 0 ? Cover::kClosed : Cover::kCovered)}});
    all.push_back({{at, opening_found(site, n, start)},
                   {at, opening_ended(site, n, n % 2 == 0 ? messages::OpeningEnd::kWon : messages::OpeningEnd::kPassed)}});
    all.push_back({{at, asked(n)}, {at, answered(n, static_cast<std::uint8_t>(n % 11), n % 2 == 0 ? "yes" : "no")}});
  }
  return all;
}

/// The histories one after the other, or woven into each other by a seed; each in its own order.
std::vector<Recorded> woven(std::optional<unsigned> seed) {
  const auto all = histories();
  std::vector<std::size_t> turns;
  for (std::size_t i = 0; i < all.size(); ++i) turns.insert(turns.end(), all[i].size(), i);
  if (seed) std::shuffle(turns.begin(), turns.end(), std::mt19937(*seed));
  std::vector<std::size_t> next(all.size(), 0);
  std::vector<Recorded> log;
  for (const std::size_t i : turns) log.push_back(all[i][next[i]++]);
  return log;
}

Analytics replayed(const std::vector<Recorded>& log, const SiteId& only = {}) {
  Analytics h(utc(2026, 1, 1));
  // An event is decided at the time it was recorded, wherever it is met.
  std::map<Instant, std::vector<const Message*>> by_time;
  for (const Recorded& recorded : log) by_time[recorded.at].push_back(&recorded.message);
  for (const auto& [at, messages] : by_time) {
    h.advance_to(at);
    for (const Message* message : messages) {
      std::visit(
          [&](const auto& m) {
            if constexpr (requires { m.site; }) {
              if (only.empty() || m.site == only) h.handle(m);
            }
          },
          *message);
    }
  }
  h.advance_to(utc(2026, 6, 1));
  return h;
}

TEST(Replay, OfTheSameFactsInAnyOrderThatKeepsEachEntitysGivesTheSameRecords) {
  const Analytics first = replayed(woven(std::nullopt));
  ASSERT_GT(first.records().size(), 60u);
  for (unsigned seed = 1; seed <= 20; ++seed) {
    const Analytics again = replayed(woven(seed));
    EXPECT_EQ(again.records(), first.records()) << "seed " << seed;
  }
}

TEST(Replay, GivesTheSameFiguresAndEveryDimensionAddsUpToTheTotal) {
  const Analytics first = replayed(woven(1));
  const Analytics second = replayed(woven(2));
  int with_a_value = 0;
  for (const Definition& definition : definitions()) {
    const auto total = ask(first, definition.id());
    EXPECT_EQ(total, ask(second, definition.id())) << definition.id();
    with_a_value += total.numerator != 0 ? 1 : 0;
    for (const std::string_view dimension : definition.dimensions) {
      const auto view = ask(first, definition.id(), std::string(dimension));
      EXPECT_EQ(fraction(view), fraction(total)) << definition.id();
      if (definition.reading == Reading::kDistinctPersons) continue;
      std::int64_t numerator = 0;
      std::int64_t denominator = 0;
      for (const auto& row : view.rows) {
        numerator += row.numerator;
        denominator += row.denominator;
      }
      EXPECT_EQ(numerator, total.numerator) << definition.id() << " by " << dimension;
      if (definition.denominator.empty()) continue;
      EXPECT_EQ(denominator, total.denominator) << definition.id() << " by " << dimension;
    }
  }
  EXPECT_GE(with_a_value, 12) << "the histories touch most figures";
}

}  // namespace
}  // namespace bridgework::analytics::testing
