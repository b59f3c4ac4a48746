#pragma once
// Writes events into a log as a commit does, without services.

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "messages/envelope.codec.hpp"
#include "messages/lead_intake.codec.hpp"
#include "runtime/keys.hpp"
#include "runtime/redis_store.hpp"

namespace bridgework::bus {

class LogWriter {
 public:
  explicit LogWriter(runtime::Redis::Options options) : redis_(std::move(options)) { open(); }

  /// Appends that many different events in one commit; their records. Opens the log anew first when Redis was restarted.
  std::vector<std::string> append(std::size_t count) {
    if (!redis_.run({"PING"})) open();
    std::vector<std::string> records;
    for (std::size_t i = 0; i < count; ++i) records.push_back(record(++made_));
    const auto done = redis_.script(kAppend, {keys_.meta(), keys_.log()}, records);
    if (!done) throw std::runtime_error(done.error().what);
    return records;
  }

  runtime::Redis& redis() { return redis_; }
  const runtime::Keys& keys() const { return keys_; }

 private:
  static constexpr std::string_view kAppend = R"lua(
local head = tonumber(redis.call('HGET', KEYS[1], 'head') or '0')
for i = 1, #ARGV do redis.call('XADD', KEYS[2], '0-' .. string.format('%d', head + i), 'e', ARGV[i]) end
redis.call('HSET', KEYS[1], 'head', string.format('%d', head + #ARGV))
return head + #ARGV
)lua";

  void open() {
    const auto opened = runtime::open_log(redis_, keys_);
    if (!opened) throw std::runtime_error(opened.error().what);
  }

  static std::string record(std::uint64_t number) {
    messages::PersonRegistered event;
    event.person = PersonId("p-" + std::to_string(number));
    event.site = SiteId("north");
    event.profile.given_name = Phi<std::string>("Quentin");
    messages::EventRecord record;
    record.type_id = messages::PersonRegistered::kTypeId;
    record.recorded_at = Instant(std::chrono::seconds(1'700'000'000));
    record.service = "lead_intake";
    record.person = event.person.text();
    record.site = "north";
    record.body = encode(event);
    return encode(record);
  }

  runtime::Redis redis_;
  runtime::Keys keys_{"g", {}};
  std::uint64_t made_ = 0;
};

}  // namespace bridgework::bus
