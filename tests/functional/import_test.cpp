// 110,527 real appointments through the services' own commands.

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <thread>

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

#include <gtest/gtest.h>

#include "support/outbox.hpp"
#include "support/suite.hpp"

extern char** environ;

namespace bridgework::functional {
namespace {

namespace json = boost::json;

const std::filesystem::path kData = std::filesystem::path(BRIDGEWORK_SOURCE_DIR) / "../shared/data/noshow/KaggleV2-May-2016.csv";

std::size_t lines_of(const std::string& text) { return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')); }

using Milliseconds = std::chrono::duration<double, std::milli>;

/// What 99 % of the answers to somebody at the desk may take beside an import, on two cores that other tests use, too. On a machine of its
/// own it is 50 ms at most (tests/bench/README.md).
constexpr Milliseconds kDeskWaitsAtMost{500};

/// Somebody at the desk while the import runs: registers a person, changes a site, looks a person up, and waits for each answer.
class Desk {
 public:
  explicit Desk(support::Suite& suite) {
    thread_ = std::jthread([this, &suite](const std::stop_token& stop) {
      support::Api api(suite.url(), suite.admin_key());
      std::string person;
      for (std::size_t i = 0; !stop.stop_requested(); ++i) {
        const auto asked = std::chrono::steady_clock::now();
        const std::string name = "desk-" + std::to_string(i);
        support::Answer answer;
        switch (i % kKinds) {
          case 0: answer = api.post("/v1/persons", {{"profile", {{"given_name", name}, {"provenance", "observed"}}}}); break;
          case 1:
            answer = api.post("/v1/sites", {{"site", "desk"}, {"name", "Desk"}, {"zone", "America/New_York"}, {"phone", name}});
            break;
          default: answer = api.get("/v1/persons/" + person); break;
        }
        took_[i % kKinds].push_back(std::chrono::steady_clock::now() - asked);
        EXPECT_TRUE(answer.status == 200 || answer.status == 201) << answer.status << " " << answer.text;
        if (i % kKinds == 0) person = answer.string_at("/id");
        std::this_thread::sleep_until(asked + std::chrono::milliseconds(20));
      }
    });
  }
  /// The end of the day: says how long answers took, and returns what 99 % of them did not exceed.
  Milliseconds close() {
    thread_.request_stop();
    thread_.join();
    std::vector<Milliseconds> all;
    const auto say = [](const char* what, std::vector<Milliseconds>& waits) {
      std::sort(waits.begin(), waits.end());
      EXPECT_GT(waits.size(), 30u) << what;
      const auto of = [&](std::size_t percent) { return waits.empty() ? Milliseconds{} : waits[waits.size() * percent / 100]; };
      std::cout << "the desk beside it, " << what << ": " << waits.size() << " answers, 50 % within " << of(50).count()
                << " ms, 99 % within " << of(99).count() << " ms\n";
      return of(99);
    };
    constexpr const char* kNames[kKinds] = {"persons registered", "sites changed", "persons looked up"};
    for (std::size_t kind = 0; kind < kKinds; ++kind) {
      say(kNames[kind], took_[kind]);
      all.insert(all.end(), took_[kind].begin(), took_[kind].end());
    }
    return say("all", all);
  }

 private:
  static constexpr std::size_t kKinds = 3;
  std::array<std::vector<Milliseconds>, kKinds> took_;
  std::jthread thread_;
};

TEST(Import, TakesTheRealAppointmentsWholeAndTwiceIsOnce) {
  if (!std::filesystem::exists(kData))
    GTEST_SKIP() << "the public appointment data is not at " << kData << "; it is never part of this project";
  support::Suite suite({});
  // A copy, so that the rejects file may stand beside it.
  const auto file = suite.data() / "appointments.csv";
  std::filesystem::copy_file(kData, file);
  const std::string import =
      "import appointments " + file.string() + " --mapping " BRIDGEWORK_SOURCE_DIR "/tests/functional/noshow.toml --json";

  // The first try is killed on its way: a third of the visits are in.
  {
    const std::string url = "BRIDGEWORK_URL=" + suite.url(), data = "BRIDGEWORK_DATA=" + suite.data().string();
    std::vector<std::string> words{BRIDGEWORK_CLI, "import",    "appointments",
                                   file.string(),  "--mapping", BRIDGEWORK_SOURCE_DIR "/tests/functional/noshow.toml"};
    std::vector<char*> argv;
    for (auto& w : words) argv.push_back(w.data());
    argv.push_back(nullptr);
    ::setenv("BRIDGEWORK_URL", suite.url().c_str(), 1);
    ::setenv("BRIDGEWORK_DATA", suite.data().c_str(), 1);
    pid_t pid = 0;
    ASSERT_EQ(::posix_spawn(&pid, BRIDGEWORK_CLI, nullptr, nullptr, argv.data(), environ), 0);
    EXPECT_TRUE(suite.eventually([&] { return suite.api().get("/v1/status").int_at("/head") > 100'000; }, std::chrono::seconds(120)));
    ::kill(pid, SIGKILL);
    int status = 0;
    ::waitpid(pid, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status)) << "the import was over before it could be killed";
  }

  const auto started = std::chrono::steady_clock::now();
  Desk desk(suite);
  const auto ran = suite.cli(import);
  const Milliseconds p99 = desk.close();
  ASSERT_EQ(ran.status, 0) << ran.out;
  std::cout << "resumed import: " << std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count() << " s\n";
  EXPECT_LT(p99.count(), kDeskWaitsAtMost.count()) << "the import starves the people at the desk";
  const json::value summary = json::parse(ran.out);
  EXPECT_EQ(summary.at("read").as_int64(), 110527);
  EXPECT_EQ(summary.at("imported").as_int64(), 110521);
  EXPECT_EQ(summary.at("rejected").as_int64(), 6);
  EXPECT_EQ(summary.at("persons").as_int64(), 62298);
  EXPECT_EQ(summary.at("sites").as_int64(), 81);
  {
    std::ifstream rejects(file.string() + ".rejects.csv");
    const std::string text((std::istreambuf_iterator<char>(rejects)), {});
    EXPECT_EQ(lines_of(text), 7u) << "a head line and six rejects: " << text;
  }
  ASSERT_TRUE(suite.settle(std::chrono::seconds(180)));

  const auto no_show = json::parse(suite.cli("kpi no_show_rate --json").out);
  EXPECT_EQ(no_show.at("id").as_string(), "no_show_rate@1");
  EXPECT_EQ(no_show.at("numerator").as_int64(), 22314);
  EXPECT_EQ(no_show.at("denominator").as_int64(), 110521);
  EXPECT_NEAR(no_show.at("value").as_double(), 22314.0 / 110521.0, 1e-12);
  for (const char* by : {"site", "day"}) {
    const auto split = json::parse(suite.cli(std::string("kpi no_show_rate --json --by ") + by).out);
    std::int64_t numerator = 0, denominator = 0;
    for (const auto& row : split.at("rows").as_array()) {
      numerator += row.at("numerator").as_int64();
      denominator += row.at("denominator").as_int64();
    }
    EXPECT_EQ(numerator, 22314) << by;
    EXPECT_EQ(denominator, 110521) << by;
  }

  const auto ran_audit = suite.cli("audit leaks --json");
  EXPECT_EQ(ran_audit.status, 0);
  const auto audit = json::parse(ran_audit.out);
  EXPECT_EQ(audit.at("violations").as_int64(), 0);
  std::int64_t not_kept = 0;
  for (const auto& row : audit.at("open_by_kind").as_array()) {
    if (row.at("kind").as_string() == "not_kept") not_kept = row.at("persons").as_int64();
  }
  EXPECT_EQ(not_kept, 12143);
  EXPECT_EQ(support::outbox_of(suite.outbox()).size(), 0u) << "imported history contacts nobody";

  const auto head = suite.api().get("/v1/status").int_at("/head");
  EXPECT_EQ(static_cast<std::int64_t>(lines_of(suite.cli("tail --json").out)), head);

  const auto rebuilt = suite.cli("rebuild analytics");
  EXPECT_EQ(rebuilt.status, 0) << rebuilt.out;
  ASSERT_TRUE(suite.settle(std::chrono::seconds(120)));
  EXPECT_EQ(json::parse(suite.cli("kpi no_show_rate --json").out), no_show);
}

}  // namespace
}  // namespace bridgework::functional
