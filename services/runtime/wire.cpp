#include "runtime/wire.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cassert>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <sys/eventfd.h>
#include <unistd.h>
#include <zmq.h>

namespace bridgework::runtime {
namespace {

using namespace std::chrono_literals;

// Without this, received frames are slices of a read buffer and most are not aligned to a word. Its name is in the draft API only.
constexpr int kZeroCopyReceive = 10;

constexpr auto kHeartbeatEvery = 2000ms;
constexpr auto kHeartbeatTimeout = 6000ms;
// libzmq counts it in tenths in 16 bits: from 65.6 s on it wraps and every heartbeat disconnects.
constexpr auto kHeartbeatTtl = 6000ms;
static_assert(kHeartbeatTtl < 65500ms);
constexpr auto kHandshakeMax = 3000ms;
constexpr auto kReconnectFirst = 100ms;
constexpr auto kReconnectMax = 5000ms;
constexpr auto kLingerMax = 500ms;

// Without it a server with keys but no handler that answers lets any key in. Its name is in the draft API only.
constexpr int kZapEnforceDomain = 93;
// The property by which the gatekeeper tells a message's key.
constexpr char kKeyProperty[] = "Bridgework-Key";
// The I/O thread closes a listener some time after us.
constexpr auto kRebindWithin = 5s;
constexpr auto kRebindPause = 1ms;

std::atomic<bool> context_exists{false};

template <class Duration>
int milliseconds_of(Duration span) {
  return static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(span).count());
}

Fault fault_of(std::string_view doing, std::string_view endpoint) {
  return Fault{FaultKind::kInternal, std::string(doing) + " " + std::string(endpoint) + ": " + zmq_strerror(zmq_errno())};
}

/// `tcp://ADDRESS:PORT#PUBLIC_KEY` taken apart.
struct Target {
  std::string address;
  std::string server_key;  ///< empty: the server has none
};

Target target_of(const std::string& endpoint) {
  if (!endpoint.starts_with("tcp://")) return {endpoint, {}};
  const std::size_t hash = endpoint.find('#');
  if (hash == std::string::npos) return {endpoint, {}};
  return {endpoint.substr(0, hash), endpoint.substr(hash + 1)};
}

/// Whether a server there asks who comes in.
bool is_guarded(std::string_view endpoint, const SocketOptions& options) {
  return endpoint.starts_with("tcp://") && options.keys && options.gate != nullptr;
}

/// PHI never crosses a network in the clear: outside this machine a link needs keys.
bool stays_on_this_machine(std::string_view endpoint) {
  static constexpr std::array<std::string_view, 5> kLocal = {"ipc://", "inproc://", "tcp://127.0.0.1:", "tcp://localhost:", "tcp://[::1]:"};
  return std::any_of(kLocal.begin(), kLocal.end(), [&](std::string_view prefix) { return endpoint.substr(0, prefix.size()) == prefix; });
}

class Frame {
 public:
  Frame() { zmq_msg_init(&message_); }
  ~Frame() { zmq_msg_close(&message_); }
  Frame(const Frame&) = delete;
  Frame& operator=(const Frame&) = delete;

  /// A signal may interrupt it; what was there stays there.
  bool receive(void* socket) {
    for (;;) {
      if (zmq_msg_recv(&message_, socket, ZMQ_DONTWAIT) >= 0) return true;
      if (zmq_errno() != EINTR) return false;
    }
  }
  bool more() const { return zmq_msg_more(&message_) == 1; }
  std::string text() const {
    return std::string(static_cast<const char*>(zmq_msg_data(const_cast<zmq_msg_t*>(&message_))), zmq_msg_size(&message_));
  }
  /// Absent on a ROUTER's identity frame in libzmq 4.3.4: ask the body.
  std::string user() const { return property("User-Id"); }
  std::string key() const { return property(kKeyProperty); }

 private:
  std::string property(const char* name) const {
    const char* value = zmq_msg_gets(const_cast<zmq_msg_t*>(&message_), name);
    return value == nullptr ? std::string() : std::string(value);
  }

