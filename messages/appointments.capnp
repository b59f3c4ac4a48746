@0xb1d6e0c0a7a10011;
# Sites, calendars, visits.

using Cxx = import "/capnp/c++.capnp";
using Cat = import "catalogue.capnp";
$Cxx.namespace("bridgework::wire");
$Cat.owner("appointments");
$Cat.values("bridgework::messages");

enum Purpose { other @0; exam @1; hygiene @2; restorative @3; endo @4; perio @5; prostho @6; surgery @7; ortho @8; }
enum VisitState { held @0; booked @1; confirmed @2; arrived @3; seated @4; completed @5; checkedOut @6; cancelled @7; noShow @8; moved @9; lapsed @10; planned @11; }
enum CancelledBy { patient @0; practice @1; }
enum CancelDestination { none @0; planned @1; }
enum ExceptionSubject { site @0; provider @1; chair @2; equipment @3; }
enum BalanceHandled { notApplicable @0; paid @1; arranged @2; open @3; }
enum ImportedOutcome { completed @0; noShow @1; cancelled @2; }
enum Asker { desk @0; online @1; }
# Who takes a time: somebody of the practice, or a patient by themselves.

enum AppointmentsRefusal $Cat.refusals {
  unknownSite @0; unknownVisitType @1; unknownProvider @2; unknownChair @3; unknownAppointment @4; outsideHours @5; slotTaken @6;
  timeDoesNotExist @7; inThePast @8; illegalTransition @9; holdLapsed @10; invalidZone @11; invalidId @12; invalidHours @13; alreadyExists @14;
  unknownEquipment @15; unknownGroup @16; groupSize @17;
  invalidWish @18; notOnList @19; listFull @20; unknownOffer @21; offerOver @22;
  unknownException @23; invalidException @24; worksElsewhere @25; zoneInUse @26; notAsPlanned @27; notOnline @28;
}

struct OpeningHours {
  # Minutes after local midnight, weekday 1 (Monday) to 7. Two entries may stand for one day (a lunch break).
  weekday @0 :UInt8 $Cat.range((min = 1, max = 7));
  fromMinute @1 :UInt16 $Cat.range((min = 0, max = 1440));
  untilMinute @2 :UInt16 $Cat.range((min = 0, max = 1440));
}
struct DayWindow {
  # Minutes after local midnight.
  fromMinute @0 :UInt16 $Cat.range((min = 0, max = 1440));
  untilMinute @1 :UInt16 $Cat.range((min = 0, max = 1440));
}
struct DatedHours {
  # On these days these windows hold in place of the weekly ones; no window: not at all.
  firstDay @0 :Int32 $Cat.day;
  lastDay @1 :Int32 $Cat.day;
  windows @2 :List(DayWindow) $Cat.maxItems(8);
}
struct CalendarException {
  # A site that is closed or has other hours, a provider who is away or works an extra shift, a chair or device out of order.
  exception @0 :Text $Cat.id("ExceptionId") $Cat.maxBytes(128);
  subject @1 :ExceptionSubject;
  of @2 :Text $Cat.maxBytes(64);
  # Which provider, chair or device; empty for the site.
  hours @3 :DatedHours;
  reason @4 :Text $Cat.maxBytes(256);
}
struct Visit {
  # What everybody needs to know of a visit; carried by each event about it, so that no consumer has to ask.
  visitType @0 :Text $Cat.maxBytes(64);
  purpose @1 :Purpose;
  provider @2 :Text $Cat.id("ProviderId") $Cat.maxBytes(64);
  chair @3 :Text $Cat.id("ChairId") $Cat.maxBytes(64);
  start @4 :Int64 $Cat.instant;
  localStart @5 :Int64 $Cat.local;
  zone @6 :Text $Cat.maxBytes(64);
  durationMinutes @7 :UInt16;
  equipment @8 :List(Text) $Cat.id("EquipmentId") $Cat.maxItems(8);
  # The devices that are its own for the time.
}

# ---- events

