#include "appointments/tight_days.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "appointments/calendar.hpp"
#include "runtime/zone.hpp"

namespace bridgework::appointments {
namespace {

int whole_minutes(Instant::duration duration) { return static_cast<int>(std::chrono::floor<std::chrono::minutes>(duration).count()); }

/// What is agreed, by start.
std::vector<const Taken*> agreed(const DayRecord& book) {
  std::vector<const Taken*> all;
  for (const Taken& taken : book.taken)
    if (!taken.hold_ends) all.push_back(&taken);
  std::ranges::sort(all, {}, [](const Taken* taken) { return taken->start; });
  return all;
}

std::vector<Span> common(const std::vector<Span>& a, const std::vector<Span>& b) {
  std::vector<Span> both;
  for (const Span& x : a)
    for (const Span& y : b)
      if (const Span span{std::max(x.start, y.start), std::min(x.until, y.until)}; span.start < span.until) both.push_back(span);
  return both;
}

int longest_free_minutes(const std::vector<const Taken*>& taken, const Span& window, const ProviderId& provider, const ChairId& chair) {
  Instant free_from = window.start;
  Instant::duration longest{0};
  for (const Taken* each : taken) {
    if (each->start >= window.until) break;
    if (each->provider != provider && each->chair != chair) continue;
    longest = std::max<Instant::duration>(longest, each->start - free_from);
    free_from = std::max(free_from, each->until);
  }
  longest = std::max<Instant::duration>(longest, window.until - free_from);
  return whole_minutes(longest);
}

/// Whether a book says nothing else of what is agreed: a hold has come or gone.
bool same_agreed(const DayRecord* before, const DayRecord* after) {
  const auto place = [](const Taken* taken) { return std::tie(taken->start, taken->until, taken->provider, taken->chair); };
  static const DayRecord kEmpty;
  return std::ranges::equal(agreed(before == nullptr ? kEmpty : *before), agreed(after == nullptr ? kEmpty : *after),
                            [&](const Taken* a, const Taken* b) { return place(a) == place(b); });
}

/// The day a day's book is of, or nothing for another text.
std::optional<LocalDay> day_in(std::string_view id) {
  int year = 0;
  unsigned month = 0, day = 0;
  const auto dot = id.rfind(".d-");
  if (dot == std::string_view::npos || std::sscanf(std::string(id.substr(dot + 3)).c_str(), "%d-%u-%u", &year, &month, &day) != 3)
    return std::nullopt;
  return LocalDay{std::chrono::year{year} / std::chrono::month{month} / std::chrono::day{day}};
}

/// The id in a record's key, if it is of that type.
template <class R>
std::optional<std::string_view> id_in(std::string_view key) {
  static const std::string prefix = runtime::record_key<R>("");
  if (!key.starts_with(prefix)) return std::nullopt;
  return key.substr(prefix.size());
}

/// What a decision changes of one site's calendar. A book that is no more is nullptr.
struct Changed {
  const SiteRecord* site = nullptr;
  std::map<LocalDay, const DayRecord*> books;
};

std::map<std::string, Changed> changed_by(const Decision& decision) {
  std::map<std::string, Changed> sites;
  for (const auto& change : decision.records()) {
    if (const auto site = id_in<SiteRecord>(change.key)) {
      sites[std::string(*site)].site = change.value ? std::get_if<SiteRecord>(&*change.value) : nullptr;
    } else if (const auto id = id_in<DayRecord>(change.key)) {
      const auto day = day_in(*id);
      if (day) sites[std::string(owner_key(*id))].books[*day] = change.value ? std::get_if<DayRecord>(&*change.value) : nullptr;
    }
  }
  return sites;
}

}  // namespace

int longest_free_minutes(const SiteRecord& site, LocalDay day, const DayRecord& book) {
  const std::vector<const Taken*> taken = agreed(book);
  const std::vector<Span> open = open_spans(site, day);
  int longest = 0;
  for (const ProviderCalendar& provider : site.providers) {
    for (const Span& window : common(open, working_spans(site, provider, day))) {
      // The provider alone is free for no longer than with a chair; this spares most of the pairs.
      if (longest_free_minutes(taken, window, provider.provider, ChairId()) <= longest) continue;
      for (const ChairEntry& chair : site.chairs) {
        longest = std::max(longest, longest_free_minutes(taken, window, provider.provider, chair.chair));
        if (longest >= kTightBelowMinutes) return kTightBelowMinutes;
      }
    }
  }
  return longest;
}

void keep_tight_days(Decision& decision, const State& state, Instant now) {
  for (const auto& [id, changed] : changed_by(decision)) {
    const auto book_before = [&, site_id = SiteId(id)](LocalDay day) { return state.find<DayRecord>(day_id(site_id, day)); };
    if (changed.site == nullptr &&
        std::ranges::all_of(changed.books, [&](const auto& book) { return same_agreed(book_before(book.first), book.second); }))
      continue;
    const SiteRecord* site = changed.site != nullptr ? changed.site : state.find<SiteRecord>(id);
    if (site == nullptr) continue;
    const TightDaysRecord* known = state.find<TightDaysRecord>(id);
    std::map<LocalDay, std::uint16_t> tight;
    if (known != nullptr)
      for (const TightDay& line : known->days) tight[line.day] = line.longest_minutes;
    const auto before = tight;

    const LocalDay today = runtime::local_day(now, site->zone);
    const auto look_at = [&](LocalDay day, const DayRecord* book) {
      if (day < today) return;
      const int longest = book == nullptr ? kTightBelowMinutes : longest_free_minutes(*site, day, *book);
      if (longest < kTightBelowMinutes) tight[day] = static_cast<std::uint16_t>(longest);
      else tight.erase(day);
    };
    if (changed.site != nullptr)
      for (const auto& [day, minutes] : before)
        if (!changed.books.contains(day)) look_at(day, book_before(day));
    for (const auto& [day, book] : changed.books) look_at(day, book);
    if (tight == before) continue;

    TightDaysRecord record;
    for (const auto& [day, minutes] : tight)
      if (day >= today) record.days.push_back({.day = day, .longest_minutes = minutes});
    if (record.days.empty()) decision.erase<TightDaysRecord>(id);
    else decision.put(id, std::move(record));
  }
}

}  // namespace bridgework::appointments
