#include "gateway/http_server.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <ctime>
#include <exception>
#include <optional>

#include "gateway/problem.hpp"
#include "runtime/log.hpp"
#include "runtime/metrics.hpp"

namespace bridgework::gateway {
namespace {

using asio::ip::tcp;
constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);

constexpr std::chrono::milliseconds kAcceptPause{100};
constexpr std::chrono::milliseconds kRefusalTimeout{2'000};
// Who is being refused may still be sending; reading a little of it lets the refusal arrive before the connection is reset.
constexpr std::size_t kLingerBytesMax = 4 * 1024 * 1024;
// Callers told 503 at a time; beyond them a connection is closed without a word.
constexpr std::size_t kTurnedAwayMax = 64;
constexpr std::size_t kReadAhead = 4 * 1024;

/// RFC 9110 date, made once a second.
const std::string& http_date() {
  thread_local std::time_t made_at = 0;
  thread_local std::string text;
  const std::time_t now = std::time(nullptr);
  if (now != made_at) {
    std::tm parts{};
    gmtime_r(&now, &parts);
    char buffer[40];
    text.assign(buffer, std::strftime(buffer, sizeof(buffer), "%a, %d %b %Y %H:%M:%S GMT", &parts));
    made_at = now;
  }
  return text;
}

HttpResponse problem_response(const Problem& problem) {
  HttpResponse response;
  response.status = problem.status;
  response.content_type = kProblemContentType;
  response.body = problem_json(problem, "/");
  if (problem.retry_after) response.headers.emplace_back("Retry-After", retry_after_seconds(*problem.retry_after));
  return response;
}

/// What the protocol refuses by itself; nothing when the caller is simply gone.
std::optional<Problem> problem_of(const beast::error_code& error) {
  if (error == http::error::body_limit) return Problem{413, "body_too_large", "the body is larger than this server reads"};
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return Problem{431, "header_too_large", "the head of the request is larger than this server reads"};
  }
  if (error == beast::error::timeout) return Problem{408, "request_timeout", "the request did not arrive in time"};
  if (error == http::error::end_of_stream || error == http::error::partial_message) return std::nullopt;
  static const auto* const kParserErrors = &http::make_error_code(http::error::bad_method).category();
  if (error.category() == *kParserErrors) return Problem{400, "malformed_request", "this is not HTTP/1.1: " + error.message()};
  return std::nullopt;
}

}  // namespace

void limit(HttpParser& parser, const HttpLimits& limits) {
  parser.header_limit(static_cast<std::uint32_t>(limits.header_bytes_max));
  parser.body_limit(limits.body_bytes_max);
}

struct HttpServer::Server : std::enable_shared_from_this<Server> {
  Server(asio::io_context& context, HttpLimits limits, HttpHandler& handler, runtime::Metrics& metrics)
      : context(context),
        limits(limits),
        handler(handler),
        acceptor(context),
        open_gauge(metrics.gauge("bridgework_http_connections", "Connections open now.")),
        requests(metrics.counter("bridgework_http_requests_total", "Requests read.")),
        turned_away(metrics.counter("bridgework_http_turned_away_total", "Connections refused because too many were open.")),
        refused(metrics.counter("bridgework_http_refused_total", "Requests refused by the protocol: too large, too slow, malformed.")),
        failed(metrics.counter("bridgework_http_failed_total", "Requests whose handler failed with an exception.")),
        duration(metrics.histogram("bridgework_http_request_seconds", "From a request read to its answer made.")) {}

  /// Counts in a scope.
  struct Counted {
    explicit Counted(std::size_t& count) : count(count) { ++count; }
    ~Counted() { --count; }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;
    std::size_t& count;
  };

  /// Gives up a reading that takes too long, but unlike the stream's own time-out leaves the connection open for an answer.
  class Deadline {
   public:
    Deadline(beast::tcp_stream& stream, std::chrono::milliseconds after) : timer_(stream.get_executor(), after) {
      stream.expires_never();
      timer_.async_wait([state = state_, &stream](beast::error_code stopped) {
        if (stopped || !state->armed) return;
        state->passed = true;
        beast::error_code ignored;
        stream.socket().cancel(ignored);
      });
    }
    ~Deadline() { state_->armed = false; }
    Deadline(const Deadline&) = delete;
    Deadline& operator=(const Deadline&) = delete;

