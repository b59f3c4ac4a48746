// The link for booking online that somebody has asked for who says that they are known.

#include <chrono>
#include <string>

#include "outreach/decide.hpp"

namespace bridgework::outreach {
namespace {

using namespace std::chrono_literals;

constexpr auto kGoodFor = 1h;
/// In any 24 hours to one contact point's kind: whoever types in somebody else's number can do no more than this to them.
constexpr std::size_t kLinksADay = 3;

/// Whether it was written at most so long ago and has left, or may.
bool is_younger_than(const State& state, const PlannedOnce& once, std::chrono::hours age, Instant now) {
  const auto* message = state.find<MessageRecord>(once.message.text());
  if (message == nullptr || !message->useful_until || now >= *message->useful_until - kGoodFor + age) return false;
  return message->state != MessageState::kWithheld && message->state != MessageState::kFailed;
}

}  // namespace

/// While a link is good no other one is sent. Who asked is not known: the message is the question whether it was they.
Decision on(const State& state, const messages::BookingLinkAsked& event, Instant now) {
  const PersonRecord person = person_of(state, event.person);
  const Reach reach = reach_at(person, event.contact.reveal());
  if (reach.contact.empty() || state.config().token_secret.empty()) return {};
  Plan wanted;
  wanted.subject = booking_link_subject(reach.channel);
  wanted.about = subject_of(state, event.person, wanted.subject, SubjectKind::kEnquiry);
  auto& planned = wanted.about.planned;
  if (!planned.empty() && is_younger_than(state, planned.back(), kGoodFor, now)) return {};
  if (planned.size() >= kLinksADay) {
    if (is_younger_than(state, planned[planned.size() - kLinksADay], 24h, now)) return {};
    planned.erase(planned.begin(), planned.end() - (kLinksADay - 1));
  }
  wanted.person = event.person;
  wanted.site = event.site;
  wanted.programme = kBookingLink;
  wanted.step = ++wanted.about.newest_step;
  wanted.purpose = MessagePurpose::kTransactional;
  wanted.template_name = kBookingLink;
  wanted.due = now;
  wanted.useful_until = now + kGoodFor;
  wanted.to = reach.contact;
  return plan(state, wanted, now);
}

}  // namespace bridgework::outreach
