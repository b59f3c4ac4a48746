#include "analytics/decide.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <utility>

#include "runtime/zone.hpp"

namespace bridgework::analytics {
namespace {

using messages::Cover;
using messages::ItemState;
using messages::LeadState;
using messages::Purpose;

/// Notice below which a cancelled visit can hardly be filled again.
constexpr std::chrono::minutes kLateNotice = std::chrono::hours(24);

/// The days of one site while one event is counted.
class Days {
 public:
  Days(const State& state, const SiteId& site) : state_(state), site_(site) {}

  void count(FactTable table, LocalDay day, Measure measure, std::string_view part, std::int64_t amount = 1) {
    auto& cells = record(table, day).cells;
    const auto key = [](const Cell& cell) { return std::tie(cell.measure, cell.part); };
    const Cell wanted{.measure = measure, .part = std::string(part), .amount = 0};
    const auto at = std::ranges::lower_bound(cells, key(wanted), {}, key);
    if (at != cells.end() && key(*at) == key(wanted)) {
      at->amount += amount;
      if (at->amount == 0) cells.erase(at);
    } else if (amount != 0) {
      cells.insert(at, wanted)->amount = amount;
    }
  }
  void open_visit(const AppointmentId& appointment, const messages::Visit& visit) {
    auto& visits = record(FactTable::kVisits, day_of(visit.local_start)).open_visits;
    const auto at = std::ranges::lower_bound(visits, appointment, {}, &OpenVisit::appointment);
    if (at != visits.end() && at->appointment == appointment) return;
    visits.insert(at, OpenVisit{.appointment = appointment, .purpose = visit.purpose, .start = visit.start});
  }
  void end_visit(const AppointmentId& appointment, const messages::Visit& visit) {
    std::erase_if(record(FactTable::kVisits, day_of(visit.local_start)).open_visits,
                  [&](const OpenVisit& open) { return open.appointment == appointment; });
  }
  PersonCount& person(LocalDay day, const PersonId& id) {
    auto& persons = record(FactTable::kCases, day).persons;
    const auto at = std::ranges::lower_bound(persons, id, {}, &PersonCount::person);
    if (at != persons.end() && at->person == id) return *at;
    return *persons.insert(at, PersonCount{.person = id, .presented = 0, .accepted = 0});
  }

  Decision finish() {
    Decision decision;
    for (auto& [key, day] : days_) {
      const auto& [table, number] = key;
      const std::string id = day_id(site_, table, day.record.day);
      if (day.stored != nullptr && *day.stored == day.record) continue;
      if (day.stored == nullptr) {
        decision.add_to_index(days_index(table), id, number);
        decision.add_to_index(days_index(table, site_), id, number);
        decision.add_to_index(std::string(kSitesIndex), site_.text());
      }
      decision.put(id, std::move(day.record));
    }
    return decision;
  }

 private:
  struct Day {
    const DayRecord* stored;
    DayRecord record;
  };
  DayRecord& record(FactTable table, LocalDay day) {
    const auto [at, fresh] = days_.try_emplace({table, number_of(day)});
    if (fresh) {
      const DayRecord* stored = state_.find<DayRecord>(day_id(site_, table, day));
      at->second = {stored,
                    stored != nullptr ? *stored : DayRecord{.site = site_, .day = day, .cells = {}, .open_visits = {}, .persons = {}}};
    }
    return at->second.record;
  }

