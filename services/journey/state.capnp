@0xb1d6e0c0a7a10025;
# What journey keeps: all of it about one person, in that person's lane, and the sites in every lane.

using Cxx = import "/capnp/c++.capnp";
using Cat = import "/messages/catalogue.capnp";
using Appointments = import "/messages/appointments.capnp";
using Followup = import "/messages/followup.capnp";
using Journey = import "/messages/journey.capnp";
$Cxx.namespace("bridgework::journey::wire");
$Cat.owner("journey");
$Cat.values("bridgework::journey");

struct OpenGap {
  gap @0 :Text $Cat.id("GapId") $Cat.maxBytes(128);
  kind @1 :Followup.GapKind;
}
struct PersonRecord $Cat.record {
  # Id: the person. What the huddle and the next entry of the timeline need, and no more: every event about the person rewrites it.
  name @0 :Text $Cat.phi $Cat.maxBytes(513);
  entries @1 :UInt32;
  # Entries of the timeline so far; names the page that the next one goes to.
  cases @2 :UInt32;
  defects @3 :UInt32;
  openCase @4 :Text $Cat.id("CaseId") $Cat.maxBytes(128);
  # At most one at a time: a second defect is a second reason to make the same call.
  openGaps @5 :List(OpenGap);
}
struct TimelineRecord $Cat.record {
  # Id: <person>.l-<page>. A page is full after 64 entries and is never written again.
  entries @0 :List(Journey.TimelineEntry) $Cat.maxItems(64);
}
struct Note {
  at @0 :Int64 $Cat.instant;
  text @1 :Text $Cat.phi $Cat.maxBytes(2048);
  by @2 :Text $Cat.maxBytes(128);
}
struct NotesRecord $Cat.record {
  # Id: the person. The last ones, oldest first; all of them stand in the log.
  notes @0 :List(Note) $Cat.maxItems(16);
}
struct CaseRecord $Cat.record {
  # Id: <person>.c-<number>.
  person @0 :Text $Cat.id("PersonId") $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  state @2 :Journey.CaseState;
  reasons @3 :List(Journey.DefectKind) $Cat.maxItems(64);
  openedAt @4 :Int64 $Cat.instant;
  contactBy @5 :Int64 $Cat.instant;
  contactedAt @6 :Int64 $Cat.instant $Cat.optional;
  resolvedAt @7 :Int64 $Cat.instant $Cat.optional;
  gesture @8 :Text $Cat.maxBytes(256);
}
struct VisitRecord $Cat.record {
  # Id: <person>.<appointment>. One line of a huddle; gone when the visit is cancelled or moved.
  person @0 :Text $Cat.id("PersonId") $Cat.maxBytes(64);
  appointment @1 :Text $Cat.id("AppointmentId") $Cat.maxBytes(128);
  state @2 :Appointments.VisitState;
  visit @3 :Appointments.Visit;
  waitedTooLong @4 :Bool;
  # Told while the person was still waiting; being seated at last is no second defect.
}
struct SiteRecord $Cat.record {
  # Id: the site; kept in every lane. For the site's own day and its opening hours.
  name @0 :Text $Cat.maxBytes(256);
  zone @1 :Text $Cat.maxBytes(64);
  hours @2 :List(Appointments.OpeningHours) $Cat.maxItems(28);
}
