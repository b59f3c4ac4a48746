#include <gtest/gtest.h>

#include <random>
#include <set>

#include "tests/unit/appointments/clinic.hpp"

namespace bridgework::appointments {
namespace {

struct Busy {
  std::string appointment;
  ChairId chair;
  ProviderId provider;
  Instant start;
  Instant until;
};

bool occupies(const VisitRecord& record, Instant now) {
  switch (record.state) {
    case VisitState::kHeld: return now < record.hold_ends.value();
    case VisitState::kBooked:
    case VisitState::kConfirmed:
    case VisitState::kArrived:
    case VisitState::kSeated:
    case VisitState::kCompleted:
    case VisitState::kCheckedOut: return true;
    case VisitState::kCancelled:
    case VisitState::kNoShow:
    case VisitState::kMoved:
    case VisitState::kLapsed:
    case VisitState::kPlanned: return false;
  }
  return false;
}

/// Whoever is busy, by what is known of the visits alone: the days' books are not asked.
std::vector<Busy> busy_of(const Clinic& clinic) {
  std::vector<Busy> busy;
  clinic.view().for_each<VisitRecord>([&](std::string_view id, const VisitRecord& record) {
    if (!occupies(record, clinic.now())) return;
    const Instant ends = record.visit.start + std::chrono::minutes(record.visit.duration_minutes + record.buffer_minutes);
    busy.push_back({std::string(id), record.visit.chair, record.visit.provider, record.visit.start, ends});
  });
  return busy;
}

bool overlap(const Busy& a, const Busy& b) { return a.start < b.until && b.start < a.until; }

/// The first two visits that share a chair or a provider at one time, or nothing.
std::string first_clash(const std::vector<Busy>& busy) {
  for (std::size_t i = 0; i < busy.size(); ++i)
    for (std::size_t j = i + 1; j < busy.size(); ++j)
      if ((busy[i].chair == busy[j].chair || busy[i].provider == busy[j].provider) && overlap(busy[i], busy[j]))
        return busy[i].appointment + " and " + busy[j].appointment;
  return {};
}

/// What the days' books say is busy must be what the visits say.
std::size_t counted_in_books(const Clinic& clinic) {
  std::size_t count = 0;
  clinic.view().for_each<DayRecord>([&](std::string_view, const DayRecord& book) {
    for (const Taken& taken : book.taken)
      if (!taken.hold_ends || clinic.now() < *taken.hold_ends) ++count;
  });
  return count;
}

class NoOverlap : public ::testing::TestWithParam<unsigned> {};

/// Thousands of holds, bookings, moves, cancellations and late timers on three crowded days around a clock change.
TEST_P(NoOverlap, NoChairAndNoProviderIsEverTakenTwice) {
  std::mt19937 random(GetParam());
  const auto pick = [&](std::size_t below) { return static_cast<std::size_t>(random() % below); };
  Clinic clinic;
  clinic.handle(
      messages::DefineProvider{.provider = ProviderId("dr-c"), .site = SiteId("main"), .name = "C", .shifts = hours(1, 7, 0, clock(24))});
  clinic.handle(messages::DefineSite{
      .site = SiteId("main"), .name = "Main", .zone = "America/New_York", .hours = hours(1, 7, 0, clock(24)), .wait_limit_minutes = 5});
  clinic.advance_to(utc(2026, 3, 6, 12));
  const char* providers[] = {"dr-a", "dr-b", "dr-c"};
  const char* chairs[] = {"", "", "c-1", "c-2"};
  const char* types[] = {"exam", "crown"};
  const auto any_start = [&] { return local(2026, 3, static_cast<unsigned>(7 + pick(3)), 0) + std::chrono::minutes(5 * pick(288)); };
  std::vector<std::string> ids;
  const auto any_id = [&] { return ids.empty() ? std::string("main.v-none") : ids[pick(ids.size())]; };
  const auto recent_id = [&] {
    return ids.empty() ? std::string("main.v-none") : ids[ids.size() - 1 - pick(std::min<std::size_t>(ids.size(), 8))];
  };
  std::size_t taken = 0;
  std::size_t refused = 0;
  std::size_t moved = 0;

  for (int step = 0; step < 4000; ++step) {
    const std::vector<Busy> before = busy_of(clinic);
    switch (pick(12)) {
      case 0:
      case 1:
      case 2:
      case 3: {
        const std::string id = "main.v-" + std::to_string(step);
        auto command = clinic.exam(id, any_start(), providers[pick(3)], chairs[pick(4)]);
        command.visit_type = types[pick(2)];
        const auto& outcome = clinic.handle(command);
        if (outcome.accepted()) {
          ids.push_back(id);
          ++taken;
        } else if (outcome.refusal() == No::kSlotTaken) {
          ++refused;
          // the other half of the truth: a refusal has a reason that can be seen in the visits
          const int minutes = command.visit_type == "exam" ? 40 : 60;
          const auto offset = command.local_start < local(2026, 3, 8, 2) ? std::chrono::hours(5) : std::chrono::hours(4);
          const Instant at{command.local_start.time_since_epoch() + offset};
          const Busy wish{id, command.chair, command.provider, at, at + std::chrono::minutes(minutes)};
          bool provider_busy = false;
          std::set<std::string> chairs_busy;
          for (const Busy& other : before) {
            if (!overlap(other, wish)) continue;
            provider_busy = provider_busy || other.provider == wish.provider;
            chairs_busy.insert(other.chair.text());
          }
          const bool chair_busy = wish.chair.empty() ? chairs_busy.size() == 2 : chairs_busy.contains(wish.chair.text());
          ASSERT_TRUE(provider_busy || chair_busy) << "refused for nothing at step " << step << "\n" << outcome.detail();
        }
        break;
      }
      case 4:
      case 5:
      case 6: clinic.book(recent_id()); break;
      case 7: clinic.cancel(any_id()); break;
      case 8: {
        const std::string to = "main.m-" + std::to_string(step);
        const bool nearby = pick(2) == 0;
        const std::string from = recent_id();
        const VisitRecord* old = clinic.record<VisitRecord>(from);
        const LocalTime start = nearby && old != nullptr ? old->visit.local_start + std::chrono::minutes(5 * pick(6)) : any_start();
        if (clinic.move(from, to, start, pick(2) == 0 ? "" : providers[pick(3)], chairs[pick(4)]).accepted()) {
          ids.push_back(to);
          ++moved;
        }
        break;
      }
      case 9: clinic.about<messages::MarkNoShow>(any_id()); break;
      case 10: clinic.advance(std::chrono::seconds(pick(300))); break;
      case 11: clinic.advance_without_timers(clinic.now() + std::chrono::seconds(pick(300))); break;
    }
    const std::vector<Busy> now_busy = busy_of(clinic);
    ASSERT_EQ(first_clash(now_busy), "") << "seed " << GetParam() << " step " << step;
    ASSERT_EQ(counted_in_books(clinic), now_busy.size()) << "seed " << GetParam() << " step " << step;
  }
  EXPECT_GT(taken, 100u);
  EXPECT_GT(refused, 100u);
  EXPECT_GT(moved, 20u);
}

INSTANTIATE_TEST_SUITE_P(AppointmentsSeeds, NoOverlap, ::testing::Values(1u, 2u, 3u, 4u, 5u, 6u));

}  // namespace
}  // namespace bridgework::appointments
