// A time becomes free: who is asked, in which order, and that one of them gets it.

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "appointments/decide_short_notice.hpp"
#include "appointments/token.hpp"
#include "clinic.hpp"

namespace bridgework::appointments {
namespace {

using namespace std::chrono_literals;
using messages::OfferState;
using messages::OpeningEnd;

/// Monday 2026-01-05, 10:00 in New York; a visit that can be cancelled lies on Tuesday at 10:00 with dr-a.
constexpr auto kTuesdayTen = [] { return local(2026, 1, 6, 10); };

class AppointmentsShortNotice : public ::testing::Test {
 protected:
  AppointmentsShortNotice() {
    clinic.config().token_secret = "a secret of the tests";
    clinic.advance_to(utc(2026, 1, 5, 15));
    clinic.booked("main.v-1", kTuesdayTen());
    clinic.forget_events();
  }

  messages::JoinShortNotice wish(const std::string& person, std::vector<std::string> types = {"exam"}) {
    messages::JoinShortNotice command;
    command.site = SiteId("main");
    command.person = PersonId(person);
    command.wish.visit_types = std::move(types);
    return command;
  }
  void join(const std::string& person, std::vector<std::string> types = {"exam"}) {
    ASSERT_TRUE(clinic.handle(wish(person, std::move(types))).accepted()) << clinic.timeline();
    clinic.advance(1s);
  }
  void join(int count) {
    for (int i = 1; i <= count; ++i) join("p-" + std::to_string(10 + i));
  }
  /// The visit on Tuesday is cancelled, and the first wave asks.
  void free_the_time() {
    clinic.cancel("main.v-1");
    clinic.advance(0s);
  }
  std::vector<std::string> asked() {
    std::vector<std::string> persons;
    for (const auto& offered : clinic.events<messages::SlotOffered>()) persons.push_back(offered.person.text());
    return persons;
  }
  std::vector<std::string> revoked() {
    std::vector<std::string> persons;
    for (const auto& event : clinic.events<messages::OfferRevoked>()) persons.push_back(event.person.text());
    return persons;
  }
  OfferId offer_to(const std::string& person) {
    OfferId found;
    for (const auto& offered : clinic.events<messages::SlotOffered>())
      if (offered.person.text() == person) found = offered.offer;
    return found;
  }
  const Clinic::Outcome& accept(const std::string& person, std::string token = {}) {
    return clinic.handle(messages::AcceptOffer{.offer = offer_to(person), .token = Phi<std::string>(std::move(token))});
  }
  std::optional<OpeningEnd> ended() {
    const auto* event = clinic.last_event<messages::OpeningEnded>();
    return event == nullptr ? std::nullopt : std::optional(event->end);
  }
  messages::OpeningView opening() {
    return clinic.get<messages::OpeningList>(messages::ListOpenings{.site = SiteId("main")}).openings.front();
  }
  void gap(const std::string& person, messages::Purpose purpose, messages::Urgency urgency) {
    messages::GapOpened event;
    event.person = PersonId(person);
    event.site = SiteId("main");
    event.gap = GapId(person + ".g-1");
    event.purpose = purpose;
    event.urgency = urgency;
    clinic.handle(event);
  }
  std::vector<std::string> fitting(LocalTime at, const std::string& provider = "dr-a") {
    std::vector<std::string> persons;
    const messages::WhoFits query{.site = SiteId("main"), .provider = ProviderId(provider), .local_start = at};
    for (const auto& each : clinic.get<messages::FittingList>(query).persons) persons.push_back(each.person.text());
    return persons;
  }

