#pragma once
// Runs a service's pure functions with values: no Redis, no bus, no clock but the one the test sets.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <functional>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "runtime/decision.hpp"
#include "runtime/read_view.hpp"
#include "runtime/types.hpp"

namespace bridgework::testing {

/// An instant of UTC: `utc(2026, 3, 8, 9, 30)`.
inline Instant utc(int year, unsigned month, unsigned day, int hour = 0, int minute = 0, int second = 0) {
  const std::chrono::sys_days date{std::chrono::year{year} / static_cast<int>(month) / static_cast<int>(day)};
  return Instant{date.time_since_epoch() + std::chrono::hours(hour) + std::chrono::minutes(minute) + std::chrono::seconds(second)};
}
/// A day of a local calendar.
inline LocalDay day(int year, unsigned month, unsigned day_of_month) {
  return LocalDay{std::chrono::year{year} / static_cast<int>(month) / static_cast<int>(day_of_month)};
}
/// What a wall clock shows.
inline LocalTime local(int year, unsigned month, unsigned day_of_month, int hour, int minute = 0) {
  return LocalTime{day(year, month, day_of_month).time_since_epoch() + std::chrono::hours(hour) + std::chrono::minutes(minute)};
}

/// `2026-03-08 09:30:00` in UTC; microseconds only where there are some.
inline std::string text_of(Instant instant) {
  const auto days = std::chrono::floor<std::chrono::days>(instant);
  const std::chrono::year_month_day date{std::chrono::sys_days{days}};
  const auto rest = std::chrono::duration_cast<std::chrono::microseconds>(instant - days).count();
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02u-%02u %02d:%02d:%02d", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(rest / 3'600'000'000), static_cast<int>(rest / 60'000'000 % 60),
                static_cast<int>(rest / 1'000'000 % 60));
  std::string out = text;
  if (rest % 1'000'000 != 0) {
    std::snprintf(text, sizeof text, ".%06d", static_cast<int>(rest % 1'000'000));
    out += text;
  }
  return out;
}

namespace detail {
template <class T, class Variant>
struct IsAlternative : std::false_type {};
template <class T, class... A>
struct IsAlternative<T, std::variant<A...>> : std::bool_constant<(std::is_same_v<T, A> || ...)> {};

template <class T>
std::string_view name_of(const T&) {
  if constexpr (requires { T::kName; }) return T::kName;
  return "nothing";
}
/// The id a message names, for a person who reads the timeline.
template <class T>
std::string id_of(const T& value) {
  if constexpr (requires { value.appointment.text(); }) {
    return value.appointment.text();
  } else if constexpr (requires { value.enquiry.text(); }) {
    return value.enquiry.text();
  } else if constexpr (requires { value.person.text(); }) {
    return value.person.text();
  } else if constexpr (requires { std::string(key_of(value)); }) {
    return std::string(key_of(value));
  } else {
    return {};
  }
}
template <class E>
std::string text_of_code(E code) {
  if constexpr (requires { std::string(to_string(code)); }) return std::string(to_string(code));
  return std::to_string(static_cast<int>(code));
}
[[noreturn]] inline void broken(const std::string& what) {
  std::fprintf(stderr, "decide_harness: %s\n", what.c_str());
  std::abort();
}
}  // namespace detail

/// One service with all its lanes folded into one, as its tests see it.
///
/// `M` needs `Vocabulary`, `Message` and `decide`, and for `ask` also `Query` and `answer`: a service's `Model`, or a struct of the
/// test with those names.
///
/// Every decision is made the way the runtime makes it: first with nothing loaded, then again with what was found missing, until nothing
/// is; so a `decide` that cannot bear absent records, or that is not pure, fails here and not in production. Events that the service
/// itself consumes (they are alternatives of `Message`) are handed back to it after the commit that emitted them.
template <class M>
class Harness {
 public:
  using Vocabulary = typename M::Vocabulary;
  using Message = typename M::Message;
  using Record = typename Vocabulary::Record;
  using Event = typename Vocabulary::Event;
  using Timer = typename Vocabulary::Timer;
  using Effect = typename Vocabulary::Effect;
  using Reply = typename Vocabulary::Reply;
  using Refusal = typename Vocabulary::Refusal;
  using Config = typename Vocabulary::Config;
  using Decision = runtime::Decision<Vocabulary>;
  using State = runtime::State<Vocabulary>;

