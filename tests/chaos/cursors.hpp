#pragma once
// Consumers that all stand behind: each with a cursor of its own, as partners' programs have one.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "runtime/bus_client.hpp"

namespace bridgework::chaos {

/// Many of them on one thread, the caller's.
class Cursors {
 public:
  /// All begin after `after` and ask the first of `buses` until it fails.
  Cursors(runtime::Context& context, const std::vector<std::string>& buses, std::size_t count, std::uint64_t after);

  /// Lets each read on until it is at `position`; false after `limit`.
  bool reach(std::uint64_t position, std::chrono::milliseconds limit);
  /// How many are not there yet.
  std::size_t behind(std::uint64_t position) const;
  /// Questions that were sent, a second time or a tenth included.
  std::uint64_t asked() const;
  /// What one was given against the promise.
  const std::string& complaint() const { return complaint_; }

 private:
  struct Cursor {
    std::unique_ptr<runtime::BusClient> bus;
    runtime::LogPosition position;
  };
  void take(Cursor& cursor, const messages::FetchReply& reply);

  std::vector<Cursor> cursors_;
  std::string complaint_;
};

}  // namespace bridgework::chaos
