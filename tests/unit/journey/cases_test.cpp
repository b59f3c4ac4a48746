#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/journey/events.hpp"

namespace bridgework::journey::testing {
namespace {

using messages::Bucket;
using messages::CaseState;
using messages::DefectKind;
using messages::JourneyRefusal;
using messages::Stage;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const CaseId kFirstCase{"p-ana.c-1"};

Journey with_open_case() {
  Journey h(utc(2026, 3, 3, 10));
  h.handle(registered(kAna, "Ana", "Example"));
  h.handle(seated(kAna, "main.v-1", local(2026, 3, 3, 9, 30), 22, 15));
  return h;
}
messages::ContactCase contact(const CaseId& id) {
  messages::ContactCase command;
  command.recovery_case = id;
  command.by = "rosa";
  return command;
}
messages::ResolveCase resolve(const CaseId& id) {
  messages::ResolveCase command;
  command.recovery_case = id;
  command.by = "rosa";
  command.gesture = "flowers";
  return command;
}

TEST(JourneyWaiting, OfTwentyTwoMinutesAgainstFifteenIsADefectAndOpensACase) {
  const Journey h = with_open_case();
  const auto defects = h.events<messages::DefectDetected>();
  ASSERT_EQ(defects.size(), 1u) << h.timeline();
  EXPECT_EQ(defects[0].kind, DefectKind::kWaitedTooLong);
  EXPECT_EQ(defects[0].stage, Stage::kArrival);
  EXPECT_EQ(defects[0].measured, 22);
  EXPECT_EQ(defects[0].limit, 15);
  EXPECT_EQ(defects[0].appointment, AppointmentId("main.v-1"));
  EXPECT_EQ(defects[0].by, "");
  const auto opened = h.events<messages::RecoveryCaseOpened>();
  ASSERT_EQ(opened.size(), 1u);
  EXPECT_EQ(opened[0].recovery_case, kFirstCase);
  EXPECT_EQ(opened[0].site, kMain);
  EXPECT_EQ(opened[0].contact_by, utc(2026, 3, 4, 10)) << "the site's hours are not known: a day";
}

TEST(JourneyWaiting, UpToTheLimitIsNoDefect) {
  Journey h;
  h.handle(seated(kAna, "main.v-1", local(2026, 3, 3, 9, 30), 15, 15));
  EXPECT_THAT(h.all_events(), IsEmpty());
  h.handle(seated(kAna, "main.v-2", local(2026, 3, 4, 9, 30), 16, 15));
  EXPECT_EQ(h.count<messages::DefectDetected>(), 1u);
}

TEST(JourneyWaiting, IsToldWhileStillWaitingAndIsOneDefectWhicheverComesFirst) {
  const auto at_last = seated(kAna, "main.v-1", local(2026, 3, 3, 9, 30), 22, 15);
  messages::VisitWaitedTooLong waits;
  waits.person = at_last.person;
  waits.site = at_last.site;
  waits.appointment = at_last.appointment;
  waits.visit = at_last.visit;
  waits.waited_minutes = 16;
  waits.wait_limit_minutes = 15;

  Journey h;
  h.handle(waits);
  ASSERT_EQ(h.count<messages::DefectDetected>(), 1u) << "at once";
  EXPECT_EQ(h.last_event<messages::DefectDetected>()->measured, 16);
  EXPECT_EQ(h.count<messages::RecoveryCaseOpened>(), 1u);
  h.handle(at_last);
  EXPECT_EQ(h.count<messages::DefectDetected>(), 1u) << "not counted twice";

  Journey late;  // the timer was late, and the person is seated first
  late.handle(at_last);
  EXPECT_EQ(late.count<messages::DefectDetected>(), 1u);
}

TEST(JourneyCase, IsToBeContactedByTheCloseOfTheNextOpenDay) {
  Journey h(utc(2026, 3, 6, 15));  // a Friday
  messages::SiteDefined site;
  site.site = kMain;
  site.zone = "America/New_York";
  for (std::uint8_t weekday = 1; weekday <= 5; ++weekday) {
    site.hours.push_back({.weekday = weekday, .from_minute = 480, .until_minute = 720});
    site.hours.push_back({.weekday = weekday, .from_minute = 780, .until_minute = 1020});
  }
  h.handle(site);
  h.handle(seated(kAna, "main.v-1", local(2026, 3, 6, 9, 30), 22, 15));
  // Monday, 17:00 in New York, which is on summer time since Sunday.
  EXPECT_EQ(h.last_event<messages::RecoveryCaseOpened>()->contact_by, utc(2026, 3, 9, 21));
}

TEST(JourneyAnswer, NegativeIsASecondReasonOfTheSameCase) {
  Journey h = with_open_case();
  h.handle(answered(3, Bucket::kNegative));
  EXPECT_EQ(h.count<messages::RecoveryCaseOpened>(), 1u) << h.timeline();
  const auto* added = h.last_event<messages::RecoveryReasonAdded>();
  ASSERT_NE(added, nullptr) << h.timeline();
  EXPECT_EQ(added->recovery_case, kFirstCase);
  EXPECT_EQ(added->kind, DefectKind::kNegativeAnswer);
  const auto list = h.get<messages::CaseList>(messages::ListCases{.person = kAna, .site = {}});
  ASSERT_EQ(list.cases.size(), 1u);
  EXPECT_THAT(list.cases[0].reasons, ElementsAre(DefectKind::kWaitedTooLong, DefectKind::kNegativeAnswer));
}

TEST(JourneyAnswer, NegativeOpensACaseWhenNoneIsOpen) {
  Journey h;
  h.handle(answered(2, Bucket::kNegative));
  ASSERT_EQ(h.count<messages::RecoveryCaseOpened>(), 1u);
  EXPECT_EQ(h.last_event<messages::DefectDetected>()->stage, Stage::kAfterCare);
  EXPECT_EQ(h.last_event<messages::DefectDetected>()->measured, 2);
}

TEST(JourneyAnswer, PositiveOrNeutralOpensNothing) {
  Journey h;
  h.handle(answered(10, Bucket::kPositive, "yes"));
  h.handle(answered(7, Bucket::kNeutral));
  EXPECT_THAT(h.all_events(), IsEmpty());
}

TEST(JourneyAnswer, ABrokenPromiseIsADefectOfLeadGenerationAndOneAnswerIsOneReason) {
  Journey h;
  h.handle(answered(8, Bucket::kNeutral, "no"));
  EXPECT_EQ(h.last_event<messages::DefectDetected>()->kind, DefectKind::kPromiseNotKept);
  EXPECT_EQ(h.last_event<messages::DefectDetected>()->stage, Stage::kLeadGeneration);
  EXPECT_EQ(h.last_event<messages::RecoveryCaseOpened>()->kind, DefectKind::kPromiseNotKept);

  Journey both;
  both.handle(answered(1, Bucket::kNegative, "no"));
  EXPECT_EQ(both.count<messages::DefectDetected>(), 2u);
  EXPECT_EQ(both.count<messages::RecoveryCaseOpened>() + both.count<messages::RecoveryReasonAdded>(), 1u);
}

TEST(JourneyEnquiry, ContactedLateIsADefectWithoutACase) {
  Journey h;
  messages::EnquiryContacted event;
  event.person = kAna;
  event.site = kMain;
  event.enquiry = EnquiryId("p-ana.e-1");
  event.waited_seconds = 15 * 60;
  h.handle(event);
  EXPECT_THAT(h.all_events(), IsEmpty());
  event.waited_seconds = 15 * 60 + 1;
  h.handle(event);
  ASSERT_EQ(h.count<messages::DefectDetected>(), 1u);
  EXPECT_EQ(h.last_event<messages::DefectDetected>()->kind, DefectKind::kAnsweredLate);
  EXPECT_EQ(h.last_event<messages::DefectDetected>()->measured, 16);
  EXPECT_EQ(h.last_event<messages::DefectDetected>()->limit, 15);
  EXPECT_EQ(h.count<messages::RecoveryCaseOpened>(), 0u);
}

TEST(JourneyEnquiry, NobodyHasCalledInTimeIsADefectAtOnceAndNotTwice) {
  Journey h;
  messages::SpeedToLeadBreached breach;
  breach.person = kAna;
  breach.site = kMain;
  breach.enquiry = EnquiryId("p-ana.e-1");
  breach.clock = messages::SpeedClock::kAcknowledgement;
  breach.received_at = h.now() - std::chrono::minutes(20);
  breach.limit_seconds = 900;
  h.handle(breach);
  EXPECT_EQ(h.count<messages::DefectDetected>(), 0u) << "a machine that is slow is told, and is no defect of a person";
  breach.clock = messages::SpeedClock::kFirstContact;
  h.handle(breach);
  ASSERT_EQ(h.count<messages::DefectDetected>(), 1u);
  EXPECT_EQ(h.last_event<messages::DefectDetected>()->kind, DefectKind::kAnsweredLate);
  EXPECT_EQ(h.last_event<messages::DefectDetected>()->measured, 20);
  EXPECT_EQ(h.last_event<messages::DefectDetected>()->limit, 15);
  messages::EnquiryContacted late;
  late.person = kAna;
  late.site = kMain;
  late.enquiry = EnquiryId("p-ana.e-1");
  late.waited_seconds = 3600;
  late.breached = true;
  h.handle(late);
  EXPECT_EQ(h.count<messages::DefectDetected>(), 1u);
}

TEST(JourneyImport, IsJudgedByNoStandard) {
  Journey h;
  auto event = about_visit<messages::VisitImported>(kAna, "main.v-1", local(2016, 4, 29, 9));
  event.outcome = messages::ImportedOutcome::kNoShow;
  h.handle(event);
  EXPECT_THAT(h.all_events(), IsEmpty());
}

TEST(JourneyRecordDefect, OpensACaseAndAnswersWithIt) {
  Journey h;
  h.handle(registered(kAna, "Ana", "Example"));
  const auto& outcome = h.handle(recorded(kAna, DefectKind::kBillWrong));
  const auto& view = outcome.reply<messages::CaseView>();
  EXPECT_EQ(view.recovery_case, kFirstCase);
  EXPECT_EQ(view.state, CaseState::kOpen);
  EXPECT_THAT(view.reasons, ElementsAre(DefectKind::kBillWrong));
  EXPECT_EQ(h.last_event<messages::DefectDetected>()->by, "rosa");
}

TEST(JourneyRecordDefect, AddsAReasonToTheOpenCase) {
  Journey h = with_open_case();
  const auto& outcome = h.handle(recorded(kAna, DefectKind::kBillLate));
  EXPECT_THAT(outcome.reply<messages::CaseView>().reasons, ElementsAre(DefectKind::kWaitedTooLong, DefectKind::kBillLate));
}

TEST(JourneyRecordDefect, IsRefusedForAnUnknownPerson) {
  Journey h;
  EXPECT_EQ(h.handle(recorded(kAna, DefectKind::kOther)).refusal(), JourneyRefusal::kUnknownPerson);
}

TEST(JourneyCase, IsContactedThenResolvedWithAGesture) {
  Journey h = with_open_case();
  h.advance(std::chrono::hours(2));
  const auto contacted = h.handle(contact(kFirstCase)).reply<messages::CaseView>();
  EXPECT_EQ(contacted.state, CaseState::kContacted);
  EXPECT_EQ(contacted.contacted_at, utc(2026, 3, 3, 12));
  h.advance(std::chrono::hours(24));
  const auto resolved = h.handle(resolve(kFirstCase)).reply<messages::CaseView>();
  EXPECT_EQ(resolved.state, CaseState::kResolved);
  EXPECT_EQ(resolved.contacted_at, utc(2026, 3, 3, 12));
  EXPECT_EQ(resolved.resolved_at, utc(2026, 3, 4, 12));
  EXPECT_EQ(resolved.gesture, "flowers");
  const auto changes = h.events<messages::RecoveryCaseChanged>();
  ASSERT_EQ(changes.size(), 2u);
  EXPECT_EQ(changes[1].from, CaseState::kContacted);
  EXPECT_EQ(changes[1].to, CaseState::kResolved);
  EXPECT_EQ(changes[1].gesture, "flowers");
}

TEST(JourneyCase, ResolvedInTheFirstCallIsContactedByThat) {
  Journey h = with_open_case();
  const auto view = h.handle(resolve(kFirstCase)).reply<messages::CaseView>();
  EXPECT_EQ(view.contacted_at, view.resolved_at);
}

TEST(JourneyCase, ContactTwiceOrAfterResolutionIsIllegal) {
  Journey h = with_open_case();
  h.handle(contact(kFirstCase));
  EXPECT_EQ(h.handle(contact(kFirstCase)).refusal(), JourneyRefusal::kIllegalTransition);
  h.handle(resolve(kFirstCase));
  EXPECT_EQ(h.handle(contact(kFirstCase)).refusal(), JourneyRefusal::kIllegalTransition);
  EXPECT_EQ(h.handle(resolve(kFirstCase)).refusal(), JourneyRefusal::kIllegalTransition);
}

TEST(JourneyCase, UnknownOneIsRefused) {
  Journey h;
  EXPECT_EQ(h.handle(contact(CaseId("p-ana.c-9"))).refusal(), JourneyRefusal::kUnknownCase);
  EXPECT_EQ(h.handle(resolve(CaseId("p-ana.c-9"))).refusal(), JourneyRefusal::kUnknownCase);
}

TEST(JourneyCase, AfterResolutionTheNextDefectOpensANewOne) {
  Journey h = with_open_case();
  h.handle(resolve(kFirstCase));
  h.handle(answered(0, Bucket::kNegative));
  EXPECT_EQ(h.last_event<messages::RecoveryCaseOpened>()->recovery_case, CaseId("p-ana.c-2"));
  EXPECT_EQ(h.get<messages::CaseList>(messages::ListCases{.person = kAna, .site = {}}).cases.size(), 2u);
}

TEST(JourneyCases, OfASiteAreTheOpenOnes) {
  Journey h = with_open_case();
  const PersonId ben("p-ben");
  h.handle(registered(ben, "Ben", "Example"));
  h.handle(recorded(ben, DefectKind::kBillWrong));
  EXPECT_EQ(h.get<messages::CaseList>(messages::ListCases{.person = {}, .site = kMain}).cases.size(), 2u);
  h.handle(resolve(kFirstCase));
  const auto open = h.get<messages::CaseList>(messages::ListCases{.person = {}, .site = kMain});
  ASSERT_EQ(open.cases.size(), 1u);
  EXPECT_EQ(open.cases[0].person, ben);
  EXPECT_EQ(h.get<messages::CaseList>(messages::ListCases{}).cases.size(), 1u) << "of all sites";
  EXPECT_THAT(h.get<messages::CaseList>(messages::ListCases{.person = {}, .site = SiteId("other")}).cases, IsEmpty());
}

}  // namespace
}  // namespace bridgework::journey::testing
