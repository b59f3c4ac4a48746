#pragma once
// Whether processes that live long keep more and more memory and open files.

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace bridgework::chaos {

/// What a process had at one moment of its life.
struct Sample {
  std::chrono::seconds age{0};
  long memory_kb = 0;
  long files = 0;
};

/// The least in each third of a life: what is taken and given back shows in none of them.
struct Thirds {
  long first = 0, second = 0, last = 0;
};
Thirds thirds_of(const std::vector<Sample>& life, long Sample::*what);

/// A life is judged from here on: before, a process still fills what it may keep.
inline constexpr std::chrono::minutes kJudgedFrom{10};

/// Grows without end: from the second third of its life to the last by more than `slack`, and by more than half of what it grew before.
/// What fills a bounded store grows by less and less; what leaks grows as before.
bool grows(const Thirds& thirds, long slack);

/// Follows every process of a suite until it is destroyed.
class Growth {
 public:
  struct Process {
    std::string name;
    int pid = 0;
  };
  struct Store {
    long memory_kb = 0;  ///< Redis says it uses
    long events = 0;     ///< that there have been in the log
  };
  /// `processes` names those that run, `store` says what Redis holds, zeros when it does not answer. Both are called by a thread of its
  /// own.
  Growth(std::chrono::seconds every, std::function<std::vector<Process>()> processes, std::function<Store()> store);

  struct Judgement {
    std::vector<std::string> lines;  ///< what there was, for each kind of process
    std::vector<std::string> violations;
  };
  Judgement judge() const;

 private:
  void run(const std::stop_token& stop);
  void look();

  std::chrono::seconds every_;
  std::function<std::vector<Process>()> processes_;
  std::function<Store()> store_;
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, int>, std::vector<Sample>> lives_;
  std::vector<Store> stores_;
  std::jthread thread_;
};

/// What a process has in memory and how many files it holds open; zeros when it is gone.
Sample footprint_of(int pid);

}  // namespace bridgework::chaos
