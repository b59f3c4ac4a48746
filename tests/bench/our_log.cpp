#include "bench/our_log.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "bench/redis_peer.hpp"
#include "messages/envelope.codec.hpp"
#include "runtime/bus_client.hpp"
#include "runtime/clock.hpp"
#include "runtime/engine.hpp"

namespace bridgework::bench {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kType = 0xb1d6e0c0a7a1ffff;
constexpr std::size_t kEventBytes = 256;
// As the engine does under load.
const std::size_t kPerCommit =
    std::min(runtime::EngineOptions{}.events_per_commit_max, runtime::EngineOptions{}.bytes_per_commit_max / kEventBytes);
constexpr std::uint32_t kPerFetch = 4'096;
constexpr std::size_t kTimersPerWrite = 2'000;

runtime::BusClient::Options options_of(const std::string& endpoint) {
  runtime::BusClient::Options options;
  options.endpoints = {endpoint};
  return options;
}

/// One question after the other.
class Follower {
 public:
  explicit Follower(const std::string& endpoint) : client_(context_, options_of(endpoint)) {}

  messages::FetchReply next(std::uint32_t events_max) {
    client_.want(position_, {}, events_max, 5s);
    for (;;) {
      if (auto reply = client_.poll(std::exchange(readable_, false))) {
        if (reply->outcome != messages::FetchOutcome::kEvents) give_up("the bus does not serve the log");
        position_ = {reply->incarnation, reply->next};
        readable_ = true;
        return std::move(*reply);
      }
      runtime::Watch watch = client_.watch();
      runtime::wait({&watch, 1}, client_.idle_for());
      readable_ = watch.ready;
    }
  }

 private:
  runtime::Context context_;
  runtime::BusClient client_;
  runtime::LogPosition position_;
  bool readable_ = true;
};

// arguments: endpoint, events. Prints when the last arrived.
int role_follow(const std::vector<std::string>& arguments) {
  const std::size_t wanted = std::stoul(arguments.at(1));
  Follower follower(arguments.at(0));
  follower.next(0);
  std::puts("ready");
  std::fflush(stdout);
  std::uint64_t sequence = 0;
  while (sequence < wanted) {
    for (const auto& event : follower.next(kPerFetch).events) {
      if (event.sequence != ++sequence) give_up("the bus left a hole");
    }
  }
  std::printf("%lld\n", static_cast<long long>(now_ns()));
  return 0;
}

// The same; prints the microseconds each took.
int role_handle(const std::vector<std::string>& arguments) {
  const std::size_t wanted = std::stoul(arguments.at(1));
  Follower follower(arguments.at(0));
  follower.next(0);
  std::puts("ready");
  std::fflush(stdout);
  std::vector<double> micros;
  while (micros.size() < wanted) {
    for (const auto& event : follower.next(kPerFetch).events) {
      const auto record = messages::decode_as<messages::EventRecord>(event.record);
      if (!record) give_up("an event cannot be read");
      micros.push_back(static_cast<double>(now_ns() - std::strtoll(record->body.c_str(), nullptr, 10)) / 1e3);
    }
  }
  for (const double each : micros) std::printf("%.1f ", each);
  std::puts("");
  return 0;
}

// arguments: socket, group, service, events. Begins at once.
int role_append(const std::vector<std::string>& arguments) {
  Appender appender(arguments.at(0), arguments.at(1), arguments.at(2));
  const std::size_t events = std::stoul(arguments.at(3));
  std::puts("ready");
  std::fflush(stdout);
  for (std::size_t done = 0; done < events; done += kPerCommit) appender.commit(std::min(kPerCommit, events - done));
  return 0;
}

}  // namespace

std::string new_group() {
  static int groups = 0;
  return "g" + std::to_string(++groups);
}

runtime::ServiceClient::Options suite_of(const std::string& group, const std::string& redis_socket) {
  runtime::ServiceClient::Options options;
  options.group = group;
  options.redis = redis_at(redis_socket);
  return options;
}

