// Calls as the telephone knows them, the agents of a site, the group desk, and the one question of whoever picks up the phone.

#include <gtest/gtest.h>

#include "tests/unit/lead_intake/desk.hpp"

namespace bridgework::lead_intake {
namespace {

using messages::CallOutcome;
using std::chrono::hours;
using std::chrono::minutes;

constexpr const char* kNumber = "+12025550143";
constexpr const char* kDialled = "+12025550100";

/// A desk whose campaign has the number kDialled.
class Switchboard : public Desk {
 public:
  Switchboard() {
    handle(messages::CreateCampaign{.campaign = CampaignId("c-2"),
                                    .name = "Tube",
                                    .source = messages::LeadSource::kTv,
                                    .promise = "Open late",
                                    .greeting_script = "Good evening",
                                    .tracking_number = "(202) 555-0100"});
    forget_events();
  }
  const Outcome& rings(CallOutcome outcome, const std::string& person, const std::string& dialled = kDialled,
                       const std::string& number = kNumber) {
    return handle(messages::ReceiveCall{.caller = Phi<std::string>(number),
                                        .person = PersonId(person),
                                        .enquiry = EnquiryId(person + ".e" + person.substr(1)),
                                        .site = SiteId("main"),
                                        .dialled = dialled,
                                        .outcome = outcome,
                                        .by = "desk-1"});
  }
  const Outcome& agent(const char* name, std::uint16_t capacity) {
    return handle(messages::DefineAgent{.site = SiteId("main"), .agent = name, .capacity = capacity});
  }
  std::vector<std::string> assigned() const {
    std::vector<std::string> agents;
    for (const auto& told : events<messages::LeadAssigned>()) agents.push_back(told.enquiry.text() + " " + told.agent);
    return agents;
  }
  std::vector<EnquiryId> waiting(messages::ListLeads query = {}) const {
    std::vector<EnquiryId> found;
    for (const auto& lead : get<messages::LeadList>(std::move(query)).leads) found.push_back(lead.enquiry);
    return found;
  }
};

TEST(LeadIntakeCallIn, ATrackingNumberNamesItsCampaignAndItsSource) {
  Switchboard desk;
  EXPECT_EQ(desk.rings(CallOutcome::kNotBooked, "p-1").reply<messages::CallTaken>().campaign, CampaignId("c-2"));
  const auto lead = desk.lead("p-1.e-1");
  EXPECT_EQ(lead.campaign, CampaignId("c-2"));
  EXPECT_EQ(lead.source, messages::LeadSource::kTv);
  EXPECT_EQ(lead.channel, messages::EnquiryChannel::kPhoneCall);
  EXPECT_EQ(lead.state, LeadState::kContacted);
  EXPECT_EQ(lead.promise, "Open late");
  EXPECT_EQ(lead.profile.contact_points.front().value.reveal(), kNumber);
  EXPECT_EQ(desk.last_event<messages::CallRecorded>()->campaign, CampaignId("c-2"));
}

TEST(LeadIntakeCallIn, AnUnknownNumberIsACallAllTheSame) {
  Switchboard desk;
  desk.rings(CallOutcome::kNotBooked, "p-1", "+12025550199");
  EXPECT_EQ(desk.lead("p-1.e-1").campaign, CampaignId());
  EXPECT_EQ(desk.lead("p-1.e-1").source, messages::LeadSource::kPhone);
}

TEST(LeadIntakeCallIn, WhoeverCallsAgainIsTheSamePersonAndTheSameEnquiry) {
  Switchboard desk;
  desk.rings(CallOutcome::kVoicemail, "p-1");
  EXPECT_EQ(desk.rings(CallOutcome::kNotBooked, "p-2").reply<messages::CallTaken>().person, PersonId("p-1"));
  EXPECT_EQ(desk.count<messages::PersonRegistered>(), 1u);
  EXPECT_EQ(desk.count<messages::EnquiryReceived>(), 1u);
  EXPECT_EQ(desk.count<messages::CallRecorded>(), 2u);
  desk.rings(CallOutcome::kNotBooked, "p-3", "");
  EXPECT_EQ(desk.count<messages::EnquiryReceived>(), 2u) << "about something else";
}

TEST(LeadIntakeCallIn, StaffMaySayWhoItIs) {
  Switchboard desk;
  desk.handle(messages::RegisterPerson{.person = PersonId("p-9"), .profile = profile()});
  desk.handle(messages::ReceiveCall{.caller = Phi<std::string>(kNumber),
                                    .person = PersonId("p-1"),
                                    .enquiry = EnquiryId("p-1.e-1"),
                                    .known_person = PersonId("p-9"),
                                    .site = SiteId("main"),
                                    .outcome = CallOutcome::kNotBooked});
  EXPECT_EQ(desk.record<PersonRecord>("p-1"), nullptr);
  EXPECT_EQ(desk.lead("p-9.e-1").state, LeadState::kContacted);
}

TEST(LeadIntakeCallIn, RefusalsNameTheRule) {
  Switchboard desk;
  for (const char* number : {"(202) 555-0143", "", "anonymous", "911"})
    EXPECT_EQ(desk.rings(CallOutcome::kMissed, "p-1", kDialled, number).refusal(), No::kInvalidContact) << number;
  EXPECT_EQ(desk.rings(CallOutcome::kMissed, "p-1.x").refusal(), No::kInvalidId);
}

TEST(LeadIntakeTextBack, IsAskedForOncePerCallerAndDayOfTheSite) {
  Switchboard desk;
  EXPECT_TRUE(desk.rings(CallOutcome::kMissed, "p-1").reply<messages::CallTaken>().text_back);
  EXPECT_FALSE(desk.rings(CallOutcome::kMissed, "p-2").reply<messages::CallTaken>().text_back);
  EXPECT_FALSE(desk.rings(CallOutcome::kAbandoned, "p-3", "").reply<messages::CallTaken>().text_back) << "whatever was dialled";
  ASSERT_EQ(desk.count<messages::CallMissed>(), 1u);
  EXPECT_EQ(desk.last_event<messages::CallMissed>()->day, testing::day(2026, 1, 5));
  EXPECT_EQ(desk.last_event<messages::CallMissed>()->useful_until, utc(2026, 1, 6, 6)) << "midnight in Chicago";
  desk.advance_to(utc(2026, 1, 6, 5, 59));
  EXPECT_FALSE(desk.rings(CallOutcome::kMissed, "p-4").reply<messages::CallTaken>().text_back) << "the 6th in UTC, the 5th at the site";
  desk.advance_to(utc(2026, 1, 6, 6));
  EXPECT_TRUE(desk.rings(CallOutcome::kAbandoned, "p-5").reply<messages::CallTaken>().text_back);
  EXPECT_TRUE(desk.rings(CallOutcome::kMissed, "p-6", kDialled, "+12025550144").reply<messages::CallTaken>().text_back) << "another caller";
}

TEST(LeadIntakeTextBack, IsAskedForBehindWhatSaysWhoTheCallerIs) {
  Switchboard desk;
  desk.rings(CallOutcome::kMissed, "p-1");
  std::vector<std::string> told;
  for (const auto& event : desk.all_events()) {
    if (std::holds_alternative<messages::PersonRegistered>(event)) told.emplace_back("registered");
    if (std::holds_alternative<messages::EnquiryReceived>(event)) told.emplace_back("enquiry");
    if (std::holds_alternative<messages::CallMissed>(event)) told.emplace_back("missed");
  }
  EXPECT_EQ(told, (std::vector<std::string>{"registered", "enquiry", "missed"})) << desk.timeline();
  EXPECT_EQ(desk.last_event<messages::CallMissed>()->person, desk.last_event<messages::PersonRegistered>()->person);
  desk.forget_events();
  desk.advance_to(utc(2026, 1, 6, 12));
  desk.rings(CallOutcome::kMissed, "p-2");
  EXPECT_EQ(desk.count<messages::CallMissed>(), 1u) << "about the enquiry that is open, too";
}

TEST(LeadIntakeTextBack, IsOneEvenBetweenSitesThatAreADayApart) {
  Switchboard desk;
  desk.handle(messages::SiteDefined{.site = SiteId("east"), .name = "East", .zone = "Pacific/Auckland"});
  const auto call = [&](const char* person, const char* site) {
    return desk
        .handle(messages::ReceiveCall{.caller = Phi<std::string>(kNumber),
                                      .person = PersonId(person),
                                      .enquiry = EnquiryId(std::string(person) + ".e-1"),
                                      .site = SiteId(site),
                                      .outcome = CallOutcome::kMissed})
        .reply<messages::CallTaken>()
        .text_back;
  };
  EXPECT_TRUE(call("p-1", "east")) << "the 6th there";
  EXPECT_FALSE(call("p-2", "main")) << "the 5th here";
  EXPECT_FALSE(call("p-3", "east"));
}

TEST(LeadIntakeTextBack, IsNoAnswerToWhoeverSpokeOrLeftAMessage) {
  Switchboard desk;
  for (const CallOutcome outcome : {CallOutcome::kBooked, CallOutcome::kNotBooked, CallOutcome::kNotConnected, CallOutcome::kVoicemail})
    EXPECT_FALSE(desk.rings(outcome, "p-1").reply<messages::CallTaken>().text_back);
  EXPECT_EQ(desk.count<messages::CallMissed>(), 0u);
}

TEST(LeadIntakeTextBack, ThatHasLeftAcknowledgesTheEnquiry) {
  Switchboard desk;
  desk.rings(CallOutcome::kMissed, "p-1");
  EXPECT_EQ(desk.state_of("p-1.e-1"), LeadState::kFresh);
  desk.sent("p-1.e-1", "missed_call");
  EXPECT_EQ(desk.state_of("p-1.e-1"), LeadState::kAcknowledged);
}

TEST(LeadIntakeCall, NamesTheCampaignOfTheNumberThatWasDialled) {
  Switchboard desk;
  auto command = desk.enquiry("p-1.e-1");
  command.campaign = {};
  desk.handle(command);
  desk.handle(messages::RecordCall{.enquiry = EnquiryId("p-1.e-1"), .outcome = CallOutcome::kNotBooked, .dialled = "202-555-0100"});
  EXPECT_EQ(desk.lead("p-1.e-1").campaign, CampaignId("c-2"));
}

TEST(LeadIntakeCall, ThatEndsWithoutAVisitIsWorthAnotherOneTheMostValuableFirst) {
  Switchboard desk;
  const auto asked = [&](const std::string& enquiry, CallOutcome outcome, std::int64_t value) {
    desk.handle(messages::RecordCall{.enquiry = EnquiryId(enquiry), .outcome = outcome, .value_minor = value});
  };
  for (int i = 1; i <= 5; ++i) desk.handle(desk.enquiry("p-" + std::to_string(i) + ".e-1"));
  asked("p-1.e-1", CallOutcome::kNotBooked, 0);
  asked("p-2.e-1", CallOutcome::kNotBooked, 90'000);
  asked("p-3.e-1", CallOutcome::kVoicemail, 500'000);
  asked("p-4.e-1", CallOutcome::kNotBooked, 120'000);
  const auto worth_a_call = [&] { return desk.waiting({.site = SiteId("main"), .not_booked = true}); };
  EXPECT_EQ(worth_a_call(), (std::vector{EnquiryId("p-4.e-1"), EnquiryId("p-2.e-1"), EnquiryId("p-1.e-1")}));
  EXPECT_EQ(desk.lead("p-4.e-1").value_minor, 120'000);
  EXPECT_EQ(desk.lead("p-4.e-1").not_booked_at, desk.now());
  asked("p-2.e-1", CallOutcome::kNotBooked, 300'000);
  EXPECT_EQ(worth_a_call(), (std::vector{EnquiryId("p-2.e-1"), EnquiryId("p-4.e-1"), EnquiryId("p-1.e-1")}))
      << "the newest estimate counts";
  desk.visit_booked("p-2", "main.v-1");
  desk.close("p-4.e-1");
  EXPECT_EQ(worth_a_call(), std::vector{EnquiryId("p-1.e-1")}) << "of what is booked or lost nobody needs to call";
  EXPECT_EQ(desk.waiting({.not_booked = true}), std::vector{EnquiryId("p-1.e-1")});
}

TEST(LeadIntakeCall, TakenLiveSaysWhatItWasWorth) {
  Switchboard desk;
  desk.handle(messages::ReceiveCall{.caller = Phi<std::string>("+12025550143"),
                                    .person = PersonId("p-1"),
                                    .enquiry = EnquiryId("p-1.e-1"),
                                    .site = SiteId("main"),
                                    .outcome = CallOutcome::kNotBooked,
                                    .value_minor = 75'000});
  EXPECT_EQ(desk.lead("p-1.e-1").value_minor, 75'000);
  EXPECT_EQ(desk.waiting({.not_booked = true}), std::vector{EnquiryId("p-1.e-1")});
}

TEST(LeadIntakeAssignment, GoesRoundByCapacityAndWaitsWhenNobodyHasRoom) {
  Switchboard desk;
  desk.agent("ana", 2);
  desk.agent("bob", 1);
  for (int i = 1; i <= 5; ++i) desk.handle(desk.enquiry("p-" + std::to_string(i) + ".e-1"));
  EXPECT_EQ(desk.assigned(), (std::vector<std::string>{"p-1.e-1 ana", "p-2.e-1 bob", "p-3.e-1 ana"}));
  EXPECT_EQ(desk.lead("p-3.e-1").assigned_to, "ana");
  EXPECT_EQ(desk.lead("p-4.e-1").assigned_to, "") << "the group desk's";
  desk.close("p-2.e-1");
  EXPECT_EQ(desk.assigned().back(), "p-4.e-1 bob") << "the oldest that waits";
  desk.agent("cleo", 5);
  EXPECT_EQ(desk.assigned().back(), "p-5.e-1 cleo");
}

TEST(LeadIntakeAssignment, CapacityNoneIsNoNewLeads) {
  Switchboard desk;
  desk.agent("ana", 1);
  desk.agent("ana", 0);
  desk.handle(desk.enquiry("p-1.e-1"));
  EXPECT_TRUE(desk.assigned().empty());
  for (int i = 1; i < 32; ++i) desk.agent(("agent-" + std::to_string(i)).c_str(), 0);
  EXPECT_EQ(desk.agent("one-more", 1).refusal(), No::kTooMany);
}

TEST(LeadIntakeGroupDesk, ShowsWhatNobodyHasClaimedOldestFirst) {
  Switchboard desk;
  desk.handle(messages::SiteDefined{.site = SiteId("north"), .name = "North", .zone = "America/Chicago"});
  desk.handle(desk.enquiry("p-3.e-1"));
  desk.advance(minutes(1));
  auto north = desk.enquiry("p-2.e-1");
  north.site = SiteId("north");
  desk.handle(north);
  desk.advance(minutes(1));
  desk.handle(desk.enquiry("p-1.e-1"));
  EXPECT_EQ(desk.waiting(), (std::vector{EnquiryId("p-3.e-1"), EnquiryId("p-2.e-1"), EnquiryId("p-1.e-1")}));
  EXPECT_EQ(desk.waiting({.site = SiteId("north")}), std::vector{EnquiryId("p-2.e-1")});
  EXPECT_EQ(desk.waiting({.limit = 1}), std::vector{EnquiryId("p-3.e-1")});

  desk.claim("p-3.e-1", "ana");
  EXPECT_EQ(desk.waiting().front(), EnquiryId("p-2.e-1"));
  EXPECT_EQ(desk.get<messages::LeadList>(messages::ListLeads{}).open, 3u);
  desk.advance(minutes(15));
  EXPECT_EQ(desk.waiting().front(), EnquiryId("p-3.e-1")) << "the lease is over";

  desk.visit_booked("p-3", "main.v-1");
  desk.close("p-2.e-1");
  desk.handle(messages::NurtureLead{.enquiry = EnquiryId("p-1.e-1")});
  EXPECT_TRUE(desk.waiting().empty());
  EXPECT_EQ(desk.get<messages::LeadList>(messages::ListLeads{}).open, 0u);
}

TEST(LeadIntakeGroupDesk, CanBeNarrowedToAnAgent) {
  Switchboard desk;
  desk.agent("ana", 1);
  desk.handle(desk.enquiry("p-1.e-1"));
  desk.handle(desk.enquiry("p-2.e-1"));
  EXPECT_EQ(desk.waiting({.agent = "ana"}), std::vector{EnquiryId("p-1.e-1")});
}

TEST(LeadIntakePhone, OneQuestionAnswersEverythingOfWhoeverCalls) {
  Switchboard desk;
  desk.handle(desk.enquiry("p-1.e-1", profile({phone(kNumber)})));
  desk.visit_booked("p-1", "main.v-1");
  desk.visit_completed("p-1", "main.v-1");
  desk.handle(messages::AppointmentNoShow{.person = PersonId("p-1"), .appointment = AppointmentId("main.v-2")});
  desk.handle(messages::GapOpened{.person = PersonId("p-1"), .gap = GapId("p-1.g-1"), .kind = messages::GapKind::kUnfinished});
  desk.handle(messages::GapOpened{.person = PersonId("p-1"), .gap = GapId("p-1.g-2"), .kind = messages::GapKind::kNotKept});
  desk.handle(messages::GapChanged{
      .person = PersonId("p-1"), .gap = GapId("p-1.g-2"), .kind = messages::GapKind::kNotKept, .to = messages::Cover::kClosed});
  desk.handle(messages::RegisterPerson{.person = PersonId("p-7"), .profile = profile({email("old@example.org")})});
  desk.handle(messages::LinkPersons{.person = PersonId("p-7"), .other = PersonId("p-1")});

  const auto view = desk.get<messages::DeskView>(messages::GetDesk{.phone = Phi<std::string>("202-555-0143"), .dialled = kDialled});
  EXPECT_EQ(view.campaign.campaign, CampaignId("c-2")) << "of the number that was dialled";
  EXPECT_EQ(view.campaign.promise, "Open late");
  EXPECT_EQ(view.campaign.greeting_script, "Good evening");
  ASSERT_EQ(view.persons.size(), 2u) << "and the other record of the same human being";
  const auto& ana = view.persons[0];
  EXPECT_EQ(ana.person.person, PersonId("p-1"));
  ASSERT_EQ(ana.enquiries.size(), 1u);
  EXPECT_EQ(ana.enquiries[0].state, LeadState::kKept);
  EXPECT_EQ(ana.enquiries[0].promise, "No waiting");
  ASSERT_EQ(ana.visits.size(), 2u);
  EXPECT_EQ(ana.visits[0].state, messages::KnownVisitState::kCompleted);
  EXPECT_EQ(ana.visits[1].state, messages::KnownVisitState::kNoShow);
  ASSERT_EQ(ana.open_care.size(), 1u);
  EXPECT_EQ(ana.open_care[0].kind, "unfinished");
  EXPECT_EQ(view.persons[1].person.person, PersonId("p-7"));

  const auto by_person = desk.get<messages::DeskView>(messages::GetDesk{.person = PersonId("p-1")});
  EXPECT_EQ(by_person.campaign.campaign, CampaignId("c-1")) << "of the newest enquiry";
  EXPECT_TRUE(desk.get<messages::DeskView>(messages::GetDesk{.phone = Phi<std::string>("+12025550198")}).persons.empty());
  EXPECT_EQ(desk.ask(messages::GetDesk{.person = PersonId("p-99")}).error().code, No::kUnknownPerson);
}

TEST(LeadIntakeDesk, ShowsImportedHistoryByItsTimeAndOfManyTheNewest) {
  using std::chrono::days;
  Desk desk;
  const auto imported = [&](int day, const std::string& id, messages::ImportedOutcome outcome) {
    messages::VisitImported event{.person = PersonId("p-1"), .site = SiteId("main"), .appointment = AppointmentId(id), .outcome = outcome};
    event.visit.start = Instant{} + days(day);
    event.visit.purpose = messages::Purpose::kHygiene;
    desk.handle(event);
  };
  const auto visits = [&] { return desk.get<messages::DeskView>(messages::GetDesk{.person = PersonId("p-1")}).persons.at(0).visits; };
  desk.handle(desk.enquiry("p-1.e-1"));
  messages::AppointmentBooked booked{.person = PersonId("p-1"), .site = SiteId("main"), .appointment = AppointmentId("main.v-now")};
  booked.visit.start = Instant{} + days(500);
  desk.handle(booked);
  imported(300, "main.v-3", messages::ImportedOutcome::kNoShow);
  imported(100, "main.v-1", messages::ImportedOutcome::kCompleted);
  imported(200, "main.v-2", messages::ImportedOutcome::kCancelled);
  imported(200, "main.v-2", messages::ImportedOutcome::kCompleted);
  ASSERT_EQ(visits().size(), 4u) << "told twice is once";
  const std::vector<std::pair<std::string, messages::KnownVisitState>> expected = {{"main.v-1", messages::KnownVisitState::kCompleted},
                                                                                   {"main.v-2", messages::KnownVisitState::kCancelled},
                                                                                   {"main.v-3", messages::KnownVisitState::kNoShow},
                                                                                   {"main.v-now", messages::KnownVisitState::kBooked}};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(visits()[i].appointment.text(), expected[i].first);
    EXPECT_EQ(visits()[i].state, expected[i].second);
    EXPECT_EQ(visits()[i].imported, i < 3) << i;
    EXPECT_EQ(visits()[i].purpose, i < 3 ? "hygiene" : "other");
  }
  for (int day = 1; day <= 20; ++day) imported(day, "main.v-old" + std::to_string(day), messages::ImportedOutcome::kCompleted);
  for (int day = 301; day <= 309; ++day) imported(day, "main.v-new" + std::to_string(day), messages::ImportedOutcome::kCompleted);
  ASSERT_EQ(visits().size(), 11u);
  EXPECT_EQ(visits().front().appointment.text(), "main.v-3");
  EXPECT_EQ(visits().back().appointment.text(), "main.v-now") << "what was booked here stays";
}

}  // namespace
}  // namespace bridgework::lead_intake
