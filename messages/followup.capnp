@0xb1d6e0c0a7a10012;
# Treatment plans, care gaps, follow-up, tasks.

using Cxx = import "/capnp/c++.capnp";
using Cat = import "catalogue.capnp";
using Appointments = import "appointments.capnp";
using LeadIntake = import "lead_intake.capnp";
$Cxx.namespace("bridgework::wire");
$Cat.owner("followup");
$Cat.values("bridgework::messages");

enum Urgency { routine @0; soon @1; urgent @2; }
enum ItemState { found @0; presented @1; accepted @2; declined @3; deferred @4; started @5; completed @6; }
enum DecisionReason { none @0; cost @1; fear @2; time @3; insurancePending @4; secondOpinion @5; needsFamily @6; notConvinced @7; medical @8; other @9; }
enum GapKind { notDiagnosed @0; notPresented @1; undecided @2; notScheduled @3; notKept @4; unfinished @5; hygieneOverdue @6; recallDue @7; }
enum Cover { active @0; covered @1; onHold @2; closed @3; }
# Where a person's unfinished care stands: in an active follow-up with a live timer or an open task, covered by a future visit of the
# same purpose, on hold with a review date, or closed with a reason.
enum CloseReason { none @0; done @1; declined @2; keptLater @3; deceased @4; movedAway @5; staff @6; superseded @7; }
enum TaskKind { phoneCall @0; letter @1; clinicianCall @2; review @3; }
enum TaskOutcome { voicemail @0; spokeBooked @1; spokeDeclined @2; spokeDeferred @3; callBackAt @4; wrongNumber @5; deceased @6; noAnswer @7; posted @8; }
enum TaskState { open @0; claimed @1; done @2; withdrawn @3; }

enum FollowupRefusal $Cat.refusals {
  unknownPlan @0; unknownItem @1; unknownGap @2; unknownTask @3; illegalTransition @4; alreadyExists @5; alreadyClaimed @6; dependencyOpen @7; invalidId @8; inThePast @9; unknownVisit @10;
}

struct PlanItem {
  item @0 :Text $Cat.id("ItemId") $Cat.required $Cat.maxBytes(64);
  category @1 :Appointments.Purpose;
  procedureSystem @2 :Text $Cat.maxBytes(256);
  procedureCode @3 :Text $Cat.phi $Cat.maxBytes(64);
  # Opaque to us; the group's own coding.
  area @4 :Text $Cat.phi $Cat.maxBytes(64);
  feeMinor @5 :Int64 $Cat.range((min = 0, max = 1000000000));
  phase @6 :UInt16;
  dependsOn @7 :List(Text) $Cat.id("ItemId") $Cat.maxItems(32);
  urgency @8 :Urgency;
  visitsPlanned @9 :UInt16 = 1;
  # A series of several visits is unfinished until each took place.
}
struct ItemView {
  item @0 :PlanItem;
  state @1 :ItemState;
  reason @2 :DecisionReason;
  visitsDone @3 :UInt16;
}

# ---- events

