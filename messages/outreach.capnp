@0xb1d6e0c0a7a10013;
# The send gate: what is planned, sent, withheld, and why.

using Cxx = import "/capnp/c++.capnp";
using Cat = import "catalogue.capnp";
using LeadIntake = import "lead_intake.capnp";
using Appointments = import "appointments.capnp";
$Cxx.namespace("bridgework::wire");
$Cat.owner("outreach");
$Cat.values("bridgework::messages");

enum MessagePurpose { transactional @0; reminder @1; care @2; survey @3; marketing @4; }
enum MessageState { planned @0; claimed @1; sent @2; withheld @3; revoked @4; uncertain @5; failed @6; }
enum MessageReason { none @0; noConsent @1; suppressed @2; capDay @3; capWeek @4; duplicate @5; reasonGone @6; noContact @7; personGone @8; imported @9; tooLate @10; channelFailed @11; quietHours @12; processDied @13; held @14; household @15; together @16; confirmed @17; }
enum InboundMeaning { unclear @0; stop @1; start @2; help @3; yes @4; no @5; }
enum ConsentState { unknown @0; granted @1; denied @2; }

enum OutreachRefusal $Cat.refusals { unknownPerson @0; unknownMessage @1; invalidContact @2; notClaimed @3; wrongToken @4; unknownSite @5; invalidReminders @6; }

# ---- events

struct MessagePlanned $Cat.event {
  person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.pseudonym $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  message @2 :Text $Cat.id("MessageId") $Cat.pseudonym $Cat.maxBytes(192);
  programme @3 :Text $Cat.maxBytes(64);
  step @4 :UInt16;
  subject @5 :Text $Cat.maxBytes(192);
  # What it is about: an enquiry, an appointment, a gap, a survey. (person, programme, step, subject) is planned once, ever.
  purpose @6 :MessagePurpose;
  channel @7 :LeadIntake.Channel;
  due @8 :Int64 $Cat.instant;
}
struct MessageDeferred $Cat.event {
  # Still due, but not now: quiet hours at the recipient, the cap of the day, or a hold on all messages (told once).
  person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.pseudonym $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  message @2 :Text $Cat.id("MessageId") $Cat.pseudonym $Cat.maxBytes(192);
  reason @3 :MessageReason;
  due @4 :Int64 $Cat.instant;
}
struct MessageSent $Cat.event {
  person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.pseudonym $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  message @2 :Text $Cat.id("MessageId") $Cat.pseudonym $Cat.maxBytes(192);
  programme @3 :Text $Cat.maxBytes(64);
  step @4 :UInt16;
  subject @5 :Text $Cat.maxBytes(192);
  purpose @6 :MessagePurpose;
  channel @7 :LeadIntake.Channel;
}
struct MessageWithheld $Cat.event {
  # Will not leave, for good: withheld, revoked, uncertain or failed, and why.
  person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.pseudonym $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  message @2 :Text $Cat.id("MessageId") $Cat.pseudonym $Cat.maxBytes(192);
  programme @3 :Text $Cat.maxBytes(64);
  step @4 :UInt16;
  subject @5 :Text $Cat.maxBytes(192);
  purpose @6 :MessagePurpose;
  channel @7 :LeadIntake.Channel;
  state @8 :MessageState;
  reason @9 :MessageReason;
}
struct ContactSuppressed $Cat.event {
  # Nothing leaves to this contact point any more, whoever shares it. Only an explicit opt-in lifts it.
  contact @0 :Text $Cat.phi $Cat.required $Cat.maxBytes(254);
  kind @1 :LeadIntake.ContactKind;
  words @2 :Text $Cat.phi $Cat.maxBytes(1600);
}
struct ContactReleased $Cat.event {
  contact @0 :Text $Cat.phi $Cat.required $Cat.maxBytes(254);
  kind @1 :LeadIntake.ContactKind;
}
struct InboundMessageReceived $Cat.event {
  # Somebody answered; persons are those known by that contact point.
  contact @0 :Text $Cat.phi $Cat.required $Cat.maxBytes(254);
  meaning @1 :InboundMeaning;
  body @2 :Text $Cat.phi $Cat.maxBytes(1600);
}
struct ConsentChanged $Cat.event {
  person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.pseudonym $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  purpose @2 :MessagePurpose;
  channel @3 :LeadIntake.Channel;
  state @4 :ConsentState;
  by @5 :Text $Cat.maxBytes(128);
  wording @6 :Text $Cat.maxBytes(1024);
  # What was agreed to, in the words that were shown.
  source @7 :Text $Cat.maxBytes(256);
  # Where that was: the enquiry of a form, a letter, a call.
}

