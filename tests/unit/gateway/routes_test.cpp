#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <fstream>
#include <set>
#include <sstream>

#include "gateway/api_keys.hpp"
#include "gateway/ids.hpp"
#include "gateway/imports.hpp"
#include "gateway/json_text.hpp"
#include "gateway/openapi.hpp"
#include "gateway/problem.hpp"
#include "gateway/router.hpp"
#include "gateway/survey_page.hpp"
#include "gateway/twilio.hpp"
#include "messages/lead_intake.codec.hpp"
#include "runtime/lane.hpp"
#include "tests/unit/gateway/fake_backend.hpp"

namespace bridgework::gateway {
namespace {

namespace json = boost::json;

const Router& router() {
  static const Router kRouter(forms());
  return kRouter;
}

std::string_view message_at(std::string_view method, std::string_view path) {
  const auto found = router().find(method, path);
  const auto* hit = std::get_if<Router::Found>(&found);
  const auto* message = hit == nullptr ? nullptr : std::get_if<MessageEndpoint>(&hit->route->endpoint);
  return message == nullptr ? std::string_view{} : message->message->name;
}

TEST(GatewayRouter, EveryRouteOfTheCatalogueLeadsToItsMessage) {
  std::size_t routes = 0;
  for (const messages::MessageInfo& message : messages::all_messages()) {
    if (message.http.empty()) continue;
    ++routes;
    const std::size_t space = message.http.find(' ');
    std::string path(message.http.substr(space + 1));
    for (std::size_t open = path.find('{'); open != std::string::npos; open = path.find('{')) {
      path.replace(open, path.find('}') - open + 1, "x");
    }
    EXPECT_EQ(message_at(message.http.substr(0, space), path), message.name);
  }
  EXPECT_GT(routes, 40U);
}

TEST(GatewayRouter, PathParametersAreDecoded) {
  const auto found = router().find("POST", "/v1/treatment-plans/p-1.t-1/items/a%20b/accept");
  ASSERT_TRUE(std::holds_alternative<Router::Found>(found));
  const auto& path = std::get<Router::Found>(found).path;
  ASSERT_EQ(path.size(), 2U);
  EXPECT_EQ(path[0], (std::pair<std::string, std::string>{"plan", "p-1.t-1"}));
  EXPECT_EQ(path[1], (std::pair<std::string, std::string>{"item", "a b"}));
}

TEST(GatewayRouter, WhatIsNotThereIsNotFoundAndWhatIsThereForOthersIsNamed) {
  for (const char* path : {"/", "", "/v1", "/v1/leads/", "/v1//leads", "/v1/persons/%zz", "/v1/leads/x/claim/y", "/V1/leads"}) {
    EXPECT_TRUE(std::holds_alternative<Router::NoSuchPath>(router().find("GET", path))) << path;
  }
  const auto wrong = router().find("DELETE", "/v1/persons/p-1");
  ASSERT_TRUE(std::holds_alternative<Router::WrongMethod>(wrong));
  EXPECT_EQ(std::get<Router::WrongMethod>(wrong).allow, "GET, HEAD, OPTIONS, POST");
  EXPECT_EQ(message_at("HEAD", "/v1/persons/p-1"), "GetPerson");
}

// ---- made ids

TEST(GatewayIds, TheSameRequestNamesTheSameThing) {
  const std::string suffix = id_suffix("admin", "SubmitEnquiry", "key-1");
  EXPECT_EQ(suffix.size(), 13U);
  EXPECT_EQ(suffix.find_first_not_of("abcdefghijklmnopqrstuvwxyz234567"), std::string::npos);
  EXPECT_EQ(suffix, id_suffix("admin", "SubmitEnquiry", "key-1"));
  std::set<std::string> all{suffix, id_suffix("desk", "SubmitEnquiry", "key-1"), id_suffix("admin", "RegisterPerson", "key-1"),
                            id_suffix("admin", "SubmitEnquiry", "key-2"), id_suffix("adminS", "ubmitEnquiry", "key-1")};
  EXPECT_EQ(all.size(), 5U);
}

TEST(GatewayIds, ATemplateIsFilledFromTheFieldsBeforeIt) {
  json::object request{{"site", "s-1"}};
  EXPECT_EQ(fill_made_fields(*forms().find("SubmitEnquiry"), request, "admin", "k"), NewId::kMade);
  const std::string person(request.at("person").as_string());
  EXPECT_TRUE(person.starts_with("p-"));
  EXPECT_TRUE(std::string(request.at("enquiry").as_string()).starts_with(person + ".e-"));
  EXPECT_EQ(runtime::lane_of(person), runtime::lane_of(std::string(request.at("enquiry").as_string())));
}

TEST(GatewayIds, WhatTheCallerNamesStays) {
  json::object request{{"person", "p-7"}, {"enquiry", "p-7.e-1"}};
  EXPECT_EQ(fill_made_fields(*forms().find("SubmitEnquiry"), request, "admin", "k"), NewId::kNotMade);
  EXPECT_EQ(request.at("person").as_string(), "p-7");
  json::object claim{{"enquiry", "p-7.e-1"}};
  EXPECT_EQ(fill_made_fields(*forms().find("ClaimLead"), claim, "desk", "k"), NewId::kNotMade);
  EXPECT_EQ(claim.at("by").as_string(), "desk");
  json::object for_other{{"enquiry", "p-7.e-1"}, {"by", "eva"}};
  fill_made_fields(*forms().find("ClaimLead"), for_other, "desk", "k");
  EXPECT_EQ(for_other.at("by").as_string(), "eva");
}

TEST(GatewayIds, AVisitThatIsMovedAgainAndAgainCountsItsMoves) {
  const std::string first = "a-site-with-a-name-as-long-as-names-of-sites-are.v-abcdefghijklm";
  std::string visit = first;
  std::set<std::string> all;
  for (std::uint32_t move = 1; move <= 100; ++move) {
    json::object request{{"appointment", visit}};
    EXPECT_EQ(fill_made_fields(*forms().find("MoveAppointment"), request, "desk", "key-" + std::to_string(move)), NewId::kMade);
    visit = std::string(request.at("to").as_string());
    EXPECT_TRUE(all.insert(visit).second);
    EXPECT_LE(visit.size(), first.size() + 21) << visit;
    EXPECT_EQ(move_chain_of(visit).first, first);
    EXPECT_EQ(move_chain_of(visit).moves, move) << visit;
  }
  EXPECT_EQ(move_chain_of("main.v-1.m-a.m-b").moves, 2U);
  EXPECT_EQ(move_chain_of("main.v-1.m-7").moves, 1U) << "an id that somebody chose";
  EXPECT_EQ(move_chain_of("main.m-1").moves, 0U);
}

// ---- keys

TEST(GatewayApiKeys, OnlyTheWholeKeyIsKnown) {
  ApiKeys keys;
  keys.add("admin", "0123456789abcdef");
  EXPECT_EQ(keys.principal_of("0123456789abcdef"), "admin");
  EXPECT_EQ(keys.principal_of("0123456789abcde"), std::nullopt);
  EXPECT_EQ(keys.principal_of("0123456789abcdefg"), std::nullopt);
  EXPECT_EQ(keys.principal_of(""), std::nullopt);
  EXPECT_FALSE(keys.add_from_file("admin", "/nowhere/admin.key"));
}

// ---- problems

TEST(GatewayProblem, HasAllMembersOfRfc9457AndACode) {
  const auto plain = parse_json(problem_json({409, "slot_taken", "somebody was \"faster\""}, "/v1/appointments"));
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->value, json::parse(R"({"type":"urn:bridgework:problem:slot_taken","title":"Slot taken","status":409,
    "detail":"somebody was \"faster\"","code":"slot_taken","instance":"/v1/appointments"})"));
  const auto field = parse_json(problem_json({.status = 422, .code = "too_long", .detail = "d", .path = "/a/0", .rule = "r"}, "/x"));
  EXPECT_EQ(field->value.at("path").as_string(), "/a/0");
  EXPECT_EQ(field->value.at("rule").as_string(), "r");
  EXPECT_TRUE(parse_json(problem_json({404, "not_found", "d"}, "/\xff")));
}

TEST(GatewayProblem, EachOutcomeHasItsStatus) {
  using messages::Outcome;
  const struct {
    Outcome outcome;
    const char* code;
    unsigned status;
  } kCases[] = {
      {Outcome::kRefused, "slot_taken", 409}, {Outcome::kRefused, "unknown_person", 404},
      {Outcome::kMalformed, "", 422},         {Outcome::kOverloaded, "", 503},
      {Outcome::kExpired, "", 504},           {Outcome::kKeyReused, "", 422},
      {Outcome::kUnavailable, "", 503},       {Outcome::kInternal, "", 500},
      {Outcome::kNotOwner, "", 503},
  };
  for (const auto& c : kCases) {
    messages::Reply reply;
    reply.outcome = c.outcome;
    reply.code = c.code;
    const Problem problem = problem_of_reply(reply);
    EXPECT_EQ(problem.status, c.status) << to_string(c.outcome);
    EXPECT_FALSE(problem.code.empty());
    EXPECT_FALSE(problem.detail.empty());
    EXPECT_EQ(problem.retry_after.has_value(), c.status == 503) << to_string(c.outcome);
  }
  messages::Reply reused;
  reused.outcome = Outcome::kKeyReused;
  EXPECT_EQ(problem_of_reply(reused).code, "idempotency_key_reused");
  EXPECT_EQ(retry_after_seconds(std::chrono::milliseconds{1}), "1");
  EXPECT_EQ(retry_after_seconds(std::chrono::milliseconds{1001}), "2");
}

// ---- OpenAPI

void collect_references(const json::value& value, std::set<std::string>& references) {
  if (const auto* object = value.if_object()) {
    for (const auto& member : *object) {
      if (member.key() == "$ref") references.emplace(member.value().as_string());
      else collect_references(member.value(), references);
    }
  } else if (const auto* array = value.if_array()) {
    for (const auto& item : *array) collect_references(item, references);
  }
}

TEST(GatewayOpenApi, DescribesEveryRouteAndEveryReferenceLeadsSomewhere) {
  const auto parsed = parse_json(openapi_json(router(), forms()));
  ASSERT_TRUE(parsed) << parsed.error().reason;
  EXPECT_EQ(parsed->duplicate, std::nullopt);
  const json::object& document = parsed->value.as_object();
  EXPECT_EQ(document.at("openapi").as_string(), "3.1.0");
  std::set<std::string> operation_ids;
  for (const Route& route : router().routes()) {
    std::string method = route.method == "GET" ? "get" : "post";
    const json::object& operation = document.at("paths").at(route.pattern).at(method).as_object();
    EXPECT_TRUE(operation_ids.emplace(operation.at("operationId").as_string()).second) << route.pattern;
    EXPECT_TRUE(operation.at("responses").as_object().contains("200")) << route.pattern;
    EXPECT_EQ(operation.contains("security"), !route.needs_key) << route.pattern;
    for (std::size_t open = route.pattern.find('{'); open != std::string::npos; open = route.pattern.find('{', open + 1)) {
      const std::string name = route.pattern.substr(open + 1, route.pattern.find('}', open) - open - 1);
      const json::array& parameters = operation.at("parameters").as_array();
      EXPECT_TRUE(std::ranges::any_of(parameters, [&](const json::value& p) {
        return p.at("name") == json::value(name) && p.at("in") == "path";
      })) << route.pattern;
    }
  }
  std::set<std::string> references;
  collect_references(parsed->value, references);
  EXPECT_GT(references.size(), 50U);
  for (const std::string& reference : references) {
    ASSERT_TRUE(reference.starts_with("#"));
    boost::system::error_code error;
    EXPECT_NE(parsed->value.find_pointer(reference.substr(1), error), nullptr) << reference;
  }
  const json::value& person = document.at("components").at("schemas").at("RegisterPerson");
  EXPECT_EQ(person.at("additionalProperties"), json::value(false));
  EXPECT_TRUE(document.at("paths").at("/v1/persons").at("post").at("responses").as_object().contains("201"));
}

// ---- Twilio

TEST(GatewayTwilio, SignsTheUrlAndAllParametersSortedByName) {
  const Parameters parameters{
      {"To", "+18005551212"}, {"From", "+14158675309"}, {"Digits", "1234"}, {"Caller", "+14158675309"}, {"CallSid", "CA1234567890ABCDE"}};
  EXPECT_EQ(twilio_signature("12345", "https://mycompany.com/myapp.php?foo=1&bar=2", parameters), "RSOYDt4T1cUTdK1PDd93/VVr8B8=");
  EXPECT_FALSE(is_twilio_signature("", "12345", "https://mycompany.com/myapp.php?foo=1&bar=2", parameters));
}

TEST(GatewayTwilio, SignsAsTwilioDoes) {
  std::ifstream file(std::string(BRIDGEWORK_TEST_DATA) + "/twilio-signature/vectors.json");
  if (!file) GTEST_SKIP() << BRIDGEWORK_TEST_DATA << "/twilio-signature is not there";
  std::ostringstream text;
  text << file.rdbuf();
  const auto vectors = parse_json(text.str());
  ASSERT_TRUE(vectors) << vectors.error().reason;
  std::size_t checked = 0;
  for (const json::value& vector : vectors->value.as_array()) {
    const json::object& one = vector.as_object();
    if (!one.contains("params") || !one.at("params").is_object()) continue;
    Parameters parameters;
    bool only_text = true;
    for (const auto& member : one.at("params").as_object()) {
      if (!member.value().is_string()) {
        only_text = false;
        continue;
      }
      parameters.emplace_back(member.key(), member.value().as_string());
    }
    if (!only_text) continue;
    const std::string token(one.at("authToken").as_string());
    const std::string url(one.at("url").as_string());
    EXPECT_EQ(twilio_signature(token, url, parameters), std::string(one.at("signature").as_string())) << url;
    EXPECT_TRUE(is_twilio_signature(std::string(one.at("signature").as_string()), token, url, parameters));
    parameters.emplace_back("Extra", "1");
    EXPECT_FALSE(is_twilio_signature(std::string(one.at("signature").as_string()), token, url, parameters));
    ++checked;
  }
  EXPECT_GE(checked, 4U);
}

// ---- survey

TEST(GatewaySurvey, ATokenIsTheSurveyAndItsSecretSplitAtTheLastDot) {
  const auto token = read_survey_token("p-1.s-3.secret");
  ASSERT_TRUE(token);
  EXPECT_EQ(token->survey, "p-1.s-3");
  EXPECT_EQ(token->secret, "secret");
  for (const char* bad : {"", "secret", ".secret", "survey."}) EXPECT_FALSE(read_survey_token(bad)) << bad;
}

TEST(GatewaySurvey, WhatComesFromOutsideIsEscapedAndOnlyAWebAddressIsALink) {
  EXPECT_EQ(survey_form_page("<script>alert(1)</script>").find("<script>"), std::string::npos);
  EXPECT_NE(survey_thanks_page("https://reviews.example/x?a=1&b=2").find("href=\"https://reviews.example/x?a=1&amp;b=2\""),
            std::string::npos);
  EXPECT_EQ(survey_thanks_page("javascript:alert(1)").find("href"), std::string::npos);
}

// ---- imports

json::object person_rows(int count) {
  json::array rows;
  for (int i = 0; i < count; ++i) rows.push_back(json::object{{"person", "p-" + std::to_string(i)}});
  return {{"rows", std::move(rows)}};
}

TEST(GatewayImports, PersonsAreGroupedByLaneAndEveryRowGoesOnce) {
  const auto split = split_import(ImportKind::kPersons, person_rows(500), forms(), "admin", "k");
  ASSERT_TRUE(std::holds_alternative<std::vector<ImportPart>>(split));
  std::set<std::size_t> rows;
  std::set<std::string> keys;
  for (const ImportPart& part : std::get<0>(split)) {
    const auto command = messages::decode_as<messages::ImportPersons>(part.body);
    ASSERT_TRUE(command) << command.error().reason;
    ASSERT_EQ(command->persons.size(), part.rows.size());
    for (const messages::ImportedPerson& person : command->persons) {
      EXPECT_EQ(runtime::lane_of(person.person.text()), runtime::lane_of(command->key));
    }
    rows.insert(part.rows.begin(), part.rows.end());
    EXPECT_TRUE(keys.insert(part.idempotency_key).second);
  }
  EXPECT_EQ(rows.size(), 500U);
  const auto again = split_import(ImportKind::kPersons, person_rows(500), forms(), "admin", "k");
  EXPECT_EQ(std::get<0>(again).front().idempotency_key, std::get<0>(split).front().idempotency_key);
  EXPECT_EQ(std::get<0>(again).front().body, std::get<0>(split).front().body);
}

TEST(GatewayImports, VisitsAreGroupedBySite) {
  const json::value request = json::parse(R"({"rows":[
    {"site":"a","appointment":"a.v-1","person":"p-1","local_start":"2020-01-01T09:00:00","outcome":"completed"},
    {"site":"b","appointment":"b.v-1","person":"p-1","local_start":"2020-01-02T09:00:00","outcome":"no_show"},
    {"site":"a","appointment":"a.v-2","person":"p-2","local_start":"2020-01-03T09:00:00","outcome":"cancelled"}]})");
  const auto split = split_import(ImportKind::kVisits, request.as_object(), forms(), "admin", "k");
  ASSERT_TRUE(std::holds_alternative<std::vector<ImportPart>>(split));
  const auto& parts = std::get<0>(split);
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_EQ(parts[0].key, "a");
  EXPECT_EQ(parts[0].rows, (std::vector<std::size_t>{0, 2}));
}

