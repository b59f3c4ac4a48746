// What people text, and what they mean.

#include <gtest/gtest.h>

#include "outreach/inbound.hpp"

namespace bridgework::outreach {
namespace {

void expect_all(InboundMeaning meaning, std::initializer_list<std::string_view> texts) {
  for (const auto text : texts) EXPECT_EQ(to_string(meaning_of(text)), to_string(meaning)) << text;
}

TEST(InboundMeaning, StopIsEveryWordOfTheRule) {
  expect_all(InboundMeaning::kStop, {"stop", "STOP", "Stop.", " stop ", "STOP!!!", "end", "quit", "cancel", "revoke", "opt out", "opt-out",
                                     "OptOut", "unsubscribe", "stopall", "STOP ALL", "\"stop\""});
}

TEST(InboundMeaning, StopIsAlsoSaidInPlainWords) {
  expect_all(InboundMeaning::kStop,
             {"stop texting me", "Please stop texting me, wrong number", "please don't text", "Please don\xE2\x80\x99t text me again",
              "do not contact me", "DON'T MESSAGE ME", "no more texts", "take me off your list", "leave me alone", "please stop",
              "stop please", "No, stop", "stop now", "I want to opt out", "remove me from this", "stop sending me these", "unsubscribe me",
              "stop it", "stop stop"});
}

TEST(InboundMeaning, StopIsUnderstoodInTheLanguagesWeWriteIn) {
  expect_all(InboundMeaning::kStop, {"stopp", "abmelden", "baja", "parar", "sair", "cancelar"});
}

TEST(InboundMeaning, BareCancelIsAnOptOut) { expect_all(InboundMeaning::kStop, {"CANCEL", "cancel.", "Cancel please"}); }

TEST(InboundMeaning, CancellingAVisitIsForAHumanBeing) {
  expect_all(InboundMeaning::kUnclear, {"cancel my appointment", "I need to cancel tomorrow", "can we cancel the visit on friday?"});
}

TEST(InboundMeaning, StopWithinAnotherThoughtIsNotAnOptOut) {
  expect_all(InboundMeaning::kUnclear, {"I will stop by tomorrow", "the pain does not stop", "bus stop is closed", "nonstop texting",
                                        "don't stop", "weekend works for me", "I can't attend"});
}

TEST(InboundMeaning, StartAndUnstopAreTheOnlyOptIn) {
  expect_all(InboundMeaning::kStart, {"start", "START", "unstop", "Unstop!"});
  expect_all(InboundMeaning::kYes, {"yes", "YES", "Y", "yes please", "ok", "Confirm", "ja", "s\xC3\xAD", "sim"});
}

TEST(InboundMeaning, NoIsAnAnswer) { expect_all(InboundMeaning::kNo, {"no", "No.", "NOPE", "no thanks", "nein", "can't"}); }
TEST(InboundMeaning, HelpIsARequest) { expect_all(InboundMeaning::kHelp, {"help", "INFO", "Help?", "ayuda"}); }
TEST(InboundMeaning, IsUnclearOtherwise) {
  expect_all(InboundMeaning::kUnclear, {"", "   ", "?!", "who is this", "yes but later", "\xFF\xFE"});
}

TEST(E164, IsAPlusAndEightToFifteenDigits) {
  for (const auto good : {"+12125550100", "+4930123456", "+12345678", "+123456789012345"}) EXPECT_TRUE(is_e164(good)) << good;
  for (const auto bad :
       {"", "+", "12125550100", "+1234567", "+1234567890123456", "+1212555010a", "+01234567", "+1 212 555 0100", "++12125550100"}) {
    EXPECT_FALSE(is_e164(bad)) << bad;
  }
}

}  // namespace
}  // namespace bridgework::outreach