struct SiteDefined $Cat.event {
  site @0 :Text $Cat.id("SiteId") $Cat.key $Cat.maxBytes(64);
  name @1 :Text $Cat.maxBytes(256);
  zone @2 :Text $Cat.maxBytes(64);
  phone @3 :Text $Cat.maxBytes(64);
  hours @4 :List(OpeningHours) $Cat.maxItems(28);
  waitLimitMinutes @5 :UInt16;
}
struct ProviderScheduled $Cat.event {
  # When a provider works at a site, all of it; no shift and no date: no longer. Every site of the provider hears it.
  provider @0 :Text $Cat.id("ProviderId") $Cat.key $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  zone @2 :Text $Cat.maxBytes(64);
  shifts @3 :List(OpeningHours) $Cat.maxItems(28);
  dated @4 :List(DatedHours) $Cat.maxItems(400);
}
struct AppointmentPlanned $Cat.event {
  # All that a visit is but its time. Told again when a time that was held for it is given back.
  person @0 :Text $Cat.id("PersonId") $Cat.pseudonym $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  appointment @2 :Text $Cat.id("AppointmentId") $Cat.key $Cat.maxBytes(128);
  visitType @3 :Text $Cat.maxBytes(64);
  purpose @4 :Purpose;
  provider @5 :Text $Cat.id("ProviderId") $Cat.maxBytes(64);
  # Empty: any.
}
struct AppointmentPlanDropped $Cat.event {
  # A planned visit will not take place; nobody had agreed on a time.
  person @0 :Text $Cat.id("PersonId") $Cat.pseudonym $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  appointment @2 :Text $Cat.id("AppointmentId") $Cat.key $Cat.maxBytes(128);
  by @3 :CancelledBy;
  reason @4 :Text $Cat.phi $Cat.maxBytes(1024);
}
struct AppointmentHeld $Cat.event {
  person @0 :Text $Cat.id("PersonId") $Cat.pseudonym $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  appointment @2 :Text $Cat.id("AppointmentId") $Cat.key $Cat.maxBytes(128);
  visit @3 :Visit;
  holdEnds @4 :Int64 $Cat.instant;
}
struct AppointmentHoldLapsed $Cat.event {
  person @0 :Text $Cat.id("PersonId") $Cat.pseudonym $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  appointment @2 :Text $Cat.id("AppointmentId") $Cat.key $Cat.maxBytes(128);
}
struct AppointmentBooked $Cat.event {
  person @0 :Text $Cat.id("PersonId") $Cat.pseudonym $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  appointment @2 :Text $Cat.id("AppointmentId") $Cat.key $Cat.maxBytes(128);
  visit @3 :Visit;
  movedFrom @4 :Text $Cat.id("AppointmentId") $Cat.maxBytes(128);
  # The visit this one replaces, when it came from a move.
  online @5 :Bool;
  # By the patient themselves, with nobody to tell them what was agreed.
}
struct AppointmentConfirmed $Cat.event {
  person @0 :Text $Cat.id("PersonId") $Cat.pseudonym $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  appointment @2 :Text $Cat.id("AppointmentId") $Cat.key $Cat.maxBytes(128);
  visit @3 :Visit;
}
struct AppointmentMoved $Cat.event {
  # The old visit will not take place; `to` is booked in its stead, in the same commit.
  person @0 :Text $Cat.id("PersonId") $Cat.pseudonym $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  appointment @2 :Text $Cat.id("AppointmentId") $Cat.key $Cat.maxBytes(128);
  visit @3 :Visit;
  to @4 :Text $Cat.id("AppointmentId") $Cat.maxBytes(128);
}
struct AppointmentCancelled $Cat.event {
  person @0 :Text $Cat.id("PersonId") $Cat.pseudonym $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  appointment @2 :Text $Cat.id("AppointmentId") $Cat.key $Cat.maxBytes(128);
  visit @3 :Visit;
  by @4 :CancelledBy;
  reason @5 :Text $Cat.phi $Cat.maxBytes(1024);
  noticeMinutes @6 :Int64;
  planned @7 :Text $Cat.id("AppointmentId") $Cat.maxBytes(128);
  # The planned visit that stands in its place, when there is to be another time.
}
struct AppointmentNoShow $Cat.event {
  person @0 :Text $Cat.id("PersonId") $Cat.pseudonym $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  appointment @2 :Text $Cat.id("AppointmentId") $Cat.key $Cat.maxBytes(128);
  visit @3 :Visit;
}
struct AppointmentArrived $Cat.event {
  person @0 :Text $Cat.id("PersonId") $Cat.pseudonym $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  appointment @2 :Text $Cat.id("AppointmentId") $Cat.key $Cat.maxBytes(128);
  visit @3 :Visit;
}
struct AppointmentSeated $Cat.event {
  # Waited from arrival or from the agreed time, whichever is later: coming early is not waiting.
  person @0 :Text $Cat.id("PersonId") $Cat.pseudonym $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  appointment @2 :Text $Cat.id("AppointmentId") $Cat.key $Cat.maxBytes(128);
  visit @3 :Visit;
  waitedMinutes @4 :UInt32;
  waitLimitMinutes @5 :UInt16;
}
struct AppointmentCompleted $Cat.event {
  person @0 :Text $Cat.id("PersonId") $Cat.pseudonym $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  appointment @2 :Text $Cat.id("AppointmentId") $Cat.key $Cat.maxBytes(128);
  visit @3 :Visit;
}
struct AppointmentCheckedOut $Cat.event {
  person @0 :Text $Cat.id("PersonId") $Cat.pseudonym $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  appointment @2 :Text $Cat.id("AppointmentId") $Cat.key $Cat.maxBytes(128);
  visit @3 :Visit;
  by @4 :Text $Cat.maxBytes(128);
  nextVisitAgreed @5 :Bool;
  balance @6 :BalanceHandled;
  script @7 :Text $Cat.maxBytes(128);
}
struct VisitImported $Cat.event {
  # A visit of the past, from another system. Never a reason to contact anybody.
  person @0 :Text $Cat.id("PersonId") $Cat.pseudonym $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  appointment @2 :Text $Cat.id("AppointmentId") $Cat.key $Cat.maxBytes(128);
  visit @3 :Visit;
  outcome @4 :ImportedOutcome;
  bookedAt @5 :Int64 $Cat.instant $Cat.optional;
}

# ---- commands

