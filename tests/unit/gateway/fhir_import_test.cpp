// What FHIR brings in: what it means here, and which rule stands in its way.

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "gateway/fhir_import.hpp"
#include "gateway/fhir_resource.hpp"
#include "gateway/gateway.hpp"
#include "gateway/times.hpp"
#include "messages/appointments.codec.hpp"
#include "messages/lead_intake.codec.hpp"
#include "support/fhir_rules.hpp"
#include "tests/unit/gateway/ask.hpp"
#include "tests/unit/gateway/fake_backend.hpp"

namespace bridgework::gateway {
namespace {

namespace json = boost::json;

const Instant kNow = *parse_instant("2026-11-22T12:00:00Z");

tl::expected<FromFhir, Problem> read(const std::string& text, std::string_view past_booked = {}, std::string_view principal = "pms") {
  return read_fhir(json::parse(text).as_object(), FhirSource{principal, kNow, past_booked});
}
std::string rule_of(const std::string& text) {
  const auto taken = read(text);
  return taken ? "taken" : taken.error().code;
}

/// An Appointment with these members put in or, when null, taken out.
std::string appointment(const std::string& changes) {
  json::object one = json::parse(R"({"resourceType":"Appointment","id":"a1","status":"fulfilled","start":"2026-11-20T14:00:00Z",
    "end":"2026-11-20T14:30:00Z","participant":[{"actor":{"reference":"Patient/p1"},"status":"accepted"},
    {"actor":{"reference":"Practitioner/dr-lee"},"status":"accepted"},{"actor":{"reference":"Location/harbour"},"status":"accepted"}]})")
                         .as_object();
  const json::value changed = json::parse(changes);
  for (const auto& member : changed.as_object()) {
    if (member.value().is_null()) one.erase(member.key());
    else one[member.key()] = member.value();
  }
  return json::serialize(one);
}

// ---- people

TEST(GatewayFhirImport, APatientBecomesAnImportedPersonKnownByItsIdAtItsSource) {
  const std::string patient = R"({"resourceType":"Patient","id":"example","active":true,"name":[{"use":"usual","given":["Jim"]},
    {"use":"official","family":"Chalmers","given":["Peter","James"]}],"birthDate":"1974-12-25","telecom":[{"use":"home"},
    {"system":"phone","value":"(03) 5555 6473","use":"work"},{"system":"phone","value":"1","use":"old"},{"system":"fax","value":"2"},
    {"system":"email","value":"a@b.example"}],"communication":[{"language":{"coding":[{"code":"en"}]}},
    {"language":{"coding":[{"code":"nl"}]},"preferred":true}]})";
  const auto taken = read(patient);
  ASSERT_TRUE(taken) << taken.error().detail;
  const auto& person = std::get<PersonFromFhir>(*taken);
  EXPECT_EQ(json::value(person.profile), json::parse(R"({"given_name":"Peter James","family_name":"Chalmers","birth_day":"1974-12-25",
    "contact_points":[{"kind":"phone","raw":"(03) 5555 6473"},{"kind":"email","raw":"a@b.example"}],"language":"nl","status":"patient",
    "provenance":"imported"})"));
  EXPECT_EQ(person.notes.size(), 2U);
  EXPECT_EQ(std::get<PersonFromFhir>(*read(patient)).person, person.person);
  EXPECT_NE(std::get<PersonFromFhir>(*read(patient, {}, "another system")).person, person.person);
}

TEST(GatewayFhirImport, WhoDiedOrLeftIsTakenAsSuch) {
  const auto status = [](const std::string& members) {
    const auto taken = read(R"({"resourceType":"Patient","id":"x",)" + members + "}");
    return std::string(std::get<PersonFromFhir>(*taken).profile.at("status").as_string());
  };
  EXPECT_EQ(status(R"("deceasedBoolean":true)"), "deceased");
  EXPECT_EQ(status(R"("deceasedDateTime":"2015-02-14T13:42:00+10:00")"), "deceased");
  EXPECT_EQ(status(R"("deceasedBoolean":false,"active":false)"), "inactive");
  EXPECT_EQ(status(R"("active":true)"), "patient");
}

