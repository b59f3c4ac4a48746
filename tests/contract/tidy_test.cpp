// The style that a machine can hold us to. Each finding says what to do instead.

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace bridgework::contract {
namespace {

namespace fs = std::filesystem;

const fs::path kRoot = BRIDGEWORK_SOURCE_DIR;

std::string read(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

std::vector<fs::path> files_under(const std::vector<std::string>& folders, const std::set<std::string>& endings) {
  std::vector<fs::path> out;
  for (const auto& folder : folders) {
    for (const auto& entry : fs::recursive_directory_iterator(kRoot / folder)) {
      if (entry.is_regular_file() && endings.contains(entry.path().extension().string())) out.push_back(entry.path());
    }
  }
  return out;
}

TEST(Tidy, TheTopLevelHoldsOnlyWhatIsAgreed) {
  const std::set<std::string> agreed{"CMakeLists.txt", "CMakePresets.json", "README.md", "LICENSE", "services", "messages",
                                     "deploy",         "scripts",           "tests",     "build"};
  for (const auto& entry : fs::directory_iterator(kRoot)) {
    const std::string name = entry.path().filename().string();
    EXPECT_TRUE(name.starts_with('.') || agreed.contains(name)) << name << " belongs into one of the folders";
  }
}

TEST(Tidy, EverySourceIsBuiltBySomething) {
  std::string commands = read(fs::path(BRIDGEWORK_BINARY_DIR) / "compile_commands.json");
  ASSERT_FALSE(commands.empty());
  // What is compiled as one file is named there.
  for (const auto& entry : fs::recursive_directory_iterator(BRIDGEWORK_BINARY_DIR)) {
    if (entry.path().parent_path().filename() == "Unity" && entry.path().extension() == ".cxx") commands += read(entry.path());
  }
  for (const auto& file : files_under({"services", "messages", "scripts", "tests"}, {".cpp"})) {
    EXPECT_NE(commands.find(file.string()), std::string::npos) << file << " is in no CMakeLists.txt: list it or delete it";
  }
}

TEST(Tidy, EveryTestFileIsRun) {
  const std::regex test(R"(\bTEST(_F|_P)?\()");
  for (const auto& file : files_under({"tests"}, {".cpp"})) {
    if (!std::regex_search(read(file), test)) continue;
    EXPECT_TRUE(file.stem().string().ends_with("_test")) << file << " holds tests: name it _test.cpp";
  }
}

TEST(Tidy, RulesTouchNeitherWireNorStoreNorLog) {
  const std::regex forbidden(
      R"(#include\s*[<"](zmq|capnp/|kj/|hiredis|spdlog|runtime/(redis|wire|log|engine|process|serve|store)\b|.*\.codec\.hpp|.*\.capnp\.h))");
  const std::set<std::string> edge{"main.cpp", "perform.cpp", "perform.hpp"};
  for (const char* service : {"lead_intake", "appointments", "followup", "outreach", "feedback", "journey", "analytics"}) {
    for (const auto& file : files_under({std::string("services/") + service}, {".cpp", ".hpp"})) {
      if (edge.contains(file.filename().string())) continue;
      std::smatch found;
      const std::string text = read(file);
      EXPECT_FALSE(std::regex_search(text, found, forbidden))
          << file << " includes " << found.str() << ": rules are values; move it to main.cpp or the runtime";
    }
  }
}

TEST(Tidy, NoServiceReachesIntoAnother) {
  const std::vector<std::string> services{"lead_intake", "appointments", "followup", "outreach", "feedback",
                                          "journey",     "analytics",    "bus",      "gateway"};
  for (const auto& service : services) {
    for (const auto& file : files_under({"services/" + service}, {".cpp", ".hpp"})) {
      const std::string text = read(file);
      for (const auto& other : services) {
        if (other != service) {
          EXPECT_EQ(text.find("#include \"" + other + "/"), std::string::npos)
              << file << " reaches into " << other << ": services talk by messages";
        }
      }
    }
  }
}

TEST(Tidy, TheRuntimeKnowsNoDentistry) {
  const std::regex words(R"(\b(patient|appointment|tooth|dentist\b|clinic|recall|enquiry|hygien)\w*)", std::regex::icase);
  for (const auto& file : files_under({"services/runtime"}, {".cpp", ".hpp"})) {
    std::istringstream lines(read(file));
    int number = 0;
    for (std::string line; std::getline(lines, line);) {
      ++number;
      EXPECT_FALSE(std::regex_search(line, words))
          << file << ":" << number << ": " << line << "\nthe runtime serves any business: use a neutral word";
    }
  }
}

TEST(Tidy, EveryServiceHasTheSameRooms) {
  for (const char* service : {"lead_intake", "appointments", "followup", "outreach", "feedback", "journey", "analytics"}) {
    for (const char* room : {"README.md", "state.capnp", "state.hpp", "decide.hpp", "decide.cpp", "answer.hpp", "answer.cpp", "model.hpp",
                             "config.hpp", "main.cpp", "CMakeLists.txt"}) {
      EXPECT_TRUE(fs::exists(kRoot / "services" / service / room)) << service << " has no " << room;
    }
    std::istringstream lines(read(kRoot / "services" / service / "main.cpp"));
    int count = 0;
    for (std::string line; std::getline(lines, line);) ++count;
    EXPECT_LT(count, 60) << service << "/main.cpp grows: it only puts parts together";
  }
}

/// Everything a pattern finds in a text; the first group where it has one.
std::set<std::string> all_of(const std::string& text, const std::regex& pattern) {
  std::set<std::string> found;
  for (std::sregex_iterator it(text.begin(), text.end(), pattern), none; it != none; ++it)
    found.insert(it->size() > 1 ? (*it)[1].str() : it->str());
  return found;
}

// An alert nobody has words for, and words for an alert that cannot come, are found out at night otherwise.
TEST(Tidy, EveryAlertHasARunbookAndCountsWhatIsThere) {
  std::string code;
  for (const auto& file : files_under({"services"}, {".cpp", ".hpp"})) code += read(file);
  const std::string alerts = read(kRoot / "deploy/prometheus/alerts.yml"), runbooks = read(kRoot / "deploy/README.md");
  const auto anchors = all_of(alerts, std::regex(R"(deploy/README\.md#(\w+))"));
  ASSERT_GE(anchors.size(), 10u);
  std::set<std::string> headings;
  for (std::string heading : all_of(runbooks, std::regex(R"(\n### (\w+)\n)"))) {
    std::transform(heading.begin(), heading.end(), heading.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    headings.insert(heading);
  }
  for (const std::string& anchor : anchors) EXPECT_TRUE(headings.contains(anchor)) << "no runbook ### " << anchor << " in deploy/README.md";
  for (const std::string& line : all_of(alerts, std::regex(R"(expr: ([^\n]*))"))) {
    for (const std::string& metric : all_of(line, std::regex(R"(\bbridgework_\w+)")))
      EXPECT_TRUE(code.find('"' + metric + '"') != std::string::npos || line.find("job=\"" + metric) != std::string::npos) << metric;
  }
  // What a runbook tells people to look for in a log, or to set.
  for (const std::string& name : all_of(runbooks, std::regex(R"(`([a-z]+(_[a-z]+)+)`)")))
    EXPECT_NE(code.find('"' + name + '"'), std::string::npos) << "deploy/README.md speaks of " << name << ", the code does not";
}

TEST(Tidy, NothingIsLeftForLater) {
  // Assembled, so that this file does not find itself.
  const std::regex later(std::string(R"(\b(TO)") + "DO|FIX" + R"(ME|XX)" + R"(X)\b)");
  for (const auto& file : files_under({"services", "messages", "scripts", "tests"}, {".cpp", ".hpp", ".capnp", ".cmake"})) {
    EXPECT_FALSE(std::regex_search(read(file), later)) << file << " has a note for later: do it, or open an issue";
  }
}

}  // namespace
}  // namespace bridgework::contract
