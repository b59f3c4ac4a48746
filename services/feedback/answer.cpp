#include "feedback/answer.hpp"

namespace bridgework::feedback {
namespace {

using Answer = runtime::Answer<Vocabulary::Reply, Vocabulary::Refusal>;

messages::SurveyView view_of(const SurveyRecord& survey, const Config& config) {
  messages::SurveyView shown;
  shown.survey = survey.survey;
  shown.person = survey.person;
  shown.site = survey.site;
  shown.state = survey.state;
  shown.score = survey.score;
  shown.bucket = survey.bucket;
  shown.question = std::string(question(survey.question_version, survey.language));
  shown.review_link = config.review_link;
  return shown;
}

Answer on(const View& view, const messages::GetSurvey& query, const Config& config) {
  const auto survey = view.find<SurveyRecord>(query.survey.text());
  if (!survey) {
    return tl::unexpected(runtime::Refused<Vocabulary::Refusal>{messages::FeedbackRefusal::kUnknownSurvey, "no such survey"});
  }
  return view_of(*survey, config);
}

Answer on(const View& view, const messages::ListSurveys& query, const Config& config) {
  std::vector<std::string> ids;
  for (auto& entry : view.index(surveys_index(query.person))) ids.push_back(std::move(entry.member));
  messages::SurveyList list;
  for (const auto& survey : view.find_all<SurveyRecord>(ids)) {
    if (survey) list.surveys.push_back(view_of(*survey, config));
  }
  return list;
}

}  // namespace

Answer answer(const View& view, const messages::FeedbackQuery& query, const Config& config, Instant) {
  return std::visit([&](const auto& q) { return on(view, q, config); }, query);
}

}  // namespace bridgework::feedback
