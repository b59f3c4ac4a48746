// Anything that can happen, in any order: after each message the audit finds nobody lost, and no message is asked for that must not be.

#include <map>
#include <random>
#include <set>

#include "tests/unit/followup/clinic.hpp"

namespace bridgework::followup {
namespace {

class FollowupRandom : public Clinic, public ::testing::WithParamInterface<unsigned> {
 protected:
  std::size_t pick(std::size_t below) { return static_cast<std::size_t>(random_()) % below; }
  bool one_in(std::size_t n) { return pick(n) == 0; }
  Purpose purpose() { return std::array{Purpose::kProstho, Purpose::kHygiene, Purpose::kEndo}[pick(3)]; }
  LocalDay today() const { return LocalDay{std::chrono::floor<std::chrono::days>(world.now()).time_since_epoch()}; }
  LocalDay some_day() { return today() + std::chrono::days(static_cast<int>(pick(40)) - 3); }
  std::string some_gap() { return "p-1.g-" + std::to_string(1 + pick(world_gaps() + 1)); }
  std::size_t world_gaps() const {
    const auto* care = world.record<PersonCareRecord>("p-1");
    return care == nullptr ? 0 : care->gaps_opened;
  }
  std::string some_task() {
    const auto open = tasks();
    return open.empty() || one_in(10) ? "p-1.k-" + std::to_string(1 + pick(5)) : open[pick(open.size())].task.text();
  }
  std::string some_plan() { return "p-1.t-" + std::to_string(1 + pick(3)); }
  std::string some_item() { return std::array{"a", "b", "c"}[pick(3)]; }

  void create_plan() {
    auto a = item("a", purpose());
    auto b = item("b", purpose());
    auto c = item("c", purpose());
    b.depends_on = {ItemId("a")};
    b.urgency = Urgency::kUrgent;
    c.visits_planned = 3;
    world.handle(plan({a, b, c}, some_plan()));
  }

  void item_command() {
    const auto i = some_item();
    const auto p = some_plan();
    switch (pick(7)) {
      case 0:
      case 1: world.handle(about<messages::PresentItem>(i, p)); return;
      case 2: world.handle(about<messages::AcceptItem>(i, p)); return;
      case 3: world.handle(about<messages::DeclineItem>(i, p)); return;
      case 4: {
        auto defer = about<messages::DeferItem>(i, p);
        defer.until = some_day();
        world.handle(defer);
        return;
      }
      case 5: {
        auto start = about<messages::StartItem>(i, p);
        if (!booked_.empty() && one_in(2)) start.appointment = AppointmentId(booked_.begin()->first);
        world.handle(start);
        return;
      }
      default: world.handle(about<messages::CompleteItem>(i, p)); return;
    }
  }

  void visit_happens() {
    if (one_in(5)) {
      plan_changes();
      return;
    }
    if (booked_.empty() || one_in(3)) {
      const std::string id = "main.v-" + std::to_string(++visits_);
      const auto start = world.now() + std::chrono::hours(pick(24 * 20));
      const auto event = booked(id, purpose(), start);
      booked_[id] = event.visit;
      world.handle(event);
      return;
    }
    auto it = booked_.begin();
    std::advance(it, pick(booked_.size()));
    const auto [id, visit] = *it;
    if (one_in(3)) {
      visit_is_in_question(one_in(2) ? id : std::string());
      if (one_in(2)) return;
      check();
      if (one_in(2)) return visit_is_affirmed(id);
    }
    if (one_in(4)) {
      world.handle(visit_event<messages::AppointmentConfirmed>(id, visit.purpose, visit.start));
      return;
    }
    booked_.erase(it);
    switch (pick(5)) {
      case 0: world.handle(cancelled(id, visit.purpose, visit.start)); return;
      case 1: world.handle(missed(id, visit.purpose, visit.start)); return;
      case 2: return;  // and nobody ever says what became of it
      case 3: {
        const std::string to = "main.v-" + std::to_string(++visits_);
        auto moved = visit_event<messages::AppointmentMoved>(id, visit.purpose, visit.start);
        moved.to = AppointmentId(to);
        world.handle(moved);
        check();
        auto again = booked(to, visit.purpose, world.now() + std::chrono::hours(pick(24 * 20)));
        again.moved_from = AppointmentId(id);
        booked_[to] = again.visit;
        world.handle(again);
        return;
      }
      default: world.handle(completed(id, visit.purpose, visit.start)); return;
    }
  }

  void plan_changes() {
    const std::string id = "main.v-p" + std::to_string(pick(6));
    switch (pick(3)) {
      case 0: {
        messages::AppointmentPlanDropped event;
        event.person = PersonId(ana);
        event.appointment = AppointmentId(id);
        world.handle(event);
        return;
      }
      case 1: {
        const auto event = booked(id, planned_purpose(id), world.now() + std::chrono::hours(pick(24 * 20)));
        booked_[id] = event.visit;
        world.handle(event);
        return;
      }
      default: {
        if (booked_.contains(id)) return;
        messages::AppointmentPlanned event;
        event.person = PersonId(ana);
        event.site = SiteId("main");
        event.appointment = AppointmentId(id);
        event.purpose = planned_purpose(id);
        world.handle(event);
      }
    }
  }
  static Purpose planned_purpose(const std::string& id) { return id.back() % 2 == 0 ? Purpose::kHygiene : Purpose::kProstho; }

  void visit_is_in_question(std::string id) {
    messages::VisitQuestioned event;
    event.person = PersonId(ana);
    event.appointment = AppointmentId(std::move(id));
    event.doubt = messages::kAllVisitDoubt[pick(messages::kAllVisitDoubt.size())];
    world.handle(event);
  }