  using Strings = std::vector<std::string>;
  Clinic clinic;
};

// ---- the list

TEST_F(AppointmentsShortNotice, AWishThatCannotBeMetIsRefusedWithItsReason) {
  const auto refusal = [&](const auto& change) {
    auto command = wish("p-2");
    change(command);
    return clinic.handle(command).refusal();
  };
  EXPECT_EQ(refusal([](auto& c) { c.site = SiteId("nowhere"); }), No::kUnknownSite);
  EXPECT_EQ(refusal([](auto& c) { c.person = {}; }), No::kInvalidId);
  EXPECT_EQ(refusal([](auto& c) { c.wish.visit_types = {"massage"}; }), No::kUnknownVisitType);
  EXPECT_EQ(refusal([](auto& c) { c.wish.provider = ProviderId("dr-x"); }), No::kUnknownProvider);
  EXPECT_EQ(refusal([](auto& c) { c.wish.visit_types = {}; }), No::kInvalidWish) << "for nothing";
  EXPECT_EQ(refusal([](auto& c) { c.wish.weekdays = {8}; }), No::kInvalidWish);
  EXPECT_EQ(refusal([](auto& c) {
              c.wish.earliest = day(2026, 1, 9);
              c.wish.latest = day(2026, 1, 8);
            }),
            No::kInvalidWish);
  EXPECT_EQ(refusal([](auto& c) { c.wish.moves_up = AppointmentId("main.v-9"); }), No::kUnknownAppointment);
  EXPECT_EQ(refusal([](auto& c) { c.wish.moves_up = AppointmentId("main.v-1"); }), No::kUnknownAppointment) << "somebody else's visit";
  EXPECT_EQ(clinic.record<ShortNoticeListRecord>("main"), nullptr);
}

TEST_F(AppointmentsShortNotice, AVisitThatIsOverCannotBeMovedUp) {
  clinic.cancel("main.v-1");
  auto command = wish("p-1", {});
  command.wish.moves_up = AppointmentId("main.v-1");
  EXPECT_EQ(clinic.handle(command).refusal(), No::kIllegalTransition);
}

TEST_F(AppointmentsShortNotice, JoiningAgainReplacesTheWish) {
  join("p-2");
  join("p-2", {"crown"});
  const auto list = clinic.get<messages::ShortNoticeList>(messages::ListShortNotice{.site = SiteId("main")}).persons;
  ASSERT_EQ(list.size(), 1u);
  EXPECT_EQ(list[0].wish.visit_types, Strings{"crown"});
}

TEST_F(AppointmentsShortNotice, AFullListIsRefused) {
  for (int i = 0; i < 500; ++i) ASSERT_TRUE(clinic.handle(wish("p-" + std::to_string(1000 + i))).accepted());
  EXPECT_EQ(clinic.handle(wish("p-2")).refusal(), No::kListFull);
  EXPECT_TRUE(clinic.handle(wish("p-1000", {"crown"})).accepted()) << "who is on it may still change their wish";
}

TEST_F(AppointmentsShortNotice, WhoIsNotOnTheListCannotLeaveItOrBeMuted) {
  EXPECT_EQ(clinic.handle(messages::LeaveShortNotice{SiteId("nowhere"), PersonId("p-2")}).refusal(), No::kUnknownSite);
  EXPECT_EQ(clinic.handle(messages::LeaveShortNotice{SiteId("main"), PersonId("p-2")}).refusal(), No::kNotOnList);
  EXPECT_EQ(clinic.handle(messages::MuteShortNotice{SiteId("main"), PersonId("p-2"), true}).refusal(), No::kNotOnList);
}

TEST_F(AppointmentsShortNotice, LeavingTakesTheOfferBack) {
  join(2);
  free_the_time();
  ASSERT_TRUE(clinic.handle(messages::LeaveShortNotice{SiteId("main"), PersonId("p-11")}).accepted());
  EXPECT_EQ(revoked(), Strings{"p-11"});
  EXPECT_EQ(accept("p-11").refusal(), No::kOfferOver);
  EXPECT_TRUE(accept("p-12").accepted());
}

// ---- what becomes an opening

TEST_F(AppointmentsShortNotice, ACancelledVisitIsOffered) {
  join(1);
  free_the_time();
  const auto* offered = clinic.last_event<messages::SlotOffered>();
  ASSERT_NE(offered, nullptr) << clinic.timeline();
  EXPECT_EQ(offered->offer.text(), "main.f-1.o-1");
  EXPECT_EQ(offered->visit.local_start, kTuesdayTen());
  EXPECT_EQ(offered->visit.provider.text(), "dr-a");
  EXPECT_EQ(offered->visit.duration_minutes, 30);
  EXPECT_EQ(offered->expires, offered->visit.start - 2h);
  EXPECT_TRUE(is_offer_token(offered->offer, offered->token.reveal(), "a secret of the tests"));
}

TEST_F(AppointmentsShortNotice, AVisitThatMovesAwayLeavesAnOpening) {
  join(1);
  clinic.move("main.v-1", "main.v-2", local(2026, 1, 7, 10));
  clinic.advance(0s);
  EXPECT_EQ(asked(), Strings{"p-11"});
}

TEST_F(AppointmentsShortNotice, ALapsedHoldPromisedNothingAndIsNotOffered) {
  join(1);
  clinic.handle(clinic.exam("main.v-2", local(2026, 1, 6, 13)));
  clinic.advance(11min);
  ASSERT_EQ(clinic.state_of("main.v-2"), VisitState::kLapsed);
  clinic.handle(clinic.exam("main.v-3", local(2026, 1, 6, 13)));
  clinic.cancel("main.v-3");
  clinic.advance(0s);
  EXPECT_EQ(clinic.count<messages::OpeningFound>(), 0u);
}

TEST_F(AppointmentsShortNotice, ATimeTooCloseOrTooFarAheadIsOfferedToNobody) {
  struct Case {
    LocalTime start;
    bool offered;
  };
  // now is Monday 10:00 and some seconds
  for (const Case& c : {Case{local(2026, 1, 5, 11, 45), false}, Case{local(2026, 1, 5, 12, 15), true}, Case{local(2026, 1, 19, 9), true},
                        Case{local(2026, 1, 19, 11), false}}) {
    clinic = Clinic();
    clinic.advance_to(utc(2026, 1, 5, 15));
    join(1);
    clinic.booked("main.v-7", c.start);
    clinic.cancel("main.v-7");
    EXPECT_EQ(clinic.count<messages::OpeningFound>(), c.offered ? 1u : 0u) << clinic.timeline();
  }
}

TEST_F(AppointmentsShortNotice, WithoutAnybodyOnTheListThereIsNoOpening) {
  free_the_time();
  EXPECT_EQ(clinic.count<messages::OpeningFound>(), 0u);
}

// ---- waves

TEST_F(AppointmentsShortNotice, FiveAreAskedEveryFiveMinutesUntilNobodyIsLeft) {
  join(12);
  free_the_time();
  EXPECT_EQ(asked().size(), 5u);
  clinic.advance(4min + 59s);
  EXPECT_EQ(asked().size(), 5u);
  clinic.advance(1s);
  EXPECT_EQ(asked().size(), 10u);
  clinic.advance(5min);
  EXPECT_EQ(asked().size(), 12u);
  clinic.advance(30min);
  EXPECT_EQ(asked().size(), 12u);
  const auto all = asked();
  EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), 12u) << "nobody is asked twice about one time";
  EXPECT_FALSE(ended());
}

