// Leads through real processes: the public form, a list of the past, and a person whom nobody may contact any more.

#include <algorithm>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

#include <gtest/gtest.h>

#include "runtime/zone.hpp"
#include "support/outbox.hpp"
#include "support/suite.hpp"

extern char** environ;

namespace bridgework::functional {
namespace {

namespace json = boost::json;
using std::chrono::hours;
using std::chrono::milliseconds;
using support::Suite;

/// Monday 5 October 2026, 10:00 in Chicago.
Instant monday() {
  const LocalDay day{std::chrono::local_days{std::chrono::year{2026} / 10 / 5}};
  return *runtime::to_instant(LocalTime(day) + hours(10), "America/Chicago");
}

json::array hours_of_the_week() {
  json::array open;
  for (int weekday = 1; weekday <= 5; ++weekday) open.push_back({{"weekday", weekday}, {"from_minute", 540}, {"until_minute", 1020}});
  return open;
}

void open_site(Suite& suite, const std::string& site) {
  const auto answer = suite.api().post(
      "/v1/sites",
      {{"site", site}, {"name", site}, {"zone", "America/Chicago"}, {"phone", "+12025550100"}, {"hours", hours_of_the_week()}});
  ASSERT_TRUE(answer.status == 200 || answer.status == 201) << answer.text;
}

/// Everything a caller sees of one POST on a connection of its own, and how long it took.
struct RawReply {
  std::string bytes;
  milliseconds took{};
};

RawReply post_form(const Suite& suite, const std::string& form_key, const std::string& body) {
  const int port = std::stoi(suite.url().substr(suite.url().rfind(':') + 1));
  const int link = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  RawReply reply;
  const auto began = std::chrono::steady_clock::now();
  if (link < 0 || ::connect(link, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return reply;
  const std::string request = "POST /forms/" + form_key + " HTTP/1.1\r\nHost: group.example\r\nConnection: close\r\n" +
                              "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: " + std::to_string(body.size()) +
                              "\r\n\r\n" + body;
  for (std::string_view rest = request; !rest.empty();) {
    const auto sent = ::send(link, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent <= 0) break;
    rest.remove_prefix(static_cast<std::size_t>(sent));
  }
  char piece[4096];
  for (auto read = ::recv(link, piece, sizeof piece, 0); read > 0; read = ::recv(link, piece, sizeof piece, 0))
    reply.bytes.append(piece, static_cast<std::size_t>(read));
  reply.took = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - began);
  ::close(link);
  return reply;
}

/// The reply with the one thing in it that is the clock's: the second it was written in.
std::string without_date(std::string bytes) {
  const std::size_t date = bytes.find("\r\nDate: ");
  if (date != std::string::npos) bytes.replace(date, bytes.find("\r\n", date + 2) - date, "\r\nDate: *");
  return bytes;
}

TEST(Lead, TheFormGivesTheSameBytesForEveryOutcome) {
  Suite suite({.start = monday(), .environment = {}});
  open_site(suite, "main");
  const auto issue = [&] {
    const auto answer = suite.api().post("/v1/sites/main/form-keys", {{"overlap_hours", 24}});
    EXPECT_EQ(answer.status, 201) << answer.text;
    return answer.string_at("/id");
  };
  const std::string old_key = issue(), key = issue(), disabled = issue();
  ASSERT_EQ(suite.api().post("/v1/form-keys/" + disabled + "/disable", json::object{}).status, 200);
  ASSERT_EQ(suite.api()
                .post("/v1/persons", {{"profile",
                                       {{"given_name", "Ana"},
                                        {"status", "patient"},
                                        {"home_site", "main"},
                                        {"contact_points", {{{"kind", "phone"}, {"raw", "202 555 0143"}}}}}}})
                .status,
            201);
  ASSERT_TRUE(suite.settle());
  const auto leads = [&] { return suite.api().get("/v1/leads").int_at("/open"); };

  std::map<std::string, RawReply> replies;
  replies["accepted"] = post_form(suite, key, "given_name=Bob&phone=202+555+0150&text=It+hurts");
  replies["with the older key"] = post_form(suite, old_key, "given_name=Cleo&phone=202+555+0151");
  replies["of a patient"] = post_form(suite, key, "given_name=Ana&phone=%28202%29+555-0143");
  ASSERT_TRUE(suite.eventually([&] { return leads() == 3; }));
  replies["by a machine"] = post_form(suite, key, "given_name=Bot&phone=202+555+0152&website=http%3A%2F%2Fspam.example");
  replies["with an unknown key"] = post_form(suite, "main.f-nobodys", "given_name=Eve&phone=202+555+0153");
  replies["with a disabled key"] = post_form(suite, disabled, "given_name=Eve&phone=202+555+0154");
  replies["of an unknown site"] = post_form(suite, "nowhere.f-1", "given_name=Eve&phone=202+555+0155");
  replies["with a key that is none"] = post_form(suite, "%21%22%C2%A7", "given_name=Eve");
  replies["unreadable"] = post_form(suite, key, "%zz&&&=");
  replies["much too long"] = post_form(suite, key, "text=" + std::string(100'000, 'a'));
  replies["empty"] = post_form(suite, "main.f-nobodys", "");
  const auto form = suite.api().get("/v1/sites/main/web-form");
  EXPECT_EQ(form.int_at("/counted_today"), 6) << "before anything was looked at: " << form.text;
  EXPECT_EQ(form.int_at("/machines_today"), 3) << form.text;
  ASSERT_EQ(suite.api().post("/v1/sites/main/web-form", {{"enabled", true}, {"daily_cap", 6}}).status, 200);
  replies["over the cap"] = post_form(suite, key, "given_name=Dan&phone=202+555+0156");
  ASSERT_EQ(suite.api().post("/v1/sites/main/web-form", {{"enabled", false}, {"daily_cap", 200}}).status, 200);
  replies["switched off"] = post_form(suite, key, "given_name=Dan&phone=202+555+0157");

  const std::string expected = without_date(replies["accepted"].bytes);
  ASSERT_EQ(expected.substr(0, 15), "HTTP/1.1 200 OK") << expected;
  EXPECT_NE(expected.find("We have your message"), std::string::npos);
  for (const auto& [what, reply] : replies) {
    EXPECT_EQ(without_date(reply.bytes), expected) << what;
    EXPECT_GE(reply.took, milliseconds(249)) << what << ": it was answered before its moment";
    std::cout << "form " << what << ": " << reply.took.count() << " ms\n";
  }
  ASSERT_TRUE(suite.settle());
  EXPECT_EQ(leads(), 3) << "the others made nothing";
  const auto desk = suite.api().get("/v1/desk?phone=2025550143");
  EXPECT_EQ(desk.at("/persons").as_array().size(), 2u) << "the patient and the enquirer are two: " << desk.text;
  std::size_t matches = 0;
  for (const auto& person : desk.at("/persons").as_array()) matches += person.at("matches").as_array().size();
  EXPECT_EQ(matches, 1u) << "a note on the patient";
}

// ---- a list of the past

struct Line {
  std::string source;  ///< ours; empty when the line is bad
  std::string text;
};

/// A list as they are kept by hand: one word in many spellings, one phone in many, and every thirty-seventh line broken in one of six ways.
std::vector<Line> list_of_leads(std::size_t count) {
  const std::vector<std::pair<std::string, std::vector<std::string>>> spellings = {
      {"search_ad", {"Google", "google", " GOOGLE ", "google ads", "Google_Ads"}},
      {"social", {"Facebook", "facebook", "FB", "fb "}},
      {"web", {"Website", "web", "WEB"}},
      {"direct_mail", {"Postcard", "direct mail", "Direct-Mail"}},
      {"referral", {"Friend", "referral"}}};
  std::mt19937 random(1);
  std::vector<Line> lines;
  for (std::size_t i = 0; i < count; ++i) {
    const auto& [ours, theirs] = spellings[random() % spellings.size()];
    const std::string word = theirs[random() % theirs.size()];
    const std::size_t person = random() % (count / 2);
    char digits[64], phone[128];
    std::snprintf(digits, sizeof digits, "%04zu", person % 10000);
    const char* const shapes[] = {"(202) 55%c-%s", "+1 202 55%c %s", "202.55%c.%s", "20255%c%s"};
    std::snprintf(phone, sizeof phone, shapes[random() % 4], static_cast<char>('0' + person / 10000 % 10), digits);
    const std::string name = "Person" + std::to_string(person);
    char created[128];
    std::snprintf(created, sizeof created, "2025-%02zu-%02zu %02zu:%02zu:%02zu", 1 + i % 12, 1 + i % 28, i % 24, i / 60 % 60, i % 60);
    const auto line = [&](const std::string& office, const std::string& when, const std::string& source, const std::string& given,
                          const std::string& number) {
      return office + "," + when + "," + source + "," + given + ",Example," + number + ",,\n";
    };
    if (i % 37 != 36) {
      lines.push_back({ours, line(i % 2 == 0 ? "Main" : "North", created, word, name, phone)});
      continue;
    }
    switch (i / 37 % 6) {
      case 0: lines.push_back({"", line("", created, word, name, phone)}); break;
      case 1: lines.push_back({"", line("Main", "soon", word, name, phone)}); break;
      case 2: lines.push_back({"", line("Main", created, "carrier pigeon", name, phone)}); break;
      case 3: lines.push_back({"", "Main," + std::string(created) + "," + word + ",,," + phone + ",,\n"}); break;
      case 4: lines.push_back({"", line("Main", created, word, name, "12")}); break;
      default: lines.push_back({"", "Main," + std::string(created) + "," + word + "\n"}); break;
    }
  }
  return lines;
}

/// Leads of another system as a file, and what must come of them.
struct LeadFile {
  LeadFile(const Suite& suite, std::size_t count) : path(suite.data() / "leads.csv") {
    std::ofstream out(path);
    out << "Office,Created,Source,First,Last,Phone,Email,Notes\n";
    const auto lines = list_of_leads(count);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      out << lines[i].text;
      if (lines[i].source.empty()) bad.push_back(i + 2);
      else ++by_source[lines[i].source];
    }
  }
  std::filesystem::path path;
  std::map<std::string, std::int64_t> by_source;
  std::vector<std::size_t> bad;  ///< by the numbers of their lines
};

std::map<std::string, std::int64_t> counted_by_source(Suite& suite) {
  std::map<std::string, std::int64_t> counted;
  const auto kpi = json::parse(suite.cli("kpi enquiries_by_source --by source --json").out);
  for (const auto& one : kpi.at("rows").as_array())
    counted[std::string(one.at("key").as_string())] = one.at("numerator").to_number<std::int64_t>();
  return counted;
}

TEST(Lead, AListOfThePastIsTakenWholeAndCountsWhereItCameFrom) {
  Suite suite({});
  constexpr std::size_t kLines = 4000;
  const LeadFile file(suite, kLines);
  const std::string import =
      "import leads " + file.path.string() + " --mapping " BRIDGEWORK_SOURCE_DIR "/tests/functional/leads.toml --json";
  const auto began = std::chrono::steady_clock::now();
  const auto ran = suite.cli(import);
  ASSERT_EQ(ran.status, 0) << ran.out;
  std::cout << kLines << " leads in " << std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count() << " s\n";
  const json::value summary = json::parse(ran.out);
  EXPECT_EQ(summary.at("read").as_int64(), static_cast<std::int64_t>(kLines));
  EXPECT_EQ(summary.at("rejected").as_int64(), static_cast<std::int64_t>(file.bad.size()));
  EXPECT_EQ(summary.at("imported").as_int64(), static_cast<std::int64_t>(kLines - file.bad.size()));
  EXPECT_EQ(summary.at("sites").as_int64(), 2);

  std::ifstream rejects(file.path.string() + ".rejects.csv");
  std::string row;
  std::getline(rejects, row);
  EXPECT_EQ(row, "line,field,reason");
  std::vector<std::size_t> named;
  std::map<std::string, int> fields;
  while (std::getline(rejects, row)) {
    named.push_back(std::stoul(row));
    const std::size_t comma = row.find(','), second = row.find(',', comma + 1);
    ++fields[row.substr(comma + 1, second - comma - 1)];
    EXPECT_GT(row.size(), second + 5) << "a reason: " << row;
  }
  EXPECT_EQ(named, file.bad);
  for (const char* field : {"Office", "Created", "Source", "First", "Phone", ""}) EXPECT_GT(fields[field], 10) << field;
  EXPECT_EQ(fields.size(), 6u);

  ASSERT_TRUE(suite.settle(std::chrono::seconds(120)));
  EXPECT_EQ(counted_by_source(suite), file.by_source);
  EXPECT_EQ(suite.api().get("/v1/leads").int_at("/open"), 0) << "the desk is not flooded with the past";
  EXPECT_EQ(support::outbox_of(suite.outbox()).size(), 0u) << "imported leads contact nobody";

  const auto head = suite.api().get("/v1/status").int_at("/head");
  const auto again = suite.cli(import + " --from-start");
  ASSERT_EQ(again.status, 0) << again.out;
  EXPECT_EQ(json::parse(again.out).at("imported").as_int64(), summary.at("imported").as_int64());
  ASSERT_TRUE(suite.settle());
  EXPECT_EQ(suite.api().get("/v1/status").int_at("/head"), head) << "twice is once";
}

/// One figure of the gateway: how many requests with leads were answered with 200.
std::int64_t lead_requests_of(Suite& suite) {
  const std::string text = suite.api().get("/metrics").text;
  const std::string name = R"(bridgework_gateway_answers_total{route="/v1/imports/leads",service="gateway",status="200"} )";
  const std::size_t at = text.find(name);
  return at == std::string::npos ? 0 : static_cast<std::int64_t>(std::stod(text.substr(at + name.size())));
}

/// How many requests of the import the command line has written down as answered.
std::int64_t answered_of(const std::filesystem::path& progress) {
  std::ifstream in(progress);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  boost::system::error_code error;
  const json::value value = json::parse(text, error);
  if (error) return 0;
  std::int64_t answered = 0;
  for (const auto& [phase, ranges] : value.at("answered").as_object())
    for (const json::value& range : ranges.as_array())
      answered += range.at(1).to_number<std::int64_t>() - range.at(0).to_number<std::int64_t>() + 1;
  return answered;
}

TEST(Lead, AnImportThatIsKilledGoesOnWhereItStoppedAndLosesNothing) {
  Suite suite({});
  // Enough for the command line to write down where it is before it is through.
  constexpr std::size_t kMany = 40'000;
  const LeadFile file(suite, kMany);
  const std::string mapping = BRIDGEWORK_SOURCE_DIR "/tests/functional/leads.toml";
  const auto progress = [&]() -> std::filesystem::path {
    if (!std::filesystem::exists(suite.data() / "imports")) return {};
    for (const auto& entry : std::filesystem::directory_iterator(suite.data() / "imports"))
      if (entry.path().extension() == ".json") return entry.path();
    return {};
  };
  {
    std::vector<std::string> words{BRIDGEWORK_CLI, "import", "leads", file.path.string(), "--mapping", mapping};
    std::vector<char*> argv;
    for (auto& w : words) argv.push_back(w.data());
    argv.push_back(nullptr);
    ::setenv("BRIDGEWORK_URL", suite.url().c_str(), 1);
    ::setenv("BRIDGEWORK_DATA", suite.data().c_str(), 1);
    pid_t pid = 0;
    ASSERT_EQ(::posix_spawn(&pid, BRIDGEWORK_CLI, nullptr, nullptr, argv.data(), environ), 0);
    EXPECT_TRUE(suite.eventually([&] { return answered_of(progress()) >= 5; }, std::chrono::seconds(60)));
    ::kill(pid, SIGKILL);
    int status = 0;
    ::waitpid(pid, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the import was over before it could be killed";
  }
  const std::int64_t before = lead_requests_of(suite), answered = answered_of(progress());
  ASSERT_GE(answered, 5);

  const auto ran = suite.cli("import leads " + file.path.string() + " --mapping " + mapping + " --json");
  ASSERT_EQ(ran.status, 0) << ran.out;
  const json::value summary = json::parse(ran.out);
  EXPECT_EQ(summary.at("read").as_int64(), static_cast<std::int64_t>(kMany));
  EXPECT_EQ(summary.at("rejected").as_int64(), static_cast<std::int64_t>(file.bad.size()));
  EXPECT_EQ(summary.at("imported").as_int64(), static_cast<std::int64_t>(kMany - file.bad.size()));
  std::ifstream rejects(file.path.string() + ".rejects.csv");
  std::vector<std::size_t> named;
  std::string row;
  for (std::getline(rejects, row); std::getline(rejects, row);) named.push_back(std::stoul(row));
  EXPECT_EQ(named, file.bad) << "all of them, also those of the first try";

  const std::int64_t total = answered_of(progress());
  EXPECT_GT(total, answered) << "there was something left to do";
  // The gateway may have answered one more after the command line was gone.
  EXPECT_LE(lead_requests_of(suite) - before, total - answered + 1) << "what was answered is not sent again";
  std::cout << "killed after " << before << " of " << total << " requests, " << answered << " of them written down\n";

  ASSERT_TRUE(suite.settle(std::chrono::seconds(180)));
  EXPECT_EQ(counted_by_source(suite), file.by_source) << "nothing doubled, nothing lost";
}

// ---- nobody may be contacted any more

TEST(Lead, OfSomebodyWhoDiedIsClosedEverywhere) {
  Suite suite({.start = monday(), .environment = {}});
  open_site(suite, "main");
  const json::object profile{{"given_name", "Ana"},
                             {"home_site", "main"},
                             {"contact_points", {{{"kind", "phone"}, {"raw", "202 555 0143"}}}},
                             {"preferred_channel", "sms"}};
  const auto lead = suite.api().post("/v1/leads", {{"site", "main"}, {"profile", profile}});
  ASSERT_EQ(lead.status, 201) << lead.text;
  const std::string person = lead.string_at("/person"), enquiry = lead.string_at("/enquiry");
  ASSERT_TRUE(suite.eventually([&] { return support::outbox_of(suite.outbox()).size() == 1; })) << "the acknowledgement";
  const auto plan =
      suite.api().post("/v1/treatment-plans", {{"person", person}, {"site", "main"}, {"items", {{{"item", "a"}, {"category", "endo"}}}}});
  ASSERT_EQ(plan.status, 201) << plan.text;
  ASSERT_EQ(suite.api().post("/v1/treatment-plans/" + plan.string_at("/plan") + "/items/a/present", json::object{}).status, 200);
  const auto care_is = [&](std::string_view cover) {
    const auto gaps = suite.api().get("/v1/follow-ups?person=" + person);
    return gaps.at("/gaps").is_array() && !gaps.at("/gaps").as_array().empty() &&
           std::ranges::all_of(gaps.at("/gaps").as_array(), [&](const json::value& gap) {
             return gap.at("cover").as_string() == cover || gap.at("cover").as_string() == "closed";
           });
  };
  ASSERT_TRUE(suite.eventually([&] { return care_is("active"); }));
  EXPECT_EQ(suite.api().get("/v1/leads").int_at("/open"), 1);
  ASSERT_TRUE(suite.eventually([&] {
    return suite.api().get("/v1/desk?person=" + person).at("/persons/0/open_care").is_array() &&
           !suite.api().get("/v1/desk?person=" + person).at("/persons/0/open_care").as_array().empty();
  }));

  json::object gone = profile;
  gone["status"] = "deceased";
  ASSERT_EQ(suite.api().post("/v1/persons/" + person, {{"profile", gone}}).status, 200);
  ASSERT_TRUE(suite.settle());
  EXPECT_EQ(suite.api().get("/v1/leads/" + enquiry).string_at("/state"), "lost");
  EXPECT_EQ(suite.api().get("/v1/leads").int_at("/open"), 0);
  EXPECT_TRUE(care_is("closed"));
  const auto later = suite.api().post("/v1/leads", {{"site", "main"}, {"person", person}, {"profile", json::object{}}});
  EXPECT_EQ(later.string_at("/state"), "needs_review") << later.text;
  for (int day = 1; day <= 40; ++day) suite.clock().advance(hours(24));
  ASSERT_TRUE(suite.settle());
  EXPECT_EQ(support::outbox_of(suite.outbox()).size(), 1u) << "nothing but the acknowledgement has ever left";
  EXPECT_EQ(suite.cli("audit leaks").status, 0);
}

// ---- a missed call

TEST(Lead, AMissedCallIsTextedBackOnceADayAndNamesItsCampaign) {
  Suite suite({.start = monday(), .environment = {}});
  open_site(suite, "main");
  const auto campaign = suite.api().post(
      "/v1/campaigns", {{"name", "Radio"}, {"source", "radio"}, {"promise", "No waiting"}, {"tracking_number", "(202) 555-0100"}});
  ASSERT_EQ(campaign.status, 201) << campaign.text;
  ASSERT_TRUE(suite.settle());
  const auto ring = [&](const std::string& outcome) {
    return suite.api().post("/v1/calls", {{"caller", "+12025550143"}, {"site", "main"}, {"dialled", "+12025550100"}, {"outcome", outcome}});
  };
  const auto first = ring("missed");
  ASSERT_TRUE(first.status == 200 || first.status == 201) << first.text;
  EXPECT_TRUE(first.at("/text_back").as_bool());
  EXPECT_EQ(first.string_at("/campaign"), campaign.string_at("/id"));
  EXPECT_FALSE(ring("abandoned").at("/text_back").as_bool());
  ASSERT_TRUE(suite.settle());
  ASSERT_TRUE(suite.eventually([&] { return support::outbox_of(suite.outbox()).size() == 1; }));
  ASSERT_TRUE(suite.settle());
  EXPECT_EQ(support::outbox_of(suite.outbox()).size(), 1u) << "and no acknowledgement beside it";
  const auto desk = suite.api().get("/v1/desk?phone=202-555-0143");
  EXPECT_EQ(desk.string_at("/campaign/promise"), "No waiting") << desk.text;
  EXPECT_EQ(desk.string_at("/persons/0/enquiries/0/state"), "acknowledged") << desk.text;
  suite.clock().advance(hours(24));
  EXPECT_TRUE(ring("missed").at("/text_back").as_bool()) << "tomorrow is another day";
}

}  // namespace
}  // namespace bridgework::functional
