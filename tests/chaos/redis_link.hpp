#pragma once
// Stands between the suite and its Redis, and can cut, freeze and hold what passes.

#include <atomic>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <thread>
#include <vector>

namespace bridgework::chaos {

class RedisLink {
 public:
  /// Listens at `front`, where the suite looks for Redis, and connects each caller to `behind`.
  RedisLink(const std::filesystem::path& front, const std::filesystem::path& behind);
  ~RedisLink();
  RedisLink(const RedisLink&) = delete;
  RedisLink& operator=(const RedisLink&) = delete;

  /// Every connection breaks now.
  void cut_all();
  /// The next `count` commits reach Redis, are done, and their connections break before the answer.
  void cut_before_replies(int count);
  /// Nothing passes, and nobody is told.
  void freeze(bool frozen);
  /// The next commit of that process gets stuck on its way, until it is released.
  void hold_commit_of(int pid);
  bool holds_one() const { return holding_; }
  void release_held();

  int replies_cut() const { return replies_cut_; }
  /// Held commits that were refused for their fence when they arrived at last.
  int held_refused() const { return held_refused_; }
  int held_answered() const { return held_answered_; }

 private:
  struct Pair;
  void run(const std::stop_token& stop);
  void accept_one();
  void wake();
  bool pump(Pair& pair, short client_events, short server_events);
  bool from_client(Pair& pair);
  bool from_server(Pair& pair);

  std::filesystem::path behind_;
  int listening_ = -1;
  int wakeup_ = -1;
  std::vector<std::unique_ptr<Pair>> pairs_;
  std::atomic<bool> cut_all_{false}, frozen_{false}, holding_{false}, release_{false};
  std::atomic<int> hold_pid_{0}, cuts_left_{0}, replies_cut_{0}, held_refused_{0}, held_answered_{0};
  std::jthread thread_;
};

}  // namespace bridgework::chaos
