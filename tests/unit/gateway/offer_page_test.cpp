// The page of a free time.

#include <gtest/gtest.h>

#include "gateway/offer_page.hpp"
#include "tests/support/decide_harness.hpp"

namespace bridgework::gateway {
namespace {

messages::OfferView offer(messages::OfferState state) {
  messages::OfferView view;
  view.site_name = "Smile & <Co>";
  view.state = state;
  view.local_start = testing::local(2026, 1, 6, 9, 5);
  view.duration_minutes = 30;
  return view;
}

bool has(const std::string& page, std::string_view words) { return page.find(words) != std::string::npos; }

TEST(GatewayOfferPage, ShowsTheTimeAndAsksYesOrNoWhileTheOfferIsOpen) {
  const std::string page = offer_page(offer(messages::OfferState::kOpen));
  EXPECT_TRUE(has(page, "Tuesday, 6 January, 09:05")) << page;
  EXPECT_TRUE(has(page, "Smile &amp; &lt;Co&gt;")) << "escaped";
  for (const char* answer : {"accept", "decline", "mute"}) EXPECT_TRUE(has(page, std::string("value=\"") + answer + "\"")) << answer;
}

TEST(GatewayOfferPage, HasNothingToAnswerOnceItIsOver) {
  for (const auto state : {messages::OfferState::kAccepted, messages::OfferState::kDeclined, messages::OfferState::kRevoked}) {
    EXPECT_FALSE(has(offer_page(offer(state)), "<form")) << to_string(state);
  }
  EXPECT_TRUE(has(offer_page(offer(messages::OfferState::kAccepted)), "It is yours"));
}

TEST(GatewayOfferPage, ALateYesFindsTheNextOpenings) {
  auto late = offer(messages::OfferState::kRevoked);
  EXPECT_FALSE(has(offer_page(late), "<li>"));
  messages::Slot slot;
  slot.local_start = testing::local(2026, 1, 7, 14, 30);
  late.alternatives = {slot};
  EXPECT_TRUE(has(offer_page(late), "<li>Wednesday, 7 January, 14:30</li>")) << offer_page(late);
}

}  // namespace
}  // namespace bridgework::gateway
