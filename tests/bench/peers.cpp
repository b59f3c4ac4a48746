// Ourselves beside what others use, alternating, in one run on one machine. Run by scripts/bench --peers.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <set>
#include <thread>

#include <boost/json.hpp>

#include "bench/our_pipeline.hpp"
#include "bench/postgres.hpp"
#include "bench/redis_peer.hpp"
#include "tests/support/redis_server.hpp"

namespace bridgework::bench {
namespace {

namespace json = boost::json;

constexpr const char* kHelp = R"(bench_peers [--bin DIR] [--quick] [--json] [--only NAMES] [--repetitions N]

  --bin DIR      the suite's programs (default: ../bin beside this program)
  --quick        shorter runs, one repetition
  --only NAMES   of deliver,pipeline,latency,replay,booking,due,growth, with commas
  --alone        our side only, for a profiler
  --json         one object on standard output instead of a table

Needs redis-server, nats-server and PostgreSQL with its contrib modules; starts private ones and stops them.
)";

constexpr double kLatencyPerSecond = 2'000;
constexpr std::size_t kPersons = 10'000;

struct Row {
  std::string what, ours, theirs, ratio, bar;
  bool met = true;
};

std::string whole(double number) {
  if (!std::isfinite(number)) return "-";  // a side that was left out
  std::string digits = std::to_string(std::llround(number));
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3) digits.insert(static_cast<std::size_t>(at), ",");
  return digits;
}
std::string fixed(double number, int digits) {
  char text[40];
  std::snprintf(text, sizeof text, "%.*f", digits, number);
  return text;
}

class Run {
 public:
  Run(Plan plan, std::set<std::string> only)
      : plan_(std::move(plan)),
        only_(std::move(only)),
        redis_({"--maxmemory-policy", "noeviction", "--stream-node-max-bytes", "16384", "--hash-max-listpack-entries", "64",
                "--auto-aof-rewrite-min-size", "8gb"}),
        directory_(redis_.directory()) {}

  void all() {
    describe_machine();
    if (wants("deliver") || wants("replay") || wants("latency") || wants("pipeline")) {
      JetStream jetstream(plan_.port);
      if (wants("deliver")) deliver(jetstream);
      if (wants("pipeline")) pipeline(jetstream);
      if (wants("latency")) latency(jetstream);
      if (wants("replay")) replay(jetstream);
    }
    if (plan_.alone && wants("booking")) {
      booking_alone();
    } else if (wants("booking") || wants("due")) {
      Postgres postgres;
      if (wants("booking")) booking(postgres);
      if (wants("due")) due(postgres);
    }
    if (wants("growth")) growth();
  }

  void print_table() const {
    std::printf("%s\n\n%-44s %16s %16s %8s  %s\n", machine_.c_str(), "", "ours", "theirs", "ratio", "bar");
    for (const Row& row : rows_)
      std::printf("%-44s %16s %16s %8s  %s%s\n", row.what.c_str(), row.ours.c_str(), row.theirs.c_str(), row.ratio.c_str(), row.bar.c_str(),
                  row.bar.empty() ? ""
                  : row.met       ? ": met"
                                  : ": MISSED");
  }
  void print_json() const { std::printf("%s\n", json::serialize(figures_).c_str()); }

 private:
  bool wants(const std::string& name) const { return only_.empty() || only_.contains(name); }
  bool quick() const { return plan_.scale < 1; }

  void describe_machine() {
    std::string model = output_of("sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1"), kernel = output_of("uname -r"),
                load = output_of("cut -d ' ' -f 1-3 /proc/loadavg");
    for (std::string* text : {&model, &kernel, &load}) text->erase(text->find_last_not_of('\n') + 1);
    machine_ = std::to_string(std::thread::hardware_concurrency()) + " x " + model + ", Linux " + kernel + ", load " + load;
    figures_["machine"] = machine_;
    figures_["repetitions"] = plan_.repetitions;
  }

  /// Everything before it is gone; no process may be using it.
  void clean() {
    runtime::Redis redis(redis_.options(std::chrono::seconds(30)));
    const auto done = redis.pipeline({{"FLUSHALL"}, {"CONFIG", "RESETSTAT"}});
    if (!done || (*done)[0].type == runtime::RedisValue::Type::kError) give_up("Redis cannot be emptied");
  }