  void visit_is_affirmed(std::string id) {
    messages::VisitAffirmed event;
    event.person = PersonId(ana);
    event.appointment = AppointmentId(std::move(id));
    world.handle(event);
  }
  void offer_happens() {
    const OfferId offer("main.f-1.o-" + std::to_string(pick(3)));
    const auto tell = [&]<class Event>(Event event) {
      event.person = PersonId(ana);
      event.offer = offer;
      world.handle(event);
    };
    switch (pick(3)) {
      case 0: return tell(messages::OfferAccepted{});
      case 1: return tell(messages::OfferDeclined{});
      default: return tell(messages::OfferQuestioned{});
    }
  }

  void outreach_reports() {
    const auto due = world.events<messages::FollowUpStepDue>();
    if (due.empty() || one_in(4)) return;
    const auto& step = one_in(5) ? due[pick(due.size())] : due.back();
    if (one_in(2)) {
      world.handle(sent(step.gap.text(), step.step));
    } else {
      const auto reason = messages::kAllMessageReason[pick(messages::kAllMessageReason.size())];
      world.handle(withheld(step.gap.text(), step.step, reason));
    }
  }

  void task_command() {
    const auto by = one_in(2) ? "mia" : "tom";
    if (one_in(3)) {
      world.handle(claim(some_task(), by));
      return;
    }
    auto what = messages::kAllTaskOutcome[pick(messages::kAllTaskOutcome.size())];
    if (what == TaskOutcome::kDeceased && !one_in(8)) what = TaskOutcome::kNoAnswer;
    auto command = outcome(some_task(), what, by);
    if (one_in(2)) command.until = some_day();
    if (one_in(2)) command.call_back_at = world.now() + std::chrono::hours(pick(100));
    world.handle(command);
  }

  void gap_command() {
    switch (pick(4)) {
      case 0: world.handle(hold(some_gap(), some_day())); return;
      case 1: world.handle(release(some_gap())); return;
      case 2:
        if (one_in(3)) world.handle(close(some_gap(), messages::kAllCloseReason[pick(messages::kAllCloseReason.size())]));
        return;
      default:
        world.handle(imported(today() - std::chrono::days(pick(30)),
                              one_in(2) ? messages::ImportedOutcome::kNoShow : messages::ImportedOutcome::kCompleted, purpose()));
        return;
    }
  }

  void time_passes() {
    switch (pick(4)) {
      case 0: world.advance(std::chrono::minutes(pick(120))); return;
      case 1: world.advance(std::chrono::hours(pick(30))); return;
      case 2: world.advance(std::chrono::hours(pick(24 * 15))); return;
      default: world.sleep_until(world.now() + std::chrono::hours(pick(24 * 5))); return;
    }
  }

  void something_happens() {
    switch (pick(12)) {
      case 0: create_plan(); return;
      case 1:
      case 2:
      case 3: item_command(); return;
      case 4:
      case 5: visit_happens(); return;
      case 6: one_in(6) ? offer_happens() : outreach_reports(); return;
      case 7: task_command(); return;
      case 8: gap_command(); return;
      case 9:
        if (one_in(25)) {
          world.handle(person_is(messages::kAllPersonStatus[pick(messages::kAllPersonStatus.size())]));
        } else if (one_in(3)) {
          world.handle(person_is(messages::PersonStatus::kPatient));
        }
        return;
      default: time_passes(); return;
    }
  }

  /// Nobody lost; everything that claims a time has a timer of that time; every message number of a gap is used once.
  void check() {
    const auto found = audit();
    ASSERT_EQ(found.violations, 0u) << found.leaks[0].gap.text() << ": " << found.leaks[0].why << "\n" << world.timeline();
    const auto* care = world.record<PersonCareRecord>("p-1");
    if (care == nullptr) return;
    std::size_t gap_timers = 0;
    for (const auto& gap : care->gaps) {
      const auto timer = world.timers().find(gap.gap.text());
      const bool wants = gap.next_step_at || gap.waiting_until || gap.review_on;
      ASSERT_EQ(timer != world.timers().end(), wants) << gap.gap.text() << "\n" << world.timeline();
      if (!wants) continue;
      ++gap_timers;
      const Instant due = gap.next_step_at ? *gap.next_step_at : gap.waiting_until ? *gap.waiting_until : timer->second.due;
      ASSERT_EQ(timer->second.due, due) << gap.gap.text();
    }
    ASSERT_EQ(world.timers().size(), gap_timers + care->future_visits.size()) << "a timer without an owner\n" << world.timeline();
    ASSERT_EQ(world.index("tasks").size(), tasks().size());
    std::set<std::pair<std::string, int>> numbers;
    for (const auto& due : world.events<messages::FollowUpStepDue>()) {
      ASSERT_TRUE(numbers.insert({due.gap.text(), due.step}).second) << "asked twice for one message\n" << world.timeline();
    }
  }

  std::mt19937 random_{GetParam()};
  std::map<std::string, messages::Visit> booked_;
  int visits_ = 0;
};

TEST_P(FollowupRandom, NobodySlipsThrough) {
  for (int i = 0; i < 250; ++i) {
    something_happens();
    check();
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(world.count<messages::GapOpened>(), 5u) << "the story was too quiet to prove anything";
}

INSTANTIATE_TEST_SUITE_P(Seeds, FollowupRandom, ::testing::Range(1u, 31u));

}  // namespace
}  // namespace bridgework::followup
