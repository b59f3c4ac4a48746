// What operators write, in their own alphabets: in quotes and comments it is theirs, anywhere else it is refused by line.

#include "runtime/toml.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/named_list.hpp"

namespace bridgework::runtime {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* kAdvice = "names and texts with anything but ASCII stand in quotes";

std::string refusal_of(std::string_view text) {
  const auto table = parse_toml(text);
  return table ? "read" : table.error();
}

TEST(Toml, TakesEveryAlphabetInQuotesAndComments) {
  const auto table = parse_toml("\xEF\xBB\xBF# Zürich, für alle\n'größe' = \"naïve\"\n[\"приём\"]\n\"пришёл\" = 'да'  # да\n");
  ASSERT_TRUE(table) << table.error();
  EXPECT_EQ((*table)["größe"].value<std::string>(), "naïve");
  EXPECT_EQ((*table)["приём"]["пришёл"].value<std::string>(), "да");
}

TEST(Toml, JoinsLinesOfATextBeforeAnyLetter) {
  const auto table = parse_toml("name = \"\"\"\\\n    étage\"\"\"\n");
  ASSERT_TRUE(table) << table.error();
  EXPECT_EQ((*table)["name"].value<std::string>(), "étage");
}

TEST(Toml, RefusesAnotherAlphabetOutsideQuotesByLineAndSaysWhatToDo) {
  for (const char* wrong : {"größe = 1", "ж = 1", "[é]", "[[é]]", "a.é = 1", "a = é", "a = naïve", "a = 1é", "a = 1\"é\"", "a = [1é]",
                            "a = trueé", "a = 2026-01-01é", "a = {é = 1}", "a = 1\u00A0", "\u00A0a = 1", "é", "完 = 1"}) {
    EXPECT_THAT(refusal_of("# Zürich\n[x]\n" + std::string(wrong) + "\n[y]\n"), AllOf(StartsWith("line 3: "), HasSubstr(kAdvice))) << wrong;
  }
}

TEST(Toml, GivesNoAdviceThatDoesNotApply) {
  EXPECT_THAT(refusal_of("# Zürich\na = = 1\n"), AllOf(StartsWith("line 2: "), Not(HasSubstr(kAdvice))));
}

TEST(Toml, NamesTheLineThatTheLibraryDoesNotBelieve) {
  EXPECT_THAT(refusal_of("[.]"), StartsWith("line 1: "));
  EXPECT_THAT(refusal_of("a = 1\n\n[.]\nb = 1\n[.]\n"), StartsWith("line 3: "));
}

TEST(Toml, RefusesBytesThatAreNoUtf8) { EXPECT_THAT(refusal_of("a = 1\nb = \"na\xefve\"\n"), StartsWith("line 2: ")); }

TEST(Toml, AListOfNamesMayBeExplainedInAnyAlphabet) {
  const auto list = parse_named_list("# Empfang Zürich\n[front_desk]\n", 10);
  ASSERT_TRUE(list) << list.error();
  EXPECT_TRUE(list->contains("front_desk"));
  const auto named = parse_named_list("[zürich]\n", 10);
  ASSERT_FALSE(named);
  EXPECT_THAT(named.error(), StartsWith("line 1: "));
  EXPECT_FALSE(parse_named_list("['zürich']\n", 10)) << "a name is ASCII, in quotes too";
}

}  // namespace
}  // namespace bridgework::runtime