TEST_F(AppointmentsShortNotice, NobodyIsAskedAtNight) {
  join(1);
  clinic.advance_to(utc(2026, 1, 6, 1, 30));  // Monday 20:30
  clinic.booked("main.v-2", local(2026, 1, 6, 14));
  clinic.cancel("main.v-2");
  clinic.advance_to(utc(2026, 1, 6, 13, 59));
  EXPECT_EQ(asked().size(), 0u);
  clinic.advance_to(utc(2026, 1, 6, 14));  // Tuesday 09:00
  EXPECT_EQ(asked().size(), 1u);
}

TEST_F(AppointmentsShortNotice, AnOpeningPassesWhenItIsTooLateToCome) {
  join(1);
  free_the_time();
  clinic.advance_to(utc(2026, 1, 6, 12, 59));
  EXPECT_FALSE(ended());
  clinic.advance_to(utc(2026, 1, 6, 13));  // 08:00, two hours before
  EXPECT_EQ(ended(), OpeningEnd::kPassed);
  EXPECT_EQ(revoked(), Strings{"p-11"});
}

TEST_F(AppointmentsShortNotice, AnOpeningEndsWhenItFitsNobody) {
  join("p-2", {"crown"});
  clinic.booked("main.v-2", local(2026, 1, 6, 10, 40));
  free_the_time();  // 40 minutes
  EXPECT_EQ(ended(), OpeningEnd::kNobodyFits);
  EXPECT_EQ(asked().size(), 0u);
}

TEST_F(AppointmentsShortNotice, WhoJoinsWhileATimeIsOnOfferIsAskedAtOnce) {
  join(1);
  free_the_time();
  clinic.advance(1min);
  join("p-2");
  EXPECT_EQ(asked(), (Strings{"p-11", "p-2"}));
}

TEST_F(AppointmentsShortNotice, NobodyHasTwoOffersAtOnce) {
  clinic.booked("main.v-2", local(2026, 1, 6, 13));
  join(1);
  free_the_time();
  clinic.cancel("main.v-2");
  clinic.advance(6min);
  EXPECT_EQ(asked().size(), 1u);
  clinic.handle(messages::DeclineOffer{.offer = offer_to("p-11"), .token = {}, .mute = false});
  clinic.advance(6min);
  EXPECT_EQ(asked().size(), 2u) << "about the other time, once they are free to be asked";
}

// ---- whom it fits

