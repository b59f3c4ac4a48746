#include "outreach/gate.hpp"

#include <algorithm>
#include <chrono>

#include "runtime/zone.hpp"

namespace bridgework::outreach {
namespace {

using namespace std::chrono_literals;
using Outcome = Verdict::Outcome;

/// Windows begin and end on a quarter of an hour, and so does every change of every zone's clock; steps of that size miss no opening
/// and need no case for spring gaps and autumn folds.
constexpr auto kStep = 15min;
constexpr auto kSearch = std::chrono::days{9};
constexpr auto kWeek = std::chrono::days{7};

Verdict withhold(MessageReason reason, Gone gone = Gone::kNot) { return {Outcome::kWithhold, reason, gone, {}}; }

/// Puts off to the first open moment from `free_at` on.
Verdict defer(const Question& q, MessageReason reason, Instant free_at) {
  const auto until = next_open(free_at, q.zones, quiet_rule(q.message.purpose, q.config));
  if (!until) return withhold(MessageReason::kQuietHours);
  return {Outcome::kDefer, reason, Gone::kNot, *until};
}

std::optional<Verdict> person_gone(const Question& q) {
  if (q.person == nullptr || !is_gone(*q.person)) return std::nullopt;
  return withhold(MessageReason::kPersonGone);
}

std::optional<Verdict> imported(const Question& q) {
  if (q.subject == nullptr || q.subject->provenance != Provenance::kImported) return std::nullopt;
  return withhold(MessageReason::kImported);
}

std::optional<Verdict> reason_gone(const Question& q) {
  if (q.subject == nullptr) return withhold(MessageReason::kReasonGone, Gone::kNeverHeard);
  if (q.subject->gone != Gone::kNot) return withhold(MessageReason::kReasonGone, q.subject->gone);
  switch (q.subject->kind) {
    case SubjectKind::kVisit:
      if (q.subject->visit_start != q.message.visit_start) return withhold(MessageReason::kReasonGone, Gone::kVisitMoved);
      return std::nullopt;
    case SubjectKind::kGap:
      if (q.subject->newest_step > q.message.step) return withhold(MessageReason::kReasonGone, Gone::kLaterStep);
      return std::nullopt;
    case SubjectKind::kEnquiry:
    case SubjectKind::kSurvey:
    case SubjectKind::kOffer: return std::nullopt;
  }
  return std::nullopt;
}

std::optional<Verdict> no_contact(const Question& q) {
  if (!q.reach.contact.empty()) return std::nullopt;
  return withhold(MessageReason::kNoContact);
}

/// Whoever has said yes is reminded once more, right before the visit.
std::optional<Verdict> confirmed(const Question& q) {
  if (q.message.programme != kReminder || !q.message.another_follows || !q.subject->confirmed) return std::nullopt;
  return withhold(MessageReason::kConfirmed);
}

std::optional<Verdict> suppressed(const Question& q) {
  if (!q.suppressed) return std::nullopt;
  return withhold(MessageReason::kSuppressed);
}

std::optional<Verdict> no_consent(const Question& q) {
  ConsentState state = ConsentState::kUnknown;
  if (q.person != nullptr) {
    for (const auto& consent : q.person->consents) {
      if (consent.purpose == q.message.purpose && consent.channel == q.reach.channel) state = consent.state;
    }
  }
  const bool allowed =
      state == ConsentState::kGranted || (state == ConsentState::kUnknown && q.message.purpose != MessagePurpose::kMarketing);
  if (allowed) return std::nullopt;
  return withhold(MessageReason::kNoConsent);
}

std::optional<Verdict> too_late(const Question& q) {
  if (!q.message.useful_until || q.now < *q.message.useful_until) return std::nullopt;
  return withhold(MessageReason::kTooLate);
}

/// What the patient asked for or needs to keep a visit is not capped; it still counts, so that care waits for it.
bool is_capped(MessagePurpose purpose) {
  switch (purpose) {
    case MessagePurpose::kTransactional:
    case MessagePurpose::kReminder: return false;
    case MessagePurpose::kCare:
    case MessagePurpose::kSurvey:
    case MessagePurpose::kMarketing: return true;
  }
  return true;
}

std::optional<Verdict> cap_of_the_week(const Question& q) {
  if (!is_capped(q.message.purpose) || q.person == nullptr) return std::nullopt;
  if (q.config.cap_per_week <= 0) return withhold(MessageReason::kCapWeek);
  std::vector<Instant> recent;
  for (const auto& mark : q.person->sends) {
    if (mark.at > q.now - kWeek) recent.push_back(mark.at);
  }
  const auto cap = static_cast<std::size_t>(q.config.cap_per_week);
  if (recent.size() < cap) return std::nullopt;
  std::ranges::sort(recent);
  return defer(q, MessageReason::kCapWeek, recent[recent.size() - cap] + kWeek);
}

std::optional<Verdict> cap_of_the_day(const Question& q) {
  if (!is_capped(q.message.purpose) || q.person == nullptr) return std::nullopt;
  if (q.config.cap_per_day <= 0) return withhold(MessageReason::kCapDay);
  std::optional<Instant> free_at;
  for (const auto& zone : q.zones) {
    const LocalDay today = runtime::local_day(q.now, zone);
    const auto sent_today =
        std::ranges::count_if(q.person->sends, [&](const SendMark& mark) { return runtime::local_day(mark.at, zone) == today; });
    if (sent_today < q.config.cap_per_day) continue;
    free_at = std::max(free_at.value_or(q.now), runtime::day_start(today + std::chrono::days{1}, zone));
  }
  if (!free_at) return std::nullopt;
  return defer(q, MessageReason::kCapDay, *free_at);
}

std::optional<Verdict> quiet_hours(const Question& q) {
  if (is_open(q.now, q.zones, quiet_rule(q.message.purpose, q.config))) return std::nullopt;
  return defer(q, MessageReason::kQuietHours, q.now);
}

constexpr std::array kChecks = {
    Check{"person_gone", person_gone},       Check{"imported", imported},       Check{"reason_gone", reason_gone},
    Check{"confirmed", confirmed},           Check{"no_contact", no_contact},   Check{"suppressed", suppressed},
    Check{"no_consent", no_consent},         Check{"too_late", too_late},       Check{"cap_of_the_week", cap_of_the_week},
    Check{"cap_of_the_day", cap_of_the_day}, Check{"quiet_hours", quiet_hours},
};

}  // namespace

QuietRule quiet_rule(MessagePurpose purpose, const Config& config) {
  const auto found = std::ranges::find(kQuietRules, purpose, &QuietRule::purpose);
  // A purpose without a rule of its own gets the strictest one.
  QuietRule rule = found == kQuietRules.end() ? kQuietRules.back() : *found;
  const int earliest = static_cast<int>(std::clamp<std::int64_t>(config.earliest_hour, 0, 24));
  const int latest = static_cast<int>(std::clamp<std::int64_t>(config.latest_hour, 0, 24));
  rule.from_hour = std::max(rule.from_hour, earliest);
  rule.sunday_from_hour = std::max(rule.sunday_from_hour, earliest);
  rule.until_hour = std::min(rule.until_hour, latest);
  return rule;
}

bool is_open(Instant at, std::span<const std::string> zones, const QuietRule& rule) {
  constexpr int kSunday = 7;
  return !zones.empty() && std::ranges::all_of(zones, [&](const std::string& zone) {
    const LocalTime clock = runtime::to_local(at, zone);
    const bool sunday = runtime::weekday(std::chrono::floor<std::chrono::days>(clock)) == kSunday;
    const int minute = runtime::minute_of_day(clock);
    return minute >= 60 * (sunday ? rule.sunday_from_hour : rule.from_hour) && minute < 60 * rule.until_hour;
  });
}

std::optional<Instant> next_open(Instant at, std::span<const std::string> zones, const QuietRule& rule) {
  if (is_open(at, zones, rule)) return at;
  const Instant end = at + kSearch;
  using QuarterHours = std::chrono::duration<std::int64_t, std::ratio<900>>;
  for (Instant step{std::chrono::floor<QuarterHours>(at.time_since_epoch()) + kStep}; step <= end; step += kStep) {
    if (is_open(step, zones, rule)) return step;
  }
  return std::nullopt;
}

Instant closes_at(Instant at, std::span<const std::string> zones, const QuietRule& rule) {
  using QuarterHours = std::chrono::duration<std::int64_t, std::ratio<900>>;
  Instant step{std::chrono::floor<QuarterHours>(at.time_since_epoch())};
  const Instant end = at + kSearch;
  while (step <= at || (step <= end && is_open(step, zones, rule))) step += kStep;
  return step;
}

std::span<const Check> checks() { return kChecks; }

Verdict gate(const Question& question) {
  for (const Check& check : kChecks) {
    const auto objection = check.object(question);
    if (!objection) continue;
    const bool useless_by_then =
        objection->outcome == Outcome::kDefer && question.message.useful_until && objection->until >= *question.message.useful_until;
    return useless_by_then ? withhold(MessageReason::kTooLate) : *objection;
  }
  return {};
}

}  // namespace bridgework::outreach
