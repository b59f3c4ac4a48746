#include "outreach/answer_visit.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <optional>
#include <set>
#include <utility>

#include "outreach/inbound.hpp"
#include "outreach/links.hpp"

namespace bridgework::outreach {
namespace {

using Answer = runtime::Answer<Vocabulary::Reply, Vocabulary::Refusal>;

/// More visits to come than anybody has been reminded of at one phone; the nearest count.
constexpr std::size_t kRemindersMax = 200;

/// The reminders and offers about visits to come that still stand.
std::vector<MessageRecord> standing(const View& view, const std::vector<std::string>& ids, Instant now) {
  std::vector<MessageRecord> reminders;
  for (auto& found : view.find_all<MessageRecord>(ids)) {
    if (!found || !asks(*found) || !found->visit_local || found->visit_start.value_or(now) <= now) continue;
    const auto about = view.find<SubjectRecord>(subject_id(found->person, found->subject));
    if (about && about->gone == Gone::kNot) reminders.push_back(std::move(*found));
  }
  return reminders;
}

LocalDay day_of(const MessageRecord& reminder) { return std::chrono::floor<std::chrono::days>(*reminder.visit_local); }

std::vector<std::string> members(const View& view, const std::string& index) {
  std::vector<std::string> ids;
  for (auto& entry : view.index(index, -std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity(), kRemindersMax))
    ids.push_back(std::move(entry.member));
  return ids;
}

}  // namespace

Answer on(const View& view, const messages::GetLinkedVisit& query, const Config& config, Instant) {
  const auto message = view.find<MessageRecord>(query.message.text());
  // An unknown message, one about something else and a wrong signature look the same from outside.
  if (!message || message->programme != kReminder || !is_visit_token(query.message, query.token.reveal(), config))
    return tl::unexpected(runtime::Refused<Vocabulary::Refusal>{messages::OutreachRefusal::kWrongToken, "this link is not one of ours"});
  messages::LinkedVisit linked{AppointmentId(message->subject), message->site, {}};
  std::vector<std::string> along;
  for (const MessageId& id : message->together) along.push_back(id.text());
  for (const auto& reminder : view.find_all<MessageRecord>(along))
    if (reminder) linked.together.push_back(AppointmentId(reminder->subject));
  return linked;
}

Answer on(const View& view, const messages::GetRepliedVisits& query, const Config&, Instant now) {
  messages::RepliedVisits replied;
  if (meaning_of(query.body.reveal()) != InboundMeaning::kYes) return replied;
  const auto reminded = standing(view, members(view, reminded_index(query.from.reveal())), now);
  const auto newest = std::ranges::max_element(reminded, {}, &MessageRecord::changed_at);
  // To an offer appointments hears the answer by itself.
  if (newest == reminded.end() || newest->programme != kReminder) return replied;
  std::set<std::string> persons, visits;
  for (const MessageRecord& reminder : reminded)
    if (reminder.programme == kReminder && day_of(reminder) == day_of(*newest)) persons.insert(reminder.person.text());
  // Also those whose own reminder has not left yet: who says yes in the morning means the afternoon, too.
  for (const std::string& person : persons) {
    for (const MessageRecord& reminder : standing(view, members(view, messages_index(PersonId(person))), now))
      if (reminder.programme == kReminder && day_of(reminder) == day_of(*newest)) visits.insert(reminder.subject);
  }
  for (const std::string& visit : visits) replied.appointments.push_back(AppointmentId(visit));
  return replied;
}

}  // namespace bridgework::outreach