TEST_F(AppointmentsShortNotice, ATimeFitsWhoWouldComeThenForSomethingThatIsShortEnough) {
  clinic.booked("main.v-2", local(2026, 1, 6, 10, 40));
  free_the_time();  // Tuesday 10:00 to 10:40 with dr-a
  struct Case {
    const char* what;
    std::function<void(messages::ShortNoticeWish&)> change;
    bool fits;
  };
  const std::vector<Case> cases = {
      {"an exam with its buffer", [](auto&) {}, true},
      {"a crown", [](auto& w) { w.visit_types = {"crown"}; }, false},
      {"a crown or an exam",
       [](auto& w) {
         w.visit_types = {"crown", "exam"};
       },
       true},
      {"by purpose", [](auto& w) { w = {.purposes = {messages::Purpose::kExam}}; }, true},
      {"another purpose", [](auto& w) { w = {.purposes = {messages::Purpose::kHygiene}}; }, false},
      {"that provider", [](auto& w) { w.provider = ProviderId("dr-a"); }, true},
      {"another provider", [](auto& w) { w.provider = ProviderId("dr-b"); }, false},
      {"from that day", [](auto& w) { w.earliest = day(2026, 1, 6); }, true},
      {"from the next day", [](auto& w) { w.earliest = day(2026, 1, 7); }, false},
      {"up to that day", [](auto& w) { w.latest = day(2026, 1, 6); }, true},
      {"up to the day before", [](auto& w) { w.latest = day(2026, 1, 5); }, false},
      {"on Tuesdays",
       [](auto& w) {
         w.weekdays = {1, 2};
       },
       true},
      {"not on Tuesdays",
       [](auto& w) {
         w.weekdays = {1, 3, 4, 5};
       },
       false},
      {"in the morning", [](auto& w) { w.day_part = messages::DayPart::kMorning; }, true},
      {"in the afternoon", [](auto& w) { w.day_part = messages::DayPart::kAfternoon; }, false},
      {"in the evening", [](auto& w) { w.day_part = messages::DayPart::kEvening; }, false},
  };
  for (const Case& c : cases) {
    auto command = wish("p-2");
    c.change(command.wish);
    ASSERT_TRUE(clinic.handle(command).accepted()) << c.what;
    EXPECT_EQ(fitting(kTuesdayTen()).size(), c.fits ? 1u : 0u) << c.what;
  }
  ASSERT_TRUE(clinic.handle(wish("p-2")).accepted());
  ASSERT_TRUE(clinic.handle(messages::MuteShortNotice{SiteId("main"), PersonId("p-2"), true}).accepted());
  EXPECT_EQ(fitting(kTuesdayTen()), Strings{}) << "muted";
  ASSERT_TRUE(clinic.handle(messages::MuteShortNotice{SiteId("main"), PersonId("p-2"), false}).accepted());
  EXPECT_EQ(fitting(kTuesdayTen()), Strings{"p-2"}) << "muted no more";
  EXPECT_EQ(fitting(local(2026, 1, 6, 10, 40)), Strings{}) << "taken";
}

TEST_F(AppointmentsShortNotice, OnlyALaterVisitIsMovedUp) {
  clinic.booked("main.v-2", local(2026, 1, 8, 11), "dr-b");
  free_the_time();
  auto command = wish("p-1", {});
  command.wish.moves_up = AppointmentId("main.v-2");
  ASSERT_TRUE(clinic.handle(command).accepted());
  EXPECT_EQ(fitting(kTuesdayTen()), Strings{"p-1"});
  EXPECT_EQ(fitting(local(2026, 1, 9, 10)), Strings{}) << "later than the visit";
  clinic.cancel("main.v-2");
  EXPECT_EQ(fitting(kTuesdayTen()), Strings{}) << "nothing to move";
}

TEST_F(AppointmentsShortNotice, WhoFitsIsRefusedForWhatTheSiteDoesNotHave) {
  const auto code = [&](const char* site, const char* provider) {
    return clinic.ask(messages::WhoFits{SiteId(site), ProviderId(provider), kTuesdayTen()}).error().code;
  };
  EXPECT_EQ(code("nowhere", "dr-a"), No::kUnknownSite);
  EXPECT_EQ(code("main", "dr-x"), No::kUnknownProvider);
}

// ---- in which order

