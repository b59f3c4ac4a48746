@0xb1d6e0c0a7a10010;
# People, campaigns and enquiries.

using Cxx = import "/capnp/c++.capnp";
using Cat = import "catalogue.capnp";
$Cxx.namespace("bridgework::wire");
$Cat.owner("lead_intake");
$Cat.values("bridgework::messages");

enum ContactKind { phone @0; email @1; }
enum Channel { email @0; sms @1; phone @2; letter @3; }
enum PersonStatus { prospect @0; patient @1; inactive @2; deceased @3; moved @4; }
enum Provenance { observed @0; imported @1; inferred @2; }
enum LeadSource { web @0; searchAd @1; social @2; directMail @3; radio @4; tv @5; insert @6; businessCard @7; event @8; referral @9; walkIn @10; phone @11; }
enum EnquiryChannel { webForm @0; phoneCall @1; email @2; chat @3; walkIn @4; referral @5; }
enum LeadState { fresh @0; acknowledged @1; contacted @2; booked @3; kept @4; produced @5; nurturing @6; lost @7; needsReview @8; }
enum CallOutcome { booked @0; notBooked @1; notConnected @2; voicemail @3; missed @4; abandoned @5; }

enum LeadIntakeRefusal $Cat.refusals {
  unknownPerson @0; unknownEnquiry @1; unknownCampaign @2; alreadyExists @3; alreadyClaimed @4; illegalTransition @5; invalidZone @6; invalidId @7; laneMismatch @8;
  alreadyInHousehold @9; notInHousehold @10; alreadyLinked @11; notLinked @12; tooMany @13;
}

struct ContactPoint {
  kind @0 :ContactKind;
  value @1 :Text $Cat.phi $Cat.maxBytes(254);
  # E.164 phone or lower-case e-mail address; empty when raw does not parse, and then nothing is ever sent to it.
  raw @2 :Text $Cat.phi $Cat.maxBytes(254);
  # As it was given.
}

struct PersonProfile {
  givenName @0 :Text $Cat.phi $Cat.maxBytes(256);
  familyName @1 :Text $Cat.phi $Cat.maxBytes(256);
  birthDay @2 :Int32 = -2147483648 $Cat.day $Cat.optional $Cat.phi;
  contactPoints @3 :List(ContactPoint) $Cat.maxItems(16);
  preferredChannel @4 :Channel;
  language @5 :Text $Cat.maxBytes(35);
  # BCP 47; empty is the group's default.
  zone @6 :Text $Cat.maxBytes(64);
  # IANA zone of the person's address; empty means the home site's.
  homeSite @7 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  status @8 :PersonStatus;
  provenance @9 :Provenance;
}

# ---- events

