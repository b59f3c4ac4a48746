#include "chaos/world.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "bus/archive.hpp"
#include "runtime/keys.hpp"
#include "runtime/log_entry.hpp"
#include "runtime/text_file.hpp"
#include "support/outbox.hpp"

namespace bridgework::chaos {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

constexpr auto kLook = milliseconds(20);
/// What the judgement may leave behind in a process, which reads the whole log twice and counts all figures anew: four times what was
/// measured. A sanitizer keeps what was freed.
constexpr long kMemoryGrowthKb = kSanitized ? 512 * 1024 : 16 * 1024;
/// Everybody may have come to the one bus from the other.
constexpr long kFilesGrowth = 16;
constexpr const char* kProviders[] = {"ada", "bo"};
constexpr const char* kServices[] = {"lead_intake", "appointments", "followup", "outreach", "feedback", "journey", "analytics"};

std::string path_of(const std::string& program, const std::string& or_else) {
  FILE* pipe = ::popen(("command -v " + program + " || command -v " + or_else).c_str(), "r");
  char line[512] = {};
  const bool found = pipe != nullptr && std::fgets(line, sizeof line, pipe) != nullptr;
  if (pipe != nullptr) ::pclose(pipe);
  if (!found) throw std::runtime_error("there is no " + program);
  std::string path = line;
  path.erase(path.find_last_not_of('\n') + 1);
  return path;
}

/// A Wednesday at ten or eleven in New York: no quiet hours, and the slots four weeks on are within everybody's calendar.
std::chrono::sys_days wednesday() {
  const auto today = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
  const std::chrono::weekday day{today};
  return today + (std::chrono::Wednesday - day) + (day == std::chrono::Wednesday ? std::chrono::days(7) : std::chrono::days(0));
}

std::string local_text(std::chrono::sys_days day, int minute) {
  const std::chrono::year_month_day date{day};
  char text[32];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:00", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), minute / 60, minute % 60);
  return text;
}

std::string text_of(const json::object& object, const char* name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}

}  // namespace

Disk::Disk(const fs::path& file) {
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  constexpr std::size_t kSize = 2 * sizeof(std::int64_t);
  void* mapped = fd >= 0 && ::ftruncate(fd, kSize) == 0 ? ::mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;
  if (fd >= 0) ::close(fd);
  if (mapped == MAP_FAILED) throw std::runtime_error("cannot map " + file.string());
  mapped_ = static_cast<volatile std::int64_t*>(mapped);
}
Disk::~Disk() { ::munmap(const_cast<std::int64_t*>(mapped_), 2 * sizeof(std::int64_t)); }

/// A redis-server of our own in front of the real one, which waits at a gate, listens behind the link, and has the disk we gave it.
void World::make_tools() {
  std::string pattern = "/tmp/bw-chaos-XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary directory");
  tools_ = pattern;
  const auto stand_in_for = [this](const char* program, const std::string& script) {
    std::ofstream(tools_ / program) << "#!/usr/bin/env bash\n"
                                    << "while [[ -e '" << (tools_ / "gate").string() << "' ]]; do sleep 0.02; done\n"
                                    << script;
    fs::permissions(tools_ / program, fs::perms::owner_all);
  };
  stand_in_for("redis-server", "export CHAOS_DISK='" + (tools_ / "disk").string() + "' LD_PRELOAD='" + BRIDGEWORK_SLOW_DISK + "'\nexec '" +
                                   path_of("redis-server", "valkey-server") + "' \"${@/%redis.sock/behind.sock}\"\n");
  // What looks at the files before Redis does waits at the gate too.
  stand_in_for("redis-check-aof", "exec '" + path_of("redis-check-aof", "valkey-check-aof") + "' \"$@\"\n");
  disk_ = std::make_unique<Disk>(tools_ / "disk");
}

std::string World::start(int days, int minute) { return local_text(wednesday() + std::chrono::days(days), minute); }

