#include <gtest/gtest.h>

#include "lead_intake/contact.hpp"
#include "tests/unit/lead_intake/desk.hpp"

namespace bridgework::lead_intake {
namespace {

TEST(LeadIntakeContact, PhonesAreWrittenAsE164) {
  struct Case {
    const char* raw;
    const char* region;
    const char* e164;
  };
  // numbers reserved for fiction and documentation
  for (const Case& c : {Case{"(202) 555-0143", "US", "+12025550143"}, Case{"202.555.0143", "US", "+12025550143"},
                        Case{"1-202-555-0143", "US", "+12025550143"}, Case{"+1 202 555 0143 ext. 5", "US", "+12025550143"},
                        Case{" tel:+1-202-555-0143", "US", "+12025550143"}, Case{"+1 (202) 555-0143", "GB", "+12025550143"},
                        Case{"020 7946 0958", "GB", "+442079460958"}, Case{"00 44 20 7946 0958", "GB", "+442079460958"},
                        Case{"0491 570 156", "AU", "+61491570156"}, Case{"１-２０２-５５５-０１４３", "US", "+12025550143"}}) {
    EXPECT_EQ(normalise_phone(c.raw, c.region), c.e164) << c.raw;
  }
}

TEST(LeadIntakeContact, WhatIsNoPhoneHasNoNumber) {
  for (const char* raw : {"", "+", "abc", "911", "12345", "+1202555014399999", "call me", "020 7946 0958 000 111 222"})
    EXPECT_EQ(normalise_phone(raw, "US"), "") << raw;
  EXPECT_EQ(normalise_phone("202 555 0143", "XX"), "") << "a region that does not exist";
}

TEST(LeadIntakeContact, EmailsAreTrimmedAndInLowerCase) {
  EXPECT_EQ(normalise_email("  Ana.Maria+Dental@Example.ORG \n"), "ana.maria+dental@example.org");
  EXPECT_EQ(normalise_email("o'hara@mail.example.co.uk"), "o'hara@mail.example.co.uk");
}

TEST(LeadIntakeContact, WhatCannotBeDeliveredHasNoAddress) {
  for (const char* raw :
       {"", "ana", "ana@", "@example.org", "ana@example", "ana@@example.org", "ana@exa mple.org", "a na@example.org", "ana@example..org",
        ".ana@example.org", "ana.@example.org", "a..na@example.org", "ana@-example.org", "ana@example.org.", "jos\xC3\xA9@example.org",
        "ana@example.org\r\nBcc: all@example.org", "<ana@example.org>", "ana@example.org, bob@example.org"})
    EXPECT_EQ(normalise_email(raw), "") << raw;
  EXPECT_EQ(normalise_email(std::string(65, 'a') + "@example.org"), "");
  EXPECT_EQ(normalise_email("a@" + std::string(64, 'b') + ".org"), "");
}

TEST(LeadIntakeContact, RawIsKeptAsItWasGiven) {
  const auto points = normalised({phone("(202) 555-0143"), phone("ask my daughter"), email("Ana@Example.org")}, "US");
  ASSERT_EQ(points.size(), 3u);
  EXPECT_EQ(points[0].value.reveal(), "+12025550143");
  EXPECT_EQ(points[0].raw.reveal(), "(202) 555-0143");
  EXPECT_EQ(points[1].value.reveal(), "");
  EXPECT_EQ(points[1].raw.reveal(), "ask my daughter");
  EXPECT_EQ(points[2].value.reveal(), "ana@example.org");
  EXPECT_EQ(normalised(points, "US"), points) << "doing it twice changes nothing";
}

TEST(LeadIntakeContact, OnlyRawGivenIsNormalisedToo) {
  const auto points = normalised({{.kind = ContactKind::kPhone, .value = {}, .raw = Phi<std::string>("202 555 0143")}}, "US");
  ASSERT_EQ(points.size(), 1u);
  EXPECT_EQ(points[0].value.reveal(), "+12025550143");
}

TEST(LeadIntakeContact, SamePointTwiceAndEmptyOnesAreLeftOut) {
  const auto points = normalised(
      {phone("202 555 0143"), phone("+1 202 555 0143"), phone(" "), phone("who knows"), phone("who knows"), email("a@example.org")}, "US");
  EXPECT_EQ(points.size(), 3u);
}

}  // namespace
}  // namespace bridgework::lead_intake
