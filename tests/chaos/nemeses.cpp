// What is done to the suite while clients work.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "chaos/cursors.hpp"
#include "chaos/world.hpp"

namespace bridgework::chaos {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

std::string text(milliseconds span) { return std::to_string(span.count()) + " ms"; }

milliseconds since(steady_clock::time_point begin) { return std::chrono::duration_cast<milliseconds>(steady_clock::now() - begin); }

std::vector<std::string> victims(World& world) {
  std::vector<std::string> names;
  for (const auto& [name, port] : world.suite().processes()) names.push_back(name);
  return names;
}

void kill_one(World& world, const std::string& name) {
  const int pid = world.signal(name, SIGKILL);
  world.harm_is_done();
  world.say("  kill -9 " + name);
  world.require(pid > 0, name + " was not running");
  world.require(world.restarted(name, pid), name + " was not started again");
}

void kill_any(World& world) {
  auto names = victims(world);
  std::shuffle(names.begin(), names.end(), world.random());
  for (std::size_t i = 0; i < 2; ++i) kill_one(world, names[i]);
}

void kill_redis(World& world) { kill_one(world, "redis"); }

/// What a service that is stopped in the middle of a commit still had on its way arrives after others have taken its lanes.
void wake_a_zombie(World& world) {
  const std::string service = world.any(2) == 0 ? "lead_intake" : "followup";
  const std::string name = service + "-1";
  const int pid = world.suite().pid_of(name);
  world.link().hold_commit_of(pid);
  world.require(world.eventually([&] { return world.link().holds_one(); }), name + " makes no commit");
  ::kill(pid, SIGSTOP);
  const auto stopped = steady_clock::now();
  const bool taken = world.eventually(
      [&] {
        const json::value status = world.service_status(service);
        if (!status.is_object()) return false;
        for (const auto& instance : status.at("instances").as_array()) {
          if (instance.at("pid").to_number<int>() != pid && instance.at("lanes") == status.at("lanes_total")) return true;
        }
        return false;
      },
      kBackWithin);
  world.say("  SIGSTOP " + name + " with a commit on its way; its lanes had another owner after " + text(since(stopped)));
  world.require(taken, "nobody took the lanes of " + name);
  world.require(since(stopped) <= kLease + seconds(2), "its lanes were without an owner for more than a lease and two seconds");
  const int refused = world.link().held_refused(), answered = world.link().held_answered();
  world.link().release_held();
  world.require(world.eventually([&] { return world.link().held_answered() > answered; }), "the late commit was never answered");
  world.require(world.link().held_refused() > refused, "a commit of a former owner was not refused for its fence");
  ::kill(pid, SIGCONT);
  world.harm_is_done();
}

void restart_all_in_turn(World& world) {
  const std::size_t repeated = world.load().repeated(), answered = world.load().answered();
  for (const auto& name : victims(world)) {
    const int pid = world.signal(name, SIGTERM);
    world.harm_is_done();
    world.require(pid > 0 && world.restarted(name, pid), name + " did not come back after TERM");
  }
  world.say("  every process ended by TERM and came back, one after the other: " + std::to_string(world.load().answered() - answered) +
            " answers, " + std::to_string(world.load().repeated() - repeated) + " repeats by clients");
}

fs::path newest_increment(const fs::path& folder) {
  fs::path newest;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().string().ends_with(".incr.aof") && (newest.empty() || entry.path() > newest)) newest = entry.path();
  }
  return newest;
}

void expect_divergence(World& world, std::uint64_t position, int diverged, std::uint64_t first) {
  if (position < first) return;
  const bool told = world.eventually([&] { return world.follower().diverged() > diverged; }, kBackWithin);
  world.require(told,
                "a consumer at " + std::to_string(position) + " was never told that the log now begins anew at " + std::to_string(first));
}

void tear_the_tail(World& world) {
  std::uintmax_t cut = 1 + world.any(4096);
  const int diverged = world.follower().diverged();
  std::uint64_t position = 0;
  const auto first = world.redis_comes_back_with([&](const fs::path& folder) {
    position = world.follower().position();
    const fs::path file = newest_increment(folder);
    cut = std::min(cut, fs::file_size(file));
    fs::resize_file(file, fs::file_size(file) - cut);
  });
  world.say("  kill -9 redis, " + std::to_string(cut) + " bytes torn off its log: what was from " + std::to_string(first) +
            " on is gone; a consumer was at " + std::to_string(position));
  expect_divergence(world, position, diverged, first);
}

