#pragma once
// HTTP/1.1 towards the world: connections, limits, time-outs. Knows nothing of what is asked.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tl/expected.hpp>

namespace bridgework::runtime {
class Metrics;
}

namespace bridgework::gateway {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

using HttpRequest = http::request<http::string_body>;

/// Where a long answer goes, piece by piece. Waits while the caller reads slowly, so nothing piles up here.
class BodyWriter {
 public:
  virtual ~BodyWriter() = default;
  /// False when the caller is gone or reads nothing for the write time-out; nothing more need be written then.
  virtual asio::awaitable<bool> write(std::string_view piece) = 0;
};

/// How a long answer ended.
enum class BodyEnd {
  kComplete,
  kBroken,  ///< the connection is cut, so that the caller cannot take a part for the whole
};

struct HttpResponse {
  unsigned status = 200;
  std::string content_type;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  /// Set: the body is what this writes, of a length not known before.
  std::function<asio::awaitable<BodyEnd>(BodyWriter&)> stream;
};

/// Answers one request of whoever is at `peer`, an address. `answer` may be called for many requests at a time, always on the server's
/// thread.
class HttpHandler {
 public:
  virtual ~HttpHandler() = default;
  virtual asio::awaitable<HttpResponse> answer(const HttpRequest& request, std::string_view peer) = 0;
};

struct HttpLimits {
  std::chrono::milliseconds header_timeout{15'000};
  std::chrono::milliseconds body_timeout{30'000};
  std::chrono::milliseconds write_timeout{30'000};
  std::chrono::milliseconds keep_alive{60'000};
  std::size_t header_bytes_max = 16 * 1024;  ///< a flood of headers ends here, with 431
  std::size_t body_bytes_max = 1024 * 1024;  ///< 413
  std::size_t connections_max = 1000;        ///< 503
};

using HttpParser = http::request_parser<http::string_body>;

/// What one request may be at most, before the first byte of it is read.
void limit(HttpParser& parser, const HttpLimits& limits);

/// Serves every connection with a coroutine on the caller's io_context, requests of one connection strictly one after the other, so that
/// pipelined ones are answered in order. What the protocol itself refuses is a problem document too.
class HttpServer {
 public:
  static tl::expected<std::unique_ptr<HttpServer>, std::string> listen(asio::io_context& context, const std::string& address,
                                                                       std::uint16_t port, HttpLimits limits, HttpHandler& handler,
                                                                       runtime::Metrics& metrics);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::uint16_t port() const;

  /// Takes no new connection and asks the open ones to close after the request they are at. `done` is called when no request is being
  /// answered any more, at the latest after `grace`.
  void drain(std::chrono::milliseconds grace, std::function<void()> done);

 private:
  struct Server;
  explicit HttpServer(std::shared_ptr<Server> server);
  std::shared_ptr<Server> server_;
};

}  // namespace bridgework::gateway
