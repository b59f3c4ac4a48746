#pragma once
// What a subscriber of Live must do to miss nothing: a state machine without sockets and clock.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "messages/envelope.values.hpp"

namespace bridgework::sim {

/// Keeps a copy of the log, of which the stream may lose any message without a sign.
///
/// An event is taken only if it is the next one of the incarnation that is followed. Whatever else shows that there is more (a later
/// event, a beacon, another incarnation) makes it fetch from where it stands, and only a Fetch leads from one incarnation to the next.
class LiveFollower {
 public:
  void heard(const std::string& incarnation, std::uint64_t sequence, const std::string& record) {
    if (incarnation != incarnation_ || sequence > head() + 1) behind_ = true;
    else if (sequence == head() + 1) events_.push_back(record);
  }
  void beacon(const messages::Beacon& beacon) {
    if (beacon.incarnation != incarnation_ || beacon.head > head()) behind_ = true;
  }

  struct Position {
    std::string incarnation;
    std::uint64_t after;
  };
  std::optional<Position> wants() const { return behind_ ? std::optional(Position{incarnation_, head()}) : std::nullopt; }

  void fetched(const Position& asked, const messages::FetchReply& reply) {
    if (asked.incarnation != incarnation_ || asked.after != head()) return;  // events came meanwhile: asked again if need be
    if (reply.outcome == messages::FetchOutcome::kDiverged) {
      // Some of what was taken is gone: from the first event on, anew.
      events_.clear();
      incarnation_.clear();
      return;
    }
    // The first events are nowhere any more: it stays where it is, says so, and asks again until somebody has brought them back.
    truncated_ = reply.outcome == messages::FetchOutcome::kTruncated;
    if (reply.outcome != messages::FetchOutcome::kEvents) return;
    incarnation_ = reply.incarnation;
    for (const auto& event : reply.events) {
      if (event.sequence == head() + 1) events_.push_back(event.record);
    }
    behind_ = head() < reply.head;
  }

  const std::string& incarnation() const { return incarnation_; }
  std::uint64_t head() const { return events_.size(); }
  const std::vector<std::string>& events() const { return events_; }
  bool truncated() const { return truncated_; }

 private:
  std::string incarnation_;
  std::vector<std::string> events_;
  bool behind_ = false, truncated_ = false;
};

}  // namespace bridgework::sim