void restore_an_older_copy(World& world) {
  const fs::path copy = world.suite().data() / "copy";
  fs::remove_all(copy);
  fs::copy(world.suite().data() / "redis" / "appendonlydir", copy, fs::copy_options::recursive);
  const std::size_t answered = world.load().answered();
  world.require(world.eventually([&] { return world.load().answered() > answered + 100; }), "nothing is answered before the restore");
  // So that the archive, too, is ahead of what comes back.
  const std::uint64_t at_copy = world.follower().position();
  world.require(world.eventually([&] { return world.sealed_through() > at_copy; }, kBackWithin), "nothing is sealed before the restore");
  const int diverged = world.follower().diverged();
  const std::size_t aside = world.segments_aside();
  // A reader of the feed remembers the id of the last event it saw.
  const auto seen = world.get("/v1/events?limit=1&after=" + std::to_string(world.follower().position() - 1));
  std::uint64_t position = 0;
  const auto first = world.redis_comes_back_with([&](const fs::path& folder) {
    position = world.follower().position();
    fs::remove_all(folder);
    fs::rename(copy, folder);
  });
  world.say("  kill -9 redis, an older copy restored: what was from " + std::to_string(first) + " on is gone; a consumer was at " +
            std::to_string(position));
  world.require(position >= first, "the copy was not older than the consumer");
  expect_divergence(world, position, diverged, first);
  world.require(world.eventually([&] { return world.segments_aside() > aside; }, kBackWithin),
                "the archive still holds events that are gone");
  boost::system::error_code error;
  const json::value event = json::parse(seen.text.substr(0, seen.text.find('\n')), error);
  world.require(!error && event.is_object(), "the feed had nothing to show before the restore");
  if (error || !event.is_object()) return;
  // The log grows past where that reader was: the number alone would be found again, with another event behind it.
  const auto number = event.at("sequence").to_number<std::uint64_t>();
  world.require(number >= first, "the reader of the feed was not ahead");
  world.require(world.eventually([&] { return world.follower().position() > number + 1; }, kBackWithin), "the log does not grow");
  const auto again = world.get("/v1/events?limit=1&after=" + std::string(event.at("id").as_string()));
  world.require(again.status == 409 && again.string_at("/code") == "log_diverged",
                "a reader of the feed who saw " + std::string(event.at("id").as_string()) + " is answered " + std::to_string(again.status));
}

void slow_syncs(World& world) {
  world.say("  each sync of redis takes a second, then one takes longer than anybody waits for an answer");
  world.disk().sync_takes(seconds(1));
  world.lasts(seconds(2));
  world.disk().sync_takes(milliseconds(5500));
  world.lasts(milliseconds(5600));
  world.disk().sync_takes(milliseconds(0));
  world.harm_is_done();
}

void stop_redis_for_a_while(World& world) {
  for (int i = 0; i < 2; ++i) {
    const int pid = world.signal("redis", SIGSTOP);
    world.lasts(milliseconds(1000 + world.any(1000)));
    ::kill(pid, SIGCONT);
    world.harm_is_done();
    world.lasts(milliseconds(200));
  }
  world.say("  SIGSTOP redis, twice for one to two seconds");
}

void fill_the_disk(World& world) {
  const int pid = world.suite().pid_of("redis");
  world.disk().is_full(true);
  const bool gave_up = world.eventually([&] { return world.suite().pid_of("redis") != pid; });
  world.lasts(milliseconds(1500));
  world.disk().is_full(false);
  world.harm_is_done();
  world.require(gave_up, "redis went on without a disk");
  world.say("  the disk of redis was full: it ended rather than answer, and was started again");
}