World::World(const Options& options) : options_(options), random_(options.seed) {
  support::Suite::Options suite;
  suite.start = Instant(wednesday() + std::chrono::hours(15));
  suite.instances = options.instances;
  suite.programs = options.programs;
  suite.port = options.port;
  // Sealed and trimmed all the time: what is true of the log must be true of it while most of it lies in the archive.
  for (const char* setting : {"EVERY=300", "KEEP=0", "SEGMENT_EVENTS=200"}) {
    suite.environment.push_back(std::string("BRIDGEWORK_BUS_ARCHIVE_") + setting);
  }
  make_tools();
  suite.environment.push_back("PATH=" + tools_.string() + ":\"$PATH\"");
  suite.prepare = [this](const fs::path& data) {
    fs::create_directories(data / "run");
    link_ = std::make_unique<RedisLink>(data / "run" / "redis.sock", data / "run" / "behind.sock");
  };
  suite_ = std::make_unique<support::Suite>(suite);
  redis_ = runtime::Redis(redis_options());
  say("a suite of " + std::to_string(suite_->processes().size()) + " processes and a Redis in " + suite_->data().string());
  open_site();
  Load::Options load;
  load.url = suite_->url();
  load.key = suite_->admin_key();
  load.site = kSite;
  load.providers.assign(std::begin(kProviders), std::end(kProviders));
  for (int minute = 9 * 60; minute < 17 * 60; minute += 30) load.starts.push_back(start(28, minute));
  load.clients = options.clients;
  load.seed = options.seed;
  load_ = std::make_unique<Load>(load, history_);
  follower_ = std::make_unique<Follower>(context_, suite_->data() / "run");
  if (const auto missing = missing_after(kBackWithin)) violated("the suite does not work to begin with: " + *missing);
  at_start_ = footprints();
  follow_growth();
}

runtime::Redis::Options World::redis_options() const {
  runtime::Redis::Options redis;
  redis.unix_socket = (suite_->data() / "run" / "behind.sock").string();
  redis.user = "operator";
  redis.password = runtime::read_text((suite_->data() / "redis-users" / "operator.password").string()).value();
  return redis;
}

World::~World() {
  growth_.reset();
  follower_.reset();
  load_.reset();
  if (!violations_.empty()) suite_->keep_data();
  if (!violations_.empty()) say("data and logs stay in " + suite_->data().string());
  link_->freeze(false);
  suite_.reset();
  std::error_code ignored;
  fs::remove_all(tools_, ignored);
}

namespace {

json::array every_day() {
  json::array days;
  for (int day = 1; day <= 7; ++day) days.push_back({{"weekday", day}, {"from_minute", 480}, {"until_minute", 1080}});
  return days;
}

}  // namespace

support::Answer World::define_site() {
  const auto answer = suite_->api().post(
      "/v1/sites",
      {{"site", kSite}, {"name", "Harbour"}, {"zone", "America/New_York"}, {"hours", every_day()}, {"phone", std::to_string(++nudges_)}});
  require(answer.status == 200 || answer.status == 201, "defining the site was answered " + std::to_string(answer.status) + answer.text);
  return answer;
}

void World::open_site() {
  const json::array days = every_day();
  const auto must = [&](const std::string& path, const json::value& body) {
    const auto answer = suite_->api().post(path, body);
    require(answer.status == 200 || answer.status == 201, "POST " + path + " was answered " + std::to_string(answer.status) + answer.text);
  };
  define_site();
  for (const char* chair : {"c1", "c2"}) must("/v1/chairs", {{"site", kSite}, {"chair", chair}, {"name", chair}});
  for (const char* provider : kProviders) {
    must("/v1/providers", {{"site", kSite}, {"provider", provider}, {"name", provider}, {"shifts", days}});
  }
  must("/v1/visit-types", {{"site", kSite}, {"visit_type", "exam"}, {"name", "Exam"}, {"duration_minutes", 30}, {"purpose", "exam"}});
}

void World::say(const std::string& line) const {
  const auto ms = std::chrono::duration_cast<milliseconds>(steady_clock::now() - begun_).count();
  std::printf("%7.2f s  %s\n", static_cast<double>(ms) / 1000, line.c_str());
  std::fflush(stdout);
}

void World::violated(const std::string& what) {
  violations_.push_back(what);
  constexpr std::size_t kPrinted = 50;
  if (violations_.size() <= kPrinted) say("VIOLATION: " + what);
}

