// A visit that a text message has put in question is asked about by a person, once.

#include "tests/unit/followup/clinic.hpp"

namespace bridgework::followup {
namespace {

using messages::VisitDoubt;

class FollowupQuestion : public Clinic {
 protected:
  /// Monday to Friday, 09:00 to 17:00, UTC.
  void site_has_hours() {
    messages::SiteDefined site;
    site.site = SiteId("main");
    site.zone = "UTC";
    for (std::uint8_t weekday = 1; weekday <= 5; ++weekday) site.hours.push_back({weekday, 9 * 60, 17 * 60});
    handle(site);
  }
  messages::VisitQuestioned questioned(VisitDoubt doubt, std::string appointment = {}, std::string words = "no") const {
    messages::VisitQuestioned event;
    event.person = PersonId(ana);
    event.site = SiteId("main");
    event.appointment = AppointmentId(std::move(appointment));
    event.doubt = doubt;
    event.words = Phi<std::string>(std::move(words));
    return event;
  }
  messages::VisitAffirmed affirmed(std::string appointment, std::string words = "yes") const {
    messages::VisitAffirmed event;
    event.person = PersonId(ana);
    event.site = SiteId("main");
    event.appointment = AppointmentId(std::move(appointment));
    event.words = Phi<std::string>(std::move(words));
    return event;
  }
  messages::AppointmentConfirmed confirmed(std::string id) const {
    return visit_event<messages::AppointmentConfirmed>(std::move(id), Purpose::kHygiene, utc(2026, 3, 5, 9));
  }
  messages::OfferQuestioned wrote_about_offer(std::string words = "can it be later?") const {
    messages::OfferQuestioned event;
    event.person = PersonId(ana);
    event.site = SiteId("main");
    event.offer = OfferId("main.f-1.o-1");
    event.local_start = testing::local(2026, 3, 4, 9);
    event.words = Phi<std::string>(std::move(words));
    return event;
  }
  template <class Event>
  Event about_offer() const {
    Event event;
    event.person = PersonId(ana);
    event.site = SiteId("main");
    event.offer = OfferId("main.f-1.o-1");
    return event;
  }
  void is_booked(std::string id = "main.v-1", Instant at = utc(2026, 3, 5, 9)) { handle(booked(std::move(id), Purpose::kHygiene, at)); }
  std::vector<messages::TaskView> tasks_of_ana() const {
    messages::ListTasks query;
    query.person = PersonId(ana);
    query.limit = 100;
    return world.get<messages::TaskList>(query).tasks;
  }
};

TEST_F(FollowupQuestion, OfANoIsATaskAtTheVisitsSiteInWords) {
  site_has_hours();
  is_booked();
  handle(questioned(VisitDoubt::kNo, "main.v-1", "nope"));
  const auto task = only_task();
  EXPECT_EQ(task.site, SiteId("main"));
  EXPECT_EQ(task.appointment, AppointmentId("main.v-1"));
  EXPECT_EQ(task.kind, TaskKind::kPhoneCall);
  EXPECT_EQ(task.reason, "Answered no when asked about the visit on 5 March at 09:00: call and ask whether it stands");
  EXPECT_EQ(task.words.reveal(), "nope");
  EXPECT_EQ(task.due_at, utc(2026, 3, 2, 10)) << "within an hour, on a Monday at nine";
  EXPECT_TRUE(open_gaps().empty());
  ASSERT_EQ(tasks_of_ana().size(), 1u);
}

TEST_F(FollowupQuestion, OfTheNightIsDueWhenSomebodyIsThere) {
  site_has_hours();
  is_booked();
  advance(12h);
  handle(questioned(VisitDoubt::kCancel));
  EXPECT_EQ(only_task().due_at, utc(2026, 3, 3, 10));
  EXPECT_EQ(only_task().reason,
            "Wrote CANCEL, which has ended all text messages: call and ask whether the visit on 5 March at 09:00 stands");
}

TEST_F(FollowupQuestion, IsDueBeforeTheVisitBegins) {
  site_has_hours();
  is_booked("main.v-1", utc(2026, 3, 2, 9, 30));
  handle(questioned(VisitDoubt::kNo, "main.v-1"));
  EXPECT_EQ(only_task().due_at, utc(2026, 3, 2, 9, 30));
}

TEST_F(FollowupQuestion, OfNoVisitInParticularIsAboutTheNextOne) {
  is_booked("main.v-2", utc(2026, 3, 20, 9));
  is_booked("main.v-1", utc(2026, 3, 5, 9));
  handle(questioned(VisitDoubt::kCancel));
  EXPECT_EQ(only_task().appointment, AppointmentId("main.v-1"));
}

TEST_F(FollowupQuestion, OfNoVisitAtAllIsNoTask) {
  handle(questioned(VisitDoubt::kCancel));
  is_booked("main.v-1", utc(2026, 3, 5, 9));
  handle(questioned(VisitDoubt::kNo, "main.v-9"));
  EXPECT_TRUE(tasks().empty());
}

TEST_F(FollowupQuestion, IsAskedOnceHoweverOftenTheyWrite) {
  is_booked();
  handle(questioned(VisitDoubt::kUnclear, "main.v-1"));
  handle(questioned(VisitDoubt::kUnclear, "main.v-1"));
  handle(questioned(VisitDoubt::kNo, "main.v-1"));
  EXPECT_EQ(world.count<messages::TaskOpened>(), 1u);
  handle(outcome(only_task().task.text(), TaskOutcome::kSpokeBooked));
  handle(questioned(VisitDoubt::kNo, "main.v-1"));
  EXPECT_TRUE(tasks().empty()) << "somebody has asked";
  handle(questioned(VisitDoubt::kCancel, "main.v-1"));
  EXPECT_EQ(only_task().appointment, AppointmentId("main.v-1")) << "CANCEL is another doubt";
  handle(outcome(only_task().task.text(), TaskOutcome::kSpokeDeclined));
  handle(questioned(VisitDoubt::kCancel, "main.v-1"));
  EXPECT_TRUE(tasks().empty());
}

TEST_F(FollowupQuestion, IsSettledByAConfirmationAndMayComeAgain) {
  is_booked();
  handle(questioned(VisitDoubt::kNo, "main.v-1"));
  const auto& settled = handle(visit_event<messages::AppointmentConfirmed>("main.v-1", Purpose::kHygiene, utc(2026, 3, 5, 9)));
  ASSERT_NE(settled.event<messages::TaskClosed>(), nullptr);
  EXPECT_EQ(settled.event<messages::TaskClosed>()->state, TaskState::kWithdrawn);
  EXPECT_EQ(settled.event<messages::TaskClosed>()->appointment, AppointmentId("main.v-1"));
  EXPECT_TRUE(tasks().empty());
  handle(questioned(VisitDoubt::kNo, "main.v-1"));
  EXPECT_EQ(tasks().size(), 1u) << "they have thought again";
}

TEST_F(FollowupQuestion, IsSettledByAYesThoughTheVisitIsConfirmedAlready) {
  is_booked();
  handle(affirmed("main.v-1"));
  handle(confirmed("main.v-1"));
  handle(questioned(VisitDoubt::kNo, "main.v-1"));
  ASSERT_EQ(tasks().size(), 1u);
  const auto& settled = handle(affirmed("main.v-1"));
  ASSERT_NE(settled.event<messages::TaskClosed>(), nullptr);
  EXPECT_EQ(settled.event<messages::TaskClosed>()->state, TaskState::kWithdrawn);
  EXPECT_EQ(settled.event<messages::TaskClosed>()->reason, "they have answered yes since");
  EXPECT_TRUE(tasks().empty());
  handle(questioned(VisitDoubt::kNo, "main.v-1"));
  EXPECT_EQ(tasks().size(), 1u) << "they have thought again";
}

TEST_F(FollowupQuestion, WhoeverIsAtItReadsTheNewAnswerAndFinishesIt) {
  is_booked();
  handle(questioned(VisitDoubt::kNo, "main.v-1"));
  const std::string task = only_task().task.text();
  handle(claim(task, "mia"));
  handle(affirmed("main.v-1", "yes after all"));
  handle(affirmed("main.v-1", "yes after all"));
  handle(confirmed("main.v-1"));
  EXPECT_EQ(only_task().claimed_by, "mia") << "nobody takes it out of her hands";
  EXPECT_EQ(
      only_task().reason,
      "Answered no when asked about the visit on 5 March at 09:00: call and ask whether it stands; since then they have answered yes");
  EXPECT_EQ(only_task().words.reveal(), "yes after all");
  handle(questioned(VisitDoubt::kNo, "main.v-1", "no sorry"));
  EXPECT_EQ(only_task().reason, "Answered no when asked about the visit on 5 March at 09:00: call and ask whether it stands");
  EXPECT_EQ(only_task().words.reveal(), "no sorry");
  handle(affirmed("main.v-1"));
  EXPECT_TRUE(handle(outcome(task, TaskOutcome::kSpokeBooked)).accepted());
  EXPECT_TRUE(tasks().empty());
}

TEST_F(FollowupQuestion, OfWhoeverLeftItIsSettledByAYes) {
  is_booked();
  handle(questioned(VisitDoubt::kNo, "main.v-1"));
  handle(claim(only_task().task.text(), "mia"));
  advance(1h);
  handle(affirmed("main.v-1"));
  EXPECT_TRUE(tasks().empty()) << "her claim is over";
}

TEST_F(FollowupQuestion, OfOneWhoArrivesIsSettledWhoeverIsAtIt) {
  is_booked();
  handle(questioned(VisitDoubt::kNo, "main.v-1"));
  handle(claim(only_task().task.text(), "mia"));
  handle(affirmed("main.v-1"));
  const auto& arrived = handle(visit_event<messages::AppointmentArrived>("main.v-1", Purpose::kHygiene, utc(2026, 3, 5, 9)));
  ASSERT_NE(arrived.event<messages::TaskClosed>(), nullptr);
  EXPECT_EQ(arrived.event<messages::TaskClosed>()->reason, "they have arrived");
  EXPECT_TRUE(tasks().empty());
}

TEST_F(FollowupQuestion, ToAHouseholdSaysHowManyOthersWereAsked) {
  is_booked();
  auto event = questioned(VisitDoubt::kNo, "main.v-1");
  event.also_asked = 2;
  handle(event);
  EXPECT_EQ(
      only_task().reason,
      "Answered no when asked about the visit on 5 March at 09:00: call and ask whether it stands; that phone was asked about 2 visits "
      "of others that day, too");
}

TEST_F(FollowupQuestion, AboutAnOfferedTimeIsReadByAPersonOnceAtATime) {
  site_has_hours();
  handle(wrote_about_offer());
  handle(wrote_about_offer("hello?"));
  const auto task = only_task();
  EXPECT_EQ(task.site, SiteId("main"));
  EXPECT_EQ(task.offer, OfferId("main.f-1.o-1"));
  EXPECT_TRUE(task.appointment.empty());
  EXPECT_EQ(task.kind, TaskKind::kPhoneCall);
  EXPECT_EQ(task.reason,
            "Was offered a free time on 4 March at 09:00 and wrote something that only a person understands: read it, and call if need be");
  EXPECT_EQ(task.words.reveal(), "can it be later?");
  EXPECT_EQ(task.due_at, utc(2026, 3, 2, 10)) << "within an hour, on a Monday at nine";
  ASSERT_EQ(tasks_of_ana().size(), 1u);
  handle(outcome(task.task.text(), TaskOutcome::kVoicemail));
  EXPECT_EQ(only_task().not_before, utc(2026, 3, 2, 10));
  handle(outcome(task.task.text(), TaskOutcome::kSpokeBooked));
  EXPECT_TRUE(tasks().empty());
  handle(wrote_about_offer("and now?"));
  EXPECT_EQ(only_task().words.reveal(), "and now?");
}

TEST_F(FollowupQuestion, AboutAnOfferedTimeIsSettledByTheAnswer) {
  handle(wrote_about_offer());
  const auto& taken = handle(about_offer<messages::OfferAccepted>());
  ASSERT_NE(taken.event<messages::TaskClosed>(), nullptr);
  EXPECT_EQ(taken.event<messages::TaskClosed>()->offer, OfferId("main.f-1.o-1"));
  EXPECT_EQ(taken.event<messages::TaskClosed>()->reason, "they have taken the offered time");
  EXPECT_TRUE(tasks().empty());
  handle(wrote_about_offer());
  handle(about_offer<messages::OfferDeclined>());
  EXPECT_TRUE(tasks().empty());
  handle(wrote_about_offer());
  handle(person_is(messages::PersonStatus::kDeceased));
  EXPECT_TRUE(tasks().empty());
  handle(wrote_about_offer());
  EXPECT_TRUE(tasks().empty()) << "nobody calls the dead";
}

TEST_F(FollowupQuestion, IsSettledByWhateverBecomesOfTheVisit) {
  const Instant at = utc(2026, 3, 5, 9);
  const auto ask = [&](std::string id) {
    is_booked(id, at);
    handle(questioned(VisitDoubt::kNo, id));
    ASSERT_EQ(only_task().appointment.text(), id);
  };
  const auto nobody_asks_about = [&](const std::string& id) {
    for (const auto& task : tasks()) EXPECT_NE(task.appointment.text(), id) << world.timeline();
  };
  ask("main.v-1");
  handle(cancelled("main.v-1", Purpose::kHygiene, at));
  nobody_asks_about("main.v-1");
  ask("main.v-2");
  auto moved = visit_event<messages::AppointmentMoved>("main.v-2", Purpose::kHygiene, at);
  moved.to = AppointmentId("main.v-3");
  handle(moved);
  nobody_asks_about("main.v-2");
  ask("main.v-4");
  handle(visit_event<messages::AppointmentArrived>("main.v-4", Purpose::kHygiene, at));
  nobody_asks_about("main.v-4");
  ask("main.v-5");
  handle(completed("main.v-5", Purpose::kHygiene, at));
  nobody_asks_about("main.v-5");
  ask("main.v-6");
  handle(missed("main.v-6", Purpose::kHygiene, at));
  nobody_asks_about("main.v-6");
  ask("main.v-7");
  handle(person_is(messages::PersonStatus::kDeceased));
  EXPECT_TRUE(tasks().empty());
}

TEST_F(FollowupQuestion, WhoeverIsNotReachedIsTriedAgainWhileTheSiteIsOpen) {
  site_has_hours();
  is_booked();
  handle(questioned(VisitDoubt::kNo, "main.v-1"));
  const std::string task = only_task().task.text();
  handle(outcome(task, TaskOutcome::kVoicemail));
  EXPECT_EQ(only_task().attempts, 1u);
  EXPECT_EQ(only_task().not_before, utc(2026, 3, 2, 10));
  EXPECT_EQ(refusal_of(outcome(task, TaskOutcome::kPosted)), FollowupRefusal::kIllegalTransition);
  EXPECT_EQ(refusal_of(outcome(task, TaskOutcome::kCallBackAt)), FollowupRefusal::kInThePast);
  handle(outcome(task, TaskOutcome::kDeceased));
  EXPECT_TRUE(tasks().empty());
}

TEST_F(FollowupQuestion, OpensNoSecondTaskForTheGapThatItsVisitCovers) {
  accept_one(Purpose::kHygiene);
  is_booked();
  handle(questioned(VisitDoubt::kNo, "main.v-1"));
  EXPECT_EQ(tasks().size(), 1u);
  handle(cancelled("main.v-1", Purpose::kHygiene, utc(2026, 3, 5, 9)));
  EXPECT_TRUE(tasks().empty());
  EXPECT_EQ(only_gap().cover, Cover::kActive) << "and the care is followed up again";
}

TEST_F(FollowupQuestion, OfAnotherTimeThatIsAskedForIsATaskUntilTheVisitIsGone) {
  site_has_hours();
  is_booked();
  const messages::AskForAnotherTime command{PersonId(ana), AppointmentId("main.v-1"), Phi<std::string>("mornings")};
  ASSERT_TRUE(handle(command).accepted());
  ASSERT_TRUE(handle(command).accepted()) << "asked twice is one task";
  const auto task = only_task();
  EXPECT_EQ(task.reason, "Would like another time than that of the visit on 5 March at 09:00: call and find one");
  EXPECT_EQ(task.words.reveal(), "mornings");
  EXPECT_EQ(task.kind, TaskKind::kPhoneCall);
  handle(cancelled("main.v-1", Purpose::kHygiene, utc(2026, 3, 5, 9)));
  EXPECT_TRUE(tasks_of_ana().empty());
  const messages::AskForAnotherTime late{PersonId(ana), AppointmentId("main.v-1"), Phi<std::string>()};
  EXPECT_EQ(refusal_of(late), FollowupRefusal::kUnknownVisit);
}

TEST_F(FollowupQuestion, OfAnotherTimeIsAskedAgainAfterTheFirstWasDealtWith) {
  site_has_hours();
  is_booked();
  const messages::AskForAnotherTime command{PersonId(ana), AppointmentId("main.v-1"), Phi<std::string>()};
  handle(command);
  const TaskId first = only_task().task;
  handle(outcome(first.text(), TaskOutcome::kSpokeBooked));
  ASSERT_TRUE(tasks_of_ana().empty());
  handle(command);
  ASSERT_EQ(tasks_of_ana().size(), 1u);
  EXPECT_NE(tasks_of_ana()[0].task, first);
}

}  // namespace
}  // namespace bridgework::followup
