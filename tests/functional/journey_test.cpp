// One patient's whole journey through real processes and a real Redis, on a clock the test drives.

#include <gtest/gtest.h>

#include "functional/journey.hpp"
#include "runtime/zone.hpp"
#include "support/outbox.hpp"
#include "support/suite.hpp"

namespace bridgework::functional {
namespace {

using std::chrono::hours;

TEST(Journey, GoesFromTheAdvertToFinishedTreatmentAndNobodySlipsThrough) {
  // Monday 2026-10-05: the five weeks hold the end of daylight-saving time in New York.
  const LocalDay monday{std::chrono::local_days{std::chrono::year{2026} / 10 / 5}};
  const Instant start = *runtime::to_instant(LocalTime(monday) + hours(8), "America/New_York");
  support::Suite suite({.start = start, .environment = {}});

  World world{
      .api = suite.api(),
      .now = [&] { return suite.clock().now(); },
      .set_clock = [&](Instant to) { suite.clock().set(to); },
      .eventually = [&](const std::function<bool()>& done) { return suite.eventually(done); },
      .outbox = [&] { return support::outbox_of(suite.outbox()); },
      .chapter =
          [](const std::string& title) {
            SCOPED_TRACE(title);
            std::cout << "-- " << title << "\n";
          },
      .expect =
          [](bool holds, const std::string& what) {
            EXPECT_TRUE(holds) << what;
            if (!holds) throw std::runtime_error("the journey cannot go on: " + what);
          },
  };
  const Traces traces = play_journey(world, monday);

  const auto timeline = suite.cli("timeline " + traces.person);
  EXPECT_EQ(timeline.status, 0) << timeline.out;
  const auto why = suite.cli("why " + traces.person);
  EXPECT_EQ(why.status, 0) << why.out;
  EXPECT_NE(why.out.find("moved"), std::string::npos) << "why the old reminder never left: " << why.out;
  const auto audit = suite.cli("audit leaks --json");
  EXPECT_EQ(audit.status, 0) << audit.out;
}

}  // namespace
}  // namespace bridgework::functional