TEST(GatewayFhirImport, WhatWeExportedIsRecognisedByOurIdentifier) {
  messages::PersonView view;
  view.person = PersonId("p-7");
  view.profile.home_site = SiteId("harbour");
  const auto person = read(json::serialize(fhir_patient(view)));
  ASSERT_TRUE(person);
  EXPECT_EQ(std::get<PersonFromFhir>(*person).person, "p-7");
  EXPECT_EQ(std::get<PersonFromFhir>(*person).profile.at("home_site").as_string(), "harbour");

  messages::AppointmentView visit;
  visit.appointment = AppointmentId("harbour.v-1");
  visit.person = PersonId("p-7");
  visit.site = SiteId("harbour");
  visit.state = messages::VisitState::kCheckedOut;
  visit.visit.visit_type = "hygiene";
  visit.visit.purpose = messages::Purpose::kHygiene;
  visit.visit.provider = ProviderId("dr-lee");
  visit.visit.chair = ChairId("c1");
  visit.visit.start = kNow - std::chrono::hours(2);
  visit.visit.duration_minutes = 45;
  const auto back = read(json::serialize(*fhir_appointment(visit)));
  ASSERT_TRUE(back) << back.error().detail;
  const auto& taken = std::get<VisitFromFhir>(*back);
  EXPECT_EQ(taken.kind, VisitFromFhir::Kind::kHistory);
  EXPECT_EQ(taken.appointment, "harbour.v-1");
  EXPECT_EQ(taken.person, "p-7");
  EXPECT_EQ(taken.site, "harbour");
  EXPECT_EQ(taken.provider, "dr-lee");
  EXPECT_EQ(taken.purpose, "hygiene");
  EXPECT_EQ(taken.outcome, "completed");
  EXPECT_EQ(taken.start, visit.visit.start);
  EXPECT_EQ(taken.duration_minutes, 45);
}

TEST(GatewayFhirImport, APatientThatCannotBeOneIsRefusedByRule) {
  EXPECT_EQ(rule_of(R"({"resourceType":"Patient"})"), "id-or-identifier");
  EXPECT_EQ(
      rule_of(R"({"resourceType":"Patient","id":"x","extension":[{"url":"http://hl7.org/fhir/StructureDefinition/patient-animal"}]})"),
      "person-is-human");
  EXPECT_EQ(rule_of(R"({"resourceType":"Patient","id":"x","link":[{"other":{"reference":"Patient/y"},"type":"replaced-by"}]})"),
            "replaced-record");
  EXPECT_EQ(rule_of(R"({"resourceType":"Patient","id":"x","link":[{"type":"seealso"}]})"), "link-required-elements");
  EXPECT_EQ(rule_of(R"({"resourceType":"Patient","id":"x","implicitRules":"urn:x"})"), "modifiers-unknown");
  EXPECT_EQ(rule_of(R"({"resourceType":"Patient","id":"x","modifierExtension":[{"url":"urn:x"}]})"), "modifiers-unknown");
  EXPECT_EQ(rule_of(R"({"resourceType":"Observation","id":"x"})"), "resource-type");
}

// ---- visits

TEST(GatewayFhirImport, AVisitOfThePastIsHistoryWithItsOutcome) {
  const auto outcome = [](const std::string& status) {
    return std::get<VisitFromFhir>(*read(appointment("{\"status\":\"" + status + "\"}"))).outcome;
  };
  EXPECT_EQ(outcome("fulfilled"), "completed");
  EXPECT_EQ(outcome("checked-in"), "completed");
  EXPECT_EQ(outcome("noshow"), "no_show");
  EXPECT_EQ(outcome("cancelled"), "cancelled");
  const auto visit = std::get<VisitFromFhir>(*read(appointment("{}")));
  EXPECT_EQ(visit.site, "harbour");
  EXPECT_TRUE(visit.appointment.starts_with("harbour.f-")) << visit.appointment;
  EXPECT_EQ(visit.person, std::get<PersonFromFhir>(*read(R"({"resourceType":"Patient","id":"p1"})")).person);
}

TEST(GatewayFhirImport, WhatBecameOfAPastBookedVisitIsSaidByTheSourceOrByNobody) {
  EXPECT_EQ(rule_of(appointment(R"({"status":"booked"})")), "past-visit-outcome");
  EXPECT_EQ(std::get<VisitFromFhir>(*read(appointment(R"({"status":"booked"})"), "noshow")).outcome, "no_show");
}

TEST(GatewayFhirImport, AVisitToComeIsABooking) {
  const std::string future = R"({"status":"booked","start":"2026-11-24T09:00:00-05:00","end":"2026-11-24T09:30:00-05:00",
    "serviceType":[{"coding":[{"code":"52"},{"system":"urn:bridgework:visit-type","code":"hygiene"}]}]})";
  const auto taken = read(appointment(future));
  ASSERT_TRUE(taken) << taken.error().detail;
  const auto& visit = std::get<VisitFromFhir>(*taken);
  EXPECT_EQ(visit.kind, VisitFromFhir::Kind::kBooking);
  EXPECT_EQ(visit.start, *parse_instant("2026-11-24T14:00:00Z"));
  EXPECT_EQ(visit.visit_types, std::vector<std::string>{"hygiene"});
  EXPECT_EQ(visit.duration_minutes, 30);
}