# ---- commands

struct ReceiveInboundMessage $Cat.command $Cat.http("POST /v1/messages/inbound") {
  from @0 :Text $Cat.phi $Cat.key $Cat.maxBytes(64);
  # E.164.
  body @1 :Text $Cat.phi $Cat.maxBytes(1600);
}
struct SetConsent $Cat.command $Cat.http("POST /v1/consents") {
  person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.maxBytes(64);
  purpose @1 :MessagePurpose;
  channel @2 :LeadIntake.Channel;
  state @3 :ConsentState;
  by @4 :Text $Cat.principal $Cat.maxBytes(128);
  wording @5 :Text $Cat.maxBytes(1024);
  source @6 :Text $Cat.maxBytes(256);
}
struct RecordSend $Cat.command {
  # What became of a claimed message; comes from the effect runner only.
  message @0 :Text $Cat.id("MessageId") $Cat.key $Cat.maxBytes(192);
  state @1 :MessageState;
  reason @2 :MessageReason;
}

# ---- queries

struct MessageView {
  message @0 :Text $Cat.id("MessageId") $Cat.maxBytes(192);
  programme @1 :Text $Cat.maxBytes(64);
  step @2 :UInt16;
  subject @3 :Text $Cat.maxBytes(192);
  purpose @4 :MessagePurpose;
  channel @5 :LeadIntake.Channel;
  state @6 :MessageState;
  reason @7 :MessageReason;
  due @8 :Int64 $Cat.instant;
  changedAt @9 :Int64 $Cat.instant;
  words @10 :Text $Cat.maxBytes(1024);
  # The explanation, in a sentence a practice manager can read.
}
struct MessageList $Cat.reply {
  person @0 :Text $Cat.id("PersonId") $Cat.maxBytes(64);
  messages @1 :List(MessageView);
}
struct GetMessages $Cat.query $Cat.http("GET /v1/messages") $Cat.answers("MessageList") { person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.maxBytes(64); }
struct ConsentView {
  purpose @0 :MessagePurpose;
  channel @1 :LeadIntake.Channel;
  state @2 :ConsentState;
  by @3 :Text $Cat.maxBytes(128);
  wording @4 :Text $Cat.maxBytes(1024);
  source @5 :Text $Cat.maxBytes(256);
  changedAt @6 :Int64 $Cat.instant $Cat.optional;
}
struct ContactView {
  contact @0 :LeadIntake.ContactPoint;
  suppressed @1 :Bool;
}
struct ConsentList $Cat.reply {
  person @0 :Text $Cat.id("PersonId") $Cat.maxBytes(64);
  consents @1 :List(ConsentView);
  contacts @2 :List(ContactView);
}
struct GetConsents $Cat.query $Cat.http("GET /v1/consents") $Cat.answers("ConsentList") { person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.maxBytes(64); }

# ---- appended

struct Unsubscribe $Cat.command {
  # One click on a link that outreach wrote into a message (RFC 8058): that contact point gets nothing more. The edge takes both
  # fields from the link, /c/{message}.{token}, split at the last dot, and only on POST.
  message @0 :Text $Cat.id("MessageId") $Cat.key $Cat.maxBytes(192);
  token @1 :Text $Cat.phi $Cat.required $Cat.maxBytes(256);
}

# ---- short notice