    /// The error of the reading, told as a time-out when that is what it was.
    beast::error_code reason(beast::error_code error) const { return error && state_->passed ? beast::error::timeout : error; }

   private:
    struct State {
      bool armed = true;
      bool passed = false;
    };
    std::shared_ptr<State> state_ = std::make_shared<State>();
    asio::steady_timer timer_;
  };

  class ChunkWriter : public BodyWriter {
   public:
    enum class Framing { kChunked, kUntilClose };
    ChunkWriter(beast::tcp_stream& stream, Framing framing, std::chrono::milliseconds timeout)
        : stream_(stream), framing_(framing), timeout_(timeout) {}

    asio::awaitable<bool> write(std::string_view piece) override {
      // An empty chunk would end the body.
      if (piece.empty()) co_return true;
      const asio::const_buffer body(piece.data(), piece.size());
      stream_.expires_after(timeout_);
      beast::error_code error;
      if (framing_ == Framing::kChunked) {
        const http::chunk_body<asio::const_buffer> chunk(body);
        std::tie(error, std::ignore) = co_await asio::async_write(stream_, chunk, kTuple);
      } else {
        std::tie(error, std::ignore) = co_await asio::async_write(stream_, body, kTuple);
      }
      co_return !error;
    }

   private:
    beast::tcp_stream& stream_;
    const Framing framing_;
    const std::chrono::milliseconds timeout_;
  };

  asio::awaitable<void> accept_all() {
    for (;;) {
      tcp::socket socket(context);
      auto [error] = co_await acceptor.async_accept(socket, kTuple);
      if (error == asio::error::operation_aborted || !acceptor.is_open()) co_return;
      if (error) {
        // Out of descriptors, most likely: trying again at once would only burn the CPU.
        asio::steady_timer pause(context, kAcceptPause);
        co_await pause.async_wait(kTuple);
        continue;
      }
      if (connections < limits.connections_max) {
        asio::co_spawn(context, serve(shared_from_this(), std::move(socket)), asio::detached);
      } else {
        turned_away.add();
        if (being_turned_away < kTurnedAwayMax) asio::co_spawn(context, turn_away(shared_from_this(), std::move(socket)), asio::detached);
      }
    }
  }

  static asio::awaitable<void> turn_away(std::shared_ptr<Server> self, tcp::socket socket) {
    const Counted counted(self->being_turned_away);
    beast::tcp_stream stream(std::move(socket));
    const Problem problem{.status = 503,
                          .code = "too_many_connections",
                          .detail = "too many connections are open",
                          .retry_after = std::chrono::milliseconds{1000}};
    co_await refuse(stream, problem);
  }

  static asio::awaitable<void> serve(std::shared_ptr<Server> self, tcp::socket socket) {
    const Counted counted(self->connections);
    self->open_gauge.set(static_cast<double>(self->connections));
    beast::error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    {
      beast::tcp_stream stream(std::move(socket));
      co_await self->converse(stream);
    }
    self->open_gauge.set(static_cast<double>(self->connections - 1));
  }

  asio::awaitable<void> converse(beast::tcp_stream& stream) {
    beast::flat_buffer buffer;
    beast::error_code gone;
    const std::string peer = stream.socket().remote_endpoint(gone).address().to_string();
    for (;;) {
      if (buffer.size() == 0) {
        // Between requests a connection may idle; within one it may not.
        stream.expires_after(limits.keep_alive);
        auto [idle_error, first_bytes] = co_await stream.async_read_some(buffer.prepare(kReadAhead), kTuple);
        if (idle_error) co_return;
        buffer.commit(first_bytes);
      }
      HttpParser parser;
      limit(parser, limits);
      if (const beast::error_code error = co_await read_head(stream, buffer, parser)) co_return co_await refuse_error(stream, error);
      if (!parser.is_done()) {
        if (const beast::error_code error = co_await read_body(stream, buffer, parser)) co_return co_await refuse_error(stream, error);
      }
      const HttpRequest request = parser.release();
      requests.add();
      const auto started = std::chrono::steady_clock::now();
      HttpResponse response;
      {
        const Counted counted(answering);
        response = co_await answer(request, peer);
      }
      duration.observe(std::chrono::steady_clock::now() - started);
      const bool keep = request.keep_alive() && !draining;
      bool written = false;
      if (response.stream && request.method() != http::verb::head) {
        written = co_await write_stream(stream, request, response, keep);
      } else {
        written = co_await write_whole(stream, request, response, keep);
      }
      if (!written || !keep) {
        beast::error_code ignored;
        stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
        co_return;
      }
    }
  }

