#include "runtime/health.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <thread>

#include "runtime/metrics.hpp"

namespace bridgework::runtime {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;

namespace {

// A health check is three lines; anything longer is not one.
constexpr std::size_t kRequestBytesMax = 8 * 1024;
constexpr std::size_t kCallersMax = 32;
constexpr std::chrono::seconds kCallerTimeout{5};
constexpr std::chrono::milliseconds kAcceptPause{100};

}  // namespace

struct HealthServer::Server {
  Server(const Metrics& metrics, Ready ready) : metrics(metrics), ready(std::move(ready)) {}

  struct Caller : std::enable_shared_from_this<Caller> {
    Caller(Server& server, tcp::socket socket) : server(server), stream(std::move(socket)) { ++server.callers; }
    ~Caller() { --server.callers; }

    void read() {
      parser.emplace();
      parser->header_limit(kRequestBytesMax);
      parser->body_limit(kRequestBytesMax);
      stream.expires_after(kCallerTimeout);
      http::async_read(stream, buffer, *parser, [self = shared_from_this()](beast::error_code error, std::size_t) {
        if (!error) self->answer();
      });
    }

    void answer() {
      const auto& request = parser->get();
      response = {};
      response.version(request.version());
      response.keep_alive(request.keep_alive());
      response.set(http::field::content_type, "text/plain; charset=utf-8");
      response.set(http::field::cache_control, "no-store");
      fill(request);
      const std::size_t length = response.body().size();
      const bool head = request.method() == http::verb::head;
      if (head) response.body().clear();
      response.content_length(length);
      stream.expires_after(kCallerTimeout);
      http::async_write(stream, response, [self = shared_from_this()](beast::error_code error, std::size_t) {
        if (error) return;
        if (self->response.keep_alive()) {
          self->read();
        } else {
          beast::error_code ignored;
          self->stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
        }
      });
    }

    void fill(const http::request<http::string_body>& request) {
      if (request.method() != http::verb::get && request.method() != http::verb::head) {
        response.result(http::status::method_not_allowed);
        response.set(http::field::allow, "GET, HEAD");
        return;
      }
      const auto target = request.target().substr(0, request.target().find('?'));
      if (target == "/healthz") {
        response.result(http::status::ok);
        response.body() = "alive\n";
      } else if (target == "/readyz") {
        const std::optional<std::string> missing = server.ready();
        response.result(missing ? http::status::service_unavailable : http::status::ok);
        response.body() = missing.value_or("ready") + "\n";
      } else if (target == "/metrics") {
        response.result(http::status::ok);
        response.set(http::field::content_type, std::string(kMetricsContentType));
        response.body() = server.metrics.text();
      } else {
        response.result(http::status::not_found);
        response.body() = "here are /healthz, /readyz and /metrics\n";
      }
    }

    Server& server;
    beast::tcp_stream stream;
    beast::flat_buffer buffer{kRequestBytesMax * 2};
    std::optional<http::request_parser<http::string_body>> parser;
    http::response<http::string_body> response;
  };

  void accept() {
    acceptor.async_accept([this](beast::error_code error, tcp::socket socket) {
      if (error == asio::error::operation_aborted) return;
      if (error) {
        // Out of descriptors, most likely: trying again at once would only burn the CPU.
        pause.expires_after(kAcceptPause);
        pause.async_wait([this](beast::error_code stopped) {
          if (!stopped) accept();
        });
        return;
      }
      if (callers < kCallersMax) std::make_shared<Caller>(*this, std::move(socket))->read();
      accept();
    });
  }

  const Metrics& metrics;
  const Ready ready;
  std::size_t callers = 0;
  asio::io_context context{1};
  tcp::acceptor acceptor{context};
  asio::steady_timer pause{context};
  std::thread thread;
};

tl::expected<std::unique_ptr<HealthServer>, std::string> HealthServer::start(std::uint16_t port, const Metrics& metrics, Ready ready) {
  auto server = std::make_unique<Server>(metrics, std::move(ready));
  const tcp::endpoint endpoint(asio::ip::address_v4::loopback(), port);
  beast::error_code error;
  server->acceptor.open(endpoint.protocol(), error);
  if (!error) server->acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) server->acceptor.bind(endpoint, error);
  if (!error) server->acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    return tl::unexpected("cannot listen for health checks on 127.0.0.1:" + std::to_string(port) + ": " + error.message());
  }
  server->accept();
  server->thread = std::thread([context = &server->context] { context->run(); });
  return std::unique_ptr<HealthServer>(new HealthServer(std::move(server)));
}

HealthServer::HealthServer(std::unique_ptr<Server> server) : server_(std::move(server)) {}

HealthServer::~HealthServer() {
  server_->context.stop();
  server_->thread.join();
}

std::uint16_t HealthServer::port() const { return server_->acceptor.local_endpoint().port(); }

}  // namespace bridgework::runtime
