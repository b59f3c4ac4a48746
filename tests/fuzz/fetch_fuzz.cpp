// The bus's desk against a model of the log: whatever is asked, appended, trimmed, rolled back and answered late, nobody passes an
// event they wanted, and nobody is told that they share a log which they do not.

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bus/fetch_desk.hpp"
#include "messages/envelope.codec.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace {

using namespace bridgework;
using bus::FetchDesk;
using bus::LogEntry;
using messages::Fetch;
using messages::FetchOutcome;
using messages::FetchReply;

constexpr std::size_t kLogMax = 60;
constexpr std::chrono::hours kVeryLong{2};

/// What Redis holds: the log of each incarnation as it was at its end, the present one still growing.
class Log {
 public:
  Log() { histories_[incarnation_]; }

  const std::vector<LogEntry>& now() const { return histories_.at(incarnation_); }
  const std::vector<LogEntry>* of(const std::string& incarnation) const {
    const auto it = histories_.find(incarnation);
    return it == histories_.end() ? nullptr : &it->second;
  }
  std::uint64_t head() const { return now().size(); }

  void append(std::uint8_t type, std::size_t size) {
    if (head() >= kLogMax) return;
    std::vector<LogEntry>& log = histories_[incarnation_];
    const std::string name = incarnation_ + "/" + std::to_string(head() + 1);
    log.push_back({head() + 1, type, name + std::string(size, '.')});
  }
  void trim(std::uint64_t to) { first_ = std::clamp<std::uint64_t>(to, first_, head() + 1); }
  /// An older copy comes back, and another incarnation begins.
  void roll_back(std::uint64_t lost) {
    std::vector<LogEntry> kept = now();
    kept.resize(kept.size() - std::min<std::size_t>(lost, kept.size()));
    incarnation_ = std::to_string(++counter_) + ".r";
    first_ = std::min<std::uint64_t>(first_, kept.size() + 1);
    starts_[incarnation_] = kept.size() + 1;
    histories_[incarnation_] = std::move(kept);
  }
  bus::LogBounds bounds() const { return {incarnation_, starts_.at(incarnation_), first_, head(), starts_}; }
  FetchDesk::Found read(const Fetch& fetch) const {
    FetchDesk::Found found{bounds(), {}};
    for (std::uint64_t at = std::max(first_, fetch.after + 1); at <= head() && at > 0; ++at) found.entries.push_back(now()[at - 1]);
    return found;
  }
  std::vector<std::string> incarnations() const {
    std::vector<std::string> names = {"", "99.unknown"};
    for (const auto& [name, history] : histories_) names.push_back(name);
    return names;
  }

 private:
  unsigned counter_ = 1;
  std::string incarnation_ = "1.r";
  std::uint64_t first_ = 1;
  std::map<std::string, std::uint64_t> starts_{{"1.r", 1}};
  std::map<std::string, std::vector<LogEntry>> histories_;
};

bus::DeskLimits small_limits() {
  bus::DeskLimits limits;
  limits.ring_events_max = 8;
  limits.ring_bytes_max = 400;
  limits.parked_max = 3;
  limits.events_max = 4;
  limits.bytes_max = 64;
  return limits;
}

class Play {
 public:
  explicit Play(fuzz::Bytes input) : input_(input) {}

  void run() {
    for (int turn = 0; turn < 250 && !input_.empty(); ++turn) {
      step();
      take();
    }
    // Whatever is still open is answered when the store answers and the time is over.
    for (int round = 0; round < 4; ++round) {
      while (!lookups_.empty()) answer_lookup(false);
      now_ += kVeryLong;
      desk_.expire(now_);
      take();
    }
    fuzz::require(lookups_.empty() && desk_.parked() == 0, "nothing stays open for ever");
    for (const auto& [identity, correlation] : latest_) fuzz::require(answered_.contains(correlation), "the last question is answered");
  }

 private:
  void step() {
    switch (input_.byte() % 10) {
      case 0: return ask();
      case 1: return ask_with_any_bytes();
      case 2: return log_.append(input_.byte() % 4, input_.byte() % 80);
      case 3: return log_.trim(input_.byte());
      case 4: return log_.roll_back(input_.byte() % 8);
      case 5: return look();
      case 6: return read_on(input_.byte() % 6);
      case 7: return desk_.lost();
      case 8: return answer_lookup(input_.byte() % 8 == 0);
      default: now_ += std::chrono::milliseconds(input_.pair()); return desk_.expire(now_);
    }
  }

  void ask() {
    Fetch fetch;
    const auto incarnations = log_.incarnations();
    fetch.incarnation = incarnations[input_.byte() % incarnations.size()];
    fetch.after = input_.byte();
    if (fetch.after == 255) fetch.after = ~std::uint64_t{0};
    fetch.max_events = input_.byte() % 6;
    fetch.max_bytes = input_.byte();
    fetch.wait_ms = input_.byte() % 3 * 1000u;
    for (unsigned types = input_.byte() % 3; types > 0; --types) fetch.types.push_back(input_.byte() % 4);
    submit(std::move(fetch));
  }
  void ask_with_any_bytes() {
    const auto fetch = messages::decode_as<Fetch>(input_.take(input_.byte()));
    if (fetch) submit(*fetch);
  }
  void submit(Fetch fetch) {
    const std::string identity(1, static_cast<char>('a' + input_.byte() % 5));
    fetch.correlation = ++correlation_;
    asked_[fetch.correlation] = fetch;
    latest_[identity] = fetch.correlation;
    desk_.asked(identity, std::move(fetch), now_);
  }

