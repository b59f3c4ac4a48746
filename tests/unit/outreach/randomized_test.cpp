// Whatever the order of things: nobody is contacted at night, over the cap, after opting out, twice for one reason, or about a visit that
// is not there any more. Each run follows from its seed.

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <tuple>

#include "tests/unit/outreach/practice.hpp"

namespace bridgework::outreach {
namespace {

using messages::Cover;

/// What the test itself knows of the world, kept apart from what the service remembers.
struct Truth {
  struct Visit {
    bool booked = false;
    Instant start{};
  };
  std::map<std::string, Visit> visits;
  std::map<std::string, Cover> gaps;
  std::set<std::string> answered;
  std::set<std::string> suppressed;
  std::string zone{kNewYork};
  bool gone = false;
  std::vector<Instant> left;  ///< or may have
  std::set<std::tuple<std::string, unsigned, std::string>> reasons_used;
};

class World {
 public:
  explicit World(unsigned seed) : random_(seed), practice_(Practice::Start::kEmpty, start_of(seed)) {
    practice_.reports_sends = false;
    practice_.site_is("Main Street Dental", std::string(kNewYork), "+12125550100");
    profile_ = ana();
    practice_.person_is(profile_);
  }

  void run(int steps) {
    for (int i = 0; i < steps && !::testing::Test::HasFatalFailure(); ++i) {
      act();
      look();
      practice_.advance_to(practice_.now() + std::chrono::minutes(one_of(5) == 0 ? one_of(60 * 24) : one_of(90)));
      look();
    }
  }
  std::size_t effects() const { return practice_.effects().size(); }
  const std::set<MessageReason>& reasons_seen() const { return reasons_; }

 private:
  /// Near the two nights on which New York changes its clock, and in between.
  static Instant start_of(unsigned seed) {
    return seed % 3 == 0 ? new_york(2026, 3, 6, 6) : seed % 3 == 1 ? new_york(2026, 10, 30, 6) : new_york(2026, 6, 10, 6);
  }
  int one_of(int count) { return std::uniform_int_distribution<int>(0, count - 1)(random_); }

  void act() {
    switch (one_of(13)) {
      case 0: return practice_.handle(enquiry()), void();
      case 1:
      case 2: return book();
      case 3: return end<messages::AppointmentCancelled>();
      case 4: return end<messages::AppointmentMoved>();
      case 5: return end<messages::AppointmentNoShow>();
      case 6:
      case 7: return step();
      case 8: return cover();
      case 9: return survey();
      case 10: return inbound();
      case 11: return change_person();
      case 12: return report();
    }
  }
  messages::EnquiryReceived enquiry() {
    messages::EnquiryReceived event;
    event.person = kAna;
    event.site = kMain;
    event.enquiry = EnquiryId("p-ana.e-" + std::to_string(one_of(4)));
    return event;
  }
  template <class Event>
  Event about(const std::string& id, Instant start) {
    Event event;
    event.person = kAna;
    event.site = kMain;
    event.appointment = AppointmentId(id);
    event.visit.start = start;
    event.visit.local_start = runtime::to_local(start, kNewYork);
    event.visit.zone = std::string(kNewYork);
    return event;
  }
  void book() {
    const std::string id = "main.v-" + std::to_string(truth_.visits.size());
    const Instant start = practice_.now() + std::chrono::minutes(10 + one_of(60 * 72));
    truth_.visits[id] = {true, start};
    practice_.handle(about<messages::AppointmentBooked>(id, start));
  }
  template <class Event>
  void end() {
    if (truth_.visits.empty()) return;
    const auto it = std::next(truth_.visits.begin(), one_of(static_cast<int>(truth_.visits.size())));
    it->second.booked = false;
    practice_.handle(about<Event>(it->first, it->second.start));
  }
  std::string a_gap() { return "p-ana.g-" + std::to_string(one_of(3)); }
  void step() {
    messages::FollowUpStepDue event;
    event.person = kAna;
    event.site = kMain;
    event.gap = GapId(a_gap());
    event.step = static_cast<std::uint16_t>(1 + one_of(5));
    truth_.gaps.try_emplace(event.gap.text(), Cover::kActive);
    practice_.handle(event);
  }
  void cover() {
    messages::GapChanged event;
    event.person = kAna;
    event.site = kMain;
    event.gap = GapId(a_gap());
    event.from = truth_.gaps.try_emplace(event.gap.text(), Cover::kActive).first->second;
    event.to = messages::kAllCover[static_cast<std::size_t>(one_of(static_cast<int>(messages::kAllCover.size())))];
    truth_.gaps[event.gap.text()] = event.to;
    practice_.handle(event);
  }
  void survey() {
    const SurveyId id("p-ana.s-" + std::to_string(one_of(6)));
    if (one_of(3) == 0) {
      messages::SurveyAnswered event;
      event.person = kAna;
      event.survey = id;
      truth_.answered.insert(id.text());
      practice_.handle(event);
      return;
    }
    messages::SurveyAsked event;
    event.person = kAna;
    event.site = kMain;
    event.survey = id;
    event.token = Phi<std::string>("x");
    practice_.handle(event);
  }
  void inbound() {
    if (one_of(3) > 0) {
      practice_.texts("START");
      truth_.suppressed.erase(kPhone);
      return;
    }
    practice_.texts(one_of(2) == 0 ? "stop" : "please stop texting me");
    truth_.suppressed.insert(kPhone);
  }
  void change_person() {
    static const std::array kZones = {"America/New_York", "Europe/Lisbon", "Asia/Kathmandu", "Australia/Lord_Howe"};
    truth_.zone = kZones[static_cast<std::size_t>(one_of(kZones.size()))];
    truth_.gone = one_of(8) == 0;
    profile_.zone = truth_.zone;
    profile_.status = truth_.gone ? messages::PersonStatus::kMoved : messages::PersonStatus::kPatient;
    profile_.preferred_channel = one_of(3) == 0 ? Channel::kEmail : Channel::kSms;
    practice_.person_is(profile_);
  }
  /// The outside reports on the oldest message it has not reported on; what is surely not sent gives its place in the caps back.
  void report() {
    if (reported_ == looked_) return;
    const auto effect = std::get<SendMessage>(practice_.effects()[reported_].effect);
    const Instant at = effect.date;
    ++reported_;
    static const std::array kOutcomes = {MessageState::kSent, MessageState::kSent, MessageState::kFailed, MessageState::kUncertain,
                                         MessageState::kWithheld};
    const MessageState outcome = kOutcomes[static_cast<std::size_t>(one_of(kOutcomes.size()))];
    practice_.reports(effect.message, outcome, MessageReason::kSuppressed);
    if (outcome == MessageState::kFailed || outcome == MessageState::kWithheld) truth_.left.erase(std::ranges::find(truth_.left, at));
  }

