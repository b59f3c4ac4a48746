// A file of FHIR resources, one a line, through the real command line: the published examples and lines that are none.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "support/files.hpp"
#include "support/suite.hpp"

namespace bridgework::functional {
namespace {

namespace json = boost::json;

const std::filesystem::path kPublished = std::filesystem::path(BRIDGEWORK_SOURCE_DIR) / "../shared/data/fhir-r4-examples";

/// Sites as the examples name them, where somebody works.
void open_sites_of_examples(support::Suite& suite) {
  json::array days;
  for (int day = 1; day <= 7; ++day) days.push_back(json::object{{"weekday", day}, {"from_minute", 480}, {"until_minute", 1080}});
  for (const std::string site : {"1", "2", "3"}) {
    for (const auto& answer :
         {suite.api().post("/v1/sites", {{"site", site}, {"name", "Site " + site}, {"zone", "America/New_York"}, {"hours", days}}),
          suite.api().post("/v1/providers", {{"site", site}, {"provider", "dr-of-" + site}, {"name", "Dr. Lee"}, {"shifts", days}})})
      ASSERT_TRUE(answer.status == 200 || answer.status == 201) << answer.text;
  }
}

/// The rejects: line → rule, reason.
std::map<std::size_t, std::pair<std::string, std::string>> rejects_of(const std::filesystem::path& file) {
  std::ifstream in(file.string() + ".rejects.csv");
  std::string row;
  std::getline(in, row);
  EXPECT_EQ(row, "line,field,reason");
  std::map<std::size_t, std::pair<std::string, std::string>> rejects;
  while (std::getline(in, row)) {
    const std::size_t comma = row.find(','), second = row.find(',', comma + 1);
    EXPECT_TRUE(rejects.emplace(std::stoul(row), std::pair{row.substr(comma + 1, second - comma - 1), row.substr(second + 1)}).second)
        << "a line is rejected once: " << row;
  }
  return rejects;
}

TEST(FhirFile, TakesTheLinesInAnyOrderAsTheEndpointDoesAndTwiceIsOnce) {
  if (!std::filesystem::exists(kPublished))
    GTEST_SKIP() << "the published examples are not at " << kPublished << "; they are never part of this project";
  support::Suite suite({});
  open_sites_of_examples(suite);

  // Visits stand before the people whom they are of; between them what is no resource.
  struct Line {
    std::string type;  ///< empty: broken
    std::string text;
  };
  std::vector<Line> lines;
  std::map<std::string, int> types;
  for (const std::string type : {"Appointment", "Slot", "Schedule", "Patient"}) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(kPublished))
      if (entry.path().filename().string().starts_with(type + "-") && entry.path().extension() == ".json") files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    for (const auto& file : files) {
      lines.push_back({type, json::serialize(json::parse(support::bytes_of(file)))});
      ++types[type];
    }
    lines.push_back({"", R"({"resourceType":"Patient","id":"cut)"});
    lines.push_back({"", "no JSON at all, \"quoted\""});
    lines.push_back({"", R"(["Patient"])"});
    // More than one request holds, so that what comes first in the file would also be sent first.
    for (int i = 0; i < 20; ++i) lines.push_back({"Observation", R"({"resourceType":"Observation","id":"o","status":"final"})"});
  }
  ASSERT_EQ(types, (std::map<std::string, int>{{"Appointment", 3}, {"Slot", 4}, {"Schedule", 3}, {"Patient", 22}}));
  const auto file = suite.data() / "export.ndjson";
  {
    std::ofstream out(file, std::ios::binary);
    for (std::size_t i = 0; i < lines.size(); ++i) out << lines[i].text << (i % 2 == 0 ? "\n" : "\r\n") << (i % 7 == 0 ? "\n" : "");
  }
  std::vector<std::size_t> number;  // of each line, with the empty ones
  for (std::size_t i = 0, line = 1; i < lines.size(); ++i) {
    number.push_back(line);
    line += i % 7 == 0 ? 2 : 1;
  }

  const std::string import = "import fhir " + file.string() + " --past-booked fulfilled --json";
  const auto first = suite.cli(import);
  ASSERT_EQ(first.status, 0) << first.out;
  const auto rejects = rejects_of(file);
  const json::value summary = json::parse(first.out);
  EXPECT_EQ(summary.at("read").as_int64(), static_cast<std::int64_t>(lines.size()));
  EXPECT_EQ(summary.at("rejected").as_int64(), static_cast<std::int64_t>(rejects.size()));
  EXPECT_EQ(summary.at("imported").as_int64(), static_cast<std::int64_t>(lines.size() - rejects.size()));
  EXPECT_EQ(summary.at("already_known").as_int64(), 0) << "nothing was there before";
  ASSERT_TRUE(suite.settle());
  const auto events = [&](const std::string& type) {
    const std::string text = suite.api().get("/v1/events?type=" + type).text;
    return std::count(text.begin(), text.end(), '\n');
  };
  EXPECT_EQ(events("PersonRegistered"), 21) << "a golden retriever is no person";
  EXPECT_EQ(events("VisitImported"), 1) << "the visit of somebody who stands behind it";

  // Whoever answers the phone sees it, too.
  const std::string imported = suite.api().get("/v1/events?type=VisitImported").text;
  const std::string person(json::parse(imported.substr(0, imported.find('\n'))).at("data").at("person").as_string());
  const auto desk = suite.api().get("/v1/desk?person=" + person);
  ASSERT_EQ(desk.at("/persons/0/visits").as_array().size(), 1U) << desk.text;
  EXPECT_TRUE(desk.at("/persons/0/visits/0/imported").as_bool()) << desk.text;
  EXPECT_EQ(desk.string_at("/persons/0/visits/0/state"), "completed");

  // Each line is judged as the endpoint judges it, by the same rule in the same words.
  const auto head = suite.api().get("/v1/status").int_at("/head");
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto rejected = rejects.find(number[i]);
    if (lines[i].type.empty()) {
      ASSERT_NE(rejected, rejects.end()) << number[i] << " " << lines[i].text;
      EXPECT_EQ(rejected->second.first, "malformed_json") << number[i];
      continue;
    }
    if (lines[i].type == "Observation") {
      ASSERT_NE(rejected, rejects.end()) << number[i];
      EXPECT_NE(rejected->second.first, "") << "names the rule: " << rejected->second.second;
      continue;
    }
    const auto told = suite.api().send("POST", "/fhir/R4/" + lines[i].type + "?past_booked=fulfilled", lines[i].text,
                                       {"Content-Type: application/fhir+json"});
    EXPECT_EQ(told.status == 422, rejected != rejects.end()) << number[i] << " " << told.text;
    if (rejected == rejects.end()) continue;
    EXPECT_EQ(rejected->second.first, told.string_at("/issue/0/details/coding/0/code")) << number[i];
    EXPECT_NE(rejected->second.second.find(rejected->second.first), std::string::npos) << rejected->second.second;
  }

  // Again, from where it stopped and from the start: nothing changes.
  for (const char* how : {"", " --from-start"}) {
    const auto again = suite.cli(import + how);
    ASSERT_EQ(again.status, 0) << again.out;
    EXPECT_EQ(json::parse(again.out).at("imported").as_int64(), summary.at("imported").as_int64()) << how;
    EXPECT_EQ(rejects_of(file), rejects) << how;
  }
  ASSERT_TRUE(suite.settle());
  EXPECT_EQ(suite.api().get("/v1/status").int_at("/head"), head) << "twice is once";
}

}  // namespace
}  // namespace bridgework::functional
