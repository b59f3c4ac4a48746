#include "analytics/kpi.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <set>
#include <string>

namespace bridgework::analytics {
namespace {

using enum Measure;

using Terms = std::span<const Term>;
using Dimensions = std::span<const std::string_view>;

constexpr std::string_view kSite = "site";
constexpr std::string_view kDay = "day";
constexpr std::string_view kMonth = "month";

constexpr std::array<std::string_view, 4> kByPurpose = {kSite, kDay, kMonth, "purpose"};
constexpr std::array<std::string_view, 4> kByCampaign = {kSite, kDay, kMonth, "campaign"};
constexpr std::array<std::string_view, 4> kBySource = {kSite, kDay, kMonth, "source"};
constexpr std::array<std::string_view, 2> kByHole = {kSite, "hole"};
constexpr std::array<std::string_view, 3> kByTime = {kSite, kDay, kMonth};
constexpr std::array<std::string_view, 1> kBySite = {kSite};
constexpr std::array<std::string_view, 1> kByCampaignOnly = {"campaign"};

constexpr std::array kPassed = {Term{kCompleted}, Term{kNoShow}, Term{kAwaitingOutcome}};
constexpr std::array kPassedOrCancelled = {Term{kCompleted}, Term{kNoShow}, Term{kAwaitingOutcome}, Term{kCancelled}};
constexpr std::array kOfNoShow = {Term{kNoShow}};
constexpr std::array kOfCancelledLate = {Term{kCancelledLate}};
constexpr std::array kOfSeated = {Term{kSeated}};
constexpr std::array kOfWaitedOver = {Term{kWaitedOverLimit}};
constexpr std::array kOfWaitedMinutes = {Term{kWaitedMinutes}};
constexpr std::array kOfCheckedOut = {Term{kCheckedOut}};
constexpr std::array kOfNextAgreed = {Term{kNextVisitAgreed}};
constexpr std::array kOfReceived = {Term{kReceived}};
constexpr std::array kOfBooked = {Term{kBooked}};
constexpr std::array kOfKept = {Term{kKept}};
constexpr std::array kOfContacted = {Term{kContacted}};
constexpr std::array kOfContactedInTime = {Term{kContactedInTime}};
constexpr std::array kOfContactMinutes = {Term{kContactMinutes}};
constexpr std::array kOfContactedInBusinessTime = {Term{kContactedInBusinessTime}};
constexpr std::array kOfContactBusinessMinutes = {Term{kContactBusinessMinutes}};
constexpr std::array kOfOpeningRefilled = {Term{kOpeningRefilled}};
constexpr std::array kOfOpeningFound = {Term{kOpeningFound}};
constexpr std::array kOfBookedAfterNotBooked = {Term{kBookedAfterNotBooked}};
constexpr std::array kOfCalledNotBooked = {Term{kCalledNotBooked}};
constexpr std::array kOfAskedMoney = {Term{kAskedMoney}};
constexpr std::array kOfAskedMoneyBooked = {Term{kAskedMoneyBooked}};
constexpr std::array kOfAskedMoneyOpen = {Term{kAskedMoney}, Term{kAskedMoneyBooked, -1}};
constexpr std::array kOfCampaignCost = {Term{kCampaignCost}};
constexpr std::array kOfKeptFromCampaign = {Term{kKeptFromCampaign}};
constexpr std::array kOfReceivedFromCampaign = {Term{kReceivedFromCampaign}};
constexpr std::array kOfBookedFromCampaign = {Term{kBookedFromCampaign}};
constexpr std::array kOfKeptFirstTouch = {Term{kKeptFirstTouch}};
constexpr std::array kOfKeptLastTouch = {Term{kKeptLastTouch}};
constexpr std::array kOfProducedMoney = {Term{kProducedMoney}};
constexpr std::array kOfReceivedFromSource = {Term{kReceivedFromSource}};
constexpr std::array kOfPresentedPerson = {Term{kPresentedPerson}};
constexpr std::array kOfAcceptedPerson = {Term{kAcceptedPerson}};
constexpr std::array kOfPresentedMoney = {Term{kPresentedMoney}};
constexpr std::array kOfAcceptedMoney = {Term{kAcceptedMoney}};
constexpr std::array kOfOpenMoney = {Term{kGapOpenedMoney}, Term{kGapClosedMoney, -1}};
constexpr std::array kOfPromoterPoints = {Term{kPromoter, 100}, Term{kDetractor, -100}};
constexpr std::array kOfScored = {Term{kScored}};
constexpr std::array kOfPromiseKept = {Term{kPromiseKept}};
constexpr std::array kOfPromises = {Term{kPromiseKept}, Term{kPromiseBroken}};
constexpr std::array kOfAsked = {Term{kAsked}};
constexpr std::array kOfAnswered = {Term{kAnswered}};
constexpr std::array kOfActivePatient = {Term{kActivePatient}};

constexpr std::array kDefinitions = {
    Definition{"no_show_rate", 1, "No-show rate",
               "Visits marked no-show, divided by visits whose time has passed and that were neither cancelled nor moved; by the local day "
               "of the visit.",
               "ratio", FactTable::kVisits, Reading::kSum, Window::kPeriod, Terms(kOfNoShow), Terms(kPassed), Dimensions(kByPurpose)},
    Definition{"late_cancel_rate", 1, "Late-cancel rate",
               "Visits that the patient cancelled less than 24 hours before their time, divided by visits that were cancelled or whose "
               "time has passed, moved ones left out; by the local day of the visit.",
               "ratio", FactTable::kVisits, Reading::kSum, Window::kPeriod, Terms(kOfCancelledLate), Terms(kPassedOrCancelled),
               Dimensions(kByPurpose)},
    Definition{"waiting_over_limit_rate", 1, "Waited too long",
               "Seated patients who had waited longer than their site's limit, divided by all seated patients.", "ratio",
               FactTable::kVisits, Reading::kSum, Window::kPeriod, Terms(kOfWaitedOver), Terms(kOfSeated), Dimensions(kByPurpose)},
    Definition{"waiting_minutes", 1, "Waiting time",
               "Minutes from arrival, or from the agreed time when that is later, until seated; divided by seated patients.", "minutes",
               FactTable::kVisits, Reading::kSum, Window::kPeriod, Terms(kOfWaitedMinutes), Terms(kOfSeated), Dimensions(kByPurpose)},
    Definition{"reappointment_rate", 1, "Reappointment, any purpose",
               "Check-outs at which a next visit was agreed, divided by all check-outs.", "ratio", FactTable::kVisits, Reading::kSum,
               Window::kPeriod, Terms(kOfNextAgreed), Terms(kOfCheckedOut), Dimensions(kByPurpose)},
    Definition{"enquiries", 1, "Enquiries", "Enquiries received, by the local day on which they came.", "enquiries", FactTable::kEnquiries,
               Reading::kSum, Window::kPeriod, Terms(kOfReceived), Terms(), Dimensions(kByCampaign)},
    Definition{"lead_conversion_booked", 1, "Enquiries that booked",
               "Of the enquiries received in the period, those that have booked a visit so far.", "ratio", FactTable::kEnquiries,
               Reading::kSum, Window::kPeriod, Terms(kOfBooked), Terms(kOfReceived), Dimensions(kByCampaign)},
    Definition{"lead_conversion_kept", 1, "Enquiries that came",
               "Of the enquiries received in the period, those that have kept a visit so far.", "ratio", FactTable::kEnquiries,
               Reading::kSum, Window::kPeriod, Terms(kOfKept), Terms(kOfReceived), Dimensions(kByCampaign)},
    Definition{"speed_to_lead_mean", 1, "Speed to lead, mean",
               "Minutes, each begun one counted, from an enquiry to the first conversation with a human being; divided by the enquiries of "
               "the period that had one.",
               "minutes", FactTable::kEnquiries, Reading::kSum, Window::kPeriod, Terms(kOfContactMinutes), Terms(kOfContacted),
               Dimensions(kByCampaign)},
    Definition{"speed_to_lead_in_time", 1, "Answered in time",
               "Enquiries of the period whose first conversation with a human being came within the standard, divided by all enquiries "
               "of the period: nobody who is still waiting is left out.",
               "ratio", FactTable::kEnquiries, Reading::kSum, Window::kPeriod, Terms(kOfContactedInTime), Terms(kOfReceived),
               Dimensions(kByCampaign)},
    Definition{"speed_to_lead_mean", 2, "Speed to lead, mean",
               "Minutes for which the site was open, each begun one counted, from an enquiry to the first conversation with a human being; "
               "divided by the enquiries of the period that had one.",
               "minutes", FactTable::kEnquiries, Reading::kSum, Window::kPeriod, Terms(kOfContactBusinessMinutes), Terms(kOfContacted),
               Dimensions(kByCampaign)},
    Definition{"speed_to_lead_in_time", 2, "Answered in time",
               "Enquiries of the period whose first conversation with a human being came before the site had been open for longer than the "
               "standard, divided by all enquiries of the period: nobody who is still waiting is left out.",
               "ratio", FactTable::kEnquiries, Reading::kSum, Window::kPeriod, Terms(kOfContactedInBusinessTime), Terms(kOfReceived),
               Dimensions(kByCampaign)},
    Definition{
        "refill_rate", 1, "Refill rate",
        "Times that became free early enough to be offered to somebody else and were taken again, by an accepted offer or otherwise; "
        "divided by all times that became free so, those still open too; by the local day of the visit that did not take place.",
        "ratio", FactTable::kOpenings, Reading::kSum, Window::kPeriod, Terms(kOfOpeningRefilled), Terms(kOfOpeningFound),
        Dimensions(kByPurpose)},
    Definition{"booked_after_no", 1, "Booked after a no",
               "Of the enquiries received in the period with whom a conversation ended without a visit, those that have booked since.",
               "ratio", FactTable::kEnquiries, Reading::kSum, Window::kPeriod, Terms(kOfBookedAfterNotBooked), Terms(kOfCalledNotBooked),
               Dimensions(kByCampaign)},
    Definition{
        "lead_conversion_value", 1, "Enquiries that booked, by value",
        "Of the estimated value of what was asked for by the enquiries received in the period, the part of those that have booked so "
        "far. Enquiries without an estimate are left out; estimates are those of whoever was on the phone.",
        "ratio", FactTable::kEnquiries, Reading::kSum, Window::kPeriod, Terms(kOfAskedMoneyBooked), Terms(kOfAskedMoney),
        Dimensions(kByCampaign)},
    Definition{
        "opportunity_open", 1, "Asked for and not booked, estimate",
        "Estimated value, in minor units of the group's currency, of what was asked for by enquiries received in the period that have "
        "not booked so far.",
        "minor_units", FactTable::kEnquiries, Reading::kSum, Window::kPeriod, Terms(kOfAskedMoneyOpen), Terms(), Dimensions(kByCampaign)},
    Definition{"enquiries_by_source", 1, "Enquiries by source",
               "Enquiries received or imported, by where they came from and the local day on which they came.", "enquiries",
               FactTable::kSources, Reading::kSum, Window::kPeriod, Terms(kOfReceivedFromSource), Terms(), Dimensions(kBySource)},
    Definition{"kept_by_first_touch", 1, "Came, by first touch",
               "Enquiries of the period that have kept a visit so far, by the campaign of the person's first enquiry.", "enquiries",
               FactTable::kEnquiries, Reading::kSum, Window::kPeriod, Terms(kOfKeptFirstTouch), Terms(), Dimensions(kByCampaign)},
    Definition{"kept_by_last_touch", 1, "Came, by last touch",
               "Enquiries of the period that have kept a visit so far, by the campaign of the person's newest enquiry that names one.",
               "enquiries", FactTable::kEnquiries, Reading::kSum, Window::kPeriod, Terms(kOfKeptLastTouch), Terms(),
               Dimensions(kByCampaign)},
    Definition{"cost_per_lead", 1, "Cost per lead",
               "Cost of the campaigns that started in the period, in minor units of the group's currency, divided by the enquiries of the "
               "period that came from a campaign.",
               "minor_units", FactTable::kEnquiries, Reading::kSum, Window::kPeriod, Terms(kOfCampaignCost), Terms(kOfReceivedFromCampaign),
               Dimensions(kByCampaignOnly), false},
    Definition{"cost_per_booked_lead", 1, "Cost per booked lead",
               "Cost of the campaigns that started in the period, in minor units of the group's currency, divided by the enquiries of the "
               "period that came from a campaign and have booked a visit.",
               "minor_units", FactTable::kEnquiries, Reading::kSum, Window::kPeriod, Terms(kOfCampaignCost), Terms(kOfBookedFromCampaign),
               Dimensions(kByCampaignOnly), false},
    Definition{"return_on_spend", 1, "Return on spend",
               "Fees of completed treatment of persons whom the campaigns' enquiries of the period have won, divided by the cost of the "
               "campaigns that started in the period. Nothing where no cost is known.",
               "ratio", FactTable::kEnquiries, Reading::kSum, Window::kPeriod, Terms(kOfProducedMoney), Terms(kOfCampaignCost),
               Dimensions(kByCampaignOnly), false},
    Definition{"cost_per_kept_new_patient", 1, "Cost per kept new patient",
               "Cost of the campaigns that started in the period, in minor units of the group's currency, divided by the enquiries of the "
               "period that came from a campaign and have kept a visit. A campaign's cost is known for the campaign, not for each site.",
               "minor_units", FactTable::kEnquiries, Reading::kSum, Window::kPeriod, Terms(kOfCampaignCost), Terms(kOfKeptFromCampaign),
               Dimensions(kByCampaignOnly), false},
    Definition{
        "case_acceptance_patients", 1, "Case acceptance, patients",
        "Patients to whom treatment was presented first in the period, and who have accepted at least one item of it so far; divided by "
        "all of these patients. Each counts once per row and once in the total.",
        "ratio", FactTable::kCases, Reading::kDistinctPersons, Window::kPeriod, Terms(kOfAcceptedPerson), Terms(kOfPresentedPerson),
        Dimensions(kByTime)},
    Definition{"case_acceptance_money", 1, "Case acceptance, money",
               "Fees of the items presented first in the period that are accepted so far, divided by the fees of all of these items.",
               "ratio", FactTable::kCases, Reading::kSum, Window::kPeriod, Terms(kOfAcceptedMoney), Terms(kOfPresentedMoney),
               Dimensions(kByPurpose)},
    Definition{"unfinished_treatment_money", 1, "Unfinished treatment, money",
               "Fees of all care gaps that are open at the end of the last day asked for, in minor units.", "minor_units", FactTable::kGaps,
               Reading::kSum, Window::kUntil, Terms(kOfOpenMoney), Terms(), Dimensions(kByHole)},
    Definition{"nps", 1, "Net promoter score",
               "100 times (answers of 9 and 10 minus answers of 0 to 6), divided by all answers; exact, and below zero when unhappy "
               "answers prevail.",
               "points", FactTable::kAnswers, Reading::kSum, Window::kPeriod, Terms(kOfPromoterPoints), Terms(kOfScored),
               Dimensions(kByTime)},
    Definition{"promise_kept", 1, "Promise kept", "Answers that what we promised was kept, divided by answers that say whether it was.",
               "ratio", FactTable::kAnswers, Reading::kSum, Window::kPeriod, Terms(kOfPromiseKept), Terms(kOfPromises),
               Dimensions(kByTime)},
    Definition{"survey_response_rate", 1, "Survey response rate", "Of the surveys asked in the period, those answered so far.", "ratio",
               FactTable::kAnswers, Reading::kSum, Window::kPeriod, Terms(kOfAnswered), Terms(kOfAsked), Dimensions(kByTime)},
    Definition{"active_patients", 1, "Active patients",
               "Persons with a completed visit in the 18 months that end with the last day asked for. Who goes to two sites counts once in "
               "the total and once at each.",
               "persons", FactTable::kPatients, Reading::kDistinctPersons, Window::kCareHorizon, Terms(kOfActivePatient), Terms(),
               Dimensions(kBySite)},
};

const std::string& or_none(const std::string& text) {
  static const std::string kNone = "none";
  return text.empty() ? kNone : text;
}

std::string key_of_row(const Fact& fact, std::string_view dimension) {
  if (dimension == kSite) return or_none(fact.site);
  if (dimension == kDay) return day_text(fact.day);
  if (dimension == kMonth) return month_text(fact.day);
  return or_none(fact.part);
}

std::int64_t weight_in(Terms terms, Measure measure) {
  for (const Term& term : terms)
    if (term.measure == measure) return term.weight;
  return 0;
}

struct Persons {
  std::set<std::string_view> numerator;
  std::set<std::string_view> denominator;

