#include <gtest/gtest.h>

#include "lead_intake/nurture.hpp"
#include "tests/unit/lead_intake/desk.hpp"

namespace bridgework::lead_intake {
namespace {

using std::chrono::days;
using std::chrono::hours;

class Patience : public Desk {
 public:
  Patience() {
    handle(enquiry("p-1.e-1"));
    forget_events();
  }
  const Outcome& nurture() { return handle(messages::NurtureLead{.enquiry = EnquiryId("p-1.e-1")}); }
  std::size_t steps() const { return count<messages::NurtureStepDue>(); }
};

TEST(LeadIntakeNurture, TakesItsStepsAtTheirIntervalsAndEndsLost) {
  Patience desk;
  EXPECT_EQ(desk.nurture().reply<messages::LeadView>().state, LeadState::kNurturing);
  desk.advance(days(3) - hours(1));
  EXPECT_EQ(desk.steps(), 0u);
  desk.advance(hours(1));
  ASSERT_EQ(desk.steps(), 1u);
  EXPECT_EQ(desk.last_event<messages::NurtureStepDue>()->template_name, "nurture_1");
  EXPECT_EQ(desk.last_event<messages::NurtureStepDue>()->version, 1u);
  desk.advance(days(11));
  EXPECT_EQ(desk.steps(), 2u);
  desk.advance(days(28));
  EXPECT_EQ(desk.steps(), 3u);
  EXPECT_EQ(desk.state_of("p-1.e-1"), LeadState::kNurturing);
  desk.advance(days(28));
  EXPECT_EQ(desk.state_of("p-1.e-1"), LeadState::kLost);
  desk.advance(days(100));
  EXPECT_EQ(desk.steps(), 3u);
}

TEST(LeadIntakeNurture, StopsAtOnceWhenTheyBook) {
  Patience desk;
  desk.nurture();
  desk.visit_booked("p-1", "main.v-1");
  EXPECT_EQ(desk.state_of("p-1.e-1"), LeadState::kBooked);
  EXPECT_TRUE(desk.timers().empty());
  desk.advance(days(100));
  EXPECT_EQ(desk.steps(), 0u);
}

TEST(LeadIntakeNurture, StopsWhenTheyBookThroughANewerEnquiry) {
  Patience desk;
  desk.nurture();
  desk.handle(desk.enquiry("p-1.e-2"));
  desk.visit_booked("p-1", "main.v-1");
  EXPECT_EQ(desk.state_of("p-1.e-2"), LeadState::kBooked);
  EXPECT_EQ(desk.state_of("p-1.e-1"), LeadState::kLost);
  desk.advance(days(100));
  EXPECT_EQ(desk.steps(), 0u);
}

TEST(LeadIntakeNurture, StopsWhenTheyAreLostDieOrAreSpokenWith) {
  for (const int how : {0, 1, 2}) {
    Patience desk;
    desk.nurture();
    if (how == 0) desk.close("p-1.e-1");
    if (how == 1) {
      auto gone = profile();
      gone.status = messages::PersonStatus::kDeceased;
      desk.change("p-1", gone);
    }
    if (how == 2) desk.call("p-1.e-1", messages::CallOutcome::kNotBooked);
    EXPECT_EQ(desk.state_of("p-1.e-1"), how == 2 ? LeadState::kContacted : LeadState::kLost);
    desk.advance(days(100));
    EXPECT_EQ(desk.steps(), 0u) << how;
  }
}

TEST(LeadIntakeNurture, StopsWhenTheyOptOutAndSomebodyLooks) {
  for (const bool by_consent : {true, false}) {
    Patience desk;
    desk.nurture();
    if (by_consent) {
      desk.handle(messages::ConsentChanged{
          .person = PersonId("p-1"), .purpose = messages::MessagePurpose::kMarketing, .state = messages::ConsentState::kDenied});
    } else {
      desk.handle(messages::ContactSuppressed{.contact = Phi<std::string>("+12025550143")});
    }
    EXPECT_EQ(desk.state_of("p-1.e-1"), LeadState::kNeedsReview);
    EXPECT_EQ(desk.last_event<messages::EnquiryAdvanced>()->reason, "opted out");
    desk.advance(days(100));
    EXPECT_EQ(desk.steps(), 0u);
  }
}

TEST(LeadIntakeNurture, AnotherConsentOrAnotherContactDoesNotStopIt) {
  Patience desk;
  desk.nurture();
  desk.handle(messages::ConsentChanged{
      .person = PersonId("p-1"), .purpose = messages::MessagePurpose::kSurvey, .state = messages::ConsentState::kDenied});
  desk.handle(messages::ContactSuppressed{.contact = Phi<std::string>("+12025550199")});
  EXPECT_EQ(desk.state_of("p-1.e-1"), LeadState::kNurturing);
}

TEST(LeadIntakeNurture, IsRefusedWhenThereIsNothingToNurture) {
  Patience desk;
  EXPECT_EQ(desk.handle(messages::NurtureLead{.enquiry = EnquiryId("p-9.e-1")}).refusal(), No::kUnknownEnquiry);
  desk.nurture();
  EXPECT_EQ(desk.nurture().refusal(), No::kIllegalTransition) << "twice";
  desk.close("p-1.e-1");
  EXPECT_EQ(desk.nurture().refusal(), No::kIllegalTransition) << "lost";
}

TEST(LeadIntakeNurture, VersionsAreFoundAndUnknownOnesAreTheNewest) {
  EXPECT_EQ(nurture_sequence(1).version, 1u);
  EXPECT_EQ(nurture_sequence(99).version, kNurtureSequences.back().version);
}

}  // namespace
}  // namespace bridgework::lead_intake
