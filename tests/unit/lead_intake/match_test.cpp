// Enquiries that may be a patient's, people who sent others, and what an enquiry has led to.

#include <gtest/gtest.h>

#include "tests/unit/lead_intake/desk.hpp"

namespace bridgework::lead_intake {
namespace {

/// A patient p-1 with a phone.
class Practice : public Desk {
 public:
  Practice() {
    auto ana = profile({phone("202 555 0143")}, "main");
    ana.status = messages::PersonStatus::kPatient;
    handle(messages::RegisterPerson{.person = PersonId("p-1"), .profile = ana});
    forget_events();
  }
};

TEST(LeadIntakeMatch, BecomesANoteOnThePatientAndNobodyIsMerged) {
  Practice desk;
  desk.handle(desk.enquiry("p-2.e-1", profile({phone("+1 202-555-0143")})));
  ASSERT_EQ(desk.count<messages::EnquiryMatched>(), 1u);
  const auto* told = desk.last_event<messages::EnquiryMatched>();
  EXPECT_EQ(told->person, PersonId("p-1"));
  EXPECT_EQ(told->enquirer, PersonId("p-2"));
  EXPECT_EQ(told->enquiry, EnquiryId("p-2.e-1"));
  EXPECT_FALSE(told->unfinished_care);
  EXPECT_EQ(desk.last_event<messages::EnquiryReceived>()->campaign, CampaignId("c-1")) << "it counts for its campaign";
  EXPECT_EQ(desk.state_of("p-2.e-1"), LeadState::kFresh);
  const auto view = desk.get<messages::DeskView>(messages::GetDesk{.person = PersonId("p-1")});
  ASSERT_EQ(view.persons.front().matches.size(), 1u);
  EXPECT_EQ(view.persons.front().matches.front().enquirer, PersonId("p-2"));
  EXPECT_TRUE(view.persons.front().enquiries.empty()) << "it stays the other one's enquiry";
}

TEST(LeadIntakeMatch, SaysWhetherThePatientHasUnfinishedCare) {
  Practice desk;
  desk.handle(messages::GapOpened{.person = PersonId("p-1"), .gap = GapId("p-1.g-1"), .kind = messages::GapKind::kUnfinished});
  desk.handle(desk.enquiry("p-2.e-1", profile({phone("202 555 0143")})));
  EXPECT_TRUE(desk.last_event<messages::EnquiryMatched>()->unfinished_care);
  desk.handle(messages::GapChanged{.person = PersonId("p-1"), .gap = GapId("p-1.g-1"), .to = messages::Cover::kClosed});
  desk.handle(desk.enquiry("p-3.e-1", profile({phone("202 555 0143")})));
  EXPECT_FALSE(desk.last_event<messages::EnquiryMatched>()->unfinished_care);
}

TEST(LeadIntakeMatch, OfThePatientsOwnEnquiryIsANoteToo) {
  Practice desk;
  desk.handle(desk.enquiry("p-1.e-1", profile({phone("202 555 0143"), email("new@example.org")})));
  ASSERT_EQ(desk.count<messages::EnquiryMatched>(), 1u);
  EXPECT_EQ(desk.record<PersonRecord>("p-1")->matches.size(), 1u);
  EXPECT_TRUE(desk.index_has("contact/new@example.org", "p-1"));
}

TEST(LeadIntakeMatch, IsOfPatientsOnlyAndByContactPointsThatParse) {
  Practice desk;
  desk.handle(desk.enquiry("p-2.e-1", profile({phone("202 555 0199"), phone("no idea")})));
  desk.handle(desk.enquiry("p-3.e-1", profile({phone("202 555 0199"), phone("no idea")})));
  EXPECT_EQ(desk.count<messages::EnquiryMatched>(), 0u) << "two prospects are candidates, not a match";
}

TEST(LeadIntakeMatch, FollowsChangedContactPoints) {
  Practice desk;
  auto moved = profile({phone("202 555 0150")}, "main");
  moved.status = messages::PersonStatus::kPatient;
  desk.change("p-1", moved);
  desk.handle(desk.enquiry("p-2.e-1", profile({phone("202 555 0143")})));
  EXPECT_EQ(desk.count<messages::EnquiryMatched>(), 0u);
  EXPECT_EQ(desk.record<ContactRecord>("+12025550143")->persons, std::vector{PersonId("p-2")});
  desk.handle(desk.enquiry("p-3.e-1", profile({phone("202 555 0150")})));
  EXPECT_EQ(desk.count<messages::EnquiryMatched>(), 1u);
}

TEST(LeadIntakeMatch, KeepsTheNewestFiftyNotes) {
  Practice desk;
  for (int i = 0; i < 60; ++i) desk.handle(desk.enquiry("p-1.e-" + std::to_string(i), profile()));
  EXPECT_EQ(desk.record<PersonRecord>("p-1")->matches.size(), 50u);
  EXPECT_EQ(desk.record<PersonRecord>("p-1")->matches.back().enquiry, EnquiryId("p-1.e-59"));
}

TEST(LeadIntakeReferral, IsThankedOnceTheReferredPersonHasCome) {
  Practice desk;
  auto command = desk.enquiry("p-2.e-1");
  command.source = messages::LeadSource::kReferral;
  command.referrer = PersonId("p-1");
  desk.handle(command);
  EXPECT_EQ(desk.last_event<messages::EnquiryReceived>()->referrer, PersonId("p-1"));
  desk.visit_booked("p-2", "main.v-1");
  EXPECT_EQ(desk.count<messages::ReferralKept>(), 0u) << "not before they came";
  desk.visit_completed("p-2", "main.v-1");
  ASSERT_EQ(desk.count<messages::ReferralKept>(), 1u);
  EXPECT_EQ(desk.last_event<messages::ReferralKept>()->person, PersonId("p-1"));
  EXPECT_EQ(desk.last_event<messages::ReferralKept>()->referred, PersonId("p-2"));
  desk.visit_booked("p-2", "main.v-2");
  desk.visit_completed("p-2", "main.v-2");
  EXPECT_EQ(desk.count<messages::ReferralKept>(), 1u);
}

TEST(LeadIntakeReferral, OfOneselfIsRefused) {
  Practice desk;
  auto command = desk.enquiry("p-2.e-1");
  command.referrer = PersonId("p-2");
  EXPECT_EQ(desk.handle(command).refusal(), No::kInvalidReferrer);
  command.referrer = PersonId("p.1");
  EXPECT_EQ(desk.handle(command).refusal(), No::kInvalidReferrer);
}

TEST(LeadIntakeAttribution, KnowsFirstAndLastTouch) {
  Desk desk;
  desk.handle(messages::CreateCampaign{.campaign = CampaignId("c-2"), .name = "Autumn"});
  desk.handle(desk.enquiry("p-1.e-1"));
  auto second = desk.enquiry("p-1.e-2");
  second.campaign = CampaignId("c-2");
  desk.handle(second);
  auto third = desk.enquiry("p-1.e-3");
  third.campaign = {};
  desk.handle(third);
  desk.visit_booked("p-1", "main.v-1");
  const auto* told = desk.last_event<messages::EnquiryAdvanced>();
  EXPECT_EQ(told->enquiry, EnquiryId("p-1.e-3"));
  EXPECT_EQ(told->first_touch, CampaignId("c-1"));
  EXPECT_EQ(told->last_touch, CampaignId("c-2")) << "the newest that names one";
  const auto person = desk.get<messages::PersonView>(messages::GetPerson{.person = PersonId("p-1")});
  EXPECT_EQ(person.first_touch, CampaignId("c-1"));
  EXPECT_EQ(person.last_touch, CampaignId("c-2"));
}

TEST(LeadIntakeProduced, IsAnEnquiryWhosePersonHadTreatmentCompleted) {
  Desk desk;
  desk.handle(desk.enquiry("p-1.e-1"));
  const messages::ItemDecided done{.person = PersonId("p-1"), .fee_minor = 12000, .to = messages::ItemState::kCompleted};
  desk.handle(done);
  EXPECT_EQ(desk.state_of("p-1.e-1"), LeadState::kFresh) << "nothing was won yet";
  desk.visit_booked("p-1", "main.v-1");
  desk.visit_completed("p-1", "main.v-1");
  desk.handle(messages::ItemDecided{.person = PersonId("p-1"), .fee_minor = 12000, .to = messages::ItemState::kAccepted});
  EXPECT_EQ(desk.state_of("p-1.e-1"), LeadState::kKept);
  desk.handle(done);
  EXPECT_EQ(desk.state_of("p-1.e-1"), LeadState::kProduced);
  EXPECT_EQ(desk.last_event<messages::EnquiryProduced>()->fee_minor, 12000);
  EXPECT_EQ(desk.last_event<messages::EnquiryProduced>()->campaign, CampaignId("c-1"));
  desk.handle(done);
  EXPECT_EQ(desk.count<messages::EnquiryProduced>(), 2u) << "each item's money";
}

}  // namespace
}  // namespace bridgework::lead_intake
