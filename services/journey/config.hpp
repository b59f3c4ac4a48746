#pragma once

#include <chrono>

namespace bridgework::journey {

struct Config {
  std::chrono::minutes answer_within{15};
  std::chrono::hours contact_within{24};

  template <class Visit>
  void settings(Visit&& visit) {
    visit("answer_within_minutes", answer_within, "An enquiry answered by a human being later than this is a defect.");
    visit("contact_within_hours", contact_within, "First contact in a recovery case, when the site's opening hours are not known.");
  }
};

}  // namespace bridgework::journey