TEST_F(AppointmentsShortNotice, UrgentUnfinishedCareOfThatPurposeComesFirstThenWhoWasAskedLongestAgo) {
  join(4);
  free_the_time();  // all four are asked
  accept("p-11");
  clinic.advance(1h);
  join("p-new");
  gap("p-13", messages::Purpose::kExam, messages::Urgency::kUrgent);
  gap("p-14", messages::Purpose::kEndo, messages::Urgency::kUrgent);
  gap("p-12", messages::Purpose::kExam, messages::Urgency::kSoon);
  EXPECT_EQ(fitting(local(2026, 1, 7, 10)), (Strings{"p-13", "p-new", "p-12", "p-14"}))
      << "urgent; never asked; then, asked at the same moment, by when they joined";

  messages::GapChanged closed;
  closed.person = PersonId("p-13");
  closed.site = SiteId("main");
  closed.gap = GapId("p-13.g-1");
  closed.from = messages::Cover::kActive;
  closed.to = messages::Cover::kCovered;
  clinic.handle(closed);
  EXPECT_EQ(fitting(local(2026, 1, 7, 10)).front(), "p-13") << "covered by a later visit is not finished";
  closed.to = messages::Cover::kClosed;
  clinic.handle(closed);
  EXPECT_EQ(fitting(local(2026, 1, 7, 10)), (Strings{"p-new", "p-12", "p-13", "p-14"}));
  EXPECT_EQ(clinic.record<UnfinishedCareRecord>("main.u-p-13"), nullptr) << "nothing is kept that is not needed";
}

TEST_F(AppointmentsShortNotice, WhoWasAskedMoreRecentlyComesLater) {
  join("p-2");
  free_the_time();
  clinic.handle(messages::DeclineOffer{.offer = offer_to("p-2"), .token = {}, .mute = false});
  clinic.advance(10min);
  join("p-3");
  clinic.booked("main.v-2", local(2026, 1, 7, 10));
  clinic.cancel("main.v-2");
  clinic.advance(0s);
  EXPECT_EQ(fitting(local(2026, 1, 8, 10)), (Strings{"p-2", "p-3"}));
}

// ---- the first to accept

TEST_F(AppointmentsShortNotice, TheFirstToAcceptHasTheVisitAndAllOthersAreRevokedInThatCommit) {
  join(4);
  free_the_time();
  const auto& won = accept("p-13", offer_token(offer_to("p-13"), "a secret of the tests"));
  ASSERT_TRUE(won.accepted()) << won.detail();
  EXPECT_EQ(won.reply<messages::AppointmentView>().state, VisitState::kBooked);
  EXPECT_EQ(won.reply<messages::AppointmentView>().person.text(), "p-13");
  EXPECT_NE(won.event<messages::AppointmentBooked>(), nullptr);
  ASSERT_NE(won.event<messages::OfferAccepted>(), nullptr);
  EXPECT_EQ(won.event<messages::OfferAccepted>()->appointment, won.reply<messages::AppointmentView>().appointment);
  EXPECT_EQ(revoked(), (Strings{"p-11", "p-12", "p-14"}));
  EXPECT_EQ(ended(), OpeningEnd::kWon);
  for (const char* late : {"p-11", "p-12", "p-14"}) EXPECT_EQ(accept(late).refusal(), No::kOfferOver) << late;
  EXPECT_EQ(clinic.count<messages::OfferAccepted>(), 1u);
  EXPECT_EQ(clinic.busy_on(day(2026, 1, 6)), 1u);
}

TEST_F(AppointmentsShortNotice, TheWinnerMayClickTwiceAndIsOffTheList) {
  join(2);
  free_the_time();
  const auto first = accept("p-11").reply<messages::AppointmentView>();
  EXPECT_EQ(accept("p-11").reply<messages::AppointmentView>().appointment, first.appointment);
  EXPECT_EQ(clinic.count<messages::OfferAccepted>(), 1u);
  EXPECT_EQ(fitting(local(2026, 1, 7, 10)), Strings{"p-12"});
}

TEST_F(AppointmentsShortNotice, ALaterVisitIsMovedUpAndItsOwnTimeIsOfferedInTurn) {
  clinic.booked("main.v-2", local(2026, 1, 8, 11), "dr-b");
  auto command = wish("p-1", {});
  command.wish.moves_up = AppointmentId("main.v-2");
  ASSERT_TRUE(clinic.handle(command).accepted());
  clinic.advance(1s);
  join("p-2", {"crown"});
  clinic.booked("main.v-3", local(2026, 1, 6, 10, 40));  // no crown fits before it
  free_the_time();
  ASSERT_EQ(asked(), Strings{"p-1"});
  const auto view = accept("p-1").reply<messages::AppointmentView>();
  EXPECT_EQ(view.visit.local_start, kTuesdayTen());
  EXPECT_EQ(clinic.state_of("main.v-2"), VisitState::kMoved);
  clinic.advance(0s);
  ASSERT_EQ(asked().size(), 2u) << clinic.timeline();
  EXPECT_EQ(clinic.last_event<messages::SlotOffered>()->person.text(), "p-2");
  EXPECT_EQ(clinic.last_event<messages::SlotOffered>()->visit.local_start, local(2026, 1, 8, 11));
}

