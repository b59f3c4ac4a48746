// Which answers put a visit to come in question: a no, what nobody understands, and CANCEL.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "outreach/inbound.hpp"
#include "tests/unit/outreach/practice.hpp"

namespace bridgework::outreach {
namespace {

using messages::VisitDoubt;
using messages::VisitQuestioned;

/// What an answer put in question: "p-ana main.v-1 no".
std::vector<std::string> answers(Practice& practice, std::string body, std::string from = kPhone) {
  practice.forget_events();
  practice.texts(std::move(body), std::move(from));
  std::vector<std::string> found;
  for (const auto& told : practice.events<VisitQuestioned>()) {
    found.push_back(told.person.text() + " " + told.appointment.text() + " " + std::string(to_string(told.doubt)));
  }
  return found;
}

void asks_about_one_visit(Practice& practice) {
  practice.books(local(2026, 3, 5, 9));
  practice.pass_to(new_york(2026, 3, 4, 9, 30));
  ASSERT_EQ(practice.state_of(), MessageState::kSent);
}

using Doubts = std::vector<std::string>;

TEST(VisitInQuestion, ANoToAReminderIsAboutItsVisit) {
  Practice practice;
  asks_about_one_visit(practice);
  EXPECT_EQ(answers(practice, "no"), Doubts{"p-ana main.v-1 no"});
}

TEST(VisitInQuestion, AnAnswerThatNobodyUnderstandsIsReadByAPerson) {
  Practice practice;
  asks_about_one_visit(practice);
  EXPECT_EQ(answers(practice, "is there parking?"), Doubts{"p-ana main.v-1 unclear"});
}

TEST(VisitInQuestion, CancelIsAnOptOutAndPutsTheVisitInQuestion) {
  Practice practice;
  asks_about_one_visit(practice);
  EXPECT_EQ(answers(practice, "CANCEL"), Doubts{"p-ana main.v-1 cancel"});
  EXPECT_NE(practice.record<SuppressionRecord>(kPhone), nullptr);
}

TEST(VisitInQuestion, OtherWordsThatOptOutSayNothingAboutTheVisit) {
  Practice practice;
  asks_about_one_visit(practice);
  for (const char* stop : {"STOP", "end", "quit", "unsubscribe", "stop texting me"}) EXPECT_EQ(answers(practice, stop), Doubts{}) << stop;
}

TEST(VisitInQuestion, CancelNeedsNoQuestionAndIsThenAboutTheNextVisit) {
  Practice practice;
  practice.books(local(2026, 3, 20, 9));
  EXPECT_EQ(answers(practice, "Cancel please"), Doubts{"p-ana  cancel"});
  EXPECT_EQ(answers(practice, "I need to cancel my appointment"), Doubts{"p-ana  unclear"});
  EXPECT_EQ(answers(practice, "no"), Doubts{}) << "nothing was asked";
  EXPECT_EQ(answers(practice, "hello?"), Doubts{});
  EXPECT_EQ(answers(practice, "cancel", "+12125550199"), Doubts{}) << "somebody else's phone";
}

TEST(VisitInQuestion, IsNoneAfterAYesUnlessTheyThinkAgain) {
  Practice practice;
  asks_about_one_visit(practice);
  EXPECT_EQ(answers(practice, "yes"), Doubts{});
  EXPECT_EQ(answers(practice, "see you all then"), Doubts{});
  EXPECT_EQ(answers(practice, "sorry, have to cancel it"), Doubts{"p-ana main.v-1 unclear"});
  EXPECT_EQ(answers(practice, "no"), Doubts{"p-ana main.v-1 no"});
}

TEST(VisitInQuestion, IsNoneOnceTheVisitHasMovedOrBegun) {
  Practice practice;
  asks_about_one_visit(practice);
  practice.visit<messages::AppointmentMoved>(local(2026, 3, 5, 9));
  EXPECT_EQ(answers(practice, "no"), Doubts{});
  practice.books(local(2026, 3, 6, 9), AppointmentId("main.v-2"));
  practice.pass_to(new_york(2026, 3, 6, 9));
  EXPECT_EQ(answers(practice, "no"), Doubts{});
}

TEST(VisitInQuestion, AreAllOfTheDayThatTheNewestReminderWasAbout) {
  Practice practice;
  practice.books(local(2026, 3, 5, 15), AppointmentId("main.v-1"));
  practice.books(local(2026, 3, 6, 9), AppointmentId("main.v-2"));
  practice.books(local(2026, 3, 6, 10), AppointmentId("main.v-3"));
  practice.pass_to(new_york(2026, 3, 4, 15, 30));
  EXPECT_EQ(answers(practice, "no"), Doubts{"p-ana main.v-1 no"});
  practice.pass_to(new_york(2026, 3, 5, 8, 30));
  EXPECT_EQ(answers(practice, "no"), Doubts{"p-ana main.v-1 no"});
  practice.pass_to(new_york(2026, 3, 5, 10));
  EXPECT_EQ(answers(practice, "no"), (Doubts{"p-ana main.v-2 no", "p-ana main.v-3 no"}));
}

TEST(VisitInQuestion, ANoToANewerOfferIsNotAboutTheVisit) {
  Practice practice;
  asks_about_one_visit(practice);
  messages::SlotOffered offered;
  offered.person = kAna;
  offered.site = kMain;
  offered.offer = OfferId("main.o-1");
  offered.visit.local_start = local(2026, 3, 4, 15);
  offered.visit.start = new_york(2026, 3, 4, 15);
  offered.visit.zone = std::string(kNewYork);
  offered.expires = new_york(2026, 3, 4, 14);
  practice.handle(offered);
  practice.settle();
  EXPECT_EQ(answers(practice, "no"), Doubts{}) << "that was the offer";
  EXPECT_EQ(answers(practice, "no"), Doubts{"p-ana main.v-1 no"});
}

TEST(VisitInQuestion, IsAskedOfWhoeverHasTheNumberNow) {
  Practice practice;
  practice.books(local(2026, 3, 20, 9));
  auto moved_on = ana();
  moved_on.contact_points[0].value = Phi<std::string>("+12125550177");
  practice.person_is(moved_on);
  EXPECT_EQ(answers(practice, "cancel", "+12125550177"), Doubts{"p-ana  cancel"});
  EXPECT_EQ(answers(practice, "cancel"), Doubts{}) << "it is not hers any more";
}

TEST(VisitInQuestion, CarriesWhatWasWritten) {
  Practice practice;
  asks_about_one_visit(practice);
  messages::InboundMessageReceived heard;
  heard.contact = Phi<std::string>(kPhone);
  heard.body = Phi<std::string>("can I come later");
  const auto& outcome = practice.handle(heard);
  ASSERT_NE(outcome.event<VisitQuestioned>(), nullptr);
  EXPECT_EQ(outcome.event<VisitQuestioned>()->words.reveal(), "can I come later");
  EXPECT_EQ(outcome.event<VisitQuestioned>()->site, kMain);
}

}  // namespace
}  // namespace bridgework::outreach
