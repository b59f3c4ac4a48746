#pragma once

#include <string>

namespace bridgework::lead_intake {

struct Config {
  std::string default_region = "US";

  template <class Visit>
  void settings(Visit&& visit) {
    visit("default_region", default_region, "ISO 3166 region of phone numbers written without a country code.");
  }
};

}  // namespace bridgework::lead_intake
