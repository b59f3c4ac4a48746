// FHIR through the real suite: the published examples in, everything out, and what went out in again.

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <map>
#include <sstream>

#include <gtest/gtest.h>

#include "runtime/zone.hpp"
#include "support/fhir_rules.hpp"
#include "support/files.hpp"
#include "support/outbox.hpp"
#include "support/suite.hpp"

namespace bridgework::functional {
namespace {

namespace json = boost::json;

const std::filesystem::path kExamples = std::filesystem::path(BRIDGEWORK_SOURCE_DIR) / "../shared/data/fhir-r4-examples";

/// Whether a strict reader of FHIR would take it.
void expect_sound(const json::value& resource, const std::string& what) {
  std::string faults;
  for (const auto& fault : support::fhir_faults(resource)) faults += fault + "\n";
  EXPECT_EQ(faults, "") << what << ": " << json::serialize(resource);
}

class Practice {
 public:
  explicit Practice(support::Suite& suite) : suite_(suite) {}

  /// Each works at one site: nobody is in two places at once.
  static std::string provider_of(const std::string& site) { return "dr_lee_of_" + site; }

  void make_site(const std::string& site) {
    json::array weekdays;
    for (int day = 1; day <= 7; ++day) weekdays.push_back(json::object{{"weekday", day}, {"from_minute", 480}, {"until_minute", 1080}});
    done(suite_.api().post("/v1/sites", {{"site", site}, {"name", "Site " + site}, {"zone", "America/New_York"}, {"hours", weekdays}}));
    done(suite_.api().post("/v1/chairs", {{"site", site}, {"chair", "c1"}, {"name", "c1"}}));
    done(suite_.api().post("/v1/providers", {{"site", site}, {"provider", provider_of(site)}, {"name", "Dr. Lee"}, {"shifts", weekdays}}));
    done(suite_.api().post(
        "/v1/visit-types",
        {{"site", site}, {"visit_type", "hygiene"}, {"name", "Hygiene"}, {"duration_minutes", 30}, {"purpose", "hygiene"}}));
  }

  support::Answer post(const std::string& path, const std::string& resource) {
    auto answer = suite_.api().send("POST", path, resource, {"Content-Type: application/fhir+json"});
    expect_sound(answer.json, path);
    return answer;
  }
  support::Answer get(const std::string& path) {
    auto answer = suite_.api().get(path);
    EXPECT_EQ(answer.status, 200) << path << " " << answer.text;
    expect_sound(answer.json, path);
    return answer;
  }
  support::Answer done(support::Answer answer) {
    EXPECT_TRUE(answer.status == 200 || answer.status == 201) << answer.status << " " << answer.text;
    return answer;
  }

 private:
  support::Suite& suite_;
};

TEST(Fhir, EveryPublishedExampleIsTakenOrRefusedByARuleThatIsNamed) {
  if (!std::filesystem::exists(kExamples))
    GTEST_SKIP() << "the published examples are not at " << kExamples << "; they are never part of this project";
  support::Suite suite({});
  Practice practice(suite);
  for (const char* site : {"1", "2", "3"}) practice.make_site(site);

  std::map<std::string, std::pair<int, int>> counts;  // by type: taken, refused
  std::ostringstream table;
  for (const std::string type : {"Patient", "Schedule", "Slot", "Appointment"}) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(kExamples)) {
      if (entry.path().filename().string().starts_with(type + "-") && entry.path().extension() == ".json") files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    EXPECT_FALSE(files.empty()) << type;
    for (const auto& file : files) {
      const std::string resource = support::bytes_of(file), name = file.stem().string();
      const auto first = practice.post("/fhir/R4/" + type, resource);
      const std::string told = first.string_at("/issue/0/details/text");
      if (first.status == 422) {
        const std::string rule = first.string_at("/issue/0/details/coding/0/code");
        EXPECT_FALSE(rule.empty()) << name;
        EXPECT_TRUE(told.starts_with(rule)) << name << ": the sentence names the rule: " << told;
        ++counts[type].second;
      } else {
        EXPECT_EQ(first.status, 201) << name << " " << first.text;
        const auto again = practice.post("/fhir/R4/" + type, resource);
        // Within a week the same bytes are given the same answer.
        EXPECT_EQ(again.status, type == "Schedule" ? 200 : 201) << name << " " << again.text;
        ++counts[type].first;
      }
      table << std::left << std::setw(28) << name << std::setw(9) << (first.status == 422 ? "refused" : "taken") << told << "\n";
    }
  }
  std::cout << table.str();
  EXPECT_EQ(counts["Patient"], (std::pair{21, 1})) << "a golden retriever is no person";
  EXPECT_EQ(counts["Schedule"], (std::pair{2, 1}));
  EXPECT_EQ(counts["Slot"], (std::pair{0, 4}));
  EXPECT_EQ(counts["Appointment"], (std::pair{0, 3}));