struct OfferAnswered $Cat.event {
  # Whoever was offered a free time by text message has answered yes or no. appointments says what it comes to.
  person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.pseudonym $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  offer @2 :Text $Cat.id("OfferId") $Cat.maxBytes(128);
  accepted @3 :Bool;
}

# ---- confirming

struct LinkedVisit $Cat.reply {
  appointment @0 :Text $Cat.id("AppointmentId") $Cat.maxBytes(128);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  together @2 :List(Text) $Cat.id("AppointmentId") $Cat.maxItems(16);
  # The other visits of that site and day of which the same message told.
}
struct GetLinkedVisit $Cat.query $Cat.answers("LinkedVisit") {
  # Which visit a link in a reminder is about. The edge takes both fields from /v/{message}.{token}, split at the last dot.
  message @0 :Text $Cat.id("MessageId") $Cat.key $Cat.maxBytes(192);
  token @1 :Text $Cat.phi $Cat.required $Cat.maxBytes(256);
}
struct VisitAffirmed $Cat.event {
  # A text message says yes to a visit to come. appointments confirms it, unless it has moved, was cancelled or has begun.
  person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.pseudonym $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  appointment @2 :Text $Cat.id("AppointmentId") $Cat.maxBytes(128);
  message @3 :Text $Cat.id("MessageId") $Cat.pseudonym $Cat.maxBytes(192);
  # The reminder of that visit; empty: it has not left, and the yes was to the reminder of another visit of that day.
  words @4 :Text $Cat.phi $Cat.maxBytes(1600);
}

# ---- visits in question

enum VisitDoubt { no @0; unclear @1; cancel @2; anotherTime @3; }

struct VisitQuestioned $Cat.event {
  # A text message after which somebody must ask whether a visit still stands: a no, words that nobody but a person understands, or CANCEL,
  # which has also ended all text messages to that number. followup puts it on the work list.
  person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.pseudonym $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  appointment @2 :Text $Cat.id("AppointmentId") $Cat.maxBytes(128);
  # The visit that was asked about; empty: the person's next one, if there is any.
  doubt @3 :VisitDoubt;
  words @4 :Text $Cat.phi $Cat.maxBytes(1600);
  alsoAsked @5 :UInt16;
  # How many visits of others, that day, were asked about at the same phone: the message may be about them, too, and this is its only task.
}

# ---- what a phone was asked

struct QuestionAsked $Cat.event {
  # A question leaves by text message: whether a visit stands, or whether a free time is wanted. What is answered from that number is about
  # it, whoever shares the number, until a newer one leaves.
  contact @0 :Text $Cat.phi $Cat.required $Cat.maxBytes(254);
  person @1 :Text $Cat.id("PersonId") $Cat.pseudonym $Cat.maxBytes(64);
  site @2 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  message @3 :Text $Cat.id("MessageId") $Cat.pseudonym $Cat.maxBytes(192);
  appointment @4 :Text $Cat.id("AppointmentId") $Cat.maxBytes(128);
  # The visit; empty when it is about an offer.
  offer @5 :Text $Cat.id("OfferId") $Cat.maxBytes(128);
  start @6 :Int64 $Cat.instant;
  localStart @7 :Int64 $Cat.local;
  of @8 :Text $Cat.id("PersonId") $Cat.pseudonym $Cat.maxBytes(64);
  # Whose visit it is, when it is not the recipient's own.
}
struct OfferQuestioned $Cat.event {
  # Words about an offered time that nobody but a person understands. followup puts them on the work list; the offer stays as it is.
  person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.pseudonym $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  offer @2 :Text $Cat.id("OfferId") $Cat.maxBytes(128);
  localStart @3 :Int64 $Cat.local;
  # Of the time that was offered, at its site.
  words @4 :Text $Cat.phi $Cat.maxBytes(1600);
}

# ---- households

enum EntrustedEnd { moved @0; cancelled @1; missed @2; tookPlace @3; takenBack @4; }
enum EntrustedOutcome { reminded @0; withheld @1; returned @2; }

