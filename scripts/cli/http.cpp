#include "scripts/cli/http.hpp"

#include <array>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <iterator>
#include <list>
#include <vector>

#include <curl/curl.h>
#include <sodium.h>
#include <boost/json.hpp>

namespace bridgework::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kDefaultUrl = "http://127.0.0.1:8080";

/// The longest answer kept in memory; a stream has no limit.
constexpr std::size_t kBodyBytesMax = 256 * 1024 * 1024;

std::string first_line_of(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

std::string environment_or(const char* name, std::string_view otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr || *value == '\0' ? std::string(otherwise) : std::string(value);
}

void ready_curl() {
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (ready != CURLE_OK) std::abort();
}

/// One request under way, at an address that does not change.
struct Transfer {
  HttpRequest request;
  HttpPool::Then then;
  HttpResponse response;
  const std::function<bool(std::string_view)>* on_bytes = nullptr;
  curl_slist* headers = nullptr;
  CURL* handle = nullptr;
  Clock::time_point begun{};
};

std::size_t take_body(char* data, std::size_t size, std::size_t count, void* user) {
  Transfer& transfer = *static_cast<Transfer*>(user);
  const std::size_t bytes = size * count;
  if (transfer.on_bytes != nullptr) {
    long status = 0;
    curl_easy_getinfo(transfer.handle, CURLINFO_RESPONSE_CODE, &status);
    if (status == 200) return (*transfer.on_bytes)(std::string_view(data, bytes)) ? bytes : 0;
  }
  if (transfer.response.body.size() + bytes > kBodyBytesMax) return 0;
  transfer.response.body.append(data, bytes);
  return bytes;
}

void prepare(Transfer& transfer, const Suite& suite) {
  CURL* handle = transfer.handle;
  curl_easy_reset(handle);
  const HttpRequest& request = transfer.request;
  const std::string url = suite.url + request.path;
  const auto add_header = [&](const std::string& line) { transfer.headers = curl_slist_append(transfer.headers, line.c_str()); };
  add_header("Accept: " + request.accept);
  add_header("Expect:");
  if (!suite.key.empty()) add_header("Authorization: Bearer " + suite.key);
  if (!request.idempotency_key.empty()) add_header("Idempotency-Key: " + request.idempotency_key);
  if (request.method != "GET") {
    add_header("Content-Type: application/json");
    curl_easy_setopt(handle, CURLOPT_POST, 1L);
    curl_easy_setopt(handle, CURLOPT_POSTFIELDS, request.body.data());
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }
  curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, transfer.headers);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(handle, CURLOPT_PRIVATE, &transfer);
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT, 5L);
  curl_easy_setopt(handle, CURLOPT_TIMEOUT, transfer.on_bytes == nullptr ? 120L : 0L);
  curl_easy_setopt(handle, CURLOPT_TCP_NODELAY, 1L);
  // A key is sent to the suite itself and never through a proxy or after a redirect.
  curl_easy_setopt(handle, CURLOPT_PROXY, "");
  curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
  transfer.begun = Clock::now();
}

HttpResult result_of(Transfer& transfer, CURLcode code) {
  curl_slist_free_all(transfer.headers);
  transfer.headers = nullptr;
  const bool stopped_by_us = code == CURLE_WRITE_ERROR && transfer.on_bytes != nullptr;
  if (code != CURLE_OK && !stopped_by_us) {
    return tl::unexpected(NoAnswer{curl_easy_strerror(code), code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST});
  }
  HttpResponse& response = transfer.response;
  response.took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - transfer.begun);
  curl_easy_getinfo(transfer.handle, CURLINFO_RESPONSE_CODE, &response.status);
  char* type = nullptr;
  if (curl_easy_getinfo(transfer.handle, CURLINFO_CONTENT_TYPE, &type) == CURLE_OK && type != nullptr) response.content_type = type;
  curl_off_t retry_after = 0;
  if (curl_easy_getinfo(transfer.handle, CURLINFO_RETRY_AFTER, &retry_after) == CURLE_OK) {
    response.retry_after = std::chrono::seconds(retry_after);
  }
  return std::move(response);
}

}  // namespace

