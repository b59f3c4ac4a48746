@0xb1d6e0c0a7a10026;
# What analytics keeps: counted facts per site and local day, and as little of each entity as is needed to count it once.

using Cxx = import "/capnp/c++.capnp";
using Cat = import "/messages/catalogue.capnp";
using Appointments = import "/messages/appointments.capnp";
using Followup = import "/messages/followup.capnp";
$Cxx.namespace("bridgework::analytics::wire");
$Cat.owner("analytics");
$Cat.values("bridgework::analytics");

enum FactTable { visits @0; enquiries @1; cases @2; gaps @3; answers @4; patients @5; campaigns @6; sources @7; openings @8; }

enum Measure {
  # What is counted. Each belongs to one fact table; money is in minor units.
  completed @0; noShow @1; cancelled @2; cancelledLate @3; moved @4; seated @5; waitedOverLimit @6; waitedMinutes @7;
  checkedOut @8; nextVisitAgreed @9; awaitingOutcome @10;
  # awaitingOutcome: a visit whose time has passed and nobody has said what became of it. Counted when asked, never stored.
  received @11; booked @12; kept @13; contacted @14; contactedInTime @15; contactMinutes @16; keptFromCampaign @17;
  presentedMoney @18; acceptedMoney @19; presentedPerson @20; acceptedPerson @21;
  gapOpened @22; gapClosed @23; gapOpenedMoney @24; gapClosedMoney @25;
  asked @26; answered @27; scored @28; promoter @29; detractor @30; promiseKept @31; promiseBroken @32;
  activePatient @33; campaignCost @34;
  # These two are counted when asked, from the patients and the campaigns.
  receivedFromCampaign @35; bookedFromCampaign @36; keptFirstTouch @37; keptLastTouch @38; producedMoney @39; receivedFromSource @40;
  contactedInBusinessTime @41; contactBusinessMinutes @42; openingFound @43; openingRefilled @44;
  calledNotBooked @45; bookedAfterNotBooked @46; askedMoney @47; askedMoneyBooked @48;
}
struct Cell {
  measure @0 :Measure;
  part @1 :Text $Cat.maxBytes(64);
  # The fact table's own dimension: a purpose, a campaign, a kind of gap; empty where there is none.
  amount @2 :Int64;
}
struct OpenVisit {
  appointment @0 :Text $Cat.id("AppointmentId") $Cat.maxBytes(128);
  purpose @1 :Appointments.Purpose;
  start @2 :Int64 $Cat.instant;
}
struct PersonCount {
  person @0 :Text $Cat.id("PersonId") $Cat.maxBytes(64);
  presented @1 :UInt32;
  accepted @2 :UInt32;
  # Items; the person counts once, however many.
}
struct DayRecord $Cat.record {
  # Id: <site>.<fact table>-<day number>. Everything is kept in one order, so that the same facts give the same bytes.
  site @0 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  day @1 :Int32 $Cat.day;
  cells @2 :List(Cell);
  openVisits @3 :List(OpenVisit);
  # Visits with no outcome yet; an outcome turns the entry into a count.
  persons @4 :List(PersonCount);
}
struct EnquiryRecord $Cat.record {
  # Id: <site>.<enquiry>. An enquiry counts for the day on which it came, whatever becomes of it later.
  receivedOn @0 :Int32 $Cat.day;
  campaign @1 :Text $Cat.id("CampaignId") $Cat.maxBytes(64);
  contacted @2 :Bool;
  booked @3 :Bool;
  kept @4 :Bool;
  notBooked @5 :Bool;
  # A conversation has ended without a visit.
  valueMinor @6 :Int64;
  # The newest estimate of what was asked for.
}
struct ItemRecord $Cat.record {
  # Id: <site>.<plan>.<item>. Counts for the day on which it was presented first.
  presentedOn @0 :Int32 $Cat.day;
  category @1 :Appointments.Purpose;
  feeMinor @2 :Int64;
  accepted @3 :Bool;
}
struct SurveyRecord $Cat.record {
  # Id: <site>.<survey>.
  askedOn @0 :Int32 $Cat.day;
  answered @1 :Bool;
}
struct OpeningRecord $Cat.record {
  # Id: <site>.<opening>. A time that became free counts for the day of the visit that will not take place, whatever becomes of it.
  day @0 :Int32 $Cat.day;
  purpose @1 :Appointments.Purpose;
  ended @2 :Bool;
}
struct OpenGap {
  gap @0 :Text $Cat.id("GapId") $Cat.maxBytes(128);
  kind @1 :Followup.GapKind;
  feeMinor @2 :Int64;
}
struct PatientRecord $Cat.record {
  # Id: <site>.<person>. One person at one site.
  completedOn @0 :List(Int32);
  # Days of completed visits, as days since 1970-01-01, ascending, each once.
  openGaps @1 :List(OpenGap);
}
struct CampaignRecord $Cat.record {
  # Id: the campaign; kept in every lane.
  startedOn @0 :Int32 $Cat.day;
  costMinor @1 :Int64;
}
struct SiteRecord $Cat.record {
  # Id: the site; kept in every lane, for its local day.
  zone @0 :Text $Cat.maxBytes(64);
}
