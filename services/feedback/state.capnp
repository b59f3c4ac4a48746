@0xb1d6e0c0a7a1f014;
# What feedback remembers, all of it in the person's lane.

using Cxx = import "/capnp/c++.capnp";
using Cat = import "/messages/catalogue.capnp";
using Feedback = import "/messages/feedback.capnp";
$Cxx.namespace("bridgework::feedback::wire");
$Cat.owner("feedback");
$Cat.values("bridgework::feedback");

enum NotAskedBecause { none @0; personGone @1; askedLately @2; noSecret @3; }

struct PersonRecord $Cat.record {
  # id: person.
  surveys @0 :UInt32;
  # The number of the newest survey id.
  lastAskedAt @1 :Int64 $Cat.instant $Cat.optional;
  gone @2 :Bool;
  # Deceased or moved away: nothing is asked.
  language @3 :Text $Cat.maxBytes(35);
  waiting @4 :List(Text) $Cat.id("SurveyId");
}
struct SurveyRecord $Cat.record {
  # id: survey. The words of an answer are not kept here: they are in the log, and nobody needs them twice.
  survey @0 :Text $Cat.id("SurveyId") $Cat.maxBytes(128);
  person @1 :Text $Cat.id("PersonId") $Cat.maxBytes(64);
  site @2 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  appointment @3 :Text $Cat.id("AppointmentId") $Cat.maxBytes(128);
  state @4 :Feedback.SurveyState;
  notAskedBecause @5 :NotAskedBecause;
  questionVersion @6 :UInt16;
  language @7 :Text $Cat.maxBytes(35);
  askedAt @8 :Int64 $Cat.instant $Cat.optional;
  answeredAt @9 :Int64 $Cat.instant $Cat.optional;
  score @10 :UInt8;
  bucket @11 :Feedback.Bucket;
}

struct AskNow $Cat.timer {
  # The visit is over, the impression is fresh.
  survey @0 :Text $Cat.id("SurveyId") $Cat.maxBytes(128);
}