struct PersonRegistered $Cat.event {
  # A person is known from now on, by one id for life.
  person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.pseudonym $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  profile @2 :PersonProfile;
}
struct PersonChanged $Cat.event {
  # The whole profile as it is now.
  person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.pseudonym $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  profile @2 :PersonProfile;
}
struct CampaignStarted $Cat.event {
  campaign @0 :Text $Cat.id("CampaignId") $Cat.key $Cat.maxBytes(64);
  name @1 :Text $Cat.maxBytes(256);
  source @2 :LeadSource;
  promise @3 :Text $Cat.maxBytes(2048);
  # What the advert says; shown to whoever answers.
  greetingScript @4 :Text $Cat.maxBytes(4096);
  costMinor @5 :Int64;
  currency @6 :Text $Cat.maxBytes(3);
  from @7 :Int32 = -2147483648 $Cat.day $Cat.optional;
  until @8 :Int32 = -2147483648 $Cat.day $Cat.optional;
  sites @9 :List(Text) $Cat.id("SiteId");
}
struct EnquiryReceived $Cat.event {
  person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.pseudonym $Cat.maxBytes(64);
  enquiry @1 :Text $Cat.id("EnquiryId") $Cat.pseudonym $Cat.maxBytes(128);
  site @2 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  campaign @3 :Text $Cat.id("CampaignId") $Cat.maxBytes(64);
  source @4 :LeadSource;
  channel @5 :EnquiryChannel;
  text @6 :Text $Cat.phi $Cat.maxBytes(4096);
  receivedAt @7 :Int64 $Cat.instant;
}
struct EnquiryAcknowledged $Cat.event {
  # The automatic acknowledgement has left.
  person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.pseudonym $Cat.maxBytes(64);
  enquiry @1 :Text $Cat.id("EnquiryId") $Cat.pseudonym $Cat.maxBytes(128);
  site @2 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  waitedSeconds @3 :UInt32;
}
struct LeadClaimed $Cat.event {
  person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.pseudonym $Cat.maxBytes(64);
  enquiry @1 :Text $Cat.id("EnquiryId") $Cat.pseudonym $Cat.maxBytes(128);
  site @2 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  by @3 :Text $Cat.maxBytes(128);
  until @4 :Int64 $Cat.instant;
}
struct CallRecorded $Cat.event {
  person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.pseudonym $Cat.maxBytes(64);
  enquiry @1 :Text $Cat.id("EnquiryId") $Cat.pseudonym $Cat.maxBytes(128);
  site @2 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  outcome @3 :CallOutcome;
  reason @4 :Text $Cat.phi $Cat.maxBytes(1024);
  by @5 :Text $Cat.maxBytes(128);
}
struct EnquiryContacted $Cat.event {
  # The first conversation with a human being.
  person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.pseudonym $Cat.maxBytes(64);
  enquiry @1 :Text $Cat.id("EnquiryId") $Cat.pseudonym $Cat.maxBytes(128);
  site @2 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  campaign @3 :Text $Cat.id("CampaignId") $Cat.maxBytes(64);
  waitedSeconds @4 :UInt32;
  by @5 :Text $Cat.maxBytes(128);
}
struct EnquiryAdvanced $Cat.event {
  # booked, kept, lost, nurturing: with what moved it.
  person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.pseudonym $Cat.maxBytes(64);
  enquiry @1 :Text $Cat.id("EnquiryId") $Cat.pseudonym $Cat.maxBytes(128);
  site @2 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  campaign @3 :Text $Cat.id("CampaignId") $Cat.maxBytes(64);
  from @4 :LeadState;
  to @5 :LeadState;
  appointment @6 :Text $Cat.id("AppointmentId") $Cat.maxBytes(128);
  reason @7 :Text $Cat.maxBytes(1024);
}
struct PersonJoinedHousehold $Cat.event {
  # Lives and pays with others. Whoever belonged to another household has left that one first.
  person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.pseudonym $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  household @2 :Text $Cat.id("HouseholdId") $Cat.pseudonym $Cat.maxBytes(64);
  guarantor @3 :Text $Cat.id("PersonId") $Cat.pseudonym $Cat.maxBytes(64);
  # Who answers for the bills of this person; empty when nobody was named.
}
struct PersonLeftHousehold $Cat.event {
  person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.pseudonym $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  household @2 :Text $Cat.id("HouseholdId") $Cat.pseudonym $Cat.maxBytes(64);
}
struct PersonsLinked $Cat.event {
  # Somebody looked and says: two records of one human being. Both stay as they are.
  person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.pseudonym $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  other @2 :Text $Cat.id("PersonId") $Cat.pseudonym $Cat.maxBytes(64);
  by @3 :Text $Cat.maxBytes(128);
}
struct PersonsUnlinked $Cat.event {
  person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.pseudonym $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  other @2 :Text $Cat.id("PersonId") $Cat.pseudonym $Cat.maxBytes(64);
  by @3 :Text $Cat.maxBytes(128);
}

# ---- commands