  const State& state_;
  SiteId site_;
  std::map<std::pair<FactTable, int>, Day> days_;
};

/// The calendar day at the site, or of UTC while the site is not known.
LocalDay day_at(const State& state, const SiteId& site, Instant at) {
  const SiteRecord* record = state.find<SiteRecord>(site.text());
  const bool zoned = record != nullptr && runtime::zone_exists(record->zone);
  return runtime::local_day(at, zoned ? record->zone : "UTC");
}

// ---- enquiries

/// A new enquiry, or one of another system: by its campaign and by its source.
template <class Event>
Decision received(const State& state, const Event& event, Instant now) {
  const std::string id = fact_id(event.site, event.enquiry.text());
  if (state.find<EnquiryRecord>(id) != nullptr) return {};
  const LocalDay day = day_at(state, event.site, event.received_at == Instant{} ? now : event.received_at);
  Days days(state, event.site);
  days.count(FactTable::kEnquiries, day, Measure::kReceived, event.campaign.text());
  if (!event.campaign.empty()) days.count(FactTable::kEnquiries, day, Measure::kReceivedFromCampaign, event.campaign.text());
  days.count(FactTable::kSources, day, Measure::kReceivedFromSource, to_string(event.source));
  Decision decision = days.finish();
  decision.put(id, EnquiryRecord{.received_on = day, .campaign = event.campaign, .contacted = false, .booked = false, .kept = false});
  return decision;
}

Decision on(const State& state, const messages::EnquiryReceived& event, Instant now) { return received(state, event, now); }
Decision on(const State& state, const messages::EnquiryImported& event, Instant now) { return received(state, event, now); }

/// Money counts for the day on which the enquiry came, like all that became of it.
Decision on(const State& state, const messages::EnquiryProduced& event, Instant) {
  const EnquiryRecord* enquiry = state.find<EnquiryRecord>(fact_id(event.site, event.enquiry.text()));
  if (enquiry == nullptr || enquiry->campaign.empty()) return {};
  Days days(state, event.site);
  days.count(FactTable::kEnquiries, enquiry->received_on, Measure::kProducedMoney, enquiry->campaign.text(), event.fee_minor);
  return days.finish();
}

Decision on(const State& state, const messages::EnquiryContacted& event, Instant) {
  const std::string id = fact_id(event.site, event.enquiry.text());
  const EnquiryRecord* enquiry = state.find<EnquiryRecord>(id);
  if (enquiry == nullptr || enquiry->contacted) return {};
  const std::chrono::seconds waited(event.waited_seconds);
  const std::string& campaign = enquiry->campaign.text();
  Days days(state, event.site);
  days.count(FactTable::kEnquiries, enquiry->received_on, Measure::kContacted, campaign);
  days.count(FactTable::kEnquiries, enquiry->received_on, Measure::kContactMinutes, campaign,
             std::chrono::ceil<std::chrono::minutes>(waited).count());
  if (waited <= state.config().contact_within) {
    days.count(FactTable::kEnquiries, enquiry->received_on, Measure::kContactedInTime, campaign);
  }
  const std::chrono::seconds open(event.waited_business_seconds);
  days.count(FactTable::kEnquiries, enquiry->received_on, Measure::kContactBusinessMinutes, campaign,
             std::chrono::ceil<std::chrono::minutes>(open).count());
  if (open <= state.config().contact_within) {
    days.count(FactTable::kEnquiries, enquiry->received_on, Measure::kContactedInBusinessTime, campaign);
  }
  Decision decision = days.finish();
  EnquiryRecord changed = *enquiry;
  changed.contacted = true;
  decision.put(id, std::move(changed));
  return decision;
}

/// Of several estimates the newest counts. What was already booked then has not been booked after a call that ended without a visit.
Decision on(const State& state, const messages::CallRecorded& event, Instant) {
  const std::string id = fact_id(event.site, event.enquiry.text());
  const EnquiryRecord* enquiry = state.find<EnquiryRecord>(id);
  if (enquiry == nullptr) return {};
  const std::string& campaign = enquiry->campaign.text();
  EnquiryRecord changed = *enquiry;
  Days days(state, event.site);
  if (event.outcome == messages::CallOutcome::kNotBooked && !enquiry->not_booked && !enquiry->booked) {
    changed.not_booked = true;
    days.count(FactTable::kEnquiries, enquiry->received_on, Measure::kCalledNotBooked, campaign);
  }
  if (event.value_minor > 0 && event.value_minor != enquiry->value_minor) {
    const std::int64_t more = event.value_minor - enquiry->value_minor;
    changed.value_minor = event.value_minor;
    days.count(FactTable::kEnquiries, enquiry->received_on, Measure::kAskedMoney, campaign, more);
    if (enquiry->booked) days.count(FactTable::kEnquiries, enquiry->received_on, Measure::kAskedMoneyBooked, campaign, more);
  }
  if (changed == *enquiry) return {};
  Decision decision = days.finish();
  decision.put(id, std::move(changed));
  return decision;
}

/// Each enquiry is booked once and kept once, however often it goes back and forth. Whoever kept a visit had booked it.
Decision on(const State& state, const messages::EnquiryAdvanced& event, Instant) {
  const bool kept = event.to == LeadState::kKept || event.to == LeadState::kProduced;
  const bool booked = kept || event.to == LeadState::kBooked;
  const std::string id = fact_id(event.site, event.enquiry.text());
  const EnquiryRecord* enquiry = state.find<EnquiryRecord>(id);
  if (enquiry == nullptr || (!booked && !kept)) return {};
  const LocalDay day = enquiry->received_on;
  const std::string& campaign = enquiry->campaign.text();
  EnquiryRecord changed = *enquiry;
  Days days(state, event.site);
  if (booked && !enquiry->booked) {
    changed.booked = true;
    days.count(FactTable::kEnquiries, day, Measure::kBooked, campaign);
    if (!campaign.empty()) days.count(FactTable::kEnquiries, day, Measure::kBookedFromCampaign, campaign);
    if (enquiry->not_booked) days.count(FactTable::kEnquiries, day, Measure::kBookedAfterNotBooked, campaign);
    if (enquiry->value_minor > 0) days.count(FactTable::kEnquiries, day, Measure::kAskedMoneyBooked, campaign, enquiry->value_minor);
  }
  if (kept && !enquiry->kept) {
    changed.kept = true;
    days.count(FactTable::kEnquiries, day, Measure::kKept, campaign);
    if (!campaign.empty()) days.count(FactTable::kEnquiries, day, Measure::kKeptFromCampaign, campaign);
    days.count(FactTable::kEnquiries, day, Measure::kKeptFirstTouch, event.first_touch.text());
    days.count(FactTable::kEnquiries, day, Measure::kKeptLastTouch, event.last_touch.text());
  }
  if (changed == *enquiry) return {};
  Decision decision = days.finish();
  decision.put(id, std::move(changed));
  return decision;
}

// ---- visits

template <class Event>
Decision visit_opens(const State& state, const Event& event) {
  Days days(state, event.site);
  days.open_visit(event.appointment, event.visit);
  return days.finish();
}
/// The visit has its outcome: from now on it is a number.
template <class Event>
Days visit_ends(const State& state, const Event& event, Measure outcome) {
  Days days(state, event.site);
  days.end_visit(event.appointment, event.visit);
  days.count(FactTable::kVisits, day_of(event.visit.local_start), outcome, to_string(event.visit.purpose));
  return days;
}

/// The person is in care, as of the last completed visit.
void completed_visit(const State& state, Decision& decision, const SiteId& site, const PersonId& person, LocalDay day) {
  const std::string id = fact_id(site, person.text());
  const PatientRecord* stored = state.find<PatientRecord>(id);
  PatientRecord record = stored == nullptr ? PatientRecord{} : *stored;
  const int number = number_of(day);
  const auto at = std::ranges::lower_bound(record.completed_on, number);
  if (at != record.completed_on.end() && *at == number) return;
  record.completed_on.insert(at, number);
  decision.add_to_index(patients_index(site), person.text(), record.completed_on.back());
  decision.put(id, std::move(record));
}

Decision on(const State& state, const messages::AppointmentBooked& event, Instant) { return visit_opens(state, event); }
Decision on(const State& state, const messages::AppointmentConfirmed& event, Instant) { return visit_opens(state, event); }
Decision on(const State& state, const messages::AppointmentArrived& event, Instant) { return visit_opens(state, event); }
Decision on(const State& state, const messages::AppointmentMoved& event, Instant) {
  return visit_ends(state, event, Measure::kMoved).finish();
}
Decision on(const State& state, const messages::AppointmentCancelled& event, Instant) {
  Days days = visit_ends(state, event, Measure::kCancelled);
  if (event.by == messages::CancelledBy::kPatient && std::chrono::minutes(event.notice_minutes) < kLateNotice) {
    days.count(FactTable::kVisits, day_of(event.visit.local_start), Measure::kCancelledLate, to_string(event.visit.purpose));
  }
  return days.finish();
}
Decision on(const State& state, const messages::AppointmentNoShow& event, Instant) {
  return visit_ends(state, event, Measure::kNoShow).finish();
}
Decision on(const State& state, const messages::AppointmentSeated& event, Instant) {
  const LocalDay day = day_of(event.visit.local_start);
  const std::string_view purpose = to_string(event.visit.purpose);
  Days days(state, event.site);
  days.open_visit(event.appointment, event.visit);
  days.count(FactTable::kVisits, day, Measure::kSeated, purpose);
  days.count(FactTable::kVisits, day, Measure::kWaitedMinutes, purpose, event.waited_minutes);
  if (event.waited_minutes > event.wait_limit_minutes) days.count(FactTable::kVisits, day, Measure::kWaitedOverLimit, purpose);
  return days.finish();
}
Decision on(const State& state, const messages::AppointmentCompleted& event, Instant) {
  Decision decision = visit_ends(state, event, Measure::kCompleted).finish();
  completed_visit(state, decision, event.site, event.person, day_of(event.visit.local_start));
  return decision;
}
Decision on(const State& state, const messages::AppointmentCheckedOut& event, Instant) {
  const LocalDay day = day_of(event.visit.local_start);
  const std::string_view purpose = to_string(event.visit.purpose);
  Days days(state, event.site);
  days.count(FactTable::kVisits, day, Measure::kCheckedOut, purpose);
  if (event.next_visit_agreed) days.count(FactTable::kVisits, day, Measure::kNextVisitAgreed, purpose);
  return days.finish();
}
Decision on(const State& state, const messages::VisitImported& event, Instant) {
  using enum messages::ImportedOutcome;
  Measure outcome = Measure::kCompleted;
  switch (event.outcome) {
    case kCompleted: outcome = Measure::kCompleted; break;
    case kNoShow: outcome = Measure::kNoShow; break;
    case kCancelled: outcome = Measure::kCancelled; break;
  }
  const LocalDay day = day_of(event.visit.local_start);
  Days days(state, event.site);
  days.count(FactTable::kVisits, day, outcome, to_string(event.visit.purpose));
  Decision decision = days.finish();
  if (outcome == Measure::kCompleted) completed_visit(state, decision, event.site, event.person, day);
  return decision;
}

// ---- short notice

Decision on(const State& state, const messages::OpeningFound& event, Instant) {
  const std::string id = fact_id(event.site, event.opening.text());
  if (state.find<OpeningRecord>(id) != nullptr) return {};
  const LocalDay day = day_of(event.visit.local_start);
  Days days(state, event.site);
  days.count(FactTable::kOpenings, day, Measure::kOpeningFound, to_string(event.visit.purpose));
  Decision decision = days.finish();
  decision.put(id, OpeningRecord{.day = day, .purpose = event.visit.purpose, .ended = false});
  return decision;
}

/// Taken by whoever was offered it, or by anybody else: the chair is not empty.
Decision on(const State& state, const messages::OpeningEnded& event, Instant) {
  using enum messages::OpeningEnd;
  const std::string id = fact_id(event.site, event.opening.text());
  const OpeningRecord* opening = state.find<OpeningRecord>(id);
  if (opening == nullptr || opening->ended) return {};
  OpeningRecord changed = *opening;
  changed.ended = true;
  Days days(state, event.site);
  if (event.end == kWon || event.end == kTakenOtherwise) {
    days.count(FactTable::kOpenings, opening->day, Measure::kOpeningRefilled, to_string(opening->purpose));
  }
  Decision decision = days.finish();
  decision.put(id, std::move(changed));
  return decision;
}

// ---- treatment

/// Counts for the day of its first presentation. An item accepted without having been presented was presented by that.
Decision on(const State& state, const messages::ItemDecided& event, Instant now) {
  using enum ItemState;
  const bool presents = event.to != kFound;
  const bool accepted = event.to == kAccepted || event.to == kStarted || event.to == kCompleted;
  const std::string id = fact_id(event.site, event.plan.text() + "." + event.item.text());
  const ItemRecord* stored = state.find<ItemRecord>(id);
  if (stored == nullptr && !presents) return {};
  ItemRecord item = stored != nullptr ? *stored
                                      : ItemRecord{.presented_on = day_at(state, event.site, now),
                                                   .category = event.category,
                                                   .fee_minor = event.fee_minor,
                                                   .accepted = false};
  const std::string_view purpose = to_string(item.category);
  Days days(state, event.site);
  PersonCount& person = days.person(item.presented_on, event.person);
  if (stored == nullptr) ++person.presented;
  if (accepted && !item.accepted) ++person.accepted;
  if (!accepted && item.accepted) --person.accepted;
  if (stored == nullptr) days.count(FactTable::kCases, item.presented_on, Measure::kPresentedMoney, purpose, item.fee_minor);
  if (accepted != item.accepted) {
    days.count(FactTable::kCases, item.presented_on, Measure::kAcceptedMoney, purpose, accepted ? item.fee_minor : -item.fee_minor);
  }
  item.accepted = accepted;
  Decision decision = days.finish();
  if (stored == nullptr || item != *stored) decision.put(id, std::move(item));
  return decision;
}

/// A gap opens and closes; between the other states of its cover it stays open.
Decision gap_is(const State& state, const SiteId& site, const PersonId& person, const OpenGap& gap, Cover cover, LocalDay day) {
  const std::string id = fact_id(site, person.text());
  const PatientRecord* stored = state.find<PatientRecord>(id);
  PatientRecord record = stored == nullptr ? PatientRecord{} : *stored;
  auto& open = record.open_gaps;
  const auto at = std::ranges::lower_bound(open, gap.gap, {}, &OpenGap::gap);
  const bool was_open = at != open.end() && at->gap == gap.gap;
  const bool is_open = cover != Cover::kClosed;
  if (was_open == is_open) return {};

  const auto leaks = [&] { return std::ranges::count(open, gap.kind, &OpenGap::kind); };
  const std::string_view hole = to_string(gap.kind);
  Days days(state, site);
  if (is_open) {
    days.count(FactTable::kGaps, day, Measure::kGapOpened, hole);
    days.count(FactTable::kGaps, day, Measure::kGapOpenedMoney, hole, gap.fee_minor);
  } else {
    days.count(FactTable::kGaps, day, Measure::kGapClosed, hole);
    days.count(FactTable::kGaps, day, Measure::kGapClosedMoney, hole, at->fee_minor);
  }
  Decision decision = days.finish();
  if (is_open) {
    if (leaks() == 0) decision.add_to_index(leaking_index(site, gap.kind), person.text());
    open.insert(at, gap);
  } else {
    open.erase(at);
    if (leaks() == 0) decision.remove_from_index(leaking_index(site, gap.kind), person.text());
  }
  decision.put(id, std::move(record));
  return decision;
}
Decision on(const State& state, const messages::GapOpened& event, Instant now) {
  return gap_is(state, event.site, event.person, {.gap = event.gap, .kind = event.kind, .fee_minor = event.fee_minor}, event.cover,
                day_at(state, event.site, now));
}
Decision on(const State& state, const messages::GapChanged& event, Instant now) {
  return gap_is(state, event.site, event.person, {.gap = event.gap, .kind = event.kind, .fee_minor = event.fee_minor}, event.to,
                day_at(state, event.site, now));
}

// ---- surveys

Decision on(const State& state, const messages::SurveyAsked& event, Instant now) {
  const std::string id = fact_id(event.site, event.survey.text());
  if (state.find<SurveyRecord>(id) != nullptr) return {};
  const LocalDay day = day_at(state, event.site, now);
  Days days(state, event.site);
  days.count(FactTable::kAnswers, day, Measure::kAsked, "");
  Decision decision = days.finish();
  decision.put(id, SurveyRecord{.asked_on = day, .answered = false});
  return decision;
}
/// The score counts for the day of the answer; that there was one, for the day of the question.
Decision on(const State& state, const messages::SurveyAnswered& event, Instant now) {
  constexpr int kLowestPromoter = 9;
  constexpr int kHighestDetractor = 6;
  const std::string id = fact_id(event.site, event.survey.text());
  const SurveyRecord* survey = state.find<SurveyRecord>(id);
  if (survey != nullptr && survey->answered) return {};
  const LocalDay day = day_at(state, event.site, now);
  Days days(state, event.site);
  days.count(FactTable::kAnswers, day, Measure::kScored, "");
  if (event.score >= kLowestPromoter) days.count(FactTable::kAnswers, day, Measure::kPromoter, "");
  if (event.score <= kHighestDetractor) days.count(FactTable::kAnswers, day, Measure::kDetractor, "");
  if (event.promise_kept == "yes") days.count(FactTable::kAnswers, day, Measure::kPromiseKept, "");
  if (event.promise_kept == "no") days.count(FactTable::kAnswers, day, Measure::kPromiseBroken, "");
  if (survey != nullptr) days.count(FactTable::kAnswers, survey->asked_on, Measure::kAnswered, "");
  Decision decision = days.finish();
  decision.put(id, SurveyRecord{.asked_on = survey == nullptr ? day : survey->asked_on, .answered = true});
  return decision;
}

// ---- reference data

Decision on(const State&, const messages::SiteDefined& event, Instant) {
  Decision decision;
  decision.put(event.site.text(), SiteRecord{.zone = event.zone});
  return decision;
}
Decision on(const State&, const messages::CampaignStarted& event, Instant now) {
  Decision decision;
  const LocalDay started = event.from ? *event.from : runtime::local_day(now, "UTC");
  decision.put(event.campaign.text(), CampaignRecord{.started_on = started, .cost_minor = event.cost_minor});
  decision.add_to_index(std::string(kCampaignsIndex), event.campaign.text(), number_of(started));
  return decision;
}
/// A campaign that changes keeps the day on which it was known to start, unless a day is named.
Decision on(const State& state, const messages::CampaignChanged& event, Instant now) {
  const CampaignRecord* known = state.find<CampaignRecord>(event.campaign.text());
  const LocalDay otherwise = known != nullptr ? known->started_on : runtime::local_day(now, "UTC");
  const LocalDay started = event.from ? *event.from : otherwise;
  Decision decision;
  decision.put(event.campaign.text(), CampaignRecord{.started_on = started, .cost_minor = event.cost_minor});
  decision.add_to_index(std::string(kCampaignsIndex), event.campaign.text(), number_of(started));
  return decision;
}

}  // namespace

Decision decide(const State& state, const Message& message, Instant now) {
  return std::visit([&](const auto& m) { return on(state, m, now); }, message);
}

}  // namespace bridgework::analytics
