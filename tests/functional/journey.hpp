#pragma once
// One patient's whole journey, from the advert to finished treatment: a test, and what the demo plays.

#include <functional>
#include <string>

#include "runtime/types.hpp"
#include "support/http.hpp"

namespace bridgework::functional {

/// What the journey needs of the world around it.
struct World {
  support::Api& api;
  std::function<Instant()> now;
  std::function<void(Instant)> set_clock;
  /// Polls until it is true; false when it took too long.
  std::function<bool(const std::function<bool()>&)> eventually;
  /// The messages that have left, as text, oldest first.
  std::function<std::vector<std::string>()> outbox;
  /// A new chapter, for people to read.
  std::function<void(const std::string&)> chapter;
  /// Something that must be so.
  std::function<void(bool, const std::string&)> expect;
};

/// Where the journey happened, for whoever wants to look at it afterwards.
struct Traces {
  std::string person, enquiry, site, campaign;
  std::string visit_day;  ///< local day of the first visit, "2026-10-08"
};

/// Plays it in the five weeks that begin on `monday` (a Monday, local to New York). The clock moves, nothing sleeps.
Traces play_journey(World& world, LocalDay monday);

}  // namespace bridgework::functional
