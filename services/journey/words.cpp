#include "journey/words.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>

namespace bridgework::journey {
namespace {

constexpr std::size_t kWordsMaxBytes = 1024;

/// "Tue 3 Mar 2026, 09:30".
std::string clock_words(LocalTime local) {
  static constexpr std::array kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(local);
  const std::chrono::year_month_day date{day};
  const auto minute = std::chrono::floor<std::chrono::minutes>(local - day).count();
  const std::chrono::weekday weekday{day};
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%s %u %s %d, %02d:%02d", kDays.at(weekday.c_encoding()), static_cast<unsigned>(date.day()),
                kMonths.at(static_cast<unsigned>(date.month()) - 1), static_cast<int>(date.year()), static_cast<int>(minute / 60),
                static_cast<int>(minute % 60));
  return text.data();
}

std::string day_words(LocalDay day) {
  const std::chrono::year_month_day date{day};
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02u", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()));
  return text.data();
}

/// "90 seconds", "4 minutes", "3 hours".
std::string duration_words(std::int64_t seconds) {
  const auto counted = [](std::int64_t n, const char* unit) { return std::to_string(n) + " " + unit + (n == 1 ? "" : "s"); };
  if (seconds < 120) return counted(seconds, "second");
  if (seconds < 2 * 3600) return counted(seconds / 60, "minute");
  if (seconds < 2 * 86400) return counted(seconds / 3600, "hour");
  return counted(seconds / 86400, "day");
}

std::string by_words(std::string_view by) { return by.empty() ? std::string() : " by " + std::string(by); }

std::string because(std::string_view reason) { return reason.empty() ? std::string() : ": " + std::string(reason); }

template <class Enum>
std::string name(Enum value) {
  return spoken(to_string(value));
}

std::string visit_words(const messages::Visit& visit) { return name(visit.purpose) + " visit on " + clock_words(visit.local_start); }

std::string gap_words(messages::GapKind kind) {
  using enum messages::GapKind;
  switch (kind) {
    case kNotDiagnosed: return "no examination within the interval";
    case kNotPresented: return "found, but never presented";
    case kUndecided: return "presented, but not decided";
    case kNotScheduled: return "accepted, but no visit agreed";
    case kNotKept: return "visit not kept and not booked again";
    case kUnfinished: return "treatment started, but not finished";
    case kHygieneOverdue: return "hygiene overdue";
    case kRecallDue: return "recall due";
  }
  return {};
}

std::string cover_words(messages::Cover cover) {
  using enum messages::Cover;
  switch (cover) {
    case kActive: return "being followed up";
    case kCovered: return "covered by a future visit";
    case kOnHold: return "on hold";
    case kClosed: return "closed";
  }
  return {};
}

std::string defect_words(messages::DefectKind kind) {
  using enum messages::DefectKind;
  switch (kind) {
    case kWaitedTooLong: return "waited too long";
    case kAnsweredLate: return "answered late";
    case kBillLate: return "the bill came late";
    case kBillWrong: return "the bill was wrong";
    case kNegativeAnswer: return "a negative answer";
    case kPromiseNotKept: return "a promise was not kept";
    case kOther: return "something went wrong";
  }
  return {};
}

std::string unit_words(messages::DefectKind kind) {
  using enum messages::DefectKind;
  switch (kind) {
    case kWaitedTooLong:
    case kAnsweredLate: return " minutes";
    case kNegativeAnswer: return " out of 10";
    case kBillLate: return " days";
    case kBillWrong:
    case kPromiseNotKept:
    case kOther: return "";
  }
  return {};
}

}  // namespace

std::string cut(std::string text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0u) == 0x80u) --bytes;
  text.resize(bytes);
  return text;
}

std::string spoken(std::string_view snake_case) {
  std::string words(snake_case);
  for (char& c : words)
    if (c == '_') c = ' ';
  return words;
}

std::string words_of(const messages::PersonRegistered& event) {
  return "Known to us from now on, as a " + name(event.profile.status) + ".";
}

