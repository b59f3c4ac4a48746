#include "runtime/redis_store.hpp"

#include <poll.h>

#include <algorithm>
#include <cassert>
#include <charconv>
#include <cinttypes>
#include <cstdio>
#include <deque>
#include <initializer_list>
#include <map>
#include <unordered_map>

#include "runtime/log_entry.hpp"

namespace bridgework::runtime {
namespace {

// Scripts are versioned by their text (their SHA): a change is a new script, never an edit of one that another version may be running.

// KEYS: meta, incarnations. ARGV: run_id, lane count. Returns {incarnation, first sequence, head} or {'LANES', stored}.
constexpr std::string_view kOpen = R"lua(
local m = redis.call('HMGET', KEYS[1], 'run_id', 'inc', 'n', 'head', 'inc_start', 'lanes')
if m[6] and m[6] ~= ARGV[2] then return {'LANES', m[6], '0'} end
if m[1] == ARGV[1] then return {m[2], m[5], m[4]} end
local n = tonumber(m[3] or '0') + 1
local head = m[4] or '0'
local inc = string.format('%d.%s', n, string.sub(ARGV[1], 1, 8))
local start = string.format('%d', tonumber(head) + 1)
redis.call('HSET', KEYS[1], 'run_id', ARGV[1], 'inc', inc, 'n', string.format('%d', n), 'head', head, 'inc_start', start, 'lanes', ARGV[2])
redis.call('HSET', KEYS[2], inc, start)
return {inc, start, head}
)lua";

// KEYS: meta, lanes, instances. ARGV: instance, ttl ms, info, lane count, 1 to raise the fences of lanes already held. Returns {inc, head,
// surplus, lane, fence, checkpoint, ...}.
// A lease or a life that ends later than two ttl from now was given before this clock was put back, perhaps to somebody who is dead: it is
// over. Whoever still lives comes back with its next tick, and may find lanes in other hands; the fence keeps it from writing there.
constexpr std::string_view kTick = R"lua(
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local me, ttl, lanes = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[4])
local ends = string.format('%d', now + ttl)
local latest = now + 2 * ttl
local function over(ms) return ms <= now or ms > latest end
redis.call('HSET', KEYS[3], me, ends .. ' ' .. ARGV[3])
local all = redis.call('HGETALL', KEYS[3])
local alive = 0
for i = 1, #all, 2 do
  local until_ms = tonumber(string.match(all[i + 1], '^%d+'))
  if not over(until_ms) then alive = alive + 1
  elseif until_ms > latest or until_ms + 60000 < now then redis.call('HDEL', KEYS[3], all[i]) end
end
local share = math.ceil(lanes / alive)
local h = {}
local flat = redis.call('HGETALL', KEYS[2])
for i = 1, #flat, 2 do h[flat[i]] = flat[i + 1] end
local m = redis.call('HMGET', KEYS[1], 'inc', 'head')
local out = {m[1], m[2], '0'}
if h['rebuilding'] then return out end
local mine = 0
local function take(l) out[#out + 1] = tostring(l); out[#out + 1] = h['f' .. l]; out[#out + 1] = h['c' .. l] or '0'; mine = mine + 1 end
for l = 0, lanes - 1 do
  if h['o' .. l] == me then
    if ARGV[5] == '1' then h['f' .. l] = string.format('%d', redis.call('HINCRBY', KEYS[2], 'f' .. l, 1)) end
    redis.call('HSET', KEYS[2], 'e' .. l, ends)
    take(l)
  end
end
for l = 0, lanes - 1 do
  if mine >= share then break end
  local o = h['o' .. l]
  if o ~= me and (not o or over(tonumber(h['e' .. l]))) then
    h['f' .. l] = string.format('%d', redis.call('HINCRBY', KEYS[2], 'f' .. l, 1))
    redis.call('HSET', KEYS[2], 'o' .. l, me, 'e' .. l, ends)
    take(l)
  end
end
if mine > share then out[3] = string.format('%d', mine - share) end
return out
)lua";

// KEYS: lanes, instances. ARGV: instance, leaving, lane, fence, ...
constexpr std::string_view kRelease = R"lua(
for i = 3, #ARGV, 2 do
  local l = ARGV[i]
  local c = redis.call('HMGET', KEYS[1], 'o' .. l, 'f' .. l)
  if c[1] == ARGV[1] and c[2] == ARGV[i + 1] then redis.call('HDEL', KEYS[1], 'o' .. l, 'e' .. l) end
