#include <gtest/gtest.h>

#include "tests/unit/appointments/clinic.hpp"

namespace bridgework::appointments {
namespace {

using messages::ImportedOutcome;

messages::ImportedVisit visit(std::string id, LocalTime start, ImportedOutcome outcome = ImportedOutcome::kCompleted) {
  return {.appointment = AppointmentId(std::move(id)),
          .person = PersonId("p-7"),
          .local_start = start,
          .duration_minutes = 40,
          .purpose = messages::Purpose::kHygiene,
          .outcome = outcome,
          .booked_at = utc(2024, 2, 1)};
}
messages::ImportVisits import(std::vector<messages::ImportedVisit> visits) { return {.site = SiteId("main"), .visits = std::move(visits)}; }

TEST(AppointmentsImport, TakesVisitsOfThePastWithWhatBecameOfThem) {
  Clinic clinic;
  const auto done =
      clinic
          .handle(import({visit("main.old-1", local(2024, 3, 1, 9)), visit("main.old-2", local(2024, 3, 1, 8), ImportedOutcome::kNoShow),
                          visit("main.old-3", local(2024, 3, 1, 10), ImportedOutcome::kCancelled)}))
          .reply<messages::VisitsImported>();
  EXPECT_EQ(done.imported, 3u);
  EXPECT_EQ(done.already_known, 0u);
  EXPECT_EQ(done.overlapping, 0u);
  const auto told = clinic.events<messages::VisitImported>();
  ASSERT_EQ(told.size(), 3u);
  EXPECT_EQ(told[0].visit.start, utc(2024, 3, 1, 14));
  EXPECT_EQ(told[0].visit.purpose, messages::Purpose::kHygiene);
  EXPECT_EQ(told[0].booked_at, utc(2024, 2, 1));
  EXPECT_EQ(told[1].outcome, ImportedOutcome::kNoShow);
  EXPECT_EQ(clinic.all_events().size(), 3u) << "nothing else is told, so nobody is contacted about the past";
}

TEST(AppointmentsImport, IsOnTheDaySheetButHoldsNoTime) {
  Clinic clinic;
  clinic.handle(import({visit("main.old-1", local(2024, 3, 1, 9)), visit("main.old-2", local(2024, 3, 1, 8), ImportedOutcome::kNoShow)}));
  EXPECT_EQ(clinic.day_sheet(day(2024, 3, 1)), (std::vector<std::string>{"main.old-2 no_show", "main.old-1 completed"}));
  EXPECT_EQ(clinic.busy_on(day(2024, 3, 1)), 0u);
}

TEST(AppointmentsImport, LeavesWhatIsKnownAsItIs) {
  Clinic clinic;
  clinic.handle(import({visit("main.old-1", local(2024, 3, 1, 9))}));
  const auto done = clinic
                        .handle(import({visit("main.old-1", local(2025, 3, 1, 9)), visit("main.old-2", local(2024, 3, 2, 9)),
                                        visit("main.old-2", local(2024, 3, 2, 9))}))
                        .reply<messages::VisitsImported>();
  EXPECT_EQ(done.imported, 1u);
  EXPECT_EQ(done.already_known, 2u);
  EXPECT_EQ(clinic.record<VisitRecord>("main.old-1")->visit.local_start, local(2024, 3, 1, 9));
  EXPECT_EQ(clinic.count<messages::VisitImported>(), 2u);
}

TEST(AppointmentsImport, CanBeCheckedOutLaterButNothingElse) {
  Clinic clinic;
  clinic.handle(import({visit("main.old-1", local(2024, 3, 1, 9), ImportedOutcome::kNoShow)}));
  EXPECT_EQ(clinic.book("main.old-1").refusal(), No::kIllegalTransition);
  EXPECT_EQ(clinic.cancel("main.old-1").refusal(), No::kIllegalTransition);
}

TEST(AppointmentsImport, ReadsATimeInASpringGapAsTheEndOfTheGap) {
  Clinic clinic;
  clinic.handle(import({visit("main.old-1", local(2024, 3, 10, 2, 30))}));
  EXPECT_EQ(clinic.last_event<messages::VisitImported>()->visit.start, utc(2024, 3, 10, 7));
}

TEST(AppointmentsImport, IsRefusedAsAWholeWhenOneVisitIsNotOfTheSite) {
  Clinic clinic;
  EXPECT_EQ(clinic.handle(import({visit("main.old-1", local(2024, 3, 1, 9)), visit("night.old-1", local(2024, 3, 1, 9))})).refusal(),
            No::kInvalidId);
  auto nobody = visit("main.old-1", local(2024, 3, 1, 9));
  nobody.person = PersonId();
  EXPECT_EQ(clinic.handle(import({nobody})).refusal(), No::kInvalidId);
  EXPECT_EQ(clinic.handle(import({visit("main.old-1", local(1800, 3, 1, 9))})).refusal(), No::kTimeDoesNotExist);
  auto elsewhere = import({visit("main.old-1", local(2024, 3, 1, 9))});
  elsewhere.site = SiteId("nowhere");
  EXPECT_EQ(clinic.handle(elsewhere).refusal(), No::kUnknownSite);
  EXPECT_TRUE(clinic.all_events().empty());
}

}  // namespace
}  // namespace bridgework::appointments
