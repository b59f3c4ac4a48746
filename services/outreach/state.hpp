#pragma once
// The words outreach thinks in, and how its records are named.

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "messages/appointments.values.hpp"
#include "messages/feedback.values.hpp"
#include "messages/followup.values.hpp"
#include "messages/lead_intake.values.hpp"
#include "messages/outreach.values.hpp"
#include "outreach/config.hpp"
#include "outreach/state.values.hpp"
#include "runtime/decision.hpp"
#include "runtime/read_view.hpp"

namespace bridgework::outreach {

using messages::Channel;
using messages::ConsentState;
using messages::ContactKind;
using messages::InboundMeaning;
using messages::MessagePurpose;
using messages::MessageReason;
using messages::MessageState;
using messages::Provenance;

struct Vocabulary {
  using Record = outreach::Record;
  using Timer = outreach::Timer;
  using Effect = outreach::Effect;
  using Event = messages::OutreachEvent;
  using Reply = std::variant<messages::Done, messages::MessageList, messages::ConsentList, messages::LinkedVisit, messages::ReminderTimes,
                             messages::LinkedBooker>;
  using Refusal = messages::OutreachRefusal;
  using Config = outreach::Config;
};
using State = runtime::State<Vocabulary>;
using Decision = runtime::Decision<Vocabulary>;
using View = runtime::ReadView<Record>;

inline constexpr std::string_view kAcknowledgement = "acknowledgement";
inline constexpr std::string_view kReminder = "reminder";
/// The template of a reminder that is about somebody else's visits, too.
inline constexpr std::string_view kHouseholdReminder = "reminder_household";
inline constexpr std::string_view kBookedOnline = "booked";
inline constexpr std::string_view kFollowUp = "follow_up";
inline constexpr std::string_view kSurvey = "survey";
inline constexpr std::string_view kShortNotice = "short_notice";
inline constexpr std::string_view kMissedCall = "missed_call";
inline constexpr std::string_view kNurture = "nurture";
inline constexpr std::string_view kReferralThanks = "referral_thanks";
inline constexpr std::string_view kBookingLink = "booking_link";

/// What the nurture sequence of an enquiry is about: it ends when the enquiry does, and the acknowledgement does not.
inline std::string nurture_subject(const EnquiryId& enquiry) { return enquiry.text() + ".nurture"; }

/// What the links for booking are about that somebody has asked for: one matter for each channel.
inline std::string booking_link_subject(Channel channel) { return "booking_link." + std::string(to_string(channel)); }

/// Members are the contact points nothing may be sent to. The one index a rule looks at: right before a message leaves the process.
inline constexpr std::string_view kSuppressedIndex = "suppressed";

/// The messages of one person, in the order they were planned.
inline std::string messages_index(const PersonId& person) { return "messages/" + person.text(); }

/// The first step of `kShortNotice`; the others say what became of it.
inline constexpr std::uint16_t kOfferStep = 1;

/// Whether it is a question that can be answered with yes.
inline bool asks(const MessageRecord& message) {
  return message.programme == kReminder || (message.programme == kShortNotice && message.step == kOfferStep);
}

/// A subject is remembered per person, so that it lies in the person's lane whoever owns the thing itself.
inline std::string subject_id(const PersonId& person, std::string_view subject) { return person.text() + "." + std::string(subject); }

/// Died, or moved away: nothing is sent any more.
inline bool is_gone(const PersonRecord& person) {
  return person.status == messages::PersonStatus::kDeceased || person.status == messages::PersonStatus::kMoved;
}

/// Where a person can be reached, as far as their own wish and their contact points allow. An empty value: not at all.
struct Reach {
  Channel channel = Channel::kEmail;
  std::string contact;
};

/// SMS for those who prefer it and gave a phone, else e-mail, else SMS. Contact points that did not parse do not count, and a channel
/// that needs a human being (phone, letter) is not ours.
Reach reach_of(const PersonRecord& person);
/// The same for one message: a missed call is answered where it came from, by SMS, whatever the person prefers otherwise.
Reach reach_of(const PersonRecord& person, std::string_view programme);
/// The same for one that is planned: a link for booking goes where it was asked for, or nowhere.
Reach reach_of(const PersonRecord& person, const MessageRecord& message);
/// At this contact point, if it is still the person's; an empty value if not.
Reach reach_at(const PersonRecord& person, std::string_view contact);

/// The zones in which it must be a decent hour: the person's own, else the home site's, else the site's the message is about, else all
/// of `uncertain_zones`. Unknown names are left out; empty means that nobody can tell, and then nothing is sent.
std::vector<std::string> zones_of(const PersonRecord& person, const SiteRecord* home_site, const SiteRecord* site, const Config& config);

}  // namespace bridgework::outreach
