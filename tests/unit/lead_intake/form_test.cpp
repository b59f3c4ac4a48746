// The public form of a site, and leads of another system.

#include <gtest/gtest.h>

#include "runtime/lane.hpp"
#include "tests/unit/lead_intake/desk.hpp"

namespace bridgework::lead_intake {
namespace {

using std::chrono::hours;

class Form : public Desk {
 public:
  Form() {
    issue("main.f-1");
    forget_events();
  }
  const Outcome& issue(const char* key, std::uint16_t overlap_hours = 24) {
    return handle(messages::IssueFormKey{.site = SiteId("main"), .form_key = FormKeyId(key), .overlap_hours = overlap_hours});
  }
  const Outcome& submit(const char* key = "main.f-1", const char* honeypot = "", messages::SubmitWebForm form = {}) {
    const std::string person = "p-" + std::to_string(++submitted_);
    form.form_key = FormKeyId(key);
    form.person = PersonId(person);
    form.enquiry = EnquiryId(person + ".e-1");
    form.given_name = Phi<std::string>("Ana");
    form.phone = Phi<std::string>("(202) 555-0143");
    form.honeypot = Phi<std::string>(honeypot);
    return handle(std::move(form));
  }
  const Outcome& set(bool enabled, std::uint32_t cap) {
    return handle(messages::SetWebForm{.site = SiteId("main"), .enabled = enabled, .daily_cap = cap});
  }
  messages::WebFormView form() const { return get<messages::WebFormView>(messages::GetWebForm{.site = SiteId("main")}); }

