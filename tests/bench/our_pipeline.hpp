#pragma once
// Two services of a few lines on the real engine and process loop: one takes a command, the other an event.

#include <string>

#include "bench/our_log.hpp"

namespace bridgework::bench {

struct Pipelined {
  double per_second = 0;  ///< until the last effect is committed
  double answered = 0;    ///< commands a second until the last was answered
};
/// Command over ZeroMQ, record and event committed by `bench_a`, fetched from the bus, effect committed by `bench_b`.
Pipelined our_pipeline(const Plan& plan, const std::string& directory, const std::string& redis_socket, std::size_t commands,
                       std::size_t persons, std::size_t instances);

Role our_pipeline_role(const std::string& name);

}  // namespace bridgework::bench