struct Done $Cat.reply {
  # Accepted, nothing more to tell than which thing it was.
  id @0 :Text $Cat.maxBytes(128);
}
struct RegisterPerson $Cat.command $Cat.http("POST /v1/persons") {
  person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.newId("p-") $Cat.maxBytes(64);
  profile @1 :PersonProfile;
}
struct ChangePerson $Cat.command $Cat.http("POST /v1/persons/{person}") {
  # Replaces the profile. status deceased or moved ends all contact.
  person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.maxBytes(64);
  profile @1 :PersonProfile;
}
struct CreateCampaign $Cat.command $Cat.http("POST /v1/campaigns") {
  campaign @0 :Text $Cat.id("CampaignId") $Cat.key $Cat.newId("c-") $Cat.maxBytes(64);
  name @1 :Text $Cat.required $Cat.maxBytes(256);
  source @2 :LeadSource;
  promise @3 :Text $Cat.maxBytes(2048);
  greetingScript @4 :Text $Cat.maxBytes(4096);
  costMinor @5 :Int64 $Cat.range((min = 0, max = 100000000000));
  currency @6 :Text $Cat.maxBytes(3);
  from @7 :Int32 = -2147483648 $Cat.day $Cat.optional;
  until @8 :Int32 = -2147483648 $Cat.day $Cat.optional;
  sites @9 :List(Text) $Cat.id("SiteId");
}
struct SubmitEnquiry $Cat.command $Cat.http("POST /v1/leads") $Cat.answers("LeadView") {
  # Somebody asks for something. Without `person` a new person is made; likely matches are named as candidates, never merged.
  person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.newId("p-") $Cat.maxBytes(64);
  enquiry @1 :Text $Cat.id("EnquiryId") $Cat.newId("{person}.e-") $Cat.maxBytes(128);
  site @2 :Text $Cat.id("SiteId") $Cat.required $Cat.maxBytes(64);
  campaign @3 :Text $Cat.id("CampaignId") $Cat.maxBytes(64);
  source @4 :LeadSource;
  channel @5 :EnquiryChannel;
  profile @6 :PersonProfile;
  text @7 :Text $Cat.phi $Cat.maxBytes(4096);
}
struct ClaimLead $Cat.command $Cat.http("POST /v1/leads/{enquiry}/claim") $Cat.answers("LeadView") {
  # A lease: two people never call the same lead. Claiming one's own again extends it.
  enquiry @0 :Text $Cat.id("EnquiryId") $Cat.key $Cat.maxBytes(128);
  by @1 :Text $Cat.principal $Cat.maxBytes(128);
  minutes @2 :UInt16 = 15 $Cat.range((min = 1, max = 240));
}
struct RecordCall $Cat.command $Cat.http("POST /v1/leads/{enquiry}/calls") $Cat.answers("LeadView") {
  enquiry @0 :Text $Cat.id("EnquiryId") $Cat.key $Cat.maxBytes(128);
  outcome @1 :CallOutcome;
  reason @2 :Text $Cat.phi $Cat.maxBytes(1024);
  by @3 :Text $Cat.principal $Cat.maxBytes(128);
}
struct CloseLead $Cat.command $Cat.http("POST /v1/leads/{enquiry}/close") $Cat.answers("LeadView") {
  enquiry @0 :Text $Cat.id("EnquiryId") $Cat.key $Cat.maxBytes(128);
  reason @1 :Text $Cat.required $Cat.maxBytes(1024);
}
struct ImportedPerson {
  person @0 :Text $Cat.id("PersonId") $Cat.required $Cat.maxBytes(64);
  profile @1 :PersonProfile;
}
struct ImportPersons $Cat.command $Cat.answers("ImportDone") {
  # Persons of another system, all of the lane of `key`. One that is known already is left as it is.
  key @0 :Text $Cat.key $Cat.maxBytes(64);
  persons @1 :List(ImportedPerson) $Cat.maxItems(256);
}
struct ImportDone $Cat.reply {
  imported @0 :UInt32;
  alreadyKnown @1 :UInt32;
}
struct JoinHousehold $Cat.command $Cat.http("POST /v1/persons/{person}/household") {
  person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.maxBytes(64);
  household @1 :Text $Cat.id("HouseholdId") $Cat.required $Cat.maxBytes(64);
  # Any name the group likes; a guarantor's own id will do.
  guarantor @2 :Text $Cat.id("PersonId") $Cat.maxBytes(64);
}
struct LeaveHousehold $Cat.command $Cat.http("POST /v1/persons/{person}/household/leave") {
  person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.maxBytes(64);
}
struct LinkPersons $Cat.command $Cat.http("POST /v1/persons/{person}/link") {
  # The same human being, known twice. Questions about one show both from now on; nothing is merged, so it can be undone.
  person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.maxBytes(64);
  other @1 :Text $Cat.id("PersonId") $Cat.required $Cat.maxBytes(64);
  by @2 :Text $Cat.principal $Cat.maxBytes(128);
}
struct UnlinkPersons $Cat.command $Cat.http("POST /v1/persons/{person}/unlink") {
  # Takes a link back, named as it was made: from `person` to `other`.
  person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.maxBytes(64);
  other @1 :Text $Cat.id("PersonId") $Cat.required $Cat.maxBytes(64);
  by @2 :Text $Cat.principal $Cat.maxBytes(128);
}

