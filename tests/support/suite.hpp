#pragma once
// A whole suite of real processes and a real Redis, started by scripts/up, on a clock the test drives.

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "support/driven_clock.hpp"
#include "support/http.hpp"

namespace bridgework::support {

class Suite {
 public:
  struct Options {
    std::optional<Instant> start{};                                    ///< what the clock shows first; none: the machine's time
    std::vector<std::string> environment{};                            ///< NAME=value for all processes
    std::string instances{};                                           ///< as scripts/up takes them: "followup=3,appointments=2"
    std::string programs{};                                            ///< directory of them; empty: those of this build
    int port = 0;                                                      ///< of the gateway; 0: a free one
    std::function<void(const std::filesystem::path& data)> prepare{};  ///< called before anything is started
  };
  explicit Suite(Options options);
  /// Stops everything and removes the data, unless the test failed (then it says where it is).
  ~Suite();
  Suite(const Suite&) = delete;
  Suite& operator=(const Suite&) = delete;

  Api& api() { return *api_; }
  DrivenClock& clock() { return *clock_; }
  const std::filesystem::path& data() const { return data_; }
  std::filesystem::path outbox() const { return data_ / "outbox"; }
  std::string url() const;
  std::string admin_key() const;

  /// The data outlives the suite, for somebody to look at.
  void keep_data() { keep_data_ = true; }

  /// Runs scripts/bridgework with this suite's address; stdout and exit status.
  struct Ran {
    int status;
    std::string out;
  };
  Ran cli(const std::string& arguments) const;
  /// Starts one more process of a service, or ends one for good, while the suite runs: its name ("followup-2"), empty when that failed.
  std::string add_process(const std::string& service) const;
  bool end_process(const std::string& name) const;

  /// Waits until every service has handled every event in the log, twice in a row at the same head; false after `limit`.
  bool settle(std::chrono::seconds limit = std::chrono::seconds(20));
  /// Polls until `done`; false after `limit`.
  bool eventually(const std::function<bool()>& done, std::chrono::seconds limit = std::chrono::seconds(20));
  /// Process id of a running process of the suite ("followup-1", "redis"), 0 when there is none.
  int pid_of(const std::string& name) const;
  /// All processes of the suite but Redis, and their health ports.
  std::map<std::string, int> processes() const;

 private:
  std::filesystem::path data_;
  int port_ = 0;
  bool keep_data_ = false;
  std::unique_ptr<DrivenClock> clock_;
  std::unique_ptr<Api> api_;
};

}  // namespace bridgework::support
