#include "bus/fetch_desk.hpp"

#include <algorithm>
#include <utility>

namespace bridgework::bus {

using messages::Fetch;
using messages::FetchedEvent;
using messages::FetchOutcome;
using messages::FetchReply;

namespace {

/// Gathers events until an answer is full. `next` moves over everything looked at, wanted or not.
class Gathering {
 public:
  Gathering(const Fetch& fetch, FetchReply& reply) : fetch_(fetch), reply_(reply) {}

  /// False when the answer is full and the entry was not looked at.
  bool take(const LogEntry& entry, bool wanted) {
    if (wanted) {
      const bool full = reply_.events.size() >= fetch_.max_events || bytes_ + entry.record.size() > fetch_.max_bytes;
      if (full && !reply_.events.empty()) return false;
      reply_.events.push_back(FetchedEvent{entry.sequence, entry.record});
      bytes_ += entry.record.size();
    }
    reply_.next = entry.sequence;
    return true;
  }

 private:
  const Fetch& fetch_;
  FetchReply& reply_;
  std::size_t bytes_ = 0;
};

}  // namespace

FetchDesk::FetchDesk(const DeskLimits& limits) : limits_(limits), ring_(limits.ring_events_max, limits.ring_bytes_max) {}

bool FetchDesk::wants(const Fetch& fetch, const LogEntry& entry) const {
  return fetch.types.empty() || entry.type_id == 0 || std::binary_search(fetch.types.begin(), fetch.types.end(), entry.type_id);
}

FetchReply FetchDesk::reply_to(const Fetch& fetch, FetchOutcome outcome, const LogBounds& bounds) const {
  FetchReply reply;
  reply.correlation = fetch.correlation;
  reply.outcome = outcome;
  reply.incarnation = bounds.incarnation;
  // Not where the newest incarnation began: one that the caller slept through may have taken more away.
  reply.first_of_incarnation =
      outcome == FetchOutcome::kDiverged ? shared_up_to(bounds, fetch.incarnation) + 1 : bounds.first_of_incarnation;
  reply.first = bounds.first;
  reply.head = bounds.head;
  reply.next = fetch.after;
  return reply;
}

void FetchDesk::answer(const std::string& identity, FetchReply reply) {
  switch (reply.outcome) {
    case FetchOutcome::kEvents: counts_.events += reply.events.size(); break;
    case FetchOutcome::kTruncated: ++counts_.truncated; break;
    case FetchOutcome::kDiverged: ++counts_.diverged; break;
    case FetchOutcome::kUnavailable: ++counts_.unavailable; break;
    case FetchOutcome::kMalformed: break;
  }
  answers_.push_back(Answer{identity, std::move(reply)});
}

void FetchDesk::ask_store(Lookup lookup) {
  ++counts_.from_store;
  lookups_.push_back(std::move(lookup));
}

FetchReply FetchDesk::collect(const Fetch& fetch, std::uint64_t after) const {
  FetchReply reply = reply_to(fetch, FetchOutcome::kEvents, bounds_);
  reply.next = after;
  Gathering gathering(fetch, reply);
  for (std::uint64_t sequence = after + 1; sequence <= ring_.last(); ++sequence) {
    const LogEntry& entry = ring_.at(sequence);
    if (!gathering.take(entry, wants(fetch, entry))) break;
  }
  return reply;
}

void FetchDesk::asked(const std::string& identity, Fetch fetch, Time now) {
  ++counts_.fetches;
  const std::uint64_t serial = ++serial_;
  drop_parked(identity);
  const bool only_asks_for_bounds = fetch.max_events == 0;
  fetch.max_events = std::min(fetch.max_events, limits_.events_max);
  fetch.max_bytes = fetch.max_bytes == 0 ? limits_.bytes_max : std::min(fetch.max_bytes, limits_.bytes_max);
  std::sort(fetch.types.begin(), fetch.types.end());
  const Time deadline = now + std::min<std::chrono::milliseconds>(std::chrono::milliseconds(fetch.wait_ms), limits_.wait_max);

  if (bounds_.incarnation.empty()) return answer(identity, reply_to(fetch, FetchOutcome::kUnavailable, bounds_));
  // Whoever names an incarnation this bus has not heard of may know more than it: then not even the beginning is surely the same.
  const bool known = fetch.incarnation.empty() || bounds_.incarnations.contains(fetch.incarnation);
  const bool shared = known && judge(bounds_, fetch.incarnation, fetch.after) != Verdict::kDiverged;
  if (!shared || !ring_.covers(fetch.after)) return ask_store(Lookup{identity, std::move(fetch), deadline, serial});
  ++counts_.from_ring;
  if (only_asks_for_bounds) return answer(identity, reply_to(fetch, FetchOutcome::kEvents, bounds_));
  FetchReply reply = collect(fetch, fetch.after);
  if (!reply.events.empty() || deadline <= now) return answer(identity, std::move(reply));
  fetch.incarnation = bounds_.incarnation;
  park(Parked{identity, std::move(fetch), reply.next, deadline, serial});
}

void FetchDesk::looked_up(Lookup lookup, const std::optional<Found>& found, Time now) {
  const Fetch& fetch = lookup.fetch;
  if (!found) return answer(lookup.identity, reply_to(fetch, FetchOutcome::kUnavailable, bounds_));
  switch (judge(found->bounds, fetch.incarnation, fetch.after)) {
    case Verdict::kTruncated: return answer(lookup.identity, reply_to(fetch, FetchOutcome::kTruncated, found->bounds));
    case Verdict::kDiverged: return answer(lookup.identity, reply_to(fetch, FetchOutcome::kDiverged, found->bounds));
    case Verdict::kServe: break;
  }
  FetchReply reply = reply_to(fetch, FetchOutcome::kEvents, found->bounds);
  if (fetch.max_events == 0) return answer(lookup.identity, std::move(reply));
  Gathering gathering(fetch, reply);
  for (const LogEntry& entry : found->entries) {
    // Never over a hole: the log is dense, so one that is not has been trimmed or tampered with since it was judged.
    if (entry.sequence != reply.next + 1) {
      ++counts_.gaps;
      if (reply.events.empty() && reply.next == fetch.after) reply.outcome = FetchOutcome::kUnavailable;
      break;
    }
    if (entry.type_id == 0) ++counts_.unreadable;
    if (!gathering.take(entry, wants(fetch, entry))) break;
  }
  const bool has_seen_all = reply.outcome == FetchOutcome::kEvents && reply.events.empty() && reply.next == found->bounds.head;
  // The caller is up to date, perhaps a moment ahead of this bus's reader: it waits like the others, provided the reader is in the same
  // incarnation and will come past this point.
  if (has_seen_all && lookup.deadline > now && found->bounds.incarnation == bounds_.incarnation && ring_.covers(reply.next)) {
    lookup.fetch.incarnation = bounds_.incarnation;
    park(Parked{std::move(lookup.identity), std::move(lookup.fetch), reply.next, lookup.deadline, lookup.serial});
    return serve_parked();
  }
  answer(lookup.identity, std::move(reply));
}

void FetchDesk::drop_parked(const std::string& identity) {
  const auto earlier = parked_by_identity_.find(identity);
  if (earlier == parked_by_identity_.end()) return;
  ++counts_.replaced;
  parked_.erase(earlier->second);
  parked_by_identity_.erase(earlier);
}

void FetchDesk::park(Parked parked) {
  // The store may have answered two questions of one caller in either order: the later question counts.
  if (const auto other = parked_by_identity_.find(parked.identity); other != parked_by_identity_.end()) {
    if (other->second->serial > parked.serial) {
      ++counts_.replaced;
      return;
    }
    drop_parked(parked.identity);
  }
  if (parked_.size() >= limits_.parked_max) {
    ++counts_.not_parked;
    FetchReply reply = reply_to(parked.fetch, FetchOutcome::kEvents, bounds_);
    reply.next = parked.scanned_to;
    return answer(parked.identity, std::move(reply));
  }
  ++counts_.parked;
  parked_.push_back(std::move(parked));
  parked_by_identity_.emplace(parked_.back().identity, std::prev(parked_.end()));
}

void FetchDesk::serve_parked() {
  for (auto it = parked_.begin(); it != parked_.end();) {
    bool done = false;
    if (!ring_.covers(it->scanned_to)) {
      it->fetch.after = it->scanned_to;
      ask_store(Lookup{it->identity, std::move(it->fetch), it->deadline, it->serial});
      done = true;
    } else if (it->scanned_to < ring_.last()) {
      FetchReply reply = collect(it->fetch, it->scanned_to);
      it->scanned_to = reply.next;
      if (!reply.events.empty()) {
        answer(it->identity, std::move(reply));
        done = true;
      }
    }
    if (done) {
      parked_by_identity_.erase(it->identity);
      it = parked_.erase(it);
    } else {
      ++it;
    }
  }
}

void FetchDesk::appended(std::vector<LogEntry> entries) {
  for (LogEntry& entry : entries) {
    if (entry.type_id == 0) ++counts_.unreadable;
    switch (ring_.append(std::move(entry))) {
      case Ring::Appended::kNext: break;
      case Ring::Appended::kSeenBefore: ++counts_.seen_before; break;
      case Ring::Appended::kAfterGap: ++counts_.gaps; break;
    }
  }
  bounds_.head = ring_.last();
  serve_parked();
}

void FetchDesk::opened(const LogBounds& bounds, Time now) {
  reading_ = true;
  const bool same_life = bounds.incarnation == bounds_.incarnation && bounds.head >= ring_.last();
  bounds_ = bounds;
  if (same_life) {
    bounds_.head = ring_.last();  // what lies beyond is on its way
    return;
  }
  ++counts_.incarnations;
  ring_.restart(bounds.head);
  for (auto it = parked_.begin(); it != parked_.end();) {
    const Verdict verdict = judge(bounds_, it->fetch.incarnation, it->fetch.after);
    if (verdict == Verdict::kServe) {
      it->scanned_to = std::max(it->fetch.after, std::min(it->scanned_to, shared_up_to(bounds_, it->fetch.incarnation)));
      it->fetch.incarnation = bounds_.incarnation;
      ++it;
      continue;
    }
    answer(it->identity, reply_to(it->fetch, verdict == Verdict::kDiverged ? FetchOutcome::kDiverged : FetchOutcome::kTruncated, bounds_));
    parked_by_identity_.erase(it->identity);
    it = parked_.erase(it);
  }
  serve_parked();
  expire(now);
}

void FetchDesk::lost() { reading_ = false; }

void FetchDesk::expire(Time now) {
  for (auto it = parked_.begin(); it != parked_.end();) {
    if (it->deadline > now) {
      ++it;
      continue;
    }
    FetchReply reply = reply_to(it->fetch, reading_ ? FetchOutcome::kEvents : FetchOutcome::kUnavailable, bounds_);
    reply.next = it->scanned_to;
    answer(it->identity, std::move(reply));
    parked_by_identity_.erase(it->identity);
    it = parked_.erase(it);
  }
}

std::optional<FetchDesk::Time> FetchDesk::next_deadline() const {
  if (parked_.empty()) return std::nullopt;
  return std::min_element(parked_.begin(), parked_.end(), [](const Parked& a, const Parked& b) { return a.deadline < b.deadline; })
      ->deadline;
}

}  // namespace bridgework::bus
