#pragma once
// What a service decides and what it reads while deciding. Pure values: nothing here does I/O.

#include <cassert>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "runtime/types.hpp"

namespace bridgework::runtime {

/// The business says no: a reason every caller can act on, and a sentence for a person.
template <class Code>
struct Refused {
  Code code;
  std::string detail;
};

/// The stored name of one record: its type and its id, `"VisitRecord/main-street.v-1"`.
template <class R>
std::string record_key(std::string_view id) {
  std::string key;
  key.reserve(R::kName.size() + 1 + id.size());
  key.append(R::kName).append("/").append(id);
  return key;
}

/// What is known of a lane's records: present, known to be absent, or not looked at yet.
template <class Record>
class Records {
 public:
  /// With `kEverythingElseIsAbsent` a record that was never set counts as absent (tests, a new group); otherwise as unknown.
  enum class Rest { kUnknown, kEverythingElseIsAbsent };
  explicit Records(Rest rest = Rest::kUnknown) : rest_(rest) {}

  /// The record, or none where it is absent; nullptr where that is not known. Valid until it is set or forgotten.
  const std::optional<Record>* look(const std::string& key) const {
    if (const auto it = recent_.find(key); it != recent_.end()) return &it->second;
    if (auto node = older_.extract(key)) return &recent_.insert(std::move(node)).position->second;
    static const std::optional<Record> kAbsent;
    return rest_ == Rest::kEverythingElseIsAbsent ? &kAbsent : nullptr;
  }
  const Record* find(const std::string& key) const {
    const auto* entry = look(key);
    return entry == nullptr || !*entry ? nullptr : &**entry;
  }
  void set(std::string key, std::optional<Record> record) {
    older_.erase(key);
    recent_.insert_or_assign(std::move(key), std::move(record));
  }
  /// How many were set or looked at since it was aged the last time.
  std::size_t recent() const { return recent_.size(); }
  void clear() {
    recent_.clear();
    older_.clear();
  }
  /// Forgets what nobody has set or looked at since it was called the last time.
  void age() { older_ = std::exchange(recent_, {}); }

 private:
  using Map = std::unordered_map<std::string, std::optional<Record>>;
  Rest rest_;
  mutable Map recent_, older_;
};

/// What `decide` may read: the records of its own lane, and the service's configuration.
///
/// A record that has not been loaded yet reads as absent and is noted; the runtime then throws the decision away, loads what was
/// missing and decides again. So `decide` needs no list of what it reads, and must depend on nothing else.
template <class V>
class State {
 public:
  using Record = typename V::Record;
  using Config = typename V::Config;

  State(const Records<Record>& records, const Config& config) : records_(&records), config_(&config) {}

  /// The record of that type and id, or nullptr. Valid until the decision is committed.
  template <class R>
  const R* find(std::string_view id) const {
    return find_or_note<R>(id, missing_);
  }
  /// As `find`, for an id that the message itself brings into the world: one that has not been loaded counts as absent, and the commit
  /// makes sure. So nobody waits for the store to say that it does not know what is new.
  template <class R>
  const R* find_new(std::string_view id) const {
    return find_or_note<R>(id, presumed_);
  }
  const Config& config() const { return *config_; }

  /// Keys that were read but not loaded; not empty means that the decision must not be used.
  const std::vector<std::string>& missing() const { return missing_; }
  /// Keys that were taken for absent without being loaded.
  const std::vector<std::string>& presumed() const { return presumed_; }

 private:
  template <class R>
  const R* find_or_note(std::string_view id, std::vector<std::string>& unknown) const {
    std::string key = record_key<R>(id);
    const std::optional<Record>* record = records_->look(key);
    if (record == nullptr) unknown.push_back(std::move(key));
    return record == nullptr || !*record ? nullptr : std::get_if<R>(&**record);
  }

  const Records<Record>* records_;
  const Config* config_;
  mutable std::vector<std::string> missing_, presumed_;
};

/// Everything that follows from one message, committed as a whole or not at all.
///
/// `V` names the service's words: `Record`, `Event`, `Timer`, `Effect`, `Reply` (variants), `Refusal` (enum), `Config`.
template <class V>
class Decision {
 public:
  using Record = typename V::Record;
  using Event = typename V::Event;
  using Timer = typename V::Timer;
  using Effect = typename V::Effect;
  using Reply = typename V::Reply;
  using Refusal = typename V::Refusal;

  struct RecordChange {
    std::string key;
    std::optional<Record> value;
  };
  struct IndexChange {
    std::string index;
    std::string member;
    double score;
    enum class Op { kAdd, kRemove } op;
  };
  struct TimerChange {
    std::string name;
    Instant due;                              ///< meaningless when `timer` is empty
    std::optional<Timer> timer;               ///< empty: cancel
    std::chrono::seconds skip_if_older_than;  ///< 0: never too late
  };
  struct EffectChange {
    std::string id;
    Effect effect;
  };