 private:
  int submitted_ = 0;
};

TEST(LeadIntakeForm, MakesAnEnquiryWithItsCampaign) {
  Form desk;
  messages::SubmitWebForm filled;
  filled.campaign = CampaignId("c-1");
  filled.text = Phi<std::string>("It hurts");
  EXPECT_TRUE(desk.submit("main.f-1", "", filled).accepted());
  const auto lead = desk.lead("p-1.e-1");
  EXPECT_EQ(lead.site, SiteId("main"));
  EXPECT_EQ(lead.campaign, CampaignId("c-1"));
  EXPECT_EQ(lead.source, messages::LeadSource::kRadio) << "the campaign's";
  EXPECT_EQ(lead.profile.contact_points.front().value.reveal(), "+12025550143");
  EXPECT_EQ(lead.text.reveal(), "It hurts");
  EXPECT_EQ(desk.form().counted_today, 1u);
}

TEST(LeadIntakeForm, AnUnknownCampaignIsNoReasonToLoseSomebody) {
  Form desk;
  messages::SubmitWebForm filled;
  filled.campaign = CampaignId("c-99");
  desk.submit("main.f-1", "", filled);
  EXPECT_EQ(desk.lead("p-1.e-1").campaign, CampaignId());
}

TEST(LeadIntakeForm, WhatFillsTheFieldNobodySeesIsCountedAndMakesNothing) {
  Form desk;
  EXPECT_TRUE(desk.submit("main.f-1", "http://spam.example").accepted());
  EXPECT_EQ(desk.count<messages::EnquiryReceived>(), 0u);
  EXPECT_EQ(desk.form().counted_today, 1u);
  EXPECT_EQ(desk.form().machines_today, 1u);
}

TEST(LeadIntakeForm, TheCapOfTheDayIsTheSitesAndMachinesCountToo) {
  Form desk;
  desk.set(true, 2);
  desk.submit();
  desk.submit("main.f-1", "spam");
  EXPECT_EQ(desk.submit().refusal(), No::kFormClosed);
  EXPECT_EQ(desk.count<messages::EnquiryReceived>(), 1u);
  desk.advance_to(utc(2026, 1, 6, 5, 59));
  EXPECT_EQ(desk.submit().refusal(), No::kFormClosed) << "still the 5th in Chicago";
  desk.advance_to(utc(2026, 1, 6, 6));
  EXPECT_TRUE(desk.submit().accepted());
  EXPECT_EQ(desk.form().counted_today, 1u);
}

TEST(LeadIntakeForm, TheKillSwitchWorksAtOnceAndBothWays) {
  Form desk;
  desk.set(false, 200);
  EXPECT_FALSE(desk.last_event<messages::WebFormChanged>()->enabled);
  EXPECT_EQ(desk.submit().refusal(), No::kFormClosed);
  desk.set(true, 200);
  EXPECT_TRUE(desk.submit().accepted());
}

TEST(LeadIntakeForm, OldAndNewKeysAreValidForAWhile) {
  Form desk;
  desk.issue("main.f-2", 24);
  EXPECT_EQ(desk.last_event<messages::WebFormChanged>()->keys, 2u);
  EXPECT_TRUE(desk.submit("main.f-1").accepted());
  EXPECT_TRUE(desk.submit("main.f-2").accepted());
  desk.advance(hours(24));
  EXPECT_EQ(desk.submit("main.f-1").refusal(), No::kUnknownFormKey);
  EXPECT_TRUE(desk.submit("main.f-2").accepted());
  desk.issue("main.f-3", 0);
  EXPECT_EQ(desk.submit("main.f-2").refusal(), No::kUnknownFormKey) << "no overlap asked for";
}

TEST(LeadIntakeForm, AKeyIsDisabledAtOnce) {
  Form desk;
  desk.issue("main.f-2");
  desk.handle(messages::DisableFormKey{.form_key = FormKeyId("main.f-1")});
  EXPECT_EQ(desk.submit("main.f-1").refusal(), No::kUnknownFormKey);
  EXPECT_TRUE(desk.submit("main.f-2").accepted());
  EXPECT_EQ(desk.form().keys.size(), 1u);
}

TEST(LeadIntakeForm, RefusalsNameTheRule) {
  Form desk;
  EXPECT_EQ(desk.issue("main.f-1").refusal(), No::kAlreadyExists);
  EXPECT_EQ(desk.issue("north.f-1").refusal(), No::kInvalidId);
  EXPECT_EQ(desk.issue("main.").refusal(), No::kInvalidId);
  EXPECT_EQ(desk.submit("main.f-9").refusal(), No::kUnknownFormKey);
  EXPECT_EQ(desk.submit("nowhere.f-1").refusal(), No::kUnknownFormKey);
  EXPECT_EQ(desk.handle(messages::DisableFormKey{.form_key = FormKeyId("main.f-9")}).refusal(), No::kUnknownFormKey);
  EXPECT_EQ(
      desk.handle(messages::SubmitWebForm{.form_key = FormKeyId("main.f-1"), .person = PersonId("p-1"), .enquiry = EnquiryId("p-2.e")})
          .refusal(),
      No::kInvalidId);
  for (int i = 2; i <= 16; ++i) EXPECT_TRUE(desk.issue(("main.f-" + std::to_string(i)).c_str()).accepted());
  EXPECT_EQ(desk.issue("main.f-17").refusal(), No::kTooMany);
}

// ---- leads of another system

messages::ImportedLead lead(const std::string& person, const std::string& number, messages::LeadSource source) {
  return {.person = PersonId(person),
          .enquiry = EnquiryId(person + ".e-" + number),
          .site = SiteId("main"),
          .campaign = CampaignId("c-1"),
          .source = source,
          .received_at = utc(2025, 6, 1),
          .profile = profile({phone("202 555 0143")})};
}

TEST(LeadIntakeImportedLead, CountsWhereItCameFromAndContactsNobody) {
  Desk desk;
  const auto& outcome = desk.handle(messages::ImportLeads{
      .key = "p-1", .leads = {lead("p-1", "1", messages::LeadSource::kTv), lead("p-1", "2", messages::LeadSource::kWeb)}});
  EXPECT_EQ(outcome.reply<messages::ImportDone>().imported, 2u);
  ASSERT_EQ(desk.count<messages::EnquiryImported>(), 2u);
  EXPECT_EQ(desk.count<messages::PersonRegistered>(), 1u);
  EXPECT_EQ(desk.count<messages::EnquiryReceived>(), 0u);
  EXPECT_EQ(desk.events<messages::EnquiryImported>()[0].source, messages::LeadSource::kTv);
  EXPECT_EQ(desk.events<messages::EnquiryImported>()[0].received_at, utc(2025, 6, 1));
  EXPECT_TRUE(desk.timers().empty()) << "no clock runs";
  EXPECT_EQ(desk.get<messages::LeadList>(messages::ListLeads{}).open, 0u) << "the desk is not flooded with the past";
  const auto person = desk.get<messages::PersonView>(messages::GetPerson{.person = PersonId("p-1")});
  EXPECT_EQ(person.enquiries.size(), 2u);
  EXPECT_EQ(person.profile.provenance, messages::Provenance::kImported);
  EXPECT_EQ(person.first_touch, CampaignId("c-1"));
}

TEST(LeadIntakeImportedLead, IsKnownTheSecondTimeAndLeavesAKnownPersonAlone) {
  Desk desk;
  desk.handle(messages::RegisterPerson{.person = PersonId("p-1"), .profile = profile({email("ana@example.org")})});
  const messages::ImportLeads import{.key = "p-1", .leads = {lead("p-1", "1", messages::LeadSource::kTv)}};
  desk.handle(import);
  EXPECT_EQ(desk.record<PersonRecord>("p-1")->profile.contact_points.size(), 1u);
  const auto before = desk.records();
  const auto& again = desk.handle(import);
  EXPECT_EQ(again.reply<messages::ImportDone>().already_known, 1u);
  EXPECT_EQ(desk.records(), before);
}

TEST(LeadIntakeImportedLead, RefusalsNameTheRule) {
  Desk desk;
  auto one = lead("p-1", "1", messages::LeadSource::kTv);
  const auto refusal = [&] { return desk.handle(messages::ImportLeads{.key = "p-1", .leads = {one}}).refusal(); };
  one.campaign = CampaignId("c-9");
  EXPECT_EQ(refusal(), No::kUnknownCampaign);
  one.campaign = {};
  one.enquiry = EnquiryId("p-2.e-1");
  EXPECT_EQ(refusal(), No::kInvalidId);
  std::string other = "p-2";
  while (runtime::lane_of(other) == runtime::lane_of("p-1")) other += "x";
  one = lead(other, "1", messages::LeadSource::kTv);
  EXPECT_EQ(refusal(), No::kLaneMismatch);
}

}  // namespace
}  // namespace bridgework::lead_intake