struct DefineSite $Cat.command $Cat.http("POST /v1/sites") {
  # Makes or replaces a site.
  site @0 :Text $Cat.id("SiteId") $Cat.key $Cat.maxBytes(64);
  name @1 :Text $Cat.required $Cat.maxBytes(256);
  zone @2 :Text $Cat.required $Cat.maxBytes(64);
  phone @3 :Text $Cat.maxBytes(64);
  hours @4 :List(OpeningHours) $Cat.maxItems(28);
  waitLimitMinutes @5 :UInt16 = 15 $Cat.range((min = 1, max = 240));
}
struct DefineProvider $Cat.command $Cat.http("POST /v1/providers") {
  provider @0 :Text $Cat.id("ProviderId") $Cat.required $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.key $Cat.maxBytes(64);
  name @2 :Text $Cat.required $Cat.maxBytes(256);
  shifts @3 :List(OpeningHours) $Cat.maxItems(28);
}
struct DefineChair $Cat.command $Cat.http("POST /v1/chairs") {
  chair @0 :Text $Cat.id("ChairId") $Cat.required $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.key $Cat.maxBytes(64);
  name @2 :Text $Cat.required $Cat.maxBytes(256);
}
struct DefineException $Cat.command $Cat.http("POST /v1/exceptions") $Cat.answers("ExceptionView") {
  # Makes or replaces one. Where two speak of one day, the later defined holds.
  site @0 :Text $Cat.id("SiteId") $Cat.key $Cat.maxBytes(64);
  exception @1 :Text $Cat.id("ExceptionId") $Cat.newId("{site}.x-") $Cat.maxBytes(128);
  subject @2 :ExceptionSubject;
  of @3 :Text $Cat.maxBytes(64);
  firstDay @4 :Int32 $Cat.day;
  lastDay @5 :Int32 $Cat.day;
  windows @6 :List(DayWindow) $Cat.maxItems(8);
  # Open, at work or usable on those days, in place of what holds else; none: not at all.
  reason @7 :Text $Cat.maxBytes(256);
}
struct RemoveException $Cat.command $Cat.http("POST /v1/exceptions/{exception}/remove") $Cat.answers("ExceptionView") {
  exception @0 :Text $Cat.id("ExceptionId") $Cat.key $Cat.maxBytes(128);
}
struct DefineVisitType $Cat.command $Cat.http("POST /v1/visit-types") {
  visitType @0 :Text $Cat.required $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.key $Cat.maxBytes(64);
  name @2 :Text $Cat.required $Cat.maxBytes(256);
  durationMinutes @3 :UInt16 $Cat.range((min = 5, max = 720));
  bufferMinutes @4 :UInt16 $Cat.range((min = 0, max = 240));
  # Cleaning up: provider, chair and equipment stay taken that long after the visit.
  purpose @5 :Purpose;
  equipment @6 :List(Text) $Cat.maxItems(8);
  # Kinds of equipment it needs: any free device of the kind. A kind named twice needs two.
  minutesBefore @7 :UInt16 $Cat.range((min = 0, max = 240));
  # Setting up: taken as well.
  online @8 :Bool;
  # Patients may book it themselves.
}
struct DefineEquipment $Cat.command $Cat.http("POST /v1/equipment") {
  # Makes or replaces one device of a site.
  equipment @0 :Text $Cat.id("EquipmentId") $Cat.required $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.key $Cat.maxBytes(64);
  kind @2 :Text $Cat.required $Cat.maxBytes(64);
  name @3 :Text $Cat.required $Cat.maxBytes(256);
}
struct HoldSlot $Cat.command $Cat.http("POST /v1/appointments") $Cat.answers("AppointmentView") {
  # Takes provider, chair and the equipment its type needs together, or nothing. Without `chair` any free one. The id of a planned visit
  # gives that visit its time.
  site @0 :Text $Cat.id("SiteId") $Cat.key $Cat.maxBytes(64);
  appointment @1 :Text $Cat.id("AppointmentId") $Cat.newId("{site}.v-") $Cat.maxBytes(128);
  person @2 :Text $Cat.id("PersonId") $Cat.required $Cat.maxBytes(64);
  visitType @3 :Text $Cat.required $Cat.maxBytes(64);
  provider @4 :Text $Cat.id("ProviderId") $Cat.required $Cat.maxBytes(64);
  chair @5 :Text $Cat.id("ChairId") $Cat.maxBytes(64);
  localStart @6 :Int64 $Cat.local;
  asker @7 :Asker;
  # Online: only a visit type that is online. A key of the role intake always asks so.
}
struct BookAppointment $Cat.command $Cat.http("POST /v1/appointments/{appointment}/book") $Cat.answers("AppointmentView") { appointment @0 :Text $Cat.id("AppointmentId") $Cat.key $Cat.maxBytes(128); }
struct ConfirmAppointment $Cat.command $Cat.http("POST /v1/appointments/{appointment}/confirm") $Cat.answers("AppointmentView") { appointment @0 :Text $Cat.id("AppointmentId") $Cat.key $Cat.maxBytes(128); }
struct ArriveAppointment $Cat.command $Cat.http("POST /v1/appointments/{appointment}/arrive") $Cat.answers("AppointmentView") { appointment @0 :Text $Cat.id("AppointmentId") $Cat.key $Cat.maxBytes(128); }
struct SeatAppointment $Cat.command $Cat.http("POST /v1/appointments/{appointment}/seat") $Cat.answers("AppointmentView") { appointment @0 :Text $Cat.id("AppointmentId") $Cat.key $Cat.maxBytes(128); }
struct CompleteAppointment $Cat.command $Cat.http("POST /v1/appointments/{appointment}/complete") $Cat.answers("AppointmentView") { appointment @0 :Text $Cat.id("AppointmentId") $Cat.key $Cat.maxBytes(128); }
struct CheckOutAppointment $Cat.command $Cat.http("POST /v1/appointments/{appointment}/check-out") $Cat.answers("AppointmentView") {
  appointment @0 :Text $Cat.id("AppointmentId") $Cat.key $Cat.maxBytes(128);
  by @1 :Text $Cat.principal $Cat.maxBytes(128);
  nextVisitAgreed @2 :Bool;
  balance @3 :BalanceHandled;
  script @4 :Text $Cat.maxBytes(128);
}
struct CancelAppointment $Cat.command $Cat.http("POST /v1/appointments/{appointment}/cancel") $Cat.answers("AppointmentView") {
  appointment @0 :Text $Cat.id("AppointmentId") $Cat.key $Cat.maxBytes(128);
  by @1 :CancelledBy;
  reason @2 :Text $Cat.phi $Cat.maxBytes(1024);
  destination @3 :CancelDestination;
  # Planned: the same work is wanted at another time, which is not agreed yet.
}
struct PlanAppointment $Cat.command $Cat.http("POST /v1/planned-appointments") $Cat.answers("AppointmentView") {
  # A visit without a time. Holding a slot under its id gives it one.
  site @0 :Text $Cat.id("SiteId") $Cat.key $Cat.maxBytes(64);
  appointment @1 :Text $Cat.id("AppointmentId") $Cat.newId("{site}.v-") $Cat.maxBytes(128);
  person @2 :Text $Cat.id("PersonId") $Cat.required $Cat.maxBytes(64);
  visitType @3 :Text $Cat.required $Cat.maxBytes(64);
  provider @4 :Text $Cat.id("ProviderId") $Cat.maxBytes(64);
  # Who would best do it; empty: anybody.
}
struct MarkNoShow $Cat.command $Cat.http("POST /v1/appointments/{appointment}/no-show") $Cat.answers("AppointmentView") { appointment @0 :Text $Cat.id("AppointmentId") $Cat.key $Cat.maxBytes(128); }
struct MoveAppointment $Cat.command $Cat.http("POST /v1/appointments/{appointment}/move") $Cat.answers("AppointmentView") {
  # Frees the old time and takes the new one in one step; the answer is the new visit, already booked.
  appointment @0 :Text $Cat.id("AppointmentId") $Cat.key $Cat.maxBytes(128);
  to @1 :Text $Cat.id("AppointmentId") $Cat.newId("{appointment}.m-") $Cat.maxBytes(128);
  provider @2 :Text $Cat.id("ProviderId") $Cat.maxBytes(64);
  # Empty: the same.
  chair @3 :Text $Cat.id("ChairId") $Cat.maxBytes(64);
  localStart @4 :Int64 $Cat.local;
}
enum RepeatUnit { days @0; weeks @1; }
struct GroupItem {
  person @0 :Text $Cat.id("PersonId") $Cat.required $Cat.maxBytes(64);
  visitType @1 :Text $Cat.required $Cat.maxBytes(64);
  provider @2 :Text $Cat.id("ProviderId") $Cat.required $Cat.maxBytes(64);
  chair @3 :Text $Cat.id("ChairId") $Cat.maxBytes(64);
  localStart @4 :Int64 $Cat.local;
}
struct HoldGroup $Cat.command $Cat.http("POST /v1/appointment-groups") $Cat.answers("GroupView") {
  # Holds all of it or nothing: visits of a household together, or a series. At most 64 visits, repetitions counted.
  site @0 :Text $Cat.id("SiteId") $Cat.key $Cat.maxBytes(64);
  group @1 :Text $Cat.id("GroupId") $Cat.newId("{site}.g-") $Cat.maxBytes(96);
  items @2 :List(GroupItem) $Cat.required $Cat.maxItems(64);
  times @3 :UInt16 = 1 $Cat.range((min = 1, max = 64));
  # How often the items take place, at the same wall time.
  every @4 :UInt16 = 1 $Cat.range((min = 1, max = 366));
  unit @5 :RepeatUnit = weeks;
  # Days or weeks from one time to the next.
}
struct BookGroup $Cat.command $Cat.http("POST /v1/appointment-groups/{group}/book") $Cat.answers("GroupView") {
  # Books everything of the group that is still held.
  group @0 :Text $Cat.id("GroupId") $Cat.key $Cat.maxBytes(96);
}
struct CancelGroup $Cat.command $Cat.http("POST /v1/appointment-groups/{group}/cancel") $Cat.answers("GroupView") {
  # Cancels what is left of the group: holds are given back, agreed visits cancelled, what has taken place stays.
  group @0 :Text $Cat.id("GroupId") $Cat.key $Cat.maxBytes(96);
  by @1 :CancelledBy;
  reason @2 :Text $Cat.phi $Cat.maxBytes(1024);
}
struct ImportedVisit {
  appointment @0 :Text $Cat.id("AppointmentId") $Cat.required $Cat.maxBytes(128);
  person @1 :Text $Cat.id("PersonId") $Cat.required $Cat.maxBytes(64);
  localStart @2 :Int64 $Cat.local;
  durationMinutes @3 :UInt16;
  purpose @4 :Purpose;
  outcome @5 :ImportedOutcome;
  bookedAt @6 :Int64 $Cat.instant $Cat.optional;
  provider @7 :Text $Cat.id("ProviderId") $Cat.maxBytes(64);
  chair @8 :Text $Cat.id("ChairId") $Cat.maxBytes(64);
  # As the other system names them; they need not be known here.
}
struct ImportVisits $Cat.command $Cat.answers("VisitsImported") {
  # Visits of the past of one site. One that is known already is left as it is.
  site @0 :Text $Cat.id("SiteId") $Cat.key $Cat.maxBytes(64);
  visits @1 :List(ImportedVisit) $Cat.maxItems(200);
}

