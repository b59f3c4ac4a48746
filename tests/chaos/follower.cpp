#include "chaos/follower.hpp"

#include <algorithm>
#include <functional>

namespace bridgework::chaos {

Follower::Follower(runtime::Context& context, const std::filesystem::path& run_dir)
    : context_(context), run_dir_(run_dir), thread_([this](const std::stop_token& stop) { run(stop); }) {}

Follower::~Follower() = default;

std::uint64_t Follower::position() const {
  const std::scoped_lock lock(mutex_);
  return events_.size();
}
std::vector<std::uint64_t> Follower::events() const {
  const std::scoped_lock lock(mutex_);
  return events_;
}
std::vector<std::string> Follower::complaints() const {
  const std::scoped_lock lock(mutex_);
  return complaints_;
}

void Follower::take(const messages::FetchReply& reply) {
  const std::scoped_lock lock(mutex_);
  switch (reply.outcome) {
    case messages::FetchOutcome::kUnavailable: return;
    case messages::FetchOutcome::kMalformed: complaints_.push_back("the bus calls a Fetch malformed"); return;
    case messages::FetchOutcome::kTruncated:
      complaints_.push_back("truncated at " + std::to_string(reply.first) + ", and the archive has all there is");
      return;
    case messages::FetchOutcome::kDiverged:
      ++diverged_;
      if (reply.first_of_incarnation > events_.size() + 1) complaints_.push_back("diverged, and yet behind the new incarnation");
      events_.resize(std::min<std::size_t>(events_.size(), reply.first_of_incarnation - 1));
      incarnation_ = reply.incarnation;
      return;
    case messages::FetchOutcome::kEvents: break;
  }
  for (const auto& event : reply.events) {
    if (event.sequence != events_.size() + 1) {
      complaints_.push_back("event " + std::to_string(event.sequence) + " came after " + std::to_string(events_.size()));
      return;
    }
    events_.push_back(std::hash<std::string>{}(event.record));
  }
  if (reply.next != events_.size()) complaints_.push_back("told to go on from " + std::to_string(reply.next) + " without the events");
  incarnation_ = reply.incarnation;
}

void Follower::run(const std::stop_token& stop) {
  runtime::BusClient::Options options;
  for (const char* number : {"1", "2"}) options.endpoints.push_back("ipc://" + run_dir_.string() + "/bus-" + number + "-fetch.sock");
  runtime::BusClient bus(context_, options);
  while (!stop.stop_requested()) {
    runtime::LogPosition position;
    {
      const std::scoped_lock lock(mutex_);
      position.incarnation = incarnation_;
      position.after = events_.size();
    }
    bus.want(position, {}, 512, std::chrono::milliseconds(1000));
    if (const auto reply = bus.poll()) {
      take(*reply);
      continue;
    }
    runtime::Watch watches[] = {bus.watch()};
    runtime::wait(watches, std::min(bus.idle_for(), std::chrono::milliseconds(100)));
  }
}

}  // namespace bridgework::chaos
