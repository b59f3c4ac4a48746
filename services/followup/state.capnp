@0xc2f5a378f5c45b52;
# What followup remembers: a person's care as a whole, each treatment plan, each task. Stored bytes are for ever: append only.

using Cxx = import "/capnp/c++.capnp";
using Cat = import "/messages/catalogue.capnp";
using Appointments = import "/messages/appointments.capnp";
using Followup = import "/messages/followup.capnp";
using LeadIntake = import "/messages/lead_intake.capnp";
$Cxx.namespace("bridgework::wire::followup");
$Cat.owner("followup");
$Cat.values("bridgework::followup");

# ---- parts

struct FutureVisit {
  # A booked visit without an outcome yet. It covers the open gaps of its purpose.
  appointment @0 :Text $Cat.id("AppointmentId") $Cat.maxBytes(128);
  purpose @1 :Appointments.Purpose;
  site @2 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  start @3 :Int64 $Cat.instant;
  outcomeDue @4 :Int64 $Cat.instant;
  # From then on a missing outcome is itself something to look into, and the visit covers nothing any more.
  day @5 :Int32 $Cat.day;
  # At the site.
}
struct PurposeDay {
  purpose @0 :Appointments.Purpose;
  day @1 :Int32 $Cat.day;
}
struct Gap {
  gap @0 :Text $Cat.id("GapId") $Cat.maxBytes(128);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  kind @2 :Followup.GapKind;
  purpose @3 :Appointments.Purpose;
  urgency @4 :Followup.Urgency;
  plan @5 :Text $Cat.id("PlanId") $Cat.maxBytes(128);
  item @6 :Text $Cat.id("ItemId") $Cat.maxBytes(64);
  feeMinor @7 :Int64;
  provenance @8 :LeadIntake.Provenance;
  openedAt @9 :Int64 $Cat.instant;
  cover @10 :Followup.Cover;
  closeReason @11 :Followup.CloseReason;
  closedAt @12 :Int64 $Cat.instant $Cat.optional;

  # What keeps the gap alive. active: exactly one of nextStepAt, waitingUntil, task. covered: appointment. onHold: reviewOn.
  nextStepAt @13 :Int64 $Cat.instant $Cat.optional;
  waitingUntil @14 :Int64 $Cat.instant $Cat.optional;
  # outreach has been asked to send and has not said yet what became of it.
  task @15 :Text $Cat.id("TaskId") $Cat.maxBytes(128);
  appointment @16 :Text $Cat.id("AppointmentId") $Cat.maxBytes(128);
  reviewOn @17 :Int32 = -2147483648 $Cat.day $Cat.optional;

  sequenceVersion @18 :UInt16;
  step @19 :UInt16;
  # Position in the sequence of the last step taken; 0 is none.
  messages @20 :UInt16;
  # Messages asked for so far. Numbers each FollowUpStepDue, so that a second try is not taken for the first.
  retries @21 :UInt16;
  # Tries in a row that the caps or the clock stopped.
  needsRelease @22 :Bool;
  # Rests on history that nobody here has seen happen: goes to the work list, and no message leaves until it is released.
  lastAppointment @23 :Text $Cat.id("AppointmentId") $Cat.maxBytes(128);
  # The last visit that covered it, whatever became of that visit.
  missedDay @24 :Int32 = -2147483648 $Cat.day $Cat.optional;
  # notKept only: the latest day missed. A completed visit on that day or later closes the gap.
  planned @25 :Text $Cat.id("AppointmentId") $Cat.maxBytes(128);
  # The visit without a time that it is about; empty for any other gap.
}
struct PlannedItem {
  item @0 :Followup.PlanItem;
  state @1 :Followup.ItemState;
  reason @2 :Followup.DecisionReason;
  visitsDone @3 :UInt16;
  appointment @4 :Text $Cat.id("AppointmentId") $Cat.maxBytes(128);
  # The visit that started it, or was last counted for it.
  countedVisit @5 :Text $Cat.id("AppointmentId") $Cat.maxBytes(128);
  letGo @6 :Followup.CloseReason;
  # Why its gap was closed although the item is not finished; none while the item must have a gap.
}

struct PlannedVisit {
  # A visit that is agreed and has no time yet. It is followed up like accepted treatment, unless a gap of the same purpose is open anyway.
  appointment @0 :Text $Cat.id("AppointmentId") $Cat.maxBytes(128);
  purpose @1 :Appointments.Purpose;
  site @2 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  letGo @3 :Followup.CloseReason;
  # Why its gap was closed although it has no time; none while it must have one.
}
struct QuestionedVisit {
  # A text message put a visit to come in question.
  appointment @0 :Text $Cat.id("AppointmentId") $Cat.maxBytes(128);
  task @1 :Text $Cat.id("TaskId") $Cat.maxBytes(128);
  # Open on the work list; empty when somebody has asked.
  answered @2 :Bool;
  cancelled @3 :Bool;
  # Which doubts have had their task: an answer to a reminder, and CANCEL.
  affirmed @4 :Bool;
  # They have said yes since, while somebody was at the task: it stays theirs to finish.
}
struct QuestionedOffer {
  # What somebody wrote about an offered time is on the work list.
  offer @0 :Text $Cat.id("OfferId") $Cat.maxBytes(128);
  task @1 :Text $Cat.id("TaskId") $Cat.maxBytes(128);
}

