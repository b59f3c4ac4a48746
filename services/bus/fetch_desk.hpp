#pragma once
// Answers Fetch: at once, later, or by asking the store. No I/O and no clock of its own; the server feeds it and takes what it has to say.

#include <chrono>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "bus/log_bounds.hpp"
#include "bus/ring.hpp"
#include "messages/envelope.values.hpp"

namespace bridgework::bus {

struct DeskLimits {
  std::size_t ring_events_max = 65'536;
  std::size_t ring_bytes_max = 64 * 1024 * 1024;
  std::size_t parked_max = 1024;          ///< beyond it nobody waits: the answer comes at once
  std::uint32_t events_max = 4096;        ///< of one answer, whatever was asked for
  std::uint32_t bytes_max = 1024 * 1024;  ///< of one answer; exceeded only by a single event
  std::chrono::milliseconds wait_max{60'000};
};

/// Serves from the ring what the ring has. What lies below it, and every answer that would stop a caller for good, is looked up in the
/// store first: the ring may lag behind the log by a moment, and a caller that another bus told more must not be called divergent.
class FetchDesk {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit FetchDesk(const DeskLimits& limits);

  struct Answer {
    std::string identity;
    messages::FetchReply reply;
  };
  /// A question for the store: everything after `fetch.after`, and the bounds, read in one step.
  struct Lookup {
    std::string identity;
    messages::Fetch fetch;
    Time deadline{};
    std::uint64_t serial = 0;  ///< which of all questions it belongs to
  };
  struct Found {
    LogBounds bounds;
    std::vector<LogEntry> entries;  ///< dense, from the first kept after `fetch.after`
  };

  /// A caller asks. A caller has one question at a time: an earlier one that is still parked is dropped.
  void asked(const std::string& identity, messages::Fetch fetch, Time now);
  /// The store's answer; none: it cannot be read now.
  void looked_up(Lookup lookup, const std::optional<Found>& found, Time now);
  /// What the reader found on opening the log, or on looking again.
  void opened(const LogBounds& bounds, Time now);
  /// New events, in order.
  void appended(std::vector<LogEntry> entries);
  /// The log cannot be read until it is `opened` again. What is in the ring is durable and still served.
  void lost();
  /// Answers those who have waited long enough.
  void expire(Time now);
  std::optional<Time> next_deadline() const;

  std::vector<Answer> take_answers() { return std::exchange(answers_, {}); }
  std::vector<Lookup> take_lookups() { return std::exchange(lookups_, {}); }

  const LogBounds& bounds() const { return bounds_; }
  /// Whether the log is open and being read.
  bool reading() const { return reading_; }
  const Ring& ring() const { return ring_; }
  std::size_t parked() const { return parked_.size(); }

  struct Counts {
    std::uint64_t fetches = 0, from_ring = 0, from_store = 0, events = 0;
    std::uint64_t parked = 0, not_parked = 0, replaced = 0;
    std::uint64_t truncated = 0, diverged = 0, unavailable = 0;
    std::uint64_t gaps = 0, seen_before = 0, unreadable = 0, incarnations = 0;
  };
  const Counts& counts() const { return counts_; }

 private:
  struct Parked {
    std::string identity;
    messages::Fetch fetch;         // of the present incarnation: it was judged when it was parked
    std::uint64_t scanned_to = 0;  // nothing the caller wants lies between fetch.after and here
    Time deadline{};
    std::uint64_t serial = 0;
  };
  using ParkedList = std::list<Parked>;

  bool wants(const messages::Fetch& fetch, const LogEntry& entry) const;
  messages::FetchReply reply_to(const messages::Fetch& fetch, messages::FetchOutcome outcome, const LogBounds& bounds) const;
  void answer(const std::string& identity, messages::FetchReply reply);
  void ask_store(Lookup lookup);
  messages::FetchReply collect(const messages::Fetch& fetch, std::uint64_t after) const;
  void park(Parked parked);
  void drop_parked(const std::string& identity);
  void serve_parked();

  DeskLimits limits_;
  Ring ring_;
  LogBounds bounds_;
  bool reading_ = false;
  std::uint64_t serial_ = 0;
  ParkedList parked_;
  std::unordered_map<std::string, ParkedList::iterator> parked_by_identity_;
  std::vector<Answer> answers_;
  std::vector<Lookup> lookups_;
  Counts counts_;
};

}  // namespace bridgework::bus
