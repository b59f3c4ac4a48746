#include "runtime/admin.hpp"

#include <algorithm>

namespace bridgework::runtime {
namespace {

// KEYS: lanes. ARGV: lane count. From here on no owner can commit and nobody gets a lane.
constexpr std::string_view kBegin = R"lua(
for l = 0, tonumber(ARGV[1]) - 1 do
  redis.call('HINCRBY', KEYS[1], 'f' .. l, 1)
  redis.call('HDEL', KEYS[1], 'o' .. l, 'e' .. l)
  redis.call('HSET', KEYS[1], 'c' .. l, '0')
end
redis.call('HSET', KEYS[1], 'rebuilding', '1')
return 'OK'
)lua";

}  // namespace

tl::expected<void, Fault> rebuild_service(Redis& redis, const Keys& keys) {
  if (auto begun = redis.script(kBegin, {keys.lanes()}, {std::to_string(kLaneCount)}); !begun) return tl::unexpected(begun.error());
  std::vector<std::string> doomed;
  for (Lane lane = 0; lane < kLaneCount; ++lane) {
    for (const auto& key :
         {keys.records(lane), keys.timers(lane), keys.timer_bodies(lane), keys.effects(lane), keys.parked(lane), keys.attempts(lane)}) {
      doomed.push_back(key);
    }
  }
  std::string cursor = "0";
  do {
    const auto answer = redis.run({"SCAN", cursor, "MATCH", keys.index("*"), "COUNT", "1000"});
    if (!answer) return tl::unexpected(answer.error());
    if (answer->items.size() != 2) return tl::unexpected(Fault{FaultKind::kInternal, "SCAN answered in an unexpected form"});
    cursor = answer->items[0].text;
    for (const auto& key : answer->items[1].items) doomed.push_back(key.text);
  } while (cursor != "0");
  constexpr std::size_t kKeysPerCall = 64;
  for (std::size_t i = 0; i < doomed.size(); i += kKeysPerCall) {
    RedisCommand command{"UNLINK"};
    for (std::size_t k = i; k < std::min(doomed.size(), i + kKeysPerCall); ++k) command.push_back(doomed[k]);
    if (auto gone = redis.run(command); !gone) return tl::unexpected(gone.error());
  }
  if (auto ended = redis.run({"HDEL", keys.lanes(), "rebuilding"}); !ended) return tl::unexpected(ended.error());
  return {};
}

tl::expected<std::vector<std::string>, Fault> list_parked(Redis& redis, const Keys& keys) {
  std::vector<RedisCommand> commands;
  for (Lane lane = 0; lane < kLaneCount; ++lane) commands.push_back({"HGETALL", keys.parked(lane)});
  const auto answers = redis.pipeline(commands);
  if (!answers) return tl::unexpected(answers.error());
  std::vector<std::pair<std::uint64_t, std::string>> found;
  for (const auto& answer : *answers) {
    for (std::size_t i = 0; i + 1 < answer.items.size(); i += 2) {
      const std::string& key = answer.items[i].text;
      const std::size_t newline = key.rfind('\n');
      found.emplace_back(newline == std::string::npos ? 0 : std::strtoull(key.c_str() + newline + 1, nullptr, 10),
                         answer.items[i + 1].text);
    }
  }
  std::sort(found.begin(), found.end());
  std::vector<std::string> out;
  for (auto& [sequence, bytes] : found) out.push_back(std::move(bytes));
  return out;
}

}  // namespace bridgework::runtime
