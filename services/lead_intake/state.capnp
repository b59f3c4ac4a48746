@0xb1d6e0c0a7a10030;
# What lead_intake stores. Append only: these bytes are read for ever.

using Cxx = import "/capnp/c++.capnp";
using Cat = import "/messages/catalogue.capnp";
using LeadIntake = import "/messages/lead_intake.capnp";
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
}

struct KnownCampaignRecord $Cat.record {
  # That a campaign exists; one in every lane. Id: the campaign.
  name @0 :Text $Cat.maxBytes(256);
}
struct SiteRecord $Cat.record {
  # What is needed of a site; one in every lane. Id: the site.
  zone @0 :Text $Cat.maxBytes(64);
}
