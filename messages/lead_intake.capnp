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
enum EnquiryChannel { webForm @0; phoneCall @1; email @2; chat @3; walkIn @4; referral @5; onlineBooking @6; }
enum LeadState { fresh @0; acknowledged @1; contacted @2; booked @3; kept @4; produced @5; nurturing @6; lost @7; needsReview @8; }
enum SpeedClock { acknowledgement @0; firstContact @1; }
# The two clocks of an enquiry: until the automatic answer has left, and until a human being has spoken.
enum KnownVisitState { booked @0; moved @1; cancelled @2; noShow @3; completed @4; }
enum CallOutcome { booked @0; notBooked @1; notConnected @2; voicemail @3; missed @4; abandoned @5; }

enum LeadIntakeRefusal $Cat.refusals {
  unknownPerson @0; unknownEnquiry @1; unknownCampaign @2; alreadyExists @3; alreadyClaimed @4; illegalTransition @5; invalidZone @6; invalidId @7; laneMismatch @8;
  alreadyInHousehold @9; notInHousehold @10; alreadyLinked @11; notLinked @12; tooMany @13; invalidContact @14;
  trackingNumberTaken @15; alreadyStopped @16; invalidReferrer @17; formClosed @18; unknownFormKey @19;
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
  trackingNumber @10 :Text $Cat.maxBytes(64);
  # The number printed or shown for this campaign only; a call that reaches it names the campaign.
  landingPage @11 :Text $Cat.maxBytes(1024);
  offer @12 :Text $Cat.maxBytes(1024);
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
  contactPoints @8 :List(ContactPoint) $Cat.maxItems(16);
  # How the enquirer can be reached, so that whoever knows a patient by one of them can tell.
  referrer @9 :Text $Cat.id("PersonId") $Cat.pseudonym $Cat.maxBytes(64);
  contactConsent @10 :Text $Cat.maxBytes(1024);
  # The words that were agreed to, about being contacted about what was asked for; empty: nothing was agreed to.
  marketingConsent @11 :Text $Cat.maxBytes(1024);
  # The same about news and offers.
}
struct EnquiryAcknowledged $Cat.event {
  # The automatic acknowledgement has left.
  person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.pseudonym $Cat.maxBytes(64);
  enquiry @1 :Text $Cat.id("EnquiryId") $Cat.pseudonym $Cat.maxBytes(128);
  site @2 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  waitedSeconds @3 :UInt32;
  waitedBusinessSeconds @4 :UInt32;
  # While the site was open.
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
  campaign @6 :Text $Cat.id("CampaignId") $Cat.maxBytes(64);
  valueMinor @7 :Int64;
  # What was asked for would bring so much by the fee list, in minor units of the group's currency: an estimate; 0 when nobody has said.
}
struct EnquiryContacted $Cat.event {
  # The first conversation with a human being.
  person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.pseudonym $Cat.maxBytes(64);
  enquiry @1 :Text $Cat.id("EnquiryId") $Cat.pseudonym $Cat.maxBytes(128);
  site @2 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  campaign @3 :Text $Cat.id("CampaignId") $Cat.maxBytes(64);
  waitedSeconds @4 :UInt32;
  by @5 :Text $Cat.maxBytes(128);
  waitedBusinessSeconds @6 :UInt32;
  # While the site was open.
  breached @7 :Bool;
  # That it came too late was told before, by SpeedToLeadBreached.
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
  firstTouch @8 :Text $Cat.id("CampaignId") $Cat.maxBytes(64);
  # The campaign of the person's first enquiry, and of the newest one that names a campaign; empty when there is none.
  lastTouch @9 :Text $Cat.id("CampaignId") $Cat.maxBytes(64);
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
struct CampaignChanged $Cat.event {
  # The whole campaign as it is now.
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
  trackingNumber @10 :Text $Cat.maxBytes(64);
  # The number printed or shown for this campaign only; a call that reaches it names the campaign.
  landingPage @11 :Text $Cat.maxBytes(1024);
  offer @12 :Text $Cat.maxBytes(1024);
}
struct CampaignStopped $Cat.event {
  # Nothing is spent on it any more. Its number may ring and its page may be opened for a long time yet; what comes still counts for it.
  campaign @0 :Text $Cat.id("CampaignId") $Cat.key $Cat.maxBytes(64);
}
struct EnquiryMatched $Cat.event {
  # Somebody asked who shares a contact point with a known patient, or is one. A note on that patient; nobody is merged.
  person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.pseudonym $Cat.maxBytes(64);
  enquiry @1 :Text $Cat.id("EnquiryId") $Cat.pseudonym $Cat.maxBytes(128);
  site @2 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  campaign @3 :Text $Cat.id("CampaignId") $Cat.maxBytes(64);
  enquirer @4 :Text $Cat.id("PersonId") $Cat.pseudonym $Cat.maxBytes(64);
  unfinishedCare @5 :Bool;
  # The patient has care that nobody has finished: staff call, whatever the enquiry was about.
}
struct SpeedToLeadBreached $Cat.event {
  # A clock ran out in the site's business hours and nobody had answered. Told once for each clock of an enquiry.
  person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.pseudonym $Cat.maxBytes(64);
  enquiry @1 :Text $Cat.id("EnquiryId") $Cat.pseudonym $Cat.maxBytes(128);
  site @2 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  campaign @3 :Text $Cat.id("CampaignId") $Cat.maxBytes(64);
  clock @4 :SpeedClock;
  receivedAt @5 :Int64 $Cat.instant;
  limitSeconds @6 :UInt32;
  agent @7 :Text $Cat.maxBytes(128);
  # Who was to call; empty for the group desk.
}
struct AgentDefined $Cat.event {
  site @0 :Text $Cat.id("SiteId") $Cat.key $Cat.maxBytes(64);
  agent @1 :Text $Cat.maxBytes(128);
  capacity @2 :UInt16;
}
struct LeadAssigned $Cat.event {
  # Whose lead it is. Anybody may still claim it; the desk sees it until somebody has.
  person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.pseudonym $Cat.maxBytes(64);
  enquiry @1 :Text $Cat.id("EnquiryId") $Cat.pseudonym $Cat.maxBytes(128);
  site @2 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  agent @3 :Text $Cat.maxBytes(128);
}
struct CallReceived $Cat.event {
  # Somebody called, as the telephone knows it.
  person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.pseudonym $Cat.maxBytes(64);
  enquiry @1 :Text $Cat.id("EnquiryId") $Cat.pseudonym $Cat.maxBytes(128);
  # The enquiry that is made of it, unless one about the same campaign is open.
  site @2 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  campaign @3 :Text $Cat.id("CampaignId") $Cat.maxBytes(64);
  caller @4 :Text $Cat.phi $Cat.maxBytes(64);
  outcome @5 :CallOutcome;
  reason @6 :Text $Cat.phi $Cat.maxBytes(1024);
  by @7 :Text $Cat.maxBytes(128);
  missedOn @8 :Int32 = -2147483648 $Cat.day $Cat.optional;
  # The first call of this caller on that day of the site that nobody took. The person's own lane says so (CallMissed), behind who it is.
  textUsefulUntil @9 :Int64 $Cat.instant $Cat.optional;
  valueMinor @10 :Int64;
  # As in CallRecorded.
}
struct CallMissed $Cat.event {
  # The first call of this caller on this day of the site that nobody took: it wants one text back.
  person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.pseudonym $Cat.maxBytes(64);
  enquiry @1 :Text $Cat.id("EnquiryId") $Cat.pseudonym $Cat.maxBytes(128);
  site @2 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  day @3 :Int32 $Cat.day;
  usefulUntil @4 :Int64 $Cat.instant;
  # The end of that day: tomorrow it is no answer any more.
}
struct NurtureStepDue $Cat.event {
  # A step of the nurture sequence that wants a message. outreach decides whether it may leave.
  person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.pseudonym $Cat.maxBytes(64);
  enquiry @1 :Text $Cat.id("EnquiryId") $Cat.pseudonym $Cat.maxBytes(128);
  site @2 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  version @3 :UInt16;
  step @4 :UInt16;
  templateName @5 :Text $Cat.maxBytes(64);
}
struct ReferralKept $Cat.event {
  # Whom this person sent to us has come: they are thanked, once, without a word about the other.
  person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.pseudonym $Cat.maxBytes(64);
  enquiry @1 :Text $Cat.id("EnquiryId") $Cat.pseudonym $Cat.maxBytes(128);
  site @2 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  referred @3 :Text $Cat.id("PersonId") $Cat.pseudonym $Cat.maxBytes(64);
}
struct EnquiryProduced $Cat.event {
  # Treatment of a person won by this enquiry was completed, for this fee.
  person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.pseudonym $Cat.maxBytes(64);
  enquiry @1 :Text $Cat.id("EnquiryId") $Cat.pseudonym $Cat.maxBytes(128);
  site @2 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  campaign @3 :Text $Cat.id("CampaignId") $Cat.maxBytes(64);
  feeMinor @4 :Int64;
}
struct EnquiryImported $Cat.event {
  # An enquiry of the past, from another system. Never a reason to contact anybody.
  person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.pseudonym $Cat.maxBytes(64);
  enquiry @1 :Text $Cat.id("EnquiryId") $Cat.pseudonym $Cat.maxBytes(128);
  site @2 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  campaign @3 :Text $Cat.id("CampaignId") $Cat.maxBytes(64);
  source @4 :LeadSource;
  channel @5 :EnquiryChannel;
  receivedAt @6 :Int64 $Cat.instant;
}
struct WebFormChanged $Cat.event {
  # What a site's public form takes from now on.
  site @0 :Text $Cat.id("SiteId") $Cat.key $Cat.maxBytes(64);
  enabled @1 :Bool;
  dailyCap @2 :UInt32;
  keys @3 :UInt16;
  # Keys that are valid now.
}
struct WebFormAccepted $Cat.event {
  # A form was filled in, within the day's cap and by no machine that we know of.
  person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.pseudonym $Cat.maxBytes(64);
  enquiry @1 :Text $Cat.id("EnquiryId") $Cat.pseudonym $Cat.maxBytes(128);
  site @2 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  campaign @3 :Text $Cat.id("CampaignId") $Cat.maxBytes(64);
  givenName @4 :Text $Cat.phi $Cat.maxBytes(256);
  familyName @5 :Text $Cat.phi $Cat.maxBytes(256);
  phone @6 :Text $Cat.phi $Cat.maxBytes(254);
  email @7 :Text $Cat.phi $Cat.maxBytes(254);
  text @8 :Text $Cat.phi $Cat.maxBytes(4096);
  channel @9 :EnquiryChannel;
  # Online booking, when the form books a visit as well.
  contactConsent @10 :Text $Cat.maxBytes(1024);
  marketingConsent @11 :Text $Cat.maxBytes(1024);
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
  trackingNumber @10 :Text $Cat.maxBytes(64);
  # The number printed or shown for this campaign only; a call that reaches it names the campaign.
  landingPage @11 :Text $Cat.maxBytes(1024);
  offer @12 :Text $Cat.maxBytes(1024);
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
  referrer @8 :Text $Cat.id("PersonId") $Cat.maxBytes(64);
  # Who sent them to us.
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
  dialled @4 :Text $Cat.maxBytes(64);
  # The number that was called; names the campaign of an enquiry that has none.
  valueMinor @5 :Int64 $Cat.range((min = 0, max = 100000000000));
  # What was asked for would bring so much by the fee list, in minor units of the group's currency: an estimate; 0 when nobody can say.
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
struct ChangeCampaign $Cat.command $Cat.http("POST /v1/campaigns/{campaign}") {
  # Replaces the campaign.
  campaign @0 :Text $Cat.id("CampaignId") $Cat.key $Cat.maxBytes(64);
  name @1 :Text $Cat.required $Cat.maxBytes(256);
  source @2 :LeadSource;
  promise @3 :Text $Cat.maxBytes(2048);
  greetingScript @4 :Text $Cat.maxBytes(4096);
  costMinor @5 :Int64 $Cat.range((min = 0, max = 100000000000));
  currency @6 :Text $Cat.maxBytes(3);
  from @7 :Int32 = -2147483648 $Cat.day $Cat.optional;
  until @8 :Int32 = -2147483648 $Cat.day $Cat.optional;
  sites @9 :List(Text) $Cat.id("SiteId");
  trackingNumber @10 :Text $Cat.maxBytes(64);
  # The number printed or shown for this campaign only; a call that reaches it names the campaign.
  landingPage @11 :Text $Cat.maxBytes(1024);
  offer @12 :Text $Cat.maxBytes(1024);
}
struct StopCampaign $Cat.command $Cat.http("POST /v1/campaigns/{campaign}/stop") {
  campaign @0 :Text $Cat.id("CampaignId") $Cat.key $Cat.maxBytes(64);
}
struct DefineAgent $Cat.command $Cat.http("POST /v1/sites/{site}/agents") {
  # Who works a site's leads, and how many at a time. Somebody who works several sites is named at each. Capacity 0: no new ones.
  site @0 :Text $Cat.id("SiteId") $Cat.key $Cat.maxBytes(64);
  agent @1 :Text $Cat.required $Cat.maxBytes(128);
  capacity @2 :UInt16 $Cat.range((min = 0, max = 50));
}
struct ReceiveCall $Cat.command $Cat.http("POST /v1/calls") $Cat.answers("CallTaken") {
  # A call, as the telephone knows it. Whoever calls again is the person of the first call, unless `knownPerson` says who it is.
  caller @0 :Text $Cat.phi $Cat.key $Cat.maxBytes(64);
  # E.164.
  person @1 :Text $Cat.id("PersonId") $Cat.newId("p-") $Cat.maxBytes(64);
  enquiry @2 :Text $Cat.id("EnquiryId") $Cat.newId("{person}.e-") $Cat.maxBytes(128);
  knownPerson @3 :Text $Cat.id("PersonId") $Cat.maxBytes(64);
  site @4 :Text $Cat.id("SiteId") $Cat.required $Cat.maxBytes(64);
  dialled @5 :Text $Cat.maxBytes(64);
  outcome @6 :CallOutcome;
  reason @7 :Text $Cat.phi $Cat.maxBytes(1024);
  by @8 :Text $Cat.principal $Cat.maxBytes(128);
  valueMinor @9 :Int64 $Cat.range((min = 0, max = 100000000000));
  # As in RecordCall.
}
struct CallTaken $Cat.reply {
  person @0 :Text $Cat.id("PersonId") $Cat.maxBytes(64);
  campaign @1 :Text $Cat.id("CampaignId") $Cat.maxBytes(64);
  textBack @2 :Bool;
  # A text back was asked for; outreach says whether it left.
}
struct NurtureLead $Cat.command $Cat.http("POST /v1/leads/{enquiry}/nurture") $Cat.answers("LeadView") {
  # Not now, but perhaps later: a few messages over weeks, until they book, are lost, or want no more.
  enquiry @0 :Text $Cat.id("EnquiryId") $Cat.key $Cat.maxBytes(128);
}
struct SetWebForm $Cat.command $Cat.http("POST /v1/sites/{site}/web-form") {
  # The kill switch and the cap of a site's public form.
  site @0 :Text $Cat.id("SiteId") $Cat.key $Cat.maxBytes(64);
  enabled @1 :Bool = true;
  dailyCap @2 :UInt32 = 200 $Cat.range((min = 0, max = 100000));
  # Forms a day of the site; counted before anything else is looked at.
}
struct IssueFormKey $Cat.command $Cat.http("POST /v1/sites/{site}/form-keys") {
  # A new key for the web page. Older keys stay valid for a while, so that pages can be changed without losing anybody.
  site @0 :Text $Cat.id("SiteId") $Cat.key $Cat.maxBytes(64);
  formKey @1 :Text $Cat.id("FormKeyId") $Cat.newId("{site}.f-") $Cat.maxBytes(128);
  overlapHours @2 :UInt16 = 24 $Cat.range((min = 0, max = 8760));
}
struct DisableFormKey $Cat.command $Cat.http("POST /v1/form-keys/{form_key}/disable") {
  # At once.
  formKey @0 :Text $Cat.id("FormKeyId") $Cat.key $Cat.maxBytes(128);
}
struct SubmitWebForm $Cat.command {
  # What somebody, or something, has put into a public form. The edge gives the same answer whatever becomes of it.
  formKey @0 :Text $Cat.id("FormKeyId") $Cat.key $Cat.maxBytes(128);
  person @1 :Text $Cat.id("PersonId") $Cat.newId("p-") $Cat.maxBytes(64);
  enquiry @2 :Text $Cat.id("EnquiryId") $Cat.newId("{person}.e-") $Cat.maxBytes(128);
  givenName @3 :Text $Cat.phi $Cat.maxBytes(256);
  familyName @4 :Text $Cat.phi $Cat.maxBytes(256);
  phone @5 :Text $Cat.phi $Cat.maxBytes(254);
  email @6 :Text $Cat.phi $Cat.maxBytes(254);
  text @7 :Text $Cat.phi $Cat.maxBytes(4096);
  campaign @8 :Text $Cat.id("CampaignId") $Cat.maxBytes(64);
  honeypot @9 :Text $Cat.phi $Cat.maxBytes(254);
  # A field that no human being sees.
  channel @10 :EnquiryChannel;
  # Said by the edge: a web form, or the pages of online booking.
  contactConsent @11 :Text $Cat.maxBytes(1024);
  # The words beside the box that was ticked; empty when it was not.
  marketingConsent @12 :Text $Cat.maxBytes(1024);
}
struct ImportedLead {
  person @0 :Text $Cat.id("PersonId") $Cat.required $Cat.maxBytes(64);
  enquiry @1 :Text $Cat.id("EnquiryId") $Cat.required $Cat.maxBytes(128);
  site @2 :Text $Cat.id("SiteId") $Cat.required $Cat.maxBytes(64);
  campaign @3 :Text $Cat.id("CampaignId") $Cat.maxBytes(64);
  source @4 :LeadSource;
  channel @5 :EnquiryChannel;
  receivedAt @6 :Int64 $Cat.instant;
  profile @7 :PersonProfile;
  text @8 :Text $Cat.phi $Cat.maxBytes(4096);
}
struct ImportLeads $Cat.command $Cat.answers("ImportDone") {
  # Enquiries of another system, all of the lane of `key`. One that is known already is left as it is; nobody is contacted.
  key @0 :Text $Cat.key $Cat.maxBytes(64);
  leads @1 :List(ImportedLead) $Cat.maxItems(256);
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
  assignedTo @13 :Text $Cat.maxBytes(128);
  acknowledgedAt @14 :Int64 $Cat.instant $Cat.optional;
  contactedAt @15 :Int64 $Cat.instant $Cat.optional;
  acknowledgementBreached @16 :Bool;
  contactBreached @17 :Bool;
  source @18 :LeadSource;
  channel @19 :EnquiryChannel;
  text @20 :Text $Cat.phi $Cat.maxBytes(4096);
  referrer @21 :Text $Cat.id("PersonId") $Cat.maxBytes(64);
  appointment @22 :Text $Cat.id("AppointmentId") $Cat.maxBytes(128);
  offer @23 :Text $Cat.maxBytes(1024);
  valueMinor @24 :Int64;
  # The newest estimate of what was asked for, in minor units; 0 when nobody has said.
  notBookedAt @25 :Int64 $Cat.instant $Cat.optional;
  # When a conversation ended last without a visit.
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
  firstTouch @6 :Text $Cat.id("CampaignId") $Cat.maxBytes(64);
  lastTouch @7 :Text $Cat.id("CampaignId") $Cat.maxBytes(64);
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
struct CampaignView $Cat.reply {
  campaign @0 :Text $Cat.id("CampaignId") $Cat.maxBytes(64);
  name @1 :Text $Cat.maxBytes(256);
  source @2 :LeadSource;
  promise @3 :Text $Cat.maxBytes(2048);
  greetingScript @4 :Text $Cat.maxBytes(4096);
  costMinor @5 :Int64;
  currency @6 :Text $Cat.maxBytes(3);
  from @7 :Int32 = -2147483648 $Cat.day $Cat.optional;
  until @8 :Int32 = -2147483648 $Cat.day $Cat.optional;
  sites @9 :List(Text) $Cat.id("SiteId");
  trackingNumber @10 :Text $Cat.maxBytes(64);
  # The number printed or shown for this campaign only; a call that reaches it names the campaign.
  landingPage @11 :Text $Cat.maxBytes(1024);
  offer @12 :Text $Cat.maxBytes(1024);
  stopped @13 :Bool;
}
struct CampaignList $Cat.reply { campaigns @0 :List(CampaignView) $Cat.maxItems(1000); }
struct GetCampaign $Cat.query $Cat.http("GET /v1/campaigns/{campaign}") $Cat.answers("CampaignView") {
  campaign @0 :Text $Cat.id("CampaignId") $Cat.key $Cat.maxBytes(64);
}
struct ListCampaigns $Cat.query $Cat.http("GET /v1/campaigns") $Cat.answers("CampaignList") {
  trackingNumber @0 :Text $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  running @2 :Bool;
  # Only those that are not stopped.
}
struct LeadList $Cat.reply {
  leads @0 :List(LeadView) $Cat.maxItems(200);
  open @1 :UInt64;
  # All that wait, claimed ones included.
}
struct ListLeads $Cat.query $Cat.http("GET /v1/leads") $Cat.answers("LeadList") {
  # What waits for somebody to call, oldest first, without what is claimed. Without a site: all of them, for the group desk.
  site @0 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  agent @1 :Text $Cat.maxBytes(128);
  # Only what is assigned to this one.
  limit @2 :UInt16 = 50 $Cat.range((min = 1, max = 200));
  notBooked @3 :Bool;
  # Only those with whom a conversation ended without a visit, the most valuable first: whom it is worth while to call once more.
}
struct KnownVisit {
  appointment @0 :Text $Cat.id("AppointmentId") $Cat.maxBytes(128);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  start @2 :Int64 $Cat.instant;
  purpose @3 :Text $Cat.maxBytes(64);
  state @4 :KnownVisitState;
  imported @5 :Bool;
  # Of another system: history, as that system tells it.
}
struct OpenCare {
  gap @0 :Text $Cat.id("GapId") $Cat.maxBytes(128);
  kind @1 :Text $Cat.maxBytes(64);
  purpose @2 :Text $Cat.maxBytes(64);
  cover @3 :Text $Cat.maxBytes(64);
}
struct MatchedEnquiry {
  enquiry @0 :Text $Cat.id("EnquiryId") $Cat.maxBytes(128);
  enquirer @1 :Text $Cat.id("PersonId") $Cat.maxBytes(64);
  campaign @2 :Text $Cat.id("CampaignId") $Cat.maxBytes(64);
  at @3 :Int64 $Cat.instant;
}
struct DeskPerson {
  person @0 :PersonView;
  enquiries @1 :List(LeadView) $Cat.maxItems(20);
  # The newest first.
  visits @2 :List(KnownVisit) $Cat.maxItems(50);
  openCare @3 :List(OpenCare) $Cat.maxItems(100);
  matches @4 :List(MatchedEnquiry) $Cat.maxItems(50);
  # Enquiries of others who share a contact point.
}
struct DeskView $Cat.reply {
  campaign @0 :CampaignView;
  # Of the number that was dialled, else of the newest enquiry; its id is empty when there is none.
  persons @1 :List(DeskPerson) $Cat.maxItems(10);
}
struct GetDesk $Cat.query $Cat.http("GET /v1/desk") $Cat.answers("DeskView") {
  # Everything that whoever picks up the phone needs: by the number that calls, or by person.
  phone @0 :Text $Cat.phi $Cat.maxBytes(254);
  person @1 :Text $Cat.id("PersonId") $Cat.maxBytes(64);
  dialled @2 :Text $Cat.maxBytes(64);
}
struct FormKeyView {
  formKey @0 :Text $Cat.id("FormKeyId") $Cat.maxBytes(128);
  validUntil @1 :Int64 $Cat.instant $Cat.optional;
}
struct WebFormView $Cat.reply {
  site @0 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  enabled @1 :Bool;
  dailyCap @2 :UInt32;
  keys @3 :List(FormKeyView) $Cat.maxItems(16);
  countedToday @4 :UInt32;
  machinesToday @5 :UInt32;
  # Of these, the ones that filled the field nobody sees.
}
struct GetWebForm $Cat.query $Cat.http("GET /v1/sites/{site}/web-form") $Cat.answers("WebFormView") {
  site @0 :Text $Cat.id("SiteId") $Cat.key $Cat.maxBytes(64);
}

# ---- booking by those who are known

struct BookingLinkAsked $Cat.event {
  # Somebody who says that they are known asks to book online, by a contact point. Whoever answers there is sent a link; to have it is the proof.
  person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.pseudonym $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  contact @2 :Text $Cat.phi $Cat.maxBytes(254);
  # As it is known: E.164 or a lower-case address.
}
struct AskForBookingLink $Cat.command {
  # The public form behind "Have you been here before?", counted like any other. The edge gives the same answer whatever becomes of it.
  formKey @0 :Text $Cat.id("FormKeyId") $Cat.key $Cat.maxBytes(128);
  contact @1 :Text $Cat.phi $Cat.maxBytes(254);
  # As GetBookers writes it.
  person @2 :Text $Cat.id("PersonId") $Cat.maxBytes(64);
  # The first that GetBookers names; empty: nobody, and the form is counted only.
  honeypot @3 :Text $Cat.phi $Cat.maxBytes(254);
  # A field that no human being sees.
}
struct Booker {
  person @0 :Text $Cat.id("PersonId") $Cat.maxBytes(64);
  givenName @1 :Text $Cat.phi $Cat.maxBytes(256);
}
struct Bookers $Cat.reply {
  contact @0 :Text $Cat.phi $Cat.maxBytes(254);
  # As it is known; empty when nobody may be booked for.
  persons @1 :List(Booker) $Cat.maxItems(16);
  # The first is whom a link is sent to, or was.
}
struct GetBookers $Cat.query $Cat.answers("Bookers") {
  # Whom somebody may book for who holds a contact point: themselves, and those for whom they answer. A child never books alone.
  contact @0 :Text $Cat.phi $Cat.required $Cat.maxBytes(254);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  # Whose day says who is a child.
  person @2 :Text $Cat.id("PersonId") $Cat.maxBytes(64);
  # Whom a link was sent to. Empty: whoever answers at that contact point, when it can be said of one person only.
}