  /// What came of one message.
  struct Outcome {
    std::optional<runtime::Refused<Refusal>> refused;
    std::optional<Reply> answer;
    std::vector<Event> events;  ///< of this message alone

    bool accepted() const { return !refused; }
    std::optional<Refusal> refusal() const { return refused ? std::optional<Refusal>(refused->code) : std::nullopt; }
    const std::string& detail() const {
      static const std::string none;
      return refused ? refused->detail : none;
    }
    /// The reply of that type; the test ends when there is none.
    template <class R>
    const R& reply() const {
      const R* found = answer ? std::get_if<R>(&*answer) : nullptr;
      if (found == nullptr) detail::broken("no reply of that type" + (refused ? ", refused: " + refused->detail : std::string()));
      return *found;
    }
    /// The first event of that type, or nullptr.
    template <class E>
    const E* event() const {
      for (const auto& event : events)
        if (const E* found = std::get_if<E>(&event)) return found;
      return nullptr;
    }
  };
  struct PendingTimer {
    Instant due;
    Timer timer;
    std::chrono::seconds skip_if_older_than;
  };
  struct PerformedEffect {
    std::string id;
    Effect effect;
  };

  explicit Harness(Instant start = utc(2026, 1, 5, 9), Config config = {}) : config_(std::move(config)), now_(start) {}

  Config& config() { return config_; }
  Instant now() const { return now_; }

  // ---- doing

  /// A command, an event of another service or a timer, now.
  template <class T>
  const Outcome& handle(T message) {
    last_ = step(Message(std::move(message)));
    drain_own_events();
    return last_;
  }
  /// Lets time pass up to and including `to`; timers fire in the order they come due, each exactly when it is due.
  void advance_to(Instant to) {
    for (auto next = earliest_due(); next && next->first <= to; next = earliest_due()) {
      now_ = std::max(now_, next->first);
      fire(next->second);
    }
    now_ = std::max(now_, to);
  }
  template <class Rep, class Period>
  void advance(std::chrono::duration<Rep, Period> by) {
    advance_to(now_ + std::chrono::duration_cast<std::chrono::microseconds>(by));
  }
  /// Everything was down until `to`: timers that came due meanwhile fire late, all at `to`, or not at all if they are too old by then.
  void sleep_until(Instant to) {
    now_ = std::max(now_, to);
    for (auto next = earliest_due(); next && next->first <= now_; next = earliest_due()) fire(next->second);
  }
  /// Time passes but timers stay behind (a backlog); they fire at the next `advance_to` or `sleep_until`.
  void advance_without_timers(Instant to) { now_ = std::max(now_, to); }

  template <class R>
  void put(std::string_view id, R record) {
    records_.insert_or_assign(runtime::record_key<R>(id), Record(std::move(record)));
  }

  // ---- looking

  const Outcome& last() const { return last_; }
  template <class R>
  const R* record(std::string_view id) const {
    const auto it = records_.find(runtime::record_key<R>(id));
    return it == records_.end() ? nullptr : std::get_if<R>(&it->second);
  }
  const std::map<std::string, Record>& records() const { return records_; }
  /// Everything emitted so far.
  const std::vector<Event>& all_events() const { return events_; }
  template <class E>
  std::vector<E> events() const {
    std::vector<E> found;
    for (const auto& event : events_)
      if (const E* e = std::get_if<E>(&event)) found.push_back(*e);
    return found;
  }
  template <class E>
  std::size_t count() const {
    return events<E>().size();
  }
  /// The newest event of that type, or nullptr. Valid until the next message.
  template <class E>
  const E* last_event() const {
    for (auto it = events_.rbegin(); it != events_.rend(); ++it)
      if (const E* e = std::get_if<E>(&*it)) return e;
    return nullptr;
  }
  void forget_events() { events_.clear(); }
  const std::map<std::string, PendingTimer>& timers() const { return timers_; }
  const std::vector<PerformedEffect>& effects() const { return effects_; }
  template <class E>
  std::vector<E> effects_of() const {
    std::vector<E> found;
    for (const auto& performed : effects_)
      if (const E* e = std::get_if<E>(&performed.effect)) found.push_back(*e);
    return found;
  }
  /// The members of an index, by score and then name.
  std::vector<std::string> index(std::string_view name) const {
    std::vector<std::string> members;
    for (const auto& entry : view().index(name)) members.push_back(entry.member);
    return members;
  }
  bool index_has(std::string_view name, std::string_view member) const { return view().index_has(name, member); }

