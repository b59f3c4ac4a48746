#pragma once
// Who comes in over links that leave the machine: CURVE proves whose key it is, ZAP asks here whether that key is known.
//
// Fails closed at every step: without an answer from here libzmq lets nobody in, a list that cannot be read stops the start, and a start
// at which a random key is not turned away is none.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <variant>
#include <vector>

#include <tl/expected.hpp>

#include "runtime/curve.hpp"
#include "runtime/metrics.hpp"
#include "runtime/principals.hpp"
#include "runtime/settings.hpp"
#include "runtime/wire.hpp"

namespace bridgework::runtime {

/// What libzmq asks at a handshake (ZMQ RFC 27).
struct ZapRequest {
  std::string request_id;
  std::string domain;
  std::string public_key;  ///< as text
};

/// The request in these frames, or the id to refuse it under: empty when not even that can be read.
std::variant<ZapRequest, std::string> read_zap_request(std::span<const std::string> frames);

/// Answers libzmq's questions, on a thread of its own, from a list of principals that it reads again when the file changes. One per
/// process, made before any socket binds and destroyed after all are closed.
///
/// A list that cannot be read leaves the one before in force, with an error in the log: a slip of the pen must not lock everybody out, and
/// shutting somebody out is done by a list that can be read.
class Gatekeeper : public Gate {
 public:
  /// Reads the list, answers from then on, and tries itself: a random key must be turned away and a known one let in.
  static tl::expected<std::unique_ptr<Gatekeeper>, std::string> start(Context& context, const CurveKeys& keys, const std::string& list,
                                                                      Metrics& metrics);
  ~Gatekeeper() override;
  Gatekeeper(const Gatekeeper&) = delete;
  Gatekeeper& operator=(const Gatekeeper&) = delete;

  std::optional<std::string> admitted(std::string_view public_key, Grant grant) const override;
  bool may(std::string_view public_key, Grant grant, std::uint64_t type_id) const override;

  /// Rises whenever a list takes something away from somebody: time for servers whose links carry answers to cut them.
  std::uint64_t revocations() const { return revocations_; }

  /// Lists read since the start, the first not counted.
  std::uint64_t lists_read() const { return static_cast<std::uint64_t>(lists_read_.value()); }
  std::uint64_t lists_refused() const { return static_cast<std::uint64_t>(lists_refused_.value()); }

 private:
  Gatekeeper(void* socket, CurveKeys self_test, std::string list, Principals principals, Metrics& metrics);

  void run(const std::stop_token& stop);
  void answer();
  void look_at_list();
  std::shared_ptr<const Principals> list() const;
  tl::expected<void, std::string> try_itself(Context& context, const CurveKeys& keys);

  void* const socket_;
  const CurveKeys self_test_;
  const std::string list_;
  std::string list_seen_;  ///< what the file was when it was last read

  mutable std::mutex mutex_;
  std::shared_ptr<const Principals> principals_;
  std::atomic<std::uint64_t> revocations_{0};
  Counter admitted_, refused_, malformed_, lists_read_, lists_refused_;
  Wakeup wakeup_;
  std::jthread thread_;
};

/// Connects with a random key and with `known` to a server of its own that asks the context's gatekeeper; says what is wrong when the first
/// is not turned away, or the second not let in as `principal`, within `limit`.
tl::expected<void, std::string> try_gate(Context& context, const CurveKeys& server, const Gate& gate, const CurveKeys& known,
                                         std::string_view principal, std::chrono::milliseconds limit);

/// What a process shows, and whom it asks, on links that leave the machine. Without settings for it: nothing, and no such links.
class Credentials {
 public:
  static tl::expected<Credentials, std::string> open(Context& context, const ProcessSettings& settings, Metrics& metrics);

  /// `base`, for a socket that serves `grant`.
  SocketOptions serving(Grant grant, SocketOptions base = {}) const;
  /// `base`, for a socket that asks others.
  SocketOptions asking(SocketOptions base = {}) const;

  const Gatekeeper* gatekeeper() const { return gatekeeper_.get(); }

 private:
  std::optional<CurveKeys> keys_;
  std::unique_ptr<Gatekeeper> gatekeeper_;
};

/// Where a process with two sockets is reached: both endpoints from `tcp://ADDRESS` (any free ports) or `tcp://ADDRESS:PORT` (that one and
/// the next).
tl::expected<std::pair<std::string, std::string>, std::string> endpoint_pair(const std::string& endpoint);

/// The parts of a comma-separated list, without spaces.
std::vector<std::string> endpoint_list(std::string_view text);

}  // namespace bridgework::runtime
