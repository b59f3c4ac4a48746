#include "outreach/explain.hpp"

#include <array>
#include <cstdio>

#include "runtime/zone.hpp"

namespace bridgework::outreach {
namespace {

std::string at(LocalTime local) {
  static constexpr std::array<std::string_view, 12> kMonths = {"January", "February", "March",     "April",   "May",      "June",
                                                               "July",    "August",   "September", "October", "November", "December"};
  const std::chrono::year_month_day date{std::chrono::floor<std::chrono::days>(local)};
  const int minute = runtime::minute_of_day(local);
  char clock[8];
  std::snprintf(clock, sizeof clock, "%02d:%02d", minute / 60 % 24, minute % 60);
  return std::to_string(static_cast<unsigned>(date.day())) + " " + std::string(kMonths[static_cast<unsigned>(date.month()) - 1]) + " " +
         clock;
}

std::string at(Instant instant, std::string_view zone) { return at(runtime::to_local(instant, zone)); }

std::string thing(const MessageRecord& message) {
  if (message.programme == kReminder) {
    const std::string whose = message.of.empty() ? "" : " of one who lives in the same household";
    return "The reminder for the visit" + (message.visit_local ? " on " + at(*message.visit_local) : "") + whose;
  }
  if (message.programme == kBookedOnline) {
    return message.visit_local ? "What was agreed for the visit on " + at(*message.visit_local) : "What was agreed for the visit";
  }
  if (message.programme == kAcknowledgement) return "The acknowledgement of the enquiry";
  if (message.programme == kFollowUp) return "Step " + std::to_string(message.step) + " of the follow-up";
  if (message.programme == kSurvey) return "The survey";
  if (message.programme == kShortNotice) {
    const std::string which = message.visit_local ? " of the free time on " + at(*message.visit_local) : " of a free time";
    return (message.step == 1 ? "The offer" : "The answer to the offer") + which;
  }
  if (message.programme == kMissedCall) return "The text back for the missed call";
  if (message.programme == kNurture) return "Step " + std::to_string(message.step) + " of the nurture sequence";
  if (message.programme == kReferralThanks) return "The thank-you for a referral";
  if (message.programme == kBookingLink) return "The link for booking online";
  return "Step " + std::to_string(message.step) + " of " + message.programme;
}

std::string_view what_became(Gone gone) {
  switch (gone) {
    case Gone::kNot: return "there was no reason for it any more";
    case Gone::kVisitMoved: return "the visit was moved before it was due";
    case Gone::kVisitCancelled: return "the visit was cancelled before it was due";
    case Gone::kVisitMissed: return "the visit was missed before it was due";
    case Gone::kVisitTookPlace: return "the visit took place before it was due";
    case Gone::kGapCovered: return "a visit for that purpose was booked before it was due";
    case Gone::kGapClosed: return "the follow-up was closed before it was due";
    case Gone::kGapOnHold: return "the follow-up was put on hold before it was due";
    case Gone::kSurveyAnswered: return "the survey was answered before it was due";
    case Gone::kLaterStep: return "a later step of the same follow-up took its place";
    case Gone::kOfferRevoked: return "the time was taken before it was due";
    case Gone::kOfferAnswered: return "the offer was answered before it was due";
    case Gone::kEnquiryOver: return "the enquiry was booked, lost or taken up by somebody before it was due";
    case Gone::kTakenBack: return "the person whose visit it is is reminded otherwise";
    case Gone::kNeverHeard: return "nothing is known of what it was about";
  }
  return "there was no reason for it any more";
}

std::string_view because(const MessageRecord& message) {
  switch (message.reason) {
    case MessageReason::kNone: return "of an unknown reason";
    case MessageReason::kNoConsent: return "the person has not agreed to messages of this kind on this channel";
    case MessageReason::kSuppressed: return "the contact point has opted out";
    case MessageReason::kCapDay: return "the person had already been written to that day";
    case MessageReason::kCapWeek: return "the person had already been written to often enough that week";
    case MessageReason::kDuplicate: return "the same message had been planned before";
    case MessageReason::kReasonGone: return what_became(message.gone);
    case MessageReason::kNoContact: return "no usable phone number or e-mail address is known";
    case MessageReason::kPersonGone: return "the person has died or moved away";
    case MessageReason::kImported: return "it was about the past, imported from another system";
    case MessageReason::kTooLate: return "by then it would have been too late to be of use";
    case MessageReason::kChannelFailed: return "the channel could not deliver it";
    case MessageReason::kQuietHours: return "it was night where the person lives";
    case MessageReason::kProcessDied: return "the process that was sending it died";
    case MessageReason::kHeld: return "the group holds all messages back";
    case MessageReason::kHousehold: return "whoever answers for the household was reminded of it";
    case MessageReason::kConfirmed: return "the visit was confirmed already, and a reminder closer to it follows";
    case MessageReason::kTogether: return "another message told of it, together with a visit of the same day";
  }
  return "of an unknown reason";
}

std::string_view channel_words(Channel channel) {
  switch (channel) {
    case Channel::kEmail: return "by e-mail";
    case Channel::kSms: return "by SMS";
    case Channel::kPhone: return "by phone";
    case Channel::kLetter: return "by letter";
  }
  return "";
}

}  // namespace

std::string explain(const MessageRecord& message, std::string_view zone) {
  const std::string subject = thing(message);
  const std::string reason(because(message));
  switch (message.state) {
    case MessageState::kPlanned:
      if (message.reason == MessageReason::kHousehold)
        return subject + " waits: whoever answers for the household is to be reminded of it.";
      if (message.reason == MessageReason::kNone) return subject + " is due on " + at(message.due, zone) + ".";
      return subject + " was put off to " + at(message.due, zone) + " because " + reason + ".";
    case MessageState::kClaimed: return subject + " is being sent " + std::string(channel_words(message.channel)) + ".";
    case MessageState::kSent:
      return subject + " was sent " + std::string(channel_words(message.channel)) + " on " + at(message.changed_at, zone) + ".";
    case MessageState::kWithheld:
    case MessageState::kRevoked: return subject + " was not sent because " + reason + ".";
    case MessageState::kUncertain:
      return subject + " may or may not have been sent because " + reason + "; it is not sent again by itself.";
    case MessageState::kFailed: return subject + " could not be sent because " + reason + ".";
  }
  return subject + ".";
}

}  // namespace bridgework::outreach
