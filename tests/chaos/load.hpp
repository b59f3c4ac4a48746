#pragma once
// Clients that work all the time: register, enquire, call, hold, book and cancel, on few slots so that they meet.

#include <array>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "chaos/history.hpp"
#include "support/http.hpp"

namespace bridgework::chaos {

class Load {
 public:
  struct Options {
    std::string url, key;
    std::string site;
    std::vector<std::string> providers;
    std::vector<std::string> starts;  ///< local times of the slots they fight for
    int clients = 4;
    std::chrono::milliseconds pause{15};  ///< between two commands of one client
    std::uint64_t seed = 1;
  };
  Load(Options options, History& history);
  /// No new commands; those without an answer are repeated for this much longer.
  void stop(std::chrono::seconds patience);
  ~Load();
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  int clients() const { return options_.clients; }
  std::size_t answered() const;
  std::size_t answered(Operation::Kind kind) const { return answered_[static_cast<std::size_t>(kind)]; }
  std::size_t repeated() const { return repeated_; }
  /// The longest time without any answer since this was last asked.
  std::chrono::milliseconds longest_silence();
  /// Answers no client can do anything with.
  std::vector<std::string> complaints() const;
  /// The mail address of each enquiry, which is its key.
  static std::string mail_of(const std::string& key) { return key + "@example.org"; }

 private:
  struct Client;
  void run(int number);
  void step(Client& client);
  /// Asks until there is an answer, then writes it down.
  support::Answer ask(Client& client, Operation operation, const std::string& path, const boost::json::value& body);
  void heard();

  Options options_;
  History& history_;
  std::array<std::atomic<std::size_t>, kKinds> answered_{};
  std::atomic<std::size_t> repeated_{0};
  std::atomic<bool> stopping_{false};
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> complaints_;
  std::chrono::steady_clock::time_point last_answer_, give_up_at_;
  std::chrono::steady_clock::duration silence_{0};
  std::vector<std::jthread> threads_;
};

}  // namespace bridgework::chaos
