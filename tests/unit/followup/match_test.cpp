// A patient with unfinished care asks for something: somebody calls.

#include "tests/unit/followup/clinic.hpp"

namespace bridgework::followup {
namespace {

class FollowupMatch : public Clinic {
 protected:
  void asks_again() {
    messages::EnquiryMatched event;
    event.person = PersonId(ana);
    event.enquirer = PersonId("p-2");
    event.enquiry = EnquiryId("p-2.e-1");
    event.unfinished_care = true;
    handle(event);
  }
  void needs_a_crown() {
    handle(plan({item("a")}));
    handle(about<messages::PresentItem>("a"));
    handle(about<messages::AcceptItem>("a"));
  }
};

TEST_F(FollowupMatch, OpensOneTaskForWhoeverHasUnfinishedCare) {
  needs_a_crown();
  EXPECT_TRUE(tasks().empty());
  asks_again();
  ASSERT_EQ(tasks().size(), 1u);
  EXPECT_EQ(tasks()[0].kind, TaskKind::kPhoneCall);
  EXPECT_NE(tasks()[0].reason.find("asked again"), std::string::npos);
  asks_again();
  EXPECT_EQ(tasks().size(), 1u) << "one call is enough";
}

TEST_F(FollowupMatch, LeavesCareThatAVisitCoversAndCareOnHoldAlone) {
  needs_a_crown();
  handle(booked("main.v-1", Purpose::kProstho, world.now() + kWeek));
  asks_again();
  EXPECT_TRUE(tasks().empty());
}

TEST_F(FollowupMatch, IsNothingToWhoeverNeedsNothingOrIsGone) {
  asks_again();
  EXPECT_TRUE(tasks().empty());
  needs_a_crown();
  handle(person_is(messages::PersonStatus::kDeceased));
  asks_again();
  EXPECT_TRUE(tasks().empty());
}

}  // namespace
}  // namespace bridgework::followup
