#pragma once
// Asks any service of the group: finds who owns the lane, waits for the answer, and asks again when that is safe.

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "messages/envelope.values.hpp"
#include "runtime/lane.hpp"
#include "runtime/redis.hpp"
#include "runtime/wire.hpp"

namespace bridgework::runtime {

class Metrics;

/// One command or query on its way.
struct Call {
  enum class Kind { kCommand, kQuery };
  Kind kind = Kind::kCommand;
  std::string service;
  std::string key;            ///< routes it to a lane; a query may have none and then goes to any instance
  std::optional<Lane> lane;   ///< routes it instead of the key
  messages::Request request;  ///< the client gives the correlation
};

/// Sends calls and fetches on behalf of a whole process.
///
/// A socket belongs to one thread, and looking up an owner may wait for Redis; so the client has a thread of its own that sleeps until
/// a call, an answer or a due retry comes, and its callers stay event loops. What is open is bounded; one more is answered overloaded.
///
/// A call is sent again, with the same idempotency key, when its receiver is not the owner (any more), when the store is away, and when
/// nothing was heard for a second: the key makes that harmless. It is answered once, in any case shortly after its deadline:
/// `kUnavailable` when no owner could be reached at all, `kExpired` when a receiver stayed silent, so that nobody knows what was done.
class ServiceClient {
 public:
  struct Options {
    std::string group;
    Redis::Options redis;
    std::vector<std::string> bus_endpoints;  ///< of Fetch; the first is asked until it fails
    SocketOptions socket;                    ///< with our keys, for services on other machines
    std::size_t open_max = 4096;
    std::chrono::milliseconds table_age{2000};  ///< how old the table of owners may be while it is in use
    std::chrono::milliseconds silence{1000};    ///< after it a call is sent again
  };
  using Answered = std::function<void(messages::Reply)>;
  using Fetched = std::function<void(tl::expected<messages::FetchReply, std::string>)>;

  ServiceClient(Context& context, Options options, Metrics& metrics);
  /// Answers what is still open as unavailable.
  ~ServiceClient();
  ServiceClient(const ServiceClient&) = delete;
  ServiceClient& operator=(const ServiceClient&) = delete;

  /// From any thread. `answered` is called once, on the client's thread or, when the client is full, before this returns.
  void ask(Call call, Answered answered);

  /// Asks the bus. Fails with a sentence when the bus gives no answer within `wait_ms` and five seconds.
  void fetch(messages::Fetch fetch, Fetched fetched);

 private:
  struct Worker;
  std::unique_ptr<Worker> worker_;
};

}  // namespace bridgework::runtime
