// Opting out, opting in, and what is remembered of it.

#include <gtest/gtest.h>

#include "outreach/links.hpp"
#include "tests/unit/outreach/practice.hpp"

namespace bridgework::outreach {
namespace {

using messages::OutreachRefusal;

// ---- answers by SMS

TEST(OutreachInbound, StopSilencesThePhoneInTheSameCommit) {
  Practice practice;
  const auto& outcome = practice.texts("STOP");
  ASSERT_TRUE(outcome.accepted());
  EXPECT_EQ(outcome.event<messages::InboundMessageReceived>()->meaning, InboundMeaning::kStop);
  const auto suppressed = *outcome.event<messages::ContactSuppressed>();
  EXPECT_EQ(suppressed.contact.reveal(), kPhone);
  EXPECT_EQ(suppressed.kind, ContactKind::kPhone);
  EXPECT_EQ(suppressed.words.reveal(), "STOP");
  EXPECT_TRUE(practice.index_has(kSuppressedIndex, kPhone));
}

TEST(OutreachInbound, NothingLeavesAfterStop) {
  Practice practice;
  practice.books(local(2026, 3, 12, 9));
  practice.texts("please stop texting me");
  practice.enquires();
  practice.pass_to(new_york(2026, 3, 12, 9));
  EXPECT_TRUE(practice.sends().empty()) << practice.timeline();
  EXPECT_EQ(practice.reason_of(1), MessageReason::kSuppressed);
  EXPECT_EQ(practice.why(1), "The reminder for the visit on 12 March 09:00 was not sent because the contact point has opted out.");
}

TEST(OutreachInbound, StopHoldsForEverybodyWhoSharesThePhone) {
  Practice practice;
  practice.texts("STOP");
  messages::PersonChanged brother;
  brother.person = PersonId("p-brother");
  brother.profile = ana();
  practice.handle(brother);
  messages::EnquiryReceived event;
  event.person = brother.person;
  event.enquiry = EnquiryId("p-brother.e-1");
  practice.handle(event);
  practice.settle();
  EXPECT_TRUE(practice.sends().empty());
}

TEST(OutreachInbound, StopByPhoneDoesNotMoveMessagesToEmail) {
  Practice practice;
  practice.texts("STOP");
  practice.enquires();
  EXPECT_EQ(practice.reason_of(), MessageReason::kSuppressed);
}

TEST(OutreachInbound, StartLiftsIt) {
  Practice practice;
  practice.texts("STOP");
  EXPECT_NE(practice.texts("START").event<messages::ContactReleased>(), nullptr);
  EXPECT_FALSE(practice.index_has(kSuppressedIndex, kPhone));
  practice.enquires();
  EXPECT_EQ(practice.sends().size(), 1u);
}

TEST(OutreachInbound, YesDoesNotLiftIt) {
  Practice practice;
  practice.texts("STOP");
  EXPECT_EQ(practice.texts("YES").event<messages::ContactReleased>(), nullptr);
  EXPECT_TRUE(practice.index_has(kSuppressedIndex, kPhone));
}

TEST(OutreachInbound, NeverExpires) {
  Practice practice;
  practice.texts("STOP");
  practice.pass_to(new_york(2046, 3, 3, 10));
  practice.enquires();
  EXPECT_EQ(practice.reason_of(), MessageReason::kSuppressed);
}

TEST(OutreachInbound, SurvivesOwnEventsThatComeBackLate) {
  // STOP, START, STOP are decided before the first two come back from the log.
  Practice practice;
  practice.texts("STOP");
  practice.texts("START");
  EXPECT_NE(practice.texts("STOP").event<messages::ContactSuppressed>(), nullptr);
  practice.handle(messages::ContactSuppressed{Phi<std::string>(kPhone), ContactKind::kPhone, {}});
  EXPECT_NE(practice.texts("STOP").event<messages::ContactSuppressed>(), nullptr) << "told again, although the record is there";
  practice.handle(messages::ContactReleased{Phi<std::string>(kPhone), ContactKind::kPhone});
  practice.handle(messages::ContactSuppressed{Phi<std::string>(kPhone), ContactKind::kPhone, {}});
  EXPECT_NE(practice.record<SuppressionRecord>(kPhone), nullptr);
  EXPECT_TRUE(practice.index_has(kSuppressedIndex, kPhone));
}

TEST(OutreachInbound, OtherAnswersAreToldAndChangeNothing) {
  for (const auto& [text, meaning] : {std::pair{"yes", InboundMeaning::kYes},
                                      {"no", InboundMeaning::kNo},
                                      {"help", InboundMeaning::kHelp},
                                      {"who is this", InboundMeaning::kUnclear}}) {
    Practice practice;
    const auto& outcome = practice.texts(text);
    ASSERT_EQ(outcome.events.size(), 1u);
    EXPECT_EQ(outcome.event<messages::InboundMessageReceived>()->meaning, meaning);
    EXPECT_EQ(outcome.event<messages::InboundMessageReceived>()->body.reveal(), text);
    EXPECT_FALSE(practice.index_has(kSuppressedIndex, kPhone));
  }
}

TEST(OutreachInbound, IsRefusedFromWhatIsNoPhone) {
  for (const auto from : {"", "ana@example.org", "2125550101", "+1 212 555 0101"}) {
    EXPECT_EQ(Practice().texts("STOP", from).refusal(), OutreachRefusal::kInvalidContact) << from;
  }
}

// ---- one click

messages::Unsubscribe click(const MessageId& message, std::string token) { return {message, Phi<std::string>(std::move(token))}; }

struct MailedPractice : Practice {
  MailedPractice() {
    auto profile = ana();
    profile.preferred_channel = Channel::kEmail;
    person_is(profile);
    step_due();
  }
};

TEST(OutreachUnsubscribe, SilencesTheAddressTheMailWentTo) {
  MailedPractice practice;
  const std::string token = unsubscribe_token(practice.message(), practice.config());
  EXPECT_EQ(practice.sends().front().unsubscribe_link.reveal(), "https://care.example/c/p-ana.m-1." + token);
  const auto& outcome = practice.handle(click(practice.message(), token));
  ASSERT_TRUE(outcome.accepted());
  EXPECT_EQ(outcome.event<messages::ContactSuppressed>()->contact.reveal(), kMail);
  EXPECT_EQ(outcome.event<messages::ContactSuppressed>()->kind, ContactKind::kEmail);
  EXPECT_TRUE(practice.index_has(kSuppressedIndex, kMail));
  practice.enquires();
  EXPECT_EQ(practice.reason_of(2), MessageReason::kSuppressed);
}

TEST(OutreachUnsubscribe, MayBeClickedTwice) {
  MailedPractice practice;
  const std::string token = unsubscribe_token(practice.message(), practice.config());
  practice.handle(click(practice.message(), token));
  EXPECT_TRUE(practice.handle(click(practice.message(), token)).accepted());
  EXPECT_EQ(practice.count<messages::ContactSuppressed>(), 1u);
}

TEST(OutreachUnsubscribe, IsRefusedWithAForgedLink) {
  MailedPractice practice;
  practice.enquires();
  const std::string token = unsubscribe_token(practice.message(1), practice.config());
  std::string changed = token;
  changed.back() = changed.back() == '0' ? '1' : '0';
  for (const std::string& forged : {std::string("x"), changed, token + "0", unsubscribe_token(practice.message(2), practice.config())}) {
    EXPECT_EQ(practice.handle(click(practice.message(1), forged)).refusal(), OutreachRefusal::kWrongToken);
  }
  EXPECT_EQ(practice.handle(click(MessageId("p-ana.m-9"), unsubscribe_token(MessageId("p-ana.m-9"), practice.config()))).refusal(),
            OutreachRefusal::kWrongToken)
      << "a message that is not there";
  EXPECT_EQ(practice.count<messages::ContactSuppressed>(), 0u);
}

TEST(OutreachUnsubscribe, HasNoLinkWithoutASecret) {
  Practice practice;
  practice.config().token_secret.clear();
  auto profile = ana();
  profile.preferred_channel = Channel::kEmail;
  practice.person_is(profile);
  practice.step_due();
  ASSERT_EQ(practice.sends().size(), 1u);
  EXPECT_TRUE(practice.sends().front().unsubscribe_link.reveal().empty());
  EXPECT_EQ(practice.handle(click(practice.message(), "")).refusal(), OutreachRefusal::kWrongToken);
}

// ---- consent

TEST(OutreachConsent, DeniedHoldsBackThatPurposeOnThatChannel) {
  Practice practice;
  practice.consents(MessagePurpose::kCare, Channel::kSms, ConsentState::kDenied);
  const auto changed = *practice.last_event<messages::ConsentChanged>();
  EXPECT_EQ(changed.person, kAna);
  EXPECT_EQ(changed.site, kMain);
  EXPECT_EQ(changed.state, ConsentState::kDenied);
  practice.step_due();
  EXPECT_EQ(practice.reason_of(1), MessageReason::kNoConsent);
  practice.enquires();
  EXPECT_EQ(practice.state_of(2), MessageState::kSent);
}

TEST(OutreachConsent, GivenAgainLetsTheNextMessageLeave) {
  Practice practice;
  practice.consents(MessagePurpose::kCare, Channel::kSms, ConsentState::kDenied);
  practice.consents(MessagePurpose::kCare, Channel::kSms, ConsentState::kGranted);
  practice.step_due();
  EXPECT_EQ(practice.state_of(), MessageState::kSent);
}

TEST(OutreachConsent, OutlivesAChangeOfTheProfile) {
  Practice practice;
  practice.consents(MessagePurpose::kCare, Channel::kSms, ConsentState::kDenied);
  practice.person_is(ana());
  practice.step_due();
  EXPECT_EQ(practice.reason_of(), MessageReason::kNoConsent);
}

TEST(OutreachConsent, IsRefusedForAnUnknownPerson) {
  Practice practice(Practice::Start::kEmpty);
  practice.consents(MessagePurpose::kCare, Channel::kSms, ConsentState::kDenied);
  EXPECT_EQ(practice.last().refusal(), OutreachRefusal::kUnknownPerson);
  practice.enquires();  // a message names the person, but nobody has registered them
  practice.consents(MessagePurpose::kCare, Channel::kSms, ConsentState::kDenied);
  EXPECT_EQ(practice.last().refusal(), OutreachRefusal::kUnknownPerson);
}

TEST(OutreachConsent, IsShownForEveryPurposeAndChannelWithTheContactPoints) {
  Practice practice;
  practice.consents(MessagePurpose::kMarketing, Channel::kEmail, ConsentState::kGranted);
  practice.texts("STOP");
  const auto list = practice.get<messages::ConsentList>(messages::GetConsents{kAna});
  EXPECT_EQ(list.consents.size(), messages::kAllMessagePurpose.size() * 2);
  for (const auto& shown : list.consents) {
    const bool said = shown.purpose == MessagePurpose::kMarketing && shown.channel == Channel::kEmail;
    EXPECT_EQ(shown.state, said ? ConsentState::kGranted : ConsentState::kUnknown);
  }
  ASSERT_EQ(list.contacts.size(), 2u);
  EXPECT_TRUE(list.contacts[0].suppressed);
  EXPECT_FALSE(list.contacts[1].suppressed);
}

TEST(OutreachConsent, QueryIsRefusedForAnUnknownPerson) {
  const auto answered = Practice().ask(messages::GetConsents{PersonId("p-nobody")});
  ASSERT_FALSE(answered.has_value());
  EXPECT_EQ(answered.error().code, OutreachRefusal::kUnknownPerson);
}

// ---- what was agreed to in a form

TEST(OutreachFormConsent, IsKeptForEachContactPointAndPurposeWithItsWordsAndOffersOnlyWhenTheyWereAgreedTo) {
  for (const bool offers : {false, true}) {
    Practice practice;
    messages::EnquiryReceived event;
    event.person = kAna;
    event.site = kMain;
    event.enquiry = kEnquiry;
    event.channel = messages::EnquiryChannel::kOnlineBooking;
    event.contact_points = {{.kind = ContactKind::kPhone, .value = Phi<std::string>(kPhone), .raw = {}},
                            {.kind = ContactKind::kEmail, .value = Phi<std::string>(), .raw = Phi<std::string>("ana@")}};
    event.contact_consent = "About this visit.";
    if (offers) event.marketing_consent = "News and offers.";
    practice.handle(event);
    EXPECT_EQ(practice.count<messages::ConsentChanged>(), offers ? 3u : 2u);
    const auto list = practice.get<messages::ConsentList>(messages::GetConsents{kAna});
    for (const auto& shown : list.consents) {
      const bool marketing = shown.purpose == MessagePurpose::kMarketing;
      const bool about_it = shown.purpose == MessagePurpose::kTransactional || shown.purpose == MessagePurpose::kReminder;
      if (shown.channel != Channel::kSms || !(about_it || (marketing && offers))) {
        EXPECT_EQ(shown.state, ConsentState::kUnknown) << "an address that did not parse, or nothing was agreed to";
        EXPECT_FALSE(shown.changed_at);
        continue;
      }
      EXPECT_EQ(shown.state, ConsentState::kGranted);
      EXPECT_EQ(shown.wording, marketing ? "News and offers." : "About this visit.");
      EXPECT_EQ(shown.source, "online_booking " + kEnquiry.text());
      EXPECT_EQ(shown.by, "patient");
      EXPECT_EQ(shown.changed_at, practice.now());
    }
    practice.pass_to(practice.now() + 1min);
    EXPECT_EQ(practice.state_of(), MessageState::kSent) << "the acknowledgement leaves as ever";
  }
}

TEST(OutreachFormConsent, IsNothingWithoutWords) {
  Practice practice;
  practice.enquires();
  EXPECT_TRUE(practice.record<PersonRecord>(kAna.text())->consents.empty());
}

// ---- what was booked by the patient themselves

void books_online(Practice& practice) {
  messages::AppointmentBooked event;
  event.person = kAna;
  event.site = kMain;
  event.appointment = kVisit;
  event.visit.local_start = local(2026, 3, 12, 9);
  event.visit.start = new_york(2026, 3, 12, 9);
  event.visit.zone = std::string(kNewYork);
  event.online = true;
  practice.handle(event);
  practice.settle();
}

TEST(OutreachBookedOnline, IsToldAtOnceWithALinkThatIsAboutTheVisitAndRemindedOfLater) {
  Practice practice;
  books_online(practice);
  ASSERT_EQ(practice.sends().size(), 1u) << practice.timeline();
  EXPECT_EQ(practice.planned(2).programme, kBookedOnline);
  EXPECT_EQ(practice.planned(2).purpose, MessagePurpose::kTransactional);
  const std::string link = visit_link(practice.message(2), visit_token(practice.message(2), Practice::settings()), Practice::settings());
  EXPECT_NE(practice.sends()[0].body.reveal().find(link), std::string::npos) << practice.sends()[0].body.reveal();
  EXPECT_EQ(practice
                .get<messages::LinkedVisit>(
                    messages::GetLinkedVisit{practice.message(2), Phi<std::string>(visit_token(practice.message(2), Practice::settings()))})
                .appointment,
            kVisit);
  EXPECT_EQ(practice.why(2).find("What was agreed for the visit on 12 March 09:00 was sent"), 0u) << practice.why(2);
  EXPECT_EQ(practice.planned(1).programme, kReminder);
  practice.pass_to(new_york(2026, 3, 12, 8));
  EXPECT_EQ(practice.sends().size(), 2u);
}

TEST(OutreachBookedOnline, AtNightIsToldInTheMorningUnlessItIsCancelledByThen) {
  Practice practice(Practice::Start::kKnownPerson, new_york(2026, 3, 3, 23));
  books_online(practice);
  EXPECT_TRUE(practice.sends().empty());
  practice.visit<messages::AppointmentCancelled>(local(2026, 3, 12, 9));
  practice.pass_to(new_york(2026, 3, 4, 12));
  EXPECT_TRUE(practice.sends().empty());
  EXPECT_EQ(practice.state_of(2), MessageState::kRevoked);
}

}  // namespace
}  // namespace bridgework::outreach