struct VisitEntrusted $Cat.event {
  # Whoever answers for a household is asked to be reminded of the visit of one who lives in it. Accepted when both would be written to in
  # the same place, or the one whose visit it is cannot be written to at all; else it comes back.
  person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.pseudonym $Cat.maxBytes(64);
  # The guarantor.
  of @1 :Text $Cat.id("PersonId") $Cat.pseudonym $Cat.maxBytes(64);
  site @2 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  appointment @3 :Text $Cat.id("AppointmentId") $Cat.maxBytes(128);
  contact @4 :Text $Cat.phi $Cat.maxBytes(254);
  # Where a reminder would go otherwise; empty: nowhere.
  start @5 :Int64 $Cat.instant;
  localStart @6 :Int64 $Cat.local;
  zone @7 :Text $Cat.maxBytes(64);
}
struct EntrustedVisitEnded $Cat.event {
  # There is nothing to remind of any more, or not for the guarantor.
  person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.pseudonym $Cat.maxBytes(64);
  # The guarantor.
  of @1 :Text $Cat.id("PersonId") $Cat.pseudonym $Cat.maxBytes(64);
  site @2 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  appointment @3 :Text $Cat.id("AppointmentId") $Cat.maxBytes(128);
  end @4 :EntrustedEnd;
}
struct EntrustedVisitSettled $Cat.event {
  # What became of the reminder of an entrusted visit: the guarantor was reminded, was not and nobody shall be, or cannot be, and the one
  # whose visit it is is reminded after all.
  person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.pseudonym $Cat.maxBytes(64);
  # Whose visit it is.
  guarantor @1 :Text $Cat.id("PersonId") $Cat.pseudonym $Cat.maxBytes(64);
  site @2 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  appointment @3 :Text $Cat.id("AppointmentId") $Cat.maxBytes(128);
  outcome @4 :EntrustedOutcome;
  reason @5 :MessageReason;
}

# ---- when a site reminds

struct SetReminders $Cat.command $Cat.http("POST /v1/sites/{site}/reminders") $Cat.answers("ReminderTimes") {
  # How long before a visit at this site its reminders leave. Each is useful until the next one is due, so that of several that could leave
  # the closest to the visit does. Holds for visits booked from now on, and for the further reminders of the others.
  site @0 :Text $Cat.id("SiteId") $Cat.key $Cat.maxBytes(64);
  minutesBefore @1 :List(UInt32) $Cat.maxItems(4);
  # None: as everywhere in the group.
}
struct RemindersSet $Cat.event {
  site @0 :Text $Cat.id("SiteId") $Cat.key $Cat.maxBytes(64);
  minutesBefore @1 :List(UInt32) $Cat.maxItems(4);
  # Longest first; none: as everywhere in the group.
}
struct ReminderTimes $Cat.reply {
  site @0 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  minutesBefore @1 :List(UInt32) $Cat.maxItems(4);
  # Longest first: what holds.
  ofTheGroup @2 :Bool;
  # The site has none of its own.
}
struct GetReminders $Cat.query $Cat.http("GET /v1/sites/{site}/reminders") $Cat.answers("ReminderTimes") {
  site @0 :Text $Cat.id("SiteId") $Cat.key $Cat.maxBytes(64);
}

# ---- booking by those who are known

struct LinkedBooker $Cat.reply {
  # Whom a link for booking was sent to, and where.
  person @0 :Text $Cat.id("PersonId") $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  contact @2 :Text $Cat.phi $Cat.maxBytes(254);
  purpose @3 :Appointments.Purpose;
  # Of the care that is open; `other` when nobody has said.
  over @4 :Bool;
  # An hour has passed, or the reason to write is gone: nothing is booked by it any more.
}
struct GetLinkedBooker $Cat.query $Cat.answers("LinkedBooker") {
  # Whom a link for booking is for. The edge takes both fields from /b/{message}.{token}, split at the last dot.
  message @0 :Text $Cat.id("MessageId") $Cat.key $Cat.maxBytes(192);
  token @1 :Text $Cat.phi $Cat.required $Cat.maxBytes(256);
}
