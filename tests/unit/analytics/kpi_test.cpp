#include <gtest/gtest.h>

#include <string>

#include "tests/unit/analytics/events.hpp"

namespace bridgework::analytics::testing {
namespace {

using messages::ImportedOutcome;
using messages::ItemState;
using messages::LeadState;

const LocalTime kNine = local(2026, 3, 3, 9);
const LocalTime kTen = local(2026, 3, 3, 10);

TEST(NoShowRate, CountsPassedVisitsAndLeavesOutCancelledMovedAndFutureOnes) {
  Analytics h(utc(2026, 3, 3, 12));
  for (int number = 1; number <= 6; ++number) h.handle(visit<messages::AppointmentBooked>(kMain, number, kNine));
  h.handle(visit<messages::AppointmentBooked>(kMain, 7, local(2026, 3, 3, 15)));  // later today
  h.handle(visit<messages::AppointmentNoShow>(kMain, 1, kNine));
  h.handle(visit<messages::AppointmentCompleted>(kMain, 2, kNine));
  h.handle(visit<messages::AppointmentCheckedOut>(kMain, 2, kNine));
  h.handle(cancelled(3, kNine, 60));
  h.handle(visit<messages::AppointmentMoved>(kMain, 4, kNine));
  // 5 and 6 have passed without a word.
  const auto view = ask(h, "no_show_rate");
  EXPECT_EQ(fraction(view), "1/4") << h.timeline();
  EXPECT_EQ(view.value, 0.25);
  EXPECT_TRUE(view.has_value);
  EXPECT_EQ(view.id, "no_show_rate@1");
  h.advance_to(utc(2026, 3, 3, 15));
  EXPECT_EQ(fraction(ask(h, "no_show_rate")), "1/5") << "the afternoon visit's time has come";
}

TEST(NoShowRate, OfImportedVisitsByEachDimensionAddsUpToTheTotal) {
  Analytics h(utc(2026, 3, 3));
  int number = 0;
  for (const SiteId& site : {kMain, kEast}) {
    for (int d = 1; d <= 3; ++d) {
      for (int i = 0; i < d; ++i) {
        const auto outcome = i == 0 ? ImportedOutcome::kNoShow : ImportedOutcome::kCompleted;
        h.handle(imported(site, ++number, local(2016, d == 3 ? 5 : 4, static_cast<unsigned>(d), 9), outcome));
      }
    }
  }
  h.handle(imported(kMain, ++number, local(2016, 4, 1, 9), ImportedOutcome::kCancelled));
  const auto total = ask(h, "no_show_rate");
  EXPECT_EQ(fraction(total), "6/12");
  EXPECT_EQ(rows(ask(h, "no_show_rate", "site")), "east=3/6 main=3/6");
  EXPECT_EQ(rows(ask(h, "no_show_rate", "day")), "2016-04-01=2/2 2016-04-02=2/4 2016-05-03=2/6");
  EXPECT_EQ(rows(ask(h, "no_show_rate", "month")), "2016-04=4/6 2016-05=2/6");
  EXPECT_EQ(rows(ask(h, "no_show_rate", "purpose")), "exam=6/12");
}

TEST(NoShowRate, KeepsToThePeriodAndTheSiteAskedFor) {
  Analytics h(utc(2026, 3, 3));
  for (unsigned d = 1; d <= 5; ++d) h.handle(imported(kMain, static_cast<int>(d), local(2016, 4, d, 9), ImportedOutcome::kNoShow));
  h.handle(imported(kEast, 9, local(2016, 4, 3, 9), ImportedOutcome::kCompleted));
  auto query = kpi("no_show_rate");
  query.from = day(2016, 4, 2);
  query.to = day(2016, 4, 4);
  EXPECT_EQ(fraction(h.get<messages::KpiView>(query)), "3/4") << "both ends count";
  query.site = kMain;
  EXPECT_EQ(fraction(h.get<messages::KpiView>(query)), "3/3");
  query.site = SiteId("nowhere");
  EXPECT_EQ(fraction(h.get<messages::KpiView>(query)), "0/0");
}

TEST(NoShowRate, CountsAVisitOnItsLocalDay) {
  Analytics h(utc(2026, 3, 5));
  auto late = visit<messages::AppointmentNoShow>(kMain, 1, local(2026, 3, 3, 23));
  late.visit.start = utc(2026, 3, 4, 4);  // New York
  h.handle(late);
  EXPECT_EQ(rows(ask(h, "no_show_rate", "day")), "2026-03-03=1/1");
}

TEST(LateCancelRate, CountsPatientsCancellingWithinADay) {
  Analytics h(utc(2026, 3, 3, 12));
  h.handle(visit<messages::AppointmentCompleted>(kMain, 1, kNine));
  h.handle(cancelled(2, kNine, 24 * 60 - 1));
  h.handle(cancelled(3, kNine, 24 * 60));
  h.handle(cancelled(4, kNine, 10, messages::CancelledBy::kPractice));
  EXPECT_EQ(fraction(ask(h, "late_cancel_rate")), "1/4");
}

TEST(Waiting, OverTheLimitAndMeanMinutesAreOfSeatedPatients) {
  Analytics h(utc(2026, 3, 3, 12));
  h.handle(seated(1, kNine, 22));
  h.handle(seated(2, kNine, 15));
  h.handle(seated(3, kTen, 0));
  h.handle(visit<messages::AppointmentArrived>(kMain, 4, kTen));
  EXPECT_EQ(fraction(ask(h, "waiting_over_limit_rate")), "1/3");
  EXPECT_EQ(fraction(ask(h, "waiting_minutes")), "37/3");
}

TEST(ReappointmentRate, IsOfCheckOuts) {
  Analytics h(utc(2026, 3, 3, 12));
  for (int number = 1; number <= 3; ++number) {
    auto event = visit<messages::AppointmentCheckedOut>(kMain, number, kNine);
    event.next_visit_agreed = number != 2;
    h.handle(event);
  }
  EXPECT_EQ(fraction(ask(h, "reappointment_rate")), "2/3");
}

TEST(Enquiries, CountForTheDayOnWhichTheyCameHoweverLateTheyEndWell) {
  Analytics h(utc(2026, 3, 1, 9));
  for (int number = 1; number <= 4; ++number) h.handle(enquiry<messages::EnquiryReceived>(number, number == 4 ? "" : "c-1"));
  h.advance_to(utc(2026, 4, 20));
  h.handle(advanced(1, LeadState::kBooked));
  h.handle(advanced(1, LeadState::kLost));
  h.handle(advanced(1, LeadState::kBooked));  // counts once
  h.handle(advanced(1, LeadState::kKept));
  h.handle(advanced(1, LeadState::kProduced));
  h.handle(advanced(2, LeadState::kKept));  // walked in; kept is booked, too
  h.handle(advanced(3, LeadState::kLost));
  EXPECT_EQ(fraction(ask(h, "enquiries")), "4/1");
  EXPECT_EQ(ask(h, "enquiries").value, 4);
  EXPECT_EQ(fraction(ask(h, "lead_conversion_booked")), "2/4");
  EXPECT_EQ(fraction(ask(h, "lead_conversion_kept")), "2/4");
  EXPECT_EQ(rows(ask(h, "lead_conversion_kept", "campaign")), "c-1=2/3 none=0/1");
  EXPECT_EQ(rows(ask(h, "lead_conversion_kept", "month")), "2026-03=2/4");
}

TEST(SpeedToLead, LeavesNobodyOutWhoIsStillWaiting) {
  Analytics h(utc(2026, 3, 1, 9));
  for (int number = 1; number <= 4; ++number) h.handle(enquiry<messages::EnquiryReceived>(number));
  h.handle(contacted(1, 61));
  h.handle(contacted(2, 15 * 60));
  h.handle(contacted(3, 15 * 60 + 1));
  h.handle(contacted(3, 5));  // only the first conversation counts
  EXPECT_EQ(fraction(ask(h, "speed_to_lead_mean@1")), "33/3");
  EXPECT_EQ(fraction(ask(h, "speed_to_lead_in_time@1")), "2/4");
}

TEST(CostPerKeptNewPatient, DividesCampaignCostByTheirKeptEnquiries) {
  Analytics h(utc(2026, 3, 1, 9));
  h.handle(campaign("c-1", 90'000, day(2026, 3, 1)));
  h.handle(campaign("c-2", 10'000, day(2026, 3, 2)));
  h.handle(campaign("c-0", 77'000, day(2025, 1, 1)));
  for (int number = 1; number <= 3; ++number) h.handle(enquiry<messages::EnquiryReceived>(number, number == 3 ? "" : "c-1"));
  for (int number = 1; number <= 3; ++number) h.handle(advanced(number, LeadState::kKept, number == 3 ? "" : "c-1"));
  auto query = kpi("cost_per_kept_new_patient");
  query.from = day(2026, 1, 1);
  EXPECT_EQ(fraction(h.get<messages::KpiView>(query)), "100000/2");
  query.by = "campaign";
  EXPECT_EQ(rows(h.get<messages::KpiView>(query)), "c-1=90000/2 c-2=10000/0");
  EXPECT_FALSE(h.get<messages::KpiView>(query).rows[1].has_value);
}

TEST(CampaignMoney, IsDividedByLeadsBookingsAndCost) {
  Analytics h(utc(2026, 3, 1, 9));
  h.handle(campaign("c-1", 90'000, day(2026, 3, 1)));
  h.handle(campaign("c-2", 0, day(2026, 3, 2)));
  for (int number = 1; number <= 4; ++number)
    h.handle(enquiry<messages::EnquiryReceived>(number, number == 4 ? "" : number == 3 ? "c-2" : "c-1"));
  h.handle(advanced(1, LeadState::kBooked));
  h.handle(advanced(1, LeadState::kKept));
  const auto produced = [&](int number, const char* by, std::int64_t fee) {
    auto event = enquiry<messages::EnquiryProduced>(number, by);
    event.fee_minor = fee;
    h.handle(event);
  };
  produced(1, "c-1", 60'000);
  produced(1, "c-1", 75'000);
  produced(3, "c-2", 5'000);
  produced(4, "", 1'000);
  EXPECT_EQ(fraction(ask(h, "cost_per_lead")), "90000/3");
  EXPECT_EQ(fraction(ask(h, "cost_per_booked_lead")), "90000/1");
  EXPECT_EQ(fraction(ask(h, "return_on_spend")), "140000/90000");
  auto query = kpi("return_on_spend");
  query.by = "campaign";
  EXPECT_EQ(rows(h.get<messages::KpiView>(query)), "c-1=135000/90000 c-2=5000/0");
  EXPECT_FALSE(h.get<messages::KpiView>(query).rows[1].has_value) << "no money was spent, as far as anybody knows";

  messages::CampaignChanged dearer;
  dearer.campaign = CampaignId("c-1");
  dearer.cost_minor = 120'000;
  h.handle(dearer);
  EXPECT_EQ(fraction(ask(h, "cost_per_lead")), "120000/3");
}

TEST(CampaignTouch, FirstAndLastAreCountedBesideEachOther) {
  Analytics h(utc(2026, 3, 1, 9));
  h.handle(enquiry<messages::EnquiryReceived>(1, "c-2"));
  auto event = advanced(1, LeadState::kKept, "c-2");
  event.first_touch = CampaignId("c-1");
  event.last_touch = CampaignId("c-2");
  h.handle(event);
  for (const auto& [name, expected] : {std::pair{"kept_by_first_touch", "c-1=1/1"}, std::pair{"kept_by_last_touch", "c-2=1/1"}}) {
    auto query = kpi(name);
    query.by = "campaign";
    EXPECT_EQ(rows(h.get<messages::KpiView>(query)), expected);
  }
}

TEST(EnquiriesBySource, CountImportedOnesToo) {
  Analytics h(utc(2026, 3, 1, 9));
  auto received = enquiry<messages::EnquiryReceived>(1);
  received.source = messages::LeadSource::kTv;
  h.handle(received);
  auto imported = enquiry<messages::EnquiryImported>(2);
  imported.source = messages::LeadSource::kTv;
  imported.received_at = utc(2025, 5, 1);
  h.handle(imported);
  imported.enquiry = EnquiryId("p-2.e-2");
  imported.source = messages::LeadSource::kSocial;
  h.handle(imported);
  h.handle(imported);
  auto query = kpi("enquiries_by_source");
  query.by = "source";
  EXPECT_EQ(rows(h.get<messages::KpiView>(query)), "social=1/1 tv=2/1");
  query.to = day(2025, 12, 31);
  EXPECT_EQ(rows(h.get<messages::KpiView>(query)), "social=1/1 tv=1/1");
}

TEST(CaseAcceptance, CountsPatientsOnceAndMoneyByTheItem) {
  Analytics h(utc(2026, 3, 1, 9));
  h.handle(item(1, 1, ItemState::kPresented, 100'00));
  h.handle(item(1, 2, ItemState::kPresented, 300'00));
  h.handle(item(2, 1, ItemState::kPresented, 50'00));
  h.handle(item(3, 1, ItemState::kFound, 999'00));  // never presented
  h.advance_to(utc(2026, 4, 1));
  h.handle(item(1, 1, ItemState::kAccepted, 100'00));
  h.handle(item(1, 1, ItemState::kStarted, 100'00));
  h.handle(item(1, 2, ItemState::kAccepted, 300'00));
  h.handle(item(2, 1, ItemState::kDeferred, 50'00));
  EXPECT_EQ(fraction(ask(h, "case_acceptance_patients")), "1/2");
  EXPECT_EQ(fraction(ask(h, "case_acceptance_money")), "40000/45000");
  EXPECT_EQ(rows(ask(h, "case_acceptance_money", "month")), "2026-03=40000/45000");
  h.handle(item(1, 2, ItemState::kDeclined, 300'00));
  EXPECT_EQ(fraction(ask(h, "case_acceptance_money")), "10000/45000") << "taken back";
  EXPECT_EQ(fraction(ask(h, "case_acceptance_patients")), "1/2") << "the other item stands";
  h.handle(item(1, 1, ItemState::kDeclined, 100'00));
  EXPECT_EQ(fraction(ask(h, "case_acceptance_patients")), "0/2");
}

TEST(CaseAcceptance, OfAnItemAcceptedWithoutPresentationCountsAsPresentedByThat) {
  Analytics h(utc(2026, 3, 1, 9));
  h.handle(item(1, 1, ItemState::kAccepted, 100'00));
  EXPECT_EQ(fraction(ask(h, "case_acceptance_money")), "10000/10000");
  EXPECT_EQ(fraction(ask(h, "case_acceptance_patients")), "1/1");
}

TEST(UnfinishedTreatmentMoney, IsAStockAsOfTheLastDayAskedFor) {
  using enum messages::GapKind;
  Analytics h(utc(2026, 3, 1, 9));
  h.handle(gap_opened(kMain, 1, 1, kUnfinished, 800'00));
  h.handle(gap_opened(kMain, 1, 2, kNotScheduled, 200'00));
  h.advance_to(utc(2026, 3, 10));
  h.handle(gap_changed(kMain, 1, 1, kUnfinished, messages::Cover::kClosed));
  EXPECT_EQ(ask(h, "unfinished_treatment_money").value, 200'00);
  EXPECT_EQ(rows(ask(h, "unfinished_treatment_money", "hole")), "not_scheduled=20000/1 unfinished=0/1");
  auto query = kpi("unfinished_treatment_money");
  query.to = day(2026, 3, 9);
  EXPECT_EQ(h.get<messages::KpiView>(query).value, 1000'00);
  h.handle(gap_changed(kMain, 1, 1, kUnfinished, messages::Cover::kActive));  // the visit was not kept: open again
  h.handle(gap_changed(kMain, 1, 2, kNotScheduled, messages::Cover::kCovered));
  EXPECT_EQ(ask(h, "unfinished_treatment_money", "site").rows.at(0).key, "main");
}

TEST(Nps, IsExactAndMayBeNegative) {
  Analytics h(utc(2026, 3, 1, 9));
  int number = 0;
  for (const int score : {10, 9, 8, 7, 7, 6}) h.handle(answered(++number, static_cast<std::uint8_t>(score)));
  // 2 promoters, 1 detractor, 6 answers: 100 · 1 / 6, not the 16 or 17 of percentages rounded one by one.
  auto view = ask(h, "nps");
  EXPECT_EQ(fraction(view), "100/6");
  EXPECT_DOUBLE_EQ(view.value, 100.0 / 6.0);
  for (int i = 0; i < 3; ++i) h.handle(answered(++number, 0));
  view = ask(h, "nps");
  EXPECT_EQ(fraction(view), "-200/9");
  EXPECT_DOUBLE_EQ(view.value, -200.0 / 9.0);
}

TEST(Nps, DoesNotRoundPromotersAndDetractorsApart) {
  Analytics h(utc(2026, 3, 1, 9));
  // 1 promoter and 1 detractor of 3: each is 33.3 %, the score is exactly 0. One more promoter: 2 − 1 of 4 is exactly 25.
  for (int i = 1; i <= 3; ++i) h.handle(answered(i, static_cast<std::uint8_t>(i == 1 ? 9 : i == 2 ? 6 : 8)));
  EXPECT_EQ(ask(h, "nps").value, 0);
  EXPECT_TRUE(ask(h, "nps").has_value);
  h.handle(answered(4, 10));
  EXPECT_EQ(ask(h, "nps").value, 25);
}

TEST(Surveys, ResponseCountsForTheDayOfTheQuestionAndPromisesOfThoseWhoSaid) {
  Analytics h(utc(2026, 3, 31, 9));
  for (int number = 1; number <= 4; ++number) h.handle(asked(number));
  h.advance_to(utc(2026, 4, 2));
  h.handle(answered(1, 9, "yes"));
  h.handle(answered(1, 9, "yes"));  // one answer
  h.handle(answered(2, 3, "no"));
  h.handle(answered(3, 8));
  EXPECT_EQ(rows(ask(h, "survey_response_rate", "month")), "2026-03=3/4");
  EXPECT_EQ(rows(ask(h, "promise_kept", "month")), "2026-04=1/2");
  EXPECT_EQ(fraction(ask(h, "nps")), "0/3");
}

TEST(ActivePatients, CompletedAVisitInEighteenMonthsAndCountOnceInTheTotal) {
  Analytics h(utc(2026, 11, 22, 12));
  h.handle(imported(kMain, 1, local(2026, 1, 5, 9), ImportedOutcome::kCompleted));
  h.handle(imported(kMain, 1, local(2025, 3, 5, 9), ImportedOutcome::kCompleted));  // imported later, but earlier
  h.handle(imported(kEast, 1, local(2026, 2, 5, 9), ImportedOutcome::kCompleted));
  h.handle(imported(kMain, 2, local(2025, 5, 22, 9), ImportedOutcome::kCompleted));  // a day too long ago
  h.handle(imported(kMain, 3, local(2025, 5, 23, 9), ImportedOutcome::kCompleted));
  h.handle(imported(kMain, 4, local(2026, 2, 5, 9), ImportedOutcome::kNoShow));
  h.handle(visit<messages::AppointmentCompleted>(kMain, 5, local(2026, 11, 22, 9)));
  EXPECT_EQ(ask(h, "active_patients").value, 3);
  EXPECT_EQ(rows(ask(h, "active_patients", "site")), "east=1/1 main=3/1");
  auto query = kpi("active_patients");
  query.to = day(2025, 12, 31);
  EXPECT_EQ(h.get<messages::KpiView>(query).value, 3) << "as of then: 1, 2 and 3";
}

}  // namespace
}  // namespace bridgework::analytics::testing