struct BookOnline $Cat.command $Cat.answers("AppointmentView") {
  # A patient takes a time by themselves, without a hold: booked in one step, or refused. Only a visit type that is online.
  site @0 :Text $Cat.id("SiteId") $Cat.key $Cat.maxBytes(64);
  appointment @1 :Text $Cat.id("AppointmentId") $Cat.newId("{site}.v-") $Cat.maxBytes(128);
  person @2 :Text $Cat.id("PersonId") $Cat.required $Cat.maxBytes(64);
  visitType @3 :Text $Cat.required $Cat.maxBytes(64);
  provider @4 :Text $Cat.id("ProviderId") $Cat.required $Cat.maxBytes(64);
  localStart @5 :Int64 $Cat.local;
}

struct VisitsImported $Cat.reply {
  imported @0 :UInt32;
  alreadyKnown @1 :UInt32;
  overlapping @2 :UInt32;
  # Taken all the same, and marked.
}

# ---- queries

struct AppointmentView $Cat.reply {
  appointment @0 :Text $Cat.id("AppointmentId") $Cat.maxBytes(128);
  person @1 :Text $Cat.id("PersonId") $Cat.maxBytes(64);
  site @2 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  state @3 :VisitState;
  visit @4 :Visit;
  holdEnds @5 :Int64 $Cat.instant $Cat.optional;
  waitedMinutes @6 :UInt32;
  movedTo @7 :Text $Cat.id("AppointmentId") $Cat.maxBytes(128);
  group @8 :Text $Cat.id("GroupId") $Cat.maxBytes(96);
  # The household or series it was held with.
  outside @9 :Text $Cat.maxBytes(256);
  # Why an agreed visit no longer fits the calendar, for the desk to move it; empty when it does.
  overlaps @10 :Text $Cat.id("AppointmentId") $Cat.maxBytes(128);
  # Another visit of that day which took the same provider or chair at the same time: only where imported visits say so.
  plannedAgain @11 :Text $Cat.id("AppointmentId") $Cat.maxBytes(128);
  # The planned visit that stands in place of a cancelled one.
}
struct ExceptionView $Cat.reply {
  exception @0 :Text $Cat.id("ExceptionId") $Cat.maxBytes(128);
  outside @1 :List(AppointmentView) $Cat.maxItems(200);
  # Agreed visits of those days that do not fit the calendar as it is now: the first 200, for the desk to move.
  outsideCount @2 :UInt32;
}
struct PlannedView {
  appointment @0 :Text $Cat.id("AppointmentId") $Cat.maxBytes(128);
  person @1 :Text $Cat.id("PersonId") $Cat.maxBytes(64);
  visitType @2 :Text $Cat.maxBytes(64);
  purpose @3 :Purpose;
  provider @4 :Text $Cat.id("ProviderId") $Cat.maxBytes(64);
  plannedAt @5 :Int64 $Cat.instant;
}
struct PlannedList $Cat.reply { planned @0 :List(PlannedView) $Cat.maxItems(2000); }
struct ListPlanned $Cat.query $Cat.http("GET /v1/planned-appointments") $Cat.answers("PlannedList") {
  # Visits of a site that have no time, the longest planned first, at most 2,000.
  site @0 :Text $Cat.id("SiteId") $Cat.key $Cat.maxBytes(64);
}
struct ListOutside $Cat.query $Cat.http("GET /v1/outside-appointments") $Cat.answers("AppointmentList") {
  # Agreed visits that no longer fit the calendar.
  site @0 :Text $Cat.id("SiteId") $Cat.key $Cat.maxBytes(64);
  from @1 :Int32 $Cat.day;
  days @2 :UInt16 = 30 $Cat.range((min = 1, max = 120));
}
struct GroupView $Cat.reply {
  group @0 :Text $Cat.id("GroupId") $Cat.maxBytes(96);
  appointments @1 :List(AppointmentView) $Cat.maxItems(64);
  # In the order of their items, one time after the other.
}
struct GetGroup $Cat.query $Cat.http("GET /v1/appointment-groups/{group}") $Cat.answers("GroupView") { group @0 :Text $Cat.id("GroupId") $Cat.key $Cat.maxBytes(96); }
struct GetAppointment $Cat.query $Cat.http("GET /v1/appointments/{appointment}") $Cat.answers("AppointmentView") { appointment @0 :Text $Cat.id("AppointmentId") $Cat.key $Cat.maxBytes(128); }
struct AppointmentList $Cat.reply {
  appointments @0 :List(AppointmentView) $Cat.maxItems(2000);
  late @1 :List(ProviderLate);
  # Providers who are running late on that day, and by how much.
}
struct ListAppointments $Cat.query $Cat.http("GET /v1/appointments") $Cat.answers("AppointmentList") {
  # The day sheet of a site.
  site @0 :Text $Cat.id("SiteId") $Cat.key $Cat.maxBytes(64);
  day @1 :Int32 $Cat.day;
}
struct Slot {
  site @0 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  provider @1 :Text $Cat.id("ProviderId") $Cat.maxBytes(64);
  chair @2 :Text $Cat.id("ChairId") $Cat.maxBytes(64);
  localStart @3 :Int64 $Cat.local;
  start @4 :Int64 $Cat.instant;
  durationMinutes @5 :UInt16;
  equipment @6 :List(Text) $Cat.id("EquipmentId") $Cat.maxItems(8);
}
struct SlotList $Cat.reply { slots @0 :List(Slot); }
struct FindSlots $Cat.query $Cat.http("GET /v1/slots") $Cat.answers("SlotList") {
  # First openings of a visit type, from a day on, at most `days` days and `limit` slots.
  site @0 :Text $Cat.id("SiteId") $Cat.key $Cat.maxBytes(64);
  type @1 :Text $Cat.required $Cat.maxBytes(64);
  from @2 :Int32 $Cat.day;
  days @3 :UInt16 = 30 $Cat.range((min = 1, max = 120));
  limit @4 :UInt16 = 20 $Cat.range((min = 1, max = 500));
  provider @5 :Text $Cat.id("ProviderId") $Cat.maxBytes(64);
}
struct EquipmentView {
  equipment @0 :Text $Cat.id("EquipmentId") $Cat.maxBytes(64);
  kind @1 :Text $Cat.maxBytes(64);
  name @2 :Text $Cat.maxBytes(256);
}
struct VisitTypeView {
  visitType @0 :Text $Cat.maxBytes(64);
  name @1 :Text $Cat.maxBytes(256);
  durationMinutes @2 :UInt16;
  bufferMinutes @3 :UInt16;
  purpose @4 :Purpose;
  equipment @5 :List(Text) $Cat.maxItems(8);
  minutesBefore @6 :UInt16;
  online @7 :Bool;
}
struct ProviderView {
  provider @0 :Text $Cat.id("ProviderId") $Cat.maxBytes(64);
  name @1 :Text $Cat.maxBytes(256);
  shifts @2 :List(OpeningHours) $Cat.maxItems(28);
  # At this site.
}
struct SiteView $Cat.reply {
  site @0 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  name @1 :Text $Cat.maxBytes(256);
  zone @2 :Text $Cat.maxBytes(64);
  phone @3 :Text $Cat.maxBytes(64);
  hours @4 :List(OpeningHours);
  waitLimitMinutes @5 :UInt16;
  providers @6 :List(Text) $Cat.id("ProviderId");
  chairs @7 :List(Text) $Cat.id("ChairId");
  visitTypes @8 :List(Text);
  equipment @9 :List(EquipmentView);
  typesInFull @10 :List(VisitTypeView);
  exceptions @11 :List(CalendarException) $Cat.maxItems(400);
  providersInFull @12 :List(ProviderView);
  # These four only where one site is asked for.
}
struct SiteList $Cat.reply { sites @0 :List(SiteView); }
struct ListSites $Cat.query $Cat.http("GET /v1/sites") $Cat.answers("SiteList") {}
struct GetSite $Cat.query $Cat.http("GET /v1/sites/{site}") $Cat.answers("SiteView") { site @0 :Text $Cat.id("SiteId") $Cat.key $Cat.maxBytes(64); }

