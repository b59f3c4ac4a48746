// One telephone, two persons of a household in two lanes: what an answer from it is about is the same in both.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "tests/unit/outreach/practice.hpp"

namespace bridgework::outreach {
namespace {

const PersonId kHusband{"p-ben"};

/// Each practice is a lane: Ana at home in one and Ben in the other, with one number. What one lane tells every lane, the other hears.
class SharedPhone {
 public:
  SharedPhone() : ben_(Practice::Start::kEmpty) {
    ben_.site_is("Main Street Dental", std::string(kNewYork), "+12125550100");
    messages::PersonChanged event;
    event.person = kHusband;
    event.profile = testing_ana();
    ben_.handle(event);
  }
  void books(const PersonId& person, std::string appointment, LocalTime at) {
    messages::AppointmentBooked event;
    event.person = person;
    event.site = kMain;
    event.appointment = AppointmentId(std::move(appointment));
    event.visit.local_start = at;
    event.visit.start = *runtime::to_instant(at, kNewYork);
    event.visit.zone = std::string(kNewYork);
    lane_of(person).handle(event);
  }
  void is_offered(const PersonId& person, std::string offer, LocalTime at) {
    messages::SlotOffered event;
    event.person = person;
    event.site = kMain;
    event.offer = OfferId(std::move(offer));
    event.visit.local_start = at;
    event.visit.start = *runtime::to_instant(at, kNewYork);
    event.visit.zone = std::string(kNewYork);
    event.expires = event.visit.start;
    lane_of(person).handle(event);
    lane_of(person).settle();
    exchange();
  }
  /// In steps, so that both hear what was asked in the order in which it was.
  void pass_to(Instant to) {
    for (Instant at = ana_.now(); at < to;) {
      at = std::min(at + 30min, to);
      ana_.pass_to(at);
      ben_.pass_to(at);
      exchange();
    }
  }
  /// What both lanes make of a text message: "p-ben main.v-2 yes".
  std::vector<std::string> answers(std::string body) {
    ana_.forget_events();
    ben_.forget_events();
    asked_of_ana_ = asked_of_ben_ = 0;
    ana_.texts(std::move(body));
    ben_.handle(*ana_.last_event<messages::InboundMessageReceived>());
    std::vector<std::string> found;
    for (Practice* lane : {&ana_, &ben_}) {
      for (const auto& told : lane->events<messages::VisitAffirmed>())
        found.push_back(told.person.text() + " " + told.appointment.text() + " yes");
      for (const auto& told : lane->events<messages::OfferAnswered>())
        found.push_back(told.person.text() + " " + told.offer.text() + (told.accepted ? " yes" : " no"));
      for (const auto& told : lane->events<messages::OfferQuestioned>())
        found.push_back(told.person.text() + " " + told.offer.text() + " ?");
      for (const auto& told : lane->events<messages::VisitQuestioned>())
        found.push_back(told.person.text() + " " + told.appointment.text() + " " + std::string(to_string(told.doubt)) + " +" +
                        std::to_string(told.also_asked));
    }
    return found;
  }

 private:
  static messages::PersonProfile testing_ana() {
    auto profile = ana();
    profile.given_name = Phi<std::string>("Ben");
    return profile;
  }
  Practice& lane_of(const PersonId& person) { return person == kAna ? ana_ : ben_; }
  void exchange() {
    hand_over(ana_, ben_, asked_of_ana_);
    hand_over(ben_, ana_, asked_of_ben_);
  }
  static void hand_over(const Practice& from, Practice& to, std::size_t& told) {
    const auto asked = from.events<messages::QuestionAsked>();
    while (told < asked.size()) to.handle(asked[told++]);
  }

  Practice ana_, ben_;
  std::size_t asked_of_ana_ = 0, asked_of_ben_ = 0;
};

using Meant = std::vector<std::string>;

TEST(SharedTelephone, AYesIsAboutTheDayOfTheNewestReminderWhoeverGotIt) {
  SharedPhone household;
  household.books(kAna, "main.v-1", local(2026, 3, 5, 15));
  household.books(kHusband, "main.v-2", local(2026, 3, 6, 9));
  household.pass_to(new_york(2026, 3, 4, 16));
  EXPECT_EQ(household.answers("yes"), Meant{"p-ana main.v-1 yes"});
  household.pass_to(new_york(2026, 3, 5, 10));
  EXPECT_EQ(household.answers("yes"), Meant{"p-ben main.v-2 yes"});
  household.pass_to(new_york(2026, 3, 6, 9));
  EXPECT_EQ(household.answers("yes"), Meant{}) << "both have begun";
}

TEST(SharedTelephone, AYesIsAboutTheVisitsOfAllOfThatDay) {
  SharedPhone household;
  household.books(kAna, "main.v-1", local(2026, 3, 5, 9));
  household.books(kHusband, "main.v-2", local(2026, 3, 5, 10));
  household.pass_to(new_york(2026, 3, 4, 12));
  EXPECT_EQ(household.answers("yes"), (Meant{"p-ana main.v-1 yes", "p-ben main.v-2 yes"}));
}

TEST(SharedTelephone, ANoAndWordsAreOneTaskForThePersonOfTheNewestQuestion) {
  SharedPhone household;
  household.books(kAna, "main.v-1", local(2026, 3, 5, 9));
  household.books(kHusband, "main.v-2", local(2026, 3, 5, 10));
  household.pass_to(new_york(2026, 3, 4, 12));
  EXPECT_EQ(household.answers("no"), Meant{"p-ben main.v-2 no +1"});
  EXPECT_EQ(household.answers("is there parking?"), Meant{"p-ben main.v-2 unclear +1"});
  EXPECT_EQ(household.answers("yes").size(), 2u);
  EXPECT_EQ(household.answers("see you all then"), Meant{}) << "the question is closed in both lanes";
  EXPECT_EQ(household.answers("CANCEL"), Meant{"p-ben main.v-2 cancel +1"});
}

TEST(SharedTelephone, ANewerOfferToOneHasTheAnswerAndTheVisitOfTheOtherHasTheNext) {
  SharedPhone household;
  household.books(kAna, "main.v-1", local(2026, 3, 5, 15));
  household.pass_to(new_york(2026, 3, 4, 16));
  household.is_offered(kHusband, "main.f-1.o-1", local(2026, 3, 5, 17));
  EXPECT_EQ(household.answers("what is it for?"), Meant{"p-ben main.f-1.o-1 ?"});
  EXPECT_EQ(household.answers("yes"), Meant{"p-ben main.f-1.o-1 yes"});
  EXPECT_EQ(household.answers("yes"), Meant{"p-ana main.v-1 yes"});
}

}  // namespace
}  // namespace bridgework::outreach
