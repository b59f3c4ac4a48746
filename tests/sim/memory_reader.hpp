#pragma once
// A service's committed state, for queries.

#include <algorithm>

#include "runtime/handler.hpp"
#include "sim/memory_store.hpp"

namespace bridgework::sim {

class MemoryReader final : public runtime::RecordReader {
 public:
  explicit MemoryReader(const ServiceState& state) : state_(state) {}

  std::vector<std::optional<std::string>> records(const std::vector<runtime::RecordKey>& keys) override {
    std::vector<std::optional<std::string>> out;
    for (const auto& key : keys) {
      const auto& all = state_.lanes[key.lane].records;
      const auto it = all.find(key.key);
      out.push_back(it == all.end() ? std::nullopt : std::optional(it->second));
    }
    return out;
  }
  void scan(std::string_view prefix, const std::function<void(std::string_view, std::string_view)>& visit) override {
    for (const auto& lane : state_.lanes) {
      for (const auto& [key, bytes] : lane.records) {
        if (key.starts_with(prefix)) visit(key, bytes);
      }
    }
  }
  std::vector<runtime::IndexEntry> index(std::string_view name, double from, double to, std::size_t limit) override {
    std::vector<runtime::IndexEntry> out;
    const auto it = state_.indexes.find(std::string(name));
    if (it == state_.indexes.end()) return out;
    for (const auto& [member, score] : it->second) {
      if (score >= from && score <= to) out.push_back({member, score});
    }
    std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.score < b.score; });
    if (out.size() > limit) out.resize(limit);
    return out;
  }
  std::size_t index_size(std::string_view name) override {
    const auto it = state_.indexes.find(std::string(name));
    return it == state_.indexes.end() ? 0 : it->second.size();
  }
  bool index_has(std::string_view name, std::string_view member) override {
    const auto it = state_.indexes.find(std::string(name));
    return it != state_.indexes.end() && it->second.contains(std::string(member));
  }

 private:
  const ServiceState& state_;
};

/// What an effect may look at in the moment it is performed.
class MemoryIndexes final : public runtime::IndexReader {
 public:
  explicit MemoryIndexes(const ServiceState& state) : state_(state) {}
  bool index_has(std::string_view name, std::string_view member) const override {
    const auto it = state_.indexes.find(std::string(name));
    return it != state_.indexes.end() && it->second.contains(std::string(member));
  }

 private:
  const ServiceState& state_;
};

}  // namespace bridgework::sim