TEST(GatewayFhirImport, AnAppointmentThatBreaksARuleIsRefusedByItsName) {
  const struct {
    const char* changes;
    const char* rule;
  } kCases[] = {
      {R"({"status":null})", "status-required"},
      {R"({"status":"no-show"})", "appointmentstatus"},
      {R"({"participant":null})", "participant-required"},
      {R"({"participant":[{"actor":{"reference":"Patient/p1"}}]})", "participationstatus"},
      {R"({"participant":[{"status":"accepted"}]})", "app-1"},
      {R"({"end":null})", "app-2"},
      {R"({"start":null,"end":null})", "app-3"},
      {R"({"cancelationReason":{"text":"x"}})", "app-4"},
      {R"({"status":"entered-in-error"})", "entered-in-error"},
      {R"({"status":"waitlist","start":null,"end":null})", "time-required"},
      {R"({"start":"2026-11-20T14:00Z"})", "instant"},
      {R"({"end":"2026-11-20T14:30:00"})", "instant"},
      {R"({"end":"2026-11-20T13:30:00Z"})", "duration"},
      {R"({"status":"pending"})", "agreed-visits-only"},
      {R"({"start":"2026-11-22T11:45:00Z","end":"2026-11-22T12:15:00Z"})", "visit-under-way"},
      {R"({"start":"2026-11-24T14:00:00Z","end":"2026-11-24T14:30:00Z"})", "future-visit-booked"},
      {R"({"id":null})", "id-or-identifier"},
      {R"({"participant":[{"actor":{"reference":"Location/harbour"},"status":"accepted"}]})", "patient-required"},
      {R"({"participant":[{"actor":{"reference":"Patient/p1"},"status":"accepted"}]})", "location-required"},
      {R"({"participant":[{"actor":{"reference":"Patient/p1"},"status":"accepted"},{"actor":{"reference":"Patient/p2"},"status":"accepted"}]})",
       "one-patient"},
      {R"({"status":"booked","start":"2026-11-24T14:00:00Z","end":"2026-11-24T14:30:00Z","participant":[
        {"actor":{"reference":"Patient/p1"},"status":"accepted"},{"actor":{"reference":"Location/harbour"},"status":"accepted"}]})",
       "practitioner-required"}};
  for (const auto& one : kCases) {
    const auto taken = read(appointment(one.changes));
    ASSERT_FALSE(taken) << one.changes;
    EXPECT_EQ(taken.error().code, one.rule) << one.changes;
    EXPECT_TRUE(taken.error().detail.starts_with(one.rule)) << "the sentence names the rule";
    EXPECT_EQ(taken.error().status, 422U);
  }
}

