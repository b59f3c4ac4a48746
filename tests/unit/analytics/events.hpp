#pragma once
// Events as the other services tell them, short.

#include <string>

#include "analytics/kpi.hpp"
#include "analytics/model.hpp"
#include "tests/support/decide_harness.hpp"

// Compiled once, in harness.cpp: it is most of what these tests are made of.
extern template class bridgework::testing::Harness<bridgework::analytics::Model>;

namespace bridgework::analytics::testing {

using bridgework::testing::day;
using bridgework::testing::Harness;
using bridgework::testing::local;
using bridgework::testing::utc;
using messages::Purpose;
using Analytics = Harness<Model>;

inline const SiteId kMain{"main"};
inline const SiteId kEast{"east"};

/// An event about visit `number` of a site; its person is `p-<number>`.
template <class Event>
Event visit(const SiteId& site, int number, LocalTime start, Purpose purpose = Purpose::kExam) {
  Event event;
  event.person = PersonId("p-" + std::to_string(number));
  event.site = site;
  event.appointment = AppointmentId(site.text() + ".v-" + std::to_string(number));
  event.visit.purpose = purpose;
  event.visit.local_start = start;
  event.visit.start = Instant{start.time_since_epoch()};
  event.visit.zone = "UTC";
  return event;
}
inline messages::VisitImported imported(const SiteId& site, int number, LocalTime start, messages::ImportedOutcome outcome) {
  auto event = visit<messages::VisitImported>(site, number, start);
  event.outcome = outcome;
  return event;
}
inline messages::AppointmentCancelled cancelled(int number, LocalTime start, std::int64_t notice_minutes,
                                                messages::CancelledBy by = messages::CancelledBy::kPatient) {
  auto event = visit<messages::AppointmentCancelled>(kMain, number, start);
  event.notice_minutes = notice_minutes;
  event.by = by;
  return event;
}
inline messages::AppointmentSeated seated(int number, LocalTime start, std::uint32_t waited) {
  auto event = visit<messages::AppointmentSeated>(kMain, number, start);
  event.waited_minutes = waited;
  event.wait_limit_minutes = 15;
  return event;
}

/// An event about enquiry `number`, of person `p-<number>`.
template <class Event>
Event enquiry(int number, const std::string& campaign = "c-1") {
  Event event;
  event.person = PersonId("p-" + std::to_string(number));
  event.site = kMain;
  event.enquiry = EnquiryId("p-" + std::to_string(number) + ".e-1");
  if constexpr (requires { event.campaign; }) event.campaign = CampaignId(campaign);
  return event;
}
inline messages::EnquiryAdvanced advanced(int number, messages::LeadState to, const std::string& campaign = "c-1") {
  auto event = enquiry<messages::EnquiryAdvanced>(number, campaign);
  event.to = to;
  return event;
}
inline messages::EnquiryContacted contacted(int number, std::uint32_t waited_seconds, std::uint32_t while_open = 0) {
  auto event = enquiry<messages::EnquiryContacted>(number);
  event.waited_seconds = waited_seconds;
  event.waited_business_seconds = while_open;
  return event;
}
inline messages::CallRecorded called(int number, messages::CallOutcome outcome, std::int64_t value_minor = 0) {
  auto event = enquiry<messages::CallRecorded>(number);
  event.outcome = outcome;
  event.value_minor = value_minor;
  return event;
}
inline messages::OpeningFound opening_found(const SiteId& site, int number, LocalTime start, Purpose purpose = Purpose::kExam) {
  messages::OpeningFound event;
  event.site = site;
  event.opening = OpeningId(site.text() + ".f-" + std::to_string(number));
  event.visit.purpose = purpose;
  event.visit.local_start = start;
  event.visit.start = Instant{start.time_since_epoch()};
  event.visit.zone = "UTC";
  return event;
}
inline messages::OpeningEnded opening_ended(const SiteId& site, int number, messages::OpeningEnd end) {
  messages::OpeningEnded event;
  event.site = site;
  event.opening = OpeningId(site.text() + ".f-" + std::to_string(number));
  event.end = end;
  return event;
}
inline messages::CampaignStarted campaign(const std::string& id, std::int64_t cost_minor, LocalDay from) {
  messages::CampaignStarted event;
  event.campaign = CampaignId(id);
  event.cost_minor = cost_minor;
  event.from = from;
  return event;
}

inline messages::ItemDecided item(int person, int number, messages::ItemState to, std::int64_t fee_minor) {
  messages::ItemDecided event;
  event.person = PersonId("p-" + std::to_string(person));
  event.site = kMain;
  event.plan = PlanId("p-" + std::to_string(person) + ".t-1");
  event.item = ItemId("i-" + std::to_string(number));
  event.category = Purpose::kEndo;
  event.fee_minor = fee_minor;
  event.to = to;
  return event;
}
inline messages::GapOpened gap_opened(const SiteId& site, int person, int number, messages::GapKind kind, std::int64_t fee_minor) {
  messages::GapOpened event;
  event.person = PersonId("p-" + std::to_string(person));
  event.site = site;
  event.gap = GapId("p-" + std::to_string(person) + ".g-" + std::to_string(number));
  event.kind = kind;
  event.fee_minor = fee_minor;
  event.cover = messages::Cover::kActive;
  return event;
}
inline messages::GapChanged gap_changed(const SiteId& site, int person, int number, messages::GapKind kind, messages::Cover to) {
  messages::GapChanged event;
  event.person = PersonId("p-" + std::to_string(person));
  event.site = site;
  event.gap = GapId("p-" + std::to_string(person) + ".g-" + std::to_string(number));
  event.kind = kind;
  event.to = to;
  return event;
}
inline messages::SurveyAsked asked(int number) {
  messages::SurveyAsked event;
  event.person = PersonId("p-" + std::to_string(number));
  event.site = kMain;
  event.survey = SurveyId("p-" + std::to_string(number) + ".s-1");
  return event;
}
inline messages::SurveyAnswered answered(int number, std::uint8_t score, const std::string& promise = {}) {
  messages::SurveyAnswered event;
  event.person = PersonId("p-" + std::to_string(number));
  event.site = kMain;
  event.survey = SurveyId("p-" + std::to_string(number) + ".s-1");
  event.score = score;
  event.promise_kept = promise;
  return event;
}

inline messages::GetKpi kpi(const std::string& id, const std::string& by = {}) {
  messages::GetKpi query;
  query.kpi = id;
  query.by = by;
  return query;
}
inline messages::KpiView ask(const Analytics& h, const std::string& id, const std::string& by = {}) {
  return h.get<messages::KpiView>(kpi(id, by));
}
/// "2/3", or "0/0".
inline std::string fraction(const messages::KpiView& view) {
  return std::to_string(view.numerator) + "/" + std::to_string(view.denominator);
}
inline std::string rows(const messages::KpiView& view) {
  std::string text;
  for (const auto& row : view.rows) {
    text += (text.empty() ? "" : " ") + row.key + "=" + std::to_string(row.numerator) + "/" + std::to_string(row.denominator);
  }
  return text;
}

}  // namespace bridgework::analytics::testing
