#include "gateway/access_log.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "gateway/json_text.hpp"
#include "gateway/times.hpp"

namespace bridgework::gateway {

std::string access_line(const Access& access) {
  std::string line = "{\"at\":\"";
  append_instant(line, access.at);
  line += '"';
  const auto add = [&](std::string_view name, std::string_view value) {
    line += ",\"" + std::string(name) + "\":";
    append_json_string(line, is_utf8(value) ? value : std::string_view("?"));
  };
  add("principal", access.principal);
  add("role", access.role);
  add("from", access.from);
  add("what", access.what);
  line += ",\"ids\":{";
  for (bool first = true; const auto& [name, value] : access.ids) {
    if (!first) line += ',';
    first = false;
    append_json_string(line, name);
    line += ':';
    append_json_string(line, is_utf8(value) ? std::string_view(value) : std::string_view("?"));
  }
  return line + "},\"status\":" + std::to_string(access.status) + "}\n";
}

tl::expected<AccessLog, std::string> AccessLog::open(std::string path) {
  AccessLog log;
  log.path_ = std::move(path);
  if (!log.path_.empty() && !log.reopen()) return tl::unexpected("cannot write to " + log.path_ + ": " + std::strerror(errno));
  return log;
}

AccessLog::~AccessLog() {
  if (file_ >= 0) ::close(file_);
}

AccessLog::AccessLog(AccessLog&& other) noexcept : path_(std::move(other.path_)), file_(std::exchange(other.file_, -1)) {}

AccessLog& AccessLog::operator=(AccessLog&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(file_, other.file_);
  return *this;
}

bool AccessLog::reopen() {
  if (file_ >= 0) ::close(file_);
  file_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  return file_ >= 0;
}

bool AccessLog::write(const Access& access) {
  if (path_.empty()) return true;
  struct stat here {};
  const bool in_place = file_ >= 0 && ::fstat(file_, &here) == 0 && here.st_nlink > 0;
  struct stat there {};
  const bool same = in_place && ::stat(path_.c_str(), &there) == 0 && here.st_ino == there.st_ino && here.st_dev == there.st_dev;
  if (!same && !reopen()) return false;
  const std::string line = access_line(access);
  return ::write(file_, line.data(), line.size()) == static_cast<ssize_t>(line.size());
}

}  // namespace bridgework::gateway
