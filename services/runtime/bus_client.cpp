#include "runtime/bus_client.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "messages/codec.hpp"
#include "messages/envelope.codec.hpp"

namespace bridgework::runtime {

using messages::FetchOutcome;
using messages::FetchReply;

BusClient::BusClient(Context& context, Options options) : context_(context), options_(std::move(options)) {
  if (options_.endpoints.empty()) {
    std::fputs("a bus client without a bus\n", stderr);
    std::abort();
  }
}

void BusClient::want(const LogPosition& position, const std::vector<std::uint64_t>& types, std::uint32_t max_events,
                     std::chrono::milliseconds wait) {
  messages::Fetch fetch;
  fetch.correlation = correlation_;
  fetch.incarnation = position.incarnation;
  fetch.after = position.after;
  fetch.max_events = max_events;
  fetch.max_bytes = options_.bytes_max;
  fetch.wait_ms = static_cast<std::uint32_t>(std::clamp<std::int64_t>(wait.count(), 0, 60'000));
  fetch.types = types;
  if (stage_ != Stage::kIdle && fetch == asked_) return;
  fetch.correlation = ++correlation_;
  asked_ = std::move(fetch);
  stage_ = Stage::kToSend;
  deadline_ = Clock::time_point::max();
}

void BusClient::forget() { stage_ = Stage::kIdle; }

void BusClient::connect(Clock::time_point now) {
  if (dealer_ || now < not_before_) return;
  auto dealer = Dealer::connect(context_, endpoint(), options_.socket);
  if (!dealer) {
    ++counts_.connect_failed;
    next_bus(now);
    return;
  }
  dealer_.emplace(std::move(*dealer));
  deadline_ = now + options_.link_within;
}

/// The old socket goes with everything that might still come over it.
void BusClient::next_bus(Clock::time_point now) {
  dealer_.reset();
  at_ = (at_ + 1) % options_.endpoints.size();
  not_before_ = now + options_.retry_after;
  if (stage_ == Stage::kSent) stage_ = Stage::kToSend;
}

void BusClient::send(Clock::time_point now) {
  if (deadline_ == Clock::time_point::max()) deadline_ = now + options_.link_within;
  if (dealer_->send(encode(asked_)) == SendOutcome::kSent) {
    ++counts_.sent;
    stage_ = Stage::kSent;
    deadline_ = now + std::chrono::milliseconds(asked_.wait_ms) + options_.grace;
    return;
  }
  if (now < deadline_) return;
  ++counts_.timed_out;
  next_bus(now);
}

std::optional<FetchReply> BusClient::poll(Clock::time_point now, bool readable) {
  if (stage_ == Stage::kIdle && !dealer_) return std::nullopt;
  connect(now);
  if (!dealer_) return std::nullopt;
  while (readable) {
    const auto bytes = dealer_->receive();
    if (!bytes) break;
    auto reply = messages::decode_as<FetchReply>(*bytes);
    if (!reply) {
      ++counts_.malformed;
      continue;
    }
    if (stage_ != Stage::kSent || reply->correlation != asked_.correlation) {
      ++counts_.late;
      continue;
    }
    if (reply->outcome == FetchOutcome::kUnavailable) {
      ++counts_.unavailable;
      next_bus(now);
      return std::nullopt;
    }
    ++counts_.answered;
    stage_ = Stage::kIdle;
    return std::move(*reply);
  }
  if (stage_ == Stage::kSent) {
    // A dealer that takes no message has no link, and what was sent over the old one will not be answered.
    const bool look = readable || now >= look_at_link_;
    if (look) look_at_link_ = now + options_.retry_after;
    if (look && !dealer_->writable()) {
      ++counts_.link_lost;
      next_bus(now);
    } else if (now >= deadline_) {
      ++counts_.timed_out;
      next_bus(now);
    }
  } else if (stage_ == Stage::kToSend) {
    send(now);
  }
  return std::nullopt;
}

Watch BusClient::watch() const {
  Watch watch;
  // Never ready by itself when there is no socket: idle_for says when to look again.
  if (dealer_) watch.socket = &*dealer_;
  watch.for_space = dealer_ && stage_ == Stage::kToSend;
  return watch;
}

std::chrono::milliseconds BusClient::idle_for(Clock::time_point now) const {
  constexpr std::chrono::milliseconds kLong{60'000};
  if (stage_ == Stage::kIdle) return kLong;
  if (!dealer_) return std::max(std::chrono::milliseconds(0), std::chrono::ceil<std::chrono::milliseconds>(not_before_ - now));
  if (deadline_ == Clock::time_point::max()) return std::chrono::milliseconds(0);
  auto idle = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - now);
  // A broken link does not wake the sleeper, so it is looked at now and then.
  if (stage_ == Stage::kSent) idle = std::min(idle, options_.retry_after);
  return std::clamp(idle, std::chrono::milliseconds(0), kLong);
}

}  // namespace bridgework::runtime
