#include "chaos/cursors.hpp"

#include <algorithm>
#include <numeric>

namespace bridgework::chaos {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

/// Of one answer: so few that catching up takes several questions.
constexpr std::uint32_t kEventsPerQuestion = 200;
constexpr milliseconds kParked{1000};
constexpr milliseconds kLook{20};

}  // namespace

Cursors::Cursors(runtime::Context& context, const std::vector<std::string>& buses, std::size_t count, std::uint64_t after) {
  runtime::BusClient::Options options;
  options.endpoints = buses;
  for (std::size_t i = 0; i < count; ++i) {
    cursors_.push_back({std::make_unique<runtime::BusClient>(context, options), {{}, after}});
  }
}

std::size_t Cursors::behind(std::uint64_t position) const {
  return static_cast<std::size_t>(
      std::count_if(cursors_.begin(), cursors_.end(), [&](const Cursor& cursor) { return cursor.position.after < position; }));
}

std::uint64_t Cursors::asked() const {
  return std::accumulate(cursors_.begin(), cursors_.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const Cursor& cursor) { return sum + cursor.bus->counts().sent; });
}

void Cursors::take(Cursor& cursor, const messages::FetchReply& reply) {
  if (reply.outcome == messages::FetchOutcome::kUnavailable) return;
  if (reply.outcome != messages::FetchOutcome::kEvents) {
    complaint_ = "a cursor at " + std::to_string(cursor.position.after) + " was not given what follows";
    return;
  }
  for (const auto& event : reply.events) {
    if (event.sequence != cursor.position.after + 1) {
      complaint_ = "event " + std::to_string(event.sequence) + " came after " + std::to_string(cursor.position.after);
    }
    cursor.position.after = event.sequence;
  }
  cursor.position.incarnation = reply.incarnation;
}

bool Cursors::reach(std::uint64_t position, milliseconds limit) {
  const auto until = steady_clock::now() + limit;
  while (behind(position) > 0) {
    if (steady_clock::now() > until || !complaint_.empty()) return false;
    std::vector<runtime::Watch> watches;
    milliseconds idle = kLook;
    for (Cursor& cursor : cursors_) {
      if (cursor.position.after >= position) {
        cursor.bus->forget();
        continue;
      }
      cursor.bus->want(cursor.position, {}, kEventsPerQuestion, kParked);
      if (const auto reply = cursor.bus->poll()) take(cursor, *reply);
      watches.push_back(cursor.bus->watch());
      idle = std::min(idle, cursor.bus->idle_for());
    }
    runtime::wait(watches, idle);
  }
  return true;
}

}  // namespace bridgework::chaos
