// What comes from outside is wrong in every way, through the real processes: a clear answer each, nothing half done, nobody falls over.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include <gtest/gtest.h>

#include "support/files.hpp"
#include "support/suite.hpp"

namespace bridgework::functional {
namespace {

namespace json = boost::json;
using support::Answer;

const std::filesystem::path kShared = std::filesystem::path(BRIDGEWORK_SOURCE_DIR) / "../shared/data";

class BadInput : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    suite_ = std::make_unique<support::Suite>(support::Suite::Options{});
    for (const char* name :
         {"gateway-1", "lead_intake-1", "appointments-1", "followup-1", "outreach-1", "feedback-1", "journey-1", "analytics-1", "bus-1"}) {
      pids_[name] = suite_->pid_of(name);
    }
    json::array days;
    for (int day = 1; day <= 7; ++day) days.push_back({{"weekday", day}, {"from_minute", 0}, {"until_minute", 1440}});
    must("/v1/sites", {{"site", "harbour"}, {"name", "Harbour"}, {"zone", "America/New_York"}, {"hours", days}});
    must("/v1/chairs", {{"site", "harbour"}, {"chair", "c1"}, {"name", "Chair"}});
    must("/v1/providers", {{"site", "harbour"}, {"provider", "a"}, {"name", "A"}, {"shifts", days}});
    must("/v1/visit-types", {{"site", "harbour"}, {"visit_type", "exam"}, {"name", "Exam"}, {"duration_minutes", 30}, {"purpose", "exam"}});
  }
  static void TearDownTestSuite() { suite_.reset(); }

  void SetUp() override {
    ASSERT_TRUE(suite_->settle());
    head_ = head();
  }
  /// Whatever was sent: nothing was written that the test did not allow, and every process is the one that was started.
  void TearDown() override {
    if (!may_write_) {
      EXPECT_EQ(head(), head_) << "a refused request left something in the log";
    }
    for (const auto& [name, pid] : pids_) EXPECT_EQ(suite_->pid_of(name), pid) << name << " was started again";
    EXPECT_EQ(api().get("/readyz").status, 200);
  }

  static support::Api& api() { return suite_->api(); }
  static std::int64_t head() { return api().get("/v1/status").int_at("/head"); }
  static Answer must(const std::string& path, const json::value& body) {
    Answer answer = api().post(path, body);
    EXPECT_TRUE(answer.status == 200 || answer.status == 201) << path << " " << answer.status << " " << answer.text;
    return answer;
  }
  static Answer raw(const std::string& body) {
    static int n = 0;
    return api().send("POST", "/v1/persons", body, {"Content-Type: application/json", "Idempotency-Key: raw-" + std::to_string(++n)});
  }
  /// An RFC 9457 problem with a stable code and a sentence.
  static void expect_problem(const Answer& answer, int status, const std::string& code = {}) {
    EXPECT_EQ(answer.status, status) << answer.text;
    EXPECT_EQ(answer.int_at("/status"), status) << answer.text;
    EXPECT_FALSE(answer.string_at("/title").empty()) << answer.text;
    EXPECT_FALSE(answer.string_at("/detail").empty()) << answer.text;
    if (code.empty()) {
      EXPECT_FALSE(answer.string_at("/code").empty()) << answer.text;
    } else {
      EXPECT_EQ(answer.string_at("/code"), code) << answer.text;
    }
  }

  /// Sends bytes on a connection of its own and returns all that comes back until the other side closes or `limit` has passed.
  static std::string exchange(const std::string& bytes, std::chrono::milliseconds limit) {
    const int s = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(std::stoi(suite_->url().substr(suite_->url().rfind(':') + 1))));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    std::string out;
    if (::connect(s, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0) {
      std::size_t sent = 0;
      while (sent < bytes.size()) {
        const ssize_t n = ::send(s, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
        if (n <= 0) break;
        sent += static_cast<std::size_t>(n);
      }
      const auto until = std::chrono::steady_clock::now() + limit;
      for (;;) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()).count();
        pollfd p{s, POLLIN, 0};
        if (left <= 0 || ::poll(&p, 1, static_cast<int>(left)) <= 0) break;
        char buffer[4096];
        const ssize_t n = ::recv(s, buffer, sizeof buffer, 0);
        if (n <= 0) break;
        out.append(buffer, static_cast<std::size_t>(n));
      }
    }
    ::close(s);
    return out;
  }

  static inline std::unique_ptr<support::Suite> suite_;
  static inline std::map<std::string, int> pids_;
  std::int64_t head_ = 0;
  bool may_write_ = false;
};

