// The thread that follows the log, over a real Redis.

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "bus/archiver.hpp"
#include "bus/log_threads.hpp"
#include "runtime/clock.hpp"
#include "tests/support/redis_server.hpp"
#include "tests/unit/bus/log_writer.hpp"

namespace bridgework::bus {
namespace {

using namespace std::chrono_literals;

class LogReaderTest : public ::testing::Test {
 protected:
  LogReaderTest() : archive_(std::make_shared<Archive>(redis_.directory() + "/archive")), writer_(redis_.options()) {}

  /// Seals all there is in segments of 100, and has Redis forget it.
  void archive_and_trim(std::uint64_t all) {
    ASSERT_TRUE(writer_.redis().run({"HSET", runtime::Keys{"g", "followup"}.lanes(), "f0", "1", "c0", std::to_string(all)}));
    ArchiveLimits limits;
    limits.segment_events = 100;
    limits.keep = 0ms;
    LogStore store(redis_.options(2s), "g", archive_);
    const auto round = archive_once(store, *archive_, {"followup"}, limits, runtime::system_now());
    ASSERT_TRUE(round) << round.error().what;
    ASSERT_GT(round->trimmed, 0U);
  }
  /// What was told of, until `last` has been.
  std::vector<std::uint64_t> told(Handover<LogNews>& news, std::uint64_t last) {
    std::vector<std::uint64_t> sequences;
    while (sequences.empty() || sequences.back() < last) {
      const auto next = news.take();
      if (!next) break;
      EXPECT_EQ(std::get_if<LogLost>(&*next), nullptr);
      if (const auto* grown = std::get_if<LogGrown>(&*next))
        for (const LogEntry& entry : grown->entries) sequences.push_back(entry.sequence);
    }
    return sequences;
  }

  support::RedisServer redis_;
  std::shared_ptr<Archive> archive_;
  LogWriter writer_;
};

TEST_F(LogReaderTest, MissesNothingThatRedisForgotBeforeItCameToIt) {
  writer_.append(10);
  // Room for one piece of news: the second waits until the first is taken, as if the process were stopped.
  Handover<LogNews> news(1);
  LogReader reader(LogStore(redis_.options(2s), "g", archive_), news);
  ASSERT_TRUE(std::holds_alternative<LogOpened>(*news.take()));
  writer_.append(900);
  archive_and_trim(910);
  const std::vector<std::uint64_t> sequences = told(news, 910);
  ASSERT_EQ(sequences.size(), 900U);
  for (std::size_t i = 0; i < sequences.size(); ++i) ASSERT_EQ(sequences[i], 11 + i);
}

TEST_F(LogReaderTest, TellsOfAHoleThatIsInTheArchiveToo) {
  writer_.append(10);
  Handover<LogNews> news(1);
  LogReader reader(LogStore(redis_.options(2s), "g", archive_), news);
  ASSERT_TRUE(std::holds_alternative<LogOpened>(*news.take()));
  writer_.append(900);
  ASSERT_TRUE(writer_.redis().run({"XTRIM", writer_.keys().log(), "MINID", "=", "0-800"}));
  const std::vector<std::uint64_t> sequences = told(news, 910);
  ASSERT_FALSE(sequences.empty());
  EXPECT_EQ(sequences.front(), 11U) << "read before Redis forgot it";
  EXPECT_LT(sequences.size(), 900U) << "the rest is nowhere, and the reader goes on";
  EXPECT_EQ(sequences.back(), 910U);
}

}  // namespace
}  // namespace bridgework::bus