  /// Each once to warm up and then in turn; the medians beside each other.
  std::vector<double> alternate(const std::vector<std::pair<std::string, std::function<double()>>>& sides) {
    std::vector<std::vector<double>> values(sides.size());
    const std::size_t count = plan_.alone ? 1 : sides.size();
    for (int repetition = quick() ? 1 : 0; repetition <= plan_.repetitions; ++repetition) {
      for (std::size_t s = 0; s < count; ++s) {
        clean();
        const double cpu = redis_cpu_seconds();
        const double value = sides[s].second();
        if (plan_.alone) say("  Redis: " + fixed(redis_cpu_seconds() - cpu, 2) + " s of processor, " + scripts_run());
        say("  " + sides[s].first + (repetition == 0 ? ", warming up: " : ": ") + (value < 1000 ? fixed(value, 2) : whole(value)));
        if (repetition > 0) values[s].push_back(value);
      }
    }
    std::vector<double> out;
    for (auto& each : values) out.push_back(each.empty() ? NAN : median(each));
    return out;
  }

  double redis_cpu_seconds() const { return cpu_seconds_of(redis_.pid()); }
  /// How many scripts Redis has run since it was last emptied, and how long each took it.
  std::string scripts_run() {
    runtime::Redis redis(redis_.options());
    const auto stats = redis.run({"INFO", "commandstats"});
    if (!stats) return "";
    const auto found = stats->text.find("cmdstat_evalsha:");
    return found == std::string::npos ? "no script" : stats->text.substr(found, stats->text.find(",rejected", found) - found);
  }

  void row(const std::string& what, const std::string& ours, const std::string& theirs, double ratio, const std::string& bar, bool met) {
    rows_.push_back({what, ours, theirs, ratio > 0 ? fixed(ratio, 2) : "", bar, met});
    say(what + ": " + ours + " beside " + theirs + (ratio > 0 ? ", ratio " + fixed(ratio, 2) : ""));
  }
  void rate_row(const std::string& what, const std::string& name, double ours, double theirs, double bar) {
    const double ratio = ours / theirs;
    figures_[name] = ratio;
    row(what, whole(ours) + "/s", whole(theirs) + "/s", ratio, ">= " + fixed(bar, 1), !(ratio < bar));
  }

