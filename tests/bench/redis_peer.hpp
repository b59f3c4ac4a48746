#pragma once
// Redis Streams by themselves, and the transaction with which a consumer of today's parts makes its effect happen once.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bench/jetstream.hpp"
#include "runtime/redis.hpp"

namespace bridgework::bench {

/// Effect and processed id in one MULTI per message, a whole batch of them in one round trip, after one question which of the batch are
/// processed already.
class EffectWriter {
 public:
  EffectWriter(const std::string& redis_socket, const std::string& group);

  struct Message {
    std::string id, person, bytes;
  };
  /// 256 bytes: "<id> <person> …".
  static std::string message(std::size_t number, std::size_t persons);
  static Message parse(std::string_view bytes);

  /// How many were new. `more` are commands that belong into the transaction of the message beside it (XACK).
  std::size_t commit(const std::vector<Message>& batch, const std::vector<runtime::RedisCommand>& more);
  runtime::Redis& redis() { return redis_; }

 private:
  runtime::Redis redis_;
  std::string effects_, processed_;
};

/// XADD here, XREADGROUP and the transaction in another process; commands a second until the last effect is on disk.
double redis_streams_pipeline(const std::string& redis_socket, std::size_t commands, std::size_t persons);
/// XADD here one at a time, a bare XREAD BLOCK in another process; microseconds from one to the other.
std::vector<double> redis_latency(const std::string& redis_socket, std::size_t events, double per_second);

runtime::Redis::Options redis_at(const std::string& socket);
Role redis_role(const std::string& name);

}  // namespace bridgework::bench
