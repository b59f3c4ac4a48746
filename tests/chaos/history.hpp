#pragma once
// What clients asked for and what they were told, and the judgement: does the log hold exactly that?

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include <boost/json.hpp>

namespace bridgework::chaos {

/// One command of one client, repeated with the same key until it was answered or the run was over.
struct Operation {
  enum class Kind { kPerson, kLead, kCall, kHold, kBook, kCancel };
  enum class Outcome {
    kUnknown,  ///< no answer ever: it may have happened, once
    kDone,
    kRefused,
  };
  Kind kind = Kind::kPerson;
  Outcome outcome = Outcome::kUnknown;
  std::string key;             ///< idempotency key; also what its event is found by, but for visits
  std::string subject;         ///< the person of a hold, the visit of a booking or a cancellation
  std::string id;              ///< what it made, as answered
  std::uint64_t sequence = 0;  ///< of its last event, as answered
  std::size_t life = 0;        ///< of the log, when it was answered
  int tries = 0;
};
constexpr std::size_t kKinds = 6;
const char* name_of(Operation::Kind kind);

/// Filled by many threads.
class History {
 public:
  void add(Operation operation);
  std::vector<Operation> operations() const;

  /// The log ends (Redis was killed); answers from now on come from another life of it.
  std::size_t life() const;
  void end_life();
  /// What had this position or a later one when that life ended was lost on purpose.
  void lost_from(std::size_t life, std::uint64_t sequence);
  /// Whether the log that is left owes this operation its event.
  bool may_be_lost(const Operation& operation) const;

 private:
  mutable std::mutex mutex_;
  std::vector<Operation> operations_;
  std::size_t life_ = 0;
  std::map<std::size_t, std::uint64_t> lost_from_;
};

/// One line of the feed.
struct Event {
  std::uint64_t sequence = 0;
  std::string id, type, subject, time;
  boost::json::object data;
};

struct Judgement {
  std::vector<std::string> violations;
  std::size_t done = 0, refused = 0, unknown = 0, lost = 0;
  std::size_t persons = 0;            ///< registered
  std::size_t persons_mentioned = 0;  ///< that any event is about
};
/// Each answered operation is in the log once, none twice, no refused one at all, nothing nobody asked for, and no chair or provider is
/// promised twice at any time.
Judgement judge(const History& history, const std::vector<Event>& events);

}  // namespace bridgework::chaos
