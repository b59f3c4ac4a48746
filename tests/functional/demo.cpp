// Plays the journey into a running suite whose clock it drives, for people to look at. Called by scripts/up --demo.

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <thread>

#include "functional/journey.hpp"
#include "runtime/zone.hpp"
#include "support/driven_clock.hpp"
#include "support/outbox.hpp"

int main(int argc, char** argv) {
  using namespace bridgework;
  if (argc != 5) {
    std::fprintf(stderr, "usage: demo URL ADMIN_KEY CLOCK_FILE OUTBOX\n");
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
  // scripts/up begins on a Monday five weeks ago.
  const LocalDay monday = runtime::local_day(clock.now(), "America/New_York");
  const auto traces = functional::play_journey(world, monday);
  clock.to_present();
  std::cout << "person " << traces.person << "\nvisit-day " << traces.visit_day << "\n";
  return 0;
}