# ---- search

struct FindOpenings $Cat.query $Cat.http("GET /v1/openings") $Cat.answers("SlotList") {
  # The first openings of a visit type over several sites, by time, then site, then provider. What it offers can be held.
  type @0 :Text $Cat.required $Cat.maxBytes(64);
  sites @1 :List(Text) $Cat.id("SiteId") $Cat.maxItems(2000);
  # None: all. A site without that visit type, or without that provider, offers nothing.
  from @2 :Int32 $Cat.day $Cat.optional;
  # The first local day of each site; absent or past: its today.
  days @3 :UInt16 = 30 $Cat.range((min = 1, max = 120));
  limit @4 :UInt16 = 20 $Cat.range((min = 1, max = 500));
  provider @5 :Text $Cat.id("ProviderId") $Cat.maxBytes(64);
  # Empty: anyone.
  weekdays @6 :List(UInt8) $Cat.maxItems(7);
  # 1 (Monday) to 7; none: all.
  fromMinute @7 :UInt16 $Cat.range((min = 0, max = 1440));
  untilMinute @8 :UInt16 = 1440 $Cat.range((min = 0, max = 1440));
  # Part of the local day, in minutes after midnight, in which the visit begins and ends.
  after @9 :Int64 $Cat.instant $Cat.optional;
  afterSite @10 :Text $Cat.maxBytes(64);
  afterProvider @11 :Text $Cat.maxBytes(64);
  # The next page: start, site and provider of the last opening of the page before. Each page is true when it is asked for.
}

