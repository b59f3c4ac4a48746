#include "runtime/health.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include "runtime/metrics.hpp"

namespace bridgework::runtime {
namespace {

namespace http = boost::beast::http;
using boost::asio::ip::tcp;

http::response<http::string_body> get(std::uint16_t port, const char* target, http::verb method = http::verb::get) {
  boost::asio::io_context context;
  tcp::socket socket(context);
  socket.connect({boost::asio::ip::address_v4::loopback(), port});
  const http::request<http::empty_body> request(method, target, 11);
  http::write(socket, request);
  boost::beast::flat_buffer buffer;
  http::response<http::string_body> response;
  http::read(socket, buffer, response);
  return response;
}

TEST(Health, TellsWhetherTheProcessLivesAndCanWork) {
  Metrics metrics("lead_intake");
  std::optional<std::string> missing = "the store cannot be reached";
  const auto server = HealthServer::start(0, metrics, [&] { return missing; });
  ASSERT_TRUE(server) << server.error();
  const std::uint16_t port = (*server)->port();
  EXPECT_EQ(get(port, "/healthz").body(), "alive\n");
  EXPECT_EQ(get(port, "/readyz").result(), http::status::service_unavailable);
  EXPECT_EQ(get(port, "/readyz").body(), "the store cannot be reached\n");
  missing.reset();
  EXPECT_EQ(get(port, "/readyz?now").result(), http::status::ok);
  EXPECT_EQ(get(port, "/nothing").result(), http::status::not_found);
  EXPECT_EQ(get(port, "/healthz", http::verb::post)[http::field::allow], "GET, HEAD");
}

TEST(Health, APortThatIsTakenIsNamed) {
  Metrics metrics("lead_intake");
  const auto first = HealthServer::start(0, metrics, [] { return std::nullopt; });
  ASSERT_TRUE(first);
  const auto second = HealthServer::start((*first)->port(), metrics, [] { return std::nullopt; });
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().find(std::to_string((*first)->port())), std::string::npos);
}

TEST(Metrics, AreShownWithTheirServiceAndCountedOncePerName) {
  Metrics metrics("lead_intake");
  metrics.counter("bridgework_commits_total", "Commits.").add();
  metrics.counter("bridgework_commits_total", "Commits.").add(2);
  metrics.counter("bridgework_refusals_total", "Refusals.", {{"code", "slot_taken"}}).add();
  metrics.gauge("bridgework_lanes", "Lanes.").set(64);
  metrics.histogram("bridgework_commit_seconds", "Commit time.").observe(std::chrono::microseconds{150});
  const auto server = HealthServer::start(0, metrics, [] { return std::nullopt; });
  ASSERT_TRUE(server);
  const auto response = get((*server)->port(), "/metrics");
  EXPECT_EQ(response[http::field::content_type], kMetricsContentType);
  for (const char* line :
       {"bridgework_commits_total{service=\"lead_intake\"} 3\n",
        "bridgework_refusals_total{code=\"slot_taken\",service=\"lead_intake\"} 1\n", "bridgework_lanes{service=\"lead_intake\"} 64\n",
        "bridgework_commit_seconds_bucket{service=\"lead_intake\",le=\"0.0002\"} 1\n", "bridgework_process_resident_bytes{"}) {
    EXPECT_NE(response.body().find(line), std::string::npos) << line << response.body();
  }
}

}  // namespace
}  // namespace bridgework::runtime