bool World::eventually(const std::function<bool()>& done, milliseconds limit) {
  const auto until = steady_clock::now() + limit;
  while (!done()) {
    if (steady_clock::now() > until) return false;
    std::this_thread::sleep_for(kLook);
  }
  return true;
}

json::value World::service_status(const std::string& service) {
  const auto status = get("/v1/status");
  if (status.status != 200) return nullptr;
  for (const auto& one : status.at("/services").as_array()) {
    if (one.at("service").as_string() == service) return one;
  }
  return nullptr;
}

int World::signal(const std::string& name, int number) {
  const int pid = suite_->pid_of(name);
  return pid > 0 && ::kill(pid, number) == 0 ? pid : 0;
}

bool World::is_ready(const std::string& name) {
  if (name == "redis") return redis_.run({"PING"}).has_value();
  const auto ports = suite_->processes();
  const auto it = ports.find(name);
  return it != ports.end() && support::Api("http://127.0.0.1:" + std::to_string(it->second), {}).get("/readyz").status == 200;
}

std::string World::not_ready(const std::string& name) {
  const auto ports = suite_->processes();
  const auto it = ports.find(name);
  return it == ports.end() ? std::string() : support::Api("http://127.0.0.1:" + std::to_string(it->second), {}).get("/readyz").text;
}

bool World::restarted(const std::string& name, int old_pid, milliseconds limit) {
  return eventually(
      [&] {
        const int pid = suite_->pid_of(name);
        return pid > 0 && pid != old_pid && is_ready(name);
      },
      limit);
}

std::uint64_t World::redis_comes_back_with(const std::function<void(const fs::path&)>& tamper) {
  const fs::path gate = tools_ / "gate";
  std::ofstream(gate).put('\n');
  const int pid = signal("redis", SIGKILL);
  require(pid > 0, "redis was not running");
  eventually([&] { return !fs::exists("/proc/" + std::to_string(pid)); });
  // Answers still on their way to clients belong to the life that has ended.
  std::size_t answered = load_->answered();
  auto since = steady_clock::now();
  eventually([&] {
    if (load_->answered() != answered) {
      answered = load_->answered();
      since = steady_clock::now();
    }
    return steady_clock::now() - since > milliseconds(300);
  });
  ++roll_backs_;
  const std::size_t life = history_.life();
  history_.end_life();
  tamper(suite_->data() / "redis" / "appendonlydir");
  fs::remove(gate);
  harm_is_done();
  std::uint64_t first = 0;
  const bool opened = eventually(
      [&] {
        const auto run_id = redis_.run_id();
        if (!run_id) return false;
        const auto meta = redis_.run({"HMGET", "{group}:meta", "run_id", "inc_start"});
        if (!meta || meta->items.size() != 2 || meta->items[0].text != *run_id) return false;
        first = std::stoull(meta->items[1].text);
        return true;
      },
      kBackWithin);
  require(opened, "no new incarnation was opened");
  history_.lost_from(life, first);
  return first;
}

std::vector<std::string> World::buses() const {
  std::vector<std::string> out;
  for (const char* number : {"1", "2"}) out.push_back("ipc://" + (suite_->data() / "run").string() + "/bus-" + number + "-fetch.sock");
  return out;
}

std::vector<seconds> World::pauses(const std::string& name) const {
  std::ifstream log(suite_->data() / "log" / (name + ".log"));
  std::vector<seconds> out;
  for (std::string line; std::getline(log, line);) {
    if (const auto at = line.find("restart_in="); at != std::string::npos) out.emplace_back(std::stoi(line.substr(at + 11)));
  }
  return out;
}

std::uint64_t World::redis_calls(const std::string& command) {
  const auto info = redis_.run({"INFO", "commandstats"});
  const std::string line = "cmdstat_" + command + ":calls=";
  const auto at = info ? info->text.find(line) : std::string::npos;
  return at == std::string::npos ? 0 : std::stoull(info->text.substr(at + line.size()));
}

