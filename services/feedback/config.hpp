#pragma once
// What an operator may set about surveys.

#include <chrono>
#include <string>

namespace bridgework::feedback {

struct Config {
  std::chrono::minutes survey_delay{120};
  std::chrono::days ask_again_after{90};
  std::string review_link;
  std::string token_secret;

  template <class Visit>
  void settings(Visit&& visit) {
    visit("survey_delay_minutes", survey_delay, "How long after check-out a person is asked.");
    visit("ask_again_after_days", ask_again_after, "Nobody is asked again sooner than this.");
    visit("review_link", review_link, "Public-review page shown to everybody who is asked, whatever they answer.");
    visit("token_secret", token_secret, "Secret that signs the survey links; scripts/up makes one. Empty: nobody is asked.");
  }
};

}  // namespace bridgework::feedback
