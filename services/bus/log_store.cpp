#include "bus/log_store.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

#include "messages/codec.hpp"
#include "messages/envelope.codec.hpp"
#include "messages/envelope.values.hpp"
#include "runtime/log_entry.hpp"
#include "runtime/redis_store.hpp"

namespace bridgework::bus {

using runtime::Fault;
using runtime::FaultKind;
using runtime::RedisValue;

namespace {

// Asked for at once before anything is known of how large entries are; and at most, because a guess from the last ones can be wrong.
constexpr std::uint32_t kEntriesFirst = 16;
constexpr std::uint32_t kEntriesMost = 1024;

// KEYS: meta, log. ARGV: '' or the last sequence that may go, how many entries to look at, the key of the lanes of each service. A service
// that has never run has no lanes and holds nothing back; a lane without a checkpoint has handled nothing. Returns {lowest checkpoint or
// '', how many entries went}. All is looked at in the moment of trimming, and the last entry always stays: the commit compares it with the
// head.
constexpr std::string_view kTrim = R"lua(
local lowest = nil
for k = 3, #ARGV do
  local flat = redis.call('HGETALL', ARGV[k])
  local cp, lanes = {}, 0
  for i = 1, #flat, 2 do
    local kind, lane = string.match(flat[i], '^(%a)(%d+)$')
    if kind == 'c' then cp[lane] = tonumber(flat[i + 1]) end
    if kind == 'f' then lanes = lanes + 1; cp[lane] = cp[lane] or 0 end
  end
  for _, c in pairs(cp) do
    if not lowest or c < lowest then lowest = c end
  end
end
local gone = 0
if ARGV[1] ~= '' then
  local head = tonumber(redis.call('HGET', KEYS[1], 'head') or '0')
  local through = math.min(tonumber(ARGV[1]), head - 1, lowest or head - 1)
  if through > 0 then
    gone = redis.call('XTRIM', KEYS[2], 'MINID', '~', '0-' .. string.format('%d', through + 1), 'LIMIT', ARGV[2])
  end
end
return {lowest and string.format('%d', lowest) or '', string.format('%d', gone)}
)lua";

// A trim of so many entries holds the server for some milliseconds.
constexpr std::uint64_t kTrimEntries = 20'000;

Fault odd_answer(std::string_view doing) { return Fault{FaultKind::kInternal, std::string(doing) + ": Redis answered something else"}; }

std::optional<std::uint64_t> number_of(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// `0-<sequence>`; any other id was not written by the commit.
std::optional<std::uint64_t> sequence_of(std::string_view id) {
  if (id.substr(0, 2) != "0-") return std::nullopt;
  return number_of(id.substr(2));
}

/// One entry of the stream: the events of one commit, and where the first of them stands in the log.
struct Committed {
  std::uint64_t first = 0;
  std::vector<std::string_view> records;
};

tl::expected<Committed, Fault> committed(const RedisValue& entry) {
  const auto no_commit = [] { return tl::unexpected(Fault{FaultKind::kInternal, "the log holds an entry that no commit has written"}); };
  if (entry.items.size() != 2 || entry.items[1].items.size() < 2 || entry.items[1].items[0].text != "e") return no_commit();
  const auto last = sequence_of(entry.items[0].text);
  auto records = runtime::events_of_entry(entry.items[1].items[1].text);
  if (!last || !records || records->size() > *last) return no_commit();
  return Committed{*last - records->size() + 1, std::move(*records)};
}

/// The events after `after`, at most `events_max`.
tl::expected<std::vector<LogEntry>, Fault> events_of(const std::vector<RedisValue>& entries, std::uint64_t after,
                                                     std::uint32_t events_max) {
  std::vector<LogEntry> events;
  for (const RedisValue& entry : entries) {
    const auto found = committed(entry);
    if (!found) return tl::unexpected(found.error());
    std::uint64_t sequence = found->first;
    for (const std::string_view bytes : found->records) {
      if (events.size() >= events_max) return events;
      if (sequence > after) {
        LogEntry& event = events.emplace_back(LogEntry{sequence, 0, std::string(bytes)});
        if (const auto record = messages::decode_as<messages::EventRecord>(event.record)) event.type_id = record->type_id;
      }
      ++sequence;
    }
  }
  return events;
}

}  // namespace

LogStore::LogStore(runtime::Redis::Options redis, std::string group, std::shared_ptr<Archive> archive)
    : redis_(std::move(redis)), keys_{std::move(group), {}}, archive_(std::move(archive)) {
  if (archive_) reader_.emplace(archive_);
}

tl::expected<void, Fault> LogStore::open_once() {
  // Connects when there is no connection.
  if (const auto run_id = redis_.run_id(); !run_id) return tl::unexpected(run_id.error());
  if (open()) return {};
  const std::uint64_t connection = redis_.connection_number();
  // What is published must be on disk, and only a server that syncs before it answers can promise that.
  if (auto durable = runtime::check_server(redis_); !durable) return durable;
  if (const auto incarnation = runtime::open_log(redis_, keys_); !incarnation) return tl::unexpected(incarnation.error());
  opened_connection_ = connection;
  return {};
}

tl::expected<LogView, Fault> LogStore::read_once(std::uint64_t after, std::uint32_t events_max, std::uint32_t bytes_max) {
  if (auto opened = open_once(); !opened) return tl::unexpected(std::move(opened.error()));
  // As many as will make `events_max` or `bytes_max` if they are like the last ones, so that one call holds the server for a bounded
  // number of bytes.
  std::uint32_t entries = kEntriesFirst;
  if (entry_bytes_ > 0) entries = std::min(bytes_max / entry_bytes_, events_max / entry_events_) + 2;
  std::vector<runtime::RedisCommand> commands{
      {"MULTI"},
      {"HMGET", keys_.meta(), "inc", "inc_start", "head"},
      {"XRANGE", keys_.log(), "-", "+", "COUNT", "1"},
      {"HGETALL", keys_.incarnations()},
      {"XRANGE", keys_.log(), "(0-" + std::to_string(after), "+", "COUNT", std::to_string(std::min({entries, events_max, kEntriesMost}))},
      {"EXEC"}};
  if (events_max == 0) commands.erase(commands.begin() + 4);
  auto answers = redis_.pipeline(commands);
  if (!answers) return tl::unexpected(std::move(answers.error()));
  std::vector<RedisValue>& found = answers->back().items;
  if (found.size() != commands.size() - 2 || found[0].items.size() != 3) return tl::unexpected(odd_answer("reading the log"));
  const auto start = number_of(found[0].items[1].text);
  const auto head = number_of(found[0].items[2].text);
  if (found[0].items[0].text.empty() || !start || !head) {
    // Wiped under the connection: open it anew before the next look.
    opened_connection_ = 0;
    return tl::unexpected(Fault{FaultKind::kOverloaded, "the log is not open"});
  }
  LogView view;
  view.bounds.incarnation = std::move(found[0].items[0].text);
  view.bounds.first_of_incarnation = *start;
  view.bounds.head = *head;
  view.bounds.first = *head + 1;
  if (!found[1].items.empty()) {
    const auto first = committed(found[1].items[0]);
    if (!first) return tl::unexpected(first.error());
    view.bounds.first = first->first;
  }
  const std::vector<RedisValue>& incarnations = found[2].items;
  for (std::size_t i = 0; i + 1 < incarnations.size(); i += 2)
    view.bounds.incarnations.emplace(incarnations[i].text, number_of(incarnations[i + 1].text).value_or(1));
  if (events_max == 0) return view;
  auto events = events_of(found[3].items, after, events_max);
  if (!events) return tl::unexpected(std::move(events.error()));
  if (const auto count = static_cast<std::uint32_t>(found[3].items.size()); count > 0) {
    std::size_t bytes = 0;
    for (const LogEntry& event : *events) bytes += event.record.size();
    entry_bytes_ = static_cast<std::uint32_t>(bytes) / count + 1;
    entry_events_ = std::max(static_cast<std::uint32_t>(events->size()) / count, 1U);
  }
  view.entries = std::move(*events);
  return view;
}

tl::expected<LogView, Fault> LogStore::read(std::uint64_t after, std::uint32_t events_max, std::uint32_t bytes_max) {
  const std::uint32_t from_redis = archive_ && after + 1 < first_seen_ ? 0 : events_max;
  auto view = read_once(after, from_redis, bytes_max);
  if (!view && view.error().kind == FaultKind::kDisconnected) view = read_once(after, from_redis, bytes_max);
  // Another log than the one last seen, one that begins earlier: asked again.
  if (view && from_redis < events_max && after + 1 >= view->bounds.first) view = read_once(after, events_max, bytes_max);
  if (!view) return view;
  first_seen_ = view->bounds.first;
  if (!archive_ || view->bounds.first <= 1) return view;
  // Read after Redis: what Redis had trimmed by then had been sealed before.
  const auto segments = archive_->list();
  if (!segments) return tl::unexpected(segments.error());
  // After a roll-back, until the archiver sets them aside, there are segments with events that this log has lost.
  const auto begin = (*segments)->begin();
  const auto end = std::find_if(begin, (*segments)->end(), [&](const Segment& segment) {
    return judge(view->bounds, segment.incarnation, segment.last) == Verdict::kDiverged;
  });
  const bool joined = end != begin && std::prev(end)->last + 1 >= view->bounds.first;
  if (!joined) return view;
  if (events_max > 0 && after < view->bounds.first - 1) {
    auto entries = reader_->read(after, events_max, bytes_max);
    if (!entries) return tl::unexpected(std::move(entries.error()));
    while (!entries->empty() && entries->back().sequence > std::prev(end)->last) entries->pop_back();
    view->entries = std::move(*entries);
  }
  view->bounds.first = begin->first;
  return view;
}

tl::expected<RedisValue, Fault> LogStore::run_trim(const std::string& through, std::uint64_t entries,
                                                   const std::vector<std::string>& services) {
  std::vector<std::string> arguments{through, std::to_string(entries)};
  // Not named as keys: a script may write to what is named so, and Redis lets the bus read the lanes only.
  for (const auto& service : services) arguments.push_back(runtime::Keys{keys_.group, service}.lanes());
  return redis_.script(kTrim, {keys_.meta(), keys_.log()}, arguments);
}

tl::expected<std::uint64_t, Fault> LogStore::trim(std::uint64_t through, const std::vector<std::string>& services) {
  if (auto opened = open_once(); !opened) return tl::unexpected(std::move(opened.error()));
  const auto answer = run_trim(std::to_string(through), kTrimEntries, services);
  if (!answer) return tl::unexpected(answer.error());
  const auto gone = answer->items.size() == 2 ? number_of(answer->items[1].text) : std::nullopt;
  if (!gone) return tl::unexpected(odd_answer("trimming"));
  return *gone;
}

tl::expected<std::optional<std::uint64_t>, Fault> LogStore::lowest_checkpoint(const std::vector<std::string>& services) {
  if (auto opened = open_once(); !opened) return tl::unexpected(std::move(opened.error()));
  const auto answer = run_trim("", 0, services);
  if (!answer) return tl::unexpected(answer.error());
  if (answer->items.size() != 2) return tl::unexpected(odd_answer("reading checkpoints"));
  return number_of(answer->items[0].text);
}

tl::expected<LogBounds, Fault> LogStore::bounds() {
  auto view = read(0, 0, 0);
  if (!view) return tl::unexpected(std::move(view.error()));
  return std::move(view->bounds);
}

tl::expected<std::vector<LogEntry>, Fault> LogStore::next(std::uint64_t after, std::uint32_t entries_max,
                                                          std::chrono::milliseconds timeout) {
  if (!open()) return tl::unexpected(Fault{FaultKind::kDisconnected, "the log has not been looked at on this connection"});
  auto answer = redis_.run_blocking(
      {"XREAD", "COUNT", std::to_string(entries_max), "BLOCK", std::to_string(std::max<std::int64_t>(timeout.count(), 1)), "STREAMS",
       keys_.log(), "0-" + std::to_string(after)},
      timeout);
  if (!answer) return tl::unexpected(std::move(answer.error()));
  if (!open()) return tl::unexpected(Fault{FaultKind::kDisconnected, "connected anew while waiting for events"});
  if (answer->is_nil()) return std::vector<LogEntry>{};
  if (answer->items.size() != 1 || answer->items[0].items.size() != 2) return tl::unexpected(odd_answer("waiting for events"));
  return events_of(answer->items[0].items[1].items, after, std::numeric_limits<std::uint32_t>::max());
}

}  // namespace bridgework::bus