  /// Judges every effect issued since the last look.
  void look() {
    for (; looked_ < practice_.effects().size(); ++looked_) judge(std::get<SendMessage>(practice_.effects()[looked_].effect));
    for (const auto& event : practice_.events<messages::MessageWithheld>()) reasons_.insert(event.reason);
    for (const auto& event : practice_.events<messages::MessageDeferred>()) reasons_.insert(event.reason);
    practice_.forget_events();
  }
  void judge(const SendMessage& effect) {
    const MessageRecord& message = *practice_.record<MessageRecord>(effect.message.text());
    const Instant at = effect.date;
    const LocalTime clock = runtime::to_local(at, truth_.zone);
    const int minute = runtime::minute_of_day(clock);
    const bool informational = effect.purpose == MessagePurpose::kTransactional || effect.purpose == MessagePurpose::kReminder;
    EXPECT_GE(minute, informational ? 8 * 60 : 9 * 60) << "at night\n" << practice_.timeline();
    EXPECT_LT(minute, informational ? 21 * 60 : 20 * 60) << "at night\n" << practice_.timeline();
    EXPECT_GT(effect.not_after, at);
    EXPECT_FALSE(truth_.gone) << "to a person who moved away";
    EXPECT_FALSE(truth_.suppressed.contains(effect.to.reveal())) << "after opting out\n" << practice_.timeline();
    EXPECT_TRUE(truth_.reasons_used.insert({message.programme, message.step, message.subject}).second)
        << "twice: " << message.programme << " " << message.step << " " << message.subject;
    if (message.programme == kReminder) {
      const auto& visit = truth_.visits.at(message.subject);
      EXPECT_TRUE(visit.booked) << "about a visit that is not there: " << message.subject << "\n" << practice_.timeline();
      EXPECT_EQ(message.visit_start, visit.start);
      EXPECT_LE(at + 2h, visit.start) << "too late";
    }
    if (message.programme == kFollowUp) {
      EXPECT_EQ(truth_.gaps.at(message.subject), Cover::kActive) << message.subject;
    }
    if (message.programme == kSurvey) {
      EXPECT_FALSE(truth_.answered.contains(message.subject));
    }
    if (!informational) {
      const auto same_day = std::ranges::count_if(
          truth_.left, [&](Instant sent) { return runtime::local_day(sent, truth_.zone) == runtime::local_day(at, truth_.zone); });
      const auto same_week = std::ranges::count_if(truth_.left, [&](Instant sent) { return sent > at - std::chrono::days{7}; });
      EXPECT_LT(same_day, 1) << "over the cap of the day\n" << practice_.timeline();
      EXPECT_LT(same_week, 3) << "over the cap of the week\n" << practice_.timeline();
    }
    truth_.left.push_back(at);
  }

  std::mt19937 random_;
  Practice practice_;
  messages::PersonProfile profile_;
  Truth truth_;
  std::size_t looked_ = 0;
  std::size_t reported_ = 0;
  std::set<MessageReason> reasons_;
};

TEST(OutreachUnderAnyOrder, KeepsEveryRuleOfContact) {
  std::size_t effects = 0;
  std::set<MessageReason> reasons;
  for (unsigned seed = 1; seed <= 150 && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    World world(seed);
    world.run(120);
    effects += world.effects();
    reasons.insert(world.reasons_seen().begin(), world.reasons_seen().end());
  }
  // The runs are worth something only if much was sent and much was held back.
  EXPECT_GT(effects, 1000u);
  for (const MessageReason reason : {MessageReason::kSuppressed, MessageReason::kCapDay, MessageReason::kCapWeek, MessageReason::kDuplicate,
                                     MessageReason::kReasonGone, MessageReason::kPersonGone, MessageReason::kTooLate,
                                     MessageReason::kQuietHours, MessageReason::kProcessDied, MessageReason::kChannelFailed}) {
    EXPECT_TRUE(reasons.contains(reason)) << to_string(reason);
  }
}

}  // namespace
}  // namespace bridgework::outreach