struct TreatmentPlanCreated $Cat.event {
  person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.pseudonym $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  plan @2 :Text $Cat.id("PlanId") $Cat.pseudonym $Cat.maxBytes(128);
  currency @3 :Text $Cat.maxBytes(3);
  items @4 :List(PlanItem) $Cat.maxItems(64);
}
struct ItemDecided $Cat.event {
  # presented, accepted, declined, deferred, started, completed.
  person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.pseudonym $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  plan @2 :Text $Cat.id("PlanId") $Cat.pseudonym $Cat.maxBytes(128);
  item @3 :Text $Cat.id("ItemId") $Cat.maxBytes(64);
  category @4 :Appointments.Purpose;
  feeMinor @5 :Int64;
  from @6 :ItemState;
  to @7 :ItemState;
  reason @8 :DecisionReason;
  appointment @9 :Text $Cat.id("AppointmentId") $Cat.maxBytes(128);
}
struct GapOpened $Cat.event {
  person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.pseudonym $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  gap @2 :Text $Cat.id("GapId") $Cat.pseudonym $Cat.maxBytes(128);
  kind @3 :GapKind;
  purpose @4 :Appointments.Purpose;
  urgency @5 :Urgency;
  plan @6 :Text $Cat.id("PlanId") $Cat.pseudonym $Cat.maxBytes(128);
  item @7 :Text $Cat.id("ItemId") $Cat.maxBytes(64);
  feeMinor @8 :Int64;
  provenance @9 :LeadIntake.Provenance;
  cover @10 :Cover;
}
struct GapChanged $Cat.event {
  # The gap moved between the four states, or closed.
  person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.pseudonym $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  gap @2 :Text $Cat.id("GapId") $Cat.pseudonym $Cat.maxBytes(128);
  kind @3 :GapKind;
  from @4 :Cover;
  to @5 :Cover;
  reason @6 :CloseReason;
  appointment @7 :Text $Cat.id("AppointmentId") $Cat.maxBytes(128);
  reviewOn @8 :Int32 = -2147483648 $Cat.day $Cat.optional;
  feeMinor @9 :Int64;
}
struct FollowUpStepDue $Cat.event {
  # A step of a follow-up that wants a message. outreach decides whether it may leave and says what became of it.
  person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.pseudonym $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  gap @2 :Text $Cat.id("GapId") $Cat.pseudonym $Cat.maxBytes(128);
  kind @3 :GapKind;
  step @4 :UInt16;
  channel @5 :LeadIntake.Channel;
  templateName @6 :Text $Cat.maxBytes(64);
}
struct TaskOpened $Cat.event {
  person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.pseudonym $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  task @2 :Text $Cat.id("TaskId") $Cat.pseudonym $Cat.maxBytes(128);
  gap @3 :Text $Cat.id("GapId") $Cat.pseudonym $Cat.maxBytes(128);
  kind @4 :TaskKind;
  reason @5 :Text $Cat.maxBytes(256);
  appointment @6 :Text $Cat.id("AppointmentId") $Cat.maxBytes(128);
  # A task is about a gap or about a visit to come.
  dueAt @7 :Int64 $Cat.instant $Cat.optional;
  offer @8 :Text $Cat.id("OfferId") $Cat.maxBytes(128);
  # Or about an offered time.
}
struct TaskClosed $Cat.event {
  person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.pseudonym $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  task @2 :Text $Cat.id("TaskId") $Cat.pseudonym $Cat.maxBytes(128);
  gap @3 :Text $Cat.id("GapId") $Cat.pseudonym $Cat.maxBytes(128);
  state @4 :TaskState;
  outcome @5 :TaskOutcome;
  by @6 :Text $Cat.maxBytes(128);
  appointment @7 :Text $Cat.id("AppointmentId") $Cat.maxBytes(128);
  offer @8 :Text $Cat.id("OfferId") $Cat.maxBytes(128);
  reason @9 :Text $Cat.maxBytes(256);
  # Of a task about a visit or an offer that nobody needs to do any more: why, in words.
}

# ---- commands

