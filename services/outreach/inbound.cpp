#include "outreach/inbound.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace bridgework::outreach {
namespace {

using Words = std::vector<std::string>;

struct Sign {
  std::string_view bytes;
  std::string_view word;  ///< empty: only colours the one before
};
constexpr std::array<Sign, 12> kSigns = {{{"\xF0\x9F\x91\x8D", "yes"},  // thumbs up
                                          {"\xF0\x9F\x91\x8C", "yes"},  // OK hand
                                          {"\xE2\x9C\x85", "yes"},      // check mark button
                                          {"\xE2\x9C\x94", "yes"},      // check mark
                                          {"\xE2\x98\x91", "yes"},      // ballot box with check
                                          {"\xF0\x9F\x91\x8E", "no"},   // thumbs down
                                          {"\xEF\xB8\x8F", ""},         // variation selector
                                          {"\xF0\x9F\x8F\xBB", ""},     // skin tones
                                          {"\xF0\x9F\x8F\xBC", ""},
                                          {"\xF0\x9F\x8F\xBD", ""},
                                          {"\xF0\x9F\x8F\xBE", ""},
                                          {"\xF0\x9F\x8F\xBF", ""}}};

/// Lower-case words without punctuation; a thumb is the word it stands for; an apostrophe joins ("don't" is "dont"), whichever of the two a
/// phone writes.
Words words_of(std::string_view text) {
  constexpr std::string_view kCurlyApostrophe = "\xE2\x80\x99";
  Words words(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i, kCurlyApostrophe.size()) == kCurlyApostrophe) {
      i += kCurlyApostrophe.size() - 1;
      continue;
    }
    const auto sign = std::ranges::find_if(kSigns, [&](const Sign& one) { return text.substr(i).starts_with(one.bytes); });
    if (sign != kSigns.end()) {
      i += sign->bytes.size() - 1;
      if (sign->word.empty()) continue;
      if (!words.back().empty()) words.emplace_back();
      words.back() = sign->word;
      words.emplace_back();
      continue;
    }
    const char c = text[i];
    if (c == '\'') continue;
    const bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80;
    const bool capital = c >= 'A' && c <= 'Z';
    if (letter) words.back() += c;
    if (capital) words.back() += static_cast<char>(c - 'A' + 'a');
    if (!letter && !capital && !words.back().empty()) words.emplace_back();
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

std::string joined(const Words& words) {
  std::string text;
  for (const auto& word : words) text.append(text.empty() ? "" : " ").append(word);
  return text;
}

template <std::size_t N>
bool is_one_of(std::string_view text, const std::array<std::string_view, N>& list) {
  return std::ranges::find(list, text) != list.end();
}

/// Whole words only: "stop texting" is in "please stop texting me", not in "nonstop texting".
bool contains_phrase(std::string_view text, std::string_view phrase) {
  const std::string padded = " " + std::string(text) + " ";
  return padded.find(" " + std::string(phrase) + " ") != std::string::npos;
}

constexpr std::array<std::string_view, 24> kOptOut = {"stop",      "end",         "quit",    "cancel",   "revoke",      "optout",
                                                      "opt out",   "unsubscribe", "stopall", "stop all", "cancelall",   "remove me",
                                                      "stop stop", "stop it",     "stopp",   "abmelden", "abbestellen", "parar",
                                                      "baja",      "basta",       "alto",    "cancelar", "sair",        "pare"};
constexpr std::array<std::string_view, 17> kCourtesy = {"yes", "please", "pls",  "plz",   "now",  "thanks",   "thank", "you",        "just",
                                                        "no",  "the",    "this", "texts", "text", "messages", "sms",   "immediately"};
constexpr std::array<std::string_view, 31> kPlainWords = {
    "stop texting",   "stop messaging",    "stop sending",     "stop contacting",     "stop writing",       "stop bothering",
    "stop the texts", "stop the messages", "stop these texts", "stop these messages", "dont text",          "do not text",
    "dont message",   "do not message",    "dont contact",     "do not contact",      "dont write",         "do not write",
    "dont send me",   "do not send me",    "no more texts",    "no more messages",    "remove me from",     "take me off",
    "leave me alone", "opt me out",        "want to opt out",  "unsubscribe me",      "please unsubscribe", "want to unsubscribe",
    "wish to opt out"};
constexpr std::array<std::string_view, 5> kOptIn = {"start", "unstop", "optin", "opt in", "start please"};
constexpr std::array<std::string_view, 4> kHelp = {"help", "info", "hilfe", "ayuda"};
constexpr std::array<std::string_view, 16> kYes = {"yes", "y",       "yes please", "yeah", "yep", "ok",        "okay", "sure",
                                                   "c",   "confirm", "confirmed",  "ja",   "si",  "s\xC3\xAD", "sim",  "yes thanks"};
/// What may stand beside a yes without changing it.
constexpr std::array<std::string_view, 17> kBesideYes = {"please", "pls",     "plz",   "thanks",  "thank",    "you",
                                                         "great",  "perfect", "danke", "gracias", "obrigado", "obrigada",
                                                         "i",      "ill",     "be",    "there",   "see"};
constexpr std::array<std::string_view, 10> kNo = {"no",   "n",   "nope",       "no thanks", "no thank you",
                                                  "nein", "nao", "n\xC3\xA3o", "cant",      "cannot"};

constexpr std::array<std::string_view, 14> kCancelling = {"cancel",       "canceled", "cancelled",  "canceling", "cancelling",
                                                          "cancellation", "cancelar", "cancela",    "cancelo",   "anular",
                                                          "absagen",      "absage",   "stornieren", "desmarcar"};

bool is_opt_out(const Words& words, std::string_view text) {
  if (is_one_of(text, kOptOut)) return true;
  Words bare;
  std::ranges::copy_if(words, std::back_inserter(bare), [](const std::string& word) { return !is_one_of(word, kCourtesy); });
  if (is_one_of(joined(bare), kOptOut)) return true;
  return std::ranges::any_of(kPlainWords, [&](std::string_view phrase) { return contains_phrase(text, phrase); });
}

/// "Yes, thank you!", two thumbs, "ja danke": a yes and nothing that is not courtesy. A question is not one.
bool is_yes(const Words& words, std::string_view text, std::string_view as_written) {
  if (is_one_of(text, kYes)) return true;
  if (as_written.find('?') != std::string_view::npos) return false;
  return std::ranges::any_of(words, [](const std::string& word) { return is_one_of(word, kYes); }) &&
         std::ranges::all_of(words, [](const std::string& word) { return is_one_of(word, kYes) || is_one_of(word, kBesideYes); });
}

}  // namespace

InboundMeaning meaning_of(std::string_view text) {
  const Words words = words_of(text);
  const std::string plain = joined(words);
  if (is_opt_out(words, plain)) return InboundMeaning::kStop;
  if (is_one_of(plain, kOptIn)) return InboundMeaning::kStart;
  if (is_one_of(plain, kHelp)) return InboundMeaning::kHelp;
  if (is_yes(words, plain, text)) return InboundMeaning::kYes;
  if (is_one_of(plain, kNo)) return InboundMeaning::kNo;
  return InboundMeaning::kUnclear;
}

bool speaks_of_cancelling(std::string_view text) {
  return std::ranges::any_of(words_of(text), [](const std::string& word) { return is_one_of(word, kCancelling); });
}

bool is_e164(std::string_view text) {
  if (text.size() < 9 || text.size() > 16 || text.front() != '+' || text[1] == '0') return false;
  return std::ranges::all_of(text.substr(1), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace bridgework::outreach