TEST_F(BadInput, IsNoJson) {
  for (const char* body : {"", "{", "[]", "null", "{\"profile\":}", "{\"a\":1}{\"b\":2}", "\xff\xfe", "{'profile':{}}"}) {
    const Answer answer = raw(body);
    EXPECT_GE(answer.status, 400) << body;
    EXPECT_LT(answer.status, 500) << body;
    EXPECT_FALSE(answer.string_at("/code").empty()) << answer.text;
  }
  expect_problem(raw("{"), 400);
}

TEST_F(BadInput, HasTheWrongTypesAndUnknownFields) {
  expect_problem(raw(R"({"profile":"nobody"})"), 422);
  expect_problem(raw(R"({"profile":{"given_name":7}})"), 422);
  expect_problem(raw(R"({"profile":{"preferred_channel":"pigeon"}})"), 422);
  expect_problem(raw(R"({"profile":{"birth_day":"the other day"}})"), 422);
  const Answer unknown = raw(R"({"profile":{"contact_points":[{"kind":"phone","raw":"1","colour":"red"}]}})");
  expect_problem(unknown, 422);
  EXPECT_NE(unknown.text.find("/profile/contact_points/0/colour"), std::string::npos) << "it says where: " << unknown.text;
}

TEST_F(BadInput, DocumentsOfTheJsonTestSuite) {
  const auto folder = kShared / "jsontestsuite";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "the JSON test suite is not at " << folder;
  may_write_ = true;
  int refused = 0, parsed = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (entry.path().extension() != ".json") continue;
    const Answer answer = raw(support::bytes_of(entry.path()));
    if (name.starts_with("n_")) {
      EXPECT_EQ(answer.status, 400) << name << " " << answer.text;
      ++refused;
    } else if (name.starts_with("y_")) {
      // It parses; that it is no person is another matter (but for `{}`, somebody of whom nothing is known yet).
      EXPECT_EQ(answer.status, name == "y_object_empty.json" ? 201 : 422) << name << " " << answer.text;
      ++parsed;
    }
    EXPECT_LT(answer.status, 500) << name;
  }
  EXPECT_EQ(head(), head_ + 1);
  EXPECT_EQ(refused, 188);
  EXPECT_EQ(parsed, 95);
}

TEST_F(BadInput, NamesThatBreakOtherSystemsAreKeptAsTheyAre) {
  const auto file = kShared / "blns/blns.json";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "the list of naughty strings is not at " << file;
  may_write_ = true;
  int kept = 0;
  const json::value naughty = json::parse(support::bytes_of(file));
  for (const auto& entry : naughty.as_array()) {
    if (entry.as_string().size() > 256) continue;
    const Answer made = api().post("/v1/persons", {{"profile", {{"given_name", entry}, {"family_name", "Kept"}}}});
    ASSERT_EQ(made.status, 201) << entry << " " << made.text;
    const Answer found = api().get("/v1/persons/" + made.string_at("/id"));
    EXPECT_EQ(found.at("/profile/given_name"), entry);
    ++kept;
  }
  EXPECT_GT(kept, 400);
  expect_problem(raw(R"({"profile":{"given_name":"a\u0000b"}})"), 422);
}

TEST_F(BadInput, IsTooMuch) {
  expect_problem(raw(R"({"profile":{"given_name":")" + std::string(1024 * 1024, 'x') + "\"}}"), 413);
  expect_problem(raw(R"({"profile":{"given_name":")" + std::string(300, 'x') + "\"}}"), 422);
  std::string deep;
  for (int i = 0; i < 5000; ++i) deep += "[";
  expect_problem(raw(deep), 400);
  const std::string flood = "GET /v1/sites HTTP/1.1\r\nHost: x\r\nX-Flood: " + std::string(100'000, 'a') + "\r\n\r\n";
  EXPECT_NE(exchange(flood, std::chrono::seconds(5)).find(" 431 "), std::string::npos);
}