# ---- short notice

enum DayPart { any @0; morning @1; afternoon @2; evening @3; }
# Before noon, from noon to 17:00, from 17:00 on; by when the visit starts.
enum OfferState { open @0; accepted @1; revoked @2; declined @3; }
enum OpeningEnd { notYet @0; won @1; takenOtherwise @2; passed @3; nobodyFits @4; }
# An opening is won by accepting an offer; taken otherwise by a phone call, a move, a group.

struct ShortNoticeWish {
  # What somebody would come for at short notice, and when. What is left empty does not matter to them.
  visitTypes @0 :List(Text) $Cat.maxItems(16);
  purposes @1 :List(Purpose) $Cat.maxItems(16);
  earliest @2 :Int32 = -2147483648 $Cat.day $Cat.optional;
  latest @3 :Int32 = -2147483648 $Cat.day $Cat.optional;
  weekdays @4 :List(UInt8) $Cat.maxItems(7);
  # 1 (Monday) to 7.
  dayPart @5 :DayPart;
  provider @6 :Text $Cat.id("ProviderId") $Cat.maxBytes(64);
  movesUp @7 :Text $Cat.id("AppointmentId") $Cat.maxBytes(128);
  # The later visit that an earlier time would replace; then its type is what is looked for.
}
struct ProviderLate {
  provider @0 :Text $Cat.id("ProviderId") $Cat.maxBytes(64);
  minutesLate @1 :UInt32;
}

