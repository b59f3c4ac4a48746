#include "bus/log_threads.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace bridgework::bus {

using namespace std::chrono_literals;

namespace {

constexpr std::uint32_t kEntriesPerRead = 64;
// Of the archive, at a time.
constexpr std::uint32_t kEventsPerRead = 1024;
constexpr std::uint32_t kBytesPerRead = 1024 * 1024;
constexpr auto kBlock = 1000ms;
constexpr auto kRetryFirst = 20ms;
constexpr std::chrono::milliseconds kRetryMax = 1000ms;
constexpr std::size_t kResultBytesMax = 64 * 1024 * 1024;

std::size_t bytes_of(const std::vector<LogEntry>& entries) {
  std::size_t bytes = 0;
  for (const LogEntry& entry : entries) bytes += sizeof(LogEntry) + entry.record.size();
  return bytes;
}

/// Waits, but not past a request to stop.
void pause(const std::stop_token& stop, std::chrono::milliseconds span) {
  std::mutex mutex;
  std::unique_lock lock(mutex);
  std::condition_variable_any().wait_for(lock, stop, span, [] { return false; });
}

}  // namespace

LogReader::LogReader(LogStore store, Handover<LogNews>& news)
    : store_(std::move(store)), news_(news), thread_([this](const std::stop_token& stop) { run(stop); }) {}

LogReader::~LogReader() {
  thread_.request_stop();
  news_.close();
}

/// Finds the log's bounds and where to go on. A log that is shorter than what was read of it, or in a new incarnation, is read from its
/// head: what was seen before may not be in it.
bool LogReader::look(LogStore& store) {
  auto bounds = store.bounds();
  if (!bounds) {
    news_.put(LogLost{std::move(bounds.error().what)});
    return false;
  }
  if (bounds->incarnation != incarnation_ || bounds->head < position_) {
    incarnation_ = bounds->incarnation;
    position_ = bounds->head;
  }
  return news_.put(LogOpened{std::move(*bounds)});
}

bool LogReader::tell(std::vector<LogEntry> entries) {
  position_ = entries.back().sequence;
  const std::size_t bytes = bytes_of(entries);
  return news_.put(LogGrown{std::move(entries)}, bytes);
}

/// Tells what lies between the position and `before`, as far as there is anything: a hole in the log itself stays one, and the desk says
/// so.
tl::expected<void, runtime::Fault> LogReader::catch_up(std::uint64_t before) {
  while (position_ + 1 < before) {
    auto view = store_.read(position_, kEventsPerRead, kBytesPerRead);
    if (!view) return tl::unexpected(std::move(view.error()));
    std::vector<LogEntry>& entries = view->entries;
    while (!entries.empty() && entries.back().sequence >= before) entries.pop_back();
    const bool goes_on = view->bounds.incarnation == incarnation_ && !entries.empty() && entries.front().sequence == position_ + 1;
    if (!goes_on || !tell(std::move(entries))) return {};
  }
  return {};
}

void LogReader::run(std::stop_token stop) {
  std::chrono::milliseconds retry = kRetryFirst;
  bool known = false;
  while (!stop.stop_requested()) {
    if (!known) {
      known = look(store_);
      if (!known) {
        pause(stop, retry);
        retry = std::min(retry * 2, kRetryMax);
        continue;
      }
      retry = kRetryFirst;
    }
    auto entries = store_.next(position_, kEntriesPerRead, kBlock);
    if (entries && !entries->empty()) {
      if (auto caught_up = catch_up(entries->front().sequence); !caught_up) entries = tl::unexpected(std::move(caught_up.error()));
    }
    if (!entries) {
      known = false;
      news_.put(LogLost{std::move(entries.error().what)});
      pause(stop, kRetryFirst);
    } else if (entries->empty()) {
      known = false;
    } else {
      if (!tell(std::move(*entries))) return;
    }
  }
}

LogLookups::LogLookups(LogStore store, std::size_t waiting_max, runtime::Wakeup& done)
    : store_(std::move(store)), questions_(waiting_max), results_(kResultBytesMax, &done), thread_([this] { run(); }) {}

LogLookups::~LogLookups() {
  questions_.close();
  results_.close();
}

void LogLookups::run() {
  while (auto lookup = questions_.take()) {
    const messages::Fetch& fetch = lookup->fetch;
    // A filter may let little through, so it is worth reading to the limit each time.
    auto view = store_.read(fetch.after, fetch.max_events == 0 ? 0 : std::max<std::uint32_t>(fetch.max_events, 256), fetch.max_bytes);
    Result result{std::move(*lookup), std::nullopt, {}};
    std::size_t bytes = sizeof(Result);
    if (view) {
      bytes += bytes_of(view->entries);
      result.found = FetchDesk::Found{std::move(view->bounds), std::move(view->entries)};
    } else {
      result.fault = std::move(view.error().what);
    }
    if (!results_.put(std::move(result), bytes)) return;
    store_.read_ahead();
  }
}

}  // namespace bridgework::bus
