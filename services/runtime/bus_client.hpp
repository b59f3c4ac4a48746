#pragma once
// How a process reads the log: one Fetch at a time, asked again until it is answered.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "messages/envelope.values.hpp"
#include "runtime/wire.hpp"

namespace bridgework::runtime {

/// What a caller has seen of the log, and in which of its incarnations.
struct LogPosition {
  std::string incarnation;  ///< empty when it has none
  std::uint64_t after = 0;

  bool operator==(const LogPosition&) const = default;
};

/// Asks one bus after the other for what comes after a position. Single-threaded and never waiting: the owner's loop waits on `watch()`
/// for at most `idle_for()`, then calls `poll`.
///
/// A Fetch changes nothing anywhere, so a lost one is simply asked again: at once at the next bus when the link breaks or the bus says
/// it cannot read the log, and after its wait plus `grace` when nothing comes at all. Answers to what is no longer asked are dropped.
/// The client keeps no position and skips nothing; kTruncated and kDiverged are handed on, and the caller decides.
class BusClient {
 public:
  using Clock = std::chrono::steady_clock;

  struct Options {
    std::vector<std::string> endpoints;          ///< at least one; the first is asked until it fails
    std::chrono::milliseconds grace{1000};       ///< beyond the wait asked for, until the next bus is tried
    std::chrono::milliseconds link_within{300};  ///< for a bus to take the question; one that is up needs a few milliseconds
    std::chrono::milliseconds retry_after{100};  ///< between tries while no bus can be reached
    std::uint32_t bytes_max = 1024 * 1024;       ///< of one answer, about
    SocketOptions socket;                        ///< with our keys, for a bus on another machine
  };

  struct Counts {
    std::uint64_t sent = 0, answered = 0;
    std::uint64_t late = 0;       ///< answers to what was no longer asked
    std::uint64_t malformed = 0;  ///< answers that are none
    std::uint64_t timed_out = 0, link_lost = 0, unavailable = 0;
    std::uint64_t connect_failed = 0;
  };

  BusClient(Context& context, Options options);

  /// Asks for events of `types` (empty: all) after `position`, parked at the bus for up to `wait` if there are none. Asking the same
  /// again while it is under way changes nothing; asking something else replaces it.
  void want(const LogPosition& position, const std::vector<std::uint64_t>& types, std::uint32_t max_events, std::chrono::milliseconds wait);
  /// Nothing is wanted any more.
  void forget();

  /// Does what can be done now. An answer ends the want it belongs to. `readable`: false when the wait has just said that nothing came,
  /// which spares a question to the kernel.
  std::optional<messages::FetchReply> poll(bool readable = true) { return poll(Clock::now(), readable); }
  std::optional<messages::FetchReply> poll(Clock::time_point now, bool readable = true);

  /// What to wait for. Ask anew before every wait: the socket changes with the bus.
  Watch watch() const;
  /// How long nothing will have to be done unless `watch` wakes.
  std::chrono::milliseconds idle_for() const { return idle_for(Clock::now()); }
  std::chrono::milliseconds idle_for(Clock::time_point now) const;

  /// The bus asked now.
  const std::string& endpoint() const { return options_.endpoints[at_]; }
  const Counts& counts() const { return counts_; }

 private:
  enum class Stage { kIdle, kToSend, kSent };

  void connect(Clock::time_point now);
  void next_bus(Clock::time_point now);
  void send(Clock::time_point now);

  Context& context_;
  Options options_;
  std::size_t at_ = 0;
  std::optional<Dealer> dealer_;
  Stage stage_ = Stage::kIdle;
  messages::Fetch asked_;
  Clock::time_point look_at_link_{};  ///< a broken link does not wake the sleeper
  Clock::time_point deadline_{};      // of what is sent, or of waiting for a link
  Clock::time_point not_before_{};    // of the next try
  std::uint64_t correlation_ = 0;
  Counts counts_;
};

}  // namespace bridgework::runtime
