#pragma once
// What an operator may set about contact. Limits of the rule table can be made stricter here, never looser.

#include <chrono>
#include <cstdint>
#include <string>

namespace bridgework::outreach {

struct Config {
  std::chrono::minutes reminder_before{24 * 60};
  std::chrono::minutes reminder_latest{120};
  std::int64_t cap_per_day = 1;
  std::int64_t cap_per_week = 3;
  std::int64_t earliest_hour = 0;
  std::int64_t latest_hour = 24;
  std::string uncertain_zones = "America/New_York,America/Los_Angeles";
  std::string default_language = "en";
  std::string mail_from = "no-reply@bridgework.invalid";
  std::string public_url = "http://127.0.0.1:8080";
  std::string token_secret;
  std::string outbox = "outbox";
  std::string hold_file;
  std::chrono::minutes hold_retry{10};

  template <class Visit>
  void settings(Visit&& visit) {
    visit("reminder_before_minutes", reminder_before,
          "How long before a visit its reminder is due, at sites that have no times of their own.");
    visit("reminder_latest_minutes", reminder_latest, "A reminder that would leave later than this before the visit is withheld.");
    visit("cap_per_day", cap_per_day, "Messages to one person and local day after which care, surveys and marketing wait.");
    visit("cap_per_week", cap_per_week, "Messages to one person in seven days after which care, surveys and marketing wait.");
    visit("earliest_hour", earliest_hour, "Local hour before which nothing is sent; only narrows the windows of the rule table.");
    visit("latest_hour", latest_hour, "Local hour from which on nothing is sent; only narrows the windows of the rule table.");
    visit("uncertain_zones", uncertain_zones, "Zones, separated by commas, that must all agree when nobody knows where a person lives.");
    visit("default_language", default_language, "Language of messages to people whose own is unknown or has no template.");
    visit("mail_from", mail_from, "Sender address of e-mails.");
    visit("public_url", public_url, "Where patients reach the links in messages; https outside of a laptop.");
    visit("token_secret", token_secret, "Secret that signs the unsubscribe links; scripts/up makes one. Empty: mails carry no such link.");
    visit("outbox", outbox, "Directory into which channel `file` writes .eml and .txt.");
    visit("hold_file", hold_file,
          "While this file exists nothing is sent, to anybody; scripts/bridgework hold and release make and remove it.");
    visit("hold_retry_minutes", hold_retry, "How long after a message was held back it is tried again.");
  }
};

}  // namespace bridgework::outreach
