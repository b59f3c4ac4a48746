#include "gateway/rate_limit.hpp"

#include <algorithm>
#include <cmath>

namespace bridgework::gateway {

RateLimit::RateLimit(double per_second, double burst, std::size_t names_max)
    : per_second_(per_second), burst_(std::max(1.0, burst)), names_max_(names_max), shared_{burst_, {}} {}

double RateLimit::tokens_of(const Bucket& bucket, Time now) const {
  const double seconds = std::chrono::duration<double>(now - bucket.filled_at).count();
  return std::min(burst_, bucket.tokens + std::max(0.0, seconds) * per_second_);
}

void RateLimit::forget_full(Time now) {
  std::erase_if(buckets_, [&](const auto& entry) { return tokens_of(entry.second, now) >= burst_; });
}

std::optional<std::chrono::milliseconds> RateLimit::take(std::string_view name, Time now) {
  if (per_second_ <= 0) return std::nullopt;
  auto found = buckets_.find(std::string(name));
  if (found == buckets_.end()) {
    if (buckets_.size() >= names_max_) forget_full(now);
    if (buckets_.size() < names_max_) found = buckets_.emplace(name, Bucket{burst_, now}).first;
  }
  Bucket& bucket = found == buckets_.end() ? shared_ : found->second;
  const double tokens = tokens_of(bucket, now);
  bucket = {tokens, now};
  if (tokens >= 1) {
    bucket.tokens -= 1;
    return std::nullopt;
  }
  return std::chrono::milliseconds(static_cast<std::int64_t>(std::ceil((1 - tokens) / per_second_ * 1000)));
}

}  // namespace bridgework::gateway