  // Whoever knows what their system means by a visit of 2013 that is still booked says so.
  const std::string example = support::bytes_of(kExamples / "Appointment-example.json");
  const auto taken = practice.post("/fhir/R4/Appointment?past_booked=fulfilled", example);
  EXPECT_EQ(taken.status, 201) << taken.text;
  practice.post("/fhir/R4/Appointment?past_booked=fulfilled", example);
  EXPECT_EQ(practice.post("/fhir/R4/Appointment?past_booked=noshow", example).status, 200) << "what is known is left as it is";
  const auto day = practice.get("/fhir/R4/Appointment?actor=Location/1&date=2013-12-10");
  EXPECT_EQ(day.string_at("/entry/0/resource/start"), "2013-12-10T09:00:00Z");
  EXPECT_EQ(day.string_at("/entry/0/resource/end"), "2013-12-10T11:00:00Z");
  EXPECT_EQ(day.string_at("/entry/0/resource/status"), "fulfilled");

  ASSERT_TRUE(suite.settle());
  EXPECT_TRUE(support::outbox_of(suite.outbox()).empty()) << "nobody is contacted about the past";
  EXPECT_EQ(suite.api().get("/v1/events?type=MessagePlanned").text, "");
  const auto events = [&](const std::string& type) {
    const std::string text = suite.api().get("/v1/events?type=" + type).text;
    return std::count(text.begin(), text.end(), '\n');
  };
  EXPECT_EQ(events("PersonRegistered"), 21) << "each once, though each was sent twice";
  EXPECT_EQ(events("VisitImported"), 1);
}

/// Every step a visit can have come to, at a site of its own day.
std::map<std::string, std::string> visits_in_every_state(support::Suite& suite, Practice& practice) {
  auto& api = suite.api();
  std::map<std::string, std::string> visits;
  int slot = 0;
  for (const std::string state :
       {"held", "booked", "confirmed", "arrived", "seated", "completed", "checked_out", "cancelled", "no_show", "moved"}) {
    const std::string person =
        practice
            .done(api.post("/v1/persons", {{"profile",
                                            {{"given_name", "José"},
                                             {"family_name", state},
                                             {"birth_day", "1980-02-29"},
                                             {"home_site", "north_1"},
                                             {"language", "es"},
                                             {"status", "patient"},
                                             {"contact_points", {{{"kind", "email"}, {"raw", state + "@example.org"}}}}}}}))
            .string_at("/id");
    const std::string start = "2026-11-24T" + std::string(slot < 2 ? "0" : "") + std::to_string(8 + slot) + ":00:00";
    ++slot;
    const auto held = practice.done(api.post("/v1/appointments", {{"site", "north_1"},
                                                                  {"person", person},
                                                                  {"visit_type", "hygiene"},
                                                                  {"provider", Practice::provider_of("north_1")},
                                                                  {"local_start", start}}));
    const std::string id = held.string_at("/appointment"), path = "/v1/appointments/" + id;
    visits[state] = id;
    if (state == "held") continue;
    practice.done(api.post(path + "/book", json::object()));
    if (state == "cancelled") practice.done(api.post(path + "/cancel", {{"by", "patient"}, {"reason", "ill"}}));
    if (state == "no_show") practice.done(api.post(path + "/no-show", json::object()));
    if (state == "moved") practice.done(api.post(path + "/move", {{"local_start", "2026-11-25T09:00:00"}}));
    if (state == "confirmed") practice.done(api.post(path + "/confirm", json::object()));
    for (const auto& [step, until] :
         {std::pair{"arrive", "arrived"}, {"seat", "seated"}, {"complete", "completed"}, {"check-out", "checked_out"}}) {
      const std::vector<std::string> order = {"arrived", "seated", "completed", "checked_out"};
      const auto wanted = std::find(order.begin(), order.end(), state);
      if (wanted == order.end() || std::find(order.begin(), wanted + 1, until) == wanted + 1) break;
      practice.done(api.post(path + "/" + step, json::object()));
    }
  }
  return visits;
}

TEST(Fhir, EverythingThatGoesOutIsSoundAndComesInAgain) {
  const Instant monday = *runtime::to_instant(LocalTime(std::chrono::local_days(std::chrono::year(2026) / 11 / 23)) + std::chrono::hours(9),
                                              "America/New_York");
  json::array batch;
  std::map<std::string, std::string> status_by_id;
  {
    support::Suite suite({.start = monday});
    Practice practice(suite);
    practice.make_site("north_1");
    const auto visits = visits_in_every_state(suite, practice);
    const auto found = practice.get("/fhir/R4/Appointment?actor=Location/north--5f1&date=ge2026-11-24&date=le2026-11-25");
    EXPECT_EQ(found.int_at("/total"), 11) << "ten, and where the moved one went";
    for (const auto& entry : found.json.at("entry").as_array()) {
      const auto& appointment = entry.at("resource").as_object();
      const std::string id(appointment.at("id").as_string());
      status_by_id[id] = std::string(appointment.at("status").as_string());
      EXPECT_EQ(practice.get("/fhir/R4/Appointment/" + id).json, entry.at("resource"));
      const std::string patient(appointment.at("participant").as_array()[0].at("actor").at("reference").as_string());
      batch.push_back(
          json::object{{"resource", practice.get("/fhir/R4/" + patient).json}, {"request", {{"method", "POST"}, {"url", "Patient"}}}});
      batch.push_back(json::object{{"resource", appointment}, {"request", {{"method", "POST"}, {"url", "Appointment"}}}});
    }
    practice.get("/fhir/R4/Patient?email=booked@example.org");
    const auto schedules = practice.get("/fhir/R4/Schedule?actor=Location/north--5f1");
    const std::string schedule = schedules.string_at("/entry/0/resource/id");
    practice.get("/fhir/R4/Schedule/" + schedule);
    const auto slots = practice.get("/fhir/R4/Slot?schedule=Schedule/" + schedule + "&start=2026-11-24");
    EXPECT_GT(slots.int_at("/total"), 0);
    practice.get("/fhir/R4/Slot/" + slots.string_at("/entry/0/resource/id"));
    practice.get("/fhir/R4/metadata");

    // Here everything is known already: the same visits are recognised, and nothing changes.
    const std::string before = suite.api().get("/v1/events").text;
    const auto again =
        practice.post("/fhir/R4", json::serialize(json::object{{"resourceType", "Bundle"}, {"type", "batch"}, {"entry", batch}}));
    EXPECT_EQ(again.status, 200);
    for (const auto& entry : again.json.at("entry").as_array()) EXPECT_NE(entry.at("response").at("status").as_string(), "201");
    EXPECT_EQ(suite.api().get("/v1/events").text, before);
    // And a calendar can be drawn of it.
    EXPECT_NE(suite.api().get("/v1/appointments/" + visits.at("booked") + ".ics").text.find("BEGIN:VEVENT"), std::string::npos);
  }

  // Another group's suite, a week later: what was agreed is history now, and nobody there is contacted about it.
  support::Suite suite({.start = monday + std::chrono::days(7)});
  Practice practice(suite);
  practice.make_site("north_1");
  const auto taken = practice.post("/fhir/R4?past_booked=noshow",
                                   json::serialize(json::object{{"resourceType", "Bundle"}, {"type", "batch"}, {"entry", batch}}));
  ASSERT_EQ(taken.status, 200) << taken.text;
  const auto& entries = taken.json.at("entry").as_array();
  std::size_t refused = 0;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const std::string status(entries[i].at("response").at("status").as_string());
    if (status == "422") {
      ++refused;
      EXPECT_EQ(batch[i].at("resource").at("status").as_string(), "pending") << "a hold is no visit";
    } else {
      EXPECT_TRUE(status == "201" || status == "200") << json::serialize(entries[i]);
    }
  }
  EXPECT_EQ(refused, 1U);
  for (const auto& [id, status] : status_by_id) {
    if (status == "pending") continue;
    const auto read = practice.get("/fhir/R4/Appointment/" + id);
    const bool came = status == "arrived" || status == "checked-in" || status == "fulfilled";
    EXPECT_EQ(read.string_at("/status"), came ? "fulfilled" : status == "booked" ? "noshow" : status) << id;
    const std::string patient = read.string_at("/participant/0/actor/reference");
    const auto person = practice.get("/fhir/R4/" + patient);
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const auto& sent = batch[i].at("resource");
      EXPECT_TRUE(sent.at("id") != person.at("/id") || sent == person.json) << "the person came through changed: " << json::serialize(sent);
      if (sent.at("id") != read.at("/id")) continue;
      EXPECT_EQ(sent.at("start"), read.at("/start"));
      EXPECT_EQ(sent.at("end"), read.at("/end"));
    }
  }
  ASSERT_TRUE(suite.settle());
  EXPECT_TRUE(support::outbox_of(suite.outbox()).empty());
}