double memory_used(runtime::Redis& redis) {
  const auto answer = redis.run({"INFO", "memory"});
  if (!answer) give_up("Redis does not say what it uses");
  return std::strtod(answer->text.c_str() + answer->text.find("used_memory:") + 12, nullptr);
}

Bus::Bus(const Plan& plan, const std::string& directory, const std::string& redis_socket, const std::string& group,
         const std::vector<std::string>& more)
    : endpoint_("ipc://" + directory + "/bus-1-fetch.sock"),
      process_(
          [&] {
            std::vector<std::string> command = {plan.bin + "/bus", "--instance", "1",
                                                "--group",         group,        "--run-dir",
                                                directory,         "--archive",  directory + "/archive-" + group,
                                                "--redis-socket",  redis_socket};
            command.insert(command.end(), more.begin(), more.end());
            return command;
          }(),
          directory + "/bus.log") {
  Child asks = Child::role("bus-is-up", {endpoint_});
  asks.line();
}

Appender::Appender(const std::string& redis_socket, const std::string& group, const std::string& service)
    : store_(runtime::Redis(redis_at(redis_socket)), runtime::Keys{group, service}) {
  auto lanes = store_.tick({service, "-", "-", 0, 0}, 10min, runtime::Store::Fences::kKeep);
  if (!lanes || lanes->owned.size() != runtime::kLaneCount) give_up("the store gives no lanes");
  lanes_ = std::move(*lanes);
}

std::string Appender::record(const std::string& body) const {
  messages::EventRecord record;
  record.type_id = kType;
  record.recorded_at = runtime::system_now();
  record.service = "bench";
  record.person = "p-1234567";
  record.site = "main-street";
  record.principal = "bench";
  // The envelope is part of the event: together they are 256 bytes.
  record.body = padded(body, kEventBytes - 136);
  std::string bytes = encode(record);
  if (bytes.size() != kEventBytes) give_up("an event has " + std::to_string(bytes.size()) + " bytes");
  return bytes;
}

void Appender::commit(std::vector<runtime::Unit> units) {
  const auto results = store_.commit(lanes_.incarnation, units);
  if (!results) give_up("commit: " + results.error().what);
  for (const auto& result : *results) {
    if (result.outcome != runtime::UnitOutcome::kDone) give_up("a unit was refused");
  }
}

void Appender::commit(std::size_t events) {
  std::vector<runtime::Unit> units(std::min<std::size_t>(events, runtime::kLaneCount));
  for (std::size_t u = 0; u < units.size(); ++u) {
    units[u].lane = lanes_.owned[u].lane;
    units[u].fence = lanes_.owned[u].fence;
  }
  for (std::size_t i = 0; i < events; ++i) units[i % units.size()].events.push_back(record(std::to_string(next_++)));
  commit(std::move(units));
}

void Appender::commit_one_timed() {
  runtime::Unit unit;
  const auto& lane = lanes_.owned[next_++ % lanes_.owned.size()];
  unit.lane = lane.lane;
  unit.fence = lane.fence;
  unit.events.push_back(record(std::to_string(now_ns())));
  commit(std::vector<runtime::Unit>{std::move(unit)});
}

Delivered our_deliver(const Plan& plan, const std::string& directory, const std::string& redis_socket, std::size_t events,
                      std::size_t writers) {
  const std::string group = new_group();
  runtime::Redis redis(redis_at(redis_socket));
  const Bus bus(plan, directory, redis_socket, group);
  const double before = memory_used(redis);
  events = events / writers * writers;
  Child consumer = Child::role("our-follow", {bus.endpoint(), std::to_string(events)});
  consumer.line();
  std::int64_t begun = 0;
  std::vector<Child> others;
  if (writers == 1) {
    Appender appender(redis_socket, group, "bench");
    begun = now_ns();
    for (std::size_t done = 0; done < events; done += kPerCommit) appender.commit(std::min(kPerCommit, events - done));
  } else {
    for (std::size_t w = 0; w < writers; ++w)
      others.push_back(Child::role("our-append", {redis_socket, group, "bench" + std::to_string(w), std::to_string(events / writers)}));
    begun = now_ns();
  }
  const double seconds = (consumer.numbers().at(0) - static_cast<double>(begun)) / 1e9;
  for (Child& other : others) other.wait();
  consumer.wait();
  return {static_cast<double>(events) / seconds, (memory_used(redis) - before) / static_cast<double>(events)};
}