TEST(GatewayImports, OneBadRowRefusesTheRequestByItsPath) {
  const struct {
    ImportKind kind;
    const char* json;
    const char* path;
  } kCases[] = {
      {ImportKind::kPersons, R"({})", "/rows"},
      {ImportKind::kPersons, R"({"rows":{}})", "/rows"},
      {ImportKind::kPersons, R"({"rows":[],"more":1})", "/more"},
      {ImportKind::kPersons, R"({"rows":[{"person":"p-1"},{"person":"p-2","profile":{"status":"x"}}]})", "/rows/1/profile/status"},
      {ImportKind::kPersons, R"({"rows":[7]})", "/rows/0"},
      {ImportKind::kVisits, R"({"rows":[{"appointment":"a","person":"p","local_start":"2020-01-01T09:00:00"}]})", "/rows/0/site"},
  };
  for (const auto& c : kCases) {
    const auto split = split_import(c.kind, json::parse(c.json).as_object(), forms(), "admin", "k");
    ASSERT_TRUE(std::holds_alternative<Problem>(split)) << c.json;
    EXPECT_EQ(std::get<Problem>(split).path, c.path);
    EXPECT_EQ(std::get<Problem>(split).status, 422U);
  }
  EXPECT_TRUE(std::holds_alternative<Problem>(split_import(ImportKind::kPersons, person_rows(501), forms(), "admin", "k")));
}

