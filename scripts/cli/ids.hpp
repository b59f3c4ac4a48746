#pragma once
// Names for things that come from other systems: the same thing gets the same name whenever it is imported.

#include <array>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>

namespace bridgework::cli {

/// BLAKE2b-128 of `<source>\n<external id>`, as the first 16 characters of lower-case base32. Eighty bits: among a billion ids two
/// coincide with a chance of one in two million, and nobody reads the original id out of it.
std::string imported_name(std::string_view source, std::string_view external_id);

/// BLAKE2b-256 of a text as 32 characters of lower-case base32.
std::string content_name(std::string_view content);

/// A site's name as an id: accents folded, lower case, everything else one `-`; at most 40 characters.
std::string slug(std::string_view name);

/// Gives each site name its id; two names with one slug get `-2`, `-3`, … in the order of their coming.
class SiteIds {
 public:
  /// A site that exists already keeps its id.
  void known(std::string_view name, std::string_view id);
  const std::string& id_of(std::string_view name);
  bool has(std::string_view name) const { return by_name_.find(name) != by_name_.end(); }
  std::size_t size() const { return by_name_.size(); }

 private:
  std::map<std::string, std::string, std::less<>> by_name_;
  std::map<std::string, std::string, std::less<>> by_id_;
};

}  // namespace bridgework::cli
