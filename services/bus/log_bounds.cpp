#include "bus/log_bounds.hpp"

#include <algorithm>
#include <charconv>

namespace bridgework::bus {
namespace {

std::uint64_t counter_of(const std::string& incarnation) {
  std::uint64_t counter = 0;
  std::from_chars(incarnation.data(), incarnation.data() + incarnation.size(), counter);
  return counter;
}

}  // namespace

Verdict judge(const LogBounds& log, const std::string& incarnation, std::uint64_t after) {
  if (after > log.head) return Verdict::kDiverged;
  if (after > 0 && !incarnation.empty() && incarnation != log.incarnation) {
    if (!log.incarnations.contains(incarnation)) return Verdict::kDiverged;
    const std::uint64_t counter = counter_of(incarnation);
    for (const auto& [other, first] : log.incarnations)
      if (counter_of(other) > counter && after >= first) return Verdict::kDiverged;
  }
  // Not `after + 1 < first`: after may be the largest number there is.
  return log.first > 0 && after < log.first - 1 ? Verdict::kTruncated : Verdict::kServe;
}

std::uint64_t shared_up_to(const LogBounds& log, const std::string& incarnation) {
  if (incarnation == log.incarnation) return log.head;
  if (!log.incarnations.contains(incarnation)) return 0;
  std::uint64_t shared = log.head;
  const std::uint64_t counter = counter_of(incarnation);
  for (const auto& [other, first] : log.incarnations)
    if (counter_of(other) > counter) shared = std::min(shared, first - 1);
  return shared;
}

}  // namespace bridgework::bus
