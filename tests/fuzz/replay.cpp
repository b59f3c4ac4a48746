// Runs a fuzz target without a fuzzer: every file of the corpus, then mutations of them from a fixed seed for some time. What is found
// here on every build machine is what a coverage-guided run has left behind; the search itself is scripts/fuzz.
//
//   fuzz_<target> [--milliseconds N] [--seed N] FOLDER_OR_FILE...

#include <fcntl.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "tests/fuzz/fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kInputBytesMax = 1 << 20;
// Of the processor. An input of this size that takes longer is an attack by itself. Generous, because sanitizers are slow.
constexpr itimerval kOneInputMax{{0, 0}, {10, 0}};
constexpr itimerval kNoLimit{};
constexpr char kFindingFile[] = "fuzz-finding";

// For the signal handler: what was being tried.
const std::string* g_input = nullptr;

extern "C" void keep_finding(int signal) {
  if (g_input != nullptr) {
    const int file = ::open(kFindingFile, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    [[maybe_unused]] const auto written = ::write(file, g_input->data(), g_input->size());
    const auto say = [](std::string_view text) { [[maybe_unused]] const auto said = ::write(2, text.data(), text.size()); };
    if (signal == SIGPROF) say("fuzz: an input took more than ten seconds of the processor\n");
    say("fuzz: the input is kept in ./fuzz-finding\n");
  }
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

/// The same numbers on every machine: xorshift64*.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 2 + 1) {}
  std::uint64_t next() {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return state_ * 0x2545f4914f6cdd1dULL;
  }
  std::size_t below(std::size_t end) { return end == 0 ? 0 : static_cast<std::size_t>((next() >> 16) % end); }

 private:
  std::uint64_t state_;
};

constexpr std::string_view kWords[] = {
    "\xff\xff\xff\xff", std::string_view("\0\0\0\0\0\0\0\0", 8), "\x7f", "\x80", "\"", "{", "[", "\r\n", ",", "-1", "%00", "\xc3",
    "\\u0000"};

void mutate(std::string& input, const std::vector<std::string>& corpus, Random& random) {
  for (std::size_t changes = 1 + random.below(4); changes > 0; --changes) {
    const std::size_t at = random.below(input.size() + 1);
    switch (random.below(8)) {
      case 0:
        if (at < input.size()) input[at] = static_cast<char>(input[at] ^ static_cast<char>(1u << random.below(8)));
        break;
      case 1:
        if (at < input.size()) input[at] = static_cast<char>(random.next() >> 32);
        break;
      case 2:
        if (at < input.size()) input[at] = static_cast<char>(input[at] + (random.below(2) == 0 ? 1 : -1));
        break;
      case 3: input.erase(at, 1 + random.below(16)); break;
      case 4: input.insert(at, kWords[random.below(std::size(kWords))]); break;
      case 5: input.insert(at, input, random.below(input.size() + 1), 1 + random.below(64)); break;
      case 6: input.resize(at); break;
      default: {
        const std::string& other = corpus[random.below(corpus.size())];
        input.replace(at, random.below(64), other, random.below(other.size() + 1), random.below(256));
        break;
      }
    }
  }
  if (input.size() > kInputBytesMax) input.resize(kInputBytesMax);
}

void try_one(const std::string& input) {
  // Of exactly its size, so that reading behind it is an error that a sanitizer sees.
  const std::vector<std::uint8_t> bytes(input.begin(), input.end());
  g_input = &input;
  ::setitimer(ITIMER_PROF, &kOneInputMax, nullptr);
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
  ::setitimer(ITIMER_PROF, &kNoLimit, nullptr);
  g_input = nullptr;
}

std::vector<std::string> read_corpus(const std::vector<fs::path>& places) {
  std::vector<fs::path> files;
  for (const fs::path& place : places) {
    if (!fs::is_directory(place)) {
      files.push_back(place);
      continue;
    }
    for (const auto& entry : fs::recursive_directory_iterator(place)) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  std::vector<std::string> corpus;
  for (const fs::path& file : files) {
    std::ifstream in(file, std::ios::binary);
    corpus.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  return corpus;
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t milliseconds = 0, seed = 1;
  std::vector<fs::path> places;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--milliseconds" && i + 1 < argc) milliseconds = std::strtoull(argv[++i], nullptr, 10);
    else if (argument == "--seed" && i + 1 < argc) seed = std::strtoull(argv[++i], nullptr, 10);
    else places.emplace_back(argument);
  }
  for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGPROF}) std::signal(signal, keep_finding);

  std::vector<std::string> corpus = read_corpus(places);
  if (corpus.empty()) {
    std::fputs("fuzz: there is no corpus; name its folder\n", stderr);
    return 2;
  }
  for (const std::string& input : corpus) try_one(input);
  Random random(seed);
  std::uint64_t tried = 0;
  const auto end = Clock::now() + std::chrono::milliseconds(milliseconds);
  while (Clock::now() < end) {
    std::string input = corpus[random.below(corpus.size())];
    mutate(input, corpus, random);
    try_one(input);
    ++tried;
  }
  std::printf("%zu inputs of the corpus and %llu mutations: nothing found\n", corpus.size(), static_cast<unsigned long long>(tried));
  return 0;
}
