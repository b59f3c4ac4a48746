#include "gateway/json_mapper.hpp"
#include "tests/unit/gateway/fake_backend.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "gateway/json_text.hpp"
#include "messages/analytics.codec.hpp"
#include "messages/appointments.codec.hpp"
#include "messages/followup.codec.hpp"
#include "messages/lead_intake.codec.hpp"

namespace bridgework::gateway {
namespace {

namespace json = boost::json;

json::object object_of(std::string_view text) {
  auto parsed = parse_json(text);
  EXPECT_TRUE(parsed) << text;
  return parsed ? parsed->value.as_object() : json::object{};
}

tl::expected<std::string, MappingError> map(std::string_view message, std::string_view text) {
  return to_message(*forms().find(message), object_of(text));
}

std::string json_of(std::string_view message, std::string_view bytes) {
  std::string out;
  const auto appended = append_json(out, *forms().find(message), bytes);
  EXPECT_TRUE(appended) << appended.error();
  return out;
}

std::filesystem::path data(std::string_view name) { return std::filesystem::path(BRIDGEWORK_TEST_DATA) / name; }

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// The data stands beside the project, not in it.
#define SKIP_WITHOUT_DATA(name) \
  if (!std::filesystem::exists(data(name))) GTEST_SKIP() << data(name) << " is not there"

constexpr std::string_view kEnquiry = R"({
  "person": "p-ana", "enquiry": "p-ana.e-1", "site": "main-street", "source": "search_ad", "channel": "web_form",
  "profile": {"given_name": "José", "family_name": "Ñandú", "birth_day": "1984-02-29",
    "contact_points": [{"kind": "phone", "value": "+12025550143", "raw": "(202) 555-0143"}, {"kind": "email", "raw": "a@b.example"}],
    "preferred_channel": "sms", "zone": "America/New_York"},
  "text": "Does it hurt? \"quoted\" \\ \u00e9 \ud83e\uddb7"})";

TEST(GatewayJson, AnEnquiryBecomesTheMessageTheServiceReads) {
  const auto bytes = map("SubmitEnquiry", kEnquiry);
  ASSERT_TRUE(bytes) << bytes.error().path << bytes.error().rule;
  const auto read = messages::decode_as<messages::SubmitEnquiry>(*bytes);
  ASSERT_TRUE(read) << read.error().path << read.error().reason;
  EXPECT_EQ(read->person, PersonId("p-ana"));
  EXPECT_EQ(read->source, messages::LeadSource::kSearchAd);
  EXPECT_EQ(read->channel, messages::EnquiryChannel::kWebForm);
  EXPECT_EQ(read->profile.given_name.reveal(), "José");
  EXPECT_EQ(read->profile.birth_day.reveal(), LocalDay(std::chrono::local_days{std::chrono::year{1984} / 2 / 29}));
  ASSERT_EQ(read->profile.contact_points.size(), 2U);
  EXPECT_EQ(read->profile.contact_points[1].kind, messages::ContactKind::kEmail);
  EXPECT_EQ(read->text.reveal(), "Does it hurt? \"quoted\" \\ é 🦷");
}

TEST(GatewayJson, WhatIsReadIsWrittenTheSame) {
  const auto bytes = map("SubmitEnquiry", kEnquiry);
  ASSERT_TRUE(bytes);
  const std::string out = json_of("SubmitEnquiry", *bytes);
  const auto again = map("SubmitEnquiry", out);
  ASSERT_TRUE(again) << again.error().path;
  EXPECT_EQ(*again, *bytes);
  EXPECT_EQ(object_of(out).at("profile").at("birth_day").as_string(), "1984-02-29");
}

TEST(GatewayJson, TheOrderOfNamesDoesNotChangeTheBytes) {
  EXPECT_EQ(map("TakeNote", R"({"person":"p-1","note":"likes golf","by":"desk"})"),
            map("TakeNote", R"({"by":"desk","note":"likes golf","person":"p-1"})"));
}

