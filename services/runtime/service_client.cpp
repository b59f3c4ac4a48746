#include "runtime/service_client.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <sstream>
#include <thread>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "messages/envelope.codec.hpp"
#include "runtime/clock.hpp"
#include "runtime/keys.hpp"
#include "runtime/lane.hpp"
#include "runtime/log.hpp"
#include "runtime/metrics.hpp"

namespace bridgework::runtime {
namespace {

using Steady = std::chrono::steady_clock;
using TimePoint = Steady::time_point;
using std::chrono::milliseconds;

constexpr milliseconds kIdleWait{30'000};
constexpr milliseconds kBackOffFirst{10};
constexpr milliseconds kBackOffLast{250};
// How often a stale table may be read again: many calls find out at the same time.
constexpr milliseconds kRefreshPause{40};
constexpr milliseconds kFetchGrace{5'000};
// Past its deadline a call waits this little longer for the receiver's own word about it.
constexpr milliseconds kDeadlineGrace{20};
// Following hints without a look at the table could go round in circles.
constexpr int kHintsFollowedMax = 3;

struct Instance {
  std::string name;
  std::int64_t alive_until_ms = 0;
  std::string commands, queries;
};

/// Who owns what in one service, as Redis last said.
struct Table {
  std::array<std::string, kLaneCount> owners;
  std::map<std::string, Instance, std::less<>> instances;
  std::optional<TimePoint> read_at;
  TimePoint used_at{};
  std::size_t turn = 0;
};

struct Open {
  std::variant<Call, messages::Fetch> what;
  ServiceClient::Answered answered;
  ServiceClient::Fetched fetched;
  std::string bytes;
  TimePoint asked_at{};
  TimePoint deadline{};
  TimePoint next_try{};         ///< when to do something about it if nothing is heard
  std::string endpoint;         ///< where it was sent or waits to be sent; empty: nowhere yet
  std::uint64_t queued_in = 0;  ///< the number of the link in whose `unsent` it is
  bool sent = false;            ///< at least once, to anybody
  milliseconds back_off = kBackOffFirst;
  int hints_followed = 0;
  std::optional<messages::Reply> last;  ///< the latest answer that was not final
};

struct Link {
  Dealer dealer;
  std::uint64_t number;
  std::deque<std::uint64_t> unsent;  ///< some of them answered, given up or sent elsewhere in the meantime
  bool readable = false;             ///< said by the last wait
  std::optional<TimePoint> stuck_since = std::nullopt;
};

messages::Reply reply_of(messages::Outcome outcome, std::string code, std::string detail) {
  messages::Reply reply;
  reply.outcome = outcome;
  reply.code = std::move(code);
  reply.detail = std::move(detail);
  return reply;
}

}  // namespace

struct ServiceClient::Worker {
  Worker(Context& context, Options options, Metrics& metrics)
      : context(context),
        options(std::move(options)),
        redis(this->options.redis),
        keys{this->options.group, {}},
        calls(metrics.counter("bridgework_client_calls_total", "Commands and queries sent to services.")),
        repeats(metrics.counter("bridgework_client_repeats_total", "Calls sent again: owner moved, store away, or silence.")),
        unanswered(metrics.counter("bridgework_client_unanswered_total", "Calls given up at their deadline.")),
        refused_full(metrics.counter("bridgework_client_refused_full_total", "Calls refused because too many were open.")),
        unread(metrics.counter("bridgework_client_unreadable_replies_total", "Replies dropped because they could not be read.")),
        round_trip(metrics.histogram("bridgework_client_round_trip_seconds", "From a call to its answer.")) {
    thread = std::thread([this] { run(); });
  }

  ~Worker() {
    stopping = true;
    wakeup.wake();
    thread.join();
  }

  // ---- from any thread

  struct Job {
    std::variant<Call, messages::Fetch> what;
    Answered answered;
    Fetched fetched;
  };

  /// False when the client is full.
  bool submit(Job& job) {
    {
      const std::lock_guard lock(mutex);
      if (open_count >= options.open_max) return false;
      ++open_count;
      inbox.push_back(std::move(job));
    }
    wakeup.wake();
    return true;
  }

  // ---- on the worker's thread

  void run() {
    while (!stopping) {
      take_inbox();
      receive_all();
      retry_due();
      flush_unsent();
      sleep();
    }
    take_inbox();
    while (!open.empty()) {
      const auto correlation = open.begin()->first;
      finish_call(correlation, reply_of(messages::Outcome::kUnavailable, "stopping", "the process is stopping"));
    }
    links.clear();
  }

  void take_inbox() {
    wakeup.clear();
    std::vector<Job> jobs;
    {
      const std::lock_guard lock(mutex);
      jobs.swap(inbox);
    }
    const TimePoint now = Steady::now();
    for (Job& job : jobs) {
      const std::uint64_t correlation = ++last_correlation;
      Open one;
      one.asked_at = now;
      one.answered = std::move(job.answered);
      one.fetched = std::move(job.fetched);
      one.what = std::move(job.what);
      if (auto* call = std::get_if<Call>(&one.what)) {
        calls.add();
        call->request.correlation = correlation;
        const auto left = call->request.deadline - system_now();
        one.deadline = now + left + kDeadlineGrace;
        one.bytes = encode(call->request);
        call->request.body.clear();
      } else {
        auto& fetch = std::get<messages::Fetch>(one.what);
        fetch.correlation = correlation;
        one.deadline = now + milliseconds{fetch.wait_ms} + kFetchGrace;
        one.bytes = encode(fetch);
      }
      next_deadline = std::min(next_deadline, one.deadline);
      const auto [it, inserted] = open.emplace(correlation, std::move(one));
      dispatch(it->first, it->second, {});
    }
  }

  /// Sends to `endpoint`, or to whom the table names when it is empty.
  void dispatch(std::uint64_t correlation, Open& one, std::string endpoint) {
    const TimePoint now = Steady::now();
    if (endpoint.empty()) endpoint = target_of(one, now);
    if (endpoint.empty()) {
      one.endpoint.clear();
      back_off(one, now);
      return;
    }
    Link* link = link_to(endpoint);
    if (link == nullptr) {
      back_off(one, now);
      return;
    }
    one.endpoint = std::move(endpoint);
    if (one.queued_in == link->number) {
      back_off(one, now);  // it did not take it the last time
      return;
    }
    one.queued_in = link->number;
    link->unsent.push_back(correlation);
    act_at(one, now + one.back_off);
  }

  void act_at(Open& one, TimePoint when) {
    one.next_try = when;
    next_due = std::min(next_due, when);
  }

  /// All that is ready for a link goes in as few messages as can be.
  void flush_unsent() {
    const TimePoint now = Steady::now();
    std::vector<Open*> asked;
    std::vector<std::string_view> frames;
    for (auto& [endpoint, link] : links) {
      while (!link.unsent.empty()) {
        if (!link.dealer.writable()) {
          renew(endpoint, link, now);
          break;
        }
        asked.clear();
        frames.clear();
        for (; !link.unsent.empty() && asked.size() < kFramesMax; link.unsent.pop_front()) {
          const auto it = open.find(link.unsent.front());
          if (it == open.end() || it->second.queued_in != link.number) continue;
          it->second.queued_in = 0;
          if (it->second.endpoint != endpoint) continue;
          asked.push_back(&it->second);
          frames.push_back(it->second.bytes);
        }
        if (asked.empty()) continue;
        if (link.dealer.send(frames) != SendOutcome::kSent) {
          for (Open* one : asked) back_off(*one, now);
          break;
        }
        link.stuck_since.reset();
        for (Open* one : asked) {
          one->sent = true;
          // A parked fetch is silent by intention.
          const auto* fetch = std::get_if<messages::Fetch>(&one->what);
          act_at(*one, now + options.silence + milliseconds{fetch == nullptr ? 0 : fetch->wait_ms});
        }
      }
    }
  }

  /// libzmq never knocks again where our key was once turned away, but the list there may have changed since.
  void renew(const std::string& endpoint, Link& link, TimePoint now) {
    if (!options.socket.keys) return;
    if (!link.stuck_since) link.stuck_since = now;
    if (now - *link.stuck_since < options.silence) return;
    if (auto dealer = Dealer::connect(context, endpoint, options.socket)) link.dealer = std::move(*dealer);
    link.stuck_since.reset();
  }

  void back_off(Open& one, TimePoint now) {
    act_at(one, now + one.back_off);
    one.back_off = std::min(one.back_off * 2, kBackOffLast);
  }

  std::string target_of(Open& one, TimePoint now) {
    const auto* call = std::get_if<Call>(&one.what);
    if (call == nullptr) {
      // Asked again: that bus is not there, or has said nothing for too long.
      if (!one.endpoint.empty()) ++bus_turn;
      return options.bus_endpoints.empty() ? std::string{} : options.bus_endpoints[bus_turn % options.bus_endpoints.size()];
    }
    Table& table = tables[call->service];
    table.used_at = now;
    if (!table.read_at || now - *table.read_at > options.table_age) refresh(call->service, table, now);
    return call->kind == Call::Kind::kCommand ? owner_of(table, call->lane.value_or(lane_of(call->key))) : any_of(table, call->key);
  }

  static std::string owner_of(const Table& table, Lane lane) {
    const auto owner = table.instances.find(table.owners[lane]);
    return owner == table.instances.end() ? std::string{} : owner->second.commands;
  }

  /// The lane's owner has it in its cache, so it is the better one to ask; without a key, or when it is gone, everybody in turn.
  static std::string any_of(Table& table, std::string_view key) {
    // Leases are kept on the machine's clock, whatever a test does to ours.
    const std::int64_t now_ms = std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
    std::vector<const Instance*> alive;
    for (const auto& [name, instance] : table.instances) {
      if (instance.alive_until_ms > now_ms && !instance.queries.empty()) alive.push_back(&instance);
    }
    if (alive.empty()) {
      // Our clock may be the wrong one.
      for (const auto& [name, instance] : table.instances) {
        if (!instance.queries.empty()) alive.push_back(&instance);
      }
    }
    if (alive.empty()) return {};
    if (!key.empty()) {
      const auto owner = std::ranges::find(alive, table.owners[lane_of(key)], &Instance::name);
      if (owner != alive.end()) return (*owner)->queries;
    }
    return alive[table.turn++ % alive.size()]->queries;
  }

  void refresh(const std::string& service, Table& table, TimePoint now) {
    if (table.read_at && now - *table.read_at < kRefreshPause) return;
    keys.service = service;
    auto read = redis.pipeline({{"HGETALL", keys.lanes()}, {"HGETALL", keys.instances()}});
    table.read_at = now;
    if (!read || read->size() != 2) {
      if (!redis_away)
        log_event(Level::kWarning, "client_table_unread", {{"service", service}, {"what", read ? "bad answer" : read.error().what}});
      redis_away = true;
      return;
    }
    redis_away = false;
    read_owners((*read)[0], table);
    read_instances((*read)[1], table);
    drop_unused_links();
  }

  static void read_owners(const RedisValue& hash, Table& table) {
    table.owners.fill({});
    for (std::size_t i = 0; i + 1 < hash.items.size(); i += 2) {
      const std::string& field = hash.items[i].text;
      if (field.size() < 2 || field.front() != 'o') continue;
      unsigned lane = kLaneCount;
      std::from_chars(field.data() + 1, field.data() + field.size(), lane);
      if (lane < kLaneCount) table.owners[lane] = hash.items[i + 1].text;
    }
  }

  static void read_instances(const RedisValue& hash, Table& table) {
    table.instances.clear();
    for (std::size_t i = 0; i + 1 < hash.items.size(); i += 2) {
      Instance instance;
      instance.name = hash.items[i].text;
      std::istringstream words(hash.items[i + 1].text);
      words >> instance.alive_until_ms >> instance.commands >> instance.queries;
      if (!instance.commands.empty()) table.instances.insert_or_assign(instance.name, std::move(instance));
    }
  }

  Link* link_to(const std::string& endpoint) {
    if (const auto it = links.find(endpoint); it != links.end()) return &it->second;
    auto dealer = Dealer::connect(context, endpoint, options.socket);
    if (!dealer) {
      log_event(Level::kWarning, "client_link_failed", {{"endpoint", endpoint}, {"what", dealer.error().what}});
      return nullptr;
    }
    return &links.emplace(endpoint, Link{std::move(*dealer), ++last_link, {}}).first->second;
  }

  void drop_unused_links() {
    std::set<std::string_view> wanted(options.bus_endpoints.begin(), options.bus_endpoints.end());
    for (const auto& [service, table] : tables) {
      for (const auto& [name, instance] : table.instances) wanted.insert({instance.commands, instance.queries});
    }
    for (const auto& [correlation, one] : open) wanted.insert(one.endpoint);
    std::erase_if(links, [&](const auto& link) { return !wanted.contains(link.first); });
  }

  void receive_all() {
    // Answering may open and close links, so all is read first.
    std::vector<std::string> replies;
    std::vector<std::string> fetched;
    for (auto& [endpoint, link] : links) {
      if (!std::exchange(link.readable, false)) continue;
      auto& heard = std::ranges::find(options.bus_endpoints, endpoint) != options.bus_endpoints.end() ? fetched : replies;
      while (auto bytes = link.dealer.receive()) heard.push_back(std::move(*bytes));
    }
    for (const std::string& bytes : fetched) fetch_answer(bytes);
    for (const std::string& bytes : replies) call_answer(bytes);
  }

  void fetch_answer(const std::string& bytes) {
    auto reply = messages::decode_as<messages::FetchReply>(bytes);
    if (!reply) {
      unread.add();
      return;
    }
    const auto it = open.find(reply->correlation);
    if (it == open.end() || !it->second.fetched) return;
    const Fetched fetched = std::move(it->second.fetched);
    close(it);
    fetched(std::move(*reply));
  }

  void call_answer(const std::string& bytes) {
    auto reply = messages::decode_as<messages::Reply>(bytes);
    if (!reply) {
      unread.add();
      return;
    }
    const auto it = open.find(reply->correlation);
    // Sent twice, answered twice.
    if (it == open.end() || !it->second.answered) return;
    Open& one = it->second;
    const TimePoint now = Steady::now();
    if (reply->outcome == messages::Outcome::kNotOwner) {
      repeats.add();
      const std::string hint = std::move(reply->hint);
      if (!hint.empty() && hint != one.endpoint && one.hints_followed < kHintsFollowedMax) {
        ++one.hints_followed;
        dispatch(it->first, one, hint);
        return;
      }
      const auto& call = std::get<Call>(one.what);
      refresh(call.service, tables[call.service], now);
      one.endpoint.clear();
      one.hints_followed = 0;
      back_off(one, now);
      return;
    }
    if (reply->outcome == messages::Outcome::kUnavailable && now + one.back_off < one.deadline - kDeadlineGrace) {
      repeats.add();
      one.last = std::move(*reply);
      one.endpoint.clear();
      back_off(one, now);
      return;
    }
    finish_call(it->first, std::move(*reply));
  }

  void finish_call(std::uint64_t correlation, messages::Reply reply) {
    const auto it = open.find(correlation);
    const Answered answered = std::move(it->second.answered);
    const Fetched fetched = std::move(it->second.fetched);
    round_trip.observe(Steady::now() - it->second.asked_at);
    close(it);
    if (answered) answered(std::move(reply));
    if (fetched) fetched(tl::unexpected(std::move(reply.detail)));
  }

  void close(std::unordered_map<std::uint64_t, Open>::iterator it) {
    open.erase(it);
    const std::lock_guard lock(mutex);
    --open_count;
  }

  void retry_due() {
    const TimePoint now = Steady::now();
    if (now < next_due && now < next_deadline) return;
    next_due = next_deadline = now + kIdleWait;
    std::vector<std::uint64_t> late;
    for (auto& [correlation, one] : open) {
      if (now >= one.deadline) {
        late.push_back(correlation);
        continue;
      }
      if (now >= one.next_try) {
        if (one.sent) repeats.add();
        dispatch(correlation, one, {});
      }
      next_due = std::min(next_due, one.next_try);
      next_deadline = std::min(next_deadline, one.deadline);
    }
    for (const std::uint64_t correlation : late) give_up(correlation);
  }

  void give_up(std::uint64_t correlation) {
    unanswered.add();
    Open& one = open.at(correlation);
    if (one.last) return finish_call(correlation, std::move(*one.last));
    if (one.fetched) return finish_call(correlation, reply_of(messages::Outcome::kUnavailable, "bus_silent", "the bus does not answer"));
    if (one.sent) {
      return finish_call(correlation,
                         reply_of(messages::Outcome::kExpired, "no_answer",
                                  "the service did not answer in time; it may or may not have been done: send it again with the same key"));
    }
    finish_call(correlation,
                reply_of(messages::Outcome::kUnavailable, "no_owner", "no instance of the service can be reached; nothing was done"));
  }

  void sleep() {
    const TimePoint now = Steady::now();
    const auto until = std::chrono::ceil<milliseconds>(std::min(next_due, next_deadline) - now);
    watches.clear();
    watches.push_back({.descriptor = wakeup.descriptor()});
    for (const auto& [endpoint, link] : links) watches.push_back({.socket = &link.dealer, .for_space = !link.unsent.empty()});
    if (!wait(watches, std::max(milliseconds{0}, until))) return;
    std::size_t at = 1;
    for (auto& [endpoint, link] : links) link.readable = watches[at++].ready;
  }

  Context& context;
  const Options options;
  Redis redis;
  Keys keys;
  Counter calls, repeats, unanswered, refused_full, unread;
  Histogram round_trip;
  bool redis_away = false;

  std::unordered_map<std::uint64_t, Open> open;
  std::map<std::string, Link> links;
  std::map<std::string, Table> tables;
  std::vector<Watch> watches;
  std::uint64_t last_correlation = 0, last_link = 0;
  std::size_t bus_turn = 0;
  /// At or before the first of all that are open.
  TimePoint next_due{}, next_deadline{};

  std::mutex mutex;
  std::vector<Job> inbox;
  std::size_t open_count = 0;
  Wakeup wakeup;
  std::atomic<bool> stopping = false;
  std::thread thread;
};

ServiceClient::ServiceClient(Context& context, Options options, Metrics& metrics)
    : worker_(std::make_unique<Worker>(context, std::move(options), metrics)) {}

ServiceClient::~ServiceClient() = default;

void ServiceClient::ask(Call call, Answered answered) {
  Worker::Job job{std::move(call), std::move(answered), {}};
  if (worker_->submit(job)) return;
  worker_->refused_full.add();
  messages::Reply reply = reply_of(messages::Outcome::kOverloaded, "gateway_full", "too many requests are open; nothing was done");
  reply.retry_after_ms = 1000;
  job.answered(std::move(reply));
}

void ServiceClient::fetch(messages::Fetch fetch, Fetched fetched) {
  Worker::Job job{std::move(fetch), {}, std::move(fetched)};
  if (worker_->submit(job)) return;
  worker_->refused_full.add();
  job.fetched(tl::unexpected(std::string("too many requests are open")));
}

}  // namespace bridgework::runtime