end
if ARGV[2] == '1' then redis.call('HDEL', KEYS[2], ARGV[1]) end
return 'OK'
)lua";

// The commit. KEYS: log, meta, lanes, answers of even and of odd periods, then every key that an operation names by its place.
// ARGV: incarnation, ms of a period, units, units x (fence field, checkpoint field), n, n x idempotency key; per unit:
//   fence, expected checkpoint or '-', next checkpoint,
//   n, n x (key, request hash, reply)            idempotency records: must not exist
//   n, n x (zset key, hash key, name, body)      fired timers: body must be what is stored; both entries go
//   n, hash key, n x name                        records that must not exist
//   n, n x (command, key, argc, arguments...)    operations
//   n, n x (number of events, they as a part of an entry of the log)
// The events of a call lie in as few entries of the log as kLogEntryBytesMax allows, written here as 16384.
// All checks of a unit come before its first write, because Lua does not roll back. An answer lies in the hash of the period in which it
// was given: there it is kept for one period at least, and the whole hash expires before its turn comes again. Returns {head, code, last
// sequence, code, ...}.
constexpr std::string_view kCommit = R"lua(
local A, K, call = ARGV, KEYS, redis.call
local m = call('HMGET', K[2], 'inc', 'head')
local same = m[1] == A[1]
local head = tonumber(m[2] or '0')
local before = head
-- Lua itself writes numbers from 10^14 on as powers.
local function text(n) return string.format('%.0f', n) end
local log_ok = nil
local function log_agrees()
  if log_ok == nil then
    local ty = call('TYPE', K[1])['ok']
    if ty == 'none' then log_ok = before == 0
    elseif ty ~= 'stream' then log_ok = false
    else
      local last = call('XREVRANGE', K[1], '+', '-', 'COUNT', 1)[1]
      log_ok = last ~= nil and last[1] == '0-' .. text(before)
    end
  end
  return log_ok
end
local kinds = {HSET = 'hash', HDEL = 'hash', ZADD = 'zset', ZREM = 'zset'}
local types = {}
local function type_of(k)
  local ty = types[k]
  if not ty then ty = call('TYPE', K[k])['ok']; types[k] = ty end
  return ty
end
local joined, bytes = {}, 0
local function write_entry()
  if bytes > 0 then call('XADD', K[1], '0-' .. text(head), 'e', table.concat(joined)) end
  joined, bytes = {}, 0
end
local units = tonumber(A[3])
local owned = units > 0 and call('HMGET', K[3], unpack(A, 4, 3 + 2 * units)) or {}
local out, moved = {''}, {}
local p = 4 + 2 * units
local asked = tonumber(A[p])
local answered, answers = {}, {}
local from = p + 1
p = from + asked
for k = 4, asked > 0 and 5 or 3 do
  if call('EXISTS', K[k]) == 1 then
    for f = from, p - 1, 500 do
      local found = call('HMGET', K[k], unpack(A, f, math.min(f + 499, p - 1)))
      for i = 1, #found do if found[i] then answered[A[f + i - 1]] = true end end
    end
  end
