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

messages::CampaignList list(const Desk& desk, messages::ListCampaigns query = {}) {
  return desk.get<messages::CampaignList>(std::move(query));
}

TEST(LeadIntakeCampaign, ChangesAndStopsAndIsTold) {
  Desk desk;
  messages::ChangeCampaign change{.campaign = CampaignId("c-1"), .name = "Spring", .promise = "No pain", .cost_minor = 900};
  change.landing_page = "https://group.example/spring";
  change.offer = "A first visit for free";
  EXPECT_TRUE(desk.handle(change).accepted());
  EXPECT_EQ(desk.last_event<messages::CampaignChanged>()->promise, "No pain");
  EXPECT_EQ(desk.last_event<messages::CampaignChanged>()->offer, "A first visit for free");
  const auto view = desk.get<messages::CampaignView>(messages::GetCampaign{.campaign = CampaignId("c-1")});
  EXPECT_EQ(view.cost_minor, 900);
  EXPECT_EQ(view.landing_page, "https://group.example/spring");
  desk.handle(messages::StopCampaign{.campaign = CampaignId("c-1")});
  EXPECT_EQ(desk.count<messages::CampaignStopped>(), 1u);
  EXPECT_TRUE(list(desk, {.running = true}).campaigns.empty());
  EXPECT_EQ(list(desk).campaigns.size(), 1u);
  EXPECT_TRUE(desk.handle(desk.enquiry("p-1.e-1")).accepted()) << "what comes late still counts for it";
}

TEST(LeadIntakeCampaign, IsFoundByItsTrackingNumberHoweverItIsWritten) {
  Desk desk;
  desk.handle(messages::CreateCampaign{.campaign = CampaignId("c-2"), .name = "A", .tracking_number = "(202) 555-0100"});
  ASSERT_EQ(list(desk, {.tracking_number = "+12025550100"}).campaigns.size(), 1u);
  EXPECT_EQ(list(desk, {.tracking_number = "202 555 0100"}).campaigns[0].campaign, CampaignId("c-2"));
  EXPECT_EQ(list(desk, {.tracking_number = "202 555 0100"}).campaigns[0].tracking_number, "+12025550100");
  desk.handle(messages::ChangeCampaign{.campaign = CampaignId("c-2"), .name = "A", .tracking_number = "202 555 0101"});
  EXPECT_TRUE(list(desk, {.tracking_number = "202 555 0100"}).campaigns.empty());
  EXPECT_EQ(list(desk, {.tracking_number = "202 555 0101"}).campaigns.size(), 1u);
  EXPECT_EQ(desk.record<TrackingRecord>("+12025550100"), nullptr);
}

TEST(LeadIntakeCampaign, IsListedForItsSitesAndWithoutSitesForAll) {
  Desk desk;
  desk.handle(messages::CreateCampaign{.campaign = CampaignId("c-2"), .name = "A", .sites = {SiteId("north")}});
  EXPECT_EQ(list(desk, {.site = SiteId("north")}).campaigns.size(), 2u);
  EXPECT_EQ(list(desk, {.site = SiteId("main")}).campaigns.size(), 1u);
}

TEST(LeadIntakeCampaign, ATrackingNumberIsOneRunningCampaigns) {
  Desk desk;
  const messages::CreateCampaign second{.campaign = CampaignId("c-3"), .name = "B", .tracking_number = "202-555-0100"};
  desk.handle(messages::CreateCampaign{.campaign = CampaignId("c-2"), .name = "A", .tracking_number = "(202) 555-0100"});
  EXPECT_EQ(desk.handle(second).refusal(), No::kTrackingNumberTaken);
  desk.handle(messages::StopCampaign{.campaign = CampaignId("c-2")});
  EXPECT_TRUE(desk.handle(second).accepted()) << "a stopped one's is free";
  EXPECT_EQ(desk.record<TrackingRecord>("+12025550100")->campaign, CampaignId("c-3"));
}

TEST(LeadIntakeCampaign, RefusalsNameTheRule) {
  Desk desk;
  EXPECT_EQ(desk.handle(messages::ChangeCampaign{.campaign = CampaignId("c-9"), .name = "A"}).refusal(), No::kUnknownCampaign);
  EXPECT_EQ(desk.handle(messages::StopCampaign{.campaign = CampaignId("c-9")}).refusal(), No::kUnknownCampaign);
  EXPECT_EQ(desk.ask(messages::GetCampaign{.campaign = CampaignId("c-9")}).error().code, No::kUnknownCampaign);
  EXPECT_EQ(desk.handle(messages::CreateCampaign{.campaign = CampaignId("c-2"), .name = "A", .tracking_number = "call us"}).refusal(),
            No::kInvalidContact);
  desk.handle(messages::StopCampaign{.campaign = CampaignId("c-1")});
  EXPECT_EQ(desk.handle(messages::StopCampaign{.campaign = CampaignId("c-1")}).refusal(), No::kAlreadyStopped);
}

}  // namespace
}  // namespace bridgework::lead_intake