struct ShortNoticeJoined $Cat.event {
  # Wants to be asked when a time becomes free at this site. A second one replaces the first.
  person @0 :Text $Cat.id("PersonId") $Cat.pseudonym $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.key $Cat.maxBytes(64);
  wish @2 :ShortNoticeWish;
}
struct ShortNoticeLeft $Cat.event {
  person @0 :Text $Cat.id("PersonId") $Cat.pseudonym $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.key $Cat.maxBytes(64);
}
struct ShortNoticeMuted $Cat.event {
  # Stays on the list and is not asked, until muted is false again.
  person @0 :Text $Cat.id("PersonId") $Cat.pseudonym $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.key $Cat.maxBytes(64);
  muted @2 :Bool;
}
struct OpeningFound $Cat.event {
  # An agreed visit was cancelled or moved away, early enough to give its time to somebody else.
  site @0 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  opening @1 :Text $Cat.id("OpeningId") $Cat.key $Cat.maxBytes(128);
  freedBy @2 :Text $Cat.id("AppointmentId") $Cat.maxBytes(128);
  visit @3 :Visit;
  # The visit that is not taking place then.
}
struct OpeningEnded $Cat.event {
  site @0 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  opening @1 :Text $Cat.id("OpeningId") $Cat.key $Cat.maxBytes(128);
  end @2 :OpeningEnd;
  offers @3 :UInt32;
  # How many had been asked.
}
struct SlotOffered $Cat.event {
  # One person is asked whether they would come then. It is theirs only when they accept first.
  person @0 :Text $Cat.id("PersonId") $Cat.pseudonym $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  offer @2 :Text $Cat.id("OfferId") $Cat.key $Cat.maxBytes(128);
  opening @3 :Text $Cat.id("OpeningId") $Cat.maxBytes(128);
  visit @4 :Visit;
  movesUp @5 :Text $Cat.id("AppointmentId") $Cat.maxBytes(128);
  expires @6 :Int64 $Cat.instant;
  token @7 :Text $Cat.phi $Cat.maxBytes(256);
}
struct OfferAccepted $Cat.event {
  # First of all who were asked; the visit is booked in the same commit.
  person @0 :Text $Cat.id("PersonId") $Cat.pseudonym $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  offer @2 :Text $Cat.id("OfferId") $Cat.key $Cat.maxBytes(128);
  opening @3 :Text $Cat.id("OpeningId") $Cat.maxBytes(128);
  appointment @4 :Text $Cat.id("AppointmentId") $Cat.maxBytes(128);
  visit @5 :Visit;
}
struct OfferRevoked $Cat.event {
  # From here on nobody can accept it.
  person @0 :Text $Cat.id("PersonId") $Cat.pseudonym $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  offer @2 :Text $Cat.id("OfferId") $Cat.key $Cat.maxBytes(128);
  opening @3 :Text $Cat.id("OpeningId") $Cat.maxBytes(128);
}
struct OfferDeclined $Cat.event {
  person @0 :Text $Cat.id("PersonId") $Cat.pseudonym $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  offer @2 :Text $Cat.id("OfferId") $Cat.key $Cat.maxBytes(128);
  opening @3 :Text $Cat.id("OpeningId") $Cat.maxBytes(128);
}
struct OfferMissed $Cat.event {
  # Said yes in a message when the offer was over. Whoever says yes on the page is told at once and needs no event.
  person @0 :Text $Cat.id("PersonId") $Cat.pseudonym $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  offer @2 :Text $Cat.id("OfferId") $Cat.key $Cat.maxBytes(128);
  token @3 :Text $Cat.phi $Cat.maxBytes(256);
}
struct VisitWaitedTooLong $Cat.event {
  # Has waited past the site's limit and still waits.
  person @0 :Text $Cat.id("PersonId") $Cat.pseudonym $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  appointment @2 :Text $Cat.id("AppointmentId") $Cat.key $Cat.maxBytes(128);
  visit @3 :Visit;
  waitedMinutes @4 :UInt32;
  waitLimitMinutes @5 :UInt16;
}
struct ProviderRunningLate $Cat.event {
  # A provider is behind by more than the limit, or by another amount than told before; 0 is on time again.
  site @0 :Text $Cat.id("SiteId") $Cat.key $Cat.maxBytes(64);
  provider @1 :Text $Cat.id("ProviderId") $Cat.maxBytes(64);
  day @2 :Int32 $Cat.day;
  minutesLate @3 :UInt32;
  visits @4 :List(Text) $Cat.id("AppointmentId") $Cat.maxItems(200);
  # Those of the same provider that are still to come that day.
}
struct CheckOutUndone $Cat.event {
  # A visit was cancelled within 14 days of a check-out of the same person: what was said there did not hold.
  person @0 :Text $Cat.id("PersonId") $Cat.pseudonym $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  appointment @2 :Text $Cat.id("AppointmentId") $Cat.key $Cat.maxBytes(128);
  # The one that was cancelled.
  cancelledBy @3 :CancelledBy;
  checkedOut @4 :Text $Cat.id("AppointmentId") $Cat.maxBytes(128);
  checkedOutAt @5 :Int64 $Cat.instant;
  by @6 :Text $Cat.maxBytes(128);
  # Who checked the person out.
  script @7 :Text $Cat.maxBytes(128);
}

