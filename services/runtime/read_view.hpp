#pragma once
// What a query may read: committed state of all lanes of its own service. Pure interface; the runtime and the tests implement it.

#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/decision.hpp"

namespace bridgework::runtime {

struct IndexEntry {
  std::string member;
  double score;
};

/// Membership tests on a service's indexes: all that an effect may look at in the moment it is performed.
class IndexReader {
 public:
  virtual ~IndexReader() = default;
  virtual bool index_has(std::string_view index, std::string_view member) const = 0;
};

/// The committed state of one service. Reads are not one snapshot: each record is whole, two records may be a moment apart.
template <class Record>
class ReadView : public IndexReader {
 public:
  /// Entries with `from <= score <= to`, ascending by score then member, at most `limit`.
  virtual std::vector<IndexEntry> index(std::string_view index, double from = -std::numeric_limits<double>::infinity(),
                                        double to = std::numeric_limits<double>::infinity(), std::size_t limit = 10000) const = 0;
  virtual std::size_t index_size(std::string_view index) const = 0;

  /// The record of that type and id. The lane is the one of the id's owner; for records that are kept in every lane name another
  /// id of the lane to read from.
  template <class R>
  std::optional<R> find(std::string_view id, std::string_view lane_of_id = {}) const {
    const Key key{std::string(owner_key(lane_of_id.empty() ? id : lane_of_id)), record_key<R>(id)};
    auto found = load({&key, 1});
    return take<R>(found.front());
  }
  /// Many at once, in the order asked for; one round trip.
  template <class R>
  std::vector<std::optional<R>> find_all(std::span<const std::string> ids) const {
    std::vector<Key> keys;
    keys.reserve(ids.size());
    for (const auto& id : ids) keys.push_back({std::string(owner_key(id)), record_key<R>(id)});
    std::vector<std::optional<R>> out;
    out.reserve(ids.size());
    for (auto& found : load(keys)) out.push_back(take<R>(found));
    return out;
  }
  /// Every record of that type in every lane, in no order: `visit(id, record)`. For audits and rebuilds; costs a full scan.
  template <class R, class Visit>
  void for_each(Visit&& visit) const {
    const std::string prefix = record_key<R>("");
    scan(prefix, [&](std::string_view key, const Record& record) {
      if (const R* r = std::get_if<R>(&record)) visit(key.substr(prefix.size()), *r);
    });
  }

 protected:
  struct Key {
    std::string lane_key;  ///< text whose hash is the lane
    std::string record;    ///< record_key
  };
  virtual std::vector<std::optional<Record>> load(std::span<const Key> keys) const = 0;
  virtual void scan(std::string_view prefix, const std::function<void(std::string_view key, const Record&)>& visit) const = 0;

 private:
  template <class R>
  static std::optional<R> take(std::optional<Record>& found) {
    if (!found) return std::nullopt;
    R* r = std::get_if<R>(&*found);
    return r == nullptr ? std::nullopt : std::optional<R>(std::move(*r));
  }
};

}  // namespace bridgework::runtime
