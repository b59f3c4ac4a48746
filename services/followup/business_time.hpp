#pragma once
// When a site will have been open for a while: what is due at a site is due while somebody is there. Pure.

#include <chrono>

#include "followup/state.hpp"

namespace bridgework::followup {

/// The moment at which the site has been open for `amount` since `from`; with 0, the first moment from `from` on at which it is open.
///
/// A site that is not known, or has no hours, counts as always open, and so does one that would not open for a year: what is due too early
/// is looked at. lead_intake counts its clocks the same way.
Instant add_business_time(const SiteRecord* site, Instant from, std::chrono::minutes amount);

}  // namespace bridgework::followup