  /// Committed state, as a query reads it.
  class View final : public runtime::ReadView<Record> {
   public:
    explicit View(const Harness& harness) : harness_(&harness) {}
    bool index_has(std::string_view index, std::string_view member) const override {
      const auto it = harness_->indexes_.find(std::string(index));
      return it != harness_->indexes_.end() && it->second.contains(std::string(member));
    }
    std::vector<runtime::IndexEntry> index(std::string_view index, double from, double to, std::size_t limit) const override {
      std::vector<runtime::IndexEntry> entries;
      const auto it = harness_->indexes_.find(std::string(index));
      if (it == harness_->indexes_.end()) return entries;
      std::set<std::pair<double, std::string>> sorted;
      for (const auto& [member, score] : it->second) sorted.insert({score, member});
      for (const auto& [score, member] : sorted)
        if (score >= from && score <= to && entries.size() < limit) entries.push_back({member, score});
      return entries;
    }
    using runtime::ReadView<Record>::index;
    std::vector<runtime::IndexEntry> index(std::string_view name) const {
      return index(name, -std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity(), 10000);
    }
    std::size_t index_size(std::string_view index) const override {
      const auto it = harness_->indexes_.find(std::string(index));
      return it == harness_->indexes_.end() ? 0 : it->second.size();
    }

   protected:
    using Key = typename runtime::ReadView<Record>::Key;
    std::vector<std::optional<Record>> load(std::span<const Key> keys) const override {
      std::vector<std::optional<Record>> found;
      for (const auto& key : keys) {
        const auto it = harness_->records_.find(key.record);
        found.push_back(it == harness_->records_.end() ? std::nullopt : std::optional<Record>(it->second));
      }
      return found;
    }
    void scan(std::string_view prefix, const std::function<void(std::string_view, const Record&)>& visit) const override {
      for (const auto& [key, record] : harness_->records_)
        if (std::string_view(key).substr(0, prefix.size()) == prefix) visit(key, record);
    }

   private:
    const Harness* harness_;
  };
  View view() const { return View(*this); }

  template <class Query>
  auto ask(Query query) const {
    return M::answer(view(), typename M::Query(std::move(query)), config_, now_);
  }
  /// Asks and takes the reply of that type; the test ends when it is refused.
  template <class R, class Query>
  R get(Query query) const {
    auto answered = ask(std::move(query));
    if (!answered) detail::broken("query refused: " + answered.error().detail);
    R* found = std::get_if<R>(&*answered);
    if (found == nullptr) detail::broken("no reply of that type");
    return std::move(*found);
  }

  /// What happened, line by line, for a failed expectation: `EXPECT_TRUE(x) << h.timeline();`.
  ///
  ///     2026-03-08 09:11:00  BookAppointment main.v-1 -> refused hold_lapsed: held until 09:10
  std::string timeline() const {
    std::string text;
    for (const auto& line : timeline_) text.append(line).append("\n");
    return text;
  }

 private:
  Decision decide_as_the_runtime_does(const Message& message) const {
    runtime::Records<Record> loaded;
    for (int round = 0; round < 1000; ++round) {
      const State state(loaded, config_);
      Decision decision = M::decide(state, message, now_);
      auto wanted = state.missing();
      // The commit would find those that are there after all.
      std::ranges::copy_if(state.presumed(), std::back_inserter(wanted), [&](const auto& key) { return records_.contains(key); });
      if (wanted.empty()) return decision;
      for (const auto& key : wanted) {
        const auto it = records_.find(key);
        loaded.set(key, it == records_.end() ? std::nullopt : std::optional<Record>(it->second));
      }
    }
    detail::broken("decide keeps asking for more records");
  }

