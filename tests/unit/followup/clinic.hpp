#pragma once
// A person, a site and a clock, for tests that read as a story. Every step of every story ends with the audit: nobody slipped through.

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "followup/audit.hpp"
#include "followup/model.hpp"
#include "tests/support/decide_harness.hpp"

// Compiled once, in harness.cpp: it is most of what these tests are made of.
extern template class bridgework::testing::Harness<bridgework::followup::Model>;

namespace bridgework::followup {

using namespace std::chrono_literals;  // NOLINT
using messages::CloseReason;
using messages::Cover;
using messages::DecisionReason;
using messages::FollowupRefusal;
using messages::GapKind;
using messages::ItemState;
using messages::MessageReason;
using messages::Provenance;
using messages::Purpose;
using messages::TaskKind;
using messages::TaskOutcome;
using messages::TaskState;
using messages::Urgency;
using testing::day;
using testing::utc;

constexpr std::chrono::days kDay{1};
constexpr std::chrono::days kWeek{7};

class Clinic : public ::testing::Test {
 protected:
  Clinic() : world(utc(2026, 3, 2, 9)) {}

  testing::Harness<Model> world;
  const std::string ana = "p-1";

  // ---- doing

  template <class T>
  const testing::Harness<Model>::Outcome& handle(T message) {
    const auto& outcome = world.handle(std::move(message));
    expect_no_leaks();
    return outcome;
  }
  template <class D>
  void advance(D by) {
    world.advance(by);
    expect_no_leaks();
  }
  void expect_no_leaks() {
    const auto audit = this->audit();
    std::string why;
    for (const auto& leak : audit.leaks) why += leak.gap.text() + ": " + leak.why + "\n";
    EXPECT_EQ(audit.violations, 0u) << why << world.timeline();
    EXPECT_EQ(audit.with_unfinished_care, audit.active + audit.covered + audit.on_hold);
  }
  template <class T>
  std::optional<FollowupRefusal> refusal_of(T message) {
    return handle(std::move(message)).refusal();
  }

  // ---- words

  static messages::PlanItem item(std::string id, Purpose category = Purpose::kProstho) {
    messages::PlanItem item;
    item.item = ItemId(std::move(id));
    item.category = category;
    item.fee_minor = 90000;
    return item;
  }
  messages::CreateTreatmentPlan plan(std::vector<messages::PlanItem> items, std::string id = "p-1.t-1") const {
    messages::CreateTreatmentPlan command;
    command.person = PersonId(ana);
    command.plan = PlanId(std::move(id));
    command.site = SiteId("main");
    command.currency = "EUR";
    command.items = std::move(items);
    return command;
  }
  template <class Command>
  static Command about(std::string item, std::string plan = "p-1.t-1") {
    Command command;
    command.plan = PlanId(std::move(plan));
    command.item = ItemId(std::move(item));
    return command;
  }
  static messages::Visit visit(Purpose purpose, Instant start) {
    messages::Visit visit;
    visit.purpose = purpose;
    visit.start = start;
    visit.local_start = LocalTime{std::chrono::floor<std::chrono::seconds>(start.time_since_epoch())};
    visit.zone = "UTC";
    visit.duration_minutes = 60;
    return visit;
  }
  template <class Event>
  Event visit_event(std::string id, Purpose purpose, Instant start) const {
    Event event;
    event.person = PersonId(ana);
    event.site = SiteId("main");
    event.appointment = AppointmentId(std::move(id));
    event.visit = visit(purpose, start);
    return event;
  }
  messages::AppointmentBooked booked(std::string id, Purpose purpose, Instant start) const {
    return visit_event<messages::AppointmentBooked>(std::move(id), purpose, start);
  }
  messages::AppointmentCancelled cancelled(std::string id, Purpose purpose, Instant start) const {
    return visit_event<messages::AppointmentCancelled>(std::move(id), purpose, start);
  }
  messages::AppointmentNoShow missed(std::string id, Purpose purpose, Instant start) const {
    return visit_event<messages::AppointmentNoShow>(std::move(id), purpose, start);
  }
  messages::AppointmentCompleted completed(std::string id, Purpose purpose, Instant start) const {
    return visit_event<messages::AppointmentCompleted>(std::move(id), purpose, start);
  }
  messages::VisitImported imported(LocalDay on, messages::ImportedOutcome outcome, Purpose purpose = Purpose::kOther) const {
    auto event = visit_event<messages::VisitImported>("main.i-" + std::to_string(on.time_since_epoch().count()), purpose,
                                                      Instant{on.time_since_epoch()});
    event.outcome = outcome;
    return event;
  }
  messages::PersonChanged person_is(messages::PersonStatus status) const {
    messages::PersonChanged event;
    event.person = PersonId(ana);
    event.site = SiteId("main");
    event.profile.status = status;
    return event;
  }
  messages::MessageSent sent(std::string gap, std::uint16_t step) const {
    messages::MessageSent event;
    event.person = PersonId(ana);
    event.programme = "follow_up";
    event.subject = std::move(gap);
    event.step = step;
    return event;
  }
  messages::MessageWithheld withheld(std::string gap, std::uint16_t step, MessageReason reason) const {
    messages::MessageWithheld event;
    event.person = PersonId(ana);
    event.programme = "follow_up";
    event.subject = std::move(gap);
    event.step = step;
    event.state = messages::MessageState::kWithheld;
    event.reason = reason;
    return event;
  }
  static messages::RecordTaskOutcome outcome(std::string task, TaskOutcome what, std::string by = "mia") {
    messages::RecordTaskOutcome command;
    command.task = TaskId(std::move(task));
    command.outcome = what;
    command.by = std::move(by);
    return command;
  }
  static messages::ClaimTask claim(std::string task, std::string by) {
    messages::ClaimTask command;
    command.task = TaskId(std::move(task));
    command.by = std::move(by);
    command.minutes = 15;
    return command;
  }
  static messages::HoldGap hold(std::string gap, LocalDay until) {
    messages::HoldGap command;
    command.gap = GapId(std::move(gap));
    command.until = until;
    return command;
  }
  static messages::CloseGap close(std::string gap, CloseReason reason) {
    messages::CloseGap command;
    command.gap = GapId(std::move(gap));
    command.reason = reason;
    return command;
  }
  static messages::ReleaseGap release(std::string gap) {
    messages::ReleaseGap command;
    command.gap = GapId(std::move(gap));
    return command;
  }