TEST_F(BadInput, SlowClientsHoldNobodyUp) {
  // Fifty that never finish their headers, and one that is served all the same.
  std::vector<int> slow;
  for (int i = 0; i < 50; ++i) {
    const int s = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(std::stoi(suite_->url().substr(suite_->url().rfind(':') + 1))));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(::connect(s, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
    ASSERT_GT(::send(s, "POST /v1/persons HTTP/1.1\r\nHo", 29, MSG_NOSIGNAL), 0);
    slow.push_back(s);
  }
  EXPECT_EQ(api().get("/v1/sites").status, 200);
  for (const int s : slow) ::close(s);
}

TEST_F(BadInput, KnowsNeitherKeyNorThing) {
  support::Api stranger(suite_->url(), "not-the-key");
  expect_problem(stranger.get("/v1/sites"), 401);
  expect_problem(stranger.post("/v1/persons", json::object{{"profile", json::object()}}), 401);
  expect_problem(api().get("/v1/persons/p-nobody"), 404, "unknown_person");
  expect_problem(api().get("/v1/appointments/harbour.v-none"), 404, "unknown_appointment");
  expect_problem(api().post("/v1/appointments/harbour.v-none/book", json::object()), 404, "unknown_appointment");
  expect_problem(api().post("/v1/tasks/p-1.k-9/claim", json::object()), 404, "unknown_task");
  expect_problem(api().get("/v1/kpis/happiness"), 404, "unknown_kpi");
  expect_problem(api().get("/v1/nothing"), 404);
  expect_problem(api().send("DELETE", "/v1/sites", "", {}), 405);
  expect_problem(api().send("POST", "/v1/persons", R"({"profile":{}})", {"Content-Type: application/json"}), 400,
                 "idempotency_key_required");
}

TEST_F(BadInput, UsesAnIdempotencyKeyTwice) {
  may_write_ = true;
  const json::value first = {{"profile", {{"given_name", "Same"}}}}, other = {{"profile", {{"given_name", "Other"}}}};
  const Answer made = api().post("/v1/persons", first, "twice");
  const Answer again = api().post("/v1/persons", first, "twice");
  EXPECT_EQ(made.status, 201);
  EXPECT_EQ(again.string_at("/id"), made.string_at("/id"));
  expect_problem(api().post("/v1/persons", other, "twice"), 422, "idempotency_key_reused");
}

TEST_F(BadInput, TimesAndZonesThatDoNotExist) {
  expect_problem(api().post("/v1/sites", {{"site", "mars"}, {"name", "Mars"}, {"zone", "Mars/Olympus"}}), 409, "invalid_zone");
  const auto hold = [](const std::string& at) {
    return api().post("/v1/appointments",
                      {{"site", "harbour"}, {"person", "p-1"}, {"visit_type", "exam"}, {"provider", "a"}, {"local_start", at}});
  };
  expect_problem(hold("2027-03-14T02:30:00"), 409, "time_does_not_exist");
  expect_problem(hold("2027-02-30T10:00:00"), 422);
  expect_problem(hold("2019-03-14T10:00:00"), 409, "in_the_past");
  expect_problem(hold("tomorrow"), 422);
  expect_problem(api().get("/v1/slots?site=harbour&type=exam&from=never"), 422);
}

TEST_F(BadInput, TransitionsThatDoNotExist) {
  may_write_ = true;
  const Answer held =
      must("/v1/appointments",
           {{"site", "harbour"}, {"person", "p-1"}, {"visit_type", "exam"}, {"provider", "a"}, {"local_start", "2027-05-04T10:00:00"}});
  const std::string path = "/v1/appointments/" + held.string_at("/appointment");
  for (const char* step : {"confirm", "arrive", "seat", "complete", "check-out", "no-show"}) {
    expect_problem(api().post(path + "/" + step, json::object()), 409, "illegal_transition");
  }
  EXPECT_EQ(api().get(path).string_at("/state"), "held") << "and nothing has moved";
  must(path + "/book", json::object());
  expect_problem(api().post(path + "/book", json::object()), 409, "illegal_transition");
}

TEST_F(BadInput, PhoneNumbersThatDoNotParseAreKeptAndNeverUsed) {
  may_write_ = true;
  const Answer made =
      must("/v1/persons",
           {{"profile",
             {{"given_name", "Ring"},
              {"home_site", "harbour"},
              {"contact_points", {{{"kind", "phone"}, {"raw", "call my sister"}}, {{"kind", "email"}, {"raw", "not an address"}}}}}}});
  const Answer person = api().get("/v1/persons/" + made.string_at("/id"));
  for (const char* at : {"/profile/contact_points/0", "/profile/contact_points/1"}) {
    EXPECT_EQ(person.string_at(std::string(at) + "/value"), "") << person.text;
    EXPECT_FALSE(person.string_at(std::string(at) + "/raw").empty());
  }
}

TEST_F(BadInput, TheCliSaysWhatToDo) {
  const auto wrong = suite_->cli("kpi happiness 2>&1");
  EXPECT_NE(wrong.status, 0);
  EXPECT_NE(wrong.out.find("happiness"), std::string::npos) << wrong.out;
  const auto file = suite_->cli("import appointments /nowhere.csv --mapping /nowhere.toml 2>&1");
  EXPECT_NE(file.status, 0);
  EXPECT_NE(file.out.find("/nowhere"), std::string::npos) << file.out;
}

}  // namespace
}  // namespace bridgework::functional
