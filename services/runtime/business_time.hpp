#pragma once
// How long a site has been open: the only time that counts against whoever should have answered. Pure.

#include <chrono>
#include <string>
#include <vector>

#include "runtime/types.hpp"

namespace bridgework::runtime {

/// When somebody is there, on the clocks of a zone: of anything that has `hours` and a `zone`, or of nothing.
struct OpenHours {
  struct Window {
    int weekday;  ///< by ISO: 1 is Monday
    int from_minute, until_minute;
  };
  template <class Site>
  OpenHours(const Site* site) {
    if (site == nullptr) return;
    for (const auto& each : site->hours) hours.push_back({each.weekday, each.from_minute, each.until_minute});
    zone = site->zone;
  }
  std::vector<Window> hours;
  std::string zone;
};

/// The moment at which the site has been open for `amount` since `from`; with 0, the first moment from `from` on at which it is open.
///
/// Counts real seconds between opening and closing as the site's own clocks show them, so a window over a spring gap is an hour shorter
/// and one over an autumn fold an hour longer. A site that is not known, or has no hours, is taken to be always open: a clock that ran
/// out too early is looked at, one that never runs out is not. So is one that would not open for a year.
Instant add_business_time(const OpenHours& site, Instant from, std::chrono::seconds amount);

/// How long the site was open between the two.
std::chrono::seconds business_time_between(const OpenHours& site, Instant from, Instant to);

}  // namespace bridgework::runtime
