// A free time is offered: the message, what is answered, and what never leaves.

#include <gtest/gtest.h>

#include "outreach/explain.hpp"
#include "outreach/templates.hpp"
#include "tests/unit/outreach/practice.hpp"

namespace bridgework::outreach {
namespace {

const OfferId kOffer{"main.f-1.o-1"};

/// Ana is offered Wednesday 4 March 2026, 09:00; until 07:00 she can say yes.
struct ShortNotice : Practice {
  using Practice::Practice;

  messages::SlotOffered offered() {
    messages::SlotOffered event;
    event.person = kAna;
    event.site = kMain;
    event.offer = kOffer;
    event.visit.local_start = local(2026, 3, 4, 9);
    event.visit.start = new_york(2026, 3, 4, 9);
    event.visit.zone = std::string(kNewYork);
    event.expires = new_york(2026, 3, 4, 7);
    event.token = Phi<std::string>("0123456789abcdef0123456789abcdef");
    return event;
  }
  void offer() {
    handle(offered());
    settle();
  }
  template <class Event>
  void about_offer() {
    Event event;
    event.person = kAna;
    event.site = kMain;
    event.offer = kOffer;
    handle(event);
    settle();
  }
  void accepted() {
    messages::OfferAccepted event;
    event.person = kAna;
    event.site = kMain;
    event.offer = kOffer;
    event.visit = offered().visit;
    handle(event);
    settle();
  }
  void replies(const std::string& words, const std::string& from = kPhone) {
    handle(messages::ReceiveInboundMessage{Phi<std::string>(from), Phi<std::string>(words)});
    settle();
  }
  std::string text() { return sends().empty() ? std::string() : sends().back().body.reveal(); }
};

TEST(OutreachShortNotice, AnOfferLeavesAtOnceWithItsLinkAndNoWordOfWhatFor) {
  ShortNotice practice;
  practice.offer();
  ASSERT_EQ(practice.sends().size(), 1u) << practice.timeline();
  EXPECT_EQ(practice.text(),
            "Main Street Dental: 4 Mar 09:00 is free. https://care.example/o/main.f-1.o-1.0123456789abcdef0123456789abcdef Reply YES to "
            "take it, STOP to opt out.");
  EXPECT_EQ(sms_segments(practice.text()), 1u);
}

TEST(OutreachShortNotice, AnOfferThatIsRevokedBeforeItIsDueNeverLeaves) {
  ShortNotice practice(Practice::Start::kKnownPerson, new_york(2026, 3, 3, 23));
  auto offered = practice.offered();
  offered.expires = new_york(2026, 3, 4, 12);
  practice.handle(offered);
  EXPECT_TRUE(practice.sends().empty()) << "it is night";
  practice.about_offer<messages::OfferRevoked>();
  practice.advance_to(new_york(2026, 3, 4, 11));
  EXPECT_TRUE(practice.sends().empty());
  const auto* withheld = practice.last_event<messages::MessageWithheld>();
  ASSERT_NE(withheld, nullptr) << practice.timeline();
  EXPECT_EQ(withheld->state, MessageState::kRevoked);
  EXPECT_EQ(withheld->reason, MessageReason::kReasonGone);
  EXPECT_EQ(explain(*practice.record<MessageRecord>("p-ana.m-1"), kNewYork),
            "The offer of the free time on 4 March 09:00 was not sent because the time was taken before it was due.");
}

TEST(OutreachShortNotice, AnOfferThatNobodyCouldFollowInTimeIsTooLate) {
  ShortNotice practice(Practice::Start::kKnownPerson, new_york(2026, 3, 3, 23));
  practice.offer();
  practice.advance_to(new_york(2026, 3, 4, 12));
  EXPECT_TRUE(practice.sends().empty()) << "the window opens at 08:00, the offer ends at 07:00";
  EXPECT_EQ(practice.last_event<messages::MessageWithheld>()->reason, MessageReason::kTooLate);
}

TEST(OutreachShortNotice, YesAndNoByTextMessageAreAnswersToTheOffer) {
  struct Case {
    const char* words;
    bool accepted;
  };
  for (const Case& c : {Case{"YES", true}, Case{"sure", true}, Case{"No thanks", false}}) {
    ShortNotice practice;
    practice.offer();
    practice.replies(c.words);
    const auto* answered = practice.last_event<messages::OfferAnswered>();
    ASSERT_NE(answered, nullptr) << c.words << "\n" << practice.timeline();
    EXPECT_EQ(answered->offer, kOffer);
    EXPECT_EQ(answered->person, kAna);
    EXPECT_EQ(answered->site, kMain);
    EXPECT_EQ(answered->accepted, c.accepted) << c.words;
    practice.replies(c.words);
    EXPECT_EQ(practice.count<messages::OfferAnswered>(), 1u) << "one answer to one offer";
  }
}

TEST(OutreachShortNotice, OtherWordsOtherPhonesAndOldOffersAnswerNothing) {
  ShortNotice practice;
  practice.offer();
  practice.replies("who is this?");
  practice.replies("YES", "+12125550199");
  EXPECT_EQ(practice.count<messages::OfferAnswered>(), 0u);
  practice.advance_to(new_york(2026, 3, 5, 11));
  practice.replies("YES");
  EXPECT_EQ(practice.count<messages::OfferAnswered>(), 0u) << "two days later it is about something else";
}

TEST(OutreachShortNotice, WordsThatNobodyUnderstandsAreReadByAPersonAndTheOfferStays) {
  ShortNotice practice;
  practice.offer();
  practice.replies("could it be an hour later?");
  ASSERT_EQ(practice.count<messages::OfferQuestioned>(), 1u) << practice.timeline();
  const auto* questioned = practice.last_event<messages::OfferQuestioned>();
  EXPECT_EQ(questioned->person, kAna);
  EXPECT_EQ(questioned->site, kMain);
  EXPECT_EQ(questioned->offer, kOffer);
  EXPECT_EQ(questioned->local_start, local(2026, 3, 4, 9));
  EXPECT_EQ(questioned->words.reveal(), "could it be an hour later?");
  practice.replies("yes then");
  practice.replies("I need to cancel my appointment");
  EXPECT_EQ(practice.count<messages::OfferQuestioned>(), 2u) << "the last one is about a visit";
  practice.replies("yes");
  EXPECT_EQ(practice.count<messages::OfferAnswered>(), 1u);
  practice.replies("great, where is it?");
  EXPECT_EQ(practice.count<messages::OfferQuestioned>(), 2u) << "it is answered";
}

TEST(OutreachShortNotice, WordsAboutAnOfferWhoseTimeIsTakenAreReadByAPersonToo) {
  ShortNotice practice;
  practice.offer();
  practice.about_offer<messages::OfferRevoked>();
  practice.replies("maybe, what time is it?");
  EXPECT_EQ(practice.count<messages::OfferQuestioned>(), 1u) << "whoever calls has other times";
  practice.advance_to(new_york(2026, 3, 5, 11));
  practice.replies("what was that?");
  EXPECT_EQ(practice.count<messages::OfferQuestioned>(), 1u) << "two days later it is about something else";
}

TEST(OutreachShortNotice, WhoAnsweredOnThePageSaysYesToSomethingElse) {
  ShortNotice practice;
  practice.offer();
  practice.about_offer<messages::OfferDeclined>();
  practice.replies("YES");
  EXPECT_EQ(practice.count<messages::OfferAnswered>(), 0u);
}

TEST(OutreachShortNotice, TheWinnerIsToldThatTheTimeIsTheirs) {
  ShortNotice practice;
  practice.offer();
  practice.accepted();
  ASSERT_EQ(practice.sends().size(), 2u) << practice.timeline();
  EXPECT_EQ(practice.text(), "Main Street Dental: it is yours, see you on 4 Mar at 09:00. Questions? +12125550100. Reply STOP to opt out.");
}

TEST(OutreachShortNotice, ALateYesIsAnsweredWithOtherTimes) {
  ShortNotice practice;
  practice.offer();
  practice.about_offer<messages::OfferRevoked>();
  practice.replies("yes please");
  ASSERT_EQ(practice.count<messages::OfferAnswered>(), 1u) << "appointments says what it comes to";
  messages::OfferMissed missed;
  missed.person = kAna;
  missed.site = kMain;
  missed.offer = kOffer;
  missed.token = Phi<std::string>("0123456789abcdef0123456789abcdef");
  practice.handle(missed);
  practice.settle();
  EXPECT_EQ(practice.text(),
            "Main Street Dental: sorry, that time is taken. Others: "
            "https://care.example/o/main.f-1.o-1.0123456789abcdef0123456789abcdef Reply STOP to opt out.");
}

TEST(OutreachShortNotice, WhoOptedOutIsOfferedNothing) {
  ShortNotice practice;
  practice.replies("STOP");
  practice.offer();
  EXPECT_TRUE(practice.sends().empty());
  EXPECT_EQ(practice.last_event<messages::MessageWithheld>()->reason, MessageReason::kSuppressed);
}

}  // namespace
}  // namespace bridgework::outreach