// ---- calendars

TEST(GatewayFhirImport, AScheduleIsAProviderAtASite) {
  const auto taken =
      read(R"({"resourceType":"Schedule","actor":[{"reference":"Practitioner/1","display":"Dr. Crusher"},{"reference":"Location/3"}]})");
  ASSERT_TRUE(taken);
  const auto& schedule = std::get<ScheduleFromFhir>(*taken);
  EXPECT_EQ(schedule.site, "3");
  EXPECT_EQ(schedule.provider, "1");
  EXPECT_EQ(schedule.name, "Dr. Crusher");
  EXPECT_EQ(rule_of(R"({"resourceType":"Schedule"})"), "actor-required");
  EXPECT_EQ(rule_of(R"({"resourceType":"Schedule","active":false,"actor":[{"reference":"Practitioner/1"}]})"), "schedule-active");
  EXPECT_EQ(rule_of(R"({"resourceType":"Schedule","actor":[{"reference":"Location/1"}]})"), "provider-at-a-site");
}

TEST(GatewayFhirImport, NoSlotIsTakenAndEachIsToldWhy) {
  const auto slot = [](const char* status, const char* start, const char* end) {
    return std::string(R"({"resourceType":"Slot","schedule":{"reference":"Schedule/x"},"status":")") + status + R"(","start":")" + start +
           R"(","end":")" + end + "\"}";
  };
  EXPECT_EQ(rule_of(R"({"resourceType":"Slot","status":"free"})"), "schedule-required");
  EXPECT_EQ(rule_of(slot("open", "2026-11-24T14:00:00Z", "2026-11-24T14:30:00Z")), "slotstatus");
  EXPECT_EQ(rule_of(slot("free", "2026-11-24T14:00", "2026-11-24T14:30:00Z")), "instant");
  EXPECT_EQ(rule_of(slot("free", "2026-11-24T14:30:00Z", "2026-11-24T14:30:00Z")), "duration");
  EXPECT_EQ(rule_of(slot("entered-in-error", "2026-11-24T14:00:00Z", "2026-11-24T14:30:00Z")), "entered-in-error");
  EXPECT_EQ(rule_of(slot("free", "2013-12-25T09:00:00Z", "2013-12-25T09:15:00Z")), "slot-in-the-past");
  EXPECT_EQ(rule_of(slot("free", "2026-11-24T14:00:00Z", "2026-11-24T14:30:00Z")), "slots-are-computed");
  EXPECT_EQ(rule_of(slot("busy-unavailable", "2026-11-24T14:00:00Z", "2026-11-24T14:30:00Z")), "busy-is-a-visit");
}

TEST(GatewayFhirImport, ABundleIsABatchOfPostsAndNothingElse) {
  const auto refused = [](const std::string& text) {
    const auto entries = read_fhir_batch(json::parse(text).as_object());
    return entries ? std::string("taken") : entries.error().code;
  };
  EXPECT_EQ(refused(R"({"resourceType":"Patient"})"), "bundle-expected");
  EXPECT_EQ(refused(R"({"resourceType":"Bundle","type":"transaction"})"), "batch-only");
  json::array many(kFhirEntriesMax + 1, json::object());
  EXPECT_EQ(refused(json::serialize(json::object{{"resourceType", "Bundle"}, {"type", "batch"}, {"entry", many}})), "too-many-entries");
  const auto entries = read_fhir_batch(json::parse(R"({"resourceType":"Bundle","type":"batch","entry":[
    {"fullUrl":"urn:uuid:1","resource":{"resourceType":"Patient"},"request":{"method":"POST","url":"Patient"}},
    {"resource":{"resourceType":"Patient","id":"x"},"request":{"method":"PUT","url":"Patient/x"}},{}]})")
                                           .as_object());
  ASSERT_TRUE(entries);
  EXPECT_FALSE((*entries)[0].refused);
  EXPECT_EQ((*entries)[1].refused->code, "entry-request");
  EXPECT_EQ((*entries)[2].refused->code, "entry-request");
  const auto person = read(json::serialize((*entries)[0].resource));
  const auto visit = read(appointment(R"({"participant":[{"actor":{"reference":"urn:uuid:1","type":"Patient"},"status":"accepted"},
    {"actor":{"reference":"Location/harbour"},"status":"accepted"}]})"));
  ASSERT_TRUE(person && visit);
  EXPECT_EQ(std::get<PersonFromFhir>(*person).person, std::get<VisitFromFhir>(*visit).person) << "a fullUrl links them within the Bundle";
}

