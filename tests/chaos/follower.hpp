#pragma once
// A consumer of the log as partners write them: asks the bus by (incarnation, sequence) and believes what it is told.

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "runtime/bus_client.hpp"

namespace bridgework::chaos {

class Follower {
 public:
  Follower(runtime::Context& context, const std::filesystem::path& run_dir);
  ~Follower();
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;

  std::uint64_t position() const;
  /// How often it was told that it had seen events that are gone.
  int diverged() const { return diverged_; }
  /// Fingerprints of the events it holds, by sequence from 1 on.
  std::vector<std::uint64_t> events() const;
  /// What it was given against the promise: holes, repeats, an answer it cannot use.
  std::vector<std::string> complaints() const;

 private:
  void run(const std::stop_token& stop);
  void take(const messages::FetchReply& reply);

  runtime::Context& context_;
  std::filesystem::path run_dir_;
  mutable std::mutex mutex_;
  std::vector<std::uint64_t> events_;
  std::string incarnation_;
  std::vector<std::string> complaints_;
  std::atomic<int> diverged_{0};
  std::jthread thread_;
};

}  // namespace bridgework::chaos