std::optional<std::string> World::missing_after(milliseconds limit) {
  const auto until = steady_clock::now() + limit;
  auto longest = milliseconds(0);
  // Remembers what it waited for longest.
  const auto wait_for = [&](const std::string& what, const std::function<bool()>& done) {
    const auto begun = steady_clock::now();
    const bool came = eventually(done, std::chrono::duration_cast<milliseconds>(until - begun));
    const auto waited = std::chrono::duration_cast<milliseconds>(steady_clock::now() - begun);
    if (waited >= longest && !what.empty()) {
      longest = waited;
      last_to_come_ = what;
    }
    return came;
  };
  for (const auto& [name, port] : suite_->processes()) {
    if (!wait_for(name + " being ready", [&, name = name] { return is_ready(name); })) return name + " is not ready";
  }
  for (const auto kind : {Operation::Kind::kPerson, Operation::Kind::kLead, Operation::Kind::kHold}) {
    // Each client may have one under way from before.
    const std::size_t enough = load_->answered(kind) + static_cast<std::size_t>(load_->clients()) + 1;
    const std::string what = std::string(name_of(kind)) + " commands being answered";
    if (!wait_for(what, [&] { return load_->answered(kind) >= enough; })) return std::string("no ") + name_of(kind) + " is answered";
  }
  std::int64_t head = -1;
  std::string who = "the status";
  const auto every_service = [&](const auto& holds) {
    const auto status = get("/v1/status");
    if (status.status != 200) return false;
    if (head < 0) head = status.int_at("/head");
    for (const auto& service : status.at("/services").as_array()) {
      who = std::string(service.at("service").as_string());
      if (!holds(service)) return false;
    }
    return true;
  };
  const auto number = [](const json::value& service, const char* name) { return service.at(name).to_number<std::int64_t>(); };
  const bool owned = wait_for("lanes having owners", [&] {
    // A lease may outlive its owner.
    std::set<std::int64_t> alive;
    for (const auto& [name, port] : suite_->processes()) alive.insert(suite_->pid_of(name));
    return every_service([&](const json::value& service) {
      std::int64_t lanes = 0;
      for (const auto& instance : service.at("instances").as_array()) {
        if (alive.contains(number(instance, "pid"))) lanes += number(instance, "lanes");
      }
      return lanes == number(service, "lanes_total");
    });
  });
  if (!owned) return who + " has lanes without an owner";
  const bool followed = wait_for("the follower", [&] { return static_cast<std::int64_t>(follower_->position()) >= head; });
  if (!followed) return "the follower does not reach position " + std::to_string(head);
  last_to_come_ += " (" + std::to_string(longest.count()) + " ms)";
  whole_since_ = steady_clock::now();
  // Written down now and then only, so it says little about how soon events are handled; but it must come.
  const bool handled =
      wait_for("", [&] { return every_service([&](const json::value& service) { return number(service, "checkpoint") >= head; }); });
  if (!handled) return who + " does not reach position " + std::to_string(head);
  return std::nullopt;
}

bool World::comes_to_rest() {
  // A consumer says how far it is when an event comes that it wants, or after seconds without one: so it gets one.
  const std::set<std::string> hears_of_persons{"feedback", "followup", "journey", "outreach"};
  const std::set<std::string> hears_of_sites{"analytics", "lead_intake"};
  const auto until = steady_clock::now() + kBackWithin;
  while (steady_clock::now() < until) {
    const auto head = get("/v1/status").int_at("/head");
    Operation nudge;
    nudge.key = "nudge-" + std::to_string(++nudges_);
    const auto person =
        suite_->api().post("/v1/persons", {{"profile", {{"given_name", nudge.key}, {"provenance", "observed"}}}}, nudge.key);
    nudge.outcome = person.status == 201 ? Operation::Outcome::kDone : Operation::Outcome::kUnknown;
    nudge.sequence = person.sequence;
    history_.add(nudge);
    const auto site = define_site();
    const bool heard = eventually(
        [&] {
          const auto status = get("/v1/status");
          if (status.status != 200) return false;
          for (const auto& service : status.at("/services").as_array()) {
            const std::string name(service.at("service").as_string());
            const auto at = service.at("checkpoint").to_number<std::uint64_t>();
            if (hears_of_persons.contains(name) && at < person.sequence) return false;
            if (hears_of_sites.contains(name) && at < site.sequence) return false;
          }
          return true;
        },
        std::chrono::duration_cast<milliseconds>(until - steady_clock::now()));
    // Nothing but the two: nobody had anything left to say.
    if (heard && get("/v1/status").int_at("/head") == head + 2) return true;
  }
  return false;
}