// ---- over HTTP

class GatewayFhirIn : public testing::Test {
 protected:
  GatewayFhirIn() {
    ApiKeys keys;
    keys.add("pms", "admin-key-0123456789");
    backend_.on_call = [this](const runtime::Call& call) { return reply_to(call); };
    gateway_.emplace(config_, "g", forms_, std::move(keys), backend_, metrics_);
  }

  messages::Reply reply_to(const runtime::Call& call) {
    messages::Reply reply;
    const auto answer = [&](const auto& value) {
      reply.type_id = std::decay_t<decltype(value)>::kTypeId;
      reply.body = encode(value);
    };
    const auto refuse = [&](const char* code) {
      reply.outcome = messages::Outcome::kRefused;
      reply.code = code;
      reply.detail = "as the rules say";
    };
    switch (call.request.type_id) {
      case messages::GetSite::kTypeId: {
        messages::SiteView site;
        site.site = SiteId("harbour");
        site.zone = "America/New_York";
        site.providers = {ProviderId("dr-lee")};
        site.visit_types = {"hygiene"};
        answer(site);
        break;
      }
      case messages::GetPerson::kTypeId:
        if (knows_people_) answer(messages::PersonView{});
        else refuse("unknown_person");
        break;
      case messages::GetAppointment::kTypeId:
        if (known_) answer(*known_);
        else refuse("unknown_appointment");
        break;
      case messages::HoldSlot::kTypeId: {
        if (slot_is_taken_) {
          refuse("slot_taken");
          break;
        }
        messages::AppointmentView held;
        held.visit.duration_minutes = 45;
        answer(held);
        break;
      }
      case messages::ImportPersons::kTypeId: answer(messages::ImportDone{.imported = is_new_, .already_known = 1 - is_new_}); break;
      case messages::ImportVisits::kTypeId: answer(messages::VisitsImported{.imported = is_new_}); break;
      default: answer(messages::Done{"x"}); break;
    }
    return reply;
  }

  struct Told {
    unsigned status;
    std::string location;
    json::value body;
    std::string rule() const { return std::string(body.at_pointer("/issue/0/details/coding/0/code").as_string()); }
  };
  Told post(const std::string& target, const std::string& body, const std::string& media_type = "application/fhir+json") {
    HttpRequest request{http::verb::post, target, 11};
    request.set(http::field::authorization, "Bearer admin-key-0123456789");
    request.set(http::field::content_type, media_type);
    request.body() = body;
    const HttpResponse response = answer_of(*gateway_, request);
    Told told{response.status, {}, json::parse(response.body)};
    for (const auto& [name, value] : response.headers)
      if (name == "Location") told.location = value;
    std::string faults;
    for (const auto& fault : support::fhir_faults(told.body)) faults += fault + "\n";
    EXPECT_EQ(faults, "") << response.body;
    return told;
  }
  std::vector<std::uint64_t> commands() const {
    std::vector<std::uint64_t> types;
    for (const auto& call : backend_.calls)
      if (call.kind == runtime::Call::Kind::kCommand) types.push_back(call.request.type_id);
    return types;
  }

