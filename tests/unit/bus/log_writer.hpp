#pragma once
// Writes events into a log as a commit does, without services.

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "messages/envelope.codec.hpp"
#include "messages/lead_intake.codec.hpp"
#include "runtime/keys.hpp"
#include "runtime/log_entry.hpp"
#include "runtime/redis_store.hpp"

namespace bridgework::bus {

class LogWriter {
 public:
  explicit LogWriter(runtime::Redis::Options options) : redis_(std::move(options)) { open(); }

  /// Appends that many different events, `together` in an entry; their records. Opens the log anew first when Redis was restarted.
  std::vector<std::string> append(std::size_t count, std::size_t together = 1) {
    if (!redis_.run({"PING"})) open();
    std::vector<std::string> records, entries;
    for (std::size_t i = 0; i < count; ++i) {
      records.push_back(record(++made_));
      if (i % together == 0) {
        if (!entries.empty()) entries.push_back(std::to_string(together));
        entries.emplace_back();
      }
      runtime::append_event(entries.back(), records.back());
    }
    if (!entries.empty()) entries.push_back(std::to_string((count - 1) % together + 1));
    const auto done = redis_.script(kAppend, {keys_.meta(), keys_.log()}, entries);
    if (!done) throw std::runtime_error(done.error().what);
    return records;
  }

  runtime::Redis& redis() { return redis_; }
  const runtime::Keys& keys() const { return keys_; }

 private:
  static constexpr std::string_view kAppend = R"lua(
local head = tonumber(redis.call('HGET', KEYS[1], 'head') or '0')
for i = 1, #ARGV, 2 do
  head = head + tonumber(ARGV[i + 1])
  redis.call('XADD', KEYS[2], '0-' .. string.format('%d', head), 'e', ARGV[i])
end
redis.call('HSET', KEYS[1], 'head', string.format('%d', head))
return head
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
