// What FHIR shows of us: the resources, the searches, and who may ask.

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

#include "gateway/fhir_resource.hpp"
#include "gateway/fhir_search.hpp"
#include "gateway/gateway.hpp"
#include "gateway/times.hpp"
#include "messages/appointments.codec.hpp"
#include "messages/lead_intake.codec.hpp"
#include "runtime/types.hpp"
#include "support/fhir_rules.hpp"
#include "tests/unit/gateway/ask.hpp"
#include "tests/unit/gateway/fake_backend.hpp"

namespace bridgework::gateway {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;
using messages::VisitState;
using support::fhir_faults;

std::string joined(const std::vector<std::string>& lines) {
  std::string all;
  for (const auto& line : lines) all += line + "\n";
  return all;
}

messages::AppointmentView visit(VisitState state, const std::string& appointment = "harbour.v-1") {
  messages::AppointmentView view;
  view.appointment = AppointmentId(appointment);
  view.person = PersonId("p-7");
  view.site = SiteId("harbour");
  view.state = state;
  view.visit.visit_type = "hygiene";
  view.visit.purpose = messages::Purpose::kHygiene;
  view.visit.provider = ProviderId("dr-lee");
  view.visit.chair = ChairId("c1");
  view.visit.start = *parse_instant("2026-11-24T14:00:00Z");
  view.visit.local_start = *parse_local("2026-11-24T09:00:00");
  view.visit.zone = "America/New_York";
  view.visit.duration_minutes = 30;
  return view;
}

std::string text_at(const json::value& value, std::string_view pointer) {
  boost::system::error_code error;
  const json::value* found = value.find_pointer(pointer, error);
  return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

// ---- ids

TEST(GatewayFhirIds, AnyIdOfOursIsWrittenInTheLettersOfFhirAndReadBack) {
  for (const char* id : {"p-7", "harbour.v-abc.m-def", "a_b", "a--b", "a-_b", "-", "--", "a-", "x@y+z", "José", "_", "a---b", "a-.b"}) {
    const std::string written = fhir_id(id);
    EXPECT_EQ(written.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-"), std::string::npos) << written;
    EXPECT_EQ(id_of_fhir(written), id) << written;
  }
  EXPECT_EQ(fhir_id("harbour.v-abc"), "harbour.v-abc");
  EXPECT_EQ(fhir_id("a_b"), "a--5fb");
  for (const char* foreign : {"", "a_b", "a--", "a--5", "a--zz", "--61", "--c3", "a/b"})
    EXPECT_EQ(id_of_fhir(foreign), std::nullopt) << foreign;
}

TEST(GatewayFhirIds, CalendarsAndOpeningsAreNamedByTheirParts) {
  const SlotKey key{{"north.side", "dr_lee"}, "Root canal, long", *parse_local("2026-11-24T09:05:00")};
  const auto back = slot_of_fhir_id(slot_fhir_id(key));
  ASSERT_TRUE(back) << slot_fhir_id(key);
  EXPECT_EQ(back->schedule.site, "north.side");
  EXPECT_EQ(back->schedule.provider, "dr_lee");
  EXPECT_EQ(back->visit_type, "Root canal, long");
  EXPECT_EQ(back->local_start, key.local_start);
  for (const char* wrong :
       {"", "a", "a.b", "a.b.c", "a..c.20261124T0905", "a.b.c.20261324T0905", "a.b.c.20261124x0905", "a.b.c.d.20261124T0905"}) {
    EXPECT_FALSE(slot_of_fhir_id(wrong)) << wrong;
  }
  EXPECT_FALSE(schedule_of_fhir_id("harbour"));
}

// ---- resources

TEST(GatewayFhirAppointment, EachStateHasItsStatusAndKeepsTheInvariants) {
  const struct {
    VisitState state;
    const char* status;
  } kCases[] = {{VisitState::kHeld, "pending"},         {VisitState::kBooked, "booked"},       {VisitState::kConfirmed, "booked"},
                {VisitState::kArrived, "arrived"},      {VisitState::kSeated, "checked-in"},   {VisitState::kCompleted, "fulfilled"},
                {VisitState::kCheckedOut, "fulfilled"}, {VisitState::kCancelled, "cancelled"}, {VisitState::kNoShow, "noshow"},
                {VisitState::kMoved, "cancelled"},      {VisitState::kPlanned, "proposed"}};
  for (const auto& one : kCases) {
    const auto appointment = fhir_appointment(visit(one.state));
    ASSERT_TRUE(appointment);
    EXPECT_EQ(appointment->at("status").as_string(), one.status);
    EXPECT_EQ(joined(fhir_faults(*appointment)), "") << json::serialize(*appointment);
  }
  EXPECT_FALSE(fhir_appointment(visit(VisitState::kLapsed))) << "nobody was promised that visit";
}

TEST(GatewayFhirAppointment, ANoShowCarriesNoReasonAndAMovedVisitNamesItsSuccessor) {
  EXPECT_FALSE(fhir_appointment(visit(VisitState::kNoShow))->contains("cancelationReason"));
  auto moved = visit(VisitState::kMoved);
  moved.moved_to = AppointmentId("harbour.v-1.m-2");
  const json::value shown = *fhir_appointment(moved);
  EXPECT_EQ(text_at(shown, "/cancelationReason/text"), "Rescheduled");
  EXPECT_EQ(text_at(shown, "/supportingInformation/0/reference"), "Appointment/harbour.v-1.m-2");
  EXPECT_EQ(joined(fhir_faults(shown)), "");
}

TEST(GatewayFhirAppointment, TimesAreInstantsAndThePatientSaysWhetherTheyConfirmed) {
  const json::value booked = *fhir_appointment(visit(VisitState::kBooked));
  EXPECT_EQ(text_at(booked, "/start"), "2026-11-24T14:00:00Z");
  EXPECT_EQ(text_at(booked, "/end"), "2026-11-24T14:30:00Z");
  EXPECT_EQ(text_at(booked, "/participant/0/actor/reference"), "Patient/p-7");
  EXPECT_EQ(text_at(booked, "/participant/0/status"), "needs-action");
  EXPECT_EQ(text_at(*fhir_appointment(visit(VisitState::kConfirmed)), "/participant/0/status"), "accepted");
  EXPECT_FALSE(fhir_appointment(visit(VisitState::kPlanned))->contains("start"));
}

TEST(GatewayFhirPatient, ShowsTheProfileAndNothingEmpty) {
  messages::PersonView view;
  view.person = PersonId("p-7");
  EXPECT_EQ(joined(fhir_faults(fhir_patient(view))), "") << json::serialize(fhir_patient(view));
  view.profile.given_name = Phi<std::string>("José");
  view.profile.family_name = Phi<std::string>("Ñandú");
  view.profile.birth_day = Phi(std::optional(*parse_day("1980-02-29")));
  view.profile.contact_points = {{messages::ContactKind::kPhone, Phi<std::string>("+12025550143"), Phi<std::string>("202-555-0143")},
                                 {messages::ContactKind::kEmail, {}, Phi<std::string>("not an address")},
                                 {messages::ContactKind::kEmail, {}, {}}};
  view.profile.language = "es";
  view.profile.home_site = SiteId("harbour");
  view.profile.status = messages::PersonStatus::kDeceased;
  const json::value shown = fhir_patient(view);
  EXPECT_EQ(joined(fhir_faults(shown)), "") << json::serialize(shown);
  EXPECT_EQ(shown.at("birthDate").as_string(), "1980-02-29");
  EXPECT_EQ(shown.at("telecom").as_array().size(), 2U);
  EXPECT_EQ(text_at(shown, "/telecom/0/value"), "+12025550143");
  EXPECT_TRUE(shown.at("deceasedBoolean").as_bool());
  EXPECT_FALSE(shown.at("active").as_bool());
}

TEST(GatewayFhirRules, TheJudgeOfTheseTestsSeesWhatIsWrong) {
  const auto objects = [](const char* text, const char* rule) {
    const std::string faults = joined(fhir_faults(json::parse(text)));
    EXPECT_NE(faults.find(rule), std::string::npos) << text << ": " << faults;
  };
  objects(R"({"resourceType":"Appointment","status":"booked"})", "participant");
  objects(R"({"resourceType":"Appointment","status":"booked","participant":[{"status":"accepted"}]})", "app-1");
  objects(R"({"resourceType":"Appointment","status":"booked","start":"2026-11-24T14:00:00Z","participant":[]})", "app-2");
  objects(R"({"resourceType":"Appointment","status":"booked","participant":[]})", "app-3");
  objects(R"({"resourceType":"Appointment","status":"noshow","cancelationReason":{"text":"x"},"participant":[]})", "app-4");
  objects(R"({"resourceType":"Appointment","status":"no-show","participant":[]})", "status");
  objects(
      R"({"resourceType":"Slot","status":"free","schedule":{"reference":"Schedule/1"},"start":"2026-11-24T14:00","end":"2026-11-24T15:00:00Z"})",
      "instant");
  objects(R"({"resourceType":"Schedule"})", "actor");
  objects(R"({"resourceType":"Patient","id":"a_b"})", "id:");
  objects(R"({"resourceType":"Patient","name":[]})", "empty array");
  objects(R"({"resourceType":"Bundle","type":"batch","total":1})", "bdl-1");
  objects(R"({"resourceType":"Observation"})", "resourceType");
}

// ---- searches

TEST(GatewayFhirSearch, AnUnknownParameterIsRefusedByName) {
  const auto refused = read_fhir_search("Appointment", "actor=Location/harbour&birthdate=1980-01-01");
  ASSERT_TRUE(std::holds_alternative<Problem>(refused));
  EXPECT_EQ(std::get<Problem>(refused).code, "unknown_parameter");
  const struct {
    const char* query;
    const char* code;
  } kCases[] = {
      {"_id=a&_id=b", "repeated_parameter"}, {"_count=-1", "invalid_page"}, {"_format=xml", "json_only"}, {"_id=%zz", "malformed_query"}};
  for (const auto& one : kCases) {
    const auto answer = read_fhir_search("Patient", one.query);
    ASSERT_TRUE(std::holds_alternative<Problem>(answer)) << one.query;
    EXPECT_EQ(std::get<Problem>(answer).code, one.code);
  }
}

TEST(GatewayFhirSearch, DatesNarrowARangeAndMustNameOne) {
  const auto read = [](std::vector<std::string> values) { return FhirDates::read("date", values); };
  const auto range = read({"ge2026-11-22", "lt2026-11-25"});
  ASSERT_TRUE(std::holds_alternative<FhirDates>(range));
  EXPECT_EQ(std::get<FhirDates>(range).first(), *parse_day("2026-11-22"));
  EXPECT_EQ(std::get<FhirDates>(range).last(), *parse_day("2026-11-24"));
  const auto moment = read({"ge2026-11-24T14:00:00Z", "le2026-11-24T14:30:00+00:00"});
  ASSERT_TRUE(std::holds_alternative<FhirDates>(moment));
  const LocalDay day = *parse_day("2026-11-24");
  EXPECT_TRUE(std::get<FhirDates>(moment).contains(*parse_instant("2026-11-24T14:00:00Z"), day));
  EXPECT_FALSE(std::get<FhirDates>(moment).contains(*parse_instant("2026-11-24T13:59:59Z"), day));
  const struct {
    std::vector<std::string> values;
    const char* code;
  } kCases[] = {{{}, "date_required"},
                {{"2026-11"}, "invalid_date"},
                {{"2026-11-24T14:00"}, "invalid_date"},
                {{"ge2026-11-25", "lt2026-11-25"}, "empty_range"},
                {{"ge2026-01-01", "lt2026-11-25"}, "too_many_days"}};
  for (const auto& one : kCases) {
    const auto refused = read(one.values);
    ASSERT_TRUE(std::holds_alternative<Problem>(refused)) << one.code;
    EXPECT_EQ(std::get<Problem>(refused).code, one.code);
  }
}

TEST(GatewayFhirSearch, AReferenceMayCarryItsServerAndItsVersion) {
  EXPECT_EQ(id_of_reference("Location/harbour", "Location"), "harbour");
  EXPECT_EQ(id_of_reference("https://other.example/fhir/Location/harbour/_history/3", "Location"), "harbour");
  EXPECT_EQ(id_of_reference("Practitioner/harbour", "Location"), std::nullopt);
  EXPECT_EQ(id_of_reference("harbour", "Location"), std::nullopt);
}

// ---- over HTTP

class GatewayFhir : public testing::Test {
 protected:
  GatewayFhir() {
    std::string pattern = (std::filesystem::temp_directory_path() / "bw-fhir-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
    std::ofstream(directory_ + "/keys.toml") << "[desk]\nrole = \"desk\"\nsites = [\"harbour\"]\nkeys = [\"" << kDeskHash
                                             << "\"]\n[bi]\nrole = \"bi\"\nkeys = [\"" << kBiHash
                                             << "\"]\n[intake]\nrole = \"intake\"\nkeys = [\"" << kIntakeHash << "\"]\n";
    ApiKeys keys;
    keys.add("admin", "admin-key-0123456789");
    EXPECT_TRUE(keys.follow(directory_ + "/keys.toml"));
    auto log = AccessLog::open(directory_ + "/access.ndjson");
    EXPECT_TRUE(log);
    config_.public_url = "https://dental.example";
    backend_.on_call = [this](const runtime::Call& call) { return reply_to(call); };
    gateway_.emplace(config_, "g", forms_, std::move(keys), backend_, metrics_, std::move(*log));
  }
  ~GatewayFhir() override { std::filesystem::remove_all(directory_); }

  messages::Reply reply_to(const runtime::Call& call) {
    messages::Reply reply;
    const auto answer = [&](const auto& value) {
      reply.type_id = std::decay_t<decltype(value)>::kTypeId;
      reply.body = encode(value);
    };
    switch (call.request.type_id) {
      case messages::GetAppointment::kTypeId: answer(visit(state_)); break;
      case messages::ListAppointments::kTypeId: {
        const auto query = messages::decode_as<messages::ListAppointments>(call.request.body);
        messages::AppointmentList list;
        if (query->day == *parse_day("2026-11-24"))
          list.appointments = {visit(VisitState::kBooked), visit(VisitState::kNoShow, "harbour.v-2")};
        answer(list);
        break;
      }
      case messages::GetPerson::kTypeId: {
        reply.outcome = messages::Outcome::kRefused;
        reply.code = "unknown_person";
        reply.detail = "no such person";
        break;
      }
      case messages::GetSite::kTypeId: {
        messages::SiteView site;
        site.site = SiteId("harbour");
        site.providers = {ProviderId("dr-lee"), ProviderId("dr-wu")};
        site.visit_types = {"hygiene"};
        answer(site);
        break;
      }
      case messages::FindSlots::kTypeId: {
        messages::SlotList list;
        list.slots.push_back({SiteId("harbour"), ProviderId("dr-lee"), ChairId("c1"), *parse_local("2026-11-24T09:00:00"),
                              *parse_instant("2026-11-24T14:00:00Z"), 30});
        answer(list);
        break;
      }
      default: answer(messages::PersonList{}); break;
    }
    return reply;
  }

  struct Told {
    unsigned status;
    std::string content_type;
    json::value body;
  };
  Told ask(std::string_view who, const std::string& target, http::verb method = http::verb::get) {
    HttpRequest request{method, target, 11};
    if (!who.empty()) request.set(http::field::authorization, "Bearer " + std::string(who) + "-key-0123456789");
    const HttpResponse response = answer_of(*gateway_, request);
    Told told{response.status, response.content_type, json::parse(response.body)};
    EXPECT_EQ(told.content_type, kFhirContentType) << target;
    EXPECT_EQ(joined(fhir_faults(told.body)), "") << target << ": " << response.body;
    return told;
  }
  std::string read_log() const {
    std::ifstream file(directory_ + "/access.ndjson");
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::string directory_;
  Forms forms_;
  Config config_;
  runtime::Metrics metrics_{"gateway"};
  FakeBackend backend_;
  VisitState state_ = VisitState::kBooked;
  std::optional<Gateway> gateway_;
};

TEST_F(GatewayFhir, EveryErrorIsAnOperationOutcomeThatNamesItsCode) {
  const struct {
    const char* who;
    const char* target;
    http::verb method;
    unsigned status;
    const char* code;
  } kCases[] = {{"", "/fhir/R4/Patient/p-7", http::verb::get, 401, "unauthenticated"},
                {"nobody", "/fhir/R4/Patient/p-7", http::verb::get, 401, "unauthenticated"},
                {"bi", "/fhir/R4/Patient/p-7", http::verb::get, 403, "not_permitted"},
                {"intake", "/fhir/R4/Appointment/harbour.v-1", http::verb::get, 403, "not_permitted"},
                {"desk", "/fhir/R4/Appointment/elsewhere.v-1", http::verb::get, 403, "other_site"},
                {"desk", "/fhir/R4/Appointment?actor=Location/elsewhere&date=2026-11-24", http::verb::get, 403, "other_site"},
                {"admin", "/fhir/R4/Observation/1", http::verb::get, 404, "not_found"},
                {"admin", "/fhir/R4/Patient/p-7", http::verb::get, 404, "unknown_person"},
                {"admin", "/fhir/R4/Patient/a_b", http::verb::get, 404, "not_found"},
                {"admin", "/fhir/R4/Schedule/harbour.dr-no", http::verb::get, 404, "not_found"},
                {"admin", "/fhir/R4/Slot/harbour.dr-lee.hygiene.20261124T1000", http::verb::get, 404, "not_offered"},
                {"admin", "/fhir/R4/Patient/p-7", http::verb::delete_, 405, "method_not_allowed"},
                {"admin", "/fhir/R4/Appointment?date=2026-11-24", http::verb::get, 400, "site_required"},
                {"admin", "/fhir/R4/Appointment?actor=Location/harbour", http::verb::get, 400, "date_required"},
                {"admin", "/fhir/R4/Appointment?actor=Group/x&date=2026-11-24", http::verb::get, 400, "invalid_reference"},
                {"admin", "/fhir/R4/Slot?start=2026-11-24", http::verb::get, 400, "schedule_required"},
                {"admin", "/fhir/R4/Schedule", http::verb::get, 400, "actor_required"},
                {"admin", "/fhir/R4/Patient", http::verb::get, 400, "contact_required"},
                {"admin", "/fhir/R4/Patient?phone=1&email=2", http::verb::get, 400, "one_contact"},
                {"admin", "/fhir/R4/Patient?_id=p-7&email=2", http::verb::get, 400, "id_alone"}};
  for (const auto& one : kCases) {
    const Told told = ask(one.who, one.target, one.method);
    EXPECT_EQ(told.status, one.status) << one.target;
    EXPECT_EQ(text_at(told.body, "/resourceType"), "OperationOutcome") << one.target;
    EXPECT_EQ(text_at(told.body, "/issue/0/details/coding/0/code"), one.code) << one.target;
  }
}

TEST_F(GatewayFhir, AnUnansweredSuiteIsAnOperationOutcomeToo) {
  backend_.on_call = [](const runtime::Call&) {
    messages::Reply reply;
    reply.outcome = messages::Outcome::kUnavailable;
    return reply;
  };
  EXPECT_EQ(ask("admin", "/fhir/R4/Appointment/harbour.v-1").status, 503U);
  EXPECT_EQ(ask("admin", "/fhir/R4/Appointment?actor=Location/harbour&date=2026-11-24").status, 503U);
}

TEST_F(GatewayFhir, AVisitIsReadUntilItsHoldHasLapsed) {
  EXPECT_EQ(text_at(ask("desk", "/fhir/R4/Appointment/harbour.v-1").body, "/status"), "booked");
  state_ = VisitState::kLapsed;
  EXPECT_EQ(ask("desk", "/fhir/R4/Appointment/harbour.v-1").status, 410U);
  EXPECT_EQ(ask("desk", "/fhir/R4/Appointment?_id=harbour.v-1").body.at("total").to_number<int>(), 0);
}

TEST_F(GatewayFhir, TheVisitsOfASiteAreFoundByDayAndNarrowed) {
  const Told all = ask("desk", "/fhir/R4/Appointment?actor=Location/harbour&date=ge2026-11-22&date=lt2026-11-29");
  EXPECT_EQ(all.body.at("total").to_number<int>(), 2);
  EXPECT_EQ(backend_.calls.size(), 7U) << "one question a day";
  EXPECT_EQ(text_at(all.body, "/entry/0/fullUrl"), "https://dental.example/fhir/R4/Appointment/harbour.v-1");
  const std::string day = "/fhir/R4/Appointment?actor=Location/harbour&date=2026-11-24";
  EXPECT_EQ(ask("desk", day + "&status=noshow").body.at("total").to_number<int>(), 1);
  EXPECT_EQ(ask("desk", day + "&patient=Patient/p-7").body.at("total").to_number<int>(), 2);
  EXPECT_EQ(ask("desk", day + "&patient=p-8").body.at("total").to_number<int>(), 0);
  EXPECT_EQ(ask("desk", day + "&actor=Practitioner/dr-wu").body.at("total").to_number<int>(), 0);
  EXPECT_EQ(ask("desk", "/fhir/R4/Appointment?actor=Location/harbour&date=gt2026-11-24T14:00:00Z&date=lt2026-11-25")
                .body.at("total")
                .to_number<int>(),
            0);
}

TEST_F(GatewayFhir, APageNamesTheNext) {
  const std::string day = "/fhir/R4/Appointment?actor=Location/harbour&date=2026-11-24";
  const Told first = ask("desk", day + "&_count=1");
  EXPECT_EQ(first.body.at("total").to_number<int>(), 2);
  EXPECT_EQ(first.body.at("entry").as_array().size(), 1U);
  const std::string next = text_at(first.body, "/link/1/url");
  ASSERT_TRUE(next.starts_with("https://dental.example/fhir/R4/Appointment?")) << next;
  const Told second = ask("desk", next.substr(std::string("https://dental.example").size()));
  EXPECT_EQ(text_at(second.body, "/entry/0/resource/status"), "noshow");
  EXPECT_EQ(second.body.at("link").as_array().size(), 1U) << "there is no third";
}

TEST_F(GatewayFhir, CalendarsAndOpeningsAreForWebFormsToo) {
  const Told schedules = ask("intake", "/fhir/R4/Schedule?actor=Location/harbour");
  EXPECT_EQ(schedules.body.at("total").to_number<int>(), 2);
  EXPECT_EQ(text_at(ask("intake", "/fhir/R4/Schedule/harbour.dr-lee").body, "/actor/0/reference"), "Practitioner/dr-lee");
  const Told slots = ask("intake", "/fhir/R4/Slot?schedule=Schedule/harbour.dr-lee&start=2026-11-24");
  ASSERT_EQ(slots.body.at("total").to_number<int>(), 1);
  const std::string id = text_at(slots.body, "/entry/0/resource/id");
  EXPECT_EQ(id, "harbour.dr-lee.hygiene.20261124T0900");
  EXPECT_EQ(text_at(ask("intake", "/fhir/R4/Slot/" + id).body, "/status"), "free");
  EXPECT_EQ(ask("intake", "/fhir/R4/Slot?schedule=harbour.dr-lee&start=2026-11-25").body.at("total").to_number<int>(), 0);
  EXPECT_EQ(ask("intake", "/fhir/R4/Slot?schedule=harbour.dr-lee&start=2026-11-24&status=busy").body.at("total").to_number<int>(), 0);
}

TEST_F(GatewayFhir, TheCapabilitiesNeedNoKey) {
  const Told told = ask("", "/fhir/R4/metadata");
  EXPECT_EQ(told.status, 200U);
  EXPECT_EQ(text_at(told.body, "/fhirVersion"), "4.0.1");
}

TEST_F(GatewayFhir, EachLookAtAPersonOrAVisitIsWrittenDown) {
  ask("desk", "/fhir/R4/Appointment?actor=Location/harbour&date=2026-11-24");
  ask("bi", "/fhir/R4/Patient/p-7");
  const std::string looks = read_log();
  EXPECT_NE(looks.find(R"("principal":"desk","role":"desk","from":"192.0.2.7","what":"GET /fhir/R4/Appointment")"), std::string::npos)
      << looks;
  EXPECT_NE(looks.find(R"("appointment":"harbour.v-1")"), std::string::npos) << looks;
  EXPECT_NE(looks.find(R"("principal":"bi","role":"bi")"), std::string::npos) << looks;
}

}  // namespace
}  // namespace bridgework::gateway
