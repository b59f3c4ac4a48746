#pragma once
// The words that leave the practice.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "outreach/state.hpp"

namespace bridgework::outreach {

/// A message in one language for one channel. Its text is released: a change of wording is a new version, beside or instead of the old.
///
/// `{name}` stands for a word of `Words`; what stands in `[…]` is left out when a word inside it is empty.
struct Template {
  std::string_view name;
  std::uint16_t version;
  std::string_view language;
  Channel channel;
  std::string_view subject_line;  ///< e-mail only
  std::string_view body;
};

/// What a template may say. There is no field for a procedure, a diagnosis, a tooth or a balance, and there shall be none: mail and SMS
/// are read by others (45 CFR 164.530(c)).
struct Words {
  std::string first_name;
  std::string practice;
  std::string date;
  std::string time;
  std::string phone;
  std::string link;
  std::string unsubscribe;
};

/// The placeholders a channel allows. SMS carries no name: one letter outside GSM-7 would cost the single segment.
std::span<const std::string_view> allowed_placeholders(Channel channel);

/// Whether a template uses allowed placeholders only, and, for SMS, says how to opt out.
bool is_acceptable(const Template& message);

std::span<const Template> all_templates();

/// The template of that name, else of that programme, in the language, else in the default one, else in English.
const Template& find_template(std::string_view name, std::string_view programme, std::string_view language,
                              std::string_view default_language, Channel channel);

struct Rendered {
  std::string subject_line;
  std::string body;
};

/// Puts the words in. SMS is brought into GSM-7 (accents that it lacks are dropped) and the practice's name is shortened as far as
/// needed for one segment; all else stays as it is.
Rendered render(const Template& message, const Words& words);

/// The date as people of that language write it short, `3 Mar`, and the time, `09:00`.
std::string date_words(LocalTime local, std::string_view language);
std::string time_words(LocalTime local);

/// What an SMS is billed as, and torn into: 160 septets, then 153 each; with one character outside GSM-7, 70 and 67 UTF-16 units.
/// Empty text is no segment.
std::size_t sms_segments(std::string_view utf8);

}  // namespace bridgework::outreach