  Ratio ratio() const { return {static_cast<std::int64_t>(numerator.size()), static_cast<std::int64_t>(denominator.size())}; }
};

Figure count_persons(const Definition& definition, std::span<const Fact> facts, std::string_view dimension) {
  Persons total;
  std::map<std::string, Persons> rows;
  for (const Fact& fact : facts) {
    const bool above = weight_in(definition.numerator, fact.measure) != 0;
    const bool below = weight_in(definition.denominator, fact.measure) != 0;
    if (!above && !below) continue;
    const auto add = [&](Persons& persons) {
      if (above) persons.numerator.insert(fact.person);
      if (below) persons.denominator.insert(fact.person);
    };
    add(total);
    if (!dimension.empty()) add(rows[key_of_row(fact, dimension)]);
  }
  Figure figure{.total = total.ratio(), .rows = {}};
  for (const auto& [key, persons] : rows) figure.rows.emplace(key, persons.ratio());
  return figure;
}

Figure sum_up(const Definition& definition, std::span<const Fact> facts, std::string_view dimension) {
  Figure figure;
  for (const Fact& fact : facts) {
    const std::int64_t above = weight_in(definition.numerator, fact.measure);
    const std::int64_t below = weight_in(definition.denominator, fact.measure);
    if (above == 0 && below == 0) continue;
    const auto add = [&](Ratio& ratio) {
      ratio.numerator += above * fact.amount;
      ratio.denominator += below * fact.amount;
    };
    add(figure.total);
    if (!dimension.empty()) add(figure.rows[key_of_row(fact, dimension)]);
  }
  return figure;
}

}  // namespace

std::string Definition::id() const { return std::string(name) + "@" + std::to_string(version); }

std::span<const Definition> definitions() { return kDefinitions; }

const Definition* find_definition(std::string_view id) {
  const Definition* newest = nullptr;
  for (const Definition& definition : kDefinitions) {
    if (definition.id() == id) return &definition;
    if (definition.name == id && (newest == nullptr || newest->version < definition.version)) newest = &definition;
  }
  return newest;
}

bool allows(const Definition& definition, std::string_view dimension) {
  return std::ranges::find(definition.dimensions, dimension) != definition.dimensions.end();
}

bool uses(const Definition& definition, Measure measure) {
  return weight_in(definition.numerator, measure) != 0 || weight_in(definition.denominator, measure) != 0;
}

Figure evaluate(const Definition& definition, std::span<const Fact> facts, std::string_view dimension) {
  Figure figure = definition.reading == Reading::kSum ? sum_up(definition, facts, dimension) : count_persons(definition, facts, dimension);
  if (definition.denominator.empty()) {
    figure.total.denominator = 1;
    for (auto& [key, ratio] : figure.rows) ratio.denominator = 1;
  }
  return figure;
}

LocalDay care_since(LocalDay last) {
  const std::chrono::year_month_day date{last};
  std::chrono::year_month_day since = date - std::chrono::months(kCareMonths);
  if (!since.ok()) since = since.year() / since.month() / std::chrono::last;
  return LocalDay{since};
}

std::string day_text(LocalDay day) {
  const std::chrono::year_month_day date{day};
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02u", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()));
  return text.data();
}

std::string month_text(LocalDay day) { return day_text(day).substr(0, 7); }

}  // namespace bridgework::analytics
