#pragma once
// journey's words, and where things are kept.

#include <string>
#include <string_view>
#include <variant>

#include "journey/config.hpp"
#include "journey/state.values.hpp"
#include "messages/journey.values.hpp"
#include "messages/lead_intake.values.hpp"
#include "runtime/decision.hpp"
#include "runtime/model.hpp"
#include "runtime/read_view.hpp"

namespace bridgework::journey {

struct Vocabulary {
  using Record = journey::Record;
  using Timer = std::variant<std::monostate>;
  using Effect = std::variant<std::monostate>;
  using Event = messages::JourneyEvent;
  using Reply =
      std::variant<messages::Done, messages::CaseView, messages::CaseList, messages::Timeline, messages::Huddle, messages::JourneyMap>;
  using Refusal = messages::JourneyRefusal;
  using Config = journey::Config;
};
using State = runtime::State<Vocabulary>;
using Decision = runtime::Decision<Vocabulary>;
using View = runtime::ReadView<Record>;

/// Entries on one page of a timeline. Writing an entry costs one page, however long the person has been with us.
inline constexpr std::uint32_t kEntriesPerPage = 64;
/// Notes shown before a visit.
inline constexpr std::size_t kNotesShown = 3;

std::string page_id(std::string_view person, std::uint32_t page);
CaseId case_id(std::string_view person, std::uint32_t number);
std::string visit_id(const PersonId& person, const AppointmentId& appointment);

/// The visits of a site's local day: `<person>.<appointment>`, scored by the minute they start.
std::string huddle_index(const SiteId& site, LocalDay day);
/// The defects of a site's local day.
std::string defects_index(const SiteId& site, LocalDay day);
/// The cases of a site that are not resolved, scored by when the person should have been called.
std::string cases_index(const SiteId& site);
/// The same over all sites.
inline constexpr std::string_view kAllCasesIndex = "cases";

LocalDay day_of(LocalTime local);
messages::CaseView view_of(const CaseId& id, const CaseRecord& record);

}  // namespace bridgework::journey
