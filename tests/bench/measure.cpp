#include "bench/measure.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <sstream>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace bridgework::bench {

std::int64_t now_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

double seconds_since(std::int64_t begun_ns) { return static_cast<double>(now_ns() - begun_ns) / 1e9; }

void pause_until(std::int64_t when_ns) {
  const timespec until{when_ns / 1'000'000'000, when_ns % 1'000'000'000};
  while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) == EINTR) {
  }
}

double percentile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1) + 0.5)];
}

double median(std::vector<double> values) { return percentile(std::move(values), 0.5); }

std::string padded(std::string head, std::size_t bytes) {
  head.resize(bytes, '.');
  return head;
}

void say(const std::string& what) {
  static const std::int64_t begun = now_ns();
  std::fprintf(stderr, "%6.1f s  %s\n", seconds_since(begun), what.c_str());
}

void give_up(const std::string& why) {
  std::fprintf(stderr, "bench_peers: %s\n", why.c_str());
  std::exit(1);
}

namespace {

/// A run that gives up leaves nothing behind either.
struct Directories {
  std::vector<std::string> paths;
  ~Directories() {
    std::error_code ignored;
    for (const std::string& path : paths) std::filesystem::remove_all(path, ignored);
  }
};
Directories g_directories;

}  // namespace

Directory::Directory() {
  std::string pattern = (std::filesystem::temp_directory_path() / "bw-peers-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) give_up("no temporary directory");
  path_ = pattern;
  g_directories.paths.push_back(path_);
}

Directory::~Directory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

Child::Child(std::vector<std::string> command, const std::string& log) : name_(command.front()) {
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) give_up("no pipe");
  std::vector<char*> words;
  for (std::string& word : command) words.push_back(word.data());
  words.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ < 0) give_up("no process for " + name_);
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dup2(pipe[1], STDOUT_FILENO);
    if (const int nothing = ::open("/dev/null", O_RDONLY); nothing >= 0) ::dup2(nothing, STDIN_FILENO);
    if (!log.empty()) {
      if (const int file = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600); file >= 0) ::dup2(file, STDERR_FILENO);
    }
    ::execvp(words[0], words.data());
    ::_exit(127);
  }
  ::close(pipe[1]);
  out_ = pipe[0];
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), out_(std::exchange(other.out_, -1)), read_(std::move(other.read_)), name_(other.name_) {}

Child::~Child() {
  stop();
  if (out_ >= 0) ::close(out_);
}

Child Child::role(const std::string& name, std::vector<std::string> arguments) {
  std::vector<std::string> command{"/proc/self/exe", "role", name};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return Child(std::move(command));
}

std::string Child::line() {
  for (;;) {
    if (const auto end = read_.find('\n'); end != std::string::npos) {
      std::string line = read_.substr(0, end);
      read_.erase(0, end + 1);
      return line;
    }
    pollfd readable{out_, POLLIN, 0};
    if (::poll(&readable, 1, 60'000) == 0) give_up(name_ + " says nothing for a minute");
    std::array<char, 4096> bytes{};
    const auto n = ::read(out_, bytes.data(), bytes.size());
    if (n <= 0) give_up(name_ + " has ended before it was done");
    read_.append(bytes.data(), static_cast<std::size_t>(n));
  }
}

std::vector<double> Child::numbers() {
  std::istringstream words(line());
  std::vector<double> numbers;
  for (double number = 0; words >> number;) numbers.push_back(number);
  return numbers;
}

int Child::wait() {
  int status = 0;
  if (pid_ > 0) ::waitpid(pid_, &status, 0);
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void Child::stop() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGTERM);
  wait();
}

double Child::cpu_seconds() const { return cpu_seconds_of(pid_); }

double cpu_seconds_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const auto end = text.rfind(')');
  if (end == std::string::npos) return 0;
  std::istringstream words(text.substr(end + 2));
  std::string word;
  for (int i = 0; i < 11; ++i) words >> word;
  double user = 0, system = 0;
  words >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

std::string output_of(const std::string& shell_command) {
  FILE* pipe = ::popen(shell_command.c_str(), "r");
  if (pipe == nullptr) give_up("cannot run " + shell_command);
  std::string out;
  std::array<char, 4096> bytes{};
  for (std::size_t n = 0; (n = ::fread(bytes.data(), 1, bytes.size(), pipe)) > 0;) out.append(bytes.data(), n);
  if (::pclose(pipe) != 0) give_up(shell_command + " failed: " + out);
  return out;
}

}  // namespace bridgework::bench
