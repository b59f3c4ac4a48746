#pragma once
// One suite under load, with a hand on everything that can fail.

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "chaos/follower.hpp"
#include "chaos/growth.hpp"
#include "chaos/history.hpp"
#include "chaos/load.hpp"
#include "chaos/redis_link.hpp"
#include "runtime/redis.hpp"
#include "runtime/wire.hpp"
#include "support/suite.hpp"

namespace bridgework::chaos {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

/// How long after a fault it is waited for service to be back at all. How soon it must be, each fault says.
inline constexpr seconds kBackWithin{45};
inline constexpr seconds kLease{10};
inline constexpr const char* kSite = "harbour";

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

/// The disk under Redis, as `slow_disk.c` sees it.
class Disk {
 public:
  explicit Disk(const std::filesystem::path& file);
  ~Disk();
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;
  void sync_takes(milliseconds longer) { mapped_[0] = longer.count(); }
  void is_full(bool full) { mapped_[1] = full ? 1 : 0; }

 private:
  volatile std::int64_t* mapped_;
};

class World {
 public:
  struct Options {
    std::uint64_t seed = 1;
    std::string programs;  ///< empty: those of this build
    int port = 0;
    int clients = 4;
    double minutes = 2;                                        ///< how long it is meant to run; says how often memory is looked at
    std::string instances = "bus=2,lead_intake=2,followup=2";  ///< as scripts/up takes them
  };
  explicit World(const Options& options);
  ~World();

  support::Suite& suite() { return *suite_; }
  RedisLink& link() { return *link_; }
  Disk& disk() { return *disk_; }
  Load& load() { return *load_; }
  History& history() { return history_; }
  Follower& follower() { return *follower_; }
  runtime::Context& context() { return context_; }
  /// Where a consumer outside finds the log.
  std::vector<std::string> buses() const;
  runtime::Redis& redis() { return redis_; }
  std::mt19937_64& random() { return random_; }
  std::size_t any(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }

  /// One line about what happens.
  void say(const std::string& line) const;
  void violated(const std::string& what);
  void require(bool holds, const std::string& what) {
    if (!holds) violated(what);
  }
  /// The last event that the archive has sealed with all before it.
  std::uint64_t sealed_through() const;
  /// Segments of the archive with events that a roll-back took away.
  std::size_t segments_aside() const;
  const std::vector<std::string>& violations() const { return violations_; }

  /// Polls until `done`; false after `limit`.
  bool eventually(const std::function<bool()>& done, milliseconds limit = seconds(20));
  /// The last harm of a fault is done: from now on it counts how long service takes to be whole.
  void harm_is_done() { harm_done_ = steady_clock::now(); }
  steady_clock::time_point harm_done() const { return harm_done_; }
  /// A fault lasts.
  void lasts(milliseconds span) {
    eventually([] { return false; }, span);
  }

  support::Answer get(const std::string& path) { return suite_->api().get(path); }
  boost::json::value service_status(const std::string& service);
  /// Sends a signal to a process of the suite; its id, 0 when it is not there.
  int signal(const std::string& name, int number);
  /// Waits until the process that had that id is replaced by one that is ready.
  bool restarted(const std::string& name, int old_pid, milliseconds limit = kBackWithin);
  bool is_ready(const std::string& name);
  /// What a process of the suite says of itself.
  std::string not_ready(const std::string& name);

  /// Kills Redis, lets `tamper` change what it left on disk, and starts it again. The first position that was lost.
  std::uint64_t redis_comes_back_with(const std::function<void(const std::filesystem::path& append_only_folder)>& tamper);

  /// How long a process's supervisor waited each time before it started it again: longer each time it dies within ten seconds.
  std::vector<seconds> pauses(const std::string& name) const;
  /// How often Redis has carried out that command since it was started.
  std::uint64_t redis_calls(const std::string& command);

  /// Waits until every process is ready, every lane has an owner, commands of each service with clients are answered, and every consumer,
  /// inside and out, has what had happened by then. What is missing after the limit, or nothing.
  std::optional<std::string> missing_after(milliseconds limit);
  /// When service was whole for those outside, and what that waited for longest, when nothing was missing.
  steady_clock::time_point whole_since() const { return whole_since_; }
  const std::string& last_to_come() const { return last_to_come_; }

  /// Redis has trimmed nothing that is not sealed in the archive, or that somebody has still to read (I11).
  void judge_trimming();

  /// What a client asks for to begin so many days after the suite's first, at that minute of the day.
  static std::string start(int days, int minute);
  /// Analytics counts all its figures again from the first event, and has done so; the figures it says then.
  std::string count_anew();

  /// With no more commands: every consumer has handled everything, and nothing new comes of it.
  bool comes_to_rest();

  /// No more commands; then everything is compared with everything else.
  void judge_all();

 private:
  using Footprints = std::map<std::string, Sample>;

  /// What each process has in memory, and how many files it holds open.
  Footprints footprints() const;
  void judge_footprints(const Footprints& calm);
  void follow_growth();
  void judge_growth();
  void make_tools();
  runtime::Redis::Options redis_options() const;
  void open_site();
  support::Answer define_site();
  std::vector<Event> read_feed();
  void judge_outbox(const std::vector<Event>& events);
  /// All figures of analytics, a line for each.
  std::string figures();
  void judge_analytics();
  void judge_followers();
  void judge_archive();
  void judge_logs();

  Options options_;
  std::filesystem::path tools_;
  std::mt19937_64 random_;
  steady_clock::time_point begun_ = steady_clock::now();
  std::vector<std::string> violations_;
  steady_clock::time_point harm_done_{}, whole_since_{};
  std::string last_to_come_;
  runtime::Context context_;
  History history_;
  std::unique_ptr<RedisLink> link_;
  std::unique_ptr<Disk> disk_;
  std::unique_ptr<support::Suite> suite_;
  runtime::Redis redis_{{}};
  int nudges_ = 0;
  int roll_backs_ = 0;
  std::uint64_t trimmed_through_ = 0;
  Footprints at_start_;
  std::unique_ptr<Load> load_;
  std::unique_ptr<Follower> follower_;
  std::unique_ptr<Growth> growth_;
};

struct Nemesis {
  /// Whether it ends services by itself, so that none of them lives long.
  enum class Services { kLiveOn, kEnd };
  const char* name;
  const char* what;
  void (*strike)(World&);
  seconds takes;         ///< with service whole again, on a busy machine; about
  seconds whole_within;  ///< of its last harm and what supervisors wait: all ready, lanes owned, answers given, who follows at the head
  Services services = Services::kLiveOn;
};
/// Those that strike under load, in any order.
const std::vector<Nemesis>& nemeses();
/// Those after which the log holds what no client asked for: at the end, when the history is judged.
const std::vector<Nemesis>& poisons();

}  // namespace bridgework::chaos
