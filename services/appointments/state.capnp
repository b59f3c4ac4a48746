@0xb1d6e0c0a7a10031;
# What appointments stores. Append only: these bytes are read for ever.

using Cxx = import "/capnp/c++.capnp";
using Cat = import "/messages/catalogue.capnp";
using Appointments = import "/messages/appointments.capnp";
using Followup = import "/messages/followup.capnp";
$Cxx.namespace("bridgework::appointments::wire");
$Cat.owner("appointments");
$Cat.values("bridgework::appointments");

struct HoursAtSite {
  # When a provider works at one site, in that site's zone.
  site @0 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  zone @1 :Text $Cat.maxBytes(64);
  shifts @2 :List(Appointments.OpeningHours) $Cat.maxItems(28);
  dated @3 :List(Appointments.DatedHours) $Cat.maxItems(400);
}
struct ProviderSitesRecord $Cat.record {
  # Where a provider works, over all sites, as far as the log has been read. Id: the provider. Kept in every lane.
  sites @0 :List(HoursAtSite);
}
struct ProviderCalendar {
  provider @0 :Text $Cat.id("ProviderId") $Cat.maxBytes(64);
  name @1 :Text $Cat.maxBytes(256);
  shifts @2 :List(Appointments.OpeningHours) $Cat.maxItems(28);
  elsewhere @3 :List(HoursAtSite);
  # At other sites: then nothing can be held here.
}
struct ChairEntry {
  chair @0 :Text $Cat.id("ChairId") $Cat.maxBytes(64);
  name @1 :Text $Cat.maxBytes(256);
}
struct VisitTypeEntry {
  visitType @0 :Text $Cat.maxBytes(64);
  name @1 :Text $Cat.maxBytes(256);
  durationMinutes @2 :UInt16;
  bufferMinutes @3 :UInt16;
  purpose @4 :Appointments.Purpose;
  equipment @5 :List(Text) $Cat.maxItems(8);
  # Kinds; one named twice needs two devices.
  minutesBefore @6 :UInt16;
  online @7 :Bool;
}
struct EquipmentEntry {
  equipment @0 :Text $Cat.id("EquipmentId") $Cat.maxBytes(64);
  kind @1 :Text $Cat.maxBytes(64);
  name @2 :Text $Cat.maxBytes(256);
}
struct SiteRecord $Cat.record {
  # One practice location and all that a time can be promised with. Id: the site.
  name @0 :Text $Cat.maxBytes(256);
  zone @1 :Text $Cat.maxBytes(64);
  phone @2 :Text $Cat.maxBytes(64);
  hours @3 :List(Appointments.OpeningHours) $Cat.maxItems(28);
  waitLimitMinutes @4 :UInt16;
  providers @5 :List(ProviderCalendar);
  chairs @6 :List(ChairEntry);
  visitTypes @7 :List(VisitTypeEntry);
  equipment @8 :List(EquipmentEntry);
  exceptions @9 :List(Appointments.CalendarException) $Cat.maxItems(400);
  # In the order they were defined; the last that speaks of a day holds.
}

struct Taken {
  # A chair, a provider and devices, busy from start up to, not including, until: with what is set up before the visit and cleaned up after it.
  appointment @0 :Text $Cat.id("AppointmentId") $Cat.maxBytes(128);
  chair @1 :Text $Cat.id("ChairId") $Cat.maxBytes(64);
  provider @2 :Text $Cat.id("ProviderId") $Cat.maxBytes(64);
  start @3 :Int64 $Cat.instant;
  until @4 :Int64 $Cat.instant;
  holdEnds @5 :Int64 $Cat.instant $Cat.optional;
  # Only while it is a hold. From that moment on the time is free, whether or not the timer has come round.
  equipment @6 :List(Text) $Cat.id("EquipmentId") $Cat.maxItems(8);
}
struct DayRecord $Cat.record {
  # What is busy on one local day of one site. Id: "<site>.d-2026-03-08". Nothing in it reaches into another day.
  taken @0 :List(Taken);
  imported @1 :List(Taken);
  # What another system says took place, with whom and where; it holds no time.
}

struct Plan {
  # What a visit was before it had a time, and is again when that is given back.
  visitType @0 :Text $Cat.maxBytes(64);
  purpose @1 :Appointments.Purpose;
  provider @2 :Text $Cat.id("ProviderId") $Cat.maxBytes(64);
  plannedAt @3 :Int64 $Cat.instant;
}
struct VisitRecord $Cat.record {
  # One visit, from hold to check-out. Id: the appointment.
  person @0 :Text $Cat.id("PersonId") $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  state @2 :Appointments.VisitState;
  visit @3 :Appointments.Visit;
  bufferMinutes @4 :UInt16;
  holdEnds @5 :Int64 $Cat.instant $Cat.optional;
  arrivedAt @6 :Int64 $Cat.instant $Cat.optional;
  waitedMinutes @7 :UInt32;
  movedTo @8 :Text $Cat.id("AppointmentId") $Cat.maxBytes(128);
  movedFrom @9 :Text $Cat.id("AppointmentId") $Cat.maxBytes(128);
  imported @10 :Bool;
  minutesBefore @11 :UInt16;
  group @12 :Text $Cat.id("GroupId") $Cat.maxBytes(96);
  planned @13 :Plan $Cat.optional;
  plannedAgain @14 :Text $Cat.id("AppointmentId") $Cat.maxBytes(128);
}
struct GroupRecord $Cat.record {
  # Visits that were held together. Id: the group.
  appointments @0 :List(Text) $Cat.id("AppointmentId") $Cat.maxItems(64);
}