std::string words_of(const messages::PersonChanged& event) { return "Details changed; now " + name(event.profile.status) + "."; }

std::string words_of(const messages::EnquiryReceived& event) {
  std::string words = "Asked us by " + name(event.channel) + " (" + name(event.source) + ")";
  if (!event.campaign.empty()) words += ", campaign " + event.campaign.text();
  return cut(words + because(event.text.reveal()) + (event.text.reveal().empty() ? "." : ""), kWordsMaxBytes);
}

std::string words_of(const messages::EnquiryAcknowledged& event) {
  return "Enquiry acknowledged after " + duration_words(event.waited_seconds) + ".";
}

std::string words_of(const messages::LeadClaimed& event) { return "Enquiry taken on" + by_words(event.by) + "."; }

std::string words_of(const messages::CallRecorded& event) {
  return cut("Call" + by_words(event.by) + ", " + name(event.outcome) + because(event.reason.reveal()) + ".", kWordsMaxBytes);
}

std::string words_of(const messages::EnquiryContacted& event) {
  return "First conversation" + by_words(event.by) + ", " + duration_words(event.waited_seconds) + " after the enquiry.";
}

std::string words_of(const messages::EnquiryMatched& event) {
  return std::string("Somebody asked who shares a phone or an address with this patient, or is this patient") +
         (event.unfinished_care ? "; there is unfinished care." : ".");
}

std::string words_of(const messages::SpeedToLeadBreached& event) {
  const bool is_answer = event.clock == messages::SpeedClock::kAcknowledgement;
  return std::string(is_answer ? "No automatic answer" : "Nobody called back") + " within " + duration_words(event.limit_seconds) +
         " of business time.";
}

std::string words_of(const messages::EnquiryAdvanced& event) {
  return cut("Enquiry is now " + name(event.to) + because(event.reason) + ".", kWordsMaxBytes);
}

std::string words_of(const messages::AppointmentHeld& event) { return "Time held: " + visit_words(event.visit) + "."; }

std::string words_of(const messages::AppointmentBooked& event) {
  return (event.moved_from.empty() ? "Booked: " : "Booked instead of the earlier time: ") + visit_words(event.visit) + ".";
}

std::string words_of(const messages::AppointmentConfirmed& event) { return "Confirmed the " + visit_words(event.visit) + "."; }

std::string words_of(const messages::AppointmentMoved& event) { return "Moved the " + visit_words(event.visit) + " to another time."; }

std::string words_of(const messages::AppointmentCancelled& event) {
  return cut("Cancelled by the " + name(event.by) + ", " + duration_words(event.notice_minutes * 60) +
                 " before: " + visit_words(event.visit) + because(event.reason.reveal()) + ".",
             kWordsMaxBytes);
}

std::string words_of(const messages::AppointmentNoShow& event) { return "Did not come to the " + visit_words(event.visit) + "."; }

std::string words_of(const messages::AppointmentArrived& event) { return "Arrived for the " + visit_words(event.visit) + "."; }

std::string words_of(const messages::AppointmentSeated& event) {
  return "Seated after a wait of " + std::to_string(event.waited_minutes) + " minutes (limit " + std::to_string(event.wait_limit_minutes) +
         ").";
}

std::string words_of(const messages::VisitWaitedTooLong& event) {
  return "Still waiting after " + std::to_string(event.waited_minutes) + " minutes (limit " + std::to_string(event.wait_limit_minutes) +
         ").";
}

std::string words_of(const messages::AppointmentCompleted& event) { return "Completed the " + visit_words(event.visit) + "."; }

std::string words_of(const messages::AppointmentCheckedOut& event) {
  return "Checked out" + by_words(event.by) + (event.next_visit_agreed ? ", next visit agreed" : ", no next visit agreed") +
         "; balance: " + name(event.balance) + ".";
}

std::string words_of(const messages::VisitImported& event) {
  return "Imported: " + visit_words(event.visit) + ", " + name(event.outcome) + ".";
}