Suite find_suite() {
  Suite suite;
  suite.data_dir = environment_or("BRIDGEWORK_DATA", ".bridgework");
  const std::string written_by_up = first_line_of(suite.data_dir + "/run/url");
  suite.url = environment_or("BRIDGEWORK_URL", written_by_up.empty() ? kDefaultUrl : written_by_up);
  while (!suite.url.empty() && suite.url.back() == '/') suite.url.pop_back();
  suite.key = first_line_of(suite.data_dir + "/admin.key");
  return suite;
}

struct HttpPool::State {
  struct Waiting {
    Clock::time_point due;
    HttpRequest request;
    Then then;
  };

  Suite suite;
  std::size_t in_flight_max;
  CURLM* multi = nullptr;
  std::list<Transfer> transfers;
  std::vector<CURL*> idle;
  std::list<Waiting> waiting;

  void begin(HttpRequest request, Then then) {
    Transfer& transfer = transfers.emplace_back();
    transfer.request = std::move(request);
    transfer.then = std::move(then);
    if (idle.empty()) {
      transfer.handle = curl_easy_init();
    } else {
      transfer.handle = idle.back();
      idle.pop_back();
    }
    prepare(transfer, suite);
    curl_multi_add_handle(multi, transfer.handle);
  }

  void begin_what_is_due() {
    const auto now = Clock::now();
    for (auto it = waiting.begin(); it != waiting.end();) {
      if (it->due > now || transfers.size() >= in_flight_max) {
        ++it;
        continue;
      }
      Waiting due = std::move(*it);
      it = waiting.erase(it);
      begin(std::move(due.request), std::move(due.then));
    }
  }

  void finish(CURL* handle, CURLcode code) {
    char* user = nullptr;
    curl_easy_getinfo(handle, CURLINFO_PRIVATE, &user);
    curl_multi_remove_handle(multi, handle);
    auto it = transfers.begin();
    while (&*it != static_cast<void*>(user)) ++it;
    HttpResult result = result_of(*it, code);
    const Then then = std::move(it->then);
    idle.push_back(handle);
    transfers.erase(it);
    then(std::move(result));
  }
};

HttpPool::HttpPool(const Suite& suite, std::size_t in_flight_max) : state_(std::make_unique<State>()) {
  ready_curl();
  state_->suite = suite;
  state_->in_flight_max = in_flight_max;
  state_->multi = curl_multi_init();
}

HttpPool::~HttpPool() {
  for (Transfer& transfer : state_->transfers) {
    curl_multi_remove_handle(state_->multi, transfer.handle);
    curl_slist_free_all(transfer.headers);
    curl_easy_cleanup(transfer.handle);
  }
  for (CURL* handle : state_->idle) curl_easy_cleanup(handle);
  curl_multi_cleanup(state_->multi);
}

void HttpPool::start(HttpRequest request, Then then) {
  while (state_->transfers.size() + state_->waiting.size() >= state_->in_flight_max) turn(std::chrono::milliseconds(100));
  state_->begin(std::move(request), std::move(then));
  int running = 0;
  curl_multi_perform(state_->multi, &running);
}

void HttpPool::start_later(HttpRequest request, Then then, std::chrono::milliseconds after) {
  state_->waiting.push_back({Clock::now() + after, std::move(request), std::move(then)});
}

void HttpPool::turn(std::chrono::milliseconds wait) {
  state_->begin_what_is_due();
  int running = 0;
  curl_multi_perform(state_->multi, &running);
  if (running > 0 || state_->transfers.empty()) curl_multi_poll(state_->multi, nullptr, 0, static_cast<int>(wait.count()), nullptr);
  curl_multi_perform(state_->multi, &running);
  int left = 0;
  while (CURLMsg* message = curl_multi_info_read(state_->multi, &left)) {
    if (message->msg == CURLMSG_DONE) state_->finish(message->easy_handle, message->data.result);
  }
}

