@0xb1d6e0c0a7a1f013;
# What the send gate remembers. All of it lies in the person's lane, except sites and suppressions, which every lane keeps.

using Cxx = import "/capnp/c++.capnp";
using Cat = import "/messages/catalogue.capnp";
using LeadIntake = import "/messages/lead_intake.capnp";
using Followup = import "/messages/followup.capnp";
using Appointments = import "/messages/appointments.capnp";
using Outreach = import "/messages/outreach.capnp";
$Cxx.namespace("bridgework::outreach::wire");
$Cat.owner("outreach");
$Cat.values("bridgework::outreach");

enum SubjectKind { enquiry @0; visit @1; gap @2; survey @3; offer @4; }
enum Gone { not @0; visitMoved @1; visitCancelled @2; visitMissed @3; visitTookPlace @4; gapCovered @5; gapClosed @6; gapOnHold @7; surveyAnswered @8; laterStep @9; neverHeard @10; offerRevoked @11; offerAnswered @12; enquiryOver @13; takenBack @14; }
# Why there is no reason any more to write about a subject.

struct Consent {
  purpose @0 :Outreach.MessagePurpose;
  channel @1 :LeadIntake.Channel;
  state @2 :Outreach.ConsentState;
  by @3 :Text $Cat.maxBytes(128);
  wording @4 :Text $Cat.maxBytes(1024);
  source @5 :Text $Cat.maxBytes(256);
  changedAt @6 :Int64 $Cat.instant;
}
struct SendMark {
  # One message that has left, or may have.
  message @0 :Text $Cat.id("MessageId") $Cat.maxBytes(192);
  at @1 :Int64 $Cat.instant;
}
struct PlannedOnce {
  programme @0 :Text $Cat.maxBytes(64);
  step @1 :UInt16;
  message @2 :Text $Cat.id("MessageId") $Cat.maxBytes(192);
}
struct VisitToCome {
  # Booked, and not over, moved or cancelled as far as we have heard.
  appointment @0 :Text $Cat.id("AppointmentId") $Cat.maxBytes(128);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  start @2 :Int64 $Cat.instant;
  localStart @3 :Int64 $Cat.local;
  of @4 :Text $Cat.id("PersonId") $Cat.maxBytes(64);
  # Whose visit it is, when it was entrusted to this person.
}

