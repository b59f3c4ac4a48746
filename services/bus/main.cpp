#include <csignal>
#include <cstdio>
#include <set>

#include <sys/signalfd.h>
#include <unistd.h>

#include "bus/config.hpp"
#include "bus/server.hpp"
#include "messages/catalogue.hpp"
#include "runtime/clock.hpp"
#include "runtime/health.hpp"
#include "runtime/log.hpp"
#include "runtime/redis_store.hpp"
#include "runtime/settings.hpp"
#include "runtime/zap.hpp"

namespace {

using namespace bridgework;

int complain(const std::string& why) {
  std::fprintf(stderr, "bus: %s\n", why.c_str());
  return 1;
}

/// SIGTERM and SIGINT as something to wait for. Before any thread is made, so that all of them leave the two alone.
int stop_descriptor() {
  sigset_t stopping;
  sigemptyset(&stopping);
  sigaddset(&stopping, SIGTERM);
  sigaddset(&stopping, SIGINT);
  pthread_sigmask(SIG_BLOCK, &stopping, nullptr);
  return signalfd(-1, &stopping, SFD_CLOEXEC | SFD_NONBLOCK);
}

}  // namespace

int main(int argc, char** argv) {
  runtime::ProcessSettings process;
  bus::Config config;
  if (const auto ok = runtime::load_settings(argc, argv, "bus", process, config); !ok) return complain(ok.error());
  if (const auto why = runtime::clock_refusal()) return complain(*why);
  if (const auto ok = runtime::open_log("bus", process); !ok) return complain(ok.error());
  if (process.run_dir.empty()) return complain("--run-dir is needed: the directory of the suite's sockets");
  const int stop = stop_descriptor();

  // Services ask bus 1, then bus 2.
  const std::string prefix = "ipc://" + process.run_dir + "/bus-" + (process.instance.empty() ? "1" : process.instance);
  bus::Server::Place place;
  place.group = process.group;
  auto redis = runtime::redis_options(process, "bus");
  if (!redis) return complain(redis.error());
  place.redis = std::move(*redis);
  place.fetch_endpoint = config.fetch_endpoint.empty() ? prefix + "-fetch.sock" : config.fetch_endpoint;
  place.live_endpoint = config.live_endpoint.empty() ? prefix + "-live.sock" : config.live_endpoint;

  place.archive = config.archive;
  if (place.archive.empty() && !process.data_dir.empty()) place.archive = process.data_dir + "/archive";
  std::set<std::string> services;
  for (const auto& message : messages::all_messages()) {
    if (!message.owner.empty()) services.emplace(message.owner);
  }
  place.services.assign(services.begin(), services.end());

  runtime::Context context;
  runtime::Metrics metrics("bus");
  const auto credentials = runtime::Credentials::open(context, process, metrics);
  if (!credentials) return complain(credentials.error());
  place.credentials = &*credentials;
  if (!process.endpoint.empty()) {
    const auto endpoints = runtime::endpoint_pair(process.endpoint);
    if (!endpoints) return complain(endpoints.error());
    if (config.fetch_endpoint.empty()) place.fetch_endpoint = endpoints->first;
    if (config.live_endpoint.empty()) place.live_endpoint = endpoints->second;
  }
  const auto server = bus::Server::start(context, place, config, metrics);
  if (!server) return complain(server.error());
  const auto health =
      runtime::HealthServer::start(static_cast<std::uint16_t>(process.http_port), metrics, [&]() -> std::optional<std::string> {
        if ((*server)->reading()) return std::nullopt;
        return "the log cannot be read";
      });
  if (!health) return complain(health.error());
  (*server)->run(stop);
  ::close(stop);
  return 0;
}
