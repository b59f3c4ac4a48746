#pragma once
// Who read what: a line for each look at people's data, kept apart from the process's own log.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tl/expected.hpp>

#include "runtime/types.hpp"

namespace bridgework::gateway {

/// One access. Ids and names of routes only: what was answered is nowhere in it.
struct Access {
  Instant at{};
  std::string principal;  ///< empty: somebody without a key that is known
  std::string role;
  std::string from;  ///< address
  std::string what;  ///< "GET /v1/persons/{person}"
  std::vector<std::pair<std::string, std::string>> ids;
  unsigned status = 0;
};

/// The line of an access, as JSON with its line end.
std::string access_line(const Access& access);

/// Appends lines to a file that nobody else may read. Each is written whole before the answer it is about leaves; it outlives this process,
/// but not a machine that loses power in the same moment. A file that was moved away is begun anew.
class AccessLog {
 public:
  /// Without a path there is no log, and everything is written.
  static tl::expected<AccessLog, std::string> open(std::string path);
  AccessLog() = default;
  ~AccessLog();
  AccessLog(AccessLog&& other) noexcept;
  AccessLog& operator=(AccessLog&& other) noexcept;

  /// False when the line could not be kept: then nothing may be told.
  [[nodiscard]] bool write(const Access& access);

 private:
  bool reopen();

  std::string path_;
  int file_ = -1;
};

}  // namespace bridgework::gateway
