#include "gateway/suite_backend.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <map>
#include <set>
#include <sstream>
#include <utility>

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "gateway/json_text.hpp"
#include "messages/catalogue.hpp"
#include "messages/codec.hpp"
#include "messages/envelope.codec.hpp"
#include "runtime/admin.hpp"
#include "runtime/keys.hpp"
#include "runtime/lane.hpp"

namespace bridgework::gateway {
namespace {

/// Waits for a value that `start` will hand to its callback, on whatever thread, once.
template <class T, class Start>
asio::awaitable<T> value_from(Start start) {
  const auto executor = co_await asio::this_coro::executor;
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(T)>(
      [executor, &start](auto handler) {
        auto waiting = std::make_shared<decltype(handler)>(std::move(handler));
        start([executor, waiting](T value) {
          asio::post(executor, [waiting, value = std::move(value)]() mutable { std::move (*waiting)(std::move(value)); });
        });
      },
      asio::use_awaitable);
}

std::vector<std::string> services_of_catalogue() {
  std::set<std::string> owners;
  for (const messages::MessageInfo& message : messages::all_messages()) {
    if (message.kind == messages::MessageKind::kCommand || message.kind == messages::MessageKind::kQuery) owners.emplace(message.owner);
  }
  return {owners.begin(), owners.end()};
}

using Fields = std::map<std::string, std::string>;

Fields fields_of(const runtime::RedisValue& hash) {
  Fields fields;
  for (std::size_t i = 0; i + 1 < hash.items.size(); i += 2) fields.emplace(hash.items[i].text, hash.items[i + 1].text);
  return fields;
}

std::uint64_t number_of(const Fields& fields, const std::string& name) {
  std::uint64_t number = 0;
  if (const auto it = fields.find(name); it != fields.end())
    std::from_chars(it->second.data(), it->second.data() + it->second.size(), number);
  return number;
}

/// One service's part of the status.
std::string service_status(const std::string& service, const Fields& lanes, const Fields& instances, std::int64_t parked,
                           std::uint64_t head) {
  const std::int64_t now_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  std::map<std::string, unsigned> owned;
  std::optional<std::uint64_t> checkpoint;  // a lane that never wrote one has everything before it
  for (unsigned lane = 0; lane < runtime::kLaneCount; ++lane) {
    const std::string number = std::to_string(lane);
    if (const auto owner = lanes.find("o" + number); owner != lanes.end() && !owner->second.empty()) ++owned[owner->second];
    const std::uint64_t at = number_of(lanes, "c" + number);
    checkpoint = std::min(checkpoint.value_or(at), at);
  }
  unsigned lanes_owned = 0;
  std::string listed;
  for (const auto& [name, words] : instances) {
    std::istringstream in(words);
    std::int64_t alive_until = 0;
    std::string commands;
    std::string queries;
    int http_port = 0;
    int pid = 0;
    in >> alive_until >> commands >> queries >> http_port >> pid;
    const bool alive = alive_until > now_ms;
    if (alive) lanes_owned += owned[name];
    listed += listed.empty() ? "{\"instance\":" : ",{\"instance\":";
    append_json_string(listed, name);
    listed += fmt::format(",\"alive\":{},\"lanes\":{},\"http_port\":{},\"pid\":{}}}", alive, owned[name], http_port, pid);
  }
  std::string out = "{\"service\":";
  append_json_string(out, service);
  out += fmt::format(",\"lanes_owned\":{},\"lanes_total\":{},\"parked\":{}", lanes_owned, runtime::kLaneCount, parked);
  if (checkpoint) out += fmt::format(",\"checkpoint\":{},\"lag\":{}", *checkpoint, head > *checkpoint ? head - *checkpoint : 0);
  return out + ",\"instances\":[" + listed + "]}";
}

}  // namespace

SuiteBackend::SuiteBackend(runtime::Context& context, runtime::ServiceClient::Options options, runtime::Metrics& metrics)
    : group_(options.group), services_(services_of_catalogue()), redis_(options.redis) {
  client_ = std::make_unique<runtime::ServiceClient>(context, std::move(options), metrics);
}

SuiteBackend::~SuiteBackend() { stop(); }

void SuiteBackend::stop() {
  client_.reset();
  pool_.join();
}

asio::awaitable<messages::Reply> SuiteBackend::ask(runtime::Call call) {
  co_return co_await value_from<messages::Reply>([&](auto done) { client_->ask(std::move(call), std::move(done)); });
}

asio::awaitable<tl::expected<messages::FetchReply, std::string>> SuiteBackend::fetch(messages::Fetch fetch) {
  using Fetched = tl::expected<messages::FetchReply, std::string>;
  co_return co_await value_from<Fetched>([&](auto done) { client_->fetch(std::move(fetch), std::move(done)); });
}

asio::awaitable<std::optional<std::string>> SuiteBackend::not_ready() {
  co_return co_await value_from<std::optional<std::string>>(
      [&](auto done) { asio::post(pool_, [this, done = std::move(done)] { done(look_ready()); }); });
}

asio::awaitable<tl::expected<std::string, std::string>> SuiteBackend::status() {
  co_return co_await value_from<tl::expected<std::string, std::string>>(
      [&](auto done) { asio::post(pool_, [this, done = std::move(done)] { done(look_status()); }); });
}

asio::awaitable<tl::expected<std::vector<messages::Parked>, std::string>> SuiteBackend::parked() {
  co_return co_await value_from<tl::expected<std::vector<messages::Parked>, std::string>>(
      [&](auto done) { asio::post(pool_, [this, done = std::move(done)] { done(look_parked()); }); });
}

asio::awaitable<tl::expected<bool, std::string>> SuiteBackend::rebuild(std::string service) {
  using Rebuilt = tl::expected<bool, std::string>;
  co_return co_await value_from<Rebuilt>([&](auto done) {
    asio::post(pool_, [this, service, done = std::move(done)] {
      const auto rebuilt = runtime::rebuild_service(redis_, runtime::Keys{group_, service});
      done(rebuilt ? Rebuilt(true) : Rebuilt(tl::unexpected("Redis cannot be reached: " + rebuilt.error().what)));
    });
  });
}

tl::expected<std::vector<messages::Parked>, std::string> SuiteBackend::look_parked() {
  std::vector<messages::Parked> out;
  for (const std::string& service : services_) {
    const auto parked = runtime::list_parked(redis_, runtime::Keys{group_, service});
    if (!parked) return tl::unexpected("Redis cannot be reached: " + parked.error().what);
    for (const std::string& bytes : *parked) {
      if (auto one = messages::decode_as<messages::Parked>(bytes)) out.push_back(std::move(*one));
    }
  }
  return out;
}

std::optional<std::string> SuiteBackend::look_ready() {
  const auto pong = redis_.run({"PING"});
  if (!pong) return "Redis cannot be reached: " + pong.error().what;
  return std::nullopt;
}

tl::expected<std::string, std::string> SuiteBackend::look_status() {
  std::vector<runtime::RedisCommand> commands;
  commands.push_back({"HGETALL", runtime::Keys{group_, {}}.meta()});
  for (const std::string& service : services_) {
    const runtime::Keys keys{group_, service};
    commands.push_back({"HGETALL", keys.lanes()});
    commands.push_back({"HGETALL", keys.instances()});
    for (runtime::Lane lane = 0; lane < runtime::kLaneCount; ++lane) commands.push_back({"HLEN", keys.parked(lane)});
  }
  const auto answers = redis_.pipeline(commands);
  if (!answers) return tl::unexpected("Redis cannot be reached: " + answers.error().what);
  const Fields meta = fields_of((*answers)[0]);
  const std::uint64_t head = number_of(meta, "head");
  std::string out = "{\"group\":";
  append_json_string(out, group_);
  out += ",\"incarnation\":";
  const auto incarnation = meta.find("inc");
  append_json_string(out, incarnation == meta.end() ? std::string_view{} : std::string_view(incarnation->second));
  out += fmt::format(",\"head\":{},\"services\":[", head);
  std::size_t at = 1;
  for (const std::string& service : services_) {
    const Fields lanes = fields_of((*answers)[at]);
    const Fields instances = fields_of((*answers)[at + 1]);
    std::int64_t parked = 0;
    for (unsigned lane = 0; lane < runtime::kLaneCount; ++lane) parked += (*answers)[at + 2 + lane].integer;
    at += 2 + runtime::kLaneCount;
    if (out.back() != '[') out += ',';
    out += service_status(service, lanes, instances, parked, head);
  }
  return out + "]}";
}

}  // namespace bridgework::gateway