std::vector<Event> World::read_feed() {
  std::vector<Event> events;
  const auto answer = get("/v1/events");
  require(answer.status == 200, "the feed answers " + std::to_string(answer.status));
  std::istringstream lines(answer.text);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) continue;
    boost::system::error_code error;
    const json::value value = json::parse(line, error);
    if (error || !value.is_object()) {
      violated("the feed ends in the middle of a line");
      break;
    }
    const auto& object = value.as_object();
    Event event;
    event.sequence = object.at("sequence").to_number<std::uint64_t>();
    event.id = text_of(object, "id");
    event.type = text_of(object, "type");
    event.subject = text_of(object, "subject");
    event.time = text_of(object, "time");
    if (const auto* data = object.if_contains("data"); data != nullptr && data->is_object()) event.data = data->as_object();
    events.push_back(std::move(event));
  }
  return events;
}

World::Footprints World::footprints() const {
  std::vector<std::string> names{"redis"};
  for (const auto& [name, port] : suite_->processes()) names.push_back(name);
  Footprints out;
  for (const auto& name : names) out[name] = footprint_of(suite_->pid_of(name));
  return out;
}

/// Looks some sixty times at what each process has, no more than once a minute.
void World::follow_growth() {
  const seconds every(std::clamp(static_cast<long>(options_.minutes), 2L, 60L));
  const auto processes = [this] {
    std::vector<Growth::Process> out{{"redis", suite_->pid_of("redis")}};
    for (const auto& [name, port] : suite_->processes()) out.push_back({name, suite_->pid_of(name)});
    return out;
  };
  const auto store = [redis = std::make_shared<runtime::Redis>(redis_options())]() -> Growth::Store {
    const auto info = redis->run({"INFO", "memory"});
    const auto head = redis->run({"HGET", "{group}:meta", "head"});
    const auto at = info ? info->text.find("used_memory:") : std::string::npos;
    if (at == std::string::npos || !head || head->text.empty()) return {};
    return {std::stol(info->text.substr(at + 12)) / 1024, std::stol(head->text)};
  };
  growth_ = std::make_unique<Growth>(every, processes, store);
}

void World::judge_growth() {
  const auto found = growth_->judge();
  for (const auto& line : found.lines) say("  " + line);
  for (const auto& violation : found.violations) violated(violation);
}

/// Nobody holds more files than before the first fault, and nobody grows by being asked for everything there is once more.
void World::judge_footprints(const Footprints& calm) {
  const Footprints now = footprints();
  for (const auto& [name, at_last] : now) {
    const Sample& at_first = at_start_.at(name);
    const Sample& before = calm.at(name);
    say("  " + name + ": " + std::to_string(before.memory_kb) + " kB when calm began, " + std::to_string(at_last.memory_kb) +
        " at last; files " + std::to_string(at_first.files) + " before the faults, " + std::to_string(before.files) + ", " +
        std::to_string(at_last.files) + " at last");
    require(at_last.memory_kb - before.memory_kb <= kMemoryGrowthKb, name + " grows");
    require(at_last.files - at_first.files <= kFilesGrowth, name + " keeps files open");
  }
}

