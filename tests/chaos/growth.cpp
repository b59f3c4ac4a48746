#include "chaos/growth.hpp"

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <fstream>
#include <utility>

namespace bridgework::chaos {

namespace fs = std::filesystem;

namespace {

/// What the allocator may keep of a busy minute.
constexpr long kMemorySlackKb = 8 * 1024;
/// Everybody may have come to the one bus from the other.
constexpr long kFilesSlack = 16;

std::string megabytes(long kb) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", static_cast<double>(kb) / 1024);
  return text;
}

std::string kind_of(const std::string& name) { return name.substr(0, name.rfind('-')); }

}  // namespace

Sample footprint_of(int pid) {
  const fs::path process = "/proc/" + std::to_string(pid);
  Sample found;
  std::ifstream status(process / "status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) found.memory_kb = std::stol(line.substr(6));
  }
  std::error_code error;
  for (auto it = fs::directory_iterator(process / "fd", error); !error && it != fs::directory_iterator(); it.increment(error))
    ++found.files;
  return found;
}

Thirds thirds_of(const std::vector<Sample>& life, long Sample::*what) {
  const std::size_t third = life.size() / 3;
  if (third == 0) return {};
  const auto least = [&](std::size_t from, std::size_t until) {
    long least = life[from].*what;
    for (std::size_t i = from; i < until; ++i) least = std::min(least, life[i].*what);
    return least;
  };
  return {least(0, third), least(third, life.size() - third), least(life.size() - third, life.size())};
}

bool grows(const Thirds& thirds, long slack) {
  const long before = thirds.second - thirds.first, then = thirds.last - thirds.second;
  return then > slack && then > before / 2;
}

Growth::Growth(std::chrono::seconds every, std::function<std::vector<Process>()> processes, std::function<Store()> store)
    : every_(every),
      processes_(std::move(processes)),
      store_(std::move(store)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

void Growth::run(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any woken;
  std::unique_lock lock(mutex);
  while (!stop.stop_requested()) {
    look();
    woken.wait_for(lock, stop, every_, [] { return false; });
  }
}

void Growth::look() {
  const auto now = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - begun_);
  const Store store = store_();
  const auto processes = processes_();
  const std::scoped_lock lock(mutex_);
  for (const auto& process : processes) {
    Sample sample = footprint_of(process.pid);
    if (sample.memory_kb == 0) continue;
    sample.age = now;
    lives_[{process.name, process.pid}].push_back(sample);
  }
  if (store.events > 0) stores_.push_back(store);
}

Growth::Judgement Growth::judge() const {
  const std::scoped_lock lock(mutex_);
  Judgement out;
  std::map<std::string, std::vector<std::string>> kinds;
  for (const auto& [who, life] : lives_) {
    const auto lived = life.back().age - life.front().age;
    // What Redis holds is judged by what it says of itself: its pages outlive what lay in them.
    if (lived < kJudgedFrom) continue;
    const Thirds memory = thirds_of(life, &Sample::memory_kb), files = thirds_of(life, &Sample::files);
    kinds[kind_of(who.first)].push_back(
        who.first + " lived " + std::to_string(lived.count() / 60) + " minutes: " + megabytes(life.front().memory_kb) +
        " MB at first, least " + megabytes(memory.first) + ", " + megabytes(memory.second) + ", " + megabytes(memory.last) +
        " in each third, " + megabytes(life.back().memory_kb) + " at last; files " + std::to_string(life.front().files) + ", least " +
        std::to_string(files.first) + ", " + std::to_string(files.second) + ", " + std::to_string(files.last) + ", " +
        std::to_string(life.back().files) + " at last");
    if (who.first != "redis" && grows(memory, kMemorySlackKb))
      out.violations.push_back(who.first + " needs more and more memory: " + kinds[kind_of(who.first)].back());
    if (grows(files, kFilesSlack)) out.violations.push_back(who.first + " holds more and more files: " + kinds[kind_of(who.first)].back());
  }
  for (const auto& [kind, lines] : kinds) out.lines.insert(out.lines.end(), lines.begin(), lines.end());
  if (stores_.size() >= 3 && !out.lines.empty()) {
    const Store &first = stores_.front(), &middle = stores_[stores_.size() / 2], &last = stores_.back();
    const auto per_event = [](const Store& from, const Store& to) {
      return to.events > from.events ? (to.memory_kb - from.memory_kb) * 1024 / (to.events - from.events) : 0;
    };
    const long before = per_event(first, middle), then = per_event(middle, last);
    const std::string line = "redis uses " + megabytes(first.memory_kb) + " MB at " + std::to_string(first.events) + " events, " +
                             megabytes(middle.memory_kb) + " at " + std::to_string(middle.events) + ", " + megabytes(last.memory_kb) +
                             " at " + std::to_string(last.events) + ": " + std::to_string(before) + " bytes for an event, then " +
                             std::to_string(then);
    out.lines.push_back(line);
    if (then > before * 3 / 2 && last.memory_kb - middle.memory_kb > kMemorySlackKb)
      out.violations.push_back("what an event costs grows: " + line);
  }
  return out;
}

}  // namespace bridgework::chaos
