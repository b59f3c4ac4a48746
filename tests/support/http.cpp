#include "support/http.hpp"

#include <cstdlib>
#include <random>
#include <vector>

#include <curl/curl.h>

namespace bridgework::support {
namespace {

std::size_t append(char* data, std::size_t size, std::size_t count, void* out) {
  static_cast<std::string*>(out)->append(data, size * count);
  return size * count;
}

const boost::json::value kNull;

}  // namespace

const boost::json::value& Answer::at(std::string_view pointer) const {
  boost::system::error_code error;
  const auto* found = json.find_pointer(pointer, error);
  return found == nullptr ? kNull : *found;
}
std::string Answer::string_at(std::string_view pointer) const {
  const auto& v = at(pointer);
  return v.is_string() ? std::string(v.as_string()) : std::string();
}
std::int64_t Answer::int_at(std::string_view pointer) const {
  const auto& v = at(pointer);
  return v.is_int64() ? v.as_int64() : v.is_uint64() ? static_cast<std::int64_t>(v.as_uint64()) : 0;
}

struct Api::Connection {
  CURL* curl = curl_easy_init();
  std::string nonce = std::to_string(std::random_device{}());
  ~Connection() { curl_easy_cleanup(curl); }
};

Api::Api(std::string url, std::string key) : connection_(std::make_unique<Connection>()), url_(std::move(url)), key_(std::move(key)) {}
Api::~Api() = default;

Answer Api::send(const std::string& method, const std::string& path, const std::string& body, const std::vector<std::string>& headers) {
  CURL* curl = connection_->curl;
  curl_easy_reset(curl);
  Answer answer;
  const std::string url = url_ + path;
  curl_slist* list = nullptr;
  for (const auto& header : headers) list = curl_slist_append(list, header.c_str());
  if (!key_.empty()) list = curl_slist_append(list, ("Authorization: Bearer " + key_).c_str());
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, list);
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method.c_str());
  if (method != "GET") {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.data());
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
  }
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, append);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer.text);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, 60L);
  curl_easy_setopt(curl, CURLOPT_TCP_NODELAY, 1L);
  if (curl_easy_perform(curl) == CURLE_OK) {
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    answer.status = static_cast<int>(status);
    curl_header* sequence = nullptr;
    if (curl_easy_header(curl, "Bridgework-Sequence", 0, CURLH_HEADER, -1, &sequence) == CURLHE_OK) {
      answer.sequence = std::strtoull(sequence->value, nullptr, 10);
    }
  }
  curl_slist_free_all(list);
  boost::system::error_code error;
  answer.json = boost::json::parse(answer.text, error);
  if (error) answer.json = nullptr;
  return answer;
}

Answer Api::get(const std::string& path) { return send("GET", path, {}, {}); }

Answer Api::post(const std::string& path, const boost::json::value& body, const std::string& idempotency_key) {
  const std::string key = idempotency_key.empty() ? connection_->nonce + "-" + std::to_string(++posts_) : idempotency_key;
  return send("POST", path, boost::json::serialize(body), {"Content-Type: application/json", "Idempotency-Key: " + key});
}

std::string url_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.' || c == '~') out += c;
    else {
      char code[4];
      std::snprintf(code, sizeof code, "%%%02X", static_cast<unsigned char>(c));
      out += code;
    }
  }
  return out;
}

}  // namespace bridgework::support
