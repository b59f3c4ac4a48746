#include <gtest/gtest.h>

#include <string>

#include "gateway/web_form.hpp"

namespace bridgework::gateway {
namespace {

namespace json = boost::json;

const StructForm& form() {
  static const Forms kForms;
  return *kForms.find("SubmitWebForm");
}
std::string field(const json::object& object, const char* name) {
  const json::value* value = object.if_contains(name);
  return value == nullptr ? std::string() : std::string(value->as_string());
}

TEST(GatewayWebForm, ReadsAFormByTheNamesPagesUse) {
  const auto read =
      read_web_form("main.f-1", "first_name=Ana&last_name=Lopez&phone=202+555+0143&message=It+hurts&campaign=c-1&other=x", form());
  EXPECT_EQ(field(read, "form_key"), "main.f-1");
  EXPECT_EQ(field(read, "given_name"), "Ana");
  EXPECT_EQ(field(read, "family_name"), "Lopez");
  EXPECT_EQ(field(read, "phone"), "202 555 0143");
  EXPECT_EQ(field(read, "text"), "It hurts");
  EXPECT_EQ(field(read, "campaign"), "c-1");
  EXPECT_FALSE(read.contains("other"));
  EXPECT_FALSE(read.contains("honeypot"));
}

TEST(GatewayWebForm, ReadsJsonToo) {
  const auto read = read_web_form("main.f-1", R"( {"given_name":"José","phone":5,"website":"x"})", form());
  EXPECT_EQ(field(read, "given_name"), "José");
  EXPECT_FALSE(read.contains("phone")) << "no text";
  EXPECT_EQ(field(read, "honeypot"), "x");
}

TEST(GatewayWebForm, AKeyThatCannotBeOneIsNobodys) {
  for (const std::string& key :
       {std::string("a b.c"), std::string("main"), std::string(), std::string(200, 'a') + ".b", std::string("\xff.x")})
    EXPECT_EQ(field(read_web_form(key, "phone=1", form()), "form_key"), "none.f-none") << key;
}

TEST(GatewayWebForm, WhatCannotBeReadOrIsMuchTooLongIsAMachines) {
  for (const std::string& body : {std::string("%zz"), std::string("{\"a\":"), std::string("{\"a\":\"1\",\"a\":\"2\"}"),
                                  std::string("a=%ff"), "text=" + std::string(kFormBytesMax, 'a')})
    EXPECT_EQ(field(read_web_form("main.f-1", body, form()), "honeypot"), "unreadable") << body.substr(0, 20);
}

TEST(GatewayWebForm, TextThatIsTooLongIsCutBetweenCharacters) {
  const auto read = read_web_form("main.f-1", "given_name=" + std::string(255, 'a') + "%C3%A9&phone=1&campaign=a%20b", form());
  EXPECT_EQ(field(read, "given_name"), std::string(255, 'a'));
  EXPECT_FALSE(read.contains("campaign")) << "no id, so no reason to refuse the rest";
}

}  // namespace
}  // namespace bridgework::gateway
