#pragma once
// Who may call, and what for. Keys are known by a hash only.

#include <array>
#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "gateway/router.hpp"

namespace bridgework::gateway {

/// What somebody who calls is there for.
enum class Role {
  kAdmin,     ///< everything
  kManager,   ///< everything of the practice, and the log; not imports, parked messages and rebuilding
  kDesk,      ///< the day's work with people: no figures, no setting up
  kBi,        ///< figures only
  kIntake,    ///< web forms: enquiries and booking; reads nobody's data
  kCalendar,  ///< one feed, by its address; nothing else
};
std::string_view to_string(Role role);

/// Whom a key stands for.
struct Caller {
  std::string principal;
  Role role = Role::kAdmin;
  std::set<std::string, std::less<>> sites;  ///< empty: all of the group
  std::string provider;                      ///< of a calendar: whose visits; empty: the whole site's
};

/// Whether this role has business there at all. Which sites it may ask about is another question.
bool permits(Role role, const Route& route);

/// API keys and whom they stand for. A key itself is never kept: 256 random bits need no slow hash, because nobody can guess them.
class ApiKeys {
 public:
  static constexpr std::size_t kCallersMax = 1000;

  /// Reads the administrator's key from the first line of a file; fails with a sentence. A key has at least 16 characters.
  tl::expected<void, std::string> add_from_file(std::string principal, const std::string& path);
  /// An administrator.
  void add(std::string principal, std::string_view key);

  /// Follows a list, beside what was added: a table for each caller.
  ///
  ///     [front_desk_harbour]
  ///     role = "desk"
  ///     sites = ["harbour"]
  ///     keys = ["<SHA-256 of the key in hex>", "<of the next one, while both are in use>"]
  ///
  /// Fails, with a sentence, on a list that could be misread. Without a file there is no list, until there is one.
  tl::expected<void, std::string> follow(const std::string& path);
  /// Reads the list again if it has changed, at most once a second. One that cannot be read leaves the one before in force.
  void look(std::chrono::steady_clock::time_point now);

  /// Whose key this is, or nullptr; valid until the next `look`. Takes the same time for every wrong key.
  const Caller* find(std::string_view key) const;
  /// The principal alone.
  std::optional<std::string> principal_of(std::string_view key) const;

 private:
  using Hash = std::array<unsigned char, 32>;
  struct Entry {
    Hash hash;
    Caller caller;
  };
  static Hash hash(std::string_view key);
  static tl::expected<std::vector<Entry>, std::string> parse(std::string_view toml);
  static tl::expected<std::vector<Entry>, std::string> read(const std::string& path);

  std::vector<Entry> added_;
  std::vector<Entry> listed_;
  std::string list_;
  std::string list_seen_;
  std::chrono::steady_clock::time_point look_at_{};
};

}  // namespace bridgework::gateway
