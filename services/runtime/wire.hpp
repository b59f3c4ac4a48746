#pragma once
// ZeroMQ as the suite uses it. Everything of the library stays in wire.cpp, curve.cpp and zap.cpp; nothing here throws.
//
// A socket belongs to the thread that made it. Every option is set before bind or connect, because a socket cannot be had in any other
// way; changing the bound of a queue later can crash libzmq.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "runtime/curve.hpp"
#include "runtime/principals.hpp"
#include "runtime/redis.hpp"

namespace bridgework::runtime {

/// The library's threads: one per process, made in main before every socket and destroyed after them. A second one at the same time is a
/// bug and ends the process, because closing one would take libsodium's random numbers from the other.
class Context {
 public:
  Context();
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  void* handle() const { return handle_; }

 private:
  void* handle_;
};

/// Knows who may come in over a link that leaves this machine: Gatekeeper, of zap.hpp.
class Gate {
 public:
  virtual ~Gate() = default;
  /// The principal whose key this is, if it may do that now; nothing otherwise. Safe from any thread.
  virtual std::optional<std::string> admitted(std::string_view public_key, Grant grant) const = 0;
  /// Whether whoever has that key may send or read messages of that type. Safe from any thread.
  virtual bool may(std::string_view public_key, Grant grant, std::uint64_t type_id) const {
    (void)type_id;
    return admitted(public_key, grant).has_value();
  }
};

/// An endpoint is `ipc://…`, `inproc://…`, `tcp://ADDRESS:PORT`, or `tcp://ADDRESS:PORT#PUBLIC_KEY` where the server proves that the key is
/// its own. Without keys on both sides nothing leaves this machine: binding or connecting elsewhere is a fault.
struct SocketOptions {
  int queue_messages_max = 1000;                     ///< in each direction and per peer; beyond it a send is refused or, on Live, dropped
  std::int64_t message_bytes_max = 8 * 1024 * 1024;  ///< a peer that sends more is disconnected before its bytes are stored
  std::chrono::milliseconds linger{0};               ///< how long closing waits for what was not sent yet; at most 500 ms
  std::optional<CurveKeys> keys = std::nullopt;      ///< what a TCP link is encrypted with, and what we prove to be
  const Gate* gate = nullptr;                        ///< of a server on TCP that has `keys`; outlives the socket
  Grant grant = Grant::kSelfTest;                    ///< what a server asks its gate for
};

/// What became of a message. One that is not kSent is still with the caller and nobody else will ever see it.
enum class SendOutcome {
  kSent,
  kGone,  ///< the peer is not there any more
  kFull,  ///< its queue is full: later, or never
};

/// A handle that closes itself. Its thread alone may use it.
class Socket {
 public:
  Socket(Socket&&) noexcept = default;
  Socket& operator=(Socket&&) noexcept = default;

  void* handle() const { return handle_.get(); }
  /// Where it is bound or connected, with the port the system chose for `tcp://127.0.0.1:*` and the key the server has: whom it is told can
  /// connect.
  const std::string& endpoint() const { return endpoint_; }
  /// Whether a part of a message that has been taken from the library is still to be handed out.
  bool has_more() const { return more_; }

 protected:
  Socket() = default;
  static tl::expected<void, Fault> open(Socket& socket, Context& context, int type, const SocketOptions& options);
  tl::expected<void, Fault> bind(const std::string& endpoint, const SocketOptions& options);
  tl::expected<void, Fault> connect(const std::string& endpoint, const SocketOptions& options);
  tl::expected<void, Fault> set(int option, int value);
  tl::expected<void, Fault> set(int option, const std::string& value);

  struct Close {
    void operator()(void* handle) const;
  };
  std::unique_ptr<void, Close> handle_;
  std::string endpoint_;
  bool more_ = false;
};

/// Between a Dealer and a Router a message is one to so many frames, each a request or a reply by itself: what is ready at one moment for
/// one peer goes as one, because the library wakes a thread for every message. A longer one is of the wrong shape.
constexpr std::size_t kFramesMax = 64;

/// A message from one of many peers. The bytes are a copy in memory of its own, so they are aligned for Cap'n Proto and outlive the
/// socket.
struct Received {
  std::string identity;  ///< names the peer's connection for `Router::send`; proves nothing about who it is
  std::string bytes;
  std::string user;  ///< the principal the peer has proved to be; empty on links of this machine, which ask nobody
  std::string key;   ///< its public key; empty likewise
};

/// The side that serves many peers: commands, queries, Fetch.
class Router : public Socket {
 public:
  static tl::expected<Router, Fault> bind(Context& context, const std::string& endpoint, const SocketOptions& options = {});

