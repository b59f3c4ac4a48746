#include "bench/redis_peer.hpp"

#include <cstdio>
#include <cstdlib>

namespace bridgework::bench {
namespace {

using runtime::RedisCommand;
using runtime::RedisValue;

constexpr std::size_t kEventBytes = 256;
constexpr std::size_t kBatch = 256;
// XADDs in one round trip.
constexpr std::size_t kPublishes = 512;

template <class T>
T must(tl::expected<T, runtime::Fault> answer, const char* doing) {
  if (!answer) give_up(std::string("Redis, ") + doing + ": " + answer.error().what);
  return std::move(*answer);
}

// arguments: socket, stream, commands. Prints when the last effect was committed.
int role_group(const std::vector<std::string>& arguments) {
  const std::string& stream = arguments.at(1);
  const std::size_t wanted = std::stoul(arguments.at(2));
  EffectWriter effects(arguments.at(0), stream);
  must(effects.redis().run({"XGROUP", "CREATE", stream, "effects", "0", "MKSTREAM"}), "making a group");
  std::puts("ready");
  std::fflush(stdout);
  std::int64_t last = 0;
  for (std::size_t done = 0; done < wanted;) {
    const auto answer = must(effects.redis().run_blocking({"XREADGROUP", "GROUP", "effects", "one", "COUNT", std::to_string(kBatch),
                                                           "BLOCK", "5000", "STREAMS", stream, ">"},
                                                          std::chrono::seconds(5)),
                             "reading a group");
    if (answer.items.empty()) continue;
    std::vector<EffectWriter::Message> batch;
    std::vector<RedisCommand> acknowledgements;
    for (const RedisValue& entry : answer.items[0].items[1].items) {
      batch.push_back(EffectWriter::parse(entry.items[1].items[1].text));
      acknowledgements.push_back({"XACK", stream, "effects", entry.items[0].text});
    }
    done += effects.commit(batch, acknowledgements);
    last = now_ns();
  }
  std::printf("%lld\n", static_cast<long long>(last));
  return 0;
}

// arguments: socket, stream, events. Prints the microseconds each took.
int role_xread(const std::vector<std::string>& arguments) {
  runtime::Redis redis(redis_at(arguments.at(0)));
  const std::size_t wanted = std::stoul(arguments.at(2));
  must(redis.run({"PING"}), "connecting");
  std::puts("ready");
  std::fflush(stdout);
  std::vector<double> micros;
  std::string last = "0-0";
  while (micros.size() < wanted) {
    const auto answer =
        must(redis.run_blocking({"XREAD", "COUNT", "1000", "BLOCK", "5000", "STREAMS", arguments.at(1), last}, std::chrono::seconds(5)),
             "reading");
    const std::int64_t now = now_ns();
    if (answer.items.empty()) continue;
    for (const RedisValue& entry : answer.items[0].items[1].items) {
      last = entry.items[0].text;
      micros.push_back(static_cast<double>(now - std::strtoll(entry.items[1].items[1].text.c_str(), nullptr, 10)) / 1e3);
    }
  }
  for (const double each : micros) std::printf("%.1f ", each);
  std::puts("");
  return 0;
}

}  // namespace

runtime::Redis::Options redis_at(const std::string& socket) {
  runtime::Redis::Options options;
  options.unix_socket = socket;
  options.timeout = std::chrono::seconds(30);
  return options;
}

EffectWriter::EffectWriter(const std::string& redis_socket, const std::string& group)
    : redis_(redis_at(redis_socket)), effects_(group + ":effects"), processed_(group + ":processed") {}

std::string EffectWriter::message(std::size_t number, std::size_t persons) {
  return padded(std::to_string(number) + " p-" + std::to_string(number * 7919 % persons) + " ", kEventBytes);
}

EffectWriter::Message EffectWriter::parse(std::string_view bytes) {
  const auto id_end = bytes.find(' ');
  const auto person_end = bytes.find(' ', id_end + 1);
  return {std::string(bytes.substr(0, id_end)), std::string(bytes.substr(id_end + 1, person_end - id_end - 1)), std::string(bytes)};
}

std::size_t EffectWriter::commit(const std::vector<Message>& batch, const std::vector<RedisCommand>& more) {
  if (batch.empty()) return 0;
  RedisCommand question{"SMISMEMBER", processed_};
  for (const Message& message : batch) question.push_back(message.id);
  const auto known = must(redis_.run(question), "asking what is processed");
  std::vector<RedisCommand> commands;
  std::size_t fresh = 0;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    commands.push_back({"MULTI"});
    if (known.items.at(i).integer == 0) {
      ++fresh;
      commands.push_back({"HSET", effects_, batch[i].person + "/" + batch[i].id, batch[i].bytes});
      commands.push_back({"SADD", processed_, batch[i].id});
    }
    if (!more.empty()) commands.push_back(more[i]);
    commands.push_back({"EXEC"});
  }
  for (const RedisValue& answer : must(redis_.pipeline(commands), "committing")) {
    if (answer.type == RedisValue::Type::kError) give_up("Redis refused a transaction: " + answer.text);
  }
  return fresh;
}

double redis_streams_pipeline(const std::string& redis_socket, std::size_t commands, std::size_t persons) {
  static int streams = 0;
  const std::string stream = "streams-" + std::to_string(++streams);
  runtime::Redis redis(redis_at(redis_socket));
  Child consumer = Child::role("redis-group", {redis_socket, stream, std::to_string(commands)});
  consumer.line();
  const std::int64_t begun = now_ns();
  for (std::size_t i = 0; i < commands;) {
    std::vector<RedisCommand> batch;
    for (; batch.size() < kPublishes && i < commands; ++i) batch.push_back({"XADD", stream, "*", "e", EffectWriter::message(i, persons)});
    must(redis.pipeline(batch), "publishing");
  }
  const double seconds = (consumer.numbers().at(0) - static_cast<double>(begun)) / 1e9;
  consumer.wait();
  return static_cast<double>(commands) / seconds;
}

std::vector<double> redis_latency(const std::string& redis_socket, std::size_t events, double per_second) {
  static int streams = 0;
  const std::string stream = "latency-" + std::to_string(++streams);
  runtime::Redis redis(redis_at(redis_socket));
  Child consumer = Child::role("redis-xread", {redis_socket, stream, std::to_string(events)});
  consumer.line();
  std::int64_t next = now_ns();
  for (std::size_t i = 0; i < events; ++i) {
    pause_until(next);
    next += static_cast<std::int64_t>(1e9 / per_second);
    must(redis.run({"XADD", stream, "*", "e", padded(std::to_string(now_ns()) + " ", kEventBytes)}), "publishing");
  }
  return consumer.numbers();
}

Role redis_role(const std::string& name) {
  if (name == "redis-group") return role_group;
  if (name == "redis-xread") return role_xread;
  return nullptr;
}

}  // namespace bridgework::bench