  asio::awaitable<beast::error_code> read_head(beast::tcp_stream& stream, beast::flat_buffer& buffer, HttpParser& parser) {
    const Deadline deadline(stream, limits.header_timeout);
    auto [error, bytes] = co_await http::async_read_header(stream, buffer, parser, kTuple);
    co_return deadline.reason(error);
  }

  asio::awaitable<beast::error_code> read_body(beast::tcp_stream& stream, beast::flat_buffer& buffer, HttpParser& parser) {
    const Deadline deadline(stream, limits.body_timeout);
    if (beast::iequals(parser.get()[http::field::expect], "100-continue")) {
      static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
      auto [go_error, go_bytes] = co_await asio::async_write(stream, asio::buffer(kContinue.data(), kContinue.size()), kTuple);
      if (go_error) co_return deadline.reason(go_error);
    }
    auto [error, bytes] = co_await http::async_read(stream, buffer, parser, kTuple);
    co_return deadline.reason(error);
  }

  asio::awaitable<HttpResponse> answer(const HttpRequest& request, std::string_view peer) {
    // A library below may throw; one request must not end the others.
    std::string what;
    try {
      co_return co_await handler.answer(request, peer);
    } catch (const std::exception& exception) {
      what = exception.what();
    }
    failed.add();
    runtime::log_event(runtime::Level::kError, "http_handler_failed", {{"what", what}});
    co_return problem_response(Problem{500, "internal", "a defect in the gateway; it has been counted"});
  }

  template <class Body>
  static void fill_head(http::response<Body>& message, const HttpRequest& request, const HttpResponse& response, bool keep) {
    message.version(request.version());
    message.result(response.status);
    message.set(http::field::date, http_date());
    if (!response.content_type.empty()) message.set(http::field::content_type, response.content_type);
    message.set(http::field::cache_control, "no-store");
    message.set("X-Content-Type-Options", "nosniff");
    for (const auto& [name, value] : response.headers) message.set(name, value);
    message.keep_alive(keep);
  }

  asio::awaitable<bool> write_whole(beast::tcp_stream& stream, const HttpRequest& request, HttpResponse& response, bool keep) {
    http::response<http::string_body> message;
    fill_head(message, request, response, keep);
    if (response.status != 204) message.content_length(response.body.size());
    if (request.method() != http::verb::head) message.body() = std::move(response.body);
    stream.expires_after(limits.write_timeout);
    auto [error, bytes] = co_await http::async_write(stream, message, kTuple);
    co_return !error;
  }

  asio::awaitable<bool> write_stream(beast::tcp_stream& stream, const HttpRequest& request, HttpResponse& response, bool keep) {
    // HTTP/1.0 has no chunks: the end of the connection is the end of the body.
    const bool chunked = request.version() >= 11;
    http::response<http::empty_body> message;
    fill_head(message, request, response, chunked && keep);
    if (chunked) message.chunked(true);
    http::response_serializer<http::empty_body> serializer(message);
    stream.expires_after(limits.write_timeout);
    auto [head_error, head_bytes] = co_await http::async_write_header(stream, serializer, kTuple);
    if (head_error) co_return false;
    ChunkWriter writer(stream, chunked ? ChunkWriter::Framing::kChunked : ChunkWriter::Framing::kUntilClose, limits.write_timeout);
    const BodyEnd end = co_await response.stream(writer);
    if (end == BodyEnd::kBroken) {
      beast::error_code ignored;
      stream.socket().set_option(asio::socket_base::linger(true, 0), ignored);
      stream.socket().close(ignored);
      co_return false;
    }
    if (!chunked) co_return false;
    stream.expires_after(limits.write_timeout);
    auto [error, bytes] = co_await asio::async_write(stream, http::make_chunk_last(), kTuple);
    co_return !error;
  }