  /// The next message, or nothing when there is none now. Messages of the wrong shape are dropped and counted; so are those of a peer whose
  /// key is not admitted any more, though its link still stands.
  std::optional<Received> receive();
  /// Whether its sender may send or read messages of that type here.
  bool may(const Received& received, std::uint64_t type_id) const;
  /// Never waits and never drops in silence. At most kFramesMax frames, of which all are sent or none.
  [[nodiscard]] SendOutcome send(const std::string& identity, std::span<const std::string_view> frames);
  [[nodiscard]] SendOutcome send(const std::string& identity, std::string_view bytes) { return send(identity, std::span(&bytes, 1)); }

  /// Cuts every link: each peer comes back by itself and shows its key anew. What was queued is gone, as with any broken link. On a fault
  /// there is no socket any more.
  tl::expected<void, Fault> cut();

  std::uint64_t malformed_count() const { return malformed_count_; }
  std::uint64_t not_admitted_count() const { return not_admitted_count_; }

 private:
  Context* context_ = nullptr;
  SocketOptions options_;
  std::deque<Received> waiting_;  ///< of the message that was read last
  std::uint64_t malformed_count_ = 0;
  std::uint64_t not_admitted_count_ = 0;
};

/// The side that asks one server. Nothing is queued for a server that is not there, so no command is carried out long after its sender
/// has given up; that is why kFull also says "not connected (yet)". Tries to connect again after 100 ms, then ever more rarely up to 5 s.
class Dealer : public Socket {
 public:
  static tl::expected<Dealer, Fault> connect(Context& context, const std::string& endpoint, const SocketOptions& options = {});

  std::optional<std::string> receive();
  /// At most kFramesMax frames, of which all are sent or none.
  [[nodiscard]] SendOutcome send(std::span<const std::string_view> frames);
  [[nodiscard]] SendOutcome send(std::string_view bytes) { return send(std::span(&bytes, 1)); }
  /// Whether the server is there and would take a message now.
  bool writable() const;

  std::uint64_t malformed_count() const { return malformed_count_; }

 private:
  std::deque<std::string> waiting_;  ///< of the message that was read last
  std::uint64_t malformed_count_ = 0;
};

/// What a Live message is about. Longer ones do not exist: libzmq 4.3.4 corrupts topics of 246 to 255 bytes.
class Topic {
 public:
  static constexpr std::size_t kBytesMax = 240;
  static std::optional<Topic> of(std::string text);
  const std::string& text() const { return text_; }

 private:
  explicit Topic(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

/// One-way to whoever listens. A subscriber that does not keep up loses messages without a word, here and there, so that it cannot stop
/// the others; beacons tell it.
class Publisher : public Socket {
 public:
  static tl::expected<Publisher, Fault> bind(Context& context, const std::string& endpoint, const SocketOptions& options = {});

  [[nodiscard]] SendOutcome send(const Topic& topic, std::string_view header, std::string_view payload);

  struct Change {
    enum class Kind { kSubscribed, kUnsubscribed } kind;
    std::string prefix;
  };
  /// The next first subscription to a prefix, or end of the last one. Must be read until empty: libzmq keeps them without bound.
  std::optional<Change> receive();

  /// As `Router::cut`. Subscribers say again what they want to hear; nobody tells that the others have gone.
  tl::expected<void, Fault> cut();

 private:
  Context* context_ = nullptr;
  SocketOptions options_;
};

/// Hears a Publisher. Few prefixes only: beyond the queue's bound libzmq drops subscriptions silently.
class Subscriber : public Socket {
 public:
  struct Message {
    std::string topic, header, payload;
  };
  static constexpr std::size_t kPrefixesMax = 200;
  static tl::expected<Subscriber, Fault> connect(Context& context, const std::string& endpoint, std::span<const std::string> prefixes,
                                                 const SocketOptions& options = {});
  std::optional<Message> receive();
};

/// Wakes a thread that waits in `wait`. `wake` may be called from any thread; several calls before the sleeper looks are one.
class Wakeup {
 public:
  Wakeup();
  ~Wakeup();
  Wakeup(const Wakeup&) = delete;
  Wakeup& operator=(const Wakeup&) = delete;

  void wake();
  void clear();
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

/// One thing to wait for, and after `wait` whether it has come. Neither socket nor descriptor: never ready.
struct Watch {
  const Socket* socket = nullptr;  ///< or
  int descriptor = -1;             ///< readable
  bool for_space = false;          ///< also wake when `socket` would take a message
  bool ready = false;
};

/// Waits until something is ready, a signal arrives or the time has passed; never longer. Asks the sockets themselves, so nothing that is
/// already queued is slept on (ZMQ_FD reports changes only). Returns whether anything is ready.
bool wait(std::span<Watch> watches, std::chrono::milliseconds timeout);

}  // namespace bridgework::runtime
