#pragma once
// Who may call, known by a hash only.

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

namespace bridgework::gateway {

/// API keys and the principals they stand for. A key itself is never kept.
class ApiKeys {
 public:
  /// Reads the key from the first line of a file; fails with a sentence. A key has at least 16 characters.
  tl::expected<void, std::string> add_from_file(std::string principal, const std::string& path);
  void add(std::string principal, std::string_view key);

  /// The principal, or nothing. Takes the same time for every wrong key.
  std::optional<std::string> principal_of(std::string_view key) const;

 private:
  using Hash = std::array<unsigned char, 32>;
  static Hash hash(std::string_view key);

  struct Entry {
    Hash hash;
    std::string principal;
  };
  std::vector<Entry> entries_;
};

}  // namespace bridgework::gateway
