#pragma once
// How often somebody may ask.

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace bridgework::gateway {

/// A bucket of tokens for each name: full at first, refilled steadily, emptied by one with each request. Bounded in names: those who have
/// not asked for long have a full bucket, which need not be kept; when all are busy, the others share one.
class RateLimit {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// `per_second` 0: no limit.
  RateLimit(double per_second, double burst, std::size_t names_max = 10'000);

  /// Nothing when the request may pass; else how long until the next one may.
  std::optional<std::chrono::milliseconds> take(std::string_view name, Time now);

  std::size_t names() const { return buckets_.size(); }

 private:
  struct Bucket {
    double tokens;
    Time filled_at;
  };
  void forget_full(Time now);
  double tokens_of(const Bucket& bucket, Time now) const;

  const double per_second_, burst_;
  const std::size_t names_max_;
  std::unordered_map<std::string, Bucket> buckets_;
  Bucket shared_;
};

}  // namespace bridgework::gateway
