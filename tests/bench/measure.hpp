#pragma once
// What every comparison needs: one clock, processes of one's own, medians, and a word now and then about what is going on.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <sys/types.h>

namespace bridgework::bench {

/// Nanoseconds of the machine's monotonic clock: the same in all processes, so one may send the time and another subtract.
std::int64_t now_ns();
double seconds_since(std::int64_t begun_ns);
/// Returns at once when that time has passed.
void pause_until(std::int64_t when_ns);

double median(std::vector<double> values);
/// `share` from 0 to 1 of the sorted values lie at or below it.
double percentile(std::vector<double> values, double share);

/// Exactly `bytes` of text that begins with `head`.
std::string padded(std::string head, std::size_t bytes);

/// A line on standard error, with the seconds since the start.
void say(const std::string& what);
/// Ends the program: what was to be measured cannot be.
[[noreturn]] void give_up(const std::string& why);

/// A directory of its own under the temporary one; removed at the end.
class Directory {
 public:
  Directory();
  ~Directory();
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// A process that ends with this one. What it prints on standard output is read line by line; errors go to `log`, if given.
class Child {
 public:
  explicit Child(std::vector<std::string> command, const std::string& log = {});
  ~Child();
  Child(Child&& other) noexcept;
  Child& operator=(Child&&) = delete;

  /// This program in another role: `peers role NAME ARGUMENTS…`.
  static Child role(const std::string& name, std::vector<std::string> arguments);

  /// The next line; gives up after a minute or when the process has ended.
  std::string line();
  /// The next line as numbers.
  std::vector<double> numbers();
  /// Waits until it has ended by itself; what it returned.
  int wait();
  /// Asks it to end, and waits.
  void stop();
  pid_t pid() const { return pid_; }
  double cpu_seconds() const;

 private:
  pid_t pid_ = -1;
  int out_ = -1;
  std::string read_, name_;
};

/// Processor time of any process of this machine.
double cpu_seconds_of(pid_t pid);

/// What a command prints; gives up when it fails.
std::string output_of(const std::string& shell_command);

/// The options of a whole run.
struct Plan {
  std::string bin;  ///< where the suite's programs are
  int repetitions = 3;
  bool alone = false;  ///< only our side, to look at it with a profiler
  double scale = 1;    ///< of the number of events and the length of timed runs
  int port = 19950;    ///< of nats-server; those above are for the gateway
  std::size_t events(double at_scale_one) const { return static_cast<std::size_t>(at_scale_one * scale); }
};

}  // namespace bridgework::bench
