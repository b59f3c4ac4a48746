#include "runtime/redis_reader.hpp"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>

namespace bridgework::runtime {
namespace {

template <class T>
T must(tl::expected<T, Fault> answer) {
  if (!answer) throw ReadFault{answer.error()};
  return std::move(*answer);
}

std::string bound(double score) {
  if (std::isinf(score)) return score < 0 ? "-inf" : "+inf";
  char text[40];
  const int n = std::snprintf(text, sizeof text, "%.17g", score);
  return std::string(text, static_cast<std::size_t>(n));
}

constexpr std::size_t kScanCount = 500;
// One pipeline of a query asks for at most so many records, so that a heavy question takes turns with commits.
constexpr std::size_t kRecordsPerRoundTrip = 4096;

}  // namespace

std::vector<std::optional<std::string>> RedisReader::records(const std::vector<RecordKey>& keys) {
  std::vector<std::optional<std::string>> out(keys.size());
  for (std::size_t begin = 0; begin < keys.size(); begin += kRecordsPerRoundTrip) {
    const std::size_t end = std::min(keys.size(), begin + kRecordsPerRoundTrip);
    std::map<Lane, std::vector<std::size_t>> by_lane;
    for (std::size_t i = begin; i < end; ++i) by_lane[keys[i].lane].push_back(i);
    std::vector<RedisCommand> commands;
    for (const auto& [lane, places] : by_lane) {
      RedisCommand command{"HMGET", keys_.records(lane)};
      for (const auto i : places) command.push_back(keys[i].key);
      commands.push_back(std::move(command));
    }
    const auto answers = must(redis_.pipeline(commands));
    std::size_t c = 0;
    for (const auto& [lane, places] : by_lane) {
      const RedisValue& answer = answers[c++];
      if (answer.type != RedisValue::Type::kList || answer.items.size() != places.size()) {
        throw ReadFault{{FaultKind::kInternal, "HMGET of " + keys_.records(lane) + ": " + answer.text}};
      }
      for (std::size_t i = 0; i < places.size(); ++i) {
        if (!answer.items[i].is_nil()) out[places[i]] = answer.items[i].text;
      }
    }
  }
  return out;
}

void RedisReader::scan(std::string_view prefix, const std::function<void(std::string_view, std::string_view)>& visit) {
  const std::string pattern = std::string(prefix) + "*";
  for (Lane lane = 0; lane < kLaneCount; ++lane) {
    std::string cursor = "0";
    do {
      const auto answer = must(redis_.run({"HSCAN", keys_.records(lane), cursor, "MATCH", pattern, "COUNT", std::to_string(kScanCount)}));
      if (answer.items.size() != 2) throw ReadFault{{FaultKind::kInternal, "HSCAN answered in an unexpected form"}};
      cursor = answer.items[0].text;
      const auto& pairs = answer.items[1].items;
      for (std::size_t i = 0; i + 1 < pairs.size(); i += 2) visit(pairs[i].text, pairs[i + 1].text);
    } while (cursor != "0");
  }
}

std::vector<IndexEntry> RedisReader::index(std::string_view name, double from, double to, std::size_t limit) {
  const auto answer =
      must(redis_.run({"ZRANGEBYSCORE", keys_.index(name), bound(from), bound(to), "WITHSCORES", "LIMIT", "0", std::to_string(limit)}));
  std::vector<IndexEntry> out;
  for (std::size_t i = 0; i + 1 < answer.items.size(); i += 2) {
    out.push_back({answer.items[i].text, std::strtod(answer.items[i + 1].text.c_str(), nullptr)});
  }
  return out;
}

std::size_t RedisReader::index_size(std::string_view name) {
  return static_cast<std::size_t>(must(redis_.run({"ZCARD", keys_.index(name)})).integer);
}

bool RedisReader::index_has(std::string_view name, std::string_view member) {
  return !must(redis_.run({"ZSCORE", keys_.index(name), std::string(member)})).is_nil();
}

}  // namespace bridgework::runtime
