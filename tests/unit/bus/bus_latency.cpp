// Commit to fetch on this machine: a writer commits one event at a time into a real Redis that syncs every write; a caller waits at the
// bus. Prints microseconds.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <thread>

#include <sys/resource.h>

#include "bus/server.hpp"
#include "runtime/bus_client.hpp"
#include "tests/support/redis_server.hpp"
#include "tests/unit/bus/log_writer.hpp"

namespace {

using namespace bridgework;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

double microseconds(Clock::duration span) { return std::chrono::duration<double, std::micro>(span).count(); }

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) { return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

void print(const char* what, std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const auto at = [&](double share) { return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))]; };
  std::printf("%-44s p50 %7.0f  p99 %7.0f  max %7.0f us\n", what, at(0.5), at(0.99), at(1.0));
}

messages::FetchReply fetch(runtime::BusClient& client, const runtime::LogPosition& position, std::uint32_t max_events) {
  client.want(position, {}, max_events, 10s);
  for (;;) {
    if (auto reply = client.poll()) return *reply;
    runtime::Watch watch = client.watch();
    runtime::wait({&watch, 1}, client.idle_for());
  }
}

}  // namespace

int main() {
  support::RedisServer redis;
  runtime::Context context;
  runtime::Metrics metrics("bus");
  bus::Server::Place place;
  place.group = "g";
  place.redis = redis.options();
  place.fetch_endpoint = "ipc://" + redis.directory() + "/fetch.sock";
  place.live_endpoint = "ipc://" + redis.directory() + "/live.sock";
  bus::Config config;
  config.pseudonym_key = "a secret of this group, long enough";
  runtime::Wakeup stop;
  std::thread server_thread([&] {
    auto server = bus::Server::start(context, place, config, metrics);
    if (server) (*server)->run(stop.descriptor());
  });

  bus::LogWriter writer(redis.options());
  runtime::BusClient::Options options;
  options.endpoints = {place.fetch_endpoint};
  runtime::BusClient client(context, options);
  runtime::LogPosition position;
  position.after = 0;
  writer.append(1);
  position.after = fetch(client, position, 512).next;

  constexpr int kRounds = 3000;
  std::vector<double> commit, commit_to_fetch, answered_to_fetch;
  for (int round = 0; round < kRounds; ++round) {
    client.want(position, {}, 512, 10s);
    (void)client.poll();
    const auto begin = Clock::now();
    writer.append(1);
    const auto answered = Clock::now();
    position.after = fetch(client, position, 512).next;
    const auto end = Clock::now();
    commit.push_back(microseconds(answered - begin));
    commit_to_fetch.push_back(microseconds(end - begin));
    answered_to_fetch.push_back(microseconds(end - answered));
  }
  print("commit, until the writer is answered", commit);
  print("commit sent to event fetched", commit_to_fetch);
  print("commit answered to event fetched", answered_to_fetch);

  constexpr std::size_t kEvents = 60'000;
  for (std::size_t written = 0; written < kEvents; written += 200) writer.append(200);
  const auto read_from = [&](std::uint64_t after) {
    const auto begin = Clock::now();
    std::size_t read = 0;
    for (runtime::LogPosition at{"", after}; read < kEvents;) {
      const auto reply = fetch(client, at, 512);
      read += reply.events.size();
      at.after = reply.next;
    }
    return static_cast<double>(read) / std::chrono::duration<double>(Clock::now() - begin).count();
  };
  const double from_ring = read_from(position.after);
  std::printf("%-44s %8.0f events/s\n", "catch-up from the ring, 512 a call", from_ring);
  stop.wake();
  server_thread.join();
  stop.clear();
  std::thread again([&] {
    auto server = bus::Server::start(context, place, config, metrics);
    if (server) (*server)->run(stop.descriptor());
  });
  std::printf("%-44s %8.0f events/s\n", "catch-up from Redis, 512 a call", read_from(position.after));

  const double cpu_before = cpu_seconds();
  const auto idle_begin = Clock::now();
  runtime::wait({}, 5s);
  std::printf("%-44s %8.2f %%\n", "CPU while idle",
              100 * (cpu_seconds() - cpu_before) / std::chrono::duration<double>(Clock::now() - idle_begin).count());
  stop.wake();
  again.join();
  return 0;
}