void HttpPool::drain() {
  while (!state_->transfers.empty() || !state_->waiting.empty()) turn(std::chrono::milliseconds(100));
}

HttpResult call(const Suite& suite, const HttpRequest& request) {
  HttpPool pool(suite, 1);
  HttpResult result = tl::unexpected(NoAnswer{"not called", false});
  pool.start(request, [&](HttpResult answer) { result = std::move(answer); });
  pool.drain();
  return result;
}

HttpResult stream(const Suite& suite, const HttpRequest& request, const std::function<bool(std::string_view)>& on_bytes) {
  ready_curl();
  Transfer transfer;
  transfer.request = request;
  transfer.on_bytes = &on_bytes;
  transfer.handle = curl_easy_init();
  prepare(transfer, suite);
  HttpResult result = result_of(transfer, curl_easy_perform(transfer.handle));
  curl_easy_cleanup(transfer.handle);
  return result;
}

std::string url_encoded(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '~';
    if (plain) {
      encoded += c;
    } else {
      encoded += '%';
      encoded += kHex[byte >> 4];
      encoded += kHex[byte & 15U];
    }
  }
  return encoded;
}

std::string random_key() {
  std::array<unsigned char, 16> bytes{};
  randombytes_buf(bytes.data(), bytes.size());
  std::array<char, 33> hex{};
  sodium_bin2hex(hex.data(), hex.size(), bytes.data(), bytes.size());
  return "cli-" + std::string(hex.data());
}

std::string explain(const Suite& suite, const NoAnswer& fault) {
  if (fault.refused) {
    return "no suite answers at " + suite.url + ". Start one with scripts/up, or set BRIDGEWORK_URL to where it runs.";
  }
  return "no answer from " + suite.url + ": " + fault.what + ". See scripts/bridgework status, and the logs in " + suite.data_dir + "/log.";
}

std::string explain(const Suite& suite, const HttpRequest& request, const HttpResponse& response) {
  const std::string path = request.path.substr(0, request.path.find('?'));
  if (response.status == 401 || response.status == 403) {
    if (suite.key.empty()) {
      return "the suite at " + suite.url + " wants a key, and there is none in " + suite.data_dir +
             "/admin.key. Set BRIDGEWORK_DATA to the directory given to scripts/up --data.";
    }
    return "the suite at " + suite.url + " does not accept the key in " + suite.data_dir + "/admin.key for " + path +
           ". Is it the key of another suite? Set BRIDGEWORK_DATA and BRIDGEWORK_URL to the same one.";
  }
  std::string text = request.method + " " + path + ": " + std::to_string(response.status);
  boost::system::error_code error;
  const boost::json::value problem = boost::json::parse(response.body, error);
  const boost::json::object* object = error ? nullptr : problem.if_object();
  const auto part = [&](std::string_view name) -> std::string {
    if (object == nullptr) return "";
    const boost::json::value* value = object->if_contains(name);
    if (value == nullptr) return "";
    return value->is_string() ? std::string(value->get_string()) : boost::json::serialize(*value);
  };
  for (const std::string_view name : {"code", "title", "detail", "path"}) {
    if (const std::string words = part(name); !words.empty()) text += (name == "code" ? " " : ": ") + words;
  }
  const std::string code = part("code");
  if (response.status == 404 && (object == nullptr || code == "not_found" || code == "no_such_route" || code == "unknown_route")) {
    text += "\nThis suite may not have the route " + path + " (see " + suite.url + "/openapi.json), or the thing is not known to it.";
  }
  if (response.status == 503 || response.status == 429)
    text += "\nThe suite is busy or its store is away: try again; scripts/bridgework status tells more.";
  return text;
}

}  // namespace bridgework::cli
