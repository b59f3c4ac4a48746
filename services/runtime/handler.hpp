#pragma once
// A service with its types erased: bytes in, bytes out. What lets the engine be written, tested and simulated once.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "runtime/model.hpp"
#include "runtime/store.hpp"

namespace bridgework::runtime {

/// One message as it reaches `decide`.
struct Work {
  enum class Kind { kCommand, kEvent, kTimer };
  Kind kind = Kind::kCommand;
  std::uint64_t type_id = 0;
  std::string body;
  Instant now{};  ///< accepted (command), recorded (event) or fired (timer)
  std::string principal;
  std::string traceparent;
  std::uint64_t causation = 0;
};

/// A decision in bytes. Timers lack their generation, which the engine gives.
struct Decided {
  bool refused = false;
  std::string code, detail;  ///< of a refusal
  std::uint64_t reply_type = 0;
  std::string reply;  ///< empty: the handler gave none

  struct Timer {
    std::string name;
    Instant due;
    std::uint64_t type_id = 0;  ///< 0: cancel
    std::string body;
    std::chrono::seconds skip_if_older_than;
  };
  std::vector<Unit::RecordWrite> records;
  std::vector<Unit::IndexWrite> indexes;
  std::vector<Timer> timers;
  std::vector<Unit::EffectWrite> effects;  ///< body: type id (16 hex) + bytes
  std::vector<std::string> events;         ///< EventRecord bytes
  std::vector<std::string> presumed;       ///< records it took for absent without their having been loaded
};

/// Why there is no decision.
struct Undecided {
  std::vector<std::string> missing;  ///< records to load first; empty: the message itself is wrong
  std::string reason;
};

struct Answered {
  bool refused = false;
  std::string code, detail;
  std::uint64_t reply_type = 0;
  std::string reply;
};

/// What a lane's owner remembers of its records, decoded once.
class LaneRecords {
 public:
  virtual ~LaneRecords() = default;
  /// From the store. Fails on bytes that are no such record.
  virtual tl::expected<void, std::string> set(const std::string& key, const std::optional<std::string>& bytes) = 0;
  /// How many were used since it was aged the last time.
  virtual std::size_t recent() const = 0;
  virtual void clear() = 0;
  /// Forgets what was not used since it was aged the last time.
  virtual void age() = 0;
};

struct ConsumedType {
  std::uint64_t type_id;
  RouteBy by;
};

/// The store as queries and effects see it, by bytes. One per thread.
class RecordReader {
 public:
  virtual ~RecordReader() = default;
  virtual std::vector<std::optional<std::string>> records(const std::vector<RecordKey>& keys) = 0;
  virtual void scan(std::string_view prefix, const std::function<void(std::string_view key, std::string_view bytes)>& visit) = 0;
  virtual std::vector<IndexEntry> index(std::string_view name, double from, double to, std::size_t limit) = 0;
  virtual std::size_t index_size(std::string_view name) = 0;
  virtual bool index_has(std::string_view name, std::string_view member) = 0;
};

/// Thrown by a RecordReader when the store cannot be read; caught where queries and effects are called, nowhere else.
struct ReadFault {
  Fault fault;
};

class Handler {
 public:
  virtual ~Handler() = default;

  virtual std::string_view name() const = 0;
  virtual std::vector<ConsumedType> consumed() const = 0;
  virtual bool is_command(std::uint64_t type_id) const = 0;
  virtual bool is_query(std::uint64_t type_id) const = 0;
  /// The text whose hash is the lane of a command; empty when the body cannot be read.
  virtual std::string command_key(std::uint64_t type_id, std::string_view body) const = 0;

  virtual std::unique_ptr<LaneRecords> new_lane() const = 0;
  /// Decides and, when that worked, puts the changed records into `records`, so that the next message of the lane sees them.
  virtual tl::expected<Decided, Undecided> decide(LaneRecords& records, const Work& work) const = 0;
  /// The records a decision on this message would look for and not find, as far as that can be told now. Changes nothing.
  virtual std::vector<std::string> missing(const LaneRecords& records, const Work& work) const = 0;
  virtual tl::expected<Answered, std::string> answer(RecordReader& reader, std::uint64_t type_id, std::string_view body,
                                                     Instant now) const = 0;

  virtual bool performs_effects() const = 0;
  struct Command {
    std::uint64_t type_id;
    std::string body;
  };
  /// May block. Called on the effect thread.
  virtual tl::expected<Command, std::string> perform(RecordReader& reader, std::string_view effect) const = 0;
  virtual tl::expected<Command, std::string> uncertain(std::string_view effect) const = 0;
};

}  // namespace bridgework::runtime
