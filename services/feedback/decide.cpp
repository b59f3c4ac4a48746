#include "feedback/decide.hpp"

#include <algorithm>

#include "feedback/token.hpp"

namespace bridgework::feedback {
namespace {

using messages::FeedbackRefusal;

bool is_gone(messages::PersonStatus status) {
  switch (status) {
    case messages::PersonStatus::kDeceased:
    case messages::PersonStatus::kMoved: return true;
    case messages::PersonStatus::kProspect:
    case messages::PersonStatus::kPatient:
    case messages::PersonStatus::kInactive: return false;
  }
  return false;
}

PersonRecord person_of(const State& state, const PersonId& person) {
  const auto* found = state.find<PersonRecord>(person.text());
  return found == nullptr ? PersonRecord{} : *found;
}

SurveyRecord not_asked(SurveyRecord survey, NotAskedBecause because) {
  survey.state = SurveyState::kNotAsked;
  survey.not_asked_because = because;
  return survey;
}

/// Keeps the language, and lets nobody be asked who has died or moved away: what still waits is given up at once.
Decision follow_person(const State& state, const PersonId& id, const messages::PersonProfile& profile) {
  PersonRecord person = person_of(state, id);
  person.language = profile.language;
  person.gone = is_gone(profile.status);
  Decision decision;
  if (person.gone) {
    for (const SurveyId& waiting : person.waiting) {
      const auto* survey = state.find<SurveyRecord>(waiting.text());
      if (survey != nullptr) decision.put(waiting.text(), not_asked(*survey, NotAskedBecause::kPersonGone));
      decision.cancel_timer(waiting.text());
    }
    person.waiting.clear();
  }
  decision.put(id.text(), std::move(person));
  return decision;
}

Decision on(const State& state, const messages::PersonRegistered& event, Instant) {
  return follow_person(state, event.person, event.profile);
}

Decision on(const State& state, const messages::PersonChanged& event, Instant) { return follow_person(state, event.person, event.profile); }

/// The visit is over; the person is asked when it has settled.
Decision on(const State& state, const messages::AppointmentCheckedOut& event, Instant now) {
  PersonRecord person = person_of(state, event.person);
  ++person.surveys;

  SurveyRecord survey;
  survey.survey = SurveyId(event.person.text() + ".s-" + std::to_string(person.surveys));
  survey.person = event.person;
  survey.site = event.site;
  survey.appointment = event.appointment;
  survey.state = SurveyState::kWaiting;
  survey.question_version = kQuestionVersion;
  survey.language = person.language;

  const std::string id = survey.survey.text();
  person.waiting.push_back(survey.survey);
  Decision decision;
  decision.set_timer(id, now + state.config().survey_delay, AskNow{survey.survey})
      .add_to_index(surveys_index(event.person), id, person.surveys)
      .put(event.person.text(), std::move(person))
      .put(id, std::move(survey));
  return decision;
}

NotAskedBecause objection(const PersonRecord& person, const Config& config, Instant now) {
  if (person.gone) return NotAskedBecause::kPersonGone;
  if (person.last_asked_at && now < *person.last_asked_at + config.ask_again_after) return NotAskedBecause::kAskedLately;
  // Without a secret anybody could answer for anybody.
  return config.token_secret.empty() ? NotAskedBecause::kNoSecret : NotAskedBecause::kNone;
}

/// Asks, unless there is a reason not to. The 90 days are counted from asking, not from answering.
Decision on(const State& state, const AskNow& due, Instant now) {
  const auto* waiting = state.find<SurveyRecord>(due.survey.text());
  if (waiting == nullptr || waiting->state != SurveyState::kWaiting) return {};
  SurveyRecord survey = *waiting;
  PersonRecord person = person_of(state, survey.person);
  std::erase(person.waiting, due.survey);

  Decision decision;
  const NotAskedBecause because = objection(person, state.config(), now);
  if (because != NotAskedBecause::kNone) {
    decision.put(survey.person.text(), std::move(person)).put(due.survey.text(), not_asked(std::move(survey), because));
    return decision;
  }

  survey.state = SurveyState::kAsked;
  survey.asked_at = now;
  survey.language = person.language;
  person.last_asked_at = now;

  messages::SurveyAsked asked;
  asked.person = survey.person;
  asked.site = survey.site;
  asked.survey = survey.survey;
  asked.template_name = std::string(kInvitation);
  asked.token = Phi<std::string>(token_of(survey.survey, state.config().token_secret));
  asked.appointment = survey.appointment;

  decision.emit(std::move(asked)).put(survey.person.text(), std::move(person)).put(due.survey.text(), std::move(survey));
  return decision;
}

bool is_clear(std::string_view promise_kept) { return promise_kept.empty() || promise_kept == "yes" || promise_kept == "no"; }

/// One answer, from whoever holds the link. The link is looked at first, so that a stranger learns nothing about a survey.
Decision on(const State& state, const messages::AnswerSurvey& command, Instant now) {
  const auto* asked = state.find<SurveyRecord>(command.survey.text());
  if (asked == nullptr) return Decision::refuse(FeedbackRefusal::kUnknownSurvey, "no such survey");
  if (!is_token_of(command.survey, command.token.reveal(), state.config().token_secret)) {
    return Decision::refuse(FeedbackRefusal::kWrongToken, "this link is not one of ours");
  }
  switch (asked->state) {
    case SurveyState::kWaiting:
    case SurveyState::kNotAsked: return Decision::refuse(FeedbackRefusal::kNotAskedYet, "the survey has not been asked");
    case SurveyState::kAnswered: return Decision::refuse(FeedbackRefusal::kAlreadyAnswered, "thank you, we have your answer");
    case SurveyState::kAsked: break;
  }
  if (command.score > kHighestScore) return Decision::refuse(FeedbackRefusal::kScoreOutOfRange, "score must be 0 to 10");
  if (!is_clear(command.promise_kept)) return Decision::refuse(FeedbackRefusal::kPromiseUnclear, "promise_kept must be yes, no or empty");

  SurveyRecord survey = *asked;
  survey.state = SurveyState::kAnswered;
  survey.answered_at = now;
  survey.score = command.score;
  survey.bucket = bucket_of(command.score);

  messages::SurveyAnswered answered;
  answered.person = survey.person;
  answered.site = survey.site;
  answered.survey = survey.survey;
  answered.appointment = survey.appointment;
  answered.score = survey.score;
  answered.bucket = survey.bucket;
  answered.text = command.text;
  answered.promise_kept = command.promise_kept;

  const std::string id = survey.survey.text();
  Decision decision;
  decision.emit(std::move(answered)).put(id, std::move(survey)).reply(messages::Done{id});
  return decision;
}

}  // namespace

Decision decide(const State& state, const Message& message, Instant now) {
  return std::visit([&](const auto& m) { return on(state, m, now); }, message);
}

}  // namespace bridgework::feedback