TEST_F(AppointmentsShortNotice, AYesAfterTheLastMomentIsRefusedEvenIfTheTimerIsLate) {
  join(1);
  free_the_time();
  clinic.advance_without_timers(utc(2026, 1, 6, 13));
  EXPECT_EQ(accept("p-11").refusal(), No::kOfferOver);
}

TEST_F(AppointmentsShortNotice, AForgedOrUnknownOfferIsRefusedAlike) {
  join(1);
  free_the_time();
  EXPECT_EQ(accept("p-11", "forged").refusal(), No::kUnknownOffer);
  for (const char* id : {"main.f-1.o-9", "main.f-9.o-1", "main", "main.o-"}) {
    EXPECT_EQ(clinic.handle(messages::AcceptOffer{OfferId(id), {}}).refusal(), No::kUnknownOffer) << id;
    EXPECT_EQ(clinic.handle(messages::DeclineOffer{.offer = OfferId(id)}).refusal(), No::kUnknownOffer) << id;
    EXPECT_EQ(clinic.ask(messages::GetOffer{OfferId(id), {}}).error().code, No::kUnknownOffer) << id;
  }
  EXPECT_EQ(clinic.ask(messages::GetOffer{offer_to("p-11"), Phi<std::string>("forged")}).error().code, No::kUnknownOffer);
}

// ---- taken in another way

TEST_F(AppointmentsShortNotice, APhoneCallRevokesAllFourBeforeAnybodyCanWinAndALateYesFindsAlternatives) {
  join(4);
  free_the_time();
  ASSERT_EQ(asked().size(), 4u);
  const auto held = clinic.handle(clinic.exam("main.v-2", kTuesdayTen()));
  ASSERT_TRUE(held.accepted());
  ASSERT_EQ(held.events.size(), 6u) << clinic.timeline();
  for (std::size_t i = 0; i < 4; ++i) EXPECT_TRUE(std::holds_alternative<messages::OfferRevoked>(held.events[i])) << i;
  EXPECT_TRUE(std::holds_alternative<messages::AppointmentHeld>(held.events[5])) << "nobody hears of the visit before the offers are back";
  EXPECT_EQ(ended(), OpeningEnd::kTakenOtherwise);

  EXPECT_EQ(accept("p-12").refusal(), No::kOfferOver);
  const auto offer = clinic.get<messages::OfferView>(messages::GetOffer{offer_to("p-12"), {}});
  EXPECT_EQ(offer.state, OfferState::kRevoked);
  ASSERT_EQ(offer.alternatives.size(), 3u);
  EXPECT_GE(offer.alternatives[0].start, clinic.now());
  clinic.advance(6min);
  EXPECT_EQ(asked().size(), 4u) << "nobody else is asked";
}

TEST_F(AppointmentsShortNotice, AMoveIntoTheTimeRevokesTheOffers) {
  clinic.booked("main.v-2", local(2026, 1, 8, 11));
  join(2);
  free_the_time();
  clinic.move("main.v-2", "main.v-3", local(2026, 1, 6, 9, 50));
  EXPECT_EQ(revoked(), (Strings{"p-11", "p-12"}));
  EXPECT_EQ(ended(), OpeningEnd::kTakenOtherwise);
}

TEST_F(AppointmentsShortNotice, TheLastChairCountsLikeTheProvider) {
  join(1);
  free_the_time();
  clinic.booked("main.v-2", kTuesdayTen(), "dr-b", "c-1");
  EXPECT_EQ(revoked(), Strings{}) << "there is another chair";
  clinic.handle(messages::DefineProvider{
      .provider = ProviderId("dr-c"), .site = SiteId("main"), .name = "C", .shifts = hours(1, 5, clock(9), clock(16))});
  clinic.booked("main.v-3", local(2026, 1, 6, 9, 30), "dr-c", "c-2");
  EXPECT_EQ(revoked(), Strings{"p-11"});
}

TEST_F(AppointmentsShortNotice, WhenAPartIsTakenOnlyWhatNoLongerFitsIsRevoked) {
  join("p-2", {"crown"});
  join("p-3");
  free_the_time();
  clinic.handle(clinic.exam("main.v-2", local(2026, 1, 6, 10, 40)));
  EXPECT_EQ(revoked(), Strings{"p-2"});
  EXPECT_FALSE(ended());
  EXPECT_TRUE(accept("p-3").accepted());
}

