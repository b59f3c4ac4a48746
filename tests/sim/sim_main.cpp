// Plays seeds by hand; scripts/sim builds and calls it.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "runtime/log.hpp"
#include "sim/mutations.hpp"

namespace {

using namespace bridgework;
using sim::kMutations;

constexpr std::uint64_t kFirstSeed = 1;

std::uint64_t number(const char* option, const char* text) {
  char* end = nullptr;
  const std::uint64_t value = text == nullptr ? 0 : std::strtoull(text, &end, 10);
  if (text == nullptr || end == text || *end != '\0' || value == 0) {
    std::fprintf(stderr, "sim: %s needs a number above 0\n", option);
    std::exit(2);
  }
  return value;
}

/// A line on standard error every two seconds.
class Progress {
 public:
  void show(const std::string& line) {
    const auto now = std::chrono::steady_clock::now();
    if (now < next_) return;
    next_ = now + std::chrono::seconds(2);
    std::fprintf(stderr, "%s\n", line.c_str());
  }

 private:
  std::chrono::steady_clock::time_point next_ = std::chrono::steady_clock::now() + std::chrono::seconds(2);
};

int play(std::uint64_t first, std::uint64_t seeds, std::size_t steps, const sim::Faults& faults) {
  sim::RunReport all;
  std::uint64_t violations = 0;
  Progress progress;
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
    const sim::RunReport report = sim::run_world(seed, steps, faults, {});
    for (const auto& violation : report.violations) {
      std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), violation.c_str());
    }
    std::fflush(stdout);
    violations += report.violations.size();
    all.add(report);
    progress.show(std::to_string(seed - first + 1) + " of " + std::to_string(seeds) + " seeds, violations: " + std::to_string(violations));
  }
  std::printf("%llu seeds: %s\nviolations: %llu\n", static_cast<unsigned long long>(seeds), all.text().c_str(),
              static_cast<unsigned long long>(violations));
  return violations == 0 ? 0 : 1;
}

int mutate(std::uint64_t first, std::uint64_t seeds, std::size_t steps, const std::string& only) {
  std::size_t caught = 0, tried = 0;
  for (const auto& mutation : kMutations) {
    if (!only.empty() && only != mutation.name) continue;
    ++tried;
    const auto found = sim::catch_mutation(mutation, first, seeds, steps);
    if (found) {
      ++caught;
      std::printf("%s: caught by seed %llu: %s\n", mutation.name, static_cast<unsigned long long>(found->seed), found->violation.c_str());
    } else {
      std::printf("%s: ESCAPED %llu seeds\n", mutation.name, static_cast<unsigned long long>(seeds));
    }
    std::fflush(stdout);
  }
  std::printf("mutations caught: %zu/%zu\n", caught, tried);
  return caught == tried && tried > 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t first = kFirstSeed, seeds = 0;
  std::size_t steps = sim::kSteps;
  bool mutations = false;
  sim::Faults faults;
  std::string only;
  for (int i = 1; i < argc; ++i) {
    const std::string option = argv[i];
    const char* value = i + 1 < argc ? argv[i + 1] : nullptr;
    if (option == "--mutations") {
      mutations = true;
    } else if (option == "--storm") {
      faults = sim::kStorm;
    } else if (option == "--mutation" && value != nullptr) {
      mutations = true;
      only = value;
      ++i;
    } else if (option == "--seeds") {
      seeds = number("--seeds", value);
      ++i;
    } else if (option == "--seed") {
      first = number("--seed", value);
      if (seeds == 0) seeds = 1;
      ++i;
    } else if (option == "--steps") {
      steps = number("--steps", value);
      ++i;
    } else {
      std::fprintf(stderr, "sim: unknown option %s; it knows --seeds N, --seed S, --steps N, --storm, --mutations and --mutation NAME\n",
                   option.c_str());
      return 2;
    }
  }
  // What the services have to say of ten thousand staged accidents is of no use to anybody.
  runtime::ProcessSettings settings;
  settings.log_level = "error";
  settings.log_file = "/dev/null";
  if (const auto opened = runtime::open_log("sim", settings); !opened) {
    std::fprintf(stderr, "sim: %s\n", opened.error().c_str());
    return 1;
  }
  if (mutations) return mutate(first, seeds == 0 ? sim::kSeedsPerMutation : seeds, steps, only);
  return play(first, seeds == 0 ? sim::kSeeds : seeds, steps, faults);
}
