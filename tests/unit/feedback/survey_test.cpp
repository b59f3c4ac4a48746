// The rules of asking and answering, one visit at a time. Read this beside services/feedback/decide.cpp.

#include <gtest/gtest.h>

#include "feedback/model.hpp"
#include "feedback/token.hpp"
#include "tests/support/decide_harness.hpp"

namespace bridgework::feedback {
namespace {

using namespace std::chrono_literals;
using messages::FeedbackRefusal;
using messages::PersonStatus;
using testing::utc;

const PersonId kAna{"p-ana"};
const SiteId kMain{"main"};
const SurveyId kFirst{"p-ana.s-1"};
const SurveyId kSecond{"p-ana.s-2"};

Config settings() {
  Config config;
  config.token_secret = "a secret of the tests";
  config.review_link = "https://reviews.example/us";
  return config;
}

struct Practice : testing::Harness<Model> {
  explicit Practice(Config config = settings()) : Harness(utc(2026, 3, 3, 10), std::move(config)) {}

  void check_out(std::string_view appointment) {
    messages::AppointmentCheckedOut event;
    event.person = kAna;
    event.site = kMain;
    event.appointment = AppointmentId(std::string(appointment));
    handle(event);
  }
  void person_is(PersonStatus status, std::string language = "en") {
    messages::PersonChanged event;
    event.person = kAna;
    event.profile.status = status;
    event.profile.language = std::move(language);
    handle(event);
  }
  const Outcome& answer(const SurveyId& survey, std::uint8_t score, std::string token, std::string promise_kept = "yes") {
    messages::AnswerSurvey command;
    command.survey = survey;
    command.token = Phi<std::string>(std::move(token));
    command.score = score;
    command.text = Phi<std::string>("all went well");
    command.promise_kept = std::move(promise_kept);
    return handle(command);
  }
  const Outcome& answer(const SurveyId& survey, std::uint8_t score) {
    return answer(survey, score, token_of(survey, config().token_secret));
  }
  SurveyState state_of(const SurveyId& survey) { return get<messages::SurveyView>(messages::GetSurvey{survey}).state; }
  NotAskedBecause because(const SurveyId& survey) { return record<SurveyRecord>(survey.text())->not_asked_because; }
  /// Checks out, lets the delay pass and takes the token that went out.
  std::string asked() {
    check_out("main.v-1");
    advance(2h);
    return last_event<messages::SurveyAsked>()->token.reveal();
  }
};

// ---- asking

TEST(SurveyAsking, WaitsTwoHoursAfterCheckOut) {
  Practice practice;
  practice.check_out("main.v-1");
  EXPECT_EQ(practice.state_of(kFirst), SurveyState::kWaiting);
  practice.advance(2h - 1s);
  EXPECT_EQ(practice.count<messages::SurveyAsked>(), 0u);
  practice.advance(1s);
  ASSERT_EQ(practice.count<messages::SurveyAsked>(), 1u) << practice.timeline();
  EXPECT_EQ(practice.state_of(kFirst), SurveyState::kAsked);
}

TEST(SurveyAsking, NamesPersonSiteVisitAndASignedLink) {
  Practice practice;
  practice.asked();
  const auto asked = *practice.last_event<messages::SurveyAsked>();
  EXPECT_EQ(asked.person, kAna);
  EXPECT_EQ(asked.site, kMain);
  EXPECT_EQ(asked.survey, kFirst);
  EXPECT_EQ(asked.appointment, AppointmentId("main.v-1"));
  EXPECT_EQ(asked.template_name, "survey");
  EXPECT_EQ(asked.token.reveal(), token_of(kFirst, "a secret of the tests"));
}

TEST(SurveyAsking, FollowsTheConfiguredDelay) {
  Config config = settings();
  config.survey_delay = 30min;
  Practice practice(config);
  practice.check_out("main.v-1");
  practice.advance(30min);
  EXPECT_EQ(practice.count<messages::SurveyAsked>(), 1u);
}

TEST(SurveyAsking, IsLateButHappensAfterAnOutage) {
  Practice practice;
  practice.check_out("main.v-1");
  practice.sleep_until(utc(2026, 3, 4, 9));
  EXPECT_EQ(practice.count<messages::SurveyAsked>(), 1u);
}

TEST(SurveyAsking, AsksNobodyTwiceInNinetyDays) {
  Practice practice;
  practice.asked();
  practice.advance_to(utc(2026, 6, 1, 9, 59));  // due at 11:59, asked at 12:00 ninety days ago
  practice.check_out("main.v-2");
  practice.advance(2h);
  EXPECT_EQ(practice.count<messages::SurveyAsked>(), 1u) << practice.timeline();
  EXPECT_EQ(practice.state_of(kSecond), SurveyState::kNotAsked);
  EXPECT_EQ(practice.because(kSecond), NotAskedBecause::kAskedLately);
}

TEST(SurveyAsking, AsksAgainOnceNinetyDaysHavePassed) {
  Practice practice;
  practice.asked();
  practice.advance_to(utc(2026, 6, 1, 10));
  practice.check_out("main.v-2");
  practice.advance(2h);
  EXPECT_EQ(practice.count<messages::SurveyAsked>(), 2u) << practice.timeline();
}

TEST(SurveyAsking, AsksOnceForTwoVisitsOfOneDay) {
  Practice practice;
  practice.check_out("main.v-1");
  practice.advance(30min);
  practice.check_out("main.v-2");
  practice.advance(24h);
  EXPECT_EQ(practice.count<messages::SurveyAsked>(), 1u);
  EXPECT_EQ(practice.because(kSecond), NotAskedBecause::kAskedLately);
}

TEST(SurveyAsking, CountsNinetyDaysFromTheLastTimeAskedNotFromATimeNotAsked) {
  Practice practice;
  practice.asked();
  practice.advance(60 * 24h);
  practice.check_out("main.v-2");
  practice.advance(31 * 24h);
  practice.check_out("main.v-3");
  practice.advance(2h);
  EXPECT_EQ(practice.count<messages::SurveyAsked>(), 2u) << practice.timeline();
}

TEST(SurveyAsking, AsksNobodyWithoutASecret) {
  Config config = settings();
  config.token_secret.clear();
  Practice practice(config);
  practice.check_out("main.v-1");
  practice.advance(2h);
  EXPECT_EQ(practice.count<messages::SurveyAsked>(), 0u);
  EXPECT_EQ(practice.because(kFirst), NotAskedBecause::kNoSecret);
}

class SurveyOfAPersonGone : public ::testing::TestWithParam<PersonStatus> {};

TEST_P(SurveyOfAPersonGone, IsGivenUpAtOnce) {
  Practice practice;
  practice.check_out("main.v-1");
  practice.person_is(GetParam());
  EXPECT_EQ(practice.state_of(kFirst), SurveyState::kNotAsked);
  EXPECT_EQ(practice.because(kFirst), NotAskedBecause::kPersonGone);
  EXPECT_TRUE(practice.timers().empty());
  practice.advance(24h);
  EXPECT_EQ(practice.count<messages::SurveyAsked>(), 0u);
}

TEST_P(SurveyOfAPersonGone, IsNotAskedWhenTheVisitIsCheckedOutLater) {
  Practice practice;
  practice.person_is(GetParam());
  practice.check_out("main.v-1");
  practice.advance(2h);
  EXPECT_EQ(practice.because(kFirst), NotAskedBecause::kPersonGone);
}

INSTANTIATE_TEST_SUITE_P(Every, SurveyOfAPersonGone, ::testing::Values(PersonStatus::kDeceased, PersonStatus::kMoved),
                         [](const auto& status) { return std::string(to_string(status.param)); });

TEST(SurveyAsking, StillAsksAPersonWhoBecameInactive) {
  Practice practice;
  practice.check_out("main.v-1");
  practice.person_is(PersonStatus::kInactive);
  practice.advance(2h);
  EXPECT_EQ(practice.count<messages::SurveyAsked>(), 1u);
}

TEST(SurveyAsking, AsksInThePersonsLanguage) {
  Practice practice;
  practice.person_is(PersonStatus::kPatient, "de-AT");
  practice.asked();
  const auto shown = practice.get<messages::SurveyView>(messages::GetSurvey{kFirst});
  EXPECT_EQ(shown.question, question(kQuestionVersion, "de"));
  EXPECT_NE(shown.question, question(kQuestionVersion, "en"));
}

TEST(SurveyAsking, FallsBackToEnglish) { EXPECT_EQ(question(kQuestionVersion, "xx"), question(kQuestionVersion, "en")); }

TEST(SurveyAsking, LearnsTheLanguageAtRegistrationToo) {
  Practice practice;
  messages::PersonRegistered event;
  event.person = kAna;
  event.profile.language = "pt";
  practice.handle(event);
  practice.asked();
  EXPECT_EQ(practice.get<messages::SurveyView>(messages::GetSurvey{kFirst}).question, question(kQuestionVersion, "pt"));
}

// ---- answering

TEST(SurveyAnswering, TellsEverybodyOnce) {
  Practice practice;
  const std::string token = practice.asked();
  ASSERT_TRUE(practice.answer(kFirst, 9, token).accepted()) << practice.timeline();
  const auto answered = *practice.last_event<messages::SurveyAnswered>();
  EXPECT_EQ(answered.person, kAna);
  EXPECT_EQ(answered.site, kMain);
  EXPECT_EQ(answered.appointment, AppointmentId("main.v-1"));
  EXPECT_EQ(answered.score, 9);
  EXPECT_EQ(answered.bucket, Bucket::kPositive);
  EXPECT_EQ(answered.text.reveal(), "all went well");
  EXPECT_EQ(answered.promise_kept, "yes");
  EXPECT_EQ(practice.state_of(kFirst), SurveyState::kAnswered);
}

TEST(SurveyAnswering, PutsScoresIntoThreeBuckets) {
  for (unsigned score = 0; score <= 10; ++score) {
    const Bucket expected = score >= 9 ? Bucket::kPositive : score >= 7 ? Bucket::kNeutral : Bucket::kNegative;
    EXPECT_EQ(bucket_of(score), expected) << score;
    Practice practice;
    practice.asked();
    practice.answer(kFirst, static_cast<std::uint8_t>(score));
    EXPECT_EQ(practice.last_event<messages::SurveyAnswered>()->bucket, expected) << score;
  }
}

TEST(SurveyAnswering, RefusesAnUnknownSurvey) {
  Practice practice;
  EXPECT_EQ(practice.answer(kFirst, 9).refusal(), FeedbackRefusal::kUnknownSurvey);
}

TEST(SurveyAnswering, RefusesASurveyThatStillWaits) {
  Practice practice;
  practice.check_out("main.v-1");
  EXPECT_EQ(practice.answer(kFirst, 9).refusal(), FeedbackRefusal::kNotAskedYet);
}

TEST(SurveyAnswering, RefusesASurveyThatWasNotAsked) {
  Practice practice;
  practice.check_out("main.v-1");
  practice.person_is(PersonStatus::kMoved);
  EXPECT_EQ(practice.answer(kFirst, 9).refusal(), FeedbackRefusal::kNotAskedYet);
}

TEST(SurveyAnswering, RefusesASecondAnswer) {
  Practice practice;
  practice.asked();
  practice.answer(kFirst, 3);
  EXPECT_EQ(practice.answer(kFirst, 10).refusal(), FeedbackRefusal::kAlreadyAnswered);
  EXPECT_EQ(practice.count<messages::SurveyAnswered>(), 1u);
  EXPECT_EQ(practice.get<messages::SurveyView>(messages::GetSurvey{kFirst}).score, 3);
}

TEST(SurveyAnswering, RefusesAScoreOverTen) {
  Practice practice;
  practice.asked();
  EXPECT_EQ(practice.answer(kFirst, 11).refusal(), FeedbackRefusal::kScoreOutOfRange);
  EXPECT_TRUE(practice.answer(kFirst, 10).accepted());
}

TEST(SurveyAnswering, RefusesAPromiseThatIsNeitherKeptNorBroken) {
  Practice practice;
  const std::string token = practice.asked();
  EXPECT_EQ(practice.answer(kFirst, 9, token, "maybe").refusal(), FeedbackRefusal::kPromiseUnclear);
  EXPECT_TRUE(practice.answer(kFirst, 9, token, "").accepted());
}

TEST(SurveyAnswering, RefusesAForgedLink) {
  Practice practice;
  const std::string token = practice.asked();
  std::string changed = token;
  changed.back() = changed.back() == '0' ? '1' : '0';
  for (const std::string& forged :
       {std::string(), changed, token.substr(0, token.size() - 1), token + "0", token_of(kSecond, "a secret of the tests"),
        token_of(kFirst, "another secret"), kFirst.text() + "." + token}) {
    EXPECT_EQ(practice.answer(kFirst, 9, forged).refusal(), FeedbackRefusal::kWrongToken) << forged.size();
  }
  EXPECT_EQ(practice.state_of(kFirst), SurveyState::kAsked);
}

TEST(SurveyAnswering, TellsAStrangerNothingAboutASurvey) {
  Practice practice;
  practice.asked();
  practice.answer(kFirst, 3);
  EXPECT_EQ(practice.answer(kFirst, 10, "guess").refusal(), FeedbackRefusal::kWrongToken) << "not already_answered";
}

TEST(SurveyAnswering, RefusesEverythingWhenTheSecretIsLost) {
  Practice practice;
  const std::string token = practice.asked();
  practice.config().token_secret.clear();
  EXPECT_EQ(practice.answer(kFirst, 9, token).refusal(), FeedbackRefusal::kWrongToken);
}

TEST(SurveyAnswering, TakesAnAnswerMonthsLater) {
  Practice practice;
  const std::string token = practice.asked();
  practice.advance(300 * 24h);
  EXPECT_TRUE(practice.answer(kFirst, 8, token).accepted());
}

// ---- tokens

TEST(SurveyToken, IsTheSameForTheSameSurveyAndSecret) {
  EXPECT_EQ(token_of(kFirst, "secret"), token_of(kFirst, "secret"));
  EXPECT_NE(token_of(kFirst, "secret"), token_of(kSecond, "secret"));
  EXPECT_NE(token_of(kFirst, "secret"), token_of(kFirst, "Secret"));
}

TEST(SurveyToken, IsHexSoThatALinkCanBeSplitAtItsLastDot) {
  const std::string token = token_of(kFirst, "secret");
  EXPECT_EQ(token.size(), 32u) << "128 bits";
  EXPECT_EQ(token.find_first_not_of("0123456789abcdef"), std::string::npos);
}

// ---- questions

TEST(SurveyView, ShowsTheSameReviewLinkWhateverTheScore) {
  for (unsigned score = 0; score <= 10; ++score) {
    Practice practice;
    practice.asked();
    EXPECT_EQ(practice.get<messages::SurveyView>(messages::GetSurvey{kFirst}).review_link, "https://reviews.example/us");
    practice.answer(kFirst, static_cast<std::uint8_t>(score));
    EXPECT_EQ(practice.get<messages::SurveyView>(messages::GetSurvey{kFirst}).review_link, "https://reviews.example/us") << score;
  }
}

TEST(SurveyView, RefusesAnUnknownSurvey) {
  const auto answered = Practice().ask(messages::GetSurvey{kFirst});
  ASSERT_FALSE(answered.has_value());
  EXPECT_EQ(answered.error().code, FeedbackRefusal::kUnknownSurvey);
}

TEST(SurveyList, ShowsEverySurveyOfAPersonOldestFirst) {
  Practice practice;
  for (int visit = 1; visit <= 11; ++visit) {
    practice.check_out("main.v-" + std::to_string(visit));
    practice.advance(100 * 24h);
  }
  const auto list = practice.get<messages::SurveyList>(messages::ListSurveys{kAna});
  ASSERT_EQ(list.surveys.size(), 11u);
  EXPECT_EQ(list.surveys.front().survey, kFirst);
  EXPECT_EQ(list.surveys.back().survey, SurveyId("p-ana.s-11"));
  EXPECT_TRUE(practice.get<messages::SurveyList>(messages::ListSurveys{PersonId("p-somebody-else")}).surveys.empty());
}

}  // namespace
}  // namespace bridgework::feedback