TEST(Fhir, WhateverGoesOutIsReadBackHoweverLongItsNamesAre) {
  const Instant monday = *runtime::to_instant(LocalTime(std::chrono::local_days(std::chrono::year(2026) / 11 / 23)) + std::chrono::hours(9),
                                              "America/New_York");
  support::Suite suite({.start = monday});
  Practice practice(suite);
  const std::string site = "north-" + std::string(58, 'n'), provider = "lee-" + std::string(60, 'l'), type = std::string(60, 't') + " fee";
  json::array days;
  for (int day = 1; day <= 7; ++day) days.push_back(json::object{{"weekday", day}, {"from_minute", 480}, {"until_minute", 1080}});
  auto& api = suite.api();
  practice.done(api.post("/v1/sites", {{"site", site}, {"name", "North"}, {"zone", "America/New_York"}, {"hours", days}}));
  practice.done(api.post("/v1/chairs", {{"site", site}, {"chair", "c1"}, {"name", "c1"}}));
  practice.done(api.post("/v1/providers", {{"site", site}, {"provider", provider}, {"name", "Lee"}, {"shifts", days}}));
  practice.done(api.post("/v1/visit-types",
                         {{"site", site}, {"visit_type", type}, {"name", "Long"}, {"duration_minutes", 30}, {"purpose", "hygiene"}}));
  const std::string person = "p-" + std::string(62, 'p');
  practice.done(api.post("/v1/persons", {{"person", person}, {"profile", {{"given_name", "Ana"}, {"home_site", site}}}}));
  std::string visit =
      practice
          .done(api.post(
              "/v1/appointments",
              {{"site", site}, {"person", person}, {"visit_type", type}, {"provider", provider}, {"local_start", "2026-11-24T08:00:00"}}))
          .string_at("/appointment");
  practice.done(api.post("/v1/appointments/" + visit + "/book", json::object()));
  for (const char* start : {"09:00", "10:00", "11:00"}) {
    const auto moved =
        practice.done(api.post("/v1/appointments/" + visit + "/move", {{"local_start", "2026-11-24T" + std::string(start) + ":00"}}));
    visit = moved.string_at("/appointment");
  }
  // A bundle names each resource, and each is the same when it is asked for by that name.
  const auto read_back = [&](const std::string& search, std::size_t least) {
    const auto bundle = practice.get(search);
    const auto& entries = bundle.json.at("entry").as_array();
    EXPECT_GE(entries.size(), least) << search;
    for (std::size_t i = 0; i < std::min<std::size_t>(entries.size(), 5); ++i) {
      const auto& resource = entries[i].at("resource").as_object();
      const std::string id(resource.at("id").as_string());
      EXPECT_LE(id.size(), 64U);
      EXPECT_EQ(practice.get("/fhir/R4/" + std::string(resource.at("resourceType").as_string()) + "/" + id).json,
                entries[i].at("resource"));
    }
    return bundle;
  };
  const auto visits = read_back("/fhir/R4/Appointment?actor=Location/" + site + "&date=2026-11-24", 4);
  read_back("/fhir/R4/Patient?_id=" + visits.string_at("/entry/0/resource/participant/0/actor/reference").substr(8), 1);
  const auto schedules = read_back("/fhir/R4/Schedule?actor=Location/" + site, 1);
  read_back("/fhir/R4/Slot?schedule=Schedule/" + schedules.string_at("/entry/0/resource/id") + "&start=2026-11-24", 5);
  EXPECT_EQ(api.get("/fhir/R4/Schedule/s-aaaaaaaaaaaaa.s-aaaaaaaaaaaaa").status, 404);
  // What could not be named is not made.
  const auto refused = api.post("/v1/persons", {{"person", "p_" + std::string(62, 'p')}, {"profile", {{"given_name", "Ana"}}}});
  EXPECT_EQ(refused.status, 422) << refused.text;
  EXPECT_NE(refused.text.find("at most 64 letters as FHIR writes it"), std::string::npos) << refused.text;
}

}  // namespace
}  // namespace bridgework::functional
