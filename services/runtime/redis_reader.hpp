#pragma once
// Committed state of one service, read on a connection of its own.

#include "runtime/handler.hpp"
#include "runtime/keys.hpp"

namespace bridgework::runtime {

/// Throws ReadFault when the store does not answer. One per thread.
class RedisReader final : public RecordReader {
 public:
  RedisReader(Redis redis, Keys keys) : redis_(std::move(redis)), keys_(std::move(keys)) {}

  std::vector<std::optional<std::string>> records(const std::vector<RecordKey>& keys) override;
  void scan(std::string_view prefix, const std::function<void(std::string_view, std::string_view)>& visit) override;
  std::vector<IndexEntry> index(std::string_view name, double from, double to, std::size_t limit) override;
  std::size_t index_size(std::string_view name) override;
  bool index_has(std::string_view name, std::string_view member) override;

 private:
  Redis redis_;
  Keys keys_;
};

}  // namespace bridgework::runtime
