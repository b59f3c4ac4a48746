#include "scripts/cli/import.hpp"

#include <chrono>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <boost/json.hpp>

namespace bridgework::cli {
namespace {

std::vector<Batch> batches_of(const std::vector<std::string>& keys, std::size_t group_rows_max) {
  BatchMaker maker(group_rows_max);
  std::vector<Batch> batches;
  std::size_t line = 1;
  for (const std::string& key : keys) {
    if (Batch full = maker.add(key, {++line, key}); !full.empty()) batches.push_back(std::move(full));
  }
  for (Batch& batch : maker.finish()) batches.push_back(std::move(batch));
  return batches;
}

std::vector<std::string> keys_in_turn(std::size_t rows, std::size_t keys) {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < rows; ++i) all.push_back("site-" + std::to_string(i * 7919 % keys));
  return all;
}

TEST(ImportBatches, HoldEveryRowOnceAndNeverTooMany) {
  const auto batches = batches_of(keys_in_turn(12'345, 81), 50);
  std::set<std::size_t> lines;
  for (const Batch& batch : batches) {
    EXPECT_LE(batch.size(), BatchMaker::kBatchRowsMax);
    EXPECT_FALSE(batch.empty());
    for (const OutRow& row : batch) EXPECT_TRUE(lines.insert(row.line).second);
  }
  EXPECT_EQ(lines.size(), 12'345u);
  EXPECT_LT(batches.size(), 12'345u / BatchMaker::kBatchRowsMax + 20);
}

TEST(ImportBatches, AreWholeCommandsWhileTheFileLasts) {
  const auto batches = batches_of(keys_in_turn(2'000, 2), 200);
  for (const Batch& batch : batches) {
    std::set<std::string> keys;
    for (const OutRow& row : batch) keys.insert(row.json);
    EXPECT_EQ(batch.size() % 200, 0u);
    EXPECT_LE(keys.size(), batch.size() / 200);
  }
}

TEST(ImportBatches, AreTheSameForTheSameFile) {
  const auto first = batches_of(keys_in_turn(5'000, 40), 200);
  const auto second = batches_of(keys_in_turn(5'000, 40), 200);
  ASSERT_EQ(first.size(), second.size());
  for (std::size_t i = 0; i < first.size(); ++i) {
    ASSERT_EQ(first[i].size(), second[i].size());
    for (std::size_t j = 0; j < first[i].size(); ++j) EXPECT_EQ(first[i][j].line, second[i][j].line);
  }
}

PastVisit visit() {
  PastVisit visit;
  visit.start = LocalTime{LocalDay{std::chrono::year{2016} / 4 / 29}} + std::chrono::hours(12);
  visit.booked_at = Instant{std::chrono::sys_days{std::chrono::year{2016} / 4 / 28}};
  visit.duration_minutes = 30;
  visit.purpose = "other";
  visit.outcome = "no_show";
  return visit;
}

TEST(ImportJson, WritesAVisitAsTheGatewayTakesIt) {
  EXPECT_EQ(visit_json(visit(), "p-1", "centro", "centro.v-1"),
            R"({"site":"centro","appointment":"centro.v-1","person":"p-1","local_start":"2016-04-29T12:00:00","duration_minutes":30,)"
            R"("purpose":"other","outcome":"no_show","booked_at":"2016-04-28T00:00:00Z"})");
}

TEST(ImportJson, MarksAPersonAsImportedAndEscapesWhatStandsInTheFile) {
  Mapping mapping;
  mapping.language = "pt-BR";
  PastVisit past = visit();
  past.given_name = "An\"a\n\\";
  past.phone = "027 1234";
  const boost::json::value person = boost::json::parse(person_json(past, mapping, "p-1", "centro"));
  const boost::json::object& profile = person.at("profile").as_object();
  EXPECT_EQ(profile.at("given_name").as_string(), "An\"a\n\\");
  EXPECT_EQ(profile.at("provenance").as_string(), "imported");
  EXPECT_EQ(profile.at("status").as_string(), "patient");
  EXPECT_EQ(profile.at("home_site").as_string(), "centro");
  EXPECT_EQ(profile.at("contact_points").at(0).at("raw").as_string(), "027 1234");
  EXPECT_FALSE(profile.contains("birth_day"));
}

}  // namespace
}  // namespace bridgework::cli
