#pragma once
// How a process shows that it lives: a small HTTP server of its own, on this machine only.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <tl/expected.hpp>

namespace bridgework::runtime {

class Metrics;

/// Serves GET (and HEAD) of
///
///   /healthz  200 as long as the process can answer at all
///   /readyz   200 when it can do its work; 503 with one sentence that says what is missing
///   /metrics  Prometheus text
///
/// on 127.0.0.1, by one thread that sleeps until somebody asks. At most 32 callers at a time, five seconds each.
class HealthServer {
 public:
  /// Nothing when ready, else why not. Called on the server's thread: it must not block and must be safe from there.
  using Ready = std::function<std::optional<std::string>()>;

  /// Listens; `port` 0 takes any free one. Fails with a sentence when the port cannot be had.
  static tl::expected<std::unique_ptr<HealthServer>, std::string> start(std::uint16_t port, const Metrics& metrics, Ready ready);

  /// Stops listening and joins the thread.
  ~HealthServer();
  HealthServer(const HealthServer&) = delete;
  HealthServer& operator=(const HealthServer&) = delete;

  /// The port it listens on.
  std::uint16_t port() const;

 private:
  struct Server;
  explicit HealthServer(std::unique_ptr<Server> server);
  std::unique_ptr<Server> server_;
};

}  // namespace bridgework::runtime
