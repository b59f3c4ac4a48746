#pragma once
// The survey as a page for a phone: no script, nothing from elsewhere, one column, real labels.

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace bridgework::gateway {

/// Text as HTML shows it, in content and in quoted attributes.
std::string escaped(std::string_view text);
/// A whole page around its content.
std::string page(std::string_view title, std::string_view content);

/// A link's token: the survey's id and its secret, split at the last dot. Nothing when either is missing.
struct SurveyToken {
  std::string survey;
  std::string secret;
};
std::optional<SurveyToken> read_survey_token(std::string_view token);

/// The form. It posts to the URL it was read from.
std::string survey_form_page(std::string_view question);

/// What is said after an answer, to everybody alike whatever the score.
std::string survey_thanks_page(std::string_view review_link);

/// The question before an unsubscribe: mail scanners follow links, so showing it changes nothing.
std::string unsubscribe_page();

/// One heading and one sentence.
std::string survey_message_page(std::string_view heading, std::string_view sentence);

}  // namespace bridgework::gateway
