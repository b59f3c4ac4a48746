@0xb1d6e0c0a7a1f001;
# Every shape a field can have, so that the codec tests need no message of the business to have it.

using Cxx = import "/capnp/c++.capnp";
using Cat = import "/messages/catalogue.capnp";
using LeadIntake = import "/messages/lead_intake.capnp";
$Cxx.namespace("bridgework::contract::wire");
$Cat.values("bridgework::contract");

enum Hue { red @0; notRed @1; }

struct EveryShape $Cat.record {
  # All of them, with and without their limits.
  key @0 :Text $Cat.key $Cat.maxBytes(16);
  flag @1 :Bool = true;
  tiny @2 :Int8;
  small @3 :Int16 $Cat.range((min = -5, max = 5));
  medium @4 :Int32 = -7;
  large @5 :Int64;
  tinyCount @6 :UInt8;
  smallCount @7 :UInt16 = 15 $Cat.range((min = 1, max = 240));
  mediumCount @8 :UInt32;
  largeCount @9 :UInt64 $Cat.range((min = 0, max = 100));
  ratio @10 :Float32;
  share @11 :Float64 $Cat.range((min = 0, max = 1));
  text @12 :Text = "as given";
  data @13 :Data $Cat.maxBytes(8);
  hue @14 :Hue = notRed;
  person @15 :Text $Cat.id("PersonId") $Cat.phi;
  at @16 :Int64 $Cat.instant;
  maybeAt @17 :Int64 $Cat.instant $Cat.optional;
  day @18 :Int32 $Cat.day;
  maybeDay @19 :Int32 = -2147483648 $Cat.day $Cat.optional $Cat.phi;
  local @20 :Int64 $Cat.local;
  maybeLocal @21 :Int64 = -9223372036854775808 $Cat.local $Cat.optional;
  contact @22 :LeadIntake.ContactPoint;
  maybeContact @23 :LeadIntake.ContactPoint $Cat.optional;
  flags @24 :List(Bool);
  numbers @25 :List(UInt16) $Cat.maxItems(3);
  ratios @26 :List(Float64);
  texts @27 :List(Text) $Cat.maxBytes(4);
  blobs @28 :List(Data);
  hues @29 :List(Hue);
  persons @30 :List(Text) $Cat.id("PersonId");
  contacts @31 :List(LeadIntake.ContactPoint) $Cat.phi $Cat.required;
  new @32 :Text $Cat.since(2);
}

struct Tree $Cat.record {
  # Holds itself, as deep as somebody cares to send.
  label @0 :Text;
  branches @1 :List(Tree);
}

struct Nothing {}
struct Bare $Cat.timer {
  nothing @0 :Nothing;
  nothings @1 :List(Nothing);
}
