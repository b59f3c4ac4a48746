#pragma once
// The one gate: whether a message leaves, when, and if not, why.

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "outreach/state.hpp"

namespace bridgework::outreach {

/// When messages of a purpose may arrive, on the clock where the person lives. Data with a source, so that a lawyer can check it
/// without reading code.
struct QuietRule {
  MessagePurpose purpose;
  int from_hour;
  int until_hour;  ///< exclusive
  int sunday_from_hour;
  std::string_view source;
  std::string_view as_of;  ///< when somebody last read the source
};

inline constexpr std::array kQuietRules = {
    QuietRule{MessagePurpose::kTransactional, 8, 21, 8, "47 CFR 64.1200(c)(1), applied to informational messages too", "2026-11-22"},
    QuietRule{MessagePurpose::kReminder, 8, 21, 8, "47 CFR 64.1200(c)(1), applied to informational messages too", "2026-11-22"},
    QuietRule{MessagePurpose::kCare, 9, 20, 9, "strictest common state window (CT 09-20)", "2026-11-22"},
    QuietRule{MessagePurpose::kSurvey, 9, 20, 9, "strictest common state window (CT 09-20)", "2026-11-22"},
    QuietRule{MessagePurpose::kMarketing, 9, 20, 12, "CT 09-20 and Tex. SB 140, Sunday from 12", "2026-11-22"},
};

/// A rule as it applies here: the table's, narrowed by the configuration.
QuietRule quiet_rule(MessagePurpose purpose, const Config& config);

/// Whether the window is open in every one of the zones. Never in no zone at all.
bool is_open(Instant at, std::span<const std::string> zones, const QuietRule& rule);

/// The first moment from `at` on at which the window is open in every zone; nothing when there is none within nine days (zones that
/// never agree, a window narrowed to nothing).
std::optional<Instant> next_open(Instant at, std::span<const std::string> zones, const QuietRule& rule);

/// When the window that is open at `at` closes in the first of the zones.
Instant closes_at(Instant at, std::span<const std::string> zones, const QuietRule& rule);

/// Everything the gate looks at, and nothing else.
struct Question {
  const MessageRecord& message;
  const PersonRecord* person;    ///< nullptr: nobody has told us of this person
  const SubjectRecord* subject;  ///< nullptr: we never heard of what it is about
  Reach reach;
  bool suppressed;  ///< nothing may go to that contact point
  std::vector<std::string> zones;
  const Config& config;
  Instant now;
};

struct Verdict {
  enum class Outcome { kSend, kDefer, kWithhold };
  Outcome outcome = Outcome::kSend;
  MessageReason reason = MessageReason::kNone;
  Gone gone = Gone::kNot;  ///< with kReasonGone: what became of the reason
  Instant until{};         ///< with kDefer: ask again then

  bool operator==(const Verdict&) const = default;
};

/// Decides about one message at one moment.
///
/// The checks run in the order of `kChecks`, from "is there still anybody" over "is there still a reason" and "may we" to "is it a decent
/// hour", and the first that objects decides, so that the reason shown is the one that matters most. Nothing is remembered from the time
/// of planning: each check looks at what is true at `now`. A message that would be put off past its usefulness is withheld at once.
Verdict gate(const Question& question);

/// One check: its name in logs and tests, and its objection if it has one.
struct Check {
  std::string_view name;
  std::optional<Verdict> (*object)(const Question&);
};

/// The gate's table, in the order in which it is asked.
std::span<const Check> checks();

}  // namespace bridgework::outreach
