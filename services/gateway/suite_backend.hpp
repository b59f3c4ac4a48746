#pragma once
// The real suite behind the gateway: services by ZeroMQ, the state of the suite from Redis.

#include <boost/asio/thread_pool.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/backend.hpp"
#include "runtime/redis.hpp"
#include "runtime/service_client.hpp"

namespace bridgework::gateway {

/// Brings answers back to the executor of whoever asked. Status and readiness wait for Redis on a thread of their own, so that a store
/// that is away holds up nobody's request.
class SuiteBackend : public Backend {
 public:
  SuiteBackend(runtime::Context& context, runtime::ServiceClient::Options options, runtime::Metrics& metrics);
  ~SuiteBackend() override;

  asio::awaitable<messages::Reply> ask(runtime::Call call) override;
  asio::awaitable<tl::expected<messages::FetchReply, std::string>> fetch(messages::Fetch fetch) override;
  asio::awaitable<std::optional<std::string>> not_ready() override;
  asio::awaitable<tl::expected<std::string, std::string>> status() override;
  asio::awaitable<tl::expected<std::vector<messages::Parked>, std::string>> parked() override;
  asio::awaitable<tl::expected<bool, std::string>> rebuild(std::string service) override;

  /// Answers everything that is open. To be called before the executors of those who asked are gone.
  void stop();

 private:
  std::optional<std::string> look_ready();
  tl::expected<std::string, std::string> look_status();
  tl::expected<std::vector<messages::Parked>, std::string> look_parked();

  const std::string group_;
  const std::vector<std::string> services_;
  std::unique_ptr<runtime::ServiceClient> client_;
  runtime::Redis redis_;  ///< of the pool's one thread
  asio::thread_pool pool_{1};
};

}  // namespace bridgework::gateway
