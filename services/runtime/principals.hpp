#pragma once
// Whose keys are known on links that leave the machine, and what each may do there.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <tl/expected.hpp>

namespace bridgework::runtime {

/// What a socket serves, and so what a principal may be admitted to.
enum class Grant {
  kCommand,   ///< send commands to services
  kQuery,     ///< ask services
  kFetch,     ///< read the log, with all that names people
  kLive,      ///< hear the log, pseudonymised
  kSelfTest,  ///< the process itself, at its start; in no list
};
inline constexpr Grant kGrantsOfLists[] = {Grant::kCommand, Grant::kQuery, Grant::kFetch, Grant::kLive};
std::string_view to_string(Grant grant);

/// A list of principals as an operator writes it. A table for each, named as in the log and in metrics:
///
///     [gateway]
///     keys = ["<public key>", "<the next one, while both are in use>"]
///     may = ["command", "query", "fetch"]
///
///     [phone_system]
///     keys = ["<public key>"]
///     may = ["command:RecordCall", "query:GetLead", "fetch:CallRecorded"]
///
/// A grant with a message is for that message alone; without, for all of its kind. Live cannot be narrowed: whoever may hear, hears all of
/// what it says, which names nobody.
///
/// An entry that could be misread refuses the whole list: an unknown word, a key that stands twice, a key that is none. Several keys for
/// one principal are how keys are rotated; an empty list of keys shuts a principal out and keeps its name.
class Principals {
 public:
  static constexpr std::size_t kPrincipalsMax = 1000;  ///< a list beyond it is a mistake, and every handshake would pay for it
  static constexpr std::size_t kKeysMax = 8;           ///< of one principal

  static tl::expected<Principals, std::string> parse(std::string_view toml);
  static tl::expected<Principals, std::string> read(const std::string& path);

  /// Whose key this is, if that principal may do it; nothing otherwise.
  std::optional<std::string> admitted(std::string_view public_key, Grant grant) const;

  /// Whether whoever has this key may also send or read messages of that type under the grant.
  bool may(std::string_view public_key, Grant grant, std::uint64_t type_id) const;

  /// Whether everybody whom `earlier` admits to something is still admitted to it.
  bool keeps_all_of(const Principals& earlier) const;

  std::size_t keys() const { return by_key_.size(); }

 private:
  struct Entry {
    std::string name;
    unsigned grants = 0;
    std::map<Grant, std::set<std::uint64_t>> only;  ///< of a grant that is narrowed: the types it is for
  };
  static std::optional<Entry> entry_of(const std::string& name, const std::vector<std::string>& words);

  std::unordered_map<std::string, Entry> by_key_;
};

}  // namespace bridgework::runtime
