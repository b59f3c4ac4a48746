#pragma once
// Waits for what a bus answers.

#include <algorithm>
#include <chrono>
#include <optional>

#include "runtime/bus_client.hpp"
#include "runtime/wire.hpp"

namespace bridgework::bus {

/// The answer to what `client` wants; nothing if none came in twenty seconds.
inline std::optional<messages::FetchReply> next_answer(runtime::BusClient& client) {
  using namespace std::chrono_literals;
  const auto limit = std::chrono::steady_clock::now() + 20s;
  while (std::chrono::steady_clock::now() < limit) {
    if (auto reply = client.poll()) return reply;
    runtime::Watch watch = client.watch();
    runtime::wait({&watch, 1}, std::min(client.idle_for(), 100ms));
  }
  return std::nullopt;
}

}  // namespace bridgework::bus
