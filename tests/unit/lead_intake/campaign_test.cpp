#include <gtest/gtest.h>

#include "tests/unit/lead_intake/desk.hpp"

namespace bridgework::lead_intake {
namespace {

TEST(LeadIntakeCampaign, StartsAndIsTold) {
  Desk desk;
  const auto& outcome = desk.handle(messages::CreateCampaign{.campaign = CampaignId("c-2"),
                                                             .name = "Autumn",
                                                             .source = messages::LeadSource::kTv,
                                                             .promise = "Open late",
                                                             .cost_minor = 50000,
                                                             .currency = "USD",
                                                             .sites = {SiteId("main")}});
  EXPECT_EQ(outcome.reply<messages::Done>().id, "c-2");
  const auto* told = desk.last_event<messages::CampaignStarted>();
  ASSERT_NE(told, nullptr);
  EXPECT_EQ(told->promise, "Open late");
  EXPECT_EQ(told->cost_minor, 50000);
  EXPECT_EQ(told->sites, std::vector{SiteId("main")});
}

TEST(LeadIntakeCampaign, IsRefusedTwiceAndWithADotInItsId) {
  Desk desk;
  EXPECT_EQ(desk.handle(messages::CreateCampaign{.campaign = CampaignId("c-1"), .name = "Again"}).refusal(), No::kAlreadyExists);
  EXPECT_EQ(desk.handle(messages::CreateCampaign{.campaign = CampaignId("c.1"), .name = "Dot"}).refusal(), No::kInvalidId);
  EXPECT_EQ(desk.handle(messages::CreateCampaign{.name = "None"}).refusal(), No::kInvalidId);
}

TEST(LeadIntakeCampaign, PromiseAndScriptAreInFrontOfWhoeverAnswers) {
  Desk desk;
  desk.handle(desk.enquiry("p-1.e-1"));
  const auto lead = desk.lead("p-1.e-1");
  EXPECT_EQ(lead.campaign_name, "Spring");
  EXPECT_EQ(lead.promise, "No waiting");
  EXPECT_EQ(lead.greeting_script, "Hello");
}

TEST(LeadIntakeCampaign, UnknownOneIsRefusedToAnEnquiryButNoneIsFine) {
  Desk desk;
  auto command = desk.enquiry("p-1.e-1");
  command.campaign = CampaignId("c-9");
  EXPECT_EQ(desk.handle(command).refusal(), No::kUnknownCampaign);
  command.campaign = CampaignId();
  EXPECT_TRUE(desk.handle(command).accepted());
  EXPECT_EQ(desk.lead("p-1.e-1").promise, "");
}

}  // namespace
}  // namespace bridgework::lead_intake
