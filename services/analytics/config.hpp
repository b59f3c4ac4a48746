#pragma once

#include <chrono>

namespace bridgework::analytics {

struct Config {
  std::chrono::minutes contact_within{15};

  template <class Visit>
  void settings(Visit&& visit) {
    visit("contact_within_minutes", contact_within, "First human contact up to this counts as in time. A change counts from then on.");
  }
};

}  // namespace bridgework::analytics