  zmq_msg_t message_;
};

enum class Reading { kNothing, kWrongShape, kMessage };

/// Reads a message of `least` to `most` frames, each given to `take`. Parts arrive together or not at all, so the rest of a longer one is
/// there to be thrown away.
template <class Take>
Reading read_frames(void* socket, std::size_t least, std::size_t most, Take take) {
  std::size_t read = 0;
  for (bool more = true; more; ++read) {
    Frame frame;
    if (!frame.receive(socket)) return read == 0 ? Reading::kNothing : Reading::kWrongShape;
    more = frame.more();
    if (read < most) take(frame);
  }
  return read < least || read > most ? Reading::kWrongShape : Reading::kMessage;
}

SendOutcome send_frame(void* socket, std::string_view bytes, int flags) {
  for (;;) {
    if (zmq_send(socket, bytes.data(), bytes.size(), ZMQ_DONTWAIT | flags) >= 0) return SendOutcome::kSent;
    const int error = zmq_errno();
    if (error == EINTR) continue;
    return error == EAGAIN ? SendOutcome::kFull : SendOutcome::kGone;
  }
}

/// The library keeps the parts of a message back until the last one is there, so none is sent when it refuses the first.
SendOutcome send_all(void* socket, std::span<const std::string_view> frames) {
  assert(!frames.empty() && frames.size() <= kFramesMax);
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const SendOutcome outcome = send_frame(socket, frames[i], i + 1 < frames.size() ? ZMQ_SNDMORE : 0);
    if (outcome != SendOutcome::kSent) return outcome;
  }
  return SendOutcome::kSent;
}

/// Binds where a socket of ours was bound until now.
template <class Bind>
auto bind_again(Bind bind) {
  const auto limit = std::chrono::steady_clock::now() + kRebindWithin;
  for (;;) {
    auto bound = bind();
    if (bound || zmq_errno() != EADDRINUSE || std::chrono::steady_clock::now() > limit) return bound;
    std::this_thread::sleep_for(kRebindPause);
  }
}

bool has_event(void* socket, int event) {
  int events = 0;
  std::size_t size = sizeof(events);
  return zmq_getsockopt(socket, ZMQ_EVENTS, &events, &size) == 0 && (events & event) != 0;
}

}  // namespace

Context::Context() : handle_(nullptr) {
  if (context_exists.exchange(true)) {
    std::fputs("a second ZeroMQ context in one process\n", stderr);
    std::abort();
  }
  handle_ = zmq_ctx_new();
  zmq_ctx_set(handle_, ZMQ_IO_THREADS, 1);
  zmq_ctx_set(handle_, kZeroCopyReceive, 0);
}

Context::~Context() {
  while (zmq_ctx_term(handle_) != 0 && zmq_errno() == EINTR) {
  }
  context_exists = false;
}

void Socket::Close::operator()(void* handle) const { zmq_close(handle); }

tl::expected<void, Fault> Socket::set(int option, int value) {
  if (zmq_setsockopt(handle_.get(), option, &value, sizeof(value)) == 0) return {};
  return tl::unexpected(fault_of("socket option", std::to_string(option)));
}

tl::expected<void, Fault> Socket::open(Socket& socket, Context& context, int type, const SocketOptions& options) {
  socket.handle_.reset(zmq_socket(context.handle(), type));
  if (!socket.handle_) return tl::unexpected(fault_of("socket", ""));
  const int linger = milliseconds_of(std::clamp<std::chrono::milliseconds>(options.linger, 0ms, kLingerMax));
  const std::pair<int, int> values[] = {{ZMQ_LINGER, linger},
                                        {ZMQ_SNDHWM, options.queue_messages_max},
                                        {ZMQ_RCVHWM, options.queue_messages_max},
                                        {ZMQ_HANDSHAKE_IVL, milliseconds_of(kHandshakeMax)},
                                        {ZMQ_HEARTBEAT_IVL, milliseconds_of(kHeartbeatEvery)},
                                        {ZMQ_HEARTBEAT_TIMEOUT, milliseconds_of(kHeartbeatTimeout)},
                                        {ZMQ_HEARTBEAT_TTL, milliseconds_of(kHeartbeatTtl)},
                                        {ZMQ_RECONNECT_IVL, milliseconds_of(kReconnectFirst)},
                                        {ZMQ_RECONNECT_IVL_MAX, milliseconds_of(kReconnectMax)}};
  for (const auto& [option, value] : values)
    if (auto set = socket.set(option, value); !set) return set;
  const std::int64_t bytes_max = options.message_bytes_max;
  if (zmq_setsockopt(socket.handle_.get(), ZMQ_MAXMSGSIZE, &bytes_max, sizeof(bytes_max)) != 0)
    return tl::unexpected(fault_of("socket option", "MAXMSGSIZE"));
  return {};
}

