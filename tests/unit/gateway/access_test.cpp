// Who may ask for what, how often, and what is written down about it.

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <boost/json/parse.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "gateway/gateway.hpp"
#include "messages/appointments.codec.hpp"
#include "messages/lead_intake.codec.hpp"
#include "tests/unit/gateway/ask.hpp"
#include "tests/unit/gateway/fake_backend.hpp"

namespace bridgework::gateway {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

// SHA-256 of "<role>-key-0123456789".
constexpr char kManagerHash[] = "e9ce2a6917b8bf85d21ae169f10e4a2eea2d30a76e8d678f11988584a7e052a7";
constexpr char kNextDeskHash[] = "6492b46cf257801cc825f1ced6de28c942e6c5ff666b428eb6021c7fcca54b8a";  // of "next-desk-key-0123456789"

std::string entry(const std::string& name, const std::string& role, const std::string& hash, const std::string& more = {}) {
  return "[" + name + "]\nrole = \"" + role + "\"\nkeys = [\"" + hash + "\"]\n" + more + "\n";
}

class GatewayAccess : public testing::Test {
 protected:
  GatewayAccess() {
    std::string pattern = (std::filesystem::temp_directory_path() / "bw-access-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
    backend_.on_call = [](const runtime::Call&) {
      messages::Reply reply;
      reply.type_id = messages::Done::kTypeId;
      reply.body = encode(messages::Done{"x"});
      return reply;
    };
  }
  ~GatewayAccess() override { std::filesystem::remove_all(directory_); }

  std::string file(const std::string& name) const { return directory_ + "/" + name; }
  void list(const std::string& text) const {
    std::ofstream(file("new")) << text;
    std::filesystem::rename(file("new"), file("keys.toml"));
  }
  void start(const std::string& text) {
    static const Forms kForms;
    list(text);
    ApiKeys keys;
    keys.add("admin", "admin-key-0123456789");
    const auto followed = keys.follow(file("keys.toml"));
    ASSERT_TRUE(followed) << followed.error();
    auto log = AccessLog::open(file("access.ndjson"));
    ASSERT_TRUE(log) << log.error();
    gateway_.emplace(config_, "g", kForms, std::move(keys), backend_, metrics_, std::move(*log));
  }

  HttpResponse ask(std::string_view who, http::verb method, const std::string& target, const std::string& body = {},
                   std::string_view peer = "192.0.2.7") {
    HttpRequest request{method, target, 11};
    request.set(http::field::authorization, "Bearer " + std::string(who) + "-key-0123456789");
    if (method == http::verb::post) {
      request.set("Idempotency-Key", "k-" + std::to_string(++keys_used_));
      request.set(http::field::content_type, "application/json");
      request.body() = body;
    }
    return answer_of(*gateway_, request, std::string(peer));
  }
  unsigned get(std::string_view who, const std::string& target) { return ask(who, http::verb::get, target).status; }
  unsigned post(std::string_view who, const std::string& target, const std::string& body) {
    return ask(who, http::verb::post, target, body).status;
  }
  static std::string code(const HttpResponse& response) { return std::string(json::parse(response.body).at("code").as_string()); }
  static std::string header(const HttpResponse& response, std::string_view name) {
    for (const auto& [key, value] : response.headers)
      if (key == name) return value;
    return {};
  }
  std::string log_text() const {
    std::ostringstream text;
    text << std::ifstream(file("access.ndjson")).rdbuf();
    return text.str();
  }
  std::vector<json::value> log() const {
    std::vector<json::value> lines;
    std::istringstream in(log_text());
    for (std::string line; std::getline(in, line);) lines.push_back(json::parse(line));
    return lines;
  }

  std::string directory_;
  Config config_;
  FakeBackend backend_;
  runtime::Metrics metrics_{"gateway"};
  std::optional<Gateway> gateway_;
  int keys_used_ = 0;
};

std::string everybody() {
  return entry("manager", "manager", kManagerHash) + entry("desk", "desk", kDeskHash) + entry("bi", "bi", kBiHash) +
         entry("intake", "intake", kIntakeHash);
}

// ---- roles

TEST_F(GatewayAccess, EachRoleHasItsOwnBusiness) {
  start(everybody());
  struct Row {
    http::verb method;
    const char* target;
    const char* body;
    std::string may;  ///< who may, beside the administrator
  };
  const Row rows[] = {
      {http::verb::get, "/v1/persons/p-1", "", "manager desk"},
      {http::verb::get, "/v1/persons/p-1/timeline", "", "manager desk"},
      {http::verb::get, "/v1/audit/leaks", "", "manager desk"},
      {http::verb::get, "/v1/kpis", "", "manager bi"},
      {http::verb::get, "/v1/sites", "", "manager desk bi intake"},
      {http::verb::post, "/v1/leads", R"({"site":"s-1","text":"hello"})", "manager desk intake"},
      {http::verb::post, "/v1/persons", R"({"profile":{"given_name":"Ana"}})", "manager desk intake"},
      {http::verb::post, "/v1/leads/p-1.e-1/claim", "{}", "manager desk"},
      {http::verb::post, "/v1/chairs", R"({"site":"s-1","chair":"c","name":"C"})", "manager"},
      {http::verb::get, "/v1/events", "", "manager"},
      {http::verb::get, "/v1/status", "", "manager"},
      {http::verb::get, "/v1/parked", "", ""},
      {http::verb::post, "/v1/imports/persons", R"({"rows":[]})", ""},
      {http::verb::post, "/v1/parked/retry", "{}", ""},
      {http::verb::post, "/v1/rebuild/analytics", "{}", ""},
  };
  for (const Row& row : rows) {
    EXPECT_NE(ask("admin", row.method, row.target, row.body).status, 403U) << row.target;
    for (const std::string who : {"manager", "desk", "bi", "intake"}) {
      const std::size_t asked = backend_.calls.size() + backend_.fetches.size();
      const HttpResponse response = ask(who, row.method, row.target, row.body);
      if ((" " + row.may + " ").find(" " + who + " ") != std::string::npos) {
        EXPECT_NE(response.status, 403U) << who << " " << row.target << " " << response.body;
      } else {
        EXPECT_EQ(response.status, 403U) << who << " " << row.target;
        EXPECT_EQ(code(response), "not_permitted");
        EXPECT_EQ(backend_.calls.size() + backend_.fetches.size(), asked) << "a refused request reached the suite";
      }
    }
  }
}

TEST_F(GatewayAccess, AWebFormTakesTimesAsAnOutsiderWhateverItSays) {
  start(everybody());
  const auto asker_of = [&](std::string_view who, const std::string& says) {
    backend_.calls.clear();
    post(who, "/v1/appointments",
         R"({"site":"s-1","person":"p-1","visit_type":"exam","provider":"dr-lee","local_start":"2026-11-24T09:00:00")" + says + "}");
    EXPECT_EQ(backend_.calls.size(), 1U) << who << says;
    return messages::decode_as<messages::HoldSlot>(backend_.calls.at(0).request.body)->asker;
  };
  EXPECT_EQ(asker_of("intake", ""), messages::Asker::kOnline);
  EXPECT_EQ(asker_of("intake", R"(,"asker":"desk")"), messages::Asker::kOnline);
  EXPECT_EQ(asker_of("desk", ""), messages::Asker::kDesk);
  EXPECT_EQ(asker_of("desk", R"(,"asker":"online")"), messages::Asker::kOnline);
}

// ---- sites

TEST_F(GatewayAccess, AKeyForCertainSitesReachesNoOther) {
  start(entry("desk", "desk", kDeskHash, "sites = [\"s-1\", \"s-2\"]") + entry("manager", "manager", kManagerHash, "sites = [\"s-1\"]"));
  EXPECT_EQ(post("desk", "/v1/leads", R"({"site":"s-1","text":"hello"})"), 201U);
  EXPECT_EQ(post("desk", "/v1/leads", R"({"site":"s-2","text":"hello"})"), 201U);
  const HttpResponse other = ask("desk", http::verb::post, "/v1/leads", R"({"site":"s-3","text":"hello"})");
  EXPECT_EQ(other.status, 403U);
  EXPECT_EQ(code(other), "other_site");
  EXPECT_EQ(get("desk", "/v1/appointments/s-1.v-9"), 200U);
  EXPECT_EQ(get("desk", "/v1/appointments/s-3.v-9"), 403U) << "a visit is of its site";
  EXPECT_EQ(get("desk", "/v1/appointments/s-10.v-9"), 403U);
  EXPECT_EQ(get("desk", "/v1/persons/p-1"), 200U) << "a person is of the group";
  EXPECT_EQ(post("desk", "/v1/persons", R"({"profile":{"given_name":"Ana","home_site":"s-3"}})"), 403U);
  const HttpResponse all = ask("manager", http::verb::get, "/v1/huddles?day=2026-11-22");
  EXPECT_EQ(all.status, 403U);
  EXPECT_EQ(code(all), "site_required");
  EXPECT_EQ(get("desk", "/v1/openings?type=exam&sites=s-2&sites=s-1"), 200U);
  EXPECT_EQ(get("desk", "/v1/openings?type=exam&sites=s-1&sites=s-3"), 403U);
  EXPECT_EQ(code(ask("desk", http::verb::get, "/v1/openings?type=exam")), "site_required") << "no sites are all sites";
  EXPECT_EQ(get("manager", "/v1/events"), 403U) << "the log is of all sites";
  EXPECT_TRUE(backend_.fetches.empty());
}

// ---- keys

TEST_F(GatewayAccess, AKeyIsRotatedAndTakenBackWithoutARestart) {
  ApiKeys keys;
  auto now = std::chrono::steady_clock::now();
  ASSERT_TRUE(keys.follow(file("keys.toml"))) << "without a file there is no list";
  const auto at_next_look = [&] {
    now += 2s;
    keys.look(now);
  };
  list(entry("desk", "desk", kDeskHash));
  at_next_look();
  ASSERT_NE(keys.find("desk-key-0123456789"), nullptr);
  EXPECT_EQ(keys.find("desk-key-0123456789")->role, Role::kDesk);
  EXPECT_EQ(keys.find("next-desk-key-0123456789"), nullptr);
  list("[desk]\nrole = \"desk\"\nkeys = [\"" + std::string(kDeskHash) + "\", \"" + kNextDeskHash + "\"]");
  at_next_look();
  EXPECT_EQ(keys.principal_of("desk-key-0123456789"), "desk");
  EXPECT_EQ(keys.principal_of("next-desk-key-0123456789"), "desk");
  list(entry("desk", "desk", kNextDeskHash));
  at_next_look();
  EXPECT_EQ(keys.find("desk-key-0123456789"), nullptr);
  EXPECT_EQ(keys.principal_of("next-desk-key-0123456789"), "desk");
  list("[.]");
  at_next_look();
  EXPECT_EQ(keys.principal_of("next-desk-key-0123456789"), "desk") << "a slip of the pen locks nobody out";
  list("");
  at_next_look();
  EXPECT_EQ(keys.find("next-desk-key-0123456789"), nullptr);
}

TEST_F(GatewayAccess, AListThatCouldBeMisreadIsRefusedWhole) {
  const std::string good = entry("desk", "desk", kDeskHash);
  const std::vector<std::string> wrong = {"[.]",
                                          "x = 1",
                                          "[A]\nrole = \"desk\"",
                                          entry("desk", "boss", kDeskHash),
                                          "[desk]\nkeys = []",
                                          entry("desk", "desk", "desk-key-0123456789"),
                                          entry("desk", "desk", std::string(kDeskHash).substr(1) + "G"),
                                          entry("desk", "desk", kDeskHash, "sites = []"),
                                          entry("desk", "desk", kDeskHash, "sites = \"s-1\""),
                                          entry("desk", "desk", kDeskHash, "site = [\"s-1\"]"),
                                          good + entry("bi", "bi", kDeskHash)};
  for (const std::string& text : wrong) {
    list(text);
    EXPECT_FALSE(ApiKeys().follow(file("keys.toml"))) << text;
  }
  list(good);
  EXPECT_TRUE(ApiKeys().follow(file("keys.toml")));
}

// ---- how often

TEST(GatewayRateLimit, LetsABurstThroughAndThenAsManyAsCome) {
  RateLimit limit(10, 3);
  const RateLimit::Time begin{};
  for (int i = 0; i < 3; ++i) EXPECT_EQ(limit.take("a", begin), std::nullopt);
  EXPECT_EQ(limit.take("a", begin), 100ms);
  EXPECT_EQ(limit.take("b", begin), std::nullopt) << "each has a bucket";
  EXPECT_LE(limit.take("a", begin + 99ms).value(), 2ms) << "asking in vain costs nothing";
  EXPECT_EQ(limit.take("a", begin + 100ms), std::nullopt);
  EXPECT_NE(limit.take("a", begin + 100ms), std::nullopt);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(limit.take("a", begin + 1h), std::nullopt);
  EXPECT_NE(limit.take("a", begin + 1h), std::nullopt) << "rest saves up no more than a burst";
}

TEST(GatewayRateLimit, RemembersABoundedNumberAndForgetsTheIdle) {
  RateLimit limit(1, 1, 2);
  const RateLimit::Time begin{};
  EXPECT_EQ(limit.take("a", begin), std::nullopt);
  EXPECT_EQ(limit.take("b", begin), std::nullopt);
  EXPECT_EQ(limit.take("c", begin), std::nullopt) << "of the bucket that the others share";
  EXPECT_NE(limit.take("d", begin), std::nullopt);
  EXPECT_EQ(limit.names(), 2U);
  EXPECT_EQ(limit.take("d", begin + 2s), std::nullopt);
  EXPECT_LE(limit.names(), 2U);
  EXPECT_EQ(RateLimit(0, 0).take("a", begin), std::nullopt);
}

TEST_F(GatewayAccess, WhoAsksTooOftenIsToldWhenToComeBack) {
  config_.key_requests_per_second = 0.001;
  config_.key_burst = 2;
  start(everybody());
  EXPECT_EQ(get("desk", "/v1/persons/p-1"), 200U);
  EXPECT_EQ(get("desk", "/v1/persons/p-1"), 200U);
  const HttpResponse refused = ask("desk", http::verb::get, "/v1/persons/p-1");
  EXPECT_EQ(refused.status, 429U);
  EXPECT_EQ(code(refused), "too_many_requests");
  EXPECT_GT(std::stoi(header(refused, "Retry-After")), 0);
  EXPECT_EQ(backend_.calls.size(), 2U);
  EXPECT_EQ(get("manager", "/v1/persons/p-1"), 200U) << "one caller does not slow another";
  for (int i = 0; i < 10; ++i) EXPECT_EQ(get("admin", "/v1/persons/p-1"), 200U);
}

TEST_F(GatewayAccess, GuessingKeysIsSlowFromOneAddress) {
  config_.address_requests_per_second = 0.001;
  config_.address_burst = 2;
  start(everybody());
  EXPECT_EQ(get("wrong", "/v1/status"), 401U);
  EXPECT_EQ(get("wrong", "/v1/status"), 401U);
  EXPECT_EQ(get("wrong", "/v1/status"), 429U);
  EXPECT_EQ(ask("wrong", http::verb::get, "/s/p-1.f-1", {}, "192.0.2.7").status, 429U) << "pages without a key count too";
  EXPECT_EQ(get("admin", "/v1/status"), 200U) << "who has a key is not held up by a neighbour";
  EXPECT_EQ(get("wrong", "/healthz"), 200U);
  EXPECT_EQ(ask("wrong", http::verb::get, "/v1/status", {}, "192.0.2.8").status, 401U);
  for (const char* neighbour : {"2001:db8::1", "2001:db8::2"})
    EXPECT_EQ(ask("wrong", http::verb::get, "/v1/status", {}, neighbour).status, 401U);
  EXPECT_EQ(ask("wrong", http::verb::get, "/v1/status", {}, "2001:db8::3").status, 429U) << "one host has a whole /64";
  EXPECT_EQ(ask("wrong", http::verb::get, "/v1/status", {}, "2001:db8:0:1::3").status, 401U);
}

// ---- what is written down

TEST_F(GatewayAccess, EachLookAtSomebodysDataIsWrittenDown) {
  start(everybody());
  EXPECT_EQ(get("desk", "/v1/persons/p-1"), 200U);
  EXPECT_EQ(get("manager", "/v1/events?person=p-2"), 200U);
  EXPECT_EQ(get("bi", "/v1/persons/p-3"), 403U);
  EXPECT_EQ(get("wrong", "/v1/persons/p-4"), 401U);
  EXPECT_EQ(post("desk", "/v1/persons", R"({"profile":{"given_name":"Unmistakable"}})"), 201U);
  EXPECT_EQ(get("admin", "/v1/status"), 200U);
  const auto lines = log();
  ASSERT_EQ(lines.size(), 4U) << log_text();
  EXPECT_EQ(lines[0].at("principal").as_string(), "desk");
  EXPECT_EQ(lines[0].at("role").as_string(), "desk");
  EXPECT_EQ(lines[0].at("from").as_string(), "192.0.2.7");
  EXPECT_EQ(lines[0].at("what").as_string(), "GET /v1/persons/{person}");
  EXPECT_EQ(lines[0].at("ids"), json::parse(R"({"person":"p-1"})"));
  EXPECT_EQ(lines[0].at("status").as_int64(), 200);
  EXPECT_FALSE(lines[0].at("at").as_string().empty());
  EXPECT_EQ(lines[1].at("what").as_string(), "GET /v1/events");
  EXPECT_EQ(lines[1].at("ids"), json::parse(R"({"person":"p-2"})"));
  EXPECT_EQ(lines[2].at("status").as_int64(), 403);
  EXPECT_EQ(lines[2].at("principal").as_string(), "bi");
  EXPECT_EQ(lines[3].at("status").as_int64(), 401);
  EXPECT_EQ(lines[3].at("principal").as_string(), "");
  EXPECT_EQ(log_text().find("Unmistakable"), std::string::npos);
  EXPECT_EQ(log_text().find("key-0123456789"), std::string::npos);
  struct stat status {};
  ASSERT_EQ(::stat(file("access.ndjson").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(GatewayAccess, ALookThatCannotBeWrittenDownShowsNothing) {
  start(everybody());
  std::filesystem::remove(file("access.ndjson"));
  std::filesystem::create_directory(file("access.ndjson"));
  const HttpResponse refused = ask("desk", http::verb::get, "/v1/persons/p-1");
  EXPECT_EQ(refused.status, 503U);
  EXPECT_EQ(code(refused), "access_not_kept");
  EXPECT_EQ(post("desk", "/v1/leads", R"({"site":"s-1","text":"hello"})"), 201U) << "a command shows nobody's data";
  std::filesystem::remove(file("access.ndjson"));
  EXPECT_EQ(get("desk", "/v1/persons/p-1"), 200U);
  EXPECT_EQ(log().size(), 1U);
}

TEST_F(GatewayAccess, ALogThatWasMovedAwayIsBegunAnew) {
  start(everybody());
  EXPECT_EQ(get("desk", "/v1/persons/p-1"), 200U);
  std::filesystem::rename(file("access.ndjson"), file("access.1"));
  EXPECT_EQ(get("desk", "/v1/persons/p-2"), 200U);
  ASSERT_EQ(log().size(), 1U);
  EXPECT_EQ(log()[0].at("ids"), json::parse(R"({"person":"p-2"})"));
}

TEST(GatewayAccessLog, CannotBeForgedByWhatIsWrittenInIt) {
  const std::string line = access_line({Instant{}, "a\"}\n{", "desk", "\xff", "GET /x", {{"person", "p-1\n"}}, 200});
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  const json::value parsed = json::parse(line);
  EXPECT_EQ(parsed.at("principal").as_string(), "a\"}\n{");
  EXPECT_EQ(parsed.at("from").as_string(), "?");
}

}  // namespace
}  // namespace bridgework::gateway
