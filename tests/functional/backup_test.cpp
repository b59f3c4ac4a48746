// A backup of a running suite, and a suite made of it: state, log and archive of one moment.

#include <cstdlib>
#include <fstream>
#include <map>

#include <gtest/gtest.h>

#include "runtime/keys.hpp"
#include "runtime/redis.hpp"
#include "runtime/text_file.hpp"
#include "support/outbox.hpp"
#include "support/suite.hpp"

namespace bridgework::functional {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

using support::Suite;

struct Directory {
  fs::path path;
  Directory() {
    std::string pattern = "/tmp/bw-backup-XXXXXX";
    path = ::mkdtemp(pattern.data());
  }
  ~Directory() { fs::remove_all(path); }
};

int script(const std::string& arguments) {
  const int status = std::system((BRIDGEWORK_SOURCE_DIR "/scripts/bridgework " + arguments + " 2>/dev/null").c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

std::string add_person(Suite& suite, const std::string& name) {
  const json::value body = {{"profile", {{"given_name", name}, {"provenance", "observed"}}}};
  const auto answer = suite.api().post("/v1/persons", body, name);
  EXPECT_EQ(answer.status, 201) << answer.text;
  return answer.string_at("/id");
}

std::size_t events(Suite& suite) {
  const auto ran = suite.cli("tail --json");
  EXPECT_EQ(ran.status, 0);
  return static_cast<std::size_t>(std::count(ran.out.begin(), ran.out.end(), '\n'));
}

std::int64_t head(Suite& suite) { return suite.api().get("/v1/status").int_at("/head"); }

/// The id of the last event, as a consumer keeps it: where it would go on.
std::string last_event_id(Suite& suite) {
  const std::string lines = suite.cli("tail --json").out;
  const std::size_t begin = lines.rfind('\n', lines.size() - 2);
  return std::string(json::parse(lines.substr(begin == std::string::npos ? 0 : begin + 1)).at("id").as_string());
}

/// The sequence in the id of the first entry of the log that Redis still holds.
std::uint64_t first_in_redis(const Suite& suite) {
  runtime::Redis::Options options;
  options.unix_socket = (suite.data() / "run" / "redis.sock").string();
  options.user = "operator";
  options.password = runtime::read_text((suite.data() / "redis-users" / "operator.password").string()).value_or("");
  const auto first = runtime::Redis(options).run({"XRANGE", (runtime::Keys{"group", {}}.log()), "-", "+", "COUNT", "1"});
  EXPECT_TRUE(first) << first.error().what;
  if (!first || first->items.empty()) return 0;
  const std::string id = first->items[0].items[0].text;
  return std::stoull(id.substr(id.find('-') + 1));
}

/// A site in New York.
void open_site(Suite& suite) {
  json::array hours;
  for (int day = 1; day <= 7; ++day) hours.push_back({{"weekday", day}, {"from_minute", 480}, {"until_minute", 1080}});
  EXPECT_EQ(suite.api()
                .post("/v1/sites", {{"site", "main"},
                                    {"name", "Main Street"},
                                    {"zone", "America/New_York"},
                                    {"phone", "+12125550100"},
                                    {"hours", hours},
                                    {"wait_limit_minutes", 15}})
                .status,
            200);
}

/// Somebody who asks for a visit there, by web form: the acknowledgement is due at once.
support::Answer enquire(Suite& suite, const std::string& name) {
  const json::value profile = {{"given_name", name},
                               {"preferred_channel", "email"},
                               {"language", "en"},
                               {"home_site", "main"},
                               {"contact_points", {{{"kind", "email"}, {"raw", name + "@example.org"}}}}};
  auto answer = suite.api().post("/v1/leads",
                                 {{"site", "main"}, {"source", "web"}, {"channel", "web_form"}, {"profile", profile}, {"text", "Hello."}});
  EXPECT_EQ(answer.status, 201) << answer.text;
  return answer;
}

/// Every figure there is, as it is answered.
std::map<std::string, std::string> figures(Suite& suite) {
  std::map<std::string, std::string> out{{"bucket", suite.api().get("/v1/bucket?site=main").text}};
  const auto kpis = suite.api().get("/v1/kpis");
  EXPECT_EQ(kpis.status, 200) << kpis.text;
  for (const auto& kpi : kpis.at("/kpis").as_array()) {
    const std::string id(kpi.at("id").as_string());
    const auto answer = suite.api().get("/v1/kpis/" + id);
    EXPECT_EQ(answer.status, 200) << answer.text;
    out[id] = answer.text;
  }
  return out;
}

// A segment of a few events, sealed and trimmed at once.
Suite::Options archiving_early() {
  Suite::Options options;
  options.environment = {"BRIDGEWORK_BUS_ARCHIVE_EVERY=20", "BRIDGEWORK_BUS_ARCHIVE_KEEP=0", "BRIDGEWORK_BUS_ARCHIVE_SEGMENT_EVENTS=120"};
  return options;
}

TEST(Backup, GivesBackTheSuiteOfItsMoment) {
  const Directory directory;
  const fs::path copy = directory.path / "copy";
  constexpr int kEnquiries = 30;
  std::vector<std::string> before;
  std::map<std::string, std::string> counted;
  std::string after, position_at_backup, position_after_backup;
  std::int64_t head_then = 0;
  {
    Suite suite(archiving_early());
    before.push_back(add_person(suite, "before-0"));
    const std::uint64_t began = first_in_redis(suite);
    open_site(suite);
    for (int i = 0; i < kEnquiries; ++i) {
      const auto lead = enquire(suite, "mara-" + std::to_string(i));
      const auto called = suite.api().post("/v1/leads/" + lead.string_at("/enquiry") + "/calls",
                                           {{"outcome", "not_connected"}, {"reason", "nobody there"}});
      EXPECT_TRUE(called.status == 200 || called.status == 201) << called.text;
    }
    for (int i = 1; i < 400; ++i) before.push_back(add_person(suite, "before-" + std::to_string(i)));
    ASSERT_TRUE(suite.settle());
    // Part of the log lies in the archive only: Redis alone would not be enough.
    ASSERT_TRUE(suite.eventually([&] {
      const auto parts = std::distance(fs::directory_iterator(suite.data() / "archive"), fs::directory_iterator());
      return parts > 3;
    }));
    ASSERT_TRUE(suite.eventually([&] { return first_in_redis(suite) > began; })) << "what is sealed and handled stays in Redis for ever";
    counted = figures(suite);
    EXPECT_EQ(suite.api().get("/v1/bucket?site=main").int_at("/enquiries"), kEnquiries);
    head_then = head(suite);
    position_at_backup = last_event_id(suite);
    ASSERT_EQ(script("backup --to " + copy.string() + " --data " + suite.data().string()), 0);
    EXPECT_EQ(script("backup --to " + copy.string() + " --data " + suite.data().string()), 1) << "nothing is written over";
    after = add_person(suite, "after");
    position_after_backup = last_event_id(suite);
    EXPECT_EQ(script("restore --from " + copy.string() + " --data " + suite.data().string()), 1) << "a suite is not written over";
  }
  Suite::Options restored = archiving_early();
  restored.prepare = [&](const fs::path& data) { ASSERT_EQ(script("restore --from " + copy.string() + " --data " + data.string()), 0); };
  Suite suite(std::move(restored));
  EXPECT_EQ(head(suite), head_then);
  // The copy holds the leases of the processes that ran then; they lapse.
  ASSERT_TRUE(suite.eventually([&] { return suite.api().get("/v1/persons/" + before[0]).status == 200; }));
  for (const auto& id : before) ASSERT_EQ(suite.api().get("/v1/persons/" + id).status, 200) << id;
  EXPECT_EQ(suite.api().get("/v1/persons/" + after).status, 404) << "that came after the backup";
  EXPECT_EQ(events(suite), static_cast<std::size_t>(head_then)) << "the archive and Redis together are the whole log";
  EXPECT_EQ(figures(suite), counted);
  // It goes on where it was: a request answered before is answered the same, a new one is done, and what is read can be rebuilt.
  EXPECT_EQ(add_person(suite, "before-7"), before[7]);
  EXPECT_EQ(head(suite), head_then);
  add_person(suite, "new");
  EXPECT_EQ(suite.cli("rebuild analytics").status, 0);
  ASSERT_TRUE(suite.settle());
  EXPECT_EQ(figures(suite), counted) << "counted anew from the first event, most of which lies in the archive";
  EXPECT_EQ(suite.api().get("/v1/audit/leaks").int_at("/violations"), 0);
  EXPECT_EQ(events(suite), static_cast<std::size_t>(head_then) + 1);
  // A consumer that had read what was lost is told so, though the log has grown past its position; one that had not goes on.
  const auto diverged = suite.api().get("/v1/events?after=" + position_after_backup);
  EXPECT_EQ(diverged.status, 409);
  EXPECT_EQ(diverged.string_at("/code"), "log_diverged");
  const std::string told = diverged.string_at("/after");
  EXPECT_EQ(told.substr(told.find('/') + 1), position_at_backup.substr(position_at_backup.find('/') + 1));
  EXPECT_EQ(suite.api().get("/v1/events?after=" + told).status, 200);
  EXPECT_EQ(suite.api().get("/v1/events?limit=1&after=" + position_at_backup).status, 200);
}

/// Why a message of this person has not left, once outreach has tried.
bool is_held(Suite& suite, const std::string& person) {
  return suite.eventually([&] {
    const auto answer = suite.api().get("/v1/messages?person=" + person);
    return answer.text.find("the group holds all messages back") != std::string::npos;
  });
}

TEST(Backup, ARestoredSuiteSendsNothingTwiceUntilSomebodyHasLooked) {
  const Directory directory;
  const fs::path copy = directory.path / "copy";
  const Instant noon = Instant(std::chrono::sys_days{std::chrono::year{2026} / 3 / 3}) + std::chrono::hours(17);
  std::string person;
  {
    Suite::Options options;
    options.start = noon;
    Suite suite(std::move(options));
    ASSERT_EQ(script("hold --why 'the carrier is away' --data " + suite.data().string()), 0);
    open_site(suite);
    person = enquire(suite, "Mara").string_at("/person");
    EXPECT_TRUE(is_held(suite, person));
    EXPECT_TRUE(support::outbox_of(suite.outbox()).empty());
    ASSERT_EQ(script("backup --to " + copy.string() + " --data " + suite.data().string()), 0);
    ASSERT_EQ(script("release --data " + suite.data().string()), 0);
    suite.clock().advance(std::chrono::minutes(10));
    EXPECT_TRUE(suite.eventually([&] { return support::outbox_of(suite.outbox()).size() == 1; })) << "sent after the backup";
  }
  Suite::Options options;
  options.start = noon + std::chrono::minutes(20);
  options.prepare = [&](const fs::path& data) { ASSERT_EQ(script("restore --from " + copy.string() + " --data " + data.string()), 0); };
  Suite suite(std::move(options));
  for (int i = 0; i < 3; ++i) {
    suite.clock().advance(std::chrono::minutes(11));
    ASSERT_TRUE(suite.settle());
  }
  EXPECT_TRUE(is_held(suite, person));
  EXPECT_TRUE(support::outbox_of(suite.outbox()).empty()) << "it was sent, but not as far as this suite knows";
  ASSERT_EQ(script("release --data " + suite.data().string()), 0);
  suite.clock().advance(std::chrono::minutes(11));
  EXPECT_TRUE(suite.eventually([&] { return support::outbox_of(suite.outbox()).size() == 1; }));
}

TEST(Backup, RefusesADamagedBackup) {
  const Directory directory;
  const fs::path copy = directory.path / "copy", data = directory.path / "data";
  {
    Suite suite({});
    add_person(suite, "somebody");
    ASSERT_EQ(script("backup --to " + copy.string() + " --data " + suite.data().string()), 0);
  }
  {
    std::fstream file(copy / "redis.rdb", std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(100);
    file.put('\x7f');
  }
  EXPECT_EQ(script("restore --from " + copy.string() + " --data " + data.string()), 1);
  EXPECT_FALSE(fs::exists(data / "redis"));
}

}  // namespace
}  // namespace bridgework::functional