  /// A plan of one item, presented and accepted: gap p-1.g-3 waits for a visit.
  void accept_one(Purpose category = Purpose::kProstho, std::uint16_t visits = 1, Urgency urgency = Urgency::kRoutine) {
    auto one = item("i-1", category);
    one.visits_planned = visits;
    one.urgency = urgency;
    handle(plan({one}));
    handle(about<messages::PresentItem>("i-1"));
    handle(about<messages::AcceptItem>("i-1"));
  }
  /// Lets the open gap's messages go out until somebody has to call.
  void advance_to_call(const std::string& gap) {
    advance(24h);
    handle(sent(gap, 1));
    advance(kWeek);
    handle(sent(gap, 2));
    advance(kWeek);
  }

  // ---- looking

  messages::LeakAudit audit() const { return world.get<messages::LeakAudit>(messages::AuditLeaks{}); }
  std::vector<messages::GapView> gaps() const {
    messages::ListFollowUps query;
    query.person = PersonId(ana);
    return world.get<messages::GapList>(query).gaps;
  }
  std::vector<messages::GapView> open_gaps() const {
    auto all = gaps();
    std::erase_if(all, [](const auto& gap) { return gap.cover == Cover::kClosed; });
    return all;
  }
  messages::GapView gap(const std::string& id) const {
    for (const auto& gap : gaps()) {
      if (gap.gap.text() == id) return gap;
    }
    ADD_FAILURE() << "no gap " << id << "\n" << world.timeline();
    return {};
  }
  /// The one gap that is open.
  messages::GapView only_gap() const {
    const auto open = open_gaps();
    EXPECT_EQ(open.size(), 1u) << world.timeline();
    return open.empty() ? messages::GapView{} : open.front();
  }
  std::vector<messages::TaskView> tasks() const {
    messages::ListTasks query;
    query.limit = 100;
    return world.get<messages::TaskList>(query).tasks;
  }
  messages::TaskView only_task() const {
    const auto open = tasks();
    EXPECT_EQ(open.size(), 1u) << world.timeline();
    return open.empty() ? messages::TaskView{} : open.front();
  }
  messages::ItemView item_view(const std::string& id, const std::string& plan = "p-1.t-1") const {
    messages::GetTreatmentPlan query;
    query.plan = PlanId(plan);
    for (const auto& item : world.get<messages::TreatmentPlanView>(query).items) {
      if (item.item.item.text() == id) return item;
    }
    ADD_FAILURE() << "no item " << id;
    return {};
  }
  std::size_t messages_asked_for() const { return world.count<messages::FollowUpStepDue>(); }
};

}  // namespace bridgework::followup
