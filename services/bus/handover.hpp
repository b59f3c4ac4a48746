#pragma once
// From one thread to another: bounded, in order.

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "runtime/wire.hpp"

namespace bridgework::bus {

/// A queue whose reader either waits in `take`, or has a Wakeup among what it waits for and calls `take_all`. Weights are whatever the
/// bound is counted in; one thing always fits into an empty queue.
template <class T>
class Handover {
 public:
  explicit Handover(std::size_t weight_max, runtime::Wakeup* reader = nullptr) : weight_max_(weight_max), reader_(reader) {}

  /// Waits for space: the writer slows down to the reader's pace. False when closed.
  bool put(T thing, std::size_t weight = 1) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return closed_ || fits(weight); });
      if (closed_) return false;
      add(std::move(thing), weight);
    }
    tell_reader();
    return true;
  }

  /// False, and nothing done, when there is no space or it is closed.
  bool try_put(T& thing, std::size_t weight = 1) {
    {
      const std::scoped_lock lock(mutex_);
      if (closed_ || !fits(weight)) return false;
      add(std::move(thing), weight);
    }
    tell_reader();
    return true;
  }

  /// Waits; nothing when closed and empty.
  std::optional<T> take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return closed_ || !things_.empty(); });
    if (things_.empty()) return std::nullopt;
    auto [thing, weight] = std::move(things_.front());
    things_.erase(things_.begin());
    weight_ -= weight;
    lock.unlock();
    changed_.notify_all();
    return std::move(thing);
  }

  std::vector<T> take_all() {
    std::vector<std::pair<T, std::size_t>> taken;
    {
      const std::scoped_lock lock(mutex_);
      taken.swap(things_);
      weight_ = 0;
    }
    changed_.notify_all();
    std::vector<T> things;
    things.reserve(taken.size());
    for (auto& [thing, weight] : taken) things.push_back(std::move(thing));
    return things;
  }

  void close() {
    {
      const std::scoped_lock lock(mutex_);
      closed_ = true;
    }
    changed_.notify_all();
  }

 private:
  bool fits(std::size_t weight) const { return things_.empty() || weight_ + weight <= weight_max_; }
  void add(T&& thing, std::size_t weight) {
    things_.emplace_back(std::move(thing), weight);
    weight_ += weight;
  }
  void tell_reader() {
    changed_.notify_all();
    if (reader_ != nullptr) reader_->wake();
  }

  const std::size_t weight_max_;
  runtime::Wakeup* const reader_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::pair<T, std::size_t>> things_;
  std::size_t weight_ = 0;
  bool closed_ = false;
};

}  // namespace bridgework::bus
