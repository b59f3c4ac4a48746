#pragma once
// The two threads that wait for Redis, so that the one with the sockets never does.

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "bus/fetch_desk.hpp"
#include "bus/handover.hpp"
#include "bus/log_store.hpp"

namespace bridgework::bus {

struct LogOpened {
  LogBounds bounds;
};
struct LogGrown {
  std::vector<LogEntry> entries;
};
struct LogLost {
  std::string why;
};
using LogNews = std::variant<LogOpened, LogGrown, LogLost>;

/// Follows the log with one blocked read, from its head on, and tells what it sees in order. It keeps no position on disk: whatever it
/// missed while it was not there is found below the ring. Once a second of silence it looks whether the log is still the one it knows.
/// Where it comes so late that Redis has been let forget what follows (it was stopped, and another bus trims), it reads on in the archive.
class LogReader {
 public:
  LogReader(LogStore store, Handover<LogNews>& news);
  /// Ends within a second.
  ~LogReader();
  LogReader(const LogReader&) = delete;
  LogReader& operator=(const LogReader&) = delete;

 private:
  void run(std::stop_token stop);
  bool look(LogStore& store);
  bool tell(std::vector<LogEntry> entries);
  tl::expected<void, runtime::Fault> catch_up(std::uint64_t before);

  LogStore store_;
  Handover<LogNews>& news_;
  std::string incarnation_;
  std::uint64_t position_ = 0;
  std::jthread thread_;
};

/// Reads what lies below the ring, one question after the other.
class LogLookups {
 public:
  struct Result {
    FetchDesk::Lookup lookup;
    std::optional<FetchDesk::Found> found;
    std::string fault;  ///< why nothing was found
  };

  LogLookups(LogStore store, std::size_t waiting_max, runtime::Wakeup& done);
  ~LogLookups();
  LogLookups(const LogLookups&) = delete;
  LogLookups& operator=(const LogLookups&) = delete;

  /// False, and `lookup` untouched, when too many wait already.
  bool ask(FetchDesk::Lookup& lookup) { return questions_.try_put(lookup); }
  std::vector<Result> take() { return results_.take_all(); }

 private:
  void run();

  LogStore store_;
  Handover<FetchDesk::Lookup> questions_;
  Handover<Result> results_;
  std::jthread thread_;
};

}  // namespace bridgework::bus