  /// Nothing changes; the caller is told why. Never mixed with changes.
  static Decision refuse(Refusal code, std::string detail = {}) {
    Decision d;
    d.refused_ = Refused<Refusal>{code, std::move(detail)};
    return d;
  }

  /// Stores the record under its type and id, replacing what was there. By reference, so that `put(x.id.text(), std::move(x))` reads
  /// the id before anything is moved.
  template <class R>
  Decision& put(std::string_view id, const R& record) {
    records_.push_back({record_key<R>(id), Record(record)});
    return *this;
  }
  template <class R>
  requires(!std::is_reference_v<R> && !std::is_const_v<R>) Decision& put(std::string_view id, R&& record) {
    std::string key = record_key<R>(id);
    records_.push_back({std::move(key), Record(std::move(record))});
    return *this;
  }
  template <class R>
  Decision& erase(std::string_view id) {
    records_.push_back({record_key<R>(id), std::nullopt});
    return *this;
  }
  /// A fact for everybody, for ever. At most 64 KiB encoded.
  template <class E>
  requires std::constructible_from<Event, E> Decision& emit(E event) {
    events_.push_back(Event(std::move(event)));
    return *this;
  }
  /// What the caller of a command gets. Ignored for events and timers.
  template <class R>
  requires std::constructible_from<Reply, R> Decision& reply(R reply) {
    reply_ = Reply(std::move(reply));
    return *this;
  }
  /// Adds to (or re-scores in) a sorted index of the service, readable by queries of all lanes.
  Decision& add_to_index(std::string index, std::string member, double score = 0) {
    indexes_.push_back({std::move(index), std::move(member), score, IndexChange::Op::kAdd});
    return *this;
  }
  Decision& remove_from_index(std::string index, std::string member) {
    indexes_.push_back({std::move(index), std::move(member), 0, IndexChange::Op::kRemove});
    return *this;
  }
  /// A message to this lane's future. `name` is unique in the lane (start it with the entity's id); setting it again replaces it, and
  /// the replaced one never has an effect. Fires never before `due` and at least once; later than `due + skip_if_older_than` not at all.
  template <class T>
  requires std::constructible_from<Timer, T> Decision& set_timer(std::string name, Instant due, T timer,
                                                                 std::chrono::seconds skip_if_older_than = std::chrono::seconds{0}) {
    timers_.push_back({std::move(name), due, Timer(std::move(timer)), skip_if_older_than});
    return *this;
  }
  Decision& cancel_timer(std::string name) {
    timers_.push_back({std::move(name), Instant{}, std::nullopt, std::chrono::seconds{0}});
    return *this;
  }
  /// Something to be done outside once this decision is durable. It is claimed before it is tried, and its outcome comes back as a
  /// command; if the process dies in between, the outcome is "uncertain" and it is never tried again by itself.
  template <class E>
  requires std::constructible_from<Effect, E> Decision& perform(std::string id, E effect) {
    effects_.push_back({std::move(id), Effect(std::move(effect))});
    return *this;
  }
  /// Takes over all changes (not the reply) of another decision, after its own.
  Decision& append(Decision other) {
    assert(!refused_ && !other.refused_);
    const auto move_all = [](auto& to, auto& from) {
      for (auto& x : from) to.push_back(std::move(x));
    };
    move_all(records_, other.records_);
    move_all(events_, other.events_);
    move_all(indexes_, other.indexes_);
    move_all(timers_, other.timers_);
    move_all(effects_, other.effects_);
    return *this;
  }

  const std::optional<Refused<Refusal>>& refused() const { return refused_; }
  const std::optional<Reply>& reply() const { return reply_; }
  const std::vector<RecordChange>& records() const { return records_; }
  const std::vector<Event>& events() const { return events_; }
  const std::vector<IndexChange>& indexes() const { return indexes_; }
  const std::vector<TimerChange>& timers() const { return timers_; }
  const std::vector<EffectChange>& effects() const { return effects_; }
  bool changes_nothing() const { return records_.empty() && events_.empty() && indexes_.empty() && timers_.empty() && effects_.empty(); }

 private:
  std::optional<Refused<Refusal>> refused_;
  std::optional<Reply> reply_;
  std::vector<RecordChange> records_;
  std::vector<Event> events_;
  std::vector<IndexChange> indexes_;
  std::vector<TimerChange> timers_;
  std::vector<EffectChange> effects_;
};

}  // namespace bridgework::runtime
