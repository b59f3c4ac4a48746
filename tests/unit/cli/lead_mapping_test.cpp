#include <chrono>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scripts/cli/mapping.hpp"

namespace bridgework::cli {
namespace {

using ::testing::HasSubstr;

const std::string kMapping = R"(
source = "old-system"
zone = "America/Chicago"
[columns]
site = "Office"
received_at = "Created"
source = "Source"
given_name = "First"
family_name = "Last"
phone = "Phone"
email = "Email"
campaign = "Campaign"
[sources]
"Google Ads" = "search_ad"
FB = "social"
[campaigns]
"Spring 2025" = "c-spring"
)";
const std::vector<std::string> kHeader = {"Office", "Created", "Source", "First", "Last", "Phone", "Email", "Campaign"};

LeadReader reader() {
  auto mapping = parse_lead_mapping(kMapping);
  EXPECT_TRUE(mapping) << mapping.error();
  auto fitted = LeadReader::fit(std::move(*mapping), kHeader, Instant(std::chrono::sys_days(std::chrono::year(2026) / 1 / 1)));
  EXPECT_TRUE(fitted) << fitted.error();
  return std::move(*fitted);
}
/// A good row, with one field replaced.
std::vector<std::string> row(std::size_t at = 99, std::string text = {}) {
  std::vector<std::string> fields{"Main", "2025-06-01 09:30", "FB", "Ana", "Lopez", "(202) 555-0143", "", ""};
  if (at < fields.size()) fields[at] = std::move(text);
  return fields;
}

TEST(CliLeadMapping, ReadsARow) {
  const LeadReader leads = reader();
  auto fields = row(7, "SPRING 2025");
  const auto lead = leads.read(fields);
  ASSERT_TRUE(lead) << lead.error().reason;
  EXPECT_EQ(lead->site, "Main");
  EXPECT_EQ(lead->lead_source, "social");
  EXPECT_EQ(lead->campaign, "c-spring");
  EXPECT_EQ(written(lead->received_at), "2025-06-01T14:30:00Z") << "as the clocks of the site showed it";
  EXPECT_EQ(lead->person, "2025550143|ana lopez");
}

TEST(CliLeadMapping, OneWordInManySpellingsIsOneSource) {
  const LeadReader leads = reader();
  for (const char* word : {"Google Ads", "google ads", " GOOGLE_ADS ", "google-ads", "search ad", "Search_Ad"}) {
    const auto fields = row(2, word);
    const auto lead = leads.read(fields);
    ASSERT_TRUE(lead) << word;
    EXPECT_EQ(lead->lead_source, "search_ad") << word;
  }
}

TEST(CliLeadMapping, OnePhoneInManySpellingsIsOnePersonOfThatName) {
  const LeadReader leads = reader();
  for (const char* phone : {"(202) 555-0143", "+1 202 555 0143", "1-202-555-0143", "202.555.0143"}) {
    const auto fields = row(5, phone);
    EXPECT_EQ(leads.read(fields)->person, "2025550143|ana lopez") << phone;
  }
  const auto child = row(3, "Bob");
  EXPECT_EQ(leads.read(child)->person, "2025550143|bob lopez") << "a household shares a phone and is not one person";
}

TEST(CliLeadMapping, ABadRowNamesItsFieldAndItsReason) {
  const LeadReader leads = reader();
  struct Bad {
    std::size_t at;
    const char* text;
    const char* field;
    const char* reason;
  };
  for (const Bad& bad :
       {Bad{0, " ", "Office", "is empty"}, Bad{1, "soon", "Created", "is no time"}, Bad{1, "2027-01-01 09:00", "Created", "future"},
        Bad{2, "pigeon", "Source", "does not know"}, Bad{5, "12", "Phone", "fewer digits"}, Bad{5, "", "Phone", "is empty"},
        Bad{3, "\xff", "First", "UTF-8"}, Bad{7, "Summer", "Campaign", "does not know"}}) {
    const auto fields = row(bad.at, bad.text);
    const auto lead = leads.read(fields);
    ASSERT_FALSE(lead) << bad.field << " " << bad.text;
    EXPECT_EQ(lead.error().field, bad.field);
    EXPECT_THAT(lead.error().reason, HasSubstr(bad.reason));
  }
  auto nameless = row(3, "");
  nameless[4].clear();
  EXPECT_EQ(leads.read(nameless).error().field, "First");
  const std::vector<std::string> short_row{"Main", "2025-06-01 09:30"};
  EXPECT_THAT(leads.read(short_row).error().reason, HasSubstr("has 2 fields where the header has 8"));
}

TEST(CliLeadMapping, AMappingThatCannotWorkIsRefused) {
  const auto without = [](std::string text, const std::string& part, const std::string& instead) {
    text.replace(text.find(part), part.size(), instead);
    return parse_lead_mapping(text).error();
  };
  EXPECT_THAT(without(kMapping, "zone = \"America/Chicago\"", ""), HasSubstr("zone is missing"));
  EXPECT_THAT(without(kMapping, "America/Chicago", "Mars/Olympus"), HasSubstr("no IANA time zone"));
  EXPECT_THAT(without(kMapping, "\"social\"", "\"pigeon\""), HasSubstr("must be one of"));
  EXPECT_THAT(without(kMapping, "phone = \"Phone\"\nemail = \"Email\"\n", ""), HasSubstr("columns.phone or columns.email"));
  EXPECT_THAT(without(kMapping, "[sources]", "colour = 1\n[sources]"), HasSubstr("not known"));
}

}  // namespace
}  // namespace bridgework::cli
