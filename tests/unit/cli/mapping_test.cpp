#include "scripts/cli/mapping.hpp"

#include <chrono>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bridgework::cli {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr std::string_view kMapping = R"(
source = "old-system"
zone = "America/Sao_Paulo"
language = "pt-BR"
[columns]
person = "Patient"
appointment = "Id"
site = "Place"
start = "Day"
booked_at = "Booked"
outcome = "Missed"
age = "Age"
birth_date = "Born"
[formats]
start = "day"
booked_at = "local"
[outcomes]
No = "completed"
Yes = "no_show"
[rules]
age_min = 0
)";

const std::vector<std::string> kHeader = {"Patient", "Id", "Place", "Day", "Booked", "Missed", "Age", "Born"};
const Instant kNow{std::chrono::sys_days{std::chrono::year{2017} / 1 / 1}};

std::vector<std::string> row() { return {"ana", "7", "Centro", "2016-04-29T00:00:00Z", "2016-04-28T23:38:08Z", "No", "62", ""}; }

RowReader reader_of(std::string mapping_text = std::string(kMapping)) {
  auto mapping = parse_mapping(mapping_text);
  EXPECT_TRUE(mapping) << mapping.error();
  auto reader = RowReader::fit(std::move(*mapping), kHeader, kNow);
  EXPECT_TRUE(reader) << reader.error();
  return *reader;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos);
  return text.replace(at, from.size(), to);
}

/// "field: reason" of a row with one field changed.
std::string reject_of(std::size_t column, std::string value, const RowReader& reader = reader_of()) {
  auto changed = row();
  changed[column] = std::move(value);
  const auto visit = reader.read(changed);
  return visit ? "accepted" : visit.error().field + ": " + visit.error().reason;
}

TEST(MappingRow, BecomesAPastVisit) {
  const auto fields = row();
  const RowReader reader = reader_of();
  const auto visit = reader.read(fields);
  ASSERT_TRUE(visit) << visit.error().reason;
  EXPECT_EQ(visit->person, "ana");
  EXPECT_EQ(visit->site, "Centro");
  EXPECT_EQ(written(visit->start), "2016-04-29T12:00:00");
  EXPECT_EQ(written(*visit->booked_at), "2016-04-29T02:38:08Z");
  EXPECT_EQ(visit->outcome, "completed");
  EXPECT_EQ(visit->purpose, "other");
  EXPECT_EQ(visit->duration_minutes, 30);
}

TEST(MappingRow, IsRejectedWhenTheVisitIsBeforeTheDayItWasBooked) {
  EXPECT_EQ(reject_of(4, "2016-04-30T00:00:01Z"), "Day: is before the day it was booked");
  EXPECT_EQ(reject_of(4, "2016-04-29T23:59:59Z"), "accepted");
}

TEST(MappingRow, ComparesLocalDaysWhenTheBookingIsAnInstant) {
  const RowReader reader = reader_of(replaced(std::string(kMapping), "booked_at = \"local\"", "booked_at = \"instant\""));
  EXPECT_EQ(reject_of(4, "2016-04-30T02:59:59Z", reader), "accepted");  // 23:59:59 of the 29th at the site
  EXPECT_EQ(reject_of(4, "2016-04-30T03:00:00Z", reader), "Day: is before the day it was booked");
  EXPECT_EQ(reject_of(4, "2016-04-30T04:59:59+02:00", reader), "accepted");
  EXPECT_THAT(reject_of(4, "2016-04-29T10:00:00", reader), HasSubstr("Booked: is no time with its offset"));
}

TEST(MappingRow, MayLackTheBooking) { EXPECT_EQ(reject_of(4, ""), "accepted"); }

TEST(MappingRow, IsRejectedForAnImpossibleAge) {
  EXPECT_EQ(reject_of(6, "-1"), "Age: is less than 0");
  EXPECT_EQ(reject_of(6, "0"), "accepted");
  EXPECT_EQ(reject_of(6, "131"), "Age: is more than 130");
  EXPECT_EQ(reject_of(6, "old"), "Age: is no whole number");
}

TEST(MappingRow, IsRejectedForABirthAfterTheVisit) {
  EXPECT_EQ(reject_of(7, "2016-04-30"), "Born: is after the visit");
  EXPECT_EQ(reject_of(7, "2016-04-29"), "accepted");
  EXPECT_EQ(reject_of(7, "1954-02-30"), "Born: is no day like 2016-04-29");
}