end
for u = 1, units do
  local fence, cp, cp_next = A[p], A[p + 1], A[p + 2]
  p = p + 3
  local code = 'OK'
  if not same or owned[2 * u - 1] ~= fence then code = 'FENCED' end
  local idem = p
  local nidem = tonumber(A[p])
  for i = 1, nidem do
    if answered[A[p - 2 + i * 3]] and code == 'OK' then code = 'ANSWERED' end
  end
  p = p + 1 + nidem * 3
  if code == 'OK' and cp ~= '-' and (owned[2 * u] or '0') ~= cp then code = 'CHECKPOINT' end
  local fired = p
  local nfired = tonumber(A[p])
  for i = 1, nfired do
    local q = p + 1 + (i - 1) * 4
    if code == 'OK' and call('HGET', K[tonumber(A[q + 1])], A[q + 2]) ~= A[q + 3] then code = 'TIMER' end
  end
  p = p + 1 + nfired * 4
  local nabsent = tonumber(A[p])
  if nabsent > 0 then
    local k = tonumber(A[p + 1])
    local have = type_of(k)
    if have ~= 'none' and have ~= 'hash' then code = 'BROKEN' end
    if code == 'OK' and have == 'hash' then
      local found = call('HMGET', K[k], unpack(A, p + 2, p + 1 + nabsent))
      for i = 1, nabsent do if found[i] then code = 'EXISTS' end end
    end
  end
  p = p + 2 + nabsent
  local ops = p + 1
  local nops = tonumber(A[p])
  p = ops
  for i = 1, nops do
    local want = kinds[A[p]]
    local have = type_of(tonumber(A[p + 1]))
    if not want or (have ~= 'none' and have ~= want) then code = 'BROKEN' end
    p = p + 3 + tonumber(A[p + 2])
  end
  local nparts = tonumber(A[p])
  local parts = p + 1
  p = parts + 2 * nparts
  if code == 'OK' and nparts > 0 and not log_agrees() then code = 'BROKEN' end
  local last = '0'
  if code == 'OK' then
    for i = parts, p - 1, 2 do
      if bytes + #A[i + 1] > 16384 then write_entry() end
      head = head + tonumber(A[i])
      joined[#joined + 1] = A[i + 1]
      bytes = bytes + #A[i + 1]
    end
    if nparts > 0 then last = text(head) end
    for i = 1, nfired do
      local q = fired + 1 + (i - 1) * 4
      call('ZREM', K[tonumber(A[q])], A[q + 2])
      call('HDEL', K[tonumber(A[q + 1])], A[q + 2])
    end
    local q = ops
    for i = 1, nops do
      local argc = tonumber(A[q + 2])
      call(A[q], K[tonumber(A[q + 1])], unpack(A, q + 3, q + 2 + argc))
      q = q + 3 + argc
    end
    if cp ~= '-' then
      moved[#moved + 1] = A[3 + 2 * u]
      moved[#moved + 1] = cp_next
    end
    for r = idem + 1, idem + nidem * 3, 3 do
      answered[A[r]] = true
      answers[#answers + 1] = A[r]
      answers[#answers + 1] = A[r + 1] .. ' ' .. last .. ' ' .. A[r + 2]
    end
  end
  out[2 * u] = code
  out[2 * u + 1] = last
end
write_entry()
if head > before then call('HSET', K[2], 'head', text(head)) end
if #moved > 0 then call('HSET', K[3], unpack(moved)) end
if #answers > 0 then
  local t = call('TIME')
  local ttl = tonumber(A[2])
  local period = math.floor((t[1] * 1000 + math.floor(t[2] / 1000)) / ttl)
  local k = K[4 + period % 2]
  for f = 1, #answers, 500 do call('HSET', k, unpack(answers, f, math.min(f + 499, #answers))) end
  if call('PTTL', k) < ttl then call('PEXPIREAT', k, string.format('%.0f', (period + 2) * ttl)) end
end
out[1] = text(head)
return out
)lua";

// KEYS: per lane timers zset, bodies hash. ARGV: offset µs, limit. Returns {next µs or '', lane place, name, body, ...}.
// Redis' clock is the only one that says "due", so no instance with a fast clock can fire early.
constexpr std::string_view kDue = R"lua(
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2] + tonumber(ARGV[1])
local out = {''}
local first = nil
for k = 1, #KEYS, 2 do
  local due = redis.call('ZRANGEBYSCORE', KEYS[k], '-inf', string.format('%.0f', now), 'LIMIT', 0, ARGV[2])
  if #due > 0 then
    local place, bodies = tostring((k - 1) / 2), redis.call('HMGET', KEYS[k + 1], unpack(due))
    for i = 1, #due do
      out[#out + 1] = place
      out[#out + 1] = due[i]
      out[#out + 1] = bodies[i] or ''
    end
  end
  local later = redis.call('ZRANGEBYSCORE', KEYS[k], string.format('(%.0f', now), '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
  if later[2] and (not first or tonumber(later[2]) < first) then first = tonumber(later[2]) end
end
if first then out[1] = string.format('%.0f', first) end
return out
)lua";

// KEYS: attempts, instances. ARGV: checkpoint, instance. Returns 1 + tries at this checkpoint by processes that are gone.
constexpr std::string_view kAttempt = R"lua(
local a = redis.call('HMGET', KEYS[1], 'cp', 'n', 'by')
local n = 1
if a[1] == ARGV[1] then
  n = tonumber(a[2])
  if a[3] ~= ARGV[2] then
    local t = redis.call('TIME')
    local alive = redis.call('HGET', KEYS[2], a[3])
    if not alive or tonumber(string.match(alive, '^%d+')) <= t[1] * 1000 + math.floor(t[2] / 1000) then n = n + 1 end
  end
end
redis.call('HSET', KEYS[1], 'cp', ARGV[1], 'n', string.format('%d', n), 'by', ARGV[2])
return n
)lua";

// KEYS: instances, then attempts of each lane. ARGV: instance, then the checkpoint of each lane. Returns 1, or 0 and has done nothing when
// one of them was tried by a process that is gone.
constexpr std::string_view kFirstAttempts = R"lua(
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
for k = 2, #KEYS do
  local a = redis.call('HMGET', KEYS[k], 'cp', 'n', 'by')
  if a[1] == ARGV[k] then
    if a[2] ~= '1' then return 0 end
    if a[3] ~= ARGV[1] then
      local alive = redis.call('HGET', KEYS[1], a[3])
      if not alive or tonumber(string.match(alive, '^%d+')) <= now then return 0 end
    end
  end
end
for k = 2, #KEYS do redis.call('HSET', KEYS[k], 'cp', ARGV[k], 'n', '1', 'by', ARGV[1]) end
return 1
)lua";

std::uint64_t number(std::string_view text) {
  std::uint64_t n = 0;
  std::from_chars(text.data(), text.data() + text.size(), n);
  return n;
}

Fault odd_answer(std::string_view where) {
  return {FaultKind::kInternal, "the store answered in an unexpected form to " + std::string(where)};
}

std::string score_text(double score) {
  char buffer[40];
  const int n = std::snprintf(buffer, sizeof buffer, "%.17g", score);
  return std::string(buffer, static_cast<std::size_t>(n));
}

/// The words of a command: most lie in what is being committed and are only pointed at, numbers and the like are kept here.
class Arguments {
 public:
  void point_at(std::string_view word) { words_.push_back(word); }
  void keep(std::string word) { words_.push_back(kept_.emplace_back(std::move(word))); }
  void keep(std::uint64_t number) { keep(std::to_string(number)); }
  /// A number that is known later.
  std::size_t leave_room() {
    words_.emplace_back();
    return words_.size() - 1;
  }
  void fill(std::size_t place, std::uint64_t number) { words_[place] = kept_.emplace_back(std::to_string(number)); }
  std::string_view kept(std::string word) { return kept_.emplace_back(std::move(word)); }
  std::size_t size() const { return words_.size(); }
  const std::vector<std::string_view>& words() const { return words_; }

 private:
  std::vector<std::string_view> words_;
  std::deque<std::string> kept_;
};

/// Gives every key one place in KEYS.
class KeyList {
 public:
  std::size_t place(std::string key) {
    const auto [it, fresh] = places_.try_emplace(std::move(key), keys_.size() + 1);
    if (fresh) keys_.push_back(it->first);
    return it->second;
  }
  const std::vector<std::string>& keys() const { return keys_; }

 private:
  std::vector<std::string> keys_;
  std::unordered_map<std::string, std::size_t> places_;
};

// Lua's unpack is limited by its C stack (about 8,000); far fewer keeps one command's time short.
constexpr std::size_t kArgumentsPerOperation = 512;

static_assert(kLogEntryBytesMax == 16'384, "the commit script cuts there too");

/// The events as parts of log entries, each with their number before it.
void append_entries(const std::vector<std::string>& events, Arguments& out) {
  const std::size_t parts = out.leave_room();
  std::size_t events_in_part = 0;
  std::string part;
  const auto flush = [&] {
    if (events_in_part == 0) return;
    out.keep(std::exchange(events_in_part, 0));
    out.keep(std::exchange(part, {}));
  };
  for (const auto& event : events) {
    if (part.size() + event.size() > kLogEntryBytesMax) flush();
    append_event(part, event);
    ++events_in_part;
  }
  flush();
  out.fill(parts, (out.size() - parts - 1) / 2);
}

/// Collects operations of one kind on one key and writes them in few commands.
class Operations {
 public:
  void add(std::string_view command, std::size_t key, std::initializer_list<std::string_view> arguments) {
    auto group = std::find_if(groups_.begin(), groups_.end(), [&](const Group& g) { return g.key == key && g.command == command; });
    if (group == groups_.end()) group = groups_.insert(group, Group{command, key, {}});
    group->arguments.insert(group->arguments.end(), arguments);
  }
  void append_to(Arguments& out) const {
    const std::size_t operations = out.leave_room();
    std::size_t n = 0;
    for (const auto& group : groups_) {
      // What belongs together are one argument or two, so no pair is torn.
      for (std::size_t from = 0; from < group.arguments.size(); from += kArgumentsPerOperation, ++n) {
        const std::size_t count = std::min(kArgumentsPerOperation, group.arguments.size() - from);
        out.point_at(group.command);
        out.keep(group.key);
        out.keep(count);
        for (std::size_t i = from; i < from + count; ++i) out.point_at(group.arguments[i]);
      }
    }
    out.fill(operations, n);
  }

 private:
  struct Group {
    std::string_view command;
    std::size_t key;
    std::vector<std::string_view> arguments;
  };
  std::vector<Group> groups_;
};
static_assert(kArgumentsPerOperation % 2 == 0);

/// The last write to each name wins, so a record changed ten times in a turn is written once.
template <class Write, class Name>
std::vector<const Write*> last_of_each(const std::vector<Write>& writes, Name name) {
  std::unordered_map<std::decay_t<decltype(name(writes.front()))>, std::size_t> place;
  std::vector<const Write*> out;
  for (const auto& w : writes) {
    const auto [it, fresh] = place.try_emplace(name(w), out.size());
    if (fresh) out.push_back(&w);
    else out[it->second] = &w;
  }
  return out;
}

}  // namespace

tl::expected<Incarnation, Fault> open_log(Redis& redis, const Keys& keys) {
  const auto run_id = redis.run_id();
  if (!run_id) return tl::unexpected(run_id.error());
  const auto answer = redis.script(kOpen, {keys.meta(), keys.incarnations()}, {*run_id, std::to_string(kLaneCount)});
  if (!answer) return tl::unexpected(answer.error());
  if (answer->items.size() != 3) return tl::unexpected(odd_answer("open"));
  if (answer->items[0].text == "LANES") {
    return tl::unexpected(Fault{FaultKind::kInternal, "this group was made with " + answer->items[1].text + " lanes and this program has " +
                                                          std::to_string(kLaneCount) + "; the number can never change"});
  }
  return Incarnation{answer->items[0].text, number(answer->items[1].text), number(answer->items[2].text)};
}

tl::expected<void, Fault> check_server(Redis& redis) {
  const auto get = [&](const char* name) -> tl::expected<std::string, Fault> {
    const auto answer = redis.run({"CONFIG", "GET", name});
    if (!answer) return tl::unexpected(answer.error());
    if (answer->items.size() < 2) return tl::unexpected(odd_answer("CONFIG GET"));
    return answer->items[1].text;
  };
  struct Wanted {
    const char* name;
    const char* value;
    const char* why;
  };
  constexpr Wanted kWanted[] = {
      {"appendonly", "yes", "without it a restart loses everything"},
      {"appendfsync", "always", "without it an answered command can be lost"},
      {"maxmemory-policy", "noeviction", "any other policy may evict the log"},
      {"no-appendfsync-on-rewrite", "no", "yes turns appendfsync off while the log is rewritten"},
  };
  for (const auto& wanted : kWanted) {
    const auto value = get(wanted.name);
    if (!value) return tl::unexpected(value.error());
    if (*value != wanted.value) {
      return tl::unexpected(Fault{FaultKind::kInternal, std::string("Redis has ") + wanted.name + " " + *value + "; it must be " +
                                                            wanted.value + ": " + wanted.why});
    }
  }
  return {};
}

RedisStore::RedisStore(Redis redis, Keys keys, std::chrono::seconds idempotency_ttl)
    : redis_(std::move(redis)), keys_(std::move(keys)), idempotency_ttl_(idempotency_ttl) {}

tl::expected<void, Fault> RedisStore::opened() {
  // run_id connects when there is no connection; a new one must compare incarnations before anything else
  if (const auto id = redis_.run_id(); !id) return tl::unexpected(id.error());
  if (redis_.connection_number() == opened_connection_) return {};
  const auto incarnation = open_log(redis_, keys_);
  if (!incarnation) return tl::unexpected(incarnation.error());
  opened_connection_ = redis_.connection_number();
  return {};
}

tl::expected<LaneTick, Fault> RedisStore::tick(const InstanceInfo& self, std::chrono::milliseconds ttl, Fences fences) {
  if (auto ok = opened(); !ok) return tl::unexpected(ok.error());
  const std::string info =
      self.command_endpoint + " " + self.query_endpoint + " " + std::to_string(self.http_port) + " " + std::to_string(self.pid);
  const auto answer =
      redis_.script(kTick, {keys_.meta(), keys_.lanes(), keys_.instances()},
                    {self.instance, std::to_string(ttl.count()), info, std::to_string(kLaneCount), fences == Fences::kRaise ? "1" : "0"});
  if (!answer) return tl::unexpected(answer.error());
  if (answer->items.size() < 3 || answer->items.size() % 3 != 0) return tl::unexpected(odd_answer("tick"));
  LaneTick out;
  out.incarnation = answer->items[0].text;
  out.head = number(answer->items[1].text);
  out.surplus = number(answer->items[2].text);
  for (std::size_t i = 3; i < answer->items.size(); i += 3) {
    out.owned.push_back(
        {static_cast<Lane>(number(answer->items[i].text)), number(answer->items[i + 1].text), number(answer->items[i + 2].text)});
  }
  return out;
}

tl::expected<void, Fault> RedisStore::release(const InstanceInfo& self, const std::vector<OwnedLane>& lanes, bool leaving) {
  if (auto ok = opened(); !ok) return tl::unexpected(ok.error());
  std::vector<std::string> arguments{self.instance, leaving ? "1" : "0"};
  for (const auto& lane : lanes) {
    arguments.push_back(std::to_string(lane.lane));
    arguments.push_back(std::to_string(lane.fence));
  }
  const auto answer = redis_.script(kRelease, {keys_.lanes(), keys_.instances()}, arguments);
  if (!answer) return tl::unexpected(answer.error());
  return {};
}

tl::expected<std::vector<std::optional<std::string>>, Fault> RedisStore::load(const std::vector<RecordKey>& keys) {
  auto looked = look_up({}, keys);
  if (!looked) return tl::unexpected(looked.error());
  return std::move(looked->records);
}

tl::expected<void, Fault> RedisStore::begin_look_up(const std::vector<std::string>& idempotency_keys,
                                                    const std::vector<RecordKey>& records) {
  if (auto ok = opened(); !ok) return tl::unexpected(ok.error());
  std::vector<RedisCommand> commands;
  if (!idempotency_keys.empty()) {
    for (const int turn : {0, 1}) {
      RedisCommand command{"HMGET", keys_.answers(turn)};
      command.insert(command.end(), idempotency_keys.begin(), idempotency_keys.end());
      commands.push_back(std::move(command));
    }
  }
  asked_ = {};
  asked_.keys = idempotency_keys.size();
  asked_.records = records.size();
  std::map<Lane, std::vector<std::size_t>> by_lane;
  for (std::size_t i = 0; i < records.size(); ++i) by_lane[records[i].lane].push_back(i);
  for (auto& [lane, indexes] : by_lane) {
    RedisCommand command{"HMGET", keys_.records(lane)};
    for (const auto i : indexes) command.push_back(records[i].key);
    commands.push_back(std::move(command));
    asked_.places.push_back(std::move(indexes));
  }
  return redis_.begin_pipeline(commands);
}

tl::expected<LookedUp, Fault> RedisStore::end_look_up() {
  const std::size_t first = asked_.keys == 0 ? 0 : 2;
  const auto answers = redis_.end_pipeline(first + asked_.places.size());
  if (!answers) return tl::unexpected(answers.error());
  LookedUp out;
  out.replies.resize(asked_.keys);
  out.records.resize(asked_.records);
  for (std::size_t c = 0; c < first; ++c) {
    if ((*answers)[c].items.size() != out.replies.size()) return tl::unexpected(odd_answer("HMGET"));
  }
  for (std::size_t i = 0; i < out.replies.size(); ++i) {
    const RedisValue& value = (*answers)[(*answers)[0].items[i].is_nil() ? 1 : 0].items[i];
    if (value.is_nil()) continue;
    const std::string& text = value.text;
    const auto hash_end = text.find(' ');
    const auto sequence_end = text.find(' ', hash_end + 1);
    if (hash_end == std::string::npos || sequence_end == std::string::npos) return tl::unexpected(odd_answer("an idempotency record"));
    out.replies[i] =
        StoredReplyRecord{text.substr(0, hash_end), number(std::string_view(text).substr(hash_end + 1, sequence_end - hash_end - 1)),
                          text.substr(sequence_end + 1)};
  }
  for (std::size_t c = 0; c < asked_.places.size(); ++c) {
    const RedisValue& answer = (*answers)[first + c];
    const auto& places = asked_.places[c];
    if (answer.type != RedisValue::Type::kList || answer.items.size() != places.size()) return tl::unexpected(odd_answer("HMGET"));
    for (std::size_t i = 0; i < answer.items.size(); ++i) {
      if (!answer.items[i].is_nil()) out.records[places[i]] = answer.items[i].text;
    }
  }
  return out;
}

tl::expected<std::vector<LaneExtras>, Fault> RedisStore::extras(const std::vector<Lane>& lanes) {
  if (auto ok = opened(); !ok) return tl::unexpected(ok.error());
  std::vector<RedisCommand> commands;
  for (const Lane lane : lanes) {
    commands.push_back({"HGETALL", keys_.effects(lane)});
    commands.push_back({"HKEYS", keys_.parked(lane)});
  }
  const auto answers = redis_.pipeline(commands);
  if (!answers) return tl::unexpected(answers.error());
  std::vector<LaneExtras> out(lanes.size());
  for (std::size_t l = 0; l < lanes.size(); ++l) {
    const auto& effects = (*answers)[2 * l].items;
    for (std::size_t i = 0; i + 1 < effects.size(); i += 2) out[l].effects.emplace_back(effects[i].text, effects[i + 1].text);
    for (const auto& key : (*answers)[2 * l + 1].items) out[l].parked.push_back(key.text);
  }
  return out;
}

tl::expected<std::vector<std::pair<std::string, std::string>>, Fault> RedisStore::parked(Lane lane, const std::string& entity) {
  if (auto ok = opened(); !ok) return tl::unexpected(ok.error());
  const auto answer = redis_.run({"HGETALL", keys_.parked(lane)});
  if (!answer) return tl::unexpected(answer.error());
  std::vector<std::pair<std::string, std::string>> out;
  for (std::size_t i = 0; i + 1 < answer->items.size(); i += 2) {
    if (answer->items[i].text.starts_with(entity + "\n")) out.emplace_back(answer->items[i].text, answer->items[i + 1].text);
  }
  return out;
}

tl::expected<void, Fault> RedisStore::begin_commit(const std::string& incarnation, const std::vector<Unit>& units) {
  if (auto ok = opened(); !ok) return tl::unexpected(ok.error());
  KeyList keys;
  keys.place(keys_.log());
  keys.place(keys_.meta());
  keys.place(keys_.lanes());
  keys.place(keys_.answers(0));
  keys.place(keys_.answers(1));
  Arguments a;
  a.point_at(incarnation);
  a.keep(static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(idempotency_ttl_).count()));
  a.keep(units.size());
  for (const auto& unit : units) {
    const std::string lane = std::to_string(unit.lane);
    a.keep("f" + lane);
    a.keep("c" + lane);
  }
  const std::size_t asked = a.leave_room();
  for (const auto& unit : units) {
    for (const auto& i : unit.idempotency) a.point_at(i.key);
  }
  a.fill(asked, a.size() - asked - 1);
  for (const auto& unit : units) {
    a.keep(unit.fence);
    if (unit.checkpoint) {
      a.keep(unit.checkpoint->expected);
      a.keep(unit.checkpoint->next);
    } else {
      a.point_at("-");
      a.point_at("0");
    }
    a.keep(unit.idempotency.size());
    for (const auto& i : unit.idempotency) {
      a.point_at(i.key);
      a.point_at(i.request_hash);
      a.point_at(i.reply);
    }
    a.keep(unit.fired.size());
    for (const auto& f : unit.fired) {
      a.keep(keys.place(keys_.timers(unit.lane)));
      a.keep(keys.place(keys_.timer_bodies(unit.lane)));
      a.point_at(f.name);
      a.point_at(f.body);
    }
    a.keep(unit.absent.size());
    a.keep(keys.place(keys_.records(unit.lane)));
    for (const auto& key : unit.absent) a.point_at(key);
    Operations ops;
    const auto field_writes = [&](auto key_of, const auto& writes, auto name, auto bytes) {
      if (writes.empty()) return;
      const std::size_t key = keys.place(key_of(unit.lane));
      for (const auto* w : last_of_each(writes, name)) {
        if (bytes(*w)) ops.add("HSET", key, {name(*w), *bytes(*w)});
        else ops.add("HDEL", key, {name(*w)});
      }
    };
    using Text = std::string_view;
    const auto body = [](const auto& w) -> const auto& { return w.body; };
    field_writes([this](Lane lane) { return keys_.records(lane); }, unit.records, [](const auto& w) -> Text { return w.key; },
                 [](const auto& w) -> const auto& { return w.bytes; });
    field_writes([this](Lane lane) { return keys_.effects(lane); }, unit.effects, [](const auto& w) -> Text { return w.id; }, body);
    field_writes([this](Lane lane) { return keys_.parked(lane); }, unit.parked, [](const auto& w) -> Text { return w.key; }, body);
    for (const auto* w : last_of_each(unit.indexes, [](const auto& x) { return x.index + '\0' + x.member; })) {
      const std::size_t key = keys.place(keys_.index(w->index));
      if (w->remove) ops.add("ZREM", key, {w->member});
      else ops.add("ZADD", key, {a.kept(score_text(w->score)), w->member});
    }
    for (const auto* w : last_of_each(unit.timers, [](const auto& x) -> Text { return x.name; })) {
      const std::size_t times = keys.place(keys_.timers(unit.lane)), bodies = keys.place(keys_.timer_bodies(unit.lane));
      if (w->body) {
        ops.add("ZADD", times, {a.kept(std::to_string(w->due.time_since_epoch().count())), w->name});
        ops.add("HSET", bodies, {w->name, *w->body});
      } else {
        ops.add("ZREM", times, {w->name});
        ops.add("HDEL", bodies, {w->name});
      }
    }
    ops.append_to(a);
    append_entries(unit.events, a);
  }
  units_begun_ = units.size();
  return redis_.begin_script(kCommit, keys.keys(), a.words());
}

bool RedisStore::commit_answered() {
  pollfd answer{redis_.descriptor(), POLLIN, 0};
  // Without a link there is nothing to wait for either.
  return answer.fd < 0 || ::poll(&answer, 1, 0) != 0;
}

tl::expected<std::vector<UnitResult>, Fault> RedisStore::end_commit() {
  const auto answer = redis_.end_script();
  if (!answer) return tl::unexpected(answer.error());
  if (answer->items.size() != 1 + 2 * units_begun_) return tl::unexpected(odd_answer("commit"));
  std::vector<UnitResult> out;
  for (std::size_t u = 0; u < units_begun_; ++u) {
    const std::string& code = answer->items[1 + 2 * u].text;
    UnitResult result;
    result.last_sequence = number(answer->items[2 + 2 * u].text);
    if (code == "OK") result.outcome = UnitOutcome::kDone;
    else if (code == "FENCED") result.outcome = UnitOutcome::kFenced;
    else if (code == "ANSWERED") result.outcome = UnitOutcome::kAlreadyAnswered;
    else if (code == "CHECKPOINT") result.outcome = UnitOutcome::kCheckpointMoved;
    else if (code == "EXISTS") result.outcome = UnitOutcome::kRecordExists;
    else if (code == "TIMER") result.outcome = UnitOutcome::kTimerChanged;
    else result.outcome = UnitOutcome::kLogBroken;
    out.push_back(result);
  }
  return out;
}

tl::expected<DueTimers, Fault> RedisStore::due(const std::vector<Lane>& lanes, std::size_t limit, std::chrono::microseconds offset) {
  if (auto ok = opened(); !ok) return tl::unexpected(ok.error());
  std::vector<std::string> keys;
  for (const Lane lane : lanes) {
    keys.push_back(keys_.timers(lane));
    keys.push_back(keys_.timer_bodies(lane));
  }
  const auto answer = redis_.script(kDue, keys, {std::to_string(offset.count()), std::to_string(limit)});
  if (!answer) return tl::unexpected(answer.error());
  if (answer->items.empty() || answer->items.size() % 3 != 1) return tl::unexpected(odd_answer("due"));
  DueTimers out;
  if (!answer->items[0].text.empty()) out.next = Instant{std::chrono::microseconds(number(answer->items[0].text))};
  for (std::size_t i = 1; i < answer->items.size(); i += 3) {
    const std::size_t place = number(answer->items[i].text);
    if (place >= lanes.size()) return tl::unexpected(odd_answer("due"));
    out.due.push_back({lanes[place], answer->items[i + 1].text, answer->items[i + 2].text});
  }
  return out;
}

tl::expected<std::uint64_t, Fault> RedisStore::count_attempt(const InstanceInfo& self, Lane lane, std::uint64_t checkpoint) {
  if (auto ok = opened(); !ok) return tl::unexpected(ok.error());
  const auto answer = redis_.script(kAttempt, {keys_.attempts(lane), keys_.instances()}, {std::to_string(checkpoint), self.instance});
  if (!answer) return tl::unexpected(answer.error());
  return static_cast<std::uint64_t>(answer->integer);
}

tl::expected<bool, Fault> RedisStore::count_first_attempts(const InstanceInfo& self, const std::vector<Attempt>& attempts) {
  if (auto ok = opened(); !ok) return tl::unexpected(ok.error());
  std::vector<std::string> keys{keys_.instances()}, arguments{self.instance};
  for (const auto& attempt : attempts) {
    keys.push_back(keys_.attempts(attempt.lane));
    arguments.push_back(std::to_string(attempt.checkpoint));
  }
  const auto answer = redis_.script(kFirstAttempts, keys, arguments);
  if (!answer) return tl::unexpected(answer.error());
  return answer->integer == 1;
}

}  // namespace bridgework::runtime
