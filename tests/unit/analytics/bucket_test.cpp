#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/analytics/events.hpp"

namespace bridgework::analytics::testing {
namespace {

using messages::Cover;
using messages::LeadState;
using enum messages::GapKind;

messages::BucketHole hole(const messages::BucketView& bucket, messages::GapKind kind) {
  const auto found = std::ranges::find(bucket.holes, std::string(to_string(kind)), &messages::BucketHole::hole);
  return found == bucket.holes.end() ? messages::BucketHole{} : *found;
}
messages::BucketView bucket_of(const Analytics& h, const SiteId& site = {}, std::optional<LocalDay> from = {},
                               std::optional<LocalDay> to = {}) {
  return h.get<messages::BucketView>(messages::GetBucket{.site = site, .from = from, .to = to});
}

TEST(Bucket, SaysWhatCameInWhatIsInAndWhatLeaks) {
  Analytics h(utc(2026, 3, 1, 9));
  for (int number = 1; number <= 3; ++number) h.handle(enquiry<messages::EnquiryReceived>(number));
  h.handle(advanced(1, LeadState::kBooked));
  h.handle(advanced(2, LeadState::kKept));
  h.handle(visit<messages::AppointmentCompleted>(kMain, 2, local(2026, 3, 1, 9)));
  h.handle(visit<messages::AppointmentCompleted>(kMain, 2, local(2026, 3, 8, 9)));
  h.handle(gap_opened(kMain, 2, 1, kUnfinished, 500'00));
  h.handle(gap_opened(kMain, 2, 2, kUnfinished, 100'00));
  h.handle(gap_opened(kMain, 2, 3, kHygieneOverdue, 0));
  h.handle(gap_opened(kMain, 4, 1, kUnfinished, 40'00));
  const auto bucket = bucket_of(h);
  EXPECT_EQ(bucket.enquiries, 3u);
  EXPECT_EQ(bucket.booked, 2u);
  EXPECT_EQ(bucket.kept, 1u);
  EXPECT_EQ(bucket.visits_completed, 2u);
  EXPECT_EQ(bucket.people_in_care, 0u) << "the visit of the eighth is yet to come";
  h.advance_to(utc(2026, 3, 8, 12));
  EXPECT_EQ(bucket_of(h).people_in_care, 1u);
  EXPECT_EQ(bucket.people_leaking, 2u);
  EXPECT_EQ(bucket.holes.size(), messages::kAllGapKind.size());
  EXPECT_EQ(hole(bucket, kUnfinished).people, 2u);
  EXPECT_EQ(hole(bucket, kUnfinished).money_minor, 640'00);
  EXPECT_EQ(hole(bucket, kUnfinished).opened_in_period, 3u);
  EXPECT_EQ(hole(bucket, kHygieneOverdue).people, 1u);
  EXPECT_EQ(hole(bucket, kRecallDue).people, 0u);
}

TEST(Bucket, HoleKeepsAPersonUntilTheLastGapOfItsKindIsClosed) {
  Analytics h(utc(2026, 3, 1, 9));
  h.handle(gap_opened(kMain, 2, 1, kUnfinished, 500'00));
  h.handle(gap_opened(kMain, 2, 2, kUnfinished, 100'00));
  h.handle(gap_changed(kMain, 2, 1, kUnfinished, Cover::kCovered));
  h.handle(gap_changed(kMain, 2, 1, kUnfinished, Cover::kClosed));
  EXPECT_EQ(hole(bucket_of(h), kUnfinished).people, 1u);
  EXPECT_EQ(hole(bucket_of(h), kUnfinished).money_minor, 100'00);
  h.handle(gap_changed(kMain, 2, 2, kUnfinished, Cover::kClosed));
  EXPECT_EQ(hole(bucket_of(h), kUnfinished).people, 0u);
  EXPECT_EQ(hole(bucket_of(h), kUnfinished).money_minor, 0);
  EXPECT_EQ(hole(bucket_of(h), kUnfinished).closed_in_period, 2u);
  EXPECT_EQ(bucket_of(h).people_leaking, 0u);
}

TEST(Bucket, HoleShowsThePresentAndThePeriodsTrend) {
  Analytics h(utc(2026, 3, 1, 9));
  h.handle(gap_opened(kMain, 1, 1, kUndecided, 10'00));
  h.advance_to(utc(2026, 4, 1, 9));
  h.handle(gap_opened(kMain, 2, 1, kUndecided, 20'00));
  h.advance_to(utc(2026, 5, 1, 9));
  h.handle(gap_changed(kMain, 1, 1, kUndecided, Cover::kClosed));
  const auto april = hole(bucket_of(h, {}, day(2026, 4, 1), day(2026, 4, 30)), kUndecided);
  EXPECT_EQ(april.opened_in_period, 1u);
  EXPECT_EQ(april.closed_in_period, 0u);
  EXPECT_EQ(april.people, 1u);
  EXPECT_EQ(april.money_minor, 20'00);
}

TEST(Bucket, OfAllSitesCountsAPersonOnce) {
  Analytics h(utc(2026, 3, 1, 9));
  h.handle(gap_opened(kMain, 1, 1, kUndecided, 10'00));
  h.handle(gap_opened(kEast, 1, 2, kUndecided, 20'00));
  EXPECT_EQ(hole(bucket_of(h), kUndecided).people, 1u);
  EXPECT_EQ(hole(bucket_of(h), kUndecided).money_minor, 30'00);
  EXPECT_EQ(bucket_of(h).people_leaking, 1u);
  EXPECT_EQ(hole(bucket_of(h, kEast), kUndecided).money_minor, 20'00);
}

}  // namespace
}  // namespace bridgework::analytics::testing
