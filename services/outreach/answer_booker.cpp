#include "outreach/answer_booker.hpp"

#include "outreach/links.hpp"

namespace bridgework::outreach {

runtime::Answer<Vocabulary::Reply, Vocabulary::Refusal> on(const View& view, const messages::GetLinkedBooker& query, const Config& config,
                                                           Instant now) {
  const auto message = view.find<MessageRecord>(query.message.text());
  // An unknown message, one about something else and a wrong signature look the same from outside.
  if (!message || (message->programme != kBookingLink && message->programme != kFollowUp) ||
      !is_booking_token(query.message, query.token.reveal(), config))
    return tl::unexpected(runtime::Refused<Vocabulary::Refusal>{messages::OutreachRefusal::kWrongToken, "this link is not one of ours"});
  messages::LinkedBooker linked{.person = message->person, .site = message->site, .contact = message->contact};
  if (message->programme == kBookingLink) {
    linked.over = !message->useful_until || now >= *message->useful_until;
    return linked;
  }
  const auto gap = view.find<SubjectRecord>(subject_id(message->person, message->subject));
  linked.over = !gap || gap->gone != Gone::kNot;
  if (gap) linked.purpose = gap->purpose;
  return linked;
}

}  // namespace bridgework::outreach
