@0xb1d6e0c0a7a10015;
# The customer-service system: journey map, defects, recovery cases, notes, huddle.

using Cxx = import "/capnp/c++.capnp";
using Cat = import "catalogue.capnp";
using Appointments = import "appointments.capnp";
using Followup = import "followup.capnp";
using LeadIntake = import "lead_intake.capnp";
$Cxx.namespace("bridgework::wire");
$Cat.owner("journey");
$Cat.values("bridgework::messages");

enum Stage { leadGeneration @0; website @1; phone @2; beforeVisit @3; arrival @4; treatment @5; checkOut @6; afterCare @7; billing @8; recall @9; }
enum DefectKind { waitedTooLong @0; answeredLate @1; billLate @2; billWrong @3; negativeAnswer @4; promiseNotKept @5; other @6; }
enum CaseState { open @0; contacted @1; resolved @2; }

enum JourneyRefusal $Cat.refusals { unknownCase @0; illegalTransition @1; unknownPerson @2; }

struct DefectDetected $Cat.event {
  person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.pseudonym $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  kind @2 :DefectKind;
  stage @3 :Stage;
  measured @4 :Int64;
  limit @5 :Int64;
  # In the unit of the standard: minutes for waiting, a score for an answer.
  appointment @6 :Text $Cat.id("AppointmentId") $Cat.maxBytes(128);
  by @7 :Text $Cat.maxBytes(128);
  # Empty when the suite saw it itself.
}
struct RecoveryCaseOpened $Cat.event {
  person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.pseudonym $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  recoveryCase @2 :Text $Cat.id("CaseId") $Cat.pseudonym $Cat.maxBytes(128);
  kind @3 :DefectKind;
  contactBy @4 :Int64 $Cat.instant;
}
struct RecoveryReasonAdded $Cat.event {
  person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.pseudonym $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  recoveryCase @2 :Text $Cat.id("CaseId") $Cat.pseudonym $Cat.maxBytes(128);
  kind @3 :DefectKind;
}
struct RecoveryCaseChanged $Cat.event {
  person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.pseudonym $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  recoveryCase @2 :Text $Cat.id("CaseId") $Cat.pseudonym $Cat.maxBytes(128);
  from @3 :CaseState;
  to @4 :CaseState;
  by @5 :Text $Cat.maxBytes(128);
  gesture @6 :Text $Cat.maxBytes(256);
}
struct NoteTaken $Cat.event {
  person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.pseudonym $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  note @2 :Text $Cat.phi $Cat.maxBytes(2048);
  by @3 :Text $Cat.maxBytes(128);
}

struct RecordDefect $Cat.command $Cat.http("POST /v1/cases") $Cat.answers("CaseView") {
  person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.required $Cat.maxBytes(64);
  kind @2 :DefectKind;
  stage @3 :Stage;
  appointment @4 :Text $Cat.id("AppointmentId") $Cat.maxBytes(128);
  by @5 :Text $Cat.principal $Cat.maxBytes(128);
}
struct ContactCase $Cat.command $Cat.http("POST /v1/cases/{recovery_case}/contact") $Cat.answers("CaseView") {
  recoveryCase @0 :Text $Cat.id("CaseId") $Cat.key $Cat.maxBytes(128);
  by @1 :Text $Cat.principal $Cat.maxBytes(128);
}
struct ResolveCase $Cat.command $Cat.http("POST /v1/cases/{recovery_case}/resolve") $Cat.answers("CaseView") {
  recoveryCase @0 :Text $Cat.id("CaseId") $Cat.key $Cat.maxBytes(128);
  by @1 :Text $Cat.principal $Cat.maxBytes(128);
  gesture @2 :Text $Cat.maxBytes(256);
}
struct TakeNote $Cat.command $Cat.http("POST /v1/persons/{person}/notes") {
  # What a person mentioned, unrelated to teeth; shown before the next visit.
  person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.maxBytes(64);
  note @1 :Text $Cat.phi $Cat.required $Cat.maxBytes(2048);
  by @2 :Text $Cat.principal $Cat.maxBytes(128);
}

struct CaseView $Cat.reply {
  recoveryCase @0 :Text $Cat.id("CaseId") $Cat.maxBytes(128);
  person @1 :Text $Cat.id("PersonId") $Cat.maxBytes(64);
  site @2 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  state @3 :CaseState;
  reasons @4 :List(DefectKind);
  openedAt @5 :Int64 $Cat.instant;
  contactBy @6 :Int64 $Cat.instant;
  contactedAt @7 :Int64 $Cat.instant $Cat.optional;
  resolvedAt @8 :Int64 $Cat.instant $Cat.optional;
  gesture @9 :Text $Cat.maxBytes(256);
}
struct CaseList $Cat.reply { cases @0 :List(CaseView) $Cat.maxItems(1000); }
struct ListCases $Cat.query $Cat.http("GET /v1/cases") $Cat.answers("CaseList") {
  # By person, or the open ones of a site.
  person @0 :Text $Cat.id("PersonId") $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
}
struct TimelineEntry {
  sequence @0 :UInt64;
  # Which entry of this person it is, in the order in which they were recorded, from 0.
  at @1 :Int64 $Cat.instant;
  stage @2 :Stage;
  type @3 :Text $Cat.maxBytes(128);
  words @4 :Text $Cat.phi $Cat.maxBytes(1024);
  provenance @5 :LeadIntake.Provenance;
}
struct Timeline $Cat.reply {
  person @0 :Text $Cat.id("PersonId") $Cat.maxBytes(64);
  entries @1 :List(TimelineEntry) $Cat.maxItems(10000);
}
struct GetTimeline $Cat.query $Cat.http("GET /v1/persons/{person}/timeline") $Cat.answers("Timeline") { person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.maxBytes(64); }
struct HuddleEntry {
  appointment @0 :Text $Cat.id("AppointmentId") $Cat.maxBytes(128);
  person @1 :Text $Cat.id("PersonId") $Cat.maxBytes(64);
  name @2 :Text $Cat.phi $Cat.maxBytes(512);
  localStart @3 :Int64 $Cat.local;
  visitType @4 :Text $Cat.maxBytes(64);
  provider @5 :Text $Cat.id("ProviderId") $Cat.maxBytes(64);
  state @6 :Appointments.VisitState;
  confirmed @7 :Bool;
  unfinishedCare @8 :List(Followup.GapKind);
  openCases @9 :List(Text) $Cat.id("CaseId");
  notes @10 :List(Text) $Cat.phi;
}
struct Huddle $Cat.reply {
  site @0 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  day @1 :Int32 $Cat.day;
  visits @2 :List(HuddleEntry);
  unconfirmed @3 :UInt32;
  withUnfinishedCare @4 :UInt32;
  defectsYesterday @5 :UInt32;
}
struct GetHuddle $Cat.query $Cat.http("GET /v1/huddles") $Cat.answers("Huddle") {
  site @0 :Text $Cat.id("SiteId") $Cat.key $Cat.maxBytes(64);
  day @1 :Int32 $Cat.day;
}
struct StageStandard {
  stage @0 :Stage;
  operationalStandards @1 :List(Text);
  serviceDefects @2 :List(Text);
  experientialStandards @3 :List(Text);
  aboveAndBeyond @4 :List(Text);
  serviceRecovery @5 :List(Text);
  offerTheOffer @6 :List(Text);
}
struct JourneyMap $Cat.reply {
  version @0 :UInt32;
  stages @1 :List(StageStandard);
}
struct GetJourneyMap $Cat.query $Cat.http("GET /v1/journey") $Cat.answers("JourneyMap") {}
