#include "runtime/process.hpp"

#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <deque>
#include <map>
#include <mutex>
#include <random>
#include <thread>
#include <tuple>
#include <utility>

#include "messages/envelope.codec.hpp"
#include "runtime/bus_client.hpp"
#include "runtime/clock.hpp"
#include "runtime/engine.hpp"
#include "runtime/health.hpp"
#include "runtime/log.hpp"
#include "runtime/redis_reader.hpp"
#include "runtime/redis_store.hpp"
#include "runtime/watchdog.hpp"
#include "runtime/wire.hpp"
#include "runtime/zap.hpp"

namespace bridgework::runtime {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kCommandsPerTurn = 512;
constexpr std::uint32_t kEventsPerFetch = 512;
// Nobody tells a consumer of events it does not want before its wait ends, and until then it seems to lag behind the log.
constexpr milliseconds kFetchWait{1'000};
constexpr milliseconds kDrivenClockLook{20};
constexpr milliseconds kLeaveWithin{8'000};

Wakeup* g_stop_wakeup = nullptr;
std::atomic<bool> g_stop{false};

extern "C" void on_stop_signal(int) {
  g_stop = true;
  if (g_stop_wakeup != nullptr) g_stop_wakeup->wake();
}

std::string instance_name(const ProcessSettings& settings) {
  // A restarted process must not take its predecessor's leases for its own, whatever name the operator gave both.
  std::random_device random;
  char suffix[16];
  std::snprintf(suffix, sizeof suffix, "%04x", random() & 0xffffu);
  return (settings.instance.empty() ? std::string("i") : settings.instance) + "-" + std::to_string(::getpid()) + "-" + suffix;
}

/// Effects one after the other on a thread of their own.
class EffectThread {
 public:
  struct Job {
    Lane lane;
    std::string id, effect;
  };
  struct Outcome {
    Lane lane;
    std::string id;
    std::optional<Handler::Command> command;  ///< none: the effect cannot be read
  };

  EffectThread(const Handler& handler, Redis redis, Keys keys, Wakeup& done)
      : handler_(handler), reader_(std::move(redis), std::move(keys)), done_(done) {
    if (handler_.performs_effects()) thread_ = std::jthread([this](std::stop_token stop) { run(stop); });
  }
  void add(Job job) {
    const std::scoped_lock lock(mutex_);
    jobs_.push_back(std::move(job));
    ready_.notify_one();
  }
  std::optional<Outcome> take() {
    const std::scoped_lock lock(mutex_);
    if (outcomes_.empty()) return std::nullopt;
    Outcome outcome = std::move(outcomes_.front());
    outcomes_.pop_front();
    return outcome;
  }

 private:
  void run(const std::stop_token& stop) {
    for (;;) {
      Job job;
      {
        std::unique_lock lock(mutex_);
        if (!ready_.wait(lock, stop, [this] { return !jobs_.empty(); })) return;
        job = std::move(jobs_.front());
        jobs_.pop_front();
      }
      std::optional<Handler::Command> command;
      while (!command) {
        try {
          auto outcome = handler_.perform(reader_, job.effect);
          if (!outcome) {
            log_event(Level::kError, "effect_malformed", {{"effect", job.id}, {"why", outcome.error()}});
            break;
          }
          command = std::move(*outcome);
        } catch (const ReadFault& fault) {
          // The last look before sending could not be taken, so nothing was sent: wait and look again.
          log_event(Level::kWarning, "effect_waits_for_store", {{"effect", job.id}, {"what", fault.fault.what}});
          std::unique_lock lock(mutex_);
          ready_.wait_for(lock, stop, milliseconds(200), [] { return false; });
          if (stop.stop_requested()) return;
        }
      }
      {
        const std::scoped_lock lock(mutex_);
        outcomes_.push_back({job.lane, job.id, std::move(command)});
      }
      done_.wake();
    }
  }

  const Handler& handler_;
  RedisReader reader_;
  Wakeup& done_;
  std::mutex mutex_;
  std::condition_variable_any ready_;
  std::deque<Job> jobs_;  // bounded by EngineOptions::effects_out_max, as are outcomes_
  std::deque<Outcome> outcomes_;
  std::jthread thread_;
};

/// To a principal whose grant does not hold this message.
messages::Reply not_permitted(std::uint64_t correlation) {
  messages::Reply reply;
  reply.correlation = correlation;
  reply.outcome = messages::Outcome::kRefused;
  reply.code = "not_permitted";
  reply.detail = "the list of principals does not let you send this message";
  return reply;
}

Counter not_admitted(Metrics& metrics, const char* grant) {
  return metrics.counter("bridgework_not_admitted_total", "Messages dropped because their sender's key was taken back.",
                         {{"grant", grant}});
}

/// Answers queries until told to stop.
class QueryThread {
 public:
  QueryThread(Context& context, const Handler& handler, Redis redis, Keys keys, Metrics& metrics, const std::string& endpoint,
              const SocketOptions& options)
      : handler_(handler),
        reader_(std::move(redis), std::move(keys)),
        answered_(metrics.counter("bridgework_queries_total", "Queries answered, by outcome.", {{"outcome", "done"}})),
        failed_(metrics.counter("bridgework_queries_total", "Queries answered, by outcome.", {{"outcome", "failed"}})),
        not_admitted_(not_admitted(metrics, "query")),
        time_(metrics.histogram("bridgework_query_seconds", "Time of one query.")) {
    auto router = Router::bind(context, endpoint, options);
    if (!router) {
      error_ = router.error().what;
      return;
    }
    router_.emplace(std::move(*router));
  }
  const std::string& error() const { return error_; }
  const std::string& endpoint() const { return router_->endpoint(); }
  void start() {
    thread_ = std::jthread([this](std::stop_token stop) { run(stop); });
  }
  void stop() {
    thread_.request_stop();
    wakeup_.wake();
    if (thread_.joinable()) thread_.join();
    router_.reset();
  }
  ~QueryThread() { stop(); }

 private:
  void run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      Watch watches[] = {{.socket = &*router_}, {.descriptor = wakeup_.descriptor()}};
      wait(watches, milliseconds(60'000));
      wakeup_.clear();
      while (auto received = router_->receive()) handle(*received);
      not_admitted_.add(
          static_cast<double>(router_->not_admitted_count() - std::exchange(not_admitted_seen_, router_->not_admitted_count())));
    }
  }

  void handle(const Received& received) {
    const auto started = std::chrono::steady_clock::now();
    messages::Reply reply;
    auto request = messages::decode_as<messages::Request>(received.bytes);
    if (!request) {
      reply.outcome = messages::Outcome::kMalformed;
      reply.code = "malformed";
      reply.detail = request.error().path + ": " + request.error().reason;
    } else {
      reply.correlation = request->correlation;
      if (request->deadline != Instant{} && request->deadline < system_now()) {
        reply.outcome = messages::Outcome::kExpired;
        reply.code = "expired";
      } else if (!router_->may(received, request->type_id)) {
        reply = not_permitted(request->correlation);
      } else if (!handler_.is_query(request->type_id)) {
        reply.outcome = messages::Outcome::kMalformed;
        reply.code = "malformed";
        reply.detail = "this is no query of " + std::string(handler_.name());
      } else {
        answer(*request, reply);
      }
    }
    (reply.outcome == messages::Outcome::kDone ? answered_ : failed_).add();
    time_.observe(std::chrono::steady_clock::now() - started);
    // A caller that is gone or does not read asks again; a query has changed nothing.
    if (router_->send(received.identity, encode(reply)) != SendOutcome::kSent) failed_.add();
  }

  void answer(const messages::Request& request, messages::Reply& reply) {
    try {
      auto answered = handler_.answer(reader_, request.type_id, request.body, system_now());
      if (!answered) {
        reply.outcome = messages::Outcome::kMalformed;
        reply.code = "malformed";
        reply.detail = answered.error();
        return;
      }
      reply.outcome = answered->refused ? messages::Outcome::kRefused : messages::Outcome::kDone;
      reply.code = answered->code;
      reply.detail = answered->detail;
      reply.type_id = answered->reply_type;
      reply.body = std::move(answered->reply);
    } catch (const ReadFault& fault) {
      reply.outcome = messages::Outcome::kUnavailable;
      reply.code = "unavailable";
      reply.detail = "the store does not answer";
      log_event(Level::kWarning, "query_without_store", {{"what", fault.fault.what}});
    }
  }

  const Handler& handler_;
  RedisReader reader_;
  Counter answered_, failed_, not_admitted_;
  std::uint64_t not_admitted_seen_ = 0;
  Histogram time_;
  std::optional<Router> router_;
  Wakeup wakeup_;
  std::string error_;
  std::jthread thread_;
};

/// What the bus client counts, as metrics.
class BusMetrics {
 public:
  explicit BusMetrics(Metrics& metrics)
      : late_(counter(metrics, "late")),
        malformed_(counter(metrics, "malformed")),
        timed_out_(counter(metrics, "timed_out")),
        link_lost_(counter(metrics, "link_lost")),
        connect_failed_(counter(metrics, "connect_failed")) {}

  void publish(const BusClient::Counts& now) {
    late_.add(static_cast<double>(now.late - seen_.late));
    malformed_.add(static_cast<double>(now.malformed - seen_.malformed));
    timed_out_.add(static_cast<double>(now.timed_out - seen_.timed_out));
    link_lost_.add(static_cast<double>(now.link_lost - seen_.link_lost));
    connect_failed_.add(static_cast<double>(now.connect_failed - seen_.connect_failed));
    seen_ = now;
  }

 private:
  static Counter counter(Metrics& metrics, const char* what) {
    return metrics.counter("bridgework_fetch_trouble_total", "Fetches that did not go as they should, by what happened.", {{"what", what}});
  }
  Counter late_, malformed_, timed_out_, link_lost_, connect_failed_;
  BusClient::Counts seen_;
};

class Process final : public Outbox {
 public:
  Process(const ProcessSettings& settings, Redis::Options redis, const Handler& handler)
      : settings_(settings),
        redis_(std::move(redis)),
        handler_(handler),
        keys_{settings.group, std::string(handler.name())},
        metrics_(handler.name()),
        replies_lost_(metrics_.counter("bridgework_replies_lost_total", "Replies whose asker was gone or did not read.")),
        not_admitted_(not_admitted(metrics_, "command")),
        effects_(handler, Redis(redis_), keys_, effects_done_) {}

  int run();

  void reply(const ReplyTo& to, const messages::Reply& reply) override {
    // The asker repeats its command with the same key and gets the same answer.
    if (commands_->send(to.identity, encode(reply)) != SendOutcome::kSent) replies_lost_.add();
  }
  void reply(const std::vector<std::pair<ReplyTo, messages::Reply>>& replies) override {
    std::vector<std::string> encoded;
    encoded.reserve(replies.size());
    std::map<std::string, std::vector<std::string_view>> frames;
    const auto send = [&](const std::string& identity, std::vector<std::string_view>& mine) {
      if (commands_->send(identity, mine) != SendOutcome::kSent) replies_lost_.add(static_cast<double>(mine.size()));
      mine.clear();
    };
    for (const auto& [to, reply] : replies) {
      auto& mine = frames[to.identity];
      mine.push_back(encoded.emplace_back(encode(reply)));
      if (mine.size() == kFramesMax) send(to.identity, mine);
    }
    for (auto& [identity, mine] : frames) {
      if (!mine.empty()) send(identity, mine);
    }
  }
  void perform(Lane lane, const std::string& id, const std::string& effect) override { effects_.add({lane, id, effect}); }

 private:
  tl::expected<void, std::string> wait_for_store();
  /// True when there may be more.
  bool take_commands(Engine& engine);

  const ProcessSettings& settings_;
  const Redis::Options redis_;
  const Handler& handler_;
  Keys keys_;
  Metrics metrics_;
  Counter replies_lost_, not_admitted_;
  std::uint64_t not_admitted_seen_ = 0;
  Wakeup effects_done_;
  Context context_;
  Credentials credentials_;
  std::optional<Router> commands_;
  EffectThread effects_;
  std::mutex ready_mutex_;
  std::optional<std::string> not_ready_ = "starting";
};

tl::expected<void, std::string> Process::wait_for_store() {
  // Redis loads its log before it answers; an instance that gives up would only be started again.
  Redis redis(redis_);
  for (bool said = false; !g_stop; said = true) {
    const auto ok = check_server(redis);
    if (ok) return {};
    if (ok.error().kind == FaultKind::kInternal) return tl::unexpected(ok.error().what);
    if (!said) log_event(Level::kWarning, "store_not_there_yet", {{"what", ok.error().what}});
    {
      const std::scoped_lock lock(ready_mutex_);
      not_ready_ = "the store does not answer: " + ok.error().what;
    }
    Watch stop[] = {{.descriptor = g_stop_wakeup->descriptor()}};
    wait(stop, milliseconds(200));
  }
  return tl::unexpected(std::string("told to stop"));
}

bool Process::take_commands(Engine& engine) {
  for (std::size_t n = 0; n < kCommandsPerTurn; ++n) {
    auto received = commands_->receive();
    if (!received) return false;
    auto request = messages::decode_as<messages::Request>(received->bytes);
    if (!request) {
      messages::Reply refused;
      refused.outcome = messages::Outcome::kMalformed;
      refused.code = "malformed";
      refused.detail = request.error().path + ": " + request.error().reason;
      reply({received->identity, 0}, refused);
      continue;
    }
    if (!commands_->may(*received, request->type_id)) {
      reply({std::move(received->identity), 0}, not_permitted(request->correlation));
      continue;
    }
    const ReplyTo to{std::move(received->identity), request->correlation};
    engine.submit(to, std::move(*request));
  }
  return true;
}

int Process::run() {
  const auto complain = [&](const std::string& why) {
    std::fprintf(stderr, "%s: %s\n", std::string(handler_.name()).c_str(), why.c_str());
    return 1;
  };
  if (settings_.run_dir.empty()) return complain("--run-dir is needed: the directory of the suite's sockets");

  InstanceInfo self;
  self.instance = instance_name(settings_);
  self.pid = ::getpid();
  const std::string base = "ipc://" + settings_.run_dir + "/" + std::string(handler_.name()) + "-" + self.instance;
  self.command_endpoint = base + "-c.sock";
  self.query_endpoint = base + "-q.sock";

  auto credentials = Credentials::open(context_, settings_, metrics_);
  if (!credentials) return complain(credentials.error());
  credentials_ = std::move(*credentials);
  if (!settings_.endpoint.empty()) {
    auto endpoints = endpoint_pair(settings_.endpoint);
    if (!endpoints) return complain(endpoints.error());
    std::tie(self.command_endpoint, self.query_endpoint) = std::move(*endpoints);
  }

  auto health = HealthServer::start(static_cast<std::uint16_t>(settings_.http_port), metrics_, [this] {
    const std::scoped_lock lock(ready_mutex_);
    return not_ready_;
  });
  if (!health) return complain(health.error());
  self.http_port = (*health)->port();

  if (const auto ok = wait_for_store(); !ok) return g_stop ? 0 : complain(ok.error());

  SocketOptions options;
  options.linger = milliseconds(500);
  auto router = Router::bind(context_, self.command_endpoint, credentials_.serving(Grant::kCommand, options));
  if (!router) return complain(router.error().what);
  commands_.emplace(std::move(*router));
  self.command_endpoint = commands_->endpoint();

  QueryThread queries(context_, handler_, Redis(redis_), keys_, metrics_, self.query_endpoint, credentials_.serving(Grant::kQuery));
  if (!queries.error().empty()) return complain(queries.error());
  self.query_endpoint = queries.endpoint();
  queries.start();

  RedisStore store(Redis(redis_), keys_);
  Engine engine(
      handler_, store, *this, metrics_, self, {}, [] { return system_now(); }, [] { return std::chrono::steady_clock::now(); },
      [] { return clock_offset(); });

  BusClient::Options bus_options;
  bus_options.endpoints = endpoint_list(settings_.buses);
  if (bus_options.endpoints.empty()) {
    for (const char* number : {"1", "2"}) bus_options.endpoints.push_back("ipc://" + settings_.run_dir + "/bus-" + number + "-fetch.sock");
  }
  bus_options.socket = credentials_.asking();
  BusClient bus(context_, bus_options);
  BusMetrics bus_metrics(metrics_);
  std::uint64_t asked_after = 0;

  log_event(Level::kInfo, "service_started", {{"instance", self.instance}, {"http_port", self.http_port}});

  std::optional<std::chrono::steady_clock::time_point> leave_by;
  // A socket is asked only when it has something: each question in vain is a call into the kernel, and there are many a second.
  bool commands_ready = true, bus_ready = true;
  Watchdog watchdog(settings_.stuck_after);
  for (;;) {
    watchdog.works();
    if (g_stop && !leave_by) leave_by = std::chrono::steady_clock::now() + kLeaveWithin;
    if (!leave_by) {
      if (commands_ready) commands_ready = take_commands(engine);
      if (const auto want = engine.want()) {
        asked_after = want->after;
        bus.want({want->incarnation, want->after}, engine.wanted_types(), kEventsPerFetch, kFetchWait);
      } else {
        bus.forget();
      }
    }
    while (auto outcome = effects_.take()) {
      if (outcome->command) engine.effect_done(outcome->lane, outcome->id, *outcome->command);
      else engine.effect_given_up(outcome->lane, outcome->id);
    }
    bool delivered = false;
    if (const auto reply = bus.poll(std::exchange(bus_ready, false)); reply && !leave_by) {
      engine.deliver(asked_after, *reply);
      delivered = true;
    }
    bus_metrics.publish(bus.counts());
    not_admitted_.add(
        static_cast<double>(commands_->not_admitted_count() - std::exchange(not_admitted_seen_, commands_->not_admitted_count())));
    const bool more = engine.turn();
    {
      const std::scoped_lock lock(ready_mutex_);
      not_ready_ = leave_by ? std::optional<std::string>("stopping") : engine.not_ready();
    }
    if (leave_by && ((!more && !engine.committing() && engine.effects_out() == 0) || std::chrono::steady_clock::now() > *leave_by)) break;
    // With an answer taken, the next Fetch is to be sent before anything is waited for.
    if (more || delivered || (commands_ready && !leave_by)) continue;

    milliseconds timeout = engine.idle_for();
    if (clock_is_driven()) timeout = std::min(timeout, kDrivenClockLook);
    if (leave_by) timeout = std::min(timeout, milliseconds(20));
    // The bus client keeps times of its own: asking again, failing over.
    if (!leave_by) timeout = std::min(timeout, std::max(bus.idle_for(), milliseconds(0)));
    Watch watches[] = {
        {.socket = &*commands_}, bus.watch(), {.descriptor = effects_done_.descriptor()}, {.descriptor = g_stop_wakeup->descriptor()}, {}};
    if (engine.committing()) watches[4].descriptor = store.descriptor();
    watchdog.waits();
    wait(watches, timeout);
    commands_ready = watches[0].ready;
    bus_ready = watches[1].ready;
    if (watches[2].ready) effects_done_.clear();
    if (watches[3].ready) g_stop_wakeup->clear();
  }
  engine.leave();
  queries.stop();
  log_event(Level::kInfo, "service_stopped", {{"instance", self.instance}});
  return 0;
}

}  // namespace

int run_process(const ProcessSettings& settings, const Handler& handler) {
  const auto redis = redis_options(settings, handler.name());
  if (!redis) {
    std::fprintf(stderr, "%s: %s\n", std::string(handler.name()).c_str(), redis.error().c_str());
    return 1;
  }
  Wakeup stop;
  g_stop_wakeup = &stop;
  struct sigaction action {};
  action.sa_handler = on_stop_signal;
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGINT, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  const int code = Process(settings, *redis, handler).run();
  std::signal(SIGTERM, SIG_IGN);
  std::signal(SIGINT, SIG_IGN);
  g_stop_wakeup = nullptr;
  return code;
}

}  // namespace bridgework::runtime
