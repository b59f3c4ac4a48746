#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace bridgework::appointments {

struct Config {
  std::chrono::minutes hold{10};
  std::chrono::minutes short_notice_lead{120};
  std::chrono::days short_notice_horizon{14};
  std::int64_t wave_size = 5;
  std::chrono::minutes wave_every{5};
  std::int64_t offers_from_hour = 9;
  std::int64_t offers_until_hour = 20;
  std::chrono::minutes late_limit{10};
  std::chrono::minutes late_most{6 * 60};
  std::chrono::days check_out_holds{14};
  std::string token_secret;

  template <class Visit>
  void settings(Visit&& visit) {
    visit("hold_minutes", hold, "How long a slot is held while the patient decides.");
    visit("short_notice_lead_minutes", short_notice_lead,
          "A time that becomes free later than this before it begins is offered to nobody.");
    visit("short_notice_horizon_days", short_notice_horizon, "A time that becomes free is offered when it lies within so many days.");
    visit("wave_size", wave_size, "How many people are asked at once whether they want a time that became free.");
    visit("wave_every_minutes", wave_every, "How long after some were asked the next ones are.");
    visit("offers_from_hour", offers_from_hour, "Local hour of the site before which nobody is asked.");
    visit("offers_until_hour", offers_until_hour, "Local hour of the site from which on nobody is asked.");
    visit("late_limit_minutes", late_limit, "A provider who is behind by more than this is running late.");
    visit("late_most_minutes", late_most, "A visit that should have been over longer than this ago was forgotten, and delays nobody.");
    visit("check_out_holds_days", check_out_holds, "A cancellation within so many days of a check-out is attributed to it.");
    visit("token_secret", token_secret, "Secret that signs the links of offers; scripts/up makes one. Empty: offers carry no link.");
  }
};

}  // namespace bridgework::appointments
