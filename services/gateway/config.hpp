#pragma once
// What an operator may set about the gateway.

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "gateway/http_server.hpp"

namespace bridgework::gateway {

struct Config {
  std::int64_t port = 8080;
  std::string bind_address = "127.0.0.1";
  std::string admin_key_file;
  std::string api_keys_file;
  std::string access_log;
  std::string public_url;
  std::string twilio_token;
  std::string bus_endpoint;
  std::chrono::milliseconds request_deadline{5000};
  std::chrono::seconds header_timeout{15};
  std::chrono::seconds body_timeout{30};
  std::chrono::seconds write_timeout{30};
  std::chrono::seconds keep_alive{60};
  std::chrono::seconds heartbeat{15};
  std::int64_t header_bytes_max = 16 * 1024;
  std::int64_t body_bytes_max = 1024 * 1024;
  std::int64_t connections_max = 1000;
  std::int64_t event_streams_max = 64;
  double key_requests_per_second = 50;
  double key_burst = 200;
  double address_requests_per_second = 20;
  double address_burst = 100;

  HttpLimits limits() const {
    return {header_timeout,
            body_timeout,
            write_timeout,
            keep_alive,
            static_cast<std::size_t>(header_bytes_max),
            static_cast<std::size_t>(body_bytes_max),
            static_cast<std::size_t>(connections_max)};
  }

  /// Fetch is asked of the first until it fails, then of the next.
  std::vector<std::string> bus_endpoints(const std::string& run_dir) const {
    if (!bus_endpoint.empty()) return {bus_endpoint};
    return {"ipc://" + run_dir + "/bus-1-fetch.sock", "ipc://" + run_dir + "/bus-2-fetch.sock"};
  }

  template <class Visit>
  void settings(Visit&& visit) {
    visit("port", port, "port of the public HTTP server; 0: any free one");
    visit("bind_address", bind_address, "address the public HTTP server listens on");
    visit("admin_key_file", admin_key_file, "file whose first line is the admin API key; empty: DATA_DIR/admin.key");
    visit("api_keys_file", api_keys_file,
          "list of all other API keys with role and sites, read again when it changes; empty: DATA_DIR/api_keys.toml");
    visit("access_log", access_log, "file to which each look at people's data is written; empty: DATA_DIR/access.ndjson");
    visit("public_url", public_url,
          "how the world reaches this gateway, \"https://dental.example\"; Twilio signs it; empty: http:// and Host");
    visit("twilio_token", twilio_token, "auth token of the Twilio account; empty: inbound messages are taken unsigned");
    visit("bus_endpoint", bus_endpoint, "where the bus serves Fetch; empty: bus 1, then bus 2, under RUN_DIR");
    visit("request_deadline_ms", request_deadline,
          "how long a command or query may take before its caller is told it did not happen in time");
    visit("header_timeout_seconds", header_timeout, "how long a caller may take to send the head of a request");
    visit("body_timeout_seconds", body_timeout, "how long a caller may take to send the body of a request");
    visit("write_timeout_seconds", write_timeout, "how long a caller may take to read a part of an answer");
    visit("keep_alive_seconds", keep_alive, "how long an idle connection is kept");
    visit("heartbeat_seconds", heartbeat, "how often an open event stream with nothing to say shows that it lives");
    visit("header_bytes_max", header_bytes_max, "largest head of a request");
    visit("body_bytes_max", body_bytes_max, "largest body of a request");
    visit("connections_max", connections_max, "connections served at a time; one more is told 503");
    visit("event_streams_max", event_streams_max, "event streams open at a time; one more is told 503");
    visit("key_requests_per_second", key_requests_per_second, "how often one caller may ask, administrators excepted; 0: without limit");
    visit("key_burst", key_burst, "how many requests one caller may make at once");
    visit("address_requests_per_second", address_requests_per_second,
          "how often one address may ask for pages without a key, or with a wrong one; 0: without limit");
    visit("address_burst", address_burst, "how many of them one address may make at once");
  }
};

}  // namespace bridgework::gateway
