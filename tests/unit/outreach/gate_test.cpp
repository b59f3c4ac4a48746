// The gate as a function: its order, its hours, its nights with a missing or a doubled hour.

#include <gtest/gtest.h>

#include "outreach/gate.hpp"
#include "tests/unit/outreach/practice.hpp"

namespace bridgework::outreach {
namespace {

using Outcome = Verdict::Outcome;

/// A question that the gate answers with "send", to be spoilt one way at a time.
struct Asked {
  Config config;
  MessageRecord message;
  PersonRecord person;
  SubjectRecord subject;
  Reach reach{Channel::kSms, kPhone};
  bool knows_person = true;
  bool knows_subject = true;
  bool suppressed = false;
  std::vector<std::string> zones{std::string(kNewYork)};
  Instant now = new_york(2026, 3, 3, 12);

  Asked() {
    message.purpose = MessagePurpose::kCare;
    message.step = 1;
    subject.kind = SubjectKind::kGap;
    subject.newest_step = 1;
  }
  Verdict verdict() const {
    return gate({message, knows_person ? &person : nullptr, knows_subject ? &subject : nullptr, reach, suppressed, zones, config, now});
  }
};

Verdict withheld(MessageReason reason, Gone gone = Gone::kNot) { return {Outcome::kWithhold, reason, gone, {}}; }
Verdict deferred(MessageReason reason, Instant until) { return {Outcome::kDefer, reason, Gone::kNot, until}; }

// ---- the table

TEST(GateTable, AsksInAFixedOrder) {
  std::vector<std::string_view> names;
  for (const Check& check : checks()) names.push_back(check.name);
  EXPECT_EQ(names, (std::vector<std::string_view>{"person_gone", "imported", "reason_gone", "confirmed", "no_contact", "suppressed",
                                                  "no_consent", "too_late", "cap_of_the_week", "cap_of_the_day", "quiet_hours"}));
}

TEST(GateTable, GivesTheObjectionThatMattersMost) {
  // Everything is wrong at once; mended one by one, the objections appear in the order of the table.
  Asked asked;
  asked.now = new_york(2026, 3, 3, 23);
  asked.person.status = messages::PersonStatus::kDeceased;
  asked.person.sends = {{MessageId("a"), asked.now - 1h}, {MessageId("b"), asked.now - 2h}, {MessageId("c"), asked.now - 3h}};
  asked.person.consents = {{MessagePurpose::kCare, Channel::kSms, ConsentState::kDenied},
                           {MessagePurpose::kCare, Channel::kEmail, ConsentState::kDenied}};
  asked.subject.provenance = Provenance::kImported;
  asked.subject.gone = Gone::kGapClosed;
  asked.reach = {};
  asked.suppressed = true;
  asked.message.useful_until = asked.now;

  EXPECT_EQ(asked.verdict(), withheld(MessageReason::kPersonGone));
  asked.person.status = messages::PersonStatus::kPatient;
  EXPECT_EQ(asked.verdict(), withheld(MessageReason::kImported));
  asked.subject.provenance = Provenance::kInferred;
  EXPECT_EQ(asked.verdict(), withheld(MessageReason::kReasonGone, Gone::kGapClosed));
  asked.subject.gone = Gone::kNot;
  EXPECT_EQ(asked.verdict(), withheld(MessageReason::kNoContact));
  asked.reach = {Channel::kSms, kPhone};
  EXPECT_EQ(asked.verdict(), withheld(MessageReason::kSuppressed));
  asked.suppressed = false;
  EXPECT_EQ(asked.verdict(), withheld(MessageReason::kNoConsent));
  asked.person.consents.clear();
  EXPECT_EQ(asked.verdict(), withheld(MessageReason::kTooLate));
  asked.message.useful_until.reset();
  EXPECT_EQ(asked.verdict(), deferred(MessageReason::kCapWeek, new_york(2026, 3, 10, 21) + 12h)) << "three hours ago, a week on: at night";
  asked.person.sends.resize(1);
  EXPECT_EQ(asked.verdict(), deferred(MessageReason::kCapDay, new_york(2026, 3, 4, 9)));
  asked.person.sends.clear();
  EXPECT_EQ(asked.verdict(), deferred(MessageReason::kQuietHours, new_york(2026, 3, 4, 9)));
  asked.now = new_york(2026, 3, 4, 9);
  EXPECT_EQ(asked.verdict(), Verdict{});
}

TEST(GateReason, IsGoneWhenNothingIsKnownOfIt) {
  Asked asked;
  asked.knows_subject = false;
  EXPECT_EQ(asked.verdict(), withheld(MessageReason::kReasonGone, Gone::kNeverHeard));
}

TEST(GateReason, IsGoneWhenTheVisitIsAtAnotherTimeThanPlanned) {
  Asked asked;
  asked.subject.kind = SubjectKind::kVisit;
  asked.message.visit_start = new_york(2026, 3, 4, 9);
  asked.subject.visit_start = new_york(2026, 3, 4, 9);
  EXPECT_EQ(asked.verdict(), Verdict{});
  asked.subject.visit_start = new_york(2026, 3, 5, 9);
  EXPECT_EQ(asked.verdict(), withheld(MessageReason::kReasonGone, Gone::kVisitMoved));
}

TEST(GateReason, StandsForAnEnquiryThatWasReceived) {
  Asked asked;
  asked.subject.kind = SubjectKind::kEnquiry;
  asked.message.purpose = MessagePurpose::kTransactional;
  EXPECT_EQ(asked.verdict(), Verdict{});
}

TEST(GatePerson, UnknownButReachableIsWrittenTo) {
  Asked asked;
  asked.knows_person = false;
  EXPECT_EQ(asked.verdict(), Verdict{});
}

// ---- consent

TEST(GateConsent, IsPerPurposeAndChannelAndOnlyMarketingNeedsAYes) {
  for (const MessagePurpose purpose : messages::kAllMessagePurpose) {
    for (const Channel channel : {Channel::kEmail, Channel::kSms}) {
      for (const ConsentState state : messages::kAllConsentState) {
        Asked asked;
        asked.message.purpose = purpose;
        asked.reach.channel = channel;
        asked.person.consents = {{purpose, channel, state}};
        const bool allowed = state == ConsentState::kGranted || (state == ConsentState::kUnknown && purpose != MessagePurpose::kMarketing);
        EXPECT_EQ(asked.verdict(), allowed ? Verdict{} : withheld(MessageReason::kNoConsent))
            << to_string(purpose) << " " << to_string(channel) << " " << to_string(state);
        // The same word about another channel or purpose says nothing about this one.
        asked.person.consents = {{purpose, channel == Channel::kSms ? Channel::kEmail : Channel::kSms, state}};
        EXPECT_EQ(asked.verdict(), purpose != MessagePurpose::kMarketing ? Verdict{} : withheld(MessageReason::kNoConsent));
      }
    }
  }
}

// ---- hours

struct Hours {
  MessagePurpose purpose;
  int weekday_from, weekday_until, sunday_from;
};
class GateHours : public ::testing::TestWithParam<Hours> {};

TEST_P(GateHours, OpenAndCloseOnTheMinute) {
  const Hours hours = GetParam();
  Asked asked;
  asked.message.purpose = hours.purpose;
  asked.person.consents = {{hours.purpose, Channel::kSms, ConsentState::kGranted}};
  const auto outcome = [&](Instant at) {
    asked.now = at;
    return asked.verdict().outcome;
  };
  const Instant monday = new_york(2026, 3, 2, 0);
  EXPECT_EQ(outcome(monday + hours.weekday_from * 1h - 1s), Outcome::kDefer);
  EXPECT_EQ(outcome(monday + hours.weekday_from * 1h), Outcome::kSend);
  EXPECT_EQ(outcome(monday + hours.weekday_until * 1h - 1s), Outcome::kSend);
  EXPECT_EQ(outcome(monday + hours.weekday_until * 1h), Outcome::kDefer);
  const Instant sunday = new_york(2026, 3, 15, 0);
  EXPECT_EQ(outcome(sunday + hours.sunday_from * 1h - 1s), Outcome::kDefer);
  EXPECT_EQ(outcome(sunday + hours.sunday_from * 1h), Outcome::kSend);
}

INSTANTIATE_TEST_SUITE_P(Every, GateHours,
                         ::testing::Values(Hours{MessagePurpose::kTransactional, 8, 21, 8}, Hours{MessagePurpose::kReminder, 8, 21, 8},
                                           Hours{MessagePurpose::kCare, 9, 20, 9}, Hours{MessagePurpose::kSurvey, 9, 20, 9},
                                           Hours{MessagePurpose::kMarketing, 9, 20, 12}),
                         [](const auto& hours) { return std::string(to_string(hours.param.purpose)); });

TEST(GateHours, HaveASourceAndADateForEveryPurpose) {
  for (const MessagePurpose purpose : messages::kAllMessagePurpose) {
    const auto rule = std::ranges::find(kQuietRules, purpose, &QuietRule::purpose);
    ASSERT_NE(rule, kQuietRules.end()) << to_string(purpose);
    EXPECT_FALSE(rule->source.empty());
    EXPECT_EQ(rule->as_of.size(), 10u);
  }
}

TEST(GateHours, CanBeNarrowedButNotWidened) {
  Config config;
  config.earliest_hour = 6;
  config.latest_hour = 23;
  EXPECT_EQ(quiet_rule(MessagePurpose::kCare, config).from_hour, 9);
  EXPECT_EQ(quiet_rule(MessagePurpose::kCare, config).until_hour, 20);
  config.earliest_hour = 10;
  config.latest_hour = 18;
  EXPECT_EQ(quiet_rule(MessagePurpose::kCare, config).from_hour, 10);
  EXPECT_EQ(quiet_rule(MessagePurpose::kCare, config).until_hour, 18);
  EXPECT_EQ(quiet_rule(MessagePurpose::kMarketing, config).sunday_from_hour, 12);
}

TEST(GateHours, NarrowedToNothingWithhold) {
  Asked asked;
  asked.config.earliest_hour = 20;
  EXPECT_EQ(asked.verdict(), withheld(MessageReason::kQuietHours));
}

TEST(GateHours, OfNoZoneAreNeverOpen) {
  Asked asked;
  asked.zones.clear();
  EXPECT_EQ(asked.verdict(), withheld(MessageReason::kQuietHours));
}

TEST(GateHours, OfZonesThatNeverAgreeWithhold) {
  Asked asked;
  asked.zones = {"Pacific/Kiritimati", "Etc/GMT+12"};  // 26 hours apart, so 2 apart on the clock
  EXPECT_EQ(asked.verdict().outcome, Outcome::kDefer);
  asked.zones = {"Europe/Berlin", "Pacific/Auckland"};  // half a day apart
  EXPECT_EQ(asked.verdict(), withheld(MessageReason::kQuietHours));
}

// ---- nights with a missing or a doubled hour

TEST(GateHours, DeferToTheLocalMorningAfterTheSpringGap) {
  Asked asked;
  asked.now = new_york(2026, 3, 7, 22);
  EXPECT_EQ(asked.verdict(), deferred(MessageReason::kQuietHours, new_york(2026, 3, 8, 9)));
  EXPECT_EQ(new_york(2026, 3, 8, 9) - asked.now, 10h) << "one hour short";
}

TEST(GateHours, DeferToTheLocalMorningAfterTheAutumnFold) {
  Asked asked;
  asked.now = new_york(2026, 10, 31, 22);
  EXPECT_EQ(asked.verdict(), deferred(MessageReason::kQuietHours, new_york(2026, 11, 1, 9)));
  EXPECT_EQ(new_york(2026, 11, 1, 9) - asked.now, 12h) << "one hour long";
}

TEST(GateHours, DeferForwardFromTheSecondPassOfADoubledHour) {
  Asked asked;
  asked.now = new_york(2026, 11, 1, 1, 30) + 1h;
  EXPECT_EQ(asked.verdict(), deferred(MessageReason::kQuietHours, new_york(2026, 11, 1, 9)));
}

TEST(GateHours, KnowHalfHourChangesAndQuarterHourZones) {
  Asked asked;
  asked.zones = {"Australia/Lord_Howe"};  // half an hour back on 5 April 2026
  asked.now = *runtime::to_instant(local(2026, 4, 4, 22), "Australia/Lord_Howe");
  EXPECT_EQ(asked.verdict().until, *runtime::to_instant(local(2026, 4, 5, 9), "Australia/Lord_Howe"));
  asked.zones = {"Asia/Kathmandu"};  // +05:45
  asked.now = utc(2026, 3, 3, 0, 0);
  EXPECT_EQ(asked.verdict().until, utc(2026, 3, 3, 3, 15));
}

TEST(GateHours, SurviveAMissingDay) {
  Asked asked;
  asked.zones = {"Pacific/Apia"};  // 30 December 2011 did not take place there
  asked.now = *runtime::to_instant(local(2011, 12, 29, 22), "Pacific/Apia");
  EXPECT_EQ(asked.verdict().until, *runtime::to_instant(local(2011, 12, 31, 9), "Pacific/Apia"));
}

TEST(GateHours, DoNotOpenWhileOneUncertainZoneChangesItsClock) {
  Asked asked;
  asked.zones = {"America/New_York", "America/Phoenix"};  // Arizona keeps its clock all year
  asked.now = new_york(2026, 3, 7, 22);
  EXPECT_EQ(asked.verdict().until, new_york(2026, 3, 8, 12)) << "09:00 in Phoenix is noon in New York from that day on";
  asked.now = new_york(2026, 3, 6, 22);
  EXPECT_EQ(asked.verdict().until, new_york(2026, 3, 7, 11)) << "and 11:00 until then";
}

TEST(GateHours, CloseWithTheFirstZone) {
  const std::vector<std::string> zones = {"America/New_York", "America/Los_Angeles"};
  const QuietRule rule = quiet_rule(MessagePurpose::kCare, Config{});
  EXPECT_EQ(closes_at(new_york(2026, 3, 3, 13, 7), zones, rule), new_york(2026, 3, 3, 20));
  EXPECT_EQ(closes_at(new_york(2026, 3, 3, 19, 59), zones, rule), new_york(2026, 3, 3, 20));
}

TEST(GateHours, AreNeverDeferredToTheSameMoment) {
  Asked asked;
  for (Instant at = new_york(2026, 3, 6, 0); at < new_york(2026, 3, 10, 0); at += 7min + 3s) {
    asked.now = at;
    const Verdict verdict = asked.verdict();
    if (verdict.outcome == Outcome::kSend) continue;
    ASSERT_GT(verdict.until, at);
    asked.now = verdict.until;
    ASSERT_EQ(asked.verdict(), Verdict{}) << testing::text_of(at);
    asked.now = verdict.until - 1s;
    ASSERT_NE(asked.verdict(), Verdict{}) << "the first open moment, not a later one";
  }
}

// ---- caps

TEST(GateCap, OfTheDayFollowsTheLocalDay) {
  Asked asked;
  asked.person.sends = {{MessageId("a"), new_york(2026, 3, 2, 19, 59)}};
  asked.now = new_york(2026, 3, 3, 9);
  EXPECT_EQ(asked.verdict(), Verdict{}) << "thirteen hours later, but another day";
  asked.person.sends = {{MessageId("a"), new_york(2026, 3, 3, 9)}};
  asked.now = new_york(2026, 3, 3, 19);
  EXPECT_EQ(asked.verdict(), deferred(MessageReason::kCapDay, new_york(2026, 3, 4, 9)));
}

TEST(GateCap, OfTheDayIsFullWhenItIsInAnyUncertainZone) {
  Asked asked;
  asked.zones = {"Pacific/Honolulu", "America/New_York"};
  // 19:30 of the evening in New York was 14:30 in Honolulu; the next noon there is a new day in both.
  asked.person.sends = {{MessageId("a"), new_york(2026, 3, 3, 1)}};  // still 2 March in Honolulu
  asked.now = new_york(2026, 3, 3, 15);                              // 3 March in both, 10:00 in Honolulu
  EXPECT_EQ(asked.verdict().reason, MessageReason::kCapDay) << "the same day in New York";
}

TEST(GateCap, OfTheWeekRolls) {
  Asked asked;
  const Instant first = new_york(2026, 2, 24, 12);
  asked.person.sends = {{MessageId("c"), first + 48h}, {MessageId("a"), first}, {MessageId("b"), first + 24h}};  // in no order
  asked.now = first + 7 * 24h - 1s;
  EXPECT_EQ(asked.verdict(), deferred(MessageReason::kCapWeek, first + 7 * 24h));
  asked.now = first + 7 * 24h;
  EXPECT_EQ(asked.verdict(), Verdict{});
}

TEST(GateCap, DoesNotHoldBackRemindersAndTransactionalMessages) {
  for (const MessagePurpose purpose : {MessagePurpose::kTransactional, MessagePurpose::kReminder}) {
    Asked asked;
    asked.message.purpose = purpose;
    for (int i = 0; i < 9; ++i) asked.person.sends.push_back({MessageId("a"), asked.now - i * 1h});
    EXPECT_EQ(asked.verdict(), Verdict{}) << to_string(purpose);
  }
}

TEST(GateCap, HoldsBackCareSurveysAndMarketing) {
  for (const MessagePurpose purpose : {MessagePurpose::kCare, MessagePurpose::kSurvey, MessagePurpose::kMarketing}) {
    Asked asked;
    asked.message.purpose = purpose;
    asked.person.consents = {{purpose, Channel::kSms, ConsentState::kGranted}};
    asked.person.sends = {{MessageId("a"), asked.now - 1h}};
    EXPECT_EQ(asked.verdict().reason, MessageReason::kCapDay) << to_string(purpose);
  }
}

// ---- usefulness

TEST(GateUsefulness, EndsOnTheMinute) {
  Asked asked;
  asked.message.useful_until = asked.now + 1s;
  EXPECT_EQ(asked.verdict(), Verdict{});
  asked.message.useful_until = asked.now;
  EXPECT_EQ(asked.verdict(), withheld(MessageReason::kTooLate));
}

TEST(GateUsefulness, OfWhatWouldBePutOffTooFarIsOver) {
  Asked asked;
  asked.now = new_york(2026, 3, 3, 22);
  asked.message.useful_until = new_york(2026, 3, 4, 9);
  EXPECT_EQ(asked.verdict(), withheld(MessageReason::kTooLate));
  asked.message.useful_until = new_york(2026, 3, 4, 9) + 1s;
  EXPECT_EQ(asked.verdict(), deferred(MessageReason::kQuietHours, new_york(2026, 3, 4, 9)));
}

}  // namespace
}  // namespace bridgework::outreach