TEST(GatewayImports, SumsAreAddedAndWhatFailedIsNamed) {
  const auto split = split_import(ImportKind::kPersons, person_rows(100), forms(), "admin", "k");
  const auto& parts = std::get<0>(split);
  std::vector<messages::Reply> replies(parts.size());
  for (messages::Reply& reply : replies) {
    reply.type_id = messages::ImportDone::kTypeId;
    reply.body = encode(messages::ImportDone{.imported = 2, .already_known = 1});
  }
  const auto sum = sum_import(parts, replies);
  ASSERT_TRUE(std::holds_alternative<std::string>(sum));
  EXPECT_EQ(json::parse(std::get<std::string>(sum)).at("imported").to_number<std::size_t>(), 2 * parts.size());
  replies[1].outcome = messages::Outcome::kUnavailable;
  const auto failed = sum_import(parts, replies);
  ASSERT_TRUE(std::holds_alternative<Problem>(failed));
  EXPECT_EQ(std::get<Problem>(failed).status, 503U);
  const json::value shown = json::parse(problem_json(std::get<Problem>(failed), "/v1/imports/persons"));
  EXPECT_EQ(shown.at("failed").at(0).at("rows").as_array().size(), parts[1].rows.size());
}

}  // namespace
}  // namespace bridgework::gateway