void World::judge_all() {
  load_->stop(seconds(30));
  for (const auto& complaint : load_->complaints()) violated(complaint);
  require(comes_to_rest(), "the suite does not come to rest");
  judge_growth();
  const Footprints calm = footprints();
  // A hold that nobody books ends ten minutes after it was made, when nobody asks for anything any more.
  const auto least = get("/v1/status").int_at("/head");
  const std::vector<Event> events = read_feed();
  const auto read = static_cast<std::int64_t>(events.size());
  require(read >= least && read <= get("/v1/status").int_at("/head"), "the feed is not the whole log");
  const Judgement judgement = judge(history_, events);
  for (const auto& violation : judgement.violations) violated(violation);
  say(std::to_string(judgement.done) + " commands done, " + std::to_string(judgement.refused) + " refused, " +
      std::to_string(judgement.unknown) + " unknown, " + std::to_string(judgement.lost) + " lost with the log they were in; " +
      std::to_string(load_->repeated()) + " repeated; " + std::to_string(events.size()) + " events");

  const auto audit = get("/v1/audit/leaks");
  require(audit.status == 200 && audit.int_at("/violations") == 0, "the leak audit finds " + audit.text);
  // Whose registration was lost with the log may have booked since: followup accounts for them too.
  const auto known = static_cast<std::size_t>(audit.int_at("/persons"));
  require(known >= judgement.persons && known <= judgement.persons_mentioned,
          "followup knows " + std::to_string(known) + " persons of " + std::to_string(judgement.persons));
  const auto parked = get("/v1/parked");
  require(parked.status == 200 && parked.at("/parked").is_array() && parked.at("/parked").as_array().empty(), "parked: " + parked.text);
  judge_trimming();
  judge_archive();
  judge_outbox(events);
  judge_analytics();
  judge_followers();
  judge_footprints(calm);
  judge_logs();
}

/// An enquiry is acknowledged by at most one mail; when none is there, outreach says why.
void World::judge_outbox(const std::vector<Event>& events) {
  std::map<std::string, int> mails;
  const std::regex to("(^|\n)To: <?([^>\r\n]+)>?");
  for (const auto& mail : support::outbox_of(suite_->outbox())) {
    std::smatch found;
    if (std::regex_search(mail, found, to)) ++mails[found[2].str()];
  }
  for (const auto& [address, count] : mails) require(count == 1, std::to_string(count) + " mails to " + address);
  std::size_t explained = 0;
  for (const auto& event : events) {
    if (event.type != "EnquiryReceived" || mails.contains(Load::mail_of(text_of(event.data, "text")))) continue;
    const auto answer = get("/v1/messages?person=" + event.subject);
    const auto& list = answer.at("/messages");
    const bool said = list.is_array() && !list.as_array().empty() && list.as_array()[0].at("state").as_string() != "planned" &&
                      list.as_array()[0].at("state").as_string() != "sent";
    require(said, "no mail to " + event.subject + " and no reason: " + answer.text);
    ++explained;
  }
  say(std::to_string(mails.size()) + " mails, none twice; " + std::to_string(explained) + " not sent, each with its reason");
}

std::string World::figures() {
  std::string all = get("/v1/bucket?site=" + std::string(kSite)).text;
  const auto kpis = get("/v1/kpis");
  if (kpis.at("/kpis").is_array()) {
    for (const auto& kpi : kpis.at("/kpis").as_array()) {
      const std::string id(kpi.at("id").as_string());
      all += "\n" + id + " " + get("/v1/kpis/" + id).text;
    }
  }
  return all;
}

std::string World::count_anew() {
  const auto rebuilt = suite_->api().post("/v1/rebuild/analytics", json::object());
  require(rebuilt.status == 200, "the rebuild is answered " + std::to_string(rebuilt.status) + " " + rebuilt.text);
  require(comes_to_rest(), "analytics does not come to rest after the rebuild");
  return figures();
}

/// Numbers that were counted through all faults are those that a rebuild from the first event counts.
void World::judge_analytics() {
  const std::string before = figures(), after = count_anew();
  if (before != after) {
    std::istringstream old_lines(before), new_lines(after);
    for (std::string a, b; std::getline(old_lines, a) && std::getline(new_lines, b);) {
      if (a != b) violated("analytics counted " + a + " and after the rebuild " + b);
    }
  }
}

void World::judge_followers() {
  for (const auto& complaint : follower_->complaints()) violated("the follower complains: " + complaint);
  Follower fresh(context_, suite_->data() / "run");
  const auto head = static_cast<std::uint64_t>(get("/v1/status").int_at("/head"));
  require(eventually([&] { return fresh.position() >= head && follower_->position() >= head; }), "a follower does not reach the head");
  const auto now = fresh.events(), followed = follower_->events();
  const auto [a, b] = std::mismatch(now.begin(), now.end(), followed.begin(), followed.end());
  require(a == now.end() && b == followed.end(), "who followed all the time holds another event " + std::to_string(a - now.begin() + 1) +
                                                     " of " + std::to_string(now.size()) + " than who begins now");
}