# ---- queries

struct LeadView $Cat.reply {
  enquiry @0 :Text $Cat.id("EnquiryId") $Cat.maxBytes(128);
  person @1 :Text $Cat.id("PersonId") $Cat.maxBytes(64);
  site @2 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  state @3 :LeadState;
  campaign @4 :Text $Cat.id("CampaignId") $Cat.maxBytes(64);
  claimedBy @5 :Text $Cat.maxBytes(128);
  claimedUntil @6 :Int64 $Cat.instant $Cat.optional;
  receivedAt @7 :Int64 $Cat.instant $Cat.optional;
  profile @8 :PersonProfile;
  campaignName @9 :Text $Cat.maxBytes(256);
  promise @10 :Text $Cat.maxBytes(2048);
  greetingScript @11 :Text $Cat.maxBytes(4096);
  candidates @12 :List(Text) $Cat.id("PersonId");
  # Persons already known who share a contact point.
}
struct GetLead $Cat.query $Cat.http("GET /v1/leads/{enquiry}") $Cat.answers("LeadView") {
  enquiry @0 :Text $Cat.id("EnquiryId") $Cat.key $Cat.maxBytes(128);
}
struct PersonView $Cat.reply {
  person @0 :Text $Cat.id("PersonId") $Cat.maxBytes(64);
  profile @1 :PersonProfile;
  enquiries @2 :List(Text) $Cat.id("EnquiryId");
  household @3 :Text $Cat.id("HouseholdId") $Cat.maxBytes(64);
  guarantor @4 :Text $Cat.id("PersonId") $Cat.maxBytes(64);
  linked @5 :List(Text) $Cat.id("PersonId") $Cat.maxItems(64);
  # Other records of the same human being, directly or through others.
}
struct GetPerson $Cat.query $Cat.http("GET /v1/persons/{person}") $Cat.answers("PersonView") {
  person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.maxBytes(64);
}
struct PersonList $Cat.reply { persons @0 :List(PersonView) $Cat.maxItems(1000); }
struct FindPersons $Cat.query $Cat.http("GET /v1/persons") $Cat.answers("PersonList") {
  # By contact point, as given or normalised.
  contact @0 :Text $Cat.phi $Cat.required $Cat.maxBytes(254);
}
struct GetHousehold $Cat.query $Cat.http("GET /v1/households/{household}") $Cat.answers("PersonList") {
  household @0 :Text $Cat.id("HouseholdId") $Cat.required $Cat.maxBytes(64);
}
