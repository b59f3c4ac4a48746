// Bytes of a connection, from the first one to the answer: the server's parser, the router, everything the gateway reads of a request.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/beast/http.hpp>
#include <string>

#include "gateway/gateway.hpp"
#include "gateway/json_text.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/unit/gateway/fake_backend.hpp"

namespace {

using namespace bridgework;
using namespace bridgework::gateway;

constexpr int kRequestsMax = 8;

/// Reads a little, then is gone.
class ImpatientReader : public BodyWriter {
 public:
  asio::awaitable<bool> write(std::string_view) override { co_return ++writes_ < 4; }

 private:
  int writes_ = 0;
};

void check(const HttpResponse& response) {
  fuzz::require(response.status >= 200 && response.status <= 599, "an answer has a status");
  for (const auto& [name, value] : response.headers) {
    fuzz::require(value.find_first_of("\r\n") == std::string::npos, "no header can be smuggled into an answer");
  }
  if (response.content_type.find("json") == std::string::npos || response.stream || response.body.empty()) return;
  fuzz::require(parse_json(response.body).has_value(), "an answer that says it is JSON is JSON");
}

class Edge {
 public:
  Edge() : config_(without_limits()), gateway_(config_, "g", forms_, keys(), backend_, metrics_) {
    backend_.on_call = [](const runtime::Call& call) {
      messages::Reply reply;
      // What became of it depends on the request, so that every kind of answer is made.
      reply.outcome = messages::kAllOutcome[call.request.body.size() / 8 % messages::kAllOutcome.size()];
      reply.code = "unknown_thing";
      return reply;
    };
    backend_.on_fetch = [this](const messages::Fetch&) -> tl::expected<messages::FetchReply, std::string> {
      if (backend_.fetches.size() > 3) return tl::unexpected(std::string("the bus is away"));
      return messages::FetchReply{};
    };
  }

  void converse(std::string_view bytes) {
    for (int n = 0; n < kRequestsMax && !bytes.empty(); ++n) {
      HttpParser parser;
      limit(parser, config_.limits());
      parser.eager(true);
      beast::error_code error;
      while (!bytes.empty() && !parser.is_done()) {
        const std::size_t used = parser.put(asio::const_buffer(bytes.data(), bytes.size()), error);
        bytes.remove_prefix(used);
        if (error || used == 0) break;
      }
      if (error || !parser.is_done()) return;
      const HttpRequest request = parser.release();
      fuzz::require(request.body().size() <= config_.limits().body_bytes_max, "a body is bounded");
      answer(request);
      if (!request.keep_alive()) return;
    }
  }

 private:
  static Config without_limits() {
    Config config;
    config.address_requests_per_second = 0;
    return config;
  }
  static ApiKeys keys() {
    ApiKeys keys;
    keys.add("admin", "fuzz-key-0123456789");
    return keys;
  }

  void answer(const HttpRequest& request) {
    backend_.calls.clear();
    backend_.fetches.clear();
    bool answered = false;
    context_.restart();
    asio::co_spawn(
        context_,
        [&]() -> asio::awaitable<void> {
          const HttpResponse response = co_await gateway_.answer(request, "192.0.2.7");
          check(response);
          ImpatientReader reader;
          if (response.stream) co_await response.stream(reader);
          answered = true;
        },
        asio::detached);
    context_.run();
    fuzz::require(answered, "every request is answered");
  }

  Config config_;
  FakeBackend backend_;
  runtime::Metrics metrics_{"gateway"};
  const Forms forms_;
  Gateway gateway_;
  asio::io_context context_{1};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Edge edge;
  edge.converse({reinterpret_cast<const char*>(data), size});
  return 0;
}