struct CreateTreatmentPlan $Cat.command $Cat.http("POST /v1/treatment-plans") $Cat.answers("TreatmentPlanView") {
  person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.maxBytes(64);
  plan @1 :Text $Cat.id("PlanId") $Cat.newId("{person}.t-") $Cat.maxBytes(128);
  site @2 :Text $Cat.id("SiteId") $Cat.required $Cat.maxBytes(64);
  currency @3 :Text $Cat.maxBytes(3);
  items @4 :List(PlanItem) $Cat.required $Cat.maxItems(64);
}
struct PresentItem $Cat.command $Cat.http("POST /v1/treatment-plans/{plan}/items/{item}/present") $Cat.answers("TreatmentPlanView") {
  plan @0 :Text $Cat.id("PlanId") $Cat.key $Cat.maxBytes(128);
  item @1 :Text $Cat.id("ItemId") $Cat.required $Cat.maxBytes(64);
}
struct AcceptItem $Cat.command $Cat.http("POST /v1/treatment-plans/{plan}/items/{item}/accept") $Cat.answers("TreatmentPlanView") {
  plan @0 :Text $Cat.id("PlanId") $Cat.key $Cat.maxBytes(128);
  item @1 :Text $Cat.id("ItemId") $Cat.required $Cat.maxBytes(64);
}
struct DeclineItem $Cat.command $Cat.http("POST /v1/treatment-plans/{plan}/items/{item}/decline") $Cat.answers("TreatmentPlanView") {
  plan @0 :Text $Cat.id("PlanId") $Cat.key $Cat.maxBytes(128);
  item @1 :Text $Cat.id("ItemId") $Cat.required $Cat.maxBytes(64);
  reason @2 :DecisionReason;
}
struct DeferItem $Cat.command $Cat.http("POST /v1/treatment-plans/{plan}/items/{item}/defer") $Cat.answers("TreatmentPlanView") {
  plan @0 :Text $Cat.id("PlanId") $Cat.key $Cat.maxBytes(128);
  item @1 :Text $Cat.id("ItemId") $Cat.required $Cat.maxBytes(64);
  reason @2 :DecisionReason;
  until @3 :Int32 $Cat.day;
}
struct StartItem $Cat.command $Cat.http("POST /v1/treatment-plans/{plan}/items/{item}/start") $Cat.answers("TreatmentPlanView") {
  plan @0 :Text $Cat.id("PlanId") $Cat.key $Cat.maxBytes(128);
  item @1 :Text $Cat.id("ItemId") $Cat.required $Cat.maxBytes(64);
  appointment @2 :Text $Cat.id("AppointmentId") $Cat.maxBytes(128);
}
struct CompleteItem $Cat.command $Cat.http("POST /v1/treatment-plans/{plan}/items/{item}/complete") $Cat.answers("TreatmentPlanView") {
  plan @0 :Text $Cat.id("PlanId") $Cat.key $Cat.maxBytes(128);
  item @1 :Text $Cat.id("ItemId") $Cat.required $Cat.maxBytes(64);
  appointment @2 :Text $Cat.id("AppointmentId") $Cat.maxBytes(128);
}
struct HoldGap $Cat.command $Cat.http("POST /v1/follow-ups/{gap}/hold") {
  gap @0 :Text $Cat.id("GapId") $Cat.key $Cat.maxBytes(128);
  until @1 :Int32 $Cat.day;
  reason @2 :Text $Cat.phi $Cat.required $Cat.maxBytes(1024);
}
struct CloseGap $Cat.command $Cat.http("POST /v1/follow-ups/{gap}/close") {
  gap @0 :Text $Cat.id("GapId") $Cat.key $Cat.maxBytes(128);
  reason @1 :CloseReason;
}
struct ReleaseGap $Cat.command $Cat.http("POST /v1/follow-ups/{gap}/release") {
  # Lets an imported gap be followed up like any other.
  gap @0 :Text $Cat.id("GapId") $Cat.key $Cat.maxBytes(128);
}
struct ClaimTask $Cat.command $Cat.http("POST /v1/tasks/{task}/claim") $Cat.answers("TaskView") {
  task @0 :Text $Cat.id("TaskId") $Cat.key $Cat.maxBytes(128);
  by @1 :Text $Cat.principal $Cat.maxBytes(128);
  minutes @2 :UInt16 = 15 $Cat.range((min = 1, max = 240));
}
struct RecordTaskOutcome $Cat.command $Cat.http("POST /v1/tasks/{task}/outcome") $Cat.answers("TaskView") {
  task @0 :Text $Cat.id("TaskId") $Cat.key $Cat.maxBytes(128);
  outcome @1 :TaskOutcome;
  by @2 :Text $Cat.principal $Cat.maxBytes(128);
  reason @3 :DecisionReason;
  callBackAt @4 :Int64 $Cat.instant $Cat.optional;
  until @5 :Int32 = -2147483648 $Cat.day $Cat.optional;
}
struct AskForAnotherTime $Cat.command {
  # A patient would like to be called about moving a visit to come. Said by the edge, of whoever holds a link to the visit.
  person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.maxBytes(64);
  appointment @1 :Text $Cat.id("AppointmentId") $Cat.required $Cat.maxBytes(128);
  words @2 :Text $Cat.phi $Cat.maxBytes(1600);
}

# ---- queries

