#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <cstdio>
#include <string>

#include "gateway/config.hpp"
#include "gateway/gateway.hpp"
#include "gateway/suite_backend.hpp"
#include "runtime/clock.hpp"
#include "runtime/log.hpp"
#include "runtime/settings.hpp"
#include "runtime/zap.hpp"

namespace {

using namespace bridgework;

constexpr std::chrono::seconds kDrainGrace{5};

int complain(const std::string& why) {
  std::fprintf(stderr, "gateway: %s\n", why.c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  runtime::ProcessSettings process;
  gateway::Config config;
  if (const auto ok = runtime::load_settings(argc, argv, "gateway", process, config); !ok) return complain(ok.error());
  if (const auto why = runtime::clock_refusal()) return complain(*why);
  if (const auto ok = runtime::open_log("gateway", process); !ok) return complain(ok.error());

  gateway::ApiKeys keys;
  const std::string key_file = config.admin_key_file.empty() ? process.data_dir + "/admin.key" : config.admin_key_file;
  if (const auto ok = keys.add_from_file("admin", key_file); !ok) return complain(ok.error());

  const std::string list = config.api_keys_file.empty() ? process.data_dir + "/api_keys.toml" : config.api_keys_file;
  if (const auto ok = keys.follow(list); !ok) return complain(ok.error());
  auto access_log = gateway::AccessLog::open(config.access_log.empty() ? process.data_dir + "/access.ndjson" : config.access_log);
  if (!access_log) return complain(access_log.error());

  runtime::ServiceClient::Options suite;
  suite.group = process.group;
  auto redis = runtime::redis_options(process, "gateway");
  if (!redis) return complain(redis.error());
  suite.redis = std::move(*redis);
  suite.redis.timeout = std::chrono::milliseconds{1000};
  suite.bus_endpoints = config.bus_endpoints(process.run_dir);
  if (config.bus_endpoint.empty() && !process.buses.empty()) suite.bus_endpoints = runtime::endpoint_list(process.buses);

  // What coroutines hold on to stands before the context that runs them, so that it outlives them.
  runtime::Context sockets;
  runtime::Metrics metrics("gateway");
  const auto credentials = runtime::Credentials::open(sockets, process, metrics);
  if (!credentials) return complain(credentials.error());
  suite.socket = credentials->asking();
  const gateway::Forms forms;
  gateway::SuiteBackend backend(sockets, suite, metrics);
  gateway::Gateway handler(config, process.group, forms, std::move(keys), backend, metrics, std::move(*access_log));
  boost::asio::io_context context{1};
  const auto port = static_cast<std::uint16_t>(process.http_port != 0 ? process.http_port : config.port);
  const auto server = gateway::HttpServer::listen(context, config.bind_address, port, config.limits(), handler, metrics);
  if (!server) return complain(server.error());
  runtime::log_event(runtime::Level::kInfo, "gateway_listening", {{"address", config.bind_address}, {"port", (*server)->port()}});

  boost::asio::signal_set stop(context, SIGTERM, SIGINT);
  stop.async_wait([&](const boost::system::error_code& error, int) {
    if (!error) (*server)->drain(kDrainGrace, [&] { context.stop(); });
  });
  context.run();
  backend.stop();
  return 0;
}