  /// The reader opens the log: it goes on where it was, or at the head when that may not be the same log any more.
  void look() {
    const bus::LogBounds bounds = log_.bounds();
    if (bounds.incarnation != reader_incarnation_ || bounds.head < reader_at_) {
      reader_incarnation_ = bounds.incarnation;
      reader_at_ = bounds.head;
    }
    desk_.opened(bounds, now_);
  }
  void read_on(std::size_t count) {
    // On another connection than the one it looked at, it reads nothing.
    if (log_.bounds().incarnation != reader_incarnation_) return;
    std::vector<LogEntry> entries;
    while (entries.size() < count && reader_at_ < log_.head()) {
      // What was trimmed before it was read is not there any more.
      const std::uint64_t at = std::max(reader_at_ + 1, log_.bounds().first);
      if (at > log_.head()) break;
      entries.push_back(log_.now()[at - 1]);
      reader_at_ = at;
    }
    if (!entries.empty()) desk_.appended(std::move(entries));
  }
  void answer_lookup(bool store_is_away) {
    if (lookups_.empty()) return;
    FetchDesk::Lookup lookup = std::move(lookups_.front());
    lookups_.pop_front();
    const std::optional<FetchDesk::Found> found = store_is_away ? std::nullopt : std::optional(log_.read(lookup.fetch));
    desk_.looked_up(std::move(lookup), found, now_);
    take();
  }

  void take() {
    for (FetchDesk::Lookup& lookup : desk_.take_lookups()) lookups_.push_back(std::move(lookup));
    for (const FetchDesk::Answer& answer : desk_.take_answers()) check(answer.reply);
  }

  void check(const FetchReply& reply) {
    fuzz::require(asked_.contains(reply.correlation), "an answer belongs to a question");
    fuzz::require(answered_.insert({reply.correlation, true}).second, "a question is answered once");
    if (reply.outcome != FetchOutcome::kEvents) {
      fuzz::require(reply.events.empty(), "only an answer with events has some");
      return;
    }
    const Fetch& fetch = asked_[reply.correlation];
    const std::vector<LogEntry>* history = log_.of(reply.incarnation);
    fuzz::require(history != nullptr, "an answer is of an incarnation that was");
    fuzz::require(reply.next >= fetch.after && reply.next <= history->size(), "an answer leads on, within the log");
    check_shared(fetch, *history);
    check_events(fetch, reply, *history);
    fuzz::require(messages::decode_as<FetchReply>(encode(reply)).has_value(), "an answer can be sent");
  }
  /// Told to go on, the caller has seen nothing that this log does not have.
  void check_shared(const Fetch& fetch, const std::vector<LogEntry>& history) const {
    if (fetch.incarnation.empty()) return;
    const std::vector<LogEntry>* seen = log_.of(fetch.incarnation);
    if (seen == nullptr) {
      fuzz::require(fetch.after == 0, "nobody goes on from an incarnation that never was");
      return;
    }
    if (fetch.after > seen->size()) return;  // a position that this caller cannot have seen
    for (std::uint64_t at = 0; at < fetch.after; ++at) {
      fuzz::require((*seen)[at].record == history[at].record, "nobody goes on behind events that are gone");
    }
  }
  static void check_events(const Fetch& fetch, const FetchReply& reply, const std::vector<LogEntry>& history) {
    fuzz::require(reply.events.size() <= std::min<std::size_t>(4, fetch.max_events), "an answer is bounded in events");
    std::size_t bytes = 0;
    auto event = reply.events.begin();
    for (std::uint64_t at = fetch.after + 1; at <= reply.next; ++at) {
      const LogEntry& entry = history[at - 1];
      const bool wanted = fetch.types.empty() || entry.type_id == 0 ||
                          std::find(fetch.types.begin(), fetch.types.end(), entry.type_id) != fetch.types.end();
      if (!wanted) continue;
      fuzz::require(event != reply.events.end() && event->sequence == at, "no event that was wanted is passed over");
      fuzz::require(event->record == entry.record, "an event is what the log holds");
      bytes += event->record.size();
      ++event;
    }
    fuzz::require(event == reply.events.end(), "there is nothing that was not wanted");
    fuzz::require(bytes <= 64 || reply.events.size() == 1, "an answer is bounded in bytes");
  }

  fuzz::Bytes input_;
  Log log_;
  FetchDesk desk_{small_limits()};
  FetchDesk::Time now_{};
  std::uint64_t correlation_ = 0;
  std::string reader_incarnation_;
  std::uint64_t reader_at_ = 0;
  std::deque<FetchDesk::Lookup> lookups_;
  std::map<std::uint64_t, Fetch> asked_;
  std::map<std::uint64_t, bool> answered_;
  std::map<std::string, std::uint64_t> latest_;
};

}  // namespace

/// Input: what happens, step by step.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Play(bridgework::fuzz::Bytes(data, size)).run();
  return 0;
}