TEST_F(AppointmentsShortNotice, AVisitSomewhereElseRevokesNothing) {
  join(2);
  free_the_time();
  clinic.booked("main.v-2", kTuesdayTen(), "dr-b");
  clinic.booked("main.v-3", local(2026, 1, 6, 13));
  clinic.booked("main.v-4", local(2026, 1, 7, 10));
  EXPECT_EQ(revoked(), Strings{});
}

TEST_F(AppointmentsShortNotice, ATimeHeldByPhoneAndGivenBackIsOfferedAgain) {
  join(1);
  free_the_time();
  clinic.handle(clinic.exam("main.v-2", kTuesdayTen()));
  clinic.advance(10min);
  EXPECT_EQ(clinic.count<messages::OpeningFound>(), 2u) << clinic.timeline();
  EXPECT_EQ(asked().size(), 2u);
  clinic.handle(clinic.exam("main.v-3", kTuesdayTen()));
  clinic.cancel("main.v-3");
  clinic.advance(0s);
  EXPECT_EQ(asked().size(), 3u);
}

TEST_F(AppointmentsShortNotice, WhatFitsNoMoreForAnotherReasonIsTakenBackWithTheNextWave) {
  join(1);
  free_the_time();
  clinic.handle(messages::DefineProvider{
      .provider = ProviderId("dr-a"), .site = SiteId("main"), .name = "A", .shifts = hours(3, 5, clock(9), clock(16))});
  EXPECT_EQ(accept("p-11").refusal(), No::kOfferOver) << "no Tuesdays any more";
  clinic.advance(5min);
  EXPECT_EQ(revoked(), Strings{"p-11"});
  EXPECT_EQ(ended(), OpeningEnd::kNobodyFits);
}

// ---- no, and answers by text message

TEST_F(AppointmentsShortNotice, WhoDeclinesIsNotAskedAboutItAgainAndWhoMutesNotAtAll) {
  join(2);
  free_the_time();
  ASSERT_TRUE(clinic.handle(messages::DeclineOffer{.offer = offer_to("p-11"), .token = {}, .mute = false}).accepted());
  ASSERT_TRUE(clinic.handle(messages::DeclineOffer{.offer = offer_to("p-12"), .token = {}, .mute = true}).accepted());
  EXPECT_EQ(clinic.count<messages::OfferDeclined>(), 2u);
  EXPECT_EQ(accept("p-11").refusal(), No::kOfferOver);
  clinic.advance(6min);
  EXPECT_EQ(asked().size(), 2u);
  EXPECT_EQ(ended(), OpeningEnd::kNobodyFits);
  EXPECT_EQ(fitting(local(2026, 1, 7, 10)), Strings{"p-11"});
  join("p-12");
  EXPECT_EQ(fitting(local(2026, 1, 7, 10)).size(), 2u) << "who joins again wants to be asked";
}

TEST_F(AppointmentsShortNotice, AYesByTextMessageWinsLikeAClickAndALateOneIsTold) {
  join(2);
  free_the_time();
  const auto answered = [&](const char* person, bool yes) {
    messages::OfferAnswered event;
    event.person = PersonId(person);
    event.site = SiteId("main");
    event.offer = offer_to(person);
    event.accepted = yes;
    clinic.handle(event);
  };
  answered("p-12", true);
  EXPECT_EQ(clinic.last_event<messages::OfferAccepted>()->person.text(), "p-12");
  answered("p-11", true);
  ASSERT_NE(clinic.last_event<messages::OfferMissed>(), nullptr);
  EXPECT_EQ(clinic.last_event<messages::OfferMissed>()->person.text(), "p-11");
  EXPECT_EQ(clinic.count<messages::OfferAccepted>(), 1u);
}

TEST_F(AppointmentsShortNotice, ANoByTextMessageDeclines) {
  join(1);
  free_the_time();
  messages::OfferAnswered event;
  event.person = PersonId("p-11");
  event.site = SiteId("main");
  event.offer = offer_to("p-11");
  clinic.handle(event);
  EXPECT_EQ(opening().offers[0].state, OfferState::kDeclined);
  event.person = PersonId("p-12");
  event.accepted = true;
  clinic.handle(event);
  EXPECT_EQ(clinic.count<messages::OfferMissed>(), 0u) << "somebody else's offer is none of theirs";
}

TEST_F(AppointmentsShortNotice, QueriesOfAnUnknownSiteAreRefused) {
  EXPECT_EQ(clinic.ask(messages::ListShortNotice{SiteId("nowhere")}).error().code, No::kUnknownSite);
  EXPECT_EQ(clinic.ask(messages::ListOpenings{SiteId("nowhere")}).error().code, No::kUnknownSite);
}