void cut_links(World& world) {
  const int before = world.link().replies_cut();
  world.link().cut_before_replies(20);
  world.require(world.eventually([&] { return world.link().replies_cut() >= before + 20; }), "fewer than 20 commits within the limit");
  for (int i = 0; i < 5; ++i) {
    world.link().cut_all();
    world.lasts(milliseconds(50 + world.any(200)));
  }
  world.link().freeze(true);
  world.lasts(milliseconds(2500));
  world.link().freeze(false);
  world.harm_is_done();
  world.say("  20 commits done and their answers cut off, all links to redis cut five times, nothing let through for 2.5 s");
}

void bother_both_buses(World& world) {
  kill_one(world, "bus-1");
  kill_one(world, "bus-2");
  const int pid = world.signal("bus-1", SIGSTOP);
  world.lasts(milliseconds(2500));
  ::kill(pid, SIGCONT);
  world.harm_is_done();
  world.say("  SIGSTOP bus-1 for 2.5 s");
}

/// Two hundred readers that come, read a little, go and come again.
class Storm {
 public:
  Storm(const std::string& url, const std::string& key, World& world) : world_(world) {
    to_.sin_family = AF_INET;
    to_.sin_port = htons(static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1))));
    to_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    request_ = "GET /v1/events HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\nAuthorization: Bearer " + key + "\r\n\r\n";
  }

  void rage(milliseconds span) {
    std::vector<Reader> readers(200);
    const auto until = steady_clock::now() + span;
    while (steady_clock::now() < until) {
      std::vector<pollfd> watched;
      for (auto& reader : readers) {
        if (reader.fd < 0) open(reader);
        watched.push_back({reader.fd, static_cast<short>(reader.asked ? POLLIN : POLLOUT), 0});
      }
      ::poll(watched.data(), watched.size(), 20);
      const auto now = steady_clock::now();
      for (std::size_t i = 0; i < readers.size(); ++i) look(readers[i], watched[i].revents, now);
    }
    for (auto& reader : readers) close(reader);
  }

  int connected = 0, streams = 0, refused = 0;

 private:
  struct Reader {
    int fd = -1;
    bool asked = false, heard = false;
    steady_clock::time_point leaves{};
  };
  void open(Reader& reader) {
    reader = {};
    reader.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    reader.leaves = steady_clock::now() + milliseconds(100 + world_.any(900));
    if (::connect(reader.fd, reinterpret_cast<const sockaddr*>(&to_), sizeof to_) != 0 && errno != EINPROGRESS) close(reader);
  }
  static void close(Reader& reader) {
    if (reader.fd >= 0) ::close(reader.fd);
    reader.fd = -1;
  }
  void look(Reader& reader, short events, steady_clock::time_point now) {
    if (reader.fd < 0) return;
    if (!reader.asked && (events & POLLOUT) != 0) {
      reader.asked = ::send(reader.fd, request_.data(), request_.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request_.size());
      connected += reader.asked ? 1 : 0;
    }
    if ((events & (POLLIN | POLLERR | POLLHUP)) != 0) {
      char buffer[16384];
      const ssize_t n = ::recv(reader.fd, buffer, sizeof buffer, 0);
      if (n <= 0) return close(reader);
      if (!reader.heard) {
        reader.heard = true;
        const std::string head(buffer, static_cast<std::size_t>(n));
        if (head.starts_with("HTTP/1.1 200")) ++streams;
        else if (head.starts_with("HTTP/1.1 503")) ++refused;
        else world_.violated("a reader was answered " + head.substr(0, head.find('\r')));
      }
    }
    if (now >= reader.leaves) close(reader);
  }

  World& world_;
  sockaddr_in to_{};
  std::string request_;
};

void storm_of_readers(World& world) {
  Storm storm(world.suite().url(), world.suite().admin_key(), world);
  const std::size_t answered = world.load().answered();
  storm.rage(seconds(4));
  world.harm_is_done();
  world.say("  200 readers came " + std::to_string(storm.connected) + " times: " + std::to_string(storm.streams) + " streams, " +
            std::to_string(storm.refused) + " refused politely; " + std::to_string(world.load().answered() - answered) +
            " commands answered beside them");
  world.require(storm.streams > 0, "no reader got a stream");
  world.require(world.load().answered() > answered, "no command was answered during the storm");
  const auto ended = steady_clock::now();
  const bool free = world.eventually([&] { return world.get("/v1/events?limit=1").status == 200; }, kBackWithin);
  world.require(free, "no stream is free after the storm");
  world.say("  a stream was free " + text(since(ended)) + " after it");
}

