#pragma once
// What the gateway asks of the rest of the suite. The tests put their own behind it.

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "messages/envelope.values.hpp"
#include "runtime/service_client.hpp"

namespace bridgework::gateway {

namespace asio = boost::asio;

class Backend {
 public:
  virtual ~Backend() = default;

  /// A command or query; always answered, at the latest shortly after its deadline.
  virtual asio::awaitable<messages::Reply> ask(runtime::Call call) = 0;

  /// A part of the log.
  virtual asio::awaitable<tl::expected<messages::FetchReply, std::string>> fetch(messages::Fetch fetch) = 0;

  /// Nothing when requests can be served, else a sentence that says why not.
  virtual asio::awaitable<std::optional<std::string>> not_ready() = 0;

  /// The state of the suite as JSON, or why it cannot be had.
  virtual asio::awaitable<tl::expected<std::string, std::string>> status() = 0;

  /// Every parked message of every service, in the order of the log within each.
  virtual asio::awaitable<tl::expected<std::vector<messages::Parked>, std::string>> parked() = 0;

  /// Lets a service that only consumes begin again at the first event (see runtime/admin.hpp).
  virtual asio::awaitable<tl::expected<bool, std::string>> rebuild(std::string service) = 0;
};

/// Asks all at the same time; the replies in the order of the calls.
asio::awaitable<std::vector<messages::Reply>> ask_all(Backend& backend, std::vector<runtime::Call> calls);

}  // namespace bridgework::gateway
