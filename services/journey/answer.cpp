#include "journey/answer.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "journey/journey_map.hpp"
#include "journey/words.hpp"

namespace bridgework::journey {
namespace {

using messages::VisitState;
using Refusal = messages::JourneyRefusal;

/// What a reply may hold; see the schema.
constexpr std::size_t kCasesMax = 1000;
constexpr std::size_t kEntriesMax = 10000;
constexpr std::size_t kVisitsMax = 4096;
constexpr std::size_t kNoteMaxBytes = 1024;

Answer refuse(Refusal code, std::string detail) { return tl::unexpected(runtime::Refused<Refusal>{code, std::move(detail)}); }

std::vector<std::string> members_of(const View& view, std::string_view index, std::size_t limit) {
  constexpr double kAny = std::numeric_limits<double>::infinity();
  std::vector<std::string> members;
  for (auto& entry : view.index(index, -kAny, kAny, limit)) members.push_back(std::move(entry.member));
  return members;
}

messages::CaseList cases_of(const View& view, const std::vector<std::string>& ids) {
  const auto records = view.find_all<CaseRecord>(ids);
  messages::CaseList list;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (records[i]) list.cases.push_back(view_of(CaseId(ids[i]), *records[i]));
  }
  return list;
}

Answer on(const View& view, const messages::ListCases& query, const Config&, Instant) {
  if (query.person.empty()) {
    return cases_of(view, members_of(view, query.site.empty() ? std::string(kAllCasesIndex) : cases_index(query.site), kCasesMax));
  }
  const auto person = view.find<PersonRecord>(query.person.text());
  std::vector<std::string> ids;
  for (std::uint32_t number = person ? person->cases : 0; number > 0 && ids.size() < kCasesMax; --number) {
    ids.push_back(case_id(query.person.text(), number).text());
  }
  messages::CaseList list = cases_of(view, ids);
  if (!query.site.empty())
    std::erase_if(list.cases, [&](const messages::CaseView& view_of_case) { return view_of_case.site != query.site; });
  return list;
}

/// In the order in which things happened: imported history is recorded late, but stands where it belongs.
Answer on(const View& view, const messages::GetTimeline& query, const Config&, Instant) {
  const auto person = view.find<PersonRecord>(query.person.text());
  if (!person) return refuse(Refusal::kUnknownPerson, "no such person");
  std::vector<std::string> ids;
  const std::uint32_t pages = (person->entries + kEntriesPerPage - 1) / kEntriesPerPage;
  for (std::uint32_t page = 0; page < pages; ++page) ids.push_back(page_id(query.person.text(), page));
  messages::Timeline timeline{.person = query.person, .entries = {}};
  for (auto& page : view.find_all<TimelineRecord>(ids)) {
    if (page) std::move(page->entries.begin(), page->entries.end(), std::back_inserter(timeline.entries));
  }
  std::ranges::stable_sort(timeline.entries, {}, &messages::TimelineEntry::at);
  if (timeline.entries.size() > kEntriesMax) {
    timeline.entries.erase(timeline.entries.begin(), timeline.entries.end() - static_cast<std::ptrdiff_t>(kEntriesMax));
  }
  return timeline;
}

messages::HuddleEntry entry_of(const VisitRecord& visit, const std::optional<PersonRecord>& person,
                               const std::optional<NotesRecord>& notes) {
  messages::HuddleEntry entry{.appointment = visit.appointment,
                              .person = visit.person,
                              .name = {},
                              .local_start = visit.visit.local_start,
                              .visit_type = visit.visit.visit_type,
                              .provider = visit.visit.provider,
                              .state = visit.state,
                              .confirmed = visit.state != VisitState::kBooked && visit.state != VisitState::kNoShow,
                              .unfinished_care = {},
                              .open_cases = {},
                              .notes = {}};
  if (person) {
    entry.name = Phi<std::string>(cut(person->name.reveal(), 512));
    std::set<messages::GapKind> kinds;
    for (const auto& gap : person->open_gaps) kinds.insert(gap.kind);
    entry.unfinished_care.assign(kinds.begin(), kinds.end());
    if (!person->open_case.empty()) entry.open_cases.push_back(person->open_case);
  }
  if (notes) {
    std::vector<std::string> texts;
    for (const auto& note : notes->notes) texts.push_back(cut(note.text.reveal(), kNoteMaxBytes));
    entry.notes = Phi<std::vector<std::string>>(std::move(texts));
  }
  return entry;
}

Answer on(const View& view, const messages::GetHuddle& query, const Config&, Instant) {
  const auto ids = members_of(view, huddle_index(query.site, query.day), kVisitsMax);
  const auto visits = view.find_all<VisitRecord>(ids);
  std::vector<std::string> persons;
  for (const auto& id : ids) persons.emplace_back(owner_key(id));
  const auto people = view.find_all<PersonRecord>(persons);
  const auto notes = view.find_all<NotesRecord>(persons);

  messages::Huddle huddle{
      .site = query.site, .day = query.day, .visits = {}, .unconfirmed = 0, .with_unfinished_care = 0, .defects_yesterday = 0};
  std::set<std::string> unfinished;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (!visits[i]) continue;
    huddle.visits.push_back(entry_of(*visits[i], people[i], notes[i]));
    const messages::HuddleEntry& entry = huddle.visits.back();
    if (entry.state == VisitState::kBooked) ++huddle.unconfirmed;
    if (!entry.unfinished_care.empty()) unfinished.insert(persons[i]);
  }
  std::ranges::stable_sort(huddle.visits, {}, &messages::HuddleEntry::local_start);
  huddle.with_unfinished_care = static_cast<std::uint32_t>(unfinished.size());
  huddle.defects_yesterday = static_cast<std::uint32_t>(view.index_size(defects_index(query.site, query.day - std::chrono::days(1))));
  return huddle;
}

Answer on(const View&, const messages::GetJourneyMap&, const Config&, Instant) { return journey_map(); }

}  // namespace

Answer answer(const View& view, const messages::JourneyQuery& query, const Config& config, Instant now) {
  return std::visit([&](const auto& q) { return on(view, q, config, now); }, query);
}

}  // namespace bridgework::journey
