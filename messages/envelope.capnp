@0xb1d6e0c0a7a10002;
# What travels between processes: the envelopes around commands, queries, replies and events, and the bus's two calls.

using Cxx = import "/capnp/c++.capnp";
using Cat = import "catalogue.capnp";
$Cxx.namespace("bridgework::wire");
$Cat.owner("runtime");
$Cat.values("bridgework::messages");

struct Request {
  # A command or query on its way to the service that owns it.
  correlation @0 :UInt64;
  # Chosen by the sender; comes back in the Reply. Unique among the sender's open requests.
  typeId @1 :UInt64;
  # capnp id of the struct in body.
  body @2 :Data $Cat.maxBytes(1048576);
  principal @3 :Text $Cat.maxBytes(128);
  # Who asks: an API key's name, a service's name.
  idempotencyKey @4 :Text $Cat.maxBytes(128);
  # Empty for queries.
  deadline @5 :Int64 $Cat.instant;
  # Past it the request is refused unread.
  traceparent @6 :Text $Cat.maxBytes(64);
}

enum Outcome {
  done @0;          # body holds the reply struct
  refused @1;       # the business says no: code and detail say why
  malformed @2;     # the request breaks the schema
  notOwner @3;      # another instance owns the lane: hint is its endpoint
  overloaded @4;    # queue full, nothing was done: again after retryAfterMs
  expired @5;       # the deadline passed before the request was read
  keyReused @6;     # the idempotency key was used with other bytes
  unavailable @7;   # the store is away; nothing is known to have been done: retry with the same key
  internal @8;      # a defect in this service, parked and counted
}

struct Reply {
  correlation @0 :UInt64;
  outcome @1 :Outcome;
  code @2 :Text $Cat.maxBytes(128);
  # Stable snake_case name of a refusal or fault.
  detail @3 :Text $Cat.maxBytes(1024);
  typeId @4 :UInt64;
  body @5 :Data $Cat.maxBytes(4194304);
  sequence @6 :UInt64;
  # Last log position this command wrote; 0 if none. A reader at or past it sees the command's effects.
  hint @7 :Text $Cat.maxBytes(256);
  retryAfterMs @8 :UInt32;
}

struct EventRecord {
  # One fact in the log. Its sequence is its position in the stream and is not repeated inside.
  typeId @0 :UInt64;
  recordedAt @1 :Int64 $Cat.instant;
  service @2 :Text $Cat.maxBytes(32);
  person @3 :Text $Cat.maxBytes(128) $Cat.pseudonym;
  # Whom it is about; empty when it is about nobody.
  site @4 :Text $Cat.maxBytes(128);
  principal @5 :Text $Cat.maxBytes(128);
  causation @6 :UInt64;
  # Sequence of the event that led to this one; 0 for a command or a timer.
  traceparent @7 :Text $Cat.maxBytes(64);
  body @8 :Data $Cat.maxBytes(65536);
}

struct Fetch {
  correlation @0 :UInt64;
  incarnation @1 :Text $Cat.maxBytes(64);
  # What the caller last saw; empty when it has none.
  after @2 :UInt64;
  maxEvents @3 :UInt32;
  maxBytes @4 :UInt32;
  waitMs @5 :UInt32;
  # Above 0 the call is parked until there is something or the time has passed.
  types @6 :List(UInt64);
  # Empty: every type.
}

enum FetchOutcome {
  events @0;
  truncated @1;     # the log begins after `after`: nothing was skipped, the caller must get the archive
  diverged @2;      # the caller has seen events that a new incarnation does not have
  unavailable @3;   # the store is away
  malformed @4;     # no Fetch; or, with its correlation, one for events that the caller's key may not read
}

struct FetchedEvent {
  sequence @0 :UInt64;
  record @1 :Data $Cat.maxBytes(131072);
  # EventRecord bytes, untouched.
}

struct FetchReply {
  correlation @0 :UInt64;
  outcome @1 :FetchOutcome;
  incarnation @2 :Text $Cat.maxBytes(64);
  firstOfIncarnation @3 :UInt64;
  # Where the present one began. In a `diverged`: where the caller's history first departs from this log, by whatever incarnation since.
  first @4 :UInt64;
  head @5 :UInt64;
  next @6 :UInt64;
  # The caller has seen everything up to here (filtered events included); use it as `after` of the next call.
  events @7 :List(FetchedEvent);
}

struct Beacon {
  # On Live, topic "!beacon": tells a subscriber what it should have by now.
  incarnation @0 :Text $Cat.maxBytes(64);
  head @1 :UInt64;
}

struct LiveHeader {
  # Second frame of a Live message; the third is the pseudonymised payload.
  incarnation @0 :Text $Cat.maxBytes(64);
  sequence @1 :UInt64;
  typeId @2 :UInt64;
  type @3 :Text $Cat.maxBytes(128);
  recordedAt @4 :Int64 $Cat.instant;
  person @5 :Text $Cat.maxBytes(128);
  # Keyed hash, stable within a group.
  site @6 :Text $Cat.maxBytes(128);
}

struct StoredReply {
  # What an idempotency record keeps.
  outcome @0 :Outcome;
  code @1 :Text $Cat.maxBytes(128);
  detail @2 :Text $Cat.maxBytes(1024);
  typeId @3 :UInt64;
  body @4 :Data $Cat.maxBytes(65536);
}

struct StoredTimer {
  # A timer as kept beside its due time.
  generation @0 :UInt64;
  typeId @1 :UInt64;
  entity @2 :Text $Cat.maxBytes(256);
  name @3 :Text $Cat.maxBytes(256);
  due @4 :Int64 $Cat.instant;
  skipIfOlderThanSeconds @5 :UInt32;
  # 0: never too late.
  body @6 :Data $Cat.maxBytes(16384);
}

struct Parked {
  # A message set aside with all that is needed to replay it.
  service @0 :Text $Cat.maxBytes(32);
  lane @1 :UInt16;
  entity @2 :Text $Cat.maxBytes(256);
  sequence @3 :UInt64;
  typeId @4 :UInt64;
  reason @5 :Text $Cat.maxBytes(512);
  attempts @6 :UInt32;
  parkedAt @7 :Int64 $Cat.instant;
  record @8 :Data $Cat.maxBytes(131072);
}

# ---- what every service answers beside its own messages

struct RetryParked {
  # Handles the parked messages of one entity again, in order. Those that fail again stay parked, with all that follow them.
  entity @0 :Text $Cat.required $Cat.maxBytes(256);
  lane @1 :UInt16;
  # Read only for entity `*`: reference data, which goes to every lane and may be parked in several.
}
struct ParkedRetried {
  handled @0 :UInt32;
  stillParked @1 :UInt32;
}
