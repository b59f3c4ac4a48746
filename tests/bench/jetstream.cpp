#include "bench/jetstream.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <mutex>

#include <nats/nats.h>

#include "bench/redis_peer.hpp"

namespace bridgework::bench {
namespace {

constexpr std::size_t kEventBytes = 256;
constexpr int kPublishesPending = 4096;
constexpr int kPullBatch = 256;

void must(natsStatus status, const char* doing) {
  if (status != NATS_OK)
    give_up(std::string("JetStream, ") + doing + ": " + natsStatus_GetText(status) + " " + [] {
      const char* last = nats_GetLastError(nullptr);
      return std::string(last == nullptr ? "" : last);
    }());
}

/// A connection with its JetStream context.
struct Link {
  natsConnection* connection = nullptr;
  jsCtx* js = nullptr;

  explicit Link(const std::string& url) {
    const std::int64_t limit = now_ns() + 10'000'000'000;
    while (natsConnection_ConnectTo(&connection, url.c_str()) != NATS_OK) {
      if (now_ns() > limit) give_up("nats-server does not answer at " + url);
      pause_until(now_ns() + 20'000'000);
    }
    jsOptions options;
    jsOptions_Init(&options);
    options.PublishAsync.MaxPending = kPublishesPending;
    options.PublishAsync.StallWait = 10'000;
    must(natsConnection_JetStream(&js, connection, &options), "context");
  }
  ~Link() {
    jsCtx_Destroy(js);
    natsConnection_Destroy(connection);
  }
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  void make_stream(const std::string& name) {
    jsStreamConfig config;
    jsStreamConfig_Init(&config);
    config.Name = name.c_str();
    const char* subjects[] = {name.c_str()};
    config.Subjects = subjects;
    config.SubjectsLen = 1;
    config.Storage = js_FileStorage;
    jsErrCode code{};
    const std::int64_t limit = now_ns() + 10'000'000'000;
    // The account is there a moment before its JetStream is.
    while (js_AddStream(nullptr, js, &config, nullptr, &code) != NATS_OK) {
      if (now_ns() > limit) must(NATS_ERR, "making a stream");
      pause_until(now_ns() + 20'000'000);
    }
  }
  void remove_stream(const std::string& name) {
    jsErrCode code{};
    must(js_DeleteStream(js, name.c_str(), nullptr, &code), "removing a stream");
  }
  void publish(const std::string& subject, const std::string& bytes) {
    must(js_PublishAsync(js, subject.c_str(), bytes.data(), static_cast<int>(bytes.size()), nullptr), "publishing");
  }
  void wait_for_acknowledgements() {
    jsPubOptions options;
    jsPubOptions_Init(&options);
    options.MaxWait = 60'000;
    must(js_PublishAsyncComplete(js, &options), "waiting for acknowledgements");
  }
};

/// What an ordered consumer has seen so far.
struct Seen {
  std::size_t wanted = 0;
  std::atomic<std::size_t> count = 0;
  std::size_t out_of_order = 0;
  std::vector<double> micros;  ///< since the time each event carries; only when it is wanted
  bool timed = false;
  std::int64_t last_ns = 0;
  std::mutex mutex;
  std::condition_variable changed;
  bool done = false;
};

void on_event(natsConnection*, natsSubscription*, natsMsg* message, void* closure) {
  Seen& seen = *static_cast<Seen*>(closure);
  const std::int64_t now = now_ns();
  char* end = nullptr;
  const std::string text(natsMsg_GetData(message), 40);
  const std::size_t number = std::strtoull(text.c_str(), &end, 10);
  if (number != seen.count) ++seen.out_of_order;
  if (seen.timed) seen.micros.push_back(static_cast<double>(now - std::strtoll(end, nullptr, 10)) / 1e3);
  natsMsg_Destroy(message);
  if (++seen.count == seen.wanted) {
    const std::scoped_lock lock(seen.mutex);
    seen.last_ns = now;
    seen.done = true;
    seen.changed.notify_all();
  }
}

void consume_in_order(const std::string& url, const std::string& stream, Seen& seen) {
  Link link(url);
  jsSubOptions options;
  jsSubOptions_Init(&options);
  options.Ordered = true;
  natsSubscription* subscription = nullptr;
  jsErrCode code{};
  must(js_Subscribe(&subscription, link.js, stream.c_str(), on_event, &seen, nullptr, &options, &code), "subscribing");
  natsSubscription_SetPendingLimits(subscription, -1, -1);
  std::puts("ready");
  std::fflush(stdout);
  {
    std::unique_lock lock(seen.mutex);
    if (!seen.changed.wait_for(lock, std::chrono::seconds(60), [&] { return seen.done; })) give_up("JetStream delivered too little");
  }
  if (seen.out_of_order > 0) give_up("JetStream delivered out of order");
  natsSubscription_Destroy(subscription);
}

// arguments: url, stream, events. Prints when the last arrived.
int role_consume(const std::vector<std::string>& arguments) {
  Seen seen;
  seen.wanted = std::stoul(arguments.at(2));
  consume_in_order(arguments.at(0), arguments.at(1), seen);
  std::printf("%lld\n", static_cast<long long>(seen.last_ns));
  return 0;
}

// The same; prints the microseconds each took.
int role_latency(const std::vector<std::string>& arguments) {
  Seen seen;
  seen.wanted = std::stoul(arguments.at(2));
  seen.timed = true;
  consume_in_order(arguments.at(0), arguments.at(1), seen);
  for (const double micros : seen.micros) std::printf("%.1f ", micros);
  std::puts("");
  return 0;
}

// arguments: url, stream, commands, redis socket, group. Prints when the last effect was committed.
int role_pull(const std::vector<std::string>& arguments) {
  const std::string& stream = arguments.at(1);
  const std::size_t wanted = std::stoul(arguments.at(2));
  Link link(arguments.at(0));
  EffectWriter effects(arguments.at(3), arguments.at(4));
  jsSubOptions options;
  jsSubOptions_Init(&options);
  options.Config.MaxAckPending = 65'536;
  natsSubscription* subscription = nullptr;
  jsErrCode code{};
  must(js_PullSubscribe(&subscription, link.js, stream.c_str(), "effects", nullptr, &options, &code), "subscribing");
  std::puts("ready");
  std::fflush(stdout);
  std::int64_t last = 0;
  for (std::size_t done = 0; done < wanted;) {
    natsMsgList list{};
    const natsStatus status = natsSubscription_Fetch(&list, subscription, kPullBatch, 5'000, &code);
    if (status != NATS_OK && list.Count == 0) must(status, "fetching");
    std::vector<EffectWriter::Message> batch;
    for (int i = 0; i < list.Count; ++i)
      batch.push_back(EffectWriter::parse(
          std::string_view(natsMsg_GetData(list.Msgs[i]), static_cast<std::size_t>(natsMsg_GetDataLength(list.Msgs[i])))));
    done += effects.commit(batch, {});
    last = now_ns();
    for (int i = 0; i < list.Count; ++i) must(natsMsg_Ack(list.Msgs[i], nullptr), "acknowledging");
    natsMsgList_Destroy(&list);
  }
  natsConnection_FlushTimeout(link.connection, 5'000);
  std::printf("%lld\n", static_cast<long long>(last));
  natsSubscription_Destroy(subscription);
  return 0;
}

}  // namespace

JetStream::JetStream(int port) : url_("nats://127.0.0.1:" + std::to_string(port)) {
  const std::string file = directory_.path() + "/nats.conf";
  std::ofstream(file) << "listen: 127.0.0.1:" << port << "\njetstream { store_dir: \"" << directory_.path() << "\" }\n";
  server_.emplace_back(std::vector<std::string>{"nats-server", "-c", file}, directory_.path() + "/nats.log");
}

double JetStream::deliver(std::size_t events) {
  Link link(url_);
  const std::string stream = "deliver-" + std::to_string(++streams_);
  link.make_stream(stream);
  Child consumer = Child::role("jetstream-consume", {url_, stream, std::to_string(events)});
  consumer.line();
  const std::int64_t begun = now_ns();
  for (std::size_t i = 0; i < events; ++i) link.publish(stream, padded(std::to_string(i), kEventBytes));
  link.wait_for_acknowledgements();
  const double seconds = (consumer.numbers().at(0) - static_cast<double>(begun)) / 1e9;
  if (!filled_.empty()) link.remove_stream(filled_);
  filled_ = stream;
  filled_events_ = events;
  return static_cast<double>(events) / seconds;
}

double JetStream::replay(std::size_t events) {
  if (filled_events_ < events) deliver(events);
  const std::int64_t begun = now_ns();
  Child consumer = Child::role("jetstream-consume", {url_, filled_, std::to_string(events)});
  consumer.line();
  return static_cast<double>(events) / ((consumer.numbers().at(0) - static_cast<double>(begun)) / 1e9);
}

std::vector<double> JetStream::latency(std::size_t events, double per_second) {
  Link link(url_);
  const std::string stream = "latency-" + std::to_string(++streams_);
  link.make_stream(stream);
  Child consumer = Child::role("jetstream-latency", {url_, stream, std::to_string(events)});
  consumer.line();
  std::int64_t next = now_ns();
  for (std::size_t i = 0; i < events; ++i) {
    pause_until(next);
    next += static_cast<std::int64_t>(1e9 / per_second);
    link.publish(stream, padded(std::to_string(i) + " " + std::to_string(now_ns()), kEventBytes));
  }
  link.wait_for_acknowledgements();
  auto micros = consumer.numbers();
  link.remove_stream(stream);
  return micros;
}

double JetStream::pipeline(std::size_t commands, const std::string& redis_socket, std::size_t persons) {
  Link link(url_);
  const std::string stream = "pipeline-" + std::to_string(++streams_);
  link.make_stream(stream);
  Child consumer = Child::role("jetstream-pull", {url_, stream, std::to_string(commands), redis_socket, stream});
  consumer.line();
  const std::int64_t begun = now_ns();
  for (std::size_t i = 0; i < commands; ++i) link.publish(stream, EffectWriter::message(i, persons));
  link.wait_for_acknowledgements();
  const double seconds = (consumer.numbers().at(0) - static_cast<double>(begun)) / 1e9;
  consumer.wait();
  link.remove_stream(stream);
  return static_cast<double>(commands) / seconds;
}

Role jetstream_role(const std::string& name) {
  if (name == "jetstream-consume") return role_consume;
  if (name == "jetstream-latency") return role_latency;
  if (name == "jetstream-pull") return role_pull;
  return nullptr;
}

}  // namespace bridgework::bench