# ---- records

struct PersonCareRecord $Cat.record {
  # Id: the person's. All that is open, covered, on hold, and the tail of what is closed.
  person @0 :Text $Cat.id("PersonId") $Cat.maxBytes(64);
  homeSite @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  addressZone @2 :Text $Cat.maxBytes(64);
  siteZone @3 :Text $Cat.maxBytes(64);
  # Zone of the last visit's site, for persons whose address has none.
  status @4 :LeadIntake.PersonStatus;
  preferredChannel @5 :LeadIntake.Channel;
  gaps @6 :List(Gap);
  futureVisits @7 :List(FutureVisit);
  plans @8 :List(Text) $Cat.id("PlanId");
  lastCompletedDay @9 :Int32 = -2147483648 $Cat.day $Cat.optional;
  lastCompletedByPurpose @10 :List(PurposeDay) $Cat.maxItems(64);
  importedMissedDay @11 :Int32 = -2147483648 $Cat.day $Cat.optional;
  # The latest missed day that an import told of, whether or not it opened a gap.
  gapsOpened @12 :UInt32;
  tasksOpened @13 :UInt32;
  gapsClosed @14 :UInt32;
  reportedDeceased @15 :Bool;
  # Somebody who called was told so. Holds until the profile, having said so too, says otherwise.
  questionedVisits @16 :List(QuestionedVisit);
  # Each is one of futureVisits.
  plannedVisits @17 :List(PlannedVisit);
  questionedOffers @18 :List(QuestionedOffer) $Cat.maxItems(64);
  # Each has an open task.
}
struct PlanRecord $Cat.record {
  plan @0 :Text $Cat.id("PlanId") $Cat.maxBytes(128);
  person @1 :Text $Cat.id("PersonId") $Cat.maxBytes(64);
  site @2 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  currency @3 :Text $Cat.maxBytes(3);
  items @4 :List(PlannedItem) $Cat.maxItems(64);
}
struct TaskRecord $Cat.record {
  task @0 :Text $Cat.id("TaskId") $Cat.maxBytes(128);
  person @1 :Text $Cat.id("PersonId") $Cat.maxBytes(64);
  site @2 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  gap @3 :Text $Cat.id("GapId") $Cat.maxBytes(128);
  kind @4 :Followup.TaskKind;
  state @5 :Followup.TaskState;
  reason @6 :Text $Cat.maxBytes(256);
  claimedBy @7 :Text $Cat.maxBytes(128);
  claimedUntil @8 :Int64 $Cat.instant $Cat.optional;
  attempts @9 :UInt16;
  notBefore @10 :Int64 $Cat.instant $Cat.optional;
  openedAt @11 :Int64 $Cat.instant;
  appointment @12 :Text $Cat.id("AppointmentId") $Cat.maxBytes(128);
  # The visit in question; empty when the task is about a gap.
  dueAt @13 :Int64 $Cat.instant $Cat.optional;
  words @14 :Text $Cat.phi $Cat.maxBytes(1600);
  offer @15 :Text $Cat.id("OfferId") $Cat.maxBytes(128);
  # The offered time it is about; empty when it is about a visit or a gap.
}
struct SiteRecord $Cat.record {
  # What is needed of a site; one in every lane. Id: the site.
  zone @0 :Text $Cat.maxBytes(64);
  hours @1 :List(Appointments.OpeningHours) $Cat.maxItems(28);
}

# ---- timers. A gap has at most one at a time, named by its id; a visit has one, named by person and visit.

struct StepTimer $Cat.timer {
  # The next step of a follow-up is due.
  gap @0 :Text $Cat.id("GapId") $Cat.required $Cat.maxBytes(128);
}
struct ReplyGuardTimer $Cat.timer {
  # outreach has not said what became of a message; the follow-up goes on without it.
  gap @0 :Text $Cat.id("GapId") $Cat.required $Cat.maxBytes(128);
}
struct ReviewTimer $Cat.timer {
  # The review date of a gap on hold has come.
  gap @0 :Text $Cat.id("GapId") $Cat.required $Cat.maxBytes(128);
}
struct VisitOutcomeTimer $Cat.timer {
  # A visit is long over and nobody has said whether it took place.
  person @0 :Text $Cat.id("PersonId") $Cat.required $Cat.maxBytes(64);
  appointment @1 :Text $Cat.id("AppointmentId") $Cat.required $Cat.maxBytes(128);
}
