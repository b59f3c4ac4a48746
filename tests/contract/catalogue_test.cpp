#include "messages/catalogue.hpp"

#include <capnp/dynamic.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "contract/schema_files.hpp"
#include "messages/catalogue_schema.hpp"
#include "messages/envelope.values.hpp"
#include "messages/lead_intake.values.hpp"

namespace bridgework::messages {
namespace {

TEST(Catalogue, PageInTheRepositoryIsFresh) {
  const std::filesystem::path fresh = std::filesystem::path(BRIDGEWORK_GENERATED_DIR) / "messages/CATALOGUE.md";
  const std::filesystem::path kept = std::filesystem::path(BRIDGEWORK_SOURCE_DIR) / "messages/CATALOGUE.md";
  ASSERT_FALSE(contract::read_text(fresh).empty());
  EXPECT_TRUE(contract::read_text(fresh) == contract::read_text(kept)) << "run the target catalogue_refresh";
}

TEST(Catalogue, FindsByIdAndByName) {
  const MessageInfo* by_id = find_message(ClaimLead::kTypeId);
  ASSERT_NE(by_id, nullptr);
  EXPECT_EQ(by_id->name, ClaimLead::kName);
  EXPECT_EQ(by_id->kind, ClaimLead::kKind);
  EXPECT_EQ(by_id->owner, "lead_intake");
  EXPECT_EQ(by_id->http, "POST /v1/leads/{enquiry}/claim");
  EXPECT_EQ(by_id->answers, ClaimLead::Answer::kName);
  EXPECT_EQ(by_id->key, "enquiry");
  EXPECT_EQ(find_message("ClaimLead"), by_id);
}

TEST(Catalogue, FindsNothingThatIsNot) {
  EXPECT_EQ(find_message(std::uint64_t{1}), nullptr);
  EXPECT_EQ(find_message("ClaimLeads"), nullptr);
  EXPECT_EQ(find_message(""), nullptr);
}

TEST(Catalogue, EveryMessageIsFoundAgainAndHasItsSchema) {
  ASSERT_GT(all_messages().size(), 100u);
  for (const MessageInfo& message : all_messages()) {
    SCOPED_TRACE(message.name);
    EXPECT_EQ(find_message(message.type_id), &message);
    EXPECT_EQ(find_message(message.name), &message);
    const capnp::Schema schema = schema_of(message.type_id);
    EXPECT_EQ(schema.getProto().getId(), message.type_id);
    EXPECT_EQ(std::string(schema.getShortDisplayName().cStr()), message.name);
    EXPECT_EQ(schema.asStruct().getFields().size(), message.fields.size());
  }
}

TEST(Catalogue, EveryQuestionHasAReplyOfTheCatalogue) {
  for (const MessageInfo& message : all_messages()) {
    const bool asks = message.kind == MessageKind::kCommand || message.kind == MessageKind::kQuery;
    SCOPED_TRACE(message.name);
    if (!asks) {
      EXPECT_EQ(message.answers, "");
      continue;
    }
    const MessageInfo* reply = find_message(message.answers);
    ASSERT_NE(reply, nullptr);
    EXPECT_EQ(reply->kind, MessageKind::kReply);
  }
}

TEST(Catalogue, EveryCommandIsRouted) {
  for (const MessageInfo& message : all_messages()) {
    if (message.kind != MessageKind::kCommand) continue;
    EXPECT_NE(message.key, "") << message.name << " has no $key, so no lane can take it";
  }
}

TEST(Catalogue, NoEventKeepsItsPersonInTheClear) {
  // The Live stream replaces what is marked; an event's `person` without the mark would leave by it.
  for (const MessageInfo& message : all_messages()) {
    if (message.kind != MessageKind::kEvent) continue;
    for (const FieldInfo& field : message.fields) {
      EXPECT_TRUE(field.name != "person" || field.pseudonym) << message.name;
    }
  }
}

TEST(Values, EnumeratorsAreFoundByTheirJsonNames) {
  for (const Outcome outcome : kAllOutcome) EXPECT_EQ(from_string<Outcome>(to_string(outcome)), outcome);
  EXPECT_EQ(to_string(Outcome::kNotOwner), "not_owner");
  EXPECT_EQ(from_string<Outcome>("notOwner"), std::nullopt);
  EXPECT_EQ(from_string<Outcome>(""), std::nullopt);
}

TEST(Values, AccessorsGiveTheKeyThePersonAndTheSite) {
  LeadClaimed claimed;
  claimed.person = PersonId("p-1");
  claimed.site = SiteId("s-1");
  EXPECT_EQ(key_of(claimed), "p-1");
  EXPECT_EQ(person_of(claimed), "p-1");
  EXPECT_EQ(site_of(claimed), "s-1");
  CampaignStarted started;
  started.campaign = CampaignId("c-1");
  EXPECT_EQ(key_of(started), "c-1");
  EXPECT_EQ(person_of(started), "");
}

TEST(Values, DefaultsAreThoseOfTheSchema) { EXPECT_EQ(ClaimLead{}.minutes, 15); }

std::string schema_with(const std::string& body) {
  return R"(@0xb1d6e0c0a7a1f0ff;
using Cxx = import "/capnp/c++.capnp";
using Cat = import "/messages/catalogue.capnp";
$Cxx.namespace("trial::wire"); $Cat.values("trial"); $Cat.owner("trial");
)" + body;
}

TEST(Compiler, TakesAPlainSchema) {
  const contract::ToolRun run = contract::run_plugin(schema_with("struct Thing $Cat.event { name @0 :Text $Cat.key; }"));
  EXPECT_EQ(run.status, 0) << run.errors;
}

struct Refusal {
  const char* name;
  const char* schema;
  const char* says;
};

class CompilerRefuses : public testing::TestWithParam<Refusal> {};

TEST_P(CompilerRefuses, AndNamesTheField) {
  const contract::ToolRun run = contract::run_plugin(schema_with(GetParam().schema));
  EXPECT_NE(run.status, 0);
  EXPECT_NE(run.errors.find(GetParam().says), std::string::npos) << run.errors;
}

INSTANTIATE_TEST_SUITE_P(
    What, CompilerRefuses,
    testing::Values(
        Refusal{"Union", "struct Thing { union { a @0 :Text; b @1 :Text; } }", "Thing.a is part of a union"},
        Refusal{"Group", "struct Thing { g :group { a @0 :Text; } }", "Thing.g is a group"},
        Refusal{"AnyPointer", "struct Thing { a @0 :AnyPointer; }", "Thing.a is an AnyPointer"},
        Refusal{"Interface", "interface Caller { call @0 (); }", "Caller is an interface"},
        Refusal{"InterfaceField", "interface Caller { call @0 (); } struct Thing { a @0 :Caller; }", "interface"},
        Refusal{"Void", "struct Thing { a @0 :Void; }", "Thing.a is Void"},
        Refusal{"ListOfLists", "struct Thing { a @0 :List(List(Text)); }", "Thing.a is a list of lists"},
        Refusal{"Nested", "struct Thing { struct Inner { a @0 :Text; } b @0 :Inner; }", "Thing declares types inside"},
        Refusal{"ByValueLoop", "struct Thing { a @0 :Thing; }", "Thing holds itself"},
        Refusal{"InstantOnText", "struct Thing { a @0 :Text $Cat.instant; }", "Thing.a has $instant"},
        Refusal{"DayOnInt64", "struct Thing { a @0 :Int64 $Cat.day; }", "Thing.a has $day"},
        Refusal{"OptionalNumber", "struct Thing { a @0 :Int32 $Cat.optional; }", "Thing.a has $optional"},
        Refusal{"RangeOnText", "struct Thing { a @0 :Text $Cat.range((min = 0, max = 1)); }", "Thing.a has $range"},
        Refusal{"KeyOnNumber", "struct Thing { a @0 :Int32 $Cat.key; }", "Thing.a has $key"},
        Refusal{"TwoKeys", "struct Thing { a @0 :Text $Cat.key; b @1 :Text $Cat.key; }", "Thing has two $key fields"},
        Refusal{"TwoKinds", "struct Thing $Cat.event $Cat.reply { a @0 :Text; }", "Thing is marked as two kinds"},
        Refusal{"UnknownAnswer", "struct Ask $Cat.query $Cat.answers(\"Nobody\") { a @0 :Text $Cat.key; }", "Ask answers Nobody"},
        Refusal{"AnswerThatIsNoReply", "struct Ask $Cat.query $Cat.answers(\"Part\") { a @0 :Text; } struct Part {}", "Ask answers Part"},
        Refusal{"RouteOnEvent", "struct Thing $Cat.event $Cat.http(\"GET /v1/things\") { a @0 :Text; }", "Thing is no command or query"},
        Refusal{"LateOptionalDayWithoutAbsentDefault", "struct Thing { a @0 :Int32 $Cat.day $Cat.optional $Cat.since(2); }",
                "Thing.a is $optional: its default must be the absent value"}),
    [](const testing::TestParamInfo<Refusal>& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace bridgework::messages
