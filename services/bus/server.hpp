#pragma once
// The bus as a whole: sockets in one thread, the log in two others.

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "bus/archiver.hpp"
#include "bus/config.hpp"
#include "bus/fetch_desk.hpp"
#include "bus/live.hpp"
#include "bus/log_threads.hpp"
#include "runtime/metrics.hpp"
#include "runtime/wire.hpp"
#include "runtime/zap.hpp"

namespace bridgework::bus {

/// Made and run by one thread. It holds no truth: it may be killed at any time, and any number may run.
class Server {
 public:
  struct Place {
    std::string group;
    runtime::Redis::Options redis;
    std::string fetch_endpoint;
    std::string live_endpoint;
    const runtime::Credentials* credentials = nullptr;  ///< for endpoints on TCP; outlive the server
    std::string archive;                                ///< directory; empty: events are kept in Redis for ever
    std::vector<std::string> services;                  ///< whose checkpoints hold back trimming
  };

  /// Binds, and begins to follow the log. `config.pseudonym_key` empty: no Live.
  static tl::expected<std::unique_ptr<Server>, std::string> start(runtime::Context& context, const Place& place, const Config& config,
                                                                  runtime::Metrics& metrics);
  ~Server();

  /// Serves until `stop` becomes readable.
  void run(int stop);

  /// Whether the log is being read. Safe from any thread.
  bool reading() const { return reading_; }
  const std::string& fetch_endpoint() const { return fetch_.endpoint(); }

 private:
  struct Meters;
  Server(runtime::Router fetch, std::optional<Live> live, const Place& place, const Config& config, runtime::Metrics& metrics);

  void take_news(FetchDesk::Time now);
  void take_lookups(FetchDesk::Time now);
  bool may_read(const runtime::Received& received, const messages::Fetch& fetch) const;
  void take_fetches(FetchDesk::Time now);
  void send_answers();
  void publish(FetchDesk::Time now);
  void publish_meters();
  /// Once somebody is shut out: their links carry answers and events until they are cut. False when there is no socket any more.
  bool cut_links();
  std::chrono::milliseconds idle_for(FetchDesk::Time now) const;

  Config config_;
  runtime::Router fetch_;
  std::optional<Live> live_;
  const runtime::Gatekeeper* const gatekeeper_;
  std::uint64_t revocations_seen_ = 0;
  FetchDesk desk_;
  std::vector<LogEntry> to_publish_;
  FetchDesk::Time beacon_due_{};
  std::atomic<bool> reading_{false};
  bool said_lost_ = false;
  std::unique_ptr<Meters> meters_;
  // Last: their threads end before what they write to goes.
  runtime::Wakeup wakeup_;
  Handover<LogNews> news_;
  std::unique_ptr<LogLookups> lookups_;
  std::unique_ptr<LogReader> reader_;
  std::unique_ptr<Archiver> archiver_;
};

}  // namespace bridgework::bus
