#include "scripts/cli/commands.hpp"

#include <string>

#include <gtest/gtest.h>

#include "scripts/cli/table.hpp"

namespace bridgework::cli {
namespace {

TEST(KpiText, IsTheAnswerItselfWhenThereIsAValue) {
  const std::string answer = R"({"id":"no_show_rate@1","numerator":1,"denominator":4,"value":0.25,"has_value":true})";
  EXPECT_EQ(kpi_text(answer), answer);
}

TEST(KpiText, HasNoValueForNothingDividedByNothing) {
  EXPECT_EQ(kpi_text(R"({"id":"x@1","numerator":0,"denominator":0,"value":0.0,"has_value":false})"),
            R"({"id":"x@1","numerator":0,"denominator":0,"value":null,"has_value":false})");
}

TEST(KpiText, BlanksRowsByThemselves) {
  EXPECT_EQ(
      kpi_text(
          R"({"id":"x@1","numerator":1,"denominator":1,"value":1,"has_value":true,"rows":[{"key":"a","numerator":0,"denominator":0,"value":0,"has_value":false}]})"),
      R"({"id":"x@1","numerator":1,"denominator":1,"value":1,"has_value":true,"rows":[{"key":"a","numerator":0,"denominator":0,"value":null,"has_value":false}]})");
}

TEST(WithQuery, LeavesEmptyParametersOutAndEncodesTheOthers) {
  EXPECT_EQ(with_query("/v1/bucket", {{"site", ""}, {"from", ""}}), "/v1/bucket");
  EXPECT_EQ(with_query("/v1/bucket", {{"site", ""}, {"from", "a b&c"}, {"to", "é"}}), "/v1/bucket?from=a%20b%26c&to=%C3%A9");
}

TEST(PositionOf, IsTheSequenceOrTheEndOfTheId) {
  EXPECT_EQ(position_of(R"({"id":"3-ab/17","sequence":17})"), 17u);
  EXPECT_EQ(position_of(R"({"id":"3-ab/17","sequence":"18"})"), 18u);
  EXPECT_EQ(position_of(R"({"id":"3-ab/19"})"), 19u);
  EXPECT_EQ(position_of(R"({"id":"none"})"), 0u);
  EXPECT_EQ(position_of("no json"), 0u);
}

TEST(Table, AlignsWhatATerminalShows) {
  Table table({"site", "visits"});
  table.add({"são joão", "7"});
  table.add({"x", "1234"});
  EXPECT_EQ(table.text(), "site      visits\nsão joão       7\nx           1234\n");
}

TEST(Cell, CannotDriveATerminal) {
  EXPECT_EQ(cell(boost::json::value("a\x1b[31m\nb\xc2\x9b"
                                    "31m")),
            "a [31m b 31m");
}

TEST(Readable, ShowsListsOfThingsAsTables) {
  EXPECT_EQ(readable(boost::json::parse(R"({"head":9,"services":[{"name":"bus","lag":0},{"name":"journey","lag":12}],"none":[]})")),
            "head      9\nnone      \n\nservices\nname     lag\nbus        0\njourney   12\n");
}

}  // namespace
}  // namespace bridgework::cli
