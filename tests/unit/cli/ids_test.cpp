#include "scripts/cli/ids.hpp"

#include <gtest/gtest.h>

namespace bridgework::cli {
namespace {

// BLAKE2b-128 of "noshow\n42", from an independent implementation (Python's hashlib), in base32.
TEST(ImportedName, IsTheSameForEver) { EXPECT_EQ(imported_name("noshow", "42"), "tyipyamtgpi2k3uw"); }

TEST(ImportedName, DependsOnTheSourceAndTheId) {
  EXPECT_NE(imported_name("a", "42"), imported_name("b", "42"));
  EXPECT_NE(imported_name("a", "42"), imported_name("a", "43"));
}

TEST(ContentName, IsTheSameForEver) { EXPECT_EQ(content_name("abc"), "xxoycpddii4xemlr54765gcxtokjmtr3"); }

TEST(Slug, FoldsAccentsAndCase) {
  EXPECT_EQ(slug("SANTO ANTÔNIO"), "santo-antonio");
  EXPECT_EQ(slug("São João del-Rei (Centro)"), "sao-joao-del-rei-centro");
  EXPECT_EQ(slug("Łódź 2"), "lodz-2");
}

TEST(Slug, IsNeverEmptyNorEndsInADash) {
  EXPECT_EQ(slug(""), "site");
  EXPECT_EQ(slug("東京"), "site");
  EXPECT_EQ(slug("--a--"), "a");
  EXPECT_EQ(slug(std::string(39, 'a') + " b"), std::string(39, 'a'));
  EXPECT_EQ(slug(std::string(90, 'a')).size(), 40u);
  EXPECT_EQ(slug("\xc3"), "site");
}

TEST(SiteIds, GivesNamesWithOneSlugDifferentIdsInTheOrderOfTheirComing) {
  SiteIds ids;
  EXPECT_EQ(ids.id_of("Main Street"), "main-street");
  EXPECT_EQ(ids.id_of("MAIN-STREET"), "main-street-2");
  EXPECT_EQ(ids.id_of("main street!"), "main-street-3");
  EXPECT_EQ(ids.id_of("MAIN-STREET"), "main-street-2");
}

TEST(SiteIds, KeepsTheIdOfASiteThatExists) {
  SiteIds ids;
  ids.known("Main Street", "ms1");
  ids.known("Somewhere else", "main-street");
  EXPECT_EQ(ids.id_of("Main Street"), "ms1");
  EXPECT_EQ(ids.id_of("Main street"), "main-street-2");
  EXPECT_TRUE(ids.has("Main Street"));
  EXPECT_FALSE(ids.has("Elm Street"));
}

}  // namespace
}  // namespace bridgework::cli
