#include <gtest/gtest.h>

#include "tests/unit/appointments/clinic.hpp"

namespace bridgework::appointments {
namespace {

using testing::local;
using Texts = std::vector<std::string>;

/// The clinic with two scanners and one laser; a scan takes 30 minutes, 10 before and 5 after, and needs a scanner, a graft two of them and
/// the laser.
class Equipped : public Clinic {
 public:
  Equipped() {
    for (const auto& [device, kind] : {std::pair{"s-1", "scanner"}, std::pair{"l-1", "laser"}, std::pair{"s-2", "scanner"}})
      handle(messages::DefineEquipment{.equipment = EquipmentId(device), .site = SiteId("main"), .kind = kind, .name = device});
    define("scan", {"scanner"}, 10, 5);
    define("graft", {"scanner", "scanner", "laser"}, 0, 0);
  }
  const Outcome& define(const std::string& type, Texts kinds, std::uint16_t before, std::uint16_t after) {
    return handle(messages::DefineVisitType{.visit_type = type,
                                            .site = SiteId("main"),
                                            .name = type,
                                            .duration_minutes = 30,
                                            .buffer_minutes = after,
                                            .purpose = messages::Purpose::kExam,
                                            .equipment = std::move(kinds),
                                            .minutes_before = before});
  }
  const Outcome& hold(const std::string& id, const std::string& type, LocalTime start, const std::string& provider = "dr-a") {
    auto command = exam(id, start, provider);
    command.visit_type = type;
    return handle(command);
  }
  Texts devices(const std::string& id) const {
    Texts names;
    for (const EquipmentId& device : record<VisitRecord>(id)->visit.equipment) names.push_back(device.text());
    return names;
  }
};

TEST(AppointmentsEquipment, OfTheKindIsTakenWithProviderAndChair) {
  Equipped clinic;
  clinic.hold("main.v-1", "scan", kTen, "dr-a");
  clinic.hold("main.v-2", "scan", kTen, "dr-b");
  EXPECT_EQ(clinic.devices("main.v-1"), (Texts{"s-1"}));
  EXPECT_EQ(clinic.devices("main.v-2"), (Texts{"s-2"}));
  EXPECT_EQ(clinic.last_event<messages::AppointmentHeld>()->visit.equipment.front(), EquipmentId("s-2"));
}

TEST(AppointmentsEquipment, ThatIsBusyRefusesAllOfIt) {
  Equipped clinic;
  clinic.handle(messages::DefineProvider{
      .provider = ProviderId("dr-c"), .site = SiteId("main"), .name = "C", .shifts = hours(1, 5, clock(9), clock(16))});
  clinic.handle(messages::DefineChair{.chair = ChairId("c-3"), .site = SiteId("main"), .name = "c-3"});
  clinic.hold("main.v-1", "scan", kTen, "dr-a");
  clinic.hold("main.v-2", "scan", kTen, "dr-b");
  const auto& refused = clinic.hold("main.v-3", "scan", kTen, "dr-c");
  EXPECT_EQ(refused.refusal(), No::kSlotTaken);
  EXPECT_EQ(refused.detail(), "no free equipment of the kind scanner then");
  EXPECT_EQ(clinic.busy_on(day(2026, 1, 6)), 2u);
  EXPECT_TRUE(clinic.hold("main.v-4", "crown", kTen, "dr-c").accepted()) << "who needs none is not in its way";
}

TEST(AppointmentsEquipment, TwoOfAKindAreTwoDevices) {
  Equipped clinic;
  clinic.hold("main.v-1", "graft", kTen);
  EXPECT_EQ(clinic.devices("main.v-1"), (Texts{"s-1", "s-2", "l-1"}));
  EXPECT_EQ(clinic.hold("main.v-2", "scan", kTen, "dr-b").refusal(), No::kSlotTaken);
  clinic.cancel("main.v-1");
  EXPECT_TRUE(clinic.hold("main.v-3", "scan", kTen, "dr-b").accepted()) << "given back with the rest";
}

TEST(AppointmentsEquipment, IsFreeWhenItsHoldIsOverAndTheTimerLate) {
  Equipped clinic;
  clinic.hold("main.v-1", "graft", kTen);
  EXPECT_EQ(clinic.hold("main.v-2", "scan", kTen, "dr-b").refusal(), No::kSlotTaken);
  clinic.advance_without_timers(clinic.now() + std::chrono::minutes(10));
  EXPECT_TRUE(clinic.hold("main.v-2", "scan", kTen, "dr-b").accepted());
}

TEST(AppointmentsEquipment, MovesWithTheVisit) {
  Equipped clinic;
  clinic.hold("main.v-1", "graft", kTen);
  clinic.book("main.v-1");
  clinic.move("main.v-1", "main.v-2", kTen + std::chrono::minutes(15));
  EXPECT_EQ(clinic.devices("main.v-2"), (Texts{"s-1", "s-2", "l-1"})) << "the visit's own devices do not stand in its way";
  EXPECT_EQ(clinic.hold("main.v-3", "scan", kTen + std::chrono::minutes(15), "dr-b").refusal(), No::kSlotTaken);
}

TEST(AppointmentsEquipment, NobodyCanNeedWhatTheSiteDoesNotHave) {
  Equipped clinic;
  EXPECT_EQ(clinic.define("mri", {"magnet"}, 0, 0).refusal(), No::kUnknownEquipment);
  EXPECT_EQ(clinic.define("laser", {"laser", "laser"}, 0, 0).refusal(), No::kUnknownEquipment);
}

TEST(AppointmentsEquipment, NeedsAnIdAndASite) {
  Equipped clinic;
  EXPECT_EQ(clinic.handle(messages::DefineEquipment{.equipment = {}, .site = SiteId("main"), .kind = "k", .name = "n"}).refusal(),
            No::kInvalidId);
  EXPECT_EQ(clinic.handle(messages::DefineEquipment{.equipment = EquipmentId("x"), .site = SiteId("nowhere"), .kind = "k", .name = "n"})
                .refusal(),
            No::kUnknownSite);
}

TEST(AppointmentsEquipment, IsShownWithTheSiteAndItsTypes) {
  Equipped clinic;
  clinic.handle(messages::DefineVisitType{.visit_type = "check",
                                          .site = SiteId("main"),
                                          .name = "Check",
                                          .duration_minutes = 15,
                                          .equipment = {"laser"},
                                          .minutes_before = 5,
                                          .online = true});
  const auto site = clinic.get<messages::SiteView>(messages::GetSite{.site = SiteId("main")});
  ASSERT_EQ(site.equipment.size(), 3u);
  EXPECT_EQ(site.equipment[1].kind, "laser");
  const auto& check = site.types_in_full.back();
  EXPECT_EQ(check.visit_type, "check");
  EXPECT_EQ(check.equipment, (Texts{"laser"}));
  EXPECT_EQ(check.minutes_before, 5);
  EXPECT_TRUE(check.online);
  EXPECT_FALSE(site.types_in_full.front().online);
}

TEST(AppointmentsEquipment, SearchOffersOnlyTimesWithAFreeDevice) {
  Equipped clinic;
  clinic.hold("main.v-1", "graft", local(2026, 1, 6, 9));
  const auto slots =
      clinic
          .get<messages::SlotList>(messages::FindSlots{
              .site = SiteId("main"), .type = "scan", .from = day(2026, 1, 6), .days = 1, .limit = 1, .provider = ProviderId("dr-b")})
          .slots;
  ASSERT_EQ(slots.size(), 1u);
  EXPECT_EQ(slots[0].local_start, local(2026, 1, 6, 9, 40)) << "the graft ends at 9:30, then ten minutes to set up";
  EXPECT_EQ(slots[0].equipment, std::vector{EquipmentId("s-1")});
}

TEST(AppointmentsSetUp, TakesTheTimeBeforeTheVisitToo) {
  Equipped clinic;
  clinic.hold("main.v-1", "scan", kTen);  // busy 9:50 to 10:35
  EXPECT_EQ(clinic.handle(clinic.exam("main.v-2", local(2026, 1, 6, 9, 11))).refusal(), No::kSlotTaken);
  EXPECT_TRUE(clinic.handle(clinic.exam("main.v-3", local(2026, 1, 6, 9, 10))).accepted()) << "30 and 10 minutes, over at 9:50";
  EXPECT_TRUE(clinic.handle(clinic.exam("main.v-4", local(2026, 1, 6, 10, 35))).accepted());
}

TEST(AppointmentsSetUp, MayPrecedeTheShiftButNotTheDay) {
  Equipped clinic;
  EXPECT_TRUE(clinic.hold("main.v-1", "scan", local(2026, 1, 6, 9)).accepted()) << "the shift begins at 9";
  clinic.handle(messages::DefineVisitType{
      .visit_type = "pain", .site = SiteId("night"), .name = "Pain", .duration_minutes = 60, .minutes_before = 10});
  EXPECT_EQ(clinic.handle(clinic.pain("night.v-1", local(2026, 1, 6, 0, 5))).refusal(), No::kOutsideHours);
  EXPECT_TRUE(clinic.handle(clinic.pain("night.v-2", local(2026, 1, 6, 0, 10))).accepted());
}

}  // namespace
}  // namespace bridgework::appointments
