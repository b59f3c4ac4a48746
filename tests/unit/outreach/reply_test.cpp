// What a yes is about: the link of a reminder, and the answer to one.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "outreach/inbound.hpp"
#include "outreach/links.hpp"
#include "tests/unit/outreach/practice.hpp"

namespace bridgework::outreach {
namespace {

/// The visits that an answer says yes to.
std::vector<std::string> replied(Practice& practice, std::string body, std::string from = kPhone) {
  practice.forget_events();
  practice.texts(std::move(body), std::move(from));
  std::vector<std::string> ids;
  for (const auto& told : practice.events<messages::VisitAffirmed>()) {
    EXPECT_EQ(told.person, kAna);
    EXPECT_EQ(told.site, kMain);
    ids.push_back(told.appointment.text());
  }
  return ids;
}

using Ids = std::vector<std::string>;

TEST(ReplyMeaning, AYesIsReadInManyWaysAndAQuestionIsNone) {
  for (const char* yes : {"yes", "Yes!", "JA", "ja, danke", "Yes, thank you!", "ok great", "👍", "👍🏽", "👍👍", "yes 👍", "✅", "✔️",
                          "sí", "I confirm"}) {
    EXPECT_EQ(meaning_of(yes), InboundMeaning::kYes) << yes;
  }
  for (const char* unclear : {"ok, can I come later", "yes but later", "I confirm?", "thank you", "👏", ""}) {
    EXPECT_EQ(meaning_of(unclear), InboundMeaning::kUnclear) << unclear;
  }
}

TEST(ReplyMeaning, ANoIsNeitherAnOptOutNorACancellation) {
  EXPECT_EQ(meaning_of("no"), InboundMeaning::kNo);
  EXPECT_EQ(meaning_of("👎"), InboundMeaning::kNo);
  for (const char* for_a_person : {"cancel my visit", "Please cancel my appointment", "no I can't come"})
    EXPECT_EQ(meaning_of(for_a_person), InboundMeaning::kUnclear) << for_a_person;
  for (const char* stop : {"stop 👍", "yes stop", "STOP", "cancel"}) EXPECT_EQ(meaning_of(stop), InboundMeaning::kStop) << stop;
}

TEST(Reply, ConfirmsTheVisitItsReminderWasAbout) {
  Practice practice;
  practice.books(local(2026, 3, 5, 9));
  EXPECT_EQ(replied(practice, "yes"), Ids{}) << "nothing has been asked yet";
  practice.pass_to(new_york(2026, 3, 4, 9, 30));
  ASSERT_EQ(practice.state_of(), MessageState::kSent);
  EXPECT_EQ(replied(practice, "👍"), Ids{kVisit.text()});
  EXPECT_EQ(replied(practice, "no"), Ids{});
  EXPECT_EQ(replied(practice, "cancel my visit"), Ids{});
  EXPECT_EQ(replied(practice, "yes", "+12125550199"), Ids{}) << "somebody else's phone";
}

TEST(Reply, AnswersForAllVisitsOfThatDayAndForNoOtherDay) {
  Practice practice;
  practice.books(local(2026, 3, 5, 9), AppointmentId("main.v-1"));
  practice.books(local(2026, 3, 5, 15), AppointmentId("main.v-2"));
  practice.books(local(2026, 3, 9, 9), AppointmentId("main.v-3"));
  practice.pass_to(new_york(2026, 3, 4, 9, 30));
  EXPECT_EQ(replied(practice, "yes"), (Ids{"main.v-1", "main.v-2"})) << "the reminder of the afternoon leaves later";
}

TEST(Reply, IsAboutNothingOnceTheVisitIsMovedCancelledOrOver) {
  Practice practice;
  practice.books(local(2026, 3, 5, 9), AppointmentId("main.v-1"));
  practice.books(local(2026, 3, 5, 15), AppointmentId("main.v-2"));
  practice.pass_to(new_york(2026, 3, 4, 16));
  ASSERT_EQ(replied(practice, "yes").size(), 2U);
  practice.visit<messages::AppointmentMoved>(local(2026, 3, 5, 9), AppointmentId("main.v-1"));
  EXPECT_EQ(replied(practice, "yes"), Ids{"main.v-2"});
  practice.pass_to(new_york(2026, 3, 5, 15));
  EXPECT_EQ(replied(practice, "yes"), Ids{}) << "it has begun";
}

TEST(Reply, AReminderReportedAfterItsVisitWasCancelledIsNotAnswered) {
  Practice practice;
  practice.reports_sends = false;
  practice.books(local(2026, 3, 5, 9));
  practice.pass_to(new_york(2026, 3, 4, 9, 30));
  practice.visit<messages::AppointmentCancelled>(local(2026, 3, 5, 9));
  practice.reports(practice.message(), MessageState::kSent);
  EXPECT_EQ(replied(practice, "yes"), Ids{});
}

TEST(Reply, IsToldWithTheMessageThatAskedAndTheWords) {
  Practice practice;
  for (int n = 1; n <= 5; ++n) practice.books(local(2026, 3, 5, 8 + n), AppointmentId("main.v-" + std::to_string(n)));
  practice.pass_to(new_york(2026, 3, 4, 9, 30));
  ASSERT_EQ(replied(practice, "yes please").size(), 5U);
  EXPECT_EQ(practice.events<messages::VisitAffirmed>()[0].message, practice.message());
  EXPECT_TRUE(practice.events<messages::VisitAffirmed>()[4].message.empty())
      << "one message holds four times: the fifth is not asked about yet";
  EXPECT_EQ(practice.last_event<messages::VisitAffirmed>()->words.reveal(), "yes please");
  EXPECT_EQ(replied(practice, "yes").size(), 5U) << "again, should they think again in between";
}

TEST(Reply, TakesInNoVisitOfThatDayThatHasMovedOrWasCancelled) {
  Practice practice;
  practice.books(local(2026, 3, 5, 9), AppointmentId("main.v-1"));
  for (const char* other : {"main.v-2", "main.v-3"}) practice.books(local(2026, 3, 5, 15), AppointmentId(other));
  practice.pass_to(new_york(2026, 3, 4, 9, 30));
  practice.visit<messages::AppointmentMoved>(local(2026, 3, 5, 15), AppointmentId("main.v-2"));
  practice.visit<messages::AppointmentCancelled>(local(2026, 3, 5, 15), AppointmentId("main.v-3"));
  EXPECT_EQ(replied(practice, "yes"), Ids{"main.v-1"});
}

TEST(ReminderLink, LeadsToItsVisitWithItsOwnSignatureOnly) {
  Practice practice;
  auto by_mail = ana();
  by_mail.preferred_channel = Channel::kEmail;
  practice.person_is(by_mail);
  practice.books(local(2026, 3, 5, 9));
  practice.pass_to(new_york(2026, 3, 4, 9, 30));
  const Config config = Practice::settings();
  const std::string token = visit_token(practice.message(), config);
  ASSERT_EQ(practice.sends().size(), 1U);
  EXPECT_NE(practice.sends()[0].body.reveal().find("https://care.example/v/p-ana.m-1." + token), std::string::npos);
  const auto ask = [&](const std::string& message, const std::string& given) {
    return practice.ask(messages::GetLinkedVisit{MessageId(message), Phi<std::string>(given)});
  };
  const auto linked = ask("p-ana.m-1", token);
  ASSERT_TRUE(linked);
  EXPECT_EQ(std::get<messages::LinkedVisit>(*linked).appointment, kVisit);
  EXPECT_FALSE(ask("p-ana.m-2", token)) << "another message";
  EXPECT_FALSE(ask("p-ana.m-1", token.substr(1) + "0"));
  EXPECT_FALSE(ask("p-ana.m-1", unsubscribe_token(practice.message(), config))) << "one link does not open what the other does";
  EXPECT_FALSE(is_unsubscribe_token(practice.message(), token, config));
  EXPECT_EQ(ask("p-ana.m-1", "x").error().code, messages::OutreachRefusal::kWrongToken);
}

TEST(ReminderLink, IsThereForRemindersOnly) {
  Practice practice;
  practice.enquires();
  EXPECT_FALSE(
      practice.ask(messages::GetLinkedVisit{practice.message(), Phi<std::string>(visit_token(practice.message(), Practice::settings()))}));
}

}  // namespace
}  // namespace bridgework::outreach