// ---- whatever happens, in any order

/// Everything at once: each opening has one winner at most, nobody wins what was taken back, and no offer stands open over a time that
/// somebody has.
TEST_F(AppointmentsShortNotice, NoOrderOfEventsGivesOneTimeToTwo) {
  std::size_t won = 0, missed = 0;
  for (unsigned seed = 1; seed <= 40; ++seed) {
    std::mt19937 random(seed);
    const auto below = [&](unsigned n) { return static_cast<unsigned>(random() % n); };
    Clinic c;
    c.advance_to(utc(2026, 1, 5, 15));
    unsigned named = 0;
    std::vector<std::string> visits;
    for (int step = 0; step < 250; ++step) {
      const std::string id = "main.v-" + std::to_string(++named);
      const auto offers = c.events<messages::SlotOffered>();
      switch (below(8)) {
        case 0: {
          messages::JoinShortNotice join;
          join.site = SiteId("main");
          join.person = PersonId("p-" + std::to_string(below(12)));
          join.wish.visit_types = {below(2) == 0 ? "exam" : "crown"};
          if (below(3) == 0 && !visits.empty()) {
            const std::string& later = visits[below(static_cast<unsigned>(visits.size()))];
            if (const auto* record = c.record<VisitRecord>(later)) join.person = record->person;
            join.wish.moves_up = AppointmentId(later);
          }
          c.handle(join);
          break;
        }
        case 1:
        case 2: {
          auto hold = c.exam(id, local(2026, 1, 6u + below(2), 9 + static_cast<int>(below(6)), static_cast<int>(10 * below(6))),
                             below(2) == 0 ? "dr-a" : "dr-b");
          hold.person = PersonId("p-" + std::to_string(below(12)));
          if (c.handle(hold).accepted()) visits.push_back(id);
          if (below(2) == 0) c.book(id);
          break;
        }
        case 3:
          if (!visits.empty()) c.cancel(visits[below(static_cast<unsigned>(visits.size()))]);
          break;
        case 4:
          if (!visits.empty() &&
              c.move(visits[below(static_cast<unsigned>(visits.size()))], id, local(2026, 1, 6u + below(2), 9 + static_cast<int>(below(6))))
                  .accepted())
            visits.push_back(id);
          break;
        case 5:
        case 6:
          if (!offers.empty()) {
            const auto& offer = offers[offers.size() - 1 - below(static_cast<unsigned>(std::min<std::size_t>(offers.size(), 6)))].offer;
            if (c.handle(messages::AcceptOffer{offer, {}}).refusal() == No::kOfferOver) ++missed;
          }
          break;
        default: c.advance(std::chrono::minutes(below(8)));
      }
    }
    std::set<OpeningId> openings_won;
    std::map<OfferId, messages::SlotOffered> open;
    for (const auto& event : c.all_events()) {
      if (const auto* e = std::get_if<messages::SlotOffered>(&event)) open.emplace(e->offer, *e);
      if (const auto* e = std::get_if<messages::OfferRevoked>(&event)) {
        EXPECT_EQ(open.erase(e->offer), 1u) << "seed " << seed;
      }
      if (const auto* e = std::get_if<messages::OfferDeclined>(&event)) {
        EXPECT_EQ(open.erase(e->offer), 1u) << "seed " << seed;
      }
      if (const auto* e = std::get_if<messages::OfferAccepted>(&event)) {
        ++won;
        EXPECT_TRUE(openings_won.insert(e->opening).second) << "seed " << seed << ": won twice: " << e->opening.text();
        EXPECT_EQ(open.erase(e->offer), 1u) << "seed " << seed << ": won after it was taken back: " << e->offer.text();
      }
      const messages::Visit* taken = nullptr;
      if (const auto* e = std::get_if<messages::AppointmentHeld>(&event)) taken = &e->visit;
      if (const auto* e = std::get_if<messages::AppointmentBooked>(&event)) taken = &e->visit;
      if (taken == nullptr) continue;
      for (const auto& [id, offer] : open) {
        const bool overlap = taken->start < offer.visit.start + std::chrono::minutes(offer.visit.duration_minutes) &&
                             offer.visit.start < taken->start + std::chrono::minutes(taken->duration_minutes);
        EXPECT_FALSE(overlap && taken->provider == offer.visit.provider)
            << "seed " << seed << ": " << id.text() << " stands open over a time that is taken";
      }
    }
  }
  EXPECT_GT(won, 100u) << "the test has to get somewhere";
  EXPECT_GT(missed, 100u);
}

}  // namespace
}  // namespace bridgework::appointments