/// Two hundred consumers far behind ask one bus at once; it dies under them, and all go to the other.
void storm_of_cursors(World& world) {
  constexpr std::size_t kCursors = 200;
  constexpr std::uint64_t kBehind = 1500;
  const auto head = static_cast<std::uint64_t>(world.get("/v1/status").int_at("/head"));
  const std::uint64_t after = head > kBehind ? head - kBehind : 0;
  Cursors cursors(world.context(), world.buses(), kCursors, after);
  const auto begun = steady_clock::now();
  const std::uint64_t reads = world.redis_calls("exec"), ranges = world.redis_calls("xrange");
  world.require(cursors.reach(after + (head - after) / 2, kBackWithin), "not every cursor comes half the way");
  const int pid = world.signal("bus-1", SIGKILL);
  world.harm_is_done();
  const bool there = cursors.reach(head, kBackWithin);
  const auto took = since(begun);
  const std::uint64_t read = world.redis_calls("exec") - reads, ranged = world.redis_calls("xrange") - ranges;
  world.say("  200 cursors " + std::to_string(head - after) +
            " events behind, bus-1 killed when they were half the way: all at the head after " + text(took) + "; " +
            std::to_string(cursors.asked()) + " questions, " + std::to_string(read) + " reads of the log in Redis (" +
            std::to_string(ranged) + " ranges)");
  world.require(there, std::to_string(cursors.behind(head)) + " cursors do not reach the head; " + cursors.complaint());
  // A question costs Redis one read of the log at most, whoever asks again; beside them only the buses look, some ten times a second.
  const auto looks = static_cast<std::uint64_t>(20 * (took.count() / 1000 + 1));
  world.require(read <= cursors.asked() + looks, "the log is read more often than it is asked for");
  world.require(cursors.asked() <= kCursors * ((head - after) / 200 + 6), "the cursors ask again and again");
  world.require(world.restarted("bus-1", pid), "bus-1 was not started again");
}

}  // namespace

/// What lanes with a dead owner take: its lease, the look of another, and a second for the last command of each client to be answered.
constexpr seconds kLanes = kLease + seconds(2) + seconds(1);
/// What Redis takes to read its log and everybody to open it anew.
constexpr seconds kRedis{8};
/// A sync that began at last takes 5.5 s, and who asks behind it waits up to five for the answer before it asks again.
constexpr seconds kSyncs{12};
/// What nobody has died of.
constexpr seconds kLinks{5};

const std::vector<Nemesis>& nemeses() {
  static const std::vector<Nemesis> all{
      {"kill", "kill -9 of any two processes", kill_any, seconds(13), kLanes, Nemesis::Services::kEnd},
      {"kill_redis", "kill -9 of Redis", kill_redis, seconds(8), kRedis},
      {"zombie", "SIGSTOP past the lease with a commit on its way", wake_a_zombie, seconds(14), kLinks},
      {"rolling", "every process restarted by TERM, in turn", restart_all_in_turn, seconds(10), kLinks, Nemesis::Services::kEnd},
      {"torn", "Redis killed, the last bytes of its log torn off", tear_the_tail, seconds(7), kRedis},
      {"restore", "Redis killed, an older copy of its log put back under running consumers", restore_an_older_copy, seconds(9), kRedis},
      {"slow", "slow syncs, one slower than every time limit", slow_syncs, seconds(11), kSyncs},
      {"stopped", "Redis stopped for seconds", stop_redis_for_a_while, seconds(6), kLinks},
      {"full", "the disk under Redis full", fill_the_disk, seconds(13), kRedis},
      {"cut", "links to Redis cut after the request and before the reply, all cut, frozen", cut_links, seconds(7), kLinks},
      {"buses", "two buses killed in turn, one stopped", bother_both_buses, seconds(9), kLinks},
      {"cursors", "200 consumers far behind, and the bus they ask killed", storm_of_cursors, seconds(8), kLinks},
      {"storm", "200 subscribers that come and go", storm_of_readers, seconds(7), kLinks},
  };
  return all;
}

}  // namespace bridgework::chaos
