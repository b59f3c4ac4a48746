#pragma once
// A real redis-server for one test, on a unix socket in a directory of its own.

#include <csignal>
#include <cstdlib>
#include <cstring>

#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/redis.hpp"

namespace bridgework::support {

/// Durable as in production: append-only, every write synced. The constructor returns when the server answers PING, the destructor kills
/// it and removes its directory. It dies with the thread that started it, so a crashed test leaves nothing behind.
class RedisServer {
 public:
  explicit RedisServer(std::vector<std::string> more_arguments = {}) : more_arguments_(std::move(more_arguments)) {
    std::string pattern = (std::filesystem::temp_directory_path() / "bw-redis-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary directory");
    directory_ = pattern;
    start();
  }
  ~RedisServer() {
    kill();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  const std::string& directory() const { return directory_; }
  std::string socket() const { return directory_ + "/redis.sock"; }
  pid_t pid() const { return pid_; }

  runtime::Redis::Options options(std::chrono::milliseconds timeout = std::chrono::seconds(5)) const {
    runtime::Redis::Options options;
    options.unix_socket = socket();
    options.timeout = timeout;
    return options;
  }

  /// As the kernel would: no farewell, no last write. What was acknowledged is on disk all the same.
  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    if (pid_watch_ >= 0) ::close(pid_watch_);
    pid_ = pid_watch_ = -1;
  }

  /// Starts on the files that are in the directory.
  void start() {
    std::vector<std::string> arguments = {"redis-server",
                                          "--port",
                                          "0",
                                          "--unixsocket",
                                          socket(),
                                          "--dir",
                                          directory_,
                                          "--appendonly",
                                          "yes",
                                          "--appendfsync",
                                          "always",
                                          "--save",
                                          "",
                                          "--logfile",
                                          directory_ + "/redis.log"};
    arguments.insert(arguments.end(), more_arguments_.begin(), more_arguments_.end());
    std::vector<char*> words;
    for (std::string& argument : arguments) words.push_back(argument.data());
    words.push_back(nullptr);
    const char* program = std::getenv("BRIDGEWORK_REDIS_SERVER");
    if (program == nullptr) program = "redis-server";
    ::unlink(socket().c_str());
    pid_ = ::fork();
    if (pid_ < 0) throw std::runtime_error("no process for redis-server");
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      const int nothing = ::open("/dev/null", O_RDWR);
      ::dup2(nothing, STDIN_FILENO);
      ::dup2(nothing, STDOUT_FILENO);
      ::dup2(nothing, STDERR_FILENO);
      ::execvp(program, words.data());
      ::_exit(127);
    }
    pid_watch_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
    wait_until_it_answers();
  }

  /// kill -9, then start: the run id changes.
  void restart() {
    kill();
    start();
  }

  /// The server stops in the middle of whatever it does, as under a debugger or a stalled disk, and goes on.
  void suspend() { ::kill(pid_, SIGSTOP); }
  void resume() { ::kill(pid_, SIGCONT); }

 private:
  void wait_until_it_answers() {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!answers_ping()) {
      pollfd ended{pid_watch_, POLLIN, 0};
      if (::poll(&ended, 1, 2) == 1) throw std::runtime_error("redis-server ended at once: see " + directory_ + "/redis.log");
      if (std::chrono::steady_clock::now() > limit) throw std::runtime_error("redis-server does not answer");
    }
  }

  bool answers_ping() const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = socket();
    if (path.size() >= sizeof(address.sun_path)) throw std::runtime_error("temporary directory has too long a name");
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    const int link = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char answer[5] = {};
    const bool pong = ::connect(link, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 &&
                      ::send(link, "PING\r\n", 6, MSG_NOSIGNAL) == 6 && ::recv(link, answer, sizeof(answer), MSG_WAITALL) == 5 &&
                      (std::memcmp(answer, "+PONG", 5) == 0 || std::memcmp(answer, "-NOAU", 5) == 0);  // it wants a password, so it is up
    ::close(link);
    return pong;
  }

  std::vector<std::string> more_arguments_;
  std::string directory_;
  pid_t pid_ = -1;
  int pid_watch_ = -1;
};

}  // namespace bridgework::support