std::string words_of(const messages::TreatmentPlanCreated& event) {
  return "Treatment plan with " + std::to_string(event.items.size()) + (event.items.size() == 1 ? " item." : " items.");
}

std::string words_of(const messages::ItemDecided& event) {
  std::string words = "Treatment (" + name(event.category) + ") " + name(event.to);
  if (event.reason != messages::DecisionReason::kNone) words += ", because of " + name(event.reason);
  return words + ".";
}

std::string words_of(const messages::GapOpened& event) {
  return "Unfinished care (" + name(event.purpose) + "): " + gap_words(event.kind) + "; " + cover_words(event.cover) + ".";
}

std::string words_of(const messages::GapChanged& event) {
  std::string words = "Unfinished care, " + gap_words(event.kind) + ": " + cover_words(event.to);
  if (event.reason != messages::CloseReason::kNone) words += ", " + name(event.reason);
  if (event.review_on) words += ", to be looked at again on " + day_words(*event.review_on);
  return words + ".";
}

std::string words_of(const messages::FollowUpStepDue& event) {
  return "Follow-up, step " + std::to_string(event.step) + " by " + name(event.channel) + ": " + gap_words(event.kind) + ".";
}

std::string words_of(const messages::TaskOpened& event) {
  return cut("To do: " + name(event.kind) + because(event.reason) + ".", kWordsMaxBytes);
}

std::string words_of(const messages::TaskClosed& event) {
  if (event.state == messages::TaskState::kWithdrawn)
    return "Task withdrawn: " + (event.reason.empty() ? std::string("its reason is gone") : event.reason) + ".";
  return "Task done" + by_words(event.by) + ": " + name(event.outcome) + ".";
}

std::string words_of(const messages::MessageSent& event) {
  return "Message sent by " + name(event.channel) + ": " + spoken(event.programme) + ".";
}

std::string words_of(const messages::MessageWithheld& event) {
  if (event.reason == messages::MessageReason::kHousehold) return "Whoever answers for the household was reminded of the visit.";
  if (event.reason == messages::MessageReason::kTogether) return "Reminded of the visit, together with another one of that day.";
  return "Message not sent (" + spoken(event.programme) + "), " + name(event.state) + ": " + name(event.reason) + ".";
}

std::string words_of(const messages::MessageDeferred& event) { return "Message waits: " + name(event.reason) + "."; }

std::string words_of(const messages::SurveyAsked&) { return "Asked how it was."; }

std::string words_of(const messages::SurveyAnswered& event) {
  std::string words = "Answered with " + std::to_string(event.score) + " out of 10";
  if (event.promise_kept == "yes") words += ", the promise was kept";
  if (event.promise_kept == "no") words += ", the promise was not kept";
  const std::string& text = event.text.reveal();
  return cut(words + (text.empty() ? "." : ": " + text), kWordsMaxBytes);
}

std::string words_of(const messages::DefectDetected& event) {
  std::string words = "Below our standard: " + defect_words(event.kind);
  if (event.measured != 0 || event.limit != 0) {
    words += " (" + std::to_string(event.measured) + " against " + std::to_string(event.limit) + unit_words(event.kind) + ")";
  }
  return words + (event.by.empty() ? "." : ", recorded by " + event.by + ".");
}

std::string words_of(const messages::RecoveryCaseOpened& event) { return "Recovery case opened: " + defect_words(event.kind) + "."; }

std::string words_of(const messages::RecoveryReasonAdded& event) {
  return "One more reason in the open recovery case: " + defect_words(event.kind) + ".";
}

std::string words_of(const messages::RecoveryCaseChanged& event) {
  std::string words = "Recovery case " + name(event.to) + by_words(event.by);
  if (!event.gesture.empty()) words += ", gesture: " + event.gesture;
  return words + ".";
}

std::string words_of(const messages::NoteTaken& event) {
  return cut("Note" + by_words(event.by) + ": " + event.note.reveal(), kWordsMaxBytes);
}

}  // namespace bridgework::journey
