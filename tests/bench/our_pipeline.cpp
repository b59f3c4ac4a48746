#include "bench/our_pipeline.hpp"

#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <optional>
#include <unordered_map>

#include <unistd.h>

#include "bench/redis_peer.hpp"
#include "messages/envelope.codec.hpp"
#include "runtime/clock.hpp"
#include "runtime/handler.hpp"
#include "runtime/log.hpp"
#include "runtime/metrics.hpp"
#include "runtime/process.hpp"
#include "runtime/service_client.hpp"

namespace bridgework::bench {
namespace {

using namespace std::chrono_literals;
using runtime::Decided;
using runtime::LaneRecords;
using runtime::Undecided;
using runtime::Work;

constexpr std::uint64_t kDo = 0xb1d6e0c0a7a1fff0, kDone = 0xb1d6e0c0a7a1fff1;
constexpr std::size_t kInFlight = 1'024;
// So that lanes are adopted, links up and scripts loaded before the time is taken.
constexpr std::size_t kWarmUp = 2'000;

/// What both have in common: no queries, no effects outside.
class Step : public runtime::Handler {
 public:
  struct Lane final : LaneRecords {
    std::unordered_map<std::string, std::optional<std::string>> known;
    tl::expected<void, std::string> set(const std::string& key, const std::optional<std::string>& bytes) override {
      known[key] = bytes;
      return {};
    }
    std::size_t recent() const override { return known.size(); }
    void clear() override { known.clear(); }
    void age() override { known.clear(); }
  };

  bool is_query(std::uint64_t) const override { return false; }
  std::string command_key(std::uint64_t, std::string_view body) const override { return EffectWriter::parse(body).person; }
  std::unique_ptr<LaneRecords> new_lane() const override { return std::make_unique<Lane>(); }
  tl::expected<runtime::Answered, std::string> answer(runtime::RecordReader&, std::uint64_t, std::string_view, Instant) const override {
    return tl::unexpected(std::string("it answers no queries"));
  }
  bool performs_effects() const override { return false; }
  tl::expected<Command, std::string> perform(runtime::RecordReader&, std::string_view) const override {
    return tl::unexpected(std::string("it has no effects"));
  }
  tl::expected<Command, std::string> uncertain(std::string_view) const override { return tl::unexpected(std::string("it has no effects")); }
};

/// Takes a command, remembers it as the last of its person, tells it in an event.
class First final : public Step {
 public:
  std::string_view name() const override { return "bench_a"; }
  std::vector<runtime::ConsumedType> consumed() const override { return {}; }
  bool is_command(std::uint64_t type) const override { return type == kDo; }

  tl::expected<Decided, Undecided> decide(LaneRecords& records, const Work& work) const override {
    const auto message = EffectWriter::parse(work.body);
    auto& known = static_cast<Lane&>(records).known;
    const auto person = known.find(message.person);
    if (person == known.end()) return tl::unexpected(Undecided{{message.person}, {}});
    person->second = message.bytes;
    Decided out;
    out.records.push_back({message.person, message.bytes});
    messages::EventRecord record;
    record.type_id = kDone;
    record.recorded_at = work.now;
    record.service = "bench_a";
    record.person = message.person;
    record.principal = work.principal;
    record.body = message.bytes;
    out.events.push_back(encode(record));
    return out;
  }
  std::vector<std::string> missing(const LaneRecords& records, const Work& work) const override {
    auto person = EffectWriter::parse(work.body).person;
    if (static_cast<const Lane&>(records).known.contains(person)) return {};
    return {std::move(person)};
  }
};

/// Takes the event and writes its effect.
class Second final : public Step {
 public:
  std::string_view name() const override { return "bench_b"; }
  std::vector<runtime::ConsumedType> consumed() const override { return {{kDone, runtime::RouteBy::kPerson}}; }
  bool is_command(std::uint64_t) const override { return false; }

