#include "outreach/answer_visit.hpp"

#include "outreach/links.hpp"

namespace bridgework::outreach {
namespace {

using Answer = runtime::Answer<Vocabulary::Reply, Vocabulary::Refusal>;

}  // namespace

Answer on(const View& view, const messages::GetLinkedVisit& query, const Config& config, Instant) {
  const auto message = view.find<MessageRecord>(query.message.text());
  // An unknown message, one about something else and a wrong signature look the same from outside.
  if (!message || (message->programme != kReminder && message->programme != kBookedOnline) ||
      !is_visit_token(query.message, query.token.reveal(), config))
    return tl::unexpected(runtime::Refused<Vocabulary::Refusal>{messages::OutreachRefusal::kWrongToken, "this link is not one of ours"});
  messages::LinkedVisit linked{AppointmentId(message->subject), message->site, {}};
  std::vector<std::string> along;
  for (const MessageId& id : message->together) along.push_back(id.text());
  for (const auto& reminder : view.find_all<MessageRecord>(along))
    if (reminder) linked.together.push_back(AppointmentId(reminder->subject));
  return linked;
}

}  // namespace bridgework::outreach