  static std::string booking() {
    return appointment(R"({"status":"booked","start":"2399-11-24T14:00:00Z","end":"2399-11-24T14:30:00Z",
      "serviceType":[{"coding":[{"code":"hygiene"}]}]})");
  }

  Forms forms_;
  Config config_;
  runtime::Metrics metrics_{"gateway"};
  FakeBackend backend_;
  bool knows_people_ = true;
  bool slot_is_taken_ = false;
  std::uint32_t is_new_ = 1;
  std::optional<messages::AppointmentView> known_;
  std::optional<Gateway> gateway_;
};

TEST_F(GatewayFhirIn, ANewPersonIsCreatedAndAKnownOneIsLeftAsTheyAre) {
  const std::string patient = R"({"resourceType":"Patient","id":"example"})";
  const Told first = post("/fhir/R4/Patient", patient);
  EXPECT_EQ(first.status, 201U);
  EXPECT_NE(first.location.find("/fhir/R4/Patient/f-"), std::string::npos) << first.location;
  is_new_ = 0;
  EXPECT_EQ(post("/fhir/R4/Patient", patient).status, 200U);
  ASSERT_EQ(backend_.calls.size(), 2U);
  EXPECT_EQ(backend_.calls[0].request.idempotency_key, backend_.calls[1].request.idempotency_key);
  EXPECT_EQ(backend_.calls[0].request.body, backend_.calls[1].request.body);
}

TEST_F(GatewayFhirIn, HistoryIsImportedAndNothingIsHeldOrBooked) {
  EXPECT_EQ(post("/fhir/R4/Appointment", appointment("{}")).status, 201U);
  EXPECT_EQ(commands(), std::vector<std::uint64_t>{messages::ImportVisits::kTypeId});
  const auto import = messages::decode_as<messages::ImportVisits>(backend_.calls.back().request.body);
  ASSERT_EQ(import->visits.size(), 1U);
  EXPECT_EQ(import->visits[0].local_start, *parse_local("2026-11-20T09:00:00")) << "on the site's clock";
}

TEST_F(GatewayFhirIn, AVisitToComeIsHeldAndBookedAndSaysHowLongItTakesHere) {
  const Told told = post("/fhir/R4/Appointment", booking());
  EXPECT_EQ(told.status, 201U);
  EXPECT_EQ(commands(), (std::vector<std::uint64_t>{messages::HoldSlot::kTypeId, messages::BookAppointment::kTypeId}));
  EXPECT_NE(json::serialize(told.body).find("45 minutes"), std::string::npos);
}

TEST_F(GatewayFhirIn, AHoldThatWasNotBookedIsFinishedWhenTheVisitComesAgain) {
  known_.emplace();
  known_->state = messages::VisitState::kHeld;
  known_->visit.start = *parse_instant("2399-11-24T14:00:00Z");
  known_->person = PersonId(std::get<VisitFromFhir>(*read(booking())).person);
  EXPECT_EQ(post("/fhir/R4/Appointment", booking()).status, 201U);
  EXPECT_EQ(commands(), std::vector<std::uint64_t>{messages::BookAppointment::kTypeId});
  known_->state = messages::VisitState::kConfirmed;
  EXPECT_EQ(post("/fhir/R4/Appointment", booking()).status, 200U);
  EXPECT_EQ(commands().size(), 1U) << "what is known is left as it is";
  known_->state = messages::VisitState::kLapsed;
  EXPECT_EQ(post("/fhir/R4/Appointment", booking()).rule(), "hold_lapsed");
  known_->state = messages::VisitState::kBooked;
  known_->visit.start += std::chrono::minutes(5);
  EXPECT_EQ(post("/fhir/R4/Appointment", booking()).rule(), "known_otherwise");
}

