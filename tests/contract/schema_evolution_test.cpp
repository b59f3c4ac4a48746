// Messages of earlier releases stay readable and keep their meaning, and the nets that watch over it have no hole.

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "contract/schema_files.hpp"
#include "messages/compiler/nets.hpp"

namespace bridgework::contract {
namespace {

using message_compiler::Baseline;
using message_compiler::find_breaks;

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

const Baseline& todays_baseline() {
  static const Baseline baseline = [] {
    const auto schemas = CompiledSchemas::of(BRIDGEWORK_SOURCE_DIR);
    return schemas == nullptr ? Baseline{} : message_compiler::make_baseline(schemas->request(), {});
  }();
  return baseline;
}

TEST(SchemaEvolution, KeepsEveryReleasedMessageAndState) {
  const Baseline released = message_compiler::read_baseline(BRIDGEWORK_SOURCE_DIR "/messages/baseline");
  ASSERT_FALSE(released.schemas.empty()) << "run the target baseline_release once";
  ASSERT_FALSE(released.names.empty());
  ASSERT_FALSE(released.golden.empty());
  const auto schemas = CompiledSchemas::released();
  ASSERT_NE(schemas, nullptr);
  const auto breaks = find_breaks(released, schemas->request());
  EXPECT_TRUE(breaks.empty()) << joined(breaks);
}

TEST(SchemaEvolution, BaselineHoldsEveryEventAndNoRequest) {
  const Baseline& baseline = todays_baseline();
  EXPECT_NE(baseline.golden.find("message messages/lead_intake:PersonRegistered\n"), std::string::npos);
  EXPECT_NE(baseline.golden.find("message messages/envelope:EventRecord\n"), std::string::npos);
  EXPECT_EQ(baseline.golden.find("message messages/lead_intake:RegisterPerson\n"), std::string::npos);
  EXPECT_NE(baseline.names.find("struct messages/lead_intake:PersonRegistered @00 person :Text $id=\"PersonId\" $key"), std::string::npos);
  EXPECT_NE(baseline.names.find("enum messages/lead_intake:Channel @01 sms\n"), std::string::npos);
}

TEST(SchemaEvolution, BaselineSurvivesItsFiles) {
  const std::string folder = testing::TempDir() + "bridgework-baseline";
  message_compiler::write_baseline(folder, todays_baseline());
  const Baseline read = message_compiler::read_baseline(folder);
  std::filesystem::remove_all(folder);
  EXPECT_TRUE(read.schemas == todays_baseline().schemas);
  EXPECT_TRUE(read.names == todays_baseline().names);
  EXPECT_TRUE(read.golden == todays_baseline().golden);
}

TEST(SchemaEvolution, SecondReleaseKeepsTheGoldenBytesOfTheFirst) {
  SchemaCopy copy;
  ASSERT_TRUE(copy.replace("lead_intake.capnp", "  provenance @9 :Provenance;",
                           "  provenance @9 :Provenance;\n  nickname @10 :Text $Cat.since(2);"));
  const auto schemas = CompiledSchemas::of(copy.root());
  ASSERT_NE(schemas, nullptr);
  const Baseline second = message_compiler::make_baseline(schemas->request(), todays_baseline());
  EXPECT_TRUE(second.golden.starts_with(todays_baseline().golden));
  EXPECT_GT(second.golden.size(), todays_baseline().golden.size());
  const auto breaks = find_breaks(second, schemas->request());
  EXPECT_TRUE(breaks.empty()) << joined(breaks);
}

TEST(SchemaEvolution, ReleaseThatBreaksAnEarlierOneIsRefused) {
  SchemaCopy copy;
  const std::filesystem::path folder = copy.root() / "baseline";
  std::filesystem::create_directory(folder);
  const ToolRun first = run_release(copy.root(), folder);
  ASSERT_EQ(first.status, 0) << first.errors;
  const Baseline released = message_compiler::read_baseline(folder.string());
  EXPECT_TRUE(released.names == todays_baseline().names);
  ASSERT_TRUE(copy.replace("lead_intake.capnp", "familyName @1 ", "surname @1 "));
  const ToolRun second = run_release(copy.root(), folder);
  EXPECT_NE(second.status, 0);
  EXPECT_NE(second.errors.find("familyName"), std::string::npos) << second.errors;
  EXPECT_TRUE(message_compiler::read_baseline(folder.string()).names == released.names);
}

struct Change {
  const char* name;
  std::function<bool(SchemaCopy&)> make;
  /// The nets that must report it; empty when it is allowed.
  std::vector<const char*> nets;
};

constexpr const char* kLeads = "lead_intake.capnp";

class SchemaChange : public testing::TestWithParam<Change> {};

TEST_P(SchemaChange, IsReportedByItsNets) {
  ASSERT_FALSE(todays_baseline().schemas.empty());
  SchemaCopy copy;
  ASSERT_TRUE(GetParam().make(copy)) << "the schema no longer has what this test changes";
  const auto schemas = CompiledSchemas::of(copy.root());
  ASSERT_NE(schemas, nullptr) << "the changed schema does not compile, so the test proves nothing";
  const auto breaks = find_breaks(todays_baseline(), schemas->request());
  if (GetParam().nets.empty()) {
    EXPECT_TRUE(breaks.empty()) << joined(breaks);
  }
  for (const std::string net : GetParam().nets) {
    EXPECT_TRUE(std::ranges::any_of(breaks, [&](const std::string& line) { return line.starts_with(net); })) << net << '\n'
                                                                                                             << joined(breaks);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Of, SchemaChange,
    testing::Values(
        Change{"NothingAtAll", [](SchemaCopy&) { return true; }, {}},
        Change{"TwoSameTypedFieldsSwapped",
               [](SchemaCopy& c) {
                 return c.replace(kLeads, "givenName @0 ", "givenName @1 ") && c.replace(kLeads, "familyName @1 ", "familyName @0 ");
               },
               {"names:", "golden:"}},
        Change{"TrailingFieldDropped",
               [](SchemaCopy& c) { return c.replace(kLeads, "  provenance @9 :Provenance;\n", ""); },
               {"names:", "golden:"}},
        Change{"FieldRenamed", [](SchemaCopy& c) { return c.replace(kLeads, "familyName @1 ", "surname @1 "); }, {"names:", "golden:"}},
        Change{"EventDeleted",
               [](SchemaCopy& c) { return c.remove(kLeads, "struct EnquiryAcknowledged $Cat.event {", "\n}\n"); },
               {"names:", "golden:"}},
        Change{"EventRenamed",
               [](SchemaCopy& c) { return c.replace(kLeads, "struct EnquiryAcknowledged ", "struct EnquiryAnswered "); },
               {"names:", "golden:"}},
        Change{"FieldRetyped",
               [](SchemaCopy& c) { return c.replace(kLeads, "waitedSeconds @3 :UInt32;", "waitedSeconds @3 :UInt64;"); },
               {"loader:", "names:"}},
        Change{"EnumerantsSwapped",
               [](SchemaCopy& c) {
                 return c.replace(kLeads, "enum ContactKind { phone @0; email @1; }", "enum ContactKind { email @0; phone @1; }");
               },
               {"names:", "golden:"}},
        Change{
            "EnumerantDropped",
            [](SchemaCopy& c) { return c.replace(kLeads, "enum ContactKind { phone @0; email @1; }", "enum ContactKind { phone @0; }"); },
            {"names:", "golden:"}},
        Change{"PrivacyMarkDropped",
               [](SchemaCopy& c) { return c.replace(kLeads, "givenName @0 :Text $Cat.phi ", "givenName @0 :Text "); },
               {"names:"}},
        Change{"KindChanged",
               [](SchemaCopy& c) { return c.replace(kLeads, "struct LeadClaimed $Cat.event", "struct LeadClaimed $Cat.reply"); },
               {"names:"}},
        Change{"RouteMoved", [](SchemaCopy& c) { return c.replace(kLeads, "POST /v1/campaigns", "POST /v1/adverts"); }, {"names:"}},
        Change{"OwnerChanged",
               [](SchemaCopy& c) { return c.replace(kLeads, "$Cat.owner(\"lead_intake\")", "$Cat.owner(\"journey\")"); },
               {"names:"}},
        Change{"DefaultChanged", [](SchemaCopy& c) { return c.replace(kLeads, ":UInt16 = 15 ", ":UInt16 = 20 "); }, {"loader:", "names:"}},
        Change{"FieldAppended",
               [](SchemaCopy& c) {
                 return c.replace(kLeads, "  provenance @9 :Provenance;",
                                  "  provenance @9 :Provenance;\n  nickname @10 :Text $Cat.phi $Cat.since(2);");
               },
               {}},
        Change{"EnumerantAppended",
               [](SchemaCopy& c) { return c.replace(kLeads, "{ phone @0; email @1; }", "{ phone @0; email @1; fax @2 $Cat.since(2); }"); },
               {}},
        Change{"MessageAppended",
               [](SchemaCopy& c) {
                 return c.replace(kLeads, "# ---- commands",
                                  "struct LeadForgotten $Cat.event $Cat.since(2) { person @0 :Text $Cat.key $Cat.pseudonym; }\n");
               },
               {}},
        Change{"FieldRetired",
               [](SchemaCopy& c) { return c.replace(kLeads, "waitedSeconds @3 :UInt32;", "waitedSeconds @3 :UInt32 $Cat.retired(2);"); },
               {}},
        Change{"FieldsReorderedInTheText",
               [](SchemaCopy& c) {
                 return c.replace(kLeads, "  status @8 :PersonStatus;\n  provenance @9 :Provenance;\n",
                                  "  provenance @9 :Provenance;\n  status @8 :PersonStatus;\n");
               },
               {}}),
    [](const testing::TestParamInfo<Change>& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace bridgework::contract