  void deliver(JetStream& jetstream) {
    say("deliver: events of 256 bytes, appended and delivered in order to another process");
    const std::size_t events = plan_.events(600'000);
    double bytes = 0;
    const auto median_of = alternate({{"ours",
                                       [&] {
                                         const auto delivered = our_deliver(plan_, directory_, redis_.socket(), events, 1);
                                         bytes = delivered.bytes_per_event;
                                         return delivered.per_second;
                                       }},
                                      {"JetStream", [&] { return jetstream.deliver(events); }}});
    figures_["deliver_per_second"] = median_of[0];
    figures_["deliver_jetstream_per_second"] = median_of[1];
    figures_["bytes_per_event"] = bytes;
    rate_row("deliver, JetStream (fsync every 2 min)", "deliver_vs_jetstream", median_of[0], median_of[1], 1.0);
    row("  memory of an event in Redis", whole(bytes) + " B", "", 0, "", true);
  }

  void pipeline(JetStream& jetstream) {
    say("pipeline: command, decided, committed, fetched, effect committed by a second service");
    const std::size_t commands = plan_.events(40'000);
    const auto median_of =
        alternate({{"ours", [&] { return our_pipeline(plan_, directory_, redis_.socket(), commands, kPersons, 1).per_second; }},
                   {"JetStream + Redis MULTI", [&] { return jetstream.pipeline(commands, redis_.socket(), kPersons); }},
                   {"Redis Streams", [&] { return redis_streams_pipeline(redis_.socket(), commands, kPersons); }}});
    figures_["pipeline_per_second"] = median_of[0];
    rate_row("pipeline, JetStream + Redis MULTI", "pipeline_vs_jetstream", median_of[0], median_of[1], 1.5);
    rate_row("pipeline, Redis Streams + MULTI", "pipeline_vs_redis_streams", median_of[0], median_of[2], 1.5);
  }

  void latency(JetStream& jetstream) {
    say("latency: 2,000 events a second, one a commit, microseconds until another process handles them");
    // A disk that cannot sync 2,000 times a second shortens the run: each side would only wait for it.
    const std::int64_t begun = now_ns();
    constexpr std::size_t kProbes = 200;
    (void)redis_latency(redis_.socket(), kProbes, kLatencyPerSecond);
    const double each = std::max(1 / kLatencyPerSecond, seconds_since(begun) / kProbes);
    const std::size_t events = std::max<std::size_t>(200, plan_.events(2 / each));
    std::vector<double> p99(3);
    std::vector<std::vector<double>> all_p99(3);
    const auto p50_of = [&](std::size_t side, std::vector<double> micros) {
      all_p99[side].push_back(percentile(micros, 0.99));
      return median(std::move(micros));
    };
    const auto p50 =
        alternate({{"ours", [&] { return p50_of(0, our_latency(plan_, directory_, redis_.socket(), events, kLatencyPerSecond)); }},
                   {"XREAD BLOCK", [&] { return p50_of(1, redis_latency(redis_.socket(), events, kLatencyPerSecond)); }},
                   {"JetStream", [&] { return p50_of(2, jetstream.latency(events, kLatencyPerSecond)); }}});
    for (std::size_t side = 0; side < 3; ++side) p99[side] = median(all_p99[side]);
    const double ratio = p50[0] / p50[1];
    figures_["latency_p50_us"] = p50[0];
    figures_["latency_p50_vs_xread"] = ratio;
    figures_["latency_p99_ms"] = p99[0] / 1e3;
    figures_["latency_xread_p99_ms"] = p99[1] / 1e3;
    figures_["latency_jetstream_p50_us"] = p50[2];
    figures_["latency_jetstream_p99_ms"] = p99[2] / 1e3;
    row("latency p50, XREAD BLOCK", whole(p50[0]) + " us", whole(p50[1]) + " us", ratio, "<= 1.2", ratio <= 1.2);
    row("latency p99, XREAD BLOCK", fixed(p99[0] / 1e3, 2) + " ms", fixed(p99[1] / 1e3, 2) + " ms", 0, "<= 2 ms", p99[0] <= 2'000);
    row("latency p50, JetStream (no fsync)", whole(p50[0]) + " us", whole(p50[2]) + " us", 0, "", true);
    row("latency p99, JetStream (no fsync)", fixed(p99[0] / 1e3, 2) + " ms", fixed(p99[2] / 1e3, 2) + " ms", 0, "", true);
  }

  void replay(JetStream& jetstream) {
    say("replay: all events from the first; ours by Fetch from the archive through a bus that has just started");
    const std::size_t events = plan_.events(600'000);
    std::vector<double> ring, redis;
    const auto median_of = alternate({{"ours, from the archive",
                                       [&] {
                                         const auto replayed = our_replay(plan_, directory_, redis_.socket(), events);
                                         ring.push_back(replayed.from_ring);
                                         redis.push_back(replayed.from_redis);
                                         return replayed.from_archive;
                                       }},
                                      {"JetStream", [&] { return jetstream.replay(events); }}});
    figures_["replay_from"] = "archive";
    figures_["replay_redis_per_second"] = median(redis);
    figures_["replay_ring_per_second"] = median(ring);
    rate_row("replay from the archive, JetStream ordered", "replay_vs_jetstream", median_of[0], median_of[1], 2.0);
    row("  from Redis", whole(median(redis)) + "/s", whole(median_of[1]) + "/s", median(redis) / median_of[1], "", true);
    row("  from the bus' memory", whole(median(ring)) + "/s", whole(median_of[1]) + "/s", median(ring) / median_of[1], "", true);
  }

  void booking(Postgres& postgres) {
    say("booking: random times, chair and provider never twice, each answer after its fsync");
    clean();
    Booking ours(plan_, directory_, redis_.socket());
    const double seconds = quick() ? 1 : 2;
    std::vector<double> zeromq, one, http, theirs, their_one;
    double taken = 0;
    for (int repetition = quick() ? 1 : 0; repetition <= plan_.repetitions; ++repetition) {
      const auto rate = ours.commands(32, seconds);
      const double theirs_now = postgres.booking(32, seconds);
      const auto single = ours.commands(1, 1);
      const double their_single = postgres.booking(1, 1);
      const auto over_http = ours.http(32, seconds);
      say("  ours " + whole(rate.per_second) + ", PostgreSQL " + whole(theirs_now) + "; one client: " + whole(single.per_second) + ", " +
          whole(their_single) + "; HTTP " + whole(over_http.per_second) + "; taken " + fixed(rate.taken_share * 100, 0) + " %");
      if (repetition == 0) continue;
      zeromq.push_back(rate.per_second), one.push_back(single.per_second), http.push_back(over_http.per_second);
      theirs.push_back(theirs_now), their_one.push_back(their_single);
      taken = rate.taken_share;
    }
    figures_["booking_per_second"] = median(zeromq);
    figures_["booking_http_per_second"] = median(http);
    figures_["booking_one_client_vs_postgres"] = median(one) / median(their_one);
    figures_["booking_taken_share"] = taken;
    rate_row("booking, 32 clients, PostgreSQL", "booking_vs_postgres", median(zeromq), median(theirs), 1.5);
    row("  one client", whole(median(one)) + "/s", whole(median(their_one)) + "/s", median(one) / median(their_one), "", true);
    row("  through HTTP and JSON, 32 clients", whole(median(http)) + "/s", whole(median(theirs)) + "/s", median(http) / median(theirs), "",
        true);
  }

  void booking_alone() {
    clean();
    Booking ours(plan_, directory_, redis_.socket());
    for (int repetition = 0; repetition <= plan_.repetitions; ++repetition) {
      const double cpu = redis_cpu_seconds();
      const auto rate = ours.commands(32, quick() ? 1 : 3);
      say("  booking: " + whole(rate.per_second) + "; Redis: " + fixed(redis_cpu_seconds() - cpu, 2) + " s of processor, " + scripts_run());
    }
  }

  void due(Postgres& postgres) {
    const std::size_t persons = quick() ? 200'000 : 1'000'000;
    say("due work: the next 1,024 among " + whole(static_cast<double>(persons)) + " persons with timers");
    clean();
    const Due ours = our_due(redis_.socket(), persons, plan_.repetitions);
    clean();
    const double theirs = postgres.due(persons, plan_.repetitions);
    figures_["due_persons"] = persons;
    figures_["due_1000_ms"] = ours.milliseconds;
    figures_["due_1000_postgres_ms"] = theirs;
    figures_["bytes_per_person"] = ours.bytes_per_person;
    figures_["timer_bytes_per_person"] = ours.timer_bytes_per_person;
    row("next 1,024 due, PostgreSQL with an index", fixed(ours.milliseconds, 2) + " ms", fixed(theirs, 2) + " ms",
        theirs / ours.milliseconds, "<= 5 ms", ours.milliseconds <= 5);
    row("  memory of a person, a timer and 256 bytes", whole(ours.bytes_per_person) + " B", "", 0, "", true);
  }

  void growth() {
    say("growth: persons, and instances");
    json::array by_persons, by_instances;
    for (const std::size_t persons : {10'000, 100'000, 1'000'000}) {
      if (quick() && persons > 100'000) break;
      clean();
      const Due found = our_due(redis_.socket(), persons, 1);
      clean();
      const auto flow = our_pipeline(plan_, directory_, redis_.socket(), plan_.events(20'000), persons, 1);
      by_persons.push_back({{"persons", persons}, {"due_1000_ms", found.milliseconds}, {"pipeline_per_second", flow.per_second}});
      row("  " + whole(static_cast<double>(persons)) + " persons: due, pipeline", fixed(found.milliseconds, 2) + " ms",
          whole(flow.per_second) + "/s", 0, "", true);
    }
    for (const std::size_t instances : {1, 2, 4}) {
      clean();
      const auto delivered = our_deliver(plan_, directory_, redis_.socket(), plan_.events(60'000), instances);
      clean();
      const auto flow = our_pipeline(plan_, directory_, redis_.socket(), plan_.events(20'000), kPersons, instances);
      by_instances.push_back(
          {{"instances", instances}, {"deliver_per_second", delivered.per_second}, {"pipeline_per_second", flow.per_second}});
      row("  " + std::to_string(instances) + " instances: deliver, pipeline", whole(delivered.per_second) + "/s",
          whole(flow.per_second) + "/s", 0, "", true);
    }
    figures_["by_persons"] = by_persons;
    figures_["by_instances"] = by_instances;
  }

  Plan plan_;
  std::set<std::string> only_;
  support::RedisServer redis_;
  std::string directory_, machine_;
  std::vector<Row> rows_;
  json::object figures_;
};

int role(const std::string& name, const std::vector<std::string>& arguments) {
  for (const auto find : {our_log_role, our_pipeline_role, redis_role, jetstream_role}) {
    if (const Role found = find(name)) return found(arguments);
  }
  give_up("no role " + name);
}

int run(const std::vector<std::string>& arguments) {
  if (arguments.size() > 1 && arguments[0] == "role") return role(arguments[1], {arguments.begin() + 2, arguments.end()});
  Plan plan;
  plan.bin = (std::filesystem::read_symlink("/proc/self/exe").parent_path().parent_path() / "bin").string();
  std::set<std::string> only;
  bool as_json = false;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const auto value = [&] {
      return i + 1 < arguments.size() ? arguments[++i] : (give_up(arguments[i] + " needs a value"), std::string());
    };
    if (arguments[i] == "--bin") plan.bin = value();
    else if (arguments[i] == "--quick") plan.scale = 0.3, plan.repetitions = 1;
    else if (arguments[i] == "--json") as_json = true;
    else if (arguments[i] == "--alone") plan.alone = true;
    else if (arguments[i] == "--repetitions") plan.repetitions = std::stoi(value());
    else if (arguments[i] == "--only") {
      for (std::string names = value(); !names.empty(); names.erase(0, std::min(names.find(','), names.size() - 1) + 1))
        only.insert(names.substr(0, names.find(',')));
    } else {
      std::fputs(kHelp, arguments[i] == "--help" ? stdout : stderr);
      return arguments[i] == "--help" ? 0 : 2;
    }
  }
  if (plan.alone && as_json) give_up("--alone compares nothing, so there is no --json");
  Run run(std::move(plan), std::move(only));
  run.all();
  if (as_json) run.print_json();
  else run.print_table();
  return 0;
}

}  // namespace
}  // namespace bridgework::bench

int main(int argc, char** argv) { return bridgework::bench::run({argv + 1, argv + argc}); }
