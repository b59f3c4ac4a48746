#pragma once
// Talking to a suite through its gateway. Everything of libcurl stays in http.cpp.

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace bridgework::cli {

/// Where the suite is and who we are.
struct Suite {
  std::string url;       ///< without a slash at the end
  std::string data_dir;  ///< of the suite; its admin.key is read, and imports keep their progress there
  std::string key;       ///< empty when there is none to read: calls then go without, and are refused
};

/// BRIDGEWORK_URL, else what `scripts/up` wrote to DATA/run/url, else http://127.0.0.1:8080; BRIDGEWORK_DATA, else `.bridgework`.
Suite find_suite();

struct HttpRequest {
  std::string method = "GET";
  std::string path = {};  ///< with its query
  std::string body = {};
  std::string idempotency_key = {};
  std::string accept = "application/json";
};

struct HttpResponse {
  long status = 0;
  std::string body = {};
  std::string content_type;
  std::chrono::seconds retry_after{0};
  std::chrono::microseconds took{0};
};

/// No answer at all.
struct NoAnswer {
  std::string what;
  bool refused = false;  ///< nobody listens there: the suite is not running
};

using HttpResult = tl::expected<HttpResponse, NoAnswer>;

/// Several requests at once over kept connections, by one thread.
class HttpPool {
 public:
  HttpPool(const Suite& suite, std::size_t in_flight_max);
  ~HttpPool();
  HttpPool(const HttpPool&) = delete;
  HttpPool& operator=(const HttpPool&) = delete;

  using Then = std::function<void(HttpResult)>;

  /// Starts a request, first waiting until fewer than `in_flight_max` are under way. `then` runs inside `start`, `turn` or `drain`, and
  /// may start others only through `start_later`.
  void start(HttpRequest request, Then then);

  /// Starts a request as soon as `after` has passed; for use from inside `then`.
  void start_later(HttpRequest request, Then then, std::chrono::milliseconds after);

  /// Lets transfers go on for at most `wait`.
  void turn(std::chrono::milliseconds wait);

  /// Waits until nothing is under way.
  void drain();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// One request, one answer.
HttpResult call(const Suite& suite, const HttpRequest& request);

/// The answer as it comes. `on_bytes` returns false to stop. The body of an answer other than 200 is in the result.
HttpResult stream(const Suite& suite, const HttpRequest& request, const std::function<bool(std::string_view)>& on_bytes);

/// Text as a part of a path or query.
std::string url_encoded(std::string_view text);

/// A fresh Idempotency-Key.
std::string random_key();

/// What went wrong, and what to do about it, in words for the person at the terminal.
std::string explain(const Suite& suite, const NoAnswer& fault);
std::string explain(const Suite& suite, const HttpRequest& request, const HttpResponse& response);

}  // namespace bridgework::cli
