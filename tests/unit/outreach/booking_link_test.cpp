// Links with which those who are known book: who gets one, when, and for how long it is good.

#include <gtest/gtest.h>

#include <string>

#include "outreach/links.hpp"
#include "outreach/templates.hpp"
#include "tests/unit/outreach/practice.hpp"

namespace bridgework::outreach {
namespace {

/// Ana prefers text messages and can be reached by mail, too.
struct Visitors : Practice {
  using Practice::Practice;
  void asks(const std::string& contact = kMail) {
    tells(contact);
    settle();
  }
  void tells(const std::string& contact = kMail) {
    messages::BookingLinkAsked event;
    event.person = kAna;
    event.site = kMain;
    event.contact = Phi<std::string>(contact);
    handle(event);
  }
  auto linked(const std::string& token, unsigned number = 1) const {
    return ask(messages::GetLinkedBooker{message(number), Phi<std::string>(token)});
  }
  messages::LinkedBooker booker(unsigned number = 1) {
    return get<messages::LinkedBooker>(
        messages::GetLinkedBooker{message(number), Phi<std::string>(booking_token(message(number), config()))});
  }
};

TEST(BookingLink, LeavesAtOnceToTheVeryContactPointThatWasTyped) {
  Visitors practice;
  practice.asks(kMail);
  practice.asks(kPhone);
  ASSERT_EQ(practice.sends().size(), 2u);
  const SendMessage mail = practice.sends()[0], text = practice.sends()[1];
  EXPECT_EQ(mail.to.reveal(), kMail);
  EXPECT_EQ(mail.channel, Channel::kEmail);
  EXPECT_EQ(mail.purpose, MessagePurpose::kTransactional);
  const std::string link = "https://care.example/b/p-ana.m-1." + booking_token(practice.message(1), practice.config());
  EXPECT_NE(mail.body.reveal().find(link), std::string::npos) << mail.body.reveal();
  EXPECT_NE(mail.body.reveal().find("good for one hour"), std::string::npos);
  EXPECT_TRUE(mail.unsubscribe_link.reveal().empty());
  EXPECT_EQ(text.to.reveal(), kPhone);
  EXPECT_EQ(text.channel, Channel::kSms);
  EXPECT_NE(text.body.reveal().find("/b/p-ana.m-2."), std::string::npos) << text.body.reveal();
  EXPECT_EQ(practice.why(), "The link for booking online was sent by e-mail on 3 March 10:00.");
}

TEST(BookingLink, GoesNowhereElse) {
  Visitors practice;
  practice.asks("eve@example.org");
  practice.asks("");
  EXPECT_TRUE(practice.sends().empty());
  EXPECT_EQ(practice.count<messages::MessagePlanned>(), 0u);
  // The address is somebody else's by the time it would leave.
  practice.tells(kMail);
  messages::PersonProfile changed = ana();
  changed.contact_points = {phone()};
  practice.person_is(changed);
  practice.settle();
  EXPECT_TRUE(practice.sends().empty());
  EXPECT_EQ(practice.reason_of(), MessageReason::kNoContact);
}

TEST(BookingLink, IsNotSentAgainWhileOneIsGood) {
  Visitors practice;
  practice.asks();
  practice.pass_to(practice.now() + 59min);
  practice.asks();
  EXPECT_EQ(practice.sends().size(), 1u);
  EXPECT_EQ(practice.all_events().size(), 2u) << "planned and sent, and no word of the second";
  practice.pass_to(practice.now() + 1min);
  practice.asks();
  EXPECT_EQ(practice.sends().size(), 2u);
}

TEST(BookingLink, IsSentThreeTimesInADayAtMost) {
  Visitors practice;
  for (int hour = 0; hour < 8; ++hour) {
    practice.asks();
    practice.pass_to(practice.now() + 1h);
  }
  EXPECT_EQ(practice.sends().size(), 3u);
  practice.pass_to(new_york(2026, 3, 4, 9, 59));
  practice.asks();
  EXPECT_EQ(practice.sends().size(), 3u);
  practice.pass_to(new_york(2026, 3, 4, 10));
  practice.asks();
  EXPECT_EQ(practice.sends().size(), 4u) << "a day after the first";
  practice.pass_to(new_york(2026, 3, 4, 11));
  practice.asks();
  EXPECT_EQ(practice.sends().size(), 5u) << "and after the second";
}

TEST(BookingLink, IsNotSentAtNightAndCanBeAskedForInTheMorning) {
  Visitors practice(Practice::Start::kKnownPerson, new_york(2026, 3, 4, 7, 30));
  practice.asks();
  EXPECT_TRUE(practice.sends().empty());
  EXPECT_EQ(practice.state_of(), MessageState::kPlanned) << "in half an hour it is still good";
  practice.pass_to(new_york(2026, 3, 4, 8));
  EXPECT_EQ(practice.sends().size(), 1u);
  practice.pass_to(new_york(2026, 3, 4, 22));
  practice.asks();
  EXPECT_EQ(practice.sends().size(), 1u);
  EXPECT_EQ(practice.reason_of(2), MessageReason::kTooLate) << "by then it would be good no more";
  practice.advance_to(new_york(2026, 3, 4, 22, 30));
  practice.asks();
  EXPECT_EQ(practice.count<messages::MessageWithheld>(), 2u) << "what was withheld stops no other";
}

TEST(BookingLink, KeepsTheRulesOfTheGate) {
  Visitors practice;
  messages::PersonProfile dead = ana();
  dead.status = messages::PersonStatus::kDeceased;
  practice.person_is(dead);
  practice.asks();
  EXPECT_EQ(practice.reason_of(), MessageReason::kPersonGone);
  practice.person_is(ana());
  practice.texts("STOP");
  practice.asks(kPhone);
  EXPECT_EQ(practice.reason_of(2), MessageReason::kSuppressed);
  practice.consents(MessagePurpose::kTransactional, Channel::kEmail, ConsentState::kDenied);
  practice.asks(kMail);
  EXPECT_EQ(practice.reason_of(3), MessageReason::kNoConsent);
  EXPECT_TRUE(practice.sends().empty());
}

TEST(BookingLink, IsNotSentUnsigned) {
  Config config = Practice::settings();
  config.token_secret.clear();
  Visitors practice(Practice::Start::kKnownPerson, new_york(2026, 3, 3, 10), config);
  practice.asks();
  EXPECT_TRUE(practice.sends().empty());
  practice.person_is([] {
    messages::PersonProfile profile = ana();
    profile.preferred_channel = Channel::kEmail;
    return profile;
  }());
  practice.gap_opens();
  practice.step_due();
  ASSERT_EQ(practice.sends().size(), 1u);
  EXPECT_EQ(practice.sends()[0].body.reveal().find("Book online"), std::string::npos);
  EXPECT_FALSE(practice.linked("").has_value());
}

TEST(BookingLink, SaysWhomItWasSentToForAnHour) {
  Visitors practice;
  practice.asks();
  messages::LinkedBooker booker = practice.booker();
  EXPECT_EQ(booker.person, kAna);
  EXPECT_EQ(booker.site, kMain);
  EXPECT_EQ(booker.contact.reveal(), kMail);
  EXPECT_EQ(booker.purpose, messages::Purpose::kOther);
  EXPECT_FALSE(booker.over);
  practice.pass_to(practice.now() + 1h - 1s);
  EXPECT_FALSE(practice.booker().over);
  practice.pass_to(practice.now() + 1s);
  EXPECT_TRUE(practice.booker().over);
}

TEST(BookingLink, OpensToItsOwnSignatureOnly) {
  Visitors practice;
  practice.asks();
  practice.books(local(2026, 3, 4, 9));
  const auto refused = [&](const std::string& token, unsigned number = 1) {
    const auto answer = practice.linked(token, number);
    return !answer && answer.error().code == messages::OutreachRefusal::kWrongToken;
  };
  const Config& config = practice.config();
  EXPECT_TRUE(refused("0123456789abcdef0123456789abcdef"));
  EXPECT_TRUE(refused(""));
  EXPECT_TRUE(refused(visit_token(practice.message(1), config)));
  EXPECT_TRUE(refused(unsubscribe_token(practice.message(1), config)));
  EXPECT_TRUE(refused(booking_token(practice.message(2), config)));
  EXPECT_TRUE(refused(booking_token(practice.message(2), config), 2)) << "a reminder opens no booking";
  EXPECT_TRUE(refused(booking_token(practice.message(9), config), 9));
  EXPECT_FALSE(refused(booking_token(practice.message(1), config)));
}

TEST(BookingLink, OfAFollowUpIsGoodWhileThereIsAReason) {
  Visitors practice;
  messages::PersonProfile profile = ana();
  profile.preferred_channel = Channel::kEmail;
  practice.person_is(profile);
  messages::GapOpened opened;
  opened.person = kAna;
  opened.site = kMain;
  opened.gap = kGap;
  opened.purpose = messages::Purpose::kHygiene;
  opened.cover = messages::Cover::kActive;
  practice.handle(opened);
  practice.step_due();
  ASSERT_EQ(practice.sends().size(), 1u);
  const std::string body = practice.sends()[0].body.reveal();
  EXPECT_NE(body.find("Book online: https://care.example/b/p-ana.m-1." + booking_token(practice.message(1), practice.config())),
            std::string::npos)
      << body;
  EXPECT_NE(body.find("Please call us: +12125550100"), std::string::npos);
  messages::LinkedBooker booker = practice.booker();
  EXPECT_EQ(booker.purpose, messages::Purpose::kHygiene);
  EXPECT_EQ(booker.contact.reveal(), kMail);
  EXPECT_FALSE(booker.over);
  practice.pass_to(practice.now() + 24h * 60);
  EXPECT_FALSE(practice.booker().over) << "care that is open stays open";
  for (const messages::Cover cover : {messages::Cover::kCovered, messages::Cover::kOnHold, messages::Cover::kClosed}) {
    practice.gap_goes(messages::Cover::kActive, cover);
    EXPECT_TRUE(practice.booker().over);
    practice.gap_goes(cover, messages::Cover::kActive);
    EXPECT_FALSE(practice.booker().over) << "cancelled, it is open again";
  }
}

TEST(BookingLinkTemplates, AreThereInEveryLanguageAndFitOneSegment) {
  Words words;
  words.practice = "Consultório Dentário São João da Boa Hora";
  words.link = "https://care.example/b/p-abcdefghijklm.m-12.0123456789abcdef0123456789abcdef";
  for (const auto language : {"en", "de", "es", "pt"}) {
    for (const Channel channel : {Channel::kEmail, Channel::kSms}) {
      const Template& found = find_template(kBookingLink, kBookingLink, language, "en", channel);
      EXPECT_EQ(found.name, kBookingLink);
      EXPECT_EQ(found.language, language);
      const std::string body = render(found, words).body;
      EXPECT_NE(body.find(words.link), std::string::npos) << body;
      EXPECT_EQ(channel == Channel::kSms ? sms_segments(body) : 1u, 1u) << body;
    }
    EXPECT_NE(render(find_template(kFollowUp, kFollowUp, language, "en", Channel::kEmail), words).body.find(words.link), std::string::npos);
  }
}

}  // namespace
}  // namespace bridgework::outreach