tl::expected<void, Fault> Socket::set(int option, const std::string& value) {
  if (zmq_setsockopt(handle_.get(), option, value.data(), value.size()) == 0) return {};
  return tl::unexpected(fault_of("socket option", std::to_string(option)));
}

tl::expected<void, Fault> Socket::bind(const std::string& endpoint, const SocketOptions& options) {
  const bool guarded = is_guarded(endpoint, options);
  if (!guarded && !stays_on_this_machine(endpoint)) {
    return tl::unexpected(Fault{FaultKind::kInternal, "bind " + endpoint + ": not on this machine, and without keys and a gate"});
  }
  if (guarded) {
    auto set_all = set(ZMQ_CURVE_SERVER, 1);
    if (set_all) set_all = set(ZMQ_CURVE_SECRETKEY, options.keys->secret_key);
    if (set_all) set_all = set(ZMQ_ZAP_DOMAIN, std::string(to_string(options.grant)));
    if (set_all) set_all = set(kZapEnforceDomain, 1);
    if (!set_all) return set_all;
  }
  if (zmq_bind(handle_.get(), endpoint.c_str()) != 0) return tl::unexpected(fault_of("bind", endpoint));
  std::array<char, 512> actual{};
  std::size_t size = actual.size();
  endpoint_ = zmq_getsockopt(handle_.get(), ZMQ_LAST_ENDPOINT, actual.data(), &size) == 0 ? std::string(actual.data()) : endpoint;
  if (guarded) endpoint_ += "#" + options.keys->public_key;
  return {};
}

tl::expected<void, Fault> Socket::connect(const std::string& endpoint, const SocketOptions& options) {
  const Target target = target_of(endpoint);
  const bool guarded = !target.server_key.empty();
  if (!guarded && !stays_on_this_machine(endpoint)) {
    return tl::unexpected(Fault{FaultKind::kInternal, "connect " + endpoint + ": not on this machine, and without a server's key"});
  }
  if (guarded) {
    if (!options.keys || !is_curve_key(target.server_key)) {
      return tl::unexpected(Fault{FaultKind::kInternal, "connect " + endpoint + ": this needs our own keys, and a key of the server"});
    }
    auto set_all = set(ZMQ_CURVE_SERVERKEY, target.server_key);
    if (set_all) set_all = set(ZMQ_CURVE_PUBLICKEY, options.keys->public_key);
    if (set_all) set_all = set(ZMQ_CURVE_SECRETKEY, options.keys->secret_key);
    if (!set_all) return set_all;
  }
  if (zmq_connect(handle_.get(), target.address.c_str()) != 0) return tl::unexpected(fault_of("connect", endpoint));
  endpoint_ = endpoint;
  return {};
}

tl::expected<Router, Fault> Router::bind(Context& context, const std::string& endpoint, const SocketOptions& options) {
  Router router;
  if (auto opened = open(router, context, ZMQ_ROUTER, options); !opened) return tl::unexpected(std::move(opened.error()));
  if (auto set = router.set(ZMQ_ROUTER_MANDATORY, 1); !set) return tl::unexpected(std::move(set.error()));
  if (auto bound = router.Socket::bind(endpoint, options); !bound) return tl::unexpected(std::move(bound.error()));
  router.context_ = &context;
  router.options_ = options;
  if (!is_guarded(endpoint, options)) router.options_.gate = nullptr;
  return router;
}