struct JoinShortNotice $Cat.command $Cat.http("POST /v1/short-notice") {
  # Puts a person on the site's list, or replaces what they wished for before.
  site @0 :Text $Cat.id("SiteId") $Cat.key $Cat.maxBytes(64);
  person @1 :Text $Cat.id("PersonId") $Cat.required $Cat.maxBytes(64);
  wish @2 :ShortNoticeWish;
}
struct LeaveShortNotice $Cat.command $Cat.http("POST /v1/short-notice/leave") {
  site @0 :Text $Cat.id("SiteId") $Cat.key $Cat.maxBytes(64);
  person @1 :Text $Cat.id("PersonId") $Cat.required $Cat.maxBytes(64);
}
struct MuteShortNotice $Cat.command $Cat.http("POST /v1/short-notice/mute") {
  site @0 :Text $Cat.id("SiteId") $Cat.key $Cat.maxBytes(64);
  person @1 :Text $Cat.id("PersonId") $Cat.required $Cat.maxBytes(64);
  muted @2 :Bool = true;
}
struct AcceptOffer $Cat.command $Cat.http("POST /v1/offers/{offer}/accept") $Cat.answers("AppointmentView") {
  # The first to accept has the time, booked or moved up in this very step. Afterwards it is refused offer_over; the offer shows the next openings.
  offer @0 :Text $Cat.id("OfferId") $Cat.key $Cat.maxBytes(128);
  token @1 :Text $Cat.phi $Cat.maxBytes(256);
  # From the link; empty when the desk accepts for somebody on the phone.
}
struct DeclineOffer $Cat.command $Cat.http("POST /v1/offers/{offer}/decline") {
  offer @0 :Text $Cat.id("OfferId") $Cat.key $Cat.maxBytes(128);
  token @1 :Text $Cat.phi $Cat.maxBytes(256);
  mute @2 :Bool;
  # No more offers either, until the person joins again.
}

struct ShortNoticeView {
  person @0 :Text $Cat.id("PersonId") $Cat.maxBytes(64);
  wish @1 :ShortNoticeWish;
  muted @2 :Bool;
  joinedAt @3 :Int64 $Cat.instant;
  askedAt @4 :Int64 $Cat.instant $Cat.optional;
}
struct ShortNoticeList $Cat.reply { persons @0 :List(ShortNoticeView) $Cat.maxItems(500); }
struct ListShortNotice $Cat.query $Cat.http("GET /v1/short-notice") $Cat.answers("ShortNoticeList") {
  # Longest on the list first.
  site @0 :Text $Cat.id("SiteId") $Cat.key $Cat.maxBytes(64);
}
struct FittingPerson {
  person @0 :Text $Cat.id("PersonId") $Cat.maxBytes(64);
  visitType @1 :Text $Cat.maxBytes(64);
  movesUp @2 :Text $Cat.id("AppointmentId") $Cat.maxBytes(128);
  urgentCare @3 :Bool;
  # Has unfinished care of that purpose that is urgent.
  askedAt @4 :Int64 $Cat.instant $Cat.optional;
}
struct FittingList $Cat.reply { persons @0 :List(FittingPerson) $Cat.maxItems(500); }
struct WhoFits $Cat.query $Cat.http("GET /v1/short-notice/fitting") $Cat.answers("FittingList") {
  # Whom a free time would fit, in the order in which they would be asked.
  site @0 :Text $Cat.id("SiteId") $Cat.key $Cat.maxBytes(64);
  provider @1 :Text $Cat.id("ProviderId") $Cat.required $Cat.maxBytes(64);
  localStart @2 :Int64 $Cat.local;
}
struct OfferView $Cat.reply {
  offer @0 :Text $Cat.id("OfferId") $Cat.maxBytes(128);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  siteName @2 :Text $Cat.maxBytes(256);
  state @3 :OfferState;
  localStart @4 :Int64 $Cat.local;
  durationMinutes @5 :UInt16;
  expires @6 :Int64 $Cat.instant;
  alternatives @7 :List(Slot);
  # The next openings of that visit type, when the offer is over.
}
struct GetOffer $Cat.query $Cat.http("GET /v1/offers/{offer}") $Cat.answers("OfferView") {
  offer @0 :Text $Cat.id("OfferId") $Cat.key $Cat.maxBytes(128);
  token @1 :Text $Cat.phi $Cat.maxBytes(256);
}
struct OpeningOffer {
  offer @0 :Text $Cat.id("OfferId") $Cat.maxBytes(128);
  person @1 :Text $Cat.id("PersonId") $Cat.maxBytes(64);
  state @2 :OfferState;
  offeredAt @3 :Int64 $Cat.instant;
}
struct OpeningView {
  opening @0 :Text $Cat.id("OpeningId") $Cat.maxBytes(128);
  provider @1 :Text $Cat.id("ProviderId") $Cat.maxBytes(64);
  localStart @2 :Int64 $Cat.local;
  end @3 :OpeningEnd;
  closes @4 :Int64 $Cat.instant;
  offers @5 :List(OpeningOffer) $Cat.maxItems(500);
}
struct OpeningList $Cat.reply { openings @0 :List(OpeningView) $Cat.maxItems(200); }
struct ListOpenings $Cat.query $Cat.http("GET /v1/short-notice/openings") $Cat.answers("OpeningList") {
  # The times that became free at a site and who was asked, newest first.
  site @0 :Text $Cat.id("SiteId") $Cat.key $Cat.maxBytes(64);
}
struct UndoneCheckOut {
  appointment @0 :Text $Cat.id("AppointmentId") $Cat.maxBytes(128);
  person @1 :Text $Cat.id("PersonId") $Cat.maxBytes(64);
  cancelledAt @2 :Int64 $Cat.instant;
  cancelledBy @3 :CancelledBy;
  checkedOut @4 :Text $Cat.id("AppointmentId") $Cat.maxBytes(128);
  checkedOutAt @5 :Int64 $Cat.instant;
  by @6 :Text $Cat.maxBytes(128);
  script @7 :Text $Cat.maxBytes(128);
}
struct UndoneCheckOutList $Cat.reply { checkOuts @0 :List(UndoneCheckOut) $Cat.maxItems(1000); }
struct ListUndoneCheckOuts $Cat.query $Cat.http("GET /v1/check-outs/undone") $Cat.answers("UndoneCheckOutList") {
  # Cancellations within 14 days of a check-out, newest first: for coaching, not for ranking.
  site @0 :Text $Cat.id("SiteId") $Cat.key $Cat.maxBytes(64);
}
