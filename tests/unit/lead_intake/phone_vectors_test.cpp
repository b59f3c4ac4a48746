// Every example number of the public metadata, and 26 ways to write a number, against what libphonenumber says of them.

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>
#include <boost/json.hpp>

#include "lead_intake/contact.hpp"

namespace bridgework::lead_intake {
namespace {

namespace json = boost::json;

const std::filesystem::path kVectors = std::filesystem::path(BRIDGEWORK_TEST_DATA) / "phone-vectors";

json::array read(const char* name) {
  std::ifstream file(kVectors / name);
  return json::parse(std::string(std::istreambuf_iterator<char>(file), {})).as_array();
}
std::string text(const json::object& object, const char* name) {
  const json::value* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

TEST(LeadIntakePhoneVectors, EveryExampleNumberComesOutAsItsE164) {
  if (!std::filesystem::exists(kVectors))
    GTEST_SKIP() << "the phone vectors are not at " << kVectors << "; they are no part of this project";
  const json::array numbers = read("example_numbers.json");
  EXPECT_EQ(numbers.size(), 918u);
  for (const json::value& value : numbers) {
    const json::object& number = value.as_object();
    const std::string region = text(number, "region");
    EXPECT_EQ(normalise_phone(text(number, "national"), region), text(number, "e164")) << region << " " << text(number, "type");
    EXPECT_EQ(normalise_phone(text(number, "international"), "US"), text(number, "e164")) << region << " " << text(number, "type");
    EXPECT_EQ(normalise_phone(text(number, "e164"), region), text(number, "e164")) << region << " " << text(number, "type");
  }
}

TEST(LeadIntakePhoneVectors, WhatIsPossibleHasANumberAndNothingElseHas) {
  if (!std::filesystem::exists(kVectors))
    GTEST_SKIP() << "the phone vectors are not at " << kVectors << "; they are no part of this project";
  const json::array cases = read("parse_cases.json");
  EXPECT_EQ(cases.size(), 26u);
  for (const json::value& value : cases) {
    const json::object& one = value.as_object();
    const json::value* possible = one.if_contains("possible");
    const bool is_possible = possible != nullptr && possible->as_bool();
    const std::string region = text(one, "region");
    EXPECT_EQ(normalise_phone(text(one, "input"), region.empty() ? "ZZ" : region), is_possible ? text(one, "e164") : "")
        << text(one, "input");
  }
}

}  // namespace
}  // namespace bridgework::lead_intake
