@0xb1d6e0c0a7a10014;
# Surveys and answers.

using Cxx = import "/capnp/c++.capnp";
using Cat = import "catalogue.capnp";
$Cxx.namespace("bridgework::wire");
$Cat.owner("feedback");
$Cat.values("bridgework::messages");

enum Bucket { positive @0; neutral @1; negative @2; }
enum SurveyState { waiting @0; asked @1; answered @2; notAsked @3; }

enum FeedbackRefusal $Cat.refusals { unknownSurvey @0; alreadyAnswered @1; wrongToken @2; scoreOutOfRange @3; notAskedYet @4; promiseUnclear @5; }

struct SurveyAsked $Cat.event {
  # The survey may be sent now; outreach decides how and whether.
  person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.pseudonym $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  survey @2 :Text $Cat.id("SurveyId") $Cat.pseudonym $Cat.maxBytes(128);
  templateName @3 :Text $Cat.maxBytes(64);
  token @4 :Text $Cat.phi $Cat.maxBytes(256);
  appointment @5 :Text $Cat.id("AppointmentId") $Cat.maxBytes(128);
}
struct SurveyAnswered $Cat.event {
  person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.pseudonym $Cat.maxBytes(64);
  site @1 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  survey @2 :Text $Cat.id("SurveyId") $Cat.pseudonym $Cat.maxBytes(128);
  appointment @3 :Text $Cat.id("AppointmentId") $Cat.maxBytes(128);
  score @4 :UInt8;
  bucket @5 :Bucket;
  text @6 :Text $Cat.phi $Cat.maxBytes(4096);
  promiseKept @7 :Text $Cat.maxBytes(16);
  # yes, no or empty.
}

struct AnswerSurvey $Cat.command $Cat.http("POST /v1/responses") {
  survey @0 :Text $Cat.id("SurveyId") $Cat.key $Cat.maxBytes(128);
  token @1 :Text $Cat.phi $Cat.required $Cat.maxBytes(256);
  score @2 :UInt8;
  # 0 to 10.
  text @3 :Text $Cat.phi $Cat.maxBytes(4096);
  promiseKept @4 :Text $Cat.maxBytes(16);
}

struct SurveyView $Cat.reply {
  survey @0 :Text $Cat.id("SurveyId") $Cat.maxBytes(128);
  person @1 :Text $Cat.id("PersonId") $Cat.maxBytes(64);
  site @2 :Text $Cat.id("SiteId") $Cat.maxBytes(64);
  state @3 :SurveyState;
  score @4 :UInt8;
  bucket @5 :Bucket;
  question @6 :Text $Cat.maxBytes(512);
  reviewLink @7 :Text $Cat.maxBytes(512);
  # The public-review link, the same for everybody, whatever the score.
}
struct GetSurvey $Cat.query $Cat.http("GET /v1/surveys/{survey}") $Cat.answers("SurveyView") { survey @0 :Text $Cat.id("SurveyId") $Cat.key $Cat.maxBytes(128); }
struct SurveyList $Cat.reply { surveys @0 :List(SurveyView); }
struct ListSurveys $Cat.query $Cat.http("GET /v1/surveys") $Cat.answers("SurveyList") { person @0 :Text $Cat.id("PersonId") $Cat.key $Cat.maxBytes(64); }
