#pragma once
// The suite's HTTP interface as a test sees it.

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

namespace bridgework::support {

struct Answer {
  int status = 0;  ///< 0: no connection
  std::string text;
  boost::json::value json;     ///< null when the body is none
  std::uint64_t sequence = 0;  ///< last log position the command wrote

  /// The member at a JSON pointer, or null.
  const boost::json::value& at(std::string_view pointer) const;
  /// Its text; empty when it is none.
  std::string string_at(std::string_view pointer) const;
  std::int64_t int_at(std::string_view pointer) const;
};

/// One keep-alive connection; not thread-safe.
class Api {
 public:
  Api(std::string url, std::string key);
  ~Api();
  Api(const Api&) = delete;
  Api& operator=(const Api&) = delete;

  Answer get(const std::string& path);
  /// With an idempotency key of its own unless one is given.
  Answer post(const std::string& path, const boost::json::value& body, const std::string& idempotency_key = {});
  Answer send(const std::string& method, const std::string& path, const std::string& body, const std::vector<std::string>& headers);

 private:
  struct Connection;
  std::unique_ptr<Connection> connection_;
  std::string url_, key_;
  std::uint64_t posts_ = 0;
};

std::string url_encoded(std::string_view text);

}  // namespace bridgework::support
