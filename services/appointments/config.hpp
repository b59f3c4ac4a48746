#pragma once

#include <chrono>

namespace bridgework::appointments {

struct Config {
  std::chrono::minutes hold{10};

  template <class Visit>
  void settings(Visit&& visit) {
    visit("hold_minutes", hold, "How long a slot is held while the patient decides.");
  }
};

}  // namespace bridgework::appointments
