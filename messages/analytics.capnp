@0xb1d6e0c0a7a10016;
# KPIs and the bucket.

using Cxx = import "/capnp/c++.capnp";
using Cat = import "catalogue.capnp";
$Cxx.namespace("bridgework::wire");
$Cat.owner("analytics");
$Cat.values("bridgework::messages");

enum AnalyticsRefusal $Cat.refusals { unknownKpi @0; unknownDimension @1; }

struct KpiRow {
  key @0 :Text $Cat.maxBytes(128);
  numerator @1 :Int64;
  denominator @2 :Int64;
  value @3 :Float64;
  # numerator ÷ denominator; meaningless and 0 when hasValue is false.
  hasValue @4 :Bool;
}
struct KpiView $Cat.reply {
  id @0 :Text $Cat.maxBytes(64);
  # With its version: "no_show_rate@1".
  numerator @1 :Int64;
  denominator @2 :Int64;
  value @3 :Float64;
  hasValue @4 :Bool;
  title @5 :Text $Cat.maxBytes(256);
  definition @6 :Text $Cat.maxBytes(1024);
  unit @7 :Text $Cat.maxBytes(32);
  rows @8 :List(KpiRow);
}
struct GetKpi $Cat.query $Cat.http("GET /v1/kpis/{kpi}") $Cat.answers("KpiView") {
  kpi @0 :Text $Cat.required $Cat.maxBytes(64);
  from @1 :Int32 = -2147483648 $Cat.day $Cat.optional;
  to @2 :Int32 = -2147483648 $Cat.day $Cat.optional;
  by @3 :Text $Cat.maxBytes(32);
  # site, day, month, purpose, campaign… as the definition allows; empty for the total only.
  site @4 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
}
struct KpiSummary { id @0 :Text $Cat.maxBytes(64); title @1 :Text $Cat.maxBytes(256); definition @2 :Text $Cat.maxBytes(1024); dimensions @3 :List(Text); }
struct KpiCatalogue $Cat.reply { kpis @0 :List(KpiSummary); }
struct ListKpis $Cat.query $Cat.http("GET /v1/kpis") $Cat.answers("KpiCatalogue") {}
struct BucketHole {
  hole @0 :Text $Cat.maxBytes(64);
  people @1 :UInt64;
  moneyMinor @2 :Int64;
  openedInPeriod @3 :UInt64;
  closedInPeriod @4 :UInt64;
}
struct BucketView $Cat.reply {
  site @0 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  from @1 :Int32 = -2147483648 $Cat.day $Cat.optional;
  to @2 :Int32 = -2147483648 $Cat.day $Cat.optional;
  enquiries @3 :UInt64;
  booked @4 :UInt64;
  kept @5 :UInt64;
  visitsCompleted @6 :UInt64;
  peopleInCare @7 :UInt64;
  peopleLeaking @8 :UInt64;
  holes @9 :List(BucketHole);
}
struct GetBucket $Cat.query $Cat.http("GET /v1/bucket") $Cat.answers("BucketView") {
  site @0 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  from @1 :Int32 = -2147483648 $Cat.day $Cat.optional;
  to @2 :Int32 = -2147483648 $Cat.day $Cat.optional;
}