tl::expected<void, Fault> Router::cut() {
  handle_.reset();
  waiting_.clear();
  more_ = false;
  auto again = bind_again([this] { return bind(*context_, target_of(endpoint_).address, options_); });
  if (!again) return tl::unexpected(std::move(again.error()));
  handle_ = std::move(again->handle_);
  return {};
}

std::optional<Received> Router::receive() {
  while (waiting_.empty()) {
    std::string identity;
    bool first = true;
    const Reading reading = read_frames(handle(), 2, kFramesMax + 1, [&](const Frame& frame) {
      if (std::exchange(first, false)) {
        identity = frame.text();
        return;
      }
      Received received{identity, frame.text(), {}, {}};
      if (options_.gate != nullptr) {
        // Asked again for each: a key may be taken back while its link stands.
        auto principal = options_.gate->admitted(frame.key(), options_.grant);
        if (!principal || *principal != frame.user()) {
          ++not_admitted_count_;
          return;
        }
        received.user = std::move(*principal);
        received.key = frame.key();
      }
      waiting_.push_back(std::move(received));
    });
    if (reading == Reading::kNothing) return std::nullopt;
    if (reading == Reading::kWrongShape) {
      waiting_.clear();
      ++malformed_count_;
    }
  }
  Received received = std::move(waiting_.front());
  waiting_.pop_front();
  more_ = !waiting_.empty();
  return received;
}

bool Router::may(const Received& received, std::uint64_t type_id) const {
  return options_.gate == nullptr || options_.gate->may(received.key, options_.grant, type_id);
}

SendOutcome Router::send(const std::string& identity, std::span<const std::string_view> frames) {
  if (const SendOutcome outcome = send_frame(handle(), identity, ZMQ_SNDMORE); outcome != SendOutcome::kSent) return outcome;
  return send_all(handle(), frames);
}

tl::expected<Dealer, Fault> Dealer::connect(Context& context, const std::string& endpoint, const SocketOptions& options) {
  Dealer dealer;
  if (auto opened = open(dealer, context, ZMQ_DEALER, options); !opened) return tl::unexpected(std::move(opened.error()));
  if (auto set = dealer.set(ZMQ_IMMEDIATE, 1); !set) return tl::unexpected(std::move(set.error()));
  if (auto connected = dealer.Socket::connect(endpoint, options); !connected) return tl::unexpected(std::move(connected.error()));
  return dealer;
}

std::optional<std::string> Dealer::receive() {
  while (waiting_.empty()) {
    switch (read_frames(handle(), 1, kFramesMax, [this](const Frame& frame) { waiting_.push_back(frame.text()); })) {
      case Reading::kNothing: return std::nullopt;
      case Reading::kWrongShape:
        waiting_.clear();
        ++malformed_count_;
        break;
      case Reading::kMessage: break;
    }
  }
  std::string bytes = std::move(waiting_.front());
  waiting_.pop_front();
  more_ = !waiting_.empty();
  return bytes;
}

SendOutcome Dealer::send(std::span<const std::string_view> frames) { return send_all(handle(), frames); }

bool Dealer::writable() const { return has_event(handle(), ZMQ_POLLOUT); }

std::optional<Topic> Topic::of(std::string text) {
  if (text.size() > kBytesMax) return std::nullopt;
  return Topic(std::move(text));
}

tl::expected<Publisher, Fault> Publisher::bind(Context& context, const std::string& endpoint, const SocketOptions& options) {
  Publisher publisher;
  // XPUB_NODROP stays off: with it one stalled subscriber stops all of them.
  if (auto opened = open(publisher, context, ZMQ_XPUB, options); !opened) return tl::unexpected(std::move(opened.error()));
  if (auto bound = publisher.Socket::bind(endpoint, options); !bound) return tl::unexpected(std::move(bound.error()));
  publisher.context_ = &context;
  publisher.options_ = options;
  return publisher;
}

tl::expected<void, Fault> Publisher::cut() {
  handle_.reset();
  auto again = bind_again([this] { return bind(*context_, target_of(endpoint_).address, options_); });
  if (!again) return tl::unexpected(std::move(again.error()));
  handle_ = std::move(again->handle_);
  return {};
}

