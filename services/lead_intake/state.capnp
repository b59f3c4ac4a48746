@0xb1d6e0c0a7a10030;
# What lead_intake stores. Append only: these bytes are read for ever.

using Cxx = import "/capnp/c++.capnp";
using Cat = import "/messages/catalogue.capnp";
using LeadIntake = import "/messages/lead_intake.capnp";
using Appointments = import "/messages/appointments.capnp";
$Cxx.namespace("bridgework::lead_intake::wire");
$Cat.owner("lead_intake");
$Cat.values("bridgework::lead_intake");

struct PersonRecord $Cat.record {
  # One human being. Id: the person.
  profile @0 :LeadIntake.PersonProfile;
  # As it was given; the home site's zone is filled in only where the profile is told to others.
  enquiries @1 :List(Text) $Cat.id("EnquiryId");
  # In the order they came.
  household @2 :Text $Cat.id("HouseholdId") $Cat.maxBytes(64);
  guarantor @3 :Text $Cat.id("PersonId") $Cat.maxBytes(64);
  linked @4 :List(Text) $Cat.id("PersonId") $Cat.maxItems(16);
  # The links that were made from here; those made from the other side lie there.
  firstTouch @5 :Text $Cat.id("CampaignId") $Cat.maxBytes(64);
  lastTouch @6 :Text $Cat.id("CampaignId") $Cat.maxBytes(64);
  matches @7 :List(LeadIntake.MatchedEnquiry) $Cat.maxItems(50);
}

struct EnquiryRecord $Cat.record {
  # Somebody asked for something. Id: the enquiry.
  person @0 :Text $Cat.id("PersonId") $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  campaign @2 :Text $Cat.id("CampaignId") $Cat.maxBytes(64);
  source @3 :LeadIntake.LeadSource;
  channel @4 :LeadIntake.EnquiryChannel;
  text @5 :Text $Cat.phi $Cat.maxBytes(4096);
  receivedAt @6 :Int64 $Cat.instant;
  state @7 :LeadIntake.LeadState;
  claimedBy @8 :Text $Cat.maxBytes(128);
  claimedUntil @9 :Int64 $Cat.instant $Cat.optional;
  acknowledgedAt @10 :Int64 $Cat.instant $Cat.optional;
  contactedAt @11 :Int64 $Cat.instant $Cat.optional;
  appointment @12 :Text $Cat.id("AppointmentId") $Cat.maxBytes(128);
  # The visit it led to, following moves.
  referrer @13 :Text $Cat.id("PersonId") $Cat.maxBytes(64);
  assignedTo @14 :Text $Cat.maxBytes(128);
  acknowledgementBreached @15 :Bool;
  contactBreached @16 :Bool;
  nurtureVersion @17 :UInt16;
  nurtureStep @18 :UInt16;
  # The newest step that was taken; 0 before the first.
  imported @19 :Bool;
  valueMinor @20 :Int64;
  # The newest estimate of what was asked for; 0: none.
  notBookedAt @21 :Int64 $Cat.instant $Cat.optional;
  # When a conversation ended last without a visit.
}

struct CampaignRecord $Cat.record {
  # One piece of lead generation. Id: the campaign.
  name @0 :Text $Cat.maxBytes(256);
  source @1 :LeadIntake.LeadSource;
  promise @2 :Text $Cat.maxBytes(2048);
  greetingScript @3 :Text $Cat.maxBytes(4096);
  costMinor @4 :Int64;
  currency @5 :Text $Cat.maxBytes(3);
  from @6 :Int32 = -2147483648 $Cat.day $Cat.optional;
  until @7 :Int32 = -2147483648 $Cat.day $Cat.optional;
  sites @8 :List(Text) $Cat.id("SiteId");
  trackingNumber @9 :Text $Cat.maxBytes(64);
  # E.164.
  landingPage @10 :Text $Cat.maxBytes(1024);
  offer @11 :Text $Cat.maxBytes(1024);
  stopped @12 :Bool;
}

struct KnownCampaignRecord $Cat.record {
  # That a campaign exists; one in every lane. Id: the campaign.
  name @0 :Text $Cat.maxBytes(256);
  source @1 :LeadIntake.LeadSource;
  trackingNumber @2 :Text $Cat.maxBytes(64);
  stopped @3 :Bool;
}
struct TrackingRecord $Cat.record {
  # Whose number it is; one in every lane. Id: the number, E.164.
  campaign @0 :Text $Cat.id("CampaignId") $Cat.maxBytes(64);
}
struct SiteRecord $Cat.record {
  # What is needed of a site; one in every lane. Id: the site.
  zone @0 :Text $Cat.maxBytes(64);
  hours @1 :List(Appointments.OpeningHours) $Cat.maxItems(28);
}
struct ContactRecord $Cat.record {
  # Who of this lane can be reached there. Id: the normalised contact point.
  persons @0 :List(Text) $Cat.id("PersonId") $Cat.maxItems(200);
}
struct CareRecord $Cat.record {
  # What others have told of a person, for whoever picks up the phone. Id: the person.
  visits @0 :List(LeadIntake.KnownVisit) $Cat.maxItems(50);
  # The newest ones, by their start.
  openCare @1 :List(LeadIntake.OpenCare) $Cat.maxItems(100);
}
struct CallerRecord $Cat.record {
  # Id: the number, E.164; in its own lane.
  person @0 :Text $Cat.id("PersonId") $Cat.maxBytes(64);
  textedOn @1 :Int32 = -2147483648 $Cat.day $Cat.optional;
  # The newest day of the site called on which a text back was asked for.
}
struct Agent {
  agent @0 :Text $Cat.maxBytes(128);
  capacity @1 :UInt16;
}
struct OpenLead {
  enquiry @0 :Text $Cat.id("EnquiryId") $Cat.maxBytes(128);
  agent @1 :Text $Cat.maxBytes(128);
  # Empty while nobody has room.
}
struct SiteDeskRecord $Cat.record {
  # Who works the leads of a site, in the site's own lane only. Id: the site.
  agents @0 :List(Agent) $Cat.maxItems(32);
  next @1 :UInt16;
  # Where the round goes on.
  leads @2 :List(OpenLead) $Cat.maxItems(3000);
  # In the order in which they came.
}
struct FormKey {
  formKey @0 :Text $Cat.id("FormKeyId") $Cat.maxBytes(128);
  validUntil @1 :Int64 $Cat.instant $Cat.optional;
}
struct WebFormRecord $Cat.record {
  # The public form of a site. Id: the site.
  enabled @0 :Bool = true;
  dailyCap @1 :UInt32 = 200;
  keys @2 :List(FormKey) $Cat.maxItems(16);
  countedOn @3 :Int32 = -2147483648 $Cat.day $Cat.optional;
  counted @4 :UInt32;
  machines @5 :UInt32;
}

struct AcknowledgementDue $Cat.timer { enquiry @0 :Text $Cat.id("EnquiryId") $Cat.maxBytes(128); }
struct ContactDue $Cat.timer { enquiry @0 :Text $Cat.id("EnquiryId") $Cat.maxBytes(128); }
struct NurtureDue $Cat.timer {
  enquiry @0 :Text $Cat.id("EnquiryId") $Cat.maxBytes(128);
  step @1 :UInt16;
}
