// Plays the journey into a running suite whose clock it drives, for people to look at. Called by scripts/up --demo.

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <thread>

#include "functional/journey.hpp"
#include "runtime/zone.hpp"
#include "support/driven_clock.hpp"
#include "support/outbox.hpp"

namespace {

using namespace bridgework;

constexpr const char* kZone = "America/New_York";
// The journey's five weeks end before today.
constexpr std::chrono::days kBack{33};

LocalDay monday_of(Instant instant) {
  const LocalDay day = runtime::local_day(instant, kZone);
  return day - std::chrono::days(runtime::weekday(day) - 1);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && std::string(argv[1]) == "init") {
    // Before the suite starts: its first moment.
    support::DrivenClock clock(argv[2]);
    clock.set(*runtime::to_instant(LocalTime(monday_of(clock.now() - kBack)) + std::chrono::hours(8), kZone));
    return 0;
  }
  if (argc != 5) {
    std::fprintf(stderr, "usage: demo init CLOCK_FILE | demo URL ADMIN_KEY CLOCK_FILE OUTBOX\n");
    return 2;
  }
  support::Api api(argv[1], argv[2]);
  support::DrivenClock clock(argv[3]);
  const std::filesystem::path outbox = argv[4];
  functional::World world{
      .api = api,
      .now = [&] { return clock.now(); },
      .set_clock = [&](Instant to) { clock.set(to); },
      .eventually =
          [](const std::function<bool()>& done) {
            for (int i = 0; i < 2000; ++i) {
              if (done()) return true;
              std::this_thread::sleep_for(std::chrono::milliseconds(10));
            }
            return false;
          },
      .outbox = [&] { return support::outbox_of(outbox); },
      .chapter = [](const std::string& title) { std::cout << "  · " << title << std::endl; },
      .expect =
          [](bool holds, const std::string& what) {
            if (holds) return;
            std::cerr << "demo: this should have held: " << what << "\n";
            std::exit(1);
          },
  };
  const auto traces = functional::play_journey(world, monday_of(clock.now()));
  clock.to_present();
  std::cout << "person " << traces.person << "\nvisit-day " << traces.visit_day << "\n";
  return 0;
}