SendOutcome Publisher::send(const Topic& topic, std::string_view header, std::string_view payload) {
  if (const SendOutcome outcome = send_frame(handle(), topic.text(), ZMQ_SNDMORE); outcome != SendOutcome::kSent) return outcome;
  if (const SendOutcome outcome = send_frame(handle(), header, ZMQ_SNDMORE); outcome != SendOutcome::kSent) return outcome;
  return send_frame(handle(), payload, 0);
}

std::optional<Publisher::Change> Publisher::receive() {
  for (;;) {
    std::string text;
    if (read_frames(handle(), 1, 1, [&](const Frame& frame) { text = frame.text(); }) == Reading::kNothing) return std::nullopt;
    if (text.empty() || (text[0] != 0 && text[0] != 1)) continue;  // subscribers may send anything; only subscriptions mean something
    return Change{text[0] == 1 ? Change::Kind::kSubscribed : Change::Kind::kUnsubscribed, text.substr(1)};
  }
}

tl::expected<Subscriber, Fault> Subscriber::connect(Context& context, const std::string& endpoint, std::span<const std::string> prefixes,
                                                    const SocketOptions& options) {
  if (prefixes.size() > kPrefixesMax) return tl::unexpected(Fault{FaultKind::kInternal, "too many subscriptions on one socket"});
  Subscriber subscriber;
  if (auto opened = open(subscriber, context, ZMQ_SUB, options); !opened) return tl::unexpected(std::move(opened.error()));
  for (const std::string& prefix : prefixes)
    if (zmq_setsockopt(subscriber.handle(), ZMQ_SUBSCRIBE, prefix.data(), prefix.size()) != 0)
      return tl::unexpected(fault_of("subscribe", endpoint));
  if (auto connected = subscriber.Socket::connect(endpoint, options); !connected) return tl::unexpected(std::move(connected.error()));
  return subscriber;
}

std::optional<Subscriber::Message> Subscriber::receive() {
  for (;;) {
    std::vector<std::string> frames;
    switch (read_frames(handle(), 3, 3, [&](const Frame& frame) { frames.push_back(frame.text()); })) {
      case Reading::kNothing: return std::nullopt;
      case Reading::kWrongShape: continue;
      case Reading::kMessage: return Message{std::move(frames[0]), std::move(frames[1]), std::move(frames[2])};
    }
  }
}

Wakeup::Wakeup() : descriptor_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (descriptor_ < 0) std::abort();
}

Wakeup::~Wakeup() { ::close(descriptor_); }

void Wakeup::wake() {
  const std::uint64_t one = 1;
  // Fails only when 2^64-2 calls wait already, and then the sleeper is awake.
  [[maybe_unused]] const auto written = ::write(descriptor_, &one, sizeof(one));
}

void Wakeup::clear() {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto read = ::read(descriptor_, &count, sizeof(count));
}

bool wait(std::span<Watch> watches, std::chrono::milliseconds timeout) {
  std::vector<zmq_pollitem_t> items;
  std::vector<Watch*> asked;
  items.reserve(watches.size());
  asked.reserve(watches.size());
  bool has_more = false;
  for (Watch& watch : watches) {
    watch.ready = false;
    if (watch.socket == nullptr && watch.descriptor < 0) continue;
    const int events = ZMQ_POLLIN | (watch.for_space ? ZMQ_POLLOUT : 0);
    has_more = has_more || (watch.socket != nullptr && watch.socket->has_more());
    items.push_back({watch.socket == nullptr ? nullptr : watch.socket->handle(), watch.descriptor, static_cast<short>(events), 0});
    asked.push_back(&watch);
  }
  const long most = has_more ? 0 : std::max<long>(0, static_cast<long>(timeout.count()));
  const int ready = zmq_poll(items.data(), static_cast<int>(items.size()), most);
  for (std::size_t i = 0; i < items.size(); ++i) {
    asked[i]->ready = (ready > 0 && items[i].revents != 0) || (asked[i]->socket != nullptr && asked[i]->socket->has_more());
  }
  return ready > 0 || has_more;
}

}  // namespace bridgework::runtime