std::uint64_t World::sealed_through() const {
  std::map<std::uint64_t, std::uint64_t> segments;
  for (const auto& entry : fs::directory_iterator(suite_->data() / "archive")) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(".bwseg")) segments[std::stoull(name)] = std::stoull(name.substr(name.find('-') + 1));
  }
  std::uint64_t through = 0;
  for (const auto& [first, last] : segments) {
    if (first == through + 1) through = last;
  }
  return through;
}

std::size_t World::segments_aside() const {
  std::size_t aside = 0;
  for (const auto& entry : fs::directory_iterator(suite_->data() / "archive")) aside += entry.path().extension() == ".diverged" ? 1 : 0;
  return aside;
}

void World::judge_trimming() {
  // Both in one moment. What is sealed is looked at afterwards: it only grows.
  constexpr std::string_view kLook = R"lua(
    local first = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
    local lowest, who = nil, ''
    for k = 2, #KEYS do
      local flat = redis.call('HGETALL', KEYS[k])
      for i = 1, #flat, 2 do
        if string.match(flat[i], '^c%d+$') and (not lowest or tonumber(flat[i + 1]) < lowest) then
          lowest, who = tonumber(flat[i + 1]), KEYS[k]
        end
      end
    end
    return {first and first[1] or '', first and first[2][2] or '', string.format('%d', lowest or 0), who}
  )lua";
  std::vector<std::string> keys{"{group}:log"};
  for (const char* service : kServices) keys.push_back(runtime::Keys{"group", service}.lanes());
  auto seen = redis_.script(kLook, keys, {});
  if (!seen) seen = redis_.script(kLook, keys, {});  // the connection was of a Redis before
  if (!seen || seen->items.size() != 4 || seen->items[0].text.empty()) return violated("the log cannot be looked at");
  const auto events = runtime::events_of_entry(seen->items[1].text);
  if (!events) return violated("the first entry of the log is none");
  trimmed_through_ = std::stoull(seen->items[0].text.substr(2)) - events->size();
  const std::uint64_t sealed = sealed_through();
  require(trimmed_through_ <= sealed,
          "trimmed through " + std::to_string(trimmed_through_) + ", and sealed only through " + std::to_string(sealed));
  require(trimmed_through_ <= std::stoull(seen->items[2].text),
          "trimmed through " + std::to_string(trimmed_through_) + ", and " + seen->items[3].text + " is at " + seen->items[2].text);
}

/// Most of the log has left Redis, what has left it is whole, and what was set aside is still there.
void World::judge_archive() {
  const auto sealed = bus::Archive(suite_->data() / "archive").verify();
  require(sealed.has_value(), "the archive is damaged: " + (sealed ? std::string() : sealed.error().what));
  say("events through " + std::to_string(trimmed_through_) + " are in the archive alone, sealed are " + std::to_string(sealed.value_or(0)) +
      "; " + std::to_string(segments_aside()) + " segments set aside in " + std::to_string(roll_backs_) + " roll-backs");
  require(trimmed_through_ > 0, "nothing was trimmed");
}

void World::judge_logs() {
  std::map<std::string, int> errors;
  for (const auto& entry : fs::directory_iterator(suite_->data() / "log")) {
    std::ifstream in(entry.path());
    for (std::string line; std::getline(in, line);) {
      if (const auto at = line.find(" error "); at != std::string::npos && line.starts_with("20") && line.size() > 4 && line[4] == '-') {
        std::istringstream words(line.substr(at + 7));
        std::string who, what;
        words >> who >> what;
        ++errors[who + " " + what];
      }
    }
  }
  // A person must look at what a roll-back has taken from the archive, each time.
  int set_aside = 0;
  for (const auto& [line, count] : errors) set_aside += line.ends_with(" archive_diverged") ? count : 0;
  if (set_aside <= roll_backs_) std::erase_if(errors, [](const auto& error) { return error.first.ends_with(" archive_diverged"); });
  for (const auto& [line, count] : errors) violated("logged as an error " + std::to_string(count) + " times: " + line);
}

}  // namespace bridgework::chaos
