#pragma once
// The words feedback thinks in.

#include <string>
#include <string_view>
#include <variant>

#include "feedback/config.hpp"
#include "feedback/state.values.hpp"
#include "messages/appointments.values.hpp"
#include "messages/feedback.values.hpp"
#include "messages/lead_intake.values.hpp"
#include "runtime/decision.hpp"
#include "runtime/read_view.hpp"

namespace bridgework::feedback {

using messages::Bucket;
using messages::SurveyState;

struct Vocabulary {
  using Record = feedback::Record;
  using Timer = feedback::Timer;
  using Effect = std::variant<std::monostate>;
  using Event = messages::FeedbackEvent;
  using Reply = std::variant<messages::Done, messages::SurveyView, messages::SurveyList>;
  using Refusal = messages::FeedbackRefusal;
  using Config = feedback::Config;
};
using State = runtime::State<Vocabulary>;
using Decision = runtime::Decision<Vocabulary>;
using View = runtime::ReadView<Record>;

inline constexpr unsigned kHighestScore = 10;

/// The bucket of a score from 0 to 10.
Bucket bucket_of(unsigned score);

/// The question as it is asked now. A new wording is a new version; a survey keeps the version it was asked with, because answers to two
/// questions are not one number.
inline constexpr std::uint16_t kQuestionVersion = 1;
std::string_view question(std::uint16_t version, std::string_view language);

/// The name of the invitation outreach sends.
inline constexpr std::string_view kInvitation = "survey";

/// The surveys of one person, oldest first.
inline std::string surveys_index(const PersonId& person) { return "surveys/" + person.text(); }

}  // namespace bridgework::feedback