struct HoldLapsed $Cat.timer {
  # The ten minutes are over.
  appointment @0 :Text $Cat.id("AppointmentId") $Cat.key $Cat.maxBytes(128);
}
struct GroupHoldLapsed $Cat.timer {
  # The ten minutes of a group are over, for all of it.
  group @0 :Text $Cat.id("GroupId") $Cat.key $Cat.maxBytes(96);
}

# ---- search

struct TightDay {
  day @0 :Int32 $Cat.day;
  longestMinutes @1 :UInt16;
  # No visit of more minutes can begin on that day, with any provider in any chair; 1440: nothing is said. Holds count as free: they end
  # without a commit.
  missingBeforeNoon @2 :UInt64;
  # The same by the hour in which a visit begins, five bits for each, the hour after midnight lowest: how many times five minutes the
  # longest one lacks of two hours. 0: nothing is said, it may be of any length; 24: none can begin in that hour.
  missingAfterNoon @3 :UInt64;
}
struct TightDaysRecord $Cat.record {
  # The days of a site that have little time left, or none in some hour, so that a search need not read them; a day that is not listed may
  # have any. Written in the same commit as the day or the site's calendar, ascending. Id: the site.
  days @0 :List(TightDay);
}

# ---- short notice

struct OpenOpening {
  # What has to be looked at whenever a time is taken.
  opening @0 :Text $Cat.id("OpeningId") $Cat.maxBytes(128);
  provider @1 :Text $Cat.id("ProviderId") $Cat.maxBytes(64);
  localStart @2 :Int64 $Cat.local;
}
struct GivenBack {
  # A hold that ended an opening. Should it lapse, the time is offered again.
  hold @0 :Text $Cat.id("AppointmentId") $Cat.maxBytes(128);
  opening @1 :Text $Cat.id("OpeningId") $Cat.maxBytes(128);
}
struct ShortNoticeListRecord $Cat.record {
  # Id: the site. Who is on the list, and which openings are being offered.
  persons @0 :List(Text) $Cat.id("PersonId") $Cat.maxItems(500);
  open @1 :List(OpenOpening) $Cat.maxItems(500);
  openingsFound @2 :UInt32;
  # The number of the newest opening.
  givenBack @3 :List(GivenBack) $Cat.maxItems(64);
}
struct ShortNoticeRecord $Cat.record {
  # Id: <site>.n-<person>.
  wish @0 :Appointments.ShortNoticeWish;
  muted @1 :Bool;
  joinedAt @2 :Int64 $Cat.instant;
  askedAt @3 :Int64 $Cat.instant $Cat.optional;
}
struct UnfinishedGap {
  gap @0 :Text $Cat.id("GapId") $Cat.maxBytes(128);
  purpose @1 :Appointments.Purpose;
  urgency @2 :Followup.Urgency;
}
struct UnfinishedCareRecord $Cat.record {
  # Id: <site>.u-<person>. A copy of what followup says is not closed, as far as the order of asking needs it. Gone with the last gap.
  gaps @0 :List(UnfinishedGap);
}
struct OfferEntry {
  number @0 :UInt32;
  person @1 :Text $Cat.id("PersonId") $Cat.maxBytes(64);
  visitType @2 :Text $Cat.maxBytes(64);
  movesUp @3 :Text $Cat.id("AppointmentId") $Cat.maxBytes(128);
  state @4 :Appointments.OfferState;
  offeredAt @5 :Int64 $Cat.instant;
  durationMinutes @6 :UInt16;
}
struct OpeningRecord $Cat.record {
  # Id: the opening, <site>.f-<number>. An offer's id is the opening's, ".o-" and its number.
  provider @0 :Text $Cat.id("ProviderId") $Cat.maxBytes(64);
  start @1 :Int64 $Cat.instant;
  localStart @2 :Int64 $Cat.local;
  closes @3 :Int64 $Cat.instant;
  # From then on it is too late to accept.
  end @4 :Appointments.OpeningEnd;
  offers @5 :List(OfferEntry) $Cat.maxItems(500);
}
struct CheckOutRecord $Cat.record {
  # Id: <site>.k-<person>. The person's last check-out at the site.
  appointment @0 :Text $Cat.id("AppointmentId") $Cat.maxBytes(128);
  at @1 :Int64 $Cat.instant;
  by @2 :Text $Cat.maxBytes(128);
  script @3 :Text $Cat.maxBytes(128);
}
struct UndoneCheckOutRecord $Cat.record {
  # Id: the appointment that was cancelled.
  undone @0 :Appointments.UndoneCheckOut;
}
struct LateRecord $Cat.record {
  # Id: <site>.l-<day>. Who is running late that day.
  late @0 :List(Appointments.ProviderLate);
}

struct OfferWave $Cat.timer {
  # Time to ask the next ones, or to give the opening up.
  opening @0 :Text $Cat.id("OpeningId") $Cat.key $Cat.maxBytes(128);
}
struct WaitOver $Cat.timer {
  # Whoever is not seated by now has waited too long.
  appointment @0 :Text $Cat.id("AppointmentId") $Cat.key $Cat.maxBytes(128);
}
struct VisitOverdue $Cat.timer {
  # The visit should be over, and so should the time that was allowed for being late.
  appointment @0 :Text $Cat.id("AppointmentId") $Cat.key $Cat.maxBytes(128);
}