TEST(MappingRow, IsRejectedWithoutItsIdsOrWithAnUnknownOutcome) {
  EXPECT_EQ(reject_of(0, " "), "Patient: is empty");
  EXPECT_EQ(reject_of(2, ""), "Place: is empty");
  EXPECT_EQ(reject_of(5, "Maybe"), "Missed: is a word the mapping does not know");
}

TEST(MappingRow, IsRejectedWhenItIsNotOfThePast) { EXPECT_THAT(reject_of(3, "2017-01-02"), HasSubstr("Day: is in the future")); }

TEST(MappingRow, IsRejectedForATimeThatNoClockShowed) {
  // Clocks in São Paulo went from 23:59:59 on 15 October 2016 to 01:00.
  const RowReader reader = reader_of(replaced(std::string(kMapping), "start = \"day\"", "start = \"local\""));
  EXPECT_THAT(reject_of(3, "2016-10-16T00:30:00", reader), HasSubstr("Day: no clock of America/Sao_Paulo"));
  EXPECT_EQ(reject_of(3, "2016-10-16T01:00", reader), "accepted");
}

TEST(MappingRow, IsRejectedWhenItIsNotUtf8) {
  EXPECT_THAT(reject_of(2, "JARDIM CAMBUR\xcd"), HasSubstr("Place: is not UTF-8"));
  EXPECT_THAT(reject_of(2, "\xc0\xaf"), HasSubstr("Place: is not UTF-8"));
  EXPECT_EQ(reject_of(2, "JARDIM CAMBUR\xc3\x8d"), "accepted");
}

TEST(MappingRow, IsRejectedWithTooFewFields) {
  const RowReader reader = reader_of();
  const auto visit = reader.read({"ana", "7"});
  ASSERT_FALSE(visit);
  EXPECT_EQ(visit.error().reason, "has 2 fields where the header has 8");
}

TEST(MappingFile, NamesTheColumnTheFileDoesNotHave) {
  const auto reader = RowReader::fit(*parse_mapping(kMapping), {"Patient", "Id", "Place", "Day", "Missed", "Age", "Born"}, kNow);
  ASSERT_FALSE(reader);
  EXPECT_THAT(reader.error(), HasSubstr("no column Booked"));
}

TEST(MappingFile, NamesColumnsAndWordsInAnyAlphabetButInQuotes) {
  const std::string portuguese = replaced(replaced(std::string(kMapping), "Yes = ", "'Não veio' = "), "\"Missed\"", "\"Presença\"");
  const auto mapping = parse_mapping(portuguese);
  ASSERT_TRUE(mapping) << mapping.error();
  EXPECT_EQ(mapping->columns.outcome, "Presença");
  EXPECT_TRUE(mapping->outcomes.contains("Não veio"));
  const auto bare = parse_mapping(replaced(portuguese, "'Não veio'", "Não"));
  ASSERT_FALSE(bare);
  EXPECT_THAT(bare.error(), AllOf(HasSubstr("mapping, line 19: "), HasSubstr("stand in quotes")));
}

TEST(MappingFile, RefusesWhatItDoesNotKnow) {
  const auto error_of = [](std::string_view from, std::string_view to) {
    const auto mapping = parse_mapping(replaced(std::string(kMapping), from, to));
    return mapping ? std::string("accepted") : mapping.error();
  };
  EXPECT_THAT(error_of("language", "languages"), HasSubstr("languages is not known here"));
  EXPECT_THAT(error_of("\nage = ", "\nages = "), HasSubstr("columns.ages is not known here"));
  EXPECT_THAT(error_of("America/Sao_Paulo", "Sao_Paulo"), HasSubstr("zone is no IANA time zone"));
  EXPECT_THAT(error_of("\"completed\"", "\"done\""), HasSubstr("outcomes.No must be one of completed, no_show, cancelled"));
  EXPECT_THAT(error_of("\"local\"", "\"utc\""), HasSubstr("formats.booked_at must be day, local or instant"));
  EXPECT_THAT(error_of("source = \"old-system\"", ""), HasSubstr("source is missing"));
  EXPECT_THAT(error_of("age_min = 0", "age_min = \"0\""), HasSubstr("rules.age_min must be a whole number"));
  EXPECT_THAT(error_of("[rules]", "[rules"), HasSubstr("mapping, line"));
}

TEST(Written, MatchesTheMessages) {
  EXPECT_EQ(written(LocalDay{std::chrono::year{2016} / 2 / 29}), "2016-02-29");
  EXPECT_EQ(written(Instant{1500ms}), "1970-01-01T00:00:01.500000Z");
  EXPECT_EQ(written(Instant{-1us}), "1969-12-31T23:59:59.999999Z");
}

}  // namespace
}  // namespace bridgework::cli
