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

#include "support/fhir_rules.hpp"
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

  void make_site(const std::string& site) {
    json::array weekdays;
    for (int day = 1; day <= 7; ++day) weekdays.push_back(json::object{{"weekday", day}, {"from_minute", 480}, {"until_minute", 1080}});
    done(suite_.api().post("/v1/sites", {{"site", site}, {"name", "Site " + site}, {"zone", "America/New_York"}, {"hours", weekdays}}));
    done(suite_.api().post("/v1/chairs", {{"site", site}, {"chair", "c1"}, {"name", "c1"}}));
    done(suite_.api().post("/v1/providers", {{"site", site}, {"provider", "dr_lee"}, {"name", "Dr. Lee"}, {"shifts", weekdays}}));
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

std::string read(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

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
      const std::string resource = read(file), name = file.stem().string();
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
  const std::string example = read(kExamples / "Appointment-example.json");
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

}  // namespace
}  // namespace bridgework::functional
