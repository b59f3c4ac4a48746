#pragma once
// Events about Ana at Main Street, as the other services tell them.

#include <string>

#include "journey/model.hpp"
#include "tests/support/decide_harness.hpp"

// Compiled once, in harness.cpp: it is most of what these tests are made of.
extern template class bridgework::testing::Harness<bridgework::journey::Model>;

namespace bridgework::journey::testing {

using bridgework::testing::day;
using bridgework::testing::Harness;
using bridgework::testing::local;
using bridgework::testing::utc;
using Journey = Harness<Model>;

inline const PersonId kAna{"p-ana"};
inline const SiteId kMain{"main"};

inline messages::Visit visit_at(LocalTime start) {
  messages::Visit visit;
  visit.visit_type = "exam-30";
  visit.purpose = messages::Purpose::kExam;
  visit.provider = ProviderId("dr-lee");
  visit.local_start = start;
  visit.start = Instant{start.time_since_epoch()};
  visit.zone = "UTC";
  visit.duration_minutes = 30;
  return visit;
}

template <class Event>
Event about_visit(const PersonId& person, const std::string& appointment, LocalTime start) {
  Event event;
  event.person = person;
  event.site = kMain;
  event.appointment = AppointmentId(appointment);
  event.visit = visit_at(start);
  return event;
}

inline messages::AppointmentSeated seated(const PersonId& person, const std::string& appointment, LocalTime start, std::uint32_t waited,
                                          std::uint16_t limit) {
  auto event = about_visit<messages::AppointmentSeated>(person, appointment, start);
  event.waited_minutes = waited;
  event.wait_limit_minutes = limit;
  return event;
}

inline messages::PersonRegistered registered(const PersonId& person, const std::string& given, const std::string& family) {
  messages::PersonRegistered event;
  event.person = person;
  event.site = kMain;
  event.profile.given_name = Phi<std::string>(given);
  event.profile.family_name = Phi<std::string>(family);
  return event;
}

inline messages::SurveyAnswered answered(std::uint8_t score, messages::Bucket bucket, const std::string& promise = {}) {
  messages::SurveyAnswered event;
  event.person = kAna;
  event.site = kMain;
  event.survey = SurveyId("p-ana.s-1");
  event.score = score;
  event.bucket = bucket;
  event.promise_kept = promise;
  return event;
}

inline messages::RecordDefect recorded(const PersonId& person, messages::DefectKind kind) {
  messages::RecordDefect command;
  command.person = person;
  command.site = kMain;
  command.kind = kind;
  command.stage = messages::Stage::kBilling;
  command.by = "rosa";
  return command;
}

}  // namespace bridgework::journey::testing
