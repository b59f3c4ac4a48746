#pragma once
// A practice in New York with one patient, for the timelines of these tests.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "outreach/model.hpp"
#include "runtime/zone.hpp"
#include "tests/support/decide_harness.hpp"

// Compiled once, in harness.cpp: it is most of what these tests are made of.
extern template class bridgework::testing::Harness<bridgework::outreach::Model>;

namespace bridgework::outreach {

using namespace std::chrono_literals;
using testing::local;
using testing::utc;

inline const PersonId kAna{"p-ana"};
inline const SiteId kMain{"main"};
inline const EnquiryId kEnquiry{"p-ana.e-1"};
inline const AppointmentId kVisit{"main.v-1"};
inline const GapId kGap{"p-ana.g-1"};
inline const SurveyId kSurveyOfAna{"p-ana.s-1"};
inline const std::string kPhone = "+12125550101";
inline const std::string kMail = "ana@example.org";
inline constexpr std::string_view kNewYork = "America/New_York";

inline messages::ContactPoint phone(std::string value = kPhone) {
  return {ContactKind::kPhone, Phi<std::string>(value), Phi<std::string>(value)};
}
inline messages::ContactPoint mail(std::string value = kMail) {
  return {ContactKind::kEmail, Phi<std::string>(value), Phi<std::string>(value)};
}

inline messages::PersonProfile ana() {
  messages::PersonProfile profile;
  profile.given_name = Phi<std::string>("Ana");
  profile.family_name = Phi<std::string>("Example");
  profile.contact_points = {phone(), mail()};
  profile.preferred_channel = Channel::kSms;
  profile.language = "en";
  profile.zone = std::string(kNewYork);
  profile.home_site = kMain;
  profile.status = messages::PersonStatus::kPatient;
  return profile;
}

inline Instant new_york(int year, unsigned month, unsigned day, int hour, int minute = 0) {
  return *runtime::to_instant(local(year, month, day, hour, minute), kNewYork);
}

/// Starts on Tuesday 3 March 2026, 10:00 in New York. What leaves is reported sent at once, unless `reports_sends` says otherwise.
struct Practice : testing::Harness<Model> {
  enum class Start { kKnownPerson, kEmpty };
  bool reports_sends = true;

  explicit Practice(Start start = Start::kKnownPerson, Instant at = new_york(2026, 3, 3, 10), Config config = settings())
      : Harness(at, std::move(config)) {
    if (start == Start::kEmpty) return;
    site_is("Main Street Dental", std::string(kNewYork), "+12125550100");
    person_is(ana());
  }
  static Config settings() {
    Config config;
    config.token_secret = "a secret of the tests";
    config.public_url = "https://care.example";
    return config;
  }

  void site_is(std::string name, std::string zone, std::string site_phone) {
    messages::SiteDefined event;
    event.site = kMain;
    event.name = std::move(name);
    event.zone = std::move(zone);
    event.phone = std::move(site_phone);
    handle(event);
  }
  void person_is(messages::PersonProfile profile) {
    messages::PersonChanged event;
    event.person = kAna;
    event.profile = std::move(profile);
    handle(event);
  }
  void enquires(EnquiryId enquiry = kEnquiry, messages::EnquiryChannel channel = {}) {
    messages::EnquiryReceived event;
    event.person = kAna;
    event.site = kMain;
    event.enquiry = std::move(enquiry);
    event.channel = channel;
    handle(event);
    settle();
  }
  template <class Event>
  void visit(LocalTime at, AppointmentId appointment = kVisit, std::string zone = std::string(kNewYork)) {
    Event event;
    event.person = kAna;
    event.site = kMain;
    event.appointment = std::move(appointment);
    event.visit.local_start = at;
    event.visit.start = *runtime::to_instant(at, zone);
    event.visit.zone = std::move(zone);
    handle(event);
    settle();
  }
  void books(LocalTime at, AppointmentId appointment = kVisit) { visit<messages::AppointmentBooked>(at, std::move(appointment)); }
  void gap_opens(Provenance provenance = Provenance::kObserved) {
    messages::GapOpened event;
    event.person = kAna;
    event.site = kMain;
    event.gap = kGap;
    event.provenance = provenance;
    event.cover = messages::Cover::kActive;
    handle(event);
  }
  void gap_goes(messages::Cover from, messages::Cover to) {
    messages::GapChanged event;
    event.person = kAna;
    event.site = kMain;
    event.gap = kGap;
    event.from = from;
    event.to = to;
    handle(event);
  }
  void step_due(std::uint16_t step = 1, GapId gap = kGap) {
    messages::FollowUpStepDue event;
    event.person = kAna;
    event.site = kMain;
    event.gap = std::move(gap);
    event.step = step;
    event.template_name = "follow_up_treatment_1";
    handle(event);
    settle();
  }
  void survey_asked(SurveyId survey = kSurveyOfAna) {
    messages::SurveyAsked event;
    event.person = kAna;
    event.site = kMain;
    event.survey = survey;
    event.template_name = "survey";
    event.token = Phi<std::string>("abc");
    handle(event);
    settle();
  }
  void survey_answered() {
    messages::SurveyAnswered event;
    event.person = kAna;
    event.site = kMain;
    event.survey = kSurveyOfAna;
    handle(event);
  }
  void consents(MessagePurpose purpose, Channel channel, ConsentState state) {
    messages::SetConsent command;
    command.person = kAna;
    command.purpose = purpose;
    command.channel = channel;
    command.state = state;
    handle(command);
  }
  const Outcome& texts(std::string body, std::string from = kPhone) {
    messages::ReceiveInboundMessage command;
    command.from = Phi<std::string>(std::move(from));
    command.body = Phi<std::string>(std::move(body));
    return handle(command);
  }
  const Outcome& reports(const MessageId& message, MessageState state, MessageReason reason = MessageReason::kNone) {
    return handle(messages::RecordSend{message, state, reason});
  }

  /// Lets what is due now happen, and the outside answer.
  void settle() { pass_to(now()); }
  /// Lets time pass; every effect on the way is performed in the instant it is issued.
  void pass_to(Instant to) {
    for (;;) {
      std::optional<Instant> next;
      for (const auto& [name, timer] : timers()) {
        if (timer.due <= to && (!next || timer.due < *next)) next = timer.due;
      }
      if (!next) break;
      advance_to(std::max(now(), *next));
      report_effects();
    }
    advance_to(to);
    report_effects();
  }

  MessageId message(unsigned number = 1) const { return MessageId(kAna.text() + ".m-" + std::to_string(number)); }
  const MessageRecord& planned(unsigned number = 1) const { return *record<MessageRecord>(message(number).text()); }
  MessageState state_of(unsigned number = 1) const { return planned(number).state; }
  MessageReason reason_of(unsigned number = 1) const { return planned(number).reason; }
  std::string why(unsigned number = 1) const {
    const auto list = get<messages::MessageList>(messages::GetMessages{kAna});
    return list.messages.at(number - 1).words;
  }
  std::vector<SendMessage> sends() const { return effects_of<SendMessage>(); }

 private:
  void report_effects() {
    while (reported_ < effects().size()) {
      const auto effect = std::get<SendMessage>(effects()[reported_++].effect);
      if (reports_sends) handle(messages::RecordSend{effect.message, MessageState::kSent, MessageReason::kNone});
    }
  }
  std::size_t reported_ = 0;
};

}  // namespace bridgework::outreach