  asio::awaitable<void> refuse_error(beast::tcp_stream& stream, beast::error_code error) {
    const std::optional<Problem> problem = problem_of(error);
    if (!problem) co_return;
    refused.add();
    co_await refuse(stream, *problem);
  }

  static asio::awaitable<void> refuse(beast::tcp_stream& stream, const Problem& problem) {
    HttpResponse response = problem_response(problem);
    http::response<http::string_body> message;
    const HttpRequest nothing{http::verb::get, "/", 11};
    fill_head(message, nothing, response, false);
    message.body() = std::move(response.body);
    message.prepare_payload();
    stream.expires_after(kRefusalTimeout);
    auto [error, bytes] = co_await http::async_write(stream, message, kTuple);
    if (error) co_return;
    beast::error_code ignored;
    stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
    stream.expires_after(kRefusalTimeout);
    std::string discarded(16 * 1024, '\0');
    for (std::size_t read = 0; read < kLingerBytesMax;) {
      auto [read_error, count] = co_await stream.async_read_some(asio::buffer(discarded), kTuple);
      if (read_error) break;
      read += count;
    }
  }

  void drain(std::chrono::milliseconds grace, std::function<void()> done) {
    draining = true;
    beast::error_code ignored;
    acceptor.close(ignored);
    asio::co_spawn(context, wait_drained(shared_from_this(), grace, std::move(done)), asio::detached);
  }

  static asio::awaitable<void> wait_drained(std::shared_ptr<Server> self, std::chrono::milliseconds grace, std::function<void()> done) {
    constexpr std::chrono::milliseconds kLook{10};
    const auto until = std::chrono::steady_clock::now() + grace;
    asio::steady_timer timer(self->context);
    while (self->answering > 0 && std::chrono::steady_clock::now() < until) {
      timer.expires_after(kLook);
      co_await timer.async_wait(kTuple);
    }
    // One more turn lets answers that are made be written.
    timer.expires_after(kLook);
    co_await timer.async_wait(kTuple);
    done();
  }

  asio::io_context& context;
  const HttpLimits limits;
  HttpHandler& handler;
  tcp::acceptor acceptor;
  std::size_t connections = 0;
  std::size_t being_turned_away = 0;
  std::size_t answering = 0;
  bool draining = false;
  runtime::Gauge open_gauge;
  runtime::Counter requests, turned_away, refused, failed;
  runtime::Histogram duration;
};

tl::expected<std::unique_ptr<HttpServer>, std::string> HttpServer::listen(asio::io_context& context, const std::string& address,
                                                                          std::uint16_t port, HttpLimits limits, HttpHandler& handler,
                                                                          runtime::Metrics& metrics) {
  beast::error_code error;
  const auto ip = asio::ip::make_address(address, error);
  auto server = std::make_shared<Server>(context, limits, handler, metrics);
  const tcp::endpoint endpoint(ip, port);
  if (!error) server->acceptor.open(endpoint.protocol(), error);
  if (!error) server->acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) server->acceptor.bind(endpoint, error);
  if (!error) server->acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return tl::unexpected("cannot listen on " + address + ":" + std::to_string(port) + ": " + error.message());
  asio::co_spawn(
      context, [server]() -> asio::awaitable<void> { co_await server->accept_all(); }, asio::detached);
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(server)));
}

HttpServer::HttpServer(std::shared_ptr<Server> server) : server_(std::move(server)) {}

HttpServer::~HttpServer() {
  beast::error_code ignored;
  server_->acceptor.close(ignored);
}

std::uint16_t HttpServer::port() const { return server_->acceptor.local_endpoint().port(); }

void HttpServer::drain(std::chrono::milliseconds grace, std::function<void()> done) { server_->drain(grace, std::move(done)); }

}  // namespace bridgework::gateway