  tl::expected<Decided, Undecided> decide(LaneRecords&, const Work& work) const override {
    const auto message = EffectWriter::parse(work.body);
    Decided out;
    out.records.push_back({message.person + "/" + message.id, message.bytes});
    return out;
  }
  std::vector<std::string> missing(const LaneRecords&, const Work&) const override { return {}; }
};

// arguments: run directory, socket, group, instance.
runtime::ProcessSettings settings_of(const std::vector<std::string>& arguments) {
  runtime::ProcessSettings settings;
  settings.run_dir = settings.data_dir = arguments.at(0);
  settings.redis_socket = arguments.at(1);
  settings.group = arguments.at(2);
  settings.instance = arguments.at(3);
  settings.log_level = "error";
  return settings;
}

int role_first(const std::vector<std::string>& arguments) {
  const auto settings = settings_of(arguments);
  (void)runtime::open_log("bench_a", settings);
  return runtime::run_process(settings, First());
}
int role_second(const std::vector<std::string>& arguments) {
  const auto settings = settings_of(arguments);
  (void)runtime::open_log("bench_b", settings);
  return runtime::run_process(settings, Second());
}

/// How many lanes have an owner, and how many owners there are.
std::pair<std::size_t, std::size_t> owners(runtime::Redis& redis, const runtime::Keys& keys) {
  const auto answer = redis.run({"HGETALL", keys.lanes()});
  if (!answer) give_up("Redis does not say who owns what");
  std::unordered_map<std::string, std::size_t> lanes;
  std::size_t owned = 0;
  for (std::size_t i = 0; i + 1 < answer->items.size(); i += 2) {
    if (answer->items[i].text.front() != 'o') continue;
    ++owned;
    ++lanes[answer->items[i + 1].text];
  }
  return {owned, lanes.size()};
}

void wait_for_owners(runtime::Redis& redis, const std::string& group, const std::string& service, std::size_t instances) {
  const std::int64_t limit = now_ns() + 30'000'000'000;
  for (;;) {
    if (owners(redis, {group, service}) == std::pair<std::size_t, std::size_t>(runtime::kLaneCount, instances)) return;
    if (now_ns() > limit) give_up(service + " does not share its lanes");
    pause_until(now_ns() + 20'000'000);
  }
}

std::size_t effects(runtime::Redis& redis, const runtime::Keys& keys) {
  std::vector<runtime::RedisCommand> questions;
  for (runtime::Lane lane = 0; lane < runtime::kLaneCount; ++lane) questions.push_back({"HLEN", keys.records(lane)});
  const auto answers = redis.pipeline(questions);
  if (!answers) give_up("Redis does not count effects");
  std::size_t sum = 0;
  for (const auto& answer : *answers) sum += static_cast<std::size_t>(answer.integer);
  return sum;
}

}  // namespace

Pipelined our_pipeline(const Plan& plan, const std::string& directory, const std::string& redis_socket, std::size_t commands,
                       std::size_t persons, std::size_t instances) {
  const std::string group = new_group();
  runtime::Redis redis(redis_at(redis_socket));
  const Bus bus(plan, directory, redis_socket, group);
  std::vector<Child> services;
  for (std::size_t i = 0; i < instances; ++i) {
    services.push_back(Child::role("our-first", {directory, redis_socket, group, std::to_string(i)}));
    services.push_back(Child::role("our-second", {directory, redis_socket, group, std::to_string(i)}));
  }
  wait_for_owners(redis, group, "bench_a", instances);
  wait_for_owners(redis, group, "bench_b", instances);

  runtime::Context context;
  runtime::Metrics metrics("bench");
  runtime::ServiceClient client(context, suite_of(group, redis_socket), metrics);
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t asked = 0, answered = 0, wanted = kWarmUp;
  std::string trouble;
  std::function<void()> ask = [&] {
    const std::size_t number = asked++;
    runtime::Call call;
    call.service = "bench_a";
    call.request.body = EffectWriter::message(number, persons);
    call.key = EffectWriter::parse(call.request.body).person;
    call.request.type_id = kDo;
    call.request.principal = "bench";
    call.request.idempotency_key = std::to_string(number);
    call.request.deadline = runtime::system_now() + 30s;
    client.ask(std::move(call), [&](const messages::Reply& reply) {
      const std::scoped_lock lock(mutex);
      if (reply.outcome != messages::Outcome::kDone) trouble = reply.code + " " + reply.detail;
      ++answered;
      if (asked < wanted) ask();
      if (answered == wanted) changed.notify_all();
    });
  };
  const auto answer_all = [&] {
    std::unique_lock lock(mutex);
    for (const std::size_t most = asked + std::min(wanted - asked, kInFlight); asked < most;) ask();
    if (!changed.wait_for(lock, 60s, [&] { return answered == wanted; })) give_up("commands are not answered");
    if (!trouble.empty()) give_up("a command was not done: " + trouble);
  };
  const auto await_effects = [&] {
    const std::int64_t limit = now_ns() + 60'000'000'000;
    while (effects(redis, {group, "bench_b"}) < wanted) {
      if (now_ns() > limit) give_up("effects are missing");
      pause_until(now_ns() + 5'000'000);
    }
  };
  answer_all();
  await_effects();
  const std::int64_t begun = now_ns();
  const double cpu_before = cpu_seconds_of(::getpid());
  wanted += commands;
  answer_all();
  Pipelined out;
  out.answered = static_cast<double>(commands) / seconds_since(begun);
  await_effects();
  out.per_second = static_cast<double>(commands) / seconds_since(begun);
  std::string cpu = " " + std::to_string(cpu_seconds_of(::getpid()) - cpu_before).substr(0, 4) + " client,";
  for (const Child& service : services) cpu += " " + std::to_string(service.cpu_seconds()).substr(0, 4);
  say("  our pipeline: " + std::to_string(static_cast<int>(out.per_second)) + "/s, answered " +
      std::to_string(static_cast<int>(out.answered)) + "/s; processor seconds (first, second service each): bus " +
      std::to_string(bus.cpu_seconds()).substr(0, 4) + "," + cpu);
  return out;
}

Role our_pipeline_role(const std::string& name) {
  if (name == "our-first") return role_first;
  if (name == "our-second") return role_second;
  return nullptr;
}

}  // namespace bridgework::bench