  Outcome step(const Message& message) {
    Decision decision = decide_as_the_runtime_does(message);
    Outcome outcome{decision.refused(), decision.reply(), decision.events()};
    if (decision.refused() && !decision.changes_nothing()) detail::broken("a refusal changes something");
    for (const auto& change : decision.records()) {
      if (change.value) {
        records_.insert_or_assign(change.key, *change.value);
      } else {
        records_.erase(change.key);
      }
    }
    for (const auto& change : decision.indexes()) {
      auto& members = indexes_[change.index];
      if (change.op == Decision::IndexChange::Op::kAdd) {
        members.insert_or_assign(change.member, change.score);
      } else {
        members.erase(change.member);
      }
    }
    for (const auto& change : decision.timers()) {
      if (change.timer) {
        timers_.insert_or_assign(change.name, PendingTimer{change.due, *change.timer, change.skip_if_older_than});
      } else {
        timers_.erase(change.name);
      }
    }
    for (const auto& change : decision.effects()) effects_.push_back({change.id, change.effect});
    for (const auto& event : decision.events()) {
      events_.push_back(event);
      own_events_.push_back(event);
    }
    note(message, outcome);
    return outcome;
  }

  void drain_own_events() {
    while (!own_events_.empty()) {
      const Event event = std::move(own_events_.front());
      own_events_.pop_front();
      std::visit(
          [&](const auto& e) {
            using E = std::decay_t<decltype(e)>;
            if constexpr (detail::IsAlternative<E, Message>::value) {
              const Outcome followed = step(Message(e));
              if (followed.refused) detail::broken("an event was refused: " + followed.refused->detail);
              last_.events.insert(last_.events.end(), followed.events.begin(), followed.events.end());
            }
          },
          event);
    }
  }

  std::optional<std::pair<Instant, std::string>> earliest_due() const {
    std::optional<std::pair<Instant, std::string>> earliest;
    for (const auto& [name, timer] : timers_)
      if (!earliest || timer.due < earliest->first) earliest = {timer.due, name};
    return earliest;
  }

  void fire(const std::string& name) {
    const auto it = timers_.find(name);
    const PendingTimer pending = std::move(it->second);
    timers_.erase(it);
    if (pending.skip_if_older_than.count() > 0 && now_ > pending.due + pending.skip_if_older_than) {
      timeline_.push_back(text_of(now_) + "  timer " + name + " -> skipped, too late");
      return;
    }
    std::visit(
        [&](const auto& timer) {
          using T = std::decay_t<decltype(timer)>;
          if constexpr (detail::IsAlternative<T, Message>::value) {
            last_ = step(Message(timer));
            drain_own_events();
          } else {
            detail::broken("a timer that is no message: " + name);
          }
        },
        pending.timer);
  }

  void note(const Message& message, const Outcome& outcome) {
    std::string line = text_of(now_) + "  ";
    std::visit(
        [&](const auto& m) {
          line.append(detail::name_of(m));
          if (const std::string id = detail::id_of(m); !id.empty()) line.append(" ").append(id);
        },
        message);
    line.append(" -> ");
    if (outcome.refused) {
      line.append("refused ").append(detail::text_of_code(outcome.refused->code));
      if (!outcome.refused->detail.empty()) line.append(": ").append(outcome.refused->detail);
    } else if (outcome.events.empty()) {
      line.append("nothing to tell");
    }
    bool first = true;
    for (const auto& event : outcome.events) {
      if (!first) line.append(", ");
      first = false;
      std::visit([&](const auto& e) { line.append(detail::name_of(e)); }, event);
    }
    timeline_.push_back(std::move(line));
  }

  Config config_;
  Instant now_;
  std::map<std::string, Record> records_;
  std::map<std::string, std::map<std::string, double>> indexes_;
  std::map<std::string, PendingTimer> timers_;
  std::vector<PerformedEffect> effects_;
  std::vector<Event> events_;
  std::deque<Event> own_events_;
  std::vector<std::string> timeline_;
  Outcome last_;
};

}  // namespace bridgework::testing
