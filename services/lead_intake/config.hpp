#pragma once

#include <chrono>
#include <string>

namespace bridgework::lead_intake {

struct Config {
  std::string default_region = "US";
  std::chrono::seconds acknowledge_within{60};
  std::chrono::minutes contact_within{15};

  template <class Visit>
  void settings(Visit&& visit) {
    visit("default_region", default_region, "ISO 3166 region of phone numbers written without a country code.");
    visit("acknowledge_within_seconds", acknowledge_within, "Business time within which the automatic answer to an enquiry leaves.");
    visit("contact_within_minutes", contact_within, "Business time within which a human being speaks with whoever asked.");
  }
};

}  // namespace bridgework::lead_intake
