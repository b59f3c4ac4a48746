// What lead_intake asks for: a text back, the steps of a nurture sequence, thanks for a referral.

#include <gtest/gtest.h>

#include "tests/unit/outreach/practice.hpp"

namespace bridgework::outreach {
namespace {

messages::CallMissed missed(Instant useful_until) {
  messages::CallMissed event;
  event.person = kAna;
  event.enquiry = kEnquiry;
  event.site = kMain;
  event.useful_until = useful_until;
  return event;
}
messages::NurtureStepDue nurture(std::uint16_t step) {
  messages::NurtureStepDue event;
  event.person = kAna;
  event.enquiry = kEnquiry;
  event.site = kMain;
  event.version = 1;
  event.step = step;
  event.template_name = "nurture_" + std::to_string(step);
  return event;
}
messages::EnquiryAdvanced advanced(messages::LeadState to) {
  messages::EnquiryAdvanced event;
  event.person = kAna;
  event.enquiry = kEnquiry;
  event.site = kMain;
  event.to = to;
  return event;
}

TEST(OutreachMissedCall, IsTextedBackBySmsWhateverThePersonPrefersOtherwise) {
  Practice practice;
  auto by_mail = ana();
  by_mail.preferred_channel = Channel::kEmail;
  practice.person_is(by_mail);
  practice.handle(missed(new_york(2026, 3, 4, 0)));
  practice.settle();
  ASSERT_EQ(practice.sends().size(), 1u);
  EXPECT_EQ(practice.sends()[0].channel, Channel::kSms);
  EXPECT_EQ(practice.sends()[0].to.reveal(), kPhone);
  EXPECT_NE(practice.sends()[0].body.reveal().find("missed your call"), std::string::npos);
  EXPECT_EQ(practice.planned().programme, "missed_call");
  practice.handle(missed(new_york(2026, 3, 4, 0)));
  practice.settle();
  EXPECT_EQ(practice.sends().size(), 1u) << "about one call once";
}

TEST(OutreachMissedCall, AtNightIsNoAnswerAnyMoreInTheMorning) {
  Practice practice(Practice::Start::kKnownPerson, new_york(2026, 3, 3, 22));
  practice.handle(missed(new_york(2026, 3, 4, 0)));
  practice.settle();
  EXPECT_EQ(practice.state_of(), MessageState::kWithheld);
  EXPECT_EQ(practice.reason_of(), MessageReason::kTooLate);
}

TEST(OutreachMissedCall, OfSomebodyJustMadeKnownIsTextedBackAtOnce) {
  Practice practice(Practice::Start::kEmpty);
  practice.site_is("Main Street Dental", std::string(kNewYork), "+12125550100");
  const Instant called = practice.now();
  practice.person_is(ana());
  practice.handle(missed(new_york(2026, 3, 4, 0)));
  practice.settle();
  EXPECT_EQ(practice.sends().size(), 1u);
  EXPECT_EQ(practice.now(), called) << "nobody waits for the caller to become known";
}

TEST(OutreachMissedCall, AnEnquiryByPhoneIsNotAcknowledgedBesides) {
  Practice practice;
  practice.enquires(kEnquiry, messages::EnquiryChannel::kPhoneCall);
  EXPECT_TRUE(practice.sends().empty());
}

TEST(OutreachNurture, NeedsConsentToMarketing) {
  Practice practice;
  practice.handle(nurture(1));
  practice.settle();
  EXPECT_EQ(practice.reason_of(), MessageReason::kNoConsent);
  practice.consents(MessagePurpose::kMarketing, Channel::kSms, ConsentState::kGranted);
  practice.handle(nurture(2));
  practice.settle();
  ASSERT_EQ(practice.sends().size(), 1u);
  EXPECT_EQ(practice.sends()[0].purpose, MessagePurpose::kMarketing);
}

TEST(OutreachNurture, AStepThatWaitsForADecentHourIsRevokedWhenTheyBook) {
  Practice practice(Practice::Start::kKnownPerson, new_york(2026, 3, 3, 22));
  practice.consents(MessagePurpose::kMarketing, Channel::kSms, ConsentState::kGranted);
  practice.handle(nurture(1));
  practice.settle();
  EXPECT_EQ(practice.state_of(), MessageState::kPlanned);
  practice.handle(advanced(messages::LeadState::kBooked));
  EXPECT_EQ(practice.state_of(), MessageState::kRevoked);
  EXPECT_EQ(practice.reason_of(), MessageReason::kReasonGone);
  EXPECT_NE(practice.why().find("booked, lost or taken up"), std::string::npos) << practice.why();
  practice.pass_to(new_york(2026, 3, 10, 12));
  EXPECT_TRUE(practice.sends().empty());
}

TEST(OutreachNurture, BegunAgainIsAReasonAgainForStepsThatHaveNotBeen) {
  Practice practice;
  practice.consents(MessagePurpose::kMarketing, Channel::kSms, ConsentState::kGranted);
  practice.handle(nurture(1));
  practice.settle();
  practice.handle(advanced(messages::LeadState::kContacted));
  practice.handle(advanced(messages::LeadState::kNurturing));
  practice.pass_to(new_york(2026, 3, 5, 12));
  practice.handle(nurture(1));
  practice.handle(nurture(2));
  practice.settle();
  EXPECT_EQ(practice.sends().size(), 2u) << "the first step is not repeated";
}

TEST(OutreachAcknowledgement, IsNoneOnceThereIsAVisit) {
  Practice practice(Practice::Start::kKnownPerson, new_york(2026, 3, 3, 22));
  practice.enquires();
  practice.handle(advanced(messages::LeadState::kNurturing));
  EXPECT_EQ(practice.state_of(), MessageState::kPlanned) << "it waits for the morning";
  practice.handle(advanced(messages::LeadState::kBooked));
  EXPECT_EQ(practice.state_of(), MessageState::kRevoked);
  EXPECT_EQ(
      practice.why(),
      "The acknowledgement of the enquiry was not sent because the enquiry was booked, lost or taken up by somebody before it was due.");
}

TEST(OutreachAcknowledgement, WaitsForWhoIsChoosingATimeOnline) {
  for (const bool chooses : {false, true}) {
    Practice practice;
    practice.enquires(kEnquiry, messages::EnquiryChannel::kOnlineBooking);
    practice.pass_to(practice.now() + 44s);
    EXPECT_TRUE(practice.sends().empty());
    if (chooses) practice.handle(advanced(messages::LeadState::kBooked));
    practice.pass_to(practice.now() + 1s);
    EXPECT_EQ(practice.sends().size(), chooses ? 0u : 1u) << "within a minute in any case";
  }
}

TEST(OutreachReferral, IsThankedOnceWithoutAWordAboutWhoCame) {
  Practice practice;
  messages::ReferralKept event;
  event.person = kAna;
  event.site = kMain;
  event.enquiry = EnquiryId("p-bob.e-1");
  event.referred = PersonId("p-bob");
  practice.handle(event);
  practice.handle(event);
  practice.settle();
  ASSERT_EQ(practice.sends().size(), 1u);
  EXPECT_NE(practice.sends()[0].body.reveal().find("thank you for recommending"), std::string::npos);
  EXPECT_EQ(practice.sends()[0].body.reveal().find("bob"), std::string::npos);
  EXPECT_EQ(practice.planned().purpose, MessagePurpose::kCare) << "it keeps to the caps";
}

}  // namespace
}  // namespace bridgework::outreach
