#include "feedback/state.hpp"

#include <algorithm>
#include <array>

namespace bridgework::feedback {
namespace {

struct Question {
  std::uint16_t version;
  std::string_view language;
  std::string_view words;
};

constexpr std::array kQuestions = {
    Question{1, "en", "How likely are you to recommend us to a friend or relative? 0 is not at all, 10 is certainly."},
    Question{1, "de", "Wie wahrscheinlich ist es, dass Sie uns weiterempfehlen? 0 ist gar nicht, 10 ist ganz sicher."},
    Question{1, "es", "¿Qué probabilidad hay de que nos recomiende a un amigo o familiar? 0 es ninguna, 10 es seguro."},
    Question{1, "pt", "Qual a probabilidade de nos recomendar a um amigo ou familiar? 0 é nenhuma, 10 é certeza."},
};

}  // namespace

Bucket bucket_of(unsigned score) {
  if (score >= 9) return Bucket::kPositive;
  return score >= 7 ? Bucket::kNeutral : Bucket::kNegative;
}

std::string_view question(std::uint16_t version, std::string_view language) {
  const std::string_view base = language.substr(0, language.find('-'));
  const auto in = [&](std::string_view wanted) {
    return std::ranges::find_if(kQuestions, [&](const Question& q) { return q.version == version && q.language == wanted; });
  };
  if (const auto found = in(base); found != kQuestions.end()) return found->words;
  const auto english = in("en");
  return english == kQuestions.end() ? std::string_view() : english->words;
}

}  // namespace bridgework::feedback
