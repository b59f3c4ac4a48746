#include "appointments/tight_days.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
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

constexpr int kHours = 24, kNoon = 12;
/// In a line minutes are counted by fives, and written in so many bits.
constexpr int kStepMinutes = 5, kStepBits = 5;
/// Less than this is no time for a visit that is worth a line.
constexpr int kNothingBelowMinutes = 15;

/// When each hour of a day begins, and at last when the day ends. In a spring gap an hour may begin as it ends.
std::array<Instant, kHours + 1> hours_of(LocalDay day, const std::string& zone) {
  std::array<Instant, kHours + 1> hours;
  hours.front() = runtime::day_start(day, zone);
  hours.back() = runtime::day_start(day + std::chrono::days(1), zone);
  const bool plain = hours.back() - hours.front() == std::chrono::hours(kHours);
  for (int hour = 1; hour < kHours; ++hour)
    hours[static_cast<std::size_t>(hour)] = plain ? hours.front() + std::chrono::hours(hour) : minute_instant(day, hour * 60, zone);
  return hours;
}

/// Notes that `free` is, for whatever begins in the hours it touches.
void note(FreeByHour& longest, const std::array<Instant, kHours + 1>& hours, const Span& free) {
  for (std::size_t hour = 0; hour < kHours; ++hour) {
    const Instant from = std::max(free.start, hours[hour]);
    if (from >= std::min(free.until, hours[hour + 1])) continue;
    longest[hour] = static_cast<std::uint8_t>(std::max<int>(longest[hour], std::min(whole_minutes(free.until - from), kTightBelowMinutes)));
  }
}

/// What is left of the window when the provider and the chair are both to be free.
void note_free(FreeByHour& longest, const std::array<Instant, kHours + 1>& hours, const std::vector<const Taken*>& taken,
               const Span& window, const ProviderId& provider, const ChairId& chair) {
  Instant free_from = window.start;
  for (const Taken* each : taken) {
    if (each->start >= window.until) break;
    if (each->provider != provider && each->chair != chair) continue;
    if (free_from < each->start) note(longest, hours, {free_from, each->start});
    free_from = std::max(free_from, each->until);
  }
  if (free_from < window.until) note(longest, hours, {free_from, window.until});
}

bool no_longer(const FreeByHour& a, const FreeByHour& b) { return std::ranges::equal(a, b, std::ranges::less_equal()); }

/// Whether a search is spared anything by a line of the day.
bool is_tight(const SiteRecord& site, LocalDay day, const FreeByHour& free) {
  if (std::ranges::max(free) < kTightBelowMinutes) return true;
  const FreeByHour at_first = free_by_hour(site, day, {});
  return !std::ranges::equal(free, at_first,
                             [](int now, int first) { return first < kNothingBelowMinutes || now >= kNothingBelowMinutes; });
}

std::uint64_t missing_from(const FreeByHour& free, int first_hour) {
  std::uint64_t packed = 0;
  for (int hour = kNoon - 1; hour >= 0; --hour) {
    const int missing = (kTightBelowMinutes - free[static_cast<std::size_t>(first_hour + hour)]) / kStepMinutes;
    packed = packed << kStepBits | static_cast<std::uint64_t>(missing);
  }
  return packed;
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

FreeByHour free_by_hour(const SiteRecord& site, LocalDay day, const DayRecord& book) {
  const std::vector<const Taken*> taken = agreed(book);
  const std::vector<Span> open = open_spans(site, day);
  const auto hours = hours_of(day, site.zone);
  FreeByHour longest{};
  for (const ProviderCalendar& provider : site.providers) {
    for (const Span& window : common(open, working_spans(site, provider, day))) {
      // The provider alone is free for no longer than with a chair; this spares most of the pairs.
      FreeByHour at_most = longest;
      note_free(at_most, hours, taken, window, provider.provider, ChairId());
      for (const ChairEntry& chair : site.chairs) {
        if (no_longer(at_most, longest)) break;
        note_free(longest, hours, taken, window, provider.provider, chair.chair);
      }
    }
  }
  return longest;
}

bool may_begin(const TightDay& line, int minutes, int from_minute, int until_minute) {
  if (line.longest_minutes < minutes) return false;
  for (int hour = from_minute / 60; hour < kHours && hour * 60 < until_minute; ++hour) {
    const std::uint64_t packed = hour < kNoon ? line.missing_before_noon : line.missing_after_noon;
    const int missing = static_cast<int>(packed >> (hour % kNoon * kStepBits) & ((1U << kStepBits) - 1));
    if (missing == 0 || kTightBelowMinutes - missing * kStepMinutes >= minutes) return true;
  }
  return false;
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
    std::map<LocalDay, TightDay> tight;
    if (known != nullptr)
      for (const TightDay& line : known->days) tight[line.day] = line;
    const auto before = tight;

    const LocalDay today = runtime::local_day(now, site->zone);
    const auto look_at = [&](LocalDay day, const DayRecord* book) {
      if (day < today) return;
      const auto free = book == nullptr ? std::nullopt : std::optional(free_by_hour(*site, day, *book));
      if (!free || !is_tight(*site, day, *free)) {
        tight.erase(day);
        return;
      }
      const int longest = std::ranges::max(*free);
      tight[day] = {.day = day,
                    .longest_minutes = static_cast<std::uint16_t>(longest < kTightBelowMinutes ? longest : kHours * 60),
                    .missing_before_noon = missing_from(*free, 0),
                    .missing_after_noon = missing_from(*free, kNoon)};
    };
    if (changed.site != nullptr)
      for (const auto& [day, line] : before)
        if (!changed.books.contains(day)) look_at(day, book_before(day));
    for (const auto& [day, book] : changed.books) look_at(day, book);
    if (tight == before) continue;

    TightDaysRecord record;
    for (const auto& [day, line] : tight)
      if (day >= today) record.days.push_back(line);
    if (record.days.empty()) decision.erase<TightDaysRecord>(id);
    else decision.put(id, std::move(record));
  }
}

}  // namespace bridgework::appointments