std::vector<double> our_latency(const Plan& plan, const std::string& directory, const std::string& redis_socket, std::size_t events,
                                double per_second) {
  const std::string group = new_group();
  const Bus bus(plan, directory, redis_socket, group);
  Appender appender(redis_socket, group, "bench");
  Child consumer = Child::role("our-handle", {bus.endpoint(), std::to_string(events)});
  consumer.line();
  std::int64_t next = now_ns();
  for (std::size_t i = 0; i < events; ++i) {
    pause_until(next);
    next += static_cast<std::int64_t>(1e9 / per_second);
    appender.commit_one_timed();
  }
  return consumer.numbers();
}

Replayed our_replay(const Plan& plan, const std::string& directory, const std::string& redis_socket, std::size_t events) {
  const std::string group = new_group();
  {
    Appender appender(redis_socket, group, "bench");
    for (std::size_t done = 0; done < events; done += kPerCommit) appender.commit(std::min(kPerCommit, events - done));
  }
  const auto read = [&](const Bus& bus, std::size_t count) {
    const std::int64_t begun = now_ns();
    Child consumer = Child::role("our-follow", {bus.endpoint(), std::to_string(count)});
    consumer.line();
    return static_cast<double>(count) / ((consumer.numbers().at(0) - static_cast<double>(begun)) / 1e9);
  };
  Replayed replayed;
  {
    const Bus bus(plan, directory, redis_socket, group);
    replayed.from_redis = read(bus, events);
  }
  {
    // Sealed to the last event and trimmed; then a bus that has just started reads it.
    const Bus bus(plan, directory, redis_socket, group,
                  {"--archive-every", "50", "--archive-keep", "0", "--archive-segment-age", "0", "--archive-segment-events", "65536"});
    runtime::Redis redis(redis_at(redis_socket));
    const std::int64_t limit = now_ns() + 120'000'000'000;
    for (;;) {
      const auto left = redis.run({"XLEN", runtime::Keys{group, {}}.log()});
      // Redis trims by whole nodes of its stream.
      if (left && left->integer <= 256) break;
      if (now_ns() > limit) give_up("the log is not archived");
      pause_until(now_ns() + 50'000'000);
    }
  }
  {
    const Bus bus(plan, directory, redis_socket, group);
    replayed.from_archive = read(bus, events);
  }
  const std::string fresh = new_group();
  const Bus bus(plan, directory, redis_socket, fresh);
  const std::size_t ring = std::min<std::size_t>(events, 65'536);
  Appender appender(redis_socket, fresh, "bench");
  for (std::size_t done = 0; done < ring; done += kPerCommit) appender.commit(std::min(kPerCommit, ring - done));
  replayed.from_ring = read(bus, ring);
  return replayed;
}

Due our_due(const std::string& redis_socket, std::size_t persons, int repetitions) {
  runtime::Redis redis(redis_at(redis_socket));
  const runtime::Keys keys{new_group(), "followup"};
  const double before = memory_used(redis);
  const auto now = runtime::system_now();
  constexpr std::size_t kDue = 1'024;
  constexpr std::size_t kPerLane = kDue / runtime::kLaneCount;
  messages::StoredTimer timer;
  timer.generation = 1;
  timer.type_id = kType;
  timer.body = padded("", 48);
  std::vector<std::vector<std::string>> ids(runtime::kLaneCount);
  for (std::size_t i = 0; i < persons; ++i) ids[runtime::lane_of("p-" + std::to_string(i))].push_back("p-" + std::to_string(i));
  // Written without the commit script: a million commits are not what is measured here.
  const auto write = [&](auto commands_of) {
    for (runtime::Lane lane = 0; lane < runtime::kLaneCount; ++lane) {
      for (std::size_t from = 0; from < ids[lane].size(); from += kTimersPerWrite) {
        std::vector<runtime::RedisCommand> commands = commands_of(lane, from, std::min(ids[lane].size(), from + kTimersPerWrite));
        if (const auto answers = redis.pipeline(commands); !answers) give_up("filling Redis: " + answers.error().what);
      }
    }
  };
  write([&](runtime::Lane lane, std::size_t from, std::size_t to) {
    runtime::RedisCommand due{"ZADD", keys.timers(lane)}, bodies{"HSET", keys.timer_bodies(lane)};
    for (std::size_t i = from; i < to; ++i) {
      timer.entity = ids[lane][i];
      timer.name = ids[lane][i] + "/recall";
      // The first of each lane are due, the others in the weeks to come.
      timer.due = i < kPerLane ? now - 1h : now + 24h + std::chrono::seconds(i * 61 % 5'000'000);
      due.insert(due.end(), {std::to_string(timer.due.time_since_epoch().count()), timer.name});
      bodies.insert(bodies.end(), {timer.name, encode(timer)});
    }
    return std::vector<runtime::RedisCommand>{std::move(due), std::move(bodies)};
  });
  const double with_timers = memory_used(redis);
  write([&](runtime::Lane lane, std::size_t from, std::size_t to) {
    runtime::RedisCommand records{"HSET", keys.records(lane)};
    for (std::size_t i = from; i < to; ++i) records.insert(records.end(), {"PersonRecord/" + ids[lane][i], padded(ids[lane][i], 256)});
    return std::vector<runtime::RedisCommand>{std::move(records)};
  });
  const double with_records = memory_used(redis);

  std::vector<runtime::Lane> lanes;
  for (runtime::Lane lane = 0; lane < runtime::kLaneCount; ++lane) lanes.push_back(lane);
  runtime::RedisStore store(runtime::Redis(redis_at(redis_socket)), keys);
  std::vector<double> milliseconds;
  for (int i = 0; i < repetitions * 20; ++i) {
    const std::int64_t begun = now_ns();
    const auto answer = store.due(lanes, kPerLane, 0us);
    const double took = seconds_since(begun) * 1e3;
    if (!answer || answer->due.size() != kDue) give_up("the store does not give the due timers");
    if (i >= 5) milliseconds.push_back(took);
  }
  const auto count = static_cast<double>(persons);
  return {median(milliseconds), (with_timers - before) / count, (with_records - before) / count};
}

namespace {

// arguments: endpoint. Says so when the bus answers.
int role_bus_is_up(const std::vector<std::string>& arguments) {
  runtime::Context context;
  runtime::BusClient client(context, options_of(arguments.at(0)));
  const std::int64_t limit = now_ns() + 20'000'000'000;
  while (now_ns() < limit) {
    client.want({}, {}, 0, 0ms);
    if (const auto reply = client.poll(); reply && reply->outcome == messages::FetchOutcome::kEvents) {
      std::puts("up");
      return 0;
    }
    runtime::Watch watch = client.watch();
    runtime::wait({&watch, 1}, std::min(client.idle_for(), 50ms));
  }
  give_up("the bus does not come up");
}

}  // namespace

Role our_log_role(const std::string& name) {
  if (name == "our-follow") return role_follow;
  if (name == "our-handle") return role_handle;
  if (name == "our-append") return role_append;
  if (name == "bus-is-up") return role_bus_is_up;
  return nullptr;
}

}  // namespace bridgework::bench
