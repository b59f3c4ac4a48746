// A suite under load, and everything that can go wrong with it, in an order that a seed gives.

#include <algorithm>
#include <cstdio>
#include <exception>
#include <map>

#include <CLI/CLI.hpp>

#include "chaos/skew.hpp"
#include "chaos/world.hpp"

namespace bridgework::chaos {
namespace {

/// What the judgement and the poison at the end need.
constexpr seconds kReserve{35};
/// From so many minutes on every fault is struck once, for up to twice the time asked for: a machine may be slow, a fault may not be left
/// out.
constexpr double kMinutesOfAll = 2;

std::string in_ms(steady_clock::duration span) { return std::to_string(std::chrono::duration_cast<milliseconds>(span).count()) + " ms"; }

void strike(World& world, const Nemesis& nemesis) {
  world.say(std::string(nemesis.name) + ": " + nemesis.what);
  world.load().longest_silence();
  std::map<std::string, std::size_t> deaths{{"redis", 0}};
  for (const auto& [name, port] : world.suite().processes()) deaths[name] = 0;
  for (auto& [name, count] : deaths) count = world.pauses(name).size();
  const auto begun = steady_clock::now();
  world.harm_is_done();
  nemesis.strike(world);
  const auto missing = world.missing_after(kBackWithin);
  const auto whole_after = world.whole_since() - world.harm_done(), handled_after = steady_clock::now() - world.harm_done();
  const auto silence = world.load().longest_silence();
  seconds pause{0};
  for (const auto& [name, count] : deaths) {
    const auto pauses = world.pauses(name);
    for (std::size_t i = count; i < pauses.size(); ++i) pause = std::max(pause, pauses[i]);
  }
  const seconds allowed = nemesis.whole_within * (kSanitized ? 4 : 1) + pause;
  if (missing) return world.violated("after " + std::string(nemesis.name) + " service did not come back: " + *missing);
  world.say("  service is whole " + in_ms(whole_after) + " after the last harm, of " + in_ms(allowed) + " allowed; longest waited for is " +
            world.last_to_come() + "; checkpoints at the head after " + in_ms(handled_after) + "; the fault took " +
            in_ms(world.harm_done() - begun) + "; longest time without any answer " + in_ms(silence));
  world.require(whole_after <= allowed, "after " + std::string(nemesis.name) + " service was whole too late");
  world.judge_trimming();
}

struct Wish {
  double minutes = 2;
  std::string only;
  bool soak = false;
  SkewOptions skew;
  World::Options world;
};

int run(const Wish& wish) {
  const auto begun = steady_clock::now();
  const auto until = begun + std::chrono::duration_cast<steady_clock::duration>(std::chrono::duration<double>(wish.minutes * 60));
  std::size_t violations = 0;
  try {
    if (!wish.skew.old.empty()) {
      violations = judge_skew(wish.world, wish.skew);
      std::printf("violations: %zu\n", violations);
      return violations == 0 ? 0 : 1;
    }
    World world(wish.world);
    const auto chosen = [&](const std::vector<Nemesis>& all) {
      std::vector<Nemesis> out;
      for (const auto& one : all) {
        if (wish.soak && one.services == Nemesis::Services::kEnd) continue;
        if (wish.only.empty() || wish.only == one.name) out.push_back(one);
      }
      return out;
    };
    std::vector<Nemesis> deck = chosen(nemeses());
    std::size_t struck = 0;
    const bool all = wish.minutes >= kMinutesOfAll;
    auto end = all ? until + (until - begun) : until;
    const auto fits = [&](const Nemesis& nemesis) { return steady_clock::now() + nemesis.takes + kReserve <= end; };
    // Every one once before any comes twice.
    for (bool first = true; first || std::any_of(deck.begin(), deck.end(), fits); first = false) {
      std::shuffle(deck.begin(), deck.end(), world.random());
      for (const auto& nemesis : deck) {
        if (fits(nemesis)) {
          strike(world, nemesis);
          ++struck;
        } else if (first && all) {
          world.violated(std::string(nemesis.name) + " was never struck: there was no time for it");
        }
      }
      end = until;
    }
    world.say("judgement after " + std::to_string(struck) + " faults");
    world.judge_all();
    for (const auto& poison : chosen(poisons())) {
      world.say(std::string(poison.name) + ": " + poison.what);
      poison.strike(world);
    }
    violations = world.violations().size();
  } catch (const std::exception& error) {
    std::printf("VIOLATION: %s\n", error.what());
    ++violations;
  }
  std::printf("violations: %zu\n", violations);
  return violations == 0 ? 0 : 1;
}

}  // namespace
}  // namespace bridgework::chaos

int main(int argc, char** argv) {
  using namespace bridgework::chaos;
  Wish wish;
  bool list = false;
  CLI::App app("Breaks a running suite in every way there is, and says whether anything was lost, doubled or stuck.");
  app.add_option("--minutes", wish.minutes,
                 "how long, start and judgement included; from two on every fault is struck, if need be in twice the time")
      ->check(CLI::Range(0.5, 600.0));
  app.add_option("--seed", wish.world.seed, "the order of faults and the choices in them");
  app.add_option("--only", wish.only, "this fault alone, again and again");
  app.add_flag("--soak", wish.soak, "no fault that ends services: those live long, and are judged by whether they grow");
  app.add_option("--old", wish.skew.old,
                 "no faults: every process replaced by this build's from the programs in this directory, back, and forward again");
  app.add_flag("--by-service", wish.skew.by_service,
               "with --old: all processes of a service together, never two versions of it side by side");
  app.add_flag("--forward", wish.skew.forward_only, "with --old: the upgrade alone");
  app.add_option("--bin", wish.world.programs, "directory of the programs; those of the tests by default");
  app.add_option("--port", wish.world.port, "of the gateway; a free one by default");
  app.add_option("--clients", wish.world.clients, "how many work at the same time")->check(CLI::Range(1, 64));
  app.add_flag("--list", list, "names all faults");
  CLI11_PARSE(app, argc, argv);
  wish.world.minutes = wish.minutes;
  bool known = wish.only.empty();
  for (const auto* all : {&nemeses(), &poisons()}) {
    for (const auto& one : *all) {
      known = known || wish.only == one.name;
      if (list) std::printf("%-12s %s\n", one.name, one.what);
    }
  }
  if (list) return 0;
  if (!known) {
    std::fprintf(stderr, "there is no fault %s; --list names them\n", wish.only.c_str());
    return 2;
  }
  return run(wish);
}
