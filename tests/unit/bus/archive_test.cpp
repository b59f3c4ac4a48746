#include "bus/archive.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace bridgework::bus {
namespace {

namespace fs = std::filesystem;

class ArchiveTest : public ::testing::Test {
 protected:
  ArchiveTest() {
    std::string pattern = (fs::temp_directory_path() / "bw-archive-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
  }
  ~ArchiveTest() override { fs::remove_all(directory_); }

  static std::vector<LogEntry> events(std::uint64_t first, std::size_t count, std::size_t bytes = 300) {
    std::vector<LogEntry> out;
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint64_t sequence = first + i;
      std::string record(bytes, '\0');
      for (std::size_t b = 0; b < bytes; ++b) record[b] = static_cast<char>((sequence * 131 + b * b) % 251);
      out.push_back({sequence, sequence % 7, record});
    }
    return out;
  }
  /// Over an archive of the test's own.
  static ArchiveReader reader_of(Archive& archive) {
    return ArchiveReader(std::shared_ptr<Archive>(&archive, [](Archive*) {}));
  }
  /// All that follows `after`, in steps.
  static std::vector<LogEntry> read_all(Archive& archive, std::uint64_t after, std::uint32_t step) {
    std::vector<LogEntry> out;
    ArchiveReader reader = reader_of(archive);
    for (;;) {
      const auto some = reader.read(after, step, 1 << 20);
      if (step % 2 == 1) reader.read_ahead();
      EXPECT_TRUE(some) << some.error().what;
      if (!some || some->empty()) return out;
      for (const auto& entry : *some) out.push_back(entry);
      after = out.back().sequence;
    }
  }
  static void expect_equal(const std::vector<LogEntry>& one, const std::vector<LogEntry>& other) {
    ASSERT_EQ(one.size(), other.size());
    for (std::size_t i = 0; i < one.size(); ++i) {
      ASSERT_EQ(one[i].sequence, other[i].sequence);
      ASSERT_EQ(one[i].type_id, other[i].type_id);
      ASSERT_EQ(one[i].record, other[i].record);
    }
  }
  static std::string bytes_of(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static void write(const fs::path& path, const std::string& bytes) { std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes; }
  /// Whether anybody who reads this archive is told that it is broken.
  bool is_whole() const {
    Archive fresh(directory_);
    return fresh.verify().has_value();
  }

  fs::path directory_;
};

TEST_F(ArchiveTest, GivesBackWhatWasSealedFromAnyPositionAcrossSegments) {
  Archive archive(directory_);
  const auto all = events(1, 5000);
  for (const auto& [from, to] : {std::pair{0, 2000}, {2000, 2001}, {2001, 5000}}) {
    ASSERT_TRUE(archive.seal("1.aaaaaaaa", {all.begin() + from, all.begin() + to}));
  }
  expect_equal(read_all(archive, 0, 333), all);
  for (const std::uint64_t after : {1u, 1023u, 1024u, 1999u, 2000u, 2001u, 4999u}) {
    expect_equal(read_all(archive, after, 4096), {all.begin() + static_cast<std::ptrdiff_t>(after), all.end()});
  }
  EXPECT_TRUE(reader_of(archive).read(5000, 10, 1000)->empty());
  EXPECT_TRUE(reader_of(archive).read(9999, 10, 1000)->empty());
  EXPECT_EQ(archive.verify().value(), 5000u);
  Archive other(directory_);
  EXPECT_EQ(other.list().value()->size(), 3u);
}

TEST_F(ArchiveTest, AReaderJumpsBackAndForthAndNeverGivesWhatWasSetAside) {
  Archive archive(directory_);
  const auto all = events(1, 3000);
  ASSERT_TRUE(archive.seal("1.aaaaaaaa", {all.begin(), all.begin() + 1500}));
  ASSERT_TRUE(archive.seal("1.aaaaaaaa", {all.begin() + 1500, all.end()}));
  ArchiveReader reader = reader_of(archive);
  for (const std::uint64_t after : {0u, 10u, 5u, 1020u, 1030u, 1029u, 1490u, 1500u, 0u, 2990u, 1499u}) {
    const auto some = reader.read(after, 20, 1 << 20);
    ASSERT_TRUE(some) << some.error().what;
    expect_equal(*some, {all.begin() + static_cast<std::ptrdiff_t>(after),
                         all.begin() + static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(after + 20, 3000))});
    reader.read_ahead();
  }
  // The second segment is sealed again with other events while the reader has half a frame of it.
  ASSERT_EQ(reader.read(1500, 100, 1 << 20)->size(), 100u);
  ASSERT_TRUE(archive.set_aside(archive.list().value()->at(1)));
  auto others = events(1501, 1500, 200);
  ASSERT_TRUE(archive.seal("2.bbbbbbbb", others));
  const auto after = reader.read(1600, 5, 1 << 20);
  ASSERT_TRUE(after) << after.error().what;
  expect_equal(*after, {others.begin() + 100, others.begin() + 105});
}

TEST_F(ArchiveTest, StopsAtTheLimitsItIsGiven) {
  Archive archive(directory_);
  ASSERT_TRUE(archive.seal("1.aaaaaaaa", events(1, 100, 1000)));
  EXPECT_EQ(reader_of(archive).read(0, 7, 1 << 20)->size(), 7u);
  EXPECT_EQ(reader_of(archive).read(0, 100, 2500)->size(), 3u);
}

TEST_F(ArchiveTest, TakesEventsOfNoBytesAndOfTheLargestSize) {
  Archive archive(directory_);
  auto all = events(1, 1, 0);
  const auto large = events(2, 40, 64 * 1024);
  all.insert(all.end(), large.begin(), large.end());
  ASSERT_TRUE(archive.seal("1.aaaaaaaa", all));
  expect_equal(read_all(archive, 0, 1000), all);
}

TEST_F(ArchiveTest, NeverLeavesAHole) {
  Archive archive(directory_);
  ASSERT_TRUE(archive.seal("1.aaaaaaaa", events(1, 10)));
  EXPECT_FALSE(archive.seal("1.aaaaaaaa", events(12, 5)));
  auto with_hole = events(11, 5);
  with_hole.erase(with_hole.begin() + 2);
  EXPECT_FALSE(archive.seal("1.aaaaaaaa", with_hole));
  EXPECT_EQ(archive.list().value()->size(), 1u);
  // A log that began to be archived late has no events before.
  EXPECT_TRUE(reader_of(archive).read(0, 1, 1)->size() == 1);
}

TEST_F(ArchiveTest, NoticesEveryChangedByte) {
  Archive archive(directory_);
  ASSERT_TRUE(archive.seal("1.aaaaaaaa", events(1, 12, 40)));
  const auto path = archive.list().value()->front().path;
  const std::string whole = bytes_of(path);
  ASSERT_TRUE(is_whole());
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 0x10);
    write(path, changed);
    EXPECT_FALSE(is_whole()) << "byte " << at << " of " << whole.size();
  }
  for (const std::size_t cut : {std::size_t{0}, std::size_t{1}, whole.size() / 2, whole.size() - 1}) {
    write(path, whole.substr(0, cut));
    EXPECT_FALSE(is_whole()) << "cut to " << cut;
  }
  write(path, whole);
  EXPECT_TRUE(is_whole());
}