TEST(GatewayJson, EveryMessageMadeByACodecIsWrittenAndReadBack) {
  messages::HoldSlot hold;
  hold.site = SiteId("s-1");
  hold.person = PersonId("p-1");
  hold.visit_type = "exam";
  hold.provider = ProviderId("dr-1");
  hold.local_start = LocalTime{std::chrono::seconds{1'800'000'000}};
  EXPECT_EQ(map("HoldSlot", json_of("HoldSlot", encode(hold))), encode(hold));
}

TEST(GatewayJson, OnlyAbsentOptionalsAreLeftOut) {
  EXPECT_EQ(json_of("Done", encode(messages::Done{})), R"({"id":""})");
  messages::BucketView bucket;
  EXPECT_EQ(json_of("BucketView", encode(bucket)).find("\"from\""), std::string::npos);
  bucket.from = LocalDay{std::chrono::days{0}};
  EXPECT_NE(json_of("BucketView", encode(bucket)).find(R"("from":"1970-01-01")"), std::string::npos);
  EXPECT_EQ(json_of("PersonProfile", encode(messages::PersonProfile{})).find("birth_day"), std::string::npos);
}

TEST(GatewayJson, WholeNumbersOf64BitsAreExact) {
  messages::KpiRow row;
  row.numerator = std::numeric_limits<std::int64_t>::min();
  row.denominator = 9'007'199'254'740'993;
  row.value = 0.1;
  const std::string out = json_of("KpiRow", encode(row));
  EXPECT_NE(out.find(R"("numerator":-9223372036854775808,"denominator":9007199254740993,"value":0.1,)"), std::string::npos) << out;
  EXPECT_EQ(map("KpiRow", out), encode(row));
  messages::TaskList tasks;
  tasks.total = std::numeric_limits<std::uint64_t>::max();
  EXPECT_EQ(map("TaskList", json_of("TaskList", encode(tasks))), encode(tasks));
}

TEST(GatewayJson, DefaultsOfTheSchemaStandForWhatIsLeftOut) {
  const auto bytes = map("ClaimLead", R"({"enquiry":"p-1.e-1"})");
  ASSERT_TRUE(bytes);
  EXPECT_EQ(messages::decode_as<messages::ClaimLead>(*bytes)->minutes, 15);
}

TEST(GatewayJson, ALargeMessageIsStillOneSegment) {
  std::string text = R"({"person":"p-1","plan":"p-1.t-1","site":"s","items":[)";
  for (int i = 0; i < 64; ++i) {
    text += fmt::format(R"({}{{"item":"i-{}","procedure_system":"{}","area":"{}"}})", i == 0 ? "" : ",", i, std::string(256, 'x'),
                        std::string(64, 'y'));
  }
  const auto bytes = map("CreateTreatmentPlan", text + "]}");
  ASSERT_TRUE(bytes) << bytes.error().path << bytes.error().rule;
  const auto read = messages::decode_as<messages::CreateTreatmentPlan>(*bytes);
  ASSERT_TRUE(read) << read.error().reason;
  EXPECT_EQ(read->items.size(), 64U);

  std::string map_text = R"({"version":1,"stages":[)";
  for (int i = 0; i < 200; ++i) map_text += fmt::format(R"({}{{"service_defects":["{}"]}})", i == 0 ? "" : ",", std::string(1000, 'z'));
  const auto larger = map("JourneyMap", map_text + "]}");
  ASSERT_TRUE(larger);
  EXPECT_GT(larger->size(), 200'000U);
  EXPECT_EQ(map("JourneyMap", json_of("JourneyMap", *larger)), *larger);
}

TEST(GatewayJson, EveryBrokenRuleIsNamedWithItsPath) {
  const std::string long_name(257, 'x');
  std::string many = R"({"person":"p-1","profile":{"contact_points":[)";
  for (int i = 0; i < 17; ++i) many += i == 0 ? "{}" : ",{}";
  many += "]}}";
  const struct {
    const char* message;
    std::string json;
    const char* path;
    const char* code;
  } kCases[] = {
      {"RegisterPerson", R"({"person":"p-1","profil":{}})", "/profil", "unknown_field"},
      {"RegisterPerson", R"({"person":"p-1","profile":{"contact_points":[{},{},{"value":7}]}})", "/profile/contact_points/2/value",
       "wrong_type"},
      {"RegisterPerson", R"({"person":"p-1","profile":{"a/b~c":1}})", "/profile/a~1b~0c", "unknown_field"},
      {"RegisterPerson", R"({"person":"p-1","":1})", "/", "unknown_field"},
      {"RegisterPerson", R"({"person":"p-1","profile":[]})", "/profile", "wrong_type"},
      {"RegisterPerson", R"({"person":"p-1","profile":null})", "/profile", "wrong_type"},
      {"RegisterPerson", R"({"person":"p-1","profile":{"contact_points":{}}})", "/profile/contact_points", "wrong_type"},
      {"RegisterPerson", R"({"person":"p-1","profile":{"given_name":")" + long_name + R"("}})", "/profile/given_name", "too_long"},
      {"RegisterPerson", R"({"person":"p-1","profile":{"given_name":"a\u0000b"}})", "/profile/given_name", "invalid_value"},
      {"RegisterPerson", many, "/profile/contact_points", "too_many"},
      {"RegisterPerson", R"({"person":"p-1","profile":{"status":"alive"}})", "/profile/status", "invalid_value"},
      {"RegisterPerson", R"({"person":"p-1","profile":{"status":3}})", "/profile/status", "wrong_type"},
      {"RegisterPerson", R"({"person":"p-1","profile":{"birth_day":"29.02.1984"}})", "/profile/birth_day", "invalid_value"},
      {"RegisterPerson", R"({"person":"p 1"})", "/person", "invalid_value"},
      {"RegisterPerson", R"({"person":""})", "/person", "required"},
      {"RegisterPerson", R"({})", "/person", "required"},
      {"CreateCampaign", R"({"campaign":"c-1"})", "/name", "required"},
      {"CreateCampaign", R"({"campaign":"c-1","name":"x","cost_minor":-1})", "/cost_minor", "out_of_range"},
      {"CreateCampaign", R"({"campaign":"c-1","name":"x","cost_minor":1.5})", "/cost_minor", "wrong_type"},
      {"CreateCampaign", R"({"campaign":"c-1","name":"x","cost_minor":"5"})", "/cost_minor", "wrong_type"},
      {"CreateCampaign", R"({"campaign":"c-1","name":"x","cost_minor":18446744073709551615})", "/cost_minor", "out_of_range"},
      {"CreateCampaign", R"({"campaign":"c-1","name":"x","sites":["a","b c"]})", "/sites/1", "invalid_value"},
      {"ClaimLead", R"({"enquiry":"e","minutes":0})", "/minutes", "out_of_range"},
      {"ClaimLead", R"({"enquiry":"e","minutes":241})", "/minutes", "out_of_range"},
      {"AnswerSurvey", R"({"survey":"s","token":"t","score":256})", "/score", "out_of_range"},
      {"CheckOutAppointment", R"({"appointment":"a","next_visit_agreed":"yes"})", "/next_visit_agreed", "wrong_type"},
      {"DefineVisitType", R"({"site":"s","visit_type":"exam","name":"Exam"})", "/duration_minutes", "required"},
      {"HoldSlot", R"({"site":"s","person":"p","visit_type":"v","provider":"d"})", "/local_start", "required"},
      {"HoldSlot", R"({"site":"s","person":"p","visit_type":"v","provider":"d","local_start":"2026-11-22T09:00:00Z"})", "/local_start",
       "invalid_value"},
      {"CreateTreatmentPlan", R"({"person":"p","site":"s","items":[]})", "/items", "required"},
      {"CreateTreatmentPlan", R"({"person":"p","site":"s","items":[{"item":"a"},{}]})", "/items/1/item", "required"},
      {"RecordTaskOutcome", R"({"task":"t","call_back_at":"tomorrow"})", "/call_back_at", "invalid_value"},
  };
  for (const auto& c : kCases) {
    const auto mapped = map(c.message, c.json);
    ASSERT_FALSE(mapped) << c.message << " took " << c.json;
    EXPECT_EQ(mapped.error().path, c.path) << c.json;
    EXPECT_EQ(mapped.error().code, c.code) << c.json;
    EXPECT_FALSE(mapped.error().rule.empty());
  }
}

TEST(GatewayJson, NullIsAnotherWordForAnAbsentOptional) {
  EXPECT_EQ(map("RegisterPerson", R"({"person":"p-1","profile":{"birth_day":null}})"), map("RegisterPerson", R"({"person":"p-1"})"));
}

TEST(GatewayJson, BytesThatAreNoMessageAppendNothing) {
  const std::string good = encode(messages::Done{"abc"});
  const StructForm& form = *forms().find("Done");
  std::string out = "before";
  for (std::size_t size = 0; size + 1 < good.size(); ++size) {
    if (append_json(out, form, std::string_view(good).substr(0, size))) {
      ADD_FAILURE() << "took " << size << " of " << good.size() << " bytes";
    }
    ASSERT_EQ(out, "before");
  }
}

TEST(GatewayJson, MisalignedBytesAreRead) {
  const std::string shifted = "x" + encode(messages::Done{"abc"});
  EXPECT_EQ(json_of("Done", std::string_view(shifted).substr(1)), R"({"id":"abc"})");
}

TEST(GatewayJson, ParametersOfAQueryAreTypedByTheSchema) {
  const StructForm& form = *forms().find("FindSlots");
  EXPECT_EQ(typed_parameter(*form.find("limit"), "20"), json::value(20));
  EXPECT_EQ(typed_parameter(*form.find("limit"), "20x"), json::value("20x"));
  EXPECT_EQ(typed_parameter(*form.find("site"), "20"), json::value("20"));
}

// ---- JSONTestSuite

TEST(GatewayJsonText, AcceptsEveryValidTextOfJsonTestSuiteAndRefusesEveryInvalidOne) {
  SKIP_WITHOUT_DATA("jsontestsuite");
  std::size_t valid = 0;
  std::size_t invalid = 0;
  std::size_t open = 0;
  for (const auto& entry : std::filesystem::directory_iterator(data("jsontestsuite/test_parsing"))) {
    const std::string name = entry.path().filename().string();
    const auto parsed = parse_json(read(entry.path()));
    if (name.starts_with("y_")) {
      ++valid;
      EXPECT_TRUE(parsed) << name << ": " << parsed.error().reason;
    } else if (name.starts_with("n_")) {
      ++invalid;
      EXPECT_FALSE(parsed) << name;
    } else {
      ++open;
    }
  }
  EXPECT_EQ(valid, 95U);
  EXPECT_EQ(invalid, 188U);
  EXPECT_EQ(open, 35U);
}

TEST(GatewayJsonText, FindsTheNameThatStandsTwice) {
  EXPECT_EQ(parse_json(R"({"a":1,"b":[{"c":1},{"c":2,"d":0,"c":3}]})")->duplicate, "/b/1/c");
  EXPECT_EQ(parse_json(R"({"a":1,"a":1})")->duplicate, "/a");
  EXPECT_EQ(parse_json(R"({"a":1,"\u0061":1})")->duplicate, "/a");
  EXPECT_EQ(parse_json(R"({"a":{"a":[1,1]},"b":{"a":2}})")->duplicate, std::nullopt);
}

TEST(GatewayJsonText, ReadsOnlySoDeep) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(parse_json(nested(kJsonDepthMax)));
  EXPECT_FALSE(parse_json(nested(kJsonDepthMax + 1)));
  EXPECT_FALSE(parse_json(nested(100'000)));
}

// ---- the big list of naughty strings

TEST(GatewayJson, EveryNaughtyStringAsANameComesBackUnchangedOrIsRefusedForAReason) {
  SKIP_WITHOUT_DATA("blns");
  const auto list = parse_json(read(data("blns/blns.json")));
  ASSERT_TRUE(list) << list.error().reason;
  std::size_t kept = 0;
  for (const json::value& item : list->value.as_array()) {
    const std::string name(item.as_string().data(), item.as_string().size());
    const json::object person{{"person", "p-1"}, {"profile", {{"given_name", item}}}};
    const auto bytes = to_message(*forms().find("RegisterPerson"), person);
    if (!bytes) {
      EXPECT_TRUE(name.size() > 256 || name.find('\0') != std::string::npos) << bytes.error().rule;
      continue;
    }
    const auto read_back = messages::decode_as<messages::RegisterPerson>(*bytes);
    ASSERT_TRUE(read_back) << read_back.error().reason;
    EXPECT_EQ(read_back->profile.given_name.reveal(), name);
    const auto shown = parse_json(json_of("RegisterPerson", *bytes));
    ASSERT_TRUE(shown);
    EXPECT_EQ(shown->value.at("profile").at("given_name"), item);
    ++kept;
  }
  EXPECT_GT(kept, 450U);
}

TEST(GatewayJson, TextThatIsNoUtf8IsRefused) {
  for (const char* bad : {"\xff", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "a\x80"}) {
    EXPECT_FALSE(is_utf8(bad));
    const json::object person{{"person", "p-1"}, {"profile", {{"given_name", json::string(bad)}}}};
    const auto bytes = to_message(*forms().find("RegisterPerson"), person);
    ASSERT_FALSE(bytes);
    EXPECT_EQ(bytes.error().path, "/profile/given_name");
  }
  EXPECT_TRUE(is_utf8("\xf4\x8f\xbf\xbf é 漢 🦷"));
}

}  // namespace
}  // namespace bridgework::gateway
