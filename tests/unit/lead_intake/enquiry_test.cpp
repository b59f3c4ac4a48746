#include <gtest/gtest.h>

#include "tests/unit/lead_intake/desk.hpp"

namespace bridgework::lead_intake {
namespace {

using messages::CallOutcome;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(LeadIntakeEnquiry, OfAStrangerMakesAPerson) {
  Desk desk;
  const auto& outcome = desk.handle(desk.enquiry("p-1.e-1"));
  const auto view = outcome.reply<messages::LeadView>();
  EXPECT_EQ(view.state, LeadState::kFresh);
  EXPECT_EQ(view.person, PersonId("p-1"));
  EXPECT_EQ(view.received_at, desk.now());
  ASSERT_EQ(outcome.events.size(), 2u);
  const auto& person = std::get<messages::PersonRegistered>(outcome.events[0]);
  EXPECT_EQ(person.profile.home_site, SiteId("main")) << "at home where they asked";
  EXPECT_EQ(person.profile.zone, "America/Chicago");
  const auto& received = std::get<messages::EnquiryReceived>(outcome.events[1]);
  EXPECT_EQ(received.campaign, CampaignId("c-1"));
  EXPECT_EQ(received.text.reveal(), "It hurts");
  EXPECT_EQ(received.received_at, desk.now());
}

TEST(LeadIntakeEnquiry, OfAKnownPersonKeepsTheirProfileAndAddsNewContactPoints) {
  Desk desk;
  auto ana = profile({phone("202 555 0143")}, "north", "Europe/Berlin");
  ana.family_name = Phi<std::string>("Lopez");
  desk.handle(messages::RegisterPerson{.person = PersonId("p-1"), .profile = ana});
  desk.forget_events();
  const auto& outcome = desk.handle(desk.enquiry("p-1.e-1", profile({phone("+1 202 555 0143"), email("ana@example.org")})));
  EXPECT_EQ(desk.count<messages::PersonRegistered>(), 0u);
  const auto* changed = outcome.event<messages::PersonChanged>();
  ASSERT_NE(changed, nullptr);
  EXPECT_EQ(changed->profile.contact_points.size(), 2u);
  EXPECT_EQ(changed->profile.family_name.reveal(), "Lopez");
  EXPECT_EQ(changed->profile.zone, "Europe/Berlin");
  EXPECT_EQ(changed->profile.home_site, SiteId("north"));
  EXPECT_TRUE(desk.index_has("contact/ana@example.org", "p-1"));
}

TEST(LeadIntakeEnquiry, OfAKnownPersonWithNothingNewChangesNobody) {
  Desk desk;
  desk.handle(desk.enquiry("p-1.e-1"));
  const auto& outcome = desk.handle(desk.enquiry("p-1.e-2"));
  ASSERT_EQ(outcome.events.size(), 1u);
  EXPECT_TRUE(std::holds_alternative<messages::EnquiryReceived>(outcome.events[0]));
  EXPECT_EQ(desk.get<messages::PersonView>(messages::GetPerson{.person = PersonId("p-1")}).enquiries,
            (std::vector{EnquiryId("p-1.e-1"), EnquiryId("p-1.e-2")}));
}

TEST(LeadIntakeEnquiry, NeverMakesAPersonTooLargeToRead) {
  Desk desk;
  for (int i = 0; i < 600; ++i) {
    const std::string n = std::to_string(i);
    desk.handle(desk.enquiry("p-1.e-" + n, profile({email("a" + n + "@example.org")})));
  }
  const auto* person = desk.record<PersonRecord>("p-1");
  EXPECT_EQ(person->profile.contact_points.size(), 16u);
  EXPECT_EQ(person->profile.contact_points[0].value.reveal(), "a0@example.org") << "what was known first stays";
  EXPECT_EQ(person->enquiries.size(), 500u);
  EXPECT_EQ(person->enquiries.back(), EnquiryId("p-1.e-599"));
  EXPECT_TRUE(desk.index_has("contact/a15@example.org", "p-1"));
  EXPECT_FALSE(desk.index_has("contact/a16@example.org", "p-1"));
}

TEST(LeadIntakeEnquiry, OfSomebodyNotToBeContactedWaitsForReview) {
  Desk desk;
  auto gone = profile();
  gone.status = messages::PersonStatus::kMoved;
  desk.handle(messages::RegisterPerson{.person = PersonId("p-1"), .profile = gone});
  EXPECT_EQ(desk.handle(desk.enquiry("p-1.e-1")).reply<messages::LeadView>().state, LeadState::kNeedsReview);
  EXPECT_EQ(desk.last_event<messages::EnquiryAdvanced>()->to, LeadState::kNeedsReview);
  desk.call("p-1.e-1", CallOutcome::kNotBooked);
  EXPECT_EQ(desk.state_of("p-1.e-1"), LeadState::kNeedsReview) << "a call does not end the review";
}

TEST(LeadIntakeEnquiry, LikelyMatchesAreNamedAndNeverMerged) {
  Desk desk;
  desk.handle(desk.enquiry("p-1.e-1", profile({phone("202 555 0143"), email("ana@example.org")})));
  desk.handle(desk.enquiry("p-2.e-1", profile({email("ANA@example.org")})));
  desk.handle(desk.enquiry("p-3.e-1", profile({phone("(202) 555-0143")})));
  desk.handle(desk.enquiry("p-4.e-1", profile({phone("202 555 0199"), phone("no idea")})));
  desk.handle(desk.enquiry("p-5.e-1", profile({phone("no idea")})));
  EXPECT_EQ(desk.lead("p-1.e-1").candidates, (std::vector{PersonId("p-2"), PersonId("p-3")}));
  EXPECT_EQ(desk.lead("p-2.e-1").candidates, std::vector{PersonId("p-1")});
  EXPECT_TRUE(desk.lead("p-4.e-1").candidates.empty()) << "what does not parse matches nobody";
  EXPECT_EQ(desk.count<messages::PersonRegistered>(), 5u);
}

TEST(LeadIntakeEnquiry, IsRefusedWithAnIdThatIsNotThePersons) {
  Desk desk;
  auto command = desk.enquiry("p-1.e-1");
  for (const char* id : {"p-2.e-1", "p-1", "p-1.", ""}) {
    command.enquiry = EnquiryId(id);
    EXPECT_EQ(desk.handle(command).refusal(), No::kInvalidId) << id;
  }
  command = desk.enquiry("p-1.e-1");
  command.person = PersonId("p-1.e-1");
  EXPECT_EQ(desk.handle(command).refusal(), No::kInvalidId);
}

TEST(LeadIntakeEnquiry, IsRefusedTwiceAndInNoZone) {
  Desk desk;
  EXPECT_EQ(desk.handle(desk.enquiry("p-1.e-1", profile({}, "main", "Mars/Olympus"))).refusal(), No::kInvalidZone);
  desk.handle(desk.enquiry("p-1.e-1"));
  EXPECT_EQ(desk.handle(desk.enquiry("p-1.e-1")).refusal(), No::kAlreadyExists);
}

TEST(LeadIntakeEnquiry, UnknownOneIsRefused) {
  Desk desk;
  EXPECT_EQ(desk.claim("p-1.e-9", "desk-1").refusal(), No::kUnknownEnquiry);
  EXPECT_EQ(desk.call("p-1.e-9", CallOutcome::kBooked).refusal(), No::kUnknownEnquiry);
  EXPECT_EQ(desk.close("p-1.e-9").refusal(), No::kUnknownEnquiry);
  EXPECT_EQ(desk.ask(messages::GetLead{.enquiry = EnquiryId("p-1.e-9")}).error().code, No::kUnknownEnquiry);
}

TEST(LeadIntakeAcknowledgement, IsToldWithTheTimeItTook) {
  Desk desk;
  desk.handle(desk.enquiry("p-1.e-1"));
  desk.advance(seconds(42));
  desk.sent("p-1.e-1");
  const auto* told = desk.last_event<messages::EnquiryAcknowledged>();
  ASSERT_NE(told, nullptr);
  EXPECT_EQ(told->waited_seconds, 42u);
  EXPECT_EQ(told->enquiry, EnquiryId("p-1.e-1"));
  EXPECT_EQ(desk.state_of("p-1.e-1"), LeadState::kAcknowledged);
  desk.sent("p-1.e-1");
  EXPECT_EQ(desk.count<messages::EnquiryAcknowledged>(), 1u) << "once";
}

TEST(LeadIntakeAcknowledgement, AfterTheFirstConversationDoesNotTurnBackTheState) {
  Desk desk;
  desk.handle(desk.enquiry("p-1.e-1"));
  desk.call("p-1.e-1", CallOutcome::kNotBooked);
  desk.sent("p-1.e-1");
  EXPECT_EQ(desk.count<messages::EnquiryAcknowledged>(), 1u);
  EXPECT_EQ(desk.state_of("p-1.e-1"), LeadState::kContacted);
}

TEST(LeadIntakeAcknowledgement, OtherMessagesAreNone) {
  Desk desk;
  desk.handle(desk.enquiry("p-1.e-1"));
  desk.sent("p-1.e-1", "recall");
  desk.sent("p-1.e-9");
  EXPECT_EQ(desk.count<messages::EnquiryAcknowledged>(), 0u);
}

TEST(LeadIntakeClaim, IsALeaseThatNobodyElseCanTake) {
  Desk desk;
  desk.handle(desk.enquiry("p-1.e-1"));
  const auto view = desk.claim("p-1.e-1", "desk-1", 15).reply<messages::LeadView>();
  EXPECT_EQ(view.claimed_by, "desk-1");
  EXPECT_EQ(view.claimed_until, utc(2026, 1, 5, 15, 15));
  EXPECT_EQ(desk.last_event<messages::LeadClaimed>()->until, utc(2026, 1, 5, 15, 15));
  desk.advance(minutes(14));
  EXPECT_EQ(desk.claim("p-1.e-1", "desk-2").refusal(), No::kAlreadyClaimed);
  EXPECT_EQ(desk.last().detail(), "claimed by desk-1 until 2026-01-05T15:15:00Z");
}

TEST(LeadIntakeClaim, EndsByItself) {
  Desk desk;
  desk.handle(desk.enquiry("p-1.e-1"));
  desk.claim("p-1.e-1", "desk-1", 15);
  desk.advance(minutes(15));
  EXPECT_EQ(desk.claim("p-1.e-1", "desk-2").reply<messages::LeadView>().claimed_by, "desk-2");
}

TEST(LeadIntakeClaim, OnesOwnIsExtendedAndNeverShortened) {
  Desk desk;
  desk.handle(desk.enquiry("p-1.e-1"));
  desk.claim("p-1.e-1", "desk-1", 15);
  desk.advance(minutes(10));
  EXPECT_EQ(desk.claim("p-1.e-1", "desk-1", 15).reply<messages::LeadView>().claimed_until, utc(2026, 1, 5, 15, 25));
  EXPECT_EQ(desk.claim("p-1.e-1", "desk-1", 1).reply<messages::LeadView>().claimed_until, utc(2026, 1, 5, 15, 25));
}

TEST(LeadIntakeCall, FirstConversationNotTheFirstRingStopsTheClock) {
  struct Case {
    CallOutcome outcome;
    bool conversation;
  };
  const std::vector<Case> table = {{CallOutcome::kBooked, true},     {CallOutcome::kNotBooked, true}, {CallOutcome::kNotConnected, false},
                                   {CallOutcome::kVoicemail, false}, {CallOutcome::kMissed, false},   {CallOutcome::kAbandoned, false}};
  ASSERT_EQ(table.size(), messages::kAllCallOutcome.size());
  for (const Case& c : table) {
    Desk desk;
    desk.handle(desk.enquiry("p-1.e-1"));
    desk.advance(minutes(7));
    desk.call("p-1.e-1", c.outcome);
    EXPECT_EQ(desk.count<messages::CallRecorded>(), 1u) << to_string(c.outcome);
    EXPECT_EQ(desk.count<messages::EnquiryContacted>(), c.conversation ? 1u : 0u) << to_string(c.outcome);
    EXPECT_EQ(desk.state_of("p-1.e-1"), c.conversation ? LeadState::kContacted : LeadState::kFresh) << to_string(c.outcome);
  }
}

TEST(LeadIntakeCall, OnlyTheFirstConversationCounts) {
  Desk desk;
  desk.handle(desk.enquiry("p-1.e-1"));
  desk.advance(minutes(2));
  desk.call("p-1.e-1", CallOutcome::kVoicemail);
  desk.advance(minutes(5));
  desk.call("p-1.e-1", CallOutcome::kNotBooked);
  desk.advance(minutes(60));
  desk.call("p-1.e-1", CallOutcome::kBooked);
  EXPECT_EQ(desk.count<messages::CallRecorded>(), 3u);
  ASSERT_EQ(desk.count<messages::EnquiryContacted>(), 1u);
  EXPECT_EQ(desk.last_event<messages::EnquiryContacted>()->waited_seconds, 420u);
  EXPECT_EQ(desk.last_event<messages::EnquiryContacted>()->by, "desk-1");
  EXPECT_EQ(desk.last_event<messages::EnquiryContacted>()->campaign, CampaignId("c-1"));
}

TEST(LeadIntakeAdvance, FollowsTheVisitFromBookedToKept) {
  Desk desk;
  desk.handle(desk.enquiry("p-1.e-1"));
  desk.visit_booked("p-1", "main.v-1");
  const auto booked = *desk.last_event<messages::EnquiryAdvanced>();
  EXPECT_EQ(booked.from, LeadState::kFresh);
  EXPECT_EQ(booked.to, LeadState::kBooked);
  EXPECT_EQ(booked.appointment, AppointmentId("main.v-1"));
  EXPECT_EQ(booked.campaign, CampaignId("c-1"));
  desk.visit_completed("p-1", "main.v-1");
  EXPECT_EQ(desk.last_event<messages::EnquiryAdvanced>()->to, LeadState::kKept);
  EXPECT_EQ(desk.last_event<messages::PersonChanged>()->profile.status, messages::PersonStatus::kPatient) << "a prospect no more";
  desk.visit_completed("p-1", "main.v-1");
  EXPECT_EQ(desk.count<messages::EnquiryAdvanced>(), 2u);
  EXPECT_EQ(desk.count<messages::PersonChanged>(), 1u);
}

TEST(LeadIntakeAdvance, TakesTheNewestOpenEnquiry) {
  Desk desk;
  desk.handle(desk.enquiry("p-1.e-1"));
  desk.handle(desk.enquiry("p-1.e-2"));
  desk.handle(desk.enquiry("p-1.e-3"));
  desk.close("p-1.e-3");
  desk.visit_booked("p-1", "main.v-1");
  EXPECT_EQ(desk.state_of("p-1.e-1"), LeadState::kFresh);
  EXPECT_EQ(desk.state_of("p-1.e-2"), LeadState::kBooked);
  EXPECT_EQ(desk.state_of("p-1.e-3"), LeadState::kLost);
}

TEST(LeadIntakeAdvance, KeepsTheEnquiryThatLedToTheVisit) {
  Desk desk;
  desk.handle(desk.enquiry("p-1.e-1"));
  desk.visit_booked("p-1", "main.v-1");
  desk.handle(desk.enquiry("p-1.e-2"));
  desk.visit_booked("p-1", "main.v-2");
  desk.visit_completed("p-1", "main.v-1");
  EXPECT_EQ(desk.state_of("p-1.e-1"), LeadState::kKept);
  EXPECT_EQ(desk.state_of("p-1.e-2"), LeadState::kBooked);
}

TEST(LeadIntakeAdvance, MovedVisitTakesItsEnquiryAlong) {
  Desk desk;
  desk.handle(desk.enquiry("p-1.e-1"));
  desk.visit_booked("p-1", "main.v-1");
  desk.handle(desk.enquiry("p-1.e-2"));
  desk.visit_booked("p-1", "main.v-2", "main.v-1");
  EXPECT_EQ(desk.state_of("p-1.e-2"), LeadState::kFresh) << "a moved visit is no answer to a new question";
  desk.visit_completed("p-1", "main.v-2");
  EXPECT_EQ(desk.state_of("p-1.e-1"), LeadState::kKept);
  EXPECT_EQ(desk.count<messages::EnquiryAdvanced>(), 2u);
}

TEST(LeadIntakeAdvance, AnotherVisitAfterACancelledOneKeepsItToo) {
  Desk desk;
  desk.handle(desk.enquiry("p-1.e-1"));
  desk.visit_booked("p-1", "main.v-1");
  desk.visit_booked("p-1", "main.v-2");
  desk.visit_completed("p-1", "main.v-2");
  EXPECT_EQ(desk.state_of("p-1.e-1"), LeadState::kKept);
}

TEST(LeadIntakeAdvance, VisitsOfStrangersMeanNothingHere) {
  Desk desk;
  desk.visit_booked("p-9", "main.v-1");
  desk.visit_completed("p-9", "main.v-1");
  EXPECT_TRUE(desk.all_events().empty());
}

TEST(LeadIntakeClose, IsLostWithTheReason) {
  Desk desk;
  desk.handle(desk.enquiry("p-1.e-1"));
  EXPECT_EQ(desk.close("p-1.e-1", "too far").reply<messages::LeadView>().state, LeadState::kLost);
  EXPECT_EQ(desk.last_event<messages::EnquiryAdvanced>()->reason, "too far");
}

TEST(LeadIntakeTransition, WhatIsOverIsRefused) {
  const auto bring = [](Desk& desk, LeadState state) {
    desk.handle(desk.enquiry("p-1.e-1"));
    if (state == LeadState::kLost) desk.close("p-1.e-1");
    if (state == LeadState::kBooked || state == LeadState::kKept) desk.visit_booked("p-1", "main.v-1");
    if (state == LeadState::kKept) desk.visit_completed("p-1", "main.v-1");
  };
  struct Case {
    LeadState state;
    bool possible;
  };
  for (const Case& c :
       {Case{LeadState::kFresh, true}, Case{LeadState::kBooked, true}, Case{LeadState::kKept, false}, Case{LeadState::kLost, false}}) {
    const auto expected = c.possible ? std::nullopt : std::optional(No::kIllegalTransition);
    Desk desk;
    bring(desk, c.state);
    ASSERT_EQ(desk.state_of("p-1.e-1"), c.state);
    EXPECT_EQ(desk.claim("p-1.e-1", "desk-1").refusal(), expected) << to_string(c.state);
    EXPECT_EQ(desk.call("p-1.e-1", CallOutcome::kVoicemail).refusal(), expected) << to_string(c.state);
    EXPECT_EQ(desk.close("p-1.e-1").refusal(), expected) << to_string(c.state);
  }
}

}  // namespace
}  // namespace bridgework::lead_intake