TEST_F(GatewayFhirIn, WhatTheServicesRefuseIsAnOutcomeThatNamesTheirRule) {
  slot_is_taken_ = true;
  const Told taken = post("/fhir/R4/Appointment", booking());
  EXPECT_EQ(taken.status, 409U);
  EXPECT_EQ(taken.rule(), "slot_taken");
  knows_people_ = false;
  const Told stranger = post("/fhir/R4/Appointment", appointment("{}"));
  EXPECT_EQ(stranger.status, 422U);
  EXPECT_EQ(stranger.rule(), "unknown_person");
}

TEST_F(GatewayFhirIn, WhatCannotBeReadIsRefused) {
  EXPECT_EQ(post("/fhir/R4/Patient", "{").status, 400U);
  EXPECT_EQ(post("/fhir/R4/Patient", "[]").status, 422U);
  EXPECT_EQ(post("/fhir/R4/Patient", R"({"id":"a","id":"b"})").status, 422U);
  EXPECT_EQ(post("/fhir/R4/Patient", "<Patient/>", "application/fhir+xml").status, 415U);
  EXPECT_EQ(post("/fhir/R4/Patient", R"({"resourceType":"Slot"})").status, 422U);
  EXPECT_EQ(post("/fhir/R4/Patient?past_booked=unknown", R"({"resourceType":"Patient"})").rule(), "invalid_value");
  EXPECT_EQ(post("/fhir/R4/Patient?x=y", R"({"resourceType":"Patient"})").rule(), "unknown_parameter");
  const std::string long_name(300, 'x');
  EXPECT_EQ(post("/fhir/R4/Patient", R"({"resourceType":"Patient","id":"a","name":[{"family":")" + long_name + "\"}]}").rule(), "too_long");
  EXPECT_TRUE(commands().empty());
  EXPECT_EQ(post("/fhir/R4/Appointment", appointment(R"({"status":"booked","start":"2399-11-24T14:00:00Z","end":"2399-11-24T14:30:00Z"})"))
                .rule(),
            "visit_type_required");
}

TEST_F(GatewayFhirIn, AKnownProviderKeepsTheirShifts) {
  const std::string known = R"({"resourceType":"Schedule","actor":[{"reference":"Practitioner/dr-lee"},{"reference":"Location/harbour"}]})";
  EXPECT_EQ(post("/fhir/R4/Schedule", known).status, 200U);
  EXPECT_TRUE(commands().empty());
  const std::string fresh = R"({"resourceType":"Schedule","actor":[{"reference":"Practitioner/dr-wu"},{"reference":"Location/harbour"}]})";
  EXPECT_EQ(post("/fhir/R4/Schedule", fresh).status, 201U);
  EXPECT_EQ(commands(), std::vector<std::uint64_t>{messages::DefineProvider::kTypeId});
}

TEST_F(GatewayFhirIn, ABatchTakesEachEntryForItselfAndPeopleFirst) {
  const std::string visit = appointment("{}");
  const Told told =
      post("/fhir/R4", R"({"resourceType":"Bundle","type":"batch","entry":[{"resource":)" + visit +
                           R"(,"request":{"method":"POST","url":"Appointment"}},{"resource":{"resourceType":"Patient","id":"p1"},
    "request":{"method":"POST","url":"Patient"}},{"resource":{"resourceType":"Slot"},"request":{"method":"POST","url":"Slot"}}]})");
  EXPECT_EQ(told.status, 200U);
  const auto& entries = told.body.at("entry").as_array();
  ASSERT_EQ(entries.size(), 3U);
  EXPECT_EQ(entries[0].at_pointer("/response/status").as_string(), "201");
  EXPECT_EQ(entries[1].at_pointer("/response/status").as_string(), "201");
  EXPECT_EQ(entries[2].at_pointer("/response/status").as_string(), "422");
  EXPECT_EQ(commands(), (std::vector<std::uint64_t>{messages::ImportPersons::kTypeId, messages::ImportVisits::kTypeId}));
  EXPECT_EQ(post("/fhir/R4", R"({"resourceType":"Bundle","type":"batch"})").status, 200U);
}

}  // namespace
}  // namespace bridgework::gateway