struct TreatmentPlanView $Cat.reply {
  plan @0 :Text $Cat.id("PlanId") $Cat.maxBytes(128);
  person @1 :Text $Cat.id("PersonId") $Cat.maxBytes(64);
  site @2 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  currency @3 :Text $Cat.maxBytes(3);
  items @4 :List(ItemView);
}
struct GetTreatmentPlan $Cat.query $Cat.http("GET /v1/treatment-plans/{plan}") $Cat.answers("TreatmentPlanView") { plan @0 :Text $Cat.id("PlanId") $Cat.key $Cat.maxBytes(128); }
struct GapView {
  gap @0 :Text $Cat.id("GapId") $Cat.maxBytes(128);
  person @1 :Text $Cat.id("PersonId") $Cat.maxBytes(64);
  site @2 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  kind @3 :GapKind;
  purpose @4 :Appointments.Purpose;
  cover @5 :Cover;
  reason @6 :CloseReason;
  step @7 :UInt16;
  nextStepAt @8 :Int64 $Cat.instant $Cat.optional;
  reviewOn @9 :Int32 = -2147483648 $Cat.day $Cat.optional;
  appointment @10 :Text $Cat.id("AppointmentId") $Cat.maxBytes(128);
  feeMinor @11 :Int64;
  provenance @12 :LeadIntake.Provenance;
  openedAt @13 :Int64 $Cat.instant;
  plan @14 :Text $Cat.id("PlanId") $Cat.maxBytes(128);
  item @15 :Text $Cat.id("ItemId") $Cat.maxBytes(64);
  planned @16 :Text $Cat.id("AppointmentId") $Cat.maxBytes(128);
  # The visit without a time that it is about.
}
struct GapList $Cat.reply { gaps @0 :List(GapView) $Cat.maxItems(5000); }
struct ListFollowUps $Cat.query $Cat.http("GET /v1/follow-ups") $Cat.answers("GapList") { person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.maxBytes(64); }
struct TaskView $Cat.reply {
  task @0 :Text $Cat.id("TaskId") $Cat.maxBytes(128);
  person @1 :Text $Cat.id("PersonId") $Cat.maxBytes(64);
  site @2 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  gap @3 :Text $Cat.id("GapId") $Cat.maxBytes(128);
  kind @4 :TaskKind;
  state @5 :TaskState;
  reason @6 :Text $Cat.maxBytes(256);
  claimedBy @7 :Text $Cat.maxBytes(128);
  claimedUntil @8 :Int64 $Cat.instant $Cat.optional;
  attempts @9 :UInt16;
  notBefore @10 :Int64 $Cat.instant $Cat.optional;
  appointment @11 :Text $Cat.id("AppointmentId") $Cat.maxBytes(128);
  # The visit it is about; empty when it is about a gap.
  dueAt @12 :Int64 $Cat.instant $Cat.optional;
  words @13 :Text $Cat.phi $Cat.maxBytes(1600);
  # What the person wrote.
  offer @14 :Text $Cat.id("OfferId") $Cat.maxBytes(128);
  # The offered time it is about; empty when it is about a visit or a gap.
}
struct TaskList $Cat.reply {
  tasks @0 :List(TaskView) $Cat.maxItems(1000);
  total @1 :UInt64;
}
struct ListTasks $Cat.query $Cat.http("GET /v1/tasks") $Cat.answers("TaskList") {
  # Oldest first. Without a site: all of them, for the group desk.
  site @0 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  person @1 :Text $Cat.id("PersonId") $Cat.maxBytes(64);
  limit @2 :UInt16 = 100 $Cat.range((min = 1, max = 1000));
}
struct Leak {
  person @0 :Text $Cat.id("PersonId") $Cat.maxBytes(64);
  gap @1 :Text $Cat.id("GapId") $Cat.maxBytes(128);
  why @2 :Text $Cat.maxBytes(256);
}
struct LeakAudit $Cat.reply {
  # Every person known to followup, and for each person with unfinished care which of the four holds.
  persons @0 :UInt64;
  withUnfinishedCare @1 :UInt64;
  covered @2 :UInt64;
  active @3 :UInt64;
  onHold @4 :UInt64;
  closed @5 :UInt64;
  openGaps @6 :UInt64;
  violations @7 :UInt64;
  leaks @8 :List(Leak) $Cat.maxItems(1000);
  openByKind @9 :List(KindCount);
}
struct KindCount {
  kind @0 :GapKind;
  gaps @1 :UInt64;
  persons @2 :UInt64;
}
struct AuditLeaks $Cat.query $Cat.http("GET /v1/audit/leaks") $Cat.answers("LeakAudit") {}