struct PersonRecord $Cat.record {
  # id: person. A copy of what lead_intake says, with what this person has allowed and has been sent lately.
  person @0 :Text $Cat.id("PersonId") $Cat.maxBytes(64);
  givenName @1 :Text $Cat.phi $Cat.maxBytes(256);
  contactPoints @2 :List(LeadIntake.ContactPoint) $Cat.maxItems(16);
  preferredChannel @3 :LeadIntake.Channel;
  language @4 :Text $Cat.maxBytes(35);
  zone @5 :Text $Cat.maxBytes(64);
  homeSite @6 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  status @7 :LeadIntake.PersonStatus;
  provenance @8 :LeadIntake.Provenance;
  known @9 :Bool;
  # False while only a message, and no registration, has named this person.
  messagesPlanned @10 :UInt32;
  # The number of the newest message id.
  consents @11 :List(Consent);
  sends @12 :List(SendMark);
  # Of the last eight days.
  visitsToCome @13 :List(VisitToCome) $Cat.maxItems(64);
  guarantor @14 :Text $Cat.id("PersonId") $Cat.maxBytes(64);
  # Who answers for this person's household; empty when nobody else does.
  remindersAhead @15 :List(Text) $Cat.id("MessageId") $Cat.maxItems(64);
  # Planned when they were last looked at; those of one site and day leave as one message.
}
struct SubjectRecord $Cat.record {
  # id: person.subject. What a message is about: whether there is still a reason to write, and what has been planned so far.
  kind @0 :SubjectKind;
  gone @1 :Gone;
  provenance @2 :LeadIntake.Provenance;
  visitStart @3 :Int64 $Cat.instant $Cat.optional;
  visitLocal @4 :Int64 = -9223372036854775808 $Cat.local $Cat.optional;
  visitZone @5 :Text $Cat.maxBytes(64);
  newestStep @6 :UInt16;
  token @7 :Text $Cat.phi $Cat.maxBytes(256);
  planned @8 :List(PlannedOnce);
  toldTo @9 :Text $Cat.id("PersonId") $Cat.maxBytes(64);
  # The guarantor who is asked to be reminded of this visit; empty: nobody but the person.
  confirmed @10 :Bool;
  purpose @11 :Appointments.Purpose;
  # Of the care that a gap is about.
}
struct MessageRecord $Cat.record {
  # id: message.
  message @0 :Text $Cat.id("MessageId") $Cat.maxBytes(192);
  person @1 :Text $Cat.id("PersonId") $Cat.maxBytes(64);
  site @2 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  programme @3 :Text $Cat.maxBytes(64);
  step @4 :UInt16;
  subject @5 :Text $Cat.maxBytes(192);
  purpose @6 :Outreach.MessagePurpose;
  templateName @7 :Text $Cat.maxBytes(64);
  channel @8 :LeadIntake.Channel;
  contact @9 :Text $Cat.phi $Cat.maxBytes(254);
  # Where it was sent to; before that empty, or the one place where it may be sent to.
  state @10 :Outreach.MessageState;
  reason @11 :Outreach.MessageReason;
  gone @12 :Gone;
  due @13 :Int64 $Cat.instant;
  changedAt @14 :Int64 $Cat.instant;
  usefulUntil @15 :Int64 $Cat.instant $Cat.optional;
  visitStart @16 :Int64 $Cat.instant $Cat.optional;
  visitLocal @17 :Int64 = -9223372036854775808 $Cat.local $Cat.optional;
  claims @18 :UInt16;
  of @19 :Text $Cat.id("PersonId") $Cat.maxBytes(64);
  # Whose visit it reminds of, when it is not the recipient's own.
  together @20 :List(Text) $Cat.id("MessageId") $Cat.maxItems(16);
  # The reminders that this one has taken with it.
  leadMinutes @21 :UInt32;
  # Of a reminder: how long before the visit it was to leave.
  anotherFollows @22 :Bool;
  # A reminder closer to the visit follows.
}
struct SiteRecord $Cat.record {
  # id: site; in every lane.
  name @0 :Text $Cat.maxBytes(256);
  zone @1 :Text $Cat.maxBytes(64);
  phone @2 :Text $Cat.maxBytes(64);
  minutesBefore @3 :List(UInt32) $Cat.maxItems(4);
  # When reminders leave, longest first; none: as everywhere in the group.
}
struct SuppressionRecord $Cat.record {
  # id: contact; in every lane, since households share contact points. Never expires.
  kind @0 :LeadIntake.ContactKind;
  since @1 :Int64 $Cat.instant;
}

struct SendDue $Cat.timer {
  # The moment to ask the gate.
  message @0 :Text $Cat.id("MessageId") $Cat.maxBytes(192);
}

struct SendMessage $Cat.effect {
  # A message as it leaves: nothing is looked up any more, only suppression and the clock are looked at once again.
  message @0 :Text $Cat.id("MessageId") $Cat.maxBytes(192);
  channel @1 :LeadIntake.Channel;
  purpose @2 :Outreach.MessagePurpose;
  to @3 :Text $Cat.phi $Cat.maxBytes(254);
  fromName @4 :Text $Cat.maxBytes(256);
  subjectLine @5 :Text $Cat.phi $Cat.maxBytes(512);
  body @6 :Text $Cat.phi $Cat.maxBytes(8192);
  unsubscribeLink @7 :Text $Cat.phi $Cat.maxBytes(512);
  date @8 :Int64 $Cat.instant;
  notAfter @9 :Int64 $Cat.instant;
  # The window at the recipient closes, or the message becomes useless.
}

# ---- what a phone was asked

struct AskedQuestion {
  # One question that a text message has asked: whether a visit stands, or whether an offered time is wanted.
  person @0 :Text $Cat.id("PersonId") $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  appointment @2 :Text $Cat.id("AppointmentId") $Cat.maxBytes(128);
  saidYes @3 :Bool;
  offer @4 :Text $Cat.id("OfferId") $Cat.maxBytes(128);
  message @5 :Text $Cat.id("MessageId") $Cat.maxBytes(192);
  at @6 :Int64 $Cat.instant;
  start @7 :Int64 $Cat.instant;
  localStart @8 :Int64 $Cat.local;
  of @9 :Text $Cat.id("PersonId") $Cat.maxBytes(64);
  # Whose visit it is, when it is not the recipient's own.
}
struct PhoneRecord $Cat.record {
  # Id: a telephone number, in every lane that has somebody with it. Who of this lane a message from there may come from, and what anybody
  # was asked there.
  persons @0 :List(Text) $Cat.id("PersonId") $Cat.maxItems(200);
  # Those of this lane for whom something was planned; the newest last.
  asked @1 :List(AskedQuestion) $Cat.maxItems(64);
  # In the order in which they were asked, of this lane and others.
}