TEST_F(ArchiveTest, NoticesAMissingOrForeignSegment) {
  Archive archive(directory_);
  for (const std::uint64_t first : {1, 11, 21}) ASSERT_TRUE(archive.seal("1.aaaaaaaa", events(first, 10)));
  const auto middle = archive.list().value()->at(1).path;
  const std::string whole = bytes_of(middle);
  fs::remove(middle);
  EXPECT_FALSE(is_whole());
  // The same place filled by another archive's segment of the same numbers.
  const fs::path elsewhere = directory_ / "other";
  Archive other(elsewhere);
  ASSERT_TRUE(other.seal("1.aaaaaaaa", events(11, 10)));
  fs::copy(elsewhere / middle.filename(), middle);
  EXPECT_FALSE(is_whole());
  write(middle, whole);
  EXPECT_TRUE(is_whole());
}

TEST_F(ArchiveTest, LooksPastWhatWasLeftByAProcessThatDiedWhileSealing) {
  Archive archive(directory_);
  ASSERT_TRUE(archive.seal("1.aaaaaaaa", events(1, 10)));
  write(archive.list().value()->front().path.string() + ".unfinished", "half");
  Archive fresh(directory_);
  EXPECT_EQ(fresh.verify().value(), 10u);
  ASSERT_TRUE(fresh.seal("1.aaaaaaaa", events(11, 10)));
  EXPECT_EQ(fresh.verify().value(), 20u);
}

TEST_F(ArchiveTest, SetsAsideWithoutDeleting) {
  Archive archive(directory_);
  for (const std::uint64_t first : {1, 11, 21}) ASSERT_TRUE(archive.seal("1.aaaaaaaa", events(first, 10)));
  EXPECT_EQ(archive.set_aside(archive.list().value()->at(1)).value(), 2u);
  EXPECT_EQ(archive.list().value()->size(), 1u);
  ASSERT_TRUE(archive.seal("2.bbbbbbbb", events(11, 4)));
  EXPECT_EQ(archive.verify().value(), 14u);
  std::size_t kept = 0;
  for (const auto& entry : fs::directory_iterator(directory_)) kept += entry.path().extension() == ".diverged" ? 1 : 0;
  EXPECT_EQ(kept, 2u);
}

}  // namespace
}  // namespace bridgework::bus
